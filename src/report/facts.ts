/** What both reports, markdown and plain, say of an outcome, in plain words. */
import { worstFirst } from './json.ts';
import {
  type DatabaseState,
  type Failure,
  type FailureClass,
  type Hazard,
  LOCK_MODES,
  type LockSeen,
  type MigrationReport,
  type Outcome,
  type RelationSize,
  type SchemaChange,
  type Stage,
  type StageName,
  type StatementReport,
} from './outcome.ts';
import { brief, bytes, duration, number, plural } from './text.ts';

/** The report's first line, plain text: what happened, the state of the database, which database and where that came from. */
export function headline(outcome: Outcome): string {
  const where = place(outcome);
  return `${happened(outcome)}${where === '' ? '' : ` (${where})`}`;
}

/** What happened and the state of the database: two sentences. */
export function happened(outcome: Outcome): string {
  return `${whatHappened(outcome)} ${stateSentence(outcome)}`;
}

/** The failure's message without what stands beside it anyway: the result's name in front, a listed hazard's own words at the end. */
function essence(message: string, outcome: Outcome): string {
  const told = outcome.hazards.find((hazard) => hazard.message !== '' && message.endsWith(hazard.message));
  const start = 'the dry run is inconclusive: ';
  return message
    .slice(
      outcome.result === 'dry-run-inconclusive' && message.startsWith(start) ? start.length : 0,
      told === undefined || told.message.length === message.length ? undefined : -told.message.length,
    )
    .replace(/[,:]\s*$/, '');
}

/** Whether the failure's message stands in the first line, and among the hazards, already. */
export function isSaid(outcome: Outcome, message: string): boolean {
  return happened(outcome).includes(brief(essence(message, outcome), 400).replace(/[.!?…]$/, ''));
}

/** Whether somebody must look at the database itself: it is not what it was, and not proved to be what it should be. */
export function needsHands(outcome: Outcome): boolean {
  return outcome.exitCode !== 0 && outcome.databaseState !== 'unchanged';
}

function whatHappened(outcome: Outcome): string {
  switch (outcome.result) {
    case 'dry-run-passed':
      return `Dry run passed: ${plural(rehearsed(outcome), 'migration')} rehearsed and rolled back.`;
    case 'up-to-date':
      return `Up to date: nothing to apply${atVersion(outcome)}.`;
    case 'verified':
      return `Verified: every check passed${atVersion(outcome)}.`;
    case 'reported':
      return `Status: ${outcome.exitCode === 0 ? '' : 'records to settle, '}${outcome.pending.length === 0 ? 'nothing pending' : `${number(outcome.pending.length)} pending`}${atVersion(outcome)}.`;
    case 'applied':
      return `Applied: ${plural(outcome.applied.length, 'migration')}.`;
    case 'rolled-back':
      return `Rolled back: ${plural(count(outcome, 'rolled-back'), 'migration')}.`;
    case 'baselined':
      return `Baselined: ${plural(outcome.applied.length, 'migration')} recorded as applied, none run.`;
    case 'repaired':
      return 'Repaired: no record is interrupted or failed any more.';
    case 'failed':
      return failedHow(outcome);
    case 'refused':
      return `Refused${outcome.error === null ? '.' : `: ${sentence(essence(outcome.error.message, outcome))}`}`;
    case 'dry-run-inconclusive':
      return `Dry run inconclusive${outcome.error === null ? '.' : `: ${sentence(essence(outcome.error.message, outcome))}`}`;
    case 'cancelled':
      return `Cancelled${inStage(outcome, 'cancelled')}.`;
  }
}

function failedHow(outcome: Outcome): string {
  if (outcome.problems.length > 0) return `Failed: ${plural(outcome.problems.length, 'input is', 'inputs are')} wrong.`;
  const place = failurePlace(outcome);
  const stage = inStage(outcome, 'failed');
  if (place !== '') return `Failed${stage}: ${place}.`;
  return outcome.error === null ? `Failed${stage}.` : `Failed${stage}: ${sentence(outcome.error.message)}`;
}

