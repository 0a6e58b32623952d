/** The release of a tag, against a server that answers as GitHub does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { markOf, withSection } from '../../src/github/marked.ts';
import { type ReleaseRequest, releaseOf } from '../../src/github/release.ts';
import { type GithubServer, githubServer, refusal, WORKFLOW } from '../support/github-server.ts';

const TAG = 'v1.2.3';
const SHA = '8f1c2d3e4b5a69788796a5b4c3d2e1f00f1e2d3c';
const RELEASES = /^\/repos\/acme\/shop\/releases$/;
const RELEASE = /^\/repos\/acme\/shop\/releases\/\d+$/;
/** As people and tools leave it: no line end at the end, CRLF, marks that mean nothing, marks of others. */
const HUMAN =
  '# Shop 1.2.3\r\n\r\nThanks to all!\r\n<!-- release-please -->\r\n* see `<!-- postgres-migration-gate shop -->`  ';

let github: GithubServer;

beforeEach(async () => {
  github = await githubServer();
  github.tags.set(TAG, { commit: SHA });
});

afterEach(() => github.close());

function asked(rest: Partial<ReleaseRequest> = {}): ReleaseRequest {
  return {
    repository: 'acme/shop',
    tag: TAG,
    sha: SHA,
    token: github.token,
    key: 'shop',
    body: '## Migrated\n\n- `01_orders.sql`',
    prerelease: false,
    ...rest,
  };
}

function section(key: string, body = '## Migrated\n\n- `01_orders.sql`'): string {
  return `<!-- postgres-migration-gate ${key} -->\n${body}\n<!-- /postgres-migration-gate ${key} -->`;
}

describe('a tag without a release', () => {
  it('gets one, with what was migrated and the generated notes', async () => {
    expect(await releaseOf(github.env, asked())).toEqual({
      kind: 'created',
      url: 'https://github.com/acme/shop/releases/tag/v1.2.3',
    });
    expect(github.releases).toMatchObject([
      {
        tag: TAG,
        name: TAG,
        draft: false,
        prerelease: false,
        makeLatest: 'legacy',
        body: `${section('shop')}\n\n${github.notes}`,
      },
    ]);
    // Naming the commit makes GitHub refuse a workflow's token when the commit is not the branch's last.
    expect(github.requests.at(-1)?.body).not.toHaveProperty('target_commitish');
  });

  it.each([
    ['v1.2.3+build.7', '/repos/acme/shop/releases/tags/v1.2.3%2Bbuild.7'],
    ['shop/v1.2.3', '/repos/acme/shop/releases/tags/shop%2Fv1.2.3'],
    ['v1.2.3-rc.1', '/repos/acme/shop/releases/tags/v1.2.3-rc.1'],
  ])('of any name: %s', async (tag, path) => {
    github.tags.set(tag, { object: 'the tag object', commit: SHA });
    expect((await releaseOf(github.env, asked({ tag, prerelease: true }))).kind).toBe('created');
    expect((await releaseOf(github.env, asked({ tag }))).kind).toBe('updated');
    expect(github.requests[0]?.path).toBe(path);
    expect(github.releases).toMatchObject([{ tag, prerelease: true }]);
    expect(github.tags.size).toBe(2);
  });

  it('gets one without notes when the notes are longer than a release may be', async () => {
    github.notes = 'n'.repeat(124_990);
    expect((await releaseOf(github.env, asked())).kind).toBe('created');
    expect(github.releases.map(({ body }) => body)).toEqual([section('shop')]);
  });

  it.each([
    ['gone', () => github.tags.clear(), 'no longer in acme/shop'],
    ['moved', () => github.tags.set(TAG, { commit: 'another' }), 'no longer on the commit'],
  ])('gets none when the tag is %s meanwhile', async (_, change, reason) => {
    change();
    const tags = [...github.tags];
    const end = await releaseOf(github.env, asked());
    expect(end).toMatchObject({ kind: 'failed', reason: expect.stringContaining(reason) });
    expect(github.writes()).toEqual([]);
    expect([...github.tags]).toEqual(tags);
  });

  it('is updated when somebody makes it at the same moment', async () => {
    github.intervene({ method: 'POST', path: RELEASES }, () => {
      github.addRelease({ tag: TAG, body: HUMAN });
      return undefined;
    });
    expect((await releaseOf(github.env, asked())).kind).toBe('updated');
    expect(github.releases.map(({ body }) => body)).toEqual([`${HUMAN}\n\n${section('shop')}`]);
  });

  it('is not made twice when the answer is lost', async () => {
    github.intervene({ method: 'POST', path: RELEASES }, ({ body }) => {
      github.addRelease({ tag: TAG, body: String(body?.body) });
      return { status: 502, body: '<html>Unicorn!</html>' };
    });
    expect((await releaseOf(github.env, asked())).kind).toBe('updated');
    expect(github.releases).toHaveLength(1);
  });
});

