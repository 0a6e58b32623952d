/** Which relations an action locks, and how: facts of PostgreSQL 14 to 18, as measured there. */
import { LOCK_MODES } from '../report/outcome.ts';
import type { Action } from './actions.ts';
import type { Name } from './names.ts';

export interface Lock {
  readonly relation: Name;
  /** PostgreSQL's own name: `AccessExclusiveLock`. */
  readonly mode: string;
}

const EXCLUSIVE = 'AccessExclusiveLock';
/** Under these nobody else writes. */
export const BLOCKS_WRITES: ReadonlySet<string> = new Set(LOCK_MODES.slice(LOCK_MODES.indexOf('ShareLock')));

export function stronger(one: string | null, other: string | null): string | null {
  return LOCK_MODES.indexOf(one ?? '') >= LOCK_MODES.indexOf(other ?? '') ? one : other;
}

/** ALTER TABLE subcommands that let everybody read and write. */
const GENTLE: ReadonlySet<string> = new Set([
  'AT_SetStatistics',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ReplaceRelOptions',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_ClusterOn',
  'AT_DropCluster',
]);

/** The strongest lock per relation comes of several entries: take the strongest. Only what the text names. */
export function locksOf(action: Action): readonly Lock[] {
  const lock = (relation: Name | null, mode: string): Lock[] => (relation === null ? [] : [{ relation, mode }]);
  switch (action.kind) {
    case 'add-column':
      return [...lock(action.relation, EXCLUSIVE), ...lock(action.new.references, 'ShareRowExclusiveLock')];
    case 'add-constraint': {
      const foreign = action.constraint.type === 'foreign-key';
      return [
        ...lock(action.relation, foreign ? 'ShareRowExclusiveLock' : EXCLUSIVE),
        ...lock(action.constraint.references, 'ShareRowExclusiveLock'),
      ];
    }
    case 'validate-constraint':
      return lock(action.relation, 'ShareUpdateExclusiveLock');
    case 'attach-partition':
      if (action.object === 'index') return lock(action.partition, EXCLUSIVE);
      return [...lock(action.relation, 'ShareUpdateExclusiveLock'), ...lock(action.partition, EXCLUSIVE)];
    case 'detach-partition':
      return [
        ...lock(action.relation, action.concurrently ? 'ShareUpdateExclusiveLock' : EXCLUSIVE),
        ...lock(action.partition, EXCLUSIVE),
      ];
    case 'trigger-state':
      return lock(action.relation, 'ShareRowExclusiveLock');
    case 'alter':
      return lock(action.relation, GENTLE.has(action.what) ? 'ShareUpdateExclusiveLock' : EXCLUSIVE);
    case 'drop-column':
    case 'change-type':
    case 'set-not-null':
    case 'drop-not-null':
    case 'set-default':
    case 'drop-default':
    case 'set-expression':
    case 'drop-expression':
    case 'drop-constraint':
    case 'rewrite':
    case 'row-security':
    case 'truncate':
    case 'cluster':
    case 'vacuum-full':
      return lock(action.relation, EXCLUSIVE);
    case 'create-index':
      return lock(action.relation, action.concurrently ? 'ShareUpdateExclusiveLock' : 'ShareLock');
    case 'create-table':
      return [
        ...lock(action.partitionOf, EXCLUSIVE),
        ...action.inherits.flatMap((parent) => lock(parent, 'ShareUpdateExclusiveLock')),
        ...referencedBy(action).flatMap((parent) => lock(parent, 'ShareRowExclusiveLock')),
      ];
    case 'create-object':
      return lock(action.on, action.what === 'trigger' ? 'ShareRowExclusiveLock' : EXCLUSIVE);
    case 'drop':
      if (action.on !== null) return lock(action.on, EXCLUSIVE);
      if (!RELATIONS.has(action.what)) return [];
      return lock(action.name, action.concurrently ? 'ShareUpdateExclusiveLock' : EXCLUSIVE);
    case 'rename':
      return lock(action.relation, action.what === 'index' ? 'ShareUpdateExclusiveLock' : EXCLUSIVE);
    case 'set-schema':
      return RELATIONS.has(action.what) ? lock(action.name, EXCLUSIVE) : [];
    case 'reindex':
      if (action.what !== 'index' && action.what !== 'table') return [];
      if (action.concurrently) return lock(action.name, 'ShareUpdateExclusiveLock');
      return lock(action.name, action.what === 'table' ? 'ShareLock' : EXCLUSIVE);
    case 'refresh':
      return lock(action.relation, action.concurrently ? 'ExclusiveLock' : EXCLUSIVE);
    case 'lock':
      return lock(action.relation, LOCK_MODES[action.mode - 1] ?? EXCLUSIVE);
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      return lock(action.relation, 'RowExclusiveLock');
    default:
      return [];
  }
}

export const RELATIONS: ReadonlySet<string> = new Set([
  'table',
  'index',
  'view',
  'materialized view',
  'sequence',
  'foreign table',
]);

export function referencedBy({ columns, constraints }: Extract<Action, { kind: 'create-table' }>): Name[] {
  return [...columns, ...constraints].flatMap(({ references }) => (references === null ? [] : [references]));
}