/** `0007_add_total.sql line 3`, or nothing. */
function failurePlace(outcome: Outcome): string {
  const { error } = outcome;
  if (error === null || error.file === null) return '';
  const name = brief(error.file.split('/').at(-1) ?? error.file, 120);
  return error.line === null ? name : `${name} line ${error.line}`;
}

const STAGE_WORDS: Readonly<Record<StageName, string>> = {
  inspect: 'inspect',
  plan: 'plan',
  'dry-run': 'dry run',
  review: 'review',
  backup: 'backup',
  apply: 'apply',
  rollback: 'rollback',
  record: 'record',
  verify: 'verify',
};

export function stageWords(stage: StageName): string {
  return STAGE_WORDS[stage];
}

function inStage(outcome: Outcome, status: Stage['status']): string {
  const stage = outcome.stages.find((item) => item.status === status)?.stage;
  if (stage === undefined) return '';
  const words: Partial<Record<StageName, string>> = {
    inspect: ' while looking at the database',
    plan: ' while planning',
    backup: ' while setting the backup marker',
    apply: ' while applying',
    rollback: ' while rolling back',
    record: ' while writing the record',
    verify: ' in the verification',
  };
  return words[stage] ?? ` in the ${STAGE_WORDS[stage]}`;
}

function stateSentence(outcome: Outcome): string {
  const total = outcome.migrations.length;
  switch (outcome.databaseState) {
    case 'unchanged':
      return 'The database is unchanged.';
    case 'migrated':
      return outcome.result === 'applied' || wasVerified(outcome)
        ? 'The database is migrated and verified.'
        : 'The database is migrated, not verified.';
    case 'partially-migrated':
      return `The database is partially migrated${total === 0 ? '' : `: ${number(outcome.applied.length)} of ${plural(total, 'migration')} applied completely`}.`;
    case 'rolled-back':
      return 'The database is rolled back.';
    case 'unknown':
      return 'The state of the database is unknown: it could not be read back.';
  }
}

/** Cancelled when everything was over. */
function wasVerified({ result, stages }: Outcome): boolean {
  return result === 'cancelled' && stages.some(({ stage, status }) => stage === 'verify' && status === 'passed');
}

export function stateWords(state: DatabaseState): string {
  return state.replaceAll('-', ' ');
}

/** `app on db.example.com, production, from input database-url`; empty where nothing is known. */
export function place(outcome: Outcome): string {
  const { server } = outcome;
  const parts = [
    server === null ? '' : `${brief(server.database, 63)} on ${brief(server.host, 120)}`,
    outcome.environment ?? '',
    server === null ? '' : `from ${brief(server.source, 80)}`,
  ].filter((part) => part !== '');
  return parts.join(', ');
}

function atVersion(outcome: Outcome): string {
  return outcome.currentVersion === null ? '' : `, at version ${brief(outcome.currentVersion, 60)}`;
}

