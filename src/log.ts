/** Where a run tells what it does. The doors decide what a line looks like; what is said here is untrusted text to them. */
export interface Log {
  /** A line for everybody. */
  line(text: string): void;
  /** A line for `--verbose` and the log file. */
  detail(text: string): void;
  /** A chapter: lines until the next one belong to it. */
  chapter(title: string): void;
  /** Something passing, for a terminal: replaced by the next one. */
  progress(text: string): void;
}
