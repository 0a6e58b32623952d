/**
 * What the text claims, what the dry run saw, and how large and busy the table is -> hazards. What was seen beats what
 * was claimed; what was not executed keeps its claim; what is not known never counts as harmless.
 */
import type { Effect, Hazard, MigrationReport, RelationSize, Severity, StatementReport } from '../report/outcome.ts';
import { bytes, cut, duration, number, plural } from '../report/text.ts';
import type { Claim } from './claim.ts';

/**
 * From here on work under a blocking lock is worth a warning, and a danger. A table counts by whichever of the three is
 * worst: about 10 ms, and about a second, of scanning on ordinary hardware.
 */
export const THRESHOLDS = {
  rows: { warning: 10_000, danger: 1_000_000 },
  bytes: { warning: 10 * 1024 * 1024, danger: 1024 * 1024 * 1024 },
  ms: { warning: 200, danger: 2_000 },
  /** Reads and writes per minute from which a table is busy: what blocks it counts one step worse. */
  busyPerMinute: 600,
  /** Deleting or updating this many rows in one statement. */
  touched: { warning: 10_000, danger: 1_000_000 },
} as const;

/** Locks under which nobody else writes; under the last one nobody reads either. */
const BLOCKS_WRITES = ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'];

const OF_WORK: readonly Effect[] = ['blocks-reads', 'blocks-writes', 'rewrites', 'scans'];

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, danger: 2 };
const SEVERITIES: readonly Severity[] = ['info', 'warning', 'danger'];

export interface Weighed {
  readonly claims: readonly Claim[];
  readonly migrations: readonly MigrationReport[];
  /** Of every relation that was locked or claimed about; one that is not among them does not exist outside of this run. */
  readonly sizes: readonly RelationSize[];
  /** Every table that exists is judged as if it had at least this many rows. */
  readonly assumeRows: number;
  /** All migrations are one transaction: what one has locked the next still holds. */
  readonly oneTransaction: boolean;
}

export function weigh(input: Weighed): Hazard[] {
  const sizes = new Sizes(input.sizes, input.assumeRows);
  const claims = new Map<string, Claim[]>();
  for (const claim of input.claims) {
    const key = `${claim.version}:${claim.index}`;
    claims.set(key, [...(claims.get(key) ?? []), claim]);
  }
  const hazards: Hazard[] = [];
  const taken = new Set<string>();
  let held = new Map<string, string>();
  for (const migration of input.migrations) {
    if (!input.oneTransaction) held = new Map();
    for (const statement of migration.statements) {
      const key = `${migration.version}:${statement.index}`;
      taken.add(key);
      if (!migration.transactional) held = new Map();
      if (statement.executed) for (const lock of statement.locks) hold(held, lock.relation, lock.mode);
      hazards.push(...ofStatement(migration, statement, claims.get(key) ?? [], held, sizes));
    }
  }
  // What was never come to is judged by its text alone.
  for (const [key, left] of claims) if (!taken.has(key)) hazards.push(...left.map((claim) => claimed(claim, sizes)));
  return hazards;
}

function hold(held: Map<string, string>, relation: string, mode: string): void {
  if (BLOCKS_WRITES.indexOf(mode) > BLOCKS_WRITES.indexOf(held.get(relation) ?? '')) held.set(relation, mode);
}

function ofStatement(
  migration: MigrationReport,
  statement: StatementReport,
  claims: readonly Claim[],
  held: ReadonlyMap<string, string>,
  sizes: Sizes,
): Hazard[] {
  // A failed statement has not done its work: what it would have done its text says.
  if (!statement.executed || statement.error !== null) return claims.map((claim) => claimed(claim, sizes, statement));
  const works = workSeen(statement, held);
  const about = { migration, statement };
  const hazards: Hazard[] = [];
  const explained = new Set<Seen>();
  for (const claim of claims) {
    if (claim.weight !== 'work') {
      hazards.push(
        onlyMayFail(claim) ? disproved(claim, 'it did not fail in the dry run') : claimed(claim, sizes, statement),
      );
      continue;
    }
    const matching = works.filter((work) => isAbout(claim, work, claims));
    for (const work of matching) {
      explained.add(work);
      hazards.push(seen(work, about, sizes, claim));
    }
    if (matching.length === 0) {
      const work = claim.work === 'rewrite' ? 'rewrite' : 'scan';
      hazards.push(disproved(claim, `the dry run saw no ${work} under a lock that blocks anybody`));
    }
  }
  const [first] = claims.filter((claim) => claim.weight === 'work');
  for (const work of works) if (!explained.has(work)) hazards.push(seen(work, about, sizes, first ?? null));
  return [...hazards, ...unclaimed(about, claims, sizes)];
}

