/** The event that started the run, as the runner left it in a file. */
import { readFileSync } from 'node:fs';
import type { Environment } from './commands.ts';

/** The event of `GITHUB_EVENT_PATH`; null where there is none (not a runner). Throws, with the path, when it is there and cannot be read. */
export function readEvent(env: Environment): Readonly<Record<string, unknown>> | null {
  const path = env.GITHUB_EVENT_PATH;
  if (path === undefined || path === '') return null;
  const event = parse(readText(path), path);
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw new Error(`GITHUB_EVENT_PATH: ${path} does not hold a JSON object. Let the runner set this variable.`);
  }
  return event as Readonly<Record<string, unknown>>;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new Error(
      `GITHUB_EVENT_PATH: ${path} cannot be read (${messageOf(error)}). Let the runner set this variable.`,
      {
        cause: error,
      },
    );
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`GITHUB_EVENT_PATH: ${path} is not JSON (${messageOf(error)}). Let the runner set this variable.`, {
      cause: error,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
