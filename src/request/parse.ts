/** Raw strings, the environment and the event become one frozen Request, or the list of everything that is wrong. */
import path from 'node:path';
import { readSettleWord } from '../plan/settle.ts';
import { clean, oneLine, plural } from '../report/text.ts';
import { badPushedTag, type Inferred, identifyRun, inferEnvironment, refuseEvent, refuseTool } from './event.ts';
import {
  type ChoiceName,
  type ChoiceOf,
  findInput,
  INPUTS,
  type InputName,
  type InputSpec,
  isInputName,
  MODE_TABLE,
} from './inputs.ts';
import {
  ENVIRONMENTS,
  type InputProblem,
  type Known,
  MODES,
  type Mode,
  type ParsedRequest,
  type Publishing,
  type Request,
  type RunIdentity,
  type RunMode,
} from './request.ts';
import { databaseSecrets, isSameDatabase, readRehearsalTarget, readTarget } from './target.ts';
import { engineProblems, passwordsIn, readCommandLine, readUrlVariables } from './tool.ts';
import {
  DURATION_FORM,
  equalInConstantTime,
  parseBoolean,
  parseDuration,
  parseInteger,
  parseList,
  parseSize,
  SIZE_FORM,
  shown,
  suggestion,
} from './values.ts';

/** Input name -> its text as given. Undefined and '' are the same: not given. */
export type RawInputs = Readonly<Record<string, string | undefined>>;

export interface Context {
  readonly door: 'action' | 'cli';
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON of GITHUB_EVENT_PATH, or null when there is none or it can't be read. */
  readonly event: unknown;
  /** Absolute; where `working-directory` starts from. */
  readonly cwd: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
  /** What was wrong already with how the inputs were given. */
  readonly problems?: readonly InputProblem[];
}

/**
 * Reads the inputs of a run. An event that may not do this is refused before anything else is looked at; then all problems
 * at once (`invalid`); then a wrong confirmation (`refused`). No message repeats a secret.
 */
export function parseRequest(raw: RawInputs, context: Context): ParsedRequest {
  const run = identifyRun(context.env, context.event);
  const secrets = secretsOf(raw, context.env);
  const reader = makeReader({ ...raw, ...fromEnvironment(raw, context.env) }, secrets, context.problems ?? []);
  const isMisread = (name: InputName) => context.problems?.some(({ input }) => input === name) ?? false;
  const mode = isMisread('mode') ? null : peek(MODES, reader.text('mode'));
  const environment = decideEnvironment(reader, context);
  const known: Known = {
    mode,
    environment: environment?.environment ?? null,
    workingDirectory: path.resolve(context.cwd, reader.text('working-directory')),
    target: targetOf(reader, context, environment).target,
    run,
    publishing: readPublishing(reader, readableArtifactName(reader, mode, environment, run)),
    json: context.json ?? false,
    secrets,
  };

  const asked = { environment: known.environment, smokeTests: reader.text('smoke-tests') !== '' };
  const eventRefusal = mode === null ? null : refuseEvent(run, context.event, { ...asked, mode });
  if (eventRefusal !== null) return deepFreeze({ kind: 'refused', ...eventRefusal, known });

  const fields = readFields(reader, context, known, environment);
  checkEngine(reader, fields);
  checkNames(reader, raw);
  checkLaterInputs(reader);
  checkTag(reader, run, environment);
  if (reader.problems.length > 0 || fields.target === null || environment === null) {
    return deepFreeze({ kind: 'invalid', problems: inTableOrder(reader.problems), known });
  }

  const confirmation = confirm(reader, context, fields.mode, environment);
  if (confirmation === 'wrong') {
    return deepFreeze({
      kind: 'refused',
      reason: `confirm-token is not the phrase that mode ${fields.mode} asks for in production`,
      next: `Set confirm-token to ${phraseOf(fields.mode)}, exactly: no other case, no white space.`,
      known,
    });
  }
  if (goesUnprobed(fields)) {
    return deepFreeze({
      kind: 'refused',
      reason:
        'engine command has no command-probe: nothing would show that the tool connects to the rehearsal and not past it, to the database itself',
      next: 'Set command-probe to a harmless command of the same tool, such as its status; or accept it for this run with allow-hazards: unprobed-command.',
      known,
    });
  }
  const request: Request = {
    ...fields,
    door: context.door,
    environment: environment.environment,
    environmentSource: environment.source,
    toolRefused: refuseTool(run, context.event),
    target: fields.target,
    confirmation,
    publishing: known.publishing,
    run,
    verbose: context.verbose ?? false,
    json: known.json,
    secrets,
  };
  return deepFreeze({ kind: 'request', request });
}

