export const id = 512;
export const ids = [512];
export const modules = {

/***/ 7452:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Y: () => (/* binding */ ruleOf),
/* harmony export */   yh: () => (/* binding */ CATALOGUE)
/* harmony export */ });
/* unused harmony export FAMILIES */
const READS_WAIT = ['blocks-reads', 'blocks-writes'];
/** Work that grows with the table, under a lock under which nobody reads or writes it. */
const work = (what, more = []) => ({ effects: [...READS_WAIT, what, ...more], weight: 'work', severity: 'danger' });
const loses = (more = []) => ({ effects: ['destroys', ...more], weight: 'rows', severity: 'danger' });
const breaks = { effects: ['breaks-clients'], weight: 'fixed', severity: 'warning' };
const behaves = { effects: ['changes-behaviour'], weight: 'fixed', severity: 'info' };
const notes = { effects: [], weight: 'fixed', severity: 'info' };
const INDEXES = {
    'index-not-concurrent': {
        title: 'An index is built while nobody can write',
        why: 'CREATE INDEX holds a SHARE lock until its transaction ends: every INSERT, UPDATE and DELETE on the table waits while all of it is read and sorted.',
        safer: 'CREATE INDEX CONCURRENTLY, in a file of its own. On a partitioned table: CREATE INDEX ON ONLY the parent, build one concurrently on each partition, then ALTER INDEX ... ATTACH PARTITION.',
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
};
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
        safer: 'A plain column kept by a trigger and filled in batches; from PostgreSQL 18 on a VIRTUAL column, which writes nothing.',
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
        safer: 'Add a column of the new type, keep it by a trigger, fill it in batches, switch the readers, drop the old one.',
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
        safer: 'For an index: build a new one there concurrently and drop the old one. For a table: move it in a maintenance window.',
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
};
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
        safer: 'Build a unique index concurrently, make the columns NOT NULL the safe way, then ADD PRIMARY KEY USING INDEX.',
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
        safer: 'ALTER DOMAIN ... ADD CONSTRAINT ... NOT VALID locks nothing; validating it reads the tables under that lock even so.',
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
        safer: 'Add it with a constant default, which is quick; or nullable, fill it in batches, and make it NOT NULL the safe way.',
        effects: [...READS_WAIT, 'scans', 'may-fail', 'breaks-clients'],
        weight: 'fixed',
        severity: 'warning',
    },
};
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
        safer: 'Drop without CASCADE: PostgreSQL names what depends on it, and the migration can say what is to happen to each.',
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
};
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
};
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
};
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
};
const seen = { source: 'dry run' };
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
};
const FAMILIES = [
    { title: 'Indexes', rules: INDEXES },
    { title: 'Tables written anew under lock', rules: REWRITES },
    { title: 'Tables read whole under lock', rules: SCANS },
    { title: 'Destroyed data', rules: LOSSES },
    { title: 'Running clients', rules: CLIENTS },
    { title: 'Locks and transactions', rules: TRANSACTIONS },
    { title: 'Secrets and privileges', rules: SECURITY },
    { title: 'What only the dry run sees', rules: OBSERVED },
];
const CATALOGUE = FAMILIES.flatMap(({ rules }) => Object.entries(rules).map(([id, row]) => ({ id, since: 14, until: null, source: 'text', ...row })));
const BY_ID = new Map(CATALOGUE.map((rule) => [rule.id, rule]));
function ruleOf(id) {
    const rule = BY_ID.get(id);
    if (rule === undefined)
        throw new Error(`no rule ${id} in the catalogue`);
    return rule;
}


/***/ }),

/***/ 3512:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  claimsOf: () => (/* binding */ claimsOf)
});

// EXTERNAL MODULE: ./src/report/redact.ts
var redact = __webpack_require__(649);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
// EXTERNAL MODULE: external "node:v8"
var external_node_v8_ = __webpack_require__(8877);
;// CONCATENATED MODULE: ./src/sql/parse.ts
/** PostgreSQL's own parser (18's grammar, which reads what 14 to 17 read), behind one door. Loaded only when there is something to read. */

/** Beyond this the tree takes hundreds of megabytes. Characters. */
const LONGEST_PARSED = 256 * 1024;
/** Beyond this many open brackets the parser's own stack, and JSON's, run out. */
const DEEPEST = 1000;
async function loadParser() {
    // The optimising compiler takes 0.3 s and 550 MB over the parser's one huge function, which a few thousand statements never earn.
    (0,external_node_v8_.setFlagsFromString)('--no-wasm-tier-up');
    (0,external_node_v8_.setFlagsFromString)('--no-wasm-dynamic-tiering');
    const library = await __webpack_require__.e(/* import() */ 627).then(__webpack_require__.t.bind(__webpack_require__, 2627, 23));
    await library.loadModule();
    const parse = (sql) => {
        const refused = refusal(sql);
        if (refused !== null)
            return { problem: refused, position: null };
        try {
            return { trees: (library.parseSync(sql).stmts ?? []).flatMap(({ stmt }) => (stmt ? [stmt] : [])) };
        }
        catch (error) {
            const position = library.hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? null) : null;
            return { problem: messageOf(error), position };
        }
    };
    return {
        parse,
        parseBody(sql) {
            const refused = refusal(sql);
            if (refused !== null)
                return { problem: refused };
            try {
                return bodyOf(library.parsePlPgSQLSync(sql), parse);
            }
            catch (error) {
                return { problem: messageOf(error) };
            }
        },
    };
}
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}
function refusal(sql) {
    if (sql.length > LONGEST_PARSED)
        return `longer than ${LONGEST_PARSED / 1024} kB`;
    let depth = 0;
    let deepest = 0;
    for (let at = 0; at < sql.length; at++) {
        const code = sql.charCodeAt(at);
        if (code === 40 || code === 91)
            deepest = Math.max(deepest, ++depth);
        else if (code === 41 || code === 93)
            depth--;
    }
    return deepest > DEEPEST ? `more than ${DEEPEST} brackets deep` : null;
}
/** Where PL/pgSQL's tree keeps whole SQL statements: kind of node -> its field. */
const WHOLE = {
    PLpgSQL_stmt_execsql: 'sqlstmt',
    PLpgSQL_stmt_perform: 'expr',
    PLpgSQL_stmt_fors: 'query',
    PLpgSQL_stmt_call: 'expr',
};
const DYNAMIC = {
    PLpgSQL_stmt_dynexecute: 'query',
    PLpgSQL_stmt_dynfors: 'query',
};
function bodyOf(tree, parse) {
    const statements = [];
    let dynamic = false;
    const walk = (node) => {
        if (typeof node !== 'object' || node === null)
            return;
        for (const [key, value] of Object.entries(node)) {
            const whole = queryIn(value, WHOLE[key]);
            if (whole !== null)
                statements.push(whole);
            const built = queryIn(value, DYNAMIC[key]);
            if (built !== null) {
                const literal = literalOf(parse(`SELECT ${built}`));
                if (literal === null)
                    dynamic = true;
                else
                    statements.push(literal);
            }
            walk(value);
        }
    };
    walk(tree);
    return { statements, dynamic };
}
function queryIn(node, field) {
    if (field === undefined)
        return null;
    const expression = at(at(node, field), 'PLpgSQL_expr');
    const query = at(expression, 'query');
    return typeof query === 'string' ? query : null;
}
function at(node, field) {
    return typeof node === 'object' && node !== null ? node[field] : undefined;
}
/** `EXECUTE 'a plain literal'` hides nothing. */
function literalOf(parsed) {
    if ('problem' in parsed)
        return null;
    const tree = parsed.trees[0];
    const target = tree && 'SelectStmt' in tree ? tree.SelectStmt.targetList?.[0] : undefined;
    const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
    return value && 'A_Const' in value ? (value.A_Const.sval?.sval ?? null) : null;
}

// EXTERNAL MODULE: ./src/sql/tokens.ts
var sql_tokens = __webpack_require__(6080);
// EXTERNAL MODULE: ./src/hazards/names.ts
var hazards_names = __webpack_require__(9453);
;// CONCATENATED MODULE: ./src/hazards/expressions.ts

/** Calls `see` for every node of a tree, `kind` being PostgreSQL's name of it. False from `see`: not further into it. */
function walk(tree, see) {
    // A stack of its own: what is nested deeply must not exhaust ours.
    const open = [tree];
    while (open.length > 0) {
        const value = open.pop();
        if (typeof value !== 'object' || value === null)
            continue;
        const inside = [];
        for (const [key, child] of Object.entries(value)) {
            if (typeof child !== 'object' || child === null)
                continue;
            const isNode = !Array.isArray(value) && /^[A-Z]/.test(key) && !Array.isArray(child);
            if (isNode && see(key, child) === false)
                continue;
            inside.push(child);
        }
        for (const child of inside.reverse())
            open.push(child);
    }
}
function steadinessOf(expression) {
    let unknown = null;
    let volatile = null;
    walk(expression, (kind, node) => {
        if (kind !== 'FuncCall')
            return undefined;
        const name = (0,hazards_names/* nameOfParts */.l5)(node.funcname);
        if (name === null)
            return undefined;
        if (VOLATILE.test(name.name))
            volatile ??= `${(0,hazards_names/* known */.eO)(name)}()`;
        else if (!STEADY.has(name.name))
            unknown ??= `${(0,hazards_names/* known */.eO)(name)}()`;
        return undefined;
    });
    if (volatile !== null)
        return { steadiness: 'volatile', because: volatile };
    return unknown === null ? { steadiness: 'steady', because: null } : { steadiness: 'unknown', because: unknown };
}
const VOLATILE = /^(?:nextval|setval|currval|lastval|random|random_normal|gen_random_uuid|uuidv[47]|uuid_generate_v\w+|gen_random_bytes|gen_salt|clock_timestamp|timeofday|pg_sleep\w*|txid_current|pg_current_xact_id|ulid\w*|nanoid|gen_ulid|pg_advisory\w*|pg_notify|set_config|query_to_xml|dblink\w*)$/;
/** PostgreSQL's own functions that are likely to stand in a default, and are the same for every row. */
const STEADY = new Set(`now transaction_timestamp statement_timestamp timezone date_trunc date_part extract make_date make_time make_timestamp
  make_timestamptz make_interval age justify_days justify_hours justify_interval to_char to_date to_timestamp to_number
  lower upper initcap concat concat_ws format left right lpad rpad repeat replace reverse split_part substr substring
  trim btrim ltrim rtrim length char_length octet_length position strpos translate encode decode md5 sha224 sha256 sha384 sha512
  convert_from convert_to ascii chr quote_literal quote_ident quote_nullable regexp_replace regexp_match starts_with
  abs ceil ceiling floor round trunc sign sqrt power exp ln log mod div pi greatest least coalesce nullif
  current_setting current_user session_user current_database current_schema current_schemas version pg_backend_pid inet_client_addr
  inet_server_addr jsonb_build_object jsonb_build_array json_build_object json_build_array jsonb_object json_object
  to_json to_jsonb row_to_json array_to_json jsonb_set jsonb_strip_nulls array_append array_cat array_fill array_length string_to_array
  array_to_string cardinality int4range int8range numrange daterange tsrange tstzrange to_tsvector to_tsquery plainto_tsquery
  setweight hashtext int4 int8 text float8 numeric bool varchar date timestamp timestamptz interval jsonb json uuid
  isfinite xmlparse point box circle polygon path lseg line host network masklen`.split(/\s+/));
function whereOf(clause) {
    if (clause === undefined)
        return 'all';
    const fixed = truth(clause);
    if (fixed !== null)
        return fixed ? 'all' : 'none';
    return picksFew(clause) ? 'few' : 'some';
}
/** Null: it depends on the row. */
function truth(node) {
    if ('A_Const' in node)
        return node.A_Const.boolval === undefined ? null : node.A_Const.boolval.boolval === true;
    if ('TypeCast' in node) {
        const arg = node.TypeCast.arg;
        const word = arg && 'A_Const' in arg ? arg.A_Const.sval?.sval : undefined;
        if (word !== undefined && typeNameOf(node.TypeCast.typeName)?.name === 'bool')
            return /^(t|true|on|yes|1)$/i.test(word);
        return null;
    }
    if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_OP') {
        const { lexpr, rexpr } = node.A_Expr;
        const operator = (0,hazards_names/* nameOfParts */.l5)(node.A_Expr.name)?.name;
        if (!lexpr || !rexpr)
            return null;
        const [left, right] = [plain(lexpr), plain(rexpr)];
        if (left === null || right === null)
            return null;
        if (operator === '=')
            return left === right ? true : bothConstant(lexpr, rexpr) ? false : null;
        if (operator === '<>')
            return bothConstant(lexpr, rexpr) ? left !== right : null;
        return null;
    }
    if ('BoolExpr' in node) {
        const parts = (node.BoolExpr.args ?? []).map(truth);
        if (node.BoolExpr.boolop === 'NOT_EXPR')
            return parts[0] == null ? null : !parts[0];
        if (node.BoolExpr.boolop === 'OR_EXPR') {
            if (parts.includes(true))
                return true;
            return parts.every((part) => part === false) ? false : null;
        }
        if (parts.includes(false))
            return false;
        return parts.every((part) => part === true) ? true : null;
    }
    return null;
}
function bothConstant(left, right) {
    return 'A_Const' in left && 'A_Const' in right;
}
/** A constant or a column as text, so that two can be compared; null: anything else. */
function plain(node) {
    if ('A_Const' in node) {
        const { location: _, ...value } = node.A_Const;
        return JSON.stringify(value);
    }
    const column = columnOf(node);
    return column === null ? null : `column ${column}`;
}
function picksFew(node) {
    if ('BoolExpr' in node)
        return node.BoolExpr.boolop === 'AND_EXPR' && (node.BoolExpr.args ?? []).some((part) => picksFew(part));
    if (!('A_Expr' in node))
        return false;
    const { kind, lexpr, rexpr } = node.A_Expr;
    const key = lexpr ? columnOf(lexpr) : null;
    // Only what looks like a key: `status = 'new'` may well be every row.
    if (key === null || !/(?:^|_)(?:id|uuid|key|code|name|slug|email)$/.test(key) || !rexpr)
        return false;
    if ((0,hazards_names/* nameOfParts */.l5)(node.A_Expr.name)?.name !== '=')
        return false;
    return (kind === 'AEXPR_OP' && isConstant(rexpr)) || (kind === 'AEXPR_IN' && 'List' in rexpr);
}
/** `total`, `o.total` -> `total`. */
function columnOf(node) {
    if ('TypeCast' in node && node.TypeCast.arg)
        return columnOf(node.TypeCast.arg);
    return 'ColumnRef' in node ? ((0,hazards_names/* nameOfParts */.l5)(node.ColumnRef.fields)?.name ?? null) : null;
}
/** A literal, NULL, DEFAULT, a row or cast of such. */
function isConstant(node) {
    if ('A_Const' in node || 'SetToDefault' in node || 'SQLValueFunction' in node)
        return true;
    if ('TypeCast' in node)
        return node.TypeCast.arg !== undefined && isConstant(node.TypeCast.arg);
    if ('FuncCall' in node) {
        const name = (0,hazards_names/* nameOfParts */.l5)(node.FuncCall.funcname)?.name ?? '';
        return STEADY.has(name) && (node.FuncCall.args ?? []).every(isConstant);
    }
    if ('A_ArrayExpr' in node)
        return (node.A_ArrayExpr.elements ?? []).every(isConstant);
    return false;
}
/** Columns that the expression proves not null: `c IS NOT NULL`, alone or joined by AND. */
function provenNotNull(node) {
    if (!node)
        return [];
    if ('NullTest' in node && node.NullTest.nulltesttype === 'IS_NOT_NULL') {
        const column = node.NullTest.arg ? columnOf(node.NullTest.arg) : null;
        return column === null ? [] : [column];
    }
    if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR')
        return (node.BoolExpr.args ?? []).flatMap(provenNotNull);
    return [];
}
/** Columns that an expression names, each once. */
function columnsIn(node) {
    const found = new Set();
    walk(node === undefined ? null : [node], (kind, ref) => {
        if (kind !== 'ColumnRef')
            return undefined;
        const column = (0,hazards_names/* nameOfParts */.l5)(ref.fields)?.name;
        if (column !== undefined)
            found.add(column);
        return undefined;
    });
    return [...found];
}
function typeOf(node) {
    const name = typeNameOf(node);
    if (name === null)
        return null;
    const numbers = (node?.typmods ?? []).map((one) => ('A_Const' in one ? (one.A_Const.ival?.ival ?? 0) : Number.NaN));
    const array = (node?.arrayBounds ?? []).length > 0;
    const plainName = name.schema === 'pg_catalog' || name.schema === null;
    // An interval's first argument is its fields as a number; nobody writes that.
    const written_ = plainName ? (SQL_NAMES[name.name] ?? (0,hazards_names/* written */.Mp)({ schema: null, name: name.name })) : (0,hazards_names/* written */.Mp)(name);
    const args = name.name === 'interval' || numbers.some(Number.isNaN) ? [] : numbers;
    const zone = /^(timestamp|time) with time zone$/.exec(written_);
    const given = args.length === 0 ? '' : `(${args.join(',')})`;
    const text = zone ? `${zone[1]}${given} with time zone` : `${written_}${given}`;
    return { schema: name.schema, name: name.name, arguments: args, array, text: `${text}${array ? '[]' : ''}` };
}
function typeNameOf(node) {
    return (0,hazards_names/* nameOfParts */.l5)(node?.names);
}
const SQL_NAMES = {
    int2: 'smallint',
    int4: 'integer',
    int8: 'bigint',
    float4: 'real',
    float8: 'double precision',
    bool: 'boolean',
    bpchar: 'char',
    varchar: 'varchar',
    numeric: 'numeric',
    timestamptz: 'timestamp with time zone',
    timetz: 'time with time zone',
    timestamp: 'timestamp',
    time: 'time',
    interval: 'interval',
    bit: 'bit',
    varbit: 'bit varying',
    json: 'json',
};
const NOT_DOMAINS = new Set(`text uuid json jsonb bytea date timestamp timestamptz time timetz interval inet cidr macaddr macaddr8 money name oid xml
  point line lseg box path polygon circle tsvector tsquery pg_lsn txid_snapshot int4range int8range numrange daterange
  tsrange tstzrange int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange regclass regproc
  regtype serial bigserial smallserial serial2 serial4 serial8 int2 int4 int8 float4 float8 numeric bool varchar bpchar bit varbit
  citext hstore ltree lquery geometry geography raster box2d box3d vector halfvec sparsevec cube seg isbn issn ean13 char`.split(/\s+/));
