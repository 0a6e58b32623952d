/** One run, whichever door it came through: inputs -> Request -> the gate -> everything that a run leaves behind. */
import { setTimeout as wait } from 'node:timers/promises';
import { sqlEngine } from './engines/sql/engine.ts';
import { gate } from './gate.ts';
import type { Environment } from './github/commands.ts';
import type { Log } from './log.ts';
import { exitCodeOf } from './report/exit.ts';
import { failureOfClass } from './report/failure.ts';
import { renderText } from './report/log.ts';
import type { Outcome } from './report/outcome.ts';
import { STAGES } from './report/outcome.ts';
import { redactOutcome, redactor } from './report/redact.ts';
import { clean } from './report/text.ts';
import { ReportFolder } from './report-folder.ts';
import { type Context, parseRequest, type RawInputs } from './request/parse.ts';
import type { ParsedRequest, Request } from './request/request.ts';

/** What differs between the doors: how lines look to whoever reads them. Text comes redacted and free of control characters. */
export interface Console {
  line(text: string): void;
  chapter(title: string): void;
  progress(text: string): void;
  /** After the last line. */
  finish(outcome: Outcome, text: string, folder: ReportFolder, workingDirectory: string): void;
  /** Called before anything else is said. */
  secrets(values: readonly string[]): void;
}

export interface Door {
  readonly raw: RawInputs;
  readonly context: Context;
  readonly env: Environment;
  /** Where `migration-log/` is made. */
  readonly workspace: string;
  readonly console: Console;
  readonly signal: AbortSignal;
}

/** Returns the exit code. Throws only when the report itself cannot be written. */
export async function run(door: Door): Promise<number> {
  const startedAt = Date.now();
  const parsed = parseRequest(door.raw, door.context);
  const secrets = parsed.kind === 'request' ? parsed.request.secrets : parsed.known.secrets;
  door.console.secrets(secrets);
  const redact = redactor(secrets, { publicNames: publicNames(parsed) });
  const folder = new ReportFolder(door.workspace, door.env);
  const outcome =
    parsed.kind === 'request'
      ? await gated(parsed.request, door, folder, redact)
      : notAccepted(parsed, new Date(startedAt).toISOString(), Date.now() - startedAt);
  const shown = redactOutcome(outcome, redact);
  folder.write(shown);
  const text = renderText(shown);
  const { workingDirectory } = parsed.kind === 'request' ? parsed.request : parsed.known;
  door.console.finish(shown, text, folder, workingDirectory);
  folder.close(text);
  return outcome.exitCode;
}

/** Names that are said anyway: a password that equals one of them is not made harder to guess by stars. */
function publicNames(parsed: ParsedRequest): string[] {
  if (parsed.kind !== 'request') return [];
  const { host, database, user } = parsed.request.target;
  return [host, database, user, 'migration-log'];
}

async function gated(
  request: Request,
  door: Door,
  folder: ReportFolder,
  redact: (text: string) => string,
): Promise<Outcome> {
  const log = logOf(request, door.console, folder, redact);
  return gate(request, {
    engine: sqlEngine(request, log, door.signal),
    log,
    signal: door.signal,
    now: Date.now,
    sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
    writePlan: (pieces) => folder.writePlan(pieces, redact),
    writeDown: (soFar, ifKilled) => {
      const shown = redactOutcome(ifKilled, redact);
      folder.write(soFar === ifKilled ? shown : redactOutcome(soFar, redact), shown);
    },
  });
}

function logOf(request: Request, console: Console, folder: ReportFolder, redact: (text: string) => string): Log {
  const stamp = () => new Date().toISOString().slice(11, 19);
  const lines = (text: string) => redact(text).split('\n').map(clean);
  return {
    line: (text) => {
      for (const line of lines(text)) {
        folder.logLine(`${stamp()} ${line}`);
        console.line(line);
      }
    },
    detail: (text) => {
      for (const line of lines(text)) {
        folder.logLine(`${stamp()} ${line}`);
        if (request.verbose) console.line(line);
      }
    },
    chapter: (title) => {
      folder.logLine(`${stamp()} ${title}`);
      console.chapter(title);
    },
    progress: (text) => console.progress(lines(text).join(' ')),
  };
}

/** The report of a run whose inputs were not accepted: nothing was connected to. */
function notAccepted(
  parsed: Exclude<ParsedRequest, { kind: 'request' }>,
  startedAt: string,
  durationMs: number,
): Outcome {
  const { known } = parsed;
  const invalid = parsed.kind === 'invalid';
  const result = invalid ? 'failed' : 'refused';
  const problems = invalid ? parsed.problems : [];
  const [first] = problems;
  const message = invalid
    ? `${first ? `${first.input}: ${first.message}` : 'the inputs are not right'}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`
    : parsed.reason;
  const { meaning, next } = failureOfClass('input');
  return {
    result,
    databaseState: 'unchanged',
    exitCode: exitCodeOf(result, 'unchanged', { badInput: invalid }),
    mode: known.mode,
    environment: known.environment,
    environmentSource: null,
    engine: null,
    server: null,
    startedAt,
    durationMs,
    planDigest: null,
    previousVersion: null,
    currentVersion: null,
    pending: [],
    applied: [],
    recorded: [],
    stages: STAGES.map((stage) => ({ stage, status: 'skipped', ms: 0 })),
    migrations: [],
    coverage: { statements: 0, executed: 0 },
    blocked: [],
    hazards: [],
    sizes: [],
    schemaDiff: [],
    predictedEqualsActual: null,
    unpredicted: [],
    health: null,
    backup: null,
    rehearsal: null,
    verification: [],
    warnings: [],
    notes: [],
    problems,
    error: {
      class: 'input',
      sqlstate: null,
      message,
      detail: null,
      hint: null,
      where: null,
      file: null,
      line: null,
      column: null,
      excerpt: null,
      meaning: invalid ? meaning : 'The run was refused before anything was connected to.',
      next: invalid ? next : parsed.next,
    },
    downFiles: [],
    run: known.run,
    artifactName: known.publishing.artifactName,
    artifacts: { plan: null, log: null },
  };
}
