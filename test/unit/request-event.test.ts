import { describe, expect, it } from 'vitest';
import { isVersionTag } from '../../src/request/event.ts';
import { type Context, parseRequest, type RawInputs } from '../../src/request/parse.ts';

const URL = 'postgres://deploy:hunter2@db.example.com/shop';
const PHRASE = 'MIGRATE-PRODUCTION';

function parse(raw: RawInputs, env: Context['env'] = {}, changes: Partial<Context> = {}) {
  return parseRequest(
    { 'database-url': URL, ...raw },
    { door: 'action', env, event: null, cwd: '/srv/app', ...changes },
  );
}

describe('semantic version tags', () => {
  it.each([
    'v0.0.0',
    'v1.2.3',
    'v10.20.30',
    'v1.0.0-alpha',
    'v1.0.0-alpha.1',
    'v1.0.0-0.3.7',
    'v1.0.0-x-y-z.--',
    'v1.0.0-0a',
    'v1.0.0+20130313',
    'v1.0.0-rc.1+build.007',
  ])('%s is one', (tag) => {
    expect(isVersionTag(tag)).toBe(true);
  });

  it.each([
    '1.2.3',
    'v1.2',
    'v1',
    'v1.2.3.4',
    'v01.2.3',
    'v1.02.3',
    'v1.2.03',
    'v1.2.3-',
    'v1.2.3-01',
    'v1.2.3-a..b',
    'v1.2.3+',
    'v1.2.3+a+b',
    'V1.2.3',
    'v1.2.3\n',
    'release-v1.2.3',
    'v1.2.3-ä',
    'v-1.2.3',
  ])('%j is none', (tag) => {
    expect(isVersionTag(tag)).toBe(false);
  });
});

describe('the environment', () => {
  it.each<[string, string | undefined, 'action' | 'cli', Context['env'], string, string]>([
    ['a version tag', undefined, 'action', { GITHUB_REF: 'refs/tags/v1.2.3' }, 'production', 'tag v1.2.3'],
    ['branch staging', undefined, 'action', { GITHUB_REF: 'refs/heads/staging' }, 'staging', 'branch staging'],
    ['branch main', undefined, 'action', { GITHUB_REF: 'refs/heads/main' }, 'production', 'assumed, the strict side'],
    [
      'branch staging/x',
      undefined,
      'action',
      { GITHUB_REF: 'refs/heads/staging/x' },
      'production',
      'assumed, the strict side',
    ],
    [
      'branch development',
      undefined,
      'action',
      { GITHUB_REF: 'refs/heads/development' },
      'production',
      'assumed, the strict side',
    ],
    [
      'a tag named staging',
      undefined,
      'action',
      { GITHUB_REF: 'refs/tags/staging' },
      'production',
      'assumed, the strict side',
    ],
    [
      'a branch named as a version',
      undefined,
      'action',
      { GITHUB_REF: 'refs/heads/v1.2.3' },
      'production',
      'assumed, the strict side',
    ],
    ['nothing', undefined, 'action', {}, 'production', 'assumed, the strict side'],
    ['nothing, command line', undefined, 'cli', {}, 'production', 'assumed, the strict side'],
    ['the input', 'development', 'action', { GITHUB_REF: 'refs/tags/v1.2.3' }, 'development', 'input'],
    ['an empty input', '', 'action', { GITHUB_REF: 'refs/heads/staging' }, 'staging', 'branch staging'],
    [
      'NODE_ENV',
      undefined,
      'cli',
      { NODE_ENV: 'production', GITHUB_REF: 'refs/heads/staging' },
      'production',
      'NODE_ENV=production',
    ],
    ['the input over NODE_ENV', 'staging', 'cli', { NODE_ENV: 'production' }, 'staging', 'input'],
    ['another NODE_ENV', undefined, 'cli', { NODE_ENV: 'staging' }, 'production', 'assumed, the strict side'],
    [
      'NODE_ENV means nothing to the action',
      undefined,
      'action',
      { NODE_ENV: 'production', GITHUB_REF: 'refs/heads/staging' },
      'staging',
      'branch staging',
    ],
  ])('by %s', (_what, given, door, env, environment, source) => {
    const parsed = parse({ environment: given }, env, { door });
    expect(parsed).toMatchObject({ kind: 'request', request: { environment, environmentSource: source } });
  });
});

