/**
 * One connection to PostgreSQL, and the two ways of using it: a query whose rows are wanted, and a batch of statements
 * in one round trip.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Target } from '../request/request.ts';
import type { Queryable } from './queryable.ts';

export interface ServerNotice {
  readonly severity: string;
  readonly message: string;
  readonly routine: string | null;
}

/** One statement of a batch. */
export interface BatchItem {
  readonly text: string;
  readonly values?: readonly (string | null)[];
  /** Its rows are wanted (text form); otherwise they are dropped as they arrive. */
  readonly keep?: boolean;
  /** It comes again and again: parsed and planned once in a session. The same text under the same name, always. */
  readonly name?: string;
  /** What was answered until here is wanted now, while the rest of the batch runs. */
  readonly flush?: boolean;
}

/** Takes our own prepared statements along; the session prepares them again. */
export const DEALLOCATE_ALL: BatchItem = { text: 'deallocate all' };

/** What may take them along too. */
const FORGETS = /^(?:deallocate\b|discard\s+all\b|do\b.*\bdeallocate\b)/is;

export interface BatchResult {
  /** The command tag, as `INSERT 0 3`; null for an empty statement. */
  readonly tag: string | null;
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A batch that failed: how many items were completed before, and the server's (or the connection's) error. */
export class BatchError extends Error {
  readonly completed: readonly BatchResult[];
  override readonly cause: unknown;
  constructor(completed: readonly BatchResult[], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'BatchError';
    this.completed = completed;
    this.cause = cause;
  }
}

/** What node-postgres asks of something given to `client.query`, as far as a batch needs it. */
interface WireConnection {
  readonly stream: { cork(): void; uncork(): void };
  close(message: { type: 'S'; name: string }): void;
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly (string | null)[] }): void;
  execute(message: object): void;
  flush(): void;
  sync(): void;
  sendCopyFail(message: string): void;
}

/**
 * Parse, Bind, Execute for each statement, one Sync at the end. The server refuses a second statement in one item
 * (42601), and after an error it skips everything up to the Sync: what ran is exactly the items before the failed one.
 */
class Batch {
  private readonly items: readonly BatchItem[];
  private readonly results: BatchResult[] = [];
  private rows: (readonly (string | null)[])[] = [];
  private readonly prepared: Set<string>;
  private readonly onDone: ((index: number, result: BatchResult) => void) | null;
  private readonly settle: { resolve: (results: BatchResult[]) => void; reject: (error: BatchError) => void };

  constructor(
    items: readonly BatchItem[],
    prepared: Set<string>,
    settle: Batch['settle'],
    onDone: ((index: number, result: BatchResult) => void) | null,
  ) {
    this.items = items;
    this.prepared = prepared;
    this.settle = settle;
    this.onDone = onDone;
  }

  submit(connection: WireConnection): null {
    connection.stream.cork();
    try {
      for (const item of this.items) {
        const name = item.name ?? '';
        if (FORGETS.test(item.text)) this.prepared.clear();
        if (!this.prepared.has(name)) {
          // After an error it is not known which names the server has: to close one that it has not is no error.
          if (name !== '') connection.close({ type: 'S', name });
          connection.parse({ name, text: item.text });
        }
        if (name !== '') this.prepared.add(name);
        connection.bind({ statement: name, values: item.values ?? [] });
        connection.execute({});
        if (item.flush) connection.flush();
      }
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
    return null;
  }

  private done(tag: string | null): void {
    const result = { tag, rows: this.rows };
    this.results.push(result);
    this.rows = [];
    this.onDone?.(this.results.length - 1, result);
  }

  handleRowDescription(): void {}

  handleDataRow(message: { fields: (string | null)[] }): void {
    if (this.items[this.results.length]?.keep) this.rows.push(message.fields);
  }

  handleCommandComplete(message: { text: string }): void {
    this.done(message.text);
  }

  handleEmptyQuery(): void {
    this.done(null);
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: WireConnection): void {
    connection.sendCopyFail('data from standard input cannot be sent by a migration');
  }

  handleCopyData(): void {}

  handleError(error: unknown): void {
    // What the server skipped was not prepared either, and which of it, is not worth telling apart.
    this.prepared.clear();
    this.settle.reject(new BatchError(this.results, error));
  }

  handleReadyForQuery(): void {
    this.settle.resolve(this.results);
  }
}

/** The connection itself, while somebody else speaks on it. */
export interface Loan {
  /** False: the server does not read as fast; `onDrain` tells when it has caught up. */
  write(bytes: Buffer): boolean;
  onDrain(listener: () => void): void;
  /** Nothing more is read of the server until `resume`. */
  pause(): void;
  resume(): void;
  /** What the server says from now on is ours again. It must owe no answer, and say nothing of its own accord meanwhile. */
  giveBack(): void;
}

const nothing = () => undefined;

export class Session implements Queryable {
  private readonly client: pg.Client;
  private readonly noticeListeners = new Set<(notice: ServerNotice) => void>();
  /** Names that the server has a prepared statement for. */
  private readonly prepared = new Set<string>();
  /** Why the connection is gone, once it is. */
  private lostBecause: Error | null = null;
  private readonly lossListeners: ((why: Error) => void)[] = [];
  private closing = false;
  private underWay = 0;
  /** Fulfilled once the last one that was asked is settled; null: the server owes us nothing. */
  private asked: Promise<void> | null = null;
  private isLent = false;
  /** The backend's process id as it says itself, once it was asked. */
  backendPid: number | null = null;

