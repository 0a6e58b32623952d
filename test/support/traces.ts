/**
 * Migrations of every kind that leave traces to be counted, and an independent reading of a database against them: plain
 * SQL, nothing of the product's code. What is done twice or by half shows.
 */
import pg from 'pg';

type Effect = 'none' | 'part' | 'all';

interface Traced {
  readonly version: string;
  readonly file: string;
  readonly sql: string;
  /**
   * `transaction`: all or nothing, together with its record; `steps`: as many steps as its record says; `judged`: by one
   * statement that the catalog tells of; `untold`: by code that commits, of which nothing tells.
   */
  readonly kind: 'transaction' | 'steps' | 'judged' | 'untold';
  /** Steps whose trace it leaves, in order. */
  readonly steps: number;
  /** What stands of it where that is not told by its steps; null: nothing that could be seen. */
  readonly effect?: (facts: Facts) => Effect | null;
}

/** A row of schema_migrations. */
interface Row {
  readonly status: string;
  readonly done: number;
  readonly started: number | null;
}

interface Facts {
  /** How often each step, `003.1`, has left its trace. */
  readonly counts: ReadonlyMap<string, number>;
  readonly records: ReadonlyMap<string, Row>;
  readonly indexIs: 'absent' | 'invalid' | 'valid';
  /** Indexes that are invalid, besides the one that is made. */
  readonly invalid: readonly string[];
  readonly partition: 'attached' | 'pending' | 'detached';
  readonly least: number;
  readonly most: number;
}

const INDEX = { absent: 'none', invalid: 'part', valid: 'all' } as const;
const PARTITION = { attached: 'none', pending: 'part', detached: 'all' } as const;

const trace = (version: string, step: number) => `insert into trace (step) values ('${version}.${step}');`;
const steps = (version: string, count: number) =>
  Array.from({ length: count }, (_, index) => trace(version, index + 1)).join('\n');

/** Applied before anything dies. */
export const BASE: Readonly<Record<string, string>> = {
  'migrations/001_base.sql': `create table trace (step text not null);
    create table filled (id int primary key, m int not null);
    insert into filled select n, 0 from generate_series(1, 3000) n;`,
  'migrations/002_parted.sql': `create table parted (id int) partition by range (id);
    create table parted_1 partition of parted for values from (0) to (10);
    insert into parted values (1);`,
};

const small = (version: string): Traced => ({
  version,
  file: `${version}_small.sql`,
  sql: `${trace(version, 1)}\ncreate table small_${version} (id int);\n${trace(version, 2)}`,
  kind: 'transaction',
  steps: 2,
});

const data: Traced = {
  version: '013',
  file: '013_data.sql',
  sql: `update filled set m = m + 1 where id <= 1500;\nupdate filled set m = m + 1 where id > 1500;`,
  kind: 'transaction',
  steps: 0,
  effect: ({ least, most }) => (most === 0 ? 'none' : least === 1 && most === 1 ? 'all' : 'part'),
};

const large: Traced = {
  version: '006',
  file: '006_large.sql',
  // Beyond the size up to which files travel together, and of more statements than one batch.
  sql: `-- ${'large '.repeat(12_000)}\n${steps('006', 500)}`,
  kind: 'transaction',
  steps: 500,
};

export const MIXED: readonly Traced[] = [
  small('003'),
  small('004'),
  {
    version: '005',
    file: '005_wrapped.sql',
    sql: `BEGIN ISOLATION LEVEL SERIALIZABLE;\n${steps('005', 3)}\nCOMMIT;`,
    kind: 'transaction',
    steps: 3,
  },
  large,
  {
    version: '007',
    file: '007_blocks.sql',
    sql: `BEGIN;\n${trace('007', 1)}\n${trace('007', 2)}\nCOMMIT;\nBEGIN;\n${trace('007', 3)}\nCOMMIT;\n${trace('007', 4)}`,
    kind: 'steps',
    steps: 4,
  },
  {
    version: '008',
    file: '008_index.sql',
    sql: 'CREATE INDEX CONCURRENTLY filled_m ON filled (m);',
    kind: 'judged',
    steps: 0,
    effect: ({ indexIs }) => INDEX[indexIs],
  },
  {
    version: '009',
    file: '009_reindex.sql',
    sql: 'REINDEX INDEX CONCURRENTLY filled_pkey;',
    kind: 'judged',
    steps: 0,
    effect: ({ invalid }) => (invalid.length > 0 ? 'part' : null),
  },
  {
    version: '010',
    file: '010_steps.sql',
    sql: `-- gate: no-transaction\n${steps('010', 4)}`,
    kind: 'steps',
    steps: 4,
  },
  {
    version: '011',
    file: '011_detach.sql',
    sql: 'ALTER TABLE parted DETACH PARTITION parted_1 CONCURRENTLY;',
    kind: 'judged',
    steps: 0,
    effect: ({ partition }) => PARTITION[partition],
  },
  {
    version: '012',
    file: '012_commits.sql',
    sql: `DO $$ begin ${trace('012', 1)} commit; perform pg_sleep(0.02); ${trace('012', 2)} commit; end $$;`,
    kind: 'untold',
    steps: 2,
  },
  data,
  small('014'),
];

