/** PostgreSQL's own parser (18's grammar, which reads what 14 to 17 read), behind one door. Loaded only when there is something to read. */
import { setFlagsFromString } from 'node:v8';
import type { Node } from 'libpg-query';

export type { Node } from 'libpg-query';

export type Parsed =
  | { readonly trees: readonly Node[] }
  /** `position`: 0-based, in characters as the parser counts them; null: it told none. */
  | { readonly problem: string; readonly position: number | null };

/** What a DO block's text shows of what it runs. */
export interface Body {
  /** SQL statements that stand in it as they are, in order, whatever the branch. */
  readonly statements: readonly string[];
  /** It also runs statements that are put together while it runs. */
  readonly dynamic: boolean;
}

export interface Parser {
  /** One statement's tree. Never throws. */
  parse(sql: string): Parsed;
  /** A whole `DO ...` in PL/pgSQL. Never throws. */
  parseBody(sql: string): Body | { readonly problem: string };
}

/** Beyond this the tree takes hundreds of megabytes. Characters. */
export const LONGEST_PARSED = 256 * 1024;
/** Beyond this many open brackets the parser's own stack, and JSON's, run out. */
const DEEPEST = 1000;

export async function loadParser(): Promise<Parser> {
  // The optimising compiler takes 0.3 s and 550 MB over the parser's one huge function, which a few thousand statements never earn.
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
  const library = await import('libpg-query');
  await library.loadModule();
  const parse = (sql: string): Parsed => {
    const refused = refusal(sql);
    if (refused !== null) return { problem: refused, position: null };
    try {
      return { trees: (library.parseSync(sql).stmts ?? []).flatMap(({ stmt }) => (stmt ? [stmt] : [])) };
    } catch (error) {
      const position = library.hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? null) : null;
      return { problem: messageOf(error), position };
    }
  };
  return {
    parse,
    parseBody(sql) {
      const refused = refusal(sql);
      if (refused !== null) return { problem: refused };
      try {
        return bodyOf(library.parsePlPgSQLSync(sql), parse);
      } catch (error) {
        return { problem: messageOf(error) };
      }
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refusal(sql: string): string | null {
  if (sql.length > LONGEST_PARSED) return `longer than ${LONGEST_PARSED / 1024} kB`;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (code === 40 || code === 91) deepest = Math.max(deepest, ++depth);
    else if (code === 41 || code === 93) depth--;
  }
  return deepest > DEEPEST ? `more than ${DEEPEST} brackets deep` : null;
}

/** Where PL/pgSQL's tree keeps whole SQL statements: kind of node -> its field. */
const WHOLE: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_execsql: 'sqlstmt',
  PLpgSQL_stmt_perform: 'expr',
  PLpgSQL_stmt_fors: 'query',
  PLpgSQL_stmt_call: 'expr',
};
const DYNAMIC: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_dynexecute: 'query',
  PLpgSQL_stmt_dynfors: 'query',
};

function bodyOf(tree: unknown, parse: (sql: string) => Parsed): Body {
  const statements: string[] = [];
  let dynamic = false;
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      const whole = queryIn(value, WHOLE[key]);
      if (whole !== null) statements.push(whole);
      const built = queryIn(value, DYNAMIC[key]);
      if (built !== null) {
        const literal = literalOf(parse(`SELECT ${built}`));
        if (literal === null) dynamic = true;
        else statements.push(literal);
      }
      walk(value);
    }
  };
  walk(tree);
  return { statements, dynamic };
}

function queryIn(node: unknown, field: string | undefined): string | null {
  if (field === undefined) return null;
  const expression = at(at(node, field), 'PLpgSQL_expr');
  const query = at(expression, 'query');
  return typeof query === 'string' ? query : null;
}

function at(node: unknown, field: string): unknown {
  return typeof node === 'object' && node !== null ? (node as Readonly<Record<string, unknown>>)[field] : undefined;
}

/** `EXECUTE 'a plain literal'` hides nothing. */
function literalOf(parsed: Parsed): string | null {
  if ('problem' in parsed) return null;
  const tree = parsed.trees[0];
  const target = tree && 'SelectStmt' in tree ? tree.SelectStmt.targetList?.[0] : undefined;
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  return value && 'A_Const' in value ? (value.A_Const.sval?.sval ?? null) : null;
}
