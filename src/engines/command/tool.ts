/** Any tool that somebody names: what it has applied stands in its own table, where that is known. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { PlannedMigration, StatementText } from '../../plan/plan.ts';
import { withoutValues } from '../../report/values.ts';
import type { Request } from '../../request/request.ts';
import { toolOfWords } from '../shared/known-tools.ts';
import { lineOf, planned, UNRECORDED } from '../tool/planned.ts';
import type { ToolTable, ToolVersion } from '../tool/tables.ts';
import type { Standing, Tool, Words } from '../tool/tool.ts';

/** A project's folders are looked through for a migration's file up to here. */
const MOST_ENTRIES = 20_000;
const LONGEST_FILE_BYTES = 1 << 20;
const PASSED_OVER = new Set([
  'node_modules',
  '.git',
  '.venv',
  'venv',
  '__pycache__',
  'dist',
  'build',
  'target',
  'vendor',
  'migration-log',
]);

export class CommandTool implements Tool {
  readonly engine = 'command';
  readonly name: string;
  readonly isOpen = true;
  readonly probe: Words | null;
  private readonly words: Words;
  private readonly known: string | null;
  private readonly workingDirectory: string;
  private files: readonly string[] | null = null;

  constructor(request: Request) {
    const [program = '', ...rest] = request.command ?? [];
    this.words = [program, ...rest];
    const [first, ...more] = request.commandProbe ?? [];
    this.probe = first === undefined ? null : [first, ...more];
    this.known = toolOfWords(this.words);
    this.name = this.known ?? program.split(/[\\/]/).at(-1) ?? program;
    this.workingDirectory = request.workingDirectory;
  }

  async read(): Promise<void> {}

  /** By its command, else by what the probe asked for. */
  tableOf(tables: readonly ToolTable[], said: readonly string[]): ToolTable | null {
    const own = this.known === null ? [] : tables.filter(({ tool }) => tool === this.known);
    const asked = (own.length > 0 ? own : tables).filter(({ table }) => said.some((sql) => sql.includes(table)));
    return (
      asked.find(({ schema }) => schema === 'public') ??
      asked[0] ??
      own.find(({ schema }) => schema === 'public') ??
      own[0] ??
      null
    );
  }

  standing(versions: readonly ToolVersion[]): Standing {
    const applied = versions.filter(({ state }) => state === 'applied');
    return {
      pending: [],
      currentVersion: applied.at(-1)?.version ?? null,
      applied: applied.map(({ version }) => ({ version, checksum: '' })),
      extra: [{ version: 'command', checksum: sha256(JSON.stringify(this.words)) }],
      ways: new Map(),
      problems: [],
      warnings: [],
    };
  }

  stillPending(pending: readonly PlannedMigration[], versions: readonly ToolVersion[]) {
    const applied = versions.filter(({ state }) => state === 'applied').map(({ version }) => version);
    return {
      pending: pending.filter(({ version }) => !applied.includes(version)),
      currentVersion: applied.at(-1) ?? null,
    };
  }

  upgrade(): Words {
    return this.words;
  }

  /** Its checksum is that of what it sends, as nothing else is known of every tool's files. */
  planned(version: string | null, texts: readonly StatementText[]): PlannedMigration {
    const path = version === null ? this.fileAmongWords() : this.fileOf(version);
    const lines = path === null ? [] : linesOf(path);
    const file = path === null ? '' : relative(this.workingDirectory, path).split(sep).join('/');
    const told = texts.map((text) => ({ ...text, line: lineOf(text.sql, lines, 1) }));
    // A clock's values are others each time: of rows, what is done to them counts.
    const checksum = sha256(texts.map(({ sql }) => withoutValues(sql)).join('\0'));
    const name = version === null ? this.name : nameOf(version);
    return planned(
      { version: version ?? UNRECORDED, name, file, path: path ?? '', bytes: 0, checksum, allow: [] },
      told,
    );
  }

  /** `psql -f schema.sql`. */
  private fileAmongWords(): string | null {
    const path = this.words
      .slice(1)
      .map((word) => join(this.workingDirectory, word))
      .find((one) => /\.sql$/i.test(one) && isFile(one));
    return path ?? null;
  }

  /** `20250101_add.sql`, `shop/migrations/0001_initial.py`, `20250101_add/migration.sql`. */
  private fileOf(version: string): string | null {
    this.files ??= filesUnder(this.workingDirectory);
    const [, app, bare] = /^([A-Za-z_]\w*)\.(.+)$/.exec(version) ?? [];
    const name = bare ?? version;
    const fits = (path: string) => {
      const parts = path.split(sep);
      const last = parts.at(-1) ?? '';
      const holder = parts.at(-2) ?? '';
      if (app !== undefined) return last === `${name}.py` && holder === 'migrations' && parts.at(-3) === app;
      return (
        last === name ||
        last.startsWith(`${name}.`) ||
        last.startsWith(`${name}_`) ||
        last.startsWith(`${name}-`) ||
        (holder === name && /\.sql$/.test(last))
      );
    };
    const found = this.files.find((path) => fits(path) && !/\.down\./.test(path));
    return found === undefined ? null : join(this.workingDirectory, found);
  }

  recordedBy(): null {
    return null;
  }

  explain(): null {
    return null;
  }

  async render(): Promise<null> {
    return null;
  }

  async remarks(): Promise<readonly string[]> {
    return [];
  }
}

/** Without the number or the application in front of it. */
function nameOf(version: string): string {
  return version.replace(/^[\w]+\.(?=\d)/, '').replace(/^\d+[_-](?=.)/, '');
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function linesOf(path: string): readonly string[] {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return size > LONGEST_FILE_BYTES ? [] : readFileSync(path, 'utf8').split('\n');
}

/** Relative to the folder, nearest first. */
function filesUnder(folder: string): readonly string[] {
  const found: string[] = [];
  let folders = [''];
  let seen = 0;
  while (folders.length > 0) {
    const next: string[] = [];
    for (const at of folders) {
      for (const entry of readdirSync(join(folder, at), { withFileTypes: true })) {
        seen += 1;
        if (seen > MOST_ENTRIES) return found;
        if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) next.push(join(at, entry.name));
        else if (entry.isFile()) found.push(join(at, entry.name));
      }
    }
    folders = next;
  }
  return found;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