/** Whether it could be a domain, for all that its name tells. */
function mayBeDomain({ schema, name, array }) {
    return !array && schema !== 'pg_catalog' && !NOT_DOMAINS.has(name);
}
function isSerial({ name }) {
    return /^(?:small|big)?serial$|^serial[248]$/.test(name);
}

;// CONCATENATED MODULE: ./src/hazards/actions.ts



/** What the statement does, in the order in which it says so. `sql` is its text: of the tree only the shape is used. */
function actionsOf(tree, sql) {
    if ('AlterTableStmt' in tree)
        return alterTable(tree.AlterTableStmt, sql);
    if ('DropStmt' in tree)
        return dropped(tree.DropStmt);
    if ('CreateStmt' in tree)
        return listed(createTable(tree.CreateStmt));
    if ('RenameStmt' in tree)
        return listed(renamed(tree.RenameStmt));
    const simple = simpleAction(tree);
    if (simple !== null)
        return simple;
    const data = dataActions(tree);
    if (data.length > 0)
        return data;
    return [{ kind: 'other', what: Object.keys(tree)[0] ?? '' }];
}
function listed(one) {
    return one === null ? [] : [one];
}
function simpleAction(tree) {
    if ('IndexStmt' in tree) {
        const { relation, idxname, indexParams, unique, concurrent, if_not_exists, whereClause } = tree.IndexStmt;
        const name = (0,hazards_names/* nameOf */.Vb)(relation);
        if (name === null)
            return [];
        return [
            {
                kind: 'create-index',
                relation: name,
                name: idxname ?? null,
                columns: (indexParams ?? []).flatMap((param) => {
                    if (!('IndexElem' in param))
                        return [];
                    const { name: column, expr } = param.IndexElem;
                    return [column ?? columnsIn(expr)[0] ?? 'expr'];
                }),
                unique: unique ?? false,
                partial: whereClause !== undefined,
                concurrently: concurrent ?? false,
                ifNotExists: if_not_exists ?? false,
                only: relation?.inh !== true,
            },
        ];
    }
    if ('CreateForeignTableStmt' in tree) {
        const base = tree.CreateForeignTableStmt.base;
        return listed(relationCreated('foreign table', base?.relation, { ifNotExists: base?.if_not_exists === true }));
    }
    if ('CreateTableAsStmt' in tree) {
        const { objtype, into, if_not_exists, query } = tree.CreateTableAsStmt;
        return listed(relationCreated(word(objtype), into?.rel, { ifNotExists: if_not_exists === true, reads: readsOf(query) }));
    }
    if ('ViewStmt' in tree) {
        const { view, replace } = tree.ViewStmt;
        return listed(relationCreated('view', view, { replace: replace === true }));
    }
    if ('CreateSeqStmt' in tree) {
        const { sequence, if_not_exists } = tree.CreateSeqStmt;
        return listed(relationCreated('sequence', sequence, { ifNotExists: if_not_exists === true }));
    }
    return (objectCreated(tree) ??
        maintenance(tree) ??
        objectChanged(tree) ??
        privileges(tree) ??
        destroying(tree));
}
function relationCreated(what, range, more) {
    const name = (0,hazards_names/* nameOf */.Vb)(range);
    if (name === null)
        return null;
    return {
        kind: 'create-relation',
        what,
        name,
        temporary: range?.relpersistence === 't',
        ifNotExists: more.ifNotExists ?? false,
        replace: more.replace ?? false,
        reads: more.reads ?? [],
    };
}
function objectCreated(tree) {
    const created = (what, name, more = {}) => name === null
        ? []
        : [
            {
                kind: 'create-object',
                what,
                name,
                ifNotExists: false,
                replace: false,
                constrained: false,
                unsafeDefiner: false,
                on: null,
                ...more,
            },
        ];
    const bare = (name) => (name === undefined ? null : { schema: null, name });
    if ('CreateEnumStmt' in tree)
        return created('type', (0,hazards_names/* nameOfParts */.l5)(tree.CreateEnumStmt.typeName));
    if ('CreateRangeStmt' in tree)
        return created('type', (0,hazards_names/* nameOfParts */.l5)(tree.CreateRangeStmt.typeName));
    if ('CompositeTypeStmt' in tree)
        return created('type', (0,hazards_names/* nameOf */.Vb)(tree.CompositeTypeStmt.typevar));
    if ('CreateDomainStmt' in tree)
        return created('domain', (0,hazards_names/* nameOfParts */.l5)(tree.CreateDomainStmt.domainname), {
            constrained: (tree.CreateDomainStmt.constraints ?? []).some((one) => 'Constraint' in one &&
                (one.Constraint.contype === 'CONSTR_CHECK' || one.Constraint.contype === 'CONSTR_NOTNULL')),
        });
    if ('DefineStmt' in tree) {
        const { kind, defnames, if_not_exists, replace } = tree.DefineStmt;
        return created(word(kind), (0,hazards_names/* nameOfParts */.l5)(defnames), {
            ifNotExists: if_not_exists === true,
            replace: replace === true,
        });
    }
    if ('CreateFunctionStmt' in tree) {
        const { is_procedure, funcname, replace, options } = tree.CreateFunctionStmt;
        const given = (options ?? []).flatMap((one) => ('DefElem' in one ? [one.DefElem] : []));
        const definer = given.some((one) => one.defname === 'security' && booleanOf(one));
        const path = given.some(({ defname, arg }) => defname === 'set' && arg && 'VariableSetStmt' in arg && arg.VariableSetStmt.name === 'search_path');
        return created(is_procedure ? 'procedure' : 'function', (0,hazards_names/* nameOfParts */.l5)(funcname), {
            replace: replace === true,
            unsafeDefiner: definer && !path,
        });
    }
    if ('CreateSchemaStmt' in tree) {
        const { schemaname, authrole, if_not_exists } = tree.CreateSchemaStmt;
        return created('schema', bare(schemaname ?? authrole?.rolename), { ifNotExists: if_not_exists === true });
    }
    if ('CreateExtensionStmt' in tree) {
        const { extname, if_not_exists } = tree.CreateExtensionStmt;
        return created('extension', bare(extname), { ifNotExists: if_not_exists === true });
    }
    if ('CreateTrigStmt' in tree) {
        const { trigname, relation, replace } = tree.CreateTrigStmt;
        return created('trigger', bare(trigname), { replace: replace === true, on: (0,hazards_names/* nameOf */.Vb)(relation) });
    }
    if ('RuleStmt' in tree) {
        const { rulename, relation, replace } = tree.RuleStmt;
        return created('rule', bare(rulename), { replace: replace === true, on: (0,hazards_names/* nameOf */.Vb)(relation) });
    }
    if ('CreatePolicyStmt' in tree) {
        const { policy_name, table, permissive } = tree.CreatePolicyStmt;
        const on = (0,hazards_names/* nameOf */.Vb)(table);
        const actions = created('policy', bare(policy_name), { on });
        if (permissive !== true && on !== null)
            actions.push({ kind: 'restrictive-policy', policy: policy_name ?? '', relation: on });
        return actions;
    }
    return null;
}
function maintenance(tree) {
    if ('ClusterStmt' in tree)
        return [{ kind: 'cluster', relation: (0,hazards_names/* nameOf */.Vb)(tree.ClusterStmt.relation) }];
    if ('VacuumStmt' in tree) {
        const { options, rels, is_vacuumcmd } = tree.VacuumStmt;
        const full = (options ?? []).some((one) => 'DefElem' in one && one.DefElem.defname === 'full' && booleanOf(one.DefElem));
        if (!full || !is_vacuumcmd)
            return [{ kind: 'other', what: is_vacuumcmd ? 'VACUUM' : 'ANALYZE' }];
        const named = (rels ?? []).flatMap((one) => ('VacuumRelation' in one ? [(0,hazards_names/* nameOf */.Vb)(one.VacuumRelation.relation)] : []));
        return (named.length > 0 ? named : [null]).map((relation) => ({ kind: 'vacuum-full', relation }));
    }
    if ('ReindexStmt' in tree) {
        const { kind, relation, name, params } = tree.ReindexStmt;
        const what = (kind ?? '').replace('REINDEX_OBJECT_', '').toLowerCase();
        return [
            {
                kind: 'reindex',
                what: what,
                name: (0,hazards_names/* nameOf */.Vb)(relation) ?? (name === undefined ? null : { schema: null, name }),
                concurrently: (params ?? []).some((one) => 'DefElem' in one && one.DefElem.defname === 'concurrently' && booleanOf(one.DefElem)),
            },
        ];
    }
    if ('RefreshMatViewStmt' in tree) {
        const { relation, concurrent, skipData } = tree.RefreshMatViewStmt;
        const name = (0,hazards_names/* nameOf */.Vb)(relation);
        if (name === null)
            return [];
        return [{ kind: 'refresh', relation: name, concurrently: concurrent ?? false, withData: skipData !== true }];
    }
    if ('LockStmt' in tree) {
        const { relations, mode } = tree.LockStmt;
        return rangesIn(relations).map((relation) => ({ kind: 'lock', relation, mode: mode ?? 8 }));
    }
    return null;
}
function objectChanged(tree) {
    if ('AlterEnumStmt' in tree) {
        const { typeName, newVal, oldVal, skipIfNewValExists } = tree.AlterEnumStmt;
        const type = (0,hazards_names/* nameOfParts */.l5)(typeName);
        if (type === null)
            return [];
        const value = newVal ?? '';
        if (oldVal !== undefined)
            return [{ kind: 'enum-rename', type, from: oldVal, to: value }];
        return [{ kind: 'enum-add', type, value, ifNotExists: skipIfNewValExists ?? false }];
    }
    if ('AlterDomainStmt' in tree) {
        const { subtype, typeName, def, name } = tree.AlterDomainStmt;
        const domain = (0,hazards_names/* nameOfParts */.l5)(typeName);
        if (domain === null)
            return [];
        const constraint = def && 'Constraint' in def ? def.Constraint : undefined;
        const how = { C: 'add', O: 'set-not-null', V: 'validate' }[String(subtype)] ?? 'other';
        return [
            {
                kind: 'alter-domain',
                domain,
                how: how,
                notValid: constraint?.skip_validation ?? false,
                constraint: name ?? constraint?.conname ?? null,
            },
        ];
    }
    if ('AlterObjectSchemaStmt' in tree) {
        const { objectType, relation, object, newschema } = tree.AlterObjectSchemaStmt;
        const name = (0,hazards_names/* nameOf */.Vb)(relation) ?? objectName(object);
        return name === null ? [] : [{ kind: 'set-schema', what: word(objectType), name, schema: newschema ?? '' }];
    }
    if ('AlterSeqStmt' in tree) {
        const sequence = (0,hazards_names/* nameOf */.Vb)(tree.AlterSeqStmt.sequence);
        const restarts = (tree.AlterSeqStmt.options ?? []).some((one) => 'DefElem' in one && one.DefElem.defname === 'restart');
        return sequence !== null && restarts
            ? [{ kind: 'restart-sequence', sequence }]
            : [{ kind: 'other', what: 'AlterSeqStmt' }];
    }
    if ('AlterPublicationStmt' in tree) {
        const { pubname, action, pubobjects } = tree.AlterPublicationStmt;
        if (action !== 'AP_DropObjects')
            return [{ kind: 'other', what: 'AlterPublicationStmt' }];
        const relations = (pubobjects ?? []).flatMap((one) => 'PublicationObjSpec' in one ? listed((0,hazards_names/* nameOf */.Vb)(one.PublicationObjSpec.pubtable?.relation)) : []);
        return [{ kind: 'publish-less', publication: pubname ?? '', relations }];
    }
    if ('AlterTableMoveAllStmt' in tree)
        return [{ kind: 'move-all', what: word(tree.AlterTableMoveAllStmt.objtype) }];
    if ('VariableSetStmt' in tree) {
        const { name, args, kind } = tree.VariableSetStmt;
        const values = (args ?? []).flatMap((one) => {
            if (!('A_Const' in one))
                return [];
            return [one.A_Const.sval?.sval ?? String(one.A_Const.ival?.ival ?? one.A_Const.fval?.fval ?? 0)];
        });
        return [{ kind: 'set', name: kind === 'VAR_RESET_ALL' ? 'all' : (name ?? ''), values }];
    }
    if ('DoStmt' in tree) {
        const language = (tree.DoStmt.args ?? []).flatMap((one) => {
            if (!('DefElem' in one) || one.DefElem.defname !== 'language')
                return [];
            const arg = one.DefElem.arg;
            return [arg && 'String' in arg ? (arg.String.sval ?? '') : ''];
        });
        return [{ kind: 'do', language: language[0] ?? 'plpgsql' }];
    }
    return null;
}
/** Attributes and roles with which somebody can reach past the database's own rules. */
const ROLE_POWERS = {
    superuser: 'SUPERUSER',
    bypassrls: 'BYPASSRLS',
    isreplication: 'REPLICATION',
    createrole: 'CREATEROLE',
};
const POWERFUL_ROLES = /^(?:pg_execute_server_program|pg_write_server_files|pg_read_server_files|pg_write_all_data|rds_superuser|cloudsqlsuperuser|postgres)$/;
function privileges(tree) {
    if ('GrantStmt' in tree) {
        const { is_grant, grantees, objects, objtype, targtype } = tree.GrantStmt;
        const roles = (grantees ?? []).flatMap((one) => ('RoleSpec' in one ? [one.RoleSpec] : []));
        const relations = rangesIn(objects);
        const what = `${word(objtype)}${relations[0] ? ` ${relations.map(({ name }) => name).join(', ')}` : ''}`;
        if (is_grant)
            return [
                { kind: 'grant', toPublic: roles.some(({ roletype }) => roletype === 'ROLESPEC_PUBLIC'), powerful: null, what },
            ];
        const from = roles.map(({ rolename, roletype }) => rolename ?? (roletype === 'ROLESPEC_PUBLIC' ? 'PUBLIC' : 'the current role'));
        if (targtype === 'ACL_TARGET_DEFAULTS')
            return [{ kind: 'other', what: 'GrantStmt' }];
        const named = (objects ?? []).flatMap((object) => listed('RangeVar' in object ? (0,hazards_names/* nameOf */.Vb)(object.RangeVar) : objectName(object)));
        return [
            { kind: 'revoke', what: word(objtype), from: from.join(', '), relation: relations[0] ?? null, objects: named },
        ];
    }
    if ('GrantRoleStmt' in tree) {
        const { is_grant, granted_roles, grantee_roles } = tree.GrantRoleStmt;
        const roles = (granted_roles ?? []).flatMap((one) => ('AccessPriv' in one ? [one.AccessPriv.priv_name ?? ''] : []));
        const to = (grantee_roles ?? []).flatMap((one) => ('RoleSpec' in one ? [one.RoleSpec.rolename ?? ''] : []));
        if (!is_grant) {
            const objects = roles.map((role) => ({ schema: null, name: role }));
            return [{ kind: 'revoke', what: 'role', from: to.join(', '), relation: null, objects }];
        }
        const powerful = roles.find((role) => POWERFUL_ROLES.test(role)) ?? null;
        return [{ kind: 'grant', toPublic: false, powerful, what: `role ${roles.join(', ')}` }];
    }
    const role = 'CreateRoleStmt' in tree
        ? { name: tree.CreateRoleStmt.role, options: tree.CreateRoleStmt.options }
        : 'AlterRoleStmt' in tree
            ? { name: tree.AlterRoleStmt.role?.rolename, options: tree.AlterRoleStmt.options }
            : null;
    if (role === null)
        return null;
    const powers = (role.options ?? []).flatMap((one) => {
        if (!('DefElem' in one) || !booleanOf(one.DefElem))
            return [];
        const power = ROLE_POWERS[one.DefElem.defname ?? ''];
        return power === undefined ? [] : [power];
    });
    return powers.length > 0
        ? [{ kind: 'role-power', role: role.name ?? '', powers }]
        : [{ kind: 'other', what: Object.keys(tree)[0] ?? '' }];
}
function destroying(tree) {
    if ('TruncateStmt' in tree) {
        const cascade = tree.TruncateStmt.behavior === 'DROP_CASCADE';
        return rangesIn(tree.TruncateStmt.relations).map((relation) => ({ kind: 'truncate', relation, cascade }));
    }
    if ('DropOwnedStmt' in tree) {
        const roles = (tree.DropOwnedStmt.roles ?? []).flatMap((one) => 'RoleSpec' in one ? [one.RoleSpec.rolename ?? 'the current role'] : []);
        return [{ kind: 'drop-owned', roles }];
    }
    const gone = (what, name, ifExists) => [
        {
            kind: 'drop',
            what,
            name: { schema: null, name: name ?? '' },
            on: null,
            cascade: false,
            ifExists: ifExists ?? false,
            concurrently: false,
        },
    ];
    if ('DropdbStmt' in tree)
        return gone('database', tree.DropdbStmt.dbname, tree.DropdbStmt.missing_ok);
    if ('DropSubscriptionStmt' in tree)
        return gone('subscription', tree.DropSubscriptionStmt.subname, tree.DropSubscriptionStmt.missing_ok);
    return null;
}
function dataActions(tree) {
    const actions = [];
    const reads = readsOf(tree);
    let inData = false;
    walk([tree], (kind, node) => {
        const action = dataAction(kind, node, reads);
        if (action !== null)
            actions.push(action);
        inData ||= kind === 'SelectStmt';
        // A function's body or a stored query does nothing now.
        return !STORED.has(kind) && !(kind === 'ExplainStmt' && !isAnalyze(node));
    });
    if (actions.length === 0 && inData && 'SelectStmt' in tree) {
        const { intoClause, whereClause } = tree.SelectStmt;
        const into = (0,hazards_names/* nameOf */.Vb)(intoClause?.rel);
        if (into !== null)
            return listed(relationCreated('table', intoClause?.rel, { reads }));
        return [{ kind: 'query', where: whereOf(whereClause), reads }];
    }
    return actions;
}
/** EXPLAIN ANALYZE does what it explains. */
function isAnalyze({ options }) {
    return (options ?? []).some((one) => 'DefElem' in one && one.DefElem.defname === 'analyze' && booleanOf(one.DefElem));
}
const STORED = new Set([
    'CreateFunctionStmt',
    'RuleStmt',
    'ViewStmt',
    'PrepareStmt',
    'CreatePolicyStmt',
]);
function dataAction(kind, node, reads) {
    const relation = (0,hazards_names/* nameOf */.Vb)(node.relation);
    if (relation === null)
        return null;
    if (kind === 'DeleteStmt')
        return { kind: 'delete', relation, where: whereOf(node.whereClause), reads };
    if (kind === 'UpdateStmt') {
        const sets = (node.targetList ?? []).flatMap((target) => {
            if (!('ResTarget' in target))
                return [];
            const { name, val } = target.ResTarget;
            return [
                {
                    column: name ?? '',
                    constant: val !== undefined && isConstant(val),
                    toNull: val !== undefined && 'A_Const' in val && val.A_Const.isnull === true,
                    from: columnsIn(val),
                },
            ];
        });
        return { kind: 'update', relation, where: whereOf(node.whereClause), sets, reads };
    }
    if (kind === 'InsertStmt') {
        const source = node.selectStmt;
        const fromQuery = source !== undefined && 'SelectStmt' in source && source.SelectStmt.valuesLists === undefined;
        return { kind: 'insert', relation, fromQuery: fromQuery && reads.length > 0, reads };
    }
    if (kind === 'MergeStmt') {
        const clauses = (node.mergeWhenClauses ?? []);
        const deletes = clauses.some((one) => 'MergeWhenClause' in one && one.MergeWhenClause.commandType === 'CMD_DELETE');
        return { kind: 'merge', relation, deletes, reads };
    }
    return null;
}
/** Relations that it reads, common table expressions left out. */
function readsOf(tree) {
    const found = new Map();
    const own = new Set();
    walk(tree === undefined ? null : [tree], (kind, node) => {
        if (kind === 'CommonTableExpr' && typeof node.ctename === 'string')
            own.add(node.ctename);
        if (kind !== 'RangeVar')
            return;
        const name = (0,hazards_names/* nameOf */.Vb)(node);
        if (name !== null)
            found.set(`${name.schema}.${name.name}`, name);
    });
    return [...found.values()].filter(({ schema, name }) => schema !== null || !own.has(name));
}
function rangesIn(nodes) {
    return (nodes ?? []).flatMap((node) => ('RangeVar' in node ? listed((0,hazards_names/* nameOf */.Vb)(node.RangeVar)) : []));
}
function booleanOf({ arg }) {
    if (arg === undefined)
        return true;
    if ('Boolean' in arg)
        return arg.Boolean.boolval === true;
    if ('Integer' in arg)
        return (arg.Integer.ival ?? 0) !== 0;
    if ('String' in arg)
        return /^(?:true|on|yes|1)$/i.test(arg.String.sval ?? '');
    return true;
}
/** `OBJECT_MATVIEW` -> `materialized view`. */
function word(type) {
    const plain = (type ?? '').replace('OBJECT_', '').toLowerCase().replaceAll('_', ' ');
    return { matview: 'materialized view', tabconstraint: 'constraint', domconstraint: 'constraint' }[plain] ?? plain;
}
const ON_A_TABLE = /^(?:trigger|policy|rule)$/;
function dropped({ objects, removeType, behavior, missing_ok, concurrent }) {
    const what = word(removeType);
    const common = {
        kind: 'drop',
        what,
        cascade: behavior === 'DROP_CASCADE',
        ifExists: missing_ok ?? false,
        concurrently: concurrent ?? false,
    };
    return (objects ?? []).flatMap((object) => {
        if (ON_A_TABLE.test(what) && 'List' in object) {
            const items = object.List.items ?? [];
            const last = (0,hazards_names/* nameOfParts */.l5)(items.slice(-1));
            return last === null ? [] : [{ ...common, name: last, on: (0,hazards_names/* nameOfParts */.l5)(items.slice(0, -1)) }];
        }
        const name = objectName(object);
        return name === null ? [] : [{ ...common, name, on: null }];
    });
}
function objectName(object) {
    if (object === undefined)
        return null;
    if ('List' in object)
        return (0,hazards_names/* nameOfParts */.l5)(object.List.items);
    if ('TypeName' in object)
        return (0,hazards_names/* nameOfParts */.l5)(object.TypeName.names);
    if ('ObjectWithArgs' in object)
        return (0,hazards_names/* nameOfParts */.l5)(object.ObjectWithArgs.objname);
    if ('String' in object)
        return { schema: null, name: object.String.sval ?? '' };
    return null;
}
function renamed({ renameType, relationType, relation, object, subname, newname }) {
    const what = word(renameType);
    const range = (0,hazards_names/* nameOf */.Vb)(relation);
    const part = subname === undefined ? null : { schema: null, name: subname };
    const from = part ?? range ?? objectName(object);
    if (from === null)
        return null;
    return { kind: 'rename', what, relation: range, object: word(relationType), from, to: newname ?? '' };
}
function createTable(stmt) {
    const name = (0,hazards_names/* nameOf */.Vb)(stmt.relation);
    if (name === null)
        return null;
    const elements = stmt.tableElts ?? [];
    const parents = rangesIn(stmt.inhRelations);
    return {
        kind: 'create-table',
        name,
        temporary: stmt.relation?.relpersistence === 't',
        ifNotExists: stmt.if_not_exists ?? false,
        partitionOf: stmt.partbound === undefined ? null : (parents[0] ?? null),
        inherits: stmt.partbound === undefined ? parents : [],
        columns: elements.flatMap((one) => ('ColumnDef' in one ? listed(newColumn(one.ColumnDef)) : [])),
        constraints: elements.flatMap((one) => ('Constraint' in one ? listed(newConstraint(one.Constraint)) : [])),
    };
}
function newColumn(def) {
    const type = typeOf(def.typeName);
    if (type === null)
        return null;
    const constraints = (def.constraints ?? []).flatMap((one) => ('Constraint' in one ? [one.Constraint] : []));
    const of = (contype) => constraints.find((one) => one.contype === contype);
    const given = of('CONSTR_DEFAULT')?.raw_expr;
    const generated = of('CONSTR_GENERATED');
    const primaryKey = of('CONSTR_PRIMARY') !== undefined;
    const enforced = (constraint) => constraint !== undefined && constraint.is_enforced === true;
    return {
        column: def.colname ?? '',
        type,
        notNull: of('CONSTR_NOTNULL') !== undefined || primaryKey,
        default: given === undefined || ('A_Const' in given && given.A_Const.isnull === true) ? null : steadinessOf(given),
        serial: isSerial(type),
        identity: of('CONSTR_IDENTITY') !== undefined,
        generated: generated === undefined ? null : generated.generated_kind === 's' ? 'stored' : 'virtual',
        check: enforced(of('CONSTR_CHECK')),
        unique: of('CONSTR_UNIQUE') !== undefined,
        primaryKey,
        references: (0,hazards_names/* nameOf */.Vb)(of('CONSTR_FOREIGN')?.pktable),
    };
}
const CONSTRAINTS = {
    CONSTR_CHECK: 'check',
    CONSTR_FOREIGN: 'foreign-key',
    CONSTR_UNIQUE: 'unique',
    CONSTR_PRIMARY: 'primary-key',
    CONSTR_EXCLUSION: 'exclude',
    CONSTR_NOTNULL: 'not-null',
};
function newConstraint(constraint) {
    const type = CONSTRAINTS[constraint.contype ?? ''];
    if (type === undefined)
        return null;
    const checked = type === 'check' || type === 'foreign-key';
    return {
        type,
        name: constraint.conname ?? null,
        columns: type === 'check'
            ? columnsIn(constraint.raw_expr)
            : stringsIn(type === 'foreign-key' ? constraint.fk_attrs : constraint.keys),
        // NOT ENFORCED (18) looks at no row either.
        notValid: constraint.skip_validation === true || (checked && constraint.is_enforced !== true),
        usingIndex: constraint.indexname ?? null,
        references: (0,hazards_names/* nameOf */.Vb)(constraint.pktable),
        provesNotNull: type === 'check' ? provenNotNull(constraint.raw_expr) : type === 'not-null' ? stringsIn(constraint.keys) : [],
    };
}
function stringsIn(nodes) {
    return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}
