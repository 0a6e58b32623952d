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
    ['SQL of a shell', `'${SECRET.replaceAll("'", "'\\''").replaceAll("'", "''")}'`],
    ['C in SQL', `E'${SECRET.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`],
    ['an identifier', `"${SECRET.replaceAll('"', '""')}"`],
    ['PowerShell', `"${SECRET.replace(/["`$]/g, '`$&')}"`],
    ['JSON in ASCII', JSON.stringify(SECRET).replaceAll('é', '\\u00E9')],
    ['percent-encoded where it must be', SECRET.replace(/[@%#/|é]/g, encodeURIComponent)],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(SECRET))],
    ['percent-encoded, letters too', [...Buffer.from(SECRET)].map((byte) => `%${byte.toString(16)}`).join('')],
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
  it.each([
    ["DETAIL: Failing row contains (1, p@ss%w#rd's...).", 'DETAIL: Failing row contains (1, ***...).'],
    ["insert into t values ('p@ss%w#rd''s \"…", "insert into t values ('***…"],
    ['…"&<1>|/+`é\', 2)', "…***', 2)"],
    ['https…', 'https…'],
    ['… and so on...', '… and so on...'],
  ])('hides what a cut left of it: %j', (text, expected) => {
    expect(redactor([SECRET, `https://u:${SECRET}@h/`])(text)).toBe(expected);
  });
  it('hides the path of a webhook that a cut left', () => {
    expect(redactor(['https://hooks.example/services/T1/B2/x'])('https://hooks.example/services/T1/B…')).toBe(
      'https://hooks.example***…',
    );
  });
  it('takes long runs of quotes for what they are, in time', () => {
    const many = redactor([`a${"'".repeat(16)}b`]);
    expect(many(`x a${"''".repeat(16)}b x`)).toBe('x *** x');
    const started = Date.now();
    many(`a${"'".repeat(1_000_000)}`);
    expect(Date.now() - started).toBeLessThan(20_000);
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
    ['set `A_PASSWORD={password}`, `DB_PASSWORD={x}`', 'set `A_PASSWORD={password}`, `DB_PASSWORD=***'],
    [
      "alter role bob encrypted password 'hun''ter2' valid until 'x'",
      "alter role bob encrypted password '***' valid until 'x'",
    ],
    ["PASSWORD E'hun\\'ter2' x", "PASSWORD '***' x"],
    ["PASSWORD U&'hunter2' x", "PASSWORD '***' x"],
    ['PASSWORD $$hunter2$$ x', "PASSWORD '***' x"],
    ["PASSWORD 'hun' -- it's more\n 'ter2' x", "PASSWORD '***' x"],
    ["format('PASSWORD %L', 'hun' -- it's\n 'ter2') x", "format('PASSWORD %L', '***') x"],
    ["format('PASSWORD %L', E'hun\\';ter2'); x", "format('PASSWORD %L', '***'); x"],
    ["execute 'alter role a password ''hun''''ter2'''", "execute 'alter role a password '***''"],
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
    ["f(password => 'hunter2')", "f(password => '***')"],
    ["OPTIONS (sslpassword 'hunter2')", "OPTIONS (sslpassword '***')"],
    ["PASSWORD 'hunter2' 'hunter3' x", "PASSWORD '***' x"],
    [
      "format('ALTER ROLE %I PASSWORD %L', 'bob', 'hunter2'); 'x'",
      "format('ALTER ROLE %I PASSWORD %L', '***', '***'); 'x'",
    ],
    [
      "EXECUTE 'ALTER ROLE b PASSWORD ' || quote_literal('hunter2'); x",
      "EXECUTE 'ALTER ROLE b PASSWORD ' || quote_literal('***'); x",
    ],
    [
      "EXECUTE 'ALTER ROLE b PASSWORD ''' || 'hunter2' || ''''; x",
      "EXECUTE 'ALTER ROLE b PASSWORD ''' || '***' || ''''; x",
    ],
    ["set_config('app.password', 'hunter2', true)", "set_config('app.password', '***', true)"],
    ["jsonb_build_object('user', 'u', 'password', 'hunter2')", "jsonb_build_object('user', 'u', 'password', '***')"],
    ['\'{"user": "u", "password": "hun\\"ter2", "a": "b"}\'', '\'{"user": "u", "password": "***", "a": "b"}\''],
    ["dblink('host=h password = hunter2 user=u')", "dblink('host=h password = *** user=u')"],
    ["dblink('host=h password=''hun ter2'' user=u')", "dblink('host=h password='***' user=u')"],
    ["dblink(E'host=h password=\\'hun ter2\\' user=u')", "dblink(E'host=h password=*** user=u')"],
    ['missing "=" after "hunter2" in connection info string', 'missing "=" after "***" in connection info string'],
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
    'UPDATE u SET password = lower(name) WHERE user = 1',
    "SELECT 'password', 'email'",
    "CREATE TYPE f AS ENUM ('password', 'sso')",
    "SELECT name FROM f WHERE kind = 'password';",
    'CREATE TABLE u ("password" text, "name" text)',
    'password authentication failed for user "bob"',
    'https://example.com/a:b@c',
    'the time is 10:30 @ home',
  ])('leaves %j', (text) => {
    expect(redact(text)).toBe(text);
  });
  it('knows a literal from then on, where the server quotes it alone', () => {
    const learning = redactor([]);
    expect(learning("ALTER USER bob SET PASSWORD 'hunter2';")).toBe("ALTER USER bob SET PASSWORD '***';");
    expect(learning(`syntax error at or near "'hunter2'"`)).toBe(`syntax error at or near "'***'"`);
    expect(learning("…WORD 'hunter2' VALID")).toBe("…WORD '***' VALID");
    expect(learning('hunter2 is only a word')).toBe('hunter2 is only a word');
  });
  it.each([
    ['quotes', "PASSWORD '"],
    ['placeholders', "PASSWORD %L'"],
    ['concatenations', "PASSWORD '||"],
    ['ellipses', 'p@ss...'],
    ['comments', 'PASSWORD /*'],
    ['line comments', 'PASSWORD--'],
    ['white space', 'PASSWORD \n '],
    ['continued literals', "PASSWORD 'a'\n'b'\n'c'\n"],
    ['letters', 'a'],
    ['URLs', '://a:'],
    ['dollars', 'PASSWORD $a'],
  ])('is done with 300 kB of %s, which no quadratic work would be', (_name, unit) => {
    const many = redactor([SECRET, 'another', 'hunter2']);
    const text = unit.repeat(Math.ceil(300_000 / unit.length));
    // How long it takes is measured by `npm run bench -- --only reading`.
    expect(many(text).length).toBeGreaterThan(0);
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
