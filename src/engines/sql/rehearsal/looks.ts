/**
 * When the rehearsal looks at what a statement did, and what it keeps of that: in the statement's entry, and over all of
 * them.
 */

import type { BatchItem } from '../../../postgres/session.ts';
import { LOCK_MODES, type Touched } from '../../../report/outcome.ts';
import type { Statement } from '../../../sql/statement.ts';
import type { Conversation, Said } from './conversation.ts';
import type { Entry } from './entry.ts';
import type { Notes } from './notes.ts';
import { LOOK_AT_CLOCK, LOOK_AT_COLUMNS, LOOK_AT_LOCKS, type Look, mayDropColumns, Observer } from './observe.ts';
import type { HeldOutside } from './outside.ts';
import type { Wanted } from './sizes.ts';

/** From this many locks on, reading all of them after every statement would be quadratic: only where one may have been added that matters. */
const MANY_LOCKS = 1_000;
/** A text of this length is taken to name some relation. */
const LONG_CHARACTERS = 20_000;
/** The names of relations are looked for in no more than this of a statement that was not executed. */
const MENTIONED_CHARACTERS = 100_000;

/** What was done until here is no statement's time. */
export const TIMED_FROM_HERE: Said = [LOOK_AT_CLOCK, { kind: 'look', entry: null }];

export class Looks {
  /** Row versions that the rollback will leave behind in tables that existed before. */
  deadTuples = 0;
  private readonly talk: Conversation;
  private readonly notes: Notes;
  private readonly observer = new Observer();
  private anythingBefore = false;
  private namesBefore: ReadonlySet<string> = new Set();
  private locks = 0;
  /** A statement whose locks were not looked at yet. */
  private unseen: Entry | null = null;
  private readonly locked = new Set<string>();
  private readonly mentioned = new Set<string>();

  constructor(talk: Conversation, notes: Notes) {
    this.talk = talk;
    this.notes = notes;
  }

  /** The bare names of the relations that existed before. */
  begin(namesBefore: readonly string[]): void {
    this.anythingBefore = namesBefore.length > 0;
    this.namesBefore = new Set(namesBefore);
  }

  // -- when -----------------------------------------------------------------------------------------------------

  /** At the clock always, at the locks where the statement may have added one that matters. */
  after(entry: Entry, statement: Statement): void {
    if (entry.count > 1) {
      this.unseen = entry;
      return;
    }
    const worthIt = this.locks < MANY_LOCKS || entry.facts.opaque !== null || this.mentionsRelation(statement.sql);
    this.unseen = this.anythingBefore && !worthIt ? entry : null;
    const look = worthIt ? this.atAll(entry, statement.sql) : LOOK_AT_CLOCK;
    this.talk.say(look, { kind: 'look', entry });
  }

  /** The look that tells everything of a statement. */
  atAll({ facts }: Entry, sql: string): BatchItem {
    if (!this.anythingBefore) return LOOK_AT_CLOCK;
    return mayDropColumns(sql, facts.opaque !== null) ? LOOK_AT_COLUMNS : LOOK_AT_LOCKS;
  }

  /** The time of a long run of INSERTs is not the next statement's. */
  endRunBefore(entry: Entry): void {
    if (this.unseen && this.unseen !== entry && this.unseen.count > 1) this.atUnseen();
  }

  atUnseen(): void {
    if (!this.unseen) return;
    this.talk.say(this.anythingBefore ? LOOK_AT_LOCKS : LOOK_AT_CLOCK, { kind: 'look', entry: this.unseen });
    this.unseen = null;
  }

  private mentionsRelation(sql: string): boolean {
    return sql.length > LONG_CHARACTERS || this.namesMentioned(sql).next().done === false;
  }

  // -- what -----------------------------------------------------------------------------------------------------

  see(look: Look, entry: Entry): void {
    if (look.held === null) return;
    this.locks = look.locks ?? this.locks;
    const seen = this.observer.newSince(look, entry.facts.command === 'TRUNCATE');
    entry.locks = [...entry.locks, ...seen.locks];
    entry.rewrites = [...entry.rewrites, ...seen.rewrites];
    entry.scans = [...entry.scans, ...seen.scans];
    entry.touched = addTouched(entry.touched, seen.touched);
    entry.dropped = [...entry.dropped, ...seen.dropped];
    entry.droppedViews = [...entry.droppedViews, ...seen.droppedViews];
    entry.truncated = [...entry.truncated, ...seen.truncated];
    entry.emptied = [...entry.emptied, ...seen.emptied];
    entry.goneColumns = [...entry.goneColumns, ...seen.goneColumns];
    for (const { inserted, updated } of seen.touched) this.deadTuples += inserted + updated;
    if (this.notes.phase === 'up') for (const lock of seen.locks) this.locked.add(lock.relation);
  }

  /** What the statement held at which it ended: its own session cannot tell any more. */
  seeFromOutside(held: readonly HeldOutside[], entry: Entry): void {
    for (const { relation, modes } of held) {
      const strongest = Math.max(...modes.map((mode) => LOCK_MODES.indexOf(mode)));
      if (strongest <= this.observer.strengthSeen(relation)) continue;
      const lock = { relation, mode: LOCK_MODES[strongest] ?? 'unknown', preexisting: true };
      entry.locks = [...entry.locks, lock];
      this.locked.add(relation);
    }
  }

  /** What was not executed is judged by what its text names: that must be known by its size too. */
  mention(sql: string): void {
    for (const name of this.namesMentioned(sql.slice(0, MENTIONED_CHARACTERS))) this.mentioned.add(name);
  }

  /** What was locked or would have been. */
  get wanted(): Wanted {
    return { relations: [...this.locked], bare: [...this.mentioned] };
  }

  get sequencesAdvanced(): readonly string[] {
    return [...this.observer.sequencesAdvanced].sort();
  }

  /** Bare names of relations that existed before and stand in a text. */
  private *namesMentioned(sql: string): Generator<string> {
    for (const [word] of sql.matchAll(/[\p{L}_][\p{L}\p{N}_$]*/gu)) {
      if (this.namesBefore.has(word)) yield word;
      else if (this.namesBefore.has(word.toLowerCase())) yield word.toLowerCase();
    }
    for (const [, quoted = ''] of sql.matchAll(/"((?:[^"]|""){1,200})"/g)) {
      const name = quoted.replaceAll('""', '"');
      if (this.namesBefore.has(name)) yield name;
    }
  }
}

function addTouched(known: readonly Touched[], more: readonly Touched[]): readonly Touched[] {
  if (more.length === 0) return known;
  const sums = new Map(known.map((one) => [one.relation, one]));
  for (const one of more) {
    const before = sums.get(one.relation) ?? { inserted: 0, updated: 0, deleted: 0 };
    sums.set(one.relation, {
      relation: one.relation,
      inserted: before.inserted + one.inserted,
      updated: before.updated + one.updated,
      deleted: before.deleted + one.deleted,
    });
  }
  return [...sums.values()];
}
