export const id = 899;
export const ids = [899];
export const modules = {

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
        const body = /^--\s*gate:(.*)$/i.exec(comment.text)?.[1];
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
    let lineStart = at;
    let line = 1;
    const passTo = (end) => {
        for (let next = text.indexOf('\n', at); next >= 0 && next < end; next = text.indexOf('\n', next + 1)) {
            line++;
            lineStart = next + 1;
        }
        at = end;
    };
    while (at < text.length) {
        const code = text.charCodeAt(at);
        const next = text.charCodeAt(at + 1);
        if ((0,lex/* isSpace */.xC)(code))
            passTo(at + 1);
        else if (code === lex/* MINUS */.N5 && next === lex/* MINUS */.N5) {
            const end = orEnd(text, (0,lex/* closeLine */.bN)(text, at));
            yield { text: text.slice(at, end), line, column: [...text.slice(lineStart, at)].length + 1 };
            passTo(end);
        }
        else if (code === lex/* SLASH */.o && next === lex/* STAR */.Vw)
            passTo(orEnd(text, (0,lex/* closeComment */.wj)(text, at + 2, 1).at));
        else if (/^\\(un)?restrict\s/.test(text.slice(at, at + 12)))
            passTo(orEnd(text, (0,lex/* closeLine */.bN)(text, at)));
        else
            return;
    }
}
function orEnd(text, at) {
    return at < 0 ? text.length : at;
}

// EXTERNAL MODULE: ./src/sql/classify.ts + 3 modules
var classify = __webpack_require__(2010);
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
const NEVER_ENDS = 'and the file ends before its COMMIT: what it does would be rolled back; add the COMMIT, or remove the BEGIN (each file has a transaction of its own)';
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






/** Directives stand in the leading comments; nobody's are longer than this. */
const HEAD_CHARACTERS = 64 * 1024;
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
        if (!(error instanceof statement/* SqlProblem */.m))
            throw error;
        throw stopAt(file, error, `Correct ${file.file} at line ${error.line}, then run again. Nothing was sent.`, error);
    }
}
/** Reads a pending file once, before anything is sent: its form, its directives, and whatever is wrong with it. */
function planMigration(file) {
    const chunks = (0,files/* readText */.yR)(file);
    try {
        const first = chunks.next();
        const head = first.done ? '' : first.value;
        const { directives, problems } = readDirectives(head.slice(0, HEAD_CHARACTERS));
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


/***/ }),

/***/ 6899:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  lint: () => (/* binding */ lint)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./src/engines/sql/files.ts
var sql_files = __webpack_require__(8363);
// EXTERNAL MODULE: ./src/engines/sql/script-file.ts + 2 modules
var script_file = __webpack_require__(2253);
// EXTERNAL MODULE: ./src/hazards/asked.ts
var asked = __webpack_require__(9965);
// EXTERNAL MODULE: ./src/hazards/catalogue.ts
var catalogue = __webpack_require__(7452);
// EXTERNAL MODULE: ./src/hazards/claims.ts + 13 modules
var hazards_claims = __webpack_require__(3512);
// EXTERNAL MODULE: ./src/hazards/hazards.ts + 3 modules
var hazards_hazards = __webpack_require__(562);
// EXTERNAL MODULE: ./src/policy/verdict.ts
var verdict = __webpack_require__(5187);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
;// CONCATENATED MODULE: ./src/report/sarif.ts

