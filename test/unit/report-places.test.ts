import { describe, expect, it } from 'vitest';
import { renderText } from '../../src/report/log.ts';
import { placeOf, UNRECORDED, withPlaces } from '../../src/report/places.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { aHazard, aMigration, anOutcome } from '../support/outcome.ts';

describe('a migration whose file is not known', () => {
  it.each([
    [{ file: 'a/0001.py', version: 'a.0001', name: 'x' }, 'a/0001.py'],
    [{ file: '', version: 'auth.0001_initial', name: 'initial' }, 'auth.0001_initial'],
    [{ file: '', version: UNRECORDED, name: 'Django' }, 'Django (unrecorded)'],
  ])('%o is told as %s', (migration, place) => {
    expect(placeOf(migration)).toBe(place);
  });

  const migration = aMigration(1, { file: '', version: 'auth.0001_initial' });
  const outcome = anOutcome({
    migrations: [migration],
    pending: [migration],
    hazards: [aHazard({ version: migration.version, file: null, line: null }), aHazard({ version: null, file: null })],
  });

  it('stands in the log and in the summary by its version, its hazards too', () => {
    for (const text of [renderText(outcome), renderSummary(outcome)]) expect(text).toContain('auth.0001_initial');
    expect(renderSummary(outcome)).not.toContain('<code></code>');
    expect(withPlaces(outcome).hazards.map(({ file }) => file)).toEqual(['auth.0001_initial', null]);
  });
});
