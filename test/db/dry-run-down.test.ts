/** The dry run goes down and up again: does the way back lead back, and can the way be gone twice? */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { databaseWith } from '../support/dry-run.ts';
import { rehearse, told } from '../support/rehearse.ts';

const SETUP = [
  'create table shop (id int primary key, name text not null, note text)',
  'create index shop_name on shop (name)',
  "insert into shop select g, 'n', 'x' from generate_series(1, 10) g",
];

const shop = () => databaseWith(SETUP);

describe('down and up again', () => {
  it.each<[string, Record<string, string>, (readonly [string, string | RegExp])[]]>([
    [
      'is nothing to tell where the way back leads back',
      {
        '1_a.sql': 'alter table shop add column total int default 1 not null; create index shop_total on shop (total);',
        '1_a.down.sql': 'drop index shop_total; alter table shop drop column total;',
        '2_b.sql':
          'create table extra (id serial primary key, shop_id int references shop); insert into extra (shop_id) values (1);',
        '2_b.down.sql': 'drop table extra;',
        '3_c.sql':
          'create function f() returns int language sql as $$ select 1 $$; create view v as select f() from shop;',
        '3_c.down.sql': 'drop view v; drop function f();',
      },
      [],
    ],
    [
      'names what is still there, of the file that left it',
      {
        '1_a.sql': 'create table one (id int);',
        '1_a.down.sql': 'drop table one;',
        '2_b.sql': 'create table two (id int); create table three (id int);',
        '2_b.down.sql': 'drop table two;',
        '3_c.sql': 'create index shop_note on shop (note);',
        '3_c.down.sql': 'drop index shop_note;',
      },
      [
        [
          'down-differs 2_b.down.sql',
          /^After it, .* before migrations\/2_b.sql: table public.three is still there; column/,
        ],
        ['up-again-fails 2_b.sql:1', /relation "three" already exists/],
      ],
    ],
    [
      'names what is missing',
      {
        '1_a.sql': 'alter table shop drop column note;',
        '1_a.down.sql': 'drop index shop_name; alter table shop add column note text;',
      },
      [['down-differs 1_a.down.sql', /index public.shop_name is missing/]],
    ],
    [
      'names what is otherwise',
      { '1_a.sql': 'alter table shop alter column name type varchar(100);', '1_a.down.sql': 'select 1;' },
      [['down-differs 1_a.down.sql', /column public.shop.name was text.* and is character varying\(100\)/]],
    ],
    [
      'compares with what an earlier pending file made',
      {
        '1_a.sql': 'create table one (id int, a int default 1);',
        '2_b.sql': 'alter table one alter column a set default 2;',
        '2_b.down.sql': 'alter table one alter column a set default 3;',
      },
      [['down-differs 2_b.down.sql', /column public.one.a was .*1.* and is .*3/]],
    ],
    [
      'names the line on which a way back fails',
      {
        '1_a.sql': 'create table one (id int);',
        '1_a.down.sql': '-- back\ndrop table one;\ndrop table onne;',
      },
      [['down-fails 1_a.down.sql:3', /^The way back fails, .*"onne" does not exist/]],
    ],
    [
      'tells of a way back that cannot be read',
      { '1_a.sql': 'create table one (id int);', '1_a.down.sql': 'begin;\ndrop table one;' },
      [['down-fails 1_a.down.sql:1', /^It cannot be read: .*COMMIT/]],
    ],
    [
      'finds that the rows of the way back are in the way of the second time',
      {
        '1_a.sql': 'alter table shop drop column note;',
        '1_a.down.sql': 'alter table shop add column note text;\ninsert into shop (id, name) values (0, $$x$$);',
        '2_b.sql': 'alter table shop add constraint positive check (id > 0);',
        '2_b.down.sql': 'alter table shop drop constraint positive;',
      },
      [['up-again-fails 2_b.sql:1', /"positive".* violated by some row/]],
    ],
    [
      'is not tried below a file without a way back',
      {
        '1_a.sql': 'create table one (id int);',
        '1_a.down.sql': 'drop table nothing_of_this;',
        '2_b.sql': 'create table two (id int);',
        '3_c.sql': 'create table three (id int);',
        '3_c.down.sql': 'drop table three;',
      },
      [],
    ],
    [
      'is not tried where not everything was executed',
      { '1_a.sql': 'vacuum shop;\ncreate table one (id int);', '1_a.down.sql': 'drop table one;' },
      [['rollback-not-tried 1_a.down.sql', 'not tried: migrations/1_a.sql:1 was not executed']],
    ],
    [
      'says what of the way back cannot be rehearsed',
      { '1_a.sql': 'create table one (id int);', '1_a.down.sql': 'drop table one;\nvacuum shop;' },
      [['rollback-not-tried 1_a.down.sql', /1_a.down.sql:2 was not executed: VACUUM cannot run in a transaction/]],
    ],
    [
      'runs the plain form of what cannot run in a transaction',
      {
        '1_a.sql': 'create index concurrently shop_note on shop (note);',
        '1_a.down.sql': 'drop index concurrently shop_note;',
      },
      [],
    ],
  ])('%s', async (_, files, expected) => {
    const rehearsal = await rehearse(await shop(), files);
    expect(rehearsal.verdict).toBe('passed');
    expect(rehearsal.error).toBeNull();
    const seen = told(rehearsal.findings);
    expect(seen.map(([what]) => what).sort()).toEqual(expected.map(([what]) => what).sort());
    for (const [what, message] of expected) expect(seen.find((one) => one[0] === what)?.[1]).toMatch(message);
    // The report is of the way up alone.
    expect(rehearsal.migrations.map((one) => one.status)).toEqual(rehearsal.migrations.map(() => 'rehearsed'));
    expect(rehearsal.migrations.every((one) => one.file.endsWith('.sql') && !one.file.endsWith('.down.sql'))).toBe(
      true,
    );
  });

  it('is left out where that is asked for, and where the way up fails', async () => {
    const database = await shop();
    const files = { '1_a.sql': 'create table one (id int);', '1_a.down.sql': 'drop table nothing;' };
    expect((await rehearse(database, files, { 'rehearse-rollback': 'false' })).findings).toEqual([]);
    expect((await rehearse(database, files, { 'rehearse-rollback': 'true' })).findings).toHaveLength(1);
    const failing = await rehearse(database, { ...files, '2_b.sql': 'select nothing;' });
    expect(failing.verdict).toBe('failed');
    expect(failing.findings).toEqual([]);
  });

  it('does not turn a dry run that passed into one that did not, when somebody waits on it', async () => {
    const database = await shop();
    const other = await database.client({ application_name: 'the app' });
    const running = rehearse(
      database,
      {
        '1_a.sql': 'create table one (id int);',
        '1_a.down.sql': 'drop table one; lock table shop; select pg_sleep(20);',
      },
      { 'max-blocking': '200ms', 'lock-retries': '0' },
    );
    for (let looks = 0; looks < 3_000; looks += 1) {
      const { rows } = await other.query(
        `select 1 from pg_locks where relation = 'shop'::regclass and mode = 'AccessExclusiveLock' and granted`,
      );
      if (rows.length > 0) break;
      await wait(10);
    }
    await other.query('select * from shop');
    const rehearsal = await running;
    expect(rehearsal.verdict).toBe('passed');
    expect(rehearsal.migrations[0]?.status).toBe('rehearsed');
    expect(told(rehearsal.findings)).toEqual([
      ['rollback-not-tried 1_a.down.sql', 'not tried: it kept somebody else waiting for max-blocking'],
    ]);
    expect(rehearsal.blocked).toMatchObject([{ application: 'the app', file: 'migrations/1_a.down.sql' }]);
  });

  it('ends with the time of the dry run, which has passed', async () => {
    const database = await shop();
    const files = { '1_a.sql': 'create table one (id int);', '1_a.down.sql': 'drop table one; select pg_sleep(20);' };
    let rehearsal = await rehearse(database, files, { 'dry-run-timeout': '1500ms' });
    // On a machine that stood still the time was over on the way up.
    if (rehearsal.verdict !== 'passed') rehearsal = await rehearse(database, files, { 'dry-run-timeout': '15s' });
    expect(rehearsal.verdict).toBe('passed');
    expect(told(rehearsal.findings).map(([what]) => what)).toEqual(['rollback-not-tried 1_a.down.sql']);
  });

  it('comes after smoke tests, which are read-only', async () => {
    const rehearsal = await rehearse(
      await shop(),
      {
        '1_a.sql': 'create table one (id int);',
        '1_a.down.sql': 'drop table one;',
        'smoke/a.sql': 'select count(*) = 0 from one;',
      },
      { 'smoke-tests': 'smoke/*.sql' },
    );
    expect(rehearsal.checks.map((check) => check.passed)).toEqual([true]);
    expect(rehearsal.findings).toEqual([]);
  });

  it('goes down and up in one transaction as the files would in all', async () => {
    const rehearsal = await rehearse(
      await shop(),
      {
        '1_a.sql': 'create table one (id int primary key); insert into one values (1);',
        '1_a.down.sql': 'drop table one;',
        '2_b.sql': 'alter table shop add column one_id int references one deferrable initially deferred;',
        '2_b.down.sql': 'alter table shop drop column one_id;',
      },
      { 'transaction-mode': 'all' },
    );
    expect(rehearsal.findings).toEqual([]);
    expect(rehearsal.verdict).toBe('passed');
  });
});
