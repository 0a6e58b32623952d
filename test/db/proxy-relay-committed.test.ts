/** Whether a tool has committed something, told by a relay and held against what the database has. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/postgres/session.ts';
import type { Committed } from '../../src/rehearsal/proxy/relay.ts';
import { message, say } from '../../src/rehearsal/proxy/wire.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { pgMajor } from '../support/global-setup.ts';
import { startServer } from '../support/postgres.ts';
import { atWork, Raw, relayTo, targetOf, toolAt, until } from '../support/relay.ts';

let database: Database;
let admin: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  admin = await database.client();
  await admin.query(`
    create table known (id int, n int default 0 not null);
    create table made (id int);
    create table late (id int);
    create unique index on known (id);
    create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(60); return null; end';
    create constraint trigger slow after insert on late deferrable initially deferred for each row execute function slow();
    create function adds() returns int language sql as 'insert into made values (1) returning 1';
    create procedure halves() language plpgsql as 'begin insert into made values (1); commit; perform 1 / 0; end';
    create procedure never() language plpgsql as 'begin perform 1 / 0; end'`);
});
beforeEach(async () => {
  await admin.query('truncate known, made, late; insert into known values (1), (2)');
});
afterEach(async () => {
  await admin.query('drop table if exists fresh');
});

const scene = () => relayTo(database, admin);
/** Rows in `made`, tables called `fresh`, indexes of `known` that should not be there. */
const there = async () =>
  (
    await admin.query<{ n: number }>(
      `select (select count(*) from made)::int + (to_regclass('fresh') is not null)::int
         + (select count(*) - 1 from pg_index where indrelid = 'known'::regclass)::int as n`,
    )
  ).rows[0]?.n;

const quietly = async (client: pg.Client, ...all: readonly string[]) => {
  for (const sql of all) await client.query(sql).catch(() => undefined);
};

type Case = readonly [name: string, verdict: Committed, isThere: boolean, statements: readonly string[]];

const CASES: readonly Case[] = [
  ['reads', 'nothing', false, ['select version()', 'select * from known', 'show search_path']],
  ['a lock and its release', 'nothing', false, ['select pg_try_advisory_lock(1)', 'select pg_advisory_unlock(1)']],
  ['a table that exists already', 'nothing', false, ['create table if not exists made (id int)']],
  ['a failed migration in a block', 'nothing', false, ['begin', 'create table fresh ()', 'x', 'commit']],
  ['a failed migration in one string', 'nothing', false, ['create table fresh (); select 1 / 0']],
  [
    'a migration gone back from',
    'nothing',
    false,
    ['begin', 'savepoint a', 'create table fresh ()', 'rollback to a', 'commit'],
  ],
  ['a block left open', 'nothing', false, ['begin; create table fresh ()']],
  [
    'a commit that fails',
    'nothing',
    false,
    [
      'begin; create table if not exists fresh (id int unique deferrable initially deferred); insert into fresh values (1), (1)',
      'commit',
    ],
  ],
  ['a procedure that fails at once', 'unknown', false, ['call never()']],
  ['a procedure that fails by half', 'unknown', true, ['call halves()']],
  ['an index that could not be built', 'unknown', true, ['create unique index concurrently made_n on known (n)']],
  ['an index that is refused', 'nothing', false, ['create index concurrently made_n on known (nothing)']],
  ['a function that writes', 'unknown', true, ['select adds()']],
  ['an autocommitted statement', 'something', true, ['create table fresh ()', 'x']],
  [
    'one of two blocks',
    'something',
    true,
    ['begin', 'create table fresh ()', 'commit', 'begin', 'insert into made values (1)', 'rollback'],
  ],
  [
    'a block and the half of another in one string',
    'something',
    true,
    ['begin; create table fresh (); commit; insert into made values (1); select 1 / 0'],
  ],
  ['COMMIT AND CHAIN', 'something', true, ['begin', 'create table fresh ()', 'commit and chain', 'x', 'rollback']],
  [
    'before a savepoint',
    'something',
    true,
    ['begin', 'insert into made values (1)', 'savepoint a', 'x', 'rollback to a', 'commit'],
  ],
];

describe('what the relay tells is what the database has', () => {
  it.each(CASES)('%s: %s', async (_, verdict, isThere, statements) => {
    const { relay, door } = await scene();
    const client = await toolAt(door, database.name);
    await quietly(client, ...statements);
    await client.end();
    await relay.close();
    const left = await there();
    await admin.query('drop index if exists made_n');
    expect([relay.committed, (left ?? 0) > 0]).toEqual([verdict, isThere]);
  });

  it('pipelines: up to the Sync that went well', async () => {
    const { relay, door } = await scene();
    const raw = await Raw.greeted(door, database.name);
    const once = (sql: string) => [say.parse('', sql), say.bind('', ''), say.execute('')];
    const insert = once('insert into made values (1)');
    await raw.say(1, ...insert, ...once('select 1 / 0'), say.sync);
    expect([relay.committed, await there()]).toEqual(['nothing', 0]);
    await raw.say(1, ...insert, ...once('select 1'), say.sync);
    expect([relay.committed, await there()]).toEqual(['something', 1]);
  });

  it('rows that a portal has not given yet', async () => {
    const { relay, door } = await scene();
    const raw = await Raw.greeted(door, database.name);
    const sql = 'with x as (insert into made values (1), (2) returning id) select * from x';
    expect(await raw.say(1, say.parse('', sql), say.bind('', ''), message('E', '', 1), say.sync)).toBe('12DsZ');
    expect([relay.committed, await there()]).toEqual(['something', 2]);
  });
});

