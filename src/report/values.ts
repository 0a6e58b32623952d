/**
 * Row data in what somebody else's tool says: drivers write values into the text of a statement, and tools print the
 * server's DETAIL. Without `show-data` neither is anybody's business who reads a log.
 */
import type { Outcome } from './outcome.ts';

const LONGEST_FORM = 1_000_000;
const LONGEST_SHOWN = 10_000;
/** Commands whose literals are rows; those of other commands are the schema. */
const ABOUT_ROWS = /^\s*(?:--[^\n]*\n\s*)*(?:insert|update|delete|merge|select|with|values|copy|execute)\b/i;

/** The text without its literals, and of a list of rows the first; two statements of one form do the same to other rows. */
export function formOf(sql: string): string {
  return cutAt(sql, LONGEST_FORM)
    .replace(/'(?:[^']|'')*(?:'|$)|(?<![$\w])\d+(?:\.\d+)?(?!["\w])/g, '?')
    .replace(/(\(\?[?\s,]*\))(?:\s*,\s*\(\?[?\s,]*\))+/g, '$1');
}

function cutAt(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

export function isAboutRows(sql: string): boolean {
  return ABOUT_ROWS.test(sql);
}

/** A statement that is about rows without their values; any other as it is. */
export function withoutValues(sql: string): string {
  if (!isAboutRows(sql)) return sql;
  return formOf(cutAt(sql, LONGEST_SHOWN));
}

/** A line that a tool printed, without the rows that the server or the tool's library put into it. */
export function lineWithoutValues(line: string): string {
  return line
    .replace(/\b(DETAIL:\s*).*$/, '$1(row data is not shown)')
    .replace(/(\bdetail: ').*(',?\s*)$/i, '$1(row data is not shown)$2')
    .replace(/(\bKey \([^)]*\)=\().*(\))/, '$1…$2')
    .replace(/(Failing row contains \().*/i, '$1…)')
    .replace(/(\[parameters: ).*/, '$1…]')
    .replace(/(invalid input [^:"]*: )".*/, '$1"…"');
}

/** The same for all that a run has to say of a tool's statements. */
export function outcomeWithoutValues(outcome: Outcome): Outcome {
  const { error } = outcome;
  const failedOnRows = error?.excerpt && ABOUT_ROWS.test(error.excerpt);
  return {
    ...outcome,
    migrations: outcome.migrations.map((migration) => ({
      ...migration,
      statements: migration.statements.map((one) => ({ ...one, sql: withoutValues(one.sql) })),
    })),
    hazards: outcome.hazards.map((hazard) => ({
      ...hazard,
      statement: hazard.statement === null ? null : withoutValues(hazard.statement),
    })),
    error: error && {
      ...error,
      message: error.message.split('\n').map(lineWithoutValues).join('\n'),
      // Its column would point somewhere else.
      excerpt: failedOnRows ? null : error.excerpt,
      column: failedOnRows ? null : error.column,
    },
  };
}
