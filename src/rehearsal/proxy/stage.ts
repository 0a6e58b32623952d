/**
 * The tool's connections, played on one session inside one transaction that never commits. Each of them is told what it
 * would be told by a server of its own: its BEGIN is a savepoint, its COMMIT releases it, a statement outside of a block
 * has a savepoint to itself, and what it may not do here is said to be done and is written down as not executed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchError, type BatchItem } from '../../postgres/session.ts';
import { splitStatements } from '../../sql/split.ts';
import { SqlProblem, type StatementFacts } from '../../sql/statement.ts';
import type { Admission, Caller, Host } from './caller.ts';
import type { Line } from './line.ts';
import { encodingItem, REPORTED, StartupError, settingItems, settingsOf } from './parameters.ts';
import { isChatter, type Meaning, meaningOf } from './translate.ts';
import { answer, errorFields, type Fields, type Frame, letter, message, readFields, say, texts } from './wire.ts';

/** A statement of the tool's that does something, as it is about to be executed. */
export interface Said {
  readonly sql: string;
  readonly facts: StatementFacts;
  /** `none`: by itself, and it commits; `block`: in the tool's own transaction; `together`: with others in one string or pipeline. */
  readonly within: 'none' | 'block' | 'together';
  /** Its values come apart from its text (`$1`). */
  readonly hasValues: boolean;
}

export type Decision =
  /** `guarded`: with a savepoint around it, so that it can be forgiven. */
  | { readonly send: 'as it is'; readonly guarded: boolean }
  | { readonly send: 'instead'; readonly sql: string; readonly guarded: boolean }
  /** The tool is told that it is done. */
  | { readonly send: 'nothing'; readonly tag: string };

export interface Told {
  /** The command tag, or null: it failed. */
  readonly tag: string | null;
  readonly error: Fields | null;
  /** Milliseconds, with the way to the server and back. */
  readonly ms: number;
}

/** Decides what becomes of statements and looks at what they did. What it throws ends the play. */
export interface Director {
  before(said: Said): Promise<Decision>;
  /** It failed behind its savepoint, and that is rolled back: the tag of its being done all the same, or null: it failed. */
  forgive(said: Said, error: Fields): Promise<string | null>;
  after(said: Said, told: Told): Promise<void>;
  /** What COMMIT would do. Rejects with a BatchError where that fails. */
  commit(): Promise<void>;
  /** Something that is not rehearsed as it is: an isolation level, two transactions across each other. */
  note(what: string): void;
  /** To be said again after a RESET, and where another connection gets its turn. */
  readonly settings: () => readonly BatchItem[];
  /** Asks the server to cancel what it is at. */
  cancel(): void;
  /** Which databases a tool may ask for by name, the target's first. */
  readonly database: string;
}

interface Block {
  readonly name: string;
  readonly seat: Seat;
  readonly chained: readonly string[];
  /** It is over for its owner, while another's block stands above it. */
  isClosed: boolean;
  wrote: boolean;
}

interface Prepared {
  readonly sql: string;
  readonly meaning: Meaning;
  /** The parameters' types, as Parse gave them. */
  readonly types: Buffer;
}

interface Portal {
  readonly statement: Prepared;
  /** Its Bind from the parameters' formats on. */
  readonly rest: Buffer;
}

/** One connection of the tool. */
interface Seat {
  readonly caller: Caller;
  status: 'I' | 'T' | 'E';
  block: Block | null;
  /** A savepoint stands before what it does outside of a block, until the end of this exchange. */
  implicit: boolean;
  readonly queue: (Frame | 'join' | 'leave')[];
  readonly prepared: Map<string, Prepared>;
  readonly portals: Map<string, Portal>;
  /** Messages that go to the server together. */
  segment: Buffer[];
  /** What the tool waits to be told of them, by type of message. */
  owed: string[];
  /** Statements executed since the last Sync. */
  executed: number;
  /** After an error everything is passed over until Sync. */
  skips: boolean;
  /** The server takes COPY's data of it. */
  copies: boolean;
  hasLeft: boolean;
  heardAt: number;
  /** What it had set when another got its turn. */
  settings: readonly BatchItem[] | null;
  admit: ((admission: Admission) => void) | null;
}

/** One that is in a transaction and says nothing for so long lets others have a turn: it may be waiting for them. */
const QUIET_MS = 150;
/** Processes that the tool left behind may hold a connection for ever. */
const EMPTY_LOOK_MS = 5;
const EMPTY_LOOKS = 200;
const IMPLICIT = 'mgate_implicit';
const GUARD = 'mgate_guarded';

const MAINTENANCE = ['postgres', 'template1'];

