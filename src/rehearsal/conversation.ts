/**
 * What the rehearsal says to the server and hears from it: statements collected into batches, a look after each, and
 * every answer given to whom it belongs.
 */

import type { PlannedMigration } from '../plan/plan.ts';
import { BatchError, type BatchItem, type BatchResult, type Session } from '../postgres/session.ts';
import type { Statement } from '../sql/statement.ts';
import type { Entry } from './entry.ts';
import { LOOK_AT_CLOCK, type Look, readLook } from './observe.ts';

const BATCH_ITEMS = 400;
const BATCH_CHARACTERS = 512 * 1024;

/** What an item of a batch is for. */
export type Slot =
  | StatementSlot
  | { readonly kind: 'look'; readonly entry: Entry | null }
  /** `place`: the last statement before it. */
  | { readonly kind: 'commit'; readonly migration: PlannedMigration; readonly place: Statement | null }
  /** Our own rows. */
  | { readonly kind: 'record' }
  | { readonly kind: 'control' };

export interface StatementSlot {
  readonly kind: 'statement';
  /** May stand for many statements; `statement` is the one that is sent. */
  readonly entry: Entry;
  readonly statement: Statement;
  /** Characters of ours before the user's text. */
  readonly offset: number;
  /** A savepoint stands before it. */
  readonly guarded: boolean;
}

export const CONTROL: Slot = { kind: 'control' };

export type Said = readonly [BatchItem, Slot];

export interface Listener {
  /** Throws when nothing more may be sent. */
  readonly mayGoOn: () => void;
  readonly onLook: (look: Look, entry: Entry) => void;
  /** What an error at `slot` means; `last` is the last statement before it. */
  readonly meaningOf: (error: unknown, slot: Slot, last: StatementSlot | null) => Error;
}

/** Takes what is to be said to the server. */
export interface Sayer {
  say(item: BatchItem, slot: Slot): void;
}

/** And asks within the rehearsal's transaction. */
export interface Talk extends Sayer {
  exchange(...more: readonly Said[]): Promise<readonly BatchResult[]>;
  ask(text: string, values?: readonly string[]): Promise<BatchResult['rows']>;
}

export class Conversation implements Talk {
  private readonly session: Session;
  private readonly listener: Listener;
  private items: BatchItem[] = [];
  private slots: Slot[] = [];
  private characters = 0;
  private inFlight: Promise<unknown> = Promise.resolve();
  private sent: { slots: readonly Slot[]; done: number } = { slots: [], done: 0 };
  /** How many items the server has answered. */
  answered = 0;
  /** When the last look ended, in the server's milliseconds. */
  private lastLook: number | null = null;

  constructor(session: Session, listener: Listener) {
    this.session = session;
    this.listener = listener;
  }

  say(item: BatchItem, slot: Slot): void {
    // Time that passes between two batches is no statement's.
    if (this.items.length === 0 && this.lastLook !== null) this.push(LOOK_AT_CLOCK, { kind: 'look', entry: null });
    this.push(item, slot);
  }

  control(...items: readonly BatchItem[]): void {
    for (const item of items) this.say(item, CONTROL);
  }

  get isFull(): boolean {
    return this.items.length >= BATCH_ITEMS || this.characters >= BATCH_CHARACTERS;
  }

  /** Sends what was said once the batch before is through, and does not wait for it: the next is read meanwhile. */
  async sendOn(): Promise<void> {
    await this.inFlight;
    this.inFlight = this.send();
    // Thrown where it is awaited; until then it must not count as unhandled.
    this.inFlight.catch(() => undefined);
  }

  /** Sends what was said and waits: one result for each item, in order. */
  async exchange(...more: readonly Said[]): Promise<readonly BatchResult[]> {
    await this.inFlight;
    for (const [item, slot] of more) this.say(item, slot);
    return this.send();
  }

  /** A question of ours within the transaction; what waits to be sent goes first. */
  async ask(text: string, values: readonly string[] = []): Promise<BatchResult['rows']> {
    const results = await this.exchange([{ text, values, keep: true }, CONTROL]);
    return results.at(-1)?.rows ?? [];
  }

  /** Waits until nothing is under way; what went wrong with it no longer matters. */
  async fallSilent(): Promise<void> {
    await this.inFlight.catch(() => undefined);
  }

  /** The statement that the server is at, as far as it has told. */
  current(): Entry | null {
    const { slots, done } = this.sent;
    for (const slot of [...slots.slice(done), ...slots.slice(0, done).reverse()]) {
      if ((slot.kind === 'statement' || slot.kind === 'look') && slot.entry) return slot.entry;
    }
    return null;
  }

  private push(item: BatchItem, slot: Slot): void {
    this.items.push(item);
    this.slots.push(slot);
    this.characters += item.text.length;
  }

  private async send(): Promise<readonly BatchResult[]> {
    const [items, slots] = [this.items, this.slots];
    [this.items, this.slots, this.characters] = [[], [], 0];
    if (items.length === 0) return [];
    this.listener.mayGoOn();
    this.sent = { slots, done: 0 };
    try {
      const results = await this.session.batch(items, (index) => {
        this.sent.done = index + 1;
        this.answered += 1;
      });
      this.hear(results, slots);
      return results;
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      this.hear(error.completed, slots);
      // Until a ROLLBACK TO nothing else would be answered: the next batch begins without a look.
      this.lastLook = null;
      const at = error.completed.length;
      const last = slots.slice(0, at).findLast((slot) => slot.kind === 'statement') ?? null;
      throw this.listener.meaningOf(error.cause, slots[at] ?? CONTROL, last);
    }
  }

  private hear(results: readonly BatchResult[], slots: readonly Slot[]): void {
    for (const [index, result] of results.entries()) {
      const slot = slots[index];
      if (slot?.kind === 'statement' && slot.offset === 0) {
        slot.entry.executed = true;
        slot.entry.ran += 1;
        const rows = / (\d+)$/.exec(result.tag ?? '')?.[1];
        if (rows !== undefined) slot.entry.rows = (slot.entry.rows ?? 0) + Number(rows);
      } else if (slot?.kind === 'look') {
        this.hearLook(readLook(result), slot.entry);
      }
    }
  }

  private hearLook(look: Look, entry: Entry | null): void {
    if (entry) {
      if (this.lastLook !== null) entry.ms = thousandths((entry.ms ?? 0) + look.statementEndedAt - this.lastLook);
      this.listener.onLook(look, entry);
    }
    this.lastLook = look.endedAt;
  }
}

function thousandths(ms: number): number {
  return Math.max(0, Math.round(ms * 1_000) / 1_000);
}
