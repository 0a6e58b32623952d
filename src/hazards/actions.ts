/** A parsed statement -> what it does, one action per subcommand, so that rules are predicates and no walks through a tree. */
import type {
  AlterTableCmd,
  AlterTableStmt,
  ColumnDef,
  Constraint,
  CreateStmt,
  DefElem,
  DropStmt,
  Node,
  ObjectType,
  RangeVar,
  RenameStmt,
} from 'libpg-query';
import { splitAtCommas, tokenize } from '../sql/tokens.ts';
import {
  columnsIn,
  isConstant,
  isSerial,
  provenNotNull,
  type Steadiness,
  steadinessOf,
  type Type,
  typeOf,
  type Where,
  walk,
  whereOf,
} from './expressions.ts';
import { type Name, nameOf, nameOfParts } from './names.ts';

/** What an ALTER TABLE is said of: `table`, `index`, `view`, `materialized view`, `sequence`, `type`, `foreign table`. */
export type ObjectWord = string;

export interface NewColumn {
  readonly column: string;
  readonly type: Type;
  readonly notNull: boolean;
  /** `NULL` as a default counts as none; `source` is how it is judged. */
  readonly default: { readonly steadiness: Steadiness; readonly because: string | null } | null;
  readonly serial: boolean;
  readonly identity: boolean;
  readonly generated: 'stored' | 'virtual' | null;
  readonly check: boolean;
  readonly unique: boolean;
  readonly primaryKey: boolean;
  readonly references: Name | null;
}

export interface NewConstraint {
  readonly type: 'check' | 'foreign-key' | 'unique' | 'primary-key' | 'exclude' | 'not-null';
  readonly name: string | null;
  /** Foreign key, unique, primary key, not null: its columns; check: those that it names. */
  readonly columns: readonly string[];
  readonly notValid: boolean;
  /** `USING INDEX`: the index. */
  readonly usingIndex: string | null;
  readonly references: Name | null;
  readonly provesNotNull: readonly string[];
}

interface OfTable {
  readonly relation: Name;
  readonly object: ObjectWord;
  /** The subcommand as it is written (`ADD COLUMN a int`); empty where it could not be told. */
  readonly text: string;
}

