/** A TCP proxy that can fall silent, as a network does behind a firewall: connections stay open and nothing passes any more. */
import { connect, createServer, type Socket } from 'node:net';

export interface MuteableProxy {
  readonly url: string;
  /** From now on nothing is passed on, of old connections and new ones. */
  mute(): void;
  close(): Promise<void>;
}

export async function muteableProxy(target: string): Promise<MuteableProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let muted = false;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from.setNoDelay(true));
      from.on('error', () => from.destroy());
      from.on('close', () => {
        sockets.delete(from);
        if (!muted) to.destroy();
      });
      from.on('data', (data) => {
        if (!muted) to.write(data);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    mute: () => {
      muted = true;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
