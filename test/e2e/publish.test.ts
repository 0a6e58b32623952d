/**
 * Telling, with the bundle as a runner runs it: the artifact, the pull request, the release and the webhook, whatever
 * became of the run and whatever becomes of the service. Every server here is real or speaks the real protocol.
 */
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ArtifactServer, startArtifactServer } from '../support/artifact-server.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { type GithubServer, githubServer, integration, WORKFLOW } from '../support/github-server.ts';
import { Heartbeat } from '../support/heartbeat.ts';
import { nodeForAction } from '../support/node24.ts';
import {
  type ActionOptions,
  type ActionRun,
  placesOf,
  type RunningAction,
  runAction,
  runCli,
  startAction,
  temporaryWorkspace,
  writeMigrations,
} from '../support/runner.ts';
import { leftBehind, until, working } from '../support/scene.ts';

const REPOSITORY = 'octo-org/shop';
const SHA = 'c0ffee254729296a45a3885639ac7e10f9d54979';
const TAG = 'v1.4.0';
const ADDRESS = 'https://github.com/octo-org/shop/actions/runs/16000000001';
const DEFAULT_NAME = 'migration-log-staging-apply-16000000001-1';
const ALL_FILES = ['migration.log', 'plan.sql', 'report.json', 'summary.md'];
const PAUSE = /unless this run is cancelled/;
/** Nobody waits for it: the run is stopped in it. */
const LONG_PAUSE = '5m';
/** Something is done in it, and whoever does it may be late. */
const PAUSE_TO_ACT_IN = '5s';

/** What a test turns while the run is in its pause: how long the second migration takes, and whether it works. */
const KNOBS = 'create schema knobs; create table knobs.slow as select 0 as seconds, 1 as divisor';
const FILES = {
  'migrations/01_people.sql': 'create table people (id int primary key);',
  'migrations/02_slow.sql': 'create table orders (id int);\nselect pg_sleep(seconds), 1 / divisor from knobs.slow;',
};
const SLEEPING = working('%pg_sleep(seconds)%');

type Inputs = Readonly<Record<string, string>>;

const heart = new Heartbeat();
const closing: (() => unknown)[] = [() => heart.stop()];

beforeAll(async () => {
  // Not while the first of them wait for it.
  await nodeForAction();
});

afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Place {
  readonly database: Database;
  readonly client: pg.Client;
  readonly workspace: string;
  readonly artifacts: ArtifactServer;
  readonly github: GithubServer;
  readonly webhook: Webhook;
}

async function place(files: Readonly<Record<string, string>> = FILES): Promise<Place> {
  const [database, artifacts, github, webhook] = await Promise.all([
    freshDatabase(),
    startArtifactServer(),
    githubServer({ prefix: '/api/v3', repository: REPOSITORY }),
    startWebhook(),
  ]);
  closing.push(artifacts.close, github.close);
  github.tags.set(TAG, { commit: SHA });
  const client = await database.client({ application_name: 'the test' });
  await client.query(KNOBS);
  const workspace = await writeMigrations(temporaryWorkspace(), files);
  return { database, client, workspace, artifacts, github, webhook };
}

interface Webhook {
  readonly url: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks for in a message is its business
  readonly messages: any[];
  answer: number | 'hang';
}

/** The path holds what would let anybody post. */
const HOOK_SECRET = 's3cretS3cretS3cret';

async function startWebhook(path = `/services/T0/B0/${HOOK_SECRET}`): Promise<Webhook> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    webhook.messages.push(JSON.parse(text));
    if (webhook.answer !== 'hang') response.writeHead(webhook.answer).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const webhook: Webhook = { url: `http://127.0.0.1:${port}${path}`, messages: [], answer: 200 };
  return webhook;
}

