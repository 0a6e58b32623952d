export const id = 187;
export const ids = [187];
export const modules = {

/***/ 2187:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  sqlEngine: () => (/* binding */ sqlEngine)
});

// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
;// CONCATENATED MODULE: ./src/plan/order.ts
/** The order of migrations: by version as a number of any length, then by name. */
function compareVersions(a, b) {
    return compareKeys(a.key, b.key) || compareText(a.name, b.name);
}
/** Keys are digits without leading zeros; a record of another tool's making may hold any text, which sorts last. */
function compareKeys(a, b) {
    const aIsNumber = isDigits(a);
    const bIsNumber = isDigits(b);
    if (aIsNumber && bIsNumber)
        return a.length - b.length || compareText(a, b);
    if (aIsNumber !== bIsNumber)
        return aIsNumber ? -1 : 1;
    return compareText(a, b);
}
/** Asked for every comparison of thousands of versions. */
function isDigits(text) {
    for (let at = 0; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        if (code < 48 || code > 57)
            return false;
    }
    return text !== '';
}
function compareText(a, b) {
    if (a === b)
        return 0;
    return a < b ? -1 : 1;
}

// EXTERNAL MODULE: ./src/plan/records.ts
var plan_records = __webpack_require__(6029);
;// CONCATENATED MODULE: ./src/plan/decide.ts
/** A pure function of the files and the records: what is pending, in order, and everything that speaks against it. */



const keyOf = (version) => version.replace(/^0+(?=\d)/, '');
function decide(input) {
    const files = [...input.files].sort(compareVersions);
    const { records, problems: senseless } = (0,plan_records/* soundRecords */.qZ)(input.records, keyOf);
    const completed = new Map(records.filter((r) => r.status === 'completed').map((r) => [keyOf(r.version), r]));
    const unfinished = new Map(records.filter((r) => r.status !== 'completed').map((r) => [keyOf(r.version), r]));
    const currentKey = highest(completed.keys());
    const applied = files.filter((file) => completed.has(file.key));
    const targetKey = input.targetVersion === null ? null : keyOf(input.targetVersion);
    const pending = files.filter((file) => !completed.has(file.key) && (targetKey === null || compareKeys(file.key, targetKey) <= 0));
    const problems = [
        ...senseless,
        ...duplicates(files),
        ...edited(applied, completed, input.rawChecksum),
        ...missing(files, completed),
        ...unknownTarget(files, completed, input.targetVersion, targetKey),
    ];
    if (!input.allowOutOfOrder && currentKey !== null)
        problems.push(...outOfOrder(pending, currentKey, completed));
    const resumed = new Map();
    for (const file of pending) {
        const row = unfinished.get(file.key);
        // Without progress the row is of a transactional migration: it left nothing behind and never blocks.
        if (row?.progress)
            resumed.set(file.key, row);
    }
    for (const [key, row] of unfinished) {
        if (row.progress && !files.some((file) => file.key === key)) {
            problems.push({
                kind: 'missing',
                version: row.version,
                file: null,
                message: `migration ${(0,plan_records/* shown */.SP)(row.version)} (${(0,report_text/* brief */.dh)(row.name, 200)}) was interrupted half way and its file is gone`,
                next: 'Bring the file back as it was, then run again.',
            });
        }
    }
    return {
        pending,
        applied,
        resumed,
        currentVersion: currentKey === null ? null : (completed.get(currentKey)?.version ?? null),
        problems,
        gaps: gapsBetween(files),
    };
}
/** `versions`: of the pending ones those whose last event in the history says that they are applied. */
function appliedByHistory(pending, versions, schema) {
    const applied = new Set(versions.map(keyOf));
    return pending
        .filter((file) => applied.has(file.key))
        .map((file) => ({
        kind: 'record',
        version: file.version,
        file: file.file,
        message: `${file.file} was applied, as ${schema}.migration_history tells, and ${schema}.schema_migrations no longer says so`,
        next: `Find out whether it is, then run mode: repair with settle: ${file.version}=applied, or ${file.version}=pending if it was undone by hand, and settle-reason.`,
    }));
}
function highest(keys) {
    let highest = null;
    for (const key of keys)
        if (highest === null || compareKeys(key, highest) > 0)
            highest = key;
    return highest;
}
function duplicates(files) {
    const problems = [];
    for (const [index, file] of files.entries()) {
        const before = files[index - 1];
        if (before?.key !== file.key)
            continue;
        problems.push({
            kind: 'duplicate',
            version: file.version,
            file: file.file,
            message: `${before.file} and ${file.file} have the same version ${file.key}`,
            next: `Give ${file.file} a version of its own (a higher number than every other file), then run again.`,
        });
    }
    return problems;
}
function edited(applied, completed, rawChecksum) {
    return applied
        .filter((file) => {
        const recorded = completed.get(file.key)?.checksum.trim().toLowerCase();
        return recorded !== file.checksum && recorded !== rawChecksum(file);
    })
        .map((file) => ({
        kind: 'edited',
        version: file.version,
        file: file.file,
        message: `${file.file} was edited after it was applied: its checksum is ${file.checksum.slice(0, 12)}…, recorded is ${start(completed.get(file.key)?.checksum ?? '')}`,
        next: `Restore ${file.file} as it was applied (git log -- ${file.file}) and put the change into a new migration.`,
    }));
}
function start(checksum) {
    return checksum === '' ? 'none' : `${checksum.slice(0, 12)}…`;
}
function missing(files, completed) {
    const keys = new Set(files.map((file) => file.key));
    return [...completed]
        .filter(([key]) => !keys.has(key))
        .sort(([a], [b]) => compareKeys(a, b))
        .map(([, row]) => ({
        kind: 'missing',
        version: row.version,
        file: null,
        message: `migration ${(0,plan_records/* shown */.SP)(row.version)} (${(0,report_text/* brief */.dh)(row.name, 200)}) is applied in the database and its file is missing`,
        next: 'Bring the file back (a branch that lacks it may be behind), then run again.',
    }));
}
function outOfOrder(pending, currentKey, completed) {
    const current = completed.get(currentKey)?.version ?? currentKey;
    return pending
        .filter((file) => compareKeys(file.key, currentKey) < 0)
        .map((file) => ({
        kind: 'out-of-order',
        version: file.version,
        file: file.file,
        message: `${file.file} comes before ${current}, which is applied already`,
        next: `Rename ${file.file} to a version after ${current}, or set allow-out-of-order: true.`,
    }));
}
function unknownTarget(files, completed, targetVersion, targetKey) {
    if (targetKey === null || completed.has(targetKey) || files.some((file) => file.key === targetKey))
        return [];
    return [
        {
            kind: 'target',
            version: targetVersion ?? targetKey,
            file: null,
            message: `target-version ${targetVersion}: there is no migration of that version`,
            next: `Set target-version to one of the files' versions${files.length > 0 ? `, the last is ${files.at(-1)?.version}` : ''}.`,
        },
    ];
}
/** The numbers that are left out, as ranges; only where versions are counted rather than timestamps. */
function gapsBetween(files) {
    const gaps = [];
    for (const [index, file] of files.entries()) {
        const before = files[index - 1];
        if (!before || before.key.length > 9 || file.key.length > 9)
            continue;
        const [from, to] = [Number(before.key) + 1, Number(file.key) - 1];
        if (from > to)
            continue;
        gaps.push(from === to ? `${from}` : `${from} to ${to}`);
    }
    return gaps;
}

// EXTERNAL MODULE: ./src/plan/digest.ts
var plan_digest = __webpack_require__(1147);
// EXTERNAL MODULE: ./src/plan/schema-diff.ts
var schema_diff = __webpack_require__(6766);
// EXTERNAL MODULE: ./src/postgres/catalog.ts + 1 modules
var catalog = __webpack_require__(505);
// EXTERNAL MODULE: ./src/postgres/lock.ts
var lock = __webpack_require__(7768);
// EXTERNAL MODULE: ./src/rehearsal/rehearse.ts
var rehearse = __webpack_require__(6962);
// EXTERNAL MODULE: ./src/report/plan-sql.ts
var plan_sql = __webpack_require__(9806);
// EXTERNAL MODULE: ./src/engines/shared/copy.ts
var shared_copy = __webpack_require__(1188);
// EXTERNAL MODULE: ./src/engines/shared/database.ts + 2 modules
var database = __webpack_require__(6784);
// EXTERNAL MODULE: ./src/engines/shared/inspect.ts
var inspect = __webpack_require__(3557);
// EXTERNAL MODULE: ./src/engines/shared/leftovers.ts
var leftovers = __webpack_require__(3601);
// EXTERNAL MODULE: ./src/engines/shared/marker.ts
var marker = __webpack_require__(9491);
// EXTERNAL MODULE: ./src/engines/shared/plan-text.ts
var plan_text = __webpack_require__(7848);
// EXTERNAL MODULE: ./src/engines/shared/refusals.ts
var refusals = __webpack_require__(6844);
// EXTERNAL MODULE: ./src/engines/shared/tracking.ts + 1 modules
var shared_tracking = __webpack_require__(2597);
// EXTERNAL MODULE: ./src/engines/shared/verify.ts
var verify = __webpack_require__(4980);
// EXTERNAL MODULE: ./src/postgres/failure.ts
var postgres_failure = __webpack_require__(8829);
// EXTERNAL MODULE: ./src/postgres/settings.ts
var settings = __webpack_require__(1482);
// EXTERNAL MODULE: ./src/rehearsal/guard.ts
var guard = __webpack_require__(8502);
// EXTERNAL MODULE: ./src/sql/locate.ts
var locate = __webpack_require__(9844);
// EXTERNAL MODULE: ./src/engines/shared/workbench.ts
var workbench = __webpack_require__(3240);
// EXTERNAL MODULE: ./src/engines/sql/files.ts
var sql_files = __webpack_require__(8363);
// EXTERNAL MODULE: ./src/engines/sql/script-file.ts + 2 modules
var script_file = __webpack_require__(2253);
// EXTERNAL MODULE: ./src/postgres/session.ts + 1 modules
var postgres_session = __webpack_require__(7076);
// EXTERNAL MODULE: ./src/report/stop.ts
var stop = __webpack_require__(9836);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: ./src/report/redact.ts
var report_redact = __webpack_require__(649);
// EXTERNAL MODULE: ./src/sql/classify.ts + 2 modules
var classify = __webpack_require__(9281);
;// CONCATENATED MODULE: ./src/engines/sql/progress.ts
/** How far a non-transactional migration has come, and the hash by which an edit of the part that is done shows. */





