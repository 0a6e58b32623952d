/** Real Alembic for tests: virtual environments of pinned versions, and projects as people write them. */
import { type ExecFileException, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startQuickly } from './python.ts';

const cache = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.cache');

export type Driver = 'psycopg2' | 'psycopg' | 'asyncpg';

/** The oldest and the newest that the gate is for, each with a SQLAlchemy of its time. */
export const ALEMBIC_OLD = { alembic: '1.8.1', sqlalchemy: '1.4.54' } as const;
export const ALEMBIC_NEW = { alembic: '1.20.1', sqlalchemy: '2.1.9' } as const;

/** SQLAlchemy 1.4 knows no psycopg 3; asyncpg and SQLAlchemy's asyncio need greenlet. */
const PACKAGES: Readonly<Record<Driver, readonly string[]>> = {
  psycopg2: ['psycopg2-binary==2.9.13'],
  psycopg: ['psycopg[binary]==3.3.9'],
  asyncpg: ['asyncpg==0.32.0'],
};
const ALWAYS = ['greenlet==3.5.6', 'Mako==1.4.3'];

export interface AlembicOptions {
  /** Exact version; the newest by default. */
  readonly alembic?: string;
  readonly drivers: readonly Driver[];
  /** Exact version; 1.4 for Alembic below 1.9, else 2.1 by default. */
  readonly sqlalchemy?: string;
}

export interface AlembicEnvironment {
  /** The folder of its programs, for a PATH. */
  readonly bin: string;
  readonly alembic: string;
  readonly python: string;
}

/** Made once for each set of versions and kept under `.cache`; throws when there is no Python 3 or pip fails. */
export async function alembicEnvironment(options: AlembicOptions): Promise<AlembicEnvironment> {
  const alembic = options.alembic ?? ALEMBIC_NEW.alembic;
  const old = /^(0|1\.[0-8])\./.test(alembic);
  const sqlalchemy = options.sqlalchemy ?? (old ? ALEMBIC_OLD : ALEMBIC_NEW).sqlalchemy;
  const drivers = [...new Set(options.drivers)].sort();
  if (sqlalchemy.startsWith('1.') && drivers.includes('psycopg')) {
    throw new Error(`SQLAlchemy ${sqlalchemy} has no dialect for psycopg 3: ask for psycopg2 or asyncpg`);
  }
  const python = await systemPython();
  const name = [`alembic-${alembic}`, `sqlalchemy-${sqlalchemy}`, ...drivers, `python-${python}`].join('_');
  const place = join(cache, name);
  if (!existsSync(place)) {
    const packages = [`alembic==${alembic}`, `sqlalchemy==${sqlalchemy}`, ...ALWAYS];
    for (const driver of drivers) packages.push(...PACKAGES[driver]);
    await install(packages, place);
  }
  await startQuickly(place);
  const bin = join(place, 'bin');
  return { bin, alembic: join(bin, 'alembic'), python: join(bin, 'python') };
}

/**
 * Two processes may do so at once, and a half made one is never seen: each makes its own (a virtual environment's scripts
 * hold its path, so that it can't be moved), and the first to finish puts up the link.
 */
