/** The server takes data for COPY: what the tool sends goes through as it comes. */
import type { Line } from './line.ts';
import type { Seat } from './seat.ts';
import { type Frame, say } from './wire.ts';

export class CopyIn {
  private readonly seat: Seat;
  private readonly line: Line;
  /** In extended protocol: the Sync that ends the exchange. Those before the data's end the server would not heed. */
  private readonly end: readonly Buffer[];

  constructor(seat: Seat, line: Line, end: readonly Buffer[]) {
    this.seat = seat;
    this.line = line;
    this.end = end;
  }

  /** Takes what belongs to it; gives back what comes behind its end. */
  take(frames: readonly Frame[]): readonly Frame[] {
    const data: Buffer[] = [];
    for (const [at, frame] of frames.entries()) {
      if (frame.type === 'd') data.push(frame.bytes);
      // Sync and Flush the server passes over.
      else if (frame.type !== 'S' && frame.type !== 'H') {
        // Of anything else it would say the same.
        const isEnd = frame.type === 'c' || frame.type === 'f';
        data.push(isEnd ? frame.bytes : say.copyFail(`unexpected message type ${frame.type} during COPY from stdin`));
        this.over(data);
        return frames.slice(at + 1);
      }
    }
    if (data.length > 0 && !this.line.more(data)) this.seat.caller.pause();
    return [];
  }

  /** There is no more to come. */
  fail(why: string): void {
    this.over([say.copyFail(why)]);
  }

  /** The server does not want more: it has failed. */
  refused(): void {
    this.over([]);
  }

  private over(last: readonly Buffer[]): void {
    this.seat.copy = null;
    const bytes = [...last, ...this.end];
    if (bytes.length > 0) this.line.more(bytes);
  }
}

export function isCopyData({ type }: Frame): boolean {
  return type === 'd' || type === 'c' || type === 'f';
}
