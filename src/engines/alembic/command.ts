/** How alembic is run in a project, and the words of its subcommands. What is asked of the machine is passed in. */
import { dirname, join, parse, relative, resolve } from 'node:path';

export interface FindAlembic {
  /** Absolute. Also the working directory in which every command here is to be run, as the project's people run it. */
  readonly workingDirectory: string;
  /** `alembic-command` as words, or null. */
  readonly given: readonly string[] | null;
  /** `alembic-config`, relative to the working directory or absolute. */
  readonly config: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether there is a file or folder at an absolute path. */
  readonly exists: (path: string) => Promise<boolean>;
  /** Whether PATH has this program. */
  readonly onPath: (program: string) => Promise<boolean>;
  /** Whether this ends with exit code 0 when run in the working directory. */
  readonly succeeds: (words: readonly string[]) => Promise<boolean>;
}

export interface AlembicCommand {
  readonly words: Words;
  /** Why this one, for the log: `uv.lock, and uv is on PATH`. */
  readonly how: string;
}

export interface NoAlembic {
  readonly message: string;
  readonly next: string;
}

type Words = readonly [string, ...string[]];

/** Looks for it as a person would: the project's own environment before whatever the machine has. */
export async function findAlembic(options: FindAlembic): Promise<AlembicCommand | NoAlembic> {
  const { workingDirectory, given, env, onPath } = options;
  const [program, ...rest] = given ?? [];
  if (program !== undefined) return { words: [program, ...rest], how: '`alembic-command`' };

  const missing: string[] = [];
  for (const [lock, tool, action] of LOCKS) {
    const folder = await folderAbove(options, lock);
    if (folder === null) continue;
    const name = join(relative(workingDirectory, folder), lock);
    if (await onPath(tool)) return { words: [tool, 'run', 'alembic'], how: `\`${name}\`, and ${tool} is on PATH` };
    missing.push(`there is \`${name}\`, but ${tool} is not on PATH (${action} puts it there)`);
  }
  const environment = await environmentOf(options);
  if (environment !== null) return environment;
  if (await onPath('alembic')) return { words: ['alembic'], how: 'on PATH' };
  for (const python of ['python', 'python3']) {
    if ((await onPath(python)) && (await options.succeeds([python, '-c', HAS_ALEMBIC]))) {
      return { words: [python, '-m', 'alembic'], how: `a module of ${python}` };
    }
  }
  const active = env.VIRTUAL_ENV ? ', in $VIRTUAL_ENV' : '';
  return {
    message: `alembic is not to be found: not in \`.venv\` or \`venv\`${active}, not on PATH, not in python${missing.map((text) => `; ${text}`).join('')}`,
    next: "Install the project's requirements in a step before this one, or set `alembic-command` (for example `uv run alembic`), then run again.",
  };
}

const LOCKS = [
  ['uv.lock', 'uv', 'the action `astral-sh/setup-uv`'],
  ['poetry.lock', 'poetry', '`pipx install poetry`'],
] as const;

/** A project's folder `alembic/` passes for a package of that name, but has no `alembic.config`. */
const HAS_ALEMBIC = 'import alembic.config';

/** uv and poetry look for their project upwards from where they are run; the repository's root is where we stop. */
async function folderAbove({ workingDirectory, exists }: FindAlembic, file: string): Promise<string | null> {
  for (let folder = workingDirectory; ; folder = dirname(folder)) {
    if (await exists(join(folder, file))) return folder;
    if (folder === parse(folder).root || (await exists(join(folder, '.git')))) return null;
  }
}

async function environmentOf(options: FindAlembic): Promise<AlembicCommand | null> {
  const { workingDirectory, config, env, exists } = options;
  const beside = dirname(resolve(workingDirectory, config));
  const folders = new Map<string, string>();
  for (const base of [workingDirectory, beside]) {
    for (const name of ['.venv', 'venv']) {
      const folder = join(base, name);
      folders.set(folder, relative(workingDirectory, folder));
    }
  }
  if (env.VIRTUAL_ENV) folders.set(env.VIRTUAL_ENV, '$VIRTUAL_ENV');
  for (const [folder, name] of folders) {
    const program = join(folder, 'bin', 'alembic');
    if (await exists(program)) return { words: [program], how: `\`${name}\`` };
  }
  return null;
}

/** Every revision: to be read by `parseHistory`. Runs no env.py, unless the ini says `revision_environment`. */
export function historyOf(words: Words, config: string): Words {
  return [...words, '-c', config, 'history', '--verbose'];
}

/** Connects and reads the version table; creates nothing. */
export function currentOf(words: Words, config: string): Words {
  return [...words, '-c', config, 'current'];
}

/** `target`: a whole revision id, or `head`. */
export function upgradeOf(words: Words, config: string, target: string): Words {
  return [...words, '-c', config, 'upgrade', target];
}

/** Alembic 1.9 and later; `explainAlembic` knows what an older one says. */
export function checkOf(words: Words, config: string): Words {
  return [...words, '-c', config, 'check'];
}

/** The SQL of an upgrade on stdout, without a connection. `from`: the one revision that is applied; null for an empty database. */
export function sqlOf(words: Words, config: string, from: string | null, to: string): Words {
  return [...words, '-c', config, 'upgrade', from === null ? to : `${from}:${to}`, '--sql'];
}
