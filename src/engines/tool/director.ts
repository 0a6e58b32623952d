/** What becomes of a tool's statements in the rehearsal: which are sent, in what form, and what they did. */
import type { PlannedMigration } from '../../plan/plan.ts';
import { askAsLogin } from '../../postgres/as-login.ts';
import { readServerError, type ServerError } from '../../postgres/failure.ts';
import { BatchError, type BatchItem, type BatchResult } from '../../postgres/session.ts';
import { bounds, mayChangeBounds } from '../../rehearsal/bounds.ts';
import { findingAt, lookAhead, missingTables } from '../../rehearsal/concurrently.ts';
import { CONTROL, type Said as SaidItem, type Slot, type Talk } from '../../rehearsal/conversation.ts';
import { Again, Interrupted } from '../../rehearsal/endings.ts';
import { type Entry, rehearsedPlainly } from '../../rehearsal/entry.ts';
import {
  FIRE_CONSTRAINTS,
  GUARD_IN,
  GUARD_IN_ANEW,
  GUARD_OUT,
  INITIALLY_IMMEDIATE,
  isOfGuard,
} from '../../rehearsal/guard.ts';
import type { AttemptInput } from '../../rehearsal/input.ts';
import type { Looks } from '../../rehearsal/looks.ts';
import type { Notes } from '../../rehearsal/notes.ts';
import { readLook } from '../../rehearsal/observe.ts';
import { type Line, serverError } from '../../rehearsal/proxy/line.ts';
import type { Decision, Director, Said, Told } from '../../rehearsal/proxy/stage.ts';
import { isChatter, tagOf, withoutSetval } from '../../rehearsal/proxy/translate.ts';
import type { Fields } from '../../rehearsal/proxy/wire.ts';
import { type Limits, Undone, whyNot, whyTooLarge } from '../../rehearsal/treatment.ts';
import { hideMessage } from '../../report/redact.ts';
import { formOf } from '../../report/values.ts';
import type { Statement } from '../../sql/statement.ts';
import type { Finding } from '../engine.ts';
import { INDEX_STATE } from '../shared/leftovers.ts';
import type { ToolInput } from './attempt.ts';
import type { Ended } from './child.ts';
import { Stretches } from './stretches.ts';
import type { ToolTable } from './tables.ts';

/** An enum label that is not committed yet; a COMMIT where none may be; a statement that no transaction may hold. */
export const UNSAFE_NEW_ENUM_VALUE = '55P04';
const INVALID_TRANSACTION_TERMINATION = '2D000';
const ACTIVE_SQL_TRANSACTION = '25001';
/** A tool whose statements are never the same twice would be run for ever. */
const MOST_LEARNED = 10;

export interface LastError {
  /** Null: it was what COMMIT checks. */
  readonly entry: Entry | null;
  readonly place: Statement | null;
  readonly within: Said['within'];
  /** The number of the statement. */
  readonly step: number;
  readonly error: Error;
}

export class ToolDirector implements Director, Talk {
  readonly undone = new Undone();
  readonly database: string;
  readonly guard = { out: [GUARD_OUT], in: GUARD_IN };
  readonly settings = (): readonly BatchItem[] => [...this.input.bench.armed, bounds(this.input, null)];
  /** There may be constraints that begin as immediate and need not stay so. */
  deferrable = false;
  line: Line | null = null;
  /** What the tool has not gone on from. */
  lastError: LastError | null = null;
  /** Why what was rehearsed may not be what would be. */
  confused: string | null = null;
  isStopped = false;
  /** The statement that the server is at, or was last, and its number. */
  at: Entry | null = null;
  step = 0;
  isExecuting = false;
  private readonly input: AttemptInput;
  private readonly own: ToolInput;
  private readonly notes: Notes;
  private readonly looks: Looks;
  private readonly limits: Limits;
  private readonly stretches: Stretches;
  private readonly entryOf = new Map<Said, Entry>();
  /** Texts that could not be prepared, and why that only follows from what was not done. */
  private readonly absent = new Map<string, string>();
  private readonly unguarded = new Set<Said>();
  private items: BatchItem[] = [];
  private slots: Slot[] = [];
  private broken: unknown = null;
  private underWay: Promise<unknown> = Promise.resolve();
  /** The tool's transactions so far, those of one statement among them. */
  private transactions = 0;
  /** Something was said since the last of them ended that COMMIT would check. */
  private isDirty = false;
  /** There may be constraints that wait until COMMIT. */
  private isDeferring = false;
  private lastSaid: Statement | null = null;
  /** The guard is taken out for the statement at hand. */
  private isGuardOut = false;
  private replicates = false;
  /** Enum labels of the transaction at hand, and the newest that was there before it. */
  private readonly labels = new Map<string, PlannedMigration>();
  private highestEnum = '0';

