import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { INPUTS, type InputName, type InputSpec } from '../../src/request/inputs.ts';
import { type Context, parseRequest, type RawInputs } from '../../src/request/parse.ts';
import type { InputProblem, Request } from '../../src/request/request.ts';
import { engineProblems } from '../../src/request/tool.ts';

const PASSWORD = 's3cr3t-Wörd';
const URL = `postgres://deploy:${encodeURIComponent(PASSWORD)}@db.example.com/shop`;
const PUBLISHING = {
  artifactName: 'migration-log-staging-dry-run-local-1',
  uploadArtifact: true,
  retentionDays: null,
  githubToken: null,
  commentOnPr: true,
  createRelease: false,
  notifyUrl: null,
};
const STAGING: RawInputs = { 'database-url': URL, environment: 'staging' };
const DIGEST = '0123456789abcdef'.repeat(4);

function context(changes: Partial<Context> = {}): Context {
  return { door: 'action', env: {}, event: null, cwd: '/srv/app', ...changes };
}

function requestOf(raw: RawInputs, changes: Partial<Context> = {}): Request {
  const parsed = parseRequest(raw, context(changes));
  if (parsed.kind !== 'request') throw new Error(`not a request: ${JSON.stringify(parsed)}`);
  return parsed.request;
}

function problemsOf(raw: RawInputs, changes: Partial<Context> = {}): readonly InputProblem[] {
  const parsed = parseRequest(raw, context(changes));
  return parsed.kind === 'invalid' ? parsed.problems : [];
}

describe('defaults', () => {
  it('outside production', () => {
    expect(requestOf(STAGING)).toEqual({
      door: 'action',
      mode: 'dry-run',
      environment: 'staging',
      environmentSource: 'input',
      target: {
        host: 'db.example.com',
        port: 5432,
        database: 'shop',
        user: 'deploy',
        password: PASSWORD,
        sslMode: 'prefer',
        sslRootCert: null,
        source: 'input database-url',
      },
      rehearsalTarget: null,
      connectTimeoutMs: 10_000,
      confirmation: 'not-needed',
      planDigest: null,
      reviewDelayMs: 0,
      engine: 'auto',
      migrationsPath: null,
      workingDirectory: '/srv/app',
      alembicConfig: 'alembic.ini',
      alembicCommand: null,
      command: null,
      commandProbe: null,
      urlVariables: [{ name: 'DATABASE_URL', template: null }],
      toolRefused: null,
      targetVersion: null,
      transactionMode: 'per-migration',
      allowOutOfOrder: false,
      trackingSchema: 'public',
      lockTimeoutMs: 2000,
      statementTimeoutMs: 0,
      lockRetries: 5,
      lockWaitMs: 60_000,
      maxBlockingMs: 1000,
      maxExclusiveMs: 1000,
      dryRunTimeoutMs: 300_000,
      dryRunMaxBytes: 1_073_741_824,
      assumeRows: 0,
      rehearseRollback: null,
      settle: { words: new Map(), reason: null },
      failOn: 'danger',
      allowHazards: [],
      criticalTables: [],
      criticalIndexes: [],
      smokeTests: null,
      backup: 'none',
      showData: false,
      publishing: PUBLISHING,
      run: {
        runId: null,
        attempt: null,
        repository: null,
        actor: null,
        sha: null,
        ref: null,
        runUrl: null,
        eventName: null,
        workflow: null,
        job: null,
        pullRequest: null,
      },
      verbose: false,
      json: false,
      secrets: expect.arrayContaining([URL, PASSWORD, encodeURIComponent(PASSWORD)]),
    });
  });

  it('in production', () => {
    const request = requestOf({ ...STAGING, environment: 'production' });
    expect(request).toMatchObject({ reviewDelayMs: 30_000, backup: 'marker', environment: 'production' });
  });

  it('are the same when every input holds the text that action.yml declares', () => {
    const declared = Object.fromEntries(INPUTS.map((spec) => [spec.name, spec.default]));
    expect(requestOf({ ...declared, ...STAGING })).toEqual(requestOf(STAGING));
  });
});

