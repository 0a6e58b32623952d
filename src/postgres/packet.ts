/** Messages that belong together are small: each in a packet of its own would cost more than all that is in them. */
import type { Writable } from 'node:stream';

/** What is written from now until the end of this turn of the event loop leaves at once then. */
export function inOnePacket(stream: Writable): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
