import { describe, expect, it } from 'vitest';
import { type GateComment, splitStatements } from '../../src/sql/split.ts';
import { SqlProblem } from '../../src/sql/statement.ts';

function split(...chunks: string[]): string[] {
  return [...splitStatements(chunks)].map((statement) => statement.sql);
}

function problemOf(...chunks: string[]): { message: string; line: number; column: number } {
  try {
    for (const _ of splitStatements(chunks));
  } catch (error) {
    if (error instanceof SqlProblem) return { message: error.message, line: error.line, column: error.column };
    throw error;
  }
  throw new Error('no problem was found');
}

/** A name, the text, and its statements. Used whole, cut in two at every place, and letter by letter. */
const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing', '', []],
  ['only white space', ' \r\n\t\f\v', []],
  ['only comments', '-- a\n/* b; */ -- c', []],
  ['empty statements', ';; ; -- x;\n;', []],
  ['one without its semicolon', 'select 1', ['select 1']],
  ['two', 'select 1; select 2;', ['select 1', 'select 2']],
  ['leading comments dropped', '-- hello\n/* x */ select 1;', ['select 1']],
  ['inner comments kept', 'select 1 -- a; b\n, 2;', ['select 1 -- a; b\n, 2']],
  ['trailing comments dropped', 'select 1 /* a */ -- b\n; select 2 -- c', ['select 1', 'select 2']],
  ['trailing comment, then a token', 'select 1 /* a */ + 1;', ['select 1 /* a */ + 1']],
  ['CRLF inside kept', 'select\r\n1;\r\nselect 2;\r\n', ['select\r\n1', 'select 2']],
  ['a byte order mark', '\ufeffselect 1;', ['select 1']],
  ['a semicolon in a string', "select 'a;b';select 2", ["select 'a;b'", 'select 2']],
  ['a doubled quote', "select 'it''s; ''';select 2", ["select 'it''s; '''", 'select 2']],
  ['a backslash is only a backslash', "select 'a\\';select 2", ["select 'a\\'", 'select 2']],
  ['an escape string', "select E'a\\';b' , e'\\\\';select 2", ["select E'a\\';b' , e'\\\\'", 'select 2']],
  ['an escape string with doubled quotes', "select E'it''s\\'';select 2", ["select E'it''s\\''", 'select 2']],
  [
    'an escape string goes on in the next line',
    "select E'a'\n '\\';b';select 2",
    ["select E'a'\n '\\';b'", 'select 2'],
  ],
  ['and over a comment', "select E'a' -- x\n '\\';b';select 2", ["select E'a' -- x\n '\\';b'", 'select 2']],
  [
    'and over several comments and lines',
    "select E'a'--x\n\n --y\r\t'\\';b';select 2",
    ["select E'a'--x\n\n --y\r\t'\\';b'", 'select 2'],
  ],
  ['but not in the same line', "do language E'plpgsql' '\\';select 2", ["do language E'plpgsql' '\\'", 'select 2']],
  ['nor over a block comment', "do E'a' /*\n*/\n '\\';select 2", ["do E'a' /*\n*/\n '\\'", 'select 2']],
  [
    'standard_conforming_strings is on, as pg_dump says it',
    "SET standard_conforming_strings = on;select '\\';select 2",
    ['SET standard_conforming_strings = on', "select '\\'", 'select 2'],
  ],
  [
    'where it may be off, what holds no backslash, or says how it is meant',
    "set standard_conforming_strings=off;select 'a''b', E'\\';', $$\\;$$, \"\\\"",
    ['set standard_conforming_strings=off', "select 'a''b', E'\\';', $$\\;$$, \"\\\""],
  ],
  ['a plain string does not', "select 'a'\n'\\';select 2", ["select 'a'\n'\\'", 'select 2']],
  ['an escape string ends with another token', "select E'a', '\\';select 2", ["select E'a', '\\'", 'select 2']],
  ['a name that ends with e is no escape', "select type'a\\';select 2", ["select type'a\\'", 'select 2']],
  [
    'U&, B, X and N strings',
    "select U&'a\\0061;', B'1;', x'1;', N'\\';select 2",
    ["select U&'a\\0061;', B'1;', x'1;', N'\\'", 'select 2'],
  ],
  ['no routine, whatever it is', '1 create function begin atomic;x', ['1 create function begin atomic', 'x']],
  ['nor behind a literal', "create E'' function begin atomic;x", ["create E'' function begin atomic", 'x']],
  ['nor here', 'create ( function begin atomic );x', ['create ( function begin atomic )', 'x']],
  ['a quoted identifier', 'select "a;""b;" from "x\'";select 2', ['select "a;""b;" from "x\'"', 'select 2']],
  ['U& identifier', 'select U&"a;\\0061";select 2', ['select U&"a;\\0061"', 'select 2']],
  ['dollar quotes', "do $$ a; 'b $$;select 2", ["do $$ a; 'b $$", 'select 2']],
  ['tagged dollar quotes', 'do $a$ $$; $b$ ; $a$;select 2', ['do $a$ $$; $b$ ; $a$', 'select 2']],
  ['a tag that almost closes', 'do $ab$ ;$a$; $ab ; $ab$;select 2', ['do $ab$ ;$a$; $ab ; $ab$', 'select 2']],
  ['two dollar signs that share one', 'do $a$ x$b$a$;select 2', ['do $a$ x$b$a$', 'select 2']],
  ['a tag of other letters', 'do $ünïcode_1$ ; $ünïcode_1$;select 2', ['do $ünïcode_1$ ; $ünïcode_1$', 'select 2']],
  ['a name with dollars in it', 'select a$b$;select c$b$;', ['select a$b$', 'select c$b$']],
  ['a name of other letters with dollars in it', 'select é$b$;select 2;', ['select é$b$', 'select 2']],
  ['parameters', 'select $1;select $2$3;', ['select $1', 'select $2$3']],
  ['a lone dollar', 'select $ ;select $a ;', ['select $', 'select $a']],
  ['nested comments', 'select 1 /* a /* b; */ ; */ + 1;select 2', ['select 1 /* a /* b; */ ; */ + 1', 'select 2']],
  [
    'stars and slashes',
    'select 1 /**/ /***/ /*/*/**/*/*/ + 4 / 2 * 3;select 2',
    ['select 1 /**/ /***/ /*/*/**/*/*/ + 4 / 2 * 3', 'select 2'],
  ],
  ['an operator before a comment', 'select 1 +--;\n 2;select 3*/*;*/4;', ['select 1 +--;\n 2', 'select 3*/*;*/4']],
  ['a comment ends with a carriage return', 'select 1 --;\r;select 2', ['select 1', 'select 2']],
  ['minus', 'select 1 - 2;select -3;', ['select 1 - 2', 'select -3']],
  ['quotes in comments', 'select 1 -- it\'s\n;/* " */ select 2', ['select 1', 'select 2']],
  ['comments in quotes', "select '--', '/*';select 2", ["select '--', '/*'", 'select 2']],
  [
    'a rule of two statements',
    'create rule r as on insert to t do (delete from a; delete from b);select 2',
    ['create rule r as on insert to t do (delete from a; delete from b)', 'select 2'],
  ],
  ['an open parenthesis', 'select (1; select 2', ['select (1; select 2']],
  ['one parenthesis too many', 'select 1); select 2', ['select 1)', 'select 2']],
  ['parentheses are counted anew', 'select 1)); select (2); select 3', ['select 1))', 'select (2)', 'select 3']],
  [
    'psql variables are not replaced',
    'select :\'a;\', :"b;", :c, d::text;select 2',
    ['select :\'a;\', :"b;", :c, d::text', 'select 2'],
  ],
  ['BEGIN is a statement', 'begin; select 1; end;', ['begin', 'select 1', 'end']],
  [
    'BEGIN ATOMIC',
    'create function f() returns int begin atomic select 1; select 2; end;select 3;',
    ['create function f() returns int begin atomic select 1; select 2; end', 'select 3'],
  ],
  [
    'BEGIN ATOMIC with CASE',
    'CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN a THEN CASE b WHEN 1 THEN 2 END END; SELECT 2; END;select 3;',
    [
      'CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN a THEN CASE b WHEN 1 THEN 2 END END; SELECT 2; END',
      'select 3',
    ],
  ],
  [
    'BEGIN ATOMIC with names that look like its words',
    'create function f() returns int begin atomic select t.end, t . end, case a when 1. then 2. end, 1 as case, "end", t.case, \'end\' /* end */; select (case a when 1 then 2 end); end;select 3;',
    [
      'create function f() returns int begin atomic select t.end, t . end, case a when 1. then 2. end, 1 as case, "end", t.case, \'end\' /* end */; select (case a when 1 then 2 end); end',
      'select 3',
    ],
  ],
  [
    'BEGIN ATOMIC with END and CASE as labels without AS',
    'create function f() begin atomic select 1 end; select 1 case; end;select 3',
    ['create function f() begin atomic select 1 end; select 1 case; end', 'select 3'],
  ],
  [
    'an empty BEGIN ATOMIC body',
    'create procedure p() begin atomic end;create procedure q() begin atomic /* ; */ end;select 3',
    ['create procedure p() begin atomic end', 'create procedure q() begin atomic /* ; */ end', 'select 3'],
  ],
  [
    'comments between BEGIN and ATOMIC',
    'create function f() begin /* x */ -- y\n atomic select 1; end;select 3',
    ['create function f() begin /* x */ -- y\n atomic select 1; end', 'select 3'],
  ],
  [
    'a function called begin',
    "create function begin() returns int language sql as 'select 1';select 2",
    ["create function begin() returns int language sql as 'select 1'", 'select 2'],
  ],
  [
    'BEGIN ATOMIC elsewhere',
    'create view v as select begin atomic;select 2',
    ['create view v as select begin atomic', 'select 2'],
  ],
  ['restrict lines', '\\restrict aBc;"\'\nselect 1;\n\\unrestrict aBc', ['select 1']],
  ['a restrict line with CRLF', '\\restrict abc\r\nselect 1;\r\n\\unrestrict abc\r\n', ['select 1']],
  [
    'other languages and emoji',
    "select '😀;' as ключ, 'ß' 名前;select 2",
    ["select '😀;' as ключ, 'ß' 名前", 'select 2'],
  ],
  ['a no-break space is a letter', 'select 1 as a\u00a0;select 2', ['select 1 as a\u00a0', 'select 2']],
  [
    'COPY with files',
    "copy t from '/a';copy t to program 'x';copy stdin from 'stdin'",
    ["copy t from '/a'", "copy t to program 'x'", "copy stdin from 'stdin'"],
  ],
];