describe('values that are taken', () => {
  it.each<[InputName, string, Partial<Request>]>([
    ['mode', 'apply', { mode: 'apply' }],
    ['mode', ' status ', { mode: 'status' }],
    ['mode', 'verify', { mode: 'verify' }],
    ['environment', 'development', { environment: 'development', environmentSource: 'input' }],
    ['connect-timeout', '3s', { connectTimeoutMs: 3000 }],
    ['plan-digest', DIGEST, { planDigest: DIGEST }],
    ['review-delay', '5m', { reviewDelayMs: 300_000 }],
    ['engine', 'sql', { engine: 'sql' }],
    ['engine', 'alembic', { engine: 'alembic' }],
    ['migrations-path', 'db/./migrations', { migrationsPath: 'db/./migrations' }],
    ['migrations-path', '..hidden/x', { migrationsPath: '..hidden/x' }],
    ['migrations-path', 'a/../b', { migrationsPath: 'a/../b' }],
    ['working-directory', 'services/api', { workingDirectory: '/srv/app/services/api' }],
    ['target-version', '0012', { targetVersion: '0012' }],
    ['target-version', 'latest', { targetVersion: null }],
    ['target-version', '1975ea83b712', { targetVersion: '1975ea83b712' }],
    ['target-version', 'head', { targetVersion: null }],
    ['transaction-mode', 'all', { transactionMode: 'all' }],
    ['allow-out-of-order', 'true', { allowOutOfOrder: true }],
    ['tracking-schema', '_gate_2', { trackingSchema: '_gate_2' }],
    ['tracking-schema', 'a'.repeat(63), { trackingSchema: 'a'.repeat(63) }],
    ['lock-timeout', '500ms', { lockTimeoutMs: 500 }],
    ['statement-timeout', '10m', { statementTimeoutMs: 600_000 }],
    ['lock-retries', '0', { lockRetries: 0 }],
    ['lock-retries', '100', { lockRetries: 100 }],
    ['lock-wait', '0', { lockWaitMs: 0 }],
    ['max-blocking', '3s', { maxBlockingMs: 3000, maxExclusiveMs: 3000 }],
    ['max-exclusive', '7s', { maxBlockingMs: 1000, maxExclusiveMs: 7000 }],
    ['dry-run-timeout', '0', { dryRunTimeoutMs: 0 }],
    ['dry-run-max-bytes', '64kB', { dryRunMaxBytes: 65_536 }],
    ['dry-run-max-bytes', '0', { dryRunMaxBytes: 0 }],
    ['fail-on', 'none', { failOn: 'none' }],
    ['assume-rows', '10000000', { assumeRows: 10_000_000 }],
    ['allow-hazards', 'drop-column,\n dry-run-inconclusive', { allowHazards: ['drop-column', 'dry-run-inconclusive'] }],
    ['critical-tables', 'orders, shop.users', { criticalTables: ['orders', 'shop.users'] }],
    ['critical-tables', '"Order Lines"', { criticalTables: ['"Order Lines"'] }],
    ['critical-indexes', 'shop.users_pkey', { criticalIndexes: ['shop.users_pkey'] }],
    ['smoke-tests', 'smoke/**/*.sql', { smokeTests: 'smoke/**/*.sql' }],
    ['backup', 'marker', { backup: 'marker' }],
    ['backup', 'none', { backup: 'none' }],
    ['show-data', 'true', { showData: true }],
    ['artifact-name', 'log of today', { publishing: { ...PUBLISHING, artifactName: 'log of today' } }],
    ['upload-artifact', 'false', { publishing: { ...PUBLISHING, uploadArtifact: false } }],
    ['artifact-retention-days', '7', { publishing: { ...PUBLISHING, retentionDays: 7 } }],
    ['github-token', ' ghs_abc\n', { publishing: { ...PUBLISHING, githubToken: 'ghs_abc' } }],
    ['comment-on-pr', 'false', { publishing: { ...PUBLISHING, commentOnPr: false } }],
    [
      'notify-url',
      'https://hooks.example.com/a',
      { publishing: { ...PUBLISHING, notifyUrl: 'https://hooks.example.com/a' } },
    ],
    ['rollback-steps', '1', {}],
    ['alembic-config', 'alembic.ini', { alembicConfig: 'alembic.ini' }],
    ['alembic-config', 'db/alembic.ini', { alembicConfig: 'db/alembic.ini' }],
    ['alembic-command', 'uv run "my alembic"', { alembicCommand: ['uv', 'run', 'my alembic'] }],
    ['database-url-env', 'DATABASE_URL', {}],
    [
      'database-url-env',
      'DSN,\nJDBC=jdbc:postgresql://{host}:{port}/{database}?user={user}&password={password}',
      {
        urlVariables: [
          { name: 'DSN', template: null },
          {
            name: 'JDBC',
            template: 'jdbc:postgresql://{host}:{port}/{database}?user={user}&password={password}',
          },
        ],
      },
    ],
    ['assume-rows', '0', {}],
    ['create-release', 'false', {}],
  ])('%s: %j', (name, text, expected) => {
    expect(requestOf({ ...STAGING, [name]: text })).toMatchObject(expected);
  });
});

