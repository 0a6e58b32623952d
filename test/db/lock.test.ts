/** One gate at a time, and nothing left of it when it is over. */
import { describe, expect, it } from 'vitest';
import { freeStrandedLock, lockKey, tryLock } from '../../src/postgres/lock.ts';
import { connect } from '../../src/postgres/session.ts';
import { type Files, folderWith } from '../support/dry-run.ts';
import { addFiles, type GateRun, runGate } from '../support/gate.ts';
import { targetOf } from '../support/relay.ts';
import { loginBeginningAs, withRole } from '../support/roles.ts';
import { endBackends, ending, leftBehind, type Scene, scene, until, working } from '../support/scene.ts';

const HELD = `select pid, classid::text || '/' || objid as key from pg_locks where locktype = 'advisory'
   and database = (select oid from pg_database where datname = current_database())`;
/** Takes as long as there is a row. */
const WAITS = `do $$ begin while exists (select from held) loop perform pg_sleep(0.01); end loop; end $$;`;
const HELD_UP = 'create table held as select 1';
const SLOW = { '1_slow.sql': `create table slow (id int);\n${WAITS}` };
const goOn = (here: Scene) => here.client.query('delete from held');
const session = (url: string) => connect(targetOf({ name: new URL(url).pathname.slice(1), url }), 'mgate/test', 10_000);

/** A gate that is in its dry run while `meanwhile` lasts. */
async function during(here: Scene, first: Promise<GateRun>, meanwhile: () => Promise<unknown>): Promise<GateRun> {
  await until(here.client, working('do $$%'));
  await meanwhile();
  await goOn(here);
  return first;
}

