/** Apply, by the tool itself: each of its connections passes through a relay of ours, and is written down. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedMigration } from '../../plan/plan.ts';
import { askAsLogin } from '../../postgres/as-login.ts';
import { failureFrom } from '../../postgres/failure.ts';
import type { BatchItem, Session } from '../../postgres/session.ts';
import type { Announcement } from '../../rehearsal/proxy/announcer.ts';
import { type Committed, Relay, type Said } from '../../rehearsal/proxy/relay.ts';
import { weigh } from '../../rehearsal/proxy/weight.ts';
import { SHOWN } from '../../rehearsal/proxy/wording.ts';
import type { Failure } from '../../report/outcome.ts';
import { cancelled } from '../../report/stop.ts';
import { withoutValues } from '../../report/values.ts';
import type { Applied, Plan, Trace } from '../engine.ts';
import { BACKEND_START } from '../shared/backend.ts';
import type { Connections } from '../shared/connections.ts';
import { createHistoryItems, historyItem, type RunStamp } from '../shared/tracking.ts';
import type { Workbench } from '../shared/workbench.ts';
import type { Ended } from './child.ts';
import { isOf, toolFailure } from './failure.ts';
import { type Running, runAgainst } from './running.ts';
import { isForRecords } from './tables.ts';
import type { Tool } from './tool.ts';
import { TRANSACTION_OF, Tracer } from './trace.ts';

export interface ApplicationInput {
  readonly bench: Workbench;
  readonly tool: Tool;
  readonly plan: Plan;
  readonly stamp: RunStamp;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connections: Connections;
  /** What of the plan is done, by the tool's records, and where it keeps none by its own word (`isDone`). */
  readonly appliedNow: (isDone: boolean) => Promise<readonly PlannedMigration[]>;
  readonly before: Pick<Trace, 'picture' | 'relation'>;
  readonly note: (trace: Trace) => void;
  /** The name of the tool's own table, as far as it is known. */
  readonly tableName: () => string | null;
}

/** A backend that is left without its client notices within a second where it was told to look. */
const GONE_WITHIN_MS = 10_000;

export class Application {
  /** The tool said that all went well. */
  isDone = false;
  private readonly input: ApplicationInput;
  private readonly relay: Relay;
  private tracer: Tracer | null = null;
  private running: Running | null = null;
  /** It has completed something that may last, beside making a table for its records. */
  private hasWritten = false;
  /** When the tool recorded something: which, where its words say it. */
  private readonly marks: { readonly version: string | null; readonly at: number }[] = [];
  private lastError: Said | null = null;

  constructor(input: ApplicationInput) {
    this.input = input;
    this.relay = this.makeRelay();
  }

  get trace(): Trace | null {
    return this.tracer?.trace ?? null;
  }

  /** Whether it has committed something, by what was said on its connections; final once it is over. */
  get committed(): Committed {
    const { committed } = this.relay;
    return committed === 'something' && !this.hasWritten ? 'nothing' : committed;
  }

  async run(): Promise<Applied> {
    const { bench, tool, plan, env } = this.input;
    await this.makeHistory();
    const words = tool.upgrade(plan.pending);
    const began = performance.now();
    this.tracer = new Tracer({
      before: this.input.before,
      note: this.input.note,
      transactionOf: async (pid) => (await this.ask(TRANSACTION_OF, [String(pid)]))[0]?.[0] ?? null,
      log: (line) => bench.log.detail(line),
    });
    const running = await runAgainst(this.relay, {
      tool,
      words,
      request: bench.request,
      target: bench.target,
      env,
      rehearsal: false,
      log: bench.log,
    });
    this.running = running;
    const stop = () => {
      running.child
        .stop()
        .catch((error: Error) => bench.log.line(`${tool.name} could not be stopped: ${error.message}`));
    };
    bench.signal.addEventListener('abort', stop);
    if (bench.signal.aborted) stop();
    let ended: Ended;
    try {
      ended = await running.child.ended;
    } finally {
      bench.signal.removeEventListener('abort', stop);
      await this.over();
    }
    this.isDone = ended.error === null && ended.code === 0;
    const done = await this.input.appliedNow(this.isDone);
    const times = this.times(done, began);
    const applied = done.map((migration, at) => ({ migration, ms: times[at] ?? null }));
    const failed = this.isDone ? null : this.failed(ended, done);
    await this.record(applied, failed);
    return { applied, failed };
  }

