/** The shapes of text by which it is shown that twice the text is twice the work, and the readers that are shown it. */
import { classify } from '../../src/sql/classify.ts';
import { readDirectives } from '../../src/sql/directives.ts';
import { readScript, scanScript } from '../../src/sql/script.ts';
import { splitStatements } from '../../src/sql/split.ts';
import { readTokens } from '../../src/sql/tokens.ts';

/** Texts of any length that a reader may be slow at: `n` times their unit. */
export const SHAPES: Readonly<Record<string, (n: number) => string>> = {
  'nested comments': (n) => '/*'.repeat(n) + '*/'.repeat(n),
  'open comments': (n) => '/*'.repeat(n),
  'comments in a row': (n) => '/**/'.repeat(n),
  'line comments': (n) => '--x\n'.repeat(n),
  'line comments of old': (n) => '--x\r'.repeat(n),
  'directives of old': (n) => '-- gate: batch\r'.repeat(n),
  'one line comment': (n) => `--${'-'.repeat(n)}`,
  quotes: (n) => "'".repeat(n),
  'double quotes': (n) => '"'.repeat(n),
  'literals that go on': (n) => `select ${"'a' -- '\n".repeat(n)}`,
  'escapes that go on': (n) => `select ${"E'a'\n--x\n".repeat(n)}'`,
  backslashes: (n) => `E'${'\\'.repeat(n)}`,
  dollars: (n) => '$'.repeat(n),
  tags: (n) => '$a '.repeat(n),
  'tags in tags': (n) => `$x$${'$a$'.repeat(n)}`,
  'one tag': (n) => `$${'a'.repeat(n)}`,
  'one name': (n) => 'a'.repeat(n),
  'one name of other letters': (n) => '😀'.repeat(n),
  'names with dollars': (n) => 'a$'.repeat(n),
  semicolons: (n) => ';'.repeat(n),
  statements: (n) => 'select 1;'.repeat(n),
  parentheses: (n) => '('.repeat(n),
  'a body': (n) => `create function f() begin atomic ${'select 1;'.repeat(n)}`,
  blanks: (n) => ' '.repeat(n),
  'line ends': (n) => '\n'.repeat(n),
  'restrict lines': (n) => '\\restrict x\n'.repeat(n),
  operators: (n) => `select 1${'-+'.repeat(n)}`,
  digits: (n) => '1'.repeat(n),
  COPY: (n) => `copy ${'('.repeat(n)}`,
  SET: (n) => `set ${'a.'.repeat(n)}`,
  insert: (n) => `insert into ${'a.'.repeat(n)}b values (1)`,
};
/** Everything that reads SQL without a server. */
export const READERS: Readonly<Record<string, (text: string) => void>> = {
  split: (text) => void [...splitStatements([text])],
  'split in pieces': (text) => void [...splitStatements(text.match(/[\s\S]{1,256}/g) ?? [], () => undefined)],
  tokens: (text) => void [...readTokens(text)],
  directives: (text) => void readDirectives(text),
  script: (text) => void scanScript(readScript(splitStatements([text])), readDirectives('').directives),
  classify: (text) => void classify(text),
};
