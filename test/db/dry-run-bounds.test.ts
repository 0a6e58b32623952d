/** The dry run does no harm: it steps back from whoever it keeps waiting, and keeps to its limits. */
import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/postgres/session.ts';
import { type Alarm, Watchdog } from '../../src/postgres/watchdog.ts';
import type { Database } from '../support/database.ts';
import { databaseWith, dryRun, migrationOf, statementOf } from '../support/dry-run.ts';

/** Waits until a gate's session in this database holds a lock of this mode on a relation of this name. */
async function untilLocked(client: pg.Client, relation: string, mode = 'AccessExclusiveLock'): Promise<void> {
  for (let look = 0; look < 3_000; look += 1) {
    const { rows } = await client.query(
      `select 1 from pg_locks l join pg_stat_activity a using (pid)
        where a.application_name like 'mgate%' and l.relation = $1::regclass and l.mode = $2 and l.granted`,
      [relation, mode],
    );
    if (rows.length > 0) return;
    await wait(10);
  }
  throw new Error(`nobody took ${mode} on ${relation}`);
}

/** A session of somebody else's, impatient: what it waits for longer than five seconds fails the test. */
async function somebody(database: Database, name: string): Promise<pg.Client> {
  const client = await database.client({ application_name: name });
  await client.query("set statement_timeout = '5s'");
  return client;
}

const pidOf = async (client: pg.Client): Promise<number> =>
  (await client.query('select pg_backend_pid() as pid')).rows[0].pid;

describe('somebody else who waits on the dry run', () => {
  const setup = 'create table busy (id int); insert into busy values (1); create table other (id int)';

  it.each([
    ['a reader', 'alter table busy add column b int', 'AccessExclusiveLock', 'select * from busy'],
    ['a writer', 'create index on busy (id)', 'ShareLock', 'update busy set id = 2 where false'],
  ])('is let through: %s', async (_, sql, mode, theirs) => {
    const database = await databaseWith(setup);
    const other = await somebody(database, 'the app');
    const looker = await database.client();
    const running = dryRun(
      database,
      { '1_a.sql': 'select 1;', '2_b.sql': `select 1; ${sql};\nselect pg_sleep(30);` },
      { 'max-blocking': '300ms', 'lock-retries': '0' },
    );
    await untilLocked(looker, 'busy', mode);
    await other.query(theirs);
    const { outcome } = await running;
    expect(outcome).toMatchObject({
      result: 'dry-run-inconclusive',
      exitCode: 3,
      databaseState: 'unchanged',
      rehearsal: { status: 'aborted', attempts: 1 },
      error: { class: 'lock-timeout' },
    });
    expect(outcome.blocked).toMatchObject([
      { pid: await pidOf(other), application: 'the app', file: 'migrations/2_b.sql', statementIndex: 3 },
    ]);
    expect(outcome.blocked[0]?.waitedMs).toBeGreaterThanOrEqual(300);
    expect(outcome.error?.message).toContain('the app');
    expect(outcome.migrations.map((one) => one.status)).toEqual(['rehearsed', 'not-executed']);
  });

  it('is let through as often as the dry run is tried, and may come again by allow-hazards alone', async () => {
    const database = await databaseWith(setup);
    const other = await somebody(database, 'the app');
    const looker = await database.client();
    const running = dryRun(
      database,
      { '1_a.sql': 'alter table busy add column b int; select pg_sleep(30);' },
      { 'max-blocking': '200ms', 'lock-retries': '2', 'allow-hazards': 'dry-run-inconclusive' },
    );
    for (let time = 0; time < 3; time += 1) {
      await untilLocked(looker, 'busy');
      await other.query('select * from busy');
    }
    const { outcome } = await running;
    expect(outcome).toMatchObject({ result: 'dry-run-passed', rehearsal: { attempts: 3 } });
    expect(outcome.blocked).toHaveLength(3);
  });

  it('does not matter a moment later', async () => {
    const database = await databaseWith(setup);
    const other = await somebody(database, 'the app');
    const looker = await database.client();
    // As long as we hold it, it takes long.
    await looker.query('select pg_advisory_lock(7)');
    const running = dryRun(
      database,
      {
        '1_a.sql':
          'alter table busy add column b int; select pg_sleep(case when pg_try_advisory_xact_lock(7) then 0 else 30 end);',
      },
      { 'max-blocking': '200ms', 'lock-retries': '3' },
      {
        onLine: (line) =>
          line.includes('trying again') ? void looker.query('select pg_advisory_unlock(7)') : undefined,
      },
    );
    await untilLocked(looker, 'busy');
    await other.query('select * from busy');
    const { outcome } = await running;
    expect(outcome).toMatchObject({ result: 'dry-run-passed', rehearsal: { attempts: 2 }, blocked: [{}] });
    expect(statementOf(outcome, '1_a.sql', 2).executed).toBe(true);
  });

  it('is let through although the dry run itself still waits for its lock', async () => {
    const database = await databaseWith(setup);
    const holder = await database.client();
    await holder.query('begin; select * from busy');
    const other = await somebody(database, 'behind us');
    const looker = await database.client();
    const running = dryRun(
      database,
      { '1_a.sql': 'alter table busy add column b int;' },
      { 'max-blocking': '200ms', 'lock-timeout': '30s', 'lock-retries': '0' },
    );
    for (let found = false; !found; await wait(10)) {
      const { rows } = await looker.query(
        `select 1 from pg_locks where relation = 'busy'::regclass and not granted and mode = 'AccessExclusiveLock'`,
      );
      found = rows.length > 0;
    }
    await other.query('select * from busy');
    const { outcome } = await running;
    await holder.query('rollback');
    expect(outcome).toMatchObject({
      result: 'dry-run-inconclusive',
      blocked: [{ application: 'behind us', statementIndex: 1 }],
    });
  });
});

