/** A file's text, in pieces of any size -> its statements, by the rules by which psql finds them. */
import {
  BACKSLASH,
  CLOSE,
  closeComment,
  closeDollar,
  closeEscape,
  closeLine,
  closeQuote,
  DOLLAR,
  DOUBLE_QUOTE,
  dollarTagEnd,
  isLineEnd,
  isSpace,
  isWordStart,
  MINUS,
  OPEN,
  QUOTE,
  SEMICOLON,
  SLASH,
  STAR,
  wordEnd,
} from './lex.ts';
import { locate } from './locate.ts';
import { SqlProblem, type Statement } from './statement.ts';
import { copyEndpoint, readTokens } from './tokens.ts';

/** A `-- gate: ...` comment anywhere in the file. */
export interface GateComment {
  /** The comment as written, `--` included; no more of it than a directive may have. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** How many statements had begun before it: 0 for the leading comments. */
  readonly afterStatements: number;
}

/**
 * The statements of a text, in order, as they come; memory is bounded by the longest statement.
 * Empty statements are skipped; a byte order mark at the start is dropped; `\restrict` lines are passed over.
 * @param onGateComment is told of every `-- gate:` comment, as soon as it is passed.
 * @throws SqlProblem where the text cannot be split or holds what only psql could carry out.
 */
export function* splitStatements(
  chunks: Iterable<string>,
  onGateComment?: (comment: GateComment) => void,
): Generator<Statement> {
  const splitter = new Splitter(onGateComment ?? null);
  for (const chunk of chunks) {
    splitter.feed(chunk);
    for (let found = splitter.next(); found !== null; found = splitter.next()) yield found;
  }
  splitter.end();
  for (let found = splitter.next(); found !== null; found = splitter.next()) yield found;
}

/** What is open where the scan stands. */
type Mode = 'sql' | 'word' | 'string' | 'identifier' | 'escape' | 'dollar' | 'comment' | 'line-comment' | 'psql-line';

/** How far the statement's head has matched CREATE [OR REPLACE] FUNCTION | PROCEDURE: only there BEGIN ATOMIC opens a body. */
type Head = 'start' | 'create' | 'or' | 'replace' | 'routine' | 'other';

const OPEN_AT_END: Readonly<Partial<Record<Mode, string>>> = {
  string:
    "a string literal ('...') is opened here and never closed: add the closing quote, or double a quote inside it",
  escape: "a string literal (E'...') is opened here and never closed: add the closing quote",
  identifier: 'a quoted identifier ("...") is opened here and never closed: add the closing double quote',
  comment: 'a comment (/* ... */) is opened here and never closed: add the closing */ (comments nest)',
};

/** A held back comment must not grow without end: a directive is shorter than this. Characters. */
const LONGEST_DIRECTIVE = 1024;

/** Of the words that the splitter knows. */
const LONGEST_KEYWORD = 9;

class Splitter {
  /** The piece at hand, and where the scan stands in it. What lies before has been dealt with. */
  private text = '';
  private pos = 0;
  private started = false;
  private last = false;
  /** A NUL was found right behind `text`. */
  private nul = false;

  /** Line and column of offset `mark`; only moved forward, so that every character is counted once. */
  private mark = 0;
  private line = 1;
  private column = 1;
  private newlineAt = -1;

  private mode: Mode = 'sql';
  /** Where the open thing began: an offset in `text`, or -1 when it lies in an earlier piece and is in openLine/openColumn. */
  private openAt = -1;
  private openLine = 0;
  private openColumn = 0;
  private dollarTag = '';
  /** How much of an opening tag that goes on in the next piece has been read. */
  private tagRead = 0;
  private commentDepth = 0;

