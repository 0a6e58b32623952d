/** What passes, and what is held, while lock_timeout is taken away and put back. The server is played by its messages. */
import { describe, expect, it } from 'vitest';
import { Transcript } from '../../src/rehearsal/proxy/transcript.ts';
import { Unhurried } from '../../src/rehearsal/proxy/unhurried.ts';
import { answer, errorFields, type Frame, FrameReader, message, say } from '../../src/rehearsal/proxy/wire.ts';

const build = say.query('create index concurrently i on t (a)');
const drop = say.query('drop index concurrently i');
const ready = answer.readyForQuery('I');
const settled = (rows: 0 | 1) =>
  Buffer.concat([
    answer.parseComplete,
    answer.bindComplete,
    ...(rows === 1 ? [message('D', Buffer.from([0, 1, 0, 0, 0, 1, 48]))] : []),
    answer.commandComplete(`SELECT ${rows}`),
    answer.closeComplete,
    ready,
  ]);
const failed = (severity: 'ERROR' | 'FATAL') => answer.error(errorFields(severity, '57014', 'no'));
const OURS = 'PBECS';

function scene(lockTimeout: string | null = '2s') {
  const transcript = new Transcript({ caller: 1, database: 'd' }, () => undefined);
  let wrote: Frame[] = [];
  const reader = new FrameReader();
  let cancels = 0;
  const unhurried = new Unhurried({
    lockTimeout,
    transcript,
    heard: (frames) => {
      for (const frame of frames) transcript.heard(frame, 0);
    },
    write: (bytes) => wrote.push(...reader.push(Buffer.concat(bytes))),
    cancel: () => {
      cancels += 1;
    },
  });
  const frames = (...bytes: readonly Buffer[]) => new FrameReader().push(Buffer.concat(bytes));
  /** The types of what the server has been sent since. */
  const sent = () => {
    const types = wrote.map(({ type }) => type).join('');
    wrote = [];
    return types;
  };
  return {
    unhurried,
    cancels: () => cancels,
    says: (...bytes: readonly Buffer[]) => {
      unhurried.hear(frames(...bytes));
      return sent();
    },
    /** What the tool gets, and what the server gets next. */
    answers: (...bytes: readonly Buffer[]) => {
      const passed = unhurried.sift(Buffer.concat(bytes));
      for (const frame of frames(...passed)) transcript.answered(frame, 0);
      unhurried.look();
      return [
        frames(...passed)
          .map(({ type }) => type)
          .join(''),
        sent(),
      ];
    },
  };
}

describe('one statement that waits', () => {
  it('goes once ours was answered; what is said behind it goes once it is put back', () => {
    const { says, answers } = scene();
    expect(says(build, say.query('select 1'))).toBe(OURS);
    expect(says(say.query('select 2'))).toBe('');
    expect(answers(settled(1))).toEqual(['', 'Q']);
    expect(answers(answer.commandComplete('CREATE INDEX'), ready)).toEqual(['CZ', OURS]);
    expect(answers(settled(1))).toEqual(['', 'QQ']);
  });

  it('two of them, said at once', () => {
    const { says, answers } = scene();
    const done = [answer.commandComplete('CREATE INDEX'), ready];
    expect(says(build, drop)).toBe(OURS);
    for (const next of [OURS, '']) {
      expect(answers(settled(1))).toEqual(['', 'Q']);
      expect(answers(...done)).toEqual(['CZ', OURS]);
      expect(answers(settled(1))).toEqual(['', next]);
    }
  });

  it('where the setting is the tool’s own, nothing is put back', () => {
    const { says, answers } = scene();
    expect(says(build)).toBe(OURS);
    expect(answers(settled(0))).toEqual(['', 'Q']);
    expect(answers(answer.commandComplete('CREATE INDEX'), ready)).toEqual(['CZ', '']);
    expect(says(say.query('select 1'))).toBe('Q');
  });

  it('goes as it is where we have set none, in a block, and behind something', () => {
    expect(scene(null).says(build)).toBe('Q');
    const inBlock = scene();
    inBlock.says(say.query('begin'));
    inBlock.answers(answer.commandComplete('BEGIN'), answer.readyForQuery('T'));
    expect(inBlock.says(build)).toBe('Q');
    expect(scene().says(say.query('select 1'), build)).toBe('QQ');
  });
});

describe('what comes between', () => {
  it('a cancel is passed on with the statement that it means, and not to ours', () => {
    const { unhurried, says, answers, cancels } = scene();
    says(build);
    unhurried.cancel();
    expect(cancels()).toBe(0);
    answers(settled(1));
    expect(cancels()).toBe(1);
    unhurried.cancel();
    expect(cancels()).toBe(2);
    answers(failed('ERROR'), ready);
    unhurried.cancel();
    expect(cancels()).toBe(2);
    answers(settled(1));
    expect(cancels()).toBe(2);
  });

  it('ours that fails: the statement goes all the same, and nothing is put back', () => {
    const { says, answers } = scene();
    says(build);
    expect(answers(failed('ERROR'), ready)).toEqual(['', 'Q']);
    expect(answers(answer.commandComplete('CREATE INDEX'), ready)).toEqual(['CZ', '']);
  });

  it('what could not be put back is, after the tool’s next statement', () => {
    const { says, answers } = scene();
    says(build);
    answers(settled(1));
    answers(answer.commandComplete('CREATE INDEX'), ready);
    expect(answers(failed('ERROR'), ready)).toEqual(['', '']);
    expect(says(say.query('select 1'))).toBe('Q');
    expect(answers(answer.commandComplete('SELECT 1'), ready)).toEqual(['CZ', OURS]);
    expect(answers(settled(1))).toEqual(['', '']);
  });

  it('the server’s last words, and what it says of its own accord, are the tool’s', () => {
    const { says, answers } = scene();
    says(build);
    expect(answers(message('A', 1, 'news', ''), answer.parseComplete, failed('FATAL'))).toEqual(['AE', '']);
  });
});
