/** One attempt at the dry run of SQL files: every pending migration, statement by statement, then the way back. */

import type { PlannedMigration } from '../../../plan/plan.ts';
import { Attempt } from '../../../rehearsal/attempt.ts';
import type { Slot, StatementSlot } from '../../../rehearsal/conversation.ts';
import { type Interruption, inWords, type StatementFailed } from '../../../rehearsal/endings.ts';
import type { AttemptInput } from '../../../rehearsal/input.ts';
import { migrationReport } from '../../../rehearsal/report.ts';
import type { Undone } from '../../../rehearsal/treatment.ts';
import type { Failure, MigrationReport } from '../../../report/outcome.ts';
import { Stop } from '../../../report/stop.ts';
import type { RunStamp } from '../../shared/tracking.ts';
import { scriptOf } from '../script-file.ts';
import { DownAndUp } from './down-and-up.ts';
import { failureReport } from './failure.ts';
import { Migrations } from './migrations.ts';
import { Records } from './records.ts';
import { Statements } from './statements.ts';
import { differences } from './way-back.ts';

export class SqlAttempt extends Attempt {
  protected readonly undone: Undone;
  private readonly statements: Statements;
  private readonly records: Records;
  private readonly migrations: Migrations;
  private readonly downAndUp: DownAndUp;

  constructor(input: AttemptInput, stamp: RunStamp) {
    super(input);
    this.statements = new Statements(input, this.talk, this.notes, this.looks);
    this.undone = this.statements.undone;
    this.records = new Records(input, stamp, this.talk);
    this.migrations = new Migrations(input, this.talk, this.notes, this.looks, this.statements, this.records);
    this.downAndUp = new DownAndUp(input, this.talk, this.notes, this.migrations);
  }

  protected begin(deferrable: boolean): void {
    this.statements.deferrable = deferrable;
    this.migrations.xid = this.begun?.xid ?? null;
    this.records.begin();
  }

  protected async work(): Promise<void> {
    const { pending } = this.input.plan;
    const all = this.bench.request.transactionMode === 'all';
    for (const [index, migration] of pending.entries()) {
      this.bench.log.progress(`dry run ${index + 1}/${pending.length} ${migration.file}`);
      await this.downAndUp.remember(migration);
      await this.migrations.run(migration, pending[index + 1] ?? null, !all || index === pending.length - 1);
      this.notes.finished.add(migration.key);
    }
  }

  protected meaningOf(error: unknown, slot: Slot, last: StatementSlot | null): Error {
    return this.statements.meaningOf(error, slot, last);
  }

  protected override afterwards(): Promise<void> {
    return this.downAndUp.run(this.records.creator);
  }

  protected override interruptedAfterwards(why: Exclude<Interruption, { kind: 'cancelled' }>): void {
    this.downAndUp.notTried(inWords(why));
  }

  protected override async beforeLookingBack(): Promise<void> {
    this.notes.findings.push(...(await differences(this.bench.session, this.downAndUp.undone)));
    this.mentionUnreached();
  }

  /** What was not come to is judged by what its text names. */
  private mentionUnreached(): void {
    for (const migration of this.input.plan.pending) {
      if (this.notes.finished.has(migration.key)) continue;
      try {
        for (const event of scriptOf(migration)) {
          if (event.kind === 'statement' && event.facts.bulkInsertInto === null)
            this.looks.mention(event.statement.sql);
        }
      } catch (error) {
        // What is wrong with a file was said when it was planned, or is when it is applied.
        if (!(error instanceof Stop)) throw error;
      }
    }
  }

  protected reportOf(migration: PlannedMigration, status: MigrationReport['status']): MigrationReport {
    const transactional = migration.script.transactional && !this.input.knowledge.alone.has(migration.key);
    return migrationReport(migration, this.notes.of(migration), transactional, status);
  }

  protected failure(failed: StatementFailed, inTheWay: string | null): Failure {
    return failureReport(failed, inTheWay, this.bench.request);
  }

  protected statementCount(): number {
    return this.input.plan.pending.reduce((sum, migration) => sum + migration.script.statements, 0);
  }
}
