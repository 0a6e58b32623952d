/** Whose a session at the server is, by its name: only an earlier attempt of this very run is known to be over. */
import { expect, it } from 'vitest';
import { applicationName, isEarlierAttempt } from '../../src/engines/shared/inspect.ts';
import type { RunIdentity } from '../../src/request/request.ts';

const NOBODY: RunIdentity = {
  runId: null,
  attempt: null,
  repository: null,
  actor: null,
  sha: null,
  ref: null,
  runUrl: null,
  eventName: null,
  workflow: null,
  job: null,
  pullRequest: null,
};
const SECOND = { ...NOBODY, runId: '4711', attempt: '2', repository: 'octo-org/shop' };
const LONG = { ...NOBODY, runId: '16000000001', attempt: '10', repository: `octo-org/${'a-long-name-'.repeat(6)}` };
const cut = (attempt: number) => `mgate/16000000001/${attempt}/${LONG.repository}`.slice(0, 63);

it.each<readonly [what: string, application: string, run: RunIdentity, isOver: boolean]>([
  ['an earlier attempt', 'mgate/4711/1/octo-org/shop', SECOND, true],
  ['one cut at 63 bytes, of a shorter number', cut(9), LONG, true],
  ['the same one, cut', cut(10), LONG, false],
  ['the same attempt', 'mgate/4711/2/octo-org/shop', SECOND, false],
  ['a later attempt', 'mgate/4711/3/octo-org/shop', SECOND, false],
  ['another run', 'mgate/4710/1/octo-org/shop', SECOND, false],
  ['a run whose number only begins like ours', 'mgate/47111/1/octo-org/shop', SECOND, false],
  ['another repository', 'mgate/4711/1/octo-org/shop2', SECOND, false],
  ['an attempt that is no number', 'mgate/4711/x/octo-org/shop', SECOND, false],
  ['an attempt of zero', 'mgate/4711/0/octo-org/shop', SECOND, false],
  ['an attempt written otherwise', 'mgate/4711/01/octo-org/shop', SECOND, false],
  ['a run outside of GitHub', 'mgate/local/1/me', { ...NOBODY, attempt: '2', actor: 'me' }, false],
  ['a run without a repository', 'mgate/4711/1/-', { ...SECOND, repository: null }, false],
  ['ours has no attempt', 'mgate/4711/1/octo-org/shop', { ...SECOND, attempt: null }, false],
  ['something else altogether', 'a report', SECOND, false],
])('%s', (_what, application, run, isOver) => {
  expect(isEarlierAttempt(application, run)).toBe(isOver);
});

it('its own name is never over', () => {
  for (const run of [SECOND, LONG, NOBODY]) expect(isEarlierAttempt(applicationName(run), run)).toBe(false);
});
