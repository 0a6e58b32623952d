/** One migration: its blocks, its statements, and what is put right at its end as COMMIT and a new session would. */
import type { PlannedMigration } from '../../../plan/plan.ts';
import { freeOtherLocks, lockKey, retakeLock } from '../../../postgres/lock.ts';
import { qualified } from '../../../postgres/qualified.ts';
import { type BatchItem, DEALLOCATE_ALL } from '../../../postgres/session.ts';
import { RESET_ALL, RESET_ROLE } from '../../../postgres/settings.ts';
import { bounds } from '../../../rehearsal/bounds.ts';
import { CONTROL, type Conversation } from '../../../rehearsal/conversation.ts';
import { FIRE_CONSTRAINTS, GUARD_IN_ANEW, GUARD_OUT, INITIALLY_IMMEDIATE } from '../../../rehearsal/guard.ts';
import type { AttemptInput } from '../../../rehearsal/input.ts';
import type { Looks } from '../../../rehearsal/looks.ts';
import type { Notes } from '../../../rehearsal/notes.ts';
import { Stop } from '../../../report/stop.ts';
import type { ScriptEvent } from '../../../sql/script.ts';
import { ProgressKeeper, setsSession } from '../progress.ts';
import { scriptOf } from '../script-file.ts';
import type { Records } from './records.ts';
import type { Statements } from './statements.ts';

/** Files up to this size are read while the server is busy. */
const SMALL_BYTES = 64 * 1024;

/** Asked at the end of each file: still our transaction? And what of the file's would end with its session. */
const END_OF_FILE: BatchItem = {
  name: 'mgate_end_of_file',
  keep: true,
  text: qualified(`
  select pg_catalog.pg_current_xact_id()::text,
    (select pg_catalog.string_agg(pg_catalog.format('pg_temp.%I', c.relname), ', ')
       from pg_catalog.pg_depend d join pg_catalog.pg_class c on c.oid = d.objid
      where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.refobjid = pg_catalog.pg_my_temp_schema()
        and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and c.relkind = any ('{r,p}') and not c.relispartition and c.relname <> all ('{mgate_guard, mgate_before}')),
    (exists (select 1 from pg_catalog.pg_prepared_statements where from_sql))::text`),
};

export class Migrations {
  /** The rehearsal's transaction, which no file may end. */
  xid: string | null = null;
  private readonly input: AttemptInput;
  private readonly talk: Conversation;
  private readonly notes: Notes;
  private readonly looks: Looks;
  private readonly statements: Statements;
  private readonly records: Records;
  /** The next file, read while the server was at the end of this one. */
  private ahead: { readonly migration: PlannedMigration; readonly events: readonly ScriptEvent[] } | null = null;

  constructor(
    input: AttemptInput,
    talk: Conversation,
    notes: Notes,
    looks: Looks,
    statements: Statements,
    records: Records,
  ) {
    this.input = input;
    this.talk = talk;
    this.notes = notes;
    this.looks = looks;
    this.statements = statements;
    this.records = records;
  }

  /** `commits`: the transaction that apply would run it in ends with it. */
  async run(migration: PlannedMigration, next: PlannedMigration | null, commits: boolean): Promise<void> {
    const { talk, statements } = this;
    await statements.beginFile();
    const { directives } = migration.script;
    if (directives.lockTimeoutMs !== null || directives.statementTimeoutMs !== null) {
      talk.control(bounds(this.input, migration));
    }
    const resumed = this.input.plan.resumed.get(migration.key)?.progress ?? null;
    const progress = resumed ? new ProgressKeeper(migration, resumed) : null;
    const ends = migration.script.ownTransactions ? blockEnds(migration) : [];
    let unit = -1;
    const events = this.ahead?.migration === migration ? this.ahead.events : scriptOf(migration);
    for (const event of events) {
      if (event.kind === 'statement') {
        progress?.pass(event.index, event.statement);
        if (event.index > (resumed?.done ?? 0)) await statements.run(migration, event);
        else if (setsSession(event.statement)) talk.control({ text: event.statement.sql });
      } else if (event.kind === 'begin-unit') {
        unit += 1;
        if (ends[unit] === 'rollback') talk.control({ text: 'savepoint mgate_block' });
      } else if (ends[unit] === 'rollback') {
        talk.control({ text: 'rollback to savepoint mgate_block' }, { text: 'release savepoint mgate_block' });
      } else if (ends[unit] === 'commit') {
        this.commit(migration);
      }
    }
    progress?.end();
    await this.end(migration, next, commits);
  }

