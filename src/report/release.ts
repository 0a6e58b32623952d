/** Outcome -> the section of a release's notes: what the release did to the database. Public, so it names no host and no role. */
import type { Outcome } from './outcome.ts';
import { bullets, joined, runLink } from './parts.ts';
import { withPlaces } from './places.ts';
import { brief, code, details, plural } from './text.ts';

/** More than these fold; more than the second are counted. */
const OPEN = 20;
const SHOWN = 200;

export function renderReleaseSection(whole: Outcome): string {
  const outcome = withPlaces(whole);
  const { applied } = outcome;
  const database = outcome.server === null ? 'the database' : code(brief(outcome.server.database, 63));
  const environment = outcome.environment === null ? '' : ` (${outcome.environment})`;
  const link = runLink(outcome);
  const lines = applied.map((migration) => () => code(brief(migration.file.split('/').at(-1) ?? migration.file, 200)));
  return `${joined([
    '## Database migrations',
    applied.length === 0
      ? `Nothing was to be migrated in ${database}${environment}.`
      : `${plural(applied.length, 'migration')} applied to ${database}${environment}${versions(outcome)}${proved(outcome)}.`,
    applied.length <= OPEN ? bullets(lines, OPEN) : details(plural(applied.length, 'migration'), bullets(lines, SHOWN)),
    link === '' ? '' : `Report: ${link}.`,
  ])}\n`;
}

function versions({ previousVersion, currentVersion }: Outcome): string {
  if (currentVersion === null) return '';
  const now = code(brief(currentVersion, 60));
  return previousVersion === null
    ? `, now at version ${now}`
    : `, from version ${code(brief(previousVersion, 60))} to ${now}`;
}

function proved(outcome: Outcome): string {
  if (outcome.result !== 'applied') return '';
  return outcome.predictedEqualsActual === true
    ? ', verified: the schema is what the rehearsal predicted'
    : ', verified';
}
