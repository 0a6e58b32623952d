/** What can be said of statements that no transaction allows without running them: of CREATE INDEX CONCURRENTLY and its kin. */

import type { Finding } from '../engines/engine.ts';
import { readServerError } from '../postgres/failure.ts';
import { qualified } from '../postgres/qualified.ts';
import { BatchError, type BatchItem, type Session } from '../postgres/session.ts';
import { cut, duration } from '../report/text.ts';
import type { Leftover, Statement } from '../sql/statement.ts';
import { Cursor, splitAtCommas, tokenize } from '../sql/tokens.ts';
import type { Talk } from './conversation.ts';
import type { Entry } from './entry.ts';
import { type Bounds, type KeyOfIndex, keysTwice } from './questions.ts';
import { type Asker, askWithin } from './sizes.ts';
import { type Limits, whyTooSlow } from './treatment.ts';

type CreateIndex = Extract<Leftover, { kind: 'create-index' }>;

/** An open transaction of this age is told of at all, and one of that age is a warning. */
const OPEN_SECONDS = 10;
const LONG_OPEN_SECONDS = 60;
/** Errors of the statement itself, whatever the table holds. */
const WRONG = new Set(['42703', '42704', '42883', '42P17', '42P01', '42804', '42601', '42P10', '42809', '0A000']);

export function findingAt(
  entry: Entry,
  rule: string,
  severity: Finding['severity'],
  message: string,
  more: Partial<Pick<Finding, 'relation' | 'safer'>> = {},
): Finding {
  const { migration, line, sql } = entry;
  const { version, file } = migration;
  return { rule, severity, version, file, line, sql: cut(sql, 200), relation: null, message, safer: null, ...more };
}

/** An index that was not built for its size: what it would be, and what the server says of it on an empty copy of the table. */
export interface Tried {
  readonly entry: Entry;
  readonly key: KeyOfIndex | null;
  readonly finding: Finding | null;
}

const LIKE = 'pg_temp.mgate_like';

/** Sends several statements in one round trip, and rejects with a BatchError. */
export type Batcher = Pick<Session, 'batch' | 'lost'>;

/** What is known of a statement that no transaction allows before its plain form is tried. */
export interface LookedAhead {
  readonly findings: readonly Finding[];
  /** Why its plain form would take too long; null: try it. */
  readonly tooSlow: string | null;
  readonly tried: Tried | null;
}

/** `valid`: the index of that name that is there already and can be used, qualified. */
export async function lookAhead(
  talk: Talk,
  session: Batcher,
  entry: Entry,
  { plain, valid }: { readonly plain: string; readonly valid: string | null },
  limits: Limits,
): Promise<LookedAhead> {
  const leftover = entry.facts.nonTransactional?.leftover ?? null;
  const findings: Finding[] = [];
  if (leftover?.kind === 'create-index' && leftover.ifNotExists && valid !== null) {
    const { key } = await tryOnCopy(talk, session, entry, plain, leftover);
    findings.push(await hiddenBy(talk, entry, valid, leftover, key));
  }
  const refused = leftover && (await refusedConcurrently(talk, entry, leftover));
  if (refused) findings.push(refused);
  const tooSlow = await whyTooSlow(talk, entry.facts, limits);
  const isTried = tooSlow !== null && leftover?.kind === 'create-index';
  const tried = isTried ? await tryOnCopy(talk, session, entry, plain, leftover) : null;
  return { findings, tooSlow, tried };
}

/** Inside the rehearsal, in which nothing of it stays, whatever comes of it. */
async function tryOnCopy(
  talk: Talk,
  session: Batcher,
  entry: Entry,
  plain: string,
  leftover: CreateIndex,
): Promise<Tried> {
  await talk.exchange();
  await session.batch([{ text: 'savepoint mgate' }]);
  const tried = await indexOnCopy(session, entry, plain, leftover);
  await session.batch([{ text: 'rollback to savepoint mgate' }, { text: 'release savepoint mgate' }]);
  return tried;
}

