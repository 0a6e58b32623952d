/** Texts that a reader of SQL may stumble over, made by chance, and the smallest part of one that still shows a fault. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oneOf } from './faults.ts';
import type { Oracle } from './fuzz-oracle.ts';

type Random = () => number;

/** What begins, ends or only looks like a quote, a comment, a name or a command. */
const SHARDS = [
  ...[
    "'",
    "''",
    "'''",
    '"',
    '""',
    "E'",
    "e'",
    "U&'",
    'U&"',
    "u&'",
    "B'",
    "X'",
    "N'",
    "n'",
    "xE'",
    "1E'",
    "'\\'",
    "\\'",
  ],
  ...['\\\\', '$', '$$', '$a$', '$b$', '$ab$', '$A$', '$1', '$2$', '$é$', '$a', 'a$b$', 'é$a$', '$_1$', '$1a$', '$ $'],
  ...['--', '-- ', '---', '/*', '*/', '/**/', '/*/', '*/*', '/***/', '--\n', '--;\n', '/*;*/', "-- it's\n", "/*'*/"],
  ...[
    '+--',
    '@/*',
    '//*',
    '-/*',
    '*--',
    '<>--\n',
    '=-',
    '->>',
    '~',
    '@@',
    '||',
    '?',
    '|/',
    '::',
    ':a',
    ":'a;'",
    ':"a;"',
  ],
  ...[
    '(',
    ')',
    '(',
    ')',
    '[',
    ']',
    ';',
    ';',
    ';',
    ';',
    ',',
    '.',
    ' . ',
    '=',
    '*',
    '1',
    '1.',
    '.5',
    '1e5',
    '0x1F',
    '1_000',
  ],
  ...[' ', ' ', ' ', '\n', '\n', '\r', '\r\n', '\t', '\f', '\v', '\u00a0', '\u2028', '\u0085', '\ufeff', '\u3000'],
  ...['select', 'SELECT', 'a', 'b', 'é', '名前', '😀', 'e', 'n', 'u', 'x', 'as', 'end', 'END', 'case', 'CASE', 'begin'],
  ...['atomic', 'begin atomic', 'BEGIN ATOMIC', 'begin/**/atomic', 'create', 'or', 'replace', 'function', 'procedure'],
  ...['create function f()', 'create or replace procedure p()', 'create function f() returns int begin atomic'],
  ...['when', 'then', 'else', 'return', 'insert into t values', 'copy', 'from', 'to', 'stdin', 'stdout', 'program'],
  ...['copy t from stdin', 'do', 'language', "language E'plpgsql'", 'commit', 'rollback', 'vacuum', 'concurrently'],
  ...["E'a'\n'\\''", "E'a' '\\'", "E'a' /* */ '\\'", "E'a' /*\n*/ '\\'", "E'a' --x\n '\\''", "'a'\n'b'", "E'a'\r'\\''"],
  ...['\\g', '\\.', '\\i', '\n\\restrict x\n', '\\unrestrict x\n', '\\;', '\\', '\\if', '\\restrict\n'],
  ...['-- gate: batch', '--gate:x\n', '--\n gate:a', '-- gate: no-transaction\n', '-- gate: lock-timeout=2s\r\n'],
  ...['--!/usr/bin/psql -f\n', '#!/bin/sh\n', '---- gate: batch\n', '/* -- gate: batch */', "'-- gate: batch\n'"],
  ...[
    '\\gset',
    '\\gset x_\n',
    '\\gexec\n',
    '\\bind 1 \\g\n',
    '\\set v 1\n',
    "\\copy t from 'x'\n",
    '\\endif',
    ':v',
    ":'v'",
  ],
  ...['copy t from stdin;\n1\t;\n\\.\n', "copy t (a) from stdin with (delimiter ';');\n1;2\n\\.\n"],
  ...[
    "E'\\047'",
    "E'\\x27;'",
    "e'\\u0027;\\U00000027'",
    "E'\\",
    "E'\\'",
    "E'\\\\'",
    "E'\\7",
    "U&'\\'",
    "U&'d!0061' uescape",
  ],
  ...[
    '$a$ $b$;$a$ $b$ $a$',
    '$a1$;$a1$',
    '$a$a$',
    '$é1$;$é1$',
    '1$a$;$a$',
    '$1$a$;$a$',
    'x1$a$',
    '$a$$b$;$a$',
    '$A$;$a$',
  ],
  ...['set standard_conforming_strings=off;', "set local standard_conforming_strings to 'off';", "'\\n'", "'\\\\'"],
  ...[
    'begin atomic select case when true then 1 end; end',
    'case when 1=1 then',
    'case end',
    't.end',
    '"end"',
    'as end;',
  ],
  ...[
    'create rule r as on insert to t do (delete from a; delete from b)',
    "uescape '!'",
    'null',
    'prepare transaction',
  ],
] as const;

