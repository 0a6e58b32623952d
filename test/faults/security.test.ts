/** What somebody could try who can write one of the things that the gate reads. docs/threat-model.md names these tests. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { chooseEngine } from '../../src/engines/choose.ts';
import { probeTool } from '../../src/engines/tool/child.ts';
import { fenced, interpreters } from '../../src/engines/tool/fence.ts';
import { connect } from '../../src/postgres/session.ts';
import { type Certificate, makeCertificate } from '../../src/rehearsal/proxy/certificate.ts';
import { listen } from '../../src/rehearsal/proxy/front.ts';
import { message } from '../../src/rehearsal/proxy/wire.ts';
import { keeper, ReportFolder } from '../../src/report-folder.ts';
import { parseRequest, type RawInputs } from '../../src/request/parse.ts';
import type { Target } from '../../src/request/request.ts';
import { nodeTool, runCommand } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import { FULL, tally } from '../support/faults.ts';
import { addFiles, workspaceWith } from '../support/gate.ts';
import { impostor, type Manners, overhear } from '../support/impostor.ts';
import { anOutcome } from '../support/outcome.ts';
import { runAction, runHere } from '../support/runner.ts';
import { ending, scene } from '../support/scene.ts';

const count = tally('security');
let outside: string;

beforeAll(() => {
  outside = mkdtempSync(join(tmpdir(), 'outside-'));
});
afterAll(() => rmSync(outside, { recursive: true, force: true }));

const PRODUCTION = {
  environment: 'production',
  'confirm-token': 'MIGRATE-PRODUCTION',
  'review-delay': '0',
  backup: 'none',
};

describe('a server that is not who it should be', () => {
  const ours = makeCertificate(new Date());
  const expired = makeCertificate(new Date(Date.now() - 30 * 24 * 3_600_000));
  const welcome = message('R', 0);
  const forCleartext = message('R', 3);
  const forMd5 = message('R', 5, Buffer.from('salt'));
  const forScram = message('R', 10, 'SCRAM-SHA-256', Buffer.from([0]));
  const bound = { needsChannelBinding: true } as const;

  const login = (port: number, more: Partial<Target>) =>
    connect(
      {
        host: '127.0.0.1',
        port,
        database: 'shop',
        user: 'deploy',
        password: 'the-password',
        sslMode: 'verify-full',
        sslRootCert: ours.cert,
        source: 'test',
        ...more,
      },
      'mgate/test',
      5_000,
    );

  // `hears`: what it may have come to hear of us, as a pattern; null: nothing at all.
  it.each<[string, Manners, Partial<Target>, RegExp, RegExp | null]>([
    [
      'of another authority',
      { certificate: makeCertificate(new Date()), says: [] },
      {},
      /self-signed|certificate/,
      null,
    ],
    [
      'of another authority, verify-ca',
      { certificate: makeCertificate(new Date()), says: [] },
      { sslMode: 'verify-ca' },
      /self-signed|certificate/,
      null,
    ],
    [
      'of another authority, require with a root',
      { certificate: makeCertificate(new Date()), says: [] },
      { sslMode: 'require' },
      /self-signed|certificate/,
      null,
    ],
    [
      'whose certificate has expired',
      { certificate: expired, says: [] },
      { sslRootCert: expired.cert },
      /expired/,
      null,
    ],
    ['without TLS', { certificate: null, says: [welcome] }, {}, /SSL/, null],
    [
      'without TLS, require',
      { certificate: null, says: [welcome] },
      { sslMode: 'require', sslRootCert: null },
      /SSL/,
      null,
    ],
    [
      'that says a login is done before TLS has begun',
      { certificate: ours, answer: `S${welcome.toString('latin1')}`, says: [] },
      {},
      /SSL/,
      null,
    ],
    [
      'that answers the question for TLS with an error',
      { certificate: null, answer: 'E', says: [welcome] },
      { sslMode: 'require' },
      /SSL/,
      null,
    ],
    [
      'that lets us in without a login, where it has to prove itself',
      { certificate: ours, says: [welcome] },
      bound,
      /without having shown/,
      /deploy/,
    ],
    [
      'that asks for the password itself, where it has to prove itself',
      { certificate: ours, says: [forCleartext] },
      bound,
      /asks for the password itself/,
      /deploy/,
    ],
    [
      'that asks for an MD5 password, where it has to prove itself',
      { certificate: ours, says: [forMd5] },
      bound,
      /MD5/,
      /deploy/,
    ],
    [
      'that offers SCRAM without binding it, where it has to prove itself',
      { certificate: ours, says: [forScram] },
      bound,
      /SCRAM-SHA-256-PLUS/,
      /deploy/,
    ],
    [
      'that ends SCRAM in the middle of it, where it has to prove itself',
      {
        certificate: ours,
        says: [
          message('R', 10, 'SCRAM-SHA-256-PLUS', Buffer.from([0])),
          Buffer.concat([welcome, message('Z', Buffer.from('I'))]),
        ],
      },
      bound,
      /without having shown/,
      /deploy/,
    ],
    [
      'without TLS, where it has to prove itself and TLS is only preferred',
      { certificate: null, says: [forCleartext] },
      { ...bound, sslMode: 'prefer', sslRootCert: null },
      /SSL/,
      null,
    ],
  ])('%s', async (kind, manners, more, refused, hears) => {
    const server = await impostor(manners);
    await expect(login(server.port, more)).rejects.toThrow(refused);
    expect(server.heard()).not.toContain('the-password');
    if (hears === null) expect(server.heard()).toBe('');
    else expect(server.heard()).toMatch(hears);
    count(`server ${kind}`, 'refused');
  });

  it('is told the password where nobody asked that it be verified, as psql tells it', async () => {
    const server = await impostor({ certificate: null, says: [forCleartext, welcome] });
    void login(server.port, { sslMode: 'prefer', sslRootCert: null }).catch(() => undefined);
    await expect.poll(() => server.heard(), { timeout: 20_000 }).toContain('the-password');
    count('server asks for the password, sslmode=prefer', 'told, documented');
  });

  describe('each sslmode', () => {
    const asks = [forCleartext, message('E', Buffer.from('SFATAL\0C28P01\0Mno\0\0'))];
    const certificateFor = (name: string): Certificate => {
      const [key, cert] = [join(outside, 'one.key'), join(outside, 'one.crt')];
      const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
      const about = ['-subj', '/CN=someone', '-addext', `subjectAltName=${name}`, '-keyout', key, '-out', cert];
      execFileSync('openssl', [...made, ...about], { stdio: 'pipe' });
      return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    };
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;

    /** How a password is said in each of these: `TLS`, `clear`, `no`. */
    const MODES: readonly (readonly [sslMode: Target['sslMode'], root: boolean, host: string])[] = [
      ['disable', false, '127.0.0.1'],
      ['allow', false, '127.0.0.1'],
      ['prefer', false, '127.0.0.1'],
      ['require', false, '127.0.0.1'],
      ['require', true, '127.0.0.1'],
      ['verify-ca', true, '127.0.0.1'],
      ['verify-full', true, '127.0.0.1'],
      ['verify-full', true, 'localhost'],
    ];
    it.each<[string, () => Pick<Manners, 'certificate' | 'tls'>, Certificate | null, string]>([
      ['to whom it means', () => ({ certificate: ours }), null, 'clear clear TLS TLS TLS TLS TLS TLS'],
      [
        'to one whose certificate is for its address only',
        () => ({ certificate: certificateFor('IP:127.0.0.1') }),
        null,
        'clear clear TLS TLS TLS TLS TLS no',
      ],
      [
        'to one whose certificate is for its name only',
        () => ({ certificate: certificateFor('DNS:localhost') }),
        null,
        'clear clear TLS TLS TLS TLS no TLS',
      ],
      [
        'to one whose certificate is for another name',
        () => ({ certificate: certificateFor('DNS:db.example.com') }),
        null,
        'clear clear TLS TLS TLS TLS no no',
      ],
      [
        'to one of another authority',
        () => ({ certificate: makeCertificate(new Date()) }),
        ours,
        'clear clear TLS TLS no no no no',
      ],
      ['to one whose time is over', () => ({ certificate: expired }), null, 'clear clear TLS TLS no no no no'],
      ['to one without TLS', () => ({ certificate: null }), ours, 'clear clear clear no no no no no'],
      [
        'to one of TLS 1.0 and 1.1 only',
        () => ({ certificate: ours, tls: old }),
        null,
        'clear clear clear no no no no no',
      ],
    ])('%s', async (kind, who, root, expected) => {
      const manners = who();
      const found: string[] = [];
      for (const [sslMode, rooted, host] of MODES) {
        const server = await impostor({ ...manners, says: asks });
        const pem = root?.cert ?? manners.certificate?.cert ?? null;
        await expect(login(server.port, { sslMode, host, sslRootCert: rooted ? pem : null })).rejects.toThrow();
        if (server.heardInTheClear().includes('the-password')) found.push('clear');
        else found.push(server.heard().includes('the-password') ? 'TLS' : 'no');
        count(`sslmode=${sslMode} ${kind}`, found.at(-1) ?? '');
      }
      expect(found.join(' ')).toBe(expected);
    });

    it('whatever Node is told about certificates and versions by the environment', async () => {
      const { DEFAULT_MIN_VERSION } = tls;
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      tls.DEFAULT_MIN_VERSION = 'TLSv1';
      onTestFinished(() => {
        tls.DEFAULT_MIN_VERSION = DEFAULT_MIN_VERSION;
        vi.unstubAllEnvs();
      });
      const stranger = await impostor({ certificate: makeCertificate(new Date()), says: asks });
      await expect(login(stranger.port, {})).rejects.toThrow(/self-signed|certificate/);
      const outdated = await impostor({ certificate: ours, tls: old, says: asks });
      await expect(login(outdated.port, { sslMode: 'require', sslRootCert: null })).rejects.toThrow();
      expect(stranger.heard() + outdated.heard()).toBe('');
    });
  });

  it('channel_binding=require without TLS is no request', () => {
    for (const url of [
      'postgres://u:p@h/d?channel_binding=require&sslmode=disable',
      'postgres://u:p@%2Frun/d?channel_binding=require',
    ])
      expect(asked({ 'database-url': url }, {}).kind).toBe('invalid');
    expect(asked({}, { PGCHANNELBINDING: 'require' })).toMatchObject({
      request: { target: { needsChannelBinding: true } },
    });
    expect(asked({}, { PGCHANNELBINDING: 'requires' }).kind).toBe('invalid');
  });
});