function alterTable({ relation, cmds, objtype }, sql) {
    const name = (0,hazards_names/* nameOf */.Vb)(relation);
    const commands = (cmds ?? []).flatMap((one) => ('AlterTableCmd' in one ? [one.AlterTableCmd] : []));
    if (name === null)
        return [];
    const texts = subcommands(sql, commands.length);
    return commands.map((command, index) => subcommand(command, { relation: name, object: word(objtype), text: texts[index] ?? '' }));
}
/** The text of each subcommand; empty where there are not as many as the parser found. */
function subcommands(sql, count) {
    const tokens = (0,sql_tokens/* tokenize */.qw)(sql);
    const word = (at) => tokens[at]?.word ?? '';
    // ALTER [FOREIGN | MATERIALIZED] TABLE | INDEX | VIEW | ... [IF EXISTS] [ONLY] name [*]
    let at = word(1) === 'FOREIGN' || word(1) === 'MATERIALIZED' ? 3 : 2;
    if (word(at) === 'IF')
        at += 2;
    if (word(at) === 'ONLY')
        at += 1;
    at += 1;
    while (word(at) === '.')
        at += 2;
    if (word(at) === '*')
        at += 1;
    const lists = (0,sql_tokens/* splitAtCommas */.EO)(tokens.slice(at));
    if (lists.length !== count)
        return [];
    return lists.map((list) => {
        const [first, last] = [list[0], list.at(-1)];
        return first && last ? sql.slice(first.start, last.end) : '';
    });
}
const REWRITES = {
    AT_SetLogged: 'logged',
    AT_SetUnLogged: 'unlogged',
    AT_SetAccessMethod: 'access-method',
    AT_SetTableSpace: 'tablespace',
};
const ROW_SECURITY = {
    AT_EnableRowSecurity: 'enable',
    AT_DisableRowSecurity: 'disable',
    AT_ForceRowSecurity: 'force',
    AT_NoForceRowSecurity: 'no-force',
};
const OF_COLUMN = {
    AT_SetNotNull: 'set-not-null',
    AT_DropNotNull: 'drop-not-null',
    AT_SetExpression: 'set-expression',
    AT_DropExpression: 'drop-expression',
};
function subcommand(command, of) {
    const { subtype, name, def, behavior, missing_ok } = command;
    const type = String(subtype);
    const column = name ?? '';
    const plainColumn = OF_COLUMN[type];
    if (plainColumn !== undefined)
        return { ...of, kind: plainColumn, column };
    const rewrite = REWRITES[type];
    if (rewrite !== undefined)
        return { ...of, kind: 'rewrite', how: rewrite };
    const security = ROW_SECURITY[type];
    if (security !== undefined)
        return { ...of, kind: 'row-security', how: security };
    if (/^AT_(?:Enable|Disable)\w*Trig/.test(type))
        return { ...of, kind: 'trigger-state', trigger: name ?? null, enabled: type.startsWith('AT_Enable') };
    if (type === 'AT_ColumnDefault')
        return { ...of, kind: def === undefined ? 'drop-default' : 'set-default', column };
    if (type === 'AT_DropColumn')
        return { ...of, kind: 'drop-column', column, cascade: behavior === 'DROP_CASCADE' };
    if (type === 'AT_ValidateConstraint')
        return { ...of, kind: 'validate-constraint', constraint: column };
    if (type === 'AT_DropConstraint')
        return { ...of, kind: 'drop-constraint', constraint: column };
    return withDefinition(type, name, def, of, missing_ok === true) ?? { ...of, kind: 'alter', what: type };
}
function withDefinition(type, name, def, of, ifNotExists) {
    if (def === undefined)
        return null;
    if (type === 'AT_AddColumn' && 'ColumnDef' in def) {
        const column = newColumn(def.ColumnDef);
        return column === null ? null : { ...of, kind: 'add-column', new: column, ifNotExists };
    }
    if (type === 'AT_AlterColumnType' && 'ColumnDef' in def) {
        const to = typeOf(def.ColumnDef.typeName);
        if (to === null)
            return null;
        return {
            ...of,
            kind: 'change-type',
            column: name ?? '',
            type: to,
            using: usingOf(def.ColumnDef.raw_default, name),
        };
    }
    if (type === 'AT_AddConstraint' && 'Constraint' in def) {
        const constraint = newConstraint(def.Constraint);
        return constraint === null ? null : { ...of, kind: 'add-constraint', constraint };
    }
    if ('PartitionCmd' in def) {
        const partition = (0,hazards_names/* nameOf */.Vb)(def.PartitionCmd.name);
        if (partition === null)
            return null;
        if (type === 'AT_AttachPartition')
            return { ...of, kind: 'attach-partition', partition, isDefault: def.PartitionCmd.bound?.is_default === true };
        if (type === 'AT_DetachPartition')
            return { ...of, kind: 'detach-partition', partition, concurrently: def.PartitionCmd.concurrent === true };
    }
    return null;
}
function usingOf(expression, column) {
    if (expression === undefined)
        return 'none';
    let inner = expression;
    while (inner && 'TypeCast' in inner)
        inner = inner.TypeCast.arg;
    const named = inner && 'ColumnRef' in inner ? (0,hazards_names/* nameOfParts */.l5)(inner.ColumnRef.fields)?.name : null;
    return named === column ? 'cast' : 'other';
}

