/** Whether a connection has committed something, followed by what it says and is answered. Pure. */
import { classify } from '../../sql/classify.ts';
import { tokenize, unquoteName } from '../../sql/tokens.ts';
import { heavier, type Weight, weigh, weighWords } from './weight.ts';
import type { Fields } from './wire.ts';
import { isConcurrent, type Wording } from './wording.ts';

/**
 * `something`: what writes was committed. `unknown`: the answer to its commit never came, or something was committed of
 * which the words do not tell whether it writes (a function of the project's own, DO, CALL, an INSERT of no rows).
 */
export type Committed = 'nothing' | 'unknown' | 'something';

const VERDICTS: Readonly<Record<Weight, Committed>> = { reads: 'nothing', perhaps: 'unknown', writes: 'something' };

/** The surer answer that something was. */
export function worst(all: readonly Committed[]): Committed {
  if (all.includes('something')) return 'something';
  return all.includes('unknown') ? 'unknown' : 'nothing';
}

/** A message that the server might have carried out: `Q` a string, `E` one statement, `F` a function, `S` a Sync. */
export interface Unanswered {
  readonly type: string;
  /** What of it was not answered; null: unknown. */
  readonly statements: readonly string[] | null;
}

/** What of a message has not been answered yet: all of it, but for so many statements. */
export function unanswered(type: string, wording: Wording | null, answered: number): Unanswered {
  return { type, statements: wording?.isApart ? wording.statements.slice(answered) : null };
}

export class Commits {
  private landed: Weight = 'reads';
  /** What the transaction that is open has done, be it a block or an implicit one. */
  private open: Weight = 'reads';
  /** A name that is not known is null. */
  private savepoints: { readonly name: string | null; readonly open: Weight }[] = [];
  private inBlock = false;
  /** An error has come since the server was ready. */
  private failed = false;
  /** It was the connection's last. */
  private isOver = false;

  get verdict(): Committed {
    return VERDICTS[this.landed];
  }

  /** A statement was completed, the `at`th of what was said. `notice`: the SQLSTATE of one that came with it. */
  completed(tag: string, wording: Wording | null, at: number, notice: string | null): void {
    const words = () => wording?.statements[at] ?? null;
    switch (tag) {
      case 'BEGIN':
      case 'START TRANSACTION':
        this.inBlock = true;
        return;
      case 'COMMIT':
      // It outlasts the session, and whoever decides about it.
      case 'PREPARE TRANSACTION':
        this.land(this.open);
        this.close(words());
        return;
      case 'COMMIT PREPARED':
        this.land('writes');
        return;
      case 'ROLLBACK':
        this.rolledBack(words());
        return;
      case 'SAVEPOINT':
        this.savepoints.push({ name: savepointIn(words()), open: this.open });
        return;
      case 'RELEASE': {
        const at = this.find(words());
        if (at >= 0) this.savepoints.splice(at);
        return;
      }
    }
    // Nothing can make it more than it is.
    if (this.open === 'writes' && this.inBlock) return;
    const weight = weigh(tag, words, notice);
    this.open = heavier(this.open, weight);
    if (weight !== 'reads' && !this.inBlock && !DATA.test(tag) && standsAlone(words() ?? '')) this.land(weight);
  }

  /** A statement has given some of its rows, and waits. What it writes it has written. */
  suspended(wording: Wording | null): void {
    const sql = wording?.statements[0];
    this.open = heavier(this.open, sql === undefined ? 'perhaps' : weighWords(sql));
  }

  /** A function was called by its number. */
  called(): void {
    this.open = heavier(this.open, 'perhaps');
  }

  /** The `at`th statement of what was said failed. */
  fails(wording: Wording | null, at: number, fields: Fields): void {
    this.failed = true;
    if (fields.get('V') === 'FATAL') this.isOver = true;
    const sql = wording?.statements[at] ?? null;
    if (!this.inBlock && sql !== null && leavesPart(sql, fields)) this.land('perhaps');
  }

