/** A run with Alembic that is cancelled or in somebody's way: it ends, nobody of it is left, and what is said is so. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { RevisionFile } from '../support/alembic.ts';
import { revisionId } from '../support/alembic-revisions.ts';
import { type AlembicScene, alembicScene, type Inputs } from '../support/alembic-scene.ts';
import type { GateRun } from '../support/gate.ts';
import { runGate } from '../support/gate.ts';
import { Heartbeat } from '../support/heartbeat.ts';
import { ending, until } from '../support/scene.ts';

const PROMISED_MS = 5_000;
/** Alembic starts half a dozen times in each of these, on whatever machine this is. */
vi.setConfig({ testTimeout: 180_000 });
const LONG_S = 120;
const heart = new Heartbeat();
afterAll(() => heart.stop());

type Body = readonly [message: string, upgrade: string];

function revisions(...bodies: readonly Body[]): RevisionFile[] {
  return bodies.map(([message, upgrade], at) => ({
    revision: revisionId(at + 1),
    down: at === 0 ? null : revisionId(at),
    message,
    upgrade,
  }));
}

const versions = (list: readonly { version: string }[]) => list.map(({ version }) => version);
const TABLE = 'op.create_table("notes", sa.Column("id", sa.Integer))';
/** Python: says that it is there, in a file, and then waits; with a process of its own that would outlive it. */
const WAITS = `import pathlib, subprocess, time
pathlib.Path("waits").write_text("x")
subprocess.Popen(["sleep", "300.25"])
time.sleep(300)
`;

const there =
  (scene: AlembicScene, name = 'waits') =>
  async () => {
    for (let look = 0; !existsSync(join(scene.workspace, name)); look += 1) {
      if (look > 5_000) throw new Error(`${name} never came`);
      await sleep(20);
    }
  };

/** Processes of alembic's, or that it started, whose working directory is the project. */
function processesOf(scene: AlembicScene): string[] {
  const list = execFileSync(
    'sh',
    ['-c', 'for p in /proc/[0-9]*; do echo "$(readlink $p/cwd) $(tr "\\0" " " < $p/cmdline)"; done 2>/dev/null'],
    { encoding: 'utf8' },
  );
  return list.split('\n').filter((line) => line.startsWith(scene.workspace));
}

async function cancelled(scene: AlembicScene, when: () => Promise<unknown>, inputs: Inputs = {}): Promise<GateRun> {
  const abort = new AbortController();
  const running = scene.run(inputs, { signal: abort.signal });
  await Promise.race([when(), running]);
  const at = Date.now();
  abort.abort();
  const run = await running;
  expect(heart.since(at)).toBeLessThan(PROMISED_MS);
  expect(run.outcome.error).toMatchObject({ class: 'cancelled' });
  expect(processesOf(scene)).toEqual([]);
  return run;
}

