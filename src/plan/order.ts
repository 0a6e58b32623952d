/** The order of migrations: by version as a number of any length, then by name. */
export function compareVersions(a: { key: string; name: string }, b: { key: string; name: string }): number {
  return compareKeys(a.key, b.key) || compareText(a.name, b.name);
}

/** Keys are digits without leading zeros; a record of another tool's making may hold any text, which sorts last. */
export function compareKeys(a: string, b: string): number {
  const aIsNumber = /^\d+$/.test(a);
  const bIsNumber = /^\d+$/.test(b);
  if (aIsNumber && bIsNumber) return a.length - b.length || compareText(a, b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return compareText(a, b);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
