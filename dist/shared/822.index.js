export const id = 822;
export const ids = [822];
export const modules = {

/***/ 6822:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  CommandTool: () => (/* binding */ CommandTool)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./src/report/failure.ts
var failure = __webpack_require__(3304);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
// EXTERNAL MODULE: ./src/engines/shared/known-tools.ts
var known_tools = __webpack_require__(840);
// EXTERNAL MODULE: ./src/engines/tool/planned.ts
var planned = __webpack_require__(4584);
// EXTERNAL MODULE: ./src/engines/tool/tables.ts
var tool_tables = __webpack_require__(2345);
// EXTERNAL MODULE: ./src/report/values.ts
var values = __webpack_require__(626);
;// CONCATENATED MODULE: ./src/engines/command/form.ts
/** What of a statement is the same in each run of the same migrations: values that a clock or chance has given are not. Pure. */

const DAY_MS = 86_400_000;
/** A moment as drivers write it: a date, mostly with a time. */
const MOMENT = /'(\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?)'/g;
/** By chance (version 4) or by clock (1, 6, 7). */
const UUID = /'[0-9a-f]{8}-[0-9a-f]{4}-[1467][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'/gi;
/**
 * Drivers write values into the text of what is done to rows: there only what is done counts. Elsewhere they count, but for
 * moments of `nowMs`, give or take a day, and identifiers made by chance (a default of Django's that is called).
 */
function constantForm(sql, nowMs) {
    if ((0,values/* isAboutRows */.vU)(sql))
        return (0,values/* formOf */.QU)(sql);
    return sql
        .replace(UUID, '?')
        .replace(MOMENT, (whole, moment) => (Math.abs(Date.parse(moment) - nowMs) <= DAY_MS ? '?' : whole));
}

;// CONCATENATED MODULE: ./src/engines/command/psql.ts
/** A script of psql's, with the files that it includes: where a statement stands, told in lines of the script itself. */


const MOST_FILES = 500;
/** `\i` goes by the working directory, `\ir` by the file that it stands in. */
function readScript(path, workingDirectory, read) {
    const text = read(path);
    const pieces = [...piecesOf(path, text, workingDirectory, read, { files: 0 })];
    return { text, linesOf: (statements) => placed(statements, pieces) };
}
function* piecesOf(path, text, workingDirectory, read, counted) {
    let [from, begins] = [0, 1];
    for (const match of text.matchAll(/^\\(ir?|include(?:_relative)?)[ \t]+(.+?)[ \t]*$/gm)) {
        const [whole, command = '', written = ''] = match;
        const line = text.slice(0, match.index).split('\n').length;
        yield { text: text.slice(from, match.index), line: begins, isIncluded: false };
        [from, begins] = [match.index + whole.length, line];
        counted.files += 1;
        if (counted.files > MOST_FILES)
            return;
        const home = /^(?:ir|include_relative)$/.test(command) ? (0,external_node_path_.dirname)(path) : workingDirectory;
        const file = (0,external_node_path_.resolve)(home, written.replace(/^'(.*)'$/, '$1'));
        const inside = read(file);
        for (const piece of piecesOf(file, inside, workingDirectory, read, counted))
            yield { text: piece.text, line, isIncluded: true };
    }
    yield { text: text.slice(from), line: begins, isIncluded: false };
}
/** Each statement is looked for behind the one before it, then anywhere; one with variables in it by its beginning. */
function placed(statements, pieces) {
    let [at, from] = [0, 0];
    return statements.map((sql) => {
        for (let piece = at; piece < pieces.length; piece += 1) {
            const found = (0,planned/* findStatement */.zG)(sql, pieces[piece]?.text ?? '', piece === at ? from : 0);
            if (!found)
                continue;
            [at, from] = [piece, found.end];
            return lineIn(pieces[piece], found.line);
        }
        for (const piece of [...pieces.slice(at), ...pieces.slice(0, at)]) {
            const line = (0,planned/* lineOf */.cA)(sql, piece.text.split('\n'), 0);
            if (line > 0)
                return lineIn(piece, line);
        }
        return 1;
    });
}
function lineIn(piece, line) {
    if (!piece)
        return 1;
    return piece.isIncluded ? piece.line : piece.line + line - 1;
}

;// CONCATENATED MODULE: ./src/engines/command/tool.ts
/** Any tool that somebody names: what it has applied stands in its own table, where that is known. */










/** A project's folders are looked through for a migration's file up to here. */
const MOST_ENTRIES = 20_000;
const PASSED_OVER = new Set([
    'node_modules',
    '.git',
    '.venv',
    'venv',
    '__pycache__',
    'dist',
    'build',
    'target',
    'vendor',
    'migration-log',
]);
class CommandTool {
    engine = 'command';
    name;
    isOpen = true;
    probe;
    words;
    known;
    workingDirectory;
    files = null;
    constructor(request) {
        const [program = '', ...rest] = request.command ?? [];
        this.words = [program, ...rest];
        const [first, ...more] = request.commandProbe ?? [];
        this.probe = first === undefined ? null : [first, ...more];
        this.known = (0,known_tools/* toolOfWords */.ne)(this.words);
        this.name = this.known ?? program.split(/[\\/]/).at(-1) ?? program;
        this.workingDirectory = request.workingDirectory;
    }
    async read() { }
    /** By its command, else by what the probe asked for. */
    tableOf(tables, said) {
        const own = this.known === null ? [] : tables.filter(({ tool }) => tool === this.known);
        const candidates = own.length > 0 ? own : tables;
        const named = candidates.filter(({ table }) => said?.some(({ sql }) => sql.includes(table)));
        const asked = (0,tool_tables/* askedFor */.GZ)(named, said ?? []);
        return (asked[0] ??
            named.find(({ schema }) => schema === 'public') ??
            named[0] ??
            own.find(({ schema }) => schema === 'public') ??
            own[0] ??
            null);
    }
    isInDoubt(tables) {
        return tables.length > 1;
    }
    standing(versions) {
        const applied = versions.filter(({ state }) => state === 'applied');
        return {
            pending: [],
            currentVersion: applied.at(-1)?.version ?? null,
            applied: applied.map(({ version }) => ({ version, checksum: '' })),
            extra: [{ version: 'command', checksum: sha256(JSON.stringify(this.words)) }],
            ways: new Map(),
            problems: [],
            warnings: [],
        };
    }
    stillPending(pending, versions) {
        const applied = versions.filter(({ state }) => state === 'applied').map(({ version }) => version);
        return {
            pending: pending.filter(({ version }) => !applied.includes(version)),
            currentVersion: applied.at(-1) ?? null,
        };
    }
    upgrade() {
        return this.words;
    }
    /** Its checksum is that of what it sends, as nothing else is known of every tool's files. */
    planned(version, texts, ended = null) {
        const path = version === null ? this.fileWithout(ended) : this.fileOf(version);
        const script = path === null ? null : this.scriptOf(path);
        const lines = script ? script.linesOf(texts.map(({ sql }) => sql)) : [];
        const file = path === null ? '' : this.shown(path);
        const name = version === null && path === null ? this.name : nameOf(version, path);
        const checksum = sha256(texts.map(({ sql }) => constantForm(sql, Date.now())).join('\0'));
        return (0,planned/* planned */.lM)({
            version: version ?? planned/* UNRECORDED */.ce,
            name,
            file,
            path: path ?? '',
            bytes: 0,
            checksum,
            allow: script ? allowances(script.text) : [],
        }, texts.map((text, at) => ({ ...text, line: lines[at] ?? 1 })));
    }
    scriptOf(path) {
        if (this.name === 'psql')
            return readScript(path, this.workingDirectory, planned/* textOf */.b6);
        const text = (0,planned/* textOf */.b6)(path);
        return { text, linesOf: (statements) => (0,planned/* linesOf */.Dx)(statements, text, 1) };
    }
    /** What stands on no record is the file that the command names, or the one that the tool was at when it failed. */
    fileWithout(ended) {
        const [path] = this.words
            .slice(1)
            .map((word) => (0,external_node_path_.resolve)(this.workingDirectory, word.replace(/^--file=/, '')))
            .filter((one) => /\.sql$/i.test(one) && isFile(one));
        if (path !== undefined || ended === null)
            return path ?? null;
        // The last of the project's migrations that it has named.
        const words = `${ended.stdout}\n${ended.stderr}`.match(/[\w@.-]*\d[\w@.-]*/g) ?? [];
        for (const word of words.reverse()) {
            const found = word.length < SHORTEST_NAME ? null : this.fileOf(word.replace(/\.+$/, ''));
            if (found !== null)
                return found;
        }
        return null;
    }
    /** `20250101_add.sql`, `shop/migrations/0001_initial.py`, `20250101_add/migration.sql`. */
    fileOf(version) {
        this.files ??= filesUnder(this.workingDirectory);
        const [, app, bare] = /^([A-Za-z_]\w*)\.(.+)$/.exec(version) ?? [];
        const name = bare ?? version;
        const fits = (path) => {
            const parts = path.split(external_node_path_.sep);
            const last = parts.at(-1) ?? '';
            const holder = parts.at(-2) ?? '';
            if (app !== undefined)
                return last === `${name}.py` && holder === 'migrations' && parts.at(-3) === app;
            return (last === name ||
                last.startsWith(`${name}.`) ||
                last.startsWith(`${name}_`) ||
                last.startsWith(`${name}-`) ||
                (holder === name && /\.sql$/.test(last)));
        };
        const found = this.files.find((path) => fits(path) && !/\.down\./.test(path));
        return found === undefined ? null : (0,external_node_path_.join)(this.workingDirectory, found);
    }
    recordedBy() {
        return null;
    }
    /** psql says where it was: `psql:parts/4_orders.sql:18: ERROR:  ...`. */
    explain({ stdout, stderr, code }) {
        const places = [...`${stdout}\n${stderr}`.matchAll(/^psql:(.+?):(\d+): (?:ERROR|FATAL|PANIC|error):\s*(.*)$/gm)];
        const [, file, line, message = ''] = places.at(-1) ?? [];
        if (file === undefined || code === 0)
            return null;
        const path = (0,external_node_path_.resolve)(this.workingDirectory, file);
        const { meaning, next } = (0,failure/* failureOfClass */.iQ)('tool');
        return {
            class: 'tool',
            message: `psql: ${(0,report_text/* brief */.dh)(message, 300)}`,
            meaning,
            next,
            file: this.shown(path),
            line: Number(line),
        };
    }
    async render() {
        return null;
    }
    async remarks() {
        return [];
    }
    shown(path) {
        return (0,external_node_path_.relative)(this.workingDirectory, path).split(external_node_path_.sep).join('/');
    }
}
const SHORTEST_NAME = 4;
/** Without the number or the application in front of it, and without the file's ending. */
function nameOf(version, path) {
    const file = path === null ? null : (0,external_node_path_.relative)((0,external_node_path_.join)(path, '..'), path).replace(/\.\w+$/, '');
    const bare = (text) => text.replace(/^\w+\.(?=\d)/, '').replace(/^\d+[_-](?=.)/, '');
    if (version === null)
        return bare(file ?? '');
    return /^\d+$/.test(version) && file !== null ? bare(file) : bare(version);
}
/** `-- gate: allow <rule> <reason>`, in whatever way the file's language writes a comment. */
function allowances(text) {
    return text.split('\n').flatMap((line, at) => {
        const [, rule, reason] = /^\s*(?:--|#|\/\/)\s*gate:\s*allow\s+([a-z0-9-]+)\s+(\S.*)$/.exec(line) ?? [];
        return rule && reason ? [{ rule, reason: reason.trim(), line: at + 1 }] : [];
    });
}
function isFile(path) {
    return (0,external_node_fs_.statSync)(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
/** Relative to the folder, nearest first. */
function filesUnder(folder) {
    const found = [];
    let folders = [''];
    let seen = 0;
    while (folders.length > 0) {
        const next = [];
        for (const at of folders) {
            for (const entry of (0,external_node_fs_.readdirSync)((0,external_node_path_.join)(folder, at), { withFileTypes: true })) {
                seen += 1;
                if (seen > MOST_ENTRIES)
                    return found;
                if (entry.isDirectory() && !PASSED_OVER.has(entry.name))
                    next.push((0,external_node_path_.join)(at, entry.name));
                else if (entry.isFile())
                    found.push((0,external_node_path_.join)(at, entry.name));
            }
        }
        folders = next;
    }
    return found;
}
function sha256(text) {
    return (0,external_node_crypto_.createHash)('sha256').update(text).digest('hex');
}


/***/ }),

/***/ 4584:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Dx: () => (/* binding */ linesOf),
/* harmony export */   J5: () => (/* binding */ hasRecorded),
/* harmony export */   b6: () => (/* binding */ textOf),
/* harmony export */   cA: () => (/* binding */ lineOf),
/* harmony export */   ce: () => (/* reexport safe */ _report_places_js__WEBPACK_IMPORTED_MODULE_3__.ce),
/* harmony export */   lM: () => (/* binding */ planned),
/* harmony export */   zG: () => (/* binding */ findStatement)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _report_places_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(9012);
/* harmony import */ var _sql_classify_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9281);
/* harmony import */ var _sql_tokens_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6080);
/** A tool's migration in the shape that plans, rules and reports read. */





