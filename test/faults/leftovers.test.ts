/**
 * Statements that no transaction holds, interrupted in their middle: what they leave is found, explained and cleaned up
 * by the next run, and nothing of anybody else's is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { indexState, invalidIndexes, judge } from '../../src/engines/shared/leftovers.ts';
import type { Queryable } from '../../src/postgres/queryable.ts';
import { classify } from '../../src/sql/classify.ts';
import { nodeTool, runCommand } from '../support/command.ts';
import type { Files } from '../support/dry-run.ts';
import { FULL, oneOf, randomOf, SEED, tally, times } from '../support/faults.ts';
import { pgMajor } from '../support/global-setup.ts';
import { type Server, startServer } from '../support/postgres.ts';
import { endBackends, ending, type Scene, scene, until, working } from '../support/scene.ts';

const told = tally('leftovers');

const SETUP = [
  'create schema app; create schema other; create schema elsewhere',
  'create table app.t (id int, a int, note text); create table other.t (id int, a int, note text); create table elsewhere.t (id int)',
  // A dropped column: the numbers of the columns differ from those of a copy of the table.
  'alter table app.t drop column note; alter table app.t add column body text',
  'insert into app.t select n, n, repeat(n::text, 10) from generate_series(1, 20000) n; insert into other.t select n, n from generate_series(1, 20000) n',
  'create table elsewhere.snapshot (id int)',
  'create index old on app.t (a); create index old_too on app.t (id, a); create index old on other.t (a)',
  'create table app.parts (id int, k int) partition by list (k); create table app.part_1 partition of app.parts for values in (1); create table app.part_2 partition of app.parts for values in (2)',
  'insert into app.parts select n, 1 + n % 2 from generate_series(1, 10000) n',
  "create type app.mood as enum ('good')",
  'create procedure app.work() language plpgsql as $$ begin insert into elsewhere.t values (1); commit; perform pg_sleep(0.2); insert into elsewhere.t values (2); end $$',
];

/** Somebody else's failed builds, named as the twins of a REINDEX are: they stay, whatever is cleaned up here. */
const BYSTANDERS = [
  'insert into elsewhere.t values (0), (0)',
  'create unique index concurrently old_ccnew on elsewhere.t (id)',
  'create unique index concurrently unlike_ccold on elsewhere.t (id)',
];

interface Case {
  readonly what: string;
  readonly sql: string;
  /** How the statement that is interrupted shows in pg_stat_activity. */
  readonly running: string;
  /** A row: what the file was to do is there. */
  readonly done: string;
  /** What keeps it from going through: a writer of the table, an old snapshot, a reader of the table; null: nothing. */
  readonly holders: readonly (string | null)[];
  readonly before?: string;
  /** Between the two runs: puts right what made the statement fail by itself. */
  readonly mend?: string;
  /** Nobody can tell from the catalog. */
  readonly untold?: boolean;
  readonly after?: string;
}

const WRITER = 'begin; insert into app.t values (-1); update app.parts set id = 0 where k = 2 and id < 5';
/** The parent's own index is made before the parts'. */
const WRITER_OF_A_PART = 'begin; update app.part_2 set id = 0 where id < 5';
const SNAPSHOT = 'begin isolation level repeatable read; insert into elsewhere.snapshot values (1); select 1';
const READER = 'begin; lock table app.t, app.parts, app.part_1 in access share mode';
const ANY = [WRITER, SNAPSHOT, READER, null];
const valid = (name: string) =>
  `select from pg_index where indexrelid = to_regclass('${name}') and indisvalid and indisready`;

