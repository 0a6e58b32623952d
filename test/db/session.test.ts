/** What one file does to its session reaches neither the next file nor our own rows. */
import { describe, expect, it } from 'vitest';
import { loginBeginningAs, withRole } from '../support/roles.ts';
import { ending, scene, until, working } from '../support/scene.ts';

/** A file that does something to its session, in every form a file can have. */
const FORMS: readonly (readonly [string, (sql: string) => string])[] = [
  ['in a transaction', (sql) => sql],
  ['in a wrapper', (sql) => `begin;\n${sql}\ncommit;`],
  ['own transactions', (sql) => `begin;\n${sql}\ncommit;\nbegin; select 1; commit;`],
  ['statement by statement', (sql) => `-- gate: no-transaction\n${sql}`],
];

const SPOILS: readonly (readonly [what: string, sql: string, asked: string, expected: unknown])[] = [
  [
    'search_path',
    "select pg_catalog.set_config('search_path', '', false);",
    "current_setting('search_path')",
    '"$user", public',
  ],
  [
    'timeouts',
    "set statement_timeout = '7min'; set lock_timeout = '3min';",
    "current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')",
    '0 2s',
  ],
  ['a temporary table', 'create temp table scratch (id int);', "to_regclass('scratch')::text", null],
  [
    'a prepared statement',
    'prepare p as select 1;',
    "(select count(*)::text from pg_prepared_statements where name = 'p')",
    '0',
  ],
  ['DEALLOCATE ALL', 'prepare p as select 1; deallocate all;', "'fine'", 'fine'],
  [
    'a cursor',
    'declare c cursor with hold for select 1;',
    "(select count(*)::text from pg_cursors where name = 'c')",
    '0',
  ],
  [
    'replication role',
    'set session_replication_role = replica;',
    "current_setting('session_replication_role')",
    'origin',
  ],
  [
    'read only from now on',
    'set default_transaction_isolation = serializable;',
    "current_setting('transaction_isolation')",
    'read committed',
  ],
  [
    'row security and quoting',
    'set row_security = off; set standard_conforming_strings = off; set datestyle = german;',
    "current_setting('row_security') || current_setting('standard_conforming_strings') || current_setting('datestyle')",
    'ononISO, MDY',
  ],
  ['a custom setting', "set app.tenant = '7';", "current_setting('app.tenant', true)", ''],
];

describe('between two files', () => {
  describe.each(FORMS)('%s', (_form, form) => {
    it.each(SPOILS)('%s', async (_what, sql, asked, expected) => {
      const here = await scene({
        '1_spoil.sql': form(sql),
        '2_ask.sql': `create table public.asked as select (${asked})::text as answer;`,
      });
      const { outcome } = await here.run({ 'allow-hazards': 'dry-run-inconclusive' });
      expect(outcome.error).toBeNull();
      expect(ending(outcome)).toBe('applied 0 migrated');
      const [row] = await here.rows('select answer from asked');
      expect(row?.answer || '').toBe(expected ?? '');
    });

    it('a role without any right on our tables', async () => {
      await withRole(
        '',
        async (role, here) => {
          const { outcome } = await here.run();
          expect(outcome.error).toBeNull();
          expect(ending(outcome)).toBe('applied 0 migrated');
          expect(
            await here.rows(
              "select relname, pg_get_userbyid(relowner) as owner from pg_class where relname in ('theirs', 'ours') order by 1",
            ),
          ).toEqual([
            { relname: 'ours', owner: 'postgres' },
            { relname: 'theirs', owner: role },
          ]);
        },
        {
          '1_role.sql': form('set role ROLE;\ncreate table app.theirs (id int);'),
          '2_ours.sql': 'create table ours (id int);',
        },
        ['create schema app authorization ROLE'],
      );
    });
  });

  it('SET SESSION AUTHORIZATION', async () => {
    await withRole(
      '',
      async (_role, here) => {
        expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
        expect(
          await here.rows("select pg_get_userbyid(relowner) as owner from pg_class where relname = 'ours'"),
        ).toEqual([{ owner: 'postgres' }]);
      },
      { '1_role.sql': 'set session authorization ROLE; select 1;', '2_ours.sql': 'create table ours (id int);' },
    );
  });

  it('a login that begins as another role (ALTER ROLE ... SET role) stays that role, file after file', async () => {
    await withRole(
      '',
      async (owner, here) => {
        const url = await loginBeginningAs(owner, here);
        const { outcome } = await here.run({ 'tracking-schema': 'gate' }, { url });
        expect(outcome.error).toBeNull();
        expect(
          await here.rows(
            "select distinct pg_get_userbyid(relowner) as owner from pg_class where relname in ('one', 'two', 'schema_migrations')",
          ),
        ).toEqual([{ owner }]);
      },
      {
        '1_one.sql': 'create table app.one (id int);',
        '2_two.sql': 'begin; create table app.two (id int); commit; begin; select 1; commit;',
      },
      ['create schema app authorization ROLE', 'grant create on database "DB" to ROLE'],
    );
  });

  it('and its statements can be cancelled, though that role may not cancel them', async () => {
    await withRole(
      '',
      async (owner, here) => {
        const url = await loginBeginningAs(owner, here);
        const abort = new AbortController();
        const running = here.run({ 'tracking-schema': 'gate' }, { url, signal: abort.signal });
        await until(here.client, working('%pg_sleep(300)%'));
        abort.abort();
        expect(ending((await running).outcome)).toBe('cancelled 6 unchanged');
      },
      { '1_sleep.sql': 'select pg_sleep(300);' },
      ['grant create on database "DB" to ROLE'],
    );
  });
});
