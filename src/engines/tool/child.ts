/** Runs somebody else's tool: in a process group of its own, without a shell, without an input, and never longer than we want. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ToolStart {
  /** The program and its arguments, as they are. */
  readonly words: readonly [string, ...string[]];
  /** Absolute. */
  readonly cwd: string;
  /** All of the environment: nothing is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Every line of both streams as it comes, without its end; a long one is cut, with `…` where. Must not throw. */
  readonly onLine?: (line: string) => void;
}

export interface Ended {
  /** Null: a signal ended it, or it was never started. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The program could not be started (`code` of it: ENOENT, EACCES, ...). */
  readonly error: (Error & { readonly code?: string }) | null;
  /** The first 64 kB and the last 192 kB, and a line in between that says how much was left out. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningTool {
  /** Also that of its process group and of its session; null: it could not be started. */
  readonly pid: number | null;
  /** Never rejects. What it left behind in the background may still run. */
  readonly ended: Promise<Ended>;
  /**
   * SIGTERM to the group, after 2 s SIGKILL. Resolves when nobody of the group is left, of those too that outlived the
   * tool. Rejects when one of them can't be ended (another user's, as with sudo).
   */
  stop(): Promise<void>;
}

const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 192 * 1024;
const LINE_LENGTH = 4096;
const PATIENCE_MS = 2_000;
/** A process that was killed and is still there waits for a disk, or is not ours. */
const KILLED_WITHIN_MS = 5_000;
const LOOK_MS = 20;
/** However late it is: where the machine stood still the tool did so too, and has not had its time. */
const LEAST_LOOKS = 10;
/** Once the tool has ended, its pipes count as read when they were silent so many looks long; somebody may hold them open. */
const SILENT_LOOKS = 10;
const MOST_LOOKS = 100;

/**
 * Starts a tool. When we are killed with SIGKILL it lives on for a while: Linux's parent-death signal would reach the
 * leader only, and needs another program to set it. But its connections end with our proxy and their backends with them,
 * so that nothing of what it does then reaches the database.
 */
export function startTool({ words, cwd, env, onLine }: ToolStart): RunningTool {
  const [stdout, stderr] = [new Output(onLine), new Output(onLine)];
  let child: ChildProcess;
  try {
    const [program, ...rest] = words;
    // A session of its own, too: a tool that would ask for a password on the terminal fails instead of waiting.
    child = spawn(program, rest, { cwd, env, shell: false, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    // What Node itself refuses: a zero byte in an argument.
    return notStarted(error as Error);
  }
  const { pid } = child;
  const failed = new Promise<Error>((resolve) => child.on('error', resolve));
  if (pid === undefined) return notStarted(failed.then((error) => explained(error, cwd)));

  const group = new Group(child, pid);
  // An orderly end of ours that did not wait for it.
  const onExit = () => group.signal('SIGKILL');
  process.on('exit', onExit);
  child.stdout?.on('data', (bytes: Buffer) => stdout.add(bytes));
  child.stderr?.on('data', (bytes: Buffer) => stderr.add(bytes));
  const ended = endOf(child, stdout, stderr).then((end) => {
    if (group.isGone()) process.off('exit', onExit);
    return end;
  });
  let stopping: Promise<void> | null = null;
  return {
    pid,
    ended,
    stop: () => {
      stopping ??= group.end().then(async () => {
        process.off('exit', onExit);
        await ended;
      });
      return stopping;
    },
  };
}

export interface Probed extends Ended {
  /** It was stopped, as it took longer than it may or `signal` asked for it. */
  readonly stopped: boolean;
}

/** Runs a tool to its end, and ends with it whatever it left behind. Rejects as `stop` does. */
export async function probeTool(start: ToolStart, limitMs: number, signal?: AbortSignal): Promise<Probed> {
  const tool = startTool(start);
  const over = new AbortController();
  const given = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const limit = sleep(limitMs, null, { signal: given }).then(
    () => null,
    () => null,
  );
  const end = await Promise.race([tool.ended, signal?.aborted ? null : limit]);
  over.abort();
  await tool.stop();
  return { ...(await tool.ended), stopped: end === null };
}

function notStarted(failure: Error | Promise<Error>): RunningTool {
  const ended = Promise.resolve(failure).then((error) => ({ code: null, signal: null, error, stdout: '', stderr: '' }));
  return { pid: null, ended, stop: async () => undefined };
}

/** The kernel says ENOENT of the program when it is the folder that is missing. */
function explained(error: Error, cwd: string): Error {
  if (existsSync(cwd)) return error;
  return Object.assign(new Error(`the working directory ${cwd} does not exist`), { code: 'ENOENT' });
}

async function endOf(child: ChildProcess, stdout: Output, stderr: Output): Promise<Ended> {
  let isClosed = false;
  child.once('close', () => {
    isClosed = true;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('exit', (...how) => resolve(how)),
  );
  // Looks and not a time: between two of them everything that has arrived is read, however late we are.
  let silent = 0;
  for (let looks = 0; !isClosed && silent < SILENT_LOOKS && looks < MOST_LOOKS; looks += 1) {
    const before = stdout.bytes + stderr.bytes;
    await Promise.race([closed, sleep(LOOK_MS)]);
    silent = stdout.bytes + stderr.bytes === before ? silent + 1 : 0;
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { code, signal, error: null, stdout: stdout.end(), stderr: stderr.end() };
}

/** The processes that a tool has started, as far as they have not left its group. */
class Group {
  private readonly child: ChildProcess;
  private readonly id: number;
  /** From then on the number may be somebody else's. */
  private gone = false;

  constructor(child: ChildProcess, id: number) {
    this.child = child;
    this.id = id;
    // No number is given out again while a group has it; so it is asked for at the moment when it may become free.
    child.once('exit', () => this.isGone());
  }

  signal(signal: NodeJS.Signals | 0): void {
    if (this.gone) return;
    try {
      // Windows has no groups; there it is the tool alone.
      if (process.platform === 'win32') this.child.kill(signal);
      else process.kill(-this.id, signal);
    } catch (error) {
      // EPERM: somebody is there whom we may not signal.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') this.gone = true;
    }
  }

  isGone(): boolean {
    if (process.platform === 'win32') return this.child.exitCode !== null || this.child.signalCode !== null;
    this.signal(0);
    if (!this.gone && isDead(this.id)) this.gone = true;
    return this.gone;
  }

  async end(): Promise<void> {
    this.signal('SIGTERM');
    // One that stands still takes no SIGTERM.
    this.signal('SIGCONT');
    if (await this.isGoneWithin(PATIENCE_MS)) return;
    this.signal('SIGKILL');
    if (await this.isGoneWithin(KILLED_WITHIN_MS)) return;
    throw new Error(`process group ${this.id} of ${this.child.spawnfile} could not be ended; end it by hand`);
  }

  private async isGoneWithin(limitMs: number): Promise<boolean> {
    const until = performance.now() + limitMs;
    for (let looks = 0; !this.isGone(); looks += 1) {
      if (looks >= LEAST_LOOKS && performance.now() > until) return false;
      await sleep(LOOK_MS);
    }
    return true;
  }
}

/**
 * Whether nobody of the group is alive. A container whose first process reaps nobody keeps the dead for ever, and the kernel
 * takes signals for them; only Linux shows them for what they are.
 */
function isDead(group: number): boolean {
  if (process.platform !== 'linux') return false;
  return !readdirSync('/proc').some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // Behind the name in parentheses, which may hold anything.
      const [state, , its] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3);
      return Number(its) === group && state !== 'Z' && state !== 'X';
    } catch {
      return false; // ended since
    }
  });
}

