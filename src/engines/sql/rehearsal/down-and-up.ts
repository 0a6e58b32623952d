/**
 * The way back, tried in the same transaction once everything has gone up: the down files, newest first, then the same
 * migrations again. Whatever comes of it is a finding: the migrations themselves have passed.
 */
import type { PlannedMigration } from '../../../plan/plan.ts';
import { readServerError } from '../../../postgres/failure.ts';
import type { Conversation } from '../../../rehearsal/conversation.ts';
import { Again, Interrupted, StatementFailed, wasCutShort } from '../../../rehearsal/endings.ts';
import { wasRehearsed } from '../../../rehearsal/entry.ts';
import type { AttemptInput } from '../../../rehearsal/input.ts';
import type { Notes } from '../../../rehearsal/notes.ts';
import { hideMessage } from '../../../report/redact.ts';
import { Stop } from '../../../report/stop.ts';
import { cut } from '../../../report/text.ts';
import { locate } from '../../../sql/locate.ts';
import { leftOut } from '../../shared/tracking.ts';
import type { Migrations } from './migrations.ts';
import {
  type Before,
  planDown,
  readBefore,
  readSchemaBefore,
  readUndone,
  type Undone,
  type WayBack,
  waysBack,
} from './way-back.ts';

/** It could not be tried to its end, for reasons that are not its own. */
class NotTried extends Error {}

export class DownAndUp {
  /** What was there before each migration and after its down file. */
  readonly undone: Undone[] = [];
  private readonly input: AttemptInput;
  private readonly talk: Conversation;
  private readonly notes: Notes;
  private readonly migrations: Migrations;
  private readonly ways: readonly WayBack[];
  private readonly readFirst: ReadonlySet<PlannedMigration>;
  private readonly before = new Map<PlannedMigration, Before>();

  constructor(input: AttemptInput, talk: Conversation, notes: Notes, migrations: Migrations) {
    this.input = input;
    this.talk = talk;
    this.notes = notes;
    this.migrations = migrations;
    this.ways = input.bench.request.rehearseRollback === false ? [] : waysBack(input.plan);
    this.readFirst = readBefore(this.ways);
  }

  /** Before a migration goes up: the schema to which its down file is to lead back. */
  async remember(migration: PlannedMigration): Promise<void> {
    if (!this.readFirst.has(migration)) return;
    const { before, bench, plan } = this.input;
    if (migration === plan.pending[0]) {
      this.before.set(migration, { fingerprints: before, changed: [], definitions: new Map() });
      return;
    }
    await this.talk.exchange();
    this.before.set(migration, await readSchemaBefore(bench.session, before, leftOut(bench.tracking.schema)));
  }

  /** `creator`: the pending migration that makes the tracking table itself. */
  async run(creator: PlannedMigration | null): Promise<void> {
    if (this.ways.length === 0) return;
    const why = this.whyNot(creator);
    this.notes.phase = 'down';
    if (why !== null) return this.notTried(why);
    try {
      for (const way of this.ways) await this.down(way);
      this.notes.phase = 'again';
      for (const { migration } of [...this.ways].reverse()) {
        await this.migration({ ...migration, key: `again:${migration.key}` });
      }
    } catch (error) {
      // Whether it was in the way of somebody, or out of time, is asked at the end.
      if (error instanceof Interrupted) throw error;
      if (error instanceof NotTried) return this.notTried(error.message);
      if (error instanceof StatementFailed) return this.failed(error);
      if (error instanceof Again) return this.notTried('a statement would need a treatment of its own');
      if (error instanceof Stop && error.reason.class === 'syntax') return this.unreadable(error);
      throw error;
    }
  }

  private whyNot(creator: PlannedMigration | null): string | null {
    const missed = this.notes.ofPending().find((entry) => !wasRehearsed(entry));
    if (missed) return `${missed.migration.file}:${missed.line} was not executed`;
    const resumed = this.ways.find(({ migration }) => this.input.plan.resumed.has(migration.key));
    if (resumed) return `${resumed.migration.file} was half done already`;
    return creator ? `${creator.file} makes the tracking table itself` : null;
  }

  private async down(way: WayBack): Promise<void> {
    const { session, request, tracking } = this.input.bench;
    await this.migration(planDown(way, request.workingDirectory));
    const before = this.before.get(way.migration);
    if (before) this.undone.push(await readUndone(session, way, before, leftOut(tracking.schema)));
  }

  private async migration(migration: PlannedMigration): Promise<void> {
    const { log, request } = this.input.bench;
    log.progress(`dry run, ${this.notes.phase} ${migration.file}`);
    await this.migrations.run(migration, null, request.transactionMode !== 'all');
    await this.talk.exchange();
    const missed = this.notes.of(migration).find((entry) => !wasRehearsed(entry));
    if (missed) throw new NotTried(`${migration.file}:${missed.line} was not executed: ${missed.reason}`);
  }

  // -- what came of it ------------------------------------------------------------------------------------------

  notTried(why: string): void {
    const [newest] = this.ways;
    if (!newest) return;
    this.notes.findings.push({
      rule: 'rollback-not-tried',
      severity: 'info',
      version: newest.migration.version,
      file: newest.downFile,
      line: null,
      sql: null,
      relation: null,
      message: `not tried: ${why}`,
      safer: null,
    });
  }

  private failed({ migration, entry, place, error }: StatementFailed): void {
    const server = readServerError(error);
    const message = this.input.bench.request.showData ? server.message : hideMessage(server.code, server.message);
    const { line } = place ? locate(place, entry ? server.position : null) : { line: 1 };
    if (wasCutShort(server)) {
      this.notTried(`${migration.file}:${line}: ${message}`);
      return;
    }
    const again = this.notes.phase === 'again';
    this.notes.findings.push({
      rule: again ? 'up-again-fails' : 'down-fails',
      severity: 'warning',
      version: migration.version,
      file: migration.file,
      line,
      sql: place ? cut(place.sql, 200) : null,
      relation: null,
      message: again
        ? `After the way back, it does not go up a second time: ${message}`
        : `The way back fails, after everything has gone up: ${message}`,
      safer: null,
    });
  }

  private unreadable({ reason, message }: Stop): void {
    const way = this.ways.find(({ downFile }) => downFile === reason.file) ?? this.ways[0];
    if (!way) return;
    const { version } = way.migration;
    const { downFile: file } = way;
    const at = { version, file, line: reason.line ?? null, sql: null, relation: null, safer: null };
    this.notes.findings.push({
      rule: 'down-fails',
      severity: 'warning',
      ...at,
      message: `It cannot be read: ${message}`,
    });
  }
}
