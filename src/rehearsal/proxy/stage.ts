/**
 * The tool's connections, played on one session inside one transaction that never commits. Each of them is told what it
 * would be told by a server of its own: its BEGIN is a savepoint, its COMMIT releases it, a statement outside of a block
 * has a savepoint to itself, and what it may not do here is said to be done and is written down as not executed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchError } from '../../postgres/session.ts';
import { Belongings } from './belongings.ts';
import type { Admission, Caller, Host } from './caller.ts';
import { Control } from './control.ts';
import { isCopyData } from './copy.ts';
import type { Director } from './director.ts';
import { Extended } from './extended.ts';
import type { Line } from './line.ts';
import { StartupError } from './parameters.ts';
import { Play } from './play.ts';
import { Seat } from './seat.ts';
import { Simple } from './simple.ts';
import { Statements } from './statements.ts';
import { Transactions } from './transactions.ts';
import { answer, errorFields, type Frame } from './wire.ts';

export type { Decision, Director, Said, Told } from './director.ts';

/** One that is in a transaction and says nothing for so long lets others have a turn: it may be waiting for them. */
const QUIET_MS = 150;
/** Processes that the tool left behind may hold a connection for ever. */
const EMPTY_LOOK_MS = 5;
const EMPTY_LOOKS = 200;
/** No more of what one connection says is held while it waits. */
const MOST_WAITING = 4 * 1024 * 1024;
const MAINTENANCE = ['postgres', 'template1'];

export class Stage implements Host {
  private readonly line: Line;
  private readonly director: Director;
  private readonly play: Play;
  private readonly transactions: Transactions;
  private readonly belongings: Belongings;
  private readonly control: Control;
  private readonly simple: Simple;
  private readonly extended: Extended;
  private readonly seats = new Map<Caller, Seat>();
  private turn: Seat | null = null;
  /** What the server reports of settings is for whoever has the turn. */
  private isChanging = false;
  private isPlaying = false;
  private playing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | null = null;
  private isOver = false;
  private heard: Seat | null = null;
  private fail: (why: unknown) => void = () => undefined;
  /** Rejects when the play cannot go on. */
  readonly broken: Promise<never>;

  constructor(line: Line, director: Director) {
    this.line = line;
    this.director = director;
    this.broken = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.broken.catch(() => undefined);
    this.play = new Play(line, director, (why) => this.breakOff(why));
    this.transactions = new Transactions(this.play);
    this.belongings = new Belongings(this.play, () => this.seats.size);
    const statements = new Statements(this.play, this.transactions);
    this.control = new Control(this.play, this.transactions, statements, this.belongings);
    this.simple = new Simple(this.play, this.transactions, statements, this.control);
    this.extended = new Extended(this.play, this.transactions, statements, this.control);
    line.onDrain(() => {
      for (const seat of this.seats.values()) if (seat.waiting <= MOST_WAITING) seat.caller.resume();
    });
    line.onParameter = (frame) => {
      if (!this.isChanging) this.turn?.tell(frame.bytes);
    };
  }

  /** Connections that were admitted, and statements that they sent. */
  get seen(): { readonly connections: number; readonly statements: number } {
    return this.play.seen;
  }

  /** The server owes an answer to the tool. */
  get isBusy(): boolean {
    return this.heard !== null;
  }

  // -- what callers say -----------------------------------------------------------------------------------------

  admit(caller: Caller): Promise<Admission> {
    // The first of several is as on a session of its own.
    const isFirst = [...this.seats.values()].every(({ prefix }) => prefix !== '');
    const seat = new Seat(caller, isFirst ? '' : `c${caller.id}_`, () => this.line.pause());
    seat.queue.push('join');
    this.seats.set(caller, seat);
    this.play.seen.connections += 1;
    caller.onDrain(() => this.line.resume());
    return new Promise((resolve) => {
      seat.admit = resolve;
      if (this.isOver) resolve(refusal('57P01', 'the rehearsal is over'));
      else this.goOn();
    });
  }

  hear(caller: Caller, frames: readonly Frame[]): void {
    const seat = this.seats.get(caller);
    if (!seat || this.isOver) return;
    seat.heardAt = performance.now();
    const rest = seat.copy && seat.queue.length === 0 ? seat.copy.take(frames) : frames;
    for (const frame of rest) {
      seat.queue.push(frame);
      seat.waiting += frame.bytes.length;
    }
    if (seat.waiting > MOST_WAITING) caller.pause();
    this.goOn();
  }

  left(caller: Caller): void {
    const seat = this.seats.get(caller);
    if (!seat || this.isOver) return;
    seat.hasLeft = true;
    seat.queue.push('leave');
    seat.copy?.fail('the connection was closed');
    // It may have been this one that did not read.
    this.line.resume();
    this.goOn();
  }

  cancel(caller: Caller): void {
    const seat = this.seats.get(caller);
    if (seat) this.play.cancel(seat);
  }

  // -- the end --------------------------------------------------------------------------------------------------

  /** The tool has ended: what its connections said last is done, and they are gone, or none of them says anything any more. */
  async emptied(): Promise<void> {
    for (let look = 0; look < EMPTY_LOOKS && !this.isOver; look += this.heard ? 0 : 1) {
      if (this.seats.size === 0 && !this.heard) return;
      await Promise.race([sleep(EMPTY_LOOK_MS), this.broken]);
    }
  }

