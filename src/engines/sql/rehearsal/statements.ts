/** One statement of a migration: sent as it is, with a savepoint around it, in its plain form, or not at all. */
import type { PlannedMigration } from '../../../plan/plan.ts';
import { readServerError, type ServerError } from '../../../postgres/failure.ts';
import { GIVES_UP_LOCKS } from '../../../postgres/lock.ts';
import { bounds, mayChangeBounds } from '../../../rehearsal/bounds.ts';
import { lookAhead, missingTables } from '../../../rehearsal/concurrently.ts';
import { CONTROL, type Conversation, type Slot, type StatementSlot } from '../../../rehearsal/conversation.ts';
import { Again, StatementFailed, wasCutShort } from '../../../rehearsal/endings.ts';
import { type Entry, rehearsedPlainly, statementKey } from '../../../rehearsal/entry.ts';
import { GUARD_IN, GUARD_OUT, isOfGuard } from '../../../rehearsal/guard.ts';
import type { AttemptInput } from '../../../rehearsal/input.ts';
import { type Looks, TIMED_FROM_HERE } from '../../../rehearsal/looks.ts';
import type { Notes } from '../../../rehearsal/notes.ts';
import { type Limits, Undone, whyNot, whyTooLarge } from '../../../rehearsal/treatment.ts';
import { hideMessage } from '../../../report/redact.ts';
import type { StatementEvent } from '../../../sql/script.ts';
import type { Statement } from '../../../sql/statement.ts';
import { type IndexState, indexInTheWay, indexState, judge } from '../../shared/leftovers.ts';
import { unrecordable } from '../../shared/refusals.ts';
import { sourceLine } from '../files.ts';
import { begunBy } from '../progress.ts';

/** An enum label that is not committed yet; a COMMIT where none may be; a statement that no transaction may hold. */
const UNSAFE_NEW_ENUM_VALUE = '55P04';
const INVALID_TRANSACTION_TERMINATION = '2D000';
const ACTIVE_SQL_TRANSACTION = '25001';

export class Statements {
  readonly undone = new Undone();
  /** There may be deferrable constraints: those that begin as immediate must be made so again. */
  deferrable = false;
  /** Of the file at hand: the last of its statements so far, and whether one may take locks for its session, or give up ours. */
  last: Statement | null = null;
  takesAdvisoryLocks = false;
  givesUpLocks = false;
  /** The newest enum label that was there before the file at hand. */
  private highestEnum = '0';
  private readonly input: AttemptInput;
  private readonly limits: Limits;
  private readonly talk: Conversation;
  private readonly notes: Notes;
  private readonly looks: Looks;

  constructor(input: AttemptInput, talk: Conversation, notes: Notes, looks: Looks) {
    const { request, databaseBytes } = input.bench;
    this.input = input;
    this.limits = { dryRunMaxBytes: request.dryRunMaxBytes, maxBlockingMs: request.maxBlockingMs, databaseBytes };
    this.talk = talk;
    this.notes = notes;
    this.looks = looks;
  }

  async beginFile(): Promise<void> {
    this.last = null;
    this.takesAdvisoryLocks = false;
    this.givesUpLocks = false;
    if (this.input.knowledge.suspects.size === 0) return;
    const [row] = await this.talk.ask(
      'select coalesce(pg_catalog.max(oid), 0)::pg_catalog.text from pg_catalog.pg_enum',
    );
    this.highestEnum = row?.[0] ?? '0';
  }

