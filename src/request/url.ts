/**
 * PostgreSQL URLs, read by our own rules: other parsers take a DSN or a quoted URL for a host name, and throw errors that
 * repeat the text. No message of ours repeats any of it, save the name of a query parameter.
 */
import type { SslMode } from './request.ts';

export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

const CHANNEL_BINDINGS = ['disable', 'prefer', 'require'] as const;
export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number];

/** The word as `channel_binding` knows it; undefined: it is none. */
export function channelBindingOf(text: string): ChannelBinding | undefined {
  return CHANNEL_BINDINGS.find((candidate) => candidate === text);
}

export interface DatabaseUrl {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /** Null: the URL does not say. */
  readonly sslMode: SslMode | null;
  readonly sslRootCert: string | null;
  /** `channel_binding`, or null: the URL does not say. */
  readonly channelBinding: ChannelBinding | null;
  /** The URL's `connect_timeout` in milliseconds (0: no limit), or null. */
  readonly connectTimeoutMs: number | null;
}

export type UrlReading =
  | { readonly kind: 'url'; readonly url: DatabaseUrl }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

const ENCODE = 'percent-encode such characters in the user name and the password (`#` as %23, `/` as %2F, `?` as %3F)';
const FORM = 'postgres://user:password@host:5432/database';

/** Every parameter that may stand behind the `?`. */
const CONNECTION_PARAMETERS = ['host', 'port', 'user', 'password', 'dbname'] as const;
const OTHER_PARAMETERS = [
  'sslmode',
  'sslrootcert',
  'connect_timeout',
  // We name our sessions ourselves: whoever looks at a lock must see which run holds it.
  'application_name',
  'target_session_attrs',
  'channel_binding',
  'uselibpqcompat',
] as const;
const WRITABLE_SESSIONS = ['any', 'read-write', 'primary'];

/** Reads a URL, or says everything that is wrong with it. */
export function readUrl(text: string): UrlReading {
  const shape = shapeProblem(text);
  if (shape !== null) return { kind: 'bad', problems: [shape] };

  const rest = text.slice(text.indexOf('://') + 3);
  const authorityEnd = rest.search(/[/?]/);
  const authority = authorityEnd < 0 ? rest : rest.slice(0, authorityEnd);
  const tail = authorityEnd < 0 ? '' : rest.slice(authorityEnd);
  // An @ behind the first / or ? means that one of those is part of the password.
  if (tail.includes('@'))
    return { kind: 'bad', problems: [`it holds an unencoded \`/\` or \`?\` before the @; ${ENCODE}`] };

  const queryStart = tail.indexOf('?');
  const path = queryStart < 0 ? tail : tail.slice(0, queryStart);
  const problems: string[] = [];
  const parameters = readParameters(queryStart < 0 ? '' : tail.slice(queryStart + 1), problems);
  const parts = readAuthority(authority, problems);
  const databasePath = path.slice(1);
  if (databasePath.includes('/'))
    problems.push('the database name holds a `/`; write one name, or percent-encode it (%2F)');
  const database = decode(databasePath, 'the database name', problems);

  // As in libpq the parameters may carry the parts; but one part given twice is somebody's mistake.
  const pick = (name: (typeof CONNECTION_PARAMETERS)[number], given: string | null): string => {
    const parameter = parameters.get(name) ?? '';
    if (given !== null && given !== '' && parameter !== '')
      problems.push(`\`${name}\` is given twice, in the URL and as a parameter`);
    return given || parameter;
  };
  const host = pick('host', parts.host);
  const portText = pick('port', parts.port);
  const user = pick('user', parts.user);
  const password = pick('password', parts.password);
  const name = pick('dbname', database);

  const hostFault = hostProblem(host);
  if (hostFault !== null) problems.push(hostFault);
  const port = portText === '' ? 5432 : readPort(portText);
  if (port === null) problems.push('the port is not a number from 1 to 65535');
  if (user === '' && !parts.broken) problems.push(`it names no user, and no default completes it; write ${FORM}`);
  if (name === '' && database !== null)
    problems.push(`it names no database, and no default completes it; write ${FORM}`);
  const sslMode = readSslMode(parameters.get('sslmode'), problems);
  const channelBinding = channelBindingOf(parameters.get('channel_binding') ?? 'prefer');
  if (channelBinding === undefined)
    problems.push(`the parameter \`channel_binding\` must be one of ${CHANNEL_BINDINGS.join(', ')}`);
  const connectTimeoutMs = readConnectTimeout(parameters.get('connect_timeout'), problems);

  if (problems.length > 0 || port === null) return { kind: 'bad', problems };
  const sslRootCert = parameters.get('sslrootcert') || null;
  return {
    kind: 'url',
    url: {
      host,
      port,
      database: name,
      user,
      password: password === '' ? null : password,
      sslMode,
      sslRootCert,
      channelBinding: parameters.has('channel_binding') ? (channelBinding ?? null) : null,
      connectTimeoutMs,
    },
  };
}

