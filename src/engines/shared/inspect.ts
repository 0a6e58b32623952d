/** The server's facts, and what of them speaks against working there. */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { askAsLogin } from '../../postgres/as-login.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/identifier.ts';
import { qualified } from '../../postgres/qualified.ts';
import type { Session } from '../../postgres/session.ts';
import type { Health } from '../../report/outcome.ts';
import { Stop } from '../../report/stop.ts';
import { cut, cutBytes } from '../../report/text.ts';
import type { RunIdentity } from '../../request/request.ts';
import { BACKEND_START } from './backend.ts';
import { PINNED } from './tracking.ts';

export interface ServerFacts {
  readonly version: string;
  readonly major: number;
  readonly database: string;
  readonly user: string;
  readonly backendPid: number;
  /** When the backend was started: with its process id it names one session and no other. */
  readonly backendStart: string;
  readonly inRecovery: boolean;
  readonly readOnly: boolean;
  /** standard_conforming_strings: a backslash in '...' is only a backslash. */
  readonly conformingStrings: boolean;
  readonly standbys: number;
  readonly lockCapacity: number;
  readonly mayTemp: boolean;
  readonly schemaExists: boolean;
  readonly mayCreateSchema: boolean;
  readonly mayCreateInSchema: boolean;
  /** May read and write our tables; true where there are none. */
  readonly mayRecord: boolean;
  /** May run DO blocks: PL/pgSQL is there, as in every database unless it was dropped. */
  readonly mayDo: boolean;
}

const OLDEST = 14;
const NEWEST = 18;

/** Of a longer one the server keeps only these. */
export const APPLICATION_NAME_BYTES = 63;

/** At most 63 bytes: `mgate/<run id>/<attempt>/<repository>`. */
export function applicationName(run: RunIdentity): string {
  return cutBytes(
    `mgate/${run.runId ?? 'local'}/${run.attempt ?? '1'}/${run.repository ?? run.actor ?? '-'}`,
    APPLICATION_NAME_BYTES,
  );
}

/**
 * Whether it is a session of an earlier attempt of this very run: that one is over, as GitHub begins an attempt when the
 * one before has ended. Of anything else, and of a run that GitHub did not start, nobody can say so.
 */
export function isEarlierAttempt(application: string, run: RunIdentity): boolean {
  if (run.repository === null || !/^\d+$/.test(run.runId ?? '') || !/^\d+$/.test(run.attempt ?? '')) return false;
  const attempt = /^mgate\/\d+\/([1-9]\d*)\//.exec(application)?.[1];
  if (attempt === undefined || Number(attempt) >= Number(run.attempt)) return false;
  return application === applicationName({ ...run, attempt });
}

export async function readServer(session: Session, trackingSchema: string): Promise<ServerFacts> {
  const schema = quoteLiteral(trackingSchema);
  const { rows } = await session.query<Omit<ServerFacts, 'backendStart'> & { backendStart: string | null }>(`${PINNED}
    select pg_catalog.current_setting('server_version') as version,
      pg_catalog.current_setting('server_version_num')::int / 10000 as major,
      pg_catalog.current_database()::text as database, current_user::text as "user", pg_catalog.pg_backend_pid() as "backendPid",
      (select ${BACKEND_START} from pg_catalog.pg_stat_activity a where a.pid = pg_catalog.pg_backend_pid()) as "backendStart",
      pg_catalog.pg_is_in_recovery() as "inRecovery", pg_catalog.current_setting('default_transaction_read_only')::bool as "readOnly",
      pg_catalog.current_setting('standard_conforming_strings')::bool as "conformingStrings",
      (select pg_catalog.count(*) from pg_catalog.pg_stat_replication)::int as standbys,
      pg_catalog.current_setting('max_locks_per_transaction')::int
        * (pg_catalog.current_setting('max_connections')::int + pg_catalog.current_setting('max_prepared_transactions')::int) as "lockCapacity",
      pg_catalog.has_database_privilege(pg_catalog.current_database(), 'temporary') as "mayTemp",
      n.oid is not null as "schemaExists",
      pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') as "mayCreateSchema",
      coalesce(pg_catalog.has_schema_privilege(n.oid, 'create') and pg_catalog.has_schema_privilege(n.oid, 'usage'), false) as "mayCreateInSchema",
      coalesce((select pg_catalog.bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage')
            and pg_catalog.has_table_privilege(c.oid, 'select') and pg_catalog.has_table_privilege(c.oid, 'insert')
            and (c.relname = 'migration_history' or pg_catalog.has_table_privilege(c.oid, 'update')))
         from pg_catalog.pg_class c
        where c.relnamespace = n.oid and c.relname in ('schema_migrations', 'migration_history')), true) as "mayRecord",
      coalesce((select pg_catalog.has_language_privilege(l.oid, 'usage')
         from pg_catalog.pg_language l where l.lanname = 'plpgsql'), false) as "mayDo"
    from (values (1)) as one left join pg_catalog.pg_namespace n on n.nspname = ${schema}`);
  const facts = rows[0];
  if (!facts) throw new Error('the server did not tell what it is');
  session.backendPid = facts.backendPid;
  return { ...facts, backendStart: facts.backendStart ?? (await readOwnStart(session)) };
}

