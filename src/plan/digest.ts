import { createHash } from 'node:crypto';

/** What the plan digest covers: all that makes an apply the same apply (design: "Applied = rehearsed = proved"). */
export interface DigestParts {
  readonly pending: readonly { readonly version: string; readonly checksum: string }[];
  readonly applied: readonly { readonly version: string; readonly checksum: string }[];
  readonly serverMajor: number;
  readonly database: string;
  readonly environment: string;
  readonly targetVersion: string | null;
  readonly transactionMode: string;
}

/** 64 hexadecimal digits; the same parts give the same digest on every machine. */
export function planDigest(parts: DigestParts): string {
  const pairs = (list: DigestParts['pending']) => list.map(({ version, checksum }) => [version, checksum]);
  const canonical = JSON.stringify([
    'postgres-migration-gate plan 1',
    pairs(parts.pending),
    pairs(parts.applied),
    parts.serverMajor,
    parts.database,
    parts.environment,
    parts.targetVersion,
    parts.transactionMode,
  ]);
  return createHash('sha256').update(canonical).digest('hex');
}