export type Action =
  | (OfTable & {
      readonly kind: 'add-column';
      readonly new: NewColumn;
      readonly ifNotExists: boolean;
    })
  | (OfTable & { readonly kind: 'drop-column'; readonly column: string; readonly cascade: boolean })
  | (OfTable & {
      readonly kind: 'change-type';
      readonly column: string;
      readonly type: Type;
      /** `cast`: only a cast of the column itself. */
      readonly using: 'none' | 'cast' | 'other';
    })
  | (OfTable & {
      readonly kind:
        | 'set-not-null'
        | 'drop-not-null'
        | 'set-default'
        | 'drop-default'
        | 'set-expression'
        | 'drop-expression';
      readonly column: string;
    })
  | (OfTable & { readonly kind: 'add-constraint'; readonly constraint: NewConstraint })
  | (OfTable & { readonly kind: 'validate-constraint' | 'drop-constraint'; readonly constraint: string })
  | (OfTable & { readonly kind: 'attach-partition'; readonly partition: Name; readonly isDefault: boolean })
  | (OfTable & { readonly kind: 'detach-partition'; readonly partition: Name; readonly concurrently: boolean })
  | (OfTable & { readonly kind: 'rewrite'; readonly how: 'logged' | 'unlogged' | 'access-method' | 'tablespace' })
  | (OfTable & { readonly kind: 'row-security'; readonly how: 'enable' | 'force' | 'disable' | 'no-force' })
  | (OfTable & { readonly kind: 'trigger-state'; readonly trigger: string | null; readonly enabled: boolean })
  /** Any other subcommand: quick under its lock. */
  | (OfTable & { readonly kind: 'alter'; readonly what: string })
  | { readonly kind: 'move-all'; readonly what: string }
  | {
      readonly kind: 'create-index';
      readonly relation: Name;
      readonly name: string | null;
      readonly columns: readonly string[];
      readonly unique: boolean;
      readonly partial: boolean;
      readonly concurrently: boolean;
      readonly ifNotExists: boolean;
      readonly only: boolean;
    }
  | {
      readonly kind: 'create-table';
      readonly name: Name;
      readonly temporary: boolean;
      readonly ifNotExists: boolean;
      readonly partitionOf: Name | null;
      readonly inherits: readonly Name[];
      readonly columns: readonly NewColumn[];
      readonly constraints: readonly NewConstraint[];
    }
  /** CREATE TABLE AS, SELECT INTO, CREATE MATERIALIZED VIEW, CREATE VIEW, CREATE SEQUENCE, ... */
  | {
      readonly kind: 'create-relation';
      readonly what: ObjectWord;
      readonly name: Name;
      readonly temporary: boolean;
      readonly ifNotExists: boolean;
      readonly replace: boolean;
      readonly reads: readonly Name[];
    }
  | {
      readonly kind: 'create-object';
      readonly what: ObjectWord;
      readonly name: Name;
      readonly ifNotExists: boolean;
      readonly replace: boolean;
      /** A domain that allows less than its type. */
      readonly constrained: boolean;
      /** `SECURITY DEFINER` without a `search_path` of its own. */
      readonly unsafeDefiner: boolean;
      readonly on: Name | null;
    }
  | {
      readonly kind: 'drop';
      readonly what: ObjectWord;
      readonly name: Name;
      /** The table of a trigger, policy or rule. */
      readonly on: Name | null;
      readonly cascade: boolean;
      readonly ifExists: boolean;
      readonly concurrently: boolean;
    }
  | { readonly kind: 'drop-owned'; readonly roles: readonly string[] }
  | {
      readonly kind: 'rename';
      readonly what: ObjectWord;
      /** The relation whose part it is, or which is renamed. */
      readonly relation: Name | null;
      readonly object: ObjectWord;
      readonly from: Name;
      readonly to: string;
    }
  | { readonly kind: 'set-schema'; readonly what: ObjectWord; readonly name: Name; readonly schema: string }
  | { readonly kind: 'enum-add'; readonly type: Name; readonly value: string; readonly ifNotExists: boolean }
  | { readonly kind: 'enum-rename'; readonly type: Name; readonly from: string; readonly to: string }
  | {
      readonly kind: 'alter-domain';
      readonly domain: Name;
      readonly how: 'add' | 'set-not-null' | 'validate' | 'other';
      readonly notValid: boolean;
      readonly constraint: string | null;
    }
  | { readonly kind: 'truncate'; readonly relation: Name; readonly cascade: boolean }
  | { readonly kind: 'delete'; readonly relation: Name; readonly where: Where; readonly reads: readonly Name[] }
  | {
      readonly kind: 'update';
      readonly relation: Name;
      readonly where: Where;
      readonly sets: readonly {
        readonly column: string;
        readonly constant: boolean;
        readonly toNull: boolean;
        /** Columns that the new value is made of, of whatever table. */
        readonly from: readonly string[];
      }[];
      readonly reads: readonly Name[];
    }
  | { readonly kind: 'insert'; readonly relation: Name; readonly fromQuery: boolean; readonly reads: readonly Name[] }
  | { readonly kind: 'query'; readonly where: Where; readonly reads: readonly Name[] }
  | { readonly kind: 'merge'; readonly relation: Name; readonly deletes: boolean; readonly reads: readonly Name[] }
  | { readonly kind: 'lock'; readonly relation: Name; readonly mode: number }
  | { readonly kind: 'cluster'; readonly relation: Name | null }
  | { readonly kind: 'vacuum-full'; readonly relation: Name | null }
  | {
      readonly kind: 'reindex';
      readonly what: 'index' | 'table' | 'schema' | 'database' | 'system';
      readonly name: Name | null;
      readonly concurrently: boolean;
    }
  | { readonly kind: 'refresh'; readonly relation: Name; readonly concurrently: boolean; readonly withData: boolean }
  | { readonly kind: 'grant'; readonly toPublic: boolean; readonly powerful: string | null; readonly what: string }
  | {
      readonly kind: 'revoke';
      readonly what: ObjectWord;
      readonly from: string;
      readonly relation: Name | null;
      readonly objects: readonly Name[];
    }
  | { readonly kind: 'role-power'; readonly role: string; readonly powers: readonly string[] }
  | { readonly kind: 'publish-less'; readonly publication: string; readonly relations: readonly Name[] }
  | { readonly kind: 'restart-sequence'; readonly sequence: Name }
  | { readonly kind: 'restrictive-policy'; readonly policy: string; readonly relation: Name }
  | {
      readonly kind: 'set';
      readonly name: string;
      readonly values: readonly string[];
    }
  | { readonly kind: 'do'; readonly language: string }
  | { readonly kind: 'other'; readonly what: string };

export type Kind = Action['kind'];
export type ActionOf<K extends Kind> = Extract<Action, { readonly kind: K }>;

/** What the statement does, in the order in which it says so. `sql` is its text: of the tree only the shape is used. */
export function actionsOf(tree: Node, sql: string): readonly Action[] {
  if ('AlterTableStmt' in tree) return alterTable(tree.AlterTableStmt, sql);
  if ('DropStmt' in tree) return dropped(tree.DropStmt);
  if ('CreateStmt' in tree) return listed(createTable(tree.CreateStmt));
  if ('RenameStmt' in tree) return listed(renamed(tree.RenameStmt));
  const simple = simpleAction(tree);
  if (simple !== null) return simple;
  const data = dataActions(tree);
  if (data.length > 0) return data;
  return [{ kind: 'other', what: Object.keys(tree)[0] ?? '' }];
}

function listed<T>(one: T | null): T[] {
  return one === null ? [] : [one];
}

