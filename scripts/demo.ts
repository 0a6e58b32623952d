/** `npm run demo`: the bundled action, run as a runner runs it, on a real PostgreSQL, through a small story. */
import { appendFile, copyFile, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeForAction } from '../test/support/node24.ts';
import { createDatabase, startServer } from '../test/support/postgres.ts';
import { type ActionRun, runAction, temporaryWorkspace } from '../test/support/runner.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const KEPT = join(ROOT, '.cache', 'demo');
/** The first screen: what a person reads who does not scroll. */
const SHOWN_LINES = 14;

interface Chapter {
  readonly name: string;
  readonly title: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** What is changed in the checkout before this run. */
  readonly change?: (migrations: string) => Promise<void>;
  readonly expected: { readonly result: string; readonly state: string; readonly exitCode: number };
}

const NEW_FILE = `-- Guests may ask for something on the day.
CREATE TABLE booking_requests (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  booking_id bigint NOT NULL REFERENCES bookings (id) ON DELETE CASCADE,
  wish text NOT NULL CHECK (length(wish) <= 500),
  asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX booking_requests_booking_idx ON booking_requests (booking_id);
COMMENT ON TABLE booking_requests IS 'Wishes for the day, as the guest wrote them';
`;

const BROKEN_FILE = `ALTER TABLE orders ADD COLUMN invoiced_at timestamptz;
COMMENT ON COLUMN orders.invoiced_at IS 'When the invoice was sent';
UPDATE orders SET invoiced_at = created WHERE status = 'paid';
CREATE INDEX orders_invoiced_idx ON orders (invoiced_at);
CREATE VIEW open_invoices AS SELECT id FROM orders WHERE invoiced_at IS NULL;
`;

function story(urls: { readonly staging: string; readonly production: string }): readonly Chapter[] {
  const staging = { 'database-url': urls.staging, mode: 'apply', 'smoke-tests': 'smoke-tests/*.sql' };
  const production = { ...staging, 'database-url': urls.production, 'confirm-token': 'MIGRATE-PRODUCTION' };
  const applied = { result: 'applied', state: 'migrated', exitCode: 0 };
  return [
    {
      name: 'first-deployment',
      title: 'A first deployment: a push to the branch staging',
      ref: 'refs/heads/staging',
      inputs: { ...staging, 'critical-tables': 'customers, bookings, orders' },
      expected: applied,
    },
    {
      name: 'same-files-again',
      title: 'The same files again: nothing to do, nothing written',
      ref: 'refs/heads/staging',
      inputs: staging,
      expected: { result: 'up-to-date', state: 'unchanged', exitCode: 0 },
    },
    {
      name: 'first-release',
      title: 'The first release: the tag v1.0.0 goes to production',
      ref: 'refs/tags/v1.0.0',
      inputs: { ...production, 'review-delay': '0' },
      expected: applied,
    },
    {
      name: 'second-release',
      title: 'The second release: v1.1.0 brings one new file; a pause of two seconds to look at the plan',
      ref: 'refs/tags/v1.1.0',
      inputs: { ...production, 'review-delay': '2s' },
      change: (migrations) => writeFile(join(migrations, '13_booking_requests.sql'), NEW_FILE),
      expected: applied,
    },
    {
      name: 'broken',
      title: 'A deployment that fails at its third statement of five: stopped in the dry run',
      ref: 'refs/tags/v1.2.0',
      inputs: { ...production, 'review-delay': '0' },
      change: (migrations) => writeFile(join(migrations, '14_invoices.sql'), BROKEN_FILE),
      expected: { result: 'failed', state: 'unchanged', exitCode: 1 },
    },
    {
      name: 'edited',
      title: 'An applied file was edited: refused',
      ref: 'refs/tags/v1.2.1',
      inputs: { ...production, 'review-delay': '0' },
      change: async (migrations) => {
        await rm(join(migrations, '14_invoices.sql'));
        await appendFile(
          join(migrations, '04_products.sql'),
          'ALTER TABLE products ADD COLUMN weight_grams integer;\n',
        );
      },
      expected: { result: 'refused', state: 'unchanged', exitCode: 3 },
    },
  ];
}

async function main(): Promise<number> {
  await rm(KEPT, { recursive: true, force: true });
  const node = await nodeForAction();
  const server = await startServer();
  try {
    console.log(`PostgreSQL ${server.major} on 127.0.0.1:${server.port}, ${node.description}\n`);
    const workspace = await checkout();
    const urls = {
      staging: await createDatabase(server, 'shop_staging'),
      production: await createDatabase(server, 'shop_production'),
    };
    const surprises: string[] = [];
    for (const [index, chapter] of story(urls).entries()) {
      await chapter.change?.(join(workspace, 'migrations'));
      const run = await runAction({ workspace, inputs: chapter.inputs, ref: chapter.ref, runId: `${1001 + index}` });
      const kept = await keep(run, join(KEPT, `${index + 1}-${chapter.name}`));
      tell(index + 1, chapter, run, kept);
      if (!asExpected(chapter, run)) surprises.push(chapter.name);
    }
    if (surprises.length === 0) {
      console.log('Every step ended as the story says.');
      return 0;
    }
    console.error(`Not as the story says: ${surprises.join(', ')}`);
    return 1;
  } finally {
    await server.remove();
  }
}

/** A repository as a user has it: the example's migrations and smoke tests. */
async function checkout(): Promise<string> {
  const workspace = temporaryWorkspace();
  await cp(join(ROOT, 'examples', 'migrations'), join(workspace, 'migrations'), { recursive: true });
  await cp(join(ROOT, 'examples', 'smoke-tests'), join(workspace, 'smoke-tests'), { recursive: true });
  return workspace;
}

/** The folder that the run left, and the job summary beside it. */
async function keep(run: ActionRun, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(run.logDir).catch(() => []))
    await copyFile(join(run.logDir, name), join(folder, name));
  await writeFile(join(folder, 'job-summary.md'), run.summary);
  await writeFile(join(folder, 'job-log.txt'), `${run.log.join('\n')}\n`);
  return folder;
}

function asExpected({ expected }: Chapter, run: ActionRun): boolean {
  return (
    run.exitCode === expected.exitCode &&
    run.outputs.result === expected.result &&
    run.outputs['database-state'] === expected.state
  );
}

function tell(number: number, chapter: Chapter, run: ActionRun, kept: string): void {
  const { expected } = chapter;
  const summary = run.summary.split('\n').find((line) => line.trim() !== '') ?? '(no summary)';
  console.log(`== ${number}. ${chapter.title}`);
  const lines = run.folded.filter((text) => text.trim() !== '');
  for (const line of lines.slice(0, SHOWN_LINES)) console.log(`   | ${line}`);
  if (lines.length > SHOWN_LINES) console.log(`   | ... and ${lines.length - SHOWN_LINES} lines more`);
  console.log(
    `   result ${run.outputs.result}, database-state ${run.outputs['database-state']}, exit code ${run.exitCode}`,
  );
  console.log(`   ${Math.round(run.durationMs)} ms, start-up included`);
  console.log(`   summary: ${summary}`);
  console.log(
    `   the job summary lies in ${relative(process.cwd(), join(kept, 'job-summary.md'))}, the whole log beside it`,
  );
  if (!asExpected(chapter, run)) {
    console.error(`   EXPECTED ${expected.result}, ${expected.state}, exit code ${expected.exitCode}`);
    if (run.stderr !== '') console.error(run.stderr);
  }
  console.log('');
}

process.exitCode = await main();
