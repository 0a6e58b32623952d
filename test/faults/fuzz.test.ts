/**
 * Texts by chance through everything that reads SQL without a server, judged by PostgreSQL: its scanner and its grammar for
 * every text, psql and a server for files. A failing text is printed at its shortest; `SEED=n` repeats a run.
 */
import { isUtf8 } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText } from '../../src/engines/sql/files.ts';
import { planMigration, scriptOf } from '../../src/engines/sql/script-file.ts';
import type { MigrationFile } from '../../src/plan/plan.ts';
import { redactor } from '../../src/report/redact.ts';
import { Stop } from '../../src/report/stop.ts';
import { classify } from '../../src/sql/classify.ts';
import { readDirectives } from '../../src/sql/directives.ts';
import { readScript, type ScriptEvent, scanScript } from '../../src/sql/script.ts';
import { splitStatements } from '../../src/sql/split.ts';
import { SqlProblem } from '../../src/sql/statement.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { dump } from '../support/dump.ts';
import { oneOf, randomOf, SEED, tally, times } from '../support/faults.ts';
import {
  cutUp,
  hostileText,
  NON_TRANSACTIONAL,
  OTHER_FORMS,
  otherwiseWritten,
  passwordStatement,
  psqlText,
  shrunk,
} from '../support/fuzz.ts';
import { splitWrongly, throwsOtherwise } from '../support/fuzz-checks.ts';
import { loadOracle, type Oracle, splitByPsql, splitByTokens } from '../support/fuzz-oracle.ts';
import { READERS, SHAPES } from '../support/fuzz-shapes.ts';
import { runGate, workspaceWith } from '../support/gate.ts';
import { pgMajor } from '../support/global-setup.ts';
import { randomFrom } from '../support/random.ts';
import { childEnvironment, psql } from '../support/tools.ts';

const count = tally('fuzz');
/** As many bytes of a file as are read at once. */
const CHUNK = 1 << 20;
let oracle: Oracle;
beforeAll(async () => {
  oracle = await loadOracle();
});

/** What a reader that never ends holds is this whole thread: another one says which input it was, and ends the process. */
const beat = new Int32Array(new SharedArrayBuffer(4));
const watchdog = new Worker(
  `const { workerData: { beat, seed } } = require('node:worker_threads');
   let seen = -1;
   let same = 0;
   setInterval(() => {
     const now = Atomics.load(beat, 0);
     same = now === seen && now > 0 ? same + 1 : 0;
     seen = now;
     if (same < 12) return;
     require('node:fs').writeSync(2, 'SEED=' + seed + ': input ' + now + ' is read for more than two minutes\\n');
     process.kill(process.pid, 'SIGKILL');
   }, 10000).unref();`,
  { eval: true, workerData: { beat, seed: SEED } },
);
watchdog.unref();
afterAll(() => watchdog.terminate());

/** Each input has numbers of its own, so that one can be made again without those before it. */
async function each(kind: string, often: number, check: (random: () => number) => string | null): Promise<void> {
  const salt = Math.floor(randomOf(kind)() * 2 ** 31);
  for (let at = 0; at < often; at++) {
    if (at % 500 === 0) await breathe();
    Atomics.store(beat, 0, at + 1);
    const wrong = check(randomFrom(salt + at));
    if (wrong !== null) throw new Error(`SEED=${SEED}, ${kind}, input ${at}: ${wrong}`);
    count(kind, 'survived');
  }
  Atomics.store(beat, 0, 0);
}

describe('the splitter and PostgreSQL', () => {
  it('agree where statements begin and end, however the text is cut', async () => {
    await each('texts', times(2_000, 1_000_000), (random) => {
      const text = hostileText(random);
      const wrong = splitWrongly(text, cutUp(text, random), oracle) ?? throwsOtherwise(text);
      if (wrong === null) return null;
      const any = (part: string) =>
        splitWrongly(part, part.split(''), oracle) ?? splitWrongly(part, [part], oracle) ?? throwsOtherwise(part);
      const fails = (part: string) => any(part)?.slice(0, 12) === wrong.slice(0, 12);
      const least = fails(text) ? shrunk(text, fails) : text;
      return `${JSON.stringify(least)}: ${any(least) ?? wrong}`;
    });
  });
});