function simpleAction(tree: Node): readonly Action[] | null {
  if ('IndexStmt' in tree) {
    const { relation, idxname, indexParams, unique, concurrent, if_not_exists, whereClause } = tree.IndexStmt;
    const name = nameOf(relation);
    if (name === null) return [];
    return [
      {
        kind: 'create-index',
        relation: name,
        name: idxname ?? null,
        columns: (indexParams ?? []).flatMap((param) => {
          if (!('IndexElem' in param)) return [];
          const { name: column, expr } = param.IndexElem;
          return [column ?? columnsIn(expr)[0] ?? 'expr'];
        }),
        unique: unique ?? false,
        partial: whereClause !== undefined,
        concurrently: concurrent ?? false,
        ifNotExists: if_not_exists ?? false,
        only: relation?.inh !== true,
      },
    ];
  }
  if ('CreateForeignTableStmt' in tree) {
    const base = tree.CreateForeignTableStmt.base;
    return listed(relationCreated('foreign table', base?.relation, { ifNotExists: base?.if_not_exists === true }));
  }
  if ('CreateTableAsStmt' in tree) {
    const { objtype, into, if_not_exists, query } = tree.CreateTableAsStmt;
    return listed(
      relationCreated(word(objtype), into?.rel, { ifNotExists: if_not_exists === true, reads: readsOf(query) }),
    );
  }
  if ('ViewStmt' in tree) {
    const { view, replace } = tree.ViewStmt;
    return listed(relationCreated('view', view, { replace: replace === true }));
  }
  if ('CreateSeqStmt' in tree) {
    const { sequence, if_not_exists } = tree.CreateSeqStmt;
    return listed(relationCreated('sequence', sequence, { ifNotExists: if_not_exists === true }));
  }
  return (
    objectCreated(tree) ??
    maintenance(tree) ??
    objectChanged(tree) ??
    privileges(tree) ??
    (destroying(tree) as Action[] | null)
  );
}

function relationCreated(
  what: ObjectWord,
  range: RangeVar | undefined,
  more: { readonly ifNotExists?: boolean; readonly replace?: boolean; readonly reads?: readonly Name[] },
): Action | null {
  const name = nameOf(range);
  if (name === null) return null;
  return {
    kind: 'create-relation',
    what,
    name,
    temporary: range?.relpersistence === 't',
    ifNotExists: more.ifNotExists ?? false,
    replace: more.replace ?? false,
    reads: more.reads ?? [],
  };
}

function objectCreated(tree: Node): Action[] | null {
  const created = (
    what: ObjectWord,
    name: Name | null,
    more: Partial<Omit<ActionOf<'create-object'>, 'kind' | 'what' | 'name'>> = {},
  ): Action[] =>
    name === null
      ? []
      : [
          {
            kind: 'create-object',
            what,
            name,
            ifNotExists: false,
            replace: false,
            constrained: false,
            unsafeDefiner: false,
            on: null,
            ...more,
          },
        ];
  const bare = (name: string | undefined): Name | null => (name === undefined ? null : { schema: null, name });
  if ('CreateEnumStmt' in tree) return created('type', nameOfParts(tree.CreateEnumStmt.typeName));
  if ('CreateRangeStmt' in tree) return created('type', nameOfParts(tree.CreateRangeStmt.typeName));
  if ('CompositeTypeStmt' in tree) return created('type', nameOf(tree.CompositeTypeStmt.typevar));
  if ('CreateDomainStmt' in tree)
    return created('domain', nameOfParts(tree.CreateDomainStmt.domainname), {
      constrained: (tree.CreateDomainStmt.constraints ?? []).some(
        (one) =>
          'Constraint' in one &&
          (one.Constraint.contype === 'CONSTR_CHECK' || one.Constraint.contype === 'CONSTR_NOTNULL'),
      ),
    });
  if ('DefineStmt' in tree) {
    const { kind, defnames, if_not_exists, replace } = tree.DefineStmt;
    return created(word(kind), nameOfParts(defnames), {
      ifNotExists: if_not_exists === true,
      replace: replace === true,
    });
  }
  if ('CreateFunctionStmt' in tree) {
    const { is_procedure, funcname, replace, options } = tree.CreateFunctionStmt;
    const given = (options ?? []).flatMap((one) => ('DefElem' in one ? [one.DefElem] : []));
    const definer = given.some((one) => one.defname === 'security' && booleanOf(one));
    const path = given.some(
      ({ defname, arg }) =>
        defname === 'set' && arg && 'VariableSetStmt' in arg && arg.VariableSetStmt.name === 'search_path',
    );
    return created(is_procedure ? 'procedure' : 'function', nameOfParts(funcname), {
      replace: replace === true,
      unsafeDefiner: definer && !path,
    });
  }
  if ('CreateSchemaStmt' in tree) {
    const { schemaname, authrole, if_not_exists } = tree.CreateSchemaStmt;
    return created('schema', bare(schemaname ?? authrole?.rolename), { ifNotExists: if_not_exists === true });
  }
  if ('CreateExtensionStmt' in tree) {
    const { extname, if_not_exists } = tree.CreateExtensionStmt;
    return created('extension', bare(extname), { ifNotExists: if_not_exists === true });
  }
  if ('CreateTrigStmt' in tree) {
    const { trigname, relation, replace } = tree.CreateTrigStmt;
    return created('trigger', bare(trigname), { replace: replace === true, on: nameOf(relation) });
  }
  if ('RuleStmt' in tree) {
    const { rulename, relation, replace } = tree.RuleStmt;
    return created('rule', bare(rulename), { replace: replace === true, on: nameOf(relation) });
  }
  if ('CreatePolicyStmt' in tree) {
    const { policy_name, table, permissive } = tree.CreatePolicyStmt;
    const on = nameOf(table);
    const actions = created('policy', bare(policy_name), { on });
    if (permissive !== true && on !== null)
      actions.push({ kind: 'restrictive-policy', policy: policy_name ?? '', relation: on });
    return actions;
  }
  return null;
}

