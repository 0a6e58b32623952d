import { describe, expect, it } from 'vitest';
import { renderText } from '../../src/report/log.ts';
import type { Outcome } from '../../src/report/outcome.ts';
import { redactOutcome, redactor } from '../../src/report/redact.ts';
import { headline, renderSummary } from '../../src/report/summary.ts';
import { byteLength } from '../../src/report/text.ts';
import { aChange, aFailure, aHazard, aMigration, anOutcome, aStatement, everyOutcome } from '../support/outcome.ts';

const first = (text: string): string => text.split('\n')[0] ?? '';

describe.each(everyOutcome())('$name', ({ outcome }) => {
  it('has this summary', () => expect(renderSummary(outcome)).toMatchSnapshot());
  it('has this log', () => expect(renderText(outcome)).toMatchSnapshot());
  it('says the state, and where, in the first line of both', () => {
    const words = {
      unchanged: 'The database is unchanged.',
      migrated: 'The database is migrated',
      'partially-migrated': 'The database is partially migrated',
      'rolled-back': 'The database is rolled back.',
      unknown: 'The state of the database is unknown',
    }[outcome.databaseState];
    for (const text of [renderSummary(outcome), renderText(outcome)]) {
      expect(first(text)).toContain(words);
      if (outcome.server) expect(first(text)).toContain('app on db.example.com');
    }
  });
  it('says what to do next right below, when it did not go well', () => {
    if (outcome.exitCode === 0) return;
    expect(renderSummary(outcome).split('\n')[2]).toMatch(/^\*\*Next:\*\* ./);
    expect(renderText(outcome).split('\n')[1]).toMatch(/^Next: ./);
  });
});

describe('headline', () => {
  const names = new Map(everyOutcome().map(({ name, outcome }) => [name, headline(outcome)]));
  it.each([
    [
      'applied',
      'Applied: 3 migrations. The database is migrated and verified. (app on db.example.com, production, from input database-url)',
    ],
    [
      'failed dry run',
      'Failed in the dry run: 0007_add_total.sql line 3. The database is unchanged. (app on db.example.com, production, from input database-url)',
    ],
    ['failed input', 'Failed: 2 inputs are wrong. The database is unchanged.'],
    [
      'failed partially',
      'Failed while applying: 0008_add_total.sql line 3. The database is partially migrated: 1 of 3 migrations applied completely. (app on db.example.com, production, from input database-url)',
    ],
    [
      'cancelled',
      'Cancelled in the review. The database is unchanged. (app on db.example.com, production, from input database-url)',
    ],
  ])('%s', (name, expected) => expect(names.get(name)).toBe(expected));
});

describe('a caret stands under the column', () => {
  it.each([renderSummary, renderText])('%o', (render) => {
    const lines = render(anOutcome({ result: 'failed', exitCode: 1, error: aFailure() })).split('\n');
    const source = lines.findIndex((line) => line.includes('UPDATE orders SET x = totl;'));
    expect(lines[source + 1]?.indexOf('^')).toBe((lines[source]?.indexOf('UPDATE') ?? 0) + 7);
  });
});

describe('the strongest lock', () => {
  it('is the strongest on something that was there, the largest of equals, with its size', () => {
    const lock = (relation: string, mode: string, preexisting: boolean) => ({ relation, mode, preexisting });
    const outcome = anOutcome({
      migrations: [
        aMigration(1, {
          statements: [
            aStatement({
              locks: [
                lock('public.new', 'AccessExclusiveLock', false),
                lock('public.small', 'ShareLock', true),
                lock('public.large', 'ShareLock', true),
                lock('public.huge', 'RowExclusiveLock', true),
              ],
            }),
          ],
        }),
      ],
      sizes: [
        { relation: 'public.small', bytes: 10, rows: 1 },
        { relation: 'public.large', bytes: 1024 ** 3, rows: null },
        { relation: 'public.huge', bytes: 1024 ** 4, rows: 5 },
      ],
    });
    expect(renderSummary(outcome)).toContain('SHARE on `public.large` (1 GB)');
    expect(renderText(outcome)).toContain('SHARE on public.large (1 GB)');
  });
});