async function indexOnCopy(session: Batcher, entry: Entry, plain: string, { table }: CreateIndex): Promise<Tried> {
  const onCopy = withTable(plain, LIKE);
  if (onCopy === null) return { entry, key: null, finding: null };
  const items: BatchItem[] = [
    { text: `create temporary table mgate_like (like ${table})` },
    { text: onCopy },
    {
      text: qualified(`select pg_catalog.to_json(array(select pg_catalog.pg_get_indexdef(i.indexrelid, k, false) from pg_catalog.generate_series(1, i.indnkeyatts) k))::text,
               pg_catalog.pg_get_expr(i.indpred, i.indrelid), i.indisunique::text, pg_catalog.to_json(i)->>'indnullsnotdistinct',
               pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.to_regclass('${table.replaceAll("'", "''")}')::text
          from pg_catalog.pg_index i where i.indrelid = '${LIKE}'::pg_catalog.regclass`),
      keep: true,
    },
  ];
  try {
    const results = await session.batch(items);
    const [keys, predicate = null, unique, nulls, definition, relation] = results.at(-1)?.rows[0] ?? [];
    if (keys == null || relation == null) return { entry, key: null, finding: null };
    const key = {
      relation,
      parts: JSON.parse(keys) as string[],
      predicate,
      isUnique: unique === 'true',
      nullsDistinct: nulls !== 'true',
      form: form(definition ?? ''),
    };
    return { entry, key, finding: null };
  } catch (error) {
    if (!(error instanceof BatchError) || session.lost) throw error;
    const { code, message } = readServerError(error);
    if (code === null || !WRONG.has(code)) return { entry, key: null, finding: null };
    return { entry, key: null, finding: findingAt(entry, 'fails-when-applied', 'danger', `It would fail: ${message}`) };
  }
}

/** From the access method on: what an index is, whatever it is called and whose. */
export function form(definition: string): string {
  return /\sUSING\s.*$/s.exec(definition)?.[0].trim() ?? definition;
}

/** The statement on another table, and with a name that nothing else has. */
function withTable(plain: string, table: string): string | null {
  const tokens = tokenize(plain);
  const cursor = new Cursor(
    plain,
    tokens,
    tokens.findIndex((token) => token.word === 'ON'),
  );
  const head = tokens.findIndex((token) => token.word === 'INDEX');
  if (cursor.at === -1 || head === -1 || head > cursor.at) return null;
  cursor.take('ON');
  cursor.take('ONLY');
  if (cursor.name() === null) return null;
  const from = tokens[cursor.at - 1]?.end ?? 0;
  return `${plain.slice(0, tokens[head]?.end)} on ${table}${plain.slice(from)}`;
}

/** An index of that name is there and valid: IF NOT EXISTS would leave it at that. */
async function hiddenBy(
  talk: Talk,
  entry: Entry,
  index: string,
  leftover: CreateIndex,
  key: KeyOfIndex | null,
): Promise<Finding> {
  const [row] = await talk.ask(
    qualified(`select pg_catalog.pg_get_indexdef(indexrelid), indrelid::regclass::text, (indrelid = pg_catalog.to_regclass($2))::text
      from pg_catalog.pg_index where indexrelid = pg_catalog.to_regclass($1)`),
    [index, leftover.table],
  );
  const [definition = '', table = '', isOurs] = row ?? [];
  const differs = isOurs !== 'true' || (key !== null && form(definition ?? '') !== key.form);
  return findingAt(
    entry,
    'if-not-exists-hides',
    differs ? 'warning' : 'info',
    differs
      ? `${index} is there already, and is another index: ${cut(definition ?? '', 200)}. IF NOT EXISTS leaves it at that, and the new one is not built.`
      : `${index} is there already on ${table}: nothing is built.`,
    { relation: table },
  );
}

