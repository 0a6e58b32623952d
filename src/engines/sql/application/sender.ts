/** What is sent to the server when it is for real, and which statement of whose it was that failed. */
import type { PlannedMigration } from '../../../plan/plan.ts';
import { BatchError, type BatchItem, type BatchResult, type Session } from '../../../postgres/session.ts';
import type { Statement } from '../../../sql/statement.ts';

const BATCH_ITEMS = 400;
const BATCH_CHARACTERS = 512 * 1024;

export interface StatementOrigin {
  readonly statement: Statement;
  readonly migration: PlannedMigration;
}

/** What an item of a batch is to us: a statement of the user's, or something that we wait to hear of. */
export type Origin =
  | StatementOrigin
  /** Called with the first value of its row, or null. */
  | { readonly heard: (value: string | null) => void }
  /** An error there is told as what it means. */
  | { readonly meaning: (error: unknown) => unknown }
  | null;
export type Pair = readonly [BatchItem, Origin];

/** A migration that failed for good, with the statement at fault where one is. */
export class MigrationFailed extends Error {
  readonly statement: Statement | null;
  /** The statement's; null where none is at fault. */
  readonly migration: PlannedMigration | null;
  readonly error: unknown;
  constructor(origin: Origin, error: unknown) {
    super('a migration failed', { cause: error });
    const { statement = null, migration = null } = origin && 'statement' in origin ? origin : {};
    this.statement = statement;
    this.migration = migration;
    this.error = error;
  }
}

/** Collects items and sends them in batches, one ahead: the next is read from the file while the server works. */
export class Sender {
  private readonly session: Session;
  private items: BatchItem[] = [];
  private origins: Origin[] = [];
  private characters = 0;
  private inFlight: Promise<void> = Promise.resolve();

  constructor(session: Session) {
    this.session = session;
  }

  add(item: BatchItem, origin: Origin): void {
    this.items.push(item);
    this.origins.push(origin);
    this.characters += item.text.length;
  }

  get isFull(): boolean {
    return this.items.length >= BATCH_ITEMS || this.characters >= BATCH_CHARACTERS;
  }

  /** Waits for the batch before, then sends this one without waiting for it. */
  async flush(): Promise<void> {
    await this.inFlight;
    const [items, origins] = [this.items, this.origins];
    this.items = [];
    this.origins = [];
    this.characters = 0;
    if (items.length === 0) return;
    const hear = (index: number, result: BatchResult) => {
      const origin = origins[index];
      if (origin && 'heard' in origin) origin.heard(result.rows[0]?.[0] ?? null);
    };
    this.inFlight = this.session.batch(items, hear).then(
      () => undefined,
      (error) => {
        if (!(error instanceof BatchError)) throw error;
        const origin = origins[error.completed.length] ?? null;
        throw new MigrationFailed(origin, origin && 'meaning' in origin ? origin.meaning(error.cause) : error.cause);
      },
    );
    // Thrown where it is awaited; until then it must not count as unhandled.
    this.inFlight.catch(() => undefined);
  }

  async drained(): Promise<void> {
    await this.inFlight;
  }
}