/** Said for the whole session: still wanted when a file goes on after its done part. */
const SETS = /^(?:set(?!\s+(?:local|transaction|constraints)\b)|reset|select\s+(?:pg_catalog\.)?set_config\s*\()/i;
function setsSession({ sql }) {
    return SETS.test(sql);
}
/** What a statement that was started and not finished may have left. It may have been edited since: what was started is what is noted. */
function begunBy(progress, statement, leftover) {
    const { startedSql } = progress;
    if (startedSql === null || startedSql === shown(statement))
        return { edited: false, leftover };
    return { edited: true, leftover: (0,classify/* classify */.L8)(startedSql).nonTransactional?.leftover ?? null };
}
function shown({ sql }) {
    return (0,report_redact/* redactor */.$p)([])((0,report_text/* cut */.Jj)(sql, 1_000));
}
class ProgressKeeper {
    file;
    resumed;
    hash = (0,external_node_crypto_.createHash)('sha256');
    before = { done: 0, prefix: this.prefix() };
    now = this.before;
    constructor(file, resumed) {
        this.file = file;
        this.resumed = resumed;
    }
    /** Every statement passes here in the file's order, run or skipped. Throws a Stop when the part that is done was edited. */
    pass(index, statement) {
        this.hash.update(statement.sql).update('\0');
        this.before = this.now;
        this.now = { done: index, prefix: this.prefix() };
        if (this.resumed?.done === index && this.now.prefix !== this.resumed.prefix)
            throw this.edited(statement.line);
    }
    /** After the last statement: a file that has become shorter than its done part was edited too. */
    end() {
        if (this.resumed && this.now.done < this.resumed.done)
            throw this.edited(null);
    }
    /** The last statement that passed is begun and not finished. */
    started(statement) {
        return { ...this.before, started: this.now.done, startedSql: shown(statement) };
    }
    /** It was refused before it did anything: as if it had not been begun. */
    notStarted() {
        return { ...this.before, started: null, startedSql: null };
    }
    /** Everything that has passed is done. */
    done() {
        return { ...this.now, started: null, startedSql: null };
    }
    prefix() {
        return this.hash.copy().digest('hex');
    }
    edited(line) {
        const done = this.resumed?.done ?? 0;
        return new stop/* Stop */.V({
            result: 'refused',
            class: 'checksum',
            message: `${this.file.file}: ${done === 1 ? 'its first statement is' : `its first ${done} statements are`} applied already and edited since`,
            next: `Restore ${done === 1 ? 'statement 1 as it was' : `statements 1 to ${done} as they were`} (git log -- ${this.file.file}); the rest may be edited.`,
            file: this.file.file,
            line,
        });
    }
}

;// CONCATENATED MODULE: ./src/engines/sql/application/records.ts
/** How a migration ended, as our own rows tell it. */






/** `heard` is told how long the transaction had taken until then, in milliseconds. */
function recordDone(sender, stamp, { version, name, checksum }, executionTimeMs, heard = () => undefined) {
    const done = { version, name, checksum, status: 'completed', progress: null, errorMessage: null };
    const id = (0,external_node_crypto_.randomUUID)();
    sender.add((0,shared_tracking/* recordItem */.Nd)(stamp, { ...done, executionTimeMs }), { heard: (ms) => heard(Number(ms ?? 0)) });
    sender.add((0,shared_tracking/* historyItem */.qm)(stamp, { id, version, status: 'success', errorMessage: null, executionTimeMs }), null);
    sender.add(...provePair(stamp, done, id));
}
/** How far a migration has come, in the transaction that is open: written, and proved to be there. */
function progressPairs(stamp, row) {
    return [[(0,shared_tracking/* recordItem */.Nd)(stamp, row), null], provePair(stamp, row, null)];
}
function provePair(stamp, row, historyId) {
    const meaning = (error) => (0,postgres_failure/* readServerError */.i)(error).code === shared_tracking/* NOT_AS_WRITTEN */.pB ? (0,refusals/* notAsWritten */.HX)(stamp.schema, error) : error;
    return [(0,shared_tracking/* proveItem */.eP)(stamp, row, historyId), { meaning }];
}
/** The failure's row and event, in a transaction of their own. Throws where the database cannot be told. */
async function recordFailure(bench, stamp, { version, name, checksum }, error, ms) {
    const redact = (0,report_redact/* redactor */.$p)(bench.request.secrets);
    const message = (0,report_text/* cut */.Jj)(redact(`${error.sqlstate ? `${error.sqlstate}: ` : ''}${error.message}`), 1_000);
    const session = await bench.witness();
    // The connection was lost while COMMIT was on its way, and the server finished it.
    if (session !== bench.session && (await isCompleted(session, stamp.schema, version)))
        return;
    try {
        await session.batch([
            { text: 'begin' },
            (0,shared_tracking/* failureItem */.Yk)(stamp, { version, name, checksum, errorMessage: message }),
            (0,shared_tracking/* historyItem */.qm)(stamp, { version, status: 'failed', errorMessage: message, executionTimeMs: ms }),
            { text: 'commit' },
        ]);
    }
    catch (cause) {
        // The same session is asked next what state the database is in.
        if (!session.lost)
            await session.query('rollback');
        throw cause;
    }
}
async function isCompleted(session, schema, version) {
    const records = await (0,shared_tracking/* readRecords */.T3)(session, schema, false);
    return records.some((row) => row.version === version && row.status === 'completed');
}

;// CONCATENATED MODULE: ./src/engines/sql/application/sender.ts

const BATCH_ITEMS = 400;
const BATCH_CHARACTERS = 512 * 1024;
/** A migration that failed for good, with the statement at fault where one is. */
class MigrationFailed extends Error {
    statement;
    /** The statement's; null where none is at fault. */
    migration;
    error;
    constructor(origin, error) {
        super('a migration failed', { cause: error });
        const { statement = null, migration = null } = origin && 'statement' in origin ? origin : {};
        this.statement = statement;
        this.migration = migration;
        this.error = error;
    }
}
/** Collects items and sends them in batches, one ahead: the next is read from the file while the server works. */
class Sender {
    session;
    items = [];
    origins = [];
    characters = 0;
    inFlight = Promise.resolve();
    constructor(session) {
        this.session = session;
    }
    add(item, origin) {
        this.items.push(item);
        this.origins.push(origin);
        this.characters += item.text.length;
    }
    get isFull() {
        return this.items.length >= BATCH_ITEMS || this.characters >= BATCH_CHARACTERS;
    }
    /** Waits for the batch before, then sends this one without waiting for it. */
    async flush() {
        await this.inFlight;
        const [items, origins] = [this.items, this.origins];
        this.items = [];
        this.origins = [];
        this.characters = 0;
        if (items.length === 0)
            return;
        const hear = (index, result) => {
            const origin = origins[index];
            if (origin && 'heard' in origin)
                origin.heard(result.rows[0]?.[0] ?? null);
        };
        this.inFlight = this.session.batch(items, hear).then(() => undefined, (error) => {
            if (!(error instanceof postgres_session/* BatchError */.PW))
                throw error;
            const origin = origins[error.completed.length] ?? null;
            throw new MigrationFailed(origin, origin && 'meaning' in origin ? origin.meaning(error.cause) : error.cause);
        });
        // Thrown where it is awaited; until then it must not count as unhandled.
        this.inFlight.catch(() => undefined);
    }
    async drained() {
        await this.inFlight;
    }
}

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
// EXTERNAL MODULE: ./src/rehearsal/endings.ts
var endings = __webpack_require__(267);
;// CONCATENATED MODULE: ./src/engines/sql/application/transactions.ts
/** Transactions at the session that applies: rolled back, tried again, and the session cleared between two files. */











class Transactions {
    /** A file has prepared statements of its own, which are not to reach the next. */
    prepares = false;
    bench;
    reset;
    /** The same after a COMMIT that role and settings were reset before. */
    clear;
    constructor(bench) {
        this.bench = bench;
        this.reset = (0,settings/* resetItems */.A7)(bench.armed);
        this.clear = (0,settings/* clearItems */.gw)(bench.armed);
    }
    /**
     * Runs a transaction, again and whole when it lost to somebody else's lock. Rolled back when it throws. `afterwards`: what
     * brings the session back to where it was before the transaction, if that is not where every file begins; `attempt`:
     * which one this is.
     */
    async retrying(migration, transaction, { attempt: first = 1, afterwards } = {}) {
        const { request, signal } = this.bench;
        for (let attempt = first;; attempt += 1) {
            try {
                return await transaction();
            }
            catch (error) {
                if (!lostToALock(error) || attempt > request.lockRetries || signal.aborted) {
                    await this.rollBack();
                    throw error;
                }
                await this.again(migration, error, attempt, afterwards);
                if (signal.aborted)
                    throw stopped();
            }
        }
    }
    /** Rolls back, and waits a moment before the next attempt. */
    async again(migration, error, attempt, afterwards) {
        const { request, log, signal } = this.bench;
        await this.rollBack(afterwards);
        const { message, code } = (0,postgres_failure/* readServerError */.i)(error instanceof MigrationFailed ? error.error : error);
        const pause = (0,rehearse/* backoff */.J)(attempt);
        log.line(`${migration?.file}: ${message} (${code}); rolled back, trying again in ${(0,report_text/* duration */.p0)(pause)} (${attempt} of ${request.lockRetries})`);
        await (0,promises_.setTimeout)(pause, undefined, { signal }).catch(() => undefined);
    }
    /** A file may have given up the advisory lock: no other goes on without it. */
    async keepLock(file) {
        const { session, tracking, request } = this.bench;
        const holder = await (0,lock/* keepLock */.PU)(session, (0,lock/* lockKey */.TL)(tracking.schema));
        if (holder)
            throw (0,refusals/* lockTaken */.zb)(file, holder, request.run);
    }
    /** Between two files. */
    resetting() {
        return this.withoutPrepared(this.reset);
    }
    /** Between two files, after a COMMIT that role and settings were reset before. */
    clearing() {
        return this.withoutPrepared(this.clear);
    }
    withoutPrepared(items) {
        const all = this.prepares ? [...items, postgres_session/* DEALLOCATE_ALL */.de] : items;
        this.prepares = false;
        return all;
    }
    async rollBack(afterwards = this.resetting()) {
        const { session, log } = this.bench;
        if (session.lost)
            return;
        await session.batch([{ text: 'rollback' }, ...afterwards]).catch((error) => {
            log.detail(`rollback: ${error.message}`);
        });
    }
}
/** A statement of a migration's lost to somebody else's lock. */
function lostToALock(error) {
    return error instanceof MigrationFailed && (0,endings/* isContention */.IB)((0,postgres_failure/* readServerError */.i)(error.error));
}
function limitsOf({ request }, { script }) {
    const { lockTimeoutMs, statementTimeoutMs } = script.directives;
    return {
        lockTimeoutMs: lockTimeoutMs ?? request.lockTimeoutMs,
        statementTimeoutMs: statementTimeoutMs ?? request.statementTimeoutMs,
    };
}
function stopped() {
    return (0,stop/* cancelled */.K)('while applying', 'Run it again: it goes on with what is still pending.');
}

;// CONCATENATED MODULE: ./src/engines/sql/application/one-by-one.ts













/** Duplicate table (an index is one), database, object (a tablespace). */
const IS_THERE = new Set(['42P07', '42P04', '42710']);
const LIMITS_LOCKS = /^set\s+(?:session\s+)?lock_timeout\b/i;
/** Whatever the file has set as the default of its session: the progress is written in it. */
const BEGIN = { text: 'begin read write' };
/** For our own rows, whatever role and path the file has set; until the end of the transaction. */
const OUR_ROLE = [
    { text: 'set local session authorization default' },
    { text: 'set local role to default' },
];
const OUR_PATH = { text: 'set local search_path to default' };
/** What waits for COMMIT is done before, and what our rows set off is done at once: nothing changes them once they are proved. */
const AS_OURSELVES = [...OUR_ROLE, guard/* FIRE_CONSTRAINTS */.EU, OUR_PATH];
class OneByOne {
    input;
    transactions;
    /** The file at hand says for itself how long to wait for locks. */
    limitsLocks = false;
    constructor(input, transactions) {
        this.input = input;
        this.transactions = transactions;
    }
    get session() {
        return this.input.bench.session;
    }
    async run(migration) {
        // Its statements commit as they go: that the file is the planned one must be known before the first of them.
        if (hashOf(migration) !== migration.checksum)
            throw (0,refusals/* changedOnDisk */.DI)(migration);
        this.limitsLocks = false;
        const resumed = this.input.plan.resumed.get(migration.key)?.progress ?? null;
        if (resumed && resumed.done > 0)
            this.input.bench.log.line(`${migration.file}: going on after statement ${resumed.done}`);
        const progress = new ProgressKeeper(migration, resumed);
        const started = Date.now();
        await this.session.batch(this.sessionTimeouts(migration));
        let block = null;
        let gaveUp = false;
        for (const event of (0,script_file/* scriptOf */.Fl)(migration)) {
            if (event.kind === 'begin-unit') {
                block = event.begin === null ? null : [[{ text: event.begin }, null]];
            }
            else if (event.kind === 'end-unit') {
                const untouched = block?.every(([, origin]) => origin === null) ?? true;
                if (block && !untouched)
                    await this.unit(migration, block, progress, event.end);
                block = null;
            }
            else {
                if (this.input.bench.signal.aborted)
                    throw stopped();
                progress.pass(event.index, event.statement);
                gaveUp ||= lock/* GIVES_UP_LOCKS */.ol.test(event.statement.sql);
                if (event.facts.command === 'PREPARE')
                    this.transactions.prepares = true;
                if (LIMITS_LOCKS.test(event.statement.sql))
                    this.limitsLocks = true;
                if (event.index <= (resumed?.done ?? 0)) {
                    // What the done part has set for its session, the rest counts on.
                    if (setsSession(event.statement))
                        await this.send({ statement: event.statement, migration }, event.statement.sql);
                }
                else if (block)
                    block.push([{ text: event.statement.sql }, { statement: event.statement, migration }]);
                else if (this.runsAlone(migration, event))
                    await this.alone(migration, progress, event, resumed);
                else
                    await this.unit(migration, [
                        [BEGIN, null],
                        [{ text: event.statement.sql }, { statement: event.statement, migration }],
                    ], progress, 'commit');
            }
            if (gaveUp && block === null) {
                gaveUp = false;
                await this.transactions.keepLock(migration.file);
            }
        }
        progress.end();
        await this.finish(migration, Date.now() - started);
    }
    runsAlone(migration, { index, facts }) {
        return facts.nonTransactional !== null || (this.input.nonTransactional.get(migration.key)?.has(index) ?? false);
    }
    /** Statements that commit together, and their progress with them. `pairs` opens with the BEGIN. */
    async unit(migration, pairs, progress, end) {
        await this.transactions.retrying(migration, async () => {
            const sender = new Sender(this.session);
            const [begin, ...statements] = pairs;
            if (begin)
                sender.add(...begin);
            for (const pair of statements) {
                sender.add(...pair);
                if (sender.isFull)
                    await sender.flush();
            }
            if (end === 'rollback')
                for (const item of [{ text: 'rollback' }, BEGIN])
                    sender.add(item, null);
            for (const item of AS_OURSELVES)
                sender.add(item, null);
            for (const pair of this.progressPairs(migration, progress.done()))
                sender.add(...pair);
            sender.add({ text: 'commit' }, null);
            await sender.flush();
            await sender.drained();
        }, { afterwards: [] });
    }
    /** A statement that no transaction may hold: *started* is written before it, *done* after it. */
    async alone(migration, progress, { index, statement, facts }, resumed) {
        const leftover = facts.nonTransactional?.leftover ?? null;
        // A lock timeout would also cut CONCURRENTLY's own waits for older snapshots, and leave an invalid index behind.
        const concurrently = /\bconcurrently\b/i.test(facts.nonTransactional?.what ?? '');
        const unlimited = concurrently && migration.script.directives.lockTimeoutMs === null && !this.limitsLocks;
        if (unlimited)
            await this.session.batch([{ text: 'set lock_timeout = 0' }]);
        if (resumed?.started === index) {
            if (await this.wasFinished(migration, statement, begunBy(resumed, statement, leftover), index)) {
                if (unlimited)
                    await this.session.batch(this.sessionTimeouts(migration).slice(0, 1));
                return this.note(migration, progress.done());
            }
        }
        else {
            await this.refuseInvalidIndex({ statement, migration }, leftover);
        }
        await this.note(migration, progress.started(statement));
        try {
            await this.send({ statement, migration }, statement.sql);
        }
        catch (error) {
            // What is there already is not what it made: the next run must not take it for that.
            if (error instanceof MigrationFailed && IS_THERE.has((0,postgres_failure/* readServerError */.i)(error.error).code ?? ''))
                await this.note(migration, progress.notStarted());
            throw error;
        }
        if (unlimited)
            await this.session.batch(this.sessionTimeouts(migration).slice(0, 1));
        // IF NOT EXISTS over an index whose build failed succeeds and changes nothing.
        await this.refuseInvalidIndex({ statement, migration }, leftover);
        await this.note(migration, progress.done());
    }
    /** What an interrupted run has left of this statement is told and cleaned up. True: there is nothing more to do. */
    async wasFinished(migration, statement, begun, index) {
        const { log } = this.input.bench;
        const { runUrl = null } = this.input.plan.resumed.get(migration.key) ?? {};
        const by = runUrl === null ? 'the run that was interrupted' : `the run that was interrupted (${runUrl})`;
        const look = async () => {
            const judgement = await (0,leftovers/* judge */.S4)(this.session, begun.leftover);
            if (judgement.kind === 'unknown')
                throw new MigrationFailed({ statement, migration }, unjudgeable(migration, statement, index, judgement));
            return judgement;
        };
        const judgement = await look();
        if (judgement.kind === 'again') {
            const { found, cleanup } = judgement;
            log.line(`${migration.file}: statement ${index} was begun by ${by}: ${found ?? 'it was not finished'}`);
            for (const { sql } of cleanup) {
                log.line(`${migration.file}: cleaning up after ${by}: ${sql}`);
                await this.send({ statement, migration }, sql);
            }
            // FINALIZE leaves nothing to do.
            if (cleanup.length === 0 || (await look()).kind === 'again')
                return false;
        }
        if (begun.edited)
            throw new MigrationFailed({ statement, migration }, editedSince(migration, statement, index));
        const found = judgement.kind === 'done' && judgement.found ? `: ${judgement.found}` : '';
        log.line(`${migration.file}: statement ${index} was finished by ${by}${found}`);
        return true;
    }
    /** One statement in a message of its own: beside another the server would take it for part of a transaction. */
    async send(origin, sql) {
        try {
            await this.session.batch([{ text: sql }]);
        }
        catch (error) {
            throw new MigrationFailed(origin, error instanceof postgres_session/* BatchError */.PW ? error.cause : error);
        }
    }
    async refuseInvalidIndex(origin, leftover) {
        if (leftover?.kind !== 'create-index' || leftover.index === null)
            return;
        const state = await (0,leftovers/* indexState */.I7)(this.session, leftover.index, leftover.table);
        if (state.exists && !state.valid)
            throw new MigrationFailed(origin, (0,leftovers/* indexInTheWay */.w0)(state, placeOf(origin.migration, origin.statement)));
    }
    async note(migration, progress) {
        const sender = new Sender(this.session);
        for (const item of [BEGIN, ...AS_OURSELVES])
            sender.add(item, null);
        for (const pair of this.progressPairs(migration, progress))
            sender.add(...pair);
        sender.add({ text: 'commit' }, null);
        await sender.flush();
        await sender.drained();
    }
    progressPairs({ version, name, checksum }, progress) {
        return progressPairs(this.input.stamp, {
            version,
            name,
            checksum,
            status: 'running',
            progress,
            errorMessage: null,
            executionTimeMs: 0,
        });
    }
    async finish(migration, ms) {
        const sender = new Sender(this.session);
        for (const item of [BEGIN, ...AS_OURSELVES])
            sender.add(item, null);
        recordDone(sender, this.input.stamp, migration, ms);
        sender.add({ text: 'commit' }, null);
        for (const item of this.transactions.resetting())
            sender.add(item, null);
        await sender.flush();
        await sender.drained();
    }
    /** For a file of many transactions: until it sets others, or ends. */
    sessionTimeouts(migration) {
        const { lockTimeoutMs, statementTimeoutMs } = limitsOf(this.input.bench, migration);
        return [{ text: `set lock_timeout = ${lockTimeoutMs}` }, { text: `set statement_timeout = ${statementTimeoutMs}` }];
    }
}
function hashOf(migration) {
    const hash = new sql_files/* TextHash */.Qc();
    for (const _event of (0,script_file/* scriptOf */.Fl)(migration, hash))
        ;
    return hash.digest();
}
function placeOf(migration, { line, column }) {
    return { file: migration.file, line, column, sourceLine: (0,sql_files/* sourceLine */._J)(migration, line) };
}
function editedSince(migration, statement, index) {
    return new stop/* Stop */.V({
        result: 'refused',
        class: 'checksum',
        message: `${migration.file}: statement ${index} was finished by the run that was interrupted, and was edited since`,
        next: `Restore statement ${index} as it was (git log -- ${migration.file}) and put the change after it.`,
        ...placeOf(migration, statement),
    });
}
function unjudgeable(migration, statement, index, { found, next }) {
    return new stop/* Stop */.V({
        result: 'failed',
        class: next ? 'lock-timeout' : 'tool',
        message: `statement ${index} of ${migration.file} was interrupted, and ${found ?? 'the catalog does not tell whether it was done'}`,
        next: next ??
            `Find out by hand, and undo what it did if it is not done; then run mode: repair with settle: ${migration.version}=done or ${migration.version}=again, and settle-reason.`,
        ...placeOf(migration, statement),
    });
}

;// CONCATENATED MODULE: ./src/engines/sql/application/apply.ts















/** Files up to this size are held whole, and travel with others. */
const SMALL_BYTES = 64 * 1024;
const LONGEST_TRAIN = 100;
async function apply(input) {
    return new Application(input).run();
}
class Application {
    bench;
    cancellation;
    plan;
    stamp;
    nonTransactional;
    transactions;
    oneByOne;
    applied = [];
    /** Groups whose COMMIT the server has answered. */
    committed = 0;
    /** It lost to somebody else's lock once, and is tried again by itself. */
    travelsAlone = null;
    /** The pending migration that makes the tracking table; null: none does, or it is there. */
    creator;
    constructor(input) {
        const { bench, plan, stamp, nonTransactional } = input;
        this.bench = bench;
        this.cancellation = (0,workbench/* cancellationOf */.z)(bench);
        this.plan = plan;
        this.stamp = stamp;
        this.nonTransactional = nonTransactional;
        this.transactions = new Transactions(bench);
        this.oneByOne = new OneByOne(input, this.transactions);
        this.creator = bench.tracking.exists ? null : (plan.pending.find(shared_tracking/* makesTracking */.tE) ?? null);
    }
    get session() {
        return this.bench.session;
    }
    async run() {
        const { bench } = this;
        const onAbort = () => this.cancellation.begin();
        bench.signal.addEventListener('abort', onAbort);
        try {
            if (bench.signal.aborted)
                throw stopped();
            await this.ensureTracking();
            const groups = this.groups();
            for (let next = 0; next < groups.length;) {
                if (bench.signal.aborted)
                    throw stopped();
                const train = this.trainOf(groups.slice(next, next + LONGEST_TRAIN));
                const before = this.committed;
                const failed = train.length > 1 ? await this.sendTrain(train) : await this.group(groups[next] ?? []);
                if (failed)
                    return { applied: this.applied, failed };
                next += this.committed - before;
                const last = groups[next - 1]?.at(-1);
                if (last && next < groups.length)
                    await this.transactions.keepLock(last.file);
            }
            return { applied: this.applied, failed: null };
        }
        finally {
            bench.signal.removeEventListener('abort', onAbort);
            await this.cancellation.end();
        }
    }
    /** Our tables, complete; unless a pending file is going to make them. */
    async ensureTracking() {
        const { tracking } = this.bench;
        if (tracking.complete || this.creator !== null)
            return;
        await this.session.batch([
            { text: 'begin' },
            ...(0,settings/* localTimeouts */.yG)(this.bench.request),
            ...(0,shared_tracking/* createTrackingItems */.Oi)(tracking.schema),
            { text: 'commit' },
        ]);
    }
    /**
     * What commits together: each migration by itself, unless all are asked to; and where a pending file makes the
     * tracking table, everything up to it, as there is nowhere to record the ones before.
     */
    groups() {
        const { pending } = this.plan;
        if (this.bench.request.transactionMode === 'all')
            return [[...pending]];
        const creator = this.creator === null ? 0 : pending.indexOf(this.creator) + 1;
        const first = pending.slice(0, creator);
        const rest = pending.slice(creator).map((migration) => [migration]);
        return first.length > 0 ? [first, ...rest] : rest;
    }
    // -- many in one trip ---------------------------------------------------------------------------------------
    /**
     * Migrations that may travel together: small ones, a transaction each. The server works through their transactions
     * without waiting for us in between, and after an error it skips the rest: what is committed is exactly what it said.
     */
    trainOf(groups) {
        const train = [];
        for (const group of groups) {
            const [only] = group;
            if (!only || group.length > 1 || !this.isTransactional(only) || only.bytes > SMALL_BYTES)
                break;
            if (only === this.travelsAlone || !beginsPlainly(only))
                break;
            train.push(only);
            if (only.script.texts.some(({ sql }) => lock/* GIVES_UP_LOCKS */.ol.test(sql)))
                break;
        }
        return train;
    }
    async sendTrain(train) {
        const before = this.committed;
        const started = Date.now();
        const sender = new Sender(this.session);
        let thrown = null;
        try {
            for (const migration of train)
                await this.load(sender, [migration], () => undefined);
        }
        catch (error) {
            thrown = error;
        }
        try {
            // A file that changed on the disk stops here; the ones before it are on their way.
            if (!(thrown instanceof MigrationFailed))
                await sender.flush();
            await sender.drained();
        }
        catch (error) {
            thrown = error;
        }
        if (thrown === null)
            return null;
        const failed = train[this.committed - before];
        // All of them are committed: it was the session that was lost.
        if (!failed)
            throw thrown instanceof MigrationFailed ? thrown.error : thrown;
        if (!lostToALock(thrown) || this.bench.request.lockRetries === 0 || this.bench.signal.aborted)
            return this.fail(failed, thrown, Date.now() - started);
        await this.transactions.again(failed, thrown, 1);
        this.travelsAlone = failed;
        return null;
    }
    async group(group) {
        const [only] = group;
        const started = Date.now();
        let at = only;
        try {
            if (group.length === 1 && only && !this.isTransactional(only)) {
                await this.oneByOne.run(only);
                this.done(only, Date.now() - started);
                this.committed += 1;
            }
            else {
                const transaction = async () => {
                    const sender = new Sender(this.session);
                    await this.load(sender, group, (migration) => {
                        at = migration;
                    });
                    await sender.flush();
                    await sender.drained();
                };
                const attempt = only && only === this.travelsAlone ? 2 : 1;
                await this.transactions.retrying(only, transaction, { attempt });
            }
            return null;
        }
        catch (error) {
            // Statements wait for their batch: the one that failed may be of a file before the one that is being read.
            const failed = (error instanceof MigrationFailed ? error.migration : null) ?? at;
            if (!failed)
                throw error;
            return this.fail(failed, error, Date.now() - started);
        }
    }
    isTransactional(migration) {
        // A file whose first part is done goes on statement by statement, even if its rest has become transactional.
        const begun = (this.plan.resumed.get(migration.key)?.progress?.done ?? 0) > 0;
        return migration.script.transactional && !begun && !this.nonTransactional.has(migration.key);
    }
    done(migration, ms) {
        this.applied.push({ migration, ms });
        this.bench.log.line(`applied ${migration.file} (${(0,report_text/* duration */.p0)(ms)})`);
    }
    // -- in a transaction ---------------------------------------------------------------------------------------
    /** One transaction: the files, their records, COMMIT, and the session as it was. Throws before COMMIT is said. */
    async load(sender, group, at) {
        const { creator } = this;
        const times = new Map();
        const unrecorded = [];
        let recordable = creator === null || !group.includes(creator);
        let begin = group.length === 1 ? (group[0]?.script.wrapper ?? 'begin') : 'begin';
        for (const migration of group) {
            at(migration);
            await this.loadFile(sender, migration, begin);
            begin = null;
            // The file's role and settings must not reach our own rows, nor the next file.
            for (const item of settings/* RESET_ROLE */.Nk)
                sender.add(item, null);
            if (migration === group.at(-1))
                sender.add(guard/* FIRE_CONSTRAINTS */.EU, null);
            sender.add(settings/* RESET_ALL */.O6, null);
            unrecorded.push(migration);
            if (migration === creator) {
                for (const item of (0,shared_tracking/* createTrackingItems */.Oi)(this.stamp.schema))
                    sender.add(item, null);
                recordable = true;
            }
            if (!recordable)
                continue;
            for (const one of unrecorded.splice(0)) {
                recordDone(sender, this.stamp, one, group.length === 1 ? null : 0, (ms) => times.set(one, ms));
            }
        }
        // Told at once: who watches a long run sees it go on.
        sender.add({ text: 'commit', flush: true }, { heard: () => this.hasCommitted(group, times) });
        for (const item of this.transactions.clearing())
            sender.add(item, null);
    }
    hasCommitted(group, times) {
        this.committed += 1;
        for (const migration of group)
            this.done(migration, times.get(migration) ?? 0);
    }
    /**
     * A file's statements, and the proof, before anything can commit, that they are the ones that were planned. Of a
     * small file nothing is added unless it is. `begin` goes first, where it opens the transaction.
     */
    async loadFile(sender, migration, begin) {
        const hash = new sql_files/* TextHash */.Qc();
        const statements = statementsOf((0,script_file/* scriptOf */.Fl)(migration, hash));
        const small = migration.bytes <= SMALL_BYTES ? [...statements] : null;
        if (small && hash.digest() !== migration.checksum)
            throw (0,refusals/* changedOnDisk */.DI)(migration);
        if (begin !== null)
            sender.add({ text: begin }, null);
        for (const item of (0,settings/* localTimeouts */.yG)(limitsOf(this.bench, migration)))
            sender.add(item, null);
        for (const { statement, facts } of small ?? statements) {
            if (facts.command === 'PREPARE')
                this.transactions.prepares = true;
            sender.add({ text: statement.sql }, { statement, migration });
            if (!sender.isFull)
                continue;
            if (this.bench.signal.aborted)
                throw stopped();
            await sender.flush();
        }
        if (!small && hash.digest() !== migration.checksum)
            throw (0,refusals/* changedOnDisk */.DI)(migration);
    }
    // -- failure ------------------------------------------------------------------------------------------------
    async fail(migration, thrown, ms) {
        const error = this.failure(migration, thrown);
        // Or it is the record that is cancelled.
        await this.cancellation.end();
        await this.transactions.rollBack();
        try {
            await recordFailure(this.bench, this.stamp, migration, error, ms);
        }
        catch (cause) {
            // A database that is gone is told about, and that is all.
            this.bench.log.line(`the failure could not be recorded in the database: ${cause.message}`);
            await this.transactions.rollBack();
        }
        return { migration, error };
    }
    failure(migration, thrown) {
        const failed = thrown instanceof MigrationFailed ? thrown : new MigrationFailed(null, thrown);
        if (this.bench.signal.aborted) {
            return (0,postgres_failure/* failureFrom */.J)(stopped(), null, { phase: 'apply', showData: true });
        }
        const statement = failed.statement;
        const at = statement ? (0,locate/* locate */.x)(statement, (0,postgres_failure/* readServerError */.i)(failed.error).position) : null;
        const { request } = this.bench;
        const limited = (migration.script.directives.statementTimeoutMs ?? request.statementTimeoutMs) > 0;
        const failure = (0,postgres_failure/* failureFrom */.J)(failed.error, at
            ? { file: migration.file, line: at.line, column: at.column, sourceLine: (0,sql_files/* sourceLine */._J)(migration, at.line) }
            : null, { phase: 'apply', host: request.target.host, timedOut: limited ? 'statement' : null, showData: request.showData });
        return failure.file === null ? { ...failure, file: migration.file } : failure;
    }
}
function* statementsOf(events) {
    for (const event of events)
        if (event.kind === 'statement')
            yield event;
}
/** In one trip with others a transaction begins with what reset the session before it: too late for an isolation level. */
function beginsPlainly({ script }) {
    return script.wrapper === null || /^(begin|start)(\s+(work|transaction))?$/i.test(script.wrapper);
}

// EXTERNAL MODULE: ./src/rehearsal/attempt.ts + 5 modules
var attempt = __webpack_require__(4152);
// EXTERNAL MODULE: ./src/rehearsal/report.ts
var report = __webpack_require__(5413);
// EXTERNAL MODULE: ./src/rehearsal/entry.ts
var rehearsal_entry = __webpack_require__(5639);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
;// CONCATENATED MODULE: ./src/engines/sql/rehearsal/way-back.ts
/** Whether the down files bring back what was there: which are tried, and what the catalog says when they were. */






/** The schema is read before each migration whose down file is tried, up to this many; else before the first of them alone. */
const READ_BEFORE_EACH = 10;
const DIFFERENCES_NAMED = 3;
/** The newest pending migrations that have a down file each, newest first: only they can be undone in order. */
function waysBack({ pending, downFiles }) {
    const ways = [];
    for (const migration of [...pending].reverse()) {
        const downFile = downFiles.get(migration.key);
        if (downFile === undefined)
            break;
        ways.push({ migration, downFile });
    }
    return ways;
}
/** The migrations before which the schema is read. */
function readBefore(ways) {
    const chosen = ways.length <= READ_BEFORE_EACH ? ways : ways.slice(-1);
    return new Set(chosen.map((way) => way.migration));
}
/** The down file as a migration of its own. Throws a Stop for what cannot be read. */
function planDown({ migration, downFile }, workingDirectory) {
    const path = (0,external_node_path_.join)(workingDirectory, downFile);
    const { version, name, key } = migration;
    return (0,script_file/* planMigration */.Eu)({
        version,
        name,
        key: `down:${key}`,
        file: downFile,
        path,
        bytes: (0,external_node_fs_.statSync)(path).size,
        checksum: (0,external_node_path_.basename)(downFile),
    });
}
async function readSchemaBefore(session, start, leftOut) {
    const fingerprints = await (0,catalog/* readFingerprints */.g)(session, leftOut);
    const changed = (0,schema_diff/* groupsToDefine */.rA)((0,schema_diff/* changedGroups */.lf)(start, fingerprints)).inside;
    return { fingerprints, changed, definitions: await (0,catalog/* readDefinitions */.T)(session, changed) };
}
async function readUndone(session, way, before, leftOut) {
    const { inside, outside } = (0,schema_diff/* groupsToDefine */.rA)((0,schema_diff/* changedGroups */.lf)(before.fingerprints, await (0,catalog/* readFingerprints */.g)(session, leftOut)));
    const known = new Set(before.changed);
    return {
        way,
        before,
        outside: outside.filter((key) => !known.has(key)),
        after: await (0,catalog/* readDefinitions */.T)(session, new Set([...inside, ...before.changed])),
    };
}
/** In the order in which the down files ran: a difference is told of the first that has it. After the rollback. */
async function differences(session, undone) {
    const findings = [];
    let known = new Set();
    for (const { way, before, outside, after } of undone) {
        const was = new Map([...before.definitions, ...(await (0,catalog/* readDefinitions */.T)(session, outside))]);
        const changes = (0,schema_diff/* diffDefinitions */.eM)(was, after);
        const fresh = changes.filter((change) => !known.has(way_back_keyOf(change)));
        known = new Set([...known, ...changes.map(way_back_keyOf)]);
        if (fresh.length > 0)
            findings.push(ofDifference(way, fresh));
    }
    return findings;
}
function way_back_keyOf({ change, kind, name, after }) {
    return `${change} ${kind} ${name} ${after}`;
}
function ofDifference({ migration, downFile }, changes) {
    const named = changes.slice(0, DIFFERENCES_NAMED).map(inWords);
    const more = changes.length - named.length;
    return {
        rule: 'down-differs',
        severity: 'warning',
        version: migration.version,
        file: downFile,
        line: null,
        sql: null,
        relation: null,
        message: `After it, the schema is not what it was before ${migration.file}: ${named.join('; ')}${more > 0 ? `; and ${(0,report_text/* plural */.LS)(more, 'difference')} more` : ''}.`,
        safer: null,
    };
}
function inWords({ change, kind, name, before, after }) {
    switch (change) {
        case 'added':
            return `${kind} ${name} is still there`;
        case 'removed':
            return `${kind} ${name} is missing`;
        case 'changed':
            return `${kind} ${name} was ${(0,report_text/* cut */.Jj)(before ?? '', 100)} and is ${(0,report_text/* cut */.Jj)(after ?? '', 100)}`;
    }
}

;// CONCATENATED MODULE: ./src/engines/sql/rehearsal/down-and-up.ts









/** It could not be tried to its end, for reasons that are not its own. */
class NotTried extends Error {
}
class DownAndUp {
    /** What was there before each migration and after its down file. */
    undone = [];
    input;
    talk;
    notes;
    migrations;
    ways;
    readFirst;
    before = new Map();
    constructor(input, talk, notes, migrations) {
        this.input = input;
        this.talk = talk;
        this.notes = notes;
        this.migrations = migrations;
        this.ways = input.bench.request.rehearseRollback === false ? [] : waysBack(input.plan);
        this.readFirst = readBefore(this.ways);
    }
    /** Before a migration goes up: the schema to which its down file is to lead back. */
    async remember(migration) {
        if (!this.readFirst.has(migration))
            return;
        const { before, bench, plan } = this.input;
        if (migration === plan.pending[0]) {
            this.before.set(migration, { fingerprints: before, changed: [], definitions: new Map() });
            return;
        }
        await this.talk.exchange();
        this.before.set(migration, await readSchemaBefore(bench.session, before, (0,shared_tracking/* leftOut */.ig)(bench.tracking.schema)));
    }
    /** `creator`: the pending migration that makes the tracking table itself. */
    async run(creator) {
        if (this.ways.length === 0)
            return;
        const why = this.whyNot(creator);
        this.notes.phase = 'down';
        if (why !== null)
            return this.notTried(why);
        try {
            for (const way of this.ways)
                await this.down(way);
            this.notes.phase = 'again';
            for (const { migration } of [...this.ways].reverse()) {
                await this.migration({ ...migration, key: `again:${migration.key}` });
            }
        }
        catch (error) {
            // Whether it was in the way of somebody, or out of time, is asked at the end.
            if (error instanceof endings/* Interrupted */.j$)
                throw error;
            if (error instanceof NotTried)
                return this.notTried(error.message);
            if (error instanceof endings/* StatementFailed */.l3)
                return this.failed(error);
            if (error instanceof endings/* Again */.Nj)
                return this.notTried('a statement would need a treatment of its own');
            if (error instanceof stop/* Stop */.V && error.reason.class === 'syntax')
                return this.unreadable(error);
            throw error;
        }
    }
    whyNot(creator) {
        const missed = this.notes.ofPending().find((entry) => !(0,rehearsal_entry/* wasRehearsed */.di)(entry));
        if (missed)
            return `${missed.migration.file}:${missed.line} was not executed`;
        const resumed = this.ways.find(({ migration }) => this.input.plan.resumed.has(migration.key));
        if (resumed)
            return `${resumed.migration.file} was half done already`;
        return creator ? `${creator.file} makes the tracking table itself` : null;
    }
    async down(way) {
        const { session, request, tracking } = this.input.bench;
        await this.migration(planDown(way, request.workingDirectory));
        const before = this.before.get(way.migration);
        if (before)
            this.undone.push(await readUndone(session, way, before, (0,shared_tracking/* leftOut */.ig)(tracking.schema)));
    }
    async migration(migration) {
        const { log, request } = this.input.bench;
        log.progress(`dry run, ${this.notes.phase} ${migration.file}`);
        await this.migrations.run(migration, null, request.transactionMode !== 'all');
        await this.talk.exchange();
        const missed = this.notes.of(migration).find((entry) => !(0,rehearsal_entry/* wasRehearsed */.di)(entry));
        if (missed)
            throw new NotTried(`${migration.file}:${missed.line} was not executed: ${missed.reason}`);
    }
    // -- what came of it ------------------------------------------------------------------------------------------
    notTried(why) {
        const [newest] = this.ways;
        if (!newest)
            return;
        this.notes.findings.push({
            rule: 'rollback-not-tried',
            severity: 'info',
            version: newest.migration.version,
            file: newest.downFile,
            line: null,
            sql: null,
            relation: null,
            message: `not tried: ${why}`,
            safer: null,
        });
    }
    failed({ migration, entry, place, error }) {
        const server = (0,postgres_failure/* readServerError */.i)(error);
        const message = this.input.bench.request.showData ? server.message : (0,report_redact/* hideMessage */.oP)(server.code, server.message);
        const { line } = place ? (0,locate/* locate */.x)(place, entry ? server.position : null) : { line: 1 };
        if ((0,endings/* wasCutShort */.aA)(server)) {
            this.notTried(`${migration.file}:${line}: ${message}`);
            return;
        }
        const again = this.notes.phase === 'again';
        this.notes.findings.push({
            rule: again ? 'up-again-fails' : 'down-fails',
            severity: 'warning',
            version: migration.version,
            file: migration.file,
            line,
            sql: place ? (0,report_text/* cut */.Jj)(place.sql, 200) : null,
            relation: null,
            message: again
                ? `After the way back, it does not go up a second time: ${message}`
                : `The way back fails, after everything has gone up: ${message}`,
            safer: null,
        });
    }
    unreadable({ reason, message }) {
        const way = this.ways.find(({ downFile }) => downFile === reason.file) ?? this.ways[0];
        if (!way)
            return;
        const { version } = way.migration;
        const { downFile: file } = way;
        const at = { version, file, line: reason.line ?? null, sql: null, relation: null, safer: null };
        this.notes.findings.push({
            rule: 'down-fails',
            severity: 'warning',
            ...at,
            message: `It cannot be read: ${message}`,
        });
    }
}

;// CONCATENATED MODULE: ./src/engines/sql/rehearsal/failure.ts
/** A statement that failed, where it stands in its file. */



/** `inTheWay`: how many rows it failed on, in a sentence. */
function failureReport({ migration, entry, place, error }, inTheWay, request) {
    const position = entry ? (0,postgres_failure/* readServerError */.i)(error).position : null;
    const { line, column } = place ? (0,locate/* locate */.x)(place, position) : { line: 1, column: 1 };
    const limited = (migration.script.directives.statementTimeoutMs ?? request.statementTimeoutMs) > 0;
    const failure = (0,postgres_failure/* failureFrom */.J)(error, { file: migration.file, line, column, sourceLine: (0,sql_files/* sourceLine */._J)(migration, line) }, {
        phase: 'dry-run',
        host: request.target.host,
        timedOut: limited ? 'statement' : null,
        showData: request.showData,
    });
    if (inTheWay === null)
        return failure;
    return { ...failure, hint: [inTheWay, failure.hint].filter((text) => text !== null).join(' ') };
}

// EXTERNAL MODULE: ./src/postgres/qualified.ts
var qualified = __webpack_require__(3530);
// EXTERNAL MODULE: ./src/rehearsal/bounds.ts
var bounds = __webpack_require__(9006);
// EXTERNAL MODULE: ./src/rehearsal/conversation.ts
var conversation = __webpack_require__(3268);
;// CONCATENATED MODULE: ./src/engines/sql/rehearsal/migrations.ts










/** Files up to this size are read while the server is busy. */
const migrations_SMALL_BYTES = 64 * 1024;
/** Asked at the end of each file: still our transaction? And what of the file's would end with its session. */
const END_OF_FILE = {
    name: 'mgate_end_of_file',
    keep: true,
    text: (0,qualified/* qualified */.LX)(`
  select pg_catalog.pg_current_xact_id()::text,
    (select pg_catalog.string_agg(pg_catalog.format('pg_temp.%I', c.relname), ', ')
       from pg_catalog.pg_depend d join pg_catalog.pg_class c on c.oid = d.objid
      where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.refobjid = pg_catalog.pg_my_temp_schema()
        and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and c.relkind = any ('{r,p}') and not c.relispartition and c.relname <> all ('{mgate_guard, mgate_before}')),
    (exists (select 1 from pg_catalog.pg_prepared_statements where from_sql))::text`),
};
class Migrations {
    /** The rehearsal's transaction, which no file may end. */
    xid = null;
    input;
    talk;
    notes;
    looks;
    statements;
    records;
    /** The next file, read while the server was at the end of this one. */
    ahead = null;
    constructor(input, talk, notes, looks, statements, records) {
        this.input = input;
        this.talk = talk;
        this.notes = notes;
        this.looks = looks;
        this.statements = statements;
        this.records = records;
    }
    /** `commits`: the transaction that apply would run it in ends with it. */
    async run(migration, next, commits) {
        const { talk, statements } = this;
        await statements.beginFile();
        const { directives } = migration.script;
        if (directives.lockTimeoutMs !== null || directives.statementTimeoutMs !== null) {
            talk.control((0,bounds/* bounds */.O)(this.input, migration));
        }
        const resumed = this.input.plan.resumed.get(migration.key)?.progress ?? null;
        const progress = resumed ? new ProgressKeeper(migration, resumed) : null;
        const ends = migration.script.ownTransactions ? blockEnds(migration) : [];
        let unit = -1;
        const events = this.ahead?.migration === migration ? this.ahead.events : (0,script_file/* scriptOf */.Fl)(migration);
        for (const event of events) {
            if (event.kind === 'statement') {
                progress?.pass(event.index, event.statement);
                if (event.index > (resumed?.done ?? 0))
                    await statements.run(migration, event);
                else if (setsSession(event.statement))
                    talk.control({ text: event.statement.sql });
            }
            else if (event.kind === 'begin-unit') {
                unit += 1;
                if (ends[unit] === 'rollback')
                    talk.control({ text: 'savepoint mgate_block' });
            }
            else if (ends[unit] === 'rollback') {
                talk.control({ text: 'rollback to savepoint mgate_block' }, { text: 'release savepoint mgate_block' });
            }
            else if (ends[unit] === 'commit') {
                this.commit(migration);
            }
        }
        progress?.end();
        await this.end(migration, next, commits);
    }
    /** What COMMIT would check is checked: deferred constraints fire. Then they wait again. `also`: what is said before they do. */
    commit(migration, also = () => undefined) {
        this.talk.control(...settings/* RESET_ROLE */.Nk, guard/* GUARD_OUT */.lU);
        this.talk.say(guard/* FIRE_CONSTRAINTS */.EU, { kind: 'commit', migration, place: this.statements.last });
        also();
        this.talk.control(...guard/* GUARD_IN_ANEW */.wi);
    }
    async end(migration, next, commits) {
        const { talk, statements } = this;
        const { bench } = this.input;
        this.looks.atUnseen();
        // Settings first: under session_replication_role = replica the guard would not be armed.
        const asBegun = () => {
            talk.control(...settings/* RESET_ROLE */.Nk, settings/* RESET_ALL */.O6);
            // As in apply: what our rows set off shows now, and not at a COMMIT that never comes.
            if (this.notes.phase === 'up')
                this.records.record(migration);
        };
        if (commits)
            this.commit(migration, asBegun);
        else
            asBegun();
        talk.control({ text: 'close all' }, { text: 'unlisten *' }, ...(statements.takesAdvisoryLocks ? [(0,lock/* freeOtherLocks */.Ze)((0,lock/* lockKey */.TL)(bench.tracking.schema))] : []), ...(statements.givesUpLocks && !bench.request.rehearsalTarget
            ? [(0,lock/* retakeLock */.ML)((0,lock/* lockKey */.TL)(bench.tracking.schema))]
            : []), ...bench.armed, (0,bounds/* bounds */.O)(this.input, null));
        const answer = talk.exchange([END_OF_FILE, conversation/* CONTROL */.W]);
        answer.catch(() => undefined);
        // It is on its way after this turn of the event loop; while the server is at it, the next file is read.
        await new Promise(setImmediate);
        if (next)
            this.readAhead(next);
        const results = await answer;
        const [xid, temporary, prepared] = results.at(-1)?.rows[0] ?? [];
        if (xid !== this.xid)
            throw escaped(migration, this.xid, xid ?? null);
        if (temporary)
            talk.control({ text: `drop table if exists ${temporary} cascade` });
        if (prepared === 'true')
            talk.control(postgres_session/* DEALLOCATE_ALL */.de);
        if (commits && statements.deferrable) {
            const [row] = await talk.ask(guard/* INITIALLY_IMMEDIATE */.KT);
            if (row?.[0])
                talk.control({ text: `set constraints ${row[0]} immediate` });
        }
        if (bench.request.transactionMode === 'all')
            return;
        for (const { facts } of this.notes.of(migration)) {
            if (facts.addsEnumValue !== null)
                statements.undone.labels.set(facts.addsEnumValue, migration);
        }
    }
    /** Small files only: their statements are held. What is wrong with one is said when it is its turn. */
    readAhead(next) {
        if (next.bytes > migrations_SMALL_BYTES)
            return;
        try {
            this.ahead = { migration: next, events: [...(0,script_file/* scriptOf */.Fl)(next)] };
        }
        catch {
            this.ahead = null;
        }
    }
}
function escaped(migration, was, is) {
    return new stop/* Stop */.V({
        result: 'failed',
        class: 'internal',
        message: `${migration.file} ended the rehearsal transaction (it was ${was}, now it is ${is})`,
        next: 'Report this: nothing should be able to. Compare the database with your last backup before going on.',
        file: migration.file,
    });
}
/** How each unit of a script ends: a block of its own by its last word, a single statement: null. */
function blockEnds(migration) {
    const ends = [];
    let isBlock = false;
    for (const event of (0,script_file/* scriptOf */.Fl)(migration)) {
        if (event.kind === 'begin-unit')
            isBlock = event.begin !== null;
        else if (event.kind === 'end-unit')
            ends.push(isBlock ? event.end : null);
    }
    return ends;
}

;// CONCATENATED MODULE: ./src/engines/sql/rehearsal/records.ts
/** Our own rows, written as apply would write them: what speaks against that is found in the dry run. */


class Records {
    /** The pending migration that makes the tracking table itself, where there is none yet. */
    creator;
    input;
    stamp;
    talk;
    /** There is a table to write into. */
    recordable;
    /** Some file may look at the rows. */
    matter;
    unrecorded = [];
    constructor(input, stamp, talk) {
        const { tracking } = input.bench;
        const { pending } = input.plan;
        this.input = input;
        this.stamp = stamp;
        this.talk = talk;
        this.recordable = tracking.complete;
        this.matter = pending.some((one) => one.namesTracking);
        this.creator = tracking.exists ? null : (pending.find(shared_tracking/* makesTracking */.tE) ?? null);
    }
    begin() {
        if (!this.input.bench.tracking.exists && !this.creator)
            this.makeTable();
    }
    /** The first and the last show what there is to find; those between are written only where some file may look at them. */
    record(migration) {
        const { plan } = this.input;
        const { stamp } = this;
        const { pending } = plan;
        const shows = migration === pending[0] || migration === pending.at(-1) || migration === this.creator;
        if (shows || this.matter)
            this.unrecorded.push(migration);
        if (migration === this.creator)
            this.makeTable();
        if (!this.recordable)
            return;
        for (const { version, name, checksum } of this.unrecorded.splice(0)) {
            const none = { errorMessage: null, executionTimeMs: 0 };
            const done = { version, name, checksum, status: 'completed', progress: null, ...none };
            const id = (0,external_node_crypto_.randomUUID)();
            for (const item of [
                (0,shared_tracking/* recordItem */.Nd)(stamp, done),
                (0,shared_tracking/* historyItem */.qm)(stamp, { id, version, status: 'success', ...none }),
                (0,shared_tracking/* proveItem */.eP)(stamp, done, id),
            ])
                this.talk.say(item, { kind: 'record' });
        }
    }
    makeTable() {
        this.talk.control(...(0,shared_tracking/* createTrackingItems */.Oi)(this.input.bench.tracking.schema));
        this.recordable = true;
    }
}

// EXTERNAL MODULE: ./src/rehearsal/concurrently.ts
var concurrently = __webpack_require__(7317);
// EXTERNAL MODULE: ./src/rehearsal/looks.ts
var looks = __webpack_require__(9939);
// EXTERNAL MODULE: ./src/rehearsal/treatment.ts
var treatment = __webpack_require__(7063);
;// CONCATENATED MODULE: ./src/engines/sql/rehearsal/statements.ts















/** An enum label that is not committed yet; a COMMIT where none may be; a statement that no transaction may hold. */
const UNSAFE_NEW_ENUM_VALUE = '55P04';
const INVALID_TRANSACTION_TERMINATION = '2D000';
const ACTIVE_SQL_TRANSACTION = '25001';
class Statements {
    undone = new treatment/* Undone */._d();
    /** There may be deferrable constraints: those that begin as immediate must be made so again. */
    deferrable = false;
    /** Of the file at hand: the last of its statements so far, and whether one may take locks for its session, or give up ours. */
    last = null;
    takesAdvisoryLocks = false;
    givesUpLocks = false;
    /** The newest enum label that was there before the file at hand. */
    highestEnum = '0';
    input;
    limits;
    talk;
    notes;
    looks;
    constructor(input, talk, notes, looks) {
        const { request, databaseBytes } = input.bench;
        this.input = input;
        this.limits = { dryRunMaxBytes: request.dryRunMaxBytes, maxBlockingMs: request.maxBlockingMs, databaseBytes };
        this.talk = talk;
        this.notes = notes;
        this.looks = looks;
    }
    async beginFile() {
        this.last = null;
        this.takesAdvisoryLocks = false;
        this.givesUpLocks = false;
        if (this.input.knowledge.suspects.size === 0)
            return;
        const [row] = await this.talk.ask('select coalesce(pg_catalog.max(oid), 0)::pg_catalog.text from pg_catalog.pg_enum');
        this.highestEnum = row?.[0] ?? '0';
    }
    async run(migration, event) {
        const { statement, facts } = event;
        const { talk, notes, looks } = this;
        const entry = notes.entryFor(migration, event);
        notes.observe(migration, event);
        this.last = statement;
        if (facts.bulkInsertInto === null) {
            if (/advisory_lock/i.test(statement.sql))
                this.takesAdvisoryLocks = true;
            if (lock/* GIVES_UP_LOCKS */.ol.test(statement.sql))
                this.givesUpLocks = true;
            if (/\bdeferrable\b/i.test(statement.sql))
                this.deferrable = true;
        }
        const key = (0,rehearsal_entry/* statementKey */.v7)(migration, event.index);
        const care = this.needsCare(key, event);
        looks.before(entry, statement, care || facts.nonTransactional !== null);
        const refusal = await (0,treatment/* whyNot */.OB)(talk, entry, statement);
        if (refusal !== null) {
            if (notes.phase === 'up')
                notes.findings.push(...(await (0,concurrently/* missingTables */._b)(talk, entry, statement)));
            return this.skip(entry, statement, refusal);
        }
        if (facts.nonTransactional && migration.script.wrapper === null)
            return this.plainly(entry, statement);
        const guardOut = this.input.knowledge.guardOut.has(key) || facts.command === 'SET CONSTRAINTS';
        if (guardOut)
            talk.control(guard/* GUARD_OUT */.lU);
        if (care)
            await this.carefully(entry, statement);
        else
            await this.asWritten(entry, statement);
        if (guardOut)
            talk.control(...guard/* GUARD_IN */.Cg);
        if ((0,bounds/* mayChangeBounds */.F)(facts, statement.sql))
            talk.control((0,bounds/* bounds */.O)(this.input, migration));
        if (facts.addsEnumValue !== null && !migration.script.transactional) {
            this.undone.labels.set(facts.addsEnumValue, migration);
        }
        if (talk.isFull) {
            // A run that goes on in the next batch is timed in this one all the same.
            looks.atUnseen();
            await talk.sendOn();
        }
    }
    needsCare(key, { facts, statement }) {
        const { suspects } = this.input.knowledge;
        return suspects.has(key) || facts.opaque?.what === 'CALL' || this.undone.concerns(statement.sql);
    }
    async asWritten(entry, statement) {
        const slot = { kind: 'statement', entry, statement, offset: 0, guarded: false };
        const tooLarge = await (0,treatment/* whyTooLarge */.y_)(this.talk, slot, this.limits);
        if (tooLarge !== null)
            return this.skip(entry, statement, tooLarge);
        this.talk.say({ text: statement.sql }, slot);
        this.looks.after(entry, statement);
    }
    skip(entry, statement, reason) {
        entry.executed = false;
        entry.reason = reason;
        this.looks.mention(statement.sql);
        this.undone.skip(entry.facts, statement.sql);
    }
    /** CONCURRENTLY and its kin: the same work in a form that a transaction allows, where that is quick enough. */
    async plainly(entry, statement) {
        const { migration } = entry;
        const what = entry.facts.nonTransactional;
        if (!what?.plain)
            return;
        const { plain, leftover } = what;
        const { talk, notes } = this;
        const { session } = this.input.bench;
        const isUp = notes.phase === 'up';
        await talk.exchange();
        let valid = null;
        const resumed = this.input.plan.resumed.get(migration.key)?.progress;
        if (resumed?.started === entry.index) {
            const begun = begunBy(resumed, statement, leftover).leftover;
            let judgement = await (0,leftovers/* judge */.S4)(session, begun);
            if (judgement.kind === 'again' && judgement.cleanup.length > 0) {
                talk.control(...judgement.cleanup.map((item) => ({ text: item.plain })));
                await talk.exchange();
                judgement = await (0,leftovers/* judge */.S4)(session, begun);
            }
            if (judgement.kind === 'done')
                return this.skip(entry, statement, 'done already by the run that was interrupted');
        }
        else if (leftover?.kind === 'create-index' && leftover.index !== null) {
            const state = await (0,leftovers/* indexState */.I7)(session, leftover.index, leftover.table);
            if (state.exists && !state.valid)
                throw blockedByIndex(entry, statement, state);
            valid = state.qualified;
        }
        const ahead = await (0,concurrently/* lookAhead */.Rf)(talk, session, entry, { plain, valid }, this.limits);
        if (isUp) {
            notes.findings.push(...ahead.findings);
            if (ahead.tried)
                notes.tried.push(ahead.tried);
        }
        if (ahead.tooSlow !== null)
            return this.skip(entry, statement, ahead.tooSlow);
        await this.carefully(entry, statement, padded(plain, statement.sql));
        if (entry.executed)
            (0,rehearsal_entry/* rehearsedPlainly */.B9)(entry, what.what);
    }
    /** With a savepoint around it: where it fails only because of what was not done before, the dry run goes on. */
    async carefully(entry, statement, sql = statement.sql) {
        const { talk } = this;
        const guarded = { kind: 'statement', entry, statement, offset: 0, guarded: true };
        await talk.exchange([{ text: 'savepoint mgate' }, conversation/* CONTROL */.W]);
        try {
            const tooLarge = await (0,treatment/* whyTooLarge */.y_)(talk, guarded, this.limits);
            if (tooLarge !== null)
                this.skip(entry, statement, tooLarge);
            else
                await talk.exchange([{ text: sql }, guarded], [this.looks.atAll(entry, sql), { kind: 'look', entry }]);
            talk.control({ text: 'release savepoint mgate' });
        }
        catch (error) {
            if (!(error instanceof endings/* StatementFailed */.l3) || error.entry !== entry)
                throw error;
            await talk.exchange([{ text: 'rollback to savepoint mgate' }, conversation/* CONTROL */.W], [{ text: 'release savepoint mgate' }, conversation/* CONTROL */.W], looks/* TIMED_FROM_HERE */.Af);
            const reason = await this.onlyFollows(entry, (0,postgres_failure/* readServerError */.i)(error.error));
            if (reason === null)
                throw error;
            entry.error = null;
            this.skip(entry, statement, reason);
        }
    }
    /** The reason why a failure here is none of what apply would do, or null: it is one. */
    async onlyFollows(entry, error) {
        const { migration } = entry;
        const all = this.input.bench.request.transactionMode === 'all';
        if (error.code === UNSAFE_NEW_ENUM_VALUE)
            return all ? null : this.undone.uncommittedLabel(this.talk, error, this.highestEnum);
        if (error.code !== INVALID_TRANSACTION_TERMINATION && error.code !== ACTIVE_SQL_TRANSACTION)
            return this.undone.follows(error);
        if (all || migration.script.wrapper !== null)
            return null;
        const { alone } = this.input.knowledge;
        alone.set(migration.key, (alone.get(migration.key) ?? new Set()).add(entry.index));
        return error.code === INVALID_TRANSACTION_TERMINATION
            ? 'it commits by itself, which no transaction allows'
            : `the server refuses it in a transaction (${error.message})`;
    }
    /** An error: something to be learned, a migration that fails, or one of ours. */
    meaningOf(error, slot, last) {
        const server = (0,postgres_failure/* readServerError */.i)(error);
        if (slot.kind === 'commit')
            return new endings/* StatementFailed */.l3(slot.migration, null, slot.place, error);
        if (slot.kind !== 'statement') {
            if (last && (0,endings/* wasCutShort */.aA)(server))
                return new endings/* StatementFailed */.l3(last.entry.migration, last.entry, last.statement, error);
            if (slot.kind === 'record')
                return (0,refusals/* unrecordable */.tT)(this.input.bench.tracking.schema, error);
            return error instanceof Error ? error : new Error(String(error));
        }
        const { entry, statement } = slot;
        const { suspects, guardOut } = this.input.knowledge;
        const key = (0,rehearsal_entry/* statementKey */.v7)(entry.migration, entry.index);
        if ((0,guard/* isOfGuard */.Zo)(server) && !guardOut.has(key)) {
            guardOut.add(key);
            return new endings/* Again */.Nj();
        }
        const refused = server.code === UNSAFE_NEW_ENUM_VALUE ||
            server.code === INVALID_TRANSACTION_TERMINATION ||
            server.code === ACTIVE_SQL_TRANSACTION;
        const learnable = refused || this.undone.follows(server) !== null;
        if (learnable && !slot.guarded && !suspects.has(key)) {
            suspects.add(key);
            return new endings/* Again */.Nj();
        }
        this.looks.mention(statement.sql);
        entry.executed = true;
        entry.ran += 1;
        entry.error = this.input.bench.request.showData ? server.message : (0,report_redact/* hideMessage */.oP)(server.code, server.message);
        return new endings/* StatementFailed */.l3(entry.migration, entry, statement, shifted(error, slot.offset));
    }
}
function blockedByIndex(entry, statement, state) {
    const { migration } = entry;
    const { line, column } = statement;
    const stop = (0,leftovers/* indexInTheWay */.w0)(state, { file: migration.file, line, column, sourceLine: (0,sql_files/* sourceLine */._J)(migration, line) });
    entry.error = stop.message;
    return new endings/* StatementFailed */.l3(migration, entry, statement, stop);
}
/** Spaces where a word was taken out, so that the server's positions are those of the file. */
function padded(plain, written) {
    let at = 0;
    while (at < plain.length && plain[at] === written[at])
        at += 1;
    while (at > 0 && !/\s/.test(plain[at - 1] ?? ''))
        at -= 1;
    return plain.slice(0, at) + ' '.repeat(Math.max(0, written.trimEnd().length - plain.length)) + plain.slice(at);
}
/** The server's error with its position counted in the user's text, before which we had put `by` characters. */
function shifted(error, by) {
    const position = Number(error.position);
    if (by === 0 || !Number.isInteger(position))
        return error;
    return Object.assign(error, { position: String(Math.max(1, position - by)) });
}

;// CONCATENATED MODULE: ./src/engines/sql/rehearsal/attempt.ts
/** One attempt at the dry run of SQL files: every pending migration, statement by statement, then the way back. */











class SqlAttempt extends attempt/* Attempt */.U {
    undone;
    statements;
    records;
    migrations;
    downAndUp;
    constructor(input, stamp) {
        super(input);
        this.statements = new Statements(input, this.talk, this.notes, this.looks);
        this.undone = this.statements.undone;
        this.records = new Records(input, stamp, this.talk);
        this.migrations = new Migrations(input, this.talk, this.notes, this.looks, this.statements, this.records);
        this.downAndUp = new DownAndUp(input, this.talk, this.notes, this.migrations);
    }
    begin(deferrable) {
        this.statements.deferrable = deferrable;
        this.migrations.xid = this.begun?.xid ?? null;
        this.records.begin();
    }
    async work() {
        const { pending } = this.input.plan;
        const all = this.bench.request.transactionMode === 'all';
        for (const [index, migration] of pending.entries()) {
            this.bench.log.progress(`dry run ${index + 1}/${pending.length} ${migration.file}`);
            await this.downAndUp.remember(migration);
            await this.migrations.run(migration, pending[index + 1] ?? null, !all || index === pending.length - 1);
            this.notes.finished.add(migration.key);
        }
    }
    meaningOf(error, slot, last) {
        return this.statements.meaningOf(error, slot, last);
    }
    afterwards() {
        return this.downAndUp.run(this.records.creator);
    }
    interruptedAfterwards(why) {
        this.downAndUp.notTried((0,endings/* inWords */.r4)(why));
    }
    async beforeLookingBack() {
        this.notes.findings.push(...(await differences(this.bench.session, this.downAndUp.undone)));
        this.mentionUnreached();
    }
    /** What was not come to is judged by what its text names. */
    mentionUnreached() {
        for (const migration of this.input.plan.pending) {
            if (this.notes.finished.has(migration.key))
                continue;
            try {
                for (const event of (0,script_file/* scriptOf */.Fl)(migration)) {
                    if (event.kind === 'statement' && event.facts.bulkInsertInto === null)
                        this.looks.mention(event.statement.sql);
                }
            }
            catch (error) {
                // What is wrong with a file was said when it was planned, or is when it is applied.
                if (!(error instanceof stop/* Stop */.V))
                    throw error;
            }
        }
    }
    reportOf(migration, status) {
        const transactional = migration.script.transactional && !this.input.knowledge.alone.has(migration.key);
        return (0,report/* migrationReport */.P)(migration, this.notes.of(migration), transactional, status);
    }
    failure(failed, inTheWay) {
        return failureReport(failed, inTheWay, this.bench.request);
    }
    statementCount() {
        return this.input.plan.pending.reduce((sum, migration) => sum + migration.script.statements, 0);
    }
}

// EXTERNAL MODULE: ./src/plan/settle.ts
var settle = __webpack_require__(9108);
;// CONCATENATED MODULE: ./src/engines/sql/repair.ts
/** Mode repair: what interrupted and failed runs have left in the records is settled, each version with its reason. */















/** Settles everything or nothing. Throws a Stop that names what a person must find out. */
async function repair(input) {
    const settlements = await decideAll(input, new Map());
    if (settlements.length === 0)
        return [];
    const { session, request } = input;
    await session.batch([...settings/* RESET_ROLE */.Nk, { text: `set lock_timeout = ${request.lockTimeoutMs}` }]);
    const ran = new Map();
    try {
        for (const { version, cleanup } of settlements) {
            for (const sql of cleanup) {
                input.onLine(sql);
                ran.set((0,sql_files/* versionKey */._5)(version), [...(ran.get((0,sql_files/* versionKey */._5)(version)) ?? []), sql]);
                await session.batch([{ text: sql }]);
            }
        }
        // What cleans up may finish what was begun, as FINALIZE does.
        const now = ran.size === 0 ? settlements : await decideAll(input, ran);
        await record(input, now);
        return now.map(({ version, name, file, row, reason }) => ({
            version,
            name,
            file: file ?? '',
            became: row === null ? 'forgotten' : row.status === 'completed' ? 'applied' : 'pending',
            reason,
        }));
    }
    catch (error) {
        throw ran.size === 0 ? error : afterCleaning(error, [...ran.values()].flat());
    }
}
/** Records and history together, and the proof that they are there as written. */
async function record(input, settlements) {
    const { session, stamp } = input;
    const each = settlements.map((one) => ({ ...one, id: (0,external_node_crypto_.randomUUID)() }));
    try {
        await session.batch([
            { text: 'begin' },
            ...(0,shared_tracking/* createTrackingItems */.Oi)(stamp.schema),
            ...each.flatMap(({ id, version, name, row, reason }) => [
                row === null
                    ? (0,shared_tracking/* forgetItem */.X0)(stamp, version)
                    : (0,shared_tracking/* recordItem */.Nd)(stamp, { version, name, ...row, errorMessage: null, executionTimeMs: 0 }),
                (0,shared_tracking/* historyItem */.qm)(stamp, {
                    id,
                    action: 'repair',
                    version,
                    status: 'success',
                    errorMessage: null,
                    executionTimeMs: 0,
                    reason,
                }),
            ]),
            ...each.map(({ id, version, row }) => (0,shared_tracking/* proveRepairItem */.nc)(stamp, { version, ...row }, id)),
            { text: 'commit' },
        ]);
    }
    catch (error) {
        if (!session.lost) {
            await session.query('rollback');
            throw error instanceof postgres_session/* BatchError */.PW && (0,postgres_failure/* readServerError */.i)(error.cause).code === shared_tracking/* NOT_AS_WRITTEN */.pB
                ? (0,refusals/* notAsWritten */.HX)(stamp.schema, error)
                : error;
        }
        // The answer to COMMIT may be what was lost: the events tell.
        const ids = each.map(({ id }) => id);
        if ((await (0,shared_tracking/* eventsThere */.iB)(await input.witness(), stamp.schema, ids)) < ids.length)
            throw error;
    }
}
/** Nothing was recorded, and something was done. */
function afterCleaning(error, ran) {
    const { message, code } = (0,postgres_failure/* readServerError */.i)(error);
    const also = error instanceof stop/* Stop */.V ? error.reason : { next: 'Run mode: repair again.' };
    return new stop/* Stop */.V({
        ...also,
        result: 'failed',
        message: `${message}${code ? ` (${code})` : ''}; no record was settled, and these were run before: ${ran.join('; ')}`,
        stateUnknown: true,
    }, { cause: error });
}
/** `ran`: what was cleaned up already. */
async function decideAll({ session, request, files, records }, ran) {
    const { words, reason } = request.settle;
    const fileOf = new Map(files.map((file) => [file.key, file]));
    const recordOf = new Map(records.map((record) => [(0,sql_files/* versionKey */._5)(record.version), record]));
    const keys = new Set([...records.filter(settle/* isUnsettled */.P4).map(({ version }) => (0,sql_files/* versionKey */._5)(version)), ...words.keys()]);
    const settlements = [];
    const objections = [];
    for (const key of keys) {
        const [record, file] = [recordOf.get(key) ?? null, fileOf.get(key) ?? null];
        const known = record ?? file ?? { version: key, name: '' };
        const begun = await lookAt(session, record, file);
        const found = { version: known.version, name: known.name, record, file, ...begun };
        const sent = ran.get(key) ?? [];
        // Against "run it again" stands that there is nothing left to run.
        const isOver = sent.length > 0 && words.get(key) === 'again' && begun.judgement?.kind === 'done';
        const settled = (0,settle/* settle */.G9)(found, isOver ? null : (words.get(key) ?? null), reason);
        if (settled.kind === 'objection')
            objections.push(settled);
        else
            settlements.push({ ...settled, reason: [settled.reason, ...sent.map((sql) => `ran: ${sql}`)].join('; ') });
    }
    const [first, ...more] = objections;
    if (!first)
        return settlements;
    throw new stop/* Stop */.V({
        result: 'refused',
        class: 'order',
        message: `${first.message}${more.length > 0 ? ` (and ${(0,report_text/* plural */.LS)(more.length, 'more')})` : ''}; nothing was settled`,
        next: first.words.length === 0
            ? `Take ${first.version} out of settle, then run mode: repair again.`
            : `Look at the database, then run mode: repair again with settle: ${objections.map((one) => `${one.version}=${one.words.join('|')}`).join(', ')} (one word each) and settle-reason.`,
        file: files.find((file) => file.version === first.version)?.file ?? null,
    });
}
/** What the catalog says of the statement that was begun, and how far the file is with it. */
async function lookAt(session, record, file) {
    // What makes no sense tells nothing.
    const progress = record && (0,plan_records/* faultOf */.Kl)(record) === null ? record.progress : null;
    if (progress === null || progress.started === null)
        return { judgement: null, afterStarted: null };
    const leftover = (0,classify/* classify */.L8)(progress.startedSql ?? '').nonTransactional?.leftover ?? null;
    const judged = await (0,leftovers/* judge */.S4)(session, leftover);
    return {
        judgement: { kind: judged.kind, cleanup: judged.kind === 'again' ? judged.cleanup.map(({ sql }) => sql) : [] },
        afterStarted: file === null ? null : progressAfter(file, progress),
    };
}
/** Null where the statement, or what is done before it, was edited since. */
function progressAfter(file, progress) {
    const keeper = new ProgressKeeper(file, progress);
    try {
        for (const event of (0,script_file/* scriptOf */.Fl)(file)) {
            if (event.kind !== 'statement')
                continue;
            keeper.pass(event.index, event.statement);
            if (event.index === progress.started)
                return begunBy(progress, event.statement, null).edited ? null : keeper.done();
        }
    }
    catch (error) {
        if (!(error instanceof stop/* Stop */.V))
            throw error;
    }
    return null;
}

;// CONCATENATED MODULE: ./src/engines/sql/state-proof.ts
/** What the database says of this run's migrations when it is read back. */




async function readBack(session, schema, plan, isAsBefore) {
    const { rows } = await session.query((0,shared_tracking/* trackingQuery */.Ck)(schema));
    const tracked = rows[0]?.migrations ? await (0,shared_tracking/* readRecords */.T3)(session, schema, false) : [];
    const records = new Map(tracked.map((row) => [row.version, row]));
    const { currentVersion } = decide({
        files: [],
        records: tracked,
        targetVersion: null,
        allowOutOfOrder: true,
        rawChecksum: () => '',
    });
    const applied = plan.pending.filter((one) => records.get(one.version)?.status === 'completed');
    if (applied.length === plan.pending.length)
        return { state: 'migrated', currentVersion, applied };
    const begun = applied.length > 0 || plan.pending.some((one) => hasAdvanced(one, plan, records));
    const state = begun ? 'partially-migrated' : await stateOfStarted(session, schema, plan, records, isAsBefore);
    return { state, currentVersion, applied };
}
function hasAdvanced({ version, key }, { resumed }, records) {
    const row = records.get(version);
    const was = resumed.get(key)?.progress;
    // The statement that was begun may have been done by whoever began it: the schema tells.
    const before = was?.started ?? was?.done ?? 0;
    return row?.status !== 'completed' && (row?.progress?.done ?? 0) > before;
}
/** A non-transactional statement that failed may have left something that no progress tells of: an invalid index. */
async function stateOfStarted(session, schema, plan, records, isAsBefore) {
    const started = plan.pending.flatMap((one) => {
        const progress = records.get(one.version)?.progress;
        if (!progress)
            return [];
        const begun = plan.resumed.get(one.key)?.progress?.started ?? null;
        if (progress.started === null)
            return begun === progress.done ? [{ again: true, sql: '' }] : [];
        const again = begun === progress.started;
        return [{ again, sql: progress.startedSql ?? '' }];
    });
    const within = plan.stoppedWithin ?? null;
    // None of it was done; or it was, and something took that out of the record.
    if (within !== null && !records.get(within)?.progress)
        return isAsBefore?.(await (0,catalog/* readFingerprints */.g)(session, (0,shared_tracking/* leftOut */.ig)(schema))) ? 'unchanged' : 'unknown';
    if (started.length === 0)
        return 'unchanged';
    if (!isAsBefore)
        return started.every(({ again }) => again) ? 'unchanged' : 'unknown';
    if (!isAsBefore(await (0,catalog/* readFingerprints */.g)(session, (0,shared_tracking/* leftOut */.ig)(schema))))
        return 'partially-migrated';
    // Code that commits may have changed rows, of which the catalog tells nothing; it is never begun a second time.
    const untold = started.some(({ again, sql }) => !again && !(0,classify/* classify */.L8)(sql).nonTransactional?.leftover);
    return untold ? 'unknown' : 'unchanged';
}
/** Whether our table says that all of the plan was applied as it is. */
async function checkRecords(session, trackingSchema, plan) {
    const recorded = new Map((await (0,shared_tracking/* readRecords */.T3)(session, trackingSchema, false)).map((row) => [row.version, row]));
    const wrong = (plan?.pending ?? []).filter((one) => {
        const row = recorded.get(one.version);
        return row?.status !== 'completed' || row.checksum !== one.checksum;
    });
    return {
        check: 'every migration is recorded with its checksum',
        passed: wrong.length === 0,
        detail: wrong.length === 0 ? null : `not so: ${wrong.map((one) => one.file).join(', ')}`,
    };
}

;// CONCATENATED MODULE: ./src/engines/sql/engine.ts






















function sqlEngine(choosing) {
    return new SqlEngine(choosing);
}
class SqlEngine {
    kind = 'sql';
    request;
    log;
    database;
    noteOutset;
    copy = null;
    tracking = null;
    rehearsal = null;
    /** Just before apply: the schema, and the indexes that were invalid already. */
    before = null;
    /** The version of a non-transactional migration at which apply stopped. */
    stoppedWithin = null;
    plan = null;
    files = [];
    records = [];
    plannedFiles = new Map();
    constructor({ request, log, signal, remember, outset }) {
        this.request = request;
        this.log = log;
        this.database = new database/* Database */.W(request, log, signal, remember);
        this.noteOutset = outset;
    }
    // -- inspect and plan ---------------------------------------------------------------------------------------
    inspect() {
        return this.interruptible('while looking at the database', async () => this.look(await this.database.open()));
    }
    resume() {
        return this.interruptible('after the review pause', async () => this.look(await this.database.reopen()));
    }
    interruptible(when, work) {
        return this.database.connections.interruptible(when, work);
    }
    /** Files and records, and how they stand to each other. The lock, where one is needed, is held. */
    async look(facts) {
        const { request } = this;
        const { session } = this.database;
        const tracked = session.query((0,shared_tracking/* trackingQuery */.Ck)(request.trackingSchema));
        // While the server answers, the files are read.
        tracked.catch(() => undefined);
        const listing = (0,sql_files/* listMigrations */.YJ)(request.workingDirectory, (0,sql_files/* findFolder */.Wj)(request.workingDirectory, request.migrationsPath));
        const row = (await tracked).rows[0];
        const tracking = row ? (0,shared_tracking/* readTrackingState */.dG)(row, request.trackingSchema) : { kind: 'absent' };
        const notes = [];
        if (tracking.kind === 'foreign') {
            if (row?.migrations || !request.allowHazards.includes('another-tool'))
                throw (0,refusals/* anothersTable */.dh)(tracking.table, tracking.tool, request.trackingSchema, Boolean(row?.migrations));
            notes.push(`${tracking.table} (${tracking.tool}) is another tool's; accepted by allow-hazards: another-tool`);
        }
        if (tracking.kind === 'unfit')
            throw (0,refusals/* unfitTable */.PW)(tracking.table, tracking.fault);
        const ours = tracking.kind === 'ours';
        const complete = tracking.kind === 'ours' && tracking.complete;
        this.tracking = { schema: request.trackingSchema, exists: ours, complete };
        const unread = (error) => {
            throw (0,refusals/* unreadable */.O$)(facts, request.trackingSchema, error);
        };
        const records = ours ? await (0,shared_tracking/* readRecords */.T3)(session, request.trackingSchema, complete).catch(unread) : [];
        [this.files, this.records] = [listing.files, records];
        const lastEnvironment = await (0,shared_tracking/* readLastEnvironment */.Cn)(session, request.trackingSchema);
        const decision = decide({
            files: listing.files,
            records,
            targetVersion: request.targetVersion,
            allowOutOfOrder: request.allowOutOfOrder,
            rawChecksum: sql_files/* rawChecksum */.AC,
        });
        if (decision.gaps.length > 0)
            notes.push(`versions left out: ${decision.gaps.join(', ')}`);
        if (listing.files.length === 0)
            throw (0,refusals/* emptyFolder */.id)(listing.folder.shown, listing.warnings);
        const pending = decision.pending.map((file) => this.planned(file));
        const appliedBefore = row?.history
            ? await (0,shared_tracking/* readAppliedByHistory */.p0)(session, request.trackingSchema, pending.map((one) => one.key)).catch(unread)
            : [];
        if (this.database.executes && pending.length > 0) {
            (0,refusals/* refuseUnlessConforming */.Pr)(facts);
            (0,refusals/* refuseUnlessMayRecord */.xG)(facts, ours, pending.some(shared_tracking/* makesTracking */.tE), request.trackingSchema);
        }
        const digest = (0,plan_digest/* planDigest */.G)({
            pending,
            applied: decision.applied,
            serverMajor: facts.major,
            database: facts.database,
            environment: request.environment,
            targetVersion: request.targetVersion,
            transactionMode: request.transactionMode,
        });
        this.plan = {
            digest,
            isOpen: false,
            serverMajor: facts.major,
            pending,
            resumed: decision.resumed,
            downFiles: listing.downFiles,
        };
        return {
            server: { version: facts.version, major: facts.major },
            previousVersion: decision.currentVersion,
            plan: this.plan,
            problems: [...decision.problems, ...appliedByHistory(pending, appliedBefore, request.trackingSchema)],
            warnings: [...(0,inspect/* warningOfNew */.oH)(facts), ...listing.warnings],
            notes,
            // Where everything is well, thousands of rows that say so would bury the rest.
            recorded: engine_shown(request.mode === 'status' ? records : records.filter((row) => row.status !== 'completed'), listing.files),
            lastEnvironment,
            appliedCount: decision.applied.length,
        };
    }
    *planText(plan) {
        yield (0,plan_text/* planHeader */.V)(plan, this.database.facts, this.request);
        for (const [index, migration] of plan.pending.entries()) {
            yield (0,plan_sql/* renderPlanSection */.JQ)(migration, index + 1, plan.pending.length);
            yield* (0,sql_files/* readText */.yR)(migration);
            yield plan_sql/* PLAN_SECTION_END */.Gk;
        }
    }
    /** A file is read for its statements once, as long as it stays the same. */
    planned(file) {
        const known = this.plannedFiles.get(file.file);
        if (known?.checksum === file.checksum)
            return known;
        const planned = (0,script_file/* planMigration */.Eu)(file);
        this.plannedFiles.set(file.file, planned);
        return planned;
    }
    health() {
        return this.database.health();
    }
    // -- dry run ------------------------------------------------------------------------------------------------
    async rehearse(plan) {
        const { request } = this;
        this.refuseApart(plan, (one) => (one.script.transactional ? null : one.script.reason));
        const left = (0,shared_tracking/* leftOut */.ig)(request.trackingSchema);
        const [bench, fingerprints] = await this.interruptible('before the dry run', async () => {
            const bench = request.rehearsalTarget ? await this.copyBench(request.rehearsalTarget) : await this.bench();
            return [bench, await (0,catalog/* readFingerprints */.g)(bench.session, left)];
        });
        const stamp = (0,shared_tracking/* stampOf */.Zs)(request, plan.digest, null);
        this.rehearsal = await (0,rehearse/* rehearse */.K)(bench, plan, fingerprints, (input) => new SqlAttempt(input, stamp));
        const { nonTransactional } = this.rehearsal;
        this.refuseApart(plan, ({ key }) => nonTransactional.has(key) ? 'the dry run found that it commits by itself' : null);
        return this.rehearsal;
    }
    /** `why`: the reason why a file cannot commit together with others, or null. */
    refuseApart({ pending }, why) {
        const all = this.request.transactionMode === 'all';
        // Up to the file that makes the tracking table there is nowhere to record what was done.
        const creator = this.found().exists ? -1 : pending.findIndex(shared_tracking/* makesTracking */.tE);
        const apart = (all ? pending : pending.slice(0, creator + 1)).find((one) => why(one) !== null);
        if (apart)
            throw (0,refusals/* notTogether */.mE)(apart.file, why(apart), all ? null : (pending[creator]?.file ?? null));
    }
    async copyBench(target) {
        const { request } = this;
        this.copy = await this.database.copyBench(target, async (copy) => ({
            tracking: await (0,shared_copy/* requireCopy */.R)(this.database.session, this.found(), copy),
            leftOut: (0,shared_tracking/* leftOut */.ig)(request.trackingSchema),
        }));
        return this.copy;
    }
    bench() {
        const known = { tracking: this.found(), leftOut: (0,shared_tracking/* leftOut */.ig)(this.request.trackingSchema) };
        return this.database.bench(known);
    }
    // -- apply --------------------------------------------------------------------------------------------------
    mark() {
        return this.interruptible('while setting the backup marker', () => (0,marker/* setMarker */.t)(this.database.session, this.request.run));
    }
    async apply(plan, rehearsal, marker) {
        const bench = await this.interruptible('before anything was applied', async () => {
            const bench = await this.bench();
            if (!(await (0,lock/* holdsLock */.ub)(bench.session, this.database.key)))
                throw (0,refusals/* lostLock */.cF)();
            const left = (0,shared_tracking/* leftOut */.ig)(this.request.trackingSchema);
            this.before = {
                fingerprints: await (0,catalog/* readFingerprints */.g)(bench.session, left),
                invalid: await (0,leftovers/* invalidIndexes */.We)(bench.session),
            };
            this.noteOutset({ picture: (0,schema_diff/* schemaPicture */.or)(this.before.fingerprints), resumed: progressOf(plan) });
            return bench;
        });
        const stamp = (0,shared_tracking/* stampOf */.Zs)(this.request, plan.digest, marker);
        const applied = await apply({ bench, plan, stamp, nonTransactional: rehearsal.nonTransactional });
        const at = applied.failed?.migration;
        const isAlone = at !== undefined && (!at.script.transactional || rehearsal.nonTransactional.has(at.key));
        this.stoppedWithin = isAlone ? at.version : null;
        return applied;
    }
    verify() {
        const { request, plan, before, rehearsal } = this;
        const { session } = this.database;
        return this.interruptible('during the verification', async () => {
            if (!before)
                return (0,verify/* verify */.M)(session, request, null);
            const records = await checkRecords(session, request.trackingSchema, plan);
            const left = (0,shared_tracking/* leftOut */.ig)(request.trackingSchema);
            return (0,verify/* verify */.M)(session, request, { records, leftOut: left, before, rehearsal, onCopy: this.copy !== null });
        });
    }
    async repair() {
        const { request, files, records, log } = this;
        const { session } = this.database;
        const { plan } = this;
        if (!plan)
            throw new Error('not inspected');
        if (!this.found().exists) {
            const creator = plan.pending.find(shared_tracking/* makesTracking */.tE);
            if (request.settle.words.size > 0 && creator)
                throw (0,refusals/* nowhereToSettle */.Po)(creator.file);
        }
        const stamp = (0,shared_tracking/* stampOf */.Zs)(request, plan.digest, null);
        const witness = () => this.database.witness();
        return this.interruptible('while settling the records', () => repair({ session, request, stamp, files, records, witness, onLine: (text) => log.line(text) }));
    }
    // -- proof and end ------------------------------------------------------------------------------------------
    async prove(plan) {
        const { before, stoppedWithin } = this;
        const isAsBefore = before && ((now) => (0,schema_diff/* isSameSchema */._y)(before.fingerprints, now));
        const planned = { ...plan, stoppedWithin };
        try {
            return await this.database.connections.readAgain(async () => readBack(await this.database.witness(), this.request.trackingSchema, planned, isAsBefore));
        }
        catch (error) {
            this.log.line(`the database could not be read back: ${error.message}`);
            return { state: 'unknown', currentVersion: null, applied: [] };
        }
    }
    settle({ backend, pending, outset }) {
        return this.database.connections.readAgain(async () => {
            const session = await this.database.afterDeath(backend);
            // It is noted before the first write.
            if (outset === null)
                return { state: 'unchanged', currentVersion: null, applied: [] };
            const planned = {
                pending: pending.map((one) => ({ ...one, key: (0,sql_files/* versionKey */._5)(one.version) })),
                resumed: new Map(outset.resumed.map(([key, progress]) => [key, { progress }])),
            };
            const isAsBefore = (now) => (0,schema_diff/* schemaPicture */.or)(now) === outset.picture;
            return readBack(session, this.request.trackingSchema, planned, isAsBefore);
        });
    }
    release() {
        return this.database.release();
    }
    close() {
        return this.database.close();
    }
    found() {
        if (!this.tracking)
            throw new Error('not inspected');
        return this.tracking;
    }
}
function progressOf({ resumed }) {
    return [...resumed].flatMap(([key, { progress }]) => progress ? [[key, { done: progress.done, started: progress.started }]] : []);
}
function engine_shown(records, files) {
    const fileOf = new Map(files.map((file) => [file.version, file.file]));
    return records
        .map((row) => ({
        // Somebody may have set them to NULL.
        version: row.version ?? 'NULL',
        name: row.name,
        file: fileOf.get(row.version) ?? '',
        status: row.status ?? 'NULL',
        appliedAt: row.appliedAt,
    }))
        .sort((a, b) => ((a.appliedAt ?? '') < (b.appliedAt ?? '') ? 1 : -1));
}


/***/ }),