describe('cancelled', () => {
  const two = revisions(['create notes', TABLE], ['and wait', 'op.execute("SELECT pg_sleep(300)")']);

  test.each(['while the history is read', 'while it is probed'])('%s', async (when) => {
    const scene = await alembicScene({ driver: 'psycopg2', revisions: two });
    const file = when.includes('history') ? `alembic/versions/${revisionId(1)}_create_notes.py` : 'alembic/env.py';
    await scene.write(file, `${await scene.read(file)}\n${WAITS}`);
    const { outcome } = await cancelled(scene, there(scene));
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
  });

  test.each([
    ['in a statement', 'op.execute("SELECT pg_sleep(300)")', null],
    // Not while plan.sql is written, for which it is run too.
    [
      "in the project's own code",
      `from alembic import context\nif not context.is_offline_mode():\n${WAITS.trim().replace(/^/gm, '    ')}`,
      'waits',
    ],
  ])('in the dry run, %s', async (_, body, file) => {
    const scene = await alembicScene({
      driver: 'psycopg',
      revisions: revisions(['create notes', TABLE], ['wait', body]),
    });
    const sleeping = () =>
      until(
        scene.client,
        `select 1 from pg_stat_activity where query like '%pg_sleep(300)%' and pid <> pg_backend_pid() and datname = current_database()`,
        LONG_S,
      );
    const { outcome } = await cancelled(scene, file === null ? sleeping : there(scene, file));
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
    expect(outcome.stages).toContainEqual(expect.objectContaining({ stage: 'dry-run', status: 'cancelled' }));
  });

  /** Waits in apply only: in the dry run the variable is set. */
  const inApply = (what: string) =>
    `import os\nif "MIGRATION_GATE_REHEARSAL" not in os.environ:\n${what.trim().replace(/^/gm, '    ')}`;

  test.each([
    ['before anything was committed', false, {}, 'cancelled 6 unchanged', []],
    ['after something was', true, {}, 'cancelled 7 partially-migrated', [1]],
  ] as const)('in apply, %s', async (_, transactionPerMigration, inputs, expected, done) => {
    const all = revisions(['create notes', TABLE], ['wait', inApply(WAITS)]);
    const scene = await alembicScene({ driver: 'psycopg2', revisions: all, transactionPerMigration });
    const { outcome } = await cancelled(scene, there(scene), inputs);
    expect(ending(outcome)).toBe(expected);
    expect(versions(outcome.applied)).toEqual(done.map(revisionId));
    expect(await scene.rows(`select to_regclass('notes') is not null`)).toEqual([[done.length > 0]]);
    await scene.write(
      `alembic/versions/${revisionId(2)}_wait.py`,
      (await scene.read(`alembic/versions/${revisionId(2)}_wait.py`)).replace('time.sleep(300)', 'pass'),
    );
    const next = await scene.run();
    expect(ending(next.outcome)).toBe('applied 0 migrated');
    // What it had started in the background has ended with it.
    expect(processesOf(scene)).toEqual([]);
  });

  test('in apply, in a statement', async () => {
    const all = revisions(['create notes', TABLE], ['wait', inApply('op.execute("SELECT pg_sleep(300)")')]);
    const scene = await alembicScene({ driver: 'asyncpg', revisions: all });
    const sleeping = () =>
      until(
        scene.client,
        `select 1 from pg_stat_activity where query like '%pg_sleep(300)%' and pid <> pg_backend_pid() and datname = current_database()`,
        LONG_S,
      );
    const { outcome } = await cancelled(scene, sleeping);
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
  });

  test('in the review pause: nothing was changed', async () => {
    const scene = await alembicScene({ driver: 'psycopg2', revisions: revisions(['create notes', TABLE]) });
    const abort = new AbortController();
    const { outcome } = await scene.run(
      { 'review-delay': '1m' },
      { signal: abort.signal, onPause: async () => abort.abort() },
    );
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
    expect(await scene.rows(`select to_regclass('notes')`)).toEqual([[null]]);
  });
});