/** It is one that the tool keeps on record. */
function hasRecorded({ version }) {
    return version !== _report_places_js__WEBPACK_IMPORTED_MODULE_3__/* .UNRECORDED */ .ce;
}
function planned(migration, texts) {
    const { allow, ...file } = migration;
    const createsTables = [];
    let alone = null;
    for (const { sql, line } of texts) {
        const facts = (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_1__/* .classify */ .L8)(sql);
        if (facts.createsTable !== null)
            createsTables.push((0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_2__/* .bareName */ .yZ)(facts.createsTable));
        if (facts.nonTransactional)
            alone ??= `${facts.nonTransactional.what} at line ${line}`;
    }
    return {
        ...file,
        key: migration.version,
        namesTracking: false,
        script: {
            transactional: alone === null,
            reason: alone,
            ownTransactions: false,
            wrapper: null,
            directives: { noTransaction: false, batch: false, allow, lockTimeoutMs: null, statementTimeoutMs: null },
            statements: texts.length,
            createsTables,
            texts,
            unread: 0,
        },
    };
}
/** A line of the file that begins with what a statement begins with; else where it is said to begin. */
function lineOf(sql, lines, otherwise) {
    const [first = ''] = sql.trim().split('\n');
    // Values may have been put in where the file has a variable.
    for (const beginning of [first.slice(0, 80), first.split(/['$\d]/)[0] ?? '']) {
        const wanted = beginning.trim();
        const at = wanted.length < SHORTEST ? -1 : lines.findIndex((line) => line.includes(wanted));
        if (at >= 0)
            return at + 1;
    }
    return otherwise;
}
const SHORTEST = 12;
const LONGEST_FILE_BYTES = 1 << 20;
/** A file's text; empty where there is none, or where it is too large to look through. */
function textOf(path) {
    const { size } = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.statSync)(path, { throwIfNoEntry: false }) ?? { size: 0 };
    return size === 0 || size > LONGEST_FILE_BYTES ? '' : (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readFileSync)(path, 'utf8').replace(/\r\n?/g, '\n');
}
/** Where a statement stands in a text exactly as it was sent, `from` a place on. */
function findStatement(sent, source, from = 0) {
    const sql = sent.replace(/\r\n?/g, '\n');
    const at = sql.length < SHORTEST ? standingAlone(sql, source, from) : source.indexOf(sql, from);
    if (at < 0)
        return null;
    const before = source.slice(0, at);
    const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1;
    return { line: before.split('\n').length, column, end: at + sql.length, source };
}
/** A short text could be a part of anything. */
function standingAlone(sql, source, from) {
    for (let at = source.indexOf(sql, from); at >= 0 && sql !== ''; at = source.indexOf(sql, at + 1)) {
        if (/(?:^|[\n;'"`])[ \t]*$/.test(source.slice(Math.max(0, at - 200), at)) &&
            /^\s*(?:[;'"`]|$)/.test(source.slice(at + sql.length, at + sql.length + 200)))
            return at;
    }
    return -1;
}
/** The lines of statements that come one after another in a file; `otherwise`: of those that it does not show as they were sent. */
function linesOf(statements, source, otherwise) {
    const lines = source.split('\n');
    let from = 0;
    return statements.map((sql) => {
        const found = findStatement(sql, source, from) ?? findStatement(sql, source);
        if (found === null)
            return lineOf(sql, lines, otherwise);
        from = found.end;
        return found.line;
    });
}


/***/ }),

/***/ 2345:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   DP: () => (/* binding */ findToolTables),
/* harmony export */   GZ: () => (/* binding */ askedFor),
/* harmony export */   MU: () => (/* binding */ readingOf),
/* harmony export */   Mi: () => (/* binding */ isForRecords),
/* harmony export */   TP: () => (/* binding */ bareNameIn),
/* harmony export */   VU: () => (/* binding */ toolTablesIn),
/* harmony export */   ie: () => (/* binding */ whereIs),
/* harmony export */   q2: () => (/* binding */ readVersions)
/* harmony export */ });
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3530);
/* harmony import */ var _sql_classify_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9281);
/* harmony import */ var _sql_tokens_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6080);
/* harmony import */ var _shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(840);
/** The tool's own table: found, read, and told by what makes it. */




