/** The catalogue of what goes wrong: an error as it came -> its class, what it means, and the one thing to do next. */
import type { FailureClass } from './outcome.ts';
import { brief, clean } from './text.ts';

export interface RawFailure {
  /** SQLSTATE, or Node's code (`ECONNREFUSED`, `CERT_HAS_EXPIRED`); null where the error had none. */
  readonly code: string | null;
  readonly message: string;
  readonly detail?: string | null;
  readonly hint?: string | null;
  readonly where?: string | null;
  readonly constraint?: string | null;
  readonly schema?: string | null;
  readonly table?: string | null;
  readonly column?: string | null;
}

export interface FailureContext {
  readonly phase: 'connect' | 'dry-run' | 'apply' | 'verify' | 'other';
  readonly host?: string;
  /** Which of our own limits ran out, where we know it: the server's code alone does not say. */
  readonly timedOut?: 'statement' | 'connect' | null;
}

export interface Classified {
  readonly class: FailureClass;
  readonly meaning: string;
  readonly next: string;
}

type Entry = Classified | ((raw: RawFailure, context: FailureContext) => Classified);

const AGAIN = 'then run again';

/** What a class means where nothing more particular is known. Also for failures that the gate itself finds (checksum, order, ...). */
const CLASSES: Readonly<Record<FailureClass, Omit<Classified, 'class'>>> = {
  input: { meaning: 'What the run was given cannot be used.', next: `Correct what is named above, ${AGAIN}.` },
  connection: {
    meaning: 'The connection to the server could not be made or was lost.',
    next: `Check that the server is up with \`pg_isready\`, ${AGAIN}.`,
  },
  tls: {
    meaning: 'The encrypted connection could not be made.',
    next: `Set the input \`ssl-root-cert\` to the certificate of the authority that signed the server's, ${AGAIN}.`,
  },
  authentication: {
    meaning: 'The server did not accept the user or the password.',
    next: `Correct the user and the password in the secret that holds the database URL, ${AGAIN}.`,
  },
  permission: {
    meaning: 'The role that the run connects as lacks a right.',
    next: `Run as the owner of the object, or let the owner grant the right to this role, ${AGAIN}.`,
  },
  'disk-full': {
    meaning: "The server's disk is full: nothing that writes will work until there is room.",
    next: `Enlarge the server's storage or free space on it, ${AGAIN}.`,
  },
  'lock-timeout': {
    meaning:
      'Another session held a lock for longer than `lock-timeout`; the statement gave up so as not to queue everybody behind it.',
    next: "End the transaction that holds it, or wait for it: `SELECT pid, application_name, now() - xact_start AS open_for, query FROM pg_stat_activity WHERE xact_start < now() - interval '10 seconds'`; then run again.",
  },
  deadlock: {
    meaning: 'This run and another session each held what the other waited for; the server ended this one.',
    next: 'Run again; if it comes back, run at a quieter time or stop the job that locks the same tables.',
  },
  'statement-timeout': {
    meaning: 'A statement ran for longer than it may.',
    next: `Raise \`statement-timeout\` for this run, or do the work in smaller steps, ${AGAIN}.`,
  },
  syntax: {
    meaning: 'The server cannot read the statement as SQL.',
    next: `Correct the statement at the place shown, ${AGAIN}.`,
  },
  'missing-object': {
    meaning: 'The statement names something that is not in the database at this point.',
    next: `Correct the name, or put the migration that creates it before this one, ${AGAIN}.`,
  },
  'duplicate-object': {
    meaning:
      'The statement creates something that is there already: a migration was run by hand, or two files create the same thing.',
    next: 'Compare what is there with the file; if it was made by hand, drop it or take the statement out of the file, then run again.',
  },
  constraint: {
    meaning: 'Rows that are there already, or that the migration writes, break a constraint.',
    next: `Correct the rows in a migration that comes before this one, ${AGAIN}.`,
  },
  checksum: {
    meaning: 'A migration that was applied has been edited since: what the file says is not what the database got.',
    next: 'Restore the file as it was applied (`git log -- <file>`) and put the change into a new migration.',
  },
  order: {
    meaning: 'A pending migration comes before one that is applied already.',
    next: 'Give the file a number after the last applied one, or set `allow-out-of-order: true` where the order does not matter.',
  },
  'not-in-transaction': {
    meaning: 'The statement cannot run inside a transaction block.',
    next: 'Put the statement into a migration of its own whose first line is `-- gate: no-transaction`.',
  },
  resources: {
    meaning: 'The server has run out of something that all its sessions share.',
    next: 'Run again when the server is less busy.',
  },
  tool: {
    meaning:
      'The migration tool ended with an error, or what is kept in the database about migrations is not as it must be.',
    next: "Read the tool's own output above, correct what it names, then run again.",
  },
  verification: {
    meaning: 'What the database holds after the run is not what it should hold.',
    next: 'Do not deploy. Look at the failed checks in the report, correct them with a new migration, then run `verify`.',
  },
  cancelled: {
    meaning: 'The run was cancelled.',
    next: 'Run again when you are ready; what is already applied is not applied twice.',
  },
  internal: {
    meaning: 'Something happened that is not in the catalogue of known failures.',
    next: 'Read the message above and the log in `migration-log/migration.log`; if the message does not help, report it with `report.json`.',
  },
};