describe('a statement', () => {
  const told = (sql: string) => {
    const { nonTransactional: alone, ...facts } = classify(sql);
    const told = { ...facts, alone: alone && { ...alone, plain: alone.plain !== null } };
    // The texts that a plain form is made of hold whatever stands in them.
    return JSON.stringify(told, (key, value) => (key === 'around' ? value.length : value)).toLowerCase();
  };

  it('says the same however it is written', async () => {
    await each('forms', times(1_000, 60_000), (random) => {
      const sql = oneOf(random() < 0.6 ? NON_TRANSACTIONAL : OTHER_FORMS, random);
      const other = otherwiseWritten(sql, oracle, random);
      return told(other) === told(sql) ? null : `${JSON.stringify(other)} says ${told(other)}, not ${told(sql)}`;
    });
  });

  it.each(NON_TRANSACTIONAL)('that no transaction allows is recognised: %s', (sql) => {
    expect(classify(sql).nonTransactional).not.toBeNull();
  });

  it('shows no password, whatever its literal', async () => {
    await each('passwords', times(500, 40_000), (random) => {
      const { sql, parts } = passwordStatement(random);
      const text = random() < 0.3 ? sql.slice(0, Math.floor(random() * sql.length)) : sql;
      const shown = redactor([])(text);
      const part = parts.find((one) => shown.includes(one));
      return part === undefined ? null : `${JSON.stringify(text)} is shown as ${JSON.stringify(shown)}`;
    });
  });
});

describe('directives', () => {
  const LINES: readonly (readonly [text: string, means: string])[] = [
    ['-- gate: no-transaction', 'noTransaction'],
    ['--gate:batch', 'batch'],
    ['--\tGATE: \u00a0 lock-timeout=2s  ', 'lock 2000'],
    ['-- gate: statement-timeout=0', 'statement 0'],
    ['-- gate: allow drop-column it\u2028is /* gone', 'allow drop-column it is /* gone'],
    ['-- gate: allow a b -- gate: batch', 'allow a b -- gate: batch'],
    ['-- gate: nonsense', 'problem'],
    ['-- gate: lock-timeout=x', 'problem'],
    ['-- gate:', 'problem'],
    ['-- gate no-transaction', 'problem'],
    ['-- the gate: batch', ''],
    ['--', ''],
    ['-- gateway: batch', ''],
    ['/* -- gate: batch\n-- gate: batch */', ''],
    ['/* /* */ -- gate: batch\n*/', ''],
    ['', ''],
    ['  \t\f', ''],
    ['\\restrict a-- gate: batch', ''],
    ['\\unrestrict', ''],
    ['/**/', ''],
  ];

  it('are what the leading comments say, and nothing else is', async () => {
    await each('directives', times(2_000, 100_000), (random) => {
      const end = oneOf(['\n', '\n', '\r\n', '\r'], random);
      let text = random() < 0.1 ? '\ufeff' : '';
      const meant: string[] = [];
      let leading = true;
      let line = 1;
      for (let left = Math.floor(random() * 9); left > 0; left--) {
        if (random() < 0.1) {
          text += oneOf([';', 'select 1;', "'", '$$', '(', 'é'], random) + end;
          leading = false;
        } else {
          const [written, means] = oneOf(LINES, random);
          const indent = oneOf(['', ' ', '/* é */ ', '\t'], random);
          if (leading && means !== '') meant.push(`${means}@${line + (written.match(/\n/g) ?? []).length}`);
          text += (written.startsWith('\\') ? '' : indent) + written + end;
          line += (written.match(/\n/g) ?? []).length;
        }
        line += end.includes('\n') ? 1 : 0;
      }
      const expected = settled(meant);
      const { directives, problems } = readDirectives(text);
      const found = {
        noTransaction: directives.noTransaction,
        batch: directives.batch,
        lock: directives.lockTimeoutMs,
        statement: directives.statementTimeoutMs,
        allow: directives.allow.map(({ rule, reason, line: at }) => `${rule} ${reason}@${at}`),
        problems: problems.map((problem) => problem.line),
      };
      const same = JSON.stringify(found) === JSON.stringify(expected);
      return same ? null : `${JSON.stringify(text)} says ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`;
    });
  });

  function settled(meant: readonly string[]) {
    const all = { noTransaction: false, batch: false, lock: null as number | null, statement: null as number | null };
    const [allow, problems]: [string[], number[]] = [[], []];
    for (const one of meant) {
      const [means = '', line] = one.split(/@(?=\d+$)/);
      if (means === 'noTransaction' || means === 'batch') all[means] = true;
      else if (means.startsWith('allow ')) allow.push(one.slice(6));
      else if (means === 'lock 2000' && all.lock === null) all.lock = 2_000;
      else if (means === 'statement 0' && all.statement === null) all.statement = 0;
      else problems.push(Number(line));
    }
    return { ...all, allow, problems };
  }
});

