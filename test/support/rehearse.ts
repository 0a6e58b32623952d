/** The SQL engine's dry run by itself, for what it hands on before hazards are made of it. */
import { expect } from 'vitest';
import type { Finding, Rehearsal } from '../../src/engines/engine.ts';
import { sqlEngine } from '../../src/engines/sql/engine.ts';
import { parseRequest } from '../../src/request/parse.ts';
import type { Database } from './database.ts';
import { type Files, folderWith, sessionsOfOurs } from './dry-run.ts';
import { fingerprint } from './fingerprint.ts';

/** Leaves the database as it was, to the row version, and nothing of ours on the server. */
export async function rehearse(
  database: Database,
  files: Files,
  inputs: Readonly<Record<string, string>> = {},
): Promise<Rehearsal> {
  const cwd = await folderWith(files);
  const raw = { 'database-url': database.url, environment: 'staging', mode: 'dry-run', ...inputs };
  const parsed = parseRequest(raw, { door: 'cli', env: {}, event: null, cwd });
  if (parsed.kind !== 'request') throw new Error(`not accepted: ${JSON.stringify(parsed)}`);
  const before = await fingerprint(database.url, { rowVersions: true });
  const quiet = { line: () => undefined, detail: () => undefined, chapter: () => undefined, progress: () => undefined };
  const nobody = () => undefined;
  const engine = sqlEngine({
    request: parsed.request,
    log: quiet,
    signal: new AbortController().signal,
    env: {},
    remember: nobody,
    trace: nobody,
    outset: nobody,
  });
  try {
    const { plan } = await engine.inspect();
    await engine.health();
    const rehearsal = await engine.rehearse(plan);
    expect(rehearsal.proof?.status).toBe('aborted');
    return rehearsal;
  } finally {
    await engine.close();
    expect(await fingerprint(database.url, { rowVersions: true })).toBe(before);
    expect(await sessionsOfOurs(database)).toEqual([]);
  }
}

/** `rule file:line`, and the message. */
export function told(findings: readonly Finding[]): (readonly [string, string])[] {
  return findings.map(({ rule, file, line, message }) => [
    `${rule} ${file.replace('migrations/', '')}${line === null ? '' : `:${line}`}`,
    message,
  ]);
}