/** The catalogue's words for a class, for failures that no server sent. */
export function failureOfClass(kind: FailureClass): Classified {
  return { class: kind, ...CLASSES[kind] };
}

function entry(kind: FailureClass, meaning: string, next?: string): Classified {
  return { class: kind, meaning, next: next ?? CLASSES[kind].next };
}

function hostOf(context: FailureContext): string {
  return context.host ? `\`${named(context.host)}\`` : 'the server';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A name from the server, fit to stand between the backticks of our own sentence. */
function named(name: string): string {
  return brief(name, 128).replaceAll('`', "'");
}

function ofTable(raw: RawFailure): string {
  if (!raw.table) return '';
  return ` of \`${named(raw.schema && raw.schema !== 'public' ? `${raw.schema}.${raw.table}` : raw.table)}\``;
}

function ofConstraint(raw: RawFailure): string {
  return raw.constraint ? ` \`${named(raw.constraint)}\`` : '';
}

const unreachable: Entry = (_raw, context) =>
  entry(
    'connection',
    `There is no network route to ${hostOf(context)}. Usually the name has only an IPv6 address and this machine has only IPv4 (GitHub's hosted runners do).`,
    "Use the URL of your provider's pooler in session mode, which has an IPv4 address (for Supabase: the session pooler, port 5432).",
  );

const timedOutConnecting: Entry = (_raw, context) =>
  entry(
    'connection',
    `${capital(hostOf(context))} did not answer in time: a firewall or an allow list drops the connection, or the address is wrong.`,
    "Add the runner's address to the allow list of the database, or run on a runner inside its network; then run again.",
  );

const lostConnection: Entry = (_raw, context) =>
  entry(
    'connection',
    `The connection to ${hostOf(context)} broke off: the server restarted, failed over, or something between dropped it.`,
    `Check that the server is up with \`pg_isready\`, ${AGAIN}; what was open is rolled back by the server.`,
  );

const untrusted: Entry = (_raw, context) =>
  entry('tls', `The certificate of ${hostOf(context)} is not signed by an authority that this machine trusts.`);

const noTls: Entry = (_raw, context) =>
  entry(
    'tls',
    `${capital(hostOf(context))} does not offer encrypted connections, and \`sslmode\` asks for one.`,
    `Turn on \`ssl\` at the server, or set \`sslmode=disable\` in the URL if the network between is trusted, ${AGAIN}.`,
  );

const tlsRequired = entry(
  'tls',
  'The server takes only encrypted connections from here, and this one was not.',
  `Add \`sslmode=require\` (or \`verify-full\`) to the database URL, ${AGAIN}.`,
);

const duplicate = (what: string): Classified =>
  entry('duplicate-object', `${what} of this name is there already: made by hand, or by another migration.`);

const missing = (what: string): Classified =>
  entry('missing-object', `The statement names ${what} that is not in the database at this point.`);

const idleEnded = entry(
  'connection',
  'The server ended our session because it stood still inside a transaction for too long (its idle timeout).',
  "Run again; if it comes back, raise the role's `idle_in_transaction_session_timeout`.",
);

/** By SQLSTATE and by Node's error codes: never by text, which the server translates. */
const BY_CODE: Readonly<Record<string, Entry>> = {
  // Network
  ECONNREFUSED: (_raw, context) =>
    entry(
      'connection',
      `${capital(hostOf(context))} refused the connection: nothing listens at this address and port.`,
      `Check that the server is up and that the port in the URL is right, ${AGAIN}.`,
    ),
  ETIMEDOUT: timedOutConnecting,
  ENOTFOUND: (_raw, context) =>
    entry(
      'connection',
      `The name ${hostOf(context)} cannot be resolved.`,
      `Correct the host in the database URL, or run on a runner that knows this name, ${AGAIN}.`,
    ),
  EAI_AGAIN: (_raw, context) =>
    entry(
      'connection',
      `The name ${hostOf(context)} could not be resolved just now: the name server did not answer.`,
      "Run again; if it comes back, check the runner's DNS.",
    ),
  ENETUNREACH: unreachable,
  EHOSTUNREACH: unreachable,
  EADDRNOTAVAIL: unreachable,
  EAFNOSUPPORT: unreachable,
  ECONNRESET: lostConnection,
  EPIPE: lostConnection,
  ECONNABORTED: lostConnection,
  ENOENT: (raw, context) =>
    context.phase === 'connect'
      ? entry(
          'connection',
          'There is no socket of a server at this path.',
          `Give the host of the server in the database URL, ${AGAIN}.`,
        )
      : internal(raw),
  // TLS, as Node and OpenSSL name it
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_HAS_EXPIRED: (_raw, context) =>
    entry(
      'tls',
      `The certificate of ${hostOf(context)} has expired.`,
      `Renew the server's certificate (and that of its authority, if it is the one), ${AGAIN}.`,
    ),
  CERT_NOT_YET_VALID: (_raw, context) =>
    entry(
      'tls',
      `The certificate of ${hostOf(context)} is not valid yet: a clock is wrong.`,
      `Correct the clock of the runner or of the server, ${AGAIN}.`,
    ),
  CERT_REVOKED: (_raw, context) =>
    entry('tls', `The certificate of ${hostOf(context)} was revoked.`, `Give the server a new certificate, ${AGAIN}.`),
  CHANNEL_BINDING: (_raw, context) =>
    entry(
      'tls',
      `${capital(hostOf(context))} did not prove, on this connection, that it knows the password: it is another server, something between ends the encryption, or the password is not kept as SCRAM there.`,
      `Connect to the server itself, or take \`channel_binding=require\` out of the URL if something trusted stands between, ${AGAIN}.`,
    ),
  ERR_TLS_CERT_ALTNAME_INVALID: (_raw, context) =>
    entry(
      'tls',
      `The certificate of the server is for another name than ${hostOf(context)}.`,
      `Put the name that the certificate carries into the database URL, or set \`sslmode=verify-ca\` if the name cannot match, ${AGAIN}.`,
    ),
  // Class 08, 57: connection
  '08001': lostConnection,
  '08003': lostConnection,
  '08006': lostConnection,
  '08004': (_raw, context) =>
    entry(
      'connection',
      `${capital(hostOf(context))} turned the connection away.`,
      `Read the server's message above and correct the database URL, ${AGAIN}.`,
    ),
  '08P01': (_raw, context) =>
    context.phase === 'connect'
      ? entry(
          'connection',
          'What answered does not accept the settings that this session needs: usually a transaction pooler.',
          'Use the direct URL of the database, or the session mode of the pooler.',
        )
      : entry('connection', 'The server and this run lost track of each other on the wire.', 'Run again.'),
  '57P01': lostConnection,
  '57P02': lostConnection,
  '57P03': (_raw, context) =>
    entry(
      'connection',
      `${capital(hostOf(context))} is starting, stopping or recovering and takes no connections yet.`,
      `Wait until \`pg_isready\` says that it accepts connections, ${AGAIN}.`,
    ),
  '57P04': entry(
    'connection',
    'The database was dropped while this run was connected to it.',
    'Find out who dropped it before anything else; restore it from the backup.',
  ),
  '57P05': idleEnded,
  '25P03': idleEnded,
  '25P04': entry(
    'statement-timeout',
    "The transaction was open for longer than the server's `transaction_timeout` allows.",
  ),
  // Authentication
  '28P01': entry('authentication', 'The server did not accept the password for this user.'),
  '28000': (raw) =>
    // The code is the same for both, and only the text tells them apart.
    /no encryption|SSL off/.test(raw.message)
      ? tlsRequired
      : entry(
          'authentication',
          'The server does not let this user in from here (`pg_hba.conf`), or there is no such user.',
          `Correct the user in the database URL, or add a line for it to \`pg_hba.conf\`, ${AGAIN}.`,
        ),
  '3D000': (_raw, context) =>
    context.phase === 'connect'
      ? entry(
          'connection',
          `There is no database of this name at ${hostOf(context)}.`,
          `Correct the database name at the end of the URL, or create the database, ${AGAIN}.`,
        )
      : missing('a database'),
  // Rights
  '42501': (_raw, context) =>
    context.phase === 'connect'
      ? entry(
          'permission',
          'The user may not connect to this database.',
          `Let the owner run \`GRANT CONNECT ON DATABASE ... TO ...\`, ${AGAIN}.`,
        )
      : failureOfClass('permission'),
  '25006': (_raw, context) =>
    context.phase === 'verify'
      ? entry(
          'verification',
          'A check tried to write: smoke tests run read-only.',
          `Take the statement that writes out of the smoke test, ${AGAIN}.`,
        )
      : entry(
          'permission',
          'The session is read-only: this is a standby, or the role or the database is set to read only.',
          'Use the URL of the primary (`SELECT pg_is_in_recovery()` says `f` there), or lift `default_transaction_read_only`; then run again.',
        ),
  // Resources
  '53000': failureOfClass('resources'),
  '53100': failureOfClass('disk-full'),
  '53200': entry(
    'resources',
    'The server ran out of memory, or of its shared lock table: one transaction touches too many objects.',
    'Split the migration into files that touch fewer objects, or raise `max_locks_per_transaction` and restart the server; then run again.',
  ),
  '53300': entry(
    'resources',
    'All the connections that the server allows are in use.',
    'Stop what holds them or raise `max_connections` (count them: `SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1`), then run again.',
  ),
  '53400': entry(
    'resources',
    'A limit that is configured at the server was reached.',
    `Raise the limit that the server's message names, ${AGAIN}.`,
  ),
  '54000': entry(
    'resources',
    'The statement is beyond a limit of the server.',
    'Split the statement into smaller ones.',
  ),
  '54001': entry(
    'resources',
    'The statement is nested too deeply for the server.',
    'Simplify the statement, or raise `max_stack_depth` at the server.',
  ),
  // Locks and conflicts
  '55P03': failureOfClass('lock-timeout'),
  '40P01': failureOfClass('deadlock'),
  '40001': entry(
    'deadlock',
    'Another transaction changed the same rows at the same time, and this one had to give way.',
    'Run again; if it comes back, run at a quieter time.',
  ),
  '57014': (_raw, context) =>
    context.timedOut === 'statement'
      ? failureOfClass('statement-timeout')
      : entry(
          'statement-timeout',
          "The statement was cancelled at the server: a statement timeout of the role or the database, or somebody's `pg_cancel_backend`.",
          `See \`SHOW statement_timeout\` for this role, set the input \`statement-timeout\` to what the work needs, ${AGAIN}.`,
        ),
  '55006': entry(
    'resources',
    'The object is in use: by another session, or by this transaction itself (rows changed here still have checks pending).',
    'If the file changes rows of the table that it then alters, move the change of rows into an earlier file; otherwise end the session that uses it; then run again.',
  ),
  '55000': entry(
    'resources',
    'The object is not in the state that the statement needs.',
    `Read the server's message above, bring the object into that state, ${AGAIN}.`,
  ),
  // Transactions
  '25001': failureOfClass('not-in-transaction'),
  '25P01': entry(
    'not-in-transaction',
    'The statement needs a transaction block, and the file runs without one.',
    'Take `-- gate: no-transaction` out of the file, or put the statement between BEGIN and COMMIT.',
  ),
  '2D000': entry(
    'not-in-transaction',
    'Code in the statement (DO, CALL) ends the transaction, which it may not do inside one.',
    'Put the statement into a migration of its own whose first line is `-- gate: no-transaction`.',
  ),
  '25P02': entry(
    'internal',
    'An earlier statement of this transaction had failed, so the server ignored this one.',
    'Look for the first error in the log: that is the cause.',
  ),
  '55P04': entry(
    'not-in-transaction',
    'A value that was added to an enum cannot be used before the transaction that added it has committed.',
    'Put the statement that uses the new value into a later migration, so that the one that adds it commits first.',
  ),
  '3B001': missing('a savepoint'),
  // Reading the statement
  '42601': failureOfClass('syntax'),
  '42000': failureOfClass('syntax'),
  '42804': entry(
    'syntax',
    'The types in the statement do not fit together.',
    `Add a cast at the place shown (for a column: \`USING column::type\`), ${AGAIN}.`,
  ),
  '42P16': entry('syntax', 'The definition of the table contradicts itself.'),
  '42P17': entry(
    'syntax',
    'The definition of the object is not possible as written (a function in it may have to be IMMUTABLE).',
  ),
  '42702': entry(
    'syntax',
    'A column name in the statement fits more than one table.',
    `Write the table before the column, ${AGAIN}.`,
  ),
  '42803': entry('syntax', 'The grouping of the statement does not fit what it selects.'),
  '42809': entry(
    'syntax',
    'The object is of another kind than the statement needs (a view, not a table, or the like).',
  ),
  '42830': entry(
    'constraint',
    'The foreign key points at columns that no unique constraint covers.',
    `Add a primary key or a unique constraint to the columns it points at, ${AGAIN}.`,
  ),
  '0A000': entry(
    'syntax',
    'This server cannot do this: the version is too old for it, or the combination is not supported.',
    `Write the statement in another way, as the server's message says, ${AGAIN}.`,
  ),
  // Objects
  '42P01': missing('a table or view'),
  '42703': missing('a column'),
  '42883': entry(
    'missing-object',
    'The statement calls a function or operator that is not there with these argument types: often an extension is missing.',
    'Add `CREATE EXTENSION` or the function to a migration before this one, or correct the argument types; then run again.',
  ),
  '42704': missing('an object (a type, a role, an index, a constraint)'),
  '42P02': missing('a parameter'),
  '3F000': missing('a schema'),
  '58P01': entry(
    'missing-object',
    'The server lacks a file that it needs: usually an extension that is not installed on it.',
    `Install the extension on the server (see \`SELECT name FROM pg_available_extensions\`), ${AGAIN}.`,
  ),
  '2BP01': entry(
    'constraint',
    'Other objects depend on what the statement drops.',
    'Drop the objects that the detail names first, in the same file; use CASCADE only if all of them may go.',
  ),
  '2BP03': entry(
    'constraint',
    'Rights still depend on what the statement drops.',
    'Run `REASSIGN OWNED` and `DROP OWNED` first.',
  ),
  '42P07': duplicate('A table, index or view'),
  '42710': duplicate('An object'),
  '42701': duplicate('A column'),
  '42723': duplicate('A function'),
  '42P06': duplicate('A schema'),
  '42P04': duplicate('A database'),
  '42712': entry('syntax', 'The same table name or alias stands twice in the statement.'),
  // Data
  '23505': (raw) =>
    entry(
      'constraint',
      `Two rows${ofTable(raw)} hold the same value where${ofConstraint(raw) || ' the constraint'} allows it once.`,
      'Remove or merge the rows that are there twice in a migration before this one, then run again.',
    ),
  '23502': (raw) =>
    entry(
      'constraint',
      `Rows${ofTable(raw)} have no value in ${raw.column ? `\`${named(raw.column)}\`` : 'a column'}, which must have one.`,
      raw.table && raw.column
        ? `Fill them in a migration before this one: \`UPDATE ${named(raw.table)} SET ${named(raw.column)} = ... WHERE ${named(raw.column)} IS NULL\`; then run again.`
        : 'Fill the column in a migration before this one, then run again.',
    ),
  '23503': (raw) =>
    entry(
      'constraint',
      `Rows${ofTable(raw)} point at rows that are not there (foreign key${ofConstraint(raw)}), or rows are removed that others point at.`,
      'Correct these rows in a migration before this one, or add the constraint as NOT VALID and validate it once they are corrected; then run again.',
    ),
  '23514': (raw) =>
    entry(
      'constraint',
      `Rows${ofTable(raw)} break the check${ofConstraint(raw)}.`,
      'Correct these rows in a migration before this one, or add the check as NOT VALID and validate it once they are corrected; then run again.',
    ),
  '23P01': (raw) =>
    entry('constraint', `Rows${ofTable(raw)} exclude one another (exclusion constraint${ofConstraint(raw)}).`),
  // The server itself
  XX000: (raw, context) =>
    context.phase === 'connect' && /tenant or user not found/i.test(raw.message)
      ? entry(
          'authentication',
          'The pooler knows no such project or user.',
          "Copy the pooler's URL again from your provider: its user name carries the project (`postgres.<project>`).",
        )
      : internalServer,
  XX001: corrupted(),
  XX002: corrupted(),
  P0001: entry(
    'constraint',
    'The migration itself, or a trigger or function that it calls, raised this error.',
    `Read the message: it was written by whoever wrote that code. Correct what it asks for, ${AGAIN}.`,
  ),
  P0004: entry(
    'constraint',
    'An ASSERT in the migration does not hold.',
    `Correct the data that the assertion asks for, ${AGAIN}.`,
  ),
};

