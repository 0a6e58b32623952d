/**
 * What becomes of a tool's statements in the rehearsal: which are sent, in what form, what they did, and to which
 * migration they belong, which shows when the tool records that.
 */
import type { PlannedMigration } from '../../plan/plan.ts';
import { readServerError, type ServerError } from '../../postgres/failure.ts';
import { BatchError, type BatchItem, type BatchResult } from '../../postgres/session.ts';
import { bounds, mayChangeBounds } from '../../rehearsal/bounds.ts';
import type { Said as SaidItem, Slot, Talk } from '../../rehearsal/conversation.ts';
import { Interrupted } from '../../rehearsal/endings.ts';
import { type Entry, rehearsedPlainly } from '../../rehearsal/entry.ts';
import { FIRE_CONSTRAINTS, GUARD_IN_ANEW, GUARD_OUT, INITIALLY_IMMEDIATE } from '../../rehearsal/guard.ts';
import type { AttemptInput } from '../../rehearsal/input.ts';
import type { Looks } from '../../rehearsal/looks.ts';
import type { Notes } from '../../rehearsal/notes.ts';
import { readLook } from '../../rehearsal/observe.ts';
import { type Line, serverError } from '../../rehearsal/proxy/line.ts';
import type { Decision, Director, Said, Told } from '../../rehearsal/proxy/stage.ts';
import { isChatter, tagOf, withoutSetval } from '../../rehearsal/proxy/translate.ts';
import type { Fields } from '../../rehearsal/proxy/wire.ts';
import { type Limits, Undone, whyNot, whyTooLarge, whyTooSlow } from '../../rehearsal/treatment.ts';
import { hideMessage } from '../../report/redact.ts';
import { formOf } from '../../report/values.ts';
import type { Statement } from '../../sql/statement.ts';
import {
  type CandidateTable,
  candidateTablesQuery,
  KNOWN_TOOLS,
  relationOf,
  toolOfTable,
} from '../shared/known-tools.ts';
import type { ToolInput } from './attempt.ts';
import type { ToolTable } from './tables.ts';

const UNSAFE_NEW_ENUM_VALUE = '55P04';
const INVALID_TRANSACTION_TERMINATION = '2D000';
/** Statements kept in full for the rules. */
const MOST_CHARACTERS = 8 * 1024 * 1024;

/** What was said between two records of the tool's. */
interface Stretch {
  readonly migration: PlannedMigration;
  /** Statements of one form, by that form: the last one's entry, and how many there were. */
  readonly forms: Map<string, { entry: Entry; times: number }>;
  /** What the tool had recorded when it ended, beyond what it had before; null: not known yet. */
  recorded: readonly string[] | null;
}

export interface LastError {
  readonly entry: Entry;
  readonly place: Statement;
  readonly error: Error;
}

export class ToolDirector implements Director, Talk {
  readonly undone = new Undone();
  readonly database: string;
  /** There may be constraints that fire at COMMIT. */
  deferrable = false;
  line: Line | null = null;
  lastError: LastError | null = null;
  /** Why what was rehearsed may not be what would be. */
  confused: string | null = null;
  private readonly input: AttemptInput;
  private readonly own: ToolInput;
  private readonly notes: Notes;
  private readonly looks: Looks;
  private readonly limits: Limits;
  private stretch: Stretch;
  private readonly stretches: Stretch[] = [];
  private table: ToolTable | null;
  private versions: ReadonlySet<string> | null = null;
  private entryOf = new Map<Said, Entry>();
  private items: BatchItem[] = [];
  private slots: Slot[] = [];
  private characters = 0;
  private readonly texts = new Map<Entry, string>();
  private broken: unknown = null;
  private underWay: Promise<unknown> = Promise.resolve();
  /** SET LOCAL and temporary tables that end with the tool's transaction. */
  private readonly locals = new Set<string>();
  private readonly temporary = new Set<string>();
  private declares = false;
  private addsEnum = false;

  constructor(input: AttemptInput, own: ToolInput, notes: Notes, looks: Looks) {
    const { request, databaseBytes, target } = input.bench;
    this.input = input;
    this.own = own;
    this.notes = notes;
    this.looks = looks;
    this.table = own.table;
    this.database = target.database;
    this.limits = { dryRunMaxBytes: request.dryRunMaxBytes, maxBlockingMs: request.maxBlockingMs, databaseBytes };
    this.stretch = this.newStretch();
  }

