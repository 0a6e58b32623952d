/**
 * Passwords, tokens and addresses of webhooks, through every ending, with everybody attached who is told: looked for in
 * whatever a run shows, writes, sends and records, in every form that a runner or a log may give them.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Audience, REPOSITORY, startAudience } from '../support/audience.ts';
import { freshDatabase } from '../support/database.ts';
import { nodeForAction } from '../support/node24.ts';
import {
  type ActionOptions,
  type ActionRun,
  type CliRun,
  type RunningAction,
  runCli,
  startAction,
  temporaryWorkspace,
  writeMigrations,
} from '../support/runner.ts';
import { until, working } from '../support/scene.ts';

/** What is looked for: the whole of it, and a word in it that no encoding of text changes. */
interface Secret {
  readonly name: string;
  readonly text: string;
  readonly core: string;
}

const secret = (name: string, core: string, text = core): Secret => ({ name, text, core });

const PASSWORD = secret('the password', 'Zq7vKd2M', `p@ss%w#rd'"\\ xZq7vKd2M`);
const COPY_PASSWORD = secret('the password of the copy', 'Jt5xRn8W', `Grüße/日本%'"&<|é\`Jt5xRn8W`);
const TOKEN = secret('github-token', 'Hb3wLs6Y', 'ghs_0123456789abcdefghijklmnopHb3wLs6Y');
const HOOK = secret('notify-url', 'Fm9cPz4T', '/services/T00/B00/Fm9cPz4TabcdEFGH');

/** Password literals in SQL, each a word of its own. */
const LITERALS: readonly Secret[] = Array.from({ length: 24 }, (_, index) => {
  const letters = createHash('sha256').update(`literal ${index}`).digest('hex').slice(0, 10);
  // No hexadecimal digits: they would stand in checksums.
  return secret(
    `literal ${index}`,
    letters.replace(/./g, (digit) => 'GHJKMNPQRSTVWXYZ'.charAt(Number.parseInt(digit, 16))),
  );
});
const literal = (index: number): string => LITERALS[index]?.core ?? '';

