/** What the run has to say, as one comment of its pull request: made once, then kept up to date in its place. */
import { type Github, GithubFailure, Overtaken, ownerAndRepo, statusOf, withGithub } from './api.ts';
import type { Environment } from './commands.ts';
import { isMarked, markOf, shorten } from './marked.ts';

export interface CommentRequest {
  /** `owner/name`. */
  readonly repository: string;
  readonly pullRequest: number;
  readonly token: string;
  /** One comment for each: what tells this database's comment from another's. */
  readonly key: string;
  /** Markdown of any length; cut to what GitHub takes. */
  readonly body: string;
  readonly signal?: AbortSignal;
}

export type CommentEnd =
  | { readonly kind: 'created' | 'updated'; readonly url: string | null }
  /** The token may not, as a fork's: a notice. */
  | { readonly kind: 'not-allowed'; readonly reason: string }
  /** A warning. */
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * GitHub's limit is said to be 65,536 characters. Which characters has changed over time; counted in UTF-16 units it is
 * kept in every reading.
 */
const MAX = 65_536;
const ACTIONS_BOT = 'github-actions[bot]';

/** Never throws. Takes 20 seconds at most. */
export async function commentOnPullRequest(env: Environment, request: CommentRequest): Promise<CommentEnd> {
  try {
    return await withGithub(env, request, (github) => write(github, request));
  } catch (error) {
    if (!(error instanceof GithubFailure)) throw error;
    if (!error.denied) return { kind: 'failed', reason: error.message };
    return {
      kind: 'not-allowed',
      reason: `the token may not comment on pull request ${request.pullRequest} (${error.message}); it needs \`pull-requests: write\`, and a pull request from a fork gets a token that only reads`,
    };
  }
}

async function write({ rest, graphql }: Github, request: CommentRequest): Promise<CommentEnd> {
  const place = ownerAndRepo(request.repository);
  const mark = markOf(request.key);
  const body = `${mark}\n${shorten(request.body, MAX - mark.length - 1)}`;

  const marked: Comment[] = [];
  for (let page = 1, more = true; more; page += 1) {
    const { data, headers } = await rest('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...place,
      issue_number: request.pullRequest,
      per_page: 100,
      page,
    });
    marked.push(...data.filter((comment) => isMarked(comment.body ?? '', request.key)));
    more = headers.link?.includes('rel="next"') ?? false;
  }
  const login = marked.length === 0 ? '' : await whoWeAre({ rest, graphql });
  const ours = marked.filter(({ user }) => user && isSame(user, login)).sort((a, b) => (a.id < b.id ? -1 : 1));

  const newest = ours.pop();
  if (newest === undefined) {
    const { data } = await rest('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...place,
      issue_number: request.pullRequest,
      body,
    });
    return { kind: 'created', url: data.html_url };
  }
  const { data } = await rest('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
    ...place,
    comment_id: newest.id,
    body,
  }).catch((error: unknown) => {
    if (statusOf(error) === 404) throw new Overtaken('the comment was deleted while it was being updated');
    throw error;
  });
  // Two runs that raced left two. What the older one says is no longer so.
  for (const { id } of ours) {
    await rest('DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}', { ...place, comment_id: id }).catch(
      (error: unknown) => {
        if (statusOf(error) !== 404) throw error;
      },
    );
  }
  return { kind: 'updated', url: data.html_url };
}

interface User {
  readonly login: string;
  readonly type?: string;
}

interface Comment {
  readonly id: number | bigint;
  readonly body?: string | undefined;
  readonly user: User | null;
}

/** REST says `github-actions[bot]`, GraphQL sometimes `github-actions`. A person may be called that too: the type tells them apart. */
function isSame(user: User, login: string): boolean {
  const bare = (name: string) => (user.type === 'Bot' ? name.replace(/\[bot\]$/, '') : name).toLowerCase();
  return bare(user.login) === bare(login);
}

/** A workflow's token may ask GraphQL for its viewer, but not REST for its user; both may be closed to it. */
async function whoWeAre({ rest, graphql }: Pick<Github, 'rest' | 'graphql'>): Promise<string> {
  try {
    const { viewer } = await graphql<{ viewer: { login: string } }>('query { viewer { login } }');
    return viewer.login;
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
  try {
    return (await rest('GET /user')).data.login;
  } catch (error) {
    if (!isClosed(error)) throw error;
    return ACTIONS_BOT;
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof GithubFailure ? error.denied : [403, 404].includes(statusOf(error) ?? 0);
}
