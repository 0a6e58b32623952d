/** Secrets and row data out of text, before anybody sees it. Linear in the size of the text. */
import type { Failure, Outcome } from './outcome.ts';

const MASK = '***';

/** Keys and tokens that are known by their look, wherever they stand. */
export const KEYS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'an access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  {
    what: 'a token',
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{60,255}|glpat-[\w-]{20,64}|npm_[A-Za-z0-9]{36})\b/,
  },
  { what: 'a token', pattern: /\bxox[abprs]-[\w-]{10,250}/ },
  { what: 'an API key', pattern: /\b(?:sk|rk)_live_[A-Za-z0-9]{16,250}\b/ },
  {
    what: 'a private key',
    pattern:
      /-----BEGIN (?:[A-Z]{1,20} )?PRIVATE KEY-----(?:[A-Za-z0-9+/=\s\\]{0,9999}-----END (?:[A-Z]{1,20} )?PRIVATE KEY-----)?/,
  },
];
const ANY_KEY = new RegExp(KEYS.map(({ pattern }) => pattern.source).join('|'), 'g');

export interface RedactorOptions {
  /**
   * Names that are shown anyway (host, database, user, migration-log). A secret that equals one of them is not replaced where it stands
   * in plain: it would garble the report and hide nothing. URLs and PASSWORD literals are redacted all the same.
   */
  readonly publicNames?: readonly string[];
}

/**
 * A function that replaces every form of every secret, password literals in SQL and passwords in URLs by `***`. A literal
 * that it has hidden once it knows from then on: the server quotes it without the word before it (`near "'secret'"`).
 */
export function redactor(secrets: readonly string[], options: RedactorOptions = {}): (text: string) => string {
  const known = new Set(options.publicNames ?? []);
  const shown = secrets.filter((secret) => secret.trim() !== '' && !known.has(secret));
  const texts = [...new Set(shown.flatMap(textsOf))].filter((text) => !known.has(text));
  const encoded = [...new Set(texts.flatMap((text) => [...base64Forms(text), ...percentForms(text)]))].filter(
    (text) => !known.has(text),
  );
  const pattern = patternOf([...texts.map(spellingsOf), ...encoded.map(verbatim)]);
  const hideCut = cutHider(texts);
  const literals = knownLiterals();
  return (text) => {
    if (text === '') return text;
    const plain = pattern ? hideCut(text).replace(pattern, MASK) : text;
    return redactUrls(literals.hide(redactSql(plain, literals.learn))).replace(ANY_KEY, MASK);
  };
}

const MOST_LITERALS = 500;

