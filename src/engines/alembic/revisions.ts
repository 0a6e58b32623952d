/** The revisions of an Alembic project, as `alembic history --verbose` tells them, and which of them are pending. Pure. */
import { brief, oneLine } from '../../report/text.ts';
import { named, shellWord } from './named.ts';

export interface Revision {
  readonly revision: string;
  /** `down_revision`, in the file's order; empty for a base, several for a merge. */
  readonly parents: readonly string[];
  /** `depends_on`, as revision ids. */
  readonly dependsOn: readonly string[];
  /** Labels in effect here; alembic hands them on along a branch. */
  readonly branchLabels: readonly string[];
  /** As alembic printed it: absolute. */
  readonly path: string;
  /** The docstring's first paragraph on one line; empty where there is none. */
  readonly message: string;
  /** `Create Date` as written in the docstring (`2024-03-01 10:11:12.131415`), or null. */
  readonly date: string | null;
  /** No revision has it as its parent. */
  readonly isHead: boolean;
  readonly isMerge: boolean;
}

/** What was printed is not a whole history. */
export interface HistoryProblem {
  readonly message: string;
  readonly next: string;
}

export interface RevisionProblem {
  readonly kind:
    | 'several-heads'
    /** The database holds a revision that the project lacks. */
    | 'unknown-revision'
    /** The database's version table holds a revision and its own ancestor: alembic refuses that. */
    | 'overlapping'
    | 'unknown-target'
    /** The target is applied already and more than it: an upgrade to it does nothing. */
    | 'target-behind';
  readonly version: string;
  readonly file: string | null;
  readonly message: string;
  readonly next: string;
}

export interface RevisionPlan {
  readonly heads: readonly Revision[];
  /** What the database says that the project does not know. */
  readonly unknown: readonly string[];
  /** The full id to upgrade to; null where there is no such one. */
  readonly target: Revision | null;
  /**
   * In the order in which `alembic upgrade` runs them. With several heads and no target: all that lead to any of them.
   * Empty when the database or the target is at a revision that is not known.
   */
  readonly pending: readonly Revision[];
  /** Applied ones, oldest first. */
  readonly applied: readonly Revision[];
  readonly problems: readonly RevisionProblem[];
}

/**
 * Reads what `alembic history --verbose` printed (1.8 to 1.20: the same text), newest revision first. An empty text is a
 * project without revisions. Lines before the first entry, which a migration's `print` may have left, are passed over.
 */
export function parseHistory(text: string): Revision[] | HistoryProblem {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const starts = lines.flatMap((line, index) => (line.startsWith('Rev: ') ? [index] : []));
  if (starts.length === 0) return text.trim() === '' ? [] : unreadable(`it holds no revision: ${shown(text)}`);
  const entries: Revision[] = [];
  for (const [index, start] of starts.entries()) {
    const entry = parseEntry(lines.slice(start, starts[index + 1]));
    if (typeof entry === 'string') return unreadable(entry);
    entries.push(entry);
  }
  return linked(entries);
}

// A docstring's lines are indented by alembic: none of them can be taken for one of these.
const FIELD = /^(Parent|Merges|Also depends on|Branches into|Branch names|Path): (.*)$/;
const MARKER = / \((head|effective head|branchpoint|mergepoint|current)\)$/;

function parseEntry(lines: readonly string[]): Revision | string {
  const [first = '', ...rest] = lines;
  let revision = first.slice('Rev: '.length);
  const markers = new Set<string>();
  for (let match = MARKER.exec(revision); match !== null; match = MARKER.exec(revision)) {
    markers.add(match[1] ?? '');
    revision = revision.slice(0, match.index);
  }
  const fields = new Map<string, string>();
  let line = 0;
  for (; line < rest.length && rest[line] !== ''; line++) {
    const [, name, value] = FIELD.exec(rest[line] ?? '') ?? [];
    if (name === undefined || value === undefined) return `after ${shown(first)} stands ${shown(rest[line] ?? '')}`;
    fields.set(name, value);
  }
  const parents = fields.get('Merges') ?? fields.get('Parent');
  const path = fields.get('Path');
  if (parents === undefined || path === undefined) return `${shown(first)} is cut off`;
  const docstring = rest.slice(line + 1).map((text) => text.replace(/^ {4}/, ''));
  const end = docstring.findIndex((text) => text.trim() === '');
  const message = oneLine((end === -1 ? docstring : docstring.slice(0, end)).join('\n'));
  return {
    revision,
    parents: parents === '<base>' ? [] : parents.split(', '),
    dependsOn: list(fields.get('Also depends on')),
    branchLabels: list(fields.get('Branch names')),
    path,
    // A docstring without a message starts with what the template writes under it.
    message: message.startsWith('Revision ID:') ? '' : message,
    date: /^Create Date: (.+)$/m.exec(docstring.join('\n'))?.[1]?.trim() ?? null,
    isHead: markers.has('head') || markers.has('effective head'),
    isMerge: markers.has('mergepoint'),
  };
}

