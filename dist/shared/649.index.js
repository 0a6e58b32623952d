export const id = 649;
export const ids = [649];
export const modules = {

/***/ 8649:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  ToolEngine: () => (/* binding */ ToolEngine)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
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
// EXTERNAL MODULE: ./src/rehearsal/entry.ts
var rehearsal_entry = __webpack_require__(5639);
// EXTERNAL MODULE: ./src/rehearsal/rehearse.ts
var rehearse = __webpack_require__(6962);
// EXTERNAL MODULE: ./src/report/plan-sql.ts
var plan_sql = __webpack_require__(9806);
// EXTERNAL MODULE: ./src/report/values.ts
var values = __webpack_require__(626);
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
// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
// EXTERNAL MODULE: ./src/postgres/as-login.ts
var as_login = __webpack_require__(1299);
// EXTERNAL MODULE: ./src/postgres/failure.ts
var failure = __webpack_require__(8829);
// EXTERNAL MODULE: ./src/postgres/session.ts + 1 modules
var postgres_session = __webpack_require__(7076);
// EXTERNAL MODULE: ./src/sql/classify.ts + 2 modules
var classify = __webpack_require__(9281);
// EXTERNAL MODULE: ./src/sql/tokens.ts
var sql_tokens = __webpack_require__(6080);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/weight.ts
/**
 * What a statement leaves behind once it is committed, by its command tag and its words. What only the server knows is not
 * seen: a view, a policy or an operator whose function writes. Pure.
 */


const ORDER = ['reads', 'perhaps', 'writes'];
function heavier(one, other) {
    return ORDER.indexOf(one) < ORDER.indexOf(other) ? other : one;
}
/** Commands about the session, the transaction or a cursor; a cursor's query was weighed as it was declared. */
const TALK = /^(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|SHOW|SET|RESET|CLOSE|FETCH|MOVE|LISTEN|UNLISTEN|NOTIFY|DISCARD|DEALLOCATE|PREPARE|LOCK|CHECKPOINT|LOAD)\b/;
/** Tags of statements that their words must tell more of. */
const TOLD_BY_WORDS = /^(?:SELECT|EXPLAIN|DECLARE|COPY|DO|CALL)\b/;
/** SQLSTATEs of the notice that says that CREATE ... IF NOT EXISTS had nothing to do. */
const SKIPPED = new Map([
    ['42P07', /^CREATE (?:TABLE|INDEX|SEQUENCE|MATERIALIZED VIEW|FOREIGN TABLE)/],
    ['42P06', /^CREATE SCHEMA/],
    ['42710', /^CREATE (?:EXTENSION|STATISTICS|SERVER|COLLATION)/],
]);
/**
 * Of a statement that was completed.
 * @param words of the statement, asked for where they matter; null: they are not known
 * @param notice the SQLSTATE of a notice that came with it, or null
 */
function weigh(tag, words, notice = null) {
    if (/^(?:INSERT|UPDATE|DELETE|MERGE) /.test(tag))
        return tag.endsWith(' 0') ? 'perhaps' : 'writes';
    if (TOLD_BY_WORDS.test(tag)) {
        const sql = words();
        const weight = sql === null ? 'perhaps' : weighWords(sql);
        return tag === 'COPY 0' && weight === 'writes' ? 'perhaps' : weight;
    }
    if (TALK.test(tag))
        return 'reads';
    const skipped = notice !== null && SKIPPED.get(notice)?.test(tag) && /\bif\s+not\s+exists\b/i.test(words() ?? '');
    return skipped ? 'reads' : 'writes';
}
/** Of a statement that was not answered. */
function weighWords(sql) {
    const { command, mayWrite } = (0,classify/* classify */.L8)(sql);
    switch (command) {
        case 'SELECT':
        case 'VALUES':
        case 'TABLE':
        case 'WITH':
            return mayWrite ? 'writes' : calling(sql);
        case 'DECLARE':
            return calling(sql);
        case 'EXPLAIN':
            return (0,sql_tokens/* tokenize */.qw)(sql).some(({ word }) => word === 'ANALYZE') ? 'perhaps' : 'reads';
        case 'COPY':
            return copying(sql);
        case 'EXECUTE':
        case 'DO':
        case 'CALL':
            return 'perhaps';
        default:
            return TALK.test(command) ? 'reads' : 'writes';
    }
}
function copying(sql) {
    const direction = (0,sql_tokens/* copyEndpoint */.TB)(sql)?.direction;
    if (direction !== 'to')
        return direction === 'from' ? 'writes' : 'perhaps';
    const [, what, first] = (0,sql_tokens/* tokenize */.qw)(sql);
    if (what?.word !== '(')
        return 'reads';
    return /^(?:INSERT|UPDATE|DELETE|MERGE)$/.test(first?.word ?? '') ? 'writes' : weighWords(sql.slice(what.start));
}
/** A query that calls nothing but what is known to read only reads. */
function calling(sql) {
    const last = [];
    for (const token of (0,sql_tokens/* readTokens */.He)(sql)) {
        if (token.word === '(' && !isReader(sql, last))
            return 'perhaps';
        last.push(token);
        if (last.length > 4)
            last.shift();
    }
    return 'reads';
}
/** Whether the parenthesis behind these tokens begins no call, or one of a function that only reads. */
function isReader(sql, before) {
    const token = before.at(-1);
    if (token?.kind !== 'word' && token?.kind !== 'quoted')
        return true;
    const qualifier = before.at(-2)?.word === '.' ? (before.at(-3) ?? null) : null;
    const lead = before.at(qualifier ? -4 : -2)?.word ?? '';
    // The columns of an alias.
    if (/^(?:AS|WITH|RECURSIVE|\))$/.test(lead))
        return true;
    const name = nameOf(sql, token);
    if (qualifier)
        return /^(?:pg_catalog|information_schema)$/.test(nameOf(sql, qualifier)) && READERS.test(name);
    return READERS.test(name) || (token.kind === 'word' && KEYWORDS.test(token.word));
}
const nameOf = (sql, token) => (0,sql_tokens/* unquoteName */.Lh)(sql.slice(token.start, token.end));
/** Words of the language, and types, that may stand before a parenthesis. */
const KEYWORDS = new RegExp(`^(?:${[
    'ALL|AND|ANY|ARRAY|AS|BETWEEN|BY|CASE|CAST|COALESCE|CUBE|DISTINCT|ELSE|EXCEPT|EXISTS|EXTRACT|FILTER|FOR|FROM|GREATEST',
    'GROUP|HAVING|ILIKE|IN|INTERSECT|IS|JOIN|LATERAL|LEAST|LIKE|LIMIT|MATERIALIZED|NOT|NULLIF|OF|OFFSET|ON|OR|OVER|OVERLAY',
    'POSITION|RETURNING|ROLLUP|ROW|SELECT|SETS|SOME|SUBSTRING|THEN|TRIM|UNION|USING|VALUES|WHEN|WHERE|WITH',
    'BIT|CHAR|CHARACTER|DECIMAL|FLOAT|INTERVAL|NUMERIC|TIME|TIMESTAMP|TIMESTAMPTZ|TIMETZ|VARBIT|VARCHAR|VARYING',
].join('|')})$`);
/** Functions of PostgreSQL's own that change nothing that lasts; locks and settings end with the session. */
const READERS = new RegExp(`^(?:${[
    // What a server tells of itself and its catalog.
    'version|current_(?:catalog|database|role|schemas?|setting|user)|session_user|set_config|inet_(?:client|server)_(?:addr|port)',
    'pg_get_\\w+|pg_\\w+_is_visible|pg_has_role|has_\\w+_privilege|to_reg\\w+|format_type|(?:obj|col|shobj)_description',
    'pg_(?:try_)?advisory_\\w+|pg_backend_pid|pg_blocking_pids|pg_is_in_recovery|pg_postmaster_start_time|pg_conf_load_time',
    'pg_(?:total_)?relation_size|pg_(?:table|indexes|database|tablespace|column)_size|pg_size_(?:pretty|bytes)',
    'pg_(?:typeof|collation_for|options_to_table|describe_object|identify_object|listening_channels|timezone_names)',
    'pg_index(?:am)?_(?:column_)?has_property|pg_tablespace_(?:databases|location)|pg_sequence_(?:last_value|parameters)',
    'pg_(?:encoding_to_char|char_to_encoding|partition_(?:tree|root|ancestors)|relation_filenode|stat_get_\\w+)',
    'pg_(?:sleep(?:_for|_until)?|my_temp_schema|is_other_temp_schema|relation_is_publishable|lock_status)',
    'pg_current_(?:xact_id(?:_if_assigned)?|snapshot|wal_(?:lsn|insert_lsn|flush_lsn))|txid_current(?:_if_assigned|_snapshot)?',
    'row_security_active|aclexplode|acldefault|makeaclitem|_pg_expandarray|hashtext|hashtextextended',
    // Aggregates and windows.
    'count|sum|min|max|avg|every|bool_(?:and|or)|bit_(?:and|or|xor)|stddev\\w*|variance|(?:array|string|xml|jsonb?)_agg|jsonb?_object_agg',
    'row_number|(?:dense_|percent_)?rank|ntile|lag|lead|(?:first|last|nth)_value|percentile_(?:cont|disc)|mode|grouping',
    // Values.
    'abs|ceil(?:ing)?|floor|round|trunc|mod|power|sqrt|sign|random|gcd|lcm|div|exp|ln|width_bucket',
    'lower|upper|initcap|(?:char_|character_|octet_|bit_)?length|concat(?:_ws)?|format|quote_(?:ident|literal|nullable)|md5|sha(?:224|256|384|512)',
    'replace|translate|split_part|string_to_(?:array|table)|substr|substring|left|right|[blr]?trim|[lr]pad|repeat|reverse|strpos|position',
    'starts_with|ascii|chr|encode|decode|regexp_(?:replace|match|matches|count|like|instr|substr|split_to_(?:array|table))|to_hex',
    'now|(?:clock|statement|transaction)_timestamp|date_(?:trunc|part|bin)|age|to_(?:char|date|number|timestamp)|make_(?:date|time|timestamp|timestamptz|interval)|timezone|justify_\\w+',
    'unnest|generate_(?:series|subscripts)|cardinality|array_(?:append|cat|dims|fill|length|lower|ndims|position|positions|prepend|remove|replace|to_json|to_string|upper)',
    'to_jsonb?|row_to_json|jsonb?_(?:build_(?:object|array)|object|array_length|array_elements(?:_text)?|each(?:_text)?|object_keys|extract_path(?:_text)?|typeof|strip_nulls|to_record(?:set)?|populate_record(?:set)?)|jsonb_(?:pretty|set|insert|path_\\w+)',
    'num_(?:non)?nulls|gen_random_uuid|uuidv[47]|isfinite|isempty|lower_inc|upper_inc',
].join('|')})$`);

// EXTERNAL MODULE: ./src/sql/split.ts
var split = __webpack_require__(6448);
// EXTERNAL MODULE: ./src/sql/statement.ts
var statement = __webpack_require__(1881);
// EXTERNAL MODULE: ./src/rehearsal/proxy/wire.ts
var wire = __webpack_require__(7411);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/wording.ts
/** A text of SQL as a tool has said it: as much of it as is kept, and the statements in it. Pure. */




/** What a reader is shown of it; a character has at most four bytes. */
const SHOWN = 1_000;
/** What its statements are told from: data may be longer, what has to be told apart seldom is. */
const READ_BYTES = 65_536;
class Wording {
    /** Cut at 1,000 characters. */
    sql;
    /** False: there was more of it than is kept. */
    isWhole;
    text;
    split = null;
    /** The text that begins `from` bytes into a message's body. */
    constructor(frame, from) {
        const { text, next } = (0,wire/* textAt */.$6)(frame, from, READ_BYTES);
        this.text = text;
        this.isWhole = next - 1 - from <= READ_BYTES;
        // Read for itself: whoever keeps it does not keep all of the text.
        this.sql = (0,wire/* textAt */.$6)(frame, from, 4 * SHOWN).text.slice(0, SHOWN);
    }
    /** Those that are known; where they cannot be told apart, all of it is one. */
    get statements() {
        return this.parts.statements;
    }
    /** There are no others than its `statements`. */
    get isApart() {
        return this.parts.isApart;
    }
    /** The one statement of it waits for older transactions: cut short it would leave an invalid index, or a half detached partition. */
    get waitsForOthers() {
        if (!/concurrently/i.test(this.text) || !this.isApart || this.statements.length !== 1)
            return false;
        return isConcurrent(this.statements[0] ?? '');
    }
    get parts() {
        this.split ??= partsOf(this.text, this.isWhole);
        return this.split;
    }
}
function partsOf(text, isWhole) {
    try {
        const statements = [...(0,split/* splitStatements */.X)([text])].map(({ sql }) => sql);
        if (isWhole)
            return { statements, isApart: true };
        // The last one goes on in what was not kept, and others may follow.
        return { statements: statements.slice(0, -1), isApart: false };
    }
    catch (error) {
        if (!(error instanceof statement/* SqlProblem */.m))
            throw error;
        // COPY with data over the connection is none of a file's, and what is not closed is none of the server's.
        return { statements: [text], isApart: isWhole && !text.includes(';') };
    }
}
/** CREATE, DROP and REINDEX INDEX CONCURRENTLY, DETACH PARTITION CONCURRENTLY. */
function isConcurrent(sql) {
    return /concurrently/i.test((0,classify/* classify */.L8)(sql).nonTransactional?.what ?? '');
}
/** What the prepared statements and portals of a connection stand for. */
class Wordings {
    prepared = new Map();
    portals = new Map();
    /** What a message of the client's is about; null: nothing, or it is not known. */
    of(frame) {
        switch (frame.type) {
            case 'Q':
                return new Wording(frame, 0);
            case 'P':
                return new Wording(frame, (0,wire/* textAt */.$6)(frame, 0).next);
            case 'B':
                return this.prepared.get((0,wire/* textAt */.$6)(frame, (0,wire/* textAt */.$6)(frame, 0).next).text) ?? null;
            case 'E':
                return this.portals.get((0,wire/* textAt */.$6)(frame, 0).text) ?? null;
            case 'D':
            case 'C':
                return this.meant(frame).get((0,wire/* textAt */.$6)(frame, 1).text) ?? null;
            default:
                return null;
        }
    }
    /** The same, and remembers what it names. */
    hear(frame) {
        const wording = this.of(frame);
        if (frame.type === 'P')
            wording_name(this.prepared, (0,wire/* textAt */.$6)(frame, 0).text, wording);
        else if (frame.type === 'B')
            wording_name(this.portals, (0,wire/* textAt */.$6)(frame, 0).text, wording);
        else if (frame.type === 'C')
            this.meant(frame).delete((0,wire/* textAt */.$6)(frame, 1).text);
        return wording;
    }
    /** Describe and Close say which they mean. */
    meant(frame) {
        return (0,wire/* letter */.Pv)(frame) === 'S' ? this.prepared : this.portals;
    }
}
function wording_name(known, as, wording) {
    if (wording)
        known.set(as, wording);
    else
        known.delete(as);
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/commits.ts
/** Whether a connection has committed something, followed by what it says and is answered. Pure. */




const VERDICTS = { reads: 'nothing', perhaps: 'unknown', writes: 'something' };
/** The surer answer that something was. */
function worst(all) {
    if (all.includes('something'))
        return 'something';
    return all.includes('unknown') ? 'unknown' : 'nothing';
}
/** What of a message has not been answered yet: all of it, but for so many statements. */
function unanswered(type, wording, answered) {
    return { type, statements: wording?.isApart ? wording.statements.slice(answered) : null };
}
class Commits {
    landed = 'reads';
    /** What the transaction that is open has done, be it a block or an implicit one. */
    open = 'reads';
    /** A name that is not known is null. */
    savepoints = [];
    inBlock = false;
    /** An error has come since the server was ready. */
    failed = false;
    /** It was the connection's last. */
    isOver = false;
    get verdict() {
        return VERDICTS[this.landed];
    }
    /** A statement was completed, the `at`th of what was said. `notice`: the SQLSTATE of one that came with it. */
    completed(tag, wording, at, notice) {
        const words = () => wording?.statements[at] ?? null;
        switch (tag) {
            case 'BEGIN':
            case 'START TRANSACTION':
                this.inBlock = true;
                return;
            case 'COMMIT':
            // It outlasts the session, and whoever decides about it.
            case 'PREPARE TRANSACTION':
                this.land(this.open);
                this.close(words());
                return;
            case 'COMMIT PREPARED':
                this.land('writes');
                return;
            case 'ROLLBACK':
                this.rolledBack(words());
                return;
            case 'SAVEPOINT':
                this.savepoints.push({ name: savepointIn(words()), open: this.open });
                return;
            case 'RELEASE': {
                const at = this.find(words());
                if (at >= 0)
                    this.savepoints.splice(at);
                return;
            }
        }
        // Nothing can make it more than it is.
        if (this.open === 'writes' && this.inBlock)
            return;
        const weight = weigh(tag, words, notice);
        this.open = heavier(this.open, weight);
        if (weight !== 'reads' && !this.inBlock && !DATA.test(tag) && standsAlone(words() ?? ''))
            this.land(weight);
    }
    /** A statement has given some of its rows, and waits. What it writes it has written. */
    suspended(wording) {
        const sql = wording?.statements[0];
        this.open = heavier(this.open, sql === undefined ? 'perhaps' : weighWords(sql));
    }
    /** A function was called by its number. */
    called() {
        this.open = heavier(this.open, 'perhaps');
    }
    /** The `at`th statement of what was said failed. */
    fails(wording, at, fields) {
        this.failed = true;
        if (fields.get('V') === 'FATAL')
            this.isOver = true;
        const sql = wording?.statements[at] ?? null;
        if (!this.inBlock && sql !== null && leavesPart(sql, fields))
            this.land('perhaps');
    }
    /** `status` as ReadyForQuery says it. */
    ready(status) {
        this.inBlock = status !== 'I';
        if (!this.inBlock) {
            if (!this.failed)
                this.land(this.open);
            this.close(null);
        }
        this.failed = false;
    }
    /** The connection is over. `rest`: what was not answered, in order, up to the Sync of a failed one left out. */
    lost(rest) {
        if (this.isOver)
            return;
        if (this.failed && !this.inBlock)
            this.open = 'reads';
        for (const { type, statements } of rest) {
            for (const sql of statements ?? [])
                this.mayHaveRun(sql);
            if (statements === null && type !== 'S') {
                this.open = 'perhaps';
                this.mayLand(this.open);
            }
            // A Sync commits what is not in a block, and a string does at its end.
            if (type !== 'E' && !this.inBlock)
                this.mayLand(this.open);
        }
    }
    mayHaveRun(sql) {
        const { control } = (0,classify/* classify */.L8)(sql);
        if (control === 'begin')
            this.inBlock = true;
        else if (control === 'commit' || control === 'commit-chain' || control === 'prepare') {
            this.mayLand(/PREPARED/i.test(sql) ? 'perhaps' : this.open);
            this.close(sql);
        }
        else if (control === 'rollback' || control === 'rollback-chain')
            this.close(sql);
        else {
            const weight = weighWords(sql);
            this.open = heavier(this.open, weight);
            if (!this.inBlock && standsAlone(sql))
                this.mayLand(weight);
        }
    }
    land(weight) {
        this.landed = heavier(this.landed, weight);
    }
    mayLand(weight) {
        if (weight !== 'reads')
            this.land('perhaps');
    }
    /** The transaction is over. */
    close(sql) {
        this.open = 'reads';
        this.savepoints = [];
        this.inBlock = sql !== null && ((0,classify/* classify */.L8)(sql).control ?? '').endsWith('-chain');
    }
    /** ROLLBACK TO has the same tag. */
    rolledBack(sql) {
        if (sql !== null && (0,classify/* classify */.L8)(sql).control !== 'savepoint') {
            this.close(sql);
            return;
        }
        const at = this.find(sql);
        const savepoint = this.savepoints[at];
        if (savepoint) {
            this.open = savepoint.open;
            this.savepoints.splice(at + 1);
        }
        else if (this.open !== 'reads')
            this.open = 'perhaps';
    }
    /** The savepoint that is named, or -1: it cannot be told. */
    find(sql) {
        const name = savepointIn(sql);
        if (name === null || this.savepoints.some((one) => one.name === null))
            return -1;
        return this.savepoints.findLastIndex((one) => one.name === name);
    }
}
/** Its name is the last word of SAVEPOINT, RELEASE and ROLLBACK TO. */
function savepointIn(sql) {
    const last = sql === null ? undefined : (0,sql_tokens/* tokenize */.qw)(sql).at(-1);
    return sql === null || last === undefined ? null : (0,sql_tokens/* unquoteName */.Lh)(sql.slice(last.start, last.end));
}
/** Tags of what never does. */
const DATA = /^(?:INSERT|UPDATE|DELETE|MERGE|COPY|SELECT) /;
/** It commits by itself, whatever comes before the Sync. */
function standsAlone(sql) {
    return (0,classify/* classify */.L8)(sql).nonTransactional !== null;
}
/** Before it began, a server refuses a statement with errors of these classes. */
const REFUSED = /^(?:0A|25|2D|42)/;
/** What has committed a part of its work may fail at the next; an error with a context came from inside of it. */
function leavesPart(sql, fields) {
    const code = fields.get('C') ?? '';
    const { opaque } = (0,classify/* classify */.L8)(sql);
    if (opaque)
        return fields.has('W') && code !== '2D000' && (opaque.what === 'CALL' || opaque.commits);
    return isConcurrent(sql) && (fields.has('W') || !REFUSED.test(code));
}

// EXTERNAL MODULE: ./src/postgres/qualified.ts
var qualified = __webpack_require__(3530);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/parameters.ts
/** The settings that a client asks for as it connects, and those that a server tells every client. */

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
    text: (0,qualified/* qualified */.LX)(`select name, pg_catalog.current_setting(name)
    from (values ('server_version', 0), ('server_encoding', 0), ('DateStyle', 0), ('IntervalStyle', 0), ('TimeZone', 0),
                 ('integer_datetimes', 0), ('standard_conforming_strings', 0), ('is_superuser', 0),
                 ('session_authorization', 0), ('application_name', 0), ('default_transaction_read_only', 140000),
                 ('in_hot_standby', 140000), ('scram_iterations', 160000), ('search_path', 180000)) as reported (name, since)
   where since <= pg_catalog.current_setting('server_version_num')::int`),
    keep: true,
};

// EXTERNAL MODULE: external "node:perf_hooks"
var external_node_perf_hooks_ = __webpack_require__(643);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/announcer.ts
/**
 * In apply: tells of what may commit before the server hears it, so that whoever reads the database back later knows what
 * to ask after. The tool's own words are held meanwhile, for as long as a look at the server takes.
 */



class Announcer {
    input;
    held = [];
    isTelling = false;
    isOver = false;
    /** As the server said when it was ready last. */
    block = 'I';
    /** Since then: something that begins or ends a block; something that may have written. */
    isTurning = false;
    isDirty = false;
    /** Names of the statements that were prepared since then: looked at already, and not known to the transcript yet. */
    parsed = new Set();
    constructor(input) {
        this.input = input;
    }
    /** Bytes of the tool's that wait here. */
    get heldBytes() {
        return this.held.reduce((sum, { bytes }) => sum + bytes.length, 0);
    }
    hear(frames) {
        this.held = this.held.length === 0 ? [...frames] : [...this.held, ...frames];
        if (!this.isTelling)
            this.pump();
    }
    /** The connection has ended: what is held is never sent. */
    end() {
        this.isOver = true;
        this.held = [];
    }
    pump() {
        this.lookAtStatus();
        for (let at = 0; at < this.held.length; at += 1) {
            const frame = this.held[at];
            const telling = this.tell(frame);
            if (telling === null)
                continue;
            const before = this.held.slice(0, at);
            this.held = this.held.slice(at);
            this.isTelling = true;
            if (before.length > 0)
                this.input.pass(before);
            void telling.then(() => this.told());
            return;
        }
        const all = this.held;
        this.held = [];
        if (all.length > 0)
            this.input.pass(all);
    }
    told() {
        this.isTelling = false;
        if (this.isOver)
            return;
        const [first, ...rest] = this.held;
        this.held = rest;
        if (first)
            this.input.pass([first]);
        this.pump();
    }
    lookAtStatus() {
        const { status } = this.input.transcript;
        if (status === null)
            return;
        this.block = status;
        this.isTurning = false;
        this.isDirty = false;
        this.parsed.clear();
    }
    tell(frame) {
        if (!ASKS.has(frame.type))
            return null;
        if (frame.type === 'P')
            this.parsed.add((0,wire/* textAt */.$6)(frame, 0).text);
        if (frame.type === 'B' && this.parsed.has((0,wire/* textAt */.$6)(frame, (0,wire/* textAt */.$6)(frame, 0).next).text))
            return null;
        const wording = frame.type === 'F' ? null : this.input.transcript.wordingOf(frame);
        const statements = wording?.isApart ? wording.statements : null;
        const what = this.announcementOf(statements);
        return what === null ? null : this.input.announce(what, statements);
    }
    announcementOf(statements) {
        const isInBlock = this.block !== 'I' && !this.isTurning;
        if (statements === null) {
            this.isTurning = true;
            return 'untold';
        }
        const facts = statements.map((sql) => ({ sql, control: (0,classify/* classify */.L8)(sql).control }));
        const turns = facts.filter(({ control }) => control !== null && control !== 'savepoint');
        const mayWrite = facts.some(({ sql }) => weighWords(sql) !== 'reads');
        if (turns.length > 0)
            this.isTurning = true;
        if (facts.some(({ sql }) => /^\s*(?:commit|rollback)\s+prepared\b/i.test(sql)))
            return 'untold';
        if (!isInBlock)
            return mayWrite || turns.some(({ control }) => control === 'prepare') ? 'untold' : null;
        if (turns.length === 0) {
            this.isDirty ||= mayWrite;
            return null;
        }
        const [only] = turns;
        if (statements.length > 1 || only?.control === 'prepare')
            return 'untold';
        if (!only?.control?.startsWith('commit'))
            return null;
        return this.isDirty ? 'untold' : 'transaction';
    }
}
/** A string, a statement to prepare, one to carry out, a function. */
const ASKS = new Set([...'QPBF']);

