/** What the dry run asks of the rows and of the catalog: how many are in the way, what an index build would meet. */
import { afterAll, describe, expect, inject, it } from 'vitest';
import type { Database } from '../support/database.ts';
import { databaseWith, dryRun, locksOf, statementOf } from '../support/dry-run.ts';
import { Heartbeat } from '../support/heartbeat.ts';
import { rehearse, told } from '../support/rehearse.ts';

const major = inject('server')?.major ?? 18;
const heart = new Heartbeat();
afterAll(() => heart.stop());

const SHOP = [
  'create table owner (id int primary key)',
  'create table pet (id int primary key, owner_id int, name text, age int, born text, kind text)',
  'create domain label as text',
  'create table labelled (id int, a label)',
  'create table "Odd Names" ("the id" int primary key, "a""b" text)',
  'insert into owner select generate_series(1, 5)',
  // 1..10: owners 1..10 (five are not there), names null for 3, 6, 9, ages 0..9, four of one kind.
  `insert into pet select g, g, case when g % 3 <> 0 then 'n' || g end, g - 1,
     case when g = 7 then 'soon' else g::text end, case when g <= 4 then 'cat' when g <= 6 then 'dog' else 'k' || g end
     from generate_series(1, 10) g`,
  "insert into labelled select g, case when g > 2 then 'x' end from generate_series(1, 6) g",
  `insert into "Odd Names" values (1, null), (2, 'x'), (3, 'x')`,
  'alter table pet add constraint known foreign key (owner_id) references owner not valid',
  'alter table pet add constraint adult check (age > 1) not valid',
];

let made: Promise<Database> | null = null;
function shop(): Promise<Database> {
  made ??= databaseWith(SHOP);
  return made;
}

describe('a statement that fails on rows says how many', () => {
  it.each<[string, string, string, string | null]>([
    ['23502', 'alter table pet alter name set not null', '3 rows of public.pet have no name', 'id = 3; id = 6; id = 9'],
    [
      '23502',
      'alter table pet add column x int not null',
      'public.pet has 10 rows, and each needs a value for x',
      'id = 1; id = 2; id = 3',
    ],
    ['23502', 'alter domain label set not null', '2 rows of public.labelled have no a', null],
    [
      '23502',
      'alter table "Odd Names" alter "a""b" set not null',
      '1 row of public."Odd Names" has no a"b',
      'the id = 1',
    ],
    ['23505', 'create unique index on pet (kind)', '2 keys (kind) of public.pet stand there more than once', 'cat'],
    [
      '23505',
      'alter table pet add constraint one unique (lower(kind))'.replace('lower(kind)', 'kind'),
      '2 keys (kind)',
      'dog',
    ],
    [
      '23505',
      'create unique index on pet (upper(kind)) where id < 5',
      '1 key (upper(kind)) of public.pet stands',
      'CAT',
    ],
    ['23505', 'create unique index concurrently pet_kind on pet (kind)', '2 keys (kind) of public.pet', 'cat'],
    [
      '23503',
      'alter table pet add foreign key (owner_id) references owner',
      '5 rows of public.pet refer by (owner_id) to no row of owner',
      'owner_id = 10',
    ],
    [
      '23503',
      'alter table pet add constraint f foreign key (owner_id) references owner (id)',
      '5 rows of public.pet',
      'owner_id = 6',
    ],
    ['23503', 'alter table pet validate constraint known', '5 rows of public.pet', 'owner_id = 8'],
    [
      '23514',
      'alter table pet add constraint old check (age > 2 and id is not null)',
      '3 rows of public.pet do not satisfy (age > 2 and id is not null)',
      'id = 1; id = 2; id = 3',
    ],
    [
      '23514',
      'alter table pet validate constraint adult',
      '2 rows of public.pet do not satisfy ((age > 1))',
      'id = 1; id = 2',
    ],
    ...(major >= 16
      ? ([
          [
            '22001',
            'alter table pet alter kind type varchar(2)',
            '7 rows of public.pet have a kind that varchar(2) does not hold',
            'id = 1',
          ],
        ] as [string, string, string, string][])
      : []),
  ])('%s %s', async (code, sql, words, shown) => {
    const closed = await dryRun(await shop(), { '1_a.sql': `${sql};` });
    expect(closed.outcome.error?.sqlstate).toBe(code);
    expect(closed.outcome.error?.hint).toContain(words);
    expect(closed.outcome.error?.hint).not.toContain('Among them');
    const open = await dryRun(await shop(), { '1_a.sql': `${sql};` }, { 'show-data': 'true' });
    if (shown === null) expect(open.outcome.error?.hint).not.toContain('Among them');
    else expect(open.outcome.error?.hint).toContain(shown.slice(0, 6));
    expect(open.outcome.error?.hint?.match(/;/g)?.length ?? 0).toBeLessThanOrEqual(2);
  });

  it.each([
    [
      'a statement before it has written to the table',
      'update pet set age = 5; alter table pet alter name set not null;',
    ],
    ['it writes rows itself', 'insert into owner values (1);'],
    ['the table is larger than dry-run-max-bytes', 'alter table pet alter name set not null;'],
    ['the table was made in the same run', 'create table t as select null::int a; alter table t alter a set not null;'],
  ])('and says nothing where %s', async (why, sql) => {
    const inputs: Record<string, string> = why.startsWith('the table is larger') ? { 'dry-run-max-bytes': '1kB' } : {};
    const { outcome } = await dryRun(await shop(), { '1_a.sql': sql }, inputs);
    expect(outcome.result).not.toBe('dry-run-passed');
    expect(outcome.error?.hint ?? '').not.toMatch(/rows? of/);
  });
});

