import { LOCK_MODES } from '../../report/outcome.ts';
import { BLOCKS_WRITES, referencedBy } from '../locks.ts';
import { known, written } from '../names.ts';
import { indexFor } from './indexes.ts';
import type { Finding, Rules } from './rule.ts';

export const transactionRules: Rules = {
  lock: [
    ({ relation, mode }) => {
      const lock = LOCK_MODES[mode - 1] ?? 'AccessExclusiveLock';
      if (!BLOCKS_WRITES.has(lock)) return null;
      const reads = lock === 'AccessExclusiveLock';
      return {
        rule: 'lock-table',
        relation,
        lock,
        effects: reads ? ['blocks-reads', 'blocks-writes'] : ['blocks-writes'],
        message: `nobody can ${reads ? 'read or write' : 'write'} \`${known(relation)}\` until the transaction ends`,
        safer: 'Leave it out: each statement takes the lock that it needs',
      };
    },
  ],
  'create-table': [
    (action, { run }) => {
      const { partitionOf, name } = action;
      const found: Finding[] = [];
      if (partitionOf !== null)
        found.push({
          rule: 'locks-other-table',
          relation: partitionOf,
          lock: 'AccessExclusiveLock',
          message: `nobody can read or write \`${known(partitionOf)}\` until the transaction ends; a DEFAULT partition of it is read meanwhile`,
          safer: `Make \`${known(name)}\` a table by itself, and attach it with ALTER TABLE ${written(partitionOf)} ATTACH PARTITION, which locks less`,
        });
      for (const parent of referencedBy(action)) {
        if (run.key(parent) === run.key(name)) continue;
        found.push({
          rule: 'locks-other-table',
          relation: parent,
          lock: 'ShareRowExclusiveLock',
          message: `for the foreign key nobody can write to \`${known(parent)}\` until the transaction ends`,
          safer: null,
        });
      }
      return found;
    },
  ],
  set: [
    ({ name, values }) =>
      name === 'session_replication_role' && values[0] === 'replica'
        ? {
            rule: 'triggers-bypassed',
            message: 'no foreign key is checked and no ordinary trigger runs from here on',
            safer: 'SET session_replication_role = origin;',
          }
        : null,
    ({ name, values }) =>
      /^(?:lock_timeout|statement_timeout)$/.test(name) && /^0(?:\s*(?:ms|s|min))?$/.test(values[0] ?? '')
        ? {
            rule: 'timeout-switched-off',
            message: `without \`${name}\` the migration waits without end, and everybody behind it`,
            safer: `SET ${name} = '5s';`,
          }
        : null,
  ],
};

/** Tables whose foreign keys have no index that this run would show. */
export function withoutIndex(
  relation: { readonly schema: string | null; readonly name: string },
  columns: readonly string[],
): Pick<Finding, 'rule' | 'message' | 'safer'> {
  return {
    rule: 'foreign-key-without-index',
    message: `unless there is an index on ${columns.map((column) => `\`${column}\``).join(', ')} of \`${known(relation)}\` already, deleting a referenced row reads all of it`,
    safer: indexFor(relation, columns),
  };
}
