/** A script of psql's, with the files that it includes: where a statement stands, told in lines of the script itself. */
import { dirname, resolve } from 'node:path';
import { findStatement, lineOf } from '../tool/planned.ts';

export interface Script {
  readonly text: string;
  /** The lines of statements that come one after another. */
  linesOf(statements: readonly string[]): number[];
}

interface Piece {
  readonly text: string;
  /** Of the script: where the piece begins, or where it is included. */
  readonly line: number;
  readonly isIncluded: boolean;
}

const MOST_FILES = 500;

/** `\i` goes by the working directory, `\ir` by the file that it stands in. */
export function readScript(path: string, workingDirectory: string, read: (path: string) => string): Script {
  const text = read(path);
  const pieces = [...piecesOf(path, text, workingDirectory, read, { files: 0 })];
  return { text, linesOf: (statements) => placed(statements, pieces) };
}

function* piecesOf(
  path: string,
  text: string,
  workingDirectory: string,
  read: (path: string) => string,
  counted: { files: number },
): Generator<Piece> {
  let [from, begins] = [0, 1];
  for (const match of text.matchAll(/^\\(ir?|include(?:_relative)?)[ \t]+(.+?)[ \t]*$/gm)) {
    const [whole, command = '', written = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    yield { text: text.slice(from, match.index), line: begins, isIncluded: false };
    [from, begins] = [match.index + whole.length, line];
    counted.files += 1;
    if (counted.files > MOST_FILES) return;
    const home = /^(?:ir|include_relative)$/.test(command) ? dirname(path) : workingDirectory;
    const file = resolve(home, written.replace(/^'(.*)'$/, '$1'));
    const inside = read(file);
    for (const piece of piecesOf(file, inside, workingDirectory, read, counted))
      yield { text: piece.text, line, isIncluded: true };
  }
  yield { text: text.slice(from), line: begins, isIncluded: false };
}

/** Each statement is looked for behind the one before it, then anywhere; one with variables in it by its beginning. */
function placed(statements: readonly string[], pieces: readonly Piece[]): number[] {
  let [at, from] = [0, 0];
  return statements.map((sql) => {
    for (let piece = at; piece < pieces.length; piece += 1) {
      const found = findStatement(sql, pieces[piece]?.text ?? '', piece === at ? from : 0);
      if (!found) continue;
      [at, from] = [piece, found.end];
      return lineIn(pieces[piece], found.line);
    }
    for (const piece of [...pieces.slice(at), ...pieces.slice(0, at)]) {
      const line = lineOf(sql, piece.text.split('\n'), 0);
      if (line > 0) return lineIn(piece, line);
    }
    return 1;
  });
}

function lineIn(piece: Piece | undefined, line: number): number {
  if (!piece) return 1;
  return piece.isIncluded ? piece.line : piece.line + line - 1;
}
