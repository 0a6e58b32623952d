/** What a user of a driver sees through the rehearsal is what is seen at the server itself. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Database, freshDatabase } from '../support/database.ts';
import { dump } from '../support/dump.ts';
import { virtualEnvironment } from '../support/python.ts';
import { rehearse } from '../support/stage.ts';

const SETUP = `
  drop schema if exists public cascade;
  create schema public;
  create table t (id int primary key, n int, note text);
  insert into t select i, i * 10, 'row ' || i from generate_series(1, 5) i;
  create table later (id int unique deferrable initially deferred);
  insert into later values (1);
  create type mood as enum ('sad', 'ok')`;
const CONTENT = 'select t.id::text, n::text, note from t order by t.id';

let direct: Database;
let rehearsed: Database;
beforeAll(async () => {
  [direct, rehearsed] = await Promise.all([freshDatabase(), freshDatabase()]);
  const other = await rehearsed.client();
  await other.query(SETUP);
  await other.end();
});

/** Runs it at both; what it gives, and what is in the tables then, must be equal. */
async function same(program: (url: string) => Promise<unknown>): Promise<unknown> {
  const admin = await direct.client();
  await admin.query(SETUP);
  const seen = await program(direct.url);
  const { rows } = await admin.query<unknown[]>({ text: CONTENT, rowMode: 'array' });
  await admin.end();
  const before = await dump(rehearsed.url, { versions: true });
  const rehearsal = await rehearse(rehearsed);
  try {
    expect(await Promise.race([program(rehearsal.url), rehearsal.stage.broken])).toEqual(seen);
    expect(await rehearsal.ask(CONTENT)).toEqual(rows);
  } finally {
    expect(await rehearsal.end()).toEqual({ commit: '23505 mgate_guard_key', proof: 'aborted' });
  }
  expect(await dump(rehearsed.url, { versions: true })).toBe(before);
  return seen;
}

const run = promisify(execFile);
const script = join(import.meta.dirname, '..', 'support', 'drivers.py');
const DRIVERS = { psycopg2: 'psycopg2-binary==2.9.13', psycopg: 'psycopg[binary]==3.3.9', asyncpg: 'asyncpg==0.32.0' };

describe.each(['disable', 'require'])('Python, sslmode=%s', (sslmode) => {
  it.each(['psycopg2', 'psycopg', 'asyncpg'] as const)('%s', { timeout: 120_000 }, async (driver) => {
    const { python } = await virtualEnvironment('drivers', Object.values(DRIVERS));
    const seen = await same(async (url) => {
      const address = new URL(url);
      // The tests' server has no TLS.
      address.searchParams.set('sslmode', address.password === 'secret' ? sslmode : 'disable');
      const { stdout, stderr } = await run(python, [script, driver, address.href], {
        maxBuffer: 1 << 24,
        timeout: 40_000,
      });
      expect(stderr).toBe('');
      return stdout.replace(/server at ".*/g, '').split('\n');
    });
    expect((seen as string[]).length).toBeGreaterThan(25);
  });
});

describe('pg', () => {
  /** Results, errors and notices in words. */
  async function told(
    url: string,
    talk: (client: pg.Client, note: (what: unknown) => void) => Promise<void>,
    config: pg.ClientConfig & { readonly pipeline?: boolean } = {},
  ) {
    const client = new pg.Client({ connectionString: url, ...config });
    const seen: unknown[] = [];
    client.on('notice', ({ severity, code, message }) => seen.push({ severity, code, message }));
    await client.connect();
    await talk(client, (what) => seen.push(what));
    await client.end();
    return seen;
  }

  const asked = async (query: Promise<pg.QueryResult | pg.QueryResult[]>): Promise<unknown> =>
    query.then(
      (found) =>
        [found].flat().map(({ command, rowCount, rows, fields }) => ({
          command,
          rowCount,
          rows,
          fields: fields.map(({ name, dataTypeID }) => [name, dataTypeID]),
        })),
      ({ code, message, detail, position, constraint, severity }) => ({
        code,
        message,
        detail,
        position,
        constraint,
        severity,
      }),
    );

  it('simple and extended queries, names, cursors and errors', async () => {
    await same((url) =>
      told(url, async (client, note) => {
        for (const text of [
          'select 1 as a',
          'insert into t values (6) returning *',
          'select 1; select 2',
          '',
          'select nothing',
          'begin',
          'insert into t values (1)',
          'select 1',
          'rollback',
          'insert into later values (1)',
          'begin; insert into t values (7); commit',
          "do $$ begin raise notice 'n'; end $$",
          'begin',
          'commit',
          'commit',
        ]) {
          note(await asked(client.query(text)));
          if (!/;/.test(text)) note(await asked(client.query(text, [])));
        }
        for (const n of [1, 2, 3])
          note(await asked(client.query({ name: 'by-id', text: 'select n from t where id = $1', values: [n] })));
        note(await asked(client.query({ name: 'insert', text: 'insert into t values ($1)', values: [1] })));
        note(await asked(client.query({ name: 'insert', text: 'insert into t values ($1)', values: [8] })));
        note(await asked(client.query('select $1::int', ['x'])));
        note(await asked(client.query({ text: 'select i from generate_series(1, 5) i', rows: 2 } as pg.QueryConfig)));
      }),
    );
  });

  it('what is sent at once is answered in order', async () => {
    const all = ['select 1', 'select 1/0', 'insert into t values (9)', 'select count(*) from t'];
    const talk = async (client: pg.Client, note: (what: unknown) => void) =>
      note(await Promise.all(all.map((text) => asked(client.query(text, [])))));
    await same((url) => told(url, talk, { pipeline: true }));
  });
});
