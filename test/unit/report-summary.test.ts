import { describe, expect, it } from 'vitest';
import { renderComment } from '../../src/report/comment.ts';
import { renderText } from '../../src/report/log.ts';
import type { Outcome } from '../../src/report/outcome.ts';
import { redactOutcome, redactor } from '../../src/report/redact.ts';
import { renderReleaseSection } from '../../src/report/release.ts';
import { headline, renderSummary } from '../../src/report/summary.ts';
import { aFailure, aHazard, aMigration, anOutcome, aStatement, everyOutcome } from '../support/outcome.ts';

const first = (text: string): string => text.split('\n')[0] ?? '';

describe.each(everyOutcome())('$name', ({ outcome }) => {
  it('has this summary', () => expect(renderSummary(outcome)).toMatchSnapshot());
  it('has this comment', () => expect(renderComment(outcome)).toMatchSnapshot());
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
      if (outcome.server) expect(first(text)).toContain('app on db.example.com, ');
    }
  });
  it('says what to do next right below, when it did not go well', () => {
    if (outcome.exitCode === 0) return;
    for (const render of [renderSummary, renderComment])
      expect(render(outcome).split('\n')[2]).toMatch(/^\*\*Next:\*\* ./);
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
      'Failed in the dry run: 14_order_numbers.sql line 2. The database is unchanged. (app on db.example.com, production, from input database-url)',
    ],
    ['failed input', 'Failed: 3 inputs are wrong. The database is unchanged.'],
    [
      'failed partially',
      'Failed while applying: 14_order_numbers.sql line 4. The database is partially migrated: 1 of 3 migrations applied completely. (app on db.example.com, production, from input database-url)',
    ],
    [
      'refused',
      'Refused: 3 hazards at or above fail-on (warning): rewrites-under-lock. The database is unchanged. (app on db.example.com, production, from input database-url)',
    ],
    [
      'dry-run-inconclusive',
      'Dry run inconclusive: it kept another session waiting (pid 8967, shop-web) for max-blocking (300 ms). The database is unchanged. (app on db.example.com, production, from input database-url)',
    ],
    [
      'reported alarm',
      'Status: records to settle, 3 pending, at version 12. The database is unchanged. (app on db.example.com, production, from input database-url)',
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

describe('locks', () => {
  const lock = (relation: string, mode: string, preexisting = true) => ({ relation, mode, preexisting });
  const outcome = anOutcome({
    migrations: [
      aMigration(1, {
        statements: [
          aStatement({ ms: 10, locks: [lock('public.small', 'ShareLock'), lock('public.read', 'RowExclusiveLock')] }),
          aStatement({
            line: 5,
            ms: 300,
            locks: [lock('public.large', 'AccessExclusiveLock'), lock('public.new', 'AccessExclusiveLock', false)],
          }),
          aStatement({ line: 9, ms: 2000, locks: [] }),
        ],
      }),
      aMigration(2, {
        transactional: false,
        statements: [
          aStatement({ ms: 40, locks: [lock('public.alone', 'ShareLock')] }),
          aStatement({ line: 2, ms: 50, locks: [lock('public.large', 'ShareLock')] }),
        ],
      }),
    ],
    sizes: [{ relation: 'public.large', bytes: 1024 ** 3, rows: null, writesPerMinute: null, readsPerMinute: null }],
  });
  const rows = renderSummary(outcome)
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes(' from '));

  it('last to the end of their transaction, or as long as their statement', () => {
    expect(rows.map((line) => line.replaceAll('\u00a0', ' '))).toEqual([
      '| 2.3 s | **reads and writes** | `public.large`<br>1 GB<br>ACCESS EXCLUSIVE from 0001, line 5 |',
      '| 2.3 s | writes | `public.small`<br>SHARE from 0001, line 1 |',
      '| 40 ms | writes | `public.alone`<br>SHARE from 0002, line 1 |',
    ]);
  });
  it('of the migration as a whole, in the log: the strongest', () => {
    expect(renderText(outcome)).toContain('ACCESS EXCLUSIVE on public.large (1 GB)');
  });
  it('of one statement on several relations are one row', () => {
    const many = aStatement({ locks: Array.from({ length: 9 }, (_, index) => lock(`public.i${index}`, 'ShareLock')) });
    const text = renderSummary(anOutcome({ migrations: [aMigration(1, { statements: [many] })] }));
    expect(text).toContain('| `public.i0`<br>`public.i1`<br>`public.i2`<br>`public.i3`<br>5 more<br>SHARE from');
  });
});

describe('hazards', () => {
  it('of one statement stand together, and each rule is told once', () => {
    const relations = ['public.a', 'public.b', 'public.c'];
    const text = renderSummary(
      anOutcome({
        hazards: [
          aHazard({ severity: 'warning', rule: 'scans', message: 'first', safer: null }),
          ...relations.map((relation) => aHazard({ rule: 'holds', message: `holds ${relation}`, relation })),
          aHazard({ line: 9, rule: 'other', message: 'elsewhere', severity: 'info' }),
        ],
      }),
    );
    expect(text).toContain('### Hazards: 3 dangers, 1 warning\n\n- **danger** at');
    expect(text).toContain(
      '`holds`: holds public.a; likewise `public.b`, `public.c`<br>`scans`: first<br>**Safer:** Add',
    );
    expect(text).toContain('<details><summary>1 for information</summary>');
  });
  it('that are the failure itself are not told again', () => {
    const outcome = anOutcome({
      result: 'failed',
      exitCode: 1,
      error: aFailure(),
      hazards: [aHazard({ rule: 'statement-fails', effects: ['fails'] })],
    });
    for (const render of [renderSummary, renderText, renderComment])
      expect(render(outcome)).not.toContain('statement-fails');
  });
});

describe('what to copy', () => {
  const lost = (parts: Partial<Outcome>) =>
    anOutcome({ result: 'failed', exitCode: 1, error: aFailure({ class: 'connection' }), ...parts });
  const run = anOutcome().run;
  it.each([
    ['a run that may go through the next time', lost({}), true],
    ['a cancelled run', anOutcome({ result: 'cancelled', exitCode: 6 }), true],
    ['files to correct first', lost({ error: aFailure({ class: 'syntax' }) }), false],
    ['a good run', anOutcome({ result: 'applied' }), false],
    ['no run of GitHub', lost({ run: { ...run, runId: null } }), false],
    ['a repository that is none', lost({ run: { ...run, repository: 'a/b; rm -rf /' } }), false],
  ])('the command that runs it again: %s', (_, outcome, there) => {
    expect(renderSummary(outcome).includes('```sh\ngh run rerun 123 --repo acme/shop\n```')).toBe(there);
  });
  it('a long command of the next step stands below its sentence', () => {
    const command = `SELECT ${'x, '.repeat(30)}y`;
    const text = renderSummary(lost({ error: aFailure({ next: `Look: \`${command}\`; then \`run\` again.` }) }));
    expect(text).toContain(`**Next:** Look: (below); then \`run\` again.\n\n\`\`\`sql\n${command}\n`);
  });
});

describe('links', () => {
  it.each([
    [
      'https://github.com/a/b/actions/runs/1/artifacts/2',
      '[the log](https://github.com/a/b/actions/runs/1/artifacts/2)',
    ],
    ['javascript:alert(1)', '`the log`'],
    ['https://x/)[a](http://evil', '`the log`'],
  ])('%s', (url, expected) => {
    const outcome = anOutcome({ artifacts: { plan: null, log: { name: 'the log', id: '1', url } } });
    for (const render of [renderSummary, renderComment]) expect(render(outcome)).toContain(expected);
  });
});

describe("the release's section", () => {
  const { outcome } = everyOutcome().find(({ name }) => name === 'applied') ?? { outcome: anOutcome() };
  it('says what was migrated, from where to where, and names neither host nor role', () => {
    const text = renderReleaseSection(outcome);
    expect(text).toMatchInlineSnapshot(`
      "## Database migrations

      3 migrations applied to \`app\` (production), from version \`12\` to \`15\`, verified: the schema is what the rehearsal predicted.

      - \`13_booking_requests.sql\`
      - \`14_order_numbers.sql\`
      - \`15_orders_by_number.sql\`

      Report: [this run](https://github.com/acme/shop/actions/runs/123).
      "
    `);
    expect(text).not.toMatch(/db\.example\.com|deploy/);
  });
  it('has no list where nothing was to be done', () => {
    expect(renderReleaseSection(anOutcome())).toContain('Nothing was to be migrated in `app` (production).');
  });
  it('of thousands stays short', () => {
    const applied = Array.from({ length: 5000 }, (_, index) => ({
      version: `${index}`,
      name: 'n',
      file: `m/${index}_${'x'.repeat(300)}.sql`,
    }));
    const text = renderReleaseSection({ ...outcome, applied });
    expect(text.length).toBeLessThan(60_000);
    expect(text).toContain('… and 4,800 more');
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
