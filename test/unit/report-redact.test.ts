import { describe, expect, it } from 'vitest';
import { hideData, hideDetail, hideMessage, redactOutcome, redactor } from '../../src/report/redact.ts';
import { code, escapeHtml, escapeMarkdown } from '../../src/report/text.ts';
import { aFailure, anOutcome } from '../support/outcome.ts';

const SECRET = 'p@ss%w#rd\'s "x"&<1>|/+`é';

describe('secrets', () => {
  const redact = redactor([SECRET]);
  const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
  it.each([
    ['as written', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['percent-encoded in lower case', encodeURIComponent(SECRET).replace(/%../g, (hex) => hex.toLowerCase())],
    ['form-encoded', new URLSearchParams({ a: SECRET }).toString()],
    ['of a URL', new URL(`https://u:${encodeURIComponent(SECRET)}@h/`).href],
    ['JSON', JSON.stringify({ a: SECRET })],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ a: SECRET }))],
    ['HTML', escapeHtml(SECRET)],
    [
      'XML',
      SECRET.replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&apos;'),
    ],
    ['markdown', escapeMarkdown(SECRET)],
    ['markdown code', code(SECRET)],
    ['shell, single quotes', `'${SECRET.replaceAll("'", "'\\''")}'`],
    ['shell, double quotes', `"${SECRET.replace(/(["$`\\])/g, '\\$1')}"`],
    ['command line', SECRET.replaceAll('"', '\\"')],
    ['SQL', `'${SECRET.replaceAll("'", "''")}'`],
    ['base64', base64(SECRET)],
    ['base64url', Buffer.from(SECRET, 'utf8').toString('base64url')],
  ])('%s', (_name, text) => {
    const shown = redact(`before ${text} after`);
    expect(shown).toContain('***');
    expect(shown).not.toContain(text);
    expect(shown).not.toContain('rd');
    expect(shown).toMatch(/^before .*after$/);
  });
  it.each(['u', 'us', 'use'])('base64 of a text that holds it, after %s', (before) => {
    const shown = redact(base64(`${before}${SECRET}:rest`));
    expect(shown).toContain('***');
    for (const shift of [0, 1, 2]) {
      expect(shown).not.toContain(
        base64(
          Buffer.from(SECRET)
            .subarray(shift, shift + 9)
            .toString('latin1'),
        ),
      );
    }
  });
  it('hides what was given encoded in its decoded form too', () => {
    expect(redactor(['p%40ss%23word'])('p@ss#word p%40ss%23word')).toBe('*** ***');
  });
  it('prefers the longer secret', () => {
    expect(redactor(['abc', 'abcdef'])('abcdef abc')).toBe('*** ***');
  });
  it('hides each long line of a secret of several lines', () => {
    expect(redactor(['-----BEGIN\nMIIEvQIBADAN\n'])('x MIIEvQIBADAN y')).toBe('x *** y');
  });
  it('ignores empty secrets and a password that is a name shown anyway', () => {
    const gentle = redactor(['', ' ', 'postgres'], { publicNames: ['postgres'] });
    expect(gentle('postgres on localhost')).toBe('postgres on localhost');
    expect(gentle('postgres://postgres:postgres@localhost/postgres')).toBe(
      'postgres://postgres:***@localhost/postgres',
    );
  });
  it('takes secrets that mean something to a regular expression for what they are', () => {
    expect(redactor(['a.*b', '[z-a]', '$&'])('axxb a.*b [z-a] $&')).toBe('axxb *** *** ***');
  });
  it('leaves fixed words and digests of an outcome alone and reaches everything else', () => {
    const outcome = redactOutcome(
      anOutcome({
        result: 'failed',
        planDigest: 'failed1',
        warnings: ['it failed'],
        error: aFailure({ message: 'failed' }),
      }),
      redactor(['failed']),
    );
    expect(outcome).toMatchObject({
      result: 'failed',
      planDigest: 'failed1',
      warnings: ['it ***'],
      error: { message: '***' },
    });
  });
});