describe('in the way', () => {
  test('of another session: it steps back, comes again, and says whom it kept waiting', async () => {
    // Until somebody waits for it.
    const all = revisions([
      'lock it',
      'import time\nfrom alembic import context\nop.add_column("people", sa.Column("note", sa.Text))\nif not context.is_offline_mode():\n    time.sleep(60)',
    ]);
    const scene = await alembicScene({ driver: 'psycopg2', revisions: all, setup: 'create table people (id int)' });
    const reader = await scene.database.client({ application_name: 'the shop' });
    let reads = true;
    const reading = (async () => {
      while (reads) {
        await reader.query('select * from people');
        await sleep(10);
      }
    })();
    const { outcome, lines } = await scene.dryRun({ 'max-blocking': '100ms', 'lock-retries': '1' });
    reads = false;
    await reading;
    expect(ending(outcome)).toBe('dry-run-inconclusive 3 unchanged');
    expect(lines.filter((line) => line.includes('rolled back, trying again'))).toHaveLength(1);
    expect(outcome.blocked.length).toBeGreaterThanOrEqual(2);
    expect(outcome.blocked[0]).toMatchObject({
      application: 'the shop',
      file: `alembic/versions/${revisionId(1)}_lock_it.py`,
    });
    expect(outcome.error?.message).toContain('the shop');
  });

  test('of nobody any more, the second time', async () => {
    const all = revisions(['lock it', 'op.add_column("people", sa.Column("note", sa.Text))']);
    const scene = await alembicScene({ driver: 'psycopg', revisions: all, setup: 'create table people (id int)' });
    const other = await scene.database.client();
    await other.query('begin; lock table people in access share mode');
    const { outcome } = await scene.dryRun(
      { 'lock-timeout': '300ms' },
      { onLine: (line) => (line.includes('trying again') ? void other.query('rollback') : undefined) },
    );
    expect(ending(outcome)).toBe('dry-run-passed 0 unchanged');
    expect(outcome.rehearsal?.attempts).toBe(2);
  });

  test('nobody else of it: what others change meanwhile is told, and no failure', async () => {
    // It goes on when they have.
    const theirs = `DO $$ BEGIN
      FOR look IN 1..600 LOOP EXIT WHEN EXISTS (SELECT FROM pg_attribute WHERE attname = 'more'); PERFORM pg_sleep(0.05); END LOOP;
    END $$`;
    const all = revisions(['create notes', `${TABLE}\nop.execute("""${theirs}""")`]);
    const scene = await alembicScene({ driver: 'psycopg2', revisions: all, setup: 'create table theirs (id int)' });
    const { outcome, lines } = await runGate(
      scene.workspace,
      scene.database.url,
      { engine: 'alembic' },
      {
        env: scene.env,
        onLine: (line) =>
          line.includes('Running upgrade')
            ? void scene.client.query('alter table theirs add if not exists more int')
            : undefined,
      },
    );
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(lines.filter((line) => line.includes('changed meanwhile by somebody else')).join()).toContain('theirs');
  });

  test('a lock that is never free: inconclusive, and which statement wanted it', async () => {
    const all = revisions(['lock it', 'op.add_column("people", sa.Column("note", sa.Text))']);
    const scene = await alembicScene({ driver: 'asyncpg', revisions: all, setup: 'create table people (id int)' });
    const other = await scene.database.client();
    await other.query('begin; lock table people in access share mode');
    const { outcome } = await scene.dryRun({ 'lock-timeout': '100ms', 'lock-retries': '1' });
    await other.query('rollback');
    expect(ending(outcome)).toBe('dry-run-inconclusive 3 unchanged');
    expect(outcome.error).toMatchObject({ class: 'lock-timeout', message: expect.stringContaining('lock_it.py') });
  });

  test("of another deployment: the gate's lock is held", async () => {
    // In the rehearsal until the other one is through.
    const all = revisions([
      'create notes',
      `import os, pathlib, time\nfrom alembic import context\n${TABLE}\nif "MIGRATION_GATE_REHEARSAL" in os.environ and not context.is_offline_mode():\n    while not pathlib.Path("through").exists():\n        time.sleep(0.05)`,
    ]);
    const scene = await alembicScene({ driver: 'psycopg2', revisions: all });
    let second: Promise<GateRun> | null = null;
    const first = await scene.run(
      { 'review-delay': '0' },
      {
        onLine: (line) => {
          if (line !== 'Dry run') return;
          second = runGate(
            scene.workspace,
            scene.database.url,
            { engine: 'alembic', mode: 'apply', 'lock-wait': '100ms' },
            { env: scene.env },
          ).finally(() => scene.write('through', ''));
        },
      },
    );
    expect(ending(first.outcome)).toBe('applied 0 migrated');
    expect(ending((await (second as unknown as Promise<GateRun>)).outcome)).toBe('refused 5 unchanged');
  });

  test('of alembic itself, run by hand during the dry run: it waits, and the rehearsal steps back', async () => {
    const all = revisions(
      ['create notes', TABLE],
      // In the rehearsal until somebody waits for it.
      [
        'slowly',
        `import os, time\nfrom alembic import context\n${TABLE.replace('notes', 'more')}\nif "MIGRATION_GATE_REHEARSAL" in os.environ and not context.is_offline_mode():\n    time.sleep(60)`,
      ],
    );
    const scene = await alembicScene({ driver: 'psycopg2', revisions: all });
    expect((await scene.alembic(['upgrade', revisionId(1)])).code).toBe(0);
    let byHand: Promise<{ code: number; stderr: string }> | null = null;
    const { outcome } = await runGate(
      scene.workspace,
      scene.database.url,
      { engine: 'alembic', mode: 'dry-run', 'max-blocking': '100ms', 'lock-retries': '0' },
      {
        env: scene.env,
        onLine: (line) => {
          if (line.includes('Running upgrade')) byHand ??= scene.alembic(['upgrade', 'head']);
        },
      },
    );
    const hand = await (byHand as unknown as Promise<{ code: number; stderr: string }>);
    expect(hand.code, hand.stderr).toBe(0);
    // Whether it is seen that the other has gone on meanwhile is a matter of moments.
    expect(['dry-run-inconclusive 3 unchanged', 'failed 7 unknown']).toContain(ending(outcome));
    expect(await scene.rows('select version_num from alembic_version')).toEqual([[revisionId(2)]]);
  });
});
