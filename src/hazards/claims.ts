/** The statements of a run -> what their text claims that they will do. */

import type { Effect } from '../report/outcome.ts';
import { redactor } from '../report/redact.ts';
import { cut } from '../report/text.ts';
import { LONGEST_PARSED, loadParser, type Node, type Parser } from '../sql/parse.ts';
import { type Action, actionsOf } from './actions.ts';
import { ruleOf } from './catalogue.ts';
import type { Asked, Claim } from './claim.ts';
import { walk } from './expressions.ts';
import { BLOCKS_WRITES, locksOf, stronger } from './locks.ts';
import { known, type Name } from './names.ts';
import { findingsOf } from './rules/index.ts';
import type { Finding } from './rules/rule.ts';
import { secretIn } from './rules/security.ts';
import { withoutIndex } from './rules/transactions.ts';
import { kindOf, Run } from './run.ts';

export interface Setting {
  /** The server's; for a look without a database the newest that is known. */
  readonly major: number;
  /** Nothing will be executed: what the text leaves open is a hint. */
  readonly lint?: boolean;
  /** Loaded when there is something to read. */
  readonly parser?: Parser;
}

/** Characters to read between two turns of the event loop: a few milliseconds. */
const TURN = 16 * 1024;
/** What a statement costs whatever its length, as characters. */
const EACH = 256;

/**
 * What the text of a run's statements claims, in their order.
 * Statements come in the order in which they would be applied: what one makes, the next may do to it what it likes.
 * The event loop gets its turn now and then.
 */
