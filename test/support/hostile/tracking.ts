/** Tracking tables altered by hand, and forged rows: two migrations are applied and recorded, a third is pending. */
import { createHash } from 'node:crypto';
import { createTrackingItems } from '../../../src/engines/shared/tracking.ts';
import type { Case } from './case.ts';

export const FILES = {
  'migrations/1_one.sql': 'CREATE TABLE one (id bigint PRIMARY KEY);\n',
  'migrations/2_two.sql': 'CREATE TABLE two (id bigint PRIMARY KEY);\n',
  'migrations/3_three.sql': 'CREATE TABLE IF NOT EXISTS three (id bigint PRIMARY KEY);\n',
} as const;

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const sum = (name: keyof typeof FILES) => sha256(FILES[name]);

/** Both applied as a gate leaves them. */
export const BASE: readonly string[] = [
  ...createTrackingItems('public').map((item) => item.text),
  FILES['migrations/1_one.sql'],
  FILES['migrations/2_two.sql'],
  `insert into schema_migrations (version, name, checksum, status) values
     ('1', 'one', '${sum('migrations/1_one.sql')}', 'completed'), ('2', 'two', '${sum('migrations/2_two.sql')}', 'completed')`,
  `insert into migration_history (version, action, status, environment, executed_at) values
     ('1', 'apply', 'success', 'staging', now() - interval '2 days'), ('2', 'apply', 'success', 'staging', now() - interval '1 day')`,
];

export interface Altered {
  readonly name: string;
  /** What somebody has done to it: the tables' owner, where it does not take a superuser. */
  readonly sql: string;
  readonly says: Case['says'];
  readonly inputs?: Case['inputs'];
  readonly files?: Case['files'];
  readonly exit?: Case['exit'];
  /** Done by a superuser, in place of the tables' owner. */
  readonly bySuperuser?: true;
}

const altered = (name: string, sql: string, ...says: Altered['says']): Altered => ({ name, sql, says });

/** The gate makes it anew where it is missing, and for that knows of it. */
const VIEW = 'create view migration_status_view as select 1 as one';
const NOOP = `create function swallow() returns trigger language plpgsql as 'begin return null; end';`;
const trigger = (body: string, on: string, when = 'before insert or update') => `
  create function meddle() returns trigger language plpgsql as $$ begin ${body} end $$;
  create trigger meddler ${when} on ${on} for each row execute function meddle()`;

/** As the gate would write it of the third file, half done. */
const progress = (json: string) =>
  `insert into schema_migrations (version, name, checksum, status, progress) values ('3', 'three', '${sum('migrations/3_three.sql')}', 'running', '${json}')`;
const PREFIX = sha256('');

