export const id = 433;
export const ids = [433];
export const modules = {

/***/ 840:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   GK: () => (/* binding */ KNOWN_TOOLS),
/* harmony export */   Ke: () => (/* binding */ relationOf),
/* harmony export */   Ve: () => (/* binding */ candidateTablesQuery),
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
/**
 * One SELECT of `CandidateTable`s, by schema and table, from the catalog alone: no lock on any of them, nothing of them read.
 * `schemas`: null for all but the system's.
 */
function candidateTablesQuery(schemas) {
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
            or exists (select from pg_catalog.pg_attribute t where t.attrelid = c.oid and t.attname in ${telltales} and not t.attisdropped))
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

/***/ 9433:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  ToolEngine: () => (/* binding */ ToolEngine)
});

// EXTERNAL MODULE: ./src/plan/digest.ts
var digest = __webpack_require__(1147);
// EXTERNAL MODULE: ./src/plan/schema-diff.ts
var schema_diff = __webpack_require__(6766);
// EXTERNAL MODULE: ./src/postgres/catalog.ts + 1 modules
var catalog = __webpack_require__(505);
// EXTERNAL MODULE: ./src/postgres/identifier.ts
var identifier = __webpack_require__(8332);
// EXTERNAL MODULE: ./src/postgres/lock.ts
var lock = __webpack_require__(7768);
// EXTERNAL MODULE: ./src/rehearsal/rehearse.ts
var rehearse = __webpack_require__(6962);
// EXTERNAL MODULE: ./src/report/plan-sql.ts
var plan_sql = __webpack_require__(9806);
// EXTERNAL MODULE: ./src/engines/shared/database.ts + 3 modules
var database = __webpack_require__(4437);
// EXTERNAL MODULE: ./src/engines/shared/leftovers.ts
var leftovers = __webpack_require__(3601);
// EXTERNAL MODULE: ./src/engines/shared/marker.ts
var marker = __webpack_require__(9491);
// EXTERNAL MODULE: ./src/engines/shared/refusals.ts
var refusals = __webpack_require__(6844);
// EXTERNAL MODULE: ./src/engines/shared/tracking.ts
var shared_tracking = __webpack_require__(424);
// EXTERNAL MODULE: ./src/engines/shared/verify.ts
var verify = __webpack_require__(4980);
// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
// EXTERNAL MODULE: ./src/postgres/failure.ts
var failure = __webpack_require__(8829);
// EXTERNAL MODULE: external "node:perf_hooks"
var external_node_perf_hooks_ = __webpack_require__(643);
// EXTERNAL MODULE: ./src/postgres/session.ts + 1 modules
var postgres_session = __webpack_require__(7076);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/parameters.ts
/** What the server itself would refuse the connection for. */
class StartupError extends Error {
    sqlstate;
    constructor(sqlstate, message) {
        super(message);
        this.name = 'StartupError';
        this.sqlstate = sqlstate;
    }
}
const NO_SETTINGS = new Set(['user', 'database', 'replication', 'options']);
/**
 * The settings among a startup packet's parameters, those of `options` first, as the server takes them. The application's
 * name is left out: it is ours that tells whose sessions these are. Throws a StartupError.
 */
function settingsOf(parameters) {
    const named = [...parameters].filter(([name]) => !NO_SETTINGS.has(name));
    const settings = [...readOptions(parameters.get('options') ?? ''), ...named];
    return settings.filter(([name]) => name.toLowerCase() !== 'application_name');
}
/** `-c name=value`, `-cname=value` and `--name=value`. Throws a StartupError on anything else. */
function readOptions(options) {
    const words = splitWords(options);
    const settings = [];
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
        const long = word.startsWith('--');
        if (!long && !word.startsWith('-c'))
            throw notUnderstood(word);
        const assignment = long || word.length > 2 ? word.slice(2) : words.shift();
        if (assignment === undefined)
            throw notUnderstood(word);
        const equals = assignment.indexOf('=');
        if (equals < 0)
            throw new StartupError('42601', `${long ? '--' : '-c '}${assignment} requires a value`);
        settings.push([assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)]);
    }
    return settings;
}
const notUnderstood = (word) => new StartupError('42601', `invalid command-line argument for server process: ${word}`);
/** At white space; a backslash takes the next character as it is. */
function splitWords(options) {
    const words = options.match(/(?:\\.|[^\s\\])+/gs) ?? [];
    return words.map((word) => word.replace(/\\(.)/gs, '$1'));
}
const settingItems = (settings) => settings.map((setting) => ({ text: 'select pg_catalog.set_config($1, $2, false)', values: setting }));
/** A client that names no encoding speaks the database's own; our sessions begin with UTF8. */
function encodingItem(settings) {
    const asked = settings.findLast(([name]) => name.toLowerCase() === 'client_encoding');
    const text = `select 'client_encoding', pg_catalog.set_config('client_encoding', coalesce($1, pg_catalog.current_setting('server_encoding')), false)`;
    return { text, values: [asked?.[1] ?? null], keep: true };
}
/** What servers report of themselves, by their version: rows of name and value. */
const REPORTED = {
    text: `select name, pg_catalog.current_setting(name)
    from (values ('server_version', 0), ('server_encoding', 0), ('DateStyle', 0), ('IntervalStyle', 0), ('TimeZone', 0),
                 ('integer_datetimes', 0), ('standard_conforming_strings', 0), ('is_superuser', 0),
                 ('session_authorization', 0), ('application_name', 0), ('default_transaction_read_only', 140000),
                 ('in_hot_standby', 140000), ('scram_iterations', 160000), ('search_path', 180000)) as reported (name, since)
   where since operator(pg_catalog.<=) pg_catalog.current_setting('server_version_num')::pg_catalog.int4`,
    keep: true,
};

;// CONCATENATED MODULE: ./src/rehearsal/proxy/wire.ts
/**
 * PostgreSQL's wire protocol, version 3, as far as a proxy needs it: messages are told apart, a few are read, a few are
 * made; all others pass as the bytes that they are. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
/** Type, and a length that counts itself. */
const HEADER_BYTES = 5;
/** What the server itself takes no message beyond. */
const LONGEST_BYTES = 0x3fffffff;
/** Cuts a stream of bytes into messages, however they come in pieces. Throws on a length that cannot be. */
class FrameReader {
    keep;
    chunks = [];
    pending = 0;
    wanted = HEADER_BYTES;
    /** Bytes to come that belong to a message which is not kept. */
    passing = 0;
    /** `keep`: messages of other types are left out, and nothing of them is held: rows, data of a COPY. */
    constructor(keep = () => true) {
        this.keep = keep;
    }
    /** The messages that are complete with these bytes; each shares memory with what was pushed. */
    push(bytes) {
        const chunk = bytes.subarray(this.passing);
        this.passing -= bytes.length - chunk.length;
        if (chunk.length === 0)
            return [];
        this.chunks.push(chunk);
        this.pending += chunk.length;
        const frames = [];
        if (this.pending < this.wanted)
            return frames;
        const all = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
        let at = 0;
        this.wanted = HEADER_BYTES;
        while (all.length - at >= HEADER_BYTES) {
            const length = all.readUInt32BE(at + 1);
            if (length < 4 || length > LONGEST_BYTES)
                throw new Error(`a message of ${length} bytes cannot be`);
            const end = at + 1 + length;
            const type = String.fromCharCode(all[at] ?? 0);
            const kept = this.keep(type);
            if (end > all.length && kept) {
                this.wanted = end - at;
                break;
            }
            if (kept)
                frames.push({ type, bytes: all.subarray(at, end) });
            at = end;
        }
        this.passing = Math.max(0, at - all.length);
        this.chunks.length = 0;
        if (at < all.length)
            this.chunks.push(all.subarray(at));
        this.pending = Math.max(0, all.length - at);
        return frames;
    }
}
// -- reading ------------------------------------------------------------------------------------------------------
/** The zero-terminated texts that a message begins with, `count` of them, `skip` bytes into its body. */
function texts(frame, count, skip = 0) {
    const found = [];
    let at = HEADER_BYTES + skip;
    for (let left = count; left > 0; left -= 1) {
        const end = frame.bytes.indexOf(0, at);
        if (end < 0)
            throw new Error(`a message ${frame.type} is cut short`);
        found.push(frame.bytes.toString('utf8', at, end));
        at = end + 1;
    }
    return found;
}
/**
 * The zero-terminated text that begins `from` bytes into a message's body, at most `longest` bytes of it, and where the
 * next field begins. A text that has no end ends with the message: whoever passes messages on leaves it to the server.
 */
