/** What a client sees through the rehearsal is what it sees at the server itself, and nothing of it stays. */
import type pg from 'pg';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Frame, message, say } from '../../src/rehearsal/proxy/wire.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { dump } from '../support/dump.ts';
import { inWords, type Rehearsal, type RehearsalOptions, rehearse, Wire } from '../support/stage.ts';

const SETUP = `
  drop schema if exists public cascade;
  create schema public;
  create table t (id int primary key, n int, note text);
  insert into t select i, i * 10, 'row ' || i from generate_series(1, 5) i;
  create table later (id int unique deferrable initially deferred);
  insert into later values (1);
  create type mood as enum ('sad', 'ok');
  create function refuses() returns int language plpgsql as $$ begin raise notice 'about to fail'; raise exception 'no' using errcode = 'MG001', detail = 'd', hint = 'h'; end $$;
  create procedure commits() language plpgsql as $$ begin insert into t values (77); commit; end $$`;

let direct: Database;
let rehearsed: Database;
let admin: pg.Client;
let before: string;
beforeAll(async () => {
  [direct, rehearsed] = await Promise.all([freshDatabase(), freshDatabase()]);
  admin = await direct.client();
  const other = await rehearsed.client();
  await other.query(SETUP);
  await other.end();
  before = await dump(rehearsed.url, { versions: true });
});

let open: Rehearsal | null = null;
afterEach(async () => {
  const left = open;
  open = null;
  await left?.end();
});

async function play(options: RehearsalOptions = {}): Promise<Rehearsal> {
  open = await rehearse(rehearsed, options);
  return open;
}

/** Ends it and holds to it that nothing is left. */
async function prove(rehearsal: Rehearsal): Promise<void> {
  open = null;
  expect(await rehearsal.end()).toEqual({ commit: '23505 mgate_guard_key', proof: 'aborted' });
  expect(await dump(rehearsed.url, { versions: true })).toBe(before);
}

/** One exchange: a text is a simple query; messages are sent at one go. */
type Step = string | readonly Buffer[];
const bytesOf = (step: Step): Buffer => Buffer.concat(typeof step === 'string' ? [say.query(step)] : step);

async function held(url: string, steps: readonly Step[], split = false): Promise<string[]> {
  const wire = await Wire.open(url);
  const seen: string[] = [];
  for (const step of steps) {
    const bytes = bytesOf(step);
    const ready = readyOf(step);
    let frames: Frame[];
    if (split) {
      for (const byte of bytes) {
        wire.socket.write(Buffer.from([byte]));
        if (byte % 7 === 0) await new Promise(setImmediate);
      }
      frames = await wire.talk([], ready);
    } else frames = await wire.talk(bytes, ready);
    seen.push(`> ${typeof step === 'string' ? step : step.map((one) => String.fromCharCode(one[0] ?? 0)).join('')}`);
    seen.push(...frames.map(inWords));
  }
  await wire.end();
  return seen;
}

/** How often the server will be ready; a text may ask for more than one thing. */
function readyOf(step: Step): number {
  if (typeof step === 'string') return 1;
  return step.filter((one) => one !== S1 && one !== Q1 && 'QSF'.includes(String.fromCharCode(one[0] ?? 0))).length;
}

/** All rows of all tables. */
const CONTENT = `
  select c.relname, pg_catalog.query_to_xml(pg_catalog.format('select * from public.%I x order by x::text', c.relname), true, false, '')::text
    from pg_catalog.pg_class c where relnamespace = 'public'::pg_catalog.regnamespace and relkind = 'r' order by 1`;

/** Holds the talk with the server, and with the rehearsal; what is seen and what is then there must be equal. */
async function same(steps: readonly Step[], split = false): Promise<string[]> {
  await admin.query(SETUP);
  const seen = await held(direct.url, steps);
  const content = await admin.query({ text: CONTENT, rowMode: 'array' });
  const rehearsal = await play();
  const through = await Promise.race([held(rehearsal.url, steps, split), rehearsal.stage.broken]);
  expect(through).toEqual(seen);
  expect(await rehearsal.ask(CONTENT)).toEqual(content.rows);
  await prove(rehearsal);
  return seen;
}

const P = (sql: string, name = '') => say.parse(name, sql);
const B = (values: readonly (string | null)[] = [], name = '', portal = '') => say.bind(portal, name, values);
const D = (kind: 'S' | 'P' = 'P', name = '') => say.describe(kind, name);
const E = (portal = '', most = 0) => message('E', portal, most);
const C = (kind: 'S' | 'P', name = '') => say.close(kind, name);
const H = say.flush;
const S = say.sync;
/** One that the server passes over in COPY: no ReadyForQuery comes for it. */
const S1 = Buffer.from(say.sync);
/** A query in a pipeline that has failed is passed over too. */
const Q1 = say.query('select 1');
/** A statement by itself, as drivers send it. */
const X = (sql: string, values: readonly (string | null)[] = []) => [P(sql), B(values), D(), E()];