describe('a file', () => {
  let path: string;
  beforeAll(async () => {
    path = join(await workspaceWith({}), '1_a.sql');
  });
  const file = (): MigrationFile => ({
    version: '1',
    key: '1',
    name: 'a',
    file: '1_a.sql',
    path,
    bytes: 0,
    checksum: '',
  });
  const TEXT = [
    '-- gate: lock-timeout=2s é😀\r\nselect E\'\\\'😀;\' as "é"";" /* é /* ; */ */;\r\ndo $é$ ;😀 $é$;--é',
    "create function 名前() begin atomic select case when 'it''s' then 1 end; end;\rselect U&'\\0061;', $a$;$$;$a$;\ufeff😀",
  ].join('\r\n');

  it('is read the same at whatever byte a piece of it ends', () => {
    const statements = () =>
      [...scriptOf(file())].flatMap((event) => (event.kind === 'statement' ? [event.statement] : []));
    writeFileSync(path, `--\n${TEXT}`);
    const whole = statements();
    expect(whole).toHaveLength(5);
    const bytes = Buffer.byteLength(TEXT);
    for (let at = times(Math.floor(randomOf('borders')() * 16), 0); at <= bytes; at += times(16, 1)) {
      writeFileSync(path, `--${'x'.repeat(CHUNK - 3 - at)}\n${TEXT}`);
      expect([...readText(file())], 'pieces').toHaveLength(at === bytes ? 1 : 2);
      expect(statements(), `SEED=${SEED}, cut at byte ${at}`).toEqual(whole);
      count('borders of pieces', 'survived');
    }
  });

  it('is UTF-8, or refused', async () => {
    const PARTS = [
      'ff',
      'c0af',
      'eda080',
      'edbfbf',
      'f4908080',
      'e282',
      '80',
      'fffe',
      '00',
      'efbbbf',
      'f09f9880',
      '0d',
    ];
    await each('bytes', times(150, 20_000), (random) => {
      const text = Buffer.from(hostileText(random));
      const at = Math.floor(random() * (text.length + 1));
      const part = Buffer.from(oneOf(PARTS, random), 'hex');
      const bytes = Buffer.concat([text.subarray(0, at), part, text.subarray(at + Math.floor(random() * 3))]);
      writeFileSync(path, bytes);
      let read: string | null = null;
      try {
        read = [...readText(file())].join('');
        planMigration(file());
      } catch (error) {
        if (!(error instanceof Stop)) throw error;
        if (read === null && !/UTF-|NUL/.test(error.message)) return `${bytes.toString('hex')}: ${error.message}`;
      }
      const good = isUtf8(bytes) && !bytes.includes(0);
      return read === (good ? bytes.toString() : null) ? null : `${bytes.toString('hex')} is read as ${read}`;
    });
  });
});

