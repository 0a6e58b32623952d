/**
 * The measure of truth: what the gate says of a migration against what the server's own catalogs show of it, for every
 * case of the list; and the figures that the project promises. `ORACLE_RESULTS=file` keeps what was found.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Asked, Claim } from '../../src/hazards/claim.ts';
import { claimsOf } from '../../src/hazards/claims.ts';
import { type Effect, type Hazard, LOCK_MODES, type Outcome } from '../../src/report/outcome.ts';
import { sharedServer } from '../support/database.ts';
import { runGate, workspaceWith } from '../support/gate.ts';
import { pgMajor } from '../support/global-setup.ts';
import { ask, type Baseline, baselineOf, type Shown } from '../support/oracle.ts';
import { BASE } from '../support/oracle-base.ts';
import { CASES, type Case, type Kind } from '../support/oracle-cases.ts';
import { createDatabase } from '../support/postgres.ts';

interface Result {
  readonly one: Case;
  readonly shown: Shown;
  readonly outcome: Outcome;
  readonly claims: readonly Claim[];
}

/** The promise: https://www.postgresql.org/docs/current/explicit-locking.html is what `long` is about. */
const RECALL = 0.99;
const FALSE_ALARMS = 0.02;

const ON_THIS_MAJOR = CASES.filter(
  (one) => one.from <= pgMajor && pgMajor <= one.until && one.name.includes(process.env.ORACLE_ONLY ?? ''),
);
const results: Result[] = [];
const databases: string[] = [];
let admin: pg.Pool;

beforeAll(async () => {
  const server = await sharedServer();
  admin = new pg.Pool({ connectionString: server.url, max: 4 });
  const base = await makeDatabase(null);
  const client = await connect(base);
  for (const sql of BASE) await client.query(sql);
  await client.end();
  const waiting = [...ON_THIS_MAJOR];
  await Promise.all([1, 2, 3].map(() => lane(base, waiting)));
  results.sort((a, b) => ON_THIS_MAJOR.indexOf(a.one) - ON_THIS_MAJOR.indexOf(b.one));
  if (process.env.ORACLE_RESULTS) writeFileSync(process.env.ORACLE_RESULTS, JSON.stringify(kept(), null, 1));
}, 300_000);

afterAll(async () => {
  for (const name of databases) await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
});

interface Place {
  readonly name: string;
  readonly url: string;
}

async function makeDatabase(template: Place | null): Promise<Place> {
  const name = `oracle_${process.pid}_${randomBytes(5).toString('hex')}`;
  databases.push(name);
  // Somebody else may just be copying it.
  for (let tries = 0; ; tries += 1) {
    try {
      return { name, url: await createDatabase(await sharedServer(), name, template?.name) };
    } catch (error) {
      if (tries === 100 || (error as pg.DatabaseError).code !== '55006') throw error;
      await new Promise((go) => setTimeout(go, 20));
    }
  }
}

async function connect({ url }: Place): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Cases without a setup share a database: nothing of a dry run, and nothing of the oracle, stays in it. */
async function lane(base: Place, waiting: Case[]): Promise<void> {
  const place = await makeDatabase(base);
  const client = await connect(place);
  const baseline = await baselineOf(client);
  for (let one = waiting.shift(); one; one = waiting.shift()) {
    if (one.setup === null) {
      results.push(await judge(one, place, client, baseline, () => throwaway(base, null)));
      continue;
    }
    const own = await makeDatabase(base);
    const there = await connect(own);
    const { setup } = one;
    await there.query(setup).catch((error) => Promise.reject(new Error(`${one.name}: ${error.message}`)));
    results.push(await judge(one, own, there, await baselineOf(there), () => throwaway(base, setup)));
    await there.end();
    await admin.query(`drop database ${own.name} with (force)`);
  }
  await client.end();
}