const TABLES: readonly Altered[] = [
  altered('without version', 'alter table schema_migrations drop column version cascade', /not ours/),
  altered('without status', 'alter table schema_migrations drop column status cascade', /not ours/),
  altered('checksum renamed', 'alter table schema_migrations rename column checksum to hash', /not ours/),
  altered(
    'version a number',
    'drop view migration_status_view; alter table schema_migrations alter version type integer using version::integer',
    'version',
    'integer',
  ),
  altered(
    'version padded',
    'drop view migration_status_view; alter table schema_migrations alter version type char(10)',
    'version',
    'character',
  ),
  altered(
    'checksum of bytes',
    'alter table schema_migrations alter checksum type bytea using checksum::bytea',
    'checksum',
    'bytea',
  ),
  altered(
    'status a number',
    'drop view migration_status_view; alter table schema_migrations drop constraint schema_migrations_status_check, alter status type integer using 1',
    'status',
    'integer',
  ),
  altered(
    'status true or false',
    'drop view migration_status_view; alter table schema_migrations drop constraint schema_migrations_status_check, alter status type boolean using true',
    'status',
    'boolean',
  ),
  altered('progress a text', 'alter table schema_migrations alter progress type text', 'progress', 'text'),
  altered('progress of json', 'alter table schema_migrations alter progress type json', 'progress', 'json'),
  altered(
    'applied_at a text',
    'drop view migration_status_view; alter table schema_migrations alter applied_at type text',
    'applied_at',
    'text',
  ),
  altered(
    'execution_time_ms an interval',
    `drop view migration_status_view; alter table schema_migrations alter execution_time_ms type interval using null`,
    'execution_time_ms',
    'interval',
  ),
  altered(
    'a column of somebody’s that must be filled',
    "alter table schema_migrations add column team text; update schema_migrations set team = 'x'; alter table schema_migrations alter team set not null",
    'team',
    'NOT NULL',
  ),
  altered('no primary key', 'alter table schema_migrations drop constraint schema_migrations_pkey', 'primary key'),
  altered(
    'a primary key that is deferrable',
    'alter table schema_migrations drop constraint schema_migrations_pkey, add primary key (version) deferrable',
    'primary key',
  ),
  altered(
    'a primary key of two columns',
    'alter table schema_migrations drop constraint schema_migrations_pkey, add primary key (version, name)',
    'primary key',
  ),
  altered(
    'unique in part',
    `alter table schema_migrations drop constraint schema_migrations_pkey; create unique index on schema_migrations (version) where status = 'completed'`,
    'primary key',
  ),
  altered(
    'unique by an expression',
    'alter table schema_migrations drop constraint schema_migrations_pkey; create unique index on schema_migrations (lower(version))',
    'primary key',
  ),
  altered('unlogged', 'alter table schema_migrations set unlogged', 'UNLOGGED'),
  altered(
    'a view in its place',
    'alter table schema_migrations rename to real; create view schema_migrations as select * from real',
    'a view',
  ),
  altered(
    'a view that hides rows',
    `alter table schema_migrations rename to real; create view schema_migrations as select * from real where version <> '2'`,
    'a view',
  ),
  altered(
    'a materialized view in its place',
    'alter table schema_migrations rename to real; create materialized view schema_migrations as select * from real',
    'a materialized view',
  ),
  altered(
    'a partitioned table in its place',
    `alter table schema_migrations rename to real; create table schema_migrations (like real including defaults, primary key (version)) partition by list (version); create table p partition of schema_migrations default; insert into schema_migrations select * from real`,
    'a partitioned table',
  ),
  altered(
    'a foreign table in its place',
    `alter table schema_migrations rename to real; create foreign data wrapper away; create server elsewhere foreign data wrapper away; create foreign table schema_migrations (version text, name text, checksum text, status text) server elsewhere`,
    'a foreign table',
  ),
  altered(
    'a sequence in its place',
    'alter table schema_migrations rename to real; create sequence schema_migrations',
    /not ours/,
  ),
  altered(
    'a type in its place',
    'alter table schema_migrations rename to real; create type schema_migrations as (version text, name text, checksum text, status text)',
    /a type|not ours/,
  ),
  altered(
    'a child that adds rows',
    `create table heir () inherits (schema_migrations); insert into heir (version, name, checksum, status) values ('3', 'three', '${sum('migrations/3_three.sql')}', 'completed')`,
    'inherit',
  ),
  altered(
    'row-level security that hides all',
    'alter table schema_migrations enable row level security; alter table schema_migrations force row level security',
    'row-level security',
  ),
  altered(
    'row-level security that hides one',
    `alter table schema_migrations enable row level security; alter table schema_migrations force row level security; create policy p on schema_migrations using (version <> '2')`,
    'row-level security',
  ),
  altered(
    'row-level security that lets nothing in',
    'alter table schema_migrations enable row level security; alter table schema_migrations force row level security; create policy r on schema_migrations for select using (true)',
    'row-level security',
  ),
  altered(
    'a rule that swallows',
    'create rule away as on insert to schema_migrations do instead nothing',
    'the rule away',
  ),
  altered(
    'a rule that writes elsewhere',
    'create table other (like schema_migrations); create rule away as on insert to schema_migrations do instead insert into other values (new.*)',
    'the rule away',
  ),
  altered(
    'a rule for updates',
    'create rule away as on update to schema_migrations do instead nothing',
    'the rule away',
  ),
  altered(
    'a deferred trigger',
    `${NOOP} create constraint trigger late after insert on schema_migrations deferrable initially deferred for each row execute function swallow()`,
    'the trigger late',
  ),
  altered('a trigger that swallows', trigger('return null;', 'schema_migrations'), /swallows or changes/),
  altered(
    'a trigger that swallows the new',
    trigger('return null;', 'schema_migrations', 'before insert'),
    /swallows or changes/,
  ),
  altered(
    'a trigger that changes the version',
    trigger(`new.version := '0' || new.version; return new;`, 'schema_migrations'),
    /swallows or changes/,
  ),
  altered(
    'a trigger that changes the status',
    trigger(`new.status := 'failed'; return new;`, 'schema_migrations'),
    /swallows or changes/,
  ),
  altered(
    'a trigger that changes the checksum',
    trigger(`new.checksum := upper(new.checksum); return new;`, 'schema_migrations'),
    /swallows or changes/,
  ),
  altered(
    'a trigger that deletes it again',
    trigger(
      'delete from schema_migrations where version = new.version; return null;',
      'schema_migrations',
      'after insert',
    ),
    /swallows or changes/,
  ),
  altered(
    'a trigger that sets it back',
    trigger(
      `if new.status = 'completed' then update schema_migrations set status = 'pending' where version = new.version; end if; return null;`,
      'schema_migrations',
      'after insert',
    ),
    /swallows or changes/,
  ),
  altered(
    'a trigger that raises',
    trigger(`raise exception 'not on a Friday';`, 'schema_migrations'),
    'not on a Friday',
  ),
  altered('a trigger that fails', trigger('return new.nothing;', 'schema_migrations'), /schema_migrations/),
  altered(
    'a check that nothing passes',
    `alter table schema_migrations add constraint mean check (version < '3') not valid`,
    'mean',
  ),
  altered(
    'a key to another table',
    `create table releases (version text primary key); insert into releases values ('1'), ('2'); alter table schema_migrations add constraint known foreign key (version) references releases`,
    'known',
  ),
  altered(
    'a key to another table that is looked at by COMMIT',
    `create table releases (version text primary key); insert into releases values ('1'), ('2'); alter table schema_migrations add constraint known foreign key (version) references releases deferrable initially deferred`,
    'known',
    'deferrable',
  ),
  altered(
    'versions of a domain that takes two',
    `drop view migration_status_view; create domain narrow as text check (value in ('1', '2')); alter table schema_migrations alter version type narrow; ${VIEW}`,
    /narrow/,
  ),
  altered(
    'versions of a domain on a domain',
    `drop view migration_status_view; create domain wide as text; create domain narrow as wide; alter table schema_migrations alter version type narrow`,
    'version',
    'wide',
  ),
  altered(
    'a domain that must be filled',
    `create domain filled as text default 'x'; alter table schema_migrations add column team filled; alter domain filled drop default; update schema_migrations set team = 'x'; alter domain filled set not null`,
    /filled/,
  ),
  altered(
    'a status that is computed',
    `drop view migration_status_view; alter table schema_migrations drop column status, add column status text generated always as ('completed') stored; ${VIEW}`,
    'status',
  ),
  altered(
    'a trigger for each statement that empties it',
    `create function meddle() returns trigger language plpgsql as $$ begin delete from schema_migrations where version = '3'; return null; end $$;
     create trigger meddler after insert on schema_migrations for each statement execute function meddle()`,
    /swallows or changes/,
  ),
  altered('a trigger that commits', trigger('commit; return new;', 'schema_migrations'), 'could not be written'),
  altered(
    'a trigger that rolls back to where it began',
    trigger(`begin raise exception 'x'; exception when others then return null; end;`, 'schema_migrations'),
    /swallows or changes/,
  ),
  altered(
    'a trigger that swallows whatever the replication role',
    `${trigger('return null;', 'schema_migrations')}; alter table schema_migrations enable always trigger meddler`,
    /swallows or changes/,
  ),
  altered(
    'a check that asks a function',
    `create function fine(text) returns boolean language sql as $$ select $1 < '3' $$; alter table schema_migrations add constraint asks check (fine(version))`,
    'asks',
  ),
  altered(
    'a key without NULLs that holds two columns with an expression',
    'alter table schema_migrations drop constraint schema_migrations_pkey; create unique index on schema_migrations (version, lower(name))',
    'primary key',
  ),
  altered(
    'a checksum too short for it',
    `alter table schema_migrations alter checksum type varchar(10) using left(checksum, 10)`,
    /.*/,
  ),
  altered(
    'a generated column of ours',
    'alter table schema_migrations drop column run_url, add column run_url text generated always as (name) stored',
    'run_url',
  ),
];

