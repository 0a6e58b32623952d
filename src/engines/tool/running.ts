/** A tool that runs against a proxy of ours: the proxy, what the tool is told of it, and the end of both. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../log.ts';
import type { Host } from '../../rehearsal/proxy/caller.ts';
import { listen } from '../../rehearsal/proxy/front.ts';
import type { Request, Target } from '../../request/request.ts';
import { type RunningTool, startTool } from './child.ts';
import { childEnvironment } from './environment.ts';
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
  /** More variables for the tool. */
  readonly more?: Readonly<Record<string, string>>;
}

export interface Running {
  readonly child: RunningTool;
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
    const child = startTool({
      words,
      cwd: request.workingDirectory,
      env: { PYTHONUTF8: '1', ...told.env, ...more },
      onLine: (line) => log.detail(`${tool.name}: ${line}`),
    });
    return {
      child,
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
