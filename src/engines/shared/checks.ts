/** What must hold at the end: critical tables and indexes, smoke tests. Asked in the dry run and again after apply. */
import { closeSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { qualified } from '../../postgres/qualified.ts';
import type { Queryable } from '../../postgres/queryable.ts';
import { BatchError, type Session } from '../../postgres/session.ts';
import { Stop } from '../../report/stop.ts';
import { classify } from '../../sql/classify.ts';
import { splitStatements } from '../../sql/split.ts';
import { SqlProblem, type Statement } from '../../sql/statement.ts';
import type { Check } from '../engine.ts';
import { openFile, reading, refuseOutside } from './source-file.ts';

/** `schema.name` or `name` (found through the search_path), as written or folded to lower case as SQL would. */
function namePatterns(written: string): { schema: string | null; name: string } {
  const bare = (part: string) =>
    part.startsWith('"') && part.endsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part;
  const dot = written.indexOf('.');
  return dot === -1
    ? { schema: null, name: bare(written) }
    : { schema: bare(written.slice(0, dot)), name: bare(written.slice(dot + 1)) };
}

const FIND = qualified(`
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_index i on i.indexrelid = c.oid
 where c.relname = any (array[$1::text, pg_catalog.lower($1::text)]) and c.relkind = any ($3::"char"[])
   and case when $2::text is null then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = any (array[$2::text, pg_catalog.lower($2::text)]) end`);

export async function checkTables(session: Queryable, tables: readonly string[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const written of tables) {
    const { schema, name } = namePatterns(written);
    const { rows } = await session.query(`select 1 ${FIND}`, [name, schema, ['r', 'p', 'f', 'm', 'v']]);
    checks.push({
      check: `critical table ${written}`,
      passed: rows.length > 0,
      detail: rows.length > 0 ? null : 'it does not exist',
    });
  }
  return checks;
}

/** `unbuilt`: indexes that a statement not executed in the dry run would make; they can't be asked for there. */
export async function checkIndexes(
  session: Queryable,
  indexes: readonly string[],
  unbuilt: ReadonlySet<string> = new Set(),
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const written of indexes) {
    const { schema, name } = namePatterns(written);
    const { rows } = await session.query<{ usable: boolean }>(
      `select coalesce(i.indisvalid and i.indisready, false) as usable ${FIND}`,
      [name, schema, ['i', 'I']],
    );
    const postponed = rows.length === 0 && (unbuilt.has(name) || unbuilt.has(name.toLowerCase()));
    const usable = rows.some((row) => row.usable);
    let detail: string | null = null;
    if (postponed) detail = 'not built in the dry run; asked again after apply';
    else if (rows.length === 0) detail = 'it does not exist';
    else if (!usable) detail = 'it exists and is not valid: queries do not use it';
    checks.push({ check: `critical index ${written}`, passed: postponed || usable, detail });
  }
  return checks;
}

export interface SmokeTest {
  readonly file: string;
  readonly statement: Statement;
  readonly usesIndex: string | null;
}

/** The statements of all files that the glob names, in order of the files' names. Throws a Stop when there are none. */
export function readSmokeTests(workingDirectory: string, glob: string | null): SmokeTest[] {
  if (glob === null) return [];
  const pattern = globPattern(glob.replace(/^\.\//, ''));
  const files = sqlFilesIn(workingDirectory, '')
    .filter((file) => pattern.test(file))
    .sort();
  if (files.length === 0) {
    throw new Stop({
      result: 'failed',
      class: 'input',
      message: `smoke-tests: no .sql file matches ${glob}`,
      next: 'Correct the glob (it is relative to working-directory), or leave smoke-tests empty.',
    });
  }
  const root = realpathSync(workingDirectory);
  return files.flatMap((file) => testsOf(file, textOf(join(workingDirectory, file), file, root)));
}

function textOf(path: string, file: string, root: string): string {
  refuseOutside(root, path, file);
  const descriptor = openFile(path, file);
  try {
    const bytes = reading(file, () => readFileSync(descriptor));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof Stop) throw cause;
    const message = `${file} is not UTF-8`;
    throw new Stop({ result: 'failed', class: 'syntax', message, next: `Save ${file} as UTF-8.`, file }, { cause });
  } finally {
    closeSync(descriptor);
  }
}

/** Relative to `root`. Links to folders are not followed, as they may lead around in circles; one to a file counts as the file. */
function sqlFilesIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory())
      return entry.name === 'node_modules' || entry.name === '.git' ? [] : sqlFilesIn(root, file);
    return entry.name.endsWith('.sql') ? [file] : [];
  });
}

