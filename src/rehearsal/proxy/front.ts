/**
 * The front door of a PostgreSQL server on loopback: connections come in as they would at the server's own, say the
 * password of this run, and are handed to a Host. https://www.postgresql.org/docs/current/protocol-flow.html
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Caller, Host } from './caller.ts';
import type { Certificate } from './certificate.ts';
import { type Opening, readOpening } from './startup.ts';
import { answer, errorFields, type Fields, type Frame, FrameReader } from './wire.ts';

export interface FrontOptions {
  /** Whoever says it is served, whatever the user name. */
  readonly password: string;
  /** What was refused and why; never a text that a client sent. */
  readonly log?: (line: string) => void;
  /** How many connections are served at once. */
  readonly most?: number;
  /** How long a connection may take until it has said the password. */
  readonly patienceMs?: number;
}

export interface Front {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly password: string;
  /** The root for a client's sslrootcert: our certificate itself. */
  certificatePem(): Promise<string>;
  /** Ends all connections, at once; each caller has left when it resolves. */
  close(): Promise<void>;
}

const MOST = 100;
const PATIENCE_MS = 10_000;
/** How long the other side may take to close after we have. */
const FAREWELL_MS = 1_000;
/** As in the server: MAX_STARTUP_PACKET_LENGTH and PG_MAX_AUTH_TOKEN_LENGTH. */
const LONGEST_STARTUP_BYTES = 10_000;
const LONGEST_PASSWORD_BYTES = 65_535;
/** The first byte of a TLS handshake; a startup packet begins with a zero. */
const TLS_HANDSHAKE = 0x16;

/** Refused, with words for the client. `noted`: and for the log. */
class Refusal extends Error {
  readonly fields: Fields;
  constructor(fields: Fields, noted: string) {
    super(noted);
    this.fields = fields;
  }
}

const refusal = (sqlstate: string, text: string, noted = text) =>
  new Refusal(errorFields('FATAL', sqlstate, text), noted);

/** The other side is gone, or is not worth an answer. `message`: for the log; empty: nothing to say. */
class Gone extends Error {}

/** Serves `host` on an ephemeral port of 127.0.0.1. */
export async function listen(host: Host, options: FrontOptions): Promise<Front> {
  const lines = new Set<Line>();
  const sockets = new Set<Socket>();
  const most = options.most ?? MOST;
  let callers = 0;
  let certificate: Promise<Certificate> | null = null;
  const ourCertificate = () => {
    certificate ??= import('./certificate.ts').then(({ makeCertificate }) => makeCertificate(new Date()));
    return certificate;
  };

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    void serve(socket);
  });
  // Those who have not said the password count too: what they could fill is bounded.
  server.maxConnections = 4 * most;

  async function serve(socket: Socket): Promise<void> {
    const patience = setTimeout(() => socket.destroy(), options.patienceMs ?? PATIENCE_MS);
    socket.on('close', () => clearTimeout(patience));
    const entrance = new Entrance(socket, ourCertificate);
    try {
      const opening = await entrance.opening();
      if (opening.kind === 'cancel') {
        lineOfKey(opening.key)?.cancel();
        socket.end();
        return;
      }
      await entrance.password(options.password, opening);
      if (lines.size >= most) throw refusal('53300', 'sorry, too many clients already');
      clearTimeout(patience);
      callers += 1;
      const line = new Line(callers, opening.parameters, entrance.stream, host);
      lines.add(line);
      entrance.stream.on('close', () => lines.delete(line));
      await line.serve();
    } catch (error) {
      if (error instanceof Refusal) farewell(entrance.stream, answer.error(error.fields));
      else socket.destroy();
      if ((error as Error).message !== '') options.log?.(`a connection was refused: ${(error as Error).message}`);
    }
  }

  /** All are compared, so that the time tells nothing. */
  function lineOfKey(key: Buffer): Line | null {
    let meant: Line | null = null;
    for (const line of lines) if (line.hasKey(key)) meant = line;
    return meant;
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.on('error', (error) => options.log?.(`a connection could not be accepted: ${error.message}`));
  return {
    port: (server.address() as AddressInfo).port,
    password: options.password,
    certificatePem: async () => (await ourCertificate()).cert,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const served = [...lines].map((line) => line.over());
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, ...served]);
    },
  };
}

