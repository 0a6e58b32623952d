/** What the benchmarks apply: generated, the same on every machine. */
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';

/** `count` migrations of one to three statements each, as users write them; file names without the version. */
export function smallMigrations(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const table = `item_${Math.floor(index / 3)}`;
    if (index % 3 === 0) {
      return [
        `CREATE TABLE ${table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, price integer);`,
        `CREATE INDEX ${table}_name_idx ON ${table} (name);`,
        `INSERT INTO ${table} (name, price) VALUES ('one', 1), ('two', 2);`,
        '',
      ].join('\n');
    }
    if (index % 3 === 1) {
      return [
        `ALTER TABLE ${table} ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();`,
        `INSERT INTO ${table} (name, price) VALUES ('three', 3);`,
        '',
      ].join('\n');
    }
    return `ALTER TABLE ${table} ADD CONSTRAINT ${table}_price_positive CHECK (price > 0);\n`;
  });
}

/** Tables that are there before the migrations of `smallChanges`, with a few rows each. */
export function tablesBefore(count: number): string {
  const rows = `INSERT INTO %1$I (name) SELECT 'row ' || n FROM generate_series(1, 20) n`;
  return `DO $$ BEGIN FOR n IN 0..${count - 1} LOOP
    EXECUTE format('CREATE TABLE %1$I (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)', 'there_' || n);
    EXECUTE format($insert$${rows}$insert$, 'there_' || n);
  END LOOP; END $$`;
}

/** `count` migrations of one statement each: every other one makes a table, the others change `existing` tables that are there. */
export function smallChanges(count: number, existing: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const table = `there_${Math.floor(index / 2) % existing}`;
    const column = `more_${index}`;
    if (index % 2 === 0) {
      return `CREATE TABLE fresh_${index} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);\n`;
    }
    return `ALTER TABLE ${table} ADD COLUMN ${column} integer;\n`;
  });
}

/** The same migrations as each tool wants its files. Returns the folders. */
export async function writeForAll(root: string, migrations: readonly string[]) {
  const folders = { gate: join(root, 'gate', 'migrations'), dbmate: join(root, 'dbmate'), npm: join(root, 'npm') };
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
  for (const [index, sql] of migrations.entries()) {
    const number = String(index + 1).padStart(4, '0');
    await writeFile(join(folders.gate, `${number}_step.sql`), sql);
    await writeFile(join(folders.dbmate, `${number}_step.sql`), `-- migrate:up\n${sql}-- migrate:down\n`);
    // Its versions are times in milliseconds.
    await writeFile(join(folders.npm, `${1_700_000_000_000 + index}_step.sql`), sql);
  }
  const script = migrations
    .map((_, index) => `BEGIN;\n\\i ${join(folders.gate, `${String(index + 1).padStart(4, '0')}_step.sql`)}\nCOMMIT;\n`)
    .join('');
  const psqlScript = join(root, 'all.psql');
  await writeFile(psqlScript, script);
  return { workspace: join(root, 'gate'), psqlScript, dbmate: folders.dbmate, npm: folders.npm };
}

/** One migration file of about `bytes` of INSERTs with rows of about 100 bytes, `rowsEach` rows in a statement. Kept between runs. */
export async function writeInserts(path: string, bytes: number, rowsEach: number): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const out = createWriteStream(`${path}.tmp`);
  out.write(
    'CREATE TABLE readings (id bigint PRIMARY KEY, sensor text NOT NULL, note text, value numeric NOT NULL);\n',
  );
  let written = 0;
  for (let id = 1; written < bytes; ) {
    const rows: string[] = [];
    for (let row = 0; row < rowsEach; row++, id++) {
      rows.push(`(${id}, 'sensor-${id % 997}', 'it''s fine; nothing to see at ${id}', ${id % 1000}.${id % 10})`);
    }
    const statement = `INSERT INTO readings (id, sensor, note, value) VALUES ${rows.join(',\n')};\n`;
    written += statement.length;
    if (!out.write(statement)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
  await rename(`${path}.tmp`, path);
}
