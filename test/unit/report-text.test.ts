import { describe, expect, it } from 'vitest';
import {
  brief,
  byteLength,
  bytes,
  clean,
  code,
  cut,
  cutBytes,
  details,
  duration,
  escapeMarkdown,
  fenced,
  inert,
  inertText,
  number,
  plural,
  prose,
} from '../../src/report/text.ts';

describe('numbers in words', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '<1 ms'],
    [12.4, '12 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1234, '1.2 s'],
    [59_940, '59.9 s'],
    [59_999, '1 min'],
    [65_000, '1 min 5 s'],
    [3_600_000, '1 h'],
    [3_720_000, '1 h 2 min'],
  ])('%s ms', (ms, expected) => expect(duration(ms)).toBe(expected));
  it.each([
    [0, '0 bytes'],
    [1023, '1,023 bytes'],
    [1536, '1.5 kB'],
    [1_300_000_000, '1.2 GB'],
    [5e15, '4,547 TB'],
  ])('%s bytes', (value, expected) => expect(bytes(value)).toBe(expected));
  it.each([
    [1, '1 migration'],
    [0, '0 migrations'],
    [4950, '4,950 migrations'],
  ])('%s', (count, expected) => expect(plural(count, 'migration')).toBe(expected));
  it('groups thousands', () => expect(number(1234567)).toBe('1,234,567'));
});

describe('cutting', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['a😀b', 3, 'a…'],
    ['😀😀', 4, '😀😀'],
  ])('%j to %s', (text, max, expected) => expect(cut(text, max)).toBe(expected));
  it('cuts bytes at a whole code point', () => {
    expect(cutBytes('aé😀', 6)).toBe('aé');
    expect(byteLength(cutBytes('😀'.repeat(100), 50))).toBe(48);
  });
});

describe('untrusted text', () => {
  it('loses colours, controls and marks that reorder', () => {
    expect(clean('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u0000\u0008\u202egnp\u2069\r\nnext')).toBe(
      'red xgnp\nnext',
    );
  });
  it.each([
    ['::set-output name=x::y', '> ::set-output name=x::y'],
    ['  \u00a0::error::x', '>   \u00a0::error::x'],
    ['\u001b[1m::error::x', '> ::error::x'],
    ['\ufeff::error::x', '> \ufeff::error::x'],
    ['a ##[error]b', 'a ## [error]b'],
    ['##\u0000[error]b', '## [error]b'],
    ['a::b', 'a::b'],
    ['SELECT 1::int', 'SELECT 1::int'],
  ])('%j commands nothing', (line, expected) => expect(inert(line)).toBe(expected));
  it('every line of a text', () => {
    expect(inertText('a\n::add-mask::x\r::b::\u2028::c::')).toBe('a\n> ::add-mask::x\n> ::b::\n> ::c::');
  });
  it.each([
    ['plain', '`plain`'],
    ['a*b_c<d>', '`a*b_c<d>`'],
    ['a\nb', '`a b`'],
    ['', '<code></code>'],
    ['a`b', '<code>a&#96;b</code>'],
    ['a|b', '<code>a&#124;b</code>'],
    ['`|</code><script>', '<code>&#96;&#124;&#60;&#47;code&#62;&#60;script&#62;</code>'],
  ])('code(%j)', (text, expected) => expect(code(text)).toBe(expected));
  it.each([
    ['</details><script>', '&lt;/details&gt;&lt;script&gt;'],
    ['a | b', 'a &#124; b'],
    ['**x** [a](b) `c`', '\\*\\*x\\*\\* \\[a\\](b) \\`c\\`'],
    ['0007_add_total.sql', '0007_add_total.sql'],
    ['_x_', '\\_x\\_'],
    ['# h', '\\# h'],
    ['1. x', '1\\. x'],
    ['- x', '\\- x'],
    ['@mona', '@\u200bmona'],
    ['&lt;', '&amp;lt;'],
  ])('escapeMarkdown(%j)', (text, expected) => expect(escapeMarkdown(text)).toBe(expected));
  it.each([
    ['Run `a|b`, then `c`.', 'Run <code>a&#124;b</code>, then `c`.'],
    ['an odd ` one', 'an odd \\` one'],
    ['a `b` <i>', 'a `b` &lt;i&gt;'],
  ])('prose(%j)', (text, expected) => expect(prose(text)).toBe(expected));
  it('a fence is longer than any in it', () => {
    expect(fenced('a\n````\nb\n')).toBe('`````\na\n````\nb\n`````');
  });
  it('a fold has plain text for its title', () => {
    expect(details('</summary><b>\nx', 'body')).toBe(
      '<details><summary>&lt;/summary&gt;&lt;b&gt; x</summary>\n\nbody\n\n</details>',
    );
  });
  it('shows a line of megabytes', () => {
    expect(brief(`a\n${'b'.repeat(3_000_000)}`, 10)).toBe('a bbbbbbb…');
  });
});
