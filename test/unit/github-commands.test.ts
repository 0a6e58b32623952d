import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  commandLine,
  fence,
  getState,
  issueCommand,
  maskAll,
  saveState,
  setOutput,
  writeSummary,
} from '../../src/github/commands.ts';
import { readEvent } from '../../src/github/event.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commands-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

/** As the runner reads such a file. */
function pairs(text: string): [string, string][] {
  const found: [string, string][] = [];
  for (let rest = text; rest !== ''; ) {
    const match = /^([^\n<]+)<<([^\n]+)\n([\s\S]*?)\n\2\n/.exec(rest);
    if (match === null) throw new Error(`cannot be read: ${rest}`);
    found.push([match[1] ?? '', match[3] ?? '']);
    rest = rest.slice(match[0].length);
  }
  return found;
}

describe('file commands', () => {
  it.each([
    'plain',
    '',
    'two\nlines',
    'x<<EOF\nEOF\nname=evil',
    'ghadelimiter_\nghadelimiter',
    '::set-output name=a::b',
    'é😀',
  ])('an output holds %j', (value) => {
    const env = { GITHUB_OUTPUT: at('out') };
    expect(setOutput(env, 'result', value)).toBe(true);
    setOutput(env, 'next', 'n');
    expect(pairs(readFileSync(at('out'), 'utf8'))).toEqual([
      ['result', value],
      ['next', 'n'],
    ]);
  });
  it.each(['', 'a\nb', 'a=b', 'a<<b'])('refuses the name %j', (name) => {
    expect(() => setOutput({ GITHUB_OUTPUT: at('out') }, name, 'x')).toThrow('cannot be');
  });
  it('says that there is no runner', () => {
    expect(setOutput({}, 'a', 'b')).toBe(false);
    expect(saveState({ GITHUB_STATE: '' }, 'a', 'b')).toBe(false);
    expect(writeSummary({}, 'x')).toBe(false);
  });
  it('replaces the summary', () => {
    const env = { GITHUB_STEP_SUMMARY: at('summary') };
    writeSummary(env, 'one\n');
    expect(readFileSync(at('summary'), 'utf8')).toBe('one\n');
    writeSummary(env, '😀'.repeat(100_000));
    expect(readFileSync(at('summary'), 'utf8')).toBe('😀'.repeat(100_000));
  });
  it('hands state to the post step', () => {
    saveState({ GITHUB_STATE: at('state') }, 'run', 'v');
    expect(pairs(readFileSync(at('state'), 'utf8'))).toEqual([['run', 'v']]);
    expect(getState({ STATE_run: 'v' }, 'run')).toBe('v');
    expect(getState({}, 'run')).toBeNull();
  });
});

describe('workflow commands', () => {
  it.each([
    [commandLine('endgroup', {}, ''), '::endgroup::'],
    [commandLine('add-mask', {}, 'a%b\r\nc'), '::add-mask::a%25b%0D%0Ac'],
    [
      commandLine('error', { title: 'a:b,c%\n', file: 'm/::x,y.sql', line: 3, col: 8 }, 'x: y, z\n::stop'),
      '::error title=a%3Ab%2Cc%25%0A,file=m/%3A%3Ax%2Cy.sql,line=3,col=8::x: y, z%0A::stop',
    ],
  ])('%s', (line, expected) => expect(line).toBe(expected));
  it('writes a line', () => {
    const lines: string[] = [];
    issueCommand((text) => lines.push(text), 'group', {}, 'Dry run');
    expect(lines).toEqual(['::group::Dry run\n']);
  });
  it('masks each secret once and nothing empty', () => {
    const lines: string[] = [];
    maskAll((text) => lines.push(text), ['a', '', ' ', 'a', 'b\nc']);
    expect(lines).toEqual(['::add-mask::a\n', '::add-mask::b%0Ac\n']);
  });
  it('fences untrusted text with a word that it cannot know', () => {
    const written: string[] = [];
    const write = fence((text) => written.push(text));
    write('::set-output name=a::b');
    write('more\n');
    const tokens = written.map((text) => /^::stop-commands::([\w-]{36})\n/.exec(text)?.[1]);
    expect(written[0]).toBe(`::stop-commands::${tokens[0]}\n::set-output name=a::b\n::${tokens[0]}::\n`);
    expect(written[1]).toBe(`::stop-commands::${tokens[1]}\nmore\n::${tokens[1]}::\n`);
    expect(tokens[0]).not.toBe(tokens[1]);
  });
});

describe('the event', () => {
  it('is null where there is none', () => expect(readEvent({})).toBeNull());
  it('is what the file holds', () => {
    writeFileSync(at('event.json'), '\ufeff{"a":{"b":1}}');
    expect(readEvent({ GITHUB_EVENT_PATH: at('event.json') })).toEqual({ a: { b: 1 } });
  });
  it.each([
    ['{', 'is not JSON'],
    ['[]', 'does not hold a JSON object'],
    ['null', 'does not hold a JSON object'],
  ])('%s is an error that names the file', (text, message) => {
    writeFileSync(at('event.json'), text);
    expect(() => readEvent({ GITHUB_EVENT_PATH: at('event.json') })).toThrow(message);
  });
  it('says when the file is not there', () => {
    expect(() => readEvent({ GITHUB_EVENT_PATH: at('nowhere.json') })).toThrow('cannot be read');
  });
});
