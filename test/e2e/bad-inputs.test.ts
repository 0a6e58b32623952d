/**
 * A growing corpus of bad inputs, one a line: each ends with a clear error that names what is wrong, leaves the database as
 * it was, and shows no secret. Add to it whatever was found in the wild.
 */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sharedServer } from '../support/database.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { createDatabase } from '../support/postgres.ts';
import { placesOf, runAction, temporaryWorkspace, writeMigrations } from '../support/runner.ts';

interface Case {
  readonly name: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** In place of `database-url`, made of the parts of a URL that works. */
  readonly url?: (parts: UrlParts) => string;
  readonly env?: Readonly<Record<string, string>>;
  /** In the workspace; by default one good migration. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly folders?: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
  readonly ref?: string;
  readonly exit: 1 | 2 | 3;
  /** What the report's text must say, all of it. */
  readonly says: readonly (string | RegExp)[];
}

interface UrlParts {
  readonly user: string;
  /** As it must be written in a URL. */
  readonly password: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
}

const SECRET = 'hush/Höh le#9@x';
const GOOD = { 'migrations/01_ok.sql': 'CREATE TABLE ok (id bigint PRIMARY KEY);\n' };
const PRODUCTION = 'refs/tags/v1.4.0';

/** One bad migration after a good one: neither may be applied. */
const bad = (text: string | Uint8Array) => ({ ...GOOD, 'migrations/02_bad.sql': text });
const utf8 = (parts: UrlParts, rest = '') =>
  `postgresql://${parts.user}:${parts.password}@${parts.host}:${parts.port}/${parts.database}${rest}`;

const DATABASES: readonly Case[] = [
  { name: 'no URL in production', ref: PRODUCTION, url: () => '', exit: 2, says: ['database-url'] },
  { name: 'no URL and nothing in the environment', url: () => '', exit: 2, says: ['database-url'] },
  { name: 'env, and nothing there', url: () => 'env', exit: 2, says: ['DATABASE_URL'] },
  {
    name: 'only some of the parts',
    url: () => 'env',
    env: { DATABASE_HOST: 'localhost', DATABASE_NAME: 'shop' },
    exit: 2,
    says: ['DATABASE_USER'],
  },
  { name: 'no scheme', url: (p) => utf8(p).replace('postgresql://', ''), exit: 2, says: ['database-url'] },
  {
    name: 'another scheme',
    url: (p) => utf8(p).replace('postgresql', 'mysql'),
    exit: 2,
    says: ['database-url', 'postgres'],
  },
  {
    name: 'a libpq string',
    url: (p) => `host=${p.host} user=${p.user} password=${p.password} dbname=${p.database}`,
    exit: 2,
    says: ['database-url'],
  },
  { name: 'quotes around it', url: (p) => `"${utf8(p)}"`, exit: 2, says: ['database-url', /quot/i] },
  { name: 'a port that is a word', url: (p) => utf8({ ...p, port: 'five' }), exit: 2, says: ['database-url', /port/] },
  { name: 'a port out of range', url: (p) => utf8({ ...p, port: '99999' }), exit: 2, says: ['database-url', /port/] },
  { name: 'no database', url: (p) => utf8({ ...p, database: '' }), exit: 2, says: ['database-url', /database/] },
  {
    name: 'no host',
    url: (p) => `postgresql://${p.user}:${p.password}@/${p.database}`,
    exit: 2,
    says: ['database-url', /host/],
  },
  {
    name: 'no user',
    url: (p) => `postgresql://${p.host}:${p.port}/${p.database}`,
    exit: 2,
    says: ['database-url', /user/],
  },
  {
    name: 'a # in the password as it is',
    url: (p) => utf8({ ...p, password: 'hush#Hush' }),
    exit: 2,
    says: ['database-url', '%23'],
  },
  {
    name: 'a / in the password as it is',
    url: (p) => utf8({ ...p, password: 'hush/Hush' }),
    exit: 2,
    says: ['database-url', '%2F'],
  },
  { name: 'a broken escape', url: (p) => utf8({ ...p, password: 'hush%zzHush' }), exit: 2, says: ['database-url'] },
  {
    name: 'two hosts',
    url: (p) => utf8({ ...p, host: 'one.example,two.example' }),
    exit: 2,
    says: ['database-url', /host/],
  },
  {
    name: 'an sslmode that is none',
    url: (p) => utf8(p, '?sslmode=sometimes'),
    exit: 2,
    says: ['sslmode', 'verify-full'],
  },
  {
    name: 'a certificate that is not there',
    url: (p) => utf8(p, '?sslmode=verify-ca&sslrootcert=no-such.pem'),
    exit: 1,
    says: ['no-such.pem'],
  },
  { name: 'TLS where there is none', url: (p) => utf8(p, '?sslmode=require'), exit: 1, says: [/TLS|SSL/] },
  { name: 'a wrong password', url: (p) => utf8({ ...p, password: 'not-the-password' }), exit: 1, says: [/password/] },
  {
    name: 'a role that is not there',
    url: (p) => utf8({ ...p, user: 'no_such_role' }),
    exit: 1,
    says: ['no_such_role'],
  },
  {
    name: 'a database that is not there',
    url: (p) => utf8({ ...p, database: 'no_such_database' }),
    exit: 1,
    says: ['no_such_database'],
  },
  {
    name: 'a host that is not there',
    url: (p) => utf8({ ...p, host: 'nowhere.invalid' }),
    exit: 1,
    says: ['nowhere.invalid'],
  },
  { name: 'a port where nobody listens', url: (p) => utf8({ ...p, port: '1' }), exit: 1, says: [/refused/] },
];

