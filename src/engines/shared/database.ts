/** The target database of one run: the session that works and holds the lock, the one that watches, and their like. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import { lockKey, releaseLock, takeLock } from '../../postgres/lock.ts';
import type { Session } from '../../postgres/session.ts';
import { armDeadMansSwitch, liftLimits } from '../../postgres/settings.ts';
import type { Health } from '../../report/outcome.ts';
import { cancelled } from '../../report/stop.ts';
import { duration } from '../../report/text.ts';
import type { Request, Target } from '../../request/request.ts';
import type { Backend } from '../engine.ts';
import { backendOf, endBackend } from './backend.ts';
import { Connections } from './connections.ts';
import {
  applicationName,
  readHealth,
  readServer,
  refuseServer,
  refuseTransactionPooler,
  type ServerFacts,
} from './inspect.ts';
import { lockHeldBy, who } from './refusals.ts';
import type { Workbench } from './workbench.ts';

/** How long the lock is waited for when it is given back at the end. */
const RELEASE_MS = 500;
const GONE_WITHIN_MS = 10_000;

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
  private locked = false;
  private armed: Workbench['armed'] | null = null;

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
    if (!this.executes) await session.query('set session characteristics as transaction read only');
    const facts = await this.meet();
    if (this.executes) {
      if (session.startupPid !== facts.backendPid) await this.throughPooler(session);
      await this.lock();
    }
    return facts;
  }

  /** Throws a Stop where it does not keep a session for a connection. */
  private async throughPooler(session: Session): Promise<void> {
    await refuseTransactionPooler(session, () => this.connections.connectTo(this.request.target));
    this.connections.keepsSessions = true;
    await liftLimits(session, { throughPooler: true });
  }

  /** After the pause: the lock again, on another connection where the first was lost. */
  async reopen(): Promise<ServerFacts> {
    if (this.session.lost) {
      // Firewalls and idle timeouts end connections that are silent for the length of a review.
      this.working = await this.connections.connectTo(this.request.target, this.signal);
      this.locked = false;
      this.armed = null;
    }
    await this.lock();
    return this.meet();
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
    this.armed ??= await armDeadMansSwitch(this.session);
    return this.benchOf(target, this.session, this.watcher, this.facts, this.armed, known);
  }

  /** `knownOf` is given a session of the copy, and throws a Stop for what is no copy. */
  async copyBench(target: Target, knownOf: (copy: Session) => Promise<Known>): Promise<Workbench> {
    const session = await this.connections.connectTo(target, this.signal);
    const watcher = await this.connections.connectTo(target, this.signal);
    const facts = await readServer(session, this.request.trackingSchema);
    refuseServer(facts, true);
    const known = await knownOf(session);
    return this.benchOf(target, session, watcher, facts, await armDeadMansSwitch(session), known);
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

  /** Other sessions of this run, which a dead gate's tool may have left: until they are gone they could still commit. */
  async endNamesakes(): Promise<void> {
    const until = performance.now() + GONE_WITHIN_MS;
    for (;;) {
      const { rows } = await this.session.query(
        `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
          where a.application_name = $1 and a.pid <> pg_catalog.pg_backend_pid() and a.usename = current_user`,
        [applicationName(this.request.run)],
      );
      if (rows.length === 0) return;
      if (performance.now() > until) throw new Error('sessions of the run that was killed are still at work');
      await sleep(100);
    }
  }

  // -- the lock and the end -------------------------------------------------------------------------------------

  async release(): Promise<void> {
    if (!this.locked || !this.working || this.working.lost) return;
    this.locked = false;
    await releaseLock(this.working, this.key);
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
    if (this.locked) return;
    const { request, log } = this;
    const holder = await takeLock(this.session, this.key, request.lockWaitMs, this.signal, (other) =>
      log.line(`another gate holds the lock (${who(other)}); waiting up to ${duration(request.lockWaitMs)}`),
    );
    if (this.signal.aborted) throw cancelled('while waiting for the lock', 'Run it again: nothing was changed.');
    if (holder !== null) throw lockHeldBy(holder);
    this.locked = true;
  }
}