function textAt(frame, from, longest = Number.POSITIVE_INFINITY) {
    const start = HEADER_BYTES + from;
    const zero = frame.bytes.indexOf(0, start);
    const end = zero < 0 ? frame.bytes.length : zero;
    return { text: frame.bytes.toString('utf8', start, Math.min(end, start + longest)), next: end + 1 - HEADER_BYTES };
}
/** The letter at a place in a message's body: the kind of a Describe or Close, the state in a ReadyForQuery. */
function letter(frame, at = 0) {
    return String.fromCharCode(frame.bytes[HEADER_BYTES + at] ?? 0);
}
function readFields(frame) {
    const fields = new Map();
    let at = HEADER_BYTES;
    while (at < frame.bytes.length && frame.bytes[at] !== 0) {
        const end = frame.bytes.indexOf(0, at + 1);
        if (end < 0)
            break;
        fields.set(String.fromCharCode(frame.bytes[at] ?? 0), frame.bytes.toString('utf8', at + 1, end));
        at = end + 1;
    }
    return fields;
}
// -- making -------------------------------------------------------------------------------------------------------
function message(type, ...parts) {
    const body = Buffer.concat(parts.map((part) => {
        if (typeof part === 'string')
            return Buffer.from(`${part}\0`);
        if (typeof part !== 'number')
            return part;
        const number = Buffer.alloc(4);
        number.writeInt32BE(part);
        return number;
    }));
    const head = Buffer.alloc(HEADER_BYTES);
    head.write(type, 0, 'latin1');
    head.writeUInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
}
const int16 = (value) => Buffer.from([(value >> 8) & 255, value & 255]);
const wire_byte = (text) => Buffer.from(text, 'latin1');
const NONE = int16(0);
/** What a client says. */
const say = {
    query: (sql) => message('Q', sql),
    parse: (name, sql) => message('P', name, sql, NONE),
    bind: (portal, statement, values = []) => message('B', portal, statement, NONE, int16(values.length), ...values.flatMap(parameter), NONE),
    describe: (kind, name) => message('D', wire_byte(kind), name),
    execute: (portal) => message('E', portal, 0),
    close: (kind, name) => message('C', wire_byte(kind), name),
    sync: message('S'),
    flush: message('H'),
    copyFail: (reason) => message('f', reason),
    terminate: message('X'),
};
function parameter(value) {
    if (value === null)
        return [-1];
    const bytes = Buffer.from(value);
    return [bytes.length, bytes];
}
/** What a server says. */
const answer = {
    authenticationOk: message('R', 0),
    askForPassword: message('R', 3),
    /** What we speak is 3.0, and these options of the protocol we do not know. */
    negotiateProtocolVersion: (unknown) => message('v', 3 << 16, unknown.length, ...unknown),
    parameterStatus: (name, value) => message('S', name, value),
    backendKeyData: (pid, secret) => message('K', pid, secret),
    /** `I`: idle, `T`: in a transaction, `E`: in one that has failed. */
    readyForQuery: (status) => message('Z', wire_byte(status)),
    commandComplete: (tag) => message('C', tag),
    emptyQuery: message('I'),
    parseComplete: message('1'),
    bindComplete: message('2'),
    closeComplete: message('3'),
    noData: message('n'),
    error: (fields) => fieldsMessage('E', fields),
    notice: (fields) => fieldsMessage('N', fields),
};
function fieldsMessage(type, fields) {
    const parts = [...fields].flatMap(([code, text]) => [wire_byte(code), text]);
    return message(type, ...parts, wire_byte('\0'));
}
/** An error of ours, as the server would say it. */
function errorFields(severity, sqlstate, text, hint) {
    const fields = [
        ['S', severity],
        ['V', severity],
        ['C', sqlstate],
        ['M', text],
    ];
    return new Map(hint === undefined ? fields : [...fields, ['H', hint]]);
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/transcript.ts
/** What one connection said and what it was answered, statement by statement, read off the messages that pass. Pure. */

const LONGEST = 1_000;
/** A character has at most four bytes. */
const transcript_LONGEST_BYTES = 4 * LONGEST;
/** The messages of a server that a transcript reads; rows and the data of a COPY are none of them. */
const READ_OF_SERVER = new Set(['1', '2', '3', 'C', 'E', 'G', 'I', 'T', 'Z', 'n', 's']);
class Transcript {
    caller;
    tell;
    asked = [];
    /** The texts of prepared statements, and of portals. */
    prepared = new Map();
    portals = new Map();
    /** When what is to be answered first began. */
    since = null;
    /** What a simple query was answered until now. */
    tags = [];
    failed = null;
    /** The last statement since the server was ready: a Sync commits it where there is no transaction block. */
    last = null;
    /** After an error the server passes over everything up to the next Sync. */
    skipping = false;
    /** While it takes COPY data, the server passes over Sync. */
    copying = false;
    /** `tell` is called with each statement as it ends. */
    constructor(caller, tell) {
        this.caller = caller;
        this.tell = tell;
    }
    /** What the client's oldest unanswered message is about. */
    get underWay() {
        const first = this.first();
        const sql = first?.type === 'S' ? this.last?.sql : first?.sql;
        return sql === undefined || this.since === null ? null : { sql, beganAt: this.since };
    }
    /** The client said this. */
    heard(frame, now) {
        switch (frame.type) {
            case 'Q':
                this.ask('Q', sqlAt(frame, 0), now);
                return;
            case 'P': {
                const name = textAt(frame, 0);
                const sql = sqlAt(frame, name.next);
                this.prepared.set(name.text, sql);
                this.ask('P', sql, now);
                return;
            }
            case 'B': {
                const portal = textAt(frame, 0);
                const sql = this.prepared.get(textAt(frame, portal.next).text) ?? '';
                this.portals.set(portal.text, sql);
                this.ask('B', sql, now);
                return;
            }
            case 'E':
                this.ask('E', this.portals.get(textAt(frame, 0).text) ?? '', now);
                return;
            case 'D':
            case 'C': {
                const known = letter(frame) === 'S' ? this.prepared : this.portals;
                const name = textAt(frame, 1).text;
                this.ask(frame.type, known.get(name) ?? '', now);
                if (frame.type === 'C')
                    known.delete(name);
                return;
            }
            case 'F':
                this.ask('F', '(a function called by its number)', now);
                return;
            case 'S':
                if (this.copying)
                    return;
                this.skipping = false;
                this.ask('S', '', now);
                return;
            case 'c':
            case 'f':
                // Before the server has said that it takes COPY data: said blindly, and its place matters.
                if (!this.copying)
                    this.asked.push({ type: 'c', sql: '' });
                this.copying = false;
                return;
        }
    }
    /** The server said this. */
    answered(frame, now) {
        const first = this.first();
        switch (frame.type) {
            case '1':
                this.settle(first, 'P');
                return;
            case '2':
                this.settle(first, 'B');
                return;
            case '3':
                this.settle(first, 'C');
                return;
            case 'n':
            case 'T':
                this.settle(first, 'D');
                return;
            case 'G':
                this.copyBegins();
                return;
            case 'C':
                this.copying = false;
                if (first?.type === 'Q')
                    this.tags.push(textAt(frame, 0).text);
                else if (first?.type === 'E')
                    this.end(first, [textAt(frame, 0).text], null, now);
                return;
            case 's':
                if (first?.type === 'E')
                    this.end(first, [], null, now);
                return;
            case 'I':
                if (first?.type === 'E')
                    this.next(now);
                return;
            case 'E': {
                const fields = readFields(frame);
                this.fails(first, { sqlstate: fields.get('C') ?? null, message: fields.get('M') ?? '' }, now);
                return;
            }
            case 'Z':
                this.ready(now);
                return;
        }
    }
    /** The connection is over: what was not answered will not be. */
    over(why, now) {
        const { underWay, failed, last } = this;
        const told = this.first()?.type === 'S' && last?.error;
        this.asked.length = 0;
        if (underWay && !told)
            this.say(underWay.sql, this.tags, failed ?? { sqlstate: null, message: why }, now);
    }
    ask(type, sql, now) {
        if (this.skipping)
            return;
        this.asked.push({ type, sql });
        this.since ??= now;
    }
    first() {
        while (this.asked[0]?.type === 'c')
            this.asked.shift();
        return this.asked[0] ?? null;
    }
    settle(first, type) {
        if (first?.type === type)
            this.asked.shift();
    }
    /** Each Sync that was sent before the data's end is passed over by the server. */
    copyBegins() {
        const end = this.asked.findIndex(({ type }) => type === 'c');
        const before = this.asked.splice(0, end < 0 ? this.asked.length : end);
        this.asked.unshift(...before.filter(({ type }) => type !== 'S'));
        this.copying = end < 0;
    }
    fails(first, error, now) {
        this.copying = false;
        // Nobody had asked: the server ends the connection, and tells why.
        if (first === null)
            return;
        if (first.type === 'Q' || first.type === 'F') {
            this.failed = error;
            return;
        }
        if (first.type === 'S') {
            this.say(this.last?.sql ?? '', [], error, now);
            return;
        }
        this.say(first.sql, [], error, now);
        const sync = this.asked.findIndex(({ type }) => type === 'S');
        this.skipping = sync < 0;
        this.asked.splice(0, sync < 0 ? this.asked.length : sync);
    }
    ready(now) {
        const first = this.first();
        if (first?.type === 'Q' || first?.type === 'F') {
            // A string without a statement was not one.
            if (this.tags.length > 0 || this.failed)
                this.say(first.sql, this.tags, this.failed, now);
            this.tags = [];
            this.failed = null;
        }
        this.last = null;
        const upTo = this.asked.findIndex(({ type }) => type === 'Q' || type === 'F' || type === 'S');
        this.asked.splice(0, upTo + 1);
        this.since = this.first() === null ? null : now;
    }
    end(first, tags, error, now) {
        this.say(first.sql, tags, error, now);
        this.next(now);
    }
    next(now) {
        this.asked.shift();
        this.since = this.first() === null ? null : now;
    }
    say(sql, tags, error, now) {
        this.last = { caller: this.caller, sql, beganAt: this.since ?? now, endedAt: now, tags, error };
        this.tell(this.last);
    }
}
/** Of a text that may be megabytes long only what is kept is read. */
function sqlAt(frame, from) {
    return textAt(frame, from, transcript_LONGEST_BYTES).text.slice(0, LONGEST);
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/relay.ts
/**
 * Apply, for somebody else's tool: each of its connections has one of its own on the target, every byte passes as it is,
 * and what was said is written down.
 */






class Relay {
    input;
    lines = new Map();
    admissions = new Set();
    endings = new Set();
    said = [];
    closed = false;
    constructor(input) {
        this.input = input;
    }
    /** In the order in which they ended. */
    get statements() {
        return this.said;
    }
    /** Of the callers that are connected now. One whose caller has left may work on until it notices. */
    backends() {
        return [...this.lines.values()].map(({ pid }) => pid);
    }
    /** What the server is at now, for whom. */
    busy() {
        return [...this.lines.values()].flatMap(({ caller, pid, transcript }) => transcript.underWay ? [{ ...transcript.underWay, caller: caller.id, pid }] : []);
    }
    async admit(caller) {
        const admission = this.admission(caller).catch((error) => refused(fieldsOf(error)));
        this.admissions.add(admission);
        try {
            return await admission;
        }
        finally {
            this.admissions.delete(admission);
        }
    }
    async admission(caller) {
        const { database, open } = this.input;
        if (caller.parameters.get('database') !== database)
            return refused(otherDatabase(caller, database));
        const settings = [...this.input.settings, ...settingsOf(caller.parameters)];
        if (this.closed)
            return refused(CLOSED);
        const session = await open(caller);
        try {
            const { pid, parameters } = await prepare(session, settings);
            if (this.closed)
                throw new StartupError('57P01', 'the proxy has ended');
            this.lines.set(caller, this.connect(caller, session, pid));
            session.onLost((why) => this.lost(caller, `the connection to the server ended: ${why.message}`));
            this.input.onBackend(pid);
            return { kind: 'admitted', parameters, pid };
        }
        catch (error) {
            await session.end();
            throw error;
        }
    }
    connect(caller, session, pid) {
        const transcript = new Transcript(caller.id, (said) => {
            this.said.push(said);
            this.input.onStatement?.(said);
        });
        const reader = new FrameReader((type) => READ_OF_SERVER.has(type));
        const loan = session.lend((chunk) => {
            const now = external_node_perf_hooks_.performance.now();
            try {
                for (const frame of reader.push(chunk))
                    transcript.answered(frame, now);
            }
            catch (error) {
                this.lost(caller, `the server does not speak its protocol: ${error.message}`);
                session.drop();
                return;
            }
            if (!caller.send(chunk))
                loan.pause();
        });
        caller.onDrain(() => loan.resume());
        loan.onDrain(() => caller.resume());
        return { caller, session, loan, pid, transcript };
    }
    hear(caller, frames) {
        const line = this.lines.get(caller);
        if (!line)
            return;
        const now = external_node_perf_hooks_.performance.now();
        for (const frame of frames)
            line.transcript.heard(frame, now);
        const [only] = frames;
        const bytes = frames.length === 1 && only ? only.bytes : Buffer.concat(frames.map((frame) => frame.bytes));
        if (!line.loan.write(bytes))
            caller.pause();
    }
    cancel(caller) {
        const line = this.lines.get(caller);
        if (line)
            this.input.cancel(line.pid);
    }
    /** Its session ends, and what it had not committed is rolled back. */
    left(caller) {
        this.end(caller, 'the tool closed its connection before the answer came');
    }
    /** Ends every session, also those that are being opened. */
    async close() {
        this.closed = true;
        for (const { caller } of [...this.lines.values()]) {
            this.end(caller, 'the proxy has ended before the answer came');
            caller.end(answer.error(CLOSED));
        }
        await Promise.all([...this.admissions, ...this.endings]);
    }
    lost(caller, why) {
        if (this.end(caller, why))
            caller.end();
    }
    /** False: it was over already. */
    end(caller, why) {
        const line = this.lines.get(caller);
        if (!line)
            return false;
        this.lines.delete(caller);
        line.transcript.over(why, external_node_perf_hooks_.performance.now());
        // Without being read the server's end of the connection would not be seen.
        line.loan.resume();
        const ending = line.session.end().finally(() => this.endings.delete(ending));
        this.endings.add(ending);
        return true;
    }
}
/** Makes a new session what the caller would have got of the server. In one round trip. */
async function prepare(session, settings) {
    const results = await session.batch([
        ...settingItems(settings),
        REPORTED,
        { text: 'select pg_catalog.pg_backend_pid()', keep: true },
        encodingItem(settings),
    ]);
    const [reported, backend, encoding] = results.slice(-3).map(({ rows }) => rows);
    const pairs = [...(reported ?? []), ...(encoding ?? [])].map(([name, value]) => [name ?? '', value ?? '']);
    return { pid: Number(backend?.[0]?.[0]), parameters: new Map(pairs) };
}
const CLOSED = errorFields('FATAL', '57P01', 'terminating connection: the proxy has ended');
const refused = (fields) => ({ kind: 'refused', fields });
function otherDatabase(caller, database) {
    const asked = caller.parameters.get('database') ?? '';
    const text = `database "${asked}" is not served here: Postgres Migration Gate serves "${database}" only`;
    return errorFields('FATAL', '3D000', text, 'Let the tool connect to the database that its URL names, and to no other.');
}
/** The server's own words where it said some. */
function fieldsOf(error) {
    if (error instanceof StartupError)
        return errorFields('FATAL', error.sqlstate, error.message);
    const cause = error instanceof Error && !(error instanceof postgres_session/* BatchError */.PW) && error.cause ? error.cause : error;
    const { fromServer, code, message, hint } = (0,failure/* readServerError */.i)(cause);
    return errorFields('FATAL', fromServer && code ? code : '08006', message, hint ?? undefined);
}

// EXTERNAL MODULE: ./src/report/stop.ts
var stop = __webpack_require__(9836);
// EXTERNAL MODULE: ./src/report/failure.ts
var report_failure = __webpack_require__(3304);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
// EXTERNAL MODULE: ./src/sql/locate.ts
var locate = __webpack_require__(9844);
;// CONCATENATED MODULE: ./src/engines/tool/failure.ts
/** Why a tool failed: in the server's words where the server said it, with what the tool's own say of the place. */




/** The end of what it printed, in a failure's detail. */
const SHOWN_CHARACTERS = 1_500;
function toolFailure({ error, sql, file, line, ended, phase }, tool, request) {
    const told = ended && tool.explain(ended);
    const context = { phase, host: request.target.host, timedOut: null, showData: request.showData };
    const server = (0,failure/* readServerError */.i)(error);
    const base = (0,failure/* failureFrom */.J)(error, null, context);
    const at = sql === null ? null : (0,locate/* locate */.x)({ sql, line: 1, column: 1 }, server.position);
    const excerpt = sql === null || at === null ? null : (0,report_failure/* excerptOf */.zU)(sql.split('\n')[at.line - 1] ?? '', at.column);
    const place = { file: told?.file ?? file, line: told?.line ?? line, column: null, excerpt };
    if (server.fromServer)
        return { ...base, ...place };
    const words = told ?? { ...(0,report_failure/* failureOfClass */.iQ)('tool'), message: ended ? saidLast(ended, tool) : base.message };
    return {
        ...base,
        ...place,
        class: words.class,
        message: words.message,
        meaning: words.meaning,
        next: told?.next ?? `Read what ${tool.name} printed (migration.log), correct it, then run again.`,
        detail: told || !ended ? null : tail(ended),
    };
}
function failureOfTool(failed, ended, tool, request) {
    const { migration, place, error } = failed;
    const own = { error, sql: place?.sql ?? null, ended, phase: 'dry-run' };
    return toolFailure({ ...own, file: migration.file || null, line: null }, tool, request);
}
function saidLast({ code, signal, error, stdout, stderr }, tool) {
    if (error)
        return `${tool.name} could not be started: ${error.message}`;
    const last = `${stdout}\n${stderr}`.trimEnd().split('\n').at(-1)?.trim() ?? '';
    const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
    return `${tool.name} ${how}${last === '' ? '' : `: ${(0,report_text/* brief */.dh)(last, 300)}`}`;
}
function tail({ stdout, stderr }) {
    const text = `${stdout.trimEnd()}\n${stderr.trimEnd()}`.trim();
    if (text === '')
        return null;
    return text.length <= SHOWN_CHARACTERS ? text : `…${(0,report_text/* cut */.Jj)(text.slice(-SHOWN_CHARACTERS), SHOWN_CHARACTERS)}`;
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __webpack_require__(1692);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/startup.ts
/** The first packet of a connection, which has no type: what the client wants. Pure. */

/** Codes in the place of a version: 1234 and a number that no version has. */
const CANCEL = 80877102;
const SSL = 80877103;
const GSS = 80877104;
/** As the server's parse_bool has it, for `replication`. */
const NO = /^(?:f(?:a(?:l(?:se?)?)?)?|no?|off?|0|)$/i;
const startup_refused = (sqlstate, text, hint) => ({
    kind: 'refused',
    fields: errorFields('FATAL', sqlstate, text, hint),
});
/** `packet`: after its length. */
function readOpening(packet) {
    const code = packet.readUInt32BE(0);
    if (code === SSL)
        return { kind: 'ssl' };
    if (code === GSS)
        return { kind: 'gss' };
    if (code === CANCEL)
        return { kind: 'cancel', key: packet.subarray(4) };
    const [major, minor] = [code >>> 16, code & 0xffff];
    if (major !== 3)
        return startup_refused('0A000', `unsupported frontend protocol ${major}.${minor}: server supports 3.0`);
    const pairs = readPairs(packet.subarray(4));
    if (pairs === null)
        return startup_refused('08P01', 'invalid startup packet layout: expected terminator as last byte');
    const parameters = new Map();
    const unknownOptions = [];
    for (const [name, value] of pairs) {
        if (name.startsWith('_pq_.'))
            unknownOptions.push(name);
        else
            parameters.set(name, value);
    }
    if (!NO.test(parameters.get('replication') ?? '')) {
        return startup_refused('0A000', 'replication connections are not served', 'Migrations are rehearsed and applied here.');
    }
    parameters.delete('replication');
    const user = parameters.get('user') ?? '';
    if (user === '')
        return startup_refused('28000', 'no PostgreSQL user name specified in startup packet');
    if ((parameters.get('database') ?? '') === '')
        parameters.set('database', user);
    return { kind: 'start', parameters, negotiate: minor > 0 || unknownOptions.length > 0 ? { unknownOptions } : null };
}
/** Names and values, each ended by a zero, and a zero after the last. Null: it is not that. */
function readPairs(bytes) {
    const texts = [];
    let at = 0;
    while (at < bytes.length - 1 && (texts.length % 2 === 1 || bytes[at] !== 0)) {
        const end = bytes.indexOf(0, at);
        if (end < 0)
            return null;
        texts.push(bytes.toString('utf8', at, end));
        at = end + 1;
    }
    if (at !== bytes.length - 1 || bytes[at] !== 0 || texts.length % 2 === 1)
        return null;
    return Array.from({ length: texts.length / 2 }, (_, pair) => [texts[2 * pair] ?? '', texts[2 * pair + 1] ?? '']);
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/front.ts
/**
 * The front door of a PostgreSQL server on loopback: connections come in as they would at the server's own, say the
 * password of this run, and are handed to a Host. https://www.postgresql.org/docs/current/protocol-flow.html
 */





const MOST = 100;
const PATIENCE_MS = 10_000;
/** How long the other side may take to close after we have. */
const FAREWELL_MS = 1_000;
/** As in the server: MAX_STARTUP_PACKET_LENGTH and PG_MAX_AUTH_TOKEN_LENGTH. */
const LONGEST_STARTUP_BYTES = 10_000;
const LONGEST_PASSWORD_BYTES = 65_535;
/** The first byte of a TLS handshake; a startup packet begins with a zero. */
const TLS_HANDSHAKE = 0x16;
/** Refused, with words for the client. `noted`: and for the log. */
class Refusal extends Error {
    fields;
    constructor(fields, noted) {
        super(noted);
        this.fields = fields;
    }
}
const refusal = (sqlstate, text, noted = text) => new Refusal(errorFields('FATAL', sqlstate, text), noted);
/** The other side is gone, or is not worth an answer. `message`: for the log; empty: nothing to say. */
class Gone extends Error {
}
/** Serves `host` on an ephemeral port of 127.0.0.1. */
async function listen(host, options) {
    const lines = new Set();
    const sockets = new Set();
    const most = options.most ?? MOST;
    let callers = 0;
    let certificate = null;
    const ourCertificate = () => {
        certificate ??= __webpack_require__.e(/* import() */ 279).then(__webpack_require__.bind(__webpack_require__, 1279)).then(({ makeCertificate }) => makeCertificate(new Date()));
        return certificate;
    };
    const server = (0,external_node_net_.createServer)({ noDelay: true }, (socket) => {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => sockets.delete(socket));
        void serve(socket);
    });
    // Those who have not said the password count too: what they could fill is bounded.
    server.maxConnections = 4 * most;
    async function serve(socket) {
        const patience = setTimeout(() => socket.destroy(), options.patienceMs ?? PATIENCE_MS);
        socket.on('close', () => clearTimeout(patience));
        const entrance = new Entrance(socket, ourCertificate);
        try {
            const opening = await entrance.opening();
            if (opening.kind === 'cancel') {
                lineOfKey(opening.key)?.cancel();
                socket.end();
                return;
            }
            await entrance.password(options.password, opening);
            if (lines.size >= most)
                throw refusal('53300', 'sorry, too many clients already');
            clearTimeout(patience);
            callers += 1;
            const line = new Line(callers, opening.parameters, entrance.stream, host);
            lines.add(line);
            entrance.stream.on('close', () => lines.delete(line));
            await line.serve();
        }
        catch (error) {
            if (error instanceof Refusal)
                farewell(entrance.stream, answer.error(error.fields));
            else
                socket.destroy();
            if (error.message !== '')
                options.log?.(`a connection was refused: ${error.message}`);
        }
    }
    /** All are compared, so that the time tells nothing. */
    function lineOfKey(key) {
        let meant = null;
        for (const line of lines)
            if (line.hasKey(key))
                meant = line;
        return meant;
    }
    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
    });
    server.on('error', (error) => options.log?.(`a connection could not be accepted: ${error.message}`));
    return {
        port: server.address().port,
        password: options.password,
        certificatePem: async () => (await ourCertificate()).cert,
        close: async () => {
            const closed = new Promise((resolve) => server.close(() => resolve()));
            const served = [...lines].map((line) => line.over());
            for (const socket of sockets)
                socket.destroy();
            await Promise.all([closed, ...served]);
        },
    };
}
/** A connection from its first byte to its password. What it has sent beyond stays in its stream, unread. */
class Entrance {
    /** The connection as it is now: the socket, or TLS on it. */
    stream;
    intake;
    certificate;
    constructor(socket, certificate) {
        this.stream = socket;
        this.intake = new Intake(socket);
        this.certificate = certificate;
    }
    /** Past the questions for encryption. */
    async opening() {
        let encrypted = false;
        let gssAsked = false;
        for (;;) {
            const head = await this.intake.take(4);
            if (head[0] === TLS_HANDSHAKE && !encrypted && !gssAsked) {
                this.stream.unshift(head);
                await this.encrypt({ direct: true });
                encrypted = true;
                continue;
            }
            const length = head.readUInt32BE(0);
            if (length < 8 || length > LONGEST_STARTUP_BYTES) {
                throw refusal('08P01', 'invalid length of startup packet', 'it does not speak the protocol of PostgreSQL');
            }
            const opening = readOpening(await this.intake.take(length - 4));
            if (opening.kind === 'refused')
                throw new Refusal(opening.fields, opening.fields.get('M') ?? '');
            if (opening.kind === 'start' || opening.kind === 'cancel')
                return opening;
            const again = opening.kind === 'ssl' ? encrypted : encrypted || gssAsked;
            if (again)
                throw refusal('0A000', 'encryption was asked for twice');
            if (opening.kind === 'gss') {
                gssAsked = true;
                this.stream.write('N');
                continue;
            }
            // What comes before the answer was not encrypted by the client: somebody has put it in between.
            if (this.stream.readableLength > 0)
                throw refusal('08P01', 'received unencrypted data after SSL request');
            this.stream.write('S');
            await this.encrypt({ direct: false });
            encrypted = true;
        }
    }
    /** Asks for the password, which has to be this one. */
    async password(password, { negotiate }) {
        const version = negotiate === null ? [] : [answer.negotiateProtocolVersion(negotiate.unknownOptions)];
        this.stream.write(Buffer.concat([...version, answer.askForPassword]));
        const head = await this.intake.take(5);
        const [type, length] = [String.fromCharCode(head[0] ?? 0), head.readUInt32BE(1)];
        if (type === 'X')
            throw new Gone();
        if (type !== 'p')
            throw refusal('08P01', 'expected a password response');
        if (length < 5 || length > LONGEST_PASSWORD_BYTES)
            throw refusal('08P01', 'invalid password packet size');
        const body = await this.intake.take(length - 4);
        if (body.at(-1) !== 0)
            throw refusal('08P01', 'invalid password packet size');
        if (!sameText(body.subarray(0, -1), Buffer.from(password))) {
            throw refusal('28P01', 'password authentication failed', 'it said a wrong password');
        }
        this.intake.release();
    }
    async encrypt({ direct }) {
        this.intake.release();
        const { cert, key } = await this.certificate();
        const [socket, server] = [this.stream, (0,external_node_tls_.createServer)({ cert, key, ALPNProtocols: ['postgresql'] })];
        const secure = await new Promise((resolve, reject) => {
            server.once('secureConnection', resolve);
            server.once('tlsClientError', (error) => reject(new Gone(`no TLS: ${error.code}`)));
            server.emit('connection', socket);
        });
        secure.on('error', () => secure.destroy());
        this.stream = secure;
        this.intake = new Intake(secure);
        if (direct && secure.alpnProtocol !== 'postgresql')
            throw new Gone('direct TLS without its protocol (ALPN)');
    }
}
/** One connection that has said the password. */
class Line {
    id;
    parameters;
    stream;
    host;
    secret = (0,external_node_crypto_.randomBytes)(4);
    /** Null: not admitted yet. */
    key = null;
    /** What the host has sent before the greeting was. */
    early = [];
    greeted = false;
    ended = false;
    hasLeft = false;
    served = Promise.resolve();
    constructor(id, parameters, stream, host) {
        this.id = id;
        this.parameters = parameters;
        this.stream = stream;
        this.host = host;
    }
    serve() {
        this.served = this.admission();
        return this.served;
    }
    async admission() {
        const admission = await this.host.admit(this);
        if (admission.kind === 'refused') {
            this.ended = true;
            farewell(this.stream, answer.error(admission.fields));
            return;
        }
        const { pid, parameters } = admission;
        const greeting = [
            answer.authenticationOk,
            ...[...parameters].map(([name, value]) => answer.parameterStatus(name, value)),
            answer.backendKeyData(pid, this.secret),
            answer.readyForQuery('I'),
        ];
        this.key = keyOf(pid, this.secret);
        this.greeted = true;
        this.stream.on('close', () => this.leave());
        if (this.stream.destroyed)
            this.leave();
        this.stream.write(Buffer.concat([...greeting, ...this.early]));
        if (this.ended)
            farewell(this.stream);
        const reader = new FrameReader();
        this.stream.on('data', (chunk) => this.hear(reader, chunk));
        this.stream.resume();
    }
    hear(reader, chunk) {
        if (this.ended || this.hasLeft)
            return;
        let frames;
        try {
            frames = reader.push(chunk);
        }
        catch (error) {
            this.end(answer.error(errorFields('FATAL', '08P01', error.message)));
            this.leave();
            return;
        }
        const bye = frames.findIndex(({ type }) => type === 'X');
        const said = bye < 0 ? frames : frames.slice(0, bye);
        if (said.length > 0)
            this.host.hear(this, said);
        if (bye < 0)
            return;
        this.end();
        this.leave();
    }
    leave() {
        if (this.hasLeft || !this.greeted)
            return;
        this.hasLeft = true;
        this.host.left(this);
    }
    /** Resolves when nothing more will be asked of the host. */
    async over() {
        this.stream.destroy();
        await this.served.catch(() => undefined);
        this.leave();
    }
    /** In constant time. */
    hasKey(key) {
        return this.key !== null && !this.hasLeft && sameText(key, this.key);
    }
    cancel() {
        this.host.cancel(this);
    }
    send(bytes) {
        // Nobody reads it any more: there is nothing to wait for.
        if (this.ended || this.stream.destroyed)
            return true;
        if (this.greeted)
            return this.stream.write(bytes);
        this.early.push(bytes);
        return true;
    }
    onDrain(listener) {
        this.stream.on('drain', listener);
    }
    pause() {
        this.stream.pause();
    }
    resume() {
        this.stream.resume();
    }
    end(last) {
        if (this.ended)
            return;
        if (last)
            this.send(last);
        this.ended = true;
        if (this.greeted)
            farewell(this.stream);
    }
}
function keyOf(pid, secret) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(pid);
    return Buffer.concat([bytes, secret]);
}
/** In a time that tells nothing of either. */
function sameText(one, other) {
    const hash = (bytes) => (0,external_node_crypto_.createHash)('sha256').update(bytes).digest();
    return (0,external_node_crypto_.timingSafeEqual)(hash(one), hash(other));
}
/** Closes once these bytes are out. What still comes is read, as unread bytes would reset the connection under them. */
function farewell(stream, last) {
    if (last)
        stream.write(last);
    stream.end();
    stream.resume();
    const patience = setTimeout(() => stream.destroy(), FAREWELL_MS);
    stream.once('close', () => clearTimeout(patience));
}
/** Takes exact numbers of bytes off a stream, however they come; what is not taken stays in the stream. */
class Intake {
    stream;
    wake = () => undefined;
    events = ['readable', 'end', 'close'];
    onEvent = () => this.wake();
    constructor(stream) {
        this.stream = stream;
        for (const event of this.events)
            stream.on(event, this.onEvent);
    }
    /** Throws Gone. */
    async take(count) {
        for (;;) {
            const bytes = this.stream.read(count);
            if (bytes?.length === count)
                return bytes;
            // At its end a stream gives what is left.
            if (bytes !== null || this.stream.readableEnded || this.stream.destroyed)
                throw new Gone();
            await new Promise((resolve) => {
                this.wake = resolve;
            });
        }
    }
    release() {
        for (const event of this.events)
            this.stream.off(event, this.onEvent);
    }
}

