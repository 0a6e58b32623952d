/** The simple protocol: a text of any number of statements, each of which may be a transaction's begin or end. */
import type { Control } from './control.ts';
import type { Said } from './director.ts';
import { encodingOf, type Piece, piecesOf } from './pieces.ts';
import type { Play } from './play.ts';
import type { Seat } from './seat.ts';
import type { Statements, Way } from './statements.ts';
import type { Transactions } from './transactions.ts';
import { meaningOf } from './translate.ts';
import { answer, type Frame, message, readFields } from './wire.ts';

const ZERO = Buffer.from([0]);
const PROBE = 'mgate_probe';

export class Simple {
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

  async query(seat: Seat, frame: Frame): Promise<void> {
    const [text = ''] = seat.read(frame, 1).texts;
    const encoding = encodingOf(frame.bytes.subarray(5));
    const pieces = piecesOf(text);
    this.forgetUnnamed(seat);
    // What is in the string is told as done only once it is committed.
    const last: { frame: Frame | null } = { frame: null };
    if (pieces.length === 0) seat.tell(answer.emptyQuery);
    if (pieces.length < 2 || (await this.canBeRead(seat, frame))) {
      for (const [at, piece] of pieces.entries()) {
        const hold = at === pieces.length - 1 ? last : null;
        const whole = pieces.length === 1 ? frame : null;
        if (!(await this.piece(seat, { text, encoding, piece, whole, isAlone: pieces.length === 1, hold }))) break;
      }
    }
    if ((await this.control.settle(seat)) && last.frame) seat.tell(last.frame.bytes);
    seat.tellReady();
  }

  /** A simple query ends what has no name, whatever becomes of the query here. */
  private forgetUnnamed(seat: Seat): void {
    const closes: Buffer[] = [];
    if (seat.prepared.delete('')) closes.push(seat.closing('S', ''));
    if (seat.portals.delete('')) closes.push(seat.closing('P', ''));
    this.play.post([], closes);
  }

  /** The server reads all of a string before it executes any of it. */
  private async canBeRead(seat: Seat, frame: Frame): Promise<boolean> {
    if (!seat.work) this.transactions.open(seat, false);
    const { line } = this.play;
    const text = frame.bytes.subarray(5);
    const isFailed = seat.status === 'E';
    if (!isFailed) this.play.post([{ text: `savepoint ${PROBE}` }]);
    const error = await line.read(text);
    if (!isFailed) {
      await line.batch([{ text: `rollback to savepoint ${PROBE}` }, { text: `release savepoint ${PROBE}` }]);
    }
    if (!error) return true;
    await this.play.failForServer();
    seat.tell(error.bytes);
    seat.fail();
    return false;
  }

  /** False: it failed, and what follows in the same string is not run. */
  private async piece(
    seat: Seat,
    {
      text,
      encoding,
      piece,
      whole,
      isAlone,
      hold,
    }: {
      readonly text: string;
      readonly encoding: BufferEncoding;
      readonly piece: Piece;
      /** The message, where it holds nothing else. */
      readonly whole: Frame | null;
      readonly isAlone: boolean;
      readonly hold: { frame: Frame | null } | null;
    },
  ): Promise<boolean> {
    const { sql, from } = piece;
    const meaning = meaningOf(sql);
    const tell = (frame: Frame) => {
      if (frame.type === 'C' && hold && seat.status === 'I') hold.frame = frame;
      else seat.tell(whole ? frame.bytes : shifted(frame, text, from));
    };
    if (!isAlone && seat.status === 'I') {
      this.transactions.open(seat, false);
      seat.executed += 1;
    }
    if (meaning.kind !== 'statement') return this.control.perform(seat, meaning, sql);
    const within = seat.status !== 'I' ? 'block' : isAlone ? 'none' : 'together';
    const said: Said = { sql, facts: meaning.facts, within, hasValues: false };
    if (!seat.work) this.transactions.open(seat, false);
    const way: Way = {
      isExtended: false,
      bytes: (instead) => {
        if (instead === null && whole) return [whole.bytes];
        const words = instead ?? sql;
        return [message('Q', Buffer.from(words, encoding), ZERO)];
      },
      onFrame: tell,
      prepare: async () => true,
      makeUp: (tag) => tell({ type: 'C', bytes: answer.commandComplete(tag) }),
    };
    return this.statements.perform(seat, said, way);
  }
}

/** An error's position counted in the whole text that the tool sent, in code points. */
function shifted(frame: Frame, text: string, from: number): Buffer {
  if (from === 0 || frame.type !== 'E') return frame.bytes;
  const fields = new Map(readFields(frame));
  const position = Number(fields.get('P'));
  if (!fields.has('P') || !Number.isInteger(position)) return frame.bytes;
  return answer.error(fields.set('P', String(position + [...text.slice(0, from)].length)));
}
