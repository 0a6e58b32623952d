/** The runner's proxy variables, read as the runner's own toolkit reads them. Node's fetch takes no notice of them. */
import type { Environment } from './commands.ts';

/** A fetch that goes through the proxy that is meant for this address; null: none is, and Node's own will do. */
export async function proxiedFetch(env: Environment, address: string): Promise<typeof fetch | null> {
  const proxy = proxyOf(env, new URL(address));
  if (proxy === null) return null;
  const undici = await import('undici');
  const dispatcher = new undici.ProxyAgent(proxy);
  return ((url: string, init: object) => undici.fetch(url, { ...init, dispatcher })) as unknown as typeof fetch;
}

/** The proxy's URL for this address, or null. Lower case goes before upper case, as with curl. */
export function proxyOf(env: Environment, address: URL): string | null {
  if (isLoopback(address.hostname) || isExcepted(env.no_proxy || env.NO_PROXY || '', address)) return null;
  const value = address.protocol === 'https:' ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
  if (!value) return null;
  return /^https?:\/\//i.test(value) ? value : `http://${value}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.') || host === '[::1]';
}

/** `no_proxy`: names, `name:port`, and the names below them; `*` is all. */
function isExcepted(list: string, address: URL): boolean {
  const host = address.hostname.toLowerCase();
  const port = address.port || (address.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .some(
      (item) =>
        item === '*' ||
        [host, `${host}:${port}`].some((name) => name === item || name.endsWith(`.${item.replace(/^\*?\./, '')}`)),
    );
}
