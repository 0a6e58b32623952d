/**
 * Which migration a tool's statements belong to. That shows when the tool writes its own records, and not before: what was
 * said between two of them is a stretch, and a stretch is told as the migration that stands on record at its end.
 */

import type { PlannedMigration } from '../../plan/plan.ts';
import type { BatchItem, BatchResult } from '../../postgres/session.ts';
import type { Tried } from '../../rehearsal/concurrently.ts';
import type { Entry } from '../../rehearsal/entry.ts';
import type { AttemptInput } from '../../rehearsal/input.ts';
import type { Notes } from '../../rehearsal/notes.ts';
import type { Said } from '../../rehearsal/proxy/stage.ts';
import { isChatter } from '../../rehearsal/proxy/translate.ts';
import { formOf } from '../../report/values.ts';
import type { StatementEvent } from '../../sql/script.ts';
import { bareName, Cursor, tokenize } from '../../sql/tokens.ts';
import type { Finding } from '../engine.ts';
import { type CandidateTable, candidateTablesQuery } from '../shared/known-tools.ts';
import type { ToolInput } from './attempt.ts';
import type { Ended } from './child.ts';
import { isForRecords, readingOf, type ToolTable, toolTablesIn, whereIs } from './tables.ts';

/** Statements kept in full for the rules. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** Of statements of one form so many are told one by one. */
const TOLD_APART = 3;

interface Stretch {
  readonly migration: PlannedMigration;
  /** Statements of one form, by that form: the last one's entry, and how many there were. */
  readonly forms: Map<string, { entry: Entry; times: number }>;
  /** What the tool had recorded when it ended, beyond what it had before; null: not known yet. */
  recorded: readonly string[] | null;
}

/** What is kept of an entry until it is known whose it is. */
interface Kept {
  readonly event: StatementEvent;
  /** The text for the rules; null: there were too many. */
  readonly sql: string | null;
  /** The first and the last of the tool's transactions that it was said in. */
  transactions: [first: number, last: number];
}

export class Stretches {
  private readonly input: AttemptInput;
  private readonly own: ToolInput;
  private readonly notes: Notes;
  private readonly all: Stretch[] = [];
  private stretch: Stretch;
  private table: ToolTable | null;
  private versions: ReadonlySet<string> = new Set();
  private readonly kept = new Map<Entry, Kept>();
  private characters = 0;
  private readonly findings: { readonly entry: Entry; readonly finding: Finding }[] = [];
  private readonly tried: Tried[] = [];
  /** Where the statements at hand turned out to belong. */
  private last: PlannedMigration | null = null;

  constructor(input: AttemptInput, own: ToolInput, notes: Notes) {
    this.input = input;
    this.own = own;
    this.notes = notes;
    this.table = own.table;
    this.stretch = this.newStretch();
  }

  /** Where the statements at hand belong, as far as is known. */
  get current(): PlannedMigration {
    return this.last ?? this.stretch.migration;
  }

  /** The table that the tool keeps its records in, also one that it made in this rehearsal. */
  get toolTable(): ToolTable | null {
    return this.table;
  }

  // -- entries --------------------------------------------------------------------------------------------------

  /** A loop in the tool's code says the same over and over: that is told as one. `transaction`: the tool's, counted. */
  entryFor(said: Said, transaction: number): Entry {
    const form = formOf(said.sql);
    const known = this.stretch.forms.get(form);
    if (!known) return this.newEntry(said, form, transaction);
    known.times += 1;
    const kept = this.kept.get(known.entry);
    if (known.times <= TOLD_APART || known.entry.reason !== null || known.entry.error !== null || !kept)
      return this.newEntry(said, form, transaction);
    known.entry.count += 1;
    kept.transactions[1] = transaction;
    return known.entry;
  }

  /** Of a loop one is not like the others. */
  apart(entry: Entry, said: Said): Entry {
    if (entry.count === 1) return entry;
    entry.count -= 1;
    return this.newEntry(said, formOf(said.sql), this.kept.get(entry)?.transactions[1] ?? 0);
  }

  private newEntry({ sql, facts }: Said, form: string, transaction: number): Entry {
    const { migration, forms } = this.stretch;
    const event = { kind: 'statement', index: 0, statement: { sql, line: 1, column: 1 }, facts } as const;
    const entry = this.notes.add(migration, event);
    const known = forms.get(form);
    if (known) known.entry = entry;
    else forms.set(form, { entry, times: 1 });
    const fits = this.characters < MOST_CHARACTERS;
    if (fits) this.characters += sql.length;
    this.kept.set(entry, { event, sql: fits ? sql : null, transactions: [transaction, transaction] });
    return entry;
  }