describe('transactions', () => {
  const OPENS = [
    'BEGIN',
    'begin work;',
    'BEGIN TRANSACTION',
    'START TRANSACTION',
    '/* a */ begin -- b',
    'begin read write',
  ];
  const COMMITS = ['COMMIT', 'commit work', 'END', 'end transaction;', 'COMMIT AND NO CHAIN', '-- x\ncommit'];
  const BACKS = ['ROLLBACK', 'rollback work', 'ABORT', 'abort transaction', 'ROLLBACK AND NO CHAIN'];
  it.each([
    ['simple', (sql: string): Step => sql],
    ['extended', (sql: string): Step => [...X(sql), S]],
  ])('in every spelling, %s', async (_, step) => {
    const steps = [...OPENS, ...COMMITS].flatMap((_, at) => [
      step(OPENS[at % OPENS.length] ?? ''),
      step(`insert into t values (${100 + at})`),
      step(COMMITS[at % COMMITS.length] ?? ''),
      step('begin'),
      step(`delete from t where id = ${at + 1}`),
      step(BACKS[at % BACKS.length] ?? ''),
    ]);
    await same([...steps, step('select count(*) from t')]);
  });

  it.each<[string, Step[]]>([
    [
      'chained',
      [
        'begin',
        'insert into t values (6)',
        'commit and chain',
        'insert into t values (7)',
        'rollback and chain',
        'insert into t values (8)',
        'commit and chain',
        'select broken',
        'commit and chain',
        'insert into t values (9)',
        'commit',
        'commit and chain',
        'rollback and chain',
        'select id from t order by id',
      ],
    ],
    [
      'chained, read only',
      [
        'start transaction read only',
        'commit and chain',
        'insert into t values (6)',
        'rollback and chain',
        'show transaction_read_only',
        'rollback',
        'insert into t values (6)',
      ],
    ],
    [
      'read only',
      [
        'start transaction read only',
        'insert into t values (6)',
        'commit',
        'begin',
        'set transaction read only',
        'select 1',
        'insert into t values (6)',
        'rollback',
        'insert into t values (6)',
      ],
    ],
    [
      'begun twice, ended twice',
      [
        'begin',
        'begin',
        'start transaction',
        'insert into t values (6)',
        'commit',
        'commit',
        'rollback',
        'end',
        'abort',
      ],
    ],
    [
      'failed',
      [
        'begin',
        'insert into t values (6)',
        'insert into t values (1)',
        'select 1',
        'begin',
        'savepoint a',
        '',
        'select broken syntax from from',
        'commit',
        'select count(*) from t',
        'begin',
        'select 1/0',
        'rollback',
      ],
    ],
    [
      'failed outside',
      ['insert into t values (1)', 'select 1/0', 'selec 1', 'insert into t values (6)', 'select refuses()'],
    ],
    [
      'savepoints three deep',
      [
        'begin',
        'savepoint a',
        'insert into t values (6)',
        'savepoint "B b"',
        'insert into t values (7)',
        'savepoint a',
        'insert into t values (8)',
        'select 1/0',
        'rollback to a',
        'insert into t values (9)',
        'release a',
        'rollback work to savepoint "B b"',
        'insert into t values (10)',
        'rollback to a',
        'insert into t values (11)',
        'release savepoint a',
        'release a',
        'rollback to nothing',
        'rollback',
      ],
    ],
    [
      'savepoints of one name, kept',
      [
        'begin',
        'savepoint s',
        'insert into t values (6)',
        'savepoint s',
        'insert into t values (7)',
        'rollback to s',
        'release s',
        'insert into t values (8)',
        'rollback to s',
        'insert into t values (9)',
        'commit',
        'select id from t order by 1',
      ],
    ],
    [
      'savepoints where there is no block',
      [
        'savepoint a',
        'release a',
        'rollback to a',
        'insert into t values (6); savepoint a',
        'lock table t',
        'declare c cursor for select 1',
        'select count(*) from t',
        'lock table t; select 1',
        'set local work_mem = 100',
        'set constraints all immediate',
        'set transaction isolation level serializable',
        'set transaction read only',
      ],
    ],
    [
      'a deferred constraint at COMMIT',
      [
        'begin',
        'insert into later values (1)',
        'commit',
        'select * from later',
        'begin',
        'insert into later values (1)',
        'update later set id = 2 where ctid = (select max(ctid) from later)',
        'commit',
        'insert into later values (2)',
        'insert into later values (3)',
        'begin; insert into later values (3); commit',
        'begin',
        'insert into later values (3)',
        'set constraints all immediate',
        'rollback',
      ],
    ],
    [
      'what cannot be in a block',
      [
        'begin',
        'vacuum t',
        'rollback',
        'begin',
        'create database nowhere',
        'rollback',
        'begin',
        'create index concurrently i on t (n)',
        'commit',
        'begin',
        'discard all',
        'rollback',
        'select 1; vacuum t',
        'begin',
        'do $$ begin insert into t values (6); commit; end $$',
        'rollback',
        'begin',
        'call commits()',
        'rollback',
      ],
    ],
    ['an isolation level too late', ['begin', 'select 1', 'set transaction isolation level serializable', 'rollback']],
  ])('%s', async (_, steps) => {
    await same(steps);
    await same(steps.map((step) => (typeof step === 'string' && !step.includes('; ') ? [...X(step), S] : step)));
  });
});

