/**
 * Names, texts and settings that want to command the runner, or to be more than text in what is shown: through every ending,
 * with everybody attached who is told. Nothing of theirs does anything, anywhere.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Nodes } from 'hast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderComment } from '../../src/report/comment.ts';
import { OUTPUT_NAMES } from '../../src/report/json.ts';
import type { Outcome } from '../../src/report/outcome.ts';
import { redactOutcome } from '../../src/report/redact.ts';
import { renderReleaseSection } from '../../src/report/release.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { type Audience, REPOSITORY, startAudience } from '../support/audience.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { asGithubShows } from '../support/github-markdown.ts';
import { nodeForAction } from '../support/node24.ts';
import {
  type ActionOptions,
  type ActionRun,
  type RunningAction,
  runCli,
  startAction,
  temporaryWorkspace,
  writeMigrations,
} from '../support/runner.ts';
import { until, working } from '../support/scene.ts';

const SCRIPT = '</details><script>alert(1)</script>';
const IMAGE = '<img src=x onerror=alert(1)>';
/** Of every kind of text, all that we know of: workflow commands, HTML, markdown, mentions, links. */
const HOSTILE = `::error::x ##[error]y ${SCRIPT} ${IMAGE} ![i](http://evil.example/i) [l](http://evil.example/) http://evil.example www.evil.example <http://evil.example> @octocat #1 | \`b\` **b** --> $x$ &lt; <!channel>`;
/** At most 63 bytes, as an identifier is. */
const TABLE = '::error::t|`c`</details><script>x</script>[l](http://e.example)';
const COLUMN = '##[error]c|`<img src=x>\n::warning::c';
const INDEX = '\u2028::add-mask::i|`@octocat <b>';

const FILES: Readonly<Record<string, string>> = {
  // Without a number: warned of by name.
  'migrations/::set-output name=x::y.sql': 'select 1;',
  'migrations/01_::set-output name=x::y.sql': `-- --><img src=x onerror=alert(1)> ::add-mask::comment
    -- gate: allow table-rewrite ${HOSTILE}
    create table "${TABLE}" (id int, "${COLUMN}" text, constraint "${INDEX}" primary key (id));
    comment on table "${TABLE}" is '${HOSTILE}';`,
  'migrations/02_a|b`c.sql': `do $$ begin
      raise notice '::add-mask::notice'; raise notice e'\\n::error::x\\r::error::y'; raise warning '::stop-commands::warned'; raise warning '##[endgroup]'; raise info '::endgroup::';
      raise warning '%', '${HOSTILE}';
    end $$;`,
  'migrations/03_cr ::error::name.sql': `insert into "${TABLE}" values (1, '::error::row');`,
  'migrations/04_[31m\u2003\u3000::warning::name.sql': `create index concurrently "c${INDEX}" on "${TABLE}" ("${COLUMN}");`,
  'migrations/05_%0A::add-mask::name%0d%0a::error::x.sql': `alter table "${TABLE}" drop column "${COLUMN}";`,
  'migrations/06_##[error]name.sql': 'select 1;\r::error::after a carriage return;'.replace(
    /\r.*/,
    '\r/* ::error::x */;',
  ),
  'migrations/07_<img src=x onerror=alert(1)> [l](http:e.example) @octocat.sql': 'select 1;',
  'migrations/08_-->&lt;b&gt;<b>.sql': 'select 1;',
  'smoke/::error::s|`<b>.sql': `select true -- ${HOSTILE}`,
};

const EVENT = {
  pull_request: {
    number: 1,
    title: HOSTILE,
    body: `\n::error::body\n${HOSTILE}`,
    user: { login: '::error::login' },
    head: { ref: HOSTILE, repo: { full_name: REPOSITORY } },
    base: { ref: HOSTILE, repo: { full_name: REPOSITORY } },
  },
  head_commit: { message: `\n::error::commit\n${HOSTILE}` },
};

