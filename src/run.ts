/** One run, whichever door it came through: inputs -> Request -> the gate -> everything that a run leaves behind. */
import { setTimeout as wait } from 'node:timers/promises';
import { conclude } from './conclude.ts';
import { type Door, later, logOf, type Setting, settingOf, WORK_ENDS_MS } from './door.ts';
import { chooseEngine } from './engines/choose.ts';
import { gate } from './gate.ts';
import { saveState } from './github/commands.ts';
import { sharePlan } from './publish.ts';
import { exitCodeOf } from './report/exit.ts';
import { failureOfClass } from './report/failure.ts';
import { blankOutcome, type Outcome } from './report/outcome.ts';
import { redactOutcome } from './report/redact.ts';
import { ReportFolder } from './report-folder.ts';
import type { ParsedRequest, Request } from './request/request.ts';

/** Returns the exit code. Throws only when the report itself cannot be written. */
export async function run(door: Door): Promise<number> {
  const startedAt = Date.now();
  const setting = settingOf(door, ReportFolder.make(door.workspace, door.env));
  const { parsed } = setting;
  const outcome =
    parsed.kind === 'request'
      ? await gated(parsed.request, setting)
      : notAccepted(parsed, new Date(startedAt).toISOString(), Date.now() - startedAt);
  return conclude(outcome, setting);
}

async function gated(request: Request, setting: Setting): Promise<Outcome> {
  const { door, folder, keep, redact, audience } = setting;
  const log = logOf(setting);
  return gate(request, {
    engine: await chooseEngine({
      request,
      log,
      signal: door.signal,
      env: door.env,
      remember: (backend) => saveState(door.env, 'backend', JSON.stringify(backend)),
      trace: (trace) => saveState(door.env, 'trace', JSON.stringify(trace)),
      outset: (outset) => saveState(door.env, 'outset', JSON.stringify(outset)),
    }),
    log,
    signal: door.signal,
    lastCall: later(door.signal, WORK_ENDS_MS),
    now: Date.now,
    sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
    writePlan: (pieces) => folder.writePlan(pieces, redact),
    writeDown: (soFar, ifKilled) => {
      const kept = redactOutcome(ifKilled, redact);
      folder.write(soFar === ifKilled ? kept : redactOutcome(soFar, redact), kept);
      keep({ outcome: kept, over: false });
    },
    sharePlan: () => sharePlan(audience),
  });
}

/** The report of a run whose inputs were not accepted: nothing was connected to. */
function notAccepted(
  parsed: Exclude<ParsedRequest, { kind: 'request' }>,
  startedAt: string,
  durationMs: number,
): Outcome {
  const invalid = parsed.kind === 'invalid';
  const result = invalid ? 'failed' : 'refused';
  const problems = invalid ? parsed.problems : [];
  const [first] = problems;
  const message = invalid
    ? `${first ? `${first.input}: ${first.message}` : 'the inputs are not right'}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`
    : parsed.reason;
  const { meaning, next } = failureOfClass('input');
  return {
    ...blankOutcome(parsed.known, startedAt),
    result,
    exitCode: exitCodeOf(result, 'unchanged', { badInput: invalid }),
    durationMs,
    problems,
    error: {
      class: 'input',
      sqlstate: null,
      message,
      detail: null,
      hint: null,
      where: null,
      file: null,
      line: null,
      column: null,
      excerpt: null,
      meaning: invalid ? meaning : 'The run was refused before anything was connected to.',
      next: invalid ? next : parsed.next,
    },
  };
}
