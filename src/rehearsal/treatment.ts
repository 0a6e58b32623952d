/** How a statement is rehearsed: as it is, in another form, or not at all, and then why. */

import type { PlannedMigration } from '../plan/plan.ts';
import type { ServerError } from '../postgres/failure.ts';
import { qualified } from '../postgres/qualified.ts';
import { bytes } from '../report/text.ts';
import type { Statement, StatementFacts } from '../sql/statement.ts';
import type { StatementSlot, Talk } from './conversation.ts';
import type { Entry } from './entry.ts';

const EXPLAIN = 'explain (format json) ';
/** How fast an index is surely built, in bytes of its table a second: the plain form of a CONCURRENTLY is tried below max-blocking at this speed. */
const INDEX_BYTES_PER_SECOND = 25 * 1024 * 1024;
/** "There is no such ..." and "there is already": what follows when a statement before was not executed. */
const FOLLOWS = new Set([
  '42P01',
  '42703',
  '42704',
  '42883',
  '3F000',
  '42P07',
  '42710',
  '42701',
  '42809',
  '42804',
  '55000',
]);

export interface Limits {
  readonly dryRunMaxBytes: number;
  readonly maxBlockingMs: number;
  readonly databaseBytes: number;
}

/** Why a statement is not to be executed on this database at all, or null. */
export async function whyNot(talk: Talk, entry: Entry, statement: Statement): Promise<string | null> {
  const { facts, migration } = entry;
  if (facts.forbiddenInRehearsal !== null) return `${facts.forbiddenInRehearsal}: a rollback would not undo it`;
  if (/^DISCARD\s+TEMP/i.test(statement.sql)) return 'DISCARD TEMP would drop what the dry run itself keeps there';
  if (facts.callsSetval) return whyNoSetval(talk, statement);
  if (facts.nonTransactional?.plain === null && migration.script.wrapper === null) {
    return `${facts.nonTransactional.what} cannot run in a transaction`;
  }
  return null;
}