const internalServer: Classified = {
  class: 'internal',
  meaning: 'The server met an error inside itself, or an extension of it did.',
  next: "Read the server's log for this moment; run again only when the cause is known.",
};

function corrupted(): Classified {
  return {
    class: 'internal',
    meaning: 'The server found damaged data on its disk.',
    next: 'Stop deploying, take a copy of the server as it is, and call whoever runs the database.',
  };
}

function internal(_raw: RawFailure): Classified {
  return failureOfClass('internal');
}

/** By the first two characters of a SQLSTATE, where the code itself is not in the catalogue. */
const BY_PREFIX: Readonly<Record<string, Entry>> = {
  '08': lostConnection,
  '22': entry(
    'constraint',
    'A value does not fit the type or the range that it is put into.',
    `Correct the value at the place shown, or the rows that hold it in a migration before this one, ${AGAIN}.`,
  ),
  '23': failureOfClass('constraint'),
  '25': failureOfClass('not-in-transaction'),
  '28': failureOfClass('authentication'),
  '40': failureOfClass('deadlock'),
  '42': failureOfClass('syntax'),
  '53': failureOfClass('resources'),
  '54': failureOfClass('resources'),
  '55': entry(
    'resources',
    'The object is not in the state that the statement needs.',
    `Read the server's message above, bring the object into that state, ${AGAIN}.`,
  ),
  '57': lostConnection,
  '58': entry(
    'internal',
    "The server's operating system failed it.",
    "Read the server's log for this moment before you run again.",
  ),
  XX: internalServer,
};

