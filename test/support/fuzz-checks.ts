/** What must hold of any text that is read as SQL: each check gives what is wrong, in words, or null. */
import { classify } from '../../src/sql/classify.ts';
import { readDirectives } from '../../src/sql/directives.ts';
import { readScript, scanScript } from '../../src/sql/script.ts';
import { type GateComment, splitStatements } from '../../src/sql/split.ts';
import { SqlProblem, type Statement } from '../../src/sql/statement.ts';
import { readTokens } from '../../src/sql/tokens.ts';
import { type Oracle, type RealToken, splitByTokens } from './fuzz-oracle.ts';

export interface Reading {
  readonly statements: readonly Statement[];
  readonly gates: readonly GateComment[];
  readonly problem: { readonly message: string; readonly line: number; readonly column: number } | null;
}

/** By our splitter. Throws whatever is not a SqlProblem. */
export function readingOf(chunks: Iterable<string>): Reading {
  const statements: Statement[] = [];
  const gates: GateComment[] = [];
  try {
    for (const found of splitStatements(chunks, (comment) => gates.push(comment))) statements.push(found);
  } catch (error) {
    if (!(error instanceof SqlProblem)) throw error;
    const { message, line, column } = error;
    return { statements, gates, problem: { message, line, column } };
  }
  return { statements, gates, problem: null };
}

/** Says why a text is read otherwise than PostgreSQL reads it, or in pieces otherwise than whole. */
export function splitWrongly(text: string, pieces: readonly string[], oracle: Oracle): string | null {
  const whole = readingOf([text]);
  const inPieces = readingOf(pieces);
  if (JSON.stringify(whole) !== JSON.stringify(inPieces)) return `in pieces otherwise: ${JSON.stringify(inPieces)}`;
  return (
    misplaced(text, whole) ??
    misjudged(text.replace(/^\ufeff/, ''), whole, oracle) ??
    notOneEach(whole, oracle) ??
    tokensWrong(whole, oracle) ??
    directivesWrong(text, whole, oracle)
  );
}

/** Every statement stands where it is said to stand, in order, with nothing but comments and semicolons between. */
function misplaced(text: string, { statements, problem }: Reading): string | null {
  const starts = lineStarts(text);
  let last = -1;
  for (const { sql, line, column } of statements) {
    const at = offset(text, starts, line, column);
    if (at < last || !text.startsWith(sql, at)) return `not at ${line}:${column}: ${sql}`;
    if (/^[ \t\n\r\f\v]*$/.test(sql)) return `an empty statement at ${line}:${column}`;
    last = at + sql.length;
  }
  if (problem && offset(text, starts, problem.line, problem.column) > text.length) return 'a problem behind the end';
  return null;
}