const HISTORIES: readonly Altered[] = [
  altered('history without action', 'alter table migration_history drop column action', 'migration_history', 'action'),
  altered(
    'history without columns',
    'drop table migration_history; create table migration_history ()',
    'migration_history',
    'no column',
  ),
  altered(
    'history of another tool',
    'drop table migration_history; create table migration_history (id serial primary key, file text)',
    'migration_history',
  ),
  altered(
    'history with numbers for ids',
    'drop table migration_history; create table migration_history (id bigint primary key, version text, action text, executed_at timestamptz, status text)',
    'migration_history',
    'id',
    'bigint',
  ),
  altered('history unlogged', 'alter table migration_history set unlogged', 'UNLOGGED'),
  altered(
    'history a view',
    'alter table migration_history rename to real; create view migration_history as select * from real',
    'a view',
  ),
  altered(
    'history behind row-level security',
    'alter table migration_history enable row level security; alter table migration_history force row level security',
    'row-level security',
  ),
  altered(
    'history with a rule that swallows',
    'create rule away as on insert to migration_history do instead nothing',
    'the rule away',
  ),
  altered('history with a trigger that swallows', trigger('return null;', 'migration_history'), /swallows or changes/),
  altered(
    'history with a trigger that relabels',
    trigger(`new.environment := 'development'; return new;`, 'migration_history'),
    /swallows or changes/,
  ),
  altered(
    'history with a trigger that forgets',
    trigger('delete from migration_history where id = new.id; return null;', 'migration_history', 'after insert'),
    /swallows or changes/,
  ),
  altered(
    'history with a trigger that unrecords',
    trigger(
      'delete from schema_migrations where version = new.version; return null;',
      'migration_history',
      'after insert',
    ),
    /swallows or changes/,
  ),
  altered(
    'history that must name a team',
    `alter table migration_history add column team text; update migration_history set team = 'x'; alter table migration_history alter team set not null`,
    'team',
  ),
  altered(
    'history whose ids are computed',
    `alter table migration_history drop column id, add column id uuid generated always as ('00000000-0000-0000-0000-000000000000'::uuid) stored`,
    'id',
  ),
  altered(
    'history that must be of a known release, by COMMIT',
    `create table releases (version text primary key); insert into releases values ('1'), ('2'); alter table migration_history add constraint known foreign key (version) references releases deferrable initially deferred`,
    'known',
    'deferrable',
  ),
  altered(
    'history of words that are none of ours',
    `alter table migration_history add constraint words check (action in ('deploy', 'apply') and environment <> 'staging') not valid`,
    'words',
  ),
  altered('history that is inherited from', 'create table heir () inherits (migration_history)', 'inherit'),
];

