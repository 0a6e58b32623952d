/** Outcome -> the job summary: GitHub-flavoured markdown. The first screen tells; everything else folds. */
import {
  backupWords,
  coverageWords,
  diffWords,
  healthLines,
  isSaid,
  migrationsToShow,
  predictionWords,
  recoverySettings,
  rehearsalWords,
  stageWords,
  warningsToShow,
  wayBackOfTool,
  waysBack,
} from './facts.ts';
import type { Outcome, Stage, StageName, StatementReport } from './outcome.ts';
import {
  artifactWords,
  blockedPart,
  bullets,
  bulletsFolded,
  diffPart,
  failurePart,
  hazardsPart,
  headPart,
  joined,
  type Limits,
  locksPart,
  migrationsPart,
  nextPart,
  notRehearsedPart,
  problemsPart,
  runLink,
  schemaPart,
} from './parts.ts';
import { withPlaces } from './places.ts';
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
export function renderSummary(whole: Outcome, options: SummaryOptions = {}): string {
  const outcome = withPlaces(whole);
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  let text = '';
  for (const limits of LIMITS) {
    text = render(outcome, limits);
    if (byteLength(text) < maxBytes) return text;
  }
  return cutBytes(text, Math.max(0, maxBytes - 1));
}

function render(outcome: Outcome, limits: Limits): string {
  const status = outcome.result === 'reported';
  return `${joined([
    headPart(outcome, 2),
    nextPart(outcome, limits),
    problemsPart(outcome, limits),
    failurePart(outcome, limits),
    blockedPart(outcome, limits),
    failedChecksPart(outcome, limits),
    goingBackPart(outcome, limits),
    status ? warningsPart(outcome, limits) : '',
    migrationsPart(outcome, limits),
    provedPart(outcome),
    seenPart(outcome, limits),
    status ? '' : warningsPart(outcome, limits),
    stagesPart(outcome),
    foldedWaysBack(outcome, limits),
    checksPart(outcome, limits),
    checklistPart(outcome),
    statementsPart(outcome, limits),
    recordedPart(outcome, limits),
    detailsPart(outcome, limits),
    footer(outcome),
  ])}\n`;
}

/** For whoever has to decide. Once apply has begun it was decided on, and folds. */
function seenPart(outcome: Outcome, limits: Limits): string {
  const seen = joined([
    locksPart(outcome, limits),
    hazardsPart(outcome, limits),
    notRehearsedPart(outcome, limits),
    schemaPart(outcome, limits),
  ]);
  const begun =
    outcome.databaseState !== 'unchanged' ||
    outcome.stages.some(({ stage, status }) => stage === 'apply' && status !== 'skipped');
  return begun && seen !== '' ? details('What the dry run saw: locks, hazards, the schema', seen) : seen;
}

/** What was proved, in a line: how much was rehearsed, and that what is there now is what was predicted. */
function provedPart(outcome: Outcome): string {
  const { statements, executed } = outcome.coverage;
  const coverage = statements === executed ? coverageWords(outcome) : null;
  return [coverage, predictionWords(outcome)]
    .filter((part) => part !== null)
    .map((part) => escapeMarkdown(part))
    .join(' ');
}

function warningsPart(outcome: Outcome, limits: Limits): string {
  const warnings = warningsToShow(outcome);
  if (warnings.length === 0) return '';
  const lines = warnings.map((warning) => () => prose(brief(warning, limits.words)));
  return `### Warnings\n\n${bulletsFolded(lines, 5, limits.list, 'warning')}`;
}

/** One line that wraps: what ran with its time, then what the run did not come to. */
function stagesPart(outcome: Outcome): string {
  const ran = outcome.stages.filter((stage) => stage.status !== 'skipped');
  if (ran.length === 0) return '';
  const ended = ran.some((stage) => stage.status !== 'passed');
  const left = ended ? notReached(outcome) : [];
  return joined(
    [
      `**Stages:** ${ran.map(stageCell).join(' · ')}`,
      left.length === 0 ? '' : `not reached: ${left.map(stageWords).join(', ')}`,
      `${duration(outcome.durationMs)} in all`,
    ],
    ' · ',
  );
}

function stageCell(stage: Stage): string {
  const words = stageWords(stage.stage);
  return stage.status === 'passed'
    ? `${words} ${duration(stage.ms)}`
    : `**${words} ${stage.status}** ${duration(stage.ms)}`;
}

