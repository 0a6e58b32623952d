/** Runs the committed bundle as a GitHub runner runs it: its environment, its command files, its reading of the output. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { issueCommand } from '../../src/github/commands.ts';
import { inertText } from '../../src/report/text.ts';
import { run } from '../../src/run.ts';
import { nodeForAction } from './node24.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface ActionOptions {
  /** As under `with:`. Everything that is not given gets its default from action.yml, or the empty string. */
  readonly inputs: Readonly<Record<string, string>>;
  /** As under `env:`. The rest of this process's environment is not passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** The payload of GITHUB_EVENT_PATH. */
  readonly event?: unknown;
  /** `push` by default. */
  readonly eventName?: string;
  /** `refs/heads/staging` by default. */
  readonly ref?: string;
  /** The checkout: GITHUB_WORKSPACE and the working directory. */
  readonly workspace: string;
  /** The Node to run it with; the action's own (`node24.ts`) by default. */
  readonly node?: string;
  readonly runId?: string;
  readonly attempt?: string;
  /** Watches the resident size: `peakRssKb`. Linux only. */
  readonly measureMemory?: boolean;
  /** Kills the run after this many milliseconds, 120,000 by default, so that a test ends. */
  readonly timeoutMs?: number;
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly title: string | null;
}

/** What `report.json` holds, as far as tests ask. Read as unknown JSON: a test that asks for more casts for itself. */
// biome-ignore lint/suspicious/noExplicitAny: a report is looked into at a hundred places, and its shape is what the tests check
export type Report = any;

export interface ActionRun {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly state: Readonly<Record<string, string>>;
  readonly stdout: string;
  readonly stderr: string;
  /** What the log shows: both streams without the commands, groups as `> title`. */
  readonly log: readonly string[];
  /** The log as a browser first shows it: what is inside a group is folded away. */
  readonly folded: readonly string[];
  readonly annotations: readonly Annotation[];
  readonly masks: readonly string[];
  readonly durationMs: number;
  readonly peakRssKb: number | null;
  /** `report.json`, or null when it was not written. */
  readonly report: Report | null;
  /** The folder `migration-log`, absolute. */
  readonly logDir: string;
}

export interface RunningAction {
  readonly pid: number;
  /** Everything on stdout so far. */
  readonly stdout: () => string;
  /** What it has saved for its post step so far. */
  readonly state: () => Readonly<Record<string, string>>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when stdout holds `pattern`; rejects with the output when the run ends first. */
  readonly waitFor: (pattern: RegExp | string) => Promise<void>;
  readonly done: Promise<ActionRun>;
  /** The post step of this run, with the state that main left; after `done`. */
  readonly runPost: () => Promise<ActionRun>;
}

export async function runAction(options: ActionOptions): Promise<ActionRun> {
  return (await startAction(options)).done;
}

/** The same run over the same door in this process, from the sources: a hundred of them cost what a few processes do. */
export async function runHere(options: ActionOptions): Promise<ActionRun> {
  const files = await commandFiles(options.event ?? {});
  const env = await environmentOf(options, readManifest(), files);
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  const started = Date.now();
  const raw = Object.entries(env).filter(([name]) => name.startsWith('INPUT_'));
  const exitCode = await run({
    raw: Object.fromEntries(
      raw.map(([name, value]) => [name.slice('INPUT_'.length).toLowerCase().replaceAll('_', '-'), value]),
    ),
    context: { door: 'action', env, event: options.event ?? {}, cwd: options.workspace },
    env,
    workspace: options.workspace,
    console: {
      secrets: () => undefined,
      line: (text) => write(`${inertText(text)}\n`),
      chapter: (title) => issueCommand(write, 'group', {}, title),
      progress: () => undefined,
      warning: (text) => issueCommand(write, 'warning', {}, text),
      notice: (text) => issueCommand(write, 'notice', {}, text),
      finish: (outcome, text, folder, workingDirectory) => {
        write(`${inertText(text)}\n`);
        folder.annotate(outcome, workingDirectory, write);
      },
      ended: () => undefined,
    },
    signal: new AbortController().signal,
  });
  const ended = { exitCode, signal: null, stdout: said, stderr: '', durationMs: Date.now() - started, peakRssKb: null };
  return readRun(ended, files, options);
}