const unchecked =
  'alter table schema_migrations drop constraint schema_migrations_status_check, alter status drop not null;';

const ROWS: readonly Altered[] = [
  altered(
    'status NULL',
    `${unchecked} update schema_migrations set status = null where version = '2'`,
    '2',
    'status',
    'NULL',
  ),
  altered(
    'status of another tool',
    `${unchecked} update schema_migrations set status = 'success' where version = '2'`,
    '2',
    'success',
  ),
  altered(
    'status in capitals',
    `${unchecked} update schema_migrations set status = 'COMPLETED' where version = '2'`,
    'COMPLETED',
  ),
  altered(
    'status with a space',
    `${unchecked} update schema_migrations set status = 'completed ' where version = '2'`,
    'completed ',
  ),
  altered('status empty', `${unchecked} update schema_migrations set status = '' where version = '1'`, 'status'),
  altered(
    'status that would write the log',
    `${unchecked} update schema_migrations set status = E'x\\n::error::forged' where version = '2'`,
    'status',
  ),
  altered(
    'status of a megabyte',
    `${unchecked} update schema_migrations set status = repeat('x', 1000000) where version = '2'`,
    'status',
  ),
  altered(
    'set back to pending',
    `update schema_migrations set status = 'pending' where version = '2'`,
    '2_two.sql',
    'migration_history',
  ),
  altered(
    'set back to failed',
    `update schema_migrations set status = 'failed' where version = '2'`,
    '2_two.sql',
    'migration_history',
  ),
  altered(
    'set back to running',
    `update schema_migrations set status = 'running' where version = '2'`,
    '2_two.sql',
    'migration_history',
  ),
  altered(
    'the last record deleted',
    `delete from schema_migrations where version = '2'`,
    '2_two.sql',
    'migration_history',
  ),
  altered('an earlier record deleted', `delete from schema_migrations where version = '1'`, '1_one.sql was applied'),
  altered('all records deleted', 'delete from schema_migrations', '1_one.sql', 'migration_history'),
  altered('the table made anew', 'drop table schema_migrations cascade', '1_one.sql', 'migration_history'),
  altered('version empty', `update schema_migrations set version = '' where version = '2'`, 'version'),
  altered('version of white space', `update schema_migrations set version = '  ' where version = '2'`, 'version'),
  altered('version with a space', `update schema_migrations set version = '2 ' where version = '2'`, '"2 "'),
  altered(
    'version with a line break',
    `update schema_migrations set version = E'2\\n::error::forged' where version = '2'`,
    /file is missing/,
  ),
  altered('version in other digits', `update schema_migrations set version = '２' where version = '2'`, '"\\uff12"'),
  altered('version signed', `update schema_migrations set version = '+2' where version = '2'`, '+2'),
  altered('version with a point', `update schema_migrations set version = '2.0' where version = '2'`, '2.0'),
  altered(
    'version of a megabyte',
    `alter table schema_migrations drop constraint schema_migrations_pkey; update schema_migrations set version = repeat('9', 1000000) where version = '2'; create unique index on schema_migrations (version) where version < '1'`,
    'primary key',
  ),
  altered(
    'version of 2,000 digits',
    `update schema_migrations set version = repeat('9', 2000) where version = '2'`,
    /file is missing/,
  ),
  altered(
    'one version twice',
    `insert into schema_migrations (version, name, checksum, status) select '01', name, checksum, status from schema_migrations where version = '1'`,
    'two records',
  ),
  altered(
    'one version twice, and other checksums',
    `insert into schema_migrations (version, name, checksum, status) values ('02', 'two', 'x', 'completed')`,
    'two records',
  ),
  altered(
    'a version that never was',
    `insert into schema_migrations (version, name, checksum, status) values ('99', 'ghost', 'x', 'completed')`,
    '99',
    'ghost',
  ),
  altered(
    'a version that never was, between',
    `insert into schema_migrations (version, name, checksum, status) values ('1.5', 'ghost', 'x', 'completed')`,
    '1.5',
  ),
  altered(
    'the next one forged with another checksum',
    `insert into schema_migrations (version, name, checksum, status) values ('3', 'three', '${'0'.repeat(64)}', 'completed')`,
    '3_three.sql',
    'edited',
  ),
  altered(
    'checksum empty',
    `update schema_migrations set checksum = '' where version = '2'`,
    '2_two.sql',
    'recorded is none',
  ),
  altered(
    'checksum NULL',
    `alter table schema_migrations alter checksum drop not null; update schema_migrations set checksum = null where version = '2'`,
    '2_two.sql',
  ),
  altered(
    'checksum cut',
    `update schema_migrations set checksum = left(checksum, 63) where version = '2'`,
    '2_two.sql',
  ),
  altered(
    'checksum of another',
    `update schema_migrations set checksum = (select checksum from schema_migrations where version = '1') where version = '2'`,
    '2_two.sql',
  ),
  altered('checksum that is a pattern', `update schema_migrations set checksum = '%' where version = '2'`, '2_two.sql'),
  altered('progress a list', progress('[1]'), 'progress', '3'),
  altered('progress a text in JSON', progress('"done"'), 'progress'),
  altered('progress a number', progress('7'), 'progress'),
  altered('progress JSON null', progress('null').replace("'null'", `'{"done": null}'`), 'progress'),
  altered('progress empty', progress('{}'), 'progress'),
  altered(
    'progress of a text for a number',
    progress(`{"done":"1","started":null,"prefix":"${PREFIX}","startedSql":null}`),
    'progress',
  ),
  altered(
    'progress negative',
    progress(`{"done":-1,"started":null,"prefix":"${PREFIX}","startedSql":null}`),
    'progress',
  ),
  altered(
    'progress half a statement',
    progress(`{"done":0.5,"started":null,"prefix":"${PREFIX}","startedSql":null}`),
    'progress',
  ),
  altered(
    'progress beyond numbers',
    progress(`{"done":1e300,"started":null,"prefix":"${PREFIX}","startedSql":null}`),
    'progress',
  ),
  altered(
    'progress with a wrong hash',
    progress(`{"done":1,"started":null,"prefix":"${PREFIX}","startedSql":null}`),
    '3_three.sql',
    'edited',
  ),
  altered(
    'progress beyond the file',
    progress(`{"done":9,"started":null,"prefix":"${PREFIX}","startedSql":null}`),
    '3_three.sql',
    'edited',
  ),
  altered('progress without a hash', progress('{"done":1,"started":null,"startedSql":null}'), 'progress'),
  altered(
    'progress that started one far ahead',
    progress(`{"done":0,"started":5,"prefix":"${PREFIX}","startedSql":"SELECT 1"}`),
    'progress',
  ),
  altered(
    'progress that started what it does not tell',
    progress(`{"done":0,"started":1,"prefix":"${PREFIX}","startedSql":null}`),
    'progress',
  ),
  altered(
    'progress of a megabyte',
    progress(`{"done":1,"started":null,"prefix":"${'a'.repeat(1_000_000)}","startedSql":null}`),
    'progress',
  ),
  altered(
    'progress nested 5,000 deep',
    progress(`{"done":${'['.repeat(5_000)}${']'.repeat(5_000)},"started":null,"prefix":"${PREFIX}","startedSql":null}`),
    'progress',
  ),
  altered(
    'progress of 100,000 keys',
    `insert into schema_migrations (version, name, checksum, status, progress) select '3', 'three', 'x', 'running', jsonb_object_agg('k' || g, g) from generate_series(1, 100000) g`,
    'progress',
  ),
  altered(
    '20,000 versions that never were',
    `insert into schema_migrations (version, name, checksum, status) select (g + 10)::text, 'ghost', 'x', 'completed' from generate_series(1, 20000) g`,
    /file is missing.*19,999 other|other problems/,
  ),
  altered(
    '20,000 rows that make no sense',
    `${unchecked} insert into schema_migrations (version, name, checksum, status) select 'v' || g, 'ghost', 'x', 'done' from generate_series(1, 20000) g`,
    'status',
    /other problems/,
  ),
  altered(
    'repair, and a trigger that swallows',
    `insert into schema_migrations (version, name, checksum, status) values ('3', 'three', 'x', 'failed'); ${trigger('return null;', 'schema_migrations')}`,
    /swallows or changes/,
  ),
  altered(
    'repair, and a trigger that keeps what is taken out',
    `insert into schema_migrations (version, name, checksum, status) values ('7', 'gone', 'x', 'failed'); ${trigger('return null;', 'schema_migrations', 'before delete')}`,
    /swallows or changes/,
  ),
  altered(
    'repair, and a history that forgets',
    `insert into schema_migrations (version, name, checksum, status) values ('3', 'three', 'x', 'failed'); ${trigger('return null;', 'migration_history')}`,
    /swallows or changes/,
  ),
  altered(
    'progress of a file that is gone',
    `insert into schema_migrations (version, name, checksum, status, progress) values ('4', 'gone', 'x', 'running', '{"done":1,"started":null,"prefix":"${PREFIX}","startedSql":null}')`,
    '4',
    'gone',
  ),
];