;// CONCATENATED MODULE: ./src/rehearsal/proxy/transcript.ts
/** What one connection said and what it was answered, statement by statement, read off the messages that pass. Pure. */



/** The messages of a server that a transcript reads; rows and the data of a COPY are none of them. */
const READ_OF_SERVER = new Set([...'123CEGINTZns']);
class Transcript {
    speaker;
    commits = new Commits();
    tell;
    asked = [];
    wordings = new Wordings();
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
    /** What the server said as it became ready, until the client says something. A new connection is told that it is idle. */
    readyAs = 'I';
    /** The SQLSTATE of a notice that came since the last statement was completed. */
    noticed = null;
    /** `tell` is called with each statement as it ends. */
    constructor(speaker, tell) {
        this.speaker = speaker;
        this.tell = tell;
    }
    /** `I`, `T` or `E`, as in ReadyForQuery; null: something is under way. */
    get status() {
        return this.readyAs;
    }
    get committed() {
        return this.commits.verdict;
    }
    /** What the client's oldest unanswered message is about. */
    get underWay() {
        const first = this.first();
        const sql = first?.type === 'S' ? this.last?.sql : first && shown(first);
        return sql == null || this.since === null ? null : { sql, beganAt: this.since };
    }
    /** The text that a message of the client's is about; null: it is about none, or the text is not known. */
    wordingOf(frame) {
        return this.wordings.of(frame);
    }
    /** The client said this. */
    heard(frame, now) {
        // A Flush asks for nothing.
        if (frame.type !== 'H')
            this.readyAs = null;
        switch (frame.type) {
            case 'Q':
            case 'P':
            case 'B':
            case 'E':
            case 'D':
            case 'C':
                this.ask(frame.type, this.wordings.hear(frame), now);
                return;
            case 'F':
                this.ask('F', null, now);
                return;
            case 'S':
                if (this.copying)
                    return;
                this.skipping = false;
                this.ask('S', null, now);
                return;
            case 'c':
            case 'f':
                // Before the server has said that it takes COPY data: said blindly, and its place matters.
                if (!this.copying)
                    this.asked.push({ type: 'c', wording: null });
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
                this.completed(first, (0,wire/* textAt */.$6)(frame, 0).text, now);
                return;
            case 's':
                if (first?.type !== 'E')
                    return;
                this.commits.suspended(first.wording);
                this.end(first, [], null, now);
                return;
            case 'N': {
                const fields = (0,wire/* readFields */.qU)(frame);
                // What comes with a context was said by something inside of the statement.
                if (!fields.has('W'))
                    this.noticed = fields.get('C') ?? null;
                return;
            }
            case 'I':
                if (first?.type === 'E')
                    this.next(now);
                return;
            case 'E': {
                this.fails(first, (0,wire/* readFields */.qU)(frame), now);
                return;
            }
            case 'Z':
                this.ready((0,wire/* letter */.Pv)(frame), now);
                return;
        }
    }
    /** The connection is over: what was not answered will not be. */
    over(why, now) {
        const { underWay, failed, last } = this;
        const told = this.first()?.type === 'S' && last?.error;
        this.commits.lost(this.unanswered());
        this.asked.length = 0;
        this.readyAs = null;
        if (underWay && !told)
            this.say(underWay.sql, this.tags, failed ?? { sqlstate: null, message: why }, now);
    }
    /** What the server may have done of which nothing is known: after an error it does nothing up to the Sync, or of the string. */
    unanswered() {
        const [first, ...rest] = this.asked.filter(({ type }) => /[QEFS]/.test(type));
        // What waits for COPY data fails without its end.
        if (!first || this.copying)
            return [];
        const isFailed = this.failed !== null || (first.type === 'S' && this.last?.error);
        const later = rest.map(({ type, wording }) => unanswered(type, wording, 0));
        return isFailed ? later : [unanswered(first.type, first.wording, this.tags.length), ...later];
    }
    ask(type, wording, now) {
        if (this.skipping)
            return;
        this.asked.push({ type, wording });
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
    completed(first, tag, now) {
        this.copying = false;
        if (first?.type !== 'Q' && first?.type !== 'E')
            return;
        this.commits.completed(tag, first.wording, this.tags.length, this.noticed);
        this.noticed = null;
        if (first.type === 'Q')
            this.tags.push(tag);
        else
            this.end(first, [tag], null, now);
    }
    fails(first, fields, now) {
        const error = { sqlstate: fields.get('C') ?? null, message: fields.get('M') ?? '' };
        this.copying = false;
        const ran = first?.type === 'Q' || first?.type === 'E' ? first.wording : null;
        this.commits.fails(ran, this.tags.length, fields);
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
        this.say(shown(first), [], error, now);
        const sync = this.asked.findIndex(({ type }) => type === 'S');
        this.skipping = sync < 0;
        this.asked.splice(0, sync < 0 ? this.asked.length : sync);
    }
    ready(status, now) {
        const first = this.first();
        if (first?.type === 'F')
            this.commits.called();
        this.commits.ready(status);
        if (first?.type === 'Q' || first?.type === 'F') {
            // A string without a statement was not one.
            if (this.tags.length > 0 || this.failed)
                this.say(shown(first), this.tags, this.failed, now);
            this.tags = [];
            this.failed = null;
        }
        this.last = null;
        const upTo = this.asked.findIndex(({ type }) => type === 'Q' || type === 'F' || type === 'S');
        this.asked.splice(0, upTo + 1);
        this.noticed = null;
        if (this.first() === null)
            this.readyAs = status;
        this.since = this.first() === null ? null : now;
    }
    end(first, tags, error, now) {
        this.say(shown(first), tags, error, now);
        this.next(now);
    }
    next(now) {
        this.asked.shift();
        this.since = this.first() === null ? null : now;
    }
    say(sql, tags, error, now) {
        this.last = { ...this.speaker, sql, beganAt: this.since ?? now, endedAt: now, tags, error };
        this.tell(this.last);
    }
}
const shown = ({ type, wording }) => (type === 'F' ? '(a function called by its number)' : (wording?.sql ?? ''));

;// CONCATENATED MODULE: ./src/rehearsal/proxy/sieve.ts
/** Type, and a length that counts itself. */
const HEADER_BYTES = 5;
class Sieve {
    isOurs;
    take;
    /** Of the message that comes now: how much of it was seen, its length as far as it was read, and its parts where it is ours. */
    seen = 0;
    length = 0;
    parts = null;
    /** `isOurs` is asked as each message begins; `take` gets it once it is there, and may give bytes that pass in its place. */
    constructor(isOurs, take) {
        this.isOurs = isOurs;
        this.take = take;
    }
    /** What is not ours of these bytes, in order. Throws on a length that cannot be. */
    push(chunk) {
        const passed = [];
        let from = 0;
        let at = 0;
        while (at < chunk.length) {
            const begin = at;
            if (this.seen === 0)
                this.parts = this.isOurs(String.fromCharCode(chunk[at] ?? 0)) ? [] : null;
            at = this.read(chunk, at);
            if (this.parts) {
                passed.push(chunk.subarray(from, begin));
                this.parts.push(chunk.subarray(begin, at));
                from = at;
            }
            if (this.seen < HEADER_BYTES || this.seen <= this.length)
                continue;
            const taken = this.parts ? this.take(frameOf(this.parts)) : null;
            if (taken)
                passed.push(taken);
            this.seen = 0;
            this.length = 0;
        }
        passed.push(chunk.subarray(from));
        return passed.filter(({ length }) => length > 0);
    }
    /** Goes on in one message, to its end or that of the bytes. */
    read(chunk, from) {
        let at = from;
        for (; this.seen < HEADER_BYTES && at < chunk.length; at += 1) {
            if (this.seen > 0)
                this.length = this.length * 256 + (chunk[at] ?? 0);
            this.seen += 1;
        }
        if (this.seen < HEADER_BYTES)
            return at;
        if (this.length < 4)
            throw new Error(`a message of ${this.length} bytes cannot be`);
        const more = Math.min(this.length + 1 - this.seen, chunk.length - at);
        this.seen += more;
        return at + more;
    }
}
function frameOf(parts) {
    const bytes = Buffer.concat(parts);
    return { type: String.fromCharCode(bytes[0] ?? 0), bytes };
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/unhurried.ts
/**
 * Lets a statement that waits for older transactions by nature (CREATE INDEX CONCURRENTLY, ...) wait as long as it must: our
 * lock_timeout would cut it, and leave an invalid index. Before it the setting is taken away and after it put back, by
 * messages of ours that the tool sees no answer of. What the tool says meanwhile is held, so that nothing is mixed.
 */


/** Not the tool's unnamed statement, nor one that it could have. */
const NAME = 'mgate_lock_timeout';
/** A statement whose text is longer is none that waits. */
const LONGEST_BYTES = 60_000;
class Unhurried {
    around;
    sieve = new Sieve((type) => this.isOurs && OUR_ANSWERS.has(type), (frame) => this.answered(frame));
    state = 'as it is';
    held = [];
    /** The last of the messages that the tool's statement ends with has been passed on. */
    isSent = false;
    /** It was still ours, and is taken away. */
    isLifted = false;
    cancelAsked = false;
    constructor(around) {
        this.around = around;
    }
    /** Bytes of the tool's that wait here. */
    get heldBytes() {
        return this.held.reduce((sum, { bytes }) => sum + bytes.length, 0);
    }
    /** The tool said this. */
    hear(frames) {
        this.held.push(...frames);
        this.pump();
    }
    /** The tool wants its statement cancelled, which may not have been sent yet. */
    cancel() {
        if (this.state === 'lifting')
            this.cancelAsked = true;
        // Its own is over: nothing is left to cancel.
        else if (this.state !== 'restoring')
            this.around.cancel();
    }
    /** What of the server's bytes is the tool's. Throws where they are no messages. */
    sift(chunk) {
        return this.sieve.push(chunk);
    }
    /** After the transcript has read what came. */
    look() {
        const { status } = this.around.transcript;
        if (status === null || !this.isSent || (this.state !== 'lifted' && this.state !== 'owing'))
            return;
        if (!this.isLifted)
            this.state = 'as it is';
        else if (status === 'I') {
            this.state = 'restoring';
            this.around.write([setting(this.around.lockTimeout ?? '', '0')]);
        }
        else
            this.state = 'owing';
        this.pump();
    }
    get isOurs() {
        return this.state === 'lifting' || this.state === 'restoring';
    }
    /** Passes on what need not be held. */
    pump() {
        const next = [];
        let at = 0;
        while (at < this.held.length && !this.isOurs && !(this.state === 'lifted' && this.isSent)) {
            const frames = upToEnd(this.held, at);
            if (this.begins(frames)) {
                this.state = 'lifting';
                this.isSent = false;
                this.isLifted = false;
                next.push(setting('0', this.around.lockTimeout ?? ''));
                break;
            }
            this.isSent = ENDS.has(frames.at(-1)?.type ?? '');
            at += frames.length;
            this.around.heard(frames);
            for (const { bytes } of frames)
                next.push(bytes);
        }
        this.held = this.held.slice(at);
        if (next.length > 0)
            this.around.write(next);
    }
    /** Whether a statement that waits is among these, and nothing is under way. */
    begins(frames) {
        const { lockTimeout, transcript } = this.around;
        if (lockTimeout === null || this.state !== 'as it is' || transcript.status !== 'I')
            return false;
        return frames.some((frame) => unhurried_ASKS.has(frame.type) && frame.bytes.length < LONGEST_BYTES && transcript.wordingOf(frame)?.waitsForOthers);
    }
    /** The server answers ours. What it says as it ends the connection is for the tool. */
    answered(frame) {
        if (frame.type === 'E' && (0,wire/* readFields */.qU)(frame).get('V') === 'FATAL')
            return frame.bytes;
        if (frame.type === 'C' && this.state === 'lifting')
            this.isLifted = (0,wire/* textAt */.$6)(frame, 0).text === 'SELECT 1';
        if (frame.type === 'C' && this.state === 'restoring')
            this.isLifted = false;
        if (frame.type === 'Z')
            this.next();
        return null;
    }
    next() {
        if (this.state === 'lifting')
            this.state = 'lifted';
        else {
            // Where it could not be put back, it is after what the tool says next.
            this.state = this.isLifted ? 'owing' : 'as it is';
            this.isSent = false;
        }
        this.pump();
        if (this.cancelAsked)
            this.around.cancel();
        this.cancelAsked = false;
    }
}
/** Sets lock_timeout where it still is what it was. */
function setting(value, where) {
    const sql = `select pg_catalog.set_config('lock_timeout', $1, false)
    where pg_catalog.current_setting('lock_timeout') operator(pg_catalog.=) $2`;
    return Buffer.concat([
        wire/* say */.cv.parse(NAME, sql),
        wire/* say */.cv.bind(NAME, NAME, [value, where]),
        wire/* say */.cv.execute(NAME),
        wire/* say */.cv.close('S', NAME),
        wire/* say */.cv.sync,
    ]);
}
/** From a place on, up to what the server answers with ReadyForQuery, or all. */
function upToEnd(frames, from) {
    let end = from;
    while (end < frames.length && !ENDS.has(frames[end]?.type ?? ''))
        end += 1;
    return frames.slice(from, end + 1);
}
/** What a statement comes with. */
const unhurried_ASKS = new Set([...'QPB']);
/** What the server answers with ReadyForQuery. */
const ENDS = new Set([...'QSF']);
/** Parse, Bind, rows, tag, Close, and the end or the error of it. What comes of its own accord is the tool's. */
const OUR_ANSWERS = new Set([...'12DC3EZ']);

;// CONCATENATED MODULE: ./src/rehearsal/proxy/passage.ts
/** One connection of a tool and the session on the target that it has for itself: every byte as it is, and written down. */





/** Beyond it the tool is not read: but for that, its end is noticed while CONCURRENTLY waits. */
const MOST_HELD_BYTES = 1_000_000;
class Passage {
    caller;
    pid;
    transcript;
    input;
    loan;
    announcer;
    unhurried;
    /** The tool is not read, as too much of it is held. */
    isPaused = false;
    reader = new wire/* FrameReader */.tS((type) => READ_OF_SERVER.has(type));
    /** From now on the two speak with each other. */
    constructor(input) {
        const { caller, session, pid, database, lockTimeout, tell, announce } = input;
        this.input = input;
        this.caller = caller;
        this.pid = pid;
        this.transcript = new Transcript({ caller: caller.id, database }, tell);
        this.announcer = new Announcer({
            transcript: this.transcript,
            pass: (frames) => {
                this.unhurried.hear(frames);
                this.ease();
            },
            announce,
        });
        this.unhurried = new Unhurried({
            lockTimeout,
            transcript: this.transcript,
            heard: (frames) => {
                const now = external_node_perf_hooks_.performance.now();
                for (const frame of frames)
                    this.transcript.heard(frame, now);
            },
            write: (bytes) => this.write(bytes),
            cancel: () => input.cancel(pid),
        });
        this.loan = session.lend((chunk) => this.answered(chunk));
        caller.onDrain(() => this.loan.resume());
        this.loan.onDrain(() => caller.resume());
    }
    hear(frames) {
        this.announcer.hear(frames);
        if (this.heldBytes <= MOST_HELD_BYTES)
            return;
        this.isPaused = true;
        this.caller.pause();
    }
    cancel() {
        this.unhurried.cancel();
    }
    /** Resolves when the session is closed. */
    end(why) {
        this.announcer.end();
        this.transcript.over(why, external_node_perf_hooks_.performance.now());
        // Without being read the server's end of the connection would not be seen.
        this.loan.resume();
        return this.input.session.end();
    }
    write(bytes) {
        const [only] = bytes;
        if (!this.loan.write(bytes.length === 1 && only ? only : Buffer.concat(bytes)))
            this.caller.pause();
    }
    answered(chunk) {
        const now = external_node_perf_hooks_.performance.now();
        try {
            for (const bytes of this.unhurried.sift(chunk)) {
                for (const frame of this.reader.push(bytes))
                    this.transcript.answered(frame, now);
                if (!this.caller.send(bytes))
                    this.loan.pause();
            }
        }
        catch (error) {
            this.input.onNonsense(`the server does not speak its protocol: ${error.message}`);
            this.input.session.drop();
            return;
        }
        this.unhurried.look();
        this.ease();
    }
    ease() {
        if (!this.isPaused || this.heldBytes > MOST_HELD_BYTES)
            return;
        this.isPaused = false;
        this.caller.resume();
    }
    get heldBytes() {
        return this.announcer.heldBytes + this.unhurried.heldBytes;
    }
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/relay.ts
/**
 * Apply, for somebody else's tool: each of its connections has one of its own on the target, every byte passes as it is,
 * and what was said is written down.
 */






/** Where tools ask whether their database exists, and make it where it does not. */
const MAINTENANCE = ['postgres', 'template1'];
class Relay {
    input;
    passages = new Map();
    admissions = new Set();
    endings = new Set();
    everyPid = new Set();
    /** Of the connections that are over. */
    committedBefore = 'nothing';
    closed = false;
    constructor(input) {
        this.input = input;
    }
    /** What the tool has committed until now, on any database, by what was said and answered. After `close` it is final. */
    get committed() {
        return worst([this.committedBefore, ...[...this.passages.values()].map(({ transcript }) => transcript.committed)]);
    }
    /** Every backend that has ever worked for the tool. One whose caller has left may work on until it notices. */
    get pids() {
        return [...this.everyPid];
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
        const asked = caller.parameters.get('database') ?? '';
        const { database, open, cancel } = this.input;
        if (asked !== database && !MAINTENANCE.includes(asked))
            return refused(otherDatabase(asked, database));
        const its = settingsOf(caller.parameters);
        if (this.closed)
            return refused(CLOSED);
        const session = await open(caller);
        try {
            const { pid, parameters, lockTimeout } = await prepare(session, [...this.input.settings, ...its]);
            if (this.closed)
                throw new StartupError('57P01', 'the proxy has ended');
            this.everyPid.add(pid);
            const isOurs = limitsLocks(this.input.settings) && !limitsLocks(its) && lockTimeout !== '0';
            const passage = new Passage({
                caller,
                session,
                pid,
                database: asked,
                lockTimeout: isOurs ? lockTimeout : null,
                tell: (said) => this.input.onStatement(said),
                cancel,
                announce: (what, statements) => this.input.onCommit?.(what, statements, pid) ?? null,
                onNonsense: (why) => this.lost(caller, why),
            });
            this.passages.set(caller, passage);
            session.onLost((why) => this.lost(caller, `the connection to the server ended: ${why.message}`));
            return { kind: 'admitted', parameters, pid };
        }
        catch (error) {
            await session.end();
            throw error;
        }
    }
    hear(caller, frames) {
        this.passages.get(caller)?.hear(frames);
    }
    cancel(caller) {
        this.passages.get(caller)?.cancel();
    }
    /** Its session ends, and what it had not committed is rolled back. */
    left(caller) {
        this.end(caller, 'the tool closed its connection before the answer came');
    }
    /** Ends every session, also those that are being opened. */
    async close() {
        this.closed = true;
        for (const { caller } of [...this.passages.values()]) {
            this.end(caller, 'the proxy has ended before the answer came');
            caller.end(wire/* answer */.ZF.error(CLOSED));
        }
        await Promise.all([...this.admissions, ...this.endings]);
    }
    lost(caller, why) {
        if (this.end(caller, why))
            caller.end();
    }
    /** False: it was over already. */
    end(caller, why) {
        const passage = this.passages.get(caller);
        if (!passage)
            return false;
        this.passages.delete(caller);
        const ending = passage.end(why).finally(() => this.endings.delete(ending));
        this.endings.add(ending);
        this.committedBefore = worst([this.committedBefore, passage.transcript.committed]);
        return true;
    }
}
/** Makes a new session what the caller would have got of the server. In one round trip. */
async function prepare(session, settings) {
    const results = await session.batch([
        ...settingItems(settings),
        REPORTED,
        { text: `select pg_catalog.pg_backend_pid(), pg_catalog.current_setting('lock_timeout')`, keep: true },
        encodingItem(settings),
    ]);
    const [reported, backend, encoding] = results.slice(-3).map(({ rows }) => rows);
    const pairs = [...(reported ?? []), ...(encoding ?? [])].map(([name, value]) => [name ?? '', value ?? '']);
    const [pid, lockTimeout] = backend?.[0] ?? [];
    return { pid: Number(pid), lockTimeout: lockTimeout ?? '0', parameters: new Map(pairs) };
}
const limitsLocks = (settings) => settings.some(([name]) => name.toLowerCase() === 'lock_timeout');
const CLOSED = (0,wire/* errorFields */.au)('FATAL', '57P01', 'terminating connection: the proxy has ended');
const refused = (fields) => ({ kind: 'refused', fields });
function otherDatabase(asked, database) {
    const text = `database "${asked}" is not served here: Postgres Migration Gate serves "${database}" only`;
    return (0,wire/* errorFields */.au)('FATAL', '3D000', text, 'Let the tool connect to the database that its URL names, and to no other.');
}
/** The server's own words where it said some. */
function fieldsOf(error) {
    if (error instanceof StartupError)
        return (0,wire/* errorFields */.au)('FATAL', error.sqlstate, error.message);
    const cause = error instanceof Error && !(error instanceof postgres_session/* BatchError */.PW) && error.cause ? error.cause : error;
    const { fromServer, code, message, hint } = (0,failure/* readServerError */.i)(cause);
    return (0,wire/* errorFields */.au)('FATAL', fromServer && code ? code : '08006', message, hint ?? undefined);
}

// EXTERNAL MODULE: ./src/report/stop.ts
var stop = __webpack_require__(9836);
// EXTERNAL MODULE: ./src/engines/shared/backend.ts
var backend = __webpack_require__(8937);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./src/report/failure.ts
var report_failure = __webpack_require__(3304);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __webpack_require__(5655);
// EXTERNAL MODULE: ./src/sql/locate.ts
var locate = __webpack_require__(9844);
// EXTERNAL MODULE: ./src/engines/tool/planned.ts
var planned = __webpack_require__(4584);
;// CONCATENATED MODULE: ./src/engines/tool/failure.ts
/** Why a tool failed: in the server's words where the server said it, with what the tool's own say of the place. */







/** It ended well, and what it was to do is not on its record. */
class NotRecorded extends Error {
    constructor(name, versions) {
        const more = versions.length > 5 ? ` and ${versions.length - 5} more` : '';
        const which = `${versions.slice(0, 5).join(', ')}${more}`;
        super(`${name} ended with exit code 0 without ${which} on its record: what it had not committed was rolled back as it left`);
    }
}
const ENDED_EARLY = 'Look in the migration for what ends the tool, or the transaction in which it keeps its records, before the tool itself does (an exit, a commit or a rollback of its own), correct it, then run again.';
/** The end of what it printed, in a failure's detail. */
const SHOWN_CHARACTERS = 1_500;
function toolFailure({ error, sql, file, line, ended, phase }, tool, request) {
    const told = ended && tool.explain(ended);
    const context = { phase, host: request.target.host, timedOut: null, showData: request.showData };
    const server = (0,failure/* readServerError */.i)(error);
    const base = (0,failure/* failureFrom */.J)(error, null, context);
    const path = told?.file ?? file;
    const place = {
        file: path,
        line: told?.line ?? line,
        column: null,
        ...(sql === null
            ? { excerpt: null }
            : placeOf(sql, server.position, path && (0,external_node_path_.resolve)(request.workingDirectory, path))),
    };
    if (server.fromServer)
        return { ...base, ...place };
    if (error instanceof NotRecorded) {
        const { class: kind, meaning } = (0,report_failure/* failureOfClass */.iQ)('tool');
        return { ...base, ...place, class: kind, message: error.message, meaning, next: ENDED_EARLY, detail: null };
    }
    const words = told ?? { ...(0,report_failure/* failureOfClass */.iQ)('tool'), message: ended ? saidLast(ended, tool) : base.message };
    return {
        ...base,
        ...place,
        class: words.class,
        message: words.message,
        meaning: words.meaning,
        next: told?.next ?? `Read what ${tool.name} printed (migration.log), correct it, then run again.`,
        detail: told || !ended ? null : tail(ended, request.showData),
    };
}
/** Whether this error of the server's is what ended it: it may have dealt with one before, and failed for another reason. */
function isOf(ended, message, tool) {
    if (!ended)
        return true;
    const [first = ''] = message.split('\n');
    return `${ended.stdout}\n${ended.stderr}`.includes(first) || tool.explain(ended) === null;
}
/** Where the statement stands in the file, if it does as it was sent; else its own words alone. */
function placeOf(sql, position, path) {
    const found = path === null ? null : (0,planned/* findStatement */.zG)(sql, (0,planned/* textOf */.b6)(path));
    const at = (0,locate/* locate */.x)({ sql, line: found?.line ?? 1, column: found?.column ?? 1 }, position);
    const lines = (found?.source ?? sql).split('\n');
    const excerpt = (0,report_failure/* excerptOf */.zU)(lines[at.line - 1] ?? '', at.column);
    return found ? { ...at, excerpt } : { excerpt };
}
function failureOfTool(failed, ended, tool, request) {
    const { migration, place, error } = failed;
    const own = { error, sql: place?.sql ?? null, ended, phase: 'dry-run' };
    return toolFailure({ ...own, file: migration.file || null, line: null }, tool, request);
}
const SAYS_WHY = /^\s*(?:[\w.]*(?:Error|Exception)|error|fatal|failed)\b.*:/i;
function saidLast({ code, signal, error, stdout, stderr }, tool) {
    if (error)
        return `${tool.name} could not be started: ${error.message}`;
    const lines = `${stdout}\n${stderr}`.trimEnd().split('\n');
    // Node ends what it has to say of an exception with its own version.
    const last = (lines.findLast((line) => SAYS_WHY.test(line)) ?? lines.at(-1) ?? '').trim();
    const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
    return `${tool.name} ${how}${last === '' ? '' : `: ${(0,report_text/* brief */.dh)(last, 300)}`}`;
}
function tail({ stdout, stderr }, showData) {
    const printed = `${stdout.trimEnd()}\n${stderr.trimEnd()}`.trim();
    const text = showData ? printed : printed.split('\n').map(values/* lineWithoutValues */.tt).join('\n');
    if (text === '')
        return null;
    return text.length <= SHOWN_CHARACTERS ? text : `…${(0,report_text/* cut */.Jj)(text.slice(-SHOWN_CHARACTERS), SHOWN_CHARACTERS)}`;
}

// EXTERNAL MODULE: ./src/engines/tool/running.ts + 3 modules
var tool_running = __webpack_require__(7208);
// EXTERNAL MODULE: ./src/engines/tool/tables.ts
var tool_tables = __webpack_require__(2345);
;// CONCATENATED MODULE: ./src/engines/tool/trace.ts
class Tracer {
    trace;
    input;
    constructor(input) {
        this.input = input;
        this.trace = { ...input.before, committing: [] };
        input.note(this.trace);
    }
    /** Nothing worse can be told of it any more. */
    get isUntold() {
        return this.trace.committing === 'untold';
    }
    /** Null: it was noted at once. */
    announce(what, pid) {
        if (what === 'transaction')
            return this.noteTransaction(pid);
        this.note('untold');
        return null;
    }
    async noteTransaction(pid) {
        try {
            const number = await this.input.transactionOf(pid);
            const { committing } = this.trace;
            if (number !== null && committing !== 'untold')
                this.note([...committing, number]);
        }
        catch (error) {
            this.input.log(`the tool's transaction could not be told: ${error.message}`);
            this.note('untold');
        }
    }
    note(committing) {
        this.trace = { ...this.trace, committing };
        this.input.note(this.trace);
    }
}
/**
 * As the server counts them: `backend_xid` has the lower 32 bits alone, and is the number nearest to where a snapshot ends.
 * That is one more than the newest that has ended: a number that was given out since, to this backend or before it to
 * somebody who is still at work, may be above it. $1: the backend's process id.
 */
const TRANSACTION_OF = `
  select (b.next + ((a.backend_xid::text::bigint - b.next + 2147483648) & 4294967295) - 2147483648)::text as number
    from pg_catalog.pg_stat_activity a,
      (select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint) b (next)
   where a.pid = $1 and a.backend_xid is not null`;
/** What became of what was about to commit. Its backend must be gone. */
async function committedOf(session, { committing }) {
    if (committing === 'untold')
        return 'unknown';
    if (committing.length === 0)
        return 'nothing';
    const { rows } = await session.query('select pg_catalog.pg_xact_status(n::pg_catalog.xid8) as status from pg_catalog.unnest($1::pg_catalog.text[]) n', [committing]);
    if (rows.some(({ status }) => status === 'committed'))
        return 'something';
    return rows.every(({ status }) => status === 'aborted') ? 'nothing' : 'unknown';
}
/** What all of it comes to. That nothing differs is not enough: rows may have been written. */
function stateOf({ applied, missing, committed, isSame }) {
    if (missing === 0 && applied > 0)
        return 'migrated';
    if (applied > 0 || committed === 'something' || isSame === false)
        return 'partially-migrated';
    return committed === 'nothing' && isSame ? 'unchanged' : 'unknown';
}

;// CONCATENATED MODULE: ./src/engines/tool/application.ts
/** Apply, by the tool itself: each of its connections passes through a relay of ours, and is written down. */














/** A backend that is left without its client notices within a second where it was told to look. */
const GONE_WITHIN_MS = 10_000;
class Application {
    /** The tool said that all went well. */
    isDone = false;
    input;
    relay;
    tracer = null;
    running = null;
    /** It has completed something that may last, beside making a table for its records. */
    hasWritten = false;
    /** When the tool recorded something: which, where its words say it. */
    marks = [];
    lastError = null;
    constructor(input) {
        this.input = input;
        this.relay = this.makeRelay();
    }
    get trace() {
        return this.tracer?.trace ?? null;
    }
    /** Whether it has committed something, by what was said on its connections; final once it is over. */
    get committed() {
        const { committed } = this.relay;
        return committed === 'something' && !this.hasWritten ? 'nothing' : committed;
    }
    async run() {
        const { bench, tool, plan, env } = this.input;
        await this.makeHistory();
        const words = tool.upgrade(plan.pending);
        const began = performance.now();
        this.tracer = new Tracer({
            before: this.input.before,
            note: this.input.note,
            transactionOf: async (pid) => (await this.ask(TRANSACTION_OF, [String(pid)]))[0]?.[0] ?? null,
            log: (line) => bench.log.detail(line),
        });
        const running = await (0,tool_running/* runAgainst */.H)(this.relay, {
            tool,
            words,
            request: bench.request,
            target: bench.target,
            env,
            rehearsal: false,
            log: bench.log,
        });
        this.running = running;
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
            await this.over();
        }
        this.isDone = ended.error === null && ended.code === 0;
        const done = await this.input.appliedNow(this.isDone);
        const times = this.times(done, began);
        const applied = done.map((migration, at) => ({ migration, ms: times[at] ?? null }));
        const failed = this.isDone ? null : this.failed(ended, done);
        await this.record(applied, failed);
        return { applied, failed };
    }
    /** Nothing of it is left that could still commit. Throws where that cannot be had. */
    async over() {
        await this.running?.child.stop();
        await this.relay.close();
        await this.running?.close();
        await this.untilGone(this.relay.pids);
    }
    makeRelay() {
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
            cancel: (pid) => {
                this.ask('select pg_catalog.pg_cancel_backend($1)', [String(pid)]).catch((error) => bench.log.detail(`the tool's cancel request: ${error.message}`));
            },
            onStatement: (said) => this.hear(said),
            onCommit: (what, statements, pid) => this.announce(what, statements, pid),
        });
    }
    announce(what, statements, pid) {
        const { tracer } = this;
        if (!tracer || tracer.isUntold || this.committed === 'something')
            return null;
        const ofItsOwn = what === 'transaction' ? !this.hasWritten : statements?.every((sql) => (0,tool_tables/* isForRecords */.Mi)(sql));
        return ofItsOwn ? null : tracer.announce(what, pid);
    }
    /** Writes down what was said, and when the tool recorded something. */
    hear(said) {
        const { log, request } = this.input.bench;
        const shown = (sql) => (request.showData ? sql : (0,values/* withoutValues */.lO)(sql));
        const ms = Math.round(said.endedAt - said.beganAt);
        this.hasWritten ||= mayLast(said);
        if (said.error) {
            this.lastError = said;
            log.detail(`${ms} ms, ${said.error.sqlstate ?? 'no answer'}: ${shown(said.sql)}`);
        }
        else if (!/^(?:SELECT|SHOW|SET)/.test(said.tags[0] ?? ''))
            log.detail(`${ms} ms, ${said.tags.join(', ')}: ${shown(said.sql)}`);
        if (!said.error && /^(?:INSERT|UPDATE|DELETE)/.test(said.tags.at(-1) ?? ''))
            this.mark(said);
    }
    mark({ sql, endedAt }) {
        const { tool, tableName, bench } = this.input;
        const name = tableName();
        if (name === null || !sql.includes(name))
            return;
        const versions = tool.recordedBy(sql) ?? [null];
        for (const version of versions) {
            this.marks.push({ version, at: endedAt });
            if (version !== null)
                bench.log.progress(`applying ${version}`);
        }
    }
    /** Milliseconds of each migration, where the tool recorded them one by one. */
    times(done, began) {
        const ends = done.map(({ version }) => this.marks.find((mark) => mark.version === version)?.at);
        const isNameless = this.marks.every(({ version }) => version === null) && this.marks.length === done.length;
        const at = (index) => (isNameless ? this.marks[index]?.at : ends[index]);
        return done.map((_, index) => {
            const [from, to] = [index === 0 ? began : at(index - 1), at(index)];
            return from === undefined || to === undefined ? null : Math.round(to - from);
        });
    }
    /** Where it stopped: at the file that is named, else behind the last that it recorded, be that rolled back or not. */
    failed(ended, done) {
        const { plan } = this.input;
        const left = plan.pending.filter((one) => !done.includes(one));
        const recorded = new Set(this.marks.map(({ version }) => version));
        const reached = left.find((one) => !recorded.has(one.version)) ?? left[0];
        if (!reached)
            return null;
        const error = this.failure(ended, reached);
        const named = left.find((one) => one.file !== '' && one.file === error.file);
        return { migration: named ?? reached, error };
    }
    failure(ended, migration) {
        const { bench, tool } = this.input;
        if (bench.signal.aborted)
            return (0,failure/* failureFrom */.J)((0,stop/* cancelled */.K)(`while ${tool.name} was applying`, 'Run it again: it goes on with what is still pending.'), null, { phase: 'apply', showData: true });
        const { lastError } = this;
        const said = lastError?.error && isOf(ended, lastError.error.message, tool) ? lastError : null;
        const error = said?.error
            ? Object.assign(new Error(said.error.message), said.error.sqlstate === null ? {} : { code: said.error.sqlstate, severity: 'ERROR' })
            : (ended.error ?? new Error(`${tool.name} failed`));
        const place = { sql: said?.sql ?? null, file: migration.file || null, line: null };
        return toolFailure({ error, ...place, ended, phase: 'apply' }, tool, bench.request);
    }
    // -- our own records ------------------------------------------------------------------------------------------
    async makeHistory() {
        const { session, tracking } = this.input.bench;
        if (!tracking.complete)
            await together(session, (0,shared_tracking/* createHistoryItems */.nv)(tracking.schema));
    }
    async record(applied, failed) {
        const { bench, stamp } = this.input;
        const session = await bench.witness();
        const rows = applied.map(({ migration, ms }) => (0,shared_tracking/* historyItem */.qm)(stamp, {
            version: migration.version,
            status: 'success',
            errorMessage: null,
            executionTimeMs: ms,
        }));
        if (failed) {
            const { migration, error } = failed;
            rows.push((0,shared_tracking/* historyItem */.qm)(stamp, {
                version: migration.version,
                status: 'failed',
                errorMessage: error.message,
                executionTimeMs: null,
            }));
        }
        if (rows.length > 0)
            await together(session, rows);
    }
    /** What is read back must not change any more. */
    async untilGone(pids) {
        if (pids.length === 0)
            return;
        const until = performance.now() + GONE_WITHIN_MS;
        const first = await this.ask(STILL_THERE, [`{${pids.join(',')}}`]);
        const backends = JSON.stringify(first.map(([pid, since]) => ({ pid, since })));
        for (let look = 0, left = first; left.length > 0; look += 1) {
            if (performance.now() > until)
                throw new Error(`the tool's backends are still at work: ${pids.join(', ')}`);
            await (0,promises_.setTimeout)(LOOK_MS);
            left = await this.ask(look < PATIENT_LOOKS ? OF_THESE : END_THESE, [backends]);
        }
    }
    async ask(sql, values) {
        const { watcher, witness } = this.input.bench;
        try {
            if (!watcher.lost)
                return await (0,as_login/* askAsLogin */.$)(watcher, sql, values);
        }
        catch (error) {
            // It may be the asking that shows that the session is lost.
            if (!watcher.lost)
                throw error;
        }
        return (0,as_login/* askAsLogin */.$)(await witness(), sql, values);
    }
}
/** Whether it may have left something, beside a table for the tool's records. */
function mayLast({ sql, tags, error }) {
    const [tag, ...others] = tags;
    // It has given some of its rows, and the rest was not asked for.
    if (tag === undefined)
        return error === null;
    if (others.length > 0 || sql.length >= SHOWN)
        return true;
    return weigh(tag, () => sql) !== 'reads' && !(0,tool_tables/* isForRecords */.Mi)(sql);
}
/** What fails must not leave its transaction open: the database is read back on this session. */
async function together(session, items) {
    try {
        await session.batch([{ text: 'begin' }, ...items, { text: 'commit' }]);
    }
    catch (error) {
        if (!session.lost)
            await session.query('rollback');
        throw error;
    }
}
const LOOK_MS = 50;
/** One that is left without its client is given a moment to see that. */
const PATIENT_LOOKS = 10;
const STILL_THERE = `
  select a.pid, ${backend/* BACKEND_START */.Er} as since from pg_catalog.pg_stat_activity a
   where a.pid = any ($1::int[]) and a.usename = session_user`;