/** Reads single inputs by the table, and collects what is wrong with them. A value after a problem is never used. */
interface Reader {
  readonly problems: InputProblem[];
  readonly problem: (input: string, message: string) => void;
  /** As it was given, or ''. */
  readonly given: (name: InputName) => string;
  /** Trimmed, or the table's default. */
  readonly text: (name: InputName) => string;
  readonly show: (value: string) => string;
  readonly choice: <N extends ChoiceName>(name: N, fallback?: ChoiceOf<N>) => ChoiceOf<N>;
  readonly boolean: (name: InputName) => boolean;
  readonly integer: (name: InputName) => number;
  readonly duration: (name: InputName, fallback?: number) => number;
  readonly size: (name: InputName) => number;
  readonly list: (name: InputName, isItem: (item: string) => boolean, form: string) => readonly string[];
}

/** Of one list. */
const SHOWN_ITEMS = 5;

/** `before`: an input that is named there has no value, and nothing more is to be said of it. */
function makeReader(raw: RawInputs, secrets: readonly string[], before: readonly InputProblem[]): Reader {
  const problems = [...before];
  const given = (name: InputName) => raw[name] ?? '';
  const text = (name: InputName) => given(name).trim() || specOf(name).default;
  const show = (value: string) => shown(value, secrets);
  const problem = (input: string, message: string) => {
    if (!before.some((one) => one.input === input)) problems.push({ input, message });
  };
  const notAllowed = (name: InputName, allowed: string) =>
    problem(name, `${show(text(name))} is not allowed; allowed: ${allowed}`);
  return {
    problems,
    problem,
    given,
    text,
    show,
    choice: (name, fallback) => {
      const { choices = [], later = [] } = specOf(name);
      const value = text(name) || (fallback ?? '');
      const now = choices.filter((choice) => !later.includes(choice));
      if (later.includes(value))
        problem(name, `not supported yet: ${show(value)}; allowed in this release: ${now.join(', ')}`);
      else if (!choices.includes(value)) {
        notAllowed(name, `${now.join(', ')}${suggestion(value, now)}`);
      }
      return value as ChoiceOf<typeof name>;
    },
    boolean: (name) => {
      const value = parseBoolean(text(name));
      if (value === null) notAllowed(name, 'true, false');
      return value ?? false;
    },
    integer: (name) => {
      const { min = 0, max = Number.MAX_SAFE_INTEGER } = specOf(name);
      const value = parseInteger(text(name));
      if (value !== null && value >= min && value <= max) return value;
      notAllowed(name, `a whole number from ${min} to ${max}`);
      return min;
    },
    duration: (name, fallback) => {
      if (text(name) === '' && fallback !== undefined) return fallback;
      const value = parseDuration(text(name));
      if (value === null) notAllowed(name, DURATION_FORM);
      return value ?? 0;
    },
    size: (name) => {
      const value = parseSize(text(name));
      if (value === null) notAllowed(name, SIZE_FORM);
      return value ?? 0;
    },
    list: (name, isItem, form) => {
      const items = parseList(given(name));
      const wrong = items.filter((item) => !isItem(item));
      for (const item of wrong.slice(0, SHOWN_ITEMS)) problem(name, `${show(item)} is not allowed; allowed: ${form}`);
      if (wrong.length > SHOWN_ITEMS) problem(name, `and ${plural(wrong.length - SHOWN_ITEMS, 'other item')}`);
      return items;
    },
  };
}

function specOf(name: InputName): InputSpec {
  const spec = findInput(name);
  if (spec === null) throw new Error(`the table of inputs has no ${name}`);
  return spec;
}

type Fields = Omit<
  Request,
  | 'door'
  | 'environment'
  | 'environmentSource'
  | 'toolRefused'
  | 'target'
  | 'confirmation'
  | 'publishing'
  | 'run'
  | 'verbose'
  | 'json'
  | 'secrets'
> & { readonly target: Request['target'] | null };

