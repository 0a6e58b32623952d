import { LOCK_MODES } from '../../report/outcome.ts';
import type { ActionOf, NewConstraint } from '../actions.ts';
import { BLOCKS_WRITES, locksOf, stronger } from '../locks.ts';
import { known, madeName, type Name, quote, quoteAll, written } from '../names.ts';
import type { Context, Finding, Found, Rules } from './rule.ts';

const SCAN = { lock: 'AccessExclusiveLock', work: 'scan' } as const;
const BUILD = { lock: 'AccessExclusiveLock', work: 'index-build' } as const;

function read(relation: Name): string {
  return `all of \`${known(relation)}\` is read while nobody can read or write it`;
}

/** SET NOT NULL by way of a CHECK. */
function notNullSafely(relation: Name, column: string): string {
  const [table, name] = [written(relation), quote(madeName(relation.name, column, 'not_null'))];
  return [
    `ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${quote(column)} IS NOT NULL) NOT VALID;`,
    `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`,
    `ALTER TABLE ${table} ALTER COLUMN ${quote(column)} SET NOT NULL;`,
    `ALTER TABLE ${table} DROP CONSTRAINT ${name};`,
  ].join('\n');
}

function notNull(relation: Name, column: string, { run, statement }: Context): Finding | null {
  const drops = statement.some((other) => other.kind === 'drop-constraint');
  if (!drops && run.isProvenNotNull(relation, column)) return null;
  return {
    rule: 'set-not-null-scans',
    relation,
    ...SCAN,
    message: `unless a validated CHECK proves that \`${column}\` holds no NULL, ${read(relation)}; it fails on the first NULL`,
    safer: notNullSafely(relation, column),
  };
}

/** The subcommand as it is written, with a name and NOT VALID; then its validation. */
function validatedLater(relation: Name, { name, type, columns }: NewConstraint, text: string): string | null {
  const made = name ?? madeName(relation.name, ...columns, type === 'foreign-key' ? 'fkey' : 'check');
  const body = /^ADD\s+(?:CONSTRAINT\s+(?:"(?:[^"]|"")*"|\S+)\s+)?((?:CHECK|FOREIGN)\b.*)$/is.exec(text)?.[1];
  if (body === undefined || text.length > 1000) return null;
  const table = written(relation);
  return `ALTER TABLE ${table} ADD CONSTRAINT ${quote(made)} ${body} NOT VALID;\nALTER TABLE ${table} VALIDATE CONSTRAINT ${quote(made)};`;
}

function foreignKey(
  relation: Name,
  references: Name | null,
  columns: readonly string[],
  safer: string | null,
  at: Context,
): Finding[] {
  // Together with another ALTER of the table it is done under the lock of that one.
  const lock = strongestOn(relation, at) ?? 'ShareRowExclusiveLock';
  const effects =
    lock === 'AccessExclusiveLock'
      ? (['blocks-reads', 'blocks-writes', 'scans', 'may-fail'] as const)
      : (['blocks-writes', 'scans', 'may-fail'] as const);
  const key = columns.map((column) => `\`${column}\``).join(', ');
  const other = references === null ? 'the referenced table' : `\`${known(references)}\``;
  const found: Finding[] = [
    {
      rule: 'foreign-key-validated-at-once',
      relation,
      lock,
      work: 'scan',
      effects,
      message: `for the foreign key on ${key} all of \`${known(relation)}\` is compared with ${other}, and nobody can write to either meanwhile`,
      safer,
    },
  ];
  // What this run made has no rows to be compared yet.
  if (references !== null && at.run.key(references) !== at.run.key(relation) && !at.run.isNew(relation))
    found.push({
      rule: 'foreign-key-validated-at-once',
      relation: references,
      lock: 'ShareRowExclusiveLock',
      work: 'scan',
      effects: ['blocks-writes', 'scans'],
      message: `nobody can write to \`${known(references)}\` while \`${known(relation)}\` is compared with it`,
      safer,
    });
  return found;
}

function strongestOn(relation: Name, { statement, run }: Context): string | null {
  const key = run.key(relation);
  let strongest: string | null = run.heldOn(relation);
  for (const lock of statement.flatMap(locksOf))
    if (run.key(lock.relation) === key) strongest = stronger(strongest, lock.mode);
  return strongest;
}

