/**
 * What Alembic's own messages, and those of SQLAlchemy and the drivers under it, mean. Pure. Where the same error was seen
 * on the wire, the server's SQLSTATE says more than this; here there is only the text that a person would read.
 */
import { type Classified, classifyFailure, failureOfClass } from '../../report/failure.ts';
import type { FailureClass } from '../../report/outcome.ts';
import { brief, clean } from '../../report/text.ts';
import { named, shellWord } from './named.ts';

export interface AlembicOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
}

export interface AlembicExplanation {
  /** The line that says it, in the tool's own words: at most 1,000 characters, without a URL. */
  readonly message: string;
  readonly meaning: string;
  /** One command or one action. */
  readonly next: string;
  /** Null: nothing failed (`alembic check` found no changes). */
  readonly class: FailureClass | null;
  /** Of a server's error that the driver names; null when there is none or its name is not known here. */
  readonly sqlstate: string | null;
  /** The revision file, or env.py, that was being run or loaded, as the traceback names it (absolute), and the line. */
  readonly file: string | null;
  readonly line: number | null;
}

/** A tool's output can be long; what says why it ended is at the end. */
const READ_AT_MOST = 500_000;

/** Null: it ended well with nothing to say, or ended badly and its output holds nothing that is known. */
export function explainAlembic(output: AlembicOutput): AlembicExplanation | null {
  const stdout = clean(output.stdout.slice(-READ_AT_MOST));
  const stderr = clean(output.stderr.slice(-READ_AT_MOST));
  if (output.code === 0) return said(stderr, HARMFUL_WARNINGS) ?? said(stdout, REMARKS);
  const failed = [...stdout.matchAll(/^FAILED: (.*)$/gm)].at(-1);
  if (failed) return explained(failed[0], said(failed[1] ?? '', FAILED) ?? failureOfClass('tool'), null);
  const error = lastError(stderr);
  if (error) return ofError(error);
  return said(stderr, NOT_STARTED);
}

interface Meant extends Omit<Classified, 'class'> {
  readonly class: FailureClass | null;
}

/** `name` is what the pattern's first group caught, fit to stand in a sentence. */
type Saying = readonly [RegExp, FailureClass | null, (name: string) => string, (name: string) => string];

function said(text: string, sayings: readonly Saying[]): AlembicExplanation | null {
  for (const [pattern, kind, meaning, next] of sayings) {
    const match = pattern.exec(text);
    if (!match) continue;
    const name = named(match[1] ?? '');
    const line = text.slice(match.index).split('\n', 1)[0] ?? '';
    return explained(line, { class: kind, meaning: meaning(name), next: next(name) }, null);
  }
  return null;
}

function explained(
  message: string,
  { class: kind, meaning, next }: Meant,
  place: Place | null,
  sqlstate: string | null = null,
): AlembicExplanation {
  return {
    message: brief(withoutUrl(message), 1000),
    meaning,
    next,
    class: kind,
    sqlstate,
    file: place?.file ?? null,
    line: place?.line ?? null,
  };
}

