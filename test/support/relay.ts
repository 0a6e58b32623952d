/** A relay before a real server, and tools that speak through it: by a driver, and by hand. */
import { connect as connectSocket, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach } from 'vitest';
import { connect, type Session } from '../../src/postgres/session.ts';
import { type Front, listen } from '../../src/rehearsal/proxy/front.ts';
import { Relay, type RelayInput, type Said } from '../../src/rehearsal/proxy/relay.ts';
import { type Frame, FrameReader, message } from '../../src/rehearsal/proxy/wire.ts';
import type { Target } from '../../src/request/request.ts';
import type { Database } from './database.ts';

export interface Scene {
  readonly relay: Relay;
  readonly door: Front;
  readonly sessions: Session[];
  readonly told: readonly Said[];
  /** As the relay told them, `sql`, then the tags or the error. */
  said(): string[];
}

const opened: { close(): Promise<unknown> }[] = [];
const closers: pg.Client[] = [];
afterEach(async () => {
  for (const one of closers.splice(0)) await one.end();
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** A database that somebody has made. */
type Place = Pick<Database, 'name' | 'url'>;

export function targetOf(database: Place): Target {
  const url = new URL(database.url);
  return {
    host: url.hostname,
    port: Number(url.port),
    database: database.name,
    user: url.username,
    password: decodeURIComponent(url.password),
    sslMode: 'disable',
    sslRootCert: null,
    source: 'the test',
  };
}

/** Closed after the test. `admin` carries out what a cancel request asks for. */
export async function relayTo(database: Place, admin: pg.Client, more: Partial<RelayInput> = {}): Promise<Scene> {
  const sessions: Session[] = [];
  const told: Said[] = [];
  const relay = new Relay({
    database: database.name,
    open: async ({ parameters }) => {
      const target = { ...targetOf(database), database: parameters.get('database') ?? '' };
      const session = await connect(target, 'mgate/test', 10_000);
      sessions.push(session);
      return session;
    },
    settings: [['lock_timeout', '3s']],
    cancel: (pid) => void admin.query('select pg_cancel_backend($1)', [pid]),
    onStatement: (one) => told.push(one),
    ...more,
  });
  const door = await listen(relay, { password: 'secret' });
  opened.push(relay, door);
  const said = () =>
    told.map(({ sql, tags, error }) => `${sql} -> ${error ? `${error.sqlstate} ${error.message}` : tags.join(', ')}`);
  return { relay, door, sessions, told, said };
}

export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(5);
}

/** So many of the backends that work for a tool are at work, by the server's own word. */
export function atWork(admin: pg.Client, relay: Relay, count = 1): Promise<void> {
  const active = "select from pg_stat_activity where pid = any ($1) and state = 'active'";
  return until(async () => (await admin.query(active, [relay.pids])).rowCount === count);
}

/** Ended after the test. */
export async function toolAt(door: Front, database: string, more: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: door.port,
    user: 'whoever',
    password: 'secret',
    database,
    ...more,
  });
  client.on('error', () => undefined);
  await client.connect();
  closers.push(client);
  return client;
}

/** A connection by hand, past its greeting. */
export class Raw {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  private readonly reader = new FrameReader();
  closed = false;

  constructor(port: number) {
    this.socket = connectSocket(port, '127.0.0.1').setNoDelay(true);
    this.socket.on('data', (chunk: Buffer) => this.frames.push(...this.reader.push(chunk)));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
    });
    opened.push({ close: async () => this.socket.destroy() });
  }

  static async greeted(door: Front, database: string): Promise<Raw> {
    const raw = new Raw(door.port);
    raw.socket.write(message('x', 3 << 16, 'user', 'u', 'database', database, Buffer.from([0])).subarray(1));
    raw.socket.write(message('p', 'secret'));
    await until(() => raw.types.endsWith('Z'));
    raw.frames.length = 0;
    return raw;
  }

  get types(): string {
    return this.frames.map(({ type }) => type).join('');
  }

  /** Until so many ReadyForQuery have come; the types of all messages since the last call. */
  async say(ready: number, ...bytes: readonly Buffer[]): Promise<string> {
    this.frames.length = 0;
    this.socket.write(Buffer.concat(bytes));
    await until(() => this.closed || this.frames.filter(({ type }) => type === 'Z').length >= ready);
    return this.types;
  }
}