describe('a lock that somebody else holds', () => {
  it('is tried for lock-retries times', async () => {
    const database = await databaseWith('create table busy (id int)');
    const other = await database.client();
    await other.query('begin; lock table busy in access share mode');
    const { outcome, lines } = await dryRun(
      database,
      { '1_a.sql': 'select 1;\n  alter table busy add column b int;' },
      { 'lock-timeout': '50ms', 'lock-retries': '2' },
    );
    await other.query('rollback');
    expect(outcome).toMatchObject({
      result: 'dry-run-inconclusive',
      exitCode: 3,
      rehearsal: { attempts: 3, status: 'aborted' },
    });
    expect(outcome.error?.message).toContain('migrations/1_a.sql:2');
    expect(outcome.error?.message).toContain('55P03');
    expect(outcome.error?.class).toBe('lock-timeout');
    expect(lines.filter((line) => line.includes('trying again'))).toHaveLength(2);
  });

  it('is had when the other one lets go', async () => {
    const database = await databaseWith('create table busy (id int)');
    const other = await database.client();
    await other.query('begin; lock table busy in access share mode');
    const { outcome } = await dryRun(
      database,
      { '1_a.sql': 'alter table busy add column b int;' },
      // Long enough for the other to let go once it is told to.
      { 'lock-timeout': '500ms', 'lock-retries': '3' },
      {
        onLine: async (line) => {
          if (line.includes('trying again')) await other.query('rollback');
        },
      },
    );
    expect(outcome).toMatchObject({ result: 'dry-run-passed', rehearsal: { attempts: 2 } });
    expect(outcome.schemaDiff).toMatchObject([{ change: 'added', kind: 'column', name: 'public.busy.b' }]);
    expect(statementOf(outcome, '1_a.sql')).toMatchObject({ executed: true, error: null });
  });

  it('may be asked for with NOWAIT, and in a file with a lock-timeout of its own', async () => {
    const database = await databaseWith('create table busy (id int)');
    const other = await database.client();
    await other.query('begin; lock table busy in access share mode');
    for (const sql of [
      'lock table busy in access exclusive mode nowait;',
      '-- gate: lock-timeout=50ms\nalter table busy add column b int;',
    ]) {
      const { outcome } = await dryRun(database, { '1_a.sql': sql }, { 'lock-timeout': '1m', 'lock-retries': '0' });
      expect(outcome).toMatchObject({ result: 'dry-run-inconclusive', exitCode: 3 });
    }
    await other.query('rollback');
  });

  it('is a deadlock: the dry run is tried again', async () => {
    const database = await databaseWith('create table a (id int); create table b (id int)');
    const other = await database.client();
    await other.query("set deadlock_timeout = '10s'; begin; lock table b in exclusive mode");
    const looker = await database.client();
    let theirs: Promise<unknown> = Promise.resolve();
    const running = dryRun(
      database,
      {
        // Where somebody else has b, not before they want a: who waits last, and not too late, is the one who finds out.
        '1_a.sql': `lock table a;
          do $$ begin
            while exists (select from pg_locks where relation = 'b'::regclass and granted and pid <> pg_backend_pid())
                  and not exists (select from pg_locks where relation = 'a'::regclass and not granted)
            loop perform pg_sleep(0.01); end loop;
          end $$;
          lock table b;`,
      },
      { 'lock-timeout': '20s', 'max-blocking': '0', 'lock-retries': '3' },
    );
    await untilLocked(looker, 'a');
    theirs = other.query('lock table a in exclusive mode; commit');
    const { outcome } = await running;
    await theirs;
    expect(outcome).toMatchObject({ result: 'dry-run-passed', rehearsal: { attempts: 2 } });
  });
});

