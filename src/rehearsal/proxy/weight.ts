/**
 * What a statement leaves behind once it is committed, by its command tag and its words. What only the server knows is not
 * seen: a view, a policy or an operator whose function writes. Pure.
 */
import { classify } from '../../sql/classify.ts';
import { copyEndpoint, readTokens, type Token, tokenize, unquoteName } from '../../sql/tokens.ts';

/** `perhaps`: it runs what its words do not show, or a trigger or rule may have done more than the tag says. */
export type Weight = 'reads' | 'perhaps' | 'writes';

const ORDER: readonly Weight[] = ['reads', 'perhaps', 'writes'];

export function heavier(one: Weight, other: Weight): Weight {
  return ORDER.indexOf(one) < ORDER.indexOf(other) ? other : one;
}

/** Commands about the session, the transaction or a cursor; a cursor's query was weighed as it was declared. */
const TALK =
  /^(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|SHOW|SET|RESET|CLOSE|FETCH|MOVE|LISTEN|UNLISTEN|NOTIFY|DISCARD|DEALLOCATE|PREPARE|LOCK|CHECKPOINT|LOAD)\b/;

/** Tags of statements that their words must tell more of. */
const TOLD_BY_WORDS = /^(?:SELECT|EXPLAIN|DECLARE|COPY|DO|CALL)\b/;

/** SQLSTATEs of the notice that says that CREATE ... IF NOT EXISTS had nothing to do. */
const SKIPPED: ReadonlyMap<string, RegExp> = new Map([
  ['42P07', /^CREATE (?:TABLE|INDEX|SEQUENCE|MATERIALIZED VIEW|FOREIGN TABLE)/],
  ['42P06', /^CREATE SCHEMA/],
  ['42710', /^CREATE (?:EXTENSION|STATISTICS|SERVER|COLLATION)/],
]);

/**
 * Of a statement that was completed.
 * @param words of the statement, asked for where they matter; null: they are not known
 * @param notice the SQLSTATE of a notice that came with it, or null
 */
export function weigh(tag: string, words: () => string | null, notice: string | null = null): Weight {
  if (/^(?:INSERT|UPDATE|DELETE|MERGE) /.test(tag)) return tag.endsWith(' 0') ? 'perhaps' : 'writes';
  if (TOLD_BY_WORDS.test(tag)) {
    const sql = words();
    const weight = sql === null ? 'perhaps' : weighWords(sql);
    return tag === 'COPY 0' && weight === 'writes' ? 'perhaps' : weight;
  }
  if (TALK.test(tag)) return 'reads';
  const skipped = notice !== null && SKIPPED.get(notice)?.test(tag) && /\bif\s+not\s+exists\b/i.test(words() ?? '');
  return skipped ? 'reads' : 'writes';
}

/** Of a statement that was not answered. */
export function weighWords(sql: string): Weight {
  const { command, mayWrite } = classify(sql);
  switch (command) {
    case 'SELECT':
    case 'VALUES':
    case 'TABLE':
    case 'WITH':
      return mayWrite ? 'writes' : calling(sql);
    case 'DECLARE':
      return calling(sql);
    case 'EXPLAIN':
      return tokenize(sql).some(({ word }) => word === 'ANALYZE') ? 'perhaps' : 'reads';
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

function copying(sql: string): Weight {
  const direction = copyEndpoint(sql)?.direction;
  if (direction !== 'to') return direction === 'from' ? 'writes' : 'perhaps';
  const [, what, first] = tokenize(sql);
  if (what?.word !== '(') return 'reads';
  return /^(?:INSERT|UPDATE|DELETE|MERGE)$/.test(first?.word ?? '') ? 'writes' : weighWords(sql.slice(what.start));
}

/** A query that calls nothing but what is known to read only reads. */
function calling(sql: string): Weight {
  const last: Token[] = [];
  for (const token of readTokens(sql)) {
    if (token.word === '(' && !isReader(sql, last)) return 'perhaps';
    last.push(token);
    if (last.length > 4) last.shift();
  }
  return 'reads';
}

/** Whether the parenthesis behind these tokens begins no call, or one of a function that only reads. */
function isReader(sql: string, before: readonly Token[]): boolean {
  const token = before.at(-1);
  if (token?.kind !== 'word' && token?.kind !== 'quoted') return true;
  const qualifier = before.at(-2)?.word === '.' ? (before.at(-3) ?? null) : null;
  const lead = before.at(qualifier ? -4 : -2)?.word ?? '';
  // The columns of an alias.
  if (/^(?:AS|WITH|RECURSIVE|\))$/.test(lead)) return true;
  const name = nameOf(sql, token);
  if (qualifier) return /^(?:pg_catalog|information_schema)$/.test(nameOf(sql, qualifier)) && READERS.test(name);
  return READERS.test(name) || (token.kind === 'word' && KEYWORDS.test(token.word));
}

const nameOf = (sql: string, token: Token) => unquoteName(sql.slice(token.start, token.end));

/** Words of the language, and types, that may stand before a parenthesis. */
const KEYWORDS = new RegExp(
  `^(?:${[
    'ALL|AND|ANY|ARRAY|AS|BETWEEN|BY|CASE|CAST|COALESCE|CUBE|DISTINCT|ELSE|EXCEPT|EXISTS|EXTRACT|FILTER|FOR|FROM|GREATEST',
    'GROUP|HAVING|ILIKE|IN|INTERSECT|IS|JOIN|LATERAL|LEAST|LIKE|LIMIT|MATERIALIZED|NOT|NULLIF|OF|OFFSET|ON|OR|OVER|OVERLAY',
    'POSITION|RETURNING|ROLLUP|ROW|SELECT|SETS|SOME|SUBSTRING|THEN|TRIM|UNION|USING|VALUES|WHEN|WHERE|WITH',
    'BIT|CHAR|CHARACTER|DECIMAL|FLOAT|INTERVAL|NUMERIC|TIME|TIMESTAMP|TIMESTAMPTZ|TIMETZ|VARBIT|VARCHAR|VARYING',
  ].join('|')})$`,
);

/** Functions of PostgreSQL's own that change nothing that lasts; locks and settings end with the session. */
const READERS = new RegExp(
  `^(?:${[
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
  ].join('|')})$`,
);
