export const id = 175;
export const ids = [175];
export const modules = {

/***/ 8937:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A4: () => (/* binding */ endBackend),
/* harmony export */   EC: () => (/* binding */ backendOf),
/* harmony export */   Er: () => (/* binding */ BACKEND_START)
/* harmony export */ });
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8500);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_timers_promises__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _postgres_as_login_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1299);
/** One session at the server, named so that no other is meant, and how it is ended. */


const GONE_WITHIN_MS = 10_000;
/** The same text whatever a session's time zone is. `a`: pg_stat_activity. */
const BACKEND_START = 'extract(epoch from a.backend_start)::text';
function backendOf({ backendPid, backendStart }) {
    return { pid: backendPid, since: backendStart };
}
/** Ends the backend, and returns once it is gone: until then it could still commit. */
async function endBackend(session, { pid, since }) {
    const until = performance.now() + GONE_WITHIN_MS;
    for (;;) {
        // The session that asks may be it, handed on by a pool: then what it did before is over.
        const left = await (0,_postgres_as_login_js__WEBPACK_IMPORTED_MODULE_1__/* .askAsLogin */ .$)(session, `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
        where a.pid = $1 and a.pid <> pg_catalog.pg_backend_pid() and ${BACKEND_START} = $2`, [String(pid), since]);
        if (left.length === 0)
            return;
        if (performance.now() > until)
            throw new Error(`the lost session's backend ${pid} is still at work`);
        await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setTimeout)(100);
    }
}


/***/ }),

/***/ 2232:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Fr: () => (/* binding */ readSmokeTests),
/* harmony export */   Nc: () => (/* binding */ checkIndexes),
/* harmony export */   sK: () => (/* binding */ checkTables),
/* harmony export */   yk: () => (/* binding */ runSmokeTests)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6760);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__webpack_require__.n(node_path__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(3530);
/* harmony import */ var _postgres_session_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(7076);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(9836);
/* harmony import */ var _sql_classify_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(9281);
/* harmony import */ var _sql_split_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(6448);
/* harmony import */ var _sql_statement_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(1881);
/* harmony import */ var _source_file_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(8951);
/** What must hold at the end: critical tables and indexes, smoke tests. Asked in the dry run and again after apply. */









/** `schema.name` or `name` (found through the search_path), as written or folded to lower case as SQL would. */
function namePatterns(written) {
    const bare = (part) => part.startsWith('"') && part.endsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part;
    const dot = written.indexOf('.');
    return dot === -1
        ? { schema: null, name: bare(written) }
        : { schema: bare(written.slice(0, dot)), name: bare(written.slice(dot + 1)) };
}
const FIND = (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_2__/* .qualified */ .LX)(`
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_index i on i.indexrelid = c.oid
 where c.relname = any (array[$1::text, pg_catalog.lower($1::text)]) and c.relkind = any ($3::"char"[])
   and case when $2::text is null then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = any (array[$2::text, pg_catalog.lower($2::text)]) end`);
async function checkTables(session, tables) {
    const checks = [];
    for (const written of tables) {
        const { schema, name } = namePatterns(written);
        const { rows } = await session.query(`select 1 ${FIND}`, [name, schema, ['r', 'p', 'f', 'm', 'v']]);
        checks.push({
            check: `critical table ${written}`,
            passed: rows.length > 0,
            detail: rows.length > 0 ? null : 'it does not exist',
        });
    }
    return checks;
}
/** `unbuilt`: indexes that a statement not executed in the dry run would make; they can't be asked for there. */
async function checkIndexes(session, indexes, unbuilt = new Set()) {
    const checks = [];
    for (const written of indexes) {
        const { schema, name } = namePatterns(written);
        const { rows } = await session.query(`select coalesce(i.indisvalid and i.indisready, false) as usable ${FIND}`, [name, schema, ['i', 'I']]);
        const postponed = rows.length === 0 && (unbuilt.has(name) || unbuilt.has(name.toLowerCase()));
        const usable = rows.some((row) => row.usable);
        let detail = null;
        if (postponed)
            detail = 'not built in the dry run; asked again after apply';
        else if (rows.length === 0)
            detail = 'it does not exist';
        else if (!usable)
            detail = 'it exists and is not valid: queries do not use it';
        checks.push({ check: `critical index ${written}`, passed: postponed || usable, detail });
    }
    return checks;
}
/** The statements of all files that the glob names, in order of the files' names. Throws a Stop when there are none. */
function readSmokeTests(workingDirectory, glob) {
    if (glob === null)
        return [];
    const pattern = globPattern(glob.replace(/^\.\//, ''));
    const files = sqlFilesIn(workingDirectory, '')
        .filter((file) => pattern.test(file))
        .sort();
    if (files.length === 0) {
        throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_4__/* .Stop */ .V({
            result: 'failed',
            class: 'input',
            message: `smoke-tests: no .sql file matches ${glob}`,
            next: 'Correct the glob (it is relative to working-directory), or leave smoke-tests empty.',
        });
    }
    const root = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.realpathSync)(workingDirectory);
    return files.flatMap((file) => testsOf(file, textOf((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(workingDirectory, file), file, root)));
}
function textOf(path, file, root) {
    (0,_source_file_js__WEBPACK_IMPORTED_MODULE_8__/* .refuseOutside */ .gz)(root, path, file);
    const descriptor = (0,_source_file_js__WEBPACK_IMPORTED_MODULE_8__/* .openFile */ .Tq)(path, file);
    try {
        const bytes = (0,_source_file_js__WEBPACK_IMPORTED_MODULE_8__/* .reading */ .hF)(file, () => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readFileSync)(descriptor));
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    }
    catch (cause) {
        if (cause instanceof _report_stop_js__WEBPACK_IMPORTED_MODULE_4__/* .Stop */ .V)
            throw cause;
        const message = `${file} is not UTF-8`;
        throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_4__/* .Stop */ .V({ result: 'failed', class: 'syntax', message, next: `Save ${file} as UTF-8.`, file }, { cause });
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.closeSync)(descriptor);
    }
}
/** Relative to `root`. Links to folders are not followed, as they may lead around in circles; one to a file counts as the file. */
function sqlFilesIn(root, folder) {
    return (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readdirSync)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(root, folder), { withFileTypes: true }).flatMap((entry) => {
        const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory())
            return entry.name === 'node_modules' || entry.name === '.git' ? [] : sqlFilesIn(root, file);
        return entry.name.endsWith('.sql') ? [file] : [];
    });
}
const NO_CONTROL = 'in a smoke test: it would end the read-only transaction in which the tests are asked, or move in it; remove it';
function testsOf(file, text) {
    const lines = text.split(/\r?\n/);
    try {
        return [...(0,_sql_split_js__WEBPACK_IMPORTED_MODULE_6__/* .splitStatements */ .X)([text])].map((statement) => {
            const { control, command } = (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_5__/* .classify */ .L8)(statement.sql);
            if (control !== null)
                throw new _sql_statement_js__WEBPACK_IMPORTED_MODULE_7__/* .SqlProblem */ .m(`${command} ${NO_CONTROL}`, statement.line, statement.column);
            return { file, statement, usesIndex: indexAbove(lines, statement.line) };
        });
    }
    catch (error) {
        if (!(error instanceof _sql_statement_js__WEBPACK_IMPORTED_MODULE_7__/* .SqlProblem */ .m))
            throw error;
        throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_4__/* .Stop */ .V({
            result: 'failed',
            class: 'syntax',
            message: error.message,
            next: `Correct ${file}, then run again.`,
            file,
            line: error.line,
            column: error.column,
            sourceLine: lines[error.line - 1] ?? null,
        }, { cause: error });
    }
}
/** `-- gate: uses-index <name>` in the comment lines right above a statement. */
function indexAbove(lines, line) {
    for (let at = line - 2; at >= 0 && /^\s*(--|$)/.test(lines[at] ?? ''); at -= 1) {
        const match = /^\s*--\s*gate:\s*uses-index\s+(\S+)\s*$/.exec(lines[at] ?? '');
        if (match)
            return match[1] ?? null;
    }
    return null;
}
/** `*` within a folder, `**` across folders, `?` one character. */
function globPattern(glob) {
    const source = glob.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (token) => {
        if (token === '**/')
            return '(?:.*/)?';
        if (token === '**')
            return '.*';
        if (token === '*')
            return '[^/]*';
        if (token === '?')
            return '[^/]';
        return `\\${token}`;
    });
    return new RegExp(`^${source}$`);
}
/**
 * Runs the tests. The caller has opened a transaction that is READ ONLY; an error ends the tests, as it has aborted the
 * transaction.
 */
async function runSmokeTests(session, tests) {
    const checks = [];
    for (const test of tests) {
        const check = `smoke test ${test.file}:${test.statement.line}`;
        try {
            const detail = await runSmokeTest(session, test);
            checks.push({ check, passed: detail === null, detail });
        }
        catch (error) {
            if (!(error instanceof _postgres_session_js__WEBPACK_IMPORTED_MODULE_3__/* .BatchError */ .PW))
                throw error;
            checks.push({ check, passed: false, detail: error.message });
            return checks;
        }
    }
    return checks;
}
/** Null: passed; else what was wrong. */
async function runSmokeTest(session, test) {
    if (test.usesIndex !== null) {
        const [plan] = await session.batch([{ text: `explain (format json) ${test.statement.sql}`, keep: true }]);
        const used = indexesOf(JSON.parse(plan?.rows[0]?.[0] ?? '[]'));
        if (used.includes(test.usesIndex))
            return null;
        return `the plan does not use index ${test.usesIndex}${used.length > 0 ? `, it uses ${used.join(', ')}` : ''}`;
    }
    const [result] = await session.batch([{ text: test.statement.sql, keep: true }]);
    const wrong = result?.rows.filter((row) => row.some((value) => value !== 't')).length ?? 0;
    return wrong === 0 ? null : `${wrong} of ${result?.rows.length} rows are not \`true\``;
}
function indexesOf(plan) {
    if (Array.isArray(plan))
        return plan.flatMap(indexesOf);
    if (typeof plan !== 'object' || plan === null)
        return [];
    const node = plan;
    const own = typeof node['Index Name'] === 'string' ? [node['Index Name']] : [];
    return [...own, ...indexesOf(node.Plan ?? []), ...indexesOf(node.Plans ?? [])];
}


/***/ }),

/***/ 1188:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   R: () => (/* binding */ requireCopy)
/* harmony export */ });
/* harmony import */ var _plan_schema_diff_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6766);
/* harmony import */ var _postgres_catalog_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(505);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9836);
/* harmony import */ var _refusals_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6844);
/* harmony import */ var _tracking_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(2597);
/** Whether a database is a copy of the target: the same schema, the same migrations applied. */





/** What tracking the copy has. `tracking`: the target's. Throws a Stop for what is no copy. */
async function requireCopy(target, tracking, copy) {
    const { schema } = tracking;
    const ours = await (0,_postgres_catalog_js__WEBPACK_IMPORTED_MODULE_1__/* .readFingerprints */ .g)(target, (0,_tracking_js__WEBPACK_IMPORTED_MODULE_4__/* .leftOut */ .ig)(schema));
    const theirs = await (0,_postgres_catalog_js__WEBPACK_IMPORTED_MODULE_1__/* .readFingerprints */ .g)(copy, (0,_tracking_js__WEBPACK_IMPORTED_MODULE_4__/* .leftOut */ .ig)(schema));
    const differences = (0,_plan_schema_diff_js__WEBPACK_IMPORTED_MODULE_0__/* .compareDefinitions */ .E4)(await (0,_postgres_catalog_js__WEBPACK_IMPORTED_MODULE_1__/* .readDefinitions */ .T)(target, ours.groups.keys()), await (0,_postgres_catalog_js__WEBPACK_IMPORTED_MODULE_1__/* .readDefinitions */ .T)(copy, theirs.groups.keys()));
    const { rows } = await copy.query((0,_tracking_js__WEBPACK_IMPORTED_MODULE_4__/* .trackingQuery */ .Ck)(schema));
    const state = rows[0] ? (0,_tracking_js__WEBPACK_IMPORTED_MODULE_4__/* .readTrackingState */ .dG)(rows[0], schema) : { kind: 'absent' };
    if (state.kind === 'unfit')
        throw (0,_refusals_js__WEBPACK_IMPORTED_MODULE_3__/* .unfitTable */ .PW)(`the copy's ${state.table}`, state.fault);
    const here = tracking.exists ? await completed(target, schema) : [];
    const there = state.kind === 'ours' ? await completed(copy, schema) : [];
    const [first] = differences;
    if (first || here.join() !== there.join()) {
        throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
            result: 'refused',
            class: 'verification',
            message: first
                ? `the copy's schema is not the target's: ${first.kind} ${first.name} ${first.change === 'changed' ? 'differs' : first.change === 'added' ? 'is only in the copy' : 'is only in the target'} (${differences.length} differences)`
                : `the copy has other migrations applied than the target (${there.length} against ${here.length})`,
            next: 'Refresh the copy from the target, then run again.',
        });
    }
    return { schema, exists: state.kind === 'ours', complete: state.kind === 'ours' && state.complete };
}
async function completed(session, schema) {
    const records = await (0,_tracking_js__WEBPACK_IMPORTED_MODULE_4__/* .readRecords */ .T3)(session, schema, false);
    return records
        .filter((row) => row.status === 'completed')
        .map((row) => `${row.version} ${row.checksum}`)
        .sort();
}


/***/ }),

/***/ 6784:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  W: () => (/* binding */ Database)
});

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
// EXTERNAL MODULE: ./src/postgres/as-login.ts
var as_login = __webpack_require__(1299);
// EXTERNAL MODULE: ./src/postgres/failure.ts
var failure = __webpack_require__(8829);
// EXTERNAL MODULE: ./src/postgres/lock.ts
var lock = __webpack_require__(7768);
// EXTERNAL MODULE: ./src/postgres/settings.ts
var settings = __webpack_require__(1482);
// EXTERNAL MODULE: ./src/report/stop.ts
var stop = __webpack_require__(9836);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
// EXTERNAL MODULE: ./src/engines/shared/backend.ts
var shared_backend = __webpack_require__(8937);
// EXTERNAL MODULE: ./src/postgres/cancel.ts
var cancel = __webpack_require__(8205);
// EXTERNAL MODULE: ./src/postgres/session.ts + 1 modules
var postgres_session = __webpack_require__(7076);
;// CONCATENATED MODULE: ./src/postgres/silence.ts
/**
 * A connection that has fallen silent: a network may lose what was said and tell neither side, and an answer would be
 * waited for without end. Whether the server is still at work for the session is asked on another connection.
 */



const QUIET_MS = 5_000;
/** The longest between two looks at a session that is at work. */
const SELDOM_MS = 60_000;
const ANSWERED_WITHIN_MS = 10_000;
const UNREACHABLE_MS = 60_000;
/** What we said may be on its way for longer than what the server says. */
const STUCK_MS = 30_000;
/** Gives the session up once it is sure that its answer will not come. Never rejects. */
async function giveUpWhenSilent({ session, connect, name, over }) {
    const wait = (ms) => (0,promises_.setTimeout)(ms, undefined, { ref: false, signal: over }).catch(() => undefined);
    let unreachableSince = null;
    let stuckSince = null;
    for (let pause = QUIET_MS;;) {
        const { heard, said } = session;
        const still = () => session.heard === heard && session.said === said;
        const silent = () => !over.aborted && session.lost === null && session.waiting && still();
        await wait(pause);
        if (over.aborted || session.lost)
            return;
        if (!silent()) {
            pause = QUIET_MS;
            unreachableSince = null;
            stuckSince = null;
            continue;
        }
        const look = await lookTwice(session, connect, name, () => wait(QUIET_MS));
        if (look.kind === 'unreachable')
            unreachableSince ??= performance.now();
        else
            unreachableSince = null;
        if (look.kind === 'stuck')
            stuckSince ??= performance.now();
        else if (look.kind !== 'unreachable')
            stuckSince = null;
        const soon = look.kind === 'unreachable' || look.kind === 'stuck';
        pause = soon ? QUIET_MS : Math.min(pause * 2, SELDOM_MS);
        if (!silent())
            continue;
        if (look.kind === 'not at work')
            session.giveUp(new SilentError(look.why));
        if (unreachableSince !== null && performance.now() - unreachableSince > UNREACHABLE_MS)
            session.giveUp(new SilentError('the server cannot be reached on another one either'));
        if (stuckSince !== null && performance.now() - stuckSince > STUCK_MS)
            session.giveUp(new SilentError('at the server its session waits for us'));
    }
}
/** Told to whoever waits for the answer. */
class SilentError extends Error {
    /** It is as if the network had said so. */
    code = 'ECONNRESET';
    constructor(why) {
        super(`the connection fell silent: ${why}`);
    }
}
/** Not at work is what the server says twice, with time for an answer that is on its way to arrive in between. */
async function lookTwice(session, connect, name, pause) {
    let other;
    try {
        other = await connect();
    }
    catch (error) {
        return { kind: isSilence(error) ? 'unreachable' : 'cannot tell' };
    }
    const tooLate = setTimeout(() => other.drop(), QUIET_MS + ANSWERED_WITHIN_MS).unref();
    try {
        const first = await activityOf(session, other, name);
        if (first === 'unknown')
            return { kind: 'cannot tell' };
        if (!isOver(first) && !first.waitsForUs)
            return { kind: 'at work' };
        await pause();
        const second = await activityOf(session, other, name);
        if (second === 'unknown' || second?.since !== first?.since)
            return { kind: 'at work' };
        if (!isOver(second))
            return { kind: second.waitsForUs ? 'stuck' : 'at work' };
        const why = second === null ? 'its session at the server is gone' : `at the server its session is ${second.state}`;
        return { kind: 'not at work', why };
    }
    catch (error) {
        // An error of the server's is an answer, if none to what was asked.
        return { kind: (0,failure/* readServerError */.i)(error).fromServer ? 'cannot tell' : 'unreachable' };
    }
    finally {
        clearTimeout(tooLate);
        await other.end();
    }
}
/** It is gone, or has nothing to do. */
function isOver(activity) {
    return activity === null || (activity.state?.startsWith('idle') ?? false);
}
/** Null: it has no backend any more. Behind a pooler the process id that the connection was told may be anybody's. */
async function activityOf(session, other, name) {
    const [row] = await (0,as_login/* askAsLogin */.$)(other, `select a.state, a.state_change::text, a.wait_event_type = 'Client' from pg_catalog.pg_stat_activity a
      where a.pid = $1 and ($2::text is null or a.application_name = $2)`, [String(session.backendPid ?? session.startupPid), session.backendPid === null ? name : null]);
    if (row)
        return { state: row[0] ?? null, since: row[1] ?? '', waitsForUs: row[2] === 't' };
    return session.backendPid === null ? 'unknown' : null;
}
const SILENT_CODES = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']);
function isSilence(error) {
    const { message, code } = error;
    return message === 'timeout expired' || SILENT_CODES.has(code ?? '');
}

// EXTERNAL MODULE: ./src/engines/shared/inspect.ts
var inspect = __webpack_require__(3557);
;// CONCATENATED MODULE: ./src/engines/shared/connections.ts
/** The sessions of one run: opened, interrupted and closed together. */








/** A server that is gone for the moment is waited for, and longer one that says of itself that it is starting (57P03). */
const RESTARTED_WITHIN_MS = 30_000;
const RECOVERED_WITHIN_MS = 300_000;
/** Where `connect-timeout` sets no limit. */
const LOOKS_WITHIN_MS = 10_000;
/** A server that crashes, or ends our sessions, while it is read back is asked again. */
const READ_ATTEMPTS = 3;
class Connections {
    request;
    log;
    signal;
    /** The application_name of each of them. */
    name;
    /** Behind a pooler, which is known to give each connection a session of its own. */
    keepsSessions = new Set();
    open = new Map();
    over = new AbortController();
    /** How many of them were lost so far. */
    losses = 0;
    constructor(request, log, signal) {
        this.request = request;
        this.log = log;
        this.signal = signal;
        this.name = (0,inspect/* applicationName */.SX)(request.run);
    }
    /** Throws a Stop. `signal`: gives it up. */
    async connectTo(target, signal = null) {
        try {
            const session = await (0,postgres_session/* connect */.Ng)(target, this.name, this.request.connectTimeoutMs, signal);
            this.open.set(session, target);
            session.onLost(() => {
                this.losses += 1;
            });
            this.mind(session, target);
            (0,inspect/* refuseOld */.mr)(session.serverVersion);
            await (0,settings/* liftLimits */.KK)(session, { throughPooler: this.keepsSessions.has(target) });
            return session;
        }
        catch (cause) {
            if (cause instanceof stop/* Stop */.V)
                throw cause;
            if (signal?.aborted)
                throw (0,stop/* cancelled */.K)('while connecting');
            throw notConnected(cause, target, this.request.connectTimeoutMs);
        }
    }
    mind(session, target) {
        const connectTimeoutMs = this.request.connectTimeoutMs || LOOKS_WITHIN_MS;
        void giveUpWhenSilent({
            session,
            connect: () => (0,postgres_session/* connect */.Ng)(target, this.name, connectTimeoutMs),
            name: this.name,
            over: this.over.signal,
        });
    }
    /** Closes one that is not needed for now. */
    async part(session) {
        this.open.delete(session);
        await session.end();
    }
    /** After a loss: a server that restarts refuses connections for a moment, and after a crash until it has recovered. */
    async connectAgain() {
        const from = performance.now();
        for (;;) {
            try {
                return await this.connectTo(this.request.target);
            }
            catch (error) {
                const { code } = (error.cause ?? {});
                const withinMs = code === '57P03' ? RECOVERED_WITHIN_MS : RESTARTED_WITHIN_MS;
                if (performance.now() - from > withinMs || this.signal.aborted)
                    throw error;
                await (0,promises_.setTimeout)(250);
            }
        }
    }
    /** Reads something back; again where one of them is lost over it, a few times at most. */
    async readAgain(read) {
        for (let attempt = 1;; attempt += 1) {
            const before = this.losses;
            try {
                return await read();
            }
            catch (error) {
                if (this.losses === before)
                    await this.seeLosses();
                if (attempt === READ_ATTEMPTS || this.losses === before)
                    throw error;
            }
        }
    }
    /** The server's last words come before the end of the connection: what is asked behind them is answered by one or the other. */
    async seeLosses() {
        const there = [...this.open.keys()].filter((session) => !session.lost && !session.busy);
        await Promise.all(there.map((session) => session.query('select').catch(() => undefined)));
    }
    /**
     * Our own questions, until we are asked to end: a connection that is being made is given up, and the server cancels what
     * it is at. The dry run and apply have their own way of stopping.
     */
    async interruptible(when, work) {
        const cancellations = [];
        const onAbort = () => {
            for (const [session, target] of this.open) {
                if (!session.busy || session.backendPid === null)
                    continue;
                const cancellation = new cancel/* Cancellation */.m({
                    pid: session.backendPid,
                    from: () => this.connectTo(target),
                    onFailure: (error) => this.log.detail(`the running query could not be cancelled: ${error.message}`),
                });
                cancellation.begin();
                cancellations.push(cancellation);
            }
        };
        if (this.signal.aborted)
            throw (0,stop/* cancelled */.K)(when);
        this.signal.addEventListener('abort', onAbort);
        try {
            const result = await work();
            // What was cancelled may have been taken for an answer.
            if (cancellations.length > 0)
                throw (0,stop/* cancelled */.K)(when);
            return result;
        }
        catch (error) {
            if (this.signal.aborted && !(error instanceof stop/* Stop */.V))
                throw (0,stop/* cancelled */.K)(when);
            throw error;
        }
        finally {
            this.signal.removeEventListener('abort', onAbort);
            await Promise.all(cancellations.map((cancellation) => cancellation.end()));
        }
    }
    /** One that still waits for an answer was given up on. */
    async close() {
        this.over.abort();
        await Promise.all([...this.open.keys()].map((session) => (session.busy ? session.drop() : session.end())));
        this.open.clear();
    }
}
function notConnected(cause, { host, port, database }, connectTimeoutMs) {
    const { message, code } = cause;
    if (message === 'timeout expired') {
        return new stop/* Stop */.V({
            result: 'failed',
            class: 'connection',
            message: `no answer from ${host}:${port} within connect-timeout (${(0,report_text/* duration */.p0)(connectTimeoutMs)})`,
            next: 'Check that the runner can reach the host (firewall, private network, tunnel), or raise connect-timeout.',
        }, { cause });
    }
    return new stop/* Stop */.V({
        result: 'failed',
        ...(cause instanceof postgres_session/* RootCertificateError */.yh ? { class: 'tls' } : {}),
        message: `could not connect to ${host}:${port}/${database}: ${message || code}`,
    }, { cause });
}

// EXTERNAL MODULE: ./src/engines/shared/refusals.ts
var refusals = __webpack_require__(6844);
;// CONCATENATED MODULE: ./src/engines/shared/database.ts
/** The target database of one run: the session that works and holds the lock, the one that watches, and their like. */











/** How long the lock is waited for when it is given back at the end. */
const RELEASE_MS = 500;
const GONE_WITHIN_MS = 10_000;
/** Behind a pooler, where connect-timeout sets no limit. */
const SECOND_WITHIN_MS = 10_000;
/** The lock is asked for again this often, and after that many looks without keeping a connection meanwhile. */
const POLL_MS = 250;
const LOOKS_WITH_CONNECTION = 4;
const AWAY_MS = 1_000;
class Database {
    connections;
    key;
    request;
    log;
    signal;
    remember;
    working = null;
    watcher = null;
    /** Stands in for the working session once that is lost. */
    substitute = null;
    server = null;
    databaseBytes = 0;
    /** The backend that has the lock for us. */
    lockedBy = null;
    armed = [];
    /** `remember` is told which backend does the work, before it does any. */
    constructor(request, log, signal, remember) {
        this.request = request;
        this.log = log;
        this.signal = signal;
        this.remember = remember;
        this.connections = new Connections(request, log, signal);
        this.key = (0,lock/* lockKey */.TL)(request.trackingSchema);
    }
    get session() {
        if (!this.working)
            throw new Error('not connected');
        return this.working;
    }
    get facts() {
        if (!this.server)
            throw new Error('not inspected');
        return this.server;
    }
    /** Whether this run may do more than look. */
    get executes() {
        return this.request.mode !== 'status' && this.request.mode !== 'verify';
    }
    /** Connects; for modes that execute it also takes the lock. Throws a Stop. */
    async open() {
        const session = await this.connections.connectTo(this.request.target, this.signal);
        this.working = session;
        await this.meet();
        await this.passPooler(this.request.target, session);
        if (!this.executes)
            await session.query('set session characteristics as transaction read only');
        this.armed = await this.arm(session);
        if (this.executes)
            await this.lock();
        return this.facts;
    }
    /**
     * Before anything is set: where there is a pooler, what a session sets could be left to others. Throws a Stop unless it
     * keeps a session for a connection.
     */
    async passPooler(target, session) {
        if (session.startupPid === session.backendPid)
            return;
        const withinMs = this.request.connectTimeoutMs || SECOND_WITHIN_MS;
        await (0,inspect/* refusePooler */.aW)(session, () => this.connections.connectTo(target), withinMs);
        this.connections.keepsSessions.add(target);
        await (0,settings/* liftLimits */.KK)(session, { throughPooler: true });
    }
    arm(session) {
        return (0,settings/* armDeadMansSwitch */.Iy)(session, this.connections.name);
    }
    /** After the pause: the lock again, on another connection where the first was lost. */
    async reopen() {
        if (this.session.lost) {
            // Firewalls and idle timeouts end connections that are silent for the length of a review.
            await this.join();
            this.lockedBy = null;
        }
        await this.lock();
        return this.meet();
    }
    /** A session to work with, armed before it holds anything. */
    async join() {
        const session = await this.connections.connectTo(this.request.target, this.signal);
        this.working = session;
        this.armed = await this.arm(session);
    }
    async meet() {
        const facts = await (0,inspect/* readServer */.Wb)(this.session, this.request.trackingSchema);
        (0,inspect/* refuseServer */._Z)(facts, this.executes);
        this.server = facts;
        this.remember((0,shared_backend/* backendOf */.EC)(facts));
        return facts;
    }
    async health() {
        const health = await this.connections.interruptible('while looking at the database', () => (0,inspect/* readHealth */.L8)(this.session));
        this.databaseBytes = health.databaseBytes;
        return health;
    }
    // -- the sessions that work and watch -------------------------------------------------------------------------
    async bench(known) {
        const { target } = this.request;
        if (!this.watcher || this.watcher.lost)
            this.watcher = await this.connections.connectTo(target, this.signal);
        return this.benchOf(target, this.session, this.watcher, this.facts, this.armed, known);
    }
    /** `knownOf` is given a session of the copy, and throws a Stop for what is no copy. */
    async copyBench(target, knownOf) {
        const session = await this.connections.connectTo(target, this.signal);
        const facts = await (0,inspect/* readServer */.Wb)(session, this.request.trackingSchema);
        (0,inspect/* refuseServer */._Z)(facts, true);
        await this.passPooler(target, session);
        const watcher = await this.connections.connectTo(target, this.signal);
        const known = await knownOf(session);
        return this.benchOf(target, session, watcher, facts, await this.arm(session), known);
    }
    benchOf(target, session, watcher, facts, armed, known) {
        return {
            request: this.request,
            log: this.log,
            signal: this.signal,
            target,
            session,
            pid: facts.backendPid,
            watcher,
            reconnect: () => this.connections.connectTo(target),
            witness: () => this.witness(),
            armed,
            serverMajor: facts.major,
            databaseBytes: this.databaseBytes,
            standbys: facts.standbys,
            lockCapacity: facts.lockCapacity,
            ...known,
        };
    }
    /** A session that can tell; when the working one was lost, its backend must be gone first, as it could still commit. Throws while it is not. */
    async witness() {
        if (!this.session.lost)
            return this.session;
        if (this.substitute && !this.substitute.lost)
            return this.substitute;
        const witness = await this.connections.connectAgain();
        await (0,shared_backend/* endBackend */.A4)(witness, (0,shared_backend/* backendOf */.EC)(this.facts));
        this.substitute = witness;
        return witness;
    }
    /** After a run that was killed: its backend is ended, and a session that can tell what it has done. */
    async afterDeath(backend) {
        const session = await this.connections.connectAgain();
        this.working = session;
        if (backend)
            await (0,shared_backend/* endBackend */.A4)(session, backend);
        return session;
    }
    /**
     * Other sessions of this run in this database, which a dead gate's tool may have left: until they are gone they could
     * still commit.
     */
    async endNamesakes() {
        const until = performance.now() + GONE_WITHIN_MS;
        for (;;) {
            const left = await (0,as_login/* askAsLogin */.$)(this.session, `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
          where a.application_name = $1 and a.pid <> pg_catalog.pg_backend_pid() and a.usename = session_user
            and a.datname = pg_catalog.current_database()`, [this.connections.name]);
            if (left.length === 0)
                return;
            if (performance.now() > until)
                throw new Error('sessions of the run that was killed are still at work');
            await (0,promises_.setTimeout)(100);
        }
    }
    // -- the lock and the end -------------------------------------------------------------------------------------
    async release() {
        const { working, lockedBy } = this;
        if (lockedBy === null || !working || working.lost)
            return;
        this.lockedBy = null;
        if (!(await (0,lock/* releaseLock */.x_)(working, this.key)))
            await (0,lock/* freeStrandedLock */.l6)(working, this.key, lockedBy);
    }
    async close() {
        // Whoever still waits for an answer was given up on; the lock goes with the connection.
        if (!this.working?.busy) {
            const released = this.release().catch((error) => this.log.detail(`the lock goes with the connection: ${error.message}`));
            await Promise.race([released, (0,promises_.setTimeout)(RELEASE_MS, undefined, { ref: false })]);
        }
        await this.connections.close();
    }
    async lock() {
        // A session's advisory lock counts how often it was taken: once is enough, so that one release frees it.
        if (this.lockedBy !== null)
            return;
        const { request, log, signal } = this;
        const deadline = performance.now() + request.lockWaitMs;
        const began = this.session;
        if (Number(request.run.attempt) > 1)
            await this.endEarlierAttempts(null);
        for (let look = 0;; look += 1) {
            const answer = await (0,lock/* tryLock */.bh)(this.session, this.key);
            if ('taken' in answer) {
                this.lockedBy = answer.taken;
                break;
            }
            const { holder } = answer;
            if (await this.endEarlierAttempts(holder))
                continue;
            if (look === 0) {
                log.line(`another gate holds the lock (${(0,refusals/* who */.dp)(holder, request.run)}); waiting up to ${(0,report_text/* duration */.p0)(request.lockWaitMs)}`);
            }
            await this.waitForLock(holder, deadline, look);
        }
        if (signal.aborted)
            throw this.cancelledWaiting();
        const isPooled = this.session.startupPid !== this.lockedBy;
        if (isPooled && !(await (0,lock/* holdsLock */.ub)(this.session, this.key)))
            throw (0,inspect/* transactionPooled */.CY)();
        if (this.session !== began)
            await this.meet();
    }
    /**
     * Until it is worth another look. Whoever waits for longer does so without a connection: there may be just enough of them
     * for the one that works.
     */
    async waitForLock(holder, deadline, look) {
        const { signal } = this;
        const away = look >= LOOKS_WITH_CONNECTION;
        for (;;) {
            if (signal.aborted)
                throw this.cancelledWaiting();
            const left = deadline - performance.now();
            if (left <= 0)
                throw (0,refusals/* lockHeldBy */.C6)(holder, this.request.run);
            if (away)
                await this.connections.part(this.session);
            const pause = away ? AWAY_MS * (0.75 + 0.5 * Math.random()) : POLL_MS;
            await (0,promises_.setTimeout)(Math.min(pause, left), undefined, { signal }).catch(() => undefined);
            if (!away)
                return;
            try {
                return await this.join();
            }
            catch (error) {
                if (!isFull(error))
                    throw error;
            }
        }
    }
    cancelledWaiting() {
        return (0,stop/* cancelled */.K)('while waiting for the lock', 'Run it again: nothing was changed.');
    }
    /**
     * Ends what earlier attempts of this run have left at work here, its holder of the lock first; whatever is another's,
     * by its name or its login, stays. Returns whether the holder was ended.
     */
    async endEarlierAttempts(holder) {
        const { run } = this.request;
        if (holder && !(0,inspect/* isEarlierAttempt */.yW)(holder.application, run))
            return false;
        // An idle one has nothing to commit; in a pool it may be somebody else's by now.
        const rows = await (0,as_login/* askAsLogin */.$)(this.session, `select a.pid, a.application_name, ${shared_backend/* BACKEND_START */.Er} from pg_catalog.pg_stat_activity a
        where a.datname = pg_catalog.current_database() and a.usename = session_user and a.application_name like 'mgate/%'
          and (a.pid = $1 or a.state <> 'idle')
        order by a.pid = $1 desc`, [String(holder?.pid ?? 0)]);
        let ended = false;
        for (const [pid, application, since] of rows) {
            const backend = { pid: Number(pid), since: since ?? '' };
            if (!(0,inspect/* isEarlierAttempt */.yW)(application ?? '', run))
                continue;
            this.log.line(`warning: an earlier attempt of this run is over and its session still at work (${application}, pid ${backend.pid}): it is ended`);
            await (0,shared_backend/* endBackend */.A4)(this.session, backend);
            ended ||= backend.pid === holder?.pid;
        }
        return ended;
    }
}
/** No connection was to be had for the moment. */
function isFull(error) {
    return error instanceof stop/* Stop */.V && (0,failure/* readServerError */.i)(error.cause).code === '53300';
}