describe('values that are refused, by name', () => {
  it.each<[InputName, string, string]>([
    ['mode', 'aply', 'did you mean `apply`?'],
    ['mode', 'Apply', '"Apply" is not allowed; allowed: dry-run, apply, status, verify'],
    ['mode', 'rollback', 'not supported yet'],
    ['mode', 'baseline', 'not supported yet'],

    ['environment', 'prod', 'production, staging, development'],
    ['environment', 'Production', 'did you mean `production`?'],
    ['connect-timeout', '10', '500ms, 30s, 5m'],
    ['plan-digest', DIGEST.toUpperCase(), '64 hexadecimal'],
    ['plan-digest', `sha256:${DIGEST}`, '64 hexadecimal'],
    ['plan-digest', 'abc', '64 hexadecimal'],
    ['review-delay', 'soon', '"soon"'],
    ['engine', 'prisma', '"prisma" is not allowed; allowed: auto, sql, alembic, command'],
    ['engine', 'comand', 'did you mean `command`?'],
    ['migrations-path', '/etc', 'inside the working directory'],
    ['migrations-path', '../other', 'inside the working directory'],
    ['migrations-path', 'a/../../b', 'inside the working directory'],
    ['migrations-path', '..\\other', 'inside the working directory'],
    ['migrations-path', 'C:\\migrations', 'inside the working directory'],
    ['migrations-path', 'C:migrations', 'inside the working directory'],
    ['migrations-path', '..', 'inside the working directory'],
    ['target-version', 'v12', 'digits'],
    ['target-version', '12_users', 'digits'],
    ['transaction-mode', 'single', 'per-migration, all'],
    ['allow-out-of-order', 'yes', 'true, false'],
    ['allow-out-of-order', 'TRUE', 'true, false'],
    ['tracking-schema', 'my schema', 'plain identifier'],
    ['tracking-schema', 'App', 'plain identifier'],
    ['tracking-schema', '1st', 'plain identifier'],
    ['tracking-schema', 'a"; DROP SCHEMA public; --', 'plain identifier'],
    ['tracking-schema', 'a'.repeat(64), '63 bytes'],
    ['tracking-schema', 'pg_catalog', 'own schemas'],
    ['tracking-schema', 'information_schema', 'own schemas'],
    ['lock-timeout', '2 s', '"2 s"'],
    ['statement-timeout', '-1s', '"-1s"'],
    ['lock-retries', '101', 'from 0 to 100'],
    ['lock-retries', '-1', 'from 0 to 100'],
    ['lock-retries', 'five', 'from 0 to 100'],
    ['lock-wait', '60', '"60"'],
    ['max-blocking', '1d', '"1d"'],
    ['max-exclusive', 'as max-blocking', 'is not allowed'],
    ['dry-run-timeout', '25h30', 'is not allowed'],
    ['dry-run-max-bytes', '1024', 'powers of 1024'],
    ['dry-run-max-bytes', '1 GB', 'powers of 1024'],
    ['fail-on', 'info', 'danger, warning, none'],
    ['allow-hazards', 'drop column', '"drop column"'],
    ['allow-hazards', 'ok,NOT_OK', '"NOT_OK"'],
    ['critical-tables', 'a.b.c', '"a.b.c"'],
    ['critical-tables', 'a b', '"a b"'],
    ['critical-indexes', '.x', '".x"'],
    ['smoke-tests', '../*.sql', 'inside the working directory'],
    ['backup', 'dump', 'not supported yet'],
    ['backup', 'full', 'none, marker'],
    ['show-data', '1', 'true, false'],
    ['artifact-name', 'a/b', 'is not allowed'],
    ['artifact-name', 'a:b', 'is not allowed'],
    ['artifact-name', 'a\nb', '"a\\nb" is not allowed'],
    ['upload-artifact', 'no', 'true, false'],
    ['comment-on-pr', 'on', 'true, false'],
    ['rollback-steps', '2', 'not supported yet'],
    ['assume-rows', '-1', 'a whole number from 0'],
    ['backup-path', 'dumps', 'not supported yet'],
    ['alembic-config', '/etc/alembic.ini', 'inside the working directory'],
    ['alembic-config', '../alembic.ini', 'inside the working directory'],
    ['alembic-command', 'cd api && alembic', '`&&` (character 8)'],
    ['alembic-command', `alembic -x url=${URL}`, 'it holds a password'],
    ['database-url-env', '1X', '"1X" is no name of a variable'],
    ['database-url-env', 'A-B={url}', '"A-B" is no name of a variable'],
    ['database-url-env', '={url}', '"" is no name of a variable'],
    ['database-url-env', 'A,A={url}', '"A" is given twice'],
    ['database-url-env', 'A={dbname}', 'the template of "A" holds "{dbname}"; allowed: {url} {host}'],
    ['database-url-env', 'A={url', 'the template of "A" holds "{"'],
    ['database-url-env', 'A={{url}}', 'the template of "A" holds "{}"'],
    ['database-url-env', 'A=', 'the template of "A" has none of {url}'],
    ['database-url-env', 'A=prod', 'belongs in `env:` of the step'],
    ['database-url-env', `A=postgres://{user}:${PASSWORD}@{host}/x`, 'the template of "A" holds a password'],
    ['database-url-env', URL, 'not shown'],
    ['database-url-env', ',', 'it names no variable'],
    ['artifact-retention-days', '0', 'from 1 to 400'],
    ['artifact-retention-days', '401', 'from 1 to 400'],
    ['github-token', `${PASSWORD} ${PASSWORD}`, 'white space'],
    ['create-release', 'true', 'it needs github-token'],
    ['create-release', 'yes', 'true, false'],
    ['notify-url', `hooks.example.com/${PASSWORD}`, 'begins with https://'],
    ['notify-url', `ftp://hooks.example.com/${PASSWORD}`, 'begins with https://'],
    ['rehearsal-database-url', URL, 'it is the target itself'],
    ['rehearsal-database-url', 'env', 'REHEARSAL_DATABASE_URL'],
    ['rehearsal-database-url', `mysql://u:${PASSWORD}@h/d`, 'postgres://'],
    ['engine', URL, 'not shown'],
    ['migrations-path', `/x/${PASSWORD}`, 'not shown'],
  ])('%s: %j', (name, text, fragment) => {
    const problems = problemsOf({ ...STAGING, [name]: text });
    expect(problems.map((problem) => problem.input)).toEqual([name]);
    expect(problems[0]?.message).toContain(fragment);
    expect(JSON.stringify(problems)).not.toContain(PASSWORD);
    expect(JSON.stringify(problems)).not.toContain(encodeURIComponent(PASSWORD));
  });

  it('every input of a later release is refused when it is set', () => {
    const later: readonly InputSpec[] = INPUTS.filter((spec) => !spec.supported);
    const raw = { ...STAGING, ...Object.fromEntries(later.map((spec) => [spec.name, 'something'])) };
    expect(problemsOf(raw).map((problem) => problem.input)).toEqual(later.map((spec) => spec.name));
  });

  it('all at once, in the order of the table, unknown names last', () => {
    const raw = { bogus: 'x', 'fail-on': 'x', 'databse-url': 'x', mode: 'x', 'lock-wait': 'x', environment: 'x' };
    const problems = problemsOf(raw);
    expect(problems.map((problem) => problem.input)).toEqual([
      'database-url',
      'mode',
      'environment',
      'lock-wait',
      'fail-on',
      'bogus',
      'databse-url',
    ]);
    expect(problems.at(-1)?.message).toContain('did you mean `database-url`?');
  });

  it.each(['__proto__', 'constructor', 'toString'])('%s is no input', (name) => {
    const raw = JSON.parse(JSON.stringify(STAGING).replace('{', `{"${name}":"x",`));
    expect(problemsOf(raw).map((problem) => problem.input)).toEqual([name]);
  });

  it('says what is known of the run', () => {
    const parsed = parseRequest({ ...STAGING, 'lock-wait': 'x' }, context({ json: true, env: { GITHUB_RUN_ID: '7' } }));
    expect(parsed).toMatchObject({
      kind: 'invalid',
      known: {
        mode: 'dry-run',
        environment: 'staging',
        workingDirectory: '/srv/app',
        publishing: { ...PUBLISHING, artifactName: 'migration-log-staging-dry-run-7-1' },
        json: true,
        secrets: expect.arrayContaining([PASSWORD]),
      },
    });
  });
});