/** Where a database should be; counts who comes. */
async function startNobody(): Promise<{ readonly url: string; connections: number }> {
  const server = createTcpServer((socket) => {
    nobody.connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const nobody = { url: `postgres://app:n0tTheReal0ne@127.0.0.1:${port}/shop`, connections: 0 };
  return nobody;
}

type More = Partial<Omit<ActionOptions, 'inputs' | 'workspace'>>;

function options(here: Place, inputs: Inputs, { env, ...more }: More): ActionOptions {
  return {
    workspace: here.workspace,
    ref: 'refs/heads/staging',
    inputs: { 'database-url': here.database.url, mode: 'apply', ...inputs },
    env: { ...here.artifacts.env(), ...here.github.env, ...env },
    ...more,
  };
}

const run = (here: Place, inputs: Inputs = {}, more: More = {}) => runAction(options(here, inputs, more));
const start = (here: Place, inputs: Inputs = {}, more: More = {}) => startAction(options(here, inputs, more));

const ending = ({ exitCode, outputs }: ActionRun) => `${outputs.result} ${exitCode} ${outputs['database-state']}`;
const texts = ({ annotations }: ActionRun, level: string) =>
  annotations.filter((one) => one.level === level).map((one) => one.message);
const turn = ({ client }: Place, knob: string) => client.query(`update knobs.slow set ${knob}`);
const tablesOf = async ({ client }: Place) =>
  (
    await client.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace
          and relname in ('people', 'orders', 'schema_migrations') and relkind = 'r' order by 1`,
    )
  ).rows.map((row) => row.name);

/** What is in the artifact that the outputs name: that it is this run's, and whole. */
function artifactOf(here: Place, { outputs }: Pick<ActionRun, 'outputs'>) {
  const name = outputs['artifact-name'] ?? '';
  const files = here.artifacts.files(name);
  const id = here.artifacts.artifacts.get(name)?.id;
  expect(outputs['artifact-id']).toBe(id);
  expect(outputs['artifact-url']).toBe(`${ADDRESS}/artifacts/${id}`);
  const report = JSON.parse(files['report.json'] ?? '');
  expect(Object.keys(files).sort()).toEqual(ALL_FILES);
  return { name, id, files, report };
}

/** Asked to stop; the contract gives it 5 s. */
async function cancel(running: RunningAction): Promise<ActionRun> {
  const at = Date.now();
  running.kill('SIGINT');
  const ended = await running.done;
  expect(heart.since(at)).toBeLessThan(5_000);
  return ended;
}

/** Not `expect.poll`: that loses its test where several run side by side. */
const soon = (what: () => boolean) => vi.waitUntil(what, { timeout: 50_000 });

async function untilCalled(here: Place, call: string, name: string): Promise<void> {
  await soon(() => here.artifacts.calls.some((one) => one.call === call && one.name === name));
}

describe.concurrent('the artifact', () => {
  // Which is half a minute and more.
  it('is left out when the service fails for as long as one may wait: the run is what it was', {
    timeout: 120_000,
  }, async () => {
    const here = await place();
    here.artifacts.trouble({ call: 'CreateArtifact', answer: 500 });
    const ended = await run(here);
    expect(ending(ended)).toBe('applied 0 migrated');
    expect(ended.outputs['artifact-id']).toBe('');
    expect(texts(ended, 'warning').join('\n')).toContain(`the artifact ${DEFAULT_NAME} was not uploaded: `);
    expect(ended.report.warnings.join('\n')).toContain('was not uploaded');
  });

  it('shows the plan before the pause begins, and the log at the end', async () => {
    const here = await place();
    const running = await start(here, { 'review-delay': PAUSE_TO_ACT_IN, 'artifact-retention-days': '5' });
    await running.waitFor(PAUSE);
    expect(await tablesOf(here)).toEqual([]);
    const plan = here.artifacts.files(`${DEFAULT_NAME}-plan`);
    expect(Object.keys(plan).sort()).toEqual(ALL_FILES);
    expect(plan['plan.sql']).toContain('create table people');
    expect(plan['migration.log']).toContain('Dry run passed: 2 migrations rehearsed');
    expect(JSON.parse(plan['report.json'] ?? '')).toMatchObject({ result: 'dry-run-passed', mode: 'apply' });
    expect(plan['summary.md']).toMatch(/^#+ .*Dry run passed/);

    const ended = await running.done;
    expect(ending(ended)).toBe('applied 0 migrated');
    const { name, files, report } = artifactOf(here, ended);
    expect(name).toBe(DEFAULT_NAME);
    expect([...here.artifacts.artifacts.keys()]).toEqual([`${DEFAULT_NAME}-plan`, DEFAULT_NAME]);
    expect(report).toMatchObject({ result: 'applied', databaseState: 'migrated', applied: [{}, {}] });
    expect(files['migration.log']).toContain('Applied: 2 migrations.');
    const planUrl = `${ADDRESS}/artifacts/${here.artifacts.artifacts.get(`${DEFAULT_NAME}-plan`)?.id}`;
    expect(files['summary.md']).toContain(planUrl);
    expect(running.stdout()).toContain(`the plan: ${planUrl}`);
    for (const link of [planUrl, ended.outputs['artifact-url']]) expect(ended.summary).toContain(link);
    expect(ended.report).toMatchObject({ artifactName: name, artifactUrl: ended.outputs['artifact-url'] });
    expect(ended.log).toContain(`artifact: ${ended.outputs['artifact-url']}`);
    expect(texts(ended, 'warning').filter((text) => text.includes('artifact'))).toEqual([]);
    for (const { expiresAt } of here.artifacts.artifacts.values()) {
      const days = (Date.parse(expiresAt ?? '') - Date.now()) / 86_400_000;
      expect(Math.round(days)).toBe(5);
    }
    const post = await running.runPost();
    expect([post.exitCode, post.stdout, here.artifacts.artifacts.size]).toEqual([0, '', 2]);
  });

  const production = { environment: 'production', 'review-delay': '0' };
  it.each([
    {
      title: 'a dry run that fails',
      files: { 'migrations/01_people.sql': 'create table people (id nosuchtype);' },
      inputs: {},
      ends: 'failed 1 unchanged',
      log: /nosuchtype/,
    },
    {
      title: 'a wrong token',
      files: FILES,
      inputs: { ...production, 'confirm-token': 'migrate-production' },
      ends: 'refused 3 unchanged',
      log: /confirm-token/,
    },
    {
      title: 'no token',
      files: FILES,
      inputs: production,
      ends: 'refused 3 unchanged',
      log: /confirm-token/,
    },
    { title: 'a bad input', files: FILES, inputs: { 'lock-timeout': 'soon' }, ends: 'failed 2 unchanged', log: /soon/ },
    {
      title: 'inputs that do not even say what it is called',
      files: FILES,
      inputs: { mode: 'aply' },
      ends: 'failed 2 unchanged',
      log: /aply/,
    },
    {
      title: 'a database that is not there',
      files: FILES,
      inputs: { 'database-url': 'postgres://app:n0tTheReal0ne@127.0.0.1:1/gone' },
      ends: 'failed 1 unchanged',
      log: /ECONNREFUSED/,
    },
  ])('is there after $title', async ({ files, inputs, ends, log }) => {
    const here = await place(files);
    const ended = await run(here, { 'notify-url': here.webhook.url, ...inputs });
    expect(ending(ended)).toBe(ends);
    const { files: uploaded, report } = artifactOf(here, ended);
    expect(uploaded['migration.log']).toMatch(log);
    expect(report.result).toBe(ended.outputs.result);
    expect(ended.summary).toContain(ended.outputs['artifact-url']);
    expect(here.webhook.messages).toHaveLength(1);
    expect(await tablesOf(here)).toEqual([]);
  });

  it('is there after an apply that fails, with the plan', async () => {
    const here = await place();
    const running = await start(here, { 'review-delay': PAUSE_TO_ACT_IN });
    await running.waitFor(PAUSE);
    await turn(here, 'divisor = 0');
    const ended = await running.done;
    expect(ending(ended)).toBe('failed 7 partially-migrated');
    const { files, report } = artifactOf(here, ended);
    expect(report).toMatchObject({ databaseState: 'partially-migrated', applied: [{ version: '01' }] });
    expect(files['migration.log']).toContain('division by zero');
    expect(here.artifacts.files(`${DEFAULT_NAME}-plan`)['migration.log']).not.toContain('division by zero');
  });

  it('is not spoken of where it is not wanted', async () => {
    const here = await place();
    const ended = await run(here, { 'review-delay': '1ms', 'upload-artifact': 'false' });
    expect(ending(ended)).toBe('applied 0 migrated');
    expect(here.artifacts.calls).toEqual([]);
    expect(ended.outputs).toMatchObject({ 'artifact-id': '', 'artifact-url': '' });
    expect(texts(ended, 'warning').filter((text) => text.includes('artifact'))).toEqual([]);
  });

  it.each([
    {
      title: 'a service that says no',
      trouble: { call: 'CreateArtifact', answer: 403, message: 'insufficient\n::error::scope' } as const,
      env: {},
      says: /\(403\).*insufficient/,
    },
    {
      title: 'a storage that says no',
      trouble: { call: 'Put Block', answer: 403 } as const,
      env: {},
      says: /was not uploaded/,
    },
    {
      title: 'a GitHub Enterprise Server',
      trouble: null,
      env: { GITHUB_SERVER_URL: 'https://ghes.example.com' },
      says: /ghes\.example\.com is taken for a GitHub Enterprise Server/,
    },
    {
      title: 'a runner without a service',
      trouble: null,
      env: { ACTIONS_RESULTS_URL: '' },
      says: /ACTIONS_RESULTS_URL is not set/,
    },
  ])('is left out with a warning by $title: plan and log', async ({ trouble, env, says }) => {
    const here = await place();
    if (trouble) here.artifacts.trouble(trouble);
    const ended = await run(here, { 'review-delay': '1ms' }, { env });
    expect(ending(ended)).toBe('applied 0 migrated');
    const warnings = texts(ended, 'warning').filter((text) => text.includes('was not uploaded'));
    expect(warnings).toHaveLength(2);
    expect(warnings.join('\n')).toMatch(says);
    expect(warnings.map((text) => text.includes('-plan was'))).toEqual(expect.arrayContaining([true, false]));
    expect(texts(ended, 'error')).toEqual([]);
    expect(ended.outputs).toMatchObject({ 'artifact-id': '', 'artifact-url': '', 'artifact-name': DEFAULT_NAME });
    expect(ended.report).toMatchObject({ result: 'applied', artifactId: null });
    expect(ended.report.warnings.filter((text: string) => text.includes('was not uploaded'))).toHaveLength(2);
    expect(await placesOf(ended, here.artifacts.env().ACTIONS_RUNTIME_TOKEN ?? '')).toEqual([]);
    expect([...here.artifacts.artifacts]).toEqual([]);
  });

  it('of a plan job, of an apply job and of their re-run: none is lost', async () => {
    const here = await place();
    const named = { 'artifact-name': 'log' };
    const plan = await run(here, { ...named, mode: 'dry-run' });
    const digest = { 'plan-digest': plan.outputs['plan-digest'] ?? '' };
    const apply = await run(here, { ...named, ...digest, 'review-delay': '1ms' });
    const again = await run(here, { ...named, ...digest }, { attempt: '2' });
    expect([plan, apply, again].map(ending)).toEqual([
      'dry-run-passed 0 unchanged',
      'applied 0 migrated',
      'up-to-date 0 unchanged',
    ]);
    expect([...here.artifacts.artifacts.keys()]).toEqual(['log', 'log-plan', 'log-2', 'log-3']);
    const held = [plan, apply, again].map((one) => [one.outputs['artifact-name'], artifactOf(here, one).report.result]);
    expect(held).toEqual([
      ['log', 'dry-run-passed'],
      ['log-2', 'applied'],
      ['log-3', 'up-to-date'],
    ]);
  });

  it('of a matrix, where both want one name at once: each has its own', async () => {
    const here = await place();
    const other = { ...(await place()), artifacts: here.artifacts };
    here.artifacts.gather('log', 2);
    const ended = await Promise.all([here, other].map((one) => run(one, { 'artifact-name': 'log' })));
    expect(ended.map((one) => one.outputs['artifact-name']).sort()).toEqual(['log', 'log-2']);
    const databases = ended.map((one) => artifactOf(here, one).report.server.database);
    expect(databases).toEqual([here.database.name, other.database.name]);
  });
});

describe.concurrent('the pull request', () => {
  const event = (head: string) => ({
    pull_request: { number: 1, head: { repo: { full_name: head } }, base: { repo: { full_name: REPOSITORY } } },
  });
  const onPullRequest: More = { eventName: 'pull_request', event: event(REPOSITORY), ref: 'refs/pull/1/merge' };
  const rehearse = (here: Place, inputs: Inputs = {}, more: More = {}) =>
    run(
      here,
      { mode: 'dry-run', environment: 'staging', 'github-token': here.github.token, ...inputs },
      { ...onPullRequest, ...more },
    );

  it('gets one comment for each database, kept up to date; what others wrote stays', async () => {
    const here = await place();
    const first = await rehearse(here);
    expect(ending(first)).toBe('dry-run-passed 0 unchanged');
    expect(here.github.comments).toHaveLength(1);
    const [comment] = here.github.comments;
    expect(comment?.body).toMatch(/^<!-- postgres-migration-gate \w+ -->\n#+ .*Dry run passed/);
    expect(comment?.body).toContain('01_people.sql');
    expect(comment?.body).toContain(first.outputs['artifact-url']);

    const body = comment?.body ?? '';
    const forged = here.github.addComment({ body, author: { login: 'mallory', type: 'User' } });
    const shout = "do $$ begin raise exception using message = repeat('</details>@everyone `|', 20000); end $$;";
    await writeMigrations(here.workspace, { 'migrations/03_shout.sql': shout });
    const second = await rehearse(here, {}, { attempt: '2' });
    expect(ending(second)).toBe('failed 1 unchanged');
    expect(here.github.comments.map(({ id }) => id)).toEqual([comment?.id, forged.id]);
    expect(here.github.comments[0]?.body).toMatch(/^<!-- .* -->\n#+ .*Failed.*03_shout\.sql/);
    expect(here.github.comments[0]?.body.length).toBeLessThan(65_536);
    expect(forged.body).toBe(body);

    const other = { ...(await place()), github: here.github };
    await rehearse(other);
    expect(here.github.comments).toHaveLength(3);
    expect(here.github.comments[2]?.body).toContain(other.database.name);
    expect(here.github.comments[0]?.body).toContain(here.database.name);
    expect(here.github.requests.every(({ headers }) => headers.authorization === `Bearer ${here.github.token}`)).toBe(
      true,
    );
    for (const one of [first, second]) expect(await placesOf(one, here.github.token)).toEqual([]);
    expect(first.masks).toContain(here.github.token);
  });

  it('whose token only reads: a notice, and the exit code of the run', async () => {
    const here = await place();
    here.github.accounts.set('ghs_reads', { ...WORKFLOW, pullRequests: 'read' });
    const ended = await rehearse(here, { 'github-token': 'ghs_reads' });
    expect(ending(ended)).toBe('dry-run-passed 0 unchanged');
    expect(texts(ended, 'notice').join('\n')).toContain('`pull-requests: write`');
    expect([...texts(ended, 'warning'), ...texts(ended, 'error')]).toEqual([]);
    expect(here.github.comments).toEqual([]);
  });

  it('that is not to have one, or that is none', async () => {
    const here = await place();
    await rehearse(here, { 'comment-on-pr': 'false' });
    await rehearse(here, {}, { eventName: 'push', event: {}, ref: 'refs/heads/staging' });
    await rehearse(here, { 'github-token': '' });
    expect(here.github.requests).toEqual([]);
  });

  it.each([
    { eventName: 'pull_request', head: 'mallory/shop', says: /from a fork/, words: 1 },
    { eventName: 'pull_request_target', head: 'mallory/shop', says: /pull_request_target/, words: 0 },
  ])('$eventName of a fork is refused without a connection, and told where the token may', async (from) => {
    const here = await place();
    const nobody = await startNobody();
    here.github.accounts.set('ghs_reads', { ...WORKFLOW, pullRequests: 'read' });
    const ended = await rehearse(
      here,
      {
        'database-url': nobody.url,
        'github-token': 'ghs_reads',
      },
      { ...from, event: event(from.head) },
    );
    expect(ending(ended)).toBe('refused 3 unchanged');
    expect(texts(ended, 'error').join('\n')).toMatch(from.says);
    expect(texts(ended, 'notice')).toHaveLength(from.words);
    expect(nobody.connections).toBe(0);
    expect(here.github.comments).toEqual([]);
    expect(artifactOf(here, ended).report.result).toBe('refused');
  });
});

