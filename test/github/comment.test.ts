/** The pull request's comment, against a server that answers as GitHub does. */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { withGithub } from '../../src/github/api.ts';
import { type CommentRequest, commentOnPullRequest } from '../../src/github/comment.ts';
import { markOf } from '../../src/github/marked.ts';
import { proxyOf } from '../../src/github/proxy.ts';
import {
  type Account,
  type GithubServer,
  type GithubServerOptions,
  githubServer,
  integration,
  refusal,
  WORKFLOW,
} from '../support/github-server.ts';

let github: GithubServer | null = null;

afterEach(async () => {
  await github?.close();
  github = null;
});

async function start(options?: GithubServerOptions): Promise<GithubServer> {
  github = await githubServer(options);
  return github;
}

function asked(server: GithubServer, rest: Partial<CommentRequest> = {}): CommentRequest {
  return {
    repository: 'acme/shop',
    pullRequest: 1,
    token: server.token,
    key: 'shop',
    body: '## Dry run passed',
    ...rest,
  };
}

const COMMENTS = /^\/repos\/acme\/shop\/issues\/1\/comments/;
const STRANGER = { login: 'mallory', type: 'User' } as const;

function fill(server: GithubServer, count: number): void {
  for (let index = 0; index < count; index += 1) server.addComment({ author: STRANGER, body: `remark ${index}` });
}

describe('one comment for each key', () => {
  it('is made, found again on the third page, and updated in its place', async () => {
    const server = await start();
    fill(server, 220);
    const first = await commentOnPullRequest(server.env, asked(server));
    fill(server, 150);
    const second = await commentOnPullRequest(server.env, asked(server, { body: '## Applied' }));

    const ours = server.comments.filter(({ author }) => author.login === WORKFLOW.login);
    expect(ours.map(({ body }) => body)).toEqual([`${markOf('shop')}\n## Applied`]);
    expect(server.comments.indexOf(ours[0] as never)).toBe(220);
    const url = `https://github.com/acme/shop/pull/1#issuecomment-${ours[0]?.id}`;
    expect(first).toEqual({ kind: 'created', url });
    expect(second).toEqual({ kind: 'updated', url });
  });

  it('asks who it is only when there is a comment that may be its own', async () => {
    const server = await start();
    await commentOnPullRequest(server.env, asked(server));
    expect(server.requests.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)).toEqual([
      'GET /repos/acme/shop/issues/1/comments',
      'POST /repos/acme/shop/issues/1/comments',
    ]);
  });

  it('leaves the comments of other keys alone', async () => {
    const server = await start();
    for (const key of ['shop', 'shop-2', 'shop 2', 'Shop'])
      await commentOnPullRequest(server.env, asked(server, { key }));
    expect(await commentOnPullRequest(server.env, asked(server, { body: 'again' }))).toMatchObject({ kind: 'updated' });
    expect(server.comments.map(({ body }) => body.split('\n')[1])).toEqual([
      'again',
      '## Dry run passed',
      '## Dry run passed',
      '## Dry run passed',
    ]);
  });

  it('never touches a comment of somebody else that holds the mark', async () => {
    const server = await start();
    const forged = `${markOf('shop')}\nAll is well, please approve.`;
    server.addComment({ author: STRANGER, body: forged });
    server.addComment({ author: { login: 'github-actions', type: 'User' }, body: forged });
    server.addComment({ author: { login: 'other-app[bot]', type: 'Bot' }, body: forged });
    const end = await commentOnPullRequest(server.env, asked(server));
    expect(end.kind).toBe('created');
    expect(server.comments.map(({ body }) => body)).toEqual([
      forged,
      forged,
      forged,
      `${markOf('shop')}\n## Dry run passed`,
    ]);
    expect(server.writes()).toEqual(['POST /repos/acme/shop/issues/1/comments']);
  });

  it('does not take a quoted mark for its own: a statement can hold anything', async () => {
    const server = await start();
    const body = `a report of another database\n\n\`\`\`sql\n${markOf('shop')}\n\`\`\``;
    server.addComment({ body });
    expect((await commentOnPullRequest(server.env, asked(server))).kind).toBe('created');
    expect(server.comments[0]?.body).toBe(body);
  });

  it('keeps the newest and deletes the rest when two runs that raced left two', async () => {
    const server = await start();
    const old = server.addComment({ body: `${markOf('shop')}\nof one run` });
    const newest = server.addComment({ body: `${markOf('shop')}\r\nof another run` });
    const end = await commentOnPullRequest(server.env, asked(server));
    expect(end.kind).toBe('updated');
    expect(server.comments.map(({ id, body }) => [id, body])).toEqual([
      [newest.id, `${markOf('shop')}\n## Dry run passed`],
    ]);
    expect(server.writes()).toContain(`DELETE /repos/acme/shop/issues/comments/${old.id}`);
  });

  it('makes a new one when its own is deleted between looking and writing', async () => {
    const server = await start();
    server.addComment({ body: `${markOf('shop')}\nold` });
    server.intervene({ method: 'PATCH', path: /comments/ }, () => {
      server.comments.length = 0;
      return refusal(404, 'Not Found');
    });
    expect((await commentOnPullRequest(server.env, asked(server))).kind).toBe('created');
    expect(server.comments).toHaveLength(1);
  });
});

