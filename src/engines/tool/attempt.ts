/** One attempt at the dry run of somebody else's tool: it runs for real, against the rehearsal's one session. */
import { randomBytes } from 'node:crypto';
import type { PlannedMigration } from '../../plan/plan.ts';
import { askAsLogin } from '../../postgres/as-login.ts';
import { readServerError } from '../../postgres/failure.ts';
import { freeOtherLocks, lockKey } from '../../postgres/lock.ts';
import { DEALLOCATE_ALL } from '../../postgres/session.ts';
import { Attempt } from '../../rehearsal/attempt.ts';
import { Inconclusive, Interrupted, type Interruption, StatementFailed } from '../../rehearsal/endings.ts';
import type { Entry } from '../../rehearsal/entry.ts';
import type { AttemptInput } from '../../rehearsal/input.ts';
import { Line } from '../../rehearsal/proxy/line.ts';
import { Stage } from '../../rehearsal/proxy/stage.ts';
import { MAKE_SETVAL } from '../../rehearsal/proxy/translate.ts';
import { migrationReport } from '../../rehearsal/report.ts';
import type { Undone } from '../../rehearsal/treatment.ts';
import type { Failure, MigrationReport } from '../../report/outcome.ts';
import type { Stop } from '../../report/stop.ts';
import { type Astray, type AstrayWatch, MARKER_VARIABLE, watchAstray } from './astray.ts';
import type { Ended } from './child.ts';
import { ToolDirector, UNSAFE_NEW_ENUM_VALUE } from './director.ts';
import { failureOfTool, NotRecorded } from './failure.ts';
import { hasRecorded } from './planned.ts';
import { wentPast } from './refusals.ts';
import { type Running, runAgainst } from './running.ts';
import { readVersions, type ToolTable } from './tables.ts';
import type { Tool, Words } from './tool.ts';

/** What is rehearsed must not be written into a schema file of the project's. */
const NO_DUMP = { DBMATE_NO_DUMP_SCHEMA: 'true' };
const UNSEEN = 'A connection of its own to the database would have shown only in what it changed there';
const OR_ELSE = 'or accept it with allow-hazards: dry-run-inconclusive.';
/** A tool that thinks for long does not let the dead man's switch end our transaction. */
const KEEPALIVE_MS = 15_000;

