/** What only the role that logged in is told. */
import type { Session } from './session.ts';

/**
 * Asks as the role that logged in, and gives the rows as text: a role that its sessions begin with (ALTER ROLE ... SET role)
 * may neither see when sessions of the login began nor end them. Not inside of a transaction.
 */
export async function askAsLogin(
  session: Session,
  text: string,
  values: readonly (string | null)[],
): Promise<readonly (readonly (string | null)[])[]> {
  try {
    const [, , asked] = await session.batch([
      { text: 'begin' },
      { text: 'set local role none' },
      { text, values, keep: true },
      { text: 'commit' },
    ]);
    return asked?.rows ?? [];
  } catch (error) {
    if (!session.lost) await session.query('rollback');
    throw error;
  }
}
