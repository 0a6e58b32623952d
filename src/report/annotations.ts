/** Outcome -> annotations, worst first: GitHub keeps the first ten of each level and drops the rest without a word. */
import { isTheFailure, meaningOf } from './facts.ts';
import { worstFirst } from './json.ts';
import type { Failure, Hazard, Outcome } from './outcome.ts';
import { brief, clean, cut, plural } from './text.ts';

export type AnnotationLevel = 'error' | 'warning' | 'notice';

export interface Annotation {
  readonly level: AnnotationLevel;
  /** Relative to the workspace, with `/`; null: not at a file. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly title: string;
  readonly message: string;
}

const PER_LEVEL = 10;
const MESSAGE = 4000;

/**
 * The failure or the input problems first, then hazards, then warnings. At most ten of each level; what did not fit is counted in one of the ten notices.
 * `prefix`: the working directory relative to the workspace (`''`, `services/api`).
 */
export function annotations(outcome: Outcome, prefix = ''): Annotation[] {
  const all = [...ofProblems(outcome), ...ofFailure(outcome), ...ofHazards(outcome), ...ofWarnings(outcome)].map(
    (annotation) => ({ ...annotation, file: annotation.file === null ? null : inWorkspace(annotation.file, prefix) }),
  );
  return limited(all);
}

function limited(all: readonly Annotation[]): Annotation[] {
  const of = (level: AnnotationLevel): Annotation[] => all.filter((annotation) => annotation.level === level);
  const errors = of('error');
  const warnings = of('warning');
  const notices = of('notice');
  if ([errors, warnings, notices].every((list) => list.length <= PER_LEVEL))
    return [...errors, ...warnings, ...notices];
  const keptNotices = notices.slice(0, PER_LEVEL - 1);
  const more = [
    leftOut(errors.length - PER_LEVEL, 'error'),
    leftOut(warnings.length - PER_LEVEL, 'warning'),
    leftOut(notices.length - keptNotices.length, 'notice'),
  ].filter((text) => text !== '');
  const overflow: Annotation = {
    level: 'notice',
    file: null,
    line: null,
    column: null,
    title: 'More annotations',
    message: `${more.join(', ')} not shown here: all of them are in report.json and migration.log.`,
  };
  return [...errors.slice(0, PER_LEVEL), ...warnings.slice(0, PER_LEVEL), ...keptNotices, overflow];
}

function leftOut(count: number, what: string): string {
  return count > 0 ? plural(count, `more ${what}`) : '';
}

function ofProblems(outcome: Outcome): Annotation[] {
  return outcome.problems.map((problem) => ({
    level: 'error',
    file: null,
    line: null,
    column: null,
    title: brief(`Input ${problem.input}`, 200),
    message: cut(clean(problem.message), MESSAGE),
  }));
}

function ofFailure(outcome: Outcome): Annotation[] {
  const { error } = outcome;
  // The input problems are this failure, one by one.
  if (error === null || (error.class === 'input' && outcome.problems.length > 0)) return [];
  return [
    {
      level: 'error',
      file: error.file,
      line: error.line,
      column: error.column,
      title: brief(`${titleOf(error)}; the database is ${outcome.databaseState}`, 200),
      message: failureMessage(error),
    },
  ];
}

function titleOf(error: Failure): string {
  return `${error.class}${error.sqlstate === null ? '' : ` (${error.sqlstate})`}`;
}

/** The next action is kept whatever the length of the server's words. */
function failureMessage(error: Failure): string {
  const meaning = meaningOf(error);
  const end = `${meaning === null ? '' : `\n${cut(clean(meaning), 600)}`}\nNext: ${cut(clean(error.next), 800)}`;
  const start = [
    error.message,
    error.detail === null ? '' : `DETAIL: ${error.detail}`,
    error.hint === null ? '' : `HINT: ${error.hint}`,
    error.where === null ? '' : `CONTEXT: ${error.where}`,
  ]
    .filter((text) => text !== '')
    .map((text) => cut(text, MESSAGE))
    .join('\n');
  return `${cut(clean(start), MESSAGE - end.length)}${end}`;
}

function ofHazards(outcome: Outcome): Annotation[] {
  return worstFirst(outcome.hazards)
    .filter((hazard) => !isTheFailure(hazard, outcome.error) && !isOnlyTold(hazard))
    .map((hazard) => ({
      level: levelOf(hazard, outcome),
      file: hazard.file,
      line: hazard.file === null ? null : hazard.line,
      column: null,
      title: brief(
        `${hazard.severity}: ${hazard.rule}${hazard.relation === null ? '' : ` on ${hazard.relation}`}`,
        200,
      ),
      message: hazardMessage(hazard),
    }));
}

/** A danger is an error only where it stopped the run: a green run has no red marks. */
function levelOf(hazard: Hazard, outcome: Outcome): AnnotationLevel {
  if (hazard.allowed !== null || hazard.severity === 'info') return 'notice';
  return hazard.severity === 'danger' && outcome.exitCode !== 0 ? 'error' : 'warning';
}

/** For the report: what was withdrawn, and what has no effect on anybody. A good deployment leaves no marks on its files. */
function isOnlyTold({ severity, effects, allowed }: Hazard): boolean {
  return severity === 'info' && effects.length === 0 && allowed === null;
}

function hazardMessage(hazard: Hazard): string {
  const rest = [
    hazard.safer === null ? '' : `\nSafer: ${cut(clean(hazard.safer), 1500)}`,
    hazard.allowed === null ? '' : `\nAccepted: ${cut(clean(hazard.allowed), 400)}`,
  ].join('');
  return `${cut(clean(cut(hazard.message, MESSAGE)), MESSAGE - rest.length)}${rest}`;
}

function ofWarnings(outcome: Outcome): Annotation[] {
  return outcome.warnings.map((warning) => ({
    level: 'warning',
    file: null,
    line: null,
    column: null,
    title: 'Migration gate',
    message: cut(clean(cut(warning, MESSAGE)), MESSAGE),
  }));
}

function inWorkspace(file: string, prefix: string): string {
  const folder = prefix.replace(/\\/g, '/').replace(/^(?:\.\/)+|^\.$|\/+$/g, '');
  const path = folder === '' || file.startsWith('/') ? file : `${folder}/${file}`;
  return path.replace(/^(?:\.\/)+/, '');
}