const asked = (raw: RawInputs, env: Readonly<Record<string, string>>, cwd = '/tmp', event: unknown = null) =>
  parseRequest(
    { 'database-url': 'postgres://u:p@h/d', environment: 'staging', ...raw },
    { door: 'action', env: { GITHUB_WORKSPACE: cwd, ...env }, event, cwd },
  );

/** What an engine says when it looks at the files; no server is needed for what is refused before. */
async function looked(raw: RawInputs, cwd: string, env: Readonly<Record<string, string>> = {}, event: unknown = null) {
  const given = { GITHUB_WORKSPACE: cwd, ...env };
  const parsed = asked(raw, given, cwd, event);
  if (parsed.kind !== 'request') throw new Error(JSON.stringify(parsed));
  const log = { line: () => undefined, detail: () => undefined, chapter: () => undefined, progress: () => undefined };
  const signal = new AbortController().signal;
  const { request } = parsed;
  const engine = await chooseEngine({
    request,
    log,
    signal,
    env: given,
    remember: () => undefined,
    trace: () => undefined,
    outset: () => undefined,
  });
  try {
    return await engine.inspect();
  } finally {
    await engine.close();
  }
}

describe('paths stay where they belong', () => {
  it('a working directory that is a link out of the workspace', async () => {
    const workspace = await workspaceWith({});
    mkdirSync(join(outside, 'wd/migrations'), { recursive: true });
    symlinkSync(join(outside, 'wd'), join(workspace, 'app'));
    symlinkSync(outside, join(workspace, 'middle'));
    for (const folder of ['app', 'middle/wd'])
      await expect(looked({ 'working-directory': folder }, workspace)).rejects.toThrow(/leads out of the workspace/);
    for (const folder of ['..', '/etc', 'app/../..', '../x']) {
      const parsed = asked({ 'working-directory': folder }, {}, workspace);
      expect(parsed).toMatchObject({ kind: 'invalid', problems: [{ input: 'working-directory' }] });
    }
    count('working-directory', 'refused');
  });

  it.each(['migrations-path', 'smoke-tests', 'alembic-config'])('%s by its text', (name) => {
    for (const path of ['..', '../x', '/etc', 'a/../../x', 'a\\..\\..\\x', 'C:\\x', 'x\0y', '\\\\host\\share']) {
      const parsed = asked({ [name]: path }, {});
      expect(parsed, path).toMatchObject({ kind: 'invalid' });
      count(name, 'refused');
    }
  });

  it('a folder in the middle of migrations-path that is a link', async () => {
    const here = await scene({});
    mkdirSync(join(outside, 'db/migrations'), { recursive: true });
    writeFileSync(join(outside, 'db/migrations/1_x.sql'), 'create table x (id int);');
    symlinkSync(join(outside, 'db'), join(here.workspace, 'db'));
    const { outcome } = await here.run({ 'migrations-path': 'db/migrations' });
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error?.message).toMatch(/leads out of the working directory/);
  });

  it('a folder or a file that becomes a link in the pause', async () => {
    for (const change of ['folder', 'file'] as const) {
      const here = await scene({ '1_x.sql': 'create table x (id int);' });
      const folder = join(here.workspace, 'migrations');
      const elsewhere = join(outside, `swapped-${change}`);
      mkdirSync(elsewhere);
      writeFileSync(join(elsewhere, '1_x.sql'), 'create table evil (id int);');
      const { outcome } = await here.run(
        { 'review-delay': '1ms' },
        {
          onPause: async () => {
            if (change === 'folder') {
              renameSync(folder, `${folder}.old`);
              symlinkSync(elsewhere, folder);
            } else {
              rmSync(join(folder, '1_x.sql'));
              symlinkSync(join(elsewhere, '1_x.sql'), join(folder, '1_x.sql'));
            }
          },
        },
      );
      expect(ending(outcome)).toBe('failed 1 unchanged');
      expect(outcome.error?.message).toMatch(/leads out of the working directory/);
      expect(await here.rows(`select to_regclass('evil') as evil, to_regclass('x') as x`)).toEqual([
        { evil: null, x: null },
      ]);
      count(`migrations swapped: ${change}`, 'refused');
    }
  });

  it('a pipe in the place of a file is not waited for', async () => {
    const here = await scene({});
    execFileSync('mkfifo', [join(here.workspace, 'migrations/1_x.sql')]);
    const { outcome } = await here.run();
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error?.message).toMatch(/1_x\.sql is not an ordinary file/);
  });

  it('smoke tests are neither read through a link that leads out nor looked for in circles', async () => {
    const here = await scene({ '1_x.sql': 'create table x (id int);', 'smoke/good.sql': 'select true;' });
    writeFileSync(join(outside, 'secret.sql'), 'the secret of somebody else');
    symlinkSync(outside, join(here.workspace, 'smoke/out'));
    // Two links to where they are: a walk that followed them would not come back.
    for (const name of ['a', 'b']) symlinkSync('.', join(here.workspace, 'smoke', name));
    const run = await here.run({ 'smoke-tests': 'smoke/**/*.sql' });
    expect(ending(run.outcome)).toBe('applied 0 migrated');
    await addFiles(here.workspace, { 'migrations/2_y.sql': 'create table y (id int);' });
    symlinkSync(join(outside, 'secret.sql'), join(here.workspace, 'smoke/secret.sql'));
    // It was named, and what was named is not passed over.
    const through = await here.run({ 'smoke-tests': 'smoke/**/*.sql' });
    expect(ending(through.outcome)).toBe('failed 1 unchanged');
    expect(through.outcome.error?.message).toMatch(/smoke\/secret\.sql is a symbolic link that leads out/);
    expect(JSON.stringify([run, through])).not.toContain('the secret of somebody else');
  });

  it('migration-log is never written through a link', async () => {
    const outcome = anOutcome({});
    const precious = join(outside, 'precious');
    const write = (workspace: string) => {
      const folder = ReportFolder.make(workspace, {});
      folder.logLine('a line');
      folder.write(outcome);
      folder.writePlan(['select 1;\n'], (text) => text);
      folder.close();
      expect(readdirSync(folder.path).sort()).toEqual(['migration.log', 'plan.sql', 'report.json', 'summary.md']);
    };
    writeFileSync(precious, 'as it was');
    const asFolder = await workspaceWith({});
    mkdirSync(join(outside, 'log'));
    symlinkSync(join(outside, 'log'), join(asFolder, 'migration-log'));
    write(asFolder);
    expect(readdirSync(join(outside, 'log'))).toEqual([]);
    const asFiles = await workspaceWith({});
    mkdirSync(join(asFiles, 'migration-log'));
    for (const name of ['migration.log', 'plan.sql', 'report.json', 'summary.md', 'other'])
      symlinkSync(precious, join(asFiles, 'migration-log', name));
    symlinkSync(join(outside, 'log'), join(asFiles, 'migration-log/more'));
    write(asFiles);
    expect(readFileSync(precious, 'utf8')).toBe('as it was');
    count('migration-log', 'not followed');
  });
});

