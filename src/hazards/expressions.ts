/** Small questions to expressions and types: does it change from call to call, is it always true, what type is it. */
import type { Node, TypeName } from 'libpg-query';
import { known, type Name, nameOfParts, written } from './names.ts';

/** Calls `see` for every node of a tree, `kind` being PostgreSQL's name of it. False from `see`: not further into it. */
export function walk(
  tree: unknown,
  see: (kind: string, node: Readonly<Record<string, unknown>>) => boolean | undefined,
): void {
  // A stack of its own: what is nested deeply must not exhaust ours.
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    const inside: unknown[] = [];
    for (const [key, child] of Object.entries(value)) {
      if (typeof child !== 'object' || child === null) continue;
      const isNode = !Array.isArray(value) && /^[A-Z]/.test(key) && !Array.isArray(child);
      if (isNode && see(key, child as Readonly<Record<string, unknown>>) === false) continue;
      inside.push(child);
    }
    for (const child of inside.reverse()) open.push(child);
  }
}

/** How a default behaves: `steady`: one value for the whole statement; `volatile`: another for each row; `unknown`: a function that is not PostgreSQL's. */
export type Steadiness = 'steady' | 'volatile' | 'unknown';

export function steadinessOf(expression: Node): { readonly steadiness: Steadiness; readonly because: string | null } {
  let unknown: string | null = null;
  let volatile: string | null = null;
  walk(expression, (kind, node) => {
    if (kind !== 'FuncCall') return undefined;
    const name = nameOfParts(node.funcname as Node[]);
    if (name === null) return undefined;
    if (VOLATILE.test(name.name)) volatile ??= `${known(name)}()`;
    else if (!STEADY.has(name.name)) unknown ??= `${known(name)}()`;
    return undefined;
  });
  if (volatile !== null) return { steadiness: 'volatile', because: volatile };
  return unknown === null ? { steadiness: 'steady', because: null } : { steadiness: 'unknown', because: unknown };
}

const VOLATILE =
  /^(?:nextval|setval|currval|lastval|random|random_normal|gen_random_uuid|uuidv[47]|uuid_generate_v\w+|gen_random_bytes|gen_salt|clock_timestamp|timeofday|pg_sleep\w*|txid_current|pg_current_xact_id|ulid\w*|nanoid|gen_ulid|pg_advisory\w*|pg_notify|set_config|query_to_xml|dblink\w*)$/;

/** PostgreSQL's own functions that are likely to stand in a default, and are the same for every row. */
const STEADY: ReadonlySet<string> = new Set(
  `now transaction_timestamp statement_timestamp timezone date_trunc date_part extract make_date make_time make_timestamp
  make_timestamptz make_interval age justify_days justify_hours justify_interval to_char to_date to_timestamp to_number
  lower upper initcap concat concat_ws format left right lpad rpad repeat replace reverse split_part substr substring
  trim btrim ltrim rtrim length char_length octet_length position strpos translate encode decode md5 sha224 sha256 sha384 sha512
  convert_from convert_to ascii chr quote_literal quote_ident quote_nullable regexp_replace regexp_match starts_with
  abs ceil ceiling floor round trunc sign sqrt power exp ln log mod div pi greatest least coalesce nullif
  current_setting current_user session_user current_database current_schema current_schemas version pg_backend_pid inet_client_addr
  inet_server_addr jsonb_build_object jsonb_build_array json_build_object json_build_array jsonb_object json_object
  to_json to_jsonb row_to_json array_to_json jsonb_set jsonb_strip_nulls array_append array_cat array_fill array_length string_to_array
  array_to_string cardinality int4range int8range numrange daterange tsrange tstzrange to_tsvector to_tsquery plainto_tsquery
  setweight hashtext int4 int8 text float8 numeric bool varchar date timestamp timestamptz interval jsonb json uuid
  isfinite xmlparse point box circle polygon path lseg line host network masklen`.split(/\s+/),
);