  /** Nothing more is taken; the callers' connections end. Resolves when the server owes no answer. */
  async end(): Promise<void> {
    this.isOver = true;
    if (this.timer) clearTimeout(this.timer);
    for (const seat of this.seats.values()) {
      seat.copy?.fail('the rehearsal is over');
      seat.end(answer.error(errorFields('FATAL', '57P01', 'the rehearsal is over')));
    }
    this.line.resume();
    // What is done for one that leaves is more than one exchange.
    await this.playing;
    await this.line.fallSilent();
  }

  private breakOff(why: unknown): void {
    this.isOver = true;
    this.fail(why);
  }

  // -- turns ----------------------------------------------------------------------------------------------------

  private goOn(): void {
    if (this.isPlaying || this.isOver) return;
    this.isPlaying = true;
    this.playing = this.playOn().catch((error) => this.breakOff(error));
  }

  private async playOn(): Promise<void> {
    while (!this.isOver) {
      const seat = this.next();
      const said = seat?.queue.shift();
      if (!seat || said === undefined) {
        // Before anything else can come: what comes then begins it again.
        this.isPlaying = false;
        return;
      }
      this.heard = seat;
      if (this.turn !== seat) await this.giveTurnTo(seat);
      if (said === 'join') await this.join(seat);
      else if (said === 'leave') await this.leave(seat);
      else await this.take(seat, said);
      // With a Sync the tool has its answer, and works while the director is told.
      const [next] = seat.queue;
      if (typeof next !== 'object' || next.type !== 'S') await this.play.tellDone();
      this.heard = null;
    }
  }

  /** Whoever is in a transaction goes on with it; when all of those are quiet, another. */
  private next(): Seat | null {
    const seats = [...this.seats.values()];
    const ready = seats.filter(({ queue }) => queue.length > 0);
    const within = seats.filter(({ work }) => work !== null);
    const [first] = ready.filter(({ work }) => work !== null).sort((one) => (one === this.turn ? -1 : 0));
    if (first) return first;
    const [other] = ready;
    if (!other || within.length === 0) return other ?? null;
    const wait = Math.max(...within.map(({ heardAt }) => heardAt)) + QUIET_MS - performance.now();
    if (wait <= 0) return other;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.goOn(), wait);
    return null;
  }

  /** Settings are of a connection: those of the last one are put away, and its own are put back. */
  private async giveTurnTo(seat: Seat): Promise<void> {
    const last = this.turn;
    this.isChanging = true;
    this.turn = seat;
    if (last && !last.hasGone) {
      await this.transactions.leaveFloor(last);
      await this.belongings.putAway(last);
    }
    // Where the last one has gone the session is as it was before.
    if (last && (!last.hasGone || seat.settings)) await this.belongings.putBack(seat);
    await this.transactions.takeFloor(seat);
    this.isChanging = false;
  }

  private async join(seat: Seat): Promise<void> {
    const { admit, caller } = seat;
    seat.admit = null;
    const asked = caller.parameters.get('database') ?? caller.parameters.get('user') ?? '';
    if (asked !== this.director.database && !MAINTENANCE.includes(asked)) {
      this.seats.delete(caller);
      return admit?.(refusal('3D000', `only the database ${this.director.database} is rehearsed here`));
    }
    this.isChanging = true;
    try {
      admit?.(await this.belongings.admit(seat));
    } catch (error) {
      this.seats.delete(caller);
      if (error instanceof StartupError) return admit?.(refusal(error.sqlstate, error.message));
      if (!(error instanceof BatchError)) throw error;
      const { code, message: text } = error.cause as Error & { code?: string };
      admit?.(refusal(code ?? 'XX000', text));
    } finally {
      this.isChanging = false;
    }
  }

  private async leave(seat: Seat): Promise<void> {
    await this.control.leave(seat);
    seat.hasGone = true;
    this.seats.delete(seat.caller);
  }

  private async take(seat: Seat, frame: Frame): Promise<void> {
    const before = seat.waiting;
    seat.waiting -= frame.bytes.length;
    if (before > MOST_WAITING && seat.waiting <= MOST_WAITING) seat.caller.resume();
    if (frame.type === 'S') return this.extended.sync(seat);
    // Data of a COPY that has failed a server passes over too.
    if (seat.skips || isCopyData(frame)) return;
    switch (frame.type) {
      case 'Q':
        if (!seat.segmentBytes || (await this.extended.flush(seat))) await this.simple.query(seat, frame);
        return;
      case 'F':
        if (await this.extended.flush(seat)) await this.functionCall(seat, frame);
        return;
      case 'H':
        await this.extended.flush(seat);
        return;
      case 'P':
      case 'B':
      case 'D':
      case 'C':
      case 'E':
        return this.extended.take(seat, frame);
      default:
        seat.tell(answer.error(errorFields('ERROR', '08P01', `a message ${frame.type} cannot be rehearsed`)));
    }
  }

  private async functionCall(seat: Seat, frame: Frame): Promise<void> {
    if (!seat.work) this.transactions.open(seat, false);
    this.transactions.wrote(seat);
    const tell = (one: Frame) => seat.tell(one.bytes);
    const { error } = await this.play.run(seat, [frame.bytes], tell, { isCopy: false, copyEnd: [] });
    if (error) seat.fail();
    await this.control.settle(seat);
    seat.tellReady();
  }
}

function refusal(sqlstate: string, text: string): Admission {
  return { kind: 'refused', fields: errorFields('FATAL', sqlstate, text) };
}
