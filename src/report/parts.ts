/** The parts of which the job summary and the pull request's comment are made: GitHub-flavoured markdown, each '' where it has nothing to say. */
import {
  blocks,
  byKind,
  diffLines,
  diffWords,
  happened,
  isSaid,
  type LockHeld,
  locationOf,
  locksHeld,
  lockWords,
  meaningOf,
  migrationsToShow,
  type NotRehearsed,
  needsHands,
  nextStep,
  notRehearsed,
  place,
  rerunCommand,
  rowsOf,
  sizesByRelation,
  sizeWords,
  sortedHazards,
  statementsWords,
} from './facts.ts';
import type {
  ArtifactLink,
  Blocked,
  Failure,
  Hazard,
  MigrationReport,
  Outcome,
  RelationSize,
  SchemaChange,
  Severity,
} from './outcome.ts';
import { brief, bytes, code, details, duration, escapeMarkdown, fenced, number, plural, prose } from './text.ts';

/** How much of each part is shown. Counts are of entries, `words` is characters of one free text. */
export interface Limits {
  readonly statements: number;
  readonly diff: number;
  readonly migrations: number;
  readonly hazards: number;
  readonly list: number;
  readonly words: number;
}

const MORE = 'in report.json';

export function joined(parts: readonly string[], between = '\n\n'): string {
  return parts.filter((part) => part !== '').join(between);
}

/** A list of at most `limit` entries; only these are made. */
export function bullets(lines: readonly (() => string)[], limit: number): string {
  const shown = lines.slice(0, limit).map((line) => `- ${line()}`);
  const left = lines.length - shown.length;
  return [...shown, ...(left > 0 ? [`- … and ${number(left)} more, ${MORE}`] : [])].join('\n');
}

