/** What the schema lacks after the run, from the comparison of before and after; pure. */
import type { SchemaChange, SchemaObjectKind } from '../report/outcome.ts';
import { sameRelation } from './names.ts';

/** Of these clients know the names. */
const NAMED: ReadonlySet<SchemaObjectKind> = new Set([
  'table',
  'column',
  'view',
  'function',
  'type',
  'sequence',
  'schema',
  'extension',
]);

export class Gone {
  private readonly changes: readonly SchemaChange[];

  constructor(changes: readonly SchemaChange[]) {
    this.changes = changes;
  }

  /** What clients could name before: each once, a column only where its relation is still there. */
  named(): SchemaChange[] {
    const removed = this.changes.filter(({ change, kind }) => change === 'removed' && NAMED.has(kind));
    const whole = removed.filter(({ kind }) => kind !== 'column').map(({ name }) => `${name}.`);
    return removed.filter(({ kind, name }) => kind !== 'column' || !whole.some((one) => name.startsWith(one)));
  }

  /** Something of that name is gone, whatever it was. */
  has(name: string): boolean {
    return this.changes.some(
      (one) => one.change === 'removed' && NAMED.has(one.kind) && sameRelation(name, withoutArguments(one.name)),
    );
  }

  /** Columns that a view of that name no longer has. */
  viewColumns(name: string): string[] {
    const found = this.changes.find(
      (one) => one.change === 'changed' && one.kind === 'view' && sameRelation(name, one.name),
    );
    if (!found) return [];
    const now = columnsOf(found.after);
    return columnsOf(found.before).filter((column) => !now.includes(column));
  }

  /** The type of a column before and after; null: the same, or not known. */
  typeChange(relation: string, column: string): { readonly from: string; readonly to: string } | null {
    const found = this.changes.find(
      ({ change, kind, name }) =>
        change === 'changed' && kind === 'column' && sameRelation(`${relation}.${column}`, name),
    );
    if (found?.before == null || found.after === null) return null;
    return { from: typeIn(found.before), to: typeIn(found.after) };
  }
}

/** `public.f(integer)` -> `public.f`. */
function withoutArguments(name: string): string {
  const open = name.indexOf('(');
  return open < 0 ? name : name.slice(0, open);
}

/** `(id integer, total numeric(10,2)) as SELECT ...` -> the names. */
function columnsOf(definition: string | null): string[] {
  const columns: string[] = [];
  let depth = 0;
  let start = 1;
  if (!definition?.startsWith('(')) return columns;
  for (const { 0: piece, index } of definition.matchAll(/"(?:[^"]|"")*"|[(),]/g)) {
    if (piece === '(') depth++;
    if (piece === ')') depth--;
    if ((piece !== ',' || depth !== 1) && depth > 0) continue;
    const name = /^\s*("(?:[^"]|"")*"|\S+)/.exec(definition.slice(start, index))?.[1];
    if (name !== undefined) columns.push(name);
    start = index + 1;
    if (depth === 0) break;
  }
  return columns;
}

/** `character varying(10) not null default 'x'` -> `character varying(10)`. */
function typeIn(definition: string): string {
  return definition.replace(/ (?:not null|default|collate|generated|storage)\b.*$/is, '');
}

const FRACTIONS = /^(?:numeric|real|double precision)/;
const WHOLE = /^(?:smallint|integer|bigint)$/;

/** Whether an assignment from one type to the other drops something without a word; null: not known. */
export function losesValues(from: string, to: string): boolean | null {
  if (FRACTIONS.test(from) && WHOLE.test(to)) return true;
  if (WHOLE.test(from) && (WHOLE.test(to) || /^numeric/.test(to))) return false;
  const [old, now] = [numeric(from), numeric(to)];
  if (now) return old ? now.scale < old.scale : /^(?:real|double)/.test(from) ? true : null;
  const [before, after] = [seconds(from), seconds(to)];
  if (before && after) return before.type === after.type ? after.digits < before.digits : null;
  if (/^timestamp/.test(from) && to === 'date') return true;
  return null;
}

function numeric(type: string): { readonly scale: number } | null {
  const found = /^numeric(?:\((\d+)(?:,(-?\d+))?\))?$/.exec(type);
  if (!found) return null;
  return { scale: found[1] === undefined ? Number.POSITIVE_INFINITY : Number(found[2] ?? 0) };
}

function seconds(type: string): { readonly type: string; readonly digits: number } | null {
  const found = /^(timestamp|time)(?:\((\d)\))?( with(?:out)? time zone)$/.exec(type);
  return found ? { type: `${found[1]}${found[3]}`, digits: Number(found[2] ?? 6) } : null;
}