  constructor(input: AttemptInput, own: ToolInput, notes: Notes, looks: Looks) {
    const { request, databaseBytes, target } = input.bench;
    this.input = input;
    this.own = own;
    this.notes = notes;
    this.looks = looks;
    this.stretches = new Stretches(input, own, notes);
    this.database = target.database;
    this.limits = { dryRunMaxBytes: request.dryRunMaxBytes, maxBlockingMs: request.maxBlockingMs, databaseBytes };
  }

  /** Where the statements at hand belong, as far as is known. */
  get current(): PlannedMigration {
    return this.stretches.current;
  }

  get toolTable(): ToolTable | null {
    return this.stretches.toolTable;
  }

  /** Before the tool is started. */
  async begin(): Promise<void> {
    const { reading } = this.stretches;
    const [deferrable, recorded] = await this.ours(reading === null ? [DEFERRABLE] : [DEFERRABLE, reading]);
    this.isDeferring = (deferrable?.rows.length ?? 0) > 0;
    this.stretches.begin(recorded);
    await this.rememberEnums();
  }

  // -- statements -----------------------------------------------------------------------------------------------

  async before(said: Said): Promise<Decision> {
    this.goOn();
    const { sql, facts } = said;
    this.noteEffects(said);
    if (this.stretches.isBookkeeping(said)) return AS_IT_IS;
    const statement: Statement = { sql, line: 1, column: 1 };
    const entry = this.stretches.entryFor(said, this.transactions);
    this.entryOf.set(said, entry);
    this.at = entry;
    this.lastSaid = statement;
    this.looks.before(entry, statement, facts.nonTransactional !== null);
    this.sendOn();
    const decision = await this.decide(said, entry, statement);
    if (decision.send === 'nothing') this.entryOf.delete(said);
    else if (!decision.guarded) this.unguarded.add(said);
    this.step += 1;
    this.isExecuting = decision.send !== 'nothing';
    return decision;
  }

  private async decide(said: Said, entry: Entry, statement: Statement): Promise<Decision> {
    const { facts, sql } = said;
    const refusal = this.absent.get(sql) ?? (await this.whyNot(entry, statement));
    if (refusal !== null) return this.without(said, entry, refusal);
    const plain = facts.nonTransactional?.plain ?? null;
    const tooSlow = plain === null ? null : await this.lookAhead(entry, plain);
    const reason = tooSlow ?? (await this.tooLarge(said, entry, statement));
    if (reason !== null) return this.without(said, entry, reason);
    await this.takeGuardOut(said);
    if (plain !== null) {
      rehearsedPlainly(entry, facts.nonTransactional?.what ?? '');
      return { send: 'instead', sql: plain, guarded: this.undone.concerns(sql) };
    }
    const guarded = facts.opaque !== null || this.isSuspect(sql);
    return { send: 'as it is', guarded };
  }

  private async whyNot(entry: Entry, statement: Statement): Promise<string | null> {
    if (entry.facts.callsSetval) return this.carefully(() => whyNot(this, entry, statement), SETVAL_IS_LEFT_OUT);
    const reason = await whyNot(this, entry, statement);
    if (reason !== null && entry.facts.command === 'VACUUM')
      this.stretches.found(entry, ...(await this.carefully(() => missingTables(this, entry, statement), [])));
    return reason;
  }