describe('errors', () => {
  const broken = [
    ['Parse', [P('select nothing from t'), B(), D(), E(), S]],
    ['Parse, of its words', [P('selec 1'), B(), E(), S]],
    ['Parse, of two statements', [P('select 1; select 2'), B(), E(), S]],
    ['Bind', [P('select $1::int'), B(['x']), D(), E(), S]],
    ['Bind, of too few', [P('select $1::int'), B(), E(), S]],
    ['Describe', [D('S', 'nobody'), S]],
    ['Describe of a portal', [D('P', 'nobody'), S]],
    ['Execute', [P('select 1/$1::int'), B(['0']), D(), E(), S]],
    ['Execute of nothing', [E('nobody'), S]],
    ['Bind of nothing', [B([], 'nobody'), S]],
    ['a name that is taken', [P('select 1', 's'), S, P('commit', 's'), S, B([], 's'), E(), S, C('S', 's'), S]],
    ['a portal that is taken', [P('select 1'), B([], '', 'p'), B([], '', 'p'), E('p'), S]],
    ['a notice before it', [P('select refuses()'), B(), D(), E(), S]],
  ] as const;
  it.each(broken)('at %s, by itself, in a pipeline, in a block, and what comes behind', async (_, messages) => {
    const [one, two] = [X('insert into t values (6)'), X('insert into t values (7)')];
    await same([
      messages,
      'select 1',
      [...one, ...messages.slice(0, -1), ...two, S],
      'select count(*) from t',
      'begin',
      [...one, ...messages.slice(0, -1), ...two, S, ...two, S],
      'rollback',
      [...X('begin'), ...one, ...X('savepoint a'), ...messages.slice(0, -1), S],
      [...X('rollback to a'), ...two, ...X('commit'), ...messages.slice(0, -1), ...one, S],
      'select count(*) from t',
    ]);
  });

  it('a deferred constraint at Sync, at COMMIT in a pipeline, and what comes behind', async () => {
    await same([
      [...X('insert into later values (1)'), S],
      [...X('insert into later values (2)'), ...X('insert into later values (2)'), S],
      [...X('begin'), ...X('insert into later values (1)'), ...X('commit'), ...X('insert into t values (6)'), S],
      [...X('insert into t values (7)'), ...X('commit'), ...X('insert into later values (1)'), S],
      'select * from t, later',
    ]);
  });

  it.each<[string, Step[]]>([
    [
      'in the middle of a string',
      ["insert into t values (6); select 'é😀', 1/0; insert into t values (7)", 'select count(*) from t'],
    ],
    [
      'at a place in it',
      [
        "select '😀😀'; select nothing; select 2",
        '/* select nothing */ select 1;\r\n\t-- 😀\nselect nothing',
        "select 1; select 'é', nothing from t",
        'begin; select 1; select nothing; commit',
        'select 1',
        'rollback',
      ],
    ],
    [
      'of its words, so that nothing of it is run',
      [
        "insert into t values (6); selec '😀'; commit",
        'begin; insert into t values (6); commit; select from from',
        'select count(*) from t',
        'begin',
        'insert into t values (6); selec 1',
        'select 1',
        'insert into t values (6); selec 1',
        'rollback',
        "select 'never closed; commit",
        'select $$ never closed; commit',
        'select 1; /* commit',
      ],
    ],
    [
      'with transactions in it',
      [
        'insert into t values (6); begin; insert into t values (7); commit; insert into t values (8); select 1/0',
        'select count(*) from t',
        'insert into t values (6); rollback; insert into t values (7); commit; select 1/0',
        'select id from t order by 1',
        'begin; insert into t values (9); savepoint a; insert into t values (1); rollback to a; commit',
        'select 1',
        'rollback',
        'begin; insert into t values (10); commit; begin; insert into t values (11); rollback; insert into t values (12)',
        'select id from t order by 1',
        'insert into t values (13); commit and chain',
        'select id from t order by 1',
        'begin; insert into t values (14); commit and chain; insert into t values (15)',
        'commit',
      ],
    ],
  ])('%s', async (_, steps) => {
    await same(steps);
  });
});

describe('messages', () => {
  it.each<[string, Step[]]>([
    [
      'nothing',
      ['', ';', ' ;; ', '-- a comment', '/* another */', [...X(''), S], [...X('-- c'), S], [S], [S, S], [H, S]],
    ],
    [
      'P D S and then B E S',
      [
        [P('select $1::int + 1 as a'), D('S'), S],
        [B(['1']), E(), S],
        [B(['2']), E(), S],
        [P('insert into t values ($1)'), D('S'), S],
        [B(['6']), E(), S],
        [P('begin;'), D('S'), S],
        [B(), E(), S],
        [B(['7'], ''), E(), S],
        [P('rollback'), D('S'), S],
        [B(), E(), S],
      ],
    ],
    [
      'statements with names',
      [
        [P('select $1::int', 's1'), P('insert into t values ($1)', 's2'), S],
        [B(['1'], 's1'), E(), B(['6'], 's2'), E(), B(['2'], 's1'), D(), E(), S],
        [C('S', 's1'), B(['1'], 's1'), E(), S],
        'deallocate s2',
        [B(['7'], 's2'), E(), S],
        [C('S', 's3'), C('P', 'p3'), S],
      ],
    ],
    [
      'BEGIN and COMMIT prepared once',
      [
        [P('begin', 'b'), P('commit', 'c'), P('rollback', 'r'), P('insert into t values ($1)', 'i'), S],
        [B([], 'b'), E(), S],
        [B(['6'], 'i'), E(), S],
        [B([], 'c'), E(), S],
        [B([], 'b'), E(), B(['7'], 'i'), E(), B([], 'r'), E(), S],
        [B([], 'b'), E(), B(['6'], 'i'), E(), S],
        [B([], 'c'), E(), S],
        [B([], 'c'), E(), S],
      ],
    ],
    [
      'rows a few at a time',
      [
        [P('select i from generate_series(1, 5) i'), B(), E('', 2), E('', 2), S],
        'begin',
        [P('select i from generate_series(1, 5) i'), B([], '', 'p'), E('p', 2), S],
        [P('select 1'), B(), E(), E('p', 2), S],
        'select 2',
        [D('P', 'p'), E('p', 2), S],
        [E('p', 2), S],
        [C('P', 'p'), E('p'), S],
        'rollback',
        [
          P('insert into t select i from generate_series(6, 9) i returning id'),
          B(),
          E('', 2),
          S,
          P('select 1'),
          B(),
          E(),
          S,
        ],
      ],
    ],
    [
      'a portal does not outlive its transaction',
      [
        [P('select 1'), B([], '', 'p'), S, E('p'), S],
        'begin',
        [P('select 1'), B([], '', 'p'), S],
        'commit',
        [E('p'), S],
        'begin',
        [P('select 1'), B([], '', 'p'), E('p'), S],
        'rollback',
      ],
    ],
    [
      'cursors of SQL',
      [
        'begin',
        'declare c cursor for select i from generate_series(1, 4) i',
        [D('P', 'c'), S],
        'fetch 2 from c',
        [E('c'), S],
        'declare h cursor with hold for select id from t order by id',
        'fetch 1 from h',
        'commit',
        'fetch 1 from c',
        'fetch 2 from h',
        'begin',
        'fetch 1 from h',
        'close h',
        'commit',
        'declare x cursor with hold for select 1',
        'fetch all from x',
        'close x',
        'declare y cursor for select 1',
        'begin',
        'declare c cursor for select 1',
        'rollback',
        'fetch c',
      ],
    ],
    [
      'by SQL prepared',
      [
        'prepare p (int) as insert into t values ($1)',
        'execute p(6)',
        'begin',
        'execute p(7)',
        'rollback',
        'execute p(6)',
        'deallocate prepare p',
        'execute p(8)',
        'prepare q as select 1',
        'prepare r as select 2',
        'deallocate all',
        'execute q',
        [P('select 3', 'z'), S],
        'deallocate all',
        [B([], 'z'), E(), S],
      ],
    ],
    [
      'of a length that is not known before',
      [
        [P('select 1'), B(), E(), H, P('select 2'), B(), E(), S],
        [P('insert into t values (6)'), B(), H, E(), H, S],
      ],
    ],
    [
      'a simple query in between',
      [[P('select 1'), S], 'select 2', [P('select broken'), Q1, S], 'select count(*) from t'],
    ],
    ['functions by number', [[lo()], 'begin', [lo()], 'rollback', [lo(99)], 'begin', [lo(99)], [lo()], 'rollback']],
    [
      'a pipeline',
      [
        [...Array.from({ length: 20 }, (_, at) => X('insert into t values ($1)', [String(at + 6)])).flat(), S],
        [
          ...X('update t set n = n + 1 where id = 1'),
          ...X('select n from t where id = 1'),
          ...X('create table u (a int)'),
          ...X('insert into u values (1)'),
          ...X('insert into u values (1)'),
          ...X('drop table u'),
          S,
        ],
        [
          ...X('insert into t values (30)'),
          ...X('insert into t values (31)'),
          ...X('insert into t values (1)'),
          ...X('insert into t values (32)'),
          S,
        ],
        'select count(*) from t',
        [
          P('update t set n = n + $1', 'u'),
          ...['1', '2', '3'].flatMap((n) => [B([n], 'u'), E()]),
          S,
          B(['x'], 'u'),
          E(),
          B(['1'], 'u'),
          E(),
          S,
        ],
        'select sum(n) from t',
      ],
    ],
  ])('%s, in any split', async (_, steps) => {
    await same(steps);
    await same(steps, true);
  });
});