describe('whose comment it is', () => {
  const bot: Account = WORKFLOW;
  const person: Account = { login: 'Ann', type: 'User', pullRequests: 'write', contents: 'write' };
  it.each<[string, Account, Pick<Account, 'login' | 'type'>, boolean]>([
    ['a workflow, as both APIs call it', bot, bot, true],
    ['a workflow, as GraphQL calls authors', { ...bot, viewer: 'github-actions' }, bot, true],
    ['a workflow that may ask neither API', { ...bot, viewer: null }, bot, true],
    [
      'an app',
      { ...bot, login: 'deployer[bot]', viewer: 'deployer[bot]' },
      { login: 'deployer[bot]', type: 'Bot' },
      true,
    ],
    ['a person', person, person, true],
    ['a person in other letters', { ...person, viewer: 'ann' }, person, true],
    ['a person whom only REST knows', { ...person, viewer: null }, person, true],
    ['a person of the name of the bot', bot, { login: 'github-actions', type: 'User' }, false],
    ['another person', person, STRANGER, false],
    ['a person, of a workflow', bot, person, false],
    ['a workflow, of a person', person, bot, false],
  ])('%s', async (_, account, author, isOurs) => {
    const server = await start();
    server.accounts.set(server.token, account);
    server.addComment({ author, body: `${markOf('shop')}\nold` });
    const end = await commentOnPullRequest(server.env, asked(server));
    expect(end.kind).toBe(isOurs ? 'updated' : 'created');
    expect(server.comments[0]?.body.endsWith('old')).toBe(!isOurs);
  });
});