/***/ 2253:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  Eu: () => (/* binding */ planMigration),
  Fl: () => (/* binding */ scriptOf)
});

// UNUSED EXPORTS: stopAt

// EXTERNAL MODULE: ./src/report/stop.ts
var stop = __webpack_require__(9836);
// EXTERNAL MODULE: ./src/sql/lex.ts
var lex = __webpack_require__(4241);
// EXTERNAL MODULE: ./src/sql/statement.ts
var statement = __webpack_require__(1881);
;// CONCATENATED MODULE: ./src/sql/directives.ts
/** `-- gate: ...` lines in the leading comments of a migration file. */


const ALLOWED = 'no-transaction, batch, allow <rule> <reason>, lock-timeout=<duration>, statement-timeout=<duration>';
const DURATIONS = '500ms, 30s, 5m, 1h, or 0 for none';
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** PostgreSQL keeps a timeout in an integer of milliseconds. */
const LONGEST_MS = 2_147_483_647;
/** `text`: the file's head, up to the end of its leading comments at least. */
function readDirectives(text) {
    const reader = new DirectiveReader();
    for (const comment of leadingComments(text)) {
        const body = /^--\s*gate:(.*)$/is.exec(comment.text)?.[1];
        if (body !== undefined)
            reader.read(body, comment);
        // Prose may speak of a gate; these it can't be.
        else if (/^--\s*gate[\s=;]+(no-transaction|(lock|statement)-timeout\s*=)/i.test(comment.text)) {
            reader.refuse('the colon is missing: write `-- gate: ...`', comment);
        }
    }
    return { directives: reader.found, problems: reader.problems };
}
/** For the splitter: a directive behind the first statement would silently say nothing. @throws SqlProblem */
function refuseLateDirective(comment) {
    if (comment.afterStatements === 0)
        return;
    throw new statement/* SqlProblem */.m('`-- gate:` lines must stand before the first statement: move it to the top of the file', comment.line, comment.column);
}
class DirectiveReader {
    problems = [];
    found = {
        noTransaction: false,
        batch: false,
        allow: [],
        lockTimeoutMs: null,
        statementTimeoutMs: null,
    };
    refuse(message, { line, column }) {
        this.problems.push({ message: `-- gate: ${message}`, line, column });
    }
    read(body, comment) {
        const words = body.split(/\s+/).filter(Boolean);
        const [first = ''] = words;
        if (first === 'no-transaction' && words.length === 1)
            this.found.noTransaction = true;
        else if (first === 'batch' && words.length === 1)
            this.found.batch = true;
        else if (first === 'allow')
            this.readAllow(words, comment);
        else if (words.length > 0 && words.every((word) => /^(lock|statement)-timeout=/.test(word))) {
            for (const word of words)
                this.readTimeout(word, comment);
        }
        else
            this.refuse(unknownDirective(words), comment);
    }
    readAllow([, rule = '', ...reason], comment) {
        if (!/^[a-z][a-z0-9-]*$/.test(rule))
            this.refuse('allow needs a rule: allow <rule> <reason>', comment);
        else if (reason.length === 0) {
            this.refuse(`allow ${rule} needs a reason, which the reviewer is shown: allow <rule> <reason>`, comment);
        }
        else
            this.found.allow.push({ rule, reason: reason.join(' '), line: comment.line });
    }
    readTimeout(word, comment) {
        const [name = '', value = ''] = word.split(/=(.*)/s);
        const key = name === 'lock-timeout' ? 'lockTimeoutMs' : 'statementTimeoutMs';
        const ms = duration(value);
        if (ms === null)
            this.refuse(`${name}=${value} is not a duration: ${DURATIONS}`, comment);
        else if (ms > LONGEST_MS)
            this.refuse(`${name}=${value} is too long: PostgreSQL takes up to 596h`, comment);
        else if (this.found[key] !== null)
            this.refuse(`${name} is given twice: keep one of them`, comment);
        else
            this.found[key] = ms;
    }
}
function unknownDirective(words) {
    const allowed = `allowed: ${ALLOWED} (durations: ${DURATIONS})`;
    if (words.length === 0)
        return `nothing follows; ${allowed}`;
    if (words[0] === 'uses-index')
        return `uses-index belongs above a statement of a smoke test; ${allowed}`;
    return `"${words.join(' ')}" is not known; ${allowed}`;
}
function duration(text) {
    if (text === '0')
        return 0;
    const match = /^(\d+)(ms|s|m|h)$/.exec(text);
    return match ? Number(match[1]) * UNITS[match[2]] : null;
}
/** The `--` comments before the first statement. Blank lines, other comments and `\restrict` lines may stand between. */
function* leadingComments(text) {
    let at = text.startsWith('\ufeff') ? 1 : 0;
    let line = 1;
    let column = 1;
    const passTo = (end) => {
        for (; at < end; at++) {
            const code = text.charCodeAt(at);
            if (code === lex/* NEWLINE */.Xy) {
                line++;
                column = 1;
            }
            else if ((code & 0xfc00) !== 0xdc00)
                column++;
        }
    };
    while (at < text.length) {
        const code = text.charCodeAt(at);
        const next = text.charCodeAt(at + 1);
        if ((0,lex/* isSpace */.xC)(code))
            passTo(at + 1);
        else if (code === lex/* MINUS */.N5 && next === lex/* MINUS */.N5) {
            const end = orEnd(text, (0,lex/* closeLine */.bN)(text, at));
            yield { text: text.slice(at, end), line, column };
            passTo(end);
        }
        else if (code === lex/* SLASH */.o && next === lex/* STAR */.Vw)
            passTo(orEnd(text, (0,lex/* closeComment */.wj)(text, at + 2, 1).at));
        else if (/^\\(?:un)?restrict(?![A-Za-z_])/.test(text.slice(at, at + 12)))
            passTo(orEnd(text, (0,lex/* closeLine */.bN)(text, at)));
        else
            return;
    }
}
function orEnd(text, at) {
    return at < 0 ? text.length : at;
}

