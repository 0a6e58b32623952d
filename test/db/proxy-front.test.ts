/** The proxy's front door, as drivers and strangers come to it. Behind it is a host that knows two queries. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { Admission, Caller, Host } from '../../src/rehearsal/proxy/caller.ts';
import { type Front, type FrontOptions, listen } from '../../src/rehearsal/proxy/front.ts';
import {
  answer,
  errorFields,
  type Frame,
  FrameReader,
  message,
  readFields,
  say,
  texts,
} from '../../src/rehearsal/proxy/wire.ts';

const PASSWORD = 'pä ss:w@rd/';
const run = promisify(execFile);

/** Answers `select 1`; `wait` is not answered before it is cancelled. Writes down what happens. */
class TinyHost implements Host {
  readonly events: string[] = [];
  readonly callers: Caller[] = [];
  heardBytes = 0;
  admission: (caller: Caller) => Promise<Admission> = async () => ({
    kind: 'admitted',
    parameters: new Map([
      ['server_version', '18.0'],
      ['client_encoding', 'UTF8'],
    ]),
    pid: 4711,
  });

  async admit(caller: Caller): Promise<Admission> {
    this.events.push(`admit ${caller.id} ${caller.parameters.get('user')}`);
    this.callers.push(caller);
    return this.admission(caller);
  }

  hear(caller: Caller, frames: readonly Frame[]): void {
    for (const frame of frames) {
      this.heardBytes += frame.bytes.length;
      if (frame.type !== 'Q') continue;
      const [sql] = texts(frame, 1);
      this.events.push(`hear ${caller.id} ${sql?.slice(0, 20)}`);
      if (sql !== 'wait') caller.send(Buffer.concat([answer.commandComplete('SELECT 0'), answer.readyForQuery('I')]));
    }
  }

  left(caller: Caller): void {
    this.events.push(`left ${caller.id}`);
  }

  cancel(caller: Caller): void {
    this.events.push(`cancel ${caller.id}`);
    caller.send(answer.error(errorFields('ERROR', '57014', 'canceling statement due to user request')));
    caller.send(answer.readyForQuery('I'));
  }
}

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function front(options: Partial<FrontOptions> = {}, host = new TinyHost()) {
  const logged: string[] = [];
  const door = await listen(host, { password: PASSWORD, log: (line) => logged.push(line), ...options });
  opened.push(door);
  return { host, door, logged };
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(5);
}

function client(door: Front, more: pg.ClientConfig = {}): pg.Client {
  const one = new pg.Client({
    host: '127.0.0.1',
    port: door.port,
    user: 'anybody',
    password: door.password,
    database: 'd',
    ...more,
  });
  one.on('error', () => undefined);
  return one;
}

/** A connection by hand. */
class Raw {
  readonly socket: Socket;
  private readonly reader = new FrameReader();
  readonly frames: Frame[] = [];
  closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.frames.push(...this.reader.push(chunk)));
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => undefined);
    opened.push({ close: () => socket.destroy() });
  }

  get types(): string {
    return this.frames.map(({ type }) => type).join('');
  }

  get error(): ReadonlyMap<string, string> | null {
    const frame = this.frames.find(({ type }) => type === 'E');
    return frame ? readFields(frame) : null;
  }
}

const raw = (door: Front) => new Raw(connect(door.port, '127.0.0.1'));

/** A startup packet, or a question for encryption, or a cancel request. */
function untyped(code: number, ...parts: readonly (string | Buffer)[]): Buffer {
  return message('x', code, ...parts).subarray(1);
}

const V3 = 3 << 16;
const end = Buffer.from([0]);
const startup = untyped(V3, 'user', 'u', 'database', 'd', end);
const password = message('p', PASSWORD);
const SSL = untyped(80877103);
const GSS = untyped(80877104);