  /** Where the statements at hand belong, as far as is known. */
  get current(): PlannedMigration {
    return this.stretch.migration;
  }

  // -- statements -----------------------------------------------------------------------------------------------

  async before(said: Said): Promise<Decision> {
    this.goOn();
    const { sql, facts } = said;
    if (/\bdeferrable\b/i.test(sql)) this.deferrable = true;
    if (facts.addsEnumValue !== null) this.addsEnum = true;
    this.follow(said);
    if (this.isBookkeeping(said)) return AS_IT_IS;
    const statement: Statement = { sql, line: 1, column: 1 };
    const entry = this.entryFor(said, statement);
    this.entryOf.set(said, entry);
    this.looks.before(entry, statement, facts.nonTransactional !== null);
    const guarded = this.undone.concerns(sql) || facts.opaque?.what === 'CALL' || (this.addsEnum && !isChatter(facts));
    const refusal = await whyNot(this, entry, statement);
    if (refusal !== null) return this.without(said, entry, refusal);
    if (facts.nonTransactional?.plain) return this.plainly(said, entry, facts.nonTransactional.plain);
    const tooLarge = await this.tooLarge(said, entry, statement);
    if (tooLarge !== null) return this.without(said, entry, tooLarge);
    return { send: 'as it is', guarded };
  }

  /** A loop in the tool's code says the same over and over: that is told as one. */
  private entryFor({ sql, facts }: Said, statement: Statement): Entry {
    const { migration, forms } = this.stretch;
    const form = formOf(sql);
    const known = forms.get(form);
    if (known) known.times += 1;
    if (known && known.times > TOLD_APART && known.entry.reason === null) {
      known.entry.count += 1;
      return known.entry;
    }
    const event = { kind: 'statement', index: 0, statement, facts } as const;
    const entry = this.notes.entryFor(migration, event);
    this.notes.observe(migration, event);
    if (known) known.entry = entry;
    else forms.set(form, { entry, times: 1 });
    if (!this.texts.has(entry) && this.characters < MOST_CHARACTERS) {
      this.characters += sql.length;
      this.texts.set(entry, sql);
    }
    return entry;
  }

  private async plainly(said: Said, entry: Entry, plain: string): Promise<Decision> {
    const tooSlow = await whyTooSlow(this, entry.facts, this.limits);
    if (tooSlow !== null) return this.without(said, entry, tooSlow);
    rehearsedPlainly(entry, entry.facts.nonTransactional?.what ?? '');
    return { send: 'instead', sql: plain, guarded: this.undone.concerns(said.sql) };
  }

  /** Not executed, and the tool goes on as if it were. */
  private without(said: Said, entry: Entry, reason: string): Decision {
    entry.executed = false;
    entry.reason = reason;
    if (entry.facts.callsSetval && entry.facts.forbiddenInRehearsal === null) {
      const sql = withoutSetval(said.sql);
      if (sql !== null) return { send: 'instead', sql, guarded: false };
    }
    this.looks.mention(said.sql);
    this.undone.skip(entry.facts, said.sql);
    return { send: 'nothing', tag: tagOf(entry.facts) };
  }

  private async tooLarge(said: Said, entry: Entry, statement: Statement): Promise<string | null> {
    const { dryRunMaxBytes, databaseBytes } = this.limits;
    // Values that come apart can't be estimated; what there is to write is no larger than the database.
    if (databaseBytes <= dryRunMaxBytes || (said.hasValues && entry.facts.mayWrite?.kind === 'dml')) return null;
    return whyTooLarge(this, { kind: 'statement', entry, statement, offset: 0, guarded: false }, this.limits);
  }

  async forgive(said: Said, error: Fields): Promise<string | null> {
    const entry = this.entryOf.get(said);
    if (!entry) return null;
    const server = readServerError(serverError(error));
    const reason = this.onlyFollows(said, server);
    if (reason === null) return null;
    this.entryOf.delete(said);
    this.without(said, entry, reason);
    return tagOf(entry.facts);
  }

  private onlyFollows({ within }: Said, error: ServerError): string | null {
    if (error.code === UNSAFE_NEW_ENUM_VALUE)
      return `${error.message}: PostgreSQL allows that only once the new enum value is committed`;
    if (error.code === INVALID_TRANSACTION_TERMINATION && within === 'none')
      return 'it commits by itself, which no transaction allows';
    return this.undone.follows(error);
  }