function knownLiterals() {
  const known = new Set<string>();
  let pattern: RegExp | null = null;
  return {
    /** As written, with its quotes: what is only a word may be anybody's. */
    learn: (hidden: string): void => {
      for (const literal of hidden.match(/'(?:[^'\n]|'')*'?|\$\w*\$[^\n]*/g) ?? []) {
        if (known.size >= MOST_LITERALS || literal.length < SHORTEST_PART || literal.includes(MASK)) continue;
        // Quotes alone stand anywhere.
        if (/^'*$/.test(literal)) continue;
        known.add(literal);
        pattern = null;
      }
    },
    hide: (text: string): string => {
      if (known.size === 0 || !/['$]/.test(text)) return text;
      pattern ??= patternOf([...known].map(verbatim));
      return pattern ? text.replace(pattern, `'${MASK}'`) : text;
    },
  };
}

/** One alternation, longest first, so that a secret that begins another does not leave the rest of it. */
function patternOf(sources: readonly string[]): RegExp | null {
  if (sources.length === 0) return null;
  const sorted = [...sources].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return new RegExp(sorted.join('|'), 'g');
}

function verbatim(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/**
 * A pattern of a text in whatever way its characters may be written, each in its own: as they are, percent-encoded, as
 * entities, escaped for JSON, SQL, shells, PowerShell, C or markdown; once or twice over.
 */
function spellingsOf(text: string): string {
  // Whatever escapes quotes puts more of them, and backslashes, around them: a run of these is one of any such, not much longer.
  return (text.match(/['"`\\]+|[^'"`\\]/gsu) ?? [])
    .map((piece) => {
      if (!/^['"`\\]/.test(piece)) return anyOf(waysToWrite(piece));
      const ways = [...new Set(piece)].flatMap(encodingsOf);
      return `${anyOf([...ways, '[\'"`\\\\\\\\]'])}{${piece.length},${piece.length * 8}}`;
    })
    .join('');
}

function anyOf(ways: readonly string[]): string {
  return ways.length === 1 ? String(ways[0]) : `(?:${ways.join('|')})`;
}

const NAMED_ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
const OTHER_WAYS: Readonly<Record<string, readonly string[]>> = {
  ' ': ['\\+'],
  '\n': ['\\s{1,8}', '\\\\{1,3}n'],
  '\r': ['\\\\{1,3}r'],
  '\t': ['\\\\{1,3}t'],
};

function waysToWrite(character: string): string[] {
  const plain = verbatim(character);
  // A zero-width space is what we put where GitHub would begin to read a link.
  if (/w/i.test(character)) return [`${plain}\u200b?`];
  if (/[a-z0-9]/i.test(character)) return [plain];
  const escaped = `[\\\\\`]{0,3}${plain}\u200b?`;
  if (/[._~-]/.test(character)) return [escaped];
  return [...(OTHER_WAYS[character] ?? []), ...encodingsOf(character), escaped];
}

/** Percent-encoded, as a code unit of JSON, as an entity. */
function encodingsOf(character: string): string[] {
  const bytes = [...Buffer.from(character, 'utf8')].map((byte) => `%(?:25)?${anyCase(hex(byte, 2))}`).join('');
  const units = character
    .split('')
    .map((unit) => `\\\\{1,3}u${anyCase(hex(unit.charCodeAt(0), 4))}`)
    .join('');
  const point = character.codePointAt(0) ?? 0;
  const named = NAMED_ENTITIES[character];
  const entities = [`#0{0,4}${point}`, `#[xX]0{0,4}${anyCase(hex(point, 1))}`, ...(named ? [named] : [])];
  return [bytes, units, `&(?:amp;)?(?:${entities.join('|')});`];
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

const ELLIPSIS = /…|\.{3}/g;
/** Fewer characters of a secret stand in ordinary words by chance. */
const SHORTEST_PART = 4;

/** Hides what a cut has left of a secret: before an ellipsis its beginning, after one its end. PostgreSQL cuts values that it quotes, we cut statements. */
function cutHider(texts: readonly string[]): (text: string) => string {
  let parts: ReturnType<typeof partsOf> | null = null;
  return (text) => {
    if (!text.includes('…') && !text.includes('...')) return text;
    parts ??= partsOf(texts);
    const { beginnings, ends, pieces, longest } = parts;
    let out = '';
    let copied = 0;
    for (const { index, 0: mark } of text.matchAll(ELLIPSIS)) {
      const end = index + mark.length;
      const begun = pieces.has(text.slice(index - SHORTEST_PART, index));
      const ended = pieces.has(text.slice(end, end + SHORTEST_PART));
      const before = begun
        ? longestPart(Math.min(longest, index - copied), (size) => beginnings.has(text.slice(index - size, index)))
        : 0;
      const after = ended ? longestPart(longest, (size) => ends.has(text.slice(end, end + size))) : 0;
      if (before + after === 0) continue;
      out += `${text.slice(copied, index - before)}${before > 0 ? MASK : ''}${mark}${after > 0 ? MASK : ''}`;
      copied = end + after;
    }
    return copied === 0 ? text : out + text.slice(copied);
  };
}

function partsOf(texts: readonly string[]) {
  const [beginnings, ends, pieces] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let longest = 0;
  for (const form of new Set(texts.flatMap(cuttable))) {
    if (form.length < SHORTEST_PART * 2) continue;
    longest = Math.max(longest, form.length - 1);
    for (let size = SHORTEST_PART; size < form.length; size += 1) {
      beginnings.add(form.slice(0, size));
      ends.add(form.slice(-size));
    }
    // Most of what stands at an ellipsis is nothing of ours, and that is soon seen.
    for (let at = 0; at + SHORTEST_PART <= form.length; at += 1) pieces.add(form.slice(at, at + SHORTEST_PART));
  }
  return { beginnings, ends, pieces, longest };
}

/** As it stands in a value and in a statement. Of a URL only what tells: anybody's begins with `postgresql://` or `https://`. */
function cuttable(text: string): string[] {
  const part = text.includes('://') ? (/^https?:\/\/[^/]*(\/.*)$/s.exec(text)?.[1] ?? '') : text;
  return [part, part.replaceAll("'", "''"), encodeURIComponent(Buffer.from(part, 'utf8').toString('utf8'))];
}

function longestPart(longest: number, is: (size: number) => boolean): number {
  for (let size = longest; size >= SHORTEST_PART; size -= 1) if (is(size)) return size;
  return 0;
}

/** The secret as given and decoded, and the parts of it that are as secret as the whole. */
function textsOf(secret: string): string[] {
  // A PEM text or a list: each of its lines.
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const wholes = [secret, secret.trim(), ...lines.filter((line) => line.length >= 8), percentDecoded(secret)];
  return wholes
    .flatMap((whole) => [whole, whole.replace(/^"(.*)"$/s, '$1'), ...powerShellParts(whole)])
    .filter((text) => text !== '');
}

/** PowerShell prints a secret with an ampersand in it in two parts; the runner knows these two. */
function powerShellParts(text: string): string[] {
  const at = text.includes('&+') ? text.indexOf('&+') + 2 : text.lastIndexOf('&') + 1;
  if (at === 0) return [];
  return [text.slice(0, at), text.slice(text.includes('&+') ? at + 1 : at)].filter((part) => part.length >= 6);
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded: there is no decoded form to hide.
    return text;
  }
}

/** Each of its characters, letters too. */
function percentForms(text: string): string[] {
  const digits = Buffer.from(text, 'utf8').toString('hex').replace(/../g, '%$&');
  return [digits, digits.toUpperCase()];
}

/** Base64 of the secret alone, and of the part of it that looks the same wherever it stands in a longer text. */
function base64Forms(text: string): string[] {
  const forms: string[] = [];
  const whole = Buffer.from(text, 'utf8');
  for (const shift of [0, 1, 2]) {
    const bytes = whole.subarray(shift);
    const inner = bytes.subarray(0, bytes.length - (bytes.length % 3));
    // Four characters of base64 (three bytes) stand in ordinary words by chance; short rests are not looked for.
    for (const part of [bytes, inner]) {
      if (part.length < 4) continue;
      const form = part.toString('base64');
      forms.push(form, form.replace(/=+$/, ''), part.toString('base64url'));
    }
  }
  return forms;
}

/** `scheme://user:password@host` -> `scheme://user:***@host`. */
function redactUrls(text: string): string {
  if (!text.includes('://')) return text;
  return text.replace(/:\/\/([^\s:@/'"<>]{0,256}):([^\s/'"<>]{1,1024})@/g, `://$1:${MASK}@`);
}

const KEYWORD = /(?:PASSWORD|\bCONNECTION|\bIDENTIFIED\s{1,20}BY)\b"?/gi;
const COMMENT_LIMIT = 1000;

/**
 * Literals after PASSWORD, CONNECTION, IDENTIFIED BY, and `password=...` in connection strings; in code that puts such
 * statements together, and in settings and JSON of that name, too. A literal cut short is hidden to its end.
 */
function redactSql(text: string, learn: (literal: string) => void): string {
  let out = '';
  let copied = 0;
  KEYWORD.lastIndex = 0;
  for (let match = KEYWORD.exec(text); match !== null; match = KEYWORD.exec(text)) {
    const secret = secretAfter(text, match.index + match[0].length);
    if (secret === null) continue;
    if (secret.shown === `'${MASK}'`) learn(text.slice(secret.start, secret.end));
    out += text.slice(copied, secret.start) + secret.shown;
    copied = secret.end;
    KEYWORD.lastIndex = secret.end;
  }
  return copied === 0 ? redactConninfo(text) : redactConninfo(out + text.slice(copied));
}

/** A password with a space in it that is not quoted: libpq says the rest of it. */
function redactConninfo(text: string): string {
  return text.replace(/((?:missing "=" after|invalid connection option) )"[^"\n]*"/g, `$1"${MASK}"`);
}

interface Hidden {
  readonly start: number;
  readonly end: number;
  readonly shown: string;
}

function secretAfter(text: string, from: number): Hidden | null {
  if (ahead(PLACEHOLDER, text, from) !== null) return argumentsAfter(text, from);
  const bridged = bridge(text, from);
  if (bridged !== null) return literalAt(text, bridged);
  if (ahead(CLOSING, text, from) !== null) return null;
  let start = skipFiller(text, from);
  const assigned = ahead(ASSIGNMENT, text, start);
  if (assigned !== null) start = skipFiller(text, assigned);
  const literal = literalAt(text, start);
  if (literal !== null || assigned === null) return literal;
  return start === from + 1 || isConninfo(text, from, start) ? connectionValue(text, start) : null;
}

function literalAt(text: string, start: number): Hidden | null {
  const end = literalEnd(text, start);
  if (end === null) return null;
  const mark = text[start] === '"' ? '"' : "'";
  return { start, end, shown: `${mark}${MASK}${mark}` };
}

/** One past what `pattern` finds at `from`, or null. */
function ahead(pattern: RegExp, text: string, from: number): number | null {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : null;
}

const ASSIGNMENT = /(?:=>|:=|=)/y;
/** `format('... PASSWORD %L', 'secret')`. */
const PLACEHOLDER = /\s{0,20}'{0,4}%(?:\d{1,3}\$)?[LsI]/y;
/** `'... PASSWORD ' || quote_literal('secret')`. */
const CONCATENATION = /\s{0,20}'{1,4}\s{0,20}\|\|\s{0,20}(?:[\w.]{1,60}\s{0,5}\(\s{0,20})?/y;
/** The quote that ends a literal of which the keyword was the last word. */
const CLOSING = /'{1,4}(?=\s{0,20}(?:[,);\]]|::|$))/y;
/** `set_config('app.password', 'secret', true)`. */
const NEXT_ARGUMENT = /'{1,4}\s{0,20},\s{0,20}/y;
const NAMES_ITS_VALUE = /(?:set_config|jsonb?_build_object|hstore)\s*\([^;]*$/i;
/** `"password": "secret"`. */
const MEMBER = /\s{0,20}:\s{0,20}(?=")/y;

/** Where the literal begins that belongs to the keyword though something stands between; null: nothing of the kind. */
function bridge(text: string, from: number): number | null {
  if (text[from - 1] === '"') return ahead(MEMBER, text, from);
  const concatenated = ahead(CONCATENATION, text, from);
  if (concatenated !== null) return concatenated;
  const next = ahead(NEXT_ARGUMENT, text, from);
  return next !== null && NAMES_ITS_VALUE.test(text.slice(Math.max(0, from - 250), from)) ? next : null;
}

const ARGUMENTS = 2_000;

/** All literals after the text with the placeholder, to the end of the statement: which of them it is nobody counts. */
function argumentsAfter(text: string, from: number): Hidden | null {
  const limit = Math.min(text.length, from + ARGUMENTS);
  const closing = text.indexOf("'", text.indexOf('%', from));
  if (closing === -1 || closing >= limit) return null;
  let shown = '';
  let at = closing + 1;
  while (at < limit && text[at] !== ';') {
    const begins = /['$]|\b[EUNBX]&?'/iy;
    begins.lastIndex = at;
    const literal = begins.test(text) ? literalEnd(text, at) : null;
    const end = literal ?? (text.startsWith('--', at) ? endOf(text, '\n', at + 2, limit) : at + 1);
    shown += literal === null ? text.slice(at, end) : `'${MASK}'`;
    at = end;
  }
  return { start: closing + 1, end: at, shown };
}

/** `password = secret` with spaces is libpq's too, where its other words are around. */
function isConninfo(text: string, from: number, start: number): boolean {
  return /\b(?:host|hostaddr|dbname)\s{0,5}=/i.test(text.slice(Math.max(0, from - 200), start + 200));
}

/** `password=secret` as libpq writes it, without a space: not an assignment of SQL (`SET password = lower(x)`, `password=NULL`). */
function connectionValue(text: string, start: number): Hidden | null {
  const value = /\\'[^']*(?:'|$)|[^\s'"&;,()]*/y;
  value.lastIndex = start;
  const found = value.exec(text)?.[0] ?? '';
  const end = start + found.length;
  if (
    found === '' ||
    found === MASK ||
    text[end] === '(' ||
    // What a template of database-url-env puts in the password's place.
    /^\{(?:url|host|port|user|password|database)\}(?:`|$)/.test(found) ||
    /^(?:null|default|\$\d+|:\w+|new\.\w+|old\.\w+|excluded\.\w+)$/i.test(found)
  ) {
    return null;
  }
  return { start, end, shown: MASK };
}

/** Past white space and comments. An endless comment is not walked through again for every keyword in it. */
function skipFiller(text: string, from: number): number {
  let at = from;
  const limit = from + COMMENT_LIMIT;
  while (at < text.length && at < limit) {
    if (/\s/.test(text.charAt(at))) at += 1;
    else if (text.startsWith('--', at)) at = endOf(text, '\n', at + 2, limit);
    else if (text.startsWith('/*', at)) at = endOf(text, '*/', at + 2, limit);
    else break;
  }
  return at;
}

function endOf(text: string, mark: string, from: number, limit: number): number {
  const found = text.slice(from, limit).indexOf(mark);
  return found === -1 ? limit : from + found + mark.length;
}

/** Where the literal that starts here ends (one past), or null: there is none. */
function literalEnd(text: string, start: number): number | null {
  const dollar = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]{0,63})?\$/y;
  dollar.lastIndex = start;
  const tag = dollar.exec(text)?.[0];
  if (tag !== undefined) return after(text, tag, start + tag.length);
  const prefix = /(?:E|U&|N|B|X)?(?=')/iy;
  prefix.lastIndex = start;
  const lead = prefix.exec(text)?.[0];
  if (lead === undefined) return quotedIdentifierEnd(text, start);
  return quotedEnd(text, start + lead.length, lead.toUpperCase() === 'E');
}

/** `IDENTIFIED BY "secret"`, `"password":"secret"`. */
function quotedIdentifierEnd(text: string, start: number): number | null {
  return ahead(/"(?:[^"\\]|\\.)*(?:"|$)/sy, text, start);
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
}

function quotedEnd(text: string, open: number, backslashes: boolean): number {
  let start = open;
  for (;;) {
    const end = pieceEnd(text, start, backslashes);
    // A literal goes on after a line end and line comments; after a blank the server refuses it, and quotes it.
    const next = /(?:\s|--[^\n\r]{0,1000}[\n\r]){1,200}(?=')/y;
    next.lastIndex = end;
    const gap = next.exec(text)?.[0];
    if (gap === undefined) return end;
    start = end + gap.length;
  }
}

function pieceEnd(text: string, open: number, backslashes: boolean): number {
  const run = quotesAt(text, open);
  if (run % 2 === 0) return nestedEnd(text, open, run);
  let at = open + 1;
  for (; at < text.length; at += 1) {
    if (backslashes && text[at] === '\\') at += 1;
    else if (text[at] === "'") {
      if (text[at + 1] === "'") at += 1;
      else break;
    }
  }
  return Math.min(at + 1, text.length);
}

function quotesAt(text: string, from: number): number {
  let at = from;
  while (text[at] === "'") at += 1;
  return at - from;
}

/** An even run of quotes is an empty literal, or the quotes of a literal inside another (`EXECUTE '... PASSWORD ''x'' '`). */
function nestedEnd(text: string, open: number, run: number): number {
  const next = text[open + run];
  if (next === undefined || /[\s;,)]/.test(next)) return open + run;
  // Inside of it a quote is written twice over: a run that is not made of such pairs holds its end.
  for (let at = text.indexOf("'", open + run); at !== -1; at = text.indexOf("'", at)) {
    const length = quotesAt(text, at);
    const rest = length % (run * 2);
    if (rest !== 0) return at + length - rest + Math.min(rest, run);
    at += length;
  }
  return text.length;
}

/** Fields whose values are ours, from fixed lists or as digests: a password like `failed` or `1` must not garble them. */
const FIXED = new Set([
  'result',
  'databaseState',
  'mode',
  'environment',
  'engine',
  'checksum',
  'planDigest',
  'stage',
  'status',
  'class',
  'sqlstate',
  'severity',
  'effects',
  'rule',
  'change',
  'kind',
  'xid',
  'lsn',
  'at',
  'startedAt',
]);

/** The outcome with every free text in it passed through `redact`; fixed words, digests and numbers stay. */
export function redactOutcome(outcome: Outcome, redact: (text: string) => string): Outcome {
  return mapTexts(outcome, redact) as Outcome;
}

function mapTexts(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, redact));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, FIXED.has(key) ? item : mapTexts(item, redact)]),
  );
}

const WITHHELD = '(row data withheld: show-data is false)';

/** Classes whose DETAIL names objects, sessions or limits, never rows. */
const DETAIL_WITHOUT_ROWS = /^(?:08|0A|25|26|28|2B|34|3B|3D|3F|42|53|54|55|57|58)|^40P01$/;

/** What of a server's error may be shown with `show-data: false`: the columns of a key, not its values. */
export function hideData<F extends Pick<Failure, 'sqlstate' | 'message' | 'detail' | 'where'>>(failure: F): F {
  return {
    ...failure,
    message: hideMessage(failure.sqlstate, failure.message),
    detail: failure.detail === null ? null : hideDetail(failure.sqlstate, failure.detail),
    where: failure.where === null ? null : hideWhere(failure.where),
  };
}

/** A server's message without the values it quotes (`invalid input syntax for type integer: "abc"`). Class 22 alone quotes values. */
export function hideMessage(sqlstate: string | null, message: string): string {
  return sqlstate?.startsWith('22') ? hideQuoted(message) : message;
}

/** The text is translated: what is looked for is only punctuation. */
export function hideDetail(sqlstate: string | null, detail: string): string {
  if (sqlstate === null || DETAIL_WITHOUT_ROWS.test(sqlstate)) return detail;
  if (!sqlstate.startsWith('23')) return WITHHELD;
  // "Failing row contains (...)": all in the parentheses is data, whatever it looks like.
  if (sqlstate === '23502' || sqlstate === '23514') return hideParenthesis(detail);
  // "Key (email)=(a@b.c) already exists.": a value may hold parentheses, so all between the first `)=(` and the last `)` goes.
  const key = detail.indexOf(')=(');
  const last = detail.lastIndexOf(')');
  if (key !== -1) return last > key + 2 ? `${detail.slice(0, key)})=(…)${detail.slice(last + 1)}` : WITHHELD;
  return hideParenthesis(detail);
}

function hideParenthesis(detail: string): string {
  const open = detail.indexOf('(');
  const last = detail.lastIndexOf(')');
  return open !== -1 && last > open ? `${detail.slice(0, open)}(…)${detail.slice(last + 1)}` : WITHHELD;
}

/** Which function at which line, without the statements and rows that the context quotes. */
function hideWhere(where: string): string {
  const kept: string[] = [];
  let withheld = false;
  for (const line of where.split('\n')) {
    if (/^PL\/pgSQL\b/.test(line)) kept.push(hideQuoted(line));
    else if (line.trim() !== '') withheld = true;
  }
  return [...kept, ...(withheld ? [WITHHELD] : [])].join('\n');
}

/** Quotation marks of the languages that the server speaks. */
const QUOTE = /["'«»‹›“”„‟‘’‚「」『』]/u;

/** From the first quotation mark to the last, of whatever kind: a value may hold any of them itself. */
function hideQuoted(text: string): string {
  const first = text.search(QUOTE);
  if (first === -1) return text;
  let last = text.length - 1;
  while (!QUOTE.test(text.charAt(last))) last -= 1;
  const open = text.slice(0, first + 1);
  return last > first ? `${open}…${text.slice(last)}` : `${open}…`;
}
