/** The command line's door: argv -> the same run; the exit code is the result. */
import type { Console } from './door.ts';
import type { Environment } from './github/commands.ts';
import { readEvent } from './github/event.ts';
import { helpText, readArgv } from './request/argv.ts';
import { run } from './run.ts';
import { VERSION } from './version.ts';

/** A terminal gets colour and a passing line; a pipe gets plain lines; with --json, stdout is the report's alone. */
function terminalConsole(json: boolean, env: Environment): Console {
  const out = json ? process.stderr : process.stdout;
  const pretty = out.isTTY === true && !env.NO_COLOR;
  let passing = false;
  const clear = () => {
    if (passing) out.write('\r\u001b[K');
    passing = false;
  };
  const line = (text: string) => {
    clear();
    out.write(`${text}\n`);
  };
  return {
    secrets: () => undefined,
    line,
    chapter: (title) => line(pretty ? `\u001b[1m${title}\u001b[22m` : title),
    warning: (text) => line(`warning: ${text}`),
    notice: (text) => line(text),
    progress: (text) => {
      if (!pretty) return;
      clear();
      out.write(text.slice(0, (out.columns ?? 80) - 1));
      passing = true;
    },
    finish: (outcome, text, folder, workingDirectory) => {
      line('');
      line(text);
      // A script on a runner may call the command line too.
      if (env.GITHUB_ACTIONS === 'true')
        folder.annotate(outcome, workingDirectory, (command) => process.stderr.write(command));
    },
    ended: (folder) => {
      if (json) process.stdout.write(folder.reportText());
    },
  };
}

async function main(): Promise<number> {
  const { env } = process;
  const argv = readArgv(process.argv.slice(2));
  switch (argv.kind) {
    case 'help':
      process.stdout.write(`${helpText()}\n`);
      return 0;
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return 0;
    case 'problems':
      for (const { input, message } of argv.problems) process.stderr.write(`${input}: ${message}\n`);
      return 2;
    case 'lint': {
      const { lint } = await import('./lint.ts');
      return lint(argv.lint, process.cwd(), {
        out: (text) => process.stdout.write(`${text}\n`),
        error: (text) => process.stderr.write(`${text}\n`),
      });
    }
    case 'inputs':
      break;
  }
  const cancel = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancel.abort());
  const cwd = process.cwd();
  return run({
    raw: argv.raw,
    context: {
      door: 'cli',
      env,
      event: readEvent(env),
      cwd,
      verbose: argv.verbose,
      json: argv.json,
      problems: argv.problems,
    },
    env,
    workspace: env.GITHUB_WORKSPACE || cwd,
    console: terminalConsole(argv.json, env),
    signal: cancel.signal,
  });
}

let exitCode = 1;
try {
  exitCode = await main();
} catch (error) {
  process.stderr.write(`migration-gate: ${error instanceof Error ? error.message : String(error)}\n`);
}
// What is given up on (a service that does not answer) must not keep the process alive; but what was printed must be out.
process.stdout.write('', () => process.exit(exitCode));
