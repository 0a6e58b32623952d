/** What a tool is told of the database: our proxy everywhere, the target nowhere. */
import { describe, expect, it } from 'vitest';
import { type ChildEnvironmentOptions, childEnvironment } from '../../src/engines/tool/environment.ts';
import type { Target } from '../../src/request/request.ts';

const TARGET: Target = {
  host: 'db.example.com',
  port: 5432,
  database: 'shop',
  user: 'deploy',
  password: 'p@ss/w"rd%41',
  sslMode: 'prefer',
  sslRootCert: null,
  source: 'input database-url',
};
const OWN = {
  host: '127.0.0.1',
  port: 40123,
  user: 'gate',
  password: 's3cr3t{host}',
  database: 'shop',
  sslRootCert: null,
};
const ENCODED = encodeURIComponent('p@ss/w"rd%41');
const PROXY = `127.0.0.1:40123/shop`;
const LOGIN = 'gate:s3cr3t%7Bhost%7D';

function child(env: Record<string, string | undefined>, more: Partial<ChildEnvironmentOptions> = {}) {
  return childEnvironment({
    env,
    target: TARGET,
    own: OWN,
    variables: [{ name: 'DATABASE_URL', template: null }],
    rehearsal: true,
    secrets: [],
    nullDevice: '/dev/null',
    ...more,
  });
}
const weak = (password: string) => ({ target: { ...TARGET, password } });

describe('what leads to the target is taken out', () => {
  it.each([
    ['its URL', `postgres://deploy:${ENCODED}@db.example.com/shop`],
    ['its URL at another place', `postgres://deploy:${ENCODED}@10.0.0.7:6432/other`],
    ['its URL without a password', 'postgres://deploy@db.example.com/shop'],
    ['its URL by another driver', 'postgresql+asyncpg://x@DB.Example.com.:5432/shop?ssl=require'],
    ['JDBC', 'jdbc:postgresql://db.example.com:5432/shop?user=deploy'],
    ['an encoded name', 'postgres://db.example.com/%73hop'],
    ['one of several hosts', 'postgres://replica.example.com:5432,db.example.com:5432/shop'],
    ['a host in the query', 'postgresql:///shop?host=db.example.com'],
    ['one of several URLs', 'redis://cache:6379/0,postgres://db.example.com/shop,postgres://other/x'],
    ['words', 'host=db.example.com dbname=shop user=deploy'],
    ['a connection string', 'Server=db.example.com;Port=5432;Database=shop;User Id=deploy'],
    ['the password', 'p@ss/w"rd%41'],
    ['the password, encoded', ENCODED],
    ['the password, encoded in part', 'p@ss%2fw"rd%41'],
    ['the password beside a bad escape', `100% ${ENCODED} %zz`],
    ['the password in JSON', JSON.stringify({ db: { pw: 'p@ss/w"rd%41' } })],
    ['JSON with escaped slashes', JSON.stringify({ url: `postgres://db.example.com/shop` }).replaceAll('/', '\\/')],
    ['base64', Buffer.from(`postgres://deploy:${ENCODED}@elsewhere/x`).toString('base64')],
    ['an unencoded password', 'postgres://deploy:p@ss/w"rd%41@elsewhere/x'],
    ['another password with a slash', 'postgres://deploy:a/b@db.example.com:5432/shop'],
    ['several lines', `a: 1\nb: postgres://db.example.com/shop\nc: 3`],
  ])('%s', (_, value) => {
    const { env, removed } = child({ SOME_VARIABLE: value });
    expect(env).not.toHaveProperty('SOME_VARIABLE');
    expect(removed).toEqual(['SOME_VARIABLE']);
  });

  it.each([
    ['another host', 'postgres://deploy@other.example.com/shop'],
    ['another port', 'postgres://deploy@db.example.com:5433/shop'],
    ['another database', 'postgres://deploy@db.example.com/shop2'],
    ['a page of the host', 'https://db.example.com:5432/shop'],
    ['the host alone', 'db.example.com'],
    ['a part of the password', 'p@ss/w'],
    ['nothing', ''],
    ['a long word', 'a'.repeat(120_000)],
  ])('%s stays', (_, value) => {
    expect(child({ SOME_VARIABLE: value })).toMatchObject({ env: { SOME_VARIABLE: value }, removed: [] });
  });

  it('knows this machine by all its names', () => {
    const target = { ...TARGET, host: 'localhost' };
    const { removed } = child({ A: 'postgres://127.0.0.1/shop', B: 'postgres://[::1]:5432/shop' }, { target });
    expect(removed).toEqual(['A', 'B']);
  });

  it('takes out the copy to rehearse on as well, and every URL that is a secret of ours', () => {
    const secrets = ['postgres://u:longpassword@copy.example.com/shop', 'ghp_token', 'postgres://'];
    const { env, removed } = child(
      { COPY: 'postgres://u@copy.example.com/shop', P: 'longpassword', T: 'ghp_token' },
      { secrets },
    );
    expect(removed).toEqual(['COPY', 'P']);
    expect(env.T).toBe('ghp_token');
  });
});

