/** What a tool's words mean to the stage, in tables. */
import { describe, expect, it } from 'vitest';
import { encodingOf, piecesOf } from '../../src/rehearsal/proxy/pieces.ts';
import {
  isChatter,
  meaningOf,
  outOfPlace,
  preparedName,
  tagOf,
  withoutSetval,
} from '../../src/rehearsal/proxy/translate.ts';
import { classify } from '../../src/sql/classify.ts';

const begin = (more = {}) => ({ kind: 'begin', tag: 'BEGIN', readOnly: false, isolation: null, ...more });
const savepoint = (command: string, name: string) => ({ kind: 'savepoint', command, name });

it.each<[string, object]>([
  ['BEGIN', begin()],
  ['begin work', begin()],
  ['/* a */ BEGIN -- b', begin()],
  ['START TRANSACTION', begin({ tag: 'START TRANSACTION' })],
  ['start transaction read only', begin({ tag: 'START TRANSACTION', readOnly: true })],
  ['BEGIN READ WRITE', begin()],
  ['begin isolation level serializable, read only', begin({ isolation: 'SERIALIZABLE', readOnly: true })],
  ['BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ', begin({ isolation: 'REPEATABLE READ' })],
  ['begin isolation level read committed deferrable', begin({ isolation: 'READ COMMITTED' })],
  ['COMMIT', { kind: 'commit', chain: false }],
  ['end transaction', { kind: 'commit', chain: false }],
  ['COMMIT WORK AND CHAIN', { kind: 'commit', chain: true }],
  ['commit and no chain', { kind: 'commit', chain: false }],
  ['ABORT', { kind: 'rollback', chain: false }],
  ['rollback and chain', { kind: 'rollback', chain: true }],
  ['SAVEPOINT a', savepoint('SAVEPOINT', 'a')],
  ['savepoint "A ""b"', savepoint('SAVEPOINT', 'A "b')],
  [`savepoint ${'É'.repeat(40)}`, savepoint('SAVEPOINT', Buffer.from('É'.repeat(40)).subarray(0, 63).toString())],
  ['release S1', savepoint('RELEASE SAVEPOINT', 's1')],
  ['RELEASE SAVEPOINT "S1"', savepoint('RELEASE SAVEPOINT', 'S1')],
  ['rollback to a', savepoint('ROLLBACK TO SAVEPOINT', 'a')],
  ['ROLLBACK WORK TO SAVEPOINT a -- b', savepoint('ROLLBACK TO SAVEPOINT', 'a')],
  ['set transaction isolation level serializable', { kind: 'set-transaction', isolation: 'SERIALIZABLE' }],
  [
    'SET LOCAL TRANSACTION ISOLATION LEVEL READ UNCOMMITTED',
    { kind: 'set-transaction', isolation: 'READ UNCOMMITTED' },
  ],
  ['set transaction read write', { kind: 'set-transaction', isolation: null }],
  ["set transaction snapshot '00000003-0000001B-1'", { kind: 'set-transaction', isolation: null }],
  ['DISCARD ALL', { kind: 'discard', tag: 'DISCARD ALL' }],
  ['discard temporary', { kind: 'discard', tag: 'DISCARD TEMP' }],
  ['deallocate prepare all', { kind: 'discard', tag: 'DEALLOCATE ALL' }],
])('%s', (sql, meaning) => {
  expect(meaningOf(sql)).toEqual(meaning);
});

it.each([
  'set transaction read only',
  'set session characteristics as transaction isolation level serializable',
  'set search_path = a',
  'deallocate "all"',
  'deallocate p',
  'discard plans',
  'discard sequences',
  'select 1',
  'do $$ begin commit; end $$',
  'create function begin() returns int language sql as $$ select 1 $$',
  '',
])('a statement like others: %s', (sql) => {
  expect(meaningOf(sql)).toMatchObject({ kind: 'statement' });
});

