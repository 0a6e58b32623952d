/** A statement of the tool's that is neither about transactions nor about its session: decided on, sent, looked at. */
import type { BatchItem } from '../../postgres/session.ts';
import type { Decision, Said } from './director.ts';
import { type Play, SYNC } from './play.ts';
import type { Seat } from './seat.ts';
import type { Transactions } from './transactions.ts';
import { isChatter, outOfPlace, preparedName } from './translate.ts';
import { answer, errorFields, type Frame, readFields, say, texts } from './wire.ts';

/** How a statement goes to the server in one protocol or the other, and what it answers to the tool. */
export interface Way {
  /** `instead`: another text in its place. In extended protocol without the Sync at its end. */
  readonly bytes: (instead: string | null) => readonly Buffer[];
  readonly isExtended: boolean;
  readonly onFrame: (frame: Frame) => void;
  /** What is to be sent of it even if it is not executed. False: that has failed. */
  readonly prepare: () => Promise<boolean>;
  /** What the server has not answered of it is answered by us: it is done. */
  readonly makeUp: (tag: string) => void;
}

export const GUARD = 'mgate_guarded';
const OUT_OF_PLACE = '25P01';

export class Statements {
  private readonly play: Play;
  private readonly transactions: Transactions;

  constructor(play: Play, transactions: Transactions) {
    this.play = play;
    this.transactions = transactions;
  }

  /** Alone, with all that is decided on it. False: it failed. */
  async perform(seat: Seat, said: Said, way: Way): Promise<boolean> {
    await this.play.tellDone();
    this.play.seen.statements += 1;
    // The server refuses it; nobody need think about it.
    if (seat.status === 'E' || said.facts.command === '') return this.pass(seat, null, way, null);
    const place = said.within === 'none' ? outOfPlace(said.sql, said.facts) : null;
    if (place?.severity === 'ERROR') return this.refuse(seat, OUT_OF_PLACE, place.message, way);
    if (place) {
      if (!(await way.prepare())) return false;
      seat.warn(OUT_OF_PLACE, place.message);
      if (place.isIdle) {
        way.makeUp(said.facts.command);
        return true;
      }
    }
    // What no transaction allows: the server says so itself.
    if (said.facts.nonTransactional && said.within !== 'none') return this.pass(seat, said, way, null);
    return this.carryOut(seat, said, way, await this.play.director.before(said));
  }

  /** Of one that goes to the server with others. */
  async decide(said: Said): Promise<Decision> {
    await this.play.tellDone();
    this.play.seen.statements += 1;
    return this.play.director.before(said);
  }

  async carryOut(seat: Seat, said: Said, way: Way, decision: Decision): Promise<boolean> {
    if (decision.send === 'nothing') {
      if (!(await way.prepare())) return false;
      way.makeUp(decision.tag);
      return true;
    }
    this.note(seat, said);
    const isFiring = /^set\s+constraints\s+all\b/i.test(said.sql);
    if (isFiring) this.play.post(this.play.director.guard?.out ?? []);
    const passed = await this.passDecided(seat, said, way, decision);
    if (passed && isFiring) this.play.post(this.play.director.guard?.in ?? []);
    return passed;
  }

  private passDecided(seat: Seat, said: Said, way: Way, decision: Exclude<Decision, { send: 'nothing' }>) {
    if (!decision.guarded) return this.pass(seat, said, way, textOf(seat, said, decision));
    return this.passGuarded(seat, said, way, textOf(seat, said, decision));
  }