const INPUTS: readonly Case[] = [
  { name: 'a mode that is none', inputs: { mode: 'aply' }, exit: 2, says: ['mode', 'aply', 'apply'] },
  { name: 'a mode in capitals', inputs: { mode: 'APPLY' }, exit: 2, says: ['mode', 'APPLY'] },
  { name: 'rollback', inputs: { mode: 'rollback' }, exit: 2, says: ['rollback', 'not supported yet'] },
  { name: 'baseline', inputs: { mode: 'baseline' }, exit: 2, says: ['baseline', 'not supported yet'] },
  {
    name: 'a word of repair that is none',
    inputs: { mode: 'repair', settle: '1=ok', 'settle-reason': 'x' },
    exit: 2,
    says: ['settle', '1=ok', 'applied, pending, done or again'],
  },
  {
    name: 'settle without a reason',
    inputs: { mode: 'repair', settle: '1=applied' },
    exit: 2,
    says: ['settle-reason'],
  },
  {
    name: 'an environment that is none',
    inputs: { environment: 'prod' },
    exit: 2,
    says: ['environment', 'prod', 'production'],
  },
  {
    name: 'a mode of later',
    inputs: { mode: 'rollback' },
    exit: 2,
    says: ['mode', 'rollback', 'not supported yet'],
  },
  { name: 'an engine that is none', inputs: { engine: 'flyway' }, exit: 2, says: ['engine', 'flyway'] },
  { name: 'a duration without a unit', inputs: { 'review-delay': '30' }, exit: 2, says: ['review-delay', '30'] },
  { name: 'a negative duration', inputs: { 'review-delay': '-5s' }, exit: 2, says: ['review-delay', '-5s'] },
  { name: 'a duration in words', inputs: { 'lock-timeout': 'soon' }, exit: 2, says: ['lock-timeout', 'soon'] },
  {
    name: 'a duration without end',
    inputs: { 'statement-timeout': '99999999999999h' },
    exit: 2,
    says: ['statement-timeout'],
  },
  { name: 'a negative count', inputs: { 'lock-retries': '-1' }, exit: 2, says: ['lock-retries', '-1'] },
  { name: 'half a count', inputs: { 'lock-retries': '1.5' }, exit: 2, says: ['lock-retries', '1.5'] },
  {
    name: 'a boolean in words',
    inputs: { 'allow-out-of-order': 'yes' },
    exit: 2,
    says: ['allow-out-of-order', 'yes', 'true'],
  },
  { name: 'a boolean in capitals', inputs: { 'show-data': 'TRUE' }, exit: 2, says: ['show-data', 'TRUE'] },
  {
    name: 'a size of nothing',
    inputs: { 'dry-run-max-bytes': '1 potato' },
    exit: 2,
    says: ['dry-run-max-bytes', 'potato'],
  },
  {
    name: 'a threshold that is none',
    inputs: { 'fail-on': 'everything' },
    exit: 2,
    says: ['fail-on', 'everything', 'danger'],
  },
  {
    name: 'a transaction mode that is none',
    inputs: { 'transaction-mode': 'each' },
    exit: 2,
    says: ['transaction-mode', 'each'],
  },
  { name: 'a backup of later', inputs: { backup: 'dump' }, exit: 2, says: ['backup', 'dump', 'not supported yet'] },
  { name: 'a backup that is none', inputs: { backup: 'tape' }, exit: 2, says: ['backup', 'tape'] },
  {
    name: 'a webhook that is none',
    inputs: { 'notify-url': 'chat.example/hook/hush-hook' },
    exit: 2,
    says: ['notify-url', 'https://'],
  },
  {
    name: 'a release without a token',
    inputs: { 'create-release': 'true' },
    exit: 2,
    says: ['create-release', 'github-token'],
  },
  {
    name: 'a command without its engine',
    inputs: { command: 'flyway migrate' },
    exit: 2,
    says: ['command', 'engine command'],
  },
  {
    name: 'the engine command without a command',
    inputs: { engine: 'command' },
    exit: 2,
    says: ['command', 'engine'],
  },
  {
    name: 'a command for a shell',
    inputs: { engine: 'command', command: 'dbmate up && rm -rf x', 'command-probe': 'dbmate status' },
    exit: 2,
    says: ['command', '&&'],
  },
  {
    name: 'a command that nobody can see to connect through us',
    inputs: { engine: 'command', command: 'dbmate up' },
    exit: 3,
    says: ['command-probe', 'unprobed-command'],
  },
  {
    name: 'a command that is not there',
    inputs: { engine: 'command', command: './no-such-tool up', 'command-probe': './no-such-tool status' },
    exit: 1,
    says: ['no-such-tool'],
  },
  { name: 'an input that is none', inputs: { 'lock-timout': '2s' }, exit: 2, says: ['lock-timout', 'lock-timeout'] },
  { name: 'a digest that is none', inputs: { 'plan-digest': 'latest' }, exit: 2, says: ['plan-digest', 'latest'] },
  {
    name: 'a table name of four parts',
    inputs: { 'critical-tables': 'a.b.c.d' },
    exit: 2,
    says: ['critical-tables', 'a.b.c.d'],
  },
  {
    name: 'a schema name with a quote',
    inputs: { 'tracking-schema': 'x"; DROP SCHEMA public; --' },
    exit: 2,
    says: ['tracking-schema'],
  },
  {
    name: 'a schema of the server itself',
    inputs: { 'tracking-schema': 'pg_catalog' },
    exit: 2,
    says: ['tracking-schema', 'pg_catalog'],
  },
  { name: 'a target that is not there', inputs: { 'target-version': '77' }, exit: 1, says: ['target-version', '77'] },
  {
    name: 'an artifact name with a colon',
    inputs: { 'artifact-name': 'log: today' },
    exit: 2,
    says: ['artifact-name'],
  },
  {
    name: 'a folder that is not there',
    inputs: { 'migrations-path': 'no/such' },
    exit: 1,
    says: ['migrations-path', 'no/such'],
  },
  {
    name: 'a folder that is a file',
    inputs: { 'migrations-path': 'migrations/01_ok.sql' },
    exit: 1,
    says: ['migrations/01_ok.sql'],
  },
  {
    name: 'a folder outside',
    inputs: { 'migrations-path': '../elsewhere' },
    exit: 2,
    says: ['migrations-path', '../elsewhere'],
  },
  {
    name: 'a working directory that is not there',
    inputs: { 'working-directory': 'no/such' },
    exit: 2,
    says: ['no/such'],
  },
  {
    name: 'a working directory outside',
    inputs: { 'working-directory': '../..' },
    exit: 2,
    says: ['working-directory'],
  },
  {
    name: 'smoke tests that match nothing',
    inputs: { 'smoke-tests': 'checks/*.sql' },
    exit: 1,
    says: ['smoke-tests', 'checks/*.sql'],
  },
  {
    name: 'a critical table that is not there',
    inputs: { 'critical-tables': 'no_such_table' },
    exit: 3,
    says: ['no_such_table'],
  },
  {
    name: 'a critical index that is not there',
    inputs: { 'critical-indexes': 'no_such_index' },
    exit: 3,
    says: ['no_such_index'],
  },
  {
    name: 'a tag that is no version',
    ref: 'refs/tags/v1.4',
    inputs: { 'confirm-token': 'MIGRATE-PRODUCTION' },
    exit: 2,
    says: ['v1.4'],
  },
  {
    name: 'a token in small letters',
    ref: PRODUCTION,
    inputs: { 'confirm-token': 'migrate-production' },
    exit: 3,
    says: ['confirm-token'],
  },
  {
    name: 'a token with white space',
    ref: PRODUCTION,
    inputs: { 'confirm-token': ' MIGRATE-PRODUCTION ' },
    exit: 3,
    says: ['confirm-token'],
  },
  { name: 'no token', ref: PRODUCTION, inputs: { 'review-delay': '0' }, exit: 3, says: ['confirm-token'] },
  {
    name: 'many at once',
    inputs: { mode: 'go', 'lock-wait': 'x', 'max-blocking': 'y', environment: 'z' },
    exit: 2,
    says: ['mode', 'lock-wait', 'max-blocking', 'environment'],
  },
];

