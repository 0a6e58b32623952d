/** The target database of one run: the session that works and holds the lock, the one that watches, and their like. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import { askAsLogin } from '../../postgres/as-login.ts';
import { readServerError } from '../../postgres/failure.ts';
import { freeStrandedLock, holdsLock, type LockHolder, lockKey, releaseLock, tryLock } from '../../postgres/lock.ts';
import type { Session } from '../../postgres/session.ts';
import { armDeadMansSwitch, liftLimits } from '../../postgres/settings.ts';
import type { Health } from '../../report/outcome.ts';
import { cancelled, Stop } from '../../report/stop.ts';
import { duration } from '../../report/text.ts';
import type { Request, Target } from '../../request/request.ts';
import type { Backend } from '../engine.ts';
import { BACKEND_START, backendOf, endBackend } from './backend.ts';
import { Connections } from './connections.ts';
import {
  isEarlierAttempt,
  readHealth,
  readServer,
  refusePooler,
  refuseServer,
  type ServerFacts,
  transactionPooled,
} from './inspect.ts';
import { lockHeldBy, who } from './refusals.ts';
import type { Workbench } from './workbench.ts';

/** How long the lock is waited for when it is given back at the end. */
const RELEASE_MS = 500;
const GONE_WITHIN_MS = 10_000;
/** Behind a pooler, where connect-timeout sets no limit. */
const SECOND_WITHIN_MS = 10_000;
/** The lock is asked for again this often, and after that many looks without keeping a connection meanwhile. */
const POLL_MS = 250;
const LOOKS_WITH_CONNECTION = 4;
const AWAY_MS = 1_000;

/** What an engine knows of the database that a workbench tells. */
export type Known = Pick<Workbench, 'tracking' | 'leftOut'>;

export class Database {
  readonly connections: Connections;
  readonly key: string;
  private readonly request: Request;
  private readonly log: Log;
  private readonly signal: AbortSignal;
  private readonly remember: (backend: Backend) => void;
  private working: Session | null = null;
  private watcher: Session | null = null;
  /** Stands in for the working session once that is lost. */
  private substitute: Session | null = null;
  private server: ServerFacts | null = null;
  private databaseBytes = 0;
  /** The backend that has the lock for us. */
  private lockedBy: number | null = null;
  private armed: Workbench['armed'] = [];

  /** `remember` is told which backend does the work, before it does any. */
  constructor(request: Request, log: Log, signal: AbortSignal, remember: (backend: Backend) => void) {
    this.request = request;
    this.log = log;
    this.signal = signal;
    this.remember = remember;
    this.connections = new Connections(request, log, signal);
    this.key = lockKey(request.trackingSchema);
  }

  get session(): Session {
    if (!this.working) throw new Error('not connected');
    return this.working;
  }

  get facts(): ServerFacts {
    if (!this.server) throw new Error('not inspected');
    return this.server;
  }

  /** Whether this run may do more than look. */
  get executes(): boolean {
    return this.request.mode !== 'status' && this.request.mode !== 'verify';
  }

  /** Connects; for modes that execute it also takes the lock. Throws a Stop. */
  async open(): Promise<ServerFacts> {
    const session = await this.connections.connectTo(this.request.target, this.signal);
    this.working = session;
    await this.meet();
    await this.passPooler(this.request.target, session);
    if (!this.executes) await session.query('set session characteristics as transaction read only');
    this.armed = await this.arm(session);
    if (this.executes) await this.lock();
    return this.facts;
  }

  /**
   * Before anything is set: where there is a pooler, what a session sets could be left to others. Throws a Stop unless it
   * keeps a session for a connection.
   */
  private async passPooler(target: Target, session: Session): Promise<void> {
    if (session.startupPid === session.backendPid) return;
    const withinMs = this.request.connectTimeoutMs || SECOND_WITHIN_MS;
    await refusePooler(session, () => this.connections.connectTo(target), withinMs);
    this.connections.keepsSessions.add(target);
    await liftLimits(session, { throughPooler: true });
  }

  private arm(session: Session): Promise<Workbench['armed']> {
    return armDeadMansSwitch(session, this.connections.name);
  }