/** What can be said before the URL is taken apart; null when it looks like a URL. */
function shapeProblem(text: string): string | null {
  if (text.trim() === '') return 'it holds white space only';
  if (text.trim() !== text)
    return 'it begins or ends with white space (a line break at the end of the secret?); take that out';
  if (/^["'`]|["'`]$/.test(text)) return 'it has quotes around it; take them out';
  if (/^postgres(ql)?(\+[a-z0-9_]+)?:\/\//i.test(text)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break in a URL is what we look for.
    if (/[\u0000-\u001f\u007f]/.test(text)) return 'it holds a line break or another control character; take that out';
    if (text.includes('#')) return `it holds an unencoded \`#\`; ${ENCODE}`;
    return null;
  }
  if (/^\s*(host|hostaddr|port|dbname|user|password|service|sslmode)\s*=/i.test(text)) {
    return `it is a connection string of keywords (host=... user=...); write it as a URL: ${FORM}`;
  }
  if (/^jdbc:/i.test(text)) return `it is a JDBC URL; write ${FORM}`;
  return `it does not begin with postgres:// or postgresql://; write ${FORM}`;
}

interface Authority {
  readonly user: string | null;
  readonly password: string | null;
  readonly host: string | null;
  readonly port: string | null;
  /** The user and password could not be decoded: their absence is no further problem. */
  readonly broken: boolean;
}

function readAuthority(authority: string, problems: string[]): Authority {
  const at = authority.lastIndexOf('@');
  const userInfo = at < 0 ? '' : authority.slice(0, at);
  const colon = userInfo.indexOf(':');
  const user = decode(colon < 0 ? userInfo : userInfo.slice(0, colon), 'the user name', problems);
  const password = colon < 0 ? null : decode(userInfo.slice(colon + 1), 'the password', problems);
  return { user, password, broken: user === null, ...readHostAndPort(authority.slice(at + 1), problems) };
}

function readHostAndPort(text: string, problems: string[]): { host: string | null; port: string | null } {
  if (text.includes(',')) {
    problems.push('it names more than one host; a migration needs the one that takes writes');
    return { host: 'several', port: null };
  }
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
  if (bracketed) {
    const address = bracketed[1] ?? '';
    if (!/^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*(%25[a-z0-9]+)?$/i.test(address)) {
      problems.push('what stands in the brackets is not an IPv6 address');
      return { host: 'address', port: null };
    }
    return { host: address.replace('%25', '%'), port: emptyPortIsBad(bracketed[2]) };
  }
  const [host = '', port, ...more] = text.split(':');
  if (more.length > 0) {
    problems.push('its host and port hold more than one `:`; write an IPv6 address in brackets, as in [::1]:5432');
    return { host: 'address', port: null };
  }
  return { host: decode(host, 'the host', problems) ?? 'undecodable', port: emptyPortIsBad(port) };
}

/** `host:/db` comes of a variable that was empty; it is no way to ask for the default. */
function emptyPortIsBad(port: string | undefined): string | null {
  return port === undefined ? null : port === '' ? 'empty' : port;
}

/** Why `host` can't be one; null when it can. A leading `/` is the folder of a unix socket. */
export function hostProblem(host: string): string | null {
  if (host === '') return `it names no host, and no default completes it; write ${FORM}`;
  if (host.startsWith('/')) return null;
  if (host.includes(',')) return 'it names more than one host; a migration needs the one that takes writes';
  if (/[\s"'`<>\\^{}|@#?$/[\]=]/.test(host)) return 'its host holds a character that no host name has';
  return null;
}

/** 1 to 65535, or null. */
export function readPort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

function readParameters(query: string, problems: string[]): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? '' : pair.slice(0, equals);
    // What is no plain word may be a piece of the password, so it is not repeated.
    if (!/^[a-z_]{1,30}$/i.test(name)) {
      problems.push(`what follows the \`?\` is not name=value; if the \`?\` belongs to the password, ${ENCODE}`);
      continue;
    }
    const fault = parameterProblem(name);
    if (fault !== null) {
      problems.push(fault);
      continue;
    }
    if (parameters.has(name)) problems.push(`the parameter \`${name}\` is given twice`);
    const value = decode(pair.slice(equals + 1), `the parameter \`${name}\``, problems);
    if (value !== null) parameters.set(name, value);
    if (name === 'target_session_attrs' && value !== null && !WRITABLE_SESSIONS.includes(value)) {
      problems.push(`the parameter \`target_session_attrs\` must be one of ${WRITABLE_SESSIONS.join(', ')}`);
    }
  }
  return parameters;
}

function parameterProblem(name: string): string | null {
  const known: readonly string[] = [...CONNECTION_PARAMETERS, ...OTHER_PARAMETERS];
  if (known.includes(name)) return null;
  if (name === 'options') {
    return 'the parameter `options` is refused: settings behind our back would change what is rehearsed; set them on the role or in the files';
  }
  if (['sslcert', 'sslkey', 'sslpassword'].includes(name)) {
    return `the parameter \`${name}\` (client certificates) is not supported yet`;
  }
  if (name === 'ssl') return 'the parameter `ssl` is not known; write `sslmode`, as in sslmode=require';
  return `the parameter \`${name}\` is not known; allowed: ${known.join(', ')}`;
}

function readSslMode(text: string | undefined, problems: string[]): SslMode | null {
  if (text === undefined) return null;
  const mode = SSL_MODES.find((candidate) => candidate === text);
  if (mode === undefined) problems.push(`its \`sslmode\` is not one of ${SSL_MODES.join(', ')}`);
  return mode ?? null;
}

function readConnectTimeout(text: string | undefined, problems: string[]): number | null {
  if (text === undefined) return null;
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000;
  problems.push('its `connect_timeout` is not a whole number of seconds');
  return null;
}

/** Percent-decoded; null, with a problem, when it can't be. */
function decode(text: string, what: string, problems: string[]): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    problems.push(`${what} holds a \`%\` that begins no valid escape; a \`%\` itself is written %25`);
    return null;
  }
  if (!decoded.includes('\0')) return decoded;
  problems.push(`${what} holds a zero byte (%00), which PostgreSQL does not take`);
  return null;
}