/** lo_creat(int), or nothing, by the function call protocol; the large object's number is not told. */
function lo(oid = 957): Buffer {
  const argument = Buffer.from([0, 1, 0, 1, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 1]);
  return message('F', oid, argument);
}

describe('sessions', () => {
  it.each<[string, Step[]]>([
    [
      'SET and SET LOCAL',
      [
        "set timezone to 'Asia/Tokyo'",
        'show timezone',
        'begin',
        "set local timezone to 'UTC'",
        'show timezone',
        'commit',
        'show timezone',
        'begin',
        "set timezone to 'Europe/Berlin'",
        'rollback',
        'show timezone',
        'begin',
        'set local search_path = pg_catalog, public',
        "set search_path = 'later'",
        'commit',
        'show search_path',
        'reset search_path',
        'show search_path',
        "select set_config('work_mem', '1MB', true)",
        'show work_mem',
        "begin; select set_config('work_mem', '1MB', true); commit",
        'show work_mem',
        'begin',
        "set local my.own = 'x'",
        'commit',
        'show my.own',
        'begin',
        "set local time zone 'Asia/Tokyo'",
        'savepoint a',
        "set local work_mem = '2MB'",
        'rollback to a',
        'show work_mem',
        'commit',
        'show timezone',
        'reset all',
        'show timezone',
        "set client_encoding = 'latin1'",
        "select 'a'",
        'reset client_encoding',
      ],
    ],
    [
      'roles',
      [
        'set role pg_monitor',
        'select current_user',
        'select count(*) from t',
        'reset role',
        'select current_user',
        'begin',
        'set local role pg_monitor',
        'select current_user',
        'commit',
        'select current_user',
        'begin',
        'set role pg_monitor',
        'rollback',
        'select current_user',
      ],
    ],
    [
      'temporary tables',
      [
        'create temp table a (i int) on commit drop',
        'select * from a',
        'begin',
        'create temporary table a (i int) on commit drop',
        'insert into a values (1)',
        'commit',
        'select * from a',
        'begin',
        'create temp table a on commit delete rows as select 1 as i',
        'select * from a',
        'commit',
        'select * from a',
        'insert into a values (1)',
        'select * from a',
        'create temp table b (i int)',
        'insert into b values (1)',
        'select * from b',
        'discard temp',
        'select * from b',
      ],
    ],
    [
      'DISCARD ALL',
      [
        "set search_path = 'later'",
        'create temp table b (i int)',
        'prepare p as select 1',
        'discard all',
        'show search_path',
        'select * from b',
        'execute p',
        'begin',
        'discard all',
        'rollback',
        'discard plans',
        'discard sequences',
      ],
    ],
    [
      'messages to others',
      [
        'listen c',
        'unlisten c',
        'unlisten *',
        "select pg_notify('d', 'x')",
        'notify d',
        "do $$ begin raise notice 'é %', 1; raise warning 'w' using hint = 'h'; end $$",
        'drop table if exists nowhere',
        'create table if not exists t (i int)',
        'explain (costs off) select 1',
        'begin',
        'lock table t',
        'commit',
        'checkpoint',
      ],
    ],
  ])('%s', async (_, steps) => {
    await same(steps);
    await same(steps.map((step) => (typeof step === 'string' && !step.includes('; ') ? [...X(step), S] : step)));
  });
});