describe('what cannot be done', () => {
  it.each(['not-allowed: a fork', 'not-allowed: unseen', 'failed: the token'])('%s', async (name) => {
    const server = await start();
    if (name.includes('fork')) server.accounts.set(server.token, { ...WORKFLOW, pullRequests: 'read' });
    if (name.includes('token')) server.accounts.clear();
    const end = await commentOnPullRequest(
      server.env,
      asked(server, name.includes('unseen') ? { repository: 'acme/secret' } : {}),
    );
    expect(end.kind).toBe(name.split(':')[0]);
    const reason = 'reason' in end ? end.reason : '';
    expect(reason).not.toContain(server.token);
    if (end.kind === 'not-allowed') expect(reason).toContain('`pull-requests: write`');
    else expect(reason).toContain('401');
    expect(server.comments).toEqual([]);
  });

  it('a read-only token on a pull request that has our comment is not allowed either', async () => {
    const server = await start();
    server.accounts.set(server.token, { ...WORKFLOW, pullRequests: 'read' });
    server.addComment({ body: `${markOf('shop')}\nold` });
    expect((await commentOnPullRequest(server.env, asked(server))).kind).toBe('not-allowed');
    expect(server.comments[0]?.body).toContain('old');
  });

  it('a fault of GitHub is tried again, from the start: the comment of a lost answer is not made twice', async () => {
    const server = await start();
    server.intervene({ method: 'GET', path: COMMENTS }, () => ({ status: 502, body: '<html>Unicorn!</html>' }));
    server.intervene({ method: 'POST', path: COMMENTS }, ({ body }) => {
      server.addComment({ body: String(body?.body) });
      return { status: 504, body: '<html>Gateway</html>' };
    });
    expect((await commentOnPullRequest(server.env, asked(server))).kind).toBe('updated');
    expect(server.comments).toHaveLength(1);
  });

  it('a fault that stays is a failure, after three tries', async () => {
    const server = await start();
    server.intervene({ method: 'GET', path: COMMENTS, times: 99 }, () => ({
      status: 503,
      body: '<html>Unicorn!</html>',
    }));
    expect(await commentOnPullRequest(server.env, asked(server))).toEqual({
      kind: 'failed',
      reason: 'GitHub answered 503',
    });
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['a limit that lasts is not waited for', '60', 1, 'failed'],
    ['a limit that says nothing is not waited for', null, 1, 'failed'],
    ['a limit of a moment is', '0', 2, 'created'],
  ])('%s', async (_, retryAfter, listings, kind) => {
    const server = await start();
    server.intervene({ method: 'GET', path: COMMENTS }, () => ({
      ...refusal(403, 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'),
      headers: retryAfter === null ? {} : { 'retry-after': retryAfter },
    }));
    const end = await commentOnPullRequest(server.env, asked(server));
    expect(end.kind).toBe(kind);
    if (end.kind === 'failed') expect(end.reason).toContain('secondary rate limit');
    expect(server.requests.filter(({ method }) => method === 'GET')).toHaveLength(listings);
  });

  it('a refused write is not repeated', async () => {
    const server = await start();
    server.intervene({ method: 'POST', path: COMMENTS, times: 99 }, () => integration());
    expect((await commentOnPullRequest(server.env, asked(server))).kind).toBe('not-allowed');
    expect(server.writes()).toHaveLength(1);
  });

  it('a server that hangs is left when the run is cancelled', async () => {
    const server = await start();
    const cancelling = new AbortController();
    server.intervene({ method: 'GET', path: COMMENTS }, () => {
      cancelling.abort();
      return 'hang';
    });
    expect(await commentOnPullRequest(server.env, asked(server, { signal: cancelling.signal }))).toEqual({
      kind: 'failed',
      reason: 'it was cancelled',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('a server that hangs is left when the time is up', async () => {
    const server = await start();
    server.intervene({ method: 'GET', path: /./ }, () => 'hang');
    const work = withGithub(server.env, { token: server.token, limitMs: 200 }, ({ rest }) => rest('GET /user'));
    await expect(work).rejects.toThrow(/did not answer within 0.2 s/);
  });

  it('a server that is not there says where it was looked for', async () => {
    const server = await start();
    await server.close();
    github = null;
    const end = await commentOnPullRequest(server.env, asked(server));
    expect(end).toMatchObject({ kind: 'failed' });
    expect(JSON.stringify(end)).toContain(server.env.GITHUB_API_URL);
  });

  it.each(['ghs_with\nnewline', '', 'ghs_ü'])('a token that is none is not sent: %j', async (token) => {
    const server = await start();
    const end = await commentOnPullRequest(server.env, asked(server, { token }));
    expect(end.kind).toBe('failed');
    if (token !== '') expect(JSON.stringify(end)).not.toContain(token.slice(0, 6));
    expect(server.requests).toEqual([]);
  });

  it('an error that repeats the token is shown without it', async () => {
    const server = await start();
    server.intervene({ method: 'GET', path: COMMENTS }, () => refusal(400, `no such token: ${server.token}`));
    const end = await commentOnPullRequest(server.env, asked(server));
    expect(end).toEqual({ kind: 'failed', reason: 'GitHub answered 400: no such token: ***' });
  });

  it.each(['acme', 'acme/shop/x', ''])('a repository that is none: %j', async (repository) => {
    const server = await start();
    const end = await commentOnPullRequest(server.env, asked(server, { repository }));
    expect(end).toMatchObject({ kind: 'failed', reason: expect.stringContaining('owner/name') });
  });
});

describe('what is written', () => {
  it.each([
    ['letters', 'a line of the report\n'],
    ['two-unit characters', '🚀🚀🚀🚀🚀🚀🚀🚀\n'],
    ['three-byte characters', '迁移迁移迁移迁移迁移\n'],
    ['one long line', '🚀'],
  ])('keeps to the limit and says that it was cut: %s', async (_, line) => {
    const server = await start();
    const end = await commentOnPullRequest(server.env, asked(server, { body: line.repeat(40_000) }));
    expect(end.kind).toBe('created');
    const body = server.comments[0]?.body ?? '';
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body.length).toBeGreaterThan(65_000);
    expect(body).toContain('Cut here');
    expect(Buffer.from(body, 'utf8').toString('utf8')).toBe(body);
  });

  it('is not cut when it just fits', async () => {
    const server = await start();
    const body = 'x'.repeat(65_536 - markOf('shop').length - 1);
    await commentOnPullRequest(server.env, asked(server, { body }));
    expect(server.comments[0]?.body).toBe(`${markOf('shop')}\n${body}`);
  });

  it('closes the fence and the folds that it cuts through', async () => {
    const server = await start();
    const body = `<details><summary>a</summary>\n\n<details><summary>b</summary>\n\n\`\`\`\`sql\n${'```\n</details>\nSELECT 1;\n'.repeat(9_000)}\`\`\`\`\n`;
    await commentOnPullRequest(server.env, asked(server, { body }));
    const written = server.comments[0]?.body ?? '';
    expect(written).toMatch(/\n````\n\n<\/details>\n\n<\/details>\n\n_Cut here: [^\n]+_$/);
  });

  it('closes nothing that was closed', async () => {
    const server = await start();
    const body = `<details><summary>a</summary>\n\n\`\`\`sql\nSELECT 1;\n\`\`\`\n\n</details>\n\n${'text\n'.repeat(20_000)}`;
    await commentOnPullRequest(server.env, asked(server, { body }));
    expect(server.comments[0]?.body).toMatch(/text\n\n_Cut here/);
  });

  it.each([
    '-->',
    'x--><script>alert(1)</script>',
    '--!>',
    'a--b',
    '-',
    '->',
    'café 数据库',
    '\ud800',
    'two\nlines',
    '%2D%2D',
  ])('a key cannot end the hidden mark, and is found again: %j', async (key) => {
    const server = await start();
    await commentOnPullRequest(server.env, asked(server, { key }));
    const [mark = ''] = (server.comments[0]?.body ?? '').split('\n', 1);
    expect(mark).toMatch(/^<!-- postgres-migration-gate [^\s<>-]+ -->$/);
    expect((await commentOnPullRequest(server.env, asked(server, { key }))).kind).toBe('updated');
  });
});

describe('where it is sent', () => {
  it('a server of one’s own has its API below a path', async () => {
    const server = await start({ prefix: '/api/v3' });
    server.addComment({ body: `${markOf('shop')}\nold` });
    // Without GITHUB_GRAPHQL_URL too.
    const env = { GITHUB_API_URL: `${server.env.GITHUB_API_URL}/` };
    expect((await commentOnPullRequest(env, asked(server))).kind).toBe('updated');
    expect(server.requests.map(({ path }) => path)).toContain('/api/graphql');
  });

  it('the runner’s proxy is used', async () => {
    const server = await start();
    const target = new URL(server.env.GITHUB_API_URL ?? '');
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', (request, client, head) => {
      tunnels.push(`${request.url} ${request.headers['proxy-authorization']}`);
      const upstream = connect(Number(target.port), target.hostname, () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.write(head);
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => client.destroy());
      client.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const env = {
        GITHUB_API_URL: 'http://github.test',
        http_proxy: `http://user:word@127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      };
      expect((await commentOnPullRequest(env, asked(server))).kind).toBe('created');
      expect(new Set(tunnels)).toEqual(
        new Set([`github.test:80 Basic ${Buffer.from('user:word').toString('base64')}`]),
      );
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });

  const proxied = { https_proxy: 'http://proxy:3128' };
  it.each<[Record<string, string>, string, string | null]>([
    [{}, 'https://api.github.com', null],
    [proxied, 'https://api.github.com', 'http://proxy:3128'],
    [proxied, 'http://ghes.corp', null],
    [{ HTTPS_PROXY: 'proxy:3128' }, 'https://api.github.com', 'http://proxy:3128'],
    [{ HTTP_PROXY: 'http://proxy:3128' }, 'http://ghes.corp', 'http://proxy:3128'],
    [{ ...proxied, no_proxy: 'github.com' }, 'https://api.github.com', null],
    [{ ...proxied, NO_PROXY: 'corp, .github.com' }, 'https://api.github.com', null],
    [{ ...proxied, no_proxy: '*.github.com' }, 'https://api.github.com', null],
    [{ ...proxied, no_proxy: 'API.github.com:443' }, 'https://api.github.com', null],
    [{ ...proxied, no_proxy: 'api.github.com:8443' }, 'https://api.github.com', 'http://proxy:3128'],
    [{ ...proxied, no_proxy: 'hub.com' }, 'https://api.github.com', 'http://proxy:3128'],
    [{ ...proxied, no_proxy: '*' }, 'https://api.github.com', null],
    [{ http_proxy: 'http://proxy:3128' }, 'http://127.0.0.1:8080', null],
  ])('%j, %s', (env, address, expected) => {
    expect(proxyOf(env, new URL(address))).toBe(expected);
  });
});