// EXTERNAL MODULE: ./src/sql/classify.ts + 2 modules
var classify = __webpack_require__(9281);
// EXTERNAL MODULE: ./src/sql/tokens.ts
var tokens = __webpack_require__(6080);
;// CONCATENATED MODULE: ./src/sql/script.ts



/**
 * Pairs BEGIN with COMMIT or ROLLBACK. SAVEPOINT, RELEASE and ROLLBACK TO are statements like any other.
 * @throws SqlProblem for what does not pair, and for what ends a transaction that is not the file's own
 */
function* readScript(statements) {
    let open = null;
    let index = 0;
    for (const statement of statements) {
        const facts = (0,classify/* classify */.L8)(statement.sql);
        switch (facts.control) {
            case 'begin':
                if (open)
                    throw problem(statement, `${facts.command} ${INSIDE_BLOCK(open.at.line)}`);
                if (isReadOnly(statement.sql))
                    throw problem(statement, `${facts.command} ${READ_ONLY}`);
                open = { begin: statement.sql, at: statement };
                yield { kind: 'begin-unit', begin: open.begin };
                continue;
            case 'commit':
            case 'rollback':
            case 'commit-chain':
            case 'rollback-chain': {
                if (!open)
                    throw problem(statement, `${facts.command} ${WITHOUT_BEGIN}`);
                yield { kind: 'end-unit', end: facts.control.startsWith('commit') ? 'commit' : 'rollback' };
                open = facts.control.endsWith('-chain') ? { begin: open.begin, at: statement } : null;
                if (open)
                    yield { kind: 'begin-unit', begin: open.begin };
                continue;
            }
            case 'prepare':
                throw problem(statement, `${facts.command} ${TWO_PHASE}`);
            default:
                index += 1;
                if (!open)
                    yield { kind: 'begin-unit', begin: null };
                yield { kind: 'statement', index, statement, facts };
                if (!open)
                    yield { kind: 'end-unit', end: 'commit' };
        }
    }
    if (open)
        throw problem(open.at, `a transaction block begins here ${NEVER_ENDS}`);
}
/** Of one file, kept for the rules. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** The same of plain INSERTs of rows, which hold nothing but a secret, or an enum's new value. */
const MOST_CHARACTERS_OF_ROWS = 256 * 1024;
const INSIDE_BLOCK = (line) => `inside of the block that line ${line} begins: PostgreSQL would only warn, and the next COMMIT would end both; remove it, or COMMIT first`;
const WITHOUT_BEGIN = 'without a BEGIN before it: it would end the transaction in which the migration and its record are written; remove it, or begin the block with BEGIN';
const TWO_PHASE = 'belongs to two-phase commit, which outlives the session and no rollback reaches: it has no place in a migration; remove it';
const READ_ONLY = 'READ ONLY: what a migration has done is recorded in its own transaction, which could not be written; leave READ ONLY out';
const NEVER_ENDS = 'and the file ends before its COMMIT: what it does would be rolled back; add the COMMIT, or remove the BEGIN (each file has a transaction of its own)';
/** `BEGIN READ ONLY`, comments between the words or not. */
function isReadOnly(begin) {
    const words = [...(0,tokens/* readTokens */.He)(begin)].map((token) => token.word);
    return words.some((word, at) => word === 'READ' && words[at + 1] === 'ONLY');
}
function problem({ line, column }, message) {
    return new statement/* SqlProblem */.m(message, line, column);
}
/**
 * Reads a file to its end and says how it can be run.
 * `problems` are of statements that could never run where they stand; a SqlProblem of the events is passed on.
 */
