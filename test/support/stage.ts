/** A rehearsal played for a tool's connections, and the same talk held with the server itself, to be held side by side. */
import type { Socket } from 'node:net';
import pg from 'pg';
import { connect } from '../../src/postgres/session.ts';
import { FIRE_CONSTRAINTS, GUARD_IN, GUARD_IN_ANEW, GUARD_OUT, MAKE_GUARD } from '../../src/rehearsal/guard.ts';
import { listen } from '../../src/rehearsal/proxy/front.ts';
import { Line } from '../../src/rehearsal/proxy/line.ts';
import { type Director, Stage } from '../../src/rehearsal/proxy/stage.ts';
import { type Frame, FrameReader, letter, readFields, texts } from '../../src/rehearsal/proxy/wire.ts';
import type { Target } from '../../src/request/request.ts';
import type { Database } from './database.ts';

export interface Rehearsal {
  /** Of the proxy. */
  readonly url: string;
  readonly stage: Stage;
  /** What the director was told, in order: `sql -> tag` or `sql -> SQLSTATE`. */
  readonly told: readonly string[];
  readonly notes: readonly string[];
  /** Rows as text, asked inside of the rehearsal once its callers are gone. */
  ask(sql: string): Promise<(string | null)[][]>;
  /** The play ends, a COMMIT is refused by the guard, and what was done is proved to be gone. */
  end(): Promise<{ commit: string; proof: string }>;
}

export type RehearsalOptions = Partial<Pick<Director, 'before' | 'forgive' | 'after'>>;

export function targetOf(url: string): Target {
  const { hostname: host, port, pathname, username: user, password } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1));
  return { host, port: Number(port), database, user, password, sslMode: 'disable', sslRootCert: null, source: 'test' };
}

/** Passes everything unless told otherwise. */
export async function rehearse(database: Database, options: RehearsalOptions = {}): Promise<Rehearsal> {
  const target = targetOf(database.url);
  const session = await connect(target, 'mgate-test', 10_000);
  await session.query('begin isolation level read committed');
  const { rows } = await session.query<{ id: string }>('select pg_current_xact_id()::text as id');
  const xid = rows[0]?.id ?? '';
  await session.batch(MAKE_GUARD);
  const line = new Line(session);
  const told: string[] = [];
  const notes: string[] = [];
  const canceller = await connect(target, 'mgate-canceller', 10_000);
  const pid = session.startupPid;
  const director: Director = {
    database: target.database,
    before: options.before ?? (async () => ({ send: 'as it is', guarded: false })),
    forgive: options.forgive ?? (async () => null),
    after: async (said, now) => {
      await options.after?.(said, now);
      told.push(`${said.sql.slice(0, 200)} -> ${now.error?.get('C') ?? now.tag}`);
    },
    commit: async () => {
      await line.batch([GUARD_OUT, FIRE_CONSTRAINTS, ...GUARD_IN_ANEW]);
    },
    guard: { out: [GUARD_OUT], in: GUARD_IN },
    note: (what) => notes.push(what),
    lose: (what) => notes.push(what),
    settings: () => [],
    cancel: async () => {
      await canceller.query('select pg_cancel_backend($1)', [pid]);
    },
  };
  const stage = new Stage(line, director);
  const front = await listen(stage, { password: 'secret' });
  let isBack = false;
  const giveBack = async () => {
    if (isBack) return;
    isBack = true;
    await Promise.race([stage.emptied(), stage.broken]);
    await stage.end();
    await front.close();
    line.giveBack();
  };
  return {
    url: `postgresql://${target.user}:secret@127.0.0.1:${front.port}/${target.database}`,
    stage,
    told,
    notes,
    async ask(sql) {
      await giveBack();
      const [result] = await session.batch([{ text: sql, keep: true }]);
      return (result?.rows ?? []).map((row) => [...row]);
    },
    async end() {
      await giveBack();
      const commit = await session.query('commit').then(
        () => 'committed',
        (error: { code: string; constraint?: string }) => `${error.code} ${error.constraint}`,
      );
      await session.query('rollback');
      const found = await session.query<{ status: string }>('select pg_xact_status($1::xid8) as status', [xid]);
      await Promise.all([session.end(), canceller.end()]);
      return { commit, proof: found.rows[0]?.status ?? '' };
    },
  };
}

