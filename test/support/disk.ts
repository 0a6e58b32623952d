/** A disk that runs full: a small tmpfs, where something may be mounted, or a table's file that is always full. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, renameSync, rmSync, statfsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';

/** A mounted tmpfs of so many MB that belongs to whoever owns `like`; null: this machine does not let us. */
export function smallDisk(megabytes: number, like: string): SmallDisk | null {
  const path = mkdtempSync(join(tmpdir(), 'gate-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' });
  } catch {
    rmSync(path, { recursive: true });
    return null;
  }
  const { uid, gid } = statSync(like);
  chownSync(path, uid, gid);
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: (leaveKb) => {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leaveKb * 1024)));
    },
    free: () => rmSync(ballast, { force: true }),
    remove: () => {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export interface SmallDisk {
  readonly path: string;
  fill(leaveKb: number): void;
  free(): void;
  remove(): void;
}

/**
 * Empties the table; from now on whatever would make it longer is told that no space is left. Returns what ends that.
 * Works wherever the server's files are ours.
 */
export async function fullFile(client: pg.Client, table: string): Promise<() => Promise<void>> {
  // A new file: no session has it open, nor anything of it in its cache.
  await client.query(`truncate ${table}`);
  await client.query('checkpoint');
  const { rows } = await client.query<{ path: string }>(
    `select current_setting('data_directory') || '/' || pg_relation_filepath($1) as path`,
    [table],
  );
  const path = rows[0]?.path ?? '';
  renameSync(path, `${path}.kept`);
  symlinkSync('/dev/full', path);
  return async () => {
    renameSync(`${path}.kept`, path);
    await client.query(`truncate ${table}`);
  };
}
