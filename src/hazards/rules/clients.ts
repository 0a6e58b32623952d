import type { ActionOf } from '../actions.ts';
import { RELATIONS } from '../locks.ts';
import { known, madeName, quote, written } from '../names.ts';
import { kindOf } from '../run.ts';
import type { Context, Finding, Found, Rules } from './rule.ts';

const EXCLUSIVE = { lock: 'AccessExclusiveLock' } as const;
/** Nobody asks for these by name. */
const UNNAMED: ReadonlySet<string> = new Set([
  'constraint',
  'index',
  'trigger',
  'policy',
  'rule',
  'statistic ext',
  'statistics',
  'event trigger',
  'tablespace',
]);

function rename({ what, relation, object, from, to }: ActionOf<'rename'>, { run }: Context): Finding | null {
  if (what === 'column' || what === 'attribute') {
    if (relation === null || run.newColumn(relation, from.name) !== null) return null;
    const [table, old, new_] = [written(relation), quote(from.name), quote(to)];
    return {
      rule: 'rename-column',
      relation,
      ...EXCLUSIVE,
      message: `clients that use \`${from.name}\` of \`${known(relation)}\` fail from now on`,
      safer:
        object === 'table'
          ? `Add ${new_} to ${table}, keep it equal to ${old} by a trigger, move the clients, then drop ${old}`
          : `Leave ${old} where it is, and add ${new_} beside it`,
    };
  }
  if (UNNAMED.has(what)) return null;
  if (RELATIONS.has(what)) {
    const table = { schema: from.schema, name: to };
    return {
      rule: 'rename-table',
      relation: from,
      ...EXCLUSIVE,
      message: `clients that use \`${known(from)}\` fail from now on`,
      safer:
        what === 'sequence'
          ? 'Make a sequence of the new name beside it, and move the clients'
          : `ALTER TABLE ${written(from)} RENAME TO ${quote(to)};\nCREATE VIEW ${written(from)} AS SELECT * FROM ${written(table)};`,
    };
  }
  if (run.isNew(from, kindOf(what))) return null;
  return {
    rule: 'rename-object',
    ...(COMPARED.has(what) ? { object: from } : {}),
    message: `clients that use the ${what} \`${known(from)}\` fail from now on`,
    safer: `Make the ${what} \`${to}\` beside it, move the clients, and drop the old one`,
  };
}

/** The comparison of the schemas before and after would show that one of these is gone. */
const COMPARED: ReadonlySet<string> = new Set([
  'type',
  'domain',
  'function',
  'procedure',
  'routine',
  'aggregate',
  'schema',
  'extension',
]);

/** Dropped for clients to miss; tables, indexes and what goes by CASCADE have rules of their own. */
const MISSED: ReadonlySet<string> = new Set([
  'view',
  'materialized view',
  'sequence',
  'foreign table',
  'type',
  'domain',
  'function',
  'procedure',
  'routine',
  'aggregate',
  'operator',
  'schema',
  'extension',
  'collation',
  'foreign server',
  'publication',
  'subscription',
]);

function drop({ what, name, on, cascade }: ActionOf<'drop'>, { run }: Context): Found {
  if (on !== null)
    return {
      rule: 'drop-trigger',
      relation: on,
      ...EXCLUSIVE,
      unlessMade: `${what} ${run.key(name)}`,
      message: `what the ${what} \`${known(name)}\` did for \`${known(on)}\` ends`,
      safer: null,
    };
  const kind = kindOf(what);
  if (!MISSED.has(what) || run.isSurelyNew(name, kind)) return null;
  if (cascade && /^(?:schema|type|domain|extension)$/.test(what)) return null;
  return {
    rule: 'drop-object',
    relation: RELATIONS.has(what) ? name : null,
    ...(COMPARED.has(what) ? { object: name } : {}),
    lock: RELATIONS.has(what) ? 'AccessExclusiveLock' : null,
    effects: what === 'sequence' || cascade ? ['breaks-clients', 'changes-behaviour'] : ['breaks-clients'],
    unlessMade: `${kind} ${run.key(name)}`,
    message: `clients that use the ${what} \`${known(name)}\` fail from now on${cascade ? '; what depends on it goes along' : ''}`,
    safer: 'First release clients that do not use it; drop it in a later migration',
  };
}