// -- work under a lock --------------------------------------------------------------------------------------------

interface Seen {
  readonly relation: string;
  readonly mode: string;
  readonly rewritten: boolean;
  readonly scanned: boolean;
  readonly ms: number | null;
}

/** Work on what is locked against others, and time that passed while it was. */
function workSeen(statement: StatementReport, held: ReadonlyMap<string, string>): Seen[] {
  const long = (statement.ms ?? 0) >= THRESHOLDS.ms.warning;
  return [...held].flatMap(([relation, mode]) => {
    const rewritten = statement.rewrites.includes(relation);
    const scanned = statement.scans.includes(relation);
    return rewritten || scanned || long ? [{ relation, mode, rewritten, scanned, ms: statement.ms }] : [];
  });
}

/** A claim that names another relation is about the work on this one too where it alone explains it: partitions, users of a domain. */
function isAbout(claim: Claim, work: Seen, claims: readonly Claim[]): boolean {
  if (claim.relation === null || sameRelation(claim.relation, work.relation)) return work.rewritten || work.scanned;
  const elsewhere = claims.some((one) => one.relation !== null && sameRelation(one.relation, work.relation));
  return !elsewhere && (work.rewritten || work.scanned) && claims.filter((one) => one.weight === 'work').length === 1;
}

/** `orders` as the text says it, `public.orders` as the catalog does, quoted where it must be. */
export function sameRelation(written: string, qualified: string): boolean {
  const [one, other] = [written.replaceAll('"', ''), qualified.replaceAll('"', '')];
  return one === other || other.endsWith(`.${one}`) || one.endsWith(`.${other}`);
}