const FOLDERS: readonly Case[] = [
  { name: 'no folder at all', files: { 'readme.md': 'x' }, exit: 1, says: ['migrations-path'] },
  {
    name: 'two folders',
    files: { ...GOOD, 'db/migrations/01_ok.sql': 'SELECT 1;' },
    exit: 1,
    says: ['migrations-path', 'db/migrations'],
  },
  { name: 'an empty folder', files: {}, folders: ['migrations'], exit: 1, says: ['migrations', /empty|no migration/i] },
  { name: 'files without a number', files: { 'migrations/init.sql': 'SELECT 1;' }, exit: 1, says: ['init.sql'] },
  {
    name: 'a link to nothing',
    files: GOOD,
    links: { 'migrations/02_gone.sql': 'nowhere.sql' },
    exit: 1,
    says: ['02_gone.sql'],
  },
  {
    name: 'two files of one number',
    files: { ...GOOD, 'migrations/01_too.sql': 'SELECT 1;' },
    exit: 1,
    says: ['01_ok.sql', '01_too.sql'],
  },
  {
    name: 'one number written two ways',
    files: { ...GOOD, 'migrations/1_too.sql': 'SELECT 1;' },
    exit: 1,
    says: ['01_ok.sql', '1_too.sql'],
  },
  {
    name: 'alembic that is not installed',
    files: { 'alembic.ini': '[alembic]\n' },
    env: { PATH: '/nonexistent' },
    exit: 2,
    says: [/alembic is not to be found/, 'alembic-command'],
  },
  {
    name: 'alembic beside SQL files',
    files: { ...GOOD, 'alembic.ini': '[alembic]\n' },
    exit: 2,
    says: [/alembic/i, 'engine'],
  },
];

