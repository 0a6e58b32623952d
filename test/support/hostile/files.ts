/** Folders and files, their names and encodings, statements and directives. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FULL } from '../faults.ts';
import { bad, type Case, GOOD } from './case.ts';

const at = (workspace: string, name: string) => join(workspace, 'migrations', name);
const fifo = (path: string) => execFileSync('mkfifo', [path]);

export const FOLDERS: readonly Case[] = [
  { name: 'no folder at all', files: { 'readme.md': 'x' }, exit: 1, says: ['migrations-path'] },
  {
    name: 'two folders',
    files: { ...GOOD, 'db/migrations/01_ok.sql': 'SELECT 1;' },
    exit: 1,
    says: ['migrations-path', 'db/migrations'],
  },
  { name: 'an empty folder', files: {}, folders: ['migrations'], exit: 1, says: ['migrations', /empty|no migration/i] },
  { name: 'files without a number', files: { 'migrations/init.sql': 'SELECT 1;' }, exit: 1, says: ['init.sql'] },
  {
    name: 'a link to nothing',
    files: GOOD,
    links: { 'migrations/02_gone.sql': 'nowhere.sql' },
    exit: 1,
    says: ['02_gone.sql'],
  },
  {
    name: 'two files of one number',
    files: { ...GOOD, 'migrations/01_too.sql': 'SELECT 1;' },
    exit: 1,
    says: ['01_ok.sql', '01_too.sql'],
  },
  {
    name: 'one number written two ways',
    files: { ...GOOD, 'migrations/1_too.sql': 'SELECT 1;' },
    exit: 1,
    says: ['01_ok.sql', '1_too.sql'],
  },
  {
    name: 'alembic that is not installed',
    files: { 'alembic.ini': '[alembic]\n' },
    env: { PATH: '/nonexistent' },
    exit: 2,
    says: [/alembic is not to be found/, 'alembic-command'],
  },
  {
    name: 'alembic beside SQL files',
    files: { ...GOOD, 'alembic.ini': '[alembic]\n' },
    exit: 2,
    says: [/alembic/i, 'engine'],
  },

  {
    name: 'a pipe in place of a file',
    spoil: (w) => fifo(at(w, '02_pipe.sql')),
    exit: 1,
    says: ['02_pipe.sql', /ordinary file/],
  },
  {
    name: 'a link to a pipe',
    spoil: (w) => {
      fifo(join(w, 'pipe'));
      symlinkSync('../pipe', at(w, '02_pipe.sql'));
    },
    exit: 1,
    says: ['02_pipe.sql', /ordinary file/],
  },
  {
    name: 'a link to a device',
    links: { 'migrations/02_zero.sql': '/dev/zero' },
    exit: 1,
    says: ['02_zero.sql', /leads out/],
  },
  {
    name: 'a link out of the working directory',
    links: { 'migrations/02_out.sql': '/etc/passwd' },
    exit: 1,
    says: ['02_out.sql', /leads out/],
  },
  {
    name: 'a link out over another link',
    links: { way: '/etc', 'migrations/02_out.sql': '../way/passwd' },
    exit: 1,
    says: ['02_out.sql', /leads out/],
  },
  {
    name: 'links in a circle',
    links: { 'migrations/02_a.sql': '03_b.sql', 'migrations/03_b.sql': '02_a.sql' },
    exit: 1,
    says: [/0[23]_[ab].sql/, 'ELOOP'],
  },
  {
    name: 'a link to itself',
    links: { 'migrations/02_self.sql': '02_self.sql' },
    exit: 1,
    says: ['02_self.sql', 'ELOOP'],
  },
  {
    name: 'a link to a folder in place of a file',
    spoil: (w) => {
      mkdirSync(join(w, 'more'));
      symlinkSync('../more', at(w, '02_more.sql'));
    },
    exit: 1,
    says: ['02_more.sql', 'EISDIR'],
  },
  {
    name: 'a folder of migrations that is a link out',
    files: { 'readme.md': 'x' },
    links: { db: '/etc' },
    inputs: { 'migrations-path': 'db' },
    exit: 1,
    says: ['migrations-path', /leads out/],
  },
  {
    name: 'a down file that is a link out',
    links: { 'migrations/01_ok.down.sql': '/etc/passwd' },
    exit: 1,
    says: ['01_ok.down.sql', /leads out/],
  },
  {
    name: 'a smoke test that is a link out',
    inputs: { 'smoke-tests': '*.sql' },
    links: { 'check.sql': '/etc/passwd' },
    exit: 1,
    says: ['check.sql', /leads out/],
  },
  {
    name: 'a smoke test that is a pipe',
    inputs: { 'smoke-tests': '*.sql' },
    spoil: (w) => fifo(join(w, 'check.sql')),
    exit: 1,
    says: ['check.sql', /ordinary file/],
  },
  {
    name: 'a smoke test that is not UTF-8',
    inputs: { 'smoke-tests': '*.sql' },
    files: { ...GOOD, 'check.sql': Buffer.from("SELECT 'caf\xe9' IS NOT NULL;", 'latin1') },
    exit: 1,
    says: ['check.sql', 'UTF-8'],
  },
  {
    name: 'a sparse file of gigabytes',
    files: bad('SELECT 1;\n'),
    spoil: (w) => truncateSync(at(w, '02_bad.sql'), FULL ? 2 ** 32 : 2 ** 26),
    exit: 1,
    says: ['02_bad.sql', /NUL/],
  },
  {
    name: 'a folder in place of every file',
    files: {},
    folders: ['migrations/01_a.sql'],
    exit: 1,
    says: ['01_a.sql', /folder/],
  },
  { name: 'a prefix without a name', files: { 'migrations/0001.sql': 'SELECT 1;' }, exit: 1, says: ['0001.sql'] },
  { name: 'a minus before the number', files: { 'migrations/-1_a.sql': 'SELECT 1;' }, exit: 1, says: ['-1_a.sql'] },
  { name: 'a V before the number', files: { 'migrations/V1__a.sql': 'SELECT 1;' }, exit: 1, says: ['V1__a.sql'] },
  { name: 'a down file alone', files: { 'migrations/1_a.down.sql': 'SELECT 1;' }, exit: 1, says: ['migrations'] },
  {
    name: 'an up file beside a plain one',
    files: { ...GOOD, 'migrations/01_ok.up.sql': 'SELECT 1;' },
    exit: 1,
    says: ['01_ok.sql', '01_ok.up.sql'],
  },
  {
    name: 'two names that differ in case alone',
    files: { ...GOOD, 'migrations/01_OK.SQL': 'SELECT 1;' },
    exit: 1,
    says: ['01_ok.sql', '01_OK.SQL'],
  },
  {
    name: 'a number of 200 digits, twice',
    files: {
      [`migrations/${'7'.repeat(200)}_a.sql`]: 'SELECT 1;',
      [`migrations/00${'7'.repeat(200)}_b.sql`]: 'SELECT 1;',
    },
    exit: 1,
    says: [/same version/],
  },
  ...(
    [
      ['a line break', 'a\nb', /u\{a\}/],
      ['a carriage return', 'a\rb', /u\{d\}/],
      ['an escape character', 'a\u001b[2Jb', /u\{1b\}/],
      ['a workflow command', 'x\n::error::forged', /u\{a\}/],
      ['a right-to-left mark', 'a\u202elqs.b', /u\{202e\}/],
      ['an invisible space', 'a\u200bb', /u\{200b\}/],
      ['a line separator', 'a\u2028b', /u\{2028\}/],
      ['a delete character', 'a\u007fb', /u\{7f\}/],
    ] as const
  ).map(
    ([what, name, says]): Case => ({
      name: `a file name with ${what}`,
      files: { ...GOOD, [`migrations/02_${name}.sql`]: 'CREATE TABLE unseen (id int);' },
      exit: 1,
      says: [says, /cannot be seen/],
    }),
  ),
  ...(['１_a.sql', '٣_a.sql', '१_a.sql', '𝟏_a.sql'] as const).map(
    (name): Case => ({
      name: `digits of another script: ${name}`,
      files: { ...GOOD, [`migrations/${name}`]: 'CREATE TABLE unseen (id int);' },
      exit: 1,
      says: [/digits other than/],
    }),
  ),
  {
    name: 'a file name that is no UTF-8',
    spoil: (w) =>
      writeFileSync(
        Buffer.concat([Buffer.from(at(w, '02_')), Buffer.from([0xe9, 0xff]), Buffer.from('.sql')]),
        'SELECT 1;',
      ),
    exit: 1,
    says: [/u\{fffd\}/, /cannot be seen/],
  },
];

export const SCRIPTS: readonly Case[] = [
  {
    name: 'an unterminated string',
    files: bad("SELECT 1;\nSELECT 'abc;\n"),
    exit: 1,
    says: ['02_bad.sql', /line 2|:2:/],
  },
  {
    name: 'an unterminated dollar quote',
    files: bad('SELECT 1;\n\nDO $body$ BEGIN END;\n'),
    exit: 1,
    says: ['02_bad.sql', /line 3|:3:/],
  },
  {
    name: 'an unterminated comment',
    files: bad('SELECT 1; /* and /* nested */\n'),
    exit: 1,
    says: ['02_bad.sql', /comment/],
  },
  { name: 'an unterminated name', files: bad('SELECT "abc;\n'), exit: 1, says: ['02_bad.sql'] },
  {
    name: 'a COMMIT',
    files: bad('CREATE TABLE a (id int);\nCOMMIT;\nCREATE TABLE b (id int);\n'),
    exit: 1,
    says: ['02_bad.sql', 'COMMIT', /line 2|:2/],
  },
  {
    name: 'a ROLLBACK',
    files: bad('CREATE TABLE a (id int);\nROLLBACK;\n'),
    exit: 1,
    says: ['02_bad.sql', 'ROLLBACK'],
  },
  { name: 'an END', files: bad('CREATE TABLE a (id int);\nEND;\n'), exit: 1, says: ['02_bad.sql'] },
  {
    name: 'a BEGIN without an end',
    files: bad('BEGIN;\nCREATE TABLE a (id int);\n'),
    exit: 1,
    says: ['02_bad.sql', 'BEGIN'],
  },
  {
    name: 'PREPARE TRANSACTION',
    files: bad("BEGIN;\nCREATE TABLE a (id int);\nPREPARE TRANSACTION 'x';\n"),
    exit: 1,
    says: ['02_bad.sql', 'PREPARE TRANSACTION'],
  },
  { name: '\\connect', files: bad('\\connect other\nSELECT 1;\n'), exit: 1, says: ['02_bad.sql', '\\connect'] },
  { name: '\\i', files: bad('SELECT 1;\n\\i more.sql\n'), exit: 1, says: ['02_bad.sql', /line 2|:2/] },
  { name: '\\copy', files: bad('\\copy ok from data.csv csv\n'), exit: 1, says: ['02_bad.sql', '\\copy'] },
  { name: '\\gexec', files: bad("SELECT 'DROP TABLE x' \\gexec\n"), exit: 1, says: ['02_bad.sql', '\\gexec'] },
  {
    name: 'COPY FROM stdin',
    files: bad('COPY ok (id) FROM stdin;\n1\n2\n\\.\n'),
    exit: 1,
    says: ['02_bad.sql', /COPY.*stdin/i],
  },
  { name: 'COPY TO PROGRAM', files: bad("COPY ok TO PROGRAM 'cat > /dev/null';\n"), exit: 3, says: ['02_bad.sql'] },
  {
    name: 'a psql variable',
    files: bad("ALTER ROLE CURRENT_USER SET work_mem = :'size';\n"),
    exit: 1,
    says: ['02_bad.sql'],
  },
  { name: 'a NUL', files: bad('SELECT 1;\0SELECT 2;\n'), exit: 1, says: ['02_bad.sql', /NUL/i] },
  { name: 'Latin-1', files: bad(Buffer.from("SELECT 'caf\xe9';\n", 'latin1')), exit: 1, says: ['02_bad.sql', 'UTF-8'] },
  { name: 'UTF-16', files: bad(Buffer.from('\uFEFFSELECT 1;\n', 'utf16le')), exit: 1, says: ['02_bad.sql', 'UTF-'] },
  {
    name: 'a directive that is none',
    files: bad('-- gate: no-transactions\nSELECT 1;\n'),
    exit: 1,
    says: ['02_bad.sql', 'no-transactions', 'no-transaction'],
  },
  {
    name: 'a directive with a bad value',
    files: bad('-- gate: lock-timeout=fast\nSELECT 1;\n'),
    exit: 1,
    says: ['02_bad.sql', 'lock-timeout', 'fast'],
  },
  {
    name: 'an allow without a reason',
    files: bad('-- gate: allow table-rewrite\nSELECT 1;\n'),
    exit: 1,
    says: ['02_bad.sql', /reason/],
  },
  {
    name: 'a batch, of later',
    files: bad('-- gate: batch\nUPDATE ok SET id = id;\n'),
    exit: 1,
    says: ['02_bad.sql', 'batch'],
  },
  {
    name: 'one transaction for all, and a file that allows none',
    inputs: { 'transaction-mode': 'all' },
    files: bad('CREATE INDEX CONCURRENTLY ok_idx ON ok (id);\n'),
    exit: 3,
    says: ['02_bad.sql', 'transaction-mode'],
  },
  {
    name: 'a word misspelt',
    files: bad('CREATE TABEL a (id int);\n'),
    exit: 1,
    says: ['02_bad.sql', 'TABEL', /1:8|line 1/],
  },
  {
    name: 'a table that is not there',
    files: bad('SELECT 1;\nALTER TABLE nowhere ADD COLUMN x int;\n'),
    exit: 1,
    says: ['02_bad.sql', 'nowhere', /line 2|:2/],
  },
  {
    name: 'a table that is there',
    files: bad('CREATE TABLE ok (id int);\n'),
    exit: 1,
    says: ['02_bad.sql', 'already exists'],
  },
  {
    name: 'a password in SQL that fails',
    files: bad("CREATE ROLE gate_x PASSWORD 'hush-in-sql' NOSUCHOPTION;\n"),
    exit: 1,
    says: ['02_bad.sql'],
  },
  {
    name: 'a name that would write the log',
    files: bad("DO $$ BEGIN RAISE EXCEPTION E'x\\n::error::forged\\n::add-mask::a'; END $$;\n"),
    exit: 1,
    says: ['02_bad.sql'],
  },
  {
    name: 'a smoke test that fails',
    inputs: { 'smoke-tests': 'checks/*.sql' },
    files: { ...GOOD, 'checks/one.sql': 'SELECT count(*) > 7 FROM ok;\n' },
    exit: 3,
    says: ['checks/one.sql'],
  },
  {
    name: 'a smoke test that writes',
    inputs: { 'smoke-tests': 'checks/*.sql' },
    files: { ...GOOD, 'checks/one.sql': 'DELETE FROM ok;\n' },
    exit: 3,
    says: ['checks/one.sql'],
  },

  ...(
    [
      ['UTF-16, the other way around', Buffer.from('\uFEFFSELECT 1;\n', 'utf16le').swap16(), /UTF-/],
      ['UTF-16 without a mark', Buffer.from('SELECT 1;\n', 'utf16le'), /NUL|UTF-/],
      ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x53, 0, 0, 0]), /UTF-/],
      ['a continuation byte alone', Buffer.from([0x53, 0x80, 0x0a]), /UTF-8/],
      ['a sequence that is cut off by the end', Buffer.from([0x2d, 0x2d, 0xe2, 0x82]), /UTF-8/],
      ['an overlong sequence', Buffer.from([0x2d, 0x2d, 0xc0, 0xaf, 0x0a]), /UTF-8/],
      ['a lone surrogate', Buffer.from([0x2d, 0x2d, 0xed, 0xa0, 0x80, 0x0a]), /UTF-8/],
      ['beyond Unicode', Buffer.from([0x2d, 0x2d, 0xf4, 0x90, 0x80, 0x80]), /UTF-8/],
      ['Latin-1 on line 3', Buffer.from("SELECT 1;\n\nSELECT 'caf\xe9';\n", 'latin1'), /line 3/],
      ['a NUL in a comment', '-- a\0b\nSELECT 1;\n', /NUL/],
      ['a NUL in a string', "SELECT 'a\0b';\n", /NUL/],
      ['a byte order mark in the middle', 'SELECT 1;\n\ufeffSELECT 2;\n', /02_bad/],
      ['typographic quotes', 'SELECT ‘a’;\n', /02_bad/],
      ['a no-break space', 'SELECT\u00a01;\n', /02_bad/],
      ['words that are no SQL', 'Dear colleague, please run the migration.\n', /Dear/],
      ['markup', '<html><body>404 Not Found</body></html>\n', /02_bad/],
      ['marks of a merge', '<<<<<<< HEAD\nSELECT 1;\n=======\nSELECT 2;\n>>>>>>> main\n', /02_bad/],
      [
        'a page of a large file store',
        'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n',
        /02_bad/,
      ],
      ['an unterminated escape string', "SELECT 1;\n\nSELECT E'abc\\'\n", /line 3|:3/],
      ['an unterminated parenthesis', 'CREATE TABLE a (id int;\n', /02_bad/],
      ['a parenthesis too many', 'SELECT (1));\n', /02_bad/],
      ['a dollar quote of another tag', 'DO $a$ BEGIN END $b$;\n', /line 1|:1/],
      [
        'comments nested 10,000 deep, one not closed',
        `${'/*'.repeat(10_000)}${'*/'.repeat(9_999)}\nSELECT 1;\n`,
        /comment/,
      ],
      ['a function without its END', 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;\n', /02_bad/],
      ['a COMMIT hidden behind a comment', 'SELECT 1;\n/* x */ COMMIT -- y\n;\n', /COMMIT/],
      ['COMMIT AND CHAIN', 'BEGIN;\nSELECT 1;\nCOMMIT AND CHAIN;\n', /CHAIN|COMMIT/],
      ['ABORT', 'SELECT 1;\nABORT;\n', /ABORT/],
      ['two BEGINs', 'BEGIN;\nBEGIN;\nSELECT 1;\nCOMMIT;\n', /BEGIN/],
      ['two COMMITs', 'BEGIN;\nSELECT 1;\nCOMMIT;\nCOMMIT;\n', /COMMIT/],
      ['PREPARE TRANSACTION alone', "PREPARE TRANSACTION 'x';\n", /PREPARE TRANSACTION/],
      ['COMMIT PREPARED of somebody else', "COMMIT PREPARED 'theirs';\n", /COMMIT PREPARED/],
      ['a savepoint that was never set', 'BEGIN;\nROLLBACK TO nowhere;\nCOMMIT;\n', /02_bad/],
      ['\\!', 'SELECT 1;\n\\! touch /tmp/x\n', /\\!/],
      ['\\set', "\\set x 'DROP TABLE ok'\n:x;\n", /\\set/],
      ['\\c in the middle of a line', 'SELECT 1; \\c other\n', /\\c/],
      ['\\o', '\\o /tmp/out\nSELECT 1;\n', /\\o/],
      ['\\ir', '\\ir other.sql\n', /\\ir/],
      ['\\if', '\\if :prod\nSELECT 1;\n\\endif\n', /\\if/],
      ['\\gset', 'SELECT 1 AS x \\gset\n', /\\gset/],
      ['COPY FROM a program', "COPY ok FROM PROGRAM 'id';\n", /02_bad/],
      [
        'a call that commits',
        'CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\nCALL p();\nSELECT no_such();\n',
        /no_such/,
      ],
      ['SET TRANSACTION READ ONLY, and a write', 'SET TRANSACTION READ ONLY;\nCREATE TABLE a (id int);\n', /02_bad/],
      ['a role to be that is not there', 'SET ROLE no_such_role;\nCREATE TABLE a (id int);\n', /no_such_role/],
      ['an extension that is not there', 'CREATE EXTENSION no_such_extension;\n', /no_such_extension/],
      ['a message that would write the log', "DO $$ BEGIN RAISE EXCEPTION E'%0A::error::forged'; END $$;\n", /02_bad/],
    ] as const
  ).map(
    ([name, text, says]): Case => ({
      name,
      files: bad(text),
      exit: name.startsWith('COPY FROM a') ? 3 : 1,
      says: ['02_bad.sql', says],
    }),
  ),
];

