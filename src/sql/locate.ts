/** Where in the file a position inside a statement is. `position`: 1-based, in code points, as PostgreSQL counts. */
export function locate(
  statement: { sql: string; line: number; column: number },
  position: number | null,
): { line: number; column: number } {
  if (position === null || position < 1) return { line: statement.line, column: statement.column };
  let line = statement.line;
  let column = statement.column;
  let seen = 1;
  for (const character of statement.sql) {
    if (seen === position) break;
    seen += 1;
    if (character === '\n') {
      line += 1;
      column = 1;
    } else {
      column += 1;
    }
  }
  return { line, column };
}