// EXTERNAL MODULE: ./src/hazards/catalogue.ts
var catalogue = __webpack_require__(7452);
// EXTERNAL MODULE: ./src/report/outcome.ts
var outcome = __webpack_require__(5066);
;// CONCATENATED MODULE: ./src/hazards/locks.ts
/** Which relations an action locks, and how: facts of PostgreSQL 14 to 18, as measured there. */

const EXCLUSIVE = 'AccessExclusiveLock';
/** Under these nobody else writes. */
const BLOCKS_WRITES = new Set(outcome/* LOCK_MODES */.bx.slice(outcome/* LOCK_MODES */.bx.indexOf('ShareLock')));
function stronger(one, other) {
    return outcome/* LOCK_MODES */.bx.indexOf(one ?? '') >= outcome/* LOCK_MODES */.bx.indexOf(other ?? '') ? one : other;
}
/** ALTER TABLE subcommands that let everybody read and write. */
const GENTLE = new Set([
    'AT_SetStatistics',
    'AT_SetRelOptions',
    'AT_ResetRelOptions',
    'AT_ReplaceRelOptions',
    'AT_SetOptions',
    'AT_ResetOptions',
    'AT_ClusterOn',
    'AT_DropCluster',
]);
/** The strongest lock per relation comes of several entries: take the strongest. Only what the text names. */
function locksOf(action) {
    const lock = (relation, mode) => (relation === null ? [] : [{ relation, mode }]);
    switch (action.kind) {
        case 'add-column':
            return [...lock(action.relation, EXCLUSIVE), ...lock(action.new.references, 'ShareRowExclusiveLock')];
        case 'add-constraint': {
            const foreign = action.constraint.type === 'foreign-key';
            return [
                ...lock(action.relation, foreign ? 'ShareRowExclusiveLock' : EXCLUSIVE),
                ...lock(action.constraint.references, 'ShareRowExclusiveLock'),
            ];
        }
        case 'validate-constraint':
            return lock(action.relation, 'ShareUpdateExclusiveLock');
        case 'attach-partition':
            if (action.object === 'index')
                return lock(action.partition, EXCLUSIVE);
            return [...lock(action.relation, 'ShareUpdateExclusiveLock'), ...lock(action.partition, EXCLUSIVE)];
        case 'detach-partition':
            return [
                ...lock(action.relation, action.concurrently ? 'ShareUpdateExclusiveLock' : EXCLUSIVE),
                ...lock(action.partition, EXCLUSIVE),
            ];
        case 'trigger-state':
            return lock(action.relation, 'ShareRowExclusiveLock');
        case 'alter':
            return lock(action.relation, GENTLE.has(action.what) ? 'ShareUpdateExclusiveLock' : EXCLUSIVE);
        case 'drop-column':
        case 'change-type':
        case 'set-not-null':
        case 'drop-not-null':
        case 'set-default':
        case 'drop-default':
        case 'set-expression':
        case 'drop-expression':
        case 'drop-constraint':
        case 'rewrite':
        case 'row-security':
        case 'truncate':
        case 'cluster':
        case 'vacuum-full':
            return lock(action.relation, EXCLUSIVE);
        case 'create-index':
            return lock(action.relation, action.concurrently ? 'ShareUpdateExclusiveLock' : 'ShareLock');
        case 'create-table':
            return [
                ...lock(action.partitionOf, EXCLUSIVE),
                ...action.inherits.flatMap((parent) => lock(parent, 'ShareUpdateExclusiveLock')),
                ...referencedBy(action).flatMap((parent) => lock(parent, 'ShareRowExclusiveLock')),
            ];
        case 'create-object':
            return lock(action.on, action.what === 'trigger' ? 'ShareRowExclusiveLock' : EXCLUSIVE);
        case 'drop':
            if (action.on !== null)
                return lock(action.on, EXCLUSIVE);
            if (!RELATIONS.has(action.what))
                return [];
            return lock(action.name, action.concurrently ? 'ShareUpdateExclusiveLock' : EXCLUSIVE);
        case 'rename':
            return lock(action.relation, action.what === 'index' ? 'ShareUpdateExclusiveLock' : EXCLUSIVE);
        case 'set-schema':
            return RELATIONS.has(action.what) ? lock(action.name, EXCLUSIVE) : [];
        case 'reindex':
            if (action.what !== 'index' && action.what !== 'table')
                return [];
            if (action.concurrently)
                return lock(action.name, 'ShareUpdateExclusiveLock');
            return lock(action.name, action.what === 'table' ? 'ShareLock' : EXCLUSIVE);
        case 'refresh':
            return lock(action.relation, action.concurrently ? 'ExclusiveLock' : EXCLUSIVE);
        case 'lock':
            return lock(action.relation, outcome/* LOCK_MODES */.bx[action.mode - 1] ?? EXCLUSIVE);
        case 'insert':
        case 'update':
        case 'delete':
        case 'merge':
            return lock(action.relation, 'RowExclusiveLock');
        default:
            return [];
    }
}
const RELATIONS = new Set([
    'table',
    'index',
    'view',
    'materialized view',
    'sequence',
    'foreign table',
]);
function referencedBy({ columns, constraints }) {
    return [...columns, ...constraints].flatMap(({ references }) => (references === null ? [] : [references]));
}

;// CONCATENATED MODULE: ./src/hazards/run.ts

class Run {
    /** Where a name without a schema is looked for and made. */
    path = 'public';
    /** Key -> made for sure (`CREATE TABLE IF NOT EXISTS` may have found one). */
    made = new Map();
    madeColumns = new Map();
    checks = new Map();
    indexes = new Map();
    domains = new Map();
    /** Of the transaction at hand: relation -> strongest lock. Only relations that were there before the run. */
    held = new Map();
    /** Of the transaction at hand: values of enums that it added. */
    enumValues = [];
    /** Of the transaction at hand: types that it made. */
    ownTypes = new Set();
    key({ schema, name }) {
        return `${schema ?? this.path}.${name}`;
    }
    /** Made by this run: nobody else uses it yet. Functions and types too, by their `what`. */
    isNew(name, what = 'relation') {
        return this.lookUp(name, what) !== undefined;
    }
    /** Not only perhaps. */
    isSurelyNew(name, what = 'relation') {
        return this.lookUp(name, what) === true;
    }
    lookUp(name, what) {
        const temporary = name.schema === null && what === 'relation' ? this.made.get(`relation pg_temp.${name.name}`) : undefined;
        return temporary ?? this.made.get(`${what} ${this.key(name)}`);
    }
    newColumn(relation, column) {
        return this.madeColumns.get(`${this.key(relation)} ${column}`) ?? null;
    }
    heldOn(relation) {
        return this.held.get(this.key(relation)) ?? null;
    }
    /** Relations, as keys, that were there before and that nobody else can write until the transaction ends. */
    blocked() {
        return [...this.held].filter(([, mode]) => BLOCKS_WRITES.has(mode)).map(([key]) => key);
    }
    /** A validated CHECK of this run says that the column holds no NULL. */
    isProvenNotNull(relation, column) {
        const prefix = `${this.key(relation)} `;
        for (const [key, check] of this.checks)
            if (check.valid && key.startsWith(prefix) && check.provesNotNull.includes(column))
                return true;
        return false;
    }
    /** An index of this run begins with these columns, in any order. */
    hasIndexOn(relation, columns) {
        return (this.indexes.get(this.key(relation)) ?? []).some((index) => {
            const head = index.slice(0, columns.length);
            return head.length === columns.length && columns.every((column) => head.includes(column));
        });
    }
    isTypeOfTransaction(name) {
        return this.ownTypes.has(this.key(name));
    }
    transactionEnds() {
        this.held.clear();
        this.enumValues = [];
        this.ownTypes.clear();
    }
    /** SET LOCAL and SET end with the file as far as we follow them. */
    fileEnds() {
        this.transactionEnds();
        this.path = 'public';
    }
    /** Takes in what a statement did, after it was judged. */
    apply(action) {
        for (const { relation, mode } of locksOf(action)) {
            if (this.isNew(relation))
                continue;
            const key = this.key(relation);
            this.held.set(key, stronger(this.held.get(key) ?? null, mode) ?? mode);
        }
        this.take(action);
    }
    take(action) {
        switch (action.kind) {
            case 'create-table':
                this.make('relation', inTemporary(action.name, action.temporary), !action.ifNotExists);
                for (const column of action.columns)
                    if (column.unique || column.primaryKey)
                        this.index(action.name, [column.column]);
                for (const { type, columns } of action.constraints)
                    if (type === 'unique' || type === 'primary-key')
                        this.index(action.name, columns);
                break;
            case 'create-relation':
                this.make('relation', inTemporary(action.name, action.temporary), !action.ifNotExists && !action.replace);
                break;
            case 'create-object':
                if (action.on !== null || action.replace)
                    break;
                this.make(kindOf(action.what), action.name, !action.ifNotExists);
                if (action.what === 'type')
                    this.ownTypes.add(this.key(action.name));
                if (action.what === 'domain')
                    this.domains.set(this.key(action.name), action.constrained);
                break;
            case 'create-index':
                if (action.name !== null)
                    this.make('relation', { schema: action.relation.schema, name: action.name }, !action.ifNotExists);
                if (!action.partial)
                    this.index(action.relation, action.columns);
                break;
            case 'add-column':
                this.madeColumns.set(`${this.key(action.relation)} ${action.new.column}`, action.new);
                if (action.new.unique || action.new.primaryKey)
                    this.index(action.relation, [action.new.column]);
                break;
            case 'add-constraint': {
                const { type, name, columns, notValid, provesNotNull } = action.constraint;
                if (type === 'unique' || type === 'primary-key')
                    this.index(action.relation, columns);
                if (provesNotNull.length > 0)
                    this.checks.set(`${this.key(action.relation)} ${name ?? columns.join()}`, {
                        provesNotNull,
                        valid: !notValid,
                    });
                break;
            }
            case 'validate-constraint': {
                const check = this.checks.get(`${this.key(action.relation)} ${action.constraint}`);
                if (check)
                    check.valid = true;
                break;
            }
            case 'drop-constraint':
                this.checks.delete(`${this.key(action.relation)} ${action.constraint}`);
                break;
            case 'enum-add':
                this.enumValues.push({ type: action.type, value: action.value });
                break;
            case 'drop':
                if (action.on === null)
                    this.made.delete(`${kindOf(action.what)} ${this.key(action.name)}`);
                break;
            case 'rename':
                this.moved(action.what, action.from, { schema: action.from.schema, name: action.to });
                break;
            case 'set-schema':
                this.moved(action.what, action.name, { schema: action.schema, name: action.name.name });
                break;
            case 'set':
                if (action.name === 'search_path')
                    this.path = action.values.find((schema) => schema !== '$user') ?? 'public';
                break;
            default:
        }
    }
    make(what, name, sure) {
        this.made.set(`${what} ${this.key(name)}`, sure && !this.made.has(`${what} ${this.key(name)}`));
    }
    index(relation, columns) {
        const key = this.key(relation);
        this.indexes.set(key, [...(this.indexes.get(key) ?? []), columns]);
    }
    moved(what, from, to) {
        const old = `${kindOf(what)} ${this.key(from)}`;
        const sure = this.made.get(old);
        if (sure === undefined || PARTS.has(what))
            return;
        this.made.delete(old);
        this.made.set(`${kindOf(what)} ${this.key(to)}`, sure);
    }
}
const PARTS = new Set(['column', 'constraint', 'attribute', 'trigger', 'policy', 'rule']);
/** Everything in pg_class shares its names; domains are types. */
function kindOf(what) {
    if (/^(?:table|index|view|materialized view|sequence|foreign table)$/.test(what))
        return 'relation';
    return what === 'domain' ? 'type' : what;
}
function inTemporary(name, temporary) {
    return temporary ? { schema: 'pg_temp', name: name.name } : name;
}

;// CONCATENATED MODULE: ./src/hazards/rules/clients.ts



