/** What a tool said, as much of it as is kept: a tool may say millions of statements. */
import type { Said } from './transcript.ts';

/** One statement, or a run of INSERTs of one caller that are the same but for their values. */
export interface Entry extends Said {
  /** How many statements it stands for. `sql` is the first one's, the times span all, the tag has the sum of their rows. */
  readonly times: number;
}

/** The latest that are kept, and the latest of the failed ones. */
const LATEST = 2_000;
const FAILED = 200;

export class Ledger {
  private readonly latest: Entry[] = [];
  /** The failed ones among those that are not kept any more. */
  private readonly failures: Entry[] = [];
  private count = 0;
  private failedCount = 0;

  /** In the order in which they ended; of what came before the latest 2,000 the failed ones only, the latest 200 of them. */
  get entries(): readonly Entry[] {
    return [...this.failures, ...this.latest];
  }

  /** Of all that were said, whatever was kept. */
  get counts(): { readonly statements: number; readonly failed: number } {
    return { statements: this.count, failed: this.failedCount };
  }

  add(said: Said): void {
    this.count += 1;
    if (said.error) this.failedCount += 1;
    const last = this.latest.at(-1);
    const folded = last ? fold(last, said) : null;
    if (folded) this.latest[this.latest.length - 1] = folded;
    else this.latest.push({ ...said, times: 1 });
    const gone = this.latest.length > LATEST ? this.latest.shift() : null;
    if (gone?.error) this.failures.push(gone);
    if (this.failures.length > FAILED) this.failures.shift();
  }
}

function fold(last: Entry, next: Said): Entry | null {
  if (last.caller !== next.caller || last.error || next.error) return null;
  const rows = [insertedRows(last), insertedRows(next)];
  if (rows.includes(null) || headOf(last.sql) !== headOf(next.sql)) return null;
  const tag = `INSERT 0 ${rows.reduce<number>((sum, more) => sum + (more ?? 0), 0)}`;
  return { ...last, endedAt: next.endedAt, tags: [tag], times: last.times + 1 };
}

function insertedRows({ tags }: Said): number | null {
  const rows = tags.length === 1 ? /^INSERT 0 (\d+)$/.exec(tags[0] ?? '')?.[1] : undefined;
  return rows === undefined ? null : Number(rows);
}

/** Up to its values; all of it where it has none. */
function headOf(sql: string): string {
  return /^[^'$]*?\bvalues\b/i.exec(sql)?.[0] ?? sql;
}
