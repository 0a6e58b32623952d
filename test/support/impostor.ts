/** Somebody who answers in the place of a PostgreSQL server, and writes down what is said to it. */
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Certificate } from '../../src/rehearsal/proxy/certificate.ts';

export interface Manners {
  /** Null: it has no TLS, and answers `answer`. */
  readonly certificate: Certificate | null;
  /** To the question for TLS; `S`, or `N` without a certificate. */
  readonly answer?: string;
  /** Said in turn: to the startup packet, to the message after it, ... */
  readonly says: readonly Buffer[];
}

export interface Impostor {
  readonly port: number;
  /** All that it got to hear, but for questions for TLS and the handshake. */
  heard(): string;
}

const SSL_REQUEST = 80877103;

/** Closed when the test that asks for it is over. */
export async function impostor({ certificate, answer, says }: Manners): Promise<Impostor> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const listen = (socket: Socket) => {
    let turn = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      heard.push(bytes);
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
        listen(socket);
        socket.emit('data', first);
        return;
      }
      socket.write(answer ?? (certificate ? 'S' : 'N'));
      if (certificate === null) return listen(socket);
      const tls = createTlsServer(certificate);
      tls.on('secureConnection', listen);
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
  };
}
