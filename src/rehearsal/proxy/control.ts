/** What a tool says about its transactions and its session, done or answered as by a server of its own. */
import { BatchError } from '../../postgres/session.ts';
import type { Belongings } from './belongings.ts';
import type { Play } from './play.ts';
import type { Seat } from './seat.ts';
import type { Statements } from './statements.ts';
import type { Transactions } from './transactions.ts';
import type { Meaning } from './translate.ts';
import { answer, errorFields, type Frame } from './wire.ts';

type Begin = Extract<Meaning, { kind: 'begin' }>;
type Savepoint = Extract<Meaning, { kind: 'savepoint' }>;
type Discard = Extract<Meaning, { kind: 'discard' }>;

const NO_TRANSACTION = '25P01';
const IN_TRANSACTION = '25001';

export class Control {
  private readonly play: Play;
  private readonly transactions: Transactions;
  private readonly statements: Statements;
  private readonly belongings: Belongings;

  constructor(play: Play, transactions: Transactions, statements: Statements, belongings: Belongings) {
    this.play = play;
    this.transactions = transactions;
    this.statements = statements;
    this.belongings = belongings;
  }

  /** False: it failed. */
  async perform(seat: Seat, meaning: Exclude<Meaning, { kind: 'statement' }>, sql: string): Promise<boolean> {
    await this.play.tellDone();
    switch (meaning.kind) {
      case 'begin':
        return this.begin(seat, meaning, sql);
      case 'commit':
        return this.commit(seat, meaning.chain);
      case 'rollback':
        return this.rollback(seat, meaning.chain);
      case 'savepoint':
        return this.savepoint(seat, meaning, sql);
      case 'set-transaction':
        return this.setTransaction(seat, meaning.isolation, sql);
      case 'discard':
        return this.discard(seat, meaning, sql);
    }
  }

  /** The end of an exchange: what stood outside of a block is committed. False: it was not. */
  async settle(seat: Seat): Promise<boolean> {
    const { work } = seat;
    seat.skips = false;
    seat.executed = 0;
    if (!work || work.isBlock) return true;
    await this.play.tellDone();
    if (!work.failed) return this.commitWork(seat);
    await this.undo(seat);
    return false;
  }

  /** As a server does when a connection ends: what was not committed is gone, and so is all that was its own. */
  async leave(seat: Seat): Promise<void> {
    if (seat.work) await this.undo(seat);
    await this.belongings.discard(seat);
  }

  private async begin(seat: Seat, { tag, readOnly, isolation }: Begin, sql: string): Promise<boolean> {
    if (seat.status === 'E') return this.speak(seat, sql);
    if (isOther(isolation)) this.noteIsolation(`a transaction asks for ISOLATION LEVEL ${isolation}`);
    if (seat.status === 'T') seat.warn(IN_TRANSACTION, 'there is already a transaction in progress');
    else this.transactions.open(seat, true, readOnly);
    seat.tell(answer.commandComplete(tag));
    return true;
  }

  private async commit(seat: Seat, chain: boolean): Promise<boolean> {
    const { work } = seat;
    if (seat.status === 'E') return this.rollback(seat, chain);
    if (seat.status === 'I') {
      if (chain) return this.needsBlock(seat, 'COMMIT AND CHAIN');
      seat.warn(NO_TRANSACTION, 'there is no transaction in progress');
    }
    if (work && !(await this.commitWork(seat))) return false;
    if (chain) this.transactions.open(seat, true, work?.readOnly);
    seat.tell(answer.commandComplete('COMMIT'));
    return true;
  }

  private async rollback(seat: Seat, chain: boolean): Promise<boolean> {
    const { work } = seat;
    if (seat.status === 'I') {
      if (chain) return this.needsBlock(seat, 'ROLLBACK AND CHAIN');
      seat.warn(NO_TRANSACTION, 'there is no transaction in progress');
    }
    if (work) await this.undo(seat);
    if (chain) this.transactions.open(seat, true, work?.readOnly);
    seat.tell(answer.commandComplete('ROLLBACK'));
    return true;
  }

