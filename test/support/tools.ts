/**
 * Real migration tools and real projects for them. Each project makes the same shop: `shop_customer` with 500 rows, whose
 * `domain` a data migration has filled, `shop_order`, and the index `shop_customer_email`, built CONCURRENTLY.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { virtualEnvironment } from './python.ts';

const run = promisify(execFile);
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The words that start it; absolute paths only. */
export type Tool = readonly string[];

/** `good`: six migrations, all of which work. `failing`: the fourth fails after it has done something. */
export type Variant = 'good' | 'failing';

export interface ToolProject {
  readonly tool: 'psql' | 'dbmate' | 'node-pg-migrate' | 'django';
  /** Where its commands are run. */
  readonly folder: string;
  readonly apply: readonly string[];
  /** Connects and looks; node-pg-migrate makes its table where it is missing. */
  readonly probe: readonly string[];
  /** Versions on record after a good run, as `readVersions` gives them, of this project's own migrations; psql has none. */
  readonly versions: readonly string[];
  /** How many of them stay when the fourth fails. */
  readonly kept: 0 | 3;
}

/** What proves that all six ran: `{ customers: '500', domains: '5', valid: true, orders: '0' }`. */
export const SHOP_PROOF = `
  SELECT (SELECT count(*) FROM shop_customer) AS customers, (SELECT count(DISTINCT domain) FROM shop_customer) AS domains,
         (SELECT indisvalid FROM pg_index WHERE indexrelid = 'shop_customer_email'::regclass) AS valid,
         (SELECT count(*) FROM shop_order) AS orders`;
export const SHOP_PROVED = { customers: '500', domains: '5', valid: true, orders: '0' };

/**
 * What a child needs to reach this database and no other: `DATABASE_URL` and `PG*`, nothing else of the kind from the
 * caller. Plain connections only: dbmate's driver insists on TLS unless the URL says otherwise.
 */
export function childEnvironment(url: string): Record<string, string> {
  const at = new URL(url);
  if (!at.searchParams.has('sslmode')) at.searchParams.set('sslmode', 'disable');
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|DATABASE_|DJANGO_|DBMATE_|PYTHON)/.test(name));
  return {
    ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ''])),
    DATABASE_URL: at.href,
    PGHOST: at.hostname,
    PGPORT: at.port,
    PGUSER: decodeURIComponent(at.username),
    PGPASSWORD: decodeURIComponent(at.password),
    PGDATABASE: decodeURIComponent(at.pathname.slice(1)),
    PGSSLMODE: at.searchParams.get('sslmode') ?? 'disable',
  };
}