async function install(packages: readonly string[], place: string): Promise<void> {
  const folder = `${place}.${process.pid}.${randomBytes(3).toString('hex')}`;
  await mkdir(cache, { recursive: true });
  try {
    await must('python3', ['-m', 'venv', folder]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
    await must(join(folder, 'bin', 'python'), [...pip, ...packages]);
    await symlink(basename(folder), place);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function systemPython(): Promise<string> {
  const version = ['-c', 'import sys, venv, ensurepip; print("%d.%d.%d" % sys.version_info[:3])'];
  const { code, stdout, stderr } = await outputOf('python3', version);
  if (code === 0) return stdout.trim();
  throw new Error(`tests of Alembic need python3 with venv and pip on PATH (Debian: python3-venv): ${stderr.trim()}`);
}

export interface ToolOutput {
  /** -1 where the program could not be started: `stderr` says why. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `alembic ARGUMENTS` in a project; PATH and HOME of ours, and nothing else but `env`. */
export function runAlembic(
  environment: AlembicEnvironment,
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ToolOutput> {
  const { PATH = '', HOME = '' } = process.env;
  const base = { PATH: `${environment.bin}:${PATH}`, HOME, PYTHONUTF8: '1' };
  return outputOf(environment.alembic, args, { cwd: folder, env: { ...base, ...env } });
}

function outputOf(program: string, args: readonly string[], options: RunOptions = {}): Promise<ToolOutput> {
  return new Promise((resolve) => {
    const settings = { ...options, maxBuffer: 256 * 1024 ** 2 };
    execFile(program, args, settings, (error: ExecFileException | null, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr: code === -1 ? `${error?.message}\n${stderr}` : stderr });
    });
  });
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await outputOf(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed with ${code}: ${stderr}${stdout}`);
}

/** One file of a versions folder. */
export interface RevisionFile {
  readonly revision: string;
  readonly down: string | readonly string[] | null;
  readonly message: string;
  readonly dependsOn?: string | readonly string[];
  readonly labels?: readonly string[];
  /** Python, not indented: the body of `upgrade()`. */
  readonly upgrade: string;
  /** Likewise; `pass` by default. */
  readonly downgrade?: string;
}

/**
 * How env.py comes by its URL: `standard` and `async` read DATABASE_URL; `own-url` has one written into it and reads
 * nothing; `ini-url` takes the one in alembic.ini; `second-url` reads DATABASE_URL for the migrations and opens a
 * second connection to a URL of its own, on which it writes.
 */
export type EnvKind = 'standard' | 'async' | 'own-url' | 'ini-url' | 'second-url';

export interface ProjectOptions {
  readonly revisions: readonly RevisionFile[];
  /** `async` for asyncpg, else `standard` by default. */
  readonly env?: EnvKind;
  readonly driver: Driver;
  /** The PostgreSQL URL of `own-url`, `ini-url` and `second-url`. */
  readonly url?: string;
  /** env.py asks for one transaction a revision instead of one for all. */
  readonly transactionPerMigration?: boolean;
  /** Python that defines `target_metadata`, for `alembic check`; there is none by default. */
  readonly metadata?: string;
  /** `version_table` and `version_table_schema`, if not Alembic's own. */
  readonly versionTable?: string;
  readonly versionTableSchema?: string;
}

/** Writes `alembic.ini`, `alembic/env.py`, `alembic/script.py.mako` and `alembic/versions/*.py` into `folder`. */
export async function alembicProject(folder: string, options: ProjectOptions): Promise<void> {
  const kind = options.env ?? (options.driver === 'asyncpg' ? 'async' : 'standard');
  if (options.driver === 'asyncpg' && kind !== 'async') throw new Error('asyncpg needs the env.py of kind `async`');
  if (options.url === undefined && /-url$/.test(kind)) throw new Error(`env.py of kind ${kind} needs \`url\``);
  const versions = join(folder, 'alembic', 'versions');
  await mkdir(versions, { recursive: true });
  await writeFile(join(folder, 'alembic.ini'), ini(kind === 'ini-url' ? withDriver(options) : null));
  await writeFile(join(folder, 'alembic', 'env.py'), envPy(kind, options));
  await writeFile(join(folder, 'alembic', 'script.py.mako'), MAKO);
  for (const [index, revision] of options.revisions.entries()) {
    await writeFile(join(folder, 'alembic', 'versions', fileOf(revision)), revisionPy(revision, index));
  }
}

/** As alembic names it: `<revision>_<message>.py`. */
export function fileOf({ revision, message }: RevisionFile): string {
  const slug = (message.match(/\w+/g) ?? []).join('_').toLowerCase().slice(0, 40);
  return `${revision}_${slug}.py`;
}

function withDriver({ url = '', driver }: ProjectOptions): string {
  return url.replace(/^postgres(ql)?:/, `postgresql+${driver}:`);
}

function revisionPy(file: RevisionFile, index: number): string {
  const made = new Date(Date.UTC(2024, 0, 15, 9, 30, 0) + index * 86_400_000).toISOString();
  const list = (value: string | readonly string[] | null | undefined) =>
    value === null || value === undefined
      ? 'None'
      : typeof value === 'string'
        ? JSON.stringify(value)
        : `(${value.map((one) => `${JSON.stringify(one)}, `).join('')})`;
  const down = typeof file.down === 'string' ? file.down : (file.down ?? []).join(', ');
  return `"""${file.message}

Revision ID: ${file.revision}
Revises: ${down}
Create Date: ${made.slice(0, 10)} ${made.slice(11, 19)}.123456

"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = ${JSON.stringify(file.revision)}
down_revision = ${list(file.down)}
branch_labels = ${list(file.labels)}
depends_on = ${list(file.dependsOn)}


def upgrade() -> None:
${indented(file.upgrade)}


def downgrade() -> None:
${indented(file.downgrade ?? 'pass')}
`;
}

const indented = (body: string) =>
  body
    .trim()
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');

const ini = (url: string | null) => `[alembic]
script_location = alembic
prepend_sys_path = .
${url === null ? '' : `sqlalchemy.url = ${url.replaceAll('%', '%%')}\n`}
[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S
`;

function envPy(kind: EnvKind, options: ProjectOptions): string {
  const { driver, metadata, transactionPerMigration, versionTable, versionTableSchema } = options;
  const configured = ['target_metadata=target_metadata'];
  if (transactionPerMigration) configured.push('transaction_per_migration=True');
  if (versionTable) configured.push(`version_table=${JSON.stringify(versionTable)}`);
  if (versionTableSchema) configured.push(`version_table_schema=${JSON.stringify(versionTableSchema)}`);
  const url =
    kind === 'own-url'
      ? JSON.stringify(withDriver(options))
      : kind === 'ini-url'
        ? 'config.get_main_option("sqlalchemy.url")'
        : `os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+${driver}://", 1)`;
  return `import asyncio
import os
from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)

${metadata ?? 'target_metadata = None'}


def url() -> str:
    return ${url}


def run_migrations_offline() -> None:
    context.configure(
        url=url(), literal_binds=True, dialect_opts={"paramstyle": "named"}, ${configured.join(', ')}
    )
    with context.begin_transaction():
        context.run_migrations()


def do_run_migrations(connection) -> None:
    context.configure(connection=connection, ${configured.join(', ')})
    with context.begin_transaction():
        context.run_migrations()


${kind === 'async' ? ASYNC_ONLINE : syncOnline(kind === 'second-url' ? withDriver(options) : null)}

if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
`;
}

const ASYNC_ONLINE = `async def run_async_migrations() -> None:
    connectable = create_async_engine(url(), poolclass=pool.NullPool)
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()


def run_migrations_online() -> None:
    asyncio.run(run_async_migrations())
`;

/** `second`: a URL at which it notes that migrations ran, on a connection that no variable names. */
function syncOnline(second: string | null): string {
  const note =
    second === null
      ? ''
      : `    audit = create_engine(${JSON.stringify(second)}, poolclass=pool.NullPool)
    with audit.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS migration_audit (at timestamptz NOT NULL DEFAULT now())"))
        connection.execute(text("INSERT INTO migration_audit DEFAULT VALUES"))
`;
  return `def run_migrations_online() -> None:
    connectable = create_engine(url(), poolclass=pool.NullPool)
    with connectable.connect() as connection:
        do_run_migrations(connection)
${note}`;
}

const MAKO = `"""\${message}

Revision ID: \${up_revision}
Revises: \${down_revision | comma,n}
Create Date: \${create_date}

"""
from alembic import op
import sqlalchemy as sa
\${imports if imports else ""}

# revision identifiers, used by Alembic.
revision = \${repr(up_revision)}
down_revision = \${repr(down_revision)}
branch_labels = \${repr(branch_labels)}
depends_on = \${repr(depends_on)}


def upgrade() -> None:
    \${upgrades if upgrades else "pass"}


def downgrade() -> None:
    \${downgrades if downgrades else "pass"}
`;