const copyData = (text: string) => message('d', Buffer.from(text));
const copyDone = message('c');
/** What a client sends for COPY without waiting for anything. */
const fed = (sql: string, ...rest: readonly Buffer[]) => [say.query(sql), ...rest];

describe('COPY', () => {
  const into = 'copy t (id, n) from stdin';
  it.each<[string, Step[]]>([
    [
      'in, simple',
      [
        fed(into, copyData('6\t60\n7\t'), copyData('70\n'), copyDone),
        'select * from t order by 1',
        'begin',
        fed(into, copyData('8\t1\n'), copyDone),
        'rollback',
        fed(into, copyDone),
        fed(`-- x\n${into}`, H, S1, copyData('9\t1\n'), copyDone),
      ],
    ],
    [
      'in, simple, that fails',
      [
        fed(into, copyData('6\t60\n1\t1\n'), copyDone),
        fed(into, copyData('7\tx\n'), copyData('8\t8\n'), copyDone),
        fed(into, copyData('6\t6\n'), say.copyFail('enough')),
        fed('copy nowhere from stdin', copyData('1\n'), copyDone),
        'begin',
        fed(into, copyData('x\n'), copyDone),
        'select 1',
        'rollback',
        'select count(*) from t',
      ],
    ],
    [
      'in, extended',
      [
        [P(into), B(), E(), copyData('6\t60\n'), copyDone, S],
        [P(into), B(), D(), E(), H, S1, copyData('7\t70\n'), S1, copyDone, S],
        'begin',
        [P(into), B(), E(), copyData('8\t1\n'), copyDone, ...X('select 1'), S],
        'commit',
        'select * from t order by 1',
      ],
    ],
    [
      'in, extended, that fails',
      [
        [P(into), B(), E(), copyData('x\n'), copyDone, ...X('select 1'), S],
        [P(into), B(), E(), copyData('6\t6\n'), say.copyFail('enough'), S],
        [P('copy nowhere from stdin'), B(), E(), copyData('1\n'), copyDone, S],
        'begin',
        [P(into), B(), E(), copyData('6\t6\n1\t1\n'), copyDone, S],
        'rollback',
        'select count(*) from t',
      ],
    ],
    [
      'in a string of several',
      [
        fed(`begin; ${into}; commit; select count(*) from t`, copyData('6\t60\n'), copyDone),
        fed(`insert into t values (7); ${into}; ${into}`, copyData('8\t1\n'), copyDone, copyData('9\t1\n'), copyDone),
        fed(`insert into t values (17); ${into}; select 1/0`, copyData('18\t1\n'), copyDone),
        'select count(*) from t',
      ],
    ],
    [
      'out',
      [
        'copy t to stdout',
        'copy (select 1/(3-i) from generate_series(1, 5) i) to stdout',
        [...X('copy t to stdout (format csv, header)'), S],
        [P('copy t to stdout (format binary)'), B(), E(), ...X('select 1'), S],
        'begin; copy t to stdout; rollback',
        [P('copy nowhere to stdout'), B(), E(), S],
        'select 1',
      ],
    ],
  ])('%s', async (_, steps) => {
    await same(steps);
    await same(steps, true);
  });

  it('a million rows both ways, and rows of 10 MB', { timeout: 60_000 }, async () => {
    await same(['create table m (i int, t text)', "insert into m select i, 'row ' || i from generate_series(1, 20) i"]);
    const rehearsal = await play();
    const wire = await Wire.open(rehearsal.url);
    await wire.talk(say.query('create table m (i int, t text)'));
    const chunk = (from: number) => copyData(Array.from({ length: 1_000 }, (_, at) => `${from + at}\trow\n`).join(''));
    const started = wire.talk([
      say.query('copy m from stdin'),
      ...Array.from({ length: 1_000 }, (_, at) => chunk(at * 1_000)),
      copyDone,
    ]);
    expect((await started).map(inWords)).toEqual(
      ['G     ', 'C COPY 1000000', 'Z I'].map((one) => expect.stringContaining(one.trim())),
    );
    const frames = await wire.talk(say.query('copy m to stdout'));
    expect(frames.filter(({ type }) => type === 'd')).toHaveLength(1_000_000);
    expect(frames.slice(-3).map(inWords)).toEqual(['c', 'C COPY 1000000', 'Z I']);
    const long = 'x'.repeat(10_000_000);
    const [, row] = await wire
      .talk([P(`select '${long}' || $1`), B([long]), D(), E(), S], 1)
      .then((all) => all.slice(2));
    expect(row?.bytes.length).toBe(20_000_000 + 11);
    await wire.end();
    await prove(rehearsal);
  });
});

describe('encodings', () => {
  const bytes = (text: string) => Buffer.from(`${text}\0`, 'latin1');
  const query = (text: string) => [message('Q', bytes(text))];
  it('texts that are not UTF-8 pass as they are', async () => {
    await same([
      "set client_encoding = 'latin1'",
      query("insert into t values (6, 60, 'é')"),
      query("select 'é' as \"ü\"; select note from t where id = 6; select 'é', nothing"),
      [message('P', bytes('n'), bytes("select 'é' || $1::text"), Buffer.from([0, 0])), B(['x'], 'n'), D(), E(), S],
      query('create table "tä" (i int); begin; savepoint "ö"; release "ö"; commit'),
      query('drop table "tä"'),
      query("do $$ begin raise notice 'é'; end $$"),
      "set client_encoding = 'utf8'",
      "select note, 'é😀' from t where id = 6",
      [message('Q', Buffer.from([0x73, 0xff, 0])), S],
    ]);
  });
});

