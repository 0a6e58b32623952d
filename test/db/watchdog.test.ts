/**
 * The dry run steps back from whoever it keeps waiting: within 200 ms of max-blocking they are free again, whatever it is
 * doing, and nothing is left behind. `TRIALS=50` for the full form, `SEED=n` for the same random moments again.
 */

import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../support/database.ts';
import { databaseWith, folderWith } from '../support/dry-run.ts';
import { Heartbeat } from '../support/heartbeat.ts';
import { randomFrom } from '../support/random.ts';
import { leftBehind } from '../support/scene.ts';
import { attempt, type Measured } from '../support/trial.ts';

const TRIALS = Number(process.env.TRIALS ?? 6);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
const PATIENCE_MS = 300;
const PROMISED_MS = 200;
const ROWS = 2_000_000;
/** The random moment lies within this time after the gate has its lock. */
const WITHIN_MS = 500;

const reads = 'select extract(epoch from clock_timestamp())::float8 * 1000 as free from big limit 1';
const writes = `update big set n = n where id = 1 returning extract(epoch from clock_timestamp())::float8 * 1000 as free`;
const holds = (mode: string) =>
  `select 1 from pg_locks l join pg_stat_activity a using (pid) where a.application_name like 'mgate%'
      and l.relation = 'big'::regclass and l.mode = '${mode}' and l.granted`;

/** Each takes seconds, and on a machine that is faster than that the lock is held on. */
const KINDS = {
  'ALTER TABLE': {
    sql: 'alter table big alter column n type bigint',
    begun: holds('AccessExclusiveLock'),
    wants: reads,
  },
  'CREATE INDEX': { sql: 'create index on big (md5(note))', begun: holds('ShareLock'), wants: writes },
  'UPDATE of a million rows': {
    sql: 'update big set n = n + 1 where id <= 1000000',
    begun: holds('RowExclusiveLock'),
    wants: writes,
  },
  'LOCK TABLE': { sql: 'lock table big', begun: holds('AccessExclusiveLock'), wants: reads },
  'thousands of short statements': {
    sql: `alter table big add column more int;\n${"comment on table big is 'a';\ncomment on table big is 'b';\n".repeat(10_000)}select 1`,
    begun: holds('AccessExclusiveLock'),
    wants: reads,
  },
};

const CATALOG = `
  select md5(string_agg(line, E'\\n' order by line)) as digest from (
    select format('%s %s %s %s', c.oid::regclass, c.relfilenode, c.relkind, c.reltoastrelid) as line from pg_class c where c.oid >= 16384
    union all
    select format('%s %s %s %s', attrelid, attname, atttypid, attnum) from pg_attribute where attrelid >= 16384) of_ours`;
const CONTENT = 'select count(*), sum(hashtext(t::text)::bigint), sum(xmin::text::bigint) from big t';
/** Files of relations that no relation has, with anything in them: PostgreSQL keeps empty ones until the next checkpoint. */
const STRAYS = `
  select file, (pg_stat_file(dir || file)).size from (select 'base/' || oid || '/' as dir from pg_database where datname = current_database()) here,
    lateral pg_ls_dir(dir) file
   where file ~ '^[0-9]+$' and (pg_stat_file(dir || file, true)).size > 0 and pg_filenode_relation(0, file::oid) is null`;