/***/ }),

/***/ 3557:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   CY: () => (/* binding */ transactionPooled),
/* harmony export */   L8: () => (/* binding */ readHealth),
/* harmony export */   N4: () => (/* binding */ APPLICATION_NAME_BYTES),
/* harmony export */   SX: () => (/* binding */ applicationName),
/* harmony export */   Wb: () => (/* binding */ readServer),
/* harmony export */   _Z: () => (/* binding */ refuseServer),
/* harmony export */   aW: () => (/* binding */ refusePooler),
/* harmony export */   mr: () => (/* binding */ refuseOld),
/* harmony export */   oH: () => (/* binding */ warningOfNew),
/* harmony export */   yW: () => (/* binding */ isEarlierAttempt)
/* harmony export */ });
/* unused harmony export withoutPlpgsql */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8500);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__webpack_require__.n(node_timers_promises__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var _postgres_as_login_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1299);
/* harmony import */ var _postgres_identifier_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(8332);
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(3530);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(9836);
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(5655);
/* harmony import */ var _backend_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(8937);
/* harmony import */ var _tracking_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(2597);
/** The server's facts, and what of them speaks against working there. */









const OLDEST = 14;
const NEWEST = 18;
/** Of a longer one the server keeps only these. */
const APPLICATION_NAME_BYTES = 63;
/** At most 63 bytes: `mgate/<run id>/<attempt>/<repository>`. */
function applicationName(run) {
    return (0,_report_text_js__WEBPACK_IMPORTED_MODULE_7__/* .cutBytes */ .Uw)(`mgate/${run.runId ?? 'local'}/${run.attempt ?? '1'}/${run.repository ?? run.actor ?? '-'}`, APPLICATION_NAME_BYTES);
}
/**
 * Whether it is a session of an earlier attempt of this very run: that one is over, as GitHub begins an attempt when the
 * one before has ended. Of anything else, and of a run that GitHub did not start, nobody can say so.
 */
function isEarlierAttempt(application, run) {
    if (run.repository === null || !/^\d+$/.test(run.runId ?? '') || !/^\d+$/.test(run.attempt ?? ''))
        return false;
    const attempt = /^mgate\/\d+\/([1-9]\d*)\//.exec(application)?.[1];
    if (attempt === undefined || Number(attempt) >= Number(run.attempt))
        return false;
    return application === applicationName({ ...run, attempt });
}
async function readServer(session, trackingSchema) {
    const schema = (0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_8__/* .quoteLiteral */ .c)(trackingSchema);
    const { rows } = await session.query(`${_tracking_js__WEBPACK_IMPORTED_MODULE_6__/* .PINNED */ .LS}
    select pg_catalog.current_setting('server_version') as version,
      pg_catalog.current_setting('server_version_num')::int / 10000 as major,
      pg_catalog.current_database()::text as database, current_user::text as "user", pg_catalog.pg_backend_pid() as "backendPid",
      (select ${_backend_js__WEBPACK_IMPORTED_MODULE_5__/* .BACKEND_START */ .Er} from pg_catalog.pg_stat_activity a where a.pid = pg_catalog.pg_backend_pid()) as "backendStart",
      pg_catalog.pg_is_in_recovery() as "inRecovery", pg_catalog.current_setting('default_transaction_read_only')::bool as "readOnly",
      pg_catalog.current_setting('standard_conforming_strings')::bool as "conformingStrings",
      (select pg_catalog.count(*) from pg_catalog.pg_stat_replication)::int as standbys,
      pg_catalog.current_setting('max_locks_per_transaction')::int
        * (pg_catalog.current_setting('max_connections')::int + pg_catalog.current_setting('max_prepared_transactions')::int) as "lockCapacity",
      pg_catalog.has_database_privilege(pg_catalog.current_database(), 'temporary') as "mayTemp",
      n.oid is not null as "schemaExists",
      pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') as "mayCreateSchema",
      coalesce(pg_catalog.has_schema_privilege(n.oid, 'create') and pg_catalog.has_schema_privilege(n.oid, 'usage'), false) as "mayCreateInSchema",
      coalesce((select pg_catalog.bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage')
            and pg_catalog.has_table_privilege(c.oid, 'select') and pg_catalog.has_table_privilege(c.oid, 'insert')
            and (c.relname = 'migration_history' or pg_catalog.has_table_privilege(c.oid, 'update')))
         from pg_catalog.pg_class c
        where c.relnamespace = n.oid and c.relname in ('schema_migrations', 'migration_history')), true) as "mayRecord",
      coalesce((select pg_catalog.has_language_privilege(l.oid, 'usage')
         from pg_catalog.pg_language l where l.lanname = 'plpgsql'), false) as "mayDo"
    from (values (1)) as one left join pg_catalog.pg_namespace n on n.nspname = ${schema}`);
    const facts = rows[0];
    if (!facts)
        throw new Error('the server did not tell what it is');
    session.backendPid = facts.backendPid;
    return { ...facts, backendStart: facts.backendStart ?? (await readOwnStart(session)) };
}
async function readOwnStart(session) {
    const own = `select ${_backend_js__WEBPACK_IMPORTED_MODULE_5__/* .BACKEND_START */ .Er} from pg_catalog.pg_stat_activity a where a.pid = pg_catalog.pg_backend_pid()`;
    const [row] = await (0,_postgres_as_login_js__WEBPACK_IMPORTED_MODULE_2__/* .askAsLogin */ .$)(session, own, []);
    // Without it this session could not be told from a later one of the same process id, and be taken for gone.
    if (!row?.[0])
        throw new Error('the server does not tell when this session began');
    return row[0];
}
/** Throws a Stop before anything is asked of a server that might not understand it. `version`: as it says; null: it says nothing. */
function refuseOld(version) {
    const major = Number.parseInt(version ?? '', 10);
    if (Number.isNaN(major) || major >= OLDEST)
        return;
    throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_4__/* .Stop */ .V({
        result: 'failed',
        class: 'connection',
        message: `PostgreSQL ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_7__/* .cut */ .Jj)(version ?? '', 40)} is too old: ${OLDEST} is the oldest that is supported`,
        next: 'Upgrade the server, or migrate it with another tool.',
    });
}
/** A release that came after this one of ours: it is worked on, and said. */
function warningOfNew({ version, major }) {
    if (major <= NEWEST)
        return [];
    return [
        `PostgreSQL ${version} is newer than any that this release was tested with (${OLDEST} to ${NEWEST}): look for a newer release of the gate`,
    ];
}
/** Throws a Stop for a server that the run cannot work on. `executes`: false for the read-only modes. */
function refuseServer(facts, executes) {
    const stop = (message, next) => new _report_stop_js__WEBPACK_IMPORTED_MODULE_4__/* .Stop */ .V({ result: 'failed', class: 'connection', message, next });
    refuseOld(facts.version);
    if (!executes)
        return;
    if (facts.inRecovery) {
        throw stop('this server is a standby: it cannot be written', 'Connect to the primary (a writer or cluster endpoint, not a reader).');
    }
    if (facts.readOnly) {
        throw stop('this connection is read-only (default_transaction_read_only is on for the role, the database or the server)', 'Use a role that may write, or wait until the provider has switched the database back to read-write.');
    }
    if (!facts.mayDo)
        throw withoutPlpgsql(facts);
}
/** What is there in every database unless somebody took it away; some of our own statements are blocks of it. */
function withoutPlpgsql({ database, user }) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_4__/* .Stop */ .V({
        result: 'failed',
        class: 'missing-object',
        message: `the role ${user} cannot use PL/pgSQL in ${database}: it was dropped there, or its use revoked`,
        next: `create extension if not exists plpgsql; grant usage on language plpgsql to ${(0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_8__/* .quoteIdentifier */ .C)(user)};`,
    });
}
const LOOKS = 10;
/** So many at most; a pool's second or third is one that we had. */
const MARKS = 100;
/**
 * Behind a pooler (the backend's id is not the one that the connection was told): refuses what does not keep a session's
 * backend for it, gives out no second one, or hands a backend on as it was left, with our lock on it if we die. Changes
 * nothing on any backend but a setting of our own name and a lock of a random key, which one that resets takes back.
 * `withinMs`: how long a second backend may take.
 */
async function refusePooler(session, second, withinMs) {
    const first = await pidOf(session);
    const other = await within(second(), withinMs);
    try {
        for (let look = 0; look < LOOKS; look += 1) {
            const there = await within(pidOf(other), withinMs);
            // Twice: a pool may give out its connections in turn, and come round to the same.
            const [here, again] = [await pidOf(session), await pidOf(session)];
            if (there === here || here !== first || again !== first)
                throw transactionPooled();
        }
    }
    finally {
        await closed(other);
    }
    const mark = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(8).readBigInt64BE().toString();
    const marked = new Set();
    for (let time = 0; time < MARKS; time += 1) {
        const next = await within(second(), withinMs);
        try {
            const { rows } = await within(next.query(MARK, [mark, [...marked]]), withinMs);
            const [row] = rows;
            if (row?.before === mark || row?.held)
                throw notReset();
            if (!row || marked.has(row.pid))
                return;
            // All but the last are gone: the pooler ends them, and hands none on.
            if (marked.size > 2 && row.left <= 1)
                return;
            marked.add(row.pid);
        }
        finally {
            await closed(next);
        }
    }
    throw notSeenAgain();
}
const MARK = (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_3__/* .qualified */ .LX)(`select pg_catalog.pg_backend_pid() as pid, one.before, one.held, pg_catalog.set_config('mgate.mark', $1::text, false),
    case when one.held then pg_catalog.pg_advisory_unlock($1::text::bigint) else pg_catalog.pg_try_advisory_lock($1::text::bigint) end,
    (select pg_catalog.count(*) from pg_catalog.pg_stat_activity where pid = any ($2::int[]))::int as left
  from (select pg_catalog.current_setting('mgate.mark', true) as before, exists (
      select 1 from pg_catalog.pg_locks where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid() and objsubid = 1
         and ((classid::bigint << 32) | objid::bigint) = $1::text::bigint) as held offset 0) one`);
async function pidOf(session) {
    return (await session.query('select pg_catalog.pg_backend_pid() as pid')).rows[0]?.pid;
}
async function within(answer, ms) {
    const given = new AbortController();
    const late = (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_1__.setTimeout)(ms, null, { signal: given.signal }).then(() => {
        throw oneConnection();
    });
    late.catch(() => undefined);
    answer.catch(() => undefined);
    try {
        return await Promise.race([answer, late]);
    }
    finally {
        given.abort();
    }
}
/** One that was not answered is given up on. */
async function closed(session) {
    if (session.busy)
        session.drop();
    else
        await session.end();
}
const pooled = (message, next) => new _report_stop_js__WEBPACK_IMPORTED_MODULE_4__/* .Stop */ .V({ result: 'failed', class: 'connection', message, next });
function transactionPooled() {
    return pooled('this connection goes through a pooler in transaction or statement mode: locks and settings of a session do not hold there', 'Use the direct address of the database (often port 5432), or a pool in session mode.');
}
function notReset() {
    return pooled('this connection goes through a pooler that hands a server connection on as its last client left it: what this run sets, and its lock should it die, would stay there', 'Use the direct address of the database, or set server_reset_query = DISCARD ALL in the pooler.');
}
function notSeenAgain() {
    return pooled(`this connection goes through a pooler that gave us another connection to the server each of ${MARKS} times, so that it cannot be told whether it resets them`, 'Use the direct address of the database (often port 5432), or a smaller pool.');
}
function oneConnection() {
    return pooled('this connection goes through a pooler that gave us no second connection to the server in time: the pool is too small, or used up', 'Use the direct address of the database (often port 5432), or a pool of three connections or more.');
}
/** What the server feels like right now; its database's size is read from the file system and takes a while. */
async function readHealth(session) {
    const { rows } = await session.query(`${_tracking_js__WEBPACK_IMPORTED_MODULE_6__/* .PINNED */ .LS}
      select (select pg_catalog.count(*) from pg_catalog.pg_stat_activity where backend_type = 'client backend')::int as connections,
        pg_catalog.current_setting('max_connections')::int as max,
        (select pg_catalog.count(*) from pg_catalog.pg_locks where not granted)::int as waiting,
        pg_catalog.pg_database_size(pg_catalog.current_database())::text as bytes,
        (select pg_catalog.count(*) from pg_catalog.pg_stat_replication)::int as standbys,
        (select pg_catalog.json_agg(pg_catalog.json_build_object('pid', pid, 'application', coalesce(application_name, ''),
                  'seconds', pg_catalog.floor(extract(epoch from pg_catalog.now() - xact_start))) order by xact_start)
           from pg_catalog.pg_stat_activity
          where xact_start < pg_catalog.now() - interval '1 minute' and pid <> pg_catalog.pg_backend_pid() and backend_type = 'client backend') as long`);
    const row = rows[0];
    if (!row)
        throw new Error('the server did not answer how it is');
    return {
        connections: row.connections,
        maxConnections: row.max,
        longTransactions: row.long ?? [],
        waitingLocks: row.waiting,
        databaseBytes: Number(row.bytes),
        standbys: row.standbys,
    };
}


/***/ }),

/***/ 3601:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   I7: () => (/* binding */ indexState),
/* harmony export */   Jn: () => (/* binding */ passedOver),
/* harmony export */   Pv: () => (/* binding */ passedOverCheck),
/* harmony export */   S4: () => (/* binding */ judge),
/* harmony export */   We: () => (/* binding */ invalidIndexes),
/* harmony export */   hk: () => (/* binding */ INDEX_STATE),
/* harmony export */   w0: () => (/* binding */ indexInTheWay)
/* harmony export */ });
/* harmony import */ var _postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8829);
/* harmony import */ var _postgres_identifier_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(8332);
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3530);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9836);
/* harmony import */ var _sql_classify_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(9281);
/* harmony import */ var _sql_non_transactional_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(8351);
/** What an interrupted non-transactional statement left behind, judged from the catalog. */






/**
 * Of the index `i`: another session is building, rebuilding or dropping it. REINDEX CONCURRENTLY shows one index of
 * several in the progress view, and a plain role sees no relation there at all; the locks that such a statement keeps
 * for its session, between its transactions too, everybody sees.
 */
const UNDER_WAY = `exists (select 1 from pg_catalog.pg_locks l
          where l.locktype = 'relation' and l.granted and l.pid <> pg_catalog.pg_backend_pid()
            and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
            and (l.relation = i.indexrelid and l.mode = any ('{ShareUpdateExclusiveLock, AccessExclusiveLock}')
              or l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock'
                and exists (select 1 from pg_catalog.pg_stat_progress_create_index p where p.pid = l.pid)))`;
/** Of invalid indexes (a partitioned parent's is so on purpose); that of a TOAST table under the name of the table it serves. */
const INVALID = `
    select pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
           coalesce((select r.oid from pg_catalog.pg_class r where r.reltoastrelid = i.indrelid), i.indrelid)::pg_catalog.regclass::text as table
      from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where not i.indisvalid and c.relkind = 'i' and (n.nspname !~ '^pg_' or n.nspname = 'pg_toast') and not ${UNDER_WAY}`;
/** Invalid indexes that are not so on purpose and that nobody is at right now. */
async function invalidIndexes(session) {
    const { rows } = await session.query((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)(`${INVALID} order by 1`));
    return rows;
}
/** `valid`, `qualified`, `building` of the index that the name `$1` means, seen from the table `$2`; no row: there is none. */
const INDEX_STATE = (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)(`select i.indisvalid and i.indisready or c.relkind = 'I' as valid, pg_catalog.format('%I.%I', n.nspname, c.relname) as qualified,
            ${UNDER_WAY} as building, i.indrelid = pg_catalog.to_regclass($2) as "onTable"
       from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.oid = coalesce(
        -- CREATE INDEX puts the index into the schema of its table, whatever the search_path says.
        (select x.oid from pg_catalog.pg_class x join pg_catalog.pg_class t on t.oid = pg_catalog.to_regclass($2) and x.relnamespace = t.relnamespace
          where x.relname = (pg_catalog.parse_ident($1))[pg_catalog.array_length(pg_catalog.parse_ident($1), 1)]),
        pg_catalog.to_regclass($1))`);
/** The state of the index that a written name means, seen from the table it belongs to where that is known. */
async function indexState(session, name, table) {
    const { rows } = await session.query(INDEX_STATE, [name, table]);
    const row = rows[0];
    return row
        ? { exists: true, ...row }
        : { exists: false, valid: false, building: false, qualified: null, onTable: null };
}
/** Looks and changes nothing; inside a transaction or outside of one. */
async function judge(session, leftover) {
    if (leftover === null)
        return { kind: 'unknown' };
    switch (leftover.kind) {
        case 'create-index':
            return leftover.index === null
                ? judgeUnnamedIndex(session, leftover)
                : judgeNamedIndex(session, leftover, leftover.index);
        case 'drop-index':
            return judgeDrop(session, leftover.indexes);
        case 'reindex':
            return judgeReindex(session, leftover);
        case 'detach':
            return judgeDetach(session, leftover.parent, leftover.partition);
        case 'create-database':
        case 'drop-database':
        case 'create-tablespace':
        case 'drop-tablespace': {
            const catalog = leftover.kind.endsWith('database') ? ['pg_database', 'datname'] : ['pg_tablespace', 'spcname'];
            const { rows } = await session.query((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)(`select exists (select 1 from pg_catalog.${catalog[0]} where ${catalog[1]} = (pg_catalog.parse_ident($1))[1]) as there`), [leftover.name]);
            const there = rows[0]?.there ?? false;
            const found = `${leftover.name} is ${there ? '' : 'not '}there`;
            return there === leftover.kind.startsWith('create') ? { kind: 'done', found } : again(found);
        }
        case 'repeatable':
            return again('it may simply be run again');
    }
}
function again(found, cleanup = []) {
    return { kind: 'again', cleanup, found };
}
function dropIndex(qualified) {
    return { sql: `drop index concurrently if exists ${qualified}`, plain: `drop index if exists ${qualified}` };
}
async function judgeNamedIndex(session, leftover, index) {
    const { valid, building, qualified, onTable } = await indexState(session, index, leftover.table);
    if (qualified === null)
        return again(`there is no index ${index}`);
    // The statement itself will say that the name is taken.
    if (onTable === false)
        return again(`${qualified} is an index of another table`);
    if (building)
        return underWay(qualified);
    if (!valid)
        return again(`the index ${qualified} is there and invalid: its build was not finished`, [dropIndex(qualified)]);
    const same = await sameIndexes(session, leftover);
    if (same && !same.rows.some((one) => one.qualified === qualified))
        return again(`${qualified} is there with another definition`);
    return { kind: 'done', found: `the index ${qualified} is there and valid` };
}
/** The server chose the name; what the statement makes is known by its definition. */
async function judgeUnnamedIndex(session, leftover) {
    const same = await sameIndexes(session, leftover);
    if (!same)
        return { kind: 'unknown', found: `the index has no name, and its definition could not be compared` };
    // The server appends a number where the name is taken, and cuts what is too long.
    const isDefault = ({ bare }) => bare.replace(/\d+$/, '') === same.name.replace(/\d+$/, '') || Buffer.byteLength(bare) >= 60;
    const rows = same.rows.filter(isDefault);
    const building = rows.find((one) => one.building);
    if (building)
        return underWay(building.qualified);
    const invalid = rows.filter((one) => !one.valid).map((one) => one.qualified);
    if (invalid.length > 0)
        return again(`${invalid.join(', ')} on ${leftover.table} has its definition and is invalid: its build was not finished`, invalid.map(dropIndex));
    const [valid] = rows;
    if (!valid)
        return again(`there is no index of its definition on ${leftover.table}`);
    return { kind: 'done', found: `the index ${valid.qualified} has its definition and is valid` };
}
function underWay(qualified) {
    return {
        kind: 'unknown',
        found: `another session is at work on the index ${qualified} right now`,
        next: 'Wait until it is over (pg_stat_progress_create_index), then run again.',
    };
}
/** All that makes an index what it is, but its name and its table; by column names, as numbers differ after a DROP COLUMN. */
const DEFINITION = `pg_catalog.json_build_array(
      array(select pg_catalog.pg_get_indexdef(i.indexrelid, k, false) from pg_catalog.generate_series(1, i.indnatts::int) k),
      i.indclass::text, i.indcollation::text, i.indoption::text, i.indisunique, pg_catalog.to_jsonb(i) -> 'indnullsnotdistinct',
      i.indnkeyatts, pg_catalog.pg_get_expr(i.indpred, i.indrelid), c.relam::text, c.reloptions)::text`;
/**
 * The indexes of the table that are what the statement makes. The server itself is asked what that is: it makes it on an
 * empty table of the same name and columns, and that is rolled back. Null: it could not.
 */
async function sameIndexes(session, { table, around }) {
    const bare = (0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_5__/* .quoteIdentifier */ .C)((0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_3__/* .bareName */ .yZ)(table));
    return rolledBack(session, async () => {
        await session.query(`create temporary table ${bare} (like ${table})`);
        await session.query(`${around[0]}pg_temp.${bare}${around[1]}`);
        const made = await session.query((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)(`select c.relname::text as name, ${DEFINITION} as definition from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
        where i.indrelid = pg_catalog.to_regclass($1)`), [`pg_temp.${bare}`]);
        const [only] = made.rows;
        if (!only)
            return null;
        // Without the empty one, whose name would hide the table's.
        await session.query(`drop table pg_temp.${bare}`);
        const { rows } = await session.query((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)(`select pg_catalog.format('%I.%I', n.nspname, c.relname) as qualified, c.relname::text as bare, i.indisvalid and i.indisready as valid,
              ${UNDER_WAY} as building, ${DEFINITION} as definition
         from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where i.indrelid = pg_catalog.to_regclass($1)`), [table]);
        return { name: only.name, rows: rows.filter((row) => row.definition === only.definition) };
    });
}
const NO_ACTIVE_SQL_TRANSACTION = '25P01';
/** Null: the server refused something of it. */
async function rolledBack(session, work) {
    let undo = 'rollback to savepoint mgate_judge; release savepoint mgate_judge';
    try {
        await session.query('savepoint mgate_judge');
    }
    catch (error) {
        if ((0,_postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .readServerError */ .i)(error).code !== NO_ACTIVE_SQL_TRANSACTION)
            throw error;
        await session.query('begin');
        undo = 'rollback';
    }
    try {
        return await work();
    }
    catch (error) {
        if (!(0,_postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .readServerError */ .i)(error).fromServer)
            throw error;
        return null;
    }
    finally {
        await session.query(undo);
    }
}
// -- the others -------------------------------------------------------------------------------------------------
async function judgeDrop(session, indexes) {
    for (const index of indexes) {
        const { qualified, valid } = await indexState(session, index, null);
        if (qualified !== null)
            return again(`the index ${qualified} is still there${valid ? '' : ', invalid'}`);
    }
    return { kind: 'done', found: `there is no index ${indexes.join(', ')} any more` };
}
/** The twin of an index: its name, cut where it was too long, and a suffix, and a number where that was taken. */
const TWIN = `'_cc(new|old)[0-9]*$'`;
/** Which twins are the statement's: of the index, of the table and its partitions and their TOAST tables, of the schema's tables. */
const TWINS_OF = {
    index: `exists (select 1 from pg_catalog.pg_index o join pg_catalog.pg_class oc on oc.oid = o.indexrelid
       where o.indrelid = i.indrelid
         and o.indexrelid = any (select pg_catalog.to_regclass($1) union all select relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)))
         and (oc.relname = pg_catalog.regexp_replace(c.relname, ${TWIN}, '')
           or pg_catalog.octet_length(c.relname) >= 60
             and pg_catalog.starts_with(oc.relname, pg_catalog.regexp_replace(c.relname, ${TWIN}, ''))))`,
    table: `exists (select 1 from pg_catalog.pg_class t
       where t.oid = any (select pg_catalog.to_regclass($1) union all select relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)))
         and i.indrelid = any (array[t.oid, t.reltoastrelid]))`,
    schema: `exists (select 1 from pg_catalog.pg_class t join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
       where tn.nspname = (pg_catalog.parse_ident($1))[1] and i.indrelid = any (array[t.oid, t.reltoastrelid]))`,
    database: `$1::text is not null`,
    system: `$1::text is not null`,
};
/** Rebuilding it once more hurts nothing; the twins of the rebuild that was interrupted go first. */
async function judgeReindex(session, { of, target }) {
    const { rows } = await session.query(
    // Who may not even name what is in pg_toast leaves it to whoever may.
    (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)(`${INVALID} and c.relname ~ ${TWIN} and pg_catalog.has_schema_privilege(n.oid, 'usage') and ${TWINS_OF[of]} order by 1`), [target]);
    if (rows.length === 0)
        return again('it left nothing behind, and may simply be run again');
    const twins = rows.map((twin) => `${twin.name} on ${twin.table}`).join(', ');
    return again(`it left behind ${twins}, invalid`, rows.map((twin) => dropIndex(twin.name)));
}
async function judgeDetach(session, parent, partition) {
    const { rows } = await session.query((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)(`select inhdetachpending as pending from pg_catalog.pg_inherits
      where inhparent = pg_catalog.to_regclass($1) and inhrelid = pg_catalog.to_regclass($2)`), [parent, partition]);
    const row = rows[0];
    if (!row)
        return { kind: 'done', found: `${partition} is no partition of ${parent} any more` };
    if (!row.pending)
        return again(`${partition} is still a partition of ${parent}`);
    const finalize = `alter table ${parent} detach partition ${partition} finalize`;
    return again(`the detaching of ${partition} from ${parent} is pending`, [{ sql: finalize, plain: finalize }]);
}
// -- IF NOT EXISTS ----------------------------------------------------------------------------------------------
/** Invalid indexes that CREATE INDEX IF NOT EXISTS, among these statements, has passed over as if they were of use. */
async function passedOver(session, statements) {
    const named = [...statements].flatMap(_sql_non_transactional_js__WEBPACK_IMPORTED_MODULE_4__/* .indexesIfMissing */ .Y);
    if (named.length === 0)
        return [];
    const invalid = await invalidIndexes(session);
    const found = new Set();
    for (const { index, table } of invalid.length === 0 ? [] : named) {
        const state = await indexState(session, index, table);
        // A search_path of its file's may be over: then by the names alone.
        const isMeant = (one) => state.exists
            ? one.name === state.qualified
            : (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_3__/* .bareName */ .yZ)(one.name) === (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_3__/* .bareName */ .yZ)(index) && (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_3__/* .bareName */ .yZ)(one.table) === (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_3__/* .bareName */ .yZ)(table);
        for (const one of invalid.filter(isMeant))
            found.add(one);
    }
    return [...found];
}
function passedOverCheck(found) {
    const [first] = found;
    return {
        check: 'IF NOT EXISTS has passed over no invalid index',
        passed: first === undefined,
        detail: first
            ? `${found.map((one) => `${one.name} on ${one.table}`).join(', ')} is invalid, and no query uses it: run ${dropIndex(first.name).sql}, then run again`
            : null,
    };
}
/** An index that a statement is to make is there and of no use: IF NOT EXISTS would hide that, CREATE INDEX would fail. */
function indexInTheWay(state, place) {
    const { qualified, building } = state;
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'failed',
        class: 'duplicate-object',
        message: building
            ? `the index ${qualified} is being built right now by another session`
            : `an invalid index ${qualified} is in the way: a build of it failed, and no query uses it`,
        next: building
            ? 'Wait until that build is over, then run again.'
            : `Run: ${dropIndex(qualified ?? '').sql}; then run again.`,
        ...(place ?? {}),
    });
}


/***/ }),

/***/ 9491:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   t: () => (/* binding */ setMarker)
/* harmony export */ });
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3530);
/** A point to restore to, noted before anything is applied. */

/** A restore point where the role may set one; else the position in the WAL alone. */
async function setMarker(session, run) {
    const name = `mgate-${run.runId ?? 'local'}-${run.attempt ?? '1'}`.slice(0, 63);
    const { rows } = await session.query((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`select pg_catalog.pg_current_wal_lsn()::text as lsn, pg_catalog.clock_timestamp()::text as at, pg_catalog.pg_current_snapshot()::text as snapshot,
            pg_catalog.has_function_privilege('pg_catalog.pg_create_restore_point(pg_catalog.text)', 'execute') and pg_catalog.current_setting('wal_level') <> 'minimal' as may`));
    const position = rows[0];
    if (!position)
        throw new Error('the server did not tell its WAL position');
    const { lsn, at, snapshot, may } = position;
    if (!may)
        return { kind: 'wal-position', name: null, lsn, at, snapshot };
    const point = await session.query('select pg_catalog.pg_create_restore_point($1)::pg_catalog.text as lsn', [name]);
    return { kind: 'restore-point', name, lsn: point.rows[0]?.lsn ?? lsn, at, snapshot };
}


/***/ }),

/***/ 7848:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   V: () => (/* binding */ planHeader)
/* harmony export */ });
/* harmony import */ var _report_plan_sql_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9806);

/** The head of plan.sql, whichever engine writes the rest. */
function planHeader({ digest, pending }, { database, version }, request) {
    const { environment, transactionMode, target } = request;
    return (0,_report_plan_sql_js__WEBPACK_IMPORTED_MODULE_0__/* .renderPlanHeader */ .nA)({ digest, database, host: target.host, environment, serverVersion: version, transactionMode }, pending);
}


/***/ }),

/***/ 6844:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C6: () => (/* binding */ lockHeldBy),
/* harmony export */   DI: () => (/* binding */ changedOnDisk),
/* harmony export */   HX: () => (/* binding */ notAsWritten),
/* harmony export */   O$: () => (/* binding */ unreadable),
/* harmony export */   PW: () => (/* binding */ unfitTable),
/* harmony export */   Po: () => (/* binding */ nowhereToSettle),
/* harmony export */   Pr: () => (/* binding */ refuseUnlessConforming),
/* harmony export */   cF: () => (/* binding */ lostLock),
/* harmony export */   dh: () => (/* binding */ anothersTable),
/* harmony export */   dp: () => (/* binding */ who),
/* harmony export */   id: () => (/* binding */ emptyFolder),
/* harmony export */   mE: () => (/* binding */ notTogether),
/* harmony export */   tT: () => (/* binding */ unrecordable),
/* harmony export */   xG: () => (/* binding */ refuseUnlessMayRecord),
/* harmony export */   zb: () => (/* binding */ lockTaken)
/* harmony export */ });
/* harmony import */ var _postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8829);
/* harmony import */ var _report_redact_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(649);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9836);
/* harmony import */ var _request_event_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(9369);
/* harmony import */ var _inspect_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(3557);
/* harmony import */ var _tracking_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(2597);






/** `run`: ours, which knows where runs are to be seen. */
function who({ pid, application, since, state, stateSince }, run) {
    if (pid === 0)
        return 'an unknown session';
    const link = runUrlOf(application, run);
    const connected = since === null ? '' : `, connected since ${since}`;
    const does = state === null ? '' : `, ${state}${stateSince === null ? '' : ` since ${stateSince}`}`;
    return `${application || 'no application name'}${link === null ? '' : ` (${link})`}, pid ${pid}${connected}${does}`;
}
/** The page of the run that a session says it is of, on the GitHub that ours is on; null: its name does not tell, or was cut. */
function runUrlOf(application, { runUrl }) {
    const [, id, attempt, repository] = /^mgate\/(\d+)\/(\d+)\/([\w.-]+\/[\w.-]+)$/.exec(application) ?? [];
    if (!id || !attempt || !repository || application.length >= _inspect_js__WEBPACK_IMPORTED_MODULE_4__/* .APPLICATION_NAME_BYTES */ .N4)
        return null;
    const server = runUrl === null ? 'https://github.com' : new URL(runUrl).origin;
    return (0,_request_event_js__WEBPACK_IMPORTED_MODULE_3__/* .runAddress */ .YM)(server, repository, id, attempt);
}
function anothersTable(table, tool, schema, sameName) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'refused',
        class: 'tool',
        message: sameName
            ? `${table} exists and is not ours: it looks like ${tool}'s`
            : `this database is migrated by ${tool}: ${table} exists and we have no record of our own`,
        next: sameName
            ? `Set tracking-schema to another schema than ${schema}, so that both tools keep their own tables.`
            : 'If both are meant to work on this database, set allow-hazards: another-tool once, or tracking-schema to a schema of our own.',
    });
}
/** Our own table, altered so that it cannot be relied on. */
function unfitTable(table, fault) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'refused',
        class: 'tool',
        message: `${table} cannot keep our records: ${fault}`,
        next: `Undo that on ${table}, or set tracking-schema to another schema.`,
    });
}
/** The rows that were to tell that a migration is applied are not there as they were written. */
function notAsWritten(schema, error) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'refused',
        class: 'tool',
        message: `what was recorded in ${schema}.schema_migrations and ${schema}.migration_history is not there as it was written: a trigger on them swallows or changes it`,
        next: `Drop or disable the triggers of ${schema}.schema_migrations and ${schema}.migration_history, then run again.`,
    }, { cause: error });
}
/** The dry run could not write our rows as apply would. */
function unrecordable(schema, error) {
    const server = (0,_postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .readServerError */ .i)(error);
    if (server.code === _tracking_js__WEBPACK_IMPORTED_MODULE_5__/* .NOT_AS_WRITTEN */ .pB)
        return notAsWritten(schema, error);
    // Our rows are not at fault where the server was interrupted, ran out of something, or is gone.
    if (!server.fromServer || !/^(0A|22|23|27|2D|42|44|55000|P0|XX)/.test(server.code ?? ''))
        return error instanceof Error ? error : new Error(server.message);
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'refused',
        class: server.code === '42501' ? 'permission' : 'tool',
        message: `our rows in ${schema}.schema_migrations and ${schema}.migration_history could not be written: ${(0,_report_redact_js__WEBPACK_IMPORTED_MODULE_1__/* .hideMessage */ .oP)(server.code, server.message)} (${server.code})`,
        next: `Undo what was changed on these tables (a trigger, a constraint, a column), or set tracking-schema to another schema.`,
    }, { cause: error });
}
function emptyFolder(shown, warnings) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'failed',
        class: 'input',
        message: `${shown} holds no migration file (<digits>_<name>.sql)${warnings.length > 0 ? `: ${warnings[0]}` : ''}`,
        next: 'Correct migrations-path, or add the first migration.',
    });
}
/** Files are read by the rule that every server has had since 9.1, unless somebody has set it back. */
function refuseUnlessConforming({ conformingStrings, user, database }) {
    if (conformingStrings)
        return;
    throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'failed',
        class: 'input',
        message: `standard_conforming_strings is off for the role ${user} or the database ${database}: a backslash in '...' would end literals elsewhere than where the migration files are read to end them`,
        next: `alter role "${user}" in database "${database}" set standard_conforming_strings = on; and write E'...' where a backslash is to escape.`,
    });
}
/** The role must be able to keep our records; better said now than after the first migration. */
function refuseUnlessMayRecord(facts, exists, fileMakesTable, schema) {
    const stop = (what, grant) => new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'failed',
        class: 'permission',
        message: `the role ${facts.user} may not ${what}`,
        next: `Run as the database's owner: ${grant};`,
    });
    if (!facts.mayTemp)
        throw stop('create temporary tables, which the dry run needs', `grant temporary on database "${facts.database}" to "${facts.user}"`);
    if (exists) {
        if (!facts.mayRecord)
            throw stop(`read and write ${schema}.schema_migrations and ${schema}.migration_history`, `grant usage on schema "${schema}" to "${facts.user}"; grant select, insert, update on "${schema}".schema_migrations, "${schema}".migration_history to "${facts.user}"`);
        return;
    }
    if (fileMakesTable)
        return;
    if (!facts.schemaExists && !facts.mayCreateSchema)
        throw stop(`create the schema ${schema}`, `create schema "${schema}" authorization "${facts.user}"`);
    if (facts.schemaExists && !facts.mayCreateInSchema)
        throw stop(`create tables in the schema ${schema}`, `grant create, usage on schema "${schema}" to "${facts.user}"`);
}
/** Our own rows could not be read. */
function unreadable({ user }, schema, error) {
    if ((0,_postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .readServerError */ .i)(error).code !== '42501')
        return error;
    const tables = `"${schema}".schema_migrations, "${schema}".migration_history`;
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'failed',
        class: 'permission',
        message: `the role ${user} may not read ${schema}.schema_migrations and ${schema}.migration_history`,
        next: `Run as their owner: grant usage on schema "${schema}" to "${user}"; grant select, insert, update on ${tables} to "${user}";`,
    }, { cause: error });
}
function lockHeldBy(holder, run) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'refused',
        class: 'lock-timeout',
        message: `another gate holds the lock: ${who(holder, run)}`,
        next: holder.pid === 0
            ? 'Run again.'
            : `Wait until that run is over, then run again; if it is dead: select pg_terminate_backend(${holder.pid});`,
        lockHeld: true,
    });
}
/** `file` gave up the lock in apply, and somebody was waiting for it. */
function lockTaken(file, holder, run) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'failed',
        class: 'lock-timeout',
        message: `${file} gave up every advisory lock of its session, the gate's too, and another gate holds that now: ${who(holder, run)}`,
        next: 'Wait until that run is over, then run again: it goes on with what is still pending.',
    });
}
function lostLock() {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'failed',
        class: 'connection',
        message: 'the advisory lock is not held by the session that is to apply: something between us and the server changes sessions, or a migration gave up its advisory locks in the dry run',
        next: 'Connect directly to the server (or to a session pool), then run again; nothing was changed.',
    });
}
/** `creator`: the file up to which all must commit together; null: all are asked to. */
function notTogether(file, why, creator) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'refused',
        class: 'not-in-transaction',
        message: creator === null
            ? `${file} cannot run in one transaction with the others (${why})`
            : `${file} cannot run in one transaction (${why}), and until ${creator} has made schema_migrations there is nowhere to record how far it came`,
        next: creator === null
            ? 'Use transaction-mode: per-migration, or stop before this file with target-version.'
            : `Let the first file make schema_migrations, in one transaction; or leave it out there: the gate makes its own.`,
        file,
    });
}
/** There is no record, and a file that was not applied yet is to make the table for them. */
function nowhereToSettle(creator) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'refused',
        class: 'order',
        message: `nothing can be settled: until ${creator} has made schema_migrations there is no record, and nowhere to write one`,
        next: `Apply ${creator} first (target-version), or leave it out: the gate makes its own table.`,
        file: creator,
    });
}
function changedOnDisk({ file }) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'refused',
        class: 'checksum',
        message: `${file} changed between the dry run and apply`,
        next: 'Run again: the dry run must see the file as it is applied.',
        file,
    });
}


