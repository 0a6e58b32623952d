/** Text that came from files, servers and tools, made safe to show: in markdown, in HTML, on a runner's stdout. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])|\u009b[0-?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all controls but tab and line feed
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// Marks that reorder what is read: a name can pretend to be another.
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const LINE_BREAKS = /\r\n?|[\u0085\u2028\u2029]/g;

/** Without ANSI sequences, control characters and bidi marks; every kind of line end is one `\n`. Tabs stay. */
export function clean(text: string): string {
  return text.replace(ANSI, '').replace(LINE_BREAKS, '\n').replace(CONTROLS, '').replace(BIDI, '');
}

/** `clean`, on one line: each run of line ends and the white space around it is one space. */
export function oneLine(text: string): string {
  return clean(text)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

/** At most `max` UTF-16 units, the last one `…` when something was left out. Never splits a code point. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = Math.max(0, max - 1);
  return `${text.slice(0, splitsPair(text, end) ? end - 1 : end)}…`;
}

function splitsPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}

/** `oneLine` and `cut`, without walking through megabytes to show a line of them. */
export function brief(text: string, max: number): string {
  return cut(oneLine(cut(text, max * 4 + 64)), max);
}

/** 4950 -> `4,950`. */
export function number(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 migration`, `4,950 migrations`; `many` where an s is not enough. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** 1536 -> `1.5 kB`: powers of 1024, PostgreSQL's own unit names. */
export function bytes(value: number): string {
  let rest = value;
  for (const unit of ['bytes', 'kB', 'MB', 'GB', 'TB']) {
    if (Math.abs(rest) < 1024 || unit === 'TB') return `${unit === 'bytes' ? number(rest) : decimal(rest)} ${unit}`;
    rest /= 1024;
  }
  return `${value} bytes`;
}

/** Milliseconds in words: `12 ms`, `1.2 s`, `3 min 5 s`, `1 h 2 min`. */
export function duration(ms: number): string {
  if (ms < 1) return ms <= 0 ? '0 ms' : '<1 ms';
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${decimal(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function decimal(value: number): string {
  return value >= 99.95 ? number(value) : value.toFixed(1).replace(/\.0$/, '');
}

export function escapeHtml(text: string): string {
  return clean(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Mentions nobody, refers to no issue, and no address in it becomes a link: a zero-width space stands where GitHub would begin to read one. */
function unlinked(text: string): string {
  return text
    .replace(/[@#](?=[^\s#])/g, '$&\u200b')
    .replace(/\bGH-(?=\d)/gi, '$&\u200b')
    .replace(/www(?=\.)|:(?=\/\/)/gi, '$&\u200b');
}

/** For a line of markdown, table cells included: read as these characters and nothing else. Mentions nobody, links to nothing. */
export function escapeMarkdown(text: string): string {
  return (
    unlinked(oneLine(text))
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('|', '&#124;')
      .replace(/[\\`*[\]~$]/g, '\\$&')
      // Inside a word an underscore is only itself: file names stay readable in the raw text.
      .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
      .replace(/^([-+=#])/, '\\$1')
      .replace(/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2')
  );
}

/** Inline code that holds any text, table cells included. Plain backticks where they do, since summary.md is read as it stands too. */
export function code(text: string): string {
  const line = oneLine(text);
  if (line === '') return '<code></code>';
  if (!/[`|]/.test(line)) return `\`${line}\``;
  return `<code>${line.replace(/[^\p{L}\p{N} ]/gu, (character) => `&#${character.codePointAt(0)};`)}</code>`;
}

/** Our own sentences: `code` between backticks, the rest escaped. Safe whatever a name in it holds. */
export function prose(text: string): string {
  const parts = oneLine(text).split('`');
  // An odd backtick has no partner: it is a character like any other.
  if (parts.length % 2 === 0) return escapeMarkdown(text);
  return parts.map((part, index) => (index % 2 === 1 ? code(part) : escapeAround(part, index === 0))).join('');
}

function escapeAround(part: string, first: boolean): string {
  const lead = /^\s*/.exec(part)?.[0] ?? '';
  const trail = part.length > lead.length ? (/\s*$/.exec(part)?.[0] ?? '') : '';
  return `${first ? '' : lead}${escapeMarkdown(part)}${trail}`;
}

/** A fenced block that holds any text: the fence is longer than any run of backticks in it. */
export function fenced(text: string, language = ''): string {
  const body = clean(text).replace(/\n+$/, '');
  let longest = 2;
  for (const run of body.match(/`+/g) ?? []) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${body}\n${fence}`;
}

/** A folded part: `summary` is plain text, `body` is markdown. */
export function details(summary: string, body: string): string {
  return `<details><summary>${escapeHtml(unlinked(oneLine(summary)))}</summary>\n\n${body}\n\n</details>`;
}

/**
 * One line for a runner's stdout: no ANSI, no controls, no bidi marks, and no command. A line that starts with `::` is led by `> `,
 * `##[` gets a space: both can be seen, and what follows is copied as it was (an invisible character would be copied along).
 */
export function inert(line: string): string {
  const safe = clean(line).replaceAll('\n', ' ').replaceAll('##[', '## [');
  return /^\s*::/.test(safe) ? `> ${safe}` : safe;
}

/** `inert`, for each line of a text. */
export function inertText(text: string): string {
  return clean(text).split('\n').map(inert).join('\n');
}

/** UTF-8 bytes. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** At most `max` UTF-8 bytes, at a whole code point. */
export function cutBytes(text: string, max: number): string {
  if (byteLength(text) <= max) return text;
  const buffer = Buffer.from(text, 'utf8');
  let end = max;
  // Back to the start of the code point that would be split.
  while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return buffer.subarray(0, end).toString('utf8');
}
