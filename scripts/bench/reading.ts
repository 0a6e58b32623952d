/** Twice the text, twice the time: everything that reads SQL, over texts made to be slow, of 1, 2, 4 and 8 MB. */
import { redactor } from '../../src/report/redact.ts';
import { SqlProblem } from '../../src/sql/statement.ts';
import { READERS, SHAPES } from '../../test/support/fuzz-shapes.ts';
import type { Line } from './measure.ts';

const SIZES = [1, 2, 4, 8];
const MEGABYTE = 1 << 20;
/** Shown of each reader: the shapes at which it is slowest for their size. */
const SHOWN = 3;

const ALL: typeof READERS = {
  ...READERS,
  redact: (text) => void redactor(['correct horse'])(text),
  'redact PASSWORD': (text) => void redactor([])(`PASSWORD ${text} PASSWORD`),
};

/** Processor time of this process, milliseconds: a loaded machine does not lengthen it much. */
function spent(read: () => void): number {
  const from = process.cpuUsage().user;
  try {
    read();
  } catch (error) {
    if (!(error instanceof SqlProblem)) throw error;
  }
  return (process.cpuUsage().user - from) / 1000;
}

export async function reading(): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [reader, read] of Object.entries(ALL)) {
    const found = Object.entries(SHAPES).map(([shape, make]) => {
      const unit = make(1000).length / 1000;
      const times = SIZES.map((size) => {
        const text = make(Math.round((size * MEGABYTE) / unit));
        return Math.min(...[1, 2].map(() => spent(() => read(text))));
      });
      process.stderr.write('.');
      const [first = 0, , half = 0, last = 0] = times;
      return { times, slowest: last, line: lineOf(`${reader}, ${shape}`, times, last / Math.max(half, 1), first) };
    });
    found.sort((a, b) => b.slowest - a.slowest);
    lines.push(...found.slice(0, SHOWN).map(({ line }) => line));
    const steepest = found.reduce((a, b) => ((b.line.ratio ?? 0) > (a.line.ratio ?? 0) ? b : a));
    if (!found.slice(0, SHOWN).includes(steepest)) lines.push(steepest.line);
  }
  process.stderr.write('\n');
  return lines;
}

function lineOf(measure: string, times: readonly number[], ratio: number, first: number): Line {
  const each = times.map((ms) => Math.round(ms)).join(', ');
  return { measure, gate: `${each} ms`, other: `${Math.round(first * 8)} ms if linear`, ratio, bound: '', ok: null };
}
