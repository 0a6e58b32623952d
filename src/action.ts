/** The Action's door, for the main step and for the post step: inputs and event -> the run -> outputs, annotations, exit code. */
import { basename } from 'node:path';
import { afterwards } from './afterwards.ts';
import type { Console, Door } from './door.ts';
import { type Environment, issueCommand, maskAll } from './github/commands.ts';
import { readEvent } from './github/event.ts';
import { inertText } from './report/text.ts';
import { run } from './run.ts';

const write = (text: string) => {
  process.stdout.write(text);
};

const TITLE = { title: 'Postgres Migration Gate' };

/** `INPUT_DATABASE-URL` -> `database-url`, as the runner makes them of an action's inputs. */
function readInputs(env: Environment): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env)
      .filter(([name]) => name.startsWith('INPUT_'))
      .map(([name, value]) => [name.slice('INPUT_'.length).toLowerCase().replaceAll('_', '-'), value]),
  );
}

function runnerConsole(): Console {
  let grouped = false;
  const ungroup = () => {
    if (grouped) issueCommand(write, 'endgroup');
    grouped = false;
  };
  return {
    secrets: (values) => maskAll(write, values),
    line: (text) => write(`${inertText(text)}\n`),
    chapter: (title) => {
      ungroup();
      issueCommand(write, 'group', {}, title);
      grouped = true;
    },
    progress: () => undefined,
    warning: (text) => issueCommand(write, 'warning', TITLE, text),
    notice: (text) => issueCommand(write, 'notice', TITLE, text),
    finish: (outcome, text, folder, workingDirectory) => {
      ungroup();
      write(`${inertText(text)}\n`);
      folder.annotate(outcome, workingDirectory, write);
    },
    ended: () => undefined,
  };
}

function door(): Door {
  const { env } = process;
  const cancel = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancel.abort());
  const workspace = env.GITHUB_WORKSPACE || process.cwd();
  return {
    raw: readInputs(env),
    context: { door: 'action', env, event: readEvent(env), cwd: workspace },
    env,
    workspace,
    console: runnerConsole(),
    signal: cancel.signal,
  };
}

/** `post.js` beside the bundle is the same bundle. What a killed run has saved could not tell: it may have saved nothing. */
function isPostStep(): boolean {
  return basename(process.argv[1] ?? '') === 'post.js';
}

let exitCode = 1;
try {
  exitCode = isPostStep() ? await afterwards(door()) : await run(door());
} catch (error) {
  // Only when the report itself could not be written; anything else is an outcome.
  issueCommand(write, 'error', TITLE, error instanceof Error ? error.message : String(error));
}
// What is given up on (a service that does not answer) must not keep the step alive; but what was printed must be out.
process.stdout.write('', () => process.exit(exitCode));
