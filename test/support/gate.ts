/** Runs the gate in this process against a real server: files and inputs in, the Outcome and what was said out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { later, WORK_ENDS_MS } from '../../src/door.ts';
import { chooseEngine } from '../../src/engines/choose.ts';
import { gate } from '../../src/gate.ts';
import type { Outcome } from '../../src/report/outcome.ts';
import { parseRequest } from '../../src/request/parse.ts';

const folders: string[] = [];

/** A new folder with these files (`migrations/0001_a.sql`: text), removed after the calling file's tests. */
export async function workspaceWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gate-'));
  if (folders.length === 0) {
    afterAll(() => {
      for (const one of folders.splice(0)) rmSync(one, { recursive: true, force: true });
    });
  }
  folders.push(folder);
  await addFiles(folder, files);
  return folder;
}

export async function addFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await mkdir(join(folder, 'migrations'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

export interface GateRun {
  readonly outcome: Outcome;
  readonly lines: readonly string[];
  /** What plan.sql holds; empty: it was not written. */
  readonly plan: string;
}

export interface GateOptions {
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line as it is said: where a test does something in the middle of a run. */
  readonly onLine?: (line: string) => void | Promise<void>;
  /** Called instead of waiting in the review pause. */
  readonly onPause?: () => Promise<void>;
}

/** `inputs`: as a user writes them; environment is `staging`, the mode `apply` and the engine `sql` unless said otherwise. */
export async function runGate(
  workspace: string,
  url: string,
  inputs: Readonly<Record<string, string>> = {},
  options: GateOptions = {},
): Promise<GateRun> {
  const raw = { 'database-url': url, environment: 'staging', mode: 'apply', engine: 'sql', ...inputs };
  const env = options.env ?? {};
  const parsed = parseRequest(raw, { door: 'cli', env, event: null, cwd: workspace });
  if (parsed.kind !== 'request') throw new Error(`not accepted: ${JSON.stringify(parsed)}`);
  const lines: string[] = [];
  const say = (text: string) => {
    lines.push(text);
    void options.onLine?.(text);
  };
  const signal = options.signal ?? new AbortController().signal;
  const log = { line: say, detail: say, chapter: say, progress: () => undefined };
  const { request } = parsed;
  const nobody = () => undefined;
  let paused = false;
  let plan = '';
  const outcome = await gate(request, {
    engine: await chooseEngine({ request, log, signal, env, remember: nobody, trace: nobody, outset: nobody }),
    log,
    signal,
    now: Date.now,
    sleep: async (ms, abort) => {
      if (options.onPause && !paused) await options.onPause();
      else await wait(ms, undefined, { signal: abort }).catch(() => undefined);
      paused = true;
    },
    writePlan: (pieces) => {
      plan = [...pieces].join('');
    },
    writeDown: () => undefined,
    lastCall: later(signal, WORK_ENDS_MS),
    sharePlan: async () => ({ link: null, warnings: [] }),
  });
  return { outcome, lines, plan };
}
