/** The statements of a text that comes from a client, as the server tells them apart. Pure. */
import { isUtf8 } from 'node:buffer';
import { isSpace } from '../../sql/lex.ts';
import { readTokens } from '../../sql/tokens.ts';

export interface Piece {
  /** From its first word to its last. */
  readonly sql: string;
  /** Where it begins in the text, in UTF-16 units. */
  readonly from: number;
}

/**
 * In order, empty ones left out. Unlike a file's, a client's text has no lines for psql and no COPY data, and what is not
 * closed in it goes to the end: the server says so best.
 */
export function piecesOf(text: string): Piece[] {
  // Most are one statement and no more, and need not be taken apart.
  if (!MAY_BE_MORE.test(text)) return alone(text);
  const pieces: Piece[] = [];
  let [from, to, parens, begins] = [-1, -1, 0, 0];
  let [first, previous] = ['', ''];
  const end = () => {
    if (from >= 0) pieces.push({ sql: text.slice(from, to), from });
    [from, to, parens, begins] = [-1, -1, 0, 0];
  };
  for (const token of readTokens(text)) {
    const { word } = token;
    if (word === ';' && parens === 0 && begins === 0) {
      end();
      continue;
    }
    if (from < 0) [from, first, previous] = [token.start, word, ''];
    to = token.end;
    if (word === '(') parens += 1;
    else if (word === ')') parens = Math.max(0, parens - 1);
    // BEGIN ATOMIC ... END is the body of a routine; CASE has an END too.
    else if (first === 'CREATE' && begins === 0 && previous === 'BEGIN' && word === 'ATOMIC') begins = 1;
    else if (begins > 0 && word === 'CASE') begins += 1;
    else if (begins > 0 && word === 'END') begins -= 1;
    previous = word;
  }
  end();
  return pieces;
}

/** A semicolon, or a comment that may stand around the statement. */
const MAY_BE_MORE = /;|--|\/\*/;

/** Without the white space around it, as the server sees it. */
function alone(text: string): Piece[] {
  let [from, to] = [0, text.length];
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  return from === to ? [] : [{ sql: text.slice(from, to), from }];
}

/** Bytes that a client sent, so that they can be made of the text again whatever its encoding is. */
export function encodingOf(bytes: Buffer): BufferEncoding {
  return isUtf8(bytes) ? 'utf8' : 'latin1';
}
