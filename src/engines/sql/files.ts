/** Migration files on disk: found, listed, hashed, read in chunks. A whole file is never held: one may be 300 MB. */
import { createHash, type Hash, hash as oneHash } from 'node:crypto';
import { closeSync, fstatSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { MigrationFile } from '../../plan/plan.ts';
import { Stop } from '../../report/stop.ts';
import { cut } from '../../report/text.ts';
import { isWithin, openFile, reading, refuseOutside } from '../shared/source-file.ts';

/** Where migrations are looked for when no one says. */
export const USUAL_FOLDERS = ['migrations', 'db/migrations', 'database/migrations', 'supabase/migrations', 'scripts'];

const CHUNK_BYTES = 1 << 20;
/** `0001_create_users.sql`, `0001-create-users.up.sql`; the way back is `.down.sql`. */
const FILE_NAME = /^(\d+)[_-](.+?)(\.up|\.down)?\.sql$/i;

export interface MigrationFolder {
  /** Absolute. */
  readonly path: string;
  /** Relative to the working directory, with `/`. */
  readonly shown: string;
}

export interface FolderListing {
  readonly folder: MigrationFolder;
  readonly files: readonly MigrationFile[];
  /** Versions (keys) that have a way back, and its file. */
  readonly downFiles: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function holdsMigrations(path: string): boolean {
  return isFolder(path) && readdirSync(path).some((name) => FILE_NAME.test(name));
}

/** Why the working directory cannot be one, or null. `workspace`: what it must not leave by a link, or null. */
export function requireFolder(workingDirectory: string, workspace: string | null): Stop | null {
  const stop = (message: string, next: string) =>
    new Stop({ result: 'failed', class: 'input', message: `working-directory: ${message}`, next, badInput: true });
  if (!isFolder(workingDirectory)) {
    return stop(
      `there is no folder ${workingDirectory}`,
      'Correct working-directory, or check the repository out first.',
    );
  }
  if (workspace === null || isWithin(realpathSync(workspace), realpathSync(workingDirectory))) return null;
  return stop(
    `${workingDirectory} leads out of the workspace by a symbolic link`,
    'Keep the project inside the checkout; a link that leads out of it is not followed.',
  );
}

/** Whether one of the usual folders holds SQL migrations. */
export function holdsSqlMigrations(workingDirectory: string): boolean {
  return USUAL_FOLDERS.some((folder) => holdsMigrations(join(workingDirectory, folder)));
}

/** The folder that was named, or the one usual folder that there is. Throws a Stop: none, two, or outside the working directory. */
export function findFolder(workingDirectory: string, given: string | null): MigrationFolder {
  const stop = (message: string, next: string) => new Stop({ result: 'failed', class: 'input', message, next });
  if (given !== null) {
    const path = resolve(workingDirectory, given);
    if (!isFolder(path))
      throw stop(
        `migrations-path: there is no folder ${given}`,
        'Correct migrations-path, or check the repository out first.',
      );
    return within(workingDirectory, path);
  }
  const found = USUAL_FOLDERS.filter((folder) =>
    // Many projects have a folder of scripts; only one with migration files is meant.
    folder === 'scripts' ? holdsMigrations(join(workingDirectory, folder)) : isFolder(join(workingDirectory, folder)),
  );
  const [first, second] = found;
  if (first === undefined) {
    throw stop(
      `no migrations folder found: looked for ${USUAL_FOLDERS.join(', ')}`,
      'Set migrations-path, or check the repository out first.',
    );
  }
  if (second !== undefined) {
    throw stop(`two migrations folders found: ${found.join(', ')}`, 'Set migrations-path to the one that is meant.');
  }
  return within(workingDirectory, join(workingDirectory, first));
}

function within(workingDirectory: string, path: string): MigrationFolder {
  const root = realpathSync(workingDirectory);
  const real = realpathSync(path);
  if (!isWithin(root, real)) {
    throw new Stop({
      result: 'failed',
      class: 'input',
      message: 'migrations-path leads out of the working directory',
      next: 'Keep the migration files inside the repository; a symbolic link that leads out of it is not followed.',
    });
  }
  return { path, shown: relative(workingDirectory, path).split(sep).join('/') || '.' };
}

/** The number a version stands for, without leading zeros: `007` and `7` are one version. */
export function versionKey(version: string): string {
  return version.replace(/^0+(?=\d)/, '');
}

/**
 * A name that a reviewer can't see as it is (control and direction characters, bytes that are no text), or one that
 * begins with digits that are none to us, would make a migration of it that is not run, or run unseen.
 */
function refuseUnreadableName(name: string, folder: string): void {
  const hidden = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffd]/u.test(name);
  if (!hidden && !/^(?![0-9])\p{Nd}/u.test(name)) return;
  const shown = [...name].map((char) => (/[\x20-\x7e]/.test(char) ? char : codePoint(char))).join('');
  throw new Stop({
    result: 'failed',
    class: 'input',
    message: `${folder} holds a file whose name ${hidden ? 'has characters that cannot be seen' : 'begins with digits other than 0 to 9'}: ${cut(shown, 200)}`,
    next: 'Rename the file: <digits>_<name>.sql, of letters, digits, _ and -.',
  });
}

function codePoint(char: string): string {
  return `\\u{${char.codePointAt(0)?.toString(16)}}`;
}

/** Lists and hashes the folder's migration files. Throws a Stop for a file that cannot be read. */
export function listMigrations(workingDirectory: string, folder: MigrationFolder): FolderListing {
  const files: MigrationFile[] = [];
  const downFiles = new Map<string, string>();
  const warnings: string[] = [];
  const root = realpathSync(workingDirectory);
  for (const entry of readdirSync(folder.path, { withFileTypes: true })) {
    if (!/\.sql$/i.test(entry.name)) continue;
    const shown = folder.shown === '.' ? entry.name : `${folder.shown}/${entry.name}`;
    const path = join(folder.path, entry.name);
    if (entry.isDirectory()) {
      warnings.push(`${shown} is a folder, not a migration file`);
      continue;
    }
    refuseUnreadableName(entry.name, folder.shown);
    const match = FILE_NAME.exec(entry.name);
    if (!match) {
      warnings.push(`${shown} has no version prefix (<digits>_<name>.sql): it is not a migration and is not run`);
      continue;
    }
    if (entry.isSymbolicLink()) refuseOutside(root, path, shown);
    const [, version = '', name = '', side] = match;
    if (side?.toLowerCase() === '.down') {
      downFiles.set(versionKey(version), shown);
      continue;
    }
    const { bytes, checksum } = hashFile(path, shown);
    files.push({ version, key: versionKey(version), name, file: shown, path, bytes, checksum });
  }
  return { folder, files, downFiles, warnings };
}

const CR = 0x0d;
const BOM = [0xef, 0xbb, 0xbf];

/** SHA-256 of the text with BOM dropped and CRLF turned to LF, fed in pieces. */
export class TextHash {
  private readonly hash: Hash = createHash('sha256');
  private heldCr = false;
  private first = true;

  update(bytes: Buffer): void {
    let rest = bytes;
    if (this.first) {
      if (rest[0] === BOM[0] && rest[1] === BOM[1] && rest[2] === BOM[2]) rest = rest.subarray(3);
      this.first = false;
    }
    if (this.heldCr && rest.length > 0) {
      if (rest[0] !== 0x0a) this.hash.update('\r');
      this.heldCr = false;
    }
    let at = rest.indexOf(CR);
    if (at === -1) {
      this.hash.update(rest);
      return;
    }
    let from = 0;
    while (at !== -1) {
      if (at === rest.length - 1) {
        this.hash.update(rest.subarray(from, at));
        this.heldCr = true;
        return;
      }
      if (rest[at + 1] === 0x0a) {
        this.hash.update(rest.subarray(from, at));
        from = at + 1;
      }
      at = rest.indexOf(CR, at + 1);
    }
    this.hash.update(rest.subarray(from));
  }

  digest(): string {
    if (this.heldCr) this.hash.update('\r');
    return this.hash.digest('hex');
  }
}

/** Where small files are read to be hashed: a folder may hold thousands, and nothing is kept of them. */
const scratch = Buffer.allocUnsafe(64 * 1024);

function hashFile(path: string, shown: string): { bytes: number; checksum: string } {
  return reading(shown, () => {
    const descriptor = openFile(path, shown);
    try {
      let read = readSync(descriptor, scratch, 0, scratch.length, null);
      let bytes = read;
      // A file's short read is its end.
      if (read < scratch.length) return { bytes, checksum: hashOnce(scratch.subarray(0, read)) };
      const hash = new TextHash();
      while (read > 0) {
        hash.update(scratch.subarray(0, read));
        read = readSync(descriptor, scratch, 0, scratch.length, null);
        bytes += read;
      }
      return { bytes, checksum: hash.digest() };
    } finally {
      closeSync(descriptor);
    }
  });
}

/** The same as a TextHash of it, in one call where the text needs no change, as nearly all do. */
function hashOnce(text: Buffer): string {
  if (text[0] !== BOM[0] && !text.includes(CR)) return oneHash('sha256', text, 'hex');
  const hash = new TextHash();
  hash.update(text);
  return hash.digest();
}

/** SHA-256 of the raw bytes: what other runners may have recorded. */
export function rawChecksum(file: MigrationFile): string {
  return reading(file.file, () => {
    const hash = createHash('sha256');
    const descriptor = openFile(file.path, file.file);
    try {
      for (const chunk of chunksOf(descriptor)) hash.update(chunk);
    } finally {
      closeSync(descriptor);
    }
    return hash.digest('hex');
  });
}

function* chunksOf(descriptor: number): Generator<Buffer> {
  // Most files are far smaller than a chunk; one byte more than the file finds its end in one read.
  const size = Math.min(CHUNK_BYTES, fstatSync(descriptor).size + 1);
  for (;;) {
    // A buffer of its own each time: what was yielded may still be in use.
    const chunk = Buffer.allocUnsafe(size);
    const read = readSync(descriptor, chunk, 0, size, null);
    if (read === 0) return;
    yield chunk.subarray(0, read);
  }
}

/**
 * The file's text in chunks, decoded strictly as UTF-8. `hash`, where given, sees the very bytes that are decoded.
 * Throws a Stop naming the encoding where it is another.
 */
export function* readText(file: { path: string; file: string }, hash: TextHash | null = null): Generator<string> {
  const descriptor = openFile(file.path, file.file);
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    let line = 1;
    let first = true;
    for (const chunk of chunksOf(descriptor)) {
      if (first) refuseOtherEncodings(chunk, file.file);
      first = false;
      hash?.update(chunk);
      // Before a statement is looked for: a file of nothing else is one of gigabytes.
      if (chunk.includes(0)) throw holdsNul(file.file, line + linesBefore(chunk, chunk.indexOf(0)));
      let text: string;
      try {
        text = decoder.decode(chunk, { stream: true });
      } catch (cause) {
        throw notUtf8(file.file, line + firstBadLine(chunk), cause);
      }
      for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) line += 1;
      yield text;
    }
    try {
      decoder.decode();
    } catch (cause) {
      throw notUtf8(file.file, line, cause);
    }
  } finally {
    closeSync(descriptor);
  }
}