describe('what cannot run in a transaction is checked without running', () => {
  const SETUP = [
    'create table big (id int primary key, email text, kind text)',
    "insert into big select g, case when g <= 6 then 'same' || g % 2 else 'm' || g end, repeat('x', 50) from generate_series(1, 10000) g",
    'create index big_kind on big (kind)',
    'create table log (id int) partition by range (id)',
    'create table log_1 partition of log for values from (0) to (10)',
    'create index log_id on log (id)',
  ];
  let made: Promise<Database> | null = null;
  function big(): Promise<Database> {
    made ??= databaseWith(SETUP);
    return made;
  }
  // The table is too large to try the plain form within so short a time.
  const large = { 'max-blocking': '5ms', 'lock-retries': '0' };

  it.each<[string, (readonly [string, RegExp])[], string]>([
    ['create index concurrently i on big (email)', [], 'too large'],
    ['create unique index concurrently i on big (id)', [], 'too large'],
    [
      'create index concurrently i on big (emale)',
      [['fails-when-applied', /^It would fail: column "emale" does not exist/]],
      'too large',
    ],
    [
      'create index concurrently i on big using gin (kind)',
      [['fails-when-applied', /data type text has no default operator class/]],
      'too large',
    ],
    [
      'create index concurrently i on big (email) where kindd is null',
      [['fails-when-applied', /column "kindd" does not exist/]],
      'too large',
    ],
    [
      'create index concurrently i on big ((now()::text || email))',
      [['fails-when-applied', /must be marked IMMUTABLE/]],
      'too large',
    ],
    [
      'create unique index concurrently i on big (email)',
      [['fails-when-applied', /^It would fail: 2 keys \(email\) of big stand there more than once/]],
      'too large',
    ],
    [
      'create unique index concurrently i on big (upper(email)) where id > 2',
      [['fails-when-applied', /2 keys \(upper\(email\)\)/]],
      'too large',
    ],
    ['create unique index concurrently i on big (email) where id > 4', [], 'too large'],
    [
      'create index concurrently if not exists big_kind on big (email)',
      [['if-not-exists-hides', /^public.big_kind is there already, and is another index: CREATE INDEX/]],
      'too large',
    ],
    [
      'create index concurrently if not exists big_kind on big (kind)',
      [['if-not-exists-hides', /^public.big_kind is there already on big: nothing is built/]],
      'too large',
    ],
    ['create index concurrently if not exists other on big (kind)', [], 'too large'],
    [
      'create index concurrently on log (id)',
      [['fails-when-applied', /^It would fail: log is partitioned/]],
      'plain form',
    ],
    ['drop index concurrently log_id', [['fails-when-applied', /log_id is the index of a partitioned/]], 'plain form'],
    ['vacuum (analyze) big, "log"', [], 'cannot run'],
    ['vacuum big (id), nothing', [['fails-when-applied', /there is no table nothing/]], 'cannot run'],
  ])('%s', async (sql, expected, reason) => {
    const rehearsal = await rehearse(await big(), { '1_a.sql': `select 1;\n${sql};` }, large);
    expect(rehearsal.error).toBeNull();
    expect(rehearsal.migrations[0]?.statements[1]?.reason).toContain(reason);
    const seen = told(rehearsal.findings);
    expect(seen.map(([what]) => what)).toEqual(expected.map(([rule]) => `${rule} 1_a.sql:2`));
    for (const [at, [, message]] of expected.entries()) expect(seen[at]?.[1]).toMatch(message);
  });

  it('knows the tables that the run itself makes', async () => {
    const rehearsal = await rehearse(
      await big(),
      {
        '1_a.sql': 'create table made as select * from big; alter table big add column extra int;',
        '2_b.sql':
          'create index concurrently on made (email);\ncreate index concurrently on big (extra);\nvacuum made;',
      },
      large,
    );
    expect(rehearsal.findings).toEqual([]);
  });

  it('tells of transactions that it would wait for', async () => {
    const database = await databaseWith(SETUP);
    const other = await database.client({ application_name: 'a report' });
    await other.query('begin isolation level repeatable read');
    await other.query('select 1 from log');
    const files = { '1_a.sql': 'create index concurrently i on big (email);' };
    expect((await rehearse(database, files, large)).findings).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 10_500));
    const { findings } = await rehearse(database, files, large);
    expect(findings).toMatchObject([{ rule: 'waits-for-transactions', severity: 'info' }]);
    expect(findings[0]?.message).toMatch(/open right now: pid \d+ \(a report\), for 1/);
  }, 30_000);
});