export async function claimsOf(statements: Iterable<Asked>, setting: Setting): Promise<Claim[]> {
  let reader: Reader | null = null;
  let read = 0;
  for (const asked of statements) {
    reader ??= new Reader(setting.parser ?? (await loadParser()), setting);
    reader.read(asked);
    read += EACH + asked.sql.length;
    if (read < TURN) continue;
    read = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return reader?.end() ?? [];
}

interface Draft {
  readonly claim: Claim;
  readonly unlessMade: string | null;
}

interface ForeignKey {
  readonly asked: Asked;
  readonly relation: Name;
  readonly columns: readonly string[];
}

class Reader {
  private readonly run = new Run();
  private readonly claims: Claim[] = [];
  private readonly foreignKeys: ForeignKey[] = [];
  private readonly parser: Parser;
  private readonly setting: Setting;
  private file = '';
  private drafts: Draft[] = [];
  /** What the file at hand makes, by kind and name. */
  private readonly makes = new Set<string>();
  private unrepeatable: { readonly first: Asked; count: number } | null = null;
  private saysSeveral = false;

  constructor(parser: Parser, setting: Setting) {
    this.parser = parser;
    this.setting = setting;
  }

  read(asked: Asked): void {
    const file = `${asked.version} ${asked.file}`;
    if (file !== this.file) this.endFile();
    this.file = file;
    const secret = secretIn(asked.sql.length > LONGEST_PARSED ? asked.sql.slice(0, LONGEST_PARSED) : asked.sql);
    if (secret !== null) this.add(secret, asked, []);
    if (isBulk(asked.sql)) {
      this.usesNewValue((value) => asked.sql.includes(`'${value.replaceAll("'", "''")}'`), asked);
    } else {
      this.statement(asked.sql, asked, 0);
    }
    if (!asked.transactional) this.run.transactionEnds();
  }

  end(): Claim[] {
    this.endFile();
    for (const { asked, relation, columns } of this.foreignKeys) {
      if (this.run.hasIndexOn(relation, columns)) continue;
      this.claims.push(claimOf({ ...withoutIndex(relation, columns), relation }, asked, this.setting));
    }
    return this.claims;
  }

  private endFile(): void {
    for (const { claim, unlessMade } of this.drafts)
      this.claims.push(
        unlessMade !== null && this.makes.has(unlessMade)
          ? {
              ...claim,
              severity: 'info',
              effects: ['changes-behaviour'],
              message: `${claim.message} (the file makes it anew)`,
            }
          : claim,
      );
    if (this.unrepeatable !== null) {
      const { first, count } = this.unrepeatable;
      const many = count === 1 ? 'one statement' : `${count} statements, this one first,`;
      this.claims.push(
        claimOf(
          { rule: 'not-repeatable', message: `${many} would fail where it has been run already`, safer: null },
          first,
          this.setting,
        ),
      );
    }
    this.drafts = [];
    this.makes.clear();
    this.unrepeatable = null;
    this.saysSeveral = false;
    this.run.fileEnds();
  }

  private statement(sql: string, asked: Asked, depth: number): void {
    const parsed = this.parser.parse(sql);
    if ('problem' in parsed) {
      const message = `PostgreSQL's parser did not understand it: ${cut(parsed.problem, 200)}`;
      this.add({ rule: 'not-understood', message, safer: null }, asked, []);
      return;
    }
    for (const tree of parsed.trees) {
      const actions = actionsOf(tree, sql);
      this.judge(actions, sql, asked);
      this.usesNewValue((value) => holdsLiteral(tree, value), asked, actions);
      for (const action of actions) this.take(action, asked);
      if (actions[0]?.kind === 'do' && depth === 0) this.body(actions[0].language, sql, asked);
    }
  }

  private body(language: string, sql: string, asked: Asked): void {
    if (language !== 'plpgsql') return;
    const body = this.parser.parseBody(sql);
    if ('problem' in body) {
      const message = `the DO block's body could not be read: ${cut(body.problem, 200)}`;
      this.add({ rule: 'not-understood', message, safer: null }, asked, []);
      return;
    }
    if (body.dynamic)
      this.add(
        {
          rule: 'dynamic-sql',
          message: 'statements that it puts together while it runs are not in its text',
          safer: null,
        },
        asked,
        [],
      );
    for (const statement of body.statements) this.statement(statement, asked, 1);
  }

  private judge(actions: readonly Action[], sql: string, asked: Asked): void {
    const { run, setting } = this;
    const at = { asked, sql, major: setting.major, statement: actions, run };
    for (const action of actions) {
      for (const finding of findingsOf(action, at)) {
        const effects = finding.effects ?? ruleOf(finding.rule).effects;
        const { relation } = finding;
        if (relation && run.isNew(relation) && (run.isSurelyNew(relation) || !effects.includes('destroys'))) continue;
        this.add(finding, asked, actions);
      }
    }
    this.several(actions, asked);
  }

  private several(actions: readonly Action[], asked: Asked): void {
    if (!asked.transactional || this.saysSeveral) return;
    const before = new Set(this.run.blocked());
    if (before.size === 0) return;
    const next = actions
      .flatMap(locksOf)
      .find(
        ({ relation, mode }) =>
          BLOCKS_WRITES.has(mode) && !this.run.isNew(relation) && !before.has(this.run.key(relation)),
      );
    if (next === undefined) return;
    this.saysSeveral = true;
    const first = [...before][0]?.replace(/^public\./, '') ?? '';
    this.add(
      {
        rule: 'several-tables-locked',
        relation: next.relation,
        lock: next.mode,
        message: `\`${known(next.relation)}\` is locked while \`${first}\` still is: clients that take them in the other order and this migration may wait for each other`,
        safer: 'One migration for each table',
      },
      asked,
      [],
    );
  }

  /** After it was judged: what the next statements find. */
  private take(action: Action, asked: Asked): void {
    this.run.apply(action);
    const made = madeBy(action, this.run);
    if (made !== null) this.makes.add(made);
    if (failsTwice(action)) {
      if (this.unrepeatable === null) this.unrepeatable = { first: asked, count: 1 };
      else this.unrepeatable.count += 1;
    }
    for (const { relation, columns } of foreignKeysOf(action)) this.foreignKeys.push({ asked, relation, columns });
  }

  private usesNewValue(uses: (value: string) => boolean, asked: Asked, actions: readonly Action[] = []): void {
    if (!asked.transactional || this.run.enumValues.length === 0) return;
    if (actions.some(({ kind }) => kind === 'enum-add' || kind === 'enum-rename')) return;
    for (const { type, value } of this.run.enumValues) {
      // 17 lets it be used where the type is of the same transaction.
      if (this.setting.major >= 17 && this.run.isTypeOfTransaction(type)) continue;
      if (!uses(value)) continue;
      this.add(
        {
          rule: 'enum-value-used-at-once',
          message: `\`${value}\` was added to \`${known(type)}\` in the same transaction, in which PostgreSQL refuses to use it`,
          safer: 'Add the value in one migration, use it in the next',
        },
        asked,
        actions,
      );
      return;
    }
  }

  private add(finding: Finding, asked: Asked, actions: readonly Action[]): void {
    const claim = claimOf(finding, asked, this.setting);
    this.drafts.push({ claim: this.underStrongest(claim, finding, actions), unlessMade: finding.unlessMade ?? null });
  }

  /** The lock that it is done under: of the whole statement, and of the transaction so far. */
  private underStrongest(claim: Claim, { relation }: Finding, actions: readonly Action[]): Claim {
    if (claim.lock === null || !relation) return claim;
    const key = this.run.key(relation);
    let lock: string | null = stronger(claim.lock, this.run.heldOn(relation));
    for (const one of actions.flatMap(locksOf)) if (this.run.key(one.relation) === key) lock = stronger(lock, one.mode);
    if (claim.work === 'none' || lock !== 'AccessExclusiveLock') return { ...claim, lock };
    const effects: readonly Effect[] = ['blocks-reads', 'blocks-writes', ...claim.effects];
    return { ...claim, lock, effects: [...new Set(effects)] };
  }
}

const redact = redactor([]);

function claimOf(finding: Finding, asked: Asked, { lint }: Setting): Claim {
  const rule = ruleOf(finding.rule);
  return {
    rule: rule.id,
    version: asked.version,
    file: asked.file,
    index: asked.index,
    line: asked.line,
    statement: cut(redact(asked.sql.slice(0, 4000)), 200),
    relation: finding.relation ? known(finding.relation) : null,
    ...(finding.object ? { object: known(finding.object) } : {}),
    lock: finding.lock ?? null,
    work: finding.work ?? 'none',
    effects: finding.effects ?? rule.effects,
    weight: rule.weight,
    severity: lint === true && finding.unsure === true ? 'info' : (finding.severity ?? rule.severity),
    message: finding.message,
    safer: finding.safer === null ? null : cut(redact(finding.safer), 2000),
  };
}

const PLAIN_INSERT =
  /^\s*INSERT\s+INTO\s+(?:"(?:[^"]|""){1,128}"|[\w$.\u0080-\uffff]{1,200})+\s*(?:\([^()']{1,9999}\)\s*)?(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\b/i;