/** The first `open` entries are seen, the rest folds. */
export function bulletsFolded(lines: readonly (() => string)[], open: number, limit: number, what: string): string {
  const rest = lines.slice(open);
  return joined([
    bullets(lines.slice(0, open), open),
    rest.length === 0 ? '' : details(plural(rest.length, `more ${what}`), bullets(rest, limit)),
  ]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** One sign, told apart by its shape too: done; not done and the database is as it was; somebody must look at the database. */
function mark(outcome: Outcome): string {
  if (outcome.exitCode === 0) return '✅';
  if (needsHands(outcome)) return '🚨';
  if (outcome.result === 'failed') return '❌';
  return outcome.result === 'refused' || outcome.result === 'cancelled' ? '⛔' : '⚠️';
}

/** The first line, one line of markdown whatever it holds. `level`: how many `#`. */
export function headPart(outcome: Outcome, level: number): string {
  const where = place(outcome);
  const below = where === '' ? '' : `<br><sub>${escapeMarkdown(where)}</sub>`;
  return `${'#'.repeat(level)} ${mark(outcome)} ${escapeMarkdown(happened(outcome))}${below}`;
}

/** A command in a sentence that is longer than this stands below it, where it can be copied. */
const LONG_CODE = 60;

export function nextPart(outcome: Outcome, limits: Limits): string {
  if (outcome.result === 'dry-run-passed' && outcome.mode === 'dry-run' && outcome.planDigest !== null) {
    const token = outcome.environment === 'production' ? ' and the `confirm-token`' : '';
    return `**Next:** to apply exactly this plan, run with these inputs${token}:\n\n${fenced(`mode: apply\nplan-digest: ${brief(outcome.planDigest, 200)}`, 'yaml')}`;
  }
  const next = nextStep(outcome);
  if (next === null) return '';
  const commands: string[] = [];
  const text = brief(next, limits.words).replace(/`([^`]+)`/g, (all, command: string) => {
    if (command.length < LONG_CODE) return all;
    commands.push(command);
    return '(below)';
  });
  const again = rerunCommand(outcome);
  return joined([
    `**Next:** ${prose(text)}`,
    ...commands.map((command) => fenced(command, 'sql')),
    again === null ? '' : fenced(again, 'sh'),
  ]);
}

export function problemsPart(outcome: Outcome, limits: Limits): string {
  return bullets(
    outcome.problems.map(
      (problem) => () => `${code(brief(problem.input, 100))}: ${prose(brief(problem.message, limits.words))}`,
    ),
    limits.list,
  );
}

/** PostgreSQL's words, the place with its caret, what it means. The words wrap; only the source line stands in a block. */
export function failurePart(outcome: Outcome, limits: Limits): string {
  const { error } = outcome;
  if (error === null || outcome.problems.length > 0) return '';
  const location = locationOf(outcome);
  const excerpt = error.excerpt === null ? '' : nearCaret(error.excerpt.slice(0, 2000));
  const shown = location !== null && excerpt !== '';
  const meaning = meaningOf(error);
  return joined([
    messageLines(error, outcome, limits).join('<br>'),
    shown
      ? fenced(`${location}\n${excerpt}`, 'text')
      : location === null || isPlaceSaid(outcome, error)
        ? ''
        : `At ${code(location)}.`,
    meaning === null ? '' : prose(brief(meaning, limits.words)),
  ]);
}

/** In the first line, or with the hazard that it stands for. */
function isPlaceSaid(outcome: Outcome, { file, line }: Failure): boolean {
  return (
    (file !== null && happened(outcome).includes(brief(file, 300))) ||
    sortedHazards(outcome).some((hazard) => hazard.file === file && hazard.line === line)
  );
}

function messageLines(error: Failure, outcome: Outcome, limits: Limits): string[] {
  const words = (text: string): string => `${escapeMarkdown(brief(text, limits.words))}${sizeNote(text, limits.words)}`;
  const line = (label: string, text: string | null): string[] => (text === null ? [] : [`**${label}** ${words(text)}`]);
  const code = error.sqlstate === null ? '' : ` ${escapeMarkdown(brief(error.sqlstate, 40))}`;
  return [
    ...(isSaid(outcome, error.message) ? [] : line(`ERROR${code}:`, error.message)),
    ...line('DETAIL:', error.detail),
    ...line('HINT:', error.hint),
    ...line('CONTEXT:', error.where),
  ];
}

function sizeNote(text: string, max: number): string {
  return text.length <= max ? '' : ` (${bytes(text.length)} in all)`;
}

/** So many characters before the caret are shown at most: a phone shows forty in a block. */
const BEFORE_CARET = 28;

/** Begins at a word, where one begins soon. */
function nearCaret(excerpt: string): string {
  const [source = '', caret = ''] = excerpt.split('\n');
  const before = [...source.slice(0, Math.max(0, caret.indexOf('^')))];
  if (before.length <= BEFORE_CARET + 4) return excerpt;
  const kept = before
    .slice(-BEFORE_CARET)
    .join('')
    .replace(/^\S{0,12}\s+(?=\S)/, '');
  const under = kept.replace(/[^\t]/gu, ' ');
  return `… ${kept}${source.slice(before.join('').length)}\n  ${under}^`;
}

/** Who waited for the dry run, the longest first; a session that each attempt kept waiting is told once. */
export function blockedPart(outcome: Outcome, limits: Limits): string {
  if (outcome.blocked.length === 0) return '';
  const waits = new Map<string, Blocked[]>();
  for (const blocked of [...outcome.blocked].sort((a, b) => b.waitedMs - a.waitedMs)) {
    const key = JSON.stringify([blocked.pid, blocked.application, blocked.file, blocked.statementIndex]);
    const same = waits.get(key);
    if (same) same.push(blocked);
    else waits.set(key, [blocked]);
  }
  return `### Kept waiting by the dry run\n\n${bullets(
    [...waits.values()].map((same) => () => blockedLine(same, outcome)),
    Math.min(limits.list, 5),
  )}`;
}

function blockedLine(same: readonly Blocked[], outcome: Outcome): string {
  const [longest] = same;
  if (longest === undefined) return '';
  const application = brief(longest.application, 64);
  const who = `${application === '' ? 'a session without a name' : code(application)} (pid ${longest.pid})`;
  const times = same.length === 1 ? '' : `, ${number(same.length)} times`;
  const { file, statementIndex } = longest;
  const statement = outcome.migrations
    .find((migration) => migration.file === file)
    ?.statements.find(
      ({ index, count }) => statementIndex !== null && index <= statementIndex && statementIndex < index + count,
    );
  const at =
    file === null
      ? ''
      : ` by ${placeIn(file, statement?.line ?? null, folderOf(outcome))}${statement === undefined && statementIndex !== null ? ` statement ${statementIndex}` : ''}`;
  return `${who}, ${duration(longest.waitedMs)}${times}${at}${statement === undefined ? '' : `<br>${code(brief(statement.sql, 200))}`}`;
}

export function migrationsPart(outcome: Outcome, limits: Limits): string {
  if (outcome.migrations.length === 0) return '';
  const shown = migrationsToShow(outcome, limits.migrations);
  const columns = columnsFor(outcome);
  const head = [row(columns.map((column) => column.title)), row(columns.map((column) => column.rule))];
  const table = (items: readonly MigrationReport[]): string =>
    columns.length === 1
      ? bullets(
          items.map((migration) => () => columns[0]?.cell(migration) ?? ''),
          items.length,
        )
      : [...head, ...items.map((migration) => row(columns.map((column) => column.cell(migration))))].join('\n');
  const left = outcome.migrations.length - shown.length;
  const pending = outcome.migrations.every(isUntouched) ? 'pending migration' : 'migration';
  const open = migrationsToShow(outcome, OPEN_MIGRATIONS);
  const rest = shown.filter((migration) => !open.includes(migration));
  return joined([
    `### ${plural(outcome.migrations.length, pending)}`,
    table(shown.length <= open.length ? shown : open),
    rest.length === 0 ? '' : details(plural(rest.length, 'more migration'), table(rest)),
    left > 0 ? `… and ${number(left)} more, ${MORE}` : '',
  ]);
}