export interface ToolInput {
  readonly tool: Tool;
  readonly words: Words;
  /** Its own table, where there is one already. */
  readonly table: ToolTable | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export class ToolAttempt extends Attempt {
  /** The kernel keeps the tool from the database. */
  isFenced = false;
  protected readonly undone: Undone;
  private readonly own: ToolInput;
  private readonly director: ToolDirector;
  private stop: () => void = () => undefined;
  private ended: Ended | null = null;
  private triedToPass: (ended: Ended) => boolean = () => false;

  constructor(input: AttemptInput, own: ToolInput) {
    super(input);
    this.own = own;
    this.looks.tellsTime = false;
    this.director = new ToolDirector(input, own, this.notes, this.looks);
    this.undone = this.director.undone;
  }

  /** The tool's own table, also where it was made in this rehearsal. */
  get toolTable(): ToolTable | null {
    return this.director.toolTable;
  }

  protected begin(deferrable: boolean): void {
    this.director.deferrable = deferrable;
    // Names of statements are the tool's to choose; a look before may have chosen the same.
    this.talk.control(DEALLOCATE_ALL, ...MAKE_SETVAL.map((text) => ({ text })));
    // Nobody else may record a migration meanwhile: not another deployment, and not this tool past us.
    if (this.own.table)
      this.talk.control({ text: `lock table ${this.own.table.relation} in share row exclusive mode` });
  }

  protected meaningOf(error: unknown): Error {
    const server = readServerError(error);
    if (server.fromServer) return new StatementFailed(this.director.current, null, null, error);
    return error instanceof Error ? error : new Error(String(error));
  }

  protected async work(): Promise<void> {
    await this.talk.exchange();
    const { bench, director } = this;
    const line = new Line(bench.session);
    const stage = new Stage(line, director);
    director.line = line;
    this.looks.talk = director;
    let astray: Astray | null = null;
    try {
      await director.begin();
      astray = await this.runTool(line, stage);
    } finally {
      await director.fallSilent();
      line.giveBack();
      this.looks.talk = this.talk;
      const { ended } = this;
      director.finish(ended?.error === null && ended.code === 0, ended);
    }
    if (astray) throw await this.refuseAstray(astray);
    if (this.interruption) throw new Interrupted();
    this.judge(stage);
    await this.requireRecords();
  }

  /** To its end, or until it has to be stopped: it is over when this resolves. Null: it did not go past us. */
  private async runTool(line: Line, stage: Stage): Promise<Astray | null> {
    const { bench, director } = this;
    const { tool, words } = this.own;
    const marker = randomBytes(12).toString('hex');
    let astray: Astray | null = null;
    const interrupted = new Promise<'interrupted'>((resolve) => {
      this.stop = () => resolve('interrupted');
      if (this.interruption) resolve('interrupted');
    });
    const watching: { watch: AstrayWatch | null } = { watch: null };
    const beginWatch = async (unfenced: string) => {
      const watch = await watchAstray({
        host: bench.target.host,
        port: bench.target.port,
        marker,
        onSeen: (seen) => {
          astray = seen;
          this.stop();
        },
        onBlind: (error) => director.remark(`${tool.name} was no longer watched: ${error.message}. ${UNSEEN}`),
      });
      const how = watch.reason === null ? 'its connections were watched instead' : `nor watched (${watch.reason})`;
      director.remark(
        `${tool.name} was rehearsed without a fence (${unfenced}); ${how}${watch.reason === null ? '' : `. ${UNSEEN}`}`,
      );
      watching.watch = watch;
    };
    let running: Running | null = null;
    const awake = setInterval(() => void line.batch([{ text: 'select 1' }]).catch(() => undefined), KEEPALIVE_MS);
    try {
      running = await runAgainst(stage, {
        tool,
        words,
        request: bench.request,
        target: bench.target,
        env: this.own.env,
        rehearsal: true,
        log: bench.log,
        more: { ...NO_DUMP, [MARKER_VARIABLE]: marker },
        // Where the kernel lets nobody past, there is nothing to watch for.
        beforeStart: async (unfenced) => {
          this.isFenced = unfenced === null;
          if (unfenced !== null) await beginWatch(unfenced);
        },
      });
      const { child, triedToPass } = running;
      this.triedToPass = triedToPass;
      if (child.pid !== null) watching.watch?.follow(child.pid);
      const end = await Promise.race([child.ended, stage.broken, interrupted]);
      if (end !== 'interrupted') {
        this.ended = end;
        await stage.emptied();
        await director.last();
      }
    } finally {
      clearInterval(awake);
      await running?.child.stop();
      await watching.watch?.stop();
      // Its statement may go on at the server though nobody waits for it any more.
      if (stage.isBusy) this.cancelNow();
      await stage.end();
      await running?.close();
    }
    // What was seen last was told as the watch ended.
    return astray;
  }

  /** Whether the tool did what it was started for. */
  private judge(stage: Stage): void {
    const { ended } = this;
    if (!ended) throw new Interrupted();
    const { tool, words } = this.own;
    if (this.triedToPass(ended)) throw wentPast(tool.name, words, this.bench.request.urlVariables, 'held');
    if (ended.error || ended.code !== 0) {
      const { current, lastError } = this.director;
      const label = lastError && this.committedLabel(lastError.error);
      if (label) {
        const reason = `it uses the enum value '${label}' that an earlier migration adds: PostgreSQL allows that only once it is committed`;
        if (lastError.entry) Object.assign(lastError.entry, { executed: false, error: null, reason });
        throw new Inconclusive(
          `${tool.name} could not go on: ${reason}`,
          `Apply up to the migration that adds it with target-version first, ${OR_ELSE}`,
        );
      }
      const reached = this.notes.pending.find(({ key }) => !this.notes.finished.has(key));
      throw new StatementFailed(
        lastError?.entry?.migration ?? reached ?? current,
        lastError?.entry ?? null,
        lastError?.place ?? null,
        lastError?.error ?? ended.error ?? new Error(`${tool.name} ended with exit code ${ended.code ?? ended.signal}`),
      );
    }
    if (stage.seen.connections === 0) throw wentPast(tool.name, words, this.bench.request.urlVariables);
    if (this.director.confused !== null) {
      throw new Inconclusive(this.director.confused, `Rehearse on a copy with rehearsal-database-url, ${OR_ELSE}`);
    }
  }

  /** What is not on record when it has ended well was rolled back with its connection, and so it would be in apply. */
  private async requireRecords(): Promise<void> {
    const { tool } = this.own;
    const { toolTable: table, notes } = this;
    if (table === null && tool.isOpen) return;
    await this.talk.exchange();
    const { session } = this.bench;
    const { rows } = await session.query<{ there: boolean }>('select pg_catalog.to_regclass($1) is not null as there', [
      table?.relation ?? null,
    ]);
    const versions = table && rows[0]?.there ? await readVersions(session, table) : [];
    const { pending: missing } = tool.stillPending(notes.pending.filter(hasRecorded), versions);
    // The one that it was at; else all were recorded, and that was rolled back.
    const at = missing.find(({ key }) => !notes.finished.has(key)) ?? missing.at(-1);
    if (!at) return;
    for (const { key } of missing) notes.finished.delete(key);
    const which = missing.map(({ version }) => version);
    throw new StatementFailed(at, null, null, new NotRecorded(tool.name, which));
  }

  /**
   * The value that the tool believes to be committed, and that is not in the rehearsal. A driver may ask for it as it
   * prepares a statement, which cannot be answered for the server.
   */
  private committedLabel(error: unknown): string | null {
    const { code, message } = readServerError(error);
    if (code !== UNSAFE_NEW_ENUM_VALUE) return null;
    return [...this.undone.labels.keys()].find((label) => message.includes(label)) ?? null;
  }

  private async refuseAstray({ program, localPort }: Astray): Promise<Stop> {
    const { watcher } = this.bench;
    // It was killed; what its session waits for must not be done when we let go of our locks.
    await askAsLogin(
      watcher,
      'select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where client_port = $1 and pid <> $2 and usename = session_user',
      [String(localPort), String(this.bench.pid)],
    );
    return wentPast(program || this.own.tool.name, this.own.words, this.bench.request.urlVariables, 'seen');
  }

  protected override interrupt(why: Interruption): void {
    this.director.isStopped = true;
    super.interrupt(why);
    this.stop();
  }

  protected override async beforeLookingBack(): Promise<void> {
    // Session locks outlive the transaction; ours stays.
    await this.bench.session.query(freeOtherLocks(lockKey(this.bench.tracking.schema)).text);
  }

  protected override current(): Entry | null {
    return this.director.at;
  }

  protected override answered(): number | null {
    const { isExecuting, step } = this.director;
    return isExecuting ? step : null;
  }

  protected override answeredBefore(failed: Entry | null): number {
    const { lastError, step } = this.director;
    return failed !== null && lastError?.entry === failed ? lastError.step : step;
  }

  protected reportOf(migration: PlannedMigration, status: MigrationReport['status']): MigrationReport {
    return migrationReport(migration, this.notes.of(migration), migration.script.transactional, status);
  }

  protected failure(failed: StatementFailed, inTheWay: string | null): Failure {
    const { request } = this.bench;
    const failure = failureOfTool(failed, this.ended, this.own.tool, request);
    const hints = [inTheWay, failure.hint].filter((text) => text !== null);
    const hint = hints.length === 0 ? null : hints.join(' ');
    const { entry } = failed;
    const line = failure.line ?? (entry && entry.migration.file === failure.file ? entry.line : null);
    return { ...failure, hint, line };
  }

  protected statementCount(): number {
    return this.notes.ofPending().reduce((sum, entry) => sum + entry.count, 0);
  }
}