/***/ }),

/***/ 2597:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  pB: () => (/* binding */ NOT_AS_WRITTEN),
  LS: () => (/* binding */ PINNED),
  nv: () => (/* binding */ createHistoryItems),
  Oi: () => (/* binding */ createTrackingItems),
  iB: () => (/* binding */ eventsThere),
  Yk: () => (/* binding */ failureItem),
  X0: () => (/* binding */ forgetItem),
  qm: () => (/* binding */ historyItem),
  ig: () => (/* binding */ leftOut),
  tE: () => (/* binding */ makesTracking),
  eP: () => (/* binding */ proveItem),
  nc: () => (/* binding */ proveRepairItem),
  p0: () => (/* binding */ readAppliedByHistory),
  Ed: () => (/* binding */ readHistoryState),
  Cn: () => (/* binding */ readLastEnvironment),
  T3: () => (/* binding */ readRecords),
  dG: () => (/* binding */ readTrackingState),
  Nd: () => (/* binding */ recordItem),
  Zs: () => (/* binding */ stampOf),
  Ck: () => (/* binding */ trackingQuery)
});

// UNUSED EXPORTS: TRACKING_NAMES

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: ./src/postgres/identifier.ts
var identifier = __webpack_require__(8332);
// EXTERNAL MODULE: ./src/postgres/qualified.ts
var qualified = __webpack_require__(3530);
// EXTERNAL MODULE: ./src/engines/shared/known-tools.ts
var known_tools = __webpack_require__(840);
;// CONCATENATED MODULE: ./src/engines/shared/tracking-shape.ts
/**
 * Whether the tables under our names can hold what we write into them, and show it again. Anybody who owns the schema may
 * have altered them: a record that is swallowed, hidden or emptied by a crash is a migration applied twice.
 */

/** One JSON value, or null where there is no relation of that name. No lock on it, and no right to it is needed. */
function shapeQuery(schema, table) {
    return `(select pg_catalog.json_build_object(
      'kind', c.relkind, 'persistence', c.relpersistence, 'secured', pg_catalog.row_security_active(c.oid),
      'inherited', exists (select from pg_catalog.pg_inherits h where h.inhparent = c.oid),
      'columns', (select pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname, 'type', pg_catalog.format_type(b.oid, null),
            'category', b.typcategory, 'required', a.attnotnull and not a.atthasdef and a.attidentity = ''))
         from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
         join pg_catalog.pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
      'keyed', exists (select from pg_catalog.pg_index i join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'version' and a.attnum = i.indkey[0]
        where i.indrelid = c.oid and i.indisunique and i.indimmediate and i.indisvalid and i.indnkeyatts = 1 and i.indpred is null),
      'rules', (select pg_catalog.json_agg(r.rulename) from pg_catalog.pg_rewrite r
        where r.ev_class = c.oid and r.ev_type in ('2', '3') and r.ev_enabled <> 'D'),
      'deferred', (select pg_catalog.json_agg(g.tgname) from pg_catalog.pg_trigger g
        where g.tgrelid = c.oid and g.tgdeferrable and not g.tgisinternal and g.tgenabled <> 'D'),
      'postponed', (select pg_catalog.json_agg(k.conname) from pg_catalog.pg_constraint k
        where k.conrelid = c.oid and k.condeferrable and k.contype in ('f', 'u', 'x')))
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where n.nspname = ${(0,identifier/* quoteLiteral */.c)(schema)} and c.relname = ${(0,identifier/* quoteLiteral */.c)(table)})`;
}
const TEXT = ['S'];
/** A number would lose the zeros that a version begins with, and `char(n)` pads it. */
const EXACT_TEXT = ['text', 'character varying'];
const MIGRATIONS = {
    version: EXACT_TEXT,
    name: TEXT,
    checksum: EXACT_TEXT,
    status: [...EXACT_TEXT, 'E'],
    applied_at: ['D'],
    execution_time_ms: ['N'],
    error_message: TEXT,
    applied_by: TEXT,
    progress: ['jsonb'],
    run_url: TEXT,
    commit_sha: TEXT,
    plan_digest: TEXT,
};
const HISTORY = {
    id: ['uuid'],
    version: EXACT_TEXT,
    action: [...EXACT_TEXT, 'E'],
    executed_at: ['D'],
    execution_time_ms: ['N'],
    status: [...EXACT_TEXT, 'E'],
    error_message: TEXT,
    executed_by: TEXT,
    environment: [...EXACT_TEXT, 'E'],
    run_url: TEXT,
    commit_sha: TEXT,
    plan_digest: TEXT,
    backup_marker: TEXT,
    reason: TEXT,
};
const HISTORY_REQUIRED = ['id', 'version', 'action', 'executed_at', 'status'];
const KINDS = {
    p: 'a partitioned table',
    v: 'a view',
    m: 'a materialized view',
    f: 'a foreign table',
    S: 'a sequence',
    i: 'an index',
    I: 'an index',
    c: 'a type',
};
/** Why `schema_migrations`, which has our columns, can't keep our records; null when it can. */
function faultOfMigrations(shape) {
    return faultOf(shape, MIGRATIONS) ?? (shape.keyed ? null : 'it has no primary key on version');
}
/** Why `migration_history` can't keep our history; null when it can. */
function faultOfHistory(shape) {
    const names = new Set((shape.columns ?? []).map((column) => column.name));
    const lacking = HISTORY_REQUIRED.filter((name) => !names.has(name));
    const fault = faultOf(shape, HISTORY);
    if (fault !== null || lacking.length === 0)
        return fault;
    return `it has no column ${lacking.join(', ')}`;
}
function faultOf(shape, wanted) {
    if (shape.kind !== 'r')
        return `it is ${KINDS[shape.kind] ?? 'no table'}, not an ordinary table`;
    if (shape.persistence === 'u')
        return 'it is UNLOGGED: a crash of the server would empty it';
    if (shape.secured)
        return 'row-level security applies to this role and may hide rows from it';
    if (shape.inherited)
        return 'other tables inherit from it, and their rows would be taken for its own';
    const [rule] = shape.rules ?? [];
    if (rule !== undefined)
        return `the rule ${rule} stands in for what is written into it`;
    const [trigger] = shape.deferred ?? [];
    if (trigger !== undefined)
        return `the trigger ${trigger} is deferrable: it may change what is recorded after it was proved`;
    const [constraint] = shape.postponed ?? [];
    if (constraint !== undefined)
        return `the constraint ${constraint} is deferrable: it may refuse what is recorded only at COMMIT`;
    for (const { name, type, category, required } of shape.columns ?? []) {
        const fits = wanted[name];
        if (fits === undefined) {
            if (required)
                return `its column ${name} is NOT NULL without a default, and is none of ours`;
        }
        else if (!fits.includes(type) && !fits.includes(category)) {
            return `its column ${name} is of type ${type}, which cannot hold what we write`;
        }
    }
    return null;
}

;// CONCATENATED MODULE: ./src/engines/shared/tracking.ts
/** Our own tables: what they look like, who else's they might be, how they are read and written (contract, section 6). */





const TRACKING_NAMES = [
    'schema_migrations',
    'migration_history',
    'migration_status_view',
    'get_migration_status',
];
/** Our own objects, where a schema is read or compared: they are nobody's migration. */
function leftOut(schema) {
    return [{ schema, names: TRACKING_NAMES }];
}
/** A file that makes the tracking table itself; until it has run there is nowhere to record what was done. */
function makesTracking({ script }) {
    return script.createsTables.includes('schema_migrations');
}
const REQUIRED = ['version', 'name', 'checksum', 'status'];
/** Columns that we add to the contract's own, for the run's identity and for resuming. */
const EXTRA_COLUMNS = [
    ['applied_at', 'timestamptz default now()'],
    ['execution_time_ms', 'integer'],
    ['error_message', 'text'],
    ['applied_by', 'text'],
    ['progress', 'jsonb'],
    ['run_url', 'text'],
    ['commit_sha', 'text'],
    ['plan_digest', 'text'],
];
const HISTORY_COLUMNS = [
    ['execution_time_ms', 'integer'],
    ['error_message', 'text'],
    ['executed_by', 'text'],
    ['environment', 'text'],
    ['run_url', 'text'],
    ['commit_sha', 'text'],
    ['plan_digest', 'text'],
    ['backup_marker', 'text'],
    ['reason', 'text'],
];
/** Schemas that tools make for themselves. */
const HOMES = ['drizzle', 'graphile_migrate', 'sqitch', 'supabase_migrations'];
/**
 * Before our own questions, in one string with them, which is one transaction outside of a block: no function, operator
 * or type of somebody's schema stands in for the server's own, whatever search_path the role has.
 */
const PINNED = `${qualified/* PIN */.GI.text};`;
/** Names in what we create are the server's own as well: a default is looked up once, and called for ever. */
function pinned(texts) {
    return [qualified/* PIN */.GI, ...[...texts, 'reset search_path'].map((text) => ({ text }))];
}
/** The tables under our names, and which other tools' tables exist: one row, no lock on any of them. */
function trackingQuery(schema) {
    const literal = (0,identifier/* quoteLiteral */.c)(schema);
    return `${PINNED}
    select ${shapeQuery(schema, 'schema_migrations')} as migrations, ${shapeQuery(schema, 'migration_history')} as history,
      exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               where n.nspname = ${literal} and c.relname = 'migration_status_view')
      and exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                   where n.nspname = ${literal} and p.proname = 'get_migration_status') as views,
      (select pg_catalog.json_agg(pg_catalog.row_to_json(o)) from (${(0,known_tools/* candidateTablesQuery */.Ve)([schema, ...HOMES], 'by-name')}) o) as others`;
}
const namesIn = (shape) => (shape?.columns ?? []).map((column) => column.name);
function readTrackingState(row, schema) {
    const others = row.others ?? [];
    if (row.migrations) {
        const names = namesIn(row.migrations);
        if (!REQUIRED.every((column) => names.includes(column))) {
            const other = others.find((one) => one.schema === schema && one.table === 'schema_migrations');
            const tool = (other && (0,known_tools/* toolOfTable */.il)(other)?.tool) ?? 'an unknown tool';
            return { kind: 'foreign', table: `${schema}.schema_migrations`, tool };
        }
        const fault = faultOfMigrations(row.migrations);
        if (fault !== null)
            return { kind: 'unfit', table: `${schema}.schema_migrations`, fault };
        const history = readHistoryState(row, schema);
        if (history.kind === 'unfit')
            return history;
        const complete = row.views && EXTRA_COLUMNS.every(([name]) => names.includes(name)) && history.kind === 'ours' && history.complete;
        return { kind: 'ours', complete };
    }
    const history = readHistoryState(row, schema);
    if (history.kind === 'unfit')
        return history;
    for (const other of others) {
        // In doubt by its name alone: another release of it may have other columns.
        const known = (0,known_tools/* toolOfTable */.il)(other) ?? (0,known_tools/* toolOfName */.Vo)(other);
        if (known)
            return { kind: 'foreign', table: `${other.schema}.${other.table}`, tool: known.tool };
    }
    return { kind: 'absent' };
}
/** Our history alone, which is all of ours that tools with a record of their own need. */
function readHistoryState({ history }, schema) {
    if (!history)
        return { kind: 'absent' };
    const fault = faultOfHistory(history);
    if (fault !== null)
        return { kind: 'unfit', table: `${schema}.migration_history`, fault };
    const names = namesIn(history);
    return { kind: 'ours', complete: HISTORY_COLUMNS.every(([name]) => names.includes(name)) };
}
const NUMERIC_ORDER = (column) => `case when ${column} ~ '^[0-9]+$' then ${column}::pg_catalog.numeric end desc nulls last, ${column} desc`;
const addMissing = (table, columns) => `alter table ${table} ${columns.map(([name, type]) => `add column if not exists ${name} ${type}`).join(', ')}`;
/** IF NOT EXISTS would ask for the right to create schemas even where there is nothing to create. */
const createSchema = (schema) => `do $gate$ begin
       if not exists (select 1 from pg_catalog.pg_namespace where nspname = ${(0,identifier/* quoteLiteral */.c)(schema)}) then create schema ${(0,identifier/* quoteIdentifier */.C)(schema)}; end if;
     end $gate$`;
const createHistory = (schema) => [
    `create table if not exists ${(0,identifier/* quoteIdentifier */.C)(schema)}.migration_history (
       id uuid primary key default gen_random_uuid(), version text not null, action text not null, executed_at timestamptz default now(),
       execution_time_ms integer, status text not null, error_message text, executed_by text, environment text)`,
    addMissing(`${(0,identifier/* quoteIdentifier */.C)(schema)}.migration_history`, HISTORY_COLUMNS),
];
/** Our history alone, for tools that keep a record of their own. Runs inside a transaction. */
function createHistoryItems(schema) {
    return pinned([createSchema(schema), ...createHistory(schema)]);
}
/** Creates what is missing of our tables and changes nothing of what is there. Runs inside a transaction. */
function createTrackingItems(schema) {
    const s = (0,identifier/* quoteIdentifier */.C)(schema);
    return pinned([
        createSchema(schema),
        `create table if not exists ${s}.schema_migrations (
       version text primary key, name text not null, applied_at timestamptz default now(), checksum text not null,
       execution_time_ms integer, status text not null constraint schema_migrations_status_check check (status in ('pending', 'running', 'completed', 'failed')),
       error_message text, applied_by text)`,
        addMissing(`${s}.schema_migrations`, EXTRA_COLUMNS),
        ...createHistory(schema),
        `do $gate$ begin
       if not exists (select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                       where n.nspname = ${(0,identifier/* quoteLiteral */.c)(schema)} and c.relname = 'migration_status_view') then
         create view ${s}.migration_status_view as
           select version, name, status, applied_at, execution_time_ms, applied_by, error_message
             from ${s}.schema_migrations
            order by ${NUMERIC_ORDER('version').replaceAll(' desc', '')};
       end if;
       if not exists (select 1 from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                       where n.nspname = ${(0,identifier/* quoteLiteral */.c)(schema)} and p.proname = 'get_migration_status') then
         create function ${s}.get_migration_status()
           returns table(total bigint, completed bigint, failed bigint, running bigint, pending bigint, current_version text, last_applied_at timestamptz)
           language sql stable as $body$
             select count(*), count(*) filter (where m.status = 'completed'), count(*) filter (where m.status = 'failed'),
                    count(*) filter (where m.status = 'running'), count(*) filter (where m.status = 'pending'),
                    (select c.version from ${s}.schema_migrations c where c.status = 'completed'
                      order by ${NUMERIC_ORDER('c.version')} limit 1),
                    max(m.applied_at) filter (where m.status = 'completed')
               from ${s}.schema_migrations m $body$;
       end if;
     end $gate$`,
    ]);
}
/**
 * Every row of `schema_migrations`, in no order, as it stands there: whether its version, status and progress make sense
 * is asked by the plan. `complete`: false for an adopted table, whose missing columns read as null.
 */
async function readRecords(session, schema, complete) {
    const table = `${(0,identifier/* quoteIdentifier */.C)(schema)}.schema_migrations m`;
    const { rows } = await session.query(complete
        ? `${PINNED} select version, name, checksum, status::text, error_message, applied_at::text, progress, run_url from ${table}`
        : `${PINNED} select r.* from ${table}, pg_catalog.jsonb_to_record(pg_catalog.to_jsonb(m)) as
           r(version text, name text, checksum text, status text, error_message text, applied_at text, progress jsonb, run_url text)`);
    return rows.map((row) => ({
        version: row.version,
        name: row.name ?? '',
        checksum: row.checksum ?? '',
        status: row.status,
        progress: row.progress,
        errorMessage: row.error_message,
        appliedAt: row.applied_at,
        runUrl: row.run_url,
    }));
}
/**
 * As what this database was migrated, the strictest; null: never, or nothing that this role may read says so. A database
 * never becomes anything laxer, so no clock is asked, which may have been set back between two runs. `production` counts
 * in whatever schema it stands, as another `tracking-schema` is no other database; of what `schema` itself says, a word
 * that is none of ours counts next.
 */
async function readLastEnvironment(session, schema) {
    const { rows: histories } = await session.query(historiesQuery(schema));
    let own = null;
    for (const history of histories) {
        const isOwn = history.schema === schema;
        const { rows } = await session.query(`${PINNED} ${isOwn ? '' : NO_POLICY} select h.environment::text as environment
         from ${isOwn ? '' : 'only '}${(0,identifier/* quoteIdentifier */.C)(history.schema)}.migration_history h
        where h.status::text = 'success' and h.environment is not null
        order by case h.environment::text when 'production' then 1 when 'staging' then 3 when 'development' then 4 else 2 end
        limit 1`);
        const [row] = rows;
        if (!row)
            continue;
        const last = { environment: row.environment, table: `${history.schema}.migration_history` };
        if (last.environment === 'production')
            return last;
        if (isOwn)
            own = last;
    }
    return own;
}
/** Fails where a policy would be asked, which is somebody's code. */
const NO_POLICY = `select pg_catalog.set_config('row_security', 'off', true);`;
/**
 * Schemas with a history of ours that this role may read. Anybody may have made one of that name, and what is asked of it
 * runs with this role's rights: of schemas other than our own only ordinary tables of plain text that no policy guards.
 */
