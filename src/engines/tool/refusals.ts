/** What is said of a tool that cannot be rehearsed, or was not. */
import { failureOfClass } from '../../report/failure.ts';
import { Stop } from '../../report/stop.ts';
import { brief } from '../../report/text.ts';
import type { UrlVariable } from '../../request/request.ts';
import type { Ended } from './child.ts';
import type { Tool, Words } from './tool.ts';

function howToMend(variables: readonly UrlVariable[]): string {
  const names = variables.map((variable) => variable.name).join(', ');
  return `Let it read its URL from ${names || 'a variable'} or the PG* variables alone (no address of its own in code, an ini, .pgpass or a service file), or name in database-url-env the variable that it reads; then run again.`;
}

/** `how`: it connected and was stopped, or was kept from it; by default it only did not come to us. */
export function wentPast(
  name: string,
  words: Words,
  variables: readonly UrlVariable[],
  how: 'seen' | 'held' | 'absent' = 'absent',
): Stop {
  const names = variables.map((variable) => variable.name).join(', ');
  const messages = {
    seen: `${name} connected to the database itself, past the rehearsal; it was stopped at once`,
    held: `${name} (${words.join(' ')}) tried to connect to the database itself, past the rehearsal, and was kept from it`,
    absent: `${name} ran (${words.join(' ')}) and never connected through the rehearsal: it takes its address from somewhere else than ${names || 'the variables that we set'}`,
  };
  return new Stop({ result: 'refused', class: 'tool', message: messages[how], next: howToMend(variables) });
}

export function notOursToSettle(name: string, what: string): Stop {
  return new Stop({
    result: 'refused',
    class: 'order',
    message: `${what}; ${name} keeps its records itself, and repair settles only those of engine sql`,
    next: `Settle it with ${name}'s own command (such as alembic stamp, prisma migrate resolve, flyway repair), then run mode: status.`,
  });
}

/** `standings`: `tenant_a.alembic_version at 4f3a...`. */
export function severalTables(name: string, standings: readonly string[]): Stop {
  const more = standings.length > 5 ? ` and ${standings.length - 5} more` : '';
  return new Stop({
    result: 'refused',
    class: 'order',
    message: `one run of ${name} keeps its records in several tables, and they are not at the same revision: ${standings.slice(0, 5).join('; ')}${more}`,
    next: `Bring each to the same revision by a run of its own (with what selects it in alembic-command, such as \`alembic -x tenant=a\`), or use \`engine: command\`, whose dry run shows what is pending; then run again.`,
  });
}

export function noSuchProbe(name: string): Stop {
  return new Stop({
    result: 'refused',
    class: 'tool',
    message: `without command-probe nobody can see whether ${name} connects through the rehearsal before it is run`,
    next: 'Set command-probe to a harmless command of the same tool (its status), or accept it with allow-hazards: unprobed-command.',
  });
}

export function probeFailed(
  tool: Tool,
  words: Words,
  ended: Ended,
  connected: boolean,
  variables: readonly UrlVariable[],
): Stop {
  const told = tool.explain(ended);
  const { code, signal, error, stdout, stderr } = ended;
  const last = brief(`${stdout}\n${stderr}`.trimEnd().split('\n').at(-1)?.trim() ?? '', 300);
  const how = error
    ? `could not be started: ${error.message}`
    : `ended with ${code === null ? signal : `exit code ${code}`}${last ? `: ${last}` : ''}`;
  return new Stop({
    // That it cannot even be loaded has nothing to do with where it connects to.
    result: connected || error || told?.class === 'tool' || told?.class === 'syntax' ? 'failed' : 'refused',
    class: told?.class ?? 'tool',
    message:
      told?.message ??
      `\`${words.join(' ')}\` ${how}${connected ? '' : '; it had not connected through the rehearsal'}`,
    next: told?.next ?? (connected ? failureOfClass('tool').next : howToMend(variables)),
    file: told?.file ?? null,
    line: told?.line ?? null,
  });
}

/** The target is not what it was when the rehearsal began. `what`: `table public.t`, or the records. */
export function changedMeanwhile(name: string, what: readonly string[]): Stop {
  const more = what.length > 5 ? ` and ${what.length - 5} more` : '';
  return new Stop({
    result: 'failed',
    class: 'verification',
    message: `the target changed while ${name} was rehearsed (${what.slice(0, 5).join(', ')}${more}): somebody else migrates it, or ${name} went past the rehearsal`,
    next: "Find out who did (pg_stat_activity, the server's log), compare with mode: status, then run again.",
    stateUnknown: true,
  });
}

export function differentCopy(name: string): Stop {
  return new Stop({
    result: 'refused',
    class: 'verification',
    message: `the copy has other migrations of ${name} on record than the target`,
    next: 'Refresh the copy from the target, then run again.',
  });
}