describe('a limit', () => {
  it('of time ends it at once, rolled back', async () => {
    const database = await databaseWith('create table kept (id int)');
    const { outcome } = await dryRun(
      database,
      { '1_a.sql': 'drop table kept; select pg_sleep(30);', '2_b.sql': 'select 1;' },
      { 'dry-run-timeout': '500ms' },
    );
    expect(outcome).toMatchObject({
      result: 'dry-run-inconclusive',
      exitCode: 3,
      rehearsal: { status: 'aborted', attempts: 1 },
      error: { class: 'resources' },
    });
    expect(outcome.error?.message).toContain('dry-run-timeout (500');
    expect(outcome.durationMs).toBeLessThan(20_000);
  });

  it('of time holds against a file that sets its own, and one that swallows being cancelled', async () => {
    const database = await databaseWith();
    const stubborn =
      'set statement_timeout = 0; do $$ begin loop begin perform pg_sleep(30); exception when query_canceled then null; end; end loop; end $$;';
    const { outcome } = await dryRun(database, { '1_a.sql': stubborn }, { 'dry-run-timeout': '500ms' });
    expect(outcome).toMatchObject({ result: 'dry-run-inconclusive', exitCode: 3, rehearsal: { status: 'aborted' } });
    expect(outcome.durationMs).toBeLessThan(9_000);
  });

  it('of a statement is a failure of that statement', async () => {
    const database = await databaseWith();
    const slow = '\n\n select pg_sleep(30);';
    const { outcome } = await dryRun(database, { '1_a.sql': `select 1;${slow}` }, { 'statement-timeout': '300ms' });
    expect(outcome).toMatchObject({
      result: 'failed',
      exitCode: 1,
      error: { class: 'statement-timeout', sqlstate: '57014', file: 'migrations/1_a.sql', line: 3, column: 2 },
    });
    const own = await dryRun(database, {
      '1_a.sql': `-- gate: statement-timeout=200ms\n${slow}`,
    });
    expect(own.outcome.error).toMatchObject({ class: 'statement-timeout', line: 4 });
  });

  it('of bytes: what would write more is not executed, and what follows from that is no failure', async () => {
    const database = await databaseWith([
      'create table big (id int, note text, extra int)',
      "insert into big select g, repeat('x', 100) from generate_series(1, 20000) g",
      'create table parent (id int primary key)',
      'create table child (id int)',
      'create table other (id int)',
      'insert into child select generate_series(1, 10)',
      'analyze',
    ]);
    const { outcome } = await dryRun(
      database,
      {
        '1_insert.sql': 'insert into other select generate_series(1, 10000000);',
        '2_backfill.sql': 'update big set extra = id;',
        '3_not_null.sql':
          'alter table big alter column extra set not null;\nalter table big add check (extra is not null);',
        '4_rewrite.sql': 'alter table big alter column id type bigint;',
        '5_index.sql': 'create index on big (note);',
        '6_keys.sql':
          'insert into parent select generate_series(1, 10000000);\nalter table child add foreign key (id) references parent;',
        '7_as.sql':
          'create table copied as select * from big, generate_series(1, 100);\nalter table copied add column more int;',
        '8_small.sql': 'insert into child values (11);',
      },
      { 'dry-run-max-bytes': '1MB' },
    );
    expect(outcome.error).toBeNull();
    expect(outcome.result).toBe('dry-run-passed');
    const executed = outcome.migrations.map((one) => one.statements.map((each) => each.executed));
    expect(executed).toEqual([
      [false],
      [false],
      [false, false],
      [false],
      [false],
      [false, false],
      [false, false],
      [true],
    ]);
    const reason = (file: string, index = 1) => statementOf(outcome, file, index).reason;
    expect(reason('1_insert.sql')).toContain('dry-run-max-bytes (1');
    expect(reason('3_not_null.sql')).toContain('big');
    expect(reason('4_rewrite.sql')).toContain('may rewrite big');
    expect(reason('5_index.sql')).toContain('would build an index over big');
    expect(reason('6_keys.sql', 2)).toContain('parent');
    expect(reason('7_as.sql', 2)).toContain('copied');
  });

  it('of bytes does not excuse rows that nothing was to correct', async () => {
    const database = await databaseWith([
      'create table big (id int, extra int)',
      'insert into big select g from generate_series(1, 50000) g',
      'create table small (a int)',
      'insert into small values (null)',
      'analyze',
    ]);
    const { outcome } = await dryRun(
      database,
      { '1_a.sql': 'update big set extra = id;', '2_b.sql': 'alter table small alter column a set not null;' },
      { 'dry-run-max-bytes': '1MB' },
    );
    expect(outcome).toMatchObject({ result: 'failed', error: { sqlstate: '23502', file: 'migrations/2_b.sql' } });
  });

  it('of bytes is held by what is tried with care too', async () => {
    const database = await databaseWith([
      'create table t (a int)',
      "create type mood as enum ('sad')",
      'create table moods (m mood)',
    ]);
    const { outcome } = await dryRun(
      database,
      {
        '1_a.sql': "alter type mood add value 'happy';",
        '2_b.sql': "insert into moods select 'sad' from generate_series(1, 10000000) where 'x' <> 'happy';",
      },
      { 'dry-run-max-bytes': '1MB' },
    );
    expect(statementOf(outcome, '2_b.sql')).toMatchObject({ executed: false });
    expect(statementOf(outcome, '2_b.sql').reason).toContain('dry-run-max-bytes');
  });

  it("of the server's lock table ends it", async () => {
    const database = await databaseWith('create table kept (id int)');
    const { outcome } = await dryRun(database, {
      '1_a.sql':
        'drop table kept; select count(pg_advisory_xact_lock(g)) from generate_series(1, 7000) g; select pg_sleep(20);',
    });
    expect(outcome).toMatchObject({ result: 'dry-run-inconclusive', exitCode: 3, error: { class: 'resources' } });
    expect(outcome.error?.message).toContain('lock table');
    expect(outcome.durationMs).toBeLessThan(15_000);
  });
});