function scanScript(events, directives) {
    const problems = [];
    const createsTables = [];
    const begins = [];
    const texts = [];
    let characters = 0;
    let unread = 0;
    let rows = 0;
    let statements = 0;
    let outside = 0;
    let rolledBack = false;
    let block = null;
    let savepoint = null;
    let alone = null;
    for (const event of events) {
        if (event.kind === 'begin-unit') {
            block = event.begin;
            if (block !== null)
                begins.push(block);
        }
        else if (event.kind === 'end-unit') {
            if (event.end === 'rollback')
                rolledBack = true;
            block = null;
        }
        else {
            const { statement, facts } = event;
            statements += 1;
            if (block === null)
                outside += 1;
            if (block === null && facts.control === 'savepoint')
                savepoint ??= statement;
            if (facts.bulkInsertInto === null) {
                characters += statement.sql.length;
                if (characters > MOST_CHARACTERS)
                    unread += 1;
                else
                    texts.push({ index: event.index, line: statement.line, sql: copied(statement.sql) });
            }
            else if (rows < MOST_CHARACTERS_OF_ROWS) {
                rows += statement.sql.length;
                texts.push({ index: event.index, line: statement.line, sql: copied(statement.sql) });
            }
            if (facts.createsTable !== null)
                createsTables.push((0,tokens/* bareName */.yZ)(facts.createsTable));
            const what = facts.nonTransactional?.what;
            if (what === undefined)
                continue;
            if (block === null)
                alone ??= { what, line: statement.line };
            // With its slot_name set to NONE it runs in a block too, which its own words don't say: the dry run will tell.
            else if (facts.command !== 'DROP SUBSCRIPTION')
                problems.push({
                    message: `${what} cannot run in a transaction block: move it out of BEGIN ... COMMIT, best into a file of its own`,
                    line: statement.line,
                    column: statement.column,
                });
        }
    }
    const ownTransactions = begins.length > 1 || (begins.length === 1 && (outside > 0 || rolledBack));
    let reason = null;
    if (alone)
        reason = `${alone.what} at line ${alone.line}`;
    else if (directives.noTransaction)
        reason = '-- gate: no-transaction';
    else if (ownTransactions)
        reason = 'own transactions';
    if (savepoint && reason !== null) {
        const { line, column } = savepoint;
        problems.push({
            message: `${firstWord(savepoint)} outside of a transaction block: this file does not run in one transaction (${reason}); put it between BEGIN and COMMIT`,
            line,
            column,
        });
    }
    const wrapper = begins.length === 1 && !ownTransactions ? (begins[0] ?? null) : null;
    return {
        transactional: reason === null,
        reason,
        ownTransactions,
        wrapper,
        directives,
        statements,
        createsTables,
        texts,
        unread,
        problems,
    };
}
/** Without keeping alive the chunk of the file that it was cut from. */
function copied(text) {
    return Buffer.from(text).toString();
}
function firstWord(statement) {
    return (/^\w+/.exec(statement.sql)?.[0] ?? '').toUpperCase();
}

