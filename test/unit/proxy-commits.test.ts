/** What a connection has committed, told from the messages that pass on it. */
import { describe, expect, it } from 'vitest';
import { Transcript } from '../../src/rehearsal/proxy/transcript.ts';
import { answer, errorFields, type Frame, message, say } from '../../src/rehearsal/proxy/wire.ts';

/** What the client says is in the first place, the server's answers are behind it. Then the connection ends. */
type Exchange = readonly [said: Buffer | readonly Buffer[], ...answers: readonly Buffer[]];

function committed(exchanges: readonly Exchange[]) {
  const transcript = new Transcript({ caller: 1, database: 'd' }, () => undefined);
  const frame = (bytes: Buffer): Frame => ({ type: String.fromCharCode(bytes[0] ?? 0), bytes });
  for (const [said, ...answers] of exchanges) {
    for (const bytes of Buffer.isBuffer(said) ? [said] : said) transcript.heard(frame(bytes), 0);
    for (const bytes of answers) transcript.answered(frame(bytes), 0);
  }
  transcript.over('it is gone', 0);
  return transcript.committed;
}

const q = say.query;
const run = (sql: string) => [say.parse('', sql), say.bind('', ''), say.execute('')];
const ran = (tag: string) => [answer.parseComplete, answer.bindComplete, answer.commandComplete(tag)];
const tag = answer.commandComplete;
const [idle, inBlock, failed] = [answer.readyForQuery('I'), answer.readyForQuery('T'), answer.readyForQuery('E')];
const error = (code = '22012') => answer.error(errorFields('ERROR', code, 'no'));
const within = (code: string) =>
  answer.error(new Map([...errorFields('ERROR', code, 'no'), ['W', 'PL/pgSQL function f()']]));
const fatal = answer.error(errorFields('FATAL', '57P01', 'terminated'));
const notice = (code: string) =>
  answer.notice(
    new Map([
      ['V', 'NOTICE'],
      ['C', code],
      ['M', 'exists, skipping'],
    ]),
  );
const begin: Exchange = [q('begin'), tag('BEGIN'), inBlock];
const insert: Exchange = [q('insert into t values (1)'), tag('INSERT 0 1'), inBlock];
const commit: Exchange = [q('commit'), tag('COMMIT'), idle];
const savepoint = (name: string): Exchange => [q(`savepoint ${name}`), tag('SAVEPOINT'), inBlock];
const back = (name: string): Exchange => [q(`rollback to savepoint ${name}`), tag('ROLLBACK'), inBlock];

const NOTHING: readonly (readonly [string, readonly Exchange[]])[] = [
  ['nothing said', []],
  ['a read', [[q('select 1'), tag('SELECT 1'), idle]]],
  [
    'reads and settings',
    [[q('set a.b = 1; show a.b; select a from t'), tag('SET'), tag('SHOW'), tag('SELECT 9'), idle]],
  ],
  ['a block that is left open', [begin, insert]],
  ['a block of reads', [begin, [q('select 1'), tag('SELECT 1'), inBlock], commit]],
  ['a block that is rolled back', [begin, insert, [q('rollback'), tag('ROLLBACK'), idle]]],
  ['a block that failed, its COMMIT', [begin, insert, [q('x'), error(), failed], [q('commit'), tag('ROLLBACK'), idle]]],
  ['a COMMIT that fails', [begin, insert, [q('commit'), error('23505'), idle]]],
  [
    'a block in one string that fails',
    [[q('begin; insert into t values (1); x'), tag('BEGIN'), tag('INSERT 0 1'), error(), failed]],
  ],
  ['ROLLBACK AND CHAIN', [begin, insert, [q('rollback and chain'), tag('ROLLBACK'), inBlock], commit]],
  ['a savepoint gone back to', [begin, savepoint('a'), insert, back('a'), commit]],
  [
    'nested, gone back to the outer',
    [begin, savepoint('a'), savepoint('b'), insert, [q('release b'), tag('RELEASE'), inBlock], back('A'), commit],
  ],
  ['an autocommitted statement that fails', [[q('create table t ()'), error('42P07'), idle]]],
  ['a string whose second fails', [[q('insert into t values (1); x'), tag('INSERT 0 1'), error(), idle]]],
  [
    'a pipeline that fails',
    [[[...run('insert into t values (1)'), ...run('x'), say.sync], ...ran('INSERT 0 1'), error(), idle]],
  ],
  ['a Sync that fails', [[[...run('insert into t values (1)'), say.sync], ...ran('INSERT 0 1'), error('23505'), idle]]],
  ['a pipeline without its Sync', [[[...run('insert into t values (1)'), say.flush], ...ran('INSERT 0 1')]]],
  ['an open block, its statement unanswered', [begin, [q('insert into t values (1)')]]],
  ['a read unanswered', [[q('select a from t')]]],
  ['ended by the server', [[q('create table t ()'), fatal]]],
  ['ended by the server, others behind it', [[[q('select pg_sleep(60)'), q('create table t ()')], fatal]]],
  ['COPY data that never ended', [[q('copy t from stdin'), message('G', Buffer.from([0, 0, 0]))]]],
  [
    'IF NOT EXISTS of what exists',
    [[q('create table if not exists t ()'), notice('42P07'), tag('CREATE TABLE'), idle]],
  ],
  ['CONCURRENTLY that is refused', [[q('create index concurrently i on t (a)'), error('42P01'), idle]]],
  ['CALL that is refused', [[q('call p()'), error('42883'), idle]]],
  ['CALL that may not commit in a block', [[q('call p()'), within('2D000'), idle]]],
  ['ROLLBACK PREPARED', [[q("rollback prepared 'x'"), tag('ROLLBACK PREPARED'), idle]]],
];