describe('the engine', () => {
  const COMMAND = { ...STAGING, engine: 'command', command: 'dbmate up', 'command-probe': 'dbmate status' };

  it('command has its words', () => {
    expect(requestOf({ ...COMMAND, 'database-url-env': 'DBMATE_URL' })).toMatchObject({
      engine: 'command',
      command: ['dbmate', 'up'],
      commandProbe: ['dbmate', 'status'],
      urlVariables: [{ name: 'DBMATE_URL', template: null }],
    });
  });

  it.each<[string, RawInputs]>([
    ['sql', { 'transaction-mode': 'all', 'allow-out-of-order': 'true', 'rehearse-rollback': 'true' }],
    ['sql', { 'migrations-path': 'm', 'target-version': '1' }],
    ['auto', { 'migrations-path': 'm', 'transaction-mode': 'all', 'allow-out-of-order': 'true' }],
    ['auto', { 'alembic-config': 'x.ini', 'alembic-command': 'uv run alembic', 'database-url-env': 'A' }],
    ['alembic', { 'alembic-config': 'x.ini', 'alembic-command': 'uv run alembic', 'database-url-env': 'A' }],
    ['alembic', { 'target-version': '0002_users.x', 'rehearse-rollback': 'false' }],
    ['command', { ...COMMAND, 'rehearse-rollback': 'false', 'database-url-env': 'A={url}' }],
    ['command', { ...COMMAND, 'rehearsal-database-url': 'postgres://r:0ther@copy/shop' }],
  ])('%s goes with %j', (engine, raw) => {
    expect(problemsOf({ ...STAGING, ...raw, engine })).toEqual([]);
  });

  it.each<[string, RawInputs, readonly string[]]>([
    ['sql', { 'alembic-config': 'x.ini', 'alembic-command': 'alembic' }, ['alembic-config', 'alembic-command']],
    ['sql', { command: 'dbmate up', 'command-probe': 'dbmate status' }, ['command', 'command-probe']],
    ['sql', { 'database-url-env': 'A' }, ['database-url-env']],
    ['sql', { 'database-url-env': 'DATABASE_URL={url}' }, ['database-url-env']],
    ['sql', { 'target-version': '1975ea83b712' }, ['target-version']],
    ['sql', { 'target-version': 'head' }, ['target-version']],
    ['auto', { command: 'dbmate up', 'command-probe': 'dbmate status' }, ['command', 'command-probe']],
    ['alembic', { command: 'dbmate up', 'command-probe': 'dbmate status' }, ['command', 'command-probe']],
    ['alembic', { 'migrations-path': 'm' }, ['migrations-path']],
    ['alembic', { 'target-version': '+1' }, ['target-version']],
    ['alembic', { 'target-version': 'a@head' }, ['target-version']],
    [
      'alembic',
      { 'transaction-mode': 'all', 'allow-out-of-order': 'true', 'rehearse-rollback': 'true' },
      ['transaction-mode', 'allow-out-of-order', 'rehearse-rollback'],
    ],
    [
      'command',
      { 'transaction-mode': 'all', 'allow-out-of-order': 'true', 'rehearse-rollback': 'true', command: 'a' },
      ['transaction-mode', 'allow-out-of-order', 'rehearse-rollback'],
    ],
    ['command', { ...COMMAND, 'migrations-path': 'm', 'target-version': '3' }, ['migrations-path', 'target-version']],
    ['command', { ...COMMAND, 'target-version': 'v3-x' }, ['target-version']],
    ['command', { ...COMMAND, 'alembic-config': 'x.ini' }, ['alembic-config']],
    ['command', { ...COMMAND, 'alembic-command': 'alembic' }, ['alembic-command']],
    ['command', {}, ['command']],
    ['command', { 'command-probe': 'dbmate status' }, ['command']],
    // Two mistakes in one line, and no third one that only follows from them.
    ['command', { command: 'A=1 dbmate up | cat' }, ['command', 'command']],
    ['flyway', { command: 'flyway migrate', 'migrations-path': 'm' }, ['engine']],
  ])('%s does not go with %j', (engine, raw, inputs) => {
    const problems = problemsOf({ ...STAGING, ...raw, engine });
    expect(problems.map((problem) => problem.input)).toEqual(inputs);
  });

  it('that does not honour an input is named, with what to do', () => {
    expect(problemsOf({ ...STAGING, command: 'dbmate up', 'transaction-mode': 'all' })).toEqual([
      {
        input: 'command',
        message:
          'it goes with engine command only, and this is engine auto; say which is meant: set `engine: command`, or leave it out',
      },
    ]);
    expect(problemsOf({ ...STAGING, engine: 'alembic', 'transaction-mode': 'all' })).toEqual([
      {
        input: 'transaction-mode',
        message:
          'it goes with engine sql only, and this is engine alembic; any other tool has its own ways; leave it out',
      },
    ]);
  });

  it.each([
    [`dbmate --url ${URL} up`, 'it holds a password'],
    [`dbmate "--url=${URL}" up`, 'it holds a password'],
    [`flyway -url='jdbc:postgresql://h/d?user=u&password=${PASSWORD}' migrate`, 'it holds a password'],
    [`flyway -password=${PASSWORD} migrate`, 'it holds a password'],
    ['dbmate --url postgres://u@h/d up', 'it holds the URL of a database'],
    ['alembic -x url=postgresql+psycopg://h/d upgrade', 'it holds the URL of a database'],
  ])('command takes no secret and no address: %s', (command, fragment) => {
    const problems = problemsOf({ ...COMMAND, 'database-url': 'postgres://u:x@h/d', command });
    expect(problems.map((problem) => problem.input)).toEqual(['command']);
    expect(problems[0]?.message).toContain(fragment);
    expect(problems[0]?.message).toContain('database-url-env');
    expect(JSON.stringify(problems)).not.toContain(PASSWORD);
  });

  it('command knows a password that was written into it for a secret all the same', () => {
    const command = `tool --url=postgres://u:hush%21hush@h/d --password='hash hash' x`;
    expect(parseRequest({ ...COMMAND, command }, context())).toMatchObject({
      kind: 'invalid',
      known: { secrets: expect.arrayContaining(['hush%21hush', 'hush!hush']) },
    });
    const address = 'npx --registry=https://registry.example.com/ tool';
    expect(requestOf({ ...COMMAND, command: address }).secrets.join()).not.toContain('registry');
  });

  it.each<[string, RawInputs, string]>([
    ['a dry run', { mode: 'dry-run' }, 'refused'],
    ['an apply', { mode: 'apply' }, 'refused'],
    ['a dry run that accepts it', { mode: 'dry-run', 'allow-hazards': 'drop-table, unprobed-command' }, 'request'],
    ['an apply that accepts it', { mode: 'apply', 'allow-hazards': 'unprobed-command' }, 'request'],
    ['status', { mode: 'status' }, 'request'],
    ['verify', { mode: 'verify' }, 'request'],
  ])('command without a probe in %s', (_what, raw, kind) => {
    const parsed = parseRequest({ ...COMMAND, 'command-probe': '', ...raw }, context());
    expect(parsed.kind).toBe(kind);
    if (parsed.kind !== 'refused') return;
    expect(parsed.reason).toContain('no command-probe');
    expect(parsed.next).toContain('Set command-probe to a harmless command');
    expect(parsed.next).toContain('allow-hazards: unprobed-command');
  });

  it('command without a probe and with a bad input is told of the input first', () => {
    const raw = { ...COMMAND, 'command-probe': '', 'lock-wait': 'x' };
    expect(parseRequest(raw, context()).kind).toBe('invalid');
  });
});

