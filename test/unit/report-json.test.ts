import { describe, expect, it } from 'vitest';
import { annotations } from '../../src/report/annotations.ts';
import { exitCodeOf } from '../../src/report/exit.ts';
import { OUTPUT_BYTES, OUTPUT_NAMES, renderOutputs, renderReport } from '../../src/report/json.ts';
import { renderPlanHeader, renderPlanSection } from '../../src/report/plan-sql.ts';
import { byteLength } from '../../src/report/text.ts';
import { aFailure, aHazard, aMigration, anOutcome, aStatement, everyOutcome } from '../support/outcome.ts';

const PATHS = { logPath: '/w/migration-log/migration.log', reportPath: '/w/migration-log/report.json' };

describe('outputs', () => {
  it.each(everyOutcome())('$name sets every one, as text', ({ outcome }) => {
    const outputs = renderOutputs(outcome, PATHS);
    expect(Object.keys(outputs).sort()).toEqual([...OUTPUT_NAMES].sort());
    for (const value of Object.values(outputs)) {
      expect(typeof value).toBe('string');
      expect(value).not.toMatch(/^(null|undefined|NaN)$/);
    }
    for (const name of ['pending', 'applied', 'hazards'] as const)
      expect(Array.isArray(JSON.parse(outputs[name]))).toBe(true);
  });
  it('what is absent is empty', () => {
    const outputs = renderOutputs(anOutcome({ environment: null, previousVersion: null, artifactName: null }), PATHS);
    expect(outputs).toMatchObject({
      environment: '',
      'previous-version': '',
      'artifact-name': '',
      'artifact-id': '',
      'plan-digest': '',
    });
    expect(outputs['duration-ms']).toBe('4321');
  });
  it('keeps each under its size at whole entries, worst first, with the full counts', () => {
    const refs = Array.from({ length: 5000 }, (_, index) => ({
      version: String(index),
      name: '名'.repeat(30),
      file: `${index}.sql`,
    }));
    const hazards = [
      aHazard({ severity: 'info', rule: 'i' }),
      aHazard({ severity: 'warning', rule: 'w', message: 'm'.repeat(3_000_000), statement: 's'.repeat(5000) }),
      aHazard({ severity: 'danger', rule: 'accepted', allowed: 'yes' }),
      aHazard({ severity: 'danger', rule: 'd' }),
    ];
    const outputs = renderOutputs(anOutcome({ pending: refs, applied: refs, hazards }), PATHS);
    for (const name of ['pending', 'applied', 'hazards'] as const)
      expect(byteLength(outputs[name])).toBeLessThan(OUTPUT_BYTES);
    expect(outputs['pending-count']).toBe('5000');
    const pending = JSON.parse(outputs.pending);
    expect(pending.length).toBeGreaterThan(500);
    expect(pending[0]).toEqual(refs[0]);
    const shown = JSON.parse(outputs.hazards);
    expect(shown.map((hazard: { rule: string }) => hazard.rule)).toEqual(['d', 'accepted', 'w', 'i']);
    expect(shown[2].statement.length).toBe(200);
  });
});

describe('report.json', () => {
  it('has the keys of the contract', () => {
    const { outcome } = everyOutcome().find(({ name }) => name === 'failed dry run') ?? { outcome: anOutcome() };
    const report = JSON.parse(JSON.stringify(renderReport(outcome, renderOutputs(outcome, PATHS))));
    expect(report).toMatchObject({
      schema: 1,
      result: 'failed',
      databaseState: 'unchanged',
      mode: 'apply',
      environment: 'production',
      engine: 'sql',
      server: { version: '17.2', host: 'db.example.com', database: 'app' },
      coverage: { statements: 7, executed: 4 },
      predictedEqualsActual: null,
      logPath: PATHS.logPath,
      reportPath: PATHS.reportPath,
      artifactId: '987',
      pendingCount: 3,
    });
    expect(report.migrations[1]).toMatchObject({
      version: '14',
      status: 'failed',
      transactional: true,
      ms: 2311,
      appliedMs: null,
    });
    expect(Object.keys(report.migrations[1].statements[1])).toEqual(
      expect.arrayContaining([
        'index',
        'line',
        'sql',
        'executed',
        'error',
        'reason',
        'ms',
        'rows',
        'locks',
        'rewrites',
        'scans',
      ]),
    );
    expect(Object.keys(report.error)).toEqual(
      expect.arrayContaining(['class', 'sqlstate', 'message', 'file', 'line', 'column', 'next']),
    );
  });
  it('cuts sql at 1,000 and a hazard’s statement at 200 characters', () => {
    const outcome = anOutcome({
      migrations: [aMigration(1, { statements: [aStatement({ sql: '😀'.repeat(2000) })] })],
      hazards: [aHazard({ statement: 'x'.repeat(500) })],
    });
    const report = JSON.parse(JSON.stringify(renderReport(outcome, renderOutputs(outcome, PATHS))));
    expect(report.migrations[0].statements[0].sql.length).toBeLessThanOrEqual(1000);
    expect(report.migrations[0].statements[0].sql.isWellFormed?.() ?? true).toBe(true);
    expect(report.hazards[0].statement.length).toBe(200);
  });
});

