import { describe, expect, it } from 'vitest';
import { checklist } from '../../src/hazards/checklist.ts';
import type { Claim } from '../../src/hazards/claim.ts';
import { claimsOf } from '../../src/hazards/claims.ts';
import { notRead } from '../../src/hazards/hazards.ts';
import { sameRelation } from '../../src/hazards/names.ts';
import { gravity, weigh } from '../../src/hazards/weigh.ts';
import type { PlannedMigration } from '../../src/plan/plan.ts';
import { judge } from '../../src/policy/verdict.ts';
import type { Hazard, RelationSize, StatementReport } from '../../src/report/outcome.ts';
import { readScript, scanScript } from '../../src/sql/script.ts';
import { splitStatements } from '../../src/sql/split.ts';
import { aHazard, aMigration, aStatement } from '../support/outcome.ts';

const NONE = { noTransaction: false, batch: false, allow: [], lockTimeoutMs: null, statementTimeoutMs: null };
const INDEX: Claim = {
  rule: 'index-not-concurrent',
  version: '0001',
  file: 'migrations/0001_add_total.sql',
  index: 1,
  line: 1,
  statement: 'CREATE INDEX ON orders (total)',
  relation: 'orders',
  lock: 'ShareLock',
  work: 'index-build',
  effects: ['blocks-writes', 'scans'],
  weight: 'work',
  severity: 'danger',
  message: 'it is built',
  safer: 'CREATE INDEX CONCURRENTLY ON orders (total);',
};
const DROP: Claim = {
  ...INDEX,
  rule: 'drop-table',
  lock: 'AccessExclusiveLock',
  work: 'none',
  effects: ['destroys', 'breaks-clients'],
  weight: 'rows',
  message: 'it is gone',
};
const SHARE = [{ relation: 'public.orders', mode: 'ShareLock', preexisting: true }] as const;
const BUILT = aStatement({ locks: SHARE, scans: ['public.orders'], ms: 1 });

function sized(rows: number | null, parts: Partial<RelationSize> = {}): RelationSize {
  const bytes = (rows ?? 0) * 100;
  return { relation: 'public.orders', bytes, rows, writesPerMinute: null, readsPerMinute: null, ...parts };
}

function weighed(
  claims: readonly Claim[],
  statements: readonly StatementReport[],
  sizes: readonly RelationSize[] = [sized(5_000_000)],
  assumeRows = 0,
): Hazard[] {
  const migrations = statements.length === 0 ? [] : [aMigration(1, { statements: [...statements] })];
  return weigh({ claims, migrations, sizes, assumeRows, oneTransaction: false });
}