const encodeAll = (text: string) =>
  [...Buffer.from(text, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Each form in which somebody may print a secret, by those who know it: the encoders of the runner first. */
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  base64: base64,
  'base64 shifted by 1': (text) => base64(`u${text}`),
  'base64 shifted by 2': (text) => base64(`u:${text}`),
  'base64 without padding': (text) => base64(text).replace(/=+$/, ''),
  'base64 in a URL': (text) => Buffer.from(text, 'utf8').toString('base64url'),
  'a command line': (text) => text.replaceAll('"', '\\"'),
  'an expression': (text) => text.replaceAll("'", "''"),
  JSON: (text) => JSON.stringify(text),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)),
  'JSON in ASCII': (text) =>
    JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'percent-encoded': encodeURIComponent,
  'percent-encoded in lower case': (text) => encodeURIComponent(text).replace(/%../g, (hex) => hex.toLowerCase()),
  'percent-encoded, all of it': encodeAll,
  'percent-encoded, some of it': (text) => text.replace(/[@#/%?]/g, encodeURIComponent),
  'a form': (text) => new URLSearchParams({ a: text }).toString(),
  XML: (text) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;'),
  HTML: (text) => text.replace(/[&<>"'`|]/g, (c) => `&#${c.charCodeAt(0)};`),
  SQL: sqlText,
  'C in SQL': (text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
  'a shell': (text) => `'${text.replaceAll("'", "'\\''")}'`,
  'a shell, in double quotes': (text) => `"${text.replace(/["$`\\]/g, '\\$&')}"`,
  'a shell, without quotes': (text) => text.replace(/[^\w@%+=:,./-]/gu, '\\$&'),
  PowerShell: (text) => text.replace(/["$`]/g, '`$&'),
  'half of it': (text) => text.slice(Math.floor(text.length / 2)),
  'user and password': (text) => `u:${text}@h`,
  'a URL': (text) => `postgresql://u:${encodeURIComponent(text)}@h/d`,
};

/** What a text says to whoever undoes an encoding of it. */
const VIEWS: readonly ((text: string) => string)[] = [
  (text) => text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8')),
  (text) =>
    text
      .replace(/&(?:#(\d+)|#x([0-9a-f]+));/gi, (_, decimal, hex) =>
        String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
      )
      .replace(
        /&(lt|gt|quot|apos|amp);/g,
        (_, name: string) => ({ lt: '<', gt: '>', quot: '"', apos: "'" })[name] ?? '&',
      ),
  (text) => text.replace(/\\u([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  (text) => text.replace(/[\\`\u200b]/g, ''),
  ...[0, 1, 2, 3].map(
    (offset) => (text: string) =>
      (text.match(/[\w+/-]{8,}/g) ?? [])
        .map((run) => Buffer.from(run.slice(offset), 'base64').toString('latin1'))
        .join('\n'),
  ),
];

/** The part that is looked for: five characters of a word are enough to know it. */
const BEGINNINGS = 5;

/** Where a text holds a secret, or the beginning of its word; `[]` where it holds none. */
function leaks(text: string, secrets: readonly Secret[]): string[] {
  const once = VIEWS.map((view) => view(text));
  // Where the first one finds nothing to undo, the second would see the text itself again.
  const twice = once.slice(0, 4).flatMap((seen) => (seen === text ? [] : VIEWS.map((view) => view(seen))));
  const views = new Set([text, ...once, ...twice]);
  return secrets.flatMap(({ name, text: whole, core }) => {
    const looked = [whole, core, core.slice(0, BEGINNINGS), core.slice(-BEGINNINGS)];
    for (const view of views) {
      const found = looked.find((one) => view.includes(one));
      if (found === undefined) continue;
      const at = view.indexOf(found);
      return [`${name}: ${view.slice(Math.max(0, at - 120), at + 40)}`];
    }
    return [];
  });
}

describe('this search', () => {
  const all = [PASSWORD, COPY_PASSWORD, TOKEN, HOOK, ...LITERALS];
  describe.each(Object.entries(FORMS))('finds %s', (_name, form) => {
    it.each([PASSWORD, COPY_PASSWORD, TOKEN])('of $name', (one) => {
      expect(leaks(`before ${form(one.text)} after`, all)).toHaveLength(1);
      expect(leaks(`{"a":"before ${form(one.text)} after"}`, [one])).toHaveLength(1);
    });
  });
  it('finds nothing where there is nothing', () => {
    expect(leaks(`p@ss *** ${'x'.repeat(500)} ${base64('another')} ${'0a'.repeat(40)}`, all)).toEqual([]);
  });
});

beforeAll(async () => {
  // Not while the first of them wait for it.
  await nodeForAction();
});

interface Place {
  readonly workspace: string;
  readonly temp: string;
  readonly url: string;
  readonly copyUrl: string;
  readonly audience: Audience;
  readonly admin: pg.Client;
  readonly secrets: readonly Secret[];
  start(options?: Partial<ActionOptions>): Promise<RunningAction>;
  /** Holds that none of it is in anything that these runs showed, wrote, sent or called themselves. */
  hold(...runs: readonly (ActionRun | CliRun)[]): void;
  /** Holds that none of it is in the rows that they left in the databases. */
  holdRecords(): Promise<void>;
}

const open: { close: () => Promise<void> }[] = [];
afterAll(() => Promise.all(open.map((one) => one.close())));

let roles = 0;

/** A database that belongs to a role of its own, which has this password. */
async function databaseOf({ text }: Secret): Promise<{ url: URL; admin: pg.Client; watcher: pg.Client }> {
  const database = await freshDatabase();
  const admin = await database.client({ application_name: 'the test' });
  roles += 1;
  const role = `keeper_${process.pid}_${roles}`;
  await admin.query(`create role ${role} superuser login password ${admin.escapeLiteral(text)}`);
  await admin.query(`alter database ${database.name} owner to ${role}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = '';
  return { url, admin, watcher: await database.client({ application_name: 'the watcher' }) };
}

const withPassword = (url: URL, password: string) => url.href.replace('@', `:${password}@`);

async function place(
  files: Readonly<Record<string, string>>,
  write: (password: string) => string = encodeURIComponent,
): Promise<Place> {
  const [database, copy, audience] = await Promise.all([
    databaseOf(PASSWORD),
    databaseOf(COPY_PASSWORD),
    startAudience({ token: TOKEN.text, path: HOOK.text }),
  ]);
  open.push(audience);
  const workspace = await writeMigrations(
    temporaryWorkspace(),
    Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name.includes('/') ? name : `migrations/${name}`, text]),
    ),
  );
  const temp = join(temporaryWorkspace(), 'runner');
  mkdirSync(temp);
  const [url, copyUrl] = [
    withPassword(database.url, write(PASSWORD.text)),
    withPassword(copy.url, write(COPY_PASSWORD.text)),
  ];
  const runtime = audience.env().ACTIONS_RUNTIME_TOKEN ?? '';
  const secrets = [
    PASSWORD,
    COPY_PASSWORD,
    TOKEN,
    HOOK,
    ...LITERALS,
    secret('the runtime token', runtime.slice(-12), runtime),
  ];
  const seen: [string, string][] = [];
  return {
    workspace,
    temp,
    url,
    copyUrl,
    audience,
    admin: database.admin,
    secrets,
    start: async ({ inputs, env, ...options } = {}) => {
      const running = await startAction({
        workspace,
        env: { ...audience.env(), RUNNER_TEMP: temp, ...env },
        inputs: {
          'database-url': url,
          environment: 'staging',
          mode: 'apply',
          'fail-on': 'none',
          'show-data': 'true',
          'github-token': TOKEN.text,
          'notify-url': audience.notifyUrl,
          'create-release': 'true',
          ...inputs,
        },
        ...options,
      });
      let over = false;
      void running.done.finally(() => {
        over = true;
      });
      void (async () => {
        for (; !over; await sleep(150)) await look(running.pid, database.watcher, seen);
      })();
      return running;
    },
    hold: (...runs) => {
      const places = [
        ...runs.flatMap(partsOf),
        ...audience.told(),
        ...filesIn(join(workspace, 'migration-log')),
        ...filesIn(temp),
        ...seen,
      ];
      // Half of what should be looked at may not have been there to look at.
      expect(places.length).toBeGreaterThan(6);
      expectNone(places);
    },
    holdRecords: async () => expectNone((await Promise.all([database.admin, copy.admin].map(recorded))).flat()),
  };

  function expectNone(places: readonly [string, string][]): void {
    const found = places.flatMap(([where, text]) => leaks(text, secrets).map((leak) => `${where}: ${leak}`));
    expect(found).toEqual([]);
  }
}

async function look(pid: number, watcher: pg.Client, seen: [string, string][]): Promise<void> {
  try {
    seen.push(['argv', readFileSync(`/proc/${pid}/cmdline`, 'utf8')]);
  } catch {
    // It has ended, or this system has no /proc.
  }
  const { rows } = await watcher
    .query(`select application_name from pg_stat_activity where application_name like 'mgate%'`)
    .catch(() => ({ rows: [] }));
  for (const row of rows) seen.push(['application_name', row.application_name]);
}

/** What a run showed: the masks themselves aside, which a runner keeps to itself. */
function partsOf(run: ActionRun | CliRun): [string, string][] {
  const parts: [string, string][] = [
    ['stdout', run.stdout.replace(/^::add-mask::.*$/gm, '')],
    ['stderr', run.stderr],
    ['report', JSON.stringify(run.report)],
  ];
  if ('summary' in run) {
    parts.push(
      ['summary', run.summary],
      ['outputs', JSON.stringify(run.outputs)],
      ['state', JSON.stringify(run.state)],
    );
  }
  return parts;
}

function filesIn(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'utf8')]);
}

async function recorded(client: pg.Client): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const table of ['schema_migrations', 'migration_history']) {
    const { rows: there } = await client.query('select to_regclass($1) is not null as there', [table]);
    if (!there[0].there) continue;
    const { rows } = await client.query(`select row_to_json(t)::text as row from ${table} t`);
    for (const { row } of rows) found.push([table, row]);
  }
  return found;
}

/** Whoever reads the log live reads it as it comes: what is not masked by then is seen. */
function expectMasks(here: Place, { stdout }: ActionRun): void {
  const lines = stdout.split('\n');
  const first = lines.findIndex((line) => !line.startsWith('::add-mask::'));
  const masked = lines.slice(0, first).map((line) => line.slice('::add-mask::'.length).replaceAll('%25', '%'));
  for (const one of [here.url, PASSWORD.text, encodeURIComponent(PASSWORD.text), TOKEN.text, here.audience.notifyUrl])
    expect(masked).toContain(one);
  expect(lines.slice(first).filter((line) => line.startsWith('::add-mask::'))).toEqual([]);
}

const run = async (here: Place, options: Partial<ActionOptions> = {}): Promise<ActionRun> =>
  (await here.start(options)).done;

/** Every way in which a migration is given a password that we know of. */
const LITERAL_FILES = {
  '01_roles.sql': `
    create role "r1_NAME" login password '${literal(0)}';
    alter role "r1_NAME" with encrypted password E'${literal(1)}\\'x' valid until 'infinity';
    create user "r2_NAME" password $$${literal(2)}$$;
    alter user "r2_NAME" password /* a comment */
      '${literal(3)}'
      '${literal(4)}';
    alter role "r2_NAME" password U&'${literal(5)}';
    do $do$ begin execute 'alter role "r1_NAME" password ''${literal(6)}'''; end $do$;
    do $do$ begin execute format('alter role "r1_NAME" password %L', '${literal(7)}'); end $do$;
    do $do$ begin execute 'alter role "r1_NAME" password ' || quote_literal('${literal(8)}'); end $do$;`,
  '02_foreign.sql': `
    create foreign data wrapper w;
    create server s foreign data wrapper w options (host 'h', password '${literal(9)}');
    create user mapping for current_user server s options (user 'u', password '${literal(10)}', sslpassword '${literal(11)}');
    alter user mapping for current_user server s options (set "password" '${literal(12)}');`,
  '03_connections.sql': `
    create function f() returns void language plpgsql as $$ begin
      perform dblink_connect('host=h user=u password=${literal(13)} dbname=d');
      perform dblink_connect('host=h password = ${literal(14)} user=u');
      perform dblink_connect('host=h password=''${literal(15)} x'' user=u');
      perform dblink_connect('postgresql://u:${literal(16)}@h/d');
      perform dblink_connect('postgresql://h/d?user=u&password=${literal(17)}');
    end $$;
    select set_config('app.password', '${literal(18)}', true);
    create table settings (name text, value jsonb);
    insert into settings values ('a', '{"user": "u", "password": "${literal(19)}"}');
    create subscription s connection 'host=h password=${literal(20)}' publication p with (connect = false);`,
  '04_long.sql': `select '${'x'.repeat(900)}', $$\nalter role x password\n\n'${literal(21)} ${'y'.repeat(500)}'$$;\n`,
};

const unique = (files: Readonly<Record<string, string>>) => {
  roles += 1;
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, text.replaceAll('_NAME', `_${process.pid}_${roles}`)]),
  );
};

