/**
 * What every file of `test/faults` shares: a short form (part of `npm test`) and a full one (`npm run test:faults`), a
 * seed that is printed and can be given again (`SEED=n`), and a table of what was tried and how it ended.
 */
import { writeSync } from 'node:fs';
import { afterAll } from 'vitest';
import { randomFrom } from './random.ts';

export const FULL = process.env.FAULTS === 'full';
export const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

/** How often, in the short form and in the full one. */
export function times(short: number, full: number): number {
  return FULL ? full : short;
}

/** Numbers from 0 to 1, the same for the same seed; `salt` gives each test a sequence of its own. */
export function randomOf(salt: string): () => number {
  let seed = SEED;
  for (const char of salt) seed = (Math.imul(seed, 31) + (char.codePointAt(0) ?? 0)) | 0;
  return randomFrom(seed);
}

/** One of these, by chance. */
export function oneOf<T>(list: readonly T[], random: () => number): T {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
}

/**
 * Counts faults by kind and ending, and prints them as a table when the calling file is through:
 * `death: SIGKILL, 120 tried: 61 unchanged, 40 migrated, 19 partially-migrated`. The seed is printed at once: what hangs
 * and is killed has told it.
 */
export function tally(title: string): (kind: string, ending: string) => void {
  const run = `SEED=${SEED}${FULL ? ' FAULTS=full' : ''}`;
  // Not through the reporter, which may hold it back until the file is through.
  writeSync(2, `${run} ${title}\n`);
  const kinds = new Map<string, Map<string, number>>();
  afterAll(() => {
    const lines = [...kinds].map(([kind, endings]) => {
      const tried = [...endings.values()].reduce((sum, count) => sum + count, 0);
      const each = [...endings].sort((a, b) => b[1] - a[1]).map(([ending, count]) => `${count} ${ending}`);
      return `${title}: ${kind}, ${tried} tried: ${each.join(', ')}`;
    });
    console.log([run, ...lines].join('\n'));
  });
  return (kind, ending) => {
    const endings = kinds.get(kind) ?? new Map<string, number>();
    endings.set(ending, (endings.get(ending) ?? 0) + 1);
    kinds.set(kind, endings);
  };
}
