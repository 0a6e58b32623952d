import { describe, expect, it } from 'vitest';
import { headline } from '../../src/report/facts.ts';
import { type NoticeShape, renderNotice, severityOf, shapeOf } from '../../src/report/notice.ts';
import type { Outcome } from '../../src/report/outcome.ts';
import { aFailure, aHazard, anOutcome, everyOutcome } from '../support/outcome.ts';

/** What a person is shown, and what does more than show: the parts of either shape. */
function parts(outcome: Outcome, shape: NoticeShape): { first: string; rest: string; color: string | number } {
  const notice = renderNotice(outcome, shape);
  return 'content' in notice
    ? { first: notice.content, rest: notice.embeds[0].description, color: notice.embeds[0].color }
    : { first: notice.text, rest: notice.attachments[0].text, color: notice.attachments[0].color };
}

const WITH_LINKS = {
  artifacts: {
    plan: null,
    log: { name: 'migration-log', id: '9', url: 'https://github.com/acme/shop/actions/runs/123/artifacts/9' },
  },
};
const SHAPES = ['slack', 'discord'] as const;

describe('shapeOf', () => {
  it.each([
    ['https://hooks.slack.com/services/T0/B0/x', 'slack'],
    ['https://discord.com/api/webhooks/1/x', 'discord'],
    ['https://discord.com/api/webhooks/1/x?thread_id=2', 'discord'],
    ['https://discordapp.com/api/webhooks/1/x', 'discord'],
    ['https://ptb.discord.com/api/v10/webhooks/1/x', 'discord'],
    ['https://DISCORD.com/api/webhooks/1/x', 'discord'],
    ['https://discord.com/api/webhooks/1/x/slack', 'slack'],
    ['https://discord.com/api/webhooks/1/x/slack?wait=true', 'slack'],
    ['https://relay.example.com/api/webhooks/1/x', 'discord'],
    ['https://relay.example.com/hooks/api/webhooks/1', 'slack'],
    ['https://notdiscord.com/hooks/1', 'slack'],
    ['https://discord.com.example.org/hooks/1', 'slack'],
    ['https://mattermost.example.com/hooks/x', 'slack'],
    ['not a url', 'slack'],
  ])('%s: %s', (url, shape) => expect(shapeOf(url)).toBe(shape));
});

describe('severityOf', () => {
  const expected: Record<string, string> = {
    'dry-run-passed': 'warning',
    'up-to-date': 'info',
    verified: 'success',
    reported: 'info',
    'rolled-back': 'success',
    baselined: 'success',
    repaired: 'success',
    refused: 'warning',
    'dry-run-inconclusive': 'warning',
    cancelled: 'warning',
    // By name, where the result alone does not decide.
    'dry-run-passed clean': 'success',
    'reported alarm': 'danger',
    applied: 'warning',
    'cancelled partially': 'danger',
  };
  it.each(everyOutcome())('of $name', ({ name, outcome }) => {
    expect(severityOf(outcome)).toBe(
      expected[name] ?? (outcome.result === 'failed' ? 'danger' : expected[outcome.result]),
    );
  });
  const applied: Partial<Outcome> = { result: 'applied', databaseState: 'migrated' };
  it.each<[string, Partial<Outcome>, string]>([
    ['applied with a hazard that is information', { ...applied, hazards: [aHazard({ severity: 'info' })] }, 'success'],
    ['applied with an accepted hazard', { ...applied, hazards: [aHazard({ allowed: 'input' })] }, 'warning'],
    ['applied with a warning', { ...applied, warnings: ['a gap'] }, 'warning'],
    ['cancelled after a commit', { result: 'cancelled', databaseState: 'partially-migrated' }, 'danger'],
    ['cancelled after all of it', { result: 'cancelled', databaseState: 'migrated' }, 'danger'],
    ['refused after a commit', { result: 'refused', databaseState: 'partially-migrated' }, 'danger'],
    ['not known', { result: 'cancelled', databaseState: 'unknown' }, 'danger'],
    ['a status that alarms', { result: 'reported', exitCode: 3 }, 'danger'],
  ])('%s', (_, over, severity) => expect(severityOf(anOutcome(over))).toBe(severity));
});