function readFields(reader: Reader, context: Context, known: Known, environment: Inferred | null): Fields {
  const inProduction = environment?.environment === 'production';
  const maxBlockingMs = reader.duration('max-blocking');
  return {
    ...readDatabases(reader, context, environment),
    mode: asRunMode(reader.choice('mode')),
    planDigest: readDigest(reader),
    reviewDelayMs: reader.duration('review-delay', inProduction ? 30_000 : 0),
    engine: reader.choice('engine'),
    ...readTool(reader),
    migrationsPath: readInnerPath(reader, 'migrations-path'),
    workingDirectory: readWorkingDirectory(reader, context, known.workingDirectory),
    targetVersion: readTargetVersion(reader),
    transactionMode: reader.choice('transaction-mode'),
    allowOutOfOrder: reader.boolean('allow-out-of-order'),
    trackingSchema: readSchema(reader),
    lockTimeoutMs: reader.duration('lock-timeout'),
    statementTimeoutMs: reader.duration('statement-timeout'),
    lockRetries: reader.integer('lock-retries'),
    lockWaitMs: reader.duration('lock-wait'),
    maxBlockingMs,
    maxExclusiveMs: reader.duration('max-exclusive', maxBlockingMs),
    dryRunTimeoutMs: reader.duration('dry-run-timeout'),
    dryRunMaxBytes: reader.size('dry-run-max-bytes'),
    assumeRows: reader.integer('assume-rows'),
    rehearseRollback: reader.text('rehearse-rollback') === '' ? null : reader.boolean('rehearse-rollback'),
    settle: readSettle(reader),
    failOn: reader.choice('fail-on'),
    allowHazards: reader.list('allow-hazards', isRuleId, 'ids of hazard rules, such as dry-run-inconclusive'),
    criticalTables: reader.list('critical-tables', isRelationName, '`schema.table` or `table`'),
    criticalIndexes: reader.list('critical-indexes', isRelationName, '`schema.index` or `index`'),
    smokeTests: readInnerPath(reader, 'smoke-tests'),
    backup: reader.choice('backup', inProduction ? 'marker' : 'none') === 'marker' ? 'marker' : 'none',
    showData: reader.boolean('show-data'),
  };
}

function readDatabases(
  reader: Reader,
  context: Context,
  environment: Inferred | null,
): Pick<Fields, 'target' | 'rehearsalTarget' | 'connectTimeoutMs'> {
  const main = targetOf(reader, context, environment);
  const sslRootCert = reader.given('ssl-root-cert').trim();
  const copy = readRehearsalTarget({ env: context.env, sslRootCert, given: reader.given('rehearsal-database-url') });
  for (const problem of main.problems) reader.problem('database-url', problem);
  for (const problem of copy.problems) reader.problem('rehearsal-database-url', problem);
  if (main.target !== null && copy.target !== null && isSameDatabase(main.target, copy.target)) {
    reader.problem(
      'rehearsal-database-url',
      'it is the target itself; name a copy of it, or leave it out to rehearse on the target',
    );
  }
  const connectTimeoutMs = reader.duration('connect-timeout');
  // The action always has a text here, so the default counts as not said and leaves the word to the URL.
  const said = reader.text('connect-timeout') !== specOf('connect-timeout').default;
  return {
    target: main.target,
    rehearsalTarget: copy.target,
    connectTimeoutMs: said ? connectTimeoutMs : (main.connectTimeoutMs ?? connectTimeoutMs),
  };
}

function targetOf(reader: Reader, context: Context, environment: Inferred | null): ReturnType<typeof readTarget> {
  const lookedUp = context.door === 'cli' || environment?.environment !== 'production';
  return readTarget({
    env: context.env,
    sslRootCert: reader.given('ssl-root-cert').trim(),
    given: reader.given('database-url'),
    emptyRefused: lookedUp ? null : `production (${environment.source})`,
  });
}

/** Null when the input holds something that is no environment. */
function decideEnvironment(reader: Reader, context: Context): Inferred | null {
  const text = reader.text('environment');
  if (text === '') return inferEnvironment(context.door, context.env);
  const environment = peek(ENVIRONMENTS, text);
  if (environment !== null) return { environment, source: 'input' };
  reader.choice('environment');
  return null;
}