function refuseOtherEncodings(chunk: Buffer, shown: string): void {
  const [a, b] = chunk;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    throw new Stop({
      result: 'failed',
      class: 'syntax',
      message: `${shown} is UTF-16; migration files are UTF-8`,
      next: `Save ${shown} as UTF-8.`,
      file: shown,
      line: 1,
    });
  }
}

/** How many line ends stand before the first byte that is not UTF-8. */
function firstBadLine(chunk: Buffer): number {
  let lines = 0;
  let from = 0;
  for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
    if (chunk.subarray(from, at).toString('utf8').includes('\ufffd')) return lines;
    lines += 1;
    from = at + 1;
  }
  return lines;
}

function linesBefore(chunk: Buffer, end: number): number {
  let lines = 0;
  for (let at = chunk.indexOf(0x0a); at !== -1 && at < end; at = chunk.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}

function holdsNul(shown: string, line: number): Stop {
  return new Stop({
    result: 'failed',
    class: 'syntax',
    message: `${shown} holds a NUL character at line ${line}, which PostgreSQL does not take`,
    next: `Save ${shown} as UTF-8 without it (a file of UTF-16 without a mark is the usual cause).`,
    file: shown,
    line,
    column: 1,
  });
}

function notUtf8(shown: string, line: number, cause: unknown): Stop {
  return new Stop(
    {
      result: 'failed',
      class: 'syntax',
      message: `${shown} is not UTF-8 at line ${line}`,
      next: `Save ${shown} as UTF-8 (a Latin-1 or Windows-1252 file is the usual cause).`,
      file: shown,
      line,
      column: 1,
    },
    { cause },
  );
}

/** One line of a file (1-based), for a caret; null where there is none. */
export function sourceLine(file: { path: string; file: string }, line: number): string | null {
  let at = 1;
  let held = '';
  for (const chunk of readText(file)) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      if (at === line) return (held + chunk.slice(from, end)).replace(/\r$/, '');
      at += 1;
      held = '';
      from = end + 1;
    }
    if (at === line) held += chunk.slice(from);
  }
  return at === line ? held : null;
}