  /** After the pause: the lock again, on another connection where the first was lost. */
  async reopen(): Promise<ServerFacts> {
    if (this.session.lost) {
      // Firewalls and idle timeouts end connections that are silent for the length of a review.
      await this.join();
      this.lockedBy = null;
    }
    await this.lock();
    return this.meet();
  }

  /** A session to work with, armed before it holds anything. */
  private async join(): Promise<void> {
    const session = await this.connections.connectTo(this.request.target, this.signal);
    this.working = session;
    this.armed = await this.arm(session);
  }

  private async meet(): Promise<ServerFacts> {
    const facts = await readServer(this.session, this.request.trackingSchema);
    refuseServer(facts, this.executes);
    this.server = facts;
    this.remember(backendOf(facts));
    return facts;
  }

  async health(): Promise<Health> {
    const health = await this.connections.interruptible('while looking at the database', () =>
      readHealth(this.session),
    );
    this.databaseBytes = health.databaseBytes;
    return health;
  }

  // -- the sessions that work and watch -------------------------------------------------------------------------

  async bench(known: Known): Promise<Workbench> {
    const { target } = this.request;
    if (!this.watcher || this.watcher.lost) this.watcher = await this.connections.connectTo(target, this.signal);
    return this.benchOf(target, this.session, this.watcher, this.facts, this.armed, known);
  }

  /** `knownOf` is given a session of the copy, and throws a Stop for what is no copy. */
  async copyBench(target: Target, knownOf: (copy: Session) => Promise<Known>): Promise<Workbench> {
    const session = await this.connections.connectTo(target, this.signal);
    const facts = await readServer(session, this.request.trackingSchema);
    refuseServer(facts, true);
    await this.passPooler(target, session);
    const watcher = await this.connections.connectTo(target, this.signal);
    const known = await knownOf(session);
    return this.benchOf(target, session, watcher, facts, await this.arm(session), known);
  }

  private benchOf(
    target: Target,
    session: Session,
    watcher: Session,
    facts: ServerFacts,
    armed: Workbench['armed'],
    known: Known,
  ): Workbench {
    return {
      request: this.request,
      log: this.log,
      signal: this.signal,
      target,
      session,
      pid: facts.backendPid,
      watcher,
      reconnect: () => this.connections.connectTo(target),
      witness: () => this.witness(),
      armed,
      serverMajor: facts.major,
      databaseBytes: this.databaseBytes,
      standbys: facts.standbys,
      lockCapacity: facts.lockCapacity,
      ...known,
    };
  }

  /** A session that can tell; when the working one was lost, its backend must be gone first, as it could still commit. Throws while it is not. */
  async witness(): Promise<Session> {
    if (!this.session.lost) return this.session;
    if (this.substitute && !this.substitute.lost) return this.substitute;
    const witness = await this.connections.connectAgain();
    await endBackend(witness, backendOf(this.facts));
    this.substitute = witness;
    return witness;
  }

  /** After a run that was killed: its backend is ended, and a session that can tell what it has done. */
  async afterDeath(backend: Backend | null): Promise<Session> {
    const session = await this.connections.connectAgain();
    this.working = session;
    if (backend) await endBackend(session, backend);
    return session;
  }

  /**
   * Other sessions of this run in this database, which a dead gate's tool may have left: until they are gone they could
   * still commit.
   */
  async endNamesakes(): Promise<void> {
    const until = performance.now() + GONE_WITHIN_MS;
    for (;;) {
      const left = await askAsLogin(
        this.session,
        `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
          where a.application_name = $1 and a.pid <> pg_catalog.pg_backend_pid() and a.usename = session_user
            and a.datname = pg_catalog.current_database()`,
        [this.connections.name],
      );
      if (left.length === 0) return;
      if (performance.now() > until) throw new Error('sessions of the run that was killed are still at work');
      await sleep(100);
    }
  }

  // -- the lock and the end -------------------------------------------------------------------------------------

  async release(): Promise<void> {
    const { working, lockedBy } = this;
    if (lockedBy === null || !working || working.lost) return;
    this.lockedBy = null;
    if (!(await releaseLock(working, this.key))) await freeStrandedLock(working, this.key, lockedBy);
  }