/** More rows than this fold. */
const OPEN_MIGRATIONS = 20;

interface Column {
  readonly title: string;
  readonly rule: string;
  readonly cell: (migration: MigrationReport) => string;
}

/** Only the columns that tell something: of a status there are no times, and where all have one status the first line says it. */
function columnsFor(outcome: Outcome): Column[] {
  const known = (has: (migration: MigrationReport) => boolean, column: Column): Column[] =>
    outcome.migrations.some(has) ? [column] : [];
  const folder = folderOf(outcome);
  const told: Partial<Record<Outcome['result'], MigrationReport['status']>> = {
    'dry-run-passed': 'rehearsed',
    applied: 'applied',
    reported: 'pending',
    'rolled-back': 'rolled-back',
  };
  return [
    {
      title: 'Migration',
      rule: '---',
      cell: (migration) =>
        `${code(brief(migration.file.slice(folder.length), 200))}${migration.transactional ? '' : '<br>not in a transaction'}`,
    },
    ...known((migration) => migration.status !== told[outcome.result] && !outcome.migrations.every(isUntouched), {
      title: 'Status',
      rule: '---',
      cell: (migration) =>
        migration.status === 'failed'
          ? '**failed**'
          : migration.status.replace('rehearsed', 'dry run passed').replace('-', ' '),
    }),
    ...known((migration) => migration.statements.length > 0, {
      title: 'Statements',
      rule: '---',
      cell: (migration) => `${statementsWords(migration) ?? ''}${rowsCell(migration)}`,
    }),
    ...known((migration) => migration.ms !== null, {
      title: 'Dry run',
      rule: '--:',
      cell: (migration) => timeCell(migration.ms),
    }),
    ...known((migration) => migration.appliedMs !== null, {
      title: 'Apply',
      rule: '--:',
      cell: (migration) => timeCell(migration.appliedMs),
    }),
  ];
}

