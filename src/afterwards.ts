/** What becomes of a run that was killed. */
import { conclude } from './conclude.ts';
import { type Door, logOf, type Setting, settingOf } from './door.ts';
import { chooseEngine } from './engines/choose.ts';
import type { Backend, Outset, StateProof, Trace } from './engines/engine.ts';
import { getState } from './github/commands.ts';
import { failureFrom } from './postgres/failure.ts';
import { exitCodeOf } from './report/exit.ts';
import { blankOutcome, type DatabaseState, type Outcome } from './report/outcome.ts';
import { Stop } from './report/stop.ts';
import { ReportFolder, readKept } from './report-folder.ts';
import type { Request } from './request/request.ts';

/**
 * The post step. The runner starts it whatever became of the main one, and only a run that was killed has not reported:
 * what it left at the server is ended, the database is read back, and the report is completed. Returns the exit code.
 */
export async function afterwards(door: Door): Promise<number> {
  if (getState(door.env, 'reported') === 'true') return 0;
  // Before it began, what lies there is another step's.
  const began = getState(door.env, 'began') === 'true';
  const { workspace, env } = door;
  const setting = settingOf(door, began ? ReportFolder.reopen(workspace, env) : ReportFolder.make(workspace, env));
  const kept = readKept(door.env);
  const isThere = kept !== 'none' && kept !== 'lost';
  if (isThere && kept.over) return conclude(kept.outcome, setting);
  const blank = blankOutcome(setting.known, new Date().toISOString());
  // Of which migrations it was about nobody can tell any more.
  const before: Outcome = isThere
    ? kept.outcome
    : { ...blank, databaseState: kept === 'lost' ? 'unknown' : 'unchanged' };
  const { parsed } = setting;
  const proof = parsed.kind === 'request' ? await settle(parsed.request, before, setting) : null;
  return conclude(killed(before, isThere ? proof : null), setting);
}

/** Null: there was nothing to settle, or the server does not tell. */
async function settle(request: Request, before: Outcome, setting: Setting): Promise<StateProof | null> {
  const { door } = setting;
  const log = logOf(setting);
  const backend = getState(door.env, 'backend');
  if (backend === null) return null;
  const trace = getState(door.env, 'trace');
  const outset = getState(door.env, 'outset');
  const { signal, env } = door;
  const nobody = () => undefined;
  const engine = await chooseEngine({ request, log, signal, env, remember: nobody, trace: nobody, outset: nobody });
  try {
    log.line('the run was killed: ending what it left at the server, and reading the database back');
    return await engine.settle({
      backend: JSON.parse(backend) as Backend,
      trace: trace === null ? null : (JSON.parse(trace) as Trace),
      outset: outset === null ? null : (JSON.parse(outset) as Outset),
      pending: before.pending,
    });
  } catch (error) {
    log.line(`the database could not be read back: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  } finally {
    await engine.close();
  }
}

/** What the run knew of itself, with what the database says now. */
function killed(before: Outcome, proof: StateProof | null): Outcome {
  // Before the first write it is unchanged by construction.
  const wrote = before.databaseState !== 'unchanged';
  const databaseState = wrote ? (proof?.state ?? 'unknown') : 'unchanged';
  const applied = wrote ? (proof?.applied ?? []) : [];
  const versions = new Set(applied.map((one) => one.version));
  const stop = new Stop({
    result: 'failed',
    class: 'internal',
    message: wrote ? 'the run was killed while it applied' : 'the run was killed before it wrote anything',
    next: NEXT[databaseState],
  });
  return {
    ...before,
    result: 'failed',
    databaseState,
    exitCode: exitCodeOf('failed', databaseState, {}),
    applied: applied.map(({ version, name, file }) => ({ version, name, file })),
    currentVersion: proof?.currentVersion ?? before.currentVersion,
    migrations: before.migrations.map((one) => (versions.has(one.version) ? { ...one, status: 'applied' } : one)),
    error: failureFrom(stop, null, { phase: 'other', showData: true }),
  };
}

const NEXT: Readonly<Record<DatabaseState, string>> = {
  unchanged: 'Nothing was changed; run again.',
  migrated: 'Everything is applied and nothing of it is verified: run `mode: verify` before anything is deployed.',
  'partially-migrated': 'Run again: it goes on with what is still pending.',
  'rolled-back': 'Run `mode: status` before anything is deployed.',
  unknown: 'Run `mode: status` to see what is applied, then run again: it goes on with what is still pending.',
};
