/** What one connection said and what it was answered, statement by statement, read off the messages that pass. Pure. */
import { Commits, type Committed, type Unanswered, unanswered } from './commits.ts';
import { type Fields, type Frame, letter, readFields, textAt } from './wire.ts';
import { type Wording, Wordings } from './wording.ts';

/** Whose words they are. */
export interface Speaker {
  /** The caller's id. */
  readonly caller: number;
  /** The database that its session is on. */
  readonly database: string;
}

/** One statement, or one string of several. */
export interface Said extends Speaker {
  /** As it was said, cut at 1,000 characters. */
  readonly sql: string;
  /** As performance.now() tells; of a statement that waited behind others, from when those were done. */
  readonly beganAt: number;
  readonly endedAt: number;
  /** The command tag of each statement in it that was completed. */
  readonly tags: readonly string[];
  /** `sqlstate` null: the server did not say it; the connection ended before an answer came. */
  readonly error: { readonly sqlstate: string | null; readonly message: string } | null;
}

interface UnderWay {
  readonly sql: string;
  readonly beganAt: number;
}

/** A message that the server owes an answer, or the end of a client's COPY data. */
interface Asked {
  readonly type: string;
  /** Null: none is known. */
  readonly wording: Wording | null;
}

/** The messages of a server that a transcript reads; rows and the data of a COPY are none of them. */
export const READ_OF_SERVER: ReadonlySet<string> = new Set([...'123CEGINTZns']);

export class Transcript {
  private readonly speaker: Speaker;
  private readonly commits = new Commits();
  private readonly tell: (said: Said) => void;
  private readonly asked: Asked[] = [];
  private readonly wordings = new Wordings();
  /** When what is to be answered first began. */
  private since: number | null = null;
  /** What a simple query was answered until now. */
  private tags: string[] = [];
  private failed: Said['error'] = null;
  /** The last statement since the server was ready: a Sync commits it where there is no transaction block. */
  private last: Said | null = null;
  /** After an error the server passes over everything up to the next Sync. */
  private skipping = false;
  /** While it takes COPY data, the server passes over Sync. */
  private copying = false;
  /** What the server said as it became ready, until the client says something. A new connection is told that it is idle. */
  private readyAs: string | null = 'I';
  /** The SQLSTATE of a notice that came since the last statement was completed. */
  private noticed: string | null = null;

  /** `tell` is called with each statement as it ends. */
  constructor(speaker: Speaker, tell: (said: Said) => void) {
    this.speaker = speaker;
    this.tell = tell;
  }

  /** `I`, `T` or `E`, as in ReadyForQuery; null: something is under way. */
  get status(): string | null {
    return this.readyAs;
  }

  get committed(): Committed {
    return this.commits.verdict;
  }

  /** What the client's oldest unanswered message is about. */
  private get underWay(): UnderWay | null {
    const first = this.first();
    const sql = first?.type === 'S' ? this.last?.sql : first && shown(first);
    return sql == null || this.since === null ? null : { sql, beganAt: this.since };
  }

  /** The text that a message of the client's is about; null: it is about none, or the text is not known. */
  wordingOf(frame: Frame): Wording | null {
    return this.wordings.of(frame);
  }

  /** The client said this. */
  heard(frame: Frame, now: number): void {
    // A Flush asks for nothing.
    if (frame.type !== 'H') this.readyAs = null;
    switch (frame.type) {
      case 'Q':
      case 'P':
      case 'B':
      case 'E':
      case 'D':
      case 'C':
        this.ask(frame.type, this.wordings.hear(frame), now);
        return;
      case 'F':
        this.ask('F', null, now);
        return;
      case 'S':
        if (this.copying) return;
        this.skipping = false;
        this.ask('S', null, now);
        return;
      case 'c':
      case 'f':
        // Before the server has said that it takes COPY data: said blindly, and its place matters.
        if (!this.copying) this.asked.push({ type: 'c', wording: null });
        this.copying = false;
        return;
    }
  }

  /** The server said this. */
  answered(frame: Frame, now: number): void {
    const first = this.first();
    switch (frame.type) {
      case '1':
        this.settle(first, 'P');
        return;
      case '2':
        this.settle(first, 'B');
        return;
      case '3':
        this.settle(first, 'C');
        return;
      case 'n':
      case 'T':
        this.settle(first, 'D');
        return;
      case 'G':
        this.copyBegins();
        return;
      case 'C':
        this.completed(first, textAt(frame, 0).text, now);
        return;
      case 's':
        if (first?.type !== 'E') return;
        this.commits.suspended(first.wording);
        this.end(first, [], null, now);
        return;
      case 'N': {
        const fields = readFields(frame);
        // What comes with a context was said by something inside of the statement.
        if (!fields.has('W')) this.noticed = fields.get('C') ?? null;
        return;
      }
      case 'I':
        if (first?.type === 'E') this.next(now);
        return;
      case 'E': {
        this.fails(first, readFields(frame), now);
        return;
      }
      case 'Z':
        this.ready(letter(frame), now);
        return;
    }
  }

