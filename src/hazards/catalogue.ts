/** Every rule: what happens, why, and the safe way. `docs/hazards.md` is made from it. */
import type { Rule } from './claim.ts';

type Row = Omit<Rule, 'id' | 'since' | 'until' | 'source'> & Partial<Pick<Rule, 'since' | 'until' | 'source'>>;

export interface Family {
  readonly title: string;
  readonly rules: Readonly<Record<string, Row>>;
}

const READS_WAIT = ['blocks-reads', 'blocks-writes'] as const;

/** Work that grows with the table, under a lock under which nobody reads or writes it. */
const work = (what: 'rewrites' | 'scans', more: readonly Rule['effects'][number][] = []) =>
  ({ effects: [...READS_WAIT, what, ...more], weight: 'work', severity: 'danger' }) as const;
const loses = (more: readonly Rule['effects'][number][] = []) =>
  ({ effects: ['destroys', ...more], weight: 'rows', severity: 'danger' }) as const;
const breaks = { effects: ['breaks-clients'], weight: 'fixed', severity: 'warning' } as const;
const behaves = { effects: ['changes-behaviour'], weight: 'fixed', severity: 'info' } as const;
const notes = { effects: [], weight: 'fixed', severity: 'info' } as const;

const INDEXES = {
  'index-not-concurrent': {
    title: 'An index is built while nobody can write',
    why: 'CREATE INDEX holds a SHARE lock until its transaction ends: every INSERT, UPDATE and DELETE on the table waits while all of it is read and sorted.',
    safer:
      'CREATE INDEX CONCURRENTLY, in a file of its own. On a partitioned table: CREATE INDEX ON ONLY the parent, build one concurrently on each partition, then ALTER INDEX ... ATTACH PARTITION.',
    effects: ['blocks-writes', 'scans'],
    weight: 'work',
    severity: 'danger',
    source: 'both',
  },
  'reindex-not-concurrent': {
    title: 'An index is rebuilt while nobody can write',
    why: 'REINDEX holds a SHARE lock on the table and ACCESS EXCLUSIVE on each index: writes wait, and so does nearly every query, since planning one opens the indexes.',
    safer: 'REINDEX ... CONCURRENTLY, in a file of its own.',
    ...work('scans'),
    source: 'both',
  },
  'drop-index-not-concurrent': {
    title: 'An index is dropped under a lock on its table',
    why: 'DROP INDEX is quick, but needs ACCESS EXCLUSIVE on the table: while it waits for a long query, everybody else waits behind it.',
    safer: 'DROP INDEX CONCURRENTLY, in a file of its own.',
    ...behaves,
  },
  'concurrently-in-transaction': {
    title: 'It cannot run in a transaction',
    why: 'PostgreSQL refuses it inside of a transaction block (25001).',
    safer: 'Put it into a file of its own, without BEGIN and COMMIT.',
    effects: ['fails'],
    weight: 'fixed',
    severity: 'danger',
  },
  'if-not-exists-hides-invalid-index': {
    title: 'IF NOT EXISTS takes an invalid index for a good one',
    why: 'A CREATE INDEX CONCURRENTLY that was interrupted leaves an INVALID index of that name. The next try with IF NOT EXISTS finds the name, does nothing and succeeds; no query ever uses the index.',
    safer: 'DROP INDEX CONCURRENTLY IF EXISTS first, then create it without IF NOT EXISTS.',
    ...notes,
    effects: ['changes-behaviour'],
  },
  'foreign-key-without-index': {
    title: 'A foreign key without an index',
    why: 'Each DELETE or key UPDATE of the referenced table reads all of the referencing one, unless an index begins with the key columns. PostgreSQL makes none by itself.',
    safer: 'Create an index on the key columns, concurrently where the table is in use.',
    ...notes,
  },
} as const satisfies Record<string, Row>;