describe('the locks of a statement that fails', () => {
  it('are seen from the second session, where it took its time', async () => {
    const database = await databaseWith('create table slow (id int); insert into slow values (1)');
    const files = {
      '1_a.sql':
        'select 1;\ndo $$ begin lock table slow in share mode; perform pg_sleep(2); raise exception $x$no$x$; end $$;',
    };
    // The server's sleep goes on while nobody looks.
    const { outcome } = await heart.undisturbed(1_000, () => dryRun(database, files));
    expect(outcome.result).toBe('failed');
    expect(locksOf(statementOf(outcome, '1_a.sql', 2))).toEqual(['public.slow ShareLock']);
    expect(outcome.sizes.map((one) => one.relation)).toEqual(['public.slow']);
  });

  it('are none of those that statements before it had taken', async () => {
    const database = await databaseWith('create table slow (id int); create table held (id int)');
    const { outcome } = await dryRun(database, {
      '1_a.sql': 'lock table held;\nlock table slow in share mode;\nselect pg_sleep(0.7), 1 / count(*) from slow;',
    });
    expect(outcome.error?.sqlstate).toBe('22012');
    expect(locksOf(statementOf(outcome, '1_a.sql', 3))).toEqual([]);
  });
});

it('what the dry run leaves behind is counted', async () => {
  const database = await databaseWith([
    'create table t (id serial, n int)',
    'insert into t (n) select generate_series(1, 10)',
  ]);
  const { proof } = await rehearse(database, {
    '1_a.sql': 'insert into t (n) values (1), (2); update t set n = 0 where id <= 3; delete from t where id = 4;',
  });
  expect(proof).toMatchObject({ deadTuples: 5, sequencesAdvanced: ['public.t_id_seq'] });
});