const SOMETHING: readonly (readonly [string, readonly Exchange[]])[] = [
  ['an autocommitted INSERT', [[q('insert into t values (1)'), tag('INSERT 0 1'), idle]]],
  ['a table of a query', [[q('create table t as select 1'), tag('SELECT 1'), idle]]],
  ['SELECT INTO', [[q('select 1 as a into t'), tag('SELECT 1'), idle]]],
  [
    'WITH that inserts',
    [[q('with x as (insert into t values (1) returning *) select * from x'), tag('SELECT 1'), idle]],
  ],
  ['IF NOT EXISTS of what did not', [[q('create table if not exists t ()'), tag('CREATE TABLE'), idle]]],
  [
    'a notice of another statement',
    [
      [
        q('create schema if not exists s; create table t ()'),
        notice('42P06'),
        tag('CREATE SCHEMA'),
        tag('CREATE TABLE'),
        idle,
      ],
    ],
  ],
  ['a block', [begin, insert, commit]],
  [
    'a block in one string',
    [[q('begin; insert into t values (1); commit'), tag('BEGIN'), tag('INSERT 0 1'), tag('COMMIT'), idle]],
  ],
  [
    'a block and an error after it',
    [[q('begin; insert into t values (1); end; x'), tag('BEGIN'), tag('INSERT 0 1'), tag('COMMIT'), error(), idle]],
  ],
  [
    'what came before BEGIN in its string',
    [[q('insert into t values (1); begin'), tag('INSERT 0 1'), tag('BEGIN'), inBlock], commit],
  ],
  [
    'COMMIT AND CHAIN, then a rollback',
    [begin, insert, [q('commit and chain'), tag('COMMIT'), inBlock], [q('rollback'), tag('ROLLBACK'), idle]],
  ],
  ['after COMMIT AND CHAIN only', [begin, [q('commit and chain'), tag('COMMIT'), inBlock], insert, commit]],
  ['before a savepoint gone back to', [begin, insert, savepoint('a'), insert, back('a'), commit]],
  ['after a savepoint gone back to', [begin, savepoint('a'), insert, back('a'), insert, commit]],
  ['a savepoint of two of one name', [begin, savepoint('a'), insert, savepoint('a'), insert, back('a'), commit]],
  ['what failed and was gone back from', [begin, insert, savepoint('a'), [q('x'), error(), failed], back('a'), commit]],
  ['PREPARE TRANSACTION', [begin, insert, [q("prepare transaction 'x'"), tag('PREPARE TRANSACTION'), idle]]],
  ['COMMIT PREPARED', [[q("commit prepared 'x'"), tag('COMMIT PREPARED'), idle]]],
  [
    'a pipeline',
    [
      [
        [...run('insert into t values (1)'), ...run('select 1'), say.sync],
        ...ran('INSERT 0 1'),
        ...ran('SELECT 1'),
        idle,
      ],
    ],
  ],
  [
    'COMMIT in a pipeline that then fails',
    [
      begin,
      [
        [...run('insert into t values (1)'), ...run('commit'), ...run('x'), say.sync],
        ...ran('INSERT 0 1'),
        ...ran('COMMIT'),
        error(),
        idle,
      ],
    ],
  ],
  [
    'CONCURRENTLY, its Sync unanswered',
    [[[...run('create index concurrently i on t (a)'), say.sync], ...ran('CREATE INDEX')]],
  ],
  ['one of two, the other failed', [[[q('insert into t values (1)'), q('x')], tag('INSERT 0 1'), idle, error(), idle]]],
  [
    'COPY',
    [
      [q('copy t from stdin'), message('G', Buffer.from([0, 0, 0]))],
      [message('c'), tag('COPY 3'), idle],
    ],
  ],
  ['a certain one and an uncertain one', [[q('insert into t values (1)'), tag('INSERT 0 1'), idle], [q('select f()')]]],
  ['more text than is read', [[q(`insert into t values ('${'x'.repeat(100_000)}')`), tag('INSERT 0 1'), idle]]],
];

