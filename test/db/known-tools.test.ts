/** Other tools' tables, made as each tool makes its own: found, told apart, read. */

import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { KNOWN_TOOLS } from '../../src/engines/shared/known-tools.ts';
import { createTrackingItems } from '../../src/engines/shared/tracking.ts';
import { findToolTables, readVersions, type ToolVersion } from '../../src/engines/tool/tables.ts';
import { type Database, freshDatabase } from '../support/database.ts';

interface Shape {
  readonly tool: string;
  /** Where this is another form of what a case above already shows. */
  readonly form?: string;
  readonly relation: string;
  /** The tool's own DDL and rows, run with `search_path` set to a schema of the case's own. */
  readonly sql: string;
  /** `version`, `version=name`; with `!` before it, failed. Oldest first. */
  readonly versions: readonly string[];
}

const SHAPES: readonly Shape[] = [
  {
    tool: 'Alembic',
    relation: 'alembic_version',
    sql: `CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
          INSERT INTO alembic_version VALUES ('b2'), ('a1')`,
    versions: ['a1', 'b2'],
  },
  {
    tool: 'Alembic',
    form: 'version_table of the project, empty',
    relation: 'shop_revisions',
    sql: `CREATE TABLE shop_revisions (version_num VARCHAR(32) NOT NULL PRIMARY KEY)`,
    versions: [],
  },
  {
    tool: 'dbmate',
    relation: 'schema_migrations',
    sql: `create table if not exists schema_migrations (version varchar primary key);
          insert into schema_migrations values ('20250301000000'), ('20250101000000')`,
    versions: ['20250101000000', '20250301000000'],
  },
  {
    tool: 'dbmate',
    form: 'before 2.0',
    relation: 'schema_migrations',
    sql: `create table if not exists schema_migrations (version varchar(255) primary key);
          insert into schema_migrations values ('10'), ('9')`,
    versions: ['9', '10'],
  },
  {
    tool: 'Rails',
    relation: 'schema_migrations',
    sql: `CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY);
          CREATE TABLE "ar_internal_metadata" ("key" character varying NOT NULL PRIMARY KEY, "value" character varying,
            "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
          INSERT INTO schema_migrations VALUES ('20250101000000')`,
    versions: ['20250101000000'],
  },
  {
    tool: 'golang-migrate',
    relation: 'schema_migrations',
    sql: `CREATE TABLE IF NOT EXISTS "schema_migrations" (version bigint not null primary key, dirty boolean not null);
          INSERT INTO schema_migrations VALUES (7, true)`,
    versions: ['!7'],
  },
  {
    tool: 'Ecto',
    relation: 'schema_migrations',
    sql: `CREATE TABLE "schema_migrations" ("version" bigint, "inserted_at" timestamp(0), PRIMARY KEY ("version"));
          INSERT INTO schema_migrations VALUES (20250101, '2025-03-02'), (20250201, '2025-03-01')`,
    versions: ['20250201', '20250101'],
  },
  {
    tool: 'Supabase',
    relation: 'supabase_migrations.schema_migrations',
    sql: `CREATE SCHEMA IF NOT EXISTS supabase_migrations;
          CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY);
          ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS statements text[];
          ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS name text;
          INSERT INTO supabase_migrations.schema_migrations VALUES ('20250102', '{select 1}', 'orders'), ('20250101', '{}', null)`,
    versions: ['20250101', '20250102=orders'],
  },
  {
    tool: 'Supabase',
    form: 'its first release',
    relation: 'supabase_migrations.schema_migrations',
    sql: `CREATE SCHEMA supabase_migrations;
          CREATE TABLE supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY);
          INSERT INTO supabase_migrations.schema_migrations VALUES ('20250101')`,
    versions: ['20250101'],
  },
  ...['flyway_schema_history', 'shop_history'].map((table) => ({
    tool: 'Flyway',
    form: table,
    relation: table,
    sql: `CREATE TABLE "${table}" ("installed_rank" INT NOT NULL, "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL,
            "type" VARCHAR(20) NOT NULL, "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER, "installed_by" VARCHAR(100) NOT NULL,
            "installed_on" TIMESTAMP NOT NULL DEFAULT now(), "execution_time" INTEGER NOT NULL, "success" BOOLEAN NOT NULL);
          ALTER TABLE "${table}" ADD CONSTRAINT "${table}_pk" PRIMARY KEY ("installed_rank");
          CREATE INDEX "${table}_s_idx" ON "${table}" ("success");
          INSERT INTO "${table}" (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success) VALUES
            (0, null, '<< Flyway Schema Creation >>', 'SCHEMA', '"app"', null, 'me', 0, true),
            (1, '1', 'first', 'SQL', 'V1__first.sql', 1, 'me', 5, true), (2, '1.1', 'undone', 'SQL', 'V1_1__undone.sql', 2, 'me', 5, true),
            (3, null, 'views', 'SQL', 'R__views.sql', 3, 'me', 5, true), (4, '1.1', 'undone', 'UNDO_SQL', 'U1_1__undone.sql', 4, 'me', 5, true),
            (5, null, 'views', 'SQL', 'R__views.sql', 5, 'me', 5, true), (6, '2', 'gone', 'SQL', 'V2__gone.sql', 6, 'me', 5, true),
            (7, '2', 'gone', 'DELETE', 'V2__gone.sql', 6, 'me', 0, true), (8, '3', 'broken', 'SQL', 'V3__broken.sql', 7, 'me', 5, false)`,
    versions: ['1=first', 'R__views.sql=views', '!3=broken'],
  })),
  {
    tool: 'Liquibase',
    relation: 'databasechangelog',
    sql: `CREATE TABLE databasechangelog (ID VARCHAR(255) NOT NULL, AUTHOR VARCHAR(255) NOT NULL, FILENAME VARCHAR(255) NOT NULL,
            DATEEXECUTED TIMESTAMP WITHOUT TIME ZONE NOT NULL, ORDEREXECUTED INTEGER NOT NULL, EXECTYPE VARCHAR(10) NOT NULL,
            MD5SUM VARCHAR(35), DESCRIPTION VARCHAR(255), COMMENTS VARCHAR(255), TAG VARCHAR(255), LIQUIBASE VARCHAR(20),
            CONTEXTS VARCHAR(255), LABELS VARCHAR(255), DEPLOYMENT_ID VARCHAR(10));
          CREATE TABLE databasechangeloglock (ID INTEGER NOT NULL, LOCKED BOOLEAN NOT NULL, LOCKGRANTED TIMESTAMP WITHOUT TIME ZONE,
            LOCKEDBY VARCHAR(255), CONSTRAINT databasechangeloglock_pkey PRIMARY KEY (ID));
          INSERT INTO databasechangelog VALUES
            ('2', 'ann', 'db.xml', now(), 2, 'FAILED', '9:b', '', '', null, '4.31.0', null, null, '1'),
            ('1', 'ann', 'db.xml', now(), 1, 'EXECUTED', '9:a', 'sql', '', null, '4.31.0', null, null, '1')`,
    versions: ['db.xml::1::ann=sql', '!db.xml::2::ann'],
  },
  {
    tool: 'Prisma Migrate',
    relation: '_prisma_migrations',
    sql: `CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
            migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            applied_steps_count INTEGER NOT NULL DEFAULT 0);
          INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, rolled_back_at) VALUES
            ('d', 'x', '3_broken', '2025-01-04', null, null), ('c', 'x', '2_orders', '2025-01-03', '2025-01-03', null),
            ('b', 'x', '2_orders', '2025-01-02', null, '2025-01-02'), ('a', 'x', '1_init', '2025-01-01', '2025-01-01', null)`,
    versions: ['1_init', '2_orders', '!3_broken'],
  },
  {
    tool: 'Drizzle',
    relation: 'drizzle.__drizzle_migrations',
    sql: `CREATE SCHEMA IF NOT EXISTS "drizzle";
          CREATE TABLE IF NOT EXISTS "drizzle"."__drizzle_migrations" (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);
          INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('aa', 1735689600000), ('bb', 1735776000000)`,
    versions: ['1735689600000', '1735776000000'],
  },
  {
    tool: 'Drizzle',
    form: '1.0, table elsewhere',
    relation: '__drizzle_migrations',
    sql: `CREATE TABLE "__drizzle_migrations" (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint, name text,
            applied_at timestamp with time zone DEFAULT now());
          INSERT INTO "__drizzle_migrations" (hash, created_at, name) VALUES ('aa', 1735689600000, '20250101_init')`,
    versions: ['1735689600000=20250101_init'],
  },
  {
    tool: 'node-pg-migrate',
    relation: 'pgmigrations',
    sql: `CREATE TABLE "pgmigrations" (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
          INSERT INTO pgmigrations (name, run_on) VALUES ('2_b', '2025-01-01'), ('1_a', '2025-01-01')`,
    versions: ['2_b', '1_a'],
  },
  {
    tool: 'db-migrate',
    relation: 'migrations',
    sql: `CREATE TABLE IF NOT EXISTS "migrations" ("id" SERIAL PRIMARY KEY NOT NULL, "name" VARCHAR (255) NOT NULL, "run_on" TIMESTAMP NOT NULL);
          INSERT INTO migrations (name, run_on) VALUES ('/20250101-a', now())`,
    versions: ['/20250101-a'],
  },
  {
    tool: 'Graphile Migrate',
    relation: 'graphile_migrate.migrations',
    sql: `create schema if not exists graphile_migrate;
          create table if not exists graphile_migrate.migrations (hash text primary key,
            previous_hash text references graphile_migrate.migrations, filename text not null, date timestamptz not null default now());
          create table if not exists graphile_migrate.current (filename text primary key default 'current.sql', content text not null,
            date timestamptz not null default now());
          insert into graphile_migrate.migrations values ('sha1:a', null, '000001.sql'), ('sha1:b', 'sha1:a', '000002-x.sql')`,
    versions: ['000001.sql', '000002-x.sql'],
  },
  {
    tool: 'TypeORM',
    relation: 'migrations',
    sql: `CREATE TABLE "migrations" ("id" SERIAL NOT NULL, "timestamp" bigint NOT NULL, "name" character varying NOT NULL,
            CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY ("id"));
          INSERT INTO migrations ("timestamp", name) VALUES (1735689600000, 'Init1735689600000')`,
    versions: ['Init1735689600000'],
  },
  {
    tool: 'Laravel',
    relation: 'migrations',
    sql: `create table "migrations" ("id" serial not null primary key, "migration" varchar(255) not null, "batch" integer not null);
          insert into migrations (migration, batch) values ('2025_02_b', 2), ('2025_01_a', 1)`,
    versions: ['2025_01_a', '2025_02_b'],
  },
  {
    tool: 'Atlas',
    relation: 'atlas_schema_revisions.atlas_schema_revisions',
    sql: `CREATE SCHEMA "atlas_schema_revisions";
          CREATE TABLE "atlas_schema_revisions"."atlas_schema_revisions" ("version" character varying NOT NULL,
            "description" character varying NOT NULL, "type" bigint NOT NULL DEFAULT 2, "applied" bigint NOT NULL DEFAULT 0,
            "total" bigint NOT NULL DEFAULT 0, "executed_at" timestamptz NOT NULL, "execution_time" bigint NOT NULL, "error" text NULL,
            "error_stmt" text NULL, "hash" character varying NOT NULL, "partial_hashes" jsonb NULL,
            "operator_version" character varying NOT NULL, PRIMARY KEY ("version"));
          INSERT INTO atlas_schema_revisions.atlas_schema_revisions VALUES
            ('.atlas_cloud_identifier', 'uuid', 4, 0, 0, '2025-01-01', 0, null, null, '', 'null', 'Atlas CLI'),
            ('20250101', 'init', 2, 2, 2, '2025-01-01', 5, '', '', 'h1', 'null', 'Atlas CLI'),
            ('20250102', '', 2, 1, 2, '2025-01-02', 5, 'relation exists', 'create table', 'h2', '["x"]', 'Atlas CLI')`,
    versions: ['20250101=init', '!20250102'],
  },
  {
    tool: 'goose',
    relation: 'goose_db_version',
    sql: `CREATE TABLE goose_db_version (id serial NOT NULL, version_id bigint NOT NULL, is_applied boolean NOT NULL,
            tstamp timestamp NULL default now(), PRIMARY KEY(id));
          INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (2, false), (3, true), (2, true), (4, true), (4, false)`,
    versions: ['1', '3', '2'],
  },
  {
    tool: 'Kysely',
    relation: 'kysely_migration',
    sql: `create table "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
          create table "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
          insert into kysely_migration values ('b', '2025-01-01T00:00:00.000Z'), ('a', '2025-01-02T00:00:00.000Z')`,
    versions: ['b', 'a'],
  },
  {
    tool: 'Knex',
    relation: 'knex_migrations',
    sql: `create table "knex_migrations" ("id" serial primary key, "name" varchar(255), "batch" integer, "migration_time" timestamptz);
          create table "knex_migrations_lock" ("index" serial primary key, "is_locked" integer);
          insert into knex_migrations (name, batch, migration_time) values ('1_a.js', 1, now()), ('2_b.js', 1, now())`,
    versions: ['1_a.js', '2_b.js'],
  },
  {
    tool: 'Sequelize',
    relation: '"SequelizeMeta"',
    sql: `CREATE TABLE IF NOT EXISTS "SequelizeMeta" ("name" VARCHAR(255) NOT NULL UNIQUE, PRIMARY KEY ("name"));
          INSERT INTO "SequelizeMeta" VALUES ('2-b.js'), ('1-a.js')`,
    versions: ['1-a.js', '2-b.js'],
  },
  {
    tool: 'Django',
    relation: 'django_migrations',
    sql: `CREATE TABLE "django_migrations" ("id" bigint NOT NULL PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
            "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" timestamp with time zone NOT NULL);
          INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_initial', now()), ('auth', '0001_initial', now())`,
    versions: ['shop.0001_initial', 'auth.0001_initial'],
  },
  {
    tool: 'Sqitch',
    relation: 'sqitch.changes',
    sql: `CREATE SCHEMA sqitch;
          CREATE TABLE sqitch.changes (change_id TEXT PRIMARY KEY, script_hash TEXT NULL, change TEXT NOT NULL, project TEXT NOT NULL,
            note TEXT NOT NULL DEFAULT '', committed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), committer_name TEXT NOT NULL,
            committer_email TEXT NOT NULL, planned_at TIMESTAMPTZ NOT NULL, planner_name TEXT NOT NULL, planner_email TEXT NOT NULL,
            UNIQUE(project, script_hash));
          CREATE TABLE sqitch.events (event TEXT NOT NULL, change_id TEXT NOT NULL, change TEXT NOT NULL, project TEXT NOT NULL,
            note TEXT NOT NULL DEFAULT '', requires TEXT[] NOT NULL DEFAULT '{}', conflicts TEXT[] NOT NULL DEFAULT '{}',
            tags TEXT[] NOT NULL DEFAULT '{}', committed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), committer_name TEXT NOT NULL,
            committer_email TEXT NOT NULL, planned_at TIMESTAMPTZ NOT NULL, planner_name TEXT NOT NULL, planner_email TEXT NOT NULL,
            PRIMARY KEY (change_id, committed_at));
          INSERT INTO sqitch.changes VALUES
            ('b', 'h2', 'orders', 'shop', 'Adds orders', '2025-01-02', 'a', 'a@x', '2025-01-01', 'a', 'a@x'),
            ('a', 'h1', 'schema', 'shop', '', '2025-01-01', 'a', 'a@x', '2025-01-01', 'a', 'a@x')`,
    versions: ['shop:schema', 'shop:orders=Adds orders'],
  },
  {
    tool: 'SQLx',
    relation: '_sqlx_migrations',
    sql: `CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
            installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL);
          INSERT INTO _sqlx_migrations VALUES (2, 'orders', now(), false, '', -1), (1, 'init', now(), true, '', 5)`,
    versions: ['1=init', '!2=orders'],
  },
  {
    tool: 'Diesel',
    relation: '__diesel_schema_migrations',
    sql: `CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL,
            run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
          INSERT INTO __diesel_schema_migrations VALUES ('20250101'), ('00000000000000')`,
    versions: ['00000000000000', '20250101'],
  },
  {
    tool: 'SeaORM',
    relation: 'seaql_migrations',
    sql: `CREATE TABLE IF NOT EXISTS "seaql_migrations" ("version" varchar NOT NULL PRIMARY KEY, "applied_at" bigint NOT NULL);
          INSERT INTO seaql_migrations VALUES ('m2025_01_01_a', 1735689600)`,
    versions: ['m2025_01_01_a'],
  },
  {
    tool: 'Entity Framework',
    relation: '"__EFMigrationsHistory"',
    sql: `CREATE TABLE IF NOT EXISTS "__EFMigrationsHistory" ("MigrationId" character varying(150) NOT NULL,
            "ProductVersion" character varying(32) NOT NULL, CONSTRAINT "PK___EFMigrationsHistory" PRIMARY KEY ("MigrationId"));
          INSERT INTO "__EFMigrationsHistory" VALUES ('2_Orders', '9.0'), ('1_Init', '9.0')`,
    versions: ['1_Init', '2_Orders'],
  },
  {
    tool: 'Entity Framework',
    form: 'snake case',
    relation: '"__EFMigrationsHistory"',
    sql: `CREATE TABLE "__EFMigrationsHistory" (migration_id character varying(150) NOT NULL PRIMARY KEY, product_version character varying(32) NOT NULL);
          INSERT INTO "__EFMigrationsHistory" VALUES ('1_Init', '9.0')`,
    versions: ['1_Init'],
  },
];

