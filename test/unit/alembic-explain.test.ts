import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type AlembicExplanation, explainAlembic } from '../../src/engines/alembic/explain.ts';

interface Recorded {
  readonly name: string;
  readonly from: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const recorded = readFileSync(new URL('./alembic-explain.txt', import.meta.url), 'utf8')
  .split(/^#### /m)
  .slice(1)
  .map((text): Recorded => {
    const [title = '', ...rest] = text.split('\n');
    const [name = '', version, driver, exit = ''] = title.split(' | ');
    const [stdout = '', stderr = ''] = rest.join('\n').split('\n## stderr\n');
    return { name, from: `${version}, ${driver}`, code: Number(exit.replace('exit ', '')), stdout, stderr };
  });

/** What each must say, whatever version and driver said it: parts of the texts, and the whole of the rest. */
type Expected = Partial<Pick<AlembicExplanation, 'class' | 'sqlstate' | 'file' | 'line'>> & {
  readonly message?: string;
  readonly meaning?: string;
  readonly next?: string;
};

const VERSIONS = '/app/alembic/versions';
const FIRST = { file: `${VERSIONS}/aaaaaaaaaaaa_first_one.py`, line: 20 };

const EXPECTED: Readonly<Record<string, Expected | null>> = {
  up: null,
  quit: null,
  failing: {
    class: 'missing-object',
    sqlstate: '42P01',
    file: `${VERSIONS}/171560750004_balances_from_the_ledger.py`,
    line: 21,
    message: 'relation "ledger" does not exist',
  },
  'dup table': { ...FIRST, class: 'duplicate-object', sqlstate: '42P07' },
  integrity: { ...FIRST, class: 'constraint', sqlstate: '23505', message: 'unique constraint "i_pkey"' },
  'syntax sql': { ...FIRST, class: 'syntax', sqlstate: '42601' },
  'statement timeout': { ...FIRST, class: 'statement-timeout', sqlstate: '57014' },
  permission: { ...FIRST, class: 'permission', sqlstate: '42501' },
  killed: { ...FIRST, class: 'connection', next: 'pg_isready' },
  'concurrently in tx': { ...FIRST, class: 'not-in-transaction', sqlstate: '25001', next: 'autocommit_block' },
  'enum used': { ...FIRST, class: 'not-in-transaction', sqlstate: '55P04', next: 'autocommit_block' },
  'long id': { class: 'constraint', sqlstate: '22001', meaning: '32 characters' },
  'no version table': {
    class: 'missing-object',
    sqlstate: '42P01',
    meaning: 'no version table',
    next: 'alembic stamp',
  },
  'python error': { ...FIRST, class: 'tool', message: 'RuntimeError: two lines', next: 'at line 20' },
  'name error': { ...FIRST, class: 'tool', message: "no attribute 'create_tabel'" },
  chained: { ...FIRST, line: 23, class: 'tool', message: 'RuntimeError: backfill failed' },
  'file syntax': { ...FIRST, class: 'syntax', message: 'SyntaxError: invalid syntax' },
  'module in revision': { ...FIRST, class: 'tool', meaning: 'imports the package `nosuchapp`' },
  'env import error': { class: 'tool', file: '/app/alembic/env.py', line: 13, next: "project's locked requirements" },
  'no driver': { class: 'tool', meaning: 'driver `psycopg2`', next: '`psycopg2-binary`' },
  'no driver psycopg': { class: 'tool', meaning: 'driver `psycopg`', next: '`psycopg[binary]`' },
  'refused conn': { class: 'connection', sqlstate: null, meaning: 'refused the connection' },
  'bad password': { class: 'authentication', meaning: 'did not accept the password' },
  'no database': { class: 'connection', meaning: 'no database of this name' },
  unresolvable: { class: 'connection', meaning: 'cannot be resolved' },
  'no env var': { class: 'input', file: '/app/alembic/env.py', line: 17, next: '`database-url-env: DATABASE_URL`' },
  'empty url': { class: 'input', meaning: 'empty or is no URL', next: 'database-url-env' },
  'secret url': { file: '/app/alembic/env.py' },
  'unknown dialect': { class: 'input', meaning: '`postgresql://`', next: '=postgresql://{user}' },
  'async env, sync driver': { class: 'input', meaning: 'names `psycopg2`', next: '=postgresql+asyncpg://{user}' },
  'sync env, asyncpg': { class: 'input', next: '=postgresql+psycopg2://{user}' },
  'asyncpg sslmode': { class: 'input', meaning: '`sslmode=`' },
  percent: { class: 'input', meaning: 'written `%%`' },
  'bad target': { class: 'order', meaning: '`zzzz`', next: 'git log --all --oneline -S zzzz' },
  'unknown revision current': { class: 'order', meaning: '`deadbeef0000`', next: '-S deadbeef0000' },
  'relative target': { class: 'input', meaning: '`+99`' },
  'not up to date': {},
  'two heads': { class: 'order', next: 'alembic merge -m "merge heads" heads' },
  'two heads revision': { class: 'order', next: 'alembic merge' },
  overlap: { class: 'order', meaning: '`daa66d130002`' },
  cycle: { class: 'order', meaning: '`aaaaaaaaaaaa, bbbbbbbbbbbb`' },
  'missing parent': {
    class: 'order',
    message: 'names the revision nothere00000, which no file has',
    meaning: '`down_revision`',
    next: '-S nothere00000',
  },
  'same id': {
    class: 'order',
    message: 'UserWarning: Revision aaaaaaaaaaaa is present more than once',
    meaning: 'never runs the other',
  },
  'check new ops': { class: 'verification', next: 'alembic revision --autogenerate' },
  'check none': { class: null, message: 'No new upgrade operations detected.' },
  'check no metadata': { class: 'tool', meaning: '`target_metadata`' },
  'bad subcommand': { class: 'tool', meaning: 'these arguments' },
  'no ini': { class: 'input', next: 'alembic-config' },
  'no script_location': { class: 'input', next: 'script_location' },
  'no script folder': { class: 'input', meaning: 'nowhere`' },
  'no versions': {},
  'uv without alembic': { class: 'tool', next: 'uv add alembic' },
  'poetry without alembic': { class: 'tool', next: 'poetry install' },
  'python without alembic': { class: 'tool', meaning: 'This Python has no alembic' },
};

describe('what was recorded', () => {
  test('is all of it expected, and the other way round', () => {
    expect([...new Set(recorded.map(({ name }) => name))].sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  test.each(recorded)('$name ($from)', ({ name, ...output }) => {
    const expected = EXPECTED[name];
    const found = explainAlembic(output);
    if (expected === null || expected === undefined) return expect(found).toBeNull();
    const { message = '', meaning = '', next = '', ...rest } = expected;
    expect(found).toMatchObject({
      ...rest,
      message: expect.stringContaining(message),
      meaning: expect.stringContaining(meaning),
      next: expect.stringContaining(next),
    });
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  test.each([
    ['not up to date', 2, 'Upgrade alembic'],
    ['not up to date', 255, 'alembic upgrade head'],
    ['no versions', 1, 'git keeps no empty folder'],
    ['no versions', 255, 'aaaaaaaaaaaa'],
  ])('%s, exit %i, as old and new alembic tell it', (name, code, text) => {
    const output = recorded.find((one) => one.name === name && one.code === code);
    expect(JSON.stringify(output && explainAlembic(output))).toContain(text);
  });
});

describe('made up', () => {
  const failed = (stderr: string, stdout = '') => explainAlembic({ code: 1, stdout, stderr });

  test('nothing known is null', () => {
    expect(failed('Killed\n')).toBeNull();
    expect(failed('')).toBeNull();
    expect(explainAlembic({ code: null, stdout: '', stderr: 'INFO  [alembic] FAILED: not at the start' })).toBeNull();
  });

  test("an error of alembic's own that is not in the list is still told", () => {
    expect(failed('', 'FAILED: Something new in 2030')).toMatchObject({
      class: 'tool',
      message: 'FAILED: Something new in 2030',
    });
  });

  test.each([
    ["FAILED: No such revision or branch 'abc'", 'input', '`abc`'],
    ["FAILED: Multiple revisions start with 'ab12': 'ab12cd', 'ab12ef'...", 'input', '`ab12`'],
    ['FAILED: Revision a1 is not an ancestor of revision b2', 'order', 'No way leads up'],
    ['FAILED: Destination a1 is not a valid upgrade target from current head(s)', 'order', 'No way leads up'],
    ['FAILED: Dependency cycle is detected in revisions (a1, b2)', 'order', '`a1, b2`'],
  ])('%s', (stdout, kind, meaning) => {
    expect(failed('', stdout)).toMatchObject({ class: kind, meaning: expect.stringContaining(meaning) });
  });

  test('colours, Windows line ends and paths are seen through', () => {
    const stderr = [
      'Traceback (most recent call last):',
      '  File \x1b[35m"C:\\app\\alembic\\versions\\ab_x.py"\x1b[0m, line \x1b[35m7\x1b[0m, in \x1b[35mupgrade\x1b[0m',
      '    boom()',
      '\x1b[1;35mZeroDivisionError\x1b[0m: \x1b[35mdivision by zero\x1b[0m',
    ].join('\r\n');
    expect(failed(stderr)).toMatchObject({
      message: 'ZeroDivisionError: division by zero',
      file: 'C:\\app\\alembic\\versions\\ab_x.py',
      line: 7,
    });
  });

  test('a name cannot leave its backticks, nor a word its quotes', () => {
    const found = failed('', "FAILED: Can't locate revision identified by 'a`; rm -rf ~ `$(x)'");
    expect(found?.meaning).toContain("`a'; rm -rf ~ '$(x)`");
    expect(found?.next).toContain("-S 'a; rm -rf ~ $(x)'");
  });

  test('a long output is read at its end', () => {
    const stderr = `${'noise\n'.repeat(300_000)}Traceback (most recent call last):\nKeyError: 'x'\n`;
    expect(failed(stderr)?.message).toBe("KeyError: 'x'");
  });
});