  async close(): Promise<void> {
    // Whoever still waits for an answer was given up on; the lock goes with the connection.
    if (!this.working?.busy) {
      const released = this.release().catch((error: Error) =>
        this.log.detail(`the lock goes with the connection: ${error.message}`),
      );
      await Promise.race([released, sleep(RELEASE_MS, undefined, { ref: false })]);
    }
    await this.connections.close();
  }

  private async lock(): Promise<void> {
    // A session's advisory lock counts how often it was taken: once is enough, so that one release frees it.
    if (this.lockedBy !== null) return;
    const { request, log, signal } = this;
    const deadline = performance.now() + request.lockWaitMs;
    const began = this.session;
    if (Number(request.run.attempt) > 1) await this.endEarlierAttempts(null);
    for (let look = 0; ; look += 1) {
      const answer = await tryLock(this.session, this.key);
      if ('taken' in answer) {
        this.lockedBy = answer.taken;
        break;
      }
      const { holder } = answer;
      if (await this.endEarlierAttempts(holder)) continue;
      if (look === 0) {
        log.line(
          `another gate holds the lock (${who(holder, request.run)}); waiting up to ${duration(request.lockWaitMs)}`,
        );
      }
      await this.waitForLock(holder, deadline, look);
    }
    if (signal.aborted) throw this.cancelledWaiting();
    const isPooled = this.session.startupPid !== this.lockedBy;
    if (isPooled && !(await holdsLock(this.session, this.key))) throw transactionPooled();
    if (this.session !== began) await this.meet();
  }

  /**
   * Until it is worth another look. Whoever waits for longer does so without a connection: there may be just enough of them
   * for the one that works.
   */
  private async waitForLock(holder: LockHolder, deadline: number, look: number): Promise<void> {
    const { signal } = this;
    const away = look >= LOOKS_WITH_CONNECTION;
    for (;;) {
      if (signal.aborted) throw this.cancelledWaiting();
      const left = deadline - performance.now();
      if (left <= 0) throw lockHeldBy(holder, this.request.run);
      if (away) await this.connections.part(this.session);
      const pause = away ? AWAY_MS * (0.75 + 0.5 * Math.random()) : POLL_MS;
      await sleep(Math.min(pause, left), undefined, { signal }).catch(() => undefined);
      if (!away) return;
      try {
        return await this.join();
      } catch (error) {
        if (!isFull(error)) throw error;
      }
    }
  }

  private cancelledWaiting(): Stop {
    return cancelled('while waiting for the lock', 'Run it again: nothing was changed.');
  }

  /**
   * Ends what earlier attempts of this run have left at work here, its holder of the lock first; whatever is another's,
   * by its name or its login, stays. Returns whether the holder was ended.
   */
  private async endEarlierAttempts(holder: LockHolder | null): Promise<boolean> {
    const { run } = this.request;
    if (holder && !isEarlierAttempt(holder.application, run)) return false;
    // An idle one has nothing to commit; in a pool it may be somebody else's by now.
    const rows = await askAsLogin(
      this.session,
      `select a.pid, a.application_name, ${BACKEND_START} from pg_catalog.pg_stat_activity a
        where a.datname = pg_catalog.current_database() and a.usename = session_user and a.application_name like 'mgate/%'
          and (a.pid = $1 or a.state <> 'idle')
        order by a.pid = $1 desc`,
      [String(holder?.pid ?? 0)],
    );
    let ended = false;
    for (const [pid, application, since] of rows) {
      const backend = { pid: Number(pid), since: since ?? '' };
      if (!isEarlierAttempt(application ?? '', run)) continue;
      this.log.line(
        `warning: an earlier attempt of this run is over and its session still at work (${application}, pid ${backend.pid}): it is ended`,
      );
      await endBackend(this.session, backend);
      ended ||= backend.pid === holder?.pid;
    }
    return ended;
  }
}

/** No connection was to be had for the moment. */
function isFull(error: unknown): boolean {
  return error instanceof Stop && readServerError(error.cause).code === '53300';
}
