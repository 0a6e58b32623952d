/** What the engine says when it finds something that it will not work with: each names what to do. */
import type { MigrationFile } from '../../plan/plan.ts';
import { readServerError } from '../../postgres/failure.ts';
import type { LockHolder } from '../../postgres/lock.ts';
import { hideMessage } from '../../report/redact.ts';
import { Stop } from '../../report/stop.ts';
import { runAddress } from '../../request/event.ts';
import type { RunIdentity } from '../../request/request.ts';
import { APPLICATION_NAME_BYTES, type ServerFacts } from './inspect.ts';
import { NOT_AS_WRITTEN } from './tracking.ts';

/** `run`: ours, which knows where runs are to be seen. */
export function who({ pid, application, since, state, stateSince }: LockHolder, run: RunIdentity): string {
  if (pid === 0) return 'an unknown session';
  const link = runUrlOf(application, run);
  const connected = since === null ? '' : `, connected since ${since}`;
  const does = state === null ? '' : `, ${state}${stateSince === null ? '' : ` since ${stateSince}`}`;
  return `${application || 'no application name'}${link === null ? '' : ` (${link})`}, pid ${pid}${connected}${does}`;
}

/** The page of the run that a session says it is of, on the GitHub that ours is on; null: its name does not tell, or was cut. */
function runUrlOf(application: string, { runUrl }: RunIdentity): string | null {
  const [, id, attempt, repository] = /^mgate\/(\d+)\/(\d+)\/([\w.-]+\/[\w.-]+)$/.exec(application) ?? [];
  if (!id || !attempt || !repository || application.length >= APPLICATION_NAME_BYTES) return null;
  const server = runUrl === null ? 'https://github.com' : new URL(runUrl).origin;
  return runAddress(server, repository, id, attempt);
}

export function anothersTable(table: string, tool: string, schema: string, sameName: boolean): Stop {
  return new Stop({
    result: 'refused',
    class: 'tool',
    message: sameName
      ? `${table} exists and is not ours: it looks like ${tool}'s`
      : `this database is migrated by ${tool}: ${table} exists and we have no record of our own`,
    next: sameName
      ? `Set tracking-schema to another schema than ${schema}, so that both tools keep their own tables.`
      : 'If both are meant to work on this database, set allow-hazards: another-tool once, or tracking-schema to a schema of our own.',
  });
}

/** Our own table, altered so that it cannot be relied on. */
export function unfitTable(table: string, fault: string): Stop {
  return new Stop({
    result: 'refused',
    class: 'tool',
    message: `${table} cannot keep our records: ${fault}`,
    next: `Undo that on ${table}, or set tracking-schema to another schema.`,
  });
}

/** The rows that were to tell that a migration is applied are not there as they were written. */
export function notAsWritten(schema: string, error: unknown): Stop {
  return new Stop(
    {
      result: 'refused',
      class: 'tool',
      message: `what was recorded in ${schema}.schema_migrations and ${schema}.migration_history is not there as it was written: a trigger on them swallows or changes it`,
      next: `Drop or disable the triggers of ${schema}.schema_migrations and ${schema}.migration_history, then run again.`,
    },
    { cause: error },
  );
}

/** The dry run could not write our rows as apply would. */
export function unrecordable(schema: string, error: unknown): Error {
  const server = readServerError(error);
  if (server.code === NOT_AS_WRITTEN) return notAsWritten(schema, error);
  // Our rows are not at fault where the server was interrupted, ran out of something, or is gone.
  if (!server.fromServer || !/^(0A|22|23|27|2D|42|44|55000|P0|XX)/.test(server.code ?? ''))
    return error instanceof Error ? error : new Error(server.message);
  return new Stop(
    {
      result: 'refused',
      class: server.code === '42501' ? 'permission' : 'tool',
      message: `our rows in ${schema}.schema_migrations and ${schema}.migration_history could not be written: ${hideMessage(server.code, server.message)} (${server.code})`,
      next: `Undo what was changed on these tables (a trigger, a constraint, a column), or set tracking-schema to another schema.`,
    },
    { cause: error },
  );
}

export function emptyFolder(shown: string, warnings: readonly string[]): Stop {
  return new Stop({
    result: 'failed',
    class: 'input',
    message: `${shown} holds no migration file (<digits>_<name>.sql)${warnings.length > 0 ? `: ${warnings[0]}` : ''}`,
    next: 'Correct migrations-path, or add the first migration.',
  });
}

/** Files are read by the rule that every server has had since 9.1, unless somebody has set it back. */
export function refuseUnlessConforming({ conformingStrings, user, database }: ServerFacts): void {
  if (conformingStrings) return;
  throw new Stop({
    result: 'failed',
    class: 'input',
    message: `standard_conforming_strings is off for the role ${user} or the database ${database}: a backslash in '...' would end literals elsewhere than where the migration files are read to end them`,
    next: `alter role "${user}" in database "${database}" set standard_conforming_strings = on; and write E'...' where a backslash is to escape.`,
  });
}