describe('one gate at a time', () => {
  it('a second one waits, and then finds that there is nothing to do', async () => {
    const here = await scene(SLOW, HELD_UP);
    const first = runGate(
      here.workspace,
      here.database.url,
      {},
      { env: { GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '2', GITHUB_REPOSITORY: 'acme/shop' } },
    );
    let second: Promise<GateRun> | null = null;
    const done = await during(here, first, async () => {
      await new Promise<void>((resolve) => {
        const onLine = (line: string) => (line.startsWith('another gate') ? resolve() : undefined);
        second = runGate(here.workspace, here.database.url, {}, { onLine });
      });
    });
    expect(ending(done.outcome)).toBe('applied 0 migrated');
    const waited = await (second as unknown as Promise<GateRun>);
    expect(ending(waited.outcome)).toBe('up-to-date 0 unchanged');
    expect(waited.lines.join('\n')).toMatch(/another gate holds the lock \(mgate\/.*pid \d+/);
    expect(await leftBehind(here.client)).toEqual([]);
    expect(await here.rows('select count(*)::int as n from migration_history')).toEqual([{ n: 1 }]);
  });

  it('lock-wait is the limit; the holder is named', async () => {
    const here = await scene(SLOW, HELD_UP);
    const first = runGate(here.workspace, here.database.url);
    const done = await during(here, first, async () => {
      const [holder] = await here.rows(HELD);
      for (const wait of ['0', '200ms']) {
        const { outcome } = await runGate(here.workspace, here.database.url, { 'lock-wait': wait });
        expect(ending(outcome)).toBe('refused 5 unchanged');
        expect(outcome.error).toMatchObject({
          class: 'lock-timeout',
          message: expect.stringMatching(new RegExp(`mgate/.*pid ${holder?.pid}\\b`)),
          next: expect.stringContaining(`pg_terminate_backend(${holder?.pid})`),
        });
      }
    });
    expect(ending(done.outcome)).toBe('applied 0 migrated');
  });

  it('what the holder does is told, and a lock that nobody can give back any more is freed, though a role hides the sessions of its login', async () => {
    await withRole(
      '',
      async (owner, here) => {
        const url = await loginBeginningAs(owner, here);
        const done = await during(here, runGate(here.workspace, url, { 'tracking-schema': 'gate' }), async () => {
          const inputs = { 'lock-wait': '0', 'tracking-schema': 'gate' };
          const { outcome } = await runGate(here.workspace, url, inputs);
          expect(ending(outcome)).toBe('refused 5 unchanged');
          expect(outcome.error?.message).toMatch(/pid \d+, connected since \d{4}-.* UTC, active since \d{4}-.* UTC/);
        });
        expect(ending(done.outcome)).toBe('applied 0 migrated');
        const [holder, other] = [await session(url), await session(url)];
        const taken = await tryLock(holder, '4711');
        expect(taken).toEqual({ taken: holder.startupPid });
        await freeStrandedLock(other, '4711', holder.startupPid);
        await until(
          here.client,
          `select where not exists (select from pg_stat_activity where pid = ${holder.startupPid})`,
        );
        expect(await tryLock(other, '4711')).toEqual({ taken: other.startupPid });
        await Promise.all([holder, other].map((one) => one.end()));
      },
      SLOW,
      [
        'create schema gate authorization ROLE',
        'grant all on schema public to ROLE',
        `${HELD_UP}; grant all on held to ROLE`,
      ],
    );
  });

  it('reading only needs no lock', async () => {
    const here = await scene(SLOW, HELD_UP);
    await during(here, runGate(here.workspace, here.database.url), async () => {
      expect(
        ending((await runGate(here.workspace, here.database.url, { mode: 'status', 'lock-wait': '0' })).outcome),
      ).toBe('reported 0 unchanged');
      expect(
        ending((await runGate(here.workspace, here.database.url, { mode: 'verify', 'lock-wait': '0' })).outcome),
      ).toBe('failed 1 unchanged');
    });
  });

  it('two at once: each migration once', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);', '2_b.sql': 'create table b (id int);' });
    const runs = await Promise.all([1, 2, 3, 4].map(() => runGate(here.workspace, here.database.url)));
    expect(runs.map((run) => run.outcome.result).sort()).toEqual(['applied', 'up-to-date', 'up-to-date', 'up-to-date']);
    expect(await here.rows('select count(*)::int as n from migration_history')).toEqual([{ n: 2 }]);
  });

  it('the review pause does not hold it; another pending set afterwards is refused', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);' });
    const paused = await here.run(
      { 'review-delay': '1ms' },
      {
        onPause: async () => {
          expect(await here.rows(HELD)).toEqual([]);
          await addFiles(here.workspace, { 'migrations/2_b.sql': 'create table b (id int);' });
        },
      },
    );
    expect(ending(paused.outcome)).toBe('refused 3 unchanged');
    expect(paused.outcome.error?.class).toBe('checksum');
  });

  it('a gate that came between during the pause and still works is waited for', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);' }, HELD_UP);
    const slow = await folderWith({ '1_a.sql': 'create table a (id int);', '2_slow.sql': WAITS });
    let other: Promise<GateRun> | null = null;
    const paused = await runGate(
      here.workspace,
      here.database.url,
      { 'review-delay': '1ms', 'lock-wait': '50ms' },
      {
        onPause: async () => {
          other = runGate(slow, here.database.url);
          await until(here.client, working('do $$%'));
        },
      },
    );
    expect(ending(paused.outcome)).toBe('refused 5 unchanged');
    await goOn(here);
    expect(ending((await (other as unknown as Promise<GateRun>)).outcome)).toBe('applied 0 migrated');
  });

  it('other tracking schemas and other databases are other gates', async () => {
    const here = await scene(SLOW, HELD_UP);
    const there = await scene(SLOW, HELD_UP);
    await during(here, runGate(here.workspace, here.database.url), async () => {
      const other = await folderWith({ '1_other.sql': 'create table other (id int);' });
      const inputs = { 'tracking-schema': 'apart', 'lock-wait': '0', 'allow-hazards': 'another-tool' };
      expect(ending((await runGate(other, here.database.url, inputs)).outcome)).toBe('applied 0 migrated');
      expect(ending((await runGate(other, there.database.url, { 'lock-wait': '0' })).outcome)).toBe(
        'applied 0 migrated',
      );
    });
  });

  it('application_name says which run it is, in 63 bytes', async () => {
    const here = await scene(SLOW, HELD_UP);
    const first = runGate(
      here.workspace,
      here.database.url,
      {},
      {
        env: { GITHUB_RUN_ID: '12345678901', GITHUB_RUN_ATTEMPT: '3', GITHUB_REPOSITORY: `acme/${'näme'.repeat(20)}` },
      },
    );
    await during(here, first, async () => {
      const [row] = await here.rows(
        "select application_name as name, octet_length(application_name) as bytes from pg_stat_activity where application_name like 'mgate%' and datname = current_database()",
      );
      expect(row?.name).toMatch(/^mgate\//);
      expect(row?.bytes).toBeLessThanOrEqual(63);
    });
  });
});

describe('a file that gives up every advisory lock of its session', () => {
  /** Waits, in apply alone, as long as `go` holds a row and the condition does not hold; half a minute at most. */
  const waiting = (condition: string) =>
    `do $wait$ begin for look in 1..600 loop exit when not exists (select from go) or ${condition}; perform pg_sleep(0.05); end loop; end $wait$;`;
  const inTheSecond = async (files: Files, meanwhile: (here: Scene) => Promise<void>, inputs = {}) => {
    const here = await scene(files, 'create table go (id int)');
    const meeting: { done: Promise<void> | null } = { done: null };
    const { outcome } = await runGate(
      here.workspace,
      here.database.url,
      { 'review-delay': '1ms', 'fail-on': 'none', ...inputs },
      {
        onPause: async () => {
          await here.client.query('insert into go values (1)');
        },
        onLine: (line) => {
          if (line === 'Apply')
            meeting.done = until(here.client, working('do $wait$%'))
              .then(() => meanwhile(here))
              .finally(() => here.client.query('delete from go'));
        },
      },
    );
    await meeting.done;
    return { here, outcome };
  };

  it.each([
    ['in its transaction', { '1_up.sql': 'select pg_advisory_unlock_all();', '2_b.sql': waiting('false') }],
    ['statement by statement', { '1_up.sql': `discard all;\n${waiting('false')}` }],
    ['in a block', { '1_up.sql': `begin; select pg_advisory_unlock_all(); commit;\n${waiting('false')}` }],
  ])('%s: what follows runs under the lock again', async (_what, files: Files) => {
    const { outcome } = await inTheSecond(files, async (here) => {
      const other = await runGate(here.workspace, here.database.url, { 'lock-wait': '0' });
      expect(ending(other.outcome)).toBe('refused 5 unchanged');
    });
    expect(ending(outcome)).toBe('applied 0 migrated');
  });

  it('stops where another gate has it by then', async () => {
    // Of this database: somebody may be waiting for one in another.
    const asked = `exists (select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database()))`;
    const files = { '1_up.sql': `${waiting(asked)}\ndiscard all;\nselect 1;`, '2_b.sql': 'create table b (id int);' };
    const { here, outcome } = await inTheSecond(files, async (here) => {
      const other = await here.database.client({ application_name: 'another gate' });
      await other.query('select pg_advisory_lock($1)', [lockKey('public')]);
    });
    expect(ending(outcome)).toBe('failed 7 partially-migrated');
    expect(outcome.error).toMatchObject({
      class: 'lock-timeout',
      message: expect.stringMatching(/1_up\.sql gave up every advisory lock.*another gate, pid \d+/),
    });
    expect(await here.rows("select to_regclass('b') as b")).toEqual([{ b: null }]);
  });

  it('in the dry run: apply has it again', async () => {
    const here = await scene({ '1_up.sql': 'select pg_advisory_unlock_all();' });
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
  });
});