const READABLE = 'grant usage on schema away to public; grant select on away.migration_history to public';

const ENVIRONMENTS: readonly Altered[] = [
  altered(
    'production, the last',
    `update migration_history set environment = 'production' where version = '2'`,
    'production',
    'staging',
  ),
  altered(
    'production, and a laxer row behind it',
    `update migration_history set environment = 'production' where version = '1'`,
    'production',
    'staging',
  ),
  altered(
    'production, and a laxer row of the future',
    `insert into migration_history (version, action, status, environment, executed_at) values ('2', 'apply', 'success', 'production', now()), ('2', 'apply', 'success', 'staging', now() + interval '10 years')`,
    'production',
  ),
  altered(
    'production at no time',
    `insert into migration_history (version, action, status, environment, executed_at) values ('2', 'apply', 'success', 'production', null)`,
    'production',
  ),
  altered(
    'production in capitals',
    `update migration_history set environment = 'PRODUCTION' where version = '2'`,
    'PRODUCTION',
  ),
  altered(
    'production by another word',
    `update migration_history set environment = 'live' where version = '2'`,
    'live',
  ),
  altered(
    'an environment that would write the log',
    `update migration_history set environment = E'x\\n::error::forged' where version = '2'`,
    'migrated as',
  ),
  ...(
    [
      ['production in another schema', `values ('success', 'production')`],
      [
        'production in another schema, below 50,000 rows that say staging',
        `select 'success', case when g = 77 then 'production' else 'staging' end from generate_series(1, 50000) g`,
      ],
    ] as const
  ).map(
    ([name, rows]): Altered => ({
      ...altered(
        name,
        `create schema away; create table away.migration_history (status text, environment text); insert into away.migration_history ${rows}; ${READABLE}`,
        'production',
        'away.migration_history',
      ),
      bySuperuser: true,
    }),
  ),
];

