/** Applying: what commits together, what a failure leaves, and that the record and the database never disagree. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { cuttableProxy } from '../support/cuttable.ts';
import { addFiles, runGate } from '../support/gate.ts';
import { ending, type Scene, scene, until, working } from '../support/scene.ts';

const RECORDS = 'select version, status from schema_migrations order by version';
const PAUSE = { 'review-delay': '1ms' };

const edit = (one: Scene, file: string, text: string) => addFiles(one.workspace, { [`migrations/${file}`]: text });

describe('what breaks only at apply', () => {
  const FILES = {
    '1_one.sql': 'create table one (id int);',
    '2_unique.sql': '-- the rows\n\ninsert into t values (5);\n  alter table t add constraint t_once unique (id);\n',
    '3_three.sql': 'create table three (id int);',
  };

  it('leaves nothing of itself; the earlier ones stay, and the next run goes on', async () => {
    const here = await scene(FILES, 'create table t (id int)');
    const first = await here.run(PAUSE, {
      onPause: async () => {
        await here.client.query('insert into t values (1), (1)');
      },
    });
    expect(ending(first.outcome)).toBe('failed 7 partially-migrated');
    expect(first.outcome).toMatchObject({
      currentVersion: '1',
      applied: [{ version: '1' }],
      error: {
        class: 'constraint',
        sqlstate: '23505',
        file: 'migrations/2_unique.sql',
        line: 4,
        column: 3,
        excerpt: expect.stringContaining('alter table t add constraint'),
      },
    });
    expect(first.outcome.migrations.map((one) => one.status)).toEqual(['applied', 'failed', 'pending']);
    expect(JSON.stringify(first.outcome)).not.toContain('(id)=(1)');
    expect(await here.rows(RECORDS)).toEqual([
      { version: '1', status: 'completed' },
      { version: '2', status: 'failed' },
    ]);
    expect(
      await here.rows('select version, status, error_message from migration_history order by executed_at'),
    ).toEqual([
      { version: '1', status: 'success', error_message: null },
      { version: '2', status: 'failed', error_message: expect.stringContaining('23505') },
    ]);
    expect(await here.rows('select count(*)::int as n from t')).toEqual([{ n: 2 }]);

    await here.client.query('delete from t');
    const second = await here.run();
    expect(second.outcome).toMatchObject({ result: 'applied', applied: [{ version: '2' }, { version: '3' }] });
    expect(
      await here.rows('select status, error_message, progress from schema_migrations where version = $1', ['2']),
    ).toEqual([{ status: 'completed', error_message: null, progress: null }]);
  });

  it('leaves the database unchanged when it is the first one', async () => {
    const here = await scene(
      { '2_unique.sql': FILES['2_unique.sql'], '3_three.sql': FILES['3_three.sql'] },
      'create table t (id int)',
    );
    const { outcome } = await here.run(PAUSE, {
      onPause: async () => {
        await here.client.query('insert into t values (1), (1)');
      },
    });
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(await here.rows(RECORDS)).toEqual([{ version: '2', status: 'failed' }]);
    expect(await here.rows("select to_regclass('three') as t")).toEqual([{ t: null }]);
  });

  it('is undone altogether in transaction-mode all', async () => {
    const here = await scene(FILES, 'create table t (id int)');
    const inputs = { ...PAUSE, 'transaction-mode': 'all' };
    const { outcome } = await here.run(inputs, {
      onPause: async () => {
        await here.client.query('insert into t values (1), (1)');
      },
    });
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({ file: 'migrations/2_unique.sql', line: 4 });
    expect(await here.rows("select to_regclass('one') as t")).toEqual([{ t: null }]);
    await here.client.query('delete from t');
    expect(ending((await here.run(inputs)).outcome)).toBe('applied 0 migrated');
    expect(await here.rows('select count(distinct xmin::text)::int as n from schema_migrations')).toEqual([{ n: 1 }]);
  });

  it('a deferred constraint is checked before the record is written', async () => {
    const here = await scene(
      { '1_child.sql': 'insert into child select id from wanted;' },
      `create table parent (id int primary key);
       create table child (id int references parent deferrable initially deferred); create table wanted (id int)`,
    );
    const { outcome } = await here.run(PAUSE, {
      onPause: async () => {
        await here.client.query('insert into wanted values (7)');
      },
    });
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({ class: 'constraint', sqlstate: '23503', file: 'migrations/1_child.sql' });
    expect(await here.rows(RECORDS)).toEqual([{ version: '1', status: 'failed' }]);
  });

  it('in transaction-mode all a later file may mend what a deferred constraint waits for', async () => {
    const here = await scene(
      { '1_child.sql': 'insert into child values (7);', '2_parent.sql': 'insert into parent values (7);' },
      `create table parent (id int primary key); create table child (id int references parent deferrable initially deferred)`,
    );
    expect(ending((await here.run()).outcome)).toBe('failed 1 unchanged');
    expect(ending((await here.run({ 'transaction-mode': 'all' })).outcome)).toBe('applied 0 migrated');
  });

  it('a file that is changed between the dry run and apply is refused before any of it is sent', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);' });
    const paused = await here.run(PAUSE, { onPause: () => edit(here, '1_a.sql', 'create table b (id int);') });
    expect(ending(paused.outcome)).toBe('refused 3 unchanged');
    expect(paused.outcome.error?.class).toBe('checksum');
    const late = await here.run(
      {},
      {
        onLine: async (line) => {
          if (line === 'Apply') await edit(here, '1_a.sql', 'create table c (id int);');
        },
      },
    );
    // The write may come before or after the file is read: never is something applied that was not rehearsed.
    expect(['refused 3 unchanged', 'applied 0 migrated']).toContain(ending(late.outcome));
    expect(await here.rows("select to_regclass('a') as a, to_regclass('c') as c")).toEqual([{ a: null, c: null }]);
  });

  it('what another gate did in the pause is seen', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);', '2_b.sql': 'create table b (id int);' });
    const applied = async (target: string) => {
      const other = await runGate(here.workspace, here.database.url, { 'target-version': target });
      expect(ending(other.outcome)).toBe('applied 0 migrated');
    };
    const first = await here.run(PAUSE, { onPause: () => applied('1') });
    expect(ending(first.outcome)).toBe('refused 3 unchanged');
    const second = await here.run(PAUSE, { onPause: () => applied('2') });
    expect(ending(second.outcome)).toBe('up-to-date 0 unchanged');
  });
});

describe('a session lost while applying', () => {
  const FILES = {
    '1_one.sql': 'create table one (id int);',
    '2_two.sql': 'create table two (id int); select pg_sleep(0.15); insert into two select generate_series(1, 1000);',
    '3_three.sql': 'create table three (id int);',
  };
  const SHORT = { ...FILES, '2_two.sql': 'create table two (id int); select pg_sleep(0.03);' };
  /** A failure noted of what is completed. */
  const TOLD_TWICE = `select version from migration_history where status = 'failed'
     and version in (select version from schema_migrations where status = 'completed')`;
  const TABLES = { '1': 'one', '2': 'two', '3': 'three' };

  /** Applied and recorded, or neither. */
  async function consistent(here: Scene): Promise<void> {
    const [tracked] = await here.rows("select to_regclass('schema_migrations') is not null as there");
    if (!tracked?.there) {
      expect(await here.rows("select relname from pg_class where relname in ('one', 'two', 'three')")).toEqual([]);
      return;
    }
    for (const [version, table] of Object.entries(TABLES)) {
      const [row] = await here.rows(
        `select to_regclass($1) is not null as made,
                exists (select 1 from schema_migrations where version = $2 and status = 'completed') as recorded`,
        [table, version],
      );
      expect({ version, ...row }).toEqual({ version, made: row?.recorded, recorded: row?.made });
    }
  }

  it('in the middle of a statement: the earlier ones stay, and the next run goes on', async () => {
    // In apply it sleeps until it is found.
    const here = await scene(
      { ...FILES, '2_two.sql': FILES['2_two.sql'].replace('0.15', '(select s from go)') },
      'create table go (s float); insert into go values (0)',
    );
    let killed: Promise<unknown> | null = null;
    const { outcome } = await here.run(PAUSE, {
      onPause: async () => {
        await here.client.query('update go set s = 30');
        killed = until(here.client, working('select pg_sleep%')).then(({ pid }) =>
          here.client.query('select pg_terminate_backend($1)', [pid]),
        );
      },
    });
    await killed;
    await here.client.query('update go set s = 0');
    expect(ending(outcome)).toBe('failed 7 partially-migrated');
    expect(outcome).toMatchObject({
      error: { class: 'connection', sqlstate: '57P01', file: 'migrations/2_two.sql', line: 1 },
      applied: [{ version: '1' }],
      currentVersion: '1',
    });
    await consistent(here);
    expect(await here.rows(RECORDS)).toEqual([
      { version: '1', status: 'completed' },
      { version: '2', status: 'failed' },
    ]);
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    await consistent(here);
  });

  it('at any moment: every migration is applied and recorded, or neither', async () => {
    const killedAfter = async (delay: number): Promise<string> => {
      const here = await scene(SHORT);
      let killed: Promise<unknown> | null = null;
      const kill = async () => {
        await sleep(delay);
        await here.client.query(
          `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
             and database = (select oid from pg_database where datname = current_database())`,
        );
      };
      const { outcome } = await here.run(
        {},
        {
          onLine: (line) => {
            if (line === 'Apply') killed = kill();
          },
        },
      );
      await killed;
      await consistent(here);
      expect(await here.rows(TOLD_TWICE).catch(() => [])).toEqual([]);
      expect((await here.run()).outcome.exitCode).toBe(0);
      await consistent(here);
      await here.database.drop();
      return ending(outcome);
    };
    const seen: string[] = [];
    for (let delay = 0; delay < 120; delay += 40) {
      seen.push(...(await Promise.all([0, 10, 20, 30].map((more) => killedAfter(delay + more)))));
    }
    expect(seen.filter((one) => one !== 'applied 0 migrated')).not.toEqual([]);
  });

  it('after the last COMMIT was sent: what is committed is told, and nothing fails that is done', async () => {
    // A deferred trigger waits, while COMMIT is on its way already; the client's side of the connection is what breaks, not the server's.
    const here = await scene(
      { '1_slow.sql': 'insert into slow values (1);' },
      `create table slow (id int);
       create function dawdle() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(7); return null; end $$;
       create constraint trigger at_commit after insert on slow deferrable initially deferred for each row execute function dawdle()`,
    );
    const proxy = await cuttableProxy(here.database.url);
    const other = await here.database.client();
    let cut: Promise<void> | null = null;
    const { outcome } = await here.run(
      { ...PAUSE, 'lock-timeout': '30s' },
      {
        url: proxy.url,
        onPause: async () => {
          await other.query('select pg_advisory_lock(7)');
          cut = until(here.client, `${working('set constraints all immediate')} and wait_event_type = 'Lock'`).then(
            async () => {
              proxy.cut();
              await sleep(300);
              await other.query('select pg_advisory_unlock(7)');
            },
          );
        },
      },
    );
    await cut;
    await proxy.close();
    expect(['failed 1 unchanged', 'failed 4 migrated']).toContain(ending(outcome));
    const [row] = await here.rows(
      `select (select count(*) from slow)::int as rows, (select count(*) from schema_migrations where status = 'completed')::int as done,
              (select count(*) from migration_history where status = 'success')::int as told`,
    );
    expect(row).toEqual({ rows: row?.done, done: row?.told, told: row?.rows });
    expect(row?.done).toBe(outcome.databaseState === 'migrated' ? 1 : 0);
    const after = await here.run();
    expect(after.outcome.result).toBe(outcome.databaseState === 'migrated' ? 'up-to-date' : 'applied');
  });
});