export class Stage implements Host {
  /** Connections that were admitted, and statements that they sent. */
  seen = { connections: 0, statements: 0 };
  private readonly line: Line;
  private readonly director: Director;
  private readonly seats = new Map<Caller, Seat>();
  private readonly blocks: Block[] = [];
  private turn: Seat | null = null;
  private isPlaying = false;
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
    line.onDrain(() => {
      for (const { caller } of this.seats.values()) caller.resume();
    });
  }

  // -- what callers say -----------------------------------------------------------------------------------------

  admit(caller: Caller): Promise<Admission> {
    const seat: Seat = {
      caller,
      status: 'I',
      block: null,
      implicit: false,
      queue: ['join'],
      prepared: new Map(),
      portals: new Map(),
      segment: [],
      owed: [],
      executed: 0,
      skips: false,
      copies: false,
      hasLeft: false,
      heardAt: Date.now(),
      settings: null,
      admit: null,
    };
    this.seats.set(caller, seat);
    this.seen.connections += 1;
    caller.onDrain(() => this.line.resume());
    return new Promise((resolve) => {
      seat.admit = resolve;
      if (this.isOver) resolve(refusal('57P01', 'the rehearsal is over'));
      else this.play();
    });
  }

  hear(caller: Caller, frames: readonly Frame[]): void {
    const seat = this.seats.get(caller);
    if (!seat || this.isOver) return;
    seat.heardAt = Date.now();
    for (const frame of frames) {
      const within = seat.copies && seat.queue.length === 0;
      if (within && isCopyData(frame)) this.copyIn(seat, frame);
      else if (within && (frame.type === 'S' || frame.type === 'H')) continue;
      else seat.queue.push(frame);
    }
    this.play();
  }

  left(caller: Caller): void {
    const seat = this.seats.get(caller);
    if (!seat || this.isOver) return;
    seat.hasLeft = true;
    if (seat.copies) {
      seat.copies = false;
      this.line.more(say.copyFail('the connection was closed'));
    }
    seat.queue.push('leave');
    this.play();
  }

  cancel(caller: Caller): void {
    if (this.heard?.caller === caller) this.director.cancel();
  }

  /** The server owes an answer. */
  get isBusy(): boolean {
    return this.heard !== null;
  }

  /** The tool has ended: what its connections said last is done, and they are gone, or none of them says anything any more. */
  async emptied(): Promise<void> {
    for (let look = 0; look < EMPTY_LOOKS && !this.isOver; look += 1) {
      if (this.seats.size === 0 && !this.heard) return;
      await Promise.race([sleep(EMPTY_LOOK_MS), this.broken]);
    }
  }

  /** Nothing more is taken; the callers' connections end. Resolves when the server owes no answer. */
  async end(): Promise<void> {
    this.isOver = true;
    if (this.timer) clearTimeout(this.timer);
    for (const seat of this.seats.values()) {
      if (seat.copies) this.line.more(say.copyFail('the rehearsal is over'));
      seat.copies = false;
      seat.caller.end(answer.error(errorFields('FATAL', '57P01', 'the rehearsal is over')));
    }
    await this.line.fallSilent();
  }

  private copyIn(seat: Seat, frame: Frame): void {
    if (frame.type !== 'd') seat.copies = false;
    if (!this.line.more(frame.bytes)) seat.caller.pause();
    // A Sync before the data's end is not heeded: here is the one that is.
    if (frame.type !== 'd' && seat.owed.length > 0) this.line.more(say.sync);
  }

  // -- turns ----------------------------------------------------------------------------------------------------

  private play(): void {
    if (this.isPlaying || this.isOver) return;
    this.isPlaying = true;
    this.playOn().catch((error) => {
      this.isOver = true;
      this.fail(error);
    });
  }

  private async playOn(): Promise<void> {
    while (!this.isOver) {
      const seat = this.next();
      if (!seat) {
        // Before anything else can come: what comes then begins it again.
        this.isPlaying = false;
        return;
      }
      const frame = seat.queue.shift();
      if (frame === undefined) continue;
      await this.giveTurnTo(seat);
      this.heard = seat;
      if (frame === 'join') await this.join(seat);
      else if (frame === 'leave') await this.leave(seat);
      else await this.take(seat, frame);
      this.heard = null;
    }
  }

  /** Whoever is in a transaction goes on with it; when all of those are quiet, another. */
  private next(): Seat | null {
    const ready = [...this.seats.values()].filter((seat) => seat.queue.length > 0);
    const within = [...this.seats.values()].filter((seat) => seat.status !== 'I' || seat.implicit);
    const first =
      ready.find((seat) => seat === this.turn && within.includes(seat)) ?? ready.find((seat) => within.includes(seat));
    if (first) return first;
    const [other] = ready;
    if (!other || within.length === 0) return other ?? null;
    const quietAt = Math.max(...within.map((seat) => seat.heardAt)) + QUIET_MS;
    const wait = quietAt - Date.now();
    if (wait <= 0) return other;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.play(), wait);
    return null;
  }

  /** Settings are of a connection: those of the last one are put away, and its own are put back. */
  private async giveTurnTo(seat: Seat): Promise<void> {
    if (this.turn === seat) return;
    const last = this.turn;
    this.turn = seat;
    if (!last) return;
    // What one of them did wrong is not the other's.
    if (this.line.status === 'E' && last.block) await this.line.batch([ROLLBACK_TO(last.block.name)]);
    if (!last.hasLeft) last.settings = await this.settingsNow();
    const own = seat.settings ?? [];
    await this.line.batch([...RESET, ...this.director.settings(), ...own]);
  }

  private async settingsNow(): Promise<BatchItem[]> {
    const [rows] = await this.line.batch([SETTINGS]);
    return settingItems((rows?.rows ?? []).map(([name, value]) => [name ?? '', value ?? '']));
  }

  private async join(seat: Seat): Promise<void> {
    const { admit, caller } = seat;
    seat.admit = null;
    const asked = caller.parameters.get('database') ?? caller.parameters.get('user') ?? '';
    if (asked !== this.director.database && !MAINTENANCE.includes(asked)) {
      this.seats.delete(caller);
      return admit?.(refusal('3D000', `only the database ${this.director.database} is rehearsed here`));
    }
    try {
      const settings = settingsOf(caller.parameters);
      await this.line.batch([SAVEPOINT(IMPLICIT), ...settingItems(settings), RELEASE(IMPLICIT)]);
      const [encoding, reported, backend] = await this.line.batch([encodingItem(settings), REPORTED, BACKEND]);
      const rows = [...(reported?.rows ?? []), ...(encoding?.rows ?? [])];
      const parameters = new Map(rows.map(([name, value]) => [name ?? '', value ?? '']));
      admit?.({ kind: 'admitted', pid: Number(backend?.rows[0]?.[0] ?? 0), parameters });
    } catch (error) {
      this.seats.delete(caller);
      if (error instanceof StartupError) return admit?.(refusal(error.sqlstate, error.message));
      if (!(error instanceof BatchError)) throw error;
      await this.line.batch([ROLLBACK_TO(IMPLICIT), RELEASE(IMPLICIT)]);
      const { code, message: text } = error.cause as Error & { code?: string };
      admit?.(refusal(code ?? 'XX000', text));
    }
  }

  /** As a server does: what was not committed is gone. */
  private async leave(seat: Seat): Promise<void> {
    if (seat.implicit) await this.undoImplicit(seat);
    if (seat.block) await this.rollBack(seat);
    this.seats.delete(seat.caller);
  }

  // -- messages -------------------------------------------------------------------------------------------------

  private async take(seat: Seat, frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'Q':
        seat.skips = false;
        await this.query(seat, texts(frame, 1)[0] ?? '');
        return;
      case 'S':
        return this.sync(seat);
      case 'H':
        if (!seat.skips) await this.sendSegment(seat);
        return;
      case 'F':
        await this.functionCall(seat, frame);
        return;
      case 'P':
      case 'B':
      case 'D':
      case 'C':
      case 'E':
        if (!seat.skips) await this.extended(seat, frame);
        return;
      default:
        // Data of a COPY that has failed, which a server passes over too.
        if (!isCopyData(frame))
          this.tell(seat, answer.error(errorFields('ERROR', '08P01', `a message ${frame.type} cannot be rehearsed`)));
    }
  }

  private async query(seat: Seat, text: string): Promise<void> {
    let statements: readonly { readonly sql: string; readonly from: number }[];
    try {
      statements = [...placed(text)];
    } catch (error) {
      if (!(error instanceof SqlProblem)) throw error;
      // The server says best what is wrong with it.
      statements = [{ sql: text, from: 0 }];
    }
    const alone = statements.length <= 1;
    if (statements.length === 0) this.tell(seat, answer.emptyQuery);
    for (const { sql, from } of statements) {
      const within = seat.status !== 'I' ? 'block' : alone ? 'none' : 'together';
      const meaning = meaningOf(sql);
      const offset = from === 0 ? 0 : [...text.slice(0, from)].length;
      if (!(await this.perform(seat, sql, meaning, within, offset))) break;
    }
    await this.settle(seat);
    this.tell(seat, answer.readyForQuery(seat.status));
  }

  /** One statement of a simple query. False: it failed, and what follows in the same string is not run. */
  private async perform(
    seat: Seat,
    sql: string,
    meaning: Meaning,
    within: Said['within'],
    offset: number,
  ): Promise<boolean> {
    if (meaning.kind !== 'statement') return this.control(seat, meaning, sql);
    const said: Said = { sql, facts: meaning.facts, within, hasValues: false };
    return this.execute(seat, said, {
      send: (text) => [say.query(text ?? sql)],
      onFrame: (frame) => this.tell(seat, shifted(frame, offset)),
      owed: () => [],
    });
  }

  private async extended(seat: Seat, frame: Frame): Promise<void> {
    const own = (name: string) => (seat.caller.id === 1 ? name : `c${seat.caller.id}_${name}`);
    await this.openImplicit(seat);
    switch (frame.type) {
      case 'P': {
        const [name = '', sql = ''] = texts(frame, 2);
        const types = frame.bytes.subarray(5 + Buffer.byteLength(name) + 1 + Buffer.byteLength(sql) + 1);
        // What is called by a name of ours must be closed before it is made anew.
        if (name === '' && seat.caller.id !== 1) {
          seat.segment.push(say.close('S', own(name)));
          seat.owed.push('-');
        }
        const meaning = firstMeaning(sql);
        seat.prepared.set(name, { sql, meaning, types });
        seat.segment.push(message('P', own(name), sql, types));
        seat.owed.push('P');
        return;
      }
      case 'B': {
        const [portal = '', name = ''] = texts(frame, 2);
        const rest = frame.bytes.subarray(5 + Buffer.byteLength(portal) + 1 + Buffer.byteLength(name) + 1);
        const statement = seat.prepared.get(name);
        if (statement) seat.portals.set(portal, { statement, rest });
        if (portal === '' && seat.caller.id !== 1) {
          seat.segment.push(say.close('P', own(portal)));
          seat.owed.push('-');
        }
        seat.segment.push(message('B', own(portal), own(name), rest));
        seat.owed.push('B');
        return;
      }
      case 'D':
      case 'C': {
        const kind = letter(frame) as 'S' | 'P';
        const [name = ''] = texts(frame, 1, 1);
        if (frame.type === 'C' && kind === 'S') seat.prepared.delete(name);
        if (frame.type === 'C' && kind === 'P') seat.portals.delete(name);
        seat.segment.push((frame.type === 'D' ? say.describe : say.close)(kind, own(name)));
        seat.owed.push(frame.type === 'D' ? `D${kind}` : 'C');
        return;
      }
      default: {
        const [name = ''] = texts(frame, 1);
        const portal = seat.portals.get(name);
        const most = frame.bytes.subarray(frame.bytes.length - 4);
        if (!portal) {
          seat.segment.push(message('E', own(name), most));
          seat.owed.push('E');
          return this.sendSegment(seat);
        }
        await this.executePortal(seat, portal, message('E', own(name), most));
      }
    }
  }

  private async executePortal(seat: Seat, { statement, rest }: Portal, execute: Buffer): Promise<void> {
    const { sql, meaning, types } = statement;
    if (meaning.kind !== 'statement') {
      await this.sendSegment(seat);
      if (!seat.skips && !(await this.control(seat, meaning, sql))) seat.skips = true;
      return;
    }
    const follows = seat.queue.find((frame) => typeof frame !== 'string' && frame.type !== 'C' && frame.type !== 'H');
    const isLast = follows === undefined || (typeof follows !== 'string' && follows.type === 'S');
    const within = seat.status !== 'I' ? 'block' : seat.executed === 0 && isLast ? 'none' : 'together';
    seat.executed += 1;
    const said: Said = {
      sql,
      facts: meaning.facts,
      within,
      hasValues: rest.readUInt16BE(2 * rest.readUInt16BE(0) + 2) > 0,
    };
    const passed = await this.execute(seat, said, {
      send: (text) => {
        const bytes = seat.segment;
        seat.segment = [];
        if (text === undefined) {
          seat.owed.push('E');
          return [...bytes, execute, say.sync];
        }
        seat.owed.push('-', '-', 'E', '-', '-');
        const most = execute.subarray(execute.length - 4);
        return [
          ...bytes,
          message('P', INSTEAD, text, types),
          message('B', INSTEAD, INSTEAD, rest),
          message('E', INSTEAD, most),
          say.close('P', INSTEAD),
          say.close('S', INSTEAD),
          say.sync,
        ];
      },
      onFrame: (frame) => this.tellOwed(seat, frame),
      owed: () => seat.owed.splice(0),
    });
    if (!passed) seat.skips = true;
  }

  /** What was held back goes to the server, and what it answers to the tool. */
  private async sendSegment(seat: Seat): Promise<void> {
    const bytes = seat.segment;
    if (bytes.length === 0) return;
    seat.segment = [];
    let failed = false;
    await this.line.pass([...bytes, say.sync], (frame) => {
      if (frame.type === 'E') failed = true;
      this.tellOwed(seat, frame);
    });
    seat.owed = [];
    if (failed) this.failed(seat);
  }

  private async sync(seat: Seat): Promise<void> {
    if (!seat.skips) await this.sendSegment(seat);
    seat.skips = false;
    seat.executed = 0;
    seat.owed = [];
    await this.settle(seat);
    this.tell(seat, answer.readyForQuery(seat.status));
  }

  private async functionCall(seat: Seat, frame: Frame): Promise<void> {
    await this.openImplicit(seat);
    let failed = false;
    await this.line.pass([frame.bytes], (one) => {
      if (one.type === 'E') failed = true;
      this.tell(seat, one.bytes);
    });
    if (failed) this.failed(seat);
    await this.settle(seat);
    this.tell(seat, answer.readyForQuery(seat.status));
  }

  // -- statements -----------------------------------------------------------------------------------------------

  private async execute(seat: Seat, said: Said, way: Way): Promise<boolean> {
    await this.openImplicit(seat);
    this.seen.statements += 1;
    if (seat.status === 'E' && this.line.status !== 'E') return this.fails(seat, '25P02', ABORTED);
    if (this.line.status === 'E') return this.passAborted(seat, way);
    if (said.facts.nonTransactional && said.within !== 'none') return this.refuse(seat, said, way);
    const decision = await this.director.before(said);
    if (decision.send === 'nothing') {
      if (seat.segment.length > 0) await this.sendSegment(seat);
      if (seat.skips) return false;
      this.tell(seat, answer.commandComplete(decision.tag));
      return true;
    }
    if (seat.block && !isChatter(said.facts)) seat.block.wrote = true;
    if (decision.guarded) await this.line.batch([SAVEPOINT(GUARD)]);
    const begun = performance.now();
    let tag: string | null = null;
    let error: Frame | null = null;
    const bytes = way.send(decision.send === 'instead' ? decision.sql : undefined);
    await this.line.pass(bytes, (frame) => {
      if (frame.type === 'C') tag = texts(frame, 1)[0] ?? null;
      else if (frame.type === 'G') seat.copies = true;
      if (frame.type === 'G' && seat.hasLeft) this.line.more(say.copyFail('the connection was closed'));
      if (frame.type === 'G') this.copyWaiting(seat);
      if (frame.type === 'E' && decision.guarded) error = frame;
      else {
        if (frame.type === 'E') error = frame;
        way.onFrame(frame);
      }
      // The Sync that was sent with it went by unheeded.
      if (frame.type === 'E' && seat.copies && seat.owed.length > 0) this.line.more(say.sync);
      if (frame.type === 'E') seat.copies = false;
    });
    seat.copies = false;
    const ms = performance.now() - begun;
    if (decision.guarded) return this.judge(seat, said, way, { tag, error, ms });
    if (error) this.failed(seat);
    await this.director.after(said, { tag, error: error && readFields(error), ms });
    if (!error) way.owed();
    return error === null;
  }

  private async judge(
    seat: Seat,
    said: Said,
    way: Way,
    { tag, error, ms }: { readonly tag: string | null; readonly error: Frame | null; readonly ms: number },
  ): Promise<boolean> {
    if (!error) {
      await this.line.batch([RELEASE(GUARD)]);
      way.owed();
      await this.director.after(said, { tag, error: null, ms });
      return true;
    }
    const fields = readFields(error);
    await this.line.batch([ROLLBACK_TO(GUARD), RELEASE(GUARD)]);
    const forgiven = await this.director.forgive(said, fields);
    if (forgiven !== null) {
      for (const owed of way.owed()) this.makeUp(seat, owed);
      this.tell(seat, answer.commandComplete(forgiven));
      return true;
    }
    await this.director.after(said, { tag: null, error: fields, ms });
    // For the server too it has failed: what follows is refused as it would be.
    if (seat.status === 'T') await this.line.pass([say.query(FAIL)], () => undefined);
    way.onFrame(error);
    this.failed(seat);
    return false;
  }

  /** What was said while the server was not yet ready for COPY's data. */
  private copyWaiting(seat: Seat): void {
    for (
      let frame = seat.queue[0];
      frame !== undefined && frame !== 'join' && frame !== 'leave' && seat.copies;
      frame = seat.queue[0]
    ) {
      if (!isCopyData(frame)) {
        // Sync and Flush are passed over in COPY.
        if (frame.type !== 'S' && frame.type !== 'H') return;
        seat.queue.shift();
        continue;
      }
      seat.queue.shift();
      this.copyIn(seat, frame);
    }
  }

  /** In a transaction that has failed the server refuses it; nobody need think about it. */
  private async passAborted(_seat: Seat, way: Way): Promise<boolean> {
    await this.line.pass(way.send(undefined), way.onFrame);
    way.owed();
    return false;
  }

  /** What no transaction allows: the server says so itself. */
  private async refuse(seat: Seat, said: Said, way: Way): Promise<boolean> {
    const ms = 0;
    let error: Frame | null = null;
    await this.line.pass(way.send(undefined), (frame) => {
      if (frame.type === 'E') error = frame;
      way.onFrame(frame);
    });
    way.owed();
    if (error) this.failed(seat);
    await this.director.after(said, { tag: null, error: error && readFields(error), ms });
    return error === null;
  }

  /** After an error the server has one aborted transaction; how far back the tool's own goes is decided here. */
  private failed(seat: Seat): void {
    seat.skips = true;
    if (seat.status === 'T') seat.status = 'E';
  }

  // -- transactions ---------------------------------------------------------------------------------------------

  private async control(seat: Seat, meaning: Exclude<Meaning, { kind: 'statement' }>, sql: string): Promise<boolean> {
    switch (meaning.kind) {
      case 'begin':
        return this.begin(seat, meaning);
      case 'commit':
        return this.commit(seat, meaning.chain);
      case 'rollback':
        return this.rollback(seat, meaning.chain);
      case 'savepoint':
        return this.savepoint(seat, meaning.command, sql);
      case 'pretended':
        return this.pretend(seat, meaning);
    }
  }

  private async begin(seat: Seat, { tag, readOnly, isolation }: Extract<Meaning, { kind: 'begin' }>): Promise<boolean> {
    if (isolation !== null && isolation !== 'READ COMMITTED')
      this.director.note(`a transaction asks for ISOLATION LEVEL ${isolation}: it was rehearsed in READ COMMITTED`);
    if (seat.status === 'E') return this.passControl(seat, 'begin');
    if (seat.status === 'T') this.warn(seat, '25001', 'there is already a transaction in progress');
    else await this.openBlock(seat, readOnly ? ['set transaction read only'] : []);
    this.tell(seat, answer.commandComplete(tag));
    return true;
  }

  private async openBlock(seat: Seat, first: readonly string[]): Promise<void> {
    // What was done before in the same string belongs to it.
    const isGrown = seat.implicit;
    const name = isGrown ? IMPLICIT : `mgate_block_${this.blocks.length + 1}`;
    const items = first.map((text) => ({ text }));
    await this.line.batch(isGrown ? items : [SAVEPOINT(name), ...items]);
    seat.implicit = false;
    seat.status = 'T';
    seat.block = { name, seat, chained: first, isClosed: false, wrote: false };
    this.blocks.push(seat.block);
  }

  private async commit(seat: Seat, chain: boolean): Promise<boolean> {
    const { block } = seat;
    if (!block) {
      if (chain) return this.fails(seat, '25P01', 'COMMIT AND CHAIN can only be used in transaction blocks');
      this.warn(seat, '25P01', 'there is no transaction in progress');
      if (seat.implicit && !(await this.closeImplicit(seat))) return false;
      this.tell(seat, answer.commandComplete('COMMIT'));
      return true;
    }
    if (seat.status === 'E') return this.rollback(seat, chain);
    try {
      await this.director.commit();
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      await this.rollBack(seat);
      this.tell(seat, errorOf(error));
      return false;
    }
    seat.status = 'I';
    seat.block = null;
    block.isClosed = true;
    await this.releaseClosed();
    if (chain) await this.openBlock(seat, block.chained);
    this.tell(seat, answer.commandComplete('COMMIT'));
    return true;
  }

  private async rollback(seat: Seat, chain: boolean): Promise<boolean> {
    const { block } = seat;
    if (!block) {
      if (chain) return this.fails(seat, '25P01', 'ROLLBACK AND CHAIN can only be used in transaction blocks');
      this.warn(seat, '25P01', 'there is no transaction in progress');
      if (seat.implicit) await this.undoImplicit(seat);
    } else {
      await this.rollBack(seat);
      if (chain) await this.openBlock(seat, block.chained);
    }
    this.tell(seat, answer.commandComplete('ROLLBACK'));
    return true;
  }

  private async rollBack(seat: Seat): Promise<void> {
    const { block } = seat;
    if (!block) return;
    seat.status = 'I';
    seat.block = null;
    const above = this.blocks.slice(this.blocks.indexOf(block) + 1);
    if (above.length > 0 && !block.wrote && this.line.status !== 'E') {
      // It has done nothing that would have to be undone.
      block.isClosed = true;
      return;
    }
    if (above.length > 0) {
      this.director.note(
        'two transactions of the tool were open at once, and the first of them was rolled back: what the other did is lost in the rehearsal',
      );
      for (const other of above) {
        other.seat.block = null;
        other.seat.status = 'I';
      }
    }
    this.blocks.splice(this.blocks.indexOf(block));
    await this.line.batch([ROLLBACK_TO(block.name), RELEASE(block.name)]);
    await this.releaseClosed();
  }

  /** A savepoint takes all above it along: it can go only when it is the last. */
  private async releaseClosed(): Promise<void> {
    for (let last = this.blocks.at(-1); last?.isClosed; last = this.blocks.at(-1)) {
      this.blocks.pop();
      await this.line.batch([RELEASE(last.name)]);
    }
  }

  private async savepoint(seat: Seat, command: string, sql: string): Promise<boolean> {
    if (seat.status === 'I') return this.fails(seat, '25P01', `${command} can only be used in transaction blocks`);
    return this.passControl(seat, sql);
  }

  private async passControl(seat: Seat, sql: string): Promise<boolean> {
    let failed = false;
    seat.status = await this.line.pass([say.query(sql)], (frame) => {
      if (frame.type === 'E') failed = true;
      this.tell(seat, frame.bytes);
    });
    return !failed;
  }

  private async pretend(seat: Seat, { tag, also }: Extract<Meaning, { kind: 'pretended' }>): Promise<boolean> {
    if (this.line.status === 'E') return this.passControl(seat, 'set mgate.nothing to 1');
    if (tag === 'SET')
      this.director.note('SET TRANSACTION ISOLATION LEVEL was not executed: the rehearsal is in READ COMMITTED');
    if (also === 'reset' && seat.status === 'T') return this.passControl(seat, 'discard all');
    if (also === 'reset') await this.line.batch([...RESET, ...this.director.settings()]);
    if (also !== 'nothing') {
      const names = [...seat.prepared.keys()].filter((name) => name !== '');
      const prefix = seat.caller.id === 1 ? '' : `c${seat.caller.id}_`;
      const bytes = names.map((name) => say.close('S', `${prefix}${name}`));
      if (bytes.length > 0) await this.line.pass([...bytes, say.sync], () => undefined);
      seat.prepared.clear();
    }
    this.tell(seat, answer.commandComplete(tag));
    return true;
  }

  /** An error that this server cannot make, as it is inside a transaction: the tool's is told, and so is the server. */
  private async fails(seat: Seat, sqlstate: string, text: string): Promise<boolean> {
    if (seat.status === 'T' || seat.implicit) await this.line.pass([say.query(FAIL)], () => undefined);
    this.tell(seat, answer.error(errorFields('ERROR', sqlstate, text)));
    this.failed(seat);
    return false;
  }

  /** What stands outside of a block is undone by itself when it fails. */
  private async openImplicit(seat: Seat): Promise<void> {
    if (seat.status !== 'I' || seat.implicit) return;
    seat.implicit = true;
    await this.line.batch([SAVEPOINT(IMPLICIT)]);
  }

  private async settle(seat: Seat): Promise<void> {
    if (!seat.implicit) {
      seat.skips = false;
      return;
    }
    if (this.line.status === 'E' || seat.skips) await this.undoImplicit(seat);
    else await this.closeImplicit(seat);
    seat.skips = false;
  }

  private async closeImplicit(seat: Seat): Promise<boolean> {
    try {
      await this.director.commit();
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      await this.undoImplicit(seat);
      this.tell(seat, errorOf(error));
      return false;
    }
    seat.implicit = false;
    await this.line.batch([RELEASE(IMPLICIT)]);
    return true;
  }

  private async undoImplicit(seat: Seat): Promise<void> {
    seat.implicit = false;
    await this.line.batch([ROLLBACK_TO(IMPLICIT), RELEASE(IMPLICIT)]);
  }

  // -- answers --------------------------------------------------------------------------------------------------

  private tell(seat: Seat, bytes: Buffer): void {
    if (!seat.hasLeft && !seat.caller.send(bytes)) this.line.pause();
  }

  /** Answers to messages of ours among the tool's are not its own. */
  private tellOwed(seat: Seat, frame: Frame): void {
    switch (frame.type) {
      case '1':
      case '2':
      case '3':
      case 'n':
      case 'T':
        if (frame.type === 'T' && seat.owed[0]?.[0] !== 'D') break;
        if (seat.owed.shift() === '-') return;
        break;
      case 'C':
      case 'I':
      case 's':
        seat.owed.shift();
        break;
      default:
    }
    this.tell(seat, frame.bytes);
  }

  /** Of a statement that is said to be done: what the server would have answered. */
  private makeUp(seat: Seat, owed: string): void {
    if (owed === 'P') this.tell(seat, answer.parseComplete);
    else if (owed === 'B') this.tell(seat, answer.bindComplete);
    else if (owed === 'C') this.tell(seat, answer.closeComplete);
    else if (owed === 'DS') this.tell(seat, NO_PARAMETERS);
    if (owed === 'DS' || owed === 'DP') this.tell(seat, answer.noData);
  }

  private warn(seat: Seat, sqlstate: string, text: string): void {
    const fields = new Map(errorFields('ERROR', sqlstate, text)).set('S', 'WARNING').set('V', 'WARNING');
    this.tell(seat, answer.notice(fields));
  }
}

