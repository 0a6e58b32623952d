export const id = 281;
export const ids = [281];
export const modules = {

/***/ 9281:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  yZ: () => (/* reexport */ sql_tokens/* bareName */.yZ),
  L8: () => (/* binding */ classify)
});

// UNUSED EXPORTS: splitQualifiedName, unquoteName

// EXTERNAL MODULE: ./src/sql/tokens.ts
var sql_tokens = __webpack_require__(6080);
;// CONCATENATED MODULE: ./src/sql/alter-table.ts

function alterTableWrite(sql, tokens) {
    const cursor = new sql_tokens/* Cursor */.bs(sql, tokens, 2);
    if (cursor.is('ALL', 'IN', 'TABLESPACE'))
        return null;
    cursor.skipIfExists();
    cursor.take('ONLY');
    const relation = cursor.name();
    if (relation === null)
        return null;
    cursor.take('*');
    const kinds = (0,sql_tokens/* splitAtCommas */.EO)(cursor.rest()).map((action) => actionWrites(new sql_tokens/* Cursor */.bs(sql, action)));
    if (kinds.includes('rewrite'))
        return { kind: 'rewrite', relation };
    return kinds.includes('index') ? { kind: 'index', relation } : null;
}
function actionWrites(action) {
    if (action.take('ADD'))
        return additionWrites(action);
    if (action.take('ALTER'))
        return alterationWrites(action);
    if (!action.take('SET'))
        return null;
    const rewrites = action.is('LOGGED') || action.is('UNLOGGED') || action.is('TABLESPACE') || action.is('ACCESS', 'METHOD');
    return rewrites ? 'rewrite' : null;
}
function alterationWrites(action) {
    action.take('COLUMN');
    action.name();
    return action.is('TYPE') || action.is('SET', 'DATA', 'TYPE') || action.is('SET', 'EXPRESSION') ? 'rewrite' : null;
}
function additionWrites(action) {
    const column = action.take('COLUMN');
    if (!column && action.take('CONSTRAINT'))
        action.name();
    else if (column || !/^(PRIMARY|UNIQUE|EXCLUDE|CHECK|FOREIGN|NOT)$/.test(action.word()))
        return columnWrites(action);
    return buildsIndex(action) ? 'index' : null;
}
/** `UNIQUE (a) USING INDEX TABLESPACE fast` builds one all the same; `UNIQUE USING INDEX i` takes one that is there. */
function buildsIndex(constraint) {
    if (constraint.take('EXCLUDE'))
        return true;
    return (constraint.take('PRIMARY', 'KEY') || constraint.take('UNIQUE')) && !constraint.is('USING', 'INDEX');
}
const SERIAL = /^(SMALLSERIAL|SERIAL|BIGSERIAL|SERIAL2|SERIAL4|SERIAL8)$/;
function columnWrites(action) {
    action.skipIfExists();
    action.name();
    let index = false;
    if (SERIAL.test(action.word()))
        return 'rewrite';
    for (; action.at < action.tokens.length; action.at++) {
        if (action.is('('))
            action.at = (0,sql_tokens/* matchingParen */.iL)(action.tokens, action.at);
        else if (action.is('STORED') || action.is('AS', 'IDENTITY'))
            return 'rewrite';
        else if (action.is('DEFAULT') && !isSteady(action))
            return 'rewrite';
        else if (action.is('PRIMARY', 'KEY') || action.is('UNIQUE'))
            index = true;
    }
    return index ? 'index' : null;
}
/** Functions that give one value for a whole statement: their DEFAULT is kept in the catalog and no row is written. */
const STEADY_FUNCTIONS = new Set(`NOW TRANSACTION_TIMESTAMP STATEMENT_TIMESTAMP CURRENT_TIMESTAMP CURRENT_TIME LOCALTIMESTAMP LOCALTIME
  TIMEZONE DATE_TRUNC MAKE_INTERVAL MAKE_DATE TO_TIMESTAMP TO_DATE AGE DATE_PART EXTRACT CURRENT_SETTING
  JSON_BUILD_OBJECT JSON_BUILD_ARRAY JSONB_BUILD_OBJECT JSONB_BUILD_ARRAY TO_JSON TO_JSONB ROW_TO_JSON COALESCE NULLIF
  GREATEST LEAST LOWER UPPER MD5 ABS CONCAT CAST TEXT DATE`.split(/\s+/));
/** Whether the expression behind DEFAULT is told by its words to be the same for every row: no function but the steady ones. */
function isSteady(action) {
    const { tokens } = action;
    let depth = 0;
    for (let at = action.at + 1; at < tokens.length; at++) {
        const token = tokens[at];
        if (token === undefined)
            break;
        if (depth === 0 && /^(NOT|CHECK|UNIQUE|PRIMARY|REFERENCES|CONSTRAINT|GENERATED|COLLATE)$/.test(token.word))
            break;
        if (token.word === '(') {
            depth++;
            if (callsUnknown(tokens, at))
                return false;
        }
        else if (token.word === ')')
            depth--;
    }
    return true;
}
/** Whether the parenthesis at `open` belongs to a call of a function that is not known to be steady; `::numeric(10, 2)` is a type. */
function callsUnknown(tokens, open) {
    const before = tokens[open - 1];
    if (before === undefined || (before.kind !== 'word' && before.kind !== 'quoted'))
        return false;
    if (open >= 2 && (before.word === 'DEFAULT' || /^(AND|OR|NOT|IN|THEN|ELSE|WHEN|CASE|ARRAY)$/.test(before.word)))
        return false;
    let start = open - 1;
    while (tokens[start - 1]?.word === '.')
        start -= 2;
    if (tokens[start - 1]?.word === ':' || tokens[start - 1]?.word === 'AS')
        return false;
    return !STEADY_FUNCTIONS.has(before.word);
}

