/**
 * PostgreSQL's lexical rules, shared by the splitter (which sees a text in pieces) and the tokens (which see a statement).
 *
 * The `close...` functions look for the end of something that is open at `from`. They return the offset behind it, or,
 * where the text ends first, the bitwise complement (negative) of the offset at which to go on once there is more text.
 */

export const QUOTE = 39;
export const DOUBLE_QUOTE = 34;
export const DOLLAR = 36;
export const SEMICOLON = 59;
export const OPEN = 40;
export const CLOSE = 41;
export const MINUS = 45;
export const SLASH = 47;
export const STAR = 42;
export const BACKSLASH = 92;
export const NEWLINE = 10;
export const RETURN = 13;

/** Every character beyond ASCII is a letter to PostgreSQL, a no-break space too. */
export function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code) || code === DOLLAR;
}

export function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

export function isLineEnd(code: number): boolean {
  return code === NEWLINE || code === RETURN;
}

export function wordEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && isWordPart(text.charCodeAt(end))) end++;
  return end;
}

/** The end of a `'...'` or `"..."` whose doubled quotes stand for one. At the very end of a piece the last quote may still be half of a pair. */
export function closeQuote(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from);
  while (at >= 0) {
    if (text.charCodeAt(at + 1) !== quote.charCodeAt(0)) return at + 1;
    at = text.indexOf(quote, at + 2);
  }
  return ~text.length;
}

/** The end of an `E'...'`, where a backslash takes the next character with it. */
export function closeEscape(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      if (at + 1 === text.length) return ~at;
      at++;
    } else if (code === QUOTE) {
      if (text.charCodeAt(at + 1) !== QUOTE) return at + 1;
      at++;
    }
  }
  return ~text.length;
}

/**
 * Where a string literal that ended at `from` goes on: at a quote behind a line end, with only white space and line
 * comments between (a block comment, or a blank alone, parts them). -1: it does not.
 */
export function continuesAt(text: string, from: number): number {
  let lineEnded = false;
  for (let at = from; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return lineEnded ? at : -1;
    if (code === MINUS && text.charCodeAt(at + 1) === MINUS) {
      const end = closeLine(text, at);
      if (end < 0) return -1;
      at = end;
    } else if (!isSpace(code)) return -1;
    else {
      if (isLineEnd(code)) lineEnded = true;
      at++;
    }
  }
  return -1;
}

/** The end of a dollar-quoted string that was opened by `tag` (`$$`, `$body$`). */
export function closeDollar(text: string, from: number, tag: string): number {
  const at = text.indexOf(tag, from);
  return at >= 0 ? at + tag.length : ~Math.max(from, text.length - tag.length + 1);
}

/** The end of a `--` comment: at the line's end, which is not part of it. */
export function closeLine(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isLineEnd(code)) return at;
  }
  return ~text.length;
}

/** The end of a block comment; they nest. `depth` is how many are open at the offset that is returned. */
export function closeComment(
  text: string,
  from: number,
  depth: number,
): { readonly at: number; readonly depth: number } {
  let open = depth;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== STAR && code !== SLASH) continue;
    if (at + 1 === text.length) return { at: ~at, depth: open };
    const next = text.charCodeAt(at + 1);
    if (code === STAR && next === SLASH) {
      at++;
      open--;
      if (open === 0) return { at: at + 1, depth: 0 };
    } else if (code === SLASH && next === STAR) {
      at++;
      open++;
    }
  }
  return { at: ~text.length, depth: open };
}

/** What a `$` that does not follow a word begins: `end` of the opening tag; 0: no dollar quote (`$1`); -1: the text ends before that is known. `read`: so many characters from the `$` on are known to leave it open. */
export function dollarTagEnd(text: string, dollar: number, read = 0): number {
  if (isDigit(text.charCodeAt(dollar + 1))) return 0;
  let at = dollar + Math.max(1, read);
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === DOLLAR) return at + 1;
    if (!isWordPart(code)) return 0;
    at++;
  }
  return -1;
}
