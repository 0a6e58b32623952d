import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keeper, ReportFolder, readKept } from '../../src/report-folder.ts';
import { anOutcome } from '../support/outcome.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('what is kept for the post step is there whole, or known to be lost', () => {
  const env = { RUNNER_TEMP: folder, GITHUB_STATE: join(folder, 'state') };
  const keep = keeper(env);
  keep({ outcome: anOutcome(), over: false });
  keep({ outcome: anOutcome({ databaseState: 'unknown' }), over: false });
  // One file: nothing half written beside it.
  const [file, ...others] = readdirSync(folder).filter((name) => name !== 'state');
  expect(others).toEqual([]);
  const path = join(folder, file ?? '');
  expect(readFileSync(env.GITHUB_STATE, 'utf8')).toContain(path);
  expect(readKept({ STATE_kept: path })).toMatchObject({ outcome: { databaseState: 'unknown' }, over: false });
  rmSync(path);
  expect(readKept({ STATE_kept: path })).toBe('lost');
  expect(readKept({})).toBe('none');
});

it('without a runner nothing is kept', () => {
  keeper({ RUNNER_TEMP: folder })({ outcome: anOutcome(), over: true });
  expect(readdirSync(folder)).toEqual([]);
  expect(existsSync(folder)).toBe(true);
});

it.each([
  ['a statement in pieces', ['select', ' 1', ';\nselect 2;\n', 'select 3'], ['select 1;\nselect 2;\n', 'select 3']],
  ['lines without a statement', ['-- one\n', '-- two\n', 'select 1;\n'], ['-- one\n-- two\nselect 1;\n']],
  [
    'what is longer than is held back, at a line',
    ['a'.repeat(1 << 20), 'b\nc', 'd\ne'],
    [`${'a'.repeat(1 << 20)}b\n`, 'cd\ne'],
  ],
])('plan.sql is redacted where it cannot cut a statement in two: %s', (_, pieces, redacted) => {
  const folderOfReport = ReportFolder.make(folder, {});
  const seen: string[] = [];
  folderOfReport.writePlan(pieces, (text) => {
    seen.push(text);
    return text;
  });
  folderOfReport.close();
  expect(seen).toEqual(redacted);
  expect(readFileSync(join(folder, 'migration-log', 'plan.sql'), 'utf8')).toBe(pieces.join(''));
});
