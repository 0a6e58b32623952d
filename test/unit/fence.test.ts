/** Whether a tool is fenced, by what, and what the filter lets through: the kernel's machine for filters, in a few lines. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type FenceOptions,
  fenced,
  filterFor,
  interpreters,
  MACHINES,
  notStarted,
} from '../../src/engines/tool/fence.ts';
import type { Words } from '../../src/engines/tool/tool.ts';

const WORDS: Words = ['alembic', 'upgrade', 'head'];
const OPTIONS: FenceOptions = {
  targets: [{ host: 'db.example', port: 5432 }],
  allow: [40123],
  env: { PATH: '/usr/bin' },
  platform: 'linux',
  arch: 'x64',
  isProgram: () => false,
};

describe('a tool is left as it is, and it is said why', () => {
  const cases: Readonly<Record<string, [Partial<FenceOptions>, string]>> = {
    macOS: [{ platform: 'darwin' }, 'only Linux can keep a program from a port'],
    Windows: [{ platform: 'win32' }, 'only Linux can keep a program from a port'],
    'another machine': [{ arch: 'riscv64' }, 'no fence is known for a machine of the kind riscv64'],
    'a socket': [
      {
        targets: [
          { host: 'db.example', port: 5432 },
          { host: '/var/run/postgresql', port: 5433 },
        ],
      },
      'the target is reached by a socket in a folder, not by TCP',
    ],
    'the port of the proxy': [{ allow: [40123, 5432] }, "the proxy has port 5432, which is the target's too"],
    'no interpreter': [{}, 'neither perl nor python3 is there to set it up'],
    'an interpreter that is none': [
      { env: { PATH: '/no/such/folder' }, isProgram: (file) => file === '/no/such/folder/perl' },
      '/no/such/folder/perl: spawn /no/such/folder/perl ENOENT',
    ],
  };
  it.each(Object.entries(cases))('%s', async (_, [options, why]) => {
    expect(await fenced(WORDS, { ...OPTIONS, ...options })).toEqual({ words: WORDS, why });
  });
});

describe('what the launcher finds lacking', () => {
  const refused = (step: string, errno: number) =>
    `echo "migration-gate: the tool was not started: ${step}: Some text (${errno})" >&2; exit 125`;
  it.each<[string, string, string]>([
    ['no Landlock', refused('landlock', 38), 'this kernel has no Landlock'],
    ['not switched on', refused('landlock', 95), 'Landlock is switched off in this kernel'],
    [
      'too old',
      refused('landlock', 61),
      'the Landlock of this kernel has no rules for ports, which came with Linux 6.7',
    ],
    ['a container', refused('landlock', 1), 'Landlock is forbidden here, as by the security profile of a container'],
    ['a way past it', refused('fastopen', 0), 'FOLDER/perl: fastopen: Some text; FOLDER/python3: fastopen: Some text'],
    ['a broken one', 'echo "no ctypes" >&2; exit 1', 'FOLDER/perl: no ctypes; FOLDER/python3: no ctypes'],
  ])('%s', async (_, script, why) => {
    const folder = await mkdtemp(join(tmpdir(), 'gate-fence-'));
    for (const name of ['perl', 'python3'])
      await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const result = await fenced(WORDS, {
      ...OPTIONS,
      env: { PATH: folder },
      isProgram: (file) => file.startsWith(folder),
    });
    expect(result).toEqual({ words: WORDS, why: why.replaceAll('FOLDER', folder) });
    await rm(folder, { recursive: true });
  });
});

describe('the interpreter', () => {
  const there = (...files: string[]) =>
    interpreters('/home/me/.pyenv/shims:bin::/opt/bin', (file) => files.includes(file));
  it.each<[string, string[], string[]]>([
    ['perl first', ['/usr/bin/python3', '/usr/bin/perl'], ['/usr/bin/perl', '/usr/bin/python3']],
    ["the system's first", ['/opt/bin/perl', '/usr/local/bin/perl'], ['/usr/local/bin/perl']],
    ['then that of PATH', ['/opt/bin/python3'], ['/opt/bin/python3']],
    ['never one relative to where the tool runs', ['bin/perl', 'perl', '/perl'], []],
  ])('%s', (_, files, expected) => {
    expect(there(...files).map(({ file }) => file)).toEqual(expected);
  });
});

describe('a tool that was not started', () => {
  const line = (step: string, errno: number) =>
    `perl: warning: Setting locale failed.\nmigration-gate: the tool was not started: ${step}: Some text (${errno})\n`;
  it.each<[string, number | null, string, object | null]>([
    ['is not there', 125, line('exec', 2), { code: 'ENOENT', message: 'exec: Some text' }],
    ['may not be run', 125, line('exec', 13), { code: 'EACCES' }],
    ['the fence', 125, line('rule', 12), { message: 'the fence around the tool failed: rule: Some text' }],
    ['another code', 1, line('exec', 2), null],
    ['a signal', null, line('exec', 2), null],
    ["the tool's own 125", 125, 'docker: no such image\n', null],
  ])('%s', (_, code, stderr, expected) => {
    const error = notStarted({ code, stderr });
    if (expected === null) expect(error).toBeNull();
    else expect(error).toMatchObject(expected);
  });
});

describe('the filter', () => {
  const ALLOWED = 0;
  const [EPERM, ENOSYS, EPROTONOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT] = [1, 38, 93, 95, 97];
  const [AF_UNIX, AF_INET, AF_INET6, AF_SMC, STREAM, FAST] = [1, 2, 10, 43, 1, 0x20000000];
  const I386 = 0x40000003;
  type Call = [
    what: string,
    name: 'socket' | 'sendto' | 'sendmsg' | 'sendmmsg' | number,
    args: number[],
    errno: number,
  ];
  const calls: Call[] = [
    ['TCP', 'socket', [AF_INET, STREAM, 0], ALLOWED],
    ['TCP by name', 'socket', [AF_INET6, STREAM, 6], ALLOWED],
    ['a local socket', 'socket', [AF_UNIX, STREAM, 0], ALLOWED],
    ['UDP', 'socket', [AF_INET, 2, 17], ALLOWED],
    ['MPTCP', 'socket', [AF_INET, STREAM, 262], EPROTONOSUPPORT],
    ['MPTCP over IPv6, not waiting', 'socket', [AF_INET6, STREAM | 0o4000, 262], EPROTONOSUPPORT],
    ['SMC', 'socket', [AF_INET, STREAM, 256], EPROTONOSUPPORT],
    ['SMC by its family', 'socket', [AF_SMC, STREAM, 0], EAFNOSUPPORT],
    ['send', 'sendto', [3, 0, 5, 0x4000, 0, 0], ALLOWED],
    ['a length that looks like the flag', 'sendto', [3, 0, FAST, 0, 0, 16], ALLOWED],
    ['send, fast open', 'sendto', [3, 0, 5, FAST | 0x4000, 0, 16], EOPNOTSUPP],
    ['sendmsg', 'sendmsg', [3, 0, 0x4000, FAST], ALLOWED],
    ['sendmsg, fast open', 'sendmsg', [3, 0, FAST], EOPNOTSUPP],
    ['sendmmsg', 'sendmmsg', [3, 0, FAST, 0], ALLOWED],
    ['sendmmsg, fast open', 'sendmmsg', [3, 0, 1, FAST], EOPNOTSUPP],
    ['io_uring_setup', 425, [8, 0], EPERM],
    ['io_uring_enter', 426, [8, FAST, 262, FAST], ALLOWED],
    ['anything else', 0, [FAST, 262, 262, FAST], ALLOWED],
    ['x32', 0x40000000 + 1, [], ENOSYS],
  ];
  for (const [arch, machine] of Object.entries(MACHINES)) {
    it.each(calls)(`${arch}: %s`, (_, name, args, errno) => {
      const number = typeof name === 'number' ? name : machine[name];
      expect(run(filterFor(machine), machine.audit, number, args)).toBe(errno);
    });
  }
  it('leaves programs of 32 bits alone', () => {
    for (const machine of Object.values(MACHINES)) {
      expect(run(filterFor(machine), I386, machine.sendmsg, [3, 0, FAST])).toBe(ALLOWED);
    }
  });

  /** What the kernel answers: 0, or the error. Throws where it would refuse the filter. */
  function run(filter: Buffer, arch: number, number: number, args: readonly number[]): number {
    const data = Buffer.alloc(64);
    data.writeUInt32LE(number, 0);
    data.writeUInt32LE(arch, 4);
    for (const [index, arg] of args.entries()) data.writeBigUInt64LE(BigInt(arg), 16 + 8 * index);
    let a = 0;
    for (let at = 0; at < filter.length; at += 8) {
      const [code, k] = [filter.readUInt16LE(at), filter.readUInt32LE(at + 4)];
      const jump = (holds: boolean) => {
        at += 8 * filter.readUInt8(at + (holds ? 2 : 3));
      };
      if (code === 0x20) a = data.readUInt32LE(k);
      else if (code === 0x15) jump(a === k);
      else if (code === 0x35) jump(a >= k);
      else if (code === 0x45) jump((a & k) !== 0);
      else if (code === 0x06) return k === 0x7fff0000 ? 0 : k - 0x00050000;
      else throw new Error(`instruction ${code}`);
    }
    throw new Error('no end');
  }
});