describe('what COMMIT checks', () => {
  const LATE = `create schema app; create table app.t (id int); create table app.seen (path text);
create function app.late() returns trigger language plpgsql as $$ begin insert into seen values (current_setting('search_path')); return null; end $$;
create constraint trigger late after insert on app.t deferrable initially deferred for each row execute function app.late()`;
  const WRITES = 'set search_path = app;\ninsert into t values (1);';

  it.each([
    ['a file', WRITES],
    ['a block among others', `begin;\n${WRITES}\ncommit;\nvacuum app.t;`],
    ['the last of a train', 'set local search_path = app;\ninsert into t values (1);'],
  ])('is checked as the file has set things, not as our own rows need them: %s', async (_what, sql) => {
    const here = await scene({ '1_it.sql': sql, '2_after.sql': 'create table after (id int);' }, LATE);
    const { outcome } = await here.run({ 'allow-hazards': 'own-transactions, dry-run-inconclusive' });
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(await here.rows('select path from app.seen')).toEqual([{ path: 'app' }]);
  });
});

/** Lets go of what it holds once the gate has given up waiting for it. */
function untilTriedAgain(holder: pg.Client): (line: string) => void {
  let held = true;
  return (line) => {
    if (held && line.includes('trying again')) void holder.query('rollback');
    held = held && !line.includes('trying again');
  };
}

