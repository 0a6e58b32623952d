/**
 * The rehearsal's one connection while a tool speaks on it: exchanges follow each other, the tool's and our own, each
 * answered by the server with one ReadyForQuery. Ours never touch what has no name (the unnamed statement and portal
 * are the tool's), and nothing waits for an answer that need not.
 */
import { BatchError, type BatchItem, type BatchResult, type Loan, type Session } from '../../postgres/session.ts';
import { type Fields, type Frame, FrameReader, joined, letter, message, readFields, say, texts } from './wire.ts';

/** Of ours; the tool's names never begin like this. */
const PORTAL = 'mgate';
const ONCE = 'mgate_once';
/** Of what failed the portal is left. */
const CLEAR = say.close('P', PORTAL);
/** Texts without a name that are kept prepared; what comes once only would fill the server's memory. */
const MOST_PREPARED = 100;
const NO_TYPES = Buffer.from([0, 0]);

/** As the server tells at each exchange's end. */
export type Status = 'I' | 'T' | 'E';

export interface Passing {
  /** More of it comes while it is under way (COPY's data): what is passed meanwhile is sent only when it is over. */
  readonly open?: boolean;
  /** The server has answered all that was passed before. */
  readonly onBegin?: () => void;
}

interface Exchange extends Passing {
  readonly bytes: readonly Buffer[];
  readonly onFrame: (frame: Frame) => void;
  readonly resolve: (status: Status) => void;
  readonly reject: (why: Error) => void;
}

export class Line {
  /** Of the real transaction. */
  status: Status = 'T';
  /** ParameterStatus in answer to what is ours. */
  onParameter: (frame: Frame) => void = () => undefined;
  private readonly loan: Loan;
  private readonly reader = new FrameReader();
  private readonly exchanges: Exchange[] = [];
  /** Of the exchanges, how many are sent. */
  private sent = 0;
  private outgoing: Buffer[] = [];
  private readonly prepared = new Set<string>();
  private readonly names = new Map<string, string>();
  private lost: Error | null = null;
  private lastWords: Fields | null = null;
  private silent: (() => void)[] = [];

  constructor(session: Session) {
    this.loan = session.lend((chunk) => this.hear(chunk));
    session.onLost((why) => this.lose(why));
  }

  /** Sends what the server answers with one ReadyForQuery; resolves with that. All other messages go to `onFrame`. */
  pass(bytes: readonly Buffer[], onFrame: (frame: Frame) => void, passing: Passing = {}): Promise<Status> {
    return new Promise((resolve, reject) => {
      if (this.lost) return reject(this.lost);
      this.exchanges.push({ ...passing, bytes, onFrame, resolve, reject });
      this.send();
      if (this.exchanges.length === 1) passing.onBegin?.();
    });
  }

  private send(): void {
    while (this.sent < this.exchanges.length && !this.exchanges[this.sent - 1]?.open) {
      if (this.outgoing.length === 0) process.nextTick(() => this.flush());
      for (const bytes of this.exchanges[this.sent]?.bytes ?? []) this.outgoing.push(bytes);
      this.sent += 1;
    }
  }

  /** What is passed at one go is written at one go: a packet for each message would cost more than what is in it. */
  private flush(): boolean {
    const bytes = joined(this.outgoing);
    this.outgoing = [];
    return !bytes || this.lost ? true : this.loan.write(bytes);
  }

  /** More of the exchange that is open. False: not so fast, `onDrain` tells when to go on. */
  more(bytes: readonly Buffer[]): boolean {
    for (const one of bytes) this.outgoing.push(one);
    return this.flush();
  }

  /** Our own statements, in one round trip, after these messages. Rejects with a BatchError. */
  async batch(items: readonly BatchItem[], first: readonly Buffer[] = []): Promise<BatchResult[]> {
    const results: BatchResult[] = [];
    let rows: (string | null)[][] = [];
    let failed: Error | null = null;
    const onFrame = (frame: Frame) => {
      if (frame.type === 'D' && items[results.length]?.keep) rows.push(readRow(frame));
      else if (frame.type === 'E') failed = serverError(readFields(frame));
      else if (frame.type === 'S') this.onParameter(frame);
      else if (frame.type === 'C' || frame.type === 'I') {
        results.push({ tag: frame.type === 'C' ? (texts(frame, 1)[0] ?? null) : null, rows });
        rows = [];
      }
    };
    const bytes = items.flatMap((item) => this.bytesOf(item));
    await this.pass([...first, CLEAR, ...bytes, say.sync], onFrame);
    if (failed === null) return results;
    this.forget();
    throw new BatchError(results, failed);
  }