/** A statement of data is not parsed when it is longer than this: its tree tells nothing, and takes long. */
const LONG_DATA = 4096;

function isBulk(sql: string): boolean {
  if (/^\s*COPY\b/i.test(sql)) return true;
  return sql.length > LONG_DATA && PLAIN_INSERT.test(sql.slice(0, 16 * 1024));
}

function holdsLiteral(tree: Node, value: string): boolean {
  let found = false;
  walk([tree], (kind, node) => {
    const text = kind === 'A_Const' ? (node.sval as { readonly sval?: string } | undefined)?.sval : undefined;
    found ||= text === value;
    return !found;
  });
  return found;
}

function madeBy(action: Action, run: Run): string | null {
  switch (action.kind) {
    case 'create-table':
      return `relation ${run.key(action.name)}`;
    case 'create-relation':
    case 'create-object':
      return `${kindOf(action.what)} ${run.key(action.name)}`;
    case 'rename':
      return `${kindOf(action.what)} ${run.key({ schema: action.from.schema, name: action.to })}`;
    default:
      return null;
  }
}

/** Fails where it has been run already, and PostgreSQL has a form that would not. */
function failsTwice(action: Action): boolean {
  switch (action.kind) {
    case 'create-table':
    case 'create-index':
    case 'add-column':
    case 'enum-add':
      return !action.ifNotExists;
    case 'create-relation':
      return !action.ifNotExists && !action.replace;
    case 'create-object':
      return (
        (action.what === 'schema' || action.what === 'extension' || action.what === 'function') &&
        !action.ifNotExists &&
        !action.replace
      );
    case 'drop':
      return !action.ifExists;
    default:
      return false;
  }
}

function foreignKeysOf(action: Action): { readonly relation: Name; readonly columns: readonly string[] }[] {
  if (action.kind === 'add-column')
    return action.new.references === null ? [] : [{ relation: action.relation, columns: [action.new.column] }];
  if (action.kind === 'add-constraint')
    return action.constraint.references === null
      ? []
      : [{ relation: action.relation, columns: action.constraint.columns }];
  if (action.kind !== 'create-table') return [];
  return [
    ...action.columns.filter(({ references }) => references !== null).map(({ column }) => [column]),
    ...action.constraints.filter(({ references }) => references !== null).map(({ columns }) => columns),
  ].map((columns) => ({ relation: action.name, columns }));
}