const written = ({ version, name, state }: ToolVersion) =>
  `${state === 'failed' ? '!' : ''}${version}${name === null ? '' : `=${name}`}`;

let database: Database;
let client: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  client = await database.client();
});

describe('each in its own schema', () => {
  it.each(SHAPES.map((shape) => [`${shape.tool}${shape.form ? ` (${shape.form})` : ''}`, shape] as const))(
    '%s',
    async (_, shape) => {
      await client.query('BEGIN');
      try {
        await client.query('CREATE SCHEMA "App 1"; SET LOCAL search_path TO "App 1"');
        await client.query(shape.sql);
        // As a dump leaves it: nothing may depend on the path.
        await client.query(`SELECT set_config('search_path', '', true)`);
        const found = await findToolTables(client);
        const relation = shape.relation.includes('.')
          ? shape.relation.replace(/(\w+)/g, '"$1"')
          : `"App 1"."${shape.relation.replaceAll('"', '')}"`;
        expect(found.map(({ tool, relation }) => ({ tool, relation }))).toEqual([{ tool: shape.tool, relation }]);
        const [table] = found;
        if (table === undefined) throw new Error('unreachable');
        const versions = await readVersions(client, table);
        expect(versions.map(written)).toEqual(shape.versions);
      } finally {
        await client.query('ROLLBACK');
      }
    },
  );

  it('every tool that is known has its case', () => {
    expect(new Set(SHAPES.map((shape) => shape.tool))).toEqual(new Set(KNOWN_TOOLS.map((known) => known.tool)));
  });
});