// EXTERNAL MODULE: ./src/engines/tool/child.ts
var tool_child = __webpack_require__(2424);
// EXTERNAL MODULE: ./src/engines/tool/environment.ts
var environment = __webpack_require__(8271);
;// CONCATENATED MODULE: ./src/engines/tool/running.ts
/** A tool that runs against a proxy of ours: the proxy, what the tool is told of it, and the end of both. */







/** `host` answers its connections. */
async function runAgainst(host, run) {
    const { tool, words, request, target, env, rehearsal, log, more } = run;
    const password = (0,external_node_crypto_.randomBytes)(24).toString('hex');
    const front = await listen(host, { password, log: (line) => log.detail(line) });
    const folder = (0,external_node_fs_.mkdtempSync)((0,external_node_path_.join)((0,external_node_os_.tmpdir)(), 'mgate-'));
    try {
        const sslRootCert = (0,external_node_path_.join)(folder, 'root.crt');
        (0,external_node_fs_.writeFileSync)(sslRootCert, await front.certificatePem());
        const { user, database } = target;
        const told = (0,environment/* childEnvironment */.Q)({
            env,
            target,
            own: { host: '127.0.0.1', port: front.port, user, password, database, sslRootCert },
            variables: request.urlVariables,
            rehearsal,
            secrets: request.secrets,
            nullDevice: external_node_os_.devNull,
        });
        const child = (0,tool_child/* startTool */.p)({
            words,
            cwd: request.workingDirectory,
            env: { PYTHONUTF8: '1', ...told.env, ...more },
            onLine: (line) => log.detail(`${tool.name}: ${line}`),
        });
        return {
            child,
            close: async () => {
                await child.stop();
                await front.close();
                (0,external_node_fs_.rmSync)(folder, { recursive: true, force: true });
            },
        };
    }
    catch (error) {
        await front.close();
        (0,external_node_fs_.rmSync)(folder, { recursive: true, force: true });
        throw error;
    }
}

;// CONCATENATED MODULE: ./src/engines/tool/application.ts
/** Apply, by the tool itself: each of its connections passes through a relay of ours, and is written down. */







/** A backend that is left without its client notices within a second where it was told to look. */
const GONE_WITHIN_MS = 10_000;
class Application {
    /** The tool said that all went well. */
    isDone = false;
    /** It has committed something, by what was said on its connections. */
    committed = false;
    input;
    pids = new Set();
    blocks = new Map();
    marks = [];
    lastError = null;
    constructor(input) {
        this.input = input;
    }
    async run() {
        const { bench, tool, plan, env } = this.input;
        await this.makeHistory();
        const relay = this.relay();
        const words = tool.upgrade(plan.pending);
        const began = performance.now();
        const running = await runAgainst(relay, {
            tool,
            words,
            request: bench.request,
            target: bench.target,
            env,
            rehearsal: false,
            log: bench.log,
        });
        const stop = () => {
            running.child
                .stop()
                .catch((error) => bench.log.line(`${tool.name} could not be stopped: ${error.message}`));
        };
        bench.signal.addEventListener('abort', stop);
        if (bench.signal.aborted)
            stop();
        let ended;
        try {
            ended = await running.child.ended;
        }
        finally {
            bench.signal.removeEventListener('abort', stop);
            await running.child.stop();
            await relay.close();
            await running.close();
            await this.untilGone();
        }
        this.isDone = ended.error === null && ended.code === 0;
        const { pending } = await this.input.pendingNow();
        const done = plan.pending.filter((one) => !pending.includes(one) || this.isDone);
        const times = this.times(done.length, began);
        const applied = done.map((migration, at) => ({ migration, ms: times[at] ?? null }));
        const first = plan.pending.find((one) => !done.includes(one)) ?? null;
        const failed = this.isDone || !first ? null : { migration: first, error: this.failure(ended, first) };
        await this.record(applied, failed);
        return { applied, failed };
    }
    relay() {
        const { bench, connections } = this.input;
        const { request, target, armed } = bench;
        // Where the server does not know it, it was not armed either.
        const looks = armed.some(({ text }) => text.includes('client_connection_check_interval'));
        return new Relay({
            database: target.database,
            open: (caller) => connections.connectTo({ ...target, database: caller.parameters.get('database') ?? target.database }),
            settings: [
                ['lock_timeout', `${request.lockTimeoutMs}ms`],
                ['statement_timeout', `${request.statementTimeoutMs}ms`],
                ...(looks ? [['client_connection_check_interval', '1s']] : []),
            ],
            cancel: (pid) => void this.ask('pg_cancel_backend', [pid]),
            onBackend: (pid) => void this.pids.add(pid),
            onStatement: (said) => this.hear(said),
        });
    }
    /** Follows which of it was committed, and when the tool recorded something. */
    hear(said) {
        const { log } = this.input.bench;
        const ms = Math.round(said.endedAt - said.beganAt);
        if (said.error) {
            this.lastError = said;
            log.detail(`${ms} ms, ${said.error.sqlstate ?? 'no answer'}: ${said.sql}`);
            // The answer to a COMMIT was lost: it may have been done.
            if (said.error.sqlstate === null && /^\s*(?:commit|end)\b/i.test(said.sql))
                this.committed = true;
        }
        else if (!/^(?:SELECT|SHOW|SET)/.test(said.tags[0] ?? ''))
            log.detail(`${ms} ms, ${said.tags.join(', ')}: ${said.sql}`);
        const name = this.input.tableName();
        if (name !== null &&
            !said.error &&
            /^(?:INSERT|UPDATE|DELETE)/.test(said.tags.at(-1) ?? '') &&
            said.sql.includes(name))
            this.marks.push(said.endedAt);
        for (const tag of said.tags)
            this.followTag(said.caller, tag);
    }
    followTag(caller, tag) {
        const block = this.blocks.get(caller);
        if (/^(?:BEGIN|START TRANSACTION)/.test(tag))
            this.blocks.set(caller, { wrote: false });
        else if (tag === 'COMMIT' || tag === 'ROLLBACK') {
            if (tag === 'COMMIT' && block?.wrote)
                this.committed = true;
            this.blocks.delete(caller);
        }
        else if (!HARMLESS.test(tag)) {
            if (block)
                block.wrote = true;
            else
                this.committed = true;
        }
    }
    /** Milliseconds of each migration, where the tool recorded them one by one. */
    times(count, began) {
        if (this.marks.length !== count)
            return [];
        return this.marks.map((at, index) => Math.round(at - (this.marks[index - 1] ?? began)));
    }
    failure(ended, migration) {
        const { bench, tool } = this.input;
        if (bench.signal.aborted)
            return (0,failure/* failureFrom */.J)((0,stop/* cancelled */.K)(`while ${tool.name} was applying`, 'Run it again: it goes on with what is still pending.'), null, { phase: 'apply', showData: true });
        const said = this.lastError;
        const error = said?.error
            ? Object.assign(new Error(said.error.message), said.error.sqlstate === null ? {} : { code: said.error.sqlstate, severity: 'ERROR' })
            : (ended.error ?? new Error(`${tool.name} failed`));
        const place = { sql: said?.sql ?? null, file: migration.file || null, line: null };
        return toolFailure({ error, ...place, ended, phase: 'apply' }, tool, bench.request);
    }
    // -- our own records ------------------------------------------------------------------------------------------
    async makeHistory() {
        const { session, tracking } = this.input.bench;
        if (tracking.complete)
            return;
        await session.batch([{ text: 'begin' }, ...(0,shared_tracking/* createHistoryItems */.nv)(tracking.schema), { text: 'commit' }]);
    }
    async record(applied, failed) {
        const { bench, stamp } = this.input;
        const session = await bench.witness();
        const rows = applied.map(({ migration, ms }) => (0,shared_tracking/* historyItem */.qm)(stamp, {
            version: migration.version,
            status: 'success',
            errorMessage: null,
            executionTimeMs: ms ?? 0,
        }));
        if (failed) {
            const { migration, error } = failed;
            rows.push((0,shared_tracking/* historyItem */.qm)(stamp, {
                version: migration.version,
                status: 'failed',
                errorMessage: error.message,
                executionTimeMs: 0,
            }));
        }
        if (rows.length === 0)
            return;
        await session.batch([{ text: 'begin' }, ...rows, { text: 'commit' }]);
    }
    /** What is read back must not change any more. */
    async untilGone() {
        const pids = [...this.pids];
        const until = Date.now() + GONE_WITHIN_MS;
        for (let look = 0; pids.length > 0; look += 1) {
            const { rows } = await this.ask(look < 10 ? null : 'pg_terminate_backend', pids);
            if (rows.length === 0)
                return;
            if (Date.now() > until)
                throw new Error(`the tool's backends are still at work: ${pids.join(', ')}`);
            await (0,promises_.setTimeout)(50);
        }
    }
    async ask(what, pids) {
        const { bench } = this.input;
        const session = bench.watcher.lost ? await bench.reconnect() : bench.watcher;
        const doing = what === null ? 'true' : `pg_catalog.${what}(pid)`;
        const of = bench.request.run.runId;
        bench.log.detail(`${what ?? 'looking for'} backends ${pids.join(', ')}${of ? ` of run ${of}` : ''}`);
        return session.query(`select ${doing} from pg_catalog.pg_stat_activity
        where pid = any ($1::int[]) and application_name = (select a.application_name from pg_catalog.pg_stat_activity a where a.pid = pg_catalog.pg_backend_pid())`, [pids]);
    }
}
const HARMLESS = /^(?:SELECT|SHOW|SET|RESET|SAVEPOINT|RELEASE|DECLARE|FETCH|MOVE|CLOSE|LISTEN|UNLISTEN|DISCARD|DEALLOCATE|PREPARE|EXPLAIN|LOCK|INSERT 0 0|UPDATE 0|DELETE 0|MERGE 0)/;

// EXTERNAL MODULE: ./src/rehearsal/attempt.ts + 5 modules
var attempt = __webpack_require__(4152);
// EXTERNAL MODULE: ./src/rehearsal/endings.ts
var endings = __webpack_require__(267);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/line.ts
/**
 * The rehearsal's one connection while a tool speaks on it: exchanges follow each other, the tool's and our own, each
 * answered by the server with one ReadyForQuery. Ours never touch what has no name (the unnamed statement and portal
 * are the tool's), and nothing waits for an answer that need not.
 */


