/** Markdown that is ours among other people's: the hidden marks by which it is found again, and what fits into a body. */
import { cut } from '../report/text.ts';

const NAME = 'postgres-migration-gate';
const CUT = '\n\n_Cut here: GitHub takes no more. All of it is in the job summary and in the artifact._';

/** The line that begins what belongs to this key. Nothing in a key can end the HTML comment. */
export function markOf(key: string): string {
  return `<!-- ${NAME} ${safe(key)} -->`;
}

function endOf(key: string): string {
  return `<!-- /${NAME} ${safe(key)} -->`;
}

/** Each key has a form of its own. Two hyphens in a row have a meaning inside an HTML comment. */
function safe(key: string): string {
  // Through UTF-8, as half a surrogate pair cannot be percent-encoded.
  return encodeURIComponent(Buffer.from(key, 'utf8').toString('utf8')).replaceAll('-', '%2D');
}

/** Whether the first line of a body is this key's mark. */
export function isMarked(body: string, key: string): boolean {
  return body.split('\n', 1)[0]?.trim() === markOf(key);
}

/**
 * `body` with this key's section holding `text`: in the place of the one that is there, else at the end. Every other
 * character stays as it is. At most `max` UTF-16 units: the text is cut, never what others wrote; null when not even a
 * few lines of it would fit.
 */
export function withSection(body: string, key: string, text: string, max: number): string | null {
  // A line of ours that reads like a mark (SQL can hold anything) would end the section where it stands.
  const inside = text.replace(new RegExp(`<!--(?=\\s*/?${NAME})`, 'g'), '<! --');
  const place = placeOf(body, key);
  const before = place ? body.slice(0, place.from) : body === '' ? '' : `${body}${gapAfter(body)}`;
  const after = place ? body.slice(place.to) : '';
  const room = max - before.length - after.length - markOf(key).length - endOf(key).length - 2;
  if (room < Math.min(inside.length, 1_000)) return null;
  return `${before}${markOf(key)}\n${shorten(inside, room)}\n${endOf(key)}${after}`;
}

function gapAfter(body: string): string {
  if (/\n\r?\n$/.test(body)) return '';
  return body.endsWith('\n') ? '\n' : '\n\n';
}

/** Marks count as whole lines only: a pull request's title in generated notes can hold one, but never alone on its line. */
function placeOf(body: string, key: string): { readonly from: number; readonly to: number } | null {
  let from: number | null = null;
  for (const match of body.matchAll(/^[^\r\n]+/gm)) {
    const line = match[0].trimEnd();
    if (line === markOf(key)) from = match.index;
    else if (line === endOf(key) && from !== null) return { from, to: match.index + line.length };
  }
  return null;
}

/** At most `max` UTF-16 units, cut after a whole line where there is one, with what was open closed, and said. */
export function shorten(markdown: string, max: number): string {
  if (markdown.length <= max) return markdown;
  let best = { end: 0, closing: '' };
  let fence: string | null = null;
  let folds = 0;
  for (let start = 0; start < max; ) {
    const newline = markdown.indexOf('\n', start);
    const end = newline === -1 ? markdown.length : newline;
    const line = markdown.slice(start, end);
    const run: string | undefined = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== null) {
      if (run?.startsWith(fence) && line.trim() === run) fence = null;
    } else if (run !== undefined) {
      fence = run;
    } else {
      folds += count(line, /<details\b/g) - count(line, /<\/details>/g);
    }
    const closing: string = `${fence === null ? '' : `\n${fence}`}${'\n\n</details>'.repeat(Math.max(0, folds))}`;
    if (end + closing.length + CUT.length <= max) best = { end, closing };
    start = end + 1;
  }
  if (best.end === 0) return `${cut(markdown, max - CUT.length)}${CUT}`;
  return `${markdown.slice(0, best.end)}${best.closing}${CUT}`;
}

function count(line: string, pattern: RegExp): number {
  return line.match(pattern)?.length ?? 0;
}