function historiesQuery(schema) {
    return `${PINNED}
  select n.nspname::text as schema
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relname = 'migration_history' and c.relkind = 'r'
     and pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT')
     and (n.nspname = ${(0,identifier/* quoteLiteral */.c)(schema)} or not pg_catalog.row_security_active(c.oid))
     and (select pg_catalog.count(*) from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and not a.attisdropped and a.attname in ('status', 'environment') and a.attgenerated <> 'v'
             and (n.nspname = ${(0,identifier/* quoteLiteral */.c)(schema)} or a.atttypid in ('pg_catalog.text'::pg_catalog.regtype, 'pg_catalog.varchar'::pg_catalog.regtype))) = 2
   order by 1`;
}
/** Of these versions (keys: without leading zeros) the ones whose last event says that they are applied, as recorded. */
async function readAppliedByHistory(session, schema, keys) {
    if (keys.length === 0)
        return [];
    const list = keys.map((key) => (0,identifier/* quoteLiteral */.c)(key.replace(/^0+/, ''))).join(', ');
    const { rows } = await session.query(`${PINNED} select version from (
       select distinct on (pg_catalog.ltrim(h.version, '0')) h.version, h.action::text as action
         from ${(0,identifier/* quoteIdentifier */.C)(schema)}.migration_history h
        where h.status = 'success' and pg_catalog.ltrim(h.version, '0') in (${list})
        order by pg_catalog.ltrim(h.version, '0'), h.executed_at desc nulls last) last
      where action in ('apply', 'baseline')`);
    return rows.map((row) => row.version);
}
/** `planDigest`: of the plan that is carried out; `marker`: what to restore to. */
function stampOf({ run, environment, trackingSchema }, planDigest, marker) {
    return {
        schema: trackingSchema,
        actor: run.actor,
        environment,
        runUrl: run.runUrl,
        sha: run.sha,
        planDigest,
        backupMarker: marker === null ? null : `${marker.name ?? ''} ${marker.lsn} ${marker.at}`.trim(),
    };
}
/** Milliseconds since the transaction began, by the server's clock. */
const SINCE_BEGIN = 'pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() operator(pg_catalog.-) pg_catalog.transaction_timestamp()) operator(pg_catalog.*) 1000)::int';
/** The row of one migration, inserted or brought up to date. */
function recordItem(stamp, row) {
    return {
        name: 'mgate_record',
        text: `insert into ${(0,identifier/* quoteIdentifier */.C)(stamp.schema)}.schema_migrations as m
        (version, name, checksum, status, execution_time_ms, error_message, applied_by, progress, run_url, commit_sha, plan_digest, applied_at)
      values ($1, $2, $3, $4, coalesce($5::int, ${SINCE_BEGIN}), $6, $7, $8::pg_catalog.jsonb, $9, $10, $11, pg_catalog.clock_timestamp())
      on conflict (version) do update set name = excluded.name, checksum = excluded.checksum, status = excluded.status,
        execution_time_ms = excluded.execution_time_ms, error_message = excluded.error_message, applied_by = excluded.applied_by,
        progress = excluded.progress, run_url = excluded.run_url, commit_sha = excluded.commit_sha, plan_digest = excluded.plan_digest,
        applied_at = excluded.applied_at
      returning execution_time_ms`,
        keep: true,
        values: [
            row.version,
            row.name,
            row.checksum,
            row.status,
            row.executionTimeMs === null ? null : String(Math.round(row.executionTimeMs)),
            row.errorMessage,
            stamp.actor,
            row.progress === null ? null : JSON.stringify(row.progress),
            stamp.runUrl,
            stamp.sha,
            stamp.planDigest,
        ],
    };
}
/** A failure's row: what a non-transactional migration has done stays written down, and what is completed stays so. */
function failureItem(stamp, row) {
    return {
        text: `insert into ${(0,identifier/* quoteIdentifier */.C)(stamp.schema)}.schema_migrations as m
        (version, name, checksum, status, error_message, applied_by, run_url, commit_sha, plan_digest, applied_at)
      values ($1, $2, $3, 'failed', $4, $5, $6, $7, $8, pg_catalog.clock_timestamp())
      on conflict (version) do update set status = excluded.status, error_message = excluded.error_message,
        applied_by = excluded.applied_by, run_url = excluded.run_url, commit_sha = excluded.commit_sha,
        plan_digest = excluded.plan_digest, applied_at = excluded.applied_at
      where m.status operator(pg_catalog.<>) 'completed'`,
        values: [
            row.version,
            row.name,
            row.checksum,
            row.errorMessage,
            stamp.actor,
            stamp.runUrl,
            stamp.sha,
            stamp.planDigest,
        ],
    };
}
/** Takes a row out: of a version that has neither a file nor anything in the database. */
function forgetItem({ schema }, version) {
    return { text: `delete from ${(0,identifier/* quoteIdentifier */.C)(schema)}.schema_migrations where version ${IS} $1`, values: [version] };
}
/** How many of these events are in the history. */
async function eventsThere(session, schema, ids) {
    const { rows } = await session.query(`select pg_catalog.count(*)::int as there from ${(0,identifier/* quoteIdentifier */.C)(schema)}.migration_history h where h.id ${IS} any ($1::pg_catalog.uuid[])`, [ids]);
    return rows[0]?.there ?? 0;
}
/** One event of the history. `reason`: why a repair has settled it like that. */
function historyItem(stamp, event) {
    return {
        name: 'mgate_history',
        text: `insert into ${(0,identifier/* quoteIdentifier */.C)(stamp.schema)}.migration_history
        (id, version, executed_at, execution_time_ms, status, error_message, executed_by, environment, run_url, commit_sha, plan_digest, backup_marker, action, reason)
      values ($13, $1, pg_catalog.clock_timestamp(), coalesce($2::int, ${SINCE_BEGIN}), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        values: [
            event.version,
            event.executionTimeMs === null ? null : String(Math.round(event.executionTimeMs)),
            event.status,
            event.errorMessage,
            stamp.actor,
            stamp.environment,
            stamp.runUrl,
            stamp.sha,
            stamp.planDigest,
            stamp.backupMarker,
            event.action ?? 'apply',
            event.reason ?? null,
            event.id ?? (0,external_node_crypto_.randomUUID)(),
        ],
    };
}
/**
 * After our rows and before COMMIT: fails with `NOT_AS_WRITTEN` where they are not there as they were written. A trigger may
 * swallow or change them, and a migration that is applied and not recorded would be applied again.
 * `historyId`: the event's, of a migration that is done or settled; null: none was written.
 */
function proveItem(stamp, row, historyId) {
    const event = historyId === null ? '' : `and ${eventIs(stamp.schema, `h.action ${IS} 'apply' and h.environment ${IS} $6`)}`;
    return {
        name: historyId === null ? 'mgate_prove' : 'mgate_prove_done',
        text: proof(`${rowIs(stamp.schema)} ${event}`),
        values: [...valuesOf(row), ...(historyId === null ? [] : [historyId, stamp.environment])],
    };
}
/** The same of what a repair has written. `row`: its version alone, where it was taken out. */
function proveRepairItem(stamp, row, historyId) {
    const s = (0,identifier/* quoteIdentifier */.C)(stamp.schema);
    const event = (id) => eventIs(stamp.schema, `h.action ${IS} 'repair'`, id);
    return 'status' in row
        ? { text: proof(`${rowIs(stamp.schema)} and ${event('$5')}`), values: [...valuesOf(row), historyId] }
        : {
            text: proof(`not exists (select from ${s}.schema_migrations m where m.version ${IS} $1) and ${event('$2')}`),
            values: [row.version, historyId],
        };
}
/** Our rows are written under the role's own path, as a trigger that keeps an audit of them counts on it; and proved there. */
const IS = 'operator(pg_catalog.=)';
const rowIs = (schema) => `exists (select from ${(0,identifier/* quoteIdentifier */.C)(schema)}.schema_migrations m
          where m.version ${IS} $1 and m.status ${IS} $2 and m.checksum ${IS} $3
            and coalesce(m.progress::pg_catalog.text, '') ${IS} coalesce($4::pg_catalog.jsonb::pg_catalog.text, ''))`;
const eventIs = (schema, also, id = '$5') => `exists (select from ${(0,identifier/* quoteIdentifier */.C)(schema)}.migration_history h
            where h.id ${IS} ${id} and h.version ${IS} $1 and h.status ${IS} 'success' and ${also})`;
const proof = (condition) => `select case when ${condition} then 1
    else pg_catalog.concat('not as written ', pg_catalog.pg_backend_pid())::pg_catalog.int4 end`;
const valuesOf = ({ version, status, checksum, progress }) => [
    version,
    status,
    checksum,
    progress === null ? null : JSON.stringify(progress),
];
/** The text that is no number. */
const NOT_AS_WRITTEN = '22P02';


/***/ }),

/***/ 4980:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   M: () => (/* binding */ verify)
/* harmony export */ });
/* harmony import */ var _plan_schema_diff_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6766);
/* harmony import */ var _postgres_catalog_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(505);
/* harmony import */ var _checks_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(2232);
/* harmony import */ var _leftovers_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(3601);
/** Whether the database is now what it should be: asked of it, and compared with what the dry run said. */




async function verify(session, request, run) {
    const checks = [];
    const smokeTests = (0,_checks_js__WEBPACK_IMPORTED_MODULE_2__/* .readSmokeTests */ .Fr)(request.workingDirectory, request.smokeTests);
    if (run)
        checks.push(run.records);
    await session.query('begin transaction isolation level read committed read only');
    try {
        checks.push(...(await (0,_checks_js__WEBPACK_IMPORTED_MODULE_2__/* .checkTables */ .sK)(session, request.criticalTables)));
        checks.push(...(await (0,_checks_js__WEBPACK_IMPORTED_MODULE_2__/* .checkIndexes */ .Nc)(session, request.criticalIndexes)));
        if (run) {
            checks.push(invalidCheck(await (0,_leftovers_js__WEBPACK_IMPORTED_MODULE_3__/* .invalidIndexes */ .We)(session), run.before.invalid));
            const statements = (run.rehearsal?.migrations ?? []).flatMap((migration) => migration.statements);
            const over = await (0,_leftovers_js__WEBPACK_IMPORTED_MODULE_3__/* .passedOver */ .Jn)(session, statements.map(({ sql }) => sql));
            if (over.length > 0)
                checks.push((0,_leftovers_js__WEBPACK_IMPORTED_MODULE_3__/* .passedOverCheck */ .Pv)(over));
        }
        checks.push(...(await (0,_checks_js__WEBPACK_IMPORTED_MODULE_2__/* .runSmokeTests */ .yk)(session, smokeTests)));
    }
    finally {
        await session.query('rollback');
    }
    return { checks, remarks: [], ...(await compare(session, run)) };
}
/** What our migrations made, against what the dry run said they would make. */
async function compare(session, run) {
    if (!run?.rehearsal)
        return { predictedEqualsActual: null, differences: [], foreign: [] };
    const { rehearsal, before, onCopy } = run;
    const after = await (0,_postgres_catalog_js__WEBPACK_IMPORTED_MODULE_1__/* .readFingerprints */ .g)(session, run.leftOut);
    const groups = (0,_plan_schema_diff_js__WEBPACK_IMPORTED_MODULE_0__/* .changedGroups */ .lf)(before.fingerprints, after);
    const rehearsed = { added: [], removed: [], changed: onCopy ? [] : [...rehearsal.touched] };
    const actual = await (0,_postgres_catalog_js__WEBPACK_IMPORTED_MODULE_1__/* .readDefinitions */ .T)(session, (0,_plan_schema_diff_js__WEBPACK_IMPORTED_MODULE_0__/* .groupsToProve */ .Mi)(rehearsed, groups));
    const ours = oursIn(rehearsal);
    const all = (0,_plan_schema_diff_js__WEBPACK_IMPORTED_MODULE_0__/* .compareDefinitions */ .E4)(rehearsal.predicted, actual);
    const differences = all.filter((change) => change.change !== 'added' || ours(change));
    const foreign = all.filter((change) => !differences.includes(change));
    return { predictedEqualsActual: rehearsal.complete ? differences.length === 0 : null, differences, foreign };
}
function invalidCheck(now, before) {
    const known = new Set(before.map((index) => index.name));
    const fresh = now.filter((index) => !known.has(index.name));
    return {
        check: 'no invalid index was left behind',
        passed: fresh.length === 0,
        detail: fresh.length === 0 ? null : `invalid: ${fresh.map((index) => `${index.name} on ${index.table}`).join(', ')}`,
    };
}
/** Whether something that is there and was not predicted belongs to what our migrations touched. */
function oursIn(rehearsal) {
    const removed = new Set(rehearsal.schemaDiff.filter((one) => one.change === 'removed').map((one) => `${one.kind} ${one.name}`));
    const tables = [...rehearsal.predicted.values()].filter((one) => one.kind === 'table').map((one) => `${one.name}.`);
    return (change) => removed.has(`${change.kind} ${change.name}`) || tables.some((table) => change.name.startsWith(table));
}


/***/ }),

/***/ 3240:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   z: () => (/* binding */ cancellationOf)
/* harmony export */ });
/* harmony import */ var _postgres_cancel_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8205);

/** What stops the working session. */
function cancellationOf({ pid, watcher, reconnect, log }) {
    return new _postgres_cancel_js__WEBPACK_IMPORTED_MODULE_0__/* .Cancellation */ .m({
        pid,
        from: async () => (watcher.lost ? reconnect() : watcher),
        onFailure: (error) => log.detail(`the running statement could not be cancelled: ${error.message}`),
    });
}


/***/ }),

/***/ 1147:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   G: () => (/* binding */ planDigest)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);

/** 64 hexadecimal digits; the same parts give the same digest on every machine. */
function planDigest(parts) {
    const pairs = (list) => list.map(({ version, checksum }) => [version, checksum]);
    const canonical = JSON.stringify([
        'postgres-migration-gate plan 1',
        pairs(parts.pending),
        pairs(parts.applied),
        parts.serverMajor,
        parts.database,
        parts.environment,
        parts.targetVersion,
        parts.transactionMode,
    ]);
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(canonical).digest('hex');
}


/***/ }),

/***/ 6766:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   CN: () => (/* binding */ othersGroups),
/* harmony export */   E4: () => (/* binding */ compareDefinitions),
/* harmony export */   Mi: () => (/* binding */ groupsToProve),
/* harmony export */   _y: () => (/* binding */ isSameSchema),
/* harmony export */   eM: () => (/* binding */ diffDefinitions),
/* harmony export */   lf: () => (/* binding */ changedGroups),
/* harmony export */   or: () => (/* binding */ schemaPicture),
/* harmony export */   rA: () => (/* binding */ groupsToDefine)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);
/** Two readings of a schema -> what is different, by name, for a reviewer and for the proof after apply. */

/** Which groups another transaction state has, has not, or has otherwise. */
function changedGroups(before, after) {
    const added = [];
    const changed = [];
    for (const [key, value] of after.groups) {
        const old = before.groups.get(key);
        if (old === undefined)
            added.push(key);
        else if (old !== value)
            changed.push(key);
    }
    const removed = [...before.groups.keys()].filter((key) => !after.groups.has(key));
    return { added: added.sort(), removed: removed.sort(), changed: changed.sort() };
}
/**
 * Of what a transaction has seen changed (`inside`), what somebody else has changed, and not it: once it is rolled back that
 * is not as it was before. Where it is not as it was inside either, they have gone on since (CREATE INDEX CONCURRENTLY), or
 * both have changed it: `altered` are the relations that the transaction has locked as what alters them does.
 */
function othersGroups(before, inside, rolledBack, altered) {
    const { added, removed, changed } = changedGroups(before, inside);
    const isTheirs = (key) => {
        const now = rolledBack.groups.get(key);
        if (now === before.groups.get(key))
            return false;
        return now === inside.groups.get(key) || (key.startsWith('relation:') && !altered.has(key));
    };
    return new Set([
        ...added.filter((key) => rolledBack.groups.has(key)),
        ...removed.filter((key) => !rolledBack.groups.has(key)),
        ...changed.filter(isTheirs),
    ]);
}
function isSameSchema(before, after) {
    return Object.values(changedGroups(before, after)).every((keys) => keys.length === 0);
}
/** 64 hexadecimal digits: equal ones are the same schema. For whoever has to tell after this process is gone. */
function schemaPicture({ groups }) {
    const lines = [...groups].map(([key, value]) => `${key}=${value}`).sort();
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(lines.join('\n')).digest('hex');
}
/** The groups to define inside the rehearsal (`inside`), and after its rollback (`outside`), for their difference. */
function groupsToDefine(changes) {
    return {
        inside: [...changes.added, ...changes.changed].sort(),
        outside: [...changes.removed, ...changes.changed].sort(),
    };
}
/**
 * The groups to define after apply, to be compared with what the rehearsal defined: what apply changed, and what the
 * rehearsal changed or removed too, or an object that apply left alone would not be missed.
 */
function groupsToProve(rehearsed, applied) {
    const keys = [...rehearsed.changed, ...rehearsed.removed, ...applied.changed, ...applied.added];
    return [...new Set(keys)].sort();
}
/** What became of the schema. Every part of a new table is an entry of its own; the table comes first. */
function diffDefinitions(before, after) {
    const changes = [];
    for (const key of new Set([...before.keys(), ...after.keys()])) {
        const old = before.get(key);
        const now = after.get(key);
        if (old?.definition === now?.definition)
            continue;
        const subject = now ?? old;
        if (subject === undefined)
            continue;
        changes.push({
            change: old === undefined ? 'added' : now === undefined ? 'removed' : 'changed',
            kind: subject.kind,
            name: subject.name,
            before: old?.definition ?? null,
            after: now?.definition ?? null,
        });
    }
    return changes.sort(byNameThenKind);
}
/**
 * What is not as the rehearsal said; empty when all of it is. `before` is the prediction, `after` what is there:
 * `removed` means predicted and not there, `added` means there and not predicted.
 */
function compareDefinitions(predicted, actual) {
    return diffDefinitions(predicted, actual);
}
const ORDER = [
    'extension',
    'schema',
    'type',
    'sequence',
    'table',
    'view',
    'column',
    'constraint',
    'index',
    'statistics',
    'trigger',
    'rule',
    'policy',
    'function',
    'publication',
    'event-trigger',
    'grant',
    'other',
];
/** Code units, not a locale's rules: the same list on every machine; `public.orders.id` follows `public.orders`. */
function byNameThenKind(a, b) {
    if (a.name !== b.name)
        return a.name < b.name ? -1 : 1;
    return ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind);
}


/***/ }),

/***/ 1299:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $: () => (/* binding */ askAsLogin)
/* harmony export */ });
/* harmony import */ var _qualified_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3530);

/**
 * Asks as the role that logged in, and gives the rows as text: a role that its sessions begin with (ALTER ROLE ... SET role)
 * may neither see what sessions of the login are at nor end them. Names are the server's own, as where a path is pinned.
 * Not inside of a transaction. Rejects with a BatchError.
 */
async function askAsLogin(session, text, values) {
    // What is sent together is one transaction, and role and path are set for that.
    const [, asked] = await session.batch([AS_LOGIN, { text, values, keep: true }]);
    return asked?.rows ?? [];
}
const AS_LOGIN = {
    text: `select pg_catalog.set_config('role', 'none', true), ${_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .PINS_PATH */ .t6}`,
};


/***/ }),

/***/ 8205:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   m: () => (/* binding */ Cancellation)
/* harmony export */ });
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8500);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_timers_promises__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _as_login_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1299);
/** Stopping a session from outside: asked until it has stopped, and never a moment longer. */


/** How long each cancel is given: at first little, as one that comes between two messages is lost. After the last the session is ended. */
const GIVEN_MS = [50, 100, 200, 500, 500];
const AGAIN_MS = 500;
/**
 * Cancels what a backend is doing, and asks again: a cancel does nothing to a session that is idle for a moment, and code
 * may catch it. Code that catches being cancelled does not catch being ended.
 */
class Cancellation {
    input;
    over = new AbortController();
    asking = null;
    constructor(input) {
        this.input = input;
    }
    begin() {
        this.asking ??= this.ask();
    }
    /** Resolves when nothing that is asked of the session from now on can be cancelled in the place of what was meant. */
    async end() {
        this.over.abort();
        await this.asking;
    }
    async ask() {
        const { pid, from, onFailure } = this.input;
        try {
            const session = await from();
            for (let time = 0; !this.over.signal.aborted; time += 1) {
                const stop = time < GIVEN_MS.length ? 'pg_cancel_backend' : 'pg_terminate_backend';
                await (0,_as_login_js__WEBPACK_IMPORTED_MODULE_1__/* .askAsLogin */ .$)(session, `select pg_catalog.${stop}($1)`, [String(pid)]);
                await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setTimeout)(GIVEN_MS[time] ?? AGAIN_MS, undefined, { signal: this.over.signal }).catch(() => undefined);
            }
        }
        catch (error) {
            onFailure(error);
        }
    }
}


/***/ }),

/***/ 505:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  T: () => (/* binding */ readDefinitions),
  g: () => (/* binding */ readFingerprints)
});

;// CONCATENATED MODULE: ./src/postgres/definitions.ts
/**
 * The query behind `readDefinitions`: what objects are, in words close to SQL. Every part gives rows of kind, name and
 * definition, by name and never by oid, and only of the oids asked for, so that each is an index look-up.
 * It runs with `search_path` pinned to pg_catalog: names of anything else come out qualified.
 */
/** Groups of a fingerprint -> their oids. Something is asked for. */
function definitionsSql(oids, major) {
    const selects = [];
    for (const [group, list] of oids) {
        const define = DEFINE[group];
        if (define === undefined)
            throw new Error(`no such group of a fingerprint: ${group}`);
        selects.push(...define(`'{${list.join(',')}}'::oid[]`, major));
    }
    return `SELECT kind, name, definition FROM (${selects.join('\nUNION ALL\n')}) AS object (kind, name, definition)`;
}
const DEFINE = {
    relation: (oids, major) => [
        ...tables(oids),
        ...columns(oids, major),
        ...constraints(oids),
        ...indexes(oids, major),
        ...triggers(oids),
        ...views(oids),
        ...sequences(oids),
        ...compositeTypes(oids),
        ...statistics(oids, major),
        ...relationGrants(oids),
    ],
    function: functions,
    type: types,
    schema: schemas,
    extension: (oids) => [
        `SELECT 'extension', quote_ident(e.extname),
            concat_ws(' ', 'version', e.extversion, 'schema', e.extnamespace::regnamespace, ${comment('pg_extension', 'e.oid')})
     FROM pg_extension e WHERE e.oid = ANY (${oids})`,
    ],
    'event-trigger': (oids) => [
        `SELECT 'event-trigger', quote_ident(t.evtname),
            concat_ws(' ', 'on', t.evtevent, 'when tag in (' || array_to_string(t.evttags, ', ') || ')',
              'execute', t.evtfoid::regprocedure, ${enabled('t.evtenabled')}, ${owner('t.evtowner')},
              ${comment('pg_event_trigger', 't.oid')})
     FROM pg_event_trigger t WHERE t.oid = ANY (${oids})`,
    ],
    publication: publications,
    'default-acl': (oids) => [
        `SELECT 'grant', concat_ws(' ', 'default privileges of', quote_ident(pg_get_userbyid(d.defaclrole)),
              'in schema ' || nullif(d.defaclnamespace, 0)::regnamespace, 'on',
              CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE d.defaclobjtype::text END),
            coalesce(${grants('d.defaclacl', 'd.defaclrole')}, 'nothing')
     FROM pg_default_acl d WHERE d.oid = ANY (${oids})`,
    ],
    operator: (oids) => other('operator', 'pg_operator', oids, `'function', o.oprcode::regprocedure, 'result', format_type(o.oprresult, NULL),
       'commutator ' || nullif(o.oprcom, 0)::regoperator, 'negator ' || nullif(o.oprnegate, 0)::regoperator,
       'restrict ' || nullif(o.oprrest::oid, 0)::regproc, 'join ' || nullif(o.oprjoin::oid, 0)::regproc,
       CASE WHEN o.oprcanmerge THEN 'merges' END, CASE WHEN o.oprcanhash THEN 'hashes' END, ${owner('o.oprowner')}`),
    'operator-class': (oids) => other('operator class', 'pg_opclass', oids, `'for type', format_type(o.opcintype, NULL), CASE WHEN o.opcdefault THEN 'default' END,
       'storage ' || format_type(nullif(o.opckeytype, 0), NULL), 'family', ${identity('pg_opfamily', 'o.opcfamily')},
       ${owner('o.opcowner')}`),
    'operator-family': (oids) => other('operator family', 'pg_opfamily', oids, `(SELECT string_agg(concat_ws(' ', 'operator', a.amopstrategy, a.amopopr::regoperator), ', '
          ORDER BY a.amopstrategy, a.amopopr::regoperator::text) FROM pg_amop a WHERE a.amopfamily = o.oid),
       (SELECT string_agg(concat_ws(' ', 'function', p.amprocnum, p.amproc::oid::regprocedure), ', '
          ORDER BY p.amprocnum, p.amproc::oid::regprocedure::text) FROM pg_amproc p WHERE p.amprocfamily = o.oid),
       ${owner('o.opfowner')}`),
    collation: (oids) => other('collation', 'pg_collation', oids, `${plainRow('oid,collname,collnamespace,collowner,collversion')}, ${owner('o.collowner')}`),
    conversion: (oids) => other('conversion', 'pg_conversion', oids, `${plainRow('oid,conname,connamespace,conowner')}, ${owner('o.conowner')}`),
    cast: (oids) => other('cast', 'pg_cast', oids, `'with', CASE o.castmethod WHEN 'f' THEN 'function ' || o.castfunc::regprocedure WHEN 'i' THEN 'inout'
         ELSE 'no function' END,
       CASE o.castcontext WHEN 'i' THEN 'as implicit' WHEN 'a' THEN 'as assignment' END`),
    language: (oids) => other('language', 'pg_language', oids, `CASE WHEN o.lanpltrusted THEN 'trusted' END, 'handler ' || nullif(o.lanplcallfoid, 0)::regprocedure,
       'inline ' || nullif(o.laninline, 0)::regprocedure, 'validator ' || nullif(o.lanvalidator, 0)::regprocedure,
       ${owner('o.lanowner')}`),
    'access-method': (oids) => other('access method', 'pg_am', oids, `'type', o.amtype::text, 'handler', o.amhandler::oid::regprocedure`),
    transform: (oids) => other('transform', 'pg_transform', oids, `'from sql ' || nullif(o.trffromsql::oid, 0)::regprocedure, 'to sql ' || nullif(o.trftosql::oid, 0)::regprocedure`),
    'text-search-configuration': (oids) => other('text search configuration', 'pg_ts_config', oids, `'parser', ${identity('pg_ts_parser', 'o.cfgparser')},
       (SELECT string_agg(concat_ws(' ', m.maptokentype, m.mapseqno, m.mapdict::regdictionary), ', '
          ORDER BY m.maptokentype, m.mapseqno) FROM pg_ts_config_map m WHERE m.mapcfg = o.oid), ${owner('o.cfgowner')}`),
    'text-search-dictionary': (oids) => other('text search dictionary', 'pg_ts_dict', oids, `'template', ${identity('pg_ts_template', 'o.dicttemplate')}, '(' || o.dictinitoption || ')', ${owner('o.dictowner')}`),
    'text-search-parser': (oids) => other('text search parser', 'pg_ts_parser', oids, plainRow('oid,prsname,prsnamespace')),
    'text-search-template': (oids) => other('text search template', 'pg_ts_template', oids, plainRow('oid,tmplname,tmplnamespace')),
    'foreign-data-wrapper': (oids) => [
        ...other('foreign data wrapper', 'pg_foreign_data_wrapper', oids, `'handler ' || nullif(o.fdwhandler, 0)::regprocedure, 'validator ' || nullif(o.fdwvalidator, 0)::regprocedure,
       ${optionNames('o.fdwoptions')}, ${owner('o.fdwowner')}`),
        ...objectGrants('pg_foreign_data_wrapper', 'fdwacl', 'fdwowner', 'F', oids, `'foreign data wrapper ' || quote_ident(o.fdwname)`),
    ],
    server: (oids) => [
        ...other('server', 'pg_foreign_server', oids, `'type ' || o.srvtype, 'version ' || o.srvversion, 'foreign data wrapper',
       (SELECT quote_ident(f.fdwname) FROM pg_foreign_data_wrapper f WHERE f.oid = o.srvfdw),
       ${options('o.srvoptions')}, ${owner('o.srvowner')}`),
        ...objectGrants('pg_foreign_server', 'srvacl', 'srvowner', 'S', oids, `'server ' || quote_ident(o.srvname)`),
    ],
    'user-mapping': (oids) => [
        `SELECT 'other', concat_ws(' ', 'user mapping for', quote_ident(m.usename), 'server', quote_ident(m.srvname)),
            coalesce(${optionNames('m.umoptions')}, 'no options')
     FROM pg_user_mappings m WHERE m.umid = ANY (${oids})`,
    ],
    subscription: (oids) => [
        `SELECT 'other', 'subscription ' || quote_ident(s.subname),
            concat_ws(' ', 'publications', array_to_string(s.subpublications, ', '), 'slot ' || s.subslotname,
              CASE WHEN NOT s.subenabled THEN 'disabled' END, ${owner('s.subowner')})
     FROM pg_subscription s WHERE s.oid = ANY (${oids})`,
    ],
    'database-settings': () => [
        `SELECT 'other', 'settings of the database' || coalesce(' for ' || quote_ident(pg_get_userbyid(nullif(s.setrole, 0))), ''),
            array_to_string(ARRAY(SELECT unnest(s.setconfig) ORDER BY 1), ', ')
     FROM pg_db_role_setting s WHERE s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())`,
    ],
};
// ---- pieces
const RELATION = `format('%I.%I', n.nspname, c.relname)`;
const FROM_RELATION = 'pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace';
function owner(column) {
    return `'owner', quote_ident(pg_get_userbyid(${column}))`;
}
function comment(catalog, oid) {
    return `'comment ' || quote_literal(obj_description(${oid}, '${catalog}'))`;
}
function columnComment(relation, column) {
    return `'comment ' || quote_literal(col_description(${relation}, ${column}))`;
}
/** tgenabled, ev_enabled, evtenabled: nothing for the usual state. */
function enabled(column) {
    return `CASE ${column} WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled for replica' WHEN 'A' THEN 'enabled always' END`;
}
function options(column, word = 'options') {
    return `'${word} (' || nullif(array_to_string(ARRAY(SELECT unnest(${column}) ORDER BY 1), ', '), '') || ')'`;
}
/** Options that may hold passwords: only what they are called. */
function optionNames(column) {
    return `'options (' || nullif(array_to_string(
    ARRAY(SELECT split_part(o, '=', 1) FROM unnest(${column}) AS o ORDER BY 1), ', '), '') || ')'`;
}
function tablespace(column) {
    return `'tablespace ' || (SELECT quote_ident(ts.spcname) FROM pg_tablespace ts WHERE ts.oid = ${column})`;
}
function identity(catalog, oid) {
    return `(SELECT i.identity FROM pg_identify_object('${catalog}'::regclass, ${oid}, 0) AS i)`;
}
function plainRow(without) {
    return `(to_jsonb(o) - '{${without}}'::text[])::text`;
}
function other(word, catalog, oids, parts) {
    return [
        `SELECT 'other', '${word} ' || ${identity(catalog, 'o.oid')}, concat_ws(' ', ${parts}, ${comment(catalog, 'o.oid')})
     FROM ${catalog} o WHERE o.oid = ANY (${oids})`,
    ];
}
/** `reader: INSERT, SELECT; public: SELECT`, sorted; the grantor is told only where it is not the owner. */
function grants(acl, ownerOid) {
    return `(SELECT string_agg(line, '; ' ORDER BY line) FROM (
    SELECT CASE x.grantee WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(x.grantee)) END || ': '
      || string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN ' with grant option' ELSE '' END, ', '
           ORDER BY x.privilege_type)
      || CASE WHEN x.grantor <> ${ownerOid} THEN ' by ' || quote_ident(pg_get_userbyid(x.grantor)) ELSE '' END AS line
    FROM aclexplode(${acl}) x GROUP BY x.grantee, x.grantor) lines)`;
}
/** One `grant` per object, where its grants are not those that every object of the kind has (GRANT, then REVOKE: none). */
function grantRow(name, acl, ownerOid, type, from) {
    return `SELECT 'grant', name, coalesce(given, 'nothing') FROM (
    SELECT ${name} AS name, ${grants(acl, ownerOid)} AS given, ${grants(`acldefault(${type}, ${ownerOid})`, ownerOid)} AS usual
    FROM ${from} AND ${acl} IS NOT NULL) g WHERE given IS DISTINCT FROM usual`;
}
function objectGrants(catalog, acl, ownerColumn, type, oids, name) {
    return [grantRow(name, `o.${acl}`, `o.${ownerColumn}`, `'${type}'`, `${catalog} o WHERE o.oid = ANY (${oids})`)];
}
// ---- relations
function tables(oids) {
    return [
        `SELECT 'table', ${RELATION}, concat_ws(' ',
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
       CASE c.relkind WHEN 'f' THEN 'foreign' END,
       'of ' || format_type(nullif(c.reloftype, 0), NULL),
       'partitioned by ' || CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
       CASE WHEN c.relispartition THEN 'partition of' ELSE 'inherits' END || ' ' ||
         (SELECT string_agg(i.inhparent::regclass::text || CASE WHEN i.inhdetachpending THEN ' (detach pending)' ELSE '' END,
            ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
       'using ' || (SELECT quote_ident(a.amname) FROM pg_am a WHERE a.oid = c.relam AND a.amname <> 'heap'),
       ${options('c.reloptions', 'with')},
       (SELECT ${options('toast.reloptions', 'toast with')} FROM pg_class toast WHERE toast.oid = c.reltoastrelid),
       ${tablespace('c.reltablespace')},
       (SELECT 'server ' || quote_ident(s.srvname) || coalesce(' ' || ${options('f.ftoptions')}, '')
          FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid),
       CASE WHEN c.relrowsecurity THEN 'row level security' END,
       CASE WHEN c.relforcerowsecurity THEN 'forced row level security' END,
       CASE c.relreplident WHEN 'f' THEN 'replica identity full' WHEN 'n' THEN 'replica identity nothing'
         WHEN 'i' THEN 'replica identity using index' END,
       ${owner('c.relowner')}, ${comment('pg_class', 'c.oid')})
     FROM ${FROM_RELATION} WHERE c.oid = ANY (${oids}) AND c.relkind IN ('r', 'p', 'f')`,
    ];
}
/** Type, collation, NOT NULL, default: what makes a column of a table, a view or a composite type. */
function columnWords(major) {
    // 18 keeps NOT NULL as a constraint with a name of its own; the name tells how the table came to be, not what it is.
    const notNull = major >= 18
        ? `(SELECT concat_ws(' ', CASE WHEN NOT k.convalidated THEN 'not valid' END, CASE WHEN k.connoinherit THEN 'no inherit' END)
          FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum)`
        : 'NULL';
    return `format_type(a.atttypid, a.atttypmod),
    (SELECT 'collate ' || a.attcollation::regcollation FROM pg_type t
      WHERE t.oid = a.atttypid AND a.attcollation <> 0 AND a.attcollation <> t.typcollation),
    CASE WHEN a.attnotnull THEN concat_ws(' ', 'not null', nullif(${notNull}, '')) END,
    (SELECT CASE a.attgenerated WHEN 's' THEN 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
        WHEN 'v' THEN 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') virtual'
        ELSE 'default ' || pg_get_expr(d.adbin, d.adrelid) END
      FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
    CASE a.attidentity WHEN 'a' THEN 'generated always as identity' WHEN 'd' THEN 'generated by default as identity' END`;
}
function columns(oids, major) {
    return [
        `SELECT 'column', ${RELATION} || '.' || quote_ident(a.attname), concat_ws(' ', ${columnWords(major)},
       (SELECT 'storage ' || CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
          ELSE 'extended' END FROM pg_type t WHERE t.oid = a.atttypid AND t.typstorage <> a.attstorage),
       CASE a.attcompression WHEN 'p' THEN 'compression pglz' WHEN 'l' THEN 'compression lz4' END,
       CASE WHEN a.attstattarget >= 0 THEN 'statistics ' || a.attstattarget END,
       ${options('a.attoptions', 'with')}, ${options('a.attfdwoptions')}, ${columnComment('c.oid', 'a.attnum')})
     FROM ${FROM_RELATION} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.oid = ANY (${oids}) AND c.relkind IN ('r', 'p', 'f')`,
    ];
}
function constraints(oids) {
    return [
        `SELECT 'constraint', ${RELATION} || '.' || quote_ident(k.conname),
       concat_ws(' ', pg_get_constraintdef(k.oid), ${comment('pg_constraint', 'k.oid')})
     FROM ${FROM_RELATION} JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype NOT IN ('n', 't')
     WHERE c.oid = ANY (${oids})`,
    ];
}
function indexes(oids, major) {
    const target = major >= 17 ? 'a.attstattarget IS NOT NULL' : 'a.attstattarget >= 0';
    return [
        `SELECT 'index', format('%I.%I', n.nspname, c.relname), concat_ws(' ', pg_get_indexdef(i.indexrelid),
       'partition of ' || (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.indexrelid),
       ${tablespace('c.reltablespace')},
       (SELECT string_agg('statistics of column ' || a.attnum || ' ' || a.attstattarget, ' ' ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = c.oid AND ${target}),
       CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN 'replica identity' END,
       CASE WHEN NOT i.indisvalid THEN 'INVALID' END, CASE WHEN NOT i.indisready THEN 'NOT READY' END,
       CASE WHEN NOT i.indislive THEN 'NOT LIVE' END, ${comment('pg_class', 'c.oid')})
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE i.indrelid = ANY (${oids})`,
    ];
}
function triggers(oids) {
    return [
        `SELECT 'trigger', ${RELATION} || '.' || quote_ident(t.tgname),
       concat_ws(' ', pg_get_triggerdef(t.oid), ${enabled('t.tgenabled')}, ${comment('pg_trigger', 't.oid')})
     FROM ${FROM_RELATION} JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal WHERE c.oid = ANY (${oids})`,
        `SELECT 'rule', ${RELATION} || '.' || quote_ident(r.rulename),
       concat_ws(' ', pg_get_ruledef(r.oid), ${enabled('r.ev_enabled')}, ${comment('pg_rewrite', 'r.oid')})
     FROM ${FROM_RELATION} JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN' WHERE c.oid = ANY (${oids})`,
        `SELECT 'policy', ${RELATION} || '.' || quote_ident(p.polname),
       concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'for',
         CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END,
         'to', (SELECT string_agg(role, ', ' ORDER BY role) FROM (
           SELECT CASE r WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(r)) END AS role FROM unnest(p.polroles) r) roles),
         'using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
         'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ${comment('pg_policy', 'p.oid')})
     FROM ${FROM_RELATION} JOIN pg_policy p ON p.polrelid = c.oid WHERE c.oid = ANY (${oids})`,
    ];
}
function views(oids) {
    return [
        `SELECT 'view', ${RELATION}, concat_ws(' ', CASE c.relkind WHEN 'm' THEN 'materialized' END,
       '(' || (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
           (SELECT 'default ' || pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
             WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
           ${columnComment('c.oid', 'a.attnum')}), ', ' ORDER BY a.attnum)
         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) || ')',
       ${options('c.reloptions', 'with')}, ${tablespace('c.reltablespace')},
       'as ' || btrim(pg_get_viewdef(c.oid), ' ;'),
       CASE WHEN NOT c.relispopulated THEN 'with no data' END, ${owner('c.relowner')}, ${comment('pg_class', 'c.oid')})
     FROM ${FROM_RELATION} WHERE c.oid = ANY (${oids}) AND c.relkind IN ('v', 'm')`,
    ];
}
/** Its parameters; where it stands is data. */
function sequences(oids) {
    return [
        `SELECT 'sequence', ${RELATION}, concat_ws(' ', CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
       'as', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement,
       'minvalue', s.seqmin, 'maxvalue', s.seqmax, 'cache', s.seqcache, CASE WHEN s.seqcycle THEN 'cycle' END,
       (SELECT 'owned by ' || d.refobjid::regclass || '.' || quote_ident(a.attname) FROM pg_depend d
          JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
            AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')),
       ${owner('c.relowner')}, ${comment('pg_class', 'c.oid')})
     FROM ${FROM_RELATION} JOIN pg_sequence s ON s.seqrelid = c.oid WHERE c.oid = ANY (${oids})`,
    ];
}
function compositeTypes(oids) {
    return [
        `SELECT 'type', ${RELATION}, concat_ws(' ', 'composite (' || (
         SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
           (SELECT 'collate ' || a.attcollation::regcollation FROM pg_type t
             WHERE t.oid = a.atttypid AND a.attcollation <> 0 AND a.attcollation <> t.typcollation),
           ${columnComment('c.oid', 'a.attnum')}), ', ' ORDER BY a.attnum)
         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) || ')',
       ${owner('c.relowner')}, ${comment('pg_type', 'c.reltype')})
     FROM ${FROM_RELATION} WHERE c.oid = ANY (${oids}) AND c.relkind = 'c'`,
        grantRow(RELATION, 't.typacl', 't.typowner', `'T'`, `${FROM_RELATION} JOIN pg_type t ON t.oid = c.reltype WHERE c.relkind = 'c' AND c.oid = ANY (${oids})`),
    ];
}
function statistics(oids, major) {
    const target = major >= 17 ? 's.stxstattarget' : 'nullif(s.stxstattarget, -1)';
    return [
        `SELECT 'statistics', format('%I.%I', n.nspname, s.stxname), concat_ws(' ', pg_get_statisticsobjdef(s.oid),
       'target ' || ${target}, ${owner('s.stxowner')}, ${comment('pg_statistic_ext', 's.oid')})
     FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = ANY (${oids})`,
    ];
}
function relationGrants(oids) {
    const type = `(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char"`;
    return [
        grantRow(RELATION, 'c.relacl', 'c.relowner', type, `${FROM_RELATION} WHERE c.relkind <> 'c' AND c.oid = ANY (${oids})`),
        grantRow(`${RELATION} || '.' || quote_ident(a.attname)`, 'a.attacl', 'c.relowner', `'c'`, `${FROM_RELATION} JOIN pg_attribute a ON a.attrelid = c.oid WHERE NOT a.attisdropped AND c.oid = ANY (${oids})`),
    ];
}
// ---- the rest
function functions(oids) {
    const name = `format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))`;
    const from = 'pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace';
    return [
        `SELECT 'function', ${name}, concat_ws(' ', rtrim(pg_get_functiondef(p.oid), E'\\n'), ${owner('p.proowner')},
       ${comment('pg_proc', 'p.oid')})
     FROM ${from} WHERE p.oid = ANY (${oids}) AND p.prokind <> 'a'`,
        `SELECT 'function', ${name}, concat_ws(' ', 'aggregate (' || pg_get_function_arguments(p.oid) || ')',
       'returns', pg_get_function_result(p.oid), 'kind', a.aggkind::text,
       'sfunc', a.aggtransfn::oid::regprocedure, 'stype', format_type(a.aggtranstype, NULL),
       'finalfunc ' || nullif(a.aggfinalfn::oid, 0)::regprocedure, 'combinefunc ' || nullif(a.aggcombinefn::oid, 0)::regprocedure,
       'serialfunc ' || nullif(a.aggserialfn::oid, 0)::regprocedure,
       'deserialfunc ' || nullif(a.aggdeserialfn::oid, 0)::regprocedure,
       'msfunc ' || nullif(a.aggmtransfn::oid, 0)::regprocedure, 'minvfunc ' || nullif(a.aggminvtransfn::oid, 0)::regprocedure,
       'initcond ' || quote_literal(a.agginitval), 'sortop ' || nullif(a.aggsortop, 0)::regoperator,
       'parallel', p.proparallel::text, ${owner('p.proowner')}, ${comment('pg_proc', 'p.oid')})
     FROM ${from} JOIN pg_aggregate a ON a.aggfnoid = p.oid WHERE p.oid = ANY (${oids}) AND p.prokind = 'a'`,
        grantRow(name, 'p.proacl', 'p.proowner', `'f'`, `${from} WHERE p.oid = ANY (${oids})`),
    ];
}
function types(oids) {
    const from = 'pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace';
    const name = `format('%I.%I', n.nspname, t.typname)`;
    return [
        `SELECT 'type', ${name}, concat_ws(' ', CASE t.typtype
       WHEN 'e' THEN 'enum (' || coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
         FROM pg_enum e WHERE e.enumtypid = t.oid), '') || ')'
       WHEN 'd' THEN concat_ws(' ', 'domain', format_type(t.typbasetype, t.typtypmod),
         (SELECT 'collate ' || t.typcollation::regcollation FROM pg_type b
           WHERE b.oid = t.typbasetype AND t.typcollation <> 0 AND t.typcollation <> b.typcollation),
         'default ' || t.typdefault, CASE WHEN t.typnotnull THEN 'not null' END,
         (SELECT string_agg(concat_ws(' ', 'constraint', quote_ident(k.conname), pg_get_constraintdef(k.oid),
             ${comment('pg_constraint', 'k.oid')}), ' ' ORDER BY k.conname)
           FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n'))
       WHEN 'r' THEN (SELECT concat_ws(' ', 'range of', format_type(r.rngsubtype, NULL),
           'operator class ' || ${identity('pg_opclass', 'r.rngsubopc')},
           'collate ' || nullif(r.rngcollation, 0)::regcollation,
           'canonical ' || nullif(r.rngcanonical::oid, 0)::regprocedure,
           'subtype_diff ' || nullif(r.rngsubdiff::oid, 0)::regprocedure)
         FROM pg_range r WHERE r.rngtypid = t.oid)
       WHEN 'b' THEN concat_ws(' ', 'base input', t.typinput::regproc, 'output', t.typoutput::regproc,
         'length', t.typlen, 'align', t.typalign::text, 'storage', t.typstorage::text, 'category', t.typcategory::text)
       ELSE 'shell' END,
       ${owner('t.typowner')}, ${comment('pg_type', 't.oid')})
     FROM ${from} WHERE t.oid = ANY (${oids})`,
        grantRow(name, 't.typacl', 't.typowner', `'T'`, `${from} WHERE t.oid = ANY (${oids})`),
    ];
}
function schemas(oids) {
    return [
        `SELECT 'schema', quote_ident(o.nspname), concat_ws(' ', ${owner('o.nspowner')}, ${comment('pg_namespace', 'o.oid')})
     FROM pg_namespace o WHERE o.oid = ANY (${oids})`,
        ...objectGrants('pg_namespace', 'nspacl', 'nspowner', 'n', oids, 'quote_ident(o.nspname)'),
    ];
}
function publications(oids, major) {
    const rowsAndColumns = major >= 15
        ? `|| coalesce(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM pg_attribute a
           WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')', '')
         || coalesce(' where (' || pg_get_expr(r.prqual, r.prrelid) || ')', '')`
        : '';
    const schemasOf = major >= 15
        ? `'schemas ' || (SELECT string_agg(s.pnnspid::regnamespace::text, ', ' ORDER BY s.pnnspid::regnamespace::text)
           FROM pg_publication_namespace s WHERE s.pnpubid = o.oid),`
        : '';
    return [
        `SELECT 'publication', quote_ident(o.pubname), concat_ws(' ', ${plainRow('oid,pubname,pubowner')},
       'tables ' || (SELECT string_agg(entry, ', ' ORDER BY entry) FROM (
         SELECT r.prrelid::regclass::text ${rowsAndColumns} AS entry FROM pg_publication_rel r WHERE r.prpubid = o.oid) list),
       ${schemasOf} ${owner('o.pubowner')}, ${comment('pg_publication', 'o.oid')})
     FROM pg_publication o WHERE o.oid = ANY (${oids})`,
    ];
}

// EXTERNAL MODULE: ./src/postgres/identifier.ts
var identifier = __webpack_require__(8332);
;// CONCATENATED MODULE: ./src/postgres/catalog.ts


/**
 * The whole schema in numbers, read from catalog rows alone: no lock on any user relation is taken or waited for. Sees
 * the uncommitted work of the transaction it is called in; works on a standby; ANALYZE and VACUUM change nothing in it.
 * Members of extensions are part of their extension. The session's settings are as before when it returns.
 */
async function readFingerprints(client, leftOut = []) {
    const pinned = await pin(client);
    const [row] = await pinned.query(fingerprintsSql(leftOut, pinned.major));
    const { groups, relations, names } = row;
    return { groups: parseGroups(groups ?? ''), relations: parseRelations(relations ?? '', names ?? '[]') };
}
/**
 * What the groups of these keys are, object by object, by name. Keys of what is no longer there give nothing.
 * Asking for a view's or an index's text takes ACCESS SHARE for a moment: where others may hold ACCESS EXCLUSIVE, the
 * caller's `lock_timeout` bounds the wait. The session's settings are as before when it returns.
 */
async function readDefinitions(client, keys) {
    const oids = new Map();
    for (const key of keys) {
        const [, group, oid] = /^([a-z-]+):(\d+)$/.exec(key) ?? [];
        if (group === undefined)
            throw new Error(`not a key of a fingerprint: ${JSON.stringify(key)}`);
        const known = oids.get(group);
        if (known === undefined)
            oids.set(group, [Number(oid)]);
        else
            known.push(Number(oid));
    }
    if (oids.size === 0)
        return new Map();
    const pinned = await pin(client);
    const rows = await pinned.query(definitionsSql(oids, pinned.major));
    return new Map(rows.map((object) => [`${object.kind} ${object.name}`, object]));
}
/** What a definition's text, or the time to read it, would otherwise depend on. */
const PINNED = {
    search_path: 'pg_catalog, pg_temp',
    quote_all_identifiers: 'off',
    DateStyle: 'ISO, MDY',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    extra_float_digits: '3',
    bytea_output: 'hex',
    lc_monetary: 'C',
    // Compiling the query costs more than running it, and workers are no help to a reading of catalogs this size.
    jit: 'off',
    max_parallel_workers_per_gather: '0',
    work_mem: '64MB',
};
/**
 * Runs a query with those settings and leaves no trace of them. Set and query go as one string: outside a transaction
 * block that string is one transaction and SET LOCAL ends with it; inside a block the second call restores.
 */