/** Of ours; the tool's names never begin like this. */
const PORTAL = 'mgate';
const ONCE = 'mgate_once';
/** Texts without a name that are kept prepared; what comes once only would fill the server's memory. */
const MOST_PREPARED = 100;
class line_Line {
    /** Of the real transaction. */
    status = 'T';
    loan;
    reader = new FrameReader();
    exchanges = [];
    prepared = new Set();
    names = new Map();
    lost = null;
    lastWords = null;
    silent = [];
    constructor(session) {
        this.loan = session.lend((chunk) => this.hear(chunk));
        session.onLost((why) => this.lose(why));
    }
    /** Sends what the server answers with one ReadyForQuery; resolves with that. All other messages go to `onFrame`. */
    pass(bytes, onFrame) {
        return new Promise((resolve, reject) => {
            if (this.lost)
                return reject(this.lost);
            this.exchanges.push({ onFrame, resolve, reject });
            this.loan.write(bytes.length === 1 && bytes[0] ? bytes[0] : Buffer.concat(bytes));
        });
    }
    /** More of what belongs to the exchange that is under way: COPY's data. False: not so fast. */
    more(bytes) {
        return this.lost ? true : this.loan.write(bytes);
    }
    /** Our own statements, in one round trip. Rejects with a BatchError. */
    async batch(items) {
        const results = [];
        let rows = [];
        let failed = null;
        const onFrame = (frame) => {
            if (frame.type === 'D' && items[results.length]?.keep)
                rows.push(readRow(frame));
            else if (frame.type === 'E')
                failed = serverError(readFields(frame));
            else if (frame.type === 'C' || frame.type === 'I') {
                results.push({ tag: frame.type === 'C' ? (texts(frame, 1)[0] ?? null) : null, rows });
                rows = [];
            }
        };
        const bytes = items.flatMap((item) => this.bytesOf(item));
        await this.pass([...bytes, say.sync], onFrame);
        if (failed === null)
            return results;
        // What the server skipped was not prepared either, and which of it, is not worth telling apart.
        this.prepared.clear();
        throw new postgres_session/* BatchError */.PW(results, failed);
    }
    bytesOf({ name, text, values }) {
        const statement = name ?? this.nameOf(text);
        const parse = this.prepared.has(statement) ? [] : [say.close('S', statement), say.parse(statement, text)];
        if (statement !== ONCE)
            this.prepared.add(statement);
        return [...parse, say.bind(PORTAL, statement, values), say.execute(PORTAL), say.close('P', PORTAL)];
    }
    nameOf(text) {
        const known = this.names.get(text);
        if (known !== undefined)
            return known;
        if (this.names.size >= MOST_PREPARED || text.length > 1_000)
            return ONCE;
        const name = `mgate_own_${this.names.size}`;
        this.names.set(text, name);
        return name;
    }
    pause() {
        this.loan.pause();
    }
    resume() {
        this.loan.resume();
    }
    onDrain(listener) {
        this.loan.onDrain(listener);
    }
    /** Waits until every exchange is over. */
    fallSilent() {
        if (this.exchanges.length === 0)
            return Promise.resolve();
        return new Promise((resolve) => this.silent.push(resolve));
    }
    /** The session has its connection again. */
    giveBack() {
        this.loan.giveBack();
    }
    hear(chunk) {
        for (const frame of this.reader.push(chunk)) {
            const [exchange] = this.exchanges;
            if (frame.type === 'Z') {
                this.status = letter(frame);
                this.exchanges.shift();
                exchange?.resolve(this.status);
            }
            else if (exchange)
                exchange.onFrame(frame);
            else if (frame.type === 'E')
                this.lastWords = readFields(frame);
        }
        if (this.exchanges.length === 0)
            for (const resolve of this.silent.splice(0))
                resolve();
    }
    lose(why) {
        this.lost = this.lastWords ? serverError(this.lastWords) : why;
        for (const { reject } of this.exchanges.splice(0))
            reject(this.lost);
        for (const resolve of this.silent.splice(0))
            resolve();
    }
}
function readRow(frame) {
    const { bytes } = frame;
    const row = [];
    let at = 7;
    for (let left = bytes.readUInt16BE(5); left > 0; left -= 1) {
        const length = bytes.readInt32BE(at);
        at += 4;
        row.push(length < 0 ? null : bytes.toString('utf8', at, at + length));
        at += Math.max(0, length);
    }
    return row;
}
/** As `pg` would throw it. */
function serverError(fields) {
    const names = [
        ['V', 'severity'],
        ['C', 'code'],
        ['D', 'detail'],
        ['H', 'hint'],
        ['P', 'position'],
        ['p', 'internalPosition'],
        ['q', 'internalQuery'],
        ['W', 'where'],
        ['s', 'schema'],
        ['t', 'table'],
        ['c', 'column'],
        ['d', 'dataType'],
        ['n', 'constraint'],
        ['R', 'routine'],
    ];
    const error = new Error(fields.get('M') ?? 'the server did not say what is wrong');
    for (const [code, name] of names)
        if (fields.has(code))
            Object.assign(error, { [name]: fields.get(code) });
    return error;
}

// EXTERNAL MODULE: ./src/sql/split.ts
var split = __webpack_require__(6448);
// EXTERNAL MODULE: ./src/sql/statement.ts
var statement = __webpack_require__(1881);
// EXTERNAL MODULE: ./src/sql/classify.ts + 3 modules
var classify = __webpack_require__(2010);
// EXTERNAL MODULE: ./src/sql/tokens.ts
var sql_tokens = __webpack_require__(6080);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/translate.ts
/** What a tool's statement means on a session that is inside one transaction already. Words in, words out. */


