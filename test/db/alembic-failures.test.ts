/** Revisions that fail, in the dry run or in apply, and statements that no transaction takes: what is told, and what is left. */
import { describe, expect, test } from 'vitest';
import { fileOf, type RevisionFile } from '../support/alembic.ts';
import { failingInTheMiddle, revisionId } from '../support/alembic-revisions.ts';
import { type AlembicScene, alembicScene } from '../support/alembic-scene.ts';
import { migrationOf } from '../support/dry-run.ts';
import type { GateRun } from '../support/gate.ts';
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
const versions = (list: readonly { version: string }[]) => list.map(({ version }) => version);
const statuses = ({ outcome }: GateRun) => outcome.migrations.map(({ status }) => status);
const history = (scene: AlembicScene) =>
  scene.rows('select version, status, error_message is null from migration_history order by executed_at, ctid');

describe('a revision that fails in the dry run', () => {
  test.each(['psycopg2', 'psycopg', 'asyncpg'] as const)(
    'is named with its statement and its place: %s',
    async (driver) => {
      const all = failingInTheMiddle({ autocommit: driver === 'psycopg' });
      const scene = await alembicScene({ driver, revisions: all });
      for (const mode of ['dry-run', 'apply']) {
        const run = await scene.run({ mode });
        const { outcome } = run;
        expect(ending(outcome)).toBe('failed 1 unchanged');
        expect(outcome.error).toMatchObject({
          class: 'missing-object',
          sqlstate: '42P01',
          message: 'relation "ledger" does not exist',
          file: fileAt(all, 4),
        });
        const text = await scene.read(fileAt(all, 4));
        expect(outcome.error?.line).toBe(text.split('\n').findIndex((line) => line.includes('UPDATE accounts')) + 1);
        const [source = '', caret = ''] = outcome.error?.excerpt?.split('\n') ?? [];
        expect(caret.trim()).toBe('^');
        expect(source.indexOf('ledger')).toBe(caret.indexOf('^'));
        expect(statuses(run)).toEqual(['rehearsed', 'rehearsed', 'rehearsed', 'failed', 'not-executed']);
        const failed = migrationOf(outcome, fileAt(all, 4)).statements.at(-1);
        expect(failed).toMatchObject({ executed: true, error: 'relation "ledger" does not exist' });
        expect(failed?.sql).toContain('UPDATE accounts SET balance');
        expect(
          await scene.rows(
            `select to_regclass('accounts'), to_regclass('alembic_version'), to_regclass('migration_history')`,
          ),
        ).toEqual([[null, null, null]]);
      }
    },
  );

  test("in the project's own Python: its file, its line, its words", async () => {
    const all = revisions(
      ['create notes', 'op.create_table("notes", sa.Column("id", sa.Integer))'],
      ['think about it', 'op.execute("SELECT 1")\nraise ValueError("the two sums differ")'],
    );
    const scene = await alembicScene({ driver: 'psycopg', revisions: all });
    const run = await scene.dryRun();
    expect(ending(run.outcome)).toBe('failed 1 unchanged');
    const text = await scene.read(fileAt(all, 2));
    expect(run.outcome.error).toMatchObject({
      class: 'tool',
      sqlstate: null,
      message: 'ValueError: the two sums differ',
      file: fileAt(all, 2),
      line: text.split('\n').findIndex((line) => line.includes('raise ValueError')) + 1,
    });
    expect(statuses(run)).toEqual(['rehearsed', 'failed']);
  });

  test('not an error that an earlier revision expects and deals with', async () => {
    const all = revisions(
      [
        'try it',
        'bind = op.get_bind()\ntry:\n    with bind.begin_nested():\n        bind.execute(sa.text("SELECT * FROM missing"))\nexcept sa.exc.ProgrammingError:\n    op.create_table("missing", sa.Column("id", sa.Integer))',
      ],
      ['fail', 'op.add_column("missing", sa.Column("n", sa.Integer))\nraise ValueError("something else")'],
    );
    const scene = await alembicScene({ driver: 'psycopg2', revisions: all });
    const run = await scene.dryRun();
    expect(run.outcome.error).toMatchObject({
      message: 'ValueError: something else',
      file: fileAt(all, 2),
      sqlstate: null,
    });
    expect(statuses(run)).toEqual(['rehearsed', 'failed']);
    const [tried] = migrationOf(run.outcome, fileAt(all, 1)).statements;
    expect(tried).toMatchObject({ error: null, reason: expect.stringContaining('alembic went on') });
  });
});