/** What the driver itself says, always in English and without a code. */
const BY_DRIVER_TEXT: readonly (readonly [RegExp, Entry])[] = [
  [/^The server does not support SSL connections/, noTls],
  [/^There was an error establishing an SSL connection/, noTls],
  [
    /^timeout expired|^Connection terminated due to connection timeout|^timeout exceeded when trying to connect/,
    timedOutConnecting,
  ],
  [/^Connection terminated|is not queryable$|^Client was closed/, lostConnection],
  [
    /^SASL: .*password must be a (non-empty )?string/,
    entry('authentication', 'The server asks for a password, and none was given.'),
  ],
  [/^SASL:/, failureOfClass('authentication')],
  [/^Query read timeout/, failureOfClass('statement-timeout')],
];

/** Class, meaning and next action of an error. What is not in the catalogue is `internal`, and says so. */
export function classifyFailure(raw: RawFailure, context: FailureContext): Classified {
  if (context.timedOut === 'connect') return resolve(timedOutConnecting, raw, context);
  const known = entryFor(raw);
  if (known) return resolve(known, raw, context);
  return failureOfClass(context.phase === 'connect' ? 'connection' : 'internal');
}

function entryFor(raw: RawFailure): Entry | undefined {
  const { code } = raw;
  if (code !== null && code !== '') {
    if (Object.hasOwn(BY_CODE, code)) return BY_CODE[code];
    if (/^(?:ERR_SSL_|ERR_TLS_|CERT_|EPROTO$)/.test(code)) return failureOfClass('tls');
    const prefix = code.slice(0, 2);
    if (/^[0-9A-Z]{5}$/.test(code) && Object.hasOwn(BY_PREFIX, prefix)) return BY_PREFIX[prefix];
    return undefined;
  }
  return BY_DRIVER_TEXT.find(([pattern]) => pattern.test(raw.message))?.[1];
}