describe('a claim of work', () => {
  it('is confirmed by what was seen', () => {
    expect(weighed([INDEX], [BUILT])).toEqual([
      expect.objectContaining({
        rule: 'index-not-concurrent',
        severity: 'danger',
        source: 'both',
        effects: ['blocks-writes', 'scans'],
        relation: 'public.orders',
        safer: INDEX.safer,
        message: expect.stringMatching(/^it is built\. Seen in the dry run: public\.orders \(.*5,000,000 rows\)/),
      }),
    ]);
  });

  it('is withdrawn where the server did no such work', () => {
    expect(weighed([INDEX], [aStatement({ locks: SHARE })])).toEqual([
      expect.objectContaining({
        severity: 'info',
        effects: [],
        source: 'both',
        message: expect.stringContaining('Not here'),
      }),
    ]);
  });

  it.each([
    ['not executed', aStatement({ executed: false, reason: 'too large' })],
    [
      'in its plain form, whose locks are not those of what was written',
      { ...BUILT, executed: false, reason: 'rehearsed in its plain form: x' },
    ],
    ['failed', aStatement({ error: 'no' })],
  ])('stays where the statement was %s', (_what, statement) => {
    expect(weighed([INDEX], [statement])).toEqual([
      expect.objectContaining({ severity: 'danger', source: 'static', effects: INDEX.effects }),
    ]);
  });

  it('stays where the dry run did not come to it', () => {
    expect(weighed([INDEX], [])).toEqual([expect.objectContaining({ severity: 'danger', source: 'static' })]);
  });

  it.each<[string, readonly RelationSize[], number, string]>([
    ['an empty table', [sized(0)], 0, 'info'],
    ['a small one', [sized(9_999)], 0, 'info'],
    ['a middling one', [sized(50_000)], 0, 'warning'],
    ['a large one', [sized(2_000_000)], 0, 'danger'],
    ['an empty one, judged as if it were large', [sized(0)], 10_000_000, 'danger'],
    ['one of few rows and many bytes', [sized(500, { bytes: 2 * 1024 ** 3 })], 0, 'danger'],
    ['one whose rows nobody knows, by its bytes', [sized(null, { bytes: 20 * 1024 ** 2 })], 0, 'warning'],
    ['a middling one that is busy', [sized(50_000, { writesPerMinute: 900 })], 0, 'danger'],
    ['a small one that is busy', [sized(5_000, { readsPerMinute: 9_000 })], 0, 'warning'],
    ['a tiny one that is busy', [sized(50, { readsPerMinute: 9_000 })], 0, 'info'],
  ])('on %s', (_what, sizes, assumeRows, severity) => {
    expect(weighed([INDEX], [BUILT], sizes, assumeRows)[0]?.severity).toBe(severity);
  });

  it('never counts for more than its rule says', () => {
    const mild: Claim = { ...INDEX, severity: 'warning' };
    expect(weighed([mild], [aStatement({ executed: false, reason: 'x' })])[0]?.severity).toBe('warning');
  });

  it('keeps what the text says beside the work', () => {
    const lossy: Claim = { ...INDEX, effects: ['rewrites', 'destroys'], work: 'rewrite' };
    const rewritten = aStatement({ rewrites: ['public.orders'] });
    expect(weighed([lossy], [rewritten])[0]?.effects).toEqual([
      'blocks-reads',
      'blocks-writes',
      'rewrites',
      'destroys',
    ]);
  });

  it('of a relation that was not there is none', () => {
    expect(weighed([INDEX], [aStatement({ executed: false, reason: 'x' })], [])).toEqual([
      expect.objectContaining({ severity: 'info', effects: [] }),
    ]);
  });
});

describe('what no text told', () => {
  it('is a hazard of its own under a blocking lock', () => {
    expect(weighed([], [BUILT])).toEqual([
      expect.objectContaining({ rule: 'scans-under-lock', severity: 'danger', source: 'observed' }),
    ]);
  });

  it('counts under a lock that an earlier statement took', () => {
    const later = aStatement({ index: 2, line: 7, locks: [], scans: ['public.orders'] });
    expect(weighed([], [aStatement(), later])).toEqual([
      expect.objectContaining({ line: 7, effects: ['blocks-reads', 'blocks-writes', 'scans'] }),
    ]);
  });

  it('is none under a lock that blocks nobody, nor in the next transaction', () => {
    const reading = aStatement({
      locks: [{ relation: 'public.orders', mode: 'AccessShareLock', preexisting: true }],
      scans: ['public.orders'],
    });
    expect(weighed([], [reading])).toEqual([]);
    const migrations = [aMigration(1, { statements: [aStatement()] }), aMigration(2, { statements: [reading] })];
    const input = { claims: [], migrations, sizes: [sized(5_000_000)], assumeRows: 0 };
    expect(weigh({ ...input, oneTransaction: false })).toEqual([]);
    expect(weigh({ ...input, oneTransaction: true })).toHaveLength(1);
  });

  it.each<[string, Partial<StatementReport>, object]>([
    ['a table dropped by code', { dropped: ['public.orders'] }, { rule: 'destroys-data', severity: 'danger' }],
    ['a table emptied by code', { truncated: ['public.orders'] }, { rule: 'destroys-data', effects: ['destroys'] }],
    [
      'a column dropped by CASCADE',
      { droppedColumns: [{ relation: 'public.orders', column: 'mood', values: 3 }] },
      { rule: 'destroys-data', message: expect.stringContaining('mood') },
    ],
    [
      'many rows deleted',
      { touched: [{ relation: 'public.orders', inserted: 0, updated: 0, deleted: 20_000 }] },
      { rule: 'deletes-many-rows', severity: 'warning', effects: ['destroys', 'bulk'] },
    ],
    [
      'all rows deleted',
      { touched: [{ relation: 'public.orders', inserted: 0, updated: 0, deleted: 5_000_000 }] },
      { rule: 'deletes-many-rows', severity: 'danger' },
    ],
  ])('%s', (_what, seen, expected) => {
    expect(weighed([], [aStatement({ locks: [], ...seen })])).toEqual([expect.objectContaining(expected)]);
  });

  it('is nothing where a few rows are written, or what was dropped was empty', () => {
    const few = aStatement({
      locks: [],
      touched: [{ relation: 'public.orders', inserted: 9, updated: 9, deleted: 9 }],
    });
    expect(weighed([], [few])).toEqual([]);
    const column = { relation: 'public.orders', column: 'mood', values: 0 };
    expect(weighed([], [aStatement({ locks: [], droppedColumns: [column] })])).toEqual([
      expect.objectContaining({ severity: 'info' }),
    ]);
  });
});

