/** Everybody who is told of a run, on this machine: the artifact service, GitHub, a webhook. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ArtifactServer, startArtifactServer, unzip } from './artifact-server.ts';
import { type GithubServer, githubServer, WORKFLOW } from './github-server.ts';

export interface Audience {
  readonly artifacts: ArtifactServer;
  readonly github: GithubServer;
  /** The bodies that the webhook was sent. */
  readonly notices: readonly string[];
  readonly token: string;
  /** Of a Slack; `discord` in place of the path makes it one of Discord's. */
  readonly notifyUrl: string;
  /** What a runner puts into the environment so that they are found. */
  readonly env: () => Record<string, string>;
  /** All that they were told, as [who, text]. */
  readonly told: () => [who: string, text: string][];
  readonly close: () => Promise<void>;
}

export const REPOSITORY = 'octo-org/shop';

/** `token` and `path`: secrets that a test looks for. */
export async function startAudience({
  token = 'ghs_t0kenOfThisWorkflow',
  path = '/services/T0/B0/hook',
}: {
  readonly token?: string;
  readonly path?: string;
} = {}): Promise<Audience> {
  const [artifacts, github] = await Promise.all([startArtifactServer(), githubServer({ repository: REPOSITORY })]);
  github.accounts.set(token, WORKFLOW);
  github.tags.set('v1.4.0', { commit: 'c0ffee254729296a45a3885639ac7e10f9d54979' });
  // What GitHub finds to say itself is not ours to hold.
  github.notes = '';
  const notices: string[] = [];
  const webhook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      notices.push(Buffer.concat(chunks).toString('utf8'));
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  return {
    artifacts,
    github,
    notices,
    token,
    notifyUrl: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}${path}`,
    env: () => ({ ...artifacts.env(), ...github.env, GITHUB_REPOSITORY: REPOSITORY }),
    told: () => [
      ...[...artifacts.artifacts].flatMap(([name, { zip }]): [string, string][] => [
        ['the name of an artifact', name],
        ...[...unzip(zip)].map(([file, content]): [string, string] => [
          `artifact ${name}: ${file}`,
          content.toString('utf8'),
        ]),
      ]),
      ...github.requests.map(({ method, path: asked, body }): [string, string] => [
        `GitHub, ${method}`,
        `${asked}\n${JSON.stringify(body)}`,
      ]),
      ...github.comments.map(({ body }): [string, string] => ['comment', body]),
      ...github.releases.map(({ body }): [string, string] => ['release', body]),
      ...notices.map((body): [string, string] => ['notice', body]),
    ],
    close: async () => {
      webhook.closeAllConnections();
      await Promise.all([
        artifacts.close(),
        github.close(),
        new Promise<void>((resolve) => webhook.close(() => resolve())),
      ]);
    },
  };
}