/** How a statement goes to the server and its answers to the tool. */
interface Way {
  /** `text`: another one in its place. */
  readonly send: (text: string | undefined) => Buffer[];
  readonly onFrame: (frame: Frame) => void;
  /** What the server has not answered of it; forgotten thereby. */
  readonly owed: () => readonly string[];
}

const ABORTED = 'current transaction is aborted, commands ignored until end of transaction block';
const INSTEAD = 'mgate_instead';
/** Refused wherever it stands. */
const FAIL = 'mgate fails here';
const NO_PARAMETERS = message('t', Buffer.from([0, 0]));

const SAVEPOINT = (name: string): BatchItem => ({ text: `savepoint ${name}` });
const RELEASE = (name: string): BatchItem => ({ text: `release savepoint ${name}` });
const ROLLBACK_TO = (name: string): BatchItem => ({ text: `rollback to savepoint ${name}` });
const RESET: readonly BatchItem[] = [
  { text: 'reset session authorization' },
  { text: 'reset role' },
  { text: 'reset all' },
];

const BACKEND: BatchItem = { keep: true, text: 'select pg_catalog.pg_backend_pid()::text' };
/** The role comes last: with another one the rest might not be allowed. */
const SETTINGS: BatchItem = {
  keep: true,
  text: `select name, setting from pg_catalog.pg_settings where source = 'session' and context <> 'internal' and name not in ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
         union all select 'role', pg_catalog.current_setting('role') where pg_catalog.current_setting('role') <> 'none'`,
};