  found(entry: Entry, ...findings: readonly Finding[]): void {
    for (const finding of findings) this.findings.push({ entry, finding });
  }

  triedOut(tried: Tried): void {
    this.tried.push(tried);
  }

  // -- the tool's own records -----------------------------------------------------------------------------------

  /** It writes the tool's own table, or makes it. */
  isBookkeeping({ sql, facts }: Said): boolean {
    const { command } = facts;
    if (!/^(?:INSERT|UPDATE|DELETE|MERGE|WITH|TRUNCATE|COMMENT|CREATE TABLE|ALTER TABLE)$/.test(command)) return false;
    const name = this.table?.table;
    const about = name === undefined || !sql.includes(name) ? null : targetOf(sql, command);
    if (name !== undefined && (about === name || about === `${name}_lock` || about === `${name}lock`)) return true;
    // It may be made in this very run.
    return isForRecords(sql, facts);
  }

  /** What stands on record before anything was said. */
  begin(recorded: BatchResult | undefined): void {
    this.versions = appliedIn(recorded);
  }

  /** What reads the tool's records; null: its table is not known. */
  get reading(): BatchItem | null {
    return this.table && readingItem(this.table);
  }

  /** What was said until here belongs to the migration that has just been recorded, if one was. */
  async mark(
    { sql, facts, hasValues }: Said,
    ask: (items: readonly BatchItem[]) => Promise<readonly BatchResult[]>,
  ): Promise<void> {
    const stretch = this.stretch;
    this.all.push(stretch);
    this.stretch = this.newStretch();
    stretch.recorded = [];
    if (this.table === null) return this.findTable(sql, facts.createsTable, ask);
    const written = hasValues ? null : this.own.tool.recordedBy(sql);
    if (written !== null) {
      stretch.recorded = written;
      for (const version of written) this.input.bench.log.progress(`dry run ${version}`);
      return;
    }
    const [result] = await ask([readingItem(this.table)]);
    const applied = appliedIn(result);
    stretch.recorded = [...applied].filter((version) => !this.versions.has(version));
    this.versions = applied;
    for (const version of stretch.recorded) this.input.bench.log.progress(`dry run ${version}`);
  }

  /**
   * `sql`: what made it, by which it is known where the command's own words do not say which tool it is. All is asked at
   * once: the answers are there before the tool's next statement is.
   */
  private async findTable(
    sql: string,
    made: string | null,
    ask: (items: readonly BatchItem[]) => Promise<readonly BatchResult[]>,
  ): Promise<void> {
    const [found, place] = await ask([
      { text: candidateTablesQuery(null), keep: true, name: 'mgate_candidates' },
      ...(made === null ? [] : [whereIs(bareName(made))]),
    ]);
    const candidates = (found?.rows ?? []).map(([schema, table, columns, rails]) => ({
      schema: schema ?? '',
      table: table ?? '',
      columns: JSON.parse(columns ?? '{}') as CandidateTable['columns'],
      rails: rails === 't' || rails === 'true',
    }));
    const schema = place?.rows[0]?.[0] ?? null;
    this.table ??= this.own.tool.tableOf(toolTablesIn(candidates), [{ sql, schema }]);
  }

  // -- the end --------------------------------------------------------------------------------------------------

  /** Which statements were whose: to be asked once. `ended` null: it was stopped. */
  finish(well: boolean, ended: Ended | null): void {
    let carried: Stretch[] = [];
    const migrations: PlannedMigration[] = [];
    for (const stretch of [...this.all, this.stretch]) {
      carried.push(stretch);
      const version = stretch.recorded?.at(-1);
      if (version === undefined) continue;
      const migration = this.assign(carried, version, null);
      migrations.push(migration);
      this.notes.finished.add(migration.key);
      carried = [];
    }
    const isRest = carried.some(({ migration }) => this.notes.of(migration).some(isTold));
    if (isRest || (!well && this.own.tool.isOpen)) {
      const rest = this.assign(carried, null, well ? null : ended);
      // One that failed without a statement is told where its file is known.
      if (isRest || rest.file !== '') {
        this.last = rest;
        migrations.push(rest);
        if (well) this.notes.finished.add(rest.key);
      }
    }
    this.notes.pending = inOrder(migrations, this.input.plan.pending);
    for (const { entry, finding } of this.findings) this.notes.findings.push(placed(finding, entry));
    for (const tried of this.tried) {
      const finding = tried.finding && placed(tried.finding, tried.entry);
      this.notes.tried.push({ ...tried, finding });
    }
  }