/** Of an apply; the other modes do not come to these stages at all. */
function notReached(outcome: Outcome): StageName[] {
  if (outcome.mode !== 'apply') return [];
  const last = outcome.stages.findLastIndex((stage) => stage.status !== 'skipped');
  return outcome.stages.slice(last + 1).map((stage) => stage.stage);
}

function failedChecksPart(outcome: Outcome, limits: Limits): string {
  const lost = outcome.verification.filter((check) => !check.passed);
  // The first one is what the run stopped for.
  const said = lost.slice(0, 1).some((check) => isSaid(outcome, `${check.check}: ${check.detail ?? ''}`));
  const failed = said ? lost.slice(1) : lost;
  const checks = bullets(
    failed.map((check) => () => checkLine(check, limits)),
    limits.list,
  );
  const difference = diffPart(`Not as predicted: ${diffWords(outcome.unpredicted)}`, outcome.unpredicted, limits);
  return checks === '' && difference === '' ? '' : joined(['### Verification', checks, difference]);
}

function checklistPart({ checklist }: Outcome): string {
  if (checklist.length === 0) return '';
  const signs = { yes: '✅', no: '❌', unknown: '❔' } as const;
  const yes = checklist.filter((item) => item.answer === 'yes').length;
  return details(
    `Checklist: ${yes} of ${checklist.length}`,
    checklist
      .map(
        ({ question, answer, detail }) =>
          `- ${signs[answer]} ${escapeMarkdown(question)}: ${prose(brief(detail, 400))}`,
      )
      .join('\n'),
  );
}

function checksPart(outcome: Outcome, limits: Limits): string {
  const passed = outcome.verification.filter((check) => check.passed);
  if (passed.length === 0) return '';
  const of =
    passed.length === outcome.verification.length
      ? `${plural(passed.length, 'check')} passed`
      : `${number(passed.length)} of ${plural(outcome.verification.length, 'check')} passed`;
  return details(
    `Verification: ${of}`,
    bullets(
      passed.map((check) => () => checkLine(check, limits)),
      limits.list,
    ),
  );
}

function checkLine(check: Outcome['verification'][number], limits: Limits): string {
  const detail = check.detail === null ? '' : `: ${prose(brief(check.detail, limits.words))}`;
  return `${check.passed ? '' : '**failed:** '}${prose(brief(check.check, 300))}${detail}`;
}

const WAY_BACK = 'How to go back';

/** Whoever is called at night reads it without unfolding anything. */
function goingBackPart(outcome: Outcome, limits: Limits): string {
  if (outcome.databaseState === 'unchanged' || outcome.exitCode === 0) return '';
  return `### ${WAY_BACK}\n\n${waysBackOf(outcome, limits)}`;
}

function foldedWaysBack(outcome: Outcome, limits: Limits): string {
  if (outcome.databaseState !== 'unchanged') {
    return outcome.exitCode === 0 ? details(WAY_BACK, waysBackOf(outcome, limits)) : '';
  }
  if (outcome.downFiles.length === 0) return '';
  return details(
    WAY_BACK,
    bullets(
      outcome.downFiles.map((file) => () => code(brief(file, 200))),
      limits.list,
    ),
  );
}

/** Made for this run: file by file, then the whole database. */
function waysBackOf(outcome: Outcome, limits: Limits): string {
  const backup = backupWords(outcome);
  const recovery = recoverySettings(outcome);
  const ways = waysBack(outcome).map(
    (way) => () =>
      `${code(brief(way.file, 200))}: ${way.down === null ? 'no down file; a new migration that undoes it' : `run ${code(brief(way.down, 200))}`}`,
  );
  const ofTool = wayBackOfTool(outcome);
  return joined([
    ofTool === null ? '' : `What was applied: ${ofTool}.`,
    ways.length === 0 ? '' : `Migration by migration, the newest first:\n\n${bullets(ways, limits.list)}`,
    recovery === null
      ? 'No backup marker was taken in this run: the whole database goes back only to a backup that you have made yourself.'
      : `The whole database, as it was just before apply (what was written since is lost): restore a base backup with\n\n${fenced(`${recovery}\nrecovery_target_action = 'pause'`, 'ini')}`,
    backup === null ? '' : escapeMarkdown(backup),
  ]);
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
    if (more > 0) lines.push(`… and ${number(more)} more, in report.json`);
    parts.push(`${code(brief(migration.file, 200))}\n\n${fenced(lines.join('\n'), 'sql')}`);
  }
  return parts.length === 0 ? '' : details('Statements of the dry run', parts.join('\n\n'));
}

