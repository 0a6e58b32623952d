import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { splitWords } from '../../src/request/words.ts';

function problemsOf(text: string): readonly string[] {
  const reading = splitWords(text);
  return reading.kind === 'bad' ? reading.problems : [];
}

it.each<[string, readonly string[]]>([
  ['dbmate up', ['dbmate', 'up']],
  ['  uv\trun   alembic ', ['uv', 'run', 'alembic']],
  [`'my tool' up`, ['my tool', 'up']],
  ['"my tool" up', ['my tool', 'up']],
  ['my\\ tool', ['my tool']],
  [`a'b'"c"d`, ['abcd']],
  ['a "" b', ['a', '', 'b']],
  [`a ''`, ['a', '']],
  ['a "it\'s"', ['a', "it's"]],
  [`a 'say "x"'`, ['a', 'say "x"']],
  ['a "\\\\ \\" \\$ \\` \\n"', ['a', '\\ " $ ` \\n']],
  [`a '\\n'`, ['a', '\\n']],
  ["psql -c 'SELECT $1 || `x` > 2; -- *'", ['psql', '-c', 'SELECT $1 || `x` > 2; -- *']],
  ['a \\$HOME \\* \\; \\| \\~ \\#', ['a', '$HOME', '*', ';', '|', '~', '#']],
  ['a "*" "?" "[x]" "{a,b}" "~" "#" ";"', ['a', '*', '?', '[x]', '{a,b}', '~', '#', ';']],
  ['a x~ x#y HEAD~1', ['a', 'x~', 'x#y', 'HEAD~1']],
  ['env A=b tool --x=y', ['env', 'A=b', 'tool', '--x=y']],
  ['./a=b', ['./a=b']],
  ['a \\\n  b', ['a', 'b']],
  ['a "b\\\nc"', ['a', 'bc']],
  ["a 'b\nc'", ['a', 'b\nc']],
  ['bin/migrate --name Größe-🐘', ['bin/migrate', '--name', 'Größe-🐘']],
  ['a\u00a0b', ['a\u00a0b']],
])('%j', (text, words) => {
  expect(splitWords(text)).toEqual({ kind: 'words', words });
});

describe('what is refused, with its place', () => {
  it.each<[string, string]>([
    ['a | b', '`|` (character 3)'],
    ['a && b', '`&&` (character 3)'],
    ['a || b', '`||` (character 3)'],
    ['a;b', '`;` (character 2)'],
    ['a &', '`&` (character 3)'],
    ['a > out.log', '`>` (character 3)'],
    ['a 2>&1', '`>` (character 4)'],
    ['a >> out.log', '`>>` (character 3)'],
    ['psql < up.sql', '`<` (character 6)'],
    ['psql << EOF', '`<<` (character 6)'],
    ['(a)', '`(` (character 1)'],
    ['a $(b)', '`$(` (character 3)'],
    ['a "$(b)"', '`$(` (character 4)'],
    ['a `b`', 'a backtick (character 3)'],
    ['a "`b`"', 'a backtick (character 4)'],
    ['a $URL', '`$` (character 3)'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own form.
    ['a "x ${URL}"', '`$` (character 6)'],
    ['a "\\\\$URL"', '`$` (character 6)'],
    ["a $'x'", '`$` (character 3)'],
    ['a *.sql', '`*` (character 3)'],
    ['a ?.sql', '`?` (character 3)'],
    ['a [ab].sql', '`[` (character 3)'],
    ['a {up,down}', '`{` (character 3)'],
    ['~/bin/migrate', '`~` (character 1)'],
    ['a ~', '`~` (character 3)'],
    ['a b=~/x', '`~` (character 5)'],
    ['a b=x:~', '`~` (character 7)'],
    ['a # b', '`#` (character 3)'],
    ['a\nb', 'a line break (character 2)'],
    ['a\r\nb', 'a line break (character 2)'],
    ['a \\\r\nb', 'a line break (character 5)'],
    ['🐘 é | b', '`|` (character 5)'],
  ])('%j: %s', (text, what) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(what);
    expect(problems[0]).toContain('put the line into a script file');
  });

  it.each<[string, string]>([
    ["a 'b", "the ' at character 3 is never closed"],
    ['a "b', 'the " at character 3 is never closed'],
    ['a "b\\"', 'the " at character 3 is never closed'],
    [`a "b'c" 'd`, "the ' at character 9 is never closed"],
    ['a b\\', 'it ends in a single'],
    ['A=1 a', '`A=` (character 1) sets a variable'],
    ['PGOPTIONS="-c x=y" a', '`PGOPTIONS=` (character 1) sets a variable'],
    ['A+=1 a', '`A=` (character 1) sets a variable'],
    ['a \0', 'NUL'],
    ['', 'no program'],
    ['  ', 'no program'],
    ["'' a", 'no program'],
    ['\\\n', 'no program'],
  ])('%j: %s', (text, what) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(what);
  });

  it('all of it at once', () => {
    const [variable, operators, ...more] = problemsOf('A=1 a && b > $C');
    expect(variable).toContain('`A=`');
    expect(operators).toContain('`&&` (character 7), `>` (character 12), `$` (character 14): ');
    expect(more).toEqual([]);
  });

  it('without the text itself', () => {
    for (const text of ['a $hush', "a 'hush", 'a hush|hush', 'PGPASSWORD=hush a', 'a `hush` "hush'])
      expect(problemsOf(text).join('\n')).not.toContain('hush');
  });
});

it('what is taken has the words that bash would make of it', () => {
  const alphabet = [
    'a',
    'b',
    ' ',
    "'",
    '"',
    '\\',
    '\n',
    '$',
    '~',
    '#',
    '=',
    '*',
    '{',
    ',',
    '}',
    '!',
    ']',
    '-',
    'é',
    '`',
    ';',
  ];
  const taken: { text: string; words: readonly string[] }[] = [];
  let seed = 1;
  for (let round = 0; round < 40_000; round++) {
    let text = 'w ';
    for (let length = round % 9; length >= 0; length--) {
      seed = (seed * 48_271) % 2_147_483_647;
      text += alphabet[seed % alphabet.length];
    }
    const reading = splitWords(text);
    if (reading.kind === 'words') taken.push({ text, words: reading.words });
  }
  expect(taken.length).toBeGreaterThan(5000);
  const script = taken.map(({ text }) => `printf '%s\\0' ${text}\nprintf '\\n\\0'\n`).join('');
  const printed = execFileSync('bash', ['-s'], { input: script, maxBuffer: 1e8 }).toString().split('\0');
  expect(printed.slice(0, -1)).toEqual(taken.flatMap(({ words }) => [...words, '\n']));
});
