/**
 * A connection that has fallen silent: a network may lose what was said and tell neither side, and an answer would be
 * waited for without end. Whether the server is still at work for the session is asked on another connection.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { askAsLogin } from './as-login.ts';
import { readServerError } from './failure.ts';
import type { Session } from './session.ts';

const QUIET_MS = 5_000;
/** The longest between two looks at a session that is at work. */
const SELDOM_MS = 60_000;
const ANSWERED_WITHIN_MS = 10_000;
const UNREACHABLE_MS = 60_000;
/** What we said may be on its way for longer than what the server says. */
const STUCK_MS = 30_000;

export interface SilenceInput {
  readonly session: Session;
  /** Another connection to the same database. */
  readonly connect: () => Promise<Session>;
  /** The application_name that the session was opened with. */
  readonly name: string;
  /** Aborted when nobody waits for the session any more. */
  readonly over: AbortSignal;
}

/** Gives the session up once it is sure that its answer will not come. Never rejects. */
export async function giveUpWhenSilent({ session, connect, name, over }: SilenceInput): Promise<void> {
  const wait = (ms: number) => sleep(ms, undefined, { ref: false, signal: over }).catch(() => undefined);
  let unreachableSince: number | null = null;
  let stuckSince: number | null = null;
  for (let pause = QUIET_MS; ; ) {
    const { heard, said } = session;
    const still = () => session.heard === heard && session.said === said;
    const silent = () => !over.aborted && session.lost === null && session.waiting && still();
    await wait(pause);
    if (over.aborted || session.lost) return;
    if (!silent()) {
      pause = QUIET_MS;
      unreachableSince = null;
      stuckSince = null;
      continue;
    }
    const look = await lookTwice(session, connect, name, () => wait(QUIET_MS));
    if (look.kind === 'unreachable') unreachableSince ??= performance.now();
    else unreachableSince = null;
    if (look.kind === 'stuck') stuckSince ??= performance.now();
    else if (look.kind !== 'unreachable') stuckSince = null;
    const soon = look.kind === 'unreachable' || look.kind === 'stuck';
    pause = soon ? QUIET_MS : Math.min(pause * 2, SELDOM_MS);
    if (!silent()) continue;
    if (look.kind === 'not at work') session.giveUp(new SilentError(look.why));
    if (unreachableSince !== null && performance.now() - unreachableSince > UNREACHABLE_MS)
      session.giveUp(new SilentError('the server cannot be reached on another one either'));
    if (stuckSince !== null && performance.now() - stuckSince > STUCK_MS)
      session.giveUp(new SilentError('at the server its session waits for us'));
  }
}

/** Told to whoever waits for the answer. */
class SilentError extends Error {
  /** It is as if the network had said so. */
  readonly code = 'ECONNRESET';
  constructor(why: string) {
    super(`the connection fell silent: ${why}`);
  }
}

type Look =
  /** `stuck`: in the middle of what we send together, the server waits for the rest of it, or for us to take its answers. */
  | { readonly kind: 'at work' | 'stuck' | 'unreachable' | 'cannot tell' }
  | { readonly kind: 'not at work'; readonly why: string };

interface Activity {
  readonly state: string | null;
  readonly since: string;
  readonly waitsForUs: boolean;
}

/** Not at work is what the server says twice, with time for an answer that is on its way to arrive in between. */
async function lookTwice(
  session: Session,
  connect: () => Promise<Session>,
  name: string,
  pause: () => Promise<unknown>,
): Promise<Look> {
  let other: Session;
  try {
    other = await connect();
  } catch (error) {
    return { kind: isSilence(error) ? 'unreachable' : 'cannot tell' };
  }
  const tooLate = setTimeout(() => other.drop(), QUIET_MS + ANSWERED_WITHIN_MS).unref();
  try {
    const first = await activityOf(session, other, name);
    if (first === 'unknown') return { kind: 'cannot tell' };
    if (!isOver(first) && !first.waitsForUs) return { kind: 'at work' };
    await pause();
    const second = await activityOf(session, other, name);
    if (second === 'unknown' || second?.since !== first?.since) return { kind: 'at work' };
    if (!isOver(second)) return { kind: second.waitsForUs ? 'stuck' : 'at work' };
    const why = second === null ? 'its session at the server is gone' : `at the server its session is ${second.state}`;
    return { kind: 'not at work', why };
  } catch (error) {
    // An error of the server's is an answer, if none to what was asked.
    return { kind: readServerError(error).fromServer ? 'cannot tell' : 'unreachable' };
  } finally {
    clearTimeout(tooLate);
    await other.end();
  }
}

/** It is gone, or has nothing to do. */
function isOver(activity: Activity | null): activity is null | (Activity & { readonly state: string }) {
  return activity === null || (activity.state?.startsWith('idle') ?? false);
}

/** Null: it has no backend any more. Behind a pooler the process id that the connection was told may be anybody's. */
async function activityOf(session: Session, other: Session, name: string): Promise<Activity | null | 'unknown'> {
  const [row] = await askAsLogin(
    other,
    `select a.state, a.state_change::text, a.wait_event_type = 'Client' from pg_catalog.pg_stat_activity a
      where a.pid = $1 and ($2::text is null or a.application_name = $2)`,
    [String(session.backendPid ?? session.startupPid), session.backendPid === null ? name : null],
  );
  if (row) return { state: row[0] ?? null, since: row[1] ?? '', waitsForUs: row[2] === 't' };
  return session.backendPid === null ? 'unknown' : null;
}

const SILENT_CODES = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']);

function isSilence(error: unknown): boolean {
  const { message, code } = error as Error & { code?: string };
  return message === 'timeout expired' || SILENT_CODES.has(code ?? '');
}
