/** Outcome -> the one message that a webhook is sent, in the shape of Slack or of Discord. */
import { headline, nextStep } from './facts.ts';
import type { Outcome } from './outcome.ts';
import { brief, number, plural } from './text.ts';

export type NoticeShape = 'slack' | 'discord';
export type NoticeSeverity = 'success' | 'info' | 'warning' | 'danger';

/** What Slack takes, and what takes Slack's shape: Mattermost, Rocket.Chat, Discord's `/slack` addresses. */
export interface SlackNotice {
  readonly text: string;
  readonly mrkdwn: false;
  readonly attachments: readonly [
    {
      readonly color: string;
      readonly fallback: string;
      readonly text: string;
      readonly mrkdwn_in: readonly [];
    },
  ];
}

export interface DiscordNotice {
  readonly content: string;
  readonly embeds: readonly [{ readonly color: number; readonly description: string }];
  readonly allowed_mentions: { readonly parse: readonly [] };
}

/** A webhook of Discord by its host or its path; everything else speaks Slack's shape, Discord's own `/slack` address too. */
export function shapeOf(webhook: string): NoticeShape {
  if (!URL.canParse(webhook)) return 'slack';
  const { hostname, pathname } = new URL(webhook);
  if (/\/slack\/?$/.test(pathname)) return 'slack';
  return /(?:^|\.)discord(?:app)?\.com$/.test(hostname) || pathname.startsWith('/api/webhooks/') ? 'discord' : 'slack';
}

/** Danger: somebody must look now. Warning: it stopped with nothing done, or it worked and there is something to read. */
export function severityOf(outcome: Outcome): NoticeSeverity {
  const { result, databaseState } = outcome;
  if (databaseState === 'partially-migrated' || databaseState === 'unknown') return 'danger';
  switch (result) {
    case 'failed':
      return 'danger';
    case 'cancelled':
      return databaseState === 'unchanged' ? 'warning' : 'danger';
    case 'refused':
    case 'dry-run-inconclusive':
      return 'warning';
    default:
      break;
  }
  // `status` that found edited, missing or failed records: what a schedule is there to say.
  if (outcome.exitCode !== 0) return 'danger';
  if (outcome.warnings.length > 0 || outcome.hazards.some(({ severity }) => severity !== 'info')) return 'warning';
  return result === 'up-to-date' || result === 'reported' ? 'info' : 'success';
}

/** The payload of one message about a redacted outcome. What came from files, SQL and servers is text in it and nothing else. */
export function renderNotice(outcome: Outcome, shape: NoticeShape): SlackNotice | DiscordNotice {
  return shape === 'discord' ? discordNotice(outcome) : slackNotice(outcome);
}

// Escaped text is at most twice as long as it was (Slack: five times, for a text of `&` alone), so that these keep within
// Discord's 2,000 for content, 4,096 for a description and 6,000 for all embeds, and Slack's 4,000 that it asks for.
const HEADLINE = 700;
const LINE = 400;

const COLORS: Readonly<Record<NoticeSeverity, string>> = {
  success: '#2da44e',
  info: '#6e7781',
  warning: '#d4a72c',
  danger: '#cf222e',
};

function slackNotice(outcome: Outcome): SlackNotice {
  const first = slackText(brief(headline(outcome), HEADLINE));
  const link = ({ label, url }: Link) => `<${slackEntities(url)}|${label}>`;
  return {
    text: first,
    mrkdwn: false,
    attachments: [
      {
        color: COLORS[severityOf(outcome)],
        fallback: first,
        text: [...lines(outcome).map(slackText), ...joined(linksOf(outcome).map(link))].join('\n'),
        mrkdwn_in: [],
      },
    ],
  };
}

function discordNotice(outcome: Outcome): DiscordNotice {
  // In angle brackets: a link without a preview.
  const link = ({ label, url }: Link) => `[${label}](<${url}>)`;
  return {
    content: discordText(brief(headline(outcome), HEADLINE)),
    embeds: [
      {
        color: Number.parseInt(COLORS[severityOf(outcome)].slice(1), 16),
        description: [...lines(outcome).map(discordText), ...joined(linksOf(outcome).map(link))].join('\n'),
      },
    ],
    allowed_mentions: { parse: [] },
  };
}

/** After the headline, plain: what to do, how much it was about, and whose run it is. */
function lines(outcome: Outcome): string[] {
  const next = nextStep(outcome);
  return [
    ...(next === null ? [] : [`Next: ${brief(next, LINE)}`]),
    counts(outcome),
    ...joined(
      [outcome.run.repository, outcome.run.ref?.replace(/^refs\/(?:heads|tags)\//, ''), outcome.run.actor].flatMap(
        (part) => (part ? [brief(part, 100)] : []),
      ),
    ),
  ];
}

function counts(outcome: Outcome): string {
  const { previousVersion: before, currentVersion: now } = outcome;
  const moved = before === now ? '' : `; version ${brief(before ?? 'none', 60)} → ${brief(now ?? 'none', 60)}`;
  return `${plural(outcome.pending.length, 'migration')} pending, ${number(outcome.applied.length)} applied${moved}`;
}

function joined(parts: readonly string[]): string[] {
  return parts.length === 0 ? [] : [parts.join(' · ')];
}

interface Link {
  readonly label: string;
  /** An absolute http or https address that ends no link it stands in. */
  readonly url: string;
}

function linksOf(outcome: Outcome): Link[] {
  const log = outcome.artifacts.log ?? outcome.artifacts.plan;
  return [
    { label: 'Run', url: outcome.run.runUrl },
    { label: 'Artifact', url: log?.url ?? null },
  ].flatMap(({ label, url }) => {
    const address = url === null ? null : linkable(url);
    return address === null ? [] : [{ label, url: address }];
  });
}

function linkable(url: string): string | null {
  if (url.length > 500 || !URL.canParse(url)) return null;
  const { protocol, href } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  return href.replace(/[<>()|\s]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Slack's three entities make links and mentions impossible. Its marks for bold, code and the like have no escape, and what
 * takes its shape (Mattermost) reads markdown and `@channel`: so marks become characters that look like them.
 */
function slackText(text: string): string {
  return slackEntities(unlinked(text))
    .replaceAll('`', '\u02cb')
    .replaceAll('*', '\u2217')
    .replaceAll('~', '\u223c')
    .replaceAll('[', '\uff3b')
    .replaceAll(']', '\uff3d')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\u02cd');
}

function slackEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Discord takes a backslash before any mark. */
function discordText(text: string): string {
  return unlinked(text).replace(/[\\`*_~|<>[\]#]/g, '\\$&');
}

/** Names nobody, and no address in it becomes a link. A lone half of a character, which a receiver may refuse, is replaced. */
function unlinked(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('utf8')
    .replace(/@(?=\w)/g, '@\u200b')
    .replaceAll('://', ':\u200b//')
    .replace(/www\.(?=\w)/gi, '$&\u200b');
}
