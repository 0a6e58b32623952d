/** The extended protocol: Parse, Bind, Describe, Execute, Close, in any split, up to a Sync. */

import type { StatementFacts } from '../../sql/statement.ts';
import type { Control } from './control.ts';
import type { Said } from './director.ts';
import { piecesOf } from './pieces.ts';
import { type Play, SYNC } from './play.ts';
import type { Owed, Portal, Prepared, Run, Seat } from './seat.ts';
import { GUARD, type Statements, type Way } from './statements.ts';
import type { Transactions } from './transactions.ts';
import { type Meaning, meaningOf } from './translate.ts';
import { answer, type Frame, letter, message, readFields, say, texts } from './wire.ts';

/** Messages are held back until the tool wants their answers, but no more than so much of them. */
const MOST_BYTES = 256 * 1024;
/** Ours, for a text in the place of the tool's. */
const INSTEAD = 'mgate_instead';
const TEXT_OID = 25;

export class Extended {
  private readonly play: Play;
  private readonly transactions: Transactions;
  private readonly statements: Statements;
  private readonly control: Control;

  constructor(play: Play, transactions: Transactions, statements: Statements, control: Control) {
    this.play = play;
    this.transactions = transactions;
    this.statements = statements;
    this.control = control;
  }

  async take(seat: Seat, frame: Frame): Promise<void> {
    if (!seat.work && frame.type !== 'C') this.transactions.open(seat, false);
    switch (frame.type) {
      case 'P':
        await this.parse(seat, frame);
        break;
      case 'B':
        await this.bind(seat, frame);
        break;
      case 'D':
      case 'C':
        await this.describeOrClose(seat, frame);
        break;
      default:
        await this.execute(seat, frame);
    }
    if (seat.segmentBytes > MOST_BYTES) await this.flush(seat);
  }

  async sync(seat: Seat): Promise<void> {
    if (!seat.skips) await this.pass(seat);
    await this.control.settle(seat);
    seat.last = null;
    seat.tellReady();
  }

  private add(seat: Seat, bytes: Buffer, owed: Owed): void {
    seat.segment.push(bytes);
    seat.segmentBytes += bytes.length;
    seat.owed.push(owed);
  }

  // -- messages -------------------------------------------------------------------------------------------------

  private async parse(seat: Seat, frame: Frame): Promise<void> {
    const { texts: found, ends } = seat.read(frame, 2);
    const [name = '', sql = ''] = found;
    const before = seat.prepared.get(name);
    // A name of ours stands for none: it must be closed before it is made anew.
    if (name === '' && seat.prefix !== '') this.add(seat, seat.closing('S', name), { what: '-' });
    const rest = frame.bytes.subarray(ends[0]);
    const prepared: Prepared = { ...read(sql), rest, isAbsent: false };
    const bytes = seat.prefix === '' ? frame.bytes : message('P', seat.own(name), rest);
    const { meaning } = prepared;
    if (meaning.kind === 'statement' && this.play.director.isSuspect?.(prepared.sql))
      return this.parseGuarded(seat, name, prepared, preparing(prepared.sql, meaning.facts), bytes);
    seat.prepared.set(name, prepared);
    if (name === '') seat.forgotUnnamed = false;
    this.add(seat, bytes, { what: 'P', undo: () => putBack(seat.prepared, name, before), prepared });
  }

  /** Behind a savepoint: where it only follows from what was not done that it can't be prepared, it is said to be. */
  private async parseGuarded(seat: Seat, name: string, prepared: Prepared, said: Said, bytes: Buffer): Promise<void> {
    const { play } = this;
    if (!(await this.flush(seat))) return;
    play.post([{ text: `savepoint ${GUARD}` }]);
    const { error } = await play.run(seat, [bytes, ...SYNC], () => undefined, { isCopy: false, copyEnd: [] });
    if (!error) {
      play.post([{ text: `release savepoint ${GUARD}` }]);
      seat.prepared.set(name, prepared);
      if (name === '') seat.forgotUnnamed = false;
      return seat.tell(answer.parseComplete);
    }
    await play.line.batch([{ text: `rollback to savepoint ${GUARD}` }, { text: `release savepoint ${GUARD}` }]);
    if (await play.director.unprepared?.(said, readFields(error))) {
      seat.prepared.set(name, { ...prepared, isAbsent: true });
      return seat.tell(answer.parseComplete);
    }
    await play.director.after(said, { tag: null, error: readFields(error), ms: 0 });
    await play.failForServer();
    seat.tell(error.bytes);
    seat.fail();
  }

  private async bind(seat: Seat, frame: Frame): Promise<void> {
    const { texts: found, ends } = seat.read(frame, 2);
    const [name = '', from = ''] = found;
    this.remember(seat, from);
    const statement = seat.prepared.get(from);
    const before = seat.portals.get(name);
    const rest = frame.bytes.subarray(ends[1]);
    if (statement) seat.portals.set(name, { statement, rest, begun: false });
    if (statement?.isAbsent) return this.madeUp(seat, 'B');
    if (name === '' && seat.prefix !== '') this.add(seat, seat.closing('P', name), { what: '-' });
    const bytes = seat.prefix === '' ? frame.bytes : message('B', seat.own(name), seat.own(from), rest);
    this.add(seat, bytes, { what: 'B', undo: () => putBack(seat.portals, name, before) });
  }

