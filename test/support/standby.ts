/** A standby that follows a server by streaming replication on loopback. */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Server, startServer } from './postgres.ts';

/**
 * Copies the primary while it is stopped, a moment, and starts the copy as its standby, which takes readers and follows
 * when this resolves. Its readers are never cancelled, and the primary does not hear of them.
 */
export async function startStandby(primary: Server): Promise<Server> {
  const standby = await startServer({ major: primary.major });
  try {
    await standby.stop();
    await primary.stop();
    await rm(standby.dataDir, { recursive: true });
    // With the owner: PostgreSQL does not run as root, and tests may.
    await promisify(execFile)('cp', ['-a', primary.dataDir, standby.dataDir]);
    await primary.start({ wal_keep_size: '2GB' });
    await writeFile(join(standby.dataDir, 'standby.signal'), '');
    await standby.start({
      primary_conninfo: `host=${primary.host} port=${primary.port} user=${primary.user} password=${primary.password}`,
      hot_standby_feedback: 'off',
      max_standby_streaming_delay: '-1',
    });
    await untilFollowing(primary);
    return standby;
  } catch (error) {
    await standby.remove();
    throw error;
  }
}

async function untilFollowing(primary: Server): Promise<void> {
  const client = new pg.Client({ connectionString: primary.url() });
  await client.connect();
  try {
    for (let look = 0; look < 2_500; look += 1) {
      const { rows } = await client.query(`select 1 from pg_stat_replication where state = 'streaming'`);
      if (rows.length > 0) return;
      await sleep(20);
    }
    throw new Error('no standby came to follow the primary');
  } finally {
    await client.end();
  }
}