/** Runs one of a project's commands to its end; `output` is both of its streams. */
export function runTool(
  { folder }: Pick<ToolProject, 'folder'>,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const [command = '', ...rest] = words;
    const child = spawn(command, rest, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** The one on PATH; else version 16 from PyPI, which speaks no TLS. */
export async function psql(): Promise<Tool> {
  const found = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'psql'));
  const place = join(ROOT, '.cache', 'psql-16.2');
  const fetched = join(place, 'pgserver', 'pginstall', 'bin', 'psql');
  const path = [...found, fetched].find((file) => existsSync(file));
  if (path !== undefined) return [path];
  const { python } = await virtualEnvironment('pip', []);
  const draft = `${place}.${randomBytes(4).toString('hex')}`;
  try {
    // Its programs do not care for which Python the wheel was made.
    const options = ['--quiet', '--no-deps', '--only-binary=:all:', '--python-version=3.12', `--target=${draft}`];
    await run(python, ['-m', 'pip', 'install', ...options, 'pgserver==0.1.4']);
    await chmod(join(draft, 'pgserver', 'pginstall', 'bin', 'psql'), 0o755);
    await rename(draft, place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another process was faster
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return [fetched];
}

const DBMATE = 'dbmate@2.36.0';
let dbmateMade: Promise<Tool> | null = null;

/** Fetched on first use: with it in the lock file, `npm ci` would ask for its binaries of every platform. */
export function dbmate(): Promise<Tool> {
  dbmateMade ??= fetchDbmate();
  return dbmateMade;
}

async function fetchDbmate(): Promise<Tool> {
  const cache = join(ROOT, '.cache');
  const place = join(cache, DBMATE);
  if (!existsSync(place)) {
    await mkdir(cache, { recursive: true });
    const draft = await mkdtemp(join(cache, 'dbmate-'));
    await run('npm', ['install', '--no-save', '--no-package-lock', '--prefix', draft, DBMATE]);
    // Two may fetch it at once: the first one's stays.
    await rename(draft, place).catch(async (error: NodeJS.ErrnoException) => {
      await rm(draft, { recursive: true, force: true });
      if (!existsSync(place)) throw error;
    });
  }
  return [process.execPath, join(place, 'node_modules', 'dbmate', 'dist', 'cli.js')];
}

export async function nodePgMigrate(): Promise<Tool> {
  return [process.execPath, join(ROOT, 'node_modules', 'node-pg-migrate', 'bin', 'node-pg-migrate.js')];
}

/** A Python that has Django; a project's `manage.py` follows. */
export async function django(): Promise<Tool> {
  const { python } = await virtualEnvironment('django', ['Django==5.2.19', 'psycopg[binary]==3.3.9']);
  return [python];
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

const CUSTOMERS = `CREATE TABLE shop_customer (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  name varchar(100) NOT NULL,
  email varchar(200) NOT NULL
);
COMMENT ON TABLE shop_customer IS 'one row a customer; nobody''s duplicates';`;

const LOAD = `INSERT INTO shop_customer (name, email)
  SELECT 'Customer ' || n, 'c' || n || '@shop' || n % 5 || '.example' FROM generate_series(1, 500) n;`;

const ADD_DOMAIN = `ALTER TABLE shop_customer ADD COLUMN domain varchar(200);`;
const FILL_DOMAIN = `UPDATE shop_customer SET domain = split_part(email, '@', 2);
ALTER TABLE shop_customer ALTER COLUMN domain SET NOT NULL;`;

const ORDERS = `CREATE TYPE shop_state AS ENUM ('open', 'paid; or not');
CREATE TABLE shop_order (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES shop_customer,
  state shop_state NOT NULL DEFAULT 'open',
  total numeric(10, 2) NOT NULL DEFAULT 0
);
CREATE FUNCTION shop_touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  NEW.total := round(NEW.total, 2); -- a semicolon; and another
  RETURN NEW;
END;
$body$;
CREATE TRIGGER shop_order_touch BEFORE INSERT OR UPDATE ON shop_order FOR EACH ROW EXECUTE FUNCTION shop_touch();`;

const BROKEN = `ALTER TABLE shop_nowhere ADD COLUMN lost int;`;
const INDEX = `CREATE INDEX CONCURRENTLY shop_customer_email ON shop_customer (email);`;
const VIEW = `DO $$
BEGIN
  IF (SELECT count(*) FROM shop_customer) = 0 THEN RAISE EXCEPTION 'no customers'; END IF;
END
$$;
CREATE VIEW shop_summary AS SELECT c.domain, count(o.id) AS orders
  FROM shop_customer c LEFT JOIN shop_order o ON o.customer_id = c.id GROUP BY c.domain;`;

/** Scripts as people write them for psql: included files, variables, COPY with its data, blocks of their own, \gexec. */
export async function psqlProject(folder: string, variant: Variant = 'good'): Promise<ToolProject> {
  const rows = Array.from({ length: 500 }, (_, n) => `Customer ${n + 1}\tc${n + 1}@shop${(n + 1) % 5}.example`);
  await write(folder, {
    'all.sql': ['1_customers', '2_load', '3_domain', '4_orders', '5_index', '6_view']
      .map((name) => `\\ir parts/${name}.sql\n`)
      .join(''),
    'parts/1_customers.sql': `\\set ON_ERROR_STOP on\nBEGIN;\n${CUSTOMERS}\nCOMMIT;\n`,
    'parts/2_load.sql': `COPY shop_customer (name, email) FROM stdin;\n${rows.join('\n')}\n\\.\n`,
    'parts/3_domain.sql': `\\set separator '@'\nBEGIN;\n${ADD_DOMAIN}\n${FILL_DOMAIN.replace(`'@'`, `:'separator'`)}\nEND;\n`,
    'parts/4_orders.sql': `${ORDERS}\n${variant === 'failing' ? BROKEN : ''}\n`,
    'parts/5_index.sql': `${INDEX}\n`,
    'parts/6_view.sql': `${VIEW}\nSELECT format('ANALYZE %I', relname) FROM pg_class WHERE relname LIKE 'shop\\_%' AND relkind = 'r' ORDER BY 1 \\gexec\n`,
  });
  const words = [...(await psql()), '-X', '-v', 'ON_ERROR_STOP=1'];
  return {
    tool: 'psql',
    folder,
    apply: [...words, '-f', 'all.sql'],
    probe: [...words, '-c', 'SELECT 1'],
    versions: [],
    kept: 0,
  };
}

export async function dbmateProject(folder: string, variant: Variant = 'good'): Promise<ToolProject> {
  const migrations: readonly (readonly [name: string, options: string, up: string, down: string])[] = [
    ['customers', '', CUSTOMERS, 'DROP TABLE shop_customer;'],
    ['load', '', LOAD, 'TRUNCATE shop_customer;'],
    ['domain', '', `${ADD_DOMAIN}\n${FILL_DOMAIN}`, 'ALTER TABLE shop_customer DROP COLUMN domain;'],
    [
      'orders',
      '',
      `${ORDERS}\n${variant === 'failing' ? BROKEN : ''}`,
      'DROP TABLE shop_order; DROP FUNCTION shop_touch(); DROP TYPE shop_state;',
    ],
    ['index', ' transaction:false', INDEX, 'DROP INDEX CONCURRENTLY shop_customer_email;'],
    ['view', '', VIEW, 'DROP VIEW shop_summary;'],
  ];
  const version = (index: number) => `2025010100000${index + 1}`;
  await write(
    folder,
    Object.fromEntries(
      migrations.map(([name, options, up, down], index) => [
        `db/migrations/${version(index)}_${name}.sql`,
        `-- migrate:up${options}\n${up}\n\n-- migrate:down${options}\n${down}\n`,
      ]),
    ),
  );
  // Without --no-dump-schema it ends with pg_dump, of a release that must not be older than the server's.
  const words = [...(await dbmate()), '--no-dump-schema'];
  return {
    tool: 'dbmate',
    folder,
    apply: [...words, 'up'],
    probe: [...words, 'status'],
    versions: migrations.map((_, index) => version(index)),
    kept: 3,
  };
}

export async function nodePgMigrateProject(folder: string, variant: Variant = 'good'): Promise<ToolProject> {
  const js = (up: string, down: string, isAsync = false) =>
    `exports.up = ${isAsync ? 'async ' : ''}(pgm) => {\n${up}\n};\n\nexports.down = (pgm) => {\n${down}\n};\n`;
  const files: readonly (readonly [name: string, text: string])[] = [
    [
      'customers.js',
      js(
        `  pgm.createTable('shop_customer', {
    id: { type: 'bigint', primaryKey: true, sequenceGenerated: { precedence: 'BY DEFAULT' } },
    name: { type: 'varchar(100)', notNull: true },
    email: { type: 'varchar(200)', notNull: true },
  }, { comment: "one row a customer; nobody's duplicates" });`,
        `  pgm.dropTable('shop_customer');`,
      ),
    ],
    ['load.sql', `-- Up Migration\n${LOAD}\n\n-- Down Migration\nTRUNCATE shop_customer;\n`],
    [
      'domain.js',
      // Read and written at once, statement by statement with parameters, before the steps that pgm collects.
      js(
        `  await pgm.db.query(${JSON.stringify(ADD_DOMAIN)});
  const rows = await pgm.db.select('SELECT id, email FROM shop_customer ORDER BY id');
  for (const { id, email } of rows) {
    await pgm.db.query('UPDATE shop_customer SET domain = $1 WHERE id = $2', [email.split('@')[1], id]);
  }
  pgm.alterColumn('shop_customer', 'domain', { notNull: true });`,
        `  pgm.dropColumn('shop_customer', 'domain');`,
        true,
      ),
    ],
    [
      'orders.js',
      js(
        `  pgm.sql(${JSON.stringify(ORDERS)});${variant === 'failing' ? `\n  pgm.sql(${JSON.stringify(BROKEN)});` : ''}`,
        `  pgm.dropTable('shop_order');\n  pgm.dropFunction('shop_touch', []);\n  pgm.dropType('shop_state');`,
      ),
    ],
    [
      'index.js',
      js(
        `  pgm.noTransaction();
  pgm.createIndex('shop_customer', 'email', { name: 'shop_customer_email', concurrently: true });`,
        `  pgm.noTransaction();
  pgm.dropIndex('shop_customer', 'email', { name: 'shop_customer_email', concurrently: true });`,
      ),
    ],
    ['view.js', js(`  pgm.sql(${JSON.stringify(VIEW)});`, `  pgm.dropView('shop_summary');`)],
  ];
  const version = (index: number) => `173568960000${index + 1}_${files[index]?.[0].replace(/\.\w+$/, '')}`;
  await write(
    folder,
    Object.fromEntries(files.map(([name, text], n) => [`migrations/${version(n)}${name.replace(/^\w+/, '')}`, text])),
  );
  const words = await nodePgMigrate();
  return {
    tool: 'node-pg-migrate',
    folder,
    apply: [...words, 'up'],
    // It has no status, and its --dry-run sends what `pgm.db` does and commits it. This looks what is there and runs none.
    probe: [...words, 'up', '0'],
    versions: files.map((_, index) => version(index)),
    // All in one transaction, up to one that wants none.
    kept: 0,
  };
}

const DJANGO_SETTINGS = `import os
from urllib.parse import parse_qsl, unquote, urlsplit

SECRET_KEY = "of a test"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]

_url = os.environ.get("DATABASE_URL")
if _url:
    _at = urlsplit(_url)
    _place = dict(NAME=unquote(_at.path[1:]), USER=unquote(_at.username or ""), PASSWORD=unquote(_at.password or ""),
                  HOST=_at.hostname, PORT=_at.port, OPTIONS=dict(parse_qsl(_at.query)))
else:
    _place = dict(NAME=os.environ["PGDATABASE"], USER=os.environ["PGUSER"], PASSWORD=os.environ["PGPASSWORD"],
                  HOST=os.environ["PGHOST"], PORT=os.environ["PGPORT"])
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", **_place}}
`;

const DJANGO_MODELS = `from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=150)
    email = models.CharField(max_length=200)
    domain = models.CharField(max_length=200, default="")

    class Meta:
        indexes = [models.Index(fields=["email"], name="shop_customer_email")]
`;

/** One app beside Django's own `contenttypes` and `auth`, which write rows after the migrations (post_migrate). */
export async function djangoProject(folder: string, variant: Variant = 'good'): Promise<ToolProject> {
  const migration = (before: string | null, operations: string, options: { head?: string; atomic?: false } = {}) =>
    `from django.db import migrations, models
${options.head ?? ''}

class Migration(migrations.Migration):
${options.atomic === false ? '    atomic = False\n' : ''}    dependencies = [${before === null ? '' : `("shop", "${before}")`}]
    operations = [
${operations}
    ]
`;
  const names = ['0001_customer', '0002_domain', '0003_fill', '0004_orders', '0005_index', '0006_name'];
  const files = [
    migration(
      null,
      `        migrations.CreateModel(name="Customer", fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=100)),
            ("email", models.CharField(max_length=200)),
        ]),`,
    ),
    migration(
      '0001_customer',
      `        migrations.AddField("customer", "domain", models.CharField(max_length=200, default="")),`,
    ),
    migration('0002_domain', `        migrations.RunPython(fill, migrations.RunPython.noop),`, {
      head: `from django.db import IntegrityError, transaction


def fill(apps, schema_editor):
    Customer = apps.get_model("shop", "Customer")
    Customer.objects.bulk_create(
        Customer(name=f"Customer {n}", email=f"c{n}@shop{n % 5}.example") for n in range(1, 501))
    # A server-side cursor.
    for customer in Customer.objects.order_by("id").iterator(chunk_size=100):
        customer.domain = customer.email.split("@")[1]
        customer.save(update_fields=["domain"])
    # A savepoint that is released, and one that is rolled back to.
    with transaction.atomic(schema_editor.connection.alias):
        Customer.objects.get_or_create(email="c1@shop1.example", defaults={"name": "another"})
    try:
        with transaction.atomic(schema_editor.connection.alias):
            Customer.objects.create(id=Customer.objects.first().id, name="twice", email="nobody@shop0.example")
    except IntegrityError:
        pass
`,
    }),
    migration(
      '0003_fill',
      `        migrations.RunSQL(${JSON.stringify(ORDERS)}, "DROP TABLE shop_order; DROP FUNCTION shop_touch; DROP TYPE shop_state;"),${
        variant === 'failing' ? `\n        migrations.RunSQL(${JSON.stringify(BROKEN)}),` : ''
      }`,
    ),
    migration(
      '0004_orders',
      `        AddIndexConcurrently("customer", models.Index(fields=["email"], name="shop_customer_email")),`,
      { head: 'from django.contrib.postgres.operations import AddIndexConcurrently\n', atomic: false },
    ),
    migration('0005_index', `        migrations.AlterField("customer", "name", models.CharField(max_length=150)),`),
  ];
  await write(folder, {
    'manage.py': `import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
`,
    'settings.py': DJANGO_SETTINGS,
    'shop/__init__.py': '',
    'shop/models.py': DJANGO_MODELS,
    'shop/migrations/__init__.py': '',
    ...Object.fromEntries(files.map((text, index) => [`shop/migrations/${names[index]}.py`, text])),
  });
  const words = [...(await django()), 'manage.py'];
  return {
    tool: 'django',
    folder,
    apply: [...words, 'migrate', '--noinput'],
    probe: [...words, 'showmigrations'],
    versions: names.map((name) => `shop.${name}`),
    kept: 3,
  };
}

/** Every project of this file, by its tool. */
export const TOOL_PROJECTS = [
  ['psql', psqlProject],
  ['dbmate', dbmateProject],
  ['node-pg-migrate', nodePgMigrateProject],
  ['django', djangoProject],
] as const;
