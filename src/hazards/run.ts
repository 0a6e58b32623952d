/** What the statements of a run did so far, as far as their text tells: what they made themselves, and what they hold. */
import type { Action, NewColumn } from './actions.ts';
import { BLOCKS_WRITES, locksOf, stronger } from './locks.ts';
import type { Name } from './names.ts';

interface Check {
  readonly provesNotNull: readonly string[];
  valid: boolean;
}

export class Run {
  /** Where a name without a schema is looked for and made. */
  private path = 'public';
  /** Key -> made for sure (`CREATE TABLE IF NOT EXISTS` may have found one). */
  private readonly made = new Map<string, boolean>();
  private readonly madeColumns = new Map<string, NewColumn>();
  private readonly checks = new Map<string, Check>();
  private readonly indexes = new Map<string, (readonly string[])[]>();
  readonly domains = new Map<string, boolean>();
  /** Of the transaction at hand: relation -> strongest lock. Only relations that were there before the run. */
  private readonly held = new Map<string, string>();
  /** Of the transaction at hand: values of enums that it added. */
  enumValues: { readonly type: Name; readonly value: string }[] = [];
  /** Of the transaction at hand: types that it made. */
  private readonly ownTypes = new Set<string>();

  key({ schema, name }: Name): string {
    return `${schema ?? this.path}.${name}`;
  }

  /** Made by this run: nobody else uses it yet. Functions and types too, by their `what`. */
  isNew(name: Name, what = 'relation'): boolean {
    return this.lookUp(name, what) !== undefined;
  }

  /** Not only perhaps. */
  isSurelyNew(name: Name, what = 'relation'): boolean {
    return this.lookUp(name, what) === true;
  }

  private lookUp(name: Name, what: string): boolean | undefined {
    const temporary =
      name.schema === null && what === 'relation' ? this.made.get(`relation pg_temp.${name.name}`) : undefined;
    return temporary ?? this.made.get(`${what} ${this.key(name)}`);
  }

  newColumn(relation: Name, column: string): NewColumn | null {
    return this.madeColumns.get(`${this.key(relation)} ${column}`) ?? null;
  }

  heldOn(relation: Name): string | null {
    return this.held.get(this.key(relation)) ?? null;
  }

  /** Relations, as keys, that were there before and that nobody else can write until the transaction ends. */
  blocked(): string[] {
    return [...this.held].filter(([, mode]) => BLOCKS_WRITES.has(mode)).map(([key]) => key);
  }

  /** A validated CHECK of this run says that the column holds no NULL. */
  isProvenNotNull(relation: Name, column: string): boolean {
    const prefix = `${this.key(relation)} `;
    for (const [key, check] of this.checks)
      if (check.valid && key.startsWith(prefix) && check.provesNotNull.includes(column)) return true;
    return false;
  }

  /** An index of this run begins with these columns, in any order. */
  hasIndexOn(relation: Name, columns: readonly string[]): boolean {
    return (this.indexes.get(this.key(relation)) ?? []).some((index) => {
      const head = index.slice(0, columns.length);
      return head.length === columns.length && columns.every((column) => head.includes(column));
    });
  }

  isTypeOfTransaction(name: Name): boolean {
    return this.ownTypes.has(this.key(name));
  }

  transactionEnds(): void {
    this.held.clear();
    this.enumValues = [];
    this.ownTypes.clear();
  }

  /** SET LOCAL and SET end with the file as far as we follow them. */
  fileEnds(): void {
    this.transactionEnds();
    this.path = 'public';
  }

  /** Takes in what a statement did, after it was judged. */
  apply(action: Action): void {
    for (const { relation, mode } of locksOf(action)) {
      if (this.isNew(relation)) continue;
      const key = this.key(relation);
      this.held.set(key, stronger(this.held.get(key) ?? null, mode) ?? mode);
    }
    this.take(action);
  }

  private take(action: Action): void {
    switch (action.kind) {
      case 'create-table':
        this.make('relation', inTemporary(action.name, action.temporary), !action.ifNotExists);
        for (const column of action.columns)
          if (column.unique || column.primaryKey) this.index(action.name, [column.column]);
        for (const { type, columns } of action.constraints)
          if (type === 'unique' || type === 'primary-key') this.index(action.name, columns);
        break;
      case 'create-relation':
        this.make('relation', inTemporary(action.name, action.temporary), !action.ifNotExists && !action.replace);
        break;
      case 'create-object':
        if (action.on !== null || action.replace) break;
        this.make(kindOf(action.what), action.name, !action.ifNotExists);
        if (action.what === 'type') this.ownTypes.add(this.key(action.name));
        if (action.what === 'domain') this.domains.set(this.key(action.name), action.constrained);
        break;
      case 'create-index':
        if (action.name !== null)
          this.make('relation', { schema: action.relation.schema, name: action.name }, !action.ifNotExists);
        if (!action.partial) this.index(action.relation, action.columns);
        break;
      case 'add-column':
        this.madeColumns.set(`${this.key(action.relation)} ${action.new.column}`, action.new);
        if (action.new.unique || action.new.primaryKey) this.index(action.relation, [action.new.column]);
        break;
      case 'add-constraint': {
        const { type, name, columns, notValid, provesNotNull } = action.constraint;
        if (type === 'unique' || type === 'primary-key') this.index(action.relation, columns);
        if (provesNotNull.length > 0)
          this.checks.set(`${this.key(action.relation)} ${name ?? columns.join()}`, {
            provesNotNull,
            valid: !notValid,
          });
        break;
      }
      case 'validate-constraint': {
        const check = this.checks.get(`${this.key(action.relation)} ${action.constraint}`);
        if (check) check.valid = true;
        break;
      }
      case 'drop-constraint':
        this.checks.delete(`${this.key(action.relation)} ${action.constraint}`);
        break;
      case 'enum-add':
        this.enumValues.push({ type: action.type, value: action.value });
        break;
      case 'drop':
        if (action.on === null) this.made.delete(`${kindOf(action.what)} ${this.key(action.name)}`);
        break;
      case 'rename':
        this.moved(action.what, action.from, { schema: action.from.schema, name: action.to });
        break;
      case 'set-schema':
        this.moved(action.what, action.name, { schema: action.schema, name: action.name.name });
        break;
      case 'set':
        if (action.name === 'search_path') this.path = action.values.find((schema) => schema !== '$user') ?? 'public';
        break;
      default:
    }
  }

  private make(what: string, name: Name, sure: boolean): void {
    this.made.set(`${what} ${this.key(name)}`, sure && !this.made.has(`${what} ${this.key(name)}`));
  }

  private index(relation: Name, columns: readonly string[]): void {
    const key = this.key(relation);
    this.indexes.set(key, [...(this.indexes.get(key) ?? []), columns]);
  }

  private moved(what: string, from: Name, to: Name): void {
    const old = `${kindOf(what)} ${this.key(from)}`;
    const sure = this.made.get(old);
    if (sure === undefined || PARTS.has(what)) return;
    this.made.delete(old);
    this.made.set(`${kindOf(what)} ${this.key(to)}`, sure);
  }
}

const PARTS: ReadonlySet<string> = new Set(['column', 'constraint', 'attribute', 'trigger', 'policy', 'rule']);

/** Everything in pg_class shares its names; domains are types. */
export function kindOf(what: string): string {
  if (/^(?:table|index|view|materialized view|sequence|foreign table)$/.test(what)) return 'relation';
  return what === 'domain' ? 'type' : what;
}

function inTemporary(name: Name, temporary: boolean): Name {
  return temporary ? { schema: 'pg_temp', name: name.name } : name;
}
