/**
 * Schemas in front of pg_catalog: whoever may create something there has operators, functions and types of theirs found by
 * whoever does not say whose are meant. Our own questions say it, whatever the role, the database or a migration has set.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { psqlFile, runCommand } from '../support/command.ts';
import { runGate } from '../support/gate.ts';
import { pgMajor } from '../support/global-setup.ts';
import { type Server, startServer } from '../support/postgres.ts';
import { ending, type Scene, scene, until, working } from '../support/scene.ts';
import { castShadows, shadowed } from '../support/shadow.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer({ major: pgMajor, settings: { wal_level: 'replica' } });
  // What every database begins as.
  const template = new pg.Client({ connectionString: server.url('template1') });
  await template.connect();
  await castShadows(template);
  await template.end();
}, 120_000);
afterAll(() => server.remove());

let roles = 0;
let known = 0;

/** The database of a role that finds the look-alikes first. */
async function shadows(files: Record<string, string>, setup: string): Promise<Scene & { readonly url: string }> {
  const here = await scene(files, '', { url: server.url() });
  roles += 1;
  const role = `deployer_${roles}`;
  await here.client.query(`create role ${role} login password 'p';
    alter role ${role} set search_path = shadow, pg_catalog, app, public;
    alter database "${here.database.name}" owner to ${role}; alter schema public owner to ${role};
    create schema app authorization ${role}; set role ${role}; set search_path = app; ${setup}; reset role; reset search_path`);
  const url = new URL(here.database.url);
  url.username = role;
  url.password = 'p';
  return { ...here, url: url.href };
}

/** Called since the last look. */
async function caught(): Promise<string[]> {
  const all = await shadowed(server);
  const fresh = all.slice(known);
  known = all.length;
  return fresh;
}

const NOW = { 'fail-on': 'none' };

/** Nothing in it that would find a look-alike by itself. */
const WORK = `create table app.b (id int primary key, a int, constraint b_a foreign key (a) references app.a deferrable initially deferred);
alter table app.b add column gone int;
alter table app.b drop column gone;
create sequence app.s;
select pg_catalog.setval('app.s', 3);
create index if not exists b_a_index on app.b (a);
create temporary table t (id int) on commit drop;
select pg_catalog.pg_advisory_lock(4711);
select pg_catalog.pg_sleep(0.3);
lock table app.a;
truncate app.empty;
prepare p as select 1;
do $$ begin perform pg_catalog.set_config('app.x', '1', false); end $$;
insert into app.b values (1, 1);
alter type app.mood add value 'b';`;

const ALONE = `create index concurrently if not exists a_code on app.a (code);
create index concurrently on app.a (id, code);
reindex index concurrently app.a_code;
reindex table concurrently app.a;
create unique index concurrently a_both on app.a (id, code);
drop index concurrently app.a_old;
alter table app.parts detach partition app.part concurrently;
vacuum app.a;`;

const SETUP = `create table a (id int primary key, code varchar(10)); insert into a values (1, 'one'), (2, 'two');
  create index a_old on a (code); create table empty (id int); create type mood as enum ('a');
  create table parts (id int) partition by range (id); create table part partition of parts for values from (0) to (10)`;