it.each(['alembic', 'command'])('takes what examples/workflows/%s.yml gives', (name) => {
  const file = new globalThis.URL(`../../examples/workflows/${name}.yml`, import.meta.url);
  const { jobs } = parse(readFileSync(file, 'utf8')) as { jobs: { migrate: { steps: { with: RawInputs }[] } } };
  const given = jobs.migrate.steps.at(-1)?.with;
  expect(requestOf({ ...given, 'database-url': URL, 'notify-url': '' })).toMatchObject({ engine: name, mode: 'apply' });
});

it('what auto became can be asked again', () => {
  const request = requestOf({ ...STAGING, 'transaction-mode': 'all', 'alembic-command': 'uv run alembic' });
  expect(engineProblems('alembic', request).map((problem) => problem.input)).toEqual(['transaction-mode']);
  expect(engineProblems('sql', request).map((problem) => problem.input)).toEqual(['alembic-command']);
});

describe('working directory and workspace', () => {
  const env = { GITHUB_WORKSPACE: '/srv/app' };
  it.each([
    ['.', []],
    ['api', []],
    ['/srv/app/api', []],
    ['..', ['working-directory']],
    ['/etc', ['working-directory']],
    ['../app2', ['working-directory']],
    ['api/../../x', ['working-directory']],
  ])('the action takes %s: problems %j', (directory, inputs) => {
    const problems = problemsOf({ ...STAGING, 'working-directory': directory }, { env });
    expect(problems.map((problem) => problem.input)).toEqual(inputs);
  });

  it('the command line may go anywhere', () => {
    const request = requestOf({ ...STAGING, 'working-directory': '../other' }, { env, door: 'cli' });
    expect(request.workingDirectory).toBe('/srv/other');
  });
});