  async run(migration: PlannedMigration, event: StatementEvent): Promise<void> {
    const { statement, facts } = event;
    const { talk, notes, looks } = this;
    const entry = notes.entryFor(migration, event);
    notes.observe(migration, event);
    this.last = statement;
    if (facts.bulkInsertInto === null) {
      if (/advisory_lock/i.test(statement.sql)) this.takesAdvisoryLocks = true;
      if (GIVES_UP_LOCKS.test(statement.sql)) this.givesUpLocks = true;
      if (/\bdeferrable\b/i.test(statement.sql)) this.deferrable = true;
    }
    const key = statementKey(migration, event.index);
    const care = this.needsCare(key, event);
    looks.before(entry, statement, care || facts.nonTransactional !== null);

    const refusal = await whyNot(talk, entry, statement);
    if (refusal !== null) {
      if (notes.phase === 'up') notes.findings.push(...(await missingTables(talk, entry, statement)));
      return this.skip(entry, statement, refusal);
    }
    if (facts.nonTransactional && migration.script.wrapper === null) return this.plainly(entry, statement);
    const guardOut = this.input.knowledge.guardOut.has(key) || facts.command === 'SET CONSTRAINTS';
    if (guardOut) talk.control(GUARD_OUT);
    if (care) await this.carefully(entry, statement);
    else await this.asWritten(entry, statement);
    if (guardOut) talk.control(...GUARD_IN);
    if (mayChangeBounds(facts, statement.sql)) talk.control(bounds(this.input, migration));
    if (facts.addsEnumValue !== null && !migration.script.transactional) {
      this.undone.labels.set(facts.addsEnumValue, migration);
    }
    if (talk.isFull) {
      // A run that goes on in the next batch is timed in this one all the same.
      looks.atUnseen();
      await talk.sendOn();
    }
  }

  private needsCare(key: string, { facts, statement }: StatementEvent): boolean {
    const { suspects } = this.input.knowledge;
    return suspects.has(key) || facts.opaque?.what === 'CALL' || this.undone.concerns(statement.sql);
  }

  private async asWritten(entry: Entry, statement: Statement): Promise<void> {
    const slot = { kind: 'statement', entry, statement, offset: 0, guarded: false } as const;
    const tooLarge = await whyTooLarge(this.talk, slot, this.limits);
    if (tooLarge !== null) return this.skip(entry, statement, tooLarge);
    this.talk.say({ text: statement.sql }, slot);
    this.looks.after(entry, statement);
  }

  private skip(entry: Entry, statement: Statement, reason: string): void {
    entry.executed = false;
    entry.reason = reason;
    this.looks.mention(statement.sql);
    this.undone.skip(entry.facts, statement.sql);
  }

  /** CONCURRENTLY and its kin: the same work in a form that a transaction allows, where that is quick enough. */
  private async plainly(entry: Entry, statement: Statement): Promise<void> {
    const { migration } = entry;
    const what = entry.facts.nonTransactional;
    if (!what?.plain) return;
    const { plain, leftover } = what;
    const { talk, notes } = this;
    const { session } = this.input.bench;
    const isUp = notes.phase === 'up';
    await talk.exchange();
    let valid: string | null = null;
    const resumed = this.input.plan.resumed.get(migration.key)?.progress;
    if (resumed?.started === entry.index) {
      const begun = begunBy(resumed, statement, leftover).leftover;
      let judgement = await judge(session, begun);
      if (judgement.kind === 'again' && judgement.cleanup.length > 0) {
        talk.control(...judgement.cleanup.map((item) => ({ text: item.plain })));
        await talk.exchange();
        judgement = await judge(session, begun);
      }
      if (judgement.kind === 'done') return this.skip(entry, statement, 'done already by the run that was interrupted');
    } else if (leftover?.kind === 'create-index' && leftover.index !== null) {
      const state = await indexState(session, leftover.index, leftover.table);
      if (state.exists && !state.valid) throw blockedByIndex(entry, statement, state);
      valid = state.qualified;
    }
    const ahead = await lookAhead(talk, session, entry, { plain, valid }, this.limits);
    if (isUp) {
      notes.findings.push(...ahead.findings);
      if (ahead.tried) notes.tried.push(ahead.tried);
    }
    if (ahead.tooSlow !== null) return this.skip(entry, statement, ahead.tooSlow);
    await this.carefully(entry, statement, padded(plain, statement.sql));
    if (entry.executed) rehearsedPlainly(entry, what.what);
  }

