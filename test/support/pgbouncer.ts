/** A real PgBouncer in front of a server: the one on PATH, or Debian's package, unpacked into `.cache` on first use. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, giveTo, unprivilegedAccount } from './postgres.ts';

const run = promisify(execFile);
const CACHE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.cache', 'pgbouncer');

export interface Bouncer {
  /** A database of the same server, through it. */
  url(database: string): string;
  stop(): Promise<void>;
}

export interface BouncerSettings {
  readonly pool_mode: 'session' | 'transaction' | 'statement';
  readonly [name: string]: string;
}

/** `target`: a superuser's URL of the server, password included, which PgBouncer logs in with; its own clients need none. */
export async function startBouncer(target: string, settings: BouncerSettings): Promise<Bouncer> {
  const { place } = await installed();
  const account = await unprivilegedAccount();
  const folder = await mkdtemp(join(tmpdir(), 'migration-gate-bouncer-'));
  const at = new URL(target);
  const all: Record<string, string> = {
    listen_addr: '127.0.0.1',
    unix_socket_dir: '',
    auth_type: 'trust',
    auth_file: join(folder, 'users'),
    max_client_conn: '200',
    default_pool_size: '5',
    ...settings,
  };
  await writeFile(join(folder, 'users'), `"${at.username}" "${decodeURIComponent(at.password)}"\n`);
  // The account may not see the cache (a checkout under /root).
  if (place !== null) await cp(join(place, 'usr'), join(folder, 'usr'), { recursive: true });
  await giveTo(account, folder);
  const { program, libraries } = place === null ? ON_PATH : await unpackedIn(folder);
  const launch = async (port: number) => {
    const lines = Object.entries({ ...all, listen_port: port }).map(([name, value]) => `${name} = ${value}`);
    const databases = `[databases]\n* = host=${at.hostname} port=${at.port}\n`;
    await writeFile(join(folder, 'pgbouncer.ini'), `${databases}[pgbouncer]\n${lines.join('\n')}\n`);
    const child = spawn(program, [join(folder, 'pgbouncer.ini')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
      env: { PATH: process.env.PATH, LD_LIBRARY_PATH: libraries },
      ...account,
    });
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    const stop = async () => {
      process.off('exit', kill);
      await ended(child);
    };
    return { stop, said: await untilUp(child, port) };
  };
  // The port was free when we asked; somebody else may have taken it since.
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const { stop, said } = await launch(port);
    if (said === null)
      return {
        stop: async () => {
          await stop();
          await rm(folder, { recursive: true, force: true });
        },
        url: (database) => {
          const url = new URL(target);
          url.port = String(port);
          url.pathname = `/${encodeURIComponent(database)}`;
          return url.href;
        },
      };
    await stop();
    if (attempt < 5 && /in use/i.test(said)) continue;
    await rm(folder, { recursive: true, force: true });
    throw new Error(`PgBouncer did not start: ${said.slice(-2000)}`);
  }
}

/** Null: it takes connections, by its own word, as whoever else may answer at the port. Else what it has said. */
async function untilUp(child: ChildProcess, port: number): Promise<string | null> {
  let said = '';
  let closed = false;
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (said += text));
  child.once('error', (error) => (said += error));
  child.once('close', () => {
    closed = true;
  });
  for (let look = 0; look < 3_000; look += 1) {
    if (closed) return said;
    if (said.includes('process up') && (await answers(port))) return null;
    await sleep(10);
  }
  return said;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    // At once, whoever is connected.
    child.kill('SIGTERM');
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.end(() => resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

interface Program {
  readonly program: string;
  /** Where its libraries are, beside the system's own; empty: nowhere else. */
  readonly libraries: string;
}

const ON_PATH: Program = { program: 'pgbouncer', libraries: '' };

/** `place`: the folder with the unpacked packages; null: it is on PATH. */
interface Installed {
  readonly place: string | null;
  readonly version: string;
}

/** Major and minor, as `1.18`. */
export async function bouncerVersion(): Promise<string> {
  return (await installed()).version;
}

let found: Promise<Installed> | null = null;

function installed(): Promise<Installed> {
  found ??= find();
  return found;
}

async function find(): Promise<Installed> {
  const onPath = await versionOf(ON_PATH);
  if (onPath !== null) return { place: null, version: onPath };
  if (!existsSync(join(CACHE, 'usr'))) await fetchPackages();
  const version = await versionOf(await unpackedIn(CACHE));
  if (version === null) throw new Error(`the PgBouncer in ${CACHE} does not run: remove it, or install PgBouncer`);
  return { place: CACHE, version };
}

async function unpackedIn(folder: string): Promise<Program> {
  const lib = join(folder, 'usr', 'lib');
  const libraries = (await readdir(lib)).filter((name) => name.includes('linux-gnu')).map((name) => join(lib, name));
  return { program: join(folder, 'usr', 'sbin', 'pgbouncer'), libraries: libraries.join(':') };
}

async function versionOf({ program, libraries }: Program): Promise<string | null> {
  const env = { PATH: process.env.PATH, LD_LIBRARY_PATH: libraries };
  const answer = await run(program, ['--version'], { env }).catch(() => null);
  return /^PgBouncer (\d+\.\d+)/.exec(answer?.stdout ?? '')?.[1] ?? null;
}

/** The package and those of its libraries that a system without it may lack. */
async function fetchPackages(): Promise<void> {
  const draft = `${CACHE}.${process.pid}.${randomBytes(3).toString('hex')}`;
  await mkdir(draft, { recursive: true });
  try {
    const names = ['pgbouncer', ...(await librariesOf('pgbouncer'))];
    await run('apt-get', ['download', ...names], { cwd: draft });
    for (const file of (await readdir(draft)).filter((name) => name.endsWith('.deb')))
      await run('dpkg-deb', ['-x', file, '.'], { cwd: draft });
    await rename(draft, CACHE).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another process was faster
    });
  } catch (error) {
    throw new Error(
      `PgBouncer is not to be had: it is not on PATH, and \`apt-get download pgbouncer\` failed. Install it (apt-get install pgbouncer), then run again. ${(error as Error).message}`,
    );
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function librariesOf(name: string): Promise<string[]> {
  const { stdout } = await run('apt-cache', ['depends', name]);
  return [...stdout.matchAll(/Depends: (lib(?:c-ares|cares|event)\S*)$/gm)].map((match) => match[1] ?? '');
}
