/** What the dry run knows of a statement beyond its locks: rows written, emptied and dropped, sizes, traffic. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { Outcome, StatementReport } from '../../src/report/outcome.ts';
import type { Database } from '../support/database.ts';
import { databaseWith, dryRun, folderWith, statementOf } from '../support/dry-run.ts';
import { runGate } from '../support/gate.ts';

const SHOP = [
  'create table parent (id int primary key, note text)',
  'create table child (id int primary key, parent_id int references parent on delete cascade, state domain_less_text)'.replace(
    'domain_less_text',
    'text',
  ),
  'create domain label as text',
  'create table labelled (id int, a label, b label)',
  'create table audit (at timestamptz, what text)',
  'create table empty (id int)',
  `create function note_it() returns trigger language plpgsql as $$ begin insert into audit values (now(), tg_op); return null; end $$`,
  'create trigger noted after update on parent for each row execute function note_it()',
  'create function wipe() returns void language plpgsql as $$ begin delete from child; end $$',
  "insert into parent select g, 'n' from generate_series(1, 10) g",
  'insert into child select g, g, null from generate_series(1, 10) g',
  "insert into labelled select g, 'a', case when g % 2 = 0 then 'b' end from generate_series(1, 10) g",
  'create view parents as select id from parent',
  'create materialized view notes as select note from parent',
  'create table log (id int) partition by range (id)',
  'create table log_1 partition of log for values from (0) to (10)',
  'create table log_2 partition of log for values from (10) to (20)',
  'insert into log select generate_series(1, 19)',
];

let made: Promise<Database> | null = null;
const shop = () => (made ??= databaseWith(SHOP));

type Facts = Partial<Pick<StatementReport, 'dropped' | 'droppedViews' | 'truncated' | 'rewrites'>> & {
  readonly touched?: Readonly<Record<string, readonly [number, number, number]>>;
  readonly columns?: Readonly<Record<string, number | null>>;
};

describe('what a statement does to rows and relations', () => {
  it.each<[string, Facts]>([
    ["insert into parent values (11, 'x'), (12, 'y')", { touched: { parent: [2, 0, 0] } }],
    ["update parent set note = 'z' where id < 4", { touched: { parent: [0, 3, 0], audit: [3, 0, 0] } }],
    ['delete from parent where id < 3', { touched: { parent: [0, 0, 2], child: [0, 0, 2] } }],
    ['select wipe()', { touched: { child: [0, 0, 10] } }],
    ['do $$ begin delete from child; end $$', { touched: { child: [0, 0, 10] } }],
    ['insert into log values (5), (15)', { touched: { log_1: [1, 0, 0], log_2: [1, 0, 0] } }],
    ['alter table child alter column id type bigint', { rewrites: ['child'] }],
    ['alter table parent add column n int default 7', {}],
    ['create table copied as select * from parent', {}],
    ['refresh materialized view notes', { rewrites: ['notes'] }],
    ['truncate child', { truncated: ['child'] }],
    ['truncate parent cascade', { truncated: ['child', 'parent'] }],
    ['truncate log', { truncated: ['log_1', 'log_2'] }],
    ['do $$ begin truncate child; end $$', { truncated: ['child'] }],
    ["do $$ begin execute 'trun' || 'cate child'; end $$", { truncated: ['child'] }],
    ['do $$ begin alter table empty alter column id type bigint; end $$', { rewrites: ['empty'] }],
    ['drop table child', { dropped: ['child'] }],
    ['drop table parent cascade', { dropped: ['notes', 'parent'], droppedViews: ['parents'] }],
    ['do $$ begin drop table child; end $$', { dropped: ['child'] }],
    ['drop table log', { dropped: ['log', 'log_1', 'log_2'] }],
    ['drop view parents', { droppedViews: ['parents'] }],
    ['alter table child drop column state', { columns: { 'child.state': 0 } }],
    ['alter table labelled drop column b, drop column id', { columns: { 'labelled.id': 10, 'labelled.b': 5 } }],
    ['drop domain label cascade', { columns: { 'labelled.a': 10, 'labelled.b': 5 } }],
    ['do $$ begin alter table child drop state; end $$', { columns: { 'child.state': 0 } }],
    ['alter table child drop constraint child_pkey', {}],
    ['alter table child rename to kid', {}],
  ])('%s', async (sql, expected) => {
    const { outcome } = await dryRun(await shop(), { '1_a.sql': `${sql};` }, { 'fail-on': 'none' });
    expect(outcome.error).toBeNull();
    const seen = statementOf(outcome, '1_a.sql');
    const bare = (names: readonly string[]) => names.map((name) => name.replace('public.', '')).sort();
    expect({
      touched: Object.fromEntries(
        seen.touched.map((one) => [one.relation.replace('public.', ''), [one.inserted, one.updated, one.deleted]]),
      ),
      dropped: bare(seen.dropped),
      droppedViews: bare(seen.droppedViews),
      truncated: bare(seen.truncated),
      rewrites: bare(seen.rewrites),
      columns: Object.fromEntries(
        seen.droppedColumns.map((one) => [`${one.relation.replace('public.', '')}.${one.column}`, one.values]),
      ),
    }).toEqual({ touched: {}, dropped: [], droppedViews: [], truncated: [], rewrites: [], columns: {}, ...expected });
  });

  it('is told of the statement that did it, once', async () => {
    const { outcome } = await dryRun(await shop(), {
      '1_a.sql': `update child set state = 'a'; select 1; update child set state = 'b' where id = 1;
                  alter table child drop column state; alter table labelled drop column b; drop table child; select 2;`,
      '2_b.sql': 'truncate labelled; insert into labelled values (1); select 3;',
    });
    const told = outcome.migrations.flatMap((one) =>
      one.statements.map((statement) => ({
        updated: statement.touched.reduce((sum, touched) => sum + touched.updated, 0),
        columns: statement.droppedColumns.map((column) => column.column),
        dropped: statement.dropped,
        truncated: statement.truncated,
        inserted: statement.touched.reduce((sum, touched) => sum + touched.inserted, 0),
      })),
    );
    const nothing = { updated: 0, columns: [], dropped: [], truncated: [], inserted: 0 };
    expect(told).toEqual([
      { ...nothing, updated: 10 },
      nothing,
      { ...nothing, updated: 1 },
      { ...nothing, columns: ['state'] },
      { ...nothing, columns: ['b'] },
      { ...nothing, dropped: ['public.child'] },
      nothing,
      { ...nothing, truncated: ['public.labelled'] },
      { ...nothing, inserted: 1 },
      nothing,
    ]);
  });
});

describe('how large a relation is', () => {
  it('is known of a table that nobody has analysed, and of one with its partitions', async () => {
    const database = await databaseWith([
      ...SHOP,
      'alter table log set (autovacuum_enabled = off)'.replace(/^alter table log .*$/, 'select 1'),
      'create table loaded (id int) with (autovacuum_enabled = off)',
      'insert into loaded select generate_series(1, 12345)',
      'create table analysed (id int) with (autovacuum_enabled = off)',
      'insert into analysed select generate_series(1, 500)',
      'analyze analysed',
    ]);
    const { outcome } = await dryRun(database, {
      '1_a.sql':
        'alter table loaded add a int; alter table analysed add a int; alter table log add a int; alter table empty add a int;',
    });
    const rows = Object.fromEntries(outcome.sizes.map((one) => [one.relation, one.rows]));
    expect(rows).toMatchObject({
      'public.loaded': 12345,
      'public.analysed': 500,
      'public.log': 19,
      'public.empty': 0,
    });
    expect(outcome.sizes.find((one) => one.relation === 'public.log')?.bytes).toBeGreaterThan(0);
  });

  it('is known of what was named and not executed, and of what was never reached', async () => {
    const { outcome } = await dryRun(await shop(), {
      '1_a.sql': 'vacuum full labelled;',
      '2_b.sql': 'alter table parent add check (id > 5);',
      '3_c.sql': 'drop table child; drop table "log";',
    });
    expect(outcome.error?.sqlstate).toBe('23514');
    expect(outcome.sizes.map((one) => one.relation)).toEqual(
      expect.arrayContaining(['public.labelled', 'public.parent', 'public.child', 'public.log']),
    );
  });

  it('comes with its traffic, without what the dry run itself did', async () => {
    const database = await databaseWith([
      'create table busy (id int)',
      'create table idle (id int)',
      'insert into busy select generate_series(1, 600)',
    ]);
    const files = {
      '1_a.sql':
        'insert into busy select generate_series(1, 100000); alter table idle add a int; select pg_sleep(1.2);',
    };
    const first = await dryRun(database, files);
    const of = (run: typeof first, name: string) => run.outcome.sizes.find((one) => one.relation === `public.${name}`);
    // The server's counts began with the test run's server: seconds or minutes ago.
    const busy = of(first, 'busy');
    expect(busy).toBeDefined();
    if (busy?.writesPerMinute !== null) {
      expect(busy?.writesPerMinute).toBeGreaterThan(0);
      expect(busy?.writesPerMinute).toBeLessThanOrEqual(600);
      expect(of(first, 'idle')).toMatchObject({ writesPerMinute: 0 });
    }
  });
});

describe('what somebody else commits while it runs', () => {
  /** Until the relation is there, or the column of one. */
  const waitFor = (catalog: string, column: string, name: string) => `do $$ begin
    for look in 1..600 loop exit when exists (select from ${catalog} where ${column} = '${name}'); perform pg_sleep(0.05); end loop;
  end $$;`;

  async function untilItWaits(client: pg.Client): Promise<void> {
    const waits = `select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    while ((await client.query(waits)).rows.length === 0) await sleep(20);
  }

  const changed = ({ schemaDiff }: Outcome) => schemaDiff.map(({ kind, name }) => `${kind} ${name}`);

  it('is not taken for its own: neither in the difference, nor missed after apply', async () => {
    const database = await databaseWith();
    const client = await database.client();
    const workspace = await folderWith({
      '1_ours.sql': 'create table ours (id int);',
      '2_waits.sql': waitFor('pg_class', 'relname', 'theirs'),
    });
    const running = runGate(
      workspace,
      database.url,
      { mode: 'apply', 'review-delay': '1ms', 'fail-on': 'none' },
      {
        onPause: async () => {
          await client.query('alter table theirs add column more int');
        },
      },
    );
    await untilItWaits(client);
    await client.query('create table theirs (id int)');
    const { outcome } = await running;
    await client.end();
    expect(outcome.error).toBeNull();
    expect(changed(outcome)).toEqual(['table public.ours', 'column public.ours.id']);
    expect(outcome.databaseState).toBe('migrated');
  });

  it('does not hide what it changes of the same table', async () => {
    const database = await databaseWith('create table shared (id int, gone int)');
    const client = await database.client();
    const workspace = await folderWith({
      '1_waits.sql': waitFor('pg_attribute', 'attname', 'theirs'),
      '2_ours.sql': 'alter table shared drop column gone, add column ours int;',
    });
    const running = runGate(workspace, database.url, { mode: 'dry-run' });
    await untilItWaits(client);
    await client.query('alter table shared add column theirs int');
    const { outcome } = await running;
    await client.end();
    expect(outcome.result).toBe('dry-run-passed');
    expect(changed(outcome)).toEqual(['column public.shared.gone', 'column public.shared.ours']);
  });

  it('is theirs too where they have gone on with it before it was looked at again', async () => {
    const database = await databaseWith([
      'create table shared (id int)',
      `create function come(name text) returns boolean language plpgsql as $f$ begin
         for look in 1..600 loop
           if exists (select from pg_attribute where attname = name) then return true; end if;
           perform pg_sleep(0.05);
         end loop;
         return false;
       end $f$`,
    ]);
    const client = await database.client();
    const workspace = await folderWith({
      '1_ours.sql': 'create table ours (id int);',
      '2_waits.sql': waitFor('pg_attribute', 'attname', 'theirs'),
    });
    // Asked in the rehearsal, once its schema was read.
    await mkdir(join(workspace, 'smoke'));
    await writeFile(join(workspace, 'smoke', 'come.sql'), `select come('later');`);
    const running = runGate(workspace, database.url, {
      mode: 'apply',
      'fail-on': 'none',
      'smoke-tests': 'smoke/*.sql',
    });
    await untilItWaits(client);
    await client.query('alter table shared add column theirs int');
    await client.query(`do $$ begin
      while not exists (select from pg_stat_activity where datname = current_database() and query like '%come(''later'')%'
                          and pid <> pg_backend_pid() and wait_event = 'PgSleep') loop perform pg_stat_clear_snapshot(); end loop;
    end $$`);
    await client.query('alter table shared add column later int');
    const { outcome } = await running;
    await client.end();
    expect(outcome.error).toBeNull();
    expect(changed(outcome)).toEqual(['table public.ours', 'column public.ours.id']);
    expect(outcome.databaseState).toBe('migrated');
  });
});
