/** Somebody else's tool: started, heard, and ended with all that it has started. Real processes. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, probeTool, type RunningTool, startTool } from '../../src/engines/tool/child.ts';

const ENV = { PATH: process.env.PATH ?? '' };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-child-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(code: string, onLine?: (line: string) => void): RunningTool {
  const words = [process.execPath, '-e', code] as const;
  return startTool({ words, cwd: folder, env: ENV, ...(onLine && { onLine }) });
}

/** A tool, and what it prints first: by then its handlers are there. */
async function started(code: string): Promise<{ tool: RunningTool; said: string }> {
  let tool: RunningTool | null = null;
  const said = await new Promise<string>((resolve) => {
    tool = start(code, resolve);
  });
  return { tool: tool as unknown as RunningTool, said };
}

/** One that has ended and was not reaped is not alive. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

describe('its end', () => {
  it.each([
    ['a code', 'process.exitCode = 3', { code: 3, signal: null, error: null }],
    ['a signal', 'process.kill(process.pid, "SIGKILL")', { code: null, signal: 'SIGKILL', error: null }],
    ['both streams', 'console.log("out"); console.error("err")', { code: 0, stdout: 'out\n', stderr: 'err\n' }],
    [
      'no input',
      'process.stdin.on("data", () => {}).on("end", () => console.log("end"))',
      { code: 0, stdout: 'end\n' },
    ],
    ['no terminal', 'try { fs.openSync("/dev/tty") } catch (e) { console.log(e.code) }', { stdout: 'ENXIO\n' }],
    ['our variables only', 'console.log(Object.keys(process.env).join())', { stdout: 'PATH\n' }],
  ])('%s', async (_, code, expected) => {
    expect(await start(code).ended).toMatchObject(expected);
  });

  it.each([
    ['a program that is not there', ['no-such-program-anywhere'], '.', 'ENOENT', 'no-such-program-anywhere'],
    ['one that is no program', ['./plain'], '.', 'EACCES', 'plain'],
    ['a folder that is not there', [process.execPath], 'missing', 'ENOENT', 'the working directory'],
    ['a zero byte', [process.execPath, 'a\0b'], '.', 'ERR_INVALID_ARG_VALUE', 'null bytes'],
  ])('%s', async (_, words, cwd, code, message) => {
    await writeFile(join(folder, 'plain'), 'text');
    const tool = startTool({ words: words as [string, ...string[]], cwd: join(folder, cwd), env: ENV });
    const { error, ...rest } = await tool.ended;
    expect(rest).toEqual({ code: null, signal: null, stdout: '', stderr: '' });
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(tool.pid).toBeNull();
    await tool.stop();
  });

  it('is not awaited of what stays behind and holds its streams', async () => {
    const code = `const c = child_process.spawn('sleep', ['600'], { stdio: 'inherit' }); c.unref(); console.log(c.pid); process.exit(0)`;
    const tool = start(code);
    const { code: exit, stdout } = await tool.ended;
    expect(exit).toBe(0);
    expect(isAlive(Number(stdout))).toBe(true);
    await tool.stop();
    expect(isAlive(Number(stdout))).toBe(false);
  });
});

describe('what it prints', () => {
  const print = (text: string, more = '') => `process.stdout.write(${text});${more}`;

  it('is kept at its beginning and its end', async () => {
    const { stdout } = await start(`for (let i = 0; i < 100000; i++) console.log('line ' + i)`).ended;
    expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(256 * 1024 + 100);
    expect(Buffer.byteLength(stdout)).toBeGreaterThan(250 * 1024);
    const lines = stdout.split('\n');
    const cut = lines.findIndex((line) => /^\(\d+ bytes left out\)$/.test(line));
    const whole = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join('');
    const left = Number(/\d+/.exec(lines[cut] ?? '')?.[0]);
    const head = lines
      .slice(0, cut)
      .map((line) => `${line}\n`)
      .join('');
    const tail = lines.slice(cut + 1).join('\n');
    expect(whole.startsWith(head) && whole.endsWith(tail)).toBe(true);
    expect(head.length + left + tail.length).toBe(whole.length);
  });

  it('is cut between characters where there are no lines', async () => {
    const { stdout } = await start(print(`'x' + '€'.repeat(200000)`)).ended;
    expect(stdout).toMatch(/^x€+…\n\(\d+ bytes left out\)\n…€+$/);
    expect(stdout).not.toContain('\ufffd');
    const kept = stdout.match(/[x€]/g)?.join('') ?? '';
    expect(Buffer.byteLength(kept) + Number(/\d+/.exec(stdout)?.[0])).toBe(1 + 3 * 200_000);
  });

  it.each([
    ['whole lines', `'a\\nb\\r\\n\\nc'`, ['a', 'b', '', 'c']],
    ['progress as it ends', `'10%\\r50%\\r100%\\nx\\r\\n'`, ['100%', 'x']],
    ['a long line, cut', `'y'.repeat(5000) + '\\nz\\n'`, [`${'y'.repeat(4096)}… (904 more characters)`, 'z']],
    ['nothing', `''`, []],
  ])('is told as %s', async (_, text, expected) => {
    const lines: string[] = [];
    await start(print(text), (line) => lines.push(line)).ended;
    expect(lines).toEqual(expected);
  });

  it('is one character where two pieces hold it', async () => {
    const lines: string[] = [];
    const code = `const b = Buffer.from('€\\n'); fs.writeSync(1, b.subarray(0, 1)); setTimeout(() => fs.writeSync(1, b.subarray(1)), 50)`;
    const { stdout } = await start(code, (line) => lines.push(line)).ended;
    expect([stdout, lines]).toEqual(['€\n', ['€']]);
  });

  it('is told as it comes', async () => {
    const { tool, said } = await started(`console.log('ready'); setInterval(() => {}, 1000)`);
    expect(said).toBe('ready');
    await tool.stop();
    expect(await tool.ended).toMatchObject({ signal: 'SIGTERM', stdout: 'ready\n' });
  });
});

describe('stopping it', () => {
  const stopped = async (code: string): Promise<Ended & { grandchild: number }> => {
    const { tool, said } = await started(code);
    await Promise.all([tool.stop(), tool.stop()]);
    return { ...(await tool.ended), grandchild: Number(said) };
  };
  const grandchild = (command: string, then: string) =>
    `const c = child_process.spawn('sh', ['-c', ${JSON.stringify(command)}], { stdio: ['ignore', 'pipe', 'ignore'] });
     c.stdout.once('data', () => { console.log(c.pid); ${then} })`;

  it('lets it tidy up', async () => {
    const code = `process.on('SIGTERM', () => { console.log('bye'); process.exit(9) }); console.log('up'); setInterval(() => {}, 1000)`;
    expect(await stopped(code)).toMatchObject({ code: 9, signal: null, stdout: 'up\nbye\n' });
  });

  it('does not wait for one that will not', async () => {
    const code = `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`;
    expect(await stopped(code)).toMatchObject({ signal: 'SIGKILL' });
  });

  it('takes its children with it, the deaf ones too', async () => {
    const end = await stopped(grandchild('trap "" TERM; echo up; while :; do sleep 0.1; done', ''));
    expect(end.signal).toBe('SIGTERM');
    expect(isAlive(end.grandchild)).toBe(false);
  });

  it('takes those that outlived it', async () => {
    const { tool, said } = await started(
      grandchild('trap "" TERM; echo up; while :; do sleep 0.1; done', 'process.exit(0)'),
    );
    expect((await tool.ended).code).toBe(0);
    expect(isAlive(Number(said))).toBe(true);
    await tool.stop();
    expect(isAlive(Number(said))).toBe(false);
  });

  it('reaches one that stands still', async () => {
    const code = `process.on('SIGTERM', () => process.exit(9)); console.log('up'); setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 5); setInterval(() => {}, 1000)`;
    // On a machine that is busy it may not get to its own end in time.
    const { code: own, signal } = await stopped(code);
    expect(own === 9 || signal === 'SIGKILL').toBe(true);
  });

  it('is nothing once it has ended', async () => {
    const tool = start('');
    await tool.ended;
    await tool.stop();
    expect(await tool.ended).toMatchObject({ code: 0 });
  });
});

describe('a probe', () => {
  const probe = (code: string, limitMs: number, signal?: AbortSignal) =>
    probeTool({ words: [process.execPath, '-e', code], cwd: folder, env: ENV }, limitMs, signal);

  it('that ends in time', async () => {
    expect(await probe('console.log(1)', 60_000)).toMatchObject({ code: 0, stdout: '1\n', stopped: false });
  });

  it('that takes too long', async () => {
    expect(await probe('setInterval(() => {}, 1000)', 300)).toMatchObject({
      code: null,
      signal: 'SIGTERM',
      stopped: true,
    });
  });

  it('that is not wanted any more', async () => {
    const signal = AbortSignal.timeout(200);
    expect(await probe('setInterval(() => {}, 1000)', 60_000, signal)).toMatchObject({
      signal: 'SIGTERM',
      stopped: true,
    });
    expect(await probe('setInterval(() => {}, 1000)', 60_000, signal)).toMatchObject({ stopped: true });
  });

  it('whose program is not there', async () => {
    const probed = await probeTool({ words: ['no-such-program-anywhere'], cwd: folder, env: ENV }, 60_000);
    expect(probed).toMatchObject({ error: { code: 'ENOENT' }, stopped: false });
  });
});
