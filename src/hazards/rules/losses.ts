import type { ActionOf } from '../actions.ts';
import { known, madeName, type Name, quote, written } from '../names.ts';
import { kindOf } from '../run.ts';
import type { Context, Finding, Found, Rules } from './rule.ts';

const EXCLUSIVE = { lock: 'AccessExclusiveLock' } as const;

function renamedFirst(relation: Name): string {
  return `ALTER TABLE ${written(relation)} RENAME TO ${quote(madeName(relation.name, 'to_be_dropped'))};`;
}

/** Columns of these would go along. */
const TYPES: ReadonlySet<string> = new Set(['type', 'domain', 'extension']);

function drop({ what, name, cascade, on }: ActionOf<'drop'>, { run }: Context): Found {
  const n = known(name);
  if (on !== null || run.isSurelyNew(name, kindOf(what))) return null;
  if (what === 'table')
    return {
      rule: 'drop-table',
      relation: name,
      ...EXCLUSIVE,
      message: `\`${n}\` is gone with all of its rows${cascade ? ', and so are the views and foreign keys that use it' : ''}`,
      safer: renamedFirst(name),
    };
  if (what === 'schema' && cascade)
    return {
      rule: 'drop-schema-cascade',
      object: name,
      message: `everything in \`${n}\` is gone, tables with all of their rows`,
      safer: `DROP SCHEMA ${written(name)};`,
    };
  if (what === 'database') return { rule: 'drop-database', message: `all of \`${n}\` is gone`, safer: null };
  if (cascade && TYPES.has(what))
    return {
      rule: 'drop-cascade',
      object: name,
      message: `every column of ${what === 'extension' ? `a type of \`${n}\`` : `type \`${n}\``} is gone with its values, and what depends on it`,
      safer: `DROP ${what.toUpperCase()} ${written(name)};`,
    };
  return null;
}

function update({ relation, where, sets }: ActionOf<'update'>, { run }: Context): Found {
  const old = sets.filter(({ column }) => run.newColumn(relation, column) === null);
  if (where === 'some') {
    const emptied = old.find(({ toNull }) => toNull)?.column;
    if (emptied === undefined) return null;
    return {
      rule: 'overwrite-column',
      relation,
      lock: 'RowExclusiveLock',
      severity: 'warning',
      message: `\`${emptied}\` becomes NULL in rows of \`${known(relation)}\`; what stood there is gone`,
      safer: 'Keep the old values in another column first',
    };
  }
  if (where !== 'all') return null;
  // What is not made of the old value does not keep it.
  const over = old.filter(({ column, from }) => !from.includes(column));
  const first = over[0]?.column;
  const constant = over.some((one) => one.constant);
  if (first === undefined)
    return {
      rule: 'update-all-rows',
      relation,
      lock: 'RowExclusiveLock',
      message: `every row of \`${known(relation)}\` is written anew and stays locked until the transaction ends`,
      safer: 'In batches by key, each in a transaction of its own',
    };
  return {
    rule: 'overwrite-column',
    relation,
    lock: 'RowExclusiveLock',
    // It may have been NULL before: what computes a value for each row is most often that.
    severity: constant ? 'danger' : 'warning',
    message: `\`${first}\` gets a new value in every row of \`${known(relation)}\`; what stood there is gone`,
    safer: 'Say which rows: WHERE with what tells them; keep the old values in another column first',
  };
}

function remove({ relation, where }: ActionOf<'delete'>): Finding | null {
  if (where === 'none') return null;
  if (where === 'all')
    return {
      rule: 'delete-all-rows',
      relation,
      lock: 'RowExclusiveLock',
      message: `every row of \`${known(relation)}\` is gone: no WHERE keeps any`,
      safer: 'Say which rows, and delete them in batches',
    };
  return {
    rule: 'delete-rows',
    relation,
    lock: 'RowExclusiveLock',
    unsure: where === 'few',
    message: `rows of \`${known(relation)}\` are gone`,
    safer: 'Keep them in another table first, and delete in batches',
  };
}

export const lossRules: Rules = {
  drop: [drop],
  'drop-column': [
    ({ relation, object, column, cascade }, { run }) => {
      if (run.newColumn(relation, column) !== null || object === 'view') return null;
      const of = object === 'type' ? `the type \`${known(relation)}\`` : `\`${known(relation)}\``;
      return {
        rule: 'drop-column',
        relation,
        ...(object === 'table' ? { object: { schema: null, name: column } } : {}),
        ...EXCLUSIVE,
        message: `\`${column}\` of ${of} is gone with its values${cascade ? ', and so is what depends on it' : ''}; clients that name it fail`,
        safer: 'First release clients that do not use it; drop it in a later migration',
      };
    },
  ],
  'drop-owned': [
    ({ roles }) => ({
      rule: 'drop-owned',
      message: `everything that ${roles.map((role) => `\`${role}\``).join(', ')} owns is gone`,
      safer: `REASSIGN OWNED BY ${roles.map(quote).join(', ')} TO CURRENT_USER;`,
    }),
  ],
  truncate: [
    ({ relation, cascade }) => ({
      rule: 'truncate',
      relation,
      ...EXCLUSIVE,
      message: `every row of \`${known(relation)}\` is gone${cascade ? ', and every row of each table that refers to it' : ''}`,
      safer: 'DELETE in batches what really has to go',
    }),
  ],
  delete: [remove],
  update: [update],
  merge: [
    ({ relation, deletes }) =>
      deletes
        ? {
            rule: 'delete-rows',
            relation,
            lock: 'RowExclusiveLock',
            message: `rows of \`${known(relation)}\` are gone`,
            safer: 'Keep them in another table first',
          }
        : null,
  ],
};