/** A number may be another's by the next look: the time of its start tells. */
const theseOf = (more) => `
  select a.pid, ${backend/* BACKEND_START */.Er} as since ${more} from pg_catalog.pg_stat_activity a
    join pg_catalog.json_to_recordset($1) as one (pid int, since text) on one.pid = a.pid and one.since = ${backend/* BACKEND_START */.Er}`;
const OF_THESE = theseOf('');
const END_THESE = theseOf(', pg_catalog.pg_terminate_backend(a.pid)');

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
/** Of what failed the portal is left. */
const CLEAR = wire/* say */.cv.close('P', PORTAL);
/** Texts without a name that are kept prepared; what comes once only would fill the server's memory. */
const MOST_PREPARED = 100;
const NO_TYPES = Buffer.from([0, 0]);
class Line {
    /** Of the real transaction. */
    status = 'T';
    /** ParameterStatus in answer to what is ours. */
    onParameter = () => undefined;
    loan;
    reader = new wire/* FrameReader */.tS();
    exchanges = [];
    /** Of the exchanges, how many are sent. */
    sent = 0;
    outgoing = [];
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
    pass(bytes, onFrame, passing = {}) {
        return new Promise((resolve, reject) => {
            if (this.lost)
                return reject(this.lost);
            this.exchanges.push({ ...passing, bytes, onFrame, resolve, reject });
            this.send();
            if (this.exchanges.length === 1)
                passing.onBegin?.();
        });
    }
    send() {
        while (this.sent < this.exchanges.length && !this.exchanges[this.sent - 1]?.open) {
            if (this.outgoing.length === 0)
                process.nextTick(() => this.flush());
            for (const bytes of this.exchanges[this.sent]?.bytes ?? [])
                this.outgoing.push(bytes);
            this.sent += 1;
        }
    }
    /** What is passed at one go is written at one go: a packet for each message would cost more than what is in it. */
    flush() {
        const bytes = (0,wire/* joined */.oR)(this.outgoing);
        this.outgoing = [];
        return !bytes || this.lost ? true : this.loan.write(bytes);
    }
    /** More of the exchange that is open. False: not so fast, `onDrain` tells when to go on. */
    more(bytes) {
        for (const one of bytes)
            this.outgoing.push(one);
        return this.flush();
    }
    /** Our own statements, in one round trip, after these messages. Rejects with a BatchError. */
    async batch(items, first = []) {
        const results = [];
        let rows = [];
        let failed = null;
        const onFrame = (frame) => {
            if (frame.type === 'D' && items[results.length]?.keep)
                rows.push(readRow(frame));
            else if (frame.type === 'E')
                failed = serverError((0,wire/* readFields */.qU)(frame));
            else if (frame.type === 'S')
                this.onParameter(frame);
            else if (frame.type === 'C' || frame.type === 'I') {
                results.push({ tag: frame.type === 'C' ? ((0,wire/* texts */.Te)(frame, 1)[0] ?? null) : null, rows });
                rows = [];
            }
        };
        const bytes = items.flatMap((item) => this.bytesOf(item));
        await this.pass([...first, CLEAR, ...bytes, wire/* say */.cv.sync], onFrame);
        if (failed === null)
            return results;
        this.forget();
        throw new postgres_session/* BatchError */.PW(results, failed);
    }
    /** One statement in the tool's name: what it would hear of it goes to `onFrame`. */
    speak(text, onFrame) {
        return this.pass([CLEAR, ...this.bytesOf({ text }), wire/* say */.cv.sync], (frame) => {
            if (frame.type === 'E')
                this.forget();
            if (!'123'.includes(frame.type))
                onFrame(frame);
        });
    }
    /** Whether the server can read a text (up to its zero) of several statements: null, or what it says against it. */
    async read(text) {
        const spoilt = [];
        const parse = (0,wire/* message */.iU)('P', ONCE, text, NO_TYPES);
        await this.pass([wire/* say */.cv.close('S', ONCE), parse, wire/* say */.cv.sync], (frame) => {
            if (frame.type === 'E')
                spoilt.push(frame);
        });
        const [error] = spoilt;
        // That a statement to be prepared must be one, it says only once it has read all.
        return error && (0,wire/* readFields */.qU)(error).get('R') !== 'exec_parse_message' ? error : null;
    }
    /** Which of our statements the server has prepared is not known any more. */
    forget() {
        this.prepared.clear();
    }
    bytesOf({ name, text, values }) {
        const statement = name ?? this.nameOf(text);
        const parse = this.prepared.has(statement) ? [] : [wire/* say */.cv.close('S', statement), wire/* say */.cv.parse(statement, text)];
        if (statement !== ONCE)
            this.prepared.add(statement);
        return [...parse, wire/* say */.cv.bind(PORTAL, statement, values), wire/* say */.cv.execute(PORTAL), wire/* say */.cv.close('P', PORTAL)];
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
            if (frame.type === 'Z')
                this.end((0,wire/* letter */.Pv)(frame));
            else if (exchange)
                exchange.onFrame(frame);
            else if (frame.type === 'E')
                this.lastWords = (0,wire/* readFields */.qU)(frame);
        }
        if (this.exchanges.length === 0)
            for (const resolve of this.silent.splice(0))
                resolve();
    }
    end(status) {
        this.status = status;
        if (status === 'I')
            this.lost ??= new Error(TRANSACTION_ENDED);
        const exchange = this.exchanges.shift();
        if (exchange)
            this.sent -= 1;
        if (this.lost) {
            exchange?.reject(this.lost);
            for (const { reject } of this.exchanges.splice(this.sent))
                reject(this.lost);
            return;
        }
        exchange?.resolve(status);
        this.send();
        this.exchanges[0]?.onBegin?.();
    }
    lose(why) {
        this.lost = this.lastWords ? serverError(this.lastWords) : why;
        for (const { reject } of this.exchanges.splice(0))
            reject(this.lost);
        for (const resolve of this.silent.splice(0))
            resolve();
    }
}
const TRANSACTION_ENDED = 'the transaction of the rehearsal was ended by a statement that was not seen to end it; it was rolled back';
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

// EXTERNAL MODULE: ./src/postgres/settings.ts
var settings = __webpack_require__(1482);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/belongings.ts
/** What a session keeps for a connection: settings, prepared statements, temporary tables. Several share one here. */