export async function startAction(options: ActionOptions): Promise<RunningAction> {
  const manifest = readManifest();
  const files = await commandFiles(options.event ?? {});
  const environment = await environmentOf(options, manifest, files);
  const node = options.node ?? (await nodeForAction()).path;
  const started = start(node, manifest.main, environment, options, files);
  return {
    ...started,
    runPost: async () => {
      if (manifest.post === null) throw new Error('action.yml declares no post step');
      const main = await started.done;
      const again = await commandFiles(options.event ?? {});
      const state = Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value]);
      const postEnvironment = { ...(await environmentOf(options, manifest, again)), ...Object.fromEntries(state) };
      return start(node, manifest.post, postEnvironment, options, again).done;
    },
  };
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly node?: string;
  readonly measureMemory?: boolean;
  readonly timeoutMs?: number;
}

export interface CliRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly peakRssKb: number | null;
  readonly report: Report | null;
  readonly logDir: string;
}

export interface RunningCli extends Pick<RunningAction, 'kill' | 'waitFor'> {
  readonly done: Promise<CliRun>;
}

/** The command line, `migration-gate <args>`, from the committed bundle. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliRun> {
  return startCli(args, options).done;
}

export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const node = options.node ?? process.execPath;
  const child = spawn(node, [join(ROOT, 'dist', 'cli', 'index.js'), ...args], {
    cwd: options.cwd,
    env: { ...bareEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watched = watch(child, options);
  const logDir = join(options.cwd, 'migration-log');
  return {
    kill: (signal) => void child.kill(signal),
    waitFor: watched.waitFor,
    done: watched.done.then((ended) => ({ ...ended, report: readReport(join(logDir, 'report.json')), logDir })),
  };
}

/** Where a text stands in what a run shows or leaves: the log (masks aside), annotations, the summary, outputs, files. For secrets. */
export async function placesOf(run: ActionRun, text: string): Promise<string[]> {
  const places: (readonly [place: string, content: string])[] = [
    ...run.log.map((line) => ['log', line] as const),
    ...run.annotations.map((annotation) => ['annotation', JSON.stringify(annotation)] as const),
    ...run.summary.split('\n').map((line) => ['summary', line] as const),
    ...Object.entries(run.outputs).map(([name, value]) => [`output ${name}`, value] as const),
    ...Object.entries(run.state).map(([name, value]) => [`state ${name}`, value] as const),
  ];
  for (const name of existsSync(run.logDir) ? await readdir(run.logDir) : []) {
    places.push([`file ${name}`, await readFile(join(run.logDir, name), 'utf8')]);
  }
  return places
    .filter(([, content]) => content.includes(text))
    .map(([place, content]) => `${place}: ${around(content, text)}`);
}

function around(content: string, text: string): string {
  const at = content.indexOf(text);
  return content.slice(Math.max(0, at - 60), at + text.length + 20);
}

const temporary = new Set<string>();

/** A folder of its own, removed when this process ends. */
export function temporaryWorkspace(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'gate-workspace-')));
  if (temporary.size === 0) {
    process.once('exit', () => {
      for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
    });
  }
  temporary.add(path);
  return path;
}

/** Writes the files, by name; folders are made. Returns the folder. */
export async function writeMigrations(folder: string, files: Readonly<Record<string, string | Uint8Array>>) {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  await mkdir(folder, { recursive: true });
  return folder;
}

interface Manifest {
  readonly inputs: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly main: string;
  readonly post: string | null;
}

/** What a runner takes from action.yml: the declared inputs with their defaults, and what to run. */
function readManifest(): Manifest {
  const document = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: unknown }>;
    runs: { main: string; post?: string };
  };
  return {
    inputs: Object.fromEntries(
      Object.entries(document.inputs).map(([name, input]) => [
        name,
        input.default === undefined ? '' : String(input.default),
      ]),
    ),
    main: join(ROOT, document.runs.main),
    post: document.runs.post === undefined ? null : join(ROOT, document.runs.post),
  };
}