describe('whoever waits on the dry run', () => {
  const heart = new Heartbeat();
  const random = randomFrom(SEED);
  let database: Database;
  let looker: pg.Client;
  let other: pg.Client;

  beforeAll(async () => {
    database = await databaseWith([
      // What a trial leaves is enough for an autovacuum, which would have a lock of its own on it, and hold up the gate.
      'create table big (id int, n int, note text) with (autovacuum_enabled = off)',
      `insert into big select i, i, 'note ' || i from generate_series(1, ${ROWS}) i`,
      'alter table big add primary key (id)',
      'vacuum analyze big',
    ]);
    looker = await database.client();
    // A scan begins with the row that the other one wants, not where the scan before it was.
    await looker.query(`alter database ${database.name} set synchronize_seqscans = off`);
    other = await database.client({ application_name: 'the app' });
    await other.query("set statement_timeout = '20s'");
  });
  afterAll(() => heart.stop());

  const row = async (sql: string) => (await looker.query(sql)).rows;

  it.each(Object.entries(KINDS))(
    `is free again in time: %s (${TRIALS} trials, SEED=${SEED})`,
    async (kind, { sql, begun, wants }) => {
      const workspace = await folderWith({ '1_a.sql': `${sql};\nselect pg_sleep(20);` });
      const inputs = { 'max-blocking': `${PATIENCE_MS}ms`, 'lock-retries': '0' };
      const content = await row(CONTENT);
      const trials: Measured[] = [];
      for (let trial = 1; trial <= TRIALS; trial += 1) {
        const catalog = await row(CATALOG);
        const [size] = await row(`select pg_total_relation_size('big')::float8 as bytes`);
        const delayMs = Math.round(random() * WITHIN_MS);
        const measured = await attempt(
          { workspace, database, inputs, begun, wants, delayMs, patienceMs: PATIENCE_MS },
          { looker, other, heart },
        );
        trials.push(measured);
        expect(measured.run.outcome, measured.run.outcome.error?.message).toMatchObject({
          result: 'dry-run-inconclusive',
          databaseState: 'unchanged',
          blocked: [{ application: 'the app' }],
        });
        expect(await leftBehind(looker)).toEqual([]);
        expect(await row(`select mode from pg_locks where relation = 'big'::regclass`)).toEqual([]);
        expect(await row(CATALOG)).toEqual(catalog);
        expect(await row(STRAYS)).toEqual([]);
        const [after] = await row(`select pg_total_relation_size('big')::float8 as bytes`);
        // Rows that were written and rolled back stay until a vacuum, each once at most.
        expect(after?.bytes).toBeLessThanOrEqual(size?.bytes * (kind.startsWith('UPDATE') ? 2 : 1.01));
        await looker.query('vacuum big');
      }
      expect(await row(CONTENT)).toEqual(content);
      console.log(report(kind, trials));
      for (const trial of trials) expect(late(trial), describeTrial(trial)).toBeLessThanOrEqual(PROMISED_MS);
    },
    30_000 + TRIALS * 10_000,
  );
});

/** Milliseconds for which the gate has to answer: after the end of patience, without those in which the machine stood still. */
function late({ blockedMs, stalledMs }: Measured): number {
  return (blockedMs ?? 0) - PATIENCE_MS - stalledMs;
}

function describeTrial({ delayMs, waitedMs, blockedMs, stalledMs, run }: Measured): string {
  const at = run.outcome.blocked[0]?.statementIndex ?? '?';
  return [
    `wanted it ${delayMs} ms after the lock was taken, at statement ${at}`,
    `waited ${Math.round(waitedMs)} ms by its own clock, ${Math.round(blockedMs ?? 0)} ms by the server's`,
    `the machine stood still for ${Math.round(stalledMs)} ms of the overtime`,
  ].join('; ');
}

function report(kind: string, trials: readonly Measured[]): string {
  const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b).map(Math.round);
  const at = (values: readonly number[], share: number) => values[Math.ceil(share * values.length) - 1];
  const line = (name: string, values: readonly number[]) =>
    `${name}: median ${at(values, 0.5)}, p95 ${at(values, 0.95)}, max ${at(values, 1)} ms`;
  const own = sorted(trials.map((trial) => trial.waitedMs - PATIENCE_MS));
  const server = sorted(trials.map((trial) => (trial.blockedMs ?? 0) - PATIENCE_MS));
  const stalled = sorted(trials.map((trial) => trial.stalledMs));
  const atOnce = trials.filter((trial) => trial.run.outcome.blocked[0]?.statementIndex === 1).length;
  return [
    `${kind}, ${trials.length} trials, over max-blocking (${atOnce} while its first statement ran)`,
    line("the waiting one's clock", own),
    line("the server's clock", server),
    line('the machine stood still', stalled),
  ].join('\n  ');
}
