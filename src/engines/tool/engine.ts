/** The engine for somebody else's tool: it runs as the team runs it, and connects to a proxy of ours each time. */
import { createHash } from 'node:crypto';
import type { Log } from '../../log.ts';
import { planDigest } from '../../plan/digest.ts';
import type { PlannedMigration } from '../../plan/plan.ts';
import { changedGroups, type Fingerprints } from '../../plan/schema-diff.ts';
import { readDefinitions, readFingerprints } from '../../postgres/catalog.ts';
import { quoteIdentifier } from '../../postgres/identifier.ts';
import { holdsLock } from '../../postgres/lock.ts';
import type { Session } from '../../postgres/session.ts';
import { wasRehearsed } from '../../rehearsal/entry.ts';
import type { Committed } from '../../rehearsal/proxy/commits.ts';
import { rehearse } from '../../rehearsal/rehearse.ts';
import type { SeenRehearsal } from '../../rehearsal/report.ts';
import type { BackupMarker, Health, StatementReport } from '../../report/outcome.ts';
import { renderPlanSection } from '../../report/plan-sql.ts';
import { withoutValues } from '../../report/values.ts';
import type { Request, Target } from '../../request/request.ts';
import type { Choosing } from '../choose.ts';
import type {
  Applied,
  Check,
  Engine,
  Inspection,
  Plan,
  Rehearsal,
  Remains,
  Settled,
  StateProof,
  Trace,
  Verification,
} from '../engine.ts';
import { requireCopy } from '../shared/copy.ts';
import { Database, type Known } from '../shared/database.ts';
import { type ServerFacts, warningOfNew } from '../shared/inspect.ts';
import { invalidIndexes } from '../shared/leftovers.ts';
import { setMarker } from '../shared/marker.ts';
import { planHeader } from '../shared/plan-text.ts';
import { lostLock, refuseUnlessMayRecord, unfitTable } from '../shared/refusals.ts';
import {
  leftOut,
  readHistoryState,
  readLastEnvironment,
  stampOf,
  type TrackingRow,
  trackingQuery,
} from '../shared/tracking.ts';
import { type StateBefore, verify } from '../shared/verify.ts';
import type { Workbench } from '../shared/workbench.ts';
import { Application } from './application.ts';
import { ToolAttempt } from './attempt.ts';
import { hasRecorded } from './planned.ts';
import { lookThrough, probe } from './probe.ts';
import { changedMeanwhile, differentCopy, notOursToSettle, severalTables } from './refusals.ts';
import { type Asked, askedFor, findToolTables, readVersions, type ToolTable, type ToolVersion } from './tables.ts';
import type { Standing, Tool } from './tool.ts';
import { committedOf, stateOf } from './trace.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface TargetState {
  readonly table: ToolTable | null;
  readonly fingerprints: Fingerprints;
  /** As one text. */
  readonly records: string;
}

export class ToolEngine implements Engine {
  readonly kind: Engine['kind'];
  private readonly request: Request;
  private readonly log: Log;
  private readonly signal: AbortSignal;
  private readonly database: Database;
  private readonly tool: Tool;
  private readonly env: Env;
  private readonly noteTrace: (trace: Trace) => void;

  private table: ToolTable | null = null;
  /** Where it was made in the rehearsal. */
  private tableMade: ToolTable | null = null;
  private tracking: Workbench['tracking'] | null = null;
  private isProbed = false;
  /** What it sent then. */
  private probeSaid: readonly Asked[] | null = null;
  /** Which tables of records were there before it was run for the first time. */
  private tablesBefore: readonly ToolTable[] = [];
  private rendered: string | null = null;
  private copy: Workbench | null = null;
  private seen: SeenRehearsal | null = null;
  /** What the target is as long as nobody has changed it. */
  private untouched: TargetState | null = null;
  /** What it was when it was rehearsed, by which it is known again after the pause. */
  private rehearsedOn: string | null = null;
  /** What the tool has on record, when that was last read. */
  private appliedNow: Standing['applied'] = [];
  private plan: Plan | null = null;
  /** What spoke against going on when the tool's records were last read. */
  private problem: string | null = null;
  private before: StateBefore | null = null;
  private application: Application | null = null;