describe('losing to somebody else', () => {
  const ALTER = { '1_t.sql': 'insert into log values (1); alter table t add column note text;' };
  const SETUP = 'create table t (id int); create table log (id int)';

  it('a lock held for a moment is waited for: the whole migration again', async () => {
    const here = await scene(ALTER, SETUP);
    const holder = await here.database.client();
    const { outcome, lines } = await here.run(
      { ...PAUSE, 'lock-timeout': '100ms' },
      {
        onPause: async () => {
          await holder.query('begin; lock table t in access share mode');
        },
        onLine: untilTriedAgain(holder),
      },
    );
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(lines.join('\n')).toMatch(/55P03.*trying again/);
    expect(await here.rows('select count(*)::int as n from log')).toEqual([{ n: 1 }]);
  });

  it.each([
    ['0', 1],
    ['1', 2],
    ['2', 3],
  ])('lock-retries %s: %i attempts', async (retries, attempts) => {
    const here = await scene({ ...ALTER, '2_more.sql': 'create table more (id int);' }, SETUP);
    const holder = await here.database.client();
    const started: { at: number } = { at: 0 };
    const { outcome, lines } = await here.run(
      { ...PAUSE, 'lock-timeout': '50ms', 'lock-retries': retries },
      {
        onPause: async () => {
          await holder.query('begin; lock table t in access share mode');
          started.at = Date.now();
        },
      },
    );
    await holder.query('rollback');
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({ class: 'lock-timeout', sqlstate: '55P03', line: 1, column: 29 });
    expect(lines.filter((line) => line.includes('trying again'))).toHaveLength(attempts - 1);
  });

  it('lock-timeout by directive', async () => {
    const here = await scene({ '1_t.sql': `-- gate: lock-timeout=30s\n${ALTER['1_t.sql']}` }, SETUP);
    const holder = await here.database.client();
    let released: Promise<void> | null = null;
    const { outcome, lines } = await here.run(
      { ...PAUSE, 'lock-timeout': '50ms', 'lock-retries': '0' },
      {
        onPause: async () => {
          await holder.query('begin; lock table t in access share mode');
          released = until(here.client, `select from pg_locks where relation = 't'::regclass and not granted`)
            // For longer than the input has it.
            .then(() => sleep(200))
            .then(() => void holder.query('rollback'));
        },
      },
    );
    await released;
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(lines.join('\n')).not.toContain('trying again');
  });

  it('a deadlock: the whole migration again', async () => {
    const here = await scene(
      {
        // Where somebody else has u, not before they want t: who waits last, and not too late, is the one who finds out.
        '1_t.sql': `alter table t add a int;
          do $$ begin
            while exists (select from pg_locks where relation = 'u'::regclass and granted and pid <> pg_backend_pid())
                  and not exists (select from pg_locks where relation = 't'::regclass and not granted)
            loop perform pg_sleep(0.01); end loop;
          end $$;
          alter table u add b int;`,
        '2_last.sql': 'select 1;',
      },
      'create table t (id int); create table u (id int)',
    );
    const other = await here.database.client();
    let theirs: Promise<unknown> | null = null;
    const { outcome, lines } = await here.run(
      { ...PAUSE, 'lock-timeout': '0' },
      {
        onPause: async () => {
          await other.query(`set deadlock_timeout = '20s'; begin; lock table u in access exclusive mode`);
          theirs = until(
            here.client,
            `select from pg_locks where relation = 't'::regclass and mode = 'AccessExclusiveLock'`,
          )
            .then(() => other.query('lock table t in access exclusive mode'))
            .then(() => other.query('rollback'));
        },
      },
    );
    await theirs;
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(lines.join('\n')).toMatch(/40P01.*trying again/);
  });

  it('a serialization failure in a file with a wrapper of its own', async () => {
    const here = await scene(
      {
        '0_before.sql': 'create table before (id int);',
        '1_t.sql': `begin isolation level serializable;\nselect sum(id) from t;\nselect pg_advisory_xact_lock(7);\nupdate t set id = id + 1;\ncommit;`,
        '2_after.sql': 'create table after as select current_setting($$transaction_isolation$$) as level;',
      },
      'create table t (id int); insert into t values (1)',
    );
    let theirs: Promise<unknown> | null = null;
    const other = await here.database.client();
    const { outcome, lines } = await here.run(
      { ...PAUSE, 'lock-timeout': '30s' },
      {
        onPause: async () => {
          await other.query('begin; select pg_advisory_xact_lock(7)');
          theirs = until(here.client, `${working('select pg_advisory_xact_lock%')} and wait_event_type = 'Lock'`).then(
            () => other.query('update t set id = id + 10; commit'),
          );
        },
      },
    );
    await theirs;
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(lines.join('\n')).toMatch(/40001.*trying again/);
    expect(await here.rows('select id, (select level from after) as level from t')).toEqual([
      { id: 12, level: 'read committed' },
    ]);
  });

  it('a wrapper among small files keeps its isolation level', async () => {
    const here = await scene({
      '1_a.sql': 'create table levels (file int, level text); prepare p as select 1;',
      '2_b.sql': `begin isolation level repeatable read; insert into levels values (2, current_setting('transaction_isolation')); commit;`,
      '3_c.sql': `start transaction isolation level serializable; insert into levels values (3, current_setting('transaction_isolation')); end;`,
      '4_d.sql': `insert into levels values (4, current_setting('transaction_isolation'));`,
    });
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    expect(await here.rows('select * from levels order by file')).toEqual([
      { file: 2, level: 'repeatable read' },
      { file: 3, level: 'serializable' },
      { file: 4, level: 'read committed' },
    ]);
  });
});

