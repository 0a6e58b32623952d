/** Outcomes written by hand, for tests and pictures of the reports. */
import { failureOfClass } from '../../src/report/failure.ts';
import type {
  Failure,
  FailureClass,
  Hazard,
  MigrationReport,
  Outcome,
  SchemaChange,
  Stage,
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
    checklist: [],
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
    watched: true,
    touched: [],
    dropped: [],
    droppedViews: [],
    droppedColumns: [],
    truncated: [],
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

const FOLDER = 'migrations/';

/** Three pending migrations of a shop, as a dry run on its database saw them. */
function rehearsed(): MigrationReport[] {
  const lock = (relation: string, mode: string) => ({ relation: `public.${relation}`, mode, preexisting: true });
  const all = (relation: string) => lock(relation, 'AccessExclusiveLock');
  const report = (version: string, name: string, parts: Partial<MigrationReport>): MigrationReport =>
    aMigration(0, { version, name, file: `${FOLDER}${version}_${name}.sql`, ...parts });
  return [
    report('13', 'booking_requests', {
      ms: 5,
      statements: [
        aStatement({
          sql: 'CREATE TABLE booking_requests ( id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, booking_id bigint NOT NULL REFERENCES bookings (id) ON DELETE CASCADE, wish text NOT NULL )',
          ms: 4,
          locks: [lock('bookings', 'ShareRowExclusiveLock')],
        }),
        aStatement({
          index: 2,
          line: 6,
          sql: 'CREATE INDEX booking_requests_booking_idx ON booking_requests (booking_id)',
          ms: 1,
          locks: [],
        }),
      ],
    }),
    report('14', 'order_numbers', {
      ms: 14_620,
      statements: [
        aStatement({ sql: 'ALTER TABLE orders ADD COLUMN number bigint', ms: 0.4, locks: [all('orders')] }),
        aStatement({
          index: 2,
          line: 2,
          sql: 'UPDATE orders SET number = id + 1000 WHERE placed_at IS NOT NULL',
          ms: 2310,
          rows: 212_480,
          locks: [lock('orders', 'RowExclusiveLock')],
        }),
        aStatement({
          index: 3,
          line: 3,
          sql: 'ALTER TABLE orders ALTER COLUMN metadata TYPE json USING metadata::json',
          ms: 12_300,
          locks: [all('orders'), all('orders_pkey'), all('orders_customer_placed_idx')],
          rewrites: ['public.orders'],
          scans: ['public.orders'],
        }),
        aStatement({
          index: 4,
          line: 4,
          sql: 'ALTER TABLE order_lines DROP COLUMN note',
          ms: 1.2,
          locks: [all('order_lines')],
        }),
      ],
    }),
    report('15', 'orders_by_number', {
      transactional: false,
      ms: null,
      statements: [
        aStatement({
          sql: 'CREATE INDEX CONCURRENTLY orders_number_idx ON orders (number)',
          executed: false,
          reason:
            'CREATE INDEX CONCURRENTLY cannot run in a transaction, and orders (1.2 GB) is too large to try its plain form within max-blocking',
          ms: null,
          locks: [],
        }),
      ],
    }),
  ];
}

const SIZES = [
  { relation: 'public.orders', bytes: 1_300_000_000, rows: 3_400_000, writesPerMinute: null, readsPerMinute: null },
  { relation: 'public.orders_pkey', bytes: 76_500_000, rows: 3_400_000, writesPerMinute: null, readsPerMinute: null },
  {
    relation: 'public.orders_customer_placed_idx',
    bytes: 104_000_000,
    rows: 3_400_000,
    writesPerMinute: null,
    readsPerMinute: null,
  },
  { relation: 'public.order_lines', bytes: 700_000_000, rows: 9_100_000, writesPerMinute: null, readsPerMinute: null },
  { relation: 'public.bookings', bytes: 73_728, rows: 412, writesPerMinute: null, readsPerMinute: null },
];

const REWRITE = {
  version: '14',
  file: `${FOLDER}14_order_numbers.sql`,
  line: 3,
  statement: 'ALTER TABLE orders ALTER COLUMN metadata TYPE json USING metadata::json',
} as const;

function seenHazards(): Hazard[] {
  return [
    aHazard({
      ...REWRITE,
      rule: 'rewrites-under-lock',
      severity: 'warning',
      effects: ['blocks-reads', 'blocks-writes', 'rewrites', 'scans'],
      message:
        'rewrites public.orders (1.2 GB) while nobody can read or write it (AccessExclusiveLock), 12.3 s in the dry run',
      safer: 'Add a column of the new type, copy in batches, swap the names in a later release.',
    }),
    ...['public.orders_pkey', 'public.orders_customer_placed_idx'].map((relation) =>
      aHazard({
        ...REWRITE,
        rule: 'long-under-lock',
        severity: 'warning',
        effects: ['blocks-reads', 'blocks-writes'],
        relation,
        message: `holds ${relation} while nobody can read or write it (AccessExclusiveLock), 12.3 s in the dry run`,
        safer: null,
      }),
    ),
    aHazard({
      version: '15',
      file: `${FOLDER}15_orders_by_number.sql`,
      line: 1,
      statement: null,
      relation: null,
      rule: 'non-transactional',
      severity: 'info',
      effects: ['non-transactional'],
      message: 'applied statement by statement, with recorded progress (CREATE INDEX CONCURRENTLY at line 1)',
      safer: null,
    }),
  ];
}

const DIFFERENCE: readonly SchemaChange[] = [
  aChange({ kind: 'table', name: 'public.booking_requests', after: 'owner deploy' }),
  aChange({ name: 'public.booking_requests.id', after: 'bigint not null generated always as identity' }),
  aChange({ name: 'public.booking_requests.wish', after: 'text not null' }),
  aChange({ change: 'removed', name: 'public.order_lines.note', before: 'text', after: null }),
  aChange({
    change: 'changed',
    name: 'public.orders.metadata',
    before: "jsonb not null default '{}'::jsonb",
    after: "json not null default '{}'::json",
  }),
  aChange({ name: 'public.orders.number', after: 'bigint' }),
  aChange({
    kind: 'index',
    name: 'public.booking_requests_booking_idx',
    after: 'CREATE INDEX booking_requests_booking_idx ON public.booking_requests USING btree (booking_id)',
  }),
];

type Ended = 'passed' | 'failed' | 'cancelled';
const TIMES = {
  inspect: 21,
  plan: 1,
  'dry-run': 14_800,
  review: 30_004,
  backup: 2,
  apply: 15_210,
  verify: 85,
} as const;

/** The stages up to `last`, which ended so; the others are skipped. */
function stages(last: keyof typeof TIMES, status: Ended = 'passed', lastMs: number = TIMES[last]): Stage[] {
  const names = Object.keys(TIMES) as (keyof typeof TIMES)[];
  const until = names.indexOf(last);
  return names.map((stage, index) => ({
    stage,
    status: index < until ? 'passed' : index === until ? status : 'skipped',
    ms: index < until ? TIMES[stage] : index === until ? lastMs : 0,
  }));
}

/** What the gate itself stops for has no SQLSTATE and stands at no file. */
function aStop(kind: FailureClass, message: string, next: string): Failure {
  return aFailure({
    ...failureOfClass(kind),
    sqlstate: null,
    message,
    next,
    hint: null,
    file: null,
    line: null,
    column: null,
    excerpt: null,
  });
}

/** One outcome for each result and state of the contract, as a run would make it. */
export function everyOutcome(): { readonly name: string; readonly outcome: Outcome }[] {
  const migrations = rehearsed();
  const [first, second, third] = migrations as [MigrationReport, MigrationReport, MigrationReport];
  const ref = ({ version, name, file }: MigrationReport) => ({ version, name, file });
  const refs = migrations.map(ref);
  const run = {
    previousVersion: '12',
    currentVersion: '12',
    pending: refs,
    planDigest: 'faf308696bdb6318ba61c9ebb619495e8528c6342b7dad6d3276b1f3d5f01dc6',
    health: {
      connections: 23,
      maxConnections: 100,
      longTransactions: [],
      waitingLocks: 0,
      databaseBytes: 5_000_000_000,
      standbys: 1,
    },
  };
  const rehearsal = {
    xid: '7654',
    status: 'aborted',
    attempts: 1,
    walBytes: 1_234_567_890,
    on: 'target' as const,
    deadTuples: 212_480,
    sequencesAdvanced: ['public.orders_id_seq'],
  };
  const tried = {
    ...run,
    migrations,
    coverage: { statements: 7, executed: 6 },
    rehearsal,
    sizes: SIZES,
    hazards: seenHazards(),
    schemaDiff: DIFFERENCE,
    durationMs: 14_870,
  };
  const untried = migrations.map((migration) => ({
    ...migration,
    status: 'not-executed' as const,
    ms: null,
    statements: [],
  }));
  const looked = { ...run, migrations: untried, coverage: { statements: 7, executed: 0 }, stages: stages('plan') };
  const backup = {
    kind: 'restore-point' as const,
    name: 'mgate-123-1',
    lsn: '0/35C6C050',
    at: '2026-09-01 10:00:45.557515+00',
    snapshot: '840:840:',
  };
  const writing = { ...tried, backup, durationMs: 61_200 };
  const done = (migration: MigrationReport, appliedMs: number) => ({
    ...migration,
    status: 'applied' as const,
    appliedMs,
  });
  const pending = (migration: MigrationReport) => ({ ...migration, status: 'pending' as const });
  const allDone = [done(first, 6), done(second, 14_900), done(third, 9_850)];
  const partly = {
    ...writing,
    databaseState: 'partially-migrated' as const,
    exitCode: 7,
    currentVersion: '13',
    applied: refs.slice(0, 1),
  };
  const checks = [
    { check: 'every migration is recorded with its checksum', passed: true, detail: null },
    { check: 'no invalid index was left behind', passed: true, detail: null },
    { check: 'critical table orders', passed: true, detail: null },
  ];
  const log = {
    name: 'migration-log-production-apply-123-1',
    id: '987',
    url: 'https://github.com/acme/shop/actions/runs/123/artifacts/987',
  };
  const plan = {
    name: 'migration-log-production-apply-123-1-plan',
    id: '986',
    url: 'https://github.com/acme/shop/actions/runs/123/artifacts/986',
  };
  const lockTimeout = aFailure({
    ...failureOfClass('lock-timeout'),
    sqlstate: '55P03',
    message: 'canceling statement due to lock timeout',
    hint: null,
    file: `${FOLDER}14_order_numbers.sql`,
    line: 4,
    column: 1,
    excerpt: 'ALTER TABLE order_lines DROP COLUMN note;\n^',
  });
  const edited =
    'migrations/04_products.sql was edited after it was applied: its checksum is 00a03228b214…, recorded is 4b383c157a2f…';
  return [
    {
      name: 'dry-run-passed',
      outcome: anOutcome({
        ...tried,
        result: 'dry-run-passed',
        mode: 'dry-run',
        stages: stages('dry-run'),
        verification: checks.slice(2),
        warnings: ['pid 4711 (nightly-report) has had a transaction open for 412 s: locks may be waited for'],
        artifacts: { plan: null, log },
      }),
    },
    {
      name: 'dry-run-passed clean',
      outcome: anOutcome({
        ...tried,
        result: 'dry-run-passed',
        mode: 'dry-run',
        environment: 'staging',
        environmentSource: 'branch staging',
        pending: refs.slice(0, 1),
        migrations: [first],
        coverage: { statements: 2, executed: 2 },
        stages: stages('dry-run', 'passed', 48),
        durationMs: 74,
        hazards: [],
        schemaDiff: DIFFERENCE.slice(0, 3),
        downFiles: ['migrations/13_booking_requests.down.sql'],
      }),
    },
    {
      name: 'dry-run-passed on a copy',
      outcome: anOutcome({
        ...tried,
        result: 'dry-run-passed',
        mode: 'dry-run',
        stages: stages('dry-run'),
        rehearsal: { ...rehearsal, on: 'copy' },
        hazards: seenHazards().map((hazard) => ({ ...hazard, allowed: 'orders is copied at night, nobody is there' })),
      }),
    },
    {
      name: 'dry-run-passed in the pause',
      outcome: anOutcome({
        ...tried,
        result: 'dry-run-passed',
        stages: stages('dry-run'),
        artifacts: { plan, log: null },
      }),
    },
    { name: 'up-to-date', outcome: anOutcome({ currentVersion: '15', previousVersion: '15' }) },
    {
      name: 'verified',
      outcome: anOutcome({
        result: 'verified',
        mode: 'verify',
        stages: [...stages('plan').slice(0, 2), { stage: 'verify', status: 'passed', ms: 80 }],
        verification: checks,
      }),
    },
    {
      name: 'reported',
      outcome: anOutcome({
        ...looked,
        result: 'reported',
        mode: 'status',
        migrations: untried.map(pending),
        recorded: [
          {
            version: '12',
            name: 'x',
            file: 'migrations/12_x.sql',
            status: 'completed',
            appliedAt: '2026-08-01 09:14:02.12+00',
          },
        ],
      }),
    },
    {
      name: 'reported alarm',
      outcome: anOutcome({
        ...looked,
        result: 'reported',
        exitCode: 3,
        mode: 'status',
        migrations: untried.map(pending),
        warnings: [edited, 'migration 13 (booking_requests) is recorded as failed'],
        recorded: [
          {
            version: '13',
            name: 'booking_requests',
            file: 'migrations/13_booking_requests.sql',
            status: 'failed',
            appliedAt: '2026-08-02 03:10:59.5+00',
          },
          {
            version: '12',
            name: 'x',
            file: 'migrations/12_x.sql',
            status: 'completed',
            appliedAt: '2026-08-01 09:14:02.12+00',
          },
        ],
      }),
    },
    {
      name: 'applied',
      outcome: anOutcome({
        ...writing,
        result: 'applied',
        databaseState: 'migrated',
        currentVersion: '15',
        applied: refs,
        migrations: allDone,
        stages: stages('verify'),
        predictedEqualsActual: true,
        downFiles: ['migrations/14_order_numbers.down.sql'],
        verification: checks,
        artifacts: { plan, log },
      }),
    },
    {
      name: 'rolled-back',
      outcome: anOutcome({
        result: 'rolled-back',
        databaseState: 'rolled-back',
        mode: 'rollback',
        previousVersion: '13',
        currentVersion: '12',
        stages: [
          ...stages('dry-run').slice(0, 3),
          { stage: 'rollback', status: 'passed', ms: 12 },
          { stage: 'verify', status: 'passed', ms: 80 },
        ],
        migrations: [{ ...first, status: 'rolled-back' }],
        coverage: { statements: 2, executed: 2 },
        schemaDiff: [
          aChange({
            change: 'removed',
            kind: 'table',
            name: 'public.booking_requests',
            before: 'owner deploy',
            after: null,
          }),
        ],
        predictedEqualsActual: true,
      }),
    },
    {
      name: 'baselined',
      outcome: anOutcome({
        result: 'baselined',
        mode: 'baseline',
        applied: refs,
        previousVersion: null,
        currentVersion: '15',
        stages: [...stages('plan').slice(0, 2), { stage: 'record', status: 'passed', ms: 4 }],
      }),
    },
    {
      name: 'repaired',
      outcome: anOutcome({
        result: 'repaired',
        mode: 'repair',
        stages: [...stages('inspect').slice(0, 1), { stage: 'record', status: 'passed', ms: 4 }],
        notes: ['version 13 (booking_requests): its failed record was taken away: nothing of it is in the database'],
      }),
    },
    {
      name: 'failed input',
      outcome: anOutcome({
        result: 'failed',
        exitCode: 2,
        engine: null,
        server: null,
        environment: null,
        environmentSource: null,
        previousVersion: null,
        currentVersion: null,
        durationMs: 3,
        stages: stages('inspect').map((stage) => ({ ...stage, status: 'skipped', ms: 0 })),
        problems: [
          {
            input: 'mode',
            message: '`aply` is not a mode; allowed: dry-run, apply, status, verify, rollback, baseline, repair.',
          },
          { input: 'lock-timeout', message: '`2` has no unit; allowed: `500ms`, `30s`, `5m`, or `0` for none.' },
          { input: 'database-url', message: 'is empty: the secret that holds it is not set for this environment.' },
        ],
        error: aStop(
          'input',
          'mode: `aply` is not a mode (and 2 more)',
          'Correct what is named above, then run again.',
        ),
      }),
    },
    {
      name: 'failed connecting',
      outcome: anOutcome({
        result: 'failed',
        exitCode: 1,
        server: {
          version: null,
          host: 'db.example.com',
          port: 5432,
          database: 'app',
          user: 'deploy',
          source: 'input database-url',
        },
        previousVersion: null,
        currentVersion: null,
        durationMs: 10_030,
        stages: stages('inspect', 'failed'),
        error: aFailure({
          ...aStop(
            'connection',
            'could not connect to db.example.com:5432/app: timeout expired',
            'Add the runner’s address to the allow list of the database, or run on a runner inside its network; then run again.',
          ),
          meaning:
            '`db.example.com` did not answer in time: a firewall or an allow list drops the connection, or the address is wrong.',
        }),
      }),
    },
    {
      name: 'failed files',
      outcome: anOutcome({
        ...looked,
        result: 'failed',
        exitCode: 1,
        stages: stages('plan', 'failed'),
        error: aStop(
          'order',
          'migrations/13_booking_requests.sql and migrations/013_bookings.sql have the same version',
          'Give one of them another number.',
        ),
      }),
    },
    {
      name: 'failed dry run',
      outcome: anOutcome({
        ...tried,
        result: 'failed',
        exitCode: 1,
        stages: stages('dry-run', 'failed', 2340),
        durationMs: 2390,
        coverage: { statements: 7, executed: 4 },
        migrations: [
          first,
          {
            ...second,
            status: 'failed',
            ms: 2311,
            statements: [
              ...second.statements.slice(0, 1),
              {
                ...aStatement(second.statements[1]),
                sql: 'UPDATE orders SET number = id + 1000 WHERE placed IS NOT NULL',
                error: 'column "placed" does not exist',
                rows: null,
              },
              ...second.statements
                .slice(2)
                .map((one) => ({ ...one, executed: false, ms: null, locks: [], rewrites: [], scans: [] })),
            ],
          },
          { ...third, status: 'not-executed', statements: [] },
        ],
        hazards: [
          aHazard({
            ...REWRITE,
            line: 2,
            rule: 'statement-fails',
            severity: 'danger',
            effects: ['fails'],
            statement: 'UPDATE orders SET number = id + 1000 WHERE placed IS NOT NULL',
            relation: null,
            message: 'column "placed" does not exist',
            safer: null,
          }),
        ],
        schemaDiff: [],
        error: aFailure({
          ...failureOfClass('missing-object'),
          sqlstate: '42703',
          message: 'column "placed" does not exist',
          hint: 'Perhaps you meant to reference the column "orders.placed_at".',
          file: `${FOLDER}14_order_numbers.sql`,
          line: 2,
          column: 44,
          excerpt: `UPDATE orders SET number = id + 1000 WHERE placed IS NOT NULL;\n${' '.repeat(43)}^`,
          meaning: 'The statement names a column that is not in the database at this point.',
        }),
        artifacts: { plan: null, log },
      }),
    },
    {
      name: 'failed apply undone',
      outcome: anOutcome({
        ...writing,
        result: 'failed',
        exitCode: 1,
        migrations: [{ ...first, status: 'failed' }, pending(second), pending(third)],
        stages: stages('apply', 'failed'),
        error: aFailure({
          ...failureOfClass('duplicate-object'),
          sqlstate: '42P07',
          message: 'relation "booking_requests" already exists',
          hint: null,
          file: first.file,
          line: 1,
          column: 1,
          excerpt: 'CREATE TABLE booking_requests (\n^',
          meaning: 'A table, index or view of this name is there already: made by hand, or by another migration.',
        }),
      }),
    },
    {
      name: 'failed not verified',
      outcome: anOutcome({
        ...writing,
        result: 'failed',
        exitCode: 4,
        databaseState: 'migrated',
        currentVersion: '15',
        applied: refs,
        migrations: allDone,
        stages: stages('verify', 'failed'),
        predictedEqualsActual: false,
        unpredicted: [
          aChange({ change: 'changed', name: 'public.orders.number', before: 'bigint', after: 'bigint not null' }),
        ],
        verification: [
          ...checks.slice(0, 1),
          { check: 'no invalid index was left behind', passed: false, detail: 'public.orders_number_idx is invalid' },
        ],
        downFiles: ['migrations/14_order_numbers.down.sql'],
        error: aStop(
          'verification',
          'no invalid index was left behind: public.orders_number_idx is invalid',
          'The migrations are applied: put right what is named above by a new migration, then run mode: verify.',
        ),
      }),
    },
    {
      name: 'failed partially',
      outcome: anOutcome({
        ...partly,
        result: 'failed',
        migrations: [done(first, 6), { ...second, status: 'failed' }, pending(third)],
        stages: stages('apply', 'failed'),
        error: lockTimeout,
        downFiles: ['migrations/13_booking_requests.down.sql'],
        artifacts: { plan, log },
      }),
    },
    {
      name: 'failed unknown',
      outcome: anOutcome({
        ...writing,
        backup: { ...backup, kind: 'wal-position', name: null },
        result: 'failed',
        exitCode: 7,
        databaseState: 'unknown',
        migrations: migrations.map(pending),
        stages: stages('apply', 'failed'),
        error: {
          ...aStop(
            'connection',
            'Connection terminated unexpectedly',
            'Run with `mode: status` once the server is up again.',
          ),
          sqlstate: '08006',
          meaning:
            'The connection to `db.example.com` broke off: the server restarted, failed over, or something between dropped it.',
        },
      }),
    },
    {
      name: 'killed',
      outcome: anOutcome({
        ...writing,
        result: 'failed',
        exitCode: 7,
        databaseState: 'unknown',
        migrations: migrations.map(pending),
        stages: stages('backup'),
        error: aStop(
          'internal',
          'the run was killed while applying',
          'Run mode: status to see what is applied; the next run goes on from there.',
        ),
      }),
    },
    {
      name: 'refused',
      outcome: anOutcome({
        ...tried,
        result: 'refused',
        exitCode: 3,
        stages: stages('dry-run', 'failed'),
        error: {
          ...aStop(
            'verification',
            '3 hazards at or above fail-on (warning): rewrites-under-lock, rewrites public.orders (1.2 GB) while nobody can read or write it (AccessExclusiveLock), 12.3 s in the dry run',
            'Rewrite the statement, or accept it: `allow-hazards: rewrites-under-lock`',
          ),
          file: REWRITE.file,
          line: REWRITE.line,
        },
      }),
    },
    {
      name: 'refused token',
      outcome: anOutcome({
        ...looked,
        result: 'refused',
        exitCode: 3,
        error: aStop(
          'input',
          'apply in production needs confirm-token',
          'Set `confirm-token: MIGRATE-PRODUCTION` once you have read the dry run.',
        ),
      }),
    },
    {
      name: 'refused digest',
      outcome: anOutcome({
        ...looked,
        result: 'refused',
        exitCode: 3,
        error: aStop(
          'checksum',
          'the plan is not the one that was reviewed: plan-digest is 111111111111…, now it is faf308696bdb…',
          'Dry-run again and review that: files, applied migrations, server or settings have changed.',
        ),
      }),
    },
    {
      name: 'refused edited',
      outcome: anOutcome({
        ...looked,
        result: 'refused',
        exitCode: 3,
        stages: stages('plan', 'failed'),
        warnings: [edited],
        error: {
          ...aStop(
            'checksum',
            edited,
            'Restore migrations/04_products.sql as it was applied (`git log -- migrations/04_products.sql`) and put the change into a new migration.',
          ),
          file: 'migrations/04_products.sql',
          line: 1,
        },
      }),
    },
    {
      name: 'refused locked',
      outcome: anOutcome({
        result: 'refused',
        exitCode: 5,
        previousVersion: null,
        currentVersion: null,
        durationMs: 60_040,
        stages: stages('inspect', 'failed'),
        error: aStop(
          'lock-timeout',
          'another gate holds the lock: mgate/122/1/acme/shop (pid 4712), for longer than lock-wait (1 min)',
          'Wait until that run has ended, then run again.',
        ),
      }),
    },
    {
      name: 'dry-run-inconclusive',
      outcome: anOutcome({
        ...tried,
        result: 'dry-run-inconclusive',
        exitCode: 3,
        stages: stages('dry-run', 'failed', 5150),
        durationMs: 5210,
        coverage: { statements: 7, executed: 4 },
        migrations: [
          first,
          {
            ...second,
            status: 'not-executed',
            ms: 2310,
            statements: second.statements.map((one, index) =>
              index < 2 ? one : { ...one, executed: false, ms: null, locks: [], rewrites: [], scans: [] },
            ),
          },
          { ...third, status: 'not-executed', statements: [] },
        ],
        hazards: [],
        schemaDiff: [],
        blocked: [301, 302].map((waitedMs) => ({
          pid: 8967,
          application: 'shop-web',
          waitedMs,
          file: second.file,
          statementIndex: 3,
        })),
        error: aStop(
          'lock-timeout',
          'the dry run is inconclusive: it kept another session waiting (pid 8967, shop-web) for max-blocking (300 ms)',
          'Run at a quieter time, write the statement so that it does not block, raise max-blocking, or rehearse on a copy with rehearsal-database-url.',
        ),
      }),
    },
    {
      name: 'cancelled',
      outcome: anOutcome({
        ...tried,
        result: 'cancelled',
        exitCode: 6,
        stages: stages('review', 'cancelled'),
        error: aStop(
          'cancelled',
          'cancelled during the review pause',
          'Nothing was changed; run again when the migration is wanted.',
        ),
        artifacts: { plan, log },
      }),
    },
    {
      name: 'cancelled applying',
      outcome: anOutcome({
        ...writing,
        result: 'cancelled',
        exitCode: 6,
        migrations: [{ ...first, status: 'failed' }, pending(second), pending(third)],
        stages: stages('apply', 'cancelled'),
        error: aStop(
          'cancelled',
          'cancelled while applying; what was open was rolled back',
          'Run again when you are ready.',
        ),
      }),
    },
    {
      name: 'cancelled partially',
      outcome: anOutcome({
        ...partly,
        result: 'cancelled',
        migrations: [done(first, 6), { ...second, status: 'failed' }, pending(third)],
        stages: stages('apply', 'cancelled'),
        error: aStop(
          'cancelled',
          'cancelled while applying; what was open was rolled back',
          'Run again when you are ready; what is already applied is not applied twice.',
        ),
      }),
    },
  ];
}