  constructor({ request, log, signal, env, remember, trace }: Choosing, tool: Tool) {
    this.request = request;
    this.log = log;
    this.signal = signal;
    this.database = new Database(request, log, signal, remember);
    this.tool = tool;
    this.kind = tool.engine;
    this.env = env;
    this.noteTrace = trace;
  }

  private interruptible<T>(when: string, work: () => Promise<T>): Promise<T> {
    return this.database.connections.interruptible(when, work);
  }

  // -- inspect and plan -----------------------------------------------------------------------------------------

  inspect(): Promise<Inspection> {
    return this.interruptible('while looking at the database', async () => {
      const [read, opened] = await Promise.allSettled([this.tool.read(), this.database.open()]);
      if (read.status === 'rejected') throw read.reason;
      if (opened.status === 'rejected') throw opened.reason;
      return this.look(opened.value);
    });
  }

  resume(): Promise<Inspection> {
    return this.interruptible('after the review pause', async () => {
      const facts = await this.database.reopen();
      await this.tool.read();
      const found = await this.look(facts);
      const { plan } = this;
      if (!plan || !found.plan.isOpen) return found;
      // What it would do shows only in a dry run; on the same database the same tool does the same.
      const { session } = this.database;
      const same = this.rehearsedOn === textOf(await this.stateNow(session));
      return { ...found, plan: same ? plan : { ...found.plan, pending: plan.pending, digest: 'another database' } };
    });
  }

  private async look(facts: ServerFacts): Promise<Inspection> {
    const { request, tool } = this;
    const { session } = this.database;
    const { rows } = await session.query<TrackingRow>(trackingQuery(request.trackingSchema));
    const history = rows[0] ? readHistoryState(rows[0], request.trackingSchema) : ({ kind: 'absent' } as const);
    if (history.kind === 'unfit') throw unfitTable(history.table, history.fault);
    const exists = history.kind === 'ours';
    this.tracking = { schema: request.trackingSchema, exists, complete: exists && history.complete };
    const tables = await findToolTables(session);
    this.table = this.tableIn(tables);
    if (this.database.executes && tool.isInDoubt(tables)) await this.probeOnce(tables);
    const versions = this.table ? await readVersions(session, this.table) : [];
    const standing = tool.standing(versions);
    const plan: Plan = {
      digest: tool.isOpen ? '' : this.digestOf(facts, standing, standing.pending),
      isOpen: tool.isOpen,
      serverMajor: facts.major,
      pending: standing.pending,
      resumed: new Map(),
      downFiles: standing.ways,
    };
    this.plan = this.plan?.isOpen === false && tool.isOpen ? this.plan : plan;
    this.problem = standing.problems[0]?.message ?? null;
    return {
      server: { version: facts.version, major: facts.major },
      previousVersion: standing.currentVersion,
      plan,
      problems: standing.problems,
      warnings: [...warningOfNew(facts), ...standing.warnings],
      notes: this.table === null ? [] : [`${tool.name} keeps its records in ${this.table.relation}`],
      recorded: recordedOf(versions, request.mode === 'status'),
      lastEnvironment: await readLastEnvironment(session, request.trackingSchema),
      appliedCount: standing.applied.length,
    };
  }

  private digestOf(facts: ServerFacts, { applied, extra }: Standing, pending: readonly PlannedMigration[]): string {
    const { environment, targetVersion, transactionMode } = this.request;
    return planDigest({
      pending,
      applied: [...applied, ...extra],
      serverMajor: facts.major,
      database: facts.database,
      environment,
      targetVersion,
      transactionMode,
    });
  }

  *planText(plan: Plan): Generator<string> {
    const { request } = this;
    yield planHeader(plan, this.database.facts, request);
    if (this.rendered !== null) {
      yield `\n${this.rendered}\n`;
      return;
    }
    for (const [index, migration] of plan.pending.entries()) {
      yield renderPlanSection(migration, index + 1, plan.pending.length, this.tool.name);
      if (migration.script.texts.length === 0) yield '-- what it sends shows in the dry run\n';
      for (const { sql } of migration.script.texts) yield `${request.showData ? sql : withoutValues(sql)};\n`;
    }
  }