describe('look-alikes of all that the server has, found before it', () => {
  it('are of all kinds, and are told of', async () => {
    const here = await shadows({}, 'create table it (id int)');
    const client = await here.database.client({ connectionString: here.url });
    for (const sql of [
      `select relname = 'a' from pg_catalog.pg_class`,
      `select 'a'::text`,
      'select now()',
      `select 1 from pg_catalog.pg_class where relkind in ('r')`,
      `select 1 from pg_catalog.pg_class where oid = pg_catalog.to_regclass('x')`,
      `select 1 where 'a'::pg_catalog.varchar = 'b'::pg_catalog.varchar`,
    ])
      await expect(client.query(sql), sql).rejects.toThrow('shadowed');
    expect(await caught()).toHaveLength(6);
  });

  it('SQL files: every mode', async () => {
    const here = await shadows(
      {
        '1_work.sql': WORK,
        '2_alone.sql': ALONE,
        '3_more.sql':
          'begin; create table app.c (id int); commit; begin; drop table app.c; rollback; drop table app.c;',
        '3_more.down.sql': 'create table app.c (id int);',
      },
      SETUP,
    );
    const { run, url } = here;
    const inputs = { ...NOW, 'critical-tables': 'a, app.b', 'critical-indexes': 'a_code', backup: 'marker' };
    for (const more of [{}, { 'dry-run-max-bytes': '1kB' }, { 'max-blocking': '1ms', 'lock-retries': '0' }]) {
      const { outcome } = await run({ ...inputs, mode: 'dry-run', ...more }, { url });
      expect.soft(outcome.error?.message ?? null).toBeNull();
      expect.soft(await caught()).toEqual([]);
    }
    const { outcome } = await run({ ...inputs, 'review-delay': '1s' }, { url });
    expect.soft(outcome.error?.message ?? null).toBeNull();
    expect.soft(await caught()).toEqual([]);
    expect(ending(outcome)).toBe('applied 0 migrated');
    for (const mode of ['status', 'verify', 'repair', 'dry-run']) {
      const looked = await run({ ...inputs, mode }, { url });
      expect.soft([mode, looked.outcome.exitCode, looked.outcome.error?.message ?? null]).toEqual([mode, 0, null]);
      expect.soft([mode, await caught()]).toEqual([mode, []]);
    }
  });

  it.each([
    ['23502', 'alter table app.a alter code set not null;', 'has no code'],
    ['23505', 'create unique index on app.a (code);', 'stands there more than once'],
    ['23503', 'alter table app.r add constraint x foreign key (a, code) references app.q (id, code);', 'refers by'],
    ['23514', 'alter table app.a add check (code is not null);', 'does not satisfy'],
    ['22P02', 'alter table app.a alter code type int using null;', ''],
    ['22P02', 'alter table app.a alter code type uuid;', ''],
    ['42P07', 'create table app.a (id int);', ''],
    ['57014', 'set statement_timeout = 1; select pg_catalog.pg_sleep(1);', ''],
  ])('a file that fails on what is there (%s: %s)', async (_, sql, words) => {
    const here = await shadows(
      { '1_it.sql': `set local search_path = shadow, pg_catalog, app; ${sql}` },
      `${SETUP}; insert into a values (3, null), (4, 'one');
       create table q (id int, code varchar(9), primary key (id, code)); create table r (a int, code varchar(9)); insert into r values (1, 'x')`,
    );
    const { outcome } = await here.run({ ...NOW, 'show-data': 'true' }, { url: here.url });
    expect.soft(await caught()).toEqual([]);
    if (words !== '') expect(outcome.error?.hint ?? '').toContain(words);
  });

  it('what an interrupted run has left is judged and settled', async () => {
    const here = await shadows(
      { '1_index.sql': 'create unique index concurrently a_code on app.a (code);\nreindex table concurrently app.a;' },
      SETUP,
    );
    const { run, url } = here;
    const onPause = async () => {
      await here.client.query(`insert into app.a values (5, 'one')`);
    };
    const first = await run({ ...NOW, 'review-delay': '1s' }, { url, onPause });
    expect(first.outcome.exitCode).toBe(7);
    expect.soft(await caught()).toEqual([]);
    for (const mode of ['status', 'dry-run', 'repair']) {
      await run({ ...NOW, mode }, { url });
      expect.soft([mode, await caught()]).toEqual([mode, []]);
    }
    await here.client.query('delete from app.a where id = 5');
    const { outcome } = await run(NOW, { url });
    expect.soft(outcome.error?.message ?? null).toBeNull();
    expect.soft(await caught()).toEqual([]);
  });

  it('another holds the lock, or is kept waiting', async () => {
    const asleep = ({ client }: Scene) => until(client, working('%pg_sleep(%'));
    const long = await shadows({ '1_it.sql': 'lock table app.a; select pg_catalog.pg_sleep(30);' }, SETUP);
    const reading = asleep(long).then(() => long.client.query('select from app.a'));
    const impatient = { ...NOW, mode: 'dry-run', 'max-blocking': '100ms', 'lock-retries': '0' };
    const kept = await long.run(impatient, { url: long.url });
    await reading;
    expect(ending(kept.outcome)).toBe('dry-run-inconclusive 3 unchanged');
    expect.soft(await caught()).toEqual([]);
    const here = await shadows({ '1_it.sql': 'lock table app.a; select pg_catalog.pg_sleep(2);' }, SETUP);
    const { url } = here;
    const first = runGate(here.workspace, url, NOW);
    await asleep(here);
    const second = await runGate(here.workspace, url, { ...NOW, 'lock-wait': '100ms' });
    expect(ending(second.outcome)).toBe('refused 5 unchanged');
    expect((await first).outcome.error).toBeNull();
    expect.soft(await caught()).toEqual([]);
  });

  it('a tool: rehearsed on its own connections, and passed on in apply', async () => {
    const here = await shadows({}, `${SETUP}; create table public.schema_migrations (version varchar primary key)`);
    // Its table is known by what the probe asks, and read after each transaction.
    const tool =
      await psqlFile(`begin;\ninsert into public.schema_migrations values ('1');\n${WORK.replace(/^alter type.*$/m, '')}\ncommit;\n${ALONE}
set local lock_timeout = 0;
begin; declare c cursor with hold for select 1; fetch c; create temporary table u (id int) on commit delete rows; commit;
\\c
create table app.last (id int);`);
    const probe = [...(tool.probe ?? []).slice(0, -1), 'select from public.schema_migrations'];
    for (const mode of ['dry-run', 'apply', 'status', 'verify']) {
      const { outcome } = await runCommand({ ...tool, probe }, here.url, { ...NOW, mode });
      expect.soft([mode, outcome.exitCode, outcome.error?.message ?? null]).toEqual([mode, 0, null]);
      expect.soft([mode, await caught()]).toEqual([mode, []]);
    }
  });
});