function maintenance(tree: Node): Action[] | null {
  if ('ClusterStmt' in tree) return [{ kind: 'cluster', relation: nameOf(tree.ClusterStmt.relation) }];
  if ('VacuumStmt' in tree) {
    const { options, rels, is_vacuumcmd } = tree.VacuumStmt;
    const full = (options ?? []).some(
      (one) => 'DefElem' in one && one.DefElem.defname === 'full' && booleanOf(one.DefElem),
    );
    if (!full || !is_vacuumcmd) return [{ kind: 'other', what: is_vacuumcmd ? 'VACUUM' : 'ANALYZE' }];
    const named = (rels ?? []).flatMap((one) => ('VacuumRelation' in one ? [nameOf(one.VacuumRelation.relation)] : []));
    return (named.length > 0 ? named : [null]).map((relation) => ({ kind: 'vacuum-full', relation }));
  }
  if ('ReindexStmt' in tree) {
    const { kind, relation, name, params } = tree.ReindexStmt;
    const what = (kind ?? '').replace('REINDEX_OBJECT_', '').toLowerCase();
    return [
      {
        kind: 'reindex',
        what: what as ActionOf<'reindex'>['what'],
        name: nameOf(relation) ?? (name === undefined ? null : { schema: null, name }),
        concurrently: (params ?? []).some(
          (one) => 'DefElem' in one && one.DefElem.defname === 'concurrently' && booleanOf(one.DefElem),
        ),
      },
    ];
  }
  if ('RefreshMatViewStmt' in tree) {
    const { relation, concurrent, skipData } = tree.RefreshMatViewStmt;
    const name = nameOf(relation);
    if (name === null) return [];
    return [{ kind: 'refresh', relation: name, concurrently: concurrent ?? false, withData: skipData !== true }];
  }
  if ('LockStmt' in tree) {
    const { relations, mode } = tree.LockStmt;
    return rangesIn(relations).map((relation) => ({ kind: 'lock', relation, mode: mode ?? 8 }));
  }
  return null;
}

function objectChanged(tree: Node): Action[] | null {
  if ('AlterEnumStmt' in tree) {
    const { typeName, newVal, oldVal, skipIfNewValExists } = tree.AlterEnumStmt;
    const type = nameOfParts(typeName);
    if (type === null) return [];
    const value = newVal ?? '';
    if (oldVal !== undefined) return [{ kind: 'enum-rename', type, from: oldVal, to: value }];
    return [{ kind: 'enum-add', type, value, ifNotExists: skipIfNewValExists ?? false }];
  }
  if ('AlterDomainStmt' in tree) {
    const { subtype, typeName, def, name } = tree.AlterDomainStmt;
    const domain = nameOfParts(typeName);
    if (domain === null) return [];
    const constraint = def && 'Constraint' in def ? def.Constraint : undefined;
    const how = { C: 'add', O: 'set-not-null', V: 'validate' }[String(subtype)] ?? 'other';
    return [
      {
        kind: 'alter-domain',
        domain,
        how: how as ActionOf<'alter-domain'>['how'],
        notValid: constraint?.skip_validation ?? false,
        constraint: name ?? constraint?.conname ?? null,
      },
    ];
  }
  if ('AlterObjectSchemaStmt' in tree) {
    const { objectType, relation, object, newschema } = tree.AlterObjectSchemaStmt;
    const name = nameOf(relation) ?? objectName(object);
    return name === null ? [] : [{ kind: 'set-schema', what: word(objectType), name, schema: newschema ?? '' }];
  }
  if ('AlterSeqStmt' in tree) {
    const sequence = nameOf(tree.AlterSeqStmt.sequence);
    const restarts = (tree.AlterSeqStmt.options ?? []).some(
      (one) => 'DefElem' in one && one.DefElem.defname === 'restart',
    );
    return sequence !== null && restarts
      ? [{ kind: 'restart-sequence', sequence }]
      : [{ kind: 'other', what: 'AlterSeqStmt' }];
  }
  if ('AlterPublicationStmt' in tree) {
    const { pubname, action, pubobjects } = tree.AlterPublicationStmt;
    if (action !== 'AP_DropObjects') return [{ kind: 'other', what: 'AlterPublicationStmt' }];
    const relations = (pubobjects ?? []).flatMap((one) =>
      'PublicationObjSpec' in one ? listed(nameOf(one.PublicationObjSpec.pubtable?.relation)) : [],
    );
    return [{ kind: 'publish-less', publication: pubname ?? '', relations }];
  }
  if ('AlterTableMoveAllStmt' in tree) return [{ kind: 'move-all', what: word(tree.AlterTableMoveAllStmt.objtype) }];
  if ('VariableSetStmt' in tree) {
    const { name, args, kind } = tree.VariableSetStmt;
    const values = (args ?? []).flatMap((one) => {
      if (!('A_Const' in one)) return [];
      return [one.A_Const.sval?.sval ?? String(one.A_Const.ival?.ival ?? one.A_Const.fval?.fval ?? 0)];
    });
    return [{ kind: 'set', name: kind === 'VAR_RESET_ALL' ? 'all' : (name ?? ''), values }];
  }
  if ('DoStmt' in tree) {
    const language = (tree.DoStmt.args ?? []).flatMap((one) => {
      if (!('DefElem' in one) || one.DefElem.defname !== 'language') return [];
      const arg = one.DefElem.arg;
      return [arg && 'String' in arg ? (arg.String.sval ?? '') : ''];
    });
    return [{ kind: 'do', language: language[0] ?? 'plpgsql' }];
  }
  return null;
}