/** Expressions, whole as they are. */
const VALUES = [
  ...[
    "'a'",
    "''",
    "'it''s; --'",
    "'/*'",
    "'*/'",
    "'\\'",
    "'\\\\;'",
    "E'\\';'",
    "e'it''s\\\\'",
    "E'\\'''",
    "E'\\047;\\x27\\u0027'",
    "E'a'\n'\\';'",
  ],
  ...[
    "E'a' -- ;'\n '\\'--'",
    "'a'\n'\\'",
    "U&'\\0061;'",
    "U&'!0061;' uescape '!'",
    "B'01'",
    "X'1F'",
    "N'a;'",
    '$$;$$',
    "$$'$$",
  ],
  ...[
    '$a$ $$;$b$ $a$',
    '$a$ $a;$A$ $a1$ $a$',
    '$a1_é$;$a$$a1_é$',
    '$é$;$é$',
    '$_1$ $_1 $_1$',
    '1',
    '1.5',
    '.5',
    '- 1',
    '1 - -1',
    '2 * 3',
    '4 / 2',
    '(1)',
    '((1))',
  ],
  ...[
    "case when 1=1 then ';' end",
    'case 1 when 1. then 2 else 3 end',
    'case when true then case 1 when 1 then 2 end end',
  ],
  ...[
    'null',
    "'a'::text",
    '1::int',
    'array[1,2]',
    '(array[1,2])[1:2]',
    "'😀;'",
    "'é'",
    "'\u2028'",
    "'\r\n;'",
    "'a' || $$b$$",
  ],
  ...[
    'current_date',
    '\'x\' collate "C"',
    'true',
    "date '2001-01-01'",
    '1 + /* ; */ 2',
    '3 --;\n',
    '4 */*;*/ 5',
    "(select ';')",
  ],
] as const;

const NAMES = [
  'a',
  'B',
  '"a;b"',
  '"x""y;"',
  'U&"a\\0062;"',
  'é',
  'a$b$',
  'a$$',
  '名前',
  '"--"',
  '"/*"',
  '"\'"',
  'e',
  'n',
] as const;

/** White space and comments, where either may stand. */
const GAPS = [
  ...[
    ' ',
    ' ',
    ' ',
    ' ',
    '\n',
    '\t',
    '\r\n',
    ' \f ',
    ' /**/ ',
    '/* ; */',
    "/* ' */",
    '/* /* ; */ " */',
    ' -- ;\n',
    " -- it's\n",
  ],
  ...['\n--\n', '--\r', ' --$$\n', '/*--*/', '/* $$ */', '/***/', '-- \\g\n', '/* \\i x */', '\u000b'],
] as const;

/** Lines that say something to the gate, and lines that only look so. */
const DIRECTIVES = [
  '-- gate: no-transaction',
  '-- gate: batch',
  '-- gate: allow drop-column it is gone',
  '-- gate: lock-timeout=2s statement-timeout=0',
  '-- gate: lock-timeout=5s',
  '--gate:nonsense',
  '-- gate:',
  '-- gate no-transaction',
  '---- gate: batch',
  '--!/usr/bin/psql -f',
  '/* -- gate: batch */',
  '/* a */ -- gate: no-transaction',
  '\ufeff-- gate: batch',
  '',
] as const;

const real: string[] = [];

