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

/** The page of a run. `server`: as `https://github.com`. */
export function runAddress(server: string, repository: string, runId: string, attempt: string | null): string {
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

/** On the merge of somebody's branch, or of several that wait for it. */
const NOT_MERGED_YET = ['pull_request', 'pull_request_review', 'pull_request_review_comment', 'merge_group'];
/** Anybody with an account raises them, and they run with the secrets of the repository. */
const ANYBODYS = [
  'issue_comment',
  'issues',
  'commit_comment',
  'discussion',
  'discussion_comment',
  'fork',
  'watch',
  'gollum',
];
const ON_PULL_REQUESTS: readonly Mode[] = ['dry-run', 'status', 'verify'];

/**
 * Whose work an event is about. `merged`: that of people who may push here, as push, schedule, workflow_dispatch. The last
 * three are strangers'.
 */
type Origin = 'merged' | 'not-merged' | 'fork' | 'anybody' | 'unreadable';

function originOf(name: string, event: unknown): Origin {
  if (name === 'pull_request_target' || ANYBODYS.includes(name)) return 'anybody';
  if (name === 'merge_group') return 'not-merged';
  if (NOT_MERGED_YET.includes(name)) {
    const pullRequest = property(event, 'pull_request');
    return ofTwo(property(property(pullRequest, 'head'), 'repo'), property(property(pullRequest, 'base'), 'repo'));
  }
  if (name !== 'workflow_run') return 'merged';
  // With the secrets of this repository, after a workflow that a stranger may have started.
  const first = property(event, 'workflow_run');
  const origin = ofTwo(property(first, 'head_repository'), property(first, 'repository'));
  if (origin !== 'not-merged') return origin;
  const started = property(first, 'event');
  if (typeof started !== 'string' || started === 'workflow_run') return 'unreadable';
  return originOf(started, { pull_request: { head: { repo: SAME }, base: { repo: SAME } } });
}

const SAME = { full_name: 'same' };

function ofTwo(head: unknown, base: unknown): Origin {
  const name = repositoryName(base);
  if (name === null) return 'unreadable';
  // The repository of the head is null once the fork was deleted.
  return repositoryName(head) === name ? 'not-merged' : 'fork';
}

/** What is asked of an event: may it do this? */
export interface Asked {
  readonly mode: Mode;
  readonly environment: Environment | null;
  readonly smokeTests: boolean;
}

/**
 * Why this event may not do this; null when it may.
 * @param event the parsed payload, or null when it could not be read: then a pull request counts as one from a fork.
 */
export function refuseEvent(run: RunIdentity, event: unknown, asked: Asked): EventRefusal | null {
  const { mode, environment, smokeTests } = asked;
  const name = run.eventName ?? '';
  const origin = originOf(name, event);
  if (origin === 'merged') return null;
  const executes = MODE_TABLE.some((spec) => spec.name === mode && spec.executes);
  if (origin !== 'not-merged' && (executes || (mode === 'verify' && smokeTests))) {
    const what = executes ? `mode ${mode}` : 'smoke-tests';
    return { reason: `${what} ${refused(origin, name)}`, next: INSTEAD[origin] };
  }
  if (origin === 'anybody') return null;
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

/**
 * Why nothing that may be a stranger's program is run on this event: a tool and its revisions, even to read them; null
 * when it may.
 */
export function refuseTool(run: RunIdentity, event: unknown): EventRefusal | null {
  const name = run.eventName ?? '';
  const origin = originOf(name, event);
  if (origin === 'merged' || origin === 'not-merged') return null;
  return { reason: `a migration tool ${refused(origin, name)}`, next: INSTEAD[origin] };
}

function refused(origin: Exclude<Origin, 'merged' | 'not-merged'>, name: string): string {
  if (origin === 'fork') {
    return `is refused on a ${name === 'workflow_run' ? 'workflow_run of a fork' : 'pull request from a fork'}: its code is not ours`;
  }
  if (origin === 'unreadable') {
    return `is refused: the event of this ${name === 'workflow_run' ? name : 'pull request'} could not be read, so it counts as one from a fork`;
  }
  return `is refused on ${name}: it would run what anybody may have written with the secrets of this repository`;
}

const INSTEAD: Readonly<Record<Exclude<Origin, 'merged' | 'not-merged'>, string>> = {
  fork: "Push the branch to this repository to rehearse it, or run mode 'status' or 'verify' on SQL files.",
  unreadable: "Push the branch to this repository to rehearse it, or run mode 'status' or 'verify' on SQL files.",
  anybody: 'Use the event pull_request for dry runs, and push or workflow_dispatch to apply.',
};

function pullRequestNumber(event: unknown): number | null {
  const number = property(property(event, 'pull_request'), 'number');
  return Number.isSafeInteger(number) ? (number as number) : null;
}

function repositoryName(repository: unknown): string | null {
  const name = property(repository, 'full_name');
  return typeof name === 'string' && name !== '' ? name : null;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