/** For `transaction-mode: all`. */
export const TOGETHER: readonly Traced[] = [small('003'), small('004'), large, data, small('014')];

export const filesOf = (migrations: readonly Traced[]): Record<string, string> => ({
  ...BASE,
  ...Object.fromEntries(migrations.map(({ file, sql }) => [`migrations/${file}`, sql])),
});

/** How a database stands to its files. */
export interface Standing {
  /** Everything that contradicts itself: half a transaction, something twice, a record that is not true. */
  readonly wrong: readonly string[];
  /** Versions that are recorded as applied. */
  readonly applied: readonly string[];
  readonly isWhole: boolean;
  /** Of a migration that is not applied something is there. */
  readonly isPart: boolean;
  /** Code that commits was begun and not finished: nobody can tell how far it came. */
  readonly untold: string | null;
  /** Two equal ones: nothing was changed between them. */
  readonly print: string;
}

export async function readStanding(url: string, migrations: readonly Traced[]): Promise<Standing> {
  const facts = await readFacts(url);
  const wrong: string[] = [];
  for (const [step, count] of facts.counts) if (count > 1) wrong.push(`${step} was done ${count} times`);
  if (facts.most > 1) wrong.push('013 was done twice');
  const effects = migrations.map((one) => {
    const record = facts.records.get(one.version);
    const effect = effectOf(one, facts);
    const complaint = complaintOf(one, record, effect, facts);
    if (complaint) wrong.push(`${one.file}: ${complaint}: ${effect}, ${JSON.stringify(record ?? null)}`);
    return { one, record, effect };
  });
  const open = effects.filter(({ record }) => record?.status !== 'completed');
  const begun = open.find(({ one, record }) => one.kind === 'untold' && (record?.started ?? null) !== null);
  return {
    wrong,
    applied: effects.filter(({ record }) => record?.status === 'completed').map(({ one }) => one.version),
    isWhole: open.length === 0,
    isPart: open.length < effects.length || open.some(({ effect }) => effect === 'part' || effect === 'all'),
    untold: begun?.one.version ?? null,
    print: JSON.stringify([
      effects.map(({ record, effect }) => [effect, record?.status === 'completed']),
      [...facts.counts].sort(),
      facts.invalid,
    ]),
  };
}

function effectOf({ version, steps, effect }: Traced, facts: Facts): Effect | null {
  if (effect) return effect(facts);
  const there = Array.from({ length: steps }, (_, index) => facts.counts.get(`${version}.${index + 1}`) ?? 0);
  if (there.every((count) => count === 0)) return 'none';
  return there.every((count) => count > 0) ? 'all' : 'part';
}

function complaintOf(one: Traced, record: Row | undefined, effect: Effect | null, facts: Facts): string | null {
  const completed = record?.status === 'completed';
  if (completed) return effect === 'all' || effect === null ? null : 'recorded, and not all of it is there';
  switch (one.kind) {
    case 'transaction':
      return effect === 'none' ? null : 'not recorded, and there';
    case 'steps': {
      const done = record?.done ?? 0;
      for (let step = 1; step <= one.steps; step += 1) {
        const there = facts.counts.has(`${one.version}.${step}`);
        if (there !== step <= done) return `step ${step} is ${there ? '' : 'not '}there`;
      }
      return null;
    }
    case 'judged':
    case 'untold':
      return effect === 'none' || effect === null || (record?.started ?? null) !== null || (record?.done ?? 0) > 0
        ? null
        : 'there, and never recorded as begun';
  }
}

async function readFacts(url: string): Promise<Facts> {
  return withClient(url, async (client) => {
    const counts = await client.query<{ step: string; count: number }>(
      'select step, count(*)::int from trace group by step',
    );
    const records = await client.query<Row & { version: string }>(
      `select version, status, coalesce((progress->>'done')::int, 0) as done, (progress->>'started')::int as started
         from schema_migrations`,
    );
    const facts = await client.query(
      `select coalesce((select case when indisvalid and indisready then 'valid' else 'invalid' end
                          from pg_index where indexrelid = to_regclass('filled_m')), 'absent') as "indexIs",
              array(select indexrelid::regclass::text from pg_index
                     where not indisvalid and indexrelid is distinct from to_regclass('filled_m') order by 1) as invalid,
              coalesce((select case when inhdetachpending then 'pending' else 'attached' end
                          from pg_inherits where inhrelid = 'parted_1'::regclass), 'detached') as partition,
              (select min(m) from filled) as least, (select max(m) from filled) as most`,
    );
    return {
      counts: new Map(counts.rows.map(({ step, count }) => [step, count])),
      records: new Map(records.rows.map(({ version, ...record }) => [version, record])),
      ...facts.rows[0],
    };
  });
}

/** A session for a moment: of a server that crashes now and then none can be kept. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'the test' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