function resolve(found: Entry, raw: RawFailure, context: FailureContext): Classified {
  return typeof found === 'function' ? found(raw, context) : found;
}

const EXCERPT = 120;

/**
 * A source line, cut to about 120 code points around `column` (1-based, in code points), and below it a caret under that column.
 * Without a column: the line alone. Tabs stay tabs in both lines, so that they line up; what cannot be shown is `\ufffd`.
 */
export function excerptOf(sourceLine: string, column: number | null): string {
  const at = column === null ? 0 : Math.max(0, column - 1);
  const first = Math.max(0, at - Math.floor(EXCERPT / 2));
  const shown: string[] = [];
  let position = 0;
  let more = false;
  for (const character of sourceLine) {
    if (character === '\n' || character === '\r') break;
    if (shown.length === EXCERPT) {
      more = true;
      break;
    }
    if (position >= first) shown.push(visible(character));
    position += 1;
  }
  const lead = first > 0 ? '…' : '';
  const line = `${lead}${shown.join('')}${more ? '…' : ''}`;
  if (column === null) return line;
  const before = shown.slice(0, at - first).map((character) => (character === '\t' ? '\t' : ' '));
  return `${line}\n${lead === '' ? '' : ' '}${before.join('')}^`;
}

function visible(character: string): string {
  return clean(character) === '' ? '\ufffd' : character;
}