describe('several connections', () => {
  /** What each says in turn: the number of the connection, and what it says. */
  type Turn = readonly [which: number, step: Step];
  async function together(url: string, turns: readonly Turn[]): Promise<string[]> {
    const wires = new Map<number, Wire>();
    const seen: string[] = [];
    for (const [which, step] of turns) {
      const wire = wires.get(which) ?? (await Wire.open(url));
      wires.set(which, wire);
      seen.push(`${which}> ${typeof step === 'string' ? step : ''}`);
      if (step === 'LEAVE') {
        await wire.end();
        wires.delete(which);
      } else seen.push(...(await wire.talk(bytesOf(step), readyOf(step))).map(inWords));
    }
    for (const wire of wires.values()) await wire.end();
    return seen;
  }

  async function sameTogether(turns: readonly Turn[]): Promise<Rehearsal> {
    await admin.query(SETUP);
    const seen = await together(direct.url, turns);
    const content = await admin.query({ text: CONTENT, rowMode: 'array' });
    const rehearsal = await play();
    expect(await Promise.race([together(rehearsal.url, turns), rehearsal.stage.broken])).toEqual(seen);
    expect(await rehearsal.ask(CONTENT)).toEqual(content.rows);
    await prove(rehearsal);
    return rehearsal;
  }

  it.each<[string, Turn[]]>([
    [
      'settings, paths and roles of their own',
      [
        [1, "set search_path = 'pg_catalog'"],
        [2, 'show search_path'],
        [2, "set timezone = 'Asia/Tokyo'"],
        [1, 'show timezone'],
        [1, 'show search_path'],
        [2, 'set role pg_monitor'],
        [1, 'select current_user'],
        [2, 'select current_user'],
        [2, 'show timezone'],
        [1, 'begin'],
        [1, "set local work_mem = '2MB'"],
        [2, 'show work_mem'],
        [1, 'show work_mem'],
        [1, 'commit'],
        [1, 'show work_mem'],
        [2, 'LEAVE'],
        [3, 'select current_user'],
        [3, 'show timezone'],
        [1, 'show search_path'],
      ],
    ],
    [
      'statements of one name',
      [
        [1, [P('select 1', 's'), P('select 10'), D('S'), S]],
        [2, [P('select 2', 's'), P('select 20'), D('S'), S]],
        [1, [B([], 's'), E(), B(), E(), S]],
        [2, [B([], 's'), E(), B(), E(), S]],
        [2, [B([], 'nobody'), S]],
        [2, [C('S', 's'), B([], 's'), S]],
        [1, [B([], 's'), E(), S]],
        [2, 'prepare p as select 2'],
        [1, 'prepare p as select 1'],
        [2, 'execute p'],
        [1, 'execute p'],
        [2, 'deallocate p'],
        [2, 'execute p'],
        [2, [D('S', 'p'), S]],
        [1, 'execute p'],
        [2, 'select 3'],
        [1, [B(), E(), S]],
        [1, 'LEAVE'],
        [3, 'prepare p as select 3'],
        [3, [P('select 4', 's'), B([], 's'), E(), S]],
        [2, 'begin'],
        [2, 'declare c cursor for select 7'],
        [2, [D('P', 'c'), S]],
        [2, 'commit'],
      ],
    ],
    [
      'one idle in a block while the other works',
      [
        [1, 'begin'],
        [1, 'select count(*) from t'],
        [2, 'insert into t values (6)'],
        [1, 'select count(*) from t'],
        [2, 'begin'],
        [2, 'insert into t values (7)'],
        [2, 'commit'],
        [1, 'insert into t values (8)'],
        [1, 'commit'],
        [2, 'select count(*) from t'],
      ],
    ],
    [
      'a reader that is rolled back, or fails',
      [
        [1, 'begin'],
        [1, 'select count(*) from t'],
        [2, 'insert into t values (6)'],
        [1, 'rollback'],
        [2, 'select count(*) from t'],
        [1, 'begin'],
        [1, 'select 1/0'],
        [2, 'insert into t values (7)'],
        [1, 'select 1'],
        [2, 'select count(*) from t'],
        [1, 'rollback'],
        [2, 'select count(*) from t'],
      ],
    ],
    [
      'a block under another',
      [
        [1, 'begin'],
        [1, 'select 1'],
        [2, 'begin'],
        [2, 'insert into t values (6)'],
        [1, 'insert into t values (7)'],
        [1, 'commit'],
        [2, 'savepoint a'],
        [2, 'insert into t values (8)'],
        [2, 'rollback to a'],
        [2, 'commit'],
        [1, 'select id from t order by 1'],
      ],
    ],
    [
      'a writer on top that is rolled back',
      [
        [1, 'begin'],
        [1, 'insert into t values (6)'],
        [2, 'begin'],
        [2, 'insert into t values (7)'],
        [2, 'rollback'],
        [1, 'insert into t values (8)'],
        [1, 'commit'],
        [2, 'select id from t order by 1'],
      ],
    ],
    [
      'one that leaves in the middle of its block',
      [
        [1, 'begin'],
        [1, 'insert into t values (6)'],
        [1, 'LEAVE'],
        [2, 'select count(*) from t'],
        [2, 'create temp table x (i int)'],
        [2, 'LEAVE'],
        [3, 'create temp table x (j int)'],
      ],
    ],
    [
      'pipelines without an end',
      [
        [1, [P('select 1', 'a'), H]],
        [2, 'insert into t values (6)'],
        [1, [B([], 'a'), E(), S]],
        [2, 'select count(*) from t'],
      ],
    ],
  ])('%s', async (what, turns) => {
    const rehearsal = await sameTogether(turns);
    // Two that write in blocks at once see one another here, and nowhere else.
    const isSaid = ['a block under another', 'a writer on top that is rolled back'].includes(what);
    expect([...new Set(rehearsal.notes)]).toEqual(
      isSaid ? [expect.stringContaining('has written and not committed')] : [],
    );
  });

  it('a writer that is rolled back under what another has committed: it is said to be lost', async () => {
    const rehearsal = await play();
    await together(rehearsal.url, [
      [1, 'begin'],
      [1, 'insert into t values (6)'],
      [2, 'insert into t values (7)'],
      [1, 'rollback'],
      [2, 'select 1'],
    ]);
    expect(rehearsal.notes).toContainEqual(expect.stringContaining('is lost in the rehearsal'));
    await prove(rehearsal);
  });

  it('one that waits for the other: both go on', async () => {
    const rehearsal = await play();
    const [one, two] = [await Wire.open(rehearsal.url), await Wire.open(rehearsal.url)];
    await one.talk(say.query('begin'));
    const slow = one.talk(say.query('select pg_sleep(0.2)'));
    const waits = two.talk(say.query('insert into t values (6)'));
    expect((await slow).map(inWords).at(-1)).toBe('Z T');
    expect((await waits).map(inWords)).toEqual(['C INSERT 0 1', 'Z I']);
    expect((await one.talk(say.query('commit'))).map(inWords)).toEqual(['C COMMIT', 'Z I']);
    await Promise.all([one.end(), two.end()]);
    await prove(rehearsal);
  });
});