const LEVEL = {
    danger: 'error',
    warning: 'warning',
    info: 'note',
};
/** `files`: relative to the repository's root, with `/`. Rules that no hazard is of are left out. */
function renderSarif(hazards, rules, version) {
    const used = rules.filter((rule) => hazards.some((hazard) => hazard.rule === rule.id));
    const log = {
        $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
        version: '2.1.0',
        runs: [
            {
                tool: {
                    driver: {
                        name: 'postgres-migration-gate',
                        version,
                        rules: used.map((rule) => ({
                            id: rule.id,
                            shortDescription: { text: rule.title },
                            fullDescription: { text: rule.why },
                            help: { text: rule.safer },
                            defaultConfiguration: { level: LEVEL[rule.severity] },
                        })),
                    },
                },
                columnKind: 'unicodeCodePoints',
                results: hazards.map((hazard) => ({
                    ruleId: hazard.rule,
                    level: LEVEL[hazard.severity],
                    message: {
                        text: (0,report_text/* clean */.uH)(hazard.safer === null ? hazard.message : `${hazard.message}\nSafer: ${hazard.safer}`),
                    },
                    ...(hazard.file === null
                        ? {}
                        : {
                            locations: [
                                {
                                    physicalLocation: {
                                        artifactLocation: { uri: encodeURI(hazard.file) },
                                        region: { startLine: hazard.line ?? 1 },
                                    },
                                },
                            ],
                        }),
                    ...(hazard.allowed === null
                        ? {}
                        : { suppressions: [{ kind: 'inSource', justification: (0,report_text/* clean */.uH)(hazard.allowed) }] }),
                })),
            },
        ],
    };
    return JSON.stringify(log, null, 1);
}

// EXTERNAL MODULE: ./src/report/stop.ts
var stop = __webpack_require__(9836);
// EXTERNAL MODULE: ./src/version.ts
var version = __webpack_require__(311);
;// CONCATENATED MODULE: ./src/lint.ts
/** `migration-gate lint`: what the text of migration files claims, without a database. Each file is judged by itself, as if its tables were large. */













/** The grammar that files are read by: the newest PostgreSQL's. */
const MAJOR = 18;
/** Returns the exit code: 0; 1 for a file that cannot be read; 3 for a hazard at or above `fail-on`. */
async function lint(request, cwd, { out, error }) {
    const hazards = [];
    let unreadable = 0;
    let files;
    try {
        files =
            request.files.length > 0
                ? request.files.map((file) => named(file, cwd))
                : found(cwd, request.migrationsPath, error);
    }
    catch (thrown) {
        error(wordsOf(thrown));
        return 1;
    }
    for (const file of files) {
        try {
            const migration = (0,script_file/* planMigration */.Eu)(file);
            const claims = await (0,hazards_claims.claimsOf)((0,asked/* asked */.N)([migration]), { major: MAJOR, lint: true });
            const { allow } = migration.script.directives;
            for (const claim of claims) {
                const inFile = allow.find((one) => one.rule === claim.rule)?.reason ?? null;
                const allowed = request.allowHazards.includes(claim.rule) ? 'allow-hazards' : inFile;
                hazards.push(hazardOf(claim, allowed));
            }
            hazards.push(...(0,hazards_hazards/* notRead */.Qk)(migration, 'warning'));
        }
        catch (thrown) {
            unreadable += 1;
            error(wordsOf(thrown));
        }
    }
    if (request.format === 'sarif')
        out(renderSarif(hazards, catalogue/* CATALOGUE */.yh, version/* VERSION */.x));
    else if (request.format === 'json')
        out(JSON.stringify(hazards, null, 1));
    else
        out(asText(hazards, files.length));
    if (unreadable > 0)
        return 1;
    return hazards.some((hazard) => hazard.allowed === null && (0,verdict/* atOrAbove */.kU)(hazard.severity, request.failOn)) ? 3 : 0;
}
/** A file by its name, whatever it is called. */
function named(file, cwd) {
    const path = (0,external_node_path_.resolve)(cwd, file);
    const name = (0,external_node_path_.basename)(file);
    const stat = (0,external_node_fs_.statSync)(path, { throwIfNoEntry: false });
    if (!stat?.isFile())
        throw new Error(`${file}: there is no such file`);
    const version = /^\d+/.exec(name)?.[0] ?? name;
    const shown = (0,external_node_path_.relative)(cwd, path).split(external_node_path_.sep).join('/');
    return { version, key: version, name, file: shown, path, bytes: stat.size, checksum: '' };
}
/** Throws when there is none: a folder that is misnamed must not look well. */
function found(cwd, migrationsPath, error) {
    const { folder, files, warnings } = (0,sql_files/* listMigrations */.YJ)(cwd, (0,sql_files/* findFolder */.Wj)(cwd, migrationsPath));
    for (const warning of warnings)
        error(`warning: ${warning}`);
    if (files.length === 0)
        throw new Error(`${folder.shown}: there is no migration file in it`);
    return files;
}
function hazardOf(claim, allowed) {
    const { rule, severity, effects, version, file, line, statement, relation, message, safer } = claim;
    return {
        rule,
        severity,
        effects,
        version,
        file,
        line,
        statement,
        relation,
        message,
        safer,
        source: 'static',
        allowed,
    };
}
function wordsOf(thrown) {
    if (!(thrown instanceof stop/* Stop */.V))
        return thrown instanceof Error ? thrown.message : String(thrown);
    const { message, file, line, column, next } = thrown.reason;
    const place = file ? `${file}:${line ?? 1}:${column ?? 1}: ` : '';
    return `${place}${message}${next ? ` ${next}` : ''}`;
}
const ORDER = ['danger', 'warning', 'info'];
/** A line of place, severity and rule as compilers print it, then what it means. */
function asText(hazards, files) {
    const lines = hazards.flatMap((hazard) => [
        `${hazard.file}:${hazard.line}: ${hazard.severity}: ${hazard.rule}${hazard.allowed === null ? '' : ` (accepted: ${(0,report_text/* oneLine */.TN)(hazard.allowed)})`}`,
        `    ${(0,report_text/* cut */.Jj)((0,report_text/* oneLine */.TN)(hazard.message), 400)}`,
        ...(hazard.safer === null ? [] : [`    safer: ${(0,report_text/* cut */.Jj)((0,report_text/* oneLine */.TN)(hazard.safer), 600)}`]),
    ]);
    const counts = ORDER.map((severity) => [severity, hazards.filter((one) => one.severity === severity).length])
        .filter(([, count]) => count > 0)
        .map(([severity, count]) => `${count} ${severity}`);
    return [...lines, `${(0,report_text/* plural */.LS)(files, 'file')}: ${counts.join(', ') || 'no hazards'}`].join('\n');
}