const SETVAL_ARGUMENT =
  /\bsetval\s*\(\s*((?:pg_catalog\s*\.\s*)?pg_get_serial_sequence\s*\(\s*'[^']*'\s*,\s*'[^']*'\s*\)|'[^']*')/gi;

/** setval is not undone by a rollback; on a sequence that this transaction made it goes with the sequence. */
async function whyNoSetval(talk: Talk, statement: Statement): Promise<string | null> {
  const reason = 'setval on a sequence that exists is not undone by a rollback';
  const sequences = [...statement.sql.matchAll(SETVAL_ARGUMENT)].map((match) => match[1]);
  const calls = statement.sql.match(/\bsetval\s*\(/gi)?.length ?? 0;
  if (sequences.length === 0 || sequences.length !== calls) return reason;
  for (const sequence of sequences) {
    const existed = await talk.ask(
      `select 1 from pg_temp.mgate_before where oid operator(pg_catalog.=) pg_catalog.to_regclass((${sequence})::pg_catalog.text)`,
    );
    if (existed.length > 0) return reason;
  }
  return null;
}

/** What a rollback keeps (WAL, dead tuples, file growth) is bounded before the statement is sent. */
export async function whyTooLarge(
  talk: Talk,
  asked: StatementSlot,
  { dryRunMaxBytes, databaseBytes }: Limits,
): Promise<string | null> {
  const { statement } = asked;
  const write = asked.entry.facts.mayWrite;
  if (write === null || dryRunMaxBytes === 0) return null;
  const over = `more than dry-run-max-bytes (${bytes(dryRunMaxBytes)})`;
  if (write.kind === 'dml') {
    const explain = { text: EXPLAIN + statement.sql, keep: true };
    const results = await talk.exchange([explain, { ...asked, offset: EXPLAIN.length }]);
    const plan = results.at(-1)?.rows.map((row) => row[0] ?? '') ?? [];
    const estimate = bytesWritten(JSON.parse(plan.join('\n') || '[]'));
    return estimate <= dryRunMaxBytes ? null : `it would write about ${bytes(estimate)} on the target, ${over}`;
  }
  if (databaseBytes <= dryRunMaxBytes) return null;
  const size = await sizeOf(talk, write.relation, write.kind === 'rewrite');
  if (size <= dryRunMaxBytes) return null;
  const verb = write.kind === 'rewrite' ? 'may rewrite' : 'would build an index over';
  return `it ${verb} ${write.relation} (${bytes(size)}), ${over}`;
}

/** A relation with its partitions, in bytes; 0 where there is none of that name. */
async function sizeOf(talk: Talk, relation: string, withIndexes: boolean): Promise<number> {
  const size = withIndexes ? 'pg_catalog.pg_total_relation_size' : 'pg_catalog.pg_table_size';
  const rows = await talk.ask(
    qualified(`select (coalesce(pg_catalog.sum(${size}(t.relid)), 0) + coalesce(${size}(pg_catalog.to_regclass($1)), 0))::text
       from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) t where t.isleaf and t.relid <> pg_catalog.to_regclass($1)`),
    [relation],
  );
  return Number(rows[0]?.[0] ?? 0);
}

/** Why the plain form of a statement that builds an index would take too long, or null: try it. */
export async function whyTooSlow(talk: Talk, facts: StatementFacts, limits: Limits): Promise<string | null> {
  const what = facts.nonTransactional;
  const builds = what?.leftover?.kind === 'create-index' || what?.leftover?.kind === 'reindex';
  if (!what || !builds || what.relation === null || limits.maxBlockingMs === 0) return null;
  const size = await sizeOf(talk, what.relation, false);
  if (size <= (limits.maxBlockingMs / 1_000) * INDEX_BYTES_PER_SECOND) return null;
  return `${what.what} cannot run in a transaction, and ${what.relation} (${bytes(size)}) is too large to try its plain form within max-blocking`;
}

/** What was not done before, by which later failures are told from real ones. */
export class Undone {
  /** Names, in lower case, that statements not executed would have made or changed. */
  readonly names = new Set<string>();
  /** Enum labels that are not committed yet, and whose they are. */
  readonly labels = new Map<string, PlannedMigration>();
  /** Words of statements that would have written rows, and of code that might have done anything. */
  private readonly writers = new Set<string>();
  private readonly code = new Set<string>();
  private pattern: RegExp | null = null;

  skip(facts: StatementFacts, sql: string): void {
    const { mayWrite, opaque } = facts;
    for (const name of facts.creates) this.names.add(name.toLowerCase());
    if (mayWrite?.kind === 'rewrite') {
      const bare = mayWrite.relation.split('.').at(-1) ?? mayWrite.relation;
      this.names.add(bare.replaceAll('"', '').toLowerCase());
    }
    this.pattern = null;
    if (opaque !== null) for (const word of wordsOf(sql)) this.code.add(word);
    else if (mayWrite?.kind === 'dml' || facts.bulkInsertInto !== null || facts.callsSetval || facts.command === 'COPY')
      for (const word of wordsOf(sql)) this.writers.add(word);
  }

  /** Whether a statement's text names any of it. */
  concerns(sql: string): boolean {
    for (const label of this.labels.keys()) if (sql.includes(`'${label.replaceAll("'", "''")}'`)) return true;
    if (this.names.size === 0) return false;
    this.pattern ??= new RegExp(`(?<!${WORD})(?:${[...this.names].map(escaped).join('|')})(?!${WORD})`, 'iu');
    return this.pattern.test(sql);
  }

  /** The reason why an error only follows from what was not done, or null. */
  follows(error: ServerError): string | null {
    const { code } = error;
    if (code === null) return null;
    const because = (name: string | undefined) =>
      name === undefined ? null : `it needs ${name}, which a statement not executed would have made or changed`;
    if (FOLLOWS.has(code)) {
      return because(namesIn(error.message).find((name) => this.names.has(name) || this.code.has(name)));
    }
    // Rows that break a constraint: others were to be written, or these corrected, before.
    if (!code.startsWith('23')) return null;
    const tables = [error.table?.toLowerCase() ?? '', ...(code === '23503' ? namesIn(error.detail ?? '') : [])];
    return because(tables.find((name) => this.writers.has(name) || this.code.has(name)));
  }

  /** The reason why an enum label cannot be used yet, or null: it is not one of an earlier pending file. */
  async uncommittedLabel(talk: Talk, error: ServerError, highestEnum: string): Promise<string | null> {
    const because = 'PostgreSQL allows that only once it is committed';
    const quoted = [...error.message.matchAll(/["'«„“]([^"'»“”]+)["'»“”]/g)].map((match) => match[1] ?? '');
    for (const label of quoted) {
      const adds = this.labels.get(label);
      if (adds)
        return `it uses the enum value '${label}' that ${adds.file || 'an earlier transaction'} adds: ${because}`;
    }
    // Added where its words do not show (in a DO block): was it there before this file began?
    const rows = await talk.ask(
      qualified('select enumlabel from pg_catalog.pg_enum where enumlabel = any ($1::text[]) and oid <= $2::oid'),
      [`{${quoted.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`, highestEnum],
    );
    const label = rows[0]?.[0];
    return label ? `it uses the enum value '${label}' that an earlier pending migration adds: ${because}` : null;
  }
}

const WORD = '[\\p{L}\\p{N}_$]';

/** What a message of the server names: in quotes, whatever the language; with a dot (`t.c`); before a parenthesis (`f(integer)`). */
function namesIn(message: string): string[] {
  const found = message
    .toLowerCase()
    .match(/["«„“][^"»“”]+["»“”]|[\p{L}_][\p{L}\p{N}_$]*(?:\.[\p{L}\p{N}_$]+)+|[\p{L}_][\p{L}\p{N}_$]*(?=\()/gu);
  return (found ?? [])
    .flatMap((name) => name.replace(/^["«„“]\s*|\s*["»“”]$/g, ''))
    .flatMap((name) => [name, ...name.split('.')]);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? [];
}

function escaped(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Rows times width of what a plan would insert or update, with what each tuple and its index entries cost on top. */
function bytesWritten(plan: unknown): number {
  const TUPLE_AND_INDEXES = 60;
  const top = (plan as [{ Plan?: Record<string, unknown> }])[0]?.Plan ?? {};
  const children = Array.isArray(top.Plans) ? (top.Plans as Record<string, unknown>[]) : [];
  const nodes = top['Node Type'] === 'ModifyTable' ? children : [top];
  return nodes.reduce(
    (sum, node) => sum + Number(node['Plan Rows'] ?? 0) * (Number(node['Plan Width'] ?? 0) + TUPLE_AND_INDEXES),
    0,
  );
}
