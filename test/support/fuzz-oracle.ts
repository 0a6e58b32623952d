/** What PostgreSQL itself reads in a text: its own scanner and grammar, by way of libpg-query. None of the product's code. */
import { loadModule, parseSync, scanSync } from 'libpg-query';

export interface RealToken {
  readonly text: string;
  /** Offsets in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly kind: 'comment' | 'string' | 'quoted' | 'other';
}

export interface Oracle {
  /** All tokens, comments too; a word where the scanner refuses the text: `unterminated`, or `other`. */
  scan(text: string): readonly RealToken[] | 'unterminated' | 'other';
  /** The statements, empty ones left out, each from its first token to its last; null: the grammar refuses the text. */
  statements(text: string): readonly string[] | null;
  /** How many statements the server would see in one message: 42601 beyond one, nothing at all at none; null: it does not parse. */
  count(text: string): number | null;
  /** COPY over the connection, which only psql could feed; null: it does not parse. */
  isClientCopy(text: string): boolean | null;
}

export async function loadOracle(): Promise<Oracle> {
  await loadModule();
  return { scan, statements, count: (text) => parsed(text)?.length ?? null, isClientCopy };
}

/** One input is asked about again and again. */
function remembered<T>(answer: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size > 100) known.clear();
    const found = answer(text);
    known.set(text, found);
    return found;
  };
}

/** To this library a line comment parts a literal from its next part; to the server it does not. Only the server can judge these. */
const PARTED = /'\s*--[^\r\n]*[\r\n](?:\s|--[^\r\n]*[\r\n])*'/;

const scan = remembered((text: string): readonly RealToken[] | 'unterminated' | 'other' => {
  if (PARTED.test(text)) return 'other';
  let found: ReturnType<typeof scanSync>['tokens'];
  try {
    found = scanSync(text).tokens;
  } catch (error) {
    // The scanner's message comes back where JSON was expected.
    return /"unterminat/.test(String(error)) ? 'unterminated' : 'other';
  }
  const at = offsetsOf(text);
  return found.map(({ start, end }) => {
    const piece = text.slice(at(start), at(end));
    return { text: piece, start: at(start), end: at(end), kind: kindOf(piece) };
  });
});

function kindOf(piece: string): RealToken['kind'] {
  if (/^(?:--|\/\*)/.test(piece)) return 'comment';
  if (/^(?:[ebxn]|u&)?'/i.test(piece) || /^\$(?:[^\d$][^$]*)?\$/.test(piece)) return 'string';
  return /^(?:u&)?"/i.test(piece) ? 'quoted' : 'other';
}

/** From bytes of UTF-8 to code units. */
function offsetsOf(text: string): (byte: number) => number {
  if (/^[\0-\x7f]*$/.test(text)) return (byte) => byte;
  const bytes = Buffer.from(text);
  return (byte) => bytes.toString('utf8', 0, byte).length;
}

const parsed = remembered((text: string) => {
  if (PARTED.test(text)) return null;
  try {
    return parseSync(text).stmts ?? [];
  } catch {
    return null;
  }
});

function statements(text: string): readonly string[] | null {
  const found = parsed(text);
  const tokens = found && scan(text);
  if (found === null || !Array.isArray(tokens)) return null;
  const at = offsetsOf(text);
  return found.map(({ stmt_location: from = 0, stmt_len: length }) => {
    const start = at(from);
    const end = length ? at(from + length) : text.length;
    const inside = tokens.filter((token) => token.start >= start && token.end <= end && token.kind !== 'comment');
    const own = inside.filter(
      ({ text: piece }, index) => piece !== ';' || inside.slice(0, index).some((t) => t.text !== ';'),
    );
    return text.slice(own[0]?.start, own.at(-1)?.text === ';' ? own.at(-2)?.end : own.at(-1)?.end);
  });
}

function isClientCopy(text: string): boolean | null {
  const tree = parsed(text)?.[0]?.stmt;
  if (tree === undefined) return null;
  if (!('CopyStmt' in tree) || tree.CopyStmt.filename || tree.CopyStmt.is_program) return false;
  // To the library a file named '' is none. STDIN and STDOUT stand there only where there is none.
  if (!text.includes("''")) return true;
  return /\bstd(?:in|out)\b/i.test(text) ? null : false;
}

/**
 * Where psql ends statements, by its own rule over PostgreSQL's own tokens: at a semicolon outside of parentheses and of
 * a routine's body. A body ends at the END that follows a semicolon or ATOMIC: the grammar has none elsewhere. `stop`: the
 * offset of a backslash, where psql would read a command; -1: none.
 */
export function splitByTokens(text: string, tokens: readonly RealToken[]): { statements: string[]; stop: number } {
  const found: string[] = [];
  let own: RealToken[] = [];
  let depth = 0;
  /** Where in `own` the statements of a body begin; -1: outside of any. */
  let bodyAt = -1;
  const finish = (): void => {
    const [first] = own;
    if (first) found.push(text.slice(first.start, own.at(-1)?.end));
    own = [];
    depth = 0;
    bodyAt = -1;
  };
  for (const token of tokens) {
    if (token.kind === 'comment') continue;
    if (token.text === '\\') return { statements: found, stop: token.start };
    if (token.text === ';' && depth === 0 && bodyAt < 0) {
      finish();
      continue;
    }
    const before = own.at(-1)?.text.toLowerCase();
    const word = token.text.toLowerCase();
    own.push(token);
    if (word === '(') depth++;
    else if (word === ')') depth = Math.max(0, depth - 1);
    else if (depth > 0) continue;
    else if (word === 'atomic' && before === 'begin' && bodyAt < 0) {
      const head = own.slice(0, 5).map(({ text: piece }) => piece.toLowerCase());
      if (/^create (?:or replace )?(?:function|procedure) /.test(head.join(' '))) bodyAt = own.length;
    } else if (word === 'end' && bodyAt >= 0 && (before === ';' || own.length === bodyAt + 1)) bodyAt = -1;
  }
  finish();
  return { statements: found, stop: -1 };
}

/**
 * The same by the rule that psql has instead of a grammar: in CREATE FUNCTION it counts every BEGIN, CASE and END, names
 * and aliases too.
 */
export function splitByPsql(text: string, tokens: readonly RealToken[]): string[] {
  const found: string[] = [];
  let own: RealToken[] = [];
  let [parens, begins] = [0, 0];
  for (const token of tokens) {
    if (token.kind === 'comment') continue;
    if (token.text === ';' && parens === 0 && begins === 0) {
      const [first] = own;
      if (first) found.push(text.slice(first.start, own.at(-1)?.end));
      own = [];
      continue;
    }
    own.push(token);
    const word = token.text.toLowerCase();
    if (word === '(') parens++;
    else if (word === ')') parens = Math.max(0, parens - 1);
    else if (
      parens > 0 ||
      token.kind !== 'other' ||
      !/^create (?:or replace )?(?:function|procedure)\b/.test(lead(own))
    ) {
    } else if (word === 'begin' || (word === 'case' && begins > 0)) begins++;
    else if (word === 'end') begins = Math.max(0, begins - 1);
  }
  const [first] = own;
  if (first) found.push(text.slice(first.start, own.at(-1)?.end));
  return found;
}

/** Its first words: psql passes over whatever else stands there. */
function lead(own: readonly RealToken[]): string {
  const words = own.filter(({ kind, text }) => kind === 'other' && /^[a-z_\x80-\uffff]/i.test(text));
  return words
    .slice(0, 5)
    .map(({ text }) => text.toLowerCase())
    .join(' ');
}