const RIGHTS: readonly Altered[] = [
  altered(
    'a tracking table of somebody else',
    'alter table schema_migrations owner to postgres; revoke all on schema_migrations from public',
    /permission|may not/,
  ),
  altered(
    'a tracking table that may only be read',
    `alter table schema_migrations owner to postgres; grant select on schema_migrations to public`,
    'grant',
  ),
  altered(
    'a history that may not be written',
    'alter table migration_history owner to postgres; grant select on migration_history to public',
    'grant',
  ),
];

/** What fires on any statement, ours included. */
const EVENTS: readonly Altered[] = [
  ['that lets no table be made', `on ddl_command_start when tag in ('CREATE TABLE') execute function`, 'frozen'],
  ['that is heard after it', 'on ddl_command_end execute function', 'frozen'],
].map(([name = '', on = '', says = '']) => ({
  ...altered(
    `an event trigger ${name}`,
    `create function meddle() returns event_trigger language plpgsql as $$ begin raise exception 'frozen until Monday'; end $$; create event trigger meddler ${on} meddle()`,
    says,
  ),
  bySuperuser: true,
}));

export const TRACKING: readonly Altered[] = [
  ...TABLES,
  ...HISTORIES,
  ...ROWS.map((one) => (one.name.startsWith('repair,') ? { ...one, inputs: { mode: 'repair' } } : one)),
  ...ENVIRONMENTS,
  ...RIGHTS,
  ...EVENTS,
];