describe('psql', () => {
  let tool: readonly string[];
  let theirs: Database;
  let ours: Database;
  let folder: string;
  let clients: readonly [pg.Client, pg.Client];
  beforeAll(async () => {
    tool = await psql();
    theirs = await freshDatabase();
    ours = await freshDatabase();
    folder = await workspaceWith({});
    clients = [await theirs.client(), await ours.client()];
  });

  const CLEAN = `do $$ begin execute (select coalesce(string_agg(format('drop schema %I cascade', nspname), ';'), '')
      from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'); end $$;
    create schema public; create table public.seen (n serial, v text); create table public.t (a int); reset all`;

  /** As apply sends it, on a connection of its own; null: all of it ran. */
  async function send(text: string): Promise<{ said: string; bySplitter: boolean } | null> {
    const client = new pg.Client({ connectionString: ours.url });
    client.on('error', () => undefined);
    await client.connect();
    const query = (sql: string) => client.query({ text: sql, queryMode: 'extended' } as pg.QueryConfig);
    let whole = false;
    try {
      const script = scanScript(readScript(splitStatements([text])), readDirectives(text).directives);
      if (script.problems[0]) return { said: script.problems[0].message, bySplitter: true };
      whole = script.transactional;
      if (whole) await query(script.wrapper ?? 'begin');
      for (const event of readScript(splitStatements([text]))) await sendEvent(event, whole, query);
      if (whole) await query('commit');
      return null;
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (/multiple commands/.test(said)) throw new Error(`two statements in one message: ${JSON.stringify(text)}`);
      return { said, bySplitter: error instanceof SqlProblem };
    } finally {
      await client.end();
    }
  }

  async function sendEvent(
    event: ScriptEvent,
    whole: boolean,
    query: (sql: string) => Promise<unknown>,
  ): Promise<void> {
    if (event.kind === 'statement') await query(event.statement.sql);
    else if (whole) return;
    else if (event.kind === 'begin-unit') {
      if (event.begin !== null) await query(event.begin);
      inBlock = event.begin !== null;
    } else if (inBlock) {
      await query(event.end);
      inBlock = false;
    }
  }
  let inBlock = false;

  /** What contract and messages say that we refuse though psql runs it. */
  const OURS_ALONE =
    /is a command of psql|^COPY \.\.\. |without a BEGIN before it|^a backslash in '|inside of the block that|file ends before its COMMIT|two-phase commit|cannot run in a transaction block: move/;

  /** An E'...' that goes on in a later line: psql reads lines, and takes what goes on for a literal without escapes. */
  const GOES_ON = /e'(?:[^'\\]|\\.|'')*'\s*(?:--[^\r\n]*)?[\r\n](?:\s|--[^\r\n]*[\r\n])*'/is;

  /** Where psql sends the server something else than what PostgreSQL's own scanner and grammar read; null: nothing of the kind. */
  function psqlStumbles(text: string): string | null {
    const bare = text.replace(/^\ufeff/, '');
    const tokens = oracle.scan(bare);
    const cut = Array.isArray(tokens)
      ? splitByPsql(bare, tokens).join() !== splitByTokens(bare, tokens).statements.join()
      : /atomic/i.test(text) && /\bend\b[^;]*;.*\bend\b/is.test(text);
    if (cut) return 'a body that psql cuts in two';
    return GOES_ON.test(text) ? 'a literal that psql cuts in two' : null;
  }

  async function compared(text: string): Promise<{ ending: string; wrong: string | null }> {
    await Promise.all(clients.map((client) => client.query(CLEAN)));
    writeFileSync(join(folder, 'up.sql'), text);
    const [program = '', ...rest] = tool;
    const options = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', 'up.sql'];
    const run = spawnSync(program, [...rest, ...options], {
      cwd: folder,
      env: childEnvironment(theirs.url),
      timeout: 60_000,
    });
    const refused = run.status !== 0;
    const mine = await send(text);
    if (refused && mine) return { ending: 'refused by both', wrong: null };
    if (mine) {
      const ending = `refused by us alone: ${OURS_ALONE.exec(mine.said)?.[0] ?? mine.said}`;
      return { ending, wrong: mine.bySplitter && OURS_ALONE.test(mine.said) ? null : ending };
    }
    if (refused) {
      const known = psqlStumbles(text);
      return { ending: known ?? `run by us alone: ${run.stderr}`, wrong: known === null ? String(run.stderr) : null };
    }
    const [one, other] = await Promise.all([dump(theirs.url), dump(ours.url)]);
    const known = one === other ? null : psqlStumbles(text);
    if (known !== null) return { ending: known, wrong: null };
    return { ending: 'run by both', wrong: one === other ? null : `another database:\n${one}\n---\n${other}` };
  }

  it('runs what we run, and refuses what we refuse', async () => {
    const random = randomOf('psql');
    for (let left = times(12, 2_500); left > 0; left--) {
      // A vertical tab parts words since PostgreSQL 16; before, the server refuses it where it is sent.
      const text = pgMajor < 16 ? psqlText(random).replaceAll('\v', ' ') : psqlText(random);
      const { ending, wrong } = await compared(text);
      if (wrong !== null) {
        expect.fail(`SEED=${SEED}: ${JSON.stringify(await shrunkFile(text))}: ${wrong}`);
      }
      count('files for psql', ending);
    }
  });

  /** By lines only: each try is two programs. */
  async function shrunkFile(text: string): Promise<string> {
    let parts = text.split(/(?<=[;\n])/);
    for (let at = 0; at < parts.length; ) {
      const fewer = parts.filter((_, index) => index !== at);
      if ((await compared(fewer.join(''))).wrong !== null) parts = fewer;
      else at++;
    }
    return parts.join('');
  }

  it('a database whose literals end elsewhere is refused', async () => {
    const database = await freshDatabase();
    const client = await database.client();
    await client.query(
      `alter database "${new URL(database.url).pathname.slice(1)}" set standard_conforming_strings = off`,
    );
    const workspace = await workspaceWith({ 'migrations/0001_a.sql': "create table b as select '\\' as c;" });
    const { outcome } = await runGate(workspace, database.url, {});
    expect(outcome).toMatchObject({ result: 'failed', databaseState: 'unchanged' });
    expect(outcome.error?.message).toMatch(/^standard_conforming_strings is off /);
  });

  it('and the whole gate does too', async () => {
    const random = randomOf('gate');
    for (let left = times(1, 100); left > 0; left--) {
      const text = psqlText(random);
      const { ending, wrong } = await compared(text);
      expect(wrong, JSON.stringify(text)).toBeNull();
      await clients[1].query(CLEAN);
      const workspace = await workspaceWith({ 'migrations/0001_a.sql': text });
      const { outcome } = await runGate(workspace, ours.url, { 'fail-on': 'none', 'tracking-schema': 'mgate_own' });
      const ran = outcome.result === 'applied';
      const said = `SEED=${SEED}: ${JSON.stringify(text)}: ${ending}, by the gate ${outcome.result} ${outcome.error?.message}`;
      expect(ran, said).toBe(ending === 'run by both' || / that psql cuts/.test(ending));
      if (ran) {
        const { rows } = await clients[1].query('select v from public.seen order by n');
        const proof = await clients[0].query('select v from public.seen order by n');
        if (ending === 'run by both') expect(rows, said).toEqual(proof.rows);
      } else expect(outcome.databaseState, said).not.toBe('migrated');
      count('files for the gate', outcome.result);
    }
  });
});