describe('annotations', () => {
  const failed = (parts = {}) => anOutcome({ result: 'failed', exitCode: 1, error: aFailure(), ...parts });
  it('begins with the failure, at its line and column, under the working directory', () => {
    const [first] = annotations(failed({ hazards: [aHazard()] }), './services/api/');
    expect(first).toMatchObject({
      level: 'error',
      file: 'services/api/migrations/0007_add_total.sql',
      line: 3,
      column: 8,
    });
    expect(first?.message).toContain('Next: Correct the name');
    expect(first?.title).toContain('42703');
  });
  it.each(['', '.', './'])('prefix %j is the workspace itself', (prefix) => {
    expect(annotations(failed(), prefix)[0]?.file).toBe('migrations/0007_add_total.sql');
  });
  it('keeps what to do next when the message is huge', () => {
    const [first] = annotations(failed({ error: aFailure({ message: 'm'.repeat(3_000_000), next: 'Do it.' }) }));
    expect(first?.message.length).toBeLessThanOrEqual(4000);
    expect(first?.message).toMatch(/Next: Do it\.$/);
  });
  it('says a failed statement once', () => {
    expect(annotations(failed({ hazards: [aHazard({ effects: ['fails'] })] }))).toHaveLength(1);
  });
  it('names each wrong input', () => {
    const problems = [
      { input: 'mode', message: 'a' },
      { input: 'engine', message: 'b' },
    ];
    const made = annotations(
      anOutcome({ result: 'failed', exitCode: 2, problems, error: aFailure({ class: 'input' }) }),
    );
    expect(made.map((annotation) => annotation.title)).toEqual(['Input mode', 'Input engine']);
  });
  it.each([
    [aHazard(), 3, 'error'],
    [aHazard(), 0, 'warning'],
    [aHazard({ allowed: 'ok' }), 3, 'notice'],
    [aHazard({ severity: 'warning' }), 3, 'warning'],
    [aHazard({ severity: 'info' }), 3, 'notice'],
  ] as const)('level %#', (hazard, exitCode, level) => {
    expect(annotations(anOutcome({ exitCode, hazards: [hazard] }))[0]?.level).toBe(level);
  });
  it('has at most ten of each level and says how many more', () => {
    const hazards = (['danger', 'warning', 'info'] as const).flatMap((severity) =>
      Array.from({ length: 25 }, (_, index) => aHazard({ severity, rule: `${severity}${index}`, line: 100 + index })),
    );
    const made = annotations(failed({ hazards }));
    for (const level of ['error', 'warning', 'notice']) {
      expect(made.filter((annotation) => annotation.level === level)).toHaveLength(10);
    }
    expect(made.at(-1)?.message).toBe(
      '16 more errors, 15 more warnings, 16 more notices not shown here: all of them are in report.json and migration.log.',
    );
  });
  it('has no overflow notice at exactly ten', () => {
    const hazards = Array.from({ length: 10 }, () => aHazard({ severity: 'info' }));
    expect(annotations(anOutcome({ hazards }))).toHaveLength(10);
    expect(annotations(anOutcome({ hazards })).at(-1)?.title).not.toBe('More annotations');
  });
});

describe('exit codes', () => {
  it.each([
    ['dry-run-passed', 'unchanged', {}, 0],
    ['up-to-date', 'unchanged', {}, 0],
    ['verified', 'unchanged', {}, 0],
    ['reported', 'unchanged', {}, 0],
    ['reported', 'unchanged', { alarm: true }, 3],
    ['applied', 'migrated', {}, 0],
    ['rolled-back', 'rolled-back', {}, 0],
    ['baselined', 'unchanged', {}, 0],
    ['repaired', 'unchanged', {}, 0],
    ['failed', 'unchanged', { badInput: true }, 2],
    ['failed', 'unchanged', {}, 1],
    ['failed', 'migrated', {}, 4],
    ['failed', 'partially-migrated', {}, 7],
    ['failed', 'unknown', {}, 7],
    ['refused', 'unchanged', {}, 3],
    ['refused', 'unchanged', { lockHeld: true }, 5],
    ['dry-run-inconclusive', 'unchanged', {}, 3],
    ['cancelled', 'unchanged', {}, 6],
    ['cancelled', 'partially-migrated', {}, 7],
    ['cancelled', 'migrated', {}, 7],
    ['cancelled', 'unknown', {}, 7],
  ] as const)('%s, %s %j: %i', (result, state, why, code) => expect(exitCodeOf(result, state, why)).toBe(code));
});

describe('plan.sql', () => {
  const migration = {
    version: '0007',
    key: '7',
    name: 'x',
    file: 'migrations/0007_x\nDROP TABLE a;\r--.sql',
    path: '/w/x',
    bytes: 2048,
    checksum: 'c'.repeat(64),
    namesTracking: false,
    script: {
      transactional: false,
      reason: 'CREATE INDEX CONCURRENTLY at line 3',
      ownTransactions: false,
      wrapper: null,
      directives: { noTransaction: false, batch: false, allow: [], lockTimeoutMs: null, statementTimeoutMs: null },
      statements: 2,
      createsTables: [],
      texts: [],
      unread: 0,
    },
  };
  it('is nothing but comments around the bodies, whatever a file is called', () => {
    const header = renderPlanHeader(
      {
        digest: 'd',
        database: 'a\nDROP TABLE b',
        host: 'h',
        environment: 'staging',
        serverVersion: '17',
        transactionMode: 'per-migration',
      },
      [migration],
    );
    const section = renderPlanSection(migration, 1, 1);
    for (const line of `${header}${section}`.split(/[\n\r]/)) expect(line).toMatch(/^(--|$)/);
    expect(header).toContain('plan-digest: d');
    expect(section).toContain(`checksum: sha256 ${'c'.repeat(64)}`);
    expect(section).toContain('not in a transaction');
    expect(section.endsWith('\n')).toBe(true);
  });
});