/** What a WHERE leaves. `few`: a column equals something given; `some`: anything else. */
export type Where = 'all' | 'none' | 'some' | 'few';

export function whereOf(clause: Node | undefined): Where {
  if (clause === undefined) return 'all';
  const fixed = truth(clause);
  if (fixed !== null) return fixed ? 'all' : 'none';
  return picksFew(clause) ? 'few' : 'some';
}

/** Null: it depends on the row. */
function truth(node: Node): boolean | null {
  if ('A_Const' in node) return node.A_Const.boolval === undefined ? null : node.A_Const.boolval.boolval === true;
  if ('TypeCast' in node) {
    const arg = node.TypeCast.arg;
    const word = arg && 'A_Const' in arg ? arg.A_Const.sval?.sval : undefined;
    if (word !== undefined && typeNameOf(node.TypeCast.typeName)?.name === 'bool')
      return /^(t|true|on|yes|1)$/i.test(word);
    return null;
  }
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_OP') {
    const { lexpr, rexpr } = node.A_Expr;
    const operator = nameOfParts(node.A_Expr.name)?.name;
    if (!lexpr || !rexpr) return null;
    const [left, right] = [plain(lexpr), plain(rexpr)];
    if (left === null || right === null) return null;
    if (operator === '=') return left === right ? true : bothConstant(lexpr, rexpr) ? false : null;
    if (operator === '<>') return bothConstant(lexpr, rexpr) ? left !== right : null;
    return null;
  }
  if ('BoolExpr' in node) {
    const parts = (node.BoolExpr.args ?? []).map(truth);
    if (node.BoolExpr.boolop === 'NOT_EXPR') return parts[0] == null ? null : !parts[0];
    if (node.BoolExpr.boolop === 'OR_EXPR') {
      if (parts.includes(true)) return true;
      return parts.every((part) => part === false) ? false : null;
    }
    if (parts.includes(false)) return false;
    return parts.every((part) => part === true) ? true : null;
  }
  return null;
}

function bothConstant(left: Node, right: Node): boolean {
  return 'A_Const' in left && 'A_Const' in right;
}

/** A constant or a column as text, so that two can be compared; null: anything else. */
function plain(node: Node): string | null {
  if ('A_Const' in node) {
    const { location: _, ...value } = node.A_Const;
    return JSON.stringify(value);
  }
  const column = columnOf(node);
  return column === null ? null : `column ${column}`;
}

function picksFew(node: Node): boolean {
  if ('BoolExpr' in node)
    return node.BoolExpr.boolop === 'AND_EXPR' && (node.BoolExpr.args ?? []).some((part) => picksFew(part));
  if (!('A_Expr' in node)) return false;
  const { kind, lexpr, rexpr } = node.A_Expr;
  const key = lexpr ? columnOf(lexpr) : null;
  // Only what looks like a key: `status = 'new'` may well be every row.
  if (key === null || !/(?:^|_)(?:id|uuid|key|code|name|slug|email)$/.test(key) || !rexpr) return false;
  if (nameOfParts(node.A_Expr.name)?.name !== '=') return false;
  return (kind === 'AEXPR_OP' && isConstant(rexpr)) || (kind === 'AEXPR_IN' && 'List' in rexpr);
}

/** `total`, `o.total` -> `total`. */
export function columnOf(node: Node): string | null {
  if ('TypeCast' in node && node.TypeCast.arg) return columnOf(node.TypeCast.arg);
  return 'ColumnRef' in node ? (nameOfParts(node.ColumnRef.fields)?.name ?? null) : null;
}

/** A literal, NULL, DEFAULT, a row or cast of such. */
export function isConstant(node: Node): boolean {
  if ('A_Const' in node || 'SetToDefault' in node || 'SQLValueFunction' in node) return true;
  if ('TypeCast' in node) return node.TypeCast.arg !== undefined && isConstant(node.TypeCast.arg);
  if ('FuncCall' in node) {
    const name = nameOfParts(node.FuncCall.funcname)?.name ?? '';
    return STEADY.has(name) && (node.FuncCall.args ?? []).every(isConstant);
  }
  if ('A_ArrayExpr' in node) return (node.A_ArrayExpr.elements ?? []).every(isConstant);
  return false;
}