export const clientRules: Rules = {
  rename: [rename],
  drop: [drop],
  'set-schema': [
    ({ what, name, schema }, { run }) => {
      const relation = RELATIONS.has(what) ? name : null;
      if (UNNAMED.has(what) || run.isNew(name, kindOf(what))) return null;
      const moved = { schema, name: name.name };
      return {
        rule: 'set-schema',
        relation,
        // What an extension brings along is not compared.
        ...(COMPARED.has(what) && what !== 'extension' ? { object: name } : {}),
        lock: relation === null ? null : 'AccessExclusiveLock',
        message: `clients that find the ${what} \`${known(name)}\` where it was fail from now on`,
        safer:
          what === 'table'
            ? `ALTER TABLE ${written(name)} SET SCHEMA ${quote(schema)};\nCREATE VIEW ${written(name)} AS SELECT * FROM ${written(moved)};`
            : `Make it anew in \`${schema}\`, and drop the old one when no client uses it`,
      };
    },
  ],
  'enum-rename': [
    ({ type, from, to }, { run }) =>
      run.isNew(type, 'type')
        ? null
        : {
            rule: 'rename-enum-value',
            message: `clients that use \`${from}\` of \`${known(type)}\` fail from now on, and read \`${to}\`, which they do not know`,
            safer: `ALTER TYPE ${written(type)} ADD VALUE '${to.replaceAll("'", "''")}';`,
          },
  ],
  'drop-default': [
    ({ relation, column }, { run }) => {
      const added = run.newColumn(relation, column);
      if (added?.notNull === true && added.default !== null)
        return {
          rule: 'drop-default-of-required',
          relation,
          ...EXCLUSIVE,
          message: `\`${column}\` was added with this default in the same run: INSERTs of running clients, which do not know it, fail from now on`,
          safer: `Drop the default of \`${column}\` in a later migration, when every client sets it`,
        };
      return {
        rule: 'drop-default',
        relation,
        ...EXCLUSIVE,
        message: `INSERTs that leave out \`${column}\` of \`${known(relation)}\` give NULL or fail from now on`,
        safer: null,
      };
    },
  ],
  alter: [
    ({ what, relation }) =>
      what === 'AT_DropIdentity'
        ? {
            rule: 'drop-default-of-required',
            relation,
            ...EXCLUSIVE,
            message: `the column gets no number any more and cannot be NULL: INSERTs into \`${known(relation)}\` that leave it out fail from now on`,
            safer: 'First release clients that set it',
          }
        : null,
  ],
  'drop-not-null': [
    ({ relation, column }) => ({
      rule: 'drop-not-null',
      relation,
      ...EXCLUSIVE,
      message: `\`${column}\` of \`${known(relation)}\` may be NULL from now on`,
      safer: null,
    }),
  ],
  'drop-constraint': [
    ({ relation, constraint }) => ({
      rule: 'drop-constraint',
      relation,
      ...EXCLUSIVE,
      message: `what \`${constraint}\` kept out of \`${known(relation)}\` can be written from now on`,
      safer: null,
    }),
  ],
  'trigger-state': [
    ({ relation, trigger, enabled }) =>
      enabled
        ? null
        : {
            rule: 'trigger-disabled',
            relation,
            lock: 'ShareRowExclusiveLock',
            message: `${trigger === null ? 'no trigger' : `the trigger \`${trigger}\` no longer`} acts on \`${known(relation)}\``,
            safer: null,
          },
  ],
  'row-security': [
    ({ relation, how }, { statement }) => {
      if (how === 'disable' || how === 'no-force')
        return {
          rule: 'row-security-disabled',
          relation,
          ...EXCLUSIVE,
          message: `every role with privileges on \`${known(relation)}\` sees all of its rows`,
          safer: null,
        };
      // FORCE beside ENABLE is said once.
      if (how === 'force' && statement.some((other) => other.kind === 'row-security' && other.how === 'enable'))
        return null;
      const policy = quote(madeName(relation.name, 'all'));
      return {
        rule: 'row-security-enabled',
        relation,
        ...EXCLUSIVE,
        message: `roles that no policy of \`${known(relation)}\` names see none of its rows and may write none${how === 'force' ? ', its owner too' : ''}`,
        safer: `CREATE POLICY ${policy} ON ${written(relation)} USING (true) WITH CHECK (true);`,
      };
    },
  ],
  'restrictive-policy': [
    ({ policy, relation }) => ({
      rule: 'restrictive-policy',
      relation,
      ...EXCLUSIVE,
      message: `\`${policy}\` takes away rows of \`${known(relation)}\` that other policies allow`,
      safer: null,
    }),
  ],
  'detach-partition': [
    ({ relation, partition, concurrently }) => ({
      rule: 'detach-partition',
      relation,
      lock: concurrently ? 'ShareUpdateExclusiveLock' : 'AccessExclusiveLock',
      message: `rows of \`${known(partition)}\` are no longer seen through \`${known(relation)}\``,
      safer: concurrently
        ? null
        : `ALTER TABLE ${written(relation)} DETACH PARTITION ${written(partition)} CONCURRENTLY;`,
    }),
    ({ concurrently }, { asked }) =>
      concurrently && asked.transactional
        ? {
            rule: 'concurrently-in-transaction',
            message: 'DETACH PARTITION CONCURRENTLY is refused inside of a transaction, and this migration is one',
            safer: 'Put it into a file of its own, without BEGIN and COMMIT',
          }
        : null,
  ],
  'publish-less': [
    ({ publication, relations }) => ({
      rule: 'publishes-less',
      message: `subscribers of \`${publication}\` no longer get ${relations.map((name) => `\`${known(name)}\``).join(', ') || 'what it published'}`,
      safer: 'First release subscribers that do without it',
    }),
  ],
  'restart-sequence': [
    ({ sequence }) => ({
      rule: 'restart-sequence',
      relation: sequence,
      message: `numbers that \`${known(sequence)}\` gives may be taken already`,
      safer: null,
    }),
  ],
  revoke: [
    ({ what, from, relation, objects }, { run }) => {
      // Taking away what a new object gives to PUBLIC is part of making it.
      if (objects.length > 0 && objects.every((name) => run.isNew(name, kindOf(what)))) return null;
      const names = objects.map((name) => `\`${known(name)}\``).join(', ');
      return {
        rule: 'revoke',
        relation,
        message: `\`${from}\` loses privileges on the ${what} ${names}`.trimEnd(),
        safer: null,
      };
    },
  ],
};
