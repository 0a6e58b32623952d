/** A tool's connections, passed on to a real server: what it sees is what it sees there directly, and all is written down. */

import { connect as connectSocket, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/postgres/session.ts';
import type { Front } from '../../src/rehearsal/proxy/front.ts';
import type { RelayInput } from '../../src/rehearsal/proxy/relay.ts';
import { message, readFields, say, texts } from '../../src/rehearsal/proxy/wire.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { atWork, Raw, relayTo, targetOf, toolAt, until } from '../support/relay.ts';

let database: Database;
let admin: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  admin = await database.client();
});

const target = () => targetOf(database);
const scene = (more: Partial<RelayInput> = {}) => relayTo(database, admin, more);
const alive = async (pid: number | undefined) =>
  (await admin.query('select from pg_stat_activity where pid = $1', [pid])).rowCount === 1;
const tool = (door: Front, more: pg.ClientConfig = {}) => toolAt(door, database.name, more);
const greeted = (door: Front) => Raw.greeted(door, database.name);

describe('what passes', () => {
  it('simple queries, extended ones, and errors in both', async () => {
    const { door, said } = await scene();
    const client = await tool(door);
    await client.query('create table passes (id int primary key, t text)');
    expect((await client.query('insert into passes values ($1, $2), (2, null) returning *', [1, 'ä'])).rows).toEqual([
      { id: 1, t: 'ä' },
      { id: 2, t: null },
    ]);
    await expect(client.query('insert into passes values (1)')).rejects.toMatchObject({
      code: '23505',
      detail: 'Key (id)=(1) already exists.',
      constraint: 'passes_pkey',
    });
    await expect(client.query('select nothing from passes where id = $1', [1])).rejects.toMatchObject({
      code: '42703',
      position: '8',
    });
    await expect(client.query('select 1 / (id - 1) from passes where id = $1', [1])).rejects.toMatchObject({
      code: '22012',
    });
    const [one, two] = (await client.query(
      'select 1 as a; update passes set t = null; ;',
    )) as unknown as pg.QueryResult[];
    expect([one?.rows, two?.rowCount]).toEqual([[{ a: 1 }], 2]);
    await expect(client.query('begin; select 1; select x; select 2')).rejects.toMatchObject({ code: '42703' });
    await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('rollback');
    await client.query('-- nothing');
    await client.query('drop table passes');
    expect(said()).toEqual([
      'create table passes (id int primary key, t text) -> CREATE TABLE',
      'insert into passes values ($1, $2), (2, null) returning * -> INSERT 0 2',
      'insert into passes values (1) -> 23505 duplicate key value violates unique constraint "passes_pkey"',
      'select nothing from passes where id = $1 -> 42703 column "nothing" does not exist',
      'select 1 / (id - 1) from passes where id = $1 -> 22012 division by zero',
      'select 1 as a; update passes set t = null; ; -> SELECT 1, UPDATE 2',
      'begin; select 1; select x; select 2 -> 42703 column "x" does not exist',
      'select 1 -> 25P02 current transaction is aborted, commands ignored until end of transaction block',
      'rollback -> ROLLBACK',
      'drop table passes -> DROP TABLE',
    ]);
  });

  it('10 MB in a row and in a statement; the statement is written down cut', async () => {
    const { door, told } = await scene();
    const client = await tool(door, { ssl: { rejectUnauthorized: false } });
    const long = 'x'.repeat(10_000_000);
    const { rows } = await client.query(`select '${long}' as a, repeat('y', 10000000) as b`);
    expect([rows[0].a === long, rows[0].b.length]).toEqual([true, 10_000_000]);
    expect((await client.query('select length($1) as n from generate_series(1, 3)', [long])).rows).toEqual(
      Array(3).fill({ n: 10_000_000 }),
    );
    expect(told.map(({ sql }) => sql.length)).toEqual([1_000, 49]);
  });

  it('more rows than the tool reads wait at the server, and so does what the server does not read', async () => {
    const { door, sessions } = await scene();
    const raw = await greeted(door);
    raw.socket.pause();
    raw.socket.write(say.query("select repeat('x', 1000) from generate_series(1, 100000)"));
    const stream = () =>
      (sessions[0] as unknown as { client: { connection: { stream: Socket } } }).client.connection.stream;
    const standsStill = async () => {
      const read = stream().bytesRead;
      await sleep(100);
      return stream().isPaused() && stream().bytesRead === read;
    };
    await until(standsStill);
    expect(stream().bytesRead).toBeLessThan(50_000_000);
    raw.socket.resume();
    await until(() => raw.types.endsWith('CZ'));
    expect(raw.frames.filter(({ type }) => type === 'D')).toHaveLength(100_000);
    raw.frames.length = 0;
    // The other way: the server waits while a pipeline of statements comes.
    await admin.query('select pg_advisory_lock(7)');
    const many = Array.from({ length: 3_000 }, () => say.query(`-- ${'z'.repeat(10_000)}`));
    const before = stream().bytesWritten;
    raw.socket.write(Buffer.concat([say.query('select pg_advisory_lock(7)'), ...many]));
    await until(() => stream().writableNeedDrain);
    await sleep(100);
    expect(stream().bytesWritten - before).toBeLessThan(20_000_000);
    await admin.query('select pg_advisory_unlock(7)');
    await until(() => raw.frames.filter(({ type }) => type === 'Z').length === 3_001);
  });

  it('COPY both ways, simple and extended, and one that fails', async () => {
    const { door, said } = await scene();
    const raw = await greeted(door);
    const data = (text: string) => message('d', Buffer.from(text));
    const [done, extended] = [message('c'), [say.bind('', ''), say.execute(''), say.sync]];
    await raw.say(1, say.query('create table copied (id int)'));
    raw.socket.write(say.query('copy copied from stdin'));
    await until(() => raw.types.endsWith('G'));
    const rows = Array.from({ length: 1_000 }, () => data('1\n'.repeat(1_000)));
    expect(await raw.say(1, ...rows, done)).toBe('CZ');
    // As libpq does it: a Sync with the Execute, which the server passes over, and one after the data.
    raw.socket.write(Buffer.concat([say.parse('', 'copy copied from stdin'), ...extended]));
    await until(() => raw.types.endsWith('G'));
    expect(await raw.say(1, data('2\n'), done, say.sync)).toBe('CZ');
    // Blindly, all at once.
    const blind = [
      say.parse('', 'copy copied from stdin'),
      say.bind('', ''),
      say.execute(''),
      data('3\n'),
      done,
      say.sync,
    ];
    expect(await raw.say(1, ...blind)).toBe('12GCZ');
    expect(await raw.say(1, say.query('copy copied from stdin'), data('x\n'), done)).toBe('GEZ');
    raw.socket.write(Buffer.concat([say.parse('', 'copy copied from stdin'), ...extended]));
    await until(() => raw.types.endsWith('G'));
    expect(await raw.say(1, say.copyFail('no'), say.sync)).toBe('EZ');
    const out = await raw.say(1, say.query('copy copied to stdout; select 2'));
    expect(out).toBe(`H${'d'.repeat(1_000_002)}cCTDCZ`);
    expect(await raw.say(1, say.query('drop table copied'))).toBe('CZ');
    expect(said()).toEqual([
      'create table copied (id int) -> CREATE TABLE',
      'copy copied from stdin -> COPY 1000000',
      'copy copied from stdin -> COPY 1',
      'copy copied from stdin -> COPY 1',
      'copy copied from stdin -> 22P02 invalid input syntax for type integer: "x"',
      'copy copied from stdin -> 57014 COPY from stdin failed: no',
      'copy copied to stdout; select 2 -> COPY 1000002, SELECT 1',
      'drop table copied -> DROP TABLE',
    ]);
  });

  it('a pipeline with an error in the middle, prepared statements, portals, and what only a Sync finds out', async () => {
    const { door, said } = await scene();
    const raw = await greeted(door);
    const once = (sql: string) => [say.parse('', sql), say.bind('', ''), say.describe('P', ''), say.execute('')];
    expect(
      await raw.say(
        2,
        ...once('select 1'),
        ...once('select 1/0'),
        ...once('select 2'),
        say.sync,
        ...once('select 3'),
        say.sync,
      ),
    ).toBe('12TDC1EZ12TDCZ');
    await raw.say(1, say.parse('s', 'select n from generate_series(1, 3) n'), say.describe('S', 's'), say.sync);
    const some = (portal: string) => message('E', portal, 2);
    expect(await raw.say(1, say.bind('p', 's'), some('p'), some('p'), say.close('P', 'p'), say.sync)).toBe('2DDsDC3Z');
    expect(await raw.say(1, say.bind('', 'unknown'), say.execute(''), say.sync)).toBe('EZ');
    // Parse and Flush, an error, and only then the rest: it is passed over.
    raw.frames.length = 0;
    raw.socket.write(Buffer.concat([say.parse('', 'selekt'), say.flush]));
    await until(() => raw.types === 'E');
    expect(await raw.say(1, say.bind('', ''), say.execute(''), say.sync)).toBe('Z');
    await raw.say(
      2,
      say.query('create table d (id int unique deferrable initially deferred)'),
      say.query('insert into d values (1)'),
    );
    expect(await raw.say(1, ...once('insert into d values (1)'), say.sync)).toBe('12nCEZ');
    expect(await raw.say(1, say.query('drop table d'))).toBe('CZ');
    expect(said()).toEqual([
      'select 1 -> SELECT 1',
      'select 1/0 -> 22012 division by zero',
      'select 3 -> SELECT 1',
      'select n from generate_series(1, 3) n -> ',
      'select n from generate_series(1, 3) n -> SELECT 1',
      ' -> 26000 prepared statement "unknown" does not exist',
      'selekt -> 42601 syntax error at or near "selekt"',
      'create table d (id int unique deferrable initially deferred) -> CREATE TABLE',
      'insert into d values (1) -> INSERT 0 1',
      'insert into d values (1) -> INSERT 0 1',
      'insert into d values (1) -> 23505 duplicate key value violates unique constraint "d_id_key"',
      'drop table d -> DROP TABLE',
    ]);
  });

  it('notifications and notices', async () => {
    const { door } = await scene();
    const client = await tool(door);
    const heard: unknown[] = [];
    client.on('notification', ({ channel, payload }) => heard.push([channel, payload]));
    client.on('notice', ({ message }) => heard.push(message));
    await client.query('listen news');
    await admin.query("notify news, 'ä'");
    await until(() => heard.length === 1);
    await client.query("do $$ begin raise notice 'hello'; end $$");
    expect(heard).toEqual([['news', 'ä'], 'hello']);
  });
});