  /** Offset of the statement (or of its part in this piece), -1 between statements. */
  private start = -1;
  private startLine = 0;
  private startColumn = 0;
  private parts: string[] = [];
  private partsLength = 0;
  /** Length of the statement up to the comments that it ends with so far, or -1. */
  private tail = -1;
  private parens = 0;
  private head: Head = 'start';
  /** Between BEGIN ATOMIC and its END. */
  private inBody = false;
  /** The last token: a short word in lower case, `;` where a statement of a body may begin, else empty. */
  private previous = '';
  /** The last token was an E'...': a quote that follows on a later line goes on with it, escapes and all. */
  private afterEscape: 'no' | 'same line' | 'later line' = 'no';
  /** The file turns standard_conforming_strings off somewhere before: a backslash may escape in '...' too. */
  private backslashesUnclear = false;
  private statements = 0;
  private readonly onGateComment: ((comment: GateComment) => void) | null;

  constructor(onGateComment: ((comment: GateComment) => void) | null) {
    this.onGateComment = onGateComment;
  }

  feed(chunk: string): void {
    let fresh = chunk;
    if (!this.started && fresh !== '') {
      this.started = true;
      if (fresh.charCodeAt(0) === 0xfeff) fresh = fresh.slice(1);
    }
    const nul = this.nul ? 0 : fresh.indexOf('\0');
    if (nul >= 0) {
      fresh = fresh.slice(0, nul);
      this.nul = true;
    }
    this.dropScanned();
    this.text = this.text === '' ? fresh : this.text + fresh;
    this.newlineAt = -1;
  }

  end(): void {
    this.last = true;
  }

  /** The next statement that is complete, or null: more text is needed, or there is none. */
  next(): Statement | null {
    while (this.pos < this.text.length) {
      const { pos, mode } = this;
      if (mode === 'sql') {
        const found = this.scanSql();
        if (found !== null) return found;
      } else if (!this.closeOpen()) {
        break;
      }
      if (this.pos === pos && this.mode === mode) break;
    }
    if (this.nul) {
      this.moveTo(this.text.length);
      this.fail('a NUL character: PostgreSQL text cannot hold one; is this file UTF-16, or not text at all?');
    }
    return this.last ? this.finishInput() : null;
  }

  private finishInput(): Statement | null {
    const open = this.mode === 'dollar' ? this.dollarMessage() : OPEN_AT_END[this.mode];
    if (open !== undefined) {
      this.placeOpen();
      throw new SqlProblem(open, this.openLine, this.openColumn);
    }
    return this.start < 0 ? null : this.finishStatement(this.text.length);
  }

  private dollarMessage(): string {
    return `a dollar-quoted string (${this.dollarTag}) is opened here and never closed: add the closing ${this.dollarTag}`;
  }

  /** Goes through SQL outside of quotes and comments up to a statement's end, or to where something long is open, or to the end. */
  private scanSql(): Statement | null {
    const text = this.text;
    const length = text.length;
    let pos = this.pos;
    while (pos < length) {
      const code = text.charCodeAt(pos);
      if (isSpace(code)) {
        if (this.afterEscape === 'same line' && isLineEnd(code)) this.afterEscape = 'later line';
        pos++;
        continue;
      }
      if (code === MINUS || code === SLASH) {
        if (pos + 1 === length && !this.last) break;
        if (text.charCodeAt(pos + 1) === (code === MINUS ? MINUS : STAR)) {
          if (code === MINUS && this.awaitsGateComment(pos)) break;
          this.beginComment(pos, code === MINUS ? 'line-comment' : 'comment');
          if (!this.closeOpen()) return null;
          pos = this.pos;
          continue;
        }
      }
      if (code === BACKSLASH) {
        this.pos = pos;
        if (!this.passPsqlLine()) return null;
        pos = this.pos;
        continue;
      }
      if (code === SEMICOLON && this.parens === 0 && !this.inBody) {
        this.pos = pos + 1;
        if (this.start >= 0) return this.finishStatement(pos);
        pos++;
        continue;
      }
      // Decided before the token is begun: what touches the end of a piece is read again with the next one.
      let end = pos + 1;
      if (isWordStart(code)) {
        end = wordEnd(text, end);
        if (end === length && !this.last && end - pos <= LONGEST_KEYWORD) break;
      } else if (code === DOLLAR) {
        end = dollarTagEnd(text, pos, this.tagRead);
        this.tagRead = end < 0 && !this.last ? length - pos : 0;
        if (this.tagRead > 0) break;
      }
      if (this.start < 0) this.beginStatement(pos);
      this.tail = -1;
      if (this.head !== 'routine' && !isWordStart(code)) this.head = 'other';
      const goesOn = this.afterEscape === 'later line';
      this.afterEscape = 'no';
      if (isWordStart(code)) {
        if (end - pos === 1 && (code === 69 || code === 101) && text.charCodeAt(end) === QUOTE) {
          if (this.head !== 'routine') this.head = 'other';
          this.open('escape', pos, end + 1);
        } else {
          if (this.head !== 'other') this.noticeWord(pos, end);
          pos = end;
          if (end < length || this.last) continue;
          this.open('word', pos, end);
        }
      } else if (code === QUOTE) {
        this.open(goesOn ? 'escape' : 'string', pos, pos + 1);
      } else if (code === DOUBLE_QUOTE) {
        this.open('identifier', pos, pos + 1);
      } else if (code === DOLLAR && end > 0) {
        this.dollarTag = text.slice(pos, end);
        this.open('dollar', pos, end);
      } else {
        if (code === OPEN) this.parens++;
        else if (code === CLOSE && this.parens > 0) this.parens--;
        this.previous = code === SEMICOLON ? ';' : '';
        pos++;
        continue;
      }
      if (!this.closeOpen()) return null;
      pos = this.pos;
    }
    this.pos = pos;
    return null;
  }