describe('a claim of loss', () => {
  it.each<[string, readonly RelationSize[], number, string]>([
    ['rows', [sized(3)], 0, 'danger'],
    ['no rows', [sized(0)], 0, 'info'],
    ['no rows, judged as if there were', [sized(0)], 1_000, 'danger'],
    ['nobody knows how many rows', [sized(null, { bytes: 8_192 })], 0, 'danger'],
    ['no such table', [], 0, 'info'],
  ])('of a table with %s', (_what, sizes, assumeRows, severity) => {
    const dropped = aStatement({ dropped: sizes.map((one) => one.relation) });
    expect(weighed([DROP], [dropped], sizes, assumeRows)).toEqual([
      expect.objectContaining({ rule: 'drop-table', severity }),
    ]);
  });
});

it('an error that the text expects and the server did not make is withdrawn', () => {
  const claim: Claim = { ...INDEX, weight: 'fixed', severity: 'warning', effects: ['may-fail'], work: 'none' };
  expect(weighed([claim], [aStatement({ locks: [] })])[0]).toMatchObject({ severity: 'info', effects: [] });
  expect(weighed([claim], [aStatement({ executed: false, reason: 'x' })])[0]).toMatchObject({ severity: 'warning' });
});

it.each([
  [aStatement({ locks: [] }), 'info'],
  [aStatement({ locks: [], executed: false, reason: 'x' }), 'danger'],
])('what the parser does not understand is watched, or a danger', (statement, severity) => {
  const claim: Claim = {
    ...INDEX,
    rule: 'not-understood',
    weight: 'fixed',
    severity: 'danger',
    effects: [],
    work: 'none',
  };
  expect(weighed([claim], [statement])[0]?.severity).toBe(severity);
});

it.each([
  ['orders', 'public.orders', true],
  ['shop.orders', 'shop.orders', true],
  ['Order Items', 'public."Order Items"', true],
  ['orders', 'public.my_orders', false],
  ['shop.orders', 'public.orders', false],
])('%s is %s: %s', (written, qualified, same) => {
  expect(sameRelation(written, qualified)).toBe(same);
});

it('time alone is enough', () => {
  expect(gravity(1, sized(1), 5_000)).toBe('danger');
});

it.each([
  [aStatement({ locks: [] }), 'info'],
  [aStatement({ locks: [], executed: false, reason: 'x' }), 'danger'],
  [aStatement({ locks: [], watched: false }), 'info'],
])('what the parser makes nothing of, by the rules themselves', async (statement, severity) => {
  const asked = { version: '0001', file: 'a.sql', index: 1, line: 1, sql: 'FROBNICATE orders', transactional: true };
  const claims = await claimsOf([asked], { major: 18 });
  expect(weighed(claims, [statement])).toContainEqual(expect.objectContaining({ rule: 'not-understood', severity }));
});

it('a busy table of which nobody knows how many rows it has does not count as small', () => {
  expect(gravity(null, sized(null, { bytes: 20 * 1024 ** 2, writesPerMinute: 900 }), null)).toBe('danger');
});

describe('a file of which not all was kept for the rules', () => {
  const file = (unread: number) => ({ version: '1', file: 'a.sql', script: { unread } }) as unknown as PlannedMigration;

  it('is told', () => {
    expect(notRead(file(3), 'danger')).toEqual([
      expect.objectContaining({ rule: 'not-understood', severity: 'danger', file: 'a.sql' }),
    ]);
    expect(notRead(file(0), 'danger')).toEqual([]);
  });

  it('is one of more than eight million characters; rows of plain INSERTs do not count', () => {
    const one = `UPDATE a SET b = '${'x'.repeat(1024 * 1024)}'`;
    const row = `INSERT INTO a VALUES ('${'x'.repeat(1024 * 1024)}')`;
    const many = (sql: string, count: number) =>
      scanScript(readScript(splitStatements([`${sql};\n`.repeat(count)])), NONE);
    expect(many(one, 7)).toMatchObject({ unread: 0, texts: { length: 7 } });
    expect(many(one, 10)).toMatchObject({ unread: 3, texts: { length: 7 } });
    expect(many(row, 10)).toMatchObject({ unread: 0, texts: { length: 1 } });
  });
});

