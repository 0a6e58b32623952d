/** Transactions at the session that applies: rolled back, tried again, and the session cleared between two files. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedMigration } from '../../../plan/plan.ts';
import { readServerError } from '../../../postgres/failure.ts';
import { keepLock, lockKey } from '../../../postgres/lock.ts';
import { type BatchItem, DEALLOCATE_ALL } from '../../../postgres/session.ts';
import { clearItems, resetItems, type WorkSettings } from '../../../postgres/settings.ts';
import { isContention } from '../../../rehearsal/endings.ts';
import { backoff } from '../../../rehearsal/rehearse.ts';
import { cancelled, type Stop } from '../../../report/stop.ts';
import { duration } from '../../../report/text.ts';
import { lockTaken } from '../../shared/refusals.ts';
import type { Workbench } from '../../shared/workbench.ts';
import { MigrationFailed } from './sender.ts';

export class Transactions {
  /** A file has prepared statements of its own, which are not to reach the next. */
  prepares = false;
  private readonly bench: Workbench;
  private readonly reset: readonly BatchItem[];
  /** The same after a COMMIT that role and settings were reset before. */
  private readonly clear: readonly BatchItem[];

  constructor(bench: Workbench) {
    this.bench = bench;
    this.reset = resetItems(bench.armed);
    this.clear = clearItems(bench.armed);
  }

  /**
   * Runs a transaction, again and whole when it lost to somebody else's lock. Rolled back when it throws. `afterwards`: what
   * brings the session back to where it was before the transaction, if that is not where every file begins; `attempt`:
   * which one this is.
   */
  async retrying(
    migration: PlannedMigration | undefined,
    transaction: () => Promise<void>,
    { attempt: first = 1, afterwards }: { readonly attempt?: number; readonly afterwards?: readonly BatchItem[] } = {},
  ): Promise<void> {
    const { request, signal } = this.bench;
    for (let attempt = first; ; attempt += 1) {
      try {
        return await transaction();
      } catch (error) {
        if (!lostToALock(error) || attempt > request.lockRetries || signal.aborted) {
          await this.rollBack();
          throw error;
        }
        await this.again(migration, error, attempt, afterwards);
        if (signal.aborted) throw stopped();
      }
    }
  }

  /** Rolls back, and waits a moment before the next attempt. */
  async again(
    migration: PlannedMigration | undefined,
    error: unknown,
    attempt: number,
    afterwards?: readonly BatchItem[],
  ): Promise<void> {
    const { request, log, signal } = this.bench;
    await this.rollBack(afterwards);
    const { message, code } = readServerError(error instanceof MigrationFailed ? error.error : error);
    const pause = backoff(attempt);
    log.line(
      `${migration?.file}: ${message} (${code}); rolled back, trying again in ${duration(pause)} (${attempt} of ${request.lockRetries})`,
    );
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }

  /** A file may have given up the advisory lock: no other goes on without it. */
  async keepLock(file: string): Promise<void> {
    const { session, tracking, request } = this.bench;
    const holder = await keepLock(session, lockKey(tracking.schema));
    if (holder) throw lockTaken(file, holder, request.run);
  }

  /** Between two files. */
  resetting(): readonly BatchItem[] {
    return this.withoutPrepared(this.reset);
  }

  /** Between two files, after a COMMIT that role and settings were reset before. */
  clearing(): readonly BatchItem[] {
    return this.withoutPrepared(this.clear);
  }

  private withoutPrepared(items: readonly BatchItem[]): readonly BatchItem[] {
    const all = this.prepares ? [...items, DEALLOCATE_ALL] : items;
    this.prepares = false;
    return all;
  }

  async rollBack(afterwards: readonly BatchItem[] = this.resetting()): Promise<void> {
    const { session, log } = this.bench;
    if (session.lost) return;
    await session.batch([{ text: 'rollback' }, ...afterwards]).catch((error: Error) => {
      log.detail(`rollback: ${error.message}`);
    });
  }
}

/** A statement of a migration's lost to somebody else's lock. */
export function lostToALock(error: unknown): boolean {
  return error instanceof MigrationFailed && isContention(readServerError(error.error));
}

export function limitsOf({ request }: Workbench, { script }: PlannedMigration): WorkSettings {
  const { lockTimeoutMs, statementTimeoutMs } = script.directives;
  return {
    lockTimeoutMs: lockTimeoutMs ?? request.lockTimeoutMs,
    statementTimeoutMs: statementTimeoutMs ?? request.statementTimeoutMs,
  };
}

export function stopped(): Stop {
  return cancelled('while applying', 'Run it again: it goes on with what is still pending.');
}
