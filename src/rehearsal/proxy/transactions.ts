/**
 * The transactions of all connections, as savepoints in the one that is real. They stand on each other: whoever gets its
 * turn while another's is open stands on that, and what is under it can only be undone along with it.
 */
import type { BatchItem } from '../../postgres/session.ts';
import type { Play } from './play.ts';
import type { Seat } from './seat.ts';
import type { SavepointCommand } from './translate.ts';
import type { Frame } from './wire.ts';

interface Layer {
  readonly name: string;
  /** Null: its transaction is over, and it goes when nothing stands on it. */
  owner: Seat | null;
  wrote: boolean;
  /** What another has committed is in it too. */
  foreign: boolean;
  /** The owner's own savepoints, in order. */
  readonly savepoints: string[];
}

const LOST =
  'two transactions of the tool were open at once, and one that had written was rolled back under the other: what the other did is lost in the rehearsal';

const AT_ONCE =
  'one of its connections writes while another of them has written and not committed: here it sees what that one did; in apply it does not, and may wait for its locks until lock-timeout';

export class Transactions {
  private readonly play: Play;
  private readonly layers: Layer[] = [];

  constructor(play: Play) {
    this.play = play;
  }

  /** What the seat does from now on can be undone: its block, or a statement by itself, which a BEGIN makes a block. */
  open(seat: Seat, isBlock: boolean, readOnly = false): void {
    const items: BatchItem[] = [];
    if (seat.work) seat.work.isBlock ||= isBlock;
    else {
      seat.work = { isBlock, failed: false, queried: false, readOnly };
      items.push(this.put(seat));
    }
    seat.work.readOnly = readOnly;
    if (readOnly) items.push({ text: 'set transaction read only' });
    this.play.post(items);
  }

  wrote(seat: Seat): void {
    const layer = this.layers.findLast(({ owner }) => owner === seat);
    if (layer) layer.wrote = true;
    if (this.layers.some(({ owner, wrote }) => wrote && owner !== null && owner !== seat))
      this.play.director.note(AT_ONCE);
  }

  /** It is committed, as far as it can be. */
  close(seat: Seat, first: readonly Buffer[]): void {
    seat.work = null;
    this.disown(seat);
    this.play.post(this.dropEnded(), first);
  }

  async rollBack(seat: Seat): Promise<void> {
    const own = this.layers.flatMap((layer, at) => (layer.owner === seat ? [at] : []));
    const written = own.filter((at) => this.layers[at]?.wrote);
    // Under what others did, there may be nothing to be undone.
    const to = written[0] ?? own.at(-1);
    seat.work = null;
    seat.atCommit.forget();
    if (to === undefined) return;
    const items = this.cut(seat, to);
    this.disown(seat);
    await this.play.line.batch([...items, ...this.dropEnded()]);
  }

  /** Another gets the turn: what this one did wrong is not its. */
  async leaveFloor(seat: Seat): Promise<void> {
    const layer = this.layers.findLast(({ owner }) => owner === seat);
    if (this.play.line.status !== 'E' || !layer) return;
    await this.play.line.batch([ROLLBACK_TO(layer.savepoints.at(-1) ?? layer.name)]);
  }

  /** It has the turn again: what others did meanwhile is not undone along with what it does now. */
  async takeFloor(seat: Seat): Promise<void> {
    if (!seat.work) return;
    const top = this.layers.at(-1);
    if (top?.owner !== seat || top.foreign) this.play.post([this.put(seat)]);
    if (seat.work.failed) await this.play.failForServer();
  }

  /** A savepoint of the tool's own. False: it failed. */
  async savepoint(seat: Seat, command: SavepointCommand, name: string, sql: string, onFrame: (frame: Frame) => void) {
    const at = this.layers.findLastIndex(({ owner, savepoints }) => owner === seat && savepoints.includes(name));
    const layer = at < 0 ? null : this.layers[at];
    const status = await this.play.line.speak(sql, onFrame);
    if (status === 'E') return false;
    if (command === 'SAVEPOINT') this.layers.at(-1)?.savepoints.push(name);
    else if (layer) {
      const keep = layer.savepoints.lastIndexOf(name) + (command === 'RELEASE SAVEPOINT' ? 0 : 1);
      layer.savepoints.length = keep;
      if (at < this.layers.length - 1) this.play.post(this.afterBuried(seat, at, command));
    }
    return true;
  }

  /** The savepoint stood under what others did, and the server has taken theirs along. */
  private afterBuried(seat: Seat, at: number, command: SavepointCommand): BatchItem[] {
    if (command !== 'RELEASE SAVEPOINT') return this.cut(seat, at).slice(1);
    const above = this.layers.splice(at + 1);
    const layer = this.layers[at];
    if (layer) layer.foreign ||= above.some((one) => isOfOthers(one, seat));
    return this.putOthers(seat, above);
  }

  private put(owner: Seat): BatchItem {
    const name = `mgate_work_${this.layers.length}`;
    this.layers.push({ name, owner, wrote: false, foreign: false, savepoints: [] });
    return { text: `savepoint ${name}` };
  }

  /** Takes all back that stands on a layer, and what is in it; the others' transactions go on above, empty. */
  private cut(seat: Seat, to: number): BatchItem[] {
    const layer = this.layers[to];
    if (!layer) return [];
    const above = this.layers.splice(to + 1);
    if (layer.foreign || above.some((one) => isOfOthers(one, seat))) this.play.director.lose(LOST);
    layer.wrote = false;
    layer.foreign = false;
    return [ROLLBACK_TO(layer.name), ...this.putOthers(seat, above)];
  }

  private putOthers(seat: Seat, above: readonly Layer[]): BatchItem[] {
    const others = new Set(above.map(({ owner }) => owner));
    return [...others].flatMap((owner) => (owner === null || owner === seat ? [] : [this.put(owner)]));
  }

  private disown(seat: Seat): void {
    for (const layer of this.layers) if (layer.owner === seat) layer.owner = null;
  }

  private dropEnded(): BatchItem[] {
    let lowest: Layer | null = null;
    for (let top = this.layers.at(-1); top?.owner === null; top = this.layers.at(-1)) {
      lowest = top;
      this.layers.pop();
      const under = this.layers.at(-1);
      if (under) under.foreign ||= top.wrote || top.foreign;
    }
    return lowest ? [{ text: `release savepoint ${lowest.name}` }] : [];
  }
}

const ROLLBACK_TO = (name: string): BatchItem => ({ text: `rollback to savepoint "${name.replaceAll('"', '""')}"` });

function isOfOthers({ owner, wrote, foreign }: Layer, seat: Seat): boolean {
  return foreign || (wrote && owner !== seat);
}