describe('the database', () => {
  const parts = {
    DATABASE_HOST: 'parts',
    DATABASE_PORT: '6000',
    DATABASE_NAME: 'n',
    DATABASE_USER: 'u',
    DATABASE_PASSWORD: PASSWORD,
  };
  const pg = { PGHOST: 'pg', PGDATABASE: 'n', PGUSER: 'u', PGPASSWORD: PASSWORD };
  const url = { DATABASE_URL: URL };

  it.each<[string, string, Context['env'], string, string, number]>([
    [
      'the input wins',
      URL.replace('db.example.com', 'input'),
      { ...url, ...parts, ...pg },
      'input',
      'input database-url',
      5432,
    ],
    ['env', 'env', { ...url, ...parts, ...pg }, 'db.example.com', 'environment variable DATABASE_URL', 5432],
    ['empty', '', url, 'db.example.com', 'environment variable DATABASE_URL', 5432],
    [
      'parts',
      '',
      { ...parts, ...pg },
      'parts',
      'environment variables DATABASE_HOST, DATABASE_NAME, DATABASE_USER',
      6000,
    ],
    [
      'parts without port',
      '',
      { ...parts, DATABASE_PORT: '' },
      'parts',
      'environment variables DATABASE_HOST, DATABASE_NAME, DATABASE_USER',
      5432,
    ],
    ['libpq', '', pg, 'pg', 'environment variables PGHOST, PGDATABASE, PGUSER', 5432],
    [
      'libpq with port',
      'env',
      { ...pg, PGPORT: '7000' },
      'pg',
      'environment variables PGHOST, PGDATABASE, PGUSER',
      7000,
    ],
    [
      'a socket',
      '',
      { ...pg, PGHOST: '/var/run/postgresql' },
      '/var/run/postgresql',
      'environment variables PGHOST, PGDATABASE, PGUSER',
      5432,
    ],
  ])('%s', (_what, given, env, host, source, port) => {
    const { target } = requestOf({ environment: 'staging', 'database-url': given }, { env });
    expect(target).toMatchObject({ host, source, port, password: PASSWORD });
  });

  it.each<[string, RawInputs, Partial<Context>, string]>([
    ['empty in production, action', { environment: 'production' }, { env: url }, 'an unset secret'],
    ['empty where production is assumed', {}, { env: url }, 'production (assumed, the strict side)'],
    [
      'env in production, nothing there',
      { environment: 'production', 'database-url': 'env' },
      {},
      'no database is named',
    ],
    ['nothing at all', { environment: 'staging' }, {}, 'no database is named'],
    ['nothing at all, command line', { environment: 'production' }, { door: 'cli' }, 'no database is named'],
    [
      'parts without password',
      { environment: 'staging' },
      { env: { ...parts, DATABASE_PASSWORD: '' } },
      'not DATABASE_PASSWORD;',
    ],
    [
      'parts without host and user',
      { environment: 'staging' },
      { env: { DATABASE_NAME: 'n', DATABASE_PASSWORD: PASSWORD } },
      'not DATABASE_HOST, DATABASE_USER;',
    ],
    [
      'half of DATABASE_* beside PG*',
      { environment: 'staging' },
      { env: { ...pg, DATABASE_HOST: 'h' } },
      'DATABASE_NAME',
    ],
    ['libpq without database', { environment: 'staging' }, { env: { ...pg, PGDATABASE: '' } }, 'not PGDATABASE;'],
    ['libpq without user', { environment: 'staging' }, { env: { ...pg, PGUSER: undefined } }, 'not PGUSER;'],
    ['bad PGPORT', { environment: 'staging' }, { env: { ...pg, PGPORT: 'x' } }, 'PGPORT'],
    ['several PGHOSTs', { environment: 'staging' }, { env: { ...pg, PGHOST: 'a,b' } }, 'more than one host'],
    ['bad PGSSLMODE', { environment: 'staging' }, { env: { ...pg, PGSSLMODE: 'on' } }, 'PGSSLMODE'],
    [
      'bad DATABASE_URL',
      { environment: 'staging' },
      { env: { DATABASE_URL: `${URL}\n` } },
      'the environment variable DATABASE_URL: it begins or ends',
    ],
    [
      'weak system roots',
      { ...STAGING, 'ssl-root-cert': 'system', 'database-url': `${URL}?sslmode=require` },
      {},
      'verify-full',
    ],
  ])('%s is a problem', (_what, raw, changes, fragment) => {
    const problems = problemsOf(raw, changes);
    expect(problems.map((problem) => problem.input)).toEqual(['database-url']);
    expect(problems[0]?.message).toContain(fragment);
    expect(JSON.stringify(problems)).not.toContain(PASSWORD);
  });

  it('the command line reads the environment in production as well', () => {
    const { target } = requestOf({ environment: 'production' }, { door: 'cli', env: url });
    expect(target.host).toBe('db.example.com');
  });

  it.each<[string, RawInputs, Context['env'], string, string | null]>([
    ['nothing said', {}, {}, 'prefer', null],
    [
      'the URL',
      { 'database-url': `${URL}?sslmode=verify-ca&sslrootcert=a.pem` },
      { PGSSLMODE: 'disable' },
      'verify-ca',
      'a.pem',
    ],
    ['PGSSLMODE', {}, { PGSSLMODE: 'require', PGSSLROOTCERT: 'pg.pem' }, 'require', 'pg.pem'],
    ['the input', { 'ssl-root-cert': 'in.pem', 'database-url': `${URL}?sslrootcert=a.pem` }, {}, 'prefer', 'in.pem'],
    ['the roots of the system', { 'ssl-root-cert': 'system' }, {}, 'verify-full', 'system'],
  ])('TLS as %s says', (_what, raw, env, sslMode, sslRootCert) => {
    expect(requestOf({ ...STAGING, ...raw }, { env }).target).toMatchObject({ sslMode, sslRootCert });
  });

  it.each([
    [undefined, 7000],
    ['10s', 7000],
    ['3s', 3000],
  ])('connect-timeout %s beside connect_timeout=7 is %s ms', (given, ms) => {
    const raw = { ...STAGING, 'database-url': `${URL}?connect_timeout=7`, 'connect-timeout': given };
    expect(requestOf(raw).connectTimeoutMs).toBe(ms);
  });

  it('a copy to rehearse on, and its password among the secrets', () => {
    const copy = 'postgres://r:0ther@copy/shop';
    const given = requestOf({ ...STAGING, 'rehearsal-database-url': copy });
    expect(given.rehearsalTarget).toMatchObject({ host: 'copy', source: 'input rehearsal-database-url' });
    expect(given.secrets).toEqual(expect.arrayContaining([copy, '0ther']));
    const read = requestOf({ ...STAGING, 'rehearsal-database-url': 'env' }, { env: { REHEARSAL_DATABASE_URL: copy } });
    expect(read.rehearsalTarget?.host).toBe('copy');
  });
});