describe('policy', () => {
  const rehearsal = { verdict: 'passed', checks: [] } as unknown as Parameters<typeof judge>[1];
  const request = (environment: string, failOn: string) =>
    ({ environment, failOn, allowHazards: [] }) as unknown as Parameters<typeof judge>[0];
  const loss = aHazard({ rule: 'drop-table', severity: 'danger', effects: ['destroys'], allowed: null });

  it.each([
    ['production', 'none', null, true],
    ['production', 'none', 'it is archived', false],
    ['staging', 'none', null, false],
    ['staging', 'danger', null, true],
  ])('destroyed data in %s with fail-on %s, accepted: %s', (environment, failOn, allowed, refused) => {
    const decide = () => judge(request(environment, failOn), rehearsal, [{ ...loss, allowed }]);
    if (refused) expect(decide).toThrow(/drop-table/);
    else expect(decide).not.toThrow();
  });
});

describe('the checklist', () => {
  const planned = (parts: object = {}) =>
    ({ key: '1', file: '1_a.sql', script: { createsTables: [], texts: [], ...parts } }) as unknown as PlannedMigration;
  const answers = (input: Partial<Parameters<typeof checklist>[0]>) =>
    Object.fromEntries(
      checklist({
        pending: [planned()],
        downFiles: new Map([['1', '1_a.down.sql']]),
        hazards: [],
        tool: null,
        wentDown: true,
        complete: true,
        ...input,
      }).map(({ question, answer }) => [question, answer]),
    );

  it('is all yes where nothing speaks against it', () => {
    expect(new Set(Object.values(answers({})))).toEqual(new Set(['yes']));
  });

  it.each<[string, Partial<Parameters<typeof checklist>[0]>, string, string]>([
    ['no down file', { downFiles: new Map() }, 'has a way back', 'no'],
    ['a down file that was not tried', { wentDown: false }, 'has a way back', 'unknown'],
    ["somebody else's tool, which is not read", { tool: 'command' }, 'has a way back', 'unknown'],
    ['a revision without a downgrade', { tool: 'alembic', downFiles: new Map() }, 'has a way back', 'no'],
    ['a downgrade that was not tried', { tool: 'alembic' }, 'has a way back', 'unknown'],
    ['one that fails', { hazards: [aHazard({ rule: 'down-fails' })] }, 'has a way back', 'no'],
    [
      'one that there was no time for',
      { hazards: [aHazard({ rule: 'rollback-not-tried' })] },
      'has a way back',
      'unknown',
    ],
    ['a loss', { hazards: [aHazard({ effects: ['destroys'], severity: 'danger' })] }, 'no data loss', 'no'],
    ['a loss of nothing', { hazards: [aHazard({ effects: ['destroys'], severity: 'info' })] }, 'no data loss', 'yes'],
    ['a part that was not rehearsed', { complete: false }, 'no data loss', 'unknown'],
    ['a new table without a comment', { pending: [planned({ createsTables: ['a'] })] }, 'comments on new tables', 'no'],
    [
      'a new table with one',
      { pending: [planned({ createsTables: ['a'], texts: [{ sql: "comment on table shop.a is 'x'" }] })] },
      'comments on new tables',
      'yes',
    ],
    [
      'a statement that nobody has read',
      { hazards: [aHazard({ rule: 'not-understood', severity: 'info' })] },
      'idempotent',
      'unknown',
    ],
    [
      'code that is put together',
      { hazards: [aHazard({ rule: 'dynamic-sql', severity: 'info' })] },
      'indexes on foreign keys',
      'unknown',
    ],
    ['a statement that cannot be repeated', { hazards: [aHazard({ rule: 'not-repeatable' })] }, 'idempotent', 'no'],
  ])('%s', (_what, input, question, answer) => {
    expect(answers(input)[question]).toBe(answer);
  });
});