type Start = Extract<Opening, { kind: 'start' }>;
type Cancel = Extract<Opening, { kind: 'cancel' }>;

/** A connection from its first byte to its password. What it has sent beyond stays in its stream, unread. */
class Entrance {
  /** The connection as it is now: the socket, or TLS on it. */
  stream: Socket;
  private intake: Intake;
  private readonly certificate: () => Promise<Certificate>;

  constructor(socket: Socket, certificate: () => Promise<Certificate>) {
    this.stream = socket;
    this.intake = new Intake(socket);
    this.certificate = certificate;
  }

  /** Past the questions for encryption. */
  async opening(): Promise<Start | Cancel> {
    let encrypted = false;
    let gssAsked = false;
    for (;;) {
      const head = await this.intake.take(4);
      if (head[0] === TLS_HANDSHAKE && !encrypted && !gssAsked) {
        this.stream.unshift(head);
        await this.encrypt({ direct: true });
        encrypted = true;
        continue;
      }
      const length = head.readUInt32BE(0);
      if (length < 8 || length > LONGEST_STARTUP_BYTES) {
        throw refusal('08P01', 'invalid length of startup packet', 'it does not speak the protocol of PostgreSQL');
      }
      const opening = readOpening(await this.intake.take(length - 4));
      if (opening.kind === 'refused') throw new Refusal(opening.fields, opening.fields.get('M') ?? '');
      if (opening.kind === 'start' || opening.kind === 'cancel') return opening;
      const again = opening.kind === 'ssl' ? encrypted : encrypted || gssAsked;
      if (again) throw refusal('0A000', 'encryption was asked for twice');
      if (opening.kind === 'gss') {
        gssAsked = true;
        this.stream.write('N');
        continue;
      }
      // What comes before the answer was not encrypted by the client: somebody has put it in between.
      if (this.stream.readableLength > 0) throw refusal('08P01', 'received unencrypted data after SSL request');
      this.stream.write('S');
      await this.encrypt({ direct: false });
      encrypted = true;
    }
  }

  /** Asks for the password, which has to be this one. */
  async password(password: string, { negotiate }: Start): Promise<void> {
    const version = negotiate === null ? [] : [answer.negotiateProtocolVersion(negotiate.unknownOptions)];
    this.stream.write(Buffer.concat([...version, answer.askForPassword]));
    const head = await this.intake.take(5);
    const [type, length] = [String.fromCharCode(head[0] ?? 0), head.readUInt32BE(1)];
    if (type === 'X') throw new Gone();
    if (type !== 'p') throw refusal('08P01', 'expected a password response');
    if (length < 5 || length > LONGEST_PASSWORD_BYTES) throw refusal('08P01', 'invalid password packet size');
    const body = await this.intake.take(length - 4);
    if (body.at(-1) !== 0) throw refusal('08P01', 'invalid password packet size');
    if (!sameText(body.subarray(0, -1), Buffer.from(password))) {
      throw refusal('28P01', 'password authentication failed', 'it said a wrong password');
    }
    this.intake.release();
  }

  private async encrypt({ direct }: { direct: boolean }): Promise<void> {
    this.intake.release();
    const { cert, key } = await this.certificate();
    const [socket, server] = [this.stream, createTlsServer({ cert, key, ALPNProtocols: ['postgresql'] })];
    const secure = await new Promise<Socket & { alpnProtocol?: string | false | null }>((resolve, reject) => {
      server.once('secureConnection', resolve);
      server.once('tlsClientError', (error) => reject(new Gone(`no TLS: ${(error as { code?: string }).code}`)));
      server.emit('connection', socket);
    });
    secure.on('error', () => secure.destroy());
    this.stream = secure;
    this.intake = new Intake(secure);
    if (direct && secure.alpnProtocol !== 'postgresql') throw new Gone('direct TLS without its protocol (ALPN)');
  }
}

/** One connection that has said the password. */
class Line implements Caller {
  readonly id: number;
  readonly parameters: ReadonlyMap<string, string>;
  private readonly stream: Socket;
  private readonly host: Host;
  private readonly secret = randomBytes(4);
  /** Null: not admitted yet. */
  private key: Buffer | null = null;
  /** What the host has sent before the greeting was. */
  private readonly early: Buffer[] = [];
  private greeted = false;
  private ended = false;
  private hasLeft = false;
  private served: Promise<void> = Promise.resolve();