// EXTERNAL MODULE: ./src/sql/split.ts
var split = __webpack_require__(6448);
// EXTERNAL MODULE: ./src/engines/sql/files.ts
var files = __webpack_require__(8363);
;// CONCATENATED MODULE: ./src/engines/sql/script-file.ts






function stopAt(file, problem, next, cause) {
    return new stop/* Stop */.V({
        result: 'failed',
        class: 'syntax',
        message: problem.message,
        next,
        file: file.file,
        line: problem.line,
        column: problem.column,
        sourceLine: (0,files/* sourceLine */._J)(file, problem.line),
    }, { cause });
}
/** The file's statements, in order. `hash` sees the very bytes that the statements are made of. */
function scriptOf(file, hash = null) {
    return eventsOf(file, (0,files/* readText */.yR)(file, hash));
}
function* eventsOf(file, chunks) {
    try {
        yield* readScript((0,split/* splitStatements */.X)(chunks, refuseLateDirective));
    }
    catch (error) {
        // What node:v8 says of a text of more than half a gigabyte; the server takes no more than one.
        if (error instanceof RangeError)
            throw tooLong(file, error);
        if (!(error instanceof statement/* SqlProblem */.m))
            throw error;
        throw stopAt(file, error, `Correct ${file.file} at line ${error.line}, then run again. Nothing was sent.`, error);
    }
}
function tooLong(file, cause) {
    return new stop/* Stop */.V({
        result: 'failed',
        class: 'syntax',
        message: `${file.file} holds a statement that is too long to be sent (${cause.message})`,
        next: `Split it: COPY or batches of INSERT, in several statements.`,
        file: file.file,
    }, { cause });
}
/** Reads a pending file once, before anything is sent: its form, its directives, and whatever is wrong with it. */
function planMigration(file) {
    const chunks = (0,files/* readText */.yR)(file);
    try {
        const first = chunks.next();
        const head = first.done ? '' : first.value;
        // The leading comments, with the directives in them, are in the first chunk: nobody's are longer.
        const { directives, problems } = readDirectives(head);
        const wrong = problems[0];
        if (wrong)
            throw stopAt(file, wrong, `Correct the directive in ${file.file}, then run again.`);
        if (directives.batch) {
            throw stopAt(file, { message: '`-- gate: batch` is not supported yet', line: 1, column: 1 }, 'Write the backfill as a `-- gate: no-transaction` migration of several statements, or run it outside of the gate.');
        }
        let namesTracking = false;
        const watched = watch(after(head, chunks), (chunk) => {
            namesTracking ||= chunk.includes('schema_migrations');
        });
        const { problems: found, ...script } = scanScript(eventsOf(file, watched), directives);
        const problem = found[0];
        if (problem) {
            throw stopAt(file, problem, `Correct ${file.file} at line ${problem.line}, then run again. Nothing was sent.`);
        }
        return { ...file, script, namesTracking };
    }
    finally {
        // Closes the file where the reading ended early.
        chunks.return(undefined);
    }
}
function* after(head, rest) {
    yield head;
    yield* rest;
}
function* watch(chunks, see) {
    for (const chunk of chunks) {
        see(chunk);
        yield chunk;
    }
}


/***/ })

};
