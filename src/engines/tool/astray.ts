/**
 * Watches, while a tool is rehearsed, that none of its processes connects to the target itself, past our proxy. On Linux
 * the kernel's tables of sockets show it; whoever does it is killed, and the whole group with it.
 *
 * It is a race. Stopped within a fraction of a millisecond of its connection, a client that has to say a password seldom
 * gets as far as a statement; one that is let in without a password may send it in its first packet, and then it is too late.
 * So this is not what keeps the target safe, but what tells why a tool is refused.
 */
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { endianness, networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';

/** The variable, set to the marker in the tool's environment, by which its processes are known wherever they went. */
export const MARKER_VARIABLE = 'MIGRATION_GATE_REHEARSAL_ID';

/** Who went past us. It has been killed already. */
export interface Astray {
  readonly pid: number;
  /** The first of its words, as it calls itself; '' when it had ended. */
  readonly program: string;
  /** The TCP port on our side: `client_port` of `pg_stat_activity`, unless something translates addresses in between. */
  readonly localPort: number;
}

export interface AstrayWatch {
  /** Why nothing is watched; null: it is. */
  readonly reason: string | null;
  /** The process that was just started, the leader of its group and session. Until then only the marker tells. */
  follow(leaderPid: number): void;
  /** Resolves when nothing is watched any more and all that was seen has been told. */
  stop(): Promise<void>;
}

export interface AstrayOptions {
  /** The target's. */
  readonly host: string;
  readonly port: number;
  /** Random; the value of MARKER_VARIABLE in the tool's environment. */
  readonly marker: string;
  /** At most once. */
  readonly onSeen: (astray: Astray) => void;
  /** The watch has ended by itself: from here on nothing is seen. */
  readonly onBlind: (error: Error) => void;
}

const LEADER = 0;
const END = 1;

/**
 * Begins to watch; to be called before the tool is started, as that may be faster than a thread. What was connected
 * before is not looked at. A socket in a folder is not watched: the kernel does not say who is at its other end.
 * Throws when the host cannot be resolved.
 */
export async function watchAstray(options: AstrayOptions): Promise<AstrayWatch> {
  const { host, port, marker, onSeen, onBlind } = options;
  if (process.platform !== 'linux') return unwatched('only Linux shows which process has which connection');
  if (host.startsWith('/')) return unwatched('the target is reached by a socket in a folder, not by TCP');
  const remotes = await remotesOf(host, port);
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('./astray-worker.js', import.meta.url), {
    workerData: { shared, remotes, marking: `${MARKER_VARIABLE}=${marker}` },
    execArgv: [],
  });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const failure = await new Promise<Error | null>((resolve) => {
    worker.once('message', () => resolve(null));
    worker.once('error', (error) => resolve(asError(error)));
  });
  if (failure !== null) return unwatched(`the sockets of this machine cannot be read: ${failure.message}`);
  worker.on('message', onSeen);
  worker.on('error', (error) => onBlind(asError(error)));
  return {
    reason: null,
    follow: (leaderPid) => {
      Atomics.store(shared, LEADER, leaderPid);
    },
    stop: async () => {
      Atomics.store(shared, END, 1);
      Atomics.notify(shared, END);
      await ended;
    },
  };
}

function unwatched(reason: string): AstrayWatch {
  return { reason, follow: () => undefined, stop: async () => undefined };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Every address and port under which the target can be met, as `/proc/net/tcp` and `tcp6` write them. */
async function remotesOf(host: string, port: number): Promise<string[]> {
  const addresses = new Set((await lookup(host, { all: true })).map(({ address }) => address));
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  // A server on this machine may answer at any of its addresses.
  if ([...addresses].some((address) => own.includes(address) || address.startsWith('127.'))) {
    for (const address of ['127.0.0.1', '::1', ...own]) addresses.add(address);
  }
  return [...new Set([...addresses].flatMap((address) => kernelForms(address, port)))];
}

/** `0100007F:1538` and its like: words of 32 bits in the machine's own order. An IPv4 address in its IPv6 form as well. */
export function kernelForms(address: string, port: number, isLittleEndian = endianness() === 'LE'): string[] {
  const bytes = isIPv4(address) ? [...MAPPED, ...quad(address)] : bytesOfIPv6(address);
  const words = [0, 4, 8, 12].map((at) => {
    const word = bytes.slice(at, at + 4);
    return hex(isLittleEndian ? word.reverse() : word);
  });
  const behind = `:${hex([port >> 8, port & 255])}`;
  const isMapped = MAPPED.every((byte, at) => bytes[at] === byte);
  return [words.join('') + behind, ...(isMapped ? [words[3] + behind] : [])];
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

function quad(address: string): number[] {
  return address.split('.').map(Number);
}

function bytesOfIPv6(address: string): number[] {
  const [head = '', tail] = address.replace(/%.*/, '').split('::');
  const read = (text: string) =>
    text.split(':').flatMap((part) => {
      if (part === '') return [];
      if (part.includes('.')) return quad(part);
      const word = Number.parseInt(part, 16);
      return [word >> 8, word & 255];
    });
  const [first, last] = [read(head), read(tail ?? '')];
  return [...first, ...Array<number>(16 - first.length - last.length).fill(0), ...last];
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}