async function pin(client) {
    const settings = Object.keys(PINNED);
    const current = settings.map((name) => `pg_catalog.current_setting('${name}')`);
    const { rows } = await client.query(`SELECT pg_catalog.current_setting('server_version_num') AS version, ARRAY[${current.join(', ')}] AS settings`);
    const { version, settings: before } = rows[0];
    const setting = (name, value) => `pg_catalog.set_config('${name}', ${(0,identifier/* quoteLiteral */.c)(value)}, true)`;
    const set = settings.map((name) => setting(name, PINNED[name] ?? ''));
    const restore = settings.map((name, at) => setting(name, before[at] ?? ''));
    return {
        major: Math.trunc(Number(version) / 10_000),
        async query(sql) {
            const result = await client.query(`SELECT ${set.join(', ')};\n${sql}`);
            await client.query(`SELECT ${restore.join(', ')}`);
            // For several statements `pg` itself gives an array of results, which its types do not say.
            const last = Array.isArray(result) ? result.at(-1) : result;
            return last.rows;
        },
    };
}
/** Groups of one catalog row each (beside their comments): class, catalog, and the column that holds the schema. */
const SIMPLE = [
    ['function', 'pg_proc', 'pronamespace'],
    ['type', 'pg_type', 'typnamespace'],
    ['schema', 'pg_namespace', null],
    ['extension', 'pg_extension', null],
    ['event-trigger', 'pg_event_trigger', null],
    ['publication', 'pg_publication', null],
    ['default-acl', 'pg_default_acl', null],
    ['operator', 'pg_operator', 'oprnamespace'],
    ['operator-class', 'pg_opclass', 'opcnamespace'],
    ['operator-family', 'pg_opfamily', 'opfnamespace'],
    ['collation', 'pg_collation', 'collnamespace'],
    ['conversion', 'pg_conversion', 'connamespace'],
    ['cast', 'pg_cast', null],
    ['language', 'pg_language', null],
    ['access-method', 'pg_am', null],
    ['transform', 'pg_transform', null],
    ['text-search-configuration', 'pg_ts_config', 'cfgnamespace'],
    ['text-search-dictionary', 'pg_ts_dict', 'dictnamespace'],
    ['text-search-parser', 'pg_ts_parser', 'prsnamespace'],
    ['text-search-template', 'pg_ts_template', 'tmplnamespace'],
    ['foreign-data-wrapper', 'pg_foreign_data_wrapper', null],
    ['server', 'pg_foreign_server', null],
];
/** Rows that belong to a group of another catalog: group, catalog, the column that holds the group's oid, which rows. */
function parts(major) {
    const all = [
        ['type', 'pg_enum', 'enumtypid', 'true'],
        ['type', 'pg_range', 'rngtypid', 'true'],
        ['type', 'pg_constraint', 'contypid', 'part.contypid <> 0'],
        ['function', 'pg_aggregate', 'aggfnoid', 'part.aggfnoid >= 16384'],
        ['publication', 'pg_publication_rel', 'prpubid', 'true'],
        ['operator-family', 'pg_amop', 'amopfamily', 'part.amopfamily >= 16384'],
        ['operator-family', 'pg_amproc', 'amprocfamily', 'part.amprocfamily >= 16384'],
        ['text-search-configuration', 'pg_ts_config_map', 'mapcfg', 'part.mapcfg >= 16384'],
    ];
    return major >= 15 ? [...all, ['publication', 'pg_publication_namespace', 'pnpubid', 'true']] : all;
}
/** Rows that belong to a relation: catalog, the column that holds the relation's oid, which rows. */
const RELATION_PARTS = [
    ['pg_attribute', 'attrelid', 'part.attnum > 0'],
    ['pg_attrdef', 'adrelid', 'true'],
    ['pg_constraint', 'conrelid', 'part.conrelid <> 0'],
    ['pg_trigger', 'tgrelid', 'NOT part.tgisinternal'],
    ['pg_rewrite', 'ev_class', 'part.ev_class >= 16384'],
    ['pg_policy', 'polrelid', 'true'],
    ['pg_inherits', 'inhrelid', 'true'],
    ['pg_partitioned_table', 'partrelid', 'true'],
    ['pg_statistic_ext', 'stxrelid', 'true'],
    ['pg_sequence', 'seqrelid', 'true'],
    ['pg_foreign_table', 'ftrelid', 'true'],
];
/** Objects with an oid and a comment of their own that belong to a relation: catalog, the relation's column. */
const COMMENTED = [
    ['pg_constraint', 'conrelid'],
    ['pg_trigger', 'tgrelid'],
    ['pg_rewrite', 'ev_class'],
    ['pg_policy', 'polrelid'],
    ['pg_statistic_ext', 'stxrelid'],
];
/**
 * One row: `groups` = `class:oid=number ...`, `relations` = `oid kind ...`, `names` = a JSON array in the same order.
 * Every catalog row counts as a hash of who wrote it last (xmin, which ANALYZE's and VACUUM's updates in place leave
 * alone) and of where it is; a group is the XOR of its rows. Objects of users have oids from 16384 on. Hashing records
 * is what makes this cheap: xmin has no cast to a number but through text.
 */
function fingerprintsSql(leftOut, major) {
    const isLeftOut = (name) => leftOut
        .filter(({ names }) => names.length > 0)
        .map(({ schema, names }) => `space.plain = ${(0,identifier/* quoteLiteral */.c)(schema)} AND ${name} IN (${names.map(identifier/* quoteLiteral */.c).join(', ')})`)
        .join(' OR ') || 'false';
    const simple = SIMPLE.map(([group, catalog, namespace]) => `
      SELECT '${group}', '${catalog}'::regclass::oid, part.oid, hash_record_extended(ROW(part.oid, part.xmin), 0)
      FROM ${catalog} part ${namespace === null ? '' : `JOIN space ON space.oid = part.${namespace}`}
      WHERE ${simpleFilter(group)}
        AND part.oid NOT IN (SELECT objid FROM member WHERE classid = '${catalog}'::regclass)
        ${group === 'function' ? `AND NOT (${isLeftOut('part.proname')})` : ''}`);
    const partOf = parts(major).map(([group, catalog, owner, where]) => `
      SELECT '${group}', owner.classid, owner.objid,
             hash_record_extended(ROW('${catalog}'::regclass, part.ctid, part.xmin), 0)
      FROM ${catalog} part JOIN simple owner ON owner.objid = part.${owner} AND owner.class = '${group}' WHERE ${where}`);
    const partOfRelation = RELATION_PARTS.map(([catalog, relation, where], at) => `
      SELECT rel.root, hash_record_extended(ROW(part.ctid, part.xmin), ${at + 1})
      FROM ${catalog} part JOIN rel ON rel.oid = part.${relation} WHERE ${where} AND NOT rel.hidden`);
    const commented = COMMENTED.map(([catalog, relation]) => `
      SELECT rel.root, remark.hash FROM remark JOIN ${catalog} part ON part.oid = remark.objoid
      JOIN rel ON rel.oid = part.${relation} WHERE remark.classoid = '${catalog}'::regclass AND NOT rel.hidden`);
    return `
  WITH member AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    -- The constructors and the cast that come with a range type.
    UNION ALL SELECT classid, objid FROM pg_depend
      WHERE classid IN ('pg_proc'::regclass, 'pg_cast'::regclass) AND deptype = 'i'
  ), space AS MATERIALIZED (
    SELECT oid, nspname AS plain, quote_ident(nspname) AS name FROM pg_namespace
    WHERE left(nspname, 3) <> 'pg_' AND nspname <> 'information_schema'
  ), named AS MATERIALIZED (
    SELECT c.oid FROM pg_class c JOIN space ON space.oid = c.relnamespace
    WHERE ${isLeftOut('c.relname')}
  ), hidden AS MATERIALIZED (
    SELECT oid FROM named
    UNION SELECT d.objid FROM pg_depend d JOIN named ON named.oid = d.refobjid -- the sequences of their columns
      WHERE d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    UNION SELECT objid FROM member WHERE classid = 'pg_class'::regclass
  ), rel AS MATERIALIZED (
    SELECT c.oid, coalesce(i.indrelid, c.oid) AS root, c.relkind AS kind, c.xmin AS x, i.xmin AS ix, c.reltype,
           coalesce(i.indrelid, c.oid) IN (SELECT oid FROM hidden) AS hidden,
           space.name || '.' || quote_ident(c.relname) AS name
    FROM pg_class c JOIN space ON space.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relkind <> 't'
  ), remark AS MATERIALIZED (
    SELECT classoid, objoid, bit_xor(hash_record_extended(ROW(classoid, objoid, objsubid, xmin), 99)) AS hash
    FROM pg_description WHERE objoid >= 16384 OR classoid IN ('pg_namespace'::regclass, 'pg_extension'::regclass)
    GROUP BY classoid, objoid
  ), relation_row (root, hash) AS (
    SELECT root, hash_record_extended(ROW(oid, x, ix), 0) FROM rel WHERE NOT hidden
    UNION ALL ${partOfRelation.join(' UNION ALL ')}
    UNION ALL SELECT rel.root, remark.hash FROM remark JOIN rel ON rel.oid = remark.objoid
      WHERE remark.classoid = 'pg_class'::regclass AND NOT rel.hidden
    UNION ALL ${commented.join(' UNION ALL ')}
    -- A composite type is a relation; its comment and its grants are on the type.
    UNION ALL SELECT rel.root, hash_record_extended(ROW(t.xmin, remark.hash), 98)
      FROM rel JOIN pg_type t ON t.oid = rel.reltype
      LEFT JOIN remark ON remark.classoid = 'pg_type'::regclass AND remark.objoid = t.oid
      WHERE rel.kind = 'c' AND NOT rel.hidden
  ), simple (class, classid, objid, hash) AS MATERIALIZED (
    ${simple.join(' UNION ALL ')}
  ), simple_row (class, classid, objid, hash) AS (
    SELECT class, classid, objid, hash FROM simple
    UNION ALL ${partOf.join(' UNION ALL ')}
    UNION ALL SELECT simple.class, simple.classid, simple.objid, remark.hash
      FROM simple JOIN remark ON remark.classoid = simple.classid AND remark.objoid = simple.objid
    -- Of these a plain role cannot read the row itself.
    UNION ALL SELECT 'user-mapping', 0, umid, hash_record_extended(ROW(srvname, umuser, umoptions), 0)
      FROM pg_user_mappings
    UNION ALL SELECT 'subscription', 0, oid,
        hash_record_extended(ROW(subname, subowner, subenabled, subslotname, subpublications), 0)
      FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT 'database-settings', 0, 0, hash_record_extended(ROW(setrole, setconfig), 0)
      FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
  ), grouped AS (
    SELECT 'relation:' || root || '=' || bit_xor(hash) AS entry FROM relation_row GROUP BY root
    UNION ALL SELECT class || ':' || objid || '=' || bit_xor(hash) FROM simple_row GROUP BY class, objid
  )
  SELECT (SELECT string_agg(entry, ' ') FROM grouped) AS groups,
         (SELECT string_agg(oid::text || kind::text, ' ' ORDER BY oid) FROM rel WHERE kind <> 'c') AS relations,
         (SELECT json_agg(name ORDER BY oid)::text FROM rel WHERE kind <> 'c') AS names`;
}
function simpleFilter(group) {
    // A user can change the public schema and the languages' extension, which come with the database.
    if (group === 'schema')
        return 'part.oid IN (SELECT oid FROM space)';
    if (group === 'extension')
        return 'true';
    // Row types and composite types go with their relation, array and multirange types with their element.
    if (group === 'type') {
        return `part.oid >= 16384 AND part.typtype NOT IN ('c', 'm') AND part.typinput <> 'array_in'::regproc`;
    }
    return 'part.oid >= 16384';
}
function parseGroups(text) {
    const groups = new Map();
    if (text === '')
        return groups;
    for (const entry of text.split(' ')) {
        const at = entry.indexOf('=');
        groups.set(entry.slice(0, at), entry.slice(at + 1));
    }
    return groups;
}
function parseRelations(text, names) {
    const relations = new Map();
    const name = JSON.parse(names);
    if (text === '')
        return relations;
    for (const [at, entry] of text.split(' ').entries()) {
        relations.set(Number(entry.slice(0, -1)), { name: name[at] ?? '', kind: entry.slice(-1) });
    }
    return relations;
}


/***/ }),

/***/ 7768:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   ML: () => (/* binding */ retakeLock),
/* harmony export */   PU: () => (/* binding */ keepLock),
/* harmony export */   TL: () => (/* binding */ lockKey),
/* harmony export */   Ze: () => (/* binding */ freeOtherLocks),
/* harmony export */   bh: () => (/* binding */ tryLock),
/* harmony export */   l6: () => (/* binding */ freeStrandedLock),
/* harmony export */   ol: () => (/* binding */ GIVES_UP_LOCKS),
/* harmony export */   ub: () => (/* binding */ holdsLock),
/* harmony export */   x_: () => (/* binding */ releaseLock)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _as_login_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1299);
/* harmony import */ var _qualified_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(3530);
/** One gate at a time: an advisory lock of the session that does the work. */



/** The key names the product and the tracking table; PostgreSQL itself keeps databases apart. A signed 64-bit number. */
function lockKey(trackingSchema) {
    const hash = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(`postgres-migration-gate ${trackingSchema}.schema_migrations`).digest();
    return hash.readBigInt64BE(0).toString();
}
/**
 * Takes the lock if it is free: the backend that has it now for us, or who else holds it. Whoever waits asks again, and
 * does not wait inside the server: a waiting session holds a snapshot, and CREATE INDEX CONCURRENTLY would wait for it.
 */
async function tryLock(session, key) {
    for (let look = 1;; look += 1) {
        const { rows } = await session.query('select pg_catalog.pg_try_advisory_lock($1) as taken, pg_catalog.pg_backend_pid() as pid', [key]);
        if (rows[0]?.taken)
            return { taken: rows[0].pid };
        const holder = await lockHolder(session, key);
        if (holder)
            return { holder };
        // It was gone when we looked: the lock may be free by now.
        if (look === LOOKS)
            return { holder: NOBODY };
    }
}
const LOOKS = 3;
const NOBODY = { pid: 0, application: 'unknown', since: null, state: null, stateSince: null };
const shown = (column) => `pg_catalog.to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')`;
/** Of its own login's sessions a role that they begin with may be told less than the login. */
async function lockHolder(session, key) {
    const [row] = await (0,_as_login_js__WEBPACK_IMPORTED_MODULE_1__/* .askAsLogin */ .$)(session, `select l.pid, coalesce(a.application_name, ''), ${shown('a.backend_start')}, a.state, ${shown('a.state_change')}
       from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        and ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint`, [key]);
    if (!row)
        return null;
    const [pid, application, since = null, state = null, stateSince = null] = row;
    return { pid: Number(pid), application: application ?? '', since, state, stateSince };
}
/** Frees the advisory locks that a file took for its session and did not give back; ours stays. */
function freeOtherLocks(key) {
    const half = (part) => `(case when ${part} > 2147483647 then ${part} - 4294967296 else ${part} end)::int`;
    const unlock = (suffix) => (0,_qualified_js__WEBPACK_IMPORTED_MODULE_2__/* .qualified */ .LX)(`case when held.objsubid = 1 then pg_catalog.pg_advisory_unlock${suffix}((held.high << 32) | held.low)
          else pg_catalog.pg_advisory_unlock${suffix}(${half('held.high')}, ${half('held.low')}) end`);
    return {
        text: `do $gate$ declare held record; begin
      for held in
        ${(0,_qualified_js__WEBPACK_IMPORTED_MODULE_2__/* .qualified */ .LX)(`select classid::bigint as high, objid::bigint as low, objsubid, mode from pg_catalog.pg_locks
         where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid()
           and not (objsubid = 1 and ((classid::bigint << 32) | objid::bigint) = (${BigInt(key)}))`)}
      loop
        -- As often as it was taken; one that ends with the transaction is refused at once, with a warning.
        while case when held.mode operator(pg_catalog.=) 'ShareLock' then ${unlock('_shared')} else ${unlock('')} end loop end loop;
      end loop;
    end $gate$`,
    };
}
/** What gives up every advisory lock of its session, ours with them. */
const GIVES_UP_LOCKS = /^discard\s+all\b|\bpg_advisory_unlock_all\b/i;
/** Takes ours again where a file has given it up; that nobody else has it is asked for elsewhere. */
function retakeLock(key) {
    const ours = `'${BigInt(key)}'::bigint`;
    return { text: (0,_qualified_js__WEBPACK_IMPORTED_MODULE_2__/* .qualified */ .LX)(`select pg_catalog.pg_try_advisory_lock(${ours}) where not (${isHeld(ours)})`) };
}
/** After a file: the lock is held, or held again. Else who has it now. */
async function keepLock(session, key) {
    if (await holdsLock(session, key))
        return null;
    const taken = await tryLock(session, key);
    return 'holder' in taken ? taken.holder : null;
}
/** Gives the lock back. False means that this session did not hold it: somebody's pooler is in the way. */
async function releaseLock(session, key) {
    const { rows } = await session.query('select pg_catalog.pg_advisory_unlock($1) as released', [
        key,
    ]);
    return rows[0]?.released ?? false;
}
const POLITE = 20;
/**
 * The backend that took the lock for us serves somebody else now: a pooler gives backends away. The lock is given back when
 * that backend is ours again for a moment, else the backend is ended, as nobody could ever free it.
 */
async function freeStrandedLock(session, key, pid) {
    for (let time = 0; time < POLITE; time += 1) {
        const { rows } = await session.query((0,_qualified_js__WEBPACK_IMPORTED_MODULE_2__/* .qualified */ .LX)('select case when pg_catalog.pg_backend_pid() = $2::int then pg_catalog.pg_advisory_unlock($1) else false end as freed'), [key, pid]);
        if (rows[0]?.freed)
            return;
    }
    if ((await lockHolder(session, key))?.pid === pid) {
        await (0,_as_login_js__WEBPACK_IMPORTED_MODULE_1__/* .askAsLogin */ .$)(session, 'select pg_catalog.pg_terminate_backend($1)', [String(pid)]);
    }
}
async function holdsLock(session, key) {
    const { rows } = await session.query((0,_qualified_js__WEBPACK_IMPORTED_MODULE_2__/* .qualified */ .LX)(`select ${isHeld('$1')} as held`), [key]);
    return rows[0]?.held ?? false;
}
const isHeld = (key) => `exists (select 1 from pg_catalog.pg_locks where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid()
      and objsubid = 1 and ((classid::bigint << 32) | objid::bigint) = ${key}::bigint)`;


/***/ }),

/***/ 1482:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A7: () => (/* binding */ resetItems),
/* harmony export */   Iy: () => (/* binding */ armDeadMansSwitch),
/* harmony export */   KK: () => (/* binding */ liftLimits),
/* harmony export */   Nk: () => (/* binding */ RESET_ROLE),
/* harmony export */   O6: () => (/* binding */ RESET_ALL),
/* harmony export */   gw: () => (/* binding */ clearItems),
/* harmony export */   yG: () => (/* binding */ localTimeouts)
/* harmony export */ });
/* harmony import */ var _identifier_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8332);
/** What a session of ours looks like before each file, and how it is brought back to that after one. */

/** Without limits, and an open transaction not for ever; transaction_timeout came with PostgreSQL 17. */
const OWN_LIMITS = `
  pg_catalog.set_config('statement_timeout', '0', false), pg_catalog.set_config('lock_timeout', '0', false),
  pg_catalog.set_config('idle_session_timeout', '0', false),
  pg_catalog.set_config('idle_in_transaction_session_timeout', '60s', false),
  case when pg_catalog.current_setting('transaction_timeout', true) is not null
       then pg_catalog.set_config('transaction_timeout', '0', false) end`;
const QUERY_CANCELED = '57014';
/** A limit of a millisecond may cut the very statement that lifts it; a session that has warmed up is faster. */
const MOST_TRIES = 50;
/**
 * What the role, the database or the server has set to end statements and sessions must not cut our own questions, the
 * watch or the review pause; files run under the run's inputs. `throughPooler`: also where the connection is not the
 * server's own; only for one that keeps its session, as others would get these settings.
 */
async function liftLimits(session, { throughPooler }) {
    const direct = 'pg_catalog.pg_backend_pid() operator(pg_catalog.=) $1::int';
    const lift = `select ${OWN_LIMITS} from (values (1)) as one where ${throughPooler ? '$1::int is not null' : direct}`;
    for (let tries = 1;; tries += 1) {
        try {
            await session.query(lift, [session.startupPid]);
            return;
        }
        catch (error) {
            if (error.code !== QUERY_CANCELED || tries === MOST_TRIES)
                throw error;
        }
    }
}
/** RESET ALL, and our own limits in the same statement: none of ours runs under those of the role. */
const RESET_ALL = {
    name: 'mgate_reset',
    text: `do $gate$ begin reset all; perform ${OWN_LIMITS}; end $gate$`,
};
const DEAD_MANS_SWITCH = [
    // A backend busy in a statement looks whether its client is still there.
    ['client_connection_check_interval', '1s'],
    // A gate that stops between two statements (frozen, cut off) does not hold locks for ever.
    ['idle_in_transaction_session_timeout', '60s'],
    ['tcp_user_timeout', '30s'],
    // A runner that is gone without a word is noticed by an idle session too, which else keeps the lock for two hours.
    ['tcp_keepalives_idle', '20'],
    ['tcp_keepalives_interval', '5'],
    ['tcp_keepalives_count', '3'],
];
/**
 * Settings that end a backend whose gate has died: it must not go on alone. Where the server refuses some of them, as on
 * some platforms (22023), the others hold. Returns what sets those that it took again, in one statement. `name`: the
 * session's application_name; behind a pooler RESET ALL takes that too, and nobody could say whose the session is.
 */
async function armDeadMansSwitch(session, name) {
    const settings = [['application_name', name], ...DEAD_MANS_SWITCH];
    const all = itemOf(settings);
    if (await takes(session, all))
        return [{ ...all, name: 'mgate_armed' }];
    const taken = [];
    for (const setting of settings)
        if (await takes(session, itemOf([setting])))
            taken.push(setting);
    return taken.length === 0 ? [] : [{ ...itemOf(taken), name: 'mgate_armed' }];
}
function itemOf(settings) {
    const each = settings.map(([name, value]) => `pg_catalog.set_config('${name}', ${(0,_identifier_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteLiteral */ .c)(value)}, false)`);
    return { text: `select ${each.join(', ')}` };
}
async function takes(session, { text }) {
    try {
        await session.batch([{ text }]);
        return true;
    }
    catch (error) {
        const code = error.cause?.code;
        if (code !== '22023' && code !== '42704' && code !== '0A000')
            throw error;
        return false;
    }
}
/** The role that the session began with, which need not be the one that logged in (ALTER ROLE ... SET role). */
const RESET_ROLE = [{ text: 'reset session authorization' }, { text: 'reset role' }];
/**
 * Brings a session back to where it was before a file: settings, role, cursors, listening, temporary tables; all but
 * advisory locks (ours is one of them, so DISCARD ALL is out of the question) and prepared statements (ours are).
 */
function resetItems(armed) {
    return [...RESET_ROLE, RESET_ALL, ...clearItems(armed)];
}
/** The same where role and settings are reset already. */
function clearItems(armed) {
    return [
        { text: 'close all' },
        { text: 'unlisten *' },
        { text: 'discard temp' },
        { text: 'discard sequences' },
        ...armed,
    ];
}
/** Timeouts of one transaction: they end with it, whatever a pooler does with the connection afterwards. */
function localTimeouts(settings) {
    return [
        {
            name: 'mgate_timeouts',
            text: `select pg_catalog.set_config('lock_timeout', $1, true), pg_catalog.set_config('statement_timeout', $2, true)`,
            values: [`${Math.round(settings.lockTimeoutMs)}ms`, `${Math.round(settings.statementTimeoutMs)}ms`],
        },
    ];
}


/***/ }),

/***/ 4152:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  U: () => (/* binding */ Attempt)
});

// EXTERNAL MODULE: ./src/engines/shared/checks.ts
var shared_checks = __webpack_require__(2232);
// EXTERNAL MODULE: ./src/engines/shared/leftovers.ts
var leftovers = __webpack_require__(3601);
// EXTERNAL MODULE: ./src/engines/shared/workbench.ts
var workbench = __webpack_require__(3240);
// EXTERNAL MODULE: ./src/plan/schema-diff.ts
var schema_diff = __webpack_require__(6766);
// EXTERNAL MODULE: ./src/postgres/catalog.ts + 1 modules
var catalog = __webpack_require__(505);
// EXTERNAL MODULE: ./src/postgres/failure.ts
var failure = __webpack_require__(8829);
// EXTERNAL MODULE: ./src/postgres/qualified.ts
var qualified = __webpack_require__(3530);
;// CONCATENATED MODULE: ./src/postgres/watchdog.ts
/**
 * The second pair of eyes: a connection of its own that looks, while the first one works, whether anybody is kept
 * waiting by it, how long it has held ACCESS EXCLUSIVE, and how much of the server's lock table it fills.
 */

const LOOK_MS = 100;
/** Where a standby follows: nobody there is seen to wait, so all that can be known is since when the lock is held. */
const LOOK_FOR_EXCLUSIVE_MS = 50;
/** A watchdog that cannot see for this long raises the alarm: unwatched work is not allowed to go on. */
const BLIND_MS = 5_000;
/**
 * The server's lock table is read once for a look, as that is what a look costs. pg_blocking_pids stops every backend for
 * a moment and is asked only of sessions that wait. A relation that this session sees in pg_class existed before the
 * watched transaction: what that made is invisible here.
 */
const LOOK = (0,qualified/* qualified */.LX)(`
  select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('pid', l.pid,
             'application', coalesce((select a.application_name from pg_catalog.pg_stat_activity a where a.pid = l.pid), ''),
             'waitedMs', (extract(epoch from pg_catalog.clock_timestamp() - l.waitstart) * 1000)))
           filter (where not l.granted and l.waitstart is not null and l.pid <> $1
                     and $1 = any (pg_catalog.pg_blocking_pids(l.pid))), '[]') as waiters,
         (pg_catalog.count(*) filter (where l.pid = $1 and l.granted and not l.fastpath))::int as locks,
         coalesce(pg_catalog.bool_or(l.mode = 'AccessExclusiveLock' and l.relation >= 16384
             and exists (select from pg_catalog.pg_class c where c.oid = l.relation))
           filter (where $2 and l.pid = $1 and l.granted and l.locktype = 'relation'), false) as exclusive
    from pg_catalog.pg_locks l`);
/** A lock that is held in several modes takes one place in the lock table; telling them apart costs as much as a look. */
const PLACES = (0,qualified/* qualified */.LX)(`
  select pg_catalog.count(distinct (l.locktype, l.relation, l.classid, l.objid, l.objsubid))::int as places
    from pg_catalog.pg_locks l where l.pid = $1 and l.granted and not l.fastpath`);
class Watchdog {
    session;
    options;
    stopped = false;
    /** Time under ACCESS EXCLUSIVE until now, and when it was last seen to be held; null: it is not. */
    exclusiveMs = 0;
    exclusiveAt = null;
    lookedAt = performance.now();
    running;
    wake = null;
    constructor(session, options) {
        this.session = session;
        this.options = options;
        this.running = this.watch();
    }
    /** Ends the watch and waits until the last look is over. */
    async stop() {
        this.stopped = true;
        this.wake?.();
        await this.running;
    }
    async watch() {
        let lastSeen = performance.now();
        while (!this.stopped) {
            let pause = LOOK_MS;
            try {
                pause = await this.look();
                lastSeen = performance.now();
            }
            catch (error) {
                if (performance.now() - lastSeen > BLIND_MS || this.session.lost) {
                    this.raise({ kind: 'blind', error: error });
                    return;
                }
            }
            if (this.stopped)
                return;
            await new Promise((resolve) => {
                const timer = setTimeout(resolve, pause);
                this.wake = () => {
                    clearTimeout(timer);
                    resolve();
                };
            });
        }
    }
    /** One look; returns how long until the next, shorter when a limit is about to be reached. */
    async look() {
        const { watchedPid, maxBlockingMs, maxExclusiveMs, lockLimit } = this.options;
        const { rows } = await this.session.query(LOOK, [
            watchedPid,
            maxExclusiveMs !== null,
        ]);
        const { waiters, locks, exclusive } = rows[0] ?? { waiters: [], locks: 0, exclusive: false };
        const longest = Math.max(0, ...waiters.map((waiter) => waiter.waitedMs));
        this.addExclusive(exclusive);
        if (maxBlockingMs > 0 && longest >= maxBlockingMs) {
            this.raise({ kind: 'blocking', waiters: waiters.filter((waiter) => waiter.waitedMs >= maxBlockingMs) });
        }
        else if (maxExclusiveMs && this.exclusiveMs >= maxExclusiveMs) {
            this.raise({ kind: 'exclusive', heldMs: this.exclusiveMs });
        }
        else if (lockLimit !== null && locks > lockLimit) {
            await this.countPlaces(lockLimit);
        }
        const left = [maxExclusiveMs === null ? LOOK_MS : LOOK_FOR_EXCLUSIVE_MS];
        if (maxBlockingMs > 0 && waiters.length > 0)
            left.push(maxBlockingMs - longest);
        if (maxExclusiveMs && exclusive)
            left.push(maxExclusiveMs - this.exclusiveMs);
        return Math.max(5, Math.min(...left));
    }
    /** Adds up over the whole transaction: a reader on a standby may have waited each time. A look that came late has missed the beginning. */
    addExclusive(isHeld) {
        const now = performance.now();
        const since = this.exclusiveAt ?? Math.min(now, this.lookedAt + LOOK_FOR_EXCLUSIVE_MS);
        if (isHeld)
            this.exclusiveMs += now - since;
        this.exclusiveAt = isHeld ? now : null;
        this.lookedAt = now;
    }
    async countPlaces(limit) {
        const { rows } = await this.session.query(PLACES, [this.options.watchedPid]);
        const places = rows[0]?.places ?? 0;
        if (places > limit)
            this.raise({ kind: 'lock-table', locks: places, limit });
    }
    raise(alarm) {
        if (this.stopped)
            return;
        this.stopped = true;
        this.options.onAlarm(alarm);
    }
}

// EXTERNAL MODULE: ./src/report/places.ts
var places = __webpack_require__(9012);
// EXTERNAL MODULE: ./src/rehearsal/bounds.ts
var bounds = __webpack_require__(9006);
// EXTERNAL MODULE: ./src/rehearsal/conversation.ts
var conversation = __webpack_require__(3268);
// EXTERNAL MODULE: ./src/rehearsal/endings.ts
var endings = __webpack_require__(267);
// EXTERNAL MODULE: ./src/rehearsal/entry.ts
var rehearsal_entry = __webpack_require__(5639);
// EXTERNAL MODULE: ./src/rehearsal/guard.ts
var guard = __webpack_require__(8502);
// EXTERNAL MODULE: ./src/rehearsal/concurrently.ts
var concurrently = __webpack_require__(7317);
// EXTERNAL MODULE: ./src/rehearsal/questions.ts
var questions = __webpack_require__(6422);
// EXTERNAL MODULE: ./src/rehearsal/sizes.ts
var sizes = __webpack_require__(9309);
;// CONCATENATED MODULE: ./src/rehearsal/look-back.ts
/** What can be asked only of the committed state, when all is rolled back: what was there before, by name, size and rows. */







/** How long all questions of one kind about the rows may take. */
const QUESTIONS_MS = 5_000;
const ALTERED = (0,qualified/* qualified */.LX)(`
  select distinct 'relation:' || coalesce(i.indrelid, l.relation)::text as key
    from pg_catalog.pg_locks l left join pg_catalog.pg_index i on i.indexrelid = l.relation
   where l.pid = pg_catalog.pg_backend_pid() and l.granted and l.locktype = 'relation'
     and l.mode = any ('{ShareUpdateExclusiveLock, ShareLock, ShareRowExclusiveLock, ExclusiveLock, AccessExclusiveLock}')`);
async function lookInside({ session, leftOut }) {
    const fingerprints = await (0,catalog/* readFingerprints */.g)(session, leftOut);
    const { rows } = await session.query(ALTERED);
    return { fingerprints, altered: new Set(rows.map(({ key }) => key)) };
}
/** Without what somebody else has committed while it ran, which the rehearsal saw as well. To be asked after the rollback. */
async function withoutOthers({ session, leftOut }, { groups, predicted }, before, { fingerprints, altered }) {
    const others = (0,schema_diff/* othersGroups */.CN)(before, fingerprints, await (0,catalog/* readFingerprints */.g)(session, leftOut), altered);
    if (others.size === 0)
        return { groups, predicted };
    const theirs = await (0,catalog/* readDefinitions */.T)(session, [...others].sort());
    const own = (keys) => keys.filter((key) => !others.has(key));
    return {
        groups: { added: own(groups.added), removed: own(groups.removed), changed: own(groups.changed) },
        predicted: new Map([...predicted].filter(([key]) => !theirs.has(key))),
    };
}
async function lookBack(bench, notes, looks, { made, failed, traffic }) {
    const { session } = bench;
    const before = await (0,catalog/* readDefinitions */.T)(session, (0,schema_diff/* groupsToDefine */.rA)(made.groups).outside);
    const schemaDiff = (0,schema_diff/* diffDefinitions */.eM)(before, made.predicted);
    await nameWhatIsBack(bench, notes);
    const inTheWay = failed && (await askForRows(bench, notes, failed));
    await askForIndexes(bench, notes);
    return { schemaDiff, inTheWay, sizes: await (0,sizes/* readSizes */.P1)(bench, looks.wanted, traffic) };
}
/** Columns that a statement dropped are there again, with their names; files that it emptied, with their rows. */
async function nameWhatIsBack(bench, notes) {
    const within = boundsOf(bench);
    for (const entry of notes.ofPending()) {
        if (entry.goneColumns.length > 0)
            entry.droppedColumns = await (0,questions/* readDropped */.LF)(bench, entry.goneColumns, within);
        if (entry.emptied.length > 0) {
            const had = await (0,questions/* withRows */.Qx)(bench, entry.emptied);
            const truncated = entry.emptied.filter((name) => had.has(name) || /\btruncate\b/i.test(entry.sql));
            entry.truncated = [...entry.truncated, ...truncated];
            entry.rewrites = entry.rewrites.filter((name) => !truncated.includes(name));
        }
    }
}
async function askForRows(bench, notes, { entry, place, error }) {
    if (entry === null || place === null)
        return null;
    const { showData } = bench.request;
    const before = notes.ofPending().filter((one) => one !== entry);
    const written = new Set(before.flatMap((one) => one.touched.map((touched) => touched.relation)));
    const failed = { error: (0,failure/* readServerError */.i)(error), facts: entry.facts, sql: place.sql, showData, written };
    return (0,questions/* rowsInTheWay */.TD)(bench, failed, boundsOf(bench));
}
/** Indexes that are to be built CONCURRENTLY: would their keys be unique, and who would they wait for? */
async function askForIndexes(bench, notes) {
    const within = boundsOf(bench);
    for (const tried of notes.tried) {
        const found = tried.finding ?? (await (0,concurrently/* duplicateKeys */.ss)(bench, tried, within, bench.request.showData));
        if (found)
            notes.findings.push(found);
    }
    notes.findings.push(...(await (0,concurrently/* openTransactions */.ey)(bench, notes.ofPending())));
}
function boundsOf({ request }) {
    return { maxBytes: request.dryRunMaxBytes, until: performance.now() + QUESTIONS_MS };
}

