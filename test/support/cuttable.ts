/**
 * A TCP proxy in front of a server that can break the connections it carries, as a network does: closed, reset, or silent
 * with neither side told; also exactly around a COMMIT (it reads the client's messages for that, so without TLS).
 */
import { connect, createServer, type Socket } from 'node:net';

/** `before`: the server never gets it; `sent`: it gets it, and nothing that it says arrives; `answered`: it has said so itself. */
export type CommitMoment = 'before' | 'sent' | 'answered';

export interface CuttableProxy {
  readonly url: string;
  /** Closes the connections that are open now; the server's ends too, as its network would do in time. */
  cut(): void;
  /** The same, with a reset. */
  reset(): void;
  /** From now on nothing is passed on, of the connections that are open and of later ones; `later spared`: only of the open ones. */
  mute(later?: 'later spared'): void;
  /**
   * At the `nth` COMMIT from now on (1: the next), `call` is called, and its connection stands still until that is over; then
   * it goes on, if it still can.
   */
  atCommit(nth: number, moment: CommitMoment, call: () => Promise<void>): void;
  close(): Promise<void>;
}

interface Trap {
  left: number;
  readonly moment: CommitMoment;
  readonly call: () => Promise<void>;
}

export async function cuttableProxy(target: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(target);
  const carried = new Set<Carried>();
  let muted = false;
  let trap: Trap | null = null;
  const countCommit = () => {
    if (trap === null || --trap.left > 0) return null;
    const sprung = trap;
    trap = null;
    return sprung;
  };
  const server = createServer((client) => {
    const one = new Carried(client, connect(Number(port), hostname), countCommit, () => carried.delete(one));
    one.muted = muted;
    carried.add(one);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);
  const each = (what: (one: Carried) => void) => {
    for (const one of [...carried]) what(one);
  };
  return {
    url: url.href,
    cut: () => each((one) => one.end('destroy')),
    reset: () => each((one) => one.end('resetAndDestroy')),
    mute: (later) => {
      muted = later !== 'later spared';
      each((one) => {
        one.muted = true;
      });
    },
    atCommit: (nth, moment, call) => {
      trap = { left: nth, moment, call };
    },
    close: () => {
      each((one) => one.end('destroy'));
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** What the server says of a COMMIT that has committed: CommandComplete. */
const COMMITTED = Buffer.from('C\0\0\0\x0bCOMMIT\0', 'latin1');
/** A COMMIT that fails is answered otherwise, or not at all. */
const ANSWERED_WITHIN_MS = 3_000;

/** One connection. The client's messages are read one by one, the server's bytes only for its word on a COMMIT. */
class Carried {
  /** Nothing passes any more, and neither side is told of the other's end. */
  muted = false;
  private readonly client: Socket;
  private readonly upstream: Socket;
  private readonly countCommit: () => Trap | null;
  private incoming = Buffer.alloc(0);
  /** The client's COMMITs that the server was sent, and those it has answered. */
  private sent = 0;
  private answered = 0;
  private tail = Buffer.alloc(0);
  private trap: Trap | null = null;
  private sprung = false;
  /** Of the trapped COMMIT the messages that are still to be sent: Bind, Execute, and the Flush or Sync behind it. */
  private toSend = 0;
  private holdsClient = false;
  private holdsServer = false;
  private held: Buffer[] = [];

  constructor(client: Socket, upstream: Socket, countCommit: () => Trap | null, over: () => void) {
    this.client = client;
    this.upstream = upstream;
    this.countCommit = countCommit;
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true).on('error', () => undefined);
      socket.on('close', () => {
        if (!this.muted) this.end('destroy');
        if (client.destroyed && upstream.destroyed) over();
      });
    }
    client.on('data', (data) => {
      if (this.muted) return;
      this.incoming = Buffer.concat([this.incoming, data]);
      this.forward();
    });
    upstream.on('data', (data) => {
      if (!this.muted) this.backward(data);
    });
  }

  end(how: 'destroy' | 'resetAndDestroy'): void {
    for (const socket of [this.client, this.upstream]) {
      if (!socket.destroyed) socket[how]();
    }
  }

  private forward(): void {
    const ready: Buffer[] = [];
    let reached: Trap | null = null;
    while (!this.holdsClient && reached === null) {
      const length = this.nextLength();
      if (length === null) break;
      const message = this.incoming.subarray(0, length);
      if (this.trap === null && isCommit(message)) {
        this.trap = this.countCommit();
        this.sent += 1;
        if (this.trap?.moment === 'before') {
          reached = this.trap;
          break;
        }
        if (this.trap) {
          this.holdsServer = true;
          this.toSend = message[0] === QUERY ? 1 : 4;
        }
      }
      this.incoming = this.incoming.subarray(length);
      ready.push(message);
      if (this.toSend > 0 && --this.toSend === 0) reached = this.trap;
    }
    if (ready.length > 0) this.upstream.write(Buffer.concat(ready));
    if (reached === null) return;
    this.holdsClient = true;
    if (reached.moment === 'answered') setTimeout(() => this.spring(), ANSWERED_WITHIN_MS).unref();
    else this.spring();
  }

  private backward(data: Buffer): void {
    const seen = Buffer.concat([this.tail, data]);
    for (let at = seen.indexOf(COMMITTED); at >= 0; at = seen.indexOf(COMMITTED, at + 1)) this.answered += 1;
    this.tail = seen.subarray(Math.max(0, seen.length - COMMITTED.length + 1));
    if (this.holdsServer) this.held.push(data);
    else this.client.write(data);
    if (this.trap?.moment === 'answered' && this.holdsClient && this.answered >= this.sent) this.spring();
  }

  private spring(): void {
    if (this.trap === null || this.sprung) return;
    this.sprung = true;
    this.holdsServer = true;
    void this.trap.call().finally(() => this.goOn());
  }

  private goOn(): void {
    if (this.muted) return;
    this.holdsClient = false;
    this.holdsServer = false;
    if (!this.client.destroyed) for (const data of this.held.splice(0)) this.client.write(data);
    if (!this.upstream.destroyed) this.forward();
  }

  private nextLength(): number | null {
    if (this.incoming.length < 5) return null;
    // What begins a session, or asks for TLS or for a cancel, has no type.
    const head = this.incoming[0] === 0 ? 0 : 1;
    const length = head + this.incoming.readInt32BE(head);
    return this.incoming.length < length ? null : length;
  }
}

const QUERY = 'Q'.charCodeAt(0);
const PARSE = 'P'.charCodeAt(0);

/** Query, or Parse of the unnamed statement. */
function isCommit(message: Buffer): boolean {
  const [type] = message;
  if (type !== QUERY && type !== PARSE) return false;
  const text = message.toString('latin1', type === QUERY ? 5 : 6, Math.min(message.length, 16));
  return /^commit\0/i.test(text);
}
