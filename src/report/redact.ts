/** Secrets and row data out of text, before anybody sees it. Linear in the size of the text. */
import type { Failure, Outcome } from './outcome.ts';
import { escapeMarkdown } from './text.ts';

const MASK = '***';

export interface RedactorOptions {
  /**
   * Names that are shown anyway (host, database, user, migration-log). A secret that equals one of them is not replaced where it stands
   * in plain: it would garble the report and hide nothing. URLs and PASSWORD literals are redacted all the same.
   */
  readonly publicNames?: readonly string[];
}

/** A function that replaces every form of every secret, password literals in SQL and passwords in URLs by `***`. */
export function redactor(secrets: readonly string[], options: RedactorOptions = {}): (text: string) => string {
  const known = new Set(options.publicNames ?? []);
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.trim() === '' || known.has(secret)) continue;
    for (const form of formsOf(secret)) forms.add(form);
  }
  for (const name of known) forms.delete(name);
  const pattern = patternOf([...forms]);
  return (text) => {
    if (text === '') return text;
    const plain = pattern ? text.replace(pattern, MASK) : text;
    return redactUrls(redactSql(plain));
  };
}

/** One alternation, longest first, so that a secret that begins another does not leave the rest of it. */
function patternOf(forms: readonly string[]): RegExp | null {
  if (forms.length === 0) return null;
  const sorted = [...forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return new RegExp(sorted.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
}

/** The secret as written, decoded, and in each encoding that a log, a report or the runner itself may show it in. */
function formsOf(secret: string): Set<string> {
  const forms = new Set<string>();
  // A PEM text or a list: each of its lines is as secret as the whole.
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const wholes = [secret, secret.trim(), ...lines.filter((line) => line.length >= 8), percentDecoded(secret)];
  // Most forms of most secrets are the same: each is looked at once.
  for (const base of new Set(wholes.flatMap((whole) => [whole, whole.replace(/^"(.*)"$/s, '$1')]))) {
    forms.add(base);
    for (const escaped of new Set(escapedForms(base))) {
      forms.add(escaped);
      for (const twice of escapedForms(escaped)) forms.add(twice);
    }
    for (const form of new Set(percentForms(base))) {
      forms.add(form);
      for (const escaped of escapedForms(form)) forms.add(escaped);
    }
    for (const form of base64Forms(base)) forms.add(form);
  }
  forms.delete('');
  return forms;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded: there is no decoded form to hide.
    return text;
  }
}

function percentForms(text: string): string[] {
  const wellFormed = Buffer.from(text, 'utf8').toString('utf8');
  const loose = encodeURIComponent(wellFormed);
  const strict = loose.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const some = encodeURI(wellFormed);
  return [loose, strict, some, strict.replaceAll('%20', '+'), strict.replaceAll('~', '%7E')].flatMap((form) => [
    form,
    form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
  ]);
}

function escapedForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const xml = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const forms = [
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[<>&']/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    xml,
    xml.replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    xml.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    xml.replaceAll('"', '&#34;').replaceAll("'", '&#x27;'),
    text.replaceAll("'", "''"),
    text.replaceAll('"', '\\"'),
    text.replaceAll("'", "'\\''"),
    text.replaceAll("'", "\\'"),
    text.replaceAll('\\', '\\\\').replaceAll("'", "\\'"),
    text.replace(/(["$`\\])/g, '\\$1'),
    // As a shell prints a word without quotes, and as markdown escapes it.
    text.replace(/([^\w@%+=:,./-])/g, '\\$1'),
    text.replace(/([^\w])/g, '\\$1'),
    escapeMarkdown(text),
    xml
      .replaceAll('|', '&#124;')
      .replace(/[\\`*[\]~$]/g, '\\$&')
      .replace(/@(?=\w)/g, '@\u200b'),
    text.replace(/[^\p{L}\p{N} ]/gu, (character) => `&#${character.codePointAt(0)};`),
  ];
  return forms.filter((form) => form !== text);
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

const KEYWORD = /\b(?:PASSWORD|CONNECTION|IDENTIFIED\s{1,20}BY)\b"?/gi;
const COMMENT_LIMIT = 1000;

/** Literals after PASSWORD, CONNECTION, IDENTIFIED BY, and `password=...` in connection strings. A literal cut short is hidden to its end. */
function redactSql(text: string): string {
  let out = '';
  let copied = 0;
  KEYWORD.lastIndex = 0;
  for (let match = KEYWORD.exec(text); match !== null; match = KEYWORD.exec(text)) {
    const secret = secretAfter(text, match.index + match[0].length);
    if (secret === null) continue;
    out += text.slice(copied, secret.start) + secret.shown;
    copied = secret.end;
    KEYWORD.lastIndex = secret.end;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

interface Hidden {
  readonly start: number;
  readonly end: number;
  readonly shown: string;
}

function secretAfter(text: string, from: number): Hidden | null {
  let start = skipFiller(text, from);
  const assigned = text[start] === '=';
  if (assigned) start = skipFiller(text, start + 1);
  const end = literalEnd(text, start);
  if (end !== null) return { start, end, shown: `'${MASK}'` };
  return assigned && start === from + 1 ? connectionValue(text, start) : null;
}

/** `password=secret` as libpq writes it, without a space: not an assignment of SQL (`SET password = lower(x)`, `password=NULL`). */
function connectionValue(text: string, start: number): Hidden | null {
  const value = /[^\s'"&;,()]*/y;
  value.lastIndex = start;
  const found = value.exec(text)?.[0] ?? '';
  const end = start + found.length;
  if (
    found === '' ||
    found === MASK ||
    text[end] === '(' ||
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
  if (text[start] !== '"') return null;
  return after(text, '"', start + 1);
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
}

function quotedEnd(text: string, open: number, backslashes: boolean): number {
  let start = open;
  for (;;) {
    const end = pieceEnd(text, start, backslashes);
    // A literal goes on after white space that holds a line end.
    const next = /[ \t]{0,200}\r?\n\s{0,200}(?=')/y;
    next.lastIndex = end;
    const gap = next.exec(text)?.[0];
    if (gap === undefined) return end;
    start = end + gap.length;
  }
}

function pieceEnd(text: string, open: number, backslashes: boolean): number {
  let run = 0;
  while (text[open + run] === "'") run += 1;
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

/** An even run of quotes is an empty literal, or the quotes of a literal inside another (`EXECUTE '... PASSWORD ''x'' '`). */
function nestedEnd(text: string, open: number, run: number): number {
  const next = text[open + run];
  if (next === undefined || /[\s;,)]/.test(next)) return open + run;
  return after(text, "'".repeat(run), open + run);
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