const clients_EXCLUSIVE = { lock: 'AccessExclusiveLock' };
/** Nobody asks for these by name. */
const UNNAMED = new Set([
    'constraint',
    'index',
    'trigger',
    'policy',
    'rule',
    'statistic ext',
    'statistics',
    'event trigger',
    'tablespace',
]);
function rename({ what, relation, object, from, to }, { run }) {
    if (what === 'column' || what === 'attribute') {
        if (relation === null || run.newColumn(relation, from.name) !== null)
            return null;
        const [table, old, new_] = [(0,hazards_names/* written */.Mp)(relation), (0,hazards_names/* quote */.hD)(from.name), (0,hazards_names/* quote */.hD)(to)];
        return {
            rule: 'rename-column',
            relation,
            ...clients_EXCLUSIVE,
            message: `clients that use \`${from.name}\` of \`${(0,hazards_names/* known */.eO)(relation)}\` fail from now on`,
            safer: object === 'table'
                ? `Add ${new_} to ${table}, keep it equal to ${old} by a trigger, move the clients, then drop ${old}`
                : `Leave ${old} where it is, and add ${new_} beside it`,
        };
    }
    if (UNNAMED.has(what))
        return null;
    if (RELATIONS.has(what)) {
        const table = { schema: from.schema, name: to };
        return {
            rule: 'rename-table',
            relation: from,
            ...clients_EXCLUSIVE,
            message: `clients that use \`${(0,hazards_names/* known */.eO)(from)}\` fail from now on`,
            safer: what === 'sequence'
                ? 'Make a sequence of the new name beside it, and move the clients'
                : `ALTER TABLE ${(0,hazards_names/* written */.Mp)(from)} RENAME TO ${(0,hazards_names/* quote */.hD)(to)};\nCREATE VIEW ${(0,hazards_names/* written */.Mp)(from)} AS SELECT * FROM ${(0,hazards_names/* written */.Mp)(table)};`,
        };
    }
    if (run.isNew(from, kindOf(what)))
        return null;
    return {
        rule: 'rename-object',
        ...(COMPARED.has(what) ? { object: from } : {}),
        message: `clients that use the ${what} \`${(0,hazards_names/* known */.eO)(from)}\` fail from now on`,
        safer: `Make the ${what} \`${to}\` beside it, move the clients, and drop the old one`,
    };
}
/** The comparison of the schemas before and after would show that one of these is gone. */
const COMPARED = new Set([
    'type',
    'domain',
    'function',
    'procedure',
    'routine',
    'aggregate',
    'schema',
    'extension',
]);
/** Dropped for clients to miss; tables, indexes and what goes by CASCADE have rules of their own. */
const MISSED = new Set([
    'view',
    'materialized view',
    'sequence',
    'foreign table',
    'type',
    'domain',
    'function',
    'procedure',
    'routine',
    'aggregate',
    'operator',
    'schema',
    'extension',
    'collation',
    'foreign server',
    'publication',
    'subscription',
]);
function drop({ what, name, on, cascade }, { run }) {
    if (on !== null)
        return {
            rule: 'drop-trigger',
            relation: on,
            ...clients_EXCLUSIVE,
            unlessMade: `${what} ${run.key(name)}`,
            message: `what the ${what} \`${(0,hazards_names/* known */.eO)(name)}\` did for \`${(0,hazards_names/* known */.eO)(on)}\` ends`,
            safer: null,
        };
    const kind = kindOf(what);
    if (!MISSED.has(what) || run.isSurelyNew(name, kind))
        return null;
    if (cascade && /^(?:schema|type|domain|extension)$/.test(what))
        return null;
    return {
        rule: 'drop-object',
        relation: RELATIONS.has(what) ? name : null,
        ...(COMPARED.has(what) ? { object: name } : {}),
        lock: RELATIONS.has(what) ? 'AccessExclusiveLock' : null,
        effects: what === 'sequence' || cascade ? ['breaks-clients', 'changes-behaviour'] : ['breaks-clients'],
        unlessMade: `${kind} ${run.key(name)}`,
        message: `clients that use the ${what} \`${(0,hazards_names/* known */.eO)(name)}\` fail from now on${cascade ? '; what depends on it goes along' : ''}`,
        safer: 'First release clients that do not use it; drop it in a later migration',
    };
}
const clientRules = {
    rename: [rename],
    drop: [drop],
    'set-schema': [
        ({ what, name, schema }, { run }) => {
            const relation = RELATIONS.has(what) ? name : null;
            if (UNNAMED.has(what) || run.isNew(name, kindOf(what)))
                return null;
            const moved = { schema, name: name.name };
            return {
                rule: 'set-schema',
                relation,
                // What an extension brings along is not compared.
                ...(COMPARED.has(what) && what !== 'extension' ? { object: name } : {}),
                lock: relation === null ? null : 'AccessExclusiveLock',
                message: `clients that find the ${what} \`${(0,hazards_names/* known */.eO)(name)}\` where it was fail from now on`,
                safer: what === 'table'
                    ? `ALTER TABLE ${(0,hazards_names/* written */.Mp)(name)} SET SCHEMA ${(0,hazards_names/* quote */.hD)(schema)};\nCREATE VIEW ${(0,hazards_names/* written */.Mp)(name)} AS SELECT * FROM ${(0,hazards_names/* written */.Mp)(moved)};`
                    : `Make it anew in \`${schema}\`, and drop the old one when no client uses it`,
            };
        },
    ],
    'enum-rename': [
        ({ type, from, to }, { run }) => run.isNew(type, 'type')
            ? null
            : {
                rule: 'rename-enum-value',
                message: `clients that use \`${from}\` of \`${(0,hazards_names/* known */.eO)(type)}\` fail from now on, and read \`${to}\`, which they do not know`,
                safer: `ALTER TYPE ${(0,hazards_names/* written */.Mp)(type)} ADD VALUE '${to.replaceAll("'", "''")}';`,
            },
    ],
    'drop-default': [
        ({ relation, column }, { run }) => {
            const added = run.newColumn(relation, column);
            if (added?.notNull === true && added.default !== null)
                return {
                    rule: 'drop-default-of-required',
                    relation,
                    ...clients_EXCLUSIVE,
                    message: `\`${column}\` was added with this default in the same run: INSERTs of running clients, which do not know it, fail from now on`,
                    safer: `Drop the default of \`${column}\` in a later migration, when every client sets it`,
                };
            return {
                rule: 'drop-default',
                relation,
                ...clients_EXCLUSIVE,
                message: `INSERTs that leave out \`${column}\` of \`${(0,hazards_names/* known */.eO)(relation)}\` give NULL or fail from now on`,
                safer: null,
            };
        },
    ],
    alter: [
        ({ what, relation }) => what === 'AT_DropIdentity'
            ? {
                rule: 'drop-default-of-required',
                relation,
                ...clients_EXCLUSIVE,
                message: `the column gets no number any more and cannot be NULL: INSERTs into \`${(0,hazards_names/* known */.eO)(relation)}\` that leave it out fail from now on`,
                safer: 'First release clients that set it',
            }
            : null,
    ],
    'drop-not-null': [
        ({ relation, column }) => ({
            rule: 'drop-not-null',
            relation,
            ...clients_EXCLUSIVE,
            message: `\`${column}\` of \`${(0,hazards_names/* known */.eO)(relation)}\` may be NULL from now on`,
            safer: null,
        }),
    ],
    'drop-constraint': [
        ({ relation, constraint }) => ({
            rule: 'drop-constraint',
            relation,
            ...clients_EXCLUSIVE,
            message: `what \`${constraint}\` kept out of \`${(0,hazards_names/* known */.eO)(relation)}\` can be written from now on`,
            safer: null,
        }),
    ],
    'trigger-state': [
        ({ relation, trigger, enabled }) => enabled
            ? null
            : {
                rule: 'trigger-disabled',
                relation,
                lock: 'ShareRowExclusiveLock',
                message: `${trigger === null ? 'no trigger' : `the trigger \`${trigger}\` no longer`} acts on \`${(0,hazards_names/* known */.eO)(relation)}\``,
                safer: null,
            },
    ],
    'row-security': [
        ({ relation, how }, { statement }) => {
            if (how === 'disable' || how === 'no-force')
                return {
                    rule: 'row-security-disabled',
                    relation,
                    ...clients_EXCLUSIVE,
                    message: `every role with privileges on \`${(0,hazards_names/* known */.eO)(relation)}\` sees all of its rows`,
                    safer: null,
                };
            // FORCE beside ENABLE is said once.
            if (how === 'force' && statement.some((other) => other.kind === 'row-security' && other.how === 'enable'))
                return null;
            const policy = (0,hazards_names/* quote */.hD)((0,hazards_names/* madeName */.JL)(relation.name, 'all'));
            return {
                rule: 'row-security-enabled',
                relation,
                ...clients_EXCLUSIVE,
                message: `roles that no policy of \`${(0,hazards_names/* known */.eO)(relation)}\` names see none of its rows and may write none${how === 'force' ? ', its owner too' : ''}`,
                safer: `CREATE POLICY ${policy} ON ${(0,hazards_names/* written */.Mp)(relation)} USING (true) WITH CHECK (true);`,
            };
        },
    ],
    'restrictive-policy': [
        ({ policy, relation }) => ({
            rule: 'restrictive-policy',
            relation,
            ...clients_EXCLUSIVE,
            message: `\`${policy}\` takes away rows of \`${(0,hazards_names/* known */.eO)(relation)}\` that other policies allow`,
            safer: null,
        }),
    ],
    'detach-partition': [
        ({ relation, partition, concurrently }) => ({
            rule: 'detach-partition',
            relation,
            lock: concurrently ? 'ShareUpdateExclusiveLock' : 'AccessExclusiveLock',
            message: `rows of \`${(0,hazards_names/* known */.eO)(partition)}\` are no longer seen through \`${(0,hazards_names/* known */.eO)(relation)}\``,
            safer: concurrently
                ? null
                : `ALTER TABLE ${(0,hazards_names/* written */.Mp)(relation)} DETACH PARTITION ${(0,hazards_names/* written */.Mp)(partition)} CONCURRENTLY;`,
        }),
        ({ concurrently }, { asked }) => concurrently && asked.transactional
            ? {
                rule: 'concurrently-in-transaction',
                message: 'DETACH PARTITION CONCURRENTLY is refused inside of a transaction, and this migration is one',
                safer: 'Put it into a file of its own, without BEGIN and COMMIT',
            }
            : null,
    ],
    'publish-less': [
        ({ publication, relations }) => ({
            rule: 'publishes-less',
            message: `subscribers of \`${publication}\` no longer get ${relations.map((name) => `\`${(0,hazards_names/* known */.eO)(name)}\``).join(', ') || 'what it published'}`,
            safer: 'First release subscribers that do without it',
        }),
    ],
    'restart-sequence': [
        ({ sequence }) => ({
            rule: 'restart-sequence',
            relation: sequence,
            message: `numbers that \`${(0,hazards_names/* known */.eO)(sequence)}\` gives may be taken already`,
            safer: null,
        }),
    ],
    revoke: [
        ({ what, from, relation, objects }, { run }) => {
            // Taking away what a new object gives to PUBLIC is part of making it.
            if (objects.length > 0 && objects.every((name) => run.isNew(name, kindOf(what))))
                return null;
            const names = objects.map((name) => `\`${(0,hazards_names/* known */.eO)(name)}\``).join(', ');
            return {
                rule: 'revoke',
                relation,
                message: `\`${from}\` loses privileges on the ${what} ${names}`.trimEnd(),
                safer: null,
            };
        },
    ],
};

;// CONCATENATED MODULE: ./src/hazards/rules/indexes.ts


/** The statement with CONCURRENTLY behind this word of it. */
function concurrently(sql, behind) {
    const tokens = (0,sql_tokens/* tokenize */.qw)(sql);
    const token = tokens.find(({ word }) => behind.includes(word));
    if (token === undefined || sql.length > 1000)
        return null;
    return `${sql.slice(0, token.end)} CONCURRENTLY${sql.slice(token.end)};`;
}
function inTransaction(what, { asked }) {
    if (!asked.transactional)
        return null;
    return {
        rule: 'concurrently-in-transaction',
        message: `${what} is refused inside of a transaction, and this migration is one`,
        safer: 'Put it into a file of its own, without BEGIN and COMMIT',
    };
}
const indexRules = {
    'create-index': [
        ({ relation, concurrently: already, name, only, unique }, { sql }) => {
            if (already)
                return null;
            const index = name === null ? '' : ` \`${name}\``;
            return {
                rule: 'index-not-concurrent',
                relation,
                lock: 'ShareLock',
                work: 'index-build',
                // On a partitioned table alone nothing is built.
                unsure: only,
                effects: unique ? ['blocks-writes', 'scans', 'may-fail'] : ['blocks-writes', 'scans'],
                message: `building the index${index} reads and sorts all of \`${(0,hazards_names/* known */.eO)(relation)}\`, and nobody can write to it meanwhile`,
                safer: concurrently(sql, ['INDEX']),
            };
        },
        (action, at) => (action.concurrently ? inTransaction('CREATE INDEX CONCURRENTLY', at) : null),
        ({ concurrently: already, ifNotExists, name, relation }) => {
            if (!already || !ifNotExists || name === null)
                return null;
            const index = (0,hazards_names/* written */.Mp)({ schema: relation.schema, name });
            return {
                rule: 'if-not-exists-hides-invalid-index',
                relation,
                message: `where an earlier try was interrupted, an invalid index \`${name}\` is there already: IF NOT EXISTS finds it, does nothing and succeeds`,
                safer: `DROP INDEX CONCURRENTLY IF EXISTS ${index};`,
            };
        },
    ],
    reindex: [
        ({ what, name, concurrently: already }, at) => {
            if (already)
                return inTransaction('REINDEX CONCURRENTLY', at);
            const whole = what !== 'index' && what !== 'table';
            const of = name === null ? `the ${what}` : `\`${(0,hazards_names/* known */.eO)(name)}\``;
            return {
                rule: 'reindex-not-concurrent',
                relation: whole ? null : name,
                lock: what === 'index' ? 'AccessExclusiveLock' : 'ShareLock',
                work: 'index-build',
                message: `rebuilding ${what === 'index' ? `the index ${of}` : `the indexes of ${of}`} keeps everybody from writing to the table, and nearly every query from being planned`,
                safer: what === 'system'
                    ? null
                    : `REINDEX ${what.toUpperCase()} CONCURRENTLY ${name === null ? '' : (0,hazards_names/* written */.Mp)(name)};`.replace(' ;', ';'),
            };
        },
    ],
    drop: [
        (action, at) => {
            if (action.what !== 'index')
                return null;
            if (action.concurrently)
                return inTransaction('DROP INDEX CONCURRENTLY', at);
            return {
                rule: 'drop-index-not-concurrent',
                relation: action.name,
                lock: 'AccessExclusiveLock',
                message: `dropping \`${(0,hazards_names/* known */.eO)(action.name)}\` is quick, but waits for every query on its table, and everybody else waits behind it`,
                safer: `DROP INDEX CONCURRENTLY ${action.ifExists ? 'IF EXISTS ' : ''}${(0,hazards_names/* written */.Mp)(action.name)};`,
            };
        },
    ],
};
/** For a foreign key whose columns no index of the run begins with. */
function indexFor(relation, columns) {
    return `CREATE INDEX CONCURRENTLY ${(0,hazards_names/* quote */.hD)((0,hazards_names/* madeName */.JL)(relation.name, ...columns, 'idx'))} ON ${(0,hazards_names/* written */.Mp)(relation)} (${(0,hazards_names/* quoteAll */._R)(columns)});`;
}

;// CONCATENATED MODULE: ./src/hazards/rules/losses.ts


