/** Applying: what commits together, what a failure leaves, and that the record and the database never disagree. */
import { setTimeout as sleep } from 'node:timers/promises';
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
    const here = await scene(FILES);
    let killed: Promise<void> | null = null;
    const { outcome } = await here.run(
      {},
      {
        onLine: (line) => {
          if (line !== 'Apply') return;
          killed = until(here.client, working('select pg_sleep%')).then(async ({ pid }) => {
            await here.client.query('select pg_terminate_backend($1)', [pid]);
          });
        },
      },
    );
    await killed;
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
    const seen = new Set<string>();
    for (let delay = 0; delay <= 330; delay += 15) {
      const here = await scene(FILES);
      let killed: Promise<unknown> | null = null;
      const kill = async () => {
        await sleep(delay);
        await here.client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'mgate%'
             and pid in (select pid from pg_locks where locktype = 'advisory')`,
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
      seen.add(ending(outcome));
      await consistent(here);
      const history = await here
        .rows(
          `select version from migration_history where status = 'failed' and version in
           (select version from schema_migrations where status = 'completed')`,
        )
        .catch(() => []);
      expect(history).toEqual([]);
      expect((await here.run()).outcome.exitCode).toBe(0);
      await consistent(here);
      await here.database.drop();
    }
    expect([...seen]).toContain('failed 7 partially-migrated');
  });

  it('after the last COMMIT was sent: what is committed is told, and nothing fails that is done', async () => {
    // A deferred trigger makes COMMIT itself long; the client's side of the connection is what breaks, not the server's.
    const here = await scene(
      { '1_slow.sql': 'insert into slow values (1);' },
      `create table slow (id int);
       create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return null; end $$;
       create constraint trigger at_commit after insert on slow deferrable initially deferred for each row execute function dawdle()`,
    );
    const proxy = await cuttableProxy(here.database.url);
    let cut: Promise<void> | null = null;
    const { outcome } = await here.run(
      {},
      {
        url: proxy.url,
        onLine: (line) => {
          if (line !== 'Apply') return;
          cut = until(here.client, working('commit')).then(() => proxy.cut());
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
          setTimeout(() => void holder.query('rollback'), 500);
        },
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
    const here = await scene({ '1_t.sql': `-- gate: lock-timeout=1500ms\n${ALTER['1_t.sql']}` }, SETUP);
    const holder = await here.database.client();
    const { outcome, lines } = await here.run(
      { ...PAUSE, 'lock-timeout': '50ms', 'lock-retries': '0' },
      {
        onPause: async () => {
          await holder.query('begin; lock table t in access share mode');
          setTimeout(() => void holder.query('rollback'), 500);
        },
      },
    );
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(lines.join('\n')).not.toContain('trying again');
  });

  it('a deadlock: the whole migration again', async () => {
    const here = await scene(
      {
        '1_t.sql': `alter table t add a int;\nselect pg_sleep(0.3);\nalter table u add b int;`,
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
        },
        onLine: (line) => {
          if (line === 'Apply') {
            theirs = until(here.client, working('select pg_sleep%'))
              .then(() => other.query('lock table t in access exclusive mode'))
              .then(() => other.query('rollback'));
          }
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
        '1_t.sql': `begin isolation level serializable;\nselect sum(id) from t;\nselect pg_sleep(0.3);\nupdate t set id = id + 1;\ncommit;`,
        '2_after.sql': 'create table after as select current_setting($$transaction_isolation$$) as level;',
      },
      'create table t (id int); insert into t values (1)',
    );
    let theirs: Promise<unknown> | null = null;
    const { outcome, lines } = await here.run(
      {},
      {
        onLine: (line) => {
          if (line === 'Apply') {
            theirs = until(here.client, working('select pg_sleep%')).then(() =>
              here.client.query('update t set id = id + 10'),
            );
          }
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