// EXTERNAL MODULE: ./src/rehearsal/looks.ts
var looks = __webpack_require__(9939);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
;// CONCATENATED MODULE: ./src/rehearsal/notes.ts
/** What one attempt writes down as it goes, of each statement and beside them. The report is made of it. */


/** A run of INSERTs into one table is told one by one up to here, as one entry from here on. */
const INSERTS_TOLD = 20;
class Notes {
    /** Down files are run after everything has gone up, and what they undo goes up again. */
    phase = 'up';
    /** Migrations that came to their end, by version key. */
    finished = new Set();
    observations = [];
    findings = [];
    /** Worth a warning, and about no statement. */
    remarks = [];
    /** Indexes that were not built for their size. */
    tried = [];
    entries = new Map();
    /** What the entries are of, in order; of a tool that tells only as it goes, what is known so far. */
    pending;
    constructor({ pending }) {
        this.pending = pending;
    }
    of({ key }) {
        return this.entries.get(key) ?? [];
    }
    /** Of the pending migrations, in order; not of their ways back. */
    ofPending() {
        return this.pending.flatMap(({ key }) => this.entries.get(key) ?? []);
    }
    executedAnything() {
        const all = this.ofPending();
        return all.length === 0 || all.some(rehearsal_entry/* wasRehearsed */.di);
    }
    /** A new entry, or the last one where this statement goes on with a long run of INSERTs into the same table. */
    entryFor(migration, event) {
        const entries = this.of(migration);
        const last = entries.at(-1);
        const table = event.facts.bulkInsertInto;
        if (last && table !== null && last.facts.bulkInsertInto === table && last.reason === null) {
            const run = entries.slice(-INSERTS_TOLD);
            const isLong = run.length === INSERTS_TOLD && run.every((entry) => entry.facts.bulkInsertInto === table);
            if (last.count > 1 || isLong) {
                last.count += 1;
                return last;
            }
        }
        return this.add(migration, event);
    }
    /** An entry of its own. */
    add(migration, event) {
        const entries = this.entries.get(migration.key) ?? [];
        if (entries.length === 0)
            this.entries.set(migration.key, entries);
        const entry = (0,rehearsal_entry/* newEntry */.bk)(migration, event);
        entries.push(entry);
        return entry;
    }
    /** All entries of one migration become another's, in front of which it has none yet. */
    move(from, to) {
        const moved = this.entries.get(from.key) ?? [];
        this.entries.delete(from.key);
        this.entries.set(to.key, [...(this.entries.get(to.key) ?? []), ...moved]);
        for (const entry of moved)
            entry.migration = to;
    }
    /** Takes out what is not worth telling, and numbers the rest. */
    keepOf({ key }, isKept) {
        const kept = (this.entries.get(key) ?? []).filter(isKept);
        for (const [at, entry] of kept.entries())
            entry.index = at + 1;
        this.entries.set(key, kept);
    }
    observe(migration, { statement, facts }) {
        if (this.phase !== 'up')
            return;
        const at = { migration, line: statement.line, sql: (0,report_text/* cut */.Jj)(statement.sql, 200) };
        if (facts.external !== null)
            this.observations.push({
                kind: 'external',
                what: facts.external,
                withheld: facts.forbiddenInRehearsal !== null,
                ...at,
            });
        if (facts.opaque !== null)
            this.observations.push({ kind: 'opaque', what: facts.opaque.what, ...at });
    }
}

// EXTERNAL MODULE: ./src/rehearsal/observe.ts
var observe = __webpack_require__(755);
;// CONCATENATED MODULE: ./src/rehearsal/outside.ts
/**
 * The locks of a statement as another session sees them: one that fails has given them back before it could be asked
 * itself. Looked at only while one statement goes on for longer than a tick, so a quick one is not seen.
 */

const TICK_MS = 100;
const MOST_RELATIONS = 1_000;
/** What this session finds in the catalog existed before: what the watched one made it cannot see. */
const HELD = (0,qualified/* qualified */.LX)(`
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as relation, pg_catalog.array_agg(distinct l.mode) as modes
    from pg_catalog.pg_locks l join pg_catalog.pg_class c on c.oid = l.relation join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where l.pid = $1 and l.granted and l.locktype = 'relation' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and l.mode = any ('{ShareLock, ShareRowExclusiveLock, ExclusiveLock, AccessExclusiveLock}')
   group by 1 limit ${MOST_RELATIONS}`);
class Outside {
    watcher;
    pid;
    log;
    answered;
    timer;
    at = null;
    ticks = 0;
    asking = null;
    seen = null;
    /** `answered`: how many items the server has answered so far; null: it is at none. */
    constructor({ watcher, pid, log }, answered) {
        this.watcher = watcher;
        this.pid = pid;
        this.log = log;
        this.answered = answered;
        this.timer = setInterval(() => this.tick(), TICK_MS);
        this.timer.unref();
    }
    async stop() {
        clearInterval(this.timer);
        await this.asking;
    }
    /** Held while the item after the `answered`th was under way. */
    heldAt(answered) {
        return this.seen?.at === answered ? this.seen.held : [];
    }
    tick() {
        const at = this.answered();
        this.ticks = at !== null && at === this.at ? this.ticks + 1 : 0;
        this.at = at;
        // At 100, 200, 400, ... ms of one statement.
        if (at === null || this.asking || this.ticks === 0 || (this.ticks & (this.ticks - 1)) !== 0)
            return;
        this.asking = this.ask(at).finally(() => {
            this.asking = null;
        });
    }
    async ask(at) {
        try {
            const { rows } = await this.watcher.query(HELD, [this.pid]);
            // It may have ended meanwhile: what is held then is another's.
            if (this.answered() !== at)
                return;
            const held = rows.map(({ relation, modes }) => ({
                relation,
                modes: typeof modes === 'string' ? [modes] : modes,
            }));
            this.seen = { at, held };
        }
        catch (error) {
            // The watchdog tells of a connection that is lost; without it there is only less to see.
            this.log.detail(`locks seen from outside: ${error.message}`);
        }
    }
}

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
// EXTERNAL MODULE: ./src/postgres/session.ts + 1 modules
var postgres_session = __webpack_require__(7076);
// EXTERNAL MODULE: ./src/report/stop.ts
var stop = __webpack_require__(9836);
;// CONCATENATED MODULE: ./src/rehearsal/rollback.ts
/** The end of the rehearsal's transaction: ROLLBACK, and the server's own word that it is. */





const PROVED_WITHIN_MS = 10_000;
/** And how busy others keep the relations that are `wanted`, as far as that is told. */
async function rollBack({ session, armed, log }, wanted) {
    if (session.lost)
        return new Map();
    try {
        // Right in every state of the transaction; what the files had set goes with it.
        const results = await session.batch([{ text: 'rollback' }, ...armed, qualified/* PIN */.GI, (0,sizes/* trafficItem */.F4)(wanted)]);
        const last = results.at(-1);
        return last ? (0,sizes/* readTraffic */.Eg)(last) : new Map();
    }
    catch (error) {
        log.detail(`rollback: ${error.message}`);
        if (error instanceof postgres_session/* BatchError */.PW && error.completed.length > 0 && !session.lost)
            await session.batch(armed);
        return new Map();
    }
}
/** Without the server's word that the transaction is aborted nothing may go on: throws a Stop. */
async function proveRolledBack(bench, { xid, lsn }) {
    const { session, watcher, log } = bench;
    const witness = session.lost ? (watcher.lost ? await bench.reconnect() : watcher) : session;
    const until = performance.now() + PROVED_WITHIN_MS;
    let status = null;
    let walBytes = null;
    do {
        const { rows } = await witness.query(`select pg_catalog.pg_xact_status($1::pg_catalog.xid8) as status,
              pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), $2::pg_catalog.pg_lsn)::pg_catalog.text as wal`, [xid, lsn]);
        status = rows[0]?.status ?? null;
        walBytes = rows[0]?.wal == null ? null : Number(rows[0].wal);
        if (status !== 'in progress')
            break;
        await (0,promises_.setTimeout)(100);
    } while (performance.now() < until);
    if (status !== 'aborted') {
        throw new stop/* Stop */.V({
            result: 'failed',
            class: 'internal',
            message: `the rehearsal transaction ${xid} could not be proved to be rolled back (the server says: ${status ?? 'nothing'})`,
            next: 'Compare the database with your last backup before going on, and report this.',
        });
    }
    log.detail(`rehearsal transaction ${xid}: aborted, by the server's own word`);
    return { xid, status, walBytes };
}

;// CONCATENATED MODULE: ./src/rehearsal/attempt.ts




















/** Node's timers fire at once when they are longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
class Attempt {
    blocked = [];
    notes;
    input;
    bench;
    talk;
    looks;
    begun = null;
    interruption = null;
    checks = [];
    failed = null;
    seenBack = { schemaDiff: [], sizes: [], inTheWay: null };
    cancellation;
    /** The schema at the end of the transaction; null: it did not come to that. */
    inside = null;
    made = { groups: { added: [], removed: [], changed: [] }, predicted: new Map() };
    proved = null;
    constructor(input) {
        this.input = input;
        this.bench = input.bench;
        this.cancellation = (0,workbench/* cancellationOf */.z)(input.bench);
        this.notes = new Notes(input.plan);
        this.talk = new conversation/* Conversation */.s(input.bench.session, {
            mayGoOn: () => {
                if (this.interruption)
                    throw new endings/* Interrupted */.j$();
            },
            onLook: (look, entry) => this.looks.see(look, entry),
            meaningOf: (error, slot, last) => (this.interruption ? new endings/* Interrupted */.j$() : this.meaningOf(error, slot, last)),
        });
        this.looks = new looks/* Looks */.Xs(this.talk, this.notes, input.knowledge);
    }
    /** Everything has passed: what else is to be tried in the same transaction. */
    async afterwards() { }
    /** It was interrupted then, which the migrations have no part in. */
    interruptedAfterwards(_why) { }
    /** It is rolled back: findings that only the committed state can tell, and what else is to be known by its size. */
    async beforeLookingBack() { }
    /** The statement that the server is at, or was last, as far as it has told. */
    current() {
        return this.talk.current();
    }
    /** How many items the server has answered so far; null: it is at none. */
    answered() {
        return this.bench.session.busy ? this.talk.answered : null;
    }
    /** How many it had before this one that failed, or before the one that it is at. */
    answeredBefore(_failed) {
        return this.talk.answered;
    }
    /** Runs it, rolls it back, proves that. Throws only what is no migration's doing. */
    async toItsEnd() {
        const { bench } = this;
        const { deadline } = this.input;
        const watchdog = new Watchdog(bench.watcher, {
            watchedPid: bench.pid,
            maxBlockingMs: bench.request.maxBlockingMs,
            maxExclusiveMs: bench.standbys > 0 ? bench.request.maxExclusiveMs : null,
            lockLimit: Math.floor(bench.lockCapacity / 2),
            onAlarm: (alarm) => this.interrupt({ kind: 'alarm', alarm }),
        });
        const left = Math.min(LONGEST_TIMER_MS, Math.max(0, deadline - performance.now()));
        const timer = Number.isFinite(deadline) ? setTimeout(() => this.interrupt({ kind: 'deadline' }), left) : undefined;
        const onAbort = () => this.interrupt({ kind: 'cancelled' });
        bench.signal.addEventListener('abort', onAbort);
        const outside = new Outside(bench, () => this.answered());
        let thrown = null;
        try {
            if (bench.signal.aborted)
                onAbort();
            await this.run();
        }
        catch (error) {
            thrown = error;
        }
        await this.talk.fallSilent();
        await this.cancellation.end();
        // Rolled back before the watch ends: until then somebody may be waiting.
        const traffic = await rollBack(bench, this.looks.wanted);
        await watchdog.stop();
        await outside.stop();
        this.seeFromOutside(outside, thrown);
        this.looks.giveUp();
        clearTimeout(timer);
        bench.signal.removeEventListener('abort', onAbort);
        if (this.begun) {
            this.proved = await proveRolledBack(bench, this.begun);
            // One that begins anew will look again.
            if (!bench.session.lost && !(thrown instanceof endings/* Again */.Nj)) {
                await this.beforeLookingBack();
                if (this.inside)
                    this.made = await withoutOthers(bench, this.made, this.input.before, this.inside);
                const failed = thrown instanceof endings/* StatementFailed */.l3 ? thrown : null;
                this.seenBack = await lookBack(bench, this.notes, this.looks, { made: this.made, failed, traffic });
            }
        }
        return this.ending(thrown);
    }
    seeFromOutside(outside, thrown) {
        if (this.notes.phase !== 'up')
            return;
        const failed = thrown instanceof endings/* StatementFailed */.l3 ? thrown.entry : null;
        const entry = failed ?? (this.interruption ? this.current() : null);
        if (entry)
            this.looks.seeFromOutside(outside.heldAt(this.answeredBefore(failed)), entry);
    }
    ending(thrown) {
        if (this.interruption) {
            if (this.interruption.kind === 'alarm')
                this.noteBlocked(this.interruption.alarm);
            if (this.notes.phase === 'up' || this.interruption.kind === 'cancelled')
                return this.interruption;
            // The migrations themselves had passed.
            this.interruptedAfterwards(this.interruption);
            return { kind: 'passed' };
        }
        if (thrown === null)
            return { kind: 'passed' };
        if (thrown instanceof endings/* Again */.Nj)
            return { kind: 'again' };
        if (thrown instanceof endings/* Inconclusive */.BQ)
            return { kind: 'inconclusive', reason: thrown.message, next: thrown.next };
        const error = (0,failure/* readServerError */.i)(thrown instanceof endings/* StatementFailed */.l3 ? thrown.error : thrown);
        if ((0,endings/* wasTooMuch */.RQ)(error))
            return { kind: 'inconclusive', class: 'resources', ...tooMuch(error.message) };
        if (!(thrown instanceof endings/* StatementFailed */.l3))
            throw thrown;
        if ((0,endings/* isContention */.IB)(error))
            return { kind: 'contention', at: thrown.entry, error };
        this.failed = thrown;
        return { kind: 'failed' };
    }
    interrupt(why) {
        if (this.interruption)
            return;
        this.interruption = why;
        // It does nothing to a transaction that is idle: the conversation asks before it sends more.
        this.cancellation.begin();
    }
    /** Stops what the server is at, for good. */
    cancelNow() {
        this.cancellation.begin();
    }
    noteBlocked(alarm) {
        if (alarm.kind !== 'blocking')
            return;
        const current = this.current();
        for (const { pid, application, waitedMs } of alarm.waiters) {
            this.blocked.push({
                pid,
                application,
                waitedMs: Math.round(waitedMs),
                file: current && (0,places/* placeOf */.$t)(current.migration),
                statementIndex: current?.index ?? null,
            });
        }
    }
    // -- the run ------------------------------------------------------------------------------------------------
    async run() {
        await this.beginTransaction();
        await this.work();
        this.looks.atTogether();
        await this.talk.exchange();
        await this.compareSchema();
        await this.check();
        if (this.checks.every((check) => check.passed))
            await this.afterwards();
    }
    async beginTransaction() {
        const { talk } = this;
        const [, id] = await talk.exchange([{ text: 'begin isolation level read committed read write' }, conversation/* CONTROL */.W], [
            {
                text: (0,qualified/* qualified */.LX)('select pg_catalog.pg_current_xact_id()::text, pg_catalog.pg_current_wal_insert_lsn()::text'),
                keep: true,
            },
            conversation/* CONTROL */.W,
        ]);
        const [xid = null, lsn = null] = id?.rows[0] ?? [];
        if (xid === null)
            throw new Error('the server did not tell the id of the rehearsal transaction');
        this.begun = { xid, lsn };
        talk.control((0,bounds/* bounds */.O)(this.input, null), ...guard/* MAKE_GUARD */.TR, ...(0,observe/* rememberRelations */.X0)(this.bench.leftOut));
        talk.say(...looks/* TIMED_FROM_HERE */.Af);
        const [row] = await talk.ask((0,qualified/* qualified */.LX)(`select pg_catalog.json_agg(distinct bare)::text,
              (exists (select 1 from pg_catalog.pg_constraint where condeferrable and not condeferred))::text from pg_temp.mgate_before`));
        this.looks.begin(JSON.parse(row?.[0] ?? '[]'));
        this.begin(row?.[1] === 'true');
    }
    async compareSchema() {
        await this.talk.exchange();
        this.inside = await lookInside(this.bench);
        const groups = (0,schema_diff/* changedGroups */.lf)(this.input.before, this.inside.fingerprints);
        this.made = { groups, predicted: await (0,catalog/* readDefinitions */.T)(this.bench.session, (0,schema_diff/* groupsToDefine */.rA)(groups).inside) };
    }
    async check() {
        const { session, request } = this.bench;
        const checks = [
            ...(await (0,shared_checks/* checkTables */.sK)(session, request.criticalTables)),
            ...(await (0,shared_checks/* checkIndexes */.Nc)(session, request.criticalIndexes, this.undone.names)),
        ];
        const over = await (0,leftovers/* passedOver */.Jn)(session, this.notes.ofPending().map(({ sql }) => sql));
        if (over.length > 0)
            checks.push((0,leftovers/* passedOverCheck */.Pv)(over));
        if (this.input.smokeTests.length > 0) {
            // Read-only as long as the savepoint stands.
            await session.query('savepoint mgate_smoke');
            await session.query('set transaction read only');
            checks.push(...(await (0,shared_checks/* runSmokeTests */.yk)(session, this.input.smokeTests)));
            await session.query('rollback to savepoint mgate_smoke');
            await session.query('release savepoint mgate_smoke');
        }
        this.checks = checks;
    }
    // -- the report ---------------------------------------------------------------------------------------------
    report(attempts, blocked) {
        const { notes, looks, made, proved, seenBack } = this;
        const { knowledge } = this.input;
        const { request } = this.bench;
        const entries = notes.ofPending();
        const executed = entries.filter((entry) => entry.executed);
        return {
            plan: null,
            migrations: notes.pending.map((migration) => this.reportOf(migration, this.statusOf(migration))),
            coverage: {
                statements: this.statementCount(),
                executed: executed.reduce((sum, entry) => sum + entry.ran, 0),
            },
            blocked,
            observations: notes.observations,
            findings: notes.findings,
            remarks: notes.remarks,
            sizes: seenBack.sizes,
            schemaDiff: seenBack.schemaDiff,
            // DETACH ... CONCURRENTLY leaves a CHECK constraint behind that its plain form does not.
            complete: entries.every((one) => (0,rehearsal_entry/* wasRehearsed */.di)(one) && one.facts.nonTransactional?.leftover?.kind !== 'detach'),
            nonTransactional: knowledge.alone,
            proof: proved && {
                ...proved,
                attempts,
                on: request.rehearsalTarget ? 'copy' : 'target',
                deadTuples: looks.deadTuples,
                sequencesAdvanced: looks.sequencesAdvanced,
            },
            checks: this.checks,
            error: this.failed && this.failure(this.failed, seenBack.inTheWay),
            predicted: made.predicted,
            touched: new Set([...made.groups.added, ...made.groups.changed, ...made.groups.removed]),
        };
    }
    statusOf(migration) {
        if (this.failed?.migration === migration)
            return 'failed';
        return this.notes.finished.has(migration.key) ? 'rehearsed' : 'not-executed';
    }
}
function tooMuch(message) {
    return {
        reason: `the server ran out of memory or of room for locks (53200: ${message})`,
        next: 'Apply in several runs with target-version, raise max_locks_per_transaction on the server, or rehearse on a copy with rehearsal-database-url.',
    };
}


/***/ }),

/***/ 9006:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   F: () => (/* binding */ mayChangeBounds),
/* harmony export */   O: () => (/* binding */ bounds)
/* harmony export */ });
/** Our limits and the dead man's switch; said again wherever a file may have changed them. `migration`: whose directives hold. */
function bounds({ bench, deadline }, migration) {
    const { request, serverMajor } = bench;
    const directives = migration?.script.directives;
    const own = directives?.statementTimeoutMs ?? request.statementTimeoutMs;
    const left = Number.isFinite(deadline) ? Math.max(1, deadline - performance.now()) : 0;
    const limits = [own, left].filter((ms) => ms > 0);
    const statement = limits.length === 0 ? 0 : Math.min(...limits);
    const values = [`${directives?.lockTimeoutMs ?? request.lockTimeoutMs}ms`, `${Math.round(statement)}ms`];
    const settings = [
        `pg_catalog.set_config('lock_timeout', $1, true)`,
        `pg_catalog.set_config('statement_timeout', $2, true)`,
        `pg_catalog.set_config('idle_in_transaction_session_timeout', '60s', true)`,
    ];
    if (serverMajor >= 17 && left > 0) {
        settings.push(`pg_catalog.set_config('transaction_timeout', $3, true)`);
        values.push(`${Math.round(left) + 10_000}ms`);
    }
    return { name: `mgate_bounds_${settings.length}`, text: `select ${settings.join(', ')}`, values };
}
/** A statement whose text may leave our own bounds changed. */
function mayChangeBounds(facts, sql) {
    if (facts.bulkInsertInto !== null)
        return false;
    return /^(SET|RESET|DISCARD)\b/.test(facts.command) || facts.opaque !== null || /set_config/i.test(sql);
}


/***/ }),

/***/ 7317:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Rf: () => (/* binding */ lookAhead),
/* harmony export */   _b: () => (/* binding */ missingTables),
/* harmony export */   dz: () => (/* binding */ findingAt),
/* harmony export */   ey: () => (/* binding */ openTransactions),
/* harmony export */   ss: () => (/* binding */ duplicateKeys)
/* harmony export */ });
/* unused harmony export form */
/* harmony import */ var _postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8829);
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3530);
/* harmony import */ var _postgres_session_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(7076);
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(5655);
/* harmony import */ var _sql_tokens_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6080);
/* harmony import */ var _questions_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(6422);
/* harmony import */ var _sizes_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(9309);
/* harmony import */ var _treatment_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(7063);
/** What can be said of statements that no transaction allows without running them: of CREATE INDEX CONCURRENTLY and its kin. */








/** An open transaction of this age is told of at all, and one of that age is a warning. */
const OPEN_SECONDS = 10;
const LONG_OPEN_SECONDS = 60;
/** Errors of the statement itself, whatever the table holds. */
const WRONG = new Set(['42703', '42704', '42883', '42P17', '42P01', '42804', '42601', '42P10', '42809', '0A000']);
function findingAt(entry, rule, severity, message, more = {}) {
    const { migration, line, sql } = entry;
    const { version, file } = migration;
    return { rule, severity, version, file, line, sql: (0,_report_text_js__WEBPACK_IMPORTED_MODULE_7__/* .cut */ .Jj)(sql, 200), relation: null, message, safer: null, ...more };
}
const LIKE = 'pg_temp.mgate_like';
/** `valid`: the index of that name that is there already and can be used, qualified. */
async function lookAhead(talk, session, entry, { plain, valid }, limits) {
    const leftover = entry.facts.nonTransactional?.leftover ?? null;
    const findings = [];
    if (leftover?.kind === 'create-index' && leftover.ifNotExists && valid !== null) {
        const { key } = await tryOnCopy(talk, session, entry, plain, leftover);
        findings.push(await hiddenBy(talk, entry, valid, leftover, key));
    }
    const refused = leftover && (await refusedConcurrently(talk, entry, leftover));
    if (refused)
        findings.push(refused);
    const tooSlow = await (0,_treatment_js__WEBPACK_IMPORTED_MODULE_6__/* .whyTooSlow */ .yq)(talk, entry.facts, limits);
    const isTried = tooSlow !== null && leftover?.kind === 'create-index';
    const tried = isTried ? await tryOnCopy(talk, session, entry, plain, leftover) : null;
    return { findings, tooSlow, tried };
}
/** Inside the rehearsal, in which nothing of it stays, whatever comes of it. */
async function tryOnCopy(talk, session, entry, plain, leftover) {
    await talk.exchange();
    await session.batch([{ text: 'savepoint mgate' }]);
    const tried = await indexOnCopy(session, entry, plain, leftover);
    await session.batch([{ text: 'rollback to savepoint mgate' }, { text: 'release savepoint mgate' }]);
    return tried;
}
async function indexOnCopy(session, entry, plain, { table }) {
    const onCopy = withTable(plain, LIKE);
    if (onCopy === null)
        return { entry, key: null, finding: null };
    const items = [
        { text: `create temporary table mgate_like (like ${table})` },
        { text: onCopy },
        {
            text: (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)(`select pg_catalog.to_json(array(select pg_catalog.pg_get_indexdef(i.indexrelid, k, false) from pg_catalog.generate_series(1, i.indnkeyatts) k))::text,
               pg_catalog.pg_get_expr(i.indpred, i.indrelid), i.indisunique::text, pg_catalog.to_json(i)->>'indnullsnotdistinct',
               pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.to_regclass('${table.replaceAll("'", "''")}')::text
          from pg_catalog.pg_index i where i.indrelid = '${LIKE}'::pg_catalog.regclass`),
            keep: true,
        },
    ];
    try {
        const results = await session.batch(items);
        const [keys, predicate = null, unique, nulls, definition, relation] = results.at(-1)?.rows[0] ?? [];
        if (keys == null || relation == null)
            return { entry, key: null, finding: null };
        const key = {
            relation,
            parts: JSON.parse(keys),
            predicate,
            isUnique: unique === 'true',
            nullsDistinct: nulls !== 'true',
            form: form(definition ?? ''),
        };
        return { entry, key, finding: null };
    }
    catch (error) {
        if (!(error instanceof _postgres_session_js__WEBPACK_IMPORTED_MODULE_2__/* .BatchError */ .PW) || session.lost)
            throw error;
        const { code, message } = (0,_postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .readServerError */ .i)(error);
        if (code === null || !WRONG.has(code))
            return { entry, key: null, finding: null };
        return { entry, key: null, finding: findingAt(entry, 'fails-when-applied', 'danger', `It would fail: ${message}`) };
    }
}
/** From the access method on: what an index is, whatever it is called and whose. */
function form(definition) {
    return /\sUSING\s.*$/s.exec(definition)?.[0].trim() ?? definition;
}
/** The statement on another table, and with a name that nothing else has. */
function withTable(plain, table) {
    const tokens = (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_3__/* .tokenize */ .qw)(plain);
    const cursor = new _sql_tokens_js__WEBPACK_IMPORTED_MODULE_3__/* .Cursor */ .bs(plain, tokens, tokens.findIndex((token) => token.word === 'ON'));
    const head = tokens.findIndex((token) => token.word === 'INDEX');
    if (cursor.at === -1 || head === -1 || head > cursor.at)
        return null;
    cursor.take('ON');
    cursor.take('ONLY');
    if (cursor.name() === null)
        return null;
    const from = tokens[cursor.at - 1]?.end ?? 0;
    return `${plain.slice(0, tokens[head]?.end)} on ${table}${plain.slice(from)}`;
}
/** An index of that name is there and valid: IF NOT EXISTS would leave it at that. */
async function hiddenBy(talk, entry, index, leftover, key) {
    const [row] = await talk.ask((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)(`select pg_catalog.pg_get_indexdef(indexrelid), indrelid::regclass::text, (indrelid = pg_catalog.to_regclass($2))::text
      from pg_catalog.pg_index where indexrelid = pg_catalog.to_regclass($1)`), [index, leftover.table]);
    const [definition = '', table = '', isOurs] = row ?? [];
    const differs = isOurs !== 'true' || (key !== null && form(definition ?? '') !== key.form);
    return findingAt(entry, 'if-not-exists-hides', differs ? 'warning' : 'info', differs
        ? `${index} is there already, and is another index: ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_7__/* .cut */ .Jj)(definition ?? '', 200)}. IF NOT EXISTS leaves it at that, and the new one is not built.`
        : `${index} is there already on ${table}: nothing is built.`, { relation: table });
}
/** What the server refuses CONCURRENTLY, although the plain form runs. */
async function refusedConcurrently(talk, entry, leftover) {
    const names = leftover.kind === 'create-index' ? [leftover.table] : leftover.kind === 'drop-index' ? leftover.indexes : [];
    for (const name of names) {
        const [row] = await talk.ask((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)('select relkind::text from pg_catalog.pg_class where oid = pg_catalog.to_regclass($1)'), [name]);
        if (row?.[0] === 'p' || row?.[0] === 'I') {
            const safer = leftover.kind === 'create-index'
                ? `CREATE INDEX ... ON ONLY ${name}; then CREATE INDEX CONCURRENTLY on each partition, and ALTER INDEX ... ATTACH PARTITION.`
                : null;
            const what = row[0] === 'p' ? `${name} is partitioned` : `${name} is the index of a partitioned table`;
            const message = `It would fail: ${what}, and PostgreSQL does not do that concurrently.`;
            return findingAt(entry, 'fails-when-applied', 'danger', message, { relation: name, safer });
        }
    }
    if (names.length > 1 && leftover.kind === 'drop-index') {
        const message = 'It would fail: DROP INDEX CONCURRENTLY takes one index at a time.';
        return findingAt(entry, 'fails-when-applied', 'danger', message, { safer: 'One statement for each index.' });
    }
    return null;
}
/** Tables that VACUUM names and that are not there, in the rehearsed schema. */
async function missingTables(talk, entry, { sql }) {
    const cursor = new _sql_tokens_js__WEBPACK_IMPORTED_MODULE_3__/* .Cursor */ .bs(sql, (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_3__/* .tokenize */ .qw)(sql));
    if (!cursor.take('VACUUM'))
        return [];
    cursor.parenthesised();
    cursor.skip('FULL', 'FREEZE', 'VERBOSE', 'ANALYZE', 'ANALYSE');
    const findings = [];
    for (const part of (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_3__/* .splitAtCommas */ .EO)(cursor.rest())) {
        const name = new _sql_tokens_js__WEBPACK_IMPORTED_MODULE_3__/* .Cursor */ .bs(sql, part).skip('ONLY').name();
        if (name === null)
            continue;
        const [row] = await talk.ask((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .qualified */ .LX)('select pg_catalog.to_regclass($1)::text'), [name]);
        if (row?.[0] == null)
            findings.push(findingAt(entry, 'fails-when-applied', 'danger', `It would fail: there is no table ${name}.`));
    }
    return findings;
}
/** Keys that stand more than once where a unique index is to be built; asked when all is rolled back. */
async function duplicateKeys(asker, { entry, key }, bounds, showData) {
    if (key === null || !key.isUnique)
        return null;
    const words = await (0,_questions_js__WEBPACK_IMPORTED_MODULE_4__/* .keysTwice */ .XW)(asker, key, bounds, showData);
    if (words === null)
        return null;
    return findingAt(entry, 'fails-when-applied', 'danger', `It would fail: ${words}`, { relation: key.relation });
}
/** Transactions that are open right now, and that a CONCURRENTLY waits for before it is done. */
async function openTransactions(asker, entries) {
    const waiting = entries.filter((entry) => / CONCURRENTLY$/.test(entry.facts.nonTransactional?.what ?? ''));
    if (waiting.length === 0)
        return [];
    const rows = await (0,_sizes_js__WEBPACK_IMPORTED_MODULE_5__/* .askWithin */ .ti)(asker, 2_000, `select pid::text, coalesce(application_name, ''), extract(epoch from pg_catalog.clock_timestamp() - xact_start)::text
       from pg_catalog.pg_stat_activity
      where datname = pg_catalog.current_database() and backend_type = 'client backend' and pid <> pg_catalog.pg_backend_pid()
        and (backend_xmin is not null or backend_xid is not null) and application_name !~ '^mgate'
        and xact_start < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => ${OPEN_SECONDS})
      order by xact_start limit 5`);
    const [oldest] = rows ?? [];
    if (!rows || !oldest)
        return [];
    const who = rows.map(([pid, name, seconds]) => `pid ${pid}${name ? ` (${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_7__/* .cut */ .Jj)(name, 60)})` : ''}, for ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_7__/* .duration */ .p0)(Number(seconds) * 1_000)}`);
    const severity = Number(oldest[2]) >= LONG_OPEN_SECONDS ? 'warning' : 'info';
    const message = `It waits until each transaction is over that was there before it; open right now: ${who.join('; ')}.`;
    return waiting.map((entry) => findingAt(entry, 'waits-for-transactions', severity, message));
}


/***/ }),

/***/ 3268:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   W: () => (/* binding */ CONTROL),
/* harmony export */   s: () => (/* binding */ Conversation)
/* harmony export */ });
/* harmony import */ var _postgres_session_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7076);
/* harmony import */ var _observe_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(755);
/**
 * What the rehearsal says to the server and hears from it: statements collected into batches, a look after each, and
 * every answer given to whom it belongs.
 */


const BATCH_ITEMS = 400;
const BATCH_CHARACTERS = 512 * 1024;
const CONTROL = { kind: 'control' };
class Conversation {
    session;
    listener;
    items = [];
    slots = [];
    characters = 0;
    inFlight = Promise.resolve();
    sent = { slots: [], done: 0 };
    /** How many items the server has answered. */
    answered = 0;
    /** When the last look ended, in the server's milliseconds. */
    lastLook = null;
    constructor(session, listener) {
        this.session = session;
        this.listener = listener;
    }
    say(item, slot) {
        // Time that passes between two batches is no statement's.
        if (this.items.length === 0 && this.lastLook !== null)
            this.push(_observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_CLOCK */ .xf, { kind: 'look', entry: null });
        this.push(item, slot);
    }
    control(...items) {
        for (const item of items)
            this.say(item, CONTROL);
    }
    get isFull() {
        return this.items.length >= BATCH_ITEMS || this.characters >= BATCH_CHARACTERS;
    }
    /** Sends what was said once the batch before is through, and does not wait for it: the next is read meanwhile. */
    async sendOn() {
        await this.inFlight;
        this.inFlight = this.send();
        // Thrown where it is awaited; until then it must not count as unhandled.
        this.inFlight.catch(() => undefined);
    }
    /** Sends what was said and waits: one result for each item, in order. */
    async exchange(...more) {
        await this.inFlight;
        for (const [item, slot] of more)
            this.say(item, slot);
        return this.send();
    }
    /** A question of ours within the transaction; what waits to be sent goes first. */
    async ask(text, values = []) {
        const results = await this.exchange([{ text, values, keep: true }, CONTROL]);
        return results.at(-1)?.rows ?? [];
    }
    /** Waits until nothing is under way; what went wrong with it no longer matters. */
    async fallSilent() {
        await this.inFlight.catch(() => undefined);
    }
    /** The statement that the server is at, as far as it has told. */
    current() {
        const { slots, done } = this.sent;
        for (const slot of [...slots.slice(done), ...slots.slice(0, done).reverse()]) {
            if ((slot.kind === 'statement' || slot.kind === 'look') && slot.entry)
                return slot.entry;
        }
        return null;
    }
    push(item, slot) {
        this.items.push(item);
        this.slots.push(slot);
        this.characters += item.text.length;
    }
    async send() {
        const [items, slots] = [this.items, this.slots];
        [this.items, this.slots, this.characters] = [[], [], 0];
        if (items.length === 0)
            return [];
        this.listener.mayGoOn();
        this.sent = { slots, done: 0 };
        try {
            const results = await this.session.batch(items, (index) => {
                this.sent.done = index + 1;
                this.answered += 1;
            });
            this.hear(results, slots);
            return results;
        }
        catch (error) {
            if (!(error instanceof _postgres_session_js__WEBPACK_IMPORTED_MODULE_0__/* .BatchError */ .PW))
                throw error;
            this.hear(error.completed, slots);
            // Until a ROLLBACK TO nothing else would be answered: the next batch begins without a look.
            this.lastLook = null;
            const at = error.completed.length;
            const last = slots.slice(0, at).findLast((slot) => slot.kind === 'statement') ?? null;
            throw this.listener.meaningOf(error.cause, slots[at] ?? CONTROL, last);
        }
    }
    hear(results, slots) {
        for (const [index, result] of results.entries()) {
            const slot = slots[index];
            if (slot?.kind === 'statement' && slot.offset === 0) {
                slot.entry.executed = true;
                slot.entry.ran += 1;
                const rows = / (\d+)$/.exec(result.tag ?? '')?.[1];
                if (rows !== undefined)
                    slot.entry.rows = (slot.entry.rows ?? 0) + Number(rows);
            }
            else if (slot?.kind === 'look') {
                this.hearLook((0,_observe_js__WEBPACK_IMPORTED_MODULE_1__/* .readLook */ .sq)(result), slot.entry);
            }
        }
    }
    hearLook(look, entry) {
        if (entry) {
            if (this.lastLook !== null)
                entry.ms = thousandths((entry.ms ?? 0) + look.statementEndedAt - this.lastLook);
            this.listener.onLook(look, entry);
        }
        this.lastLook = look.endedAt;
    }
}
function thousandths(ms) {
    return Math.max(0, Math.round(ms * 1_000) / 1_000);
}


