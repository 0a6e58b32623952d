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
        const asked = (own.length > 0 ? own : tables).filter(({ table }) => said.some((sql) => sql.includes(table)));
        return (asked.find(({ schema }) => schema === 'public') ??
            asked[0] ??
            own.find(({ schema }) => schema === 'public') ??
            own[0] ??
            null);
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

/***/ 840:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   GK: () => (/* binding */ KNOWN_TOOLS),
/* harmony export */   Ke: () => (/* binding */ relationOf),
/* harmony export */   Ve: () => (/* binding */ candidateTablesQuery),
/* harmony export */   Vo: () => (/* binding */ toolOfName),
/* harmony export */   il: () => (/* binding */ toolOfTable),
/* harmony export */   ne: () => (/* binding */ toolOfWords)
/* harmony export */ });
/* harmony import */ var _postgres_identifier_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8332);
/**
 * What is known of other migration tools: the table in which each keeps what it has applied, how that is told from
 * another tool's of the same name, and how it is read. Pure: names, columns and SQL.
 */

const APPLIED = `'applied'::text as state`;
const state = (failed) => `case when ${failed} then 'failed' else 'applied' end::text as state`;
/** Versions that the tool keeps as text and compares as text or as numbers: either way numbers of one length sort the same. */
const BY_VERSION = `order by case when t.version ~ '^[0-9]+$' then t.version::pg_catalog.numeric end nulls last, t.version`;
/** Where two fit, the first is meant. */
const KNOWN_TOOLS = [
    {
        tool: 'Alembic',
        table: 'alembic_version',
        schema: null,
        columns: ['version_num'],
        exactly: true,
        telltale: 'version_num',
        volatile: [],
        // Its current heads, not its history.
        read: (r) => `select t.version_num::text as version, null::text as name, ${APPLIED} from ${r} t order by 1`,
    },
    {
        tool: 'golang-migrate',
        table: 'schema_migrations',
        schema: null,
        columns: ['version', 'dirty'],
        exactly: true,
        telltale: 'dirty',
        volatile: [],
        // The current version only. -1 and dirty: going down from the first one failed.
        read: (r) => `select t.version::text as version, null::text as name, ${state('t.dirty')} from ${r} t order by t.version`,
    },
    {
        tool: 'Ecto',
        table: 'schema_migrations',
        schema: null,
        columns: ['version', 'inserted_at'],
        exactly: true,
        volatile: ['inserted_at'],
        read: (r) => `select t.version::text as version, null::text as name, ${APPLIED} from ${r} t order by t.inserted_at, t.version`,
    },
    {
        tool: 'Supabase',
        table: 'schema_migrations',
        schema: 'supabase_migrations',
        columns: ['version'],
        volatile: [],
        read: (r) => `select t.version::text as version, pg_catalog.to_jsonb(t) ->> 'name' as name, ${APPLIED} from ${r} t ${BY_VERSION}`,
    },
    {
        tool: 'Rails',
        table: 'schema_migrations',
        schema: null,
        columns: ['version'],
        exactly: true,
        when: ({ rails, columns }) => rails && isVarchar(columns.version),
        volatile: [],
        read: (r) => `select t.version::text as version, null::text as name, ${APPLIED} from ${r} t ${BY_VERSION}`,
    },
    {
        tool: 'dbmate',
        table: 'schema_migrations',
        schema: null,
        columns: ['version'],
        exactly: true,
        when: ({ columns }) => isVarchar(columns.version),
        volatile: [],
        read: (r) => `select t.version::text as version, null::text as name, ${APPLIED} from ${r} t ${BY_VERSION}`,
    },
    {
        tool: 'Flyway',
        table: 'flyway_schema_history',
        schema: null,
        columns: ['installed_rank', 'version', 'description', 'type', 'script', 'checksum', 'installed_on', 'success'],
        telltale: 'installed_rank',
        volatile: ['installed_on', 'execution_time'],
        // The last word on each version or, without one, on each repeatable script. SCHEMA is its own note that it made the schema;
        // an UNDO_SQL or DELETE row takes back what the rows before it say.
        read: (r) => `select coalesce(t.version, t.script)::text as version, t.description::text as name, ${state('not t.success')} from ${r} t
        where t.type <> 'SCHEMA' and (not t.success or t.type not like 'UNDO%' and t.type <> 'DELETE')
          and not exists (select from ${r} later where later.installed_rank > t.installed_rank and later.type <> 'SCHEMA'
                            and coalesce(later.version, later.script) = coalesce(t.version, t.script))
        order by t.installed_rank`,
    },
    {
        tool: 'Liquibase',
        table: 'databasechangelog',
        schema: null,
        columns: ['id', 'author', 'filename', 'dateexecuted', 'orderexecuted', 'exectype', 'md5sum'],
        telltale: 'orderexecuted',
        volatile: ['dateexecuted', 'deployment_id'],
        read: (r) => `select (t.filename || '::' || t.id || '::' || t.author)::text as version, nullif(t.description, '')::text as name,
              ${state(`t.exectype = 'FAILED'`)} from ${r} t where t.exectype <> 'SKIPPED' order by t.dateexecuted, t.orderexecuted`,
    },
    {
        tool: 'Prisma Migrate',
        table: '_prisma_migrations',
        schema: null,
        columns: ['id', 'checksum', 'finished_at', 'migration_name', 'rolled_back_at', 'started_at'],
        telltale: 'migration_name',
        volatile: ['id', 'started_at', 'finished_at'],
        // A row marked as rolled back is history: the migration is pending again, or has a row that follows.
        read: (r) => `select t.migration_name::text as version, null::text as name, ${state('t.finished_at is null')} from ${r} t
        where t.rolled_back_at is null order by t.started_at, t.migration_name`,
    },
    {
        tool: 'Drizzle',
        table: '__drizzle_migrations',
        schema: null,
        columns: ['id', 'hash', 'created_at'],
        volatile: ['id', 'applied_at'],
        // created_at is the journal's own number of the migration (milliseconds), by which Drizzle decides what is pending.
        read: (r) => `select coalesce(t.created_at::text, t.hash) as version, pg_catalog.to_jsonb(t) ->> 'name' as name, ${APPLIED} from ${r} t order by t.id`,
    },
    {
        tool: 'node-pg-migrate',
        table: 'pgmigrations',
        schema: null,
        columns: ['id', 'name', 'run_on'],
        exactly: true,
        volatile: ['id', 'run_on'],
        read: (r) => `select t.name::text as version, null::text as name, ${APPLIED} from ${r} t order by t.run_on, t.id`,
    },
    {
        tool: 'db-migrate',
        table: 'migrations',
        schema: null,
        columns: ['id', 'name', 'run_on'],
        exactly: true,
        volatile: ['id', 'run_on'],
        read: (r) => `select t.name::text as version, null::text as name, ${APPLIED} from ${r} t order by t.run_on, t.id`,
    },
    {
        tool: 'Graphile Migrate',
        table: 'migrations',
        schema: 'graphile_migrate',
        columns: ['hash', 'previous_hash', 'filename', 'date'],
        volatile: ['date'],
        read: (r) => `select t.filename::text as version, null::text as name, ${APPLIED} from ${r} t order by t.filename`,
    },
    {
        tool: 'TypeORM',
        table: 'migrations',
        schema: null,
        columns: ['id', 'timestamp', 'name'],
        exactly: true,
        volatile: ['id'],
        read: (r) => `select t.name::text as version, null::text as name, ${APPLIED} from ${r} t order by t.id`,
    },
    {
        tool: 'Laravel',
        table: 'migrations',
        schema: null,
        columns: ['id', 'migration', 'batch'],
        exactly: true,
        volatile: ['id'],
        read: (r) => `select t.migration::text as version, null::text as name, ${APPLIED} from ${r} t order by t.batch, t.migration`,
    },
    {
        tool: 'Atlas',
        table: 'atlas_schema_revisions',
        schema: null,
        columns: ['version', 'description', 'applied', 'total', 'executed_at', 'error', 'hash', 'partial_hashes'],
        telltale: 'partial_hashes',
        volatile: ['executed_at', 'execution_time'],
        // A version with a leading dot is its own note (`.atlas_cloud_identifier`).
        read: (r) => `select t.version::text as version, nullif(t.description, '')::text as name,
              ${state(`coalesce(t.error, '') <> '' or t.applied < t.total`)} from ${r} t
        where t.version not like '.%' order by t.executed_at, t.version`,
    },
    {
        tool: 'goose',
        table: 'goose_db_version',
        schema: null,
        columns: ['id', 'version_id', 'is_applied', 'tstamp'],
        telltale: 'version_id',
        volatile: ['id', 'tstamp'],
        // 0 is its mark on an empty database. Of several rows of a version the last one counts: false is one that went down again.
        read: (r) => `select t.version_id::text as version, null::text as name, ${APPLIED} from ${r} t
        where t.version_id > 0 and t.is_applied
          and not exists (select from ${r} later where later.version_id = t.version_id and later.id > t.id)
        order by t.id`,
    },
    {
        tool: 'Kysely',
        table: 'kysely_migration',
        schema: null,
        columns: ['name', 'timestamp'],
        exactly: true,
        volatile: ['timestamp'],
        read: (r) => `select t.name::text as version, null::text as name, ${APPLIED} from ${r} t order by t."timestamp", t.name`,
    },
    {
        tool: 'Knex',
        table: 'knex_migrations',
        schema: null,
        columns: ['id', 'name', 'batch', 'migration_time'],
        telltale: 'migration_time',
        volatile: ['id', 'migration_time'],
        read: (r) => `select t.name::text as version, null::text as name, ${APPLIED} from ${r} t order by t.id`,
    },
    {
        tool: 'Sequelize',
        table: 'SequelizeMeta',
        schema: null,
        columns: ['name'],
        volatile: ['createdAt', 'updatedAt'],
        read: (r) => `select t.name::text as version, null::text as name, ${APPLIED} from ${r} t order by t.name`,
    },
    {
        tool: 'Django',
        table: 'django_migrations',
        schema: null,
        columns: ['id', 'app', 'name', 'applied'],
        volatile: ['id', 'applied'],
        read: (r) => `select (t.app || '.' || t.name)::text as version, null::text as name, ${APPLIED} from ${r} t order by t.id`,
    },
    {
        tool: 'Sqitch',
        table: 'changes',
        schema: null,
        columns: ['change_id', 'change', 'project', 'committed_at', 'planned_at'],
        telltale: 'change_id',
        // Its table of what is deployed now: `events`, of the same columns, is the history.
        when: ({ columns }) => columns.event === undefined,
        volatile: ['committed_at'],
        read: (r) => `select (t.project || ':' || t.change)::text as version, nullif(t.note, '')::text as name, ${APPLIED} from ${r} t order by t.committed_at`,
    },
    {
        tool: 'SQLx',
        table: '_sqlx_migrations',
        schema: null,
        columns: ['version', 'description', 'installed_on', 'success', 'checksum', 'execution_time'],
        volatile: ['installed_on', 'execution_time'],
        read: (r) => `select t.version::text as version, t.description::text as name, ${state('not t.success')} from ${r} t order by t.installed_on, t.version`,
    },
    {
        tool: 'Diesel',
        table: '__diesel_schema_migrations',
        schema: null,
        columns: ['version', 'run_on'],
        volatile: ['run_on'],
        // Its own first row, which sets up its helper functions, is a migration to it like any other.
        read: (r) => `select t.version::text as version, null::text as name, ${APPLIED} from ${r} t order by t.version`,
    },
    {
        tool: 'SeaORM',
        table: 'seaql_migrations',
        schema: null,
        columns: ['version', 'applied_at'],
        volatile: ['applied_at'],
        read: (r) => `select t.version::text as version, null::text as name, ${APPLIED} from ${r} t order by t.version`,
    },
    {
        tool: 'Entity Framework',
        table: '__EFMigrationsHistory',
        schema: null,
        // EFCore.NamingConventions writes them as migration_id, product_version.
        columns: [],
        when: ({ columns }) => ['MigrationId', 'migration_id'].some((name) => columns[name] !== undefined),
        volatile: [],
        read: (r) => `select v.version, null::text as name, ${APPLIED}
         from ${r} t, lateral (select coalesce(pg_catalog.to_jsonb(t) ->> 'MigrationId', pg_catalog.to_jsonb(t) ->> 'migration_id')) v(version)
        order by 1`,
    },
];
function isVarchar(type) {
    return type?.startsWith('character varying') ?? false;
}
/** The tool whose table this is, by name and columns, or by columns that no other table would have; null: nobody's that we know. */
function toolOfTable(candidate) {
    const names = Object.keys(candidate.columns);
    const fits = (tool) => (tool.schema === null || tool.schema === candidate.schema) &&
        tool.columns.every((name) => names.includes(name)) &&
        (!tool.exactly || names.length === tool.columns.length) &&
        (tool.when?.(candidate) ?? true);
    return (KNOWN_TOOLS.find((tool) => tool.table === candidate.table && fits(tool)) ??
        KNOWN_TOOLS.find((tool) => tool.telltale !== undefined && fits(tool)) ??
        null);
}
/** Names that a table of anybody's may have. */
const COMMON_NAMES = new Set(['migrations', 'changes', 'schema_migrations']);
/** The tool that has a table of this name, and nobody else would. */
function toolOfName({ schema, table }) {
    if (COMMON_NAMES.has(table))
        return null;
    return KNOWN_TOOLS.find((tool) => tool.table === table && (tool.schema ?? schema) === schema) ?? null;
}
/**
 * One SELECT of `CandidateTable`s, by schema and table, from the catalog alone: no lock on any of them, nothing of them read.
 * `schemas`: null for all but the system's. Columns are looked at of every table there, which takes a moment where there are many.
 */