  private open(mode: Mode, at: number, inside: number): void {
    this.mode = mode;
    this.openAt = at;
    this.pos = inside;
    this.previous = '';
  }

  /** Goes to the end of what is open; false: the text ends first. */
  private closeOpen(): boolean {
    const mode = this.mode;
    let at: number;
    if (mode === 'string') at = closeQuote(this.text, this.pos, "'");
    else if (mode === 'identifier') at = closeQuote(this.text, this.pos, '"');
    else if (mode === 'escape') at = closeEscape(this.text, this.pos);
    else if (mode === 'word') {
      const end = wordEnd(this.text, this.pos);
      at = end === this.text.length && !this.last ? ~end : end;
    } else if (mode === 'dollar') at = closeDollar(this.text, this.pos, this.dollarTag);
    else if (mode === 'comment') {
      const closed = closeComment(this.text, this.pos, this.commentDepth);
      this.commentDepth = closed.depth;
      at = closed.at;
    } else at = closeLine(this.text, this.pos);
    const doubling = mode === 'string' || mode === 'identifier' || mode === 'escape';
    // A quote that ends a piece may be the first of two.
    if (doubling && at === this.text.length && !this.last) at = ~(at - 1);
    if (at < 0) {
      this.pos = ~at;
      return false;
    }
    this.pos = at;
    if (mode === 'escape') this.afterEscape = 'same line';
    else if (mode !== 'line-comment') this.afterEscape = 'no';
    this.mode = 'sql';
    return true;
  }

  private beginComment(at: number, mode: 'comment' | 'line-comment'): void {
    if (this.start >= 0 && this.tail < 0) this.tail = this.partsLength + at - this.start;
    const previous = this.previous;
    this.open(mode, at, at + 2);
    this.previous = previous;
    this.commentDepth = 1;
    if (mode === 'line-comment' && this.onGateComment !== null) this.reportGateComment(at);
  }

  /** Whether the comment at `at` must be seen whole before it is passed. */
  private awaitsGateComment(at: number): boolean {
    if (this.onGateComment === null || this.last || this.text.length - at > LONGEST_DIRECTIVE) return false;
    return closeLine(this.text, at) < 0;
  }

  private reportGateComment(at: number): void {
    const end = closeLine(this.text, at);
    const text = this.text.slice(at, Math.min(end < 0 ? ~end : end, at + LONGEST_DIRECTIVE));
    if (!/^--\s*gate:/i.test(text)) return;
    this.moveTo(at);
    this.onGateComment?.({
      text,
      line: this.line,
      column: this.column,
      afterStatements: this.statements,
    });
  }

