/** What can be asked only of the committed state, when all is rolled back: what was there before, by name, size and rows. */

import type { Workbench } from '../engines/shared/workbench.ts';
import {
  type Definitions,
  diffDefinitions,
  type Fingerprints,
  type GroupChanges,
  groupsToDefine,
  othersGroups,
} from '../plan/schema-diff.ts';
import { readDefinitions, readFingerprints } from '../postgres/catalog.ts';
import { readServerError } from '../postgres/failure.ts';
import { qualified } from '../postgres/qualified.ts';
import type { RelationSize, SchemaChange } from '../report/outcome.ts';
import { duplicateKeys, openTransactions } from './concurrently.ts';
import type { StatementFailed } from './endings.ts';
import type { Looks } from './looks.ts';
import type { Notes } from './notes.ts';
import { type Bounds, readDropped, rowsInTheWay, withRows } from './questions.ts';
import { readSizes, type Traffic } from './sizes.ts';

/** How long all questions of one kind about the rows may take. */
const QUESTIONS_MS = 5_000;

/** The schema that the rehearsal made: its catalog groups that differ from those before, and what they define. */
export interface Made {
  readonly groups: GroupChanges;
  readonly predicted: Definitions;
}

/** The schema as the rehearsal saw it at its end. */
export interface Inside {
  readonly fingerprints: Fingerprints;
  /** Keys of the relations that it has locked as what alters them does: theirs is no change of somebody else's alone. */
  readonly altered: ReadonlySet<string>;
}

const ALTERED = qualified(`
  select distinct 'relation:' || coalesce(i.indrelid, l.relation)::text as key
    from pg_catalog.pg_locks l left join pg_catalog.pg_index i on i.indexrelid = l.relation
   where l.pid = pg_catalog.pg_backend_pid() and l.granted and l.locktype = 'relation'
     and l.mode = any ('{ShareUpdateExclusiveLock, ShareLock, ShareRowExclusiveLock, ExclusiveLock, AccessExclusiveLock}')`);

export async function lookInside({ session, leftOut }: Workbench): Promise<Inside> {
  const fingerprints = await readFingerprints(session, leftOut);
  const { rows } = await session.query<{ key: string }>(ALTERED);
  return { fingerprints, altered: new Set(rows.map(({ key }) => key)) };
}

/** Without what somebody else has committed while it ran, which the rehearsal saw as well. To be asked after the rollback. */
export async function withoutOthers(
  { session, leftOut }: Workbench,
  { groups, predicted }: Made,
  before: Fingerprints,
  { fingerprints, altered }: Inside,
): Promise<Made> {
  const others = othersGroups(before, fingerprints, await readFingerprints(session, leftOut), altered);
  if (others.size === 0) return { groups, predicted };
  const theirs = await readDefinitions(session, [...others].sort());
  const own = (keys: readonly string[]) => keys.filter((key) => !others.has(key));
  return {
    groups: { added: own(groups.added), removed: own(groups.removed), changed: own(groups.changed) },
    predicted: new Map([...predicted].filter(([key]) => !theirs.has(key))),
  };
}

/** What the attempt has come to. */
export interface Rehearsed {
  readonly made: Made;
  readonly failed: StatementFailed | null;
  readonly traffic: ReadonlyMap<string, Traffic>;
}

export interface LookedBack {
  readonly schemaDiff: readonly SchemaChange[];
  readonly sizes: readonly RelationSize[];
  /** How many rows the statement failed on, in a sentence. */
  readonly inTheWay: string | null;
}

export async function lookBack(
  bench: Workbench,
  notes: Notes,
  looks: Looks,
  { made, failed, traffic }: Rehearsed,
): Promise<LookedBack> {
  const { session } = bench;
  const before = await readDefinitions(session, groupsToDefine(made.groups).outside);
  const schemaDiff = diffDefinitions(before, made.predicted);
  await nameWhatIsBack(bench, notes);
  const inTheWay = failed && (await askForRows(bench, notes, failed));
  await askForIndexes(bench, notes);
  return { schemaDiff, inTheWay, sizes: await readSizes(bench, looks.wanted, traffic) };
}

/** Columns that a statement dropped are there again, with their names; files that it emptied, with their rows. */
async function nameWhatIsBack(bench: Workbench, notes: Notes): Promise<void> {
  const within = boundsOf(bench);
  for (const entry of notes.ofPending()) {
    if (entry.goneColumns.length > 0) entry.droppedColumns = await readDropped(bench, entry.goneColumns, within);
    if (entry.emptied.length > 0) {
      const had = await withRows(bench, entry.emptied);
      const truncated = entry.emptied.filter((name) => had.has(name) || /\btruncate\b/i.test(entry.sql));
      entry.truncated = [...entry.truncated, ...truncated];
      entry.rewrites = entry.rewrites.filter((name) => !truncated.includes(name));
    }
  }
}

async function askForRows(
  bench: Workbench,
  notes: Notes,
  { entry, place, error }: StatementFailed,
): Promise<string | null> {
  if (entry === null || place === null) return null;
  const { showData } = bench.request;
  const before = notes.ofPending().filter((one) => one !== entry);
  const written = new Set(before.flatMap((one) => one.touched.map((touched) => touched.relation)));
  const failed = { error: readServerError(error), facts: entry.facts, sql: place.sql, showData, written };
  return rowsInTheWay(bench, failed, boundsOf(bench));
}

/** Indexes that are to be built CONCURRENTLY: would their keys be unique, and who would they wait for? */
async function askForIndexes(bench: Workbench, notes: Notes): Promise<void> {
  const within = boundsOf(bench);
  for (const tried of notes.tried) {
    const found = tried.finding ?? (await duplicateKeys(bench, tried, within, bench.request.showData));
    if (found) notes.findings.push(found);
  }
  notes.findings.push(...(await openTransactions(bench, notes.ofPending())));
}

function boundsOf({ request }: Workbench): Bounds {
  return { maxBytes: request.dryRunMaxBytes, until: performance.now() + QUESTIONS_MS };
}
