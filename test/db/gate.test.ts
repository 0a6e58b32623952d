import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { addFiles, runGate, workspaceWith } from '../support/gate.ts';

describe('the main job', () => {
  it('applies what is pending, once', async () => {
    const database = await freshDatabase();
    const workspace = await workspaceWith({
      'migrations/0001_users.sql': 'create table users (id bigint primary key, email text not null);',
      'migrations/0002_data.sql': "insert into users values (1, 'a@example.com'), (2, 'b@example.com');",
    });
    const first = await runGate(workspace, database.url);
    expect(first.outcome).toMatchObject({
      result: 'applied',
      databaseState: 'migrated',
      exitCode: 0,
      previousVersion: null,
      currentVersion: '0002',
      predictedEqualsActual: true,
      coverage: { statements: 2, executed: 2 },
      rehearsal: { status: 'aborted', attempts: 1 },
    });
    const client = await database.client();
    expect((await client.query('select count(*)::int as n from users')).rows).toEqual([{ n: 2 }]);

    const rows = 'select xmin::text, * from schema_migrations order by version';
    const before = (await client.query(rows)).rows;
    const second = await runGate(workspace, database.url);
    expect(second.outcome).toMatchObject({ result: 'up-to-date', databaseState: 'unchanged', exitCode: 0 });
    expect((await client.query(rows)).rows).toEqual(before);

    await addFiles(workspace, { 'migrations/0003_more.sql': 'alter table users add column name text;' });
    const third = await runGate(workspace, database.url);
    expect(third.outcome).toMatchObject({ result: 'applied', previousVersion: '0002', currentVersion: '0003' });
  });
});
