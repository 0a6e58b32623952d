/**
 * What the text claims, what the dry run saw, and how large and busy the table is -> hazards. What was seen beats what
 * was claimed; what was not executed keeps its claim; what is not known never counts as harmless.
 */
import type {
  Effect,
  Hazard,
  MigrationReport,
  RelationSize,
  SchemaChange,
  Severity,
  StatementReport,
} from '../report/outcome.ts';
import { bytes, cut, duration, number, plural } from '../report/text.ts';
import type { Claim } from './claim.ts';
import { Gone, losesValues } from './gone.ts';
import { sameRelation } from './names.ts';

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
  /** How the schema differs after all of them; null: not known, since not all was executed. */
  readonly schemaDiff?: readonly SchemaChange[] | null;
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
  const gone = input.schemaDiff == null ? null : new Gone(input.schemaDiff);
  let held = new Map<string, string>();
  // All that was locked so far: what is locked again, in a later file, shows no lock of its own.
  const before = new Map<string, string>();
  const opaque: About[] = [];
  for (const migration of input.migrations) {
    if (!input.oneTransaction) held = new Map();
    for (const statement of migration.statements) {
      const key = `${migration.version}:${statement.index}`;
      taken.add(key);
      if (!migration.transactional) held = new Map();
      const said = claims.get(key) ?? [];
      if (statement.executed) {
        for (const lock of statement.locks) hold(held, lock.relation, lock.mode);
        for (const [relation, mode] of lockedAgain(said, before)) hold(held, relation, mode);
        for (const lock of statement.locks) hold(before, lock.relation, lock.mode);
        if (isOpaque(statement, said)) opaque.push({ migration, statement });
      }
      hazards.push(...ofStatement(migration, statement, said, held, sizes, gone));
    }
  }
  // What was never come to is judged by its text alone.
  for (const [key, left] of claims) if (!taken.has(key)) hazards.push(...left.map((claim) => claimed(claim, sizes)));
  return gone === null ? hazards : [...hazards, ...removedByCode(hazards, gone, opaque)];
}

/** What the text claims to lock, of what an earlier file has locked already. */
function lockedAgain(claims: readonly Claim[], before: ReadonlyMap<string, string>): [string, string][] {
  return claims.flatMap(({ weight, relation, lock }) =>
    weight === 'work' && relation !== null && lock !== null
      ? [...before.keys()].filter((one) => sameRelation(relation, one)).map((one): [string, string] => [one, lock])
      : [],
  );
}

/** It may do what its words do not show. */
function isOpaque({ sql }: StatementReport, claims: readonly Claim[]): boolean {
  return /^\s*(?:do|call|select)\b/i.test(sql) || claims.some(({ rule }) => rule === 'dynamic-sql');
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
  gone: Gone | null,
): Hazard[] {
  // A failed statement has not done its work: what it would have done its text says.
  if (!statement.executed || statement.error !== null || !statement.watched)
    return claims.map((claim) => claimed(claim, sizes, statement));
  const works = workSeen(statement, held).filter((work) => !isSmallLook(work, statement, claims, sizes));
  const about = { migration, statement };
  const hazards: Hazard[] = [];
  const settle = (claim: Claim, hazard: Hazard) => (gone === null ? hazard : bySchema(hazard, claim, gone));
  const explained = new Set<Seen>();
  for (const claim of claims) {
    if (claim.weight !== 'work') {
      // It says itself what the work is worth.
      if (claim.work !== 'none')
        for (const work of works)
          if (isAbout(claim, work, claims) && !isStronger(work.mode, claim.lock)) explained.add(work);
      const not = onlyMayFail(claim) ? 'it did not fail in the dry run' : stillThere(claim, statement, gone);
      hazards.push(not === null ? settle(claim, claimed(claim, sizes, statement)) : disproved(claim, not));
      continue;
    }
    const matching = works.filter((work) => isAbout(claim, work, claims));
    for (const work of matching) {
      explained.add(work);
      hazards.push(settle(claim, seen(work, about, sizes, claim)));
    }
    if (matching.length === 0) {
      const work = claim.work === 'rewrite' ? 'rewrite' : 'scan';
      hazards.push(settle(claim, disproved(claim, `the dry run saw no ${work} under a lock that blocks anybody`)));
    }
  }
  const [first] = claims.filter((claim) => claim.weight === 'work');
  for (const work of works) if (!explained.has(work)) hazards.push(seen(work, about, sizes, first ?? null));
  return [...hazards, ...unclaimed(about, claims, sizes)];
}

