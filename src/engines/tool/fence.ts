/**
 * A fence around a tool that is rehearsed: the kernel refuses it, and whatever it starts, every TCP connection to the port
 * of the target, so that it reaches our proxy or nothing. `connect` fails with EACCES, "Permission denied".
 *
 * It is Linux's Landlock, which any program may put on itself and nobody takes off again. Node can't ask for it, so a
 * launcher does, in perl or python3, and then becomes the tool: same process, environment, signals, streams, exit code.
 *
 * Not fenced: sockets in a folder, and what runs outside of the tool's processes at its request (a container, a daemon, a
 * service that forwards to the target from another port).
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../../request/request.ts';
import { type Ended, probeTool } from './child.ts';
import type { Words } from './tool.ts';

type Place = Pick<Target, 'host' | 'port'>;

export interface FenceOptions {
  /** Whose ports are out of reach, on whatever host: the target, and every other database that must not be met. */
  readonly targets: readonly [Place, ...Place[]];
  /** Our proxy's ports. Every port but those of `targets` can be reached; these are only looked at for not being one. */
  readonly allow: readonly number[];
  /** The tool's own: the launcher runs in it. */
  readonly env: Readonly<Record<string, string>>;
  readonly platform?: string;
  /** The machine's, as `process.arch` names it. */
  readonly arch?: string;
  /** Whether a file is a program of this machine, and no script. */
  readonly isProgram?: (file: string) => boolean;
}

/** What to start instead of the tool's words, and by what it is fenced; or the tool's words as they were, and why. */
export type Fenced = { readonly words: Words; readonly how: string } | { readonly words: Words; readonly why: string };

const TRIAL_MS = 10_000;

/** Tries the launcher out before it gives it. One that can't do at run time what it could then starts no tool: `notStarted`. */
export async function fenced(words: Words, options: FenceOptions): Promise<Fenced> {
  const { targets, allow, env, platform = process.platform, arch = process.arch, isProgram = isElf } = options;
  const machine = MACHINES[arch];
  const ports = [...new Set(targets.map(({ port }) => port))];
  const shared = ports.find((port) => allow.includes(port));
  if (platform !== 'linux') return { words, why: 'only Linux can keep a program from a port' };
  if (machine === undefined) return { words, why: `no fence is known for a machine of the kind ${arch}` };
  if (targets.some(({ host }) => host.startsWith('/'))) {
    return { words, why: 'the target is reached by a socket in a folder, not by TCP' };
  }
  if (shared !== undefined) return { words, why: `the proxy has port ${shared}, which is the target's too` };

  const how = `Landlock keeps it from TCP port ${ports.join(', ')}`;
  const whys: string[] = [];
  let loud: Words | null = null;
  for (const interpreter of interpreters(env.PATH ?? '', isProgram)) {
    const launcher = launcherOf(interpreter, machine, ports);
    const trial = await tried(launcher, env);
    if (trial === 'works') return { words: [...launcher, ...words], how };
    if (trial === 'loud') loud ??= launcher;
    else whys.push(trial.why);
  }
  if (loud !== null) return { words: [...loud, ...words], how };
  return { words, why: [...new Set(whys)].join('; ') || 'neither perl nor python3 is there to set it up' };
}

/** Of a tool that was started with fenced words: that it was not started after all, with `code` as of ToolStart; else null. */
export function notStarted({
  code,
  stderr,
}: Pick<Ended, 'code' | 'stderr'>): (Error & { readonly code?: string }) | null {
  const failure = code === FAILED ? failureIn(stderr) : null;
  if (failure === null) return null;
  const name = failure.step === 'exec' ? nameOf(failure.errno) : null;
  const error = new Error(name === null ? `the fence around the tool failed: ${failure.text}` : failure.text);
  return name === null ? error : Object.assign(error, { code: name });
}

