/** Alembic, as a project has it: its revisions, its commands, its words. */

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { delimiter, dirname, join, relative, resolve, sep } from 'node:path';
import type { Log } from '../../log.ts';
import type { PlannedMigration, PlanProblem, StatementText } from '../../plan/plan.ts';
import { cancelled, Stop } from '../../report/stop.ts';
import { brief, duration, plural } from '../../report/text.ts';
import type { Request } from '../../request/request.ts';
import { type Ended, type Probed, probeTool } from '../tool/child.ts';
import { childEnvironment } from '../tool/environment.ts';
import { lineOf, planned, type ToolMigration, UNRECORDED } from '../tool/planned.ts';
import { keptOut } from '../tool/running.ts';
import { type Asked, askedFor, type ToolTable, type ToolVersion } from '../tool/tables.ts';
import type { Explained, Fingerprinted, LookedThrough, Standing, Tool, Words } from '../tool/tool.ts';
import { checkOf, currentOf, findAlembic, historyOf, sqlOf, upgradeOf } from './command.ts';
import { differencesIn } from './differences.ts';
import { explainAlembic } from './explain.ts';
import { parseHistory, planRevisions, type Revision, type RevisionPlan, type RevisionProblem } from './revisions.ts';

type Env = Readonly<Record<string, string | undefined>>;

const HISTORY_MS = 60_000;
/** It is waited for before the dry run; what takes longer to write down is not pleasant to read either. */
const RENDER_MS = 15_000;
/** Tables of the gate's own, which no project has a model of. */
const OURS = ['migration_history', 'schema_migrations'];
/** Nothing listens there. */
const NOWHERE = { host: '127.0.0.1', port: 1 };

interface Source extends ToolMigration {
  readonly lines: readonly string[];
  /** Where its `upgrade` begins. */
  readonly upgradeAt: number;
  /** Its `downgrade` does something. */
  readonly hasWayBack: boolean;
}

export class AlembicTool implements Tool {
  readonly engine = 'alembic';
  readonly name = 'alembic';
  readonly isOpen = false;
  private readonly request: Request;
  private readonly env: Env;
  private readonly log: Log;
  private readonly signal: AbortSignal;
  private words: Words = ['alembic'];
  private revisions: readonly Revision[] = [];
  private readonly sources = new Map<string, Source>();
  private configuration: readonly Fingerprinted[] = [];
  private isRead = false;
  /** env.py says where the version table is. */
  private choosesTable = false;
  private standingNow: RevisionPlan | null = null;
  private current: readonly string[] = [];

  constructor(request: Request, env: Env, log: Log, signal: AbortSignal) {
    this.request = request;
    this.env = env;
    this.log = log;
    this.signal = signal;
  }

  get probe(): Words {
    return currentOf(this.words, this.request.alembicConfig);
  }

  async read(): Promise<void> {
    // Which revisions there are was settled then: that of those that would run nothing was edited is all there is to see.
    if (!this.isRead) await this.readHistory();
    await Promise.all([this.readConfiguration(), this.readSources()]);
    this.isRead = true;
  }

  private async readHistory(): Promise<void> {
    const { workingDirectory, alembicConfig, alembicCommand } = this.request;
    const found = await findAlembic({
      workingDirectory,
      given: alembicCommand,
      config: alembicConfig,
      env: this.env,
      exists: (path) => isThere(path, constants.F_OK),
      onPath: (program) => this.isOnPath(program),
      succeeds: async ([program = '', ...rest]) => (await this.quietly([program, ...rest], HISTORY_MS)).code === 0,
    });
    if (!('words' in found)) throw new Stop({ result: 'failed', class: 'tool', ...found, badInput: true });
    this.words = found.words;
    this.log.detail(`alembic: ${found.words.join(' ')} (${found.how})`);
    const words = historyOf(found.words, alembicConfig);
    const ended = await this.quietly(words, HISTORY_MS);
    if (ended.stopped) throw tooSlow(words, HISTORY_MS);
    const told = explainAlembic(ended);
    if (ended.error || ended.code !== 0) {
      throw new Stop({
        result: 'failed',
        class: told?.class ?? 'tool',
        message:
          told?.message ?? `${found.words.join(' ')} history: ${ended.error?.message ?? `exit code ${ended.code}`}`,
        next: told?.next ?? 'Run `alembic history` in the working directory and correct what it says, then run again.',
        file: told?.file ? this.shown(told.file) : null,
        line: told?.line ?? null,
      });
    }
    const revisions = parseHistory(ended.stdout);
    if (!Array.isArray(revisions))
      throw new Stop({ result: 'failed', class: 'tool', ...(revisions as { message: string; next: string }) });
    this.revisions = revisions;
    // Two files of one revision id lose a migration, and alembic only warns of it.
    if (told?.class) throw new Stop({ result: 'failed', class: told.class, message: told.message, next: told.next });
  }