function checkTag(reader: Reader, run: RunIdentity, environment: Inferred | null): void {
  const tag = badPushedTag(run);
  if (tag === null || environment?.environment !== 'production') return;
  reader.problem(
    'environment',
    `production was reached by a push of the tag ${reader.show(tag)}, which is no semantic version; allowed: vMAJOR.MINOR.PATCH, such as v1.4.0 or v2.0.0-rc.1`,
  );
}

function checkNames(reader: Reader, raw: RawInputs): void {
  const names = INPUTS.map((spec) => spec.name);
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined || isInputName(name)) continue;
    reader.problem(name, `there is no such input${suggestion(name, names)}`);
  }
}

function checkLaterInputs(reader: Reader): void {
  for (const spec of INPUTS) {
    if (spec.supported || reader.text(spec.name) === spec.default) continue;
    const leave = spec.default === '' ? 'leave it out' : `leave it out, or at ${spec.default}`;
    reader.problem(spec.name, `not supported yet; ${leave}`);
  }
}

function readWorkingDirectory(reader: Reader, context: Context, resolved: string): string {
  const workspace = context.env.GITHUB_WORKSPACE ?? '';
  if (context.door === 'action' && workspace !== '' && leaves(path.relative(workspace, resolved))) {
    reader.problem(
      'working-directory',
      `${reader.show(reader.text('working-directory'))} leaves the workspace; allowed: a folder inside it`,
    );
  }
  return resolved;
}

/** A path that stays inside the working directory, or null when it was not given. */
function readInnerPath(reader: Reader, name: 'migrations-path' | 'smoke-tests' | 'alembic-config'): string | null {
  const text = reader.text(name);
  if (text === '') return null;
  const absolute = path.posix.isAbsolute(text) || path.win32.isAbsolute(text) || /^[a-z]:/i.test(text);
  if (absolute || text.includes('\0') || leaves(path.posix.normalize(text.replaceAll('\\', '/')))) {
    reader.problem(
      name,
      `${reader.show(text)} is not allowed; allowed: a path inside the working directory, relative to it`,
    );
  }
  return text;
}

/** Whether a relative path goes up and out; between two drives it is no relative path at all. */
function leaves(relative: string): boolean {
  return /^\.\.(?:[/\\]|$)/.test(relative) || path.isAbsolute(relative);
}

function readSettle(reader: Reader): Request['settle'] {
  const form = '`<version>=<word>`, the word applied, pending, done or again';
  const items = reader.list('settle', (item) => readSettleWord(item) !== null, form);
  const pairs = items.map(readSettleWord).filter((pair) => pair !== null);
  const words = new Map(pairs);
  const twice = pairs.find(([version], index) => pairs.findIndex(([other]) => other === version) < index);
  const reason = readReason(reader);
  if (twice) reader.problem('settle', `version ${reader.show(twice[0])} is named twice; say one word of each`);
  if (items.length > 0 && reason === null)
    reader.problem('settle-reason', '`settle` needs it: why, for whoever reads the history');
  if (items.length > 0 && reader.text('mode') !== 'repair')
    reader.problem('settle', `it goes with mode repair only, and this is mode ${reader.show(reader.text('mode'))}`);
  return { words, reason };
}

const MAX_REASON = 1_000;

/** It goes into the history, the log and the summary: one line that shows as it is. */
function readReason(reader: Reader): string | null {
  const text = reader.text('settle-reason').replace(/[\r\n]+/g, '\n');
  if (text.length > MAX_REASON)
    reader.problem('settle-reason', `it has ${text.length} characters; allowed: at most ${MAX_REASON}`);
  else if (clean(text) !== text)
    reader.problem(
      'settle-reason',
      'it holds characters that cannot be seen; allowed: letters, digits, marks and spaces',
    );
  return oneLine(text) || null;
}

/** As it was given: one with white space around it, or of nothing else, is not what a dry run gave. */
function readDigest(reader: Reader): string | null {
  const text = reader.given('plan-digest');
  if (text === '') return null;
  if (!/^[0-9a-f]{64}$/.test(text)) {
    reader.problem(
      'plan-digest',
      `${reader.show(text)} is not allowed; allowed: the 64 hexadecimal digits, in lower case, that a dry run gave as plan-digest`,
    );
  }
  return text;
}

