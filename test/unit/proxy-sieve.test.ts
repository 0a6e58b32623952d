/** Answers of ours taken out of a stream, however it comes in pieces. */
import { describe, expect, it } from 'vitest';
import { Sieve } from '../../src/rehearsal/proxy/sieve.ts';
import { answer, errorFields, message } from '../../src/rehearsal/proxy/wire.ts';

const news = answer.parameterStatus('TimeZone', 'UTC');
const theirs = [answer.commandComplete('SELECT 1'), answer.readyForQuery('I')];
const ours = [answer.parseComplete, message('D', Buffer.alloc(300)), answer.commandComplete('SELECT 1')];
const fatal = answer.error(errorFields('FATAL', '57P01', 'over'));

/** What comes after the first ReadyForQuery is ours, up to the next one. */
function sift(chunks: readonly Buffer[]) {
  let ready = 0;
  const types: string[] = [];
  const sieve = new Sieve(
    (type) => ready === 1 && '1DCEZ'.includes(type),
    (frame) => {
      types.push(frame.type);
      if (frame.type === 'Z') ready += 1;
      return frame.type === 'E' ? frame.bytes : null;
    },
  );
  const passed: Buffer[] = [];
  for (const chunk of chunks) {
    passed.push(...sieve.push(chunk));
    // The tool's own, which passes.
    if (ready === 0 && Buffer.concat(passed).length >= first.length) ready = 1;
  }
  return { passed: Buffer.concat(passed), types: types.join('') };
}

const first = Buffer.concat(theirs);
const second = Buffer.concat([...ours, news, answer.readyForQuery('I'), news, ...theirs]);

describe('a sieve', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 100, 1_000])('in pieces of %i bytes', (size) => {
    const pieces: Buffer[] = [first];
    for (let at = 0; at < second.length; at += size) pieces.push(second.subarray(at, at + size));
    const { passed, types } = sift(pieces);
    expect(passed).toEqual(Buffer.concat([first, news, news, ...theirs]));
    expect(types).toBe('1DCZ');
  });

  it('gives what passes in the place of one', () => {
    expect(sift([first, Buffer.concat([answer.parseComplete, fatal])]).passed).toEqual(Buffer.concat([first, fatal]));
  });

  it('passes all while nothing is ours, as the bytes that came', () => {
    const sieve = new Sieve(
      () => false,
      () => null,
    );
    const rows = Buffer.concat([message('D', Buffer.alloc(10_000)), ...theirs]);
    expect(sieve.push(rows.subarray(0, 5_003))).toEqual([rows.subarray(0, 5_003)]);
    expect(sieve.push(rows.subarray(5_003))).toEqual([rows.subarray(5_003)]);
  });

  it('says what cannot be', () => {
    const sieve = new Sieve(
      () => false,
      () => null,
    );
    expect(() => sieve.push(Buffer.from([65, 0, 0, 0, 3]))).toThrow('a message of 3 bytes cannot be');
  });
});
