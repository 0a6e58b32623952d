/** The last stage of every run, the post step's too: the report, on the disk first, then to whoever else is to be told. */
import type { Setting } from './door.ts';
import { saveState } from './github/commands.ts';
import { failureFrom } from './postgres/failure.ts';
import { shareFolder, tell } from './publish.ts';
import { exitCodeOf } from './report/exit.ts';
import { renderText } from './report/log.ts';
import type { Outcome } from './report/outcome.ts';
import { redactOutcome } from './report/redact.ts';
import { cancelled } from './report/stop.ts';
import { clean } from './report/text.ts';

/** Returns the exit code. */
export async function conclude(outcome: Outcome, setting: Setting): Promise<number> {
  const { door, folder, keep, redact, audience } = setting;
  const shown = redactOutcome(outcome, redact);
  keep({ outcome: shown, over: true });
  folder.write(shown);
  const text = renderText(shown);
  folder.logLine(text);
  door.console.finish(shown, text, folder, setting.known.workingDirectory);
  // All but what is said of the telling itself is redacted already.
  const now = (told: Outcome) => asItEnds({ ...told, warnings: told.warnings.map(redact) }, door.signal);
  const shared = await shareFolder(shown, audience);
  const known = now(shared.outcome);
  if (differ(known, shown)) keep({ outcome: known, over: true });
  const told = await tell(known, audience);
  const last = now(told.outcome);
  for (const { level, text: word } of [...shared.words, ...told.words]) door.console[level](clean(redact(word)));
  const { log } = last.artifacts;
  if (log) door.console.line(`artifact: ${clean(log.url ?? log.name)}`);
  if (last.error !== null && last.result !== shown.result) door.console.warning(clean(last.error.message));
  if (differ(last, shown)) folder.write(last);
  saveState(door.env, 'reported', 'true');
  folder.close();
  door.console.ended(folder);
  return last.exitCode;
}

/** In what the telling may have changed. */
function differ(a: Outcome, b: Outcome): boolean {
  return a.result !== b.result || a.artifacts.log !== b.artifacts.log || a.warnings.length !== b.warnings.length;
}

/** Whoever cancels wants what comes after not to happen, however far this step was. */
function asItEnds(outcome: Outcome, signal: AbortSignal): Outcome {
  const { result } = outcome;
  if (!signal.aborted || outcome.exitCode !== 0) return outcome;
  const stop = cancelled(
    `when the run itself was over (${result})`,
    'Nothing is left to be done; run again if the deployment is wanted after all.',
  );
  const error = failureFrom(stop, null, { phase: 'other', showData: true });
  return { ...outcome, result: 'cancelled', exitCode: exitCodeOf('cancelled', outcome.databaseState, {}), error };
}
