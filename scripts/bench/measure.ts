/** Rounds, medians and the table. */

export interface Line {
  readonly measure: string;
  readonly gate: string;
  readonly other: string;
  /** Median of the rounds' ratios; null where it is a plain bound. */
  readonly ratio: number | null;
  readonly bound: string;
  readonly ok: boolean | null;
}

/** Runs each contestant once a round, one after another, first in a different place every round. Returns each one's values, by round. */
export async function rounds<Name extends string, Value>(
  count: number,
  contestants: Readonly<Record<Name, (round: number) => Promise<Value>>>,
): Promise<Record<Name, Value[]>> {
  const names = Object.keys(contestants) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<Name, Value[]>;
  for (let round = 0; round < count; round++) {
    const shift = round % names.length;
    for (const name of [...names.slice(shift), ...names.slice(0, shift)]) {
      values[name].push(await contestants[name](round));
      process.stderr.write('.');
    }
  }
  process.stderr.write('\n');
  return values;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Compares round by round, so that what slows the machine for a while slows both sides of a ratio. */
export function compare(
  measure: string,
  gate: readonly number[],
  other: readonly number[],
  bound: number | null,
): Line {
  const ratio = median(gate.map((value, round) => value / (other[round] ?? Number.NaN)));
  return {
    measure,
    gate: `${Math.round(median(gate))} ms`,
    other: `${Math.round(median(other))} ms`,
    ratio,
    bound: bound === null ? '' : `<= ${bound}`,
    ok: bound === null ? null : ratio <= bound,
  };
}

export function printTable(lines: readonly Line[]): void {
  const rows = [
    ['measure', 'gate', 'other', 'ratio', 'bound', ''],
    ...lines.map((line) => [
      line.measure,
      line.gate,
      line.other,
      line.ratio === null ? '' : line.ratio.toFixed(2),
      line.bound,
      line.ok === null ? '' : line.ok ? 'ok' : 'OVER',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) {
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    );
  }
}
