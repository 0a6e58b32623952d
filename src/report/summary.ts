/** Outcome -> the job summary: GitHub-flavoured markdown. The first screen tells; everything else folds. */
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
  migrationsToShow,
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
  waysBack,
} from './facts.ts';
import type {
  Blocked,
  Hazard,
  MigrationReport,
  Outcome,
  RelationSize,
  SchemaChange,
  StatementReport,
} from './outcome.ts';
import {
  brief,
  byteLength,
  code,
  cutBytes,
  details,
  duration,
  escapeMarkdown,
  fenced,
  number,
  plural,
  prose,
} from './text.ts';

export { headline } from './facts.ts';

export interface SummaryOptions {
  /** UTF-8 bytes; GitHub drops a summary of more than 1 MiB as a whole. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 1_000_000;
const MORE = 'in report.json';

/** How much of each part is shown. Counts are of entries, `words` is characters of one free text. */
interface Limits {
  readonly statements: number;
  readonly diff: number;
  readonly migrations: number;
  readonly hazards: number;
  readonly list: number;
  readonly words: number;
}

/** From all that anybody reads to the first screen: statements go first, then the schema's difference, then migrations. */
const LIMITS: readonly Limits[] = [
  { statements: 1000, diff: 2000, migrations: 200, hazards: 200, list: 100, words: 4000 },
  { statements: 200, diff: 2000, migrations: 200, hazards: 200, list: 100, words: 4000 },
  { statements: 0, diff: 1000, migrations: 200, hazards: 100, list: 100, words: 4000 },
  { statements: 0, diff: 100, migrations: 50, hazards: 50, list: 30, words: 2000 },
  { statements: 0, diff: 0, migrations: 50, hazards: 20, list: 20, words: 1000 },
  { statements: 0, diff: 0, migrations: 10, hazards: 5, list: 5, words: 400 },
];

/** Fewer than `maxBytes` bytes whatever the outcome holds; what had to go is counted, and is in report.json. */
export function renderSummary(outcome: Outcome, options: SummaryOptions = {}): string {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  let text = '';
  for (const limits of LIMITS) {
    text = render(outcome, limits);
    if (byteLength(text) < maxBytes) return text;
  }
  return cutBytes(text, Math.max(0, maxBytes - 1));
}

function render(outcome: Outcome, limits: Limits): string {
  const parts = [
    `## ${escapeMarkdown(headline(outcome))}`,
    nextPart(outcome, limits),
    problemsPart(outcome, limits),
    failurePart(outcome, limits),
    wherePart(outcome),
    stagesPart(outcome),
    blockedPart(outcome, limits),
    failedChecksPart(outcome, limits),
    migrationsPart(outcome, limits),
    hazardsPart(outcome, limits),
    warningsPart(outcome, limits),
    proofPart(outcome),
    rollbackPart(outcome, limits),
    diffPart('Schema difference', outcome.schemaDiff, limits),
    checksPart(outcome, limits),
    statementsPart(outcome, limits),
    recordedPart(outcome, limits),
    healthPart(outcome),
    notesPart(outcome, limits),
    footer(outcome),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function nextPart(outcome: Outcome, limits: Limits): string {
  const next = nextStep(outcome);
  return next === null ? '' : `**Next:** ${prose(brief(next, limits.words))}`;
}

function problemsPart(outcome: Outcome, limits: Limits): string {
  return bullets(
    outcome.problems.map(
      (problem) => () => `${code(brief(problem.input, 100))}: ${prose(brief(problem.message, limits.words))}`,
    ),
    limits.list,
  );
}

function failurePart(outcome: Outcome, limits: Limits): string {
  const { error } = outcome;
  if (error === null || outcome.problems.length > 0) return '';
  const location = locationOf(outcome);
  const block = [
    ...(location === null ? [] : [location]),
    ...(error.excerpt === null ? [] : [error.excerpt.slice(0, 2000)]),
    ...serverLines(outcome, limits.words),
  ];
  return `${prose(brief(error.meaning, limits.words))}\n\n${fenced(block.join('\n'), 'text')}`;
}

function wherePart(outcome: Outcome): string {
  const { server } = outcome;
  const parts: string[] = [];
  if (server !== null) {
    const version = server.version === null ? '' : ` (PostgreSQL ${escapeMarkdown(brief(server.version, 60))})`;
    parts.push(
      `**Database** ${code(brief(server.database, 63))} on ${code(`${brief(server.host, 200)}:${server.port}`)}${version} as ${code(brief(server.user, 63))}, from ${escapeMarkdown(brief(server.source, 120))}`,
    );
  }
  if (outcome.environment !== null) {
    const why = outcome.environmentSource === null ? '' : ` (${escapeMarkdown(brief(outcome.environmentSource, 120))})`;
    parts.push(`**Environment** ${outcome.environment}${why}`);
  }
  if (outcome.mode !== null) parts.push(`**Mode** ${outcome.mode}`);
  parts.push(`**State** ${stateWords(outcome.databaseState)}`);
  const version = versionWords(outcome);
  if (version !== '') parts.push(`**Version** ${version}`);
  parts.push(`**Time** ${duration(outcome.durationMs)}`);
  if (outcome.planDigest !== null) parts.push(`**Plan digest** ${code(brief(outcome.planDigest, 200))}`);
  return parts.join(' · ');
}

function versionWords(outcome: Outcome): string {
  const before = outcome.previousVersion;
  const now = outcome.currentVersion;
  if (before === null && now === null) return '';
  const shown = (version: string | null): string => (version === null ? 'none' : code(brief(version, 60)));
  return before === now ? shown(now) : `${shown(before)} → ${shown(now)}`;
}

function stagesPart(outcome: Outcome): string {
  if (outcome.stages.length === 0) return '';
  const cells = outcome.stages.map((stage) => {
    const status = stage.status === 'failed' || stage.status === 'cancelled' ? `**${stage.status}**` : stage.status;
    return stage.status === 'skipped' ? status : `${status}, ${duration(stage.ms)}`;
  });
  return [row(outcome.stages.map((stage) => stageWords(stage.stage))), row(cells.map(() => '---')), row(cells)].join(
    '\n',
  );
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function blockedPart(outcome: Outcome, limits: Limits): string {
  if (outcome.blocked.length === 0) return '';
  const longest = [...outcome.blocked].sort((a, b) => b.waitedMs - a.waitedMs);
  return `### Kept waiting by the dry run\n\n${bullets(
    longest.map((blocked) => () => blockedLine(blocked)),
    Math.min(limits.list, 5),
  )}`;
}

function blockedLine(blocked: Blocked): string {
  const file = blocked.file === null ? '' : ` by ${code(brief(blocked.file, 200))}`;
  const index = blocked.statementIndex === null ? '' : ` statement ${blocked.statementIndex}`;
  return `pid ${blocked.pid}, ${code(brief(blocked.application, 64) || 'no application name')}, waited ${duration(blocked.waitedMs)}${file}${index}`;
}

function migrationsPart(outcome: Outcome, limits: Limits): string {
  if (outcome.migrations.length === 0) return '';
  const sizes = sizesByRelation(outcome);
  const shown = migrationsToShow(outcome, limits.migrations);
  const columns = columnsFor(outcome);
  const head = [row(columns.map((column) => column.title)), row(columns.map((column) => column.rule))];
  const lines = (items: readonly MigrationReport[]): string[] =>
    items.map((migration) => row(columns.map((column) => column.cell(migration, sizes))));
  const left = outcome.migrations.length - shown.length;
  const more = left > 0 ? `\n\n… and ${number(left)} more, ${MORE}` : '';
  const title = `### ${plural(outcome.migrations.length, 'migration')}`;
  const open = migrationsToShow(outcome, OPEN_MIGRATIONS);
  if (shown.length <= open.length) return `${title}\n\n${[...head, ...lines(shown)].join('\n')}${more}`;
  const rest = shown.filter((migration) => !open.includes(migration));
  return `${title}\n\n${[...head, ...lines(open)].join('\n')}\n\n${details(
    `${plural(rest.length, 'more migration')}`,
    [...head, ...lines(rest)].join('\n'),
  )}${more}`;
}

/** More rows than this fold. */
const OPEN_MIGRATIONS = 20;

interface Column {
  readonly title: string;
  readonly rule: string;
  readonly cell: (migration: MigrationReport, sizes: ReadonlyMap<string, RelationSize>) => string;
}

/** Only the columns of which something is known: a status has no times. */
function columnsFor(outcome: Outcome): Column[] {
  const known = (has: (migration: MigrationReport) => boolean, column: Column): Column[] =>
    outcome.migrations.some(has) ? [column] : [];
  const time = (ms: number | null): string => (ms === null ? '' : duration(ms));
  return [
    { title: 'Migration', rule: '---', cell: (migration) => code(brief(migration.file, 200)) },
    { title: 'Status', rule: '---', cell: statusCell },
    ...known((migration) => migration.statements.length > 0, {
      title: 'Statements',
      rule: '--:',
      cell: (migration) => statementsWords(migration) ?? '',
    }),
    ...known((migration) => rowsOf(migration) !== null, {
      title: 'Rows',
      rule: '--:',
      cell: (migration) => {
        const rows = rowsOf(migration);
        return rows === null ? '' : number(rows);
      },
    }),
    ...known((migration) => migration.ms !== null, {
      title: 'Dry run',
      rule: '--:',
      cell: (migration) => time(migration.ms),
    }),
    ...known((migration) => migration.appliedMs !== null, {
      title: 'Apply',
      rule: '--:',
      cell: (migration) => time(migration.appliedMs),
    }),
    ...known((migration) => migration.statements.length > 0, {
      title: 'Strongest lock on what was there',
      rule: '---',
      cell: lockCell,
    }),
  ];
}

function statusCell(migration: MigrationReport): string {
  const status = migration.status.replace('-', ' ');
  const shown = migration.status === 'failed' ? `**${status}**` : status;
  return migration.transactional ? shown : `${shown}, no transaction`;
}

function lockCell(migration: MigrationReport, sizes: ReadonlyMap<string, RelationSize>): string {
  const lock = strongestLock(migration, sizes);
  if (lock === null) return migration.statements.length === 0 ? '' : 'none';
  const size = sizes.get(lock.relation);
  return `${escapeMarkdown(lockWords(lock.mode))} on ${code(brief(lock.relation, 140))}${size === undefined ? '' : ` (${sizeWords(size)})`}`;
}

function hazardsPart(outcome: Outcome, limits: Limits): string {
  if (outcome.hazards.length === 0) return '';
  const sorted = sortedHazards(outcome.hazards);
  const title = `### ${plural(sorted.length, 'hazard')}`;
  const lines = sorted.map((hazard) => () => hazardLine(hazard, limits));
  const open = bullets(lines.slice(0, 5), 5);
  if (lines.length <= 5) return `${title}\n\n${open}`;
  return `${title}\n\n${open}\n\n${details(plural(lines.length - 5, 'more hazard'), bullets(lines.slice(5), limits.hazards))}`;
}

function hazardLine(hazard: Hazard, limits: Limits): string {
  const place =
    hazard.file === null
      ? ''
      : ` at ${code(`${brief(hazard.file, 200)}${hazard.line === null ? '' : `:${hazard.line}`}`)}`;
  const relation = hazard.relation === null ? '' : ` on ${code(brief(hazard.relation, 140))}`;
  const effects = hazard.effects.length === 0 ? '' : ` (${hazard.effects.join(', ')})`;
  const extra = [
    hazard.statement === null ? '' : `${code(brief(hazard.statement, 200))}`,
    hazard.safer === null ? '' : `Safer: ${prose(brief(hazard.safer, limits.words))}`,
    hazard.allowed === null ? '' : `Accepted: ${escapeMarkdown(brief(hazard.allowed, 300))}`,
  ].filter((line) => line !== '');
  const first = `**${hazard.severity}** ${code(brief(hazard.rule, 80))}${relation}${place}${effects}: ${prose(brief(hazard.message, limits.words))}`;
  return [first, ...extra].join('<br>');
}

function warningsPart(outcome: Outcome, limits: Limits): string {
  if (outcome.warnings.length === 0) return '';
  const lines = outcome.warnings.map((warning) => () => prose(brief(warning, limits.words)));
  const open = bullets(lines.slice(0, 5), 5);
  const rest = lines.slice(5);
  const folded =
    rest.length === 0 ? '' : `\n\n${details(plural(rest.length, 'more warning'), bullets(rest, limits.list))}`;
  return `### ${plural(lines.length, 'warning')}\n\n${open}${folded}`;
}

function proofPart(outcome: Outcome): string {
  const parts = [coverageWords(outcome), rehearsalWords(outcome), predictionWords(outcome)];
  return parts
    .filter((part) => part !== null)
    .map((part) => escapeMarkdown(part))
    .join(' ');
}

function failedChecksPart(outcome: Outcome, limits: Limits): string {
  const failed = outcome.verification.filter((check) => !check.passed);
  const checks = bullets(
    failed.map((check) => () => checkLine(check, limits)),
    limits.list,
  );
  const difference = diffPart('Not as predicted', outcome.unpredicted, limits);
  if (checks === '' && difference === '') return '';
  return ['### Verification', checks, difference].filter((part) => part !== '').join('\n\n');
}

function checksPart(outcome: Outcome, limits: Limits): string {
  const passed = outcome.verification.filter((check) => check.passed);
  if (passed.length === 0) return '';
  const title = `Verification: ${number(passed.length)} of ${plural(outcome.verification.length, 'check')} passed`;
  return details(
    title,
    bullets(
      passed.map((check) => () => checkLine(check, limits)),
      limits.list,
    ),
  );
}

function checkLine(check: Outcome['verification'][number], limits: Limits): string {
  const detail = check.detail === null ? '' : `: ${prose(brief(check.detail, limits.words))}`;
  return `${check.passed ? 'passed' : '**failed**'} ${prose(brief(check.check, 300))}${detail}`;
}

/** Only where there is something to go back from. */
function rollbackPart(outcome: Outcome, limits: Limits): string {
  const ways = waysBack(outcome);
  const backup = backupWords(outcome);
  const changed = outcome.databaseState !== 'unchanged';
  if (!changed && backup === null) return '';
  const recovery = recoverySettings(outcome);
  const lines = ways.map(
    (way) => () =>
      `${code(brief(way.file, 200))}: ${way.down === null ? 'no down file; write a new migration that undoes it' : code(brief(way.down, 200))}`,
  );
  const body = [
    backup === null ? 'No backup marker was taken in this run.' : escapeMarkdown(backup),
    lines.length === 0 ? '' : `Way back of each migration, newest first:\n\n${bullets(lines, limits.list)}`,
    recovery === null || !changed
      ? ''
      : `The whole database as it was before this run: restore a base backup with\n\n${fenced(`${recovery}\nrecovery_target_action = 'pause'`, 'ini')}\n\nWhatever was written after that point is lost with it.`,
  ].filter((part) => part !== '');
  return details('Rollback instructions for this run', body.join('\n\n'));
}

function diffPart(title: string, changes: readonly SchemaChange[], limits: Limits): string {
  if (changes.length === 0) return '';
  const summary = `${title}: ${diffWords(changes)}`;
  const shown = byKind(changes).slice(0, limits.diff);
  const left = changes.length - shown.length;
  const more = left > 0 ? `… and ${number(left)} more, ${MORE}` : '';
  const block = shown.length === 0 ? '' : fenced(shown.flatMap((change) => diffLines(change, 300)).join('\n'), 'diff');
  return details(summary, [block, more].filter((part) => part !== '').join('\n\n'));
}

function statementsPart(outcome: Outcome, limits: Limits): string {
  if (limits.statements === 0) return '';
  const parts: string[] = [];
  let left = limits.statements;
  for (const migration of migrationsToShow(outcome, limits.migrations)) {
    if (migration.statements.length === 0) continue;
    const shown = migration.statements.slice(0, left);
    left -= shown.length;
    if (shown.length === 0) break;
    const more = migration.statements.length - shown.length;
    const lines = shown.flatMap(statementLines);
    if (more > 0) lines.push(`… and ${number(more)} more, ${MORE}`);
    parts.push(
      details(
        `${brief(migration.file, 200)}: ${plural(migration.statements.length, 'statement')}`,
        fenced(lines.join('\n'), 'sql'),
      ),
    );
  }
  if (parts.length === 0) return '';
  return details('Statements of the dry run', parts.join('\n\n'));
}

function statementLines(statement: StatementReport): string[] {
  const facts = [
    `line ${statement.line}`,
    statement.count > 1 ? `${number(statement.count)} statements` : '',
    statement.ms === null ? '' : duration(statement.ms),
    statement.rows === null ? '' : plural(statement.rows, 'row'),
    statement.executed ? '' : `NOT EXECUTED: ${brief(statement.reason ?? 'no reason given', 300)}`,
    statement.error === null ? '' : `FAILED: ${brief(statement.error, 300)}`,
  ].filter((fact) => fact !== '');
  return [`-- ${statement.index}. ${facts.join(', ')}`, brief(statement.sql, 300)];
}

function recordedPart(outcome: Outcome, limits: Limits): string {
  if (outcome.recorded.length === 0) return '';
  const lines = outcome.recorded.map(
    (item) => () =>
      `${code(brief(item.version, 60))} ${escapeMarkdown(brief(item.name, 120))}: ${escapeMarkdown(brief(item.status, 40))}${item.appliedAt === null ? '' : `, ${escapeMarkdown(brief(item.appliedAt, 60))}`}`,
  );
  return details(
    `Recorded before this run: ${plural(outcome.recorded.length, 'migration')}`,
    bullets(lines, limits.list),
  );
}

function healthPart(outcome: Outcome): string {
  const lines = healthLines(outcome);
  return lines.length === 0
    ? ''
    : details("The server's health at the start", lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n'));
}

function notesPart(outcome: Outcome, limits: Limits): string {
  if (outcome.notes.length === 0) return '';
  const lines = outcome.notes.map((note) => () => prose(brief(note, limits.words)));
  return details(plural(lines.length, 'note'), bullets(lines, limits.list));
}

function footer(outcome: Outcome): string {
  const artifact = outcome.artifactName === null ? '`migration-log/`' : `${code(brief(outcome.artifactName, 200))}`;
  const url = outcome.run.runUrl;
  // Only a plain address becomes a link.
  const link = url !== null && /^https:\/\/[\w.:/-]{1,500}$/.test(url) ? ` · [this run](${url})` : '';
  return `<sub>In full: ${artifact} (migration.log, report.json, plan.sql)${link}</sub>`;
}

/** A list of at most `limit` entries; only these are made. */
function bullets(lines: readonly (() => string)[], limit: number): string {
  const shown = lines.slice(0, limit).map((line) => `- ${line()}`);
  const left = lines.length - shown.length;
  return [...shown, ...(left > 0 ? [`- … and ${number(left)} more, ${MORE}`] : [])].join('\n');
}
