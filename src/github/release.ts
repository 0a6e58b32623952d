/** What was migrated, as a section of the release of the tag that it was deployed by. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Github, GithubFailure, Overtaken, ownerAndRepo, problemsOf, statusOf, withGithub } from './api.ts';
import type { Environment } from './commands.ts';
import { withSection } from './marked.ts';

export interface ReleaseRequest {
  /** `owner/name`. */
  readonly repository: string;
  /** Without `refs/tags/`. */
  readonly tag: string;
  /** The commit that the run was of: a tag that has moved away from it meanwhile gets no release. */
  readonly sha: string;
  readonly token: string;
  /** One section for each: several databases may be migrated by one tag. */
  readonly key: string;
  /** Markdown of any length; cut to what is left of GitHub's limit. */
  readonly body: string;
  /** Of a release that is made; one that exists stays what it is. */
  readonly prerelease: boolean;
  readonly signal?: AbortSignal;
}

export type ReleaseEnd =
  | { readonly kind: 'created' | 'updated'; readonly url: string | null }
  | { readonly kind: 'failed'; readonly reason: string };

/** GitHub's limit in characters; counted in UTF-16 units it is kept in every reading. */
const MAX = 125_000;
/** In a release that is made: what is left is for the generated notes. */
const MAX_BESIDE_NOTES = 65_000;

/** Never throws. Takes 20 seconds at most. */
export async function releaseOf(env: Environment, request: ReleaseRequest): Promise<ReleaseEnd> {
  try {
    return await withGithub(env, request, (github) => write(github, request));
  } catch (error) {
    if (!(error instanceof GithubFailure)) throw error;
    const reason = error.denied
      ? `the token may not make or change releases of ${request.repository} (${error.message}); it needs \`contents: write\``
      : error.message;
    return { kind: 'failed', reason };
  }
}

async function write(github: Github, request: ReleaseRequest): Promise<ReleaseEnd> {
  const place = ownerAndRepo(request.repository);
  const existing = (await published(github, place, request.tag)) ?? (await draftOrTag(github, place, request));
  return existing === null ? create(github, place, request) : update(github, place, request, existing);
}

interface Place {
  readonly owner: string;
  readonly repo: string;
}

interface Release {
  readonly id: number;
  readonly html_url: string;
  readonly body?: string | null;
}

async function published({ rest }: Github, place: Place, tag: string): Promise<Release | null> {
  try {
    return (await rest('GET /repos/{owner}/{repo}/releases/tags/{tag}', { ...place, tag })).data;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

interface Found {
  readonly repository: {
    readonly release: { readonly databaseId: number } | null;
    readonly ref: { readonly target: { readonly oid: string; readonly target?: { readonly oid: string } } } | null;
  };
}

/**
 * A draft that waits for this tag, which REST finds only by reading every release. Tools and people prepare drafts; a
 * second release of the tag would keep theirs from being published. Without one the tag itself must still be there:
 * GitHub would make a missing one anew, on whatever the default branch holds by now. (It takes a `target_commitish`,
 * but answers 403 to a workflow's token that names an older commit there.)
 */
async function draftOrTag(github: Github, place: Place, { tag, sha }: ReleaseRequest): Promise<Release | null> {
  const { repository } = await github.graphql<Found>(
    `query ($owner: String!, $repo: String!, $tag: String!, $ref: String!) {
      repository(owner: $owner, name: $repo) {
        release(tagName: $tag) { databaseId }
        ref(qualifiedName: $ref) { target { oid ... on Tag { target { oid } } } }
      }
    }`,
    { ...place, tag, ref: `refs/tags/${tag}` },
  );
  if (repository.release) return byId(github, place, repository.release.databaseId);
  if (!repository.ref) throw new GithubFailure(`the tag ${tag} is no longer in ${place.owner}/${place.repo}`);
  const { target } = repository.ref;
  if (target.oid !== sha && target.target?.oid !== sha)
    throw new GithubFailure(`the tag ${tag} is no longer on the commit that was migrated, ${sha}`);
  return null;
}

async function byId({ rest }: Github, place: Place, id: number): Promise<Release> {
  try {
    return (await rest('GET /repos/{owner}/{repo}/releases/{release_id}', { ...place, release_id: id })).data;
  } catch (error) {
    if (statusOf(error) === 404) throw new Overtaken('the release was deleted while it was being updated');
    throw error;
  }
}

async function create({ rest }: Github, place: Place, request: ReleaseRequest): Promise<ReleaseEnd> {
  const wanted = {
    ...place,
    tag_name: request.tag,
    name: request.tag,
    body: withSection('', request.key, request.body, MAX_BESIDE_NOTES) ?? '',
    prerelease: request.prerelease,
    // By version, not by time: a fix of an older line does not become the latest release.
    make_latest: 'legacy' as const,
    generate_release_notes: true,
  };
  try {
    return { kind: 'created', url: (await rest('POST /repos/{owner}/{repo}/releases', wanted)).data.html_url };
  } catch (error) {
    if (statusOf(error) !== 422) throw error;
    const problems = problemsOf(error);
    if (problems.some(({ code }) => code === 'already_exists'))
      throw new Overtaken('another run makes and deletes releases of this tag');
    // The notes of a first release can be longer than a release may be.
    if (!problems.some(({ message }) => /too long/i.test(message ?? ''))) throw error;
    const { data } = await rest('POST /repos/{owner}/{repo}/releases', { ...wanted, generate_release_notes: false });
    return { kind: 'created', url: data.html_url };
  }
}

async function update(github: Github, place: Place, request: ReleaseRequest, found: Release): Promise<ReleaseEnd> {
  const body = withSection(found.body ?? '', request.key, request.body, MAX);
  if (body === null)
    throw new GithubFailure(`the text of the release of ${request.tag} leaves no room for what was migrated`);
  if (body !== found.body) {
    await github
      .rest('PATCH /repos/{owner}/{repo}/releases/{release_id}', { ...place, release_id: found.id, body })
      .catch((error: unknown) => {
        if (statusOf(error) === 404) throw new Overtaken('the release was deleted while it was being updated');
        throw error;
      });
    // GitHub has no compare-and-set: who read before us and wrote after us has undone this. A moment later it shows.
    await sleep(700 + Math.random() * 600, undefined, { signal: github.signal });
    const now = (await byId(github, place, found.id)).body ?? '';
    if (!isSameText(withSection(now, request.key, request.body, MAX), now))
      throw new Overtaken('other runs kept overwriting the text of the release');
  }
  return { kind: 'updated', url: found.html_url };
}

/** Whoever edits in a browser leaves CRLF. */
function isSameText(a: string | null, b: string): boolean {
  return a?.replaceAll('\r\n', '\n') === b.replaceAll('\r\n', '\n');
}
