/** A tool inside of the fence reaches everything but the target, whatever way it goes; and notices nothing else of it. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server as Listener } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, probeTool, type RunningTool, startTool } from '../../src/engines/tool/child.ts';
import { fenced, notStarted } from '../../src/engines/tool/fence.ts';
import type { Words } from '../../src/engines/tool/tool.ts';
import { pgMajor } from '../support/global-setup.ts';
import { type Server, startServer } from '../support/postgres.ts';

const TRIALS = 20;
const PG = fileURLToPath(new URL('../../node_modules/pg/lib/index.js', import.meta.url));
const ATTACKER = fileURLToPath(new URL('../support/attacker.py', import.meta.url));
const FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin'];
const PERL = FOLDERS.map((folder) => `${folder}/perl`).find(existsSync);
const PYTHON = FOLDERS.map((folder) => `${folder}/python3`).find(existsSync) ?? 'python3';
const ENV = { PATH: process.env.PATH ?? '', LANG: 'C' };

const kernel = await fenced(['true'], { targets: [{ host: '127.0.0.1', port: 1 }], allow: [], env: ENV });
/** Only the kernel's own answer counts: a fence that fails for another reason is a failure. */
const lacks = 'why' in kernel && /kernel|only Linux/.test(kernel.why) ? kernel.why : null;
if (lacks !== null) console.log(`The fence is not tested: ${lacks}.`);

let server: Server;
let looker: pg.Client;
let folder: string;
let proxyPort: number;
let httpPort: number;

