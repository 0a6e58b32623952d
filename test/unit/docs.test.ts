/** What the documents claim to be shown by tests. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testsNamedIn, unshown } from '../../scripts/docs.ts';

const onDisk = async (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : null);

describe('docs/threat-model.md', () => {
  const text = readFileSync('docs/threat-model.md', 'utf8');

  it('names tests that there are, for each of its rows', async () => {
    expect(testsNamedIn(text).length).toBeGreaterThan(40);
    expect(await unshown(text, onDisk)).toEqual([]);
  });

  it('is found: from the README, and from where a vulnerability is reported', () => {
    for (const file of ['README.md', 'SECURITY.md'])
      expect(readFileSync(file, 'utf8')).toContain('](docs/threat-model.md)');
  });
});

describe('this check', () => {
  const read = async (file: string) =>
    file === 'test/unit/a.test.ts' ? "it('one', f); it.each(X)(`two`, f); 'three'" : null;
  const table = (row: string) =>
    `| Tries | What stops it | Shown by |\n| --- | --- | --- |\n${row}\n\n| a | table | else |\n`;
  it.each([
    ['| a | b | `unit/a` "one"; `unit/a` "two" |', []],
    ['| a | b | `unit/a` "three" |', ['test/unit/a.test.ts has no test "three"']],
    ['| a | b | `unit/b` "one" |', ['there is no test/unit/b.test.ts']],
    ['| a | b | nobody |', ['names no test: | a | b | nobody |']],
  ])('%s', async (row, problems) => expect(await unshown(table(row), read)).toEqual(problems));
});