/***/ }),

/***/ 6448:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   X: () => (/* binding */ splitStatements)
/* harmony export */ });
/* harmony import */ var _lex_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4241);
/* harmony import */ var _statement_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1881);
/* harmony import */ var _tokens_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6080);
/** A file's text, in pieces of any size -> its statements, by the rules by which psql finds them. */



/**
 * The statements of a text, in order, as they come; memory is bounded by the longest statement.
 * Empty statements are skipped; a byte order mark at the start is dropped; `\restrict` lines are passed over.
 * @param onGateComment is told of every `-- gate:` comment, as soon as it is passed.
 * @throws SqlProblem where the text cannot be split or holds what only psql could carry out.
 */
function* splitStatements(chunks, onGateComment) {
    const splitter = new Splitter(onGateComment ?? null);
    for (const chunk of chunks) {
        splitter.feed(chunk);
        for (let found = splitter.next(); found !== null; found = splitter.next())
            yield found;
    }
    splitter.end();
    for (let found = splitter.next(); found !== null; found = splitter.next())
        yield found;
}
const OPEN_AT_END = {
    string: "a string literal ('...') is opened here and never closed: add the closing quote, or double a quote inside it",
    escape: "a string literal (E'...') is opened here and never closed: add the closing quote",
    identifier: 'a quoted identifier ("...") is opened here and never closed: add the closing double quote',
    comment: 'a comment (/* ... */) is opened here and never closed: add the closing */ (comments nest)',
};
/** A held back comment must not grow without end: a directive is shorter than this. */
const LONGEST_DIRECTIVE = 1024;
class Splitter {
    /** The piece at hand, and where the scan stands in it. What lies before has been dealt with. */
    text = '';
    pos = 0;
    started = false;
    last = false;
    /** A NUL was found right behind `text`. */
    nul = false;
    /** Line and column of offset `mark`; only moved forward, so that every character is counted once. */
    mark = 0;
    line = 1;
    column = 1;
    newlineAt = -1;
    mode = 'sql';
    /** Where the open thing began: an offset in `text`, or -1 when it lies in an earlier piece and is in openLine/openColumn. */
    openAt = -1;
    openLine = 0;
    openColumn = 0;
    dollarTag = '';
    commentDepth = 0;
    /** Offset of the statement (or of its part in this piece), -1 between statements. */
    start = -1;
    startLine = 0;
    startColumn = 0;
    parts = [];
    partsLength = 0;
    /** Length of the statement up to the comments that it ends with so far, or -1. */
    tail = -1;
    parens = 0;
    begins = 0;
    head = 'start';
    previousWord = '';
    /** The last token was an E'...': a quote that follows on the next line goes on with it, escapes and all. */
    afterEscape = false;
    statements = 0;
    onGateComment;
    constructor(onGateComment) {
        this.onGateComment = onGateComment;
    }
    feed(chunk) {
        let fresh = chunk;
        if (!this.started && fresh !== '') {
            this.started = true;
            if (fresh.charCodeAt(0) === 0xfeff)
                fresh = fresh.slice(1);
        }
        this.dropScanned();
        this.text = this.text === '' ? fresh : this.text + fresh;
        const nul = this.text.indexOf('\0');
        if (nul >= 0) {
            this.text = this.text.slice(0, nul);
            this.nul = true;
        }
        this.newlineAt = -1;
    }
    end() {
        this.last = true;
    }
    /** The next statement that is complete, or null: more text is needed, or there is none. */
    next() {
        while (this.pos < this.text.length) {
            const before = this.pos;
            if (this.mode === 'sql') {
                const found = this.scanSql();
                if (found !== null)
                    return found;
            }
            else if (!this.closeOpen()) {
                break;
            }
            if (this.pos === before && this.mode === 'sql')
                break;
        }
        if (this.nul) {
            this.moveTo(this.text.length);
            this.fail('a NUL character: PostgreSQL text cannot hold one; is this file UTF-16, or not text at all?');
        }
        return this.last ? this.finishInput() : null;
    }
    finishInput() {
        const open = this.mode === 'dollar' ? this.dollarMessage() : OPEN_AT_END[this.mode];
        if (open !== undefined) {
            this.placeOpen();
            throw new _statement_js__WEBPACK_IMPORTED_MODULE_0__/* .SqlProblem */ .m(open, this.openLine, this.openColumn);
        }
        return this.start < 0 ? null : this.finishStatement(this.text.length);
    }
    dollarMessage() {
        return `a dollar-quoted string (${this.dollarTag}) is opened here and never closed: add the closing ${this.dollarTag}`;
    }
    /** Goes through SQL outside of quotes and comments up to a statement's end, or to where something long is open, or to the end. */
    scanSql() {
        const text = this.text;
        const length = text.length;
        let pos = this.pos;
        while (pos < length) {
            const code = text.charCodeAt(pos);
            if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .isSpace */ .xC)(code)) {
                pos++;
                continue;
            }
            if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .MINUS */ .N5 || code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .SLASH */ .o) {
                if (pos + 1 === length && !this.last)
                    break;
                if (text.charCodeAt(pos + 1) === (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .MINUS */ .N5 ? _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .MINUS */ .N5 : _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .STAR */ .Vw)) {
                    if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .MINUS */ .N5 && this.awaitsGateComment(pos))
                        break;
                    this.beginComment(pos, code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .MINUS */ .N5 ? 'line-comment' : 'comment');
                    if (!this.closeOpen())
                        return null;
                    pos = this.pos;
                    continue;
                }
            }
            if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .BACKSLASH */ .r_) {
                this.pos = pos;
                if (!this.passPsqlLine())
                    return null;
                pos = this.pos;
                continue;
            }
            if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .SEMICOLON */ .I8 && this.parens === 0 && this.begins === 0) {
                this.pos = pos + 1;
                if (this.start >= 0)
                    return this.finishStatement(pos);
                pos++;
                continue;
            }
            // Decided before the token is begun: what touches the end of a piece is read again with the next one.
            let end = pos + 1;
            if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .isWordStart */ .dd)(code)) {
                end = (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .wordEnd */ .Ov)(text, end);
                if (end === length && !this.last)
                    break;
            }
            else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .DOLLAR */ .hr) {
                end = (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .dollarTagEnd */ .Kh)(text, pos);
                if (end < 0 && !this.last)
                    break;
            }
            if (this.start < 0)
                this.beginStatement(pos);
            this.tail = -1;
            const afterEscape = this.afterEscape;
            this.afterEscape = false;
            if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .isWordStart */ .dd)(code)) {
                if (end - pos === 1 && (code === 69 || code === 101) && text.charCodeAt(end) === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .QUOTE */ .jA) {
                    this.open('escape', pos, end + 1);
                }
                else {
                    if (this.head !== 'other')
                        this.noticeWord(pos, end);
                    pos = end;
                    continue;
                }
            }
            else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .QUOTE */ .jA) {
                this.open(afterEscape ? 'escape' : 'string', pos, pos + 1);
            }
            else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .DOUBLE_QUOTE */ .fi) {
                this.open('identifier', pos, pos + 1);
            }
            else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .DOLLAR */ .hr && end > 0) {
                this.dollarTag = text.slice(pos, end);
                this.open('dollar', pos, end);
            }
            else {
                if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .OPEN */ .vP)
                    this.parens++;
                else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .CLOSE */ .Nd && this.parens > 0)
                    this.parens--;
                if (this.head === 'routine')
                    this.noticeSymbol(code);
                pos++;
                continue;
            }
            if (!this.closeOpen())
                return null;
            pos = this.pos;
        }
        this.pos = pos;
        return null;
    }
    open(mode, at, inside) {
        this.mode = mode;
        this.openAt = at;
        this.pos = inside;
        this.previousWord = '';
    }
    /** Goes to the end of what is open; false: the text ends first. */
    closeOpen() {
        const mode = this.mode;
        let at;
        if (mode === 'string')
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .closeQuote */ .Nm)(this.text, this.pos, "'");
        else if (mode === 'identifier')
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .closeQuote */ .Nm)(this.text, this.pos, '"');
        else if (mode === 'escape')
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .closeEscape */ .At)(this.text, this.pos);
        else if (mode === 'dollar')
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .closeDollar */ .JU)(this.text, this.pos, this.dollarTag);
        else if (mode === 'comment') {
            const closed = (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .closeComment */ .wj)(this.text, this.pos, this.commentDepth);
            this.commentDepth = closed.depth;
            at = closed.at;
        }
        else
            at = (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .closeLine */ .bN)(this.text, this.pos);
        const doubling = mode === 'string' || mode === 'identifier' || mode === 'escape';
        // A quote that ends a piece may be the first of two.
        if (doubling && at === this.text.length && !this.last)
            at = ~(at - 1);
        if (at < 0) {
            this.pos = ~at;
            return false;
        }
        this.pos = at;
        this.afterEscape = mode === 'escape' || (this.afterEscape && (mode === 'comment' || mode === 'line-comment'));
        this.mode = 'sql';
        return true;
    }
    beginComment(at, mode) {
        if (this.start >= 0 && this.tail < 0)
            this.tail = this.partsLength + at - this.start;
        const previousWord = this.previousWord;
        this.open(mode, at, at + 2);
        this.previousWord = previousWord;
        this.commentDepth = 1;
        if (mode === 'line-comment' && this.onGateComment !== null)
            this.reportGateComment(at);
    }
    /** Whether the comment at `at` must be seen whole before it is passed. */
    awaitsGateComment(at) {
        if (this.onGateComment === null || this.last || this.text.length - at > LONGEST_DIRECTIVE)
            return false;
        return (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .closeLine */ .bN)(this.text, at) < 0;
    }
    reportGateComment(at) {
        if (!/^--\s*gate:/i.test(this.text.slice(at, at + 64)))
            return;
        const end = (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .closeLine */ .bN)(this.text, at);
        this.moveTo(at);
        this.onGateComment?.({
            text: this.text.slice(at, end < 0 ? ~end : end),
            line: this.line,
            column: this.column,
            afterStatements: this.statements,
        });
    }
    beginStatement(at) {
        this.moveTo(at);
        this.start = at;
        this.startLine = this.line;
        this.startColumn = this.column;
        this.parens = 0;
        this.begins = 0;
        this.head = 'start';
        this.previousWord = '';
        this.statements++;
    }
    finishStatement(end) {
        let sql = this.text.slice(this.start, end);
        if (this.parts.length > 0) {
            this.parts.push(sql);
            sql = this.parts.join('');
            this.parts = [];
            this.partsLength = 0;
        }
        sql = trimEnd(this.tail >= 0 ? sql.slice(0, this.tail) : sql);
        this.start = -1;
        this.tail = -1;
        this.parens = 0;
        this.begins = 0;
        this.afterEscape = false;
        if (this.last)
            this.pos = Math.max(this.pos, end);
        refuseClientCopy(sql, this.startLine, this.startColumn);
        return { sql, line: this.startLine, column: this.startColumn };
    }
    /**
     * Follows the words of CREATE FUNCTION and CREATE PROCEDURE, where BEGIN ATOMIC ... END holds semicolons and CASE
     * has an END of its own. Like psql it counts words; unlike it, `t.end`, `AS end` and a function called `begin` don't count.
     */
    noticeWord(from, to) {
        const word = to - from > 9 ? '' : this.text.slice(from, to).toLowerCase();
        const previous = this.previousWord;
        this.previousWord = word;
        if (this.head !== 'routine') {
            this.head = nextHead(this.head, word);
            return;
        }
        if (this.parens > 0)
            return;
        if (this.begins === 0) {
            if (word === 'atomic' && previous === 'begin')
                this.begins = 1;
            return;
        }
        if (previous === 'as' || previous === '.')
            return;
        if (word === 'case')
            this.begins++;
        else if (word === 'end')
            this.begins--;
    }
    /** The dot of `t.end` makes a name of what follows, the one of `1. end` does not. */
    noticeSymbol(code) {
        if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .isDigit */ .yp)(code))
            this.previousWord = '0';
        else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_1__/* .DOT */ .y0)
            this.previousWord = this.previousWord === '0' ? '' : '.';
        else
            this.previousWord = '';
    }
    /** At a backslash: passes `\restrict` lines over, refuses any other psql command. False: more text is needed. */
    passPsqlLine() {
        let end = this.pos + 1;
        while (end < this.text.length && !(0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .isSpace */ .xC)(this.text.charCodeAt(end)))
            end++;
        if (end === this.text.length && !this.last && end - this.pos < 64)
            return false;
        // The command's own name and no more: what follows may be a password.
        const command = /^\\(?:[a-z_]+|.)?/iu.exec(this.text.slice(this.pos, Math.min(end, this.pos + 64)))?.[0] ?? '';
        if (this.start < 0 && (command === '\\restrict' || command === '\\unrestrict')) {
            this.open('psql-line', this.pos, end);
            return this.closeOpen();
        }
        this.moveTo(this.pos);
        return this.fail(psqlCommandMessage(command));
    }
    fail(message) {
        throw new _statement_js__WEBPACK_IMPORTED_MODULE_0__/* .SqlProblem */ .m(message, this.line, this.column);
    }
    /** Before the text is let go: the places in it that may still be asked for, and the statement's part of it. */
    dropScanned() {
        if (this.mode !== 'sql')
            this.placeOpen();
        this.moveTo(this.pos);
        if (this.start >= 0) {
            if (this.pos > this.start)
                this.parts.push(this.text.slice(this.start, this.pos));
            this.partsLength += this.pos - this.start;
            this.start = 0;
        }
        this.text = this.text.slice(this.pos);
        this.pos = 0;
        this.mark = 0;
    }
    placeOpen() {
        if (this.openAt < 0)
            return;
        this.moveTo(this.openAt);
        this.openAt = -1;
        this.openLine = this.line;
        this.openColumn = this.column;
    }
    /** Brings line and column to offset `to`. The next line end is remembered: a file of one long line is searched once. */
    moveTo(to) {
        const text = this.text;
        let from = this.mark;
        if (this.newlineAt < from)
            this.newlineAt = nextNewline(text, from);
        while (this.newlineAt < to) {
            this.line++;
            this.column = 1;
            from = this.newlineAt + 1;
            this.newlineAt = nextNewline(text, from);
        }
        this.column += codePoints(text, from, to);
        this.mark = to;
    }
}
function nextNewline(text, from) {
    const at = text.indexOf('\n', from);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
}
/** A surrogate pair is one; it is counted at its second half, wherever the text is cut. */
function codePoints(text, from, to) {
    let count = to - from;
    for (let at = from; at < to; at++) {
        if ((text.charCodeAt(at) & 0xfc00) === 0xd800)
            count--;
    }
    return count;
}
function nextHead(head, word) {
    if (head === 'start')
        return word === 'create' ? 'create' : 'other';
    if (head === 'create' && word === 'or')
        return 'or';
    if (head === 'or')
        return word === 'replace' ? 'replace' : 'other';
    return word === 'function' || word === 'procedure' ? 'routine' : 'other';
}
function trimEnd(sql) {
    let end = sql.length;
    while (end > 0 && (0,_lex_js__WEBPACK_IMPORTED_MODULE_1__/* .isSpace */ .xC)(sql.charCodeAt(end - 1)))
        end--;
    return end === sql.length ? sql : sql.slice(0, end);
}
function refuseClientCopy(sql, line, column) {
    const first = sql.charCodeAt(0) | 32;
    if (first !== 99)
        return;
    const endpoint = (0,_tokens_js__WEBPACK_IMPORTED_MODULE_2__/* .copyEndpoint */ .TB)(sql);
    if (endpoint?.kind !== 'client')
        return;
    const message = endpoint.direction === 'from'
        ? 'COPY ... FROM STDIN: data inside of a migration file cannot be sent; write it as INSERT, or COPY it from a file on the server'
        : 'COPY ... TO STDOUT: a migration has nowhere to put the rows; remove it, or COPY to a file on the server';
    throw new _statement_js__WEBPACK_IMPORTED_MODULE_0__/* .SqlProblem */ .m(message, line, column);
}
const PSQL_ADVICE = [
    [/^\\(i|ir|include|include_relative)$/, 'put the SQL of that file here, or give it a number of its own'],
    [
        /^\\(c|connect)$/,
        'a migration runs in the one database that it is given; remove the line, or move what follows to its own run',
    ],
    [/^\\copy$/i, 'write the data as INSERT, or use COPY with a file on the server'],
    [/^\\\.$/, 'it ends inline COPY data, which cannot be sent; write the data as INSERT'],
    [/^\\gexec$/, 'run the statements that it makes with a DO block and EXECUTE'],
    [/^\\(g|gx|gset|gdesc|crosstabview|bind.*|watch|;)$/, 'end the statement with a semicolon instead'],
    [/^\\(if|elif|else|endif)$/, 'use IF in a DO block instead'],
    [
        /^\\(set|unset|getenv|setenv|prompt)$/,
        'psql variables are not replaced here; write the value itself and remove the line',
    ],
    [/^\\(restrict|unrestrict)$/, 'it may stand between statements only; is the semicolon before it missing?'],
];
function psqlCommandMessage(command) {
    const advice = PSQL_ADVICE.find(([pattern]) => pattern.test(command));
    return `${command} is a command of psql, not SQL: ${advice?.[1] ?? 'remove it, or write it as SQL'}`;
}


/***/ }),

/***/ 1881:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   m: () => (/* binding */ SqlProblem)
/* harmony export */ });
/** A statement as it stands in a file, and what its words say of it. No server is asked. */
/** Why a text cannot be read as SQL: where, and what to do. Lines and columns are 1-based, columns in code points. */
class SqlProblem extends Error {
    line;
    column;
    constructor(message, line, column) {
        super(message);
        this.name = 'SqlProblem';
        this.line = line;
        this.column = column;
    }
}


/***/ })

};
