/**
 * Tells others of a run that is over: the artifact, the pull request, the release, the webhook. None of it can change
 * what happened to the database: what could not be told is a warning.
 */
import { createHash } from 'node:crypto';
import type { Shared } from './draft.ts';
import { uploadArtifact } from './github/artifact.ts';
import type { Environment } from './github/commands.ts';
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
  /** Aborted when there is no time left to tell anybody. */
  readonly timeUp: AbortSignal;
}

export interface Told {
  /** With the artifact that was uploaded, and a warning for whatever could not be told. */
  readonly outcome: Outcome;
  readonly warnings: readonly string[];
  readonly notices: readonly string[];
}

const PLAN_MS = 30_000;
const FOLDER_MS = 120_000;

/** Before the review pause, as a job summary shows only once the job is over. */
export function sharePlan(audience: Audience): Promise<Shared> {
  return share(audience, '-plan', PLAN_MS);
}

async function share(audience: Audience, suffix: string, timeoutMs: number): Promise<Shared> {
  const { artifactName, uploadArtifact: wanted, retentionDays } = audience.publishing;
  if (!wanted || artifactName === null) return { link: null, warnings: [] };
  const end = await uploadArtifact(audience.env, {
    name: `${artifactName}${suffix}`,
    folder: audience.folder,
    files: audience.files(),
    retentionDays,
    timeoutMs,
    signal: audience.timeUp,
  });
  switch (end.kind) {
    case 'uploaded':
      return { link: end.link, warnings: end.warnings };
    case 'no-service':
      return { link: null, warnings: [] };
    case 'refused':
      return {
        link: null,
        warnings: [`the artifact ${artifactName}${suffix} was not uploaded: ${end.reason}`, ...end.warnings],
      };
  }
}

export async function publish(outcome: Outcome, audience: Audience): Promise<Told> {
  const { link, warnings: refused } = await share(audience, '', FOLDER_MS);
  const linked: Outcome = { ...outcome, artifacts: { ...outcome.artifacts, log: link } };
  const told = await Promise.all([comment(linked, audience), release(linked, audience), message(linked, audience)]);
  const of = (level: 'warning' | 'notice') => told.flatMap((one) => (one?.level === level ? [one.text] : []));
  const warnings = [...refused, ...of('warning')];
  return {
    outcome: { ...linked, warnings: [...linked.warnings, ...warnings] },
    warnings,
    notices: of('notice'),
  };
}

type Word = { readonly level: 'warning' | 'notice'; readonly text: string } | null;

async function comment(outcome: Outcome, { publishing, run, env, timeUp }: Audience): Promise<Word> {
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
    signal: timeUp,
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

async function release(outcome: Outcome, { publishing, run, env, timeUp }: Audience): Promise<Word> {
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
    signal: timeUp,
  });
  return end.kind === 'failed' ? { level: 'warning', text: `the release ${tag} was not made: ${end.reason}` } : null;
}

async function message(outcome: Outcome, { publishing, env, timeUp }: Audience): Promise<Word> {
  const { notifyUrl } = publishing;
  if (notifyUrl === null) return null;
  const fetch = await proxiedFetch(env, notifyUrl);
  const end = await notify(notifyUrl, renderNotice(outcome, shapeOf(notifyUrl)), {
    signal: timeUp,
    ...(fetch ? { fetch } : {}),
  });
  return end.kind === 'failed' ? { level: 'warning', text: `notify-url: ${end.reason}` } : null;
}

/** One comment, and one section of a release, for each database that a workflow migrates. */
function keyOf(outcome: Outcome, run: RunIdentity): string {
  const { server } = outcome;
  const parts = [run.workflow, run.job, outcome.environment, server?.host, server?.port, server?.database];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