const CASES: readonly Case[] = [
  {
    what: 'CREATE INDEX CONCURRENTLY',
    sql: 'create index concurrently i on app.t (a, id);',
    running: 'create index%',
    done: valid('app.i'),
    holders: ANY,
  },
  {
    what: 'CREATE INDEX CONCURRENTLY IF NOT EXISTS',
    sql: 'create index concurrently if not exists "I i" on app.t (lower(body)) where id > 5;',
    running: 'create index%',
    done: valid('app."I i"'),
    holders: ANY,
  },
  {
    what: 'CREATE INDEX CONCURRENTLY without a name',
    sql: 'create index concurrently on app.t using btree (lower(t.body), id desc) include (a) where a > 3;',
    running: 'create index%',
    done: `select from pg_index where indrelid = 'app.t'::regclass and indisvalid and pg_get_indexdef(indexrelid) like '%(lower(body), id DESC) INCLUDE%' having count(*) = 1`,
    holders: ANY,
  },
  {
    what: 'CREATE UNIQUE INDEX CONCURRENTLY over duplicates',
    sql: 'create unique index concurrently u on app.t (id);',
    running: 'create unique index%',
    done: valid('app.u'),
    holders: [null],
    before: 'insert into app.t values (7)',
    mend: 'delete from app.t where ctid = (select max(ctid) from app.t where id = 7)',
  },
  {
    what: 'DROP INDEX CONCURRENTLY',
    sql: 'drop index concurrently app.old;',
    running: 'drop index%',
    done: `select where to_regclass('app.old') is null and to_regclass('other.old') is not null`,
    holders: [WRITER, SNAPSHOT, READER],
  },
  {
    what: 'REINDEX INDEX CONCURRENTLY',
    sql: 'reindex index concurrently app.old;',
    running: 'reindex%',
    done: valid('app.old'),
    holders: ANY,
  },
  {
    what: 'REINDEX TABLE CONCURRENTLY, several indexes and TOAST',
    sql: 'reindex (concurrently) table app.t;',
    running: 'reindex%',
    done: valid('app.old_too'),
    holders: ANY,
  },
  {
    what: 'REINDEX SCHEMA CONCURRENTLY',
    sql: 'reindex schema concurrently app;',
    running: 'reindex%',
    done: valid('app.old'),
    holders: ANY,
  },
  {
    what: 'DETACH PARTITION CONCURRENTLY',
    sql: 'alter table app.parts detach partition app.part_1 concurrently;',
    running: 'alter table%',
    done: `select where not exists (select from pg_inherits where inhrelid = 'app.part_1'::regclass)`,
    holders: [READER],
  },
  {
    what: 'an index of a partitioned table, part by part',
    sql: `create index p on only app.parts (id);
create index concurrently p_1 on app.part_1 (id);
alter index app.p attach partition app.p_1;
create index concurrently p_2 on app.part_2 (id);
alter index app.p attach partition app.p_2;`,
    running: 'create index concurrently%',
    done: valid('app.p'),
    holders: [WRITER_OF_A_PART, SNAPSHOT, null],
  },
  {
    what: 'VACUUM FULL',
    sql: 'vacuum full app.t;',
    running: 'vacuum%',
    done: 'select 1',
    holders: [READER, null],
  },
  {
    what: 'ALTER TYPE ADD VALUE',
    sql: "-- gate: no-transaction\nalter type app.mood add value 'so-so';\nalter type app.mood add value 'bad';\nvacuum app.t;",
    running: '%mood%',
    done: `select from pg_enum where enumtypid = 'app.mood'::regtype having count(*) = 3`,
    holders: [null],
  },
  {
    what: 'ALTER SYSTEM',
    sql: "alter system set log_autovacuum_min_duration = '3min';",
    running: 'alter system%',
    done: "select from pg_file_settings where name = 'log_autovacuum_min_duration'",
    holders: [null],
    after: 'alter system reset log_autovacuum_min_duration',
  },
  {
    what: 'CREATE DATABASE',
    sql: 'create database "DB";',
    running: 'create database%',
    done: "select from pg_database where datname = 'DB'",
    holders: [null],
    after: 'drop database if exists "DB"',
  },
  {
    what: 'DROP DATABASE',
    sql: 'drop database "DB";',
    running: 'drop database%',
    done: "select where not exists (select from pg_database where datname = 'DB')",
    holders: [null],
    before: 'create database "DB"',
    after: 'drop database if exists "DB"',
  },
  {
    what: 'CALL of a procedure that commits',
    sql: 'call app.work();',
    running: 'call%',
    done: 'select from elsewhere.t where id = 2',
    holders: [null],
    untold: true,
  },
];

