/** `-- gate: ...` lines in the leading comments of a migration file. */
import { closeComment, closeLine, isSpace, MINUS, NEWLINE, SLASH, STAR } from './lex.ts';
import type { GateComment } from './split.ts';
import { type Directives, SqlProblem } from './statement.ts';

/** What is wrong with a line, and where: 1-based, the column in code points. */
export interface DirectiveProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

const ALLOWED = 'no-transaction, batch, allow <rule> <reason>, lock-timeout=<duration>, statement-timeout=<duration>';
const DURATIONS = '500ms, 30s, 5m, 1h, or 0 for none';
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
/** PostgreSQL keeps a timeout in an integer of milliseconds. */
const LONGEST_MS = 2_147_483_647;

/** `text`: the file's head, up to the end of its leading comments at least. */
export function readDirectives(text: string): {
  readonly directives: Directives;
  readonly problems: readonly DirectiveProblem[];
} {
  const reader = new DirectiveReader();
  for (const comment of leadingComments(text)) {
    const body = /^--\s*gate:(.*)$/is.exec(comment.text)?.[1];
    if (body !== undefined) reader.read(body, comment);
    // Prose may speak of a gate; these it can't be.
    else if (/^--\s*gate[\s=;]+(no-transaction|(lock|statement)-timeout\s*=)/i.test(comment.text)) {
      reader.refuse('the colon is missing: write `-- gate: ...`', comment);
    }
  }
  return { directives: reader.found, problems: reader.problems };
}

/** For the splitter: a directive behind the first statement would silently say nothing. @throws SqlProblem */
export function refuseLateDirective(comment: GateComment): void {
  if (comment.afterStatements === 0) return;
  throw new SqlProblem(
    '`-- gate:` lines must stand before the first statement: move it to the top of the file',
    comment.line,
    comment.column,
  );
}

interface Comment {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

class DirectiveReader {
  readonly problems: DirectiveProblem[] = [];
  readonly found = {
    noTransaction: false,
    batch: false,
    allow: [] as { rule: string; reason: string; line: number }[],
    lockTimeoutMs: null as number | null,
    statementTimeoutMs: null as number | null,
  };

  refuse(message: string, { line, column }: Comment): void {
    this.problems.push({ message: `-- gate: ${message}`, line, column });
  }

  read(body: string, comment: Comment): void {
    const words = body.split(/\s+/).filter(Boolean);
    const [first = ''] = words;
    if (first === 'no-transaction' && words.length === 1) this.found.noTransaction = true;
    else if (first === 'batch' && words.length === 1) this.found.batch = true;
    else if (first === 'allow') this.readAllow(words, comment);
    else if (words.length > 0 && words.every((word) => /^(lock|statement)-timeout=/.test(word))) {
      for (const word of words) this.readTimeout(word, comment);
    } else this.refuse(unknownDirective(words), comment);
  }

  private readAllow([, rule = '', ...reason]: readonly string[], comment: Comment): void {
    if (!/^[a-z][a-z0-9-]*$/.test(rule)) this.refuse('allow needs a rule: allow <rule> <reason>', comment);
    else if (reason.length === 0) {
      this.refuse(`allow ${rule} needs a reason, which the reviewer is shown: allow <rule> <reason>`, comment);
    } else this.found.allow.push({ rule, reason: reason.join(' '), line: comment.line });
  }

  private readTimeout(word: string, comment: Comment): void {
    const [name = '', value = ''] = word.split(/=(.*)/s);
    const key = name === 'lock-timeout' ? 'lockTimeoutMs' : 'statementTimeoutMs';
    const ms = duration(value);
    if (ms === null) this.refuse(`${name}=${value} is not a duration: ${DURATIONS}`, comment);
    else if (ms > LONGEST_MS) this.refuse(`${name}=${value} is too long: PostgreSQL takes up to 596h`, comment);
    else if (this.found[key] !== null) this.refuse(`${name} is given twice: keep one of them`, comment);
    else this.found[key] = ms;
  }
}

function unknownDirective(words: readonly string[]): string {
  const allowed = `allowed: ${ALLOWED} (durations: ${DURATIONS})`;
  if (words.length === 0) return `nothing follows; ${allowed}`;
  if (words[0] === 'uses-index') return `uses-index belongs above a statement of a smoke test; ${allowed}`;
  return `"${words.join(' ')}" is not known; ${allowed}`;
}

function duration(text: string): number | null {
  if (text === '0') return 0;
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : null;
}

/** The `--` comments before the first statement. Blank lines, other comments and `\restrict` lines may stand between. */
function* leadingComments(text: string): Generator<Comment> {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  let column = 1;
  const passTo = (end: number): void => {
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE) {
        line++;
        column = 1;
      } else if ((code & 0xfc00) !== 0xdc00) column++;
    }
  };
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const next = text.charCodeAt(at + 1);
    if (isSpace(code)) passTo(at + 1);
    else if (code === MINUS && next === MINUS) {
      const end = orEnd(text, closeLine(text, at));
      yield { text: text.slice(at, end), line, column };
      passTo(end);
    } else if (code === SLASH && next === STAR) passTo(orEnd(text, closeComment(text, at + 2, 1).at));
    else if (/^\\(?:un)?restrict(?![A-Za-z_])/.test(text.slice(at, at + 12))) passTo(orEnd(text, closeLine(text, at)));
    else return;
  }
}

function orEnd(text: string, at: number): number {
  return at < 0 ? text.length : at;
}
