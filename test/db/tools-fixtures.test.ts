/** The projects for real tools work without us: whatever fails of them behind the gate is the gate's doing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolOfWords } from '../../src/engines/shared/known-tools.ts';
import { findToolTables, readVersions, type ToolTable } from '../../src/engines/tool/tables.ts';
import type { Queryable } from '../../src/postgres/queryable.ts';
import { freshDatabase } from '../support/database.ts';
import {
  childEnvironment,
  runTool,
  SHOP_PROOF,
  SHOP_PROVED,
  TOOL_PROJECTS,
  type ToolProject,
} from '../support/tools.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'migration-gate-tools-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const KNOWN_AS: Record<ToolProject['tool'], string | null> = {
  psql: null,
  dbmate: 'dbmate',
  'node-pg-migrate': 'node-pg-migrate',
  django: 'Django',
};

const MADE_BY_PROBE: Record<ToolProject['tool'], string[]> = {
  psql: [],
  dbmate: [],
  'node-pg-migrate': ['pgmigrations'],
  django: [],
};

async function onRecord(client: Queryable): Promise<{ table: ToolTable | undefined; versions: string[] }> {
  const [table] = await findToolTables(client);
  const rows = table === undefined ? [] : await readVersions(client, table);
  return { table, versions: rows.map((row) => row.version) };
}

/** Of a project's own migrations: Django's own apps keep theirs in the same table. */
const own = (project: ToolProject, versions: readonly string[]) =>
  versions.filter((version) => project.tool !== 'django' || version.startsWith('shop.'));

describe.each(TOOL_PROJECTS)('%s', (name, make) => {
  it('applies all six, once, and is known by its command and its table', async () => {
    const database = await freshDatabase();
    const client = await database.client();
    const project = await make(join(home, `${name}-good`));
    const env = childEnvironment(database.url);

    const probed = await runTool(project, project.probe, env);
    expect(probed.code, probed.output).toBe(0);
    const before = await client.query(
      `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    expect(before.rows.map((row) => row.relname)).toEqual(MADE_BY_PROBE[project.tool]);
    const applied = await runTool(project, project.apply, env);
    expect(applied.code, applied.output).toBe(0);

    const { rows } = await client.query(SHOP_PROOF);
    expect(rows).toEqual([SHOP_PROVED]);
    expect(toolOfWords(project.apply)).toBe(KNOWN_AS[project.tool]);
    const { table, versions } = await onRecord(client);
    expect(table?.tool ?? null).toBe(KNOWN_AS[project.tool]);
    expect(own(project, versions)).toEqual(project.versions);
    if (project.tool === 'psql') return;

    const again = await runTool(project, project.apply, env);
    expect(again.code, again.output).toBe(0);
    expect((await onRecord(client)).versions).toEqual(versions);
  });

  it('fails in the fourth, and what came before stays', async () => {
    const database = await freshDatabase();
    const client = await database.client();
    const project = await make(join(home, `${name}-failing`), 'failing');

    const failed = await runTool(project, project.apply, childEnvironment(database.url));
    expect(failed.code).not.toBe(0);
    expect(failed.output).toContain('shop_nowhere');

    const { versions } = await onRecord(client);
    const { rows } = await client.query(`SELECT to_regclass('shop_customer') IS NOT NULL AS customer,
      to_regclass('shop_order') IS NOT NULL AS order, to_regclass('shop_customer_email') IS NOT NULL AS index`);
    // psql has no transaction around a file.
    expect(rows).toEqual([{ customer: name === 'psql' || project.kept > 0, order: name === 'psql', index: false }]);
    expect(own(project, versions)).toEqual(project.versions.slice(0, project.kept));
  });
});

it.each(TOOL_PROJECTS.filter(([name]) => name !== 'psql'))(
  '%s: two runs of the same migrations leave the same record, but for the columns that change by themselves',
  async (name, make) => {
    const project = await make(join(home, `${name}-twice`));
    const records: { kept: unknown; changing: unknown }[] = [];
    for (const rehearsed of [false, true]) {
      const database = await freshDatabase();
      const client = await database.client();
      const env = childEnvironment(database.url);
      if (rehearsed) {
        // As a rehearsal leaves it: the table is there, its sequence has moved on.
        const again = await runTool(project, project.apply, env);
        expect(again.code, again.output).toBe(0);
        const [table] = await findToolTables(client);
        await client.query(`DELETE FROM ${table?.relation}; DROP VIEW IF EXISTS shop_summary`);
        await client.query('DROP TABLE shop_order, shop_customer; DROP FUNCTION shop_touch; DROP TYPE shop_state');
        if (project.tool === 'django') {
          await client.query(`DO $$ DECLARE t text; BEGIN
            FOR t IN SELECT relname FROM pg_class WHERE relname ~ '^(auth|django_content)_' AND relkind = 'r' LOOP
              EXECUTE format('DROP TABLE %I CASCADE', t); END LOOP; END $$`);
        }
      }
      const applied = await runTool(project, project.apply, env);
      expect(applied.code, applied.output).toBe(0);
      const [table] = await findToolTables(client);
      if (table === undefined) throw new Error('no table');
      const { rows } = await client.query(
        `SELECT (to_jsonb(t) - $1::text[]) AS kept, to_jsonb(t) AS whole FROM ${table.relation} t`,
        [[...table.volatile]],
      );
      records.push({
        kept: rows.map((row) => row.kept),
        changing: rows.map((row) => Object.fromEntries(table.volatile.map((column) => [column, row.whole[column]]))),
      });
    }
    const [first, second] = records;
    expect(second?.kept).toEqual(first?.kept);
    if (name !== 'dbmate') expect(second?.changing).not.toEqual(first?.changing);
  },
);
