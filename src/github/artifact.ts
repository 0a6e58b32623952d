/** Uploads what a run leaves behind as an artifact of the workflow run, with the client that GitHub's own actions use. */
import { Worker } from 'node:worker_threads';
import type { ArtifactLink } from '../report/outcome.ts';
import { brief, duration } from '../report/text.ts';
import type { Environment } from './commands.ts';

export interface Upload {
  readonly name: string;
  /** Absolute; the artifact's paths are relative to it. */
  readonly folder: string;
  /** Absolute, inside the folder. */
  readonly files: readonly string[];
  /** Null: as the repository says, which is also the most that can be had. */
  readonly retentionDays: number | null;
  /** For all of it. A service that answers 5xx is asked again for some 30 s, one that does not answer for ever. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export type UploadEnd =
  /** The name is the one that was free: as asked for, or with `-2`, `-3` and so on. */
  | { readonly kind: 'uploaded'; readonly link: ArtifactLink; readonly warnings: readonly string[] }
  /** Not a step of an action: a `run:` step, a terminal. */
  | { readonly kind: 'no-service' }
  /** What happened, on one line, without a secret. The folder is as it was. */
  | { readonly kind: 'refused'; readonly reason: string; readonly warnings: readonly string[] };

/** What `artifact-worker.js` says, once, at its end. */
type Said =
  | {
      readonly kind: 'uploaded';
      readonly name: string;
      readonly id: string;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly warnings: readonly string[] };

const REASON_LENGTH = 300;
/** A step of an action, on a runner of a GitHub Enterprise Server. */
const NO_ADDRESS = 'this runner knows of no artifact service (ACTIONS_RESULTS_URL is not set)';
const CANCELLED = 'cancelled before it was finished';

/**
 * Never throws for what the service, the network or a file does. When it returns nothing of the upload is going on any
 * more: after `timeoutMs` and on `signal` it is broken off, and nothing is seen of an artifact that was not finished.
 * The client is loaded in its own thread, so that the run goes on meanwhile.
 */
export async function uploadArtifact(env: Environment, upload: Upload): Promise<UploadEnd> {
  if (!env.ACTIONS_RUNTIME_TOKEN) return { kind: 'no-service' };
  if (!env.ACTIONS_RESULTS_URL) return { kind: 'refused', reason: NO_ADDRESS, warnings: [] };
  if (upload.signal?.aborted) return { kind: 'refused', reason: CANCELLED, warnings: [] };
  const { name, folder, files, retentionDays } = upload;
  const worker = new Worker(new URL('./artifact-worker.js', import.meta.url), {
    workerData: { name, folder, files, retentionDays },
    env: { ...env },
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  const said = await lastWord(worker, upload);
  await worker.terminate();
  const shown = (text: string) => brief(withoutSecrets(text, env), REASON_LENGTH);
  const warnings = said.warnings.map(shown);
  if (said.kind === 'refused') return { kind: 'refused', reason: shown(said.reason), warnings };
  return { kind: 'uploaded', link: { name: said.name, id: said.id, url: urlOf(env, said.id) }, warnings };
}

async function lastWord(worker: Worker, { timeoutMs, signal }: Upload): Promise<Said> {
  const over = new AbortController();
  try {
    return await new Promise((resolve) => {
      const refuse = (reason: string) => resolve({ kind: 'refused', reason, warnings: [] });
      worker.on('message', resolve);
      worker.on('error', (error) => refuse(error instanceof Error ? error.message : String(error)));
      worker.on('exit', () => refuse('the artifact client ended without a word'));
      const timer = setTimeout(() => refuse(`not finished within ${duration(timeoutMs)}`), timeoutMs);
      over.signal.addEventListener('abort', () => clearTimeout(timer));
      signal?.addEventListener('abort', () => refuse(CANCELLED), { signal: over.signal });
    });
  } finally {
    over.abort();
  }
}

/** The runtime token, and what a signed address is signed with. */
function withoutSecrets(text: string, env: Environment): string {
  return text.replaceAll(env.ACTIONS_RUNTIME_TOKEN ?? '', '***').replace(/(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/g, '$1');
}

function urlOf(env: Environment, id: string): string | null {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}/artifacts/${id}` : null;
}