  constructor(client: pg.Client) {
    this.client = client;
    // Without a listener Node ends the process when the server closes the connection.
    client.on('error', (error) => this.lose(error));
    client.on('end', () => {
      if (!this.closing) this.lose(new Error('Connection terminated unexpectedly'));
    });
    const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
    connection.on('parameterStatus', ({ parameterName, parameterValue }: Record<string, string>) => {
      if (parameterName === 'server_version') this.serverVersion = parameterValue ?? null;
    });
    client.on('notice', (notice) => {
      const seen = {
        severity: String(notice.severity ?? ''),
        message: String(notice.message ?? ''),
        routine: (notice as { routine?: string }).routine ?? null,
      };
      for (const listener of this.noticeListeners) listener(seen);
    });
  }

  private lose(why: Error): void {
    if (this.lostBecause) return;
    this.lostBecause = why;
    for (const listener of this.lossListeners.splice(0)) listener(why);
  }

  /** The backend's process id as the startup packet told it; behind a pooler it is not the backend's own. */
  get startupPid(): number {
    return (this.client as unknown as { processID: number }).processID;
  }

  /** As the server, or a pooler for it, says when it lets us in: `18.4`, `14.23 (Debian 14.23-1)`; null: it does not. */
  serverVersion: string | null = null;

  /** The server owes us an answer. */
  get busy(): boolean {
    return this.underWay > 0;
  }

  /** The same, and nobody else has the connection. */
  get waiting(): boolean {
    return this.busy && !this.isLent;
  }

  /** How many bytes have come of the server. */
  get heard(): number {
    return this.stream.bytesRead;
  }

  /** How many bytes have gone out to it, as far as the system has taken them. */
  get said(): number {
    return this.stream.bytesWritten - this.stream.writableLength;
  }

  get lost(): Error | null {
    return this.lostBecause;
  }

  onNotice(listener: (notice: ServerNotice) => void): () => void {
    this.noticeListeners.add(listener);
    return () => this.noticeListeners.delete(listener);
  }

  async query<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<{ rows: Row[] }> {
    const result = await this.inTurn(() => this.client.query(text, values));
    const last = Array.isArray(result) ? result.at(-1) : result;
    return { rows: last.rows as Row[] };
  }

  /** Sends all items in one round trip. Rejects with a BatchError. `onDone(i)` is called as item i completes. */
  batch(
    items: readonly BatchItem[],
    onDone: ((index: number, result: BatchResult) => void) | null = null,
  ): Promise<BatchResult[]> {
    return this.inTurn(
      () =>
        new Promise((resolve, reject) => {
          const batch = new Batch(items, this.prepared, { resolve, reject }, onDone);
          this.client.query(batch as unknown as pg.Submittable);
        }),
    );
  }

  /** At once, or after those that were asked before: from its version 9 on node-postgres has no queue for them. */
  private async inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.asked === null ? ask() : this.asked.then(ask);
    const settled = answer.then(nothing, nothing);
    this.asked = settled;
    this.underWay += 1;
    try {
      return await answer;
    } finally {
      this.underWay -= 1;
      if (this.asked === settled) this.asked = null;
    }
  }

  /** Called once the connection is gone, at once where it is already. */
  onLost(listener: (why: Error) => void): void {
    if (this.lostBecause) listener(this.lostBecause);
    else this.lossListeners.push(listener);
  }

