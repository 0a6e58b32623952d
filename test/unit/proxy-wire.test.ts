import { describe, expect, it } from 'vitest';
import { readOptions, settingsOf } from '../../src/rehearsal/proxy/parameters.ts';
import { readOpening } from '../../src/rehearsal/proxy/startup.ts';
import {
  answer,
  errorFields,
  FrameReader,
  letter,
  readFields,
  say,
  textAt,
  texts,
} from '../../src/rehearsal/proxy/wire.ts';

const row = (text: string) => {
  const value = Buffer.from(text);
  const head = Buffer.alloc(11);
  head.write('D');
  head.writeUInt32BE(value.length + 10, 1);
  head.writeUInt16BE(1, 5);
  head.writeUInt32BE(value.length, 7);
  return Buffer.concat([head, value]);
};

const CONVERSATION = [
  say.query('select 1'),
  say.sync,
  say.parse('s', 'select $1'),
  say.bind('', 's', ['ä', null, '']),
  row('x'.repeat(20)),
  say.execute(''),
  answer.emptyQuery,
  answer.readyForQuery('T'),
];

/** The chunks of `bytes`, cut at these places. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

function read(chunks: readonly Buffer[], reader = new FrameReader()): Buffer[] {
  return chunks.flatMap((chunk) => reader.push(chunk).map((frame) => Buffer.from(frame.bytes)));
}

describe('a stream of bytes is cut into messages', () => {
  const all = Buffer.concat(CONVERSATION);

  it('wherever it is cut in three', () => {
    const wrong: unknown[] = [];
    for (let one = 0; one <= all.length; one += 1) {
      for (let two = one; two <= all.length; two += 1) {
        const frames = read(cutAt(all, [one, two]));
        if (frames.length !== CONVERSATION.length || !Buffer.concat(frames).equals(all)) wrong.push([one, two]);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('byte by byte', () => {
    expect(read([...all].map((byte) => Buffer.from([byte])))).toEqual(CONVERSATION);
  });

  it('without those that nobody wants, wherever it is cut in three', () => {
    const wrong: unknown[] = [];
    const wanted = CONVERSATION.filter((message) => message[0] !== 'D'.charCodeAt(0));
    const expected = Buffer.concat(wanted);
    for (let one = 0; one <= all.length; one += 1) {
      for (let two = one; two <= all.length; two += 1) {
        const frames = read(cutAt(all, [one, two]), new FrameReader((type) => type !== 'D'));
        if (frames.length !== wanted.length || !Buffer.concat(frames).equals(expected)) wrong.push([one, two]);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['less than itself', Buffer.from([81, 0, 0, 0, 3])],
    ['more than a server takes', Buffer.from([81, 0x40, 0, 0, 0])],
  ])('a length of %s is refused', (_, bytes) => {
    expect(() => new FrameReader().push(bytes)).toThrow('cannot be');
  });
});

describe('what is made can be read', () => {
  const frame = (bytes: Buffer) => {
    const [one, ...more] = new FrameReader().push(bytes);
    if (!one || more.length > 0) throw new Error('not one message');
    return one;
  };

  it('texts', () => {
    expect(texts(frame(say.parse('name', 'select 1')), 2)).toEqual(['name', 'select 1']);
    expect(texts(frame(say.describe('P', 'c')), 1, 1)).toEqual(['c']);
    expect(texts(frame(answer.parameterStatus('TimeZone', 'UTC')), 2)).toEqual(['TimeZone', 'UTC']);
    expect(() => texts(frame(say.sync), 1)).toThrow('cut short');
  });

  it('a text and the place behind it, also of a message that lies about its end', () => {
    const parse = frame(say.parse('ä', 'select 1'));
    expect(textAt(parse, 0)).toEqual({ text: 'ä', next: 3 });
    expect(textAt(parse, 3).text).toBe('select 1');
    expect(textAt(parse, 3, 3).text).toBe('sel');
    expect(textAt(frame(say.sync), 0)).toEqual({ text: '', next: 1 });
    expect(textAt(frame(say.sync), 7).text).toBe('');
  });

  it('letters', () => {
    expect(letter(frame(answer.readyForQuery('E')))).toBe('E');
    expect(letter(frame(say.close('S', 'x')))).toBe('S');
  });

  it('the fields of an error', () => {
    const fields = errorFields('ERROR', '42P01', 'relation "ä" does not exist', 'a hint');
    expect(readFields(frame(answer.error(fields)))).toEqual(fields);
    expect(fields.get('H')).toBe('a hint');
  });

  it('a negotiation of the version, as a server of 3.0 says it', () => {
    const bytes = answer.negotiateProtocolVersion(['_pq_.a', '_pq_.b']);
    expect(bytes.toString('latin1')).toBe('v\0\0\0\x1a\0\x03\0\0\0\0\0\x02_pq_.a\0_pq_.b\0');
  });
});

describe('a startup packet', () => {
  const packet = (version: number, ...texts: readonly string[]) => {
    const code = Buffer.alloc(4);
    code.writeUInt32BE(version);
    return Buffer.concat([code, Buffer.from(texts.map((text) => `${text}\0`).join(''))]);
  };
  const V3 = 3 << 16;

  it('names user, database and settings', () => {
    expect(readOpening(packet(V3, 'user', 'u', 'database', 'd', 'options', '', ''))).toEqual({
      kind: 'start',
      parameters: new Map(Object.entries({ user: 'u', database: 'd', options: '' })),
      negotiate: null,
    });
  });

  it('without a database means the one of the user', () => {
    const opening = readOpening(packet(V3, 'user', 'u', 'replication', 'off', ''));
    expect(opening).toMatchObject({ parameters: new Map(Object.entries({ user: 'u', database: 'u' })) });
  });

  it.each([
    ['3.2', packet(V3 + 2, 'user', 'u', ''), []],
    ['an option of the protocol', packet(V3, '_pq_.x', '1', 'user', 'u', ''), ['_pq_.x']],
  ])('with %s is negotiated', (_, bytes, unknownOptions) => {
    const opening = readOpening(bytes);
    expect(opening).toMatchObject({ kind: 'start', negotiate: { unknownOptions } });
    expect(opening.kind === 'start' && [...opening.parameters.keys()]).toEqual(['user', 'database']);
  });

  it.each([
    ['protocol 2', packet(2 << 16, 'user', 'u', ''), '0A000'],
    ['physical replication', packet(V3, 'user', 'u', 'replication', 'true', ''), '0A000'],
    ['logical replication', packet(V3, 'user', 'u', 'replication', 'database', ''), '0A000'],
    ['no user', packet(V3, 'database', 'd', ''), '28000'],
    ['no terminator', packet(V3, 'user', 'u'), '08P01'],
    ['more behind the terminator', packet(V3, 'user', 'u', '', 'x'), '08P01'],
    ['a name without a value', packet(V3, 'user', 'u', 'x', ''), '08P01'],
    ['nothing', packet(V3), '08P01'],
  ])('with %s is refused', (_, bytes, sqlstate) => {
    const opening = readOpening(bytes);
    expect(opening.kind === 'refused' && opening.fields.get('C')).toBe(sqlstate);
  });
});

describe('settings of a startup packet', () => {
  it.each([
    ['-c a=b', [['a', 'b']]],
    [
      '  -ca=b\t--work-mem=1MB ',
      [
        ['a', 'b'],
        ['work_mem', '1MB'],
      ],
    ],
    [
      String.raw`-c search_path=a,\ b\\c --x=`,
      [
        ['search_path', 'a, b\\c'],
        ['x', ''],
      ],
    ],
    [
      '-c geqo=off -c geqo=on',
      [
        ['geqo', 'off'],
        ['geqo', 'on'],
      ],
    ],
    ['', []],
  ])('options %s', (options, settings) => {
    expect(readOptions(options)).toEqual(settings);
  });

  it.each(['-c', '-c a', '--a', 'a=b', '-e'])('options %s is refused', (options) => {
    expect(() => readOptions(options)).toThrow(expect.objectContaining({ sqlstate: '42601' }));
  });

  it('those of the packet after those of its options, without what is no setting and the name of the application', () => {
    const parameters = { user: 'u', TimeZone: 'UTC', application_name: 'x', database: 'd', options: '-c TimeZone=CET' };
    expect(settingsOf(new Map(Object.entries(parameters)))).toEqual([
      ['TimeZone', 'CET'],
      ['TimeZone', 'UTC'],
    ]);
  });
});
