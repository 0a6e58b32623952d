/**
 * Writes action.yml and the generated parts of README.md from the tables in src/request/inputs.ts, and docs/hazards.md
 * from the rules in src/hazards/catalogue.ts.
 * `npm run docs -- --check` writes nothing, names every file that differs, and exits 1; also when a test that
 * docs/threat-model.md names is not there.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOGUE, FAMILIES } from '../src/hazards/catalogue.ts';
import type { Rule } from '../src/hazards/claim.ts';
import { THRESHOLDS } from '../src/hazards/weigh.ts';
import { bytes, duration, number } from '../src/report/text.ts';
import { helpText } from '../src/request/argv.ts';
import { EXIT_CODES, INPUTS, type InputSpec, MODE_TABLE, OUTPUTS } from '../src/request/inputs.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const THREATS = 'docs/threat-model.md';

/** action.yml, whole. Every text is in double quotes, so that YAML reads none of them as anything else. */
export function renderActionYml(): string {
  const inputs: readonly InputSpec[] = INPUTS;
  return [
    '# Generated from src/request/inputs.ts by `npm run docs`.',
    'name: "Postgres Migration Gate"',
    'description: "Gates a deployment on its PostgreSQL migrations: rehearsed for real, reviewed, applied, proved."',
    'author: "Postgres Migration Gate contributors"',
    'branding:',
    '  icon: "database"',
    '  color: "blue"',
    'inputs:',
    ...inputs.flatMap((spec) => [
      `  ${spec.name}:`,
      `    description: ${JSON.stringify(inputDescription(spec))}`,
      '    required: false',
      ...(spec.default === '' ? [] : [`    default: ${JSON.stringify(spec.default)}`]),
    ]),
    'outputs:',
    ...OUTPUTS.flatMap(({ name, description }) => [`  ${name}:`, `    description: ${JSON.stringify(description)}`]),
    'runs:',
    '  using: "node24"',
    '  main: "dist/action/index.js"',
    '  post: "dist/action/post.js"',
    '  post-if: "always()"',
    '',
  ].join('\n');
}

function inputDescription(spec: InputSpec): string {
  const fallback = spec.defaultNote === undefined ? '' : ` Default: ${spec.defaultNote}.`;
  return `${spec.description}${fallback}${spec.supported ? '' : ' Not supported yet.'}`;
}

/** The generated parts of the README, by the name of their marker (`<!-- inputs -->` ... `<!-- /inputs -->`). */
export function renderParts(): Readonly<Record<string, string>> {
  const inputs: readonly InputSpec[] = INPUTS;
  return {
    inputs: table(
      ['Input', 'Default', 'Meaning'],
      inputs.map((spec) => [
        `\`${spec.name}\``,
        spec.defaultNote ?? (spec.default === '' ? '' : `\`${spec.default}\``),
        `${spec.description}${spec.supported ? '' : ' *Not supported yet.*'}`,
      ]),
    ),
    outputs: table(
      ['Output', 'Meaning'],
      OUTPUTS.map(({ name, description }) => [`\`${name}\``, description]),
    ),
    modes: table(
      ['Mode', 'What it does', '`confirm-token` in production'],
      MODE_TABLE.map(({ name, description, phrase, supported }) => [
        `\`${name}\``,
        `${description}${supported ? '' : ' *(not supported yet)*'}`,
        phrase === null ? '' : `\`${phrase}\``,
      ]),
    ),
    'exit codes': table(
      ['Exit code', 'Meaning'],
      EXIT_CODES.map(({ code, description }) => [String(code), description]),
    ),
    help: `\`\`\`text\n${helpText().trimEnd()}\n\`\`\``,
  };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

const WEIGHTS: Readonly<Record<Rule['weight'], string>> = {
  work: 'at most, by how large and busy the relation is; nothing, where the dry run saw that the work is not done',
  rows: 'at most, by how much is there to lose',
  fixed: 'whatever the size',
};

/** docs/hazards.md, whole. */
export function renderHazards(): string {
  const byId = new Map(CATALOGUE.map((rule) => [rule.id, rule]));
  return [
    '<!-- Generated from src/hazards/catalogue.ts by `npm run docs`. -->',
    '# Hazards',
    '',
    `What the gate looks for: ${CATALOGUE.length} rules. Most read the statement, with PostgreSQL's own parser; what the dry run saw confirms or`,
    'withdraws them. A rule is accepted for a run by `allow-hazards`, and for a file by a comment at its head:',
    '',
    '```sql',
    '-- gate: allow drop-column nobody has read it since March',
    '```',
    '',
    '## How bad',
    '',
    "Work on a whole table while others wait for it counts by whichever of these is worst, up to the rule's own severity:",
    '',
    '| | `warning` from | `danger` from |',
    '| --- | --: | --: |',
    `| rows of the table (or \`assume-rows\`) | ${number(THRESHOLDS.rows.warning)} | ${number(THRESHOLDS.rows.danger)} |`,
    `| its size, indexes included | ${bytes(THRESHOLDS.bytes.warning)} | ${bytes(THRESHOLDS.bytes.danger)} |`,
    `| the statement's time in the dry run | ${duration(THRESHOLDS.ms.warning)} | ${duration(THRESHOLDS.ms.danger)} |`,
    `| rows deleted or updated in one statement whose words do not say so | ${number(THRESHOLDS.touched.warning)} | ${number(THRESHOLDS.touched.danger)} |`,
    '',
    `A table of at least 1,000 rows with ${number(THRESHOLDS.busyPerMinute)} reads and writes a minute or more, by the server's statistics, counts one step worse. Below all of them it is`,
    '`info`. Destroyed data is `danger` unless the dry run saw that there was none. A statement that the parser does not understand is `info` where the',
    'server executed it and was watched doing so, `danger` where it did not.',
    ...FAMILIES.flatMap(({ title, rules }) => [
      '',
      `## ${title}`,
      ...Object.keys(rules).flatMap((id) => {
        const rule = byId.get(id);
        return rule === undefined ? [] : renderRule(rule);
      }),
    ]),
    '',
  ].join('\n');
}

function renderRule(rule: Rule): string[] {
  const versions =
    rule.until === null
      ? rule.since > 14
        ? `PostgreSQL ${rule.since} and later. `
        : ''
      : `PostgreSQL ${rule.since} to ${rule.until}. `;
  const effects =
    rule.effects.length === 0 ? '' : ` Effects: ${rule.effects.map((effect) => `\`${effect}\``).join(', ')}.`;
  return [
    '',
    `### \`${rule.id}\``,
    '',
    `**${rule.title}.** ${rule.why}`,
    '',
    `*Safer:* ${rule.safer}`,
    '',
    `${versions}Severity: \`${rule.severity}\`, ${WEIGHTS[rule.weight]}. Found by: ${rule.source === 'both' ? 'text and dry run' : rule.source}.${effects}`,
  ];
}

