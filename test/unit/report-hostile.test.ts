import type { Element, Root, RootContent } from 'hast';
import { describe, expect, it } from 'vitest';
import { annotations } from '../../src/report/annotations.ts';
import { renderComment } from '../../src/report/comment.ts';
import { renderText } from '../../src/report/log.ts';
import type { Outcome } from '../../src/report/outcome.ts';
import { renderReleaseSection } from '../../src/report/release.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { asGithubShows } from '../support/github-markdown.ts';
import { aChange, aFailure, aHazard, aMigration, anOutcome, aStatement, everyOutcome } from '../support/outcome.ts';

/** An outcome in which nothing is empty. */
function full(): Outcome {
  const ref = { version: '7', name: 'n', file: 'migrations/7_n.sql' };
  const artifact = { name: 'log', id: '1', url: 'https://github.com/acme/shop/actions/runs/1/artifacts/1' };
  const check = { check: 'critical table', detail: 'not there' };
  return anOutcome({
    result: 'failed',
    exitCode: 7,
    databaseState: 'partially-migrated',
    planDigest: 'd1',
    pending: [ref],
    applied: [ref],
    recorded: [{ ...ref, status: 'failed', appliedAt: '2026-08-01' }],
    stages: [{ stage: 'dry-run', status: 'failed', ms: 1 }],
    migrations: [
      aMigration(7, {
        status: 'failed',
        statements: [
          aStatement({ error: 'wrong', rewrites: ['public.orders'], scans: ['public.orders'] }),
          aStatement({ index: 2, executed: false, reason: 'too large' }),
        ],
      }),
      aMigration(8, { transactional: false }),
    ],
    coverage: { statements: 3, executed: 2 },
    blocked: [{ pid: 1, application: 'web', waitedMs: 5, file: 'migrations/0007_add_total.sql', statementIndex: 1 }],
    hazards: [
      aHazard({ line: 1 }),
      aHazard({ line: 1, relation: 'public.lines' }),
      aHazard({ line: 2, allowed: 'it is small' }),
      aHazard({ file: null, line: null }),
    ],
    sizes: [{ relation: 'public.orders', bytes: 1, rows: 1, writesPerMinute: null, readsPerMinute: null }],
    schemaDiff: [aChange(), aChange({ change: 'removed' }), aChange({ change: 'changed', before: 'a', after: 'b' })],
    unpredicted: [aChange()],
    predictedEqualsActual: false,
    health: {
      connections: 1,
      maxConnections: 2,
      longTransactions: [{ pid: 1, application: 'batch', seconds: 9 }],
      waitingLocks: 0,
      databaseBytes: 1,
      standbys: 0,
    },
    backup: { kind: 'restore-point', name: 'mark', lsn: '0/1', at: 'now', snapshot: '1:1:' },
    rehearsal: {
      xid: '1',
      status: 'aborted',
      attempts: 1,
      walBytes: 1,
      on: 'target',
      deadTuples: 0,
      sequencesAdvanced: ['shop.ids'],
    },
    checklist: [{ question: 'is it', answer: 'no', detail: 'it is not' }],
    verification: [
      { ...check, passed: false },
      { ...check, passed: true },
    ],
    warnings: ['a warning'],
    notes: ['a note'],
    error: aFailure({ detail: 'detail', where: 'where' }),
    downFiles: ['migrations/7_n.down.sql'],
    artifacts: { plan: artifact, log: artifact },
  });
}

/** Names that our own code chooses among: no text from outside gets there. */
const OURS = new Set([
  'result',
  'databaseState',
  'mode',
  'environment',
  'engine',
  'stage',
  'status',
  'severity',
  'effects',
  'source',
  'change',
  'kind',
  'class',
  'on',
  'mode',
]);

/** Every text replaced; in the same places as in the harmless outcome, so that the two renderings can be compared. */
function withText<T>(value: T, text: string, path: readonly string[] = []): T {
  const key = path.at(-1) ?? '';
  if (typeof value === 'string')
    return (OURS.has(key) && !path.includes('server') && !path.includes('recorded') ? value : text) as T;
  if (Array.isArray(value)) return value.map((item) => withText(item, text, path)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withText(item, text, [...path, name])]),
  ) as T;
}