/** Everything that is in pieces: independent of what the product asks. */
const IN_PIECES = `
  select indexrelid::regclass::text as name from pg_index where (not indisvalid or not indisready or not indislive)
      and (select relkind from pg_class where oid = indexrelid) = 'i' and indrelid <> 'elsewhere.t'::regclass
  union all select relname from pg_class where relname ~ '_cc(new|old)' and relkind = 'i' and relnamespace <> 'elsewhere'::regnamespace
  union all select 'pending ' || inhrelid::regclass::text from pg_inherits where inhdetachpending order by 1`;

const INPUTS = { 'allow-hazards': 'dry-run-inconclusive, own-transactions', 'fail-on': 'none', 'review-delay': '1s' };

/** One statement, interrupted once at some moment, and the run after it. Returns how that went. */
async function interrupt(given: Case, server: { readonly url: string } | null, random: () => number): Promise<string> {
  // A database is the server's, not a database's: several of these at once must not meet.
  const unique = `DB ${Math.floor(random() * 1e12)}`;
  const named = (sql: string) => sql.replaceAll(/"DB"/g, `"${unique}"`).replaceAll(/'DB'/g, `'${unique}'`);
  const files: Files = { '1_it.sql': named(given.sql), '2_after.sql': 'create table after (id int);' };
  const here = await scene(files, SETUP, server);
  try {
    return await interruptIn(here, given, named, random);
  } finally {
    if (given.after) await here.client.query(named(given.after));
    await here.database.drop();
  }
}

async function interruptIn(
  here: Scene,
  given: Case,
  named: (sql: string) => string,
  random: () => number,
): Promise<string> {
  for (const sql of BYSTANDERS) await here.client.query(sql).catch(() => undefined);
  const holder = await here.database.client();
  const how = oneOf(['pg_terminate_backend', 'pg_cancel_backend'], random);
  const held = oneOf(given.holders, random);
  // What is held up is caught in the middle; what is not, somewhere in what it does.
  const delay = held === null ? random() * 25 : random() * 250;
  let over = false;
  const strike = async () => {
    for (; !over; await sleep(20)) {
      const [at] = await here.rows(working(given.running));
      if (!at) continue;
      await sleep(delay);
      // Not what the session has gone on to meanwhile.
      const struck = await here.rows(
        `select ${how}(pid) from pg_stat_activity where pid = $1 and state = 'active' and query like $2`,
        [at.pid, given.running],
      );
      if (held === null) return;
      // What is held up has no limit to its wait: where this one was over, or was missed, what comes next is struck.
      if (struck.length > 0) await sleep(1_000);
    }
  };
  let caught: Promise<unknown> = Promise.resolve();
  const running = here.run(INPUTS, {
    onPause: async () => {
      if (given.before) await here.client.query(named(given.before));
      if (held) await holder.query(held);
    },
    onLine: (line) => {
      if (line !== 'Apply' || given.mend) return;
      caught = strike();
    },
  });
  const { outcome } = await running.finally(() => {
    over = true;
  });
  await caught;
  await holder.query('rollback');
  await holder.end();
  const pieces = (await here.rows(IN_PIECES)).map(({ name }) => String(name));
  const first = ending(outcome);
  // It may have come through, and the end met what came after it.
  const cameThrough = ['applied 0 migrated', 'failed 4 migrated'].includes(first);
  if (!cameThrough) expect(['failed 1 unchanged', 'failed 7 partially-migrated', 'failed 7 unknown']).toContain(first);
  if (first === 'failed 7 unknown') expect(given.untold).toBe(true);
  // What is in pieces is never called unchanged.
  if (pieces.length > 0) expect(first).toBe('failed 7 partially-migrated');
  if (given.mend) await here.client.query(given.mend);

  const next = await here.run({ ...INPUTS, 'review-delay': '0' });
  if (given.untold && !cameThrough) {
    // Its code may be half done: a person must tell.
    expect(ending(next.outcome)).toBe('failed 1 unchanged');
    expect(next.outcome.error).toMatchObject({ class: 'tool', file: 'migrations/1_it.sql' });
    return `${first}, then left to a person`;
  }
  expect(next.outcome.error).toBeNull();
  expect(ending(next.outcome)).toBe(cameThrough ? 'up-to-date 0 unchanged' : 'applied 0 migrated');
  expect(await here.rows(IN_PIECES)).toEqual([]);
  expect(await here.rows(named(given.done))).toHaveLength(1);
  // Found and explained, by name.
  const text = next.lines.join('\n');
  for (const piece of pieces) expect(text).toContain(piece.replace(/^pending |^app\.|^pg_toast\./, ''));
  expect(
    await here.rows("select from pg_index where indrelid = 'elsewhere.t'::regclass and not indisvalid"),
  ).toHaveLength(2);
  const after = await here.run({ ...INPUTS, 'review-delay': '0' });
  expect(ending(after.outcome)).toBe('up-to-date 0 unchanged');
  return pieces.length > 0 ? 'in pieces, then mended' : `${first}, then ${next.outcome.result}`;
}

