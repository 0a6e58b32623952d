/** Which database: from the input or from the environment, never from a built-in default. */
import type { SslMode, Target } from './request.ts';
import {
  addForms,
  channelBindingOf,
  type DatabaseUrl,
  hostProblem,
  readPort,
  readUrl,
  SSL_MODES,
  secretsInUrl,
} from './url.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface TargetReading {
  /** Null: see `problems`, of which there is then at least one. */
  readonly target: Target | null;
  readonly problems: readonly string[];
  /** What the URL says of it, in milliseconds, or null. */
  readonly connectTimeoutMs: number | null;
}

export interface TargetQuestion {
  /** The text of `database-url`, '' when it was not given. */
  readonly given: string;
  /** Why an empty input may not be completed from the environment ("production: tag v1.0.0"); null when it may. */
  readonly emptyRefused: string | null;
  readonly env: Env;
  /** The input `ssl-root-cert`, or ''. */
  readonly sslRootCert: string;
}

/** The target of the run: `database-url`, else `DATABASE_URL`, else `DATABASE_*`, else `PG*`. */
export function readTarget(question: TargetQuestion): TargetReading {
  const { given, env } = question;
  if (given !== '' && given !== 'env') return fromUrl(given, 'input database-url', '', question);
  if (given === '' && question.emptyRefused !== null) {
    return bad([
      `it is empty, as an unset secret is; in ${question.emptyRefused} the action does not look elsewhere: set the secret, or write \`env\` to read DATABASE_URL from the environment`,
    ]);
  }
  const url = env.DATABASE_URL ?? '';
  if (url !== '')
    return fromUrl(url, 'environment variable DATABASE_URL', 'the environment variable DATABASE_URL: ', question);
  if (DATABASE_PARTS.some((name) => isSet(env, name))) return fromParts(DATABASE_NAMES, question);
  if (['PGHOST', 'PGDATABASE', 'PGUSER'].some((name) => isSet(env, name))) return fromParts(PG_NAMES, question);
  return bad([
    'no database is named; set this input or DATABASE_URL, or all of DATABASE_HOST, DATABASE_PORT, DATABASE_NAME, DATABASE_USER and DATABASE_PASSWORD, or PGHOST, PGDATABASE and PGUSER',
  ]);
}

/** The copy to rehearse on; null without problems when none was asked for. */
export function readRehearsalTarget(question: Omit<TargetQuestion, 'emptyRefused'>): TargetReading {
  if (question.given === '') return bad([]);
  if (question.given !== 'env') return fromUrl(question.given, 'input rehearsal-database-url', '', question);
  const url = question.env.REHEARSAL_DATABASE_URL ?? '';
  if (url === '') return bad(['`env` was given, and the environment variable REHEARSAL_DATABASE_URL is not set']);
  const name = 'environment variable REHEARSAL_DATABASE_URL';
  return fromUrl(url, name, `the ${name}: `, question);
}

/** Whether both are one database: a copy must be another one. */
export function isSameDatabase(one: Target, other: Target): boolean {
  return (
    one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port && one.database === other.database
  );
}

/**
 * What must never be seen of the inputs and of the environment, whichever of it is used in the end. However short: to drop
 * a real password because it is short would show it. Only '' is left out.
 */
export function databaseSecrets(urls: readonly string[], env: Env): string[] {
  const found = new Set<string>();
  for (const url of [...urls, env.DATABASE_URL ?? '', env.REHEARSAL_DATABASE_URL ?? '']) {
    if (url === 'env') continue;
    for (const secret of secretsInUrl(url)) found.add(secret);
  }
  for (const password of [env.DATABASE_PASSWORD ?? '', env.PGPASSWORD ?? '']) addForms(password, found);
  found.delete('');
  return [...found];
}

function fromUrl(
  text: string,
  source: string,
  prefix: string,
  settings: { readonly env: Env; readonly sslRootCert: string },
): TargetReading {
  const reading = readUrl(text);
  if (reading.kind === 'bad') return bad(reading.problems.map((problem) => prefix + problem));
  return withTls(reading.url, source, settings, reading.url.connectTimeoutMs);
}

interface PartNames {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Which of them must be set; the port has PostgreSQL's own default. */
  readonly required: readonly string[];
}