/** Attributes and roles with which somebody can reach past the database's own rules. */
const ROLE_POWERS: Readonly<Record<string, string>> = {
  superuser: 'SUPERUSER',
  bypassrls: 'BYPASSRLS',
  isreplication: 'REPLICATION',
  createrole: 'CREATEROLE',
};
const POWERFUL_ROLES =
  /^(?:pg_execute_server_program|pg_write_server_files|pg_read_server_files|pg_write_all_data|rds_superuser|cloudsqlsuperuser|postgres)$/;

function privileges(tree: Node): Action[] | null {
  if ('GrantStmt' in tree) {
    const { is_grant, grantees, objects, objtype, targtype } = tree.GrantStmt;
    const roles = (grantees ?? []).flatMap((one) => ('RoleSpec' in one ? [one.RoleSpec] : []));
    const relations = rangesIn(objects);
    const what = `${word(objtype)}${relations[0] ? ` ${relations.map(({ name }) => name).join(', ')}` : ''}`;
    if (is_grant)
      return [
        { kind: 'grant', toPublic: roles.some(({ roletype }) => roletype === 'ROLESPEC_PUBLIC'), powerful: null, what },
      ];
    const from = roles.map(
      ({ rolename, roletype }) => rolename ?? (roletype === 'ROLESPEC_PUBLIC' ? 'PUBLIC' : 'the current role'),
    );
    if (targtype === 'ACL_TARGET_DEFAULTS') return [{ kind: 'other', what: 'GrantStmt' }];
    const named = (objects ?? []).flatMap((object) =>
      listed('RangeVar' in object ? nameOf(object.RangeVar) : objectName(object)),
    );
    return [
      { kind: 'revoke', what: word(objtype), from: from.join(', '), relation: relations[0] ?? null, objects: named },
    ];
  }
  if ('GrantRoleStmt' in tree) {
    const { is_grant, granted_roles, grantee_roles } = tree.GrantRoleStmt;
    const roles = (granted_roles ?? []).flatMap((one) => ('AccessPriv' in one ? [one.AccessPriv.priv_name ?? ''] : []));
    const to = (grantee_roles ?? []).flatMap((one) => ('RoleSpec' in one ? [one.RoleSpec.rolename ?? ''] : []));
    if (!is_grant) {
      const objects = roles.map((role) => ({ schema: null, name: role }));
      return [{ kind: 'revoke', what: 'role', from: to.join(', '), relation: null, objects }];
    }
    const powerful = roles.find((role) => POWERFUL_ROLES.test(role)) ?? null;
    return [{ kind: 'grant', toPublic: false, powerful, what: `role ${roles.join(', ')}` }];
  }
  const role =
    'CreateRoleStmt' in tree
      ? { name: tree.CreateRoleStmt.role, options: tree.CreateRoleStmt.options }
      : 'AlterRoleStmt' in tree
        ? { name: tree.AlterRoleStmt.role?.rolename, options: tree.AlterRoleStmt.options }
        : null;
  if (role === null) return null;
  const powers = (role.options ?? []).flatMap((one) => {
    if (!('DefElem' in one) || !booleanOf(one.DefElem)) return [];
    const power = ROLE_POWERS[one.DefElem.defname ?? ''];
    return power === undefined ? [] : [power];
  });
  return powers.length > 0
    ? [{ kind: 'role-power', role: role.name ?? '', powers }]
    : [{ kind: 'other', what: Object.keys(tree)[0] ?? '' }];
}

function destroying(tree: Node): Action[] | null {
  if ('TruncateStmt' in tree) {
    const cascade = tree.TruncateStmt.behavior === 'DROP_CASCADE';
    return rangesIn(tree.TruncateStmt.relations).map((relation) => ({ kind: 'truncate', relation, cascade }));
  }
  if ('DropOwnedStmt' in tree) {
    const roles = (tree.DropOwnedStmt.roles ?? []).flatMap((one) =>
      'RoleSpec' in one ? [one.RoleSpec.rolename ?? 'the current role'] : [],
    );
    return [{ kind: 'drop-owned', roles }];
  }
  const gone = (what: ObjectWord, name: string | undefined, ifExists: boolean | undefined): Action[] => [
    {
      kind: 'drop',
      what,
      name: { schema: null, name: name ?? '' },
      on: null,
      cascade: false,
      ifExists: ifExists ?? false,
      concurrently: false,
    },
  ];
  if ('DropdbStmt' in tree) return gone('database', tree.DropdbStmt.dbname, tree.DropdbStmt.missing_ok);
  if ('DropSubscriptionStmt' in tree)
    return gone('subscription', tree.DropSubscriptionStmt.subname, tree.DropSubscriptionStmt.missing_ok);
  return null;
}