const losses_EXCLUSIVE = { lock: 'AccessExclusiveLock' };
function renamedFirst(relation) {
    return `ALTER TABLE ${(0,hazards_names/* written */.Mp)(relation)} RENAME TO ${(0,hazards_names/* quote */.hD)((0,hazards_names/* madeName */.JL)(relation.name, 'to_be_dropped'))};`;
}
/** Columns of these would go along. */
const TYPES = new Set(['type', 'domain', 'extension']);
function losses_drop({ what, name, cascade, on }, { run }) {
    const n = (0,hazards_names/* known */.eO)(name);
    if (on !== null || run.isSurelyNew(name, kindOf(what)))
        return null;
    if (what === 'table')
        return {
            rule: 'drop-table',
            relation: name,
            ...losses_EXCLUSIVE,
            message: `\`${n}\` is gone with all of its rows${cascade ? ', and so are the views and foreign keys that use it' : ''}`,
            safer: renamedFirst(name),
        };
    if (what === 'schema' && cascade)
        return {
            rule: 'drop-schema-cascade',
            object: name,
            message: `everything in \`${n}\` is gone, tables with all of their rows`,
            safer: `DROP SCHEMA ${(0,hazards_names/* written */.Mp)(name)};`,
        };
    if (what === 'database')
        return { rule: 'drop-database', message: `all of \`${n}\` is gone`, safer: null };
    if (cascade && TYPES.has(what))
        return {
            rule: 'drop-cascade',
            object: name,
            message: `every column of ${what === 'extension' ? `a type of \`${n}\`` : `type \`${n}\``} is gone with its values, and what depends on it`,
            safer: `DROP ${what.toUpperCase()} ${(0,hazards_names/* written */.Mp)(name)};`,
        };
    return null;
}
function update({ relation, where, sets }, { run }) {
    const old = sets.filter(({ column }) => run.newColumn(relation, column) === null);
    if (where === 'some') {
        const emptied = old.find(({ toNull }) => toNull)?.column;
        if (emptied === undefined)
            return null;
        return {
            rule: 'overwrite-column',
            relation,
            lock: 'RowExclusiveLock',
            severity: 'warning',
            message: `\`${emptied}\` becomes NULL in rows of \`${(0,hazards_names/* known */.eO)(relation)}\`; what stood there is gone`,
            safer: 'Keep the old values in another column first',
        };
    }
    if (where !== 'all')
        return null;
    // What is not made of the old value does not keep it.
    const over = old.filter(({ column, from }) => !from.includes(column));
    const first = over[0]?.column;
    const constant = over.some((one) => one.constant);
    if (first === undefined)
        return {
            rule: 'update-all-rows',
            relation,
            lock: 'RowExclusiveLock',
            message: `every row of \`${(0,hazards_names/* known */.eO)(relation)}\` is written anew and stays locked until the transaction ends`,
            safer: 'In batches by key, each in a transaction of its own',
        };
    return {
        rule: 'overwrite-column',
        relation,
        lock: 'RowExclusiveLock',
        // It may have been NULL before: what computes a value for each row is most often that.
        severity: constant ? 'danger' : 'warning',
        message: `\`${first}\` gets a new value in every row of \`${(0,hazards_names/* known */.eO)(relation)}\`; what stood there is gone`,
        safer: 'Say which rows: WHERE with what tells them; keep the old values in another column first',
    };
}
function remove({ relation, where }) {
    if (where === 'none')
        return null;
    if (where === 'all')
        return {
            rule: 'delete-all-rows',
            relation,
            lock: 'RowExclusiveLock',
            message: `every row of \`${(0,hazards_names/* known */.eO)(relation)}\` is gone: no WHERE keeps any`,
            safer: 'Say which rows, and delete them in batches',
        };
    return {
        rule: 'delete-rows',
        relation,
        lock: 'RowExclusiveLock',
        unsure: where === 'few',
        message: `rows of \`${(0,hazards_names/* known */.eO)(relation)}\` are gone`,
        safer: 'Keep them in another table first, and delete in batches',
    };
}
const lossRules = {
    drop: [losses_drop],
    'drop-column': [
        ({ relation, object, column, cascade }, { run }) => {
            if (run.newColumn(relation, column) !== null || object === 'view')
                return null;
            const of = object === 'type' ? `the type \`${(0,hazards_names/* known */.eO)(relation)}\`` : `\`${(0,hazards_names/* known */.eO)(relation)}\``;
            return {
                rule: 'drop-column',
                relation,
                ...(object === 'table' ? { object: { schema: null, name: column } } : {}),
                ...losses_EXCLUSIVE,
                message: `\`${column}\` of ${of} is gone with its values${cascade ? ', and so is what depends on it' : ''}; clients that name it fail`,
                safer: 'First release clients that do not use it; drop it in a later migration',
            };
        },
    ],
    'drop-owned': [
        ({ roles }) => ({
            rule: 'drop-owned',
            message: `everything that ${roles.map((role) => `\`${role}\``).join(', ')} owns is gone`,
            safer: `REASSIGN OWNED BY ${roles.map(hazards_names/* quote */.hD).join(', ')} TO CURRENT_USER;`,
        }),
    ],
    truncate: [
        ({ relation, cascade }) => ({
            rule: 'truncate',
            relation,
            ...losses_EXCLUSIVE,
            message: `every row of \`${(0,hazards_names/* known */.eO)(relation)}\` is gone${cascade ? ', and every row of each table that refers to it' : ''}`,
            safer: 'DELETE in batches what really has to go',
        }),
    ],
    delete: [remove],
    update: [update],
    merge: [
        ({ relation, deletes }) => deletes
            ? {
                rule: 'delete-rows',
                relation,
                lock: 'RowExclusiveLock',
                message: `rows of \`${(0,hazards_names/* known */.eO)(relation)}\` are gone`,
                safer: 'Keep them in another table first',
            }
            : null,
    ],
};

;// CONCATENATED MODULE: ./src/hazards/rules/rewrites.ts


const UNDER_LOCK = { lock: 'AccessExclusiveLock', work: 'rewrite' };
const anew = (relation) => `all of \`${relation}\` and its indexes are written anew while nobody can read or write it`;
function addColumn({ relation, new: column, text }, { run }) {
    const table = (0,hazards_names/* written */.Mp)(relation);
    const name = (0,hazards_names/* quote */.hD)(column.column);
    const [t, c] = [(0,hazards_names/* known */.eO)(relation), column.column];
    const common = { relation, ...UNDER_LOCK };
    const plain = `ALTER TABLE ${table} ADD COLUMN ${name} ${plainType(column.type)};`;
    if (column.serial) {
        const sequence = (0,hazards_names/* written */.Mp)({ schema: relation.schema, name: (0,hazards_names/* madeName */.JL)(relation.name, c, 'seq') });
        return {
            ...common,
            rule: 'add-column-serial',
            message: `each row gets a number in \`${c}\`: ${anew(t)}`,
            safer: `${plain}\nCREATE SEQUENCE ${sequence} OWNED BY ${table}.${name};\nALTER TABLE ${table} ALTER COLUMN ${name} SET DEFAULT nextval('${sequence.replaceAll("'", "''")}');`,
        };
    }
    if (column.identity)
        return {
            ...common,
            rule: 'add-column-identity',
            message: `each row gets a number in \`${c}\`: ${anew(t)}`,
            safer: `${plain}\nALTER TABLE ${table} ALTER COLUMN ${name} SET NOT NULL;\nALTER TABLE ${table} ALTER COLUMN ${name} ADD GENERATED BY DEFAULT AS IDENTITY;`,
        };
    if (column.generated === 'stored')
        return {
            ...common,
            rule: 'add-column-stored',
            message: `\`${c}\` is computed for each row: ${anew(t)}`,
            safer: plain,
        };
    if (column.generated === 'virtual')
        return null;
    const steadiness = column.default?.steadiness ?? 'steady';
    if (column.default !== null && steadiness !== 'steady') {
        const by = column.default.because ?? 'the default';
        const given = /\bDEFAULT\b\s+/i.exec(text);
        const set = given === null ? null : defaultText(text.slice(given.index + given[0].length));
        return {
            ...common,
            rule: 'add-column-volatile-default',
            unsure: steadiness === 'unknown',
            message: steadiness === 'unknown'
                ? `unless \`${by}\` is stable, \`${c}\` gets a value of its own in each row: ${anew(t)}`
                : `\`${by}\` gives each row a value of its own: ${anew(t)}`,
            safer: set === null ? plain : `${plain}\nALTER TABLE ${table} ALTER COLUMN ${name} SET DEFAULT ${set};`,
        };
    }
    const domain = run.domains.get(run.key(column.type));
    if (domain === false || (domain === undefined && (!mayBeDomain(column.type) || run.isNew(column.type, 'type'))))
        return null;
    return {
        ...common,
        rule: 'add-column-domain',
        unsure: domain === undefined,
        message: domain === true
            ? `the domain \`${column.type.text}\` has constraints: ${anew(t)}`
            : `should \`${column.type.text}\` be a domain with constraints, ${anew(t)}`,
        safer: `Add \`${c}\` with the domain's own type and a CHECK NOT VALID, and validate that in another migration`,
    };
}
function plainType(type) {
    const numbers = {
        smallserial: 'smallint',
        serial2: 'smallint',
        bigserial: 'bigint',
        serial8: 'bigint',
    };
    return /serial/.test(type.name) ? (numbers[type.name] ?? 'integer') : type.text;
}
/** The default's text: up to what begins the next constraint, outside of parentheses. */
function defaultText(text) {
    let depth = 0;
    for (const { 0: piece, index } of text.matchAll(/'(?:[^']|'')*'|[()]|\b(?:NOT|NULL|UNIQUE|PRIMARY|REFERENCES|CHECK|CONSTRAINT|COLLATE|GENERATED)\b/gi)) {
        if (piece === '(')
            depth++;
        else if (piece === ')')
            depth--;
        else if (!piece.startsWith("'") && depth === 0)
            return text.slice(0, index).trim() || null;
    }
    return depth === 0 ? text.trim() : null;
}
/** A cast to one of these drops what does not fit without a word. */
function mayLose({ type, using }) {
    if (using === 'other')
        return true;
    if (type.array)
        return false;
    const sized = type.arguments.length > 0;
    if (using === 'cast' && (type.name === 'varchar' || type.name === 'bpchar') && sized)
        return true;
    if (type.name === 'numeric')
        return sized;
    if (/^(?:timestamp|timestamptz|time|timetz)$/.test(type.name))
        return sized;
    return /^(?:date|float4|int2)$/.test(type.name);
}
/** Types to which some change leaves the rows as they are, by what the old type is. */
const KEPT = /^(?:text|varchar|bpchar|numeric|citext|inet|timestamp|timestamptz|time|timetz|interval|varbit|bit|oid|regclass)$/;
function changeType(action, { run }) {
    const { relation, column, type } = action;
    const [table, t, c] = [(0,hazards_names/* written */.Mp)(relation), (0,hazards_names/* known */.eO)(relation), column];
    const copy = (0,hazards_names/* quote */.hD)((0,hazards_names/* madeName */.JL)(column, 'new'));
    const unsure = action.using !== 'other' && (KEPT.test(type.name) || (mayBeDomain(type) && !run.isNew(type, 'type')));
    const lossy = mayLose(action);
    return {
        rule: lossy ? 'type-change-may-lose' : 'type-change',
        relation,
        // From what type the text does not tell, and the comparison of the schemas does.
        ...(action.using === 'none' ? { object: { schema: null, name: column } } : {}),
        ...UNDER_LOCK,
        unsure,
        message: lossy
            ? `\`${c}\` becomes \`${type.text}\`: what that cannot hold is rounded, cut or computed anew, and ${anew(t)}`
            : `\`${c}\` becomes \`${type.text}\`: unless the old values can stay as they are, ${anew(t)}`,
        safer: `ALTER TABLE ${table} ADD COLUMN ${copy} ${type.text};\nUPDATE ${table} SET ${copy} = ${(0,hazards_names/* quote */.hD)(column)} WHERE ${copy} IS NULL;`,
    };
}
const HOW = {
    logged: { rule: 'set-logged', why: 'becoming logged' },
    unlogged: { rule: 'set-logged', why: 'becoming unlogged' },
    'access-method': { rule: 'set-access-method', why: 'for another access method' },
    tablespace: { rule: 'set-tablespace', why: 'moved to another tablespace' },
};
const rewriteRules = {
    'add-column': [addColumn],
    'change-type': [(action, at) => (action.object === 'type' ? null : changeType(action, at))],
    rewrite: [
        ({ relation, how, object }) => {
            // A partitioned table holds nothing itself; what it says is for partitions to come.
            const { rule, why } = HOW[how];
            return {
                rule,
                relation,
                ...UNDER_LOCK,
                message: `${why}, ${anew((0,hazards_names/* known */.eO)(relation))}`,
                safer: object === 'index'
                    ? `Build a new index there concurrently, and drop \`${(0,hazards_names/* known */.eO)(relation)}\` concurrently`
                    : `Make a new table beside \`${(0,hazards_names/* known */.eO)(relation)}\`, and move the rows in batches`,
            };
        },
    ],
    'move-all': [
        ({ what }) => ({
            rule: 'set-tablespace',
            ...UNDER_LOCK,
            message: `every ${what} of the tablespace is copied, each while nobody can read or write it`,
            safer: 'Move them one by one, each in a migration of its own',
        }),
    ],
    'set-expression': [
        ({ relation, column }) => ({
            rule: 'set-expression',
            relation,
            ...UNDER_LOCK,
            unsure: true,
            message: `unless \`${column}\` is virtual it is computed anew for each row: ${anew((0,hazards_names/* known */.eO)(relation))}`,
            safer: `Add a new column beside \`${column}\` and switch its readers`,
        }),
    ],
    cluster: [
        ({ relation }) => ({
            rule: 'cluster',
            relation,
            ...UNDER_LOCK,
            message: relation === null
                ? 'every table that was clustered before is written anew, each while nobody can read or write it'
                : anew((0,hazards_names/* known */.eO)(relation)),
            safer: 'pg_repack or pg_squeeze do the same and hold that lock for an instant only',
        }),
    ],
    'vacuum-full': [
        ({ relation }) => ({
            rule: 'vacuum-full',
            relation,
            ...UNDER_LOCK,
            message: relation === null
                ? 'every table is written anew, each while nobody can read or write it'
                : anew((0,hazards_names/* known */.eO)(relation)),
            safer: relation === null ? 'VACUUM;' : `VACUUM ${(0,hazards_names/* written */.Mp)(relation)};`,
        }),
        (_, { asked }) => asked.transactional
            ? {
                rule: 'concurrently-in-transaction',
                message: 'VACUUM is refused inside of a transaction, and this migration is one',
                safer: 'Put it into a file of its own, without BEGIN and COMMIT',
            }
            : null,
    ],
    refresh: [
        ({ relation, concurrently, withData }) => {
            // Without data its query does not run.
            if (!withData)
                return null;
            if (concurrently)
                return {
                    rule: 'refresh-concurrently',
                    relation,
                    lock: 'ExclusiveLock',
                    work: 'scan',
                    message: `only another refresh of \`${(0,hazards_names/* known */.eO)(relation)}\` waits while its query runs`,
                    safer: null,
                };
            return {
                rule: 'refresh-not-concurrent',
                relation,
                ...UNDER_LOCK,
                message: `nobody can read \`${(0,hazards_names/* known */.eO)(relation)}\` while its query runs`,
                safer: `REFRESH MATERIALIZED VIEW CONCURRENTLY ${(0,hazards_names/* written */.Mp)(relation)};`,
            };
        },
    ],
};

;// CONCATENATED MODULE: ./src/hazards/rules/scans.ts