const HOSTILE = [
  '</details><script>alert(1)</script>',
  '</code></pre></summary></table><img src=x onerror=alert(1)>',
  '`',
  '``x``',
  '```\n\n# Heading\n```',
  '~~~',
  '| a | b |',
  '**bold** _em_ ~~gone~~',
  '::set-output name=x::y',
  '##[error]x',
  '<!-- -->',
  '<!-- postgres-migration-gate -->',
  '[a](javascript:alert(1))',
  '](javascript:alert(1))',
  '![](http://evil.example/x.png)',
  '<http://evil.example>',
  'http://evil.example/x',
  'www.evil.example',
  '_www.evil.example',
  'mail evil@evil.example now',
  'ftp://evil.example',
  '[x]: http://evil.example',
  '[^1]',
  '[^1]: note',
  '@everyone',
  '@org/team',
  '#1',
  'owner/repo#1',
  'GH-1',
  'https://github.com/owner/repo/issues/1',
  '&lt;b&gt; &#64;everyone &commat;org/team &num;1',
  'a\r\nb\r\n\r\n# c',
  '\u202egnp.exe',
  '\u001b[31mred\u001b[0m',
  '\u001b]8;;http://evil.example\u0007x\u001b]8;;\u0007',
  'x'.repeat(5000),
  '$\\frac{1}{2}$',
  '- a',
  '1. a',
  '> quote',
  '---',
  '    code',
  '\\',
  '\\`',
  'a  \nb',
  '\t',
  '<details>',
  '- [ ] task',
];

/** As long, with the same lines and the same depth of folders, and nothing in it that means anything. */
function harmlessLike(text: string): string {
  return text.replace(/[^\p{L}\s/]/gu, 'x');
}

const RENDERERS = [renderSummary, renderComment, renderReleaseSection];

/** Each element's name with its attributes, in order of the document; inline code left out, since a backtick of ours may pair with none. */
function elements(tree: Root): string[] {
  const found: string[] = [];
  const walk = (node: Root | RootContent): void => {
    if (node.type === 'element') found.push(named(node));
    if ('children' in node) for (const child of node.children) walk(child);
  };
  walk(tree);
  return found;
}

