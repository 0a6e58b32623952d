/** Hazards -> SARIF 2.1.0, which GitHub code scanning and editors read. https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
import type { Rule } from '../hazards/claim.ts';
import type { Hazard, Severity } from './outcome.ts';
import { clean } from './text.ts';

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  danger: 'error',
  warning: 'warning',
  info: 'note',
};

/** `files`: relative to the repository's root, with `/`. Rules that no hazard is of are left out. */
export function renderSarif(hazards: readonly Hazard[], rules: readonly Rule[], version: string): string {
  const used = rules.filter((rule) => hazards.some((hazard) => hazard.rule === rule.id));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'postgres-migration-gate',
            version,
            rules: used.map((rule) => ({
              id: rule.id,
              shortDescription: { text: rule.title },
              fullDescription: { text: rule.why },
              help: { text: rule.safer },
              defaultConfiguration: { level: LEVEL[rule.severity] },
            })),
          },
        },
        columnKind: 'unicodeCodePoints',
        results: hazards.map((hazard) => ({
          ruleId: hazard.rule,
          level: LEVEL[hazard.severity],
          message: {
            text: clean(hazard.safer === null ? hazard.message : `${hazard.message}\nSafer: ${hazard.safer}`),
          },
          ...(hazard.file === null
            ? {}
            : {
                locations: [
                  {
                    physicalLocation: {
                      artifactLocation: { uri: encodeURI(hazard.file) },
                      region: { startLine: hazard.line ?? 1 },
                    },
                  },
                ],
              }),
          ...(hazard.allowed === null
            ? {}
            : { suppressions: [{ kind: 'inSource', justification: clean(hazard.allowed) }] }),
        })),
      },
    ],
  };
  return JSON.stringify(log, null, 1);
}