  private noteEffects({ sql, facts }: Said): void {
    if (/\bdeferrable\b/i.test(sql)) [this.deferrable, this.isDeferring] = [true, true];
    if (/\bsession_replication_role\b/i.test(sql)) this.replicates = true;
    if (facts.addsEnumValue !== null) this.labels.set(facts.addsEnumValue, this.current);
    if (!CHECKS_NOTHING.test(facts.command)) this.isDirty = true;
  }

  /** What is known of a CONCURRENTLY before its plain form is tried, and why it is not. */
  private async lookAhead(entry: Entry, plain: string): Promise<string | null> {
    const leftover = entry.facts.nonTransactional?.leftover ?? null;
    const batcher = { batch: (items: readonly BatchItem[]) => this.ours(items), lost: null };
    const ahead = await this.carefully(async () => {
      let valid: string | null = null;
      if (leftover?.kind === 'create-index' && leftover.index !== null) {
        const [row] = await this.ask(INDEX_STATE, [leftover.index, leftover.table]);
        const [isValid, name = null] = row ?? [];
        if (isValid === 't') valid = name;
        else if (row && leftover.ifNotExists) this.stretches.found(entry, hiddenInvalid(entry, name, leftover.table));
      }
      return lookAhead(this, batcher, entry, { plain, valid }, this.limits);
    }, null);
    this.stretches.found(entry, ...(ahead?.findings ?? []));
    if (ahead?.tried) this.stretches.triedOut(ahead.tried);
    return ahead?.tooSlow ?? null;
  }

  /** Not executed, and the tool goes on as if it were. */
  private without(said: Said, one: Entry, reason: string): Decision {
    const entry = this.stretches.apart(one, said);
    entry.executed = false;
    entry.reason = reason;
    this.entryOf.set(said, entry);
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
    const { mayWrite } = entry.facts;
    if (mayWrite === null || dryRunMaxBytes === 0 || databaseBytes <= dryRunMaxBytes) return null;
    // Values that come apart can't be estimated; what there is to write is no larger than the database.
    if (said.hasValues && mayWrite.kind === 'dml') return null;
    const slot = { kind: 'statement', entry, statement, offset: 0, guarded: false } as const;
    return this.carefully(() => whyTooLarge(this, slot, this.limits), null);
  }

