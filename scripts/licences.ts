/** By whose leave the packages of a bundle may be handed on, and the notices that have to go with it. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Licences that ask for no more than their notice. Another one is somebody's decision, not a default. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT/X11',
  'PostgreSQL',
]);

/** Where a package says nothing at all, by name and version: what is known of it. The next version is looked at anew. */
const UNDECLARED: Readonly<Record<string, { readonly licence: string; readonly because: string }>> = {
  'buffers@0.1.1': {
    licence: 'MIT',
    because: 'as the README of its repository has said since (github.com/substack/node-buffers)',
  },
};

const TEXTS = /^(?:licen[cs]es?|copying|copyright|notice|third[-_]?party.*)(?:[-.].*)?$/i;

export interface Notice {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** All that has to be handed on, our own words in the first line included. */
  readonly text: string;
}

/** The folder of the package that a module's file belongs to; null: it is none's. */
export function packageFolder(file: string): string | null {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/.exec(file)?.[0] ?? null;
}

/** Whether a licence expression (SPDX, or as old packages write it) needs nothing that is not allowed. */
export function isAllowed(expression: string): boolean {
  const words = expression.replace(/[()]/g, ' ').trim();
  return words
    .split(/ +OR +/)
    .some((choice) => choice.split(/ +AND +/).every((licence) => ALLOWED.has(licence.trim())));
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
  readonly licenses?: unknown;
  readonly author?: unknown;
  readonly repository?: unknown;
}

/** Reads the notice of an installed package. Throws where there is none, or its licence is not one that we take. */
export async function noticeOf(folder: string): Promise<Notice> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  const id = `${manifest.name}@${manifest.version}`;
  const declared = declaredLicence(manifest);
  const licence = declared ?? UNDECLARED[id]?.licence;
  if (licence === undefined) {
    throw new Error(
      `${id} is bundled and declares no licence: find out which it has, and say it in scripts/licences.ts.`,
    );
  }
  if (!isAllowed(licence)) {
    throw new Error(`${id} is bundled under ${licence}: take it out, or allow that licence in scripts/licences.ts.`);
  }
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).sort(byName);
  const texts = await Promise.all(
    files.filter(({ name }) => TEXTS.test(name)).map(({ name }) => readFile(join(folder, name), 'utf8')),
  );
  if (texts.length > 0) return { ...manifest, licence, text: texts.map(tidy).join('\n\n') };
  const readme = files.find(({ name }) => /^readme(?:\.|$)/i.test(name));
  const section = readme === undefined ? '' : licenceSection(await readFile(join(folder, readme.name), 'utf8'));
  const said =
    declared === null
      ? `It declares none; taken for ${licence}, ${UNDECLARED[id]?.because}.`
      : `It declares ${licence}.`;
  const who = [person(manifest.author), link(manifest.repository)].filter((part) => part !== '').join(', ');
  if (who === '' && section === '') {
    throw new Error(`${id} is bundled and says neither in a file nor in its manifest whose it is: find it out.`);
  }
  const own = `The package ships no licence file. ${said}${who === '' ? '' : ` By ${who}.`}`;
  return { ...manifest, licence, text: section === '' ? own : `${own} Its README says:\n\n${section}` };
}

/** `dist/licenses.txt`. `more`: what a package ships in other people's compiled code, by its name. */
export function renderNotices(notices: readonly Notice[], more: Readonly<Record<string, string>>): string {
  const unused = Object.keys(more).filter((name) => !notices.some((notice) => notice.name === name));
  if (unused.length > 0) throw new Error(`${unused.join(', ')} is not bundled any more: take out its notices.`);
  const each = new Map(notices.map((notice) => [`${notice.name} ${notice.version}`, notice]));
  const sorted = [...each].sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    'Third-party software in this folder, with the notices that it ships.\n',
    ...sorted.map(
      ([title, { name, licence, text }]) =>
        `${'='.repeat(80)}\n${title}\nLicence: ${licence}\n${'-'.repeat(80)}\n${text}\n${more[name] === undefined ? '' : `\n${tidy(more[name])}\n`}`,
    ),
  ].join('\n');
}

/** The packages that a `licenses.txt` names: name and version. */
export function bundledPackages(text: string): { readonly name: string; readonly version: string }[] {
  return [...text.matchAll(/^={80}\n(\S+) (\S+)\nLicence: /gm)].map(([, name = '', version = '']) => ({
    name,
    version,
  }));
}

function declaredLicence({ license, licenses }: Manifest): string | null {
  const one = license ?? (Array.isArray(licenses) ? licenses[0] : licenses);
  const text = typeof one === 'object' && one !== null && 'type' in one ? one.type : one;
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : null;
}

/** Of a README in markdown: what stands below its heading about the licence. */
function licenceSection(readme: string): string {
  const lines = tidy(readme).split('\n');
  const isHeading = (at: number) => /^#+ /.test(lines[at] ?? '') || /^(?:===+|---+)$/.test(lines[at + 1] ?? '');
  const start = lines.findIndex((line, at) => isHeading(at) && /licen[cs]e/i.test(line));
  if (start < 0) return '';
  const end = lines.findIndex((_, at) => at > start + 1 && isHeading(at));
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .filter((line) => !/^(?:===+|---+)$/.test(line))
    .join('\n')
    .trim();
}

function person(author: unknown): string {
  if (typeof author === 'string') return author;
  return typeof author === 'object' && author !== null && 'name' in author ? String(author.name) : '';
}

function link(repository: unknown): string {
  if (typeof repository === 'string') return repository;
  return typeof repository === 'object' && repository !== null && 'url' in repository ? String(repository.url) : '';
}

function tidy(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n')
    .trim();
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return basename(one.name) < basename(other.name) ? -1 : 1;
}
