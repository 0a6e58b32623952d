import { describe, expect, it } from 'vitest';
import {
  classifyFailure,
  excerptOf,
  type FailureContext,
  failureOfClass,
  type RawFailure,
} from '../../src/report/failure.ts';

function classify(code: string | null, context: Partial<FailureContext> = {}, raw: Partial<RawFailure> = {}) {
  return classifyFailure(
    { code, message: 'irgendein Text', ...raw },
    { phase: 'apply', host: 'db.example.com', ...context },
  );
}

describe('classes by code, whatever the language of the text', () => {
  it.each([
    ['ECONNREFUSED', 'connection'],
    ['ETIMEDOUT', 'connection'],
    ['ENOTFOUND', 'connection'],
    ['EAI_AGAIN', 'connection'],
    ['ENETUNREACH', 'connection'],
    ['EHOSTUNREACH', 'connection'],
    ['ECONNRESET', 'connection'],
    ['57P01', 'connection'],
    ['57P03', 'connection'],
    ['08006', 'connection'],
    ['08P01', 'connection'],
    ['25P03', 'connection'],
    ['57P05', 'connection'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['EPROTO', 'tls'],
    ['28P01', 'authentication'],
    ['28000', 'authentication'],
    ['42501', 'permission'],
    ['25006', 'permission'],
    ['53100', 'disk-full'],
    ['53200', 'resources'],
    ['53300', 'resources'],
    ['55006', 'resources'],
    ['55P03', 'lock-timeout'],
    ['40P01', 'deadlock'],
    ['40001', 'deadlock'],
    ['57014', 'statement-timeout'],
    ['25P04', 'statement-timeout'],
    ['42601', 'syntax'],
    ['0A000', 'syntax'],
    ['42P01', 'missing-object'],
    ['42703', 'missing-object'],
    ['42883', 'missing-object'],
    ['42704', 'missing-object'],
    ['3F000', 'missing-object'],
    ['42P07', 'duplicate-object'],
    ['42710', 'duplicate-object'],
    ['42701', 'duplicate-object'],
    ['42723', 'duplicate-object'],
    ['42P06', 'duplicate-object'],
    ['23505', 'constraint'],
    ['23502', 'constraint'],
    ['23503', 'constraint'],
    ['23514', 'constraint'],
    ['23P01', 'constraint'],
    ['22P02', 'constraint'],
    ['22001', 'constraint'],
    ['25001', 'not-in-transaction'],
    ['2D000', 'not-in-transaction'],
    ['55P04', 'not-in-transaction'],
    ['25P02', 'internal'],
    ['XX000', 'internal'],
    ['XX001', 'internal'],
    ['58030', 'internal'],
    ['ZZ999', 'internal'],
    ['constructor', 'internal'],
  ] as const)('%s is %s', (code, expected) => {
    const found = classify(code);
    expect(found.class).toBe(expected);
    expect(found.meaning).toMatch(/\.$/);
    expect(found.next.length).toBeGreaterThan(5);
  });

  it.each([
    ['The server does not support SSL connections', 'tls'],
    ['timeout expired', 'connection'],
    ['Connection terminated due to connection timeout', 'connection'],
    ['Connection terminated unexpectedly', 'connection'],
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', 'authentication'],
    ['Query read timeout', 'statement-timeout'],
    ['something else', 'internal'],
  ] as const)('the driver, without a code: %s is %s', (message, expected) => {
    expect(classify(null, {}, { message }).class).toBe(expected);
  });
});

describe('what a code alone does not say', () => {
  it('tells a server that wants encryption from a user that is not let in', () => {
    const message = 'no pg_hba.conf entry for host "10.0.0.1", user "u", database "d", no encryption';
    expect(classify('28000', { phase: 'connect' }, { message }).class).toBe('tls');
  });
  it('takes an unknown database for a wrong URL when connecting, for a missing object later', () => {
    expect(classify('3D000', { phase: 'connect' }).class).toBe('connection');
    expect(classify('3D000').class).toBe('missing-object');
  });
  it('names the pooler where there is no IPv4 address', () => {
    expect(classify('ENETUNREACH').next).toContain('pooler');
  });
  it('says that the time ran out when we know that it did', () => {
    expect(classify('57014', { timedOut: 'statement' }).meaning).not.toContain('pg_cancel_backend');
    expect(classify('57014').meaning).toContain('pg_cancel_backend');
    expect(classify(null, { timedOut: 'connect' }).class).toBe('connection');
  });
  it('calls a check that writes a failed verification', () => {
    expect(classify('25006', { phase: 'verify' }).class).toBe('verification');
  });
  it('gives the statement that finds and fills the rows', () => {
    const found = classify('23502', {}, { table: 'orders', column: 'total' });
    expect(found.next).toContain('UPDATE orders SET total = ... WHERE total IS NULL');
  });
  it('lets no name end our backticks', () => {
    expect(classify('23505', {}, { table: 'a`b', constraint: 'c`' }).meaning).toContain("`a'b`");
  });
  it('an unknown error while connecting is a connection failure', () => {
    expect(classify('EWHATEVER', { phase: 'connect' }).class).toBe('connection');
  });
  it('has words for classes that no server sends', () => {
    expect(failureOfClass('checksum').next).toContain('new migration');
  });
});

describe('excerptOf', () => {
  it.each([
    ['SELECT totl FROM t', 8, 'SELECT totl FROM t\n       ^'],
    ['\tSELECT\tx', 9, '\tSELECT\tx\n\t      \t^'],
    ['SELECT 😀, x', 11, 'SELECT 😀, x\n          ^'],
    ['abc', null, 'abc'],
    ['abc', 1, 'abc\n^'],
    ['a\u001bb', 3, 'a\ufffdb\n  ^'],
    ['one\ntwo', 2, 'one\n ^'],
  ])('%j at %s', (line, column, expected) => {
    expect(excerptOf(line, column)).toBe(expected);
  });
  it('keeps the caret under the character of a long line', () => {
    const [line = '', caret = ''] = excerptOf(`${'x'.repeat(500)}!${'y'.repeat(3_000_000)}`, 501).split('\n');
    expect([...line].length).toBeLessThanOrEqual(122);
    expect(line.charAt(caret.length - 1)).toBe('!');
  });
});