describe('a short password', () => {
  it.each([
    ['all of the value', 'postgres', true],
    ['in a URL', 'postgres://me:postgres@elsewhere/x', true],
    ['behind its name', 'host=elsewhere password=postgres', true],
    ['in JSON', '{"user": "a", "password": "postgres"}', true],
    ['a word of a path', '/usr/lib/postgres/bin', false],
    ['the name of a user', 'postgres://postgres:other@elsewhere/x', false],
    ['the scheme', 'postgres://elsewhere/x', false],
    ['the beginning of another', 'postgres://me:postgres2@elsewhere/x', false],
    ['an image', 'postgres:16', false],
  ])('%s', (_, value, isOut) => {
    expect(child({ SOME_VARIABLE: value }, weak('postgres')).removed).toEqual(isOut ? ['SOME_VARIABLE'] : []);
  });

  it.each(['a', '.', '%', '\\', '*'])('%s does not empty the environment', (password) => {
    const { removed } = child(
      { A: 'a.b*c%d', B: '', C: 'https://user:token@pypi.example.com/', D: 'C:\\x' },
      weak(password),
    );
    expect(removed).toEqual([]);
  });

  it('is no reason to break a program', () => {
    const env = {
      PATH: '/opt/hunter2hunter2/bin',
      HOME: 'hunter2hunter2',
      USER: 'hunter2hunter2',
      NODE_ENV: 'hunter2hunter2',
    };
    expect(child(env, weak('hunter2hunter2'))).toMatchObject({ env, removed: [] });
  });

  it('counts for a variable whose name only looks like such', () => {
    expect(child({ path: 'hunter2hunter2' }, weak('hunter2hunter2')).removed).toEqual(['path']);
  });
});

describe('what we say', () => {
  it('names the proxy to libpq, and empties its other sources', () => {
    const { env, removed } = child({
      PGHOST: 'db.example.com',
      PGHOSTADDR: '10.0.0.7',
      PGSERVICE: 'prod',
      PGSERVICEFILE: '/home/me/.pg_service.conf',
      PGPASSFILE: '/home/me/.pgpass',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/etc/ca.pem',
      PGSSLCERT: '/etc/client.pem',
      PGCHANNELBINDING: 'require',
      PGOPTIONS: '-c search_path=shop',
      PGAPPNAME: 'deploy',
    });
    expect(env).toEqual({
      PGHOST: '127.0.0.1',
      PGPORT: '40123',
      PGUSER: 'gate',
      PGPASSWORD: 's3cr3t{host}',
      PGDATABASE: 'shop',
      PGPASSFILE: '/dev/null',
      PGSERVICEFILE: '/dev/null',
      PGSSLMODE: 'disable',
      PGSYSCONFDIR: '/dev/null',
      PGOPTIONS: '-c search_path=shop',
      PGAPPNAME: 'deploy',
      DATABASE_URL: `postgresql://${LOGIN}@${PROXY}`,
      MIGRATION_GATE_REHEARSAL: '1',
      PYTHONUNBUFFERED: '1',
      NO_COLOR: '1',
    });
    expect(removed).toEqual(['PGCHANNELBINDING', 'PGHOSTADDR', 'PGSERVICE', 'PGSSLCERT', 'PGSSLROOTCERT']);
  });

  it('names our certificate where there is one', () => {
    const own = { ...OWN, sslRootCert: '/tmp/gate/ca.pem' };
    expect(child({ PGSSLROOTCERT: '/etc/ca.pem' }, { own }).env.PGSSLROOTCERT).toBe('/tmp/gate/ca.pem');
  });

  it('replaces what of DATABASE_* was set', () => {
    const { env } = child({
      DATABASE_HOST: 'db.example.com',
      DATABASE_PASSWORD: 'p@ss/w"rd%41',
      DATABASE_NAME: 'shop',
    });
    expect(env).toMatchObject({ DATABASE_HOST: '127.0.0.1', DATABASE_PASSWORD: 's3cr3t{host}', DATABASE_NAME: 'shop' });
    expect(env).not.toHaveProperty('DATABASE_PORT');
  });

  it('keeps our own inputs to ourselves, without a word', () => {
    const { env, removed } = child({ 'INPUT_DATABASE-URL': 'x', INPUT_MODE: 'apply', REHEARSAL_DATABASE_URL: 'y' });
    expect(Object.keys(env).filter((name) => /INPUT|REHEARSAL_D/.test(name))).toEqual([]);
    expect(removed).toEqual(['REHEARSAL_DATABASE_URL']);
  });

  it('says whether it is a rehearsal, whatever was said before', () => {
    const before = { MIGRATION_GATE_REHEARSAL: '1', MIGRATION_GATE_REHEARSAL_ID: 'old' };
    const { env } = child(before, { rehearsal: false });
    expect(Object.keys(env).filter((name) => name.startsWith('MIGRATION_GATE'))).toEqual([]);
  });

  it.each([
    [
      { PYTHONUNBUFFERED: '', NO_COLOR: '0' },
      { PYTHONUNBUFFERED: '', NO_COLOR: '0' },
    ],
    [{ FORCE_COLOR: '1' }, { PYTHONUNBUFFERED: '1', NO_COLOR: undefined }],
  ])('leaves %j as it was set', (before, after) => {
    const { env } = child(before);
    expect({ PYTHONUNBUFFERED: env.PYTHONUNBUFFERED, NO_COLOR: env.NO_COLOR }).toEqual(after);
  });

  it('copes with names that objects have', () => {
    const { removed } = child({ constructor: 'p@ss/w"rd%41', PGSERVICE: 'x', UNSET: undefined });
    expect(removed).toEqual(['PGSERVICE', 'constructor']);
  });
});