/** Migration files of this repository: its examples, and the SQL in the tests. */
function realTexts(): readonly string[] {
  if (real.length > 0) return real;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith('.sql')) real.push(readFileSync(path, 'utf8'));
      else if (entry.name.endsWith('.ts')) {
        for (const [, sql = ''] of readFileSync(path, 'utf8').matchAll(/`([^`$\\]{20,2000})`/g)) {
          if (/^\s*(?:create|select|alter|insert|begin|do|--)\b/i.test(sql)) real.push(sql);
        }
      }
    }
  };
  walk(join(root, 'examples'));
  walk(join(root, 'test'));
  return real;
}

function upTo(most: number, random: Random): number {
  return Math.floor(random() * (most + 1));
}

function many(most: number, random: Random, make: () => string): string {
  let text = '';
  for (let left = upTo(most, random); left > 0; left--) text += make();
  return text;
}

const gap = (random: Random): string => (random() < 0.7 ? ' ' : oneOf(GAPS, random));

/** Words with white space or comments between them. */
function spaced(words: readonly string[], random: Random): string {
  return words.reduce((text, word) => (text === '' ? word : text + gap(random) + word), '');
}

/** A statement that parses, mostly. */
export function goodStatement(random: Random, depth = 0): string {
  const value = () => oneOf(VALUES, random);
  const name = () => oneOf(NAMES, random);
  const words = (...list: string[]) => spaced(list, random);
  switch (upTo(depth > 0 ? 6 : 13, random)) {
    case 0:
    case 1:
      return words('select', value());
    case 2:
      return words('select', value(), ',', value(), 'as', name());
    case 3:
      return words('insert', 'into', name(), 'values', '(', value(), ',', value(), ')');
    case 4:
      return words('select', `t.${oneOf(['end', 'case', 'begin', 'a'], random)}`, 'from', name(), 't');
    case 5:
      return words('select', '1', 'as', oneOf(['end', 'case', '"end"', 'begin'], random));
    case 6:
      return words('select', '1', oneOf(['end', 'case', 'atomic', 'e', 'n', 'begin atomic'], random));
    case 7:
      return words(
        'create',
        'rule',
        name(),
        'as',
        'on',
        'insert',
        'to',
        name(),
        'do',
        '(',
        body(random, 3),
        'select 1',
        ')',
      );
    case 8:
    case 9: {
      const kind = oneOf(['function', 'procedure', 'FUNCTION', 'Procedure'], random);
      const head = random() < 0.5 ? ['create'] : ['create', 'or', 'replace'];
      const named = oneOf(['f', '"begin"', 's.begin', 'begin', 'replace', 'x.end', '"end"'], random);
      const returns =
        kind.toLowerCase() === 'function' && random() < 0.8 ? ['returns', oneOf(['int', 'begin'], random)] : [];
      return words(
        ...head,
        kind,
        `${named}(a int default ${oneOf(['1', 'case when true then 1 end'], random)})`,
        ...returns,
        'begin',
        'atomic',
        `${body(random, 4)}${gap(random)}end`,
      );
    }
    case 10:
      return words(
        'create',
        'function',
        'f()',
        'returns',
        'int',
        'language',
        oneOf(['sql', "E'sql'", "'sql'"], random),
        'as',
        value(),
      );
    case 11:
      return random() < 0.5
        ? words(
            'do',
            'language',
            oneOf(["E'plpgsql'", 'plpgsql', "'plpgsql'"], random),
            oneOf(["'begin end'", "'\\'", '$$;$$'], random),
          )
        : words('do', oneOf(["'begin '\n'commit; end'", '$$begin end$$', "E'begin\\n commit; end'"], random));
    case 12:
      return words(oneOf(['begin', 'start transaction', 'commit', 'end', 'rollback', 'savepoint a', 'vacuum'], random));
    default:
      return words(
        'copy',
        name(),
        oneOf(['from', 'to'], random),
        oneOf(["'/x'", 'stdin', 'stdout', "program 'x;'"], random),
      );
  }
}

function body(random: Random, most: number): string {
  return many(most, random, () => `${gap(random)}${goodStatement(random, 1)}${random() < 0.3 ? gap(random) : ''};`);
}

/** A whole file of statements that parse, mostly. */
export function goodFile(random: Random): string {
  let text = random() < 0.05 ? '\ufeff' : '';
  for (let left = upTo(4, random); left >= 0; left--) {
    if (random() < 0.4) text += oneOf(GAPS, random);
    text += goodStatement(random);
    if (random() < 0.3) text += oneOf(GAPS, random);
    if (left > 0 || random() < 0.6) text += random() < 0.1 ? ';;' : ';';
  }
  return text;
}

function mutated(text: string, random: Random): string {
  let out = text;
  for (let left = 1 + upTo(3, random); left > 0; left--) {
    const from = upTo(out.length, random);
    const to = Math.min(out.length, from + upTo(8, random));
    const kind = random();
    if (kind < 0.3) out = out.slice(0, from) + out.slice(to);
    else if (kind < 0.8) out = out.slice(0, from) + oneOf(SHARDS, random) + out.slice(from);
    else if (kind < 0.9) out = out.slice(0, to) + out.slice(from);
    else out = out.slice(from) + out.slice(0, from);
  }
  return out;
}

/** Any text: shards in a heap, files with something wrong in them, files as they should be. No lone surrogates, as none comes out of UTF-8. */
export function hostileText(random: Random): string {
  const kind = random();
  let text: string;
  if (kind < 0.4) text = many(14, random, () => oneOf(SHARDS, random) + (random() < 0.3 ? ' ' : ''));
  else if (kind < 0.7) text = goodFile(random);
  else if (kind < 0.95) text = mutated(goodFile(random), random);
  else {
    const whole = oneOf(realTexts(), random);
    const from = upTo(Math.max(0, whole.length - 300), random);
    text = mutated(whole.slice(from, from + 300), random);
  }
  if (random() < 0.05)
    text = many(3, random, () => `${oneOf(DIRECTIVES, random)}${oneOf(['\n', '\r\n', '\r', ''], random)}`) + text;
  if (random() < 0.002) text = deep(random) + text;
  if (kind > 0.699 && kind < 0.701) text += `\0${oneOf(SHARDS, random)}`;
  return wellFormed(text);
}

/** Comments in comments, a thousand deep or nearly closed. */
function deep(random: Random): string {
  const depth = upTo(3_000, random);
  return `${'/*'.repeat(depth)};'${'*/'.repeat(random() < 0.8 ? depth : Math.max(0, depth - 1))}`;
}

