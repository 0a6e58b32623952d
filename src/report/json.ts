/** Outcome -> what programs read: report.json and the step's outputs. */
import type { Hazard, MigrationRef, MigrationReport, Outcome, Severity, StatementReport } from './outcome.ts';
import { byteLength, cut } from './text.ts';

export const OUTPUT_NAMES = [
  'result',
  'database-state',
  'environment',
  'previous-version',
  'current-version',
  'pending-count',
  'pending',
  'applied-count',
  'applied',
  'plan-digest',
  'hazard-count',
  'hazards',
  'log-path',
  'report-path',
  'artifact-name',
  'artifact-id',
  'artifact-url',
  'duration-ms',
] as const;
export type OutputName = (typeof OUTPUT_NAMES)[number];
export type Outputs = Readonly<Record<OutputName, string>>;

export interface ReportPaths {
  /** Absolute. */
  readonly logPath: string;
  /** Absolute. */
  readonly reportPath: string;
}

/** Each JSON output stays under this many bytes. */
export const OUTPUT_BYTES = 100_000;

/** Every output of the contract; what is absent is the empty string. */
export function renderOutputs(outcome: Outcome, paths: ReportPaths): Record<OutputName, string> {
  return {
    result: outcome.result,
    'database-state': outcome.databaseState,
    environment: outcome.environment ?? '',
    'previous-version': outcome.previousVersion ?? '',
    'current-version': outcome.currentVersion ?? '',
    'pending-count': String(outcome.pending.length),
    pending: jsonWithin(outcome.pending.map(migrationRef), OUTPUT_BYTES),
    'applied-count': String(outcome.applied.length),
    applied: jsonWithin(outcome.applied.map(migrationRef), OUTPUT_BYTES),
    'plan-digest': outcome.planDigest ?? '',
    'hazard-count': String(outcome.hazards.length),
    hazards: jsonWithin(worstFirst(outcome.hazards).map(shortHazard), OUTPUT_BYTES),
    'log-path': paths.logPath,
    'report-path': paths.reportPath,
    'artifact-name': outcome.artifacts.log?.name ?? outcome.artifactName ?? '',
    'artifact-id': outcome.artifacts.log?.id ?? '',
    'artifact-url': outcome.artifacts.log?.url ?? '',
    'duration-ms': String(Math.round(outcome.durationMs)),
  };
}

/** report.json, `"schema": 1`. What is absent is null. `outputs` gives the paths and the artifact. */
export function renderReport(outcome: Outcome, outputs: Outputs): object {
  return {
    schema: 1,
    result: outcome.result,
    databaseState: outcome.databaseState,
    exitCode: outcome.exitCode,
    mode: outcome.mode,
    environment: outcome.environment,
    environmentSource: outcome.environmentSource,
    engine: outcome.engine,
    planDigest: outcome.planDigest,
    previousVersion: outcome.previousVersion,
    currentVersion: outcome.currentVersion,
    server: outcome.server,
    startedAt: outcome.startedAt,
    durationMs: Math.round(outcome.durationMs),
    pendingCount: outcome.pending.length,
    pending: outcome.pending.map(migrationRef),
    appliedCount: outcome.applied.length,
    applied: outcome.applied.map(migrationRef),
    hazardCount: outcome.hazards.length,
    logPath: orNull(outputs['log-path']),
    reportPath: orNull(outputs['report-path']),
    artifactName: orNull(outputs['artifact-name']),
    artifactId: orNull(outputs['artifact-id']),
    artifactUrl: orNull(outputs['artifact-url']),
    error: outcome.error,
    problems: outcome.problems,
    stages: outcome.stages,
    migrations: outcome.migrations.map(migration),
    coverage: outcome.coverage,
    blocked: outcome.blocked,
    hazards: worstFirst(outcome.hazards).map(hazard),
    schemaDiff: outcome.schemaDiff,
    predictedEqualsActual: outcome.predictedEqualsActual,
    unpredicted: outcome.unpredicted,
    verification: outcome.verification,
    rehearsal: outcome.rehearsal,
    backup: outcome.backup,
    downFiles: outcome.downFiles,
    checklist: outcome.checklist,
    sizes: outcome.sizes,
    health: outcome.health,
    recorded: outcome.recorded,
    warnings: outcome.warnings,
    notes: outcome.notes,
    run: outcome.run,
  };
}

const SEVERITY_RANK: Readonly<Record<Severity, number>> = { danger: 0, warning: 1, info: 2 };

/** Danger before warning before info, what was not accepted before what was; else in the order they came. */
export function worstFirst(hazards: readonly Hazard[]): Hazard[] {
  const rank = (item: Hazard): number => SEVERITY_RANK[item.severity] * 2 + (item.allowed === null ? 0 : 1);
  return [...hazards].sort((a, b) => rank(a) - rank(b));
}

function migrationRef(ref: MigrationRef): MigrationRef {
  return { version: cut(ref.version, 1000), name: cut(ref.name, 1000), file: cut(ref.file, 1000) };
}

function migration(report: MigrationReport): object {
  return {
    version: report.version,
    name: report.name,
    file: report.file,
    checksum: report.checksum,
    transactional: report.transactional,
    status: report.status,
    ms: report.ms,
    appliedMs: report.appliedMs,
    statements: report.statements.map(statement),
  };
}

function statement(report: StatementReport): object {
  return {
    index: report.index,
    line: report.line,
    count: report.count,
    sql: cut(report.sql, 1000),
    executed: report.executed,
    error: report.error,
    reason: report.reason,
    ms: report.ms,
    rows: report.rows,
    locks: report.locks,
    rewrites: report.rewrites,
    scans: report.scans,
    watched: report.watched,
    touched: report.touched,
    dropped: [...report.dropped, ...report.droppedViews],
    droppedColumns: report.droppedColumns,
    truncated: report.truncated,
  };
}

function hazard(item: Hazard): Hazard {
  return {
    rule: item.rule,
    severity: item.severity,
    effects: item.effects,
    version: item.version,
    file: item.file,
    line: item.line,
    statement: item.statement === null ? null : cut(item.statement, 200),
    relation: item.relation,
    message: item.message,
    safer: item.safer,
    source: item.source,
    allowed: item.allowed,
  };
}

/** For the output: no single entry may be so large that it pushes all others out. */
function shortHazard(item: Hazard): Hazard {
  return {
    ...hazard(item),
    file: cutOrNull(item.file, 1000),
    relation: cutOrNull(item.relation, 500),
    message: cut(item.message, 2000),
    safer: cutOrNull(item.safer, 2000),
    allowed: cutOrNull(item.allowed, 500),
  };
}

function cutOrNull(text: string | null, max: number): string | null {
  return text === null ? null : cut(text, max);
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** A JSON array of as many entries, from the front, as fit into fewer than `limit` bytes. */
function jsonWithin(entries: readonly object[], limit: number): string {
  const kept: string[] = [];
  let size = 2;
  for (const entry of entries) {
    const text = JSON.stringify(entry);
    size += byteLength(text) + 1;
    if (size >= limit) break;
    kept.push(text);
  }
  return `[${kept.join(',')}]`;
}