async function portOf(listener: Listener): Promise<number> {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return (listener.address() as AddressInfo).port;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-fence-'));
  server = await startServer({ major: pgMajor });
  looker = new pg.Client({ connectionString: server.url() });
  await looker.connect();
  await looker.query('create role trusting superuser login');
  const rules = ['host all trusting 127.0.0.1/32 trust', 'host all all 127.0.0.1/32 scram-sha-256', ''];
  await writeFile(join(server.dataDir, 'pg_hba.conf'), rules.join('\n'));
  await looker.query('select pg_reload_conf()');
  const proxy = createServer((socket) => socket.on('error', () => undefined).end('proxy'));
  const http = createHttpServer((_, response) => response.end('http'));
  [proxyPort, httpPort] = [await portOf(proxy), await portOf(http)];
  return async () => {
    await looker.end();
    await server.remove();
    proxy.close();
    http.close();
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The words in the fence; `launcher` where a certain one is meant. */
async function inFence(words: Words, launcher?: string, env: Readonly<Record<string, string>> = ENV): Promise<Words> {
  const targets = [{ host: '127.0.0.1', port: server.port }] as const;
  const only = launcher === undefined ? {} : { isProgram: (file: string) => file === launcher };
  const result = await fenced(words, { targets, allow: [proxyPort], env, ...only });
  expect(result).toMatchObject({ how: `Landlock keeps it from TCP port ${server.port}` });
  if (launcher !== undefined) expect(result.words[0]).toBe(launcher);
  return result.words;
}

const NODE = `
  const [report, target, proxy, http, password] = process.argv.slice(1);
  const client = new (require(${JSON.stringify(PG)}).Client)({ host: '127.0.0.1', port: +target, user: 'postgres', password, database: 'postgres' });
  const after = (attempt) => attempt.then(() => 'ok', (error) => Math.abs(error.errno) || String(error));
  const hello = new Promise((resolve, reject) => net.connect(+proxy, '127.0.0.1').on('error', reject).on('data', resolve));
  Promise.all([
    after(client.connect().then(() => client.query('create table escaped ()')).then(() => client.end())),
    after(hello),
    after(fetch('http://127.0.0.1:' + http + '/')),
  ]).then(([target, proxy, http]) => {
    fs.writeFileSync(report + '.draft', JSON.stringify({ target, proxy, http }));
    fs.renameSync(report + '.draft', report);
    process.exit();
  });`;

let reports = 0;
const reportFile = () => join(folder, `report-${++reports}.json`);
const goes = (way: string) => (report: string) => [PYTHON, ATTACKER, way, ...end(report)] as const;
const end = (report: string) => [report, server.port, proxyPort, httpPort, server.password].map(String);

/** Connection refused by the fence; and by what it says of the other ways to TCP. */
const [EACCES, EPROTONOSUPPORT, EOPNOTSUPP] = [13, 93, 95];

interface Attack {
  readonly words: (report: string) => Words;
  /** The error with which the tool is kept off. */
  readonly errno: number;
  /** Whether the machine offers this way at all. */
  readonly isOpen?: () => boolean;
}

const setting = (name: string) => Number(existsSync(name) ? readFileSync(name, 'utf8') : 0);
const attacks: Readonly<Record<string, Attack>> = {
  'a login by SCRAM, the statement with its last word': { words: goes('scram'), errno: EACCES },
  'no login, the statement in the first packet': { words: goes('trust'), errno: EACCES },
  'node with pg': { words: (report) => [process.execPath, '-e', NODE, ...end(report)], errno: EACCES },
  'a child of a shell': {
    words: (report) => ['sh', '-c', '"$0" "$@"; exit 0', ...goes('trust')(report)],
    errno: EACCES,
  },
  'a grandchild in a session of its own, whose parents are gone': {
    words: (report) => ['sh', '-c', 'setsid "$0" "$@" > /dev/null 2>&1 & exit', ...goes('trust')(report)],
    errno: EACCES,
  },
  'TCP Fast Open': {
    words: goes('fast open'),
    errno: EOPNOTSUPP,
    isOpen: () => (setting('/proc/sys/net/ipv4/tcp_fastopen') & 1) === 1,
  },
  'multipath TCP': {
    words: goes('multipath'),
    errno: EPROTONOSUPPORT,
    isOpen: () => setting('/proc/sys/net/mptcp/enabled') === 1,
  },
};

async function run(words: Words, report: string): Promise<unknown> {
  const tool = startTool({ words, cwd: folder, env: ENV });
  const ended = await tool.ended;
  for (let looks = 0; !existsSync(report); looks += 1) {
    if (looks > 4_000) throw new Error(`no report: ${JSON.stringify(ended)}`);
    await sleep(10);
  }
  return JSON.parse(readFileSync(report, 'utf8'));
}

async function escaped(): Promise<boolean> {
  const { rows } = await looker.query(`select from pg_class where relname = 'escaped'`);
  await looker.query('drop table if exists escaped');
  return rows.length > 0;
}

describe.skipIf(lacks !== null)('a tool that goes past the proxy', () => {
  it.each(Object.entries(attacks))('%s: gets there without a fence', async (_, { words, isOpen }) => {
    const report = reportFile();
    const way = isOpen?.() ?? true;
    const target = way ? 'ok' : expect.any(Number);
    expect(await run(words(report), report)).toEqual({ target, proxy: 'ok', http: 'ok' });
    expect(await escaped()).toBe(way);
  });

  const launchers: [string, string | undefined, number][] = [
    ...(PERL === undefined ? [] : [['perl', PERL, TRIALS] as [string, string, number]]),
    ['python3', PYTHON, PERL === undefined ? TRIALS : 3],
  ];
  for (const [kind, launcher, trials] of launchers) {
    it.each(Object.entries(attacks))(`%s: does not, by ${kind}, ${trials} times`, async (_, { words, errno }) => {
      for (let trial = 0; trial < trials; trial += 1) {
        const report = reportFile();
        const came = await run(await inFence(words(report), launcher), report);
        expect(came).toEqual({ target: errno, proxy: 'ok', http: 'ok' });
        expect(await escaped()).toBe(false);
      }
    });
  }

  it('by whatever address, and of several ports by none', async () => {
    const other = createServer((socket) => socket.end());
    const otherPort = await portOf(other);
    const code = `const after = (host, port) => new Promise((resolve) =>
        net.connect(port, host).on('connect', () => resolve('in')).on('error', (error) => resolve(error.code)));
      Promise.all([after('127.0.0.1', ${server.port}), after('::1', ${server.port}), after('::ffff:127.0.0.1', ${server.port}),
        after('127.0.0.1', ${otherPort}), after('127.0.0.1', ${proxyPort})]).then((all) => {
        console.log(all.join()); process.exit() })`;
    const targets = [
      { host: 'db.example', port: server.port },
      { host: 'copy.example', port: otherPort },
    ] as const;
    const { words } = await fenced([process.execPath, '-e', code], { targets, allow: [proxyPort], env: ENV });
    const { stdout } = await startTool({ words, cwd: folder, env: ENV }).ended;
    expect(stdout).toBe('EACCES,EACCES,EACCES,EACCES,in\n');
    other.close();
  });
});

describe.skipIf(lacks !== null).each([
  ['perl', PERL],
  ['python3', PYTHON],
])('of %s the tool notices nothing', (kind, launcher) => {
  const there = it.skipIf(launcher === undefined);
  const both = async (words: Words, env: Readonly<Record<string, string>> = ENV): Promise<[Ended, Ended]> => {
    const inside = await inFence(words, launcher, env);
    const run = (them: Words) => startTool({ words: them, cwd: folder, env }).ended;
    return [await run(words), await run(inside)];
  };

  there.each<[string, Words, Record<string, string>?]>([
    ['its environment', ['cat', '/proc/self/environ'], { PATH: ENV.PATH, B: 'two\nlines', A: 'ü', EMPTY: '' }],
    ['its environment, without a locale', ['cat', '/proc/self/environ'], { PATH: ENV.PATH }],
    ['signals', ['grep', '-E', '^Sig(Ign|Blk)', '/proc/self/status']],
    ['limits, mask and folder', ['sh', '-c', 'ulimit -a; umask; pwd; ls /proc/self/fd | wc -l']],
    ['no input', ['sh', '-c', 'readlink /proc/self/fd/0; cat']],
    ['its words', ['printf', '%s|', '', ' ', '*', '$(id)', '-e', '--', "'", '"', 'ü', '\\']],
    ['what it says, and its exit code', ['sh', '-c', 'echo out; echo err >&2; exit 42']],
    ['its own 125', ['sh', '-c', 'exit 125']],
    ['a signal that ends it', ['sh', '-c', 'kill -9 $$']],
    ['a script without a first line', ['./plain']],
  ])('%s', async (_, words, env) => {
    await writeFile(join(folder, 'plain'), 'echo plain', { mode: 0o755 });
    const [without, within] = await both(words, env);
    expect(within).toEqual(without);
    expect(without.error).toBeNull();
  });

  there('its number, its name, its end', async () => {
    const words = await inFence(['sh', '-c', 'trap "exit 9" TERM; echo $$; while :; do sleep 0.05; done'], launcher);
    let tool: RunningTool | null = null;
    const said = await new Promise<string>((resolve) => {
      tool = startTool({ words, cwd: folder, env: ENV, onLine: resolve });
    });
    const { pid, stop, ended } = tool as unknown as RunningTool;
    expect(Number(said)).toBe(pid);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/^sh\0-c\0trap/);
    await stop();
    expect(await ended).toMatchObject({ code: 9 });
  });

  there.each<[string, Words, string]>([
    ['not there', ['no-such-program-anywhere'], 'ENOENT'],
    ['not to be run', ['./data'], 'EACCES'],
    ['one word, which no shell sees', ['echo a; echo b'], 'ENOENT'],
  ])('%s', async (_, words, code) => {
    await writeFile(join(folder, 'data'), 'text', { mode: 0o644 });
    const [without, within] = await both(words);
    expect(without.error?.code).toBe(code);
    expect(within).toMatchObject({ code: 125, stdout: '' });
    expect(notStarted(within)).toMatchObject({ code });
  });

  there('a launcher that cannot do it starts nothing', async () => {
    const mark = join(folder, `started-${kind}`);
    const words = await inFence(['touch', mark], launcher);
    // A filter that lets everything through.
    const [program, ...rest] = words;
    const broken: Words = [program, ...rest.map((word) => (/^[0-9a-f]{100,}$/.test(word) ? '060000000000ff7f' : word))];
    const within = await probeTool({ words: broken, cwd: folder, env: ENV }, 10_000);
    expect(notStarted(within)?.message).toMatch(/^the fence around the tool failed: (fastopen|multipath)/);
    expect(existsSync(mark)).toBe(false);
  });
});

describe.skipIf(lacks !== null || PERL === undefined)('a locale that is not there', () => {
  const env = { ...ENV, LC_ALL: 'xx_YY.UTF-8' };
  const of = (isProgram: (file: string) => boolean) =>
    fenced(['true'], { targets: [{ host: 'h', port: 1 }], allow: [], env, isProgram });
  it('lets perl speak, so it is python3', async () => {
    const { words } = await of((file) => file === PERL || file === PYTHON);
    expect(words[0]).toBe(PYTHON);
  });
  it('and perl where there is no other', async () => {
    const result = await of((file) => file === PERL);
    expect(result).toMatchObject({ how: expect.stringContaining('Landlock') });
    expect(result.words[0]).toBe(PERL);
  });
});