function addConstraint(action: ActionOf<'add-constraint'>, at: Context): Found {
  const { relation, constraint, text } = action;
  const { type, columns, notValid, usingIndex } = constraint;
  const [table, t] = [written(relation), known(relation)];
  const key = columns.map((column) => `\`${column}\``).join(', ');
  if (notValid) return null;
  switch (type) {
    case 'check':
      return {
        rule: 'check-validated-at-once',
        relation,
        ...SCAN,
        message: `${read(relation)}; it fails on the first row that does not fit`,
        safer: validatedLater(relation, constraint, text),
      };
    case 'not-null':
      return notNull(relation, columns[0] ?? '', at);
    case 'foreign-key':
      return foreignKey(relation, constraint.references, columns, validatedLater(relation, constraint, text), at);
    case 'unique': {
      if (usingIndex !== null) return null;
      const name = constraint.name ?? madeName(relation.name, ...columns, 'key');
      return {
        rule: 'unique-not-using-index',
        relation,
        ...BUILD,
        message: `building the index over ${key} reads and sorts all of \`${t}\` while nobody can read or write it; it fails on the first duplicate`,
        safer: usingBuilt(table, name, columns, 'UNIQUE'),
      };
    }
    case 'primary-key': {
      if (usingIndex !== null)
        return {
          rule: 'primary-key-reads-nulls',
          relation,
          ...SCAN,
          unsure: true,
          message: `should a column of \`${usingIndex}\` allow NULL, ${read(relation)}`,
          safer: 'Make each column NOT NULL first, by a CHECK that was validated in an earlier migration',
        };
      const name = constraint.name ?? madeName(relation.name, 'pkey');
      return {
        rule: 'primary-key-not-using-index',
        relation,
        ...BUILD,
        message: `building the index over ${key} reads and sorts all of \`${t}\` while nobody can read or write it; it fails on the first duplicate or NULL`,
        safer: usingBuilt(table, name, columns, 'PRIMARY KEY'),
      };
    }
    case 'exclude':
      return {
        rule: 'exclusion-constraint',
        relation,
        ...BUILD,
        message: `its index is built over all of \`${t}\` while nobody can read or write it`,
        safer: `Put the constraint on a new table beside \`${t}\`, and move the rows there in batches`,
      };
  }
}

function usingBuilt(table: string, name: string, columns: readonly string[], what: 'UNIQUE' | 'PRIMARY KEY'): string {
  return `CREATE UNIQUE INDEX CONCURRENTLY ${quote(name)} ON ${table} (${quoteAll(columns)});\nALTER TABLE ${table} ADD CONSTRAINT ${quote(name)} ${what} USING INDEX ${quote(name)};`;
}

function addColumn({ relation, new: column, text }: ActionOf<'add-column'>, at: Context): Finding[] {
  const found: Finding[] = [];
  const [table, c] = [written(relation), quote(column.column)];
  const filled = column.default !== null || column.serial || column.identity || column.generated !== null;
  const plain = `ALTER TABLE ${table} ADD COLUMN ${c} ${column.serial ? 'bigint' : column.type.text};`;
  if (column.check)
    found.push({
      rule: 'check-validated-at-once',
      relation,
      ...SCAN,
      message: `for the CHECK of the new column \`${column.column}\` ${read(relation)}`,
      safer: checkApart(table, relation, column.column, plain, text),
    });
  if (column.primaryKey || column.unique)
    found.push({
      rule: column.primaryKey ? 'primary-key-not-using-index' : 'unique-not-using-index',
      relation,
      ...BUILD,
      message: `the index of the new column \`${column.column}\` is built over all of \`${known(relation)}\` while nobody can read or write it`,
      safer: `${plain}\n${usingBuilt(table, madeName(relation.name, column.column, 'key'), [column.column], column.primaryKey ? 'PRIMARY KEY' : 'UNIQUE')}`,
    });
  // Without a default every row holds NULL, and PostgreSQL leaves the comparison out.
  if (column.references !== null && column.default !== null)
    found.push(...foreignKey(relation, column.references, [column.column], null, at));
  if (column.notNull && !filled && !column.primaryKey)
    found.push({
      rule: 'add-required-column',
      relation,
      ...SCAN,
      message: `\`${column.column}\` is NOT NULL without a default: it fails on the first row of \`${known(relation)}\`, and INSERTs of running clients, which do not know it, fail`,
      safer: `${plain}\n${notNullSafely(relation, column.column)}`,
    });
  return found;
}

function checkApart(table: string, relation: Name, column: string, plain: string, text: string): string | null {
  const start = /\bCHECK\s*\(/i.exec(text);
  if (start === null) return null;
  let depth = 0;
  for (const { 0: piece, index } of text.slice(start.index).matchAll(/'(?:[^']|'')*'|[()]/g)) {
    if (piece === '(') depth++;
    else if (piece === ')') depth--;
    if (depth > 0 || piece !== ')') continue;
    const check = text.slice(start.index, start.index + index + 1);
    const name = quote(madeName(relation.name, column, 'check'));
    return `${plain}\nALTER TABLE ${table} ADD CONSTRAINT ${name} ${check} NOT VALID;\nALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`;
  }
  return null;
}

