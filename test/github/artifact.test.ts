import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Upload, type UploadEnd, uploadArtifact } from '../../src/github/artifact.ts';
import { type ArtifactServer, startArtifactServer, unzip } from '../support/artifact-server.ts';

let server: ArtifactServer;
let folder: string;

beforeEach(async () => {
  server = await startArtifactServer();
  folder = mkdtempSync(join(tmpdir(), 'gate-artifact-'));
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes the files, path -> content, and says how to upload them. */
function filled(files: Record<string, string | Buffer>, more: Partial<Upload> = {}): Upload {
  const paths = Object.entries(files).map(([path, content]) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    return join(folder, path);
  });
  return { name: 'log', folder, files: paths, retentionDays: null, timeoutMs: 50_000, ...more };
}

const report = { 'migration.log': 'done\n' };
const environment = (more: Record<string, string> = {}) => ({ ...server.env(), ...more });

function nameOf(end: UploadEnd): string {
  if (end.kind !== 'uploaded') throw new Error(`not uploaded: ${JSON.stringify(end)}`);
  return end.link.name;
}

function reasonOf(end: UploadEnd): string {
  if (end.kind !== 'refused') throw new Error(`not refused: ${JSON.stringify(end)}`);
  expect(end.reason).not.toContain(server.env().ACTIONS_RUNTIME_TOKEN);
  expect(end.reason).not.toMatch(/\n|sig=/);
  return end.reason;
}

const statuses = (call: string) => server.calls.filter((one) => one.call === call).map(({ status }) => status);

describe('an upload', () => {
  test('holds the files as they are, and says where it is', async () => {
    const files = {
      'migration.log': 'a\nb\n',
      'report.json': '{"é":"✓"}',
      'deep/er/plan.sql': '',
      'summary.md': '#'.repeat(99_999),
    };
    const run = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '77' };
    const end = await uploadArtifact(environment(run), filled(files));
    expect(server.files('log')).toEqual(files);
    const id = server.artifacts.get('log')?.id;
    expect(end).toEqual({
      kind: 'uploaded',
      link: { name: 'log', id, url: `https://github.com/acme/shop/actions/runs/77/artifacts/${id}` },
      warnings: [],
    });
    expect(server.artifacts.get('log')?.expiresAt).toBeNull();
  });

  test('has no address where the run is not known', async () => {
    const end = await uploadArtifact(environment(), filled(report));
    expect(end).toMatchObject({ kind: 'uploaded', link: { name: 'log', url: null } });
  });

  test('of something large goes in several blocks', async () => {
    const dump = randomBytes(12 * 1024 * 1024);
    await uploadArtifact(environment(), filled({ 'backup.dump': dump, ...report }));
    const stored = server.artifacts.get('log');
    expect(stored?.blocks).toBeGreaterThan(1);
    expect(
      unzip(stored?.zip ?? Buffer.of())
        .get('backup.dump')
        ?.equals(dump),
    ).toBe(true);
  });

  test('keeps an odd file name', async () => {
    const files = { "ünï code's 100% & [x] $(id) `y`.sql": 'select 1;\n', '-rf': 'x' };
    nameOf(await uploadArtifact(environment(), filled(files)));
    expect(server.files('log')).toEqual(files);
  });

  test('prints nothing: the log is ours', async () => {
    const written: unknown[] = [];
    const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
    for (const { stream } of streams) stream.write = (text: unknown) => written.push(text) > 0;
    try {
      nameOf(await uploadArtifact(environment({ RUNNER_DEBUG: '1' }), filled(report)));
    } finally {
      for (const { stream, write } of streams) stream.write = write;
    }
    expect(written).toEqual([]);
  });

  test.each([
    { retentionDays: 5, most: '30', days: 5, warns: /^$/ },
    { retentionDays: 90, most: '30', days: 30, warns: /Retention days .* Using 30 instead/ },
  ])(
    'is kept $days days when $retentionDays are asked for and $most allowed',
    async ({ retentionDays, most, days, warns }) => {
      const end = await uploadArtifact(environment({ GITHUB_RETENTION_DAYS: most }), filled(report, { retentionDays }));
      const expected = new Date();
      expected.setDate(expected.getDate() + days);
      const until = Date.parse(server.artifacts.get('log')?.expiresAt ?? '');
      expect(Math.round((expected.getTime() - until) / 3_600_000)).toBe(0);
      expect(end.kind === 'uploaded' ? end.warnings.join() : '').toMatch(warns);
    },
  );
});