/** One stream: its beginning and its end are kept, its lines are told. */
class Output {
  bytes = 0;
  private readonly head: Buffer[] = [];
  private headBytes = 0;
  private readonly tail: Buffer[] = [];
  private tailBytes = 0;
  private readonly lines: Lines | null;

  constructor(onLine: ((line: string) => void) | undefined) {
    this.lines = onLine === undefined ? null : new Lines(onLine);
  }

  add(bytes: Buffer): void {
    this.bytes += bytes.length;
    const fits = Math.min(bytes.length, HEAD_BYTES - this.headBytes);
    if (fits > 0) this.head.push(bytes.subarray(0, fits));
    this.headBytes += fits;
    if (fits < bytes.length) this.tail.push(bytes.subarray(fits));
    this.tailBytes += bytes.length - fits;
    while (this.tailBytes - (this.tail[0]?.length ?? 0) >= TAIL_BYTES) this.tailBytes -= this.tail.shift()?.length ?? 0;
    this.lines?.add(bytes);
  }

  /** All that was kept. Nothing may be added after that. */
  end(): string {
    this.lines?.end();
    const head = Buffer.concat(this.head);
    const tail = Buffer.concat(this.tail);
    if (this.bytes <= HEAD_BYTES + TAIL_BYTES) return Buffer.concat([head, tail]).toString('utf8');
    // Between lines where there are any: half a line may hold half a secret. Where there are none `…` marks the cuts.
    const headLines = head.lastIndexOf(NEW_LINE) + 1;
    const headEnd = headLines || lastCharacter(head);
    const kept = tail.subarray(-TAIL_BYTES);
    const tailLines = kept.indexOf(NEW_LINE) + 1;
    const tailStart =
      tailLines ||
      Math.max(
        0,
        kept.findIndex((byte) => !isContinuation(byte)),
      );
    const left = this.bytes - headEnd - (kept.length - tailStart);
    const mark = `${headLines > 0 ? '' : '…\n'}(${left} bytes left out)\n${tailLines > 0 ? '' : '…'}`;
    return head.toString('utf8', 0, headEnd) + mark + kept.toString('utf8', tailStart);
  }
}

const NEW_LINE = 0x0a;

/** A byte of a character that began before it. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Where the last character begins, which may not be all there. */
function lastCharacter(bytes: Buffer): number {
  let at = bytes.length - 1;
  while (at > bytes.length - 4 && isContinuation(bytes[at] ?? 0)) at -= 1;
  return at;
}

/** A stream as lines, none of which is kept longer than LINE_LENGTH characters. */
class Lines {
  private readonly onLine: (line: string) => void;
  private readonly decoder = new StringDecoder('utf8');
  private line = '';
  private leftOut = 0;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  add(bytes: Buffer): void {
    const [first = '', ...more] = this.decoder.write(bytes).split('\n');
    this.take(first);
    for (const piece of more) {
      this.tell();
      this.take(piece);
    }
  }

  end(): void {
    this.take(this.decoder.end());
    if (this.line !== '' || this.leftOut > 0) this.tell();
  }

  private take(piece: string): void {
    const kept = piece.slice(0, LINE_LENGTH - this.line.length);
    this.line += kept;
    this.leftOut += piece.length - kept.length;
  }

  private tell(): void {
    // What is written over itself, as progress is, shows what a terminal shows in the end.
    const line = this.line.replace(/\r+$/, '').replace(/^.*\r/s, '');
    this.onLine(this.leftOut > 0 ? `${line}… (${this.leftOut} more characters)` : line);
    this.line = '';
    this.leftOut = 0;
  }
}