describe('a connection lost in the pause', () => {
  it('is made again: whatever ends silent connections does not end the deployment', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);' });
    const { outcome } = await here.run(
      { 'review-delay': '1ms' },
      {
        onPause: async () => {
          await endBackends(here.client, "datname = current_database() and application_name like 'mgate%'");
        },
      },
    );
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
  });
});

describe('cancelled', () => {
  const PAUSE = { 'review-delay': '1ms' };

  it('in the review pause: nothing was changed', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);' });
    const abort = new AbortController();
    const { outcome } = await here.run(PAUSE, { signal: abort.signal, onPause: async () => abort.abort() });
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
    expect(outcome.stages.find((one) => one.stage === 'review')?.status).toBe('cancelled');
    expect(await here.rows("select to_regclass('schema_migrations') as t")).toEqual([{ t: null }]);
  });

  it('while it waits for the lock', async () => {
    const here = await scene(SLOW, HELD_UP);
    const abort = new AbortController();
    await during(here, runGate(here.workspace, here.database.url), async () => {
      const second = runGate(
        here.workspace,
        here.database.url,
        {},
        {
          signal: abort.signal,
          onLine: (line) => {
            if (line.startsWith('another gate')) abort.abort();
          },
        },
      );
      expect(ending((await second).outcome)).toBe('cancelled 6 unchanged');
    });
  });

  const longAt = (here: Scene, abort: AbortController, pattern: string) => {
    const cancelled: { done: Promise<void> | null; at: number } = { done: null, at: Number.NaN };
    const cancel = () => {
      cancelled.at = Date.now();
      abort.abort();
    };
    return {
      cancelled,
      onLine: (line: string) => {
        if (line === 'Apply') cancelled.done = until(here.client, working(pattern)).then(cancel);
      },
    };
  };
  const LONG = 'select pg_sleep(case when exists (select 1 from go) then 30 else 0 end);';

  const CASES: readonly (readonly [what: string, files: Files, expected: string, inputs: Files])[] = [
    ['in the first migration', { '1_long.sql': `create table a (id int); ${LONG}` }, 'cancelled 6 unchanged', {}],
    [
      'in a later one',
      { '0_a.sql': 'create table a (id int);', '1_long.sql': LONG, '2_b.sql': 'select 2;' },
      'cancelled 7 partially-migrated',
      {},
    ],
    [
      'in one of all',
      { '0_a.sql': 'create table a (id int);', '1_long.sql': LONG, '2_b.sql': 'select 2;' },
      'cancelled 6 unchanged',
      { 'transaction-mode': 'all' },
    ],
    [
      'in one that goes statement by statement',
      { '1_long.sql': `-- gate: no-transaction\ncreate table a (id int);\n${LONG}` },
      'cancelled 7 partially-migrated',
      {},
    ],
  ];
  it.each(CASES)('in a long statement of apply: %s', async (_what, files, expected, inputs) => {
    const here = await scene(files, 'create table go (id int)');
    const abort = new AbortController();
    const { cancelled, onLine } = longAt(here, abort, '%pg_sleep(case%');
    const { outcome } = await here.run(
      { ...PAUSE, ...inputs },
      {
        signal: abort.signal,
        onLine,
        onPause: async () => {
          await here.client.query('insert into go values (1)');
        },
      },
    );
    await cancelled.done;
    // The statement's own end would have been later.
    expect(Date.now() - cancelled.at).toBeLessThan(15_000);
    expect(ending(outcome)).toBe(expected);
    expect(outcome.error?.class).toBe('cancelled');
    await here.client.query('delete from go');
    expect(ending((await here.run({ ...inputs })).outcome)).toBe('applied 0 migrated');
  });
});
