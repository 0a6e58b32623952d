/** What one attempt writes down as it goes, of each statement and beside them. The report is made of it. */

import type { Finding, Observation, Plan } from '../engines/engine.ts';
import type { PlannedMigration } from '../plan/plan.ts';
import { cut } from '../report/text.ts';
import type { StatementEvent } from '../sql/script.ts';
import type { Tried } from './concurrently.ts';
import { type Entry, newEntry, wasRehearsed } from './entry.ts';

/** A run of INSERTs into one table is told one by one up to here, as one entry from here on. */
const INSERTS_TOLD = 20;

export class Notes {
  /** Down files are run after everything has gone up, and what they undo goes up again. */
  phase: 'up' | 'down' | 'again' = 'up';
  /** Migrations that came to their end, by version key. */
  readonly finished = new Set<string>();
  readonly observations: Observation[] = [];
  readonly findings: Finding[] = [];
  /** Worth a warning, and about no statement. */
  readonly remarks: string[] = [];
  /** Indexes that were not built for their size. */
  readonly tried: Tried[] = [];
  private readonly entries = new Map<string, Entry[]>();
  /** What the entries are of, in order; of a tool that tells only as it goes, what is known so far. */
  pending: Plan['pending'];

  constructor({ pending }: Plan) {
    this.pending = pending;
  }

  of({ key }: PlannedMigration): readonly Entry[] {
    return this.entries.get(key) ?? [];
  }

  /** Of the pending migrations, in order; not of their ways back. */
  ofPending(): Entry[] {
    return this.pending.flatMap(({ key }) => this.entries.get(key) ?? []);
  }

  executedAnything(): boolean {
    const all = this.ofPending();
    return all.length === 0 || all.some(wasRehearsed);
  }

  /** A new entry, or the last one where this statement goes on with a long run of INSERTs into the same table. */
  entryFor(migration: PlannedMigration, event: StatementEvent): Entry {
    const entries = this.of(migration);
    const last = entries.at(-1);
    const table = event.facts.bulkInsertInto;
    if (last && table !== null && last.facts.bulkInsertInto === table && last.reason === null) {
      const run = entries.slice(-INSERTS_TOLD);
      const isLong = run.length === INSERTS_TOLD && run.every((entry) => entry.facts.bulkInsertInto === table);
      if (last.count > 1 || isLong) {
        last.count += 1;
        return last;
      }
    }
    return this.add(migration, event);
  }

  /** An entry of its own. */
  add(migration: PlannedMigration, event: StatementEvent): Entry {
    const entries = this.entries.get(migration.key) ?? [];
    if (entries.length === 0) this.entries.set(migration.key, entries);
    const entry = newEntry(migration, event);
    entries.push(entry);
    return entry;
  }

  /** All entries of one migration become another's, in front of which it has none yet. */
  move(from: PlannedMigration, to: PlannedMigration): void {
    const moved = this.entries.get(from.key) ?? [];
    this.entries.delete(from.key);
    this.entries.set(to.key, [...(this.entries.get(to.key) ?? []), ...moved]);
    for (const entry of moved) entry.migration = to;
  }

  /** Takes out what is not worth telling, and numbers the rest. */
  keepOf({ key }: PlannedMigration, isKept: (entry: Entry) => boolean): void {
    const kept = (this.entries.get(key) ?? []).filter(isKept);
    for (const [at, entry] of kept.entries()) entry.index = at + 1;
    this.entries.set(key, kept);
  }

  observe(migration: PlannedMigration, { statement, facts }: StatementEvent): void {
    if (this.phase !== 'up') return;
    const at = { migration, line: statement.line, sql: cut(statement.sql, 200) };
    if (facts.external !== null)
      this.observations.push({
        kind: 'external',
        what: facts.external,
        withheld: facts.forbiddenInRehearsal !== null,
        ...at,
      });
    if (facts.opaque !== null) this.observations.push({ kind: 'opaque', what: facts.opaque.what, ...at });
  }
}
