/**
 * What a tool finds in its environment: our proxy wherever it may look for the database, and nothing that leads to the
 * database itself.
 */
import type { Target } from '../../request/request.ts';
import { addForms, readUrl } from '../../request/url.ts';

/** Our proxy, as the tool has to connect to it. */
export interface OwnAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The path of its certificate, or null. */
  readonly sslRootCert: string | null;
}

/** An item of the input database-url-env: `NAME`, or `NAME=template`. */
export interface UrlVariable {
  readonly name: string;
  /** `{url} {host} {port} {user} {password} {database}`; null: the URL. */
  readonly template: string | null;
}

export interface ChildEnvironmentOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The real database. */
  readonly target: Target;
  readonly own: OwnAddress;
  readonly variables: readonly UrlVariable[];
  readonly rehearsal: boolean;
  /** The request's: every database that a URL among them names is kept from the tool as the target is. */
  readonly secrets: readonly string[];
  /** An empty file, or the platform's null device: stands for password and service files. */
  readonly nullDevice: string;
}

export interface ChildEnvironment {
  readonly env: Record<string, string>;
  /** The variables that the tool would have had and has not, by name; without our own inputs. */
  readonly removed: string[];
}

/** A program that lacks one of these is a broken program, not a safe one. */
const KEPT = new Set(
  [
    'PATH HOME PWD OLDPWD USER LOGNAME SHELL SHLVL LANG LANGUAGE TERM TZ TMPDIR TEMP TMP HOSTNAME CI _',
    'NODE_ENV RAILS_ENV RACK_ENV APP_ENV VIRTUAL_ENV PYTHONPATH NODE_PATH LD_LIBRARY_PATH',
    'GITHUB_ACTIONS GITHUB_WORKSPACE RUNNER_TEMP RUNNER_OS',
    'Path PATHEXT ComSpec SystemRoot SystemDrive windir USERNAME USERPROFILE APPDATA LOCALAPPDATA',
  ].flatMap((names) => names.split(' ')),
);

/** Where, and how, libpq would look for a server; what is said about TLS and logins was said of the target. */
const ABOUT_CONNECTING =
  /^(PGHOSTADDR|PGSERVICE|PGSERVICEFILE|PGSYSCONFDIR|PGPASSFILE|PGSSL.*|PGREQUIRE.*|PGCHANNELBINDING|PGGSS.*|PGKRBSRVNAME)$/;
/** Said by us, or not at all. */
const OURS = /^(INPUT_.*|REHEARSAL_DATABASE_URL|MIGRATION_GATE_REHEARSAL(_ID)?)$/;
/**
 * What a runner gives to this step to speak with it and with its services: a tool must not write our outputs, nor hold a
 * token for artifacts and caches, which no `run:` step gets either.
 */
const RUNNERS = /^(STATE_.*|ACTIONS_(RUNTIME|RESULTS|CACHE)_.*|GITHUB_(OUTPUT|STATE|ENV|PATH|STEP_SUMMARY))$/;
const LONGEST_URL = 4096;
/** A shorter password (`postgres`) is a word that stands in many a value by chance. */
const LONG_ENOUGH = 9;