const REWRITES = {
  'add-column-volatile-default': {
    title: 'A column whose default differs from row to row',
    why: 'A volatile default (`random()`, `gen_random_uuid()`, `clock_timestamp()`, `nextval()`) has to be computed for each row: the table and all of its indexes are written anew under ACCESS EXCLUSIVE. Constants and `now()` are not.',
    safer: 'Add the column without a default, set the default for new rows, fill the old ones in batches.',
    ...work('rewrites'),
    source: 'both',
  },
  'add-column-serial': {
    title: 'A serial column on a table that exists',
    why: 'Each row gets a number of its own: the table and all of its indexes are written anew under ACCESS EXCLUSIVE.',
    safer: 'Add a plain column, set nextval() as its default, fill the old rows in batches.',
    ...work('rewrites'),
    source: 'both',
  },
  'add-column-identity': {
    title: 'An identity column on a table that exists',
    why: 'Each row gets a number of its own: the table and all of its indexes are written anew under ACCESS EXCLUSIVE.',
    safer: 'Add a plain column, fill it in batches, then add the identity to the column, which is quick.',
    ...work('rewrites'),
    source: 'both',
  },
  'add-column-stored': {
    title: 'A stored generated column on a table that exists',
    why: 'Its value is computed for each row: the table and all of its indexes are written anew under ACCESS EXCLUSIVE.',
    safer:
      'A plain column kept by a trigger and filled in batches; from PostgreSQL 18 on a VIRTUAL column, which writes nothing.',
    ...work('rewrites'),
    source: 'both',
  },
  'add-column-domain': {
    title: 'A column of a domain that has constraints',
    why: 'Up to PostgreSQL 18 the table is written anew under ACCESS EXCLUSIVE, so that the domain can be checked for each row, even when the default is NULL.',
    safer: "Add the column with the domain's own type and a CHECK ... NOT VALID; validate it in another migration.",
    ...work('rewrites'),
    source: 'both',
  },
  'type-change': {
    title: "A column's type is changed",
    why: 'Unless the old values can stay as they are (a longer varchar, varchar to text), the table and its indexes are written anew under ACCESS EXCLUSIVE. Running clients keep asking with the old type.',
    safer:
      'Add a column of the new type, keep it by a trigger, fill it in batches, switch the readers, drop the old one.',
    ...work('rewrites', ['breaks-clients']),
    source: 'both',
  },
  'type-change-may-lose': {
    title: 'A type change may lose part of the values',
    why: 'What the new type cannot hold is rounded, cut or computed anew, row by row, and the old values are gone. The table is written anew under ACCESS EXCLUSIVE.',
    safer: 'Keep the old column until the new one has been compared with it.',
    ...work('rewrites', ['destroys', 'breaks-clients']),
    source: 'both',
  },
  'set-logged': {
    title: 'A table becomes logged or unlogged',
    why: 'The table and its indexes are written anew under ACCESS EXCLUSIVE; becoming logged, all of it goes through the WAL to every standby. An unlogged table is emptied by a crash.',
    safer: 'Make a new table of the kind you want and move the rows in batches.',
    ...work('rewrites', ['changes-behaviour']),
    source: 'both',
  },
  'set-access-method': {
    title: 'Another access method',
    why: 'The table is written anew under ACCESS EXCLUSIVE.',
    safer: 'Make a new table with the access method and move the rows in batches.',
    ...work('rewrites'),
    since: 15,
    source: 'both',
  },
  'set-tablespace': {
    title: 'Another tablespace',
    why: 'Every block is copied under ACCESS EXCLUSIVE.',
    safer:
      'For an index: build a new one there concurrently and drop the old one. For a table: move it in a maintenance window.',
    ...work('rewrites'),
    source: 'both',
  },
  'set-expression': {
    title: 'A generated column gets another expression',
    why: 'A stored one is computed anew for each row: the table is written anew under ACCESS EXCLUSIVE. A virtual one is not.',
    safer: 'Add a new column with the new expression and switch the readers.',
    ...work('rewrites', ['changes-behaviour']),
    since: 17,
    source: 'both',
  },
  cluster: {
    title: 'CLUSTER',
    why: 'The table and its indexes are written anew under ACCESS EXCLUSIVE.',
    safer: 'pg_repack or pg_squeeze, which hold that lock for an instant only.',
    ...work('rewrites'),
    source: 'both',
  },
  'vacuum-full': {
    title: 'VACUUM FULL',
    why: 'The table and its indexes are written anew under ACCESS EXCLUSIVE. Plain VACUUM disturbs nobody.',
    safer: 'Plain VACUUM; to give space back, pg_repack or pg_squeeze.',
    ...work('rewrites'),
    source: 'both',
  },
  'refresh-not-concurrent': {
    title: 'A materialized view is refreshed while nobody can read it',
    why: 'REFRESH holds ACCESS EXCLUSIVE on the view for as long as its query takes.',
    safer: 'REFRESH MATERIALIZED VIEW CONCURRENTLY; it needs a unique index over all rows.',
    ...work('rewrites'),
    source: 'both',
  },
  'refresh-concurrently': {
    title: 'A materialized view is refreshed beside its readers',
    why: 'REFRESH ... CONCURRENTLY holds EXCLUSIVE, which keeps only another refresh waiting.',
    safer: 'Nothing.',
    ...notes,
  },
} as const satisfies Record<string, Row>;

