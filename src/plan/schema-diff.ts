/** Two readings of a schema -> what is different, by name, for a reviewer and for the proof after apply. */
import { createHash } from 'node:crypto';
import type { SchemaChange, SchemaObjectKind } from '../report/outcome.ts';

/** A cheap reading of the whole catalog: enough to know which objects to look at, nothing of what they are. */
export interface Fingerprints {
  /**
   * `<class>:<oid>` (a table with its columns, indexes, constraints...; a function; a type) -> a number, as text, that
   * is another one whenever a catalog row of the object was written. Equal numbers: nothing was changed. Another number:
   * look at the definition, it may still say the same. Oids outlive a rollback, so readings of one database compare.
   */
  readonly groups: ReadonlyMap<string, string>;
  /** Every relation outside the system schemas, by oid: indexes, views and sequences too, TOAST and temporary ones not. */
  readonly relations: ReadonlyMap<number, RelationName>;
}

export interface RelationName {
  /** Qualified, quoted where needed: `public.orders`, `public."Order Items"`. */
  readonly name: string;
  /** `pg_class.relkind`: r, p, i, I, S, v, m, f. */
  readonly kind: string;
}

/** Group keys of {@link Fingerprints}, each list sorted. */
export interface GroupChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface SchemaObject {
  readonly kind: SchemaObjectKind;
  readonly name: string;
  /** In words close to SQL, free of oids and of whatever depends on how the object came to be. */
  readonly definition: string;
}

/** Objects by `<kind> <name>`, so that two databases, or a rehearsal and the real thing, compare. */
export type Definitions = ReadonlyMap<string, SchemaObject>;

/** Which groups another transaction state has, has not, or has otherwise. */
export function changedGroups(before: Fingerprints, after: Fingerprints): GroupChanges {
  const added: string[] = [];
  const changed: string[] = [];
  for (const [key, value] of after.groups) {
    const old = before.groups.get(key);
    if (old === undefined) added.push(key);
    else if (old !== value) changed.push(key);
  }
  const removed = [...before.groups.keys()].filter((key) => !after.groups.has(key));
  return { added: added.sort(), removed: removed.sort(), changed: changed.sort() };
}

/**
 * Of what a transaction has seen changed (`inside`), what somebody else has changed, and not it: once it is rolled back that
 * is not as it was before. Where it is not as it was inside either, they have gone on since (CREATE INDEX CONCURRENTLY), or
 * both have changed it: `altered` are the relations that the transaction has locked as what alters them does.
 */
export function othersGroups(
  before: Fingerprints,
  inside: Fingerprints,
  rolledBack: Fingerprints,
  altered: ReadonlySet<string>,
): ReadonlySet<string> {
  const { added, removed, changed } = changedGroups(before, inside);
  const isTheirs = (key: string) => {
    const now = rolledBack.groups.get(key);
    if (now === before.groups.get(key)) return false;
    return now === inside.groups.get(key) || (key.startsWith('relation:') && !altered.has(key));
  };
  return new Set([
    ...added.filter((key) => rolledBack.groups.has(key)),
    ...removed.filter((key) => !rolledBack.groups.has(key)),
    ...changed.filter(isTheirs),
  ]);
}

export function isSameSchema(before: Fingerprints, after: Fingerprints): boolean {
  return Object.values(changedGroups(before, after)).every((keys) => keys.length === 0);
}

/** 64 hexadecimal digits: equal ones are the same schema. For whoever has to tell after this process is gone. */
export function schemaPicture({ groups }: Fingerprints): string {
  const lines = [...groups].map(([key, value]) => `${key}=${value}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** The groups to define inside the rehearsal (`inside`), and after its rollback (`outside`), for their difference. */
export function groupsToDefine(changes: GroupChanges): {
  readonly inside: readonly string[];
  readonly outside: readonly string[];
} {
  return {
    inside: [...changes.added, ...changes.changed].sort(),
    outside: [...changes.removed, ...changes.changed].sort(),
  };
}

/**
 * The groups to define after apply, to be compared with what the rehearsal defined: what apply changed, and what the
 * rehearsal changed or removed too, or an object that apply left alone would not be missed.
 */
export function groupsToProve(rehearsed: GroupChanges, applied: GroupChanges): readonly string[] {
  const keys = [...rehearsed.changed, ...rehearsed.removed, ...applied.changed, ...applied.added];
  return [...new Set(keys)].sort();
}

/** What became of the schema. Every part of a new table is an entry of its own; the table comes first. */
export function diffDefinitions(before: Definitions, after: Definitions): SchemaChange[] {
  const changes: SchemaChange[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(key);
    const now = after.get(key);
    if (old?.definition === now?.definition) continue;
    const subject = now ?? old;
    if (subject === undefined) continue;
    changes.push({
      change: old === undefined ? 'added' : now === undefined ? 'removed' : 'changed',
      kind: subject.kind,
      name: subject.name,
      before: old?.definition ?? null,
      after: now?.definition ?? null,
    });
  }
  return changes.sort(byNameThenKind);
}

/**
 * What is not as the rehearsal said; empty when all of it is. `before` is the prediction, `after` what is there:
 * `removed` means predicted and not there, `added` means there and not predicted.
 */
export function compareDefinitions(predicted: Definitions, actual: Definitions): SchemaChange[] {
  return diffDefinitions(predicted, actual);
}

const ORDER: readonly SchemaObjectKind[] = [
  'extension',
  'schema',
  'type',
  'sequence',
  'table',
  'view',
  'column',
  'constraint',
  'index',
  'statistics',
  'trigger',
  'rule',
  'policy',
  'function',
  'publication',
  'event-trigger',
  'grant',
  'other',
];

/** Code units, not a locale's rules: the same list on every machine; `public.orders.id` follows `public.orders`. */
function byNameThenKind(a: SchemaChange, b: SchemaChange): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind);
}