const NO_CONTROL =
  'in a smoke test: it would end the read-only transaction in which the tests are asked, or move in it; remove it';

function testsOf(file: string, text: string): SmokeTest[] {
  const lines = text.split(/\r?\n/);
  try {
    return [...splitStatements([text])].map((statement) => {
      const { control, command } = classify(statement.sql);
      if (control !== null) throw new SqlProblem(`${command} ${NO_CONTROL}`, statement.line, statement.column);
      return { file, statement, usesIndex: indexAbove(lines, statement.line) };
    });
  } catch (error) {
    if (!(error instanceof SqlProblem)) throw error;
    throw new Stop(
      {
        result: 'failed',
        class: 'syntax',
        message: error.message,
        next: `Correct ${file}, then run again.`,
        file,
        line: error.line,
        column: error.column,
        sourceLine: lines[error.line - 1] ?? null,
      },
      { cause: error },
    );
  }
}

/** `-- gate: uses-index <name>` in the comment lines right above a statement. */
function indexAbove(lines: readonly string[], line: number): string | null {
  for (let at = line - 2; at >= 0 && /^\s*(--|$)/.test(lines[at] ?? ''); at -= 1) {
    const match = /^\s*--\s*gate:\s*uses-index\s+(\S+)\s*$/.exec(lines[at] ?? '');
    if (match) return match[1] ?? null;
  }
  return null;
}

/** `*` within a folder, `**` across folders, `?` one character. */
function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    return `\\${token}`;
  });
  return new RegExp(`^${source}$`);
}

/**
 * Runs the tests. The caller has opened a transaction that is READ ONLY; an error ends the tests, as it has aborted the
 * transaction.
 */
export async function runSmokeTests(session: Session, tests: readonly SmokeTest[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const test of tests) {
    const check = `smoke test ${test.file}:${test.statement.line}`;
    try {
      const detail = await runSmokeTest(session, test);
      checks.push({ check, passed: detail === null, detail });
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      checks.push({ check, passed: false, detail: error.message });
      return checks;
    }
  }
  return checks;
}

/** Null: passed; else what was wrong. */
async function runSmokeTest(session: Session, test: SmokeTest): Promise<string | null> {
  if (test.usesIndex !== null) {
    const [plan] = await session.batch([{ text: `explain (format json) ${test.statement.sql}`, keep: true }]);
    const used = indexesOf(JSON.parse(plan?.rows[0]?.[0] ?? '[]'));
    if (used.includes(test.usesIndex)) return null;
    return `the plan does not use index ${test.usesIndex}${used.length > 0 ? `, it uses ${used.join(', ')}` : ''}`;
  }
  const [result] = await session.batch([{ text: test.statement.sql, keep: true }]);
  const wrong = result?.rows.filter((row) => row.some((value) => value !== 't')).length ?? 0;
  return wrong === 0 ? null : `${wrong} of ${result?.rows.length} rows are not \`true\``;
}

function indexesOf(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(indexesOf);
  if (typeof plan !== 'object' || plan === null) return [];
  const node = plan as Record<string, unknown>;
  const own = typeof node['Index Name'] === 'string' ? [node['Index Name']] : [];
  return [...own, ...indexesOf(node.Plan ?? []), ...indexesOf(node.Plans ?? [])];
}