  private beginStatement(at: number): void {
    this.moveTo(at);
    this.start = at;
    this.startLine = this.line;
    this.startColumn = this.column;
    this.parens = 0;
    this.inBody = false;
    this.head = 'start';
    this.previous = '';
    this.statements++;
  }

  private finishStatement(end: number): Statement {
    let sql = this.text.slice(this.start, end);
    if (this.parts.length > 0) {
      this.parts.push(sql);
      sql = this.parts.join('');
      this.parts = [];
      this.partsLength = 0;
    }
    sql = trimEnd(this.tail >= 0 ? sql.slice(0, this.tail) : sql);
    this.start = -1;
    this.tail = -1;
    this.parens = 0;
    this.inBody = false;
    this.afterEscape = 'no';
    if (this.last) this.pos = Math.max(this.pos, end);
    refuseClientCopy(sql, this.startLine, this.startColumn);
    if (this.backslashesUnclear) refuseUnclearBackslash(sql, this.startLine, this.startColumn);
    else this.backslashesUnclear = mayTurnOffConformingStrings(sql);
    return { sql, line: this.startLine, column: this.startColumn };
  }

  /**
   * Follows the words of CREATE FUNCTION and CREATE PROCEDURE, where BEGIN ATOMIC ... END holds semicolons. psql counts
   * BEGIN, CASE and END; but each statement of a body ends with its semicolon, so the END that follows one is the body's,
   * and no other is: not that of a CASE, nor `t.end`, `AS end` or `SELECT 1 end`.
   */
  private noticeWord(from: number, to: number): void {
    const word = to - from > LONGEST_KEYWORD ? '' : this.text.slice(from, to).toLowerCase();
    const previous = this.previous;
    this.previous = word;
    if (this.head !== 'routine') this.head = nextHead(this.head, word);
    else if (this.parens > 0) return;
    else if (this.inBody) this.inBody = word !== 'end' || previous !== ';';
    else if (word === 'atomic' && previous === 'begin') {
      this.inBody = true;
      this.previous = ';';
    }
  }

  /** At a backslash: passes `\restrict` lines over, refuses any other psql command. False: more text is needed. */
  private passPsqlLine(): boolean {
    let end = this.pos + 1;
    while (end < this.text.length && !isSpace(this.text.charCodeAt(end))) end++;
    if (end === this.text.length && !this.last && end - this.pos < 64) return false;
    // The command's own name and no more: what follows may be a password.
    const command = /^\\(?:[a-z_]+|.)?/iu.exec(this.text.slice(this.pos, Math.min(end, this.pos + 64)))?.[0] ?? '';
    if (this.start < 0 && (command === '\\restrict' || command === '\\unrestrict')) {
      this.open('psql-line', this.pos, end);
      return this.closeOpen();
    }
    this.moveTo(this.pos);
    return this.fail(psqlCommandMessage(command));
  }

  private fail(message: string): never {
    throw new SqlProblem(message, this.line, this.column);
  }

  /** Before the text is let go: the places in it that may still be asked for, and the statement's part of it. */
  private dropScanned(): void {
    if (this.mode !== 'sql') this.placeOpen();
    this.moveTo(this.pos);
    if (this.start >= 0) {
      if (this.pos > this.start) this.parts.push(this.text.slice(this.start, this.pos));
      this.partsLength += this.pos - this.start;
      this.start = 0;
    }
    this.text = this.text.slice(this.pos);
    this.pos = 0;
    this.mark = 0;
  }

  private placeOpen(): void {
    if (this.openAt < 0) return;
    this.moveTo(this.openAt);
    this.openAt = -1;
    this.openLine = this.line;
    this.openColumn = this.column;
  }

  /** Brings line and column to offset `to`. The next line end is remembered: a file of one long line is searched once. */
  private moveTo(to: number): void {
    const text = this.text;
    let from = this.mark;
    if (from === to) return;
    if (this.newlineAt < from) this.newlineAt = nextNewline(text, from);
    while (this.newlineAt < to) {
      this.line++;
      this.column = 1;
      from = this.newlineAt + 1;
      this.newlineAt = nextNewline(text, from);
    }
    this.column += codePoints(text, from, to);
    this.mark = to;
  }
}