describe.concurrent('the release', () => {
  const deploy = (here: Place, inputs: Inputs = {}, tag = TAG) =>
    run(
      here,
      {
        'confirm-token': 'MIGRATE-PRODUCTION',
        'review-delay': '0',
        'create-release': 'true',
        'github-token': here.github.token,
        ...inputs,
      },
      { ref: `refs/tags/${tag}` },
    );

  it('of a version tag is made after a verified apply, left by a re-run; another is added to', async () => {
    const here = await place();
    expect((await deploy(here, { mode: 'dry-run' })).outputs.result).toBe('dry-run-passed');
    expect(here.github.requests).toEqual([]);

    const first = await deploy(here);
    expect(ending(first)).toBe('applied 0 migrated');
    expect(first.outputs.environment).toBe('production');
    expect(here.github.releases).toMatchObject([{ tag: TAG, name: TAG, draft: false, prerelease: false }]);
    const { body = '' } = here.github.releases[0] ?? {};
    expect(body).toContain('## Database migrations');
    expect(body).toContain('02_slow.sql');
    expect(body).toContain("## What's Changed");

    expect(ending(await deploy(here))).toBe('up-to-date 0 unchanged');
    expect(here.github.releases.map((one) => one.body)).toEqual([body]);

    const written = here.github.addRelease({ tag: 'v1.4.1', body: 'Thanks to all!\r\n' });
    here.github.tags.set('v1.4.1', { commit: SHA });
    await writeMigrations(here.workspace, { 'migrations/03_more.sql': 'create table more (id int);' });
    expect(ending(await deploy(here, {}, 'v1.4.1'))).toBe('applied 0 migrated');
    expect(written.body).toMatch(/^Thanks to all!\r\n\n<!-- [\s\S]*03_more\.sql[\s\S]*-->$/);
    expect(written.body).not.toContain('02_slow.sql');
    expect(here.github.releases).toHaveLength(2);
  });

  it('that the token may not make is a warning', async () => {
    const here = await place();
    here.github.intervene({ method: 'POST', path: /\/releases$/, times: 9 }, integration);
    const ended = await deploy(here, { 'notify-url': here.webhook.url });
    expect(ending(ended)).toBe('applied 0 migrated');
    expect(texts(ended, 'warning').join('\n')).toContain('`contents: write`');
    expect(ended.report.warnings.join('\n')).toContain(`the release ${TAG} was not made`);
    expect(here.github.releases).toEqual([]);
    expect(here.webhook.messages).toHaveLength(1);
  });

  it('is none of a run that failed, nor of what is no version', async () => {
    const here = await place();
    await turn(here, 'divisor = 0');
    expect(ending(await deploy(here))).toBe('failed 1 unchanged');
    expect(here.github.requests).toEqual([]);
    await turn(here, 'divisor = 1');
    const onBranch = await run(here, { 'create-release': 'true', 'github-token': here.github.token });
    expect(ending(onBranch)).toBe('applied 0 migrated');
    expect(texts(onBranch, 'notice').join('\n')).toContain('no version tag');
    expect(here.github.requests).toEqual([]);
  });
});