describe('own transactions, block by block', () => {
  const BLOCKS = `begin;
create table a (id int);
insert into a values (1);
commit;
begin;
insert into a select id from wanted;
alter table a add primary key (id);
commit;
create table z (id int);`;
  const SETUP = 'create table wanted (id int)';
  const accepted = { ...PAUSE, 'allow-hazards': 'own-transactions' };

  /** Fails in the second block, with the first committed. */
  async function halfDone(): Promise<Scene> {
    const here = await scene({ '1_blocks.sql': BLOCKS, '2_next.sql': 'create table next (id int);' }, SETUP);
    const { outcome } = await here.run(accepted, {
      onPause: async () => {
        await here.client.query('insert into wanted values (1)');
      },
    });
    expect(ending(outcome)).toBe('failed 7 partially-migrated');
    expect(outcome).toMatchObject({
      applied: [],
      error: { sqlstate: '23505', file: 'migrations/1_blocks.sql', line: 7 },
    });
    expect(await here.rows('select status, progress from schema_migrations')).toMatchObject([
      { status: 'failed', progress: { done: 2, started: null } },
    ]);
    expect(await here.rows('select id from a')).toEqual([{ id: 1 }]);
    await here.client.query('delete from wanted');
    return here;
  }

  it('goes on after the part that is done', async () => {
    const here = await halfDone();
    const status = await here.run({ mode: 'status' });
    expect(ending(status.outcome)).toBe('reported 3 unchanged');
    const { outcome } = await here.run(accepted);
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(await here.rows('select id from a')).toEqual([{ id: 1 }]);
    expect(await here.rows("select to_regclass('z') is not null as z")).toEqual([{ z: true }]);
  });

  it('the rest may be edited', async () => {
    const here = await halfDone();
    await edit(here, '1_blocks.sql', BLOCKS.replace('create table z (id int)', 'create table y (id int)'));
    expect(ending((await here.run(accepted)).outcome)).toBe('applied 0 migrated');
    expect(await here.rows("select to_regclass('z') as z, to_regclass('y') is not null as y")).toEqual([
      { z: null, y: true },
    ]);
  });

  it('the rest may become a single transaction: what is done is not done again', async () => {
    const here = await halfDone();
    await edit(here, '1_blocks.sql', 'create table a (id int);\ninsert into a values (1);\ncreate table y (id int);');
    expect(ending((await here.run(accepted)).outcome)).toBe('applied 0 migrated');
    expect(await here.rows('select id from a')).toEqual([{ id: 1 }]);
  });

  it.each([
    ['the done part is edited', BLOCKS.replace('values (1)', 'values (2)')],
    ['the done part is taken out', 'begin; create table y (id int); commit; begin; create table x (id int); commit;'],
    ['the file is shorter than its done part', 'begin;\ncreate table a (id int);\ncommit;\nbegin; commit;'],
  ])('refused: %s', async (_what, text) => {
    const here = await halfDone();
    await edit(here, '1_blocks.sql', text);
    const { outcome } = await here.run(accepted);
    expect(outcome.error).toMatchObject({ class: 'checksum', file: 'migrations/1_blocks.sql' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(await here.rows("select to_regclass('y') as y")).toEqual([{ y: null }]);
  });

  it('another run that goes on with it in the pause is seen', async () => {
    const here = await halfDone();
    const { outcome } = await here.run(accepted, {
      onPause: async () => {
        await here.client.query('insert into wanted values (7), (7)');
        await here.client.query(`update schema_migrations set progress = jsonb_set(progress, '{done}', '3')`);
      },
    });
    expect(ending(outcome)).toBe('refused 3 unchanged');
  });

  it('a block that loses a lock is tried again with what the file had set', async () => {
    const here = await scene(
      {
        '1_blocks.sql':
          'set search_path = app;\nbegin;\nalter table t add column b int;\ncommit;\nbegin; create table u (); commit;',
      },
      'create schema app; create table app.t (id int)',
    );
    const holder = await here.database.client();
    const { outcome, lines } = await here.run(
      { ...accepted, 'lock-timeout': '100ms' },
      {
        onPause: async () => {
          await holder.query('begin; lock table app.t in access share mode');
        },
        onLine: untilTriedAgain(holder),
      },
    );
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(lines.join('\n')).toContain('trying again');
    expect(await here.rows("select to_regclass('app.u') is not null as u")).toEqual([{ u: true }]);
  });

  it('a block that rolls back leaves nothing and is not run again', async () => {
    const here = await scene({
      '1_blocks.sql': 'begin; create table a (id int); rollback;\nbegin; create table b (id int); commit;',
    });
    expect(ending((await here.run(accepted)).outcome)).toBe('applied 0 migrated');
    expect(await here.rows("select to_regclass('a') as a, to_regclass('b') is not null as b")).toEqual([
      { a: null, b: true },
    ]);
  });
});

describe('statements that no transaction may hold', () => {
  const SETUP = 'create schema app; create table app.t (id int); insert into app.t values (1), (2)';
  const INDEX = {
    '1_before.sql': 'create table one (id int);',
    '2_index.sql': `set search_path = app;
create table note (id int);
create unique index concurrently t_once on t (id);
create table after (id int);`,
  };
  const double = async (here: Scene) => {
    await here.client.query('insert into app.t values (1)');
  };
  const VALID = `select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 'app.t'::regclass`;

  it('an index alone and among others', async () => {
    const here = await scene({ ...INDEX, '3_alone.sql': 'create index concurrently on app.t (id, id);' }, SETUP);
    const { outcome } = await here.run();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.predictedEqualsActual).toBe(true);
    expect(await here.rows(`${VALID} order by 1`)).toEqual([
      { name: 'app.t_id_id1_idx', valid: true },
      { name: 'app.t_once', valid: true },
    ]);
    expect(
      await here.rows(
        "select to_regclass('app.after') is not null as made, status from schema_migrations where version = '2'",
      ),
    ).toEqual([{ made: true, status: 'completed' }]);
  });

  it('an index that is left invalid is told, and cleaned up by the next run once the data is mended', async () => {
    const here = await scene(INDEX, SETUP);
    const { outcome } = await here.run(PAUSE, { onPause: () => double(here) });
    expect(ending(outcome)).toBe('failed 7 partially-migrated');
    expect(outcome).toMatchObject({
      applied: [{ version: '1' }],
      error: { class: 'constraint', sqlstate: '23505', file: 'migrations/2_index.sql', line: 3 },
    });
    expect(await here.rows(VALID)).toEqual([{ name: 'app.t_once', valid: false }]);
    expect(await here.rows("select status, progress from schema_migrations where version = '2'")).toMatchObject([
      { status: 'failed', progress: { done: 2, started: 3 } },
    ]);
    await here.client.query('delete from app.t where ctid = (select max(ctid) from app.t)');
    const next = await here.run();
    expect(ending(next.outcome)).toBe('applied 0 migrated');
    expect(next.lines.join('\n')).toContain('drop index concurrently if exists app.t_once');
    expect(await here.rows(VALID)).toEqual([{ name: 'app.t_once', valid: true }]);
    expect(await here.rows("select to_regclass('app.after') is not null as made")).toEqual([{ made: true }]);
  });

  it('as the only statement of the first file', async () => {
    const here = await scene({ '1_index.sql': 'create unique index concurrently t_once on app.t (id);' }, SETUP);
    const { outcome } = await here.run(PAUSE, { onPause: () => double(here) });
    expect(ending(outcome)).toBe('failed 7 partially-migrated');
  });

  it('a statement that is edited after it was begun: what it left is cleaned up under its old name', async () => {
    const here = await scene(INDEX, SETUP);
    await here.run(PAUSE, { onPause: () => double(here) });
    await edit(
      here,
      '2_index.sql',
      INDEX['2_index.sql'].replace('unique index concurrently t_once', 'index concurrently t_often'),
    );
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    expect(await here.rows(VALID)).toEqual([{ name: 'app.t_often', valid: true }]);
  });

  /** As a run that died right after its statement was through leaves it. */
  const finishedUnnoted = async (): Promise<Scene> => {
    const here = await scene(INDEX, SETUP);
    await here.run(PAUSE, { onPause: () => double(here) });
    await here.client.query('delete from app.t where ctid = (select max(ctid) from app.t)');
    await here.client.query('reindex index app.t_once');
    return here;
  };

  it('what the server finished and nobody noted is judged done', async () => {
    const here = await finishedUnnoted();
    const oid = "select 'app.t_once'::regclass::oid::int as oid";
    const before = await here.rows(oid);
    const { outcome, lines } = await here.run();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(lines.join('\n')).toContain('was finished by the run that was interrupted');
    expect(await here.rows(oid)).toEqual(before);
  });

  it('what the server finished must not have been edited', async () => {
    const here = await finishedUnnoted();
    await edit(here, '2_index.sql', INDEX['2_index.sql'].replace('on t (id)', 'on t (id, id)'));
    const { outcome } = await here.run();
    expect(outcome.error?.class).toBe('checksum');
    expect(outcome.databaseState).toBe('unchanged');
    expect(await here.rows(VALID)).toEqual([{ name: 'app.t_once', valid: true }]);
  });

  it('a killed session in the middle of a build', async () => {
    const here = await scene(INDEX, SETUP);
    const holder = await here.database.client();
    let killed: Promise<unknown> | null = null;
    const { outcome } = await here.run(
      { ...PAUSE, 'lock-timeout': '100ms' },
      {
        onPause: async () => {
          // An old snapshot, for which the build waits; lock-timeout does not cut that.
          await holder.query('begin isolation level repeatable read; insert into app.t values (3)');
        },
        onLine: (line) => {
          if (line !== 'Apply') return;
          killed = until(here.client, working('create unique index%')).then(async ({ pid }) => {
            await sleep(300);
            await here.client.query('select pg_terminate_backend($1)', [pid]);
          });
        },
      },
    );
    await killed;
    await holder.query('rollback');
    expect(ending(outcome)).toBe('failed 7 partially-migrated');
    expect(outcome.error?.class).toBe('connection');
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    expect(await here.rows(VALID)).toEqual([{ name: 'app.t_once', valid: true }]);
  });

  it.each([
    ['VACUUM', 'vacuum app.t;'],
    [
      'a session that is read-only by default',
      '-- gate: no-transaction\ncreate table r (id int);\nset default_transaction_read_only = on;\ninsert into r values (1);',
    ],
    ['a harmless file by directive', '-- gate: no-transaction\ncreate table h (id int);\ninsert into h values (1);'],
    ['REINDEX', 'reindex table concurrently app.t;'],
    ['a DO that commits', 'do $$ begin insert into app.t values (9); commit; insert into app.t values (10); end $$;'],
    [
      'a procedure that commits',
      'create procedure p() language plpgsql as $$ begin insert into app.t values (9); commit; end $$;\ncall p();',
    ],
    ['DETACH', 'alter table app.parts detach partition app.part concurrently;'],
    ['DROP INDEX', 'drop index concurrently app.old;'],
    [
      'an enum value used at once',
      "-- gate: no-transaction\nalter type app.mood add value 'so-so';\ninsert into app.moods values ('so-so');",
    ],
  ])('%s', async (_what, sql) => {
    const here = await scene({ '1_it.sql': sql, '2_after.sql': 'create table after (id int);' }, [
      SETUP,
      'create index old on app.t (id); create table app.parts (id int) partition by list (id); create table app.part partition of app.parts default',
      'alter table app.parts detach partition app.part; alter table app.parts attach partition app.part for values in (1)',
      "create type app.mood as enum ('good'); create table app.moods (m app.mood)",
    ]);
    const { outcome } = await here.run({ 'allow-hazards': 'dry-run-inconclusive, own-transactions' });
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(await here.rows(RECORDS)).toEqual([
      { version: '1', status: 'completed' },
      { version: '2', status: 'completed' },
    ]);
    expect((await here.run()).outcome.result).toBe('up-to-date');
  });

  it('code that commits and fails: nobody can tell from the catalog, and nobody claims to', async () => {
    const here = await scene(
      {
        '1_do.sql':
          'do $$ begin insert into app.t values (9); commit; insert into app.t select 1 / (2 - count(*)) from app.flag; end $$;',
      },
      [SETUP, 'create table app.flag (id int)'],
    );
    const { outcome } = await here.run(
      { ...PAUSE, 'allow-hazards': 'dry-run-inconclusive' },
      {
        onPause: async () => {
          await here.client.query('insert into app.flag values (1), (2)');
        },
      },
    );
    expect(ending(outcome)).toBe('failed 7 unknown');
    expect(await here.rows('select count(*)::int as n from app.t where id = 9')).toEqual([{ n: 1 }]);
    const next = await here.run({ 'allow-hazards': 'dry-run-inconclusive' });
    expect(next.outcome).toMatchObject({ databaseState: 'unchanged', error: { class: 'tool', line: 1 } });
    expect(await here.rows('select count(*)::int as n from app.t where id = 9')).toEqual([{ n: 1 }]);
  });

  it('REINDEX that fails leaves a twin, which the next run drops', async () => {
    const here = await scene({ '1_reindex.sql': '-- gate: lock-timeout=300ms\nreindex index concurrently app.old;' }, [
      SETUP,
      'create index old on app.t (id)',
    ]);
    const holder = await here.database.client();
    const { outcome } = await here.run(PAUSE, {
      onPause: async () => {
        await holder.query('begin; insert into app.t values (3)');
      },
    });
    await holder.query('rollback');
    expect(ending(outcome)).toBe('failed 7 partially-migrated');
    expect(outcome.error?.class).toBe('lock-timeout');
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    expect(await here.rows(VALID)).toEqual([{ name: 'app.old', valid: true }]);
  });

  it('is refused by name in transaction-mode all', async () => {
    const here = await scene(INDEX, SETUP);
    const { outcome } = await here.run({ 'transaction-mode': 'all' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error).toMatchObject({ class: 'not-in-transaction', file: 'migrations/2_index.sql' });
  });

  it('found only by running it, fails the dry run', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);', '2_call.sql': 'call app.p();' }, [
      SETUP,
      'create procedure app.p() language plpgsql as $$ begin commit; end $$',
    ]);
    const { outcome } = await here.run({ 'transaction-mode': 'all' });
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({ class: 'not-in-transaction', file: 'migrations/2_call.sql' });
  });
});
