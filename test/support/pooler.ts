/**
 * What stands between a client and a server whose passwords it need not know (trust), as a pooler does: each client has
 * `backends` connections, in turn at every transaction's end, and is told an id that is no backend's.
 */
import { connect, createServer, type Socket } from 'node:net';

export interface Pooler {
  readonly url: string;
  close(): Promise<void>;
}

const READY = 'Z'.charCodeAt(0);
const KEY = 'K'.charCodeAt(0);
const [SYNC, QUERY] = ['S'.charCodeAt(0), 'Q'.charCodeAt(0)];

/** `backends` 1: session mode. 2: as transaction mode does when others are at work too. */
export async function pooler(target: string, backends: 1 | 2): Promise<Pooler> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const kept = (socket: Socket) => {
    sockets.add(socket.setNoDelay(true));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((client) => {
    kept(client);
    const ups = Array.from({ length: backends }, () => kept(connect(Number(port), hostname)));
    let started = 0;
    let turn = 0;
    const toServer = framed(true, (message) => {
      if (started === 0) {
        // SSLRequest: no.
        if (message.length === 8) return void client.write('N');
        for (const up of ups) up.write(message);
        started = 1;
        return;
      }
      ups[turn]?.write(message);
      if (message[0] === SYNC || message[0] === QUERY) asked = turn;
    });
    let asked = 0;
    client.on('data', toServer);
    client.on('close', () => {
      for (const up of ups) up.end();
    });
    for (const [index, up] of ups.entries()) {
      let ready = false;
      up.on('close', () => client.destroy());
      up.on(
        'data',
        framed(false, (message) => {
          if (!ready) {
            if (message[0] === READY) ready = true;
            if (message[0] === KEY) message.writeInt32BE(message.readInt32BE(5) + 1_000_000, 5);
            if (index === 0) client.write(message);
            return;
          }
          client.write(message);
          const idle = message[0] === READY && message[5] === 'I'.charCodeAt(0);
          if (idle && asked === index) turn = (index + 1) % ups.length;
        }),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Calls back with whole messages; a client's first ones have no type byte. */
function framed(client: boolean, onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let held = Buffer.alloc(0);
  let untyped = client;
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const header = untyped ? 0 : 1;
      if (held.length < header + 4) return;
      const length = header + held.readInt32BE(header);
      if (held.length < length) return;
      const message = Buffer.from(held.subarray(0, length));
      held = held.subarray(length);
      // After SSLRequest another message without a type follows.
      if (untyped && length !== 8) untyped = false;
      onMessage(message);
    }
  };
}