describe('a name that is taken', () => {
  test('gets the next number that is free', async () => {
    server.take('log');
    server.take('log-2');
    expect(nameOf(await uploadArtifact(environment(), filled(report)))).toBe('log-3');
    expect(server.files('log-3')).toEqual(report);
    expect(statuses('CreateArtifact')).toEqual([409, 409, 200]);
  });

  test('is found so only at the end', async () => {
    server.trouble({ call: 'FinalizeArtifact', answer: 409, times: 1, message: 'already exists' });
    expect(nameOf(await uploadArtifact(environment(), filled(report)))).toBe('log-2');
    expect(server.files('log-2')).toEqual(report);
  });

  test('and two jobs that try the same next one at once both end up with a name', async () => {
    server.take('log');
    server.gather('log-2', 2);
    const jobs = ['one', 'two'].map((text) => filled({ [`${text}.log`]: text }));
    const ends = await Promise.all(jobs.map((job) => uploadArtifact(environment(), job)));
    expect(ends.map(nameOf).sort()).toEqual(['log-2', 'log-3']);
    expect(ends.map((end) => server.files(nameOf(end)))).toEqual([{ 'one.log': 'one' }, { 'two.log': 'two' }]);
  });
});

describe('a service in trouble', () => {
  test.each(['CreateArtifact', 'Put Block', 'FinalizeArtifact'] as const)(
    'is asked again: %s 503, then well',
    async (call) => {
      server.trouble({ call, answer: 503, times: 1 });
      expect(nameOf(await uploadArtifact(environment(), filled(report)))).toBe('log');
      expect(server.files('log')).toEqual(report);
      expect(statuses(call)).toEqual([503, call === 'Put Block' ? 201 : 200]);
    },
  );

  test.each([{ answer: 'hang' }, { answer: 500 }] as const)(
    'is not waited for longer than was said: $answer',
    async ({ answer }) => {
      server.trouble({ call: 'CreateArtifact', answer });
      const end = await uploadArtifact(environment(), filled(report, { timeoutMs: 1_500 }));
      expect(reasonOf(end)).toBe('not finished within 1.5 s');
    },
  );

  test.each(['CreateArtifact', 'Put Block', 'Put Block List', 'FinalizeArtifact'] as const)(
    'is left when the run is cancelled: %s hangs',
    async (call) => {
      server.trouble({ call, answer: 'hang' });
      const cancel = new AbortController();
      const ended = uploadArtifact(environment(), filled(report, { signal: cancel.signal }));
      await expect.poll(() => statuses(call), { timeout: 40_000 }).toEqual(['hang']);
      cancel.abort();
      expect(reasonOf(await ended)).toBe('cancelled before it was finished');
      expect([...server.artifacts]).toEqual([]);
    },
  );

  test('is left for good: its next attempt is not made', async () => {
    server.trouble({ call: 'CreateArtifact', answer: 500 });
    const cancel = new AbortController();
    const ended = uploadArtifact(environment(), filled(report, { signal: cancel.signal }));
    await expect.poll(() => statuses('CreateArtifact'), { timeout: 40_000 }).toEqual([500]);
    cancel.abort();
    await ended;
    // The client tries again after 3 s.
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect(statuses('CreateArtifact')).toEqual([500]);
  });

  test('is not even asked after a cancellation', async () => {
    const end = await uploadArtifact(environment(), filled(report, { signal: AbortSignal.abort() }));
    expect(reasonOf(end)).toBe('cancelled before it was finished');
    expect(server.calls).toEqual([]);
  });

  test.each([
    {
      call: 'CreateArtifact',
      answer: 403,
      message: 'insufficient scope\n::error::x',
      says: /CreateArtifact.*\(403\).*insufficient scope ::error::x/,
    },
    { call: 'CreateArtifact', answer: 401, message: 'token expired', says: /CreateArtifact.*\(401\).*token expired/ },
    {
      call: 'CreateArtifact',
      answer: 429,
      message: 'insufficient usage to create artifact',
      says: /quota has been hit/,
    },
    { call: 'Put Block', answer: 403, message: 'no', says: /403|no/ },
    { call: 'FinalizeArtifact', answer: 400, message: 'too large', says: /FinalizeArtifact.*\(400\).*too large/ },
  ] as const)('that says $answer to $call is believed', async ({ says, ...trouble }) => {
    server.trouble(trouble);
    expect(reasonOf(await uploadArtifact(environment(), filled(report)))).toMatch(says);
    expect(statuses(trouble.call)).toEqual([trouble.answer]);
  });

  test('that is not there is said to be unreachable', async () => {
    const port = await freePort();
    const end = await uploadArtifact(environment({ ACTIONS_RESULTS_URL: `http://127.0.0.1:${port}/` }), filled(report));
    expect(reasonOf(end)).toMatch(/ECONNREFUSED/);
  });
});