/** The limits of the role, which RESET ALL brings back, would end the session while the tool thinks. */
const RESET = [...settings/* RESET_ROLE */.Nk, { text: settings/* RESET_ALL */.O6.text }];
const BACKEND = { keep: true, text: 'select pg_catalog.pg_backend_pid()::pg_catalog.text' };
const JOIN = 'mgate_join';
/** The role comes last: with another one the rest might not be allowed. */
const SETTINGS = {
    keep: true,
    text: (0,qualified/* qualified */.LX)(`select name, setting from pg_catalog.pg_settings where source = 'session' and context <> 'internal'
            and name <> all ('{transaction_isolation, transaction_read_only, transaction_deferrable}')
         union all select 'role', pg_catalog.current_setting('role') where pg_catalog.current_setting('role') <> 'none'`),
};
/** All but the rehearsal's own. */
const TEMPORARY = {
    keep: true,
    text: (0,qualified/* qualified */.LX)(`select case when c.relkind = 'v' then 'view' when c.relkind = 'S' then 'sequence' else 'table' end, pg_catalog.quote_ident(c.relname)
           from pg_catalog.pg_class c where c.relnamespace = pg_catalog.pg_my_temp_schema()
            and c.relkind = any ('{r,p,v,S}') and c.relname !~ '^mgate_'`),
};
class Belongings {
    play;
    /** How many seats there are. */
    seats;
    constructor(play, seats) {
        this.play = play;
        this.seats = seats;
    }
    /** What a connection asks for as it begins, done; what it is told. Rejects with a BatchError or a StartupError. */
    async admit(seat) {
        const { line } = this.play;
        const settings = settingsOf(seat.caller.parameters);
        const [joined, left] = [{ text: `savepoint ${JOIN}` }, { text: `release savepoint ${JOIN}` }];
        try {
            const items = [encodingItem(settings), REPORTED, BACKEND];
            const results = await line.batch([joined, ...settingItems(settings), ...items, left]);
            const [encoding, reported, backend] = results.slice(1 + settings.length);
            const rows = [...(reported?.rows ?? []), ...(encoding?.rows ?? [])];
            const parameters = new Map(rows.map(([name, value]) => [name ?? '', value ?? '']));
            seat.greet(parameters);
            return { kind: 'admitted', pid: Number(backend?.rows[0]?.[0] ?? 0), parameters };
        }
        catch (error) {
            if (line.status === 'E')
                await line.batch([{ text: `rollback to savepoint ${JOIN}` }, left]);
            throw error;
        }
    }
    /** Its settings, for when it has the turn again. */
    async putAway(seat) {
        const [found] = await this.play.line.batch([SETTINGS]);
        seat.settings = settingItems((found?.rows ?? []).map(([name, value]) => [name ?? '', value ?? '']));
    }
    async putBack(seat) {
        seat.forgotUnnamed = true;
        await this.play.line.batch([...RESET, ...this.play.director.settings(), ...(seat.settings ?? [])]);
    }
    /** What DISCARD ALL does first. */
    async reset(seat) {
        const settings = settingItems(settingsOf(seat.caller.parameters));
        const cursors = this.seats() > 1 ? [] : [{ text: 'close all' }];
        await this.play.line.batch([...cursors, ...RESET, ...this.play.director.settings(), ...settings]);
    }
    deallocate(seat) {
        const names = [...new Set([...seat.prepared.keys(), ...seat.preparedBySql])];
        seat.prepared.clear();
        seat.preparedBySql.clear();
        this.play.post([], names.map((name) => seat.closing('S', name)));
    }
    /** Whose they are is not known: while there is another connection they stay. */
    async dropTemporary(seat) {
        if (this.seats() > 1 || !seat.madeTemporary)
            return;
        seat.madeTemporary = false;
        const [found] = await this.play.line.batch([TEMPORARY]);
        const items = (found?.rows ?? []).map(([kind, name]) => ({
            text: `drop ${kind} if exists pg_temp.${name} cascade`,
        }));
        if (items.length > 0)
            await this.play.line.batch(items);
    }
    /** It is gone, and the session is as it was before it came. */
    async discard(seat) {
        this.deallocate(seat);
        this.play.post([...RESET, ...this.play.director.settings()]);
        await this.dropTemporary(seat);
    }
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/control.ts
/** What a tool says about its transactions and its session, done or answered as by a server of its own. */


const NO_TRANSACTION = '25P01';
const IN_TRANSACTION = '25001';
class Control {
    play;
    transactions;
    statements;
    belongings;
    constructor(play, transactions, statements, belongings) {
        this.play = play;
        this.transactions = transactions;
        this.statements = statements;
        this.belongings = belongings;
    }
    /** False: it failed. */
    async perform(seat, meaning, sql) {
        await this.play.tellDone();
        switch (meaning.kind) {
            case 'begin':
                return this.begin(seat, meaning, sql);
            case 'commit':
                return this.commit(seat, meaning.chain);
            case 'rollback':
                return this.rollback(seat, meaning.chain);
            case 'savepoint':
                return this.savepoint(seat, meaning, sql);
            case 'set-transaction':
                return this.setTransaction(seat, meaning.isolation, sql);
            case 'discard':
                return this.discard(seat, meaning, sql);
        }
    }
    /** The end of an exchange: what stood outside of a block is committed. False: it was not. */
    async settle(seat) {
        const { work } = seat;
        seat.skips = false;
        seat.executed = 0;
        if (!work || work.isBlock)
            return true;
        await this.play.tellDone();
        if (!work.failed)
            return this.commitWork(seat);
        await this.undo(seat);
        return false;
    }
    /** As a server does when a connection ends: what was not committed is gone, and so is all that was its own. */
    async leave(seat) {
        if (seat.work)
            await this.undo(seat);
        await this.belongings.discard(seat);
    }
    async begin(seat, { tag, readOnly, isolation }, sql) {
        if (seat.status === 'E')
            return this.speak(seat, sql);
        if (isOther(isolation))
            this.noteIsolation(`a transaction asks for ISOLATION LEVEL ${isolation}`);
        if (seat.status === 'T')
            seat.warn(IN_TRANSACTION, 'there is already a transaction in progress');
        else
            this.transactions.open(seat, true, readOnly);
        seat.tell(wire/* answer */.ZF.commandComplete(tag));
        return true;
    }
    async commit(seat, chain) {
        const { work } = seat;
        if (seat.status === 'E')
            return this.rollback(seat, chain);
        if (seat.status === 'I') {
            if (chain)
                return this.needsBlock(seat, 'COMMIT AND CHAIN');
            seat.warn(NO_TRANSACTION, 'there is no transaction in progress');
        }
        if (work && !(await this.commitWork(seat)))
            return false;
        if (chain)
            this.transactions.open(seat, true, work?.readOnly);
        seat.tell(wire/* answer */.ZF.commandComplete('COMMIT'));
        return true;
    }
    async rollback(seat, chain) {
        const { work } = seat;
        if (seat.status === 'I') {
            if (chain)
                return this.needsBlock(seat, 'ROLLBACK AND CHAIN');
            seat.warn(NO_TRANSACTION, 'there is no transaction in progress');
        }
        if (work)
            await this.undo(seat);
        if (chain)
            this.transactions.open(seat, true, work?.readOnly);
        seat.tell(wire/* answer */.ZF.commandComplete('ROLLBACK'));
        return true;
    }
    async commitWork(seat) {
        const { line, director } = this.play;
        // They end with their transaction, and before what they read does.
        const portals = [...seat.portals.keys()].map((name) => seat.closing('P', name));
        seat.portals.clear();
        if (!seat.atCommit.isNothing)
            this.play.post([], portals.splice(0));
        try {
            await director.commit();
            if (!seat.atCommit.isNothing)
                await seat.atCommit.end(line, director.settings);
        }
        catch (error) {
            if (!(error instanceof postgres_session/* BatchError */.PW))
                throw error;
            await this.undo(seat);
            seat.tell(errorOf(error));
            return false;
        }
        seat.executed = 0;
        this.transactions.close(seat, portals);
        return true;
    }
    async undo(seat) {
        seat.portals.clear();
        seat.executed = 0;
        await this.transactions.rollBack(seat);
    }
    async savepoint(seat, { command, name }, sql) {
        if (seat.status === 'I')
            return this.needsBlock(seat, command);
        const tell = (frame) => seat.tell(frame.bytes);
        const done = await this.transactions.savepoint(seat, command, name, sql, tell);
        if (!done)
            seat.fail();
        else if (seat.work)
            seat.work.failed = false;
        return done;
    }
    async setTransaction(seat, isolation, sql) {
        const { work } = seat;
        if (seat.status === 'E')
            return this.speak(seat, sql);
        if (!seat.isWithin)
            seat.warn(NO_TRANSACTION, 'SET TRANSACTION can only be used in transaction blocks');
        if (isOther(isolation) && work?.isBlock) {
            if (work.queried) {
                const text = 'SET TRANSACTION ISOLATION LEVEL must be called before any query';
                return this.statements.refuse(seat, IN_TRANSACTION, text);
            }
            this.noteIsolation(`a transaction asks for ISOLATION LEVEL ${isolation}`);
        }
        seat.tell(wire/* answer */.ZF.commandComplete('SET'));
        return true;
    }
    noteIsolation(what) {
        this.play.director.note(`${what}: it was rehearsed in READ COMMITTED`);
    }
    async discard(seat, { tag }, sql) {
        // In a block the server itself refuses it.
        if (seat.status === 'E' || (tag === 'DISCARD ALL' && seat.isWithin))
            return this.speak(seat, sql);
        if (tag === 'DISCARD ALL')
            await this.belongings.reset(seat);
        if (tag !== 'DEALLOCATE ALL')
            await this.belongings.dropTemporary(seat);
        if (tag !== 'DISCARD TEMP')
            this.belongings.deallocate(seat);
        seat.tell(wire/* answer */.ZF.commandComplete(tag));
        return true;
    }
    /** As it is; in a transaction that has failed the server refuses it. */
    async speak(seat, sql) {
        const status = await this.play.line.speak(sql, (frame) => seat.tell(frame.bytes));
        if (status === 'E')
            seat.fail();
        return status !== 'E';
    }
    needsBlock(seat, what) {
        return this.statements.refuse(seat, NO_TRANSACTION, `${what} can only be used in transaction blocks`);
    }
}
function isOther(isolation) {
    return isolation !== null && isolation !== 'READ COMMITTED' && isolation !== 'READ UNCOMMITTED';
}
function errorOf(error) {
    const fields = error.cause;
    const more = [
        ['D', fields.detail],
        ['H', fields.hint],
        ['W', fields.where],
        ['s', fields.schema],
        ['t', fields.table],
        ['n', fields.constraint],
    ];
    const known = new Map((0,wire/* errorFields */.au)('ERROR', fields.code ?? 'XX000', fields.message ?? ''));
    for (const [name, value] of more)
        if (value !== undefined)
            known.set(name, value);
    return wire/* answer */.ZF.error(known);
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/copy.ts

class CopyIn {
    seat;
    line;
    /** In extended protocol: the Sync that ends the exchange. Those before the data's end the server would not heed. */
    end;
    constructor(seat, line, end) {
        this.seat = seat;
        this.line = line;
        this.end = end;
    }
    /** Takes what belongs to it; gives back what comes behind its end. */
    take(frames) {
        const data = [];
        for (const [at, frame] of frames.entries()) {
            if (frame.type === 'd')
                data.push(frame.bytes);
            // Sync and Flush the server passes over.
            else if (frame.type !== 'S' && frame.type !== 'H') {
                // Of anything else it would say the same.
                const isEnd = frame.type === 'c' || frame.type === 'f';
                data.push(isEnd ? frame.bytes : wire/* say */.cv.copyFail(`unexpected message type ${frame.type} during COPY from stdin`));
                this.over(data);
                return frames.slice(at + 1);
            }
        }
        if (data.length > 0 && !this.line.more(data))
            this.seat.caller.pause();
        return [];
    }
    /** There is no more to come. */
    fail(why) {
        this.over([wire/* say */.cv.copyFail(why)]);
    }
    /** The server does not want more: it has failed. */
    refused() {
        this.over([]);
    }
    over(last) {
        this.seat.copy = null;
        const bytes = [...last, ...this.end];
        if (bytes.length > 0)
            this.line.more(bytes);
    }
}
function isCopyData({ type }) {
    return type === 'd' || type === 'c' || type === 'f';
}

// EXTERNAL MODULE: external "node:buffer"
var external_node_buffer_ = __webpack_require__(4573);
// EXTERNAL MODULE: ./src/sql/lex.ts
var lex = __webpack_require__(4241);
;// CONCATENATED MODULE: ./src/rehearsal/proxy/pieces.ts
/** The statements of a text that comes from a client, as the server tells them apart. Pure. */



/**
 * In order, empty ones left out. Unlike a file's, a client's text has no lines for psql and no COPY data, and what is not
 * closed in it goes to the end: the server says so best.
 */
function piecesOf(text) {
    // Most are one statement and no more, and need not be taken apart.
    if (!MAY_BE_MORE.test(text))
        return alone(text);
    const pieces = [];
    let [from, to, parens, begins] = [-1, -1, 0, 0];
    let [first, previous] = ['', ''];
    const end = () => {
        if (from >= 0)
            pieces.push({ sql: text.slice(from, to), from });
        [from, to, parens, begins] = [-1, -1, 0, 0];
    };
    for (const token of (0,sql_tokens/* readTokens */.He)(text)) {
        const { word } = token;
        if (word === ';' && parens === 0 && begins === 0) {
            end();
            continue;
        }
        if (from < 0)
            [from, first, previous] = [token.start, word, ''];
        to = token.end;
        if (word === '(')
            parens += 1;
        else if (word === ')')
            parens = Math.max(0, parens - 1);
        // BEGIN ATOMIC ... END is the body of a routine; CASE has an END too.
        else if (first === 'CREATE' && begins === 0 && previous === 'BEGIN' && word === 'ATOMIC')
            begins = 1;
        else if (begins > 0 && word === 'CASE')
            begins += 1;
        else if (begins > 0 && word === 'END')
            begins -= 1;
        previous = word;
    }
    end();
    return pieces;
}
/** A semicolon, or a comment that may stand around the statement. */
const MAY_BE_MORE = /;|--|\/\*/;
/** Without the white space around it, as the server sees it. */
function alone(text) {
    let [from, to] = [0, text.length];
    while (from < to && (0,lex/* isSpace */.xC)(text.charCodeAt(from)))
        from += 1;
    while (to > from && (0,lex/* isSpace */.xC)(text.charCodeAt(to - 1)))
        to -= 1;
    return from === to ? [] : [{ sql: text.slice(from, to), from }];
}
/** Bytes that a client sent, so that they can be made of the text again whatever its encoding is. */
function encodingOf(bytes) {
    return (0,external_node_buffer_.isUtf8)(bytes) ? 'utf8' : 'latin1';
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/play.ts


/** Fails in any transaction, and leaves it aborted as any other error does. */
const FAILS = 'mgate fails here';
class Play {
    line;
    director;
    /** Connections that were admitted, and statements that they sent. */
    seen = { connections: 0, statements: 0 };
    onBroken;
    running = null;
    cancelling = undefined;
    done = [];
    constructor(line, director, onBroken) {
        this.line = line;
        this.director = director;
        this.onBroken = onBroken;
    }
    /** On its way to the server; nobody waits for it, and it cannot fail. */
    post(items, first = []) {
        if (items.length + first.length > 0)
            this.line.batch(items, first).catch((error) => this.onBroken(error));
    }
    /** The director is told of it with `tellDone`, before anything else is done: the tool has its answer first. */
    noteDone(said, told) {
        this.done.push([said, told]);
    }
    /** Null: there is nothing to tell. */
    tellDone() {
        return this.done.length === 0 ? null : this.tell();
    }
    async tell() {
        for (const [said, told] of this.done.splice(0))
            await this.director.after(said, told);
    }
    /** For the server too the transaction has failed now. */
    async failForServer() {
        if (this.line.status !== 'E')
            await this.line.speak(FAILS, () => undefined);
    }
    /** Passes what the tool asks to have executed. `copyEnd`: what ends the exchange if it is a COPY; else it ends by itself. */
    async run(seat, bytes, onFrame, { isCopy, copyEnd }) {
        const errors = [];
        const running = { seat, begun: false, cancelled: false };
        const started = performance.now();
        let isOpen = isCopy && copyEnd.length > 0;
        this.running = running;
        await this.line.pass(bytes, (frame) => {
            if (frame.type === 'E')
                errors.push(frame);
            if (frame.type === 'G') {
                isOpen = false;
                this.copyFrom(seat, copyEnd);
            }
            else if (frame.type === 'E' && seat.copy) {
                seat.copy.refused();
            }
            else if (isOpen && (frame.type === 'E' || frame.type === 'C')) {
                isOpen = false;
                this.line.more(copyEnd);
            }
            onFrame(frame);
        }, {
            open: isCopy,
            onBegin: () => {
                running.begun = true;
                if (running.cancelled)
                    this.cancelling = this.director.cancel();
            },
        });
        const ms = performance.now() - started;
        this.running = null;
        // A cancel that comes late must not hit what is not meant.
        if (this.cancelling)
            await this.cancelling;
        this.cancelling = undefined;
        return { error: errors[0] ?? null, ms };
    }
    copyFrom(seat, end) {
        seat.copy = new CopyIn(seat, this.line, end);
        const last = seat.queue.indexOf('leave');
        const said = seat.queue.splice(0, last < 0 ? seat.queue.length : last);
        // It may have been stopped for what waits here.
        seat.waiting = 0;
        seat.caller.resume();
        const behind = seat.queue.splice(0);
        for (const frame of seat.copy.take(said)) {
            seat.queue.push(frame);
            seat.waiting += frame.bytes.length;
        }
        for (const one of behind)
            seat.queue.push(one);
        if (seat.hasLeft)
            seat.copy?.fail('the connection was closed');
    }
    cancel(seat) {
        const { running } = this;
        if (running?.seat !== seat || running.cancelled)
            return;
        running.cancelled = true;
        if (running.begun)
            this.cancelling = this.director.cancel();
    }
}
const SYNC = [wire/* say */.cv.sync];

;// CONCATENATED MODULE: ./src/rehearsal/proxy/translate.ts
/** What a tool's statement means on a session that is inside one transaction already. Words in, words out. */


function meaningOf(sql) {
    const facts = (0,classify/* classify */.L8)(sql);
    switch (facts.control) {
        case 'begin': {
            const words = wordsOf(sql);
            return {
                kind: 'begin',
                tag: words[0] === 'START' ? 'START TRANSACTION' : 'BEGIN',
                readOnly: follows(words, 'READ', 'ONLY'),
                isolation: isolationIn(words),
            };
        }
        case 'commit':
        case 'commit-chain':
            return { kind: 'commit', chain: facts.control === 'commit-chain' };
        case 'rollback':
        case 'rollback-chain':
            return { kind: 'rollback', chain: facts.control === 'rollback-chain' };
        case 'savepoint':
            return savepoint(sql);
        default:
            return ofSession(sql, facts) ?? { kind: 'statement', facts };
    }
}
const ISOLATION_LEVELS = ['SERIALIZABLE', 'REPEATABLE READ', 'READ COMMITTED', 'READ UNCOMMITTED'];
function isolationIn(words) {
    const at = words.indexOf('LEVEL');
    const level = words.slice(at + 1, at + 3).join(' ');
    return at < 0 ? null : (ISOLATION_LEVELS.find((one) => level.startsWith(one)) ?? null);
}
function ofSession(sql, facts) {
    if (!/^(?:SET|DISCARD|DEALLOCATE)\b/.test(facts.command))
        return null;
    const words = wordsOf(sql);
    const [first, second, third] = words;
    // The server allows these only before anything was done in the transaction, and never below its first level.
    if (first === 'SET' && (second === 'TRANSACTION' || (second === 'LOCAL' && third === 'TRANSACTION'))) {
        const isAboutMore = words.includes('ISOLATION') || words.includes('SNAPSHOT') || follows(words, 'READ', 'WRITE');
        return isAboutMore ? { kind: 'set-transaction', isolation: isolationIn(words) } : null;
    }
    if (first === 'DISCARD' && second === 'ALL')
        return { kind: 'discard', tag: 'DISCARD ALL' };
    if (first === 'DISCARD' && (second === 'TEMP' || second === 'TEMPORARY'))
        return { kind: 'discard', tag: 'DISCARD TEMP' };
    const name = second === 'PREPARE' ? third : second;
    // Ours are among them.
    if (first === 'DEALLOCATE' && name === 'ALL')
        return { kind: 'discard', tag: 'DEALLOCATE ALL' };
    return null;
}
/** SAVEPOINT s, RELEASE [SAVEPOINT] s, ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] s: the name stands last. */
function savepoint(sql) {
    const tokens = (0,sql_tokens/* tokenize */.qw)(sql);
    const [first, last] = [tokens[0], tokens.at(-1)];
    const name = last ? nameAsKept(sql.slice(last.start, last.end)) : '';
    if (first?.word === 'RELEASE')
        return { kind: 'savepoint', command: 'RELEASE SAVEPOINT', name };
    return { kind: 'savepoint', command: first?.word === 'SAVEPOINT' ? 'SAVEPOINT' : 'ROLLBACK TO SAVEPOINT', name };
}
/** The server keeps 63 bytes of a name. */
function nameAsKept(written) {
    return Buffer.from((0,sql_tokens/* unquoteName */.Lh)(written)).subarray(0, 63).toString();
}
/** Null: it may stand by itself. */
function outOfPlace(sql, { command }) {
    const needs = (severity, what) => ({
        severity,
        message: `${what} can only be used in transaction blocks`,
        isIdle: what === 'SET CONSTRAINTS',
    });
    if (command.startsWith('LOCK'))
        return needs('ERROR', 'LOCK TABLE');
    if (command.startsWith('DECLARE')) {
        return follows(wordsOf(sql), 'WITH', 'HOLD') ? null : needs('ERROR', 'DECLARE CURSOR');
    }
    if (!command.startsWith('SET'))
        return null;
    const [, second, third] = wordsOf(sql);
    if (second === 'CONSTRAINTS')
        return needs('WARNING', 'SET CONSTRAINTS');
    if (second === 'TRANSACTION' || third === 'TRANSACTION')
        return needs('WARNING', 'SET TRANSACTION');
    return second === 'LOCAL' ? needs('WARNING', 'SET LOCAL') : null;
}
/**
 * The name of a prepared statement that a text speaks of, and the text with another in its place: PREPARE, EXECUTE and
 * DEALLOCATE, also behind EXPLAIN and CREATE TABLE ... AS. Null: it speaks of none.
 */
function preparedName(sql) {
    if (!/^[^'$]*\b(?:prepare|execute|deallocate)\b/i.test(sql.slice(0, 1_000)))
        return null;
    const tokens = (0,sql_tokens/* tokenize */.qw)(sql);
    const first = tokens[0]?.word ?? '';
    let at = -1;
    if (first === 'PREPARE' || first === 'EXECUTE')
        at = 1;
    else if (first === 'DEALLOCATE')
        at = tokens[1]?.word === 'PREPARE' ? 2 : 1;
    else if (first === 'EXPLAIN' || first === 'CREATE')
        at = tokens.findIndex(({ word }) => word === 'EXECUTE') + 1;
    const token = tokens[at];
    // CREATE TRIGGER ... EXECUTE FUNCTION is of another kind.
    if (at < 1 || !token || (first === 'CREATE' && tokens[at - 2]?.word !== 'AS'))
        return null;
    if (token.kind !== 'word' && token.kind !== 'quoted')
        return null;
    const name = (0,sql_tokens/* unquoteName */.Lh)(sql.slice(token.start, token.end));
    const renamed = (to) => `${sql.slice(0, token.start)}"${to.replaceAll('"', '""')}"${sql.slice(token.end)}`;
    return { name, renamed };
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
    `create function ${SETVAL}(pg_catalog.regclass, bigint) returns bigint language sql immutable as 'select $2'`,
    `create function ${SETVAL}(pg_catalog.regclass, bigint, boolean) returns bigint language sql immutable as 'select $2'`,
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

;// CONCATENATED MODULE: ./src/rehearsal/proxy/statements.ts



const GUARD = 'mgate_guarded';
const OUT_OF_PLACE = '25P01';
class Statements {
    play;
    transactions;
    constructor(play, transactions) {
        this.play = play;
        this.transactions = transactions;
    }
    /** Alone, with all that is decided on it. False: it failed. */
    async perform(seat, said, way) {
        await this.play.tellDone();
        this.play.seen.statements += 1;
        // The server refuses it; nobody need think about it.
        if (seat.status === 'E' || said.facts.command === '')
            return this.pass(seat, null, way, null);
        const place = said.within === 'none' ? outOfPlace(said.sql, said.facts) : null;
        if (place?.severity === 'ERROR')
            return this.refuse(seat, OUT_OF_PLACE, place.message, way);
        if (place) {
            if (!(await way.prepare()))
                return false;
            seat.warn(OUT_OF_PLACE, place.message);
            if (place.isIdle) {
                way.makeUp(said.facts.command);
                return true;
            }
        }
        // What no transaction allows: the server says so itself.
        if (said.facts.nonTransactional && said.within !== 'none')
            return this.pass(seat, said, way, null);
        return this.carryOut(seat, said, way, await this.play.director.before(said));
    }
    /** Of one that goes to the server with others. */
    async decide(said) {
        await this.play.tellDone();
        this.play.seen.statements += 1;
        return this.play.director.before(said);
    }
    async carryOut(seat, said, way, decision) {
        if (decision.send === 'nothing') {
            if (!(await way.prepare()))
                return false;
            way.makeUp(decision.tag);
            return true;
        }
        this.note(seat, said);
        const isFiring = /^set\s+constraints\s+all\b/i.test(said.sql);
        if (isFiring)
            this.play.post(this.play.director.guard?.out ?? []);
        const passed = await this.passDecided(seat, said, way, decision);
        if (passed && isFiring)
            this.play.post(this.play.director.guard?.in ?? []);
        return passed;
    }
    passDecided(seat, said, way, decision) {
        if (!decision.guarded)
            return this.pass(seat, said, way, textOf(seat, said, decision));
        return this.passGuarded(seat, said, way, textOf(seat, said, decision));
    }
    /** It is about to be sent. */
    note(seat, { sql, facts }) {
        if (seat.work && !/^(?:SET|SHOW)\b/.test(facts.command))
            seat.work.queried = true;
        if (!isChatter(facts) || facts.mayWrite !== null || /^(?:EXECUTE|EXPLAIN)/.test(facts.command))
            this.transactions.wrote(seat);
        seat.atCommit.note(sql, facts, (item, hear) => this.ask(item, hear));
        if (/\btemp(?:orary)?\b|pg_temp/i.test(sql.slice(0, 10_000)))
            seat.madeTemporary = true;
        if (facts.command.startsWith('PREPARE')) {
            const named = preparedName(sql);
            if (named)
                seat.preparedBySql.add(named.name);
        }
        // Ours might be gone with those of the tool.
        if (/\b(?:deallocate|discard)\b/i.test(sql) && !facts.bulkInsertInto)
            this.play.line.forget();
    }
    ask(item, hear) {
        this.play.line.batch([item]).then(([result]) => hear(result?.rows[0]?.[0] ?? null), () => undefined);
    }
    async pass(seat, said, way, instead) {
        const { error, tag, ms } = await this.send(seat, said, way, instead, way.onFrame);
        if (error)
            seat.fail();
        if (said && error)
            await this.play.director.after(said, { tag, error: (0,wire/* readFields */.qU)(error), ms });
        else if (said)
            this.play.noteDone(said, { tag, error: null, ms });
        return error === null;
    }
    async passGuarded(seat, said, way, instead) {
        const { line, director } = this.play;
        this.play.post([{ text: `savepoint ${GUARD}` }]);
        const { error, tag, ms } = await this.send(seat, said, way, instead, (frame) => {
            if (frame.type !== 'E')
                way.onFrame(frame);
        });
        if (!error) {
            this.play.post([{ text: `release savepoint ${GUARD}` }]);
            this.play.noteDone(said, { tag, error: null, ms });
            return true;
        }
        const fields = (0,wire/* readFields */.qU)(error);
        await line.batch([{ text: `rollback to savepoint ${GUARD}` }, { text: `release savepoint ${GUARD}` }]);
        const forgiven = await director.forgive(said, fields);
        if (forgiven !== null) {
            way.makeUp(forgiven);
            return true;
        }
        await director.after(said, { tag: null, error: fields, ms });
        // For the server too it has failed: what follows is refused as it would be.
        await this.play.failForServer();
        way.onFrame(error);
        seat.fail();
        return false;
    }
    async send(seat, said, way, instead, onFrame) {
        let tag = null;
        const isCopy = said?.facts.command.startsWith('COPY') ?? false;
        const bytes = way.bytes(instead);
        const passed = await this.play.run(seat, way.isExtended ? [...bytes, isCopy ? wire/* say */.cv.flush : wire/* say */.cv.sync] : bytes, (frame) => {
            if (frame.type === 'C')
                tag = (0,wire/* texts */.Te)(frame, 1)[0] ?? null;
            onFrame(frame);
        }, { isCopy, copyEnd: way.isExtended ? SYNC : [] });
        return { ...passed, tag };
    }
    /** An error that this server cannot make, as it is inside a transaction: the tool is told, and so is the server. */
    async refuse(seat, sqlstate, text, way = null) {
        if (way && !(await way.prepare()))
            return false;
        if (seat.work)
            await this.play.failForServer();
        seat.tell(wire/* answer */.ZF.error((0,wire/* errorFields */.au)('ERROR', sqlstate, text)));
        seat.fail();
        return false;
    }
}
/** Another text in the statement's place, if there is one. */
function textOf({ prefix }, { sql, facts }, decision) {
    const instead = decision.send === 'instead' ? decision.sql : null;
    if (prefix === '' || !/^(?:PREPARE|EXECUTE|DEALLOCATE|EXPLAIN|CREATE)/.test(facts.command))
        return instead;
    const named = preparedName(instead ?? sql);
    return named ? named.renamed(`${prefix}${named.name}`) : instead;
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/extended.ts
/** The extended protocol: Parse, Bind, Describe, Execute, Close, in any split, up to a Sync. */





/** Messages are held back until the tool wants their answers, but no more than so much of them. */
const MOST_BYTES = 256 * 1024;
/** Ours, for a text in the place of the tool's. */
const INSTEAD = 'mgate_instead';
const TEXT_OID = 25;
class Extended {
    play;
    transactions;
    statements;
    control;
    constructor(play, transactions, statements, control) {
        this.play = play;
        this.transactions = transactions;
        this.statements = statements;
        this.control = control;
    }
    async take(seat, frame) {
        if (!seat.work && frame.type !== 'C')
            this.transactions.open(seat, false);
        switch (frame.type) {
            case 'P':
                await this.parse(seat, frame);
                break;
            case 'B':
                await this.bind(seat, frame);
                break;
            case 'D':
            case 'C':
                await this.describeOrClose(seat, frame);
                break;
            default:
                await this.execute(seat, frame);
        }
        if (seat.segmentBytes > MOST_BYTES)
            await this.flush(seat);
    }
    async sync(seat) {
        if (!seat.skips)
            await this.pass(seat);
        await this.control.settle(seat);
        seat.last = null;
        seat.tellReady();
    }
    add(seat, bytes, owed) {
        seat.segment.push(bytes);
        seat.segmentBytes += bytes.length;
        seat.owed.push(owed);
    }
    // -- messages -------------------------------------------------------------------------------------------------
    async parse(seat, frame) {
        const { texts: found, ends } = seat.read(frame, 2);
        const [name = '', sql = ''] = found;
        const before = seat.prepared.get(name);
        // A name of ours stands for none: it must be closed before it is made anew.
        if (name === '' && seat.prefix !== '')
            this.add(seat, seat.closing('S', name), { what: '-' });
        const rest = frame.bytes.subarray(ends[0]);
        const prepared = { ...read(sql), rest, isAbsent: false };
        const bytes = seat.prefix === '' ? frame.bytes : (0,wire/* message */.iU)('P', seat.own(name), rest);
        const { meaning } = prepared;
        if (meaning.kind === 'statement' && this.play.director.isSuspect?.(prepared.sql))
            return this.parseGuarded(seat, name, prepared, preparing(prepared.sql, meaning.facts), bytes);
        seat.prepared.set(name, prepared);
        if (name === '')
            seat.forgotUnnamed = false;
        this.add(seat, bytes, { what: 'P', undo: () => putBack(seat.prepared, name, before), prepared });
    }
    /** Behind a savepoint: where it only follows from what was not done that it can't be prepared, it is said to be. */
    async parseGuarded(seat, name, prepared, said, bytes) {
        const { play } = this;
        if (!(await this.flush(seat)))
            return;
        play.post([{ text: `savepoint ${GUARD}` }]);
        const { error } = await play.run(seat, [bytes, ...SYNC], () => undefined, { isCopy: false, copyEnd: [] });
        if (!error) {
            play.post([{ text: `release savepoint ${GUARD}` }]);
            seat.prepared.set(name, prepared);
            if (name === '')
                seat.forgotUnnamed = false;
            return seat.tell(wire/* answer */.ZF.parseComplete);
        }
        await play.line.batch([{ text: `rollback to savepoint ${GUARD}` }, { text: `release savepoint ${GUARD}` }]);
        if (await play.director.unprepared?.(said, (0,wire/* readFields */.qU)(error))) {
            seat.prepared.set(name, { ...prepared, isAbsent: true });
            return seat.tell(wire/* answer */.ZF.parseComplete);
        }
        await play.director.after(said, { tag: null, error: (0,wire/* readFields */.qU)(error), ms: 0 });
        await play.failForServer();
        seat.tell(error.bytes);
        seat.fail();
    }
    async bind(seat, frame) {
        const { texts: found, ends } = seat.read(frame, 2);
        const [name = '', from = ''] = found;
        this.remember(seat, from);
        const statement = seat.prepared.get(from);
        const before = seat.portals.get(name);
        const rest = frame.bytes.subarray(ends[1]);
        if (statement)
            seat.portals.set(name, { statement, rest, begun: false });
        if (statement?.isAbsent)
            return this.madeUp(seat, 'B');
        if (name === '' && seat.prefix !== '')
            this.add(seat, seat.closing('P', name), { what: '-' });
        const bytes = seat.prefix === '' ? frame.bytes : (0,wire/* message */.iU)('B', seat.own(name), seat.own(from), rest);
        this.add(seat, bytes, { what: 'B', undo: () => putBack(seat.portals, name, before) });
    }
    /** The statement without a name is the session's only one, and another connection may have replaced it. */
    remember(seat, name) {
        const statement = seat.prepared.get('');
        if (name !== '' || seat.prefix !== '' || !seat.forgotUnnamed || !statement)
            return;
        seat.forgotUnnamed = false;
        this.add(seat, (0,wire/* message */.iU)('P', '', statement.rest), { what: '-' });
    }
    /** What the server would answer to a message about what it does not have. */
    async madeUp(seat, what, sql = '') {
        if (await this.flush(seat))
            for (const bytes of madeUp(what, sql))
                seat.tell(bytes);
    }
    async describeOrClose(seat, frame) {
        const kind = (0,wire/* letter */.Pv)(frame);
        const [name = ''] = seat.read(frame, 1, 1).texts;
        const known = kind === 'S' ? seat.prepared : seat.portals;
        const before = known.get(name);
        // A cursor of SQL's is a portal too, and is called as it is.
        const isOwn = seat.prefix !== '' && (kind === 'S' || before !== undefined || name === '');
        const bytes = isOwn ? (0,wire/* message */.iU)(frame.type, Buffer.from(kind), seat.own(name)) : frame.bytes;
        if (frame.type === 'D') {
            const statement = kind === 'S' ? seat.prepared.get(name) : seat.portals.get(name)?.statement;
            if (statement?.isAbsent)
                return this.madeUp(seat, `D${kind}`, statement.sql);
            if (kind === 'S')
                this.remember(seat, name);
            this.add(seat, bytes, { what: `D${kind}` });
            return;
        }
        known.delete(name);
        this.add(seat, bytes, { what: 'C', undo: () => putBack(known, name, before) });
    }
    async execute(seat, frame) {
        const [name = ''] = (0,wire/* texts */.Te)(frame, 1);
        const portal = seat.portals.get(name);
        const isOwn = seat.prefix !== '' && (portal !== undefined || name === '');
        const bytes = isOwn ? (0,wire/* message */.iU)('E', seat.own(name), frame.bytes.subarray(-4)) : frame.bytes;
        if (!portal || portal.begun)
            return this.add(seat, bytes, { what: 'E' });
        portal.begun = true;
        const { statement } = portal;
        if (statement.meaning.kind !== 'statement') {
            // It is done in other words, and a portal that never ran would be in the way of a ROLLBACK TO.
            this.add(seat, seat.closing('P', name), { what: '-' });
            seat.portals.delete(name);
            if (!(await this.flush(seat)))
                return;
            if (!(await this.control.perform(seat, statement.meaning, statement.sql)))
                seat.skips = true;
            return;
        }
        const said = this.saidOf(seat, portal, statement.meaning);
        const goesAlong = seat.status !== 'E' && (said.facts.bulkInsertInto !== null || isAgain(seat, statement, said));
        seat.executed += 1;
        seat.last = statement;
        if (!goesAlong) {
            if (hasRuns(seat) && !(await this.flush(seat)))
                return;
            await this.statements.perform(seat, said, this.way(seat, portal, bytes));
            return;
        }
        const decision = await this.statements.decide(said);
        if (decision.send === 'as it is' && !decision.guarded) {
            // It need not be looked at by itself: it goes with those before and behind it.
            this.statements.note(seat, said);
            return this.add(seat, bytes, { what: 'E', run: { said, ms: 0 } });
        }
        if (hasRuns(seat) && !(await this.flush(seat)))
            return;
        await this.statements.carryOut(seat, said, this.way(seat, portal, bytes), decision);
    }
    saidOf(seat, { rest, statement }, { facts }) {
        const next = seat.queue.find((one) => typeof one === 'string' || (one.type !== 'C' && one.type !== 'H'));
        const isLast = next === undefined || typeof next === 'string' || next.type === 'S';
        // One that no transaction allows commits by itself, whatever follows it.
        const isAlone = seat.executed === 0 && (isLast || facts.nonTransactional !== null);
        const within = seat.status !== 'I' ? 'block' : isAlone ? 'none' : 'together';
        return { sql: statement.sql, facts, within, hasValues: hasValues(rest) };
    }
    way(seat, portal, execute) {
        return {
            isExtended: true,
            bytes: (instead) => {
                const { segment } = seat;
                seat.segment = [];
                seat.segmentBytes = 0;
                if (instead === null) {
                    seat.owed.push({ what: 'E' });
                    return [...segment, execute];
                }
                for (const what of ['-', '-', '-', '-', 'E', '-', '-'])
                    seat.owed.push({ what });
                return [...segment, ...insteadOf(portal, instead, execute)];
            },
            onFrame: (frame) => this.tell(seat, frame),
            prepare: () => this.flush(seat),
            makeUp: (tag) => {
                for (const { what } of seat.owed.splice(0))
                    for (const bytes of madeUp(what))
                        seat.tell(bytes);
                seat.tell(wire/* answer */.ZF.commandComplete(tag));
            },
        };
    }
    // -- answers --------------------------------------------------------------------------------------------------
    /** What was held back goes to the server, and what it answers to the tool. False: it failed. */
    async flush(seat) {
        const passed = await this.pass(seat);
        await this.play.tellDone();
        return passed;
    }
    async pass(seat) {
        const { segment, owed } = seat;
        if (segment.length === 0)
            return !seat.skips;
        seat.segment = [];
        seat.segmentBytes = 0;
        const runs = owed.flatMap(({ run }) => run ?? []);
        const first = owed.find(({ prepared }) => prepared)?.prepared ?? null;
        let at = performance.now();
        const { error } = await this.play.run(seat, [...segment, ...SYNC], (frame) => {
            const run = this.tell(seat, frame);
            if (!run)
                return;
            const now = performance.now();
            [run.ms, at] = [now - at, now];
        }, { isCopy: false, copyEnd: [] });
        if (error)
            seat.fail();
        await this.tellDirector(runs, first, error);
        return error === null;
    }
    async tellDirector(runs, first, error) {
        const { director } = this.play;
        for (const { said, tag, ms } of runs)
            if (tag !== undefined)
                this.play.noteDone(said, { tag, error: null, ms });
        if (!error)
            return;
        await this.play.tellDone();
        const failed = runs.find(({ tag }) => tag === undefined);
        if (failed)
            return director.after(failed.said, { tag: null, error: (0,wire/* readFields */.qU)(error), ms: failed.ms });
        // It was to be prepared only.
        if (runs.length > 0 || first?.meaning.kind !== 'statement')
            return;
        await director.after(preparing(first.sql, first.meaning.facts), { tag: null, error: (0,wire/* readFields */.qU)(error), ms: 0 });
    }
    /** Answers to messages of ours among the tool's are not its own. Gives the statement back that is done thereby. */
    tell(seat, frame) {
        let owed;
        if (frame.type === 'E') {
            for (const { undo } of seat.owed.splice(0).reverse())
                undo?.();
        }
        else if (extended_ENDS.includes(frame.type)) {
            owed = seat.owed.shift();
            if (owed?.what === '-')
                return null;
            if (owed?.run)
                owed.run.tag = frame.type === 'C' ? ((0,wire/* texts */.Te)(frame, 1)[0] ?? null) : null;
        }
        seat.tell(frame.bytes);
        return owed?.run ?? null;
    }
}
/** With these the server has done what one message asks of it. */
const extended_ENDS = '123nTCIs';
function hasRuns({ owed }) {
    return owed.some(({ run }) => run !== undefined);
}
/** The statement before it, executed once more. */
function isAgain({ last }, statement, { facts }) {
    return last === statement && facts.nonTransactional === null && facts.opaque === null && facts.command !== 'COPY';
}
function hasValues(rest) {
    const formats = rest.readUInt16BE(0);
    return rest.readUInt16BE(2 + 2 * formats) > 0;
}
/** A statement that is only prepared as yet. */
function preparing(sql, facts) {
    return { sql, facts, within: 'together', hasValues: false };
}
/** What its execution would have answered; `sql`: with so many parameters as stand in this, which are texts. */
function madeUp(what, sql = '') {
    switch (what) {
        case 'P':
            return [wire/* answer */.ZF.parseComplete];
        case 'B':
            return [wire/* answer */.ZF.bindComplete];
        case 'C':
            return [wire/* answer */.ZF.closeComplete];
        case 'DS':
            return [parametersOf(sql), wire/* answer */.ZF.noData];
        case 'DP':
            return [wire/* answer */.ZF.noData];
        default:
            return [];
    }
}
function parametersOf(sql) {
    const count = Math.max(0, ...[...sql.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
    const body = Buffer.alloc(2 + 4 * count);
    body.writeUInt16BE(count);
    for (let at = 0; at < count; at += 1)
        body.writeUInt32BE(TEXT_OID, 2 + 4 * at);
    return (0,wire/* message */.iU)('t', body);
}
function insteadOf(portal, text, execute) {
    const types = portal.statement.rest.subarray(portal.statement.rest.indexOf(0) + 1);
    return [
        wire/* say */.cv.close('P', INSTEAD),
        wire/* say */.cv.close('S', INSTEAD),
        (0,wire/* message */.iU)('P', INSTEAD, text, types),
        (0,wire/* message */.iU)('B', INSTEAD, INSTEAD, portal.rest),
        (0,wire/* message */.iU)('E', INSTEAD, execute.subarray(-4)),
        wire/* say */.cv.close('P', INSTEAD),
        wire/* say */.cv.close('S', INSTEAD),
    ];
}
function putBack(map, name, value) {
    if (value === undefined)
        map.delete(name);
    else
        map.set(name, value);
}
/** What a text to be prepared means: there is one statement in it, or the server refuses it. */
function read(sql) {
    const [first] = piecesOf(sql);
    return { sql: first?.sql ?? '', meaning: meaningOf(first?.sql ?? '') };
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/at-commit.ts
/** What a server ends by itself as a transaction commits, and what has to be ended here, where none ever does. */


/** Of these our own limits are said again. */
const BOUNDS = /^(?:lock_timeout|statement_timeout|transaction_timeout|idle_in_transaction_session_timeout)$/;
/** One connection's. */
class AtCommit {
    /** Settings of SET LOCAL, and what they were before. */
    locals = new Map();
    /** Temporary tables, by name: those dropped and those emptied. */
    dropped = new Set();
    emptied = new Set();
    cursors = new Set();
    /** A statement is about to be sent; what is asked here is answered before it is executed. */
    note(sql, facts, ask) {
        const { command } = facts;
        for (const name of localSettings(sql, command)) {
            if (this.locals.has(name) || name.startsWith('transaction_'))
                continue;
            this.locals.set(name, null);
            const values = [name];
            ask({ text: `select pg_catalog.current_setting($1, true)`, values, keep: true }, (was) => {
                if (this.locals.has(name))
                    this.locals.set(name, was);
            });
        }
        if (command.startsWith('SET') || command.startsWith('RESET'))
            this.noteSet(sql);
        if (command.startsWith('DECLARE'))
            this.cursors.add(unquoted(sql, 1));
        const temporary = /^\s*create\s+(?:local\s+|global\s+)?temp/i.test(sql) ? createdTable(sql) : null;
        if (temporary !== null) {
            const table = temporary;
            if (/\bon\s+commit\s+drop\b/i.test(sql))
                this.dropped.add(table);
            else if (/\bon\s+commit\s+delete\s+rows\b/i.test(sql))
                this.emptied.add(table);
        }
    }
    /** SET without LOCAL, and RESET, outlast the transaction. */
    noteSet(sql) {
        const [first, second, third] = (0,sql_tokens/* tokenize */.qw)(sql.slice(0, 200));
        if (second?.word === 'LOCAL')
            return;
        const name = settingAt(sql, second?.word === 'SESSION' && third?.word !== 'AUTHORIZATION' ? 2 : 1);
        if (first?.word === 'RESET' && second?.word === 'ALL')
            this.locals.clear();
        else
            this.locals.delete(name);
    }
    get isNothing() {
        return this.locals.size + this.dropped.size + this.emptied.size + this.cursors.size === 0;
    }
    /** As after a COMMIT. `settings`: the rehearsal's own. */
    async end(line, settings) {
        const items = [...this.locals].map(([name, was]) => ({
            text: 'select pg_catalog.set_config($1, $2, false)',
            values: [name, was ?? ''],
        }));
        if ([...this.locals.keys()].some((name) => BOUNDS.test(name)))
            items.push(...settings());
        if (this.cursors.size > 0)
            items.push(...(await closing(line, [...this.cursors])));
        if (this.dropped.size + this.emptied.size > 0)
            items.push(...(await this.ofTables(line)));
        this.forget();
        if (items.length > 0)
            await line.batch(items);
    }
    async ofTables(line) {
        const names = [...this.dropped, ...this.emptied];
        const [found] = await line.batch([{ text: TABLES, values: [JSON.stringify(names)], keep: true }]);
        const tables = new Map((found?.rows ?? []).map(([name, relation]) => [name ?? '', relation ?? '']));
        return names.flatMap((name) => {
            const relation = tables.get(name);
            if (relation === undefined)
                return [];
            return [{ text: this.dropped.has(name) ? `drop table ${relation} cascade` : `truncate ${relation}` }];
        });
    }
    /** It was rolled back: the server has undone all of that. */
    forget() {
        this.locals.clear();
        this.cursors.clear();
        this.dropped.clear();
    }
}
const TABLES = (0,qualified/* qualified */.LX)(`select relname, 'pg_temp.' || pg_catalog.quote_ident(relname) from pg_catalog.pg_class
  where relnamespace = pg_catalog.pg_my_temp_schema() and relkind = any ('{r,p}')
    and relname = any (select pg_catalog.json_array_elements_text($1::json))`);
async function closing(line, names) {
    const text = (0,qualified/* qualified */.LX)(`select pg_catalog.quote_ident(name) from pg_catalog.pg_cursors
    where not is_holdable and name = any (select pg_catalog.json_array_elements_text($1::json))`);
    const [open] = await line.batch([{ text, values: [JSON.stringify(names)], keep: true }]);
    return (open?.rows ?? []).map(([name]) => ({ text: `close ${name}` }));
}
/** The names of settings that a statement sets for its transaction only. */
function localSettings(sql, command) {
    const names = [];
    if (command.startsWith('SET') && /^\s*set\s+local\b/i.test(sql))
        names.push(settingAt(sql, 2));
    const calls = /\bset_config\s*\(\s*'([\w.]+)'\s*,[^,]+,\s*(?:true|'t|'true|'on|'1)/gi;
    if (/set_config/i.test(sql))
        for (const [, name] of sql.matchAll(calls))
            if (name)
                names.push(name.toLowerCase());
    return names;
}
/** The setting whose name stands at a place in SET or RESET; some have words of their own. */
function settingAt(sql, at) {
    const tokens = (0,sql_tokens/* tokenize */.qw)(sql.slice(0, 400));
    const [first, second] = [tokens[at], tokens[at + 1]];
    if (first?.word === 'TIME' && second?.word === 'ZONE')
        return 'timezone';
    if (first?.word === 'SESSION' && second?.word === 'AUTHORIZATION')
        return 'session_authorization';
    if (first?.word === 'NAMES')
        return 'client_encoding';
    if (first?.word === 'SCHEMA')
        return 'search_path';
    let name = unquoted(sql, at);
    for (let dot = at + 1; tokens[dot]?.word === '.'; dot += 2)
        name += `.${unquoted(sql, dot + 1)}`;
    return name.toLowerCase();
}
function unquoted(sql, at) {
    const token = (0,sql_tokens/* tokenize */.qw)(sql.slice(0, 400))[at];
    return token ? (0,sql_tokens/* unquoteName */.Lh)(sql.slice(token.start, token.end)) : '';
}
/** CREATE TEMPORARY TABLE, with or without AS: its name without a schema. */
function createdTable(sql) {
    const tokens = (0,sql_tokens/* tokenize */.qw)(sql.slice(0, 1_000));
    let at = tokens.findIndex(({ word }) => word === 'TABLE') + 1;
    if (at === 0)
        return null;
    if (tokens[at]?.word === 'IF')
        at += 3;
    while (tokens[at + 1]?.word === '.')
        at += 2;
    const token = tokens[at];
    return token ? (0,sql_tokens/* unquoteName */.Lh)(sql.slice(token.start, token.end)) : null;
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/seat.ts



class Seat {
    caller;
    /** Stands before the names of its statements and portals: several connections speak on one session. */
    prefix;
    queue = [];
    /** Bytes in the queue. */
    waiting = 0;
    work = null;
    atCommit = new AtCommit();
    prepared = new Map();
    /** Statements by PREPARE, which Close ends as well. */
    preparedBySql = new Set();
    portals = new Map();
    madeTemporary = false;
    /** Somebody else has spoken: the statement without a name may be gone. */
    forgotUnnamed = false;
    /** Messages that go to the server together, what is owed for them, and how many bytes they are. */
    segment = [];
    owed = [];
    segmentBytes = 0;
    /** Statements executed since the last Sync. */
    executed = 0;
    /** The last of them, which may come again. */
    last = null;
    /** After an error everything is passed over until Sync. */
    skips = false;
    /** The server takes COPY's data of it. */
    copy = null;
    hasLeft = false;
    /** All of it is undone. */
    hasGone = false;
    heardAt = performance.now();
    /** What it had set when another got its turn. */
    settings = null;
    admit = null;
    /** Settings as they were told last, and those to be told. */
    reported = new Map();
    changed = new Map();
    outgoing = [];
    flushing = null;
    onSlow;
    /** `onSlow`: it does not read as fast as it is told. */
    constructor(caller, prefix, onSlow) {
        this.caller = caller;
        this.prefix = prefix;
        this.onSlow = onSlow;
    }
    /** As it is told with each ReadyForQuery. */
    get status() {
        if (!this.work?.isBlock)
            return 'I';
        return this.work.failed ? 'E' : 'T';
    }
    /** Its statements run as in a block, BEGIN or not. */
    get isWithin() {
        return this.work?.isBlock === true || this.executed > 0;
    }
    tell(bytes) {
        if (this.hasLeft)
            return;
        if (bytes[0] === PARAMETER)
            this.tellLater({ type: 'S', bytes });
        else
            this.say(this.prefix !== '' && bytes[0] === ERROR ? this.withoutPrefix(bytes) : bytes);
    }
    say(bytes) {
        // One write for all that is told in this turn of the event loop: a packet for each would cost more than what is in it.
        this.flushing ??= setImmediate(() => this.flush());
        this.outgoing.push(bytes);
    }
    flush() {
        if (this.flushing)
            clearImmediate(this.flushing);
        this.flushing = null;
        const bytes = (0,wire/* joined */.oR)(this.outgoing);
        this.outgoing = [];
        if (bytes && !this.caller.send(bytes))
            this.onSlow();
    }
    /** What it was told of settings as it came. */
    greet(parameters) {
        for (const [name, value] of parameters)
            this.reported.set(name, value);
    }
    end(last) {
        this.flush();
        this.caller.end(last);
    }
    /** Settings are told with the end of an exchange, and only those that are others then. */
    tellLater(frame) {
        const [name = '', value = ''] = (0,wire/* texts */.Te)(frame, 2);
        if (this.reported.get(name) === value)
            this.changed.delete(name);
        else
            this.changed.set(name, value);
    }
    tellReady() {
        for (const [name, value] of this.changed) {
            this.reported.set(name, value);
            this.say(wire/* answer */.ZF.parameterStatus(name, value));
        }
        this.changed.clear();
        this.tell(wire/* answer */.ZF.readyForQuery(this.status));
        // It waits for nothing else, and need not wait for what we do next.
        if (this.queue.length === 0)
            this.flush();
    }
    warn(sqlstate, text) {
        this.tell(wire/* answer */.ZF.notice(new Map((0,wire/* errorFields */.au)('ERROR', sqlstate, text)).set('S', 'WARNING').set('V', 'WARNING')));
    }
    /** After an error the server has one aborted transaction; how far back the tool's own goes, its work tells. */
    fail() {
        this.skips = true;
        if (this.work)
            this.work.failed = true;
    }
    /** A name of the tool's as it goes to the server. */
    own(name) {
        return Buffer.from(`${this.prefix}${name}\0`);
    }
    closing(kind, name) {
        return (0,wire/* message */.iU)('C', Buffer.from(kind), this.own(name));
    }
    /** The zero-terminated texts that a message begins with, `skip` bytes into its body, and all that follows them. */
    read(frame, count, skip = 0) {
        const texts = [];
        const ends = [];
        let at = 5 + skip;
        for (let left = count; left > 0; left -= 1) {
            const zero = frame.bytes.indexOf(0, at);
            const end = zero < 0 ? frame.bytes.length : zero;
            const bytes = frame.bytes.subarray(at, end);
            texts.push(bytes.toString(encodingOf(bytes)));
            at = Math.min(frame.bytes.length, end + 1);
            ends.push(at);
        }
        return { texts, ends };
    }
    withoutPrefix(bytes) {
        if (!bytes.includes(this.prefix))
            return bytes;
        const fields = new Map((0,wire/* readFields */.qU)({ type: 'E', bytes }));
        const text = fields.get('M') ?? '';
        const unnamed = text.replace(`prepared statement "${this.prefix}"`, 'unnamed prepared statement');
        return wire/* answer */.ZF.error(fields.set('M', unnamed.replaceAll(`"${this.prefix}`, '"')));
    }
}
const ERROR = 'E'.charCodeAt(0);
const PARAMETER = 'S'.charCodeAt(0);

;// CONCATENATED MODULE: ./src/rehearsal/proxy/simple.ts



const ZERO = Buffer.from([0]);
const PROBE = 'mgate_probe';
class Simple {
    play;
    transactions;
    statements;
    control;
    constructor(play, transactions, statements, control) {
        this.play = play;
        this.transactions = transactions;
        this.statements = statements;
        this.control = control;
    }
    async query(seat, frame) {
        const [text = ''] = seat.read(frame, 1).texts;
        const encoding = encodingOf(frame.bytes.subarray(5));
        const pieces = piecesOf(text);
        this.forgetUnnamed(seat);
        // What is in the string is told as done only once it is committed.
        const last = { frame: null };
        if (pieces.length === 0)
            seat.tell(wire/* answer */.ZF.emptyQuery);
        if (pieces.length < 2 || (await this.canBeRead(seat, frame))) {
            for (const [at, piece] of pieces.entries()) {
                const hold = at === pieces.length - 1 ? last : null;
                const whole = pieces.length === 1 ? frame : null;
                if (!(await this.piece(seat, { text, encoding, piece, whole, isAlone: pieces.length === 1, hold })))
                    break;
            }
        }
        if ((await this.control.settle(seat)) && last.frame)
            seat.tell(last.frame.bytes);
        seat.tellReady();
    }
    /** A simple query ends what has no name, whatever becomes of the query here. */
    forgetUnnamed(seat) {
        const closes = [];
        if (seat.prepared.delete(''))
            closes.push(seat.closing('S', ''));
        if (seat.portals.delete(''))
            closes.push(seat.closing('P', ''));
        this.play.post([], closes);
    }
    /** The server reads all of a string before it executes any of it. */
    async canBeRead(seat, frame) {
        if (!seat.work)
            this.transactions.open(seat, false);
        const { line } = this.play;
        const text = frame.bytes.subarray(5);
        const isFailed = seat.status === 'E';
        if (!isFailed)
            this.play.post([{ text: `savepoint ${PROBE}` }]);
        const error = await line.read(text);
        if (!isFailed) {
            await line.batch([{ text: `rollback to savepoint ${PROBE}` }, { text: `release savepoint ${PROBE}` }]);
        }
        if (!error)
            return true;
        await this.play.failForServer();
        seat.tell(error.bytes);
        seat.fail();
        return false;
    }
    /** False: it failed, and what follows in the same string is not run. */
    async piece(seat, { text, encoding, piece, whole, isAlone, hold, }) {
        const { sql, from } = piece;
        const meaning = meaningOf(sql);
        const tell = (frame) => {
            if (frame.type === 'C' && hold && seat.status === 'I')
                hold.frame = frame;
            else
                seat.tell(whole ? frame.bytes : shifted(frame, text, from));
        };
        if (!isAlone && seat.status === 'I') {
            this.transactions.open(seat, false);
            seat.executed += 1;
        }
        if (meaning.kind !== 'statement')
            return this.control.perform(seat, meaning, sql);
        const within = seat.status !== 'I' ? 'block' : isAlone ? 'none' : 'together';
        const said = { sql, facts: meaning.facts, within, hasValues: false };
        if (!seat.work)
            this.transactions.open(seat, false);
        const way = {
            isExtended: false,
            bytes: (instead) => {
                if (instead === null && whole)
                    return [whole.bytes];
                const words = instead ?? sql;
                return [(0,wire/* message */.iU)('Q', Buffer.from(words, encoding), ZERO)];
            },
            onFrame: tell,
            prepare: async () => true,
            makeUp: (tag) => tell({ type: 'C', bytes: wire/* answer */.ZF.commandComplete(tag) }),
        };
        return this.statements.perform(seat, said, way);
    }
}
/** An error's position counted in the whole text that the tool sent, in code points. */
function shifted(frame, text, from) {
    if (from === 0 || frame.type !== 'E')
        return frame.bytes;
    const fields = new Map((0,wire/* readFields */.qU)(frame));
    const position = Number(fields.get('P'));
    if (!fields.has('P') || !Number.isInteger(position))
        return frame.bytes;
    return wire/* answer */.ZF.error(fields.set('P', String(position + [...text.slice(0, from)].length)));
}

;// CONCATENATED MODULE: ./src/rehearsal/proxy/transactions.ts
const LOST = 'two transactions of the tool were open at once, and one that had written was rolled back under the other: what the other did is lost in the rehearsal';
const AT_ONCE = 'one of its connections writes while another of them has written and not committed: here it sees what that one did; in apply it does not, and may wait for its locks until lock-timeout';
class Transactions {
    play;
    layers = [];
    constructor(play) {
        this.play = play;
    }
    /** What the seat does from now on can be undone: its block, or a statement by itself, which a BEGIN makes a block. */
    open(seat, isBlock, readOnly = false) {
        const items = [];
        if (seat.work)
            seat.work.isBlock ||= isBlock;
        else {
            seat.work = { isBlock, failed: false, queried: false, readOnly };
            items.push(this.put(seat));
        }
        seat.work.readOnly = readOnly;
        if (readOnly)
            items.push({ text: 'set transaction read only' });
        this.play.post(items);
    }
    wrote(seat) {
        const layer = this.layers.findLast(({ owner }) => owner === seat);
        if (layer)
            layer.wrote = true;
        if (this.layers.some(({ owner, wrote }) => wrote && owner !== null && owner !== seat))
            this.play.director.note(AT_ONCE);
    }
    /** It is committed, as far as it can be. */
    close(seat, first) {
        seat.work = null;
        this.disown(seat);
        this.play.post(this.dropEnded(), first);
    }
    async rollBack(seat) {
        const own = this.layers.flatMap((layer, at) => (layer.owner === seat ? [at] : []));
        const written = own.filter((at) => this.layers[at]?.wrote);
        // Under what others did, there may be nothing to be undone.
        const to = written[0] ?? own.at(-1);
        seat.work = null;
        seat.atCommit.forget();
        if (to === undefined)
            return;
        const items = this.cut(seat, to);
        this.disown(seat);
        await this.play.line.batch([...items, ...this.dropEnded()]);
    }
    /** Another gets the turn: what this one did wrong is not its. */
    async leaveFloor(seat) {
        const layer = this.layers.findLast(({ owner }) => owner === seat);
        if (this.play.line.status !== 'E' || !layer)
            return;
        await this.play.line.batch([ROLLBACK_TO(layer.savepoints.at(-1) ?? layer.name)]);
    }
    /** It has the turn again: what others did meanwhile is not undone along with what it does now. */
    async takeFloor(seat) {
        if (!seat.work)
            return;
        const top = this.layers.at(-1);
        if (top?.owner !== seat || top.foreign)
            this.play.post([this.put(seat)]);
        if (seat.work.failed)
            await this.play.failForServer();
    }
    /** A savepoint of the tool's own. False: it failed. */
    async savepoint(seat, command, name, sql, onFrame) {
        const at = this.layers.findLastIndex(({ owner, savepoints }) => owner === seat && savepoints.includes(name));
        const layer = at < 0 ? null : this.layers[at];
        const status = await this.play.line.speak(sql, onFrame);
        if (status === 'E')
            return false;
        if (command === 'SAVEPOINT')
            this.layers.at(-1)?.savepoints.push(name);
        else if (layer) {
            const keep = layer.savepoints.lastIndexOf(name) + (command === 'RELEASE SAVEPOINT' ? 0 : 1);
            layer.savepoints.length = keep;
            if (at < this.layers.length - 1)
                this.play.post(this.afterBuried(seat, at, command));
        }
        return true;
    }
    /** The savepoint stood under what others did, and the server has taken theirs along. */
    afterBuried(seat, at, command) {
        if (command !== 'RELEASE SAVEPOINT')
            return this.cut(seat, at).slice(1);
        const above = this.layers.splice(at + 1);
        const layer = this.layers[at];
        if (layer)
            layer.foreign ||= above.some((one) => isOfOthers(one, seat));
        return this.putOthers(seat, above);
    }
    put(owner) {
        const name = `mgate_work_${this.layers.length}`;
        this.layers.push({ name, owner, wrote: false, foreign: false, savepoints: [] });
        return { text: `savepoint ${name}` };
    }
    /** Takes all back that stands on a layer, and what is in it; the others' transactions go on above, empty. */
    cut(seat, to) {
        const layer = this.layers[to];
        if (!layer)
            return [];
        const above = this.layers.splice(to + 1);
        if (layer.foreign || above.some((one) => isOfOthers(one, seat)))
            this.play.director.lose(LOST);
        layer.wrote = false;
        layer.foreign = false;
        return [ROLLBACK_TO(layer.name), ...this.putOthers(seat, above)];
    }
    putOthers(seat, above) {
        const others = new Set(above.map(({ owner }) => owner));
        return [...others].flatMap((owner) => (owner === null || owner === seat ? [] : [this.put(owner)]));
    }
    disown(seat) {
        for (const layer of this.layers)
            if (layer.owner === seat)
                layer.owner = null;
    }
    dropEnded() {
        let lowest = null;
        for (let top = this.layers.at(-1); top?.owner === null; top = this.layers.at(-1)) {
            lowest = top;
            this.layers.pop();
            const under = this.layers.at(-1);
            if (under)
                under.foreign ||= top.wrote || top.foreign;
        }
        return lowest ? [{ text: `release savepoint ${lowest.name}` }] : [];
    }
}
const ROLLBACK_TO = (name) => ({ text: `rollback to savepoint "${name.replaceAll('"', '""')}"` });
function isOfOthers({ owner, wrote, foreign }, seat) {
    return foreign || (wrote && owner !== seat);
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
/** No more of what one connection says is held while it waits. */
const MOST_WAITING = 4 * 1024 * 1024;
const stage_MAINTENANCE = ['postgres', 'template1'];
class Stage {
    line;
    director;
    play;
    transactions;
    belongings;
    control;
    simple;
    extended;
    seats = new Map();
    turn = null;
    /** What the server reports of settings is for whoever has the turn. */
    isChanging = false;
    isPlaying = false;
    playing = Promise.resolve();
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
        this.play = new Play(line, director, (why) => this.breakOff(why));
        this.transactions = new Transactions(this.play);
        this.belongings = new Belongings(this.play, () => this.seats.size);
        const statements = new Statements(this.play, this.transactions);
        this.control = new Control(this.play, this.transactions, statements, this.belongings);
        this.simple = new Simple(this.play, this.transactions, statements, this.control);
        this.extended = new Extended(this.play, this.transactions, statements, this.control);
        line.onDrain(() => {
            for (const seat of this.seats.values())
                if (seat.waiting <= MOST_WAITING)
                    seat.caller.resume();
        });
        line.onParameter = (frame) => {
            if (!this.isChanging)
                this.turn?.tell(frame.bytes);
        };
    }
    /** Connections that were admitted, and statements that they sent. */
    get seen() {
        return this.play.seen;
    }
    /** The server owes an answer to the tool. */
    get isBusy() {
        return this.heard !== null;
    }
    // -- what callers say -----------------------------------------------------------------------------------------
    admit(caller) {
        // The first of several is as on a session of its own.
        const isFirst = [...this.seats.values()].every(({ prefix }) => prefix !== '');
        const seat = new Seat(caller, isFirst ? '' : `c${caller.id}_`, () => this.line.pause());
        seat.queue.push('join');
        this.seats.set(caller, seat);
        this.play.seen.connections += 1;
        caller.onDrain(() => this.line.resume());
        return new Promise((resolve) => {
            seat.admit = resolve;
            if (this.isOver)
                resolve(refusal('57P01', 'the rehearsal is over'));
            else
                this.goOn();
        });
    }
    hear(caller, frames) {
        const seat = this.seats.get(caller);
        if (!seat || this.isOver)
            return;
        seat.heardAt = performance.now();
        const rest = seat.copy && seat.queue.length === 0 ? seat.copy.take(frames) : frames;
        for (const frame of rest) {
            seat.queue.push(frame);
            seat.waiting += frame.bytes.length;
        }
        if (seat.waiting > MOST_WAITING)
            caller.pause();
        this.goOn();
    }
    left(caller) {
        const seat = this.seats.get(caller);
        if (!seat || this.isOver)
            return;
        seat.hasLeft = true;
        seat.queue.push('leave');
        seat.copy?.fail('the connection was closed');
        // It may have been this one that did not read.
        this.line.resume();
        this.goOn();
    }
    cancel(caller) {
        const seat = this.seats.get(caller);
        if (seat)
            this.play.cancel(seat);
    }
    // -- the end --------------------------------------------------------------------------------------------------
    /** The tool has ended: what its connections said last is done, and they are gone, or none of them says anything any more. */
    async emptied() {
        for (let look = 0; look < EMPTY_LOOKS && !this.isOver; look += this.heard ? 0 : 1) {
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
            seat.copy?.fail('the rehearsal is over');
            seat.end(wire/* answer */.ZF.error((0,wire/* errorFields */.au)('FATAL', '57P01', 'the rehearsal is over')));
        }
        this.line.resume();
        // What is done for one that leaves is more than one exchange.
        await this.playing;
        await this.line.fallSilent();
    }
    breakOff(why) {
        this.isOver = true;
        this.fail(why);
    }
    // -- turns ----------------------------------------------------------------------------------------------------
    goOn() {
        if (this.isPlaying || this.isOver)
            return;
        this.isPlaying = true;
        this.playing = this.playOn().catch((error) => this.breakOff(error));
    }
    async playOn() {
        while (!this.isOver) {
            const seat = this.next();
            const said = seat?.queue.shift();
            if (!seat || said === undefined) {
                // Before anything else can come: what comes then begins it again.
                this.isPlaying = false;
                return;
            }
            this.heard = seat;
            if (this.turn !== seat)
                await this.giveTurnTo(seat);
            if (said === 'join')
                await this.join(seat);
            else if (said === 'leave')
                await this.leave(seat);
            else
                await this.take(seat, said);
            // With a Sync the tool has its answer, and works while the director is told.
            const [next] = seat.queue;
            if (typeof next !== 'object' || next.type !== 'S')
                await this.play.tellDone();
            this.heard = null;
        }
    }
    /** Whoever is in a transaction goes on with it; when all of those are quiet, another. */
    next() {
        const seats = [...this.seats.values()];
        const ready = seats.filter(({ queue }) => queue.length > 0);
        const within = seats.filter(({ work }) => work !== null);
        const [first] = ready.filter(({ work }) => work !== null).sort((one) => (one === this.turn ? -1 : 0));
        if (first)
            return first;
        const [other] = ready;
        if (!other || within.length === 0)
            return other ?? null;
        const wait = Math.max(...within.map(({ heardAt }) => heardAt)) + QUIET_MS - performance.now();
        if (wait <= 0)
            return other;
        if (this.timer)
            clearTimeout(this.timer);
        this.timer = setTimeout(() => this.goOn(), wait);
        return null;
    }
    /** Settings are of a connection: those of the last one are put away, and its own are put back. */
    async giveTurnTo(seat) {
        const last = this.turn;
        this.isChanging = true;
        this.turn = seat;
        if (last && !last.hasGone) {
            await this.transactions.leaveFloor(last);
            await this.belongings.putAway(last);
        }
        // Where the last one has gone the session is as it was before.
        if (last && (!last.hasGone || seat.settings))
            await this.belongings.putBack(seat);
        await this.transactions.takeFloor(seat);
        this.isChanging = false;
    }
    async join(seat) {
        const { admit, caller } = seat;
        seat.admit = null;
        const asked = caller.parameters.get('database') ?? caller.parameters.get('user') ?? '';
        if (asked !== this.director.database && !stage_MAINTENANCE.includes(asked)) {
            this.seats.delete(caller);
            return admit?.(refusal('3D000', `only the database ${this.director.database} is rehearsed here`));
        }
        this.isChanging = true;
        try {
            admit?.(await this.belongings.admit(seat));
        }
        catch (error) {
            this.seats.delete(caller);
            if (error instanceof StartupError)
                return admit?.(refusal(error.sqlstate, error.message));
            if (!(error instanceof postgres_session/* BatchError */.PW))
                throw error;
            const { code, message: text } = error.cause;
            admit?.(refusal(code ?? 'XX000', text));
        }
        finally {
            this.isChanging = false;
        }
    }
    async leave(seat) {
        await this.control.leave(seat);
        seat.hasGone = true;
        this.seats.delete(seat.caller);
    }
    async take(seat, frame) {
        const before = seat.waiting;
        seat.waiting -= frame.bytes.length;
        if (before > MOST_WAITING && seat.waiting <= MOST_WAITING)
            seat.caller.resume();
        if (frame.type === 'S')
            return this.extended.sync(seat);
        // Data of a COPY that has failed a server passes over too.
        if (seat.skips || isCopyData(frame))
            return;
        switch (frame.type) {
            case 'Q':
                if (!seat.segmentBytes || (await this.extended.flush(seat)))
                    await this.simple.query(seat, frame);
                return;
            case 'F':
                if (await this.extended.flush(seat))
                    await this.functionCall(seat, frame);
                return;
            case 'H':
                await this.extended.flush(seat);
                return;
            case 'P':
            case 'B':
            case 'D':
            case 'C':
            case 'E':
                return this.extended.take(seat, frame);
            default:
                seat.tell(wire/* answer */.ZF.error((0,wire/* errorFields */.au)('ERROR', '08P01', `a message ${frame.type} cannot be rehearsed`)));
        }
    }
    async functionCall(seat, frame) {
        if (!seat.work)
            this.transactions.open(seat, false);
        this.transactions.wrote(seat);
        const tell = (one) => seat.tell(one.bytes);
        const { error } = await this.play.run(seat, [frame.bytes], tell, { isCopy: false, copyEnd: [] });
        if (error)
            seat.fail();
        await this.control.settle(seat);
        seat.tellReady();
    }
}
function refusal(sqlstate, text) {
    return { kind: 'refused', fields: (0,wire/* errorFields */.au)('FATAL', sqlstate, text) };
}

// EXTERNAL MODULE: ./src/rehearsal/report.ts
var report = __webpack_require__(5413);
// EXTERNAL MODULE: external "node:dns/promises"
var external_node_dns_promises_ = __webpack_require__(1553);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
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
    return { reason, follow: () => undefined, stop: async () => undefined };
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
// EXTERNAL MODULE: ./src/rehearsal/concurrently.ts
var concurrently = __webpack_require__(7317);
// EXTERNAL MODULE: ./src/rehearsal/conversation.ts
var conversation = __webpack_require__(3268);
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
;// CONCATENATED MODULE: ./src/engines/tool/stretches.ts
/**
 * Which migration a tool's statements belong to. That shows when the tool writes its own records, and not before: what was
 * said between two of them is a stretch, and a stretch is told as the migration that stands on record at its end.
 */





/** Statements kept in full for the rules. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** Of statements of one form so many are told one by one. */
const TOLD_APART = 3;
class Stretches {
    input;
    own;
    notes;
    all = [];
    stretch;
    table;
    versions = new Set();
    kept = new Map();
    characters = 0;
    findings = [];
    tried = [];
    /** Where the statements at hand turned out to belong. */
    last = null;
    constructor(input, own, notes) {
        this.input = input;
        this.own = own;
        this.notes = notes;
        this.table = own.table;
        this.stretch = this.newStretch();
    }
    /** Where the statements at hand belong, as far as is known. */
    get current() {
        return this.last ?? this.stretch.migration;
    }
    /** The table that the tool keeps its records in, also one that it made in this rehearsal. */
    get toolTable() {
        return this.table;
    }
    // -- entries --------------------------------------------------------------------------------------------------
    /** A loop in the tool's code says the same over and over: that is told as one. `transaction`: the tool's, counted. */
    entryFor(said, transaction) {
        const form = (0,values/* formOf */.QU)(said.sql);
        const known = this.stretch.forms.get(form);
        if (!known)
            return this.newEntry(said, form, transaction);
        known.times += 1;
        const kept = this.kept.get(known.entry);
        if (known.times <= TOLD_APART || known.entry.reason !== null || known.entry.error !== null || !kept)
            return this.newEntry(said, form, transaction);
        known.entry.count += 1;
        kept.transactions[1] = transaction;
        return known.entry;
    }
    /** Of a loop one is not like the others. */
    apart(entry, said) {
        if (entry.count === 1)
            return entry;
        entry.count -= 1;
        return this.newEntry(said, (0,values/* formOf */.QU)(said.sql), this.kept.get(entry)?.transactions[1] ?? 0);
    }
    newEntry({ sql, facts }, form, transaction) {
        const { migration, forms } = this.stretch;
        const event = { kind: 'statement', index: 0, statement: { sql, line: 1, column: 1 }, facts };
        const entry = this.notes.add(migration, event);
        const known = forms.get(form);
        if (known)
            known.entry = entry;
        else
            forms.set(form, { entry, times: 1 });
        const fits = this.characters < MOST_CHARACTERS;
        if (fits)
            this.characters += sql.length;
        this.kept.set(entry, { event, sql: fits ? sql : null, transactions: [transaction, transaction] });
        return entry;
    }
    found(entry, ...findings) {
        for (const finding of findings)
            this.findings.push({ entry, finding });
    }
    triedOut(tried) {
        this.tried.push(tried);
    }
    // -- the tool's own records -----------------------------------------------------------------------------------
    /** It writes the tool's own table, or makes it. */
    isBookkeeping({ sql, facts }) {
        const { command } = facts;
        if (!/^(?:INSERT|UPDATE|DELETE|MERGE|WITH|TRUNCATE|COMMENT|CREATE TABLE|ALTER TABLE)$/.test(command))
            return false;
        const name = this.table?.table;
        const about = name === undefined || !sql.includes(name) ? null : targetOf(sql, command);
        if (name !== undefined && (about === name || about === `${name}_lock` || about === `${name}lock`))
            return true;
        // It may be made in this very run.
        return (0,tool_tables/* isForRecords */.Mi)(sql, facts);
    }
    /** What stands on record before anything was said. */
    begin(recorded) {
        this.versions = appliedIn(recorded);
    }
    /** What reads the tool's records; null: its table is not known. */
    get reading() {
        return this.table && readingItem(this.table);
    }
    /** What was said until here belongs to the migration that has just been recorded, if one was. */
    async mark({ sql, facts, hasValues }, ask) {
        const stretch = this.stretch;
        this.all.push(stretch);
        this.stretch = this.newStretch();
        stretch.recorded = [];
        if (this.table === null)
            return this.findTable(sql, facts.createsTable, ask);
        const written = hasValues ? null : this.own.tool.recordedBy(sql);
        if (written !== null) {
            stretch.recorded = written;
            for (const version of written)
                this.input.bench.log.progress(`dry run ${version}`);
            return;
        }
        const [result] = await ask([readingItem(this.table)]);
        const applied = appliedIn(result);
        stretch.recorded = [...applied].filter((version) => !this.versions.has(version));
        this.versions = applied;
        for (const version of stretch.recorded)
            this.input.bench.log.progress(`dry run ${version}`);
    }
    /**
     * `sql`: what made it, by which it is known where the command's own words do not say which tool it is. All is asked at
     * once: the answers are there before the tool's next statement is.
     */
    async findTable(sql, made, ask) {
        const [found, place] = await ask([
            { text: (0,known_tools/* candidateTablesQuery */.Ve)(null), keep: true, name: 'mgate_candidates' },
            ...(made === null ? [] : [(0,tool_tables/* whereIs */.ie)((0,sql_tokens/* bareName */.yZ)(made))]),
        ]);
        const candidates = (found?.rows ?? []).map(([schema, table, columns, rails]) => ({
            schema: schema ?? '',
            table: table ?? '',
            columns: JSON.parse(columns ?? '{}'),
            rails: rails === 't' || rails === 'true',
        }));
        const schema = place?.rows[0]?.[0] ?? null;
        this.table ??= this.own.tool.tableOf((0,tool_tables/* toolTablesIn */.VU)(candidates), [{ sql, schema }]);
    }
    // -- the end --------------------------------------------------------------------------------------------------
    /** Which statements were whose: to be asked once. `ended` null: it was stopped. */
    finish(well, ended) {
        let carried = [];
        const migrations = [];
        for (const stretch of [...this.all, this.stretch]) {
            carried.push(stretch);
            const version = stretch.recorded?.at(-1);
            if (version === undefined)
                continue;
            const migration = this.assign(carried, version, null);
            migrations.push(migration);
            this.notes.finished.add(migration.key);
            carried = [];
        }
        const isRest = carried.some(({ migration }) => this.notes.of(migration).some(isTold));
        if (isRest || (!well && this.own.tool.isOpen)) {
            const rest = this.assign(carried, null, well ? null : ended);
            // One that failed without a statement is told where its file is known.
            if (isRest || rest.file !== '') {
                this.last = rest;
                migrations.push(rest);
                if (well)
                    this.notes.finished.add(rest.key);
            }
        }
        this.notes.pending = inOrder(migrations, this.input.plan.pending);
        for (const { entry, finding } of this.findings)
            this.notes.findings.push(placed(finding, entry));
        for (const tried of this.tried) {
            const finding = tried.finding && placed(tried.finding, tried.entry);
            this.notes.tried.push({ ...tried, finding });
        }
    }
    assign(stretches, version, ended) {
        const { tool } = this.own;
        const known = this.input.plan.pending;
        const expected = version === null
            ? known.find((one) => !this.notes.finished.has(one.key))
            : known.find((one) => one.version === version);
        const named = version ?? expected?.version ?? null;
        const nameless = { ...tool.planned(named, []), key: `stretches of ${named ?? ''}` };
        for (const stretch of stretches)
            this.notes.move(stretch.migration, nameless);
        this.notes.keepOf(nameless, isTold);
        const entries = this.notes.of(nameless);
        const texts = entries.map((entry) => ({
            index: entry.index,
            line: 1,
            sql: this.kept.get(entry)?.sql ?? entry.sql,
        }));
        const migration = this.inTransactions(tool.planned(named, texts, ended), entries);
        this.notes.move(nameless, migration);
        for (const [at, entry] of entries.entries()) {
            entry.line = migration.script.texts[at]?.line ?? 1;
            const event = this.kept.get(entry)?.event;
            if (event)
                this.notes.observe(migration, { ...event, statement: { ...event.statement, line: entry.line } });
        }
        return migration;
    }
    /** With how often the tool has committed in it. */
    inTransactions(migration, entries) {
        const numbers = entries
            .filter(({ facts }) => !isChatter(facts))
            .flatMap((one) => this.kept.get(one)?.transactions ?? []);
        const commits = new Set(numbers).size;
        if (commits < 2)
            return migration;
        const { script } = migration;
        const reason = script.reason ?? `${this.own.tool.name} commits more than once in it`;
        return { ...migration, script: { ...script, transactional: false, reason } };
    }
    newStretch() {
        const migration = { ...this.own.tool.planned(null, []), key: `stretch ${this.all.length}` };
        return { migration, forms: new Map(), recorded: null };
    }
}
/** Settings that the rules have something to say of. */
const WEIGHTY = /^\s*set\b.*\b(?:session_replication_role|lock_timeout|statement_timeout)\b/is;
/** Reads and settings are told only where they did something. */
function isTold(entry) {
    if (entry.error !== null || !isChatter(entry.facts) || entry.reason !== null)
        return true;
    if (entry.facts.command === 'SET' && WEIGHTY.test(entry.sql))
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
function readingItem(table) {
    return { text: (0,tool_tables/* readingOf */.MU)(table), keep: true, name: 'mgate_versions' };
}
function appliedIn(result) {
    const applied = (result?.rows ?? []).filter(([, , state]) => state === 'applied');
    return new Set(applied.map(([version]) => version ?? ''));
}
function placed(finding, { migration, line }) {
    return { ...finding, version: migration.version, file: migration.file, line };
}
const BEFORE_TARGET = {
    INSERT: ['INTO'],
    WITH: ['INTO', 'UPDATE'],
    MERGE: ['INTO'],
    UPDATE: ['UPDATE'],
    DELETE: ['FROM'],
    TRUNCATE: ['TRUNCATE', 'TABLE'],
    COMMENT: ['TABLE'],
    'CREATE TABLE': ['TABLE'],
    'ALTER TABLE': ['TABLE'],
};
/** The bare name of the table that a statement writes or alters. */
function targetOf(sql, command) {
    const tokens = (0,sql_tokens/* tokenize */.qw)(sql.slice(0, 2_000));
    const cursor = new sql_tokens/* Cursor */.bs(sql, tokens);
    const words = BEFORE_TARGET[command] ?? [];
    cursor.at = tokens.findIndex((token) => words.includes(token.word));
    if (cursor.at < 0)
        return null;
    cursor.at += 1;
    cursor.skip('TABLE').skipIfExists().skip('ONLY');
    const name = cursor.name();
    return name === null ? null : (0,sql_tokens/* bareName */.yZ)(name);
}

;// CONCATENATED MODULE: ./src/engines/tool/director.ts

















/** An enum label that is not committed yet; a COMMIT where none may be; a statement that no transaction may hold. */
const UNSAFE_NEW_ENUM_VALUE = '55P04';
const INVALID_TRANSACTION_TERMINATION = '2D000';
const ACTIVE_SQL_TRANSACTION = '25001';
/** A tool whose statements are never the same twice would be run for ever. */
const MOST_LEARNED = 10;
class ToolDirector {
    undone = new treatment/* Undone */._d();
    database;
    guard = { out: [guard/* GUARD_OUT */.lU], in: guard/* GUARD_IN */.Cg };
    settings = () => [...this.input.bench.armed, (0,bounds/* bounds */.O)(this.input, null)];
    /** There may be constraints that begin as immediate and need not stay so. */
    deferrable = false;
    line = null;
    /** What the tool has not gone on from. */
    lastError = null;
    /** Why what was rehearsed may not be what would be. */
    confused = null;
    isStopped = false;
    /** The statement that the server is at, or was last, and its number. */
    at = null;
    step = 0;
    isExecuting = false;
    input;
    own;
    notes;
    looks;
    limits;
    stretches;
    entryOf = new Map();
    /** Texts that could not be prepared, and why that only follows from what was not done. */
    absent = new Map();
    unguarded = new Set();
    items = [];
    slots = [];
    broken = null;
    underWay = Promise.resolve();
    /** The tool's transactions so far, those of one statement among them. */
    transactions = 0;
    /** Something was said since the last of them ended that COMMIT would check. */
    isDirty = false;
    /** There may be constraints that wait until COMMIT. */
    isDeferring = false;
    lastSaid = null;
    /** The guard is taken out for the statement at hand. */
    isGuardOut = false;
    replicates = false;
    /** Enum labels of the transaction at hand, and the newest that was there before it. */
    labels = new Map();
    highestEnum = '0';
    constructor(input, own, notes, looks) {
        const { request, databaseBytes, target } = input.bench;
        this.input = input;
        this.own = own;
        this.notes = notes;
        this.looks = looks;
        this.stretches = new Stretches(input, own, notes);
        this.database = target.database;
        this.limits = { dryRunMaxBytes: request.dryRunMaxBytes, maxBlockingMs: request.maxBlockingMs, databaseBytes };
    }
    /** Where the statements at hand belong, as far as is known. */
    get current() {
        return this.stretches.current;
    }
    get toolTable() {
        return this.stretches.toolTable;
    }
    /** Before the tool is started. */
    async begin() {
        const { reading } = this.stretches;
        const [deferrable, recorded] = await this.ours(reading === null ? [DEFERRABLE] : [DEFERRABLE, reading]);
        this.isDeferring = (deferrable?.rows.length ?? 0) > 0;
        this.stretches.begin(recorded);
        await this.rememberEnums();
    }
    // -- statements -----------------------------------------------------------------------------------------------
    async before(said) {
        this.goOn();
        const { sql, facts } = said;
        this.noteEffects(said);
        if (this.stretches.isBookkeeping(said))
            return AS_IT_IS;
        const statement = { sql, line: 1, column: 1 };
        const entry = this.stretches.entryFor(said, this.transactions);
        this.entryOf.set(said, entry);
        this.at = entry;
        this.lastSaid = statement;
        this.looks.before(entry, statement, facts.nonTransactional !== null);
        this.sendOn();
        const decision = await this.decide(said, entry, statement);
        if (decision.send === 'nothing')
            this.entryOf.delete(said);
        else if (!decision.guarded)
            this.unguarded.add(said);
        this.step += 1;
        this.isExecuting = decision.send !== 'nothing';
        return decision;
    }
    async decide(said, entry, statement) {
        const { facts, sql } = said;
        const refusal = this.absent.get(sql) ?? (await this.whyNot(entry, statement));
        if (refusal !== null)
            return this.without(said, entry, refusal);
        const plain = facts.nonTransactional?.plain ?? null;
        const tooSlow = plain === null ? null : await this.lookAhead(entry, plain);
        const reason = tooSlow ?? (await this.tooLarge(said, entry, statement));
        if (reason !== null)
            return this.without(said, entry, reason);
        await this.takeGuardOut(said);
        if (plain !== null) {
            (0,rehearsal_entry/* rehearsedPlainly */.B9)(entry, facts.nonTransactional?.what ?? '');
            return { send: 'instead', sql: plain, guarded: this.undone.concerns(sql) };
        }
        const guarded = facts.opaque !== null || this.isSuspect(sql);
        return { send: 'as it is', guarded };
    }
    async whyNot(entry, statement) {
        if (entry.facts.callsSetval)
            return this.carefully(() => (0,treatment/* whyNot */.OB)(this, entry, statement), SETVAL_IS_LEFT_OUT);
        const reason = await (0,treatment/* whyNot */.OB)(this, entry, statement);
        if (reason !== null && entry.facts.command === 'VACUUM')
            this.stretches.found(entry, ...(await this.carefully(() => (0,concurrently/* missingTables */._b)(this, entry, statement), [])));
        return reason;
    }
    noteEffects({ sql, facts }) {
        if (/\bdeferrable\b/i.test(sql))
            [this.deferrable, this.isDeferring] = [true, true];
        if (/\bsession_replication_role\b/i.test(sql))
            this.replicates = true;
        if (facts.addsEnumValue !== null)
            this.labels.set(facts.addsEnumValue, this.current);
        if (!CHECKS_NOTHING.test(facts.command))
            this.isDirty = true;
    }
    /** What is known of a CONCURRENTLY before its plain form is tried, and why it is not. */
    async lookAhead(entry, plain) {
        const leftover = entry.facts.nonTransactional?.leftover ?? null;
        const batcher = { batch: (items) => this.ours(items), lost: null };
        const ahead = await this.carefully(async () => {
            let valid = null;
            if (leftover?.kind === 'create-index' && leftover.index !== null) {
                const [row] = await this.ask(leftovers/* INDEX_STATE */.hk, [leftover.index, leftover.table]);
                const [isValid, name = null] = row ?? [];
                if (isValid === 't')
                    valid = name;
                else if (row && leftover.ifNotExists)
                    this.stretches.found(entry, hiddenInvalid(entry, name, leftover.table));
            }
            return (0,concurrently/* lookAhead */.Rf)(this, batcher, entry, { plain, valid }, this.limits);
        }, null);
        this.stretches.found(entry, ...(ahead?.findings ?? []));
        if (ahead?.tried)
            this.stretches.triedOut(ahead.tried);
        return ahead?.tooSlow ?? null;
    }
    /** Not executed, and the tool goes on as if it were. */
    without(said, one, reason) {
        const entry = this.stretches.apart(one, said);
        entry.executed = false;
        entry.reason = reason;
        this.entryOf.set(said, entry);
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
        const { mayWrite } = entry.facts;
        if (mayWrite === null || dryRunMaxBytes === 0 || databaseBytes <= dryRunMaxBytes)
            return null;
        // Values that come apart can't be estimated; what there is to write is no larger than the database.
        if (said.hasValues && mayWrite.kind === 'dml')
            return null;
        const slot = { kind: 'statement', entry, statement, offset: 0, guarded: false };
        return this.carefully(() => (0,treatment/* whyTooLarge */.y_)(this, slot, this.limits), null);
    }
    /** Asks about a statement that may be wrong, which it will say itself: then `otherwise`. */
    async carefully(ask, otherwise) {
        await this.exchange([{ text: 'savepoint mgate_asked' }, conversation/* CONTROL */.W]);
        let answer = otherwise;
        try {
            answer = await ask();
        }
        catch (error) {
            if (!(error instanceof postgres_session/* BatchError */.PW))
                throw error;
            await this.ours([{ text: 'rollback to savepoint mgate_asked' }]);
        }
        await this.ours([{ text: 'release savepoint mgate_asked' }]);
        return answer;
    }
    isSuspect(sql) {
        const { suspects } = this.input.knowledge;
        return this.undone.concerns(sql) || (suspects.size > 0 && suspects.has((0,values/* formOf */.QU)(sql)));
    }
    async unprepared(said, fields) {
        // Which columns its rows would have is asked for before it is executed, and cannot be made up.
        if (!GIVES_NO_ROWS.test(said.facts.command) || /\breturning\b/i.test(said.sql))
            return false;
        const reason = await this.onlyFollows(said, (0,failure/* readServerError */.i)(serverError(fields)));
        if (reason !== null)
            this.absent.set(said.sql, reason);
        return reason !== null;
    }
    async forgive(said, fields) {
        const entry = this.entryOf.get(said);
        if (!entry)
            return null;
        const error = (0,failure/* readServerError */.i)(serverError(fields));
        if ((0,guard/* isOfGuard */.Zo)(error))
            this.learnOfGuard(said);
        const reason = await this.onlyFollows(said, error);
        if (reason === null)
            return null;
        if (this.isGuardOut)
            await this.putGuardIn(guard/* GUARD_IN */.Cg);
        this.entryOf.delete(said);
        this.without(said, entry, reason);
        return tagOf(said.facts);
    }
    /** The reason why a failure here is none of what apply would do, or null: it is one. */
    async onlyFollows({ within }, error) {
        switch (error.code) {
            case UNSAFE_NEW_ENUM_VALUE:
                return this.undone.uncommittedLabel(this, error, this.highestEnum);
            case INVALID_TRANSACTION_TERMINATION:
                return within === 'none' ? 'it commits by itself, which no transaction allows' : null;
            case ACTIVE_SQL_TRANSACTION:
                return within === 'none' ? `the server refuses it in a transaction (${error.message})` : null;
            default:
                return this.undone.follows(error);
        }
    }
    async after(said, { tag, error, ms }) {
        this.goOn();
        this.isExecuting = false;
        const isGuarded = !this.unguarded.delete(said);
        const entry = this.entryOf.get(said);
        this.entryOf.delete(said);
        if (error)
            return this.noteError(said, entry, serverError(error), isGuarded);
        if (this.isGuardOut)
            await this.putGuardIn(guard/* GUARD_IN */.Cg);
        if ((0,bounds/* mayChangeBounds */.F)(said.facts, said.sql))
            this.say((0,bounds/* bounds */.O)(this.input, null), conversation/* CONTROL */.W);
        if (entry) {
            if (entry.reason === null)
                entry.executed = true;
            entry.ran += 1;
            entry.ms = Math.round(((entry.ms ?? 0) + ms) * 1_000) / 1_000;
            const rows = / (\d+)$/.exec(tag ?? '')?.[1];
            if (rows !== undefined && entry.executed)
                entry.rows = (entry.rows ?? 0) + Number(rows);
            if (isWorthALook(said))
                this.looks.after(entry, { sql: said.sql, line: 1, column: 1 });
            if (!isChatter(said.facts))
                this.wentOn();
        }
        else if (tag !== null) {
            this.looks.atUnseen();
            this.sendOn();
            const marking = this.stretches.mark(said, (items) => this.ours(items));
            this.underWay = Promise.all([this.underWay, marking]).catch((failed) => this.breakOn(failed));
        }
        this.sendOn();
    }
    noteError(said, known, error, isGuarded) {
        this.isGuardOut = false;
        const server = (0,failure/* readServerError */.i)(error);
        const form = (0,values/* formOf */.QU)(said.sql);
        const { suspects } = this.input.knowledge;
        if ((0,guard/* isOfGuard */.Zo)(server))
            this.learnOfGuard(said);
        const isLearnable = LEARNABLE.has(server.code ?? '') || this.undone.follows(server) !== null;
        // One that could not even be prepared had no savepoint unless it was suspect.
        const wasGuarded = known ? isGuarded : this.isSuspect(said.sql);
        if (isLearnable && !wasGuarded && !suspects.has(form) && suspects.size < MOST_LEARNED) {
            suspects.add(form);
            throw new endings/* Again */.Nj();
        }
        // One that could not even be prepared was not seen before.
        const entry = known ? this.stretches.apart(known, said) : this.stretches.entryFor(said, this.transactions);
        this.at = entry;
        entry.executed = true;
        entry.reason = null;
        entry.ran += 1;
        entry.error = this.input.bench.request.showData ? server.message : (0,redact/* hideMessage */.oP)(server.code, server.message);
        this.looks.mention(said.sql);
        this.lastError = {
            entry,
            place: { sql: said.sql, line: 1, column: 1 },
            within: said.within,
            step: this.step,
            error,
        };
    }
    /** The tool has dealt with what failed before, or did not care. */
    wentOn() {
        const { entry, within } = this.lastError ?? {};
        this.lastError = null;
        if (!entry || entry.error === null)
            return;
        const { name } = this.own.tool;
        const message = `It fails (${entry.error}), and ${name} goes on: what it was to do is not done.`;
        entry.reason = `it failed (${entry.error}), and ${name} went on`;
        entry.error = null;
        // Within a transaction it has a savepoint of its own, and knows what it does; psql never does.
        const severity = name === 'psql' ? 'danger' : within === 'none' ? 'warning' : 'info';
        const safer = name === 'psql' ? 'With -v ON_ERROR_STOP=1 psql ends there.' : null;
        this.stretches.found(entry, (0,concurrently/* findingAt */.dz)(entry, 'fails-when-applied', severity, message, { safer }));
    }
    // -- the guard ------------------------------------------------------------------------------------------------
    /** Code that fires constraints itself would trip over it. */
    async takeGuardOut({ sql }) {
        const { guardOut } = this.input.knowledge;
        if (guardOut.size === 0 || !guardOut.has((0,values/* formOf */.QU)(sql)))
            return;
        this.isGuardOut = true;
        await this.ours([guard/* GUARD_OUT */.lU]);
    }
    async putGuardIn(back) {
        this.isGuardOut = false;
        // Under session_replication_role = replica it would not be armed.
        await this.ours(this.replicates ? [...AS_ORIGIN, ...back, AS_IT_WAS] : back);
    }
    learnOfGuard({ sql }) {
        const { guardOut } = this.input.knowledge;
        const form = (0,values/* formOf */.QU)(sql);
        if (guardOut.has(form))
            return;
        guardOut.add(form);
        throw new endings/* Again */.Nj();
    }
    // -- transactions ---------------------------------------------------------------------------------------------
    async commit() {
        this.looks.atUnseen();
        this.sendOn();
        if (!this.isDirty)
            return;
        this.isDirty = false;
        this.transactions += 1;
        if (this.isDeferring)
            await this.fireConstraints();
        for (const [label, migration] of this.labels)
            this.undone.labels.set(label, migration);
        this.labels.clear();
        await this.rememberEnums();
    }
    async fireConstraints() {
        try {
            await this.ours([guard/* GUARD_OUT */.lU, guard/* FIRE_CONSTRAINTS */.EU]);
        }
        catch (error) {
            if (error instanceof postgres_session/* BatchError */.PW)
                this.lastError = {
                    entry: null,
                    place: this.lastSaid,
                    within: 'block',
                    step: this.step,
                    error: error.cause,
                };
            throw error;
        }
        await this.putGuardIn(guard/* GUARD_IN_ANEW */.wi);
        if (!this.deferrable)
            return;
        const [immediate] = await this.ours([{ text: guard/* INITIALLY_IMMEDIATE */.KT, keep: true }]);
        const names = immediate?.rows[0]?.[0];
        if (names)
            await this.ours([{ text: `set constraints ${names} immediate` }]);
    }
    /** Only where a statement is known to use a label too early is it asked which are that new. */
    async rememberEnums() {
        if (this.input.knowledge.suspects.size === 0)
            return;
        const [row] = await this.ask('select coalesce(pg_catalog.max(oid), 0)::pg_catalog.text from pg_catalog.pg_enum');
        this.highestEnum = row?.[0] ?? '0';
    }
    // -- what cannot be as it would be ----------------------------------------------------------------------------
    note(what) {
        this.remark(`${this.own.tool.name}: ${what}`);
    }
    lose(what) {
        this.confused ??= what;
    }
    /** In the log and in the summary, once. */
    remark(text) {
        if (this.notes.remarks.includes(text))
            return;
        this.input.bench.log.line(`warning: ${text}`);
        this.notes.remarks.push(text);
    }
    cancel() {
        const { watcher, pid, log } = this.input.bench;
        return (0,as_login/* askAsLogin */.$)(watcher, 'select pg_catalog.pg_cancel_backend($1)', [String(pid)]).then(() => undefined, (error) => log.detail(`the tool's cancel request: ${error.message}`));
    }
    // -- the end --------------------------------------------------------------------------------------------------
    /** The tool has ended, and its connections are gone. */
    async last() {
        this.looks.atUnseen();
        this.sendOn();
        await this.underWay;
        if (this.broken)
            throw this.broken;
    }
    /** Which statements were whose: to be asked once, when nothing is under way. `ended` null: it was stopped. */
    finish(well, ended) {
        if (well)
            this.wentOn();
        this.stretches.finish(well, ended);
    }
    /** Nothing is under way any more; what went wrong with it no longer matters. */
    async fallSilent() {
        await this.underWay.catch(() => undefined);
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
        const before = this.underWay;
        const answered = this.ours(items).then((results) => this.see(results, slots), (error) => {
            // In a transaction that failed meanwhile nothing can be asked.
            if (error instanceof postgres_session/* BatchError */.PW)
                this.see(error.completed, slots);
            else
                this.breakOn(error);
        });
        this.underWay = Promise.all([before, answered]);
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
                this.breakOn(error);
            }
        }
    }
    async exchange(...more) {
        this.sendOn();
        return this.ours(more.map(([item]) => item));
    }
    async ask(text, values = []) {
        const results = await this.exchange([{ text, values, keep: true }, conversation/* CONTROL */.W]);
        return results.at(-1)?.rows ?? [];
    }
    ours(items) {
        if (!this.line)
            throw new Error('the tool is not connected');
        return items.length === 0 ? Promise.resolve([]) : this.line.batch(items);
    }
    breakOn(error) {
        this.broken ??= error;
    }
    goOn() {
        if (this.broken)
            throw this.broken;
        if (this.isStopped)
            throw new endings/* Interrupted */.j$();
    }
}
const DEFERRABLE = {
    keep: true,
    text: `select 1 from pg_catalog.pg_constraint where condeferrable and conname operator(pg_catalog.<>) 'mgate_guard_key' limit 1`,
};
const AS_IT_IS = { send: 'as it is', guarded: false };
const SETVAL_IS_LEFT_OUT = 'setval on a sequence that exists is not undone by a rollback';
const GIVES_NO_ROWS = /^(?:INSERT|UPDATE|DELETE|MERGE)\b/;
const LEARNABLE = new Set([UNSAFE_NEW_ENUM_VALUE, INVALID_TRANSACTION_TERMINATION, ACTIVE_SQL_TRANSACTION]);
/** After these alone COMMIT has nothing to check. */
const CHECKS_NOTHING = /^(?:SET|RESET|SHOW|EXPLAIN|PREPARE|DEALLOCATE|DISCARD|LISTEN|UNLISTEN|FETCH|MOVE|CLOSE|LOCK)\b/;
const AS_ORIGIN = [
    {
        text: `select pg_catalog.set_config('mgate.replication', pg_catalog.current_setting('session_replication_role'), true),
                  pg_catalog.set_config('session_replication_role', 'origin', true)`,
    },
];
const AS_IT_WAS = {
    text: `select pg_catalog.set_config('session_replication_role', pg_catalog.current_setting('mgate.replication'), true)`,
};
/** What only reads the catalog takes no lock that anybody would mind. */
function isWorthALook({ sql, facts }) {
    if (!isChatter(facts))
        return true;
    if (!/^(?:SELECT|WITH|VALUES|TABLE|EXECUTE|LOCK|EXPLAIN)/.test(facts.command))
        return false;
    return !/\b(?:pg_catalog\.|pg_class|pg_type|pg_namespace|information_schema\.|version\(\)|current_schema)/i.test(sql);
}
function hiddenInvalid(entry, index, table) {
    const message = `The index ${index} is there already and is invalid: a build of it failed, and no query uses it. IF NOT EXISTS leaves it at that.`;
    const safer = `DROP INDEX CONCURRENTLY ${index}; first, then create it.`;
    return (0,concurrently/* findingAt */.dz)(entry, 'if-not-exists-hides-invalid-index', 'danger', message, { relation: table, safer });
}

;// CONCATENATED MODULE: ./src/engines/tool/refusals.ts
/** What is said of a tool that cannot be rehearsed, or was not. */



function howToMend(variables) {
    const names = variables.map((variable) => variable.name).join(', ');
    return `Let it read its URL from ${names || 'a variable'} or the PG* variables alone (no address of its own in code, an ini, .pgpass or a service file), or name in database-url-env the variable that it reads; then run again.`;
}
/** `how`: it connected and was stopped, or was kept from it; by default it only did not come to us. */
function wentPast(name, words, variables, how = 'absent') {
    const names = variables.map((variable) => variable.name).join(', ');
    const messages = {
        seen: `${name} connected to the database itself, past the rehearsal; it was stopped at once`,
        held: `${name} (${words.join(' ')}) tried to connect to the database itself, past the rehearsal, and was kept from it`,
        absent: `${name} ran (${words.join(' ')}) and never connected through the rehearsal: it takes its address from somewhere else than ${names || 'the variables that we set'}`,
    };
    return new stop/* Stop */.V({ result: 'refused', class: 'tool', message: messages[how], next: howToMend(variables) });
}
function notOursToSettle(name, what) {
    return new stop/* Stop */.V({
        result: 'refused',
        class: 'order',
        message: `${what}; ${name} keeps its records itself, and repair settles only those of engine sql`,
        next: `Settle it with ${name}'s own command (such as alembic stamp, prisma migrate resolve, flyway repair), then run mode: status.`,
    });
}
/** `standings`: `tenant_a.alembic_version at 4f3a...`. */
function severalTables(name, standings) {
    const more = standings.length > 5 ? ` and ${standings.length - 5} more` : '';
    return new stop/* Stop */.V({
        result: 'refused',
        class: 'order',
        message: `one run of ${name} keeps its records in several tables, and they are not at the same revision: ${standings.slice(0, 5).join('; ')}${more}`,
        next: `Bring each to the same revision by a run of its own (with what selects it in alembic-command, such as \`alembic -x tenant=a\`), or use \`engine: command\`, whose dry run shows what is pending; then run again.`,
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
        // That it cannot even be loaded has nothing to do with where it connects to.
        result: connected || error || told?.class === 'tool' || told?.class === 'syntax' ? 'failed' : 'refused',
        class: told?.class ?? 'tool',
        message: told?.message ??
            `\`${words.join(' ')}\` ${how}${connected ? '' : '; it had not connected through the rehearsal'}`,
        next: told?.next ?? (connected ? (0,report_failure/* failureOfClass */.iQ)('tool').next : howToMend(variables)),
        file: told?.file ?? null,
        line: told?.line ?? null,
    });
}
/** The target is not what it was when the rehearsal began. `what`: `table public.t`, or the records. */
function changedMeanwhile(name, what) {
    const more = what.length > 5 ? ` and ${what.length - 5} more` : '';
    return new stop/* Stop */.V({
        result: 'failed',
        class: 'verification',
        message: `the target changed while ${name} was rehearsed (${what.slice(0, 5).join(', ')}${more}): somebody else migrates it, or ${name} went past the rehearsal`,
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
const UNSEEN = 'A connection of its own to the database would have shown only in what it changed there';
const OR_ELSE = 'or accept it with allow-hazards: dry-run-inconclusive.';
/** A tool that thinks for long does not let the dead man's switch end our transaction. */
const KEEPALIVE_MS = 15_000;
class ToolAttempt extends attempt/* Attempt */.U {
    /** The kernel keeps the tool from the database. */
    isFenced = false;
    undone;
    own;
    director;
    stop = () => undefined;
    ended = null;
    triedToPass = () => false;
    constructor(input, own) {
        super(input);
        this.own = own;
        this.looks.tellsTime = false;
        this.director = new ToolDirector(input, own, this.notes, this.looks);
        this.undone = this.director.undone;
    }
    /** The tool's own table, also where it was made in this rehearsal. */
    get toolTable() {
        return this.director.toolTable;
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
        const { bench, director } = this;
        const line = new Line(bench.session);
        const stage = new Stage(line, director);
        director.line = line;
        this.looks.talk = director;
        let astray = null;
        try {
            await director.begin();
            astray = await this.runTool(line, stage);
        }
        finally {
            await director.fallSilent();
            line.giveBack();
            this.looks.talk = this.talk;
            const { ended } = this;
            director.finish(ended?.error === null && ended.code === 0, ended);
        }
        if (astray)
            throw await this.refuseAstray(astray);
        if (this.interruption)
            throw new endings/* Interrupted */.j$();
        this.judge(stage);
        await this.requireRecords();
    }
    /** To its end, or until it has to be stopped: it is over when this resolves. Null: it did not go past us. */
    async runTool(line, stage) {
        const { bench, director } = this;
        const { tool, words } = this.own;
        const marker = (0,external_node_crypto_.randomBytes)(12).toString('hex');
        let astray = null;
        const interrupted = new Promise((resolve) => {
            this.stop = () => resolve('interrupted');
            if (this.interruption)
                resolve('interrupted');
        });
        const watching = { watch: null };
        const beginWatch = async (unfenced) => {
            const watch = await watchAstray({
                host: bench.target.host,
                port: bench.target.port,
                marker,
                onSeen: (seen) => {
                    astray = seen;
                    this.stop();
                },
                onBlind: (error) => director.remark(`${tool.name} was no longer watched: ${error.message}. ${UNSEEN}`),
            });
            const how = watch.reason === null ? 'its connections were watched instead' : `nor watched (${watch.reason})`;
            director.remark(`${tool.name} was rehearsed without a fence (${unfenced}); ${how}${watch.reason === null ? '' : `. ${UNSEEN}`}`);
            watching.watch = watch;
        };
        let running = null;
        const awake = setInterval(() => void line.batch([{ text: 'select 1' }]).catch(() => undefined), KEEPALIVE_MS);
        try {
            running = await (0,tool_running/* runAgainst */.H)(stage, {
                tool,
                words,
                request: bench.request,
                target: bench.target,
                env: this.own.env,
                rehearsal: true,
                log: bench.log,
                more: { ...NO_DUMP, [MARKER_VARIABLE]: marker },
                // Where the kernel lets nobody past, there is nothing to watch for.
                beforeStart: async (unfenced) => {
                    this.isFenced = unfenced === null;
                    if (unfenced !== null)
                        await beginWatch(unfenced);
                },
            });
            const { child, triedToPass } = running;
            this.triedToPass = triedToPass;
            if (child.pid !== null)
                watching.watch?.follow(child.pid);
            const end = await Promise.race([child.ended, stage.broken, interrupted]);
            if (end !== 'interrupted') {
                this.ended = end;
                await stage.emptied();
                await director.last();
            }
        }
        finally {
            clearInterval(awake);
            await running?.child.stop();
            await watching.watch?.stop();
            // Its statement may go on at the server though nobody waits for it any more.
            if (stage.isBusy)
                this.cancelNow();
            await stage.end();
            await running?.close();
        }
        // What was seen last was told as the watch ended.
        return astray;
    }
    /** Whether the tool did what it was started for. */
    judge(stage) {
        const { ended } = this;
        if (!ended)
            throw new endings/* Interrupted */.j$();
        const { tool, words } = this.own;
        if (this.triedToPass(ended))
            throw wentPast(tool.name, words, this.bench.request.urlVariables, 'held');
        if (ended.error || ended.code !== 0) {
            const { current, lastError } = this.director;
            const label = lastError && this.committedLabel(lastError.error);
            if (label) {
                const reason = `it uses the enum value '${label}' that an earlier migration adds: PostgreSQL allows that only once it is committed`;
                if (lastError.entry)
                    Object.assign(lastError.entry, { executed: false, error: null, reason });
                throw new endings/* Inconclusive */.BQ(`${tool.name} could not go on: ${reason}`, `Apply up to the migration that adds it with target-version first, ${OR_ELSE}`);
            }
            const reached = this.notes.pending.find(({ key }) => !this.notes.finished.has(key));
            throw new endings/* StatementFailed */.l3(lastError?.entry?.migration ?? reached ?? current, lastError?.entry ?? null, lastError?.place ?? null, lastError?.error ?? ended.error ?? new Error(`${tool.name} ended with exit code ${ended.code ?? ended.signal}`));
        }
        if (stage.seen.connections === 0)
            throw wentPast(tool.name, words, this.bench.request.urlVariables);
        if (this.director.confused !== null) {
            throw new endings/* Inconclusive */.BQ(this.director.confused, `Rehearse on a copy with rehearsal-database-url, ${OR_ELSE}`);
        }
    }
    /** What is not on record when it has ended well was rolled back with its connection, and so it would be in apply. */
    async requireRecords() {
        const { tool } = this.own;
        const { toolTable: table, notes } = this;
        if (table === null && tool.isOpen)
            return;
        await this.talk.exchange();
        const { session } = this.bench;
        const { rows } = await session.query('select pg_catalog.to_regclass($1) is not null as there', [
            table?.relation ?? null,
        ]);
        const versions = table && rows[0]?.there ? await (0,tool_tables/* readVersions */.q2)(session, table) : [];
        const { pending: missing } = tool.stillPending(notes.pending.filter(planned/* hasRecorded */.J5), versions);
        // The one that it was at; else all were recorded, and that was rolled back.
        const at = missing.find(({ key }) => !notes.finished.has(key)) ?? missing.at(-1);
        if (!at)
            return;
        for (const { key } of missing)
            notes.finished.delete(key);
        const which = missing.map(({ version }) => version);
        throw new endings/* StatementFailed */.l3(at, null, null, new NotRecorded(tool.name, which));
    }
    /**
     * The value that the tool believes to be committed, and that is not in the rehearsal. A driver may ask for it as it
     * prepares a statement, which cannot be answered for the server.
     */
    committedLabel(error) {
        const { code, message } = (0,failure/* readServerError */.i)(error);
        if (code !== UNSAFE_NEW_ENUM_VALUE)
            return null;
        return [...this.undone.labels.keys()].find((label) => message.includes(label)) ?? null;
    }
    async refuseAstray({ program, localPort }) {
        const { watcher } = this.bench;
        // It was killed; what its session waits for must not be done when we let go of our locks.
        await (0,as_login/* askAsLogin */.$)(watcher, 'select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where client_port = $1 and pid <> $2 and usename = session_user', [String(localPort), String(this.bench.pid)]);
        return wentPast(program || this.own.tool.name, this.own.words, this.bench.request.urlVariables, 'seen');
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
    current() {
        return this.director.at;
    }
    answered() {
        const { isExecuting, step } = this.director;
        return isExecuting ? step : null;
    }
    answeredBefore(failed) {
        const { lastError, step } = this.director;
        return failed !== null && lastError?.entry === failed ? lastError.step : step;
    }
    reportOf(migration, status) {
        return (0,report/* migrationReport */.P)(migration, this.notes.of(migration), migration.script.transactional, status);
    }
    failure(failed, inTheWay) {
        const { request } = this.bench;
        const failure = failureOfTool(failed, this.ended, this.own.tool, request);
        const hints = [inTheWay, failure.hint].filter((text) => text !== null);
        const hint = hints.length === 0 ? null : hints.join(' ');
        const { entry } = failed;
        const line = failure.line ?? (entry && entry.migration.file === failure.file ? entry.line : null);
        return { ...failure, hint, line };
    }
    statementCount() {
        return this.notes.ofPending().reduce((sum, entry) => sum + entry.count, 0);
    }
}

;// CONCATENATED MODULE: ./src/engines/tool/probe.ts








/** Of texts that are only looked at for names. */
const MOST_SAID = 1_000;
/** What the server refuses to do in a transaction that may only read. */
const READ_ONLY_SQL_TRANSACTION = '25006';
/** In a transaction that the server keeps from writing: of what it would write the tool is told that it is done. */
async function lookThrough(words, looking) {
    const { tool, request, env, session, tables, log, signal } = looking;
    // Names of statements are the tool's to choose.
    await session.batch([postgres_session/* DEALLOCATE_ALL */.de]);
    await session.query('begin transaction isolation level read committed read only');
    const said = [];
    const refused = { writes: false };
    const line = new Line(session);
    /** A search_path is the tool's to set, and another one a moment later. */
    const hear = async (sql) => {
        if (said.length >= MOST_SAID)
            return;
        const bare = (0,tool_tables/* bareNameIn */.TP)(sql, tables);
        // In a transaction that has failed nothing can be asked.
        const found = bare === null ? null : await line.batch([(0,tool_tables/* whereIs */.ie)(bare)]).catch(() => null);
        said.push({ sql, schema: found?.[0]?.rows[0]?.[0] ?? null });
    };
    const stage = new Stage(line, reader(request.target.database, hear, refused));
    const beforeStart = async (unfenced) => looking.onFence(unfenced === null);
    const own = { tool, words, request, target: request.target, env, rehearsal: true, log, beforeStart };
    const running = await (0,tool_running/* runAgainst */.H)(stage, own);
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
        const { connections } = stage.seen;
        return { ended, connections, said, triedToPass: running.triedToPass(ended), wouldWrite: refused.writes };
    }
    finally {
        await running.child.stop();
        await stage.end();
        await running.close();
        line.giveBack();
        await session.query('rollback');
    }
}
/** What the tool sent, for its own table to be told by; null: not all of it is known. Throws a Stop: it did not connect through us, or it failed. */
async function probe(looking) {
    const { tool, request } = looking;
    if (tool.probe === null) {
        if (request.allowHazards.includes('unprobed-command'))
            return null;
        throw noSuchProbe(tool.name);
    }
    const { ended, connections, said, triedToPass, wouldWrite } = await lookThrough(tool.probe, looking);
    if (triedToPass)
        throw wentPast(tool.name, tool.probe, request.urlVariables, 'held');
    if (connections > 0 && ended.code === 0)
        return said;
    if (connections > 0 && (tool.isOpen || wouldWrite)) {
        // Some look only after they have made their table or schema, which they may not here; that they came is what was to be seen.
        looking.log.detail(`${tool.name}: the probe ended with exit code ${ended.code}, in a transaction that may only read`);
        return tool.isOpen ? said : null;
    }
    if (connections === 0 && ended.code === 0)
        throw wentPast(tool.name, tool.probe, request.urlVariables);
    throw probeFailed(tool, tool.probe, ended, connections > 0, request.urlVariables);
}
function reader(database, hear, refused) {
    return {
        database,
        before: async ({ sql, facts }) => {
            await hear(sql);
            return { send: 'as it is', guarded: !isChatter(facts) };
        },
        // An env.py that says CREATE SCHEMA IF NOT EXISTS is refused even where the schema is there.
        forgive: async ({ facts }, error) => {
            if (error.get('C') !== READ_ONLY_SQL_TRANSACTION)
                return null;
            refused.writes = true;
            return tagOf(facts);
        },
        after: async () => undefined,
        commit: async () => undefined,
        note: () => undefined,
        lose: () => undefined,
        settings: () => [],
        cancel: () => undefined,
    };
}

;// CONCATENATED MODULE: ./src/engines/tool/engine.ts
/** The engine for somebody else's tool: it runs as the team runs it, and connects to a proxy of ours each time. */


























class ToolEngine {
    kind;
    request;
    log;
    signal;
    database;
    tool;
    env;
    noteTrace;
    table = null;
    /** Where it was made in the rehearsal. */
    tableMade = null;
    tracking = null;
    isProbed = false;
    /** What it sent then. */
    probeSaid = null;
    /** Which tables of records were there before it was run for the first time. */
    tablesBefore = [];
    rendered = null;
    copy = null;
    seen = null;
    /** What the target is as long as nobody has changed it. */
    untouched = null;
    /** What it was when it was rehearsed, by which it is known again after the pause. */
    rehearsedOn = null;
    /** What the tool has on record, when that was last read. */
    appliedNow = [];
    plan = null;
    /** What spoke against going on when the tool's records were last read. */
    problem = null;
    before = null;
    application = null;
    constructor({ request, log, signal, env, remember, trace }, tool) {
        this.request = request;
        this.log = log;
        this.signal = signal;
        this.database = new database/* Database */.W(request, log, signal, remember);
        this.tool = tool;
        this.kind = tool.engine;
        this.env = env;
        this.noteTrace = trace;
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
            const facts = await this.database.reopen();
            await this.tool.read();
            const found = await this.look(facts);
            const { plan } = this;
            if (!plan || !found.plan.isOpen)
                return found;
            // What it would do shows only in a dry run; on the same database the same tool does the same.
            const { session } = this.database;
            const same = this.rehearsedOn === engine_textOf(await this.stateNow(session));
            return { ...found, plan: same ? plan : { ...found.plan, pending: plan.pending, digest: 'another database' } };
        });
    }
    async look(facts) {
        const { request, tool } = this;
        const { session } = this.database;
        const { rows } = await session.query((0,shared_tracking/* trackingQuery */.Ck)(request.trackingSchema));
        const history = rows[0] ? (0,shared_tracking/* readHistoryState */.Ed)(rows[0], request.trackingSchema) : { kind: 'absent' };
        if (history.kind === 'unfit')
            throw (0,refusals/* unfitTable */.PW)(history.table, history.fault);
        const exists = history.kind === 'ours';
        this.tracking = { schema: request.trackingSchema, exists, complete: exists && history.complete };
        const tables = await (0,tool_tables/* findToolTables */.DP)(session);
        this.table = this.tableIn(tables);
        if (this.database.executes && tool.isInDoubt(tables))
            await this.probeOnce(tables);
        const versions = this.table ? await (0,tool_tables/* readVersions */.q2)(session, this.table) : [];
        const standing = tool.standing(versions);
        const plan = {
            digest: tool.isOpen ? '' : this.digestOf(facts, standing, standing.pending),
            isOpen: tool.isOpen,
            serverMajor: facts.major,
            pending: standing.pending,
            resumed: new Map(),
            downFiles: standing.ways,
        };
        this.plan = this.plan?.isOpen === false && tool.isOpen ? this.plan : plan;
        this.problem = standing.problems[0]?.message ?? null;
        return {
            server: { version: facts.version, major: facts.major },
            previousVersion: standing.currentVersion,
            plan,
            problems: standing.problems,
            warnings: [...(0,inspect/* warningOfNew */.oH)(facts), ...standing.warnings],
            notes: this.table === null ? [] : [`${tool.name} keeps its records in ${this.table.relation}`],
            recorded: recordedOf(versions, request.mode === 'status'),
            lastEnvironment: await (0,shared_tracking/* readLastEnvironment */.Cn)(session, request.trackingSchema),
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
        const { request } = this;
        yield (0,plan_text/* planHeader */.V)(plan, this.database.facts, request);
        if (this.rendered !== null) {
            yield `\n${this.rendered}\n`;
            return;
        }
        for (const [index, migration] of plan.pending.entries()) {
            yield (0,plan_sql/* renderPlanSection */.JQ)(migration, index + 1, plan.pending.length, this.tool.name);
            if (migration.script.texts.length === 0)
                yield '-- what it sends shows in the dry run\n';
            for (const { sql } of migration.script.texts)
                yield `${request.showData ? sql : (0,values/* withoutValues */.lO)(sql)};\n`;
        }
    }
    health() {
        return this.database.health();
    }
    // -- dry run --------------------------------------------------------------------------------------------------
    async rehearse(plan) {
        const { request, tool } = this;
        if (!plan.isOpen)
            this.refuseUnrecorded();
        const [bench, before] = await this.interruptible('before the dry run', async () => {
            const { session } = this.database;
            await this.probeOnce(await (0,tool_tables/* findToolTables */.DP)(session));
            const opening = request.rehearsalTarget ? this.copyBench(request.rehearsalTarget) : this.bench();
            const [bench, rendered] = await Promise.all([opening, tool.render(plan.pending)]);
            this.rendered = rendered;
            return [bench, await (0,catalog/* readFingerprints */.g)(bench.session, bench.leftOut)];
        });
        const words = tool.upgrade(plan.pending);
        let last = null;
        const lastAttempt = () => last;
        const seen = await (0,rehearse/* rehearse */.K)(bench, plan, before, (input) => {
            last = new ToolAttempt(input, { tool, words, table: this.table, env: this.env });
            return last;
        }).catch((error) => this.refused(error, lastAttempt()?.isFenced ?? true));
        const attempt = lastAttempt();
        this.rehearsedOn = engine_textOf(await this.refuseChanged(attempt?.isFenced ?? true));
        this.tableMade = attempt?.toolTable ?? null;
        this.seen = withoutTable(seen, this.tableMade);
        this.plan = this.planSeen(plan, attempt?.notes.pending ?? [], this.seen);
        if (this.plan.pending.length > 0)
            this.refuseUnrecorded();
        return { ...this.seen, plan: this.plan };
    }
    /** Better said now than after the tool has committed. */
    refuseUnrecorded() {
        if (!this.tracking?.exists)
            (0,refusals/* refuseUnlessMayRecord */.xG)(this.database.facts, false, false, this.request.trackingSchema);
    }
    /** It was refused, or failed: what it says holds only if the target is as it was. */
    async refused(error, isFenced) {
        if (!this.signal.aborted)
            await this.refuseChanged(isFenced);
        throw error;
    }
    /**
     * Others may change their own things meanwhile; the tool's records are not theirs, and of a tool that might have reached
     * the database past us nothing is believed.
     */
    async refuseChanged(isFenced) {
        const { tool, log, untouched: before } = this;
        if (!before)
            throw new Error('the tool was not probed');
        const session = await this.database.witness();
        const now = await this.stateNow(session, before.table);
        if (engine_textOf(before) === engine_textOf(now))
            return now;
        const { added, changed, removed } = (0,schema_diff/* changedGroups */.lf)(before.fingerprints, now.fingerprints);
        const names = [...(await (0,catalog/* readDefinitions */.T)(session, [...added, ...changed])).values()];
        const there = new Set(this.tablesBefore.map(({ relation }) => relation));
        const fresh = (await (0,tool_tables/* findToolTables */.DP)(session)).filter(({ relation }) => !there.has(relation));
        const isMade = before.table === null && tool.tableOf(fresh, null) !== null;
        const isRecorded = isMade || before.records !== now.records;
        const what = [
            ...(isRecorded ? [`${tool.name}'s records`] : []),
            ...new Set(names.map((one) => `${one.kind} ${one.name}`)),
            ...(removed.length > 0 ? [`${removed.length} removed`] : []),
        ];
        if (isRecorded || !isFenced)
            throw changedMeanwhile(tool.name, what);
        log.line(`warning: changed meanwhile by somebody else: ${what.slice(0, 10).join(', ')}`);
        return now;
    }
    /** With what was said for each migration; of an open plan also which there are. */
    planSeen(plan, seen, rehearsal) {
        if (!plan.isOpen)
            return { ...plan, pending: seen.length === 0 ? plan.pending : seen };
        const didNothing = rehearsal.verdict === 'passed' &&
            rehearsal.schemaDiff.length === 0 &&
            !seen.some(planned/* hasRecorded */.J5) &&
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
    async probeOnce(tables) {
        if (this.isProbed)
            return;
        const { tool, request, env, log, signal } = this;
        const { session } = this.database;
        this.isProbed = true;
        let isFenced = false;
        const onFence = (is) => {
            isFenced = is;
        };
        this.untouched = await this.stateNow(session);
        this.tablesBefore = tables;
        const looking = { tool, request, env, session, tables, log, signal, onFence };
        const said = await probe(looking).catch((error) => this.refused(error, isFenced));
        if (!isFenced)
            await this.refuseChanged(isFenced);
        this.probeSaid = said;
        if (said === null)
            return;
        this.table = tool.tableOf(tables, said);
        if (this.table?.relation !== this.untouched.table?.relation)
            this.untouched = await this.stateNow(session);
        if (!tool.isOpen)
            await this.refuseSeveral((0,tool_tables/* askedFor */.GZ)(tables, said));
    }
    /** Of tables that are not at the same revision none tells what is pending. */
    async refuseSeveral(tables) {
        const { session } = this.database;
        const standings = [];
        for (const table of tables) {
            const versions = await (0,tool_tables/* readVersions */.q2)(session, table);
            standings.push(versions.map(({ version }) => version).join(', ') || 'none');
        }
        if (new Set(standings).size > 1)
            throw severalTables(this.tool.name, tables.map(({ relation }, at) => `${relation} at ${standings[at]}`));
    }
    async copyBench(target) {
        this.copy = await this.database.copyBench(target, async (copy) => {
            const { session } = this.database;
            const known = this.known();
            // The schemas are compared, and none of our own records, which only the SQL engine keeps.
            await (0,shared_copy/* requireCopy */.R)(session, { ...known.tracking, exists: false, complete: false }, copy);
            if ((await this.recordsIn(copy, this.table)) !== (await this.recordsIn(session, this.table)))
                throw differentCopy(this.tool.name);
            return known;
        });
        return this.copy;
    }
    bench() {
        return this.database.bench(this.known());
    }
    known() {
        if (!this.tracking)
            throw new Error('not inspected');
        return { tracking: this.tracking, leftOut: this.leftOut };
    }
    /** Our own tables, and the tool's. */
    get leftOut() {
        const own = this.table ? [{ schema: this.table.schema, names: [this.table.table] }] : [];
        return [...(0,shared_tracking/* leftOut */.ig)(this.request.trackingSchema), ...own];
    }
    /** By which is seen whether the tool has done anything. */
    async pictureNow(session) {
        const fingerprints = await (0,catalog/* readFingerprints */.g)(session, this.leftOut);
        return pictureOf(fingerprints, await this.recordsIn(session, this.table));
    }
    /** The schema without our own records, and what the tool has on record. */
    async stateNow(session, table = this.table) {
        const fingerprints = await (0,catalog/* readFingerprints */.g)(session, (0,shared_tracking/* leftOut */.ig)(this.request.trackingSchema));
        return { table, fingerprints, records: await this.recordsIn(session, table) };
    }
    async recordsIn(session, table) {
        const versions = table ? await (0,tool_tables/* readVersions */.q2)(session, table) : [];
        if (session === this.database.session)
            this.appliedNow = versions.map(({ version }) => ({ version, checksum: '' }));
        return JSON.stringify(versions);
    }
    // -- apply ----------------------------------------------------------------------------------------------------
    mark() {
        return this.interruptible('while setting the backup marker', () => (0,marker/* setMarker */.t)(this.database.session, this.request.run));
    }
    async apply(plan, _rehearsal, marker) {
        const { bench, before } = await this.interruptible('before anything was applied', async () => {
            const bench = await this.bench();
            const { session } = bench;
            if (!(await (0,lock/* holdsLock */.ub)(session, this.database.key)))
                throw (0,refusals/* lostLock */.cF)();
            const fingerprints = await (0,catalog/* readFingerprints */.g)(session, bench.leftOut);
            this.before = { fingerprints, invalid: await (0,leftovers/* invalidIndexes */.We)(session) };
            const picture = pictureOf(fingerprints, await this.recordsIn(session, this.table));
            return { bench, before: { picture, relation: this.table?.relation ?? null } };
        });
        this.application = new Application({
            bench,
            tool: this.tool,
            plan,
            before,
            note: this.noteTrace,
            stamp: (0,shared_tracking/* stampOf */.Zs)(this.request, plan.digest, marker),
            env: this.env,
            connections: this.database.connections,
            appliedNow: async (isDone) => (await this.standingNow(plan.pending, isDone)).applied,
            tableName: () => (this.table ?? this.tableMade)?.table ?? null,
        });
        return this.application.run();
    }
    /**
     * How these stand by the tool's records. What it does beside them is done when it has ended well (`isDone`), and nobody
     * can say so otherwise.
     */
    async standingNow(pending, isDone, session) {
        const witness = session ?? (await this.database.witness());
        // It may have made it only now.
        this.table ??= this.tableIn(await (0,tool_tables/* findToolTables */.DP)(witness));
        const versions = this.table ? await (0,tool_tables/* readVersions */.q2)(witness, this.table) : [];
        const { pending: waiting, currentVersion } = this.tool.stillPending(pending.filter(planned/* hasRecorded */.J5), versions);
        const missing = pending.filter((one) => ((0,planned/* hasRecorded */.J5)(one) ? waiting.includes(one) : !isDone));
        const applied = pending.filter((one) => !missing.includes(one));
        return { applied, missing, currentVersion };
    }
    /** Where the rehearsal has seen it, else by what is known of the tool. */
    tableIn(tables) {
        const { tableMade } = this;
        if (tableMade)
            return tables.find(({ relation }) => relation === tableMade.relation) ?? null;
        return this.tool.tableOf(tables, this.probeSaid);
    }
    verify() {
        const { request, before, seen, plan } = this;
        const { session } = this.database;
        return this.interruptible('during the verification', async () => {
            if (!before || !plan)
                return (0,verify/* verify */.M)(session, request, null);
            const records = await this.checkRecords(plan);
            const verified = await (0,verify/* verify */.M)(session, request, {
                records,
                leftOut: this.leftOut,
                before,
                rehearsal: seen,
                onCopy: this.copy !== null,
            });
            const { tool, env, log, signal } = this;
            const looking = { tool, request, env, session, tables: [], log, signal, onFence: () => undefined };
            const remarks = await tool.remarks((words) => lookThrough(words, looking));
            return { ...verified, remarks: [...verified.remarks, ...remarks] };
        });
    }
    async checkRecords(plan) {
        const { missing } = await this.standingNow(plan.pending, this.application?.isDone === true);
        return {
            check: `${this.tool.name} has every migration on record`,
            passed: missing.length === 0,
            detail: missing.length === 0 ? null : `not so: ${missing.map((one) => one.file || one.version).join(', ')}`,
        };
    }
    /** Its records are the tool's own: of ours none is ever unfinished. Throws where one of its own waits to be settled. */
    repair() {
        return this.interruptible('while looking at the records', async () => {
            const { session } = this.database;
            if (this.problem !== null)
                throw notOursToSettle(this.tool.name, this.problem);
            // Which is the tool's may not be known without running it.
            for (const table of this.table ? [this.table] : await (0,tool_tables/* findToolTables */.DP)(session)) {
                const failed = (await (0,tool_tables/* readVersions */.q2)(session, table)).find(({ state }) => state === 'failed');
                if (failed)
                    throw notOursToSettle(table.tool, `${failed.version} is recorded as failed in ${table.schema}.${table.table}`);
            }
            return [];
        });
    }
    // -- proof and end --------------------------------------------------------------------------------------------
    async prove(plan) {
        const { application } = this;
        if (!application)
            return UNTOUCHED;
        try {
            return await this.database.connections.readAgain(async () => {
                await application.over();
                const { isDone, committed, trace } = application;
                if (trace === null)
                    return UNTOUCHED;
                return this.judge(await this.database.witness(), plan.pending, { isDone, committed, trace });
            });
        }
        catch (error) {
            this.log.line(`the database could not be read back: ${error.message}`);
            return { state: 'unknown', currentVersion: null, applied: [] };
        }
    }
    settle({ backend, trace, pending }) {
        return this.database.connections.readAgain(async () => {
            const session = await this.database.afterDeath(backend);
            await this.database.endNamesakes();
            if (trace === null)
                return UNTOUCHED;
            await this.tool.read();
            if (trace.relation !== null) {
                const tables = await (0,tool_tables/* findToolTables */.DP)(session);
                this.table = tables.find(({ relation }) => relation === trace.relation) ?? null;
            }
            const planned = pending.map((one) => this.tool.planned(one.version, []));
            const proof = await this.judge(session, planned, { isDone: false, committed: null, trace });
            const versions = new Set(proof.applied.map(({ version }) => version));
            return { ...proof, applied: pending.filter(({ version }) => versions.has(version)) };
        });
    }
    /** `committed` null: whoever heard it is dead. */
    async judge(session, pending, { isDone, committed, trace }) {
        const { applied, missing, currentVersion } = await this.standingNow(pending, isDone, session);
        const isTold = committed === 'nothing' || committed === 'something';
        const landed = isTold ? committed : await committedOf(session, trace);
        const isSame = missing.length === 0 ? null : trace.picture === (await this.pictureNow(session));
        const state = stateOf({ applied: applied.length, missing: missing.length, committed: landed, isSame });
        return { state, currentVersion, applied };
    }
    release() {
        return this.database.release();
    }
    close() {
        return this.database.close();
    }
}
/** The tool was not started: what it may do is noted before that. */
const UNTOUCHED = { state: 'unchanged', currentVersion: null, applied: [] };
/** A digest: it is kept for whoever comes after a death. */
function pictureOf(fingerprints, records) {
    return (0,external_node_crypto_.createHash)('sha256').update(engine_textOf({ fingerprints, records })).digest('hex');
}
function engine_textOf({ fingerprints, records }) {
    return JSON.stringify([[...fingerprints.groups].map(([key, value]) => `${key}=${value}`).sort(), records]);
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
/** Beyond what the schema and the tool's records show. */
function wroteAnything({ migrations }) {
    return migrations.some(({ statements }) => statements.some(didSomething));
}
function didSomething(one) {
    if (!(0,rehearsal_entry/* wasRehearsed */.di)(one) || one.rewrites.length > 0)
        return true;
    if (one.touched.length + one.truncated.length + one.dropped.length > 0)
        return true;
    return ((one.rows ?? 0) > 0 && ABOUT_ROWS.test(one.sql)) || SHOWS_NOWHERE.test(one.sql);
}
const ABOUT_ROWS = /^(?:insert|update|delete|merge|copy)\b/i;
/** What is done to the whole server, and upkeep. */
const SHOWS_NOWHERE = /^(?:(?:create|alter|drop)\s+(?:role|user|group|database|tablespace)\b|(?:grant|revoke)\b(?!.*\bon\b)|reassign\b|analyze\b|reindex\b|cluster\b|security\s+label\b)/is;
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
