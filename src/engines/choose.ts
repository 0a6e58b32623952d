/** Which engine a run has: the one that was named, or the one that the project speaks for. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import { Stop } from '../report/stop.ts';
import type { Request } from '../request/request.ts';
import { engineProblems } from '../request/tool.ts';
import type { Backend, Engine, Outset, Trace } from './engine.ts';
import { holdsSqlMigrations, requireFolder } from './sql/files.ts';

export interface Choosing {
  readonly request: Request;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told which backend does the work, before it does any. */
  readonly remember: (backend: Backend) => void;
  /** Told what a tool may commit, before it does. */
  readonly trace: (trace: Trace) => void;
  /** Told what the database is before the first write of the SQL engine. */
  readonly outset: (outset: Outset) => void;
}

/** Only the engine that is wanted is loaded. What speaks against the choice is said when it is asked to inspect. */
export async function chooseEngine(choosing: Choosing): Promise<Engine> {
  const { request, env } = choosing;
  const kind = kindOf(request, request.door === 'action' ? env.GITHUB_WORKSPACE : undefined);
  if (kind instanceof Stop) return new Unusable(kind);
  if (kind === 'sql') {
    const { sqlEngine } = await import('./sql/engine.ts');
    return sqlEngine(choosing);
  }
  const [{ ToolEngine }, tool] = await Promise.all([import('./tool/engine.ts'), toolOf(kind, choosing)]);
  return new ToolEngine(choosing, tool);
}

async function toolOf(kind: 'alembic' | 'command', { request, env, log, signal }: Choosing) {
  if (kind === 'alembic') {
    const { AlembicTool } = await import('./alembic/tool.ts');
    return new AlembicTool(request, env, log, signal);
  }
  const { CommandTool } = await import('./command/tool.ts');
  return new CommandTool(request);
}

/** `workspace`: what the working directory must lie in, where there is such. */
function kindOf(request: Request, workspace: string | undefined): Engine['kind'] | Stop {
  const stop = (message: string, next: string) =>
    new Stop({ result: 'failed', class: 'input', message, next, badInput: true });
  const folder = requireFolder(request.workingDirectory, workspace || null);
  if (folder) return folder;
  const kind = request.engine === 'auto' ? foundKind(request) : request.engine;
  if (kind === 'both')
    return stop(
      'engine: there are an alembic.ini and SQL migrations',
      'Say which is meant: engine: alembic, or engine: sql.',
    );
  const { toolRefused } = request;
  if (kind !== 'sql' && toolRefused) {
    const { reason: message, next } = toolRefused;
    return new Stop({ result: 'refused', class: 'input', message, next });
  }
  const [problem, ...others] = engineProblems(kind, request);
  if (!problem) return kind;
  const more = others.map(({ input, message }) => `; ${input}: ${message}`).join('');
  return stop(`${problem.input}: ${problem.message}${more}`, 'Correct the inputs, then run again.');
}

function foundKind({ workingDirectory, alembicConfig, migrationsPath }: Request): Engine['kind'] | 'both' {
  if (!existsSync(join(workingDirectory, alembicConfig))) return 'sql';
  return migrationsPath !== null || holdsSqlMigrations(workingDirectory) ? 'both' : 'alembic';
}

/** For a run whose inputs name no engine that could do it. */
class Unusable implements Engine {
  readonly kind = 'sql';
  private readonly why: Stop;

  constructor(why: Stop) {
    this.why = why;
  }

  async inspect(): Promise<never> {
    throw this.why;
  }

  inspected = (): never => {
    throw this.why;
  };

  planText = this.inspected;
  health = this.inspected;
  rehearse = this.inspected;
  release = this.inspected;
  resume = this.inspected;
  mark = this.inspected;
  apply = this.inspected;
  verify = this.inspected;
  prove = this.inspected;
  settle = this.inspected;
  repair = this.inspected;

  async close(): Promise<void> {}
}