describe('node-postgres', () => {
  it.each([
    ['in the clear', false],
    ['encrypted', { rejectUnauthorized: false }],
  ])('%s', async (_, ssl) => {
    const { host, door } = await front();
    const one = client(door, { ssl });
    await one.connect();
    await one.query('select 1');
    await one.end();
    await until(() => host.events.length === 3);
    expect(host.events).toEqual(['admit 1 anybody', 'hear 1 select 1', 'left 1']);
    expect((one as unknown as { processID: number }).processID).toBe(4711);
  });

  it.each([['postgres'], ['direct']] as const)('with our certificate as its root, sslnegotiation %s', async (how) => {
    const { door } = await front();
    const ssl = { ca: await door.certificatePem(), ...(how === 'direct' ? { ALPNProtocols: ['postgresql'] } : {}) };
    for (const host of ['localhost', '127.0.0.1']) {
      const one = client(door, { host, ssl, sslnegotiation: how } as pg.ClientConfig);
      await one.connect();
      expect((await one.query('select 1')).command).toBe('SELECT');
      await one.end();
    }
  });

  it('with a wrong password, of any length', async () => {
    const { host, door, logged } = await front();
    for (const wrong of ['wrong', `${PASSWORD}x`, 'x'.repeat(60_000)]) {
      await expect(client(door, { password: wrong }).connect()).rejects.toMatchObject({ code: '28P01' });
    }
    await expect(client(door, { password: 'x'.repeat(70_000) }).connect()).rejects.toMatchObject({ code: '08P01' });
    expect(host.events).toEqual([]);
    expect(logged).toHaveLength(4);
    expect(logged.join()).not.toContain('x');
  });

  it('a refusal of the host is told, and it has not left', async () => {
    const host = new TinyHost();
    const fields = errorFields('FATAL', '3D000', 'not here', 'elsewhere');
    host.admission = async () => ({ kind: 'refused', fields });
    const { door } = await front({}, host);
    await expect(client(door).connect()).rejects.toMatchObject({
      code: '3D000',
      message: 'not here',
      hint: 'elsewhere',
    });
    expect(host.events).toEqual(['admit 1 anybody']);
  });

  it('one more than are served', async () => {
    const { door } = await front({ most: 2 });
    const two = [client(door), client(door)];
    for (const one of two) await one.connect();
    await expect(client(door).connect()).rejects.toMatchObject({ code: '53300' });
    for (const one of two) await one.end();
  });

  it('10 MB in one message and in many', async () => {
    const { host, door } = await front();
    const one = client(door, { ssl: { rejectUnauthorized: false } });
    await one.connect();
    const long = `-- ${'x'.repeat(10_000_000)}`;
    await one.query(long);
    for (let left = 1_000; left > 0; left -= 1) await one.query(`-- ${'y'.repeat(10_000)}`);
    await one.end();
    expect(host.heardBytes).toBe(long.length + 6 + 1_000 * 10_009);
  });

  it('its end at once ends it for the host, once', async () => {
    const { host, door } = await front();
    const one = client(door);
    await one.connect();
    (one as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
    await until(() => host.events.includes('left 1'));
    await door.close();
    expect(host.events).toEqual(['admit 1 anybody', 'left 1']);
  });
});

const psqlHere = (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'psql')));

describe.skipIf(!psqlHere)('psql', () => {
  const psql = async (door: Front, conninfo: string, secret = door.password) => {
    const env = { PATH: process.env.PATH, PGPASSWORD: secret, HOME: '/nonexistent' };
    const dsn = `host=127.0.0.1 port=${door.port} user=me dbname=d ${conninfo}`;
    return run('psql', ['-X', '-w', '-d', dsn, '-c', 'select 1'], { env });
  };

  it.each(['disable', 'prefer', 'require', 'verify-full'])('sslmode=%s', async (mode) => {
    const { host, door } = await front();
    const folder = await mkdtemp(join(tmpdir(), 'front-'));
    await writeFile(join(folder, 'root.pem'), await door.certificatePem());
    try {
      await psql(door, `sslmode=${mode} sslrootcert=${join(folder, 'root.pem')}`);
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(host.events.slice(0, 2)).toEqual(['admit 1 me', 'hear 1 select 1']);
  });

  it('a wrong password', async () => {
    const { door } = await front();
    await expect(psql(door, '', 'wrong')).rejects.toMatchObject({
      stderr: expect.stringContaining('password authentication failed'),
    });
  });
});

describe('the certificate', () => {
  it('is for this machine by name and address, for now, and for a server only', async () => {
    const { door } = await front();
    const pem = await door.certificatePem();
    const certificate = new X509Certificate(pem);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost('example.org')).toBeUndefined();
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    const now = Date.now();
    expect(Date.parse(certificate.validFrom)).toBeLessThan(now);
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(now);
    expect(await door.certificatePem()).toBe(pem);
  });
});

