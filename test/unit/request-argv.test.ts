import { describe, expect, it } from 'vitest';
import { helpText, readArgv } from '../../src/request/argv.ts';
import { INPUTS, MODE_TABLE } from '../../src/request/inputs.ts';

describe('arguments that are taken', () => {
  it.each<[string, Record<string, string>, boolean, boolean]>([
    ['apply', { mode: 'apply' }, false, false],
    ['--mode status', { mode: 'status' }, false, false],
    ['rollback', { mode: 'rollback' }, false, false],
    ['apply --dry-run --version=01 --verbose', { mode: 'dry-run', 'target-version': '01' }, true, false],
    ['apply --version 01', { mode: 'apply', 'target-version': '01' }, false, false],
    ['apply --target-version 01', { mode: 'apply', 'target-version': '01' }, false, false],
    ['dry-run --dry-run --json', { mode: 'dry-run' }, false, true],
    ['--verbose verify', { mode: 'verify' }, true, false],
    ['--lock-wait 5m apply', { mode: 'apply', 'lock-wait': '5m' }, false, false],
    ['apply --allow-out-of-order', { mode: 'apply', 'allow-out-of-order': 'true' }, false, false],
    ['apply --allow-out-of-order false', { mode: 'apply', 'allow-out-of-order': 'false' }, false, false],
    ['apply --allow-out-of-order=maybe', { mode: 'apply', 'allow-out-of-order': 'maybe' }, false, false],
    ['--allow-out-of-order apply', { mode: 'apply', 'allow-out-of-order': 'true' }, false, false],
    ['apply --allow-hazards a --allow-hazards=b,c', { mode: 'apply', 'allow-hazards': 'a\nb,c' }, false, false],
    ['apply --lock-retries -1', { mode: 'apply', 'lock-retries': '-1' }, false, false],
    ['apply --artifact-name=--x=y', { mode: 'apply', 'artifact-name': '--x=y' }, false, false],
    ['apply --database-url env', { mode: 'apply', 'database-url': 'env' }, false, false],
    ['apply --database-url=postgres://u@h/d', { mode: 'apply', 'database-url': 'postgres://u@h/d' }, false, false],
    ['apply --confirm-token=', { mode: 'apply', 'confirm-token': '' }, false, false],
    [
      'apply --confirm-token MIGRATE-PRODUCTION',
      { mode: 'apply', 'confirm-token': 'MIGRATE-PRODUCTION' },
      false,
      false,
    ],
  ])('%s', (line, raw, verbose, json) => {
    expect(readArgv(line.split(' '))).toEqual({ kind: 'inputs', raw, verbose, json, problems: [] });
  });

  it.each([
    ['--help', 'help'],
    ['-h', 'help'],
    ['apply --nonsense --help', 'help'],
    ['--version', 'version'],
  ])('%s is %s', (line, kind) => {
    expect(readArgv(line.split(' '))).toEqual({ kind });
  });
});

describe('arguments that are refused', () => {
  it.each<[string, [string, string][]]>([
    ['', [['mode', 'no mode is given; allowed: dry-run, apply, status, verify']]],
    ['--verbose', [['mode', 'no mode is given']]],
    ['aply', [['mode', 'did you mean `apply`?']]],
    ['apply now', [['mode', '"now" is one word too many']]],
    ['apply --mode apply', [['mode', 'given twice']]],
    ['status --dry-run', [['mode', 'not with status']]],
    ['apply --dry-run=false', [['dry-run', 'takes no value']]],
    ['apply --json=1', [['json', 'takes no value']]],
    ['apply --version', [['target-version', 'needs a value']]],
    ['apply --version --verbose', [['target-version', 'needs a value']]],
    ['apply --version=', [['target-version', 'empty value']]],
    ['apply --plan-digest=', [['plan-digest', 'empty value']]],
    ['apply --version 1 --target-version 2', [['target-version', 'twice']]],
    ['apply --lock-wait', [['lock-wait', 'needs a value']]],
    ['apply --lock-wait 1s --lock-wait 2s', [['lock-wait', 'twice']]],
    ['apply --lock-wiat 1s', [['lock-wiat', 'did you mean `--lock-wait`?']]],
    ['apply --lock_wait=1s', [['lock_wait', 'did you mean `--lock-wait`?']]],
    ['apply --verbos', [['verbos', 'did you mean `--verbose`?']]],
    ['apply -v', [['-v', 'there is no option `-v`']]],
    ['apply -p=x', [['-p', 'there is no option `-p`']]],
    ['apply --', [['command line', 'is no option']]],
    ['apply --__proto__=x', [['__proto__', 'there is no option']]],
    ['apply --database-url postgres://u:hunter2@h/d', [['database-url', 'DATABASE_URL']]],
    ['apply --database-url=postgres://h/d?user=u&password=hunter2', [['database-url', '`--database-url env`']]],
    ['apply --database-url=postgres://u:hun#hunter2@h/d', [['database-url', 'every process']]],
    ['apply --database-url=host=h\tpassword=hunter2', [['database-url', 'every process']]],
    ['apply --rehearsal-database-url postgres://u:hunter2@h/d', [['rehearsal-database-url', 'REHEARSAL_DATABASE_URL']]],
    ['postgres://u:hunter2@h/d', [['mode', 'not shown']]],
    ['apply postgres://u:hunter2@h/d', [['mode', 'not shown']]],
    ['apply --databse-url postgres://u:hunter2@h/d', [['databse-url', '`--database-url`']]],
    ['apply --postgres://u:hunter2@h/d', [['command line', 'not shown']]],
    ['--x=1 --lock-wait aply status', [['x', 'no option']]],
  ])('%s', (line, expected) => {
    const reading = readArgv(line === '' ? [] : line.split(' '));
    expect(reading).toMatchObject({
      problems: expected.map(([input, fragment]) => ({ input, message: expect.stringContaining(fragment) })),
    });
    expect(JSON.stringify(reading)).not.toContain('hunter2');
  });
});

describe('help', () => {
  it('fits 100 columns', () => {
    expect(
      helpText()
        .split('\n')
        .filter((line) => line.length > 100),
    ).toEqual([]);
  });

  it('names every mode and every input, in order', () => {
    const heads =
      helpText()
        .match(/^ {2}(?:--)?[a-z-]+(?= )/gm)
        ?.map((head) => head.trim()) ?? [];
    const inputs = INPUTS.filter((spec) => spec.name !== 'mode').map((spec) => `--${spec.name}`);
    expect(heads).toEqual(expect.arrayContaining([...MODE_TABLE.map((mode) => mode.name), ...inputs]));
    expect(heads.filter((head) => inputs.includes(head as (typeof inputs)[number]))).toEqual(inputs);
  });
});