const SCAN = { lock: 'AccessExclusiveLock', work: 'scan' };
const BUILD = { lock: 'AccessExclusiveLock', work: 'index-build' };
function read(relation) {
    return `all of \`${(0,hazards_names/* known */.eO)(relation)}\` is read while nobody can read or write it`;
}
/** SET NOT NULL by way of a CHECK. */
function notNullSafely(relation, column) {
    const [table, name] = [(0,hazards_names/* written */.Mp)(relation), (0,hazards_names/* quote */.hD)((0,hazards_names/* madeName */.JL)(relation.name, column, 'not_null'))];
    return [
        `ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${(0,hazards_names/* quote */.hD)(column)} IS NOT NULL) NOT VALID;`,
        `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`,
        `ALTER TABLE ${table} ALTER COLUMN ${(0,hazards_names/* quote */.hD)(column)} SET NOT NULL;`,
        `ALTER TABLE ${table} DROP CONSTRAINT ${name};`,
    ].join('\n');
}
function notNull(relation, column, { run, statement }) {
    const drops = statement.some((other) => other.kind === 'drop-constraint');
    if (!drops && run.isProvenNotNull(relation, column))
        return null;
    return {
        rule: 'set-not-null-scans',
        relation,
        ...SCAN,
        message: `unless a validated CHECK proves that \`${column}\` holds no NULL, ${read(relation)}; it fails on the first NULL`,
        safer: notNullSafely(relation, column),
    };
}
/** The subcommand as it is written, with a name and NOT VALID; then its validation. */
function validatedLater(relation, { name, type, columns }, text) {
    const made = name ?? (0,hazards_names/* madeName */.JL)(relation.name, ...columns, type === 'foreign-key' ? 'fkey' : 'check');
    const body = /^ADD\s+(?:CONSTRAINT\s+(?:"(?:[^"]|"")*"|\S+)\s+)?((?:CHECK|FOREIGN)\b.*)$/is.exec(text)?.[1];
    if (body === undefined || text.length > 1000)
        return null;
    const table = (0,hazards_names/* written */.Mp)(relation);
    return `ALTER TABLE ${table} ADD CONSTRAINT ${(0,hazards_names/* quote */.hD)(made)} ${body} NOT VALID;\nALTER TABLE ${table} VALIDATE CONSTRAINT ${(0,hazards_names/* quote */.hD)(made)};`;
}
function foreignKey(relation, references, columns, safer, at) {
    // Together with another ALTER of the table it is done under the lock of that one.
    const lock = strongestOn(relation, at) ?? 'ShareRowExclusiveLock';
    const effects = lock === 'AccessExclusiveLock'
        ? ['blocks-reads', 'blocks-writes', 'scans', 'may-fail']
        : ['blocks-writes', 'scans', 'may-fail'];
    const key = columns.map((column) => `\`${column}\``).join(', ');
    const other = references === null ? 'the referenced table' : `\`${(0,hazards_names/* known */.eO)(references)}\``;
    const found = [
        {
            rule: 'foreign-key-validated-at-once',
            relation,
            lock,
            work: 'scan',
            effects,
            message: `for the foreign key on ${key} all of \`${(0,hazards_names/* known */.eO)(relation)}\` is compared with ${other}, and nobody can write to either meanwhile`,
            safer,
        },
    ];
    // What this run made has no rows to be compared yet.
    if (references !== null && at.run.key(references) !== at.run.key(relation) && !at.run.isNew(relation))
        found.push({
            rule: 'foreign-key-validated-at-once',
            relation: references,
            lock: 'ShareRowExclusiveLock',
            work: 'scan',
            effects: ['blocks-writes', 'scans'],
            message: `nobody can write to \`${(0,hazards_names/* known */.eO)(references)}\` while \`${(0,hazards_names/* known */.eO)(relation)}\` is compared with it`,
            safer,
        });
    return found;
}
function strongestOn(relation, { statement, run }) {
    const key = run.key(relation);
    let strongest = run.heldOn(relation);
    for (const lock of statement.flatMap(locksOf))
        if (run.key(lock.relation) === key)
            strongest = stronger(strongest, lock.mode);
    return strongest;
}
function addConstraint(action, at) {
    const { relation, constraint, text } = action;
    const { type, columns, notValid, usingIndex } = constraint;
    const [table, t] = [(0,hazards_names/* written */.Mp)(relation), (0,hazards_names/* known */.eO)(relation)];
    const key = columns.map((column) => `\`${column}\``).join(', ');
    if (notValid)
        return null;
    switch (type) {
        case 'check':
            return {
                rule: 'check-validated-at-once',
                relation,
                ...SCAN,
                message: `${read(relation)}; it fails on the first row that does not fit`,
                safer: validatedLater(relation, constraint, text),
            };
        case 'not-null':
            return notNull(relation, columns[0] ?? '', at);
        case 'foreign-key':
            return foreignKey(relation, constraint.references, columns, validatedLater(relation, constraint, text), at);
        case 'unique': {
            if (usingIndex !== null)
                return null;
            const name = constraint.name ?? (0,hazards_names/* madeName */.JL)(relation.name, ...columns, 'key');
            return {
                rule: 'unique-not-using-index',
                relation,
                ...BUILD,
                message: `building the index over ${key} reads and sorts all of \`${t}\` while nobody can read or write it; it fails on the first duplicate`,
                safer: usingBuilt(table, name, columns, 'UNIQUE'),
            };
        }
        case 'primary-key': {
            if (usingIndex !== null)
                return {
                    rule: 'primary-key-reads-nulls',
                    relation,
                    ...SCAN,
                    unsure: true,
                    message: `should a column of \`${usingIndex}\` allow NULL, ${read(relation)}`,
                    safer: 'Make each column NOT NULL first, by a CHECK that was validated in an earlier migration',
                };
            const name = constraint.name ?? (0,hazards_names/* madeName */.JL)(relation.name, 'pkey');
            return {
                rule: 'primary-key-not-using-index',
                relation,
                ...BUILD,
                message: `building the index over ${key} reads and sorts all of \`${t}\` while nobody can read or write it; it fails on the first duplicate or NULL`,
                safer: usingBuilt(table, name, columns, 'PRIMARY KEY'),
            };
        }
        case 'exclude':
            return {
                rule: 'exclusion-constraint',
                relation,
                ...BUILD,
                message: `its index is built over all of \`${t}\` while nobody can read or write it`,
                safer: `Put the constraint on a new table beside \`${t}\`, and move the rows there in batches`,
            };
    }
}
function usingBuilt(table, name, columns, what) {
    return `CREATE UNIQUE INDEX CONCURRENTLY ${(0,hazards_names/* quote */.hD)(name)} ON ${table} (${(0,hazards_names/* quoteAll */._R)(columns)});\nALTER TABLE ${table} ADD CONSTRAINT ${(0,hazards_names/* quote */.hD)(name)} ${what} USING INDEX ${(0,hazards_names/* quote */.hD)(name)};`;
}
function scans_addColumn({ relation, new: column, text }, at) {
    const found = [];
    const [table, c] = [(0,hazards_names/* written */.Mp)(relation), (0,hazards_names/* quote */.hD)(column.column)];
    const filled = column.default !== null || column.serial || column.identity || column.generated !== null;
    const plain = `ALTER TABLE ${table} ADD COLUMN ${c} ${column.serial ? 'bigint' : column.type.text};`;
    if (column.check)
        found.push({
            rule: 'check-validated-at-once',
            relation,
            ...SCAN,
            message: `for the CHECK of the new column \`${column.column}\` ${read(relation)}`,
            safer: checkApart(table, relation, column.column, plain, text),
        });
    if (column.primaryKey || column.unique)
        found.push({
            rule: column.primaryKey ? 'primary-key-not-using-index' : 'unique-not-using-index',
            relation,
            ...BUILD,
            message: `the index of the new column \`${column.column}\` is built over all of \`${(0,hazards_names/* known */.eO)(relation)}\` while nobody can read or write it`,
            safer: `${plain}\n${usingBuilt(table, (0,hazards_names/* madeName */.JL)(relation.name, column.column, 'key'), [column.column], column.primaryKey ? 'PRIMARY KEY' : 'UNIQUE')}`,
        });
    // Without a default every row holds NULL, and PostgreSQL leaves the comparison out.
    if (column.references !== null && column.default !== null)
        found.push(...foreignKey(relation, column.references, [column.column], null, at));
    if (column.notNull && !filled && !column.primaryKey)
        found.push({
            rule: 'add-required-column',
            relation,
            ...SCAN,
            message: `\`${column.column}\` is NOT NULL without a default: it fails on the first row of \`${(0,hazards_names/* known */.eO)(relation)}\`, and INSERTs of running clients, which do not know it, fail`,
            safer: `${plain}\n${notNullSafely(relation, column.column)}`,
        });
    return found;
}
function checkApart(table, relation, column, plain, text) {
    const start = /\bCHECK\s*\(/i.exec(text);
    if (start === null)
        return null;
    let depth = 0;
    for (const { 0: piece, index } of text.slice(start.index).matchAll(/'(?:[^']|'')*'|[()]/g)) {
        if (piece === '(')
            depth++;
        else if (piece === ')')
            depth--;
        if (depth > 0 || piece !== ')')
            continue;
        const check = text.slice(start.index, start.index + index + 1);
        const name = (0,hazards_names/* quote */.hD)((0,hazards_names/* madeName */.JL)(relation.name, column, 'check'));
        return `${plain}\nALTER TABLE ${table} ADD CONSTRAINT ${name} ${check} NOT VALID;\nALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`;
    }
    return null;
}
function validate({ relation, constraint }, at) {
    const lock = strongestOn(relation, at);
    if (lock === null || !BLOCKS_WRITES.has(lock))
        return null;
    const merged = at.statement.length > 1;
    const reads = lock === 'AccessExclusiveLock';
    return {
        rule: 'validate-under-lock',
        relation,
        lock,
        work: 'scan',
        effects: reads ? ['blocks-reads', 'blocks-writes', 'scans', 'may-fail'] : ['blocks-writes', 'scans', 'may-fail'],
        message: `\`${constraint}\` is validated ${merged ? 'together with another ALTER' : 'in the transaction of an earlier ALTER'} of \`${(0,hazards_names/* known */.eO)(relation)}\`: all of it is read while nobody can ${reads ? 'read or write' : 'write'} it`,
        safer: `ALTER TABLE ${(0,hazards_names/* written */.Mp)(relation)} VALIDATE CONSTRAINT ${(0,hazards_names/* quote */.hD)(constraint)};`,
    };
}
/** Reading or writing many rows while an earlier statement's lock keeps others away. */
function underEarlierLock(relations, doing, { run, asked }) {
    if (!asked.transactional)
        return [];
    return relations.flatMap((relation) => {
        const lock = run.heldOn(relation);
        if (lock === null || !BLOCKS_WRITES.has(lock) || run.isNew(relation))
            return [];
        const reads = outcome/* LOCK_MODES */.bx.indexOf(lock) === outcome/* LOCK_MODES */.bx.length - 1;
        return [
            {
                rule: 'works-under-earlier-lock',
                relation,
                lock,
                work: 'scan',
                effects: reads ? ['blocks-reads', 'blocks-writes', 'scans'] : ['blocks-writes', 'scans'],
                message: `${doing} \`${(0,hazards_names/* known */.eO)(relation)}\` while an earlier statement of this migration keeps everybody from ${reads ? 'reading and writing' : 'writing'} it`,
                safer: 'Put it into a migration of its own, which is applied after this one',
            },
        ];
    });
}
const scanRules = {
    'set-not-null': [({ relation, column }, at) => notNull(relation, column, at)],
    'add-constraint': [addConstraint],
    'add-column': [scans_addColumn],
    'validate-constraint': [validate],
    'attach-partition': [
        ({ relation, object, partition, isDefault, text }) => {
            // An index is attached to the parent's without being read.
            if (object === 'index')
                return null;
            return {
                rule: 'attach-partition-scans',
                relation: partition,
                ...SCAN,
                message: `unless a validated CHECK of \`${(0,hazards_names/* known */.eO)(partition)}\` implies the bounds, ${read(partition)}`,
                safer: isDefault
                    ? `Before: add a CHECK to \`${(0,hazards_names/* known */.eO)(partition)}\` that excludes every other partition of \`${(0,hazards_names/* known */.eO)(relation)}\`, NOT VALID, and validate it in another migration`
                    : checkForBounds(partition, text),
            };
        },
    ],
    'alter-domain': [
        ({ domain, how, notValid, constraint }, { run }) => {
            if (how === 'other' || notValid || run.isNew(domain, 'type'))
                return null;
            return {
                rule: 'domain-constraint',
                lock: 'ShareLock',
                work: 'scan',
                message: `every table with a column of \`${(0,hazards_names/* known */.eO)(domain)}\` is read while nobody can write to it`,
                safer: how === 'validate' || constraint === null
                    ? 'Change to a CHECK ... NOT VALID on each table, and validate one after the other'
                    : `Add \`${constraint}\` NOT VALID, which locks no table, and validate it when nobody writes`,
            };
        },
    ],
    query: [
        ({ reads, where }, at) => (where === 'few' || where === 'none' ? null : underEarlierLock(reads, 'it reads', at)),
    ],
    insert: [({ reads, fromQuery }, at) => (fromQuery ? underEarlierLock(reads, 'it reads', at) : null)],
    'create-relation': [({ reads }, at) => underEarlierLock(reads, 'it reads', at)],
    update: [
        ({ relation, where, reads }, at) => where === 'few' || where === 'none'
            ? null
            : [...underEarlierLock([relation], 'it writes', at), ...underEarlierLock(reads, 'it reads', at)],
    ],
    delete: [
        ({ relation, where, reads }, at) => where === 'few' || where === 'none'
            ? null
            : [...underEarlierLock([relation], 'it deletes from', at), ...underEarlierLock(reads, 'it reads', at)],
    ],
    merge: [
        ({ relation, reads }, at) => [
            ...underEarlierLock([relation], 'it writes', at),
            ...underEarlierLock(reads, 'it reads', at),
        ],
    ],
};
function checkForBounds(partition, text) {
    const bounds = /\bFOR\s+VALUES\b.*$/is.exec(text)?.[0] ?? 'the bounds';
    return `Before: add a CHECK to \`${(0,hazards_names/* known */.eO)(partition)}\` that says the same as \`${bounds}\` (and IS NOT NULL), NOT VALID, and validate it in another migration`;
}

;// CONCATENATED MODULE: ./src/hazards/rules/security.ts


const securityRules = {
    'role-power': [
        ({ role, powers }) => ({
            rule: 'powerful-role',
            message: `\`${role}\` becomes ${powers.join(', ')}: no privilege or policy of this database holds it`,
            safer: 'Grant what is needed, object by object',
        }),
    ],
    grant: [
        ({ powerful, what, toPublic }) => {
            if (powerful !== null)
                return {
                    rule: 'powerful-role',
                    message: `\`${powerful}\` reaches past the privileges of this database`,
                    safer: 'Grant what is needed, object by object',
                };
            return toPublic
                ? { rule: 'grant-to-public', message: `every role gets privileges on \`${what}\``, safer: 'Name the roles' }
                : null;
        },
    ],
    'create-object': [
        ({ what, name, unsafeDefiner }) => unsafeDefiner
            ? {
                rule: 'definer-without-search-path',
                message: `the ${what} \`${(0,hazards_names/* known */.eO)(name)}\` runs with its owner's rights and finds names by the caller's search_path`,
                safer: 'Add SET search_path = pg_catalog, pg_temp to it, and qualify the names in it',
            }
            : null,
    ],
};
/** What secrets look like; bounded, so that no text exhausts the matcher. */
const SECRETS = [
    { what: 'a password', pattern: /\bpassword\s+'(?!\s*')[^']{1,300}'/i },
    { what: 'a password', pattern: /\boptions\s*\([^)]{0,500}?\bpassword\s+'(?!\s*')[^']{1,300}'/i },
    { what: 'a password', pattern: /\bconnection\s+'[^']{0,500}?\bpassword\s*=[^']{1,300}'/i },
    { what: 'a password', pattern: /\bpostgres(?:ql)?:\/\/[^\s:@/']{1,100}:[^\s@/']{1,200}@/i },
    ...redact/* KEYS */.Rk,
];
/** Never says the secret. */
function secretIn(sql) {
    const found = SECRETS.find(({ pattern }) => pattern.test(sql));
    if (found === undefined)
        return null;
    return {
        rule: 'secret-in-file',
        message: `${found.what} stands in the file, for everybody who can read the repository`,
        safer: 'Change it, and set it outside of the migrations',
    };
}