describe('twice the text is twice the work', () => {
  /** How many characters of texts are looked at while `read` runs; those that regular expressions look at are not seen. */
  function work(read: () => void): number {
    const { charCodeAt, indexOf, [Symbol.iterator]: iterate } = String.prototype;
    let seen = 0;
    String.prototype.charCodeAt = function (at: number) {
      seen++;
      return charCodeAt.call(this, at);
    };
    String.prototype.indexOf = function (part: string, from = 0) {
      const found = indexOf.call(this, part, from);
      seen += 1 + Math.max(0, (found < 0 ? this.length : found) - from);
      return found;
    };
    String.prototype[Symbol.iterator] = function () {
      seen += this.length;
      return iterate.call(this);
    };
    try {
      read();
    } catch (error) {
      if (!(error instanceof SqlProblem)) throw error;
    } finally {
      String.prototype.charCodeAt = charCodeAt;
      String.prototype.indexOf = indexOf;
      String.prototype[Symbol.iterator] = iterate;
    }
    return seen;
  }

  it.each(Object.keys(READERS))('%s', (reader) => {
    for (const [family, make] of Object.entries(SHAPES)) {
      const read = READERS[reader] as (text: string) => void;
      const [small, large] = [make(1_000), make(8_000)];
      const [few, many] = [work(() => read(small)), work(() => read(large))];
      expect(many / Math.max(few, 1_000), `${family}: ${few} looks, then ${many}`).toBeLessThan(12);
      expect(many / large.length, `${family}: ${many} looks at ${large.length} characters`).toBeLessThan(20);
      count(`work of ${reader}`, 'linear');
    }
  });
});