const majors = FULL ? [14, 15, 16, 17, 18] : [pgMajor];

describe.each(majors)('interrupted statements on PostgreSQL %i', (major) => {
  it(`are found, explained and cleaned up (SEED=${SEED})`, { timeout: 1_200_000 }, async () => {
    const random = randomOf(`leftovers ${major}`);
    const server: Server | null = major === pgMajor ? null : await startServer({ major });
    const on = server === null ? null : { url: server.url() };
    const rounds = times(1, 8);
    const work = Array.from({ length: rounds }, () => CASES).flat();
    const failures: string[] = [];
    const lane = async () => {
      for (let given = work.shift(); given; given = work.shift()) {
        try {
          told(`${given.what}`, await interrupt(given, on, random));
        } catch (error) {
          told(`${given.what}`, 'FAILED');
          failures.push(`${given.what}: ${(error as Error).message}`);
        }
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    await server?.remove();
    expect(failures).toEqual([]);
  });
});

/** What `judge` says of a statement that was begun and not finished, asked as `who` asks. */
const judged = (who: Queryable, sql: string) => judge(who, classify(sql).nonTransactional?.leftover ?? null);

/** A unique index that fails on its rows: an invalid index of this name. */
async function leaveInvalid(here: Scene, name: string, table: string): Promise<void> {
  await here.client.query(`insert into ${table} (id) values (1), (1)`);
  await expect(here.client.query(`create unique index concurrently ${name} on ${table} (id)`)).rejects.toThrow();
}

describe('what is taken for ours', () => {
  it('a name that was taken by another index is not "finished by the run that was interrupted"', async () => {
    const here = await scene({ '1_it.sql': 'create index concurrently i on app.t (a);' }, SETUP);
    const take = () => here.client.query('create index i on app.t (id)');
    const first = await here.run(INPUTS, { onPause: async () => void (await take()) });
    expect(ending(first.outcome)).toBe('failed 1 unchanged');
    expect(first.outcome.error).toMatchObject({ class: 'duplicate-object', sqlstate: '42P07' });
    const next = await here.run({ 'fail-on': 'none' });
    expect(ending(next.outcome)).toBe('failed 1 unchanged');
    expect(await here.rows("select pg_get_indexdef('app.i'::regclass) as made")).toEqual([
      { made: 'CREATE INDEX i ON app.t USING btree (id)' },
    ]);
  });

  it('by its definition, whatever its name', async () => {
    const here = await scene({}, SETUP);
    const of = (sql: string) => judged(here.client, sql);
    await here.client.query('create index i on app.t (a desc); create index on app.t (lower(body)) where id > 3');
    expect(await of('create index concurrently i on app.t (a desc)')).toMatchObject({ kind: 'done' });
    expect(await of('create index concurrently i on app.t (a)')).toMatchObject({ kind: 'again', cleanup: [] });
    expect(await of('create unique index concurrently i on app.t (a desc)')).toMatchObject({ kind: 'again' });
    expect(await of('create index concurrently on app.t (lower(body)) where id > 3')).toMatchObject({ kind: 'done' });
    expect(await of('create index concurrently on app.t (lower(t.body)) where t.id > 3')).toMatchObject({
      kind: 'done',
    });
    expect(await of('create index concurrently on app.t (lower(body)) where id > 4')).toMatchObject({ kind: 'again' });
    expect(await of('create index concurrently on app.t using hash (lower(body))')).toMatchObject({ kind: 'again' });
    // Not what the server can make: a person must tell.
    expect(await of('create index concurrently on app.t (gone)')).toMatchObject({ kind: 'unknown' });
    // Inside of a transaction it leaves that as it was.
    await here.client.query('begin; create index other_i on app.t (id, a, body)');
    expect(await of('create index concurrently other_i on app.t (id, a, body)')).toMatchObject({ kind: 'done' });
    expect(await of('create index concurrently on app.t (gone)')).toMatchObject({ kind: 'unknown' });
    expect(await here.rows("select to_regclass('app.other_i') is not null as there")).toEqual([{ there: true }]);
    await here.client.query('rollback');
    expect(await here.rows('select from pg_class where relnamespace = pg_my_temp_schema()')).toEqual([]);
  });

  it('the twins of its own relation, and none that somebody is at', async () => {
    const here = await scene({}, SETUP);
    for (const sql of BYSTANDERS) await here.client.query(sql).catch(() => undefined);
    const twins = async (who: Queryable, sql: string) => {
      const judgement = await judged(who, sql);
      return judgement.kind === 'again' ? judgement.cleanup.map((one) => one.sql.replace(/.* /, '')) : judgement;
    };
    const role = `plain_${here.database.name}`;
    await here.client.query(
      `create role ${role} login password 'p'; grant usage on schema app, elsewhere, other to ${role}`,
    );
    const holder = await here.database.client();
    const plain = await here.database.client({ connectionString: undefined, ...loginOf(here.database.url, role) });
    const other = await here.database.client();
    try {
      // Somebody else's, held up in its middle: at the table's three twins, the TOAST one included.
      await holder.query(WRITER);
      const theirs = other.query('reindex table concurrently app.t');
      await until(here.client, "select from pg_class where relname = 'old_too_ccnew'");
      for (const who of [here.client, plain]) {
        expect((await invalidIndexes(who)).map((one) => one.table)).toEqual(['elsewhere.t', 'elsewhere.t']);
        expect(await twins(who, 'reindex table concurrently app.t')).toEqual([]);
        expect(await indexState(who, 'app.old_ccnew', 'app.t')).toMatchObject({ valid: false, building: true });
      }
      const theirPid = (other as unknown as { processID: number }).processID;
      const refused = expect(theirs).rejects.toThrow();
      // Its last word comes before its locks are given up: only a backend that is gone is at nothing any more.
      await endBackends(here.client, 'pid = $1', [theirPid]);
      await refused;
      await holder.query('rollback');
      // Now they are nobody's.
      expect(await twins(here.client, 'reindex index concurrently app.old')).toEqual(['app.old_ccnew']);
      expect(await twins(here.client, 'reindex index concurrently app.old_too')).toEqual(['app.old_too_ccnew']);
      expect(await twins(here.client, 'reindex index concurrently other.old')).toEqual([]);
      expect(await twins(here.client, 'reindex table concurrently other.t')).toEqual([]);
      expect(await twins(here.client, 'reindex schema concurrently other')).toEqual([]);
      const toast = expect.stringMatching(/^pg_toast\.pg_toast_\d+_index_ccnew$/);
      expect(await twins(here.client, 'reindex table concurrently app.t')).toEqual([
        'app.old_ccnew',
        'app.old_too_ccnew',
        toast,
      ]);
      expect(await twins(here.client, 'reindex schema concurrently app')).toHaveLength(3);
      // Who may not name what is in pg_toast leaves that.
      expect(await twins(plain, 'reindex table concurrently app.t')).toEqual(['app.old_ccnew', 'app.old_too_ccnew']);
    } finally {
      await plain.end();
      await here.client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });

  it('what a person has cleaned up by hand is no trouble', async () => {
    const here = await scene({ '1_it.sql': 'create unique index concurrently u on app.t (id);' }, SETUP);
    const failed = await here.run(INPUTS, {
      onPause: async () => void (await here.client.query('insert into app.t values (7)')),
    });
    expect(ending(failed.outcome)).toBe('failed 7 partially-migrated');
    await here.client.query(
      'drop index app.u; delete from app.t where ctid = (select max(ctid) from app.t where id = 7)',
    );
    const next = await here.run({ 'fail-on': 'none' });
    expect(ending(next.outcome)).toBe('applied 0 migrated');
    expect(next.lines.join('\n')).toContain('there is no index u');
    expect(await here.rows(valid('app.u'))).toHaveLength(1);
  });
});

describe('IF NOT EXISTS hides no invalid index', () => {
  const SQL = 'create table made (id int);\ncreate index if not exists broken on elsewhere.t (id);';

  it('in a transaction: refused in the dry run, by name and with what to run', async () => {
    const here = await scene({ '1_it.sql': SQL }, SETUP);
    await leaveInvalid(here, 'broken', 'elsewhere.t');
    const { outcome } = await here.run({ 'fail-on': 'none' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('elsewhere.broken on elsewhere.t');
    expect(outcome.error?.message).toContain('drop index concurrently if exists elsewhere.broken');
    await here.client.query('drop index elsewhere.broken');
    expect(ending((await here.run({ 'fail-on': 'none' })).outcome)).toBe('applied 0 migrated');
  });

  it('in a DO block', async () => {
    const inside = "do $$ begin execute 'CREATE INDEX\n IF NOT EXISTS broken ON elsewhere.t (id)'; end $$;";
    const here = await scene({ '1_it.sql': inside }, SETUP);
    await leaveInvalid(here, 'broken', 'elsewhere.t');
    const { outcome } = await here.run({ 'fail-on': 'none' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('elsewhere.broken on elsewhere.t');
  });

  it("one that comes in the pause is found by the verification; one of another schema is nobody's business", async () => {
    const here = await scene({ '1_it.sql': SQL }, SETUP);
    await leaveInvalid(here, 'broken', 'other.t');
    const { outcome } = await here.run(INPUTS, { onPause: () => leaveInvalid(here, 'broken', 'elsewhere.t') });
    expect(ending(outcome)).toBe('failed 4 migrated');
    expect(outcome.error?.message).toContain('elsewhere.broken');
    expect(outcome.error?.message).not.toContain('other.broken');
  });

  it("a tool's", async () => {
    const here = await scene({}, SETUP);
    await leaveInvalid(here, 'broken', 'elsewhere.t');
    const tool = await nodeTool(
      `const client = await connect(); await client.query(${JSON.stringify('create index if not exists broken on elsewhere.t (id)')}); await client.end();`,
    );
    const { outcome } = await runCommand(tool, here.database.url);
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('elsewhere.broken');
  });
});

function loginOf(url: string, user: string) {
  const { hostname, port, pathname } = new URL(url);
  return { host: hostname, port: Number(port), database: pathname.slice(1), user, password: 'p' };
}