describe('what is nobody that we know', () => {
  it.each([
    ['an application that calls its table so', 'CREATE TABLE schema_migrations (version text PRIMARY KEY, note text)'],
    ['one column, but no text of limited length', 'CREATE TABLE schema_migrations (version int PRIMARY KEY)'],
    ['migrations of birds', 'CREATE TABLE migrations (id serial PRIMARY KEY, species text, distance_km int)'],
    ['a telltale column in a table of something else', 'CREATE TABLE pages (id int, dirty boolean, version bigint)'],
    ['a view over the real one', 'CREATE VIEW alembic_version AS SELECT 1::varchar(32) AS version_num'],
    ['changes of a project, not deployed', 'CREATE TABLE changes (id int, change text, project text)'],
  ])('%s', async (_, sql) => {
    await client.query('BEGIN');
    try {
      await client.query(sql);
      expect(await findToolTables(client)).toEqual([]);
    } finally {
      await client.query('ROLLBACK');
    }
  });

  it('our own tables', async () => {
    await client.query('BEGIN');
    try {
      for (const { text } of createTrackingItems('public')) await client.query(text);
      expect(await findToolTables(client)).toEqual([]);
    } finally {
      await client.query('ROLLBACK');
    }
  });
});

it('tables of one name in several schemas are each told apart', async () => {
  await client.query('BEGIN');
  try {
    for (const tool of ['dbmate', 'Rails', 'golang-migrate', 'Ecto']) {
      const shape = SHAPES.find((known) => known.tool === tool);
      await client.query(`CREATE SCHEMA "${tool}"; SET LOCAL search_path TO "${tool}"; ${shape?.sql}`);
    }
    const found = await findToolTables(client);
    expect(found.map(({ tool, schema, table }) => [tool, schema, table])).toEqual([
      ['Ecto', 'Ecto', 'schema_migrations'],
      ['Rails', 'Rails', 'schema_migrations'],
      ['dbmate', 'dbmate', 'schema_migrations'],
      ['golang-migrate', 'golang-migrate', 'schema_migrations'],
    ]);
  } finally {
    await client.query('ROLLBACK');
  }
});

it('reading without the right to is an error, not an empty list', async () => {
  await client.query('BEGIN');
  try {
    await client.query(`CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
      CREATE ROLE reads_nothing_${process.pid}; SET LOCAL ROLE reads_nothing_${process.pid}`);
    const [table] = await findToolTables(client);
    expect(table?.tool).toBe('Alembic');
    if (table) await expect(readVersions(client, table)).rejects.toMatchObject({ code: '42501' });
  } finally {
    await client.query('ROLLBACK');
  }
});