/** Does not break between number and unit. */
function timeCell(ms: number | null): string {
  return ms === null ? '' : duration(ms).replaceAll(' ', '\u00a0');
}

/** Nothing was tried of it. */
function isUntouched(migration: MigrationReport): boolean {
  return (migration.status === 'pending' || migration.status === 'not-executed') && migration.statements.length === 0;
}

function rowsCell(migration: MigrationReport): string {
  const rows = rowsOf(migration);
  return rows === null || rows === 0 ? '' : ` (${plural(rows, 'row')})`;
}

/** `migrations/`, where all of the run's files lie in it; else ''. */
export function folderOf(outcome: Outcome): string {
  const first = outcome.migrations[0]?.file ?? outcome.applied[0]?.file ?? '';
  const folder = first.slice(0, first.lastIndexOf('/') + 1);
  const inside = (file: string): boolean => file.startsWith(folder) && !file.slice(folder.length).includes('/');
  return outcome.migrations.every((one) => inside(one.file)) && outcome.applied.every((one) => inside(one.file))
    ? folder
    : '';
}

/** `14_orders.sql:4`, without the folder that the migrations' heading names. */
function placeIn(file: string, line: number | null, folder: string): string {
  const name = folder !== '' && file.startsWith(folder) ? file.slice(folder.length) : file;
  return code(`${brief(name, 200)}${line === null ? '' : `:${line}`}`);
}

const OPEN_LOCKS = 5;

/** What the migrations keep others from doing, for how long, on what and how large that is. The shortest columns first: a phone shows them. */
export function locksPart(outcome: Outcome, limits: Limits): string {
  const sizes = sizesByRelation(outcome);
  const rows = lockRows(locksHeld(outcome, sizes));
  if (rows.length === 0) return '';
  const head = [row(['For', 'Blocks', 'Relation']), row(['--:', '---', '---'])];
  const table = (some: readonly (readonly LockHeld[])[]): string =>
    [...head, ...some.map((locks) => lockRow(locks, sizes))].join('\n');
  const rest = rows.slice(OPEN_LOCKS, OPEN_LOCKS + limits.list);
  const left = rows.length - OPEN_LOCKS - rest.length;
  return joined([
    '### Locks',
    table(rows.slice(0, OPEN_LOCKS)),
    rest.length === 0 ? '' : details(plural(rest.length, 'more lock'), table(rest)),
    left > 0 ? `… and ${number(left)} more, ${MORE}` : '',
  ]);
}

/** What one statement locks alike (a table's indexes) is one row. */
function lockRows(held: readonly LockHeld[]): LockHeld[][] {
  const rows = new Map<string, LockHeld[]>();
  for (const lock of held) {
    const key = JSON.stringify([lock.migration.file, lock.line, lock.mode]);
    const same = rows.get(key);
    if (same) same.push(lock);
    else rows.set(key, [lock]);
  }
  return [...rows.values()];
}

function lockRow(locks: readonly LockHeld[], sizes: ReadonlyMap<string, RelationSize>): string {
  const [first] = locks;
  if (first === undefined) return '';
  const names = locks.slice(0, 4).map((lock) => {
    const size = sizes.get(lock.relation);
    return `${code(brief(lock.relation, 140))}${size === undefined ? '' : `<br>${sizeWords(size)}`}`;
  });
  if (locks.length > names.length) names.push(`${number(locks.length - names.length)} more`);
  return row([
    timeCell(first.ms),
    blocks(first.mode) === 'writes' ? 'writes' : '**reads and writes**',
    `${names.join('<br>')}<br>${escapeMarkdown(lockWords(first.mode))} from ${escapeMarkdown(brief(first.migration.version, 60))}, line ${first.line}`,
  ]);
}