describe('a revision after which alembic ends well, without having recorded it', () => {
  const MAKE = 'op.create_table("notes", sa.Column("id", sa.Integer))';

  test.each([
    ['it exits', 'import sys\nop.create_table("half", sa.Column("id", sa.Integer))\nsys.exit(0)', false],
    ['it exits, and the one before is kept', 'import sys\nsys.exit(0)', true],
    // SQLAlchemy begins another transaction by itself, which nobody commits.
    [
      'it commits by itself',
      'bind = op.get_bind()\nbind.execute(sa.text("CREATE TABLE half (id int)"))\nbind.commit()\nbind.execute(sa.text("CREATE TABLE lost (id int)"))',
      false,
    ],
  ])('%s: that is found out before anything is applied', async (_, upgrade, transactionPerMigration) => {
    const all = revisions(['create notes', MAKE], ['end early', upgrade]);
    const scene = await alembicScene({ driver: 'psycopg2', revisions: all, transactionPerMigration });
    const run = await scene.run();
    expect(ending(run.outcome)).toBe('failed 1 unchanged');
    expect(run.outcome.error).toMatchObject({
      class: 'tool',
      message: expect.stringMatching(new RegExp(`exit code 0 without .*${revisionId(2)}`)),
      file: fileAt(all, 2),
      next: expect.stringContaining('an exit, a commit'),
    });
    expect(statuses(run)[1]).toBe('failed');
    expect(run.outcome.stages.find(({ stage }) => stage === 'apply')?.status).toBe('skipped');
  });
});

describe('a revision that fails in apply only', () => {
  const unique = (autocommit: boolean): RevisionFile[] =>
    revisions(
      ['create people', 'op.create_table("people", sa.Column("email", sa.Text))'],
      ['create cities', 'op.create_table("cities", sa.Column("id", sa.Integer))'],
      [
        'index cities',
        autocommit
          ? 'with op.get_context().autocommit_block():\n    op.create_index("ix_cities", "cities", ["id"], postgresql_concurrently=True)'
          : 'op.create_index("ix_cities", "cities", ["id"])',
      ],
      ['one address each', 'op.create_unique_constraint("people_email_key", "people", ["email"])'],
      ['after that', 'op.create_table("later", sa.Column("id", sa.Integer))'],
    );

  /** Two rows come in the pause, so that a unique constraint cannot be made. */
  async function surprised(all: readonly RevisionFile[], more: Partial<Parameters<typeof alembicScene>[0]> = {}) {
    const scene = await alembicScene({ driver: 'psycopg2', revisions: all, ...more });
    expect((await scene.alembic(['upgrade', revisionId(1)])).code).toBe(0);
    const before = await scene.dump();
    const run = await scene.run(
      { 'review-delay': '1ms' },
      { onPause: async () => void (await scene.client.query("insert into people values ('a@b.c'), ('a@b.c')")) },
    );
    return { scene, run, before };
  }

  const ERROR = { class: 'constraint', sqlstate: '23505', message: expect.stringContaining('people_email_key') };

  test('all in one transaction: nothing of it is there', async () => {
    const all = unique(false);
    const { scene, run, before } = await surprised(all);
    expect(ending(run.outcome)).toBe('failed 1 unchanged');
    expect(run.outcome.error).toMatchObject({ ...ERROR, file: fileAt(all, 4) });
    expect(run.outcome).toMatchObject({ applied: [], currentVersion: revisionId(1) });
    expect(run.outcome.rehearsal).toMatchObject({ status: 'aborted' });
    await scene.client.query('delete from people');
    expect(await scene.dump()).toBe(before);
    expect(await history(scene)).toEqual([[revisionId(4), 'failed', false]]);
    const next = await scene.run();
    expect(ending(next.outcome)).toBe('applied 0 migrated');
    expect(versions(next.outcome.applied)).toEqual([2, 3, 4, 5].map(revisionId));
  });

  test.each([
    ['an autocommit block before it', unique(true), {}, [2]],
    ['one transaction for each revision', unique(false), { transactionPerMigration: true }, [2, 3]],
  ] as const)('%s: what was committed is told, and the next run goes on', async (_, all, more, done) => {
    const { scene, run } = await surprised(all, more);
    const { outcome } = run;
    expect(ending(outcome)).toBe('failed 7 partially-migrated');
    expect(outcome.error).toMatchObject(ERROR);
    expect(versions(outcome.applied)).toEqual(done.map(revisionId));
    expect(outcome.currentVersion).toBe(revisionId(done.at(-1) ?? 0));
    expect(await scene.rows(`select to_regclass('cities') is not null, to_regclass('ix_cities') is not null`)).toEqual([
      [true, true],
    ]);
    await scene.client.query('delete from people');
    if (done.length === 1) {
      // What the block made is there and not recorded, and alembic cannot know: so it has to be taken away.
      const stuck = await scene.run();
      expect(ending(stuck.outcome)).toBe('failed 1 unchanged');
      expect(stuck.outcome.error).toMatchObject({ class: 'duplicate-object', file: fileAt(all, 3) });
      await scene.client.query('drop index ix_cities');
    }
    const next = await scene.run();
    expect(ending(next.outcome)).toBe('applied 0 migrated');
    expect(versions(next.outcome.applied)).toEqual(
      [2, 3, 4, 5].filter((n) => !(done as readonly number[]).includes(n)).map(revisionId),
    );
  });
});

