/** Names out of somebody's files, in sentences of ours. */
import { brief } from '../../report/text.ts';

/** Fit to stand between backticks: one line, cut, none of its own. */
export function named(text: string): string {
  return brief(text, 200).replaceAll('`', "'");
}

/** Likewise, as one word of a command for a POSIX shell. */
export function shellWord(text: string): string {
  const name = named(text);
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", '')}'`;
}
