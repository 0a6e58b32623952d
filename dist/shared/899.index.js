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


/***/ })

};
