/** A run over a bad input, held to what the contract says of every such run. */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type ActionRun, placesOf, runAction, runHere, temporaryWorkspace, writeMigrations } from '../runner.ts';
import { type Case, GOOD, SECRET, type UrlParts, urlOf } from './case.ts';

/** `through`: the bundle in a process of its own, or the sources in this one. */
export async function runCase(input: Case, parts: UrlParts, through: 'bundle' | 'sources'): Promise<ActionRun> {
  const workspace = temporaryWorkspace();
  await writeMigrations(workspace, input.files ?? GOOD);
  for (const folder of input.folders ?? []) await mkdir(join(workspace, folder), { recursive: true });
  for (const [path, to] of Object.entries(input.links ?? {})) await symlink(to, join(workspace, path));
  input.spoil?.(workspace);
  const run = through === 'bundle' ? runAction : runHere;
  return run(
    /*TMP*/ {
      workspace,
      ref: input.ref ?? 'refs/heads/staging',
      env: input.env ?? {},
      inputs: { mode: 'apply', 'connect-timeout': '5s', 'database-url': (input.url ?? urlOf)(parts), ...input.inputs },
    },
  );
}

export async function expectRefused(run: ActionRun, { exit, says }: Pick<Case, 'exit' | 'says'>): Promise<void> {
  const text = [...run.log, ...run.annotations.map(({ message }) => message)].join('\n');
  expect({ exit: run.exitCode, state: run.outputs['database-state'] }, text).toEqual({ exit, state: 'unchanged' });
  expect(exit === 3 ? ['refused', 'dry-run-inconclusive'] : ['failed']).toContain(run.outputs.result);
  for (const said of says) {
    if (typeof said === 'string') expect(text).toContain(said);
    else expect(text).toMatch(said);
  }
  expect(run.summary.split('\n')[0]).toContain('unchanged');
  expect(run.report?.error.next).toMatch(/\w/);
  expect(run.report?.error.class).not.toBe('internal');
  expect(run.annotations[0]?.level).toBe('error');
  // A stack is for our own mistakes; none of these is one.
  expect(text).not.toMatch(/^\s+at (async )?(\S+ )?\(?(file:|node:|\/)\S*:\d+:\d+/m);
  // What no reader gets through is no message.
  expect(run.report?.error.message.length).toBeLessThan(2_000);
  for (const secret of [SECRET, encodeURIComponent(SECRET), 'hush', 'not-the-password']) {
    expect(await placesOf(run, secret)).toEqual([]);
  }
  expect(run.annotations.filter(({ message }) => message === 'forged')).toEqual([]);
}
