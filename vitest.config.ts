import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Beginnings of names below `test/`, in this order; all else comes after them. */
const FIRST = [
  'e2e/cancel',
  'db/oracle',
  'db/alembic',
  'e2e/alembic',
  'db/catalog',
  'db/watchdog',
  'e2e/',
  'faults/',
  'db/',
];

/** What takes longest begins first, or it would end alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => FIRST.findIndex((name) => moduleId.includes(`/test/${name}`));
    const place = (file: TestSpecification) => (rank(file) === -1 ? FIRST.length : rank(file));
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'real',
          include: ['test/{db,e2e,faults,github}/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      // Pure functions leave nothing behind for the next file: a process for each would be most of what they take.
      { extends: true, test: { name: 'pure', include: ['test/unit/**/*.test.ts'], isolate: false } },
    ],
  },
});