describe('the watching connection', () => {
  it('is a condition: without it nothing goes on', async () => {
    const database = await databaseWith('create table busy (id int)');
    const looker = await database.client();
    const running = dryRun(
      database,
      { '1_a.sql': 'lock table busy; select pg_sleep(30);' },
      { 'lock-retries': '1', 'dry-run-timeout': '20s' },
    );
    // A session that is being ended is still listed for a while: each is counted once.
    const ended = new Set<number>();
    while (ended.size < 2) {
      await untilLocked(looker, 'busy');
      const { rows } = await looker.query<{ pid: number }>(
        `select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name like 'mgate%'
          and datname = current_database() and query ~ 'pg_locks' and pid <> all ($1)
          and pid not in (select pid from pg_locks where relation = 'busy'::regclass)`,
        [[...ended]],
      );
      for (const { pid } of rows) ended.add(pid);
    }
    const { outcome } = await running;
    expect(outcome).toMatchObject({
      result: 'dry-run-inconclusive',
      exitCode: 3,
      rehearsal: { status: 'aborted', attempts: 2 },
    });
    expect(outcome.error?.message).toContain('the watching connection was lost');
    expect(outcome.durationMs).toBeLessThan(15_000);
  });

  it('adds up how long ACCESS EXCLUSIVE is held where a standby follows', async () => {
    const database = await databaseWith('create table busy (id int)');
    const url = new URL(database.url);
    const target = {
      host: url.hostname,
      port: Number(url.port),
      database: database.name,
      user: url.username,
      password: decodeURIComponent(url.password),
      sslMode: 'disable' as const,
      sslRootCert: null,
      source: 'test',
    };
    const session = await connect(target, 'watching', 5_000);
    const worker = await database.client();
    const alarms: Alarm[] = [];
    const watchdog = new Watchdog(session, {
      watchedPid: await pidOf(worker),
      maxBlockingMs: 0,
      maxExclusiveMs: 300,
      lockLimit: null,
      onAlarm: (alarm) => alarms.push(alarm),
    });
    await worker.query('begin; create table fresh (id int); lock table fresh; select pg_sleep(0.6)');
    expect(alarms).toEqual([]);
    await worker.query('lock table busy');
    while (alarms.length === 0) await wait(10);
    await worker.query('rollback');
    await watchdog.stop();
    await session.end();
    expect(alarms).toMatchObject([{ kind: 'exclusive' }]);
  });
});

