/** A tool that runs against a proxy of ours: the proxy, what the tool is told of it, and the end of both. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../log.ts';
import type { Host } from '../../rehearsal/proxy/caller.ts';
import { listen } from '../../rehearsal/proxy/front.ts';
import { lineWithoutValues } from '../../report/values.ts';
import type { Request, Target } from '../../request/request.ts';
import { type Ended, type RunningTool, startTool } from './child.ts';
import { childEnvironment } from './environment.ts';
import { fenced, notStarted } from './fence.ts';
import type { Tool, Words } from './tool.ts';

export interface ToRun {
  readonly tool: Tool;
  readonly words: Words;
  readonly request: Request;
  /** The database behind the proxy. */
  readonly target: Target;
  /** The gate's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly rehearsal: boolean;
  readonly log: Log;
  /** `unfenced`: why the kernel does not keep it from the databases of this run; null: it does. Not called in apply. */
  readonly beforeStart?: (unfenced: string | null) => Promise<void>;
  /** More variables for the tool. */
  readonly more?: Readonly<Record<string, string>>;
}

export interface Running {
  readonly child: RunningTool;
  /** By what it printed: it tried to reach the target past us, and the kernel refused it. */
  triedToPass(ended: Ended): boolean;
  /** Ends the tool, if it has not ended, and its connections. */
  close(): Promise<void>;
}

/** `host` answers its connections. */
export async function runAgainst(host: Host, run: ToRun): Promise<Running> {
  const { tool, words, request, target, env, rehearsal, log, more } = run;
  const password = randomBytes(24).toString('hex');
  const front = await listen(host, { password, log: (line) => log.detail(line) });
  const folder = mkdtempSync(join(tmpdir(), 'mgate-'));
  try {
    const sslRootCert = join(folder, 'root.crt');
    writeFileSync(sslRootCert, await front.certificatePem());
    const { user, database } = target;
    const told = childEnvironment({
      env,
      target,
      own: { host: '127.0.0.1', port: front.port, user, password, database, sslRootCert },
      variables: request.urlVariables,
      rehearsal,
      secrets: request.secrets,
      nullDevice: devNull,
    });
    const childEnv = { PYTHONUTF8: '1', ...told.env, ...more };
    // In apply it is to reach the target, and what it takes to set up a fence is time for nothing.
    const kept = rehearsal ? await keptOut(words, { request, env: childEnv, allow: [front.port], log }) : asItIs(words);
    if (rehearsal) await run.beforeStart?.(kept.unfenced);
    const began = performance.now();
    const child = startTool({
      words: kept.words,
      cwd: request.workingDirectory,
      env: childEnv,
      onLine: (line) => log.detail(`${tool.name}: ${request.showData ? line : lineWithoutValues(line)}`),
    });
    return {
      child: {
        ...child,
        ended: child.ended.then((ended) => {
          log.detail(`${tool.name} ran for ${Math.round(performance.now() - began)} ms`);
          return kept.read(ended);
        }),
      },
      triedToPass: kept.wasHeld,
      close: async () => {
        await child.stop();
        await front.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await front.close();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

export interface Keeping {
  readonly request: Request;
  /** The tool's. */
  readonly env: Readonly<Record<string, string>>;
  /** Ports of our proxy. */
  readonly allow: readonly number[];
  readonly log: Log;
}

export interface KeptOut {
  /** What to start instead. */
  readonly words: Words;
  /** Why the kernel does not keep it from the databases of this run; null: it does. */
  readonly unfenced: string | null;
  /** What became of the tool, where that which was started may have failed before it. */
  readonly read: (ended: Ended) => Ended;
  readonly wasHeld: (ended: Ended) => boolean;
}

/** The tool, kept by the kernel from every database of this run, where the kernel can do that. */
export async function keptOut(words: Words, { request, env, allow, log }: Keeping): Promise<KeptOut> {
  const { target, rehearsalTarget } = request;
  const targets = [target, ...(rehearsalTarget ? [rehearsalTarget] : [])] as const;
  const fence = await fenced(words, { targets, allow, env });
  if ('why' in fence) {
    log.detail(`${words[0]} is not fenced: ${fence.why}`);
    return asItIs(words, fence.why);
  }
  log.detail(`${words[0]} is fenced: ${fence.how}`);
  return {
    words: fence.words,
    unfenced: null,
    read: (ended) => {
      const error = notStarted(ended);
      return error === null ? ended : { ...ended, code: null, error };
    },
    wasHeld: ({ code, stdout, stderr }) => code !== 0 && HELD.test(`${stdout}\n${stderr}`),
  };
}

function asItIs(words: Words, unfenced = 'nothing is rehearsed'): KeptOut {
  return { words, unfenced, read: (ended) => ended, wasHeld: () => false };
}

/** As libpq, Python's, Node's, Go's, Java's and Ruby's libraries tell of a connection that the kernel has refused. */
const HELD =
  /connect[^\n]*(?:Permission denied|EACCES)|PermissionError: \[Errno 13\][^\n]*(?:Connect|connect)|Errno::EACCES[^\n]*connect/;