describe.concurrent('the webhook', () => {
  it('of Slack, and of Discord', async () => {
    const here = await place();
    const discord = await startWebhook(`/api/webhooks/77/${HOOK_SECRET}`);
    const slack = await run(here, { 'notify-url': here.webhook.url });
    expect(here.webhook.messages).toMatchObject([
      { text: expect.stringContaining('Applied: 2 migrations.'), attachments: [{ color: '#2da44e' }] },
    ]);
    expect(here.webhook.messages[0].attachments[0].text).toContain(slack.outputs['artifact-url']);
    await run(here, { 'notify-url': discord.url });
    expect(discord.messages).toMatchObject([
      { content: expect.stringContaining('Up to date'), embeds: [{}], allowed_mentions: { parse: [] } },
    ]);
    for (const text of [HOOK_SECRET, here.webhook.url]) expect(await placesOf(slack, text)).toEqual([]);
  });

  it.each([
    { title: 'that fails', answer: 500, url: null, env: {}, says: /notify-url: the webhook answered 500/ },
    {
      title: 'behind a proxy that has no address',
      answer: 200,
      url: `https://hooks.example.com/services/${HOOK_SECRET}`,
      env: { HTTPS_PROXY: 'http://[bad' },
      says: /notify-url: /,
    },
  ])('$title is a warning, without its address', async ({ answer, url, env, says }) => {
    const here = await place();
    here.webhook.answer = answer;
    const ended = await run(here, { 'notify-url': url ?? here.webhook.url }, { env });
    expect(ending(ended)).toBe('applied 0 migrated');
    expect(texts(ended, 'warning').join('\n')).toMatch(says);
    expect(ended.report.warnings.join('\n')).toMatch(says);
    expect(await placesOf(ended, HOOK_SECRET)).toEqual([]);
    const uploaded = [...here.artifacts.artifacts.keys()].flatMap((name) => Object.values(here.artifacts.files(name)));
    expect(uploaded.join('\n')).not.toContain(HOOK_SECRET);
  });
});

