/**
 * Apply, for somebody else's tool: each of its connections has one of its own on the target, every byte passes as it is,
 * and what was said is written down.
 */
import { performance } from 'node:perf_hooks';
import { readServerError } from '../../postgres/failure.ts';
import { BatchError, type Loan, type Session } from '../../postgres/session.ts';
import type { Admission, Caller, Host } from './caller.ts';
import { encodingItem, REPORTED, type Setting, StartupError, settingItems, settingsOf } from './parameters.ts';
import { READ_OF_SERVER, type Said, Transcript, type UnderWay } from './transcript.ts';
import { answer, errorFields, type Fields, type Frame, FrameReader } from './wire.ts';

export type { Said } from './transcript.ts';

export interface RelayInput {
  /** The name of the target's database; callers of any other are refused. */
  readonly database: string;
  /** A new session on the target, which the relay ends. */
  readonly open: (caller: Caller) => Promise<Session>;
  /** Of every session; what a caller asks for itself as it connects comes after these. */
  readonly settings: readonly Setting[];
  /** pg_cancel_backend, from elsewhere. Must not throw. */
  readonly cancel: (pid: number) => void;
  /** Called with each backend that begins to work for the tool. */
  readonly onBackend: (pid: number) => void;
  /** Called with each statement as it ends. */
  readonly onStatement?: (said: Said) => void;
}

/** One caller and its session. */
interface Line {
  readonly caller: Caller;
  readonly session: Session;
  readonly loan: Loan;
  readonly pid: number;
  readonly transcript: Transcript;
}

export class Relay implements Host {
  private readonly input: RelayInput;
  private readonly lines = new Map<Caller, Line>();
  private readonly admissions = new Set<Promise<unknown>>();
  private readonly endings = new Set<Promise<void>>();
  private readonly said: Said[] = [];
  private closed = false;

  constructor(input: RelayInput) {
    this.input = input;
  }

  /** In the order in which they ended. */
  get statements(): readonly Said[] {
    return this.said;
  }

  /** Of the callers that are connected now. One whose caller has left may work on until it notices. */
  backends(): readonly number[] {
    return [...this.lines.values()].map(({ pid }) => pid);
  }

  /** What the server is at now, for whom. */
  busy(): readonly (UnderWay & { readonly caller: number; readonly pid: number })[] {
    return [...this.lines.values()].flatMap(({ caller, pid, transcript }) =>
      transcript.underWay ? [{ ...transcript.underWay, caller: caller.id, pid }] : [],
    );
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
    const { database, open } = this.input;
    if (caller.parameters.get('database') !== database) return refused(otherDatabase(caller, database));
    const settings = [...this.input.settings, ...settingsOf(caller.parameters)];
    if (this.closed) return refused(CLOSED);
    const session = await open(caller);
    try {
      const { pid, parameters } = await prepare(session, settings);
      if (this.closed) throw new StartupError('57P01', 'the proxy has ended');
      this.lines.set(caller, this.connect(caller, session, pid));
      session.onLost((why) => this.lost(caller, `the connection to the server ended: ${why.message}`));
      this.input.onBackend(pid);
      return { kind: 'admitted', parameters, pid };
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  private connect(caller: Caller, session: Session, pid: number): Line {
    const transcript = new Transcript(caller.id, (said) => {
      this.said.push(said);
      this.input.onStatement?.(said);
    });
    const reader = new FrameReader((type) => READ_OF_SERVER.has(type));
    const loan = session.lend((chunk) => {
      const now = performance.now();
      try {
        for (const frame of reader.push(chunk)) transcript.answered(frame, now);
      } catch (error) {
        this.lost(caller, `the server does not speak its protocol: ${(error as Error).message}`);
        session.drop();
        return;
      }
      if (!caller.send(chunk)) loan.pause();
    });
    caller.onDrain(() => loan.resume());
    loan.onDrain(() => caller.resume());
    return { caller, session, loan, pid, transcript };
  }

  hear(caller: Caller, frames: readonly Frame[]): void {
    const line = this.lines.get(caller);
    if (!line) return;
    const now = performance.now();
    for (const frame of frames) line.transcript.heard(frame, now);
    const [only] = frames;
    const bytes = frames.length === 1 && only ? only.bytes : Buffer.concat(frames.map((frame) => frame.bytes));
    if (!line.loan.write(bytes)) caller.pause();
  }

  cancel(caller: Caller): void {
    const line = this.lines.get(caller);
    if (line) this.input.cancel(line.pid);
  }

  /** Its session ends, and what it had not committed is rolled back. */
  left(caller: Caller): void {
    this.end(caller, 'the tool closed its connection before the answer came');
  }

  /** Ends every session, also those that are being opened. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { caller } of [...this.lines.values()]) {
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
    const line = this.lines.get(caller);
    if (!line) return false;
    this.lines.delete(caller);
    line.transcript.over(why, performance.now());
    // Without being read the server's end of the connection would not be seen.
    line.loan.resume();
    const ending = line.session.end().finally(() => this.endings.delete(ending));
    this.endings.add(ending);
    return true;
  }
}

/** Makes a new session what the caller would have got of the server. In one round trip. */
async function prepare(session: Session, settings: readonly Setting[]) {
  const results = await session.batch([
    ...settingItems(settings),
    REPORTED,
    { text: 'select pg_catalog.pg_backend_pid()', keep: true },
    encodingItem(settings),
  ]);
  const [reported, backend, encoding] = results.slice(-3).map(({ rows }) => rows);
  const pairs = [...(reported ?? []), ...(encoding ?? [])].map(([name, value]) => [name ?? '', value ?? ''] as const);
  return { pid: Number(backend?.[0]?.[0]), parameters: new Map(pairs) };
}

const CLOSED = errorFields('FATAL', '57P01', 'terminating connection: the proxy has ended');

const refused = (fields: Fields): Admission => ({ kind: 'refused', fields });

function otherDatabase(caller: Caller, database: string): Fields {
  const asked = caller.parameters.get('database') ?? '';
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