  /** It is about to be sent. */
  note(seat: Seat, { sql, facts }: Said): void {
    if (seat.work && !/^(?:SET|SHOW)\b/.test(facts.command)) seat.work.queried = true;
    if (!isChatter(facts) || facts.mayWrite !== null || /^(?:EXECUTE|EXPLAIN)/.test(facts.command))
      this.transactions.wrote(seat);
    seat.atCommit.note(sql, facts, (item, hear) => this.ask(item, hear));
    if (/\btemp(?:orary)?\b|pg_temp/i.test(sql.slice(0, 10_000))) seat.madeTemporary = true;
    if (facts.command.startsWith('PREPARE')) {
      const named = preparedName(sql);
      if (named) seat.preparedBySql.add(named.name);
    }
    // Ours might be gone with those of the tool.
    if (/\b(?:deallocate|discard)\b/i.test(sql) && !facts.bulkInsertInto) this.play.line.forget();
  }

  private ask(item: BatchItem, hear: (value: string | null) => void): void {
    this.play.line.batch([item]).then(
      ([result]) => hear(result?.rows[0]?.[0] ?? null),
      () => undefined,
    );
  }

  private async pass(seat: Seat, said: Said | null, way: Way, instead: string | null): Promise<boolean> {
    const { error, tag, ms } = await this.send(seat, said, way, instead, way.onFrame);
    if (error) seat.fail();
    if (said && error) await this.play.director.after(said, { tag, error: readFields(error), ms });
    else if (said) this.play.noteDone(said, { tag, error: null, ms });
    return error === null;
  }

  private async passGuarded(seat: Seat, said: Said, way: Way, instead: string | null): Promise<boolean> {
    const { line, director } = this.play;
    this.play.post([{ text: `savepoint ${GUARD}` }]);
    const { error, tag, ms } = await this.send(seat, said, way, instead, (frame) => {
      if (frame.type !== 'E') way.onFrame(frame);
    });
    if (!error) {
      this.play.post([{ text: `release savepoint ${GUARD}` }]);
      this.play.noteDone(said, { tag, error: null, ms });
      return true;
    }
    const fields = readFields(error);
    await line.batch([{ text: `rollback to savepoint ${GUARD}` }, { text: `release savepoint ${GUARD}` }]);
    const forgiven = await director.forgive(said, fields);
    if (forgiven !== null) {
      way.makeUp(forgiven);
      return true;
    }
    await director.after(said, { tag: null, error: fields, ms });
    // For the server too it has failed: what follows is refused as it would be.
    await this.play.failForServer();
    way.onFrame(error);
    seat.fail();
    return false;
  }

  private async send(
    seat: Seat,
    said: Said | null,
    way: Way,
    instead: string | null,
    onFrame: (frame: Frame) => void,
  ): Promise<{ error: Frame | null; tag: string | null; ms: number }> {
    let tag: string | null = null;
    const isCopy = said?.facts.command.startsWith('COPY') ?? false;
    const bytes = way.bytes(instead);
    const passed = await this.play.run(
      seat,
      way.isExtended ? [...bytes, isCopy ? say.flush : say.sync] : bytes,
      (frame) => {
        if (frame.type === 'C') tag = texts(frame, 1)[0] ?? null;
        onFrame(frame);
      },
      { isCopy, copyEnd: way.isExtended ? SYNC : [] },
    );
    return { ...passed, tag };
  }

  /** An error that this server cannot make, as it is inside a transaction: the tool is told, and so is the server. */
  async refuse(seat: Seat, sqlstate: string, text: string, way: Way | null = null): Promise<boolean> {
    if (way && !(await way.prepare())) return false;
    if (seat.work) await this.play.failForServer();
    seat.tell(answer.error(errorFields('ERROR', sqlstate, text)));
    seat.fail();
    return false;
  }
}

/** Another text in the statement's place, if there is one. */
function textOf({ prefix }: Seat, { sql, facts }: Said, decision: Decision): string | null {
  const instead = decision.send === 'instead' ? decision.sql : null;
  if (prefix === '' || !/^(?:PREPARE|EXECUTE|DEALLOCATE|EXPLAIN|CREATE)/.test(facts.command)) return instead;
  const named = preparedName(instead ?? sql);
  return named ? named.renamed(`${prefix}${named.name}`) : instead;
}