function meaningOf(sql) {
    const facts = (0,classify/* classify */.L8)(sql);
    switch (facts.control) {
        case 'begin': {
            const words = wordsOf(sql);
            const level = words.indexOf('LEVEL');
            const isolation = level < 0 ? null : words.slice(level + 1, level + 3).join(' ');
            return {
                kind: 'begin',
                tag: words[0] === 'START' ? 'START TRANSACTION' : 'BEGIN',
                readOnly: follows(words, 'READ', 'ONLY'),
                isolation: isolation === null ? null : (ISOLATION_LEVELS.find((one) => isolation.startsWith(one)) ?? null),
            };
        }
        case 'commit':
        case 'commit-chain':
            return { kind: 'commit', chain: facts.control === 'commit-chain' };
        case 'rollback':
        case 'rollback-chain':
            return { kind: 'rollback', chain: facts.control === 'rollback-chain' };
        case 'savepoint':
            return { kind: 'savepoint', command: commandOfSavepoint(sql) };
        default:
            return pretended(sql, facts) ?? { kind: 'statement', facts };
    }
}
const ISOLATION_LEVELS = ['SERIALIZABLE', 'REPEATABLE READ', 'READ COMMITTED', 'READ UNCOMMITTED'];
function pretended(sql, facts) {
    if (!/^(?:SET|DISCARD|DEALLOCATE)\b/.test(facts.command))
        return null;
    const words = wordsOf(sql);
    const [first, second, third] = words;
    // The server allows these only before anything was done in the transaction, and never below its first level.
    if (first === 'SET' && (second === 'TRANSACTION' || (second === 'LOCAL' && third === 'TRANSACTION'))) {
        const isAboutMore = words.includes('ISOLATION') || words.includes('SNAPSHOT') || follows(words, 'READ', 'WRITE');
        return isAboutMore ? { kind: 'pretended', tag: 'SET', also: 'nothing' } : null;
    }
    if (first === 'DISCARD' && second === 'ALL')
        return { kind: 'pretended', tag: 'DISCARD ALL', also: 'reset' };
    if (first === 'DISCARD' && (second === 'TEMP' || second === 'TEMPORARY'))
        return { kind: 'pretended', tag: 'DISCARD TEMP', also: 'nothing' };
    const name = second === 'PREPARE' ? third : second;
    // Ours are among them.
    if (first === 'DEALLOCATE' && name === 'ALL')
        return { kind: 'pretended', tag: 'DEALLOCATE ALL', also: 'deallocate' };
    return null;
}
function commandOfSavepoint(sql) {
    const [first] = wordsOf(sql);
    if (first === 'RELEASE')
        return 'RELEASE SAVEPOINT';
    return first === 'SAVEPOINT' ? 'SAVEPOINT' : 'ROLLBACK TO SAVEPOINT';
}
function wordsOf(sql) {
    return (0,sql_tokens/* tokenize */.qw)(sql.slice(0, 1_000)).map((token) => token.word || sql.slice(token.start, token.end));
}
function follows(words, first, second) {
    return words.some((word, at) => word === first && words[at + 1] === second);
}
/** `setval` gives back what it was asked to set and sets nothing: a rollback would not undo it. Null: it is not called by name. */
function withoutSetval(sql) {
    const tokens = (0,sql_tokens/* tokenize */.qw)(sql);
    const cuts = [];
    for (const [at, token] of tokens.entries()) {
        const name = nameAt(sql, token);
        if (name !== 'setval' || tokens[at + 1]?.word !== '(')
            continue;
        const isQualified = tokens[at - 1]?.word === '.' && nameAt(sql, tokens[at - 2]) === 'pg_catalog';
        if (tokens[at - 1]?.word === '.' && !isQualified)
            continue;
        cuts.push({ from: (isQualified ? tokens[at - 2] : token)?.start ?? token.start, to: token.end });
    }
    if (cuts.length === 0)
        return null;
    let text = '';
    let end = 0;
    for (const { from, to } of cuts) {
        text += `${sql.slice(end, from)}${SETVAL}`;
        end = to;
    }
    return text + sql.slice(end);
}
const SETVAL = 'pg_temp.mgate_setval';
/** What stands in for it. */
const MAKE_SETVAL = [
    `create function ${SETVAL}(regclass, bigint) returns bigint language sql immutable as 'select $2'`,
    `create function ${SETVAL}(regclass, bigint, boolean) returns bigint language sql immutable as 'select $2'`,
];
function nameAt(sql, token) {
    if (!token)
        return '';
    if (token.kind === 'word')
        return sql.slice(token.start, token.end).toLowerCase();
    return token.kind === 'quoted' ? sql.slice(token.start + 1, token.end - 1) : '';
}
/** The command tag of a statement that is only said to be done. */
function tagOf({ command }) {
    switch (command.split(' ')[0]) {
        case 'INSERT':
            return 'INSERT 0 0';
        case 'UPDATE':
        case 'DELETE':
        case 'MERGE':
        case 'COPY':
        case 'SELECT':
            return `${command.split(' ')[0]} 0`;
        default:
            return command
                .replace(/^(CREATE|DROP) (?:UNIQUE )?INDEX.*$/, '$1 INDEX')
                .replace(/^(REINDEX|VACUUM|CLUSTER)\b.*$/, '$1');
    }
}
/** Reads and settings: what a tool asks and says besides its migrations. */
function isChatter({ command }) {
    return /^(?:SELECT|SHOW|SET|RESET|WITH|VALUES|TABLE|EXPLAIN|PREPARE|EXECUTE|DEALLOCATE|DISCARD|LISTEN|UNLISTEN|NOTIFY|DECLARE|FETCH|MOVE|CLOSE|SAVEPOINT|RELEASE|LOCK|CHECKPOINT|LOAD)\b/.test(command);
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/stage.ts
/**
 * The tool's connections, played on one session inside one transaction that never commits. Each of them is told what it
 * would be told by a server of its own: its BEGIN is a savepoint, its COMMIT releases it, a statement outside of a block
 * has a savepoint to itself, and what it may not do here is said to be done and is written down as not executed.
 */







/** One that is in a transaction and says nothing for so long lets others have a turn: it may be waiting for them. */
const QUIET_MS = 150;
/** Processes that the tool left behind may hold a connection for ever. */
const EMPTY_LOOK_MS = 5;
const EMPTY_LOOKS = 200;
const IMPLICIT = 'mgate_implicit';
const GUARD = 'mgate_guarded';
const MAINTENANCE = ['postgres', 'template1'];
class Stage {
    /** Connections that were admitted, and statements that they sent. */
    seen = { connections: 0, statements: 0 };
    line;
    director;
    seats = new Map();
    blocks = [];
    turn = null;
    isPlaying = false;
    timer = null;
    isOver = false;
    heard = null;
    fail = () => undefined;
    /** Rejects when the play cannot go on. */
    broken;
    constructor(line, director) {
        this.line = line;
        this.director = director;
        this.broken = new Promise((_, reject) => {
            this.fail = reject;
        });
        this.broken.catch(() => undefined);
        line.onDrain(() => {
            for (const { caller } of this.seats.values())
                caller.resume();
        });
    }
    // -- what callers say -----------------------------------------------------------------------------------------
    admit(caller) {
        const seat = {
            caller,
            status: 'I',
            block: null,
            implicit: false,
            queue: ['join'],
            prepared: new Map(),
            portals: new Map(),
            segment: [],
            owed: [],
            executed: 0,
            skips: false,
            copies: false,
            hasLeft: false,
            heardAt: Date.now(),
            settings: null,
            admit: null,
        };
        this.seats.set(caller, seat);
        this.seen.connections += 1;
        caller.onDrain(() => this.line.resume());
        return new Promise((resolve) => {
            seat.admit = resolve;
            if (this.isOver)
                resolve(stage_refusal('57P01', 'the rehearsal is over'));
            else
                this.play();
        });
    }
    hear(caller, frames) {
        const seat = this.seats.get(caller);
        if (!seat || this.isOver)
            return;
        seat.heardAt = Date.now();
        for (const frame of frames) {
            const within = seat.copies && seat.queue.length === 0;
            if (within && isCopyData(frame))
                this.copyIn(seat, frame);
            else if (within && (frame.type === 'S' || frame.type === 'H'))
                continue;
            else
                seat.queue.push(frame);
        }
        this.play();
    }
    left(caller) {
        const seat = this.seats.get(caller);
        if (!seat || this.isOver)
            return;
        seat.hasLeft = true;
        if (seat.copies) {
            seat.copies = false;
            this.line.more(say.copyFail('the connection was closed'));
        }
        seat.queue.push('leave');
        this.play();
    }
    cancel(caller) {
        if (this.heard?.caller === caller)
            this.director.cancel();
    }
    /** The server owes an answer. */
    get isBusy() {
        return this.heard !== null;
    }
    /** The tool has ended: what its connections said last is done, and they are gone, or none of them says anything any more. */
    async emptied() {
        for (let look = 0; look < EMPTY_LOOKS && !this.isOver; look += 1) {
            if (this.seats.size === 0 && !this.heard)
                return;
            await Promise.race([(0,promises_.setTimeout)(EMPTY_LOOK_MS), this.broken]);
        }
    }
    /** Nothing more is taken; the callers' connections end. Resolves when the server owes no answer. */
    async end() {
        this.isOver = true;
        if (this.timer)
            clearTimeout(this.timer);
        for (const seat of this.seats.values()) {
            if (seat.copies)
                this.line.more(say.copyFail('the rehearsal is over'));
            seat.copies = false;
            seat.caller.end(answer.error(errorFields('FATAL', '57P01', 'the rehearsal is over')));
        }
        await this.line.fallSilent();
    }
    copyIn(seat, frame) {
        if (frame.type !== 'd')
            seat.copies = false;
        if (!this.line.more(frame.bytes))
            seat.caller.pause();
        // A Sync before the data's end is not heeded: here is the one that is.
        if (frame.type !== 'd' && seat.owed.length > 0)
            this.line.more(say.sync);
    }
    // -- turns ----------------------------------------------------------------------------------------------------
    play() {
        if (this.isPlaying || this.isOver)
            return;
        this.isPlaying = true;
        this.playOn().catch((error) => {
            this.isOver = true;
            this.fail(error);
        });
    }
    async playOn() {
        while (!this.isOver) {
            const seat = this.next();
            if (!seat) {
                // Before anything else can come: what comes then begins it again.
                this.isPlaying = false;
                return;
            }
            const frame = seat.queue.shift();
            if (frame === undefined)
                continue;
            await this.giveTurnTo(seat);
            this.heard = seat;
            if (frame === 'join')
                await this.join(seat);
            else if (frame === 'leave')
                await this.leave(seat);
            else
                await this.take(seat, frame);
            this.heard = null;
        }
    }
    /** Whoever is in a transaction goes on with it; when all of those are quiet, another. */
    next() {
        const ready = [...this.seats.values()].filter((seat) => seat.queue.length > 0);
        const within = [...this.seats.values()].filter((seat) => seat.status !== 'I' || seat.implicit);
        const first = ready.find((seat) => seat === this.turn && within.includes(seat)) ?? ready.find((seat) => within.includes(seat));
        if (first)
            return first;
        const [other] = ready;
        if (!other || within.length === 0)
            return other ?? null;
        const quietAt = Math.max(...within.map((seat) => seat.heardAt)) + QUIET_MS;
        const wait = quietAt - Date.now();
        if (wait <= 0)
            return other;
        if (this.timer)
            clearTimeout(this.timer);
        this.timer = setTimeout(() => this.play(), wait);
        return null;
    }
    /** Settings are of a connection: those of the last one are put away, and its own are put back. */
    async giveTurnTo(seat) {
        if (this.turn === seat)
            return;
        const last = this.turn;
        this.turn = seat;
        if (!last)
            return;
        // What one of them did wrong is not the other's.
        if (this.line.status === 'E' && last.block)
            await this.line.batch([ROLLBACK_TO(last.block.name)]);
        if (!last.hasLeft)
            last.settings = await this.settingsNow();
        const own = seat.settings ?? [];
        await this.line.batch([...RESET, ...this.director.settings(), ...own]);
    }
    async settingsNow() {
        const [rows] = await this.line.batch([SETTINGS]);
        return settingItems((rows?.rows ?? []).map(([name, value]) => [name ?? '', value ?? '']));
    }
    async join(seat) {
        const { admit, caller } = seat;
        seat.admit = null;
        const asked = caller.parameters.get('database') ?? caller.parameters.get('user') ?? '';
        if (asked !== this.director.database && !MAINTENANCE.includes(asked)) {
            this.seats.delete(caller);
            return admit?.(stage_refusal('3D000', `only the database ${this.director.database} is rehearsed here`));
        }
        try {
            const settings = settingsOf(caller.parameters);
            await this.line.batch([SAVEPOINT(IMPLICIT), ...settingItems(settings), RELEASE(IMPLICIT)]);
            const [encoding, reported, backend] = await this.line.batch([encodingItem(settings), REPORTED, BACKEND]);
            const rows = [...(reported?.rows ?? []), ...(encoding?.rows ?? [])];
            const parameters = new Map(rows.map(([name, value]) => [name ?? '', value ?? '']));
            admit?.({ kind: 'admitted', pid: Number(backend?.rows[0]?.[0] ?? 0), parameters });
        }
        catch (error) {
            this.seats.delete(caller);
            if (error instanceof StartupError)
                return admit?.(stage_refusal(error.sqlstate, error.message));
            if (!(error instanceof postgres_session/* BatchError */.PW))
                throw error;
            await this.line.batch([ROLLBACK_TO(IMPLICIT), RELEASE(IMPLICIT)]);
            const { code, message: text } = error.cause;
            admit?.(stage_refusal(code ?? 'XX000', text));
        }
    }
    /** As a server does: what was not committed is gone. */
    async leave(seat) {
        if (seat.implicit)
            await this.undoImplicit(seat);
        if (seat.block)
            await this.rollBack(seat);
        this.seats.delete(seat.caller);
    }
    // -- messages -------------------------------------------------------------------------------------------------
    async take(seat, frame) {
        switch (frame.type) {
            case 'Q':
                seat.skips = false;
                await this.query(seat, texts(frame, 1)[0] ?? '');
                return;
            case 'S':
                return this.sync(seat);
            case 'H':
                if (!seat.skips)
                    await this.sendSegment(seat);
                return;
            case 'F':
                await this.functionCall(seat, frame);
                return;
            case 'P':
            case 'B':
            case 'D':
            case 'C':
            case 'E':
                if (!seat.skips)
                    await this.extended(seat, frame);
                return;
            default:
                // Data of a COPY that has failed, which a server passes over too.
                if (!isCopyData(frame))
                    this.tell(seat, answer.error(errorFields('ERROR', '08P01', `a message ${frame.type} cannot be rehearsed`)));
        }
    }
    async query(seat, text) {
        let statements;
        try {
            statements = [...placed(text)];
        }
        catch (error) {
            if (!(error instanceof statement/* SqlProblem */.m))
                throw error;
            // The server says best what is wrong with it.
            statements = [{ sql: text, from: 0 }];
        }
        const alone = statements.length <= 1;
        if (statements.length === 0)
            this.tell(seat, answer.emptyQuery);
        for (const { sql, from } of statements) {
            const within = seat.status !== 'I' ? 'block' : alone ? 'none' : 'together';
            const meaning = meaningOf(sql);
            const offset = from === 0 ? 0 : [...text.slice(0, from)].length;
            if (!(await this.perform(seat, sql, meaning, within, offset)))
                break;
        }
        await this.settle(seat);
        this.tell(seat, answer.readyForQuery(seat.status));
    }
    /** One statement of a simple query. False: it failed, and what follows in the same string is not run. */
    async perform(seat, sql, meaning, within, offset) {
        if (meaning.kind !== 'statement')
            return this.control(seat, meaning, sql);
        const said = { sql, facts: meaning.facts, within, hasValues: false };
        return this.execute(seat, said, {
            send: (text) => [say.query(text ?? sql)],
            onFrame: (frame) => this.tell(seat, shifted(frame, offset)),
            owed: () => [],
        });
    }
    async extended(seat, frame) {
        const own = (name) => (seat.caller.id === 1 ? name : `c${seat.caller.id}_${name}`);
        await this.openImplicit(seat);
        switch (frame.type) {
            case 'P': {
                const [name = '', sql = ''] = texts(frame, 2);
                const types = frame.bytes.subarray(5 + Buffer.byteLength(name) + 1 + Buffer.byteLength(sql) + 1);
                // What is called by a name of ours must be closed before it is made anew.
                if (name === '' && seat.caller.id !== 1) {
                    seat.segment.push(say.close('S', own(name)));
                    seat.owed.push('-');
                }
                const meaning = firstMeaning(sql);
                seat.prepared.set(name, { sql, meaning, types });
                seat.segment.push(message('P', own(name), sql, types));
                seat.owed.push('P');
                return;
            }
            case 'B': {
                const [portal = '', name = ''] = texts(frame, 2);
                const rest = frame.bytes.subarray(5 + Buffer.byteLength(portal) + 1 + Buffer.byteLength(name) + 1);
                const statement = seat.prepared.get(name);
                if (statement)
                    seat.portals.set(portal, { statement, rest });
                if (portal === '' && seat.caller.id !== 1) {
                    seat.segment.push(say.close('P', own(portal)));
                    seat.owed.push('-');
                }
                seat.segment.push(message('B', own(portal), own(name), rest));
                seat.owed.push('B');
                return;
            }
            case 'D':
            case 'C': {
                const kind = letter(frame);
                const [name = ''] = texts(frame, 1, 1);
                if (frame.type === 'C' && kind === 'S')
                    seat.prepared.delete(name);
                if (frame.type === 'C' && kind === 'P')
                    seat.portals.delete(name);
                seat.segment.push((frame.type === 'D' ? say.describe : say.close)(kind, own(name)));
                seat.owed.push(frame.type === 'D' ? `D${kind}` : 'C');
                return;
            }
            default: {
                const [name = ''] = texts(frame, 1);
                const portal = seat.portals.get(name);
                const most = frame.bytes.subarray(frame.bytes.length - 4);
                if (!portal) {
                    seat.segment.push(message('E', own(name), most));
                    seat.owed.push('E');
                    return this.sendSegment(seat);
                }
                await this.executePortal(seat, portal, message('E', own(name), most));
            }
        }
    }
    async executePortal(seat, { statement, rest }, execute) {
        const { sql, meaning, types } = statement;
        if (meaning.kind !== 'statement') {
            await this.sendSegment(seat);
            if (!seat.skips && !(await this.control(seat, meaning, sql)))
                seat.skips = true;
            return;
        }
        const follows = seat.queue.find((frame) => typeof frame !== 'string' && frame.type !== 'C' && frame.type !== 'H');
        const isLast = follows === undefined || (typeof follows !== 'string' && follows.type === 'S');
        const within = seat.status !== 'I' ? 'block' : seat.executed === 0 && isLast ? 'none' : 'together';
        seat.executed += 1;
        const said = {
            sql,
            facts: meaning.facts,
            within,
            hasValues: rest.readUInt16BE(2 * rest.readUInt16BE(0) + 2) > 0,
        };
        const passed = await this.execute(seat, said, {
            send: (text) => {
                const bytes = seat.segment;
                seat.segment = [];
                if (text === undefined) {
                    seat.owed.push('E');
                    return [...bytes, execute, say.sync];
                }
                seat.owed.push('-', '-', 'E', '-', '-');
                const most = execute.subarray(execute.length - 4);
                return [
                    ...bytes,
                    message('P', INSTEAD, text, types),
                    message('B', INSTEAD, INSTEAD, rest),
                    message('E', INSTEAD, most),
                    say.close('P', INSTEAD),
                    say.close('S', INSTEAD),
                    say.sync,
                ];
            },
            onFrame: (frame) => this.tellOwed(seat, frame),
            owed: () => seat.owed.splice(0),
        });
        if (!passed)
            seat.skips = true;
    }
    /** What was held back goes to the server, and what it answers to the tool. */
    async sendSegment(seat) {
        const bytes = seat.segment;
        if (bytes.length === 0)
            return;
        seat.segment = [];
        let failed = false;
        await this.line.pass([...bytes, say.sync], (frame) => {
            if (frame.type === 'E')
                failed = true;
            this.tellOwed(seat, frame);
        });
        seat.owed = [];
        if (failed)
            this.failed(seat);
    }
    async sync(seat) {
        if (!seat.skips)
            await this.sendSegment(seat);
        seat.skips = false;
        seat.executed = 0;
        seat.owed = [];
        await this.settle(seat);
        this.tell(seat, answer.readyForQuery(seat.status));
    }
    async functionCall(seat, frame) {
        await this.openImplicit(seat);
        let failed = false;
        await this.line.pass([frame.bytes], (one) => {
            if (one.type === 'E')
                failed = true;
            this.tell(seat, one.bytes);
        });
        if (failed)
            this.failed(seat);
        await this.settle(seat);
        this.tell(seat, answer.readyForQuery(seat.status));
    }
    // -- statements -----------------------------------------------------------------------------------------------
    async execute(seat, said, way) {
        await this.openImplicit(seat);
        this.seen.statements += 1;
        if (seat.status === 'E' && this.line.status !== 'E')
            return this.fails(seat, '25P02', ABORTED);
        if (this.line.status === 'E')
            return this.passAborted(seat, way);
        if (said.facts.nonTransactional && said.within !== 'none')
            return this.refuse(seat, said, way);
        const decision = await this.director.before(said);
        if (decision.send === 'nothing') {
            if (seat.segment.length > 0)
                await this.sendSegment(seat);
            if (seat.skips)
                return false;
            this.tell(seat, answer.commandComplete(decision.tag));
            return true;
        }
        if (seat.block && !isChatter(said.facts))
            seat.block.wrote = true;
        if (decision.guarded)
            await this.line.batch([SAVEPOINT(GUARD)]);
        const begun = performance.now();
        let tag = null;
        let error = null;
        const bytes = way.send(decision.send === 'instead' ? decision.sql : undefined);
        await this.line.pass(bytes, (frame) => {
            if (frame.type === 'C')
                tag = texts(frame, 1)[0] ?? null;
            else if (frame.type === 'G')
                seat.copies = true;
            if (frame.type === 'G' && seat.hasLeft)
                this.line.more(say.copyFail('the connection was closed'));
            if (frame.type === 'G')
                this.copyWaiting(seat);
            if (frame.type === 'E' && decision.guarded)
                error = frame;
            else {
                if (frame.type === 'E')
                    error = frame;
                way.onFrame(frame);
            }
            // The Sync that was sent with it went by unheeded.
            if (frame.type === 'E' && seat.copies && seat.owed.length > 0)
                this.line.more(say.sync);
            if (frame.type === 'E')
                seat.copies = false;
        });
        seat.copies = false;
        const ms = performance.now() - begun;
        if (decision.guarded)
            return this.judge(seat, said, way, { tag, error, ms });
        if (error)
            this.failed(seat);
        await this.director.after(said, { tag, error: error && readFields(error), ms });
        if (!error)
            way.owed();
        return error === null;
    }
    async judge(seat, said, way, { tag, error, ms }) {
        if (!error) {
            await this.line.batch([RELEASE(GUARD)]);
            way.owed();
            await this.director.after(said, { tag, error: null, ms });
            return true;
        }
        const fields = readFields(error);
        await this.line.batch([ROLLBACK_TO(GUARD), RELEASE(GUARD)]);
        const forgiven = await this.director.forgive(said, fields);
        if (forgiven !== null) {
            for (const owed of way.owed())
                this.makeUp(seat, owed);
            this.tell(seat, answer.commandComplete(forgiven));
            return true;
        }
        await this.director.after(said, { tag: null, error: fields, ms });
        // For the server too it has failed: what follows is refused as it would be.
        if (seat.status === 'T')
            await this.line.pass([say.query(FAIL)], () => undefined);
        way.onFrame(error);
        this.failed(seat);
        return false;
    }
    /** What was said while the server was not yet ready for COPY's data. */
    copyWaiting(seat) {
        for (let frame = seat.queue[0]; frame !== undefined && frame !== 'join' && frame !== 'leave' && seat.copies; frame = seat.queue[0]) {
            if (!isCopyData(frame)) {
                // Sync and Flush are passed over in COPY.
                if (frame.type !== 'S' && frame.type !== 'H')
                    return;
                seat.queue.shift();
                continue;
            }
            seat.queue.shift();
            this.copyIn(seat, frame);
        }
    }
    /** In a transaction that has failed the server refuses it; nobody need think about it. */
    async passAborted(_seat, way) {
        await this.line.pass(way.send(undefined), way.onFrame);
        way.owed();
        return false;
    }
    /** What no transaction allows: the server says so itself. */
    async refuse(seat, said, way) {
        const ms = 0;
        let error = null;
        await this.line.pass(way.send(undefined), (frame) => {
            if (frame.type === 'E')
                error = frame;
            way.onFrame(frame);
        });
        way.owed();
        if (error)
            this.failed(seat);
        await this.director.after(said, { tag: null, error: error && readFields(error), ms });
        return error === null;
    }
    /** After an error the server has one aborted transaction; how far back the tool's own goes is decided here. */
    failed(seat) {
        seat.skips = true;
        if (seat.status === 'T')
            seat.status = 'E';
    }
    // -- transactions ---------------------------------------------------------------------------------------------
    async control(seat, meaning, sql) {
        switch (meaning.kind) {
            case 'begin':
                return this.begin(seat, meaning);
            case 'commit':
                return this.commit(seat, meaning.chain);
            case 'rollback':
                return this.rollback(seat, meaning.chain);
            case 'savepoint':
                return this.savepoint(seat, meaning.command, sql);
            case 'pretended':
                return this.pretend(seat, meaning);
        }
    }
    async begin(seat, { tag, readOnly, isolation }) {
        if (isolation !== null && isolation !== 'READ COMMITTED')
            this.director.note(`a transaction asks for ISOLATION LEVEL ${isolation}: it was rehearsed in READ COMMITTED`);
        if (seat.status === 'E')
            return this.passControl(seat, 'begin');
        if (seat.status === 'T')
            this.warn(seat, '25001', 'there is already a transaction in progress');
        else
            await this.openBlock(seat, readOnly ? ['set transaction read only'] : []);
        this.tell(seat, answer.commandComplete(tag));
        return true;
    }
    async openBlock(seat, first) {
        // What was done before in the same string belongs to it.
        const isGrown = seat.implicit;
        const name = isGrown ? IMPLICIT : `mgate_block_${this.blocks.length + 1}`;
        const items = first.map((text) => ({ text }));
        await this.line.batch(isGrown ? items : [SAVEPOINT(name), ...items]);
        seat.implicit = false;
        seat.status = 'T';
        seat.block = { name, seat, chained: first, isClosed: false, wrote: false };
        this.blocks.push(seat.block);
    }
    async commit(seat, chain) {
        const { block } = seat;
        if (!block) {
            if (chain)
                return this.fails(seat, '25P01', 'COMMIT AND CHAIN can only be used in transaction blocks');
            this.warn(seat, '25P01', 'there is no transaction in progress');
            if (seat.implicit && !(await this.closeImplicit(seat)))
                return false;
            this.tell(seat, answer.commandComplete('COMMIT'));
            return true;
        }
        if (seat.status === 'E')
            return this.rollback(seat, chain);
        try {
            await this.director.commit();
        }
        catch (error) {
            if (!(error instanceof postgres_session/* BatchError */.PW))
                throw error;
            await this.rollBack(seat);
            this.tell(seat, errorOf(error));
            return false;
        }
        seat.status = 'I';
        seat.block = null;
        block.isClosed = true;
        await this.releaseClosed();
        if (chain)
            await this.openBlock(seat, block.chained);
        this.tell(seat, answer.commandComplete('COMMIT'));
        return true;
    }
    async rollback(seat, chain) {
        const { block } = seat;
        if (!block) {
            if (chain)
                return this.fails(seat, '25P01', 'ROLLBACK AND CHAIN can only be used in transaction blocks');
            this.warn(seat, '25P01', 'there is no transaction in progress');
            if (seat.implicit)
                await this.undoImplicit(seat);
        }
        else {
            await this.rollBack(seat);
            if (chain)
                await this.openBlock(seat, block.chained);
        }
        this.tell(seat, answer.commandComplete('ROLLBACK'));
        return true;
    }
    async rollBack(seat) {
        const { block } = seat;
        if (!block)
            return;
        seat.status = 'I';
        seat.block = null;
        const above = this.blocks.slice(this.blocks.indexOf(block) + 1);
        if (above.length > 0 && !block.wrote && this.line.status !== 'E') {
            // It has done nothing that would have to be undone.
            block.isClosed = true;
            return;
        }
        if (above.length > 0) {
            this.director.note('two transactions of the tool were open at once, and the first of them was rolled back: what the other did is lost in the rehearsal');
            for (const other of above) {
                other.seat.block = null;
                other.seat.status = 'I';
            }
        }
        this.blocks.splice(this.blocks.indexOf(block));
        await this.line.batch([ROLLBACK_TO(block.name), RELEASE(block.name)]);
        await this.releaseClosed();
    }
    /** A savepoint takes all above it along: it can go only when it is the last. */
    async releaseClosed() {
        for (let last = this.blocks.at(-1); last?.isClosed; last = this.blocks.at(-1)) {
            this.blocks.pop();
            await this.line.batch([RELEASE(last.name)]);
        }
    }
    async savepoint(seat, command, sql) {
        if (seat.status === 'I')
            return this.fails(seat, '25P01', `${command} can only be used in transaction blocks`);
        return this.passControl(seat, sql);
    }
    async passControl(seat, sql) {
        let failed = false;
        seat.status = await this.line.pass([say.query(sql)], (frame) => {
            if (frame.type === 'E')
                failed = true;
            this.tell(seat, frame.bytes);
        });
        return !failed;
    }
    async pretend(seat, { tag, also }) {
        if (this.line.status === 'E')
            return this.passControl(seat, 'set mgate.nothing to 1');
        if (tag === 'SET')
            this.director.note('SET TRANSACTION ISOLATION LEVEL was not executed: the rehearsal is in READ COMMITTED');
        if (also === 'reset' && seat.status === 'T')
            return this.passControl(seat, 'discard all');
        if (also === 'reset')
            await this.line.batch([...RESET, ...this.director.settings()]);
        if (also !== 'nothing') {
            const names = [...seat.prepared.keys()].filter((name) => name !== '');
            const prefix = seat.caller.id === 1 ? '' : `c${seat.caller.id}_`;
            const bytes = names.map((name) => say.close('S', `${prefix}${name}`));
            if (bytes.length > 0)
                await this.line.pass([...bytes, say.sync], () => undefined);
            seat.prepared.clear();
        }
        this.tell(seat, answer.commandComplete(tag));
        return true;
    }
    /** An error that this server cannot make, as it is inside a transaction: the tool's is told, and so is the server. */
    async fails(seat, sqlstate, text) {
        if (seat.status === 'T' || seat.implicit)
            await this.line.pass([say.query(FAIL)], () => undefined);
        this.tell(seat, answer.error(errorFields('ERROR', sqlstate, text)));
        this.failed(seat);
        return false;
    }
    /** What stands outside of a block is undone by itself when it fails. */
    async openImplicit(seat) {
        if (seat.status !== 'I' || seat.implicit)
            return;
        seat.implicit = true;
        await this.line.batch([SAVEPOINT(IMPLICIT)]);
    }
    async settle(seat) {
        if (!seat.implicit) {
            seat.skips = false;
            return;
        }
        if (this.line.status === 'E' || seat.skips)
            await this.undoImplicit(seat);
        else
            await this.closeImplicit(seat);
        seat.skips = false;
    }
    async closeImplicit(seat) {
        try {
            await this.director.commit();
        }
        catch (error) {
            if (!(error instanceof postgres_session/* BatchError */.PW))
                throw error;
            await this.undoImplicit(seat);
            this.tell(seat, errorOf(error));
            return false;
        }
        seat.implicit = false;
        await this.line.batch([RELEASE(IMPLICIT)]);
        return true;
    }
    async undoImplicit(seat) {
        seat.implicit = false;
        await this.line.batch([ROLLBACK_TO(IMPLICIT), RELEASE(IMPLICIT)]);
    }
    // -- answers --------------------------------------------------------------------------------------------------
    tell(seat, bytes) {
        if (!seat.hasLeft && !seat.caller.send(bytes))
            this.line.pause();
    }
    /** Answers to messages of ours among the tool's are not its own. */
    tellOwed(seat, frame) {
        switch (frame.type) {
            case '1':
            case '2':
            case '3':
            case 'n':
            case 'T':
                if (frame.type === 'T' && seat.owed[0]?.[0] !== 'D')
                    break;
                if (seat.owed.shift() === '-')
                    return;
                break;
            case 'C':
            case 'I':
            case 's':
                seat.owed.shift();
                break;
            default:
        }
        this.tell(seat, frame.bytes);
    }
    /** Of a statement that is said to be done: what the server would have answered. */
    makeUp(seat, owed) {
        if (owed === 'P')
            this.tell(seat, answer.parseComplete);
        else if (owed === 'B')
            this.tell(seat, answer.bindComplete);
        else if (owed === 'C')
            this.tell(seat, answer.closeComplete);
        else if (owed === 'DS')
            this.tell(seat, NO_PARAMETERS);
        if (owed === 'DS' || owed === 'DP')
            this.tell(seat, answer.noData);
    }
    warn(seat, sqlstate, text) {
        const fields = new Map(errorFields('ERROR', sqlstate, text)).set('S', 'WARNING').set('V', 'WARNING');
        this.tell(seat, answer.notice(fields));
    }
}
const ABORTED = 'current transaction is aborted, commands ignored until end of transaction block';
const INSTEAD = 'mgate_instead';
/** Refused wherever it stands. */
const FAIL = 'mgate fails here';
const NO_PARAMETERS = message('t', Buffer.from([0, 0]));
const SAVEPOINT = (name) => ({ text: `savepoint ${name}` });
const RELEASE = (name) => ({ text: `release savepoint ${name}` });
const ROLLBACK_TO = (name) => ({ text: `rollback to savepoint ${name}` });
const RESET = [
    { text: 'reset session authorization' },
    { text: 'reset role' },
    { text: 'reset all' },
];
const BACKEND = { keep: true, text: 'select pg_catalog.pg_backend_pid()::text' };
/** The role comes last: with another one the rest might not be allowed. */
const SETTINGS = {
    keep: true,
    text: `select name, setting from pg_catalog.pg_settings where source = 'session' and context <> 'internal' and name not in ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
         union all select 'role', pg_catalog.current_setting('role') where pg_catalog.current_setting('role') <> 'none'`,
};
function stage_refusal(sqlstate, text) {
    return { kind: 'refused', fields: errorFields('FATAL', sqlstate, text) };
}
function errorOf(error) {
    const { code, message: text, detail, hint, schema, table, constraint, } = error.cause;
    const more = [
        ['D', detail],
        ['H', hint],
        ['s', schema],
        ['t', table],
        ['n', constraint],
    ];
    const fields = new Map(errorFields('ERROR', code ?? 'XX000', text ?? ''));
    for (const [name, value] of more)
        if (value !== undefined)
            fields.set(name, value);
    return answer.error(fields);
}
function isCopyData({ type }) {
    return type === 'd' || type === 'c' || type === 'f';
}
/** The error's position counted in the whole text that the tool sent; `by` in code points. */
function shifted(frame, by) {
    if (by === 0 || frame.type !== 'E')
        return frame.bytes;
    const fields = new Map(readFields(frame));
    const position = Number(fields.get('P'));
    if (!fields.has('P') || !Number.isInteger(position))
        return frame.bytes;
    return answer.error(fields.set('P', String(position + by)));
}
/** What a prepared statement means; one that cannot be read is the server's to judge. */
function firstMeaning(sql) {
    try {
        const [first] = placed(sql);
        return meaningOf(first?.sql ?? sql);
    }
    catch (error) {
        if (error instanceof statement/* SqlProblem */.m)
            return meaningOf(sql);
        throw error;
    }
}
/** The statements of a text and where each begins in it, in UTF-16 units. */
function* placed(text) {
    let from = 0;
    for (const { sql } of (0,split/* splitStatements */.X)([text])) {
        from = text.indexOf(sql, from);
        yield { sql, from };
        from += sql.length;
    }
}

// EXTERNAL MODULE: ./src/rehearsal/report.ts
var report = __webpack_require__(5413);
// EXTERNAL MODULE: external "node:dns/promises"
var external_node_dns_promises_ = __webpack_require__(1553);
// EXTERNAL MODULE: external "node:worker_threads"
var external_node_worker_threads_ = __webpack_require__(5919);
;// CONCATENATED MODULE: ./src/engines/tool/astray.ts
/**
 * Watches, while a tool is rehearsed, that none of its processes connects to the target itself, past our proxy. On Linux
 * the kernel's tables of sockets show it; whoever does it is killed, and the whole group with it.
 *
 * It is a race. Stopped within a fraction of a millisecond of its connection, a client that has to say a password seldom
 * gets as far as a statement; one that is let in without a password may send it in its first packet, and then it is too late.
 * So this is not what keeps the target safe, but what tells why a tool is refused.
 */




/** The variable, set to the marker in the tool's environment, by which its processes are known wherever they went. */
const MARKER_VARIABLE = 'MIGRATION_GATE_REHEARSAL_ID';
const LEADER = 0;
const END = 1;
/**
 * Begins to watch; to be called before the tool is started, as that may be faster than a thread. What was connected
 * before is not looked at. A socket in a folder is not watched: the kernel does not say who is at its other end.
 * Throws when the host cannot be resolved.
 */
async function watchAstray(options) {
    const { host, port, marker, onSeen, onBlind } = options;
    if (process.platform !== 'linux')
        return unwatched('only Linux shows which process has which connection');
    if (host.startsWith('/'))
        return unwatched('the target is reached by a socket in a folder, not by TCP');
    const remotes = await remotesOf(host, port);
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const worker = new external_node_worker_threads_.Worker(__webpack_require__.ab + "astray-worker.js", {
        workerData: { shared, remotes, marking: `${MARKER_VARIABLE}=${marker}` },
        execArgv: [],
    });
    const ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    const failure = await new Promise((resolve) => {
        worker.once('message', () => resolve(null));
        worker.once('error', (error) => resolve(asError(error)));
    });
    if (failure !== null)
        return unwatched(`the sockets of this machine cannot be read: ${failure.message}`);
    worker.on('message', onSeen);
    worker.on('error', (error) => onBlind(asError(error)));
    return {
        supported: true,
        reason: null,
        follow: (leaderPid) => {
            Atomics.store(shared, LEADER, leaderPid);
        },
        stop: async () => {
            Atomics.store(shared, END, 1);
            Atomics.notify(shared, END);
            await ended;
        },
    };
}
function unwatched(reason) {
    return { supported: false, reason, follow: () => undefined, stop: async () => undefined };
}
function asError(thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
}
/** Every address and port under which the target can be met, as `/proc/net/tcp` and `tcp6` write them. */
async function remotesOf(host, port) {
    const addresses = new Set((await (0,external_node_dns_promises_.lookup)(host, { all: true })).map(({ address }) => address));
    const own = Object.values((0,external_node_os_.networkInterfaces)()).flatMap((all) => (all ?? []).map(({ address }) => address));
    // A server on this machine may answer at any of its addresses.
    if ([...addresses].some((address) => own.includes(address) || address.startsWith('127.'))) {
        for (const address of ['127.0.0.1', '::1', ...own])
            addresses.add(address);
    }
    return [...new Set([...addresses].flatMap((address) => kernelForms(address, port)))];
}
/** `0100007F:1538` and its like: words of 32 bits in the machine's own order. An IPv4 address in its IPv6 form as well. */
function kernelForms(address, port, isLittleEndian = (0,external_node_os_.endianness)() === 'LE') {
    const bytes = (0,external_node_net_.isIPv4)(address) ? [...MAPPED, ...quad(address)] : bytesOfIPv6(address);
    const words = [0, 4, 8, 12].map((at) => {
        const word = bytes.slice(at, at + 4);
        return hex(isLittleEndian ? word.reverse() : word);
    });
    const behind = `:${hex([port >> 8, port & 255])}`;
    const isMapped = MAPPED.every((byte, at) => bytes[at] === byte);
    return [words.join('') + behind, ...(isMapped ? [words[3] + behind] : [])];
}
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];
function quad(address) {
    return address.split('.').map(Number);
}
function bytesOfIPv6(address) {
    const [head = '', tail] = address.replace(/%.*/, '').split('::');
    const read = (text) => text.split(':').flatMap((part) => {
        if (part === '')
            return [];
        if (part.includes('.'))
            return quad(part);
        const word = Number.parseInt(part, 16);
        return [word >> 8, word & 255];
    });
    const [first, last] = [read(head), read(tail ?? '')];
    return [...first, ...Array(16 - first.length - last.length).fill(0), ...last];
}
function hex(bytes) {
    return bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}

