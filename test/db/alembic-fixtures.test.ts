/** The Alembic projects that other tests use do run, with alembic alone, on the server's version and on 14. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseHistory, planRevisions } from '../../src/engines/alembic/revisions.ts';
import {
  ALEMBIC_NEW,
  ALEMBIC_OLD,
  type AlembicEnvironment,
  alembicEnvironment,
  alembicProject,
  type Driver,
  type ProjectOptions,
  runAlembic,
} from '../support/alembic.ts';
import {
  failingInTheMiddle,
  manyRevisions,
  revisionId,
  thirtyRevisions,
  twoHeads,
} from '../support/alembic-revisions.ts';
import { sharedServer } from '../support/database.ts';
import { createDatabase, type Server, startServer } from '../support/postgres.ts';

const VERSIONS = [
  { ...ALEMBIC_OLD, drivers: ['psycopg2', 'asyncpg'] },
  { ...ALEMBIC_NEW, drivers: ['psycopg2', 'psycopg', 'asyncpg'] },
] as const satisfies readonly { alembic: string; sqlalchemy: string; drivers: readonly Driver[] }[];
const EACH = VERSIONS.flatMap(({ drivers, ...version }) => drivers.map((driver) => ({ ...version, driver })));

let old: Server;
const folders: string[] = [];

beforeAll(async () => {
  old = await startServer({ major: 14 });
  await Promise.all(VERSIONS.map((version) => alembicEnvironment(version)));
}, 300_000);

afterAll(async () => {
  await old.remove();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function project(options: ProjectOptions): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'migration-gate-alembic-'));
  folders.push(folder);
  await alembicProject(folder, options);
  return folder;
}

function environmentOf(one: (typeof EACH)[number]): Promise<AlembicEnvironment> {
  const version = VERSIONS.find(({ alembic }) => alembic === one.alembic);
  return alembicEnvironment(version ?? { drivers: [one.driver] });
}

async function rows(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

describe.each(EACH)('alembic $alembic, SQLAlchemy $sqlalchemy, $driver', (one) => {
  test.each(['14', 'the shared'])('thirty revisions on the server of version %s', async (which) => {
    const environment = await environmentOf(one);
    const url = await createDatabase(which === '14' ? old : await sharedServer());
    const folder = await project({ revisions: thirtyRevisions(), driver: one.driver });
    const history = await runAlembic(environment, folder, ['history', '--verbose'], {});
    const { code, stderr } = await runAlembic(environment, folder, ['upgrade', 'head'], { DATABASE_URL: url });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const ran = [...stderr.matchAll(/Running upgrade .*-> (\w+)/g)].map(([, revision]) => revision);
    expect(ran).toHaveLength(30);
    const revisions = parseHistory(history.stdout);
    const planned = Array.isArray(revisions) ? planRevisions(revisions, [], null).pending : [];
    expect(ran).toEqual(planned.map(({ revision }) => revision));
    expect(await rows(url, 'SELECT version_num FROM alembic_version')).toEqual([[revisionId(30)]]);
    const counts = `SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM invoices),
      (SELECT count(*) FROM shipments), (SELECT count(*) FROM events.log), (SELECT count(*) FROM wishes),
      (SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_orders_status'::regclass)`;
    expect(await rows(url, counts)).toEqual([['60', '60', '30', '28', '3', true]]);
  });

  test('a failure in the middle takes all back, but for what an autocommit block committed', async () => {
    const environment = await environmentOf(one);
    for (const autocommit of [false, true]) {
      const url = await createDatabase(await sharedServer());
      const folder = await project({ revisions: failingInTheMiddle({ autocommit }), driver: one.driver });
      const { code, stderr } = await runAlembic(environment, folder, ['upgrade', 'head'], { DATABASE_URL: url });
      expect(code).toBe(1);
      expect(stderr).toContain('relation "ledger" does not exist');
      const [found] = await rows(
        url,
        `SELECT to_regclass('accounts') IS NOT NULL, to_regclass('ix_accounts_name') IS NOT NULL`,
      );
      expect(found).toEqual([autocommit, autocommit]);
      const version = autocommit ? await rows(url, 'SELECT version_num FROM alembic_version') : [];
      expect(version).toEqual(autocommit ? [[revisionId(1)]] : []);
    }
  });
});

describe('other histories and kinds of env.py', () => {
  const one = { ...ALEMBIC_NEW, driver: 'psycopg2' as const };

  test('two heads are refused by alembic', async () => {
    const environment = await environmentOf(one);
    const folder = await project({ revisions: twoHeads(), driver: 'psycopg2' });
    const url = await createDatabase(await sharedServer());
    const { code, stderr, stdout } = await runAlembic(environment, folder, ['upgrade', 'head'], { DATABASE_URL: url });
    expect(code).toBe(255);
    expect(stdout + stderr).toContain('Multiple head revisions are present');
  });

  test('thirty revisions cannot be rendered by --sql', async () => {
    const environment = await environmentOf(one);
    const folder = await project({ revisions: thirtyRevisions(), driver: 'psycopg2' });
    const env = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
    const { code, stdout, stderr } = await runAlembic(environment, folder, ['upgrade', 'head', '--sql'], env);
    expect({ code, rendered: stdout.includes('CREATE TABLE customers') }).toEqual({ code: 1, rendered: true });
    expect(stderr).toContain("AttributeError: 'NoneType' object has no attribute 'scalar'");
  });

  test('many small revisions', async () => {
    const environment = await environmentOf(one);
    const folder = await project({ revisions: manyRevisions(24), driver: 'psycopg2' });
    const url = await createDatabase(await sharedServer());
    const { code } = await runAlembic(environment, folder, ['upgrade', 'head'], { DATABASE_URL: url });
    expect(code).toBe(0);
    expect(await rows(url, 'SELECT count(*) FROM table_5')).toEqual([['3']]);
  });

  test.each(['own-url', 'ini-url', 'second-url'] as const)('%s goes where it wants', async (env) => {
    const environment = await environmentOf(one);
    const [named, hidden] = [await createDatabase(await sharedServer()), await createDatabase(await sharedServer())];
    const folder = await project({ revisions: manyRevisions(1), driver: 'psycopg2', env, url: hidden });
    const { code, stderr } = await runAlembic(environment, folder, ['upgrade', 'head'], { DATABASE_URL: named });
    expect(code, stderr).toBe(0);
    const tables = (url: string) =>
      rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").then((all) => all.flat());
    const migrated = ['alembic_version', 'table_0'];
    expect(await tables(named)).toEqual(env === 'second-url' ? migrated : []);
    expect(await tables(hidden)).toEqual(env === 'second-url' ? ['migration_audit'] : migrated);
  });

  test.each(['psycopg', 'asyncpg'] as const)('an async env.py with %s', async (driver) => {
    const environment = await environmentOf({ ...one, driver: 'psycopg2' });
    const folder = await project({ revisions: manyRevisions(4), driver, env: 'async' });
    const url = await createDatabase(await sharedServer());
    const { code, stderr } = await runAlembic(environment, folder, ['upgrade', 'head'], { DATABASE_URL: url });
    expect(code, stderr).toBe(0);
    expect(await rows(url, 'SELECT count(*) FROM table_0')).toEqual([['3']]);
  });
});