describe('a release that exists', () => {
  it('keeps every character of what people wrote', async () => {
    const { id } = github.addRelease({ tag: TAG, name: 'Shop, the third', body: HUMAN, prerelease: true });
    expect((await releaseOf(github.env, asked())).kind).toBe('updated');
    expect(github.releases).toMatchObject([
      { id, name: 'Shop, the third', prerelease: true, body: `${HUMAN}\n\n${section('shop')}` },
    ]);
    expect(Object.keys(github.requests.find(({ method }) => method === 'PATCH')?.body ?? {})).toEqual(['body']);
  });

  it('has its section replaced by a re-run, wherever people moved it', async () => {
    const body = `${HUMAN}\r\n\r\n${section('shop').replaceAll('\n', '\r\n')}\r\n\r\nWritten below.\r\n`;
    github.addRelease({ tag: TAG, body });
    await releaseOf(github.env, asked({ body: 'once more' }));
    expect(github.releases[0]?.body).toBe(`${HUMAN}\r\n\r\n${section('shop', 'once more')}\r\n\r\nWritten below.\r\n`);
  });

  it('is not written when it says all of it already', async () => {
    await releaseOf(github.env, asked());
    expect((await releaseOf(github.env, asked())).kind).toBe('updated');
    expect(github.writes()).toHaveLength(1);
  });

  it('has a section for each database', async () => {
    await releaseOf(github.env, asked());
    await releaseOf(github.env, asked({ key: 'billing', body: 'billing' }));
    await releaseOf(github.env, asked({ body: 'shop' }));
    expect(github.releases.map(({ body }) => body)).toEqual([
      `${section('shop', 'shop')}\n\n${github.notes}\n\n${section('billing', 'billing')}`,
    ]);
  });

  it('has a section for each database that was migrated at the same moment', async () => {
    const keys = ['a', 'b', 'c', 'd'];
    github.addRelease({ tag: TAG, body: HUMAN });
    // Everybody reads before anybody writes, the first time.
    let waiting = keys.length;
    github.intervene({ method: 'PATCH', path: RELEASE, times: keys.length }, async () => {
      waiting -= 1;
      while (waiting > 0) await sleep(5);
      return undefined;
    });
    const ends = await Promise.all(keys.map((key) => releaseOf(github.env, asked({ key }))));
    expect(ends.map(({ kind }) => kind)).toEqual(keys.map(() => 'updated'));
    const body = github.releases[0]?.body ?? '';
    for (const key of keys) expect(body.split(section(key))).toHaveLength(2);
    expect(body.startsWith(HUMAN)).toBe(true);
  });

  it('as a draft is filled in and stays a draft: its people publish it', async () => {
    for (let index = 0; index < 150; index += 1) github.addRelease({ tag: `v0.${index}.0` });
    github.addRelease({ tag: TAG, body: HUMAN, draft: true });
    expect((await releaseOf(github.env, asked())).kind).toBe('updated');
    expect(github.releases.filter(({ tag }) => tag === TAG)).toMatchObject([
      { draft: true, body: `${HUMAN}\n\n${section('shop')}` },
    ]);
  });

  it('goes before a draft of the same tag', async () => {
    github.addRelease({ tag: TAG, body: 'draft', draft: true });
    github.addRelease({ tag: TAG, body: 'published' });
    await releaseOf(github.env, asked());
    expect(github.releases.map(({ body }) => body)).toEqual(['draft', `published\n\n${section('shop')}`]);
  });

  it('is made anew when it is deleted meanwhile', async () => {
    github.addRelease({ tag: TAG });
    github.intervene({ method: 'PATCH', path: RELEASE }, () => {
      github.releases.length = 0;
      return undefined;
    });
    expect((await releaseOf(github.env, asked())).kind).toBe('created');
  });
});

