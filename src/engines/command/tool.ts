/** Any tool that somebody names: what it has applied stands in its own table, where that is known. */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { PlannedMigration, StatementText } from '../../plan/plan.ts';
import { failureOfClass } from '../../report/failure.ts';
import { brief } from '../../report/text.ts';
import type { Request } from '../../request/request.ts';
import { toolOfWords } from '../shared/known-tools.ts';
import type { Ended } from '../tool/child.ts';
import { linesOf, planned, textOf, UNRECORDED } from '../tool/planned.ts';
import { type Asked, askedFor, type ToolTable, type ToolVersion } from '../tool/tables.ts';
import type { Explained, Standing, Tool, Words } from '../tool/tool.ts';
import { constantForm } from './form.ts';
import { readScript, type Script } from './psql.ts';

/** A project's folders are looked through for a migration's file up to here. */
const MOST_ENTRIES = 20_000;
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
  tableOf(tables: readonly ToolTable[], said: readonly Asked[] | null): ToolTable | null {
    const own = this.known === null ? [] : tables.filter(({ tool }) => tool === this.known);
    const candidates = own.length > 0 ? own : tables;
    const named = candidates.filter(({ table }) => said?.some(({ sql }) => sql.includes(table)));
    const asked = askedFor(named, said ?? []);
    return (
      asked[0] ??
      named.find(({ schema }) => schema === 'public') ??
      named[0] ??
      own.find(({ schema }) => schema === 'public') ??
      own[0] ??
      null
    );
  }

  isInDoubt(tables: readonly ToolTable[]): boolean {
    return tables.length > 1;
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
  planned(version: string | null, texts: readonly StatementText[], ended: Ended | null = null): PlannedMigration {
    const path = version === null ? this.fileWithout(ended) : this.fileOf(version);
    const script = path === null ? null : this.scriptOf(path);
    const lines = script ? script.linesOf(texts.map(({ sql }) => sql)) : [];
    const file = path === null ? '' : this.shown(path);
    const name = version === null && path === null ? this.name : nameOf(version, path);
    const checksum = sha256(texts.map(({ sql }) => constantForm(sql, Date.now())).join('\0'));
    return planned(
      {
        version: version ?? UNRECORDED,
        name,
        file,
        path: path ?? '',
        bytes: 0,
        checksum,
        allow: script ? allowances(script.text) : [],
      },
      texts.map((text, at) => ({ ...text, line: lines[at] ?? 1 })),
    );
  }

  private scriptOf(path: string): Script {
    if (this.name === 'psql') return readScript(path, this.workingDirectory, textOf);
    const text = textOf(path);
    return { text, linesOf: (statements) => linesOf(statements, text, 1) };
  }

  /** What stands on no record is the file that the command names, or the one that the tool was at when it failed. */
  private fileWithout(ended: Ended | null): string | null {
    const [path] = this.words
      .slice(1)
      .map((word) => resolve(this.workingDirectory, word.replace(/^--file=/, '')))
      .filter((one) => /\.sql$/i.test(one) && isFile(one));
    if (path !== undefined || ended === null) return path ?? null;
    // The last of the project's migrations that it has named.
    const words = `${ended.stdout}\n${ended.stderr}`.match(/[\w@.-]*\d[\w@.-]*/g) ?? [];
    for (const word of words.reverse()) {
      const found = word.length < SHORTEST_NAME ? null : this.fileOf(word.replace(/\.+$/, ''));
      if (found !== null) return found;
    }
    return null;
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

  /** psql says where it was: `psql:parts/4_orders.sql:18: ERROR:  ...`. */
  explain({ stdout, stderr, code }: Ended): Explained | null {
    const places = [...`${stdout}\n${stderr}`.matchAll(/^psql:(.+?):(\d+): (?:ERROR|FATAL|PANIC|error):\s*(.*)$/gm)];
    const [, file, line, message = ''] = places.at(-1) ?? [];
    if (file === undefined || code === 0) return null;
    const path = resolve(this.workingDirectory, file);
    const { meaning, next } = failureOfClass('tool');
    return {
      class: 'tool',
      message: `psql: ${brief(message, 300)}`,
      meaning,
      next,
      file: this.shown(path),
      line: Number(line),
    };
  }

  async render(): Promise<null> {
    return null;
  }

  async remarks(): Promise<readonly string[]> {
    return [];
  }

  private shown(path: string): string {
    return relative(this.workingDirectory, path).split(sep).join('/');
  }
}

const SHORTEST_NAME = 4;

/** Without the number or the application in front of it, and without the file's ending. */
function nameOf(version: string | null, path: string | null): string {
  const file = path === null ? null : relative(join(path, '..'), path).replace(/\.\w+$/, '');
  const bare = (text: string) => text.replace(/^\w+\.(?=\d)/, '').replace(/^\d+[_-](?=.)/, '');
  if (version === null) return bare(file ?? '');
  return /^\d+$/.test(version) && file !== null ? bare(file) : bare(version);
}

/** `-- gate: allow <rule> <reason>`, in whatever way the file's language writes a comment. */
function allowances(text: string) {
  return text.split('\n').flatMap((line, at) => {
    const [, rule, reason] = /^\s*(?:--|#|\/\/)\s*gate:\s*allow\s+([a-z0-9-]+)\s+(\S.*)$/.exec(line) ?? [];
    return rule && reason ? [{ rule, reason: reason.trim(), line: at + 1 }] : [];
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
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