  /** Asks about a statement that may be wrong, which it will say itself: then `otherwise`. */
  private async carefully<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
    await this.exchange([{ text: 'savepoint mgate_asked' }, CONTROL]);
    let answer = otherwise;
    try {
      answer = await ask();
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      await this.ours([{ text: 'rollback to savepoint mgate_asked' }]);
    }
    await this.ours([{ text: 'release savepoint mgate_asked' }]);
    return answer;
  }

  isSuspect(sql: string): boolean {
    const { suspects } = this.input.knowledge;
    return this.undone.concerns(sql) || (suspects.size > 0 && suspects.has(formOf(sql)));
  }

  async unprepared(said: Said, fields: Fields): Promise<boolean> {
    // Which columns its rows would have is asked for before it is executed, and cannot be made up.
    if (!GIVES_NO_ROWS.test(said.facts.command) || /\breturning\b/i.test(said.sql)) return false;
    const reason = await this.onlyFollows(said, readServerError(serverError(fields)));
    if (reason !== null) this.absent.set(said.sql, reason);
    return reason !== null;
  }

  async forgive(said: Said, fields: Fields): Promise<string | null> {
    const entry = this.entryOf.get(said);
    if (!entry) return null;
    const error = readServerError(serverError(fields));
    if (isOfGuard(error)) this.learnOfGuard(said);
    const reason = await this.onlyFollows(said, error);
    if (reason === null) return null;
    if (this.isGuardOut) await this.putGuardIn(GUARD_IN);
    this.entryOf.delete(said);
    this.without(said, entry, reason);
    return tagOf(said.facts);
  }

  /** The reason why a failure here is none of what apply would do, or null: it is one. */
  private async onlyFollows({ within }: Said, error: ServerError): Promise<string | null> {
    switch (error.code) {
      case UNSAFE_NEW_ENUM_VALUE:
        return this.undone.uncommittedLabel(this, error, this.highestEnum);
      case INVALID_TRANSACTION_TERMINATION:
        return within === 'none' ? 'it commits by itself, which no transaction allows' : null;
      case ACTIVE_SQL_TRANSACTION:
        return within === 'none' ? `the server refuses it in a transaction (${error.message})` : null;
      default:
        return this.undone.follows(error);
    }
  }

  async after(said: Said, { tag, error, ms }: Told): Promise<void> {
    this.goOn();
    this.isExecuting = false;
    const isGuarded = !this.unguarded.delete(said);
    const entry = this.entryOf.get(said);
    this.entryOf.delete(said);
    if (error) return this.noteError(said, entry, serverError(error), isGuarded);
    if (this.isGuardOut) await this.putGuardIn(GUARD_IN);
    if (mayChangeBounds(said.facts, said.sql)) this.say(bounds(this.input, null), CONTROL);
    if (entry) {
      if (entry.reason === null) entry.executed = true;
      entry.ran += 1;
      entry.ms = Math.round(((entry.ms ?? 0) + ms) * 1_000) / 1_000;
      const rows = / (\d+)$/.exec(tag ?? '')?.[1];
      if (rows !== undefined && entry.executed) entry.rows = (entry.rows ?? 0) + Number(rows);
      if (isWorthALook(said)) this.looks.after(entry, { sql: said.sql, line: 1, column: 1 });
      if (!isChatter(said.facts)) this.wentOn();
    } else if (tag !== null) {
      this.looks.atUnseen();
      this.sendOn();
      const marking = this.stretches.mark(said, (items) => this.ours(items));
      this.underWay = Promise.all([this.underWay, marking]).catch((failed) => this.breakOn(failed));
    }
    this.sendOn();
  }

  private noteError(said: Said, known: Entry | undefined, error: Error, isGuarded: boolean): void {
    this.isGuardOut = false;
    const server = readServerError(error);
    const form = formOf(said.sql);
    const { suspects } = this.input.knowledge;
    if (isOfGuard(server)) this.learnOfGuard(said);
    const isLearnable = LEARNABLE.has(server.code ?? '') || this.undone.follows(server) !== null;
    // One that could not even be prepared had no savepoint unless it was suspect.
    const wasGuarded = known ? isGuarded : this.isSuspect(said.sql);
    if (isLearnable && !wasGuarded && !suspects.has(form) && suspects.size < MOST_LEARNED) {
      suspects.add(form);
      throw new Again();
    }
    // One that could not even be prepared was not seen before.
    const entry = known ? this.stretches.apart(known, said) : this.stretches.entryFor(said, this.transactions);
    this.at = entry;
    entry.executed = true;
    entry.reason = null;
    entry.ran += 1;
    entry.error = this.input.bench.request.showData ? server.message : hideMessage(server.code, server.message);
    this.looks.mention(said.sql);
    this.lastError = {
      entry,
      place: { sql: said.sql, line: 1, column: 1 },
      within: said.within,
      step: this.step,
      error,
    };
  }

  /** The tool has dealt with what failed before, or did not care. */
  private wentOn(): void {
    const { entry, within } = this.lastError ?? {};
    this.lastError = null;
    if (!entry || entry.error === null) return;
    const { name } = this.own.tool;
    const message = `It fails (${entry.error}), and ${name} goes on: what it was to do is not done.`;
    entry.reason = `it failed (${entry.error}), and ${name} went on`;
    entry.error = null;
    // Within a transaction it has a savepoint of its own, and knows what it does; psql never does.
    const severity = name === 'psql' ? 'danger' : within === 'none' ? 'warning' : 'info';
    const safer = name === 'psql' ? 'With -v ON_ERROR_STOP=1 psql ends there.' : null;
    this.stretches.found(entry, findingAt(entry, 'fails-when-applied', severity, message, { safer }));
  }

  // -- the guard ------------------------------------------------------------------------------------------------

  /** Code that fires constraints itself would trip over it. */
  private async takeGuardOut({ sql }: Said): Promise<void> {
    const { guardOut } = this.input.knowledge;
    if (guardOut.size === 0 || !guardOut.has(formOf(sql))) return;
    this.isGuardOut = true;
    await this.ours([GUARD_OUT]);
  }

  private async putGuardIn(back: readonly BatchItem[]): Promise<void> {
    this.isGuardOut = false;
    // Under session_replication_role = replica it would not be armed.
    await this.ours(this.replicates ? [...AS_ORIGIN, ...back, AS_IT_WAS] : back);
  }

  private learnOfGuard({ sql }: Said): void {
    const { guardOut } = this.input.knowledge;
    const form = formOf(sql);
    if (guardOut.has(form)) return;
    guardOut.add(form);
    throw new Again();
  }

  // -- transactions ---------------------------------------------------------------------------------------------

  async commit(): Promise<void> {
    this.looks.atUnseen();
    this.sendOn();
    if (!this.isDirty) return;
    this.isDirty = false;
    this.transactions += 1;
    if (this.isDeferring) await this.fireConstraints();
    for (const [label, migration] of this.labels) this.undone.labels.set(label, migration);
    this.labels.clear();
    await this.rememberEnums();
  }

  private async fireConstraints(): Promise<void> {
    try {
      await this.ours([GUARD_OUT, FIRE_CONSTRAINTS]);
    } catch (error) {
      if (error instanceof BatchError)
        this.lastError = {
          entry: null,
          place: this.lastSaid,
          within: 'block',
          step: this.step,
          error: error.cause as Error,
        };
      throw error;
    }
    await this.putGuardIn(GUARD_IN_ANEW);
    if (!this.deferrable) return;
    const [immediate] = await this.ours([{ text: INITIALLY_IMMEDIATE, keep: true }]);
    const names = immediate?.rows[0]?.[0];
    if (names) await this.ours([{ text: `set constraints ${names} immediate` }]);
  }

  /** Only where a statement is known to use a label too early is it asked which are that new. */
  private async rememberEnums(): Promise<void> {
    if (this.input.knowledge.suspects.size === 0) return;
    const [row] = await this.ask('select coalesce(pg_catalog.max(oid), 0)::pg_catalog.text from pg_catalog.pg_enum');
    this.highestEnum = row?.[0] ?? '0';
  }

  // -- what cannot be as it would be ----------------------------------------------------------------------------

  note(what: string): void {
    this.remark(`${this.own.tool.name}: ${what}`);
  }

  lose(what: string): void {
    this.confused ??= what;
  }

  /** In the log and in the summary, once. */
  remark(text: string): void {
    if (this.notes.remarks.includes(text)) return;
    this.input.bench.log.line(`warning: ${text}`);
    this.notes.remarks.push(text);
  }

  cancel(): Promise<void> {
    const { watcher, pid, log } = this.input.bench;
    return askAsLogin(watcher, 'select pg_catalog.pg_cancel_backend($1)', [String(pid)]).then(
      () => undefined,
      (error: Error) => log.detail(`the tool's cancel request: ${error.message}`),
    );
  }

  // -- the end --------------------------------------------------------------------------------------------------

  /** The tool has ended, and its connections are gone. */
  async last(): Promise<void> {
    this.looks.atUnseen();
    this.sendOn();
    await this.underWay;
    if (this.broken) throw this.broken;
  }

  /** Which statements were whose: to be asked once, when nothing is under way. `ended` null: it was stopped. */
  finish(well: boolean, ended: Ended | null): void {
    if (well) this.wentOn();
    this.stretches.finish(well, ended);
  }

  /** Nothing is under way any more; what went wrong with it no longer matters. */
  async fallSilent(): Promise<void> {
    await this.underWay.catch(() => undefined);
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
    const before = this.underWay;
    const answered = this.ours(items).then(
      (results) => this.see(results, slots),
      (error) => {
        // In a transaction that failed meanwhile nothing can be asked.
        if (error instanceof BatchError) this.see(error.completed, slots);
        else this.breakOn(error);
      },
    );
    this.underWay = Promise.all([before, answered]);
  }

  private see(results: readonly BatchResult[], slots: readonly Slot[]): void {
    for (const [at, result] of results.entries()) {
      const slot = slots[at];
      if (slot?.kind !== 'look' || !slot.entry) continue;
      try {
        this.looks.see(readLook(result), slot.entry);
      } catch (error) {
        this.breakOn(error);
      }
    }
  }

  async exchange(...more: readonly SaidItem[]): Promise<readonly BatchResult[]> {
    this.sendOn();
    return this.ours(more.map(([item]) => item));
  }

  async ask(text: string, values: readonly string[] = []): Promise<BatchResult['rows']> {
    const results = await this.exchange([{ text, values, keep: true }, CONTROL]);
    return results.at(-1)?.rows ?? [];
  }

  private ours(items: readonly BatchItem[]): Promise<BatchResult[]> {
    if (!this.line) throw new Error('the tool is not connected');
    return items.length === 0 ? Promise.resolve([]) : this.line.batch(items);
  }

  private breakOn(error: unknown): void {
    this.broken ??= error;
  }

  private goOn(): void {
    if (this.broken) throw this.broken;
    if (this.isStopped) throw new Interrupted();
  }
}