const ENV = {
  GITHUB_ACTOR: `::error::actor\n::error::x${HOSTILE}`,
  GITHUB_TRIGGERING_ACTOR: HOSTILE,
  GITHUB_WORKFLOW: `::error::workflow\r::error::x${HOSTILE}`,
  GITHUB_JOB: `##[error]job${HOSTILE}`,
  GITHUB_HEAD_REF: HOSTILE,
};
const REF = `refs/heads/::error::ref\u2028::error::x${HOSTILE}`;
const PASSWORD_OF_SERVER = /(?<=:\/\/[^:]*:)[^@]*(?=@)/;

beforeAll(async () => {
  // Not while the first of them wait for it.
  await nodeForAction();
});

interface Place {
  readonly workspace: string;
  readonly database: Database;
  readonly audience: Audience;
  readonly secrets: readonly string[];
  start(options?: Partial<ActionOptions>): Promise<RunningAction>;
  /** The step's outputs, as the runner reads them out of the file. */
  outputs(): Readonly<Record<string, string>>;
}

const open: Audience[] = [];
afterAll(() => Promise.all(open.map((one) => one.close())));

async function place(files: Readonly<Record<string, string>> = FILES, path?: string): Promise<Place> {
  const [database, audience] = await Promise.all([freshDatabase(), startAudience(path === undefined ? {} : { path })]);
  open.push(audience);
  const workspace = await writeMigrations(temporaryWorkspace(), files);
  const outputFile = join(temporaryWorkspace(), 'set_output');
  const password = PASSWORD_OF_SERVER.exec(database.url)?.[0] ?? '';
  return {
    workspace,
    database,
    audience,
    secrets: [database.url, password, decodeURIComponent(password), audience.token, audience.notifyUrl],
    outputs: () => Object.fromEntries(pairsIn(readFileSync(outputFile, 'utf8'))),
    start: ({ inputs, env, ...options } = {}) => {
      writeFileSync(outputFile, '');
      return startAction({
        workspace,
        ref: REF,
        event: EVENT,
        env: { ...audience.env(), ...ENV, GITHUB_OUTPUT: outputFile, ...env },
        inputs: {
          'database-url': database.url,
          environment: 'staging',
          mode: 'apply',
          'fail-on': 'none',
          'show-data': 'true',
          'smoke-tests': 'smoke/*.sql',
          'github-token': audience.token,
          'notify-url': audience.notifyUrl,
          'create-release': 'true',
          'artifact-name': '@octocat ##[error]a `a` &',
          ...inputs,
        },
        ...options,
      });
    },
  };
}

const run = async (here: Place, options: Partial<ActionOptions> = {}): Promise<ActionRun> =>
  (await here.start(options)).done;

/** What a runner knows to obey: src/Runner.Worker/ActionCommandManager.cs of actions/runner, `internal-set-repo-path` too. */
const COMMANDS =
  'internal-set-repo-path set-env set-output save-state add-mask add-path add-matcher remove-matcher debug warning error notice group endgroup echo stop-commands'.split(
    ' ',
  );

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** As `TryParseV2` and `TryParse` of src/Runner.Common/ActionCommand.cs read a line: at its start, or `##[` anywhere, in any case. */
function commandIn(line: string): Command | null {
  const text = line.replace(/^[\s\u0085]+/, '');
  const end = text.startsWith('::') ? text.indexOf('::', 2) : -1;
  const modern = end < 0 ? null : command(text.slice(2, end), ',', text.slice(end + 2), [':', ',']);
  if (modern) return modern;
  const start = line.indexOf('##[');
  const close = start < 0 ? -1 : line.indexOf(']', start);
  return close < 0 ? null : command(line.slice(start + 3, close), ';', line.slice(close + 1), [';', ']']);
}

