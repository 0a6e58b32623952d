/** What GitHub says of the run: who and where, which environment it means, and whether such an event may do this. */
import { MODE_TABLE } from './inputs.ts';
import type { Environment, Mode, RunIdentity } from './request.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The run as the GITHUB_* variables and the event tell it; outside Actions everything is null. */
export function identifyRun(env: Env, event: unknown): RunIdentity {
  const runId = env.GITHUB_RUN_ID || null;
  const attempt = env.GITHUB_RUN_ATTEMPT || null;
  const repository = env.GITHUB_REPOSITORY || null;
  const server = env.GITHUB_SERVER_URL || null;
  return {
    runId,
    attempt,
    repository,
    actor: env.GITHUB_ACTOR || null,
    sha: env.GITHUB_SHA || null,
    ref: env.GITHUB_REF || null,
    runUrl: server && repository && runId ? runAddress(server, repository, runId, attempt) : null,
    eventName: env.GITHUB_EVENT_NAME || null,
    workflow: env.GITHUB_WORKFLOW || null,
    job: env.GITHUB_JOB || null,
    pullRequest: pullRequestNumber(event),
  };
}

function runAddress(server: string, repository: string, runId: string, attempt: string | null): string {
  return `${server}/${repository}/actions/runs/${runId}${attempt === null ? '' : `/attempts/${attempt}`}`;
}

export interface Inferred {
  readonly environment: Environment;
  readonly source: string;
}

/** The environment where the input does not say it. What is not known to be something else is production. */
export function inferEnvironment(door: 'action' | 'cli', env: Env): Inferred {
  if (door === 'cli' && env.NODE_ENV === 'production')
    return { environment: 'production', source: 'NODE_ENV=production' };
  const ref = env.GITHUB_REF ?? '';
  const tag = tagOf(ref);
  if (tag !== null && isVersionTag(tag)) return { environment: 'production', source: `tag ${tag}` };
  if (ref === 'refs/heads/staging') return { environment: 'staging', source: 'branch staging' };
  return { environment: 'production', source: 'assumed, the strict side' };
}

/** The name of the tag that `ref` is; null when it is none. */
export function tagOf(ref: string): string | null {
  return ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : null;
}

const NUMBER = '(?:0|[1-9][0-9]*)';
// A pre-release part is a number without leading zeros, or holds a letter or hyphen.
const PRE_RELEASE = `(?:${NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`;
const BUILD = '[0-9A-Za-z-]+';
const VERSION_TAG = new RegExp(
  `^v${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${PRE_RELEASE}(?:\\.${PRE_RELEASE})*)?(?:\\+${BUILD}(?:\\.${BUILD})*)?$`,
);

/** `v` and a semantic version (2.0.0), strictly. */
export function isVersionTag(tag: string): boolean {
  return VERSION_TAG.test(tag);
}

/** A tag that pushed us, which is no semantic version; else null. */
export function badPushedTag(run: RunIdentity): string | null {
  const tag = run.eventName === 'push' ? tagOf(run.ref ?? '') : null;
  return tag === null || isVersionTag(tag) ? null : tag;
}

export interface EventRefusal {
  readonly reason: string;
  readonly next: string;
}

/** The events of a pull request that run on the merge of somebody's branch; reviews do so as well. */
const PULL_REQUEST_EVENTS = ['pull_request', 'pull_request_review', 'pull_request_review_comment'];
const ON_PULL_REQUESTS: readonly Mode[] = ['dry-run', 'status', 'verify'];

/**
 * Why this event may not do this; null when it may.
 * @param event the parsed payload, or null when it could not be read: then a pull request counts as one from a fork.
 */
export function refuseEvent(
  run: RunIdentity,
  event: unknown,
  mode: Mode,
  environment: Environment | null,
): EventRefusal | null {
  const name = run.eventName ?? '';
  const executes = MODE_TABLE.some((spec) => spec.name === mode && spec.executes);
  if (name === 'pull_request_target') {
    if (!executes) return null;
    return {
      reason: `mode ${mode} is refused on pull_request_target: it would run SQL from a pull request with the secrets of this repository`,
      next: 'Use the event pull_request for dry runs, and push or workflow_dispatch to apply.',
    };
  }
  if (!PULL_REQUEST_EVENTS.includes(name)) return null;
  const origin = pullRequestOrigin(event);
  if (executes && origin !== 'same') {
    return {
      reason:
        origin === 'fork'
          ? `mode ${mode} is refused on a pull request from a fork: its SQL is not ours`
          : `mode ${mode} is refused: the event of this pull request could not be read, so it counts as one from a fork`,
      next: "Push the branch to this repository to rehearse it, or run mode 'status' or 'verify'.",
    };
  }
  if (!ON_PULL_REQUESTS.includes(mode)) {
    return {
      reason: `mode ${mode} is refused on ${name}: a pull request is rehearsed, never applied`,
      next: "Use mode 'dry-run' on pull requests, and apply on push or workflow_dispatch.",
    };
  }
  if (environment !== 'production') return null;
  return {
    reason: `production is refused on ${name}: what is not merged yet does not go near it`,
    next: "Set 'environment: staging' or 'environment: development', with the database-url of that database.",
  };
}

function pullRequestOrigin(event: unknown): 'same' | 'fork' | 'unreadable' {
  const pullRequest = property(event, 'pull_request');
  const base = repositoryName(property(pullRequest, 'base'));
  if (base === null) return 'unreadable';
  // The repository of the head is null once the fork was deleted.
  return repositoryName(property(pullRequest, 'head')) === base ? 'same' : 'fork';
}

function pullRequestNumber(event: unknown): number | null {
  const number = property(property(event, 'pull_request'), 'number');
  return Number.isSafeInteger(number) ? (number as number) : null;
}

function repositoryName(side: unknown): string | null {
  const name = property(property(side, 'repo'), 'full_name');
  return typeof name === 'string' && name !== '' ? name : null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