  async after(said: Said, { tag, error, ms }: Told): Promise<void> {
    this.goOn();
    const entry = this.entryOf.get(said);
    this.entryOf.delete(said);
    if (error) return this.noteError(said, entry, error);
    if (mayChangeBounds(said.facts, said.sql)) this.say(bounds(this.input, null), { kind: 'control' });
    if (entry) {
      if (entry.reason === null) entry.executed = true;
      entry.ran += 1;
      entry.ms = Math.round(((entry.ms ?? 0) + ms) * 1_000) / 1_000;
      const rows = / (\d+)$/.exec(tag ?? '')?.[1];
      if (rows !== undefined) entry.rows = (entry.rows ?? 0) + Number(rows);
      if (this.isWorthALook(said)) this.looks.after(entry, { sql: said.sql, line: 1, column: 1 });
    } else if (tag !== null) {
      this.mark(said);
    }
    this.sendOn();
  }

  private noteError({ sql }: Said, entry: Entry | undefined, fields: Fields): void {
    if (!entry) return;
    const error = serverError(fields);
    const { code, message } = readServerError(error);
    entry.executed = true;
    entry.ran += 1;
    entry.error = this.input.bench.request.showData ? message : hideMessage(code, message);
    this.looks.mention(sql);
    this.lastError = { entry, place: { sql, line: 1, column: 1 }, error };
  }

  /** What only reads the catalog takes no lock that anybody would mind. */
  private isWorthALook({ sql, facts }: Said): boolean {
    if (!isChatter(facts)) return true;
    if (!/^(?:SELECT|WITH|VALUES|TABLE|EXECUTE|LOCK|EXPLAIN)/.test(facts.command)) return false;
    return !/\b(?:pg_catalog\.|pg_class|pg_type|pg_namespace|information_schema\.|version\(\)|current_schema)/i.test(
      sql,
    );
  }

  // -- the tool's own records -----------------------------------------------------------------------------------

  /** It writes the tool's own table, or makes it. */
  private isBookkeeping({ sql, facts }: Said): boolean {
    if (/^(?:SELECT|SHOW|SET|EXPLAIN)/.test(facts.command)) return false;
    const name = this.table?.table;
    if (name !== undefined && sql.includes(name)) return true;
    // It may be made in this very run.
    const made = facts.createsTable?.split('.').at(-1)?.replaceAll('"', '');
    return made !== undefined && (KNOWN_NAMES.has(made) || /\bversion_num\b/.test(sql));
  }

  /** What was said until here belongs to the migration that has just been recorded, if one was. */
  private mark({ sql, hasValues }: Said): void {
    const stretch = this.stretch;
    this.stretches.push(stretch);
    this.stretch = this.newStretch();
    const known = this.table && KNOWN_TOOLS.find(({ tool }) => tool === this.table?.tool);
    if (!known || !this.table) {
      stretch.recorded = [];
      this.underWay = this.findTable();
      return;
    }
    const written = hasValues ? null : this.own.tool.recordedBy(sql);
    if (written !== null) {
      stretch.recorded = written;
      for (const version of written) this.input.bench.log.progress(`dry run ${version}`);
      return;
    }
    const { relation } = this.table;
    const read = this.ours([{ text: known.read(relation), keep: true, name: 'mgate_versions' }]);
    this.underWay = read.then(
      ([result]) => {
        stretch.recorded = this.newIn(result);
      },
      () => {
        stretch.recorded = [];
      },
    );
  }

  private newIn(result: BatchResult | undefined): string[] {
    const applied = (result?.rows ?? []).filter(([, , state]) => state === 'applied').map(([version]) => version ?? '');
    const before = this.versions ?? new Set<string>();
    this.versions = new Set(applied);
    const fresh = applied.filter((version) => !before.has(version));
    for (const version of fresh) this.input.bench.log.progress(`dry run ${version}`);
    return fresh;
  }

