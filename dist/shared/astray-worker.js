import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
var __webpack_exports__ = {};

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");
;// CONCATENATED MODULE: external "node:worker_threads"
const external_node_worker_threads_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:worker_threads");
;// CONCATENATED MODULE: ./src/engines/tool/astray-worker.js
/**
 * Looks, in a thread of its own (`astray.ts` starts it), for sockets that lead from the tool to the target: its pace must
 * not hang on what the run's own thread is busy with. Whose it is stopped at once, and told of afterwards.
 * JavaScript, because a thread is started from a file as it lies.
 */



/**
 * `shared`: Int32Array of [the leader's pid, 0 when there is none yet; 1 to end]. `remotes`: the target's addresses as
 * `/proc/net/tcp` and `tcp6` write them. `marking`: the `NAME=value` that only the tool's processes have in their environment.
 */
const { shared, remotes, marking } = external_node_worker_threads_namespaceObject.workerData;
const LEADER = 0;
const END = 1;
/** A look at the numbers costs some 15 µs, one at the tables milliseconds, for which the tool stands still. */
const LOOK_MS = 0.25;
/** On a machine where others connect all the time the tool shall get this share of it; then it is looked at as it runs. */
const SHARE = 0.5;
/** So much in a row does not count yet. */
const BURST_MS = 500;
/** One closed as another opened leaves the number as it was: the tables are looked at all the same, now and then. */
const SURE_SHARE = 200;
/** A socket may be on its way from one process to another as we look; after so many looks it is somebody else's. */
const MOST_LOOKS = 5;
const LISTEN = '0A';

let buffer = Buffer.alloc(64 * 1024);
// What is open stays that of this network namespace, which is the tool's too, whoever has ended.
const families = [
  { counter: astray_worker_open('/proc/self/net/sockstat'), table: astray_worker_open('/proc/self/net/tcp'), counted: 0 },
  { counter: astray_worker_open('/proc/self/net/sockstat6'), table: astray_worker_open('/proc/self/net/tcp6'), counted: 0 },
].filter(({ counter, table }) => counter !== null && table !== null);
const needles = remotes.map((remote) => Buffer.from(` ${remote} `));
/** By inode: how often it was looked at; MOST_LOOKS when it is settled whose it is. */
const looks = new Map();
let told = false;

/** Null: a kernel without IPv6. */
function astray_worker_open(path) {
  try {
    return (0,external_node_fs_namespaceObject.openSync)(path, 'r');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Reads the file from its beginning into `buffer`; returns how many bytes that are. */
function fill(descriptor) {
  let length = 0;
  for (;;) {
    const read = (0,external_node_fs_namespaceObject.readSync)(descriptor, buffer, length, buffer.length - length, length);
    if (read === 0) return length;
    length += read;
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(length)]);
  }
}

/**
 * How many TCP sockets are in use: microseconds. The tables take milliseconds however empty they are, as the kernel walks
 * through every place that it has for a socket.
 */
function count(counter) {
  return Number(/^TCP6?: inuse (\d+)/m.exec(buffer.latin1Slice(0, fill(counter)))?.[1]);
}

/** The sockets whose other end is the target: inode and local port. Those that no process has any more are left out. */
function socketsToTarget(table) {
  const end = fill(table);
  const found = [];
  for (const needle of needles) {
    for (let at = buffer.indexOf(needle); at >= 0 && at < end; at = buffer.indexOf(needle, at + 1)) {
      // Behind the line's number and a colon it is the local address: the target's own end, where it is on this machine.
      if (buffer[at - 1] === 0x3a) continue;
      const localPort = Number.parseInt(buffer.latin1Slice(at - 4, at), 16);
      const [state, , , , , , inode] = buffer.latin1Slice(at + needle.length, at + needle.length + 150).split(/ +/, 8);
      if (state !== LISTEN && inode !== '0') found.push({ inode, localPort });
    }
  }
  return found;
}