;// CONCATENATED MODULE: ./src/sql/effects.ts
/** What statements do that a ROLLBACK does not undo, as far as the names of functions tell. */

const NONE = { callsSetval: false, external: null, forbidden: null };
/** Functions that write files of the server, stop other people's sessions, change the server at once, or command another. */
const HARMFUL = /^(?:lo_export|pg_file_\w+|pg_terminate_backend|pg_cancel_backend|pg_(?:create|copy|drop)_\w*replication_slot|pg_replication_slot_advance|pg_promote|pg_stat_reset\w*|dblink_exec|dblink_send_query)$/i;
const EXTERNAL = /^(?:dblink\w*|http|http_(?:get|post|put|patch|delete|head)|lo_import|pg_read_(?:binary_)?file|pg_ls_\w*dir|pg_stat_file|pg_create_restore_point|pg_switch_wal|pg_reload_conf|pg_rotate_logfile)$/i;
/** A cheap look before the tokens are read: data holds many an `http`, but seldom as a call. */
const PERHAPS = /(?:setval|dblink\w{0,60}|http\w{0,60}|lo_import|lo_export|pg_\w{1,60})"?\s*(?:\(|--|\/\*)/i;
const PERHAPS_PROGRAM = /program/i;
/**
 * @param from where in `sql` to begin; a bulk INSERT's head is left out
 * @param isBody `sql` is the body of a DO block, which may hold COPY too
 */
function externalIn(sql, from = 0, isBody = false) {
    const rest = from === 0 ? sql : sql.slice(from);
    if (!PERHAPS.test(rest) && !(isBody && PERHAPS_PROGRAM.test(rest)))
        return NONE;
    let callsSetval = false;
    let external = null;
    let forbidden = null;
    const last = [];
    for (const token of (0,sql_tokens/* readTokens */.He)(rest)) {
        const name = token.word === '(' ? calledName(rest, last) : null;
        if (name === 'setval')
            callsSetval = true;
        else if (name !== null && HARMFUL.test(name))
            forbidden ??= `${name}()`;
        else if (name !== null && EXTERNAL.test(name))
            external ??= `${name}()`;
        if (isBody && token.kind === 'string' && isCopyProgram(last))
            forbidden ??= 'COPY with PROGRAM in a DO block';
        last.push(token);
        if (last.length > 4)
            last.shift();
    }
    return { callsSetval, external: forbidden ?? external, forbidden };
}
/** The function that the parenthesis behind these tokens calls. `INSERT INTO http (` names a table, `AS http (` an alias. */
function calledName(sql, before) {
    const token = before.at(-1);
    if (token?.kind !== 'word' && token?.kind !== 'quoted')
        return null;
    const qualified = before.at(-2)?.word === '.';
    const lead = before.at(qualified ? -4 : -2)?.word ?? '';
    if (/^(INTO|TABLE|AS|UPDATE|WITH|REFERENCES)$/.test(lead) || lead === ')')
        return null;
    const written = sql.slice(token.start, token.end);
    return written.startsWith('"') ? written.slice(1, -1) : written.toLowerCase();
}
function isCopyProgram(before) {
    return before.at(-1)?.word === 'PROGRAM' && /^(FROM|TO)$/.test(before.at(-2)?.word ?? '');
}
/** Whether a statement runs the functions that it names; a view, a function or a policy only keeps them. Data statements are not asked. */
function runsFunctions(command, tokens) {
    if (command === 'EXPLAIN' || command === 'EXECUTE' || command === 'DECLARE')
        return true;
    if (command !== 'CREATE TABLE' && command !== 'CREATE MATERIALIZED VIEW')
        return false;
    return hasQuery(tokens);
}
/** `AS SELECT`, `AS (WITH`: outside of the parentheses of columns, where `GENERATED ALWAYS AS (a)` may stand. */
function hasQuery(tokens) {
    let depth = 0;
    for (let at = 0; at < tokens.length; at++) {
        const word = tokens[at]?.word;
        if (word === '(')
            depth++;
        else if (word === ')')
            depth--;
        else if (word === 'AS' && depth === 0)
            return true;
    }
    return false;
}
/** A word behind one of these begins a PL/pgSQL statement. */
const BEFORE_STATEMENT = /^(?:;|BEGIN|THEN|ELSE|LOOP|>)$/;
/** Whether a PL/pgSQL body holds a COMMIT or ROLLBACK statement. `ON COMMIT DROP` is none. */
function transactionWordIn(body) {
    if (!/commit|rollback/i.test(body))
        return false;
    let previous = '';
    for (const token of (0,sql_tokens/* readTokens */.He)(body)) {
        if ((token.word === 'COMMIT' || token.word === 'ROLLBACK') && BEFORE_STATEMENT.test(previous))
            return true;
        previous = token.word;
    }
    return false;
}

