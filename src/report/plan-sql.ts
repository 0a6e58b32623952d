/** The text around the bodies of plan.sql: what would run, in what order, from where. The bodies are streamed by whoever has the files. */
import type { PlannedMigration } from '../plan/plan.ts';
import { bytes, oneLine, plural } from './text.ts';

export interface PlanHeader {
  readonly digest: string;
  readonly database: string;
  readonly host: string;
  readonly environment: string;
  readonly serverVersion: string | null;
  readonly transactionMode: 'per-migration' | 'all';
}

/** The head of plan.sql: a comment, ended by an empty line. */
export function renderPlanHeader(header: PlanHeader, pending: readonly PlannedMigration[]): string {
  const server = header.serverVersion === null ? '' : `, PostgreSQL ${header.serverVersion}`;
  const order = pending.map((migration, index) => `  ${index + 1}. ${migration.file || migration.name}`);
  return `${comment([
    'What would run, in this order. Passwords in it are redacted.',
    `plan-digest: ${header.digest}`,
    `database: ${header.database} on ${header.host} (${header.environment}${server})`,
    `transaction-mode: ${header.transactionMode}`,
    pending.length === 0 ? 'pending: nothing' : `pending: ${plural(pending.length, 'migration')}`,
    ...order,
  ])}\n`;
}

/** The comment before one file's body. `position` is 1-based; `tool`: whose it is to apply it, null: ours. */
export function renderPlanSection(
  migration: PlannedMigration,
  position: number,
  total: number,
  tool: string | null = null,
): string {
  const { script } = migration;
  const reason = script.reason === null ? '' : ` (${script.reason})`;
  return `\n${comment([
    '-'.repeat(70),
    `${position} of ${total}: ${migration.file || migration.name}`,
    `version ${migration.version}, ${plural(script.statements, 'statement')}${migration.bytes > 0 ? `, ${bytes(migration.bytes)}` : ''}`,
    `checksum: sha256 ${migration.checksum}`,
    tool !== null
      ? `applied by ${tool}${reason}`
      : script.transactional
        ? `in one transaction together with its record${reason}`
        : `not in a transaction, statement by statement with recorded progress${reason}`,
  ])}`;
}

/** After a body: a file need not end with a line end, and the next comment must not become part of its last line. */
export const PLAN_SECTION_END = '\n';

/** Each entry is one comment line: nothing in a name can end it. */
function comment(lines: readonly string[]): string {
  return lines.map((line) => `-- ${line.startsWith('  ') ? '  ' : ''}${oneLine(line)}\n`).join('');
}
