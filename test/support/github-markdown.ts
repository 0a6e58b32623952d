/** Markdown -> what GitHub shows of it: its flavour, and its list of allowed elements and attributes. */
import type { Root } from 'hast';
import { fromHtml } from 'hast-util-from-html';
import { defaultSchema, sanitize } from 'hast-util-sanitize';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/** The sanitised tree. `defaultSchema` follows GitHub's own. */
export function asGithubShows(markdown: string): Root {
  const html = micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
  });
  return sanitize(fromHtml(html, { fragment: true }), defaultSchema) as Root;
}
