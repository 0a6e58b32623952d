/** The Action's door: inputs and event -> the run -> outputs, annotations, exit code. */
import { type Environment, getState, issueCommand, maskAll, saveState, writeSummary } from './github/commands.ts';
import { readEvent } from './github/event.ts';
import { inertText } from './report/text.ts';
import { markKilled } from './report-folder.ts';
import { type Console, run } from './run.ts';

const write = (text: string) => {
  process.stdout.write(text);
};

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
    finish: (outcome, text, folder, workingDirectory) => {
      ungroup();
      write(`${inertText(text)}\n`);
      folder.annotate(outcome, workingDirectory, write);
    },
  };
}

/** The post step, which the runner starts whatever became of the main one: only a run that was killed has not reported. */
function afterwards(env: Environment): number {
  if (getState(env, 'reported') === 'true') return 0;
  const state = getState(env, 'database-state') ?? 'unchanged';
  const said =
    state === 'unchanged'
      ? 'The run was killed before it wrote anything: the database is unchanged. Run it again.'
      : 'The run was killed while applying: what the database holds is unknown to it. Run mode: status, then run it again; it goes on with what is still pending.';
  issueCommand(write, 'error', { title: 'Postgres Migration Gate' }, said);
  markKilled(env.GITHUB_WORKSPACE || process.cwd(), state, said);
  writeSummary(env, `### Killed. The database is ${state}.\n\n${said}\n`);
  return 1;
}

async function main(): Promise<number> {
  const { env } = process;
  if (getState(env, 'started') === 'true') return afterwards(env);
  saveState(env, 'started', 'true');
  const cancel = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancel.abort());
  const workspace = env.GITHUB_WORKSPACE || process.cwd();
  return run({
    raw: readInputs(env),
    context: { door: 'action', env, event: readEvent(env), cwd: workspace },
    env,
    workspace,
    console: runnerConsole(),
    signal: cancel.signal,
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  // Only when the report itself could not be written; anything else is an outcome.
  issueCommand(
    write,
    'error',
    { title: 'Postgres Migration Gate' },
    error instanceof Error ? error.message : String(error),
  );
  process.exitCode = 1;
}
