/** `migration-gate lint`: the bundle over files, without a database. */
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, temporaryWorkspace, writeMigrations } from '../support/runner.ts';

let folder: string;

beforeAll(async () => {
  folder = await writeMigrations(temporaryWorkspace(), {
    'migrations/01_base.sql':
      'CREATE TABLE orders (id bigint PRIMARY KEY, total int);\nCREATE INDEX orders_total ON orders (total);',
    'migrations/02_index.sql': '-- why\nCREATE INDEX orders_id_total ON orders (id, total);',
    'migrations/03_drop.sql':
      "-- gate: allow drop-column nobody's code reads it\nALTER TABLE orders DROP COLUMN total;",
    'migrations/04_fine.sql': 'ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text;',
    'migrations/03_drop.down.sql': 'TRUNCATE orders;',
    'other/broken.sql': "SELECT 'never ends;",
    'other/by hand.sql': 'VACUUM FULL orders;',
    'other/odd.sql': 'FROBNICATE orders;',
  });
});

const lint = (...args: string[]) => runCli(['lint', ...args], { cwd: folder });

describe('lint', () => {
  it('judges each file of the folder by itself, and tells place, rule and the safe way', async () => {
    const run = await lint();
    expect(run.exitCode).toBe(3);
    expect(run.stdout).toContain('migrations/02_index.sql:2: danger: index-not-concurrent');
    expect(run.stdout).toContain('safer: CREATE INDEX CONCURRENTLY orders_id_total ON orders (id, total);');
    expect(run.stdout).toContain("migrations/03_drop.sql:2: danger: drop-column (accepted: nobody's code reads it)");
    expect(run.stdout).not.toMatch(/01_base\.sql:\d+: (?:danger|warning)/);
    expect(run.stdout).not.toMatch(/04_fine\.sql:\d+: (?:danger|warning)/);
    expect(run.stdout).not.toContain('down.sql');
    expect(run.stdout).toMatch(/^4 files: /m);
  });

  it.each([
    [['--fail-on', 'none'], 0],
    [['--allow-hazards', 'index-not-concurrent'], 0],
    [['migrations/04_fine.sql'], 0],
    [['other/by hand.sql'], 3],
    [['other/broken.sql'], 1],
    [['no-such.sql'], 1],
    [['--migrations-path', 'other'], 1],
    [['--fail-on', 'never'], 2],
    [['--mode', 'apply'], 2],
  ] as const)('%j ends with %i', async (args, exitCode) => {
    const run = await lint(...args);
    expect(run).toMatchObject({ exitCode });
    if (exitCode === 1 || exitCode === 2) expect(run.stderr.trim()).not.toBe('');
  });

  it('names file, line and column of what is no SQL', async () => {
    expect((await lint('other/broken.sql')).stderr).toMatch(/^other\/broken\.sql:1:8: .*quote/i);
    expect((await lint('other/odd.sql')).stdout).toMatch(/other\/odd\.sql:1: \w+: not-understood/);
  });

  it('as JSON is what the hazards of a report are', async () => {
    const hazards = JSON.parse((await lint('--json', 'migrations/02_index.sql')).stdout);
    expect(hazards).toContainEqual(
      expect.objectContaining({
        rule: 'index-not-concurrent',
        severity: 'danger',
        source: 'static',
        effects: ['blocks-writes', 'scans'],
        relation: 'orders',
        file: 'migrations/02_index.sql',
        line: 2,
      }),
    );
  });

  it('as SARIF names each rule once, and what was accepted as suppressed', async () => {
    const sarif = JSON.parse((await lint('--sarif')).stdout);
    expect(sarif.version).toBe('2.1.0');
    const [{ tool, results }] = sarif.runs;
    const rules = tool.driver.rules.map((rule: { id: string }) => rule.id);
    expect(new Set(rules).size).toBe(rules.length);
    for (const { ruleId, level, message, locations } of results) {
      expect(rules).toContain(ruleId);
      expect(['error', 'warning', 'note']).toContain(level);
      expect(message.text).not.toBe('');
      expect(locations[0].physicalLocation.region.startLine).toBeGreaterThan(0);
    }
    const accepted = results.find((one: { ruleId: string }) => one.ruleId === 'drop-column');
    expect(accepted).toMatchObject({
      suppressions: [{ kind: 'inSource', justification: "nobody's code reads it" }],
      locations: [{ physicalLocation: { artifactLocation: { uri: 'migrations/03_drop.sql' } } }],
    });
  });

  it('needs no database, and takes none', async () => {
    const run = await runCli(['lint', 'migrations/04_fine.sql'], {
      cwd: folder,
      env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' },
    });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