/** Throws where a process has ended or is not ours to read. */
function holds(pid, inode) {
  const link = `socket:[${inode}]`;
  return (0,external_node_fs_namespaceObject.readdirSync)(`/proc/${pid}/fd`).some((name) => {
    try {
      return (0,external_node_fs_namespaceObject.readlinkSync)(`/proc/${pid}/fd/${name}`) === link;
    } catch {
      return false; // closed since
    }
  });
}

/** Of the tool's group or session, or one that has left both but carries the mark. */
function isOfTool(pid, leader) {
  const stat = (0,external_node_fs_namespaceObject.readFileSync)(`/proc/${pid}/stat`, 'latin1');
  // Behind the name in parentheses, which may hold anything: state, parent, group, session.
  const [, , group, session] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ', 4)
    .map(Number);
  if (leader > 0 && (group === leader || session === leader)) return true;
  return (0,external_node_fs_namespaceObject.readFileSync)(`/proc/${pid}/environ`, 'latin1').split('\0').includes(marking);
}

/** The tool's process that has the socket; null: somebody else has it, or nobody. */
function culprit(inode, leader) {
  const others = (0,external_node_fs_namespaceObject.readdirSync)('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  // The newest first: what was started a moment ago connects.
  const pids = [leader, ...others.sort((a, b) => b - a)].filter((pid) => pid > 0 && pid !== process.pid);
  for (const pid of pids) {
    try {
      if (holds(pid, inode) && isOfTool(pid, leader)) return pid;
    } catch {
      // It has ended, or is another user's.
    }
  }
  return null;
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // Gone.
  }
}

/** A program may write anything over its words: the first one only, as secrets stand behind it. */
function programOf(pid) {
  try {
    return (0,external_node_fs_namespaceObject.readFileSync)(`/proc/${pid}/cmdline`, 'utf8')
      .split(/[\0\s]/, 1)[0]
      .slice(0, 200);
  } catch {
    return '';
  }
}

/** Kills whoever has gone past the proxy, and the whole group with it. */
function look(table, leader) {
  for (const { inode, localPort } of socketsToTarget(table)) {
    const times = looks.get(inode) ?? 0;
    if (times >= MOST_LOOKS) continue;
    const isOurs = holds(process.pid, inode);
    const pid = isOurs ? null : culprit(inode, leader);
    if (pid === null) {
      looks.set(inode, isOurs ? MOST_LOOKS : times + 1);
      continue;
    }
    const program = programOf(pid);
    signal(pid, 'SIGKILL');
    if (leader > 0) signal(-leader, 'SIGKILL');
    looks.set(inode, MOST_LOOKS);
    if (!told) external_node_worker_threads_namespaceObject.parentPort.postMessage({ pid, program, localPort });
    told = true;
  }
}

for (const family of families) {
  family.counted = count(family.counter);
  for (const { inode } of socketsToTarget(family.table)) looks.set(inode, MOST_LOOKS);
}
external_node_worker_threads_namespaceObject.parentPort.postMessage('watching');
let sureAt = 0;
let spent = 0;
let last = performance.now();
while (Atomics.load(shared, END) === 0) {
  const now = performance.now();
  const leader = Atomics.load(shared, LEADER);
  const isSure = now >= sureAt;
  spent = Math.max(0, spent - (now - last) * SHARE);
  last = now;
  const isBusy = spent > BURST_MS;
  let stopped = false;
  const wanted = families.filter((family) => {
    const before = family.counted;
    family.counted = count(family.counter);
    if (family.counted <= before) return isSure;
    // Somebody has connected. Nothing of the tool goes on while we find out who, as it needs little longer for a commit.
    if (leader > 0 && !isBusy) {
      signal(-leader, 'SIGSTOP');
      stopped = true;
    }
    return true;
  });
  try {
    for (const { table } of wanted) look(table, leader);
  } finally {
    if (stopped) signal(-leader, 'SIGCONT');
  }
  const took = wanted.length > 0 ? performance.now() - now : 0;
  spent += took;
  if (isSure) sureAt = now + took * SURE_SHARE;
  Atomics.wait(shared, END, 0, isBusy ? Math.max(LOOK_MS, took) : LOOK_MS);
}