const list = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(', '));

/** Dependencies by id; whatever a revision stands on must be listed below it, else something is missing. */
function linked(entries: readonly Revision[]): Revision[] | HistoryProblem {
  const place = new Map(entries.map((entry, index) => [entry.revision, index]));
  const result: Revision[] = [];
  for (const [index, entry] of entries.entries()) {
    const dependsOn: string[] = [];
    for (const name of entry.dependsOn) {
      const known = place.has(name) ? name : labelled(entries, name);
      if (known === null) return unreadable(`${entry.revision} depends on ${shown(name)}, which is not in it`);
      dependsOn.push(known);
    }
    for (const below of [...entry.parents, ...dependsOn]) {
      if ((place.get(below) ?? -1) > index) continue;
      return unreadable(`${entry.revision} stands on ${shown(below)}, which is not listed below it`);
    }
    result.push({ ...entry, dependsOn });
  }
  return result;
}

/** The revision at which a label begins, where that is one: alembic prints the label at all that follow too. */
function labelled(entries: readonly Revision[], label: string): string | null {
  const bearers = new Set(entries.filter((e) => e.branchLabels.includes(label)).map((e) => e.revision));
  const first = entries.filter((e) => bearers.has(e.revision) && !e.parents.some((parent) => bearers.has(parent)));
  return first.length === 1 ? (first[0]?.revision ?? null) : null;
}

function unreadable(what: string): HistoryProblem {
  return {
    message: `what \`alembic history --verbose\` printed cannot be read: ${what}`,
    next: 'Run `alembic history --verbose` in the working directory: what it prints must be the whole history.',
  };
}

/**
 * What an upgrade from `current` (the rows of the version table) to `target` would run. `target`: a revision id, the
 * beginning of exactly one, or null or `head` for the one head. `revisions` as `parseHistory` gives them.
 */
export function planRevisions(
  revisions: readonly Revision[],
  current: readonly string[],
  target: string | null,
): RevisionPlan {
  const graph = new Graph(revisions);
  const heads = revisions.filter((revision) => revision.isHead);
  const unknown = current.filter((id) => !graph.has(id));
  const appliedIds = graph.closure(current.filter((id) => graph.has(id)));
  const applied = revisions.filter(({ revision }) => appliedIds.has(revision)).toReversed();
  const problems: RevisionProblem[] = [...notInProject(unknown), ...overlapping(graph, current)];

  const found = findTarget(revisions, heads, target);
  if (found.problem !== null) problems.push(found.problem);
  const wanted = found.targets;
  const only = wanted.length === 1 && found.problem === null ? (wanted[0] ?? null) : null;
  if (only !== null && unknown.length === 0 && appliedIds.has(only.revision) && !current.includes(only.revision)) {
    if (target !== null && target !== 'head') problems.push(behind(only, current));
  }
  // Several: alembic begins with the first file, and only with those that no other revision depends on.
  const ids = wanted
    .filter(({ revision }) => wanted.length === 1 || !revisions.some((other) => other.dependsOn.includes(revision)))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ revision }) => revision);
  const needed = new Set([...graph.closure(ids)].filter((id) => !appliedIds.has(id)));
  const pending = unknown.length > 0 ? [] : graph.newestFirst(needed, ids).toReversed();
  return { heads, unknown, target: only, pending, applied, problems };
}

function notInProject(unknown: readonly string[]): RevisionProblem[] {
  return unknown.map((id) => ({
    kind: 'unknown-revision' as const,
    version: id,
    file: null,
    message: `the database is at revision ${named(id)}, which none of the project's migration files has`,
    next: `Find the commit that has it with \`git log --all --oneline -S ${shellWord(id)}\`, bring the file back (the branch may be behind), then run again.`,
  }));
}

function overlapping(graph: Graph, current: readonly string[]): RevisionProblem[] {
  return current.flatMap((id) => {
    const under = current.filter((other) => other !== id && graph.has(id) && graph.closure([id]).has(other));
    return under.map((other) => ({
      kind: 'overlapping' as const,
      version: other,
      file: null,
      message: `the database's version table holds ${named(other)} beside ${named(id)}, which stands on it`,
      next: `If ${named(other)} is applied, delete its row from the version table: ${named(id)} says so already; then run again.`,
    }));
  });
}

interface Found {
  readonly targets: readonly Revision[];
  readonly problem: RevisionProblem | null;
}

