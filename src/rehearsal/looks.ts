/**
 * When the rehearsal looks at what a statement did, and what it keeps of that: in the statement's entry, and over all of
 * them.
 */

import type { BatchItem } from '../postgres/session.ts';
import { LOCK_MODES, type Touched } from '../report/outcome.ts';
import type { Statement } from '../sql/statement.ts';
import type { Said, Sayer } from './conversation.ts';
import { Again } from './endings.ts';
import type { Entry } from './entry.ts';
import type { Knowledge } from './input.ts';
import type { Notes } from './notes.ts';
import {
  isHarmless,
  LOOK_AT_CLOCK,
  LOOK_AT_COLUMNS,
  LOOK_AT_LOCKS,
  type Look,
  mayDropColumns,
  Observer,
  partOf,
  type Seen,
} from './observe.ts';
import type { HeldOutside } from './outside.ts';
import type { Wanted } from './sizes.ts';

/**
 * From this many locks on, reading all of them after every statement would be quadratic: statements that name different
 * relations are looked at together, and what is seen is told apart by the names.
 */
const MANY_LOCKS = 300;
const MOST_TOGETHER = 50;
/** Of these the words tell which relations they are about. */
const NAMES_ALL = /^(?:CREATE|ALTER TABLE|ALTER INDEX|COMMENT|GRANT|INSERT|UPDATE)\b/;
/** A text of this length is taken to name some relation. */
const LONG_CHARACTERS = 20_000;
/** The names of relations are looked for in no more than this of a statement that was not executed. */
const MENTIONED_CHARACTERS = 100_000;

/** What was done until here is no statement's time. */
export const TIMED_FROM_HERE: Said = [LOOK_AT_CLOCK, { kind: 'look', entry: null }];

/** A statement, and the bare names of the relations that it names. */
interface Together {
  readonly entry: Entry;
  readonly names: ReadonlySet<string>;
}

export class Looks {
  /** Row versions that the rollback will leave behind in tables that existed before. */
  deadTuples = 0;
  /** Where what it asks is said. */
  talk: Sayer;
  private readonly notes: Notes;
  private readonly observer = new Observer();
  private anythingBefore = false;
  private namesBefore: ReadonlySet<string> = new Set();
  private locks = 0;
  /** A run of INSERTs that was not looked at yet. */
  private unseen: Entry | null = null;
  /** Statements since the last look. */
  private together: Together[] = [];
  /** Those of which a look is on its way, by the entry that it stands behind. */
  private readonly awaited = new Map<Entry, readonly Together[]>();
  private readonly locked = new Set<string>();
  private readonly mentioned = new Set<string>();
  private readonly knowledge: Knowledge;
  /** How long statements take is told by the looks; else somebody else knows it. */
  tellsTime = true;

  constructor(talk: Sayer, notes: Notes, knowledge: Knowledge) {
    this.talk = talk;
    this.notes = notes;
    this.knowledge = knowledge;
  }

  /** The bare names of the relations that existed before. */
  begin(namesBefore: readonly string[]): void {
    this.anythingBefore = namesBefore.length > 0;
    this.namesBefore = new Set(namesBefore);
  }

  // -- when -----------------------------------------------------------------------------------------------------

  /** Before a statement is said. `apart`: what it does is looked at by itself. */
  before(entry: Entry, { sql }: Statement, apart: boolean): void {
    // The time of a long run of INSERTs is not the next statement's.
    if (this.unseen && this.unseen !== entry && this.unseen.count > 1) this.atUnseen();
    if (this.together.length === 0) return;
    const isFull = this.together.length >= MOST_TOGETHER;
    if (isFull || apart || this.mustBeAlone(entry, sql) || this.isNamed(sql)) this.atTogether();
  }

  /** At the clock always; at the locks too, or later together with others. */
  after(entry: Entry, { sql }: Statement): void {
    if (entry.count > 1) {
      this.unseen = entry;
      return;
    }
    const waits = this.anythingBefore && this.locks >= MANY_LOCKS && !this.mustBeAlone(entry, sql);
    if (waits) this.together.push({ entry, names: new Set(this.namesMentioned(sql)) });
    const item = waits ? LOOK_AT_CLOCK : this.atAll(entry, sql);
    if (item !== LOOK_AT_CLOCK || this.tellsTime) this.talk.say(item, { kind: 'look', entry });
  }

  /** What waited to be looked at. */
  atTogether(): void {
    const last = this.together.at(-1);
    if (!last) return;
    this.awaited.set(last.entry, this.together);
    this.together = [];
    this.talk.say(LOOK_AT_LOCKS, { kind: 'look', entry: last.entry });
  }

  private mustBeAlone({ facts }: Entry, sql: string): boolean {
    if (this.knowledge.looksAtEach || this.notes.phase !== 'up' || sql.length > LONG_CHARACTERS) return true;
    return facts.opaque !== null || !NAMES_ALL.test(facts.command) || mayDropColumns(sql, false);
  }

  /** Something of what waits names a relation that this names too. */
  private isNamed(sql: string): boolean {
    const names = [...this.namesMentioned(sql)];
    return this.together.some((one) => names.some((name) => one.names.has(name)));
  }

  /** The look that tells everything of a statement. */
  atAll({ facts }: Entry, sql: string): BatchItem {
    if (!this.anythingBefore) return LOOK_AT_CLOCK;
    return mayDropColumns(sql, facts.opaque !== null) ? LOOK_AT_COLUMNS : LOOK_AT_LOCKS;
  }

  atUnseen(): void {
    if (!this.unseen) return;
    // Or what waits would be told of the run.
    this.atTogether();
    this.talk.say(this.anythingBefore ? LOOK_AT_LOCKS : LOOK_AT_CLOCK, { kind: 'look', entry: this.unseen });
    this.unseen = null;
  }

  // -- what -----------------------------------------------------------------------------------------------------

  see(look: Look, entry: Entry): void {
    if (look.held === null) return;
    this.locks = look.locks ?? this.locks;
    const seen = this.observer.newSince(look, entry.facts.command === 'TRUNCATE');
    const together = this.awaited.get(entry);
    this.awaited.delete(entry);
    if (together) this.tellApart(seen, look, together);
    else this.note(seen, entry);
  }

  private tellApart(seen: Seen, look: Look, together: readonly Together[]): void {
    const homes = new Map(look.held?.map(({ name, home }) => [name, home]));
    const whose = (relation: string) => together.find(({ names }) => names.has(homes.get(relation) ?? relation));
    for (const one of together)
      this.note(
        partOf(seen, (relation) => whose(relation) === one),
        one.entry,
      );
    const rest = partOf(seen, (relation) => whose(relation) === undefined);
    // A partition, a parent, what CASCADE reaches: nobody can say whose doing it is.
    if (!isHarmless(rest) && together.length > 1) {
      this.knowledge.looksAtEach = true;
      throw new Again();
    }
    const last = together.at(-1);
    if (last) this.note(rest, last.entry);
  }

  private note(seen: Seen, entry: Entry): void {
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

  /** The run has ended: what still waits to be looked at never was, and is judged by what its text names. */
  giveUp(): void {
    for (const { entry, names } of [...this.together, ...[...this.awaited.values()].flat()]) {
      entry.watched = false;
      for (const name of names) this.mentioned.add(name);
    }
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

export function addTouched(known: readonly Touched[], more: readonly Touched[]): readonly Touched[] {
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
