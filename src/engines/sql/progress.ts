/** How far a non-transactional migration has come, and the hash by which an edit of the part that is done shows. */
import { createHash } from 'node:crypto';
import type { MigrationFile, Progress } from '../../plan/plan.ts';
import { redactor } from '../../report/redact.ts';
import { Stop } from '../../report/stop.ts';
import { cut } from '../../report/text.ts';
import { classify } from '../../sql/classify.ts';
import type { Leftover, Statement } from '../../sql/statement.ts';

/** Said for the whole session: still wanted when a file goes on after its done part. */
const SETS = /^(?:set(?!\s+(?:local|transaction|constraints)\b)|reset|select\s+(?:pg_catalog\.)?set_config\s*\()/i;

export function setsSession({ sql }: Statement): boolean {
  return SETS.test(sql);
}

/** What a statement that was started and not finished may have left. It may have been edited since: what was started is what is noted. */
export function begunBy(
  progress: Progress,
  statement: Statement,
  leftover: Leftover | null,
): { readonly edited: boolean; readonly leftover: Leftover | null } {
  const { startedSql } = progress;
  if (startedSql === null || startedSql === shown(statement)) return { edited: false, leftover };
  return { edited: true, leftover: classify(startedSql).nonTransactional?.leftover ?? null };
}

function shown({ sql }: Statement): string {
  return redactor([])(cut(sql, 1_000));
}

export class ProgressKeeper {
  private readonly file: MigrationFile;
  private readonly resumed: Progress | null;
  private readonly hash = createHash('sha256');
  private before = { done: 0, prefix: this.prefix() };
  private now = this.before;

  constructor(file: MigrationFile, resumed: Progress | null) {
    this.file = file;
    this.resumed = resumed;
  }

  /** Every statement passes here in the file's order, run or skipped. Throws a Stop when the part that is done was edited. */
  pass(index: number, statement: Statement): void {
    this.hash.update(statement.sql).update('\0');
    this.before = this.now;
    this.now = { done: index, prefix: this.prefix() };
    if (this.resumed?.done === index && this.now.prefix !== this.resumed.prefix) throw this.edited(statement.line);
  }

  /** After the last statement: a file that has become shorter than its done part was edited too. */
  end(): void {
    if (this.resumed && this.now.done < this.resumed.done) throw this.edited(null);
  }

  /** The last statement that passed is begun and not finished. */
  started(statement: Statement): Progress {
    return { ...this.before, started: this.now.done, startedSql: shown(statement) };
  }

  /** It was refused before it did anything: as if it had not been begun. */
  notStarted(): Progress {
    return { ...this.before, started: null, startedSql: null };
  }

  /** Everything that has passed is done. */
  done(): Progress {
    return { ...this.now, started: null, startedSql: null };
  }

  private prefix(): string {
    return this.hash.copy().digest('hex');
  }

  private edited(line: number | null): Stop {
    const done = this.resumed?.done ?? 0;
    return new Stop({
      result: 'refused',
      class: 'checksum',
      message: `${this.file.file}: ${done === 1 ? 'its first statement is' : `its first ${done} statements are`} applied already and edited since`,
      next: `Restore ${done === 1 ? 'statement 1 as it was' : `statements 1 to ${done} as they were`} (git log -- ${this.file.file}); the rest may be edited.`,
      file: this.file.file,
      line,
    });
  }
}
