/** What is refused or fails before anything is applied: the database is as it was, and the message says what to do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { alembicEnvironment, alembicProject, type EnvKind, type ProjectOptions } from '../support/alembic.ts';
import { manyRevisions, revisionId, twoHeads } from '../support/alembic-revisions.ts';
import { type AlembicScene, alembicScene } from '../support/alembic-scene.ts';
import { type GateRun, runGate, workspaceWith } from '../support/gate.ts';
import { pgMajor } from '../support/global-setup.ts';
import { startServer } from '../support/postgres.ts';
import { ending } from '../support/scene.ts';

const psycopg2 = (options: Partial<ProjectOptions> = {}) =>
  alembicScene({ driver: 'psycopg2', revisions: manyRevisions(4), ...options });

const stagesDone = ({ outcome }: GateRun) =>
  outcome.stages.filter(({ status }) => status !== 'skipped').map(({ stage, status }) => `${stage} ${status}`);

describe('a project that cannot be migrated as it is', () => {
  test('two heads: named, with the command that merges them', async () => {
    const scene = await psycopg2({ revisions: twoHeads() });
    for (const mode of ['dry-run', 'apply']) {
      const { outcome } = await scene.run({ mode });
      expect(ending(outcome)).toBe('refused 3 unchanged');
      const [team, role] = [revisionId(2), revisionId(3)];
      expect(outcome.error).toMatchObject({ class: 'order', message: expect.stringContaining('2 heads') });
      expect(outcome.error?.message).toContain(`${team} (create teams)`);
      expect(outcome.error?.message).toContain(`${role} (create roles)`);
      expect(outcome.error?.next).toMatch(
        new RegExp(`alembic merge -m "merge heads" (${team} ${role}|${role} ${team})`),
      );
    }
    expect(ending((await scene.run({ 'target-version': revisionId(2) })).outcome)).toBe('applied 0 migrated');
  });

  test('the database is at a revision that the checkout lacks', async () => {
    const scene = await psycopg2({ revisions: manyRevisions(3) });
    expect((await scene.alembic(['upgrade', 'head'])).code).toBe(0);
    const last = `alembic/versions/${revisionId(3)}_index_table_0.py`;
    await scene.write(last, null);
    const { outcome } = await scene.dryRun();
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error).toMatchObject({ class: 'order', message: expect.stringContaining(revisionId(3)) });
    expect(outcome.error?.next).toContain(`git log --all --oneline -S ${revisionId(3)}`);
    expect(ending((await scene.run({ mode: 'status' })).outcome)).toBe('reported 3 unchanged');
  });

  test('a target that there is not', async () => {
    const scene = await psycopg2();
    const { outcome } = await scene.dryRun({ 'target-version': 'cafe00000000' });
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({ class: 'input', message: expect.stringContaining('"cafe00000000"') });
    expect(outcome.error?.next).toContain(revisionId(4));
  });

  test('alembic is not installed', async () => {
    const scene = await psycopg2();
    const { outcome } = await scene.dryRun({}, { env: { ...scene.env, PATH: '/nowhere' } });
    expect(ending(outcome)).toBe('failed 2 unchanged');
    expect(outcome.error).toMatchObject({ class: 'tool', message: expect.stringContaining('not to be found') });
    expect(outcome.error?.next).toContain('alembic-command');
    const given = await scene.dryRun({ 'alembic-command': './no-such-program' });
    expect(ending(given.outcome)).toBe('failed 1 unchanged');
    expect(given.outcome.error?.message).toContain('no-such-program');
  });

  test('there is no alembic.ini', async () => {
    const scene = await psycopg2();
    await scene.write('alembic.ini', null);
    const { outcome } = await scene.dryRun();
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({ class: 'input' });
    expect(outcome.error?.next).toContain('alembic-config');
  });

  test('env.py raises', async () => {
    const scene = await psycopg2();
    await scene.write(
      'alembic/env.py',
      `${await scene.read('alembic/env.py')}\nraise RuntimeError("no settings here")\n`,
    );
    const { outcome } = await scene.dryRun();
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({
      class: 'tool',
      message: expect.stringContaining('RuntimeError: no settings here'),
      file: 'alembic/env.py',
    });
    expect(outcome.error?.next).toMatch(/^Correct `env.py` at line \d+/);
  });

  test('env.py imports what is not installed', async () => {
    const scene = await psycopg2();
    await scene.write('alembic/env.py', `import no_such_package\n${await scene.read('alembic/env.py')}`);
    const { outcome } = await scene.dryRun();
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({
      class: 'tool',
      message: "ModuleNotFoundError: No module named 'no_such_package'",
      file: 'alembic/env.py',
      line: 1,
    });
  });

  test('env.py reads a variable of another name', async () => {
    const scene = await psycopg2();
    await scene.write(
      'alembic/env.py',
      (await scene.read('alembic/env.py')).replaceAll('"DATABASE_URL"', '"SHOP_DSN"'),
    );
    const { outcome } = await scene.dryRun();
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.next).toContain('database-url-env: SHOP_DSN');
    const mended = await scene.dryRun({ 'database-url-env': 'SHOP_DSN' });
    expect(ending(mended.outcome)).toBe('dry-run-passed 0 unchanged');
    // A part of the URL: as a template, which is no secret to be hidden.
    await scene.write(
      'alembic/env.py',
      `import os\nos.environ["POSTGRES_PASSWORD"]\n${await scene.read('alembic/env.py')}`,
    );
    const part = await scene.dryRun();
    expect(ending(part.outcome)).toBe('refused 3 unchanged');
    expect(part.outcome.error?.next).toContain('`database-url-env: POSTGRES_PASSWORD={password}`');
  });

  test('a revision that Python cannot read', async () => {
    const scene = await psycopg2();
    const file = `alembic/versions/${revisionId(2)}_add_a_state_to_table_0.py`;
    await scene.write(file, `${await scene.read(file)}\ndef broken(:\n`);
    const { outcome } = await scene.dryRun();
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({ class: 'syntax', file, message: expect.stringContaining('SyntaxError') });
    expect(outcome.error?.line).toBe((await scene.read(file)).split('\n').indexOf('def broken(:') + 1);
  });
});

describe('a role that lacks a right', () => {
  test('to read the version table, or to keep our history', async () => {
    const scene = await psycopg2({ revisions: manyRevisions(4) });
    expect((await scene.alembic(['upgrade', revisionId(3)])).code).toBe(0);
    const role = scene.database.name.replace('t_', 'r_');
    // Before PostgreSQL 15 everybody may create there.
    await scene.client.query(`revoke create on schema public from public;
      create role ${role} login password 'a role of its own'; grant insert on table_0 to ${role};
      grant usage on sequence table_0_id_seq to ${role}`);
    const url = new URL(scene.database.url);
    [url.username, url.password] = [role, 'a role of its own'];
    const run = () => runGate(scene.workspace, url.href, { engine: 'alembic' }, { env: scene.env });
    const blind = await run();
    expect(ending(blind.outcome)).toBe('failed 1 unchanged');
    expect(blind.outcome.error).toMatchObject({
      class: 'permission',
      message: expect.stringContaining('alembic_version'),
    });
    await scene.client.query(`grant select, update on alembic_version to ${role}`);
    const mute = await run();
    expect(ending(mute.outcome)).toBe('failed 1 unchanged');
    expect(mute.outcome.error).toMatchObject({ class: 'permission', next: expect.stringContaining(`to "${role}"`) });
    expect(mute.outcome.stages.find(({ stage }) => stage === 'apply')?.status).toBe('skipped');
    await scene.client.query(`grant create on schema public to ${role}`);
    expect(ending((await run()).outcome)).toBe('applied 0 migrated');
    await scene.client.query(`reassign owned by ${role} to postgres; drop owned by ${role}; drop role ${role}`);
  });
});

describe('a project that goes its own way to the database', () => {
  const NEVER = ['public.migration_audit', 'public.table_0', 'public.alembic_version'];

  /** Refused before anything is run through, with how to mend it; nothing of it is in the database. */
  async function refused(scene: AlembicScene, options: Parameters<AlembicScene['run']>[1] = {}): Promise<GateRun> {
    for (const mode of ['dry-run', 'apply']) {
      const run = await scene.run({ mode }, options);
      expect(ending(run.outcome)).toBe('refused 3 unchanged');
      expect(run.outcome.error).toMatchObject({ class: 'tool', next: expect.stringContaining('database-url-env') });
      expect(await scene.rows('select to_regclass(name) from unnest($1::text[]) name', [NEVER])).toEqual(
        NEVER.map(() => [null]),
      );
      if (mode === 'apply') return run;
      expect(stagesDone(run)).toEqual(['inspect passed', 'plan passed', 'dry-run failed']);
    }
    throw new Error('unreachable');
  }

  test.each(['own-url', 'ini-url', 'second-url'] as const)('env.py of the kind %s', async (env) => {
    const scene = await psycopg2();
    await alembicProject(scene.workspace, {
      revisions: manyRevisions(4),
      driver: 'psycopg2',
      env,
      url: scene.database.url,
    });
    const { outcome } = await refused(scene);
    expect(outcome.error?.message).toMatch(/past the rehearsal|never connected through the rehearsal/);
    expect(outcome.migrations.map(({ status }) => status)).toEqual(Array(4).fill('not-executed'));
  });

  test('a revision with a connection of its own, to a URL that is written into it', async () => {
    const scene = await psycopg2();
    const file = `alembic/versions/${revisionId(2)}_add_a_state_to_table_0.py`;
    const text = await scene.read(file);
    await scene.write(
      file,
      text.replace(
        'def upgrade() -> None:\n',
        `def upgrade() -> None:
    import psycopg2
    other = psycopg2.connect(${JSON.stringify(scene.database.url)})
    other.autocommit = True
    other.cursor().execute("CREATE TABLE migration_audit (at timestamptz)")
`,
      ),
    );
    const { outcome } = await refused(scene);
    expect(outcome.error?.message).toContain('past the rehearsal');
    expect(outcome.rehearsal ?? { status: 'aborted' }).toMatchObject({ status: 'aborted' });
  });

  test('where the kernel keeps nobody out: a target behind a socket in a folder', async () => {
    // No fence holds there, and nothing is seen of who connects.
    const server = await startServer({ major: pgMajor, settings: { unix_socket_directories: '/tmp' } });
    try {
      const bySocket = `postgresql://postgres@/postgres?host=/tmp&port=${server.port}`;
      const tables = async (): Promise<unknown[]> => {
        const client = new pg.Client({ connectionString: server.url() });
        await client.connect();
        const { rows } = await client.query(
          `select relname from pg_class where relnamespace = 'public'::regnamespace order by 1`,
        );
        await client.end();
        return rows.map(({ relname }) => relname);
      };
      const run = async (env: EnvKind) => {
        const workspace = await workspaceWith({});
        await rm(join(workspace, 'migrations'), { recursive: true });
        await alembicProject(workspace, { revisions: manyRevisions(2), driver: 'psycopg2', env, url: bySocket });
        const { bin } = await alembicEnvironment({ drivers: ['psycopg2', 'psycopg', 'asyncpg'] });
        const { PATH = '', HOME = '' } = process.env;
        const own = { PATH: `${bin}:${PATH}`, HOME, DATABASE_URL: bySocket };
        return runGate(workspace, bySocket, { engine: 'alembic', mode: 'dry-run' }, { env: own });
      };
      const honest = await run('standard');
      expect(ending(honest.outcome)).toBe('dry-run-passed 0 unchanged');
      const away = await run('own-url');
      expect(ending(away.outcome)).toBe('refused 3 unchanged');
      expect(away.outcome.error?.message).toContain('never connected through the rehearsal');
      expect(await tables()).toEqual([]);
      // It writes wherever it is run at all, and that is what is said: never that nothing was changed.
      const second = await run('second-url');
      expect(ending(second.outcome)).toBe('failed 7 unknown');
      expect(second.outcome.error?.message).toContain('table public.migration_audit');
      expect(await tables()).toEqual(['migration_audit']);
    } finally {
      await server.remove();
    }
  });

  describe('by what libpq looks up by itself', () => {
    const folders: string[] = [];
    afterAll(async () => {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    });

    /** A home with a password file and a service file that lead to the database. */
    async function homeOf(scene: AlembicScene): Promise<string> {
      const home = await mkdtemp(join(tmpdir(), 'gate-home-'));
      folders.push(home);
      const { hostname, port, username, password, pathname } = new URL(scene.database.url);
      const database = pathname.slice(1);
      await writeFile(join(home, '.pgpass'), `*:*:*:*:${decodeURIComponent(password)}\n`, { mode: 0o600 });
      const service = {
        host: hostname,
        port,
        user: username,
        dbname: database,
        password: decodeURIComponent(password),
      };
      await writeFile(
        join(home, '.pg_service.conf'),
        `[shop]\n${Object.entries(service)
          .map(([key, value]) => `${key}=${value}\n`)
          .join('')}`,
      );
      return home;
    }

    test('a password file: the address is written into env.py, the password is not', async () => {
      const scene = await psycopg2();
      const { hostname, port, username, pathname } = new URL(scene.database.url);
      const env = await scene.read('alembic/env.py');
      const own = `"postgresql+psycopg2://${username}@${hostname}:${port}${pathname}"`;
      await scene.write('alembic/env.py', env.replace(/os\.environ\["DATABASE_URL"\]\.replace\(.*\)/, own));
      await refused(scene, { env: { ...scene.env, HOME: await homeOf(scene) } });
    });

    test('a service file', async () => {
      const scene = await psycopg2();
      const env = await scene.read('alembic/env.py');
      const own = '"postgresql+psycopg2://?service=shop"';
      await scene.write('alembic/env.py', env.replace(/os\.environ\["DATABASE_URL"\]\.replace\(.*\)/, own));
      const home = await homeOf(scene);
      // Without the rehearsal's settings it would lead to the database.
      const alone = await scene.alembic(['current'], 'unused', { HOME: home });
      expect(alone.code, alone.stderr).toBe(0);
      const { outcome } = await scene.dryRun({}, { env: { ...scene.env, HOME: home } });
      expect(outcome.databaseState).toBe('unchanged');
      expect(ending(outcome)).toMatch(/^(failed 1|refused 3) unchanged$/);
      expect(await scene.rows(`select to_regclass('table_0')`)).toEqual([[null]]);
    });
  });
});