describe.concurrent('the command line on a runner', () => {
  it('tells as the action does, on the Node that is at hand', async () => {
    const here = await place();
    const event = {
      pull_request: { number: 1, head: { repo: { full_name: REPOSITORY } }, base: { repo: { full_name: REPOSITORY } } },
    };
    await writeMigrations(here.workspace, { 'event.json': JSON.stringify(event) });
    const env = {
      ...here.artifacts.env(),
      ...here.github.env,
      DATABASE_URL: here.database.url,
      CONFIRM_PRODUCTION_MIGRATION: 'true',
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_RUN_ID: '16000000001',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_SHA: SHA,
    };
    const told = ['--github-token', here.github.token, '--notify-url', here.webhook.url];
    const dryRun = await runCli(['dry-run', '--environment', 'staging', ...told], {
      cwd: here.workspace,
      env: {
        ...env,
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_EVENT_PATH: join(here.workspace, 'event.json'),
        GITHUB_REF: 'refs/pull/1/merge',
      },
    });
    expect([dryRun.exitCode, dryRun.report.result]).toEqual([0, 'dry-run-passed']);
    expect(here.github.comments.map(({ body }) => body)).toEqual([expect.stringContaining('Dry run passed')]);

    const apply = await runCli(['apply', '--review-delay', '1ms', '--create-release', ...told], {
      cwd: here.workspace,
      env: { ...env, GITHUB_EVENT_NAME: 'push', GITHUB_REF: `refs/tags/${TAG}` },
    });
    expect([apply.exitCode, apply.report.result, apply.report.environment]).toEqual([0, 'applied', 'production']);
    expect(here.github.releases).toMatchObject([{ tag: TAG, body: expect.stringContaining('02_slow.sql') }]);
    expect([...here.artifacts.artifacts.keys()]).toEqual([
      'migration-log-staging-dry-run-16000000001-1',
      'migration-log-production-apply-16000000001-1-plan',
      'migration-log-production-apply-16000000001-1',
    ]);
    expect(apply.report.artifactId).toBe(
      here.artifacts.artifacts.get('migration-log-production-apply-16000000001-1')?.id,
    );
    expect(here.webhook.messages).toHaveLength(2);
    for (const secret of [here.github.token, HOOK_SECRET]) {
      expect(`${dryRun.stdout}${dryRun.stderr}${apply.stdout}${apply.stderr}`).not.toContain(secret);
    }
  });
});

