/**
 * Tells others of a run that is over: the artifact, the pull request, the release, the webhook. None of it can change
 * what happened to the database: what could not be told is a warning.
 */
import { createHash } from 'node:crypto';
import type { Shared } from './draft.ts';
import { uploadArtifact } from './github/artifact.ts';
import { type Environment, getState, saveState } from './github/commands.ts';
import { commentOnPullRequest } from './github/comment.ts';
import { proxiedFetch } from './github/proxy.ts';
import { releaseOf } from './github/release.ts';
import { notify } from './notify.ts';
import { renderComment } from './report/comment.ts';
import { renderNotice, shapeOf } from './report/notice.ts';
import type { Outcome } from './report/outcome.ts';
import { renderReleaseSection } from './report/release.ts';
import { isVersionTag, tagOf } from './request/event.ts';
import type { Publishing, RunIdentity } from './request/request.ts';

export interface Audience {
  readonly publishing: Publishing;
  readonly run: RunIdentity;
  readonly env: Environment;
  /** Absolute: what is uploaded. */
  readonly folder: string;
  readonly files: () => readonly string[];
  readonly cancelled: AbortSignal;
  /** Some time after `cancelled`: what is left is for whom else is to be told. */
  readonly uploadEnds: AbortSignal;
  /** Some more time after it: whoever has not heard by then does not. */
  readonly tellingEnds: AbortSignal;
}

export interface Word {
  readonly level: 'warning' | 'notice';
  readonly text: string;
}

export interface Told {
  /** With the artifact that was uploaded, and a warning for whatever could not be told. */
  readonly outcome: Outcome;
  readonly words: readonly Word[];
}

const PLAN_MS = 30_000;
const FOLDER_MS = 120_000;

/** Before the review pause, as a job summary shows only once the job is over. */
export function sharePlan(audience: Audience): Promise<Shared> {
  return share(audience, '-plan', PLAN_MS, audience.cancelled);
}

/** The folder, as it is now; once, also where a run was killed after it and the post step goes on from there. */
export async function shareFolder(outcome: Outcome, audience: Audience): Promise<Told> {
  if (outcome.artifacts.log !== null) return { outcome, words: [] };
  const { link, warnings } = await share(audience, '', FOLDER_MS, audience.uploadEnds);
  const linked = { ...outcome, artifacts: { ...outcome.artifacts, log: link } };
  return withWords(
    linked,
    warnings.map((text) => ({ level: 'warning', text })),
  );
}

async function share(audience: Audience, suffix: string, timeoutMs: number, signal: AbortSignal): Promise<Shared> {
  const { publishing, run } = audience;
  if (!publishing.uploadArtifact) return { link: null, warnings: [] };
  const name = `${publishing.artifactName ?? namelessArtifact(run)}${suffix}`;
  const end = await uploadArtifact(audience.env, {
    name,
    folder: audience.folder,
    files: audience.files(),
    retentionDays: publishing.retentionDays,
    timeoutMs,
    signal,
  });
  switch (end.kind) {
    case 'uploaded':
      return { link: end.link, warnings: end.warnings };
    case 'no-service':
      return { link: null, warnings: [] };
    case 'refused':
      return {
        link: null,
        warnings: [`the artifact ${name} was not uploaded: ${end.reason}`, ...end.warnings],
      };
  }
}

/** Where the inputs are too wrong to say what it should be called. */
function namelessArtifact({ runId, attempt }: RunIdentity): string {
  return `migration-log-${runId ?? 'local'}-${attempt ?? '1'}`;
}

/** Everybody else; never throws. */
export async function tell(outcome: Outcome, audience: Audience): Promise<Told> {
  const words = await Promise.all([
    safely('the pull request has no comment', comment(outcome, audience)),
    safely('no release was made', release(outcome, audience)),
    safely('notify-url', message(outcome, audience)),
  ]);
  return withWords(
    outcome,
    words.filter((word) => word !== null),
  );
}

/** What we did not think of, a proxy's address that is none, is not the run's failure either. */
function safely(what: string, work: Promise<Word | null>): Promise<Word | null> {
  return work.catch((error: unknown) => ({
    level: 'warning',
    text: `${what}: ${error instanceof Error ? error.message : String(error)}`,
  }));
}

function withWords(outcome: Outcome, words: readonly Word[]): Told {
  const warnings = words.filter(({ level }) => level === 'warning').map(({ text }) => text);
  return { outcome: { ...outcome, warnings: [...outcome.warnings, ...warnings] }, words };
}

async function comment(outcome: Outcome, { publishing, run, env, tellingEnds }: Audience): Promise<Word | null> {
  const { githubToken: token, commentOnPr } = publishing;
  const { repository, pullRequest, eventName } = run;
  if (!commentOnPr || token === null || repository === null || pullRequest === null || eventName !== 'pull_request')
    return null;
  const body = renderComment(outcome);
  const end = await commentOnPullRequest(env, {
    repository,
    pullRequest,
    token,
    key: keyOf(outcome, run),
    body,
    signal: tellingEnds,
  });
  switch (end.kind) {
    case 'created':
    case 'updated':
      return null;
    case 'not-allowed':
      return { level: 'notice', text: `the pull request has no comment: ${end.reason}` };
    case 'failed':
      return { level: 'warning', text: `the pull request has no comment: ${end.reason}` };
  }
}

async function release(outcome: Outcome, { publishing, run, env, cancelled }: Audience): Promise<Word | null> {
  const { githubToken: token, createRelease } = publishing;
  const tag = tagOf(run.ref ?? '');
  const { repository, sha } = run;
  if (!createRelease || outcome.result !== 'applied' || token === null || repository === null || sha === null)
    return null;
  if (tag === null || !isVersionTag(tag))
    return { level: 'notice', text: 'no release was made: this is no version tag' };
  const end = await releaseOf(env, {
    repository,
    tag,
    token,
    sha,
    key: keyOf(outcome, run),
    body: renderReleaseSection(outcome),
    prerelease: /^v[^+]*-/.test(tag),
    // What comes after the run is what whoever cancels does not want.
    signal: cancelled,
  });
  return end.kind === 'failed' ? { level: 'warning', text: `the release ${tag} was not made: ${end.reason}` } : null;
}

/** Once: also where a run was killed after it and the post step goes on from there. */
async function message(outcome: Outcome, { publishing, env, tellingEnds }: Audience): Promise<Word | null> {
  const { notifyUrl } = publishing;
  if (notifyUrl === null || getState(env, 'notified') === 'true') return null;
  const fetch = await proxiedFetch(env, notifyUrl);
  const end = await notify(notifyUrl, renderNotice(outcome, shapeOf(notifyUrl)), {
    signal: tellingEnds,
    ...(fetch ? { fetch } : {}),
  });
  if (end.kind === 'failed') return { level: 'warning', text: `notify-url: ${end.reason}` };
  saveState(env, 'notified', 'true');
  return null;
}

/** One comment, and one section of a release, for each database that a workflow migrates. */
function keyOf(outcome: Outcome, run: RunIdentity): string {
  const { server } = outcome;
  const parts = [run.workflow, run.job, outcome.environment, server?.host, server?.port, server?.database];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
