export const id = 840;
export const ids = [840];
export const modules = {

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
/* harmony import */ var _postgres_identifier_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8332);
/* harmony import */ var _postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3530);
/**
 * What is known of other migration tools: the table in which each keeps what it has applied, how that is told from
 * another tool's of the same name, and how it is read. Pure: names, columns and SQL.
 */


const APPLIED = `'applied'::text as state`;
const state = (failed) => `case when ${failed} then 'failed' else 'applied' end::text as state`;
const unlessEmpty = (column) => `case when ${column} <> '' then ${column} end::text`;
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
        where t.type <> 'SCHEMA' and (not t.success or not pg_catalog.starts_with(t.type, 'UNDO') and t.type <> 'DELETE')
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
        read: (r) => `select (t.filename || '::' || t.id || '::' || t.author)::text as version, ${unlessEmpty('t.description')} as name,
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
        read: (r) => `select t.version::text as version, ${unlessEmpty('t.description')} as name,
              ${state(`coalesce(t.error, '') <> '' or t.applied < t.total`)} from ${r} t
        where not pg_catalog.starts_with(t.version, '.') order by t.executed_at, t.version`,
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
        read: (r) => `select (t.project || ':' || t.change)::text as version, ${unlessEmpty('t.note')} as name, ${APPLIED} from ${r} t order by t.committed_at`,
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
    const list = (names) => `any (array[${names.map(_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_1__/* .quoteLiteral */ .c).join(', ')}])`;
    const tables = list([...new Set(KNOWN_TOOLS.map((tool) => tool.table))]);
    const telltales = list(KNOWN_TOOLS.flatMap((tool) => tool.telltale ?? []));
    const within = schemas === null ? `n.nspname <> 'information_schema' and n.nspname !~ '^pg_'` : `n.nspname = ${list(schemas)}`;
    return (0,_postgres_qualified_js__WEBPACK_IMPORTED_MODULE_0__/* .qualified */ .LX)(`
    select n.nspname::text as schema, c.relname::text as table,
           pg_catalog.json_object_agg(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) order by a.attnum) as columns,
           exists (select from pg_catalog.pg_class m where m.relnamespace = n.oid and m.relname = 'ar_internal_metadata') as rails
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind = any ('{r,p}') and ${within}
       and (c.relname = ${tables}
            ${how === 'by-name' ? '' : `or exists (select from pg_catalog.pg_attribute t where t.attrelid = c.oid and t.attname = ${telltales} and not t.attisdropped)`})
     group by n.oid, n.nspname, c.relname
     order by n.nspname, c.relname`);
}
/** The quoted, qualified name. */
function relationOf({ schema, table }) {
    return `${(0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_1__/* .quoteIdentifier */ .C)(schema)}.${(0,_postgres_identifier_js__WEBPACK_IMPORTED_MODULE_1__/* .quoteIdentifier */ .C)(table)}`;
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


/***/ }),

/***/ 3530:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   GI: () => (/* binding */ PIN),
/* harmony export */   LX: () => (/* binding */ qualified),
/* harmony export */   t6: () => (/* binding */ PINS_PATH)
/* harmony export */ });
/**
 * Our own questions where somebody else's search_path holds: the role's, or what a migration has set. A schema in front of
 * pg_catalog, and behind it wherever a type does not fit exactly, can hold an operator or a type of the same name, which
 * would be called with our rights.
 */
/** A call: until the transaction ends names are the server's own. Not between a file's statements. */
const PINS_PATH = `pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)`;
/** Before another item of the same transaction. */
const PIN = { text: `select ${PINS_PATH}` };
/** Of these the grammar itself knows whose they are. */
const TYPES_OF_GRAMMAR = /^(?:int|integer|bigint|smallint|boolean|real|float|double|decimal|numeric|char|character|varchar|bit|timestamp|time|interval)$/i;
/** They look for an operator by its name, and take no schema for it. */
const WITHOUT_SCHEMA = /^(?:in|like|ilike|similar|between|nullif|using|natural|distinct\s+from|case\s+(?!when\b)\w+)$/i;
/** What stands between two expressions. */
const BETWEEN = /^(?:and|or|not|is|as|select|from|where|on|join|left|group|order|by|having|limit|offset|union|all|any|with|then|else|when|end|case|filter|asc|desc|nulls|exists|over|returning)$/i;
const PIECES = /(?<literal>'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*)|::\s*(?<type>"char"|\w+(?:\s*\.\s*(?:"char"|\w+))?)|(?<given>operator\s*\([^)]*\)|=>|\.\s*\*|\(\s*\*\s*\))|(?<word>distinct\s+from\b|case\s+\w+|[a-z_]\w*)|(?<operator>[-+*/<>=~!@#%^&|`?]+)|(?<mark>[(),[\];])/gi;
/**
 * The same SQL with `operator(pg_catalog.=)` for `=`, and `::pg_catalog.text` for `::text`. Functions and relations must be
 * qualified already. Throws for what cannot be said so (IN, LIKE, BETWEEN, NULLIF, CASE x WHEN, USING), and where parentheses
 * are missing: a qualified operator binds as any other, and `a - b * c` would become `(a - b) * c`.
 */
function qualified(sql) {
    const runs = [ANY_OPERAND];
    return sql.replace(PIECES, (piece, ...more) => {
        const { type, word, operator, mark } = more.at(-1);
        if (mark === '(' || mark === '[')
            runs.push(ANY_OPERAND);
        else if (mark === ')' || mark === ']')
            runs.pop();
        else if (mark !== undefined)
            runs.splice(-1, 1, ANY_OPERAND);
        if (word !== undefined) {
            if (WITHOUT_SCHEMA.test(word))
                throw new Error(`${word} takes no schema for its operator: ${sql}`);
            if (BETWEEN.test(word) || /\s/.test(word))
                runs.splice(-1, 1, ANY_OPERAND);
        }
        if (operator !== undefined) {
            const binds = precedence(operator);
            if (binds > (runs.at(-1) ?? ANY_OPERAND))
                throw new Error(`${operator} needs parentheses: ${sql}`);
            runs.splice(-1, 1, binds);
            return `operator(pg_catalog.${operator})`;
        }
        if (type === undefined || type.includes('.') || TYPES_OF_GRAMMAR.test(type))
            return piece;
        return `::pg_catalog.${type}`;
    });
}
const ANY_OPERAND = Number.POSITIVE_INFINITY;
/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-PRECEDENCE */
function precedence(operator) {
    if (operator === '^')
        return 5;
    if (/^[*/%]$/.test(operator))
        return 4;
    if (/^[-+]$/.test(operator))
        return 3;
    return /^(?:[<>]=?|=|<>|!=)$/.test(operator) ? 1 : 2;
}


/***/ })

};
