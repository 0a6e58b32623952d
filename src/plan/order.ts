/** The order of migrations: by version as a number of any length, then by name. */
export function compareVersions(a: { key: string; name: string }, b: { key: string; name: string }): number {
  return compareKeys(a.key, b.key) || compareText(a.name, b.name);
}

/** Keys are digits without leading zeros; a record of another tool's making may hold any text, which sorts last. */
export function compareKeys(a: string, b: string): number {
  const aIsNumber = isDigits(a);
  const bIsNumber = isDigits(b);
  if (aIsNumber && bIsNumber) return a.length - b.length || compareText(a, b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return compareText(a, b);
}

/** Asked for every comparison of thousands of versions. */
function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return text !== '';
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