const SCANS = {
  'set-not-null-scans': {
    title: 'SET NOT NULL reads the whole table',
    why: 'All rows are looked at under ACCESS EXCLUSIVE, unless a validated CHECK already proves that there is no NULL. It fails on the first one.',
    safer: 'Add CHECK (c IS NOT NULL) NOT VALID, validate it in another migration, then SET NOT NULL, which trusts it.',
    ...work('scans', ['may-fail']),
    source: 'both',
  },
  'check-validated-at-once': {
    title: 'A CHECK is added and checked at once',
    why: 'All rows are looked at under ACCESS EXCLUSIVE. It fails on the first that does not fit.',
    safer: 'Add it NOT VALID, and validate it in another migration, where readers and writers go on.',
    ...work('scans', ['may-fail']),
    source: 'both',
  },
  'foreign-key-validated-at-once': {
    title: 'A foreign key is added and checked at once',
    why: 'Both tables are read while nobody can write to either of them (SHARE ROW EXCLUSIVE).',
    safer: 'Add it NOT VALID, and validate it in another migration, where readers and writers go on.',
    effects: ['blocks-writes', 'scans', 'may-fail'],
    weight: 'work',
    severity: 'danger',
    source: 'both',
  },
  'unique-not-using-index': {
    title: 'A unique constraint builds its index under lock',
    why: 'The whole table is read and sorted under ACCESS EXCLUSIVE. It fails on the first duplicate.',
    safer: 'Build a unique index concurrently, then ADD CONSTRAINT ... UNIQUE USING INDEX, which is quick.',
    ...work('scans', ['may-fail']),
    source: 'both',
  },
  'primary-key-not-using-index': {
    title: 'A primary key builds its index under lock',
    why: 'The whole table is read and sorted under ACCESS EXCLUSIVE, and read for NULLs. It fails on the first duplicate or NULL.',
    safer:
      'Build a unique index concurrently, make the columns NOT NULL the safe way, then ADD PRIMARY KEY USING INDEX.',
    ...work('scans', ['may-fail']),
    source: 'both',
  },
  'primary-key-reads-nulls': {
    title: 'A primary key over columns that may be NULL',
    why: 'USING INDEX builds nothing, but a column that is not yet NOT NULL becomes so: the table is read under ACCESS EXCLUSIVE.',
    safer: 'Make the columns NOT NULL first, by a validated CHECK.',
    ...work('scans', ['may-fail']),
    source: 'both',
  },
  'exclusion-constraint': {
    title: 'An exclusion constraint builds its index under lock',
    why: 'The whole table is read under ACCESS EXCLUSIVE, and there is no way to build such an index beforehand.',
    safer: 'Put the constraint on a new table, and move the rows there in batches.',
    ...work('scans', ['may-fail']),
    source: 'both',
  },
  'validate-under-lock': {
    title: 'A constraint is validated under a strong lock',
    why: 'VALIDATE CONSTRAINT alone lets everybody go on. Together with another ALTER, or after one in the same transaction, the whole table is read under the lock of that one.',
    safer: 'Validate in a migration of its own.',
    ...work('scans', ['may-fail']),
    source: 'both',
  },
  'attach-partition-scans': {
    title: 'A table becomes a partition and is read for it',
    why: 'The table is read under ACCESS EXCLUSIVE, unless a validated CHECK of it already implies the bounds. A DEFAULT partition is read too, under the same lock.',
    safer: 'Before: add a CHECK that says the same as the bounds, NOT VALID, and validate it in another migration.',
    ...work('scans', ['may-fail']),
    source: 'both',
  },
  'domain-constraint': {
    title: 'A domain gets a constraint that is checked at once',
    why: 'Every table with a column of the domain is read while nobody can write to it (SHARE).',
    safer:
      'ALTER DOMAIN ... ADD CONSTRAINT ... NOT VALID locks nothing; validating it reads the tables under that lock even so.',
    effects: ['blocks-writes', 'scans', 'may-fail'],
    weight: 'work',
    severity: 'danger',
    source: 'both',
  },
  'works-under-earlier-lock': {
    title: 'Slow work under the lock of an earlier statement',
    why: 'A lock lasts until the transaction ends. What reads or writes many rows after an ALTER in the same migration does so while everybody waits.',
    safer: 'One migration for the ALTER, another for the work.',
    ...work('scans'),
    source: 'both',
  },
  'add-required-column': {
    title: 'A column that must not be NULL, without a default',
    why: 'It fails on the first row that there is; where there is none, INSERTs of running clients fail, which do not know the column.',
    safer:
      'Add it with a constant default, which is quick; or nullable, fill it in batches, and make it NOT NULL the safe way.',
    effects: [...READS_WAIT, 'scans', 'may-fail', 'breaks-clients'],
    weight: 'fixed',
    severity: 'warning',
  },
} as const satisfies Record<string, Row>;

