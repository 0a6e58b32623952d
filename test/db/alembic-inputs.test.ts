/** What the inputs ask for, and the modes that only look, with Alembic: as with any other engine. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RevisionFile } from '../support/alembic.ts';
import { fileOf } from '../support/alembic.ts';
import { manyRevisions, revisionId } from '../support/alembic-revisions.ts';
import { type AlembicScene, alembicScene, type SceneOptions } from '../support/alembic-scene.ts';
import { sharedServer } from '../support/database.ts';
import { createDatabase } from '../support/postgres.ts';
import { ending } from '../support/scene.ts';

type Body = readonly [message: string, upgrade: string];

function revisions(...bodies: readonly Body[]): RevisionFile[] {
  return bodies.map(([message, upgrade], at) => ({
    revision: revisionId(at + 1),
    down: at === 0 ? null : revisionId(at),
    message,
    upgrade,
  }));
}

const fileAt = (all: readonly RevisionFile[], n: number) => `alembic/versions/${fileOf(all[n - 1] as RevisionFile)}`;
const scenePsycopg = (options: Partial<SceneOptions> = {}) =>
  alembicScene({ driver: 'psycopg', revisions: manyRevisions(4), ...options });

const CREATE = 'op.create_table("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.Text))';

describe('what is asked for by name', () => {
  const all = revisions(['create people', CREATE], ['rename', 'op.rename_table("people", "persons")']);

  test('critical tables and smoke tests hold in the dry run and after apply', async () => {
    const scene = await scenePsycopg({ revisions: all });
    await scene.write('smoke/one.sql', 'select count(*) = 0 from persons;\n');
    const inputs = { 'critical-tables': 'persons', 'critical-indexes': 'people_pkey', 'smoke-tests': 'smoke/*.sql' };
    const { outcome } = await scene.run(inputs);
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.verification.every(({ passed }) => passed)).toBe(true);
    expect(outcome.verification.map(({ check }) => check).join('\n')).toMatch(
      /persons[\s\S]*people_pkey[\s\S]*one\.sql/,
    );
  });

  test.each([
    ['a critical table that is gone at the end', { 'critical-tables': 'people' }, /people/],
    ['a smoke test that does not hold', { 'smoke-tests': 'smoke/*.sql' }, /smoke\/bad\.sql/],
  ])('%s: refused in the dry run', async (_, inputs, message) => {
    const scene = await scenePsycopg({ revisions: all });
    await scene.write('smoke/bad.sql', 'select count(*) = 7 from persons;\n');
    const { outcome } = await scene.run(inputs);
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error).toMatchObject({ class: 'verification', message: expect.stringMatching(message) });
  });
});

describe('hazards', () => {
  const all = (comment = '') =>
    revisions(['create people', CREATE], ['drop the note', `${comment}op.drop_column("people", "note")`]);

  test('a column dropped in production is refused, and accepted with a reason in the revision file', async () => {
    const scene = await scenePsycopg({ revisions: all() });
    expect((await scene.alembic(['upgrade', revisionId(1)])).code).toBe(0);
    await scene.client.query("insert into people values (1, 'hello')");
    const inputs = { environment: 'production', 'confirm-token': 'MIGRATE-PRODUCTION', 'review-delay': '0' };
    const refused = await scene.run({ ...inputs, 'fail-on': 'none' });
    expect(ending(refused.outcome)).toBe('refused 3 unchanged');
    expect(refused.outcome.error).toMatchObject({
      file: fileAt(all(), 2),
      message: expect.stringContaining('drop-column'),
      next: expect.stringContaining('`# gate: allow drop-column <reason>`'),
    });

    const file = fileAt(all(), 2);
    const text = await scene.read(file);
    await scene.write(file, text.replace('    op.drop', '    # gate: allow drop-column nobody reads it\n    op.drop'));
    const { outcome } = await scene.run(inputs);
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.hazards.find(({ rule }) => rule === 'drop-column')).toMatchObject({ allowed: 'nobody reads it' });
    const lax = await scene.run({ environment: 'staging' });
    expect(ending(lax.outcome)).toBe('up-to-date 0 unchanged');
  });

  test('in production nothing is executed without the token', async () => {
    const scene = await scenePsycopg();
    await scene.write('alembic/env.py', `open("ran", "w").close()\n${await scene.read('alembic/env.py')}`);
    const { outcome } = await scene.run({ environment: 'production' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.next).toContain('MIGRATE-PRODUCTION');
    await expect(scene.read('ran')).rejects.toThrow('ENOENT');
  });
});

describe('a copy', () => {
  test('is what is rehearsed on; the target is not touched before apply', async () => {
    const scene = await scenePsycopg();
    const copy = await createDatabase(await sharedServer());
    for (const url of [scene.database.url, copy])
      expect((await scene.alembic(['upgrade', revisionId(2)], url)).code).toBe(0);
    const before = await scene.dump(copy);
    const { outcome } = await scene.run({ 'rehearsal-database-url': copy });
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome).toMatchObject({ predictedEqualsActual: true, rehearsal: { on: 'copy', status: 'aborted' } });
    expect(await scene.dump(copy)).toBe(before);
    expect(await scene.rows('select count(*)::int from table_0')).toEqual([[3]]);
  });

  test.each([
    [
      'other migrations on record',
      (scene: AlembicScene, copy: string) => scene.alembic(['upgrade', revisionId(3)], copy),
    ],
    [
      'the same record and another schema',
      async (scene: AlembicScene, copy: string) => {
        await scene.alembic(['upgrade', revisionId(3)], copy);
        return scene.alembic(['stamp', revisionId(2)], copy);
      },
    ],
  ])('with %s is none', async (_, make) => {
    const scene = await scenePsycopg();
    const copy = await createDatabase(await sharedServer());
    expect((await scene.alembic(['upgrade', revisionId(2)])).code).toBe(0);
    expect((await make(scene, copy)).code).toBe(0);
    const { outcome } = await scene.run({ 'rehearsal-database-url': copy });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error).toMatchObject({ class: 'verification', next: expect.stringContaining('Refresh the copy') });
  });
});

describe('the digest of a plan', () => {
  const dryDigest = async (scene: AlembicScene) => (await scene.dryRun()).outcome.planDigest ?? '';

  test('of what was reviewed is applied; not after an edit of a revision or of env.py, before or in the pause', async () => {
    const scene = await scenePsycopg({ revisions: manyRevisions(2) });
    const digest = await dryDigest(scene);
    const revision = fileAt(manyRevisions(2), 2);
    for (const file of [revision, 'alembic/env.py', 'alembic.ini']) {
      const text = await scene.read(file);
      await scene.write(file, `${text}\n# another line\n`);
      const { outcome } = await scene.run({ 'plan-digest': digest });
      expect(ending(outcome)).toBe('refused 3 unchanged');
      expect(outcome.error).toMatchObject({ class: 'checksum', message: expect.stringContaining('plan-digest') });
      expect(outcome.stages.find(({ stage }) => stage === 'dry-run')?.status).toBe('skipped');
      await scene.write(file, text);
    }
    const text = await scene.read(revision);
    const late = await scene.run(
      { 'plan-digest': digest, 'review-delay': '1ms' },
      { onPause: () => scene.write(revision, text.replace('"state"', '"estate"')) },
    );
    expect(ending(late.outcome)).toBe('refused 3 unchanged');
    expect(late.outcome.error).toMatchObject({ class: 'checksum' });
    await scene.write(revision, text);
    expect(ending((await scene.run({ 'plan-digest': digest })).outcome)).toBe('applied 0 migrated');
  });
});

describe('an env.py that prepares the database itself', () => {
  test.each(['there is none yet', 'it is there'])('the schema of its version table: %s', async (which) => {
    const setup = which === 'it is there' ? { setup: 'create schema ops' } : {};
    const scene = await scenePsycopg({ versionTableSchema: 'ops', ...setup });
    // As the probe, alembic is run in a transaction that may only read.
    await scene.write(
      'alembic/env.py',
      (await scene.read('alembic/env.py')).replace(
        '        do_run_migrations(connection)',
        '        connection.execute(text("CREATE SCHEMA IF NOT EXISTS ops"))\n        connection.commit()\n        do_run_migrations(connection)',
      ),
    );
    const { outcome } = await scene.run();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.predictedEqualsActual).toBe(true);
    expect(await scene.rows('select version_num from ops.alembic_version')).toEqual([[revisionId(4)]]);
  });
});

describe('version tables of several tenants', () => {
  /** Each in a schema of its own; the first has all revisions. */
  async function tenants(second: string, chosen: string): Promise<AlembicScene> {
    const table = (schema: string, at: string) =>
      `create table ${schema}.alembic_version (version_num varchar(32) primary key); insert into ${schema}.alembic_version values ('${at}');`;
    const scene = await scenePsycopg({
      revisions: manyRevisions(2),
      setup: `create schema t_a; create schema t_b; ${table('t_a', revisionId(2))} ${second && table('t_b', second)}`,
    });
    await scene.write(
      'alembic/env.py',
      (await scene.read('alembic/env.py')).replace(
        '        do_run_migrations(connection)',
        `        for tenant in ${chosen}:
            connection.execute(text("SET search_path TO " + tenant))
            connection.commit()
            connection.dialect.default_schema_name = tenant
            do_run_migrations(connection)`,
      ),
    );
    return scene;
  }

  test('what is pending is told by the one that alembic works on, also before it is made', async () => {
    const scene = await tenants('', '("t_b",)');
    const { outcome } = await scene.run();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(await scene.rows('select version_num from t_b.alembic_version')).toEqual([[revisionId(2)]]);
  });

  test('where one run works on several that are not at the same revision, none tells it', async () => {
    const scene = await tenants(revisionId(1), '("t_a", "t_b")');
    const { outcome } = await scene.dryRun();
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error).toMatchObject({
      class: 'order',
      message: expect.stringContaining(
        `"t_a"."alembic_version" at ${revisionId(2)}; "t_b"."alembic_version" at ${revisionId(1)}`,
      ),
    });
  });
});