export interface NamedTest {
  /** Relative to the root. */
  readonly file: string;
  readonly title: string;
}

/** The tests that a document names, each as `folder/file` "title". */
export function testsNamedIn(markdown: string): NamedTest[] {
  return [...markdown.matchAll(/`([a-z0-9]+\/[a-z0-9-]+)` "([^"]+)"/g)].map(([, path = '', title = '']) => ({
    file: `test/${path}.test.ts`,
    title,
  }));
}

/** Of tests and groups of them: the first text of a call, as it stands there. */
function titlesIn(source: string): Set<string> {
  return new Set([...source.matchAll(/\(\s*(['"`])((?:(?!\1).)+)\1/g)].map(([, , title = '']) => title));
}

/** What is wrong with what a document says is shown by tests: a row of such a table without one, a test that there is not. */
export async function unshown(markdown: string, read: (file: string) => Promise<string | null>): Promise<string[]> {
  const problems: string[] = [];
  let isShown = false;
  for (const line of markdown.split('\n')) {
    if (!line.startsWith('|')) isShown = false;
    if (isShown && !/^\|[ :|-]+\|$/.test(line) && testsNamedIn(line).length === 0)
      problems.push(`names no test: ${line}`);
    if (/\| Shown by \|$/.test(line)) isShown = true;
  }
  for (const { file, title } of testsNamedIn(markdown)) {
    const text = await read(file);
    if (text === null) problems.push(`there is no ${file}`);
    else if (!titlesIn(text).has(title)) problems.push(`${file} has no test "${title}"`);
  }
  return problems;
}

/** `text` with every part between its markers replaced; parts without markers are passed over. */
export function fillParts(text: string, parts: Readonly<Record<string, string>>): string {
  let filled = text;
  for (const [name, part] of Object.entries(parts)) {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const start = filled.indexOf(open);
    if (start < 0) continue;
    const end = filled.indexOf(close, start);
    if (end < 0) throw new Error(`README.md has ${open} without ${close}; add the closing marker`);
    filled = `${filled.slice(0, start + open.length)}\n${part}\n${filled.slice(end)}`;
  }
  return filled;
}

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.filter((argument) => argument !== '--check');
  if (unknown.length > 0) {
    console.error(`Unknown argument ${unknown.join(' ')}. Use: npm run docs [-- --check]`);
    return 2;
  }
  const readme = await readIfThere('README.md');
  const wanted = new Map([
    ['action.yml', renderActionYml()],
    ['docs/hazards.md', renderHazards()],
  ]);
  if (readme !== null) wanted.set('README.md', fillParts(readme, renderParts()));
  let different = 0;
  for (const [file, text] of wanted) {
    if ((await readIfThere(file)) === text) continue;
    different++;
    if (args.includes('--check')) console.error(`${file} differs from what its tables say; run: npm run docs`);
    else await writeFile(join(ROOT, file), text);
  }
  const problems = await unshown((await readIfThere(THREATS)) ?? '', readIfThere);
  for (const problem of problems) console.error(`${THREATS}: ${problem}`);
  return problems.length > 0 || (args.includes('--check') && different > 0) ? 1 : 0;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(join(ROOT, file), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