const LOSSES = {
  'drop-table': {
    title: 'A table is dropped',
    why: 'Its rows are gone, and clients that still use it fail.',
    safer: 'Rename it first and wait; drop it when nobody missed it. Take a backup.',
    ...loses(['breaks-clients']),
  },
  'drop-column': {
    title: 'A column is dropped',
    why: 'Its values are gone, and clients that still name it fail. Indexes and constraints that hold it go along.',
    safer: 'First release clients that do not use it; drop it in a later migration.',
    ...loses(['breaks-clients']),
  },
  'drop-schema-cascade': {
    title: 'A schema is dropped with all that is in it',
    why: 'Every table in it is gone, and what depends on them elsewhere.',
    safer: 'Drop what is in it by name, then the schema without CASCADE.',
    ...loses(['breaks-clients']),
  },
  'drop-cascade': {
    title: 'CASCADE takes along what depends on it',
    why: 'Columns of a dropped type go with their values; views, defaults, triggers and constraints go without being named.',
    safer:
      'Drop without CASCADE: PostgreSQL names what depends on it, and the migration can say what is to happen to each.',
    ...loses(['breaks-clients']),
  },
  'drop-owned': {
    title: 'Everything that a role owns is dropped',
    why: 'All of its tables are gone, none of them named.',
    safer: 'REASSIGN OWNED BY the role TO another; then DROP OWNED BY only takes its privileges.',
    effects: ['destroys', 'breaks-clients'],
    weight: 'fixed',
    severity: 'danger',
  },
  'drop-database': {
    title: 'A database is dropped',
    why: 'All of it is gone, and no transaction brings it back.',
    safer: 'Not in a migration.',
    effects: ['destroys', 'breaks-clients'],
    weight: 'fixed',
    severity: 'danger',
  },
  truncate: {
    title: 'A table is emptied',
    why: 'All rows are gone; with CASCADE also those of every table that refers to it. ACCESS EXCLUSIVE is held until the transaction ends.',
    safer: 'DELETE in batches what really has to go. Take a backup.',
    ...loses(),
  },
  'delete-all-rows': {
    title: 'DELETE of every row',
    why: 'There is no WHERE, or one that is always true.',
    safer: 'Say which rows; delete in batches. Take a backup.',
    ...loses(['bulk']),
  },
  'delete-rows': {
    title: 'DELETE of some rows',
    why: 'The rows are gone. How many, the dry run counts.',
    safer: 'Keep them in another table first, and delete in batches.',
    effects: ['destroys'],
    weight: 'rows',
    severity: 'warning',
  },
  'overwrite-column': {
    title: 'A column is overwritten',
    why: 'UPDATE without a WHERE, or to NULL: what stood there is gone. Every row that is written is locked until the transaction ends.',
    safer: 'Say which rows (WHERE column IS NULL); keep the old values in another column first.',
    ...loses(['bulk']),
  },
  'update-all-rows': {
    title: 'UPDATE of every row',
    why: 'Every row is written anew and stays locked until the transaction ends: writers of any of them wait, and the table grows to twice its size.',
    safer: 'In batches by key, each in a transaction of its own.',
    effects: ['bulk'],
    weight: 'rows',
    severity: 'warning',
  },
} as const satisfies Record<string, Row>;

