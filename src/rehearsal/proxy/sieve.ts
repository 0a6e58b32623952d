/** Takes the answers to messages of ours out of what a server sends; all else passes as the bytes that it is. Pure. */
import type { Frame } from './wire.ts';

/** Type, and a length that counts itself. */
const HEADER_BYTES = 5;

export class Sieve {
  private readonly isOurs: (type: string) => boolean;
  private readonly take: (frame: Frame) => Buffer | null;
  /** Of the message that comes now: how much of it was seen, its length as far as it was read, and its parts where it is ours. */
  private seen = 0;
  private length = 0;
  private parts: Buffer[] | null = null;

  /** `isOurs` is asked as each message begins; `take` gets it once it is there, and may give bytes that pass in its place. */
  constructor(isOurs: (type: string) => boolean, take: (frame: Frame) => Buffer | null) {
    this.isOurs = isOurs;
    this.take = take;
  }

  /** What is not ours of these bytes, in order. Throws on a length that cannot be. */
  push(chunk: Buffer): Buffer[] {
    const passed: Buffer[] = [];
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      const begin = at;
      if (this.seen === 0) this.parts = this.isOurs(String.fromCharCode(chunk[at] ?? 0)) ? [] : null;
      at = this.read(chunk, at);
      if (this.parts) {
        passed.push(chunk.subarray(from, begin));
        this.parts.push(chunk.subarray(begin, at));
        from = at;
      }
      if (this.seen < HEADER_BYTES || this.seen <= this.length) continue;
      const taken = this.parts ? this.take(frameOf(this.parts)) : null;
      if (taken) passed.push(taken);
      this.seen = 0;
      this.length = 0;
    }
    passed.push(chunk.subarray(from));
    return passed.filter(({ length }) => length > 0);
  }

  /** Goes on in one message, to its end or that of the bytes. */
  private read(chunk: Buffer, from: number): number {
    let at = from;
    for (; this.seen < HEADER_BYTES && at < chunk.length; at += 1) {
      if (this.seen > 0) this.length = this.length * 256 + (chunk[at] ?? 0);
      this.seen += 1;
    }
    if (this.seen < HEADER_BYTES) return at;
    if (this.length < 4) throw new Error(`a message of ${this.length} bytes cannot be`);
    const more = Math.min(this.length + 1 - this.seen, chunk.length - at);
    this.seen += more;
    return at + more;
  }
}

function frameOf(parts: readonly Buffer[]): Frame {
  const bytes = Buffer.concat(parts);
  return { type: String.fromCharCode(bytes[0] ?? 0), bytes };
}