describe('the URL', () => {
  const own = `postgres://deploy:${ENCODED}@db.example.com/shop`;
  it.each([
    ['without a model', {}, `postgresql://${LOGIN}@${PROXY}`],
    ['of the scheme that was there', { DB: own }, `postgres://${LOGIN}@${PROXY}`],
    ['for asyncpg', { DB: 'postgresql+asyncpg://x/y' }, `postgresql+asyncpg://${LOGIN}@${PROXY}`],
    ['as DATABASE_URL', { DATABASE_URL: 'postgresql+psycopg://x/y' }, `postgresql+psycopg://${LOGIN}@${PROXY}`],
    ['not as another database', { DB: 'mysql://x/y' }, `postgresql://${LOGIN}@${PROXY}`],
    [
      'with parameters of the application',
      { DB: `${own}?schema=public&connect_timeout=5&search_path=x` },
      `postgres://${LOGIN}@${PROXY}?schema=public&connect_timeout=5&search_path=x`,
    ],
    [
      'without those that lead elsewhere',
      {
        DB: `${own}?sslmode=verify-full&ssl=true&sslrootcert=/ca&host=db.example.com&%70assword=x&user=y&service=prod&a=b`,
      },
      `postgres://${LOGIN}@${PROXY}?a=b`,
    ],
    ['without those that hold the password', { DB: `${own}?extra=${ENCODED}&a=b` }, `postgres://${LOGIN}@${PROXY}?a=b`],
  ])('%s', (_, env, expected) => {
    expect(child(env, { variables: [{ name: 'DB', template: null }] }).env.DB).toBe(expected);
  });

  it.each([
    ['{url}', `postgresql://${LOGIN}@${PROXY}`],
    ['{host}:{port}', '127.0.0.1:40123'],
    ['{password}', 's3cr3t{host}'],
    [
      'jdbc:postgresql://{host}:{port}/{database}?password={password}',
      `jdbc:postgresql://${PROXY}?password=s3cr3t%7Bhost%7D`,
    ],
    ['host={host} user={user} {unknown}', 'host=127.0.0.1 user=gate {unknown}'],
  ])('template %s', (template, expected) => {
    expect(child({}, { variables: [{ name: 'DB', template }] }).env.DB).toBe(expected);
  });

  it('a template with parameters says all of them', () => {
    const variables = [{ name: 'DB', template: '{url}?schema=b' }];
    expect(child({ DB: `${own}?schema=a` }, { variables }).env.DB).toBe(`postgres://${LOGIN}@${PROXY}?schema=b`);
  });
});

it('what the runner gave us to speak with stays ours: outputs, state, the token for artifacts and caches', () => {
  const runners = {
    GITHUB_OUTPUT: '/t/o',
    GITHUB_STATE: '/t/s',
    GITHUB_ENV: '/t/e',
    GITHUB_PATH: '/t/p',
    GITHUB_STEP_SUMMARY: '/t/m',
    STATE_kept: '/t/k',
    ACTIONS_RUNTIME_TOKEN: 'token',
    ACTIONS_RUNTIME_URL: 'https://example.com/',
    ACTIONS_RESULTS_URL: 'https://example.com/',
    ACTIONS_CACHE_URL: 'https://example.com/',
  };
  const others = { GITHUB_SHA: 'c0ffee', ACTIONS_STEP_DEBUG: 'true', AWS_SECRET_ACCESS_KEY: 'theirs' };
  const { env, removed } = child({ ...runners, ...others });
  expect(Object.keys(env).filter((name) => name in runners)).toEqual([]);
  expect(env).toMatchObject(others);
  expect(removed).toEqual([]);
});
