/** CONCURRENTLY through a relay waits as long as it must, whatever lock_timeout the sessions have; and all else does not. */
import { connect as connectSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { message, say } from '../../src/rehearsal/proxy/wire.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { Raw, relayTo, toolAt, until } from '../support/relay.ts';

let database: Database;
let admin: pg.Client;
/** Its snapshot is what CONCURRENTLY waits for. */
let holder: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  admin = await database.client();
  holder = await database.client();
});
beforeEach(async () => {
  await admin.query('create table w (id int); insert into w values (1)');
});
afterEach(async () => {
  await holder.query('rollback');
  await admin.query('drop table w');
});

const OURS = '150ms';
const scene = () => relayTo(database, admin, { settings: [['lock_timeout', OURS]] });

const hold = () => holder.query('begin isolation level repeatable read; select * from w');
const waits = (pid: number | undefined) =>
  until(async () => (await admin.query('select from pg_locks where pid = $1 and not granted', [pid])).rowCount === 1);
const isValid = async (index: string) =>
  (await admin.query('select indisvalid from pg_index where indexrelid = to_regclass($1)', [index])).rows[0]
    ?.indisvalid;
const BUILD = 'create index concurrently w_id on w (id)';

/** Lets go after the wait has lasted for three times our lock_timeout. */
async function letGoLater(pid: number | undefined): Promise<void> {
  await waits(pid);
  await sleep(450);
  await holder.query('commit');
}

describe('a statement that waits for older transactions', () => {
  it('is cut where nobody sees to it: what the others are compared with', async () => {
    await hold();
    const client = await database.client({ options: `-c lock_timeout=${OURS}` });
    await expect(client.query(BUILD)).rejects.toMatchObject({ code: '55P03' });
    expect(await isValid('w_id')).toBe(false);
  });

  it.each([
    ['by a simple query', (client: pg.Client) => client.query(BUILD)],
    [
      'by an extended one',
      (client: pg.Client) => client.query({ text: BUILD, queryMode: 'extended' } as pg.QueryConfig),
    ],
  ])('is not cut, %s, and lock_timeout is back after it', async (_, build) => {
    const { door, said, relay } = await scene();
    const client = await toolAt(door, database.name);
    await hold();
    const done = build(client);
    await letGoLater(relay.pids[0]);
    expect((await done).command).toBe('CREATE');
    expect(await isValid('w_id')).toBe(true);
    expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: OURS }]);
    expect(said()).toEqual([`${BUILD} -> CREATE INDEX`, 'show lock_timeout -> SHOW']);
    expect(relay.committed).toBe('something');
  });

  it.each([
    ['drop index concurrently w_id'],
    ['reindex index concurrently w_id'],
    ['alter table p detach partition p1 concurrently'],
  ])('%s', async (sql) => {
    await admin.query('create index w_id on w (id); create table p (id int) partition by list (id)');
    await admin.query('create table p1 partition of p for values in (1)');
    try {
      const { door, relay } = await scene();
      const client = await toolAt(door, database.name);
      await hold();
      await holder.query('select * from p');
      const done = client.query(sql);
      await letGoLater(relay.pids[0]);
      await done;
      expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: OURS }]);
    } finally {
      await holder.query('rollback');
      await admin.query('drop table p; drop table if exists p1');
    }
  });

  it('that fails leaves lock_timeout as it was', async () => {
    const { door } = await scene();
    const client = await toolAt(door, database.name);
    await expect(client.query('create index concurrently on nowhere (id)')).rejects.toMatchObject({ code: '42P01' });
    expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: OURS }]);
    await expect(client.query('begin; drop index concurrently w_id')).rejects.toMatchObject({ code: '25001' });
    await client.query('rollback');
    expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: OURS }]);
  });

  it('can be cancelled, also before it was sent', async () => {
    const { door, relay } = await scene();
    const client = await toolAt(door, database.name);
    await hold();
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    const cancel = () =>
      connectSocket(door.port, '127.0.0.1').end(message('x', 80877102, processID, secretKey).subarray(1));
    const built = expect(client.query(BUILD)).rejects.toMatchObject({ code: '57014' });
    await waits(relay.pids[0]);
    cancel();
    await built;
    expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: OURS }]);
  });
});

describe('what does not wait for older transactions', () => {
  it('is cut by lock_timeout, before such a statement and after it', async () => {
    const { door } = await scene();
    const client = await toolAt(door, database.name);
    const cut = async () => {
      await holder.query('begin; lock table w');
      await expect(client.query('alter table w add column a int')).rejects.toMatchObject({ code: '55P03' });
      await holder.query('commit');
    };
    await cut();
    await client.query(BUILD);
    await cut();
  });
});

describe('a lock_timeout that the tool has set itself', () => {
  it.each([
    ['as it connected', { options: '-c lock_timeout=200ms' }, null],
    ['by SET', {}, "set lock_timeout = '200ms'"],
    ['in its own transaction', {}, "begin; set lock_timeout = '200ms'; commit"],
  ])('%s is left alone', async (_, config, set) => {
    const { door } = await scene();
    const client = await toolAt(door, database.name, config);
    if (set) await client.query(set);
    await hold();
    await expect(client.query(BUILD)).rejects.toMatchObject({ code: '55P03' });
    expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '200ms' }]);
    await client.query('set lock_timeout = 0');
    await holder.query('commit');
    await client.query('drop index concurrently w_id');
    expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '0' }]);
  });
});

