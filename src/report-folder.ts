/** What a run leaves behind on the disk and with the runner: the folder, outputs, summary and annotations. */
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Environment, issueCommand, saveState, setOutput, writeSummary } from './github/commands.ts';
import { annotations } from './report/annotations.ts';
import { renderOutputs, renderReport } from './report/json.ts';
import type { Outcome } from './report/outcome.ts';
import { renderSummary } from './report/summary.ts';

type Redact = (text: string) => string;

export class ReportFolder {
  readonly path: string;
  private readonly workspace: string;
  private readonly env: Environment;
  private readonly log: number;

  /** Makes `migration-log/` in the workspace, empty. A link of that name is removed, never followed. */
  constructor(workspace: string, env: Environment) {
    this.workspace = workspace;
    this.env = env;
    this.path = join(workspace, 'migration-log');
    if (lstatSync(this.path, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(this.path);
    mkdirSync(this.path, { recursive: true });
    for (const entry of readdirSync(this.path)) rmSync(join(this.path, entry), { recursive: true, force: true });
    this.log = openSync(join(this.path, 'migration.log'), 'a');
    writeFileSync(join(this.path, 'plan.sql'), '-- nothing was planned\n');
  }

  /** A line of the log, on disk when it returns. */
  logLine(line: string): void {
    writeSync(this.log, `${line}\n`);
  }

  /**
   * The report of a redacted outcome, as it is now: may be written again, the last one counts. `ifKilled`: what the
   * runner is told meanwhile, should nothing more be heard of this run.
   */
  write(outcome: Outcome, ifKilled: Outcome = outcome): void {
    const paths = { logPath: join(this.path, 'migration.log'), reportPath: join(this.path, 'report.json') };
    writeFileSync(
      paths.reportPath,
      `${JSON.stringify(renderReport(outcome, renderOutputs(outcome, paths)), null, 1)}\n`,
    );
    const summary = renderSummary(outcome);
    writeFileSync(join(this.path, 'summary.md'), summary);
    for (const [name, value] of Object.entries(renderOutputs(ifKilled, paths))) setOutput(this.env, name, value);
    writeSummary(this.env, ifKilled === outcome ? summary : renderSummary(ifKilled));
    // For the post step.
    saveState(this.env, 'database-state', ifKilled.databaseState);
  }

  writePlan(pieces: Iterable<string>, redact: Redact): void {
    const file = openSync(join(this.path, 'plan.sql'), 'w');
    try {
      for (const piece of wholeLines(pieces)) writeSync(file, redact(piece));
    } finally {
      closeSync(file);
    }
  }

  /** report.json as it stands. */
  reportText(): string {
    return readFileSync(join(this.path, 'report.json'), 'utf8');
  }

  /** The last lines of the log: the report as text. */
  close(text: string): void {
    this.logLine(text);
    saveState(this.env, 'reported', 'true');
    closeSync(this.log);
  }

  /** Only where a runner reads them. `workingDirectory`: what the outcome's file names are relative to. */
  annotate(outcome: Outcome, workingDirectory: string, write: (text: string) => void): void {
    const prefix = relative(this.workspace, workingDirectory).split(sep).join('/');
    for (const { level, file, line, column, title, message } of annotations(outcome, prefix)) {
      issueCommand(
        write,
        level,
        {
          ...(file === null ? {} : { file }),
          ...(line === null ? {} : { line }),
          ...(column === null ? {} : { col: column }),
          title,
        },
        message,
      );
    }
  }
}

/** What a killed run left says what it knew; the post step adds that it was killed. No report: it had not come that far. */
export function markKilled(workspace: string, databaseState: string, said: string): void {
  const path = join(workspace, 'migration-log', 'report.json');
  if (!existsSync(path)) return;
  const report = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const error = { ...(report.error ?? {}), class: 'internal', message: said };
  const exitCode = databaseState === 'unchanged' ? 1 : 7;
  writeFileSync(path, `${JSON.stringify({ ...report, result: 'failed', databaseState, exitCode, error }, null, 1)}\n`);
  writeFileSync(
    join(workspace, 'migration-log', 'summary.md'),
    `### Killed. The database is ${databaseState}.\n\n${said}\n`,
  );
}

/** Text in pieces that end with a line, so that what is redacted is never cut in two. */
function* wholeLines(pieces: Iterable<string>): Generator<string> {
  let held = '';
  for (const piece of pieces) {
    const end = piece.lastIndexOf('\n') + 1;
    if (end === 0) {
      held += piece;
      continue;
    }
    yield held + piece.slice(0, end);
    held = piece.slice(end);
  }
  if (held !== '') yield held;
}
