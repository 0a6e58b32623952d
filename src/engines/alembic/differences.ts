/** What `alembic check` found, which it prints as Python would: a list of tuples, and of lists of tuples. Pure. */

const FOUND = /New upgrade operations detected: \[/;

/** Each difference in alembic's own words; those of the tables `without` left out. Empty too where it found none, or did not run. */
export function differencesIn(output: string, without: readonly string[]): string[] {
  const found = FOUND.exec(output);
  if (!found) return [];
  const items = itemsOf(output.slice(found.index + found[0].length));
  const isOwn = new RegExp(`(?:\\bTable\\(|^\\W*'\\w+', (?:None|'[^']*'), )'(?:${without.join('|')})'`);
  return items.filter((item) => !isOwn.test(item));
}

/** The items of a list up to its end, at the commas that stand in no bracket and in no quotes. */
function itemsOf(text: string): string[] {
  const items: string[] = [];
  let [from, depth] = [0, 0];
  let quote: string | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (quote !== null) {
      if (sign === '\\') at += 1;
      else if (sign === quote) quote = null;
    } else if (sign === "'" || sign === '"') quote = sign;
    else if ('([{<'.includes(sign)) depth += 1;
    else if (')]}>'.includes(sign) && depth > 0) depth -= 1;
    else if (sign === ']' || (sign === ',' && depth === 0)) {
      items.push(text.slice(from, at).trim());
      from = at + 1;
      if (sign === ']') break;
    }
  }
  return items.filter((item) => item !== '');
}