/** With `auto` it may become either, as a revision that Alembic makes up has hexadecimal digits only. */
const VERSION_FORMS = {
  sql: { form: /^\d+$/, is: 'the digits that a migration file begins with, such as 0012, or latest' },
  alembic: { form: /^[\w.]+$/, is: 'a revision, such as 1975ea83b712, or latest' },
  auto: {
    form: /^[0-9a-f]+$/,
    is: 'the digits that a migration file begins with, such as 0012, or a revision of Alembic, or latest (with `engine: alembic` a revision of any name)',
  },
};

function readTargetVersion(reader: Reader): string | null {
  const text = reader.text('target-version');
  const engine = reader.text('engine');
  const named = engine === 'alembic' || engine === 'sql' ? engine : 'auto';
  const latest = named === 'sql' ? ['latest'] : ['latest', 'head', 'heads'];
  if (text === '' || latest.includes(text)) return null;
  const { form, is } = VERSION_FORMS[named];
  // With a command it is a problem whatever it holds, and said as that.
  if (engine !== 'command' && !form.test(text))
    reader.problem('target-version', `${reader.show(text)} is not allowed; allowed: ${is}`);
  return text;
}

function readTool(
  reader: Reader,
): Pick<Fields, 'alembicConfig' | 'alembicCommand' | 'command' | 'commandProbe' | 'urlVariables'> {
  const { variables, problems } = readUrlVariables(reader.text('database-url-env'), reader.show);
  for (const problem of problems) reader.problem('database-url-env', problem);
  return {
    alembicConfig: readInnerPath(reader, 'alembic-config') ?? specOf('alembic-config').default,
    alembicCommand: readWords(reader, 'alembic-command'),
    command: readWords(reader, 'command'),
    commandProbe: readWords(reader, 'command-probe'),
    urlVariables: variables,
  };
}

function readWords(reader: Reader, name: 'alembic-command' | 'command' | 'command-probe'): readonly string[] | null {
  const text = reader.text(name);
  if (text === '') return null;
  const { words, problems } = readCommandLine(text);
  for (const problem of problems) reader.problem(name, problem);
  return words;
}

function checkEngine(reader: Reader, fields: Fields): void {
  // What is no engine has been said, and nothing follows from it.
  if (!specOf('engine').choices?.includes(fields.engine)) return;
  for (const { input, message } of engineProblems(fields.engine, fields)) reader.problem(input, message);
}

/** Whether a tool would be run without having been seen to connect through us, and nobody has said that this is fine. */
function goesUnprobed(fields: Fields): boolean {
  const executes = MODE_TABLE.find((spec) => spec.name === fields.mode)?.executes ?? true;
  return (
    fields.engine === 'command' &&
    executes &&
    fields.commandProbe === null &&
    !fields.allowHazards.includes('unprobed-command')
  );
}

const MAX_IDENTIFIER_BYTES = 63;

/** Lower case only: whether `App` or `app` is meant would depend on who quotes it. */
function readSchema(reader: Reader): string {
  const text = reader.text('tracking-schema');
  const plain = /^[a-z_][a-z0-9_]*$/.test(text) && text.length <= MAX_IDENTIFIER_BYTES;
  if (!plain || text.startsWith('pg_') || text === 'information_schema') {
    reader.problem(
      'tracking-schema',
      `${reader.show(text)} is not allowed; allowed: a plain identifier of at most ${MAX_IDENTIFIER_BYTES} bytes (a-z, 0-9, _, no digit first), none of PostgreSQL's own schemas`,
    );
  }
  return text;
}

function isRuleId(text: string): boolean {
  return /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text);
}

function isRelationName(text: string): boolean {
  return /^(?:"[^"]+"|[^\s".]+)(?:\.(?:"[^"]+"|[^\s".]+))?$/.test(text);
}

