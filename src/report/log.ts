/** Outcome -> the report for a terminal and for migration.log: plain text, aligned, nothing in it that a runner would obey. */
import {
  backupWords,
  byKind,
  coverageWords,
  diffLines,
  diffWords,
  headline,
  healthLines,
  locationOf,
  lockWords,
  meaningOf,
  nextStep,
  predictionWords,
  recoverySettings,
  rehearsalWords,
  rowsOf,
  serverLines,
  sizesByRelation,
  sizeWords,
  sortedHazards,
  stageWords,
  statementsWords,
  stateWords,
  strongestLock,
  warningsToShow,
  wayBackOfTool,
  waysBack,
} from './facts.ts';
import type { Hazard, MigrationReport, Outcome, RelationSize } from './outcome.ts';
import { withPlaces } from './places.ts';
import { brief, clean, cut, duration, inertText, number, oneLine, plural } from './text.ts';

/** The whole report, ended by a line feed. Free texts are cut at 20,000 characters; nothing else is left out. */
export function renderText(whole: Outcome): string {
  const outcome = withPlaces(whole);
  const sections = [
    headSection(outcome),
    problemsSection(outcome),
    failureSection(outcome),
    whereSection(outcome),
    stagesSection(outcome),
    blockedSection(outcome),
    failedChecksSection(outcome),
    migrationsSection(outcome),
    hazardsSection(outcome),
    listSection('Warnings', warningsToShow(outcome)),
    proofSection(outcome),
    rollbackSection(outcome),
    diffSection('Schema difference', outcome),
    checksSection(outcome),
    recordedSection(outcome),
    titled('Health', healthLines(outcome)),
    listSection('Notes', outcome.notes),
  ];
  return inertText(
    `${sections
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n')}\n`,
  );
}

const WORDS = 20_000;

