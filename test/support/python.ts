/** Python environments for tests: what a migration tool written in Python runs from, made once and kept in `.cache/python`. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.cache', 'python');

export interface VirtualEnvironment {
  /** Absolute path of the folder with the environment's commands: `alembic`, `django-admin`... */
  readonly bin: string;
  /** Absolute path of its interpreter. */
  readonly python: string;
}

const made = new Map<string, Promise<VirtualEnvironment>>();

/**
 * An environment with exactly these requirements (`alembic==1.16.4`), made on first use: some ten seconds. Two processes
 * may ask at once. Throws with the end of what pip said.
 */
export function virtualEnvironment(name: string, requirements: readonly string[]): Promise<VirtualEnvironment> {
  // The commands of an environment name its interpreter by absolute path, so the place is part of what it is.
  const digest = createHash('sha256')
    .update(JSON.stringify([CACHE, requirements]))
    .digest('hex')
    .slice(0, 10);
  const place = join(CACHE, `${name}-${digest}`);
  const known = made.get(place) ?? make(place, requirements);
  made.set(place, known);
  return known;
}

/** Made beside its place under a name of its own, then linked there: nobody sees a half made one, and no lock can be left behind. */
async function make(place: string, requirements: readonly string[]): Promise<VirtualEnvironment> {
  if (!existsSync(join(place, 'bin', 'python'))) {
    const draft = `${place}.${randomBytes(4).toString('hex')}`;
    try {
      await mkdir(CACHE, { recursive: true });
      await step('python3', ['-m', 'venv', draft]);
      if (requirements.length > 0) {
        await step(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...requirements]);
      }
      // Renaming a link replaces the one of a faster process, or a broken one: either environment is as good.
      await symlink(basename(draft), `${draft}.link`);
      await rename(`${draft}.link`, place);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
  }
  const bin = join(await realpath(place), 'bin');
  await startQuickly(place);
  return { bin, python: join(bin, 'python') };
}

/**
 * A tool of a few seconds has no garbage to collect: a fifth of what it takes for alembic to start is Python looking for
 * some among what it has just imported, at each of hundreds of starts.
 */
export async function startQuickly(place: string): Promise<void> {
  const lib = join(place, 'lib');
  for (const version of await readdir(lib)) {
    const file = join(lib, version, 'site-packages', 'rarely-collect.pth');
    if (existsSync(file)) continue;
    const draft = `${file}.${randomBytes(4).toString('hex')}`;
    await writeFile(draft, 'import gc; gc.set_threshold(200_000, 50, 50)\n');
    await rename(draft, file);
  }
}

/** The caller's PIP_* settings stay (its index may be a mirror); what would lead Python to other packages does not. */
async function step(command: string, words: readonly string[]): Promise<void> {
  const { PYTHONPATH, PYTHONHOME, VIRTUAL_ENV, ...env } = process.env;
  await run(command, words, { env, maxBuffer: 16 * 1024 * 1024 }).catch((error) => {
    const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim().slice(-2000);
    throw new Error(`${basename(command)} ${words.join(' ')}: ${said || error.message}`);
  });
}
