/** The command line's arguments, as raw inputs; and its help, from the table of inputs. */
import { EXIT_CODES, findInput, INPUTS, type InputSpec, MODE_TABLE } from './inputs.ts';
import type { RawInputs } from './parse.ts';
import type { InputProblem } from './request.ts';
import { secretsInUrl } from './url.ts';
import { parseList, shown, suggestion } from './values.ts';

export type ArgvReading =
  | {
      readonly kind: 'inputs';
      readonly raw: RawInputs;
      readonly verbose: boolean;
      readonly json: boolean;
      /** What is wrong with how they were written; reported with whatever is wrong with the inputs themselves. */
      readonly problems: readonly InputProblem[];
    }
  | { readonly kind: 'lint'; readonly lint: LintRequest }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  /** Of lint. Exit 2: all of them at once. */
  | { readonly kind: 'problems'; readonly problems: InputProblem[] };

/** `migration-gate lint [files]`, without a database. */
export interface LintRequest {
  /** As given; none: the folder of migrations. */
  readonly files: readonly string[];
  readonly migrationsPath: string | null;
  readonly failOn: 'danger' | 'warning' | 'none';
  readonly allowHazards: readonly string[];
  readonly format: 'text' | 'json' | 'sarif';
}

const FLAGS = ['dry-run', 'verbose', 'json', 'sarif', 'help'] as const;
const MODE_NAMES: readonly string[] = MODE_TABLE.map((mode) => mode.name);

/** Words behind the `--`, taken apart: what was asked for and with which value, null for none. */
interface Option {
  readonly name: string;
  readonly value: string | null;
}

/**
 * Reads `migration-gate <mode> [--<input> value]...`.
 * @param argv without the interpreter and the script
 */
export function readArgv(argv: readonly string[]): ArgvReading {
  if (argv.includes('--help') || argv.includes('-h')) return { kind: 'help' };
  // Only alone: a deployment that runs `apply --version $V` with V unset must not end green with our version.
  if (argv.length === 1 && argv[0] === '--version') return { kind: 'version' };

  if (argv[0] === 'lint') return readLint(argv.slice(1));

  const { words, options } = takeApart(argv);
  const problems: InputProblem[] = [];
  const raw: Record<string, string> = {};
  const flags = new Set<string>();
  for (const option of options) readOption(option, raw, flags, problems);
  if (flags.has('sarif')) problems.push({ input: 'sarif', message: '`--sarif` goes with lint' });
  readMode(words, flags.has('dry-run'), raw, problems);
  return { kind: 'inputs', raw, verbose: flags.has('verbose'), json: flags.has('json'), problems };
}

const LINT_OPTIONS: readonly string[] = ['migrations-path', 'fail-on', 'allow-hazards', 'json', 'sarif'];

function readLint(argv: readonly string[]): ArgvReading {
  const { words, options } = takeApart(argv);
  const problems: InputProblem[] = [];
  const raw: Record<string, string> = {};
  const flags = new Set<string>();
  for (const option of options) {
    if (LINT_OPTIONS.includes(option.name)) readOption(option, raw, flags, problems);
    else
      problems.push({
        input: option.name,
        message: `lint takes ${LINT_OPTIONS.map((name) => `--${name}`).join(', ')} and files`,
      });
  }
  const failOn = raw['fail-on'] ?? 'danger';
  if (failOn !== 'danger' && failOn !== 'warning' && failOn !== 'none') {
    problems.push({ input: 'fail-on', message: `${shown(failOn)} is not allowed; allowed: danger, warning, none` });
    return { kind: 'problems', problems };
  }
  if (problems.length > 0) return { kind: 'problems', problems };
  return {
    kind: 'lint',
    lint: {
      files: words,
      migrationsPath: raw['migrations-path'] ?? null,
      failOn,
      allowHazards: parseList(raw['allow-hazards'] ?? ''),
      format: flags.has('sarif') ? 'sarif' : flags.has('json') ? 'json' : 'text',
    },
  };
}

function takeApart(argv: readonly string[]): { words: string[]; options: Option[] } {
  const words: string[] = [];
  const options: Option[] = [];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (!argument.startsWith('-')) {
      words.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    const head = equals < 0 ? argument : argument.slice(0, equals);
    const name = head.startsWith('--') ? head.slice(2) : head;
    if (equals >= 0) {
      options.push({ name, value: argument.slice(equals + 1) });
      continue;
    }
    const next = argv[index + 1];
    const taken = next !== undefined && takesNext(name, next);
    options.push({ name, value: taken ? next : null });
    if (taken) index++;
  }
  return { words, options };
}

/** A flag takes nothing, a boolean input only `true` and `false`, and nothing takes what looks like an option. */
function takesNext(name: string, next: string): boolean {
  if (next.startsWith('--') || isFlag(name)) return false;
  const spec = specOf(name);
  // The value of a mistyped option is no further mistake.
  if (spec === null) return !MODE_NAMES.includes(next);
  return spec.kind !== 'boolean' || next === 'true' || next === 'false';
}