function headSection(outcome: Outcome): string[] {
  const next = nextStep(outcome);
  return [headline(outcome), ...(next === null ? [] : [`Next: ${brief(next, WORDS)}`])];
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function listSection(title: string, texts: readonly string[]): string[] {
  return titled(
    title,
    texts.map((text) => brief(text, WORDS)),
  );
}

function problemsSection(outcome: Outcome): string[] {
  return titled(
    'Inputs',
    outcome.problems.map((problem) => `${brief(problem.input, 100)}: ${brief(problem.message, WORDS)}`),
  );
}

function failureSection(outcome: Outcome): string[] {
  const { error } = outcome;
  if (error === null || outcome.problems.length > 0) return [];
  const location = locationOf(outcome);
  const block = [
    ...(location === null ? [] : [`at ${location}`]),
    ...(error.excerpt === null ? [] : [clean(error.excerpt.slice(0, 2000))]),
    ...serverLines(outcome, WORDS).map(clean),
  ];
  const meaning = meaningOf(error);
  return [
    ...(meaning === null ? [] : [brief(meaning, WORDS)]),
    ...block.flatMap((text) => text.split('\n')).map((line) => `    ${line}`),
  ];
}

function whereSection(outcome: Outcome): string[] {
  const { server } = outcome;
  const pairs: [string, string][] = [];
  if (server !== null) {
    const version = server.version === null ? '' : `, PostgreSQL ${brief(server.version, 60)}`;
    pairs.push([
      'Database',
      `${brief(server.database, 63)} on ${brief(server.host, 200)}:${server.port} as ${brief(server.user, 63)}${version}`,
    ]);
    pairs.push(['From', brief(server.source, 200)]);
  }
  if (outcome.environment !== null) {
    pairs.push([
      'Environment',
      `${outcome.environment}${outcome.environmentSource === null ? '' : ` (${brief(outcome.environmentSource, 200)})`}`,
    ]);
  }
  if (outcome.mode !== null) pairs.push(['Mode', outcome.mode]);
  pairs.push(['State', stateWords(outcome.databaseState)]);
  const before = brief(outcome.previousVersion ?? 'none', 60);
  const now = brief(outcome.currentVersion ?? 'none', 60);
  pairs.push(['Version', before === now ? now : `${before} -> ${now}`]);
  if (outcome.planDigest !== null) pairs.push(['Plan digest', brief(outcome.planDigest, 200)]);
  if (outcome.artifactName !== null) pairs.push(['Artifact', brief(outcome.artifactName, 300)]);
  pairs.push(['Time', duration(outcome.durationMs)]);
  return aligned(pairs.map(([name, value]) => [name, value]));
}

/** Columns two spaces apart. The last one is as wide as it is. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const cells of rows) {
    cells.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, width(cell));
    });
  }
  return rows.map((cells) =>
    cells
      .map((cell, index) =>
        index === cells.length - 1 ? cell : `${cell}${' '.repeat((widths[index] ?? 0) - width(cell))}`,
      )
      .join('  ')
      .trimEnd(),
  );
}

/** In code points. */
function width(text: string): number {
  return [...text].length;
}

function stagesSection(outcome: Outcome): string[] {
  return titled(
    'Stages',
    aligned(
      outcome.stages.map((stage) => [
        stageWords(stage.stage),
        stage.status,
        stage.status === 'skipped' ? '' : duration(stage.ms),
      ]),
    ),
  );
}

function blockedSection(outcome: Outcome): string[] {
  return titled(
    'Kept waiting by the dry run',
    outcome.blocked.map((blocked) => {
      const by = blocked.file === null ? '' : ` by ${brief(blocked.file, 300)}`;
      const index = blocked.statementIndex === null ? '' : ` statement ${blocked.statementIndex}`;
      return `pid ${blocked.pid}, ${brief(blocked.application, 64) || 'no application name'}, waited ${duration(blocked.waitedMs)}${by}${index}`;
    }),
  );
}

function migrationsSection(outcome: Outcome): string[] {
  const sizes = sizesByRelation(outcome);
  const table = aligned(outcome.migrations.map((migration) => migrationCells(migration, sizes)));
  const lines = outcome.migrations.flatMap((migration, index) => [table[index] ?? '', ...notAsWritten(migration)]);
  return titled(`Migrations (${number(outcome.migrations.length)})`, lines);
}

function migrationCells(migration: MigrationReport, sizes: ReadonlyMap<string, RelationSize>): string[] {
  const rows = rowsOf(migration);
  const statements = statementsWords(migration);
  const lock = strongestLock(migration, sizes);
  const size = lock === null ? undefined : sizes.get(lock.relation);
  return [
    migration.status.replace('-', ' '),
    brief(migration.file, 300),
    migration.transactional ? '' : 'no transaction',
    statements === null ? '' : `${statements} statements`,
    rows === null ? '' : plural(rows, 'row'),
    migration.ms === null ? '' : `dry run ${duration(migration.ms)}`,
    migration.appliedMs === null ? '' : `apply ${duration(migration.appliedMs)}`,
    lock === null
      ? ''
      : `${lockWords(lock.mode)} on ${brief(lock.relation, 140)}${size === undefined ? '' : ` (${sizeWords(size)})`}`,
  ];
}

/** Statements of which a reader must know: those that failed and those that did not run as written. */
function notAsWritten(migration: MigrationReport): string[] {
  return migration.statements
    .filter((statement) => !statement.executed || statement.error !== null)
    .map((statement) => {
      const what =
        statement.error === null
          ? `not executed as written: ${brief(statement.reason ?? 'no reason given', 1000)}`
          : `failed: ${brief(statement.error, 1000)}`;
      return `    statement ${statement.index}, line ${statement.line}: ${what}`;
    });
}

function hazardsSection(outcome: Outcome): string[] {
  const hazards = sortedHazards(outcome);
  return titled(`Hazards (${number(hazards.length)})`, hazards.flatMap(hazardLines));
}

function hazardLines(hazard: Hazard): string[] {
  const place =
    hazard.file === null ? '' : ` at ${brief(hazard.file, 300)}${hazard.line === null ? '' : `:${hazard.line}`}`;
  const relation = hazard.relation === null ? '' : ` on ${brief(hazard.relation, 140)}`;
  const effects = hazard.effects.length === 0 ? '' : ` (${hazard.effects.join(', ')})`;
  return [
    `${hazard.severity} ${hazard.rule}${relation}${place}${effects}: ${brief(hazard.message, WORDS)}`,
    ...(hazard.statement === null ? [] : [`    ${brief(hazard.statement, 200)}`]),
    ...(hazard.safer === null ? [] : [`    Safer: ${brief(hazard.safer, WORDS)}`]),
    ...(hazard.allowed === null ? [] : [`    Accepted: ${brief(hazard.allowed, 500)}`]),
  ];
}

function proofSection(outcome: Outcome): string[] {
  return [coverageWords(outcome), rehearsalWords(outcome), predictionWords(outcome)].filter((line) => line !== null);
}

function checkLine(check: Outcome['verification'][number]): string {
  const detail = check.detail === null ? '' : `: ${brief(check.detail, WORDS)}`;
  return `${check.passed ? 'passed' : 'FAILED'}  ${brief(check.check, 300)}${detail}`;
}

function failedChecksSection(outcome: Outcome): string[] {
  const difference = byKind(outcome.unpredicted).flatMap((change) => diffLines(change, 1000));
  return [
    ...titled('Failed checks', outcome.verification.filter((check) => !check.passed).map(checkLine)),
    ...titled(`Not as predicted (${diffWords(outcome.unpredicted)})`, difference),
  ];
}

function checksSection(outcome: Outcome): string[] {
  const passed = outcome.verification.filter((check) => check.passed);
  return titled(
    `Verification (${number(passed.length)} of ${number(outcome.verification.length)} passed)`,
    passed.map(checkLine),
  );
}

function rollbackSection(outcome: Outcome): string[] {
  const backup = backupWords(outcome);
  if (outcome.databaseState === 'unchanged') return backup === null ? [] : titled('Backup marker', [backup]);
  const recovery = recoverySettings(outcome);
  return titled('Rollback instructions for this run', [
    backup ?? 'No backup marker was taken in this run.',
    ...[wayBackOfTool(outcome)].filter((text) => text !== null),
    ...waysBack(outcome).map(
      (way) =>
        `${brief(way.file, 300)}: ${way.down === null ? 'no down file; write a new migration that undoes it' : brief(way.down, 300)}`,
    ),
    ...(recovery === null
      ? []
      : [
          `The whole database as it was before this run: restore a base backup with ${recovery}; whatever was written after that point is lost with it.`,
        ]),
  ]);
}

function diffSection(title: string, outcome: Outcome): string[] {
  return titled(
    `${title} (${diffWords(outcome.schemaDiff)})`,
    byKind(outcome.schemaDiff).flatMap((change) => diffLines(change, 1000)),
  );
}

function recordedSection(outcome: Outcome): string[] {
  return titled(
    'Recorded before this run',
    aligned(
      outcome.recorded.map((item) => [
        brief(item.version, 60),
        brief(item.status, 40),
        cut(oneLine(item.appliedAt ?? ''), 60),
        brief(item.name, 200),
      ]),
    ),
  );
}
