/**
 * Apply, for somebody else's tool: each of its connections has one of its own on the target, every byte passes as it is,
 * and what was said is written down.
 */
import { readServerError } from '../../postgres/failure.ts';
import { BatchError, type Session } from '../../postgres/session.ts';
import type { Announcement } from './announcer.ts';
import type { Admission, Caller, Host } from './caller.ts';
import { type Committed, worst } from './commits.ts';
import { encodingItem, REPORTED, type Setting, StartupError, settingItems, settingsOf } from './parameters.ts';
import { Passage } from './passage.ts';
import type { Said } from './transcript.ts';
import { answer, errorFields, type Fields, type Frame } from './wire.ts';

export type { Committed } from './commits.ts';
export type { Said } from './transcript.ts';

export interface RelayInput {
  /** The name of the target's database. Callers may ask for it, for `postgres` and for `template1`, and for no other. */
  readonly database: string;
  /** A new session on the database that the caller's parameters name, which the relay ends. */
  readonly open: (caller: Caller) => Promise<Session>;
  /** Of every session; what a caller asks for itself as it connects comes after these. */
  readonly settings: readonly Setting[];
  /** pg_cancel_backend, from elsewhere. Must not throw. */
  readonly cancel: (pid: number) => void;
  /** Called with each statement as it ends. */
  readonly onStatement: (said: Said) => void;
  /**
   * Called before anything is passed on that may commit, with the statements (null: not known) and the backend; it is held
   * until what is returned resolves. Must not reject.
   */
  readonly onCommit?: (what: Announcement, statements: readonly string[] | null, pid: number) => Promise<void> | null;
}

/** Where tools ask whether their database exists, and make it where it does not. */
const MAINTENANCE: readonly string[] = ['postgres', 'template1'];

export class Relay implements Host {
  private readonly input: RelayInput;
  private readonly passages = new Map<Caller, Passage>();
  private readonly admissions = new Set<Promise<unknown>>();
  private readonly endings = new Set<Promise<void>>();
  private readonly everyPid = new Set<number>();
  /** Of the connections that are over. */
  private committedBefore: Committed = 'nothing';
  private closed = false;

  constructor(input: RelayInput) {
    this.input = input;
  }

  /** What the tool has committed until now, on any database, by what was said and answered. After `close` it is final. */
  get committed(): Committed {
    return worst([this.committedBefore, ...[...this.passages.values()].map(({ transcript }) => transcript.committed)]);
  }

  /** Every backend that has ever worked for the tool. One whose caller has left may work on until it notices. */
  get pids(): readonly number[] {
    return [...this.everyPid];
  }

  async admit(caller: Caller): Promise<Admission> {
    const admission = this.admission(caller).catch((error: unknown) => refused(fieldsOf(error)));
    this.admissions.add(admission);
    try {
      return await admission;
    } finally {
      this.admissions.delete(admission);
    }
  }

  private async admission(caller: Caller): Promise<Admission> {
    const asked = caller.parameters.get('database') ?? '';
    const { database, open, cancel } = this.input;
    if (asked !== database && !MAINTENANCE.includes(asked)) return refused(otherDatabase(asked, database));
    const its = settingsOf(caller.parameters);
    if (this.closed) return refused(CLOSED);
    const session = await open(caller);
    try {
      const { pid, parameters, lockTimeout } = await prepare(session, [...this.input.settings, ...its]);
      if (this.closed) throw new StartupError('57P01', 'the proxy has ended');
      this.everyPid.add(pid);
      const isOurs = limitsLocks(this.input.settings) && !limitsLocks(its) && lockTimeout !== '0';
      const passage = new Passage({
        caller,
        session,
        pid,
        database: asked,
        lockTimeout: isOurs ? lockTimeout : null,
        tell: (said) => this.input.onStatement(said),
        cancel,
        announce: (what, statements) => this.input.onCommit?.(what, statements, pid) ?? null,
        onNonsense: (why) => this.lost(caller, why),
      });
      this.passages.set(caller, passage);
      session.onLost((why) => this.lost(caller, `the connection to the server ended: ${why.message}`));
      return { kind: 'admitted', parameters, pid };
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  hear(caller: Caller, frames: readonly Frame[]): void {
    this.passages.get(caller)?.hear(frames);
  }

  cancel(caller: Caller): void {
    this.passages.get(caller)?.cancel();
  }

  /** Its session ends, and what it had not committed is rolled back. */
  left(caller: Caller): void {
    this.end(caller, 'the tool closed its connection before the answer came');
  }

  /** Ends every session, also those that are being opened. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { caller } of [...this.passages.values()]) {
      this.end(caller, 'the proxy has ended before the answer came');
      caller.end(answer.error(CLOSED));
    }
    await Promise.all([...this.admissions, ...this.endings]);
  }

  private lost(caller: Caller, why: string): void {
    if (this.end(caller, why)) caller.end();
  }

  /** False: it was over already. */
  private end(caller: Caller, why: string): boolean {
    const passage = this.passages.get(caller);
    if (!passage) return false;
    this.passages.delete(caller);
    const ending = passage.end(why).finally(() => this.endings.delete(ending));
    this.endings.add(ending);
    this.committedBefore = worst([this.committedBefore, passage.transcript.committed]);
    return true;
  }
}

/** Makes a new session what the caller would have got of the server. In one round trip. */
async function prepare(session: Session, settings: readonly Setting[]) {
  const results = await session.batch([
    ...settingItems(settings),
    REPORTED,
    { text: `select pg_catalog.pg_backend_pid(), pg_catalog.current_setting('lock_timeout')`, keep: true },
    encodingItem(settings),
  ]);
  const [reported, backend, encoding] = results.slice(-3).map(({ rows }) => rows);
  const pairs = [...(reported ?? []), ...(encoding ?? [])].map(([name, value]) => [name ?? '', value ?? ''] as const);
  const [pid, lockTimeout] = backend?.[0] ?? [];
  return { pid: Number(pid), lockTimeout: lockTimeout ?? '0', parameters: new Map(pairs) };
}

const limitsLocks = (settings: readonly Setting[]) => settings.some(([name]) => name.toLowerCase() === 'lock_timeout');

const CLOSED = errorFields('FATAL', '57P01', 'terminating connection: the proxy has ended');

const refused = (fields: Fields): Admission => ({ kind: 'refused', fields });

function otherDatabase(asked: string, database: string): Fields {
  const text = `database "${asked}" is not served here: Postgres Migration Gate serves "${database}" only`;
  return errorFields(
    'FATAL',
    '3D000',
    text,
    'Let the tool connect to the database that its URL names, and to no other.',
  );
}

/** The server's own words where it said some. */
function fieldsOf(error: unknown): Fields {
  if (error instanceof StartupError) return errorFields('FATAL', error.sqlstate, error.message);
  const cause = error instanceof Error && !(error instanceof BatchError) && error.cause ? error.cause : error;
  const { fromServer, code, message, hint } = readServerError(cause);
  return errorFields('FATAL', fromServer && code ? code : '08006', message, hint ?? undefined);
}