describe('passwords in SQL and URLs', () => {
  const redact = redactor([]);
  it.each([
    ["ALTER ROLE bob PASSWORD 'hunter2';", "ALTER ROLE bob PASSWORD '***';"],
    [
      "alter role bob encrypted password 'hun''ter2' valid until 'x'",
      "alter role bob encrypted password '***' valid until 'x'",
    ],
    ["PASSWORD E'hun\\'ter2' x", "PASSWORD '***' x"],
    ["PASSWORD U&'hunter2' x", "PASSWORD '***' x"],
    ['PASSWORD $$hunter2$$ x', "PASSWORD '***' x"],
    ["PASSWORD $a$hunter2'$a$ x", "PASSWORD '***' x"],
    ["PASSWORD /* ' */ -- '\n 'hunter2' x", "PASSWORD /* ' */ -- '\n '***' x"],
    ["PASSWORD 'hun'\n  'ter2' x", "PASSWORD '***' x"],
    ["PASSWORD 'hunter2 cut off", "PASSWORD '***'"],
    ["EXECUTE 'ALTER ROLE b PASSWORD ''hunter2'''; x", "EXECUTE 'ALTER ROLE b PASSWORD '***''; x"],
    ["PASSWORD ''; x", "PASSWORD '***'; x"],
    [
      "CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2' PUBLICATION p",
      "CREATE SUBSCRIPTION s CONNECTION '***' PUBLICATION p",
    ],
    ["OPTIONS (user 'bob', password 'hunter2')", "OPTIONS (user 'bob', password '***')"],
    ["OPTIONS (user 'bob', \"password\" 'hunter2')", "OPTIONS (user 'bob', \"password\" '***')"],
    ["IDENTIFIED BY 'hunter2'", "IDENTIFIED BY '***'"],
    ["dblink('host=h password=hunter2 user=u')", "dblink('host=h password=*** user=u')"],
    ["UPDATE u SET password = 'hunter2'", "UPDATE u SET password = '***'"],
    ['postgres://u:hunter2@h/db', 'postgres://u:***@h/db'],
    ['https://:hunter2@h', 'https://:***@h'],
    ['postgresql://u:hun@ter2@h:5432/db?x=1', 'postgresql://u:***@h:5432/db?x=1'],
  ])('%j', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });
  it.each([
    "SET password_encryption = 'scram-sha-256'",
    'CREATE TABLE u (password text NOT NULL)',
    "COMMENT ON COLUMN u.password IS 'a hash'",
    'UPDATE u SET password=NULL',
    'UPDATE u SET password=crypt(x, y)',
    'ALTER ROLE bob PASSWORD NULL',
    'password authentication failed for user "bob"',
    'https://example.com/a:b@c',
    'the time is 10:30 @ home',
  ])('leaves %j', (text) => {
    expect(redact(text)).toBe(text);
  });
  it.each([
    ['quotes', "PASSWORD '"],
    ['comments', 'PASSWORD /*'],
    ['line comments', 'PASSWORD--'],
    ['white space', 'PASSWORD \n '],
    ['continued literals', "PASSWORD 'a'\n'b'\n'c'\n"],
    ['letters', 'a'],
    ['URLs', '://a:'],
    ['dollars', 'PASSWORD $a'],
  ])('is done with 3 MB of %s in a time that a person does not notice', (_name, unit) => {
    const many = redactor([SECRET, 'another', 'hunter2']);
    const started = Date.now();
    many(unit.repeat(Math.ceil(3_000_000 / unit.length)));
    // Quadratic would be hours; this is no bench.
    expect(Date.now() - started).toBeLessThan(20_000);
  });
});

describe('row data', () => {
  it.each([
    ['23505', 'Key (email)=(a@b.c) already exists.', 'Key (email)=(…) already exists.'],
    ['23505', 'Schlüssel »(a, b)=(1, x) y)« existiert bereits.', 'Schlüssel »(a, b)=(…)« existiert bereits.'],
    ['23503', 'Key (id)=(5) is not present in table "orders".', 'Key (id)=(…) is not present in table "orders".'],
    ['23P01', 'Key (r)=([1,3)) conflicts with existing key (r)=([2,4)).', 'Key (r)=(…).'],
    ['23502', 'Failing row contains (1, null, secret).', 'Failing row contains (…).'],
    ['23514', 'Fehlgeschlagene Zeile enthält (x)=(y, 2).', 'Fehlgeschlagene Zeile enthält (…).'],
    ['23505', 'something else: a@b.c', '(row data withheld: show-data is false)'],
    ['22P02', 'Token "x" is invalid.', '(row data withheld: show-data is false)'],
    ['P0001', 'user a@b.c', '(row data withheld: show-data is false)'],
    ['2BP01', 'view v depends on table t', 'view v depends on table t'],
    ['40P01', 'Process 1 waits for ShareLock', 'Process 1 waits for ShareLock'],
  ])('%s %s', (sqlstate, detail, expected) => {
    expect(hideDetail(sqlstate, detail)).toBe(expected);
  });
  it.each([
    ['22P02', 'invalid input syntax for type integer: "a"b"', 'invalid input syntax for type integer: "…"'],
    ['22P02', 'ungültige Eingabesyntax für Typ integer: »abc«', 'ungültige Eingabesyntax für Typ integer: »…«'],
    ['22P02', 'Typ integer: »a"b"c«', 'Typ integer: »…«'],
    ['22P02', 'cut off: "abc', 'cut off: "…'],
    ['42703', 'column "totl" does not exist', 'column "totl" does not exist'],
  ])('%s %s', (sqlstate, message, expected) => {
    expect(hideMessage(sqlstate, message)).toBe(expected);
  });
  it('keeps of the context only where in the code it was', () => {
    const where =
      'COPY t, line 3, column a: "secret"\nPL/pgSQL function f(integer) line 3 at SQL statement\nSQL statement "SELECT \'secret\'"';
    const hidden = hideData(aFailure({ sqlstate: '22P02', where })).where;
    expect(hidden).toContain('PL/pgSQL function f(integer) line 3');
    expect(hidden).not.toContain('secret');
  });
});
