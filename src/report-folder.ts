/** What a run leaves behind on the disk and with the runner: the folder, outputs, summary and annotations. */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { type Environment, getState, issueCommand, saveState, setOutput, writeSummary } from './github/commands.ts';
import { annotations } from './report/annotations.ts';
import { renderOutputs, renderReport } from './report/json.ts';
import type { Outcome } from './report/outcome.ts';
import { renderSummary } from './report/summary.ts';

type Redact = (text: string) => string;

const FILES = ['migration.log', 'report.json', 'plan.sql', 'summary.md'];

export class ReportFolder {
  readonly path: string;
  private readonly workspace: string;
  private readonly env: Environment;
  private readonly log: number;
  private closed = false;

  private constructor(workspace: string, env: Environment, path: string) {
    this.workspace = workspace;
    this.env = env;
    this.path = path;
    this.log = openSync(join(path, 'migration.log'), 'a');
  }

  /** Makes `migration-log/` in the workspace, empty. A link of that name is removed, never followed. */
  static make(workspace: string, env: Environment): ReportFolder {
    const path = emptyFolder(workspace);
    writeFileSync(join(path, 'plan.sql'), '-- nothing was planned\n');
    return new ReportFolder(workspace, env, path);
  }

  /** As a run that was killed has left it; anew, where a later step has put something else in its place. */
  static reopen(workspace: string, env: Environment): ReportFolder {
    const path = join(workspace, 'migration-log');
    const untouched = isDirectory(path) && readdirSync(path, { withFileTypes: true }).every((entry) => entry.isFile());
    return untouched ? new ReportFolder(workspace, env, path) : ReportFolder.make(workspace, env);
  }

  /** What is there to be uploaded: absolute paths. */
  files(): string[] {
    return FILES.map((name) => join(this.path, name)).filter((path) => existsSync(path));
  }

  /** A line of the log, on disk when it returns. */
  logLine(line: string): void {
    // A cancelled run may still be waiting for a server that does not answer, and hear from it now.
    if (!this.closed) writeSync(this.log, `${line}\n`);
  }

  /**
   * The report of a redacted outcome, as it is now: may be written again, the last one counts. `ifKilled`: what the
   * runner is told meanwhile, and the post step finds, should nothing more be heard of this run.
   */
  write(outcome: Outcome, ifKilled: Outcome = outcome): void {
    const paths = { logPath: join(this.path, 'migration.log'), reportPath: join(this.path, 'report.json') };
    writeWhole(paths.reportPath, `${JSON.stringify(renderReport(outcome, renderOutputs(outcome, paths)), null, 1)}\n`);
    const summary = renderSummary(outcome);
    writeWhole(join(this.path, 'summary.md'), summary);
    for (const [name, value] of Object.entries(renderOutputs(ifKilled, paths))) setOutput(this.env, name, value);
    writeSummary(this.env, ifKilled === outcome ? summary : renderSummary(ifKilled));
  }

  writePlan(pieces: Iterable<string>, redact: Redact): void {
    const file = openSync(join(this.path, 'plan.sql'), 'w');
    try {
      for (const piece of wholeStatements(pieces)) writeSync(file, redact(piece));
    } finally {
      closeSync(file);
    }
  }

  /** report.json as it stands. */
  reportText(): string {
    return readFileSync(join(this.path, 'report.json'), 'utf8');
  }

  close(): void {
    this.closed = true;
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

/** What the post step needs to know of a run that has died; kept outside the workspace, without secrets. */
export interface Kept {
  readonly outcome: Outcome;
  /** It had come to its end, and was killed while telling of it. */
  readonly over: boolean;
}

/** Returns what keeps, each time anew. Where nobody reads it (no runner), nothing is kept. */
export function keeper(env: Environment): (kept: Kept) => void {
  const path = join(env.RUNNER_TEMP || tmpdir(), `migration-gate-${randomUUID()}.json`);
  let said = false;
  return (kept) => {
    if (!env.GITHUB_STATE) return;
    writeWhole(path, JSON.stringify(kept), 0o600);
    if (!said) saveState(env, 'kept', path);
    said = true;
  };
}

/** Whole or as it was: a kill in the middle of it must not leave half of it. */
function writeWhole(path: string, text: string, mode = 0o666): void {
  writeFileSync(`${path}.new`, text, { mode });
  renameSync(`${path}.new`, path);
}

/** `none`: the run died before it had anything to keep. `lost`: it had, and somebody has taken it away since. */
export function readKept(env: Environment): Kept | 'none' | 'lost' {
  const path = getState(env, 'kept');
  if (path === null) return 'none';
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Kept) : 'lost';
}

function emptyFolder(workspace: string): string {
  const path = join(workspace, 'migration-log');
  if (!isDirectory(path)) rmSync(path, { force: true });
  mkdirSync(path, { recursive: true });
  for (const entry of readdirSync(path)) rmSync(join(path, entry), { recursive: true, force: true });
  return path;
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Longer than this a text without the end of a statement is not held back. */
const HELD_CHARACTERS = 1 << 20;

/** Text in pieces that end with a statement, or at least a line, so that what is redacted is never cut in two. */
function* wholeStatements(pieces: Iterable<string>): Generator<string> {
  let held = '';
  for (const piece of pieces) {
    // Looked for in what is new alone: what is held may be long, and come in many pieces.
    const statement = piece.lastIndexOf(';\n') + 2;
    const isLong = held.length + piece.length >= HELD_CHARACTERS;
    const end = statement === 1 && isLong ? piece.lastIndexOf('\n') + 1 : statement;
    if (end <= 1) {
      held += piece;
      continue;
    }
    yield held + piece.slice(0, end);
    held = piece.slice(end);
  }
  if (held !== '') yield held;
}