/** The role must be able to keep our records; better said now than after the first migration. */
export function refuseUnlessMayRecord(
  facts: ServerFacts,
  exists: boolean,
  fileMakesTable: boolean,
  schema: string,
): void {
  const stop = (what: string, grant: string) =>
    new Stop({
      result: 'failed',
      class: 'permission',
      message: `the role ${facts.user} may not ${what}`,
      next: `Run as the database's owner: ${grant};`,
    });
  if (!facts.mayTemp)
    throw stop(
      'create temporary tables, which the dry run needs',
      `grant temporary on database "${facts.database}" to "${facts.user}"`,
    );
  if (exists) {
    if (!facts.mayRecord)
      throw stop(
        `read and write ${schema}.schema_migrations and ${schema}.migration_history`,
        `grant usage on schema "${schema}" to "${facts.user}"; grant select, insert, update on "${schema}".schema_migrations, "${schema}".migration_history to "${facts.user}"`,
      );
    return;
  }
  if (fileMakesTable) return;
  if (!facts.schemaExists && !facts.mayCreateSchema)
    throw stop(`create the schema ${schema}`, `create schema "${schema}" authorization "${facts.user}"`);
  if (facts.schemaExists && !facts.mayCreateInSchema)
    throw stop(`create tables in the schema ${schema}`, `grant create, usage on schema "${schema}" to "${facts.user}"`);
}

/** Our own rows could not be read. */
export function unreadable({ user }: ServerFacts, schema: string, error: unknown): unknown {
  if (readServerError(error).code !== '42501') return error;
  const tables = `"${schema}".schema_migrations, "${schema}".migration_history`;
  return new Stop(
    {
      result: 'failed',
      class: 'permission',
      message: `the role ${user} may not read ${schema}.schema_migrations and ${schema}.migration_history`,
      next: `Run as their owner: grant usage on schema "${schema}" to "${user}"; grant select, insert, update on ${tables} to "${user}";`,
    },
    { cause: error },
  );
}

export function lockHeldBy(holder: LockHolder, run: RunIdentity): Stop {
  return new Stop({
    result: 'refused',
    class: 'lock-timeout',
    message: `another gate holds the lock: ${who(holder, run)}`,
    next:
      holder.pid === 0
        ? 'Run again.'
        : `Wait until that run is over, then run again; if it is dead: select pg_terminate_backend(${holder.pid});`,
    lockHeld: true,
  });
}

/** `file` gave up the lock in apply, and somebody was waiting for it. */
export function lockTaken(file: string, holder: LockHolder, run: RunIdentity): Stop {
  return new Stop({
    result: 'failed',
    class: 'lock-timeout',
    message: `${file} gave up every advisory lock of its session, the gate's too, and another gate holds that now: ${who(holder, run)}`,
    next: 'Wait until that run is over, then run again: it goes on with what is still pending.',
  });
}

export function lostLock(): Stop {
  return new Stop({
    result: 'failed',
    class: 'connection',
    message:
      'the advisory lock is not held by the session that is to apply: something between us and the server changes sessions, or a migration gave up its advisory locks in the dry run',
    next: 'Connect directly to the server (or to a session pool), then run again; nothing was changed.',
  });
}

/** `creator`: the file up to which all must commit together; null: all are asked to. */
export function notTogether(file: string, why: string | null, creator: string | null): Stop {
  return new Stop({
    result: 'refused',
    class: 'not-in-transaction',
    message:
      creator === null
        ? `${file} cannot run in one transaction with the others (${why})`
        : `${file} cannot run in one transaction (${why}), and until ${creator} has made schema_migrations there is nowhere to record how far it came`,
    next:
      creator === null
        ? 'Use transaction-mode: per-migration, or stop before this file with target-version.'
        : `Let the first file make schema_migrations, in one transaction; or leave it out there: the gate makes its own.`,
    file,
  });
}

/** There is no record, and a file that was not applied yet is to make the table for them. */
export function nowhereToSettle(creator: string): Stop {
  return new Stop({
    result: 'refused',
    class: 'order',
    message: `nothing can be settled: until ${creator} has made schema_migrations there is no record, and nowhere to write one`,
    next: `Apply ${creator} first (target-version), or leave it out: the gate makes its own table.`,
    file: creator,
  });
}

export function changedOnDisk({ file }: MigrationFile): Stop {
  return new Stop({
    result: 'refused',
    class: 'checksum',
    message: `${file} changed between the dry run and apply`,
    next: 'Run again: the dry run must see the file as it is applied.',
    file,
  });
}
