import { describe, expect, test } from 'vitest';
import {
  checkOf,
  currentOf,
  type FindAlembic,
  findAlembic,
  historyOf,
  sqlOf,
  upgradeOf,
} from '../../src/engines/alembic/command.ts';

interface Machine {
  readonly files?: readonly string[];
  readonly programs?: readonly string[];
  /** Python programs that have alembic. */
  readonly pythons?: readonly string[];
}

function options(machine: Machine, more: Partial<FindAlembic> = {}): FindAlembic {
  return {
    workingDirectory: '/repo/api',
    given: null,
    config: 'alembic.ini',
    env: {},
    exists: async (path) => (machine.files ?? []).includes(path),
    onPath: async (program) => (machine.programs ?? []).includes(program),
    succeeds: async ([python = '', ...rest]) => {
      expect(rest).toEqual(['-c', 'import alembic.config']);
      return (machine.pythons ?? []).includes(python);
    },
    ...more,
  };
}

describe('findAlembic', () => {
  const everything: Machine = {
    files: ['/repo/api/uv.lock', '/repo/api/poetry.lock', '/repo/api/.venv/bin/alembic'],
    programs: ['uv', 'poetry', 'alembic', 'python'],
    pythons: ['python'],
  };

  test.each<[string, Machine, Partial<FindAlembic>, readonly string[]]>([
    ['what is given wins', everything, { given: ['pdm', 'run', 'alembic'] }, ['pdm', 'run', 'alembic']],
    ['uv where there is a lock and uv', everything, {}, ['uv', 'run', 'alembic']],
    ['the lock of a workspace above', { files: ['/repo/uv.lock'], programs: ['uv'] }, {}, ['uv', 'run', 'alembic']],
    [
      'no further up than the repository',
      { files: ['/repo/.git', '/uv.lock'], programs: ['uv', 'alembic'] },
      {},
      ['alembic'],
    ],
    ['poetry', { files: ['/repo/api/poetry.lock'], programs: ['poetry'] }, {}, ['poetry', 'run', 'alembic']],
    [
      'a lock without its tool is passed over',
      { files: ['/repo/api/uv.lock', '/repo/api/.venv/bin/alembic'], programs: ['alembic'] },
      {},
      ['/repo/api/.venv/bin/alembic'],
    ],
    ['venv', { files: ['/repo/api/venv/bin/alembic'] }, {}, ['/repo/api/venv/bin/alembic']],
    [
      "an environment in the ini's folder",
      { files: ['/repo/api/backend/.venv/bin/alembic'] },
      { config: 'backend/alembic.ini' },
      ['/repo/api/backend/.venv/bin/alembic'],
    ],
    [
      'the active one',
      { files: ['/envs/api/bin/alembic'], programs: ['alembic'] },
      { env: { VIRTUAL_ENV: '/envs/api' } },
      ['/envs/api/bin/alembic'],
    ],
    ['PATH', { programs: ['alembic', 'python'], pythons: ['python'] }, {}, ['alembic']],
    ['a module', { programs: ['python'], pythons: ['python'] }, {}, ['python', '-m', 'alembic']],
    [
      'a module of another Python',
      { programs: ['python', 'python3'], pythons: ['python3'] },
      {},
      ['python3', '-m', 'alembic'],
    ],
  ])('%s', async (_name, machine, more, words) => {
    expect(await findAlembic(options(machine, more))).toMatchObject({ words });
  });

  test('nothing: what was looked at, and what lacks', async () => {
    const machine: Machine = { files: ['/repo/uv.lock'], programs: ['python'] };
    expect(await findAlembic(options(machine, { env: { VIRTUAL_ENV: '/envs/api' } }))).toEqual({
      message:
        'alembic is not to be found: not in `.venv` or `venv`, in $VIRTUAL_ENV, not on PATH, not in python; there is `../uv.lock`, but uv is not on PATH (the action `astral-sh/setup-uv` puts it there)',
      next: expect.stringContaining('set `alembic-command`'),
    });
  });
});

test('the words of the subcommands', () => {
  const words = ['uv', 'run', 'alembic'] as const;
  const ini = 'db/alembic.ini';
  const all = [
    historyOf(words, ini),
    currentOf(words, ini),
    checkOf(words, ini),
    upgradeOf(words, ini, 'a1'),
    sqlOf(words, ini, null, 'a1'),
    sqlOf(words, ini, 'a1', 'head'),
  ];
  expect(all.map((one) => one.join(' '))).toEqual([
    'uv run alembic -c db/alembic.ini history --verbose',
    'uv run alembic -c db/alembic.ini current',
    'uv run alembic -c db/alembic.ini check',
    'uv run alembic -c db/alembic.ini upgrade a1',
    'uv run alembic -c db/alembic.ini upgrade a1 --sql',
    'uv run alembic -c db/alembic.ini upgrade a1:head --sql',
  ]);
});