function sentence(message: string): string {
  const text = brief(message, 160);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function rehearsed(outcome: Outcome): number {
  return count(outcome, 'rehearsed') || outcome.pending.length;
}

function count(outcome: Outcome, status: MigrationReport['status']): number {
  return outcome.migrations.filter((migration) => migration.status === status).length;
}

/** The next action: the failure's, or what a good result leads to; null where nothing is to be done. */
export function nextStep(outcome: Outcome): string | null {
  if (outcome.error !== null) return outcome.error.next;
  switch (outcome.result) {
    case 'reported':
      return outcome.exitCode === 0
        ? null
        : 'Settle the records that the warnings name, then run `mode: status` again.';
    case 'dry-run-passed':
      if (outcome.mode === 'apply')
        return 'It is applied after the pause; cancel this run to stop it: nothing is changed yet.';
      return outcome.planDigest === null
        ? 'Run with `mode: apply`.'
        : `Run with \`mode: apply\` and \`plan-digest: ${outcome.planDigest}\` to apply exactly this plan.`;
    case 'failed':
      return outcome.problems.length > 0
        ? 'Correct these inputs, then run again.'
        : 'Read the log in `migration-log/migration.log`, correct the cause, then run again.';
    case 'refused':
    case 'dry-run-inconclusive':
      return 'Read the reasons below, settle them, then run again.';
    case 'cancelled':
      return outcome.databaseState === 'unchanged'
        ? 'Run again when you are ready.'
        : 'Run with `mode: status` to see what is applied, then run `apply` again: what is applied is not applied twice.';
    default:
      return null;
  }
}

/** The strongest lock on a relation that others could be using; of equal ones, that on the largest. Null: none. */
export function strongestLock(migration: MigrationReport, sizes: ReadonlyMap<string, RelationSize>): LockSeen | null {
  let best: LockSeen | null = null;
  let bestRank = -1;
  for (const statement of migration.statements) {
    for (const lock of statement.locks) {
      if (!lock.preexisting) continue;
      const size = sizes.get(lock.relation)?.bytes ?? 0;
      // Strength decides; size, below 1, settles between equals.
      const rank = LOCK_MODES.indexOf(lock.mode) + size / (size + 1024 * 1024);
      if (best === null || rank > bestRank) {
        best = lock;
        bestRank = rank;
      }
    }
  }
  return best;
}

/** `AccessExclusiveLock` -> `ACCESS EXCLUSIVE`, as PostgreSQL's manual writes it. */
export function lockWords(mode: string): string {
  return brief(mode, 60)
    .replace(/Lock$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}

export function sizesByRelation(outcome: Outcome): Map<string, RelationSize> {
  return new Map(outcome.sizes.map((size) => [size.relation, size]));
}

/** `1.2 GB, about 3,400,000 rows` */
export function sizeWords(size: RelationSize): string {
  const rows = size.rows === null || size.rows < 0 ? '' : `, about ${plural(size.rows, 'row')}`;
  return `${bytes(size.bytes)}${rows}`;
}

/** `5`, or `4 of 5` where some were not executed as written; null where nothing is known of them. */
export function statementsWords(migration: MigrationReport): string | null {
  if (migration.statements.length === 0) return null;
  let total = 0;
  let executed = 0;
  for (const statement of migration.statements) {
    total += statement.count;
    if (statement.executed) executed += statement.count;
  }
  return executed === total ? number(total) : `${number(executed)} of ${number(total)}`;
}

export function rowsOf(migration: MigrationReport): number | null {
  let rows: number | null = null;
  for (const statement of migration.statements) if (statement.rows !== null) rows = (rows ?? 0) + statement.rows;
  return rows;
}

/** The migrations to show when there are more than `limit`: those that failed, then from the front; kept in their order. */
export function migrationsToShow(outcome: Outcome, limit: number): readonly MigrationReport[] {
  const all = outcome.migrations;
  if (all.length <= limit) return all;
  const chosen = new Set<number>();
  const take = (from: number, wanted: (migration: MigrationReport) => boolean): void => {
    for (let index = from; index < all.length && chosen.size < limit; index += 1) {
      const migration = all[index];
      if (migration !== undefined && wanted(migration)) chosen.add(index);
    }
  };
  take(0, (migration) => migration.status === 'failed');
  take(0, () => true);
  return [...chosen].sort((a, b) => a - b).flatMap((index) => all[index] ?? []);
}

/** `12 of 15 statements executed in the dry run`; null where none was made. */
export function coverageWords(outcome: Outcome): string | null {
  const { statements, executed } = outcome.coverage;
  if (statements === 0 || !cameTo(outcome, 'dry-run')) return null;
  return executed === statements
    ? `Coverage: all ${plural(statements, 'statement')} executed in the dry run.`
    : `Coverage: ${number(executed)} of ${plural(statements, 'statement')} executed in the dry run.`;
}

function cameTo(outcome: Outcome, stage: StageName): boolean {
  return outcome.stages.some((item) => item.stage === stage && item.status !== 'skipped');
}

/** The proof that the rehearsal left nothing. */
export function rehearsalWords(outcome: Outcome): string | null {
  const { rehearsal } = outcome;
  if (rehearsal === null) return null;
  const on = rehearsal.on === 'target' ? 'the target' : 'the copy';
  const again = rehearsal.attempts > 1 ? `, at attempt ${rehearsal.attempts}` : '';
  const [sequence, ...sequences] = rehearsal.sequencesAdvanced;
  const left = [
    rehearsal.walBytes === null ? '' : `${bytes(rehearsal.walBytes)} of WAL`,
    rehearsal.deadTuples === 0 ? '' : plural(rehearsal.deadTuples, 'dead row'),
    sequence === undefined
      ? ''
      : `numbers taken from ${brief(sequence, 140)}${sequences.length > 0 ? ` and ${plural(sequences.length, 'other sequence')}` : ''}`,
  ].filter((part) => part !== '');
  const cost = left.length === 0 ? '' : ` It left behind: ${left.join(', ')}.`;
  return `Rehearsed on ${on}${again} in transaction ${brief(rehearsal.xid, 40)}, of which the server says: ${brief(rehearsal.status, 40)}.${cost}`;
}

export function predictionWords(outcome: Outcome): string | null {
  if (outcome.predictedEqualsActual === true) return 'The schema is now exactly what the dry run predicted.';
  if (outcome.predictedEqualsActual === false) return 'The schema is NOT what the dry run predicted.';
  return outcome.databaseState === 'migrated'
    ? 'The schema could not be compared with the prediction in full: part of it could not be rehearsed.'
    : null;
}

const KIND_PLURALS: Partial<Record<SchemaChange['kind'], string>> = {
  index: 'indexes',
  policy: 'policies',
  statistics: 'statistics',
  other: 'other objects',
};

/** `3 tables added, 1 column changed`, in the order table, column, ... as they come. */
export function diffWords(changes: readonly SchemaChange[]): string {
  const counts = new Map<string, { change: SchemaChange; count: number }>();
  for (const change of changes) {
    const key = `${change.kind} ${change.change}`;
    const entry = counts.get(key);
    if (entry) entry.count += 1;
    else counts.set(key, { change, count: 1 });
  }
  return [...counts.values()]
    .map(({ change, count: many }) => {
      const one = change.kind === 'other' ? 'other object' : change.kind.replace('-', ' ');
      return `${plural(many, one, KIND_PLURALS[change.kind] ?? `${one}s`)} ${change.change}`;
    })
    .join(', ');
}

/** The changes of one kind together, kinds in the order in which they first come. */
export function byKind(changes: readonly SchemaChange[]): SchemaChange[] {
  const groups = new Map<string, SchemaChange[]>();
  for (const change of changes) {
    const group = groups.get(change.kind);
    if (group) group.push(change);
    else groups.set(change.kind, [change]);
  }
  return [...groups.values()].flat();
}

/** Lines of a `diff`: `+` added, `-` removed, `!` changed with what it was and what it is. Each line is cut at `width`. */
export function diffLines(change: SchemaChange, width: number): string[] {
  const mark = change.change === 'added' ? '+' : change.change === 'removed' ? '-' : '!';
  const head = `${mark} ${change.kind} ${brief(change.name, width)}`;
  if (change.change !== 'changed') {
    const definition = change.change === 'added' ? change.after : change.before;
    return [definition === null ? head : `${head}: ${brief(definition, width)}`];
  }
  return [
    head,
    ...(change.before === null ? [] : [`-     ${brief(change.before, width)}`]),
    ...(change.after === null ? [] : [`+     ${brief(change.after, width)}`]),
  ];
}

/** The way back of what somebody else's tool has applied, in a sentence; null: there are files for it, or there is nothing. */
export function wayBackOfTool({ engine, applied, previousVersion }: Outcome): string | null {
  if (applied.length === 0 || engine === 'sql' || engine === null) return null;
  if (engine === 'command')
    return "the tool's own way back (its down or rollback command), or a new migration that undoes it";
  const single = previousVersion === null || /^\w+$/.test(previousVersion);
  return single
    ? `\`alembic downgrade ${previousVersion ?? 'base'}\`, which this run has not rehearsed, or a new revision that undoes it`
    : 'a new revision that undoes it';
}

/** For what this run applied, newest first: the way back of each. */
export function waysBack(outcome: Outcome): { readonly file: string; readonly down: string | null }[] {
  if (wayBackOfTool(outcome) !== null) return [];
  return [...outcome.applied].reverse().map((migration) => {
    const key = prefixOf(migration.file);
    return {
      file: migration.file,
      down: outcome.downFiles.find((down) => key !== null && prefixOf(down) === key) ?? null,
    };
  });
}

function prefixOf(file: string): string | null {
  const digits = /^\d+/.exec(file.split('/').at(-1) ?? '')?.[0];
  return digits === undefined ? null : digits.replace(/^0+(?=\d)/, '');
}

/** Settings of a point-in-time recovery to just before this run; null: no marker was taken. */
export function recoverySettings(outcome: Outcome): string | null {
  const { backup } = outcome;
  if (backup === null) return null;
  const quoted = (text: string): string => `'${brief(text, 200).replaceAll("'", "''")}'`;
  return backup.name === null
    ? `recovery_target_lsn = ${quoted(backup.lsn)}`
    : `recovery_target_name = ${quoted(backup.name)}`;
}

export function backupWords(outcome: Outcome): string | null {
  const { backup } = outcome;
  if (backup === null) return null;
  const what = backup.name === null ? 'WAL position' : `Restore point ${brief(backup.name, 120)}, WAL position`;
  return `${what} ${brief(backup.lsn, 40)}, taken ${brief(backup.at, 60)} just before apply (snapshot ${brief(backup.snapshot, 120)}).`;
}

export function healthLines(outcome: Outcome): string[] {
  const { health } = outcome;
  if (health === null) return [];
  return [
    `Connections: ${number(health.connections)} of ${number(health.maxConnections)}`,
    `Database size: ${bytes(health.databaseBytes)}`,
    `Locks waited for: ${number(health.waitingLocks)}`,
    `Standbys: ${number(health.standbys)}`,
    ...health.longTransactions
      .slice(0, 10)
      .map(
        (item) =>
          `Open for ${duration(item.seconds * 1000)}: pid ${item.pid}, ${brief(item.application, 64) || 'no application name'}`,
      ),
    ...(health.longTransactions.length > 10
      ? [`${number(health.longTransactions.length - 10)} more long transactions, in report.json`]
      : []),
  ];
}

/** The server's own lines, as psql shows them. */
export function serverLines(outcome: Outcome, max: number): string[] {
  const { error } = outcome;
  if (error === null) return [];
  const lines = [`ERROR${error.sqlstate === null ? '' : ` ${error.sqlstate}`}: ${short(error.message, max)}`];
  if (error.detail !== null) lines.push(`DETAIL: ${short(error.detail, max)}`);
  if (error.hint !== null) lines.push(`HINT: ${short(error.hint, max)}`);
  if (error.where !== null) lines.push(`CONTEXT: ${short(error.where, max)}`);
  return lines;
}

function short(text: string, max: number): string {
  return text.length <= max
    ? text
    : `${text.slice(0, max).replace(/[\ud800-\udbff]$/, '')}… (${bytes(text.length)} in all)`;
}

/** `migrations/0007_add_total.sql:3:15`; null where the failure is at no file. */
export function locationOf(outcome: Outcome): string | null {
  const { error } = outcome;
  if (error === null || error.file === null) return null;
  return [brief(error.file, 300), error.line, error.line === null ? null : error.column]
    .filter((part) => part !== null)
    .join(':');
}

/** Worst first, without the statement that is the failure itself: that is told at length already. */
export function sortedHazards(outcome: Outcome): Hazard[] {
  return worstFirst(outcome.hazards).filter((hazard) => !isTheFailure(hazard, outcome.error));
}

/** A statement that failed is a hazard too; it is told once. */
export function isTheFailure(hazard: Hazard, error: Failure | null): boolean {
  return error !== null && hazard.effects.includes('fails') && hazard.file === error.file && hazard.line === error.line;
}

/** Without what the failure itself says already. */
export function warningsToShow(outcome: Outcome): readonly string[] {
  const said = outcome.error?.message ?? null;
  return outcome.warnings.filter((warning) => said === null || warning === '' || !said.startsWith(warning));
}

/**
 * The catalogue's sentence for the class, where it adds anything: what the gate itself stopped for says in its message what is
 * the matter, and the class is only the nearest one.
 */
export function meaningOf(error: Failure): string | null {
  const own: readonly FailureClass[] = [
    'input',
    'lock-timeout',
    'deadlock',
    'checksum',
    'order',
    'not-in-transaction',
    'resources',
    'verification',
    'cancelled',
    'internal',
  ];
  return error.sqlstate === null && own.includes(error.class) ? null : error.meaning;
}

/** A lock on something that others could be using, which keeps them from writing at least. */
export interface LockHeld {
  readonly relation: string;
  readonly mode: string;
  /** From the statement that took it to the end of its transaction, as the dry run measured it; null: not measured. */
  readonly ms: number | null;
  readonly migration: MigrationReport;
  readonly line: number;
}

/** The blocking locks, one for each relation: the strongest, of equals the longest; the worst first. */
export function locksHeld(outcome: Outcome, sizes: ReadonlyMap<string, RelationSize>): LockHeld[] {
  const worst = new Map<string, LockHeld>();
  for (const migration of outcome.migrations) {
    for (const held of locksOf(migration)) {
      const before = worst.get(held.relation);
      if (before === undefined || compareLocks(held, before, sizes) < 0) worst.set(held.relation, held);
    }
  }
  return [...worst.values()].sort((a, b) => compareLocks(a, b, sizes));
}

/** Locks of a transaction last until its end; outside of one, as long as the statement. */
function locksOf(migration: MigrationReport): LockHeld[] {
  const held: LockHeld[] = [];
  // From the end, so that what is left of the transaction is known.
  let rest = 0;
  for (const statement of [...migration.statements].reverse()) {
    rest = migration.transactional ? rest + (statement.ms ?? 0) : (statement.ms ?? 0);
    for (const { relation, mode, preexisting } of statement.locks) {
      if (!preexisting || blocks(mode) === null) continue;
      held.push({ relation, mode, ms: statement.ms === null ? null : rest, migration, line: statement.line });
    }
  }
  return held;
}

function compareLocks(a: LockHeld, b: LockHeld, sizes: ReadonlyMap<string, RelationSize>): number {
  const bytesOf = (held: LockHeld): number => sizes.get(held.relation)?.bytes ?? 0;
  return (
    LOCK_MODES.indexOf(b.mode) - LOCK_MODES.indexOf(a.mode) || (b.ms ?? 0) - (a.ms ?? 0) || bytesOf(b) - bytesOf(a)
  );
}

/** What others cannot do while the lock is held; null: they read and write all the while. */
export function blocks(mode: string): 'reads and writes' | 'writes' | null {
  if (mode === 'AccessExclusiveLock') return 'reads and writes';
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf('ShareLock') ? 'writes' : null;
}

export interface NotRehearsed {
  readonly migration: MigrationReport;
  readonly statement: StatementReport;
  readonly reason: string;
}

/** The statements that were not sent as written, with the reason. (Those that a failure kept from being sent have none.) */
export function notRehearsed(outcome: Outcome): NotRehearsed[] {
  return outcome.migrations.flatMap((migration) =>
    migration.statements.flatMap((statement) =>
      statement.executed || statement.reason === null ? [] : [{ migration, statement, reason: statement.reason }],
    ),
  );
}

/** `gh run rerun ...`, where the same files may go through the next time and the run is one of GitHub's; else null. */
export function rerunCommand(outcome: Outcome): string | null {
  const { runId, repository } = outcome.run;
  const worth: readonly FailureClass[] = [
    'connection',
    'tls',
    'authentication',
    'permission',
    'disk-full',
    'lock-timeout',
    'deadlock',
    'resources',
    'cancelled',
  ];
  if (
    outcome.exitCode === 0 ||
    !(outcome.error === null ? outcome.result === 'cancelled' : worth.includes(outcome.error.class))
  )
    return null;
  if (runId === null || !/^\d{1,20}$/.test(runId)) return null;
  if (repository === null || !/^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(repository)) return null;
  return `gh run rerun ${runId} --repo ${repository}`;
}