/** Without halves of surrogate pairs. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** A text in pieces: two or three, many, or letter by letter. */
export function cutUp(text: string, random: Random): string[] {
  if (random() < 0.1) return text.split('');
  const places = Array.from({ length: 1 + upTo(3, random) }, () => upTo(text.length, random)).sort((a, b) => a - b);
  return [...places, text.length].map((to, at) => text.slice(at === 0 ? 0 : places[at - 1], to));
}

/** The smallest text to be found, by leaving out parts, of which `fails` still holds. */
export function shrunk(text: string, fails: (text: string) => boolean): string {
  let least = text;
  for (let size = Math.ceil(least.length / 2); size >= 1; ) {
    let smaller = false;
    for (let at = 0; at < least.length; ) {
      const shorter = wellFormed(least.slice(0, at) + least.slice(at + size));
      if (shorter.length < least.length && fails(shorter)) {
        least = shorter;
        smaller = true;
      } else at += size;
    }
    if (size === 1 && !smaller) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return least;
}

/** What PostgreSQL refuses in a transaction block, in every form that it has. */
export const NON_TRANSACTIONAL = [
  'create index concurrently on t (a)',
  'create unique index concurrently if not exists "i;" on only s.t using btree (lower(a)) where b = $$;$$',
  'drop index concurrently if exists a, "b"',
  'reindex index concurrently i',
  'reindex (verbose, concurrently) table s.t',
  "reindex (concurrently 'on') table t",
  'reindex database d',
  'reindex system d',
  'reindex schema concurrently s',
  'alter table if exists only s.p detach partition q concurrently',
  'vacuum',
  'vacuum (full, analyze) t',
  'alter system set a = 1',
  'cluster',
  'cluster verbose',
  'create database d',
  'drop database if exists "d" with (force)',
  "create tablespace x location '/x'",
  'drop tablespace x',
  'alter database d set tablespace x',
  "create subscription s connection 'a' publication p",
  'drop subscription s',
  'alter subscription s refresh publication',
  'discard all',
  'do $$begin commit; end$$',
  "do language plpgsql 'begin if true then rollback; end if; end'",
  "do E'begin\\n commit; end'",
  "do 'begin '\n'commit; end'",
  "do $x$begin /* ; */ commit and chain; end$x$ language 'plpgsql'",
] as const;

export const OTHER_FORMS = [
  'begin isolation level serializable',
  'start transaction',
  'commit and chain',
  'rollback work and chain',
  'rollback to savepoint a',
  'release a',
  "prepare transaction 'x'",
  "commit prepared 'x'",
  'abort',
  'end transaction',
  'create unlogged table if not exists s."T x" (a int)',
  'create table t as select setval($$a$$, 1)',
  "alter type s.e add value if not exists 'it''s'",
  "select setval('a', 1)",
  'with a as (delete from t returning 1) select * from a',
  'select a into b from c',
  'insert into s.t (a, b) select 1, 2',
  'alter table t alter column a type bigint',
  'create index i on s.t (a)',
  'refresh materialized view s.v',
  "copy t from program 'x'",
  "copy (select 1) to '/x'",
  "select dblink('a', 'b')",
  "do $$begin perform setval('a', 1); end$$",
  'call p(1)',
  'set constraints all deferred',
  'create or replace function f() returns int language sql as $$select 1$$',
] as const;

/** The same statement with its words in any case and anything between its tokens that means nothing. */
export function otherwiseWritten(sql: string, oracle: Oracle, random: Random): string {
  const tokens = oracle.scan(sql);
  if (typeof tokens === 'string') throw new Error(`no statement of the tests: ${sql}`);
  return tokens.reduce((text, token, at) => {
    const word = token.kind === 'other' && /^[a-z]+$/i.test(token.text);
    const written = word
      ? [...token.text].map((letter) => (random() < 0.4 ? letter.toUpperCase() : letter)).join('')
      : token.text;
    const apart = at > 0 && tokens[at - 1]?.end !== token.start;
    const between = apart || random() < 0.2 ? oneOf(GAPS, random) : '';
    return at === 0 ? written : text + (apart || between.startsWith('-') === false ? between : ` ${between}`) + written;
  }, '');
}

const CONTRARY = [
  "'",
  '\\',
  '"',
  '$',
  '$$',
  '--',
  '/*',
  '*/',
  ';',
  ' ',
  '\n',
  'é',
  '😀',
  ')',
  '%',
  "''",
  '=',
  ',',
  '||',
  ':',
] as const;

/** A statement with a password in it, written in any way that PostgreSQL takes; `parts`: what no report may show. */
export function passwordStatement(random: Random): { readonly sql: string; readonly parts: readonly string[] } {
  const core = () =>
    `Zq${Math.floor(random() * 1e9)
      .toString(36)
      .padStart(6, 'x')}`;
  const parts = [core(), core()];
  const password = `${parts[0]}${many(2, random, () => oneOf(CONTRARY, random))}${parts[1]}`;
  const word = (text: string) => (random() < 0.5 ? text : text.toUpperCase());
  const between = () => oneOf([' ', ' ', '\n', '\t', '/* x */', " /* it's */ ", ' -- x\n', ' --\r\n', '  '], random);
  const role = () =>
    `${word(oneOf(['create', 'alter'], random))} ${word(oneOf(['role', 'user'], random))} ${oneOf(['a', '"b c"', 'é'], random)}`;
  const literal = literalOf(password, random);
  const inner = `${role()} password ${quoted(password)}`;
  const ways: readonly (() => string)[] = [
    () => `${role()} ${word('password')}${between()}${literal}`,
    () => `${role()} ${word('with login encrypted password')}${between()}${literal} valid until 'infinity'`,
    () =>
      `${word('create user mapping for')} a server s ${word('options')} (user 'u', ${word('password')}${between()}${literal})`,
    () => `alter user mapping for a server s options (set ${word('password')}${between()}${literal}, add x 'y')`,
    () =>
      `create subscription s ${word('connection')}${between()}${quoted(`host=h password=${password} dbname=d`)} publication p`,
    () => `do $do$ begin execute ${quoted(inner)}; end $do$`,
    () => `do $do$ begin execute format('alter role a password %L', ${literal}); end $do$`,
    () => `select set_config('app.password', ${literal}, false)`,
  ];
  return { sql: oneOf(ways, random)(), parts };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function literalOf(text: string, random: Random): string {
  const escaped = text.replaceAll('\\', '\\\\');
  const tag = oneOf(['$pw$', '$p_1$', '$é$'], random);
  const cut = text.length / 2;
  const ways = [
    quoted(text),
    `E'${escaped.replaceAll("'", random() < 0.5 ? "\\'" : "''")}'`,
    `e${quoted(escaped)}`,
    `U&${quoted(escaped)}`,
    `U&${quoted(text.replaceAll('!', '!!'))} uescape '!'`,
    `${tag}${text}${tag}`,
    text.includes('$') ? quoted(text) : `$$${text}$$`,
    `${quoted(text.slice(0, cut))}\n${quoted(text.slice(cut))}`,
    `${quoted(text.slice(0, cut))} -- it's more\n  ${quoted(text.slice(cut))}`,
  ];
  return oneOf(ways, random);
}

/** A file that a server can run from its begin to its end, or with something wrong in it. Its table is `seen`. */
export function psqlText(random: Random): string {
  const words = (...list: string[]) => spaced(list, random);
  const value = () =>
    oneOf(
      VALUES.filter((one) => !/^-|^\(select|\u2028/.test(one)),
      random,
    );
  let made = 0;
  const statement = (): string => {
    made++;
    switch (upTo(15, random)) {
      case 0:
        return words(
          'create',
          'function',
          `f${made}()`,
          'returns',
          'int',
          'begin',
          'atomic',
          'select',
          oneOf(['1', 'case when true then 2 end', '(select 3)'], random),
          ';',
          'select 4',
          ';',
          'end',
        );
      case 1:
        return words(
          'create',
          'procedure',
          `p${made}()`,
          'begin',
          'atomic',
          'insert into seen (v)',
          'values',
          '(',
          "'in; it'",
          ')',
          ';',
          'end',
          ';',
          'call',
          `p${made}()`,
        );
      case 2:
        return words(
          'create',
          'function',
          `f${made}()`,
          'returns',
          'int',
          'begin',
          'atomic',
          oneOf(['select 1 as end', 'select 1 end', 'select t.end from (select 1 "end") t'], random),
          ';',
          'end',
        );
      case 3:
        return words(
          'create',
          'rule',
          `r${made}`,
          'as',
          'on',
          'insert',
          'to',
          't',
          'do',
          'also',
          '(',
          "insert into seen (v) values ('a;')",
          ';',
          "insert into seen (v) values (')')",
          ')',
          ';',
          'insert into t values (1)',
        );
      case 4:
        return words(
          'do',
          oneOf(
            [
              "language E'plpgsql' 'begin insert into seen (v) values (''\\''); end'",
              '$$ begin insert into seen (v) values ($a$;$a$); end; $$',
              "'begin '\n'null; end'",
            ],
            random,
          ),
        );
      case 5:
        return `${words('begin')};${statement()};${words(oneOf(['commit', 'end', 'rollback', 'commit and chain; commit'], random))}`;
      case 6:
        return words(
          'comment',
          'on',
          'table',
          'seen',
          'is',
          oneOf(["'--;'", "E'\\';'", '$$/*$$', "E'a' -- x\n '\\';'"], random),
        );
      case 7:
        return words(
          'alter',
          'table',
          'seen',
          'add',
          'column',
          oneOf([`c${made}`, `"c;${made}"`, `U&"c\\0061${made}"`, `é${made}`, `c${made}$a$`], random),
          'text',
          'default',
          oneOf(["';'", "E'\\''", '$$;$$'], random),
        );
      case 8:
        return random() < 0.3
          ? words('set', 'standard_conforming_strings', '=', oneOf(['off', 'on', "'off'"], random))
          : '';
      case 9:
        return random() < 0.3
          ? oneOf(
              [
                'vacuum t',
                'create index concurrently on t (a)',
                'commit',
                'copy t from stdin',
                '\\echo x\n',
                'copy t to stdout',
                'copy t from stdin;\n1\n2\n\\.\n',
                'select 1 as a \\gset\n',
                "select 'select 1' \\gexec\n",
                'select 1 \\g\n',
                "select :'v'",
              ],
              random,
            )
          : '';
      case 10:
        return words(
          'insert into seen (v)',
          'values',
          '(',
          oneOf(["'\\'", "'\\\\'", "'\\';'", "'a\\'''", "'\\n'"], random),
          ')',
        );
      default:
        return words('insert', 'into', 'seen', '(v)', 'values', '(', '(', value(), ')::text', ')');
    }
  };
  let text = random() < 0.1 ? '\ufeff' : '';
  for (let left = 1 + upTo(6, random); left > 0; left--) {
    if (random() < 0.3) text += oneOf(GAPS, random);
    text += statement();
    if (random() < 0.2) text += oneOf(GAPS, random);
    if (left > 1 || random() < 0.6) text += ';';
  }
  // No server program, no file, no psql that says more than it is asked: nothing in the shards runs by itself.
  const wrong = random() < 0.3 ? mutated(text, random) : text;
  return /restrict|\0|\\[!oiwcs]|\\copy/.test(wrong) ? text : wrong;
}