describe('modes that only look', () => {
  test('write nothing, and tell what is there and what is pending', async () => {
    const scene = await scenePsycopg();
    expect((await scene.alembic(['upgrade', revisionId(2)])).code).toBe(0);
    // The server itself would refuse a write; and alembic is not run.
    await scene.client.query(`alter database "${scene.database.name}" set default_transaction_read_only = on`);
    await scene.write('alembic/env.py', `open("ran", "w").close()\n${await scene.read('alembic/env.py')}`);
    const status = await scene.run({ mode: 'status' });
    expect(ending(status.outcome)).toBe('reported 0 unchanged');
    expect(status.outcome).toMatchObject({ previousVersion: revisionId(2), currentVersion: revisionId(2) });
    expect(status.outcome.pending.map(({ version }) => version)).toEqual([revisionId(3), revisionId(4)]);
    expect(status.outcome.migrations.map((one) => one.status)).toEqual(['pending', 'pending']);
    const verify = await scene.run({ mode: 'verify', 'critical-tables': 'table_0' });
    expect(ending(verify.outcome)).toBe('failed 1 unchanged');
    expect(verify.outcome.error).toMatchObject({
      class: 'verification',
      message: expect.stringContaining('2 migrations pending'),
    });
    await expect(scene.read('ran')).rejects.toThrow('ENOENT');
    const dry = await scene.dryRun();
    expect(ending(dry.outcome)).toBe('failed 1 unchanged');
    expect(dry.outcome.error?.message).toContain('read-only');
    await scene.client.query(`alter database "${scene.database.name}" reset default_transaction_read_only`);
    expect((await scene.alembic(['upgrade', 'head'])).code).toBe(0);
    const verified = await scene.run({ mode: 'verify', 'critical-tables': 'table_0' });
    expect(ending(verified.outcome)).toBe('verified 0 unchanged');
    const broken = await scene.run({ mode: 'verify', 'critical-tables': 'table_9' });
    expect(ending(broken.outcome)).toBe('failed 1 unchanged');
  });
});