function refusal(sqlstate: string, text: string): Admission {
  return { kind: 'refused', fields: errorFields('FATAL', sqlstate, text) };
}

function errorOf(error: BatchError): Buffer {
  const {
    code,
    message: text,
    detail,
    hint,
    schema,
    table,
    constraint,
  } = error.cause as Error & Record<string, string | undefined>;
  const more = [
    ['D', detail],
    ['H', hint],
    ['s', schema],
    ['t', table],
    ['n', constraint],
  ] as const;
  const fields = new Map(errorFields('ERROR', code ?? 'XX000', text ?? ''));
  for (const [name, value] of more) if (value !== undefined) fields.set(name, value);
  return answer.error(fields);
}

function isCopyData({ type }: Frame): boolean {
  return type === 'd' || type === 'c' || type === 'f';
}

/** The error's position counted in the whole text that the tool sent; `by` in code points. */
function shifted(frame: Frame, by: number): Buffer {
  if (by === 0 || frame.type !== 'E') return frame.bytes;
  const fields = new Map(readFields(frame));
  const position = Number(fields.get('P'));
  if (!fields.has('P') || !Number.isInteger(position)) return frame.bytes;
  return answer.error(fields.set('P', String(position + by)));
}

/** What a prepared statement means; one that cannot be read is the server's to judge. */
function firstMeaning(sql: string): Meaning {
  try {
    const [first] = placed(sql);
    return meaningOf(first?.sql ?? sql);
  } catch (error) {
    if (error instanceof SqlProblem) return meaningOf(sql);
    throw error;
  }
}

/** The statements of a text and where each begins in it, in UTF-16 units. */
function* placed(text: string): Generator<{ readonly sql: string; readonly from: number }> {
  let from = 0;
  for (const { sql } of splitStatements([text])) {
    from = text.indexOf(sql, from);
    yield { sql, from };
    from += sql.length;
  }
}
