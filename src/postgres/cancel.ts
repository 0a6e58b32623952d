/** Stopping a session from outside: asked until it has stopped, and never a moment longer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { askAsLogin } from './as-login.ts';
import type { Session } from './session.ts';

/** How long each cancel is given: at first little, as one that comes between two messages is lost. After the last the session is ended. */
const GIVEN_MS = [50, 100, 200, 500, 500];
const AGAIN_MS = 500;

export interface CancellationInput {
  /** The backend that is to stop. */
  readonly pid: number;
  /** A session that can ask it to. */
  readonly from: () => Promise<Session>;
  /** The server could not be asked; its own limits remain (statement_timeout, and that it looks whether its client is there). */
  readonly onFailure: (error: Error) => void;
}

/**
 * Cancels what a backend is doing, and asks again: a cancel does nothing to a session that is idle for a moment, and code
 * may catch it. Code that catches being cancelled does not catch being ended.
 */
export class Cancellation {
  private readonly input: CancellationInput;
  private readonly over = new AbortController();
  private asking: Promise<void> | null = null;

  constructor(input: CancellationInput) {
    this.input = input;
  }

  begin(): void {
    this.asking ??= this.ask();
  }

  /** Resolves when nothing that is asked of the session from now on can be cancelled in the place of what was meant. */
  async end(): Promise<void> {
    this.over.abort();
    await this.asking;
  }

  private async ask(): Promise<void> {
    const { pid, from, onFailure } = this.input;
    try {
      const session = await from();
      for (let time = 0; !this.over.signal.aborted; time += 1) {
        const stop = time < GIVEN_MS.length ? 'pg_cancel_backend' : 'pg_terminate_backend';
        await askAsLogin(session, `select pg_catalog.${stop}($1)`, [String(pid)]);
        await sleep(GIVEN_MS[time] ?? AGAIN_MS, undefined, { signal: this.over.signal }).catch(() => undefined);
      }
    } catch (error) {
      onFailure(error as Error);
    }
  }
}
