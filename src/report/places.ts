/** What a tool's migration is called where no file of it is known. */
import type { Outcome } from './outcome.ts';

/** The version of what a tool did beside its records, or of one that keeps none. */
export const UNRECORDED = 'unrecorded';

export function placeOf({ file, version, name }: { file: string; version: string; name: string }): string {
  if (file !== '') return file;
  return version === UNRECORDED ? `${name} (${UNRECORDED})` : version;
}

/** For readers: a place for everything, so that nobody has to guess which migration is meant. */
export function withPlaces(outcome: Outcome): Outcome {
  const { migrations, pending, applied, hazards } = outcome;
  if ([...migrations, ...pending, ...applied].every(({ file }) => file !== '')) return outcome;
  const named = <T extends { file: string; version: string; name: string }>(one: T) => ({ ...one, file: placeOf(one) });
  const places = new Map(migrations.map((one) => [one.version, placeOf(one)]));
  return {
    ...outcome,
    migrations: migrations.map(named),
    pending: pending.map(named),
    applied: applied.map(named),
    hazards: hazards.map((one) => ({ ...one, file: one.file ?? (one.version && places.get(one.version)) ?? null })),
  };
}
