/** Outcomes written by hand, for tests of the reports. */
import type {
  Failure,
  Hazard,
  MigrationReport,
  Outcome,
  SchemaChange,
  StatementReport,
} from '../../src/report/outcome.ts';

/** A run against a production database in which nothing has happened yet; `parts` are laid over it. */
export function anOutcome(parts: Partial<Outcome> = {}): Outcome {
  return {
    result: 'up-to-date',
    databaseState: 'unchanged',
    exitCode: 0,
    mode: 'apply',
    environment: 'production',
    environmentSource: 'tag v1.2.3',
    engine: 'sql',
    server: {
      version: '17.2',
      host: 'db.example.com',
      port: 5432,
      database: 'app',
      user: 'deploy',
      source: 'input database-url',
    },
    startedAt: '2026-09-01T10:00:00.000Z',
    durationMs: 4321.4,
    planDigest: null,
    previousVersion: '0006',
    currentVersion: '0006',
    pending: [],
    applied: [],
    recorded: [],
    stages: [
      { stage: 'inspect', status: 'passed', ms: 40 },
      { stage: 'plan', status: 'passed', ms: 3 },
    ],
    migrations: [],
    coverage: { statements: 0, executed: 0 },
    blocked: [],
    hazards: [],
    sizes: [],
    schemaDiff: [],
    predictedEqualsActual: null,
    unpredicted: [],
    health: null,
    backup: null,
    rehearsal: null,
    verification: [],
    warnings: [],
    notes: [],
    problems: [],
    error: null,
    downFiles: [],
    run: {
      runId: '123',
      attempt: '1',
      repository: 'acme/shop',
      actor: 'mona',
      sha: null,
      ref: 'refs/tags/v1.2.3',
      runUrl: 'https://github.com/acme/shop/actions/runs/123',
    },
    artifactName: 'migration-log-production-apply-123-1',
    artifacts: { plan: null, log: null },
    ...parts,
  };
}

export function aFailure(parts: Partial<Failure> = {}): Failure {
  return {
    class: 'missing-object',
    sqlstate: '42703',
    message: 'column "totl" does not exist',
    detail: null,
    hint: 'Perhaps you meant to reference the column "orders.total".',
    where: null,
    file: 'migrations/0007_add_total.sql',
    line: 3,
    column: 8,
    excerpt: 'UPDATE orders SET x = totl;\n       ^',
    meaning: 'The statement names a column that is not in the database at this point.',
    next: 'Correct the name, then run again.',
    ...parts,
  };
}

export function aStatement(parts: Partial<StatementReport> = {}): StatementReport {
  return {
    index: 1,
    line: 1,
    sql: 'ALTER TABLE orders ADD COLUMN total numeric',
    count: 1,
    executed: true,
    error: null,
    reason: null,
    ms: 12,
    rows: null,
    locks: [{ relation: 'public.orders', mode: 'AccessExclusiveLock', preexisting: true }],
    rewrites: [],
    scans: [],
    ...parts,
  };
}

export function aMigration(number: number, parts: Partial<MigrationReport> = {}): MigrationReport {
  const version = String(number).padStart(4, '0');
  return {
    version,
    name: 'add_total',
    file: `migrations/${version}_add_total.sql`,
    checksum: 'ab'.repeat(32),
    transactional: true,
    status: 'rehearsed',
    ms: 15,
    appliedMs: null,
    statements: [aStatement()],
    ...parts,
  };
}

export function aHazard(parts: Partial<Hazard> = {}): Hazard {
  return {
    rule: 'rewrites-table',
    severity: 'danger',
    effects: ['rewrites', 'blocks-reads'],
    version: '0007',
    file: 'migrations/0007_add_total.sql',
    line: 3,
    statement: 'ALTER TABLE orders ALTER COLUMN id TYPE bigint',
    relation: 'public.orders',
    message: 'The whole table is written anew while nobody can read it.',
    safer: 'Add a new column and copy in batches.',
    source: 'observed',
    allowed: null,
    ...parts,
  };
}

export function aChange(parts: Partial<SchemaChange> = {}): SchemaChange {
  return { change: 'added', kind: 'column', name: 'public.orders.total', before: null, after: 'numeric', ...parts };
}