function dataActions(tree: Node): Action[] {
  const actions: Action[] = [];
  const reads = readsOf(tree);
  let inData = false;
  walk([tree], (kind, node) => {
    const action = dataAction(kind, node, reads);
    if (action !== null) actions.push(action);
    inData ||= kind === 'SelectStmt';
    // A function's body or a stored query does nothing now.
    return !STORED.has(kind) && !(kind === 'ExplainStmt' && !isAnalyze(node));
  });
  if (actions.length === 0 && inData && 'SelectStmt' in tree) {
    const { intoClause, whereClause } = tree.SelectStmt;
    const into = nameOf(intoClause?.rel);
    if (into !== null) return listed(relationCreated('table', intoClause?.rel, { reads }));
    return [{ kind: 'query', where: whereOf(whereClause), reads }];
  }
  return actions;
}

/** EXPLAIN ANALYZE does what it explains. */
function isAnalyze({ options }: Readonly<Record<string, unknown>>): boolean {
  return ((options ?? []) as Node[]).some(
    (one) => 'DefElem' in one && one.DefElem.defname === 'analyze' && booleanOf(one.DefElem),
  );
}

const STORED: ReadonlySet<string> = new Set([
  'CreateFunctionStmt',
  'RuleStmt',
  'ViewStmt',
  'PrepareStmt',
  'CreatePolicyStmt',
]);

function dataAction(kind: string, node: Readonly<Record<string, unknown>>, reads: readonly Name[]): Action | null {
  const relation = nameOf(node.relation as RangeVar | undefined);
  if (relation === null) return null;
  if (kind === 'DeleteStmt')
    return { kind: 'delete', relation, where: whereOf(node.whereClause as Node | undefined), reads };
  if (kind === 'UpdateStmt') {
    const sets = ((node.targetList ?? []) as Node[]).flatMap((target) => {
      if (!('ResTarget' in target)) return [];
      const { name, val } = target.ResTarget;
      return [
        {
          column: name ?? '',
          constant: val !== undefined && isConstant(val),
          toNull: val !== undefined && 'A_Const' in val && val.A_Const.isnull === true,
          from: columnsIn(val),
        },
      ];
    });
    return { kind: 'update', relation, where: whereOf(node.whereClause as Node | undefined), sets, reads };
  }
  if (kind === 'InsertStmt') {
    const source = node.selectStmt as Node | undefined;
    const fromQuery = source !== undefined && 'SelectStmt' in source && source.SelectStmt.valuesLists === undefined;
    return { kind: 'insert', relation, fromQuery: fromQuery && reads.length > 0, reads };
  }
  if (kind === 'MergeStmt') {
    const clauses = (node.mergeWhenClauses ?? []) as Node[];
    const deletes = clauses.some((one) => 'MergeWhenClause' in one && one.MergeWhenClause.commandType === 'CMD_DELETE');
    return { kind: 'merge', relation, deletes, reads };
  }
  return null;
}

/** Relations that it reads, common table expressions left out. */
function readsOf(tree: Node | undefined): Name[] {
  const found = new Map<string, Name>();
  const own = new Set<string>();
  walk(tree === undefined ? null : [tree], (kind, node) => {
    if (kind === 'CommonTableExpr' && typeof node.ctename === 'string') own.add(node.ctename);
    if (kind !== 'RangeVar') return;
    const name = nameOf(node as RangeVar);
    if (name !== null) found.set(`${name.schema}.${name.name}`, name);
  });
  return [...found.values()].filter(({ schema, name }) => schema !== null || !own.has(name));
}

function rangesIn(nodes: readonly Node[] | undefined): Name[] {
  return (nodes ?? []).flatMap((node) => ('RangeVar' in node ? listed(nameOf(node.RangeVar)) : []));
}

function booleanOf({ arg }: DefElem): boolean {
  if (arg === undefined) return true;
  if ('Boolean' in arg) return arg.Boolean.boolval === true;
  if ('Integer' in arg) return (arg.Integer.ival ?? 0) !== 0;
  if ('String' in arg) return /^(?:true|on|yes|1)$/i.test(arg.String.sval ?? '');
  return true;
}

/** `OBJECT_MATVIEW` -> `materialized view`. */
function word(type: ObjectType | undefined): ObjectWord {
  const plain = (type ?? '').replace('OBJECT_', '').toLowerCase().replaceAll('_', ' ');
  return { matview: 'materialized view', tabconstraint: 'constraint', domconstraint: 'constraint' }[plain] ?? plain;
}

const ON_A_TABLE = /^(?:trigger|policy|rule)$/;