  /** The connection is over: what was not answered will not be. */
  over(why: string, now: number): void {
    const { underWay, failed, last } = this;
    const told = this.first()?.type === 'S' && last?.error;
    this.commits.lost(this.unanswered());
    this.asked.length = 0;
    this.readyAs = null;
    if (underWay && !told) this.say(underWay.sql, this.tags, failed ?? { sqlstate: null, message: why }, now);
  }

  /** What the server may have done of which nothing is known: after an error it does nothing up to the Sync, or of the string. */
  private unanswered(): Unanswered[] {
    const [first, ...rest] = this.asked.filter(({ type }) => /[QEFS]/.test(type));
    // What waits for COPY data fails without its end.
    if (!first || this.copying) return [];
    const isFailed = this.failed !== null || (first.type === 'S' && this.last?.error);
    const later = rest.map(({ type, wording }) => unanswered(type, wording, 0));
    return isFailed ? later : [unanswered(first.type, first.wording, this.tags.length), ...later];
  }

  private ask(type: string, wording: Wording | null, now: number): void {
    if (this.skipping) return;
    this.asked.push({ type, wording });
    this.since ??= now;
  }

  private first(): Asked | null {
    while (this.asked[0]?.type === 'c') this.asked.shift();
    return this.asked[0] ?? null;
  }

  private settle(first: Asked | null, type: string): void {
    if (first?.type === type) this.asked.shift();
  }

  /** Each Sync that was sent before the data's end is passed over by the server. */
  private copyBegins(): void {
    const end = this.asked.findIndex(({ type }) => type === 'c');
    const before = this.asked.splice(0, end < 0 ? this.asked.length : end);
    this.asked.unshift(...before.filter(({ type }) => type !== 'S'));
    this.copying = end < 0;
  }

  private completed(first: Asked | null, tag: string, now: number): void {
    this.copying = false;
    if (first?.type !== 'Q' && first?.type !== 'E') return;
    this.commits.completed(tag, first.wording, this.tags.length, this.noticed);
    this.noticed = null;
    if (first.type === 'Q') this.tags.push(tag);
    else this.end(first, [tag], null, now);
  }

  private fails(first: Asked | null, fields: Fields, now: number): void {
    const error = { sqlstate: fields.get('C') ?? null, message: fields.get('M') ?? '' };
    this.copying = false;
    const ran = first?.type === 'Q' || first?.type === 'E' ? first.wording : null;
    this.commits.fails(ran, this.tags.length, fields);
    // Nobody had asked: the server ends the connection, and tells why.
    if (first === null) return;
    if (first.type === 'Q' || first.type === 'F') {
      this.failed = error;
      return;
    }
    if (first.type === 'S') {
      this.say(this.last?.sql ?? '', [], error, now);
      return;
    }
    this.say(shown(first), [], error, now);
    const sync = this.asked.findIndex(({ type }) => type === 'S');
    this.skipping = sync < 0;
    this.asked.splice(0, sync < 0 ? this.asked.length : sync);
  }

  private ready(status: string, now: number): void {
    const first = this.first();
    if (first?.type === 'F') this.commits.called();
    this.commits.ready(status);
    if (first?.type === 'Q' || first?.type === 'F') {
      // A string without a statement was not one.
      if (this.tags.length > 0 || this.failed) this.say(shown(first), this.tags, this.failed, now);
      this.tags = [];
      this.failed = null;
    }
    this.last = null;
    const upTo = this.asked.findIndex(({ type }) => type === 'Q' || type === 'F' || type === 'S');
    this.asked.splice(0, upTo + 1);
    this.noticed = null;
    if (this.first() === null) this.readyAs = status;
    this.since = this.first() === null ? null : now;
  }

  private end(first: Asked, tags: readonly string[], error: Said['error'], now: number): void {
    this.say(shown(first), tags, error, now);
    this.next(now);
  }

  private next(now: number): void {
    this.asked.shift();
    this.since = this.first() === null ? null : now;
  }

  private say(sql: string, tags: readonly string[], error: Said['error'], now: number): void {
    this.last = { ...this.speaker, sql, beganAt: this.since ?? now, endedAt: now, tags, error };
    this.tell(this.last);
  }
}

const shown = ({ type, wording }: Asked) => (type === 'F' ? '(a function called by its number)' : (wording?.sql ?? ''));