/** SQLAlchemy 1.4 repeats the URL that it can't read, password and all. */
function withoutUrl(message: string): string {
  return message
    .replace(/(Could not parse \S+ URL from string) .*/s, '$1 (not shown: it may hold a secret)')
    .replace(/\b(\w[\w+.-]*:\/\/)[^\s'"]*@/g, '$1***@');
}

const AGAIN = 'then run again';

const HARMFUL_WARNINGS: readonly Saying[] = [
  [
    /\bUserWarning: Revision (\S+) is present more than once/,
    'order',
    (id) => `Two files have the revision id \`${id}\`; alembic reads one of them and never runs the other.`,
    (id) =>
      `Find both with \`grep -rn ${shellWord(id)}\` in the versions folder, give one of them an id of its own, ${AGAIN}.`,
  ],
];

const REMARKS: readonly Saying[] = [
  [
    /^No (?:new upgrade operations|changes in schema) detected/m,
    null,
    () => "The database's schema is what the project's models say: there is nothing to generate.",
    () => 'Nothing needs to be done.',
  ],
];

/** After `FAILED: `, which is what alembic prints for an error of its own. */
const FAILED: readonly Saying[] = [
  [
    /^Can't locate revision identified by '(.*)'/,
    'order',
    (id) =>
      `No migration file has the revision \`${id}\`: the database's version table or the target names it, and this checkout lacks it.`,
    (id) =>
      `Find the commit that has it with \`git log --all --oneline -S ${shellWord(id)}\` and bring the file back (the branch may be behind), ${AGAIN}.`,
  ],
  [
    /^No such revision or branch '(.*)'/,
    'input',
    (id) => `There is no revision and no branch \`${id}\` in the versions folder.`,
    () => `Set \`target-version\` to one that \`alembic history\` lists, ${AGAIN}.`,
  ],
  [
    /^Multiple revisions start with '(.*?)'/,
    'input',
    (id) => `\`${id}\` is the beginning of more than one revision id.`,
    () => `Write the whole revision id, ${AGAIN}.`,
  ],
  [
    /^Multiple head(?: revision)?s are present/,
    'order',
    () =>
      'Two or more revisions are the last of their line, so that `head` does not say which: branches were merged in git and not in alembic.',
    () => 'Run `alembic merge -m "merge heads" heads` and commit the file that it writes, then run again.',
  ],
  [
    /^Requested revision (.*) overlaps with other requested revisions/,
    'order',
    (id) => `The version table holds \`${id}\` and also a revision that \`${id}\` stands on.`,
    () => `Delete the older row from the version table (\`alembic current\` lists what is in it), ${AGAIN}.`,
  ],
  [
    /^(?:Dependency cycle|Cycle|Self-loop|Dependency self-loop) is detected in revisions? \(?(.*?)\)?$/,
    'order',
    (ids) => `These revisions stand on each other in a circle: \`${ids}\`.`,
    () => `Correct \`down_revision\` in one of them, ${AGAIN}.`,
  ],
  [
    /^(Revision .* is not an ancestor of revision .*|Destination .* is not a valid upgrade target .*)/,
    'order',
    () => 'No way leads up from where the database is to the revision asked for.',
    () => `Set \`target-version\` to a revision that \`alembic history\` lists above the current one, ${AGAIN}.`,
  ],
  [
    /^Relative revision (.*) didn't produce/,
    'input',
    (steps) => `There are not as many revisions as \`${steps}\` asks for.`,
    () => `Set \`target-version\` to a revision id or to \`head\`, ${AGAIN}.`,
  ],
  [
    /^Target database is not up to date/,
    'order',
    () => 'The database lacks revisions that the project has; alembic compares or generates only at the head.',
    () => 'Run `alembic upgrade head` first.',
  ],
  [
    /^New upgrade operations detected/,
    'verification',
    () => 'The models and the database differ: somebody changed a model without a migration, or the database by hand.',
    () => 'Run `alembic revision --autogenerate -m "..."`, review the file that it writes and commit it.',
  ],
  [
    /^Can't proceed with --autogenerate option/,
    'tool',
    () => 'env.py sets no `target_metadata`, so that alembic has nothing to compare the database with.',
    () => 'Set `target_metadata` in env.py to the metadata of your models if you want `alembic check`.',
  ],
  [
    /^No config file '(.*)' found/,
    'input',
    (file) => `There is no \`${file}\` in the working directory, or it has no section \`[alembic]\`.`,
    () => `Set \`alembic-config\` to the file's path, or \`working-directory\` to its folder, ${AGAIN}.`,
  ],
  [
    /^No '?script_location'? key found/,
    'input',
    () => 'The configuration does not say where the migrations are; alembic says the same when there is no such file.',
    () =>
      `Set \`alembic-config\` to the ini file's path, and \`script_location\` in its section \`[alembic]\`, ${AGAIN}.`,
  ],
  [
    /^Path doesn't exist: '?(.*?)'?\.? {2}/,
    'input',
    (path) => `The folder that \`script_location\` names is not there: \`${path}\`.`,
    () =>
      `Set \`working-directory\` to the folder that \`script_location\` starts from, or write it as \`%(here)s/...\`, ${AGAIN}.`,
  ],
];

/** What is printed where nothing of alembic ran. */
const NOT_STARTED: readonly Saying[] = [
  [
    /^error: Failed to spawn: `?alembic/m,
    'tool',
    () => "`uv run` found no alembic among the project's dependencies.",
    () => `Run \`uv add alembic\` and commit \`pyproject.toml\` and \`uv.lock\`, or set \`alembic-command\`, ${AGAIN}.`,
  ],
  [
    /^Command not found: alembic/m,
    'tool',
    () => '`poetry run` found no alembic: it is no dependency of the project, or nothing is installed yet.',
    () => `Put \`poetry install\` into a step before this one, ${AGAIN}.`,
  ],
  [
    /^.*: No module named alembic$/m,
    'tool',
    () => 'This Python has no alembic.',
    () => `Install the project's requirements in a step before this one, or set \`alembic-command\`, ${AGAIN}.`,
  ],
  [
    /^alembic: error: .*invalid choice: '?check'?/m,
    'tool',
    () => '`alembic check` came with Alembic 1.9; this one is older.',
    () => 'Upgrade alembic if you want models and database compared.',
  ],
  [
    /^alembic: error: (.*)/m,
    'tool',
    () => 'Alembic does not take these arguments.',
    () =>
      `Look at \`alembic-command\` and \`alembic-config\`: they are put before the subcommand; correct them, ${AGAIN}.`,
  ],
];

interface Place {
  readonly file: string;
  readonly line: number;
}

interface Frame extends Place {
  readonly in: string | null;
}

interface PythonError {
  /** The exception's line: `sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation ...` */
  readonly message: string;
  /** From that line on. */
  readonly text: string;
  readonly frames: readonly Frame[];
  readonly place: Place | null;
  /** Of the errors that led to it, oldest first. */
  readonly causes: readonly string[];
}

const TRACEBACK = /^Traceback \(most recent call last\):\n/m;
const FRAME = /^ {2}File "(.+)", line (\d+)(?:, in (.+))?$/;

function lastError(text: string): PythonError | null {
  const tracebacks = text.split(TRACEBACK).slice(1).map(readTraceback);
  const last = tracebacks.at(-1);
  if (last === undefined || last.message === '') return null;
  let place: Place | null = null;
  for (const { frames } of tracebacks.toReversed()) place ??= placeOf(frames);
  return { ...last, place, causes: tracebacks.slice(0, -1).map(({ message }) => message) };
}

/** Frames and source lines are indented; the first line that is not is the exception. */
function readTraceback(text: string): { frames: Frame[]; message: string; text: string } {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => line !== '' && !line.startsWith(' '));
  const frames = lines.slice(0, end === -1 ? lines.length : end).flatMap((line) => {
    const [, file, number, name] = FRAME.exec(line) ?? [];
    return file === undefined ? [] : [{ file, line: Number(number), in: name ?? null }];
  });
  return { frames, message: lines[end] ?? '', text: end === -1 ? '' : lines.slice(end).join('\n') };
}

/** The deepest line of the migration that ran; else of the file, in the versions folder or env.py, that was being loaded. */
function placeOf(frames: readonly Frame[]): Place | null {
  // Not what is installed, nor Python's own library, whose path may hold a folder `versions` too.
  const own = frames.filter(
    ({ file }) => !/[\\/](?:site-packages|dist-packages|lib[\\/]python3[\w.]*)[\\/]|^</.test(file),
  );
  const ran = own.findLast((frame) => frame.in === 'upgrade' || frame.in === 'downgrade')?.file;
  return (
    own.findLast(({ file }) => file === ran) ??
    own.findLast(({ file }) => /[\\/]versions[\\/].*\.py$/.test(file)) ??
    own.findLast(({ file }) => /[\\/]env\.py$/.test(file)) ??
    null
  );
}

function ofError(error: PythonError): AlembicExplanation {
  const { message, place } = error;
  const meant = (kind: FailureClass, meaning: string, next: string) =>
    explained(message, { class: kind, meaning, next }, place);
  const where = place === null ? 'the project' : `\`${named(place.file.split(/[\\/]/).at(-1) ?? '')}\``;

  const module = /^ModuleNotFoundError: (?:No module named|import of) '?([\w.-]+)'?/.exec(message)?.[1];
  if (module !== undefined) return meant('tool', ...missingModule(module, where));
  if (/^ImportError: /.test(message)) {
    return meant(
      'tool',
      `${where} imports a name that is not there: the installed version of a package is another than the code needs.`,
      `Install the project's locked requirements (\`uv sync\`, \`pip install -r requirements.txt\`) in a step before this one, ${AGAIN}.`,
    );
  }
  const key = /^KeyError: '(.*)'$/.exec(message)?.[1];
  const last = error.frames.at(-1);
  if (key !== undefined && /(?:^|[\\/ ])os(?:\.py|>)$/.test(last?.file ?? ''))
    return meant('input', ...missingVariable(key));
  if (key !== undefined && /[\\/]alembic[\\/]script[\\/]revision\.py$/.test(last?.file ?? '')) {
    return explained(
      `a migration file names the revision ${named(key)}, which no file has`,
      {
        class: 'order',
        meaning: `It is a \`down_revision\` or stands in \`depends_on\`: its own file was removed, renamed or never committed.`,
        next: `Find who names it with \`grep -rn ${shellWord(key)}\` in the versions folder, and the commit that has its file with \`git log --all --oneline -S ${shellWord(key)}\`; bring the file back, ${AGAIN}.`,
      },
      place,
    );
  }
  for (const [pattern, kind, meaning, next] of ERRORS) {
    const match = pattern.exec(message);
    if (match) return meant(kind, meaning(named(match[1] ?? '')), next(named(match[1] ?? '')));
  }
  const server = ofServer(error);
  if (server !== null || place === null) return server ?? explained(message, failureOfClass('tool'), null);
  return meant(
    'tool',
    `The Python code of ${where} ended with this error, which is not one of the server's.`,
    `Correct ${where} at line ${place.line}, ${AGAIN}.`,
  );
}

/** How to install what gives a module its name. */
const PACKAGES: Readonly<Record<string, string>> = {
  psycopg2: 'psycopg2-binary',
  psycopg: 'psycopg[binary]',
  asyncpg: 'asyncpg',
  pg8000: 'pg8000',
  greenlet: 'greenlet',
};

function missingModule(module: string, where: string): [meaning: string, next: string] {
  const name = module.split('.')[0] ?? module;
  const driver = PACKAGES[name];
  if (driver !== undefined) {
    return [
      `The database driver \`${name}\`, which the URL in env.py asks for, is not installed. A plain \`postgresql://\` means psycopg2, and psycopg from SQLAlchemy 2.1 on.`,
      `Install \`${driver}\` in the environment that alembic runs in, ${AGAIN}.`,
    ];
  }
  return [
    `${where} imports the package \`${named(module)}\`, which is not there: it is not installed, or it is the application's own and not on Python's path.`,
    `Install the project in a step before this one, or set \`prepend_sys_path = .\` in the ini if \`${named(name)}\` is a folder of the repository; then run again.`,
  ];
}

/** Which part of the URL a variable stands for, by its name, as a template; the whole of it: nothing. */
function partOf(name: string): string {
  const part = PARTS.find(([pattern]) => pattern.test(name))?.[1];
  return part === undefined ? '' : `={${part}}`;
}

const PARTS = [
  [/URL|URI|DSN/i, undefined],
  [/PASS|PWD|SECRET/i, 'password'],
  [/USER/i, 'user'],
  [/HOST|SERVER|ADDR/i, 'host'],
  [/PORT/i, 'port'],
  [/NAME|_DB$|^PGDATABASE$/i, 'database'],
] as const;

function missingVariable(name: string): [meaning: string, next: string] {
  const url = /URL|URI|DSN|DATABASE|POSTGRES|^PG|^DB_|SQLALCHEMY/i.test(name);
  return [
    `The project's code reads the environment variable \`${named(name)}\`, which is not set.`,
    url
      ? `Set \`database-url-env: ${named(name)}${partOf(name)}\`, and in the same way every other variable by which the code finds the database, ${AGAIN}.`
      : `Set \`${named(name)}\` in \`env:\` of the step, ${AGAIN}.`,
  ];
}

const urlIs = (dialect: string) =>
  `Set \`database-url-env: DATABASE_URL=${dialect}://{user}:{password}@{host}:{port}/{database}\` (with the name that env.py reads), ${AGAIN}.`;

const ERRORS: readonly (readonly [RegExp, FailureClass, (name: string) => string, (name: string) => string])[] = [
  [
    /^sqlalchemy\.exc\.ArgumentError: (?:Could not parse|Expected string or URL object)/,
    'input',
    () => 'What env.py takes for the URL of the database is empty or is no URL.',
    () => `Set \`database-url-env\` to the name of the variable that env.py reads, ${AGAIN}.`,
  ],
  [
    /^sqlalchemy\.exc\.NoSuchModuleError: Can't load plugin: sqlalchemy\.dialects:(\S+)/,
    'input',
    (name) =>
      `SQLAlchemy knows no database \`${name}\`: since 1.4 \`postgres://\` has to be written \`postgresql://\`.`,
    () => urlIs('postgresql'),
  ],
  [
    /^sqlalchemy\.exc\.InvalidRequestError: The asyncio extension requires an async driver.*loaded '(\w+)'/,
    'input',
    (driver) => `env.py works with asyncio, and the URL names \`${driver}\`, which cannot.`,
    () => urlIs('postgresql+asyncpg'),
  ],
  [
    /^sqlalchemy\.exc\.MissingGreenlet: /,
    'input',
    () => 'env.py works without asyncio, and the URL names an asyncio driver (asyncpg).',
    () => urlIs('postgresql+psycopg2'),
  ],
  [
    /^TypeError: connect\(\) got an unexpected keyword argument '(\w+)'/,
    'input',
    (name) => `The URL has \`${name}=\` after its question mark, which asyncpg does not take (it takes \`ssl=\`).`,
    () => urlIs('postgresql+asyncpg'),
  ],
  [
    /^configparser\.\w+: /,
    'input',
    () => 'The ini file cannot be read: a `%` in a value (a password in a URL, for instance) has to be written `%%`.',
    () => `Correct the ini file, or read the URL from the environment in env.py, ${AGAIN}.`,
  ],
  [
    /^(?:SyntaxError|IndentationError|TabError): /,
    'syntax',
    () => 'Python cannot read the file.',
    () => `Correct the file at the line shown, ${AGAIN}.`,
  ],
  [
    /^FileNotFoundError: .*'(.*[\\/]versions)'$/,
    'input',
    (path) => `The folder of the migration files is not there: \`${path}\`; git keeps no empty folder.`,
    () => `Check out the commit that has the migration files, or correct \`script_location\` in the ini, ${AGAIN}.`,
  ],
];

/** An error of the server or of the connection to it, as a driver tells it. */
function ofServer(error: PythonError): AlembicExplanation | null {
  const { message, text, place } = error;
  const sqlstate = sqlstateOf(error);
  const code = sqlstate ?? connectionCode(message);
  if (code === null) return null;
  const sql = /\n\[SQL: ([\s\S]*?)\]\n/.exec(text)?.[1] ?? '';
  // SQLAlchemy writes down every statement that failed.
  const phase = sql === '' ? 'connect' : 'other';
  const own = alembicsOwn(code, message, sql);
  const host = /(?:server at|host name|resolve host) ['"]([^'"]+)['"]/.exec(message)?.[1];
  const context = { phase, ...(host === undefined ? {} : { host }) } as const;
  return explained(message, own ?? classifyFailure({ code, message }, context), place, sqlstate);
}

/** Where the catalogue's words are for SQL files, or the table is alembic's. */
function alembicsOwn(code: string, message: string, sql: string): Meant | null {
  if (code === '25001') {
    return {
      class: 'not-in-transaction',
      meaning: 'The statement cannot run inside a transaction block, and alembic runs migrations in one.',
      next: `Put it into \`with op.get_context().autocommit_block():\`, in a revision of its own, ${AGAIN}.`,
    };
  }
  if (code === '55P04') {
    return {
      class: 'not-in-transaction',
      meaning: 'A value that was added to an enum cannot be used before the transaction that added it has committed.',
      next: `Put the \`ALTER TYPE ... ADD VALUE\` into \`with op.get_context().autocommit_block():\`, ${AGAIN}.`,
    };
  }
  if (code === '42P01' && /"(?:\w+\.)?alembic_version"/.test(message)) {
    return {
      class: 'missing-object',
      meaning: 'The database has no version table: alembic never ran here, or keeps it in another schema.',
      next: 'Run `alembic upgrade head`, or `alembic stamp <revision>` if the schema is there already.',
    };
  }
  if (code === '22001' && /\balembic_version\b/.test(sql)) {
    return {
      class: 'constraint',
      meaning: 'The revision id is longer than the 32 characters that alembic keeps of one.',
      next: `Give the revision an id of at most 32 characters, ${AGAIN}.`,
    };
  }
  return null;
}

/** Names of conditions as psycopg and asyncpg write them, without case and without a final `Error`. */
const CONDITIONS: Readonly<Record<string, string>> = {
  activesqltransaction: '25001',
  adminshutdown: '57P01',
  assert: 'P0004',
  assertfailure: 'P0004',
  cannotconnectnow: '57P03',
  checkviolation: '23514',
  connectiondoesnotexist: '08003',
  connectionfailure: '08006',
  datatypemismatch: '42804',
  deadlockdetected: '40P01',
  dependentobjectsstillexist: '2BP01',
  diskfull: '53100',
  duplicatecolumn: '42701',
  duplicatedatabase: '42P04',
  duplicatefunction: '42723',
  duplicateobject: '42710',
  duplicateschema: '42P06',
  duplicatetable: '42P07',
  exclusionviolation: '23P01',
  featurenotsupported: '0A000',
  foreignkeyviolation: '23503',
  idleintransactionsessiontimeout: '25P03',
  infailedsqltransaction: '25P02',
  insufficientprivilege: '42501',
  internalserver: 'XX000',
  invalidauthorizationspecification: '28000',
  invalidcatalogname: '3D000',
  invalidforeignkey: '42830',
  invalidobjectdefinition: '42P17',
  invalidpassword: '28P01',
  invalidschemaname: '3F000',
  invalidtabledefinition: '42P16',
  invalidtextrepresentation: '22P02',
  locknotavailable: '55P03',
  noactivesqltransaction: '25P01',
  notnullviolation: '23502',
  numericvalueoutofrange: '22003',
  objectinuse: '55006',
  objectnotinprerequisitestate: '55000',
  outofmemory: '53200',
  postgressyntax: '42601',
  querycanceled: '57014',
  raise: 'P0001',
  raiseexception: 'P0001',
  readonlysqltransaction: '25006',
  serialization: '40001',
  serializationfailure: '40001',
  stringdatarighttruncation: '22001',
  syntax: '42601',
  toomanyconnections: '53300',
  undefinedcolumn: '42703',
  undefinedfile: '58P01',
  undefinedfunction: '42883',
  undefinedobject: '42704',
  undefinedtable: '42P01',
  uniqueviolation: '23505',
  unsafenewenumvalueusage: '55P04',
  wrongobjecttype: '42809',
};

/** SQLAlchemy 2 hides asyncpg's name of the condition in the error that led to its own. */
function sqlstateOf({ message, causes }: PythonError): string | null {
  for (const text of [message, ...causes.toReversed()]) {
    const name = /\b(?:psycopg2?\.errors|asyncpg\.exceptions)\.(\w+)/.exec(text)?.[1];
    const code = CONDITIONS[(name ?? '').replace(/Error$/, '').toLowerCase()];
    if (code !== undefined) return code;
  }
  return null;
}

/** libpq gives no SQLSTATE of a connection that it could not make; its texts are English unless a locale was set. */
const CONNECTING: readonly (readonly [RegExp, string])[] = [
  [/Connection refused|Connect call failed/, 'ECONNREFUSED'],
  [/timeout expired|timed out|^(?:asyncio\.exceptions\.)?TimeoutError\b/, 'ETIMEDOUT'],
  [/could not translate host name|failed to resolve host|Name or service not known|^socket\.gaierror/, 'ENOTFOUND'],
  [/Network is unreachable|No route to host/, 'ENETUNREACH'],
  [/password authentication failed|no password supplied/, '28P01'],
  [/no pg_hba\.conf entry|role ".*" does not exist/, '28000'],
  [/database ".*" does not exist/, '3D000'],
  [/too many clients|remaining connection slots/, '53300'],
  [/certificate verify failed/, 'CERT_UNTRUSTED'],
  [/server closed the connection|connection (?:was|has been|already) closed|terminating connection/i, '57P01'],
];

function connectionCode(message: string): string | null {
  if (
    !/OperationalError|InterfaceError|DBAPIError|asyncpg|^(?:\w+\.)*\w*(?:Connection|Timeout|gai)\w*\b/.test(message)
  ) {
    return null;
  }
  return CONNECTING.find(([pattern]) => pattern.test(message))?.[1] ?? null;
}