/** What a tool is told. Pure. */
export function childEnvironment(options: ChildEnvironmentOptions): ChildEnvironment {
  const { target, own, variables, rehearsal, nullDevice } = options;
  const given = Object.entries(options.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const before = new Map(given);
  const leads = leadsTo([target, ...options.secrets.flatMap(databaseOf)]);
  const kept = given.filter(
    ([name, value]) =>
      KEPT.has(name) || !(OURS.test(name) || RUNNERS.test(name) || ABOUT_CONNECTING.test(name) || leads(value)),
  );

  const env: Record<string, string> = Object.fromEntries(kept);
  const parts: [string, string][] = [
    ['HOST', own.host],
    ['PORT', String(own.port)],
    ['USER', own.user],
    ['PASSWORD', own.password],
  ];
  for (const [part, value] of [...parts, ['NAME', own.database] as const]) {
    if (before.has(`DATABASE_${part}`)) env[`DATABASE_${part}`] = value;
  }
  for (const [part, value] of [...parts, ['DATABASE', own.database] as const]) env[`PG${part}`] = value;
  env.PGPASSFILE = nullDevice;
  env.PGSERVICEFILE = nullDevice;
  env.PGSYSCONFDIR = nullDevice;
  // Nobody listens in on loopback, and encrypting each small message costs more than the message. Who insists is served.
  env.PGSSLMODE = 'disable';
  if (own.sslRootCert !== null) env.PGSSLROOTCERT = own.sslRootCert;
  if (rehearsal) env.MIGRATION_GATE_REHEARSAL = '1';
  env.PYTHONUNBUFFERED ??= '1';
  // Node warns of one that says both.
  if (env.FORCE_COLOR === undefined) env.NO_COLOR ??= '1';
  for (const { name, template } of variables) {
    const model = [before.get(name), before.get('DATABASE_URL')].find(
      (value) => value && URL_SCHEME.test(value.trim()),
    );
    env[name] = template === null ? ownUrl(own, model, leads) : filled(template, own, model, leads);
  }
  const removed = given
    .map(([name]) => name)
    .filter((name) => !(Object.hasOwn(env, name) || name.startsWith('INPUT_') || RUNNERS.test(name)));
  return { env, removed: removed.sort() };
}

/** Those by which libraries know PostgreSQL. */
const URL_SCHEME =
  /^((?:postgres|postgresql|postgis|pgsql|psql|pgx\d?|ecto|timescale|timescalegis)(?:\+[a-z0-9_]+)?):\/\//i;
/** Parameters of a URL that were said of the target. */
const ABOUT_TARGET =
  /^(ssl.*|tls.*|gss.*|channel_?binding|require_?auth|require_?peer|requiressl|uselibpqcompat|krbsrvname|host|hostaddr|port|user|username|password|passfile|dbname|database|service|servicefile|socket)$/i;

/** Our proxy's URL, in the dialect of `model`: its scheme, and those of its parameters that do not say where and how to connect. */
function ownUrl(own: OwnAddress, model: string | undefined, leads: (value: string) => boolean): string {
  const text = model?.trim() ?? '';
  const scheme = URL_SCHEME.exec(text)?.[1] ?? 'postgresql';
  const [user, password, database] = [own.user, own.password, own.database].map(encodeURIComponent);
  const query = text.includes('?') ? text.slice(text.lastIndexOf('?') + 1) : '';
  const parameters = query.split('&').filter((pair) => {
    const [name = ''] = pair.split('=', 1);
    return pair !== '' && !ABOUT_TARGET.test(decoded(name)) && !leads(pair.slice(name.length + 1));
  });
  const tail = parameters.length > 0 ? `?${parameters.join('&')}` : '';
  return `${scheme}://${user}:${password}@${hostOfUrl(own.host)}:${own.port}/${database}${tail}`;
}

function hostOfUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** What stands in the values is not looked at again: a password may hold `{host}`. */
function filled(
  template: string,
  own: OwnAddress,
  model: string | undefined,
  leads: (value: string) => boolean,
): string {
  const write = template.includes('://') ? encodeURIComponent : (text: string) => text;
  const url = ownUrl(own, model, leads);
  const values: Readonly<Record<string, string>> = {
    // A template that has parameters of its own says all of them.
    url: template.includes('?') ? url.replace(/\?.*/s, '') : url,
    host: own.host,
    port: String(own.port),
    user: write(own.user),
    password: write(own.password),
    database: write(own.database),
  };
  return template.replace(/\{(url|host|port|user|password|database)\}/g, (_, name: string) => values[name] ?? '');
}

type Place = Pick<Target, 'host' | 'port' | 'database' | 'password'>;

function databaseOf(secret: string): Place[] {
  const reading = readUrl(secret);
  return reading.kind === 'url' ? [reading.url] : [];
}

/** A question to a value: does it hold the password of one of these databases, or say where one is? */
function leadsTo(places: readonly Place[]): (value: string) => boolean {
  const passwords = new Set<string>();
  for (const { password } of places) {
    if (password === null) continue;
    addForms(password, passwords);
    passwords.add(withoutEscapes(password));
  }
  passwords.delete('');
  const holdsPassword = [...passwords].map(passwordTest);
  return (value) =>
    readings(value).some(
      (text) =>
        holdsPassword.some((holds) => holds(text)) || pointers(text).some((to) => places.some((at) => isAt(to, at))),
    );
}

function passwordTest(password: string): (text: string) => boolean {
  if (password.length >= LONG_ENOUGH) return (text) => text.includes(password);
  const verbatim = password.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const inUrl = new RegExp(`://[^\\s:@/]*:${verbatim}@`);
  const inWords = new RegExp(`(?:pass|pwd|password)["']?\\s*[=:]\\s*["']?${verbatim}(?![^\\s"'&;,}])`, 'i');
  return (text) => text.trim() === password || inUrl.test(text) || inWords.test(text);
}

/** A value as it stands, and as who takes it out of a URL, a quoted text or base64 reads it. */
function readings(value: string): string[] {
  const texts = [value, decoded(value), withoutEscapes(value)];
  for (const [run] of value.matchAll(/[A-Za-z0-9+/_-]{12,}={0,2}/g))
    texts.push(Buffer.from(run, 'base64').toString('utf8'));
  return [...new Set(texts)];
}

function withoutEscapes(text: string): string {
  return text.replaceAll('\\', '');
}

/** Percent-decoded as far as it can be: one bad escape must not hide the others. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

interface Pointer {
  readonly host: string;
  /** Null: not said. */
  readonly port: number | null;
  readonly database: string;
}