  health(): Promise<Health> {
    return this.database.health();
  }

  // -- dry run --------------------------------------------------------------------------------------------------

  async rehearse(plan: Plan): Promise<Rehearsal> {
    const { request, tool } = this;
    if (!plan.isOpen) this.refuseUnrecorded();
    const [bench, before] = await this.interruptible('before the dry run', async () => {
      const { session } = this.database;
      await this.probeOnce(await findToolTables(session));
      const opening = request.rehearsalTarget ? this.copyBench(request.rehearsalTarget) : this.bench();
      const [bench, rendered] = await Promise.all([opening, tool.render(plan.pending)]);
      this.rendered = rendered;
      return [bench, await readFingerprints(bench.session, bench.leftOut)] as const;
    });
    const words = tool.upgrade(plan.pending);
    let last: ToolAttempt | null = null;
    const lastAttempt = () => last as ToolAttempt | null;
    const seen = await rehearse(bench, plan, before, (input) => {
      last = new ToolAttempt(input, { tool, words, table: this.table, env: this.env });
      return last;
    }).catch((error: unknown) => this.refused(error, lastAttempt()?.isFenced ?? true));
    const attempt = lastAttempt();
    this.rehearsedOn = textOf(await this.refuseChanged(attempt?.isFenced ?? true));
    this.tableMade = attempt?.toolTable ?? null;
    this.seen = withoutTable(seen, this.tableMade);
    this.plan = this.planSeen(plan, attempt?.notes.pending ?? [], this.seen);
    if (this.plan.pending.length > 0) this.refuseUnrecorded();
    return { ...this.seen, plan: this.plan };
  }

  /** Better said now than after the tool has committed. */
  private refuseUnrecorded(): void {
    if (!this.tracking?.exists) refuseUnlessMayRecord(this.database.facts, false, false, this.request.trackingSchema);
  }

  /** It was refused, or failed: what it says holds only if the target is as it was. */
  private async refused(error: unknown, isFenced: boolean): Promise<never> {
    if (!this.signal.aborted) await this.refuseChanged(isFenced);
    throw error;
  }

  /**
   * Others may change their own things meanwhile; the tool's records are not theirs, and of a tool that might have reached
   * the database past us nothing is believed.
   */
  private async refuseChanged(isFenced: boolean): Promise<TargetState> {
    const { tool, log, untouched: before } = this;
    if (!before) throw new Error('the tool was not probed');
    const session = await this.database.witness();
    const now = await this.stateNow(session, before.table);
    if (textOf(before) === textOf(now)) return now;
    const { added, changed, removed } = changedGroups(before.fingerprints, now.fingerprints);
    const names = [...(await readDefinitions(session, [...added, ...changed])).values()];
    const there = new Set(this.tablesBefore.map(({ relation }) => relation));
    const fresh = (await findToolTables(session)).filter(({ relation }) => !there.has(relation));
    const isMade = before.table === null && tool.tableOf(fresh, null) !== null;
    const isRecorded = isMade || before.records !== now.records;
    const what = [
      ...(isRecorded ? [`${tool.name}'s records`] : []),
      ...new Set(names.map((one) => `${one.kind} ${one.name}`)),
      ...(removed.length > 0 ? [`${removed.length} removed`] : []),
    ];
    if (isRecorded || !isFenced) throw changedMeanwhile(tool.name, what);
    log.line(`warning: changed meanwhile by somebody else: ${what.slice(0, 10).join(', ')}`);
    return now;
  }

  /** With what was said for each migration; of an open plan also which there are. */
  private planSeen(plan: Plan, seen: readonly PlannedMigration[], rehearsal: SeenRehearsal): Plan {
    if (!plan.isOpen) return { ...plan, pending: seen.length === 0 ? plan.pending : seen };
    const didNothing =
      rehearsal.verdict === 'passed' &&
      rehearsal.schemaDiff.length === 0 &&
      !seen.some(hasRecorded) &&
      !wroteAnything(rehearsal);
    const pending = didNothing ? [] : seen;
    const { facts } = this.database;
    const standing = this.tool.standing([]);
    return {
      ...plan,
      isOpen: false,
      pending,
      digest: this.digestOf(facts, { ...standing, applied: this.appliedNow }, pending),
    };
  }