  constructor(id: number, parameters: ReadonlyMap<string, string>, stream: Socket, host: Host) {
    this.id = id;
    this.parameters = parameters;
    this.stream = stream;
    this.host = host;
  }

  serve(): Promise<void> {
    this.served = this.admission();
    return this.served;
  }

  private async admission(): Promise<void> {
    const admission = await this.host.admit(this);
    if (admission.kind === 'refused') {
      this.ended = true;
      farewell(this.stream, answer.error(admission.fields));
      return;
    }
    const { pid, parameters } = admission;
    const greeting = [
      answer.authenticationOk,
      ...[...parameters].map(([name, value]) => answer.parameterStatus(name, value)),
      answer.backendKeyData(pid, this.secret),
      answer.readyForQuery('I'),
    ];
    this.key = keyOf(pid, this.secret);
    this.greeted = true;
    this.stream.on('close', () => this.leave());
    if (this.stream.destroyed) this.leave();
    this.stream.write(Buffer.concat([...greeting, ...this.early]));
    if (this.ended) farewell(this.stream);
    const reader = new FrameReader();
    this.stream.on('data', (chunk: Buffer) => this.hear(reader, chunk));
    this.stream.resume();
  }

  private hear(reader: FrameReader, chunk: Buffer): void {
    if (this.ended || this.hasLeft) return;
    let frames: Frame[];
    try {
      frames = reader.push(chunk);
    } catch (error) {
      this.end(answer.error(errorFields('FATAL', '08P01', (error as Error).message)));
      this.leave();
      return;
    }
    const bye = frames.findIndex(({ type }) => type === 'X');
    const said = bye < 0 ? frames : frames.slice(0, bye);
    if (said.length > 0) this.host.hear(this, said);
    if (bye < 0) return;
    this.end();
    this.leave();
  }

  private leave(): void {
    if (this.hasLeft || !this.greeted) return;
    this.hasLeft = true;
    this.host.left(this);
  }

  /** Resolves when nothing more will be asked of the host. */
  async over(): Promise<void> {
    this.stream.destroy();
    await this.served.catch(() => undefined);
    this.leave();
  }

  /** In constant time. */
  hasKey(key: Buffer): boolean {
    return this.key !== null && !this.hasLeft && sameText(key, this.key);
  }

  cancel(): void {
    this.host.cancel(this);
  }

  send(bytes: Buffer): boolean {
    // Nobody reads it any more: there is nothing to wait for.
    if (this.ended || this.stream.destroyed) return true;
    if (this.greeted) {
      return this.stream.write(bytes);
    }
    this.early.push(bytes);
    return true;
  }

  onDrain(listener: () => void): void {
    this.stream.on('drain', listener);
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  end(last?: Buffer): void {
    if (this.ended) return;
    if (last) this.send(last);
    this.ended = true;
    if (this.greeted) farewell(this.stream);
  }
}

function keyOf(pid: number, secret: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(pid);
  return Buffer.concat([bytes, secret]);
}

/** In a time that tells nothing of either. */
function sameText(one: Buffer, other: Buffer): boolean {
  const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(hash(one), hash(other));
}

/** Closes once these bytes are out. What still comes is read, as unread bytes would reset the connection under them. */
function farewell(stream: Socket, last?: Buffer): void {
  if (last) stream.write(last);
  stream.end();
  stream.resume();
  const patience = setTimeout(() => stream.destroy(), FAREWELL_MS);
  stream.once('close', () => clearTimeout(patience));
}

/** Takes exact numbers of bytes off a stream, however they come; what is not taken stays in the stream. */
class Intake {
  private readonly stream: Socket;
  private wake: () => void = () => undefined;
  private readonly events = ['readable', 'end', 'close'] as const;
  private readonly onEvent = () => this.wake();

  constructor(stream: Socket) {
    this.stream = stream;
    for (const event of this.events) stream.on(event, this.onEvent);
  }

  /** Throws Gone. */
  async take(count: number): Promise<Buffer> {
    for (;;) {
      const bytes: Buffer | null = this.stream.read(count);
      if (bytes?.length === count) return bytes;
      // At its end a stream gives what is left.
      if (bytes !== null || this.stream.readableEnded || this.stream.destroyed) throw new Gone();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  release(): void {
    for (const event of this.events) this.stream.off(event, this.onEvent);
  }
}