function dropped({ objects, removeType, behavior, missing_ok, concurrent }: DropStmt): Action[] {
  const what = word(removeType);
  const common = {
    kind: 'drop',
    what,
    cascade: behavior === 'DROP_CASCADE',
    ifExists: missing_ok ?? false,
    concurrently: concurrent ?? false,
  } as const;
  return (objects ?? []).flatMap((object): Action[] => {
    if (ON_A_TABLE.test(what) && 'List' in object) {
      const items = object.List.items ?? [];
      const last = nameOfParts(items.slice(-1));
      return last === null ? [] : [{ ...common, name: last, on: nameOfParts(items.slice(0, -1)) }];
    }
    const name = objectName(object);
    return name === null ? [] : [{ ...common, name, on: null }];
  });
}

function objectName(object: Node | undefined): Name | null {
  if (object === undefined) return null;
  if ('List' in object) return nameOfParts(object.List.items);
  if ('TypeName' in object) return nameOfParts(object.TypeName.names);
  if ('ObjectWithArgs' in object) return nameOfParts(object.ObjectWithArgs.objname);
  if ('String' in object) return { schema: null, name: object.String.sval ?? '' };
  return null;
}

function renamed({ renameType, relationType, relation, object, subname, newname }: RenameStmt): Action | null {
  const what = word(renameType);
  const range = nameOf(relation);
  const part = subname === undefined ? null : { schema: null, name: subname };
  const from = part ?? range ?? objectName(object);
  if (from === null) return null;
  return { kind: 'rename', what, relation: range, object: word(relationType), from, to: newname ?? '' };
}

function createTable(stmt: CreateStmt): Action | null {
  const name = nameOf(stmt.relation);
  if (name === null) return null;
  const elements = stmt.tableElts ?? [];
  const parents = rangesIn(stmt.inhRelations);
  return {
    kind: 'create-table',
    name,
    temporary: stmt.relation?.relpersistence === 't',
    ifNotExists: stmt.if_not_exists ?? false,
    partitionOf: stmt.partbound === undefined ? null : (parents[0] ?? null),
    inherits: stmt.partbound === undefined ? parents : [],
    columns: elements.flatMap((one) => ('ColumnDef' in one ? listed(newColumn(one.ColumnDef)) : [])),
    constraints: elements.flatMap((one) => ('Constraint' in one ? listed(newConstraint(one.Constraint)) : [])),
  };
}

function newColumn(def: ColumnDef): NewColumn | null {
  const type = typeOf(def.typeName);
  if (type === null) return null;
  const constraints = (def.constraints ?? []).flatMap((one) => ('Constraint' in one ? [one.Constraint] : []));
  const of = (contype: Constraint['contype']) => constraints.find((one) => one.contype === contype);
  const given = of('CONSTR_DEFAULT')?.raw_expr;
  const generated = of('CONSTR_GENERATED');
  const primaryKey = of('CONSTR_PRIMARY') !== undefined;
  const enforced = (constraint: Constraint | undefined) => constraint !== undefined && constraint.is_enforced === true;
  return {
    column: def.colname ?? '',
    type,
    notNull: of('CONSTR_NOTNULL') !== undefined || primaryKey,
    default: given === undefined || ('A_Const' in given && given.A_Const.isnull === true) ? null : steadinessOf(given),
    serial: isSerial(type),
    identity: of('CONSTR_IDENTITY') !== undefined,
    generated: generated === undefined ? null : generated.generated_kind === 's' ? 'stored' : 'virtual',
    check: enforced(of('CONSTR_CHECK')),
    unique: of('CONSTR_UNIQUE') !== undefined,
    primaryKey,
    references: nameOf(of('CONSTR_FOREIGN')?.pktable),
  };
}

const CONSTRAINTS: Readonly<Record<string, NewConstraint['type']>> = {
  CONSTR_CHECK: 'check',
  CONSTR_FOREIGN: 'foreign-key',
  CONSTR_UNIQUE: 'unique',
  CONSTR_PRIMARY: 'primary-key',
  CONSTR_EXCLUSION: 'exclude',
  CONSTR_NOTNULL: 'not-null',
};

function newConstraint(constraint: Constraint): NewConstraint | null {
  const type = CONSTRAINTS[constraint.contype ?? ''];
  if (type === undefined) return null;
  const checked = type === 'check' || type === 'foreign-key';
  return {
    type,
    name: constraint.conname ?? null,
    columns:
      type === 'check'
        ? columnsIn(constraint.raw_expr)
        : stringsIn(type === 'foreign-key' ? constraint.fk_attrs : constraint.keys),
    // NOT ENFORCED (18) looks at no row either.
    notValid: constraint.skip_validation === true || (checked && constraint.is_enforced !== true),
    usingIndex: constraint.indexname ?? null,
    references: nameOf(constraint.pktable),
    provesNotNull:
      type === 'check' ? provenNotNull(constraint.raw_expr) : type === 'not-null' ? stringsIn(constraint.keys) : [],
  };
}

function stringsIn(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}

function alterTable({ relation, cmds, objtype }: AlterTableStmt, sql: string): Action[] {
  const name = nameOf(relation);
  const commands = (cmds ?? []).flatMap((one) => ('AlterTableCmd' in one ? [one.AlterTableCmd] : []));
  if (name === null) return [];
  const texts = subcommands(sql, commands.length);
  return commands.map((command, index) =>
    subcommand(command, { relation: name, object: word(objtype), text: texts[index] ?? '' }),
  );
}