describe('strangers', () => {
  const repo = { full_name: 'acme/shop' };
  const fork = { pull_request: { head: { repo: { full_name: 'mallory/shop' } }, base: { repo } } };
  const project = async () => {
    const mark = join(mkdtempSync(join(outside, 'mark-')), 'was-run');
    const workspace = await workspaceWith({
      'alembic.ini': '[alembic]\nscript_location = alembic\n',
      '.venv/bin/alembic': `#!/bin/sh\ntouch '${mark}'\n`,
    });
    chmodSync(join(workspace, '.venv/bin/alembic'), 0o755);
    return { workspace, mark };
  };

  it.each<[string, unknown]>([
    ['pull_request_target', { pull_request: { head: { repo }, base: { repo } } }],
    ['pull_request_target', fork],
    ['pull_request', fork],
    ['pull_request', {}],
    [
      'workflow_run',
      { workflow_run: { event: 'pull_request', head_repository: { full_name: 'mallory/shop' }, repository: repo } },
    ],
    ['issue_comment', { issue: { pull_request: {} }, comment: { author_association: 'OWNER' } }],
  ])('%s: no program of the checkout is run, not even to read', async (name, event) => {
    for (const mode of ['status', 'verify']) {
      for (const engine of ['auto', 'alembic']) {
        const { workspace, mark } = await project();
        const env = { GITHUB_EVENT_NAME: name, PATH: process.env.PATH ?? '' };
        await expect(looked({ mode, engine }, workspace, env, event)).rejects.toThrow(/a migration tool is refused/);
        expect(existsSync(mark)).toBe(false);
        count(`${name}: ${mode}`, 'refused');
      }
    }
  });

  const STRANGERS: readonly (readonly [string, unknown])[] = [
    ['pull_request_target', { pull_request: { head: { repo }, base: { repo } } }],
    ['pull_request_target', fork],
    ['pull_request', fork],
    ['pull_request', {}],
    ['pull_request_review', fork],
    [
      'workflow_run',
      { workflow_run: { event: 'pull_request', head_repository: { full_name: 'mallory/shop' }, repository: repo } },
    ],
    ['workflow_run', { workflow_run: { event: 'issue_comment', head_repository: repo, repository: repo } }],
    ['issue_comment', { issue: { pull_request: {} }, comment: { author_association: 'OWNER' } }],
  ];
  const tool = { engine: 'command', command: './tool', 'command-probe': './tool probe' };
  const EXECUTING: readonly Readonly<Record<string, string>>[] = [
    { mode: 'dry-run' },
    { mode: 'apply' },
    { mode: 'repair' },
    { mode: 'verify', 'smoke-tests': 'smoke/*.sql' },
    { mode: 'dry-run', ...tool },
    { mode: 'status', ...tool },
  ];

  it('nothing is executed for them: whoever waits at the port of the database is not even called', async () => {
    const server = await impostor({ certificate: null, says: [] });
    const workspace = await workspaceWith({
      'migrations/1_x.sql': 'create table x (id int);',
      'smoke/1.sql': 'select true;',
      tool: '#!/bin/sh\ntouch was-run\n',
    });
    chmodSync(join(workspace, 'tool'), 0o755);
    const common = { 'database-url': `postgres://u:p@127.0.0.1:${server.port}/d`, environment: 'staging' };
    for (const [row, [eventName, event]] of STRANGERS.entries()) {
      for (const [column, more] of EXECUTING.entries()) {
        const byBundle = FULL || column === row % EXECUTING.length;
        const options = { workspace, eventName, event, inputs: { ...common, ...more }, ref: 'refs/pull/1/merge' };
        const run = await (byBundle ? runAction : runHere)(options);
        const what = `${eventName} ${JSON.stringify(more)}`;
        expect([run.exitCode, run.outputs.result, run.outputs['database-state']], what).toEqual([
          3,
          'refused',
          'unchanged',
        ]);
        expect([server.connections(), existsSync(join(workspace, 'was-run'))], what).toEqual([0, false]);
        count(`${eventName}, ${byBundle ? 'the bundle' : 'its sources'}`, 'not even connected');
      }
    }
    // Whose work is merged does call there.
    await runHere({ workspace, eventName: 'push', inputs: { ...common, mode: 'dry-run', 'connect-timeout': '1s' } });
    expect(server.connections()).toBeGreaterThan(0);
  });

  it('they may look: nothing but reading is said to the database', async () => {
    const here = await scene({ '1_x.sql': 'create table x (id int);' });
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    await here.client.query(`alter database "${here.database.name}" set default_transaction_read_only = on`);
    const between = await overhear(here.database.url);
    for (const [index, eventName] of ['pull_request', 'pull_request_target'].entries()) {
      for (const [turn, mode] of ['status', 'verify'].entries()) {
        const inputs = { 'database-url': between.url, environment: 'staging', mode };
        const by = FULL || index === turn ? runAction : runHere;
        const run = await by({ workspace: here.workspace, eventName, event: fork, inputs });
        expect([run.exitCode, run.outputs.result]).toEqual([0, mode === 'status' ? 'reported' : 'verified']);
      }
    }
    expect(between.statements().length).toBeGreaterThan(8);
    for (const sql of between.statements()) {
      expect(sql).toMatch(/^\s*(?:select|with|show|set|begin|start transaction|commit|rollback|reset|deallocate)\b/i);
      expect(sql).not.toMatch(/\bset\s+(?:session\s+)?(?:default_)?transaction_read_only|read\s+write/i);
    }
  });

  it('which is run where it may be', async () => {
    const { workspace, mark } = await project();
    const env = { GITHUB_EVENT_NAME: 'push', PATH: process.env.PATH ?? '' };
    await expect(looked({ mode: 'status' }, workspace, env)).rejects.toThrow();
    expect(existsSync(mark)).toBe(true);
  });

  it('an event of 20 MB, and one that is nested beyond reason', () => {
    const huge = { ...fork, body: 'x'.repeat(20_000_000) };
    let deep: unknown = {};
    for (let level = 0; level < 100_000; level += 1) deep = { pull_request: deep };
    for (const event of [huge, deep])
      expect(asked({ mode: 'dry-run' }, { GITHUB_EVENT_NAME: 'pull_request' }, '/tmp', event)).toMatchObject({
        kind: 'refused',
      });
  });
});

