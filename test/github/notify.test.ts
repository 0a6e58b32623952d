import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { proxiedFetch } from '../../src/github/proxy.ts';
import { notify } from '../../src/notify.ts';
import { renderNotice, shapeOf } from '../../src/report/notice.ts';
import { anOutcome } from '../support/outcome.ts';

/** As secret as a webhook's address is: whoever has it can post. */
const PATH = '/services/T012345/B0123456/s3cretS3cretS3cret?key=pa%3Css%2Fw0rd';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A webhook that keeps what it is sent and then answers as told. */
async function webhook(answer: RequestListener): Promise<{ base: string; url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      received.push({ method: request.method, url: request.url, type: request.headers['content-type'], body });
      answer(request, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { base, url: `${base}${PATH}`, received };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? null : JSON.parse(text);
}

function expectNoSecret(reason: string): void {
  for (const part of ['s3cret', 'B0123456', 'pa%3C', 'pa<ss', 'w0rd']) expect(reason).not.toContain(part);
  expect(reason).not.toContain('\n');
  expect(reason.length).toBeLessThan(300);
}

it.each([
  ['Slack answers 200 ok', 200, 'ok', PATH],
  ['Discord answers 204', 204, undefined, '/api/webhooks/1/s3cret'],
])('%s: sent once, as JSON', async (_, status, text, path) => {
  const { base, received } = await webhook((_request, response) => response.writeHead(status).end(text));
  const payload = renderNotice(anOutcome({ result: 'applied', databaseState: 'migrated' }), shapeOf(base + path));
  expect(await notify(base + path, payload)).toEqual({ kind: 'sent' });
  expect(received).toEqual([{ method: 'POST', url: path, type: 'application/json', body: payload }]);
});

it.each([400, 403, 404, 410, 429, 500, 503])(
  '%d is a failure with what was said, and is not tried again',
  async (status) => {
    const { url, received } = await webhook((_request, response) =>
      response.writeHead(status).end('invalid_payload\nx'),
    );
    expect(await notify(url, {})).toEqual({
      kind: 'failed',
      reason: `the webhook answered ${status}: invalid_payload x`,
    });
    expect(received).toHaveLength(1);
  },
);

it.each([301, 302, 307, 308])('a redirect %d is not followed', async (status) => {
  const other = await webhook((_request, response) => response.end('ok'));
  const { url, received } = await webhook((_request, response) =>
    response.writeHead(status, { location: other.url }).end(),
  );
  expect(await notify(url, {})).toEqual({
    kind: 'failed',
    reason: `the webhook answered ${status}, a redirect, which is not followed`,
  });
  expect(received).toHaveLength(1);
  expect(other.received).toHaveLength(0);
});

it('an answer that says the address does not give it away', async () => {
  const { url } = await webhook((request, response) => {
    const target = request.url ?? '';
    const forms = [target, decodeURIComponent(target), encodeURIComponent(url), JSON.stringify({ url, target })];
    response.writeHead(404).end(`no route ${forms.join(' ')}\u001b[31m\n::error::x`);
  });
  const answer = await notify(url, {});
  expect(answer).toMatchObject({ kind: 'failed', reason: expect.stringContaining('no route') });
  if (answer.kind === 'failed') expectNoSecret(answer.reason);
});

it('an answer without an end is read as far as a line of it needs', async () => {
  const { url } = await webhook((request, response) => {
    response.writeHead(500);
    response.write('too much ');
    const more = () => response.write(`${request.url} `.repeat(1000), () => setImmediate(more));
    more();
  });
  const answer = await notify(url, {});
  expect(answer).toMatchObject({ kind: 'failed', reason: expect.stringContaining('500: too much') });
  if (answer.kind === 'failed') expectNoSecret(answer.reason);
});

it('no answer is a failure when the time is up', async () => {
  const { url, received } = await webhook(() => undefined);
  expect(await notify(url, {}, { timeoutMs: 3_000 })).toEqual({
    kind: 'failed',
    reason: 'the webhook did not answer within 3 s',
  });
  expect(received).toHaveLength(1);
});

it('an answer that begins and does not end is a failure when the time is up', async () => {
  const { url } = await webhook((_request, response) => {
    response.writeHead(500);
    response.write('slow');
  });
  expect(await notify(url, {}, { timeoutMs: 300 })).toMatchObject({ kind: 'failed' });
});

it('cancelling ends the wait', async () => {
  const abort = new AbortController();
  const { url } = await webhook(() => abort.abort());
  expect(await notify(url, {}, { signal: abort.signal })).toEqual({
    kind: 'failed',
    reason: 'the run was cancelled before the webhook answered',
  });
});

it('goes through the proxy that is set', async () => {
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, client) => {
    tunnels.push(request.url ?? '');
    const upstream = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  servers.push(proxy);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { base, url, received } = await webhook((_request, response) => response.end('ok'));
  const env = { http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  // `localhost` and 127.0.0.1 are never proxied; a name that the proxy alone resolves is.
  const named = url.replace('127.0.0.1', 'hooks.example.test');
  const fetch = await proxiedFetch(env, named);
  expect(await notify(named, {}, fetch ? { fetch } : {})).toEqual({ kind: 'sent' });
  expect(tunnels).toEqual([`hooks.example.test:${new URL(base).port}`]);
  expect(received).toHaveLength(1);
});

it('a refused connection says so, and where', async () => {
  const { url } = await webhook(() => undefined);
  const [server] = servers.splice(0);
  await new Promise((resolve) => server?.close(resolve));
  const answer = await notify(url, {});
  expect(answer).toMatchObject({ kind: 'failed', reason: expect.stringContaining('ECONNREFUSED') });
  if (answer.kind === 'failed') expectNoSecret(answer.reason);
});

it('a connection that is cut says so', async () => {
  const { url } = await webhook((request) => request.socket.destroy());
  const answer = await notify(url, {});
  expect(answer).toMatchObject({ kind: 'failed', reason: expect.stringContaining('could not be reached') });
  if (answer.kind === 'failed') expectNoSecret(answer.reason);
});

it.each([`http://user:s3cret@127.0.0.1:9${PATH}`, `not a url ${PATH}`, `ftp://127.0.0.1${PATH}`])(
  'an address that cannot be posted to is a failure without it: %s',
  async (url) => {
    const answer = await notify(url, {});
    expect(answer).toMatchObject({ kind: 'failed' });
    if (answer.kind === 'failed') expectNoSecret(answer.reason);
  },
);
