/** Readers of single values: text in, value or null out. What is allowed is said by `*_FORM`, for the messages. */

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
/** PostgreSQL's own limit for a timeout, and a timer's: about 24 days. */
const MAX_DURATION_MS = 2_147_483_647;

export const DURATION_FORM = 'a whole number with `ms`, `s`, `m` or `h` (500ms, 30s, 5m), up to 24 days; 0 for none';

/** Milliseconds; null when it is not a duration. A number without a unit is refused: 30 what? */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const match = /^(\d{1,10})(ms|s|m|h)$/.exec(text);
  if (!match) return null;
  const ms = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return ms <= MAX_DURATION_MS ? ms : null;
}

const UNIT_BYTES = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;

export const SIZE_FORM =
  'a whole number with `B`, `kB`, `MB`, `GB` or `TB`, powers of 1024 written as PostgreSQL does (64kB, 500MB, 1GB); 0 for no limit';

/** Bytes; 0 is no limit; null when it is not a size. Units are powers of 1024, as PostgreSQL counts. */
export function parseSize(text: string): number | null {
  if (text === '0') return 0;
  const match = /^(\d{1,15})(B|kB|MB|GB|TB)$/.exec(text);
  if (!match) return null;
  const bytes = Number(match[1]) * UNIT_BYTES[match[2] as keyof typeof UNIT_BYTES];
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A whole number without sign; null when it is not one. */
export function parseInteger(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

export function parseBoolean(text: string): boolean | null {
  return text === 'true' ? true : text === 'false' ? false : null;
}

/** Commas or new lines; trimmed; empty items dropped. */
export function parseList(text: string): string[] {
  return text
    .split(/[,\r\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const SHOWN_LENGTH = 80;
const WITHHELD = '(not shown: it may hold a secret)';

/**
 * A value as a message may repeat it: quoted, cut, without control or direction characters; withheld when it may hold a
 * secret, which happens when somebody puts a URL into the wrong input.
 */
export function shown(value: string, secrets: readonly string[] = []): string {
  if (mayHoldSecret(value, secrets)) return WITHHELD;
  const cut = value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}...` : value;
  return quoted(cut) + lookAlikes(cut);
}

/** A letter of another script that looks like one of ours could not be seen to be wrong. */
function lookAlikes(text: string): string {
  if (!/[a-z0-9]/i.test(text)) return '';
  const odd = [...new Set(text.match(/[^\P{L}A-Za-z]|[^\P{Nd}0-9]/gu) ?? [])].slice(0, 3);
  const codes = odd.map((char) => `U+${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`);
  return odd.length === 0 ? '' : ` (with ${codes.join(', ')})`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function mayHoldSecret(value: string, secrets: readonly string[]): boolean {
  if (/:\/\/.*@/s.test(value) || /pass(word|wd)?\s*[=:]/i.test(value)) return true;
  // One or two characters are found in nearly any text: such a secret hides only what equals it.
  return secrets.some((secret) => value === secret || (secret.length > 2 && value.includes(secret)));
}

/** The candidate that `name` was probably meant to be; null when none is near. */
export function closest(name: string, candidates: readonly string[]): string | null {
  const wanted = name.toLowerCase().replaceAll('_', '-');
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | null = null;
  let bestDistance = allowed + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** " (did you mean `x`?)", or nothing. */
export function suggestion(name: string, candidates: readonly string[], prefix = ''): string {
  const near = closest(name, candidates);
  return near === null ? '' : `; did you mean \`${prefix}${near}\`?`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** Whether two texts are equal, in a time that depends on their lengths only: never on where they differ. */
export function equalInConstantTime(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length;
  for (let index = 0; index < given.length; index++) {
    difference |= given.charCodeAt(index) ^ (index < expected.length ? expected.charCodeAt(index) : -1);
  }
  return difference === 0;
}
