/** A migration file as a stream of statements; what is wrong with it carries its file, line and column. */
import type { MigrationFile, PlannedMigration } from '../../plan/plan.ts';
import { Stop } from '../../report/stop.ts';
import { readDirectives, refuseLateDirective } from '../../sql/directives.ts';
import { readScript, type ScriptEvent, scanScript } from '../../sql/script.ts';
import { splitStatements } from '../../sql/split.ts';
import { SqlProblem } from '../../sql/statement.ts';
import { readText, sourceLine, type TextHash } from './files.ts';

export function stopAt(
  file: MigrationFile,
  problem: { message: string; line: number; column: number },
  next: string,
  cause?: unknown,
): Stop {
  return new Stop(
    {
      result: 'failed',
      class: 'syntax',
      message: problem.message,
      next,
      file: file.file,
      line: problem.line,
      column: problem.column,
      sourceLine: sourceLine(file, problem.line),
    },
    { cause },
  );
}

/** The file's statements, in order. `hash` sees the very bytes that the statements are made of. */
export function scriptOf(file: MigrationFile, hash: TextHash | null = null): Generator<ScriptEvent> {
  return eventsOf(file, readText(file, hash));
}

function* eventsOf(file: MigrationFile, chunks: Iterable<string>): Generator<ScriptEvent> {
  try {
    yield* readScript(splitStatements(chunks, refuseLateDirective));
  } catch (error) {
    // What node:v8 says of a text of more than half a gigabyte; the server takes no more than one.
    if (error instanceof RangeError) throw tooLong(file, error);
    if (!(error instanceof SqlProblem)) throw error;
    throw stopAt(file, error, `Correct ${file.file} at line ${error.line}, then run again. Nothing was sent.`, error);
  }
}

function tooLong(file: MigrationFile, cause: RangeError): Stop {
  return new Stop(
    {
      result: 'failed',
      class: 'syntax',
      message: `${file.file} holds a statement that is too long to be sent (${cause.message})`,
      next: `Split it: COPY or batches of INSERT, in several statements.`,
      file: file.file,
    },
    { cause },
  );
}

/** Reads a pending file once, before anything is sent: its form, its directives, and whatever is wrong with it. */
export function planMigration(file: MigrationFile): PlannedMigration {
  const chunks = readText(file);
  try {
    const first = chunks.next();
    const head = first.done ? '' : first.value;
    // The leading comments, with the directives in them, are in the first chunk: nobody's are longer.
    const { directives, problems } = readDirectives(head);
    const wrong = problems[0];
    if (wrong) throw stopAt(file, wrong, `Correct the directive in ${file.file}, then run again.`);
    if (directives.batch) {
      throw stopAt(
        file,
        { message: '`-- gate: batch` is not supported yet', line: 1, column: 1 },
        'Write the backfill as a `-- gate: no-transaction` migration of several statements, or run it outside of the gate.',
      );
    }
    let namesTracking = false;
    const watched = watch(after(head, chunks), (chunk) => {
      namesTracking ||= chunk.includes('schema_migrations');
    });
    const { problems: found, ...script } = scanScript(eventsOf(file, watched), directives);
    const problem = found[0];
    if (problem) {
      throw stopAt(file, problem, `Correct ${file.file} at line ${problem.line}, then run again. Nothing was sent.`);
    }
    return { ...file, script, namesTracking };
  } finally {
    // Closes the file where the reading ended early.
    chunks.return(undefined);
  }
}

function* after(head: string, rest: Iterable<string>): Generator<string> {
  yield head;
  yield* rest;
}

function* watch(chunks: Iterable<string>, see: (chunk: string) => void): Generator<string> {
  for (const chunk of chunks) {
    see(chunk);
    yield chunk;
  }
}