describe('secrets', () => {
  it('hold every password of the environment, however short, and no empty text', () => {
    const env = { PGPASSWORD: 'x', DATABASE_PASSWORD: 'a/b', DATABASE_URL: 'postgres://u:zz@h/d' };
    const { secrets } = requestOf(STAGING, { env });
    expect(secrets).toEqual(expect.arrayContaining(['x', 'a/b', 'a%2Fb', 'zz', PASSWORD]));
    expect(secrets).not.toContain('');
  });

  it('do not hold the word env', () => {
    expect(requestOf({ ...STAGING, 'database-url': 'env' }, { env: { DATABASE_URL: URL } }).secrets).not.toContain(
      'env',
    );
  });

  it('hold tokens, also where the request is refused', () => {
    const parsed = parseRequest(
      { ...STAGING, 'github-token': 'ghs_1', 'notify-url': 'https://x/y', mode: 'x' },
      context(),
    );
    expect(parsed).toMatchObject({
      kind: 'invalid',
      known: { secrets: expect.arrayContaining(['ghs_1', 'https://x/y']) },
    });
  });
});

it('a request is frozen to its depths', () => {
  const request = requestOf({ ...STAGING, 'critical-tables': 'a' });
  for (const value of [request, request.target, request.run, request.criticalTables, request.secrets]) {
    expect(Object.isFrozen(value)).toBe(true);
  }
});

