/** Whoever sends the statements, the dry run tells the same of them: by `psql -f` as by the engine for SQL files. */
import { beforeAll, describe, expect, it } from 'vitest';
import { THRESHOLDS } from '../../src/hazards/weigh.ts';
import type { Outcome } from '../../src/report/outcome.ts';
import { psqlFile, runCommand } from '../support/command.ts';
import type { Database } from '../support/database.ts';
import { databaseWith } from '../support/dry-run.ts';
import { runGate, workspaceWith } from '../support/gate.ts';

const SETUP = [
  `create table customers (id bigint primary key, email varchar(200), name text, city text default 'x');
   create table orders (id bigint primary key, customer_id bigint, total int, note varchar(20), placed timestamptz default now());
   create index orders_customer on orders (customer_id);
   create view order_notes as select id, note from orders;
   create materialized view totals as select customer_id, sum(total) as total from orders group by 1;
   create type mood as enum ('sad', 'ok');
   create sequence tickets;
   create table parted (id int, day date) partition by range (day);
   create table parted_1 partition of parted for values from ('2026-01-01') to ('2027-01-01');
   create function answer() returns int language sql as 'select 42';
   insert into customers select n, 'c' || n || '@example.org', 'n' || n from generate_series(1, 3000) n;
   insert into orders select n, 1 + n % 3000, n, 'note' from generate_series(1, 6000) n;
   create table broken (id int, v text); insert into broken values (1, 'x'), (1, 'y')`,
  'refresh materialized view totals',
  // Or autovacuum may come between two readings of a size.
  'vacuum analyze',
];

/** One transaction in both. */
const TOGETHER: Readonly<Record<string, string>> = {
  'columns and their types': `drop view order_notes;
drop materialized view totals;
alter table customers add column score int not null default 0;
alter table customers add column token uuid default gen_random_uuid();
alter table orders alter column customer_id type int using 1;
alter table orders alter column note type varchar(40);
alter table customers alter column email set not null;
alter table customers drop column city;
alter table orders rename column placed to placed_at;
`,
  constraints: `alter table orders add constraint orders_customer_fk foreign key (customer_id) references customers;
alter table customers add constraint customers_email unique (email);
alter table orders add check (total > 0);
alter table orders add constraint small check (total < 1000000) not valid;
alter table orders validate constraint small;
`,
  indexes: `create index orders_total on orders (total);
drop index orders_customer;
reindex table customers;
`,
  rows: `update customers set name = upper(name);
delete from orders where id % 2 = 0;
insert into orders (id, customer_id) select n, 1 from generate_series(100001, 100500) n;
`,
  'what goes away': `drop view order_notes;
drop table broken;
truncate orders;
drop function answer();
`,
  'code and what is outside': `do $$ begin execute 'create table made_here (id int)'; end $$;
select setval('tickets', 100);
create function f() returns trigger language plpgsql as $f$ begin return new; end $f$;
create trigger orders_f before update on orders for each row execute function f();
alter type mood add value 'happy';
set lock_timeout = 0;
lock table customers in exclusive mode;
refresh materialized view totals;
`,
  'partitions and a new table': `create table parted_2 partition of parted for values from ('2027-01-01') to ('2028-01-01');
create table items (id bigint primary key, order_id bigint references orders);
create index on items (order_id);
alter table items add column v int;
comment on table items is 'of an order';
grant select on items to public;
`,
  'one that fails': `alter table customers add column a int;
create unique index broken_id on broken (id);
`,
};

/** Each statement by itself in both. */
const APART: Readonly<Record<string, string>> = {
  'an index built concurrently': 'create index concurrently orders_total on orders (total);\n',
  'a unique one that cannot be': 'create unique index concurrently broken_id on broken (id);\n',
  'one of a partitioned table': 'create index concurrently parted_day on parted (day);\n',
  'one that is there':
    "create index concurrently if not exists orders_customer on orders (total);\ncomment on table orders is 'all of them';\n",
  'one dropped': 'drop index concurrently orders_customer;\n',
  'VACUUM of a table that is not there': 'vacuum nowhere;\n',
  'ALTER SYSTEM': `alter system set work_mem = '5MB';\n`,
};

const INPUTS = { mode: 'dry-run', 'fail-on': 'none', 'show-data': 'true', 'rehearse-rollback': 'false' };

let database: Database;
beforeAll(async () => {
  database = await databaseWith(SETUP);
});

/** What a report says, but for the name of the file and what it took. */
function told({ result, exitCode, migrations, hazards, schemaDiff, sizes, coverage, error }: Outcome) {
  const statements = migrations.flatMap((migration) =>
    migration.statements.map(({ ms: _, ...one }) => ({ status: migration.status, ...one })),
  );
  return {
    ending: { result, exitCode, coverage },
    statements,
    // How long a lock was held tells more of the machine than of the statement.
    hazards: hazards
      .filter(({ message }) => !/ is held while /.test(message))
      .map(({ version: _v, file: _f, ...hazard }) =>
        JSON.stringify(hazard).replace(/, <?\d+(?:\.\d+)? m?s in the dry run/, ''),
      )
      .sort()
      .map((text) => JSON.parse(text)),
    schemaDiff,
    sizes: sizes.map(({ relation }) => relation).sort(),
    error: error && { ...error, file: null, next: null },
  };
}

async function both(sql: string, options: readonly string[], inputs: Readonly<Record<string, string>> = {}) {
  const workspace = await workspaceWith({ 'migrations/0001_up.sql': sql });
  const psql = await psqlFile(sql);
  const [program = '', ...rest] = psql.apply;
  const given = { ...INPUTS, ...inputs, 'rehearse-rollback': '' };
  for (;;) {
    const files = await runGate(workspace, database.url, given);
    const tool = await runCommand({ ...psql, apply: [program, ...options, ...rest] }, database.url, given);
    // How long a statement takes is part of what a hazard weighs: on a machine that stood still they may differ.
    if (stoodStill(files.outcome) || stoodStill(tool.outcome)) continue;
    return { files: told(files.outcome), tool: told(tool.outcome) };
  }
}

function stoodStill({ migrations }: Outcome): boolean {
  return migrations.some(({ statements }) => statements.some(({ ms }) => (ms ?? 0) >= THRESHOLDS.ms.warning));
}

describe('in one transaction', () => {
  it.each(Object.entries(TOGETHER))('%s', async (_, sql) => {
    const { files, tool } = await both(sql, ['-1']);
    expect(tool).toEqual(files);
    expect(files.statements.length).toBeGreaterThan(1);
  });
});

describe('each by itself', () => {
  it.each(Object.entries(APART))('%s', async (_, sql) => {
    const { files, tool } = await both(sql, []);
    expect(tool).toEqual(files);
    expect(files.hazards).not.toEqual([]);
  });

  it('an index on a table that is too large to try', async () => {
    const sql =
      "create unique index concurrently orders_customer_once on orders (customer_id);\ncomment on table orders is 'all of them';\n";
    const { files, tool } = await both(sql, [], { 'max-blocking': '5ms' });
    expect(tool).toEqual(files);
    expect(files.statements[0]?.reason).toMatch(/too large to try its plain form/);
  });

  it('a statement that would write more than it may', async () => {
    const { files, tool } = await both('update orders set note = repeat(note, 3);\n', ['-1'], {
      'dry-run-max-bytes': '100kB',
    });
    expect(tool).toEqual(files);
    expect(files.statements[0]?.reason).toMatch(/more than dry-run-max-bytes/);
  });
});