function seen(work: Seen, { migration, statement }: About, sizes: Sizes, claim: Claim | null): Hazard {
  const readsToo = work.mode === 'AccessExclusiveLock';
  const effects: Effect[] = readsToo ? ['blocks-reads', 'blocks-writes'] : ['blocks-writes'];
  if (work.rewritten) effects.push('rewrites');
  if (work.scanned) effects.push('scans');
  // What the text says beside the work: what it loses, whom it breaks.
  effects.push(...(claim?.effects ?? []).filter((effect) => !OF_WORK.includes(effect)));
  const size = sizes.of(work.relation);
  const what = work.rewritten ? 'is rewritten' : work.scanned ? 'is read from end to end' : 'is held';
  const took = work.ms === null ? '' : `, ${duration(work.ms)} in the dry run`;
  const observed = `${work.relation}${size ? ` (${sizeWords(size)})` : ''} ${what} while nobody can ${readsToo ? 'read or write' : 'write'} it (${work.mode})${took}`;
  const direct = claim !== null && (claim.relation === null || sameRelation(claim.relation, work.relation));
  return {
    rule:
      claim?.rule ?? (work.rewritten ? 'rewrites-under-lock' : work.scanned ? 'scans-under-lock' : 'long-under-lock'),
    severity: gravity(sizes.rows(work.relation), size, work.ms),
    effects,
    version: migration.version,
    file: migration.file,
    line: statement.line,
    statement: claim?.statement ?? cut(statement.sql, 200),
    relation: work.relation,
    message: claim && direct ? `${sentence(claim.message)} Seen in the dry run: ${observed}.` : observed,
    safer: claim?.safer ?? null,
    source: claim ? 'both' : 'observed',
    allowed: null,
  };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function sizeWords(size: RelationSize): string {
  return `${bytes(size.bytes)}${size.rows === null ? '' : `, about ${plural(size.rows, 'row')}`}`;
}

/** How bad work on a relation is that others wait for. */
export function gravity(rows: number | null, size: RelationSize | null, ms: number | null): Severity {
  const { rows: byRows, bytes: byBytes, ms: byMs, busyPerMinute } = THRESHOLDS;
  const step = (value: number | null | undefined, limit: { warning: number; danger: number }): number =>
    value == null ? 0 : value >= limit.danger ? 2 : value >= limit.warning ? 1 : 0;
  const worst = Math.max(step(rows, byRows), step(size?.bytes, byBytes), step(ms, byMs));
  const busy = (size?.writesPerMinute ?? 0) + (size?.readsPerMinute ?? 0) >= busyPerMinute;
  const raised = busy && (rows ?? 0) >= 1_000 ? worst + 1 : worst;
  return SEVERITIES[Math.min(2, raised)] ?? 'danger';
}

// -- claims -------------------------------------------------------------------------------------------------------

/** What the text claims and the dry run has neither confirmed nor disproved. */
function claimed(claim: Claim, sizes: Sizes, statement: StatementReport | null = null): Hazard {
  const size = claim.relation === null ? null : sizes.of(claim.relation);
  // Made in this run, or not there at all (IF EXISTS): nobody is in its way, and nothing is lost with it.
  const absent = claim.relation !== null && size === null;
  const severity = severityOf(claim, sizes, statement, absent);
  return {
    rule: claim.rule,
    severity: RANK[severity] > RANK[claim.severity] ? claim.severity : severity,
    effects: absent && claim.weight !== 'fixed' ? [] : claim.effects,
    version: claim.version,
    file: claim.file,
    line: claim.line,
    statement: claim.statement,
    relation: claim.relation,
    message: `${sentence(claim.message)}${lossWords(claim, sizes, statement)}`,
    safer: claim.safer,
    source: 'static',
    allowed: null,
  };
}

function severityOf(claim: Claim, sizes: Sizes, statement: StatementReport | null, absent: boolean): Severity {
  switch (claim.weight) {
    case 'fixed':
      if (claim.rule === 'not-understood') return statement?.executed ? 'info' : 'danger';
      return claim.severity;
    case 'work':
      if (absent) return 'info';
      if (claim.relation === null) return claim.severity;
      return gravity(sizes.rows(claim.relation), sizes.of(claim.relation), null);
    case 'rows': {
      if (absent) return 'info';
      const lost = rowsLost(claim, sizes, statement);
      return lost === 0 ? 'info' : claim.severity;
    }
  }
}

/** Rows, or values of a column, that are gone after it. Null: not known, which is not none. */
function rowsLost(claim: Claim, sizes: Sizes, statement: StatementReport | null): number | null {
  const { relation } = claim;
  if (relation === null) return null;
  if (sizes.assumed > 0 || !statement?.executed) return sizes.rows(relation);
  const columns = statement.droppedColumns.filter((one) => sameRelation(relation, one.relation));
  if (columns.length > 0) return columns.reduce<number | null>((sum, one) => plus(sum, one.values), 0);
  const touched = statement.touched.find((one) => sameRelation(relation, one.relation));
  return touched ? touched.deleted + touched.updated : sizes.rows(relation);
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

function lossWords(claim: Claim, sizes: Sizes, statement: StatementReport | null): string {
  if (claim.weight !== 'rows') return '';
  const lost = rowsLost(claim, sizes, statement);
  return lost === null || lost === 0 || !claim.effects.includes('destroys') ? '' : ` About ${plural(lost, 'row')}.`;
}

/** The text reads as if, and the server showed otherwise: told, so that the reviewer need not wonder. */
function disproved(claim: Claim, why: string): Hazard {
  return {
    ...claimed(claim, new Sizes([], 0)),
    severity: 'info',
    effects: [],
    message: `${sentence(claim.message)} Not here: ${why}.`,
    safer: null,
    source: 'both',
  };
}

function onlyMayFail({ effects }: Claim): boolean {
  return effects.length > 0 && effects.every((effect) => effect === 'may-fail' || effect === 'fails');
}

// -- what no text told --------------------------------------------------------------------------------------------

interface About {
  readonly migration: MigrationReport;
  readonly statement: StatementReport;
}

/** What code destroyed whose words do not show it: DO, CALL, triggers, CASCADE. */
function unclaimed({ migration, statement }: About, claims: readonly Claim[], sizes: Sizes): Hazard[] {
  const told = (relation: string): boolean =>
    claims.some(
      (claim) =>
        claim.effects.includes('destroys') && (claim.relation === null || sameRelation(claim.relation, relation)),
    );
  const at = { version: migration.version, file: migration.file, line: statement.line };
  const base = { ...at, statement: cut(statement.sql, 200), safer: null, source: 'observed', allowed: null } as const;
  const destroyed = (relation: string, what: string, rows: number | null, effects: readonly Effect[]): Hazard => ({
    ...base,
    rule: 'destroys-data',
    severity: rows === 0 ? 'info' : 'danger',
    effects,
    relation,
    message: `${what} after this statement${rows ? `, with about ${number(rows)} of its values or rows` : ''}; its words do not say so.`,
  });
  return [
    ...statement.dropped
      .filter((relation) => !told(relation))
      .map((one) => destroyed(one, `${one} is gone`, sizes.rows(one), ['destroys', 'breaks-clients'])),
    ...statement.truncated
      .filter((relation) => !told(relation))
      .map((one) => destroyed(one, `${one} is emptied`, sizes.rows(one), ['destroys'])),
    ...statement.droppedColumns
      .filter(({ relation }) => !told(relation))
      .map(({ relation, column, values }) => {
        const rows = sizes.assumed > 0 ? sizes.rows(relation) : values;
        return destroyed(relation, `the column ${column} of ${relation} is gone`, rows, ['destroys', 'breaks-clients']);
      }),
    ...statement.touched
      .filter(({ relation }) => !told(relation))
      .flatMap(({ relation, deleted, updated }): Hazard[] => {
        const severity = ofTouched(deleted, updated, sizes.of(relation)?.rows ?? null);
        if (severity === 'info') return [];
        return [
          {
            ...base,
            rule: deleted > 0 ? 'deletes-many-rows' : 'updates-many-rows',
            severity,
            effects: deleted > 0 ? ['destroys', 'bulk'] : ['bulk'],
            relation,
            message: `${number(deleted)} rows of ${relation} deleted and ${number(updated)} updated in one statement.`,
            safer: 'In batches, each a transaction of its own, outside of the deployment.',
          },
        ];
      }),
  ];
}

function ofTouched(deleted: number, updated: number, rows: number | null): Severity {
  const { warning, danger } = THRESHOLDS.touched;
  if (deleted >= danger || (deleted > 0 && rows !== null && deleted >= rows)) return 'danger';
  return deleted + updated >= warning ? 'warning' : 'info';
}

class Sizes {
  readonly assumed: number;
  private readonly sizes: readonly RelationSize[];
  private readonly known = new Map<string, RelationSize | null>();

  constructor(sizes: readonly RelationSize[], assumed: number) {
    this.sizes = sizes;
    this.assumed = assumed;
  }

  /** Null: there is no such relation outside of this run. */
  of(relation: string): RelationSize | null {
    const known = this.known.get(relation);
    if (known !== undefined) return known;
    // A whole name goes before one that ends like it.
    const found =
      this.sizes.find((one) => one.relation === relation) ??
      this.sizes.find((one) => sameRelation(relation, one.relation)) ??
      null;
    this.known.set(relation, found);
    return found;
  }

  /** As measured or as assumed, whichever is more; null: not known. */
  rows(relation: string): number | null {
    const size = this.of(relation);
    if (size === null) return null;
    if (size.rows === null) return this.assumed > 0 ? this.assumed : size.bytes === 0 ? 0 : null;
    return Math.max(size.rows, this.assumed);
  }
}