function statementLines(statement: StatementReport): string[] {
  const facts = [
    `line ${statement.line}`,
    statement.count > 1 ? `${number(statement.count)} statements` : '',
    statement.ms === null ? '' : duration(statement.ms),
    statement.rows === null ? '' : plural(statement.rows, 'row'),
    statement.executed
      ? ''
      : statement.reason === null
        ? 'NOT REACHED'
        : `NOT EXECUTED: ${brief(statement.reason, 300)}`,
    statement.error === null ? '' : `FAILED: ${brief(statement.error, 300)}`,
  ].filter((fact) => fact !== '');
  return [`-- ${statement.index}. ${facts.join(', ')}`, brief(statement.sql, 300)];
}

function recordedPart(outcome: Outcome, limits: Limits): string {
  if (outcome.recorded.length === 0) return '';
  const lines = outcome.recorded.slice(0, limits.list).map((item) => {
    const at = item.appliedAt === null ? '' : escapeMarkdown(brief(item.appliedAt, 60).replace(/\.\d+/, ''));
    const status = item.status === 'completed' ? 'completed' : `**${escapeMarkdown(brief(item.status, 40))}**`;
    return `| ${code(brief(item.version, 60))} | ${escapeMarkdown(brief(item.name, 120))} | ${status} | ${at} |`;
  });
  const left = outcome.recorded.length - lines.length;
  return details(
    `Recorded before this run: ${plural(outcome.recorded.length, 'migration')}`,
    joined([
      ['| Version | Name | Status | When |', '| --- | --- | --- | --- |', ...lines].join('\n'),
      left > 0 ? `… and ${number(left)} more, in report.json` : '',
    ]),
  );
}

/** What is only looked up: by whom, where, under what plan, on what server. */
function detailsPart(outcome: Outcome, limits: Limits): string {
  const { server } = outcome;
  const entry = (label: string, text: string | null): string[] =>
    text === null || text === '' ? [] : [`**${label}:** ${text}`];
  const rehearsal = rehearsalWords(outcome);
  const lines = [
    ...entry('Version', versionWords(outcome)),
    ...entry(
      'Server',
      server === null
        ? null
        : `${code(`${brief(server.host, 200)}:${server.port}`)}${server.version === null ? '' : `, PostgreSQL ${escapeMarkdown(brief(server.version, 60))}`}, as ${code(brief(server.user, 63))}`,
    ),
    ...entry(
      'Environment',
      outcome.environment === null || outcome.environmentSource === null
        ? null
        : `${outcome.environment}, by ${escapeMarkdown(brief(outcome.environmentSource, 120))}`,
    ),
    ...entry('Mode', outcome.mode),
    ...entry('Plan digest', outcome.planDigest === null ? null : code(brief(outcome.planDigest, 200))),
    ...entry('Dry run', rehearsal === null ? null : escapeMarkdown(rehearsal)),
    ...healthLines(outcome).map((line) => escapeMarkdown(line)),
    ...outcome.notes.slice(0, limits.list).map((note) => prose(brief(note, limits.words))),
  ];
  const left = outcome.notes.length - limits.list;
  return details(
    'Details of this run',
    joined([lines.map((line) => `- ${line}`).join('\n'), left > 0 ? `… and ${number(left)} more, in report.json` : '']),
  );
}

function versionWords(outcome: Outcome): string {
  const before = outcome.previousVersion;
  const now = outcome.currentVersion;
  if (before === null && now === null) return '';
  const shown = (version: string | null): string => (version === null ? 'none' : code(brief(version, 60)));
  return before === now ? shown(now) : `${shown(before)} → ${shown(now)}`;
}

function footer(outcome: Outcome): string {
  const { plan, log } = outcome.artifacts;
  const all =
    log !== null
      ? artifactWords(log)
      : outcome.artifactName === null
        ? code('migration-log/')
        : code(brief(outcome.artifactName, 200));
  return `<sub>${joined(
    [
      `The whole log, report.json and plan.sql: ${all}`,
      plan === null ? '' : `the plan as it was reviewed: ${artifactWords(plan)}`,
      runLink(outcome),
    ],
    ' · ',
  )}</sub>`;
}