  /** Hands the connection over: whoever has it speaks the protocol on it, and `onData` gets what the server sends. */
  lend(onData: (chunk: Buffer) => void): Loan {
    if (this.busy) throw new Error('the server owes an answer: the connection cannot be lent');
    const { stream } = this;
    const ours = stream.listeners('data') as ((chunk: Buffer) => void)[];
    stream.on('data', onData);
    for (const listener of ours) stream.off('data', listener);
    // The borrower may have named statements as we do.
    this.prepared.clear();
    this.underWay += 1;
    this.isLent = true;
    const drained: (() => void)[] = [];
    return {
      write: (bytes) => stream.write(bytes),
      onDrain: (listener) => {
        drained.push(listener);
        stream.on('drain', listener);
      },
      pause: () => void stream.pause(),
      resume: () => void stream.resume(),
      giveBack: () => {
        for (const listener of ours) stream.on('data', listener);
        stream.off('data', onData);
        for (const listener of drained) stream.off('drain', listener);
        stream.resume();
        this.underWay -= 1;
        this.isLent = false;
      },
    };
  }

  /** Closes the connection; never throws, and does not wait for a server that does not answer. */
  async end(): Promise<void> {
    this.closing = true;
    const closed = this.client.end().catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.drop();
        resolve();
      }, 1_000);
    });
    await Promise.race([closed, patience]);
    clearTimeout(timer);
  }

  /** Closes our end of it, at once. */
  drop(): void {
    this.closing = true;
    this.stream.destroy();
  }

  /** Takes the connection for lost: whoever waits for an answer is told why. */
  giveUp(why: Error): void {
    this.lose(why);
    this.stream.destroy(why);
  }

  private get stream(): Socket {
    return (this.client as unknown as { connection: { stream: Socket } }).connection.stream;
  }
}

type Tls = false | { rejectUnauthorized: boolean; ca?: string; checkServerIdentity?: () => undefined };

/** A root certificate that was asked for and is not there. */
export class RootCertificateError extends Error {
  readonly code = 'ROOT_CERTIFICATE';
}

function readRootCert(target: Target): string | 'system' | null {
  const given = target.sslRootCert;
  if (given === 'system') return 'system';
  if (given?.includes('-----BEGIN')) return given;
  const path = given ?? join(homedir(), '.postgresql', 'root.crt');
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (given === null) return null;
    throw new RootCertificateError(`ssl-root-cert: the file ${path} cannot be read`, { cause });
  }
}

/** The ways to try, in order, with libpq's meaning of sslmode. https://www.postgresql.org/docs/current/libpq-ssl.html */
function tlsAttempts(target: Target): Tls[] {
  const attempts = tlsWays(target);
  // Without TLS there is nothing to be bound to.
  return target.needsChannelBinding ? attempts.filter((ssl) => ssl !== false) : attempts;
}

function tlsWays(target: Target): Tls[] {
  if (target.host.startsWith('/')) return [false];
  if (target.sslMode === 'disable') return [false];
  const root = readRootCert(target);
  const ca = root !== null && root !== 'system' ? { ca: root } : {};
  const encrypted: Tls = { rejectUnauthorized: false };
  const anyName = { checkServerIdentity: () => undefined };
  switch (target.sslMode) {
    case 'allow':
      return [false, encrypted];
    case 'prefer':
      return [encrypted, false];
    case 'require':
      // libpq: with a root certificate, require means verify-ca; with the system's roots only verify-full is allowed.
      if (target.sslRootCert === 'system') return [{ rejectUnauthorized: true }];
      return [root === null ? encrypted : { rejectUnauthorized: true, ...ca, ...anyName }];
    case 'verify-ca':
    case 'verify-full':
      if (root === null) {
        throw new RootCertificateError(
          `sslmode=${target.sslMode} needs a root certificate: set ssl-root-cert to the PEM text, to its file, or to \`system\``,
        );
      }
      return [
        { rejectUnauthorized: true, ...ca, ...(target.sslMode === 'verify-ca' && root !== 'system' ? anyName : {}) },
      ];
  }
}

/** What was asked for with `channel_binding=require` and did not come: the server may be somebody between us and it. */
export class ChannelBindingError extends Error {
  readonly code = 'CHANNEL_BINDING';
}

/** The part of a connection of node-postgres by which its login is seen. */
interface Login {
  readonly stream: Socket;
  on(event: string, listener: (message: { readonly mechanisms?: readonly string[] }) => void): void;
}

