/** Fresh databases on the run's shared server. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { pgMajor, type SharedServer } from './global-setup.ts';
import { createDatabase, startServer } from './postgres.ts';

export interface Database {
  readonly name: string;
  /** The superuser's URL of this database. */
  readonly url: string;
  /** A connected client, ended after the file's tests if it is not before. */
  client(overrides?: pg.ClientConfig): Promise<pg.Client>;
  /** Ends the clients given out and drops the database, others' connections included. */
  drop(): Promise<void>;
}

let own: Promise<SharedServer> | null = null;

/** The run's server; one of this file's own where the set-up started none. */
export async function sharedServer(): Promise<SharedServer> {
  const given = inject('server');
  if (given !== null) return given;
  own ??= startServer({ major: pgMajor }).then((server) => {
    const { major, port, password, pid } = server;
    return { url: server.url(), major, port, password, pid };
  });
  return own;
}

/** A new, uniquely named database, of the shared server by default; dropped after the tests of the calling file (or describe block). */
export async function freshDatabase(on: { readonly url: string } | null = null): Promise<Database> {
  const server = on ?? (await sharedServer());
  const name = `t_${process.pid}_${randomBytes(5).toString('hex')}`;
  const url = await createDatabase(server, name);
  const clients = new Set<pg.Client>();
  let dropped = false;

  const database: Database = {
    name,
    url,
    async client(overrides = {}) {
      const client = new pg.Client({ connectionString: url, ...overrides });
      // A connection that a test has killed must not take the test process with it.
      client.on('error', () => undefined);
      await client.connect();
      clients.add(client);
      client.once('end', () => clients.delete(client));
      return client;
    },
    async drop() {
      if (dropped) return;
      dropped = true;
      await Promise.all([...clients].map((client) => client.end()));
      const admin = new pg.Client({ connectionString: server.url });
      await admin.connect();
      try {
        await admin.query(`DROP DATABASE IF EXISTS ${admin.escapeIdentifier(name)} WITH (FORCE)`);
      } finally {
        await admin.end();
      }
    },
  };
  afterAll(() => database.drop());
  return database;
}
