/** Files of the project's that we read: ordinary ones, inside of the working directory, or an error that names the file. */
import { closeSync, constants, fstatSync, openSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { Stop } from '../../report/stop.ts';

/** Runs `read` and turns the file system's error into one that names the file. `shown`: its path as reports have it. */
export function reading<T>(shown: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Stop) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw new Stop(
      {
        result: 'failed',
        class: 'input',
        message: `${shown} cannot be read (${code})`,
        next: 'Make the file readable for the runner (its permissions, or a dangling link), then run again.',
        file: shown,
      },
      { cause },
    );
  }
}

/** A descriptor for reading. A pipe would be waited for without end, and a device has none: only ordinary files are opened. */
export function openFile(path: string, shown: string): number {
  return reading(shown, () => {
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(descriptor);
    // A folder has an error of its own once it is read.
    if (stat.isFile() || stat.isDirectory()) return descriptor;
    closeSync(descriptor);
    throw new Stop({
      result: 'failed',
      class: 'input',
      message: `${shown} is not an ordinary file (a pipe, a socket or a device)`,
      next: 'Replace it by a file, then run again.',
      file: shown,
    });
  });
}

/** Both as `realpath` gives them. */
export function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** A link may not lead out: what the runner can read elsewhere is none of a migration's. */
export function refuseOutside(root: string, path: string, shown: string): void {
  const real = reading(shown, () => realpathSync(path));
  if (isWithin(root, real)) return;
  throw new Stop({
    result: 'failed',
    class: 'input',
    message: `${shown} is a symbolic link that leads out of the working directory`,
    next: 'Replace the link by the file itself.',
    file: shown,
  });
}