/** What the dry run could not show. */
export function notRehearsedPart(outcome: Outcome, limits: Limits): string {
  const left = notRehearsed(outcome);
  if (left.length === 0) return '';
  const folder = folderOf(outcome);
  const count = left.reduce((sum, { statement }) => sum + statement.count, 0);
  const line =
    ({ migration, statement, reason }: NotRehearsed) =>
    () =>
      `${placeIn(migration.file, statement.line, folder)}: ${prose(brief(reason, limits.words))}<br>${code(brief(statement.sql, 200))}`;
  return joined([
    `### Not rehearsed as written: ${number(count)} of ${plural(outcome.coverage.statements, 'statement')}`,
    bulletsFolded(left.map(line), 5, limits.list, 'statement'),
  ]);
}

const SEVERITIES: readonly Severity[] = ['danger', 'warning', 'info'];
const OPEN_HAZARDS = 5;

/** Hazards of one statement stand together; information and what was accepted folds. */
export function hazardsPart(outcome: Outcome, limits: Limits): string {
  const listed = new Set(notRehearsed(outcome).map((one) => `${one.migration.file}:${one.statement.line}`));
  // Their reasons are told where they are listed.
  const hazards = sortedHazards(outcome).filter(
    (hazard) => hazard.rule !== 'not-executed' || !listed.has(`${hazard.file}:${hazard.line}`),
  );
  if (hazards.length === 0) return '';
  const folder = folderOf(outcome);
  const entries = (some: readonly Hazard[]) => grouped(some).map((group) => () => hazardEntry(group, folder, limits));
  const quiet = (hazard: Hazard): boolean => hazard.severity === 'info' || hazard.allowed !== null;
  const loud = hazards.filter((hazard) => !quiet(hazard));
  const told = hazards.filter(quiet);
  const open = entries(loud);
  const rest = [...open.slice(OPEN_HAZARDS), ...entries(told)];
  if (open.length === 0) return details(`Hazards: ${severityWords(told)}`, bullets(rest, limits.hazards));
  const more = open.length - OPEN_HAZARDS;
  const folded = [more > 0 ? plural(more, 'more place') : '', severityWords(told)].filter((words) => words !== '');
  return joined([
    `### Hazards: ${severityWords(loud)}`,
    bullets(open.slice(0, OPEN_HAZARDS), OPEN_HAZARDS),
    rest.length === 0 ? '' : details(folded.join(', '), bullets(rest, limits.hazards)),
  ]);
}

/** `2 dangers, 1 warning, 3 accepted, 1 info` */
function severityWords(hazards: readonly Hazard[]): string {
  const open = hazards.filter((hazard) => hazard.allowed === null);
  const accepted = hazards.length - open.length;
  return [
    ...SEVERITIES.map((severity) => {
      const count = open.filter((hazard) => hazard.severity === severity).length;
      return count === 0 ? '' : severity === 'info' ? `${number(count)} for information` : plural(count, severity);
    }),
    accepted === 0 ? '' : `${number(accepted)} accepted`,
  ]
    .filter((words) => words !== '')
    .join(', ');
}

/** Of one place and statement, in the order in which the first of each comes. */
function grouped(hazards: readonly Hazard[]): Hazard[][] {
  const groups = new Map<string, Hazard[]>();
  for (const hazard of hazards) {
    const key = JSON.stringify([hazard.file, hazard.line, hazard.file === null ? hazard.message.slice(0, 1000) : '']);
    const group = groups.get(key);
    if (group) group.push(hazard);
    else groups.set(key, [hazard]);
  }
  return [...groups.values()];
}

