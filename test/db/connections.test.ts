/** A connection that ends while the database is read back. */
import { afterEach, describe, expect, it } from 'vitest';
import { Connections } from '../../src/engines/shared/connections.ts';
import { parseRequest } from '../../src/request/parse.ts';
import { freshDatabase } from '../support/database.ts';
import { workspaceWith } from '../support/gate.ts';

const ENDS_ITSELF = 'select pg_terminate_backend(pg_backend_pid())';
const open: Connections[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function scene() {
  const { url } = await freshDatabase();
  const inputs = { 'database-url': url, environment: 'staging', engine: 'sql' };
  const parsed = parseRequest(inputs, { door: 'cli', env: {}, event: null, cwd: await workspaceWith({}) });
  if (parsed.kind !== 'request') throw new Error('not accepted');
  const quiet = () => undefined;
  const log = { line: quiet, detail: quiet, chapter: quiet, progress: quiet };
  const { request } = parsed;
  const connections = new Connections(request, log, new AbortController().signal);
  open.push(connections);
  return { connections, connect: () => connections.connectTo(request.target) };
}

describe('what is read back', () => {
  // As the rejection comes the session passes for alive: the end of its connection is a moment behind the server's words.
  it('is read again where the server ends the session that asks, on another one', async () => {
    const { connections, connect } = await scene();
    let reads = 0;
    const read = async () => {
      const session = await connect();
      reads += 1;
      if (reads < 3) await session.query(ENDS_ITSELF);
      return 'read';
    };
    expect(await connections.readAgain(read)).toBe('read');
    expect(reads).toBe(3);
  });

  it('is given up on after the third', async () => {
    const { connections, connect } = await scene();
    let reads = 0;
    const read = async () => {
      reads += 1;
      await (await connect()).query(ENDS_ITSELF);
    };
    await expect(connections.readAgain(read)).rejects.toMatchObject({ code: '57P01' });
    expect(reads).toBe(3);
  });

  it('is not read again where it fails of itself, also where another session had been lost before', async () => {
    const { connections, connect } = await scene();
    const [session, lost] = [await connect(), await connect()];
    await lost.query(ENDS_ITSELF).catch(() => undefined);
    await lost.query('select').catch(() => undefined);
    expect(lost.lost).not.toBeNull();
    let reads = 0;
    const read = async () => {
      reads += 1;
      await session.query('select 1/0');
    };
    await expect(connections.readAgain(read)).rejects.toMatchObject({ code: '22012' });
    expect(reads).toBe(1);
    expect((await session.query('select 1 as there')).rows).toEqual([{ there: 1 }]);
  });
});
