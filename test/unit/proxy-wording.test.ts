/** A text of SQL as it passes: what is kept of it, and what waits for others. */
import { describe, expect, it } from 'vitest';
import { say } from '../../src/rehearsal/proxy/wire.ts';
import { Wording } from '../../src/rehearsal/proxy/wording.ts';

const wording = (sql: string) => new Wording({ type: 'Q', bytes: say.query(sql) }, 0);

describe('what waits for others', () => {
  it.each([
    'create index concurrently i on t (a)',
    '-- why\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a); ;',
    'drop index concurrently if exists i',
    'reindex index concurrently i',
    'reindex (concurrently, verbose) table t',
    'alter table t detach partition t1 concurrently',
  ])('%s', (sql) => expect(wording(sql).waitsForOthers).toBe(true));

  it.each([
    'create index i on t (a)',
    'select 1; create index concurrently i on t (a)',
    'create index concurrently i on t (a); select 1',
    'refresh materialized view concurrently m',
    'alter table t validate constraint c',
    'alter table t detach partition t1',
    "select 'create index concurrently'",
    'vacuum',
  ])('not: %s', (sql) => expect(wording(sql).waitsForOthers).toBe(false));
});

describe('what is kept', () => {
  it('the beginning is shown, the statements are told from more of it', () => {
    const long = wording(`select '${'ä'.repeat(2_000)}'; select 2`);
    expect([long.sql.length, long.isApart, long.statements.length]).toEqual([1_000, true, 2]);
  });

  it('of what is longer than is kept the last statement is not known', () => {
    const values = Array.from({ length: 10_000 }, (_, at) => `insert into t values (${at})`).join(';');
    const { statements, isApart } = wording(values);
    expect([isApart, statements.length > 1_000, statements.at(-1)]).toEqual([
      false,
      true,
      expect.stringMatching(/^insert into t values \(\d+\)$/),
    ]);
  });

  it('what cannot be split is one', () => {
    const copy = wording('copy t from stdin');
    expect([copy.statements, copy.isApart]).toEqual([['copy t from stdin'], true]);
    expect(wording('copy t from stdin; select 1').isApart).toBe(false);
  });
});