export interface Machine {
  /** As the kernel's AUDIT_ARCH names it. */
  readonly audit: number;
  readonly prctl: number;
  readonly socket: number;
  readonly sendto: number;
  readonly sendmsg: number;
  readonly sendmmsg: number;
}

/** Numbers of system calls; those that all machines share are where they are used. */
export const MACHINES: Readonly<Record<string, Machine>> = {
  x64: { audit: 0xc000003e, prctl: 157, socket: 41, sendto: 44, sendmsg: 46, sendmmsg: 307 },
  arm64: { audit: 0xc00000b7, prctl: 167, socket: 198, sendto: 206, sendmsg: 211, sendmmsg: 269 },
};

interface Interpreter {
  readonly kind: keyof typeof SCRIPTS;
  readonly file: string;
}

/** perl before python3, as it starts faster; the system's before those on PATH, which may set up more than they run. */
export function interpreters(path: string, isProgram: (file: string) => boolean): Interpreter[] {
  const folders = ['/usr/bin', '/bin', '/usr/local/bin', ...path.split(':').filter((folder) => folder.startsWith('/'))];
  return (['perl', 'python3'] as const).flatMap((kind) => {
    const file = folders.map((folder) => join(folder, kind)).find(isProgram);
    return file === undefined ? [] : [{ kind, file }];
  });
}

/** A script that only chooses an interpreter (pyenv's) changes the environment on the way. */
function isElf(file: string): boolean {
  try {
    const opened = openSync(file, 'r');
    try {
      const head = Buffer.alloc(4);
      readSync(opened, head, 0, 4, 0);
      return head.toString('latin1') === '\x7fELF';
    } finally {
      closeSync(opened);
    }
  } catch {
    return false; // not there, or not ours to read: then the next
  }
}

function launcherOf({ kind, file }: Interpreter, machine: Machine, ports: readonly number[]): Words {
  const filter = filterFor(machine).toString('hex');
  return [file, ...SCRIPTS[kind], String(machine.prctl), filter, ports.join(',')];
}

type Trial = 'works' | 'loud' | { readonly why: string };

const trials = new Map<string, Promise<Trial>>();

/** Once for each launcher and environment: the tools of a run are many, and it costs as much as a start. */
function tried(launcher: Words, env: FenceOptions['env']): Promise<Trial> {
  // Of the environment, what an interpreter goes by as it starts.
  const own = Object.entries(env).filter(([name]) => /^(?:LC_|LANG|PERL|PYTHON|LD_)/.test(name));
  const key = JSON.stringify([launcher, own.sort()]);
  const known = trials.get(key) ?? tryOut(launcher, env);
  trials.set(key, known);
  return known;
}

/**
 * Without words the launcher does all that it does, but for the many rules, and ends. `loud`: it says something of its own,
 * as perl does where a locale is set that is not there; that would be among what the tool says.
 */
async function tryOut(launcher: Words, env: FenceOptions['env']): Promise<Trial> {
  const { code, error, stdout, stderr, stopped } = await probeTool({ words: launcher, cwd: '/', env }, TRIAL_MS);
  if (code === 0) return stdout + stderr === '' ? 'works' : 'loud';
  const failure = code === FAILED ? failureIn(stderr) : null;
  if (failure?.step === 'landlock') return { why: LACKS[failure.errno] ?? `Landlock: ${failure.text}` };
  const said = stopped ? 'did not come to an end' : (failure?.text ?? error?.message ?? firstLine(stderr));
  return { why: `${launcher[0]}: ${said}` };
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.slice(0, 200) ?? '';
}

/** Linux's. */
const [EPERM, EACCES, ENOSYS, ENODATA, EPROTONOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT] = [1, 13, 38, 61, 93, 95, 97];

const LACKS: Readonly<Record<number, string>> = {
  [ENOSYS]: 'this kernel has no Landlock',
  [EOPNOTSUPP]: 'Landlock is switched off in this kernel',
  [ENODATA]: 'the Landlock of this kernel has no rules for ports, which came with Linux 6.7',
  [EPERM]: 'Landlock is forbidden here, as by the security profile of a container',
};