/** Each raises when it is called, as only something of ours would. */
const LIES = `
  create function lie(text, text) returns boolean language plpgsql as $$ begin raise exception 'planted'; end $$;
  create operator public.<> (leftarg = text, rightarg = text, function = lie);
  create operator public.~ (leftarg = text, rightarg = text, function = lie);
  create function now() returns timestamptz language plpgsql as $$ begin raise exception 'planted'; end $$;
  create function gen_random_uuid() returns uuid language plpgsql as $$ begin raise exception 'planted'; end $$;
  create function ltrim(text, text) returns text language plpgsql as $$ begin raise exception 'planted'; end $$`;

const PLAIN = 'create table away.migration_history (status text, environment text)';
const SPY = `returns %s language plpgsql as $$ begin raise exception 'run as %', current_user; end $$`;
const ROW = `insert into away.migration_history values ('success', 'production')`;

/** What stands in `away.migration_history` may be anybody's: none of their code is run. */
const AWAY: Readonly<Record<string, string>> = {
  'behind a policy that is code': `${PLAIN}; ${ROW}; create function away.spy() ${SPY.replace('%s', 'boolean')};
     alter table away.migration_history enable row level security; create policy p on away.migration_history using (away.spy())`,
  'of words that are told by code': `create type away.word as enum ('success', 'production'); create function away.tell(away.word) ${SPY.replace('%s', 'text')};
     create cast (away.word as text) with function away.tell(away.word);
     create table away.migration_history (status away.word, environment away.word); ${ROW}`,
  'with a child at another server': `${PLAIN}; create foreign data wrapper away; create server elsewhere foreign data wrapper away;
     create foreign table away.child () inherits (away.migration_history) server elsewhere`,
  'with a partition at another server': `${PLAIN} partition by list (status); create foreign data wrapper away; create server elsewhere foreign data wrapper away;
     create foreign table away.child partition of away.migration_history default server elsewhere`,
};

