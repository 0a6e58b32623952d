/** What a session of ours looks like before each file, and how it is brought back to that after one. */
import { quoteLiteral } from './identifier.ts';
import type { BatchItem, Session } from './session.ts';

export interface WorkSettings {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** Without limits, and an open transaction not for ever; transaction_timeout came with PostgreSQL 17. */
const OWN_LIMITS = `
  pg_catalog.set_config('statement_timeout', '0', false), pg_catalog.set_config('lock_timeout', '0', false),
  pg_catalog.set_config('idle_session_timeout', '0', false),
  pg_catalog.set_config('idle_in_transaction_session_timeout', '60s', false),
  case when pg_catalog.current_setting('transaction_timeout', true) is not null
       then pg_catalog.set_config('transaction_timeout', '0', false) end`;

const QUERY_CANCELED = '57014';
/** A limit of a millisecond may cut the very statement that lifts it; a session that has warmed up is faster. */
const MOST_TRIES = 50;

/**
 * What the role, the database or the server has set to end statements and sessions must not cut our own questions, the
 * watch or the review pause; files run under the run's inputs. `throughPooler`: also where the connection is not the
 * server's own; only for one that keeps its session, as others would get these settings.
 */
export async function liftLimits(session: Session, { throughPooler }: { throughPooler: boolean }): Promise<void> {
  const direct = 'pg_catalog.pg_backend_pid() operator(pg_catalog.=) $1::int';
  const lift = `select ${OWN_LIMITS} from (values (1)) as one where ${throughPooler ? '$1::int is not null' : direct}`;
  for (let tries = 1; ; tries += 1) {
    try {
      await session.query(lift, [session.startupPid]);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== QUERY_CANCELED || tries === MOST_TRIES) throw error;
    }
  }
}

/** RESET ALL, and our own limits in the same statement: none of ours runs under those of the role. */
export const RESET_ALL: BatchItem = {
  name: 'mgate_reset',
  text: `do $gate$ begin reset all; perform ${OWN_LIMITS}; end $gate$`,
};

type Setting = readonly [name: string, value: string];

const DEAD_MANS_SWITCH: readonly Setting[] = [
  // A backend busy in a statement looks whether its client is still there.
  ['client_connection_check_interval', '1s'],
  // A gate that stops between two statements (frozen, cut off) does not hold locks for ever.
  ['idle_in_transaction_session_timeout', '60s'],
  ['tcp_user_timeout', '30s'],
  // A runner that is gone without a word is noticed by an idle session too, which else keeps the lock for two hours.
  ['tcp_keepalives_idle', '20'],
  ['tcp_keepalives_interval', '5'],
  ['tcp_keepalives_count', '3'],
];

/**
 * Settings that end a backend whose gate has died: it must not go on alone. Where the server refuses some of them, as on
 * some platforms (22023), the others hold. Returns what sets those that it took again, in one statement. `name`: the
 * session's application_name; behind a pooler RESET ALL takes that too, and nobody could say whose the session is.
 */
export async function armDeadMansSwitch(session: Session, name: string): Promise<BatchItem[]> {
  const settings: readonly Setting[] = [['application_name', name], ...DEAD_MANS_SWITCH];
  const all = itemOf(settings);
  if (await takes(session, all)) return [{ ...all, name: 'mgate_armed' }];
  const taken: Setting[] = [];
  for (const setting of settings) if (await takes(session, itemOf([setting]))) taken.push(setting);
  return taken.length === 0 ? [] : [{ ...itemOf(taken), name: 'mgate_armed' }];
}

function itemOf(settings: readonly Setting[]): BatchItem {
  const each = settings.map(([name, value]) => `pg_catalog.set_config('${name}', ${quoteLiteral(value)}, false)`);
  return { text: `select ${each.join(', ')}` };
}

async function takes(session: Session, { text }: BatchItem): Promise<boolean> {
  try {
    await session.batch([{ text }]);
    return true;
  } catch (error) {
    const code = (error as { cause?: { code?: string } }).cause?.code;
    if (code !== '22023' && code !== '42704' && code !== '0A000') throw error;
    return false;
  }
}

/** The role that the session began with, which need not be the one that logged in (ALTER ROLE ... SET role). */
export const RESET_ROLE: readonly BatchItem[] = [{ text: 'reset session authorization' }, { text: 'reset role' }];

/**
 * Brings a session back to where it was before a file: settings, role, cursors, listening, temporary tables; all but
 * advisory locks (ours is one of them, so DISCARD ALL is out of the question) and prepared statements (ours are).
 */
export function resetItems(armed: readonly BatchItem[]): BatchItem[] {
  return [...RESET_ROLE, RESET_ALL, ...clearItems(armed)];
}

/** The same where role and settings are reset already. */
export function clearItems(armed: readonly BatchItem[]): BatchItem[] {
  return [
    { text: 'close all' },
    { text: 'unlisten *' },
    { text: 'discard temp' },
    { text: 'discard sequences' },
    ...armed,
  ];
}

/** Timeouts of one transaction: they end with it, whatever a pooler does with the connection afterwards. */
export function localTimeouts(settings: WorkSettings): BatchItem[] {
  return [
    {
      name: 'mgate_timeouts',
      text: `select pg_catalog.set_config('lock_timeout', $1, true), pg_catalog.set_config('statement_timeout', $2, true)`,
      values: [`${Math.round(settings.lockTimeoutMs)}ms`, `${Math.round(settings.statementTimeoutMs)}ms`],
    },
  ];
}