describe('nothing of the tool’s is disturbed', () => {
  const shown = (raw: Raw) =>
    raw.frames
      .find(({ type }) => type === 'D')
      ?.bytes.toString()
      .slice(11);
  const showTimeout = async (raw: Raw) => {
    await raw.say(1, say.query('show lock_timeout'));
    return shown(raw);
  };
  const once = (sql: string) => [say.parse('', sql), say.bind('', ''), say.execute('')];

  it('its unnamed statement is there after it, and a prepared one begins to wait at its Bind', async () => {
    const { door } = await scene();
    const raw = await Raw.greeted(door, database.name);
    await raw.say(1, say.parse('build', BUILD), say.parse('', 'select 7'), say.describe('S', 'build'), say.sync);
    await hold();
    raw.frames.length = 0;
    raw.socket.write(Buffer.concat([say.bind('', 'build'), say.execute(''), say.sync]));
    await sleep(450);
    await holder.query('commit');
    await until(() => raw.types.endsWith('Z'));
    expect(raw.types).toBe('2CZ');
    expect(await raw.say(1, say.bind('', ''), say.execute(''), say.sync)).toBe('2DCZ');
    expect(shown(raw)).toBe('7');
    expect(await isValid('w_id')).toBe(true);
    expect(await showTimeout(raw)).toBe(OURS);
  });

  it('in pieces: Parse and Flush first, then the rest', async () => {
    const { door } = await scene();
    const raw = await Raw.greeted(door, database.name);
    await hold();
    raw.socket.write(Buffer.concat([say.parse('', BUILD), say.describe('S', ''), say.flush]));
    await until(() => raw.types === '1tn');
    raw.frames.length = 0;
    raw.socket.write(Buffer.concat([say.bind('', ''), say.execute(''), say.sync]));
    await sleep(450);
    await holder.query('commit');
    await until(() => raw.types.endsWith('Z'));
    expect(raw.types).toBe('2CZ');
    expect(await showTimeout(raw)).toBe(OURS);
  });

  it('what it said behind it waits, in order, and each gets its own answers', async () => {
    const { door, said } = await scene();
    const raw = await Raw.greeted(door, database.name);
    await hold();
    raw.socket.write(
      Buffer.concat([
        say.query(BUILD),
        say.query('show lock_timeout'),
        ...once('select 8'),
        say.sync,
        say.query('drop index concurrently w_id'),
        say.query('select 9'),
      ]),
    );
    await sleep(450);
    await holder.query('commit');
    await until(() => raw.types.split('Z').length === 6);
    expect(raw.types).toBe('CZTDCZ12DCZCZTDCZ');
    const values = raw.frames.filter(({ type }) => type === 'D').map(({ bytes }) => bytes.toString().slice(11));
    expect(values).toEqual([OURS, '8', '9']);
    expect(said()).toHaveLength(5);
  });

  it('much that it said behind it waits at the tool, and comes through', async () => {
    const { door } = await scene();
    const raw = await Raw.greeted(door, database.name);
    await hold();
    raw.socket.write(say.query(BUILD));
    for (let n = 0; n < 400; n += 1) raw.socket.write(say.query(`-- ${'z'.repeat(100_000)}`));
    await sleep(450);
    expect(raw.socket.writableLength).toBeGreaterThan(10_000_000);
    await holder.query('commit');
    await until(() => raw.frames.filter(({ type }) => type === 'Z').length === 401);
    expect(await showTimeout(raw)).toBe(OURS);
  });

  it('behind a statement of its own that is under way it goes as it is', async () => {
    const { door } = await scene();
    const raw = await Raw.greeted(door, database.name);
    expect(await raw.say(2, say.query('select pg_sleep(0.05)'), say.query(BUILD))).toBe('TDCZCZ');
    expect(await isValid('w_id')).toBe(true);
    expect(await showTimeout(raw)).toBe(OURS);
  });

  it('a transaction that it begins in the same breath: lock_timeout is put back once that is over', async () => {
    const { door } = await scene();
    const raw = await Raw.greeted(door, database.name);
    expect(await raw.say(1, ...once(BUILD), ...once('begin'), say.sync)).toBe('12C12CZ');
    await raw.say(1, say.query('rollback'));
    expect(await showTimeout(raw)).toBe(OURS);
  });

  it('what the server says of its own accord reaches it meanwhile', async () => {
    const { door } = await scene();
    const client = await toolAt(door, database.name);
    const heard: unknown[] = [];
    client.on('notification', ({ channel }) => heard.push(channel));
    await client.query('listen news');
    for (let turn = 0; turn < 20; turn += 1) {
      await Promise.all([
        admin.query('notify news'),
        client.query(turn % 2 === 0 ? BUILD : 'drop index concurrently w_id'),
      ]);
    }
    await client.query('select 1');
    await until(() => heard.length === 20);
  });
});

describe('as many of them as there are', () => {
  it('one after the other, by simple and extended queries', async () => {
    const { door, said } = await scene();
    const client = await toolAt(door, database.name);
    for (let turn = 0; turn < 10; turn += 1) {
      await client.query(BUILD);
      await client.query({ text: 'drop index concurrently w_id', queryMode: 'extended' } as pg.QueryConfig);
    }
    expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: OURS }]);
    expect(said()).toHaveLength(21);
  });
});
