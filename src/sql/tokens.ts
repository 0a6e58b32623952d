/** One statement -> its tokens, and the small questions that are asked of them. */
import {
  closeComment,
  closeDollar,
  closeEscape,
  closeLine,
  closeQuote,
  continuesAt,
  DOLLAR,
  DOUBLE_QUOTE,
  dollarTagEnd,
  isDigit,
  isSpace,
  isWordStart,
  MINUS,
  QUOTE,
  SLASH,
  STAR,
  wordEnd,
} from './lex.ts';

export interface Token {
  /** `word`: a keyword or a name without quotes; `quoted`: `"..."`; `string`: any literal; `symbol`: one character. */
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
  /** A word in upper case, a symbol as it is; else empty. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** A keyword is no longer than this: a longer word need not be turned to upper case. */
const LONGEST_WORD = 63;

/** The tokens of `sql`, comments and white space left out. What is not closed goes to the end. */
export function* readTokens(sql: string, from = 0): Generator<Token> {
  let at = from;
  while (at < sql.length) {
    const code = sql.charCodeAt(at);
    const next = sql.charCodeAt(at + 1);
    if (isSpace(code)) at++;
    else if (code === MINUS && next === MINUS) at = orEnd(sql, closeLine(sql, at));
    else if (code === SLASH && next === STAR) at = orEnd(sql, closeComment(sql, at + 2, 1).at);
    else {
      const token = readToken(sql, at);
      yield token;
      at = token.end;
    }
  }
}

export function tokenize(sql: string): Token[] {
  return [...readTokens(sql)];
}

function readToken(sql: string, start: number): Token {
  const code = sql.charCodeAt(start);
  if (code === QUOTE) return literal('string', start, stringEnd(sql, start + 1, false));
  if (code === DOUBLE_QUOTE) return literal('quoted', start, orEnd(sql, closeQuote(sql, start + 1, '"')));
  if (code === DOLLAR) {
    const inside = dollarTagEnd(sql, start);
    if (inside > 0) return literal('string', start, orEnd(sql, closeDollar(sql, inside, sql.slice(start, inside))));
  }
  if (isWordStart(code)) return readWord(sql, start);
  if (isDigit(code)) {
    let end = start + 1;
    while (isDigit(sql.charCodeAt(end)) || sql[end] === '.') end++;
    return literal('number', start, end);
  }
  return { kind: 'symbol', word: sql.charAt(start), start, end: start + 1 };
}

function readWord(sql: string, start: number): Token {
  const end = wordEnd(sql, start);
  const prefix = sql.slice(start, end + 1).toUpperCase();
  if (prefix === "E'") return literal('string', start, stringEnd(sql, end + 1, true));
  if (/^[BXN]'$/.test(prefix)) return literal('string', start, stringEnd(sql, end + 1, false));
  if (prefix === 'U&') {
    if (sql[end + 1] === "'") return literal('string', start, stringEnd(sql, end + 2, false));
    if (sql[end + 1] === '"') return literal('quoted', start, orEnd(sql, closeQuote(sql, end + 2, '"')));
  }
  const word = end - start > LONGEST_WORD ? '' : sql.slice(start, end).toUpperCase();
  return { kind: 'word', word, start, end };
}

/** The end of a literal with all of its parts: it may go on in a later line. */
function stringEnd(sql: string, inside: number, escapes: boolean): number {
  for (let from = inside; ; ) {
    const end = orEnd(sql, escapes ? closeEscape(sql, from) : closeQuote(sql, from, "'"));
    const next = continuesAt(sql, end);
    if (next < 0) return end;
    from = next + 1;
  }
}

/** What a string literal stands for; one of a U&'...' with an escape character of its own is not read. */
export function literalText(written: string): string {
  const dollar = /^\$[^$]*\$/.exec(written)?.[0];
  if (dollar !== undefined) return written.slice(dollar.length, written.endsWith(dollar) ? -dollar.length : undefined);
  const escapes = /^e/i.test(written);
  let text = '';
  for (let at = written.indexOf("'"); at >= 0; ) {
    const end = escapes ? closeEscape(written, at + 1) : closeQuote(written, at + 1, "'");
    const part = written.slice(at + 1, end < 0 ? undefined : end - 1);
    text += escapes ? unescaped(part) : part.replaceAll("''", "'");
    at = end < 0 ? -1 : continuesAt(written, end);
  }
  return /^u&/i.test(written) ? unicodeUnescaped(text) : text;
}

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescaped(part: string): string {
  const special = /''|\\(?:([0-7]{1,3})|x([\da-f]{1,2})|u([\da-f]{4})|U([\da-f]{8})|(.))/gis;
  return part.replace(special, (whole, octal?: string, hex?: string, short?: string, long?: string, other?: string) => {
    if (whole === "''") return "'";
    if (other !== undefined) return ESCAPED[other] ?? other;
    return character(octal ? Number.parseInt(octal, 8) : Number.parseInt(hex ?? short ?? long ?? '', 16), whole);
  });
}

function unicodeUnescaped(text: string): string {
  return text.replace(/\\(?:([\da-f]{4})|\+([\da-f]{6})|\\)/gi, (whole, short?: string, long?: string) =>
    character(Number.parseInt(short ?? long ?? '', 16), whole.slice(1)),
  );
}

/** `otherwise`: for what is no code point. */
function character(code: number, otherwise: string): string {
  return Number.isNaN(code) || code > 0x10ffff ? otherwise : String.fromCodePoint(code);
}

function literal(kind: 'string' | 'quoted' | 'number', start: number, end: number): Token {
  return { kind, word: '', start, end };
}

function orEnd(sql: string, at: number): number {
  return at < 0 ? sql.length : at;
}

/** Walks a list of tokens by words. */
export class Cursor {
  readonly sql: string;
  readonly tokens: readonly Token[];
  at: number;

  constructor(sql: string, tokens: readonly Token[], at = 0) {
    this.sql = sql;
    this.tokens = tokens;
    this.at = at;
  }

  peek(offset = 0): Token | undefined {
    return this.tokens[this.at + offset];
  }

  /** The word or symbol at hand, in upper case; empty for anything else and at the end. */
  word(offset = 0): string {
    return this.peek(offset)?.word ?? '';
  }

  /** Whether these words or symbols come next. */
  is(...words: readonly string[]): boolean {
    return words.every((word, offset) => this.word(offset) === word);
  }

  /** Passes these words when they come next. */
  take(...words: readonly string[]): boolean {
    if (!this.is(...words)) return false;
    this.at += words.length;
    return true;
  }

  /** Passes any one of these words, again and again. */
  skip(...words: readonly string[]): this {
    while (this.word() !== '' && words.includes(this.word())) this.at++;
    return this;
  }

  skipIfExists(): this {
    if (!this.take('IF', 'NOT', 'EXISTS')) this.take('IF', 'EXISTS');
    return this;
  }

  /** Passes a name, qualified or not, and gives it as it is written. Null: no name stands here. */
  name(): string | null {
    let written = this.namePart();
    if (written === null) return null;
    while (this.is('.')) {
      this.at++;
      const part = this.namePart();
      if (part === null) break;
      written += `.${part}`;
    }
    return written;
  }

  private namePart(): string | null {
    const token = this.peek();
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'quoted')) return null;
    this.at++;
    return this.sql.slice(token.start, token.end);
  }

