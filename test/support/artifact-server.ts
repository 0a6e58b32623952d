/**
 * GitHub's artifact service on this machine, as its clients see it: Twirp calls in JSON (CreateArtifact, FinalizeArtifact),
 * and the signed address of an Azure block blob (Put Block, Put Block List) in between.
 * What a client sends is checked as the real one checks it: the bearer, the ids of run and job, the signature, size and hash.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateRawSync } from 'node:zlib';

export type Call = 'CreateArtifact' | 'FinalizeArtifact' | 'Put Block' | 'Put Block List';

/** What goes wrong: the next `times` of that call (all of them by default) get this status, or no answer at all. */
export interface Trouble {
  readonly call: Call;
  readonly answer: number | 'hang';
  readonly times?: number;
  /** The `msg` of the answer. */
  readonly message?: string;
}

export interface StoredArtifact {
  readonly id: string;
  readonly zip: Buffer;
  /** In how many blocks it came. */
  readonly blocks: number;
  /** ISO 8601; null: as the repository says. */
  readonly expiresAt: string | null;
}

export interface SeenCall {
  readonly call: Call;
  /** The artifact's. */
  readonly name: string;
  readonly status: number | 'hang';
}

export interface ArtifactServer {
  readonly url: string;
  /** What a runner puts into the environment of an action's step. */
  readonly env: () => Record<string, string>;
  /** Those that were finalized, by name. */
  readonly artifacts: ReadonlyMap<string, StoredArtifact>;
  /** The files of a finalized artifact: path -> text. */
  readonly files: (name: string) => Record<string, string>;
  /** Every call in the order of its answer; a retry is one more. */
  readonly calls: readonly SeenCall[];
  /** Says that another job has this name already. */
  readonly take: (name: string) => void;
  readonly trouble: (trouble: Trouble) => void;
  /** Holds CreateArtifact of this name back until so many have come for it, so that they race. */
  readonly gather: (name: string, count: number) => void;
  readonly close: () => Promise<void>;
}

