/** One connection of the tool: what a server would keep of it. */
import type { BatchItem } from '../../postgres/session.ts';
import { AtCommit } from './at-commit.ts';
import type { Admission, Caller } from './caller.ts';
import type { CopyIn } from './copy.ts';
import type { Said } from './director.ts';
import { encodingOf } from './pieces.ts';
import type { Meaning } from './translate.ts';
import { answer, errorFields, type Frame, joined, message, readFields, texts } from './wire.ts';

export interface Prepared {
  readonly sql: string;
  readonly meaning: Meaning;
  /** Its Parse from the text on. */
  readonly rest: Buffer;
  /** The server does not have it: it could not be prepared, and will not be executed. */
  readonly isAbsent: boolean;
}

export interface Portal {
  readonly statement: Prepared;
  /** Its Bind from the parameters' formats on. */
  readonly rest: Buffer;
  /** It was executed, perhaps not to its end. */
  begun: boolean;
}

/** A statement on its way to the server with others. */
export interface Run {
  readonly said: Said;
  /** Undefined: not answered yet. */
  tag?: string | null;
  ms: number;
}

/** An answer that the tool waits for, by the message that asks for it; `-` it knows nothing of. */
export interface Owed {
  readonly what: 'P' | 'B' | 'DS' | 'DP' | 'C' | 'E' | '-';
  /** The server has not heeded it after all. */
  readonly undo?: () => void;
  readonly run?: Run;
  readonly prepared?: Prepared;
}

/** What can still be undone: its transaction block, or what it does outside of one until the end of the exchange. */
export interface Work {
  isBlock: boolean;
  failed: boolean;
  /** It has done more than to set things. */
  queried: boolean;
  readOnly: boolean;
}

export class Seat {
  readonly caller: Caller;
  /** Stands before the names of its statements and portals: several connections speak on one session. */
  readonly prefix: string;
  readonly queue: (Frame | 'join' | 'leave')[] = [];
  /** Bytes in the queue. */
  waiting = 0;
  work: Work | null = null;
  readonly atCommit = new AtCommit();
  readonly prepared = new Map<string, Prepared>();
  /** Statements by PREPARE, which Close ends as well. */
  readonly preparedBySql = new Set<string>();
  readonly portals = new Map<string, Portal>();
  madeTemporary = false;
  /** Somebody else has spoken: the statement without a name may be gone. */
  forgotUnnamed = false;
  /** Messages that go to the server together, what is owed for them, and how many bytes they are. */
  segment: Buffer[] = [];
  owed: Owed[] = [];
  segmentBytes = 0;
  /** Statements executed since the last Sync. */
  executed = 0;
  /** The last of them, which may come again. */
  last: Prepared | null = null;
  /** After an error everything is passed over until Sync. */
  skips = false;
  /** The server takes COPY's data of it. */
  copy: CopyIn | null = null;
  hasLeft = false;
  /** All of it is undone. */
  hasGone = false;
  heardAt = performance.now();
  /** What it had set when another got its turn. */
  settings: readonly BatchItem[] | null = null;
  admit: ((admission: Admission) => void) | null = null;
  /** Settings as they were told last, and those to be told. */
  private readonly reported = new Map<string, string>();
  private readonly changed = new Map<string, string>();
  private outgoing: Buffer[] = [];
  private flushing: NodeJS.Immediate | null = null;
  private readonly onSlow: () => void;

  /** `onSlow`: it does not read as fast as it is told. */
  constructor(caller: Caller, prefix: string, onSlow: () => void) {
    this.caller = caller;
    this.prefix = prefix;
    this.onSlow = onSlow;
  }

  /** As it is told with each ReadyForQuery. */
  get status(): 'I' | 'T' | 'E' {
    if (!this.work?.isBlock) return 'I';
    return this.work.failed ? 'E' : 'T';
  }

  /** Its statements run as in a block, BEGIN or not. */
  get isWithin(): boolean {
    return this.work?.isBlock === true || this.executed > 0;
  }

  tell(bytes: Buffer): void {
    if (this.hasLeft) return;
    if (bytes[0] === PARAMETER) this.tellLater({ type: 'S', bytes });
    else this.say(this.prefix !== '' && bytes[0] === ERROR ? this.withoutPrefix(bytes) : bytes);
  }

  private say(bytes: Buffer): void {
    // One write for all that is told in this turn of the event loop: a packet for each would cost more than what is in it.
    this.flushing ??= setImmediate(() => this.flush());
    this.outgoing.push(bytes);
  }

  private flush(): void {
    if (this.flushing) clearImmediate(this.flushing);
    this.flushing = null;
    const bytes = joined(this.outgoing);
    this.outgoing = [];
    if (bytes && !this.caller.send(bytes)) this.onSlow();
  }

  /** What it was told of settings as it came. */
  greet(parameters: ReadonlyMap<string, string>): void {
    for (const [name, value] of parameters) this.reported.set(name, value);
  }

  end(last: Buffer): void {
    this.flush();
    this.caller.end(last);
  }

  /** Settings are told with the end of an exchange, and only those that are others then. */
  private tellLater(frame: Frame): void {
    const [name = '', value = ''] = texts(frame, 2);
    if (this.reported.get(name) === value) this.changed.delete(name);
    else this.changed.set(name, value);
  }

  tellReady(): void {
    for (const [name, value] of this.changed) {
      this.reported.set(name, value);
      this.say(answer.parameterStatus(name, value));
    }
    this.changed.clear();
    this.tell(answer.readyForQuery(this.status));
    // It waits for nothing else, and need not wait for what we do next.
    if (this.queue.length === 0) this.flush();
  }

  warn(sqlstate: string, text: string): void {
    this.tell(answer.notice(new Map(errorFields('ERROR', sqlstate, text)).set('S', 'WARNING').set('V', 'WARNING')));
  }

  /** After an error the server has one aborted transaction; how far back the tool's own goes, its work tells. */
  fail(): void {
    this.skips = true;
    if (this.work) this.work.failed = true;
  }

  /** A name of the tool's as it goes to the server. */
  own(name: string): Buffer {
    return Buffer.from(`${this.prefix}${name}\0`);
  }

  closing(kind: 'S' | 'P', name: string): Buffer {
    return message('C', Buffer.from(kind), this.own(name));
  }

  /** The zero-terminated texts that a message begins with, `skip` bytes into its body, and all that follows them. */
  read(frame: Frame, count: number, skip = 0): { texts: string[]; ends: number[] } {
    const texts: string[] = [];
    const ends: number[] = [];
    let at = 5 + skip;
    for (let left = count; left > 0; left -= 1) {
      const zero = frame.bytes.indexOf(0, at);
      const end = zero < 0 ? frame.bytes.length : zero;
      const bytes = frame.bytes.subarray(at, end);
      texts.push(bytes.toString(encodingOf(bytes)));
      at = Math.min(frame.bytes.length, end + 1);
      ends.push(at);
    }
    return { texts, ends };
  }

  private withoutPrefix(bytes: Buffer): Buffer {
    if (!bytes.includes(this.prefix)) return bytes;
    const fields = new Map(readFields({ type: 'E', bytes }));
    const text = fields.get('M') ?? '';
    const unnamed = text.replace(`prepared statement "${this.prefix}"`, 'unnamed prepared statement');
    return answer.error(fields.set('M', unnamed.replaceAll(`"${this.prefix}`, '"')));
  }
}

const ERROR = 'E'.charCodeAt(0);
const PARAMETER = 'S'.charCodeAt(0);
