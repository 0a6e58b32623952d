/** Somebody who answers in the place of a PostgreSQL server, and writes down what is said to it. */
import { connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Certificate } from '../../src/rehearsal/proxy/certificate.ts';
import { FrameReader } from '../../src/rehearsal/proxy/wire.ts';

export interface Manners {
  /** Null: it has no TLS, and answers `answer`. */
  readonly certificate: Certificate | null;
  readonly tls?: TlsOptions;
  /** To the question for TLS; `S`, or `N` without a certificate. */
  readonly answer?: string;
  /** Said in turn: to the startup packet, to the message after it, ... */
  readonly says: readonly Buffer[];
}

export interface Impostor {
  readonly port: number;
  /** All that it got to hear, but for questions for TLS and the handshake. */
  heard(): string;
  /** The part of it that was not encrypted. */
  heardInTheClear(): string;
  /** How often somebody has connected. */
  connections(): number;
}

const SSL_REQUEST = 80877103;

/** Closed when the test that asks for it is over. */
export async function impostor({ certificate, tls: options, answer, says }: Manners): Promise<Impostor> {
  const heard: Buffer[] = [];
  const clear: Buffer[] = [];
  const sockets = new Set<Socket>();
  const listen = (socket: Socket, encrypted: boolean) => {
    let turn = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      heard.push(bytes);
      if (!encrypted) clear.push(bytes);
      const next = says[turn];
      turn += 1;
      if (next) socket.write(next);
    });
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (first: Buffer) => {
      if (first.length !== 8 || first.readInt32BE(4) !== SSL_REQUEST) {
        listen(socket, false);
        socket.emit('data', first);
        return;
      }
      socket.write(answer ?? (certificate ? 'S' : 'N'));
      if (certificate === null) return listen(socket, false);
      const tls = createTlsServer({ ...certificate, ...options });
      tls.on('secureConnection', (inner) => listen(inner, true));
      tls.on('tlsClientError', () => undefined);
      tls.emit('connection', socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return {
    port: (server.address() as { port: number }).port,
    heard: () => Buffer.concat(heard).toString('latin1'),
    heardInTheClear: () => Buffer.concat(clear).toString('latin1'),
    connections: () => sockets.size,
  };
}

/** Somebody in between who only listens: `url` leads to the same server, and `statements` is what clients have asked of it. */
export async function overhear(target: string): Promise<{ readonly url: string; statements(): string[] }> {
  const { hostname, port } = new URL(target);
  const said: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const reader = new FrameReader();
    let greeted = false;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
    client.on('data', (chunk: Buffer) => {
      // The startup packet, which is one, has no type.
      const rest = greeted ? chunk : chunk.subarray(chunk.readInt32BE(0));
      greeted = true;
      for (const { type, bytes } of reader.push(rest)) {
        const [first = '', second = ''] = bytes.toString('utf8', 5).split('\0', 2);
        if (type === 'Q') said.push(first);
        if (type === 'P') said.push(second);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);
  url.searchParams.set('sslmode', 'disable');
  return { url: url.href, statements: () => said };
}
