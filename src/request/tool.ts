/** What is said of somebody else's migration tool: its command lines, how it is given a URL, and what goes with which engine. */
import type { InputProblem, Request, UrlVariable } from './request.ts';
import { secretsInUrl } from './url.ts';
import { parseList } from './values.ts';
import { splitWords } from './words.ts';

export interface CommandReading {
  /** Empty: see `problems`, of which there is then at least one. */
  readonly words: readonly string[];
  readonly problems: readonly string[];
}

/** Reads a command line; none that names a database by itself is taken, as every process of the machine sees it. */
export function readCommandLine(text: string): CommandReading {
  const reading = splitWords(text);
  if (reading.kind === 'bad') return { words: [], problems: reading.problems };
  const problems: string[] = [];
  if (reading.words.some((word) => passwordsIn(word).length > 0))
    problems.push(
      'it holds a password, and a command line is seen by every process of the machine; no secret stands here: the tool is given its URL by database-url-env',
    );
  else if (reading.words.some((word) => /postgres(ql)?(\+[a-z0-9_]+)?:\/\//i.test(word)))
    problems.push(
      'it holds the URL of a database, so that the tool would go past the rehearsal; the tool is given its URL by database-url-env',
    );
  return { words: problems.length > 0 ? [] : reading.words, problems };
}

export const PLACEHOLDERS = ['url', 'host', 'port', 'user', 'password', 'database'] as const;
const PLACEHOLDER = new RegExp(`\\{(?:${PLACEHOLDERS.join('|')})\\}`, 'g');
const PLACEHOLDER_FORM = PLACEHOLDERS.map((name) => `{${name}}`).join(' ');

export interface UrlVariablesReading {
  readonly variables: readonly UrlVariable[];
  readonly problems: readonly string[];
}

/**
 * Reads `NAME` and `NAME=template`, separated by commas or new lines.
 * @param show a value as a message may repeat it
 */
export function readUrlVariables(text: string, show: (value: string) => string): UrlVariablesReading {
  const problems: string[] = [];
  const variables: UrlVariable[] = [];
  for (const item of parseList(text)) {
    const equals = item.indexOf('=');
    const name = equals < 0 ? item : item.slice(0, equals);
    const template = equals < 0 ? null : item.slice(equals + 1);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      problems.push(
        `${show(name)} is no name of a variable; allowed: letters, digits and _, no digit first, such as DATABASE_URL or APP_DSN=jdbc:postgresql://{host}:{port}/{database}`,
      );
      continue;
    }
    if (variables.some((other) => other.name === name)) problems.push(`${show(name)} is given twice`);
    const fault = template === null ? null : templateFault(template, show);
    if (fault !== null) problems.push(`the template of ${show(name)} ${fault}`);
    variables.push({ name, template });
  }
  if (variables.length === 0 && problems.length === 0) problems.push('it names no variable');
  return { variables, problems };
}

function templateFault(template: string, show: (value: string) => string): string | null {
  const fixed = template.replace(PLACEHOLDER, '');
  if (passwordsIn(template).length > 0)
    return 'holds a password of its own; write {password}, which is that of the run';
  if (fixed === template && !/[{}]/.test(fixed))
    return `has none of ${PLACEHOLDER_FORM}; what never changes belongs in \`env:\` of the step`;
  const unknown = /\{[^{}]*\}|[{}]/.exec(fixed)?.[0];
  return unknown === undefined ? null : `holds ${show(unknown)}; allowed: ${PLACEHOLDER_FORM}`;
}

/** The passwords that somebody wrote into a command line or a template, in every form, with the piece that each stands in. */
export function passwordsIn(text: string): string[] {
  return text
    .replace(PLACEHOLDER, '')
    .split(/[\s'",]+/)
    .flatMap((piece) => {
      const secrets = secretsInUrl(piece);
      // The first is the piece itself, which is a secret only when it holds one.
      return secrets.some((secret) => secret !== piece) ? secrets : [];
    });
}

/** What decides, by the engine, whether an input is honoured. */
export type AskedOfEngine = Pick<
  Request,
  | 'migrationsPath'
  | 'targetVersion'
  | 'transactionMode'
  | 'allowOutOfOrder'
  | 'rehearseRollback'
  | 'settle'
  | 'alembicConfig'
  | 'alembicCommand'
  | 'command'
  | 'commandProbe'
  | 'urlVariables'
>;

type Engine = Exclude<Request['engine'], 'auto'>;

interface Rule {
  readonly input: string;
  readonly engines: readonly Engine[];
  readonly isSet: (asked: AskedOfEngine) => boolean;
  /** Why the others don't honour it, and what to do instead. */
  readonly why: string;
}

const OWN_WAYS = 'any other tool has its own ways; leave it out';

const RULES: readonly Rule[] = [
  {
    input: 'migrations-path',
    engines: ['sql'],
    isSet: (asked) => asked.migrationsPath !== null,
    why: 'any other tool finds its migrations by its own configuration; leave it out',
  },
  {
    input: 'target-version',
    engines: ['sql', 'alembic'],
    isSet: (asked) => asked.targetVersion !== null,
    why: 'a command decides by itself what it applies; leave it out',
  },
  {
    input: 'transaction-mode',
    engines: ['sql'],
    isSet: (asked) => asked.transactionMode === 'all',
    why: OWN_WAYS,
  },
  {
    input: 'allow-out-of-order',
    engines: ['sql'],
    isSet: (asked) => asked.allowOutOfOrder,
    why: OWN_WAYS,
  },
  {
    input: 'settle',
    engines: ['sql'],
    isSet: (asked) => asked.settle.words.size > 0,
    why: "the tool's own command settles its records",
  },
  {
    input: 'rehearse-rollback',
    engines: ['sql'],
    isSet: (asked) => asked.rehearseRollback === true,
    why: OWN_WAYS,
  },
  {
    input: 'alembic-config',
    engines: ['alembic'],
    isSet: (asked) => asked.alembicConfig !== DEFAULT_ALEMBIC_CONFIG,
    why: 'nothing else reads it; leave it out',
  },
  {
    input: 'alembic-command',
    engines: ['alembic'],
    isSet: (asked) => asked.alembicCommand !== null,
    why: 'nothing else runs it; leave it out',
  },
  {
    input: 'command',
    engines: ['command'],
    isSet: (asked) => asked.command !== null,
    why: 'say which is meant: set `engine: command`, or leave it out',
  },
  {
    input: 'command-probe',
    engines: ['command'],
    isSet: (asked) => asked.commandProbe !== null,
    why: 'say which is meant: set `engine: command`, or leave it out',
  },
  {
    input: 'database-url-env',
    engines: ['alembic', 'command'],
    isSet: ({ urlVariables: [first, ...more] }) =>
      more.length > 0 || first?.name !== DEFAULT_URL_VARIABLE || first.template !== null,
    why: 'no other engine runs a tool that would be given a URL; leave it out',
  },
];

const DEFAULT_ALEMBIC_CONFIG = 'alembic.ini';
const DEFAULT_URL_VARIABLE = 'DATABASE_URL';

/**
 * What was asked for that a run by this engine would not do. `auto` may still become `sql` or `alembic`: ask again with
 * the one that it became.
 */
export function engineProblems(engine: Request['engine'], asked: AskedOfEngine): InputProblem[] {
  const possible: readonly Engine[] = engine === 'auto' ? ['sql', 'alembic'] : [engine];
  const problems = RULES.filter(
    (rule) => rule.isSet(asked) && !rule.engines.some((honours) => possible.includes(honours)),
  ).map(({ input, engines, why }) => ({
    input,
    message: `it goes with engine ${engines.join(' or ')} only, and this is engine ${engine}; ${why}`,
  }));
  if (engine === 'command' && asked.command === null)
    problems.push({
      input: 'command',
      message: "`engine: command` needs it: the tool's apply command, such as `npx node-pg-migrate up`",
    });
  return problems;
}
