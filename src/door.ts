/** What a run begins with, whichever door it came through and whichever step of the action it is. */
import { type Environment, saveState } from './github/commands.ts';
import type { Log } from './log.ts';
import type { Audience } from './publish.ts';
import type { Outcome } from './report/outcome.ts';
import { redactor } from './report/redact.ts';
import { clean } from './report/text.ts';
import { type Kept, keeper, type ReportFolder } from './report-folder.ts';
import { type Context, parseRequest, type RawInputs } from './request/parse.ts';
import type { Known, ParsedRequest } from './request/request.ts';

/** What differs between the doors: how lines look to whoever reads them. Text comes redacted and free of control characters. */
export interface Console {
  line(text: string): void;
  chapter(title: string): void;
  progress(text: string): void;
  warning(text: string): void;
  notice(text: string): void;
  /** The report. */
  finish(outcome: Outcome, text: string, folder: ReportFolder, workingDirectory: string): void;
  /** After the last line; the folder is as it stays. */
  ended(folder: ReportFolder): void;
  /** Called before anything else is said. */
  secrets(values: readonly string[]): void;
}

export interface Door {
  readonly raw: RawInputs;
  readonly context: Context;
  readonly env: Environment;
  /** Where `migration-log/` is made. */
  readonly workspace: string;
  readonly console: Console;
  readonly signal: AbortSignal;
}

/** A runner that cancels kills 10 s after its first signal; we promise 5: the work ends first, then the artifact, then the telling. */
export const WORK_ENDS_MS = 3_000;
const UPLOAD_ENDS_MS = 4_000;
const TELLING_ENDS_MS = 4_500;

export interface Setting {
  readonly door: Door;
  readonly parsed: ParsedRequest;
  readonly known: Known;
  readonly folder: ReportFolder;
  /** For the post step, should there be need of it. */
  readonly keep: (kept: Kept) => void;
  readonly redact: (text: string) => string;
  readonly audience: Audience;
}

export function settingOf(door: Door, folder: ReportFolder): Setting {
  const parsed = parseRequest(door.raw, door.context);
  const known = parsed.kind === 'request' ? parsed.request : parsed.known;
  const secrets = [...known.secrets, ...keyOf(known.publishing.notifyUrl)];
  door.console.secrets(secrets);
  saveState(door.env, 'began', 'true');
  return {
    door,
    parsed,
    known,
    folder,
    keep: keeper(door.env),
    redact: redactor(secrets, { publicNames: publicNames(parsed) }),
    audience: {
      publishing: known.publishing,
      run: known.run,
      env: door.env,
      folder: folder.path,
      files: () => folder.files(),
      cancelled: door.signal,
      uploadEnds: later(door.signal, UPLOAD_ENDS_MS),
      tellingEnds: later(door.signal, TELLING_ENDS_MS),
    },
  };
}

/** A webhook's path and query let anybody post, whatever host they are said with. `/` and `/hook` are no keys. */
function keyOf(notifyUrl: string | null): string[] {
  if (notifyUrl === null || !URL.canParse(notifyUrl)) return [];
  const { pathname, search } = new URL(notifyUrl);
  return [`${pathname}${search}`, pathname].filter((part) => part.length >= 8);
}

/** Aborted `ms` after `signal` is. */
export function later(signal: AbortSignal, ms: number): AbortSignal {
  const end = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => end.abort(), ms).unref(), { once: true });
  return end.signal;
}

/** Names that are said anyway: a password that equals one of them is not made harder to guess by stars. */
function publicNames(parsed: ParsedRequest): string[] {
  if (parsed.kind !== 'request') return [];
  const { host, database, user } = parsed.request.target;
  return [host, database, user, 'migration-log'];
}

export function logOf({ door, folder, redact }: Setting): Log {
  const { console } = door;
  const stamp = () => new Date().toISOString().slice(11, 19);
  const lines = (text: string) => redact(text).split('\n').map(clean);
  return {
    line: (text) => {
      for (const line of lines(text)) {
        folder.logLine(`${stamp()} ${line}`);
        console.line(line);
      }
    },
    detail: (text) => {
      for (const line of lines(text)) {
        folder.logLine(`${stamp()} ${line}`);
        if (door.context.verbose) console.line(line);
      }
    },
    chapter: (title) => {
      folder.logLine(`${stamp()} ${title}`);
      console.chapter(title);
    },
    progress: (text) => console.progress(lines(text).join(' ')),
  };
}
