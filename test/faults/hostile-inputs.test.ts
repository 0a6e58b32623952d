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
import { BASE, FILES, HARMLESS, TRACKING } from '../support/hostile/tracking.ts';
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
  await execute(`ALTER DATABASE ${working.database} OWNER TO CURRENT_USER`);
  await execute(`DROP OWNED BY ${working.user}`);
  await execute(`DROP ROLE ${working.user}`);
});

async function execute(...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}

it('has hundreds of cases, each of its own name', () => {
  expect(ALL.length + TRACKING.length).toBeGreaterThanOrEqual(300);
  const names = [...ALL, ...TRACKING].map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

/** Read once and not before each case: whatever one leaves behind shows in the next reading. */
let unchanged: string | null = null;

async function held(kind: string, input: Case, through: 'bundle' | 'sources'): Promise<void> {
  unchanged ??= await fingerprint(admin, { rowVersions: true });
  await expectRefused(await runCase(input, working, through), input);
  // What is decided before connecting has no database to change; all of it is looked at once, at the end.
  if (input.exit !== 2) expect(await fingerprint(admin, { rowVersions: true })).toBe(unchanged);
  count(through === 'bundle' ? `${kind}, through the bundle` : kind, `exit ${input.exit}, unchanged`);
}

describe.each(Object.entries(CORPUS))('%s', (kind, cases) => {
  it.each(cases)('$name', (input) => held(kind, input, 'sources'));

  const random = randomOf(kind);
  const sample = FULL ? cases : cases.filter(() => random() < 1 / cases.length);
  it.each(sample)('through the bundle: $name', (input) => held(kind, input, 'bundle'));

  afterAll(async () => expect(await fingerprint(admin, { rowVersions: true })).toBe(unchanged));
});

describe('tracking tables', () => {
  const altered = async (sql: string | readonly string[]) => {
    const tracking = [`set role ${working.user}`, ...BASE, 'reset role'];
    await execute(
      'drop foreign data wrapper if exists away cascade',
      `drop schema public cascade; create schema public authorization ${working.user}`,
      ...tracking,
      ...(typeof sql === 'string' ? [sql] : sql).filter((one) => one !== '').flatMap(asOwner),
    );
  };

  // By the owner, unless it takes a superuser.
  const asOwner = (sql: string) =>
    /owner to postgres|foreign data/.test(sql) ? [sql] : [`set role ${working.user}`, sql, 'reset role'];

  it.each(TRACKING)('$name', async ({ sql, says, exit = 3, inputs = {}, files = FILES }) => {
    await altered(sql);
    const before = await fingerprint(admin, { rowVersions: true });
    const name = 'tracking';
    const run = await runCase({ name, files, exit, says, inputs }, working, 'sources');
    await expectRefused(run, { exit: run.exitCode === 1 ? 1 : exit, says });
    expect(await fingerprint(admin, { rowVersions: true })).toBe(before);
    count('tracking tables', `exit ${run.exitCode}, unchanged`);
  });

  it.each(HARMLESS)('harmless: $name', async ({ name, sql }) => {
    await altered(sql);
    const input = { name, files: FILES, exit: 3, says: [] } as const;
    const run = await runCase(input, working, 'sources');
    expect(run.outputs, run.log.join('\n')).toMatchObject({ result: 'applied', 'database-state': 'migrated' });
    expect(JSON.parse(run.outputs.applied ?? '')).toMatchObject([{ version: '3' }]);
    const again = await runCase(input, working, 'sources');
    expect(again.outputs, again.log.join('\n')).toMatchObject({ result: 'up-to-date', 'database-state': 'unchanged' });
    count('tracking tables, harmless', 'applied once');
  });
});