it('PREPARE TRANSACTION outlasts the session; of a server that dies nothing is known', async () => {
  const server = await startServer({ major: pgMajor, settings: { max_prepared_transactions: '2' } });
  const place = { name: 'postgres', url: server.url() };
  const settle = new pg.Client({ connectionString: place.url });
  settle.on('error', () => undefined);
  await settle.connect();
  try {
    const prepares = await relayTo(place, settle);
    const client = await toolAt(prepares.door, place.name);
    await quietly(client, 'begin', 'create table fresh ()', "prepare transaction 'one'");
    await client.end();
    expect(prepares.relay.committed).toBe('something');
    await settle.query("commit prepared 'one'");
    const dies = await relayTo(place, settle);
    const raw = await Raw.greeted(dies.door, place.name);
    raw.socket.write(say.query('do $$ begin drop table fresh; perform pg_sleep(60); end $$'));
    await atWork(settle, dies.relay);
    await server.stop('immediate');
    await until(() => raw.closed);
    expect(dies.relay.committed).toBe('unknown');
  } finally {
    await settle.end().catch(() => undefined);
    await server.remove();
  }
});

describe('an answer that never came', () => {
  const insertLate = 'insert into late values (1)';
  it.each([
    ['of a COMMIT', ['begin', insertLate], 'commit', 'unknown'],
    ['of an autocommitted statement', [], insertLate, 'unknown'],
    ['of a statement in a block', ['begin', 'create table fresh ()'], 'select pg_sleep(60)', 'nothing'],
    ['of a read', [], 'select pg_sleep(60)', 'nothing'],
    ['after something else', ['create table fresh ()'], insertLate, 'something'],
  ] as const)('%s', async (_, before, last, verdict) => {
    const { relay, door, told } = await scene();
    const raw = await Raw.greeted(door, database.name);
    for (const sql of before) await raw.say(1, say.query(sql));
    raw.socket.write(say.query(last));
    await atWork(admin, relay);
    raw.socket.destroy();
    await until(() => told.at(-1)?.error?.sqlstate === null);
    expect(relay.committed).toBe(verdict);
    await admin.query('select pg_terminate_backend($1, 10000)', [relay.pids[0]]);
  });

  it('what the server ended with its own words was not committed', async () => {
    const { relay, door } = await scene();
    const raw = await Raw.greeted(door, database.name);
    raw.socket.write(say.query(insertLate));
    await atWork(admin, relay);
    await admin.query('select pg_terminate_backend($1, 10000)', [relay.pids[0]]);
    await until(() => raw.closed);
    const { rows } = await admin.query('select * from late');
    expect([relay.committed, rows]).toEqual(['nothing', []]);
  });

  it('what its connection’s cut leaves open is unknown', async () => {
    const { relay, door, sessions, told } = await scene();
    const raw = await Raw.greeted(door, database.name);
    raw.socket.write(say.query(insertLate));
    await atWork(admin, relay);
    sessions[0]?.drop();
    await until(() => told.at(-1)?.error?.sqlstate === null);
    expect(relay.committed).toBe('unknown');
    expect(told.at(-1)?.error?.sqlstate).toBeNull();
    await admin.query(
      'select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
  });
});

describe('the maintenance database', () => {
  it('is there to be asked, and to make databases on; what is said there is told with its name', async () => {
    const { relay, door, told } = await scene();
    const client = await toolAt(door, 'postgres');
    const name = `t_${process.pid}_${randomBytes(5).toString('hex')}`;
    expect((await client.query('select current_database() as name')).rows).toEqual([{ name: 'postgres' }]);
    await client.query('select 1 from pg_database where datname = $1', [database.name]);
    expect(relay.committed).toBe('nothing');
    await client.query(`create database ${name} template template0`);
    await client.query(`drop database ${name}`);
    await client.end();
    const other = await toolAt(door, database.name);
    await other.query('select 1');
    expect(told.map((one) => one.database)).toEqual([...Array(4).fill('postgres'), database.name]);
    expect(relay.committed).toBe('something');
    const { pids } = relay;
    expect(pids).toHaveLength(2);
    await relay.close();
    expect(relay.pids).toEqual(pids);
  });

  it('template1 likewise', async () => {
    // Nobody can make a database while another is connected to it: the session is on another one.
    const open = () => connect(targetOf(database), 'mgate/test', 10_000);
    const { door, told } = await relayTo(database, admin, { open });
    const client = await toolAt(door, 'template1');
    await client.query('select 1');
    expect(told.map((one) => one.database)).toEqual(['template1']);
  });
});