describe('what no transaction takes', () => {
  const concurrently = revisions([
    'index them',
    'with op.get_context().autocommit_block():\n    op.create_index("ix_items_n", "items", ["n"], postgresql_concurrently=True)\nop.add_column("items", sa.Column("m", sa.Integer))\nop.execute("COMMENT ON INDEX ix_items_n IS \'by n\'")',
  ]);
  const items = (rows: number) =>
    `create table items (n int, t text); insert into items select n, repeat('x', 200) from generate_series(1, ${rows}) n`;

  test('CONCURRENTLY on a small table is rehearsed in its plain form', async () => {
    const scene = await alembicScene({ driver: 'psycopg2', revisions: concurrently, setup: items(10) });
    const { outcome } = await scene.run();
    expect(ending(outcome)).toBe('applied 0 migrated');
    const [statement] = outcome.migrations[0]?.statements ?? [];
    expect(statement).toMatchObject({ executed: false, reason: expect.stringContaining('plain form') });
    expect(statement?.locks).toEqual([{ relation: 'public.items', mode: 'ShareLock', preexisting: true }]);
    expect(outcome.coverage).toEqual({ statements: 3, executed: 2 });
    expect(outcome.predictedEqualsActual).toBe(true);
  });

  test('on a large one it is not executed, and what needs it neither; apply does both', async () => {
    const scene = await alembicScene({ driver: 'asyncpg', revisions: concurrently, setup: items(20_000) });
    const { outcome } = await scene.run({ 'max-blocking': '20ms' });
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.migrations[0]?.statements).toMatchObject([
      { executed: false, reason: expect.stringContaining('too large to try its plain form within max-blocking') },
      { executed: true, reason: null },
      { executed: false, reason: expect.stringContaining('ix_items_n'), error: null },
    ]);
    expect(outcome.coverage).toEqual({ statements: 3, executed: 1 });
    // Part of it could not be rehearsed in any form.
    expect(outcome.predictedEqualsActual).toBeNull();
    expect(await scene.rows(`select obj_description('ix_items_n'::regclass)`)).toEqual([['by n']]);
  });

  const calm = (use: string) =>
    revisions(
      [
        'another mood',
        'with op.get_context().autocommit_block():\n    op.execute("ALTER TYPE mood ADD VALUE \'calm\'")',
      ],
      ['who is calm', use],
      ['and then', 'op.add_column("people", sa.Column("note", sa.Text))'],
    );
  const setup = `create type mood as enum ('sad'); create table people (name text, mood mood); insert into people values ('Ada', 'sad')`;

  // It prepares a statement before it says its values, and what rows it would have nobody can tell.
  test('a value added to an enum, asked for in a later revision by asyncpg: not known, and never a failure', async () => {
    const use =
      'assert op.get_bind().execute(sa.text("SELECT count(*) FROM people WHERE mood = \'calm\'")).scalar() == 0';
    const scene = await alembicScene({ driver: 'asyncpg', revisions: calm(use), setup });
    const { outcome } = await scene.run();
    expect(ending(outcome)).toBe('dry-run-inconclusive 3 unchanged');
    expect(outcome.error?.message).toContain("the enum value 'calm'");
    const accepted = await scene.run({ 'allow-hazards': 'dry-run-inconclusive' });
    expect(ending(accepted.outcome)).toBe('applied 0 migrated');
  });

  test.each(['psycopg2', 'psycopg', 'asyncpg'] as const)(
    'a value added to an enum, used in a later revision: not executed, and applied: %s',
    async (driver) => {
      const all = calm(
        'bind = op.get_bind()\nfor name in ("Ada", "Bob"):\n    bind.execute(sa.text("UPDATE people SET mood = \'calm\' WHERE name = :name"), {"name": name})',
      );
      const scene = await alembicScene({ driver, revisions: all, setup });
      const run = await scene.run();
      expect(ending(run.outcome)).toBe('applied 0 migrated');
      const reason = expect.stringContaining("the enum value 'calm'");
      const updates = migrationOf(run.outcome, fileAt(all, 2)).statements;
      expect(updates).toMatchObject([1, 2].map(() => ({ executed: false, error: null, reason })));
      expect(run.outcome.coverage).toEqual({ statements: 4, executed: 2 });
      expect(await scene.rows('select name, mood::text, note from people')).toEqual([['Ada', 'calm', null]]);
    },
  );
});
