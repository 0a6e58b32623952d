/**
 * Lets a statement that waits for older transactions by nature (CREATE INDEX CONCURRENTLY, ...) wait as long as it must: our
 * lock_timeout would cut it, and leave an invalid index. Before it the setting is taken away and after it put back, by
 * messages of ours that the tool sees no answer of. What the tool says meanwhile is held, so that nothing is mixed.
 */
import { Sieve } from './sieve.ts';
import type { Transcript } from './transcript.ts';
import { type Frame, readFields, say, textAt } from './wire.ts';

export interface Surroundings {
  /** lock_timeout as the server shows what we have set; null: we have set none, or none is in force. */
  readonly lockTimeout: string | null;
  readonly transcript: Transcript;
  /** These messages of the tool go to the server next: for the transcript. */
  readonly heard: (frames: readonly Frame[]) => void;
  /** To the server. */
  readonly write: (bytes: readonly Buffer[]) => void;
  readonly cancel: () => void;
}

type State =
  | 'as it is'
  /** Ours is under way; what the tool says is held. */
  | 'lifting'
  | 'restoring'
  /** The tool's statement may go, up to its Sync; what comes after it is held. */
  | 'lifted'
  /** It could not be put back yet, as the tool is in a transaction: as soon as it is out of it. */
  | 'owing';

/** Not the tool's unnamed statement, nor one that it could have. */
const NAME = 'mgate_lock_timeout';
/** A statement whose text is longer is none that waits. */
const LONGEST_BYTES = 60_000;

export class Unhurried {
  private readonly around: Surroundings;
  private readonly sieve = new Sieve(
    (type) => this.isOurs && OUR_ANSWERS.has(type),
    (frame) => this.answered(frame),
  );
  private state: State = 'as it is';
  private held: Frame[] = [];
  /** The last of the messages that the tool's statement ends with has been passed on. */
  private isSent = false;
  /** It was still ours, and is taken away. */
  private isLifted = false;
  private cancelAsked = false;

  constructor(around: Surroundings) {
    this.around = around;
  }

  /** Bytes of the tool's that wait here. */
  get heldBytes(): number {
    return this.held.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** The tool said this. */
  hear(frames: readonly Frame[]): void {
    this.held.push(...frames);
    this.pump();
  }

  /** The tool wants its statement cancelled, which may not have been sent yet. */
  cancel(): void {
    if (this.state === 'lifting') this.cancelAsked = true;
    // Its own is over: nothing is left to cancel.
    else if (this.state !== 'restoring') this.around.cancel();
  }

  /** What of the server's bytes is the tool's. Throws where they are no messages. */
  sift(chunk: Buffer): Buffer[] {
    return this.sieve.push(chunk);
  }

  /** After the transcript has read what came. */
  look(): void {
    const { status } = this.around.transcript;
    if (status === null || !this.isSent || (this.state !== 'lifted' && this.state !== 'owing')) return;
    if (!this.isLifted) this.state = 'as it is';
    else if (status === 'I') {
      this.state = 'restoring';
      this.around.write([setting(this.around.lockTimeout ?? '', '0')]);
    } else this.state = 'owing';
    this.pump();
  }

  private get isOurs(): boolean {
    return this.state === 'lifting' || this.state === 'restoring';
  }

  /** Passes on what need not be held. */
  private pump(): void {
    const next: Buffer[] = [];
    let at = 0;
    while (at < this.held.length && !this.isOurs && !(this.state === 'lifted' && this.isSent)) {
      const frames = upToEnd(this.held, at);
      if (this.begins(frames)) {
        this.state = 'lifting';
        this.isSent = false;
        this.isLifted = false;
        next.push(setting('0', this.around.lockTimeout ?? ''));
        break;
      }
      this.isSent = ENDS.has(frames.at(-1)?.type ?? '');
      at += frames.length;
      this.around.heard(frames);
      for (const { bytes } of frames) next.push(bytes);
    }
    this.held = this.held.slice(at);
    if (next.length > 0) this.around.write(next);
  }

  /** Whether a statement that waits is among these, and nothing is under way. */
  private begins(frames: readonly Frame[]): boolean {
    const { lockTimeout, transcript } = this.around;
    if (lockTimeout === null || this.state !== 'as it is' || transcript.status !== 'I') return false;
    return frames.some(
      (frame) =>
        ASKS.has(frame.type) && frame.bytes.length < LONGEST_BYTES && transcript.wordingOf(frame)?.waitsForOthers,
    );
  }

  /** The server answers ours. What it says as it ends the connection is for the tool. */
  private answered(frame: Frame): Buffer | null {
    if (frame.type === 'E' && readFields(frame).get('V') === 'FATAL') return frame.bytes;
    if (frame.type === 'C' && this.state === 'lifting') this.isLifted = textAt(frame, 0).text === 'SELECT 1';
    if (frame.type === 'C' && this.state === 'restoring') this.isLifted = false;
    if (frame.type === 'Z') this.next();
    return null;
  }

  private next(): void {
    if (this.state === 'lifting') this.state = 'lifted';
    else {
      // Where it could not be put back, it is after what the tool says next.
      this.state = this.isLifted ? 'owing' : 'as it is';
      this.isSent = false;
    }
    this.pump();
    if (this.cancelAsked) this.around.cancel();
    this.cancelAsked = false;
  }
}

/** Sets lock_timeout where it still is what it was. */
function setting(value: string, where: string): Buffer {
  const sql = `select pg_catalog.set_config('lock_timeout', $1, false)
    where pg_catalog.current_setting('lock_timeout') operator(pg_catalog.=) $2`;
  return Buffer.concat([
    say.parse(NAME, sql),
    say.bind(NAME, NAME, [value, where]),
    say.execute(NAME),
    say.close('S', NAME),
    say.sync,
  ]);
}

/** From a place on, up to what the server answers with ReadyForQuery, or all. */
function upToEnd(frames: readonly Frame[], from: number): readonly Frame[] {
  let end = from;
  while (end < frames.length && !ENDS.has(frames[end]?.type ?? '')) end += 1;
  return frames.slice(from, end + 1);
}

/** What a statement comes with. */
const ASKS: ReadonlySet<string> = new Set([...'QPB']);

/** What the server answers with ReadyForQuery. */
const ENDS: ReadonlySet<string> = new Set([...'QSF']);

/** Parse, Bind, rows, tag, Close, and the end or the error of it. What comes of its own accord is the tool's. */
const OUR_ANSWERS: ReadonlySet<string> = new Set([...'12DC3EZ']);
