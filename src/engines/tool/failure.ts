/** Why a tool failed: in the server's words where the server said it, with what the tool's own say of the place. */
import { resolve } from 'node:path';
import { failureFrom, readServerError } from '../../postgres/failure.ts';
import type { StatementFailed } from '../../rehearsal/endings.ts';
import { excerptOf, failureOfClass } from '../../report/failure.ts';
import type { Failure } from '../../report/outcome.ts';
import { brief, cut } from '../../report/text.ts';
import { lineWithoutValues } from '../../report/values.ts';
import type { Request } from '../../request/request.ts';
import { locate } from '../../sql/locate.ts';
import type { Ended } from './child.ts';
import { findStatement, textOf } from './planned.ts';
import type { Tool } from './tool.ts';

/** It ended well, and what it was to do is not on its record. */
export class NotRecorded extends Error {
  constructor(name: string, versions: readonly string[]) {
    const more = versions.length > 5 ? ` and ${versions.length - 5} more` : '';
    const which = `${versions.slice(0, 5).join(', ')}${more}`;
    super(
      `${name} ended with exit code 0 without ${which} on its record: what it had not committed was rolled back as it left`,
    );
  }
}

const ENDED_EARLY =
  'Look in the migration for what ends the tool, or the transaction in which it keeps its records, before the tool itself does (an exit, a commit or a rollback of its own), correct it, then run again.';

/** The end of what it printed, in a failure's detail. */
const SHOWN_CHARACTERS = 1_500;

export interface ToolFailure {
  /** The server's error, as `pg` throws it, or another. */
  readonly error: unknown;
  /** The statement that the server refused; null: it was none. */
  readonly sql: string | null;
  /** The migration's file, where one is known. */
  readonly file: string | null;
  readonly line: number | null;
  readonly ended: Ended | null;
  readonly phase: 'dry-run' | 'apply';
}

export function toolFailure(
  { error, sql, file, line, ended, phase }: ToolFailure,
  tool: Tool,
  request: Request,
): Failure {
  const told = ended && tool.explain(ended);
  const context = { phase, host: request.target.host, timedOut: null, showData: request.showData } as const;
  const server = readServerError(error);
  const base = failureFrom(error, null, context);
  const path = told?.file ?? file;
  const place = {
    file: path,
    line: told?.line ?? line,
    column: null,
    ...(sql === null
      ? { excerpt: null }
      : placeOf(sql, server.position, path && resolve(request.workingDirectory, path))),
  };
  if (server.fromServer) return { ...base, ...place };
  if (error instanceof NotRecorded) {
    const { class: kind, meaning } = failureOfClass('tool');
    return { ...base, ...place, class: kind, message: error.message, meaning, next: ENDED_EARLY, detail: null };
  }
  const words = told ?? { ...failureOfClass('tool'), message: ended ? saidLast(ended, tool) : base.message };
  return {
    ...base,
    ...place,
    class: words.class,
    message: words.message,
    meaning: words.meaning,
    next: told?.next ?? `Read what ${tool.name} printed (migration.log), correct it, then run again.`,
    detail: told || !ended ? null : tail(ended, request.showData),
  };
}

/** Whether this error of the server's is what ended it: it may have dealt with one before, and failed for another reason. */
export function isOf(ended: Ended | null, message: string, tool: Tool): boolean {
  if (!ended) return true;
  const [first = ''] = message.split('\n');
  return `${ended.stdout}\n${ended.stderr}`.includes(first) || tool.explain(ended) === null;
}

/** Where the statement stands in the file, if it does as it was sent; else its own words alone. */
function placeOf(
  sql: string,
  position: number | null,
  path: string | null,
): Partial<Failure> & Pick<Failure, 'excerpt'> {
  const found = path === null ? null : findStatement(sql, textOf(path));
  const at = locate({ sql, line: found?.line ?? 1, column: found?.column ?? 1 }, position);
  const lines = (found?.source ?? sql).split('\n');
  const excerpt = excerptOf(lines[at.line - 1] ?? '', at.column);
  return found ? { ...at, excerpt } : { excerpt };
}

export function failureOfTool(failed: StatementFailed, ended: Ended | null, tool: Tool, request: Request): Failure {
  const { migration, place, error } = failed;
  const own = { error, sql: place?.sql ?? null, ended, phase: 'dry-run' } as const;
  return toolFailure({ ...own, file: migration.file || null, line: null }, tool, request);
}

const SAYS_WHY = /^\s*(?:[\w.]*(?:Error|Exception)|error|fatal|failed)\b.*:/i;

function saidLast({ code, signal, error, stdout, stderr }: Ended, tool: Tool): string {
  if (error) return `${tool.name} could not be started: ${error.message}`;
  const lines = `${stdout}\n${stderr}`.trimEnd().split('\n');
  // Node ends what it has to say of an exception with its own version.
  const last = (lines.findLast((line) => SAYS_WHY.test(line)) ?? lines.at(-1) ?? '').trim();
  const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
  return `${tool.name} ${how}${last === '' ? '' : `: ${brief(last, 300)}`}`;
}

function tail({ stdout, stderr }: Ended, showData: boolean): string | null {
  const printed = `${stdout.trimEnd()}\n${stderr.trimEnd()}`.trim();
  const text = showData ? printed : printed.split('\n').map(lineWithoutValues).join('\n');
  if (text === '') return null;
  return text.length <= SHOWN_CHARACTERS ? text : `…${cut(text.slice(-SHOWN_CHARACTERS), SHOWN_CHARACTERS)}`;
}
