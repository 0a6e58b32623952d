import { describe, expect, it } from 'vitest';
import {
  closest,
  equalInConstantTime,
  parseBoolean,
  parseDuration,
  parseInteger,
  parseList,
  parseSize,
  shown,
} from '../../src/request/values.ts';

describe('single values', () => {
  it.each([
    ['0', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['0s', 0],
    ['2147483647ms', 2_147_483_647],
    ['2147483648ms', null],
    ['600h', null],
    ['30', null],
    ['1.5s', null],
    ['-1s', null],
    ['5 m', null],
    ['5M', null],
    ['5min', null],
    ['s', null],
    ['1e3ms', null],
    ['', null],
    ['٣s', null],
  ])('duration %s is %s ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    ['0', 0],
    ['12B', 12],
    ['64kB', 65_536],
    ['500MB', 524_288_000],
    ['1GB', 1_073_741_824],
    ['2TB', 2_199_023_255_552],
    ['1024', null],
    ['1KB', null],
    ['1gb', null],
    ['1.5GB', null],
    ['-1GB', null],
    ['9007199254740993B', null],
    ['9000TB', null],
    ['1GiB', null],
  ])('size %s is %s bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    ['0', 0],
    ['007', 7],
    ['-1', null],
    ['1.0', null],
    ['1e2', null],
    ['0x10', null],
    ['', null],
  ])('integer %s is %s', (text, value) => {
    expect(parseInteger(text)).toBe(value);
  });

  it.each([
    ['true', true],
    ['false', false],
    ['True', null],
    ['yes', null],
    ['1', null],
    ['', null],
  ])('boolean %s is %s', (text, value) => {
    expect(parseBoolean(text)).toBe(value);
  });

  it.each([
    ['', []],
    [' , \n ,', []],
    ['a,b', ['a', 'b']],
    [' a ,\r\n b\n\nc ', ['a', 'b', 'c']],
  ])('list %j is %j', (text, items) => {
    expect(parseList(text)).toEqual(items);
  });
});

describe('what a message may repeat', () => {
  it.each([
    ['plain', [], '"plain"'],
    ['line\nbreak', [], '"line\\nbreak"'],
    ['turned\u202eround', [], '"turned\\u202eround"'],
    ['x'.repeat(200), [], `"${'x'.repeat(80)}..."`],
    ['my hunter2!', ['hunter2'], '(not shown: it may hold a secret)'],
    ['banana', ['an'], '"banana"'],
    ['an', ['an'], '(not shown: it may hold a secret)'],
    ['postgres://u:pw@h/d', [], '(not shown: it may hold a secret)'],
    ['host=h password=pw', [], '(not shown: it may hold a secret)'],
  ])('%j with secrets %j', (value, secrets, expected) => {
    expect(shown(value, secrets)).toBe(expected);
  });

  it.each([
    ['databse-url', 'database-url'],
    ['database_url', 'database-url'],
    ['MODE', 'mode'],
    ['zzzzzzzzzz', null],
  ])('near %s is %s', (name, near) => {
    expect(closest(name, ['database-url', 'mode', 'engine'])).toBe(near);
  });
});

describe('comparison in constant time', () => {
  it.each([
    ['MIGRATE-PRODUCTION', true],
    ['MIGRATE-PRODUCTIO', false],
    ['MIGRATE-PRODUCTIONX', false],
    ['migrate-production', false],
    ['MIGRATE-PRODUCTIOn', false],
    ['XIGRATE-PRODUCTION', false],
    ['', false],
  ])('%s', (given, equal) => {
    expect(equalInConstantTime(given, 'MIGRATE-PRODUCTION')).toBe(equal);
  });
});
