/** What of a statement is the same in each run of the same migrations: values that a clock or chance has given are not. Pure. */
import { formOf, isAboutRows } from '../../report/values.ts';

const DAY_MS = 86_400_000;
/** A moment as drivers write it: a date, mostly with a time. */
const MOMENT = /'(\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?)'/g;
/** By chance (version 4) or by clock (1, 6, 7). */
const UUID = /'[0-9a-f]{8}-[0-9a-f]{4}-[1467][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'/gi;

/**
 * Drivers write values into the text of what is done to rows: there only what is done counts. Elsewhere they count, but for
 * moments of `nowMs`, give or take a day, and identifiers made by chance (a default of Django's that is called).
 */
export function constantForm(sql: string, nowMs: number): string {
  if (isAboutRows(sql)) return formOf(sql);
  return sql
    .replace(UUID, '?')
    .replace(MOMENT, (whole, moment: string) => (Math.abs(Date.parse(moment) - nowMs) <= DAY_MS ? '?' : whole));
}