  private async findTable(): Promise<void> {
    const [found] = await this.ours([{ text: candidateTablesQuery(null), keep: true, name: 'mgate_candidates' }]);
    const tables = (found?.rows ?? []).flatMap(([schema, table, columns, rails]) => {
      const candidate: CandidateTable = {
        schema: schema ?? '',
        table: table ?? '',
        columns: JSON.parse(columns ?? '{}') as CandidateTable['columns'],
        rails: rails === 't' || rails === 'true',
      };
      const known = toolOfTable(candidate);
      const { schema: home, table: name } = candidate;
      return known
        ? [{ tool: known.tool, schema: home, table: name, relation: relationOf(candidate), volatile: known.volatile }]
        : [];
    });
    this.table ??= this.own.tool.tableOf(tables, []);
  }

  /** The table that the tool keeps its records in, also one that it made in this rehearsal. */
  get toolTable(): ToolTable | null {
    return this.table;
  }

  /** Which statements were whose: to be asked when the tool has ended. `well`: what failed it has dealt with itself. */
  async finish(well: boolean): Promise<void> {
    await this.settle();
    if (well) this.forgiveAll();
    let carried: Stretch[] = [];
    const migrations: PlannedMigration[] = [];
    for (const stretch of [...this.stretches, this.stretch]) {
      carried.push(stretch);
      const version = stretch.recorded?.at(-1);
      if (version === undefined) continue;
      const migration = this.assign(carried, version);
      migrations.push(migration);
      this.notes.finished.add(migration.key);
      carried = [];
    }
    const rest = carried.some(({ migration }) => this.notes.of(migration).some(isTold));
    if (rest) {
      const migration = this.assign(carried, null);
      migrations.push(migration);
      if (!this.lastError) this.notes.finished.add(migration.key);
    }
    this.notes.pending = inOrder(migrations, this.input.plan.pending);
  }

  private forgiveAll(): void {
    this.lastError = null;
    for (const { migration } of [...this.stretches, this.stretch]) {
      for (const entry of this.notes.of(migration)) {
        if (entry.error === null) continue;
        entry.reason = `it failed (${entry.error}), and ${this.own.tool.name} went on`;
        entry.error = null;
      }
    }
  }

  private assign(stretches: readonly Stretch[], version: string | null): PlannedMigration {
    const known = this.input.plan.pending;
    const expected =
      version === null
        ? known.find((one) => !this.notes.finished.has(one.key))
        : known.find((one) => one.version === version);
    const named = version ?? expected?.version ?? null;
    const nameless = this.own.tool.planned(named, []);
    for (const stretch of stretches) this.notes.move(stretch.migration, nameless);
    this.notes.keepOf(nameless, isTold);
    const texts = this.notes
      .of(nameless)
      .map((entry) => ({ index: entry.index, line: 1, sql: this.texts.get(entry) ?? entry.sql }));
    const migration = this.own.tool.planned(named, texts);
    this.notes.move(nameless, migration);
    for (const [at, entry] of this.notes.of(migration).entries()) entry.line = migration.script.texts[at]?.line ?? 1;
    return migration;
  }

  private newStretch(): Stretch {
    const migration = { ...this.ownPlanned(), key: `stretch:${this.stretches.length}` };
    return { migration, forms: new Map(), recorded: null };
  }

  private ownPlanned(): PlannedMigration {
    return this.own.tool.planned(null, []);
  }

  // -- transactions ---------------------------------------------------------------------------------------------