describe('nothing stands between us and a program', () => {
  const ARGUMENTS = [
    '$(touch pwned)',
    '`touch pwned`',
    '; touch pwned',
    '| touch pwned',
    '&& touch pwned',
    '* ? [a]',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell would replace it.
    '$HOME ${HOME}',
    '\' " \\',
    '',
    '\n',
    '-n',
    '~',
  ];

  it('no shell: arguments come as they are', async () => {
    const folder = await workspaceWith({});
    const show = [
      process.execPath,
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      ...ARGUMENTS,
    ] as const;
    const env = { PATH: process.env.PATH ?? '' };
    const behindFence = await fenced([...show], { targets: [{ host: '127.0.0.1', port: 1 }], allow: [], env });
    for (const words of [[...show] as [string, ...string[]], behindFence.words]) {
      const { stdout, code } = await probeTool({ words, cwd: folder, env }, 10_000);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toEqual(ARGUMENTS);
    }
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
    count('arguments', 'as they are');
  });

  it('one place starts programs, and never through a shell', () => {
    const sources = execFileSync('grep', ['-rlE', 'child_process', 'src'], { encoding: 'utf8' }).trim().split('\n');
    expect(sources).toEqual(['src/engines/tool/child.ts']);
    const text = readFileSync('src/engines/tool/child.ts', 'utf8');
    expect(text.match(/\bspawn\(/g)).toHaveLength(1);
    expect(text).toContain('shell: false');
    expect(text).not.toMatch(/\bexec(?:Sync|File|FileSync)?\(/);
  });

  it('a program planted in the working directory is not found there', async () => {
    const folder = await workspaceWith({});
    for (const name of ['psql', 'perl', 'python3', 'alembic', 'planted']) {
      writeFileSync(join(folder, name), '#!/bin/sh\ntouch pwned\n');
      chmodSync(join(folder, name), 0o755);
    }
    const run = (PATH: string) => probeTool({ words: ['planted'], cwd: folder, env: { PATH } }, 10_000);
    for (const path of ['/usr/bin:/bin', '/nonexistent']) expect((await run(path)).error?.code).toBe('ENOENT');
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
    // Whose PATH says so has it so.
    expect((await run('.:/usr/bin:/bin')).code).toBe(0);
    expect(existsSync(join(folder, 'pwned'))).toBe(true);
  });

  it('the fence is set up by a program of the machine, whatever PATH says', () => {
    const found = interpreters(
      `.::bin:${outside}/x:/opt/y`,
      (file) => !file.startsWith('/usr') && !file.startsWith('/bin'),
    );
    expect(found.map(({ file }) => file)).toEqual([join(outside, 'x/perl'), join(outside, 'x/python3')]);
    expect(interpreters('.:bin', (file) => !file.startsWith('/'))).toEqual([]);
    expect(interpreters(outside, () => true)).toMatchObject([{ file: '/usr/bin/perl' }, { file: '/usr/bin/python3' }]);
  });
});

describe('a production database stays one', () => {
  const REFUSED = /was last migrated as production/;

  it('whatever tracking-schema is named', async () => {
    const here = await scene({ '1_x.sql': 'create table x (id int);' });
    expect(ending((await here.run(PRODUCTION)).outcome)).toBe('applied 0 migrated');
    for (const environment of ['staging', 'development']) {
      for (const mode of ['dry-run', 'apply']) {
        const { outcome } = await here.run({
          environment,
          mode,
          'tracking-schema': 'other',
          'allow-hazards': 'another-tool',
        });
        expect(ending(outcome)).toBe('refused 3 unchanged');
        expect(outcome.error?.message).toMatch(REFUSED);
        count('production as something laxer', 'refused');
      }
    }
  });

  it('for somebody else’s tool too', async () => {
    const database = await freshDatabase();
    const tool = await nodeTool(
      `const c = await connect(); await c.query('create table if not exists t (id int)'); await c.end();`,
    );
    const first = await runCommand(tool, database.url, PRODUCTION);
    expect(ending(first.outcome)).toBe('applied 0 migrated');
    for (const schema of ['public', 'other']) {
      const { outcome, lines } = await runCommand(tool, database.url, {
        environment: 'staging',
        'tracking-schema': schema,
      });
      expect(ending(outcome)).toBe('refused 3 unchanged');
      expect(outcome.error?.message).toMatch(REFUSED);
      expect(lines.join('\n')).not.toMatch(/Dry run/);
    }
  });

  it('a history that says nothing, of another shape or of somebody else, is no obstacle', async () => {
    const here = await scene({ '1_x.sql': 'create table x (id int);' }, [
      'create schema a',
      'create table a.migration_history (id int)',
      'create schema b',
      `create table b.migration_history (status int, executed_at text, environment int)`,
      `insert into b.migration_history values (1, 'then', 7)`,
      'create schema c',
      `create view c.migration_history as select 'success' as status, now() as executed_at, 'production' as environment
         from pg_sleep(600)`,
    ]);
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
  });
});

describe('secrets', () => {
  it('a tool finds the password nowhere: not in its environment, its arguments, its files', async () => {
    const database = await freshDatabase();
    const password = decodeURIComponent(new URL(database.url).password);
    const report = join(outside, 'seen');
    // Others on this machine may run gates of their own.
    const temporary = mkdtempSync(join(outside, 'tmp-'));
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const tool = await nodeTool(`
      import { appendFileSync, readFileSync, readdirSync, statSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      const c = await connect(); await c.query('create table if not exists seen (id int)'); await c.end();
      const of = (file) => { try { return readFileSync(file, 'latin1'); } catch { return ''; } };
      const ours = readdirSync(tmpdir()).filter((name) => name.startsWith('mgate-'));
      const modes = ours.map((name) => (statSync(tmpdir() + '/' + name).mode & 0o777).toString(8));
      appendFileSync(${JSON.stringify(report)}, JSON.stringify({
        mode: process.env.MIGRATION_GATE_REHEARSAL ?? 'apply', modes,
        texts: [of('/proc/self/environ'), of('/proc/self/cmdline'), of('/proc/' + process.ppid + '/cmdline'),
          ...ours.flatMap((name) => readdirSync(tmpdir() + '/' + name).map((file) => of(tmpdir() + '/' + name + '/' + file)))],
      }) + '\\n');`);
    const env = {
      DATABASE_URL: database.url,
      OLD_URL: database.url,
      PGPASSWORD: password,
      'INPUT_DATABASE-URL': database.url,
      TMPDIR: temporary,
    };
    const { outcome } = await runCommand(tool, database.url, {}, { env });
    expect(ending(outcome)).toBe('applied 0 migrated');
    const seen = readFileSync(report, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(seen.map(({ mode }) => mode)).toEqual(expect.arrayContaining(['1', 'apply']));
    for (const { texts, modes } of seen) {
      expect(texts.join('\n')).toContain('DATABASE_URL=');
      expect(texts.join('\n')).not.toContain(password);
      expect(new Set(modes)).toEqual(new Set(['700']));
    }
    expect(readdirSync(temporary).filter((name) => name.startsWith('mgate-'))).toEqual([]);
    count('a tool looks for the password', 'not found');
  });

  it('what is kept for the post step is for us alone', async () => {
    const folder = await workspaceWith({});
    const state = join(folder, 'state');
    writeFileSync(state, '');
    keeper({ RUNNER_TEMP: folder, GITHUB_STATE: state })({ outcome: anOutcome({}), over: false });
    const kept = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(kept.map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8))).toEqual(['600']);
  });

  it('the report is for those who may read the checkout, as every new file there', async () => {
    const workspace = await workspaceWith({});
    writeFileSync(join(workspace, 'any'), '');
    mkdirSync(join(workspace, 'folder'));
    const modeOf = (...path: string[]) => (statSync(join(workspace, ...path)).mode & 0o777).toString(8);
    const folder = ReportFolder.make(workspace, {});
    folder.write(anOutcome({}));
    folder.close();
    const names = readdirSync(folder.path);
    expect(names.map((name) => modeOf('migration-log', name))).toEqual(names.map(() => modeOf('any')));
    expect(modeOf('migration-log')).toBe(modeOf('folder'));
  });
});

describe('the proxy', () => {
  const host = {
    admit: () => new Promise<never>(() => undefined),
    hear: () => undefined,
    left: () => undefined,
    cancel: () => undefined,
  };

  it('is reached by loopback only', async () => {
    const front = await listen(host, { password: 'x' });
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    try {
      for (const { address } of [...others, { address: '127.0.0.2' }]) {
        const socket = connectSocket(front.port, address);
        const end = await new Promise((resolve) => {
          socket.once('connect', () => resolve('connected'));
          socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
        });
        socket.destroy();
        expect(end).toBe('ECONNREFUSED');
      }
    } finally {
      await front.close();
    }
  });

  it('takes no more connections than it can hold, and nobody who says nothing for long', async () => {
    const front = await listen(host, { password: 'x', most: 2, patienceMs: 300 });
    const sockets: Socket[] = [];
    try {
      const ends = await Promise.all(
        Array.from({ length: 20 }, () => {
          const socket = connectSocket(front.port, '127.0.0.1');
          sockets.push(socket);
          return new Promise((resolve) => {
            socket.on('error', () => undefined);
            socket.once('close', () => resolve('closed'));
          });
        }),
      );
      expect(ends).toHaveLength(20);
    } finally {
      for (const socket of sockets) socket.destroy();
      await front.close();
    }
  });
});
