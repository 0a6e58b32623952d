/** Mode repair over what interrupted and failed runs leave: what can be told is settled, for the rest a person is asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { cuttableProxy } from '../support/cuttable.ts';
import { ending, type Scene, scene } from '../support/scene.ts';

const SETUP = 'create table t (id int); insert into t values (1), (2)';
const FILES = {
  '1_before.sql': 'create table one (id int);',
  '2_index.sql':
    'create table note (id int);\ncreate unique index concurrently t_once on t (id);\ncreate table after (id int);',
};
const REPAIR = { mode: 'repair' };
const RECORDS = 'select version, status, progress from schema_migrations order by version';
const HISTORY = `select version, status, reason from migration_history where action = 'repair' order by version`;

/** Its index is left invalid: a second row of the same value came in the pause. */
async function withInvalidIndex(): Promise<Scene> {
  const here = await scene(FILES, SETUP);
  const { outcome } = await here.run(
    { 'review-delay': '10ms' },
    { onPause: async () => void (await here.client.query('insert into t values (1)')) },
  );
  expect(ending(outcome)).toBe('failed 7 partially-migrated');
  await here.client.query('delete from t where ctid = (select max(ctid) from t)');
  return here;
}

describe('what the database tells', () => {
  it('an invalid index is dropped, and the next run builds it', async () => {
    const here = await withInvalidIndex();
    expect(ending((await here.run({ mode: 'status' })).outcome)).toBe('reported 3 unchanged');
    const { outcome, lines } = await here.run(REPAIR);
    expect(ending(outcome)).toBe('repaired 0 unchanged');
    expect(outcome.notes.join('\n')).toContain('migration 2 (index) is pending: statement 2 was not finished');
    expect(lines.join('\n')).toContain('drop index concurrently if exists public.t_once');
    expect(outcome.stages.find(({ stage }) => stage === 'record')).toMatchObject({ status: 'passed' });
    expect(await here.rows("select 1 from pg_index where indexrelid = to_regclass('t_once')")).toEqual([]);
    expect(await here.rows(RECORDS)).toMatchObject([
      { version: '1', status: 'completed' },
      { version: '2', status: 'pending', progress: { done: 1, started: null } },
    ]);
    expect(await here.rows(HISTORY)).toMatchObject([
      { version: '2', status: 'success', reason: expect.stringContaining('was not finished') },
    ]);
    expect(ending((await here.run({ mode: 'status' })).outcome)).toBe('reported 0 unchanged');
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    expect(await here.rows("select to_regclass('after') is not null as made")).toEqual([{ made: true }]);
  });

  it('a failure that was undone no longer alarms', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);\ncreate table note (id int);' }, SETUP);
    const { outcome } = await here.run(
      { 'review-delay': '10ms' },
      { onPause: async () => void (await here.client.query('create table note (id int)')) },
    );
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(ending((await here.run(REPAIR)).outcome)).toBe('repaired 0 unchanged');
    expect(await here.rows(RECORDS)).toMatchObject([{ version: '1', status: 'pending', progress: null }]);
    await here.client.query('drop table note');
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
  });

  it('nothing to settle', async () => {
    const here = await scene(FILES, SETUP);
    const { outcome } = await here.run(REPAIR);
    expect(ending(outcome)).toBe('repaired 0 unchanged');
    expect(outcome.notes).toContain('no record was to be settled');
  });
});

