/**
 * In apply: tells of what may commit before the server hears it, so that whoever reads the database back later knows what
 * to ask after. The tool's own words are held meanwhile, for as long as a look at the server takes.
 */
import { classify } from '../../sql/classify.ts';
import type { Transcript } from './transcript.ts';
import { weighWords } from './weight.ts';
import { type Frame, textAt } from './wire.ts';

/**
 * `transaction`: the block that is open ends with a COMMIT. `untold`: something that commits by itself, or together with
 * what commits it, so that its transaction has no number yet.
 */
export type Announcement = 'transaction' | 'untold';

export interface Announcing {
  readonly transcript: Transcript;
  /** To the server. */
  readonly pass: (frames: readonly Frame[]) => void;
  /** Null: it need not be held. `statements` null: they are not known. Must not reject. */
  readonly announce: (what: Announcement, statements: readonly string[] | null) => Promise<void> | null;
}

export class Announcer {
  private readonly input: Announcing;
  private held: Frame[] = [];
  private isTelling = false;
  private isOver = false;
  /** As the server said when it was ready last. */
  private block = 'I';
  /** Since then: something that begins or ends a block; something that may have written. */
  private isTurning = false;
  private isDirty = false;
  /** Names of the statements that were prepared since then: looked at already, and not known to the transcript yet. */
  private readonly parsed = new Set<string>();

  constructor(input: Announcing) {
    this.input = input;
  }

  /** Bytes of the tool's that wait here. */
  get heldBytes(): number {
    return this.held.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  hear(frames: readonly Frame[]): void {
    this.held = this.held.length === 0 ? [...frames] : [...this.held, ...frames];
    if (!this.isTelling) this.pump();
  }

  /** The connection has ended: what is held is never sent. */
  end(): void {
    this.isOver = true;
    this.held = [];
  }

  private pump(): void {
    this.lookAtStatus();
    for (let at = 0; at < this.held.length; at += 1) {
      const frame = this.held[at] as Frame;
      const telling = this.tell(frame);
      if (telling === null) continue;
      const before = this.held.slice(0, at);
      this.held = this.held.slice(at);
      this.isTelling = true;
      if (before.length > 0) this.input.pass(before);
      void telling.then(() => this.told());
      return;
    }
    const all = this.held;
    this.held = [];
    if (all.length > 0) this.input.pass(all);
  }

  private told(): void {
    this.isTelling = false;
    if (this.isOver) return;
    const [first, ...rest] = this.held;
    this.held = rest;
    if (first) this.input.pass([first]);
    this.pump();
  }

  private lookAtStatus(): void {
    const { status } = this.input.transcript;
    if (status === null) return;
    this.block = status;
    this.isTurning = false;
    this.isDirty = false;
    this.parsed.clear();
  }

  private tell(frame: Frame): Promise<void> | null {
    if (!ASKS.has(frame.type)) return null;
    if (frame.type === 'P') this.parsed.add(textAt(frame, 0).text);
    if (frame.type === 'B' && this.parsed.has(textAt(frame, textAt(frame, 0).next).text)) return null;
    const wording = frame.type === 'F' ? null : this.input.transcript.wordingOf(frame);
    const statements = wording?.isApart ? wording.statements : null;
    const what = this.announcementOf(statements);
    return what === null ? null : this.input.announce(what, statements);
  }

  private announcementOf(statements: readonly string[] | null): Announcement | null {
    const isInBlock = this.block !== 'I' && !this.isTurning;
    if (statements === null) {
      this.isTurning = true;
      return 'untold';
    }
    const facts = statements.map((sql) => ({ sql, control: classify(sql).control }));
    const turns = facts.filter(({ control }) => control !== null && control !== 'savepoint');
    const mayWrite = facts.some(({ sql }) => weighWords(sql) !== 'reads');
    if (turns.length > 0) this.isTurning = true;
    if (facts.some(({ sql }) => /^\s*(?:commit|rollback)\s+prepared\b/i.test(sql))) return 'untold';
    if (!isInBlock) return mayWrite || turns.some(({ control }) => control === 'prepare') ? 'untold' : null;
    if (turns.length === 0) {
      this.isDirty ||= mayWrite;
      return null;
    }
    const [only] = turns;
    if (statements.length > 1 || only?.control === 'prepare') return 'untold';
    if (!only?.control?.startsWith('commit')) return null;
    return this.isDirty ? 'untold' : 'transaction';
  }
}

/** A string, a statement to prepare, one to carry out, a function. */
const ASKS: ReadonlySet<string> = new Set([...'QPBF']);