/** Altered, and harmless: the third migration is applied once and recorded, and the next run has nothing to do. */
export const HARMLESS: readonly Pick<Altered, 'name' | 'sql' | 'bySuperuser'>[] = [
  { name: 'nothing', sql: '' },
  {
    name: 'an audit by trigger',
    sql: `create table audit (what text); ${trigger('insert into audit values (new.version); return null;', 'schema_migrations', 'after insert or update')}`,
  },
  {
    name: 'columns of their own',
    sql: `alter table schema_migrations add column team text, add column at date not null default now()`,
  },
  {
    name: 'a trigger of their column',
    sql: `alter table schema_migrations add column team text; ${trigger(`new.team := 'x'; return new;`, 'schema_migrations')}`,
  },
  {
    name: 'a trigger that is disabled',
    sql: `${trigger('return null;', 'schema_migrations')}; alter table schema_migrations disable trigger meddler`,
  },
  {
    name: 'functions and operators that shadow the server’s',
    sql: `create function now() returns timestamptz language sql as 'select null::timestamptz';
      create function concat(text, integer) returns text language sql as 'select ''1''';
      create function never(text, text) returns boolean language sql as 'select false';
      create operator public.= (leftarg = text, rightarg = text, function = never);
      create operator public.<> (leftarg = text, rightarg = text, function = never);`,
  },
  {
    name: 'a search_path that puts functions and operators before the server’s own',
    sql: `alter role current_user set search_path = public, pg_catalog; ${LIES}`,
  },
  ...Object.entries(AWAY).map(([name, sql]) => ({
    name: `a history in another schema ${name}`,
    sql: `create schema away; ${sql}; ${READABLE}`,
    bySuperuser: true as const,
  })),
  {
    name: 'a table above it',
    sql: 'create table ancestor (like schema_migrations including defaults); alter table schema_migrations inherit ancestor',
  },
  {
    name: 'a partition of another table',
    sql: 'create table parent (like schema_migrations including defaults) partition by range (version); alter table parent attach partition schema_migrations default',
  },
  {
    name: 'columns of their own that are computed',
    sql: `alter table schema_migrations add column shout text generated always as (upper(name)) stored;
      do $$ begin if current_setting('server_version_num')::int >= 180000 then
        execute 'alter table schema_migrations add column whisper text generated always as (lower(name)) virtual'; end if; end $$`,
  },
  {
    name: 'a trigger for replicas alone',
    sql: `${trigger('return null;', 'schema_migrations')}; alter table schema_migrations enable replica trigger meddler`,
  },
  {
    name: '20,000 failed rows of versions that have no file',
    sql: `insert into schema_migrations (version, name, checksum, status) select 'v' || g, 'ghost', 'x', 'failed' from generate_series(1, 20000) g`,
  },
  {
    name: 'progress that begins with another statement, of 5 MB',
    sql: `insert into schema_migrations (version, name, checksum, status, progress) select '3', 'three', 'x', 'running', jsonb_build_object('done', 0, 'started', 1, 'prefix', '${PREFIX}', 'startedSql', repeat('drop table x; ', 350000))`,
  },
  {
    name: 'a history of 50,000 rows',
    sql: `insert into migration_history (version, action, status, environment) select (g % 2 + 1)::text, 'apply', 'success', 'staging' from generate_series(1, 50000) g`,
  },
  {
    name: 'a history that refers to the records',
    sql: 'alter table migration_history add foreign key (version) references schema_migrations',
  },
  { name: 'executed in the future', sql: `update migration_history set executed_at = now() + interval '10 years'` },
  { name: 'history deleted', sql: 'delete from migration_history' },
  {
    name: 'history undone by hand',
    sql: `insert into migration_history (version, action, status, executed_at) values ('3', 'apply', 'success', now() - interval '2 hours'), ('3', 'rollback', 'success', now())`,
  },
  {
    name: 'a failed row of the next',
    sql: `insert into schema_migrations (version, name, checksum, status) values ('03', 'three', 'x', 'failed')`,
  },
  {
    name: 'get_migration_status of other arguments',
    sql: `create function get_migration_status(integer) returns integer language sql as 'select 1'`,
  },
  { name: 'a table for the view', sql: 'drop view migration_status_view; create table migration_status_view (x int)' },
  {
    name: 'status an enum',
    sql: `drop view migration_status_view; alter table schema_migrations drop constraint schema_migrations_status_check; create type standing as enum ('pending', 'running', 'completed', 'failed'); alter table schema_migrations alter status type standing using status::standing`,
  },
  { name: 'checksums in capitals', sql: 'update schema_migrations set checksum = upper(checksum)' },
  {
    name: 'row-level security that does not apply to its owner',
    sql: 'alter table schema_migrations enable row level security',
  },
];
