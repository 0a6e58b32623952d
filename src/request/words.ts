/**
 * A command line as words, by the shell's quoting rules and without a shell. What a shell would do besides is refused and
 * never handed on as an argument: `migrate && seed` would run `migrate` with two words that it may well pass over.
 */

export type WordsReading =
  /** At least one word, of which the first is not empty. */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Positions are in characters, from 1. Nothing of the text is repeated but operators and the name of a variable. */
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** One piece of a word, or what stands between two; together they take in any text. */
const PIECE =
  /(?<continued>\\\n)|\\(?<escaped>.)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?<space>[ \t]+)|(?<shell>&&|\|\||;;|>>|<<|\$\(|[|&;<>()$`*?[{]|\r?\n|\r)|(?<plain>[^\\'" \t|&;<>()$`*?[{\r\n]+)|(?<open>['"\\])/gsy;
/** Where a variable is set before the program's name. */
const ASSIGNMENT = /^([A-Za-z_]\w*)\+?=/;

/** Splits a command line into words, or says everything that is wrong with it. */
export function splitWords(text: string): WordsReading {
  const words: string[] = [];
  const forShell: string[] = [];
  const problems: string[] = [];
  /** Null: between two words. '' is a word: `""`. */
  let word: string | null = null;
  const place = (index: number) => `character ${[...text.slice(0, index)].length + 1}`;

  for (const piece of text.matchAll(PIECE)) {
    const { escaped, single, double, space, shell, plain, open } = piece.groups ?? {};
    const at = piece.index;
    if (space !== undefined) {
      if (word !== null) words.push(word);
      word = null;
    }
    if (shell !== undefined) forShell.push(`${nameOf(shell)} (${place(at)})`);
    if (open !== undefined) {
      problems.push(
        open === '\\'
          ? 'it ends in a single `\\`, which escapes nothing'
          : `the ${open} at ${place(at)} is never closed`,
      );
      // What follows may be text of the string that was not closed.
      break;
    }
    if (plain !== undefined) {
      const variable = word === null && words.length === 0 ? ASSIGNMENT.exec(plain)?.[1] : undefined;
      if (variable !== undefined)
        problems.push(
          `\`${variable}=\` (${place(at)}) sets a variable, which only a shell does; set it in \`env:\` of the step`,
        );
      if (word === null && plain.startsWith('#')) forShell.push(`\`#\` (${place(at)})`);
      // `NAME=~` and `NAME=a:~` are a home directory too.
      const home = plain.indexOf('~');
      if (home >= 0 && /(?:^|[=:])~/.test((word ?? '') + plain)) forShell.push(`\`~\` (${place(at + home)})`);
    }
    if (double !== undefined) {
      for (const inner of double.matchAll(/\\.|(\$\(|[$`])/gs))
        if (inner[1] !== undefined) forShell.push(`${nameOf(inner[1])} (${place(at + 1 + inner.index)})`);
    }
    // A backslash in double quotes escapes only what would mean something there.
    const part =
      plain ?? escaped ?? single ?? double?.replace(/\\([\\"$`\n])/g, (_, char) => (char === '\n' ? '' : char));
    if (part !== undefined) word = (word ?? '') + part;
  }
  if (word !== null) words.push(word);

  if (forShell.length > 0)
    problems.push(
      `${forShell.join(', ')}: that is a shell's work, and no shell runs this; put the line into a script file and name that (\`bash migrate.sh\`), or put what is meant as text into single quotes`,
    );
  if (text.includes('\0')) problems.push('it holds a NUL character, which no argument can');
  if (problems.length === 0 && (words[0] ?? '') === '') problems.push('it names no program');
  return problems.length > 0 ? { kind: 'bad', problems } : { kind: 'words', words };
}

function nameOf(operator: string): string {
  if (/[\r\n]/.test(operator)) return 'a line break';
  return operator === '`' ? 'a backtick' : `\`${operator}\``;
}
