import { describe, expect, it } from 'vitest';
import { type DecideInput, decide } from '../../src/plan/decide.ts';
import { planDigest } from '../../src/plan/digest.ts';
import { compareVersions } from '../../src/plan/order.ts';
import type { MigrationFile, RecordRow } from '../../src/plan/plan.ts';

function file(version: string, name = 'x', checksum = `sum-${version}`): MigrationFile {
  const key = version.replace(/^0+(?=\d)/, '');
  return { version, key, name, file: `migrations/${version}_${name}.sql`, path: `/w/${version}`, bytes: 1, checksum };
}

function row(version: string, status: RecordRow['status'] = 'completed', more: Partial<RecordRow> = {}): RecordRow {
  return { version, name: 'x', checksum: `sum-${version}`, status, progress: null, errorMessage: null, ...more };
}

function input(overrides: Partial<DecideInput>): DecideInput {
  return {
    files: [],
    records: [],
    targetVersion: null,
    allowOutOfOrder: false,
    rawChecksum: () => 'raw',
    ...overrides,
  };
}

describe('the order of versions', () => {
  it.each([
    ['numbers before text order', ['10', '9', '1'], ['1', '9', '10']],
    ['leading zeros do not count', ['010', '9', '0001'], ['0001', '9', '010']],
    [
      'more digits than a number holds',
      ['20240101000000000001', '9', '20240101000000000000'],
      ['9', '20240101000000000000', '20240101000000000001'],
    ],
  ])('%s', (_, given, expected) => {
    expect(
      given
        .map((version) => file(version))
        .sort(compareVersions)
        .map((one) => one.version),
    ).toEqual(expected);
  });
});

describe('decide', () => {
  it('has everything pending on an empty database, in order', () => {
    const decision = decide(input({ files: [file('10'), file('2'), file('1')] }));
    expect(decision.pending.map((one) => one.version)).toEqual(['1', '2', '10']);
    expect(decision.currentVersion).toBeNull();
    expect(decision.problems).toEqual([]);
  });

  it('stops after the target version', () => {
    const decision = decide(input({ files: [file('1'), file('2'), file('3')], targetVersion: '02' }));
    expect(decision.pending.map((one) => one.version)).toEqual(['1', '2']);
  });

  it('takes a record of 1 for the file 01', () => {
    const decision = decide(
      input({ files: [file('01', 'x', 'same')], records: [row('1', 'completed', { checksum: 'same' })] }),
    );
    expect(decision.pending).toEqual([]);
    expect(decision.problems).toEqual([]);
  });

  it('accepts a recorded hash of the raw bytes', () => {
    const records = [row('1', 'completed', { checksum: 'RAW ' })];
    expect(decide(input({ files: [file('1')], records })).problems).toEqual([]);
    expect(decide(input({ files: [file('1')], records, rawChecksum: () => 'other' })).problems).toHaveLength(1);
  });

  it.each([
    ['edited', { files: [file('1', 'x', 'new')], records: [row('1')] }, 'edited'],
    ['missing', { files: [file('2')], records: [row('1'), row('2')] }, 'missing'],
    ['out of order', { files: [file('1'), file('2')], records: [row('2')] }, 'out-of-order'],
    ['two of one number', { files: [file('1', 'a'), file('01', 'b')] }, 'duplicate'],
    ['a target that does not exist', { files: [file('1')], targetVersion: '7' }, 'target'],
  ] as const)('finds what is %s', (_, given, kind) => {
    const { problems } = decide(input(given as Partial<DecideInput>));
    expect(problems.map((problem) => problem.kind)).toEqual([kind]);
    expect(problems[0]?.next).not.toBe('');
  });

  it('lets an older file in where that is allowed', () => {
    const decision = decide(input({ files: [file('1'), file('2')], records: [row('2')], allowOutOfOrder: true }));
    expect(decision.problems).toEqual([]);
    expect(decision.pending.map((one) => one.version)).toEqual(['1']);
  });

  it('tells the gaps of counted versions and none of timestamps', () => {
    expect(decide(input({ files: [file('1'), file('3'), file('7')] })).gaps).toEqual(['2', '4 to 6']);
    expect(decide(input({ files: [file('20240101120000'), file('20240102120000')] })).gaps).toEqual([]);
  });

  it('never blocks on the failed row of a transactional migration', () => {
    const decision = decide(input({ files: [file('1')], records: [row('1', 'failed')] }));
    expect(decision.pending.map((one) => one.version)).toEqual(['1']);
    expect(decision.resumed.size).toBe(0);
    expect(decision.problems).toEqual([]);
  });

  it('resumes a half-done non-transactional migration, and misses its file', () => {
    const progress = { done: 1, started: 2, prefix: 'a'.repeat(64), startedSql: 's' };
    const records = [row('1', 'running', { progress })];
    expect([...decide(input({ files: [file('1')], records })).resumed.keys()]).toEqual(['1']);
    expect(decide(input({ files: [file('2')], records })).problems.map((problem) => problem.kind)).toEqual(['missing']);
  });
});

describe('the plan digest', () => {
  const parts = {
    pending: [{ version: '2', checksum: 'b' }],
    applied: [{ version: '1', checksum: 'a' }],
    serverMajor: 18,
    database: 'app',
    environment: 'staging',
    targetVersion: null,
    transactionMode: 'per-migration',
  };

  it('is the same for the same plan', () => {
    expect(planDigest(parts)).toMatch(/^[0-9a-f]{64}$/);
    expect(planDigest({ ...parts, pending: [{ ...parts.pending[0] } as { version: string; checksum: string }] })).toBe(
      planDigest(parts),
    );
  });

  it.each([
    ['a pending checksum', { pending: [{ version: '2', checksum: 'c' }] }],
    ['what is applied', { applied: [] }],
    ['the server', { serverMajor: 17 }],
    ['the database', { database: 'other' }],
    ['the environment', { environment: 'production' }],
    ['the target', { targetVersion: '2' }],
    ['the transaction mode', { transactionMode: 'all' }],
  ])('changes with %s', (_, change) => {
    expect(planDigest({ ...parts, ...change })).not.toBe(planDigest(parts));
  });
});