describe('a tag that pushed us into production is a semantic version', () => {
  it.each<[string, string | undefined, Context['env'], string]>([
    ['v1.2.3', undefined, { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1.2.3' }, 'request'],
    ['v1.2', undefined, { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1.2' }, 'invalid'],
    ['v1.2 by input', 'production', { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1.2' }, 'invalid'],
    ['v1.2 to staging', 'staging', { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1.2' }, 'request'],
    ['v1.2 by hand', 'production', { GITHUB_EVENT_NAME: 'workflow_dispatch', GITHUB_REF: 'refs/tags/v1.2' }, 'request'],
    ['a branch', 'production', { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/v1.2' }, 'request'],
  ])('%s', (_what, environment, env, kind) => {
    const parsed = parse({ environment }, env);
    expect(parsed.kind).toBe(kind);
    if (parsed.kind === 'invalid') {
      expect(parsed.problems).toMatchObject([{ input: 'environment', message: expect.stringContaining('"v1.2"') }]);
    }
  });
});

describe('events', () => {
  const repo = { full_name: 'acme/shop' };
  const same = { pull_request: { head: { repo }, base: { repo } } };
  const fork = { pull_request: { head: { repo: { full_name: 'mallory/shop' } }, base: { repo } } };
  const gone = { pull_request: { head: { repo: null }, base: { repo } } };
  const ranAfter = (event: unknown, head: unknown = repo) => ({
    workflow_run: { event, head_repository: head, repository: repo },
  });
  const runs = {
    afterPush: ranAfter('push'),
    afterPull: ranAfter('pull_request'),
    afterTarget: ranAfter('pull_request_target'),
    afterComment: ranAfter('issue_comment'),
    afterFork: ranAfter('pull_request', { full_name: 'mallory/shop' }),
    // Mallory pushes to her own fork, whatever its workflow is called.
    afterForkPush: ranAfter('push', { full_name: 'mallory/shop' }),
    afterDeletedFork: ranAfter('pull_request', null),
    afterAfter: ranAfter('workflow_run'),
    afterNothing: ranAfter(undefined),
  };
  const nameless = { pull_request: { head: { repo: {} }, base: { repo: {} } } };

  it.each<[string, string, unknown, string, string, string]>([
    ['pull_request_target', 'dry-run', 'staging', 'same', 'refused', 'pull_request_target'],
    ['pull_request_target', 'apply', 'staging', 'same', 'refused', 'pull_request_target'],
    ['pull_request_target', 'rollback', 'staging', 'same', 'refused', 'pull_request_target'],
    ['pull_request_target', 'status', 'staging', 'same', 'request', ''],
    ['pull_request_target', 'verify', 'staging', 'fork', 'request', ''],
    ['pull_request', 'dry-run', 'staging', 'fork', 'refused', 'fork'],
    ['pull_request', 'apply', 'staging', 'fork', 'refused', 'fork'],
    ['pull_request', 'dry-run', 'staging', 'gone', 'refused', 'fork'],
    ['pull_request', 'dry-run', 'staging', 'nameless', 'refused', 'could not be read'],
    ['pull_request', 'dry-run', 'staging', 'null', 'refused', 'could not be read'],
    ['pull_request', 'dry-run', 'staging', 'text', 'refused', 'could not be read'],
    ['pull_request', 'status', 'staging', 'fork', 'request', ''],
    ['pull_request', 'verify', 'staging', 'null', 'request', ''],
    ['pull_request', 'dry-run', 'staging', 'same', 'request', ''],
    ['pull_request', 'status', 'development', 'same', 'request', ''],
    ['pull_request', 'apply', 'staging', 'same', 'refused', 'never applied'],
    ['pull_request', 'repair', 'staging', 'same', 'refused', 'never applied'],
    ['pull_request', 'dry-run', '', 'same', 'refused', 'production'],
    ['pull_request', 'status', 'production', 'same', 'refused', 'production'],
    ['pull_request', 'verify', 'production', 'fork', 'refused', 'production'],
    ['pull_request_review', 'dry-run', 'staging', 'fork', 'refused', 'fork'],
    ['merge_group', 'apply', 'staging', 'null', 'refused', 'never applied'],
    ['merge_group', 'dry-run', 'production', 'null', 'refused', 'not merged yet'],
    ['merge_group', 'dry-run', 'staging', 'null', 'request', ''],
    ['workflow_run', 'apply', 'production', 'afterPush', 'request', ''],
    ['workflow_run', 'dry-run', 'staging', 'afterPull', 'request', ''],
    ['workflow_run', 'apply', 'staging', 'afterPull', 'refused', 'never applied'],
    ['workflow_run', 'dry-run', 'production', 'afterPull', 'refused', 'not merged yet'],
    ['workflow_run', 'dry-run', 'staging', 'afterTarget', 'refused', 'anybody'],
    ['workflow_run', 'dry-run', 'staging', 'afterComment', 'refused', 'anybody'],
    ['workflow_run', 'dry-run', 'staging', 'afterFork', 'refused', 'fork'],
    ['workflow_run', 'apply', 'staging', 'afterForkPush', 'refused', 'fork'],
    ['workflow_run', 'apply', 'staging', 'afterDeletedFork', 'refused', 'fork'],
    ['workflow_run', 'apply', 'staging', 'afterAfter', 'refused', 'could not be read'],
    ['workflow_run', 'apply', 'staging', 'afterNothing', 'refused', 'could not be read'],
    ['workflow_run', 'apply', 'staging', 'null', 'refused', 'could not be read'],
    ['workflow_run', 'status', 'staging', 'afterFork', 'request', ''],
    ['issue_comment', 'dry-run', 'staging', 'same', 'refused', 'anybody'],
    ['issue_comment', 'apply', 'staging', 'null', 'refused', 'anybody'],
    ['discussion_comment', 'apply', 'staging', 'null', 'refused', 'anybody'],
    ['issues', 'apply', 'staging', 'null', 'refused', 'anybody'],
    ['watch', 'apply', 'staging', 'null', 'refused', 'anybody'],
    ['fork', 'apply', 'staging', 'null', 'refused', 'anybody'],
    ['issue_comment', 'status', 'staging', 'null', 'request', ''],
    ['schedule', 'dry-run', 'staging', 'null', 'request', ''],
    ['repository_dispatch', 'apply', 'staging', 'null', 'request', ''],
    ['release', 'apply', 'staging', 'null', 'request', ''],
    ['deployment', 'apply', 'staging', 'null', 'request', ''],
    ['push', 'apply', 'staging', 'null', 'request', ''],
    ['workflow_dispatch', 'apply', 'staging', 'null', 'request', ''],
  ])('%s, %s in %j, %s: %s', (name, mode, environment, origin, kind, fragment) => {
    const events = { ...runs, same, fork, gone, nameless, null: null, text: 'pull_request' };
    const event = events[origin as keyof typeof events];
    const raw = { mode, environment: String(environment) };
    const env = { GITHUB_EVENT_NAME: name, GITHUB_REF: 'refs/pull/7/merge' };
    for (const door of ['action', 'cli'] as const) {
      const parsed = parse(raw, env, { event, door });
      expect(parsed.kind).toBe(kind);
      if (parsed.kind === 'refused') expect(parsed.reason).toContain(fragment);
    }
  });

  it('a refused event is all that is said, whatever else is wrong', () => {
    const raw = { mode: 'apply', environment: 'production', 'confirm-token': 'wrong', 'fail-on': 'x' };
    const parsed = parse(raw, { GITHUB_EVENT_NAME: 'pull_request_target' });
    expect(parsed).toMatchObject({ kind: 'refused', reason: expect.stringContaining('pull_request_target') });
  });

  it('smoke tests are SQL of the checkout: not for strangers', () => {
    const raw = { mode: 'verify', environment: 'staging', 'smoke-tests': 'smoke/*.sql' };
    for (const [name, event, kind] of [
      ['pull_request_target', same, 'refused'],
      ['pull_request', fork, 'refused'],
      ['pull_request', same, 'request'],
      ['push', null, 'request'],
    ] as const)
      expect(parse(raw, { GITHUB_EVENT_NAME: name }, { event })).toMatchObject({ kind });
  });

  it('nor is a tool run for them, even to read', () => {
    for (const [name, event, reason] of [
      ['pull_request_target', same, 'anybody'],
      ['pull_request', fork, 'fork'],
      ['pull_request', null, 'could not be read'],
      ['workflow_run', runs.afterFork, 'fork'],
      ['issue_comment', null, 'anybody'],
      ['pull_request', same, null],
      ['push', null, null],
    ] as const) {
      const parsed = parse({ mode: 'status', environment: 'staging' }, { GITHUB_EVENT_NAME: name }, { event });
      const toolRefused = reason === null ? null : { reason: expect.stringContaining(reason) };
      expect(parsed).toMatchObject({ kind: 'request', request: { toolRefused } });
    }
  });

  it('what is no mode is a problem on any event', () => {
    expect(parse({ mode: 'x' }, { GITHUB_EVENT_NAME: 'pull_request_target' }).kind).toBe('invalid');
  });
});

describe('confirmation', () => {
  it.each<[string, string, string | undefined, 'action' | 'cli', string | undefined, string]>([
    ['apply', 'production', PHRASE, 'action', undefined, 'confirmed'],
    ['apply', 'production', PHRASE, 'cli', undefined, 'confirmed'],
    ['apply', 'production', undefined, 'action', undefined, 'missing'],
    ['apply', 'production', '', 'action', undefined, 'missing'],
    ['apply', 'production', '', 'action', 'true', 'missing'],
    ['apply', 'production', '', 'cli', 'true', 'confirmed'],
    ['apply', 'production', '', 'cli', 'TRUE', 'missing'],
    ['apply', 'production', '', 'cli', '1', 'missing'],
    ['apply', 'production', 'wrong', 'cli', 'true', 'refused'],
    ['apply', 'production', 'migrate-production', 'action', undefined, 'refused'],
    ['apply', 'production', `${PHRASE} `, 'action', undefined, 'refused'],
    ['apply', 'production', ` ${PHRASE}`, 'action', undefined, 'refused'],
    ['apply', 'production', PHRASE.slice(0, -1), 'action', undefined, 'refused'],
    ['apply', 'production', 'ROLLBACK-PRODUCTION', 'action', undefined, 'refused'],
    ['apply', 'production', ' ', 'action', undefined, 'refused'],
    ['apply', 'staging', 'wrong', 'action', undefined, 'not-needed'],
    ['apply', 'staging', '', 'action', undefined, 'not-needed'],
    ['dry-run', 'production', 'wrong', 'action', undefined, 'not-needed'],
    ['status', 'production', '', 'action', undefined, 'not-needed'],
    ['verify', 'production', '', 'action', undefined, 'not-needed'],
  ])('%s in %s with %j by the %s (variable %s): %s', (mode, environment, token, door, variable, expected) => {
    const env = { CONFIRM_PRODUCTION_MIGRATION: variable };
    const parsed = parse({ mode, environment, 'confirm-token': token }, env, { door });
    expect(parsed.kind === 'request' ? parsed.request.confirmation : parsed.kind).toBe(expected);
  });

  it('a wrong token is not repeated', () => {
    const parsed = parse({ mode: 'apply', environment: 'production', 'confirm-token': 'hunter3' });
    expect(parsed.kind).toBe('refused');
    expect(JSON.stringify(parsed)).not.toContain('hunter3');
  });

  it('problems come before a wrong token', () => {
    const parsed = parse({ mode: 'apply', environment: 'production', 'confirm-token': 'x', 'fail-on': 'x' });
    expect(parsed).toMatchObject({ kind: 'invalid', problems: [{ input: 'fail-on' }] });
  });
});

it('the run is who GitHub says it is', () => {
  const parsed = parse(
    { mode: 'apply', environment: 'staging' },
    {
      GITHUB_RUN_ID: '42',
      GITHUB_RUN_ATTEMPT: '3',
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_ACTOR: 'ada',
      GITHUB_SHA: 'abc',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_SERVER_URL: 'https://github.example.com',
      GITHUB_EVENT_NAME: 'push',
    },
  );
  expect(parsed).toMatchObject({
    kind: 'request',
    request: {
      publishing: { artifactName: 'migration-log-staging-apply-42-3' },
      run: {
        runId: '42',
        attempt: '3',
        repository: 'acme/shop',
        actor: 'ada',
        sha: 'abc',
        ref: 'refs/heads/main',
        runUrl: 'https://github.example.com/acme/shop/actions/runs/42/attempts/3',
        eventName: 'push',
      },
    },
  });
});
