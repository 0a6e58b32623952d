import { describe, expect, it } from 'vitest';
import { readDirectives } from '../../src/sql/directives.ts';
import { readScript, type ScriptEvent, scanScript } from '../../src/sql/script.ts';
import { splitStatements } from '../../src/sql/split.ts';
import { SqlProblem } from '../../src/sql/statement.ts';

function read(text: string): string[] {
  return [...readScript(splitStatements([text]))].map(told);
}

function told(event: ScriptEvent): string {
  if (event.kind === 'begin-unit') return event.begin === null ? '(' : `(${event.begin}:`;
  if (event.kind === 'end-unit') return `${event.end})`;
  return `${event.index} ${event.statement.sql}`;
}

function scan(text: string) {
  return scanScript(readScript(splitStatements([text])), readDirectives(text).directives);
}

describe('units', () => {
  it.each([
    ['', []],
    ['select 1; select 2', ['(', '1 select 1', 'commit)', '(', '2 select 2', 'commit)']],
    ['begin; select 1; select 2; commit;', ['(begin:', '1 select 1', '2 select 2', 'commit)']],
    [
      'START TRANSACTION ISOLATION LEVEL SERIALIZABLE; select 1; end',
      ['(START TRANSACTION ISOLATION LEVEL SERIALIZABLE:', '1 select 1', 'commit)'],
    ],
    ['begin; commit', ['(begin:', 'commit)']],
    ['begin; select 1; rollback; select 2', ['(begin:', '1 select 1', 'rollback)', '(', '2 select 2', 'commit)']],
    [
      'begin read write; select 1; commit and chain; select 2; rollback and chain; commit',
      [
        '(begin read write:',
        '1 select 1',
        'commit)',
        '(begin read write:',
        '2 select 2',
        'rollback)',
        '(begin read write:',
        'commit)',
      ],
    ],
    [
      'begin; savepoint a; rollback to a; release a; commit',
      ['(begin:', '1 savepoint a', '2 rollback to a', '3 release a', 'commit)'],
    ],
    ['savepoint a; release a', ['(', '1 savepoint a', 'commit)', '(', '2 release a', 'commit)']],
  ])('%j', (text, events) => {
    expect(read(text)).toEqual(events);
  });

  it.each([
    ['select 1;\n commit;', 2, 2, /^COMMIT without a BEGIN.*remove it/],
    ['end', 1, 1, /^END without a BEGIN/],
    ['rollback', 1, 1, /^ROLLBACK without a BEGIN/],
    ['begin; commit; abort', 1, 16, /^ABORT without a BEGIN/],
    ['commit and chain', 1, 1, /^COMMIT without a BEGIN/],
    ['select 1;\nbegin read only; select 2; commit', 2, 1, /^BEGIN READ ONLY.*recorded/],
    ['start transaction isolation level serializable, read /* x */ only; commit', 1, 1, /^START TRANSACTION READ ONLY/],
    ['begin;\n start transaction', 2, 2, /^START TRANSACTION inside of the block that line 1 begins/],
    ['select 1;\nbegin; select 2', 2, 1, /ends before its COMMIT/],
    ['begin; select 1;\ncommit and chain;', 2, 1, /ends before its COMMIT/],
    ["begin; prepare transaction 'x'", 1, 8, /^PREPARE TRANSACTION .*two-phase/],
    ["commit prepared 'x'", 1, 1, /^COMMIT PREPARED .*two-phase/],
    ["rollback prepared 'x'", 1, 1, /^ROLLBACK PREPARED .*two-phase/],
  ])('%j is a problem', (text, line, column, message) => {
    let problem: unknown = null;
    try {
      read(text);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(SqlProblem);
    expect(problem).toMatchObject({ line, column, message: expect.stringMatching(message) });
  });
});

describe('the form of a file', () => {
  const plain = { transactional: true, reason: null, ownTransactions: false, wrapper: null, problems: [] };
  const own = { ...plain, transactional: false, reason: 'own transactions', ownTransactions: true };
  it.each([
    ['', { ...plain, statements: 0 }],
    ['select 1; select 2', { ...plain, statements: 2 }],
    ['savepoint a; select 1; release a', { ...plain, statements: 3 }],
    [
      '-- x\nbegin isolation level serializable; select 1; commit;',
      { ...plain, statements: 1, wrapper: 'begin isolation level serializable' },
    ],
    ['begin; select 1; rollback', { ...own, statements: 1 }],
    ['begin; select 1; commit; select 2', { ...own, statements: 2 }],
    ['select 1; begin; select 2; commit', { ...own, statements: 2 }],
    ['begin; select 1; commit; begin; commit', { ...own, statements: 1 }],
    ['begin; select 1; commit and chain; select 2; commit', { ...own, statements: 2 }],
    [
      '-- gate: no-transaction\nselect 1',
      { ...plain, transactional: false, reason: '-- gate: no-transaction', statements: 1 },
    ],
    [
      'select 1;\n\ncreate index concurrently i on t (a); vacuum t',
      { ...plain, transactional: false, reason: 'CREATE INDEX CONCURRENTLY at line 3', statements: 3 },
    ],
    [
      'do $$ begin commit; end $$',
      { ...plain, transactional: false, reason: 'DO that commits at line 1', statements: 1 },
    ],
    ['begin; select 1; commit; vacuum', { ...own, reason: 'VACUUM at line 1', statements: 2 }],
    ['begin; drop subscription s; commit', { ...plain, wrapper: 'begin', statements: 1 }],
  ])('%j', (text, expected) => {
    expect(scan(text)).toMatchObject(expected);
  });

  it('names the tables that it creates', () => {
    const text =
      'create table if not exists public."A b" (x int); begin; create table s.B as select 1; commit; create temp table c ()';
    expect(scan(text).createsTables).toEqual(['A b', 'b']);
  });

  it('keeps the directives', () => {
    expect(scan('-- gate: lock-timeout=1s\nselect 1').directives.lockTimeoutMs).toBe(1_000);
  });

  it.each([
    [
      'begin;\n vacuum t;\nalter system set a = 1; commit',
      [
        [2, 2, /^VACUUM cannot run in a transaction block: move it/],
        [3, 1, /^ALTER SYSTEM/],
      ],
    ],
    ['vacuum;\nsavepoint a; release a', [[2, 1, /^SAVEPOINT outside of a transaction block.*VACUUM at line 1/]]],
    ['-- gate: no-transaction\nrollback to a', [[2, 1, /^ROLLBACK outside of a transaction block/]]],
  ] as const)('%j has problems', (text, problems) => {
    expect(scan(text).problems).toEqual(
      problems.map(([line, column, message]) => ({ line, column, message: expect.stringMatching(message) })),
    );
  });

  it('passes on what cannot be split', () => {
    expect(() => scan("select 1; select 'x")).toThrow(SqlProblem);
  });
});