  private async probeOnce(tables: readonly ToolTable[]): Promise<void> {
    if (this.isProbed) return;
    const { tool, request, env, log, signal } = this;
    const { session } = this.database;
    this.isProbed = true;
    let isFenced = false;
    const onFence = (is: boolean) => {
      isFenced = is;
    };
    this.untouched = await this.stateNow(session);
    this.tablesBefore = tables;
    const looking = { tool, request, env, session, tables, log, signal, onFence };
    const said = await probe(looking).catch((error: unknown) => this.refused(error, isFenced));
    if (!isFenced) await this.refuseChanged(isFenced);
    this.probeSaid = said;
    if (said === null) return;
    this.table = tool.tableOf(tables, said);
    if (this.table?.relation !== this.untouched.table?.relation) this.untouched = await this.stateNow(session);
    if (!tool.isOpen) await this.refuseSeveral(askedFor(tables, said));
  }

  /** Of tables that are not at the same revision none tells what is pending. */
  private async refuseSeveral(tables: readonly ToolTable[]): Promise<void> {
    const { session } = this.database;
    const standings: string[] = [];
    for (const table of tables) {
      const versions = await readVersions(session, table);
      standings.push(versions.map(({ version }) => version).join(', ') || 'none');
    }
    if (new Set(standings).size > 1)
      throw severalTables(
        this.tool.name,
        tables.map(({ relation }, at) => `${relation} at ${standings[at]}`),
      );
  }

  private async copyBench(target: Target): Promise<Workbench> {
    this.copy = await this.database.copyBench(target, async (copy) => {
      const { session } = this.database;
      const known = this.known();
      // The schemas are compared, and none of our own records, which only the SQL engine keeps.
      await requireCopy(session, { ...known.tracking, exists: false, complete: false }, copy);
      if ((await this.recordsIn(copy, this.table)) !== (await this.recordsIn(session, this.table)))
        throw differentCopy(this.tool.name);
      return known;
    });
    return this.copy;
  }

  private bench(): Promise<Workbench> {
    return this.database.bench(this.known());
  }

  private known(): Known {
    if (!this.tracking) throw new Error('not inspected');
    return { tracking: this.tracking, leftOut: this.leftOut };
  }

  /** Our own tables, and the tool's. */
  private get leftOut(): Known['leftOut'] {
    const own = this.table ? [{ schema: this.table.schema, names: [this.table.table] }] : [];
    return [...leftOut(this.request.trackingSchema), ...own];
  }

  /** By which is seen whether the tool has done anything. */
  private async pictureNow(session: Session): Promise<string> {
    const fingerprints = await readFingerprints(session, this.leftOut);
    return pictureOf(fingerprints, await this.recordsIn(session, this.table));
  }

  /** The schema without our own records, and what the tool has on record. */
  private async stateNow(session: Session, table = this.table): Promise<TargetState> {
    const fingerprints = await readFingerprints(session, leftOut(this.request.trackingSchema));
    return { table, fingerprints, records: await this.recordsIn(session, table) };
  }

  private async recordsIn(session: Session, table: ToolTable | null): Promise<string> {
    const versions = table ? await readVersions(session, table) : [];
    if (session === this.database.session) this.appliedNow = versions.map(({ version }) => ({ version, checksum: '' }));
    return JSON.stringify(versions);
  }

  // -- apply ----------------------------------------------------------------------------------------------------

  mark(): Promise<BackupMarker> {
    return this.interruptible('while setting the backup marker', () =>
      setMarker(this.database.session, this.request.run),
    );
  }

  async apply(plan: Plan, _rehearsal: Rehearsal, marker: BackupMarker | null): Promise<Applied> {
    const { bench, before } = await this.interruptible('before anything was applied', async () => {
      const bench = await this.bench();
      const { session } = bench;
      if (!(await holdsLock(session, this.database.key))) throw lostLock();
      const fingerprints = await readFingerprints(session, bench.leftOut);
      this.before = { fingerprints, invalid: await invalidIndexes(session) };
      const picture = pictureOf(fingerprints, await this.recordsIn(session, this.table));
      return { bench, before: { picture, relation: this.table?.relation ?? null } };
    });
    this.application = new Application({
      bench,
      tool: this.tool,
      plan,
      before,
      note: this.noteTrace,
      stamp: stampOf(this.request, plan.digest, marker),
      env: this.env,
      connections: this.database.connections,
      appliedNow: async (isDone) => (await this.standingNow(plan.pending, isDone)).applied,
      tableName: () => (this.table ?? this.tableMade)?.table ?? null,
    });
    return this.application.run();
  }