  /** One statement in the tool's name: what it would hear of it goes to `onFrame`. */
  speak(text: string, onFrame: (frame: Frame) => void): Promise<Status> {
    return this.pass([CLEAR, ...this.bytesOf({ text }), say.sync], (frame) => {
      if (frame.type === 'E') this.forget();
      if (!'123'.includes(frame.type)) onFrame(frame);
    });
  }

  /** Whether the server can read a text (up to its zero) of several statements: null, or what it says against it. */
  async read(text: Buffer): Promise<Frame | null> {
    const spoilt: Frame[] = [];
    const parse = message('P', ONCE, text, NO_TYPES);
    await this.pass([say.close('S', ONCE), parse, say.sync], (frame) => {
      if (frame.type === 'E') spoilt.push(frame);
    });
    const [error] = spoilt;
    // That a statement to be prepared must be one, it says only once it has read all.
    return error && readFields(error).get('R') !== 'exec_parse_message' ? error : null;
  }

  /** Which of our statements the server has prepared is not known any more. */
  forget(): void {
    this.prepared.clear();
  }

  private bytesOf({ name, text, values }: BatchItem): Buffer[] {
    const statement = name ?? this.nameOf(text);
    const parse = this.prepared.has(statement) ? [] : [say.close('S', statement), say.parse(statement, text)];
    if (statement !== ONCE) this.prepared.add(statement);
    return [...parse, say.bind(PORTAL, statement, values), say.execute(PORTAL), say.close('P', PORTAL)];
  }

  private nameOf(text: string): string {
    const known = this.names.get(text);
    if (known !== undefined) return known;
    if (this.names.size >= MOST_PREPARED || text.length > 1_000) return ONCE;
    const name = `mgate_own_${this.names.size}`;
    this.names.set(text, name);
    return name;
  }

  pause(): void {
    this.loan.pause();
  }

  resume(): void {
    this.loan.resume();
  }

  onDrain(listener: () => void): void {
    this.loan.onDrain(listener);
  }

  /** Waits until every exchange is over. */
  fallSilent(): Promise<void> {
    if (this.exchanges.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.silent.push(resolve));
  }

  /** The session has its connection again. */
  giveBack(): void {
    this.loan.giveBack();
  }

  private hear(chunk: Buffer): void {
    for (const frame of this.reader.push(chunk)) {
      const [exchange] = this.exchanges;
      if (frame.type === 'Z') this.end(letter(frame) as Status);
      else if (exchange) exchange.onFrame(frame);
      else if (frame.type === 'E') this.lastWords = readFields(frame);
    }
    if (this.exchanges.length === 0) for (const resolve of this.silent.splice(0)) resolve();
  }

  private end(status: Status): void {
    this.status = status;
    if (status === 'I') this.lost ??= new Error(TRANSACTION_ENDED);
    const exchange = this.exchanges.shift();
    if (exchange) this.sent -= 1;
    if (this.lost) {
      exchange?.reject(this.lost);
      for (const { reject } of this.exchanges.splice(this.sent)) reject(this.lost);
      return;
    }
    exchange?.resolve(status);
    this.send();
    this.exchanges[0]?.onBegin?.();
  }

  private lose(why: Error): void {
    this.lost = this.lastWords ? serverError(this.lastWords) : why;
    for (const { reject } of this.exchanges.splice(0)) reject(this.lost);
    for (const resolve of this.silent.splice(0)) resolve();
  }
}

const TRANSACTION_ENDED =
  'the transaction of the rehearsal was ended by a statement that was not seen to end it; it was rolled back';

function readRow(frame: Frame): (string | null)[] {
  const { bytes } = frame;
  const row: (string | null)[] = [];
  let at = 7;
  for (let left = bytes.readUInt16BE(5); left > 0; left -= 1) {
    const length = bytes.readInt32BE(at);
    at += 4;
    row.push(length < 0 ? null : bytes.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return row;
}

/** As `pg` would throw it. */
export function serverError(fields: Fields): Error {
  const names = [
    ['V', 'severity'],
    ['C', 'code'],
    ['D', 'detail'],
    ['H', 'hint'],
    ['P', 'position'],
    ['p', 'internalPosition'],
    ['q', 'internalQuery'],
    ['W', 'where'],
    ['s', 'schema'],
    ['t', 'table'],
    ['c', 'column'],
    ['d', 'dataType'],
    ['n', 'constraint'],
    ['R', 'routine'],
  ] as const;
  const error = new Error(fields.get('M') ?? 'the server did not say what is wrong');
  for (const [code, name] of names) if (fields.has(code)) Object.assign(error, { [name]: fields.get(code) });
  return error;
}