function command(info: string, between: string, data: string, escaped: readonly string[]): Command | null {
  const space = info.indexOf(' ');
  const name = (space < 0 ? info : info.slice(0, space)).toLowerCase();
  if (!COMMANDS.includes(name)) return null;
  const pairs =
    space < 0
      ? []
      : info
          .slice(space + 1)
          .trim()
          .split(between);
  const properties = pairs.flatMap((pair) => {
    const [, key, value] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
    return key === undefined || value === undefined ? [] : [[key.toLowerCase(), unescaped(value, escaped)]];
  });
  return { name, properties: Object.fromEntries(properties), data: unescaped(data, []) };
}

function unescaped(text: string, marks: readonly string[]): string {
  return ['\r', '\n', ...marks, '%'].reduce(
    (out, mark) => out.replaceAll(`%${mark.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`, mark),
    text,
  );
}

/** Lines as .NET's `ReadLine` ends them. */
const commandsIn = (stream: string) => stream.split(/\r\n|\r|\n/).flatMap((line) => commandIn(line) ?? []);

/** A file of `name=value` lines and blocks, as `EnvFileKeyValuePairs` of src/Runner.Worker/FileCommandManager.cs reads it. */
function pairsIn(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const block = line.indexOf('<<');
    if (equals >= 0 && (block < 0 || equals < block)) {
      pairs.push([line.slice(0, equals), line.slice(equals + 1)]);
      continue;
    }
    const end = block > 0 ? lines.indexOf(line.slice(block + 2), at + 1) : -1;
    if (end < 0) throw new Error(`the runner would fail the step: ${line}`);
    pairs.push([line.slice(0, block), lines.slice(at + 1, end).join('\n')]);
    at = end;
  }
  return pairs;
}

describe('this reading of a stream', () => {
  it.each([
    ['::error::x', 'error'],
    [' \u2003\u0085::ERROR::x', 'error'],
    ['::add-mask::', 'add-mask'],
    ['::set-output name=x::y.sql', 'set-output'],
    ['any text ##[endgroup]', 'endgroup'],
    ['##[Error file=a;line=1]x', 'error'],
    ['::nothing of this kind::##[warning]x', 'warning'],
  ])('finds the command in %j', (line, name) => expect(commandIn(line)?.name).toBe(name));
  it.each(['x ::error::', ':: error::x', '::error:x', '## [error]', '##[error', '> ::error::', '::errors::x'])(
    'finds none in %j',
    (line) => expect(commandIn(line)).toBeNull(),
  );
  it('ends a line where a runner does', () => expect(commandsIn('a\r::error::x\n::notice::y')).toHaveLength(2));
});

const TITLES = ['Inspect', 'Plan', 'Dry run', 'Review', 'Apply', 'Verify'];
const ANNOTATION_TITLES =
  /^(?:Postgres Migration Gate$|Migration gate$|More annotations$|Input [a-z]|(?:info|warning|danger): [a-z-]+|[a-z-]+(?: \([0-9A-Z]{5}\))?; the database is [a-z-]+$)/;

/** Only what we mean to say is obeyed: on both streams and in the command files. */
function expectInert(here: Place, run: ActionRun): void {
  for (const { name, properties, data } of [...commandsIn(run.stdout), ...commandsIn(run.stderr)]) {
    switch (name) {
      case 'add-mask':
        expect(here.secrets.some((secret) => secret.includes(data))).toBe(true);
        break;
      case 'group':
        expect(TITLES).toContain(data);
        break;
      case 'endgroup':
        expect(data).toBe('');
        break;
      case 'error':
      case 'warning':
      case 'notice': {
        const { title, file, line, col, ...others } = properties;
        expect(others).toEqual({});
        expect(title).toMatch(ANNOTATION_TITLES);
        if (file !== undefined) expect(existsSync(join(here.workspace, file)), file).toBe(true);
        for (const place of [line, col]) if (place !== undefined) expect(place).toMatch(/^\d+$/);
        // What it says is printed into the log, where a reader of logs knows these marks.
        expect(data).not.toContain('##[');
        break;
      }
      default:
        expect.unreachable(`it commanded ${name}: ${data}`);
    }
  }
  // A terminal obeys these, and a reader is deceived by the others. (The file of an annotation is named as it is.)
  const shown = run.stdout.replace(/^::add-mask::.*$|\bfile=[^,:]*/gm, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
  expect(shown.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g)).toBeNull();
  expect(run.stderr).toBe('');
}