/** Worst first: the first of a group says how bad it is. */
function hazardEntry(group: readonly Hazard[], folder: string, limits: Limits): string {
  const [worst] = group;
  if (worst === undefined) return '';
  const at = worst.file === null ? '' : ` at ${placeIn(worst.file, worst.line, folder)}`;
  const statement = group.find((hazard) => hazard.statement !== null)?.statement ?? null;
  const rules = new Map<string, Hazard[]>();
  for (const hazard of group) {
    const same = rules.get(hazard.rule);
    if (same) same.push(hazard);
    else rules.set(hazard.rule, [hazard]);
  }
  const safer = new Set(group.map((hazard) => hazard.safer).filter((text) => text !== null));
  const accepted = new Set(group.map((hazard) => hazard.allowed).filter((text) => text !== null));
  const lines = [
    ...(statement === null ? [] : [code(brief(statement, 200))]),
    ...[...rules.values()].slice(0, 10).map((some) => ruleLine(some, limits)),
    ...[...safer].slice(0, 3).map((text) => `**Safer:** ${prose(brief(text, limits.words))}`),
    ...[...accepted].slice(0, 3).map((text) => `**Accepted:** ${escapeMarkdown(brief(text, 300))}`),
  ];
  return `**${worst.severity}**${at}<br>${lines.join('<br>')}`;
}

/** The first of a rule in full; where else it holds of the same statement, by name. */
function ruleLine(hazards: readonly Hazard[], limits: Limits): string {
  const [first, ...others] = hazards;
  if (first === undefined) return '';
  const also = others
    .slice(0, 5)
    .flatMap((hazard) => (hazard.relation === null ? [] : [code(brief(hazard.relation, 140))]));
  const more = others.length - also.length;
  const rest = [...also, ...(more > 0 ? [`${number(more)} more`] : [])];
  return `${code(brief(first.rule, 80))}: ${prose(brief(first.message, limits.words))}${rest.length === 0 ? '' : `; likewise ${rest.join(', ')}`}`;
}

const NAMED = 8;

/** What goes and what changes by name, what comes by count; the rest folds. */
export function schemaPart(outcome: Outcome, limits: Limits): string {
  const changes = outcome.schemaDiff;
  if (changes.length === 0) return '';
  const of = (change: SchemaChange['change']): SchemaChange[] => changes.filter((one) => one.change === change);
  const named = (some: readonly SchemaChange[]): string => {
    const shown = byKind(some)
      .slice(0, NAMED)
      .map((one) => `${one.kind.replace('-', ' ')} ${code(brief(one.name, 140))}`);
    return [...shown, ...(some.length > NAMED ? [`${number(some.length - NAMED)} more`] : [])].join(', ');
  };
  const line = (label: string, text: string): string => (text === '' ? '' : `**${label}:** ${text}`);
  return joined([
    '### Schema',
    joined(
      [
        line('Removed', named(of('removed'))),
        line('Changed', named(of('changed'))),
        line('Added', diffWords(of('added')).replaceAll(' added', '')),
      ],
      '<br>',
    ),
    diffPart(`Schema difference: ${plural(changes.length, 'object')}`, changes, limits),
  ]);
}

export function diffPart(title: string, changes: readonly SchemaChange[], limits: Limits): string {
  if (changes.length === 0) return '';
  const shown = byKind(changes).slice(0, limits.diff);
  const left = changes.length - shown.length;
  return details(
    title,
    joined([
      shown.length === 0 ? '' : fenced(shown.flatMap((change) => diffLines(change, 300)).join('\n'), 'diff'),
      left > 0 ? `… and ${number(left)} more, ${MORE}` : '',
    ]),
  );
}

/** Only a plain address becomes a link; else the name as code. */
export function artifactWords(artifact: ArtifactLink): string {
  const name = brief(artifact.name, 200);
  return artifact.url !== null && isPlainUrl(artifact.url) ? `[${escapeMarkdown(name)}](${artifact.url})` : code(name);
}

export function runLink(outcome: Outcome): string {
  const url = outcome.run.runUrl;
  return url !== null && isPlainUrl(url) ? `[this run](${url})` : '';
}

function isPlainUrl(url: string): boolean {
  return /^https?:\/\/[\w.:/-]{1,500}$/.test(url);
}