  /** Nothing of it is left that could still commit. Throws where that cannot be had. */
  async over(): Promise<void> {
    await this.running?.child.stop();
    await this.relay.close();
    await this.running?.close();
    await this.untilGone(this.relay.pids);
  }

  private makeRelay(): Relay {
    const { bench, connections } = this.input;
    const { request, target, armed } = bench;
    // Where the server does not know it, it was not armed either.
    const looks = armed.some(({ text }) => text.includes('client_connection_check_interval'));
    return new Relay({
      database: target.database,
      open: (caller) =>
        connections.connectTo({ ...target, database: caller.parameters.get('database') ?? target.database }),
      settings: [
        ['lock_timeout', `${request.lockTimeoutMs}ms`],
        ['statement_timeout', `${request.statementTimeoutMs}ms`],
        ...(looks ? ([['client_connection_check_interval', '1s']] as const) : []),
      ],
      cancel: (pid) => {
        this.ask('select pg_catalog.pg_cancel_backend($1)', [String(pid)]).catch((error: Error) =>
          bench.log.detail(`the tool's cancel request: ${error.message}`),
        );
      },
      onStatement: (said) => this.hear(said),
      onCommit: (what, statements, pid) => this.announce(what, statements, pid),
    });
  }

  private announce(what: Announcement, statements: readonly string[] | null, pid: number): Promise<void> | null {
    const { tracer } = this;
    if (!tracer || tracer.isUntold || this.committed === 'something') return null;
    const ofItsOwn = what === 'transaction' ? !this.hasWritten : statements?.every((sql) => isForRecords(sql));
    return ofItsOwn ? null : tracer.announce(what, pid);
  }

  /** Writes down what was said, and when the tool recorded something. */
  private hear(said: Said): void {
    const { log, request } = this.input.bench;
    const shown = (sql: string) => (request.showData ? sql : withoutValues(sql));
    const ms = Math.round(said.endedAt - said.beganAt);
    this.hasWritten ||= mayLast(said);
    if (said.error) {
      this.lastError = said;
      log.detail(`${ms} ms, ${said.error.sqlstate ?? 'no answer'}: ${shown(said.sql)}`);
    } else if (!/^(?:SELECT|SHOW|SET)/.test(said.tags[0] ?? ''))
      log.detail(`${ms} ms, ${said.tags.join(', ')}: ${shown(said.sql)}`);
    if (!said.error && /^(?:INSERT|UPDATE|DELETE)/.test(said.tags.at(-1) ?? '')) this.mark(said);
  }

  private mark({ sql, endedAt }: Said): void {
    const { tool, tableName, bench } = this.input;
    const name = tableName();
    if (name === null || !sql.includes(name)) return;
    const versions = tool.recordedBy(sql) ?? [null];
    for (const version of versions) {
      this.marks.push({ version, at: endedAt });
      if (version !== null) bench.log.progress(`applying ${version}`);
    }
  }

  /** Milliseconds of each migration, where the tool recorded them one by one. */
  private times(done: readonly PlannedMigration[], began: number): readonly (number | null)[] {
    const ends = done.map(({ version }) => this.marks.find((mark) => mark.version === version)?.at);
    const isNameless = this.marks.every(({ version }) => version === null) && this.marks.length === done.length;
    const at = (index: number) => (isNameless ? this.marks[index]?.at : ends[index]);
    return done.map((_, index) => {
      const [from, to] = [index === 0 ? began : at(index - 1), at(index)];
      return from === undefined || to === undefined ? null : Math.round(to - from);
    });
  }

  /** Where it stopped: at the file that is named, else behind the last that it recorded, be that rolled back or not. */
  private failed(ended: Ended, done: readonly PlannedMigration[]): Applied['failed'] {
    const { plan } = this.input;
    const left = plan.pending.filter((one) => !done.includes(one));
    const recorded = new Set(this.marks.map(({ version }) => version));
    const reached = left.find((one) => !recorded.has(one.version)) ?? left[0];
    if (!reached) return null;
    const error = this.failure(ended, reached);
    const named = left.find((one) => one.file !== '' && one.file === error.file);
    return { migration: named ?? reached, error };
  }

