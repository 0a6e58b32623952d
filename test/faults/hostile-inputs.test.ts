/**
 * The corpus of bad inputs, one a line in `test/support/hostile`: each ends with a clear error that names what is wrong,
 * leaves the database as it was, and shows no secret. All of it runs over the door in this process, and some of each kind,
 * by chance, through the bundle as a runner runs it. Add to it whatever was found in the wild.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedServer } from '../support/database.ts';
import { FULL, randomOf, tally } from '../support/faults.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { type Case, SECRET, type UrlParts } from '../support/hostile/case.ts';
import { COPIES, DATABASES } from '../support/hostile/databases.ts';
import { DIRECTIVES, FOLDERS, SCRIPTS } from '../support/hostile/files.ts';
import { expectRefused, runCase } from '../support/hostile/held.ts';
import { DIGESTS, INPUTS, TOKENS } from '../support/hostile/inputs.ts';
import { type Altered, BASE, FILES, HARMLESS, TRACKING } from '../support/hostile/tracking.ts';
import { createDatabase } from '../support/postgres.ts';

const CORPUS: Readonly<Record<string, readonly Case[]>> = {
  databases: DATABASES,
  copies: COPIES,
  inputs: INPUTS,
  'confirm tokens': TOKENS,
  'plan digests': DIGESTS,
  folders: FOLDERS,
  scripts: SCRIPTS,
  directives: DIRECTIVES,
};
const ALL = Object.values(CORPUS).flat();
const count = tally('hostile input');

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
  await execute(
    'DROP EVENT TRIGGER IF EXISTS meddler',
    `ALTER DATABASE ${working.database} OWNER TO CURRENT_USER`,
    `DROP OWNED BY ${working.user}`,
    `DROP ROLE ${working.user}`,
  );
});

/** In one round trip and one transaction. */
async function execute(...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    await client.query(statements.join(';\n'));
  } finally {
    await client.end();
  }
}

it('has hundreds of cases, each of its own name', () => {
  expect(ALL.length + TRACKING.length).toBeGreaterThanOrEqual(300);
  const names = [...ALL, ...TRACKING].map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

/** How many of the cases that need the database the short form tries. */
const SHARE = 0.2;

/** Read once and not before each case: whatever one leaves behind shows in the next reading. */
let unchanged: string | null = null;

async function held(kind: string, input: Case, through: 'bundle' | 'sources'): Promise<void> {
  unchanged ??= await fingerprint(admin, { rowVersions: true });
  await expectRefused(await runCase(input, working, through), input);
  // What is decided before connecting has no database to change; all of it is looked at once, at the end.
  if (input.exit !== 2) expect(await fingerprint(admin, { rowVersions: true })).toBe(unchanged);
  count(through === 'bundle' ? `${kind}, through the bundle` : kind, `exit ${input.exit}, unchanged`);
}

/** In the short form some of them, by chance. */
function someOf<T>(salt: string, list: readonly T[], share: (one: T) => number): readonly T[] {
  const random = randomOf(salt);
  return FULL ? list : list.filter((one) => random() < share(one));
}

describe.each(Object.entries(CORPUS))('%s', (kind, cases) => {
  // What is decided before connecting costs nearly nothing.
  const here = someOf(kind, cases, ({ exit }) => (exit === 2 ? 1 : SHARE));
  it.each(here)('$name', (input) => held(kind, input, 'sources'));

  // A variable of the environment holds no NUL.
  const possible = cases.filter(({ inputs = {} }) => !Object.values(inputs).join('').includes('\0'));
  const sample = someOf(`${kind}, through the bundle`, possible, () => 1 / cases.length);
  it.each(sample)('through the bundle: $name', (input) => held(kind, input, 'bundle'));

  afterAll(async () => expect(await fingerprint(admin, { rowVersions: true })).toBe(unchanged));
});

describe('tracking tables', () => {
  const altered = async ({ sql, bySuperuser }: Pick<Altered, 'sql' | 'bySuperuser'>) =>
    execute(
      'drop event trigger if exists meddler',
      'drop foreign data wrapper if exists away cascade',
      'drop schema if exists away cascade',
      'drop schema public cascade',
      `alter role ${working.user} reset all`,
      `create schema public authorization ${working.user}`,
      `set role ${working.user}`,
      ...BASE,
      ...(bySuperuser || /owner to postgres|foreign data/.test(sql) ? ['reset role'] : []),
      sql,
    );

  it.each(someOf('tracking', TRACKING, () => SHARE))('$name', async (one) => {
    const { says, exit = 3, inputs = {}, files = FILES } = one;
    await altered(one);
    const before = await fingerprint(admin, { rowVersions: true });
    const name = 'tracking';
    const run = await runCase({ name, files, exit, says, inputs }, working, 'sources');
    await expectRefused(run, { exit: run.exitCode === 1 ? 1 : exit, says });
    expect(await fingerprint(admin, { rowVersions: true })).toBe(before);
    count('tracking tables', `exit ${run.exitCode}, unchanged`);
  });

  it.each(someOf('harmless', HARMLESS, () => SHARE))('harmless: $name', async ({ name, ...one }) => {
    await altered(one);
    const input = { name, files: FILES, exit: 3, says: [] } as const;
    const run = await runCase(input, working, 'sources');
    expect(run.outputs, run.log.join('\n')).toMatchObject({ result: 'applied', 'database-state': 'migrated' });
    expect(JSON.parse(run.outputs.applied ?? '')).toMatchObject([{ version: '3' }]);
    const again = await runCase(input, working, 'sources');
    expect(again.outputs, again.log.join('\n')).toMatchObject({ result: 'up-to-date', 'database-state': 'unchanged' });
    count('tracking tables, harmless', 'applied once');
  });

  it('a reason that would write the log is recorded, and commands nothing', async () => {
    const sum = `insert into schema_migrations (version, name, checksum, status) values ('3', 'three', 'x', 'failed')`;
    await altered({ sql: sum });
    const reason = "looked at it,\n::error::forged\n##[error]forged <b>@octo-org</b> `'); DROP TABLE one; --";
    const inputs = { mode: 'repair', settle: '3=pending', 'settle-reason': reason };
    const run = await runCase({ name: '', files: FILES, exit: 3, says: [], inputs }, working, 'sources');
    expect(run.outputs, run.log.join('\n')).toMatchObject({ result: 'repaired', 'database-state': 'unchanged' });
    expect(run.annotations).toEqual([]);
    const client = new pg.Client({ connectionString: admin });
    await client.connect();
    const { rows } = await client.query("select reason from migration_history where action = 'repair'");
    await client.end();
    expect(rows).toEqual([{ reason: reason.replaceAll('\n', ' ') }]);
  });
});