const SCRIPTS: readonly Case[] = [
  {
    name: 'an unterminated string',
    files: bad("SELECT 1;\nSELECT 'abc;\n"),
    exit: 1,
    says: ['02_bad.sql', /line 2|:2:/],
  },
  {
    name: 'an unterminated dollar quote',
    files: bad('SELECT 1;\n\nDO $body$ BEGIN END;\n'),
    exit: 1,
    says: ['02_bad.sql', /line 3|:3:/],
  },
  {
    name: 'an unterminated comment',
    files: bad('SELECT 1; /* and /* nested */\n'),
    exit: 1,
    says: ['02_bad.sql', /comment/],
  },
  { name: 'an unterminated name', files: bad('SELECT "abc;\n'), exit: 1, says: ['02_bad.sql'] },
  {
    name: 'a COMMIT',
    files: bad('CREATE TABLE a (id int);\nCOMMIT;\nCREATE TABLE b (id int);\n'),
    exit: 1,
    says: ['02_bad.sql', 'COMMIT', /line 2|:2/],
  },
  {
    name: 'a ROLLBACK',
    files: bad('CREATE TABLE a (id int);\nROLLBACK;\n'),
    exit: 1,
    says: ['02_bad.sql', 'ROLLBACK'],
  },
  { name: 'an END', files: bad('CREATE TABLE a (id int);\nEND;\n'), exit: 1, says: ['02_bad.sql'] },
  {
    name: 'a BEGIN without an end',
    files: bad('BEGIN;\nCREATE TABLE a (id int);\n'),
    exit: 1,
    says: ['02_bad.sql', 'BEGIN'],
  },
  {
    name: 'PREPARE TRANSACTION',
    files: bad("BEGIN;\nCREATE TABLE a (id int);\nPREPARE TRANSACTION 'x';\n"),
    exit: 1,
    says: ['02_bad.sql', 'PREPARE TRANSACTION'],
  },
  { name: '\\connect', files: bad('\\connect other\nSELECT 1;\n'), exit: 1, says: ['02_bad.sql', '\\connect'] },
  { name: '\\i', files: bad('SELECT 1;\n\\i more.sql\n'), exit: 1, says: ['02_bad.sql', /line 2|:2/] },
  { name: '\\copy', files: bad('\\copy ok from data.csv csv\n'), exit: 1, says: ['02_bad.sql', '\\copy'] },
  { name: '\\gexec', files: bad("SELECT 'DROP TABLE x' \\gexec\n"), exit: 1, says: ['02_bad.sql', '\\gexec'] },
  {
    name: 'COPY FROM stdin',
    files: bad('COPY ok (id) FROM stdin;\n1\n2\n\\.\n'),
    exit: 1,
    says: ['02_bad.sql', /COPY.*stdin/i],
  },
  { name: 'COPY TO PROGRAM', files: bad("COPY ok TO PROGRAM 'cat > /dev/null';\n"), exit: 3, says: ['02_bad.sql'] },
  {
    name: 'a psql variable',
    files: bad("ALTER ROLE CURRENT_USER SET work_mem = :'size';\n"),
    exit: 1,
    says: ['02_bad.sql'],
  },
  { name: 'a NUL', files: bad('SELECT 1;\0SELECT 2;\n'), exit: 1, says: ['02_bad.sql', /NUL/i] },
  { name: 'Latin-1', files: bad(Buffer.from("SELECT 'caf\xe9';\n", 'latin1')), exit: 1, says: ['02_bad.sql', 'UTF-8'] },
  { name: 'UTF-16', files: bad(Buffer.from('\uFEFFSELECT 1;\n', 'utf16le')), exit: 1, says: ['02_bad.sql', 'UTF-'] },
  {
    name: 'a directive that is none',
    files: bad('-- gate: no-transactions\nSELECT 1;\n'),
    exit: 1,
    says: ['02_bad.sql', 'no-transactions', 'no-transaction'],
  },
  {
    name: 'a directive with a bad value',
    files: bad('-- gate: lock-timeout=fast\nSELECT 1;\n'),
    exit: 1,
    says: ['02_bad.sql', 'lock-timeout', 'fast'],
  },
  {
    name: 'an allow without a reason',
    files: bad('-- gate: allow table-rewrite\nSELECT 1;\n'),
    exit: 1,
    says: ['02_bad.sql', /reason/],
  },
  {
    name: 'a batch, of later',
    files: bad('-- gate: batch\nUPDATE ok SET id = id;\n'),
    exit: 1,
    says: ['02_bad.sql', 'batch'],
  },
  {
    name: 'one transaction for all, and a file that allows none',
    inputs: { 'transaction-mode': 'all' },
    files: bad('CREATE INDEX CONCURRENTLY ok_idx ON ok (id);\n'),
    exit: 3,
    says: ['02_bad.sql', 'transaction-mode'],
  },
  {
    name: 'a word misspelt',
    files: bad('CREATE TABEL a (id int);\n'),
    exit: 1,
    says: ['02_bad.sql', 'TABEL', /1:8|line 1/],
  },
  {
    name: 'a table that is not there',
    files: bad('SELECT 1;\nALTER TABLE nowhere ADD COLUMN x int;\n'),
    exit: 1,
    says: ['02_bad.sql', 'nowhere', /line 2|:2/],
  },
  {
    name: 'a table that is there',
    files: bad('CREATE TABLE ok (id int);\n'),
    exit: 1,
    says: ['02_bad.sql', 'already exists'],
  },
  {
    name: 'a password in SQL that fails',
    files: bad("CREATE ROLE gate_x PASSWORD 'hush-in-sql' NOSUCHOPTION;\n"),
    exit: 1,
    says: ['02_bad.sql'],
  },
  {
    name: 'a name that would write the log',
    files: bad("DO $$ BEGIN RAISE EXCEPTION E'x\\n::error::forged\\n::add-mask::a'; END $$;\n"),
    exit: 1,
    says: ['02_bad.sql'],
  },
  {
    name: 'a smoke test that fails',
    inputs: { 'smoke-tests': 'checks/*.sql' },
    files: { ...GOOD, 'checks/one.sql': 'SELECT count(*) > 7 FROM ok;\n' },
    exit: 3,
    says: ['checks/one.sql'],
  },
  {
    name: 'a smoke test that writes',
    inputs: { 'smoke-tests': 'checks/*.sql' },
    files: { ...GOOD, 'checks/one.sql': 'DELETE FROM ok;\n' },
    exit: 3,
    says: ['checks/one.sql'],
  },
];

