/** Tools that do not behave: whatever they do, nothing of it reaches the database in a dry run, and the report says what it was. */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  asCommand,
  type Commanded,
  dryRunCommand,
  ending,
  nodeTool,
  psqlFile,
  runCommand,
  write,
} from '../support/command.ts';
import type { Database } from '../support/database.ts';
import { databaseWith } from '../support/dry-run.ts';
import { workspaceWith } from '../support/gate.ts';
import { loginBeginningAs, withRole } from '../support/roles.ts';
import { until } from '../support/scene.ts';
import { nodePgMigrateProject, psql } from '../support/tools.ts';

const SETUP = 'create table t (id int primary key); insert into t select n from generate_series(1, 100) n';

const PASSED = { result: 'dry-run-passed', exitCode: 0, databaseState: 'unchanged' };
const FAILED = { result: 'failed', exitCode: 1, databaseState: 'unchanged' };
const REFUSED = { result: 'refused', exitCode: 3, databaseState: 'unchanged' };
const INCONCLUSIVE = { result: 'dry-run-inconclusive', exitCode: 3, databaseState: 'unchanged' };

/** Its process is there, and alive. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return false;
  const text = readFileSync(stat, 'latin1');
  return !/^[ZX]/.test(text.slice(text.lastIndexOf(')') + 2));
}

const places = (database: Database) => {
  const { hostname, port, username, password, pathname } = new URL(database.url);
  return { host: hostname, port, user: username, password, name: pathname.slice(1) };
};

describe('how a tool ends', () => {
  it('well, and has done nothing: up to date, no token and no pause', async () => {
    const database = await databaseWith(SETUP);
    const tool = await nodeTool('await (await connect()).end();');
    const production = { mode: 'apply', environment: 'production' };
    const { outcome } = await dryRunCommand(tool, database, production, { onPause: () => expect.fail('a pause') });
    expect(ending(outcome)).toEqual({ result: 'up-to-date', exitCode: 0, databaseState: 'unchanged' });
  });

  it('well, and has never connected: refused, with what to do', async () => {
    const { outcome } = await dryRunCommand(await nodeTool(''), await databaseWith(SETUP));
    expect(ending(outcome)).toEqual(REFUSED);
    expect(outcome.error?.message).toMatch(/never connected through the rehearsal.*DATABASE_URL/);
    expect(outcome.error?.next).toMatch(/database-url-env/);
  });

  it('with an error, after all went well', async () => {
    const tool = await nodeTool(`const a = await connect();
      await a.query('create table x (id int)');
      await a.end();
      console.error('the lights went out');
      process.exitCode = 1;`);
    const { outcome } = await dryRunCommand(tool, await databaseWith(SETUP));
    expect(ending(outcome)).toEqual(FAILED);
    expect(outcome.error).toMatchObject({ class: 'tool', message: 'node ended with exit code 1: the lights went out' });
  });

  it('killed, in the middle of its transaction', async () => {
    const tool = await nodeTool(`const a = await connect();
      await a.query('begin');
      await a.query('create table x (id int)');
      process.kill(process.pid, 'SIGKILL');`);
    const { outcome } = await dryRunCommand(tool, await databaseWith(SETUP));
    expect(ending(outcome)).toEqual(FAILED);
    expect(outcome.error?.message).toMatch(/SIGKILL/);
  });

  it('killed in apply, after it has committed something: told, and found in the database', async () => {
    const database = await databaseWith(SETUP);
    const tool = await nodeTool(`const a = await connect();
      await a.query('create table one (id int)');
      if (!process.env.MIGRATION_GATE_REHEARSAL) process.kill(process.pid, 'SIGKILL');
      await a.query('create table two (id int)');
      await a.end();`);
    const { outcome } = await runCommand(tool, database.url);
    expect(ending(outcome)).toEqual({ result: 'failed', exitCode: 7, databaseState: 'partially-migrated' });
  });

  it('killed in apply, before it has committed anything', async () => {
    const database = await databaseWith(SETUP);
    const tool = await nodeTool(`const a = await connect();
      await a.query('begin');
      await a.query('create table one (id int)');
      if (!process.env.MIGRATION_GATE_REHEARSAL) process.kill(process.pid, 'SIGKILL');
      await a.query('commit');
      await a.end();`);
    const { outcome } = await runCommand(tool, database.url);
    expect(ending(outcome)).toEqual(FAILED);
  });

  it('not at all: stopped with all that it has started, inconclusive, and told as far as it came', async () => {
    const tool = await nodeTool(`import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      const child = spawn('sleep', ['600'], { stdio: 'ignore' });
      writeFileSync('pids', process.pid + ' ' + child.pid);
      const a = await connect();
      await a.query('create table x (id int)');
      writeFileSync('came-so-far', '');
      await sleep(600_000);`);
    const database = await databaseWith(SETUP);
    // How far it comes in a time depends on the machine.
    const run = async (limit: string) => (await dryRunCommand(tool, database, { 'dry-run-timeout': limit })).outcome;
    let outcome = await run('2s');
    if (!existsSync(join(tool.folder, 'came-so-far'))) outcome = await run('15s');
    expect(ending(outcome)).toEqual(INCONCLUSIVE);
    expect(outcome.error?.message).toMatch(/dry-run-timeout/);
    const pids = readFileSync(join(tool.folder, 'pids'), 'utf8').split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(outcome.migrations).toMatchObject([
      { status: 'not-executed', statements: [{ sql: 'create table x (id int)' }] },
    ]);
  });
});

describe('connections', () => {
  it('two of them that take turns', async () => {
    const tool = await nodeTool(`const [a, b] = [await connect(), await connect()];
      await a.query('begin');
      await a.query('create table x (id int)');
      await b.query('select 1');
      await a.query('commit');
      await b.query('insert into x values (1)');
      await a.query("set application_name = 'one'");
      const { rows } = await b.query('show application_name');
      if (rows[0].application_name === 'one') throw new Error('settings of another');
      await Promise.all([a.end(), b.end()]);`);
    const { outcome } = await dryRunCommand(tool, await databaseWith(SETUP));
    expect(ending(outcome), outcome.error?.message).toEqual(PASSED);
    expect(outcome.migrations[0]?.statements.map(({ sql }) => sql.slice(0, 8))).toEqual(['create t', 'insert i']);
  });

  it.each<readonly [string, (database: Database) => Promise<Commanded>]>([
    [
      'a URL of its own',
      async (database) =>
        nodeTool(`const a = await connect({ connectionString: ${JSON.stringify(database.url)} });
        await a.query('create table x (id int)');
        await a.end();`),
    ],
    [
      'a second connection that goes past us',
      async (database) =>
        nodeTool(`await (await connect()).end();
        const a = await connect({ connectionString: ${JSON.stringify(database.url)} });
        await a.query('create table x (id int)');
        await a.end();`),
    ],
    [
      '.pgpass and words of its own',
      async (database) => {
        const { host, port, user, password, name } = places(database);
        const tool = await psqlFile('create table x (id int);\n');
        await writeFile(join(tool.folder, '.pgpass'), `${host}:${port}:*:*:${password}\n`, { mode: 0o600 });
        const [program = ''] = await psql();
        return {
          ...tool,
          apply: [program, '-X', '-h', host, '-p', port, '-U', user, '-d', name, '-w', '-f', 'up.sql'],
        };
      },
    ],
    [
      'a service file',
      async (database) => {
        const { host, port, user, password, name } = places(database);
        const tool = await psqlFile('create table x (id int);\n');
        const service = `[shop]\nhost=${host}\nport=${port}\nuser=${user}\npassword=${password}\ndbname=${name}\n`;
        await writeFile(join(tool.folder, '.pg_service.conf'), service);
        const [program = ''] = await psql();
        return { ...tool, apply: [program, '-X', '-d', 'service=shop', '-f', 'up.sql'] };
      },
    ],
  ])('%s: nothing of it reaches the database', async (how, make) => {
    const database = await databaseWith(SETUP);
    const tool = await make(database);
    const { outcome } = await dryRunCommand(tool, database, {}, { env: { HOME: tool.folder } });
    if (how === 'a service file') {
      // It is given an empty one.
      expect(ending(outcome)).toEqual(FAILED);
      expect(outcome.error?.message).toMatch(/"shop" not found/);
      return;
    }
    expect(ending(outcome)).toEqual(REFUSED);
    expect(outcome.error?.message).toMatch(/tried to connect to the database itself/);
    expect(outcome.error?.next).toMatch(/database-url-env/);
  });

  it('a tool that is known only by the table that it makes', async () => {
    const database = await databaseWith(SETUP);
    const { folder, apply, probe } = await nodePgMigrateProject(await workspaceWith({}));
    await write(folder, { 'go.sh': `exec ${asCommand(apply)}\n`, 'look.sh': `exec ${asCommand(probe)}\n` });
    const tool = { folder, apply: ['sh', 'go.sh'], probe: ['sh', 'look.sh'] };
    const { outcome } = await dryRunCommand(tool, database);
    expect(ending(outcome)).toEqual(PASSED);
    expect(outcome.pending).toHaveLength(6);
    const applied = (await runCommand(tool, database.url)).outcome;
    expect(ending(applied)).toEqual({ result: 'applied', exitCode: 0, databaseState: 'migrated' });
    expect(applied).toMatchObject({ predictedEqualsActual: true, planDigest: outcome.planDigest });
    expect(applied.applied).toEqual(outcome.pending);
  });

  it('a tool that nobody could probe, allowed', async () => {
    const tool = {
      ...(await nodeTool(`await (await connect()).query('create table x (id int)'); process.exit();`)),
      probe: null,
    };
    const { outcome } = await dryRunCommand(tool, await databaseWith(SETUP), { 'allow-hazards': 'unprobed-command' });
    expect(ending(outcome)).toEqual(PASSED);
  });
});

describe('others at work', () => {
  it('is kept waiting, and tries again', async () => {
    const database = await databaseWith(SETUP);
    const client = await database.client();
    await client.query('begin; lock table t in access share mode');
    const tool = await psqlFile('create table y (id int);\nalter table t add column z int;\n');
    const run = await dryRunCommand(
      tool,
      database,
      { 'lock-timeout': '300ms', 'lock-retries': '5' },
      {
        onLine: async (line) => {
          if (/trying again/.test(line)) await client.query('rollback');
        },
      },
    );
    expect(ending(run.outcome)).toEqual(PASSED);
    expect(run.outcome.rehearsal?.attempts).toBeGreaterThan(1);
    expect(run.lines).toContainEqual(expect.stringMatching(/up\.sql:2 could not get its lock \(55P03/));
  });

  it('is kept waiting for too long', async () => {
    const database = await databaseWith(SETUP);
    const client = await database.client();
    await client.query('begin; lock table t in access share mode');
    const tool = await psqlFile('alter table t add column z int;\n');
    const { outcome } = await dryRunCommand(tool, database, { 'lock-timeout': '200ms', 'lock-retries': '1' });
    await client.query('rollback');
    expect(ending(outcome)).toEqual(INCONCLUSIVE);
    expect(outcome.error).toMatchObject({ class: 'lock-timeout' });
  });

  it('keeps somebody waiting: it is stopped, tried again, and told who waited for what', async () => {
    const database = await databaseWith(SETUP);
    const client = await database.client({ application_name: 'the shop' });
    const tool = await nodeTool(`const a = await connect();
      await a.query('begin');
      await a.query('alter table t add column z int');
      console.log('locked');
      await sleep(60_000);`);
    const waiting: Promise<unknown>[] = [];
    const run = await dryRunCommand(
      tool,
      database,
      { 'max-blocking': '300ms', 'lock-retries': '1' },
      {
        onLine: (line) => {
          if (/locked$/.test(line)) waiting.push(client.query('select count(*) from t'));
        },
      },
    );
    await Promise.all(waiting);
    const { outcome } = run;
    expect(ending(outcome)).toEqual(INCONCLUSIVE);
    expect(outcome.blocked.map(({ application, statementIndex }) => [application, statementIndex])).toEqual([
      ['the shop', 1],
      ['the shop', 1],
    ]);
    expect(run.lines.filter((line) => /locked$/.test(line))).toHaveLength(2);
    expect(outcome.migrations).toMatchObject([{ statements: [{ locks: [{ relation: 'public.t' }] }] }]);
  });

  it('somebody else records a migration of the same tool: they wait, and the dry run steps back', async () => {
    const database = await databaseWith(
      'create table schema_migrations (version varchar primary key); create table t (id int)',
    );
    const client = await database.client({ application_name: 'another deployment' });
    const look = 'select version from schema_migrations';
    const tool = await nodeTool(
      `const a = await connect();
      await a.query('${look}');
      await a.query('create table z (id int)');
      console.log('at work');
      await sleep(60_000);`,
      `const a = await connect();
      await a.query('${look}');
      await a.end();`,
    );
    const waiting: Promise<unknown>[] = [];
    const { outcome } = await dryRunCommand(
      tool,
      database,
      { 'max-blocking': '300ms', 'lock-retries': '0' },
      {
        onLine: (line) => {
          if (/at work$/.test(line))
            waiting.push(client.query(`begin; insert into schema_migrations values ('1'); rollback`));
        },
      },
    );
    await Promise.all(waiting);
    expect(ending(outcome)).toEqual(INCONCLUSIVE);
    expect(outcome.blocked.map(({ application }) => application)).toEqual(['another deployment']);
  });
});

describe('a login whose sessions begin as a role that is told nothing of them', () => {
  const TOOLS = {
    'psql -f': () => psqlFile('begin; create table app.a (id int); commit;\ncreate index concurrently on app.a (id);'),
    // In apply alone: it leaves its backend at work, which then commits or not.
    'one that leaves while the server is at work': () =>
      nodeTool(`const client = await connect(); await client.query('create table app.a (id int)');
        if (process.env.MIGRATION_GATE_REHEARSAL) await client.end();
        else {
          client.query('begin; create table app.late (id int); select pg_sleep(0.8); commit').catch(() => {});
          await sleep(200); process.exit(1);
        }`),
    'one that cancels what it is at': () =>
      nodeTool(`const client = await connect(); await client.query('create table app.a (id int)');
        let over = false;
        const long = client.query('select pg_sleep(20)').catch(({ code }) => code).finally(() => { over = true; });
        const asks = Buffer.alloc(16);
        [16, 80877102, client.processID, client.secretKey].forEach((one, at) => asks.writeInt32BE(one, at * 4));
        // One that is there before the server is at the statement does nothing, as with any client.
        await sleep(300);
        while (!over) {
          (await import('node:net')).connect(client.port, client.host).end(asks);
          await Promise.race([long, sleep(4_000, null, { ref: false })]);
        }
        await client.query('create table app.b as select ' + (await long) + ' as code');
        await client.end();`),
  };
  const ENDS = { 'one that leaves while the server is at work': 'partially-migrated' } as Record<string, string>;
  const TABLES = `select relname::text as name from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r' order by 1`;

  it.each(Object.entries(TOOLS))('%s', async (name, tool) => {
    await withRole(
      '',
      async (owner, here) => {
        const url = await loginBeginningAs(owner, here);
        const { outcome } = await runCommand(await tool(), url, { 'tracking-schema': 'app' });
        const then = await here.rows(TABLES);
        expect(outcome.databaseState).toBe(ENDS[name] ?? 'migrated');
        await until(
          here.client,
          `select where not exists (select from pg_stat_activity where application_name like 'mgate%' and datname = current_database())`,
        );
        expect(await here.rows(TABLES)).toEqual(then);
        if (name.includes('cancels')) expect(await here.rows('select code from app.b')).toEqual([{ code: 57014 }]);
        expect(await here.rows(`select relowner::regrole::text as owner from pg_class where relname = 'a'`)).toEqual([
          { owner },
        ]);
      },
      {},
      ['create schema app authorization ROLE'],
    );
  });
});