describe('the session a caller gets', () => {
  const show = async (client: pg.Client, name: string) =>
    (await client.query(`select current_setting($1) as value`, [name])).rows[0].value;

  it('has our settings and its own, its own last, and our name', async () => {
    const { door } = await scene({
      settings: [
        ['lock_timeout', '3s'],
        ['statement_timeout', '7min'],
      ],
    });
    const client = await tool(door, {
      application_name: 'the tool',
      options: String.raw`-c statement_timeout=5s --search_path=a,\ b -c app.tenant=x`,
    });
    const values = ['lock_timeout', 'statement_timeout', 'search_path', 'app.tenant', 'application_name'];
    const shown: unknown[] = [];
    for (const name of values) shown.push(await show(client, name));
    expect(shown).toEqual(['3s', '5s', 'a, b', 'x', 'mgate/test']);
  });

  it('tells the parameters that the server tells', async () => {
    const { door } = await scene();
    const told = async (port: number, user: string, password: string) => {
      const parameters: Record<string, string> = {};
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user,
        password,
        database: database.name,
        options: '-c TimeZone=Asia/Tokyo',
      });
      const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
      connection.on('parameterStatus', (one) => {
        parameters[one.parameterName] = one.parameterValue;
      });
      await client.connect();
      await client.end();
      return parameters;
    };
    const { port, user, password } = target();
    const direct = await told(port, user, password ?? '');
    expect(await told(door.port, 'whoever', 'secret')).toEqual({ ...direct, application_name: 'mgate/test' });
    expect(direct.TimeZone).toBe('Asia/Tokyo');
  });

  it('speaks the encoding of the database where the caller names none', async () => {
    const { door } = await scene();
    const raw = await greeted(door);
    await raw.say(1, say.query('show client_encoding'));
    expect(raw.frames.find(({ type }) => type === 'D')?.bytes.toString()).toContain('UTF8');
    const latin = new Raw(door.port);
    const asked = ['user', 'u', 'database', database.name, 'client_encoding', 'latin1', Buffer.from([0])];
    latin.socket.write(message('x', 3 << 16, ...asked).subarray(1));
    latin.socket.write(message('p', 'secret'));
    await until(() => latin.types.endsWith('Z'));
    const told = latin.frames.filter(({ type }) => type === 'S').map((frame) => texts(frame, 2).join('='));
    expect(told).toContain('client_encoding=LATIN1');
    await latin.say(1, say.query('select chr(228)'));
    expect(latin.frames.find(({ type }) => type === 'D')?.bytes.at(-1)).toBe(0xe4);
  });

  it.each([
    ['another database', { database: 'elsewhere' }, '3D000', 'database "elsewhere" is not served here'],
    ['a template', { database: 'template0' }, '3D000', 'database "template0" is not served here'],
    ['an unknown setting', { options: '-c no_such=1' }, '42704', 'unrecognized configuration parameter "no_such"'],
    ['a value that cannot be', { options: '-c work_mem=x' }, '22023', 'invalid value for parameter "work_mem": "x"'],
    ['an option we do not know', { options: '-e' }, '42601', 'invalid command-line argument for server process: -e'],
  ])('is refused with %s', async (_, config, code, words) => {
    const { door, sessions, relay } = await scene();
    await expect(tool(door, config)).rejects.toMatchObject({
      code,
      severity: 'FATAL',
      message: expect.stringContaining(words),
    });
    await relay.close();
    expect(relay.pids).toEqual([]);
    for (const session of sessions) await expect(session.query('select 1')).rejects.toThrow();
  });

  it('is refused in the words of whoever could not connect', async () => {
    const open = () => connect({ ...target(), password: 'wrong' }, 'mgate/test', 10_000);
    const { door } = await scene({ open });
    await expect(tool(door)).rejects.toMatchObject({ code: '28P01' });
    const elsewhere = await scene({ open: () => connect({ ...target(), port: 1 }, 'mgate/test', 10_000) });
    await expect(tool(elsewhere.door)).rejects.toMatchObject({
      code: '08006',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('two callers', () => {
  it('have a session each, known by its backend, and wait for one another as they do at the server', async () => {
    const { door, relay, told } = await scene();
    const [one, two] = [await tool(door), await tool(door)];
    const pids = [one, two].map((client) => (client as unknown as { processID: number }).processID);
    expect((await two.query('select pg_backend_pid() as pid')).rows[0].pid).toBe(pids[1]);
    expect(relay.pids).toEqual(pids);
    await one.query('create table waits (id int)');
    await one.query('begin; lock table waits');
    const waiting = two.query('select * from waits');
    await atWork(admin, relay);
    await one.query('commit');
    await waiting;
    const released = told.find(({ sql }) => sql === 'commit');
    const waited = told.find(({ sql }) => sql === 'select * from waits');
    expect(waited?.beganAt).toBeLessThan(released?.endedAt ?? 0);
    // Which of the two answers comes first is the server's to decide.
    expect(told.map(({ caller }) => caller).sort()).toEqual([1, 1, 1, 2, 2]);
    await one.query('drop table waits');
    await two.end();
    await until(async () => !(await alive(pids[1])));
    expect(await alive(pids[0])).toBe(true);
  });

  it('a cancel request stops the one that it means', async () => {
    const { door, relay } = await scene();
    const [one, two] = [await tool(door), await tool(door)];
    const sleep60 = (client: pg.Client) =>
      client.query('select pg_sleep(60)').then(
        () => 'slept',
        ({ code }) => code,
      );
    const cancel = (client: pg.Client) => {
      const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
      connectSocket(door.port, '127.0.0.1').end(message('x', 80877102, processID, secretKey).subarray(1));
    };
    const asleep = async () =>
      (
        await admin.query("select pid from pg_stat_activity where pid = any ($1) and wait_event = 'PgSleep'", [
          relay.pids,
        ])
      ).rows;
    const [sleeping, other] = [sleep60(one), sleep60(two)];
    await until(async () => (await asleep()).length === 2);
    cancel(one);
    expect(await sleeping).toBe('57014');
    expect(await asleep()).toEqual([{ pid: relay.pids[1] }]);
    cancel(two);
    expect(await other).toBe('57014');
  });
});

describe('what ends', () => {
  it.each([
    ['says that it goes', (client: pg.Client) => client.end()],
    [
      'dies',
      async (client: pg.Client) =>
        (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy(),
    ],
  ])('of a tool that %s, an open transaction is rolled back, and its backend is gone', async (_, leave) => {
    const { door, relay } = await scene();
    const client = await tool(door);
    await client.query('begin');
    await client.query('create table undone (id int)');
    expect(await alive(relay.pids[0])).toBe(true);
    await leave(client);
    await until(async () => !(await alive(relay.pids[0])));
    expect((await admin.query("select to_regclass('undone') as found")).rows[0].found).toBeNull();
  });

  it('of a tool that dies while the server works, the statement is written down without an answer', async () => {
    const { door, said, relay } = await scene({ settings: [['client_connection_check_interval', '100ms']] });
    const raw = await greeted(door);
    raw.socket.write(say.query('create table half (id int); select pg_sleep(60)'));
    await atWork(admin, relay);
    raw.socket.destroy();
    await until(() => said().length === 1);
    expect(said()).toEqual([
      'create table half (id int); select pg_sleep(60) -> null the tool closed its connection before the answer came',
    ]);
    await until(async () => !(await alive(relay.pids[0])));
    expect((await admin.query("select to_regclass('half') as found")).rows[0].found).toBeNull();
  });

  it('a backend that is ended takes the tool’s connection along, in the server’s words', async () => {
    const { door, said, relay } = await scene();
    const [idle, working] = [await greeted(door), await greeted(door)];
    working.socket.write(say.query('select pg_sleep(60)'));
    await atWork(admin, relay);
    for (const pid of relay.pids) await admin.query('select pg_terminate_backend($1)', [pid]);
    await until(() => idle.closed && working.closed);
    for (const { frames } of [idle, working]) {
      const error = frames.find(({ type }) => type === 'E');
      expect(error && readFields(error).get('C')).toBe('57P01');
    }
    await until(() => said().length === 1);
    expect(said()).toEqual(['select pg_sleep(60) -> 57P01 terminating connection due to administrator command']);
  });

  it('close ends all of them, and those that are being opened', async () => {
    let opening = false;
    const { door, relay, sessions } = await scene({
      open: async () => {
        if (sessions.length === 1) {
          opening = true;
          await sleep(200);
        }
        const session = await connect(target(), 'mgate/test', 10_000);
        sessions.push(session);
        return session;
      },
    });
    await tool(door);
    const late = tool(door).catch((error: unknown) => error);
    await until(() => opening);
    await relay.close();
    expect(await late).toMatchObject({ code: '57P01' });
    // It does not wait for a server that is slow to end them.
    for (const pid of [...relay.pids, ...sessions.map(({ startupPid }) => startupPid)])
      await until(async () => !(await alive(pid)));
    await expect(tool(door)).rejects.toMatchObject({ code: '57P01' });
  });
});