describe('what only a person can tell', () => {
  const START = `update schema_migrations set status = 'running',
    progress = jsonb_build_object('done', 1, 'started', 2, 'startedSql', 'call work()', 'prefix', progress->>'prefix') where version = '1'`;

  /** A run that is cut short after its first statement, and one that was begun and never heard of. */
  async function interrupted(): Promise<Scene> {
    const here = await scene(
      { '1_code.sql': '-- gate: no-transaction\ncreate table one (id int);\ncall work();\ncreate table two (id int);' },
      `${SETUP}; create procedure work() language plpgsql as $$ begin insert into t values (3); commit; end $$`,
    );
    await here.run(
      { 'review-delay': '10ms', 'fail-on': 'none', 'allow-hazards': 'dry-run-inconclusive' },
      { onPause: async () => void (await here.client.query('drop procedure work()')) },
    );
    expect(await here.rows(RECORDS)).toMatchObject([
      { version: '1', status: 'failed', progress: { done: 1, started: 2 } },
    ]);
    await here.client.query(START);
    await here.client.query(
      'create procedure work() language plpgsql as $$ begin insert into t values (3); commit; end $$',
    );
    return here;
  }

  it('is asked for, and nothing is touched', async () => {
    const here = await interrupted();
    const before = await here.rows(RECORDS);
    const { outcome } = await here.run(REPAIR);
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('statement 2 of migrations/1_code.sql was interrupted');
    expect(outcome.error?.next).toContain('settle: 1=done|again');
    expect(await here.rows(RECORDS)).toEqual(before);
  });

  it.each([
    ['done', 0],
    ['again', 1],
  ])('1=%s', async (word, calls) => {
    const here = await interrupted();
    const told = { settle: `0001=${word}`, 'settle-reason': 'counted the rows of t' };
    expect(ending((await here.run({ ...REPAIR, ...told })).outcome)).toBe('repaired 0 unchanged');
    expect(await here.rows(HISTORY)).toMatchObject([{ version: '1', reason: 'counted the rows of t' }]);
    expect(ending((await here.run({ 'fail-on': 'none', 'allow-hazards': 'dry-run-inconclusive' })).outcome)).toBe(
      'applied 0 migrated',
    );
    expect(await here.rows('select count(*)::int as calls from t where id = 3')).toEqual([{ calls }]);
  });

  it('a file that was edited after it was applied is taken as applied', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);' });
    await here.run();
    await here.client.query(`update schema_migrations set checksum = repeat('0', 64)`);
    expect(ending((await here.run()).outcome)).toBe('refused 3 unchanged');
    const told = { settle: '1=applied', 'settle-reason': 'a comment was added' };
    expect(ending((await here.run({ ...REPAIR, ...told })).outcome)).toBe('repaired 0 unchanged');
    expect(ending((await here.run()).outcome)).toBe('up-to-date 0 unchanged');
  });

  it('a version that there is not', async () => {
    const here = await scene(FILES, SETUP);
    await here.run();
    const { outcome } = await here.run({ ...REPAIR, settle: '9=applied', 'settle-reason': 'x' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('neither a file nor a record');
  });
});

describe('a detach that is pending', () => {
  const PARTED = `create table parted (id int) partition by range (id);
    create table part_1 partition of parted for values from (0) to (10);
    create table part_2 partition of parted for values from (10) to (20)`;
  const DETACH = {
    '1_detach.sql':
      'alter table parted detach partition part_1 concurrently;\nalter table parted detach partition part_2 concurrently;',
  };

  /** Its session is ended while it waits for somebody who may still see the partition. */
  async function pending(): Promise<Scene> {
    const here = await scene(DETACH, PARTED);
    const reader = await here.database.client();
    const ended = async () => {
      const at = `select pid from pg_stat_activity, pg_inherits where inhdetachpending and datname = current_database()
         and query like 'alter table parted detach%' and state = 'active'`;
      for (;;) {
        const [working] = await here.rows(at);
        if (working) return here.rows('select pg_terminate_backend($1)', [working.pid]);
        await sleep(20);
      }
    };
    let over: Promise<unknown> = Promise.resolve();
    const onPause = async () => {
      await reader.query('begin; select from parted');
      over = ended();
    };
    const { outcome } = await here.run({ 'review-delay': '10ms', 'fail-on': 'none' }, { onPause });
    await over;
    await reader.query('commit');
    expect(ending(outcome)).toBe('failed 7 partially-migrated');
    expect(await here.rows('select inhrelid::regclass::text from pg_inherits where inhdetachpending')).toHaveLength(1);
    return here;
  }
  const left = 'select inhrelid::regclass::text as name from pg_inherits order by 1';

  it('is finished, and not sent again', async () => {
    const here = await pending();
    const { outcome, lines } = await here.run(REPAIR);
    expect(ending(outcome)).toBe('repaired 0 unchanged');
    expect(lines.join('\n')).toContain('statement 1 was finished');
    expect(lines.join('\n')).toMatch(/ran: alter table parted detach partition part_1 finalize/);
    expect(await here.rows(RECORDS)).toMatchObject([{ status: 'pending', progress: { done: 1, started: null } }]);
    expect(await here.rows(left)).toEqual([{ name: 'part_2' }]);
    expect(ending((await here.run({ 'fail-on': 'none' })).outcome)).toBe('applied 0 migrated');
    expect(await here.rows(left)).toEqual([]);
  });

  it('is finished by the next run as well', async () => {
    const here = await pending();
    expect(ending((await here.run({ 'fail-on': 'none' })).outcome)).toBe('applied 0 migrated');
    expect(await here.rows(left)).toEqual([]);
  });

  it('is finished whatever a person says of it', async () => {
    const here = await pending();
    const told = { settle: '1=again', 'settle-reason': 'it did not end' };
    expect(ending((await here.run({ ...REPAIR, ...told })).outcome)).toBe('repaired 0 unchanged');
    expect(await here.rows(RECORDS)).toMatchObject([{ progress: { done: 1, started: null } }]);
  });
});

