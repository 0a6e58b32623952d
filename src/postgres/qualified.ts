/**
 * Our own questions where somebody else's search_path holds: the role's, or what a migration has set. A schema in front of
 * pg_catalog, and behind it wherever a type does not fit exactly, can hold an operator or a type of the same name, which
 * would be called with our rights.
 */

/** A call: until the transaction ends names are the server's own. Not between a file's statements. */
export const PINS_PATH = `pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)`;
/** Before another item of the same transaction. */
export const PIN = { text: `select ${PINS_PATH}` };

/** Of these the grammar itself knows whose they are. */
const TYPES_OF_GRAMMAR =
  /^(?:int|integer|bigint|smallint|boolean|real|float|double|decimal|numeric|char|character|varchar|bit|timestamp|time|interval)$/i;

/** They look for an operator by its name, and take no schema for it. */
const WITHOUT_SCHEMA = /^(?:in|like|ilike|similar|between|nullif|using|natural|distinct\s+from|case\s+(?!when\b)\w+)$/i;

/** What stands between two expressions. */
const BETWEEN =
  /^(?:and|or|not|is|as|select|from|where|on|join|left|group|order|by|having|limit|offset|union|all|any|with|then|else|when|end|case|filter|asc|desc|nulls|exists|over|returning)$/i;

const PIECES =
  /(?<literal>'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*)|::\s*(?<type>"char"|\w+(?:\s*\.\s*(?:"char"|\w+))?)|(?<given>operator\s*\([^)]*\)|=>|\.\s*\*|\(\s*\*\s*\))|(?<word>distinct\s+from\b|case\s+\w+|[a-z_]\w*)|(?<operator>[-+*/<>=~!@#%^&|`?]+)|(?<mark>[(),[\];])/gi;

/**
 * The same SQL with `operator(pg_catalog.=)` for `=`, and `::pg_catalog.text` for `::text`. Functions and relations must be
 * qualified already. Throws for what cannot be said so (IN, LIKE, BETWEEN, NULLIF, CASE x WHEN, USING), and where parentheses
 * are missing: a qualified operator binds as any other, and `a - b * c` would become `(a - b) * c`.
 */
export function qualified(sql: string): string {
  const runs: number[] = [ANY_OPERAND];
  return sql.replace(PIECES, (piece, ...more) => {
    const { type, word, operator, mark } = more.at(-1) as Record<string, string | undefined>;
    if (mark === '(' || mark === '[') runs.push(ANY_OPERAND);
    else if (mark === ')' || mark === ']') runs.pop();
    else if (mark !== undefined) runs.splice(-1, 1, ANY_OPERAND);
    if (word !== undefined) {
      if (WITHOUT_SCHEMA.test(word)) throw new Error(`${word} takes no schema for its operator: ${sql}`);
      if (BETWEEN.test(word) || /\s/.test(word)) runs.splice(-1, 1, ANY_OPERAND);
    }
    if (operator !== undefined) {
      const binds = precedence(operator);
      if (binds > (runs.at(-1) ?? ANY_OPERAND)) throw new Error(`${operator} needs parentheses: ${sql}`);
      runs.splice(-1, 1, binds);
      return `operator(pg_catalog.${operator})`;
    }
    if (type === undefined || type.includes('.') || TYPES_OF_GRAMMAR.test(type)) return piece;
    return `::pg_catalog.${type}`;
  });
}

const ANY_OPERAND = Number.POSITIVE_INFINITY;

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-PRECEDENCE */
function precedence(operator: string): number {
  if (operator === '^') return 5;
  if (/^[*/%]$/.test(operator)) return 4;
  if (/^[-+]$/.test(operator)) return 3;
  return /^(?:[<>]=?|=|<>|!=)$/.test(operator) ? 1 : 2;
}