const UNKNOWN: readonly (readonly [string, readonly Exchange[]])[] = [
  ['a function of somebody’s', [[q('select migrate()'), tag('SELECT 1'), idle]]],
  ['a function of somebody’s in a block', [begin, [q('select migrate()'), tag('SELECT 1'), inBlock], commit]],
  ['DO', [[q('do $$ begin perform 1; end $$'), tag('DO'), idle]]],
  [
    'an INSERT of no rows, which a trigger may have put elsewhere',
    [[q('insert into t select 1 where false'), tag('INSERT 0 0'), idle]],
  ],
  [
    'rows that wait, of a function',
    [
      [
        [say.parse('', 'select migrate() from t'), say.bind('', ''), message('E', '', 1), say.sync],
        answer.parseComplete,
        answer.bindComplete,
        message('s'),
        idle,
      ],
    ],
  ],
  ['a function by its number', [[message('F'), message('V'), idle]]],
  ['a COMMIT unanswered', [begin, insert, [q('commit')]]],
  ['PREPARE TRANSACTION unanswered', [begin, insert, [q("prepare transaction 'x'")]]],
  [
    'a COMMIT unanswered, sent with all the rest',
    [[[...run('begin'), ...run('insert into t values (1)'), ...run('commit'), say.sync]]],
  ],
  ['an autocommitted write unanswered', [[q('create table t ()')]]],
  ['a Sync unanswered', [[[...run('insert into t values (1)'), say.sync], ...ran('INSERT 0 1')]]],
  ['a string answered by half', [[q('insert into t values (1); select 1'), tag('INSERT 0 1')]]],
  ['a COMMIT at the end of a string in a block', [begin, [q('insert into t values (1); commit')]]],
  ['the second of two unanswered', [[[q('select 1'), q('create table t ()')], tag('SELECT 1'), idle]]],
  ['behind one that failed, unanswered', [[[q('x'), q('create table t ()')], error()]]],
  ['CONCURRENTLY that failed on the way', [[q('create unique index concurrently i on t (a)'), error('23505'), idle]]],
  [
    'CONCURRENTLY that was cancelled',
    [
      [
        [...run('reindex index concurrently i'), say.sync],
        answer.parseComplete,
        answer.bindComplete,
        error('57014'),
        idle,
      ],
    ],
  ],
  ['a procedure that failed on the way', [[q('call p()'), within('23505'), idle]]],
  [
    'DO that commits and failed on the way',
    [[q('do $$ begin insert into t values (1); commit; perform 1/0; end $$'), within('22012'), idle]],
  ],
  [
    'more text than is read, unanswered in a block',
    [begin, [q(`insert into t values ('${'x'.repeat(100_000)}'); commit`)]],
  ],
  [
    'gone back to a savepoint that is not known',
    [begin, insert, [q('execute s; rollback to b'), tag('INSERT 0 1'), tag('ROLLBACK'), inBlock], commit],
  ],
];

describe('nothing was committed', () => {
  it.each(NOTHING)('%s', (_, exchanges) => expect(committed(exchanges)).toBe('nothing'));
});

describe('something was committed', () => {
  it.each(SOMETHING)('%s', (_, exchanges) => expect(committed(exchanges)).toBe('something'));
});

describe('it is unknown whether something was', () => {
  it.each(UNKNOWN)('%s', (_, exchanges) => expect(committed(exchanges)).toBe('unknown'));
});