describe('text that means harm', () => {
  const file = '::set-output name=x::y.sql';
  const table = 'public.a`b|c\nd::error::e';
  const evil = '</details><script>alert(1)</script>\n::add-mask::x\n##[error]z\u001b[2J\u202e```\n\n# Heading\n@mona';
  const outcome = anOutcome({
    result: 'failed',
    exitCode: 1,
    server: { version: evil, host: evil, port: 1, database: evil, user: evil, source: evil },
    environmentSource: evil,
    planDigest: evil,
    previousVersion: evil,
    currentVersion: evil,
    stages: [{ stage: 'dry-run', status: 'failed', ms: 1 }],
    migrations: [
      aMigration(1, {
        file,
        version: evil,
        name: evil,
        status: 'failed',
        statements: [
          aStatement({
            sql: evil,
            error: evil,
            locks: [{ relation: table, mode: 'AccessExclusiveLock', preexisting: true }],
          }),
          aStatement({ executed: false, reason: evil }),
        ],
      }),
    ],
    applied: [{ version: evil, name: evil, file: evil }],
    recorded: [{ version: evil, name: evil, file: evil, status: evil, appliedAt: evil }],
    hazards: [
      aHazard({ file, message: evil, relation: table, statement: evil, safer: evil, allowed: evil, rule: evil }),
    ],
    blocked: [{ pid: 1, application: evil, waitedMs: 5, file: evil, statementIndex: 1 }],
    schemaDiff: [aChange({ name: table, change: 'changed', before: evil, after: evil })],
    unpredicted: [aChange({ name: evil })],
    verification: [
      { check: evil, passed: false, detail: evil },
      { check: evil, passed: true, detail: evil },
    ],
    warnings: [evil],
    notes: [evil],
    backup: { kind: 'restore-point', name: evil, lsn: evil, at: evil, snapshot: evil },
    error: aFailure({
      message: evil,
      detail: evil,
      hint: evil,
      where: evil,
      file,
      excerpt: evil,
      meaning: evil,
      next: evil,
    }),
    artifactName: evil,
    run: { ...anOutcome().run, runUrl: 'https://x/)[a](javascript:alert(1)' },
  });
  const outsideFences = (markdown: string): string => {
    let fence = '';
    return markdown
      .split('\n')
      .filter((line) => {
        const mark = /^`{3,}/.exec(line)?.[0] ?? '';
        if (fence === '' && mark !== '') fence = mark;
        else if (fence !== '' && line === fence) fence = '';
        else return fence === '';
        return false;
      })
      .join('\n');
  };

  it('commands nothing in the log', () => {
    const lines = renderText(outcome).split('\n');
    expect(lines.filter((line) => /^\s*::/.test(line) || line.includes('##['))).toEqual([]);
  });
  it.each([renderText, renderSummary])('has no controls, no colours and no marks that reorder', (render) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that they are not there is the point
    expect(render(outcome)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });
  it('makes no HTML, heading, mention or link of its own in the summary', () => {
    const text = outsideFences(renderSummary(outcome)).replace(/`[^`\n]*`/g, '');
    expect(text.match(/<(?!\/?(?:details|summary|sub|code|br)>)/g)).toBeNull();
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
    expect(text.split('\n').filter((line) => /^# /.test(line))).toEqual([]);
    expect(text).not.toMatch(/@mona/);
    expect(text).not.toMatch(/\]\(javascript/);
    expect(text).not.toMatch(/\]\(https:\/\/x/);
  });
  it('keeps each row of the table in one line with as many cells as the head', () => {
    const rows = renderSummary(outcome)
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.includes('dry run |'));
    const cells = rows.map((line) => line.split('|').length);
    expect(new Set(cells.slice(-3)).size).toBe(1);
  });
});

describe('whatever the size', () => {
  const many = Array.from({ length: 5000 }, (_, index) =>
    aMigration(index + 1, {
      status: index === 4321 ? 'failed' : 'not-executed',
      statements: Array.from({ length: 5 }, () => aStatement({ sql: `SELECT '${'x'.repeat(900)}'` })),
    }),
  );
  const large: Outcome = anOutcome({
    result: 'failed',
    exitCode: 1,
    pending: many.map(({ version, name, file }) => ({ version, name, file })),
    migrations: many,
    stages: [{ stage: 'dry-run', status: 'failed', ms: 10 }],
    schemaDiff: Array.from({ length: 20_000 }, (_, index) => aChange({ name: `public.${'名'.repeat(200)}${index}` })),
    hazards: Array.from({ length: 5000 }, () => aHazard({ message: '危'.repeat(100_000) })),
    warnings: Array.from({ length: 1000 }, () => '警'.repeat(10_000)),
    notes: Array.from({ length: 1000 }, () => '記'.repeat(10_000)),
    verification: Array.from({ length: 1000 }, () => ({
      check: '検'.repeat(5000),
      passed: false,
      detail: '詳'.repeat(5000),
    })),
    error: aFailure({
      message: 'm'.repeat(3_000_000),
      detail: '細'.repeat(1_000_000),
      file: 'migrations/4322_add_total.sql',
    }),
  });

  it.each([1_000_000, 65_536, 20_000])('stays under %d bytes and keeps the first screen', (maxBytes) => {
    const text = renderSummary(large, { maxBytes });
    expect(byteLength(text)).toBeLessThan(maxBytes);
    expect(first(text)).toContain('Failed in the dry run: 4322_add_total.sql line 3. The database is unchanged.');
    expect(text).toContain('**Next:** Correct the name, then run again.');
    expect(text).toContain('ERROR 42703: mmm');
    expect(text).toContain('UPDATE orders SET x = totl;');
  });
  it('has the failed migration among those shown, and counts the others', () => {
    const text = renderSummary({ ...large, hazards: [], warnings: [], notes: [], verification: [], schemaDiff: [] });
    expect(text).toContain('`migrations/4322_add_total.sql` | **failed**');
    expect(text).toMatch(/… and 4,\d{3} more, in report\.json/);
    expect(byteLength(text)).toBeLessThan(1_000_000);
  });
  it('is a valid text even where only a few bytes are allowed', () => {
    expect(byteLength(renderSummary(large, { maxBytes: 100 }))).toBeLessThan(100);
  });
});

describe('secrets', () => {
  it.each(['p@ss%w#rd\'s "x"&<1>|/+`', 'hunter2'])('%s is in no report', (secret) => {
    const { outcome } = everyOutcome().find(({ name }) => name === 'failed dry run') ?? { outcome: anOutcome() };
    const text = `it is ${secret} or ${encodeURIComponent(secret)}`;
    const redacted = redactOutcome(
      { ...outcome, warnings: [text], error: aFailure({ message: text, detail: text, next: text }) },
      redactor([secret]),
    );
    for (const render of [renderSummary, renderText, JSON.stringify]) {
      const shown = render(redacted);
      expect(shown).toContain(render === renderSummary ? '\\*\\*\\*' : '***');
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain(encodeURIComponent(secret));
    }
  });
});