  /**
   * How these stand by the tool's records. What it does beside them is done when it has ended well (`isDone`), and nobody
   * can say so otherwise.
   */
  private async standingNow(pending: readonly PlannedMigration[], isDone: boolean, session?: Session) {
    const witness = session ?? (await this.database.witness());
    // It may have made it only now.
    this.table ??= this.tableIn(await findToolTables(witness));
    const versions = this.table ? await readVersions(witness, this.table) : [];
    const { pending: waiting, currentVersion } = this.tool.stillPending(pending.filter(hasRecorded), versions);
    const missing = pending.filter((one) => (hasRecorded(one) ? waiting.includes(one) : !isDone));
    const applied = pending.filter((one) => !missing.includes(one));
    return { applied, missing, currentVersion };
  }

  /** Where the rehearsal has seen it, else by what is known of the tool. */
  private tableIn(tables: readonly ToolTable[]): ToolTable | null {
    const { tableMade } = this;
    if (tableMade) return tables.find(({ relation }) => relation === tableMade.relation) ?? null;
    return this.tool.tableOf(tables, this.probeSaid);
  }

  verify(): Promise<Verification> {
    const { request, before, seen, plan } = this;
    const { session } = this.database;
    return this.interruptible('during the verification', async () => {
      if (!before || !plan) return verify(session, request, null);
      const records = await this.checkRecords(plan);
      const verified = await verify(session, request, {
        records,
        leftOut: this.leftOut,
        before,
        rehearsal: seen,
        onCopy: this.copy !== null,
      });
      const { tool, env, log, signal } = this;
      const looking = { tool, request, env, session, tables: [], log, signal, onFence: () => undefined };
      const remarks = await tool.remarks((words) => lookThrough(words, looking));
      return { ...verified, remarks: [...verified.remarks, ...remarks] };
    });
  }

  private async checkRecords(plan: Plan): Promise<Check> {
    const { missing } = await this.standingNow(plan.pending, this.application?.isDone === true);
    return {
      check: `${this.tool.name} has every migration on record`,
      passed: missing.length === 0,
      detail: missing.length === 0 ? null : `not so: ${missing.map((one) => one.file || one.version).join(', ')}`,
    };
  }

  /** Its records are the tool's own: of ours none is ever unfinished. Throws where one of its own waits to be settled. */
  repair(): Promise<readonly Settled[]> {
    return this.interruptible('while looking at the records', async () => {
      const { session } = this.database;
      if (this.problem !== null) throw notOursToSettle(this.tool.name, this.problem);
      // Which is the tool's may not be known without running it.
      for (const table of this.table ? [this.table] : await findToolTables(session)) {
        const failed = (await readVersions(session, table)).find(({ state }) => state === 'failed');
        if (failed)
          throw notOursToSettle(
            table.tool,
            `${failed.version} is recorded as failed in ${table.schema}.${table.table}`,
          );
      }
      return [];
    });
  }

  // -- proof and end --------------------------------------------------------------------------------------------

  async prove(plan: Plan): Promise<StateProof> {
    const { application } = this;
    if (!application) return UNTOUCHED;
    try {
      return await this.database.connections.readAgain(async () => {
        await application.over();
        const { isDone, committed, trace } = application;
        if (trace === null) return UNTOUCHED;
        return this.judge(await this.database.witness(), plan.pending, { isDone, committed, trace });
      });
    } catch (error) {
      this.log.line(`the database could not be read back: ${(error as Error).message}`);
      return { state: 'unknown', currentVersion: null, applied: [] };
    }
  }