describe.concurrent('a run that is killed', () => {
  const kill = async (running: RunningAction) => {
    running.kill('SIGKILL');
    const dead = await running.done;
    expect(dead.signal).toBe('SIGKILL');
    return dead;
  };

  it('before it has said anything: unchanged, and nothing is connected to, or run', async () => {
    const here = await place();
    const nobody = await startNobody();
    // It comes to nothing before it is killed, however late that is.
    const folder = await writeMigrations(temporaryWorkspace(), {
      'held.cjs': `if (process.argv[1]?.endsWith('/action/index.js')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
    });
    const env = { NODE_OPTIONS: `--require=${join(folder, 'held.cjs')}` };
    const running = await start(here, { 'database-url': nobody.url }, { env });
    const dead = await kill(running);
    expect([dead.stdout, dead.state]).toEqual(['', {}]);
    // Left by an earlier step of the job: no part of this one's report.
    await writeMigrations(here.workspace, { 'migration-log/plan.sql': 'another plan', 'migration-log/x.sql': 'x' });
    const post = await running.runPost();
    expect(post.exitCode).toBe(1);
    expect(post.report).toMatchObject({ result: 'failed', databaseState: 'unchanged', applied: [] });
    const { files, report } = artifactOf(here, post);
    expect(report.error.message).toContain('killed before it wrote anything');
    expect(files['plan.sql']).not.toContain('another plan');
    expect(nobody.connections).toBe(0);
  });

  it('in the dry run: the post step ends its session, and tells', async () => {
    const here = await place();
    await turn(here, 'seconds = 60');
    const running = await start(here, { 'notify-url': here.webhook.url });
    await until(here.client, SLEEPING);
    await kill(running);
    expect([...here.artifacts.artifacts]).toEqual([]);
    const post = await running.runPost();
    expect(post.exitCode).toBe(1);
    expect(post.report).toMatchObject({ result: 'failed', databaseState: 'unchanged', pending: [{}, {}] });
    const { files } = artifactOf(here, post);
    expect(files['plan.sql']).toContain('create table people');
    expect(files['migration.log']).toMatch(/Dry run[\s\S]*the run was killed/);
    expect(here.webhook.messages).toMatchObject([{ text: expect.stringContaining('The database is unchanged') }]);
    expect(await leftBehind(here.client)).toEqual([]);
    expect(await tablesOf(here)).toEqual([]);
  });

  it('in the pause: unchanged, with the plan', async () => {
    const here = await place();
    const running = await start(here, { 'review-delay': LONG_PAUSE, 'notify-url': here.webhook.url });
    await running.waitFor(PAUSE);
    await kill(running);
    const post = await running.runPost();
    expect(post.exitCode).toBe(1);
    expect(post.report).toMatchObject({ result: 'failed', databaseState: 'unchanged', applied: [] });
    const { files } = artifactOf(here, post);
    expect([...here.artifacts.artifacts.keys()]).toEqual([`${DEFAULT_NAME}-plan`, DEFAULT_NAME]);
    const planUrl = `${ADDRESS}/artifacts/${here.artifacts.artifacts.get(`${DEFAULT_NAME}-plan`)?.id}`;
    expect(files['summary.md']).toContain(planUrl);
    expect(post.summary).toContain(planUrl);
    expect(post.summary).toContain(post.outputs['artifact-url']);
    expect(here.webhook.messages).toHaveLength(1);
    expect(await leftBehind(here.client)).toEqual([]);
    expect(await tablesOf(here)).toEqual([]);
  });

  it('in apply: what the database says, and the rest is not run', async () => {
    const here = await place();
    const running = await start(here, { 'review-delay': PAUSE_TO_ACT_IN, 'notify-url': here.webhook.url });
    await running.waitFor(PAUSE);
    await turn(here, 'seconds = 60');
    await until(here.client, SLEEPING);
    const dead = await kill(running);
    expect(dead.outputs).toMatchObject({ result: 'failed', 'database-state': 'unknown', 'artifact-id': '' });
    const post = await running.runPost();
    expect(post.exitCode).toBe(7);
    expect(post.report).toMatchObject({
      result: 'failed',
      databaseState: 'partially-migrated',
      applied: [{ version: '01', name: 'people' }],
      currentVersion: '01',
    });
    const { files, report } = artifactOf(here, post);
    expect(report.databaseState).toBe('partially-migrated');
    for (const text of [files['summary.md'], post.summary]) expect(text).toContain(`${DEFAULT_NAME}-plan`);
    expect(here.webhook.messages).toMatchObject([{ text: expect.stringContaining('partially migrated') }]);
    expect(await leftBehind(here.client)).toEqual([]);
    expect(await tablesOf(here)).toEqual(['people', 'schema_migrations']);
  });

  it('when all is applied, while it uploads: the post step uploads, and the run is what it was', async () => {
    const here = await place();
    here.artifacts.trouble({ call: 'FinalizeArtifact', answer: 'hang', times: 1 });
    const running = await start(here, { 'notify-url': here.webhook.url });
    await untilCalled(here, 'FinalizeArtifact', DEFAULT_NAME);
    await kill(running);
    const post = await running.runPost();
    expect(ending(post)).toBe('applied 0 migrated');
    // The first half of the name is taken by what was never finished.
    const { name, report } = artifactOf(here, post);
    expect([name, report.result]).toEqual([`${DEFAULT_NAME}-2`, 'applied']);
    expect(post.summary).toContain(post.outputs['artifact-url']);
    expect(here.webhook.messages).toMatchObject([{ text: expect.stringContaining('Applied: 2 migrations.') }]);
  });

  it('when all is uploaded, while it tells: nobody is told twice', async () => {
    const here = await place();
    here.github.intervene({ method: 'GET', path: /\/releases\/tags\// }, () => 'hang');
    const running = await start(
      here,
      {
        'confirm-token': 'MIGRATE-PRODUCTION',
        'review-delay': '0',
        'create-release': 'true',
        'github-token': here.github.token,
        'notify-url': here.webhook.url,
      },
      { ref: `refs/tags/${TAG}` },
    );
    await soon(() => here.webhook.messages.length > 0 && here.github.requests.length > 0);
    // The message has been answered, and that is on its way to the disk.
    await soon(() => running.state().notified === 'true');
    const dead = await kill(running);
    expect(dead.state.notified).toBe('true');
    const post = await running.runPost();
    expect(ending(post)).toBe('applied 0 migrated');
    expect(here.webhook.messages).toHaveLength(1);
    expect(here.github.releases).toMatchObject([{ tag: TAG }]);
    expect([...here.artifacts.artifacts.keys()]).toEqual(['migration-log-production-apply-16000000001-1']);
    artifactOf(here, post);
  });
});

// One after the other: they are held to a time, on whatever machine this is.
describe('a run that is cancelled', () => {
  it('in the dry run, uploads its log', async () => {
    const here = await place();
    await turn(here, 'seconds = 60');
    const running = await start(here, { 'notify-url': here.webhook.url });
    await until(here.client, SLEEPING);
    const ended = await cancel(running);
    expect(ending(ended)).toBe('cancelled 6 unchanged');
    expect(artifactOf(here, ended).report).toMatchObject({ result: 'cancelled', databaseState: 'unchanged' });
    expect(ended.summary).toContain(ended.outputs['artifact-url']);
    expect(here.webhook.messages).toMatchObject([{ text: expect.stringContaining('Cancelled in the dry run') }]);
    expect(await leftBehind(here.client)).toEqual([]);
  });

  it('in apply, uploads its log', async () => {
    const here = await place();
    const running = await start(here, { 'review-delay': PAUSE_TO_ACT_IN, 'notify-url': here.webhook.url });
    await running.waitFor(PAUSE);
    await turn(here, 'seconds = 60');
    await until(here.client, SLEEPING);
    const ended = await cancel(running);
    expect(ending(ended)).toBe('cancelled 7 partially-migrated');
    const { report, files } = artifactOf(here, ended);
    expect(report).toMatchObject({ databaseState: 'partially-migrated', applied: [{ version: '01' }] });
    expect(files['summary.md']).toContain(`${DEFAULT_NAME}-plan`);
    expect(here.webhook.messages).toHaveLength(1);
    expect(await leftBehind(here.client)).toEqual([]);
    expect(await tablesOf(here)).toEqual(['people', 'schema_migrations']);
  });

  it('while the plan cannot be uploaded, changes nothing', async () => {
    const here = await place();
    here.artifacts.trouble({ call: 'CreateArtifact', answer: 'hang', times: 1 });
    const running = await start(here, { 'review-delay': LONG_PAUSE });
    await untilCalled(here, 'CreateArtifact', `${DEFAULT_NAME}-plan`);
    const ended = await cancel(running);
    expect(ending(ended)).toBe('cancelled 6 unchanged');
    expect(ended.report.stages).toContainEqual(expect.objectContaining({ stage: 'review', status: 'cancelled' }));
    expect(artifactOf(here, ended).report.error.message).toContain('during the review pause');
    expect([...here.artifacts.artifacts.keys()]).toEqual([DEFAULT_NAME]);
    expect(await tablesOf(here)).toEqual([]);
    expect(await leftBehind(here.client)).toEqual([]);
  });

  it('when all is applied and the artifact cannot be uploaded, says both; no release comes of it', async () => {
    const here = await place();
    here.artifacts.trouble({ call: 'Put Block', answer: 'hang' });
    const running = await start(
      here,
      {
        'confirm-token': 'MIGRATE-PRODUCTION',
        'review-delay': '0',
        'create-release': 'true',
        'github-token': here.github.token,
        'notify-url': here.webhook.url,
      },
      { ref: `refs/tags/${TAG}` },
    );
    await untilCalled(here, 'Put Block', 'migration-log-production-apply-16000000001-1');
    const ended = await cancel(running);
    expect(ending(ended)).toBe('cancelled 7 migrated');
    expect(ended.report).toMatchObject({ result: 'cancelled', databaseState: 'migrated', applied: [{}, {}] });
    expect(ended.report.error.message).toContain('when the run itself was over (applied)');
    expect(ended.summary.split('\n', 1)[0]).toMatch(/Cancelled.*The database is migrated/);
    expect(ended.outputs).toMatchObject({ 'applied-count': '2', 'artifact-id': '' });
    expect(texts(ended, 'warning').join('\n')).toContain('cancelled before it was finished');
    expect(texts(ended, 'warning').join('\n')).toContain('cancelled when the run itself was over');
    expect(here.webhook.messages).toMatchObject([{ text: expect.stringContaining('Cancelled') }]);
    expect(here.github.releases).toEqual([]);
    expect(await tablesOf(here)).toEqual(['orders', 'people', 'schema_migrations']);
  });
});
