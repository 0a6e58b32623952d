/** The first packet of a connection, which has no type: what the client wants. Pure. */
import { errorFields, type Fields } from './wire.ts';

export type Opening =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gss' }
  /** `key`: process id and secret, as BackendKeyData told them. */
  | { readonly kind: 'cancel'; readonly key: Buffer }
  | {
      readonly kind: 'start';
      /** `user` is among them, and `database`, which is the user's name where the client names none. */
      readonly parameters: ReadonlyMap<string, string>;
      /** It wants more of the protocol than 3.0: these options, or a later minor version. */
      readonly negotiate: { readonly unknownOptions: readonly string[] } | null;
    }
  | { readonly kind: 'refused'; readonly fields: Fields };

/** Codes in the place of a version: 1234 and a number that no version has. */
const CANCEL = 80877102;
const SSL = 80877103;
const GSS = 80877104;

/** As the server's parse_bool has it, for `replication`. */
const NO = /^(?:f(?:a(?:l(?:se?)?)?)?|no?|off?|0|)$/i;

const refused = (sqlstate: string, text: string, hint?: string): Opening => ({
  kind: 'refused',
  fields: errorFields('FATAL', sqlstate, text, hint),
});

/** `packet`: after its length. */
export function readOpening(packet: Buffer): Opening {
  const code = packet.readUInt32BE(0);
  if (code === SSL) return { kind: 'ssl' };
  if (code === GSS) return { kind: 'gss' };
  if (code === CANCEL) return { kind: 'cancel', key: packet.subarray(4) };
  const [major, minor] = [code >>> 16, code & 0xffff];
  if (major !== 3) return refused('0A000', `unsupported frontend protocol ${major}.${minor}: server supports 3.0`);
  const pairs = readPairs(packet.subarray(4));
  if (pairs === null) return refused('08P01', 'invalid startup packet layout: expected terminator as last byte');
  const parameters = new Map<string, string>();
  const unknownOptions: string[] = [];
  for (const [name, value] of pairs) {
    if (name.startsWith('_pq_.')) unknownOptions.push(name);
    else parameters.set(name, value);
  }
  if (!NO.test(parameters.get('replication') ?? '')) {
    return refused('0A000', 'replication connections are not served', 'Migrations are rehearsed and applied here.');
  }
  parameters.delete('replication');
  const user = parameters.get('user') ?? '';
  if (user === '') return refused('28000', 'no PostgreSQL user name specified in startup packet');
  if ((parameters.get('database') ?? '') === '') parameters.set('database', user);
  return { kind: 'start', parameters, negotiate: minor > 0 || unknownOptions.length > 0 ? { unknownOptions } : null };
}

/** Names and values, each ended by a zero, and a zero after the last. Null: it is not that. */
function readPairs(bytes: Buffer): [string, string][] | null {
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length - 1 && (texts.length % 2 === 1 || bytes[at] !== 0)) {
    const end = bytes.indexOf(0, at);
    if (end < 0) return null;
    texts.push(bytes.toString('utf8', at, end));
    at = end + 1;
  }
  if (at !== bytes.length - 1 || bytes[at] !== 0 || texts.length % 2 === 1) return null;
  return Array.from({ length: texts.length / 2 }, (_, pair) => [texts[2 * pair] ?? '', texts[2 * pair + 1] ?? '']);
}