// EXTERNAL MODULE: ./src/sql/non-transactional.ts
var non_transactional = __webpack_require__(8351);
;// CONCATENATED MODULE: ./src/sql/classify.ts
/** One statement -> what its words say of it. No parser and no server: what the words do not show stays unsaid. */





const NOTHING = {
    command: '',
    control: null,
    nonTransactional: null,
    bulkInsertInto: null,
    createsTable: null,
    addsEnumValue: null,
    callsSetval: false,
    opaque: null,
    external: null,
    forbiddenInRehearsal: null,
    mayWrite: null,
    creates: [],
};
function classify(sql) {
    return bulkInsert(sql) ?? dataStatement(sql) ?? utility(sql, (0,sql_tokens/* tokenize */.qw)(sql));
}
/** Bounded, as everything here: an endless name must not exhaust the matcher. What is longer takes the way of the tokens. */
const NAME_PART = '(?:"[^"]{1,128}"|[A-Za-z_\\x80-\\uffff][\\w$\\x80-\\uffff]{0,128})';
const BULK_INSERT = new RegExp(`INSERT\\s+INTO\\s+(${NAME_PART}(?:\\.${NAME_PART})*)\\s*(?:\\([^()'-]{1,9999}\\)\\s*)?(?:OVERRIDING\\s+(?:SYSTEM|USER)\\s+VALUE\\s+)?VALUES\\b`, 'iy');
/** The usual form of a bulk INSERT is told by its head alone: files hold millions of them. */
function bulkInsert(sql) {
    BULK_INSERT.lastIndex = 0;
    const table = BULK_INSERT.exec(sql)?.[1];
    if (table === undefined)
        return null;
    return { ...NOTHING, command: 'INSERT', bulkInsertInto: table, ...functionFacts(sql, BULK_INSERT.lastIndex) };
}
function functionFacts(sql, from = 0) {
    const { callsSetval, external, forbidden } = externalIn(sql, from);
    return { callsSetval, external, forbiddenInRehearsal: forbidden };
}
/** SELECT, INSERT and their like may be very long: their tokens are read one by one and not kept. */
function dataStatement(sql) {
    const seen = new DataWords();
    for (const token of (0,sql_tokens/* readTokens */.He)(sql)) {
        if (!seen.read(token, sql))
            break;
    }
    if (seen.command === null)
        return null;
    return {
        ...NOTHING,
        command: seen.command,
        bulkInsertInto: seen.valuesInto,
        mayWrite: seen.writes ? { kind: 'dml' } : null,
        ...functionFacts(sql),
    };
}
const DATA_COMMANDS = new Set([
    'SELECT',
    'INSERT',
    'UPDATE',
    'DELETE',
    'MERGE',
    'WITH',
    'VALUES',
    'TABLE',
]);
/** Reads the tokens of a data statement until it is known whether it writes many rows. */
class DataWords {
    command = null;
    writes = false;
    valuesInto = null;
    depth = 0;
    previous = '';
    into = '';
    inTarget = false;
    /** False: there is nothing more to learn. */
    read(token, sql) {
        const previous = this.previous;
        this.previous = token.word;
        if (this.command === null) {
            if (token.word === '(')
                return true;
            if (!DATA_COMMANDS.has(token.word))
                return false;
            this.command = token.word;
            this.writes = token.word === 'UPDATE' || token.word === 'DELETE' || token.word === 'MERGE';
            return !this.writes;
        }
        if (token.word === '(')
            this.depth++;
        else if (token.word === ')')
            this.depth--;
        if (this.command === 'INSERT')
            return this.readInsert(token, previous, sql);
        return this.readQuery(token, previous);
    }
    readInsert(token, previous, sql) {
        if (previous === 'INTO')
            this.inTarget = true;
        else if (this.inTarget && previous !== '.' && token.word !== '.')
            this.inTarget = false;
        if (this.inTarget) {
            this.into += sql.slice(token.start, token.end);
            return true;
        }
        if (this.depth > 0) {
            // INSERT INTO t (SELECT ...) is a query; INSERT INTO t (select_, b) is a list of columns.
            if (previous === '(' && (token.word === 'SELECT' || token.word === 'WITH'))
                this.writes = true;
            return !this.writes;
        }
        if (token.word === 'VALUES' && previous !== 'DEFAULT')
            this.valuesInto = this.into;
        else if (token.word === 'SELECT' || token.word === 'WITH' || token.word === 'TABLE')
            this.writes = true;
        return !this.writes && token.word !== 'VALUES';
    }
    /** A query writes when it is SELECT ... INTO, or when one of its WITH parts or what follows them does. */
    readQuery(token, previous) {
        const { word } = token;
        if (word === 'INTO' && this.depth === 0)
            this.writes = true;
        if (this.command !== 'WITH')
            return !this.writes;
        const begins = previous === '(' || previous === ')';
        if (begins && (word === 'INSERT' || word === 'UPDATE' || word === 'DELETE' || word === 'MERGE'))
            this.writes = true;
        return !this.writes;
    }
}
function utility(sql, tokens) {
    const command = commandOf(tokens);
    const facts = {
        ...NOTHING,
        command,
        control: transactionControl(new sql_tokens/* Cursor */.bs(sql, tokens)),
        nonTransactional: (0,non_transactional/* nonTransactional */.l)(command, sql, tokens),
        addsEnumValue: addedEnumValue(command, sql, tokens),
        mayWrite: mayWrite(command, sql, tokens),
        creates: created(command, sql, tokens),
    };
    if (command === 'DO')
        return { ...facts, ...doFacts(sql, tokens) };
    if (command === 'CALL')
        return { ...facts, opaque: { what: 'CALL', commits: false }, ...functionFacts(sql) };
    if (command === 'COPY')
        return { ...facts, ...copyFacts(sql) };
    if (command === 'CREATE TABLE')
        return { ...facts, ...createTableFacts(sql, tokens) };
    if (runsFunctions(command, tokens))
        return { ...facts, ...functionFacts(sql) };
    return { ...facts, external: externalCommand(command, facts) };
}
function createTableFacts(sql, tokens) {
    const cursor = new sql_tokens/* Cursor */.bs(sql, tokens);
    cursor.take('CREATE');
    cursor.take('UNLOGGED');
    const lasts = cursor.take('TABLE');
    const functions = runsFunctions('CREATE TABLE', tokens) ? functionFacts(sql) : {};
    return { createsTable: lasts ? cursor.skipIfExists().name() : null, ...functions };
}
/** Words between CREATE and the kind of object that say how, not what. */
const MODIFIERS = new Set([
    'OR',
    'REPLACE',
    'UNIQUE',
    'TEMP',
    'TEMPORARY',
    'UNLOGGED',
    'GLOBAL',
    'LOCAL',
    'RECURSIVE',
    'TRUSTED',
    'PROCEDURAL',
    'CONSTRAINT',
    'DEFAULT',
]);
/** Kinds of object that have more than one word. */
const LONG_KINDS = [
    ['MATERIALIZED', 'VIEW'],
    ['FOREIGN', 'TABLE'],
    ['FOREIGN', 'DATA', 'WRAPPER'],
    ['FOREIGN', 'SCHEMA'],
    ['EVENT', 'TRIGGER'],
    ['ACCESS', 'METHOD'],
    ['OPERATOR', 'CLASS'],
    ['OPERATOR', 'FAMILY'],
    ['USER', 'MAPPING'],
    ['LARGE', 'OBJECT'],
    ['DEFAULT', 'PRIVILEGES'],
    ['TEXT', 'SEARCH', 'CONFIGURATION'],
    ['TEXT', 'SEARCH', 'DICTIONARY'],
    ['TEXT', 'SEARCH', 'PARSER'],
    ['TEXT', 'SEARCH', 'TEMPLATE'],
];
const TWO_WORDS = new Set([
    'START TRANSACTION',
    'PREPARE TRANSACTION',
    'COMMIT PREPARED',
    'ROLLBACK PREPARED',
    'SET CONSTRAINTS',
    'SET TRANSACTION',
    'SECURITY LABEL',
    'REASSIGN OWNED',
    'DISCARD ALL',
]);
function commandOf(tokens) {
    const words = tokens.slice(0, 10).map((token) => token.word);
    const first = words[0] ?? '';
    const cut = ['CREATE', 'ALTER', 'DROP', 'REFRESH', 'IMPORT'].includes(first);
    if (!cut) {
        const two = `${first} ${words[1] ?? ''}`;
        return TWO_WORDS.has(two) ? two : first;
    }
    let at = 1;
    const longAt = () => LONG_KINDS.find((kind) => kind.every((word, offset) => words[at + offset] === word));
    while (longAt() === undefined && MODIFIERS.has(words[at] ?? ''))
        at++;
    const kind = longAt() ?? [words[at] ?? ''];
    return `${first} ${kind.join(' ')}`.trim();
}
function transactionControl(cursor) {
    const first = cursor.word();
    cursor.at++;
    if (first === 'BEGIN')
        return 'begin';
    if (first === 'START')
        return cursor.is('TRANSACTION') ? 'begin' : null;
    if (first === 'SAVEPOINT' || first === 'RELEASE')
        return 'savepoint';
    if (first === 'PREPARE')
        return cursor.is('TRANSACTION') && cursor.peek(1)?.kind === 'string' ? 'prepare' : null;
    const ends = first === 'COMMIT' || first === 'END';
    if (!ends && first !== 'ROLLBACK' && first !== 'ABORT')
        return null;
    if (cursor.is('PREPARED'))
        return 'prepare';
    cursor.skip('WORK', 'TRANSACTION');
    if (!ends && cursor.is('TO'))
        return 'savepoint';
    const chain = cursor.is('AND', 'CHAIN');
    if (ends)
        return chain ? 'commit-chain' : 'commit';
    return chain ? 'rollback-chain' : 'rollback';
}
function addedEnumValue(command, sql, tokens) {
    if (command !== 'ALTER TYPE')
        return null;
    const cursor = new sql_tokens/* Cursor */.bs(sql, tokens, 2);
    if (cursor.name() === null || !cursor.take('ADD', 'VALUE'))
        return null;
    cursor.skipIfExists();
    const label = cursor.peek();
    return label?.kind === 'string' ? (0,sql_tokens/* literalText */.bK)(sql.slice(label.start, label.end)) : null;
}
function doFacts(sql, tokens) {
    const language = tokens.findIndex((token) => token.word === 'LANGUAGE');
    const languageToken = language < 0 ? undefined : tokens[language + 1];
    const name = languageToken ? literalOrName(sql, languageToken) : 'plpgsql';
    const bodyToken = tokens.find((token) => token.kind === 'string' && token !== languageToken);
    const body = bodyToken ? (0,sql_tokens/* literalText */.bK)(sql.slice(bodyToken.start, bodyToken.end)) : '';
    const plpgsql = name === 'plpgsql';
    const commits = plpgsql ? transactionWordIn(body) : /(?:\b|_)(?:commit|rollback)\s*\(/i.test(body);
    const { callsSetval, external, forbidden } = externalIn(plpgsql ? body : '', 0, true);
    return {
        opaque: { what: 'DO', commits },
        callsSetval,
        nonTransactional: commits ? { what: 'DO that commits', plain: null, relation: null, leftover: null } : null,
        external,
        forbiddenInRehearsal: forbidden,
    };
}
function literalOrName(sql, token) {
    const written = sql.slice(token.start, token.end);
    return token.kind === 'string' ? (0,sql_tokens/* literalText */.bK)(written) : (0,sql_tokens/* unquoteName */.Lh)(written);
}
function copyFacts(sql) {
    const endpoint = (0,sql_tokens/* copyEndpoint */.TB)(sql);
    const functions = functionFacts(sql);
    if (endpoint === null || endpoint.kind === 'client')
        return functions;
    const program = endpoint.kind === 'program';
    const what = `COPY ${endpoint.direction === 'to' ? 'TO' : 'FROM'} ${program ? 'PROGRAM' : 'a file'}`;
    const harmless = !program && endpoint.direction === 'from';
    return { ...functions, external: what, forbiddenInRehearsal: harmless ? functions.forbiddenInRehearsal : what };
}
function externalCommand(command, facts) {
    if (command === 'IMPORT FOREIGN SCHEMA')
        return `${command}, which reads another server`;
    if (command.endsWith(' SUBSCRIPTION') && facts.nonTransactional !== null) {
        return `${command}, which reaches the publishing server`;
    }
    return null;
}
function mayWrite(command, sql, tokens) {
    const cursor = new sql_tokens/* Cursor */.bs(sql, tokens);
    switch (command) {
        case 'CREATE TABLE':
        case 'CREATE MATERIALIZED VIEW':
            return makesRows(command, tokens) ? { kind: 'dml' } : null;
        case 'ALTER TABLE':
            return alterTableWrite(sql, tokens);
        case 'ALTER MATERIALIZED VIEW':
        case 'ALTER INDEX':
            return movedRelation(command, cursor);
        case 'CREATE INDEX': {
            cursor.at = tokens.findIndex((token) => token.word === 'ON') + 1;
            cursor.take('ONLY');
            return sized('index', cursor.name());
        }
        case 'REINDEX':
            return reindexed(cursor);
        case 'CLUSTER':
            return clustered(cursor);
        case 'REFRESH MATERIALIZED VIEW':
            cursor.at = 3;
            cursor.take('CONCURRENTLY');
            return withNoData(tokens) ? null : sized('rewrite', cursor.name());
        case 'VACUUM':
            return vacuumedFull(cursor);
        default:
            return null;
    }
}
function sized(kind, relation) {
    return relation === null ? null : { kind, relation };
}
function withNoData(tokens) {
    const words = tokens.slice(-3).map((token) => token.word);
    return words.join(' ') === 'WITH NO DATA';
}
function makesRows(command, tokens) {
    return runsFunctions(command, tokens) && !withNoData(tokens);
}
function movedRelation(command, cursor) {
    cursor.at = command === 'ALTER INDEX' ? 2 : 3;
    const relation = cursor.skipIfExists().name();
    const words = (0,sql_tokens/* outsideParens */.bF)(cursor.rest()).map((token) => token.word);
    const moves = words[0] === 'SET' && (words[1] === 'TABLESPACE' || (words[1] === 'ACCESS' && words[2] === 'METHOD'));
    return moves ? sized('rewrite', relation) : null;
}
function reindexed(cursor) {
    cursor.at = 1;
    cursor.parenthesised();
    if (!cursor.take('INDEX') && !cursor.take('TABLE'))
        return null;
    cursor.take('CONCURRENTLY');
    return sized('index', cursor.name());
}
function clustered(cursor) {
    cursor.at = 1;
    cursor.parenthesised();
    cursor.take('VERBOSE');
    const name = cursor.name();
    // CLUSTER index ON table: the form of old.
    return sized('rewrite', cursor.take('ON') ? cursor.name() : name);
}
function vacuumedFull(cursor) {
    cursor.at = 1;
    const options = cursor.parenthesised();
    const full = options?.some((token) => token.word === 'FULL') ?? cursor.is('FULL');
    cursor.skip('FULL', 'FREEZE', 'VERBOSE', 'ANALYZE');
    return full ? sized('rewrite', cursor.name()) : null;
}
/** Kinds that CREATE makes under a name that stands right behind the words. */
const NAMED_KINDS = /^CREATE (TABLE|VIEW|MATERIALIZED VIEW|INDEX|SEQUENCE|SCHEMA|TYPE|DOMAIN|FUNCTION|PROCEDURE|AGGREGATE|TRIGGER|POLICY|RULE|EXTENSION|ROLE|USER|GROUP|DATABASE|TABLESPACE|SUBSCRIPTION|PUBLICATION|SERVER|FOREIGN TABLE|FOREIGN DATA WRAPPER|COLLATION|CONVERSION|STATISTICS|EVENT TRIGGER|LANGUAGE|ACCESS METHOD|OPERATOR CLASS|OPERATOR FAMILY|TEXT SEARCH \w+)$/;
function created(command, sql, tokens) {
    if (command.startsWith('ALTER '))
        return createdByAlter(command, sql, tokens);
    if (!NAMED_KINDS.test(command))
        return [];
    const last = command.split(' ').at(-1) ?? '';
    const cursor = new sql_tokens/* Cursor */.bs(sql, tokens);
    cursor.at = tokens.findIndex((token) => token.word === last) + 1;
    cursor.take('CONCURRENTLY');
    cursor.skipIfExists();
    // An index, statistics and a schema may go without a name.
    if ((command === 'CREATE INDEX' || command === 'CREATE STATISTICS') && (cursor.is('ON') || cursor.is('ONLY')))
        return [];
    if (command === 'CREATE SCHEMA')
        cursor.take('AUTHORIZATION');
    const name = cursor.name();
    return name === null ? [] : [(0,sql_tokens/* bareName */.yZ)(name)];
}
/** `ADD COLUMN c`, `ADD CONSTRAINT c`, `RENAME ... TO c`. */
function createdByAlter(command, sql, tokens) {
    const cursor = new sql_tokens/* Cursor */.bs(sql, (0,sql_tokens/* outsideParens */.bF)(tokens));
    const names = [];
    for (cursor.at = 2; cursor.at < cursor.tokens.length; cursor.at++) {
        if (cursor.is('RENAME')) {
            const to = cursor.rest().findIndex((token) => token.word === 'TO');
            cursor.at += to < 0 ? cursor.tokens.length : to + 1;
        }
        else if (command === 'ALTER TABLE' && cursor.is('ADD') && (cursor.word(-1) === ',' || isAction(cursor))) {
            cursor.at++;
            const column = cursor.take('COLUMN');
            if (!column && cursor.is('CONSTRAINT'))
                cursor.at++;
            else if (!column && /^(PRIMARY|UNIQUE|EXCLUDE|CHECK|FOREIGN|NOT|GENERATED)$/.test(cursor.word()))
                continue;
            cursor.skipIfExists();
        }
        else
            continue;
        const name = cursor.name();
        if (name !== null)
            names.push((0,sql_tokens/* bareName */.yZ)(name));
        cursor.at--;
    }
    return names;
}
/** Whether the ADD at hand begins an action: it is the first one, behind the table's name. */
function isAction(cursor) {
    const table = new sql_tokens/* Cursor */.bs(cursor.sql, cursor.tokens, 2);
    table.skipIfExists();
    table.take('ONLY');
    table.name();
    table.take('*');
    return table.at === cursor.at;
}


/***/ }),