/***/ }),

/***/ 267:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   BQ: () => (/* binding */ Inconclusive),
/* harmony export */   IB: () => (/* binding */ isContention),
/* harmony export */   Nj: () => (/* binding */ Again),
/* harmony export */   RQ: () => (/* binding */ wasTooMuch),
/* harmony export */   aA: () => (/* binding */ wasCutShort),
/* harmony export */   j$: () => (/* binding */ Interrupted),
/* harmony export */   l3: () => (/* binding */ StatementFailed),
/* harmony export */   r4: () => (/* binding */ inWords)
/* harmony export */ });
/** It cannot be rehearsed to its end, for a reason that is none of apply's. */
class Inconclusive extends Error {
    next;
    constructor(reason, next) {
        super(reason);
        this.next = next;
    }
}
class Again extends Error {
}
class Interrupted extends Error {
}
/** A statement of the user's failed; `entry` null: what its file's COMMIT would check did, after the statement at `place`. */
class StatementFailed extends Error {
    migration;
    entry;
    place;
    error;
    constructor(migration, entry, place, error) {
        super('a statement failed', { cause: error });
        this.migration = migration;
        this.entry = entry;
        this.place = place;
        this.error = error;
    }
}
const CONTENTION = new Set(['55P03', '40P01', '40001']);
const OUT_OF_MEMORY = '53200';
const QUERY_CANCELED = '57014';
/** It lost to somebody else's lock. */
function isContention({ code }) {
    return code !== null && CONTENTION.has(code);
}
/**
 * The server is out of memory, or its lock table is full before the watch saw it: all files together, in one transaction,
 * were too much for it, and of apply, file by file, that says nothing.
 */
function wasTooMuch({ code }) {
    return code === OUT_OF_MEMORY;
}
/** By somebody else's lock or by the clock: not by what the statement is. */
function wasCutShort(error) {
    return isContention(error) || error.code === QUERY_CANCELED;
}
/** As the rest of a sentence that says what was not done. */
function inWords(interruption) {
    if (interruption.kind === 'deadline')
        return 'dry-run-timeout was over';
    const { alarm } = interruption;
    switch (alarm.kind) {
        case 'blocking':
            return 'it kept somebody else waiting for max-blocking';
        case 'exclusive':
            return 'it held ACCESS EXCLUSIVE for max-exclusive';
        case 'lock-table':
            return 'it held too many locks';
        case 'blind':
            return 'the watching connection was lost';
    }
}


/***/ }),

/***/ 5639:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   B9: () => (/* binding */ rehearsedPlainly),
/* harmony export */   bk: () => (/* binding */ newEntry),
/* harmony export */   cG: () => (/* binding */ toReport),
/* harmony export */   di: () => (/* binding */ wasRehearsed),
/* harmony export */   v7: () => (/* binding */ statementKey)
/* harmony export */ });
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(5655);

/** What the reasons of statements that were rehearsed in another form begin with. */
const PLAIN_FORM = 'rehearsed in its plain form';
function newEntry(migration, { statement, facts, index }) {
    // A statement's text keeps the whole chunk of the file alive: of a long one only a copy of what is shown is kept.
    const shown = Buffer.from((0,_report_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cut */ .Jj)(statement.sql, 1_000)).toString();
    return {
        migration,
        facts,
        ran: 0,
        index,
        line: statement.line,
        sql: shown,
        count: 1,
        executed: false,
        error: null,
        reason: null,
        ms: null,
        rows: null,
        locks: [],
        rewrites: [],
        scans: [],
        watched: true,
        touched: [],
        dropped: [],
        droppedViews: [],
        droppedColumns: [],
        truncated: [],
        goneColumns: [],
        emptied: [],
    };
}
function rehearsedPlainly(entry, what) {
    entry.executed = false;
    entry.reason = `${PLAIN_FORM}: ${what} cannot run in a transaction`;
}
/** As written, or the same work in another form. */
function wasRehearsed(entry) {
    return entry.executed || (entry.reason?.startsWith(PLAIN_FORM) ?? false);
}
function toReport(entry) {
    const { migration: _m, facts: _f, ran: _r, goneColumns: _g, emptied: _e, ...report } = entry;
    return report;
}
/** By which one attempt tells the next about a statement. */
function statementKey(migration, index) {
    return `${migration.key}:${index}`;
}


/***/ }),

/***/ 8502:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Cg: () => (/* binding */ GUARD_IN),
/* harmony export */   EU: () => (/* binding */ FIRE_CONSTRAINTS),
/* harmony export */   KT: () => (/* binding */ INITIALLY_IMMEDIATE),
/* harmony export */   TR: () => (/* binding */ MAKE_GUARD),
/* harmony export */   Zo: () => (/* binding */ isOfGuard),
/* harmony export */   lU: () => (/* binding */ GUARD_OUT),
/* harmony export */   wi: () => (/* binding */ GUARD_IN_ANEW)
/* harmony export */ });
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3530);

/** Other rows each time, as the index keeps the dead ones until the end of the transaction and would look at them all. */
const GUARD_ROWS = {
    name: 'mgate_guard_in',
    text: `insert into pg_temp.mgate_guard select n from (select pg_catalog.nextval('pg_temp.mgate_guard_n') as n) one, (values (1), (2)) two`,
};
const MAKE_GUARD = [
    {
        text: 'create temporary table mgate_guard (k bigint constraint mgate_guard_key unique deferrable initially deferred) on commit drop',
    },
    { text: 'create temporary sequence mgate_guard_n' },
    // Whatever role a file takes on meanwhile.
    { text: 'grant all on pg_temp.mgate_guard, pg_temp.mgate_guard_n to public' },
    GUARD_ROWS,
];
/** By the index, whose last rows they are: to look at all the dead ones before them each time would be quadratic. */
const GUARD_OUT = {
    name: 'mgate_guard_out',
    text: (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)('delete from pg_temp.mgate_guard where k = (select pg_catalog.max(k) from pg_temp.mgate_guard)'),
};
/** Back after a statement that fires constraints itself: all others stay as that has left them. */
const GUARD_IN = [
    { text: 'set constraints pg_temp.mgate_guard_key deferred' },
    GUARD_ROWS,
];
/** What a COMMIT would check, now: with the settings of the file, as in its own, and not with those of our rows. */
const FIRE_CONSTRAINTS = { text: 'set constraints all immediate' };
/** The guard is back, and so is the state of a transaction's start: deferred constraints wait. */
const GUARD_IN_ANEW = [{ text: 'set constraints all deferred' }, GUARD_ROWS];
/** SET CONSTRAINTS ALL DEFERRED makes those wait too that begin as immediate; these are they, in a list. */
const INITIALLY_IMMEDIATE = (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`
  select pg_catalog.string_agg(distinct pg_catalog.format('%I.%I', n.nspname, k.conname), ', ') from pg_catalog.pg_constraint k
    join pg_catalog.pg_namespace n on n.oid = k.connamespace where k.condeferrable and not k.condeferred`);
/** The guard was in the way of a statement that fires constraints itself. */
function isOfGuard({ constraint }) {
    return constraint === 'mgate_guard_key';
}


/***/ }),

/***/ 9939:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Af: () => (/* binding */ TIMED_FROM_HERE),
/* harmony export */   C7: () => (/* binding */ addTouched),
/* harmony export */   Xs: () => (/* binding */ Looks)
/* harmony export */ });
/* harmony import */ var _report_outcome_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(5066);
/* harmony import */ var _endings_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(267);
/* harmony import */ var _observe_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(755);
/**
 * When the rehearsal looks at what a statement did, and what it keeps of that: in the statement's entry, and over all of
 * them.
 */



/**
 * From this many locks on, reading all of them after every statement would be quadratic: statements that name different
 * relations are looked at together, and what is seen is told apart by the names.
 */
const MANY_LOCKS = 300;
const MOST_TOGETHER = 50;
/** Of these the words tell which relations they are about. */
const NAMES_ALL = /^(?:CREATE|ALTER TABLE|ALTER INDEX|COMMENT|GRANT|INSERT|UPDATE)\b/;
/** A text of this length is taken to name some relation. */
const LONG_CHARACTERS = 20_000;
/** The names of relations are looked for in no more than this of a statement that was not executed. */
const MENTIONED_CHARACTERS = 100_000;
/** What was done until here is no statement's time. */
const TIMED_FROM_HERE = [_observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_CLOCK */ .xf, { kind: 'look', entry: null }];
class Looks {
    /** Row versions that the rollback will leave behind in tables that existed before. */
    deadTuples = 0;
    /** Where what it asks is said. */
    talk;
    notes;
    observer = new _observe_js__WEBPACK_IMPORTED_MODULE_1__/* .Observer */ .nu();
    anythingBefore = false;
    namesBefore = new Set();
    locks = 0;
    /** A run of INSERTs that was not looked at yet. */
    unseen = null;
    /** Statements since the last look. */
    together = [];
    /** Those of which a look is on its way, by the entry that it stands behind. */
    awaited = new Map();
    locked = new Set();
    mentioned = new Set();
    knowledge;
    /** How long statements take is told by the looks; else somebody else knows it. */
    tellsTime = true;
    constructor(talk, notes, knowledge) {
        this.talk = talk;
        this.notes = notes;
        this.knowledge = knowledge;
    }
    /** The bare names of the relations that existed before. */
    begin(namesBefore) {
        this.anythingBefore = namesBefore.length > 0;
        this.namesBefore = new Set(namesBefore);
    }
    // -- when -----------------------------------------------------------------------------------------------------
    /** Before a statement is said. `apart`: what it does is looked at by itself. */
    before(entry, { sql }, apart) {
        // The time of a long run of INSERTs is not the next statement's.
        if (this.unseen && this.unseen !== entry && this.unseen.count > 1)
            this.atUnseen();
        if (this.together.length === 0)
            return;
        const isFull = this.together.length >= MOST_TOGETHER;
        if (isFull || apart || this.mustBeAlone(entry, sql) || this.isNamed(sql))
            this.atTogether();
    }
    /** At the clock always; at the locks too, or later together with others. */
    after(entry, { sql }) {
        if (entry.count > 1) {
            this.unseen = entry;
            return;
        }
        const waits = this.anythingBefore && this.locks >= MANY_LOCKS && !this.mustBeAlone(entry, sql);
        if (waits)
            this.together.push({ entry, names: new Set(this.namesMentioned(sql)) });
        const item = waits ? _observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_CLOCK */ .xf : this.atAll(entry, sql);
        if (item !== _observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_CLOCK */ .xf || this.tellsTime)
            this.talk.say(item, { kind: 'look', entry });
    }
    /** What waited to be looked at. */
    atTogether() {
        const last = this.together.at(-1);
        if (!last)
            return;
        this.awaited.set(last.entry, this.together);
        this.together = [];
        this.talk.say(_observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_LOCKS */ .bb, { kind: 'look', entry: last.entry });
    }
    mustBeAlone({ facts }, sql) {
        if (this.knowledge.looksAtEach || this.notes.phase !== 'up' || sql.length > LONG_CHARACTERS)
            return true;
        return facts.opaque !== null || !NAMES_ALL.test(facts.command) || (0,_observe_js__WEBPACK_IMPORTED_MODULE_1__/* .mayDropColumns */ .mj)(sql, false);
    }
    /** Something of what waits names a relation that this names too. */
    isNamed(sql) {
        const names = [...this.namesMentioned(sql)];
        return this.together.some((one) => names.some((name) => one.names.has(name)));
    }
    /** The look that tells everything of a statement. */
    atAll({ facts }, sql) {
        if (!this.anythingBefore)
            return _observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_CLOCK */ .xf;
        return (0,_observe_js__WEBPACK_IMPORTED_MODULE_1__/* .mayDropColumns */ .mj)(sql, facts.opaque !== null) ? _observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_COLUMNS */ .e5 : _observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_LOCKS */ .bb;
    }
    atUnseen() {
        if (!this.unseen)
            return;
        // Or what waits would be told of the run.
        this.atTogether();
        this.talk.say(this.anythingBefore ? _observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_LOCKS */ .bb : _observe_js__WEBPACK_IMPORTED_MODULE_1__/* .LOOK_AT_CLOCK */ .xf, { kind: 'look', entry: this.unseen });
        this.unseen = null;
    }
    // -- what -----------------------------------------------------------------------------------------------------
    see(look, entry) {
        if (look.held === null)
            return;
        this.locks = look.locks ?? this.locks;
        const seen = this.observer.newSince(look, entry.facts.command === 'TRUNCATE');
        const together = this.awaited.get(entry);
        this.awaited.delete(entry);
        if (together)
            this.tellApart(seen, look, together);
        else
            this.note(seen, entry);
    }
    tellApart(seen, look, together) {
        const homes = new Map(look.held?.map(({ name, home }) => [name, home]));
        const whose = (relation) => together.find(({ names }) => names.has(homes.get(relation) ?? relation));
        for (const one of together)
            this.note((0,_observe_js__WEBPACK_IMPORTED_MODULE_1__/* .partOf */ .BU)(seen, (relation) => whose(relation) === one), one.entry);
        const rest = (0,_observe_js__WEBPACK_IMPORTED_MODULE_1__/* .partOf */ .BU)(seen, (relation) => whose(relation) === undefined);
        // A partition, a parent, what CASCADE reaches: nobody can say whose doing it is.
        if (!(0,_observe_js__WEBPACK_IMPORTED_MODULE_1__/* .isHarmless */ .EW)(rest) && together.length > 1) {
            this.knowledge.looksAtEach = true;
            throw new _endings_js__WEBPACK_IMPORTED_MODULE_0__/* .Again */ .Nj();
        }
        const last = together.at(-1);
        if (last)
            this.note(rest, last.entry);
    }
    note(seen, entry) {
        entry.locks = [...entry.locks, ...seen.locks];
        entry.rewrites = [...entry.rewrites, ...seen.rewrites];
        entry.scans = [...entry.scans, ...seen.scans];
        entry.touched = addTouched(entry.touched, seen.touched);
        entry.dropped = [...entry.dropped, ...seen.dropped];
        entry.droppedViews = [...entry.droppedViews, ...seen.droppedViews];
        entry.truncated = [...entry.truncated, ...seen.truncated];
        entry.emptied = [...entry.emptied, ...seen.emptied];
        entry.goneColumns = [...entry.goneColumns, ...seen.goneColumns];
        for (const { inserted, updated } of seen.touched)
            this.deadTuples += inserted + updated;
        if (this.notes.phase === 'up')
            for (const lock of seen.locks)
                this.locked.add(lock.relation);
    }
    /** The run has ended: what still waits to be looked at never was, and is judged by what its text names. */
    giveUp() {
        for (const { entry, names } of [...this.together, ...[...this.awaited.values()].flat()]) {
            entry.watched = false;
            for (const name of names)
                this.mentioned.add(name);
        }
    }
    /** What the statement held at which it ended: its own session cannot tell any more. */
    seeFromOutside(held, entry) {
        for (const { relation, modes } of held) {
            const strongest = Math.max(...modes.map((mode) => _report_outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx.indexOf(mode)));
            if (strongest <= this.observer.strengthSeen(relation))
                continue;
            const lock = { relation, mode: _report_outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx[strongest] ?? 'unknown', preexisting: true };
            entry.locks = [...entry.locks, lock];
            this.locked.add(relation);
        }
    }
    /** What was not executed is judged by what its text names: that must be known by its size too. */
    mention(sql) {
        for (const name of this.namesMentioned(sql.slice(0, MENTIONED_CHARACTERS)))
            this.mentioned.add(name);
    }
    /** What was locked or would have been. */
    get wanted() {
        return { relations: [...this.locked], bare: [...this.mentioned] };
    }
    get sequencesAdvanced() {
        return [...this.observer.sequencesAdvanced].sort();
    }
    /** Bare names of relations that existed before and stand in a text. */
    *namesMentioned(sql) {
        for (const [word] of sql.matchAll(/[\p{L}_][\p{L}\p{N}_$]*/gu)) {
            if (this.namesBefore.has(word))
                yield word;
            else if (this.namesBefore.has(word.toLowerCase()))
                yield word.toLowerCase();
        }
        for (const [, quoted = ''] of sql.matchAll(/"((?:[^"]|""){1,200})"/g)) {
            const name = quoted.replaceAll('""', '"');
            if (this.namesBefore.has(name))
                yield name;
        }
    }
}
function addTouched(known, more) {
    if (more.length === 0)
        return known;
    const sums = new Map(known.map((one) => [one.relation, one]));
    for (const one of more) {
        const before = sums.get(one.relation) ?? { inserted: 0, updated: 0, deleted: 0 };
        sums.set(one.relation, {
            relation: one.relation,
            inserted: before.inserted + one.inserted,
            updated: before.updated + one.updated,
            deleted: before.deleted + one.deleted,
        });
    }
    return [...sums.values()];
}


/***/ }),

/***/ 755:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   BU: () => (/* binding */ partOf),
/* harmony export */   EW: () => (/* binding */ isHarmless),
/* harmony export */   X0: () => (/* binding */ rememberRelations),
/* harmony export */   bb: () => (/* binding */ LOOK_AT_LOCKS),
/* harmony export */   e5: () => (/* binding */ LOOK_AT_COLUMNS),
/* harmony export */   mj: () => (/* binding */ mayDropColumns),
/* harmony export */   nu: () => (/* binding */ Observer),
/* harmony export */   sq: () => (/* binding */ readLook),
/* harmony export */   xf: () => (/* binding */ LOOK_AT_CLOCK)
/* harmony export */ });
/* harmony import */ var _postgres_identifier_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8332);
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3530);
/* harmony import */ var _report_outcome_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(5066);



/** The relations that existed before, with their file and how often this session had scanned them. */
function rememberRelations(leftOut) {
    const isLeftOut = (name) => leftOut
        .map(({ schema, names }) => `n.nspname = ${(0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_1__/* .quoteLiteral */ .c)(schema)} and ${name} = any (array[${names.map(_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_1__/* .quoteLiteral */ .c).join(', ')}])`)
        .join(' or ') || 'false';
    return [
        {
            text: (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`create temporary table mgate_before on commit drop as
        select c.oid, c.relkind, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relname as bare,
               coalesce(x.relname, c.relname) as home,
               pg_catalog.pg_relation_filenode(c.oid) as filenode, pg_catalog.pg_stat_get_xact_numscans(c.oid) as scans,
               pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) as inserted, pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) as updated,
               pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) as deleted
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          left join pg_catalog.pg_index y on y.indexrelid = c.oid left join pg_catalog.pg_class x on x.oid = y.indrelid
         where c.relkind = any ('{r,p,m,i,I,S,v,f}') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
           and not (${isLeftOut('coalesce(x.relname, c.relname)')})`),
        },
        { text: 'create unique index mgate_before_oid on pg_temp.mgate_before (oid)' },
        { text: 'grant select on pg_temp.mgate_before to public' },
    ];
}
const CLOCK = (what) => `(extract(epoch from ${what}) * 1000)::text`;
/** When the statement before it ended, and when this look ended: server time in milliseconds. */
const LOOK_AT_CLOCK = {
    name: 'mgate_clock',
    flush: true,
    text: (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`select ${CLOCK('pg_catalog.statement_timestamp()')}, null, null, ${CLOCK('pg_catalog.clock_timestamp()')}`),
    keep: true,
};
const lookAtLocks = (name, columns) => ({
    name,
    flush: true,
    text: (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`with held as materialized (
      select locktype, relation, mode from pg_catalog.pg_locks where pid = pg_catalog.pg_backend_pid() and granted)
    select ${CLOCK('pg_catalog.statement_timestamp()')},
      (select pg_catalog.json_agg(pg_catalog.json_build_array(b.name, h.modes, b.relkind,
                b.filenode, pg_catalog.pg_relation_filenode(b.oid), pg_catalog.pg_stat_get_xact_numscans(b.oid) - b.scans,
                case when h.writes and b.relkind = 'r' then pg_catalog.json_build_array(
                  pg_catalog.pg_stat_get_xact_tuples_inserted(b.oid) - b.inserted, pg_catalog.pg_stat_get_xact_tuples_updated(b.oid) - b.updated,
                  pg_catalog.pg_stat_get_xact_tuples_deleted(b.oid) - b.deleted) end,
                case when h.exclusive then case when b.relkind = any ('{r,m}') then pg_catalog.pg_relation_filenode(b.oid) else pg_catalog.pg_table_is_visible(b.oid)::int end is null end,
                case when h.exclusive and b.relkind = 'r' and pg_catalog.pg_relation_filenode(b.oid) <> b.filenode
                  then pg_catalog.pg_relation_size(b.oid) = 0 end,
                ${columns}, b.home))
         from (select relation, pg_catalog.json_agg(mode) as modes, pg_catalog.bool_or(mode = 'AccessExclusiveLock') as exclusive,
                      pg_catalog.bool_or(mode = 'RowExclusiveLock') as writes
                 from held where locktype = 'relation' group by relation) h
         join pg_temp.mgate_before b on b.oid = h.relation)::text,
      (select pg_catalog.count(*) from held)::text,
      ${CLOCK('pg_catalog.clock_timestamp()')}`),
    keep: true,
});
/** The same as the clock, and what this transaction holds of the relations that existed before. */
const LOOK_AT_LOCKS = lookAtLocks('mgate_locks', 'null');
/** The same again, and which of their columns are gone, by number: for what may have dropped some. */
const LOOK_AT_COLUMNS = lookAtLocks('mgate_columns', `case when h.exclusive and b.relkind = any ('{r,p}') then (select pg_catalog.json_agg(pg_catalog.json_build_array(b.oid::text, a.attnum))
     from pg_catalog.pg_attribute a where a.attrelid = b.oid and a.attnum > 0 and a.attisdropped) end`);
/** Whether a statement may drop columns, by its words; those of code that it calls are not seen. */
function mayDropColumns(sql, isOpaque) {
    return isOpaque || /\bdrop\b/i.test(sql);
}
function readLook(result) {
    const [ended, held, locks, now] = result.rows[0] ?? [];
    const looked = locks !== null && locks !== undefined;
    return {
        statementEndedAt: Number(ended),
        endedAt: Number(now),
        held: looked ? (held ? JSON.parse(held) : []).map(readHeld) : null,
        locks: looked ? Number(locks) : null,
    };
}
function readHeld(row) {
    const [name, modes, kind, filenodeBefore, filenode, scans, rows, gone, emptied, goneColumns, home] = row;
    return {
        name,
        home,
        modes,
        kind,
        filenodeBefore,
        filenode,
        scans,
        rows,
        gone: gone ?? false,
        emptied: emptied ?? false,
        goneColumns: goneColumns ?? [],
    };
}
/** Sequences from which numbers were taken, which no rollback gives back: nextval holds this lock to the end. */
const TAKES_NUMBERS = 'RowExclusiveLock';
/** What of it is about these relations. */
function partOf(seen, isWanted) {
    const names = (list) => list.filter(isWanted);
    const rows = (list) => list.filter((one) => isWanted(one.relation));
    return {
        locks: rows(seen.locks),
        rewrites: names(seen.rewrites),
        scans: names(seen.scans),
        touched: rows(seen.touched),
        dropped: names(seen.dropped),
        droppedViews: names(seen.droppedViews),
        truncated: names(seen.truncated),
        emptied: names(seen.emptied),
        goneColumns: rows(seen.goneColumns),
    };
}
/** Nothing of it is in anybody's way: relations that were read, or whose rows were written. */
function isHarmless({ locks, rewrites, scans, touched, dropped, droppedViews, truncated, goneColumns, }) {
    const others = [rewrites, scans, touched, dropped, droppedViews, truncated, goneColumns];
    return (others.every((list) => list.length === 0) && locks.every(({ mode }) => _report_outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx.indexOf(mode) <= WRITES_ROWS));
}
const WRITES_ROWS = _report_outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx.indexOf('RowExclusiveLock');
/** Turns what is held now into what is new since the last look. One of these follows one transaction. */
class Observer {
    sequencesAdvanced = new Set();
    modes = new Map();
    filenodes = new Map();
    scans = new Map();
    rows = new Map();
    gone = new Set();
    goneColumns = new Set();
    /** How strong a lock on the relation was seen already, as an index of LOCK_MODES; -1: none. */
    strengthSeen(relation) {
        return this.modes.get(relation) ?? -1;
    }
    /** `truncates`: the statement gives tables a new file, and reads it for the indexes, without rewriting anything. */
    newSince(look, truncates) {
        const seen = {
            locks: [],
            rewrites: [],
            scans: [],
            touched: [],
            dropped: [],
            droppedViews: [],
            truncated: [],
            emptied: [],
            goneColumns: [],
        };
        for (const relation of look.held ?? []) {
            const { name, kind } = relation;
            const strongest = Math.max(...relation.modes.map((mode) => _report_outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx.indexOf(mode)));
            const isTable = kind === 'r' || kind === 'm' || kind === 'p';
            const last = this.filenodes.has(name) ? this.filenodes.get(name) : relation.filenodeBefore;
            const moved = relation.filenode !== null && relation.filenode !== last && isTable;
            const rewritten = moved && !truncates;
            if (rewritten)
                seen.rewrites.push(name);
            if (rewritten && relation.emptied)
                seen.emptied.push(name);
            if (moved && truncates)
                seen.truncated.push(name);
            // A lock that is held already does not show again; a rewrite has needed it all the same.
            if (rewritten || strongest > this.strengthSeen(name)) {
                seen.locks.push({ relation: name, mode: _report_outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx[strongest] ?? 'unknown', preexisting: true });
            }
            this.modes.set(name, Math.max(strongest, this.strengthSeen(name)));
            this.filenodes.set(name, relation.filenode);
            const scanned = relation.scans > (this.scans.get(name) ?? 0);
            if (isTable && scanned && !truncates)
                seen.scans.push(name);
            this.scans.set(name, relation.scans);
            const touched = this.touchedSince(relation);
            if (touched)
                seen.touched.push(touched);
            if (relation.gone && !this.gone.has(name)) {
                this.gone.add(name);
                if (isTable)
                    seen.dropped.push(name);
                else if (kind === 'v' || kind === 'f')
                    seen.droppedViews.push(name);
            }
            if (kind === 'S' && relation.modes.includes(TAKES_NUMBERS))
                this.sequencesAdvanced.add(name);
            for (const [oid, number] of relation.gone ? [] : relation.goneColumns) {
                if (this.goneColumns.has(`${oid}:${number}`))
                    continue;
                this.goneColumns.add(`${oid}:${number}`);
                seen.goneColumns.push({ relation: name, oid, number });
            }
        }
        return seen;
    }
    /** TRUNCATE sets the server's counts back: less than before is not told. */
    touchedSince({ name, rows }) {
        if (rows === null)
            return null;
        const last = this.rows.get(name) ?? [0, 0, 0];
        this.rows.set(name, rows);
        const [inserted, updated, deleted] = rows.map((count, at) => Math.max(0, count - (last[at] ?? 0)));
        return inserted + updated + deleted === 0 ? null : { relation: name, inserted, updated, deleted };
    }
}


/***/ }),

/***/ 6422:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   LF: () => (/* binding */ readDropped),
/* harmony export */   Qx: () => (/* binding */ withRows),
/* harmony export */   TD: () => (/* binding */ rowsInTheWay),
/* harmony export */   XW: () => (/* binding */ keysTwice)
/* harmony export */ });
/* unused harmony export lastWhere */
/* harmony import */ var _postgres_identifier_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8332);
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3530);
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(5655);
/* harmony import */ var _sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6080);
/* harmony import */ var _sizes_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9309);