describe('alembic check', () => {
  const metadata = (column: string) => `from sqlalchemy import Column, Integer, MetaData, Table, Text

target_metadata = MetaData()
Table("people", target_metadata, Column("id", Integer, primary_key=True), Column("${column}", Text))`;

  test.each([
    ['note', 0],
    ['nickname', 1],
  ])('after an apply, with a model that has %s: %i warning', async (column, count) => {
    const scene = await scenePsycopg({ revisions: revisions(['create people', CREATE]), metadata: metadata(column) });
    const { outcome } = await scene.run();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.warnings.filter((text) => text.startsWith('alembic check: '))).toHaveLength(count);
    if (count > 0) expect(outcome.warnings.join()).toContain('nickname');
  });
});

describe('what alembic is told', () => {
  test('its command line and environment hold nothing that leads to the database', async () => {
    const scene = await scenePsycopg({ revisions: manyRevisions(1) });
    const look = `import json, os
with open("seen-" + str(os.getpid()) + ".json", "w") as file:
    json.dump({"argv": open("/proc/self/cmdline").read().split("\\0"), "env": dict(os.environ)}, file)
`;
    await scene.write('alembic/env.py', `${look}${await scene.read('alembic/env.py')}`);
    const { password, port } = new URL(scene.database.url);
    const env = {
      ...scene.env,
      APP_DSN: scene.database.url,
      PGPASSWORD: password,
      DB_SECRET: password,
      HARMLESS: 'yes',
    };
    const run = await scene.run({}, { env });
    expect(ending(run.outcome)).toBe('applied 0 migrated');
    const { readdir } = await import('node:fs/promises');
    const seen = (await readdir(scene.workspace)).filter((name) => name.startsWith('seen-'));
    // The probe, the text of the plan, the dry run, apply, alembic check.
    expect(seen.length).toBeGreaterThanOrEqual(4);
    for (const name of seen) {
      const text = await readFile(join(scene.workspace, name), 'utf8');
      const { argv, env: its } = JSON.parse(text) as { argv: string[]; env: Record<string, string> };
      expect(text).not.toContain(password);
      expect(argv.join(' ')).not.toContain('postgres');
      expect(its.HARMLESS).toBe('yes');
      expect(its).not.toHaveProperty('APP_DSN');
      expect(its).not.toHaveProperty('DB_SECRET');
      expect(its.PGPORT).not.toBe(port);
      expect(its.DATABASE_URL).toMatch(new RegExp(`^postgresql://[^@]+@127\\.0\\.0\\.1:(?!${port}/)\\d+/`));
    }
    expect(run.lines.join('\n')).not.toContain(password);
  });
});