const CLIENTS = {
  'rename-table': {
    title: 'A table or view is renamed',
    why: 'Clients that run while it is deployed use the old name and fail.',
    safer: 'In the same migration create a view of the old name; drop it when no client uses it any more.',
    ...breaks,
  },
  'rename-column': {
    title: 'A column is renamed',
    why: 'Clients that run while it is deployed use the old name and fail.',
    safer: 'Add a column of the new name, keep both by a trigger, move the clients, drop the old one.',
    ...breaks,
  },
  'rename-object': {
    title: 'A schema, function, type or role is renamed',
    why: 'Clients that run while it is deployed use the old name and fail.',
    safer: 'Make one of the new name beside it, move the clients, drop the old one.',
    ...breaks,
  },
  'rename-enum-value': {
    title: 'A value of an enum is renamed',
    why: 'Clients that run while it is deployed send the old value, which is refused, and read one that they do not know.',
    safer: 'Add the new value, move the clients, update the rows; the old one may stay.',
    ...breaks,
  },
  'set-schema': {
    title: 'Something moves into another schema',
    why: 'Clients that name it by its old schema, or find it by their search_path, fail.',
    safer: 'Leave a view of the old name in the old schema until no client uses it.',
    ...breaks,
  },
  'drop-object': {
    title: 'A view, function, type, sequence, schema or extension is dropped',
    why: 'Clients that still use it fail.',
    safer: 'First release clients that do not use it; drop it in a later migration.',
    ...breaks,
  },
  'drop-default-of-required': {
    title: 'A required column loses the default that it was given',
    why: 'The default only served the rows that were there. INSERTs of running clients, which do not know the column, fail from now on.',
    safer: 'Drop the default in a later migration, when every client sets the column.',
    ...breaks,
  },
  revoke: {
    title: 'Privileges are taken away',
    why: 'Clients that still need them fail.',
    safer: 'First release clients that do without.',
    ...breaks,
  },
  'row-security-enabled': {
    title: 'Row level security is switched on',
    why: 'Without a policy that says otherwise, every role but the owner sees no row and may write none.',
    safer: 'Create the policies first, in the same migration, and test as the role of the clients.',
    effects: ['breaks-clients', 'changes-behaviour'],
    weight: 'fixed',
    severity: 'warning',
  },
  'restrictive-policy': {
    title: 'A restrictive policy',
    why: 'It takes away what other policies allow: rows vanish for roles that see them now.',
    safer: 'Test as the role of the clients before.',
    effects: ['breaks-clients', 'changes-behaviour'],
    weight: 'fixed',
    severity: 'warning',
  },
  'drop-default': {
    title: 'A default is dropped',
    why: 'INSERTs that leave the column out give NULL from now on, or fail.',
    safer: 'Look whether every client sets the column.',
    ...behaves,
  },
  'drop-not-null': {
    title: 'A column may be NULL from now on',
    why: 'Clients that never saw a NULL there may fail on one. Going back has to read the whole table.',
    safer: 'Look whether the readers of the column bear a NULL.',
    ...behaves,
  },
  'drop-constraint': {
    title: 'A constraint is dropped',
    why: 'What it kept out can be written from now on. Dropping a foreign key locks the referenced table too (ACCESS EXCLUSIVE, for an instant).',
    safer: 'Look who relies on it.',
    ...behaves,
  },
  'drop-trigger': {
    title: 'A trigger, policy or rule is dropped',
    why: 'What it did or allowed ends, without an error anywhere.',
    safer: 'Look who relies on it.',
    ...behaves,
  },
  'trigger-disabled': {
    title: 'Triggers are switched off',
    why: 'What they did does not happen, and for ALL that includes foreign keys. Nobody is told.',
    safer: 'Switch them on again in the same migration.',
    ...behaves,
  },
  'row-security-disabled': {
    title: 'Row level security is switched off',
    why: 'Every role with privileges on the table sees all of its rows.',
    safer: 'Give the roles that need it a policy of their own.',
    ...behaves,
  },
  'detach-partition': {
    title: 'A partition is detached',
    why: 'Its rows are no longer seen through the parent. Without CONCURRENTLY the parent is locked (ACCESS EXCLUSIVE, for an instant).',
    safer: 'DETACH PARTITION ... CONCURRENTLY, in a file of its own.',
    ...behaves,
  },
  'publishes-less': {
    title: 'A publication publishes less',
    why: 'Subscribers get no changes of what it leaves out, and no error.',
    safer: 'First release subscribers that do without it.',
    ...breaks,
  },
  'restart-sequence': {
    title: 'A sequence starts again',
    why: 'Numbers that it gives may be taken already: INSERTs then fail as duplicates.',
    safer: 'Set it beyond the highest number in use.',
    ...behaves,
  },
} as const satisfies Record<string, Row>;