function nextNewline(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

/** A surrogate pair is one; it is counted at its second half, wherever the text is cut. */
function codePoints(text: string, from: number, to: number): number {
  let count = to - from;
  for (let at = from; at < to; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800) count--;
  }
  return count;
}

function nextHead(head: Head, word: string): Head {
  if (head === 'start') return word === 'create' ? 'create' : 'other';
  if (head === 'create' && word === 'or') return 'or';
  if (head === 'or') return word === 'replace' ? 'replace' : 'other';
  return word === 'function' || word === 'procedure' ? 'routine' : 'other';
}

function trimEnd(sql: string): string {
  let end = sql.length;
  while (end > 0 && isSpace(sql.charCodeAt(end - 1))) end--;
  return end === sql.length ? sql : sql.slice(0, end);
}

/** By SET, set_config or a DO block; pg_dump turns it on, which it is. */
function mayTurnOffConformingStrings(sql: string): boolean {
  const first = sql.charCodeAt(0) | 32;
  if ((first !== 115 && first !== 100) || !/standard_conforming_strings/i.test(sql)) return false;
  return !/^set\s+(?:session\s+|local\s+)?standard_conforming_strings\s*(?:=|\bto\b)\s*'?(?:on|true|default)'?$/i.test(
    sql,
  );
}

/**
 * The server alone knows what the setting is by now (SET LOCAL, ROLLBACK, RESET); without a backslash a literal is the
 * same either way.
 */
function refuseUnclearBackslash(sql: string, line: number, column: number): void {
  if (!sql.includes('\\')) return;
  for (const { kind, start, end } of readTokens(sql)) {
    if (kind !== 'string' || /^[e$]/i.test(sql.charAt(start)) || !sql.slice(start, end).includes('\\')) continue;
    const message =
      "a backslash in '...' after standard_conforming_strings was set: whether it escapes depends on the setting; write the literal as E'...', or leave the setting on";
    const at = locate({ sql, line, column }, codePoints(sql, 0, start) + 1);
    throw new SqlProblem(message, at.line, at.column);
  }
}

function refuseClientCopy(sql: string, line: number, column: number): void {
  const first = sql.charCodeAt(0) | 32;
  if (first !== 99) return;
  const endpoint = copyEndpoint(sql);
  if (endpoint?.kind !== 'client') return;
  const message =
    endpoint.direction === 'from'
      ? 'COPY ... FROM STDIN: data inside of a migration file cannot be sent; write it as INSERT, or COPY it from a file on the server'
      : 'COPY ... TO STDOUT: a migration has nowhere to put the rows; remove it, or COPY to a file on the server';
  throw new SqlProblem(message, line, column);
}

const PSQL_ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^\\(i|ir|include|include_relative)$/, 'put the SQL of that file here, or give it a number of its own'],
  [
    /^\\(c|connect)$/,
    'a migration runs in the one database that it is given; remove the line, or move what follows to its own run',
  ],
  [/^\\copy$/i, 'write the data as INSERT, or use COPY with a file on the server'],
  [/^\\\.$/, 'it ends inline COPY data, which cannot be sent; write the data as INSERT'],
  [/^\\gexec$/, 'run the statements that it makes with a DO block and EXECUTE'],
  [/^\\(g|gx|gset|gdesc|crosstabview|bind.*|watch|;)$/, 'end the statement with a semicolon instead'],
  [/^\\(if|elif|else|endif)$/, 'use IF in a DO block instead'],
  [
    /^\\(set|unset|getenv|setenv|prompt)$/,
    'psql variables are not replaced here; write the value itself and remove the line',
  ],
  [/^\\(restrict|unrestrict)$/, 'it may stand between statements only; is the semicolon before it missing?'],
];

function psqlCommandMessage(command: string): string {
  const advice = PSQL_ADVICE.find(([pattern]) => pattern.test(command));
  return `${command} is a command of psql, not SQL: ${advice?.[1] ?? 'remove it, or write it as SQL'}`;
}