  /** env.py and the ini make an apply what it is, beside the revisions. */
  private async readConfiguration(): Promise<void> {
    const { workingDirectory, alembicConfig } = this.request;
    const [first] = this.revisions;
    const paths = [resolve(workingDirectory, alembicConfig)];
    if (first) paths.push(join(dirname(dirname(first.path)), 'env.py'));
    const found = await Promise.all(
      paths.map(async (path) => {
        const text = await readFile(path).catch(() => null);
        if (text?.includes('version_table') || text?.includes('search_path')) this.choosesTable = true;
        return text === null ? null : { version: this.shown(path), checksum: sha256(text) };
      }),
    );
    this.configuration = found.filter((one) => one !== null);
  }

  tableOf(tables: readonly ToolTable[], said: readonly Asked[] | null): ToolTable | null {
    const own = tables.filter(({ tool }) => tool === 'Alembic');
    if (said === null) return own.find(({ schema }) => schema === 'public') ?? own[0] ?? null;
    // Where it has asked for none of them, its own is not made yet.
    return (
      askedFor(
        own,
        said.filter(({ sql }) => /\bversion_num\b/.test(sql)),
      )[0] ?? null
    );
  }

  isInDoubt(tables: readonly ToolTable[]): boolean {
    const own = tables.filter(({ tool }) => tool === 'Alembic');
    return own.length > 0 && (this.choosesTable || own.length > 1 || own[0]?.schema !== 'public');
  }

  standing(versions: readonly ToolVersion[]): Standing {
    this.current = versions.map(({ version }) => version);
    const plan = planRevisions(this.revisions, this.current, this.target());
    this.standingNow = plan;
    return {
      pending: plan.pending.map((one) => plannedAs(this.sourceOf(one), [])),
      currentVersion: this.current.length === 0 ? null : this.current.join(', '),
      applied: plan.applied.map((one) => ({ version: one.revision, checksum: this.sourceOf(one).checksum })),
      extra: this.configuration,
      ways: new Map(
        plan.pending
          .filter((one) => this.sourceOf(one).hasWayBack)
          .map((one) => [one.revision, this.sourceOf(one).file]),
      ),
      problems: plan.problems.map((one) => this.problemOf(one)),
      warnings: [],
    };
  }

  stillPending(pending: readonly PlannedMigration[], versions: readonly ToolVersion[]) {
    const current = versions.map(({ version }) => version);
    const applied = new Set(planRevisions(this.revisions, current, null).applied.map(({ revision }) => revision));
    return {
      pending: pending.filter(({ version }) => !applied.has(version)),
      currentVersion: current.length === 0 ? null : current.join(', '),
    };
  }

  private target(): string | null {
    const { targetVersion } = this.request;
    return targetVersion === 'head' || targetVersion === 'heads' ? null : targetVersion;
  }

  private problemOf({ kind, version, file, message, next }: RevisionProblem): PlanProblem {
    const kinds = {
      'several-heads': 'out-of-order',
      'unknown-revision': 'missing',
      overlapping: 'missing',
      'unknown-target': 'target',
      'target-behind': 'target',
    } as const;
    return { kind: kinds[kind], version, file: file === null ? null : this.shown(file), message, next };
  }

  upgrade(pending: readonly PlannedMigration[]): Words {
    const target = this.standingNow?.target?.revision ?? pending.at(-1)?.version ?? 'head';
    return upgradeOf(this.words, this.request.alembicConfig, target);
  }

  planned(version: string | null, texts: readonly StatementText[]): PlannedMigration {
    const source = version === null ? undefined : this.sources.get(version);
    if (source) return plannedAs(source, texts);
    const nothing = { name: 'outside of any revision', file: '', path: '', bytes: 0, checksum: '', allow: [] };
    return planned({ version: version ?? UNRECORDED, ...nothing }, texts);
  }

  private sourceOf(revision: Revision): Source {
    const known = this.sources.get(revision.revision);
    if (known) return known;
    throw new Error(`the file of revision ${revision.revision} was not read`);
  }

  /** Of each revision's file: its hash, and where things stand in it. */
  private async readSources(): Promise<void> {
    for (const { revision, path, message } of this.revisions) {
      const bytes = await readFile(path).catch((cause: unknown) => {
        throw new Stop(
          {
            result: 'failed',
            class: 'tool',
            message: `the file of revision ${revision} cannot be read: ${this.shown(path)}`,
            next: 'Check its rights, then run again.',
          },
          { cause },
        );
      });
      const lines = bytes.toString().split('\n');
      const upgradeAt = lines.findIndex((line) => /^(?:async\s+)?def\s+upgrade\b/.test(line)) + 1;
      this.sources.set(revision, {
        version: revision,
        name: message || revision,
        file: this.shown(path),
        path,
        bytes: bytes.length,
        checksum: sha256(
          bytes
            .toString()
            .replace(/^\uFEFF/, '')
            .replaceAll('\r\n', '\n'),
        ),
        allow: allowances(lines),
        lines,
        upgradeAt: Math.max(1, upgradeAt),
        hasWayBack: doesSomething(lines, 'downgrade'),
      });
    }
  }

