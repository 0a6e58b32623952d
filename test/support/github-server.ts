/** GitHub's REST and GraphQL API as far as comments and releases go: its paging, its refusals, its limits, over real HTTP. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Account {
  readonly login: string;
  readonly type: 'Bot' | 'User';
  /** `read` also stands for a fork's token. */
  readonly pullRequests: 'write' | 'read';
  readonly contents: 'write' | 'read';
  /** What GraphQL calls it, where that is not the login. Null: GraphQL is closed to it. */
  readonly viewer?: string | null;
}

/** A workflow's own token, with the permissions that our examples give it. */
export const WORKFLOW: Account = {
  login: 'github-actions[bot]',
  type: 'Bot',
  pullRequests: 'write',
  contents: 'write',
};

export interface StoredComment {
  readonly id: number;
  readonly pullRequest: number;
  readonly author: Pick<Account, 'login' | 'type'>;
  body: string;
}

export interface StoredRelease {
  readonly id: number;
  readonly tag: string;
  name: string;
  body: string;
  draft: boolean;
  prerelease: boolean;
  /** As it was asked for. */
  makeLatest: string | null;
}

export interface Logged {
  readonly method: string;
  /** As sent, below the prefix, with the query. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `hang`: never answered. Nothing: answered as if nobody had stepped in. */
export type Intervention = (request: Logged) => Promise<Answer | 'hang' | undefined> | Answer | 'hang' | undefined;

export interface GithubServerOptions {
  /** `/api/v3` for a server of one's own. */
  readonly prefix?: string;
  readonly repository?: string;
  /** Pull requests that there are; 1 by default. */
  readonly pullRequests?: readonly number[];
}

export interface GithubServer {
  /** GITHUB_API_URL and GITHUB_GRAPHQL_URL. */
  readonly env: Readonly<Record<string, string>>;
  /** A workflow's token. */
  readonly token: string;
  /** Who may use this server, by token. */
  readonly accounts: Map<string, Account>;
  readonly comments: StoredComment[];
  readonly releases: StoredRelease[];
  /** By name: the commit, and for an annotated tag the tag object. */
  readonly tags: Map<string, { readonly commit: string; readonly object?: string }>;
  readonly requests: Logged[];
  /** What GitHub finds to say of a release between two tags. */
  notes: string;
  addComment(comment: Partial<StoredComment> & { readonly body: string }): StoredComment;
  addRelease(release: Partial<StoredRelease> & { readonly tag: string }): StoredRelease;
  /** Steps in before the next `times` (1 by default) requests of this method and path. */
  intervene(
    match: { readonly method: string; readonly path: RegExp; readonly times?: number },
    intervention: Intervention,
  ): void;
  /** The requests that changed something, as `PATCH /repos/...`. */
  writes(): string[];
  close(): Promise<void>;
}

const COMMENT_LIMIT = 65_536;
const RELEASE_LIMIT = 125_000;

export async function githubServer(options: GithubServerOptions = {}): Promise<GithubServer> {
  const prefix = options.prefix ?? '';
  const repository = options.repository ?? 'acme/shop';
  const pullRequests = options.pullRequests ?? [1];
  const interventions: { method: string; path: RegExp; left: number; intervention: Intervention }[] = [];
  let lastId = 5_000_000_000;
  const server = createServer((message, response) => {
    respond(message, response).catch((error: unknown) => {
      response.writeHead(599).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const graphqlPath = `${prefix.replace(/\/v3$/, '')}/graphql`;

  const github: GithubServer = {
    env: { GITHUB_API_URL: `${origin}${prefix}`, GITHUB_GRAPHQL_URL: `${origin}${graphqlPath}` },
    token: 'ghs_workflowtoken0000000000000000000000',
    accounts: new Map([['ghs_workflowtoken0000000000000000000000', WORKFLOW]]),
    comments: [],
    releases: [],
    tags: new Map(),
    requests: [],
    notes:
      "## What's Changed\n* Orders by @ann in https://github.com/acme/shop/pull/7\n\n**Full Changelog**: https://github.com/acme/shop/compare/v1.2.2...v1.2.3",
    addComment: (comment) => {
      lastId += 1;
      const stored = { id: lastId, pullRequest: 1, author: WORKFLOW, ...comment };
      github.comments.push(stored);
      return stored;
    },
    addRelease: (release) => {
      lastId += 1;
      const stored = {
        id: lastId,
        name: release.tag,
        body: '',
        draft: false,
        prerelease: false,
        makeLatest: null,
        ...release,
      };
      github.releases.push(stored);
      return stored;
    },
    intervene: ({ method, path, times = 1 }, intervention) => {
      interventions.push({ method, path, left: times, intervention });
    },
    writes: () =>
      github.requests
        .filter(({ method, path }) => method !== 'GET' && path !== graphqlPath)
        .map(({ method, path }) => `${method} ${path}`),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
  return github;

  async function respond(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const whole = message.url ?? '';
    const path = whole !== graphqlPath && whole.startsWith(prefix) ? whole.slice(prefix.length) : whole;
    const request: Logged = {
      method: message.method ?? '',
      path,
      body: await bodyOf(message),
      headers: message.headers,
    };
    github.requests.push(request);
    const answer = (await interventionFor(request)) ?? answerTo(request, whole);
    if (answer === 'hang') return;
    const { status, body, headers = {} } = answer;
    const isText = typeof body === 'string';
    response.writeHead(status, {
      'content-type': isText ? 'text/html' : 'application/json; charset=utf-8',
      'x-github-media-type': 'github.v3; format=json',
      ...headers,
    });
    response.end(body === undefined ? '' : isText ? body : JSON.stringify(body));
  }

  async function interventionFor(request: Logged): Promise<Answer | 'hang' | undefined> {
    const found = interventions.find(
      ({ method, path, left }) => left > 0 && method === request.method && path.test(request.path),
    );
    if (!found) return undefined;
    found.left -= 1;
    return found.intervention(request);
  }

  function answerTo(request: Logged, whole: string): Answer {
    const authorization = String(request.headers.authorization ?? '');
    const account = github.accounts.get(/^(?:Bearer|token) (\S+)$/i.exec(authorization)?.[1] ?? '');
    if (!account) return refusal(401, 'Bad credentials');
    if (whole === graphqlPath && request.method === 'POST') return graphql(request, account);
    if (!whole.startsWith(`${prefix}/`)) return refusal(404, 'Not Found');
    const url = new URL(request.path, origin);
    if (request.method === 'GET' && url.pathname === '/user') {
      return account.type === 'Bot'
        ? integration()
        : { status: 200, body: { login: account.login, type: account.type } };
    }
    const ours = `/repos/${repository}/`;
    if (!url.pathname.startsWith(ours)) return refusal(404, 'Not Found');
    return repositoryAnswer(request, url, url.pathname.slice(ours.length), account);
  }

  function repositoryAnswer(request: Logged, url: URL, path: string, account: Account): Answer {
    const text = String(request.body?.body ?? '');
    for (const [route, pattern] of ROUTES) {
      const [method] = route.split(' ');
      const match = method === request.method ? pattern.exec(path) : null;
      if (!match) continue;
      const value = decodeURIComponent(match[1] ?? '');
      switch (route) {
        case 'GET comments': {
          if (!pullRequests.includes(Number(value))) return refusal(404, 'Not Found');
          const all = github.comments.filter(({ pullRequest }) => pullRequest === Number(value));
          return paged(all.map(shownComment), url);
        }
        case 'POST comments': {
          if (!pullRequests.includes(Number(value))) return refusal(404, 'Not Found');
          if (account.pullRequests !== 'write') return integration();
          if (text.length > COMMENT_LIMIT) return commentTooLong();
          const stored = github.addComment({ pullRequest: Number(value), author: account, body: text });
          return { status: 201, body: shownComment(stored) };
        }
        case 'PATCH comment':
        case 'DELETE comment': {
          // Whoever may write may change anybody's: GitHub holds nobody back from a comment that is not theirs.
          const at = github.comments.findIndex(({ id }) => id === Number(value));
          const stored = github.comments[at];
          if (!stored) return refusal(404, 'Not Found');
          if (account.pullRequests !== 'write') return integration();
          if (method === 'DELETE') {
            github.comments.splice(at, 1);
            return { status: 204 };
          }
          if (text.length > COMMENT_LIMIT) return commentTooLong();
          stored.body = text;
          return { status: 200, body: shownComment(stored) };
        }
        case 'GET release by tag': {
          const stored = github.releases.find(({ tag, draft }) => tag === value && !draft);
          return stored ? { status: 200, body: shownRelease(stored) } : refusal(404, 'Not Found');
        }
        case 'GET releases':
          return paged(visibleReleases(account).map(shownRelease), url);
        case 'GET release': {
          const stored = visibleReleases(account).find(({ id }) => id === Number(value));
          return stored ? { status: 200, body: shownRelease(stored) } : refusal(404, 'Not Found');
        }
        case 'POST releases':
          return account.contents === 'write' ? createRelease(request.body ?? {}) : integration();
        case 'PATCH release': {
          const stored = visibleReleases(account).find(({ id }) => id === Number(value));
          if (!stored) return refusal(404, 'Not Found');
          if (account.contents !== 'write') return integration();
          if (text.length > RELEASE_LIMIT) return releaseTooLong();
          if (request.body?.body !== undefined) stored.body = text;
          if (typeof request.body?.prerelease === 'boolean') stored.prerelease = request.body.prerelease;
          if (typeof request.body?.draft === 'boolean') stored.draft = request.body.draft;
          if (typeof request.body?.name === 'string') stored.name = request.body.name;
          return { status: 200, body: shownRelease(stored) };
        }
      }
    }
    return refusal(404, 'Not Found');
  }

  function createRelease(wanted: Readonly<Record<string, unknown>>): Answer {
    const tag = String(wanted.tag_name ?? '');
    if (github.releases.some((release) => release.tag === tag && !release.draft))
      return invalid({ resource: 'Release', code: 'already_exists', field: 'tag_name' });
    const text = String(wanted.body ?? '');
    const body =
      wanted.generate_release_notes === true ? [text, github.notes].filter((part) => part !== '').join('\n\n') : text;
    if (body.length > RELEASE_LIMIT) return releaseTooLong();
    // A tag that is not there is made, on the default branch.
    if (!github.tags.has(tag)) github.tags.set(tag, { commit: 'tip of the default branch' });
    const stored = github.addRelease({
      tag,
      name: String(wanted.name ?? tag),
      body,
      draft: wanted.draft === true,
      prerelease: wanted.prerelease === true,
      makeLatest: typeof wanted.make_latest === 'string' ? wanted.make_latest : null,
    });
    return { status: 201, body: shownRelease(stored) };
  }

  function graphql(request: Logged, account: Account): Answer {
    const query = String(request.body?.query ?? '');
    const variables = (request.body?.variables ?? {}) as Readonly<Record<string, string>>;
    if (/\bviewer\b/.test(query)) {
      const login = account.viewer === undefined ? account.login : account.viewer;
      return login === null
        ? {
            status: 200,
            body: { data: null, errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }] },
          }
        : { status: 200, body: { data: { viewer: { login } } } };
    }
    if (/\brelease\(tagName: \$tag\)/.test(query)) {
      if (`${variables.owner}/${variables.repo}` !== repository) {
        const message = `Could not resolve to a Repository with the name '${variables.owner}/${variables.repo}'.`;
        return {
          status: 200,
          body: { data: { repository: null }, errors: [{ type: 'NOT_FOUND', path: ['repository'], message }] },
        };
      }
      const mine = visibleReleases(account).filter(({ tag }) => tag === variables.tag);
      const release = mine.find(({ draft }) => !draft) ?? mine[0];
      const tag = github.tags.get(String(variables.ref).replace('refs/tags/', ''));
      const target = tag?.object ? { oid: tag.object, target: { oid: tag.commit } } : { oid: tag?.commit };
      return {
        status: 200,
        body: {
          data: { repository: { release: release ? { databaseId: release.id } : null, ref: tag ? { target } : null } },
        },
      };
    }
    return { status: 200, body: { errors: [{ message: 'Parse error: this server knows no such query' }] } };
  }

  /** Drafts are shown to those who may write. */
  function visibleReleases(account: Account): StoredRelease[] {
    return github.releases.filter(({ draft }) => !draft || account.contents === 'write');
  }

  function paged(all: readonly unknown[], url: URL): Answer {
    const size = Math.min(Number(url.searchParams.get('per_page') ?? 30), 100);
    const page = Number(url.searchParams.get('page') ?? 1);
    const last = Math.max(1, Math.ceil(all.length / size));
    const link = (to: number, rel: string) => {
      const next = new URL(`${origin}${prefix}${url.pathname}${url.search}`);
      next.searchParams.set('page', String(to));
      return `<${next}>; rel="${rel}"`;
    };
    const links = [
      ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
      ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ];
    return {
      status: 200,
      body: all.slice((page - 1) * size, page * size),
      headers: links.length > 0 ? { link: links.join(', ') } : {},
    };
  }

  function shownComment({ id, body, author, pullRequest }: StoredComment): unknown {
    return {
      id,
      body,
      user: { login: author.login, type: author.type },
      html_url: `https://github.com/${repository}/pull/${pullRequest}#issuecomment-${id}`,
    };
  }

  function shownRelease({ id, tag, name, body, draft, prerelease }: StoredRelease): unknown {
    const page = draft ? `untagged-${id}` : tag;
    return {
      id,
      tag_name: tag,
      name,
      body,
      draft,
      prerelease,
      html_url: `https://github.com/${repository}/releases/tag/${encodeURIComponent(page)}`,
    };
  }
}

const ROUTES = [
  ['GET comments', /^issues\/(\d+)\/comments$/],
  ['POST comments', /^issues\/(\d+)\/comments$/],
  ['PATCH comment', /^issues\/comments\/(\d+)$/],
  ['DELETE comment', /^issues\/comments\/(\d+)$/],
  ['GET release by tag', /^releases\/tags\/([^/]+)$/],
  ['GET releases', /^releases$/],
  ['GET release', /^releases\/(\d+)$/],
  ['POST releases', /^releases$/],
  ['PATCH release', /^releases\/(\d+)$/],
] as const;

/** As GitHub says no. */
export function refusal(status: number, message: string): Answer {
  return { status, body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) } };
}

/** What a token without the permission gets. */
export function integration(): Answer {
  return refusal(403, 'Resource not accessible by integration');
}

function invalid(problem: Readonly<Record<string, string>>): Answer {
  return {
    status: 422,
    body: {
      message: 'Validation Failed',
      errors: [problem],
      documentation_url: 'https://docs.github.com/rest/releases/releases#create-a-release',
      status: '422',
    },
  };
}

function commentTooLong(): Answer {
  const message = `Body is too long (maximum is ${COMMENT_LIMIT} characters)`;
  return invalid({ resource: 'IssueComment', code: 'unprocessable', field: 'data', message });
}

function releaseTooLong(): Answer {
  const message = `body is too long (maximum is ${RELEASE_LIMIT} characters)`;
  return invalid({ resource: 'Release', code: 'custom', field: 'body', message });
}

async function bodyOf(message: IncomingMessage): Promise<Readonly<Record<string, unknown>> | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? null : (JSON.parse(text) as Readonly<Record<string, unknown>>);
}
