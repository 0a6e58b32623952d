/** The Node that the action declares (`node24`), or the one at hand where that is not to be had. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface NodeRuntime {
  /** The executable. */
  readonly path: string;
  /** For people: `Node 24.21.0`, or `Node 20.20.2, because Node 24 is not to be had: ...`. */
  readonly description: string;
}

const RELEASE = '24.21.0';
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CACHE = join(ROOT, '.cache', `node-${RELEASE}`);
/** A failed fetch is not tried again by every test file of a run. */
const RETRY_AFTER_MS = 3_600_000;

let found: Promise<NodeRuntime> | null = null;

export function nodeForAction(): Promise<NodeRuntime> {
  found ??= find();
  return found;
}

async function find(): Promise<NodeRuntime> {
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    return { path: process.execPath, description: `Node ${process.versions.node}` };
  }
  const name = `node-${process.platform}-${process.arch}`;
  const path = join(CACHE, 'node_modules', name, 'bin', 'node');
  try {
    if (!existsSync(path)) await fetchNode(name);
    const { stdout } = await promisify(execFile)(path, ['--version']);
    return { path, description: `Node ${stdout.trim().slice(1)}` };
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return {
      path: process.execPath,
      description: `Node ${process.versions.node}, because Node ${RELEASE} is not to be had (${why})`,
    };
  }
}

/** Into a folder of its own first, so that two processes at once do no harm. */
async function fetchNode(name: string): Promise<void> {
  const failed = `${CACHE}.failed`;
  const age = await stat(failed).then(
    (file) => Date.now() - file.mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  if (age < RETRY_AFTER_MS) throw new Error('fetching it failed within the last hour');
  await mkdir(dirname(CACHE), { recursive: true });
  const fresh = await mkdtemp(`${CACHE}.`);
  try {
    await promisify(execFile)(
      process.platform === 'win32' ? 'npm.cmd' : 'npm',
      ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefix', fresh, `${name}@${RELEASE}`],
      { timeout: 180_000 },
    );
    await rename(fresh, CACHE).catch((error: unknown) => {
      if (!existsSync(CACHE)) throw error;
    });
  } catch (error) {
    await writeFile(failed, String(error));
    throw error;
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
