/** What all parts of the stage share: the line, the director, and how a statement of the tool's goes out and is cancelled. */
import type { BatchItem } from '../../postgres/session.ts';
import { CopyIn } from './copy.ts';
import type { Director, Said, Told } from './director.ts';
import type { Line } from './line.ts';
import type { Seat } from './seat.ts';
import { type Frame, say } from './wire.ts';

/** Fails in any transaction, and leaves it aborted as any other error does. */
const FAILS = 'mgate fails here';

export interface Passed {
  readonly error: Frame | null;
  /** Milliseconds. */
  readonly ms: number;
}

export class Play {
  readonly line: Line;
  readonly director: Director;
  /** Connections that were admitted, and statements that they sent. */
  readonly seen = { connections: 0, statements: 0 };
  private readonly onBroken: (why: unknown) => void;
  private running: { readonly seat: Seat; begun: boolean; cancelled: boolean } | null = null;
  private cancelling: void | Promise<void> = undefined;
  private readonly done: (readonly [Said, Told])[] = [];

  constructor(line: Line, director: Director, onBroken: (why: unknown) => void) {
    this.line = line;
    this.director = director;
    this.onBroken = onBroken;
  }

  /** On its way to the server; nobody waits for it, and it cannot fail. */
  post(items: readonly BatchItem[], first: readonly Buffer[] = []): void {
    if (items.length + first.length > 0) this.line.batch(items, first).catch((error) => this.onBroken(error));
  }

  /** The director is told of it with `tellDone`, before anything else is done: the tool has its answer first. */
  noteDone(said: Said, told: Told): void {
    this.done.push([said, told]);
  }

  /** Null: there is nothing to tell. */
  tellDone(): Promise<void> | null {
    return this.done.length === 0 ? null : this.tell();
  }

  private async tell(): Promise<void> {
    for (const [said, told] of this.done.splice(0)) await this.director.after(said, told);
  }

  /** For the server too the transaction has failed now. */
  async failForServer(): Promise<void> {
    if (this.line.status !== 'E') await this.line.speak(FAILS, () => undefined);
  }

  /** Passes what the tool asks to have executed. `copyEnd`: what ends the exchange if it is a COPY; else it ends by itself. */
  async run(
    seat: Seat,
    bytes: readonly Buffer[],
    onFrame: (frame: Frame) => void,
    { isCopy, copyEnd }: { readonly isCopy: boolean; readonly copyEnd: readonly Buffer[] },
  ): Promise<Passed> {
    const errors: Frame[] = [];
    const running = { seat, begun: false, cancelled: false };
    const started = performance.now();
    let isOpen = isCopy && copyEnd.length > 0;
    this.running = running;
    await this.line.pass(
      bytes,
      (frame) => {
        if (frame.type === 'E') errors.push(frame);
        if (frame.type === 'G') {
          isOpen = false;
          this.copyFrom(seat, copyEnd);
        } else if (frame.type === 'E' && seat.copy) {
          seat.copy.refused();
        } else if (isOpen && (frame.type === 'E' || frame.type === 'C')) {
          isOpen = false;
          this.line.more(copyEnd);
        }
        onFrame(frame);
      },
      {
        open: isCopy,
        onBegin: () => {
          running.begun = true;
          if (running.cancelled) this.cancelling = this.director.cancel();
        },
      },
    );
    const ms = performance.now() - started;
    this.running = null;
    // A cancel that comes late must not hit what is not meant.
    if (this.cancelling) await this.cancelling;
    this.cancelling = undefined;
    return { error: errors[0] ?? null, ms };
  }

  private copyFrom(seat: Seat, end: readonly Buffer[]): void {
    seat.copy = new CopyIn(seat, this.line, end);
    const last = seat.queue.indexOf('leave');
    const said = seat.queue.splice(0, last < 0 ? seat.queue.length : last) as Frame[];
    // It may have been stopped for what waits here.
    seat.waiting = 0;
    seat.caller.resume();
    const behind = seat.queue.splice(0);
    for (const frame of seat.copy.take(said)) {
      seat.queue.push(frame);
      seat.waiting += frame.bytes.length;
    }
    for (const one of behind) seat.queue.push(one);
    if (seat.hasLeft) seat.copy?.fail('the connection was closed');
  }

  cancel(seat: Seat): void {
    const { running } = this;
    if (running?.seat !== seat || running.cancelled) return;
    running.cancelled = true;
    if (running.begun) this.cancelling = this.director.cancel();
  }
}

export const SYNC = [say.sync] as const;