/** Columns that the expression proves not null: `c IS NOT NULL`, alone or joined by AND. */
export function provenNotNull(node: Node | undefined): string[] {
  if (!node) return [];
  if ('NullTest' in node && node.NullTest.nulltesttype === 'IS_NOT_NULL') {
    const column = node.NullTest.arg ? columnOf(node.NullTest.arg) : null;
    return column === null ? [] : [column];
  }
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR')
    return (node.BoolExpr.args ?? []).flatMap(provenNotNull);
  return [];
}

/** Columns that an expression names, each once. */
export function columnsIn(node: Node | undefined): string[] {
  const found = new Set<string>();
  walk(node === undefined ? null : [node], (kind, ref) => {
    if (kind !== 'ColumnRef') return undefined;
    const column = nameOfParts(ref.fields as Node[])?.name;
    if (column !== undefined) found.add(column);
    return undefined;
  });
  return [...found];
}

export interface Type {
  readonly schema: string | null;
  /** As the catalog has it: `int4`, `varchar`, `citext`. */
  readonly name: string;
  readonly arguments: readonly number[];
  readonly array: boolean;
  /** As somebody would write it: `integer`, `numeric(10,2)`, `shop.mood[]`. */
  readonly text: string;
}

export function typeOf(node: TypeName | undefined): Type | null {
  const name = typeNameOf(node);
  if (name === null) return null;
  const numbers = (node?.typmods ?? []).map((one) => ('A_Const' in one ? (one.A_Const.ival?.ival ?? 0) : Number.NaN));
  const array = (node?.arrayBounds ?? []).length > 0;
  const plainName = name.schema === 'pg_catalog' || name.schema === null;
  // An interval's first argument is its fields as a number; nobody writes that.
  const written_ = plainName ? (SQL_NAMES[name.name] ?? written({ schema: null, name: name.name })) : written(name);
  const args = name.name === 'interval' || numbers.some(Number.isNaN) ? [] : numbers;
  const zone = /^(timestamp|time) with time zone$/.exec(written_);
  const given = args.length === 0 ? '' : `(${args.join(',')})`;
  const text = zone ? `${zone[1]}${given} with time zone` : `${written_}${given}`;
  return { schema: name.schema, name: name.name, arguments: args, array, text: `${text}${array ? '[]' : ''}` };
}

function typeNameOf(node: TypeName | undefined): Name | null {
  return nameOfParts(node?.names);
}

const SQL_NAMES: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  bpchar: 'char',
  varchar: 'varchar',
  numeric: 'numeric',
  timestamptz: 'timestamp with time zone',
  timetz: 'time with time zone',
  timestamp: 'timestamp',
  time: 'time',
  interval: 'interval',
  bit: 'bit',
  varbit: 'bit varying',
  json: 'json',
};

const NOT_DOMAINS: ReadonlySet<string> = new Set(
  `text uuid json jsonb bytea date timestamp timestamptz time timetz interval inet cidr macaddr macaddr8 money name oid xml
  point line lseg box path polygon circle tsvector tsquery pg_lsn txid_snapshot int4range int8range numrange daterange
  tsrange tstzrange int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange regclass regproc
  regtype serial bigserial smallserial serial2 serial4 serial8 int2 int4 int8 float4 float8 numeric bool varchar bpchar bit varbit
  citext hstore ltree lquery geometry geography raster box2d box3d vector halfvec sparsevec cube seg isbn issn ean13 char`.split(
    /\s+/,
  ),
);

/** Whether it could be a domain, for all that its name tells. */
export function mayBeDomain({ schema, name, array }: Type): boolean {
  return !array && schema !== 'pg_catalog' && !NOT_DOMAINS.has(name);
}

export function isSerial({ name }: Type): boolean {
  return /^(?:small|big)?serial$|^serial[248]$/.test(name);
}
