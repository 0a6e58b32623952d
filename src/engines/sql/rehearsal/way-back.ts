/** Whether the down files bring back what was there: which are tried, and what the catalog says when they were. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PlannedMigration } from '../../../plan/plan.ts';
import {
  changedGroups,
  type Definitions,
  diffDefinitions,
  type Fingerprints,
  groupsToDefine,
} from '../../../plan/schema-diff.ts';
import { type LeftOut, readDefinitions, readFingerprints } from '../../../postgres/catalog.ts';
import type { Queryable } from '../../../postgres/queryable.ts';
import type { SchemaChange } from '../../../report/outcome.ts';
import { cut, plural } from '../../../report/text.ts';
import type { Finding, Plan } from '../../engine.ts';
import { planMigration } from '../script-file.ts';

/** The schema is read before each migration whose down file is tried, up to this many; else before the first of them alone. */
const READ_BEFORE_EACH = 10;
const DIFFERENCES_NAMED = 3;

/** A pending migration and the path of its down file, relative to the working directory. */
export interface WayBack {
  readonly migration: PlannedMigration;
  readonly downFile: string;
}

/** The newest pending migrations that have a down file each, newest first: only they can be undone in order. */
export function waysBack({ pending, downFiles }: Pick<Plan, 'pending' | 'downFiles'>): WayBack[] {
  const ways: WayBack[] = [];
  for (const migration of [...pending].reverse()) {
    const downFile = downFiles.get(migration.key);
    if (downFile === undefined) break;
    ways.push({ migration, downFile });
  }
  return ways;
}

/** The migrations before which the schema is read. */
export function readBefore(ways: readonly WayBack[]): ReadonlySet<PlannedMigration> {
  const chosen = ways.length <= READ_BEFORE_EACH ? ways : ways.slice(-1);
  return new Set(chosen.map((way) => way.migration));
}

/** The down file as a migration of its own. Throws a Stop for what cannot be read. */
export function planDown({ migration, downFile }: WayBack, workingDirectory: string): PlannedMigration {
  const path = join(workingDirectory, downFile);
  const { version, name, key } = migration;
  return planMigration({
    version,
    name,
    key: `down:${key}`,
    file: downFile,
    path,
    bytes: statSync(path).size,
    checksum: basename(downFile),
  });
}

/** The schema as it was before a migration; `changed`: its groups that are not as they were before the first one. */
export interface Before {
  readonly fingerprints: Fingerprints;
  readonly changed: readonly string[];
  readonly definitions: Definitions;
}

export async function readSchemaBefore(
  session: Queryable,
  start: Fingerprints,
  leftOut: readonly LeftOut[],
): Promise<Before> {
  const fingerprints = await readFingerprints(session, leftOut);
  const changed = groupsToDefine(changedGroups(start, fingerprints)).inside;
  return { fingerprints, changed, definitions: await readDefinitions(session, changed) };
}

/** What was there before a migration and after its down file; `outside`: groups to be read when all is rolled back. */
export interface Undone {
  readonly way: WayBack;
  readonly before: Before;
  readonly outside: readonly string[];
  readonly after: Definitions;
}

export async function readUndone(
  session: Queryable,
  way: WayBack,
  before: Before,
  leftOut: readonly LeftOut[],
): Promise<Undone> {
  const { inside, outside } = groupsToDefine(
    changedGroups(before.fingerprints, await readFingerprints(session, leftOut)),
  );
  const known = new Set(before.changed);
  return {
    way,
    before,
    outside: outside.filter((key) => !known.has(key)),
    after: await readDefinitions(session, new Set([...inside, ...before.changed])),
  };
}

/** In the order in which the down files ran: a difference is told of the first that has it. After the rollback. */
export async function differences(session: Queryable, undone: readonly Undone[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  let known = new Set<string>();
  for (const { way, before, outside, after } of undone) {
    const was = new Map([...before.definitions, ...(await readDefinitions(session, outside))]);
    const changes = diffDefinitions(was, after);
    const fresh = changes.filter((change) => !known.has(keyOf(change)));
    known = new Set([...known, ...changes.map(keyOf)]);
    if (fresh.length > 0) findings.push(ofDifference(way, fresh));
  }
  return findings;
}

function keyOf({ change, kind, name, after }: SchemaChange): string {
  return `${change} ${kind} ${name} ${after}`;
}

function ofDifference({ migration, downFile }: WayBack, changes: readonly SchemaChange[]): Finding {
  const named = changes.slice(0, DIFFERENCES_NAMED).map(inWords);
  const more = changes.length - named.length;
  return {
    rule: 'down-differs',
    severity: 'warning',
    version: migration.version,
    file: downFile,
    line: null,
    sql: null,
    relation: null,
    message: `After it, the schema is not what it was before ${migration.file}: ${named.join('; ')}${more > 0 ? `; and ${plural(more, 'difference')} more` : ''}.`,
    safer: null,
  };
}

function inWords({ change, kind, name, before, after }: SchemaChange): string {
  switch (change) {
    case 'added':
      return `${kind} ${name} is still there`;
    case 'removed':
      return `${kind} ${name} is missing`;
    case 'changed':
      return `${kind} ${name} was ${cut(before ?? '', 100)} and is ${cut(after ?? '', 100)}`;
  }
}