/** One outcome for each result and state of the contract, as a run would make it. */
export function everyOutcome(): { readonly name: string; readonly outcome: Outcome }[] {
  const migrations = [aMigration(7), aMigration(8, { transactional: false }), aMigration(9)];
  const refs = migrations.map(({ version, name, file }) => ({ version, name, file }));
  const planned = { pending: refs, migrations, planDigest: 'd1'.repeat(32), coverage: { statements: 3, executed: 3 } };
  const rehearsal = { xid: '7654', status: 'aborted', attempts: 2, walBytes: 1_234_567, on: 'target' as const };
  const sizes = [{ relation: 'public.orders', bytes: 1_300_000_000, rows: 3_400_000 }];
  const backup = {
    kind: 'restore-point' as const,
    name: 'mgate_123_1',
    lsn: '0/16B3748',
    at: '2026-09-01 10:00:02+00',
    snapshot: '100:100:',
  };
  const passed = (...names: ('inspect' | 'plan' | 'dry-run' | 'review' | 'backup' | 'apply' | 'verify')[]) =>
    names.map((stage) => ({ stage, status: 'passed' as const, ms: 20 }));
  const applied = migrations.map((migration) => ({ ...migration, status: 'applied' as const, appliedMs: 17 }));
  return [
    {
      name: 'dry-run-passed',
      outcome: anOutcome({
        ...planned,
        result: 'dry-run-passed',
        mode: 'dry-run',
        stages: passed('inspect', 'plan', 'dry-run'),
        rehearsal,
        sizes,
        schemaDiff: [aChange(), aChange({ kind: 'index', name: 'public.orders_total_idx', after: null })],
        hazards: [aHazard({ severity: 'warning' })],
      }),
    },
    { name: 'up-to-date', outcome: anOutcome() },
    {
      name: 'verified',
      outcome: anOutcome({
        result: 'verified',
        mode: 'verify',
        verification: [{ check: 'critical table public.orders', passed: true, detail: null }],
      }),
    },
    {
      name: 'reported',
      outcome: anOutcome({
        result: 'reported',
        mode: 'status',
        pending: refs,
        migrations: migrations.map((migration) => ({
          ...migration,
          status: 'pending' as const,
          ms: null,
          statements: [],
        })),
        recorded: [
          { version: '0006', name: 'x', file: 'migrations/0006_x.sql', status: 'completed', appliedAt: '2026-08-01' },
        ],
        health: {
          connections: 12,
          maxConnections: 100,
          longTransactions: [{ pid: 7, application: 'batch', seconds: 90 }],
          waitingLocks: 0,
          databaseBytes: 5_000_000_000,
          standbys: 1,
        },
      }),
    },
    {
      name: 'applied',
      outcome: anOutcome({
        ...planned,
        pending: [],
        result: 'applied',
        databaseState: 'migrated',
        currentVersion: '0009',
        applied: refs,
        migrations: applied,
        stages: passed('inspect', 'plan', 'dry-run', 'review', 'backup', 'apply', 'verify'),
        rehearsal,
        sizes,
        backup,
        predictedEqualsActual: true,
        downFiles: ['migrations/0008_add_total.down.sql'],
        verification: [{ check: 'versions and checksums', passed: true, detail: null }],
        schemaDiff: [aChange()],
      }),
    },
    {
      name: 'rolled-back',
      outcome: anOutcome({
        result: 'rolled-back',
        databaseState: 'rolled-back',
        mode: 'rollback',
        migrations: [aMigration(6, { status: 'rolled-back' })],
      }),
    },
    { name: 'baselined', outcome: anOutcome({ result: 'baselined', mode: 'baseline', applied: refs }) },
    { name: 'repaired', outcome: anOutcome({ result: 'repaired', mode: 'repair' }) },
    {
      name: 'failed input',
      outcome: anOutcome({
        result: 'failed',
        exitCode: 2,
        server: null,
        environment: null,
        environmentSource: null,
        stages: [],
        problems: [
          { input: 'mode', message: '`aply` is not a mode; allowed: dry-run, apply.' },
          { input: 'lock-timeout', message: 'has no unit.' },
        ],
        error: aFailure({
          class: 'input',
          sqlstate: null,
          file: null,
          line: null,
          column: null,
          excerpt: null,
          next: 'Correct these inputs, then run again.',
        }),
      }),
    },
    {
      name: 'failed dry run',
      outcome: anOutcome({
        ...planned,
        result: 'failed',
        exitCode: 1,
        migrations: [
          aMigration(7, {
            status: 'failed',
            statements: [
              aStatement(),
              aStatement({
                index: 2,
                line: 3,
                sql: 'UPDATE orders SET x = totl',
                error: 'column "totl" does not exist',
                locks: [],
              }),
            ],
          }),
          aMigration(8, { status: 'not-executed', ms: null, statements: [] }),
        ],
        stages: [...passed('inspect', 'plan'), { stage: 'dry-run', status: 'failed', ms: 1234 }],
        error: aFailure(),
        rehearsal,
      }),
    },
    {
      name: 'failed not verified',
      outcome: anOutcome({
        ...planned,
        result: 'failed',
        exitCode: 4,
        databaseState: 'migrated',
        applied: refs,
        migrations: applied,
        stages: [...passed('inspect', 'plan', 'dry-run', 'apply'), { stage: 'verify', status: 'failed', ms: 5 }],
        predictedEqualsActual: false,
        unpredicted: [aChange({ change: 'changed', before: 'numeric', after: 'integer' })],
        verification: [{ check: 'critical index public.orders_pkey', passed: false, detail: 'it is not valid' }],
        error: aFailure({
          class: 'verification',
          sqlstate: null,
          file: null,
          line: null,
          column: null,
          excerpt: null,
          hint: null,
          message: 'orders_pkey is not valid',
          next: 'Do not deploy.',
        }),
        backup,
      }),
    },
    {
      name: 'failed partially',
      outcome: anOutcome({
        ...planned,
        result: 'failed',
        exitCode: 7,
        databaseState: 'partially-migrated',
        applied: refs.slice(0, 1),
        migrations: [
          aMigration(7, { status: 'applied', appliedMs: 9 }),
          aMigration(8, { status: 'failed' }),
          aMigration(9, { status: 'pending' }),
        ],
        stages: [...passed('inspect', 'plan', 'dry-run'), { stage: 'apply', status: 'failed', ms: 5 }],
        error: aFailure({ file: 'migrations/0008_add_total.sql' }),
        backup: { ...backup, kind: 'wal-position', name: null },
      }),
    },
    {
      name: 'failed unknown',
      outcome: anOutcome({
        result: 'failed',
        exitCode: 7,
        databaseState: 'unknown',
        stages: [{ stage: 'apply', status: 'failed', ms: 5 }],
        error: aFailure({
          class: 'connection',
          sqlstate: '08006',
          file: null,
          line: null,
          column: null,
          excerpt: null,
          hint: null,
          message: 'Connection terminated unexpectedly',
          next: 'Run with `mode: status`.',
        }),
      }),
    },
    {
      name: 'refused',
      outcome: anOutcome({
        ...planned,
        result: 'refused',
        exitCode: 3,
        hazards: [aHazard(), aHazard({ severity: 'info', rule: 'note', allowed: 'table is empty' })],
        error: aFailure({
          class: 'order',
          sqlstate: null,
          file: null,
          line: null,
          column: null,
          excerpt: null,
          hint: null,
          message: '1 hazard at or above danger',
          next: 'Use the safer way, or accept it with `allow-hazards`.',
        }),
      }),
    },
    {
      name: 'dry-run-inconclusive',
      outcome: anOutcome({
        ...planned,
        result: 'dry-run-inconclusive',
        exitCode: 3,
        blocked: [
          { pid: 99, application: 'web', waitedMs: 1100, file: 'migrations/0007_add_total.sql', statementIndex: 2 },
        ],
        error: aFailure({
          class: 'lock-timeout',
          sqlstate: null,
          file: null,
          line: null,
          column: null,
          excerpt: null,
          hint: null,
          message: 'others waited on the dry run for longer than 1 s',
          next: 'Run at a quieter time.',
        }),
      }),
    },
    {
      name: 'cancelled',
      outcome: anOutcome({
        ...planned,
        result: 'cancelled',
        exitCode: 6,
        stages: [...passed('inspect', 'plan', 'dry-run'), { stage: 'review', status: 'cancelled', ms: 3000 }],
      }),
    },
  ];
}
