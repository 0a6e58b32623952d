/** A harmless command of the tool, run through a proxy that only reads: does it connect through us at all? */
import type { Log } from '../../log.ts';
import { DEALLOCATE_ALL, type Session } from '../../postgres/session.ts';
import { Line } from '../../rehearsal/proxy/line.ts';
import { type Director, Stage } from '../../rehearsal/proxy/stage.ts';
import { isChatter, tagOf } from '../../rehearsal/proxy/translate.ts';
import { cancelled } from '../../report/stop.ts';
import type { Request } from '../../request/request.ts';
import { noSuchProbe, probeFailed, wentPast } from './refusals.ts';
import { runAgainst } from './running.ts';
import { type Asked, bareNameIn, type ToolTable, whereIs } from './tables.ts';
import type { LookedThrough, Tool, Words } from './tool.ts';

export interface Looking {
  readonly tool: Tool;
  readonly request: Request;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly session: Session;
  /** In which tools keep their records, and which are there. */
  readonly tables: readonly ToolTable[];
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told whether the kernel keeps the tool from the database. */
  readonly onFence: (isFenced: boolean) => void;
}

/** Of texts that are only looked at for names. */
const MOST_SAID = 1_000;

/** What the server refuses to do in a transaction that may only read. */
const READ_ONLY_SQL_TRANSACTION = '25006';

/** In a transaction that the server keeps from writing: of what it would write the tool is told that it is done. */
export async function lookThrough(words: Words, looking: Looking): Promise<LookedThrough> {
  const { tool, request, env, session, tables, log, signal } = looking;
  // Names of statements are the tool's to choose.
  await session.batch([DEALLOCATE_ALL]);
  await session.query('begin transaction isolation level read committed read only');
  const said: Asked[] = [];
  const refused = { writes: false };
  const line = new Line(session);
  /** A search_path is the tool's to set, and another one a moment later. */
  const hear = async (sql: string): Promise<void> => {
    if (said.length >= MOST_SAID) return;
    const bare = bareNameIn(sql, tables);
    // In a transaction that has failed nothing can be asked.
    const found = bare === null ? null : await line.batch([whereIs(bare)]).catch(() => null);
    said.push({ sql, schema: found?.[0]?.rows[0]?.[0] ?? null });
  };
  const stage = new Stage(line, reader(request.target.database, hear, refused));
  const beforeStart = async (unfenced: string | null) => looking.onFence(unfenced === null);
  const own = { tool, words, request, target: request.target, env, rehearsal: true, log, beforeStart };
  const running = await runAgainst(stage, own);
  const aborted = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  try {
    const ended = await Promise.race([running.child.ended, stage.broken, aborted]);
    if (ended === null) throw cancelled(`while ${tool.name} was looking at the database`);
    await stage.emptied();
    const { connections } = stage.seen;
    return { ended, connections, said, triedToPass: running.triedToPass(ended), wouldWrite: refused.writes };
  } finally {
    await running.child.stop();
    await stage.end();
    await running.close();
    line.giveBack();
    await session.query('rollback');
  }
}

/** What the tool sent, for its own table to be told by; null: not all of it is known. Throws a Stop: it did not connect through us, or it failed. */
export async function probe(looking: Looking): Promise<readonly Asked[] | null> {
  const { tool, request } = looking;
  if (tool.probe === null) {
    if (request.allowHazards.includes('unprobed-command')) return null;
    throw noSuchProbe(tool.name);
  }
  const { ended, connections, said, triedToPass, wouldWrite } = await lookThrough(tool.probe, looking);
  if (triedToPass) throw wentPast(tool.name, tool.probe, request.urlVariables, 'held');
  if (connections > 0 && ended.code === 0) return said;
  if (connections > 0 && (tool.isOpen || wouldWrite)) {
    // Some look only after they have made their table or schema, which they may not here; that they came is what was to be seen.
    looking.log.detail(
      `${tool.name}: the probe ended with exit code ${ended.code}, in a transaction that may only read`,
    );
    return tool.isOpen ? said : null;
  }
  if (connections === 0 && ended.code === 0) throw wentPast(tool.name, tool.probe, request.urlVariables);
  throw probeFailed(tool, tool.probe, ended, connections > 0, request.urlVariables);
}

function reader(database: string, hear: (sql: string) => Promise<void>, refused: { writes: boolean }): Director {
  return {
    database,
    before: async ({ sql, facts }) => {
      await hear(sql);
      return { send: 'as it is', guarded: !isChatter(facts) };
    },
    // An env.py that says CREATE SCHEMA IF NOT EXISTS is refused even where the schema is there.
    forgive: async ({ facts }, error) => {
      if (error.get('C') !== READ_ONLY_SQL_TRANSACTION) return null;
      refused.writes = true;
      return tagOf(facts);
    },
    after: async () => undefined,
    commit: async () => undefined,
    note: () => undefined,
    lose: () => undefined,
    settings: () => [],
    cancel: () => undefined,
  };
}