function candidateTablesQuery(schemas, how = 'by-columns-too') {
    const list = (names) => `(${names.map(_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteLiteral */ .c).join(', ')})`;
    const tables = list([...new Set(KNOWN_TOOLS.map((tool) => tool.table))]);
    const telltales = list(KNOWN_TOOLS.flatMap((tool) => tool.telltale ?? []));
    const within = schemas === null ? `n.nspname <> 'information_schema' and n.nspname !~ '^pg_'` : `n.nspname in ${list(schemas)}`;
    return `
    select n.nspname::text as schema, c.relname::text as table,
           pg_catalog.json_object_agg(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) order by a.attnum) as columns,
           exists (select from pg_catalog.pg_class m where m.relnamespace = n.oid and m.relname = 'ar_internal_metadata') as rails
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind in ('r', 'p') and ${within}
       and (c.relname in ${tables}
            ${how === 'by-name' ? '' : `or exists (select from pg_catalog.pg_attribute t where t.attrelid = c.oid and t.attname in ${telltales} and not t.attisdropped)`})
     group by n.oid, n.nspname, c.relname
     order by n.nspname, c.relname`;
}
/** The quoted, qualified name. */
function relationOf({ schema, table }) {
    return `${(0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteIdentifier */ .C)(schema)}.${(0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteIdentifier */ .C)(table)}`;
}
/** Words that start something else, which is what counts. */
const WRAPPERS = /^(npx|npm|pnpm|pnpx|yarn|bunx?|deno|node|tsx|ts-node|exec|run|dlx|x|env|sudo|nice|timeout|time|uvx?|pipx?|poetry|pipenv|pdm|hatch|rye|python[\d.]*|py|bundle|php|java|dotnet|cargo|go|tool|mvnw?|gradlew?|\d+[smh]?)$/;
/** The first word that is neither a wrapper, an option nor a variable, and whose it is. */
const COMMANDS = [
    [/^(alembic|flask|flask-db)$/, 'Alembic'],
    [/^(manage|django|django-admin)$/, 'Django'],
    [/^dbmate$/, 'dbmate'],
    [/^rails$/, 'Rails'],
    [/^flyway([:.-].*|[A-Z].*)?$/, 'Flyway'],
    [/^liquibase([:.-].*)?$/, 'Liquibase'],
    [/^prisma$/, 'Prisma Migrate'],
    [/^drizzle-kit$/, 'Drizzle'],
    [/^node-pg-migrate$/, 'node-pg-migrate'],
    [/^db-migrate$/, 'db-migrate'],
    [/^graphile-migrate$/, 'Graphile Migrate'],
    [/^atlas$/, 'Atlas'],
    [/^goose$/, 'goose'],
    [/^(kysely|kysely-ctl)$/, 'Kysely'],
    [/^knex$/, 'Knex'],
    [/^(sequelize|sequelize-cli)$/, 'Sequelize'],
    [/^sqitch$/, 'Sqitch'],
    [/^supabase$/, 'Supabase'],
    [/^typeorm(-ts-node-(commonjs|esm))?$/, 'TypeORM'],
    [/^artisan$/, 'Laravel'],
    [/^(ef|dotnet-ef|efbundle)$/, 'Entity Framework'],
    [/^sqlx$/, 'SQLx'],
    [/^diesel$/, 'Diesel'],
    [/^sea-orm-cli$/, 'SeaORM'],
];
/** Whose command this is, guessed from its words (`npx prisma migrate deploy`); null: not known, as with `npm run migrate`. */
function toolOfWords(words) {
    for (const [index, word] of words.entries()) {
        if (word.startsWith('-') || /^\w+=/.test(word))
            continue;
        const packaged = /(?:^|[\\/])node_modules[\\/](?:\.bin[\\/])?((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(word)?.[1];
        const name = bare(packaged ?? word);
        const rest = words.slice(index + 1);
        if (name === 'mix')
            return rest.some((next) => next.startsWith('ecto.')) ? 'Ecto' : null;
        if (name === 'rake')
            return rest.some((next) => next.startsWith('db:')) ? 'Rails' : null;
        // The name of golang-migrate's program is a word that others use for their scripts.
        if (name === 'migrate')
            return index === 0 ? 'golang-migrate' : null;
        const known = COMMANDS.find(([pattern]) => pattern.test(name));
        if (known)
            return known[1];
        if (!WRAPPERS.test(name))
            return null;
    }
    return null;
}
/** `./node_modules/.bin/prisma.cmd`, `prisma@6.1.0`, `manage.py`: the name alone. */
function bare(word) {
    const last = word.split(/[\\/]/).at(-1) ?? word;
    return last.replace(/(?<=.)@[^@]*$/, '').replace(/\.(exe|cmd|bat|sh|ps1|py|rb|js|cjs|mjs|ts|jar|phar)$/, '');
}


/***/ }),

/***/ 4584:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Dx: () => (/* binding */ linesOf),
/* harmony export */   b6: () => (/* binding */ textOf),
/* harmony export */   cA: () => (/* binding */ lineOf),
/* harmony export */   ce: () => (/* reexport safe */ _report_places_js__WEBPACK_IMPORTED_MODULE_3__.ce),
/* harmony export */   lM: () => (/* binding */ planned),
/* harmony export */   zG: () => (/* binding */ findStatement)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _sql_classify_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9281);
/* harmony import */ var _sql_tokens_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6080);
/* harmony import */ var _report_places_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(9012);
/** A tool's migration in the shape that plans, rules and reports read. */




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

/***/ 8332:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C: () => (/* binding */ quoteIdentifier),
/* harmony export */   c: () => (/* binding */ quoteLiteral)
/* harmony export */ });
/** Quotes a name as PostgreSQL's quote_ident does when forced: always in double quotes, safe for any name. */
function quoteIdentifier(name) {
    return `"${name.replaceAll('"', '""')}"`;
}
/** Quotes a text as a literal that reads the same whatever standard_conforming_strings says. */
function quoteLiteral(text) {
    const quoted = `'${text.replaceAll("'", "''")}'`;
    return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}


/***/ })

};