describe('by hand', () => {
  it.each([
    ['in one piece', (bytes: Buffer) => [bytes]],
    ['byte by byte', (bytes: Buffer) => [...bytes].map((byte) => Buffer.from([byte]))],
  ])('startup, password and the first messages, %s, while the host takes its time', async (_, split) => {
    const host = new TinyHost();
    let admit = () => undefined as undefined;
    const admission = host.admission;
    host.admission = async (caller) => {
      await new Promise<undefined>((resolve) => {
        admit = () => resolve(undefined) as undefined;
      });
      caller.send(answer.notice(errorFields('ERROR', '00000', 'early')));
      return admission(caller);
    };
    const { door } = await front({}, host);
    const one = raw(door);
    const queries = [say.query('a'), say.query('b'), say.terminate, say.query('too late')];
    for (const piece of split(Buffer.concat([startup, password, ...queries]))) one.socket.write(piece);
    await until(() => host.callers.length === 1);
    await sleep(20);
    expect(host.events).toEqual(['admit 1 u']);
    admit();
    await until(() => one.closed);
    expect(one.types).toBe('RRSSKZNCZCZ');
    expect(host.events).toEqual(['admit 1 u', 'hear 1 a', 'hear 1 b', 'left 1']);
  });

  it('who leaves while the host takes its time has left once it is admitted', async () => {
    const host = new TinyHost();
    const admission = host.admission;
    host.admission = async (caller) => {
      await sleep(100);
      return admission(caller);
    };
    const { door } = await front({}, host);
    const one = raw(door);
    one.socket.write(Buffer.concat([startup, password]));
    await until(() => host.callers.length === 1);
    one.socket.destroy();
    await until(() => host.events.includes('left 1'));
    expect(host.events).toEqual(['admit 1 u', 'left 1']);
  });

  it('GSS is declined, TLS taken after it, and TLS at once with the protocol named', async () => {
    const { door } = await front();
    const first = connect(door.port, '127.0.0.1');
    const answers: string[] = [];
    const said = () => new Promise((resolve) => first.once('data', (bytes) => resolve(answers.push(bytes.toString()))));
    first.write(GSS);
    await said();
    first.write(SSL);
    await said();
    expect(answers).toEqual(['N', 'S']);
    for (const tls of [
      connectTls({ socket: first, rejectUnauthorized: false }),
      connectTls({ port: door.port, host: '127.0.0.1', ALPNProtocols: ['postgresql'], rejectUnauthorized: false }),
    ]) {
      const one = new Raw(tls);
      tls.write(Buffer.concat([startup, password, say.query('a')]));
      await until(() => one.types.endsWith('CZ'));
    }
  });

  it.each([
    ['TLS at once without its protocol', () => connectTlsTo([]), null],
    ['TLS at once with another protocol', () => connectTlsTo(['h2']), null],
    ['what comes with a request for TLS', Buffer.concat([SSL, startup]), '08P01'],
    ['protocol 2', untyped(2 << 16, 'user', 'u', end), '0A000'],
    ['replication', untyped(V3, 'user', 'u', 'replication', 'database', end), '0A000'],
    ['no user', untyped(V3, end), '28000'],
    ['a request to a web server', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), '08P01'],
    ['a startup packet without an end', untyped(V3, 'user', 'u'), '08P01'],
    ['a query in the place of a password', Buffer.concat([startup, say.query('select 1')]), '08P01'],
    ['a length that cannot be', Buffer.concat([startup, password, Buffer.from([81, 0, 0, 0, 1])]), '08P01'],
  ])('%s ends the connection', async (_, what, sqlstate) => {
    const { door, host } = await front();
    const one = typeof what === 'function' ? what()(door) : raw(door);
    if (typeof what !== 'function') one.socket.write(what);
    await until(() => one.closed);
    expect(one.error?.get('C') ?? null).toBe(sqlstate);
    if (sqlstate) expect(one.error?.get('S')).toBe('FATAL');
    expect(host.events.filter((event) => event.startsWith('hear'))).toEqual([]);
  });

  function connectTlsTo(protocols: string[]) {
    return (door: Front) => {
      const options = { port: door.port, host: '127.0.0.1', rejectUnauthorized: false };
      const one = new Raw(connectTls({ ...options, ...(protocols.length > 0 ? { ALPNProtocols: protocols } : {}) }));
      one.socket.on('secureConnect', () => one.socket.write(Buffer.concat([startup, password, say.query('a')])));
      return one;
    };
  }

  it('a later version and options that are not known are negotiated', async () => {
    const { door } = await front();
    const one = raw(door);
    one.socket.write(untyped(V3 + 2, 'user', 'u', '_pq_.later', '1', end));
    await until(() => one.frames.length === 2);
    expect(one.frames[0]?.bytes).toEqual(answer.negotiateProtocolVersion(['_pq_.later']));
    one.socket.write(password);
    await until(() => one.types.endsWith('Z'));
  });

  it('a host that ends a connection before its greeting is out still greets', async () => {
    const host = new TinyHost();
    const admission = host.admission;
    host.admission = async (caller) => {
      caller.end(answer.error(errorFields('FATAL', '57P01', 'gone')));
      return admission(caller);
    };
    const { door } = await front({}, host);
    const one = raw(door);
    one.socket.write(Buffer.concat([startup, password]));
    await until(() => one.closed);
    expect(one.types).toBe('RRSSKZE');
    await until(() => host.events.includes('left 1'));
  });

  it('a stranger who says nothing is dropped, as is one who asks for TLS and goes silent', async () => {
    const { door } = await front({ patienceMs: 50 });
    const [silent, tls, half] = [raw(door), connect(door.port, '127.0.0.1'), raw(door)];
    tls.write(SSL);
    half.socket.write(startup);
    let closed = false;
    tls.resume().on('close', () => {
      closed = true;
    });
    await until(() => silent.closed && half.closed && closed);
    const one = await inTime(door);
    await sleep(100);
    await one.query('select 1');
    await one.end();
  });

  /** One that has said its password before the patience was over: on a busy machine not the first that tries. */
  async function inTime(door: Front): Promise<pg.Client> {
    for (;;) {
      const one = client(door);
      const error = await one.connect().then(
        () => null,
        (why: Error) => why,
      );
      if (error === null) return one;
      expect(error.message).toMatch(/terminated unexpectedly|ECONNRESET|EPIPE/);
    }
  }
});