/***/ 8351:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Y: () => (/* binding */ indexesIfMissing),
/* harmony export */   l: () => (/* binding */ nonTransactional)
/* harmony export */ });
/* harmony import */ var _tokens_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6080);

const REPEATABLE = { kind: 'repeatable' };
function nonTransactional(command, sql, tokens) {
    const cursor = new _tokens_js__WEBPACK_IMPORTED_MODULE_0__/* .Cursor */ .bs(sql, tokens);
    switch (command) {
        case 'CREATE INDEX':
            return createIndex(cursor);
        case 'DROP INDEX':
            return dropIndex(cursor);
        case 'REINDEX':
            return reindex(cursor);
        case 'ALTER TABLE':
            return detachPartition(cursor);
        case 'VACUUM':
        case 'ALTER SYSTEM':
        case 'DISCARD ALL':
            return never(command, REPEATABLE);
        case 'CLUSTER':
            return cluster(cursor);
        case 'CREATE DATABASE':
        case 'DROP DATABASE':
        case 'CREATE TABLESPACE':
        case 'DROP TABLESPACE':
            return globalObject(command, cursor);
        case 'ALTER DATABASE':
            return alterDatabase(cursor);
        case 'CREATE SUBSCRIPTION':
            return createSubscription(cursor);
        case 'DROP SUBSCRIPTION':
            return never(command, null);
        case 'ALTER SUBSCRIPTION':
            return alterSubscription(cursor);
        case 'COMMIT PREPARED':
        case 'ROLLBACK PREPARED':
            return never(command, null);
        default:
            return null;
    }
}
function never(what, leftover) {
    return { what, plain: null, relation: null, leftover };
}
function createIndex(cursor) {
    const head = indexHead(cursor);
    if (head.concurrently === null)
        return null;
    const { index, table, ifNotExists, concurrently } = head;
    const plain = without(cursor.sql, concurrently);
    return {
        what: 'CREATE INDEX CONCURRENTLY',
        plain,
        relation: table?.written ?? null,
        leftover: table && {
            kind: 'create-index',
            index,
            table: table.written,
            ifNotExists,
            around: [withoutBefore(cursor.sql.slice(0, table.from), concurrently), cursor.sql.slice(table.to)],
        },
    };
}
/** CREATE [UNIQUE] INDEX up to the table's name. */
function indexHead(cursor) {
    cursor.at = cursor.tokens.findIndex((token) => token.word === 'INDEX') + 1;
    const concurrently = cursor.is('CONCURRENTLY') ? (cursor.peek() ?? null) : null;
    cursor.take('CONCURRENTLY');
    const ifNotExists = cursor.is('IF', 'NOT', 'EXISTS');
    cursor.skipIfExists();
    const index = cursor.is('ON') ? null : cursor.name();
    cursor.take('ON');
    cursor.take('ONLY');
    const from = cursor.peek()?.start ?? 0;
    const written = cursor.name();
    const table = written === null ? null : { written, from, to: cursor.peek(-1)?.end ?? from };
    return { concurrently, ifNotExists, index, table };
}
const IF_MISSING = /\bcreate\s+(?:unique\s+)?index\s+(?:concurrently\s+)?if\s+not\s+exists\b[^;]{0,500}/gi;
/** What `CREATE INDEX IF NOT EXISTS` names, as it is written; in a DO block wherever it is written. */
function indexesIfMissing(sql) {
    if (/^do\b/i.test(sql))
        return [...sql.matchAll(IF_MISSING)].flatMap(([text]) => indexesIfMissing(text));
    if (!/^create\s+(?:unique\s+)?index\b/i.test(sql))
        return [];
    const { ifNotExists, index, table } = indexHead(new _tokens_js__WEBPACK_IMPORTED_MODULE_0__/* .Cursor */ .bs(sql, (0,_tokens_js__WEBPACK_IMPORTED_MODULE_0__/* .tokenize */ .qw)(sql)));
    return ifNotExists && index !== null && table !== null ? [{ index, table: table.written }] : [];
}
function dropIndex(cursor) {
    cursor.at = 2;
    const concurrently = cursor.peek();
    if (concurrently === undefined || !cursor.take('CONCURRENTLY'))
        return null;
    cursor.skipIfExists();
    const indexes = [];
    do {
        const index = cursor.name();
        if (index !== null)
            indexes.push(index);
    } while (cursor.take(','));
    return {
        what: 'DROP INDEX CONCURRENTLY',
        plain: without(cursor.sql, concurrently),
        relation: indexes[0] ?? null,
        leftover: { kind: 'drop-index', indexes },
    };
}
const REINDEX_KINDS = {
    INDEX: 'index',
    TABLE: 'table',
    SCHEMA: 'schema',
    DATABASE: 'database',
    SYSTEM: 'system',
};
function reindex(cursor) {
    cursor.at = 1;
    const optionsFrom = cursor.at;
    const options = cursor.parenthesised();
    const optionsTo = cursor.at;
    const kind = cursor.word();
    if (!(kind in REINDEX_KINDS))
        return null;
    const of = REINDEX_KINDS[kind];
    cursor.at++;
    const word = cursor.is('CONCURRENTLY') ? cursor.peek() : undefined;
    if (word)
        cursor.at++;
    const target = cursor.name();
    const list = (0,_tokens_js__WEBPACK_IMPORTED_MODULE_0__/* .splitAtCommas */ .EO)(options ?? []);
    const asOption = list.some((option) => option[0]?.word === 'CONCURRENTLY' && isOn(cursor.sql, option));
    const whole = of !== 'index' && of !== 'table';
    if (!word && !asOption)
        return whole ? never(`REINDEX ${kind}`, REPEATABLE) : null;
    const leftover = { kind: 'reindex', target: target ?? '', of };
    const what = `REINDEX ${kind} CONCURRENTLY`;
    if (whole)
        return never(what, leftover);
    const kept = list.filter((option) => option[0]?.word !== 'CONCURRENTLY');
    const plainOptions = asOption ? replaceOptions(cursor, optionsFrom, optionsTo, kept) : cursor.sql;
    // The word stands behind the options: it is taken out first, while its offsets still hold.
    const plain = word ? without(cursor.sql, word) : plainOptions;
    return {
        what,
        plain: word && asOption ? replaceOptions(new _tokens_js__WEBPACK_IMPORTED_MODULE_0__/* .Cursor */ .bs(plain, cursor.tokens), optionsFrom, optionsTo, kept) : plain,
        relation: target,
        leftover,
    };
}
/** The statement with `kept` for the option list that the tokens `from` to `to` are. */
function replaceOptions(cursor, from, to, kept) {
    const open = cursor.tokens[from];
    const close = cursor.tokens[to - 1];
    if (open === undefined || close === undefined)
        return cursor.sql;
    const texts = kept.map((option) => cursor.sql.slice(option[0]?.start, option.at(-1)?.end));
    const list = texts.length === 0 ? '' : `(${texts.join(', ')})`;
    const after = cursor.sql.slice(close.end);
    return cursor.sql.slice(0, open.start) + (list === '' ? after.trimStart() : list + after);
}
function detachPartition(cursor) {
    cursor.at = 2;
    cursor.skipIfExists();
    cursor.take('ONLY');
    const parent = cursor.name();
    cursor.take('*');
    if (parent === null || !cursor.take('DETACH', 'PARTITION'))
        return null;
    const partition = cursor.name();
    const concurrently = cursor.peek();
    if (partition === null || concurrently?.word !== 'CONCURRENTLY')
        return null;
    return {
        what: 'ALTER TABLE ... DETACH PARTITION CONCURRENTLY',
        plain: without(cursor.sql, concurrently),
        relation: partition,
        leftover: { kind: 'detach', parent, partition },
    };
}
function cluster(cursor) {
    cursor.at = 1;
    cursor.parenthesised();
    cursor.take('VERBOSE');
    return cursor.peek() === undefined ? never('CLUSTER of every table', REPEATABLE) : null;
}
const GLOBAL_KINDS = {
    'CREATE DATABASE': 'create-database',
    'DROP DATABASE': 'drop-database',
    'CREATE TABLESPACE': 'create-tablespace',
    'DROP TABLESPACE': 'drop-tablespace',
};
function globalObject(command, cursor) {
    cursor.at = 2;
    const name = cursor.skipIfExists().name() ?? '';
    return never(command, { kind: GLOBAL_KINDS[command], name });
}
function alterDatabase(cursor) {
    cursor.at = 2;
    cursor.name();
    return cursor.is('SET', 'TABLESPACE') ? never('ALTER DATABASE ... SET TABLESPACE', REPEATABLE) : null;
}
function createSubscription(cursor) {
    const options = withOptions(cursor);
    const alone = isOff(options, 'connect') || isOff(options, 'create_slot');
    return alone ? null : never('CREATE SUBSCRIPTION that makes a slot', null);
}
function alterSubscription(cursor) {
    cursor.at = 2;
    cursor.name();
    const verb = cursor.word();
    if (verb === 'REFRESH')
        return never('ALTER SUBSCRIPTION ... REFRESH', null);
    const publication = /^(SET|ADD|DROP)$/.test(verb) && cursor.word(1) === 'PUBLICATION';
    if (publication && !isOff(withOptions(cursor), 'refresh')) {
        return never(`ALTER SUBSCRIPTION ... ${verb} PUBLICATION`, null);
    }
    // Both reach the slot on the publisher.
    const set = verb === 'SET' ? readOptions(cursor, cursor.at + 1) : new Map();
    const slotOption = ['failover', 'two_phase'].find((option) => set.has(option));
    return slotOption === undefined ? null : never(`ALTER SUBSCRIPTION ... SET (${slotOption})`, null);
}
/** `WITH ( name [= value], ... )` -> each name and whether it is on. */
function withOptions(cursor) {
    const at = cursor.tokens.findIndex((token, index) => token.word === 'WITH' && cursor.tokens[index + 1]?.word === '(');
    return at < 0 ? new Map() : readOptions(cursor, at + 1);
}
function readOptions(cursor, open) {
    const inside = new _tokens_js__WEBPACK_IMPORTED_MODULE_0__/* .Cursor */ .bs(cursor.sql, cursor.tokens, open).parenthesised() ?? [];
    const options = (0,_tokens_js__WEBPACK_IMPORTED_MODULE_0__/* .splitAtCommas */ .EO)(inside).filter((option) => option.length > 0);
    return new Map(options.map((option) => [
        (0,_tokens_js__WEBPACK_IMPORTED_MODULE_0__/* .unquoteName */ .Lh)(cursor.sql.slice(option[0]?.start, option[0]?.end)),
        isOn(cursor.sql, option),
    ]));
}
function isOff(options, name) {
    return options.get(name) === false;
}
/** An option without a value is on; `= false` and `false` are the same. */
function isOn(sql, option) {
    const value = option.slice(1).filter((token) => token.word !== '=')[0];
    return value === undefined || !/^'?(?:false|off|0)'?$/i.test(sql.slice(value.start, value.end));
}
/** The statement without one word; the space behind it goes too, so that what is left reads as it was written. */
function without(sql, token) {
    return withoutBefore(sql, token).trimEnd();
}
function withoutBefore(sql, token) {
    return sql.slice(0, token.start) + sql.slice(token.end).trimStart();
}


/***/ })

};