function isStronger(mode: string, than: string | null): boolean {
  return BLOCKS_WRITES.indexOf(mode) > BLOCKS_WRITES.indexOf(than ?? '');
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

/** So few rows that PostgreSQL reads them all to find one: where there are more it would go by an index. */
const SMALL = { rows: 1_000, bytes: 256 * 1024 };

/** A foreign key's look at the other table, a row found by its key. */
function isSmallLook(work: Seen, { sql }: StatementReport, claims: readonly Claim[], sizes: Sizes): boolean {
  if (work.rewritten || !/^\s*(?:insert|update|delete|merge)\b/i.test(sql)) return false;
  if (
    claims.some(
      ({ weight, relation }) => weight === 'work' && relation !== null && sameRelation(relation, work.relation),
    )
  )
    return false;
  const size = sizes.of(work.relation);
  return size !== null && (size.rows ?? SMALL.rows) < SMALL.rows && size.bytes <= SMALL.bytes;
}

/** A claim that names another relation is about the work on this one too where it alone explains it: partitions, users of a domain. */
function isAbout(claim: Claim, work: Seen, claims: readonly Claim[]): boolean {
  if (claim.relation === null || sameRelation(claim.relation, work.relation)) return work.rewritten || work.scanned;
  const elsewhere = claims.some((one) => one.relation !== null && sameRelation(one.relation, work.relation));
  return !elsewhere && (work.rewritten || work.scanned) && claims.filter((one) => one.weight === 'work').length === 1;
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
    // Where nothing but time was seen, it is the time that counts.
    severity:
      work.rewritten || work.scanned ? gravity(sizes.rows(work.relation), size, work.ms) : gravity(null, null, work.ms),
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
  // How many rows nobody knows is not few.
  const raised = busy && (rows ?? Number.POSITIVE_INFINITY) >= 1_000 ? worst + 1 : worst;
  return SEVERITIES[Math.min(2, raised)] ?? 'danger';
}

// -- claims -------------------------------------------------------------------------------------------------------

/** What the text claims and the dry run has neither confirmed nor disproved. */
function claimed(claim: Claim, sizes: Sizes, statement: StatementReport | null = null): Hazard {
  const size = claim.relation === null ? null : sizes.of(claim.relation);
  // Made in this run, or not there at all (IF EXISTS): nobody is in its way, and nothing is lost with it.
  const absent = claim.relation !== null && size === null;
  const found = severityOf(claim, sizes, statement, absent);
  const severity = claim.weight !== 'fixed' && RANK[found] > RANK[claim.severity] ? claim.severity : found;
  return {
    rule: claim.rule,
    severity,
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

// -- what the schema shows at the end -----------------------------------------------------------------------------

/** Claims that something is no longer found under its name. */
const OF_NAMES: ReadonlySet<string> = new Set(['drop-object', 'rename-table', 'rename-object', 'set-schema']);

/** What is no longer found under its name, and no statement says so. */
function removedByCode(hazards: readonly Hazard[], gone: Gone, opaque: readonly About[]): Hazard[] {
  const [first] = opaque;
  if (first === undefined) return [];
  const told = (name: string) =>
    hazards.some(
      ({ effects, relation, message }) =>
        effects.includes('breaks-clients') &&
        (relation === null ||
          sameRelation(relation, name) ||
          name.startsWith(`${relation}.`) ||
          message.includes(`\`${name}\``)),
    );
  return gone
    .named()
    .filter(({ name }) => !told(name))
    .map(({ kind, name }): Hazard => {
      const { migration, statement } = opaque.length === 1 ? first : { migration: null, statement: null };
      return {
        rule: 'removed-by-code',
        severity: 'warning',
        effects: ['breaks-clients'],
        version: migration?.version ?? null,
        file: migration?.file ?? null,
        line: statement?.line ?? null,
        statement: statement === null ? null : cut(statement.sql, 200),
        relation: kind === 'table' || kind === 'view' ? name : null,
        message: `the ${kind} ${name} is no longer found under its name, and no statement says so: code renamed, moved or dropped it`,
        safer: null,
        source: 'observed',
        allowed: null,
      };
    });
}

function bySchema(hazard: Hazard, claim: Claim, gone: Gone): Hazard {
  const { object, relation } = claim;
  if (!OF_NAMES.has(claim.rule) && !claim.rule.startsWith('type-change')) return hazard;
  if (OF_NAMES.has(claim.rule)) {
    const name = object ?? relation;
    if (name === null || name === undefined || gone.has(name)) return hazard;
    const columns = gone.viewColumns(name);
    if (columns.length === 0)
      return {
        ...hazard,
        severity: 'info',
        effects: [],
        message: `${sentence(claim.message)} Not here: in the end nothing of that name is missing.`,
        source: 'both',
      };
    return {
      ...hazard,
      severity: 'warning',
      effects: ['breaks-clients', 'changes-behaviour'],
      message: `${sentence(claim.message)} Its columns ${columns.join(', ')} are gone.`,
      source: 'both',
    };
  }
  const change = object === undefined || relation === null ? null : gone.typeChange(relation, object);
  const loses = change === null ? null : losesValues(change.from, change.to);
  if (change === null || loses === null || loses === hazard.effects.includes('destroys')) return hazard;
  const effects = hazard.effects.filter((effect) => effect !== 'destroys');
  return {
    ...hazard,
    rule: loses ? 'type-change-may-lose' : 'type-change',
    effects: loses ? [...effects, 'destroys'] : effects,
    severity: loses && hazard.severity === 'info' ? 'warning' : hazard.severity,
    message: `${sentence(hazard.message)} From ${change.from} to ${change.to} ${loses ? 'values are rounded or cut' : 'no value is lost'}.`,
    source: 'both',
  };
}

/** Why what is said to be dropped was not: IF EXISTS that found nothing, a branch not taken. Null: it was, or who knows. */
function stillThere(
  { rule, relation, object }: Claim,
  { dropped, droppedViews, droppedColumns }: StatementReport,
  gone: Gone | null,
): string | null {
  if (rule === 'drop-cascade' || rule === 'drop-schema-cascade') {
    const nothing = dropped.length + droppedViews.length + droppedColumns.length === 0;
    return nothing && gone !== null && object !== undefined && !gone.has(object)
      ? 'the dry run dropped nothing of that name'
      : null;
  }
  if (relation === null) return null;
  if (rule === 'drop-table' && !dropped.some((one) => sameRelation(relation, one)))
    return 'the dry run dropped no such table';
  if (rule !== 'drop-column' || object === undefined) return null;
  // By the name that it had before the run, which an earlier statement may have changed.
  const lost = [...dropped, ...droppedColumns.map((one) => one.relation)].some((one) => sameRelation(relation, one));
  return lost ? null : 'the dry run dropped no such column';
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
        const severity = ofTouched(deleted, updated, sizes.of(relation)?.rows ?? null, sizes.assumed);
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

function ofTouched(deleted: number, updated: number, rows: number | null, assumed: number): Severity {
  const { warning, danger } = THRESHOLDS.touched;
  if (deleted >= danger || (deleted > 0 && rows !== null && deleted >= rows)) return 'danger';
  // Of a table that is judged as if it were larger, the same part of it.
  const scale = rows === null || rows === 0 ? 1 : Math.max(1, assumed / rows);
  return (deleted + updated) * scale >= warning ? 'warning' : 'info';
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
