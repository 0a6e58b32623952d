/** Our own rows, written as apply would write them: what speaks against that is found in the dry run. */
import { randomUUID } from 'node:crypto';
import type { PlannedMigration } from '../../../plan/plan.ts';
import type { Conversation } from '../../../rehearsal/conversation.ts';
import type { AttemptInput } from '../../../rehearsal/input.ts';
import {
  createTrackingItems,
  historyItem,
  makesTracking,
  proveItem,
  type RunStamp,
  recordItem,
} from '../../shared/tracking.ts';

export class Records {
  /** The pending migration that makes the tracking table itself, where there is none yet. */
  readonly creator: PlannedMigration | null;
  private readonly input: AttemptInput;
  private readonly stamp: RunStamp;
  private readonly talk: Conversation;
  /** There is a table to write into. */
  private recordable: boolean;
  /** Some file may look at the rows. */
  private readonly matter: boolean;
  private unrecorded: PlannedMigration[] = [];

  constructor(input: AttemptInput, stamp: RunStamp, talk: Conversation) {
    const { tracking } = input.bench;
    const { pending } = input.plan;
    this.input = input;
    this.stamp = stamp;
    this.talk = talk;
    this.recordable = tracking.complete;
    this.matter = pending.some((one) => one.namesTracking);
    this.creator = tracking.exists ? null : (pending.find(makesTracking) ?? null);
  }

  begin(): void {
    if (!this.input.bench.tracking.exists && !this.creator) this.makeTable();
  }

  /** The first and the last show what there is to find; those between are written only where some file may look at them. */
  record(migration: PlannedMigration): void {
    const { plan } = this.input;
    const { stamp } = this;
    const { pending } = plan;
    const shows = migration === pending[0] || migration === pending.at(-1) || migration === this.creator;
    if (shows || this.matter) this.unrecorded.push(migration);
    if (migration === this.creator) this.makeTable();
    if (!this.recordable) return;
    for (const { version, name, checksum } of this.unrecorded.splice(0)) {
      const none = { errorMessage: null, executionTimeMs: 0 };
      const done = { version, name, checksum, status: 'completed', progress: null, ...none } as const;
      const id = randomUUID();
      for (const item of [
        recordItem(stamp, done),
        historyItem(stamp, { id, version, status: 'success', ...none }),
        proveItem(stamp, done, id),
      ])
        this.talk.say(item, { kind: 'record' });
    }
  }

  private makeTable(): void {
    this.talk.control(...createTrackingItems(this.input.bench.tracking.schema));
    this.recordable = true;
  }
}
