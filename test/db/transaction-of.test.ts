/** The number of somebody else's transaction, by which the server tells afterwards whether it was committed. */
import type pg from 'pg';
import { expect, it } from 'vitest';
import { TRANSACTION_OF } from '../../src/engines/tool/trace.ts';
import { freshDatabase } from '../support/database.ts';

const NUMBER = 'select pg_current_xact_id()::text as number, pg_backend_pid() as pid';

async function begun(client: pg.Client): Promise<{ number: string; pid: number }> {
  await client.query('begin');
  return (await client.query(NUMBER)).rows[0];
}

it('is told of those that a snapshot does not reach yet, too: others before it are still at work', async () => {
  const database = await freshDatabase();
  const clients = await Promise.all([1, 2, 3, 4].map(() => database.client()));
  const [asks, ...others] = clients;
  const open = [];
  for (const other of others) open.push(await begun(other));
  for (const { number, pid } of open) {
    expect((await asks?.query(TRANSACTION_OF, [pid]))?.rows).toEqual([{ number }]);
  }
  // Once a younger one has ended, the snapshot ends behind them all.
  await others.at(-1)?.query('rollback');
  for (const { number, pid } of open.slice(0, -1)) {
    expect((await asks?.query(TRANSACTION_OF, [pid]))?.rows).toEqual([{ number }]);
  }
  await Promise.all(clients.map((client) => client.end()));
});