async function readOwnStart(session: Session): Promise<string> {
  const own = `select ${BACKEND_START} from pg_catalog.pg_stat_activity a where a.pid = pg_catalog.pg_backend_pid()`;
  const [row] = await askAsLogin(session, own, []);
  // Without it this session could not be told from a later one of the same process id, and be taken for gone.
  if (!row?.[0]) throw new Error('the server does not tell when this session began');
  return row[0];
}

/** Throws a Stop before anything is asked of a server that might not understand it. `version`: as it says; null: it says nothing. */
export function refuseOld(version: string | null): void {
  const major = Number.parseInt(version ?? '', 10);
  if (Number.isNaN(major) || major >= OLDEST) return;
  throw new Stop({
    result: 'failed',
    class: 'connection',
    message: `PostgreSQL ${cut(version ?? '', 40)} is too old: ${OLDEST} is the oldest that is supported`,
    next: 'Upgrade the server, or migrate it with another tool.',
  });
}

/** A release that came after this one of ours: it is worked on, and said. */
export function warningOfNew({ version, major }: Pick<ServerFacts, 'version' | 'major'>): string[] {
  if (major <= NEWEST) return [];
  return [
    `PostgreSQL ${version} is newer than any that this release was tested with (${OLDEST} to ${NEWEST}): look for a newer release of the gate`,
  ];
}

/** Throws a Stop for a server that the run cannot work on. `executes`: false for the read-only modes. */
export function refuseServer(facts: ServerFacts, executes: boolean): void {
  const stop = (message: string, next: string) => new Stop({ result: 'failed', class: 'connection', message, next });
  refuseOld(facts.version);
  if (!executes) return;
  if (facts.inRecovery) {
    throw stop(
      'this server is a standby: it cannot be written',
      'Connect to the primary (a writer or cluster endpoint, not a reader).',
    );
  }
  if (facts.readOnly) {
    throw stop(
      'this connection is read-only (default_transaction_read_only is on for the role, the database or the server)',
      'Use a role that may write, or wait until the provider has switched the database back to read-write.',
    );
  }
  if (!facts.mayDo) throw withoutPlpgsql(facts);
}

/** What is there in every database unless somebody took it away; some of our own statements are blocks of it. */
export function withoutPlpgsql({ database, user }: Pick<ServerFacts, 'database' | 'user'>): Stop {
  return new Stop({
    result: 'failed',
    class: 'missing-object',
    message: `the role ${user} cannot use PL/pgSQL in ${database}: it was dropped there, or its use revoked`,
    next: `create extension if not exists plpgsql; grant usage on language plpgsql to ${quoteIdentifier(user)};`,
  });
}

const LOOKS = 10;
/** So many at most; a pool's second or third is one that we had. */
const MARKS = 100;

/**
 * Behind a pooler (the backend's id is not the one that the connection was told): refuses what does not keep a session's
 * backend for it, gives out no second one, or hands a backend on as it was left, with our lock on it if we die. Changes
 * nothing on any backend but a setting of our own name and a lock of a random key, which one that resets takes back.
 * `withinMs`: how long a second backend may take.
 */
export async function refusePooler(session: Session, second: () => Promise<Session>, withinMs: number): Promise<void> {
  const first = await pidOf(session);
  const other = await within(second(), withinMs);
  try {
    for (let look = 0; look < LOOKS; look += 1) {
      const there = await within(pidOf(other), withinMs);
      // Twice: a pool may give out its connections in turn, and come round to the same.
      const [here, again] = [await pidOf(session), await pidOf(session)];
      if (there === here || here !== first || again !== first) throw transactionPooled();
    }
  } finally {
    await closed(other);
  }
  const mark = randomBytes(8).readBigInt64BE().toString();
  const marked = new Set<number>();
  for (let time = 0; time < MARKS; time += 1) {
    const next = await within(second(), withinMs);
    try {
      const { rows } = await within(next.query<Marked>(MARK, [mark, [...marked]]), withinMs);
      const [row] = rows;
      if (row?.before === mark || row?.held) throw notReset();
      if (!row || marked.has(row.pid)) return;
      // All but the last are gone: the pooler ends them, and hands none on.
      if (marked.size > 2 && row.left <= 1) return;
      marked.add(row.pid);
    } finally {
      await closed(next);
    }
  }
  throw notSeenAgain();
}

