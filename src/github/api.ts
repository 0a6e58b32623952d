/** GitHub's REST and GraphQL API: one bounded conversation with it, tried again where that can help. */
import { setTimeout as sleep } from 'node:timers/promises';
import { brief } from '../report/text.ts';
import type { Environment } from './commands.ts';
import { proxiedFetch } from './proxy.ts';

export interface Access {
  readonly token: string;
  /** Ends the conversation. */
  readonly signal?: AbortSignal | undefined;
  /** All of it, retries included; 20,000 by default. */
  readonly limitMs?: number | undefined;
}

export interface Github {
  readonly rest: typeof import('@octokit/request').request;
  /** The `data` of the answer. Throws what the answer's `errors` say. */
  readonly graphql: <T>(query: string, variables?: Readonly<Record<string, string>>) => Promise<T>;
  readonly signal: AbortSignal;
}

/** Why GitHub did not do as asked: `message` is one line, safe to show, without the token. */
export class GithubFailure extends Error {
  /** This token may not do that, or may not know of it (403, 404). A rate limit is not meant. */
  readonly denied: boolean;

  constructor(message: string, denied = false) {
    super(message);
    this.denied = denied;
  }
}

/** Thrown by the work when somebody else was faster: it begins again from the start. */
export class Overtaken extends Error {}

const LIMIT_MS = 20_000;
/** Before the second and the third try after a fault of GitHub's or of the network. */
const PAUSES_MS = [500, 2_000];
/** So many others may be faster. */
const MOST_OVERTAKEN = 10;

/**
 * Does `work`, which must look before it writes: after a fault it is done again from the start, since an answer that was
 * lost may have been a yes. Throws a GithubFailure and nothing else.
 */
export async function withGithub<T>(
  env: Environment,
  access: Access,
  work: (github: Github) => Promise<T>,
): Promise<T> {
  const limitMs = access.limitMs ?? LIMIT_MS;
  const until = Date.now() + limitMs;
  const timeout = AbortSignal.timeout(limitMs);
  const signal = access.signal ? AbortSignal.any([access.signal, timeout]) : timeout;
  const base = (env.GITHUB_API_URL || 'https://api.github.com').replace(/\/+$/, '');
  try {
    const github = await connect(env, base, access.token, signal);
    let faults = 0;
    let overtaken = 0;
    for (;;) {
      try {
        return await work(github);
      } catch (error) {
        signal.throwIfAborted();
        let pauseMs: number | null;
        if (error instanceof Overtaken) {
          overtaken += 1;
          pauseMs = overtaken <= MOST_OVERTAKEN ? Math.random() * 1_000 : null;
        } else {
          pauseMs = pauseAfter(error, faults);
          faults += 1;
        }
        if (pauseMs === null || Date.now() + pauseMs >= until) throw error;
        await sleep(pauseMs, undefined, { signal });
      }
    }
  } catch (error) {
    const { message, denied } = failureOf(error, { base, timeout, limitMs, signal });
    throw new GithubFailure(brief(hidden(message, access.token), 400), denied);
  }
}

/** The status that GitHub answered with; null: there was no answer. */
export function statusOf(error: unknown): number | null {
  return responseOf(error)?.status ?? null;
}

/** GitHub's `errors` of a 422: what was wrong with which field. */
export function problemsOf(error: unknown): readonly { readonly code?: string; readonly message?: string }[] {
  const errors = asRecord(responseOf(error)?.data)?.errors;
  return Array.isArray(errors) ? errors.map((item) => asRecord(item) ?? { message: String(item) }) : [];
}

/** `owner/name` as GitHub's addresses take it. */
export function ownerAndRepo(repository: string): { owner: string; repo: string } {
  const [owner, repo, ...more] = repository.split('/');
  if (!owner || !repo || more.length > 0)
    throw new GithubFailure(`the repository should be owner/name and is ${brief(repository, 100) || 'empty'}`);
  return { owner, repo };
}