  /** Of what a statement leaves in its session, what COMMIT would end. */
  private follow({ sql, facts }: Said): void {
    if (/\bset\s+local\s+(?:time\s+zone|role|session|[\w.]+)/i.test(sql) && /^SET/.test(facts.command)) {
      const name = /\bset\s+local\s+([\w.]+)/i.exec(sql)?.[1];
      if (name) this.locals.add(name.toLowerCase() === 'time' ? 'timezone' : name.toLowerCase());
    }
    for (const [, name] of sql.matchAll(/\bset_config\s*\(\s*'([\w.]+)'\s*,[^,]+,\s*(?:true|'t|'true|'on|'1)/gi))
      if (name) this.locals.add(name.toLowerCase());
    if (/\bon\s+commit\s+drop\b/i.test(sql) && facts.createsTable) this.temporary.add(facts.createsTable);
    if (facts.command === 'DECLARE' && !/\bwith\s+hold\b/i.test(sql)) this.declares = true;
  }

  async commit(): Promise<void> {
    if (this.deferrable) {
      await this.ours([GUARD_OUT, FIRE_CONSTRAINTS, ...GUARD_IN_ANEW]);
      const [immediate] = await this.ours([{ text: INITIALLY_IMMEDIATE, keep: true }]);
      const names = immediate?.rows[0]?.[0];
      if (names) await this.ours([{ text: `set constraints ${names} immediate` }]);
    }
    const items: BatchItem[] = [];
    for (const name of this.locals) items.push({ text: `reset ${name}` });
    for (const name of this.temporary)
      items.push({ text: `drop table if exists pg_temp.${name.split('.').at(-1)} cascade` });
    if (this.declares) items.push(...(await this.cursors()));
    if (this.locals.size > 0) items.push(bounds(this.input, null));
    this.locals.clear();
    this.temporary.clear();
    this.declares = false;
    if (items.length > 0) await this.ours(items);
  }

  private async cursors(): Promise<BatchItem[]> {
    const [open] = await this.ours([
      {
        text: `select pg_catalog.quote_ident(name) from pg_catalog.pg_cursors where not is_holdable and statement ~* '^\\s*declare'`,
        keep: true,
      },
    ]);
    return (open?.rows ?? []).map(([name]) => ({ text: `close ${name}` }));
  }

  note(what: string): void {
    if (/is lost in the rehearsal/.test(what)) this.confused = what;
    this.input.bench.log.detail(`rehearsal: ${what}`);
    this.remarks.add(what);
  }

  /** Things that were not rehearsed as they are. */
  readonly remarks = new Set<string>();

  settings = (): readonly BatchItem[] => [...this.input.bench.armed, bounds(this.input, null)];

  cancel(): void {
    const { watcher, pid, log } = this.input.bench;
    watcher
      .query('select pg_catalog.pg_cancel_backend($1)', [pid])
      .catch((error: Error) => log.detail(`the tool's cancel request: ${error.message}`));
  }

  // -- what is said to the server -------------------------------------------------------------------------------

  say(item: BatchItem, slot: Slot): void {
    this.items.push(item);
    this.slots.push(slot);
  }

  /** On its way; nobody waits for it. */
  private sendOn(): void {
    const [items, slots] = [this.items, this.slots];
    if (items.length === 0) return;
    [this.items, this.slots] = [[], []];
    this.underWay = this.ours(items).then(
      (results) => this.see(results, slots),
      (error) => {
        // In a transaction that failed meanwhile nothing can be asked.
        if (!(error instanceof BatchError)) this.broken ??= error;
        else this.see(error.completed, slots);
      },
    );
  }

  private see(results: readonly BatchResult[], slots: readonly Slot[]): void {
    for (const [at, result] of results.entries()) {
      const slot = slots[at];
      if (slot?.kind !== 'look' || !slot.entry) continue;
      try {
        this.looks.see(readLook(result), slot.entry);
      } catch (error) {
        this.broken ??= error;
      }
    }
  }

  async exchange(...more: readonly SaidItem[]): Promise<readonly BatchResult[]> {
    this.sendOn();
    return this.ours(more.map(([item]) => item));
  }

  async ask(text: string, values: readonly string[] = []): Promise<BatchResult['rows']> {
    const results = await this.exchange([{ text, values, keep: true }, { kind: 'control' }]);
    return results.at(-1)?.rows ?? [];
  }

  private ours(items: readonly BatchItem[]): Promise<BatchResult[]> {
    if (!this.line) throw new Error('the tool is not connected');
    return this.line.batch(items);
  }

  /** Everything that was asked is answered. */
  private async settle(): Promise<void> {
    await this.underWay.catch(() => undefined);
    if (this.broken) throw this.broken;
  }

  async interrupted(): Promise<void> {
    await this.underWay.catch(() => undefined);
  }

  private goOn(): void {
    if (this.broken) throw this.broken;
    if (this.isStopped) throw new Interrupted();
  }

  isStopped = false;
}

/** Of statements of one form so many are told one by one. */
const TOLD_APART = 3;
const AS_IT_IS: Decision = { send: 'as it is', guarded: false };
const KNOWN_NAMES = new Set(KNOWN_TOOLS.map(({ table }) => table));

/** Reads and settings are told only where they did something. */
function isTold(entry: Entry): boolean {
  if (entry.error !== null || !isChatter(entry.facts) || entry.reason !== null) return true;
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