const PRODUCTION = {
  ref: 'refs/tags/v1.4.0',
  inputs: { environment: 'production', 'confirm-token': 'MIGRATE-PRODUCTION', 'review-delay': '500ms' },
};
const PULL_REQUEST = {
  eventName: 'pull_request',
  event: {
    pull_request: { number: 1, head: { repo: { full_name: REPOSITORY } }, base: { repo: { full_name: REPOSITORY } } },
  },
};

/** Succeeds in a dry run and fails in the apply after it: no rollback gives back what a sequence gave away. */
const ONLY_APPLY = (message: string) =>
  `do $do$ begin if nextval('once') > 1 then raise exception using message = ${message}, detail = ${message}, hint = ${message}; end if; end $do$;`;

/** In every form of which it can be known what it was. */
const inAllForms = (...secrets: readonly Secret[]) =>
  Object.entries(FORMS)
    .filter(([name]) => name !== 'half of it')
    .map(([name, form]) => `${name}: ${secrets.map(({ text }) => form(text)).join(' ')}`)
    .join('\n');
const ALL_FORMS = inAllForms(PASSWORD, COPY_PASSWORD, TOKEN);

describe.concurrent('no secret is anywhere', () => {
  it('applied and released', async () => {
    const here = await place(unique(LITERAL_FILES));
    const done = await run(here, {
      ...PRODUCTION,
      inputs: { ...PRODUCTION.inputs, 'allow-hazards': 'dry-run-inconclusive' },
    });
    expect(done.outputs.result, done.stdout).toBe('applied');
    expect([
      here.audience.artifacts.artifacts.size,
      here.audience.github.releases.length,
      here.audience.notices.length,
    ]).toEqual([2, 1, 1]);
    expectMasks(here, done);
    here.hold(done);
    await here.holdRecords();
    const again = await run(here, { inputs: { mode: 'status', environment: 'production' } });
    here.hold(again);
  });

  it('a dry run of a pull request on a copy, the URL written with as little as it needs', async () => {
    const here = await place(unique(LITERAL_FILES), (password) =>
      password.replace(/[@#/%?"\\ ^|`<>{}]|[^ -~]/gu, encodeURIComponent),
    );
    const done = await run(here, {
      ...PULL_REQUEST,
      inputs: { mode: 'dry-run', 'rehearsal-database-url': here.copyUrl },
    });
    expect(done.outputs.result, done.stdout).toBe('dry-run-passed');
    expect(here.audience.github.comments).toHaveLength(1);
    here.hold(done);
  });

  it.for<readonly [string, string]>([
    [
      'raised, in all forms',
      `do $do$ begin raise warning using message = ${sqlText(ALL_FORMS)}; raise exception using message = ${sqlText(ALL_FORMS)}, detail = ${sqlText(ALL_FORMS)}, hint = ${sqlText(ALL_FORMS)}; end $do$;`,
    ],
    ['a row', `create table s (v text check (v = '')); insert into s values (${sqlText(PASSWORD.text)});`],
    [
      'a row that the server cuts',
      `create table s (v text check (v = '')); insert into s values (${sqlText(`${'x'.repeat(58 - PASSWORD.text.length)}${PASSWORD.text}${PASSWORD.text}`)});`,
    ],
    [
      'a key',
      `create table s (v text unique); insert into s values (${sqlText(PASSWORD.text)}), (${sqlText(PASSWORD.text)});`,
    ],
    ['a value', `select ${sqlText(PASSWORD.text)}::int;`],
    ['a name', `select * from "${PASSWORD.text.replaceAll('"', '""')}";`],
    [
      'a statement that is cut in it',
      `select 1/0, '${'x'.repeat(1000 - 15 - PASSWORD.text.length)}', ${sqlText(PASSWORD.text)}, ${'1 + '.repeat(50)} 1;`,
    ],
    [
      'a hazard that is cut in it',
      `select 1/0, '${'x'.repeat(200 - 15 - PASSWORD.text.length)}', ${sqlText(PASSWORD.text)}, ${'1 + '.repeat(50)} 1;`,
    ],
    ['the wrong word before a literal', `alter user current_user set password '${literal(0)}';`],
    ['a literal that goes on', `alter user current_user password '${literal(0)}' '${literal(1)}';`],
    ['a literal that does not end', `alter user current_user password '${literal(0)};`],
    ['a role that is not there', `alter role not_there password '${literal(0)}';`],
    ['the context of a function', `do $do$ begin execute 'alter role not_there password ''${literal(0)}'''; end $do$;`],
    [
      'a connection string',
      `create subscription s connection 'host=h password=${literal(0)} ${literal(1)}' publication p with (connect = false);`,
    ],
    [
      'options',
      `create foreign data wrapper w; create server s foreign data wrapper w; create user mapping for nobody_here server s options (password '${literal(0)}');`,
    ],
  ])('failed in the dry run: %s', async ([, sql]) => {
    const here = await place({ '01_first.sql': 'create table first (id int);', '02_fails.sql': sql });
    const done = await run(here, { inputs: { 'rehearsal-database-url': here.copyUrl } });
    expect(done.outputs.result, done.stdout).toBe('failed');
    here.hold(done);
  });

  const FAILS_IN_APPLY = {
    '01_first.sql': 'create table first (id int);',
    '02_fails.sql': ONLY_APPLY(sqlText(ALL_FORMS)),
  };
  async function failedInApply(): Promise<Place & { runs: ActionRun[] }> {
    const here = await place(FAILS_IN_APPLY);
    await here.admin.query('create sequence once');
    // The other password is known where it is used: in the environment is enough.
    const env = { REHEARSAL_DATABASE_URL: here.copyUrl };
    const done = await run(here, { env });
    expect(done.outputs, done.stdout).toMatchObject({ result: 'failed', 'database-state': 'partially-migrated' });
    return { ...here, runs: [done, await run(here, { env, inputs: { mode: 'status' } })] };
  }
  it('failed in apply, and looked at afterwards', async () => {
    const { hold, runs } = await failedInApply();
    hold(...runs);
  });
  it('failed in apply: what is recorded of it', async () => {
    const { holdRecords } = await failedInApply();
    await holdRecords();
  });

  async function failedOnItsOwn(): Promise<Place & { done: ActionRun }> {
    const connection = `host=127.0.0.1 port=1 password=${literal(0)}`;
    const here = await place({
      '01_first.sql': 'create table first (id int);',
      '02_subscription.sql': `create subscription s connection '${connection}' publication p;`,
    });
    const done = await run(here, { inputs: { 'allow-hazards': 'dry-run-inconclusive' } });
    expect(done.outputs.result, done.stdout).toBe('failed');
    return { ...here, done };
  }
  it('failed in apply, not in a transaction', async () => {
    const { hold, done } = await failedOnItsOwn();
    hold(done);
  });
  it('failed in apply, not in a transaction: what is recorded of it', async () => {
    const { holdRecords } = await failedOnItsOwn();
    await holdRecords();
  });

  it('a password on the last line of a file that ends without one', async () => {
    const here = await place({ '01_last.sql': `alter user current_user password\n'${literal(0)}';` });
    here.hold(await run(here, { inputs: { mode: 'dry-run' } }));
  });

  it('refused: another plan, another event, a wrong token', async () => {
    const here = await place(unique(LITERAL_FILES));
    const runs = [
      await run(here, { inputs: { 'plan-digest': '0'.repeat(64) } }),
      await run(here, { ...PULL_REQUEST, eventName: 'pull_request_target' }),
      await run(here, { ...PRODUCTION, inputs: { ...PRODUCTION.inputs, 'confirm-token': PASSWORD.text } }),
    ];
    expect(runs.map((one) => one.outputs.result)).toEqual(['refused', 'refused', 'refused']);
    for (const one of runs) expectMasks(here, one);
    here.hold(...runs);
  });

  it('cancelled, in the pause and in a statement', async () => {
    const here = await place({
      ...unique(LITERAL_FILES),
      '05_slow.sql': `select pg_sleep(case nextval('once') when 2 then 20 else 0 end), ${sqlText(PASSWORD.text)};`,
    });
    await here.admin.query('create sequence once');
    const first = await here.start({ inputs: { 'review-delay': '1m' } });
    await first.waitFor(/applying in/);
    first.kill('SIGINT');
    const paused = await first.done;
    const second = await here.start();
    await until(here.admin, working('select pg_sleep%'));
    second.kill('SIGINT');
    const worked = await second.done;
    expect([paused.outputs.result, worked.outputs.result]).toEqual(['cancelled', 'cancelled']);
    here.hold(paused, worked);
    await here.holdRecords();
  });

  it('killed, and completed by the post step', async () => {
    const silent = await silentServer();
    const here = await place({
      ...unique(LITERAL_FILES),
      '05_subscription.sql': `create subscription t connection 'host=127.0.0.1 port=${silent.port} password=${literal(22)}' publication p;`,
    });
    const running = await here.start({ inputs: { 'allow-hazards': 'dry-run-inconclusive' } });
    await until(here.admin, working('create subscription t%'));
    await sleep(50);
    running.kill('SIGKILL');
    const dead = await running.done;
    here.hold(dead);
    const post = await running.runPost();
    expect(post.report, post.stdout).toMatchObject({
      result: 'failed',
      error: { message: expect.stringContaining('killed') },
    });
    expectMasks(here, post);
    here.hold(dead, post);
  });

  it('not let in, not found, not answered', async () => {
    const here = await place({ '01_first.sql': 'create table first (id int);' });
    const url = new URL(here.url);
    const changed = (change: (one: URL) => void) => {
      const one = new URL(url);
      change(one);
      return one.href;
    };
    const runs: ActionRun[] = [];
    for (const wrong of [
      changed((one) => (one.username = `${url.username}x`)),
      changed((one) => (one.pathname = '/no_such_database')),
      changed((one) => (one.port = '1')),
      changed((one) => (one.hostname = 'nowhere.invalid')),
      `${url.href}?sslmode=require`,
    ])
      runs.push(await run(here, { inputs: { 'database-url': wrong, 'connect-timeout': '5s' } }));
    for (const one of runs) expect(one.exitCode).toBe(1);
    here.hold(...runs);
  });

  it('bad URLs, and URLs in the wrong place', async () => {
    const here = await place({ '01_first.sql': 'create table first (id int);' });
    const { username, host, pathname } = new URL(here.url);
    const raw = `${username}:${PASSWORD.text}@${host}${pathname}`;
    const bad = [
      `postgresql://${raw}`,
      raw,
      `"${here.url}"`,
      `jdbc:${here.url}`,
      here.url.replace('postgresql', 'mysql'),
      `${here.url}\n`,
      `${here.url}?password=${encodeURIComponent(PASSWORD.text)}`,
      `${here.url}?${encodeURIComponent(PASSWORD.text)}`,
      `host=h user=u password='${PASSWORD.text.replace(/['\\]/g, '\\$&')}' dbname=d`,
      here.url.replace(/:\d+\//, `:${PASSWORD.core}/`),
    ];
    const runs: ActionRun[] = [];
    for (const wrong of bad) runs.push(await run(here, { inputs: { 'database-url': wrong } }));
    const names = [
      'mode',
      'environment',
      'migrations-path',
      'critical-tables',
      'artifact-name',
      'plan-digest',
      'target-version',
      'review-delay',
      'smoke-tests',
      'allow-hazards',
      'tracking-schema',
      'working-directory',
    ];
    runs.push(await run(here, { inputs: Object.fromEntries(names.map((name) => [name, here.url])) }));
    runs.push(await run(here, { inputs: Object.fromEntries(names.map((name) => [name, PASSWORD.text])) }));
    runs.push(
      await run(here, {
        inputs: Object.fromEntries(names.map((name) => [name, `${TOKEN.text}, ${here.audience.notifyUrl}`])),
      }),
    );
    for (const one of runs) expect(one.exitCode, one.stdout).toBe(2);
    here.hold(...runs);
  });

  it('whoever is told does not answer well, and repeats what it was sent', async () => {
    const here = await place({ '01_first.sql': 'create table first (id int);' });
    const told = `${TOKEN.text} ${here.url} ${here.audience.notifyUrl} ${here.audience.env().ACTIONS_RUNTIME_TOKEN}`;
    here.audience.artifacts.trouble({ call: 'CreateArtifact', answer: 400, message: told });
    for (const method of ['GET', 'POST', 'PATCH'])
      here.audience.github.intervene({ method, path: /./, times: 10 }, () => ({
        status: 422,
        body: { message: told, errors: [{ message: told }] },
      }));
    const done = await run(here, {
      ...PRODUCTION,
      inputs: { ...PRODUCTION.inputs, 'notify-url': `${here.audience.github.env.GITHUB_API_URL}${HOOK.text}` },
    });
    expect(done.outputs.result, done.stdout).toBe('applied');
    expect(done.report.warnings.length).toBeGreaterThanOrEqual(3);
    // What was sent to GitHub in the place of a webhook is not what is looked at.
    here.audience.github.requests.length = 0;
    here.hold(done);
  });

  it('on the command line', async () => {
    const here = await place({
      ...unique(LITERAL_FILES),
      '05_fails.sql': `do $do$ begin raise exception using message = ${sqlText(inAllForms(PASSWORD, COPY_PASSWORD))}; end $do$;`,
    });
    const env = { DATABASE_URL: here.url, REHEARSAL_DATABASE_URL: here.copyUrl, GITHUB_ACTOR: 'somebody' };
    const cli = (args: readonly string[], more: Record<string, string> = {}) =>
      runCli(args, { cwd: here.workspace, env: { ...env, ...more } });
    const settled = ['--environment', 'staging', '--fail-on', 'none', '--show-data', '--verbose'];
    const runs = [
      await cli(['apply', '--dry-run', '--target-version', '04', ...settled]),
      await cli(['apply', ...settled]),
      await cli(['apply', '--json', ...settled]),
      await cli(['apply', here.url]),
      await cli(['apply', '--database-url', here.url]),
      await cli(['apply', `--databse-url=${here.url}`, '--notify-url', here.audience.notifyUrl]),
      await cli(['apply', '--github-token', TOKEN.text, '--mode', TOKEN.text, '--environment', here.url]),
      await cli(['status'], {
        DATABASE_URL: '',
        PGHOST: new URL(here.url).hostname,
        PGPORT: new URL(here.url).port,
        PGUSER: new URL(here.url).username,
        PGDATABASE: new URL(here.url).pathname.slice(1),
        PGPASSWORD: PASSWORD.text,
      }),
    ];
    expect(runs.map((one) => one.exitCode)).toEqual([0, 1, 1, 2, 2, 2, 2, 0]);
    here.hold(...runs);
  });
});

/** Takes connections and says nothing. */
async function silentServer(): Promise<{ port: number }> {
  const server: Server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  open.push({ close: async () => void server.close() });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0 };
}