describe('pieces of a text', () => {
  it.each<[string, string[]]>([
    ['', []],
    [' ; ;; -- c\n /* d; */', []],
    ['select 1', ['select 1']],
    ['select 1;', ['select 1']],
    ['/* select 1 */ select 1; -- ;\nselect 2;;', ['select 1', 'select 2']],
    ["select ';'; select $$;$$; select $a$;$$;$a$", ["select ';'", 'select $$;$$', 'select $a$;$$;$a$']],
    ["select E'\\';'; select \"a;b\"", ["select E'\\';'", 'select "a;b"']],
    ['copy t from stdin; begin', ['copy t from stdin', 'begin']],
    [
      'create rule r as on insert to t do also (delete from t; delete from u); select 1',
      ['create rule r as on insert to t do also (delete from t; delete from u)', 'select 1'],
    ],
    [
      'create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
      ['create function f() returns int begin atomic select case when true then 1 end; select 2; end', 'select 3'],
    ],
    ['begin; atomic; end', ['begin', 'atomic', 'end']],
    ['\v\n select 1\f ', ['select 1']],
    [' \n ', []],
    ['\u00a0select 1', ['\u00a0select 1']],
    ["select 'open; commit", ["select 'open; commit"]],
    ['select 1; /* open; commit', ['select 1']],
    ['\\connect x; select 1', ['\\connect x', 'select 1']],
  ])('%s', (text, pieces) => {
    const found = piecesOf(text);
    expect(found.map(({ sql }) => sql)).toEqual(pieces);
    for (const { sql, from } of found) expect(text.slice(from, from + sql.length)).toBe(sql);
  });

  it('bytes of any encoding are the same bytes again', () => {
    for (const bytes of [Buffer.from('é😀'), Buffer.from([0x27, 0xe9, 0x27]), Buffer.from([0xff, 0x00, 0x80])]) {
      const encoding = encodingOf(bytes);
      expect(Buffer.from(bytes.toString(encoding), encoding)).toEqual(bytes);
    }
  });
});

it.each<[string, object | null]>([
  ['lock table t', { severity: 'ERROR', message: 'LOCK TABLE can only be used in transaction blocks', isIdle: false }],
  [
    'declare c cursor for select 1',
    { severity: 'ERROR', message: 'DECLARE CURSOR can only be used in transaction blocks', isIdle: false },
  ],
  ['declare c scroll cursor with hold for select 1', null],
  [
    'set local a.b = 1',
    { severity: 'WARNING', message: 'SET LOCAL can only be used in transaction blocks', isIdle: false },
  ],
  [
    'set constraints all deferred',
    { severity: 'WARNING', message: 'SET CONSTRAINTS can only be used in transaction blocks', isIdle: true },
  ],
  [
    'set transaction read only',
    { severity: 'WARNING', message: 'SET TRANSACTION can only be used in transaction blocks', isIdle: false },
  ],
  ['set session a.b = 1', null],
  ['set session characteristics as transaction read only', null],
  ['select 1', null],
])('outside of a block: %s', (sql, said) => {
  expect(outOfPlace(sql, classify(sql))).toEqual(said);
});

it.each<[string, string | null, string?]>([
  ['prepare p as select 1', 'p', 'prepare "x" as select 1'],
  ['PREPARE "P q"(int) AS select $1', 'P q', 'PREPARE "x"(int) AS select $1'],
  ['execute p(1)', 'p', 'execute "x"(1)'],
  ['/* c */ deallocate prepare P', 'p', '/* c */ deallocate prepare "x"'],
  ['deallocate p', 'p', 'deallocate "x"'],
  ['explain (analyze) execute p', 'p', 'explain (analyze) execute "x"'],
  ['create table t as execute p', 'p', 'create table t as execute "x"'],
  ['create trigger a before insert on t for each row execute function f()', null],
  ['explain select 1', null],
  ["select 'execute p'", null],
  ['do $$ begin execute x; end $$', null],
])('the name in %s', (sql, name, renamed) => {
  const found = preparedName(sql);
  expect(found?.name ?? null).toBe(name);
  if (renamed) expect(found?.renamed('x')).toBe(renamed);
});

it.each<[string, string | null]>([
  ["select setval('s', 1)", "select pg_temp.mgate_setval('s', 1)"],
  [
    "select Pg_Catalog.\"setval\" ('s', 1), setval('t', 2, false)",
    "select pg_temp.mgate_setval ('s', 1), pg_temp.mgate_setval('t', 2, false)",
  ],
  ["select other.setval('s', 1)", null],
  ["select 'setval(1)', setval", null],
])('without setval: %s', (sql, expected) => {
  expect(withoutSetval(sql)).toBe(expected);
});

it.each([
  ['create unique index concurrently i on t (a)', 'CREATE INDEX'],
  ['drop index concurrently i', 'DROP INDEX'],
  ['reindex table concurrently t', 'REINDEX'],
  ['vacuum (analyze) t', 'VACUUM'],
  ['insert into t values (1)', 'INSERT 0 0'],
  ['delete from t', 'DELETE 0'],
  ['create database d', 'CREATE DATABASE'],
  ['alter system set a = 1', 'ALTER SYSTEM'],
])('the tag of %s', (sql, tag) => {
  expect(tagOf(classify(sql))).toBe(tag);
});

it.each([
  ['select 1', true],
  ['show a', true],
  ['set a = 1', true],
  ['insert into t values (1)', false],
  ['create table t (i int)', false],
  ['call p()', false],
])('chatter or not: %s', (sql, is) => {
  expect(isChatter(classify(sql))).toBe(is);
});