const WHERE_IS = (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`
  select n.nspname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident($1))`);
/** The schema of the table that a bare name means to the session. */
const whereIs = (table) => ({
    text: WHERE_IS,
    values: [table],
    keep: true,
});
/** The schemas that a text writes before a table's name. */
function schemasBefore(sql, table) {
    const name = table.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    const written = new RegExp(`([^\\s"'.,()=]+)"?\\s*\\.\\s*"?${name}(?![\\w$])`, 'g');
    return [...sql.matchAll(written)].map(([, schema = '']) => schema);
}
/** A table of records that a text names without saying where it is; null: it names none. */
function bareNameIn(sql, tables) {
    const named = tables.find(({ table }) => sql.includes(table));
    return named && schemasBefore(sql, named.table).length === 0 ? named.table : null;
}
/** Those that the tool has asked for. */
function askedFor(tables, asked) {
    return tables.filter(({ schema, table }) => asked.some((one) => {
        if (!one.sql.includes(table))
            return false;
        const written = schemasBefore(one.sql, table);
        return written.length > 0 ? written.includes(schema) : schema === (one.schema ?? 'public');
    }));
}
const KNOWN_NAMES = new Set(_shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .KNOWN_TOOLS */ .GK.map(({ table }) => table));
/** It makes a table in which a tool keeps its records. */
function isForRecords(sql, { createsTable } = (0,_sql_classify_js__WEBPACK_IMPORTED_MODULE_1__/* .classify */ .L8)(sql)) {
    if (createsTable === null)
        return false;
    return KNOWN_NAMES.has((0,_sql_tokens_js__WEBPACK_IMPORTED_MODULE_2__/* .bareName */ .yZ)(createsTable)) || /\bversion_num\b/.test(sql);
}
/** The tables of known tools in all schemas but the system's, by schema and name. Reads the catalog only. */
async function findToolTables(session) {
    const { rows } = await session.query((0,_shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .candidateTablesQuery */ .Ve)(null));
    return toolTablesIn(rows);
}
/** Those among them that are a known tool's. */
function toolTablesIn(candidates) {
    return candidates.flatMap((row) => {
        const known = (0,_shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .toolOfTable */ .il)(row);
        if (known === null)
            return [];
        return [
            { tool: known.tool, schema: row.schema, table: row.table, relation: (0,_shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .relationOf */ .Ke)(row), volatile: known.volatile },
        ];
    });
}
/** What reads its rows: `version`, `name`, `state`, oldest first. */
function readingOf({ tool, relation }) {
    const known = _shared_known_tools_js__WEBPACK_IMPORTED_MODULE_3__/* .KNOWN_TOOLS */ .GK.find((one) => one.tool === tool);
    if (known === undefined)
        throw new Error(`nothing is known of how ${tool} records its migrations`);
    return (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(known.read(relation));
}
/**
 * What the tool has on record, oldest first; for Alembic its current heads, for golang-migrate its current version.
 * Throws what the server says (42501 without the right to read it).
 */
async function readVersions(session, table) {
    const { rows } = await session.query(readingOf(table));
    return rows;
}


/***/ })

};
