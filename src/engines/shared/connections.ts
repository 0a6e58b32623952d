/** The sessions of one run: opened, interrupted and closed together. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import { Cancellation } from '../../postgres/cancel.ts';
import { connect, RootCertificateError, type Session } from '../../postgres/session.ts';
import { liftLimits } from '../../postgres/settings.ts';
import { giveUpWhenSilent } from '../../postgres/silence.ts';
import { cancelled, Stop } from '../../report/stop.ts';
import { duration } from '../../report/text.ts';
import type { Request, Target } from '../../request/request.ts';
import { applicationName, refuseOld } from './inspect.ts';

/** A server that is gone for the moment is waited for, and longer one that says of itself that it is starting (57P03). */
const RESTARTED_WITHIN_MS = 30_000;
const RECOVERED_WITHIN_MS = 300_000;
/** Where `connect-timeout` sets no limit. */
const LOOKS_WITHIN_MS = 10_000;
/** A server that crashes, or ends our sessions, while it is read back is asked again. */
const READ_ATTEMPTS = 3;

export class Connections {
  private readonly request: Request;
  private readonly log: Log;
  private readonly signal: AbortSignal;
  /** The application_name of each of them. */
  readonly name: string;
  /** Behind a pooler, which is known to give each connection a session of its own. */
  readonly keepsSessions = new Set<Target>();
  private readonly open = new Map<Session, Target>();
  private readonly over = new AbortController();
  /** How many of them were lost so far. */
  private losses = 0;

  constructor(request: Request, log: Log, signal: AbortSignal) {
    this.request = request;
    this.log = log;
    this.signal = signal;
    this.name = applicationName(request.run);
  }

  /** Throws a Stop. `signal`: gives it up. */
  async connectTo(target: Target, signal: AbortSignal | null = null): Promise<Session> {
    try {
      const session = await connect(target, this.name, this.request.connectTimeoutMs, signal);
      this.open.set(session, target);
      session.onLost(() => {
        this.losses += 1;
      });
      this.mind(session, target);
      refuseOld(session.serverVersion);
      await liftLimits(session, { throughPooler: this.keepsSessions.has(target) });
      return session;
    } catch (cause) {
      if (cause instanceof Stop) throw cause;
      if (signal?.aborted) throw cancelled('while connecting');
      throw notConnected(cause, target, this.request.connectTimeoutMs);
    }
  }

  private mind(session: Session, target: Target): void {
    const connectTimeoutMs = this.request.connectTimeoutMs || LOOKS_WITHIN_MS;
    void giveUpWhenSilent({
      session,
      connect: () => connect(target, this.name, connectTimeoutMs),
      name: this.name,
      over: this.over.signal,
    });
  }

  /** Closes one that is not needed for now. */
  async part(session: Session): Promise<void> {
    this.open.delete(session);
    await session.end();
  }

  /** After a loss: a server that restarts refuses connections for a moment, and after a crash until it has recovered. */
  async connectAgain(): Promise<Session> {
    const from = performance.now();
    for (;;) {
      try {
        return await this.connectTo(this.request.target);
      } catch (error) {
        const { code } = ((error as Error).cause ?? {}) as { code?: string };
        const withinMs = code === '57P03' ? RECOVERED_WITHIN_MS : RESTARTED_WITHIN_MS;
        if (performance.now() - from > withinMs || this.signal.aborted) throw error;
        await sleep(250);
      }
    }
  }

  /** Reads something back; again where one of them is lost over it, a few times at most. */
  async readAgain<T>(read: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const before = this.losses;
      try {
        return await read();
      } catch (error) {
        if (this.losses === before) await this.seeLosses();
        if (attempt === READ_ATTEMPTS || this.losses === before) throw error;
      }
    }
  }

  /** The server's last words come before the end of the connection: what is asked behind them is answered by one or the other. */
  private async seeLosses(): Promise<void> {
    const there = [...this.open.keys()].filter((session) => !session.lost && !session.busy);
    await Promise.all(there.map((session) => session.query('select').catch(() => undefined)));
  }

  /**
   * Our own questions, until we are asked to end: a connection that is being made is given up, and the server cancels what
   * it is at. The dry run and apply have their own way of stopping.
   */
  async interruptible<T>(when: string, work: () => Promise<T>): Promise<T> {
    const cancellations: Cancellation[] = [];
    const onAbort = () => {
      for (const [session, target] of this.open) {
        if (!session.busy || session.backendPid === null) continue;
        const cancellation = new Cancellation({
          pid: session.backendPid,
          from: () => this.connectTo(target),
          onFailure: (error) => this.log.detail(`the running query could not be cancelled: ${error.message}`),
        });
        cancellation.begin();
        cancellations.push(cancellation);
      }
    };
    if (this.signal.aborted) throw cancelled(when);
    this.signal.addEventListener('abort', onAbort);
    try {
      const result = await work();
      // What was cancelled may have been taken for an answer.
      if (cancellations.length > 0) throw cancelled(when);
      return result;
    } catch (error) {
      if (this.signal.aborted && !(error instanceof Stop)) throw cancelled(when);
      throw error;
    } finally {
      this.signal.removeEventListener('abort', onAbort);
      await Promise.all(cancellations.map((cancellation) => cancellation.end()));
    }
  }

  /** One that still waits for an answer was given up on. */
  async close(): Promise<void> {
    this.over.abort();
    await Promise.all([...this.open.keys()].map((session) => (session.busy ? session.drop() : session.end())));
    this.open.clear();
  }
}

function notConnected(cause: unknown, { host, port, database }: Target, connectTimeoutMs: number): Stop {
  const { message, code } = cause as Error & { code?: string };
  if (message === 'timeout expired') {
    return new Stop(
      {
        result: 'failed',
        class: 'connection',
        message: `no answer from ${host}:${port} within connect-timeout (${duration(connectTimeoutMs)})`,
        next: 'Check that the runner can reach the host (firewall, private network, tunnel), or raise connect-timeout.',
      },
      { cause },
    );
  }
  return new Stop(
    {
      result: 'failed',
      ...(cause instanceof RootCertificateError ? { class: 'tls' as const } : {}),
      message: `could not connect to ${host}:${port}/${database}: ${message || code}`,
    },
    { cause },
  );
}
