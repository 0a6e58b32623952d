/** One message to a webhook, sent once. */
import { redactor } from './report/redact.ts';
import { cut, duration, oneLine } from './report/text.ts';

export type Notified = { readonly kind: 'sent' } | { readonly kind: 'failed'; readonly reason: string };

export interface NotifyOptions {
  readonly signal?: AbortSignal;
  /** For the whole exchange; 10 s when not given. */
  readonly timeoutMs?: number;
  /** Through a proxy, where one is set: Node's own fetch knows of none. */
  readonly fetch?: typeof globalThis.fetch;
}

const TIMEOUT_MS = 10_000;
/** What is read of an answer, to show a line of it. */
const ANSWER_BYTES = 4_096;
const ANSWER_SHOWN = 200;

/**
 * POSTs `payload` as JSON to `url`. Never throws, never sends twice and follows no redirect: the message would go to
 * somebody else. The reason of a failure is one line and holds no part of `url`, which is a secret.
 */
export async function notify(url: string, payload: unknown, options: NotifyOptions = {}): Promise<Notified> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    const response = await (options.fetch ?? fetch)(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'postgres-migration-gate' },
      body: JSON.stringify(payload),
      redirect: 'manual',
      signal,
    });
    if (response.ok) {
      // It was taken, whatever becomes of the rest of the answer.
      response.body?.cancel().catch(() => undefined);
      return { kind: 'sent' };
    }
    const said = line(await beginningOf(response), url);
    return { kind: 'failed', reason: `the webhook answered ${statusOf(response)}${said === '' ? '' : `: ${said}`}` };
  } catch (error) {
    if (options.signal?.aborted) return { kind: 'failed', reason: 'the run was cancelled before the webhook answered' };
    if (timeout.aborted) return { kind: 'failed', reason: `the webhook did not answer within ${duration(timeoutMs)}` };
    return { kind: 'failed', reason: `the webhook could not be reached: ${line(causeOf(error), url)}` };
  }
}

function statusOf({ status }: Response): string {
  return status >= 300 && status < 400 ? `${status}, a redirect, which is not followed` : String(status);
}

/** What it says of itself, as far as `ANSWER_BYTES` go; of a longer answer without its last word, which may be half an address. */
async function beginningOf(response: Response): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let read = 0;
  for await (const chunk of response.body) {
    text += decoder.decode(chunk.subarray(0, ANSWER_BYTES - read), { stream: true });
    read += chunk.byteLength;
    if (read > ANSWER_BYTES) return text.replace(/\S*$/, '');
  }
  return text;
}

/** fetch says only `fetch failed`; what failed is its cause, and of several addresses each has its own. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return causeOf(cause.errors[0]);
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

/** A line of untrusted text without the address, or any part of it that would let somebody post. The host may be named. */
function line(text: string, url: string): string {
  return cut(redactor(secretParts(url))(oneLine(text)), ANSWER_SHOWN);
}

function secretParts(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { href, pathname, search, username, password } = new URL(url);
  const pieces = [...pathname.split('/'), ...search.slice(1).split(/[&=]/)].filter((piece) => piece.length >= 8);
  return [url, href, pathname + search, pathname, search, username, password, ...pieces].filter(
    (part) => part.length > 1,
  );
}