let working: UrlParts;
let admin: string;

beforeAll(async () => {
  const server = await sharedServer();
  admin = await createDatabase(server);
  const url = new URL(admin);
  const user = `gate_${url.pathname.slice(1)}`;
  working = {
    user,
    password: encodeURIComponent(SECRET),
    host: url.hostname,
    port: url.port,
    database: url.pathname.slice(1),
  };
  // An owner, as deployments have, and no superuser.
  await execute(`CREATE ROLE ${user} LOGIN PASSWORD '${SECRET}'`);
  await execute(`ALTER DATABASE ${working.database} OWNER TO ${user}`);
});

afterAll(async () => {
  await execute(`ALTER DATABASE ${working.database} OWNER TO CURRENT_USER`);
  await execute(`DROP OWNED BY ${working.user}`);
  await execute(`DROP ROLE ${working.user}`);
});

async function execute(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const CORPUS: readonly Case[] = [...DATABASES, ...INPUTS, ...FOLDERS, ...SCRIPTS];

it('has at least sixty cases, each of its own name', () => {
  expect(CORPUS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
});

it.each(CORPUS)('$name', async (input) => {
  const workspace = temporaryWorkspace();
  await writeMigrations(workspace, input.files ?? GOOD);
  for (const folder of input.folders ?? []) await mkdir(join(workspace, folder), { recursive: true });
  for (const [path, to] of Object.entries(input.links ?? {})) await symlink(to, join(workspace, path));

  const before = await fingerprint(admin, { rowVersions: true });
  const run = await runAction({
    workspace,
    ref: input.ref ?? 'refs/heads/staging',
    env: input.env ?? {},
    inputs: { mode: 'apply', 'connect-timeout': '5s', 'database-url': (input.url ?? utf8)(working), ...input.inputs },
  });

  const text = [...run.log, ...run.annotations.map(({ message }) => message)].join('\n');
  expect({ exit: run.exitCode, state: run.outputs['database-state'] }, text).toEqual({
    exit: input.exit,
    state: 'unchanged',
  });
  expect(input.exit === 3 ? ['refused', 'dry-run-inconclusive'] : ['failed']).toContain(run.outputs.result);
  for (const said of input.says) {
    if (typeof said === 'string') expect(text).toContain(said);
    else expect(text).toMatch(said);
  }
  expect(run.summary.split('\n')[0]).toContain('unchanged');
  expect(run.report?.error.next).toMatch(/\w/);
  expect(run.annotations[0]?.level).toBe('error');
  // A stack is for our own mistakes; none of these is one.
  expect(text).not.toMatch(/^\s+at (async )?(\S+ )?\(?(file:|node:|\/)\S*:\d+:\d+/m);
  for (const secret of [SECRET, encodeURIComponent(SECRET), 'hush', 'not-the-password']) {
    expect(await placesOf(run, secret)).toEqual([]);
  }
  expect(run.annotations.filter(({ message }) => message === 'forged')).toEqual([]);
  expect(await fingerprint(admin, { rowVersions: true })).toBe(before);
});
