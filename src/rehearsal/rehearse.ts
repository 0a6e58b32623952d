/** The dry run, attempt after attempt: it steps back as soon as it is in anybody's way, and comes again a little later. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan, Rehearsal } from '../engines/engine.ts';
import { readSmokeTests } from '../engines/shared/checks.ts';
import type { Workbench } from '../engines/shared/workbench.ts';
import type { Fingerprints } from '../plan/schema-diff.ts';
import type { Blocked, FailureClass } from '../report/outcome.ts';
import { cancelled } from '../report/stop.ts';
import { duration } from '../report/text.ts';
import type { Request } from '../request/request.ts';
import type { Attempt } from './attempt.ts';
import type { Ending } from './endings.ts';
import type { AttemptInput, Knowledge } from './input.ts';
import type { SeenRehearsal } from './report.ts';

/** Each start anew has learned about one statement more; a folder that needs more than this is no case for one transaction. */
const MOST_RESTARTS = 50;

/** `make`: an attempt of the engine's own kind. */
export async function rehearse(
  workbench: Workbench,
  plan: Plan,
  before: Fingerprints,
  make: (input: AttemptInput) => Attempt,
): Promise<SeenRehearsal> {
  const { request, log, signal } = workbench;
  let bench = workbench;
  const smokeTests = readSmokeTests(request.workingDirectory, request.smokeTests);
  const knowledge: Knowledge = { suspects: new Set(), guardOut: new Set(), alone: new Map(), looksAtEach: false };
  const deadline =
    request.dryRunTimeoutMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + request.dryRunTimeoutMs;
  const blocked: Blocked[] = [];
  let tries = 1;
  for (let restarts = 0; ; ) {
    const attempt = make({ bench, plan, before, smokeTests, knowledge, deadline });
    const ending = await attempt.toItsEnd();
    blocked.push(...attempt.blocked);
    if (ending.kind === 'cancelled') throw cancelled('during the dry run; it was rolled back');
    if (ending.kind === 'again' && restarts < MOST_RESTARTS) {
      restarts += 1;
      log.detail('the dry run starts over: a statement needs another treatment');
      continue;
    }
    const verdict = verdictOf(ending, attempt, request);
    if (!verdict.again || bench.session.lost || tries > request.lockRetries || performance.now() >= deadline) {
      const { again: _, ...rest } = verdict;
      return { ...attempt.report(tries, blocked), ...rest };
    }
    const pause = backoff(tries);
    log.line(
      `dry run: ${verdict.reason}; rolled back, trying again in ${duration(pause)} (${tries} of ${request.lockRetries})`,
    );
    tries += 1;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw cancelled('during the dry run; it was rolled back');
    if (bench.watcher.lost) bench = { ...bench, watcher: await bench.reconnect() };
  }
}

/** Doubling from 200 ms to 5 s, each between a half and the whole of it, so that two gates do not meet again. */
export function backoff(attempt: number): number {
  const ceiling = Math.min(5_000, 200 * 2 ** (attempt - 1));
  return Math.round(ceiling / 2 + (Math.random() * ceiling) / 2);
}

interface Verdict extends Pick<Rehearsal, 'verdict' | 'reason' | 'class' | 'next'> {
  /** Worth another try: it may go through a moment later. */
  readonly again: boolean;
}

const ELSEWHERE = 'or rehearse on a copy with rehearsal-database-url';

function conclusive(verdict: 'passed' | 'failed'): Verdict {
  return { verdict, reason: null, class: null, next: null, again: false };
}

function inconclusive(kind: FailureClass, reason: string, next: string, again = false): Verdict {
  return { verdict: 'inconclusive', class: kind, reason, next, again };
}

function verdictOf(ending: Exclude<Ending, { kind: 'cancelled' }>, attempt: Attempt, request: Request): Verdict {
  switch (ending.kind) {
    case 'passed':
      if (attempt.notes.executedAnything()) return conclusive('passed');
      return inconclusive(
        'not-in-transaction',
        'nothing at all could be executed',
        `Read each statement's reason; then accept it with allow-hazards: dry-run-inconclusive, ${ELSEWHERE}.`,
      );
    case 'failed':
      return conclusive('failed');
    case 'inconclusive':
      return inconclusive(ending.class ?? 'not-in-transaction', ending.reason, ending.next);
    case 'again':
      return inconclusive(
        'resources',
        `more than ${MOST_RESTARTS} statements need a treatment of their own`,
        'Apply in several runs with target-version.',
      );
    case 'deadline':
      return inconclusive(
        'resources',
        `the dry run took longer than dry-run-timeout (${duration(request.dryRunTimeoutMs)})`,
        `Raise dry-run-timeout, ${ELSEWHERE}.`,
      );
    case 'contention': {
      const at = ending.at ? `${ending.at.migration.file}:${ending.at.line}` : 'the dry run';
      return inconclusive(
        ending.error.code === '40P01' ? 'deadlock' : 'lock-timeout',
        `${at} could not get its lock (${ending.error.code}: ${ending.error.message})`,
        'Find who holds the lock (pg_blocking_pids, pg_stat_activity) or run at a quieter time; lock-timeout and lock-retries say how long to try.',
        true,
      );
    }
    case 'alarm':
      return verdictOfAlarm(ending.alarm, request);
  }
}

function verdictOfAlarm(alarm: Extract<Ending, { kind: 'alarm' }>['alarm'], request: Request): Verdict {
  switch (alarm.kind) {
    case 'blocking': {
      const longest = alarm.waiters.reduce((a, b) => (a.waitedMs > b.waitedMs ? a : b));
      const who = alarm.waiters.length === 1 ? 'another session' : `${alarm.waiters.length} other sessions`;
      const name = longest.application === '' ? '' : `, ${longest.application}`;
      return inconclusive(
        'lock-timeout',
        `it kept ${who} waiting (pid ${longest.pid}${name}) for max-blocking (${duration(request.maxBlockingMs)})`,
        `Run at a quieter time, write the statement so that it does not block, raise max-blocking, ${ELSEWHERE}.`,
        true,
      );
    }
    case 'exclusive':
      return inconclusive(
        'resources',
        `it held ACCESS EXCLUSIVE for ${duration(alarm.heldMs)} and a standby follows, whose readers would wait (max-exclusive ${duration(request.maxExclusiveMs)})`,
        `Raise max-exclusive, ${ELSEWHERE}.`,
      );
    case 'lock-table':
      return inconclusive(
        'resources',
        `it held ${alarm.locks} locks, more than half of what the server's lock table is sized for (${alarm.limit * 2})`,
        `Apply in several runs with target-version, raise max_locks_per_transaction on the server, ${ELSEWHERE}.`,
      );
    case 'blind':
      return inconclusive(
        'connection',
        `the watching connection was lost (${alarm.error.message})`,
        'Run again; nothing was changed.',
        true,
      );
  }
}