  /** With a savepoint around it: where it fails only because of what was not done before, the dry run goes on. */
  private async carefully(entry: Entry, statement: Statement, sql = statement.sql): Promise<void> {
    const { talk } = this;
    const guarded = { kind: 'statement', entry, statement, offset: 0, guarded: true } as const;
    await talk.exchange([{ text: 'savepoint mgate' }, CONTROL]);
    try {
      const tooLarge = await whyTooLarge(talk, guarded, this.limits);
      if (tooLarge !== null) this.skip(entry, statement, tooLarge);
      else await talk.exchange([{ text: sql }, guarded], [this.looks.atAll(entry, sql), { kind: 'look', entry }]);
      talk.control({ text: 'release savepoint mgate' });
    } catch (error) {
      if (!(error instanceof StatementFailed) || error.entry !== entry) throw error;
      await talk.exchange(
        [{ text: 'rollback to savepoint mgate' }, CONTROL],
        [{ text: 'release savepoint mgate' }, CONTROL],
        TIMED_FROM_HERE,
      );
      const reason = await this.onlyFollows(entry, readServerError(error.error));
      if (reason === null) throw error;
      entry.error = null;
      this.skip(entry, statement, reason);
    }
  }

  /** The reason why a failure here is none of what apply would do, or null: it is one. */
  private async onlyFollows(entry: Entry, error: ServerError): Promise<string | null> {
    const { migration } = entry;
    const all = this.input.bench.request.transactionMode === 'all';
    if (error.code === UNSAFE_NEW_ENUM_VALUE)
      return all ? null : this.undone.uncommittedLabel(this.talk, error, this.highestEnum);
    if (error.code !== INVALID_TRANSACTION_TERMINATION && error.code !== ACTIVE_SQL_TRANSACTION)
      return this.undone.follows(error);
    if (all || migration.script.wrapper !== null) return null;
    const { alone } = this.input.knowledge;
    alone.set(migration.key, (alone.get(migration.key) ?? new Set()).add(entry.index));
    return error.code === INVALID_TRANSACTION_TERMINATION
      ? 'it commits by itself, which no transaction allows'
      : `the server refuses it in a transaction (${error.message})`;
  }

  /** An error: something to be learned, a migration that fails, or one of ours. */
  meaningOf(error: unknown, slot: Slot, last: StatementSlot | null): Error {
    const server = readServerError(error);
    if (slot.kind === 'commit') return new StatementFailed(slot.migration, null, slot.place, error);
    if (slot.kind !== 'statement') {
      if (last && wasCutShort(server))
        return new StatementFailed(last.entry.migration, last.entry, last.statement, error);
      if (slot.kind === 'record') return unrecordable(this.input.bench.tracking.schema, error);
      return error instanceof Error ? error : new Error(String(error));
    }
    const { entry, statement } = slot;
    const { suspects, guardOut } = this.input.knowledge;
    const key = statementKey(entry.migration, entry.index);
    if (isOfGuard(server) && !guardOut.has(key)) {
      guardOut.add(key);
      return new Again();
    }
    const refused =
      server.code === UNSAFE_NEW_ENUM_VALUE ||
      server.code === INVALID_TRANSACTION_TERMINATION ||
      server.code === ACTIVE_SQL_TRANSACTION;
    const learnable = refused || this.undone.follows(server) !== null;
    if (learnable && !slot.guarded && !suspects.has(key)) {
      suspects.add(key);
      return new Again();
    }
    this.looks.mention(statement.sql);
    entry.executed = true;
    entry.ran += 1;
    entry.error = this.input.bench.request.showData ? server.message : hideMessage(server.code, server.message);
    return new StatementFailed(entry.migration, entry, statement, shifted(error, slot.offset));
  }
}

function blockedByIndex(entry: Entry, statement: Statement, state: IndexState): StatementFailed {
  const { migration } = entry;
  const { line, column } = statement;
  const stop = indexInTheWay(state, { file: migration.file, line, column, sourceLine: sourceLine(migration, line) });
  entry.error = stop.message;
  return new StatementFailed(migration, entry, statement, stop);
}

/** Spaces where a word was taken out, so that the server's positions are those of the file. */
function padded(plain: string, written: string): string {
  let at = 0;
  while (at < plain.length && plain[at] === written[at]) at += 1;
  while (at > 0 && !/\s/.test(plain[at - 1] ?? '')) at -= 1;
  return plain.slice(0, at) + ' '.repeat(Math.max(0, written.trimEnd().length - plain.length)) + plain.slice(at);
}

/** The server's error with its position counted in the user's text, before which we had put `by` characters. */
function shifted(error: unknown, by: number): unknown {
  const position = Number((error as { position?: string }).position);
  if (by === 0 || !Number.isInteger(position)) return error;
  return Object.assign(error as object, { position: String(Math.max(1, position - by)) });
}