  private failure(ended: Ended, migration: PlannedMigration): Failure {
    const { bench, tool } = this.input;
    if (bench.signal.aborted)
      return failureFrom(
        cancelled(`while ${tool.name} was applying`, 'Run it again: it goes on with what is still pending.'),
        null,
        { phase: 'apply', showData: true },
      );
    const { lastError } = this;
    const said = lastError?.error && isOf(ended, lastError.error.message, tool) ? lastError : null;
    const error = said?.error
      ? Object.assign(
          new Error(said.error.message),
          said.error.sqlstate === null ? {} : { code: said.error.sqlstate, severity: 'ERROR' },
        )
      : (ended.error ?? new Error(`${tool.name} failed`));
    const place = { sql: said?.sql ?? null, file: migration.file || null, line: null };
    return toolFailure({ error, ...place, ended, phase: 'apply' }, tool, bench.request);
  }

  // -- our own records ------------------------------------------------------------------------------------------

  private async makeHistory(): Promise<void> {
    const { session, tracking } = this.input.bench;
    if (!tracking.complete) await together(session, createHistoryItems(tracking.schema));
  }

  private async record(applied: Applied['applied'], failed: Applied['failed']): Promise<void> {
    const { bench, stamp } = this.input;
    const session = await bench.witness();
    const rows = applied.map(({ migration, ms }) =>
      historyItem(stamp, {
        version: migration.version,
        status: 'success',
        errorMessage: null,
        executionTimeMs: ms,
      }),
    );
    if (failed) {
      const { migration, error } = failed;
      rows.push(
        historyItem(stamp, {
          version: migration.version,
          status: 'failed',
          errorMessage: error.message,
          executionTimeMs: null,
        }),
      );
    }
    if (rows.length > 0) await together(session, rows);
  }

  /** What is read back must not change any more. */
  private async untilGone(pids: readonly number[]): Promise<void> {
    if (pids.length === 0) return;
    const until = performance.now() + GONE_WITHIN_MS;
    const first = await this.ask(STILL_THERE, [`{${pids.join(',')}}`]);
    const backends = JSON.stringify(first.map(([pid, since]) => ({ pid, since })));
    for (let look = 0, left = first; left.length > 0; look += 1) {
      if (performance.now() > until) throw new Error(`the tool's backends are still at work: ${pids.join(', ')}`);
      await sleep(LOOK_MS);
      left = await this.ask(look < PATIENT_LOOKS ? OF_THESE : END_THESE, [backends]);
    }
  }

  private async ask(sql: string, values: readonly string[]): Promise<readonly (readonly (string | null)[])[]> {
    const { watcher, witness } = this.input.bench;
    try {
      if (!watcher.lost) return await askAsLogin(watcher, sql, values);
    } catch (error) {
      // It may be the asking that shows that the session is lost.
      if (!watcher.lost) throw error;
    }
    return askAsLogin(await witness(), sql, values);
  }
}

/** Whether it may have left something, beside a table for the tool's records. */
function mayLast({ sql, tags, error }: Said): boolean {
  const [tag, ...others] = tags;
  // It has given some of its rows, and the rest was not asked for.
  if (tag === undefined) return error === null;
  if (others.length > 0 || sql.length >= SHOWN) return true;
  return weigh(tag, () => sql) !== 'reads' && !isForRecords(sql);
}

/** What fails must not leave its transaction open: the database is read back on this session. */
async function together(session: Session, items: readonly BatchItem[]): Promise<void> {
  try {
    await session.batch([{ text: 'begin' }, ...items, { text: 'commit' }]);
  } catch (error) {
    if (!session.lost) await session.query('rollback');
    throw error;
  }
}

const LOOK_MS = 50;
/** One that is left without its client is given a moment to see that. */
const PATIENT_LOOKS = 10;
const STILL_THERE = `
  select a.pid, ${BACKEND_START} as since from pg_catalog.pg_stat_activity a
   where a.pid = any ($1::int[]) and a.usename = session_user`;
/** A number may be another's by the next look: the time of its start tells. */
const theseOf = (more: string) => `
  select a.pid, ${BACKEND_START} as since ${more} from pg_catalog.pg_stat_activity a
    join pg_catalog.json_to_recordset($1) as one (pid int, since text) on one.pid = a.pid and one.since = ${BACKEND_START}`;
const OF_THESE = theseOf('');
const END_THESE = theseOf(', pg_catalog.pg_terminate_backend(a.pid)');
