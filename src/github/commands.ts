/** The four things that we need of the runner's toolkit: outputs, summary, state, commands. Files and lines, as GitHub documents them. */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

export type CommandName =
  | 'error'
  | 'warning'
  | 'notice'
  | 'debug'
  | 'add-mask'
  | 'group'
  | 'endgroup'
  | 'stop-commands';

export interface CommandProperties {
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly endLine?: number;
  readonly col?: number;
  readonly endColumn?: number;
}

/** Appends to `$GITHUB_OUTPUT`, on disk when it returns. A later value of the same name wins. False: no runner, nothing written. */
export function setOutput(env: Environment, name: string, value: string): boolean {
  return appendPair(env.GITHUB_OUTPUT, name, value);
}

/** For this action's own `post` step, which reads it with `getState`. False: no runner, nothing written. */
export function saveState(env: Environment, name: string, value: string): boolean {
  return appendPair(env.GITHUB_STATE, name, value);
}

/** What an earlier step of this action saved; null: nothing. */
export function getState(env: Environment, name: string): string | null {
  return env[`STATE_${name}`] || null;
}

/** Replaces what this step has written to the job summary so far: the truth that was left for the case of a death gives way to the report. */
export function writeSummary(env: Environment, markdown: string): boolean {
  return writeFile(env.GITHUB_STEP_SUMMARY, markdown, 'w');
}

function appendPair(path: string | undefined, name: string, value: string): boolean {
  const delimiter = `ghadelimiter_${randomUUID()}`;
  if (/[\r\n=]|<</.test(name) || name === '')
    throw new Error(`The name of an output or a state cannot be ${JSON.stringify(name)}.`);
  if (value.includes(delimiter))
    throw new Error(`The value of ${name} holds the delimiter that was just made at random.`);
  return writeFile(path, `${name}<<${delimiter}\n${value}\n${delimiter}\n`, 'a');
}

/** In the kernel's hands when it returns: a kill of this process right after it loses nothing. */
function writeFile(path: string | undefined, text: string, flag: 'a' | 'w'): boolean {
  if (path === undefined || path === '') return false;
  const handle = openSync(path, flag);
  try {
    const bytes = Buffer.from(text, 'utf8');
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
  } finally {
    closeSync(handle);
  }
  return true;
}

/** The line of a workflow command, without its line end. */
export function commandLine(name: CommandName, properties: CommandProperties, message: string): string {
  const pairs = Object.entries(properties)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  // A runner prints what an annotation says into the log, line by line, and the log's reader takes `##[group]` in it for a group.
  const said = name === 'add-mask' || name === 'stop-commands' ? message : message.replaceAll('##[', '## [');
  return `::${name}${pairs.length === 0 ? '' : ` ${pairs.join(',')}`}::${escapeData(said)}`;
}

/** Writes a workflow command on a line of its own. */
export function issueCommand(
  write: (text: string) => void,
  name: CommandName,
  properties: CommandProperties = {},
  message = '',
): void {
  write(`${commandLine(name, properties, message)}\n`);
}

/**
 * Masks each value and, since the runner masks line by line, each of its lines. Written before the value's first use.
 * The command itself carries the value: for stdout of a runner only.
 */
export function maskAll(write: (text: string) => void, values: readonly string[]): void {
  for (const value of new Set(values)) if (value.trim() !== '') issueCommand(write, 'add-mask', {}, value);
}

/** A writer for untrusted text: what goes through it reaches the log and no `::command::` in it does anything. */
export function fence(write: (text: string) => void): (text: string) => void {
  return (text) => {
    // A new word each time: whatever was printed before cannot hold it.
    const token = randomUUID();
    write(`${commandLine('stop-commands', {}, token)}\n${text}${text.endsWith('\n') ? '' : '\n'}::${token}::\n`);
  };
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