describe('statements', () => {
  it.each(CASES)('%s', (_, text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  it.each(CASES)('%s, cut anywhere', (_, text, expected) => {
    expect(split(...text.split(''))).toEqual(expected);
    for (let at = 0; at <= text.length; at++) expect(split(text.slice(0, at), text.slice(at))).toEqual(expected);
    for (let at = 1; at < text.length; at++) {
      expect(split(text.slice(0, at), text.charAt(at), '', text.slice(at + 1))).toEqual(expected);
    }
  });

  it('come one by one, before the rest has been read', () => {
    const statements = splitStatements(
      (function* () {
        yield 'select 1; sel';
        throw new Error('read too far');
      })(),
    );
    expect(statements.next().value).toEqual({ sql: 'select 1', line: 1, column: 1 });
    expect(() => statements.next()).toThrow('read too far');
  });
});

describe('places', () => {
  const text =
    "\ufeff-- é\r\nselect 1;  select 2;/* a\n */ select\n3;\n'😀' ; '😀😀' , $$\n\n$$ ; select 4 -- x\n;\n\n\t x";
  const places = [
    ['select 1', 2, 1],
    ['select 2', 2, 12],
    ['select\n3', 3, 5],
    ["'😀'", 5, 1],
    ["'😀😀' , $$\n\n$$", 5, 7],
    ['select 4', 7, 6],
    ['x', 10, 3],
  ];
  const read = (...chunks: string[]) =>
    [...splitStatements(chunks)].map((found) => [found.sql, found.line, found.column]);

  it('are lines and code points', () => {
    expect(read(text)).toEqual(places);
  });

  it('do not depend on how the text is cut', () => {
    expect(read(...text.split(''))).toEqual(places);
    for (let at = 0; at <= text.length; at++) expect(read(text.slice(0, at), text.slice(at))).toEqual(places);
  });
});

describe('problems', () => {
  it('a NUL behind a statement that begins in another piece', () => {
    const read: string[] = [];
    const pieces = () => {
      for (const { sql } of splitStatements(['select all_of_these', ' from t;\n\0x'])) read.push(sql);
    };
    expect(pieces).toThrow(/NUL/);
    expect(read).toEqual(['select all_of_these from t']);
  });

  it.each([
    ['a string', "select 1;\n select 'it''s open;\n", 2, 9, /string literal \('\.\.\.'\).*never closed/],
    ['an escape string', "select\n E'a\\';", 2, 2, /string literal \(E'/],
    ['a quoted identifier', 'select "a""b', 1, 8, /quoted identifier/],
    ['a dollar quote', 'select 1;\ndo $body$ begin $$ end', 2, 4, /\(\$body\$\).*never closed/],
    ['a comment', 'select 1; /* a /* b */\n\n', 1, 11, /comment .*never closed/],
    ['a comment inside of a statement', 'select 1\n/* a', 2, 1, /comment .*never closed/],
    ['a NUL', 'select 1;\n \0x', 2, 2, /NUL/],
    ['a NUL in a string', "select '\0'", 1, 9, /NUL/],
    ['\\i', 'select 1;\n\\i other.sql\n', 2, 1, /^\\i is a command of psql.*put the SQL/],
    ['\\ir', '\\ir other.sql', 1, 1, /^\\ir .*put the SQL/],
    ['\\connect', '\\connect postgres://u:secret@h/d', 1, 1, /^\\connect .*one database/],
    ['\\copy', "\\copy t from 'x'", 1, 1, /^\\copy .*INSERT/],
    ['\\gexec', "select 'x' \\gexec", 1, 12, /^\\gexec .*EXECUTE/],
    ['\\g', 'select 1\\g\n', 1, 9, /^\\g .*semicolon/],
    ['\\set', '\\set ON_ERROR_STOP on', 1, 1, /^\\set .*variables/],
    ['\\if', '\\if :x', 1, 1, /^\\if .*DO block/],
    ['\\.', '\n\\.\n', 2, 1, /^\\\. .*inline COPY/],
    ['\\;', 'select 1\\;', 1, 9, /^\\; .*semicolon/],
    ['an unknown one', '\\frobnicate', 1, 1, /^\\frobnicate .*remove it/],
    ['a lone backslash', 'select \\', 1, 8, /^\\ is a command/],
    ['\\restrict inside of a statement', 'select 1\n\\restrict x\n;', 2, 1, /^\\restrict .*semicolon/],
    ['COPY FROM STDIN', 'select 1;\n copy t (a, b) from stdin;\n1\t2\n\\.\n', 2, 2, /FROM STDIN.*INSERT/],
    ['COPY FROM STDIN with options', 'COPY public."T" FROM STDIN WITH (FORMAT csv);', 1, 1, /FROM STDIN/],
    ['COPY FROM STDOUT, which is the same', 'copy t from stdout;', 1, 1, /FROM STDIN/],
    ['COPY with comments', 'copy /* from */ t -- to\n from\nstdin', 1, 1, /FROM STDIN/],
    ['COPY TO STDOUT', 'copy (select a from t) to STDOUT csv', 1, 1, /TO STDOUT/],
  ])('%s', (_, text, line, column, message) => {
    expect(problemOf(text)).toMatchObject({ line, column, message: expect.stringMatching(message) });
    expect(problemOf(...text.split(''))).toMatchObject({ line, column, message: expect.stringMatching(message) });
  });

  it.each([
    'set /**/ session standard_conforming_strings to off',
    "SET LOCAL standard_conforming_strings = 'off'",
    "select set_config('standard_conforming_strings', $$off$$, true)",
    'do $$ begin set standard_conforming_strings = off; end $$',
  ])('a backslash of which nobody knows whether it escapes, after %s', (off) => {
    const text = `${off};set standard_conforming_strings=on;\nselect E'\\'', 'a\\';b`;
    expect(problemOf(text)).toMatchObject({ line: 2, column: 15, message: expect.stringMatching(/write .* as E'/) });
  });

  it('come after the statements before them', () => {
    const statements = splitStatements(["select 1; select 'x"]);
    expect(statements.next().value).toMatchObject({ sql: 'select 1' });
    expect(() => statements.next()).toThrow(SqlProblem);
  });

  it('do not repeat what stands behind a psql command', () => {
    expect(problemOf('\\connect postgres://u:secret@h/d').message).not.toContain('secret');
    expect(problemOf("\\'secret").message).not.toContain('secret');
  });
});

describe('gate comments', () => {
  it('end with their line', () => {
    const comments: GateComment[] = [];
    const statements = [...splitStatements(['select --\n gate::int;--\rgate:'], (comment) => comments.push(comment))];
    expect(comments).toEqual([]);
    expect(statements.map(({ sql }) => sql)).toEqual(['select --\n gate::int', 'gate:']);
  });

  const text = '-- gate: batch\n/* -- gate: no */ select 1 --gate: late\r\n; -- gateway\n  -- Gate: x';
  const seen = (chunks: string[]) => {
    const comments: GateComment[] = [];
    const statements = [...splitStatements(chunks, (comment) => comments.push(comment))];
    expect(statements.map(({ sql }) => sql)).toEqual(['select 1']);
    return comments;
  };
  const expected = [
    { text: '-- gate: batch', line: 1, column: 1, afterStatements: 0 },
    { text: '--gate: late', line: 2, column: 28, afterStatements: 1 },
    { text: '-- Gate: x', line: 4, column: 3, afterStatements: 1 },
  ];

  it('are told of, with their places', () => {
    expect(seen([text])).toEqual(expected);
  });

  it('however the text is cut', () => {
    expect(seen(text.split(''))).toEqual(expected);
    for (let at = 0; at <= text.length; at++) expect(seen([text.slice(0, at), text.slice(at)])).toEqual(expected);
  });
});
