/**
 * A connection that has fallen silent: a network may lose what was said and tell neither side, and an answer would be
 * waited for without end. Whether the server is still at work for the session is asked on another connection.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { askAsLogin } from './as-login.ts';
import type { Session } from './session.ts';

const QUIET_MS = 5_000;
/** The longest between two looks at a session that is at work. */
const SELDOM_MS = 60_000;
const ANSWERED_WITHIN_MS = 10_000;
const UNREACHABLE_MS = 60_000;

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
  for (let pause = QUIET_MS; ; ) {
    const heard = session.heard;
    const silent = () => !over.aborted && session.lost === null && session.waiting && session.heard === heard;
    await wait(pause);
    if (over.aborted || session.lost) return;
    if (!silent()) {
      pause = QUIET_MS;
      unreachableSince = null;
      continue;
    }
    const look = await lookTwice(session, connect, name, () => wait(QUIET_MS));
    if (look.kind === 'unreachable') unreachableSince ??= performance.now();
    else unreachableSince = null;
    pause = look.kind === 'unreachable' ? QUIET_MS : Math.min(pause * 2, SELDOM_MS);
    if (!silent()) continue;
    if (look.kind === 'not at work') session.giveUp(new SilentError(look.why));
    if (unreachableSince !== null && performance.now() - unreachableSince > UNREACHABLE_MS)
      session.giveUp(new SilentError('the server cannot be reached on another one either'));
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
  | { readonly kind: 'at work' | 'unreachable' | 'cannot tell' }
  | { readonly kind: 'not at work'; readonly why: string };

interface Activity {
  readonly state: string | null;
  readonly since: string;
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
    if (!isOver(first)) return { kind: first === 'unknown' ? 'cannot tell' : 'at work' };
    await pause();
    const second = await activityOf(session, other, name);
    if (!isOver(second) || second?.since !== first?.since) return { kind: 'at work' };
    const why = second === null ? 'its session at the server is gone' : `at the server its session is ${second.state}`;
    return { kind: 'not at work', why };
  } catch {
    return { kind: 'unreachable' };
  } finally {
    clearTimeout(tooLate);
    await other.end();
  }
}

function isOver(activity: Activity | null | 'unknown'): activity is Activity | null {
  if (activity === 'unknown') return false;
  return activity === null || (activity.state?.startsWith('idle') ?? false);
}

/** Null: it has no backend any more. Behind a pooler the process id that the connection was told may be anybody's. */
async function activityOf(session: Session, other: Session, name: string): Promise<Activity | null | 'unknown'> {
  const [row] = await askAsLogin(
    other,
    `select a.state, a.state_change::text from pg_catalog.pg_stat_activity a
      where a.pid = $1 and ($2::text is null or a.application_name = $2)`,
    [String(session.backendPid ?? session.startupPid), session.backendPid === null ? name : null],
  );
  if (row) return { state: row[0] ?? null, since: row[1] ?? '' };
  return session.backendPid === null ? 'unknown' : null;
}

const SILENT_CODES = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']);

function isSilence(error: unknown): boolean {
  const { message, code } = error as Error & { code?: string };
  return message === 'timeout expired' || SILENT_CODES.has(code ?? '');
}