function readOption(option: Option, raw: Record<string, string>, flags: Set<string>, problems: InputProblem[]): void {
  const { name, value } = option;
  if (isFlag(name)) {
    if (value !== null) problems.push({ input: name, message: `\`--${name}\` takes no value` });
    flags.add(name);
    return;
  }
  const spec = specOf(name);
  if (spec === null) {
    problems.push(unknownOption(name));
    return;
  }
  const problem = (message: string) => problems.push({ input: spec.name, message });
  const text = value ?? (spec.kind === 'boolean' ? 'true' : null);
  if (text === null) {
    problem(`\`--${name}\` needs a value; one that begins with \`--\` is written \`--${name}=value\``);
    return;
  }
  // An unset secret is an empty string, and the parser knows what that means; anything else empty was a mistake, and for
  // `--version=` one that would apply everything.
  if (text === '' && spec.kind !== 'secret') {
    problem(`\`--${name}\` has an empty value; leave it out for the default`);
    return;
  }
  if (showsPassword(spec, text)) {
    const variable = spec.name === 'database-url' ? 'DATABASE_URL' : 'REHEARSAL_DATABASE_URL';
    problem(
      `a password on the command line is seen by every process of the machine; set ${variable} in the environment and write \`--${spec.name} env\``,
    );
    return;
  }
  const before = raw[spec.name];
  if (before !== undefined && spec.kind !== 'list') {
    problem(`\`--${name}\` is given twice`);
    return;
  }
  raw[spec.name] = before === undefined ? text : `${before}\n${text}`;
}

/** `--mode x` and the bare word are the same; `--dry-run` makes an apply a dry run, and contradicts the other modes. */
function readMode(
  words: readonly string[],
  dryRun: boolean,
  raw: Record<string, string>,
  problems: InputProblem[],
): void {
  const problem = (message: string) => problems.push({ input: 'mode', message });
  const [word, ...more] = words;
  for (const extra of more) problem(`${shown(extra)} is one word too many; inputs are written \`--<input> value\``);
  if (word !== undefined && raw.mode !== undefined) problem('the mode is given twice, as a word and as `--mode`');
  const mode = word ?? raw.mode;
  if (mode === undefined) {
    if (!problems.some((other) => other.input === 'mode'))
      problem(`no mode is given; allowed: ${MODE_NAMES.join(', ')}`);
    return;
  }
  if (!MODE_NAMES.includes(mode)) {
    problem(`${shown(mode)} is not a mode; allowed: ${MODE_NAMES.join(', ')}${suggestion(mode, MODE_NAMES)}`);
    return;
  }
  if (dryRun && mode !== 'apply' && mode !== 'dry-run') problem(`\`--dry-run\` goes with apply, not with ${mode}`);
  raw.mode = dryRun ? 'dry-run' : mode;
}

function unknownOption(name: string): InputProblem {
  const names = [...INPUTS.map((spec) => spec.name), ...FLAGS, 'version'];
  // What is no plain name may be anything, a secret too.
  const plain = /^-?[a-z0-9_-]{1,40}$/i.test(name);
  if (!plain) return { input: 'command line', message: `${shown(name)} is no option` };
  const written = name.startsWith('-') ? name : `--${name}`;
  return { input: name, message: `there is no option \`${written}\`${suggestion(name, names, '--')}` };
}

function isFlag(name: string): boolean {
  return FLAGS.some((flag) => flag === name);
}

function specOf(name: string): InputSpec | null {
  return findInput(name === 'version' ? 'target-version' : name);
}

function showsPassword(spec: InputSpec, text: string): boolean {
  const isUrl = spec.name === 'database-url' || spec.name === 'rehearsal-database-url';
  // Its secrets are the text itself and the password in its forms.
  return isUrl && secretsInUrl(text).some((secret) => secret !== text && secret !== text.trim());
}

const WIDTH = 100;
const INDENT = 28;

/** The help of the command line; no line is longer than 100 columns. */
export function helpText(): string {
  return [
    'Usage: migration-gate <mode> [--<input> value]...',
    '       migration-gate lint [<file>...] [--fail-on <severity>] [--allow-hazards <rules>]',
    '                           [--migrations-path <folder>] [--json | --sarif]',
    '',
    ...wrap('Gates a deployment on its PostgreSQL migrations: rehearsed for real, reviewed, applied, proved.', 0),
    '',
    'Modes:',
    ...MODE_TABLE.flatMap((mode) =>
      entry(mode.name, mode.description + (mode.supported ? '' : ' (not supported yet)')),
    ),
    '',
    'Inputs:',
    ...INPUTS.filter((spec) => spec.name !== 'mode').flatMap((spec) => entry(`--${spec.name}`, inputHelp(spec))),
    '',
    'Also:',
    ...entry('--dry-run', 'With apply: only the dry run.'),
    ...entry('--version <version>', 'As --target-version; alone, prints the version of this program.'),
    ...entry('--verbose', 'Say more.'),
    ...entry('--json', 'Print report.json instead of the log.'),
    ...entry('--help', 'Print this.'),
    '',
    ...wrap(
      'Durations: 500ms, 30s, 5m; 0 is none. Sizes: 64kB, 500MB, 1GB. Lists: commas or new lines. Booleans: true, false; a bare option is true. Passwords belong in DATABASE_URL, never on the command line.',
      0,
    ),
    ...wrap(
      'NODE_ENV=production means --environment production; CONFIRM_PRODUCTION_MIGRATION=true stands for --confirm-token MIGRATE-PRODUCTION.',
      0,
    ),
    '',
    'Exit codes:',
    ...EXIT_CODES.flatMap(({ code, description }) => entry(String(code), description, 5)),
    '',
  ].join('\n');
}

function inputHelp(spec: InputSpec): string {
  const fallback = spec.defaultNote ?? spec.default;
  const notes = [fallback === '' ? '' : `[default: ${fallback}]`, spec.supported ? '' : '[not supported yet]'];
  return [spec.description, ...notes].filter((part) => part !== '').join(' ');
}

function entry(name: string, description: string, indent = INDENT): string[] {
  const lines = wrap(description.replaceAll('`', ''), indent);
  const head = `  ${name}`.padEnd(indent);
  return [head + (lines[0] ?? '').slice(indent), ...lines.slice(1)].map((line) => line.trimEnd());
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(' '.repeat(indent) + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, ' '.repeat(indent) + line];
}
