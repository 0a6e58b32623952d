import { PINS_PATH } from './qualified.ts';
import type { Session } from './session.ts';

/**
 * Asks as the role that logged in, and gives the rows as text: a role that its sessions begin with (ALTER ROLE ... SET role)
 * may neither see what sessions of the login are at nor end them. Names are the server's own, as where a path is pinned.
 * Not inside of a transaction. Rejects with a BatchError.
 */
export async function askAsLogin(
  session: Session,
  text: string,
  values: readonly (string | null)[],
): Promise<readonly (readonly (string | null)[])[]> {
  // What is sent together is one transaction, and role and path are set for that.
  const [, asked] = await session.batch([AS_LOGIN, { text, values, keep: true }]);
  return asked?.rows ?? [];
}

const AS_LOGIN = {
  text: `select pg_catalog.set_config('role', 'none', true), ${PINS_PATH}`,
};