/** The text of each subcommand; empty where there are not as many as the parser found. */
function subcommands(sql: string, count: number): string[] {
  const tokens = tokenize(sql);
  const word = (at: number) => tokens[at]?.word ?? '';
  // ALTER [FOREIGN | MATERIALIZED] TABLE | INDEX | VIEW | ... [IF EXISTS] [ONLY] name [*]
  let at = word(1) === 'FOREIGN' || word(1) === 'MATERIALIZED' ? 3 : 2;
  if (word(at) === 'IF') at += 2;
  if (word(at) === 'ONLY') at += 1;
  at += 1;
  while (word(at) === '.') at += 2;
  if (word(at) === '*') at += 1;
  const lists = splitAtCommas(tokens.slice(at));
  if (lists.length !== count) return [];
  return lists.map((list) => {
    const [first, last] = [list[0], list.at(-1)];
    return first && last ? sql.slice(first.start, last.end) : '';
  });
}

const REWRITES: Readonly<Record<string, ActionOf<'rewrite'>['how']>> = {
  AT_SetLogged: 'logged',
  AT_SetUnLogged: 'unlogged',
  AT_SetAccessMethod: 'access-method',
  AT_SetTableSpace: 'tablespace',
};
const ROW_SECURITY: Readonly<Record<string, ActionOf<'row-security'>['how']>> = {
  AT_EnableRowSecurity: 'enable',
  AT_DisableRowSecurity: 'disable',
  AT_ForceRowSecurity: 'force',
  AT_NoForceRowSecurity: 'no-force',
};
const OF_COLUMN: Readonly<
  Record<
    string,
    'set-not-null' | 'drop-not-null' | 'set-default' | 'drop-default' | 'set-expression' | 'drop-expression'
  >
> = {
  AT_SetNotNull: 'set-not-null',
  AT_DropNotNull: 'drop-not-null',
  AT_SetExpression: 'set-expression',
  AT_DropExpression: 'drop-expression',
};

function subcommand(command: AlterTableCmd, of: OfTable): Action {
  const { subtype, name, def, behavior, missing_ok } = command;
  const type = String(subtype);
  const column = name ?? '';
  const plainColumn = OF_COLUMN[type];
  if (plainColumn !== undefined) return { ...of, kind: plainColumn, column };
  const rewrite = REWRITES[type];
  if (rewrite !== undefined) return { ...of, kind: 'rewrite', how: rewrite };
  const security = ROW_SECURITY[type];
  if (security !== undefined) return { ...of, kind: 'row-security', how: security };
  if (/^AT_(?:Enable|Disable)\w*Trig/.test(type))
    return { ...of, kind: 'trigger-state', trigger: name ?? null, enabled: type.startsWith('AT_Enable') };
  if (type === 'AT_ColumnDefault') return { ...of, kind: def === undefined ? 'drop-default' : 'set-default', column };
  if (type === 'AT_DropColumn') return { ...of, kind: 'drop-column', column, cascade: behavior === 'DROP_CASCADE' };
  if (type === 'AT_ValidateConstraint') return { ...of, kind: 'validate-constraint', constraint: column };
  if (type === 'AT_DropConstraint') return { ...of, kind: 'drop-constraint', constraint: column };
  return withDefinition(type, name, def, of, missing_ok === true) ?? { ...of, kind: 'alter', what: type };
}

function withDefinition(
  type: string,
  name: string | undefined,
  def: Node | undefined,
  of: OfTable,
  ifNotExists: boolean,
): Action | null {
  if (def === undefined) return null;
  if (type === 'AT_AddColumn' && 'ColumnDef' in def) {
    const column = newColumn(def.ColumnDef);
    return column === null ? null : { ...of, kind: 'add-column', new: column, ifNotExists };
  }
  if (type === 'AT_AlterColumnType' && 'ColumnDef' in def) {
    const to = typeOf(def.ColumnDef.typeName);
    if (to === null) return null;
    return {
      ...of,
      kind: 'change-type',
      column: name ?? '',
      type: to,
      using: usingOf(def.ColumnDef.raw_default, name),
    };
  }
  if (type === 'AT_AddConstraint' && 'Constraint' in def) {
    const constraint = newConstraint(def.Constraint);
    return constraint === null ? null : { ...of, kind: 'add-constraint', constraint };
  }
  if ('PartitionCmd' in def) {
    const partition = nameOf(def.PartitionCmd.name);
    if (partition === null) return null;
    if (type === 'AT_AttachPartition')
      return { ...of, kind: 'attach-partition', partition, isDefault: def.PartitionCmd.bound?.is_default === true };
    if (type === 'AT_DetachPartition')
      return { ...of, kind: 'detach-partition', partition, concurrently: def.PartitionCmd.concurrent === true };
  }
  return null;
}

function usingOf(expression: Node | undefined, column: string | undefined): 'none' | 'cast' | 'other' {
  if (expression === undefined) return 'none';
  let inner: Node | undefined = expression;
  while (inner && 'TypeCast' in inner) inner = inner.TypeCast.arg;
  const named = inner && 'ColumnRef' in inner ? nameOfParts(inner.ColumnRef.fields)?.name : null;
  return named === column ? 'cast' : 'other';
}