  /** Every driver is given the ids as literals; a DELETE only precedes the UPDATE of a merge. */
  recordedBy(sql: string): readonly string[] | null {
    if (/^\s*delete\b/i.test(sql)) return [];
    const id = /\b(?:set\s+version_num\s*=\s*|values\s*\(\s*)'([^']+)'/i.exec(sql)?.[1];
    return id !== undefined && this.sources.has(id) ? [id] : null;
  }

  explain(ended: Ended): Explained | null {
    const told = explainAlembic(ended);
    if (!told?.class) return null;
    const { message, meaning, next, file, line } = told;
    return { class: told.class, message, meaning, next, line, file: file === null ? null : this.shown(file) };
  }

  async render(pending: readonly PlannedMigration[]): Promise<string | null> {
    const target = this.standingNow?.target?.revision;
    if (pending.length === 0 || target === undefined || this.current.length > 1) return null;
    const words = sqlOf(this.words, this.request.alembicConfig, this.current[0] ?? null, target);
    const ended = await this.quietly(words, RENDER_MS);
    if (ended.code === 0 && ended.stdout.trim() !== '') return ended.stdout;
    this.log.detail('alembic upgrade --sql cannot write this upgrade down: plan.sql holds what the dry run saw');
    return null;
  }

  async remarks(look: (words: Words) => Promise<LookedThrough>): Promise<readonly string[]> {
    const { ended } = await look(checkOf(this.words, this.request.alembicConfig));
    const differences = differencesIn(`${ended.stdout}\n${ended.stderr}`, OURS);
    if (differences.length === 0) return [];
    const [first = ''] = differences;
    const more = differences.length === 1 ? '' : ` and ${plural(differences.length - 1, 'other difference')}`;
    return [`alembic check: the project's models and the database differ: ${brief(first, 300)}${more}`];
  }

  /** Without any way to the database. */
  private async quietly(words: Words, limitMs: number): Promise<Probed> {
    const { target, urlVariables, secrets, workingDirectory } = this.request;
    const { user, database } = target;
    const { env } = childEnvironment({
      env: this.env,
      target,
      own: { ...NOWHERE, user, database, password: 'none', sslRootCert: null },
      variables: urlVariables,
      rehearsal: true,
      secrets,
      nullDevice: devNull,
    });
    const childEnv = { PYTHONUTF8: '1', ...env };
    const kept = await keptOut(words, { request: this.request, env: childEnv, allow: [], log: this.log });
    const start = { words: kept.words, cwd: workingDirectory, env: childEnv };
    const ended = await probeTool(start, limitMs, this.signal);
    if (this.signal.aborted) throw cancelled(`while ${words[0]} was reading the project`);
    return { ...kept.read(ended), stopped: ended.stopped };
  }

  private async isOnPath(program: string): Promise<boolean> {
    const folders = (this.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
    for (const folder of folders) if (await isThere(join(folder, program), constants.X_OK)) return true;
    return false;
  }

  private shown(path: string): string {
    const inside = relative(this.request.workingDirectory, path);
    return inside.split(sep).join('/');
  }
}

function plannedAs({ lines, upgradeAt, hasWayBack: _, ...source }: Source, texts: readonly StatementText[]) {
  return planned(
    source,
    texts.map((text) => ({ ...text, line: lineOf(text.sql, lines, upgradeAt) })),
  );
}

function tooSlow(words: Words, limitMs: number): Stop {
  return new Stop({
    result: 'failed',
    class: 'tool',
    message: `\`${words.join(' ')}\` did not come to an end within ${duration(limitMs)}`,
    next: 'Run it in the working directory: it needs no database, and a revision must do nothing where it is only loaded.',
  });
}

function isThere(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The function has a line that is more than `pass`, a comment or a docstring of one line. */
function doesSomething(lines: readonly string[], name: string): boolean {
  const start = lines.findIndex((line) => new RegExp(`^(?:async\\s+)?def\\s+${name}\\b`).test(line));
  if (start < 0) return false;
  const end = lines.findIndex((line, at) => at > start && /^\S/.test(line));
  const body = lines.slice(start + 1, end < 0 ? undefined : end).map((line) => line.trim());
  return body.some((line) => line !== '' && !/^(?:pass$|\.\.\.$|#|("""|''').*\1$)/.test(line));
}

/** `# gate: allow <rule> <reason>`, as `-- gate: allow` in an SQL file. */
function allowances(lines: readonly string[]) {
  return lines.flatMap((text, at) => {
    const [, rule, reason] = /^\s*#\s*gate:\s*allow\s+([a-z0-9-]+)\s+(\S.*)$/.exec(text) ?? [];
    return rule && reason ? [{ rule, reason: reason.trim(), line: at + 1 }] : [];
  });
}