describe('what cannot be done', () => {
  it.each([
    ['make', () => undefined],
    ['change', () => github.addRelease({ tag: TAG, body: HUMAN })],
  ])('without the permission to %s it, the permission is named', async (_, prepare) => {
    prepare();
    github.accounts.set(github.token, { ...WORKFLOW, contents: 'read' });
    const end = await releaseOf(github.env, asked());
    expect(end).toMatchObject({ kind: 'failed', reason: expect.stringContaining('`contents: write`') });
    expect(JSON.stringify(end)).not.toContain(github.token);
  });

  it('a repository that the token does not see', async () => {
    const end = await releaseOf(github.env, asked({ repository: 'acme/secret' }));
    expect(end).toMatchObject({ kind: 'failed', reason: expect.stringContaining('Could not resolve') });
  });

  it('a refusal for another reason says it', async () => {
    github.intervene({ method: 'POST', path: RELEASES, times: 99 }, () => refusal(422, 'Validation Failed'));
    expect(await releaseOf(github.env, asked())).toEqual({
      kind: 'failed',
      reason: 'GitHub answered 422: Validation Failed',
    });
    expect(github.writes()).toHaveLength(1);
  });

  it('a release that is full keeps what people wrote', async () => {
    github.addRelease({ tag: TAG, body: 'x'.repeat(124_950) });
    const end = await releaseOf(github.env, asked());
    expect(end).toMatchObject({ kind: 'failed', reason: expect.stringContaining('no room') });
    expect(github.writes()).toEqual([]);
  });

  it('what was migrated is cut to the room that people left', async () => {
    const text = '迁移\n'.repeat(20_000);
    github.addRelease({ tag: TAG, body: text });
    await releaseOf(github.env, asked({ body: '🚀 migrated\n'.repeat(20_000) }));
    const body = github.releases[0]?.body ?? '';
    expect(body.startsWith(text)).toBe(true);
    expect(body.length).toBeLessThanOrEqual(125_000);
    expect(body.length).toBeGreaterThan(124_900);
    expect(body).toContain('Cut here');
    expect(body.endsWith('<!-- /postgres-migration-gate shop -->')).toBe(true);
  });

  it('ends when the run is cancelled', async () => {
    const cancelling = new AbortController();
    github.intervene({ method: 'POST', path: RELEASES }, () => {
      cancelling.abort();
      return 'hang';
    });
    const end = await releaseOf(github.env, asked({ signal: cancelling.signal }));
    expect(end).toEqual({ kind: 'failed', reason: 'it was cancelled' });
  });
});

describe('a section among other text', () => {
  const mark = markOf('k');
  const end = mark.replace('<!-- ', '<!-- /');
  const ours = `${mark}\nnew\n${end}`;
  it.each([
    ['nothing', '', ours],
    ['text', 'text', `text\n\n${ours}`],
    ['a line', 'text\n', `text\n\n${ours}`],
    ['a paragraph', 'text\r\n\r\n', `text\r\n\r\n${ours}`],
    ['a section', `a\n${mark}\nold\nold\n${end}\nb`, `a\n${ours}\nb`],
    ['a section with spaces after its marks', `a\n${mark}  \nold\n${end} \nb`, `a\n${ours} \nb`],
    ['an empty section', `${mark}\n${end}`, ours],
    ['a beginning whose end somebody deleted', `${mark}\ntheirs`, `${mark}\ntheirs\n\n${ours}`],
    ['such a beginning before a section', `${mark}\ntheirs\n\n${mark}\nold\n${end}`, `${mark}\ntheirs\n\n${ours}`],
    ['an end alone', `theirs\n${end}`, `theirs\n${end}\n\n${ours}`],
    ['marks inside lines', `* ${mark} by @mallory\n* x ${end}`, `* ${mark} by @mallory\n* x ${end}\n\n${ours}`],
    ['another key', `${markOf('k2')}\nx`, `${markOf('k2')}\nx\n\n${ours}`],
  ])('after %s', (_, before, after) => {
    expect(withSection(before, 'k', 'new', 1_000)).toBe(after);
    expect(withSection(after, 'k', 'new', 1_000)).toBe(after);
  });

  it('holds what reads like its own marks without ending there', () => {
    const text = `\`\`\`sql\n${end}\n${mark}\n\`\`\``;
    const once = withSection('before', 'k', text, 10_000) ?? '';
    expect(withSection(`${once}\n\nafter`, 'k', 'new', 10_000)).toBe(`before\n\n${ours}\n\nafter`);
  });
});
