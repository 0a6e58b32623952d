/** What becomes of a tool's statements that a rehearsal cannot simply execute, and of those that fail. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, StatementReport } from '../../src/report/outcome.ts';
import { dryRunCommand, ending, nodeTool, psqlFile, runCommand } from '../support/command.ts';
import type { Database } from '../support/database.ts';
import { databaseWith, locksOf } from '../support/dry-run.ts';
import { dump } from '../support/dump.ts';

const SETUP = `
  create table t (id bigint primary key, v text); insert into t select n, 'x' from generate_series(1, 5000) n;
  create sequence s; select setval('s', 77); create type mood as enum ('sad');
  create table parent (id int primary key);
  create table child (parent int references parent deferrable initially deferred);
  create table twice (id int); insert into twice select n % 2999 from generate_series(1, 3000) n`;

let database: Database;
beforeAll(async () => {
  database = await databaseWith(SETUP);
});

/** `psql -f` of these statements, dry; the database is as it was. */
async function dryRun(sql: string, inputs: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return (await dryRunCommand(await psqlFile(sql), database, inputs)).outcome;
}

const all = (outcome: Outcome): readonly StatementReport[] =>
  outcome.migrations.flatMap(({ statements }) => statements);
/** `line executed: reason` */
const fates = (outcome: Outcome) =>
  all(outcome).map(({ line, executed, reason }) => `${line} ${executed}${reason === null ? '' : `: ${reason}`}`);
const rules = (outcome: Outcome, rule: string) =>
  outcome.hazards
    .filter((hazard) => hazard.rule === rule)
    .map(({ line, severity, message }) => `${line} ${severity} ${message}`);

const PASSED = { result: 'dry-run-passed', exitCode: 0, databaseState: 'unchanged' };
const FAILED = { result: 'failed', exitCode: 1, databaseState: 'unchanged' };

it('an isolation level that was asked for is not the one that it was rehearsed in, and that is said', async () => {
  const asks = 'begin isolation level serializable; insert into t values (5001); commit;\n';
  const outcome = await dryRun(asks + asks.replace('5001', '5002'));
  expect(ending(outcome)).toEqual(PASSED);
  expect(outcome.warnings).toEqual([
    'psql: a transaction asks for ISOLATION LEVEL SERIALIZABLE: it was rehearsed in READ COMMITTED',
  ]);
});

describe('what no transaction allows', () => {
  it('is rehearsed in its plain form, or said to be done and told', async () => {
    const outcome = await dryRun(`create index concurrently t_v on t (v);
vacuum t;
alter system set work_mem = '5MB';
create database somewhere_else;
drop index concurrently t_v;
reindex (concurrently) table t;
`);
    expect(ending(outcome)).toEqual(PASSED);
    expect(fates(outcome)).toEqual([
      '1 false: rehearsed in its plain form: CREATE INDEX CONCURRENTLY cannot run in a transaction',
      '2 false: VACUUM cannot run in a transaction',
      '3 false: ALTER SYSTEM cannot run in a transaction',
      '4 false: CREATE DATABASE cannot run in a transaction',
      '5 false: rehearsed in its plain form: DROP INDEX CONCURRENTLY cannot run in a transaction',
      '6 false: rehearsed in its plain form: REINDEX TABLE CONCURRENTLY cannot run in a transaction',
    ]);
    const client = await database.client();
    const { rows } = await client.query(
      `select count(*)::int as others from pg_database where datname = 'somewhere_else'`,
    );
    expect(rows).toEqual([{ others: 0 }]);
  });

  it('is not tried on a table that is too large; what follows from that is no failure', async () => {
    const outcome = await dryRun(
      `create unique index concurrently t_v on t (id);
alter table t add constraint t_again unique using index t_v;
comment on table t is 'a';
`,
      { 'max-blocking': '1ms' },
    );
    expect(ending(outcome)).toEqual(PASSED);
    expect(fates(outcome)).toEqual([
      expect.stringMatching(/^1 false: CREATE INDEX CONCURRENTLY cannot run in a transaction, and t .* too large/),
      '2 false: it needs t_v, which a statement not executed would have made or changed',
      '3 true',
    ]);
  });

  it('would fail when it is applied: that is found out all the same', async () => {
    const outcome = await dryRun(
      `create unique index concurrently twice_id on twice (id);
vacuum nowhere;
comment on table t is 'a';
`,
      { 'max-blocking': '1ms' },
    );
    expect(rules(outcome, 'fails-when-applied').sort()).toEqual([
      '1 danger It would fail: 1 key (id) of twice stands there more than once (as the table is without this run).',
      '2 danger It would fail: there is no table nowhere.',
    ]);
  });

  it('is kept from being taken for done by an invalid index', async () => {
    const client = await database.client();
    await expect(client.query('create unique index concurrently twice_once on twice (id)')).rejects.toThrow(
      /duplicate|could not/,
    );
    const outcome = await dryRun('create unique index concurrently if not exists twice_once on twice (id);\n');
    await client.query('drop index twice_once');
    expect(outcome.hazards).toContainEqual(
      expect.objectContaining({ rule: 'if-not-exists-hides-invalid-index', severity: 'danger', line: 1 }),
    );
  });

  it('inside of a block fails as it would for real', async () => {
    const outcome = await dryRun('begin;\ncreate index concurrently t_v on t (v);\ncommit;\n');
    expect(ending(outcome)).toEqual(FAILED);
    expect(outcome.error).toMatchObject({ sqlstate: '25001', file: 'up.sql', line: 2 });
  });
});

