import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fillParts, renderActionYml, renderParts } from '../../scripts/docs.ts';
import { INPUTS, type InputSpec, MODE_TABLE, OUTPUTS } from '../../src/request/inputs.ts';
import { MODES } from '../../src/request/request.ts';

const text = readFileSync(new URL('../../action.yml', import.meta.url), 'utf8');
const action: {
  readonly name: string;
  readonly description: string;
  readonly inputs: Record<string, { description: string; required: boolean; default?: string }>;
  readonly outputs: Record<string, { description: string }>;
  readonly runs: Record<string, string>;
} = parse(text);

/** Written out by hand: a name or default that changes breaks somebody's workflow. */
const DEFAULTS = {
  'database-url': undefined,
  'rehearsal-database-url': undefined,
  'ssl-root-cert': undefined,
  'connect-timeout': '10s',
  mode: 'dry-run',
  environment: undefined,
  'confirm-token': undefined,
  'plan-digest': undefined,
  'review-delay': undefined,
  engine: 'auto',
  'migrations-path': undefined,
  'working-directory': '.',
  'target-version': undefined,
  'rollback-steps': '1',
  'transaction-mode': 'per-migration',
  'allow-out-of-order': 'false',
  'tracking-schema': 'public',
  'lock-timeout': '2s',
  'statement-timeout': '0',
  'lock-retries': '5',
  'lock-wait': '60s',
  'max-blocking': '1s',
  'max-exclusive': undefined,
  'dry-run-timeout': '5m',
  'dry-run-max-bytes': '1GB',
  'fail-on': 'danger',
  'allow-hazards': undefined,
  'assume-rows': '0',
  'rehearse-rollback': undefined,
  settle: undefined,
  'settle-reason': undefined,
  'critical-tables': undefined,
  'critical-indexes': undefined,
  'smoke-tests': undefined,
  backup: undefined,
  'backup-path': undefined,
  'show-data': 'false',
  'alembic-config': 'alembic.ini',
  'alembic-command': undefined,
  command: undefined,
  'command-probe': undefined,
  'database-url-env': 'DATABASE_URL',
  'artifact-name': undefined,
  'artifact-retention-days': undefined,
  'upload-artifact': 'true',
  'github-token': undefined,
  'comment-on-pr': 'true',
  'create-release': 'false',
  'notify-url': undefined,
};
const OUTPUT_NAMES =
  'result database-state environment previous-version current-version pending-count pending applied-count applied plan-digest hazard-count hazards log-path report-path artifact-name artifact-id artifact-url duration-ms';

describe('action.yml', () => {
  it('is what the tables say', () => {
    expect(text).toBe(renderActionYml());
  });

  it('has every input, in order, with its default', () => {
    expect(Object.keys(action.inputs)).toEqual(Object.keys(DEFAULTS));
    const defaults = Object.entries(action.inputs).map(([name, input]) => [name, input.default]);
    expect(Object.fromEntries(defaults)).toEqual(DEFAULTS);
  });

  it('has every output', () => {
    expect(Object.keys(action.outputs)).toEqual(OUTPUT_NAMES.split(' '));
  });

  it('describes each as the table does', () => {
    for (const spec of INPUTS) expect(action.inputs[spec.name]?.description).toContain(spec.description);
    for (const spec of OUTPUTS) expect(action.outputs[spec.name]?.description).toBe(spec.description);
  });

  it('runs the bundle, and again at the end whatever happened', () => {
    expect(action.runs).toEqual({
      using: 'node24',
      main: 'dist/action/index.js',
      post: 'dist/action/post.js',
      'post-if': 'always()',
    });
  });

  it('has a description that the marketplace takes', () => {
    expect(action.description.length).toBeLessThanOrEqual(125);
  });
});

describe('the tables', () => {
  it('have the modes of the request', () => {
    expect(MODE_TABLE.map((mode) => mode.name)).toEqual([...MODES]);
  });

  it('describe each input in one sentence', () => {
    const inputs: readonly InputSpec[] = INPUTS;
    for (const { name, description } of inputs) {
      expect(description, name).toMatch(/^[A-Z`].*[.]$/);
      expect(description, name).not.toMatch(/[.!?] [A-Z]/);
    }
  });

  it('have defaults among the choices', () => {
    const inputs: readonly InputSpec[] = INPUTS;
    for (const { name, default: fallback, choices, later = [] } of inputs) {
      if (choices === undefined) continue;
      if (fallback !== '') expect(choices, name).toContain(fallback);
      expect(choices, name).toEqual(expect.arrayContaining([...later]));
    }
  });
});

describe('the generated parts of the README', () => {
  const parts = renderParts();

  it('stand between their markers, and nothing else is touched', () => {
    const before = 'a\n<!-- inputs -->\nold\n<!-- /inputs -->\nb\n<!-- exit codes --><!-- /exit codes -->\n';
    const filled = fillParts(before, parts);
    expect(filled).toBe(
      `a\n<!-- inputs -->\n${parts.inputs}\n<!-- /inputs -->\nb\n<!-- exit codes -->\n${parts['exit codes']}\n<!-- /exit codes -->\n`,
    );
    expect(fillParts(filled, parts)).toBe(filled);
  });

  it('are left out where there is no marker', () => {
    expect(fillParts('nothing here', parts)).toBe('nothing here');
  });

  it('ask for a closing marker', () => {
    expect(() => fillParts('<!-- help -->', parts)).toThrow('<!-- /help -->');
  });

  it('have a row for every input', () => {
    for (const spec of INPUTS) expect(parts.inputs).toContain(`\n| \`${spec.name}\` | `);
  });
});
