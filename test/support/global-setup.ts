/** One server for the whole run, of major `PG_MAJOR` (18 by default), when the run has tests that talk to one. */
import type { TestProject } from 'vitest/node';
import { startServer } from './postgres.ts';

/** How test files reach the shared server. */
export interface SharedServer {
  /** The superuser's URL of the database `postgres`. */
  readonly url: string;
  readonly major: number;
  readonly port: number;
  readonly password: string;
  readonly pid: number | null;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Null in a run of unit tests alone. */
    server: SharedServer | null;
  }
}

export const pgMajor = Number(process.env.PG_MAJOR ?? 18);

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!(await needsServer(project))) {
    project.provide('server', null);
    return undefined;
  }
  const server = await startServer({ major: pgMajor, settings: { max_connections: '200' } });
  const { major, port, password, pid } = server;
  project.provide('server', { url: server.url(), major, port, password, pid });
  return () => server.remove();
}

/** Vitest does not hand its file filters to a set-up; they are the words of the command line. In doubt: yes. */
async function needsServer(project: TestProject): Promise<boolean> {
  const words = process.argv.slice(2).filter((word) => !word.startsWith('-') && !/^(run|watch|dev)$/.test(word));
  const { testFiles } = await project.globTestFiles(words);
  return testFiles.length === 0 || testFiles.some((file) => /[\\/]test[\\/](db|e2e|faults)[\\/]/.test(file));
}