async function connect(env: Environment, base: string, token: string, signal: AbortSignal): Promise<Github> {
  // Otherwise the error that says so would hold the token.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new GithubFailure('the token is empty or holds what no token holds');
  const [{ request }, throughProxy] = await Promise.all([import('@octokit/request'), proxiedFetch(env, base)]);
  const rest = request.defaults({
    baseUrl: base,
    headers: { authorization: `Bearer ${token}`, 'user-agent': 'postgres-migration-gate' },
    request: { signal, log: { warn: () => undefined }, ...(throughProxy ? { fetch: throughProxy } : {}) },
  });
  return {
    rest,
    signal,
    graphql: async <T>(query: string, variables: Readonly<Record<string, string>> = {}) => {
      const { data } = await rest({ method: 'POST', url: graphqlUrl(env, base), query, variables });
      const answer = asRecord(data);
      if (Array.isArray(answer?.errors) && answer.errors.length > 0) {
        const first = asRecord(answer.errors[0]);
        throw new GithubFailure(
          `GitHub says: ${String(first?.message ?? 'no reason given')}`,
          first?.type === 'FORBIDDEN' || first?.type === 'NOT_FOUND',
        );
      }
      return answer?.data as T;
    },
  };
}

/** On a server of one's own REST is below /api/v3 and GraphQL is /api/graphql. */
function graphqlUrl(env: Environment, base: string): string {
  return env.GITHUB_GRAPHQL_URL || `${base.replace(/\/v3$/, '')}/graphql`;
}

/** How long to wait before trying again, in milliseconds; null: that would not help. */
function pauseAfter(error: unknown, faults: number): number | null {
  if (error instanceof GithubFailure) return null;
  const pauseMs = PAUSES_MS[faults];
  if (pauseMs === undefined) return null;
  const response = responseOf(error);
  if (response === null) return isFromFetch(error) ? pauseMs : null;
  if (response.status < 500 && !isRateLimit(error)) return null;
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(seconds)) return Math.max(pauseMs, seconds * 1000);
  // A limit that does not say when it ends takes a minute or more.
  return isRateLimit(error) ? null : pauseMs;
}

function isRateLimit(error: unknown): boolean {
  const response = responseOf(error);
  if (response === null) return false;
  if (response.status === 429) return true;
  const message = asRecord(response.data)?.message;
  return response.status === 403 && /rate limit/i.test(String(message));
}

interface Telling {
  readonly base: string;
  readonly timeout: AbortSignal;
  readonly signal: AbortSignal;
  readonly limitMs: number;
}

function failureOf(error: unknown, telling: Telling): GithubFailure {
  if (error instanceof GithubFailure) return error;
  const status = statusOf(error);
  const denied = status === 404 || (status === 403 && !isRateLimit(error));
  return new GithubFailure(reasonOf(error, telling), denied && !telling.signal.aborted);
}

function reasonOf(error: unknown, { base, timeout, signal, limitMs }: Telling): string {
  if (timeout.aborted) return `GitHub's API at ${base} did not answer within ${limitMs / 1000} s`;
  if (signal.aborted) return 'it was cancelled';
  if (error instanceof Overtaken) return error.message;
  const response = responseOf(error);
  if (response === null) {
    const message = error instanceof Error ? error.message : String(error);
    return `GitHub's API at ${base} could not be used: ${message}`;
  }
  if (response.status === 401) return 'the token is not valid, or no longer (GitHub answered 401)';
  const message = asRecord(response.data)?.message;
  const problems = problemsOf(error).flatMap((problem) => problem.message ?? problem.code ?? []);
  const said = typeof message === 'string' ? `: ${[message, ...problems].join('; ')}` : '';
  return `GitHub answered ${response.status}${said}`;
}

function hidden(message: string, token: string): string {
  return token === '' ? message : message.replaceAll(token, '***');
}

interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

function responseOf(error: unknown): Response | null {
  return error instanceof Error && error.name === 'HttpError' && 'response' in error
    ? ((error.response as Response | undefined) ?? null)
    : null;
}

/** A request that got no answer at all. */
function isFromFetch(error: unknown): boolean {
  return error instanceof Error && error.name === 'HttpError';
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
}