describe('a cancel request', () => {
  it('with the key of a caller reaches the host, encrypted or not; with another nobody', async () => {
    const { host, door } = await front();
    const [one, other] = [raw(door), raw(door)];
    for (const each of [one, other]) {
      each.socket.write(Buffer.concat([startup, password]));
      await until(() => each.types.endsWith('Z'));
    }
    const ask = async (key: Buffer, encrypted: boolean) => {
      const options = { port: door.port, host: '127.0.0.1', ALPNProtocols: ['postgresql'], rejectUnauthorized: false };
      const asking = encrypted ? new Raw(connectTls(options)) : raw(door);
      asking.socket.write(untyped(80877102, key));
      await until(() => asking.closed);
      expect(asking.frames).toEqual([]);
    };
    const key = other.frames.find(({ type }) => type === 'K')?.bytes.subarray(5) ?? end;
    for (const wrong of [Buffer.alloc(8), key.subarray(0, 7), Buffer.concat([key, end]), Buffer.alloc(0)]) {
      await ask(wrong, false);
    }
    expect(host.events.filter((event) => event.startsWith('cancel'))).toEqual([]);
    other.socket.write(say.query('wait'));
    await until(() => host.events.includes(`hear 2 wait`) || host.events.includes('hear 1 wait'));
    await ask(key, false);
    await until(() => other.error !== null);
    await ask(key, true);
    const meant = host.events.find((event) => event.startsWith('hear'))?.split(' ')[1];
    expect(host.events.filter((event) => event.startsWith('cancel'))).toEqual([`cancel ${meant}`, `cancel ${meant}`]);
    other.socket.write(say.terminate);
    await until(() => host.events.includes(`left ${meant}`));
    await ask(key, false);
    expect(host.events.filter((event) => event.startsWith('cancel'))).toHaveLength(2);
  });
});

it('close ends what is open: callers, strangers, and those who are being admitted', async () => {
  const host = new TinyHost();
  const { door } = await front({}, host);
  const [caller, stranger, waiting] = [raw(door), raw(door), raw(door)];
  const tls = new Raw(
    connectTls({ port: door.port, host: '127.0.0.1', ALPNProtocols: ['postgresql'], rejectUnauthorized: false }),
  );
  await new Promise((resolve) => tls.socket.once('secureConnect', resolve));
  tls.socket.write(Buffer.concat([startup, password]));
  await until(() => tls.types.endsWith('Z'));
  caller.socket.write(Buffer.concat([startup, password]));
  await until(() => caller.types.endsWith('Z'));
  const admission = host.admission;
  host.admission = async (one) => {
    await sleep(50);
    return admission(one);
  };
  waiting.socket.write(Buffer.concat([startup, password]));
  stranger.socket.write(SSL.subarray(0, 3));
  await until(() => host.callers.length === 3);
  await door.close();
  expect(host.events.filter((event) => event.startsWith('left')).toSorted()).toEqual(['left 1', 'left 2', 'left 3']);
  await until(() => [caller, stranger, waiting, tls].every(({ closed }) => closed));
  await expect(client(door).connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
