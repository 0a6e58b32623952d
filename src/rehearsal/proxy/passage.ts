/** One connection of a tool and the session on the target that it has for itself: every byte as it is, and written down. */
import { performance } from 'node:perf_hooks';
import type { Loan, Session } from '../../postgres/session.ts';
import { Announcer, type Announcing } from './announcer.ts';
import type { Caller } from './caller.ts';
import { READ_OF_SERVER, type Said, Transcript } from './transcript.ts';
import { Unhurried } from './unhurried.ts';
import { type Frame, FrameReader } from './wire.ts';

export interface PassageInput {
  readonly caller: Caller;
  readonly session: Session;
  readonly pid: number;
  /** The database that it is on. */
  readonly database: string;
  /** lock_timeout as the server shows what we have set, which must not cut CONCURRENTLY; null: it is not ours, or none. */
  readonly lockTimeout: string | null;
  readonly tell: (said: Said) => void;
  /** pg_cancel_backend, from elsewhere. */
  readonly cancel: (pid: number) => void;
  readonly announce: Announcing['announce'];
  /** What the server says is none of its protocol. */
  readonly onNonsense: (why: string) => void;
}

/** Beyond it the tool is not read: but for that, its end is noticed while CONCURRENTLY waits. */
const MOST_HELD_BYTES = 1_000_000;

export class Passage {
  readonly caller: Caller;
  readonly pid: number;
  readonly transcript: Transcript;
  private readonly input: PassageInput;
  private readonly loan: Loan;
  private readonly announcer: Announcer;
  private readonly unhurried: Unhurried;
  /** The tool is not read, as too much of it is held. */
  private isPaused = false;
  private readonly reader = new FrameReader((type) => READ_OF_SERVER.has(type));

  /** From now on the two speak with each other. */
  constructor(input: PassageInput) {
    const { caller, session, pid, database, lockTimeout, tell, announce } = input;
    this.input = input;
    this.caller = caller;
    this.pid = pid;
    this.transcript = new Transcript({ caller: caller.id, database }, tell);
    this.announcer = new Announcer({
      transcript: this.transcript,
      pass: (frames) => {
        this.unhurried.hear(frames);
        this.ease();
      },
      announce,
    });
    this.unhurried = new Unhurried({
      lockTimeout,
      transcript: this.transcript,
      heard: (frames) => {
        const now = performance.now();
        for (const frame of frames) this.transcript.heard(frame, now);
      },
      write: (bytes) => this.write(bytes),
      cancel: () => input.cancel(pid),
    });
    this.loan = session.lend((chunk) => this.answered(chunk));
    caller.onDrain(() => this.loan.resume());
    this.loan.onDrain(() => caller.resume());
  }

  hear(frames: readonly Frame[]): void {
    this.announcer.hear(frames);
    if (this.heldBytes <= MOST_HELD_BYTES) return;
    this.isPaused = true;
    this.caller.pause();
  }

  cancel(): void {
    this.unhurried.cancel();
  }

  /** Resolves when the session is closed. */
  end(why: string): Promise<void> {
    this.announcer.end();
    this.transcript.over(why, performance.now());
    // Without being read the server's end of the connection would not be seen.
    this.loan.resume();
    return this.input.session.end();
  }

  private write(bytes: readonly Buffer[]): void {
    const [only] = bytes;
    if (!this.loan.write(bytes.length === 1 && only ? only : Buffer.concat(bytes))) this.caller.pause();
  }

  private answered(chunk: Buffer): void {
    const now = performance.now();
    try {
      for (const bytes of this.unhurried.sift(chunk)) {
        for (const frame of this.reader.push(bytes)) this.transcript.answered(frame, now);
        if (!this.caller.send(bytes)) this.loan.pause();
      }
    } catch (error) {
      this.input.onNonsense(`the server does not speak its protocol: ${(error as Error).message}`);
      this.input.session.drop();
      return;
    }
    this.unhurried.look();
    this.ease();
  }

  private ease(): void {
    if (!this.isPaused || this.heldBytes > MOST_HELD_BYTES) return;
    this.isPaused = false;
    this.caller.resume();
  }

  private get heldBytes(): number {
    return this.announcer.heldBytes + this.unhurried.heldBytes;
  }
}
