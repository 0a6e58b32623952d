/** What one connection said and what it was answered, statement by statement, read off the messages that pass. Pure. */
import { type Frame, letter, readFields, textAt } from './wire.ts';

/** One statement, or one string of several. */
export interface Said {
  /** The caller's id. */
  readonly caller: number;
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

export interface UnderWay {
  readonly sql: string;
  readonly beganAt: number;
}

/** A message that the server owes an answer, or the end of a client's COPY data. */
interface Asked {
  readonly type: string;
  readonly sql: string;
}

const LONGEST = 1_000;
/** A character has at most four bytes. */
const LONGEST_BYTES = 4 * LONGEST;

/** The messages of a server that a transcript reads; rows and the data of a COPY are none of them. */
export const READ_OF_SERVER: ReadonlySet<string> = new Set(['1', '2', '3', 'C', 'E', 'G', 'I', 'T', 'Z', 'n', 's']);

export class Transcript {
  private readonly caller: number;
  private readonly tell: (said: Said) => void;
  private readonly asked: Asked[] = [];
  /** The texts of prepared statements, and of portals. */
  private readonly prepared = new Map<string, string>();
  private readonly portals = new Map<string, string>();
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

  /** `tell` is called with each statement as it ends. */
  constructor(caller: number, tell: (said: Said) => void) {
    this.caller = caller;
    this.tell = tell;
  }

  /** What the client's oldest unanswered message is about. */
  get underWay(): UnderWay | null {
    const first = this.first();
    const sql = first?.type === 'S' ? this.last?.sql : first?.sql;
    return sql === undefined || this.since === null ? null : { sql, beganAt: this.since };
  }

  /** The client said this. */
  heard(frame: Frame, now: number): void {
    switch (frame.type) {
      case 'Q':
        this.ask('Q', sqlAt(frame, 0), now);
        return;
      case 'P': {
        const name = textAt(frame, 0);
        const sql = sqlAt(frame, name.next);
        this.prepared.set(name.text, sql);
        this.ask('P', sql, now);
        return;
      }
      case 'B': {
        const portal = textAt(frame, 0);
        const sql = this.prepared.get(textAt(frame, portal.next).text) ?? '';
        this.portals.set(portal.text, sql);
        this.ask('B', sql, now);
        return;
      }
      case 'E':
        this.ask('E', this.portals.get(textAt(frame, 0).text) ?? '', now);
        return;
      case 'D':
      case 'C': {
        const known = letter(frame) === 'S' ? this.prepared : this.portals;
        const name = textAt(frame, 1).text;
        this.ask(frame.type, known.get(name) ?? '', now);
        if (frame.type === 'C') known.delete(name);
        return;
      }
      case 'F':
        this.ask('F', '(a function called by its number)', now);
        return;
      case 'S':
        if (this.copying) return;
        this.skipping = false;
        this.ask('S', '', now);
        return;
      case 'c':
      case 'f':
        // Before the server has said that it takes COPY data: said blindly, and its place matters.
        if (!this.copying) this.asked.push({ type: 'c', sql: '' });
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
        this.copying = false;
        if (first?.type === 'Q') this.tags.push(textAt(frame, 0).text);
        else if (first?.type === 'E') this.end(first, [textAt(frame, 0).text], null, now);
        return;
      case 's':
        if (first?.type === 'E') this.end(first, [], null, now);
        return;
      case 'I':
        if (first?.type === 'E') this.next(now);
        return;
      case 'E': {
        const fields = readFields(frame);
        this.fails(first, { sqlstate: fields.get('C') ?? null, message: fields.get('M') ?? '' }, now);
        return;
      }
      case 'Z':
        this.ready(now);
        return;
    }
  }

  /** The connection is over: what was not answered will not be. */
  over(why: string, now: number): void {
    const { underWay, failed, last } = this;
    const told = this.first()?.type === 'S' && last?.error;
    this.asked.length = 0;
    if (underWay && !told) this.say(underWay.sql, this.tags, failed ?? { sqlstate: null, message: why }, now);
  }

  private ask(type: string, sql: string, now: number): void {
    if (this.skipping) return;
    this.asked.push({ type, sql });
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

  private fails(first: Asked | null, error: NonNullable<Said['error']>, now: number): void {
    this.copying = false;
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
    this.say(first.sql, [], error, now);
    const sync = this.asked.findIndex(({ type }) => type === 'S');
    this.skipping = sync < 0;
    this.asked.splice(0, sync < 0 ? this.asked.length : sync);
  }

  private ready(now: number): void {
    const first = this.first();
    if (first?.type === 'Q' || first?.type === 'F') {
      // A string without a statement was not one.
      if (this.tags.length > 0 || this.failed) this.say(first.sql, this.tags, this.failed, now);
      this.tags = [];
      this.failed = null;
    }
    this.last = null;
    const upTo = this.asked.findIndex(({ type }) => type === 'Q' || type === 'F' || type === 'S');
    this.asked.splice(0, upTo + 1);
    this.since = this.first() === null ? null : now;
  }

  private end(first: Asked, tags: readonly string[], error: Said['error'], now: number): void {
    this.say(first.sql, tags, error, now);
    this.next(now);
  }

  private next(now: number): void {
    this.asked.shift();
    this.since = this.first() === null ? null : now;
  }

  private say(sql: string, tags: readonly string[], error: Said['error'], now: number): void {
    this.last = { caller: this.caller, sql, beganAt: this.since ?? now, endedAt: now, tags, error };
    this.tell(this.last);
  }
}

/** Of a text that may be megabytes long only what is kept is read. */
function sqlAt(frame: Frame, from: number): string {
  return textAt(frame, from, LONGEST_BYTES).text.slice(0, LONGEST);
}