/**
 * Ends the connection before a password is said in any other way, and before it is used without a proof. Returns why it was
 * ended: a server that says it all in one packet is through with the login before the end of its connection is heard of.
 */
function demandChannelBinding(client: pg.Client): () => ChannelBindingError | null {
  const login = (client as unknown as { connection: Login }).connection;
  let proved = false;
  let refused: ChannelBindingError | null = null;
  const refuse = (why: string) => {
    refused ??= new ChannelBindingError(`channel_binding=require: the server ${why}`);
    login.stream.destroy(refused);
  };
  login.on('authenticationCleartextPassword', () => refuse('asks for the password itself'));
  login.on('authenticationMD5Password', () => refuse('asks for an MD5 password'));
  login.on('authenticationSASL', ({ mechanisms = [] }) => {
    if (!mechanisms.includes('SCRAM-SHA-256-PLUS')) refuse('does not offer SCRAM-SHA-256-PLUS');
  });
  // What it says there is checked by the driver, which ends the connection where it is wrong.
  login.on('authenticationSASLFinal', () => {
    proved = true;
  });
  login.on('authenticationOk', () => {
    if (!proved) refuse('lets us in without having shown that it knows the password');
  });
  return () => refused;
}

/** As libpq's `ssl_min_protocol_version`, whatever the Node that runs us was told to accept. */
const OLDEST_TLS = { minVersion: 'TLSv1.2' } as const;

async function open(
  target: Target,
  applicationName: string,
  ssl: Tls,
  timeoutMs: number,
  signal: AbortSignal | null,
): Promise<Session> {
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    ...(target.password === null ? {} : { password: target.password }),
    ssl: ssl === false ? false : { ...ssl, ...OLDEST_TLS },
    application_name: applicationName,
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(target.needsChannelBinding ? { enableChannelBinding: true } : {}),
  });
  const refused = target.needsChannelBinding ? demandChannelBinding(client) : () => null;
  const session = new Session(client);
  const giveUp = () => session.drop();
  signal?.addEventListener('abort', giveUp);
  try {
    await client.connect();
    const refusal = refused();
    if (refusal) throw refusal;
    signal?.throwIfAborted();
  } catch (error) {
    // A server that failed to prove itself is not listened to any more.
    session.drop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  return session;
}

/** The driver's own words. */
const isWithoutTls = (error: unknown) => (error as Error).message === 'The server does not support SSL connections';

/** Worth another try while the time to connect lasts: the server is starting (57P03), or full for the moment (53300). */
const PASSING = new Set(['57P03', '53300']);

/**
 * Connects, within `timeoutMs` (0: no limit) in all. Throws the server's or the system's own error, or the signal's reason.
 * `prefer` and `allow` fall back as libpq's do: when the server has no TLS, or when it refuses the first way.
 */
export async function connect(
  target: Target,
  applicationName: string,
  timeoutMs: number,
  signal: AbortSignal | null = null,
): Promise<Session> {
  const deadline = timeoutMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  const attempts = tlsAttempts(target);
  // What the server has said of itself tells more than that the time for another try was too short.
  let said: unknown = null;
  for (;;) {
    let first: unknown = null;
    for (const ssl of attempts) {
      const left = deadline === Number.POSITIVE_INFINITY ? 0 : Math.max(1, deadline - performance.now());
      try {
        return await open(target, applicationName, ssl, left, signal);
      } catch (error) {
        signal?.throwIfAborted();
        first ??= error;
        const code = (error as { code?: string }).code;
        const network =
          code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'ETIMEDOUT' || code === 'ENETUNREACH';
        const late = performance.now() >= deadline || (error as Error).message === 'timeout expired';
        if (late && said !== null) throw said;
        // A server without TLS has said nothing yet where there is another way.
        if (late && isWithoutTls(error) && ssl !== attempts.at(-1)) throw new Error('timeout expired');
        if (network || late) throw error;
        // A password that was wrong under TLS is not said once more in the clear.
        if (code === '28P01' && ssl !== false) throw error;
        // The TLS refusal of the first way says less than what the second way is told.
        if (isWithoutTls(first)) first = null;
        if (first === null && ssl === attempts.at(-1)) throw error;
      }
    }
    if (!PASSING.has((first as { code?: string }).code ?? '') || performance.now() + 500 >= deadline) throw first;
    said = first;
    await sleep(500, undefined, signal ? { signal } : {});
  }
}