  settle({ backend, trace, pending }: Remains): Promise<StateProof> {
    return this.database.connections.readAgain(async () => {
      const session = await this.database.afterDeath(backend);
      await this.database.endNamesakes();
      if (trace === null) return UNTOUCHED;
      await this.tool.read();
      if (trace.relation !== null) {
        const tables = await findToolTables(session);
        this.table = tables.find(({ relation }) => relation === trace.relation) ?? null;
      }
      const planned = pending.map((one) => this.tool.planned(one.version, []));
      const proof = await this.judge(session, planned, { isDone: false, committed: null, trace });
      const versions = new Set(proof.applied.map(({ version }) => version));
      return { ...proof, applied: pending.filter(({ version }) => versions.has(version)) };
    });
  }

  /** `committed` null: whoever heard it is dead. */
  private async judge(
    session: Session,
    pending: readonly PlannedMigration[],
    { isDone, committed, trace }: { isDone: boolean; committed: Committed | null; trace: Trace },
  ): Promise<StateProof> {
    const { applied, missing, currentVersion } = await this.standingNow(pending, isDone, session);
    const isTold = committed === 'nothing' || committed === 'something';
    const landed = isTold ? committed : await committedOf(session, trace);
    const isSame = missing.length === 0 ? null : trace.picture === (await this.pictureNow(session));
    const state = stateOf({ applied: applied.length, missing: missing.length, committed: landed, isSame });
    return { state, currentVersion, applied };
  }

  release(): Promise<void> {
    return this.database.release();
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

/** The tool was not started: what it may do is noted before that. */
const UNTOUCHED: StateProof = { state: 'unchanged', currentVersion: null, applied: [] };

/** A digest: it is kept for whoever comes after a death. */
function pictureOf(fingerprints: Fingerprints, records: string): string {
  return createHash('sha256').update(textOf({ fingerprints, records })).digest('hex');
}

function textOf({ fingerprints, records }: Omit<TargetState, 'table'>): string {
  return JSON.stringify([[...fingerprints.groups].map(([key, value]) => `${key}=${value}`).sort(), records]);
}

/** The tool's own table, where it was made in the rehearsal, is nobody's migration. */
function withoutTable(seen: SeenRehearsal, table: ToolTable | null): SeenRehearsal {
  if (!table) return seen;
  const own = [table.schema, table.table]
    .map((name) => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoteIdentifier(name)))
    .join('.');
  const isOwn = (name: string, definition: string | null) =>
    name === own ||
    name.startsWith(`${own}.`) ||
    (definition?.includes(` ON ${own} USING`) ?? false) ||
    (definition?.includes(`owned by ${own}.`) ?? false);
  return {
    ...seen,
    schemaDiff: seen.schemaDiff.filter(({ name, after }) => !isOwn(name, after)),
    predicted: new Map([...seen.predicted].filter(([, { name, definition }]) => !isOwn(name, definition))),
  };
}

/** Beyond what the schema and the tool's records show. */
function wroteAnything({ migrations }: SeenRehearsal): boolean {
  return migrations.some(({ statements }) => statements.some(didSomething));
}

function didSomething(one: StatementReport): boolean {
  if (!wasRehearsed(one) || one.rewrites.length > 0) return true;
  if (one.touched.length + one.truncated.length + one.dropped.length > 0) return true;
  return ((one.rows ?? 0) > 0 && ABOUT_ROWS.test(one.sql)) || SHOWS_NOWHERE.test(one.sql);
}

const ABOUT_ROWS = /^(?:insert|update|delete|merge|copy)\b/i;
/** What is done to the whole server, and upkeep. */
const SHOWS_NOWHERE =
  /^(?:(?:create|alter|drop)\s+(?:role|user|group|database|tablespace)\b|(?:grant|revoke)\b(?!.*\bon\b)|reassign\b|analyze\b|reindex\b|cluster\b|security\s+label\b)/is;

function recordedOf(versions: readonly ToolVersion[], all: boolean): Inspection['recorded'] {
  return versions
    .filter(({ state }) => all || state === 'failed')
    .map(({ version, name, state }) => ({
      version,
      name: name ?? version,
      file: '',
      status: state === 'applied' ? 'completed' : 'failed',
      appliedAt: null,
    }))
    .reverse();
}