  private assign(stretches: readonly Stretch[], version: string | null, ended: Ended | null): PlannedMigration {
    const { tool } = this.own;
    const known = this.input.plan.pending;
    const expected =
      version === null
        ? known.find((one) => !this.notes.finished.has(one.key))
        : known.find((one) => one.version === version);
    const named = version ?? expected?.version ?? null;
    const nameless = { ...tool.planned(named, []), key: `stretches of ${named ?? ''}` };
    for (const stretch of stretches) this.notes.move(stretch.migration, nameless);
    this.notes.keepOf(nameless, isTold);
    const entries = this.notes.of(nameless);
    const texts = entries.map((entry) => ({
      index: entry.index,
      line: 1,
      sql: this.kept.get(entry)?.sql ?? entry.sql,
    }));
    const migration = this.inTransactions(tool.planned(named, texts, ended), entries);
    this.notes.move(nameless, migration);
    for (const [at, entry] of entries.entries()) {
      entry.line = migration.script.texts[at]?.line ?? 1;
      const event = this.kept.get(entry)?.event;
      if (event) this.notes.observe(migration, { ...event, statement: { ...event.statement, line: entry.line } });
    }
    return migration;
  }

  /** With how often the tool has committed in it. */
  private inTransactions(migration: PlannedMigration, entries: readonly Entry[]): PlannedMigration {
    const numbers = entries
      .filter(({ facts }) => !isChatter(facts))
      .flatMap((one) => this.kept.get(one)?.transactions ?? []);
    const commits = new Set(numbers).size;
    if (commits < 2) return migration;
    const { script } = migration;
    const reason = script.reason ?? `${this.own.tool.name} commits more than once in it`;
    return { ...migration, script: { ...script, transactional: false, reason } };
  }

  private newStretch(): Stretch {
    const migration = { ...this.own.tool.planned(null, []), key: `stretch ${this.all.length}` };
    return { migration, forms: new Map(), recorded: null };
  }
}

/** Settings that the rules have something to say of. */
const WEIGHTY = /^\s*set\b.*\b(?:session_replication_role|lock_timeout|statement_timeout)\b/is;

/** Reads and settings are told only where they did something. */
function isTold(entry: Entry): boolean {
  if (entry.error !== null || !isChatter(entry.facts) || entry.reason !== null) return true;
  if (entry.facts.command === 'SET' && WEIGHTY.test(entry.sql)) return true;
  const { locks, rewrites, scans, touched, dropped, truncated } = entry;
  return [locks, rewrites, scans, touched, dropped, truncated].some((list) => list.length > 0);
}

/** Those that were expected first stand where they were expected; others behind them. */
function inOrder(
  seen: readonly PlannedMigration[],
  expected: readonly PlannedMigration[],
): readonly PlannedMigration[] {
  const byVersion = new Map(seen.map((one) => [one.version, one]));
  const known = expected.map((one) => byVersion.get(one.version) ?? one);
  const rest = seen.filter((one) => !expected.some((other) => other.version === one.version));
  return [...known, ...rest];
}

function readingItem(table: ToolTable): BatchItem {
  return { text: readingOf(table), keep: true, name: 'mgate_versions' };
}

function appliedIn(result: BatchResult | undefined): ReadonlySet<string> {
  const applied = (result?.rows ?? []).filter(([, , state]) => state === 'applied');
  return new Set(applied.map(([version]) => version ?? ''));
}

function placed(finding: Finding, { migration, line }: Entry): Finding {
  return { ...finding, version: migration.version, file: migration.file, line };
}

const BEFORE_TARGET: Readonly<Record<string, readonly string[]>> = {
  INSERT: ['INTO'],
  WITH: ['INTO', 'UPDATE'],
  MERGE: ['INTO'],
  UPDATE: ['UPDATE'],
  DELETE: ['FROM'],
  TRUNCATE: ['TRUNCATE', 'TABLE'],
  COMMENT: ['TABLE'],
  'CREATE TABLE': ['TABLE'],
  'ALTER TABLE': ['TABLE'],
};

/** The bare name of the table that a statement writes or alters. */
function targetOf(sql: string, command: string): string | null {
  const tokens = tokenize(sql.slice(0, 2_000));
  const cursor = new Cursor(sql, tokens);
  const words = BEFORE_TARGET[command] ?? [];
  cursor.at = tokens.findIndex((token) => words.includes(token.word));
  if (cursor.at < 0) return null;
  cursor.at += 1;
  cursor.skip('TABLE').skipIfExists().skip('ONLY');
  const name = cursor.name();
  return name === null ? null : bareName(name);
}