interface Blob {
  readonly name: string;
  readonly expiresAt: string | null;
  readonly staged: Map<string, Buffer>;
  content: Buffer | null;
  blocks: number;
}

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export async function startArtifactServer(): Promise<ArtifactServer> {
  const run = randomUUID();
  const job = randomUUID();
  const token = runtimeToken(`Actions.ExampleScope Actions.Results:${run}:${job}`);
  const artifacts = new Map<string, StoredArtifact>();
  const calls: SeenCall[] = [];
  const troubles: { -readonly [Key in keyof Trouble]: Trouble[Key] }[] = [];
  /** By signature. */
  const blobs = new Map<string, Blob>();
  const taken = new Set<string>();
  const gathered = new Map<string, { missing: number; readonly waiting: (() => void)[] }>();
  let lastId = 9_000_000_000 + Math.floor(Math.random() * 1_000_000);

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`the test server failed: ${String(error)}`);
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = new URL(request.url ?? '/', 'http://localhost');
    const body = await read(request);
    const call = callOf(request, address);
    if (call === null) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
      return;
    }
    const isTwirp = call === 'CreateArtifact' || call === 'FinalizeArtifact';
    const asked = isTwirp ? (JSON.parse(body.toString('utf8')) as Record<string, unknown>) : {};
    const name = isTwirp ? String(asked.name) : (blobs.get(address.searchParams.get('sig') ?? '')?.name ?? '');
    if (call === 'CreateArtifact') await meet(name);
    const trouble = takeTrouble(call);
    calls.push({ call, name, status: trouble?.answer ?? 0 });
    if (trouble?.answer === 'hang') return;
    const seen = calls.length - 1;
    let given: Answer;
    if (trouble) given = twirpError(trouble.answer, trouble.message ?? 'as the test wants it');
    else if (isTwirp) given = twirp(call, request, asked);
    else given = blob(call, request, address, body);
    calls[seen] = { call, name, status: given.status };
    response.writeHead(given.status, given.headers).end(given.body);
  }

  function takeTrouble(call: Call): Trouble | null {
    const trouble = troubles.find((one) => one.call === call && (one.times ?? 1) > 0);
    if (trouble?.times !== undefined) trouble.times -= 1;
    return trouble ?? null;
  }

  async function meet(name: string): Promise<void> {
    const group = gathered.get(name);
    if (!group) return;
    group.missing -= 1;
    if (group.missing > 0) await new Promise<void>((resolve) => group.waiting.push(resolve));
    for (const resume of group.waiting.splice(0)) resume();
  }

  function twirp(call: Call, request: IncomingMessage, asked: Record<string, unknown>): Answer {
    if (request.headers.authorization !== `Bearer ${token}`) return twirpError(401, 'invalid token');
    if (asked.workflow_run_backend_id !== run || asked.workflow_job_run_backend_id !== job) {
      return twirpError(403, 'the run is not the one of the token');
    }
    return call === 'CreateArtifact' ? create(asked) : finalize(asked);
  }

  function create(asked: Record<string, unknown>): Answer {
    const name = String(asked.name);
    if (name === '' || /["<>|*?:\r\n\\/]/.test(name)) return twirpError(400, 'artifact name is invalid');
    if (taken.has(name)) return twirpError(409, 'an artifact with this name already exists on the workflow run');
    taken.add(name);
    const signature = randomUUID();
    const expiresAt = typeof asked.expires_at === 'string' ? asked.expires_at : null;
    blobs.set(signature, { name, expiresAt, staged: new Map(), content: null, blocks: 0 });
    const signed = `${url()}/blobs/${run}/artifact.zip?se=2030-01-01T00%3A00%3A00Z&sp=rw&sv=2025-01-05&sig=${signature}`;
    return json(200, { ok: true, signed_upload_url: signed });
  }

  function finalize(asked: Record<string, unknown>): Answer {
    const name = String(asked.name);
    const stored = [...blobs.values()].find((one) => one.name === name);
    if (!stored?.content) return twirpError(404, 'artifact not found');
    const hash = `sha256:${createHash('sha256').update(stored.content).digest('hex')}`;
    if (asked.size !== String(stored.content.length)) return twirpError(400, 'the size is another');
    if (asked.hash !== undefined && asked.hash !== hash) return twirpError(400, 'the hash is another');
    lastId += 1;
    const { content: zip, blocks, expiresAt } = stored;
    artifacts.set(name, { id: String(lastId), zip, blocks, expiresAt });
    return json(200, { ok: true, artifact_id: String(lastId) });
  }

  function blob(call: Call, request: IncomingMessage, address: URL, body: Buffer): Answer {
    const stored = blobs.get(address.searchParams.get('sig') ?? '');
    if (!stored || request.headers['x-ms-version'] === undefined) return { status: 403, headers: azure() };
    if (call === 'Put Block') {
      stored.staged.set(address.searchParams.get('blockid') ?? '', body);
      return { status: 201, headers: azure() };
    }
    const ids = [...body.toString('utf8').matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(([, id]) => String(id));
    const blocks = ids.map((id) => stored.staged.get(id));
    if (blocks.includes(undefined))
      return { status: 400, headers: { ...azure(), 'x-ms-error-code': 'InvalidBlockList' } };
    stored.content = Buffer.concat(blocks.filter((block) => block !== undefined));
    stored.blocks = blocks.length;
    return { status: 201, headers: { ...azure(), etag: '"0x8D"', 'last-modified': new Date().toUTCString() } };
  }

  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: url(),
    env: () => ({
      ACTIONS_RUNTIME_TOKEN: token,
      ACTIONS_RESULTS_URL: `${url()}/`,
      GITHUB_SERVER_URL: 'https://github.com',
    }),
    artifacts,
    files: (name) => {
      const stored = artifacts.get(name);
      if (!stored) throw new Error(`no artifact ${name}; there are: ${[...artifacts.keys()].join(', ') || 'none'}`);
      return Object.fromEntries([...unzip(stored.zip)].map(([path, content]) => [path, content.toString('utf8')]));
    },
    calls,
    take: (name) => void taken.add(name),
    trouble: (trouble) => void troubles.push({ ...trouble }),
    gather: (name, count) => void gathered.set(name, { missing: count, waiting: [] }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function callOf(request: IncomingMessage, address: URL): Call | null {
  const [, method] =
    /^\/twirp\/github\.actions\.results\.api\.v1\.ArtifactService\/(\w+)$/.exec(address.pathname) ?? [];
  if (request.method === 'POST' && (method === 'CreateArtifact' || method === 'FinalizeArtifact')) return method;
  if (request.method !== 'PUT' || !address.pathname.startsWith('/blobs/')) return null;
  const comp = address.searchParams.get('comp');
  if (comp === 'block') return 'Put Block';
  return comp === 'blocklist' ? 'Put Block List' : null;
}

function json(status: number, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** https://twitchtv.github.io/twirp/docs/errors.html */
function twirpError(status: number, message: string): Answer {
  const codes: Record<number, string> = {
    400: 'invalid_argument',
    401: 'unauthenticated',
    403: 'permission_denied',
    404: 'not_found',
    409: 'already_exists',
    429: 'resource_exhausted',
    503: 'unavailable',
  };
  return json(status, { code: codes[status] ?? 'internal', msg: message });
}

function azure(): Record<string, string> {
  return { 'x-ms-request-id': randomUUID(), 'x-ms-version': '2025-01-05', 'x-ms-request-server-encrypted': 'true' };
}

/** A JWT with what the client reads of it; nobody here checks its signature. */
function runtimeToken(scp: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: 'https://token.actions.githubusercontent.com', scp, exp: Math.floor(Date.now() / 1000) + 3600 };
  return `${part({ typ: 'JWT', alg: 'RS256' })}.${part(claims)}.${Buffer.from(randomUUID()).toString('base64url')}`;
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The files of a zip, by its central directory. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3 */
export function unzip(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'));
  if (end < 0) throw new Error('not a zip: it has no end of central directory');
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const method = zip.readUInt16LE(at + 10);
    const packedSize = zip.readUInt32LE(at + 20);
    const nameLength = zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    const name = zip.subarray(at + 46, at + 46 + nameLength).toString('utf8');
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(start, start + packedSize);
    files.set(name, method === 0 ? packed : inflateRawSync(packed));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return files;
}