describe.each(SHAPES)('%s', (shape) => {
  it.each(everyOutcome())('$name: headline, next step, counts, links, in this order', ({ outcome }) => {
    const { first, rest } = parts({ ...outcome, ...WITH_LINKS }, shape);
    expect(first.replaceAll('\\', '')).toContain(headline(outcome).split('`')[0]);
    const order = [
      /^Next: ./m,
      /^\d+ migrations? pending, \d+ applied/m,
      /acme\/shop · v1\.2\.3 · mona/m,
      /actions\/runs\/123/,
    ].map((pattern) => rest.search(pattern));
    if (outcome.exitCode === 0) order.shift();
    expect(order.every((at) => at >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(rest).toContain('https://github.com/acme/shop/actions/runs/123/artifacts/9');
  });

  it('has a colour for each severity', () => {
    const colors = [
      anOutcome({ result: 'applied', databaseState: 'migrated' }),
      anOutcome(),
      anOutcome({ result: 'refused' }),
      anOutcome({ result: 'failed' }),
    ].map((outcome) => parts(outcome, shape).color);
    expect(new Set(colors).size).toBe(4);
  });

  it('without a run and an artifact has no links', () => {
    const run = { runId: null, attempt: null, repository: null, actor: null, sha: null, ref: null, runUrl: null };
    const { rest } = parts(anOutcome({ run }), shape);
    expect(rest).toBe('0 migrations pending, 0 applied');
  });

  it.each(['javascript:alert(1)', 'not a url', `https://example.com/${'a'.repeat(600)}`])(
    'links to no %s',
    (runUrl) => {
      expect(parts(anOutcome({ run: { ...anOutcome().run, runUrl } }), shape).rest).not.toContain('Run');
    },
  );

  it('keeps a link whole whatever stands in the address', () => {
    const runUrl = 'https://example.com/a b>(c)|d&e';
    const { rest } = parts(anOutcome({ run: { ...anOutcome().run, runUrl } }), shape);
    const address = 'https://example.com/a%20b%3E%28c%29%7Cd';
    expect(rest).toContain(shape === 'slack' ? `<${address}&amp;e|Run>` : `[Run](<${address}&e>)`);
  });
});

const HOSTILE = [
  '<!channel> <!here> <@U123> <#C1> <https://evil.example|your bank>',
  '@everyone @here @channel <@&1> <:x:1> <t:1>',
  '[text](https://evil.example) www.evil.example *b* _i_ ~s~ ||x|| `c` ```f``` # h',
  'line\n# heading\r\n> quote\u202e\u001b[31m\u0000 \ud800',
];

describe('untrusted text', () => {
  const outcome = (text: string): Outcome =>
    anOutcome({
      result: 'failed',
      error: aFailure({ file: null, line: null, message: text, next: text }),
      currentVersion: text,
      run: { ...anOutcome().run, repository: text, actor: text, ref: `refs/heads/${text}` },
    });

  it.each(HOSTILE)('in Slack is text: %j', (text) => {
    const { first, rest } = parts(outcome(text), 'slack');
    const shown = `${first}\n${rest.slice(0, rest.lastIndexOf('<https://github.com/acme/shop/actions/runs/123|Run>'))}`;
    expect(shown).not.toMatch(/[<>`*~[\]]|@\w|:\/\/|www\.\w|(?<![\p{L}\p{N}])_/u);
    expect(shown).not.toMatch(/&(?!(?:amp|lt|gt);)/);
    expect(rest.split('\n')).toHaveLength(4);
    expect(first).not.toContain('\n');
  });

  it.each(HOSTILE)('in Discord is text: %j', (text) => {
    const notice = renderNotice(outcome(text), 'discord');
    const { first, rest } = parts(outcome(text), 'discord');
    const shown = `${first}\n${rest.slice(0, rest.lastIndexOf('[Run]'))}`;
    expect(shown.replace(/\\[\\`*_~|<>[\]#]/g, '')).not.toMatch(/[\\`*_~|<>[\]#]|@\w|:\/\/|www\.\w/);
    expect(rest.split('\n')).toHaveLength(4);
    expect(notice).toMatchObject({ allowed_mentions: { parse: [] } });
  });

  it.each(SHAPES)('of any length stays within the limits of %s', (shape) => {
    for (const text of ['&'.repeat(50_000), '*'.repeat(50_000), '://'.repeat(20_000), '😀'.repeat(20_000)]) {
      const { first, rest } = parts(outcome(text), shape);
      expect(first.length).toBeLessThanOrEqual(shape === 'slack' ? 4_000 : 2_000);
      expect(rest.length).toBeLessThanOrEqual(4_096);
      expect(rest.length).toBeGreaterThan(100);
      expect(JSON.stringify([first, rest])).not.toMatch(/\\ud[89a-f]/i);
    }
  });
});