function lineStarts(text: string): number[] {
  const starts = [text.startsWith('\ufeff') ? 1 : 0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function offset(text: string, starts: readonly number[], line: number, column: number): number {
  let at = starts[line - 1] ?? Number.POSITIVE_INFINITY;
  for (let left = column; left > 1; left--) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

function misjudged(text: string, ours: Reading, oracle: Oracle): string | null {
  const { problem } = ours;
  const nul = text.indexOf('\0');
  if (nul >= 0) return problem ? null : 'a NUL is passed over';
  const sqls = ours.statements.map(({ sql }) => sql);
  // What only psql could do ends the reading; what stands before must be as it is without the rest.
  const tokens = oracle.scan(text);
  if (tokens === 'other' || /\\(?:un)?restrict/.test(text)) return null;
  const copied = problem !== null && /^COPY \.\.\. /.test(problem.message);
  if (tokens === 'unterminated') return problem === null ? 'what is never closed is passed over' : null;
  if (problem && /never closed/.test(problem.message)) return `said to be never closed: ${problem.message}`;
  const byTokens = splitByTokens(text, tokens);
  if (problem === null && byTokens.stop >= 0) return `a backslash is passed over at offset ${byTokens.stop}`;
  if (copied) {
    const copy = byTokens.statements[sqls.length] ?? '';
    if (oracle.isClientCopy(copy) === false || !/^copy\b/i.test(copy)) return `no COPY over the connection: ${copy}`;
    if (!same(sqls, byTokens.statements.slice(0, sqls.length)))
      return `by tokens: ${JSON.stringify(byTokens.statements)}`;
    return null;
  }
  if (problem && /^a backslash in '\.\.\.'/.test(problem.message)) {
    const [unclear = ''] = byTokens.statements.slice(sqls.length);
    const said = /standard_conforming_strings/i.test(sqls.join()) && unclear.includes('\\');
    return said && same(sqls, byTokens.statements.slice(0, sqls.length))
      ? null
      : `no backslash that escapes: ${unclear}`;
  }
  if (problem && byTokens.stop < 0) return `refused for no reason that the scanner sees: ${problem.message}`;
  if (problem === null || byTokens.stop >= 0) {
    if (!same(sqls, byTokens.statements)) return `by tokens: ${JSON.stringify(byTokens.statements)}`;
  }
  const parsed = oracle.statements(text);
  if (parsed !== null && problem === null && !same(sqls, parsed)) return `by the grammar: ${JSON.stringify(parsed)}`;
  if (parsed?.some((sql) => oracle.isClientCopy(sql))) return 'COPY over the connection is passed over';
  return null;
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, at) => text === other[at]);
}

/** The server takes one statement at a time (42601), and what is no statement at all is not sent. */
function notOneEach({ statements }: Reading, oracle: Oracle): string | null {
  for (const { sql } of statements) {
    const count = oracle.count(sql);
    if (count !== null && count !== 1) return `${count} statements in one message: ${sql}`;
  }
  return null;
}

/** Literals and quoted names in a statement are where PostgreSQL's scanner has them. */
function tokensWrong({ statements }: Reading, oracle: Oracle): string | null {
  for (const { sql } of statements) {
    const real = oracle.scan(sql);
    if (!Array.isArray(real)) continue;
    // N'...' is a word and a literal to the scanner.
    const joined = real.map((token, at) => {
      const before = real[at - 1];
      const national = before?.end === token.start && /^n$/i.test(before.text) && token.text.startsWith("'");
      return national ? { ...token, start: before.start } : token;
    });
    const theirs = quotes(joined.filter(({ kind }) => kind === 'string' || kind === 'quoted'));
    const ours = quotes([...readTokens(sql)].filter(({ kind }) => kind === 'string' || kind === 'quoted'));
    if (theirs.join() !== ours.join()) return `literals at ${ours.join()} and not ${theirs.join()}: ${sql}`;
  }
  return null;
}

/** Where they end; those that touch are one: X'''' is two literals, and no place for anything else. */
function quotes(tokens: readonly { readonly start: number; readonly end: number }[]): number[] {
  return tokens.filter(({ end }, at) => tokens[at + 1]?.start !== end).map(({ end }) => end);
}

/** A `-- gate:` counts where PostgreSQL's scanner has a comment, and as a directive where nothing but comments stands before. */
function directivesWrong(whole: string, { gates, problem }: Reading, oracle: Oracle): string | null {
  if (!/gate/i.test(whole) || /\\|\0/.test(whole)) return null;
  const text = whole.replace(/^\ufeff/, '');
  const tokens = oracle.scan(text);
  if (!Array.isArray(tokens)) return null;
  const isLine = (token: RealToken) => token.text.startsWith('--');
  const first = tokens.findIndex((token) => token.kind !== 'comment');
  const leading = tokens.slice(0, first < 0 ? undefined : first).filter(isLine);
  if (problem === null) {
    const theirs = tokens
      .filter((token) => isLine(token) && /^--\s*gate:/i.test(token.text))
      .map((token) => token.text);
    const ours = gates.map((gate) => gate.text);
    if (!same(ours, theirs)) return `gate comments ${JSON.stringify(ours)}, not ${JSON.stringify(theirs)}`;
  }
  let bare = '';
  for (const token of leading) bare += blank(text.slice(bare.length, token.start)) + token.text;
  const [told, meant] = [text, bare].map((one) => JSON.stringify(readDirectives(one)));
  return told === meant ? null : `the directives ${told}, not ${meant}`;
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/gu, ' ');
}

/** Whatever the text, what is read from it is read, or a SqlProblem says why not. */
export function throwsOtherwise(text: string): string | null {
  try {
    const { directives } = readDirectives(text);
    scanScript(readScript(splitStatements([text])), directives);
  } catch (error) {
    if (!(error instanceof SqlProblem)) return `${error instanceof Error ? error.stack : error}`;
  }
  try {
    classify(text);
    return null;
  } catch (error) {
    return `classify: ${error instanceof Error ? error.stack : error}`;
  }
}