async function throwaway(base: Place, setup: string | null) {
  const place = await makeDatabase(base);
  if (setup !== null) {
    const client = await connect(place);
    await client.query(setup);
    await client.end();
  }
  return { url: place.url, drop: async () => void (await admin.query(`drop database ${place.name} with (force)`)) };
}

async function judge(
  one: Case,
  place: Place,
  client: pg.Client,
  baseline: Baseline,
  copy: Parameters<typeof ask>[3],
): Promise<Result> {
  const shown = await ask(client, baseline, one, copy);
  const files = Object.fromEntries(
    one.files.map((statements, at) => [`migrations/000${at + 1}_case.sql`, `${statements.join(';\n')};\n`]),
  );
  const { outcome } = await runGate(await workspaceWith(files), place.url, {
    mode: 'dry-run',
    'assume-rows': '10000000',
    'fail-on': 'none',
  });
  return { one, shown, outcome, claims: await claimsOf(asked(one), { major: pgMajor }) };
}

function* asked({ files }: Case): Generator<Asked> {
  for (const [at, statements] of files.entries()) {
    let line = 1;
    for (const [index, sql] of statements.entries()) {
      const version = `000${at + 1}`;
      yield { version, file: `migrations/${version}_case.sql`, index: index + 1, line, sql, transactional: true };
      line += sql.split('\n').length;
    }
  }
}

const SAYS: Readonly<Record<Exclude<Kind, 'harmless'>, readonly Effect[]>> = {
  long: ['rewrites', 'scans'],
  destroys: ['destroys'],
  breaks: ['breaks-clients'],
  fails: ['fails', 'may-fail'],
};

const alarms = ({ outcome }: Result): Hazard[] => outcome.hazards.filter(({ severity }) => severity !== 'info');

function named(result: Result, kind: Exclude<Kind, 'harmless'>): boolean {
  // A file that cannot be planned is not rehearsed at all.
  if (kind === 'fails' && result.outcome.result === 'failed') return true;
  return alarms(result).some(({ effects }) => effects.some((effect) => SAYS[kind].includes(effect)));
}

const ofKind = (kind: Kind) => results.filter(({ one }) => one.kind === kind);

function told({ one, outcome, shown }: Result): string {
  const hazards = outcome.hazards.map(
    (hazard) =>
      `${hazard.rule}:${hazard.severity}[${hazard.effects.join()}]${hazard.relation ? ` ${hazard.relation}` : ''}`,
  );
  return `${one.kind}: ${one.name}\n    server: ${what(shown)}\n    gate: ${hazards.join(' | ') || 'nothing'}`;
}

function what({ error, long, lost, broken }: Shown): string {
  return [error === null ? [] : [`refused (${error})`], long, lost, broken].flat().slice(0, 6).join(', ') || 'nothing';
}

function kept() {
  return results.map((result) => ({
    name: result.one.name,
    kind: result.one.kind,
    major: pgMajor,
    named: result.one.kind === 'harmless' ? alarms(result).length > 0 : named(result, result.one.kind),
    rules: alarms(result).map(({ rule }) => rule),
  }));
}