  /** The statement without a name is the session's only one, and another connection may have replaced it. */
  private remember(seat: Seat, name: string): void {
    const statement = seat.prepared.get('');
    if (name !== '' || seat.prefix !== '' || !seat.forgotUnnamed || !statement) return;
    seat.forgotUnnamed = false;
    this.add(seat, message('P', '', statement.rest), { what: '-' });
  }

  /** What the server would answer to a message about what it does not have. */
  private async madeUp(seat: Seat, what: Owed['what'], sql = ''): Promise<void> {
    if (await this.flush(seat)) for (const bytes of madeUp(what, sql)) seat.tell(bytes);
  }

  private async describeOrClose(seat: Seat, frame: Frame): Promise<void> {
    const kind = letter(frame) as 'S' | 'P';
    const [name = ''] = seat.read(frame, 1, 1).texts;
    const known: Map<string, unknown> = kind === 'S' ? seat.prepared : seat.portals;
    const before = known.get(name);
    // A cursor of SQL's is a portal too, and is called as it is.
    const isOwn = seat.prefix !== '' && (kind === 'S' || before !== undefined || name === '');
    const bytes = isOwn ? message(frame.type, Buffer.from(kind), seat.own(name)) : frame.bytes;
    if (frame.type === 'D') {
      const statement = kind === 'S' ? seat.prepared.get(name) : seat.portals.get(name)?.statement;
      if (statement?.isAbsent) return this.madeUp(seat, `D${kind}`, statement.sql);
      if (kind === 'S') this.remember(seat, name);
      this.add(seat, bytes, { what: `D${kind}` });
      return;
    }
    known.delete(name);
    this.add(seat, bytes, { what: 'C', undo: () => putBack(known, name, before) });
  }

  private async execute(seat: Seat, frame: Frame): Promise<void> {
    const [name = ''] = texts(frame, 1);
    const portal = seat.portals.get(name);
    const isOwn = seat.prefix !== '' && (portal !== undefined || name === '');
    const bytes = isOwn ? message('E', seat.own(name), frame.bytes.subarray(-4)) : frame.bytes;
    if (!portal || portal.begun) return this.add(seat, bytes, { what: 'E' });
    portal.begun = true;
    const { statement } = portal;
    if (statement.meaning.kind !== 'statement') {
      // It is done in other words, and a portal that never ran would be in the way of a ROLLBACK TO.
      this.add(seat, seat.closing('P', name), { what: '-' });
      seat.portals.delete(name);
      if (!(await this.flush(seat))) return;
      if (!(await this.control.perform(seat, statement.meaning, statement.sql))) seat.skips = true;
      return;
    }
    const said = this.saidOf(seat, portal, statement.meaning);
    const goesAlong = seat.status !== 'E' && (said.facts.bulkInsertInto !== null || isAgain(seat, statement, said));
    seat.executed += 1;
    seat.last = statement;
    if (!goesAlong) {
      if (hasRuns(seat) && !(await this.flush(seat))) return;
      await this.statements.perform(seat, said, this.way(seat, portal, bytes));
      return;
    }
    const decision = await this.statements.decide(said);
    if (decision.send === 'as it is' && !decision.guarded) {
      // It need not be looked at by itself: it goes with those before and behind it.
      this.statements.note(seat, said);
      return this.add(seat, bytes, { what: 'E', run: { said, ms: 0 } });
    }
    if (hasRuns(seat) && !(await this.flush(seat))) return;
    await this.statements.carryOut(seat, said, this.way(seat, portal, bytes), decision);
  }

  private saidOf(seat: Seat, { rest, statement }: Portal, { facts }: Extract<Meaning, { kind: 'statement' }>): Said {
    const next = seat.queue.find((one) => typeof one === 'string' || (one.type !== 'C' && one.type !== 'H'));
    const isLast = next === undefined || typeof next === 'string' || next.type === 'S';
    // One that no transaction allows commits by itself, whatever follows it.
    const isAlone = seat.executed === 0 && (isLast || facts.nonTransactional !== null);
    const within = seat.status !== 'I' ? 'block' : isAlone ? 'none' : 'together';
    return { sql: statement.sql, facts, within, hasValues: hasValues(rest) };
  }

  private way(seat: Seat, portal: Portal, execute: Buffer): Way {
    return {
      isExtended: true,
      bytes: (instead) => {
        const { segment } = seat;
        seat.segment = [];
        seat.segmentBytes = 0;
        if (instead === null) {
          seat.owed.push({ what: 'E' });
          return [...segment, execute];
        }
        for (const what of ['-', '-', '-', '-', 'E', '-', '-'] as const) seat.owed.push({ what });
        return [...segment, ...insteadOf(portal, instead, execute)];
      },
      onFrame: (frame) => this.tell(seat, frame),
      prepare: () => this.flush(seat),
      makeUp: (tag) => {
        for (const { what } of seat.owed.splice(0)) for (const bytes of madeUp(what)) seat.tell(bytes);
        seat.tell(answer.commandComplete(tag));
      },
    };
  }