// EXTERNAL MODULE: ./src/rehearsal/bounds.ts
var bounds = __webpack_require__(9006);
// EXTERNAL MODULE: ./src/rehearsal/entry.ts
var rehearsal_entry = __webpack_require__(5639);
// EXTERNAL MODULE: ./src/rehearsal/guard.ts
var guard = __webpack_require__(8502);
// EXTERNAL MODULE: ./src/rehearsal/observe.ts
var observe = __webpack_require__(755);
// EXTERNAL MODULE: ./src/rehearsal/treatment.ts
var treatment = __webpack_require__(7063);
// EXTERNAL MODULE: ./src/report/redact.ts
var redact = __webpack_require__(649);
// EXTERNAL MODULE: ./src/engines/shared/known-tools.ts
var known_tools = __webpack_require__(840);
;// CONCATENATED MODULE: ./src/engines/tool/director.ts












const UNSAFE_NEW_ENUM_VALUE = '55P04';
const INVALID_TRANSACTION_TERMINATION = '2D000';
/** Statements kept in full for the rules. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
class ToolDirector {
    undone = new treatment/* Undone */._d();
    database;
    /** There may be constraints that fire at COMMIT. */
    deferrable = false;
    line = null;
    lastError = null;
    /** Why what was rehearsed may not be what would be. */
    confused = null;
    input;
    own;
    notes;
    looks;
    limits;
    stretch;
    stretches = [];
    table;
    versions = null;
    entryOf = new Map();
    items = [];
    slots = [];
    characters = 0;
    texts = new Map();
    broken = null;
    underWay = Promise.resolve();
    /** SET LOCAL and temporary tables that end with the tool's transaction. */
    locals = new Set();
    temporary = new Set();
    declares = false;
    addsEnum = false;
    constructor(input, own, notes, looks) {
        const { request, databaseBytes, target } = input.bench;
        this.input = input;
        this.own = own;
        this.notes = notes;
        this.looks = looks;
        this.table = own.table;
        this.database = target.database;
        this.limits = { dryRunMaxBytes: request.dryRunMaxBytes, maxBlockingMs: request.maxBlockingMs, databaseBytes };
        this.stretch = this.newStretch();
    }
    /** Where the statements at hand belong, as far as is known. */
    get current() {
        return this.stretch.migration;
    }
    // -- statements -----------------------------------------------------------------------------------------------
    async before(said) {
        this.goOn();
        const { sql, facts } = said;
        if (/\bdeferrable\b/i.test(sql))
            this.deferrable = true;
        if (facts.addsEnumValue !== null)
            this.addsEnum = true;
        this.follow(said);
        if (this.isBookkeeping(said))
            return AS_IT_IS;
        const statement = { sql, line: 1, column: 1 };
        const entry = this.entryFor(said, statement);
        this.entryOf.set(said, entry);
        this.looks.before(entry, statement, facts.nonTransactional !== null);
        const guarded = this.undone.concerns(sql) || facts.opaque?.what === 'CALL' || (this.addsEnum && !isChatter(facts));
        const refusal = await (0,treatment/* whyNot */.OB)(this, entry, statement);
        if (refusal !== null)
            return this.without(said, entry, refusal);
        if (facts.nonTransactional?.plain)
            return this.plainly(said, entry, facts.nonTransactional.plain);
        const tooLarge = await this.tooLarge(said, entry, statement);
        if (tooLarge !== null)
            return this.without(said, entry, tooLarge);
        return { send: 'as it is', guarded };
    }
    /** A loop in the tool's code says the same over and over: that is told as one. */
    entryFor({ sql, facts }, statement) {
        const { migration, forms } = this.stretch;
        const form = formOf(sql);
        const known = forms.get(form);
        if (known)
            known.times += 1;
        if (known && known.times > TOLD_APART && known.entry.reason === null) {
            known.entry.count += 1;
            return known.entry;
        }
        const event = { kind: 'statement', index: 0, statement, facts };
        const entry = this.notes.entryFor(migration, event);
        this.notes.observe(migration, event);
        if (known)
            known.entry = entry;
        else
            forms.set(form, { entry, times: 1 });
        if (!this.texts.has(entry) && this.characters < MOST_CHARACTERS) {
            this.characters += sql.length;
            this.texts.set(entry, sql);
        }
        return entry;
    }
    async plainly(said, entry, plain) {
        const tooSlow = await (0,treatment/* whyTooSlow */.yq)(this, entry.facts, this.limits);
        if (tooSlow !== null)
            return this.without(said, entry, tooSlow);
        (0,rehearsal_entry/* rehearsedPlainly */.B9)(entry, entry.facts.nonTransactional?.what ?? '');
        return { send: 'instead', sql: plain, guarded: this.undone.concerns(said.sql) };
    }
    /** Not executed, and the tool goes on as if it were. */
    without(said, entry, reason) {
        entry.executed = false;
        entry.reason = reason;
        if (entry.facts.callsSetval && entry.facts.forbiddenInRehearsal === null) {
            const sql = withoutSetval(said.sql);
            if (sql !== null)
                return { send: 'instead', sql, guarded: false };
        }
        this.looks.mention(said.sql);
        this.undone.skip(entry.facts, said.sql);
        return { send: 'nothing', tag: tagOf(entry.facts) };
    }
    async tooLarge(said, entry, statement) {
        const { dryRunMaxBytes, databaseBytes } = this.limits;
        // Values that come apart can't be estimated; what there is to write is no larger than the database.
        if (databaseBytes <= dryRunMaxBytes || (said.hasValues && entry.facts.mayWrite?.kind === 'dml'))
            return null;
        return (0,treatment/* whyTooLarge */.y_)(this, { kind: 'statement', entry, statement, offset: 0, guarded: false }, this.limits);
    }
    async forgive(said, error) {
        const entry = this.entryOf.get(said);
        if (!entry)
            return null;
        const server = (0,failure/* readServerError */.i)(serverError(error));
        const reason = this.onlyFollows(said, server);
        if (reason === null)
            return null;
        this.entryOf.delete(said);
        this.without(said, entry, reason);
        return tagOf(entry.facts);
    }
    onlyFollows({ within }, error) {
        if (error.code === UNSAFE_NEW_ENUM_VALUE)
            return `${error.message}: PostgreSQL allows that only once the new enum value is committed`;
        if (error.code === INVALID_TRANSACTION_TERMINATION && within === 'none')
            return 'it commits by itself, which no transaction allows';
        return this.undone.follows(error);
    }
    async after(said, { tag, error, ms }) {
        this.goOn();
        const entry = this.entryOf.get(said);
        this.entryOf.delete(said);
        if (error)
            return this.noteError(said, entry, error);
        if ((0,bounds/* mayChangeBounds */.F)(said.facts, said.sql))
            this.say((0,bounds/* bounds */.O)(this.input, null), { kind: 'control' });
        if (entry) {
            if (entry.reason === null)
                entry.executed = true;
            entry.ran += 1;
            entry.ms = Math.round(((entry.ms ?? 0) + ms) * 1_000) / 1_000;
            const rows = / (\d+)$/.exec(tag ?? '')?.[1];
            if (rows !== undefined)
                entry.rows = (entry.rows ?? 0) + Number(rows);
            if (this.isWorthALook(said))
                this.looks.after(entry, { sql: said.sql, line: 1, column: 1 });
        }
        else if (tag !== null) {
            this.mark();
        }
        this.sendOn();
    }
    noteError({ sql }, entry, fields) {
        if (!entry)
            return;
        const error = serverError(fields);
        const { code, message } = (0,failure/* readServerError */.i)(error);
        entry.executed = true;
        entry.ran += 1;
        entry.error = this.input.bench.request.showData ? message : (0,redact/* hideMessage */.oP)(code, message);
        this.looks.mention(sql);
        this.lastError = { entry, place: { sql, line: 1, column: 1 }, error };
    }
    /** What only reads the catalog takes no lock that anybody would mind. */
    isWorthALook({ sql, facts }) {
        if (!isChatter(facts))
            return true;
        if (!/^(?:SELECT|WITH|VALUES|TABLE|EXECUTE|LOCK|EXPLAIN)/.test(facts.command))
            return false;
        return !/\b(?:pg_catalog\.|pg_class|pg_type|pg_namespace|information_schema\.|version\(\)|current_schema)/i.test(sql);
    }
    // -- the tool's own records -----------------------------------------------------------------------------------
    /** It writes the tool's own table, or makes it. */
    isBookkeeping({ sql, facts }) {
        if (/^(?:SELECT|SHOW|SET|EXPLAIN)/.test(facts.command))
            return false;
        const name = this.table?.table;
        if (name !== undefined && sql.includes(name))
            return true;
        // It may be made in this very run.
        const made = facts.createsTable?.split('.').at(-1)?.replaceAll('"', '');
        return made !== undefined && (KNOWN_NAMES.has(made) || /\bversion_num\b/.test(sql));
    }
    /** What was said until here belongs to the migration that has just been recorded, if one was. */
    mark() {
        const stretch = this.stretch;
        this.stretches.push(stretch);
        this.stretch = this.newStretch();
        const known = this.table && known_tools/* KNOWN_TOOLS */.GK.find(({ tool }) => tool === this.table?.tool);
        if (!known || !this.table) {
            stretch.recorded = [];
            this.underWay = this.findTable();
            return;
        }
        const { relation } = this.table;
        const read = this.ours([{ text: known.read(relation), keep: true, name: 'mgate_versions' }]);
        this.underWay = read.then(([result]) => {
            stretch.recorded = this.newIn(result);
        }, () => {
            stretch.recorded = [];
        });
    }
    newIn(result) {
        const applied = (result?.rows ?? []).filter(([, , state]) => state === 'applied').map(([version]) => version ?? '');
        const before = this.versions ?? new Set();
        this.versions = new Set(applied);
        const fresh = applied.filter((version) => !before.has(version));
        for (const version of fresh)
            this.input.bench.log.progress(`dry run ${version}`);
        return fresh;
    }
    async findTable() {
        const [found] = await this.ours([{ text: (0,known_tools/* candidateTablesQuery */.Ve)(null), keep: true, name: 'mgate_candidates' }]);
        const tables = (found?.rows ?? []).flatMap(([schema, table, columns, rails]) => {
            const candidate = {
                schema: schema ?? '',
                table: table ?? '',
                columns: JSON.parse(columns ?? '{}'),
                rails: rails === 't' || rails === 'true',
            };
            const known = (0,known_tools/* toolOfTable */.il)(candidate);
            const { schema: home, table: name } = candidate;
            return known
                ? [{ tool: known.tool, schema: home, table: name, relation: (0,known_tools/* relationOf */.Ke)(candidate), volatile: known.volatile }]
                : [];
        });
        this.table ??= this.own.tool.tableOf(tables, []);
    }
    /** The table that the tool keeps its records in, also one that it made in this rehearsal. */
    get toolTable() {
        return this.table;
    }
    /** Which statements were whose: to be asked when the tool has ended. `well`: what failed it has dealt with itself. */
    async finish(well) {
        await this.settle();
        if (well)
            this.forgiveAll();
        let carried = [];
        const migrations = [];
        for (const stretch of [...this.stretches, this.stretch]) {
            carried.push(stretch);
            const version = stretch.recorded?.at(-1);
            if (version === undefined)
                continue;
            const migration = this.assign(carried, version);
            migrations.push(migration);
            this.notes.finished.add(migration.key);
            carried = [];
        }
        const rest = carried.some(({ migration }) => this.notes.of(migration).some(isTold));
        if (rest) {
            const migration = this.assign(carried, null);
            migrations.push(migration);
            if (!this.lastError)
                this.notes.finished.add(migration.key);
        }
        this.notes.pending = inOrder(migrations, this.input.plan.pending);
    }
    forgiveAll() {
        this.lastError = null;
        for (const { migration } of [...this.stretches, this.stretch]) {
            for (const entry of this.notes.of(migration)) {
                if (entry.error === null)
                    continue;
                entry.reason = `it failed (${entry.error}), and ${this.own.tool.name} went on`;
                entry.error = null;
            }
        }
    }
    assign(stretches, version) {
        const known = this.input.plan.pending;
        const expected = version === null
            ? known.find((one) => !this.notes.finished.has(one.key))
            : known.find((one) => one.version === version);
        const named = version ?? expected?.version ?? null;
        const nameless = this.own.tool.planned(named, []);
        for (const stretch of stretches)
            this.notes.move(stretch.migration, nameless);
        this.notes.keepOf(nameless, isTold);
        const texts = this.notes
            .of(nameless)
            .map((entry) => ({ index: entry.index, line: 1, sql: this.texts.get(entry) ?? entry.sql }));
        const migration = this.own.tool.planned(named, texts);
        this.notes.move(nameless, migration);
        for (const [at, entry] of this.notes.of(migration).entries())
            entry.line = migration.script.texts[at]?.line ?? 1;
        return migration;
    }
    newStretch() {
        const migration = { ...this.ownPlanned(), key: `stretch:${this.stretches.length}` };
        return { migration, forms: new Map(), recorded: null };
    }
    ownPlanned() {
        return this.own.tool.planned(null, []);
    }
    // -- transactions ---------------------------------------------------------------------------------------------
    /** Of what a statement leaves in its session, what COMMIT would end. */
    follow({ sql, facts }) {
        if (/\bset\s+local\s+(?:time\s+zone|role|session|[\w.]+)/i.test(sql) && /^SET/.test(facts.command)) {
            const name = /\bset\s+local\s+([\w.]+)/i.exec(sql)?.[1];
            if (name)
                this.locals.add(name.toLowerCase() === 'time' ? 'timezone' : name.toLowerCase());
        }
        for (const [, name] of sql.matchAll(/\bset_config\s*\(\s*'([\w.]+)'\s*,[^,]+,\s*(?:true|'t|'true|'on|'1)/gi))
            if (name)
                this.locals.add(name.toLowerCase());
        if (/\bon\s+commit\s+drop\b/i.test(sql) && facts.createsTable)
            this.temporary.add(facts.createsTable);
        if (facts.command === 'DECLARE' && !/\bwith\s+hold\b/i.test(sql))
            this.declares = true;
    }
    async commit() {
        if (this.deferrable) {
            await this.ours([guard/* GUARD_OUT */.lU, guard/* FIRE_CONSTRAINTS */.EU, ...guard/* GUARD_IN_ANEW */.wi]);
            const [immediate] = await this.ours([{ text: guard/* INITIALLY_IMMEDIATE */.KT, keep: true }]);
            const names = immediate?.rows[0]?.[0];
            if (names)
                await this.ours([{ text: `set constraints ${names} immediate` }]);
        }
        const items = [];
        for (const name of this.locals)
            items.push({ text: `reset ${name}` });
        for (const name of this.temporary)
            items.push({ text: `drop table if exists pg_temp.${name.split('.').at(-1)} cascade` });
        if (this.declares)
            items.push(...(await this.cursors()));
        if (this.locals.size > 0)
            items.push((0,bounds/* bounds */.O)(this.input, null));
        this.locals.clear();
        this.temporary.clear();
        this.declares = false;
        if (items.length > 0)
            await this.ours(items);
    }
    async cursors() {
        const [open] = await this.ours([
            {
                text: `select pg_catalog.quote_ident(name) from pg_catalog.pg_cursors where not is_holdable and statement ~* '^\\s*declare'`,
                keep: true,
            },
        ]);
        return (open?.rows ?? []).map(([name]) => ({ text: `close ${name}` }));
    }
    note(what) {
        if (/is lost in the rehearsal/.test(what))
            this.confused = what;
        this.input.bench.log.detail(`rehearsal: ${what}`);
        this.remarks.add(what);
    }
    /** Things that were not rehearsed as they are. */
    remarks = new Set();
    settings = () => [...this.input.bench.armed, (0,bounds/* bounds */.O)(this.input, null)];
    cancel() {
        const { watcher, pid, log } = this.input.bench;
        watcher
            .query('select pg_catalog.pg_cancel_backend($1)', [pid])
            .catch((error) => log.detail(`the tool's cancel request: ${error.message}`));
    }
    // -- what is said to the server -------------------------------------------------------------------------------
    say(item, slot) {
        this.items.push(item);
        this.slots.push(slot);
    }
    /** On its way; nobody waits for it. */
    sendOn() {
        const [items, slots] = [this.items, this.slots];
        if (items.length === 0)
            return;
        [this.items, this.slots] = [[], []];
        this.underWay = this.ours(items).then((results) => this.see(results, slots), (error) => {
            // In a transaction that failed meanwhile nothing can be asked.
            if (!(error instanceof postgres_session/* BatchError */.PW))
                this.broken ??= error;
            else
                this.see(error.completed, slots);
        });
    }
    see(results, slots) {
        for (const [at, result] of results.entries()) {
            const slot = slots[at];
            if (slot?.kind !== 'look' || !slot.entry)
                continue;
            try {
                this.looks.see((0,observe/* readLook */.sq)(result), slot.entry);
            }
            catch (error) {
                this.broken ??= error;
            }
        }
    }
    async exchange(...more) {
        this.sendOn();
        return this.ours(more.map(([item]) => item));
    }
    async ask(text, values = []) {
        const results = await this.exchange([{ text, values, keep: true }, { kind: 'control' }]);
        return results.at(-1)?.rows ?? [];
    }
    ours(items) {
        if (!this.line)
            throw new Error('the tool is not connected');
        return this.line.batch(items);
    }
    /** Everything that was asked is answered. */
    async settle() {
        await this.underWay.catch(() => undefined);
        if (this.broken)
            throw this.broken;
    }
    async interrupted() {
        await this.underWay.catch(() => undefined);
    }
    goOn() {
        if (this.broken)
            throw this.broken;
        if (this.isStopped)
            throw new endings/* Interrupted */.j$();
    }
    isStopped = false;
}
/** Of statements of one form so many are told one by one. */
const TOLD_APART = 3;
const LONGEST_FORM = 10_000;
/** The text without its literals. */
function formOf(sql) {
    return sql.length > LONGEST_FORM ? sql : sql.replace(/'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b/g, '?');
}
const AS_IT_IS = { send: 'as it is', guarded: false };
const KNOWN_NAMES = new Set(known_tools/* KNOWN_TOOLS */.GK.map(({ table }) => table));
/** Reads and settings are told only where they did something. */
function isTold(entry) {
    if (entry.error !== null || !isChatter(entry.facts) || entry.reason !== null)
        return true;
    const { locks, rewrites, scans, touched, dropped, truncated } = entry;
    return [locks, rewrites, scans, touched, dropped, truncated].some((list) => list.length > 0);
}
/** Those that were expected first stand where they were expected; others behind them. */
function inOrder(seen, expected) {
    const byVersion = new Map(seen.map((one) => [one.version, one]));
    const known = expected.map((one) => byVersion.get(one.version) ?? one);
    const rest = seen.filter((one) => !expected.some((other) => other.version === one.version));
    return [...known, ...rest];
}

;// CONCATENATED MODULE: ./src/engines/tool/refusals.ts
/** What is said of a tool that cannot be rehearsed, or was not. */



function howToMend(variables) {
    const names = variables.map((variable) => variable.name).join(', ');
    return `Let it read its URL from ${names || 'a variable'} or the PG* variables alone (no address of its own in code, an ini, .pgpass or a service file), or name in database-url-env the variable that it reads; then run again.`;
}
/** `seen`: it was caught at it; else it only did not come to us. */
function wentPast(name, words, variables, seen = false) {
    const names = variables.map((variable) => variable.name).join(', ');
    return new stop/* Stop */.V({
        result: 'refused',
        class: 'tool',
        message: seen
            ? `${name} connected to the database itself, past the rehearsal; it was stopped at once`
            : `${name} ran (${words.join(' ')}) and never connected through the rehearsal: it takes its address from somewhere else than ${names || 'the variables that we set'}`,
        next: howToMend(variables),
    });
}
function noSuchProbe(name) {
    return new stop/* Stop */.V({
        result: 'refused',
        class: 'tool',
        message: `without command-probe nobody can see whether ${name} connects through the rehearsal before it is run`,
        next: 'Set command-probe to a harmless command of the same tool (its status), or accept it with allow-hazards: unprobed-command.',
    });
}
function probeFailed(tool, words, ended, connected, variables) {
    const told = tool.explain(ended);
    const { code, signal, error, stdout, stderr } = ended;
    const last = (0,report_text/* brief */.dh)(`${stdout}\n${stderr}`.trimEnd().split('\n').at(-1)?.trim() ?? '', 300);
    const how = error
        ? `could not be started: ${error.message}`
        : `ended with ${code === null ? signal : `exit code ${code}`}${last ? `: ${last}` : ''}`;
    return new stop/* Stop */.V({
        result: connected || error ? 'failed' : 'refused',
        class: told?.class ?? 'tool',
        message: told?.message ??
            `\`${words.join(' ')}\` ${how}${connected ? '' : '; it had not connected through the rehearsal'}`,
        next: told?.next ?? (connected ? (0,report_failure/* failureOfClass */.iQ)('tool').next : howToMend(variables)),
        file: told?.file ?? null,
        line: told?.line ?? null,
    });
}
/** The target is not what it was when the rehearsal began. */
function changedMeanwhile(name) {
    return new stop/* Stop */.V({
        result: 'failed',
        class: 'verification',
        message: `the target's schema or ${name}'s records changed while it was rehearsed: somebody else migrates it, or ${name} went past the rehearsal`,
        next: "Find out who did (pg_stat_activity, the server's log), compare with mode: status, then run again.",
        stateUnknown: true,
    });
}
function differentCopy(name) {
    return new stop/* Stop */.V({
        result: 'refused',
        class: 'verification',
        message: `the copy has other migrations of ${name} on record than the target`,
        next: 'Refresh the copy from the target, then run again.',
    });
}

;// CONCATENATED MODULE: ./src/engines/tool/attempt.ts
/** One attempt at the dry run of somebody else's tool: it runs for real, against the rehearsal's one session. */
















/** What is rehearsed must not be written into a schema file of the project's. */
const NO_DUMP = { DBMATE_NO_DUMP_SCHEMA: 'true' };
/** A tool that thinks for long does not let the dead man's switch end our transaction. */
const KEEPALIVE_MS = 15_000;
class ToolAttempt extends attempt/* Attempt */.U {
    undone;
    own;
    director;
    stop = () => undefined;
    /** The tool's own table, also where it was made in this rehearsal. */
    get toolTable() {
        return this.director.toolTable;
    }
    ended = null;
    constructor(input, own) {
        super(input);
        this.own = own;
        this.director = new ToolDirector(input, own, this.notes, this.looks);
        this.undone = this.director.undone;
    }
    begin(deferrable) {
        this.director.deferrable = deferrable;
        // Names of statements are the tool's to choose; a look before may have chosen the same.
        this.talk.control(postgres_session/* DEALLOCATE_ALL */.de, ...MAKE_SETVAL.map((text) => ({ text })));
        // Nobody else may record a migration meanwhile: not another deployment, and not this tool past us.
        if (this.own.table)
            this.talk.control({ text: `lock table ${this.own.table.relation} in share row exclusive mode` });
    }
    meaningOf(error) {
        const server = (0,failure/* readServerError */.i)(error);
        if (server.fromServer)
            return new endings/* StatementFailed */.l3(this.director.current, null, null, error);
        return error instanceof Error ? error : new Error(String(error));
    }
    async work() {
        await this.talk.exchange();
        const { bench } = this;
        const { tool, words } = this.own;
        const line = new line_Line(bench.session);
        const stage = new Stage(line, this.director);
        this.director.line = line;
        this.looks.talk = this.director;
        const marker = (0,external_node_crypto_.randomBytes)(12).toString('hex');
        let astray = null;
        const interrupted = new Promise((resolve) => {
            this.stop = () => resolve('interrupted');
        });
        const watch = await watchAstray({
            host: bench.target.host,
            port: bench.target.port,
            marker,
            onSeen: (seen) => {
                astray = seen;
                this.stop();
            },
            onBlind: (error) => bench.log.detail(`connections past the rehearsal are no longer watched: ${error.message}`),
        });
        if (watch.reason)
            bench.log.detail(`connections past the rehearsal are not watched: ${watch.reason}`);
        const running = await runAgainst(stage, {
            tool,
            words,
            request: bench.request,
            target: bench.target,
            env: this.own.env,
            rehearsal: true,
            log: bench.log,
            more: { ...NO_DUMP, [MARKER_VARIABLE]: marker },
        });
        const { child } = running;
        if (child.pid !== null)
            watch.follow(child.pid);
        const awake = setInterval(() => void line.batch([{ text: 'select 1' }]).catch(() => undefined), KEEPALIVE_MS);
        try {
            const end = await Promise.race([child.ended, stage.broken, interrupted]);
            if (end === 'interrupted') {
                await this.director.interrupted();
            }
            else {
                this.ended = end;
                await stage.emptied();
            }
        }
        finally {
            clearInterval(awake);
            await child.stop();
            await watch.stop();
            // Its statement may go on at the server though nobody waits for it any more.
            if (stage.isBusy)
                this.cancelNow();
            await stage.end();
            await running.close();
            line.giveBack();
            this.looks.talk = this.talk;
        }
        if (astray)
            throw await this.refuseAstray(astray);
        if (this.interruption)
            throw new endings/* Interrupted */.j$();
        await this.director.finish(this.ended?.error === null && this.ended.code === 0);
        this.judge(stage);
    }
    /** Whether the tool did what it was started for. */
    judge(stage) {
        const { ended } = this;
        if (!ended)
            throw new endings/* Interrupted */.j$();
        const { tool, words } = this.own;
        if (ended.error || ended.code !== 0) {
            const { current, lastError } = this.director;
            throw new endings/* StatementFailed */.l3(current, lastError?.entry ?? null, lastError?.place ?? null, lastError?.error ?? ended.error ?? new Error(`${tool.name} ended with exit code ${ended.code ?? ended.signal}`));
        }
        if (stage.seen.connections === 0)
            throw wentPast(tool.name, words, this.bench.request.urlVariables);
        if (this.director.confused !== null) {
            throw new stop/* Stop */.V({
                result: 'dry-run-inconclusive',
                class: 'not-in-transaction',
                message: this.director.confused,
                next: 'Rehearse on a copy with rehearsal-database-url, or accept it with allow-hazards: dry-run-inconclusive.',
            });
        }
    }
    async refuseAstray({ program, localPort }) {
        const { watcher } = this.bench;
        // It was killed; what its session waits for must not be done when we let go of our locks.
        await watcher.query('select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where client_port = $1 and pid <> $2 and usename = current_user', [localPort, this.bench.pid]);
        return wentPast(program || this.own.tool.name, this.own.words, this.bench.request.urlVariables, true);
    }
    interrupt(why) {
        this.director.isStopped = true;
        super.interrupt(why);
        this.stop();
    }
    async beforeLookingBack() {
        // Session locks outlive the transaction; ours stays.
        await this.bench.session.query((0,lock/* freeOtherLocks */.Ze)((0,lock/* lockKey */.TL)(this.bench.tracking.schema)).text);
    }
    reportOf(migration, status) {
        const entries = this.notes.of(migration);
        const transactional = entries.every((entry) => entry.facts.nonTransactional === null);
        return (0,report/* migrationReport */.P)(migration, entries, transactional, status);
    }
    failure(failed) {
        return failureOfTool(failed, this.ended, this.own.tool, this.bench.request);
    }
    statementCount() {
        return this.notes.ofPending().reduce((sum, entry) => sum + entry.count, 0);
    }
}

// EXTERNAL MODULE: ./src/engines/tool/planned.ts
var planned = __webpack_require__(4584);
;// CONCATENATED MODULE: ./src/engines/tool/probe.ts






/** Of texts that are only looked at for names. */
const MOST_SAID = 1_000;
/** In a transaction that the server keeps from writing. */
async function lookThrough(words, looking) {
    const { tool, request, env, session, log, signal } = looking;
    // Names of statements are the tool's to choose.
    await session.batch([postgres_session/* DEALLOCATE_ALL */.de]);
    await session.query('begin transaction isolation level read committed read only');
    const said = [];
    const line = new line_Line(session);
    const stage = new Stage(line, reader(request.target.database, said));
    const running = await runAgainst(stage, { tool, words, request, target: request.target, env, rehearsal: true, log });
    const aborted = new Promise((resolve) => {
        if (signal.aborted)
            resolve(null);
        signal.addEventListener('abort', () => resolve(null), { once: true });
    });
    try {
        const ended = await Promise.race([running.child.ended, stage.broken, aborted]);
        if (ended === null)
            throw (0,stop/* cancelled */.K)(`while ${tool.name} was looking at the database`);
        await stage.emptied();
        return { ended, connections: stage.seen.connections, said };
    }
    finally {
        await running.child.stop();
        await stage.end();
        await running.close();
        line.giveBack();
        await session.query('rollback');
    }
}
/** What the tool sent, for its own table to be told by. Throws a Stop: it did not connect through us, or it failed. */
async function probe(looking) {
    const { tool, request } = looking;
    if (tool.probe === null) {
        if (request.allowHazards.includes('unprobed-command'))
            return [];
        throw noSuchProbe(tool.name);
    }
    const { ended, connections, said } = await lookThrough(tool.probe, looking);
    if (connections > 0 && ended.code === 0)
        return said;
    if (connections > 0 && tool.isOpen) {
        // Some look only after they have made their table, which they may not here; that they came is what was to be seen.
        looking.log.detail(`${tool.name}: the probe ended with exit code ${ended.code}, in a transaction that may only read`);
        return said;
    }
    if (connections === 0 && ended.code === 0)
        throw wentPast(tool.name, tool.probe, request.urlVariables);
    throw probeFailed(tool, tool.probe, ended, connections > 0, request.urlVariables);
}
function reader(database, said) {
    return {
        database,
        before: async ({ sql }) => {
            if (said.length < MOST_SAID)
                said.push(sql);
            return { send: 'as it is', guarded: false };
        },
        forgive: async () => null,
        after: async () => undefined,
        commit: async () => undefined,
        note: () => undefined,
        settings: () => [],
        cancel: () => undefined,
    };
}

;// CONCATENATED MODULE: ./src/engines/tool/tables.ts
/** The tool's own table: found, and read. */

/** The tables of known tools in all schemas but the system's, by schema and name. Reads the catalog only. */
async function findToolTables(session) {
    const { rows } = await session.query((0,known_tools/* candidateTablesQuery */.Ve)(null));
    return rows.flatMap((row) => {
        const known = (0,known_tools/* toolOfTable */.il)(row);
        if (known === null)
            return [];
        return [
            { tool: known.tool, schema: row.schema, table: row.table, relation: (0,known_tools/* relationOf */.Ke)(row), volatile: known.volatile },
        ];
    });
}
/**
 * What the tool has on record, oldest first; for Alembic its current heads, for golang-migrate its current version.
 * Throws what the server says (42501 without the right to read it).
 */
async function readVersions(session, table) {
    const known = known_tools/* KNOWN_TOOLS */.GK.find(({ tool }) => tool === table.tool);
    if (known === undefined)
        throw new Error(`nothing is known of how ${table.tool} records its migrations`);
    const { rows } = await session.query(known.read(table.relation));
    return rows;
}

;// CONCATENATED MODULE: ./src/engines/tool/engine.ts



















class ToolEngine {
    kind;
    request;
    log;
    signal;
    database;
    tool;
    env;
    table = null;
    tracking = null;
    isProbed = false;
    rendered = null;
    copy = null;
    seen = null;
    /** What the database was when it was rehearsed, by which it is known again after the pause. */
    rehearsedOn = null;
    plan = null;
    before = null;
    application = null;
    constructor(request, log, signal, remember, tool, env) {
        this.request = request;
        this.log = log;
        this.signal = signal;
        this.database = new database/* Database */.W(request, log, signal, remember);
        this.tool = tool;
        this.kind = tool.engine;
        this.env = env;
    }
    interruptible(when, work) {
        return this.database.connections.interruptible(when, work);
    }
    // -- inspect and plan -----------------------------------------------------------------------------------------
    inspect() {
        return this.interruptible('while looking at the database', async () => {
            const [read, opened] = await Promise.allSettled([this.tool.read(), this.database.open()]);
            if (read.status === 'rejected')
                throw read.reason;
            if (opened.status === 'rejected')
                throw opened.reason;
            return this.look(opened.value);
        });
    }
    resume() {
        return this.interruptible('after the review pause', async () => {
            const found = await this.look(await this.database.reopen());
            const { plan } = this;
            if (!plan || !found.plan.isOpen)
                return found;
            // What it would do shows only in a dry run; on the same database the same tool does the same.
            const same = this.rehearsedOn === (await this.stateNow(this.database.session));
            return { ...found, plan: same ? plan : { ...found.plan, pending: plan.pending, digest: 'another database' } };
        });
    }
    async look(facts) {
        const { request, tool } = this;
        const { session } = this.database;
        const { rows } = await session.query((0,shared_tracking/* trackingQuery */.Ck)(request.trackingSchema));
        const columns = rows[0]?.history_columns ?? null;
        this.tracking = { schema: request.trackingSchema, exists: columns !== null, complete: (0,shared_tracking/* isHistoryComplete */.EP)(columns) };
        const tables = await findToolTables(session);
        this.table = tool.tableOf(tables, []);
        if (tables.length > 1 && this.database.executes)
            await this.probeOnce(tables);
        const versions = this.table ? await readVersions(session, this.table) : [];
        const standing = tool.standing(versions);
        const plan = {
            digest: tool.isOpen ? '' : this.digestOf(facts, standing, standing.pending),
            isOpen: tool.isOpen,
            serverMajor: facts.major,
            pending: standing.pending,
            resumed: new Map(),
            downFiles: new Map(),
        };
        this.plan = this.plan?.isOpen === false && tool.isOpen ? this.plan : plan;
        return {
            server: { version: facts.version, major: facts.major },
            previousVersion: standing.currentVersion,
            plan,
            problems: standing.problems,
            warnings: standing.warnings,
            notes: this.table === null ? [] : [`${tool.name} keeps its records in ${this.table.relation}`],
            recorded: recordedOf(versions, request.mode === 'status'),
            lastEnvironment: columns === null ? null : await (0,shared_tracking/* readLastEnvironment */.Cn)(session, request.trackingSchema),
            appliedCount: standing.applied.length,
        };
    }
    digestOf(facts, { applied, extra }, pending) {
        const { environment, targetVersion, transactionMode } = this.request;
        return (0,digest/* planDigest */.G)({
            pending,
            applied: [...applied, ...extra],
            serverMajor: facts.major,
            database: facts.database,
            environment,
            targetVersion,
            transactionMode,
        });
    }
    *planText(plan) {
        const { facts } = this.database;
        const { request } = this;
        yield (0,plan_sql/* renderPlanHeader */.nA)({
            digest: plan.digest,
            database: facts.database,
            host: request.target.host,
            environment: request.environment,
            serverVersion: facts.version,
            transactionMode: request.transactionMode,
        }, plan.pending);
        if (this.rendered !== null) {
            yield `\n${this.rendered}\n`;
            return;
        }
        for (const [index, migration] of plan.pending.entries()) {
            yield (0,plan_sql/* renderPlanSection */.JQ)(migration, index + 1, plan.pending.length);
            if (migration.script.texts.length === 0)
                yield '-- what it sends shows in the dry run\n';
            for (const { sql } of migration.script.texts)
                yield `${sql};\n`;
        }
    }
    health() {
        return this.database.health();
    }
    // -- dry run --------------------------------------------------------------------------------------------------
    async rehearse(plan) {
        const { request, tool } = this;
        const [bench, before, state] = await this.interruptible('before the dry run', async () => {
            const { session } = this.database;
            await this.probeOnce(await findToolTables(session));
            const rendered = tool.render(plan.pending);
            const bench = request.rehearsalTarget ? await this.copyBench(request.rehearsalTarget) : await this.bench();
            this.rendered = await rendered;
            const state = await this.stateNow(session);
            return [bench, await (0,catalog/* readFingerprints */.g)(bench.session, bench.leftOut), state];
        });
        const words = tool.upgrade(plan.pending);
        let last = null;
        const seen = await (0,rehearse/* rehearse */.K)(bench, plan, before, (input) => {
            last = new ToolAttempt(input, { tool, words, table: this.table, env: this.env });
            return last;
        });
        const attempt = last;
        this.seen = withoutTable(seen, attempt?.toolTable ?? null);
        this.rehearsedOn = state;
        if (state !== (await this.stateNow(await this.database.witness())))
            throw changedMeanwhile(tool.name);
        this.plan = this.planSeen(plan, attempt?.notes.pending ?? [], this.seen);
        return { ...this.seen, plan: this.plan };
    }
    /** With what was said for each migration; of an open plan also which there are. */
    planSeen(plan, seen, rehearsal) {
        if (!plan.isOpen)
            return { ...plan, pending: seen.length === 0 ? plan.pending : seen };
        const didNothing = rehearsal.verdict === 'passed' &&
            rehearsal.schemaDiff.length === 0 &&
            !seen.some(hasRecorded) &&
            !wroteAnything(rehearsal);
        const pending = didNothing ? [] : seen;
        const { facts } = this.database;
        const standing = this.tool.standing([]);
        return {
            ...plan,
            isOpen: false,
            pending,
            digest: this.digestOf(facts, { ...standing, applied: this.appliedNow }, pending),
        };
    }
    appliedNow = [];
    async probeOnce(tables) {
        if (this.isProbed)
            return;
        const { tool, request } = this;
        this.isProbed = true;
        const said = await probe({
            tool,
            request,
            env: this.env,
            session: this.database.session,
            log: this.log,
            signal: this.signal,
        });
        this.table = tool.tableOf(tables, said) ?? this.table;
    }
    async copyBench(target) {
        const here = await this.stateNow(this.database.session);
        this.copy = await this.database.copyBench(target, async (copy) => {
            if ((await this.recordsNow(copy)) !== (await this.recordsNow(this.database.session)))
                throw differentCopy(this.tool.name);
            return this.known();
        });
        this.log.detail(`rehearsed on a copy; the target is at ${here.slice(0, 12)}`);
        return this.copy;
    }
    bench() {
        return this.database.bench(this.known());
    }
    known() {
        if (!this.tracking)
            throw new Error('not inspected');
        const { trackingSchema } = this.request;
        const own = this.table ? [{ schema: this.table.schema, names: [this.table.table] }] : [];
        return { tracking: this.tracking, leftOut: [...(0,shared_tracking/* leftOut */.ig)(trackingSchema), ...own] };
    }
    /** The schema and the tool's records, in one text. */
    async stateNow(session) {
        const { groups } = await (0,catalog/* readFingerprints */.g)(session, this.known().leftOut);
        const schema = [...groups].map(([key, value]) => `${key}=${value}`).sort();
        return JSON.stringify([schema, await this.recordsNow(session)]);
    }
    async recordsNow(session) {
        const versions = this.table ? await readVersions(session, this.table) : [];
        if (session === this.database.session)
            this.appliedNow = versions.map(({ version }) => ({ version, checksum: '' }));
        return JSON.stringify(versions);
    }
    // -- apply ----------------------------------------------------------------------------------------------------
    mark() {
        return this.interruptible('while setting the backup marker', () => (0,marker/* setMarker */.t)(this.database.session, this.request.run));
    }
    async apply(plan, _rehearsal, marker) {
        const bench = await this.interruptible('before anything was applied', async () => {
            const bench = await this.bench();
            if (!(await (0,lock/* holdsLock */.ub)(bench.session, this.database.key)))
                throw (0,refusals/* lostLock */.cF)();
            this.before = {
                fingerprints: await (0,catalog/* readFingerprints */.g)(bench.session, bench.leftOut),
                invalid: await (0,leftovers/* invalidIndexes */.We)(bench.session),
            };
            return bench;
        });
        this.application = new Application({
            bench,
            tool: this.tool,
            plan,
            stamp: this.stamp(plan, marker),
            env: this.env,
            connections: this.database.connections,
            pendingNow: () => this.pendingNow(plan),
            tableName: () => this.table?.table ?? null,
        });
        return this.application.run();
    }
    stamp(plan, marker) {
        const { run, environment, trackingSchema } = this.request;
        return {
            schema: trackingSchema,
            actor: run.actor,
            environment,
            runUrl: run.runUrl,
            sha: run.sha,
            planDigest: plan.digest,
            backupMarker: marker === null ? null : `${marker.name ?? ''} ${marker.lsn} ${marker.at}`.trim(),
        };
    }
    /** What of the plan the tool's records do not have, and what they say is current. */
    async pendingNow(plan, session) {
        const witness = session ?? (await this.database.witness());
        const tables = await findToolTables(witness);
        const table = this.tool.tableOf(tables, []) ?? this.table;
        this.table = table;
        const versions = table ? await readVersions(witness, table) : [];
        return this.tool.stillPending(plan.pending, versions);
    }
    verify() {
        const { request, before, seen, plan } = this;
        const { session } = this.database;
        return this.interruptible('during the verification', async () => {
            if (!before || !plan)
                return (0,verify/* verify */.M)(session, request, null);
            const records = await this.checkRecords(plan);
            const left = this.known().leftOut;
            const verified = await (0,verify/* verify */.M)(session, request, {
                records,
                leftOut: left,
                before,
                rehearsal: seen,
                onCopy: this.copy !== null,
            });
            const looking = { tool: this.tool, request, env: this.env, session, log: this.log, signal: this.signal };
            const remarks = await this.tool.remarks((words) => lookThrough(words, looking));
            return { ...verified, remarks: [...verified.remarks, ...remarks] };
        });
    }
    async checkRecords(plan) {
        const { pending } = await this.pendingNow(plan);
        const names = pending.map((one) => one.file || one.version);
        return {
            check: `${this.tool.name} has every migration on record`,
            passed: names.length === 0 || (this.application?.isDone === true && pending.every((one) => !hasRecorded(one))),
            detail: names.length === 0 ? null : `not so: ${names.join(', ')}`,
        };
    }
    // -- proof and end --------------------------------------------------------------------------------------------
    async prove(plan) {
        try {
            const session = await this.database.witness();
            const { pending, currentVersion } = await this.pendingNow(plan, session);
            const done = this.application?.isDone === true;
            const waits = pending.filter((one) => !done || hasRecorded(one));
            const applied = plan.pending.filter((one) => !waits.includes(one));
            if (waits.length === 0)
                return { state: 'migrated', currentVersion, applied };
            if (applied.length > 0 || this.application?.committed)
                return { state: 'partially-migrated', currentVersion, applied };
            const { before } = this;
            if (!before)
                return { state: 'unknown', currentVersion, applied };
            const { added, removed, changed } = (0,schema_diff/* changedGroups */.lf)(before.fingerprints, await (0,catalog/* readFingerprints */.g)(session, this.known().leftOut));
            const same = added.length + removed.length + changed.length === 0;
            return { state: same ? 'unchanged' : 'partially-migrated', currentVersion, applied };
        }
        catch (error) {
            this.log.line(`the database could not be read back: ${error.message}`);
            return { state: 'unknown', currentVersion: null, applied: [] };
        }
    }
    async settle({ backend, pending }) {
        await this.tool.read();
        const session = await this.database.afterDeath(backend);
        await this.database.endNamesakes();
        const planned = pending.map((one) => this.tool.planned(one.version, []));
        const { pending: waits, currentVersion } = await this.pendingNow({ pending: planned }, session);
        const applied = pending.filter((one) => !waits.some((other) => other.version === one.version));
        if (waits.length === 0)
            return { state: 'migrated', currentVersion, applied };
        return { state: applied.length > 0 ? 'partially-migrated' : 'unknown', currentVersion, applied };
    }
    release() {
        return this.database.release();
    }
    close() {
        return this.database.close();
    }
}
/** It is the tool that knows it by its version. */
function hasRecorded({ version }) {
    return version !== planned/* UNRECORDED */.ce;
}
/** The tool's own table, where it was made in the rehearsal, is nobody's migration. */
function withoutTable(seen, table) {
    if (!table)
        return seen;
    const own = [table.schema, table.table]
        .map((name) => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : (0,identifier/* quoteIdentifier */.C)(name)))
        .join('.');
    const isOwn = (name, definition) => name === own ||
        name.startsWith(`${own}.`) ||
        (definition?.includes(` ON ${own} USING`) ?? false) ||
        (definition?.includes(`owned by ${own}.`) ?? false);
    return {
        ...seen,
        schemaDiff: seen.schemaDiff.filter(({ name, after }) => !isOwn(name, after)),
        predicted: new Map([...seen.predicted].filter(([, { name, definition }]) => !isOwn(name, definition))),
    };
}
function wroteAnything({ migrations }) {
    return migrations.some(({ statements }) => statements.some((one) => !one.executed ||
        one.touched.length + one.truncated.length + one.dropped.length > 0 ||
        ((one.rows ?? 0) > 0 && /^(?:insert|update|delete|merge|copy)\b/i.test(one.sql))));
}
function recordedOf(versions, all) {
    return versions
        .filter(({ state }) => all || state === 'failed')
        .map(({ version, name, state }) => ({
        version,
        name: name ?? version,
        file: '',
        status: state === 'applied' ? 'completed' : 'failed',
        appliedAt: null,
    }))
        .reverse();
}


/***/ })

};
