/** `migration-gate lint`: what the text of migration files claims, without a database. Each file is judged by itself, as if its tables were large. */
import { statSync } from 'node:fs';
import { basename, relative, resolve, sep } from 'node:path';
import { findFolder, listMigrations } from './engines/sql/files.ts';
import { planMigration } from './engines/sql/script-file.ts';
import { asked } from './hazards/asked.ts';
import { CATALOGUE } from './hazards/catalogue.ts';
import type { Claim } from './hazards/claim.ts';
import { claimsOf } from './hazards/claims.ts';
import { notRead } from './hazards/hazards.ts';
import type { MigrationFile } from './plan/plan.ts';
import { atOrAbove } from './policy/verdict.ts';
import type { Hazard, Severity } from './report/outcome.ts';
import { renderSarif } from './report/sarif.ts';
import { Stop } from './report/stop.ts';
import { cut, oneLine, plural } from './report/text.ts';
import type { LintRequest } from './request/argv.ts';
import { VERSION } from './version.ts';

/** The grammar that files are read by: the newest PostgreSQL's. */
const MAJOR = 18;

export interface LintOutput {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** Returns the exit code: 0; 1 for a file that cannot be read; 3 for a hazard at or above `fail-on`. */
export async function lint(request: LintRequest, cwd: string, { out, error }: LintOutput): Promise<number> {
  const hazards: Hazard[] = [];
  let unreadable = 0;
  let files: readonly MigrationFile[];
  try {
    files =
      request.files.length > 0
        ? request.files.map((file) => named(file, cwd))
        : found(cwd, request.migrationsPath, error);
  } catch (thrown) {
    error(wordsOf(thrown));
    return 1;
  }
  for (const file of files) {
    try {
      const migration = planMigration(file);
      const claims = await claimsOf(asked([migration]), { major: MAJOR, lint: true });
      const { allow } = migration.script.directives;
      for (const claim of claims) {
        const inFile = allow.find((one) => one.rule === claim.rule)?.reason ?? null;
        const allowed = request.allowHazards.includes(claim.rule) ? 'allow-hazards' : inFile;
        hazards.push(hazardOf(claim, allowed));
      }
      hazards.push(...notRead(migration, 'warning'));
    } catch (thrown) {
      unreadable += 1;
      error(wordsOf(thrown));
    }
  }
  if (request.format === 'sarif') out(renderSarif(hazards, CATALOGUE, VERSION));
  else if (request.format === 'json') out(JSON.stringify(hazards, null, 1));
  else out(asText(hazards, files.length));
  if (unreadable > 0) return 1;
  return hazards.some((hazard) => hazard.allowed === null && atOrAbove(hazard.severity, request.failOn)) ? 3 : 0;
}

/** A file by its name, whatever it is called. */
function named(file: string, cwd: string): MigrationFile {
  const path = resolve(cwd, file);
  const name = basename(file);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new Error(`${file}: there is no such file`);
  const version = /^\d+/.exec(name)?.[0] ?? name;
  const shown = relative(cwd, path).split(sep).join('/');
  return { version, key: version, name, file: shown, path, bytes: stat.size, checksum: '' };
}

/** Throws when there is none: a folder that is misnamed must not look well. */
function found(cwd: string, migrationsPath: string | null, error: (text: string) => void): readonly MigrationFile[] {
  const { folder, files, warnings } = listMigrations(cwd, findFolder(cwd, migrationsPath));
  for (const warning of warnings) error(`warning: ${warning}`);
  if (files.length === 0) throw new Error(`${folder.shown}: there is no migration file in it`);
  return files;
}

function hazardOf(claim: Claim, allowed: string | null): Hazard {
  const { rule, severity, effects, version, file, line, statement, relation, message, safer } = claim;
  return {
    rule,
    severity,
    effects,
    version,
    file,
    line,
    statement,
    relation,
    message,
    safer,
    source: 'static',
    allowed,
  };
}

function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Stop)) return thrown instanceof Error ? thrown.message : String(thrown);
  const { message, file, line, column, next } = thrown.reason;
  const place = file ? `${file}:${line ?? 1}:${column ?? 1}: ` : '';
  return `${place}${message}${next ? ` ${next}` : ''}`;
}

const ORDER: readonly Severity[] = ['danger', 'warning', 'info'];

/** A line of place, severity and rule as compilers print it, then what it means. */
function asText(hazards: readonly Hazard[], files: number): string {
  const lines = hazards.flatMap((hazard) => [
    `${hazard.file}:${hazard.line}: ${hazard.severity}: ${hazard.rule}${hazard.allowed === null ? '' : ` (accepted: ${oneLine(hazard.allowed)})`}`,
    `    ${cut(oneLine(hazard.message), 400)}`,
    ...(hazard.safer === null ? [] : [`    safer: ${cut(oneLine(hazard.safer), 600)}`]),
  ]);
  const counts = ORDER.map((severity) => [severity, hazards.filter((one) => one.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}`);
  return [...lines, `${plural(files, 'file')}: ${counts.join(', ') || 'no hazards'}`].join('\n');
}
