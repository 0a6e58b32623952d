/** All rules that read a statement, asked one action at a time. */
import type { Action, ActionOf, Kind } from '../actions.ts';
import { clientRules } from './clients.ts';
import { indexRules } from './indexes.ts';
import { lossRules } from './losses.ts';
import { rewriteRules } from './rewrites.ts';
import type { Context, Finding, Found, Rules } from './rule.ts';
import { scanRules } from './scans.ts';
import { securityRules } from './security.ts';
import { transactionRules } from './transactions.ts';

const ALL: readonly Rules[] = [
  indexRules,
  rewriteRules,
  scanRules,
  lossRules,
  clientRules,
  transactionRules,
  securityRules,
];

export function findingsOf(action: Action, at: Context): readonly Finding[] {
  return ALL.flatMap((rules) => ask(rules, action, at));
}

function ask<K extends Kind>(rules: Rules, action: ActionOf<K>, at: Context): readonly Finding[] {
  const asked = rules[action.kind as K] as readonly ((action: ActionOf<K>, at: Context) => Found)[] | undefined;
  return (asked ?? []).flatMap((rule) => rule(action, at) ?? []);
}