describe('sequences and rows', () => {
  it('setval is answered and not executed', async () => {
    const client = await database.client();
    const before = await client.query('select last_value from s');
    const run = await dryRunCommand(await psqlFile(`select setval('s', 500, true);\nselect nextval('s');\n`), database);
    expect(fates(run.outcome)).toContain('1 false: setval on a sequence that exists is not undone by a rollback');
    expect(run.lines.filter((line) => /^psql: \s*500$/.test(line))).toHaveLength(1);
    const after = await client.query('select last_value from s');
    expect(Number(after.rows[0].last_value)).toBe(Number(before.rows[0].last_value) + 1);
  });

  it('COPY both ways, its rows counted', async () => {
    const outcome = await dryRun(
      `copy t from stdin;\n10001\ta\n10002\tb\n\\.\n\\copy (select * from t where id > 10000) to 'out.txt'\n`,
    );
    expect(ending(outcome)).toEqual(PASSED);
    expect(all(outcome)[0]).toMatchObject({
      executed: true,
      rows: 2,
      touched: [{ relation: 'public.t', inserted: 2, updated: 0, deleted: 0 }],
    });
  });

  it('a loop is told as one, with its rows and its locks', async () => {
    const tool = await nodeTool(`const a = await connect();
      await a.query('begin');
      for (let i = 1; i <= 300; i++) await a.query('update t set v = $1 where id = $2', ['n' + i, i]);
      for (let i = 1; i <= 100; i++) await a.query("insert into t values (" + (20000 + i) + ", 'w')");
      await a.query('alter table t add column w int');
      await a.query('commit');
      await a.end();`);
    const { outcome } = await dryRunCommand(tool, database);
    const told = all(outcome).map((one) => [
      one.count,
      one.rows,
      one.touched.map(({ inserted, updated }) => inserted + updated),
    ]);
    expect(told).toEqual([
      [1, 1, [1]],
      [1, 1, [1]],
      [298, 298, [298]],
      [100, 100, [100]],
      [1, null, []],
    ]);
    const [first, , , , last] = all(outcome);
    expect(first && locksOf(first)).toEqual(['public.t RowExclusiveLock', 'public.t_pkey RowExclusiveLock']);
    expect(last && locksOf(last)).toEqual(['public.t AccessExclusiveLock']);
    expect(outcome.coverage).toEqual({ statements: 401, executed: 401 });
    expect(outcome.migrations).toMatchObject([{ transactional: true }]);
  });

  it('a statement that would write too much is left out, and one that is wrong says so itself', async () => {
    const limit = { 'dry-run-max-bytes': '20kB' };
    const large = await dryRun('update t set v = repeat(v, 100);\ncomment on table t is null;\n', limit);
    expect(fates(large)).toEqual([
      expect.stringMatching(/^1 false: it would write about .* more than dry-run-max-bytes/),
      '2 true',
    ]);
    const wrong = await dryRun('update t set nothing = 1;\n', limit);
    expect(ending(wrong)).toEqual(FAILED);
    expect(wrong.error).toMatchObject({ sqlstate: '42703', line: 1 });
  });
});