;// CONCATENATED MODULE: ./src/hazards/rules/transactions.ts




const transactionRules = {
    lock: [
        ({ relation, mode }) => {
            const lock = outcome/* LOCK_MODES */.bx[mode - 1] ?? 'AccessExclusiveLock';
            if (!BLOCKS_WRITES.has(lock))
                return null;
            const reads = lock === 'AccessExclusiveLock';
            return {
                rule: 'lock-table',
                relation,
                lock,
                effects: reads ? ['blocks-reads', 'blocks-writes'] : ['blocks-writes'],
                message: `nobody can ${reads ? 'read or write' : 'write'} \`${(0,hazards_names/* known */.eO)(relation)}\` until the transaction ends`,
                safer: 'Leave it out: each statement takes the lock that it needs',
            };
        },
    ],
    'create-table': [
        (action, { run }) => {
            const { partitionOf, name } = action;
            const found = [];
            if (partitionOf !== null)
                found.push({
                    rule: 'locks-other-table',
                    relation: partitionOf,
                    lock: 'AccessExclusiveLock',
                    message: `nobody can read or write \`${(0,hazards_names/* known */.eO)(partitionOf)}\` until the transaction ends; a DEFAULT partition of it is read meanwhile`,
                    safer: `Make \`${(0,hazards_names/* known */.eO)(name)}\` a table by itself, and attach it with ALTER TABLE ${(0,hazards_names/* written */.Mp)(partitionOf)} ATTACH PARTITION, which locks less`,
                });
            for (const parent of referencedBy(action)) {
                if (run.key(parent) === run.key(name))
                    continue;
                found.push({
                    rule: 'locks-other-table',
                    relation: parent,
                    lock: 'ShareRowExclusiveLock',
                    message: `for the foreign key nobody can write to \`${(0,hazards_names/* known */.eO)(parent)}\` until the transaction ends`,
                    safer: null,
                });
            }
            return found;
        },
    ],
    set: [
        ({ name, values }) => name === 'session_replication_role' && values[0] === 'replica'
            ? {
                rule: 'triggers-bypassed',
                message: 'no foreign key is checked and no ordinary trigger runs from here on',
                safer: 'SET session_replication_role = origin;',
            }
            : null,
        ({ name, values }) => /^(?:lock_timeout|statement_timeout)$/.test(name) && /^0(?:\s*(?:ms|s|min))?$/.test(values[0] ?? '')
            ? {
                rule: 'timeout-switched-off',
                message: `without \`${name}\` the migration waits without end, and everybody behind it`,
                safer: `SET ${name} = '5s';`,
            }
            : null,
    ],
};
/** Tables whose foreign keys have no index that this run would show. */
function withoutIndex(relation, columns) {
    return {
        rule: 'foreign-key-without-index',
        message: `unless there is an index on ${columns.map((column) => `\`${column}\``).join(', ')} of \`${(0,hazards_names/* known */.eO)(relation)}\` already, deleting a referenced row reads all of it`,
        safer: indexFor(relation, columns),
    };
}

;// CONCATENATED MODULE: ./src/hazards/rules/index.ts







const ALL = [
    indexRules,
    rewriteRules,
    scanRules,
    lossRules,
    clientRules,
    transactionRules,
    securityRules,
];
function findingsOf(action, at) {
    return ALL.flatMap((rules) => ask(rules, action, at));
}
function ask(rules, action, at) {
    const asked = rules[action.kind];
    return (asked ?? []).flatMap((rule) => rule(action, at) ?? []);
}

;// CONCATENATED MODULE: ./src/hazards/claims.ts
/** The statements of a run -> what their text claims that they will do. */












/** Characters to read between two turns of the event loop: a few milliseconds. */
const TURN = 16 * 1024;
/** What a statement costs whatever its length, as characters. */
const EACH = 256;
/**
 * What the text of a run's statements claims, in their order.
 * Statements come in the order in which they would be applied: what one makes, the next may do to it what it likes.
 * The event loop gets its turn now and then.
 */
async function claimsOf(statements, setting) {
    let reader = null;
    let read = 0;
    for (const asked of statements) {
        reader ??= new Reader(setting.parser ?? (await loadParser()), setting);
        reader.read(asked);
        read += EACH + asked.sql.length;
        if (read < TURN)
            continue;
        read = 0;
        await new Promise((resolve) => setImmediate(resolve));
    }
    return reader?.end() ?? [];
}
class Reader {
    run = new Run();
    claims = [];
    foreignKeys = [];
    parser;
    setting;
    file = '';
    drafts = [];
    /** What the file at hand makes, by kind and name. */
    makes = new Set();
    unrepeatable = null;
    saysSeveral = false;
    constructor(parser, setting) {
        this.parser = parser;
        this.setting = setting;
    }
    read(asked) {
        const file = `${asked.version} ${asked.file}`;
        if (file !== this.file)
            this.endFile();
        this.file = file;
        const secret = secretIn(asked.sql.length > LONGEST_PARSED ? asked.sql.slice(0, LONGEST_PARSED) : asked.sql);
        if (secret !== null)
            this.add(secret, asked, []);
        if (isBulk(asked.sql)) {
            this.usesNewValue((value) => asked.sql.includes(`'${value.replaceAll("'", "''")}'`), asked);
        }
        else {
            this.statement(asked.sql, asked, 0);
        }
        if (!asked.transactional)
            this.run.transactionEnds();
    }
    end() {
        this.endFile();
        for (const { asked, relation, columns } of this.foreignKeys) {
            if (this.run.hasIndexOn(relation, columns))
                continue;
            this.claims.push(claimOf({ ...withoutIndex(relation, columns), relation }, asked, this.setting));
        }
        return this.claims;
    }
    endFile() {
        for (const { claim, unlessMade } of this.drafts)
            this.claims.push(unlessMade !== null && this.makes.has(unlessMade)
                ? {
                    ...claim,
                    severity: 'info',
                    effects: ['changes-behaviour'],
                    message: `${claim.message} (the file makes it anew)`,
                }
                : claim);
        if (this.unrepeatable !== null) {
            const { first, count } = this.unrepeatable;
            const many = count === 1 ? 'one statement' : `${count} statements, this one first,`;
            this.claims.push(claimOf({ rule: 'not-repeatable', message: `${many} would fail where it has been run already`, safer: null }, first, this.setting));
        }
        this.drafts = [];
        this.makes.clear();
        this.unrepeatable = null;
        this.saysSeveral = false;
        this.run.fileEnds();
    }
    statement(sql, asked, depth) {
        const parsed = this.parser.parse(sql);
        if ('problem' in parsed) {
            const message = `PostgreSQL's parser did not understand it: ${(0,report_text/* cut */.Jj)(parsed.problem, 200)}`;
            this.add({ rule: 'not-understood', message, safer: null }, asked, []);
            return;
        }
        for (const tree of parsed.trees) {
            const actions = actionsOf(tree, sql);
            this.judge(actions, sql, asked);
            this.usesNewValue((value) => holdsLiteral(tree, value), asked, actions);
            for (const action of actions)
                this.take(action, asked);
            if (actions[0]?.kind === 'do' && depth === 0)
                this.body(actions[0].language, sql, asked);
        }
    }
    body(language, sql, asked) {
        if (language !== 'plpgsql')
            return;
        const body = this.parser.parseBody(sql);
        if ('problem' in body) {
            const message = `the DO block's body could not be read: ${(0,report_text/* cut */.Jj)(body.problem, 200)}`;
            this.add({ rule: 'not-understood', message, safer: null }, asked, []);
            return;
        }
        if (body.dynamic)
            this.add({
                rule: 'dynamic-sql',
                message: 'statements that it puts together while it runs are not in its text',
                safer: null,
            }, asked, []);
        for (const statement of body.statements)
            this.statement(statement, asked, 1);
    }
    judge(actions, sql, asked) {
        const { run, setting } = this;
        const at = { asked, sql, major: setting.major, statement: actions, run };
        for (const action of actions) {
            for (const finding of findingsOf(action, at)) {
                const effects = finding.effects ?? (0,catalogue/* ruleOf */.Y)(finding.rule).effects;
                const { relation } = finding;
                if (relation && run.isNew(relation) && (run.isSurelyNew(relation) || !effects.includes('destroys')))
                    continue;
                this.add(finding, asked, actions);
            }
        }
        this.several(actions, asked);
    }
    several(actions, asked) {
        if (!asked.transactional || this.saysSeveral)
            return;
        const before = new Set(this.run.blocked());
        if (before.size === 0)
            return;
        const next = actions
            .flatMap(locksOf)
            .find(({ relation, mode }) => BLOCKS_WRITES.has(mode) && !this.run.isNew(relation) && !before.has(this.run.key(relation)));
        if (next === undefined)
            return;
        this.saysSeveral = true;
        const first = [...before][0]?.replace(/^public\./, '') ?? '';
        this.add({
            rule: 'several-tables-locked',
            relation: next.relation,
            lock: next.mode,
            message: `\`${(0,hazards_names/* known */.eO)(next.relation)}\` is locked while \`${first}\` still is: clients that take them in the other order and this migration may wait for each other`,
            safer: 'One migration for each table',
        }, asked, []);
    }
    /** After it was judged: what the next statements find. */
    take(action, asked) {
        this.run.apply(action);
        const made = madeBy(action, this.run);
        if (made !== null)
            this.makes.add(made);
        if (failsTwice(action)) {
            if (this.unrepeatable === null)
                this.unrepeatable = { first: asked, count: 1 };
            else
                this.unrepeatable.count += 1;
        }
        for (const { relation, columns } of foreignKeysOf(action))
            this.foreignKeys.push({ asked, relation, columns });
    }
    usesNewValue(uses, asked, actions = []) {
        if (!asked.transactional || this.run.enumValues.length === 0)
            return;
        if (actions.some(({ kind }) => kind === 'enum-add' || kind === 'enum-rename'))
            return;
        for (const { type, value } of this.run.enumValues) {
            // 17 lets it be used where the type is of the same transaction.
            if (this.setting.major >= 17 && this.run.isTypeOfTransaction(type))
                continue;
            if (!uses(value))
                continue;
            this.add({
                rule: 'enum-value-used-at-once',
                message: `\`${value}\` was added to \`${(0,hazards_names/* known */.eO)(type)}\` in the same transaction, in which PostgreSQL refuses to use it`,
                safer: 'Add the value in one migration, use it in the next',
            }, asked, actions);
            return;
        }
    }
    add(finding, asked, actions) {
        const claim = claimOf(finding, asked, this.setting);
        this.drafts.push({ claim: this.underStrongest(claim, finding, actions), unlessMade: finding.unlessMade ?? null });
    }
    /** The lock that it is done under: of the whole statement, and of the transaction so far. */
    underStrongest(claim, { relation }, actions) {
        if (claim.lock === null || !relation)
            return claim;
        const key = this.run.key(relation);
        let lock = stronger(claim.lock, this.run.heldOn(relation));
        for (const one of actions.flatMap(locksOf))
            if (this.run.key(one.relation) === key)
                lock = stronger(lock, one.mode);
        if (claim.work === 'none' || lock !== 'AccessExclusiveLock')
            return { ...claim, lock };
        const effects = ['blocks-reads', 'blocks-writes', ...claim.effects];
        return { ...claim, lock, effects: [...new Set(effects)] };
    }
}
const claims_redact = (0,redact/* redactor */.$p)([]);
function claimOf(finding, asked, { lint }) {
    const rule = (0,catalogue/* ruleOf */.Y)(finding.rule);
    return {
        rule: rule.id,
        version: asked.version,
        file: asked.file,
        index: asked.index,
        line: asked.line,
        statement: (0,report_text/* cut */.Jj)(claims_redact(asked.sql.slice(0, 4000)), 200),
        relation: finding.relation ? (0,hazards_names/* known */.eO)(finding.relation) : null,
        ...(finding.object ? { object: (0,hazards_names/* known */.eO)(finding.object) } : {}),
        lock: finding.lock ?? null,
        work: finding.work ?? 'none',
        effects: finding.effects ?? rule.effects,
        weight: rule.weight,
        severity: lint === true && finding.unsure === true ? 'info' : (finding.severity ?? rule.severity),
        message: finding.message,
        safer: finding.safer === null ? null : (0,report_text/* cut */.Jj)(claims_redact(finding.safer), 2000),
    };
}
const PLAIN_INSERT = /^\s*INSERT\s+INTO\s+(?:"(?:[^"]|""){1,128}"|[\w$.\u0080-\uffff]{1,200})+\s*(?:\([^()']{1,9999}\)\s*)?(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\b/i;
/** A statement of data is not parsed when it is longer than this: its tree tells nothing, and takes long. */
const LONG_DATA = 4096;
function isBulk(sql) {
    if (/^\s*COPY\b/i.test(sql))
        return true;
    return sql.length > LONG_DATA && PLAIN_INSERT.test(sql.slice(0, 16 * 1024));
}
function holdsLiteral(tree, value) {
    let found = false;
    walk([tree], (kind, node) => {
        const text = kind === 'A_Const' ? node.sval?.sval : undefined;
        found ||= text === value;
        return !found;
    });
    return found;
}
function madeBy(action, run) {
    switch (action.kind) {
        case 'create-table':
            return `relation ${run.key(action.name)}`;
        case 'create-relation':
        case 'create-object':
            return `${kindOf(action.what)} ${run.key(action.name)}`;
        case 'rename':
            return `${kindOf(action.what)} ${run.key({ schema: action.from.schema, name: action.to })}`;
        default:
            return null;
    }
}
/** Fails where it has been run already, and PostgreSQL has a form that would not. */
function failsTwice(action) {
    switch (action.kind) {
        case 'create-table':
        case 'create-index':
        case 'add-column':
        case 'enum-add':
            return !action.ifNotExists;
        case 'create-relation':
            return !action.ifNotExists && !action.replace;
        case 'create-object':
            return ((action.what === 'schema' || action.what === 'extension' || action.what === 'function') &&
                !action.ifNotExists &&
                !action.replace);
        case 'drop':
            return !action.ifExists;
        default:
            return false;
    }
}
function foreignKeysOf(action) {
    if (action.kind === 'add-column')
        return action.new.references === null ? [] : [{ relation: action.relation, columns: [action.new.column] }];
    if (action.kind === 'add-constraint')
        return action.constraint.references === null
            ? []
            : [{ relation: action.relation, columns: action.constraint.columns }];
    if (action.kind !== 'create-table')
        return [];
    return [
        ...action.columns.filter(({ references }) => references !== null).map(({ column }) => [column]),
        ...action.constraints.filter(({ references }) => references !== null).map(({ columns }) => columns),
    ].map((columns) => ({ relation: action.name, columns }));
}


/***/ })

};
