/** Outcome -> the comment on a pull request: what a reviewer of the change must know, and where the rest is. */

import type { Outcome } from './outcome.ts';
import {
  artifactWords,
  blockedPart,
  failurePart,
  hazardsPart,
  headPart,
  joined,
  type Limits,
  locksPart,
  migrationsPart,
  nextPart,
  notRehearsedPart,
  problemsPart,
  runLink,
  schemaPart,
} from './parts.ts';
import { withPlaces } from './places.ts';
import { cut } from './text.ts';

/** Below GitHub's 65,536, with room for the hidden marker. */
const MAX_CHARACTERS = 60_000;

const LIMITS: readonly Limits[] = [
  { statements: 0, diff: 200, migrations: 50, hazards: 30, list: 20, words: 1000 },
  { statements: 0, diff: 50, migrations: 30, hazards: 10, list: 10, words: 500 },
  { statements: 0, diff: 0, migrations: 10, hazards: 5, list: 5, words: 300 },
];

/** Fewer than 60,000 UTF-16 units whatever the outcome holds. */
export function renderComment(whole: Outcome): string {
  const outcome = withPlaces(whole);
  let text = '';
  for (const limits of LIMITS) {
    text = render(outcome, limits);
    if (text.length < MAX_CHARACTERS) return text;
  }
  return cut(text, MAX_CHARACTERS - 1);
}

function render(outcome: Outcome, limits: Limits): string {
  return `${joined([
    headPart(outcome, 3),
    nextPart(outcome, limits),
    problemsPart(outcome, limits),
    failurePart(outcome, limits),
    blockedPart(outcome, limits),
    migrationsPart(outcome, limits),
    locksPart(outcome, limits),
    hazardsPart(outcome, limits),
    notRehearsedPart(outcome, limits),
    schemaPart(outcome, limits),
    footer(outcome),
  ])}\n`;
}

function footer(outcome: Outcome): string {
  const { log } = outcome.artifacts;
  const where = joined([runLink(outcome), log === null ? '' : `the whole log: ${artifactWords(log)}`], ' · ');
  return where === '' ? '' : `<sub>${where}</sub>`;
}