const DIRECTIVES_BAD = [
  ['nothing behind it', '-- gate:\n', /nothing follows/],
  ['misspelt', '-- gate: no-transction\n', /no-transction/],
  ['in capitals', '-- gate: NO-TRANSACTION\n', /NO-TRANSACTION/],
  ['with a word too many', '-- gate: no-transaction please\n', /please/],
  ['two in one line', '-- gate: no-transaction, lock-timeout=2s\n', /no-transaction,/],
  ['without its colon', '-- gate no-transaction\n', /colon/],
  ['with = for its colon', '-- gate=no-transaction\n', /colon/],
  ['without a value', '-- gate: lock-timeout\n', /lock-timeout/],
  ['with an empty value', '-- gate: lock-timeout=\n', /lock-timeout/],
  ['a duration without a unit', '-- gate: lock-timeout=30\n', /lock-timeout=30/],
  ['a negative duration', '-- gate: lock-timeout=-1s\n', /lock-timeout=-1s/],
  ['a duration too long', '-- gate: statement-timeout=600h\n', /600h/],
  ['a duration of 400 digits', `-- gate: statement-timeout=${'9'.repeat(400)}s\n`, /statement-timeout/],
  ['a duration in other digits', '-- gate: lock-timeout=５s\n', /lock-timeout/],
  ['with spaces around =', '-- gate: lock-timeout = 2s\n', /lock-timeout/],
  ['one timeout twice', '-- gate: lock-timeout=2s\n-- gate: lock-timeout=3s\n', /given twice/],
  ['one timeout twice in a line', '-- gate: lock-timeout=2s lock-timeout=2s\n', /given twice/],
  ['another timeout', '-- gate: idle-timeout=2s\n', /idle-timeout/],
  ['allow without a rule', '-- gate: allow\n', /needs a rule/],
  ['allow without a reason', '-- gate: allow drop-column\n', /needs a reason/],
  ['allow of everything', '-- gate: allow * we know\n', /needs a rule/],
  ['allow in capitals', '-- gate: allow DROP-COLUMN we know\n', /needs a rule/],
  ['with SQL in it', "-- gate: lock-timeout=2s'; DROP TABLE ok; --\n", /DROP/],
  ['of a smoke test', '-- gate: uses-index ok_pkey\n', /smoke test/],
  ['batch', '-- gate: batch\n', /not supported yet/],
  ['with a workflow command', '-- gate: x ::error::forged\n', /not known/],
] as const;