describe(`on PostgreSQL ${pgMajor}`, () => {
  test('each case is what it is held to be', () => {
    const wrong = results.filter(({ one, shown }) => !isSo(one.kind, shown));
    expect(wrong.map(told)).toEqual([]);
  });

  test('what the gate saw is what the catalogs show: locks, rewrites and scans of every table', () => {
    const differences = results.flatMap(({ one, shown, outcome }) =>
      outcome.migrations.flatMap((migration, file) => {
        const expected = shown.statements[file];
        if (shown.error !== null || !expected || expected.length !== migration.statements.length) return [];
        if (migration.statements.some(({ executed, error }) => !executed || error !== null)) return [];
        const held: Record<string, string> = {};
        return migration.statements.flatMap((statement, at) => {
          const truth = expected[at];
          for (const { relation, mode } of statement.locks)
            if (modeRank(mode) > modeRank(held[relation])) held[relation] = mode;
          const known = new Set(Object.keys(truth?.locks ?? {}));
          // What an earlier file has locked shows no lock of its own: all of them are rehearsed in one transaction.
          const locksOf = file === 0 ? strong : () => [];
          const seen = {
            locks: locksOf(Object.fromEntries(Object.entries(held).filter(([relation]) => known.has(relation)))),
            rewritten: [...statement.rewrites].sort(),
            scanned: [...statement.scans].sort(),
          };
          const so = {
            locks: locksOf(truth?.locks ?? {}),
            rewritten: [...(truth?.rewritten ?? [])].sort(),
            scanned: [...(truth?.scanned ?? [])].sort(),
          };
          if (JSON.stringify(seen) === JSON.stringify(so)) return [];
          return [`${one.name}\n    gate: ${JSON.stringify(seen)}\n    server: ${JSON.stringify(so)}`];
        });
      }),
    );
    expect(differences).toEqual([]);
  });

  test('the lock that a text claims is the one that the server takes', () => {
    const wrong = results.flatMap(({ one, shown, claims }) =>
      claims.flatMap((claim) => {
        const truth = shown.statements[Number(claim.version) - 1]?.[claim.index - 1]?.locks;
        if (shown.error !== null || truth === undefined || claim.relation === null || claim.lock === null) return [];
        const relation = claim.relation;
        const entry = Object.entries(truth).find(
          ([name]) => plainName(name) === relation || plainName(name) === `public.${relation}`,
        );
        if (entry === undefined || entry[1] === claim.lock) return [];
        return [`${one.name}\n    ${claim.rule} of ${relation}: ${claim.lock}, and the server ${entry[1]}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('long work under a blocking lock and destroyed data are named', () => {
    const asked_ = [
      ...ofKind('long').map((one) => [one, 'long'] as const),
      ...ofKind('destroys').map((one) => [one, 'destroys'] as const),
    ];
    const missed = asked_.filter(([result, kind]) => !named(result, kind)).map(([result]) => result);
    print('missed', missed);
    expect(1 - missed.length / Math.max(1, asked_.length)).toBeGreaterThanOrEqual(RECALL);
  });

  test('what is harmless raises no alarm', () => {
    const cries = ofKind('harmless').filter((result) => alarms(result).length > 0);
    print('cried wolf', cries);
    expect(cries.length / Math.max(1, ofKind('harmless').length)).toBeLessThanOrEqual(FALSE_ALARMS);
  });

  test('what breaks clients and what fails are named', () => {
    const [broken, failed] = [ofKind('breaks'), ofKind('fails')];
    const missed = [
      ...broken.filter((result) => !named(result, 'breaks')),
      ...failed.filter((result) => !named(result, 'fails')),
    ];
    print('missed', missed);
    expect(1 - missed.length / Math.max(1, broken.length + failed.length)).toBeGreaterThanOrEqual(0.95);
  });
});

function isSo(kind: Kind, { error, long, lost, broken }: Shown): boolean {
  if (kind === 'fails') return error !== null;
  if (error !== null) return false;
  if (kind === 'harmless') return long.length + lost.length + broken.length === 0;
  return { long, destroys: lost, breaks: broken }[kind].length > 0;
}

const modeRank = (mode: string | undefined) => (mode === undefined ? -1 : LOCK_MODES.indexOf(mode as never));

/** Only what keeps anybody from anything. */
function strong(locks: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(locks)
    .filter(([, mode]) => modeRank(mode) >= modeRank('ShareUpdateExclusiveLock'))
    .sort();
}

function plainName(name: string): string {
  return name.replaceAll('"', '');
}

function print(what_: string, list: readonly Result[]): void {
  if (list.length > 0) process.stderr.write(`${what_} (${list.length}):\n  ${list.map(told).join('\n  ')}\n`);
}