describe('cancelling', () => {
  it('ends a long statement at once and leaves nobody of ours', async () => {
    const database = await databaseWith('create table busy (id int)');
    const looker = await database.client();
    const controller = new AbortController();
    const running = dryRun(
      database,
      { '1_a.sql': 'lock table busy; select pg_sleep(30);' },
      {},
      { signal: controller.signal },
    );
    await untilLocked(looker, 'busy');
    controller.abort();
    const { outcome } = await running;
    expect(outcome).toMatchObject({
      result: 'cancelled',
      exitCode: 6,
      databaseState: 'unchanged',
      error: { class: 'cancelled' },
    });
    expect(outcome.stages).toContainEqual(expect.objectContaining({ stage: 'dry-run', status: 'cancelled' }));
    expect(outcome.durationMs).toBeLessThan(20_000);
    expect(migrationOf(outcome, '1_a.sql').status).toBe('not-executed');
  });

  it('ends the wait between two tries', async () => {
    const database = await databaseWith('create table busy (id int)');
    const other = await database.client();
    await other.query('begin; lock table busy in access share mode');
    const controller = new AbortController();
    const { outcome } = await dryRun(
      database,
      { '1_a.sql': 'lock table busy;' },
      { 'lock-timeout': '20ms', 'lock-retries': '20' },
      {
        signal: controller.signal,
        onLine: (line) => (line.includes('trying again') && controller.abort()) || undefined,
      },
    );
    await other.query('rollback');
    expect(outcome).toMatchObject({ result: 'cancelled', exitCode: 6 });
  });
});
