/**
 * The guard: two equal rows under a deferred unique constraint, so that whatever tries to commit the transaction fails
 * (23505). It is taken away only for the moment in which what a COMMIT would check is checked.
 */
import type { ServerError } from '../postgres/failure.ts';
import { qualified } from '../postgres/qualified.ts';
import type { BatchItem } from '../postgres/session.ts';

/** Other rows each time, as the index keeps the dead ones until the end of the transaction and would look at them all. */
const GUARD_ROWS: BatchItem = {
  name: 'mgate_guard_in',
  text: `insert into pg_temp.mgate_guard select n from (select pg_catalog.nextval('pg_temp.mgate_guard_n') as n) one, (values (1), (2)) two`,
};

export const MAKE_GUARD: readonly BatchItem[] = [
  {
    text: 'create temporary table mgate_guard (k bigint constraint mgate_guard_key unique deferrable initially deferred) on commit drop',
  },
  { text: 'create temporary sequence mgate_guard_n' },
  // Whatever role a file takes on meanwhile.
  { text: 'grant all on pg_temp.mgate_guard, pg_temp.mgate_guard_n to public' },
  GUARD_ROWS,
];

/** By the index, whose last rows they are: to look at all the dead ones before them each time would be quadratic. */
export const GUARD_OUT: BatchItem = {
  name: 'mgate_guard_out',
  text: qualified('delete from pg_temp.mgate_guard where k = (select pg_catalog.max(k) from pg_temp.mgate_guard)'),
};

/** Back after a statement that fires constraints itself: all others stay as that has left them. */
export const GUARD_IN: readonly BatchItem[] = [
  { text: 'set constraints pg_temp.mgate_guard_key deferred' },
  GUARD_ROWS,
];

/** What a COMMIT would check, now: with the settings of the file, as in its own, and not with those of our rows. */
export const FIRE_CONSTRAINTS: BatchItem = { text: 'set constraints all immediate' };

/** The guard is back, and so is the state of a transaction's start: deferred constraints wait. */
export const GUARD_IN_ANEW: readonly BatchItem[] = [{ text: 'set constraints all deferred' }, GUARD_ROWS];

/** SET CONSTRAINTS ALL DEFERRED makes those wait too that begin as immediate; these are they, in a list. */
export const INITIALLY_IMMEDIATE = qualified(`
  select pg_catalog.string_agg(distinct pg_catalog.format('%I.%I', n.nspname, k.conname), ', ') from pg_catalog.pg_constraint k
    join pg_catalog.pg_namespace n on n.oid = k.connamespace where k.condeferrable and not k.condeferred`);

/** The guard was in the way of a statement that fires constraints itself. */
export function isOfGuard({ constraint }: ServerError): boolean {
  return constraint === 'mgate_guard_key';
}