const DATABASE_NAMES: PartNames = {
  host: 'DATABASE_HOST',
  port: 'DATABASE_PORT',
  database: 'DATABASE_NAME',
  user: 'DATABASE_USER',
  password: 'DATABASE_PASSWORD',
  // An empty password here is a secret that was not set.
  required: ['DATABASE_HOST', 'DATABASE_NAME', 'DATABASE_USER', 'DATABASE_PASSWORD'],
};
const DATABASE_PARTS = [...DATABASE_NAMES.required, 'DATABASE_PORT'];

const PG_NAMES: PartNames = {
  host: 'PGHOST',
  port: 'PGPORT',
  database: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  required: ['PGHOST', 'PGDATABASE', 'PGUSER'],
};

function fromParts(names: PartNames, settings: { readonly env: Env; readonly sslRootCert: string }): TargetReading {
  const { env } = settings;
  const source = `environment variables ${names.host}, ${names.database}, ${names.user}`;
  const missing = names.required.filter((name) => !isSet(env, name));
  const problems: string[] = [];
  if (missing.length > 0) {
    const there = [...names.required, names.port].filter((name) => isSet(env, name));
    problems.push(
      `the environment sets ${there.join(', ')} but not ${missing.join(', ')}; set those too, or DATABASE_URL`,
    );
  }
  const host = env[names.host] ?? '';
  const hostFault = host === '' ? null : hostProblem(host);
  if (hostFault !== null) problems.push(`the environment variable ${names.host}: ${hostFault}`);
  const port = isSet(env, names.port) ? readPort(env[names.port] ?? '') : 5432;
  if (port === null) problems.push(`the environment variable ${names.port} is not a number from 1 to 65535`);
  if (problems.length > 0 || port === null) return bad(problems);
  return withTls(
    {
      host,
      port,
      database: env[names.database] ?? '',
      user: env[names.user] ?? '',
      password: env[names.password] || null,
      sslMode: null,
      sslRootCert: null,
      channelBinding: null,
    },
    source,
    settings,
    null,
  );
}

/** As in libpq, PGSSLMODE, PGSSLROOTCERT and PGCHANNELBINDING hold for every connection that does not say otherwise. */
function withTls(
  parts: Omit<DatabaseUrl, 'connectTimeoutMs'>,
  source: string,
  settings: { readonly env: Env; readonly sslRootCert: string },
  connectTimeoutMs: number | null,
): TargetReading {
  const asked = parts.sslMode ?? (settings.env.PGSSLMODE || null);
  const sslRootCert = settings.sslRootCert || parts.sslRootCert || settings.env.PGSSLROOTCERT || null;
  const sslMode: SslMode | undefined =
    // With the system's roots anybody has a valid certificate, so libpq demands the host name as well.
    asked === null
      ? sslRootCert === 'system'
        ? 'verify-full'
        : 'prefer'
      : SSL_MODES.find((candidate) => candidate === asked);
  if (sslMode === undefined) {
    return bad([`the environment variable PGSSLMODE is not one of ${SSL_MODES.join(', ')}`]);
  }
  if (sslRootCert === 'system' && sslMode !== 'verify-full') {
    return bad([`sslmode ${sslMode} is too weak for the root certificate \`system\`; write sslmode=verify-full`]);
  }
  const { host, port, database, user, password } = parts;
  const channelBinding = parts.channelBinding ?? channelBindingOf(settings.env.PGCHANNELBINDING || 'prefer');
  if (channelBinding === undefined) return bad(['the environment variable PGCHANNELBINDING is not known']);
  const bound = channelBinding === 'require';
  if (bound && (sslMode === 'disable' || host.startsWith('/')))
    return bad(['channel_binding=require needs TLS, and this connection has none; leave one of the two out']);
  return {
    target: {
      ...{ host, port, database, user, password, sslMode, sslRootCert, source },
      ...(bound ? { needsChannelBinding: true as const } : {}),
    },
    problems: [],
    connectTimeoutMs,
  };
}

function bad(problems: readonly string[]): TargetReading {
  return { target: null, problems, connectTimeoutMs: null };
}

function isSet(env: Env, name: string): boolean {
  return (env[name] ?? '') !== '';
}