  // -- answers --------------------------------------------------------------------------------------------------

  /** What was held back goes to the server, and what it answers to the tool. False: it failed. */
  async flush(seat: Seat): Promise<boolean> {
    const passed = await this.pass(seat);
    await this.play.tellDone();
    return passed;
  }

  private async pass(seat: Seat): Promise<boolean> {
    const { segment, owed } = seat;
    if (segment.length === 0) return !seat.skips;
    seat.segment = [];
    seat.segmentBytes = 0;
    const runs = owed.flatMap(({ run }) => run ?? []);
    const first = owed.find(({ prepared }) => prepared)?.prepared ?? null;
    let at = performance.now();
    const { error } = await this.play.run(
      seat,
      [...segment, ...SYNC],
      (frame) => {
        const run = this.tell(seat, frame);
        if (!run) return;
        const now = performance.now();
        [run.ms, at] = [now - at, now];
      },
      { isCopy: false, copyEnd: [] },
    );
    if (error) seat.fail();
    await this.tellDirector(runs, first, error);
    return error === null;
  }

  private async tellDirector(runs: readonly Run[], first: Prepared | null, error: Frame | null): Promise<void> {
    const { director } = this.play;
    for (const { said, tag, ms } of runs) if (tag !== undefined) this.play.noteDone(said, { tag, error: null, ms });
    if (!error) return;
    await this.play.tellDone();
    const failed = runs.find(({ tag }) => tag === undefined);
    if (failed) return director.after(failed.said, { tag: null, error: readFields(error), ms: failed.ms });
    // It was to be prepared only.
    if (runs.length > 0 || first?.meaning.kind !== 'statement') return;
    await director.after(preparing(first.sql, first.meaning.facts), { tag: null, error: readFields(error), ms: 0 });
  }

  /** Answers to messages of ours among the tool's are not its own. Gives the statement back that is done thereby. */
  private tell(seat: Seat, frame: Frame): Run | null {
    let owed: Owed | undefined;
    if (frame.type === 'E') {
      for (const { undo } of seat.owed.splice(0).reverse()) undo?.();
    } else if (ENDS.includes(frame.type)) {
      owed = seat.owed.shift();
      if (owed?.what === '-') return null;
      if (owed?.run) owed.run.tag = frame.type === 'C' ? (texts(frame, 1)[0] ?? null) : null;
    }
    seat.tell(frame.bytes);
    return owed?.run ?? null;
  }
}

/** With these the server has done what one message asks of it. */
const ENDS = '123nTCIs';

function hasRuns({ owed }: Seat): boolean {
  return owed.some(({ run }) => run !== undefined);
}

/** The statement before it, executed once more. */
function isAgain({ last }: Seat, statement: Prepared, { facts }: Said): boolean {
  return last === statement && facts.nonTransactional === null && facts.opaque === null && facts.command !== 'COPY';
}

function hasValues(rest: Buffer): boolean {
  const formats = rest.readUInt16BE(0);
  return rest.readUInt16BE(2 + 2 * formats) > 0;
}

/** A statement that is only prepared as yet. */
function preparing(sql: string, facts: StatementFacts): Said {
  return { sql, facts, within: 'together', hasValues: false };
}

/** What its execution would have answered; `sql`: with so many parameters as stand in this, which are texts. */
function madeUp(what: Owed['what'], sql = ''): readonly Buffer[] {
  switch (what) {
    case 'P':
      return [answer.parseComplete];
    case 'B':
      return [answer.bindComplete];
    case 'C':
      return [answer.closeComplete];
    case 'DS':
      return [parametersOf(sql), answer.noData];
    case 'DP':
      return [answer.noData];
    default:
      return [];
  }
}

function parametersOf(sql: string): Buffer {
  const count = Math.max(0, ...[...sql.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const body = Buffer.alloc(2 + 4 * count);
  body.writeUInt16BE(count);
  for (let at = 0; at < count; at += 1) body.writeUInt32BE(TEXT_OID, 2 + 4 * at);
  return message('t', body);
}

function insteadOf(portal: Portal, text: string, execute: Buffer): Buffer[] {
  const types = portal.statement.rest.subarray(portal.statement.rest.indexOf(0) + 1);
  return [
    say.close('P', INSTEAD),
    say.close('S', INSTEAD),
    message('P', INSTEAD, text, types),
    message('B', INSTEAD, INSTEAD, portal.rest),
    message('E', INSTEAD, execute.subarray(-4)),
    say.close('P', INSTEAD),
    say.close('S', INSTEAD),
  ];
}

function putBack<Value>(map: Map<string, Value>, name: string, value: Value | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}

/** What a text to be prepared means: there is one statement in it, or the server refuses it. */
function read(sql: string): { readonly sql: string; readonly meaning: Meaning } {
  const [first] = piecesOf(sql);
  return { sql: first?.sql ?? '', meaning: meaningOf(first?.sql ?? '') };
}