describe('ends', () => {
  const cut: [string, Step[], Buffer][] = [
    ['in a block', ['begin', 'insert into t values (6)'], S],
    ['in a pipeline', [], Buffer.concat([...X('insert into t values (6)'), H])],
    ['in a COPY, simple', ['begin'], Buffer.concat(fed('copy t (id) from stdin', copyData('6\n')))],
    ['in a COPY, extended', [], Buffer.concat([P('copy t (id) from stdin'), B(), E(), copyData('6\n')])],
    ['in a COPY to it', [], say.query('copy (select i from generate_series(1, 200000) i) to stdout')],
    ['in a query', ['begin', 'insert into t values (6)'], say.query('select pg_sleep(0.1)')],
    ['in the middle of a message', ['begin'], say.query('insert into t values (6)').subarray(0, 12)],
  ];
  it.each(cut)('a connection that is cut %s leaves nothing behind, and the next goes on', async (_, steps, last) => {
    const rehearsal = await play();
    const wire = await Wire.open(rehearsal.url);
    for (const step of steps) await wire.talk(bytesOf(step));
    wire.socket.write(last);
    await new Promise((resolve) => setTimeout(resolve, 20));
    wire.cut();
    const next = await Wire.open(rehearsal.url);
    const seen = await Promise.race([next.talk(say.query('select count(*) from t')), rehearsal.stage.broken]);
    expect(seen.map(inWords)).toEqual(
      [expect.anything(), 'D     5', 'C SELECT 1', 'Z I'].map((one) =>
        typeof one === 'string' && one.startsWith('D') ? expect.stringMatching(/^D.*5$/s) : one,
      ),
    );
    await next.end();
    expect(await rehearsal.ask('select count(*) from t')).toEqual([['5']]);
    await prove(rehearsal);
  });

  it.each([
    ['by itself', []],
    ['in a block', ['begin']],
  ])('a cancel request %s: 57014, and the rehearsal goes on', async (_, first) => {
    const rehearsal = await play();
    const asleep = async () =>
      (
        await admin.query("select from pg_stat_activity where datname = $1 and wait_event = 'PgSleep'", [
          rehearsed.name,
        ])
      ).rowCount;
    const wire = await Wire.open(rehearsal.url);
    for (const sql of first) await wire.talk(say.query(sql));
    const asked = wire.talk([...X('select pg_sleep(60)'), S]);
    // One that comes between two messages is lost, as it is at a server.
    await vi.waitUntil(async () => (await asleep()) === 1, { timeout: 30_000, interval: 5 });
    await wire.cancel();
    expect((await asked).map(inWords)).toContainEqual(expect.stringContaining('C=57014'));
    await wire.talk(say.query('rollback'));
    // What comes late hits nothing.
    await wire.cancel();
    for (let left = 20; left > 0; left -= 1)
      expect((await wire.talk(say.query('select 1'))).map(inWords).at(-1)).toBe('Z I');
    await wire.end();
    await prove(rehearsal);
  });

  it('a statement that ends the transaction unseen ends the play', async () => {
    const rehearsal = await play({ before: async () => ({ send: 'instead', sql: 'commit', guarded: false }) });
    const wire = await Wire.open(rehearsal.url);
    wire.socket.write(say.query('select 1'));
    await expect(rehearsal.stage.broken).rejects.toThrow(/was ended by a statement/);
    wire.cut();
  });

  it('a slow reader and a slow server: what waits is bounded', async () => {
    const rehearsal = await play();
    const wire = await Wire.open(rehearsal.url);
    wire.socket.pause();
    wire.socket.write(say.query("select repeat('x', 1000) from generate_series(1, 200000)"));
    const used = () => process.memoryUsage().arrayBuffers;
    const before = used();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(used() - before).toBeLessThan(64 * 1024 * 1024);
    const rows = wire.until((frames) => frames.at(-1)?.type === 'Z');
    wire.socket.resume();
    expect((await rows).filter(({ type }) => type === 'D')).toHaveLength(200_000);
    await wire.end();
    await prove(rehearsal);
  });
});