  private async commitWork(seat: Seat): Promise<boolean> {
    const { line, director } = this.play;
    // They end with their transaction, and before what they read does.
    const portals = [...seat.portals.keys()].map((name) => seat.closing('P', name));
    seat.portals.clear();
    if (!seat.atCommit.isNothing) this.play.post([], portals.splice(0));
    try {
      await director.commit();
      if (!seat.atCommit.isNothing) await seat.atCommit.end(line, director.settings);
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      await this.undo(seat);
      seat.tell(errorOf(error));
      return false;
    }
    seat.executed = 0;
    this.transactions.close(seat, portals);
    return true;
  }

  private async undo(seat: Seat): Promise<void> {
    seat.portals.clear();
    seat.executed = 0;
    await this.transactions.rollBack(seat);
  }

  private async savepoint(seat: Seat, { command, name }: Savepoint, sql: string): Promise<boolean> {
    if (seat.status === 'I') return this.needsBlock(seat, command);
    const tell = (frame: Frame) => seat.tell(frame.bytes);
    const done = await this.transactions.savepoint(seat, command, name, sql, tell);
    if (!done) seat.fail();
    else if (seat.work) seat.work.failed = false;
    return done;
  }

  private async setTransaction(seat: Seat, isolation: string | null, sql: string): Promise<boolean> {
    const { work } = seat;
    if (seat.status === 'E') return this.speak(seat, sql);
    if (!seat.isWithin) seat.warn(NO_TRANSACTION, 'SET TRANSACTION can only be used in transaction blocks');
    if (isOther(isolation) && work?.isBlock) {
      if (work.queried) {
        const text = 'SET TRANSACTION ISOLATION LEVEL must be called before any query';
        return this.statements.refuse(seat, IN_TRANSACTION, text);
      }
      this.noteIsolation(`a transaction asks for ISOLATION LEVEL ${isolation}`);
    }
    seat.tell(answer.commandComplete('SET'));
    return true;
  }

  private noteIsolation(what: string): void {
    this.play.director.note(`${what}: it was rehearsed in READ COMMITTED`);
  }

  private async discard(seat: Seat, { tag }: Discard, sql: string): Promise<boolean> {
    // In a block the server itself refuses it.
    if (seat.status === 'E' || (tag === 'DISCARD ALL' && seat.isWithin)) return this.speak(seat, sql);
    if (tag === 'DISCARD ALL') await this.belongings.reset(seat);
    if (tag !== 'DEALLOCATE ALL') await this.belongings.dropTemporary(seat);
    if (tag !== 'DISCARD TEMP') this.belongings.deallocate(seat);
    seat.tell(answer.commandComplete(tag));
    return true;
  }

  /** As it is; in a transaction that has failed the server refuses it. */
  private async speak(seat: Seat, sql: string): Promise<boolean> {
    const status = await this.play.line.speak(sql, (frame) => seat.tell(frame.bytes));
    if (status === 'E') seat.fail();
    return status !== 'E';
  }

  private needsBlock(seat: Seat, what: string): Promise<boolean> {
    return this.statements.refuse(seat, NO_TRANSACTION, `${what} can only be used in transaction blocks`);
  }
}

function isOther(isolation: string | null): boolean {
  return isolation !== null && isolation !== 'READ COMMITTED' && isolation !== 'READ UNCOMMITTED';
}

function errorOf(error: BatchError): Buffer {
  const fields = error.cause as Error & Record<string, string | undefined>;
  const more = [
    ['D', fields.detail],
    ['H', fields.hint],
    ['W', fields.where],
    ['s', fields.schema],
    ['t', fields.table],
    ['n', fields.constraint],
  ] as const;
  const known = new Map(errorFields('ERROR', fields.code ?? 'XX000', fields.message ?? ''));
  for (const [name, value] of more) if (value !== undefined) known.set(name, value);
  return answer.error(known);
}