function findTarget(revisions: readonly Revision[], heads: readonly Revision[], target: string | null): Found {
  if (target === null || target === 'head') {
    return { targets: heads, problem: heads.length > 1 ? severalHeads(heads) : null };
  }
  const exact = revisions.find(({ revision }) => revision === target);
  if (exact) return { targets: [exact], problem: null };
  // Alembic too takes the beginning of an id for it, of ids of four characters or more.
  const begins = revisions.filter(({ revision }) => revision.length > 3 && revision.startsWith(target));
  if (begins.length === 1) return { targets: begins, problem: null };
  const message =
    begins.length === 0
      ? `target-version ${shown(target)}: there is no such revision`
      : `target-version ${shown(target)} is the beginning of several revisions: ${begins.map(described).join(', ')}`;
  const last = heads.length > 0 ? `; the last is ${heads.map(({ revision }) => revision).join(', ')}` : '';
  return {
    targets: [],
    problem: {
      kind: 'unknown-target',
      version: target,
      file: null,
      message,
      next: `Set \`target-version\` to the id of a revision, to the beginning of one, or to \`head\`${last}.`,
    },
  };
}

function severalHeads(heads: readonly Revision[]): RevisionProblem {
  const ids = heads.map(({ revision }) => revision);
  return {
    kind: 'several-heads',
    version: ids.join(', '),
    file: heads[0]?.path ?? null,
    message: `the project has ${heads.length} heads: ${heads.map(described).join(', ')}`,
    next: `Run \`alembic merge -m "merge heads" ${ids.map(shellWord).join(' ')}\` and commit the file that it writes, then run again.`,
  };
}

function behind(target: Revision, current: readonly string[]): RevisionProblem {
  return {
    kind: 'target-behind',
    version: target.revision,
    file: target.path,
    message: `target-version ${described(target)} is applied already, and the database is beyond it, at ${current.join(', ')}`,
    next: 'Set `target-version` to a later revision, or leave it out to go to the head.',
  };
}

const described = ({ revision, message }: Revision) =>
  message === '' ? named(revision) : `${named(revision)} (${named(message)})`;

const shown = (text: string) => JSON.stringify(brief(text, 80));

/** Who stands on whom, and alembic's order. */
class Graph {
  private readonly byId: ReadonlyMap<string, Revision>;

  constructor(revisions: readonly Revision[]) {
    this.byId = new Map(revisions.map((revision) => [revision.revision, revision]));
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  private parents(id: string): readonly string[] {
    return this.byId.get(id)?.parents ?? [];
  }

  /** Parents, and the dependencies that no ancestor has already. */
  private below(id: string): readonly string[] {
    const dependsOn = new Set(this.byId.get(id)?.dependsOn ?? []);
    if (dependsOn.size === 0) return this.parents(id);
    for (const ancestor of this.walk([id], (one) => this.parents(one))) {
      if (ancestor === id) continue;
      for (const one of this.byId.get(ancestor)?.dependsOn ?? []) dependsOn.delete(one);
    }
    return [...new Set([...this.parents(id), ...dependsOn])];
  }

  /** These and all that they stand on. */
  closure(ids: readonly string[]): Set<string> {
    return this.walk(ids, (id) => [...this.parents(id), ...(this.byId.get(id)?.dependsOn ?? [])]);
  }

  private walk(from: readonly string[], step: (id: string) => readonly string[]): Set<string> {
    const seen = new Set<string>();
    const todo = [...from];
    for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      todo.push(...step(id));
    }
    return seen;
  }

  /**
   * Alembic's own order (`RevisionMap._topological_sort`), newest first; ties break as there: it walks down one branch
   * for as long as no other open branch stands on what comes next. Several dependencies of one revision are walked in the
   * order written; alembic's order of those differs from run to run.
   */
  newestFirst(wanted: ReadonlySet<string>, heads: readonly string[]): Revision[] {
    const todo = new Set(wanted);
    const result: Revision[] = [];
    const open = heads.filter((id) => todo.has(id)).map((id) => ({ id, above: this.closure([id]) }));
    let at = 0;
    for (let branch = open[at]; branch !== undefined; branch = open[at]) {
      const { id, above } = branch;
      const blocking = open.findIndex((other) => other !== branch && other.above.has(id));
      if (blocking !== -1) {
        at = blocking;
        continue;
      }
      const revision = this.byId.get(id);
      if (revision !== undefined && todo.delete(id)) result.push(revision);
      const [next, ...more] = this.below(id).filter((one) => todo.has(one) && !open.some((other) => other.id === one));
      if (next === undefined) {
        open.splice(at, 1);
        at = Math.max(at - 1, 0);
        continue;
      }
      if (more.length === 0 && this.below(id).length === 1) {
        // Down a plain line: what lies under `next` lies under `id`.
        above.delete(id);
        branch.id = next;
        continue;
      }
      open[at] = { id: next, above: this.closure([next]) };
      for (const one of more) open.push({ id: one, above: this.closure([one]) });
    }
    return result;
  }
}
