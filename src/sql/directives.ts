/** `-- gate: ...` lines in the leading comments of a migration file. */
import type { Directives } from './statement.ts';

export interface DirectiveProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const ALLOWED = 'no-transaction, batch, allow <rule> <reason>, lock-timeout=<duration>, statement-timeout=<duration>';

/** `text`: the file's head, up to the end of its leading comments at least. Lines and columns are 1-based. */
export function readDirectives(text: string): {
  readonly directives: Directives;
  readonly problems: readonly DirectiveProblem[];
} {
  const found = {
    noTransaction: false,
    batch: false,
    allow: [] as { rule: string; reason: string; line: number }[],
    lockTimeoutMs: null as number | null,
    statementTimeoutMs: null as number | null,
  };
  const problems: DirectiveProblem[] = [];
  for (const { words, line, column } of leadingDirectives(text)) {
    const wrong = (message: string) => problems.push({ message: `-- gate: ${message}`, line, column });
    const [first = '', ...rest] = words;
    if (first === 'no-transaction' && rest.length === 0) found.noTransaction = true;
    else if (first === 'batch' && rest.length === 0) found.batch = true;
    else if (first === 'allow') {
      const [rule = '', ...reason] = rest;
      if (!/^[a-z][a-z0-9-]*$/.test(rule)) wrong('allow needs a rule: allow <rule> <reason>');
      else if (reason.length === 0)
        wrong(`allow ${rule} needs a reason, which the reviewer is shown: allow <rule> <reason>`);
      else found.allow.push({ rule, reason: reason.join(' '), line });
    } else if (words.length > 0 && words.every((word) => /^(lock|statement)-timeout=/.test(word))) {
      for (const word of words) {
        const [name = '', value = ''] = word.split('=');
        const ms = duration(value);
        if (ms === null) wrong(`${name}=${value} is not a duration: 500ms, 30s, 5m, or 0 for none`);
        else if (name === 'lock-timeout') found.lockTimeoutMs = ms;
        else found.statementTimeoutMs = ms;
      }
    } else wrong(`"${words.join(' ')}" is not known; allowed: ${ALLOWED}`);
  }
  return { directives: found, problems };
}

/** Only before the first statement: blank lines and other comments may stand between. */
function* leadingDirectives(text: string): Generator<{ words: string[]; line: number; column: number }> {
  let depth = 0;
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (depth > 0 || line.startsWith('/*')) {
      depth += (line.match(/\/\*/g)?.length ?? 0) - (line.match(/\*\//g)?.length ?? 0);
      continue;
    }
    if (line === '') continue;
    if (!line.startsWith('--')) return;
    const match = /^(\s*)--\s*gate:\s*(.*)$/.exec(raw.trimEnd());
    if (match)
      yield {
        words: (match[2] ?? '').split(/\s+/).filter(Boolean),
        line: index + 1,
        column: (match[1] ?? '').length + 1,
      };
  }
}

function duration(text: string): number | null {
  if (text === '0') return 0;
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0) : null;
}