  /** What COMMIT would check is checked: deferred constraints fire. Then they wait again. `also`: what is said before they do. */
  private commit(migration: PlannedMigration, also: () => void = () => undefined): void {
    this.talk.control(...RESET_ROLE, GUARD_OUT);
    this.talk.say(FIRE_CONSTRAINTS, { kind: 'commit', migration, place: this.statements.last });
    also();
    this.talk.control(...GUARD_IN_ANEW);
  }

  private async end(migration: PlannedMigration, next: PlannedMigration | null, commits: boolean): Promise<void> {
    const { talk, statements } = this;
    const { bench } = this.input;
    this.looks.atUnseen();
    // Settings first: under session_replication_role = replica the guard would not be armed.
    const asBegun = () => {
      talk.control(...RESET_ROLE, RESET_ALL);
      // As in apply: what our rows set off shows now, and not at a COMMIT that never comes.
      if (this.notes.phase === 'up') this.records.record(migration);
    };
    if (commits) this.commit(migration, asBegun);
    else asBegun();
    talk.control(
      { text: 'close all' },
      { text: 'unlisten *' },
      ...(statements.takesAdvisoryLocks ? [freeOtherLocks(lockKey(bench.tracking.schema))] : []),
      ...(statements.givesUpLocks && !bench.request.rehearsalTarget
        ? [retakeLock(lockKey(bench.tracking.schema))]
        : []),
      ...bench.armed,
      bounds(this.input, null),
    );
    const answer = talk.exchange([END_OF_FILE, CONTROL]);
    answer.catch(() => undefined);
    // It is on its way after this turn of the event loop; while the server is at it, the next file is read.
    await new Promise(setImmediate);
    if (next) this.readAhead(next);
    const results = await answer;
    const [xid, temporary, prepared] = results.at(-1)?.rows[0] ?? [];
    if (xid !== this.xid) throw escaped(migration, this.xid, xid ?? null);
    if (temporary) talk.control({ text: `drop table if exists ${temporary} cascade` });
    if (prepared === 'true') talk.control(DEALLOCATE_ALL);
    if (commits && statements.deferrable) {
      const [row] = await talk.ask(INITIALLY_IMMEDIATE);
      if (row?.[0]) talk.control({ text: `set constraints ${row[0]} immediate` });
    }
    if (bench.request.transactionMode === 'all') return;
    for (const { facts } of this.notes.of(migration)) {
      if (facts.addsEnumValue !== null) statements.undone.labels.set(facts.addsEnumValue, migration);
    }
  }

  /** Small files only: their statements are held. What is wrong with one is said when it is its turn. */
  private readAhead(next: PlannedMigration): void {
    if (next.bytes > SMALL_BYTES) return;
    try {
      this.ahead = { migration: next, events: [...scriptOf(next)] };
    } catch {
      this.ahead = null;
    }
  }
}

function escaped(migration: PlannedMigration, was: string | null, is: string | null): Stop {
  return new Stop({
    result: 'failed',
    class: 'internal',
    message: `${migration.file} ended the rehearsal transaction (it was ${was}, now it is ${is})`,
    next: 'Report this: nothing should be able to. Compare the database with your last backup before going on.',
    file: migration.file,
  });
}

/** How each unit of a script ends: a block of its own by its last word, a single statement: null. */
function blockEnds(migration: PlannedMigration): ('commit' | 'rollback' | null)[] {
  const ends: ('commit' | 'rollback' | null)[] = [];
  let isBlock = false;
  for (const event of scriptOf(migration)) {
    if (event.kind === 'begin-unit') isBlock = event.begin !== null;
    else if (event.kind === 'end-unit') ends.push(isBlock ? event.end : null);
  }
  return ends;
}