interface Marked {
  readonly pid: number;
  /** The setting as it was found. */
  readonly before: string | null;
  /** The lock was found, and is given back. */
  readonly held: boolean;
  /** How many of those that we had are there. */
  readonly left: number;
}

const MARK =
  qualified(`select pg_catalog.pg_backend_pid() as pid, one.before, one.held, pg_catalog.set_config('mgate.mark', $1::text, false),
    case when one.held then pg_catalog.pg_advisory_unlock($1::text::bigint) else pg_catalog.pg_try_advisory_lock($1::text::bigint) end,
    (select pg_catalog.count(*) from pg_catalog.pg_stat_activity where pid = any ($2::int[]))::int as left
  from (select pg_catalog.current_setting('mgate.mark', true) as before, exists (
      select 1 from pg_catalog.pg_locks where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid() and objsubid = 1
         and ((classid::bigint << 32) | objid::bigint) = $1::text::bigint) as held offset 0) one`);

async function pidOf(session: Session): Promise<number | undefined> {
  return (await session.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid')).rows[0]?.pid;
}

async function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  const given = new AbortController();
  const late = sleep(ms, null, { signal: given.signal }).then(() => {
    throw oneConnection();
  });
  late.catch(() => undefined);
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    given.abort();
  }
}

/** One that was not answered is given up on. */
async function closed(session: Session): Promise<void> {
  if (session.busy) session.drop();
  else await session.end();
}

const pooled = (message: string, next: string) => new Stop({ result: 'failed', class: 'connection', message, next });

export function transactionPooled(): Stop {
  return pooled(
    'this connection goes through a pooler in transaction or statement mode: locks and settings of a session do not hold there',
    'Use the direct address of the database (often port 5432), or a pool in session mode.',
  );
}

function notReset(): Stop {
  return pooled(
    'this connection goes through a pooler that hands a server connection on as its last client left it: what this run sets, and its lock should it die, would stay there',
    'Use the direct address of the database, or set server_reset_query = DISCARD ALL in the pooler.',
  );
}

function notSeenAgain(): Stop {
  return pooled(
    `this connection goes through a pooler that gave us another connection to the server each of ${MARKS} times, so that it cannot be told whether it resets them`,
    'Use the direct address of the database (often port 5432), or a smaller pool.',
  );
}

function oneConnection(): Stop {
  return pooled(
    'this connection goes through a pooler that gave us no second connection to the server in time: the pool is too small, or used up',
    'Use the direct address of the database (often port 5432), or a pool of three connections or more.',
  );
}

/** What the server feels like right now; its database's size is read from the file system and takes a while. */
export async function readHealth(session: Session): Promise<Health> {
  const { rows } = await session.query<{
    connections: number;
    max: number;
    waiting: number;
    bytes: string;
    standbys: number;
    long: { pid: number; application: string; seconds: number }[] | null;
  }>(`${PINNED}
      select (select pg_catalog.count(*) from pg_catalog.pg_stat_activity where backend_type = 'client backend')::int as connections,
        pg_catalog.current_setting('max_connections')::int as max,
        (select pg_catalog.count(*) from pg_catalog.pg_locks where not granted)::int as waiting,
        pg_catalog.pg_database_size(pg_catalog.current_database())::text as bytes,
        (select pg_catalog.count(*) from pg_catalog.pg_stat_replication)::int as standbys,
        (select pg_catalog.json_agg(pg_catalog.json_build_object('pid', pid, 'application', coalesce(application_name, ''),
                  'seconds', pg_catalog.floor(extract(epoch from pg_catalog.now() - xact_start))) order by xact_start)
           from pg_catalog.pg_stat_activity
          where xact_start < pg_catalog.now() - interval '1 minute' and pid <> pg_catalog.pg_backend_pid() and backend_type = 'client backend') as long`);
  const row = rows[0];
  if (!row) throw new Error('the server did not answer how it is');
  return {
    connections: row.connections,
    maxConnections: row.max,
    longTransactions: row.long ?? [],
    waitingLocks: row.waiting,
    databaseBytes: Number(row.bytes),
    standbys: row.standbys,
  };
}