  /** `status` as ReadyForQuery says it. */
  ready(status: string): void {
    this.inBlock = status !== 'I';
    if (!this.inBlock) {
      if (!this.failed) this.land(this.open);
      this.close(null);
    }
    this.failed = false;
  }

  /** The connection is over. `rest`: what was not answered, in order, up to the Sync of a failed one left out. */
  lost(rest: readonly Unanswered[]): void {
    if (this.isOver) return;
    if (this.failed && !this.inBlock) this.open = 'reads';
    for (const { type, statements } of rest) {
      for (const sql of statements ?? []) this.mayHaveRun(sql);
      if (statements === null && type !== 'S') {
        this.open = 'perhaps';
        this.mayLand(this.open);
      }
      // A Sync commits what is not in a block, and a string does at its end.
      if (type !== 'E' && !this.inBlock) this.mayLand(this.open);
    }
  }

  private mayHaveRun(sql: string): void {
    const { control } = classify(sql);
    if (control === 'begin') this.inBlock = true;
    else if (control === 'commit' || control === 'commit-chain' || control === 'prepare') {
      this.mayLand(/PREPARED/i.test(sql) ? 'perhaps' : this.open);
      this.close(sql);
    } else if (control === 'rollback' || control === 'rollback-chain') this.close(sql);
    else {
      const weight = weighWords(sql);
      this.open = heavier(this.open, weight);
      if (!this.inBlock && standsAlone(sql)) this.mayLand(weight);
    }
  }

  private land(weight: Weight): void {
    this.landed = heavier(this.landed, weight);
  }

  private mayLand(weight: Weight): void {
    if (weight !== 'reads') this.land('perhaps');
  }

  /** The transaction is over. */
  private close(sql: string | null): void {
    this.open = 'reads';
    this.savepoints = [];
    this.inBlock = sql !== null && (classify(sql).control ?? '').endsWith('-chain');
  }

  /** ROLLBACK TO has the same tag. */
  private rolledBack(sql: string | null): void {
    if (sql !== null && classify(sql).control !== 'savepoint') {
      this.close(sql);
      return;
    }
    const at = this.find(sql);
    const savepoint = this.savepoints[at];
    if (savepoint) {
      this.open = savepoint.open;
      this.savepoints.splice(at + 1);
    } else if (this.open !== 'reads') this.open = 'perhaps';
  }

  /** The savepoint that is named, or -1: it cannot be told. */
  private find(sql: string | null): number {
    const name = savepointIn(sql);
    if (name === null || this.savepoints.some((one) => one.name === null)) return -1;
    return this.savepoints.findLastIndex((one) => one.name === name);
  }
}

/** Its name is the last word of SAVEPOINT, RELEASE and ROLLBACK TO. */
function savepointIn(sql: string | null): string | null {
  const last = sql === null ? undefined : tokenize(sql).at(-1);
  return sql === null || last === undefined ? null : unquoteName(sql.slice(last.start, last.end));
}

/** Tags of what never does. */
const DATA = /^(?:INSERT|UPDATE|DELETE|MERGE|COPY|SELECT) /;

/** It commits by itself, whatever comes before the Sync. */
function standsAlone(sql: string): boolean {
  return classify(sql).nonTransactional !== null;
}

/** Before it began, a server refuses a statement with errors of these classes. */
const REFUSED = /^(?:0A|25|2D|42)/;

/** What has committed a part of its work may fail at the next; an error with a context came from inside of it. */
function leavesPart(sql: string, fields: Fields): boolean {
  const code = fields.get('C') ?? '';
  const { opaque } = classify(sql);
  if (opaque) return fields.has('W') && code !== '2D000' && (opaque.what === 'CALL' || opaque.commits);
  return isConcurrent(sql) && (fields.has('W') || !REFUSED.test(code));
}
