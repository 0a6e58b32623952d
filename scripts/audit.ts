/**
 * `npm run audit`: known vulnerabilities, told apart by whether they are in what we ship. Every dependency is bundled or for
 * development only, so npm's own telling apart (`--omit=dev`) would look at nothing.
 * Exits 1 where a bundled package has one, 2 where the registry does not answer: what could not be asked is not clean.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledPackages } from './licences.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

export interface AuditReading {
  readonly exitCode: 0 | 1 | 2;
  readonly lines: readonly string[];
}

/** `answer`: what `npm audit --json` printed. */
export function readAudit(answer: string, bundled: ReadonlySet<string>): AuditReading {
  const found = vulnerabilitiesIn(answer);
  if (typeof found === 'string')
    return { exitCode: 2, lines: [`npm audit could not be answered, so nothing is known: ${found}`] };
  const line = ({ name, severity }: Vulnerability) => `${name}: ${severity}`;
  const shipped = found.filter(({ name }) => bundled.has(name));
  const others = found.filter(({ name }) => !bundled.has(name));
  return {
    exitCode: shipped.length > 0 ? 1 : 0,
    lines: [
      `${bundled.size} bundled packages, ${shipped.length} with a known vulnerability`,
      ...shipped.map(line),
      ...(others.length > 0 ? [`for development only, ${others.length}:`, ...others.map(line)] : []),
    ],
  };
}

interface Vulnerability {
  readonly name: string;
  readonly severity: string;
}

/** Or why there is no answer. */
function vulnerabilitiesIn(answer: string): Vulnerability[] | string {
  let read: { readonly vulnerabilities?: unknown; readonly message?: unknown } | null;
  try {
    read = JSON.parse(answer);
  } catch {
    return answer.trim().split('\n')[0] || 'no answer';
  }
  const { vulnerabilities, message } = read ?? {};
  if (typeof vulnerabilities !== 'object' || vulnerabilities === null)
    return String(message ?? 'no list in the answer');
  return Object.entries(vulnerabilities as Record<string, { readonly severity?: unknown }>).map(
    ([name, { severity }]) => ({
      name,
      severity: String(severity ?? 'of unknown severity'),
    }),
  );
}

function main(): number {
  const bundled = bundledPackages(readFileSync(join(ROOT, 'dist', 'licenses.txt'), 'utf8'));
  if (bundled.length === 0) throw new Error('dist/licenses.txt names no package: npm run build');
  const { stdout, error } = spawnSync('npm', ['audit', '--json'], { cwd: ROOT, encoding: 'utf8' });
  const { exitCode, lines } = readAudit(error ? String(error) : stdout, new Set(bundled.map(({ name }) => name)));
  for (const line of lines) console.log(line);
  return exitCode;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = main();
