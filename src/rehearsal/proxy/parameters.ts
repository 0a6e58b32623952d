/** The settings that a client asks for as it connects, and those that a server tells every client. */
import { qualified } from '../../postgres/qualified.ts';
import type { BatchItem } from '../../postgres/session.ts';

export type Setting = readonly [name: string, value: string];

/** What the server itself would refuse the connection for. */
export class StartupError extends Error {
  readonly sqlstate: string;
  constructor(sqlstate: string, message: string) {
    super(message);
    this.name = 'StartupError';
    this.sqlstate = sqlstate;
  }
}

const NO_SETTINGS = new Set(['user', 'database', 'replication', 'options']);

/**
 * The settings among a startup packet's parameters, those of `options` first, as the server takes them. The application's
 * name is left out: it is ours that tells whose sessions these are. Throws a StartupError.
 */
export function settingsOf(parameters: ReadonlyMap<string, string>): Setting[] {
  const named = [...parameters].filter(([name]) => !NO_SETTINGS.has(name));
  const settings = [...readOptions(parameters.get('options') ?? ''), ...named];
  return settings.filter(([name]) => name.toLowerCase() !== 'application_name');
}

/** `-c name=value`, `-cname=value` and `--name=value`. Throws a StartupError on anything else. */
export function readOptions(options: string): Setting[] {
  const words = splitWords(options);
  const settings: Setting[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const long = word.startsWith('--');
    if (!long && !word.startsWith('-c')) throw notUnderstood(word);
    const assignment = long || word.length > 2 ? word.slice(2) : words.shift();
    if (assignment === undefined) throw notUnderstood(word);
    const equals = assignment.indexOf('=');
    if (equals < 0) throw new StartupError('42601', `${long ? '--' : '-c '}${assignment} requires a value`);
    settings.push([assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)]);
  }
  return settings;
}

const notUnderstood = (word: string) =>
  new StartupError('42601', `invalid command-line argument for server process: ${word}`);

/** At white space; a backslash takes the next character as it is. */
function splitWords(options: string): string[] {
  const words = options.match(/(?:\\.|[^\s\\])+/gs) ?? [];
  return words.map((word) => word.replace(/\\(.)/gs, '$1'));
}

export const settingItems = (settings: readonly Setting[]): BatchItem[] =>
  settings.map((setting) => ({ text: 'select pg_catalog.set_config($1, $2, false)', values: setting }));

/** A client that names no encoding speaks the database's own; our sessions begin with UTF8. */
export function encodingItem(settings: readonly Setting[]): BatchItem {
  const asked = settings.findLast(([name]) => name.toLowerCase() === 'client_encoding');
  const text = `select 'client_encoding', pg_catalog.set_config('client_encoding', coalesce($1, pg_catalog.current_setting('server_encoding')), false)`;
  return { text, values: [asked?.[1] ?? null], keep: true };
}

/** What servers report of themselves, by their version: rows of name and value. */
export const REPORTED: BatchItem = {
  text: qualified(`select name, pg_catalog.current_setting(name)
    from (values ('server_version', 0), ('server_encoding', 0), ('DateStyle', 0), ('IntervalStyle', 0), ('TimeZone', 0),
                 ('integer_datetimes', 0), ('standard_conforming_strings', 0), ('is_superuser', 0),
                 ('session_authorization', 0), ('application_name', 0), ('default_transaction_read_only', 140000),
                 ('in_hot_standby', 140000), ('scram_iterations', 160000), ('search_path', 180000)) as reported (name, since)
   where since <= pg_catalog.current_setting('server_version_num')::int`),
  keep: true,
};