const QUESTION_MS = 2_000;
/** Rows that are shown by their key, where that is allowed. */
const SHOWN = 3;
const COUNTED = 'pg_catalog.count(*)::pg_catalog.text';
/** Which of these have rows, by what their files hold. */
async function withRows(asker, relations) {
    const rows = await (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .askWithin */ .ti)(asker, QUESTION_MS, 'select w.name from pg_catalog.unnest($1::text[]) as w(name) where pg_catalog.pg_relation_size(pg_catalog.to_regclass(w.name)) > 0', [(0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .arrayLiteral */ .PL)(relations)]);
    return new Set((rows ?? []).map(([name]) => name ?? ''));
}
/** The names of dropped columns, and how many values went with them. What had been dropped before the run has no name. */
async function readDropped(asker, gone, bounds) {
    const rows = await (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .askWithin */ .ti)(asker, QUESTION_MS, `select w.relation, a.attname from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::oid[]), pg_catalog.unnest($3::int2[])) as w(relation, oid, number)
       join pg_catalog.pg_attribute a on a.attrelid = w.oid and a.attnum = w.number and not a.attisdropped order by 1, w.number`, [
        (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .arrayLiteral */ .PL)(gone.map((one) => one.relation)),
        (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .arrayLiteral */ .PL)(gone.map((one) => one.oid)),
        (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .arrayLiteral */ .PL)(gone.map((one) => String(one.number))),
    ]);
    const dropped = [];
    for (const [relation = null, column = null] of rows ?? []) {
        if (relation === null || column === null)
            continue;
        const counted = `select pg_catalog.count(${(0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteIdentifier */ .C)(column)})::text from ${relation}`;
        const values = await count(asker, relation, counted, bounds);
        dropped.push({ relation, column, values });
    }
    return dropped;
}
/** The one number that `sql` gives; null where the relation is too large, or the answer takes too long. */
async function count(asker, relation, sql, { maxBytes, until }, names = 'ours') {
    const left = Math.min(QUESTION_MS, until - performance.now());
    if (left <= 0)
        return null;
    if (maxBytes > 0) {
        const size = await (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .askWithin */ .ti)(asker, left, 'select pg_catalog.pg_table_size(pg_catalog.to_regclass($1))::text', [
            relation,
        ]);
        if (size === null || Number(size[0]?.[0] ?? 0) > maxBytes)
            return null;
    }
    const rows = await (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .askWithin */ .ti)(asker, left, sql, [], names);
    return rows?.[0]?.[0] == null ? null : Number(rows[0][0]);
}
/** How many rows are in the way of a statement that failed on them, in a sentence; null: not asked, or not answered. */
async function rowsInTheWay(asker, failed, bounds) {
    const { error, facts, sql, showData } = failed;
    if (error.code === null || !/^(?:ALTER|CREATE)/.test(facts.command))
        return null;
    const question = await questionOf(asker, error, sql);
    if (question === null || failed.written.has(question.relation))
        return null;
    return answer(asker, question, bounds, showData);
}
async function answer(asker, question, bounds, showData) {
    const { names } = question;
    const found = await count(asker, question.relation, question.count, bounds, names);
    if (found === null || found === 0)
        return null;
    const sentence = `${question.words(found)} (as the table is without this run).`;
    if (!showData || question.sample === null)
        return sentence;
    const left = Math.min(QUESTION_MS, Math.max(1, bounds.until - performance.now()));
    const rows = await (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .askWithin */ .ti)(asker, left, `${question.sample} limit ${SHOWN}`, [], names);
    const shown = (rows ?? []).map(([text]) => text ?? 'null');
    return shown.length === 0 ? sentence : `${sentence} Among them: ${shown.join('; ')}.`;
}
async function questionOf(asker, error, sql) {
    const relation = await tableOf(asker, error, sql);
    if (relation === null)
        return null;
    const { name, key } = relation;
    const rowsWhere = (condition, words, names = 'theirs') => ({
        relation: name,
        count: `select ${COUNTED} from ${name} t where ${condition}`,
        words,
        sample: key === null ? null : `select ${textOf(key)} from ${name} t where ${condition}`,
        names,
    });
    switch (error.code) {
        case '23502': {
            const column = error.column;
            if (column === null)
                return null;
            if (relation.columns.includes(column)) {
                return rowsWhere(`t.${(0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteIdentifier */ .C)(column)} is null`, (n) => `${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_4__/* .plural */ .LS)(n, 'row')} of ${name} ${n === 1 ? 'has' : 'have'} no ${column}`, 'ours');
            }
            return rowsWhere('true', (n) => `${name} has ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_4__/* .plural */ .LS)(n, 'row')}, and each needs a value for ${column}`, 'ours');
        }
        case '23505':
            return duplicates(name, sql, error);
        case '23503':
        case '23514': {
            const definition = (await constraintOf(asker, name, error)) ?? sql;
            return error.code === '23503'
                ? orphans(asker, name, definition, error)
                : brokenCheck(definition, error, rowsWhere, name);
        }
        default:
            return error.code?.startsWith('22') ? unreadable(sql, rowsWhere, name) : null;
    }
}
/** Equal keys: the server names the key's expressions, whatever its language. */
function duplicates(name, sql, error) {
    const key = /\((.+?)\)=\(/s.exec(error.detail ?? '')?.[1];
    if (key === undefined)
        return null;
    return equalKeys(name, splitKey(key), lastWhere(sql, (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .tokenize */ .qw)(sql)), !/\bnulls\s+not\s+distinct\b/i.test(sql));
}
function equalKeys(name, parts, where, nullsDistinct) {
    const conditions = [
        ...(where === null ? [] : [`(${where})`]),
        ...(nullsDistinct ? parts.map((part) => `(${part}) is not null`) : []),
    ];
    const groups = `from ${name}${conditions.length > 0 ? ` where ${conditions.join(' and ')}` : ''} group by ${parts.join(', ')} having pg_catalog.count(*) operator(pg_catalog.>) 1`;
    return {
        relation: name,
        count: `select ${COUNTED} from (select 1 ${groups}) g`,
        words: (n) => `${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_4__/* .plural */ .LS)(n, 'key')} (${parts.join(', ')}) of ${name} ${n === 1 ? 'stands' : 'stand'} there more than once`,
        sample: `select pg_catalog.concat_ws(', ', ${parts.map((part) => `(${part})::pg_catalog.text`).join(', ')}) ${groups}`,
        names: 'theirs',
    };
}
/** How many keys stand more than once in a table, in a sentence; null: none, or no answer. */
async function keysTwice(asker, { relation, parts, predicate, nullsDistinct }, bounds, showData) {
    return answer(asker, equalKeys(relation, parts, predicate, nullsDistinct), bounds, showData);
}
function splitKey(key) {
    const tokens = (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .tokenize */ .qw)(key);
    const parts = [];
    let depth = 0;
    let from = 0;
    for (const token of tokens) {
        if (token.word === '(' || token.word === '[')
            depth += 1;
        else if (token.word === ')' || token.word === ']')
            depth -= 1;
        else if (token.word === ',' && depth === 0) {
            parts.push(key.slice(from, token.start).trim());
            from = token.end;
        }
    }
    parts.push(key.slice(from).trim());
    return parts;
}
/** The predicate of a CREATE INDEX. */
function lastWhere(sql, tokens) {
    if (tokens[0]?.word !== 'CREATE')
        return null;
    let depth = 0;
    for (const token of tokens) {
        if (token.word === '(')
            depth += 1;
        else if (token.word === ')')
            depth -= 1;
        else if (token.word === 'WHERE' && depth === 0)
            return sql.slice(token.end).trim();
    }
    return null;
}
/** `FOREIGN KEY (a, b) REFERENCES p [(c, d)]` in a definition, or `a int REFERENCES p` where the key is one column. */
async function orphans(asker, name, definition, error) {
    const key = /\((.+?)\)=\(/s.exec(error.detail ?? '')?.[1];
    const cursor = at(definition, error.constraint, 'FOREIGN') ?? at(definition, error.constraint, 'REFERENCES');
    if (cursor === null || key === undefined)
        return null;
    while (cursor.peek() && !cursor.is('REFERENCES'))
        cursor.at += 1;
    if (!cursor.take('REFERENCES'))
        return null;
    const parent = cursor.name();
    if (parent === null)
        return null;
    const inside = cursor.parenthesised();
    const columns = splitKey(key);
    const known = await parentOf(asker, parent);
    if (known === null)
        return null;
    const referenced = inside ? splitKey(textBetween(definition, inside)) : known.primaryKey;
    if (referenced.length !== columns.length || !referenced.every((one) => known.comparable.has(one)))
        return null;
    const match = columns.map((column, n) => `p.${referenced[n]} = t.${column}`).join(' and ');
    const condition = `${columns.map((column) => `t.${column} is not null`).join(' and ')} and not exists (select 1 from ${known.name} p where ${match})`;
    return {
        relation: name,
        count: `select ${COUNTED} from ${name} t where ${condition}`,
        words: (n) => `${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_4__/* .plural */ .LS)(n, 'row')} of ${name} ${n === 1 ? 'refers' : 'refer'} by (${key}) to no row of ${parent}`,
        sample: `select distinct ${textOf(columns.map((column) => ({ quoted: column, shown: column })))} from ${name} t where ${condition}`,
        names: 'ours',
    };
}
async function parentOf(asker, written) {
    const rows = await (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .askWithin */ .ti)(asker, QUESTION_MS, (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`select pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.quote_ident(a.attname),
            (t.typnamespace = 'pg_catalog'::regnamespace or t.typtype = 'e')::text, coalesce(a.attnum = any (i.indkey), false)::text
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       join pg_catalog.pg_type d on d.oid = a.atttypid
       join pg_catalog.pg_type t on t.oid = case when d.typtype = 'd' then d.typbasetype else d.oid end
       left join pg_catalog.pg_index i on i.indrelid = c.oid and i.indisprimary
      where c.oid = pg_catalog.to_regclass($1) order by pg_catalog.array_position(i.indkey, a.attnum), a.attnum`), [written], 'theirs');
    const name = rows?.[0]?.[0];
    if (!rows || name == null)
        return null;
    const columns = (at) => rows.filter((row) => row[at] === 'true').map((row) => row[1] ?? '');
    return { name, primaryKey: columns(3), comparable: new Set(columns(2)) };
}
function brokenCheck(definition, error, rowsWhere, name) {
    const cursor = at(definition, error.constraint, 'CHECK');
    if (!cursor?.take('CHECK'))
        return null;
    const inside = cursor.parenthesised();
    if (inside === null || inside.length === 0)
        return null;
    const text = textBetween(definition, inside);
    return rowsWhere(`not (${text})`, (n) => `${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_4__/* .plural */ .LS)(n, 'row')} of ${name} ${n === 1 ? 'does' : 'do'} not satisfy (${text})`);
}
/** `ALTER c TYPE integer`: what the new type's input would refuse (from PostgreSQL 16 on; before, there is no answer). */
function unreadable(sql, rowsWhere, name) {
    const tokens = (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .tokenize */ .qw)(sql);
    const types = tokens.flatMap((token, index) => (token.word === 'TYPE' && index > 2 ? [index] : []));
    const [type] = types;
    if (type === undefined || types.length > 1)
        return null;
    const setData = tokens[type - 1]?.word === 'DATA' && tokens[type - 2]?.word === 'SET';
    const column = tokens[type - (setData ? 3 : 1)];
    const first = tokens[type + 1];
    if (!column || !first)
        return null;
    let end = type + 1;
    while (end < tokens.length && !/^(?:,|USING|COLLATE)$/.test(tokens[end]?.word ?? '')) {
        end = tokens[end]?.word === '(' ? (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .matchingParen */ .iL)(tokens, end) + 1 : end + 1;
    }
    // An expression of the user's own decides there.
    if (tokens[end]?.word === 'USING')
        return null;
    const wanted = sql.slice(first.start, tokens[end - 1]?.end);
    const written = sql.slice(column.start, column.end);
    return rowsWhere(`not pg_catalog.pg_input_is_valid(t.${written}::pg_catalog.text, '${wanted.replaceAll("'", "''")}')`, (n) => `${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_4__/* .plural */ .LS)(n, 'row')} of ${name} ${n === 1 ? 'has' : 'have'} a ${(0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .unquoteName */ .Lh)(written)} that ${wanted} does not hold`);
}
/** Where the constraint of this name begins, or the only one of its kind. */
function at(definition, constraint, word) {
    const tokens = (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .tokenize */ .qw)(definition);
    const places = tokens.flatMap((token, index) => (token.word === word ? [index] : []));
    const named = places.find((place) => {
        const token = tokens[place - 1];
        return (token &&
            tokens[place - 2]?.word === 'CONSTRAINT' &&
            (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .unquoteName */ .Lh)(definition.slice(token.start, token.end)) === constraint);
    });
    const place = named ?? (places.length === 1 ? places[0] : undefined);
    return place === undefined ? null : new _sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .Cursor */ .bs(definition, tokens, place);
}
function textBetween(sql, tokens) {
    return sql.slice(tokens[0]?.start, tokens.at(-1)?.end);
}
function textOf(columns) {
    const parts = columns.map(({ quoted, shown }) => `'${shown.replaceAll("'", "''")} = ', t.${quoted}::pg_catalog.text`);
    return `pg_catalog.concat(${parts.join(`, ', ', `)})`;
}
/** The table that the error is about; the server names it but for class 22, where the statement does. */
async function tableOf(asker, error, sql) {
    const named = error.table === null ? altered(sql) : null;
    if (error.table === null && named === null)
        return null;
    const rows = await (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .askWithin */ .ti)(asker, QUESTION_MS, (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`select pg_catalog.format('%I.%I', n.nspname, c.relname),
            (select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)::text,
            (select pg_catalog.json_agg(a.attname order by pg_catalog.array_position(i.indkey, a.attnum)) from pg_catalog.pg_index i
               join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey) where i.indrelid = c.oid and i.indisprimary)::text
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where case when $3 = '' then n.nspname = $1 and c.relname = $2 else c.oid = pg_catalog.to_regclass($3) end and c.relkind = any ('{r,p}')`), [error.schema ?? '', error.table ?? '', named ?? ''], 'theirs');
    const [name, columns, key] = rows?.[0] ?? [];
    if (name == null)
        return null;
    const keys = key == null ? null : JSON.parse(key);
    return {
        name,
        columns: JSON.parse(columns ?? '[]'),
        key: keys === null ? null : keys.map((column) => ({ quoted: (0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteIdentifier */ .C)(column), shown: column })),
    };
}
function altered(sql) {
    const cursor = new _sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .Cursor */ .bs(sql, (0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_1__/* .tokenize */ .qw)(sql));
    if (!cursor.take('ALTER', 'TABLE'))
        return null;
    cursor.skipIfExists().skip('ONLY');
    return cursor.name();
}
/** A constraint that is there already and was only to be validated. */
async function constraintOf(asker, relation, error) {
    if (error.constraint === null)
        return null;
    const rows = await (0,_sizes_js__WEBPACK_IMPORTED_MODULE_2__/* .askWithin */ .ti)(asker, QUESTION_MS, `select pg_catalog.format('CONSTRAINT %I %s', conname, pg_catalog.pg_get_constraintdef(oid)) from pg_catalog.pg_constraint
      where conrelid = pg_catalog.to_regclass($1) and conname = $2`, [relation, error.constraint]);
    return rows?.[0]?.[0] ?? null;
}


/***/ }),

/***/ 6962:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   J: () => (/* binding */ backoff),
/* harmony export */   K: () => (/* binding */ rehearse)
/* harmony export */ });
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8500);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_timers_promises__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _engines_shared_checks_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2232);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9836);
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(5655);
/** The dry run, attempt after attempt: it steps back as soon as it is in anybody's way, and comes again a little later. */




/** Each start anew has learned about one statement more; a folder that needs more than this is no case for one transaction. */
const MOST_RESTARTS = 50;
/** `make`: an attempt of the engine's own kind. */
async function rehearse(workbench, plan, before, make) {
    const { request, log, signal } = workbench;
    let bench = workbench;
    const smokeTests = (0,_engines_shared_checks_js__WEBPACK_IMPORTED_MODULE_1__/* .readSmokeTests */ .Fr)(request.workingDirectory, request.smokeTests);
    const knowledge = { suspects: new Set(), guardOut: new Set(), alone: new Map(), looksAtEach: false };
    const deadline = request.dryRunTimeoutMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + request.dryRunTimeoutMs;
    const blocked = [];
    let tries = 1;
    for (let restarts = 0;;) {
        const attempt = make({ bench, plan, before, smokeTests, knowledge, deadline });
        const ending = await attempt.toItsEnd();
        blocked.push(...attempt.blocked);
        if (ending.kind === 'cancelled')
            throw (0,_report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .cancelled */ .K)('during the dry run; it was rolled back');
        if (ending.kind === 'again' && restarts < MOST_RESTARTS) {
            restarts += 1;
            log.detail('the dry run starts over: a statement needs another treatment');
            continue;
        }
        const verdict = verdictOf(ending, attempt, request);
        if (!verdict.again || bench.session.lost || tries > request.lockRetries || performance.now() >= deadline) {
            const { again: _, ...rest } = verdict;
            return { ...attempt.report(tries, blocked), ...rest };
        }
        const pause = backoff(tries);
        log.line(`dry run: ${verdict.reason}; rolled back, trying again in ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_3__/* .duration */ .p0)(pause)} (${tries} of ${request.lockRetries})`);
        tries += 1;
        await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setTimeout)(pause, undefined, { signal }).catch(() => undefined);
        if (signal.aborted)
            throw (0,_report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .cancelled */ .K)('during the dry run; it was rolled back');
        if (bench.watcher.lost)
            bench = { ...bench, watcher: await bench.reconnect() };
    }
}
/** Doubling from 200 ms to 5 s, each between a half and the whole of it, so that two gates do not meet again. */
function backoff(attempt) {
    const ceiling = Math.min(5_000, 200 * 2 ** (attempt - 1));
    return Math.round(ceiling / 2 + (Math.random() * ceiling) / 2);
}
const ELSEWHERE = 'or rehearse on a copy with rehearsal-database-url';
function conclusive(verdict) {
    return { verdict, reason: null, class: null, next: null, again: false };
}
function inconclusive(kind, reason, next, again = false) {
    return { verdict: 'inconclusive', class: kind, reason, next, again };
}
function verdictOf(ending, attempt, request) {
    switch (ending.kind) {
        case 'passed':
            if (attempt.notes.executedAnything())
                return conclusive('passed');
            return inconclusive('not-in-transaction', 'nothing at all could be executed', `Read each statement's reason; then accept it with allow-hazards: dry-run-inconclusive, ${ELSEWHERE}.`);
        case 'failed':
            return conclusive('failed');
        case 'inconclusive':
            return inconclusive(ending.class ?? 'not-in-transaction', ending.reason, ending.next);
        case 'again':
            return inconclusive('resources', `more than ${MOST_RESTARTS} statements need a treatment of their own`, 'Apply in several runs with target-version.');
        case 'deadline':
            return inconclusive('resources', `the dry run took longer than dry-run-timeout (${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_3__/* .duration */ .p0)(request.dryRunTimeoutMs)})`, `Raise dry-run-timeout, ${ELSEWHERE}.`);
        case 'contention': {
            const at = ending.at ? `${ending.at.migration.file}:${ending.at.line}` : 'the dry run';
            return inconclusive(ending.error.code === '40P01' ? 'deadlock' : 'lock-timeout', `${at} could not get its lock (${ending.error.code}: ${ending.error.message})`, 'Find who holds the lock (pg_blocking_pids, pg_stat_activity) or run at a quieter time; lock-timeout and lock-retries say how long to try.', true);
        }
        case 'alarm':
            return verdictOfAlarm(ending.alarm, request);
    }
}
function verdictOfAlarm(alarm, request) {
    switch (alarm.kind) {
        case 'blocking': {
            const longest = alarm.waiters.reduce((a, b) => (a.waitedMs > b.waitedMs ? a : b));
            const who = alarm.waiters.length === 1 ? 'another session' : `${alarm.waiters.length} other sessions`;
            const name = longest.application === '' ? '' : `, ${longest.application}`;
            return inconclusive('lock-timeout', `it kept ${who} waiting (pid ${longest.pid}${name}) for max-blocking (${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_3__/* .duration */ .p0)(request.maxBlockingMs)})`, `Run at a quieter time, write the statement so that it does not block, raise max-blocking, ${ELSEWHERE}.`, true);
        }
        case 'exclusive':
            return inconclusive('resources', `it held ACCESS EXCLUSIVE for ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_3__/* .duration */ .p0)(alarm.heldMs)} and a standby follows, whose readers would wait (max-exclusive ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_3__/* .duration */ .p0)(request.maxExclusiveMs)})`, `Raise max-exclusive, ${ELSEWHERE}.`);
        case 'lock-table':
            return inconclusive('resources', `it held ${alarm.locks} locks, more than half of what the server's lock table is sized for (${alarm.limit * 2})`, `Apply in several runs with target-version, raise max_locks_per_transaction on the server, ${ELSEWHERE}.`);
        case 'blind':
            return inconclusive('connection', `the watching connection was lost (${alarm.error.message})`, 'Run again; nothing was changed.', true);
    }
}


/***/ }),

/***/ 5413:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   P: () => (/* binding */ migrationReport)
/* harmony export */ });
/* harmony import */ var _entry_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(5639);
/* harmony import */ var _looks_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9939);
/** The rehearsal as the report has it. */


function migrationReport(migration, entries, transactional, status) {
    const times = entries.map((entry) => entry.ms).filter((ms) => ms !== null);
    const { version, name, file, checksum } = migration;
    return {
        version,
        name,
        file,
        checksum,
        transactional,
        status,
        ms: times.length === 0 ? null : Math.round(times.reduce((sum, ms) => sum + ms, 0)),
        appliedMs: null,
        statements: folded(entries).map(_entry_js__WEBPACK_IMPORTED_MODULE_1__/* .toReport */ .cG),
    };
}
/** A long run of INSERTs into one table is one entry; its first ones were noted by themselves, before it was long. */
function folded(entries) {
    const told = [];
    for (const entry of entries) {
        let run = entry;
        if (entry.count > 1) {
            for (let first = told.at(-1); first && goesOn(first, run); first = told.at(-1)) {
                run = joined(first, run);
                told.pop();
            }
        }
        told.push(run);
    }
    return told;
}
function goesOn(one, next) {
    const into = one.facts.bulkInsertInto;
    return (into !== null && into === next.facts.bulkInsertInto && one.index + one.count === next.index && one.reason === null);
}
const sum = (one, other) => one === null || other === null ? (one ?? other) : one + other;
function joined(first, rest) {
    return {
        ...first,
        count: first.count + rest.count,
        ran: first.ran + rest.ran,
        executed: first.executed && rest.executed,
        error: rest.error,
        ms: sum(first.ms, rest.ms),
        rows: sum(first.rows, rest.rows),
        locks: [...first.locks, ...rest.locks],
        rewrites: [...first.rewrites, ...rest.rewrites],
        scans: [...new Set([...first.scans, ...rest.scans])],
        watched: first.watched && rest.watched,
        touched: (0,_looks_js__WEBPACK_IMPORTED_MODULE_0__/* .addTouched */ .C7)(first.touched, rest.touched),
    };
}


/***/ }),

/***/ 9309:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Eg: () => (/* binding */ readTraffic),
/* harmony export */   F4: () => (/* binding */ trafficItem),
/* harmony export */   P1: () => (/* binding */ readSizes),
/* harmony export */   PL: () => (/* binding */ arrayLiteral),
/* harmony export */   ti: () => (/* binding */ askWithin)
/* harmony export */ });
/* harmony import */ var _postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8829);
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3530);
/* harmony import */ var _postgres_session_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(7076);
/** How large and how busy the relations are that the dry run locked or would have: read when it is rolled back. */



/** A table that was never analysed is counted up to this size. */
const COUNTED_BYTES = 16 * 1024 * 1024;
const MOST_COUNTED = 50;
const COUNT_MS = 1_000;
function arrayLiteral(values) {
    return `{${[...values].map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
/** A partitioned table is as large and as busy as its partitions: `tree` has each relation with those. */
const TREE = `with recursive wanted(name, oid) as (
    select w.name, pg_catalog.to_regclass(w.name)::oid from pg_catalog.unnest($1::text[]) as w(name) where pg_catalog.to_regclass(w.name) is not null
    union select pg_catalog.format('%I.%I', n.nspname, c.relname), c.oid
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relname = any ($2::text[]) and c.relkind in ('r', 'p', 'm') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  ), tree(name, oid) as (
    select name, oid from wanted
    union select t.name, i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.oid
      join pg_catalog.pg_class p on p.oid = t.oid and p.relkind = 'p')`;
/**
 * Asked in one breath with ROLLBACK: a session adds its own reads and writes to the server's counts when it is idle
 * next, so they are not among these. The counts began when they were last reset, or with the server's own.
 */
function trafficItem({ relations, bare }) {
    return {
        text: `${TREE}
      select name, writes::text, reads::text, minutes::text from (
        select t.name, pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(t.oid) + pg_catalog.pg_stat_get_tuples_updated(t.oid)
                 + pg_catalog.pg_stat_get_tuples_deleted(t.oid)) as writes,
               pg_catalog.sum(pg_catalog.pg_stat_get_numscans(t.oid) + (select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_numscans(i.indexrelid)), 0)
                 from pg_catalog.pg_index i where i.indrelid = t.oid)) as reads
          from tree t group by 1) counts,
        (select extract(epoch from pg_catalog.clock_timestamp() - coalesce(pg_catalog.pg_stat_get_db_stat_reset_time(d.oid),
                  least(pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), (select stats_reset from pg_catalog.pg_stat_archiver)))) / 60 as minutes
           from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()) since`,
        values: [arrayLiteral(relations), arrayLiteral(bare)],
        keep: true,
    };
}
function readTraffic({ rows }) {
    return new Map(rows.map(([name, writes, reads, since]) => {
        const minutes = Number(since ?? 0);
        const rate = (count) => minutes < 1 || count == null ? null : Math.round((Number(count) / minutes) * 100) / 100;
        return [name ?? '', { writesPerMinute: rate(writes), readsPerMinute: rate(reads) }];
    }));
}
/**
 * One question in a transaction that can change nothing and takes no longer than `ms`; null: no answer. Names in it are the
 * server's own, unless it `names` what the project's SQL does: those are found by the role's search_path.
 */
async function askWithin({ session, log }, ms, text, values = [], names = 'ours') {
    try {
        const results = await session.batch([
            { text: 'begin transaction isolation level read committed read only' },
            {
                text: `select pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', '500ms', true)`,
                values: [`${Math.max(1, Math.round(ms))}ms`],
            },
            ...(names === 'ours' ? [_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_1__/* .PIN */ .GI] : []),
            { text, values, keep: true },
            { text: 'rollback' },
        ]);
        return results.at(-2)?.rows ?? null;
    }
    catch (error) {
        if (!(error instanceof _postgres_session_js__WEBPACK_IMPORTED_MODULE_2__/* .BatchError */ .PW))
            throw error;
        if (session.lost)
            throw error;
        await session.batch([{ text: 'rollback' }]);
        // The server's words may hold values of rows.
        log.detail(`a question about the rows has no answer (${(0,_postgres_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .readServerError */ .i)(error).code ?? 'unknown'})`);
        return null;
    }
}
async function readSizes(asker, { relations, bare }, traffic) {
    if (relations.length + bare.length === 0)
        return [];
    const found = await askWithin(asker, 10_000, 
    // A file grows with what was rolled back too: its size says only that the planner's estimate may be an old one.
    `${TREE}
     select t.name, t.oid::pg_catalog.regclass::text, pg_catalog.pg_total_relation_size(t.oid)::text, pg_catalog.pg_relation_size(t.oid)::text,
            (c.relkind in ('r', 'm'))::text,
            (case when c.relkind in ('p', 'I') then 0 when c.relpages > 0 and c.reltuples >= 0 then
               case when pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8 > 2 * c.relpages + 10
                 then greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)) else c.reltuples end
             else nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0) end)::text
       from tree t join pg_catalog.pg_class c on c.oid = t.oid`, [arrayLiteral(relations), arrayLiteral(bare)]);
    const parts = (found ?? []).map(([name, part, size, heap, isTable, rows]) => ({
        name: name ?? '',
        part: part ?? '',
        bytes: Number(size ?? 0),
        heapBytes: Number(heap ?? 0),
        isTable: isTable === 'true',
        rows: rows == null ? null : Math.round(Number(rows)),
    }));
    const counted = await count(asker, parts);
    const sizes = new Map();
    for (const { name, part, bytes, rows } of parts) {
        const before = sizes.get(name);
        const own = rows ?? counted.get(part) ?? null;
        const sum = before ? (before.rows === null || own === null ? null : before.rows + own) : own;
        const none = { writesPerMinute: null, readsPerMinute: null };
        sizes.set(name, { relation: name, bytes: bytes + (before?.bytes ?? 0), rows: sum, ...(traffic.get(name) ?? none) });
    }
    return [...sizes.values()];
}
/** A table that was just loaded, and that nobody has analysed, must not look empty. */
async function count(asker, parts) {
    const counted = new Map();
    const unknown = new Set(parts.filter((one) => one.rows === null && one.isTable && one.heapBytes <= COUNTED_BYTES));
    const until = performance.now() + 2 * COUNT_MS;
    let asked = 0;
    for (const { part, heapBytes } of unknown) {
        if (heapBytes === 0)
            counted.set(part, 0);
        else if (!counted.has(part) && asked < MOST_COUNTED && performance.now() < until) {
            asked += 1;
            const rows = await askWithin(asker, COUNT_MS, `select pg_catalog.count(*)::text from only ${part}`);
            if (rows?.[0]?.[0] != null)
                counted.set(part, Number(rows[0][0]));
        }
    }
    return counted;
}


/***/ }),

/***/ 7063:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   OB: () => (/* binding */ whyNot),
/* harmony export */   _d: () => (/* binding */ Undone),
/* harmony export */   y_: () => (/* binding */ whyTooLarge),
/* harmony export */   yq: () => (/* binding */ whyTooSlow)
/* harmony export */ });
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3530);
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(5655);
/** How a statement is rehearsed: as it is, in another form, or not at all, and then why. */


const EXPLAIN = 'explain (format json) ';
/** How fast an index is surely built, in bytes of its table a second: the plain form of a CONCURRENTLY is tried below max-blocking at this speed. */
const INDEX_BYTES_PER_SECOND = 25 * 1024 * 1024;
/** "There is no such ..." and "there is already": what follows when a statement before was not executed. */
const FOLLOWS = new Set([
    '42P01',
    '42703',
    '42704',
    '42883',
    '3F000',
    '42P07',
    '42710',
    '42701',
    '42809',
    '42804',
    '55000',
]);
/** Why a statement is not to be executed on this database at all, or null. */
async function whyNot(talk, entry, statement) {
    const { facts, migration } = entry;
    if (facts.forbiddenInRehearsal !== null)
        return `${facts.forbiddenInRehearsal}: a rollback would not undo it`;
    if (/^DISCARD\s+TEMP/i.test(statement.sql))
        return 'DISCARD TEMP would drop what the dry run itself keeps there';
    if (facts.callsSetval)
        return whyNoSetval(talk, statement);
    if (facts.nonTransactional?.plain === null && migration.script.wrapper === null) {
        return `${facts.nonTransactional.what} cannot run in a transaction`;
    }
    return null;
}
const SETVAL_ARGUMENT = /\bsetval\s*\(\s*((?:pg_catalog\s*\.\s*)?pg_get_serial_sequence\s*\(\s*'[^']*'\s*,\s*'[^']*'\s*\)|'[^']*')/gi;
/** setval is not undone by a rollback; on a sequence that this transaction made it goes with the sequence. */
async function whyNoSetval(talk, statement) {
    const reason = 'setval on a sequence that exists is not undone by a rollback';
    const sequences = [...statement.sql.matchAll(SETVAL_ARGUMENT)].map((match) => match[1]);
    const calls = statement.sql.match(/\bsetval\s*\(/gi)?.length ?? 0;
    if (sequences.length === 0 || sequences.length !== calls)
        return reason;
    for (const sequence of sequences) {
        const existed = await talk.ask(`select 1 from pg_temp.mgate_before where oid operator(pg_catalog.=) pg_catalog.to_regclass((${sequence})::pg_catalog.text)`);
        if (existed.length > 0)
            return reason;
    }
    return null;
}
/** What a rollback keeps (WAL, dead tuples, file growth) is bounded before the statement is sent. */
async function whyTooLarge(talk, asked, { dryRunMaxBytes, databaseBytes }) {
    const { statement } = asked;
    const write = asked.entry.facts.mayWrite;
    if (write === null || dryRunMaxBytes === 0)
        return null;
    const over = `more than dry-run-max-bytes (${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_1__/* .bytes */ .ee)(dryRunMaxBytes)})`;
    if (write.kind === 'dml') {
        const explain = { text: EXPLAIN + statement.sql, keep: true };
        const results = await talk.exchange([explain, { ...asked, offset: EXPLAIN.length }]);
        const plan = results.at(-1)?.rows.map((row) => row[0] ?? '') ?? [];
        const estimate = bytesWritten(JSON.parse(plan.join('\n') || '[]'));
        return estimate <= dryRunMaxBytes ? null : `it would write about ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_1__/* .bytes */ .ee)(estimate)} on the target, ${over}`;
    }
    if (databaseBytes <= dryRunMaxBytes)
        return null;
    const size = await sizeOf(talk, write.relation, write.kind === 'rewrite');
    if (size <= dryRunMaxBytes)
        return null;
    const verb = write.kind === 'rewrite' ? 'may rewrite' : 'would build an index over';
    return `it ${verb} ${write.relation} (${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_1__/* .bytes */ .ee)(size)}), ${over}`;
}
/** A relation with its partitions, in bytes; 0 where there is none of that name. */
async function sizeOf(talk, relation, withIndexes) {
    const size = withIndexes ? 'pg_catalog.pg_total_relation_size' : 'pg_catalog.pg_table_size';
    const rows = await talk.ask((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`select (coalesce(pg_catalog.sum(${size}(t.relid)), 0) + coalesce(${size}(pg_catalog.to_regclass($1)), 0))::text
       from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) t where t.isleaf and t.relid <> pg_catalog.to_regclass($1)`), [relation]);
    return Number(rows[0]?.[0] ?? 0);
}
/** Why the plain form of a statement that builds an index would take too long, or null: try it. */
async function whyTooSlow(talk, facts, limits) {
    const what = facts.nonTransactional;
    const builds = what?.leftover?.kind === 'create-index' || what?.leftover?.kind === 'reindex';
    if (!what || !builds || what.relation === null || limits.maxBlockingMs === 0)
        return null;
    const size = await sizeOf(talk, what.relation, false);
    if (size <= (limits.maxBlockingMs / 1_000) * INDEX_BYTES_PER_SECOND)
        return null;
    return `${what.what} cannot run in a transaction, and ${what.relation} (${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_1__/* .bytes */ .ee)(size)}) is too large to try its plain form within max-blocking`;
}
/** What was not done before, by which later failures are told from real ones. */
class Undone {
    /** Names, in lower case, that statements not executed would have made or changed. */
    names = new Set();
    /** Enum labels that are not committed yet, and whose they are. */
    labels = new Map();
    /** Words of statements that would have written rows, and of code that might have done anything. */
    writers = new Set();
    code = new Set();
    pattern = null;
    skip(facts, sql) {
        const { mayWrite, opaque } = facts;
        for (const name of facts.creates)
            this.names.add(name.toLowerCase());
        if (mayWrite?.kind === 'rewrite') {
            const bare = mayWrite.relation.split('.').at(-1) ?? mayWrite.relation;
            this.names.add(bare.replaceAll('"', '').toLowerCase());
        }
        this.pattern = null;
        if (opaque !== null)
            for (const word of wordsOf(sql))
                this.code.add(word);
        else if (mayWrite?.kind === 'dml' || facts.bulkInsertInto !== null || facts.callsSetval || facts.command === 'COPY')
            for (const word of wordsOf(sql))
                this.writers.add(word);
    }
    /** Whether a statement's text names any of it. */
    concerns(sql) {
        for (const label of this.labels.keys())
            if (sql.includes(`'${label.replaceAll("'", "''")}'`))
                return true;
        if (this.names.size === 0)
            return false;
        this.pattern ??= new RegExp(`(?<!${WORD})(?:${[...this.names].map(escaped).join('|')})(?!${WORD})`, 'iu');
        return this.pattern.test(sql);
    }
    /** The reason why an error only follows from what was not done, or null. */
    follows(error) {
        const { code } = error;
        if (code === null)
            return null;
        const because = (name) => name === undefined ? null : `it needs ${name}, which a statement not executed would have made or changed`;
        if (FOLLOWS.has(code)) {
            return because(namesIn(error.message).find((name) => this.names.has(name) || this.code.has(name)));
        }
        // Rows that break a constraint: others were to be written, or these corrected, before.
        if (!code.startsWith('23'))
            return null;
        const tables = [error.table?.toLowerCase() ?? '', ...(code === '23503' ? namesIn(error.detail ?? '') : [])];
        return because(tables.find((name) => this.writers.has(name) || this.code.has(name)));
    }
    /** The reason why an enum label cannot be used yet, or null: it is not one of an earlier pending file. */
    async uncommittedLabel(talk, error, highestEnum) {
        const because = 'PostgreSQL allows that only once it is committed';
        const quoted = [...error.message.matchAll(/["'«„“]([^"'»“”]+)["'»“”]/g)].map((match) => match[1] ?? '');
        for (const label of quoted) {
            const adds = this.labels.get(label);
            if (adds)
                return `it uses the enum value '${label}' that ${adds.file || 'an earlier transaction'} adds: ${because}`;
        }
        // Added where its words do not show (in a DO block): was it there before this file began?
        const rows = await talk.ask((0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)('select enumlabel from pg_catalog.pg_enum where enumlabel = any ($1::text[]) and oid <= $2::oid'), [`{${quoted.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`, highestEnum]);
        const label = rows[0]?.[0];
        return label ? `it uses the enum value '${label}' that an earlier pending migration adds: ${because}` : null;
    }
}
const WORD = '[\\p{L}\\p{N}_$]';
/** What a message of the server names: in quotes, whatever the language; with a dot (`t.c`); before a parenthesis (`f(integer)`). */
function namesIn(message) {
    const found = message
        .toLowerCase()
        .match(/["«„“][^"»“”]+["»“”]|[\p{L}_][\p{L}\p{N}_$]*(?:\.[\p{L}\p{N}_$]+)+|[\p{L}_][\p{L}\p{N}_$]*(?=\()/gu);
    return (found ?? [])
        .flatMap((name) => name.replace(/^["«„“]\s*|\s*["»“”]$/g, ''))
        .flatMap((name) => [name, ...name.split('.')]);
}
function wordsOf(text) {
    return text.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? [];
}
function escaped(name) {
    return name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
/** Rows times width of what a plan would insert or update, with what each tuple and its index entries cost on top. */
function bytesWritten(plan) {
    const TUPLE_AND_INDEXES = 60;
    const top = plan[0]?.Plan ?? {};
    const children = Array.isArray(top.Plans) ? top.Plans : [];
    const nodes = top['Node Type'] === 'ModifyTable' ? children : [top];
    return nodes.reduce((sum, node) => sum + Number(node['Plan Rows'] ?? 0) * (Number(node['Plan Width'] ?? 0) + TUPLE_AND_INDEXES), 0);
}


/***/ }),

/***/ 9806:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Gk: () => (/* binding */ PLAN_SECTION_END),
/* harmony export */   JQ: () => (/* binding */ renderPlanSection),
/* harmony export */   nA: () => (/* binding */ renderPlanHeader)
/* harmony export */ });
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(5655);

/** The head of plan.sql: a comment, ended by an empty line. */
function renderPlanHeader(header, pending) {
    const server = header.serverVersion === null ? '' : `, PostgreSQL ${header.serverVersion}`;
    const order = pending.map((migration, index) => `  ${index + 1}. ${migration.file || migration.name}`);
    return `${comment([
        'What would run, in this order. Passwords in it are redacted.',
        `plan-digest: ${header.digest}`,
        `database: ${header.database} on ${header.host} (${header.environment}${server})`,
        `transaction-mode: ${header.transactionMode}`,
        pending.length === 0 ? 'pending: nothing' : `pending: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .plural */ .LS)(pending.length, 'migration')}`,
        ...order,
    ])}\n`;
}
/** The comment before one file's body. `position` is 1-based; `tool`: whose it is to apply it, null: ours. */
function renderPlanSection(migration, position, total, tool = null) {
    const { script } = migration;
    const reason = script.reason === null ? '' : ` (${script.reason})`;
    return `\n${comment([
        '-'.repeat(70),
        `${position} of ${total}: ${migration.file || migration.name}`,
        `version ${migration.version}, ${(0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .plural */ .LS)(script.statements, 'statement')}${migration.bytes > 0 ? `, ${(0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .bytes */ .ee)(migration.bytes)}` : ''}`,
        `checksum: sha256 ${migration.checksum}`,
        tool !== null
            ? `applied by ${tool}${reason}`
            : script.transactional
                ? `in one transaction together with its record${reason}`
                : `not in a transaction, statement by statement with recorded progress${reason}`,
    ])}`;
}
/** After a body: a file need not end with a line end, and the next comment must not become part of its last line. */
const PLAN_SECTION_END = '\n';
/** Each entry is one comment line: nothing in a name can end it. */
function comment(lines) {
    return lines.map((line) => `-- ${line.startsWith('  ') ? '  ' : ''}${(0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .oneLine */ .TN)(line)}\n`).join('');
}


/***/ })

};