export const DIRECTIVES: readonly Case[] = [
  ...DIRECTIVES_BAD.map(
    ([name, line, says]): Case => ({
      name: `directive: ${name}`,
      files: bad(`${line}SELECT 1;\n`),
      exit: 1,
      says: ['02_bad.sql', says],
    }),
  ),
  ...(
    [
      ['behind the first statement', 'SELECT 1;\n-- gate: no-transaction\nSELECT 2;\n'],
      ['at the end', 'SELECT 1;\n-- gate: lock-timeout=2s\n'],
      ['behind CRLF', 'SELECT 1;\r\n-- gate: no-transaction\r\n'],
      ['behind a BEGIN', 'BEGIN;\n-- gate: no-transaction\nSELECT 1;\nCOMMIT;\n'],
      [
        'between two directives and a statement',
        '-- gate: no-transaction\nSELECT 1;\n-- gate: lock-timeout=1s\nSELECT 2;\n',
      ],
    ] as const
  ).map(
    ([name, text]): Case => ({
      name: `directive: ${name}`,
      files: bad(text),
      exit: 1,
      says: ['02_bad.sql', /before the first statement/],
    }),
  ),
  {
    name: 'directive: misspelt, with CRLF',
    files: bad('-- gate: no-transctions\r\nSELECT 1;\r\n'),
    exit: 1,
    says: ['02_bad.sql', /no-transctions/],
  },
  {
    name: 'directive: misspelt, behind a byte order mark',
    files: bad('\ufeff-- gate: no-transctions\nSELECT 1;\n'),
    exit: 1,
    says: ['02_bad.sql', /no-transctions/],
  },
];