function named({ tagName, properties }: Element): string {
  return `${tagName} ${JSON.stringify(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}

/** What GitHub looks through for mentions and references: all text outside of code. */
function prose(tree: Root): string {
  const texts: string[] = [];
  const walk = (node: Root | RootContent): void => {
    if (node.type === 'text') texts.push(node.value);
    if (node.type === 'element' && ['code', 'pre', 'a'].includes(node.tagName)) return;
    if ('children' in node) for (const child of node.children) walk(child);
  };
  walk(tree);
  return texts.join('\n');
}

const counts = (names: readonly string[]): Map<string, number> => {
  const map = new Map<string, number>();
  for (const name of names) map.set(name, (map.get(name) ?? 0) + 1);
  return map;
};

describe.each(HOSTILE)('%j, wherever a text can stand', (text) => {
  // Links that are plain addresses stay what they are in both.
  const plain = full();
  const links = { run: { ...plain.run }, artifacts: plain.artifacts };
  const hostile = { ...withText(plain, text), ...links };
  const harmless = { ...withText(plain, harmlessLike(text)), ...links };

  it.each(RENDERERS)('makes no element, attribute or link that a harmless text does not make: %o', (render) => {
    const mine = counts(elements(asGithubShows(render(hostile))));
    const theirs = counts(elements(asGithubShows(render(harmless))));
    for (const name of ['code []', 'br []']) {
      mine.delete(name);
      theirs.delete(name);
    }
    for (const [name, count] of mine) expect([name, count <= (theirs.get(name) ?? 0)]).toEqual([name, true]);
  });
  it.each(RENDERERS)('as a link leads nowhere: %o', (render) => {
    const evil = { name: text, id: text, url: text };
    const outcome = { ...hostile, run: { ...hostile.run, runUrl: text }, artifacts: { plan: evil, log: evil } };
    const urls = elements(asGithubShows(render(outcome))).filter((name) => /"(?:href|src)"/.test(name));
    // A plain address in the place of an address is what that place is for.
    expect(urls.filter((name) => !name.includes(`["href",${JSON.stringify(text)}]`))).toEqual([]);
    if (!/^https?:/.test(text)) expect(urls).toEqual([]);
  });
  it.each(RENDERERS)('mentions nobody and refers to nothing: %o', (render) => {
    expect(prose(asGithubShows(render(hostile)))).not.toMatch(/@[\w-]|#\d|\bGH-\d|:\/\/|www\.\w/i);
  });
  it('commands nothing in the log', () => {
    expect(
      renderText(hostile)
        .split('\n')
        .filter((line) => /^\s*::/.test(line) || line.includes('##[')),
    ).toEqual([]);
  });
  it.each([...RENDERERS, renderText])('brings no controls, no colours and no marks that reorder: %o', (render) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that they are not there is the point
    expect(render(hostile)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(
      annotations(hostile)
        .map((one) => `${one.title}${one.message}`)
        .join('\n'),
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that they are not there is the point
    ).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });
});

describe.each(everyOutcome())('$name as GitHub shows it', ({ outcome }) => {
  it.each(RENDERERS)('loses nothing to its sanitiser, and every table is whole: %o', (render) => {
    const tree = asGithubShows(render(outcome));
    const names = elements(tree).map((name) => name.split(' ')[0]);
    expect(names.filter((name) => name === 'details').length).toBe((render(outcome).match(/<details>/g) ?? []).length);
    expect(prose(tree)).not.toMatch(/\|\s*---|<\/?\w+>/);
  });
});

describe('whatever the size', () => {
  const many = Array.from({ length: 5000 }, (_, index) =>
    aMigration(index + 1, {
      status: index === 4321 ? 'failed' : 'not-executed',
      statements: Array.from({ length: 5 }, () => aStatement({ sql: `SELECT '${'x'.repeat(900)}'` })),
    }),
  );
  const url = 'https://github.com/acme/shop/actions/runs/1/artifacts/2';
  const large: Outcome = anOutcome({
    result: 'failed',
    exitCode: 1,
    pending: many.map(({ version, name, file }) => ({ version, name, file })),
    migrations: many,
    stages: [{ stage: 'dry-run', status: 'failed', ms: 10 }],
    coverage: { statements: 25_000, executed: 20_000 },
    schemaDiff: Array.from({ length: 100_000 }, (_, index) => aChange({ name: `public.${'名'.repeat(200)}${index}` })),
    hazards: Array.from({ length: 10_000 }, (_, index) => aHazard({ message: '危'.repeat(10_000), line: index })),
    warnings: Array.from({ length: 1000 }, () => '警'.repeat(10_000)),
    notes: Array.from({ length: 1000 }, () => '記'.repeat(10_000)),
    recorded: many.map(({ version, name, file }) => ({ version, name, file, status: 'completed', appliedAt: null })),
    downFiles: many.map(({ file }) => file),
    blocked: Array.from({ length: 1000 }, (_, pid) => ({
      pid,
      application: 'a',
      waitedMs: 1,
      file: null,
      statementIndex: null,
    })),
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
    artifacts: { plan: null, log: { name: 'the-log', id: '2', url } },
  });
  const long = 's'.repeat(2_000_000);
  const statements = [1, 2, 3].map((index) =>
    aStatement({ index, sql: long, error: long, executed: false, reason: long }),
  );
  const texts: Outcome = {
    ...large,
    migrations: many.slice(0, 3).map((migration) => ({ ...migration, file: `m/${long}.sql`, statements })),
    hazards: [aHazard({ statement: long, message: long, safer: long, rule: long, relation: long })],
    schemaDiff: [aChange({ name: long, change: 'changed', before: long, after: long })],
  };
  const bytes = (text: string) => Buffer.byteLength(text);

  it.each([
    ['thousands of everything', large, 1_000_000],
    ['thousands of everything, in little room', large, 65_536],
    ['texts of megabytes', texts, 1_000_000],
  ])('a summary of %s keeps what matters most', (_, outcome, maxBytes) => {
    const text = renderSummary(outcome, { maxBytes });
    expect(bytes(text)).toBeLessThan(maxBytes);
    expect(text.split('\n')[0]).toContain('Failed in the dry run: 4322');
    expect(text).toContain('**Next:** Correct the name, then run again.');
    expect(text).toContain('**ERROR 42703:** mmm');
    expect(text).toContain('UPDATE orders SET x = totl;');
    expect(text).toContain(`[the-log](${url})`);
  });
  it.each([
    ['thousands of everything', large],
    ['texts of megabytes', texts],
  ])('a comment of %s too', (_, outcome) => {
    const text = renderComment(outcome);
    expect(text.length).toBeLessThan(60_000);
    expect(text.split('\n')[0]).toContain('Failed in the dry run: 4322');
    expect(text).toContain('**Next:** Correct the name, then run again.');
    expect(text).toContain('UPDATE orders SET x = totl;');
    expect(text).toContain(`[the-log](${url})`);
  });
  it('the failed migration is among those shown, and the others are counted', () => {
    const text = renderSummary({ ...large, hazards: [], warnings: [], notes: [], verification: [], schemaDiff: [] });
    expect(text).toContain('`4322_add_total.sql` | **failed**');
    expect(text).toMatch(/… and 4,\d{3} more, in report\.json/);
    expect(bytes(text)).toBeLessThan(1_000_000);
  });
  it('where only a few bytes are allowed it is a valid text all the same', () => {
    const text = renderSummary(large, { maxBytes: 100 });
    expect(bytes(text)).toBeLessThan(100);
    expect(text).not.toContain('\ufffd');
  });
});