  /** Passes `( ... )` and gives the tokens inside; null when no parenthesis opens here. */
  parenthesised(): readonly Token[] | null {
    if (!this.is('(')) return null;
    const end = matchingParen(this.tokens, this.at);
    const inside = this.tokens.slice(this.at + 1, end);
    this.at = end + 1;
    return inside;
  }

  rest(): readonly Token[] {
    return this.tokens.slice(this.at);
  }
}

/** The index of the parenthesis that closes the one at `open`, or the number of tokens. */
export function matchingParen(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const word = tokens[at]?.word;
    if (word === '(' || word === '[') depth++;
    else if (word === ')' || word === ']') depth--;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** The tokens cut at the commas that stand outside of parentheses. */
export function splitAtCommas(tokens: readonly Token[]): Token[][] {
  const lists: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.word === '(' || token.word === '[') depth++;
    else if (token.word === ')' || token.word === ']') depth--;
    if (token.word === ',' && depth === 0) lists.push([]);
    else lists.at(-1)?.push(token);
  }
  return lists;
}

/** The tokens that stand outside of any parentheses (a parenthesis itself is left out too). */
export function outsideParens(tokens: readonly Token[]): Token[] {
  let depth = 0;
  return tokens.filter((token) => {
    if (token.word === '(') depth++;
    else if (token.word === ')') depth--;
    else return depth === 0;
    return false;
  });
}

export interface CopyEndpoint {
  /** `client`: STDIN or STDOUT, over the connection. */
  readonly kind: 'client' | 'file' | 'program';
  readonly direction: 'from' | 'to';
}

/** Where a COPY statement reads or writes; null for anything else. */
export function copyEndpoint(sql: string): CopyEndpoint | null {
  let depth = 0;
  let first = true;
  let direction: 'from' | 'to' | null = null;
  for (const token of readTokens(sql)) {
    if (first && token.word !== 'COPY') return null;
    first = false;
    if (direction !== null) {
      if (token.word === 'PROGRAM') return { kind: 'program', direction };
      // PostgreSQL takes either word in either direction.
      if (token.word === 'STDIN' || token.word === 'STDOUT') return { kind: 'client', direction };
      return token.kind === 'string' ? { kind: 'file', direction } : null;
    }
    if (token.word === '(') depth++;
    else if (token.word === ')') depth--;
    else if (depth === 0 && (token.word === 'FROM' || token.word === 'TO')) {
      direction = token.word === 'FROM' ? 'from' : 'to';
    }
  }
  return null;
}

/** A name as the catalog has it: without its quotes, or in lower case. */
export function unquoteName(part: string): string {
  const unicode = /^u&(?=")/i.test(part);
  const quoted = unicode ? part.slice(2) : part;
  if (!quoted.startsWith('"')) return quoted.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const name = quoted.slice(1, quoted.endsWith('"') && quoted.length > 1 ? -1 : undefined).replaceAll('""', '"');
  return unicode ? unicodeUnescaped(name) : name;
}

/** `a."b.c"` -> its parts, each as it is written: `a`, `"b.c"`. */
export function splitQualifiedName(written: string): string[] {
  return tokenize(written)
    .filter((token) => token.kind !== 'symbol')
    .map((token) => written.slice(token.start, token.end));
}

/** The last part of a name, as the catalog has it. */
export function bareName(written: string): string {
  return unquoteName(splitQualifiedName(written).at(-1) ?? written);
}
