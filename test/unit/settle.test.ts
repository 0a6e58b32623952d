import { describe, expect, it } from 'vitest';
import type { MigrationFile, Progress, RecordRow } from '../../src/plan/plan.ts';
import { readSettleWord, type SettleWord, settle, type Unsettled } from '../../src/plan/settle.ts';

const FILE: MigrationFile = {
  version: '0007',
  key: '7',
  name: 'index',
  file: 'migrations/0007_index.sql',
  path: '/w/migrations/0007_index.sql',
  bytes: 10,
  checksum: 'new',
};
const [TWO, THREE] = ['2'.repeat(64), '3'.repeat(64)];
const BEGUN: Progress = { done: 2, prefix: TWO, started: 3, startedSql: 'create index concurrently i on t (a)' };
const BETWEEN: Progress = { done: 2, prefix: TWO, started: null, startedSql: null };
const AFTER: Progress = { done: 3, prefix: THREE, started: null, startedSql: null };
const DROP = ['drop index concurrently if exists public.i'];

const row = (status: RecordRow['status'], progress: Progress | null): RecordRow => ({
  version: '0007',
  name: 'index',
  checksum: 'old',
  status,
  progress,
  errorMessage: null,
});

interface Case {
  readonly record: RecordRow | null;
  readonly file?: null;
  readonly judged?: 'done' | 'again' | 'unknown';
  readonly edited?: true;
  readonly word?: SettleWord;
}

function settled({ record, file, judged, edited, word }: Case) {
  const of: Unsettled = {
    version: '0007',
    name: 'index',
    record,
    file: file === null ? null : FILE,
    judgement: judged ? { kind: judged, cleanup: judged === 'again' ? DROP : [] } : null,
    afterStarted: edited || file === null ? null : AFTER,
  };
  return settle(of, word ?? null, word ? 'looked at it' : null);
}

describe('by itself', () => {
  it.each<[string, Case, object]>([
    [
      'a failure that was undone',
      { record: row('failed', null) },
      { status: 'pending', checksum: 'new', progress: null },
    ],
    ['between two statements', { record: row('running', BETWEEN) }, { status: 'pending', progress: BETWEEN }],
    [
      'finished, and not noted',
      { record: row('running', BEGUN), judged: 'done' },
      { status: 'pending', progress: AFTER },
    ],
    [
      'begun, and not finished',
      { record: row('failed', BEGUN), judged: 'again' },
      { status: 'pending', progress: { done: 2, prefix: TWO, started: null, startedSql: null } },
    ],
  ])('%s', (_what, given, expected) => {
    expect(settled(given)).toMatchObject({ kind: 'settlement', row: expected });
  });

  it('what is left is taken away', () => {
    expect(settled({ record: row('failed', BEGUN), judged: 'again' })).toMatchObject({ cleanup: DROP });
  });

  it('of a file that is gone nothing stays', () => {
    expect(settled({ record: row('failed', null), file: null })).toMatchObject({ kind: 'settlement', row: null });
  });

  it.each<[string, Case, readonly string[]]>([
    ['the catalog does not tell', { record: row('running', BEGUN), judged: 'unknown' }, ['done', 'again']],
    [
      'finished, and edited since',
      { record: row('running', BEGUN), judged: 'done', edited: true },
      ['applied', 'pending'],
    ],
    ['half way, and the file is gone', { record: row('running', BETWEEN), file: null }, ['applied', 'pending']],
    ['running, by something that keeps no progress', { record: row('running', null) }, ['applied', 'pending']],
    ['a record that makes no sense', { record: row('running', { ...BETWEEN, prefix: 'x' }) }, ['applied', 'pending']],
    ['one that waits for nothing, too', { record: row('pending', [] as never) }, ['applied', 'pending']],
    ['neither a file nor a record', { record: null, file: null }, []],
  ])('not: %s', (_what, given, words) => {
    expect(settled(given)).toMatchObject({
      kind: 'objection',
      words,
      message: expect.stringContaining('0007 (index)'),
    });
  });
});

describe('by word', () => {
  it.each<[SettleWord, Case, object | null]>([
    [
      'applied',
      { record: row('running', BEGUN), judged: 'unknown' },
      { status: 'completed', checksum: 'new', progress: null },
    ],
    ['applied', { record: row('running', BETWEEN), file: null }, { status: 'completed', checksum: 'old' }],
    ['applied', { record: null }, { status: 'completed', checksum: 'new' }],
    ['applied', { record: row('completed', null) }, { status: 'completed', checksum: 'new' }],
    ['pending', { record: row('completed', null) }, { status: 'pending', progress: null }],
    ['pending', { record: row('running', BETWEEN), file: null }, null],
    ['done', { record: row('running', BEGUN), judged: 'unknown' }, { status: 'pending', progress: AFTER }],
    ['again', { record: row('running', BEGUN), judged: 'unknown' }, { progress: { done: 2, started: null } }],
  ])('%s: %o', (word, given, expected) => {
    const found = settled({ ...given, word });
    expect(found).toMatchObject({ kind: 'settlement', reason: 'looked at it' });
    if (found.kind === 'settlement' && expected === null) expect(found.row).toBeNull();
    else expect(found).toMatchObject({ row: expected });
  });

  it.each<[SettleWord, Case]>([
    ['done', { record: row('failed', null) }],
    ['again', { record: row('running', BETWEEN) }],
    ['done', { record: row('running', BEGUN), judged: 'unknown', edited: true }],
  ])('not %s: %o', (word, given) => {
    expect(settled({ ...given, word })).toMatchObject({ kind: 'objection', words: ['applied', 'pending'] });
  });
});

it.each([
  ['0007=applied', ['7', 'applied']],
  [' 12 = again ', ['12', 'again']],
  ['0=done', ['0', 'done']],
  ['7', null],
  ['7=ok', null],
  ['=applied', null],
  ['7=applied=done', null],
  ['x7=applied', null],
])('%s', (item, expected) => expect(readSettleWord(item)).toEqual(expected));