/** The launcher's exit code when it starts nothing, as `env` and `timeout` have it. */
const FAILED = 125;
const FAILURE = /^migration-gate: the tool was not started: ((\w+): .*) \((\d+)\)$/m;

function failureIn(stderr: string): { readonly step: string; readonly text: string; readonly errno: number } | null {
  const [, text = '', step = '', errno] = FAILURE.exec(stderr) ?? [];
  return step === '' ? null : { step, text, errno: Number(errno) };
}

function nameOf(errno: number): string | null {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? null;
}

/**
 * Landlock looks at `connect` of TCP sockets. These are the other ways to a TCP server, which a seccomp filter closes;
 * programs that use them are used to not having them. A program of 32 bits keeps them: there they can't be told apart.
 */
export function filterFor(machine: Machine): Buffer {
  const [MSG_FASTOPEN, IPPROTO_MPTCP, IPPROTO_SMC, AF_SMC, IO_URING_SETUP] = [0x20000000, 262, 256, 43, 425];
  const X32 = 0x40000000;
  const number = load(0);
  // Arguments are 64 bits wide; of these the kernel looks at the lower half.
  const argument = (index: number) => load(16 + 8 * index);
  const refuse = (errno: number) => instruction(0x06, 0x00050000 | errno);
  const when = (code: number, value: number, then: readonly Buffer[]) => [
    instruction(code, value, 0, then.length),
    ...then,
  ];
  const [equals, atLeast, has] = [0x15, 0x35, 0x45];
  const call = (which: number, then: readonly Buffer[]) => [number, ...when(equals, which, then)];
  const fastOpen = (index: number) => [argument(index), ...when(has, MSG_FASTOPEN, [refuse(EOPNOTSUPP)])];
  const allow = instruction(0x06, 0x7fff0000);
  return Buffer.concat([
    load(4),
    instruction(equals, machine.audit, 1, 0),
    allow,
    number,
    ...when(atLeast, X32, [refuse(ENOSYS)]),
    ...call(machine.socket, [
      argument(2),
      ...when(equals, IPPROTO_MPTCP, [refuse(EPROTONOSUPPORT)]),
      ...when(equals, IPPROTO_SMC, [refuse(EPROTONOSUPPORT)]),
      argument(0),
      ...when(equals, AF_SMC, [refuse(EAFNOSUPPORT)]),
    ]),
    ...call(machine.sendto, fastOpen(3)),
    ...call(machine.sendmsg, fastOpen(2)),
    ...call(machine.sendmmsg, fastOpen(3)),
    // What goes through a ring is not seen by the filter.
    ...call(IO_URING_SETUP, [refuse(EPERM)]),
    allow,
  ]);
}

function load(offset: number): Buffer {
  return instruction(0x20, offset);
}

function instruction(code: number, value: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}

/*
 * The launchers. Arguments: the number of prctl, the filter in hex, the ports, the tool's words. They end with FAILED and
 * a line like FAILURE unless every step was done and they have seen that the port is out of reach.
 *   444 landlock_create_ruleset (flag 1: which version; handled_access_net 2: connect), 445 landlock_add_rule (2: a port),
 *   446 landlock_restrict_self; prctl 38 PR_SET_NO_NEW_PRIVS, 22 PR_SET_SECCOMP (2: a filter).
 * There is no rule for "all but one", so there are 65,535 of them.
 */
