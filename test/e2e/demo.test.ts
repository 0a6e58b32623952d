import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

it('the front door opens: npm run demo tells its whole story', async () => {
  // Throws with the output when it exits with anything but 0.
  const { stdout } = await promisify(execFile)('npm', ['run', 'demo'], { cwd: root, maxBuffer: 1 << 24 });
  expect(stdout).toContain('Every step ended as the story says.');
  expect(stdout.match(/the job summary lies in /g)?.length).toBeGreaterThanOrEqual(5);
}, 120_000);
