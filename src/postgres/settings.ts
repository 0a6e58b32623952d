/** What a session of ours looks like before each file, and how it is brought back to that after one. */
import type { BatchItem, Session } from './session.ts';

export interface WorkSettings {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

const DEAD_MANS_SWITCH: readonly (readonly [string, string])[] = [
  // A backend busy in a statement looks whether its client is still there.
  ['client_connection_check_interval', '1s'],
  // A gate that stops between two statements (frozen, cut off) does not hold locks for ever.
  ['idle_in_transaction_session_timeout', '60s'],
  ['tcp_user_timeout', '30s'],
];

/**
 * Settings that end a backend whose gate has died: it must not go on alone. Each is tried by itself, as servers on some
 * platforms refuse some of them (22023). Returns what sets those that the server took again, in one statement.
 */
export async function armDeadMansSwitch(session: Session): Promise<BatchItem[]> {
  const taken: string[] = [];
  for (const [name, value] of DEAD_MANS_SWITCH) {
    try {
      await session.batch([{ text: `set ${name} = '${value}'` }]);
      taken.push(`pg_catalog.set_config('${name}', '${value}', false)`);
    } catch (error) {
      const code = (error as { cause?: { code?: string } }).cause?.code;
      if (code !== '22023' && code !== '42704' && code !== '0A000') throw error;
    }
  }
  return taken.length === 0 ? [] : [{ name: 'mgate_armed', text: `select ${taken.join(', ')}` }];
}

/** The role that the session began with, which need not be the one that logged in (ALTER ROLE ... SET role). */
export const RESET_ROLE: readonly BatchItem[] = [{ text: 'reset session authorization' }, { text: 'reset role' }];

/**
 * Brings a session back to where it was before a file: settings, role, cursors, listening, temporary tables; all but
 * advisory locks (ours is one of them, so DISCARD ALL is out of the question) and prepared statements (ours are).
 */
export function resetItems(armed: readonly BatchItem[]): BatchItem[] {
  return [...RESET_ROLE, { text: 'reset all' }, ...clearItems(armed)];
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
