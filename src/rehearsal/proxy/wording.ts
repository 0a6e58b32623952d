/** A text of SQL as a tool has said it: as much of it as is kept, and the statements in it. Pure. */
import { classify } from '../../sql/classify.ts';
import { splitStatements } from '../../sql/split.ts';
import { SqlProblem } from '../../sql/statement.ts';
import { type Frame, letter, textAt } from './wire.ts';

/** What a reader is shown of it; a character has at most four bytes. */
export const SHOWN = 1_000;
/** What its statements are told from: data may be longer, what has to be told apart seldom is. */
const READ_BYTES = 65_536;

export class Wording {
  /** Cut at 1,000 characters. */
  readonly sql: string;
  /** False: there was more of it than is kept. */
  readonly isWhole: boolean;
  private readonly text: string;
  private split: { readonly statements: readonly string[]; readonly isApart: boolean } | null = null;

  /** The text that begins `from` bytes into a message's body. */
  constructor(frame: Frame, from: number) {
    const { text, next } = textAt(frame, from, READ_BYTES);
    this.text = text;
    this.isWhole = next - 1 - from <= READ_BYTES;
    // Read for itself: whoever keeps it does not keep all of the text.
    this.sql = textAt(frame, from, 4 * SHOWN).text.slice(0, SHOWN);
  }

  /** Those that are known; where they cannot be told apart, all of it is one. */
  get statements(): readonly string[] {
    return this.parts.statements;
  }

  /** There are no others than its `statements`. */
  get isApart(): boolean {
    return this.parts.isApart;
  }

  /** The one statement of it waits for older transactions: cut short it would leave an invalid index, or a half detached partition. */
  get waitsForOthers(): boolean {
    if (!/concurrently/i.test(this.text) || !this.isApart || this.statements.length !== 1) return false;
    return isConcurrent(this.statements[0] ?? '');
  }

  private get parts() {
    this.split ??= partsOf(this.text, this.isWhole);
    return this.split;
  }
}

function partsOf(text: string, isWhole: boolean) {
  try {
    const statements = [...splitStatements([text])].map(({ sql }) => sql);
    if (isWhole) return { statements, isApart: true };
    // The last one goes on in what was not kept, and others may follow.
    return { statements: statements.slice(0, -1), isApart: false };
  } catch (error) {
    if (!(error instanceof SqlProblem)) throw error;
    // COPY with data over the connection is none of a file's, and what is not closed is none of the server's.
    return { statements: [text], isApart: isWhole && !text.includes(';') };
  }
}

/** CREATE, DROP and REINDEX INDEX CONCURRENTLY, DETACH PARTITION CONCURRENTLY. */
export function isConcurrent(sql: string): boolean {
  return /concurrently/i.test(classify(sql).nonTransactional?.what ?? '');
}

/** What the prepared statements and portals of a connection stand for. */
export class Wordings {
  private readonly prepared = new Map<string, Wording>();
  private readonly portals = new Map<string, Wording>();

  /** What a message of the client's is about; null: nothing, or it is not known. */
  of(frame: Frame): Wording | null {
    switch (frame.type) {
      case 'Q':
        return new Wording(frame, 0);
      case 'P':
        return new Wording(frame, textAt(frame, 0).next);
      case 'B':
        return this.prepared.get(textAt(frame, textAt(frame, 0).next).text) ?? null;
      case 'E':
        return this.portals.get(textAt(frame, 0).text) ?? null;
      case 'D':
      case 'C':
        return this.meant(frame).get(textAt(frame, 1).text) ?? null;
      default:
        return null;
    }
  }

  /** The same, and remembers what it names. */
  hear(frame: Frame): Wording | null {
    const wording = this.of(frame);
    if (frame.type === 'P') name(this.prepared, textAt(frame, 0).text, wording);
    else if (frame.type === 'B') name(this.portals, textAt(frame, 0).text, wording);
    else if (frame.type === 'C') this.meant(frame).delete(textAt(frame, 1).text);
    return wording;
  }

  /** Describe and Close say which they mean. */
  private meant(frame: Frame): Map<string, Wording> {
    return letter(frame) === 'S' ? this.prepared : this.portals;
  }
}

function name(known: Map<string, Wording>, as: string, wording: Wording | null): void {
  if (wording) known.set(as, wording);
  else known.delete(as);
}