describe('its own rows', () => {
  /** One transactional failure, that nothing is left of. */
  async function failed(): Promise<Scene> {
    const here = await scene({ '1_a.sql': 'create table a (id int);\ncreate table note (id int);' }, SETUP);
    await here.run(
      { 'review-delay': '10ms' },
      { onPause: async () => void (await here.client.query('create table note (id int)')) },
    );
    return here;
  }

  it.each(['schema_migrations', 'migration_history'])('are proved before COMMIT: a trigger on %s', async (table) => {
    const here = await failed();
    await here.client.query(`create function swallow() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger swallow before insert or update on ${table} for each row execute function swallow()`);
    const before = await here.rows(RECORDS);
    const { outcome } = await here.run(REPAIR);
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('is not there as it was written');
    expect(await here.rows(RECORDS)).toEqual(before);
    expect(await here.rows(HISTORY)).toEqual([]);
  });

  it.each([
    ['before', 'failed 1 unchanged'],
    ['answered', 'repaired 0 unchanged'],
  ] as const)('tell what became of a COMMIT whose answer was lost: %s', async (moment, expected) => {
    const here = await failed();
    const proxy = await cuttableProxy(here.database.url);
    proxy.atCommit(1, moment, async () => proxy.reset());
    const { outcome } = await here.run(REPAIR, { url: `${proxy.url}?sslmode=disable` });
    await proxy.close();
    expect(ending(outcome)).toBe(expected);
    const settled = expected.startsWith('repaired');
    expect(await here.rows(RECORDS)).toMatchObject([{ status: settled ? 'pending' : 'failed' }]);
    expect(await here.rows(HISTORY)).toHaveLength(settled ? 1 : 0);
  });

  it('are written where there was no table for them yet', async () => {
    const here = await scene(FILES, SETUP);
    const told = { ...REPAIR, settle: '1=applied', 'settle-reason': 'made by hand' };
    expect(ending((await here.run(told)).outcome)).toBe('repaired 0 unchanged');
    expect(await here.rows(RECORDS)).toMatchObject([{ version: '1', status: 'completed' }]);
    expect((await here.run({ mode: 'dry-run' })).outcome.pending).toMatchObject([{ version: '2' }]);
  });

  it('are not written where a file is still to make the table', async () => {
    const here = await scene({
      '0_tracking.sql': 'create table schema_migrations (version text primary key);',
      ...FILES,
    });
    const { outcome } = await here.run({ ...REPAIR, settle: '1=applied', 'settle-reason': 'made by hand' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('until migrations/0_tracking.sql has made schema_migrations');
    expect(await here.rows("select to_regclass('schema_migrations') is null as none")).toEqual([{ none: true }]);
  });
});

describe("somebody else's records", () => {
  const FLYWAY = `create table flyway_schema_history (installed_rank int primary key, version text, description text,
    type text, script text, checksum int, installed_by text, installed_on timestamp, execution_time int, success boolean);
    insert into flyway_schema_history values (1, '1', 'a', 'SQL', 'V1__a.sql', 1, 'me', now(), 1, true)`;
  const TOOL = { mode: 'repair', engine: 'command', command: 'flyway migrate', 'command-probe': 'flyway info' };

  it('that wait to be settled are left to the tool', async () => {
    const failed = `update flyway_schema_history set success = false`;
    const here = await scene({}, [FLYWAY, failed]);
    const { outcome } = await here.run(TOOL);
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('1 is recorded as failed in public.flyway_schema_history');
    expect(outcome.error?.next).toContain("Flyway's own command");
  });

  it('are well', async () => {
    const here = await scene({}, FLYWAY);
    expect(ending((await here.run(TOOL)).outcome)).toBe('repaired 0 unchanged');
  });

  it('cannot be settled by words', async () => {
    const here = await scene({}, FLYWAY);
    const told = { settle: '1=applied', 'settle-reason': 'x' };
    await expect(here.run({ ...TOOL, ...told })).rejects.toThrow("the tool's own command settles its records");
  });
});

describe('in production', () => {
  it('the phrase is asked for', async () => {
    const here = await withInvalidIndex();
    const { outcome } = await here.run({ ...REPAIR, environment: 'production' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('repair in production needs confirm-token');
    const told = { ...REPAIR, environment: 'production', 'confirm-token': 'MIGRATE-PRODUCTION' };
    expect(ending((await here.run(told)).outcome)).toBe('repaired 0 unchanged');
  });
});