/** The name of the artifact where it can be said at all. */
function readableArtifactName(
  reader: Reader,
  mode: Mode | null,
  environment: Inferred | null,
  run: RunIdentity,
): string | null {
  const given = reader.text('artifact-name');
  if (given !== '') {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them is a name's.
    if (!/[":<>|*?\\/\u0000-\u001f\u007f]/.test(given)) return given;
    reader.problem(
      'artifact-name',
      `${reader.show(given)} is not allowed; allowed: a name without " : < > | * ? \\ / and line breaks`,
    );
    return null;
  }
  if (mode === null || environment === null) return null;
  return `migration-log-${environment.environment}-${mode}-${run.runId ?? 'local'}-${run.attempt ?? '1'}`;
}

function readPublishing(reader: Reader, artifactName: string | null): Publishing {
  return {
    artifactName,
    uploadArtifact: reader.boolean('upload-artifact'),
    retentionDays: reader.text('artifact-retention-days') === '' ? null : reader.integer('artifact-retention-days'),
    githubToken: readToken(reader),
    commentOnPr: reader.boolean('comment-on-pr'),
    createRelease: readCreateRelease(reader),
    notifyUrl: readNotifyUrl(reader),
  };
}

/** What goes into a header must be able to stand there. */
function readToken(reader: Reader): string | null {
  const text = reader.text('github-token');
  if (text === '') return null;
  if (!/^[\x21-\x7e]+$/.test(text)) {
    reader.problem('github-token', 'it holds white space or characters that no token has; allowed: one token');
    return null;
  }
  return text;
}

function readCreateRelease(reader: Reader): boolean {
  const wanted = reader.boolean('create-release');
  if (wanted && reader.text('github-token') === '')
    reader.problem('create-release', 'it needs github-token, with the permission contents: write');
  return wanted;
}

function readNotifyUrl(reader: Reader): string | null {
  const text = reader.text('notify-url');
  if (text === '') return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    reader.problem('notify-url', 'it is not the address of a webhook; allowed: a URL that begins with https://');
    return null;
  }
  return text;
}

/** Compared in constant time: how much of a guess was right must not show. */
function confirm(
  reader: Reader,
  context: Context,
  mode: RunMode,
  environment: Inferred,
): Request['confirmation'] | 'wrong' {
  const phrase = phraseOf(mode);
  if (phrase === null || environment.environment !== 'production') return 'not-needed';
  const token = reader.given('confirm-token');
  if (token !== '') return equalInConstantTime(token, phrase) ? 'confirmed' : 'wrong';
  const stoodFor = context.door === 'cli' && context.env.CONFIRM_PRODUCTION_MIGRATION === 'true';
  return stoodFor && phrase === 'MIGRATE-PRODUCTION' ? 'confirmed' : 'missing';
}

function phraseOf(mode: Mode): string | null {
  return MODE_TABLE.find((spec) => spec.name === mode)?.phrase ?? null;
}

/** Secrets have no place on a command line: `env` reads them where nobody else can. */
const FROM_ENVIRONMENT = { 'github-token': 'GITHUB_TOKEN', 'notify-url': 'NOTIFY_URL' } as const;

function fromEnvironment(raw: RawInputs, env: Context['env']): RawInputs {
  return Object.fromEntries(
    Object.entries(FROM_ENVIRONMENT).flatMap(([name, variable]) =>
      raw[name]?.trim() === 'env' ? [[name, env[variable] ?? '']] : [],
    ),
  );
}

/** Inputs that are no secrets, and into which somebody may write one. */
const WRITTEN_BY_HAND: readonly InputName[] = ['alembic-command', 'command', 'command-probe', 'database-url-env'];

function secretsOf(raw: RawInputs, env: Context['env']): readonly string[] {
  const found = databaseSecrets([raw['database-url'] ?? '', raw['rehearsal-database-url'] ?? ''], env);
  const given = { ...raw, ...fromEnvironment(raw, env) };
  const others = [given['github-token'] ?? '', given['notify-url'] ?? ''].filter((text) => text !== '');
  const written = WRITTEN_BY_HAND.flatMap((name) => passwordsIn(raw[name] ?? ''));
  return [...new Set([...found, ...others, ...written])];
}

function peek<T extends string>(values: readonly T[], text: string): T | null {
  return values.find((value) => value === text) ?? null;
}

/** A mode of a later release has made a problem already, and a request with problems is not made. */
function asRunMode(mode: Mode): RunMode {
  return mode === 'rollback' || mode === 'baseline' ? 'dry-run' : mode;
}

/** As the documentation lists them; unknown names last. */
function inTableOrder(problems: readonly InputProblem[]): InputProblem[] {
  const place = (problem: InputProblem) => {
    const index = INPUTS.findIndex((spec) => spec.name === problem.input);
    return index < 0 ? INPUTS.length : index;
  };
  return [...problems].sort((a, b) => place(a) - place(b));
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