describe('what only a COMMIT shows', () => {
  it.each([
    ['at COMMIT', 'begin;\ninsert into child values (1);\ncommit;\n'],
    ['of one statement by itself', 'insert into child values (1);\n'],
    ['at SET CONSTRAINTS', 'begin;\ninsert into child values (1);\nset constraints all immediate;\ncommit;\n'],
  ])('a deferred constraint fails: %s', async (_, sql) => {
    const outcome = await dryRun(sql);
    expect(ending(outcome)).toEqual(FAILED);
    expect(outcome.error).toMatchObject({ class: 'constraint', sqlstate: '23503', file: 'up.sql' });
  });

  it('a deferred constraint holds, also where code fires it', async () => {
    const outcome = await dryRun(`begin;
insert into child values (1);
insert into parent values (1);
set constraints all immediate;
commit;
begin;
do $$ begin set constraints all immediate; end $$;
commit;
`);
    expect(ending(outcome)).toEqual(PASSED);
    expect(fates(outcome).filter((one) => !one.endsWith(' true'))).toEqual([]);
  });

  it('an enum value is used after the transaction that added it', async () => {
    const outcome = await dryRun(`alter type mood add value 'glad';
create table moods (mood mood);
insert into moods values ('glad');
do $$ begin insert into moods values ('glad'); end $$;
insert into moods values ('sad');
`);
    expect(ending(outcome)).toEqual(PASSED);
    const because = `it uses the enum value 'glad' that up.sql adds: PostgreSQL allows that only once it is committed`;
    expect(fates(outcome)).toEqual(['1 true', '2 true', `3 false: ${because}`, `4 false: ${because}`, '5 true']);
  });

  it('an enum value is used in the transaction that adds it: that fails for real', async () => {
    const outcome = await dryRun(`create table moods (mood mood);
begin;
alter type mood add value 'glad';
insert into moods values ('glad');
commit;
`);
    expect(ending(outcome)).toEqual(FAILED);
    expect(outcome.error).toMatchObject({ sqlstate: '55P04', file: 'up.sql', line: 4 });
  });

  it('a DO that commits, by its words or by what it calls', async () => {
    const outcome = await dryRun(`do $$ begin insert into t values (30000, 'y'); commit; end $$;
create procedure p() language plpgsql as $$ begin insert into t values (30001, 'y'); commit; end $$;
call p();
do $$ begin call p(); end $$;
comment on table t is null;
`);
    expect(ending(outcome)).toEqual(PASSED);
    expect(fates(outcome)).toEqual([
      '1 false: DO that commits cannot run in a transaction',
      '2 true',
      '3 false: it commits by itself, which no transaction allows',
      '4 false: it commits by itself, which no transaction allows',
      '5 true',
    ]);
  });

  it('settings and temporary tables of a transaction end with it', async () => {
    const outcome = await dryRun(`begin;
set local search_path = pg_catalog;
create temporary table scratch (id int) on commit drop;
commit;
create table here (id int);
create temporary table scratch (id int);
`);
    expect(ending(outcome)).toEqual(PASSED);
    expect(outcome.schemaDiff).toContainEqual(expect.objectContaining({ change: 'added', name: 'public.here' }));
  });
});