const TRANSACTIONS = {
  'lock-table': {
    title: 'A table is locked by hand',
    why: 'It stays locked until the transaction ends, whatever else the migration does.',
    safer: 'Leave it out: each statement takes the lock that it needs.',
    effects: ['blocks-writes'],
    weight: 'fixed',
    severity: 'warning',
  },
  'locks-other-table': {
    title: 'A table is locked that is only referred to',
    why: 'A foreign key locks the referenced table against writes, and a new partition its parent against everything, for as long as the transaction lasts.',
    safer: 'Keep the migration short.',
    ...notes,
  },
  'several-tables-locked': {
    title: 'Several tables are locked in one transaction',
    why: 'Clients that take the same tables in another order and the migration may wait for each other: a deadlock. Each table stays locked until the last is done.',
    safer: 'One migration for each table.',
    ...notes,
    effects: ['may-fail'],
  },
  'enum-value-used-at-once': {
    title: 'A new value of an enum is used in the transaction that adds it',
    why: 'PostgreSQL refuses it (55P04) until the transaction that added the value has committed.',
    safer: 'Add the value in one migration, use it in the next.',
    effects: ['may-fail'],
    weight: 'fixed',
    severity: 'warning',
  },
  'not-repeatable': {
    title: 'It cannot be run twice',
    why: 'A statement that creates or drops without IF [NOT] EXISTS fails where it has been run already. In one transaction that does not matter.',
    safer: 'IF NOT EXISTS and IF EXISTS where PostgreSQL has them.',
    ...notes,
  },
  'triggers-bypassed': {
    title: 'The session acts as a replica',
    why: 'With session_replication_role = replica no foreign key is checked and no ordinary trigger runs: rows that fit nowhere are written without an error.',
    safer: 'Leave it at origin; disable the one trigger that is in the way.',
    effects: ['changes-behaviour'],
    weight: 'fixed',
    severity: 'warning',
  },
  'timeout-switched-off': {
    title: 'A timeout is switched off',
    why: 'Without lock_timeout the migration waits for a lock without end, and everybody behind it.',
    safer: 'Leave it to the gate, or say how long: -- gate: lock-timeout=2s.',
    ...notes,
  },
  'dynamic-sql': {
    title: 'Statements that are put together while they run',
    why: 'What a DO block executes by EXECUTE is not in its text. The dry run sees what it did.',
    safer: 'Plain statements.',
    ...notes,
  },
  'not-understood': {
    title: 'A statement that could not be read',
    why: "PostgreSQL's own parser did not understand it, or it is too long for it: nothing is known of what it does but what the dry run saw.",
    safer: 'Correct it, or split it into shorter statements.',
    ...notes,
    source: 'both',
  },
} as const satisfies Record<string, Row>;