interface CommandFiles {
  readonly output: string;
  readonly summary: string;
  readonly state: string;
  readonly env: string;
  readonly path: string;
  readonly event: string;
  readonly temp: string;
}

async function commandFiles(event: unknown): Promise<CommandFiles> {
  const temp = temporaryWorkspace();
  const at = (name: string): string => join(temp, `${name}_${randomUUID()}`);
  const files: CommandFiles = {
    output: at('set_output'),
    summary: at('step_summary'),
    state: at('save_state'),
    env: at('set_env'),
    path: at('add_path'),
    event: join(temp, 'event.json'),
    temp,
  };
  for (const path of [files.output, files.summary, files.state, files.env, files.path]) await writeFile(path, '');
  await writeFile(files.event, JSON.stringify(event));
  return files;
}

function bareEnvironment(): Record<string, string> {
  const { PATH, HOME, SystemRoot } = process.env;
  return Object.fromEntries(
    Object.entries({ PATH, HOME, SystemRoot }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

async function environmentOf(
  options: ActionOptions,
  manifest: Manifest,
  files: CommandFiles,
): Promise<Record<string, string>> {
  const ref = options.ref ?? 'refs/heads/staging';
  const inputs = { ...manifest.inputs, ...options.inputs };
  const asVariables = Object.entries(inputs).map(([name, value]) => [
    `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
    value,
  ]);
  return {
    ...bareEnvironment(),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTOR: 'octo-person',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_ENV: files.env,
    GITHUB_EVENT_NAME: options.eventName ?? 'push',
    GITHUB_EVENT_PATH: files.event,
    GITHUB_JOB: 'migrate',
    GITHUB_OUTPUT: files.output,
    GITHUB_PATH: files.path,
    GITHUB_REF: ref,
    GITHUB_REF_NAME: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REF_TYPE: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    GITHUB_REPOSITORY: 'octo-org/shop',
    GITHUB_RUN_ATTEMPT: options.attempt ?? '1',
    GITHUB_RUN_ID: options.runId ?? '16000000001',
    GITHUB_RUN_NUMBER: '7',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: 'c0ffee254729296a45a3885639ac7e10f9d54979',
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_WORKFLOW: 'migrate',
    GITHUB_WORKSPACE: options.workspace,
    RUNNER_ARCH: 'X64',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: files.temp,
    ...options.env,
    ...Object.fromEntries(asVariables),
  };
}

function start(
  node: string,
  script: string,
  env: Record<string, string>,
  options: ActionOptions,
  files: CommandFiles,
): Omit<RunningAction, 'runPost'> {
  const child = spawn(node, [script], { cwd: options.workspace, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const watched = watch(child, options);
  const done = watched.done.then((ended) => readRun(ended, files, options));
  return {
    pid: child.pid ?? -1,
    stdout: watched.stdout,
    state: () => parseCommandFile(readFileSync(files.state, 'utf8')),
    kill: (signal) => void child.kill(signal),
    waitFor: watched.waitFor,
    done,
  };
}

/** What a run has left with its runner. */
async function readRun(ended: Ended, files: CommandFiles, { workspace }: ActionOptions): Promise<ActionRun> {
  const logDir = join(workspace, 'migration-log');
  const outputs = parseCommandFile(await readFile(files.output, 'utf8'));
  return {
    ...ended,
    ...readStreams(ended.stdout, ended.stderr),
    outputs,
    summary: await readFile(files.summary, 'utf8'),
    state: parseCommandFile(await readFile(files.state, 'utf8')),
    report: readReport(outputs['report-path'] || join(logDir, 'report.json')),
    logDir,
  };
}

interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly peakRssKb: number | null;
}

function watch(child: ChildProcess, options: { readonly measureMemory?: boolean; readonly timeoutMs?: number }) {
  const startedAt = performance.now();
  let stdout = '';
  let stderr = '';
  let peakRssKb: number | null = null;
  let running = true;
  const waiting = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of waiting) look();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const killer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000);
  const meter = options.measureMemory
    ? setInterval(() => {
        peakRssKb = residentPeak(child.pid) ?? peakRssKb;
      }, 20)
    : null;
  const done = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      running = false;
      clearTimeout(killer);
      if (meter !== null) clearInterval(meter);
      for (const look of waiting) look();
      resolve({ exitCode, signal, stdout, stderr, durationMs: performance.now() - startedAt, peakRssKb });
    });
  });
  const waitFor = (pattern: RegExp | string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const there = typeof pattern === 'string' ? stdout.includes(pattern) : pattern.test(stdout);
        if (there) resolve();
        else if (!running) reject(new Error(`the run ended without saying ${pattern}:\n${stdout}\n${stderr}`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return { done, waitFor, stdout: () => stdout };
}

/** The kernel's own high-water mark, in kB. */
function residentPeak(pid: number | undefined): number | null {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line?.[1] === undefined ? null : Number(line[1]);
  } catch {
    // Gone already, or no /proc on this system: the last reading stands.
    return null;
  }
}

/** `name=value` lines and `name<<DELIMITER ... DELIMITER` blocks, as GITHUB_OUTPUT and GITHUB_STATE have them. Throws on anything else, as a runner does. */
export function parseCommandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const block = /^([^=]+?)<<(.+)$/.exec(line);
    const single = /^([^=]+)=(.*)$/.exec(line);
    if (block?.[1] !== undefined && block[2] !== undefined) {
      const end = lines.indexOf(block[2], at + 1);
      if (end < 0) throw new Error(`no closing ${block[2]} for ${block[1]}`);
      values[block[1]] = lines.slice(at + 1, end).join('\n');
      at = end;
    } else if (single?.[1] !== undefined) {
      values[single[1]] = single[2] ?? '';
    } else {
      throw new Error(`not a command file line: ${line}`);
    }
  }
  return values;
}

/** Reads both streams as a runner does: a line that starts with `::`, or holds `##[`, is a command, unless commands are stopped. */
export function readStreams(
  stdout: string,
  stderr: string,
): Pick<ActionRun, 'log' | 'folded' | 'annotations' | 'masks'> {
  const log: string[] = [];
  const folded: string[] = [];
  const annotations: Annotation[] = [];
  const masks: string[] = [];
  for (const stream of [stdout, stderr]) {
    let stopped: string | null = null;
    let inGroup = false;
    const show = (line: string): void => {
      log.push(line);
      if (!inGroup) folded.push(line);
    };
    for (const line of stream.split(/\r?\n/)) {
      const command = parseCommand(line);
      if (stopped !== null) {
        if (command?.name === stopped) stopped = null;
        else show(line);
      } else if (command === null) {
        show(line);
      } else if (command.name === 'stop-commands') {
        stopped = command.message;
      } else if (command.name === 'add-mask') {
        masks.push(command.message);
      } else if (command.name === 'group') {
        inGroup = false;
        show(`> ${command.message}`);
        inGroup = true;
      } else if (command.name === 'endgroup') {
        inGroup = false;
      } else if (command.name === 'error' || command.name === 'warning' || command.name === 'notice') {
        annotations.push(annotationOf(command.name, command));
        show(`${command.name}: ${command.message.split('\n')[0] ?? ''}`);
      }
    }
  }
  return { log, folded, annotations, masks };
}

interface WorkflowCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

function parseCommand(line: string): WorkflowCommand | null {
  const modern = /^::([^\s:]+)(?: (.*?))?::(.*)$/.exec(line.trimStart());
  // The older form is found anywhere in a line.
  const older = modern === null ? /##\[([a-z-]+)(?: ([^\]]*))?\](.*)$/.exec(line) : null;
  const found = modern ?? older;
  if (found?.[1] === undefined) return null;
  const pairs = (found[2] ?? '')
    .split(modern === null ? ';' : ',')
    .filter((pair) => pair.includes('='))
    .map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), decode(pair.slice(pair.indexOf('=') + 1))]);
  return { name: found[1], properties: Object.fromEntries(pairs), message: decode(found[3] ?? '') };
}

function decode(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}

function annotationOf(level: Annotation['level'], { properties, message }: WorkflowCommand): Annotation {
  const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
  return {
    level,
    message,
    file: properties.file ?? null,
    line: number(properties.line),
    column: number(properties.col),
    title: properties.title ?? null,
  };
}

function readReport(path: string): Report | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  return JSON.parse(text);
}