/** A connection on which the protocol is spoken by hand, once `pg` has opened it. */
export class Wire {
  readonly frames: Frame[] = [];
  readonly socket: Socket;
  readonly processId: number;
  private readonly client: pg.Client;
  private readonly reader = new FrameReader();
  private wake: () => void = () => undefined;
  private isClosed = false;

  private constructor(client: pg.Client) {
    this.client = client;
    const { connection, processID } = client as unknown as { connection: { stream: Socket }; processID: number };
    this.socket = connection.stream;
    this.processId = processID;
    this.socket.removeAllListeners('data');
    this.socket.on('data', (chunk: Buffer) => {
      for (const frame of this.reader.push(chunk)) this.frames.push(frame);
      this.wake();
    });
    this.socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static async open(url: string, more: pg.ClientConfig = {}): Promise<Wire> {
    const client = new pg.Client({ connectionString: url, ...more });
    client.on('error', () => undefined);
    await client.connect();
    return new Wire(client);
  }

  /** Sends, and gives what came back since the last call once there are as many ReadyForQuery as are to come. */
  async talk(bytes: readonly Buffer[] | Buffer, ready = expectedReady(bytes)): Promise<Frame[]> {
    this.socket.write(Buffer.isBuffer(bytes) ? bytes : Buffer.concat(bytes));
    let [read, seen] = [0, 0];
    return this.until((frames) => {
      for (; read < frames.length; read += 1) if (frames[read]?.type === 'Z') seen += 1;
      return seen >= ready;
    });
  }

  async until(enough: (frames: readonly Frame[]) => boolean): Promise<Frame[]> {
    while (!enough(this.frames)) {
      if (this.isClosed) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.frames.splice(0);
  }

  cancel(): Promise<void> {
    const { port, host } = this.client;
    const key = this.client as unknown as { processID: number; secretKey: number };
    const asking = new (pg as unknown as { Connection: new () => CancelConnection }).Connection();
    return new Promise((resolve) => {
      asking.connect(port, host);
      asking.on('connect', () => asking.cancel(key.processID, key.secretKey));
      asking.on('end', resolve);
      asking.on('error', () => resolve());
    });
  }

  /** At once, without a word. */
  cut(): void {
    this.socket.destroy();
  }

  end(): Promise<void> {
    return this.client.end().catch(() => undefined);
  }
}

interface CancelConnection {
  connect(port: number, host: string): void;
  cancel(processId: number, secret: number): void;
  on(event: string, listener: () => void): void;
}

function expectedReady(bytes: readonly Buffer[] | Buffer): number {
  const frames = new FrameReader().push(Buffer.isBuffer(bytes) ? bytes : Buffer.concat(bytes));
  return frames.filter(({ type }) => 'QSF'.includes(type)).length;
}

/** What a client can tell apart, in words. Where in the server's source an error was made is not worth it. */
export function inWords({ type, bytes }: Frame): string {
  const frame = { type, bytes };
  switch (type) {
    case 'E':
    case 'N':
      return `${type} ${[...readFields(frame)]
        .filter(([code]) => !'FLR'.includes(code))
        .map((field) => field.join('='))
        .sort()
        .join(' ')}`;
    case 'T':
      return `T ${columns(bytes)}`;
    case 'C':
      return `C ${texts(frame, 1)[0]}`;
    case 'Z':
      return `Z ${letter(frame)}`;
    case 'V':
      return `V of ${bytes.length}`;
    case 'S':
      return `S ${texts(frame, 2).join('=')}`;
    default:
      return `${type} ${bytes.subarray(5).toString('latin1')}`.trim();
  }
}

/** Names and types; tables go by other numbers in another database. */
function columns(bytes: Buffer): string {
  const found: string[] = [];
  let at = 7;
  for (let left = bytes.readUInt16BE(5); left > 0; left -= 1) {
    const end = bytes.indexOf(0, at);
    const rest = bytes.subarray(end + 5, end + 19);
    found.push(`${bytes.toString('utf8', at, end)}:${rest.toString('hex')}`);
    at = end + 19;
  }
  return found.join(',');
}