describe('nothing is uploaded', () => {
  // The client throws this out of an event handler, where nobody could catch it.
  test.runIf(process.platform === 'linux')('of a file that fails while it is read', async () => {
    const upload = { ...filled({}), folder: '/proc/self', files: ['/proc/self/mem'] };
    expect(reasonOf(await uploadArtifact(environment(), upload))).toMatch(/error has occurred during zip creation/);
    expect([...server.artifacts]).toEqual([]);
  });

  test('without a token: this is no step of an action', async () => {
    const end = await uploadArtifact({ ...server.env(), ACTIONS_RUNTIME_TOKEN: '' }, filled(report));
    expect(end).toEqual({ kind: 'no-service' });
    expect(server.calls).toEqual([]);
  });

  test.each([
    {
      title: 'to a GitHub Enterprise Server',
      more: { GITHUB_SERVER_URL: 'https://ghes.example.com' },
      says: /https:\/\/ghes\.example\.com .*Enterprise Server/,
    },
    {
      title: 'by a runner that is not told of a service',
      more: { ACTIONS_RESULTS_URL: '' },
      says: /ACTIONS_RESULTS_URL is not set/,
    },
    { title: 'with a token of another kind', more: { ACTIONS_RUNTIME_TOKEN: 'v1.opaque' }, says: /token/i },
  ])('$title', async ({ more, says }) => {
    expect(reasonOf(await uploadArtifact(environment(more), filled(report)))).toMatch(says);
    expect(server.calls).toEqual([]);
  });

  test.each([
    { title: 'of an empty folder', upload: () => filled({}), says: /No files were found/ },
    {
      title: 'of a file that is gone',
      upload: () => ({ ...filled(report), files: [join(folder, 'gone.sql')] }),
      says: /ENOENT.*gone\.sql/,
    },
    {
      title: 'under a name that cannot be',
      upload: () => filled(report, { name: 'a/b' }),
      says: /artifact name is not valid: a\/b/,
    },
    {
      title: 'of a file whose name would command a runner',
      upload: () => filled({ 'x\n::set-output name=a::b.sql': '' }),
      says: /is not valid: \/x ::set-output name=a::b\.sql/,
    },
  ])('$title', async ({ upload, says }) => {
    expect(reasonOf(await uploadArtifact(environment(), upload()))).toMatch(says);
    expect(server.calls).toEqual([]);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      probe.close(() => resolve(address.port));
    });
  });
}