/**
 * What of a URL must never be seen: all of it, and its password as written, decoded and encoded. It works on a URL that is
 * wrong too, and then rather hides too much.
 */
export function secretsInUrl(text: string): string[] {
  if (text.trim() === '') return [];
  const found = new Set([text, text.trim()]);
  const rest = text.includes('://') ? text.slice(text.indexOf('://') + 3) : '';
  const authority = rest.split(/[/?#]/, 1)[0] ?? '';
  for (const part of [authority, rest]) {
    const userInfo = part.slice(0, Math.max(0, part.lastIndexOf('@')));
    const colon = userInfo.indexOf(':');
    if (colon >= 0) addForms(userInfo.slice(colon + 1), found);
  }
  for (const match of text.matchAll(/password\s*=\s*('(?:[^'\\]|\\.)*'|[^&\s#]*)/gi)) {
    addForms((match[1] ?? '').replace(/^'|'$/g, ''), found);
  }
  found.delete('');
  return [...found];
}

/** Adds a password in every form in which something may print it. */
export function addForms(written: string, found: Set<string>): void {
  found.add(written);
  let decoded = written;
  try {
    decoded = decodeURIComponent(written);
  } catch {
    // Not encoded text: then it is the password as it stands.
  }
  found.add(decoded);
  for (const text of [written, decoded]) {
    try {
      found.add(encodeURIComponent(text));
    } catch {
      // A lone surrogate has no encoded form that could be printed.
    }
  }
}