/** Every database that a text names, in URLs of whatever scheme and in `host=... dbname=...`; rather too many than one too few. */
function pointers(text: string): Pointer[] {
  const found: Pointer[] = [];
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    if (/https?$/i.test(text.slice(Math.max(0, at - 5), at))) continue;
    const rest = /^[^\s"'<>]*/.exec(text.slice(at + 3, at + 3 + LONGEST_URL))?.[0] ?? '';
    // An unencoded `/` or `?` in a password is read wrongly by some and rightly by others.
    for (const place of new Set([afterUserInfo(rest), rest.slice(rest.lastIndexOf('@') + 1)])) {
      const [, hosts = '', path = '', query = ''] = /^([^/?]*)\/?([^?#]*)(.*)$/s.exec(place) ?? [];
      const parameters = new URLSearchParams(query);
      const named = parameters.get('dbname') ?? parameters.get('database');
      // Several URLs may stand in a row.
      const databases = named === null ? [decoded(path), decoded(path.replace(/[,;|&)\]}].*/s, ''))] : [named];
      for (const one of (hosts || parameters.get('host') || '').split(',')) {
        const [, bracketed, plain = '', port = parameters.get('port') ?? ''] =
          /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(one) ?? [];
        const host = decoded(bracketed ?? plain);
        for (const database of databases) found.push({ host, port: port === '' ? null : Number(port), database });
      }
    }
  }
  const word = (names: string) =>
    new RegExp(`(?:^|[\\s;,{"'&?])(?:${names})["']?\\s*[=:]\\s*["']?([^\\s"';,&}]+)`, 'i').exec(text)?.[1];
  const host = word('host|hostaddr|server|data source');
  const database = word('dbname|database|initial catalog|name');
  if (host !== undefined && database !== undefined) {
    const port = word('port');
    found.push({ host, port: port === undefined ? null : Number(port), database });
  }
  return found;
}

function afterUserInfo(rest: string): string {
  const end = rest.search(/[/?]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  return rest.slice(authority.lastIndexOf('@') + 1);
}

function isAt(pointer: Pointer, place: Place): boolean {
  return (
    canonical(pointer.host) === canonical(place.host) &&
    (pointer.port ?? 5432) === place.port &&
    pointer.database === place.database
  );
}

/** The many names of this machine are one. */
function canonical(host: string): string {
  const name = host.toLowerCase().replace(/(?<=.)\.$/, '');
  return /^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|::1|::)$/.test(name) ? 'localhost' : name;
}
