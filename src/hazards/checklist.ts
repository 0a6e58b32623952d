/** The questions of a review, each with what the gate saw. */
import type { PlannedMigration } from '../plan/plan.ts';
import type { ChecklistItem, Hazard } from '../report/outcome.ts';
import { plural } from '../report/text.ts';
import { bareName } from '../sql/tokens.ts';

export interface ChecklistInput {
  readonly pending: readonly PlannedMigration[];
  /** Way-back files, by version key. */
  readonly downFiles: ReadonlyMap<string, string>;
  readonly hazards: readonly Hazard[];
  /** Somebody else's tool has the way back; null: it is in files of its own. */
  readonly tool: string | null;
  /** The dry run went down and up again. */
  readonly wentDown: boolean;
  /** Every statement was executed in some form. */
  readonly complete: boolean;
}

export function checklist(input: ChecklistInput): ChecklistItem[] {
  const { hazards, complete } = input;
  const isRead = !hazards.some(({ rule }) => NOT_READ.includes(rule));
  const real = hazards.filter((hazard) => hazard.severity !== 'info');
  const losses = real.filter((hazard) => hazard.effects.includes('destroys'));
  const breaks = real.filter((hazard) => hazard.effects.includes('breaks-clients'));
  return [
    repeatable(hazards, isRead),
    wayBack(input),
    item('no data loss', losses, complete, 'nothing that was there is destroyed'),
    item('compatible with running code', breaks, complete, 'nothing was found that running code would stumble over'),
    item('indexes on foreign keys', byRule(hazards, 'foreign-key-without-index'), isRead, 'no foreign key without one'),
    comments(input.pending),
  ];
}

/** Rules that say that a text does not show all of what it does. */
const NOT_READ = ['not-understood', 'dynamic-sql'];

/** Tables of the pending files that none of them comments on. */
function comments(pending: readonly PlannedMigration[]): ChecklistItem {
  const question = 'comments on new tables';
  const commented = new Set(
    pending.flatMap(({ script }) =>
      script.texts.flatMap(({ sql }) => {
        const name = /^comment\s+on\s+table\s+([^\s]+)\s+is\b/i.exec(sql)?.[1];
        return name === undefined ? [] : [bareName(name)];
      }),
    ),
  );
  const made = pending.flatMap(({ script }) => script.createsTables);
  const without = made.filter((table) => !commented.has(table));
  if (without.length > 0) return { question, answer: 'no', detail: `none on ${without.slice(0, 5).join(', ')}` };
  return { question, answer: 'yes', detail: made.length === 0 ? 'no table is new' : 'each has one' };
}

function byRule(hazards: readonly Hazard[], rule: string): Hazard[] {
  return hazards.filter((hazard) => hazard.rule === rule);
}

/** `sure`: what was not found is not there; else it only was not seen. */
function item(question: string, against: readonly Hazard[], sure: boolean, well: string): ChecklistItem {
  const [first] = against;
  if (first) {
    const more = against.length > 1 ? ` and ${plural(against.length - 1, 'more')}`.replace(/mores$/, 'more') : '';
    return {
      question,
      answer: 'no',
      detail: `${first.rule}${first.file ? ` at ${first.file}:${first.line ?? 1}` : ''}${more}`,
    };
  }
  return sure
    ? { question, answer: 'yes', detail: well }
    : { question, answer: 'unknown', detail: 'not everything could be read or rehearsed' };
}

function repeatable(hazards: readonly Hazard[], isRead: boolean): ChecklistItem {
  const question = 'idempotent';
  const [first] = byRule(hazards, 'not-repeatable');
  if (first) return { question, answer: 'no', detail: first.message };
  return item(question, [], isRead, 'every statement can be run again');
}

function wayBack({ pending, downFiles, hazards, tool, wentDown }: ChecklistInput): ChecklistItem {
  const question = 'has a way back';
  const without = pending.filter((migration) => !downFiles.has(migration.key));
  const [first] = without;
  if (tool === 'command')
    return { question, answer: 'unknown', detail: "the tool's own way back is not read, and was not tried" };
  if (tool !== null) {
    const detail = first && `${plural(without.length, 'revision')} without a downgrade, the first is ${first.file}`;
    return detail
      ? { question, answer: 'no', detail }
      : { question, answer: 'unknown', detail: 'each revision has a downgrade, and none was tried' };
  }
  if (first) {
    const detail = `${plural(without.length, 'file')} without a down file, the first is ${first.file}`;
    return { question, answer: 'no', detail };
  }
  const wrong = hazards.find((hazard) => ['down-fails', 'down-differs', 'up-again-fails'].includes(hazard.rule));
  if (wrong) return { question, answer: 'no', detail: wrong.message };
  const untried = hazards.some((hazard) => hazard.rule === 'rollback-not-tried');
  return wentDown && !untried
    ? { question, answer: 'yes', detail: 'up, down and up again in the dry run, and the schema came back' }
    : { question, answer: 'unknown', detail: 'there are down files, and they were not tried' };
}
