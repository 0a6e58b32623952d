import { describe, expect, it } from 'vitest';
import { readDirectives, refuseLateDirective } from '../../src/sql/directives.ts';
import { splitStatements } from '../../src/sql/split.ts';

const NONE = { noTransaction: false, batch: false, allow: [], lockTimeoutMs: null, statementTimeoutMs: null };

describe('directives', () => {
  it.each([
    ['', {}],
    ['select 1;', {}],
    ['-- just a comment\nselect 1;', {}],
    ['-- a gate: into the garden', {}],
    ['-- gate valve, allow it', {}],
    ['-- gate: no-transaction', { noTransaction: true }],
    ['\ufeff--gate:no-transaction\r\nselect 1;', { noTransaction: true }],
    ['  -- Gate:   batch  ', { batch: true }],
    ['-- gate: lock-timeout=2s', { lockTimeoutMs: 2_000 }],
    ['-- gate: statement-timeout=10m lock-timeout=500ms', { statementTimeoutMs: 600_000, lockTimeoutMs: 500 }],
    ['-- gate: lock-timeout=0 statement-timeout=1h', { lockTimeoutMs: 0, statementTimeoutMs: 3_600_000 }],
    ['-- gate: lock-timeout=1s\n-- gate: statement-timeout=2s', { lockTimeoutMs: 1_000, statementTimeoutMs: 2_000 }],
    [
      '-- gate: allow drop-column  nobody reads it: #12 ',
      { allow: [{ rule: 'drop-column', reason: 'nobody reads it: #12', line: 1 }] },
    ],
    [
      '-- A title\n\n/* a /* nested */ select 1;\n-- gate: batch\n*/ -- gate: no-transaction\n-- gate: allow a b\n-- gate: allow c d\n',
      {
        noTransaction: true,
        allow: [
          { rule: 'a', reason: 'b', line: 6 },
          { rule: 'c', reason: 'd', line: 7 },
        ],
      },
    ],
    ['-- dump\n\n\\restrict abc\n\n-- gate: no-transaction\n', { noTransaction: true }],
    ['-- gate: allow a b\u2028c\u2029', { allow: [{ rule: 'a', reason: 'b c', line: 1 }] }],
    ['\\restrict;x\n-- gate: batch', { batch: true }],
    [`--${'x'.repeat(100_000)}\n-- gate: batch`, { batch: true }],
    ['select 1;\n-- gate: no-transaction', {}],
    ['/* x */ select 1;\n-- gate: no-transaction', {}],
    [';\n-- gate: no-transaction', {}],
    ["'\n-- gate: no-transaction\n'", {}],
    ['/* open\n-- gate: no-transaction', {}],
  ])('%j', (text, expected) => {
    expect(readDirectives(text)).toEqual({ directives: { ...NONE, ...expected }, problems: [] });
  });

  it.each([
    ['-- gate: no-transactions', 1, 1, /"no-transactions" is not known; allowed: no-transaction, batch, allow/],
    ['-- x\n /* é */ -- gate: notransaction', 2, 10, /not known/],
    ['-- gate:', 1, 1, /nothing follows/],
    ['-- gate: No-Transaction', 1, 1, /not known/],
    ['-- gate: no-transaction please', 1, 1, /not known/],
    ['-- gate: batch size=5', 1, 1, /not known/],
    ['-- gate: allow', 1, 1, /needs a rule/],
    ['-- gate: allow Drop_Column why', 1, 1, /needs a rule/],
    ['-- gate: allow drop-column', 1, 1, /allow drop-column needs a reason/],
    ['-- gate: lock-timeout', 1, 1, /not known/],
    ['-- gate: lock-timeout = 2s', 1, 1, /not known/],
    ['-- gate: lock-timeout=2', 1, 1, /lock-timeout=2 is not a duration: 500ms/],
    ['-- gate: lock-timeout=', 1, 1, /not a duration/],
    ['-- gate: lock-timeout=-1s', 1, 1, /not a duration/],
    ['-- gate: lock-timeout=1.5s', 1, 1, /not a duration/],
    ['-- gate: statement-timeout=2d', 1, 1, /not a duration/],
    ['-- gate: statement-timeout=2S', 1, 1, /not a duration/],
    ['-- gate: statement-timeout=1s=2', 1, 1, /not a duration/],
    ['-- gate: statement-timeout=600h', 1, 1, /too long/],
    ['-- gate: lock-timeout=1s\n-- gate: lock-timeout=2s', 2, 1, /given twice/],
    ['-- gate: lock-timeout=1s lock-timeout=1s', 1, 1, /given twice/],
    ['-- gate no-transaction', 1, 1, /colon is missing/],
    ['-- gate lock-timeout=2s', 1, 1, /colon is missing/],
    ['-- gate: uses-index i', 1, 1, /smoke test/],
  ])('%j is a problem', (text, line, column, message) => {
    expect(readDirectives(text).problems).toEqual([{ line, column, message: expect.stringMatching(message) }]);
  });

  it('gives all problems at once, and what was right', () => {
    const { directives, problems } = readDirectives(
      '-- gate: x\n-- gate: batch\n-- gate: lock-timeout=x lock-timeout=1s',
    );
    expect(problems.map(({ line }) => line)).toEqual([1, 3]);
    expect(directives).toEqual({ ...NONE, batch: true, lockTimeoutMs: 1_000 });
  });
});

describe('a late directive', () => {
  const split = (text: string) => [...splitStatements([text], refuseLateDirective)].length;

  it.each([
    ['select 1;\n  -- gate: batch', 2, 3],
    ['select 1 -- gate: batch\n;', 1, 10],
    ['-- gate: batch\nselect 1; -- gate: no-transaction', 2, 11],
  ])('is refused: %j', (text, line, column) => {
    expect(() => split(text)).toThrow(
      expect.objectContaining({ line, column, message: expect.stringContaining('top') }),
    );
  });

  it.each(['-- gate: batch\nselect 1;', "-- gate: x\n; -- gate: y\nselect '-- gate: z';"])('not: %j', (text) => {
    expect(split(text)).toBe(1);
  });
});
