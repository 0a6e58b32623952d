/** What is kept of what a tool said. */
import { describe, expect, it } from 'vitest';
import { Ledger } from '../../src/rehearsal/proxy/ledger.ts';
import type { Said } from '../../src/rehearsal/proxy/transcript.ts';

const said = (sql: string, tag: string, more: Partial<Said> = {}): Said => ({
  caller: 1,
  database: 'd',
  sql,
  beganAt: 1,
  endedAt: 2,
  tags: [tag],
  error: null,
  ...more,
});
const failed = (sql: string) => said(sql, '', { tags: [], error: { sqlstate: '42601', message: 'no' } });

function kept(all: readonly Said[]) {
  const ledger = new Ledger();
  for (const one of all) ledger.add(one);
  return ledger;
}

describe('runs of INSERTs', () => {
  it('that are the same but for their values are one', () => {
    const one = said("insert into t (a) values ('values x')", 'INSERT 0 1', { beganAt: 5 });
    const { entries } = kept([one, said('insert into t (a) values (2), (3)', 'INSERT 0 2', { endedAt: 9 })]);
    expect(entries).toEqual([{ ...one, endedAt: 9, tags: ['INSERT 0 3'], times: 2 }]);
  });

  const first = said('insert into t values (1)', 'INSERT 0 1');
  it.each([
    ['another table', said('insert into u values (1)', 'INSERT 0 1')],
    ['another caller', { ...first, caller: 2 }],
    ['one that failed', failed('insert into t values (2)')],
    ['one of several in a string', { ...first, tags: ['INSERT 0 1', 'INSERT 0 1'] }],
  ])('do not go with %s', (_, other) => {
    expect(kept([first, other, first]).entries.map(({ times }) => times)).toEqual([1, 1, 1]);
  });

  it('of queries only where these are the same', () => {
    const queries = ['insert into t select 1', 'insert into t select 1', 'insert into t select 2'];
    const { entries } = kept(queries.map((sql) => said(sql, 'INSERT 0 1')));
    expect(entries.map(({ times }) => times)).toEqual([2, 1]);
  });

  it('other statements are not folded', () => {
    expect(kept([said('update t set a = 1', 'UPDATE 1'), said('update t set a = 1', 'UPDATE 1')]).entries).toHaveLength(
      2,
    );
  });
});

it('of many the latest are kept, and of those before them the latest that failed', () => {
  const all = Array.from({ length: 5_000 }, (_, at) =>
    at % 10 === 0 ? failed(`x ${at}`) : said(`select ${at}`, 'SELECT 1'),
  );
  const { entries, counts } = kept(all);
  expect(counts).toEqual({ statements: 5_000, failed: 500 });
  expect(entries).toHaveLength(2_200);
  expect(entries.slice(-2_000).map(({ sql }) => sql)).toEqual(all.slice(-2_000).map(({ sql }) => sql));
  expect(entries.slice(0, 200).map(({ sql }) => sql)).toEqual(
    Array.from({ length: 200 }, (_, at) => `x ${1_000 + 10 * at}`),
  );
});
