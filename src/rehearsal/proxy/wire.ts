/**
 * PostgreSQL's wire protocol, version 3, as far as a proxy needs it: messages are told apart, a few are read, a few are
 * made; all others pass as the bytes that they are. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

/** One message: its type, as the letter that the protocol has for it, and all of its bytes, type and length included. */
export interface Frame {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Type, and a length that counts itself. */
const HEADER_BYTES = 5;
/** What the server itself takes no message beyond. */
const LONGEST_BYTES = 0x3fffffff;

/** Cuts a stream of bytes into messages, however they come in pieces. Throws on a length that cannot be. */
export class FrameReader {
  private readonly keep: (type: string) => boolean;
  private readonly chunks: Buffer[] = [];
  private pending = 0;
  private wanted = HEADER_BYTES;
  /** Bytes to come that belong to a message which is not kept. */
  private passing = 0;

  /** `keep`: messages of other types are left out, and nothing of them is held: rows, data of a COPY. */
  constructor(keep: (type: string) => boolean = () => true) {
    this.keep = keep;
  }

  /** The messages that are complete with these bytes; each shares memory with what was pushed. */
  push(bytes: Buffer): Frame[] {
    const chunk = bytes.subarray(this.passing);
    this.passing -= bytes.length - chunk.length;
    if (chunk.length === 0) return [];
    this.chunks.push(chunk);
    this.pending += chunk.length;
    const frames: Frame[] = [];
    if (this.pending < this.wanted) return frames;
    const all = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    let at = 0;
    this.wanted = HEADER_BYTES;
    while (all.length - at >= HEADER_BYTES) {
      const length = all.readUInt32BE(at + 1);
      if (length < 4 || length > LONGEST_BYTES) throw new Error(`a message of ${length} bytes cannot be`);
      const end = at + 1 + length;
      const type = String.fromCharCode(all[at] ?? 0);
      const kept = this.keep(type);
      if (end > all.length && kept) {
        this.wanted = end - at;
        break;
      }
      if (kept) frames.push({ type, bytes: all.subarray(at, end) });
      at = end;
    }
    this.passing = Math.max(0, at - all.length);
    this.chunks.length = 0;
    if (at < all.length) this.chunks.push(all.subarray(at));
    this.pending = Math.max(0, all.length - at);
    return frames;
  }
}

// -- reading ------------------------------------------------------------------------------------------------------

/** The zero-terminated texts that a message begins with, `count` of them, `skip` bytes into its body. */
export function texts(frame: Frame, count: number, skip = 0): string[] {
  const found: string[] = [];
  let at = HEADER_BYTES + skip;
  for (let left = count; left > 0; left -= 1) {
    const end = frame.bytes.indexOf(0, at);
    if (end < 0) throw new Error(`a message ${frame.type} is cut short`);
    found.push(frame.bytes.toString('utf8', at, end));
    at = end + 1;
  }
  return found;
}

/**
 * The zero-terminated text that begins `from` bytes into a message's body, at most `longest` bytes of it, and where the
 * next field begins. A text that has no end ends with the message: whoever passes messages on leaves it to the server.
 */
export function textAt(frame: Frame, from: number, longest = Number.POSITIVE_INFINITY): { text: string; next: number } {
  const start = HEADER_BYTES + from;
  const zero = frame.bytes.indexOf(0, start);
  const end = zero < 0 ? frame.bytes.length : zero;
  return { text: frame.bytes.toString('utf8', start, Math.min(end, start + longest)), next: end + 1 - HEADER_BYTES };
}

/** The letter at a place in a message's body: the kind of a Describe or Close, the state in a ReadyForQuery. */
export function letter(frame: Frame, at = 0): string {
  return String.fromCharCode(frame.bytes[HEADER_BYTES + at] ?? 0);
}

/** Of an ErrorResponse or a NoticeResponse: `C` is the SQLSTATE, `M` the message, `P` the position. */
export type Fields = ReadonlyMap<string, string>;

export function readFields(frame: Frame): Fields {
  const fields = new Map<string, string>();
  let at = HEADER_BYTES;
  while (at < frame.bytes.length && frame.bytes[at] !== 0) {
    const end = frame.bytes.indexOf(0, at + 1);
    if (end < 0) break;
    fields.set(String.fromCharCode(frame.bytes[at] ?? 0), frame.bytes.toString('utf8', at + 1, end));
    at = end + 1;
  }
  return fields;
}

// -- making -------------------------------------------------------------------------------------------------------

export function message(type: string, ...parts: readonly (Buffer | string | number)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(`${part}\0`);
      if (typeof part !== 'number') return part;
      const number = Buffer.alloc(4);
      number.writeInt32BE(part);
      return number;
    }),
  );
  const head = Buffer.alloc(HEADER_BYTES);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** All as one, for one write; null: there is nothing. */
