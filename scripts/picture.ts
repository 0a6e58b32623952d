/**
 * `npm run picture`: every outcome of the gallery as GitHub shows it, taken by the `chromium` that is on PATH,
 * into .cache/pictures. `-- docs` takes the README's pictures instead (and needs `pngquant`); `-- <name>...` only these of the gallery; `-- <file.md>...` these files.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toHtml } from 'hast-util-to-html';

import { renderComment } from '../src/report/comment.ts';
import { renderSummary } from '../src/report/summary.ts';
import { asGithubShows } from '../test/support/github-markdown.ts';
import { everyOutcome } from '../test/support/outcome.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const KEPT = join(ROOT, '.cache', 'pictures');
const THEMES = ['light', 'dark'] as const;
/** CSS pixels: the column of a job summary, and a phone. */
const WIDTHS = { desktop: 920, phone: 390 } as const;

type Theme = (typeof THEMES)[number];

interface Sheet {
  readonly markdown: string;
  readonly width: number;
  readonly theme: Theme;
  readonly open?: boolean;
}

function page(sheets: readonly Sheet[]): string {
  const css = (theme: Theme) =>
    readFileSync(createRequire(import.meta.url).resolve(`github-markdown-css/github-markdown-${theme}.css`), 'utf8');
  // Each theme's rules hold below a class of its own; both name `.markdown-body` only.
  const scoped = THEMES.map((theme) => css(theme).replaceAll('.markdown-body', `.markdown-body.${theme}`)).join('\n');
  const bodies = sheets.map(({ markdown, width, theme, open }) => {
    const html = toHtml(asGithubShows(markdown));
    const shown = open ? html.replaceAll('<details>', '<details open>') : html;
    return `<article class="markdown-body ${theme}" style="width: ${width}px">${shown}</article>`;
  });
  return `<!doctype html><meta charset="utf-8"><style>${scoped}
body { margin: 0; display: flex; align-items: flex-start; width: max-content; }
article { box-sizing: border-box; padding: 16px 24px; min-width: 0; }
article[style*="390"] { padding: 16px; }
</style>${bodies.join('')}
<script>document.documentElement.dataset.size = [document.body.offsetWidth, document.body.offsetHeight].join('x')</script>`;
}

/** As large as the page is: asked of the browser first. */
function take(sheets: readonly Sheet[], png: string): void {
  mkdirSync(dirname(png), { recursive: true });
  const html = join(KEPT, `${basename(png, '.png')}.html`);
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(html, page(sheets));
  const chromium = (...flags: string[]) =>
    execFileSync('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', ...flags, html], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 28,
    });
  const size = /data-size="(\d+)x(\d+)"/.exec(chromium('--dump-dom', '--window-size=3000,1000'));
  if (size === null) throw new Error(`chromium did not say how large ${html} is`);
  chromium(`--screenshot=${png}`, `--window-size=${size[1]},${Math.min(Number(size[2]), 16_000)}`);
  console.log(`${relative(process.cwd(), png)} ${size[1]} x ${size[2]}`);
}

/** Desktop and phone side by side, and once more in the dark, unfolded. */
function gallery(name: string, markdown: string): void {
  const sheet = (theme: Theme, width: number, open = false): Sheet => ({ markdown, theme, width, open });
  take(
    [sheet('light', WIDTHS.desktop), sheet('light', WIDTHS.phone), sheet('dark', WIDTHS.phone)],
    join(KEPT, `${name}.png`),
  );
  take([sheet('dark', WIDTHS.desktop, true)], join(KEPT, `${name}-unfolded.png`));
}

/** What README.md shows. */
const DOCS = { 'dry-run-passed': 'summary-dry-run', 'failed dry run': 'summary-failure' } as const;

function docs(): void {
  for (const { name, outcome } of everyOutcome()) {
    const file = (DOCS as Readonly<Record<string, string>>)[name];
    if (file === undefined) continue;
    for (const theme of THEMES) {
      const png = join(ROOT, 'docs', `${file}-${theme}.png`);
      take([{ markdown: renderSummary(outcome), theme, width: WIDTHS.desktop }], png);
      execFileSync('pngquant', ['--force', '--speed', '1', '--strip', '--output', png, png]);
    }
  }
}

const wanted = process.argv.slice(2);
const files = wanted.filter((one) => one.endsWith('.md'));
if (wanted.includes('docs')) docs();
else if (files.length > 0) for (const file of files) gallery(basename(file, '.md'), readFileSync(file, 'utf8'));
else
  for (const { name, outcome } of everyOutcome()) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const file = name.replaceAll(' ', '-');
    gallery(file, renderSummary(outcome));
    gallery(`${file}-comment`, renderComment(outcome));
  }