const SECURITY = {
  'secret-in-file': {
    title: 'A secret stands in a file',
    why: 'Who can read the repository, its history or a log can read it.',
    safer: 'Change the secret, and set it outside of the migrations.',
    effects: [],
    weight: 'fixed',
    severity: 'warning',
  },
  'powerful-role': {
    title: "A role that no rule of the database's holds",
    why: 'SUPERUSER, BYPASSRLS, REPLICATION, CREATEROLE and some predefined roles reach past privileges, policies, or out of the database.',
    safer: 'Grant what is needed, object by object.',
    effects: ['changes-behaviour'],
    weight: 'fixed',
    severity: 'warning',
  },
  'definer-without-search-path': {
    title: 'SECURITY DEFINER without a search_path',
    why: "It runs with its owner's rights, and finds names by the caller's search_path: a caller can make it call something else.",
    safer: 'SET search_path in the function: pg_catalog first, pg_temp last.',
    ...notes,
  },
  'grant-to-public': {
    title: 'Granted to everybody',
    why: 'PUBLIC is every role, also those that are made later.',
    safer: 'Name the roles.',
    ...notes,
  },
} as const satisfies Record<string, Row>;

const seen = { source: 'dry run' } as const;

const OBSERVED = {
  'statement-fails': {
    title: 'A statement failed',
    why: 'It was executed in the dry run, and PostgreSQL refused it.',
    safer: 'As the error says.',
    effects: ['fails'],
    weight: 'fixed',
    severity: 'danger',
    ...seen,
  },
  'not-executed': {
    title: 'A statement was not executed as it is written',
    why: 'It cannot run in a transaction, or must not in a rehearsal: its plain form was rehearsed, or it was checked without running.',
    safer: 'Nothing need be done; read what was checked instead.',
    effects: [],
    weight: 'fixed',
    severity: 'warning',
    ...seen,
  },
  'rewrites-under-lock': {
    title: 'A table was written anew under lock',
    why: 'Seen in the dry run: the file of the relation is another one.',
    safer: 'By the kind of statement, see the rules about rewrites.',
    ...work('rewrites'),
    ...seen,
  },
  'scans-under-lock': {
    title: 'A table was read whole under lock',
    why: "Seen in the dry run, by PostgreSQL's own counters.",
    safer: 'By the kind of statement, see the rules about scans.',
    ...work('scans'),
    ...seen,
  },
  'long-under-lock': {
    title: 'A lock was held long',
    why: 'Seen in the dry run: the statement took long while others could not use the relation.',
    safer: 'Split the migration, so that nothing slow runs after the lock is taken.',
    effects: READS_WAIT,
    weight: 'work',
    severity: 'warning',
    ...seen,
  },
  'removed-by-code': {
    title: 'Something that clients name is gone, and no statement says so',
    why: 'Seen in the dry run: the schema after it lacks what code renamed, moved or dropped.',
    safer: 'Say by name what is to go.',
    ...breaks,
    ...seen,
  },
  'destroys-data': {
    title: 'Something is gone that the statement does not name',
    why: 'Seen in the dry run: code, a trigger or CASCADE dropped or emptied it.',
    safer: 'Say by name what is to go.',
    ...loses(),
    ...seen,
  },
  'deletes-many-rows': {
    title: 'Many rows were deleted',
    why: "Seen in the dry run, by PostgreSQL's own counters.",
    safer: 'In batches, each a transaction of its own, outside of the deployment.',
    ...loses(['bulk']),
    ...seen,
  },
  'updates-many-rows': {
    title: 'Many rows were updated',
    why: "Seen in the dry run, by PostgreSQL's own counters: each stays locked until the transaction ends.",
    safer: 'In batches, each a transaction of its own, outside of the deployment.',
    effects: ['bulk'],
    weight: 'rows',
    severity: 'warning',
    ...seen,
  },
  'down-fails': {
    title: 'The way back fails',
    why: 'The dry run went up and then down, and a down file did not run.',
    safer: 'Correct the down file.',
    ...notes,
    severity: 'warning',
    ...seen,
  },
  'down-differs': {
    title: 'The way back does not lead back',
    why: 'After up and down the schema is not what it was.',
    safer: 'Let the down file undo what the message names.',
    ...notes,
    severity: 'warning',
    ...seen,
  },
  'up-again-fails': {
    title: 'It cannot be applied again after its way back',
    why: 'The dry run went up, down and up again, and the second up failed.',
    safer: 'Let the down file undo all that the migration made.',
    ...notes,
    severity: 'warning',
    ...seen,
  },
  'rollback-not-tried': {
    title: 'The way back was not tried',
    why: 'A down file holds what cannot run in a transaction, or something else kept the dry run from trying it.',
    safer: 'Try it on a copy.',
    ...notes,
    ...seen,
  },
  'external-effects': {
    title: 'It reaches out of the database',
    why: 'Programs, files, other servers: what was done there a rollback does not undo.',
    safer: 'Do it outside of the migration.',
    effects: ['external'],
    weight: 'fixed',
    severity: 'danger',
    ...seen,
  },
  'own-transactions': {
    title: 'The file has transactions of its own',
    why: 'They commit one by one: a failure half way leaves the earlier ones.',
    safer: 'One file, one transaction.',
    effects: ['non-transactional'],
    weight: 'fixed',
    severity: 'warning',
    ...seen,
  },
  'non-transactional': {
    title: 'Applied statement by statement',
    why: 'The file cannot run in one transaction. Each statement is recorded, so that an interrupted run can be resumed.',
    safer: 'Keep such a file to one statement.',
    effects: ['non-transactional'],
    weight: 'fixed',
    severity: 'info',
    ...seen,
  },
} as const satisfies Record<string, Row>;

