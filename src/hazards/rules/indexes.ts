import { tokenize } from '../../sql/tokens.ts';
import { known, madeName, quote, quoteAll, written } from '../names.ts';
import type { Context, Rules } from './rule.ts';

/** The statement with CONCURRENTLY behind this word of it. */
function concurrently(sql: string, behind: readonly string[]): string | null {
  const tokens = tokenize(sql);
  const token = tokens.find(({ word }) => behind.includes(word));
  if (token === undefined || sql.length > 1000) return null;
  return `${sql.slice(0, token.end)} CONCURRENTLY${sql.slice(token.end)};`;
}

function inTransaction(what: string, { asked }: Context) {
  if (!asked.transactional) return null;
  return {
    rule: 'concurrently-in-transaction' as const,
    message: `${what} is refused inside of a transaction, and this migration is one`,
    safer: 'Put it into a file of its own, without BEGIN and COMMIT',
  };
}

export const indexRules: Rules = {
  'create-index': [
    ({ relation, concurrently: already, name, only, unique }, { sql }) => {
      if (already) return null;
      const index = name === null ? '' : ` \`${name}\``;
      return {
        rule: 'index-not-concurrent',
        relation,
        lock: 'ShareLock',
        work: 'index-build',
        // On a partitioned table alone nothing is built.
        unsure: only,
        effects: unique ? ['blocks-writes', 'scans', 'may-fail'] : ['blocks-writes', 'scans'],
        message: `building the index${index} reads and sorts all of \`${known(relation)}\`, and nobody can write to it meanwhile`,
        safer: concurrently(sql, ['INDEX']),
      };
    },
    (action, at) => (action.concurrently ? inTransaction('CREATE INDEX CONCURRENTLY', at) : null),
    ({ concurrently: already, ifNotExists, name, relation }) => {
      if (!already || !ifNotExists || name === null) return null;
      const index = written({ schema: relation.schema, name });
      return {
        rule: 'if-not-exists-hides-invalid-index',
        relation,
        message: `where an earlier try was interrupted, an invalid index \`${name}\` is there already: IF NOT EXISTS finds it, does nothing and succeeds`,
        safer: `DROP INDEX CONCURRENTLY IF EXISTS ${index};`,
      };
    },
  ],
  reindex: [
    ({ what, name, concurrently: already }, at) => {
      if (already) return inTransaction('REINDEX CONCURRENTLY', at);
      const whole = what !== 'index' && what !== 'table';
      const of = name === null ? `the ${what}` : `\`${known(name)}\``;
      return {
        rule: 'reindex-not-concurrent',
        relation: whole ? null : name,
        lock: what === 'index' ? 'AccessExclusiveLock' : 'ShareLock',
        work: 'index-build',
        message: `rebuilding ${what === 'index' ? `the index ${of}` : `the indexes of ${of}`} keeps everybody from writing to the table, and nearly every query from being planned`,
        safer:
          what === 'system'
            ? null
            : `REINDEX ${what.toUpperCase()} CONCURRENTLY ${name === null ? '' : written(name)};`.replace(' ;', ';'),
      };
    },
  ],
  drop: [
    (action, at) => {
      if (action.what !== 'index') return null;
      if (action.concurrently) return inTransaction('DROP INDEX CONCURRENTLY', at);
      return {
        rule: 'drop-index-not-concurrent',
        relation: action.name,
        lock: 'AccessExclusiveLock',
        message: `dropping \`${known(action.name)}\` is quick, but waits for every query on its table, and everybody else waits behind it`,
        safer: `DROP INDEX CONCURRENTLY ${action.ifExists ? 'IF EXISTS ' : ''}${written(action.name)};`,
      };
    },
  ],
};

/** For a foreign key whose columns no index of the run begins with. */
export function indexFor(
  relation: { readonly schema: string | null; readonly name: string },
  columns: readonly string[],
): string {
  return `CREATE INDEX CONCURRENTLY ${quote(madeName(relation.name, ...columns, 'idx'))} ON ${written(relation)} (${quoteAll(columns)});`;
}