/** What the server refuses CONCURRENTLY, although the plain form runs. */
async function refusedConcurrently(talk: Talk, entry: Entry, leftover: Leftover): Promise<Finding | null> {
  const names =
    leftover.kind === 'create-index' ? [leftover.table] : leftover.kind === 'drop-index' ? leftover.indexes : [];
  for (const name of names) {
    const [row] = await talk.ask(
      qualified('select relkind::text from pg_catalog.pg_class where oid = pg_catalog.to_regclass($1)'),
      [name],
    );
    if (row?.[0] === 'p' || row?.[0] === 'I') {
      const safer =
        leftover.kind === 'create-index'
          ? `CREATE INDEX ... ON ONLY ${name}; then CREATE INDEX CONCURRENTLY on each partition, and ALTER INDEX ... ATTACH PARTITION.`
          : null;
      const what = row[0] === 'p' ? `${name} is partitioned` : `${name} is the index of a partitioned table`;
      const message = `It would fail: ${what}, and PostgreSQL does not do that concurrently.`;
      return findingAt(entry, 'fails-when-applied', 'danger', message, { relation: name, safer });
    }
  }
  if (names.length > 1 && leftover.kind === 'drop-index') {
    const message = 'It would fail: DROP INDEX CONCURRENTLY takes one index at a time.';
    return findingAt(entry, 'fails-when-applied', 'danger', message, { safer: 'One statement for each index.' });
  }
  return null;
}

/** Tables that VACUUM names and that are not there, in the rehearsed schema. */
export async function missingTables(talk: Talk, entry: Entry, { sql }: Statement): Promise<Finding[]> {
  const cursor = new Cursor(sql, tokenize(sql));
  if (!cursor.take('VACUUM')) return [];
  cursor.parenthesised();
  cursor.skip('FULL', 'FREEZE', 'VERBOSE', 'ANALYZE', 'ANALYSE');
  const findings: Finding[] = [];
  for (const part of splitAtCommas(cursor.rest())) {
    const name = new Cursor(sql, part).skip('ONLY').name();
    if (name === null) continue;
    const [row] = await talk.ask(qualified('select pg_catalog.to_regclass($1)::text'), [name]);
    if (row?.[0] == null)
      findings.push(findingAt(entry, 'fails-when-applied', 'danger', `It would fail: there is no table ${name}.`));
  }
  return findings;
}

/** Keys that stand more than once where a unique index is to be built; asked when all is rolled back. */
export async function duplicateKeys(
  asker: Asker,
  { entry, key }: Tried,
  bounds: Bounds,
  showData: boolean,
): Promise<Finding | null> {
  if (key === null || !key.isUnique) return null;
  const words = await keysTwice(asker, key, bounds, showData);
  if (words === null) return null;
  return findingAt(entry, 'fails-when-applied', 'danger', `It would fail: ${words}`, { relation: key.relation });
}

/** Transactions that are open right now, and that a CONCURRENTLY waits for before it is done. */
export async function openTransactions(asker: Asker, entries: readonly Entry[]): Promise<Finding[]> {
  const waiting = entries.filter((entry) => / CONCURRENTLY$/.test(entry.facts.nonTransactional?.what ?? ''));
  if (waiting.length === 0) return [];
  const rows = await askWithin(
    asker,
    2_000,
    `select pid::text, coalesce(application_name, ''), extract(epoch from pg_catalog.clock_timestamp() - xact_start)::text
       from pg_catalog.pg_stat_activity
      where datname = pg_catalog.current_database() and backend_type = 'client backend' and pid <> pg_catalog.pg_backend_pid()
        and (backend_xmin is not null or backend_xid is not null) and application_name !~ '^mgate'
        and xact_start < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => ${OPEN_SECONDS})
      order by xact_start limit 5`,
  );
  const [oldest] = rows ?? [];
  if (!rows || !oldest) return [];
  const who = rows.map(
    ([pid, name, seconds]) =>
      `pid ${pid}${name ? ` (${cut(name, 60)})` : ''}, for ${duration(Number(seconds) * 1_000)}`,
  );
  const severity = Number(oldest[2]) >= LONG_OPEN_SECONDS ? 'warning' : 'info';
  const message = `It waits until each transaction is over that was there before it; open right now: ${who.join('; ')}.`;
  return waiting.map((entry) => findingAt(entry, 'waits-for-transactions', severity, message));
}