export const FAMILIES: readonly Family[] = [
  { title: 'Indexes', rules: INDEXES },
  { title: 'Tables written anew under lock', rules: REWRITES },
  { title: 'Tables read whole under lock', rules: SCANS },
  { title: 'Destroyed data', rules: LOSSES },
  { title: 'Running clients', rules: CLIENTS },
  { title: 'Locks and transactions', rules: TRANSACTIONS },
  { title: 'Secrets and privileges', rules: SECURITY },
  { title: 'What only the dry run sees', rules: OBSERVED },
];

/** Of a rule that reads statements. */
export type RuleId =
  | keyof typeof INDEXES
  | keyof typeof REWRITES
  | keyof typeof SCANS
  | keyof typeof LOSSES
  | keyof typeof CLIENTS
  | keyof typeof TRANSACTIONS
  | keyof typeof SECURITY;

export const CATALOGUE: readonly Rule[] = FAMILIES.flatMap(({ rules }) =>
  Object.entries(rules).map(([id, row]) => ({ id, since: 14, until: null, source: 'text', ...row })),
);

const BY_ID: ReadonlyMap<string, Rule> = new Map(CATALOGUE.map((rule) => [rule.id, rule]));

export function ruleOf(id: RuleId): Rule {
  const rule = BY_ID.get(id);
  if (rule === undefined) throw new Error(`no rule ${id} in the catalogue`);
  return rule;
}
