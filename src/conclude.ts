/** The last stage of every run, the post step's too: the report, on the disk first, then to whoever else is to be told. */
import type { Setting } from './door.ts';
import { saveState } from './github/commands.ts';
import { failureFrom } from './postgres/failure.ts';
import { publish } from './publish.ts';
import { exitCodeOf } from './report/exit.ts';
import { renderText } from './report/log.ts';
import type { Outcome } from './report/outcome.ts';
import { redactOutcome } from './report/redact.ts';
import { cancelled } from './report/stop.ts';
import { clean } from './report/text.ts';

/** Returns the exit code. */
export async function conclude(outcome: Outcome, setting: Setting): Promise<number> {
  const { door, known, folder, keep, redact, audience } = setting;
  const shown = redactOutcome(outcome, redact);
  keep({ outcome: shown, over: true });
  folder.write(shown);
  const text = renderText(shown);
  folder.logLine(text);
  door.console.finish(shown, text, folder, known.workingDirectory);
  const told = await publish(shown, audience);
  for (const warning of told.warnings) door.console.warning(clean(redact(warning)));
  for (const notice of told.notices) door.console.notice(clean(redact(notice)));
  const { log } = told.outcome.artifacts;
  if (log) door.console.line(`artifact: ${clean(log.url ?? log.name)}`);
  const last = redactOutcome(told.outcome, redact);
  const final = door.signal.aborted && last.exitCode === 0 ? cancelledLate(last) : last;
  folder.write(final);
  saveState(door.env, 'reported', 'true');
  folder.close();
  door.console.ended(folder);
  return final.exitCode;
}

/** Whoever cancels wants what comes after not to happen, however far this step was. */
function cancelledLate(outcome: Outcome): Outcome {
  const { result } = outcome;
  const stop = cancelled(
    `when the run itself was over (${result})`,
    'Nothing is left to be done; run again if the deployment is wanted after all.',
  );
  const error = failureFrom(stop, null, { phase: 'other', showData: true });
  return { ...outcome, result: 'cancelled', exitCode: exitCodeOf('cancelled', outcome.databaseState, {}), error };
}