describe('what waits', () => {
  it('of a COPY that the server does not take is bounded', async () => {
    const rehearsal = await play();
    const locker = await rehearsed.client();
    await locker.query('begin; lock table t');
    const wire = await Wire.open(rehearsal.url);
    await wire.talk(say.query('create table m (t text)'));
    const row = copyData(`${'x'.repeat(10_000)}\n`);
    const done = wire.talk([
      say.query('copy t (note) from stdin'),
      ...Array.from({ length: 5_000 }, () => row),
      say.copyFail('enough'),
    ]);
    const taken = () => wire.socket.bytesWritten - wire.socket.writableLength;
    let before = -1;
    while (taken() !== before) {
      before = taken();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(before).toBeLessThan(25_000_000);
    await locker.end();
    expect((await done).map(inWords).at(-1)).toBe('Z I');
    await wire.end();
    await prove(rehearsal);
  });
});

describe('a director', () => {
  it('that skips, replaces and forgives: the tool goes on', async () => {
    const rehearsal = await play({
      before: async ({ sql }) => {
        if (sql.startsWith('create index concurrently')) return { send: 'nothing', tag: 'CREATE INDEX' };
        if (sql.includes('n + $1'))
          return { send: 'instead', sql: sql.replace('n + $1', 'n + $1 + 1'), guarded: false };
        return { send: 'as it is', guarded: sql.includes('guarded') };
      },
      forgive: async ({ sql }) => (sql.includes('forgiven') ? 'SELECT 0' : null),
    });
    const wire = await Wire.open(rehearsal.url);
    const talk = async (step: Step) => (await wire.talk(bytesOf(step), readyOf(step))).map(inWords);
    const concurrently = 'create index concurrently i on t (n)';
    expect(await talk(concurrently)).toEqual(['C CREATE INDEX', 'Z I']);
    expect(await talk([...X(concurrently), S])).toEqual(['1', '2', 'n', 'C CREATE INDEX', 'Z I']);
    expect(await talk([P(concurrently, 's'), D('S', 's'), S])).toEqual(
      ['1', 't', 'n', 'Z I'].map((one) => expect.stringContaining(one)),
    );
    const update = 'update t set n = n + $1 where id = 1 returning n';
    expect((await talk([...X(update, ['5']), S])).map((one) => one.replace(/[^\x20-\x7e]/g, ''))).toEqual([
      '1',
      '2',
      expect.stringContaining('T'),
      'D 16',
      'C UPDATE 1',
      'Z I',
    ]);
    for (const within of ['I', 'T']) {
      if (within === 'T') await talk('begin');
      expect(await talk('select 1/0 as guarded_forgiven')).toEqual(['C SELECT 0', `Z ${within}`]);
      expect(await talk([...X('select nowhere as guarded_forgiven'), S])).toEqual([
        '1',
        '2',
        'n',
        'C SELECT 0',
        `Z ${within}`,
      ]);
      expect(await talk([...X('select 1 as guarded'), S])).toHaveLength(6);
    }
    expect(await talk('select 1/0 as guarded')).toEqual([expect.stringContaining('C=22012'), 'Z E']);
    expect(await talk('select 1')).toEqual([expect.stringContaining('C=25P02'), 'Z E']);
    expect(await talk('rollback')).toEqual(['C ROLLBACK', 'Z I']);
    expect(await talk([...X(update, ['x']), S])).toEqual(['1', expect.stringContaining('C=22P02'), 'Z I']);
    expect((await talk([...X(update, ['5']), S])).at(-2)).toBe('C UPDATE 1');
    await wire.end();
    await prove(rehearsal);
  });

  it('is told in a block when the tool has its answer, and before anything else is done', async () => {
    const order: string[] = [];
    const held: (() => void)[] = [];
    const release = async () => {
      await vi.waitUntil(() => held.length === 1, { timeout: 30_000, interval: 5 });
      order.push('released');
      held.pop()?.();
    };
    const rehearsal = await play({
      before: async ({ sql }) => {
        order.push(`before ${sql}`);
        return { send: 'as it is', guarded: false };
      },
      after: async ({ sql, within }) => {
        order.push(`after ${sql}`);
        if (within === 'block') await new Promise<void>((resolve) => held.push(resolve));
      },
    });
    const wire = await Wire.open(rehearsal.url);
    const words = async (bytes: readonly Buffer[]) => (await wire.talk(bytes)).map(inWords);
    await wire.talk(say.query('begin'));
    // Both would wait for ever where the answer waits for the director.
    expect(await words([say.query('select 1')])).toContain('Z T');
    const second = words([P('select 2'), B(), E(), S]);
    await release();
    expect(await second).toContain('Z T');
    const third = words([say.query('select 3; commit')]);
    await release();
    await release();
    expect(await third).toContain('Z I');
    const each = (sql: string) => [`before ${sql}`, `after ${sql}`, 'released'];
    expect(order).toEqual(['select 1', 'select 2', 'select 3'].flatMap(each));
    // By itself it is committed with what the director is told.
    expect(await words([say.query('select 4')])).toContain('Z I');
    expect(order.at(-1)).toBe('after select 4');
    await wire.end();
    await prove(rehearsal);
  });

  it('is told what was executed, once each, and what failed', async () => {
    const rehearsal = await play();
    const wire = await Wire.open(rehearsal.url);
    await wire.talk('begin; insert into t values (6); commit; select 1'.split('|').map((sql) => say.query(sql)));
    await wire.talk([
      P('insert into t values ($1)', 'i'),
      ...['7', '8', '1', '9'].flatMap((id) => [B([id], 'i'), E()]),
      S,
    ]);
    await wire.talk([P('select nowhere'), D('S'), S]);
    await wire.talk([P('select i from generate_series(1, 3) i'), B(), E('', 2), E('', 2), S]);
    await wire.end();
    await prove(rehearsal);
    expect(rehearsal.told).toEqual([
      'insert into t values (6) -> INSERT 0 1',
      'select 1 -> SELECT 1',
      'insert into t values ($1) -> INSERT 0 1',
      'insert into t values ($1) -> INSERT 0 1',
      'insert into t values ($1) -> 23505',
      'select nowhere -> 42703',
      'select i from generate_series(1, 3) i -> null',
    ]);
  });
});