const PERL = `
my ($prctl, $filter, $ports, @words) = @ARGV;
$prctl += 0;
sub failed { print STDERR "migration-gate: the tool was not started: $_[0]: $! (", $! + 0, ")\\n"; exit ${FAILED} }
my $version = syscall(444, 0, 0, 1);
if ($version >= 0 && $version < 4) { $! = ${ENODATA}; $version = -1 }
failed('landlock') if $version < 0;
my %kept = map { $_ => 1 } split /,/, $ports;
my $handled = pack('QQ', 0, 2);
my $rules = syscall(444, $handled, 16, 0);
failed('ruleset') if $rules < 0;
for my $port (0 .. 65535) {
  last unless @words;
  next if $kept{$port};
  syscall(445, $rules, 2, pack('QQ', 2, $port), 0) == 0 or failed('rule');
}
syscall($prctl, 38, 1, 0, 0, 0) == 0 or failed('privileges');
syscall(446, $rules, 0) == 0 or failed('restrict');
my $program = pack('H*', $filter);
syscall($prctl, 22, 2, pack('Sx6P', length($program) / 8, $program), 0, 0) == 0 or failed('filter');
for my $port (keys %kept) {
  my $address = pack('SnC4x8', 2, $port, 127, 0, 0, 1);
  socket(my $socket, 2, 1, 6) or failed('socket');
  $! = 0;
  !connect($socket, $address) && $! == ${EACCES} or failed('connect');
  !defined(send($socket, 'x', 0x20000000, $address)) && $! == ${EOPNOTSUPP} or failed('fastopen');
  !socket(my $other, 2, 1, 262) && $! == ${EPROTONOSUPPORT} or failed('multipath');
}
exit 0 unless @words;
exec { $words[0] } @words;
failed('exec');
`;

/** Python ignores two signals and may set LC_CTYPE for itself; the tool gets neither. */
const PYTHON = `
import ctypes, os, signal, socket, struct, sys
prctl, program, ports, *words = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
prctl, program = int(prctl), ctypes.create_string_buffer(bytes.fromhex(program))
kept = {int(port) for port in ports.split(',')}
def failed(step, errno):
    print('migration-gate: the tool was not started: %s: %s (%d)' % (step, os.strerror(errno), errno), file=sys.stderr)
    sys.stderr.flush()
    os._exit(${FAILED})
def call(step, *arguments):
    result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0: failed(step, ctypes.get_errno())
    return result
def refused(step, errno, attempt):
    try: attempt()
    except OSError as error:
        if error.errno != errno: failed(step, error.errno)
    else: failed(step, 0)
if call('landlock', 444, None, 0, 1) < 4: failed('landlock', ${ENODATA})
rules = call('ruleset', 444, struct.pack('QQ', 0, 2), 16, 0)
rule = struct.Struct('QQ').pack
add, kind, none = (ctypes.c_long(445), ctypes.c_long(rules)), ctypes.c_long(2), ctypes.c_long(0)
for port in range(65536 if words else 0):
    if port not in kept and libc.syscall(*add, kind, rule(2, port), none) != 0: failed('rule', ctypes.get_errno())
call('privileges', prctl, 38, 1, 0, 0, 0)
call('restrict', 446, rules, 0)
call('filter', prctl, 22, 2, struct.pack('H6xQ', len(program) // 8, ctypes.addressof(program)), 0, 0)
for port in kept:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 6) as to:
        refused('connect', ${EACCES}, lambda: to.connect(('127.0.0.1', port)))
        refused('fastopen', ${EOPNOTSUPP}, lambda: to.sendto(b'x', 0x20000000, ('127.0.0.1', port)))
    refused('multipath', ${EPROTONOSUPPORT}, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))
if not words: sys.exit(0)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
with open('/proc/self/environ', 'rb') as file: environment = file.read().split(b'\\0')[:-1]
def strings(all): return (ctypes.c_char_p * (len(all) + 1))(*all, None)
words = [os.fsencode(word) for word in words]
libc.execvpe(words[0], strings(words), strings(environment))
failed('exec', ctypes.get_errno())
`;

const SCRIPTS = { perl: ['-e', PERL, '--'], python3: ['-I', '-S', '-c', PYTHON] } as const;