/** The elements of what GitHub shows, with where they lead, without the text in them. */
function shapeOf(node: Nodes): string {
  if (node.type === 'text' || node.type === 'comment' || node.type === 'doctype') return '';
  const inner = node.children.map((child) => shapeOf(child as Nodes)).join('');
  if (node.type === 'root') return inner;
  const { href, src, type } = node.properties;
  return `<${[node.tagName, href, src, type].filter((part) => part).join(' ')}>${inner}</>`;
}

function elements(node: Nodes, name: string): Extract<Nodes, { type: 'element' }>[] {
  if (node.type !== 'root' && node.type !== 'element') return [];
  const own = node.type === 'element' && node.tagName === name ? [node] : [];
  return [...own, ...node.children.flatMap((child) => elements(child as Nodes, name))];
}

/** `prose`: what GitHub looks through for people and issues, which is not code. */
function textOf(node: Nodes, prose = false): string {
  if (node.type === 'text') return node.value;
  if (node.type !== 'root' && node.type !== 'element') return '';
  if (prose && node.type === 'element' && ['code', 'pre'].includes(node.tagName)) return ' ';
  return node.children.map((child) => textOf(child as Nodes, prose)).join('');
}

const OURS = /^https:\/\/(?:github\.com\/octo-org\/shop\/|www\.postgresql\.org\/docs\/)/;

