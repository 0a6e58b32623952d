/** What the bundle hands on of others, and by whose leave. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readAudit } from '../../scripts/audit.ts';
import { bundledPackages, isAllowed, noticeOf, packageFolder, renderNotices } from '../../scripts/licences.ts';

const installed = (name: string) => noticeOf(join('node_modules', name));

function made(manifest: object, files: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files }))
    writeFileSync(join(folder, name), text);
  return noticeOf(folder);
}

describe('a licence', () => {
  it.each([
    ['MIT', true],
    ['(Apache-2.0 AND BSD-3-Clause)', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['(MIT AND GPL-3.0-only)', false],
    ['AGPL-3.0-only', false],
    ['SEE LICENSE IN LICENSE.md', false],
    ['UNLICENSED', false],
    ['', false],
  ])('%j allowed: %s', (expression, allowed) => expect(isAllowed(expression)).toBe(allowed));
});

describe('a notice', () => {
  it('is what the package ships', async () => {
    expect(await installed('pg')).toMatchObject({
      name: 'pg',
      licence: 'MIT',
      text: expect.stringMatching(/Brian Carlson/),
    });
    expect((await installed('libpg-query')).text).toMatch(/Dan Lynch/);
  });

  it.each([
    ['@nodable/entities', /declares MIT\. By Amit Gupta/],
    ['binary', /declares MIT\. By James Halliday/],
    ['chainsaw', /declares MIT\/X11\. By James Halliday/],
    ['buffers', /declares none; taken for MIT.*By James Halliday/],
    ['pgpass', /README says:[\s\S]*Hannes Hörl/],
    ['pg-types', /README says:[\s\S]*Brian M\. Carlson/],
  ])('of %s, which ships no licence file, is what it declares', async (name, said) => {
    expect((await installed(name)).text).toMatch(said);
  });

  it('holds a NOTICE file too, as Apache-2.0 asks', async () => {
    const manifest = { name: 'x', version: '1.0.0', license: 'Apache-2.0' };
    const { text } = await made(manifest, {
      LICENSE: 'the licence\r\n',
      'NOTICE.txt': 'the notice',
      'notes.md': 'else',
    });
    expect(text).toBe('the licence\n\nthe notice');
  });

  it.each<[string, object, Readonly<Record<string, string>>, RegExp]>([
    [
      'without a licence',
      { name: 'x', version: '1' },
      { LICENSE: 'do as you like' },
      /x@1 is bundled and declares no licence/,
    ],
    [
      'of a licence that we do not take',
      { name: 'x', version: '1', license: 'GPL-3.0' },
      {},
      /x@1 is bundled under GPL-3\.0/,
    ],
    ['of nobody', { name: 'x', version: '1', license: 'MIT' }, {}, /neither in a file nor in its manifest/],
    [
      'of a later buffers',
      { name: 'buffers', version: '0.1.2' },
      {},
      /buffers@0\.1\.2 is bundled and declares no licence/,
    ],
  ])('%s: the build fails', async (_, manifest, files, why) => {
    await expect(made(manifest, files)).rejects.toThrow(why);
  });
});

it('all of them: each package and version once, with what is compiled into it, and read back', () => {
  const notice = (name: string, version: string) => ({ name, version, licence: 'MIT', text: `of ${name}` });
  const text = renderNotices([notice('b', '1'), notice('@a/a', '2'), notice('b', '1'), notice('b', '3')], {
    b: 'more',
  });
  expect(bundledPackages(text)).toEqual([
    { name: '@a/a', version: '2' },
    { name: 'b', version: '1' },
    { name: 'b', version: '3' },
  ]);
  expect(text.match(/^more$/gm)).toHaveLength(2);
  expect(() => renderNotices([notice('b', '1')], { gone: 'more' })).toThrow(/gone is not bundled any more/);
});

it.each([
  ['/x/node_modules/pg/lib/index.js', '/x/node_modules/pg'],
  ['/x/node_modules/@a/b/c.js', '/x/node_modules/@a/b'],
  ['/x/node_modules/a/node_modules/b/c.js', '/x/node_modules/a/node_modules/b'],
  ['/x/src/gate.ts', null],
])('%s belongs to %s', (file, folder) => expect(packageFolder(file)).toBe(folder));

describe('npm audit', () => {
  const bundled = new Set(['pg', 'undici']);
  it('tells what is shipped from what is not', () => {
    const answer = JSON.stringify({ vulnerabilities: { undici: { severity: 'high' }, vitest: { severity: 'low' } } });
    expect(readAudit(answer, bundled)).toEqual({
      exitCode: 1,
      lines: [
        '2 bundled packages, 1 with a known vulnerability',
        'undici: high',
        'for development only, 1:',
        'vitest: low',
      ],
    });
    expect(readAudit('{"vulnerabilities":{}}', bundled).exitCode).toBe(0);
  });

  it.each(['', 'npm error', '{"message":"405 Method Not Allowed"}', '{}', 'null'])(
    'that is not answered (%j) is not clean',
    (answer) => expect(readAudit(answer, bundled).exitCode).toBe(2),
  );
});