const DEFERRABLE: BatchItem = {
  keep: true,
  text: `select 1 from pg_catalog.pg_constraint where condeferrable and conname operator(pg_catalog.<>) 'mgate_guard_key' limit 1`,
};
const AS_IT_IS: Decision = { send: 'as it is', guarded: false };
const SETVAL_IS_LEFT_OUT = 'setval on a sequence that exists is not undone by a rollback';
const GIVES_NO_ROWS = /^(?:INSERT|UPDATE|DELETE|MERGE)\b/;
const LEARNABLE = new Set([UNSAFE_NEW_ENUM_VALUE, INVALID_TRANSACTION_TERMINATION, ACTIVE_SQL_TRANSACTION]);
/** After these alone COMMIT has nothing to check. */
const CHECKS_NOTHING = /^(?:SET|RESET|SHOW|EXPLAIN|PREPARE|DEALLOCATE|DISCARD|LISTEN|UNLISTEN|FETCH|MOVE|CLOSE|LOCK)\b/;

const AS_ORIGIN: readonly BatchItem[] = [
  {
    text: `select pg_catalog.set_config('mgate.replication', pg_catalog.current_setting('session_replication_role'), true),
                  pg_catalog.set_config('session_replication_role', 'origin', true)`,
  },
];
const AS_IT_WAS: BatchItem = {
  text: `select pg_catalog.set_config('session_replication_role', pg_catalog.current_setting('mgate.replication'), true)`,
};

/** What only reads the catalog takes no lock that anybody would mind. */
function isWorthALook({ sql, facts }: Said): boolean {
  if (!isChatter(facts)) return true;
  if (!/^(?:SELECT|WITH|VALUES|TABLE|EXECUTE|LOCK|EXPLAIN)/.test(facts.command)) return false;
  return !/\b(?:pg_catalog\.|pg_class|pg_type|pg_namespace|information_schema\.|version\(\)|current_schema)/i.test(sql);
}

function hiddenInvalid(entry: Entry, index: string | null, table: string): Finding {
  const message = `The index ${index} is there already and is invalid: a build of it failed, and no query uses it. IF NOT EXISTS leaves it at that.`;
  const safer = `DROP INDEX CONCURRENTLY ${index}; first, then create it.`;
  return findingAt(entry, 'if-not-exists-hides-invalid-index', 'danger', message, { relation: table, safer });
}