function expectHarmlessMarkdown(markdown: string): void {
  const shown = asGithubShows(markdown);
  for (const link of elements(shown, 'a')) {
    // A footnote or a heading of its own is nobody else's address.
    expect(String(link.properties.href)).toMatch(OURS);
  }
  for (const name of ['img', 'input', 'picture', 'source', 'h1', 'del', 'ruby', 'section'])
    expect(elements(shown, name), name).toEqual([]);
  const text = textOf(shown, true);
  // A person or an issue that is named is told of it.
  expect(text.match(/@octocat/g)).toBeNull();
  expect(text.match(/(?<![\p{L}\p{N}&])#1\b/gu)).toBeNull();
}

/** The same outcome, told of harmless things: each character that means something somewhere is a letter. Backticks are our own in what we say. */
function harmless(outcome: Outcome): Outcome {
  return redactOutcome(outcome, (text) =>
    text.startsWith('https://github.com/')
      ? text
      : text.replace(/[<>&|*[\]~$#@!\\{}^=%]|^[-+]|:(?=:|\/\/)|\b(?:www|http)/g, (found) => 'x'.repeat(found.length)),
  );
}

/** What was kept for the post step is the whole outcome: as good as any for rendering it again. */
function outcomeOf(run: ActionRun): Outcome {
  return (JSON.parse(readFileSync(run.state.kept ?? '', 'utf8')) as { outcome: Outcome }).outcome;
}

function expectHarmlessReports(here: Place, run: ActionRun, outcome: Outcome): void {
  const shown = [
    run.summary,
    ...here.audience.github.comments.map((one) => one.body),
    ...here.audience.github.releases.map((one) => one.body),
  ];
  for (const markdown of shown) expectHarmlessMarkdown(markdown);
  for (const render of [renderSummary, renderComment, renderReleaseSection]) {
    expect(shapeOf(asGithubShows(render(outcome)))).toBe(shapeOf(asGithubShows(render(harmless(outcome)))));
  }
  expect(here.audience.notices.length).toBeGreaterThan(0);
  for (const notice of here.audience.notices) expectHarmlessNotice(notice);
}

const TO_THE_RUN = /^https:\/\/github\.com\/octo-org\/shop\/actions\/runs\/[\w/]+$/;

function expectHarmlessNotice(notice: string): void {
  expect(notice).not.toMatch(/:\/\/evil\.example|www\.evil|@octocat|@channel/);
  const { embeds, attachments, text } = JSON.parse(notice);
  if (embeds) {
    for (const part of [JSON.parse(notice).content, embeds[0].description]) {
      const shown = asGithubShows(part);
      for (const link of elements(shown, 'a')) expect(link.properties.href).toMatch(TO_THE_RUN);
      for (const name of ['img', 'code', 'strong', 'em', 'del', 'pre']) expect(elements(shown, name), part).toEqual([]);
    }
  } else {
    // https://docs.slack.dev/messaging/formatting-message-text: what stands in angle brackets is a link or a mention.
    for (const part of [text, attachments[0].text])
      for (const [, entity] of part.matchAll(/<([^>]*)>?/g)) {
        const [address, label] = entity.split('|');
        expect(address).toMatch(TO_THE_RUN);
        expect(['Run', 'Artifact']).toContain(label);
      }
  }
}

const STATE_NAMES = ['kept', 'backend', 'began', 'outset', 'trace', 'notified', 'reported'];

function expectOutputs(here: Place, run: ActionRun): void {
  const outputs = here.outputs();
  const declared = Object.keys(
    (parse(readFileSync(join(import.meta.dirname, '..', '..', 'action.yml'), 'utf8')) as { outputs: object }).outputs,
  );
  expect(Object.keys(outputs).sort()).toEqual([...declared].sort());
  expect(Object.keys(outputs).sort()).toEqual([...OUTPUT_NAMES].sort());
  expect(Object.keys(run.state).filter((name) => !STATE_NAMES.includes(name))).toEqual([]);
}

/** A run that ended: nothing did anything. Returns it. */
function hold(
  here: Place,
  run: ActionRun,
  { result, says = [] }: { result: string; says?: readonly string[] },
): ActionRun {
  expect(here.outputs().result, `${run.stdout}\n${run.stderr}`).toBe(result);
  expectInert(here, run);
  expectOutputs(here, run);
  const outcome = outcomeOf(run);
  expectHarmlessReports(here, run, outcome);
  const shown = textOf(asGithubShows(run.summary)).replaceAll('\u200b', '');
  for (const text of says) expect(shown).toContain(text);
  return run;
}

/** Somebody else's table, and a sequence: what it gives away no rollback takes back, so that a dry run and an apply see different numbers. */
const SETUP = `create table others (id int, "${COLUMN}" text); create sequence once`;

describe.concurrent('nothing of theirs does anything', () => {
  it('in a dry run of a pull request', async () => {
    const here = await place(FILES, '/api/webhooks/1/discord');
    const done = await run(here, { eventName: 'pull_request', inputs: { mode: 'dry-run' } });
    hold(here, done, { result: 'dry-run-passed', says: ['02_a|b`c.sql', '</details><script>x</script>'] });
    expect(here.audience.github.comments).toHaveLength(1);
  });

  it('applied, released and looked at afterwards', async () => {
    const here = await place();
    const production = { environment: 'production', 'confirm-token': 'MIGRATE-PRODUCTION', 'review-delay': '500ms' };
    const done = await run(here, { ref: 'refs/tags/v1.4.0', inputs: production });
    hold(here, done, { result: 'applied', says: ['02_a|b`c.sql'] });
    expect(here.audience.github.releases).toHaveLength(1);
    expect([...here.audience.artifacts.artifacts.keys()]).toHaveLength(2);

    const client = await here.database.client();
    const [record] = (await client.query('select applied_by from schema_migrations limit 1')).rows;
    expect(record.applied_by).toContain('::error::actor');
    await client.query(
      `update schema_migrations set error_message = $1, status = 'failed', checksum = 'x', applied_by = $1 where version = '02'`,
      [HOSTILE],
    );
    await client.query(
      `insert into schema_migrations (version, name, checksum, status) values ($1, $2, 'x', 'completed')`,
      [`98${HOSTILE}`, `::error::gone\n${HOSTILE}`],
    );
    hold(here, await run(here, { inputs: { mode: 'status', environment: 'production' } }), { result: 'reported' });
    hold(here, await run(here, { inputs: { mode: 'verify', environment: 'production' } }), { result: 'refused' });
  });

  it.for<readonly [string, string]>([
    [
      'what is raised',
      `do $$ begin raise exception using message = e'::error::message\n::error::x ${HOSTILE}', detail = e'\n::error::detail ${HOSTILE}', hint = e'\r::error::hint ${HOSTILE}', errcode = '::ERR'; end $$;`.replace(
        '::ERR',
        'ERR01',
      ),
    ],
    ['what is quoted', `select '${HOSTILE}\n::error::value'::int;`],
    ['a row', `create table r (t text check (t = '')); insert into r values (e'::error::row\n::error::x ${HOSTILE}');`],
    ['what is not there', `select * from "::error::none|\`<b>${SCRIPT}";`],
    ['what cannot be read', `select\n::error::x ${HOSTILE}`],
    ['a mistake of the file', `commit; -- ${HOSTILE}`],
    [
      'a function',
      `create function "f::error::|\`<b>"() returns void language plpgsql as $$ begin perform 1/0; end $$; select "f::error::|\`<b>"();`,
    ],
  ])('failed in the dry run: %s', async ([, sql]) => {
    const here = await place({ 'migrations/01_##[error]|`<img src=x>::error::.sql': sql });
    hold(here, await run(here, { inputs: { 'smoke-tests': '' } }), { result: 'failed' });
  });

  it.for(['1\n::set-output name=x::y.sql', '03_cr\r::error::name.sql', '04_\u001b[31m\u202e\u2066::warning::name.sql'])(
    'a file whose name has what cannot be seen is refused: %j',
    async (name) => {
      const here = await place({ [`migrations/${name}`]: 'select 1;' });
      hold(here, await run(here, { inputs: { 'smoke-tests': '' } }), { result: 'failed', says: ['cannot be seen'] });
    },
  );

  it('failed in apply, on the way', async () => {
    const here = await place({
      'migrations/01_::error::first.sql': `create table "${TABLE}" (id int);`,
      'migrations/02_|`<b>::error::second.sql': `do $$ begin if nextval('once') > 1 then raise exception e'::error::x\n::error::y ${HOSTILE}'; end if; end $$;`,
    });
    const client = await here.database.client();
    await client.query(SETUP);
    const done = hold(here, await run(here, { inputs: { 'smoke-tests': '' } }), {
      result: 'failed',
      says: ['</details><script>alert(1)</script>'],
    });
    expect(done.report).toMatchObject({ databaseState: 'partially-migrated' });
    // The record of it is shown by whoever looks next.
    hold(here, await run(here, { inputs: { 'smoke-tests': '', mode: 'status' } }), { result: 'reported' });
  });

  it('refused, for what they destroy and for what is missing', async () => {
    const here = await place({
      'migrations/01_|`<b>::error::drop.sql': `alter table "${TABLE}" alter column id type bigint; drop table others;`,
    });
    const client = await here.database.client();
    await client.query(
      `${SETUP}; create table "${TABLE}" (id int, "${COLUMN}" text); insert into others values (1); insert into "${TABLE}" values (1)`,
    );
    hold(here, await run(here, { inputs: { 'smoke-tests': '', 'plan-digest': 'a'.repeat(64) } }), {
      result: 'refused',
    });
    hold(
      here,
      await run(here, { inputs: { 'smoke-tests': '', 'critical-tables': `"${TABLE}x",\n"::error::|\`<img src=x>"` } }),
      { result: 'refused' },
    );
  });

  it('not verified: a smoke test', async () => {
    const here = await place({
      'migrations/01_first.sql': 'create table t (id int);',
      'smoke/|`<b>::error::.sql': `select '${HOSTILE}' = '' as "::error::column"; select 1/0 -- ${HOSTILE}`,
    });
    const done = await run(here);
    hold(here, done, { result: here.outputs().result ?? '' });
    expect(done.exitCode).not.toBe(0);
  });

  it('kept waiting: whoever calls itself so', async () => {
    const here = await place({
      'migrations/01_::error::wait.sql': `alter table others add column b int;\nselect pg_sleep(20);`,
    });
    const client = await here.database.client();
    await client.query(SETUP);
    const other = await here.database.client({ application_name: '::error::x|`<img src=x>##[error]@octocat' });
    const running = await here.start({
      inputs: { 'smoke-tests': '', mode: 'dry-run', 'max-blocking': '200ms', 'lock-retries': '0' },
    });
    await until(client, working('select pg_sleep%'));
    await other.query('select * from others');
    hold(here, await running.done, { result: 'dry-run-inconclusive', says: ['::error::x|`<img src=x>'] });
  });

  it('cancelled in the pause', async () => {
    const here = await place();
    const running = await here.start({ inputs: { 'review-delay': '1m' } });
    await running.waitFor(/applying in/);
    running.kill('SIGINT');
    hold(here, await running.done, { result: 'cancelled' });
  });

  it('killed, and completed by the post step', async () => {
    const here = await place({
      ...FILES,
      'migrations/99_|`<b>::error::slow.sql': `do $$ begin raise warning '::error::slow'; perform pg_sleep(case nextval('once') when 1 then 0 else 20 end); end $$;`,
    });
    const client = await here.database.client();
    await client.query(SETUP);
    const running = await here.start();
    await running.waitFor(/applied .*08_/);
    await until(client, working('do %'));
    await sleep(50);
    running.kill('SIGKILL');
    const dead = await running.done;
    expectInert(here, dead);
    expectHarmlessMarkdown(dead.summary);
    const post = await running.runPost();
    expectInert(here, post);
    expectOutputs(here, post);
    expectHarmlessReports(here, post, outcomeOf(dead));
    expect(post.report).toMatchObject({ result: 'failed', error: { message: expect.stringContaining('killed') } });
  });

  it.for(['::error::x', HOSTILE, `a\n::error::x\r::error::y\u2028::error::z`, '\u001b]0;title\u0007\u202e##[error]x'])(
    'bad inputs: %j in each of them',
    async (value) => {
      const here = await place({ 'migrations/01_first.sql': 'select 1;' });
      const manifest = parse(readFileSync(join(import.meta.dirname, '..', '..', 'action.yml'), 'utf8')) as {
        inputs: object;
      };
      const inputs = Object.fromEntries(Object.keys(manifest.inputs).map((name) => [name, value]));
      const { 'notify-url': notifyUrl, 'database-url': url } = {
        'notify-url': here.audience.notifyUrl,
        'database-url': here.database.url,
      };
      const done = await run(here, {
        inputs: { ...inputs, 'notify-url': notifyUrl, 'database-url': url, 'upload-artifact': 'true' },
      });
      hold({ ...here, secrets: [...here.secrets, value, encodeURIComponent(value)] }, done, { result: 'failed' });
      expect(done.exitCode).toBe(2);
    },
  );

  it('on the command line, on a runner and off it', async () => {
    const here = await place();
    for (const env of [{}, { GITHUB_ACTIONS: 'true' }]) {
      const done = await runCli(
        ['apply', '--dry-run', '--verbose', '--fail-on', 'none', '--environment', '::error::x'],
        {
          cwd: here.workspace,
          env: { ...ENV, ...env, DATABASE_URL: here.database.url },
        },
      );
      expect(done.exitCode).toBe(2);
      for (const { name, properties } of [...commandsIn(done.stdout), ...commandsIn(done.stderr)]) {
        expect(name).toBe('error');
        expect(properties.title).toMatch(ANNOTATION_TITLES);
      }
    }
    const wrong = await runCli(['::error::x', '--::error::y', '##[error]z'], { cwd: here.workspace, env: ENV });
    expect([wrong.exitCode, commandsIn(wrong.stdout + wrong.stderr)]).toEqual([2, []]);
  });
});