function validate({ relation, constraint }: ActionOf<'validate-constraint'>, at: Context): Found {
  const lock = strongestOn(relation, at);
  if (lock === null || !BLOCKS_WRITES.has(lock)) return null;
  const merged = at.statement.length > 1;
  const reads = lock === 'AccessExclusiveLock';
  return {
    rule: 'validate-under-lock',
    relation,
    lock,
    work: 'scan',
    effects: reads ? ['blocks-reads', 'blocks-writes', 'scans', 'may-fail'] : ['blocks-writes', 'scans', 'may-fail'],
    message: `\`${constraint}\` is validated ${merged ? 'together with another ALTER' : 'in the transaction of an earlier ALTER'} of \`${known(relation)}\`: all of it is read while nobody can ${reads ? 'read or write' : 'write'} it`,
    safer: `ALTER TABLE ${written(relation)} VALIDATE CONSTRAINT ${quote(constraint)};`,
  };
}

/** Reading or writing many rows while an earlier statement's lock keeps others away. */
function underEarlierLock(relations: readonly Name[], doing: string, { run, asked }: Context): Finding[] {
  if (!asked.transactional) return [];
  return relations.flatMap((relation): Finding[] => {
    const lock = run.heldOn(relation);
    if (lock === null || !BLOCKS_WRITES.has(lock) || run.isNew(relation)) return [];
    const reads = LOCK_MODES.indexOf(lock) === LOCK_MODES.length - 1;
    return [
      {
        rule: 'works-under-earlier-lock',
        relation,
        lock,
        work: 'scan',
        effects: reads ? ['blocks-reads', 'blocks-writes', 'scans'] : ['blocks-writes', 'scans'],
        message: `${doing} \`${known(relation)}\` while an earlier statement of this migration keeps everybody from ${reads ? 'reading and writing' : 'writing'} it`,
        safer: 'Put it into a migration of its own, which is applied after this one',
      },
    ];
  });
}

export const scanRules: Rules = {
  'set-not-null': [({ relation, column }, at) => notNull(relation, column, at)],
  'add-constraint': [addConstraint],
  'add-column': [addColumn],
  'validate-constraint': [validate],
  'attach-partition': [
    ({ relation, object, partition, isDefault, text }) => {
      // An index is attached to the parent's without being read.
      if (object === 'index') return null;
      return {
        rule: 'attach-partition-scans',
        relation: partition,
        ...SCAN,
        message: `unless a validated CHECK of \`${known(partition)}\` implies the bounds, ${read(partition)}`,
        safer: isDefault
          ? `Before: add a CHECK to \`${known(partition)}\` that excludes every other partition of \`${known(relation)}\`, NOT VALID, and validate it in another migration`
          : checkForBounds(partition, text),
      };
    },
  ],
  'alter-domain': [
    ({ domain, how, notValid, constraint }, { run }) => {
      if (how === 'other' || notValid || run.isNew(domain, 'type')) return null;
      return {
        rule: 'domain-constraint',
        lock: 'ShareLock',
        work: 'scan',
        message: `every table with a column of \`${known(domain)}\` is read while nobody can write to it`,
        safer:
          how === 'validate' || constraint === null
            ? 'Change to a CHECK ... NOT VALID on each table, and validate one after the other'
            : `Add \`${constraint}\` NOT VALID, which locks no table, and validate it when nobody writes`,
      };
    },
  ],
  query: [
    ({ reads, where }, at) => (where === 'few' || where === 'none' ? null : underEarlierLock(reads, 'it reads', at)),
  ],
  insert: [({ reads, fromQuery }, at) => (fromQuery ? underEarlierLock(reads, 'it reads', at) : null)],
  'create-relation': [({ reads }, at) => underEarlierLock(reads, 'it reads', at)],
  update: [
    ({ relation, where, reads }, at) =>
      where === 'few' || where === 'none'
        ? null
        : [...underEarlierLock([relation], 'it writes', at), ...underEarlierLock(reads, 'it reads', at)],
  ],
  delete: [
    ({ relation, where, reads }, at) =>
      where === 'few' || where === 'none'
        ? null
        : [...underEarlierLock([relation], 'it deletes from', at), ...underEarlierLock(reads, 'it reads', at)],
  ],
  merge: [
    ({ relation, reads }, at) => [
      ...underEarlierLock([relation], 'it writes', at),
      ...underEarlierLock(reads, 'it reads', at),
    ],
  ],
};

function checkForBounds(partition: Name, text: string): string {
  const bounds = /\bFOR\s+VALUES\b.*$/is.exec(text)?.[0] ?? 'the bounds';
  return `Before: add a CHECK to \`${known(partition)}\` that says the same as \`${bounds}\` (and IS NOT NULL), NOT VALID, and validate it in another migration`;
}