it('verbose and json are what the door says', () => {
  expect(requestOf(STAGING, { verbose: true, json: true })).toMatchObject({ verbose: true, json: true });
});

describe('secrets by name', () => {
  const env = { GITHUB_TOKEN: 'ghs_fromEnvironment', NOTIFY_URL: 'https://hooks.example.com/fromEnvironment' };

  it('are read from the environment, and are secrets', () => {
    const request = requestOf({ ...STAGING, 'github-token': 'env', 'notify-url': 'env' }, { env });
    expect(request.publishing).toMatchObject({ githubToken: env.GITHUB_TOKEN, notifyUrl: env.NOTIFY_URL });
    expect(request.secrets).toEqual(expect.arrayContaining(Object.values(env)));
  });

  it('are none where the environment has none', () => {
    const request = requestOf({ ...STAGING, 'github-token': 'env', 'notify-url': 'env' });
    expect(request.publishing).toMatchObject({ githubToken: null, notifyUrl: null });
  });
});

it('a run whose inputs are wrong still knows its database', () => {
  expect(parseRequest({ ...STAGING, 'lock-wait': 'x' }, context())).toMatchObject({
    kind: 'invalid',
    known: { target: { host: 'db.example.com', database: 'shop', source: 'input database-url' } },
  });
});
