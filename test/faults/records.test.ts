/**
 * What a migration can do to our records once they are proved: triggers that wait for COMMIT, and what puts them off until
 * then. The report never says something else of the database than an independent reading of it.
 */
import { describe, expect, it } from 'vitest';
import { tally } from '../support/faults.ts';
import { runGate } from '../support/gate.ts';
import { ending, scene } from '../support/scene.ts';

const told = tally('records');

const does = (body: string) => `language plpgsql as $$ begin ${body} end $$`;
/** Takes out what was recorded, when it is committed. */
const TAKEN_OUT = (when = 'true', what = 'delete from public.schema_migrations where version = new.version') => `
create function taken_out() returns trigger ${does(`${what}; return null;`)};
create constraint trigger taken_out after insert or update on public.schema_migrations deferrable initially deferred
  for each row when (${when}) execute function taken_out();`;
/** What was made to fire at once, waits for COMMIT again. */
const PUT_OFF = `
create function put_off() returns trigger ${does('set constraints all deferred; return new;')};
create trigger put_off before insert or update on public.schema_migrations for each row execute function put_off();`;
/** Each time that it fires it waits once more; in the end it takes everything out. */
const CHAIN = `
create function chain() returns trigger ${does(`set constraints all deferred;
  if new.id < 5 then insert into public.chain values (new.id + 1); else delete from public.schema_migrations; end if; return null;`)};
create table chain (id int); create constraint trigger chain after insert on public.chain deferrable initially deferred
  for each row execute function chain(); insert into chain values (1);`;
/** Only when it is for real: something is in \`real\`, by the pause. */
const IN_APPLY = (sql: string) =>
  `do $do$ begin if exists (select from public.real) then execute $sql$${sql}$sql$; end if; end $do$;`;

const A = 'create table a (id int);';
const NOT_AS_WRITTEN = 'is not there as it was written';
const NOT_SHOWN = 'reading the database back does not show it';

interface Case {
  readonly files: Record<string, string>;
  readonly ends: string;
  readonly says: string;
  /** Versions on record, and tables that are there. */
  readonly recorded: readonly string[];
  readonly made: readonly string[];
}

const CASES: Record<string, Case> = {
  'a deferred trigger on the records: seen by the dry run': {
    files: { '1_it.sql': `${A}${TAKEN_OUT()}` },
    ends: 'refused 3 unchanged',
    says: NOT_AS_WRITTEN,
    recorded: [],
    made: [],
  },
  'one in a migration between others': {
    files: {
      '1_it.sql': A,
      '2_it.sql': `${IN_APPLY(TAKEN_OUT())} create table b (id int);`,
      '3_it.sql': 'create table c (id int);',
    },
    ends: 'failed 7 partially-migrated',
    says: NOT_AS_WRITTEN,
    recorded: ['1'],
    made: ['a'],
  },
  'one that fires when a non-transactional one is done': {
    files: {
      '1_it.sql': `${A} ${IN_APPLY(TAKEN_OUT(`new.status = 'completed'`))} create index concurrently on a (id);`,
    },
    ends: 'failed 7 partially-migrated',
    says: NOT_AS_WRITTEN,
    recorded: [],
    made: ['a'],
  },
  'one that takes out the progress of what failed': {
    files: {
      '1_it.sql': `${A} ${IN_APPLY(TAKEN_OUT(`new.status = 'failed'`))} create table b (id int); create unique index concurrently on twice (id); create table c (id int);`,
    },
    ends: 'failed 7 unknown',
    says: 'could not create unique index',
    recorded: [],
    made: ['a', 'b'],
  },
  'one that forgets the progress of what failed': {
    files: {
      '1_it.sql': `${A} ${IN_APPLY(TAKEN_OUT(`new.status = 'failed' and new.progress is not null`, 'update public.schema_migrations set progress = null'))} create unique index concurrently on twice (id);`,
    },
    ends: 'failed 7 unknown',
    says: 'could not create unique index',
    recorded: [],
    made: ['a'],
  },
  'one that is put off until COMMIT': {
    files: { '1_it.sql': `${A}${TAKEN_OUT()}${PUT_OFF}` },
    ends: 'failed 7 unknown',
    says: NOT_SHOWN,
    recorded: [],
    made: ['a'],
  },
  'one that is put off until COMMIT, and then a migration fails': {
    files: { '1_it.sql': `${A}${TAKEN_OUT()}${PUT_OFF}`, '2_it.sql': IN_APPLY('select 1/0') },
    ends: 'failed 7 unknown',
    says: 'division by zero',
    recorded: [],
    made: ['a'],
  },
  'a trigger of a table of its own, that puts itself off': {
    files: { '1_it.sql': `${A}${CHAIN}` },
    ends: 'failed 7 unknown',
    says: NOT_SHOWN,
    recorded: [],
    made: ['a'],
  },
  'an event trigger at the end of each command': {
    files: {
      '1_it.sql': A,
      '2_it.sql': `create function always() returns event_trigger ${does('delete from public.schema_migrations;')}; create event trigger always on ddl_command_end execute function always();`,
      '3_it.sql': 'create table c (id int);',
    },
    ends: 'failed 7 unknown',
    says: NOT_SHOWN,
    recorded: ['3'],
    made: ['a', 'c'],
  },
  'an event trigger at what is dropped': {
    files: {
      '1_it.sql': A,
      '2_it.sql': `create function always() returns event_trigger ${does('delete from public.schema_migrations;')}; create event trigger always on sql_drop execute function always();`,
      '3_it.sql': 'create table b (id int); create table c (id int); drop table c;',
    },
    ends: 'failed 7 unknown',
    says: NOT_SHOWN,
    recorded: ['3'],
    made: ['a', 'b'],
  },
};

describe('what fires after our rows were proved', () => {
  it.each(Object.entries(CASES))(
    '%s: what is told is what is there',
    async (name, { files, ends, says, recorded, made }) => {
      const here = await scene(files, 'create table real (); create table twice (id int)');
      const onPause = async () => {
        await here.client.query('insert into real default values');
        await here.client.query('insert into twice values (1), (1)');
      };
      const { outcome } = await runGate(
        here.workspace,
        here.database.url,
        { 'fail-on': 'none', 'review-delay': '1s' },
        { onPause },
      );
      expect(outcome.error?.message).toContain(says);
      expect(ending(outcome)).toBe(ends);
      const rows = await here
        .rows(`select version from schema_migrations where status = 'completed' order by 1`)
        .catch(() => []);
      expect(rows).toEqual(recorded.map((version) => ({ version })));
      const tables = `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relname in ('a', 'b', 'c') order by 1`;
      expect(await here.rows(tables)).toEqual(made.map((one) => ({ name: one })));
      // Whoever goes on as if nothing had been is stopped.
      const again = await runGate(here.workspace, here.database.url, { 'fail-on': 'none' });
      expect(again.outcome.exitCode).not.toBe(0);
      told(name, ends);
    },
  );
});