describe('statements that fail', () => {
  it('psql without ON_ERROR_STOP goes on, and ends well: that is a danger', async () => {
    const { folder, apply, probe } = await psqlFile(
      'create table one (id int);\nalter table nowhere add column a int;\ncreate table two (id int);\n',
    );
    const bare = apply.filter((word) => word !== '-v' && !word.startsWith('ON_ERROR_STOP'));
    const { outcome } = await dryRunCommand({ folder, apply: bare, probe }, database, { 'fail-on': 'danger' });
    expect(ending(outcome)).toEqual({ result: 'refused', exitCode: 3, databaseState: 'unchanged' });
    expect(rules(outcome, 'fails-when-applied')).toEqual([
      '2 danger It fails (relation "nowhere" does not exist), and psql goes on: what it was to do is not done.',
    ]);
  });

  it('one that the tool has rolled back to its savepoint is not why it fails later', async () => {
    const tool = await nodeTool(`const a = await connect();
      await a.query('begin');
      await a.query('savepoint s');
      await a.query('insert into t values (1)').catch(() => a.query('rollback to savepoint s'));
      await a.query('create table x (id int)');
      await a.query('commit');
      await a.end();
      throw new Error('something else');`);
    const { outcome } = await dryRunCommand(tool, database);
    expect(ending(outcome)).toEqual(FAILED);
    expect(outcome.error).toMatchObject({
      class: 'tool',
      message: 'node ended with exit code 1: Error: something else',
    });
    expect(all(outcome)[0]?.reason).toMatch(/^it failed .* and node went on$/);
  });

  it('how many rows are in the way', async () => {
    const outcome = await dryRun('alter table twice add primary key (id);\n');
    expect(outcome.error).toMatchObject({
      sqlstate: '23505',
      hint: expect.stringMatching(/1 key \(id\) of public.twice stands there more than once/),
    });
  });
});

describe('the digest', () => {
  it('does not depend on what a clock or chance has written into the statements, and on all else', async () => {
    const tool = (column: string) =>
      nodeTool(`const a = await connect();
        const now = new Date().toISOString(), id = crypto.randomUUID();
        await a.query("alter table t add column ${column} timestamptz default '" + now + "'");
        await a.query("alter table t add column key uuid default '" + id + "'");
        const rows = Array.from({ length: 10 + Math.floor(Math.random() * 10) }, (_, n) => "(" + (40000 + n) + ", '" + now + "')");
        await a.query('insert into t (id, v) values ' + rows.join(', '));
        await a.end();`);
    const digests = [];
    for (const column of ['made', 'made', 'seen']) {
      const { outcome } = await dryRunCommand(await tool(column), database);
      expect(ending(outcome)).toEqual(PASSED);
      digests.push(outcome.planDigest);
    }
    const [first, second, third] = digests;
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });
});

describe('a script that may be run again', () => {
  const UP_TO_DATE = { result: 'up-to-date', exitCode: 0, databaseState: 'unchanged' };

  it.each([
    'create table if not exists t (id int);\n',
    'create or replace view v_t as select id from t;\n',
    'create index concurrently if not exists t_pkey on t (id);\n',
    'insert into parent values (7) on conflict do nothing;\n',
    "do $$ begin if to_regclass('t') is null then create table t (id int); end if; end $$;\n",
    'select 1;\n',
  ])('has nothing to do: %s', async (sql) => {
    const client = await database.client();
    await client.query(
      'create or replace view v_t as select id from t; insert into parent values (7) on conflict do nothing',
    );
    expect(ending(await dryRun(sql))).toEqual(UP_TO_DATE);
  });

  it.each([
    "comment on table t is 'other';\n",
    "alter role postgres set work_mem = '5MB';\n",
    'analyze t;\n',
    'vacuum t;\n',
    "select setval('s', 5);\n",
    'create schema if not exists another;\n',
    'update parent set id = id;\n',
  ])('has something to do: %s', async (sql) => {
    const client = await database.client();
    await client.query('insert into parent values (7) on conflict do nothing');
    const outcome = await dryRun(sql, { 'allow-hazards': 'dry-run-inconclusive' });
    expect(outcome.result).not.toBe('up-to-date');
    expect(outcome.pending).toHaveLength(1);
  });
});

it('what the tool left locked in its session is free in the pause', async () => {
  const own = await databaseWith(SETUP);
  const client = await own.client();
  const tool = await psqlFile('select pg_advisory_lock(42);\ncreate table locked (id int);\n');
  let held: unknown = null;
  const before = await dump(own.url, { versions: true });
  const { outcome } = await runCommand(
    tool,
    own.url,
    { 'review-delay': '1s' },
    {
      onPause: async () => {
        expect(await dump(own.url, { versions: true })).toBe(before);
        held = (await client.query(`select pg_try_advisory_lock(42) as free, pg_advisory_unlock(42)`)).rows[0].free;
      },
    },
  );
  expect(held).toBe(true);
  expect(ending(outcome)).toEqual({ result: 'applied', exitCode: 0, databaseState: 'migrated' });
});
