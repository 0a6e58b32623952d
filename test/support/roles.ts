/** Roles and logins of a test's own. */
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { type Scene, scene } from './scene.ts';

const name = (prefix: string) => `${prefix}_${randomBytes(4).toString('hex')}`;

/** A role of this test's database; its objects and itself go with the test. */
export async function withRole<T>(
  options: string,
  use: (role: string, here: Scene) => Promise<T>,
  files: Record<string, string> = {},
  setup: readonly string[] = [],
): Promise<T> {
  const role = name('role');
  const named = Object.fromEntries(Object.entries(files).map(([file, sql]) => [file, sql.replaceAll('ROLE', role)]));
  const here = await scene(named, [`create role ${role} ${options}`]);
  for (const sql of setup) await here.client.query(sql.replaceAll('ROLE', role).replaceAll('DB', here.database.name));
  try {
    return await use(role, here);
  } finally {
    await here.client.query(`drop owned by ${role} cascade; drop role ${role}`);
  }
}

/** A login whose sessions begin as that role, which is no member of it: the URL. */
export async function loginBeginningAs(role: string, { client, database }: Scene): Promise<string> {
  const login = name('login');
  await client.query(
    `create role ${login} login password 'secret-word' in role ${role}; alter role ${login} noinherit; alter role ${login} set role = ${role}`,
  );
  onTestFinished(() => client.query(`drop role ${login}`).then(() => undefined));
  const url = new URL(database.url);
  url.username = login;
  url.password = 'secret-word';
  return url.href;
}