export function joined(bytes: readonly Buffer[]): Buffer | null {
  return bytes.length > 1 ? Buffer.concat(bytes) : (bytes[0] ?? null);
}

const int16 = (value: number) => Buffer.from([(value >> 8) & 255, value & 255]);
const byte = (text: string) => Buffer.from(text, 'latin1');
const NONE = int16(0);

/** What a client says. */
export const say = {
  query: (sql: string) => message('Q', sql),
  parse: (name: string, sql: string) => message('P', name, sql, NONE),
  bind: (portal: string, statement: string, values: readonly (string | null)[] = []) =>
    message('B', portal, statement, NONE, int16(values.length), ...values.flatMap(parameter), NONE),
  describe: (kind: 'S' | 'P', name: string) => message('D', byte(kind), name),
  execute: (portal: string) => message('E', portal, 0),
  close: (kind: 'S' | 'P', name: string) => message('C', byte(kind), name),
  sync: message('S'),
  flush: message('H'),
  copyFail: (reason: string) => message('f', reason),
  terminate: message('X'),
};

function parameter(value: string | null): (Buffer | number)[] {
  if (value === null) return [-1];
  const bytes = Buffer.from(value);
  return [bytes.length, bytes];
}

const READY = { I: message('Z', byte('I')), T: message('Z', byte('T')), E: message('Z', byte('E')) } as const;

/** What a server says. */
export const answer = {
  authenticationOk: message('R', 0),
  askForPassword: message('R', 3),
  /** What we speak is 3.0, and these options of the protocol we do not know. */
  negotiateProtocolVersion: (unknown: readonly string[]) => message('v', 3 << 16, unknown.length, ...unknown),
  parameterStatus: (name: string, value: string) => message('S', name, value),
  backendKeyData: (pid: number, secret: Buffer) => message('K', pid, secret),
  /** `I`: idle, `T`: in a transaction, `E`: in one that has failed. */
  readyForQuery: (status: 'I' | 'T' | 'E') => READY[status],
  commandComplete: (tag: string) => message('C', tag),
  emptyQuery: message('I'),
  parseComplete: message('1'),
  bindComplete: message('2'),
  closeComplete: message('3'),
  noData: message('n'),
  error: (fields: Fields) => fieldsMessage('E', fields),
  notice: (fields: Fields) => fieldsMessage('N', fields),
};

function fieldsMessage(type: string, fields: Fields): Buffer {
  const parts = [...fields].flatMap(([code, text]) => [byte(code), text] as const);
  return message(type, ...parts, byte('\0'));
}

/** An error of ours, as the server would say it. */
export function errorFields(severity: 'ERROR' | 'FATAL', sqlstate: string, text: string, hint?: string): Fields {
  const fields = [
    ['S', severity],
    ['V', severity],
    ['C', sqlstate],
    ['M', text],
  ] as const;
  return new Map(hint === undefined ? fields : [...fields, ['H', hint] as const]);
}
