/** What a server ends by itself as a transaction commits, and what has to be ended here, where none ever does. */
import { qualified } from '../../postgres/qualified.ts';
import type { BatchItem } from '../../postgres/session.ts';
import type { StatementFacts } from '../../sql/statement.ts';
import { tokenize, unquoteName } from '../../sql/tokens.ts';
import type { Line } from './line.ts';

/** Of these our own limits are said again. */
const BOUNDS = /^(?:lock_timeout|statement_timeout|transaction_timeout|idle_in_transaction_session_timeout)$/;

/** One connection's. */
export class AtCommit {
  /** Settings of SET LOCAL, and what they were before. */
  private readonly locals = new Map<string, string | null>();
  /** Temporary tables, by name: those dropped and those emptied. */
  private readonly dropped = new Set<string>();
  private readonly emptied = new Set<string>();
  private readonly cursors = new Set<string>();

  /** A statement is about to be sent; what is asked here is answered before it is executed. */
  note(sql: string, facts: StatementFacts, ask: (item: BatchItem, hear: (value: string | null) => void) => void): void {
    const { command } = facts;
    for (const name of localSettings(sql, command)) {
      if (this.locals.has(name) || name.startsWith('transaction_')) continue;
      this.locals.set(name, null);
      const values = [name];
      ask({ text: `select pg_catalog.current_setting($1, true)`, values, keep: true }, (was) => {
        if (this.locals.has(name)) this.locals.set(name, was);
      });
    }
    if (command.startsWith('SET') || command.startsWith('RESET')) this.noteSet(sql);
    if (command.startsWith('DECLARE')) this.cursors.add(unquoted(sql, 1));
    const temporary = /^\s*create\s+(?:local\s+|global\s+)?temp/i.test(sql) ? createdTable(sql) : null;
    if (temporary !== null) {
      const table = temporary;
      if (/\bon\s+commit\s+drop\b/i.test(sql)) this.dropped.add(table);
      else if (/\bon\s+commit\s+delete\s+rows\b/i.test(sql)) this.emptied.add(table);
    }
  }

  /** SET without LOCAL, and RESET, outlast the transaction. */
  private noteSet(sql: string): void {
    const [first, second, third] = tokenize(sql.slice(0, 200));
    if (second?.word === 'LOCAL') return;
    const name = settingAt(sql, second?.word === 'SESSION' && third?.word !== 'AUTHORIZATION' ? 2 : 1);
    if (first?.word === 'RESET' && second?.word === 'ALL') this.locals.clear();
    else this.locals.delete(name);
  }

  get isNothing(): boolean {
    return this.locals.size + this.dropped.size + this.emptied.size + this.cursors.size === 0;
  }

  /** As after a COMMIT. `settings`: the rehearsal's own. */
  async end(line: Line, settings: () => readonly BatchItem[]): Promise<void> {
    const items: BatchItem[] = [...this.locals].map(([name, was]) => ({
      text: 'select pg_catalog.set_config($1, $2, false)',
      values: [name, was ?? ''],
    }));
    if ([...this.locals.keys()].some((name) => BOUNDS.test(name))) items.push(...settings());
    if (this.cursors.size > 0) items.push(...(await closing(line, [...this.cursors])));
    if (this.dropped.size + this.emptied.size > 0) items.push(...(await this.ofTables(line)));
    this.forget();
    if (items.length > 0) await line.batch(items);
  }

  private async ofTables(line: Line): Promise<BatchItem[]> {
    const names = [...this.dropped, ...this.emptied];
    const [found] = await line.batch([{ text: TABLES, values: [JSON.stringify(names)], keep: true }]);
    const tables = new Map((found?.rows ?? []).map(([name, relation]) => [name ?? '', relation ?? '']));
    return names.flatMap((name) => {
      const relation = tables.get(name);
      if (relation === undefined) return [];
      return [{ text: this.dropped.has(name) ? `drop table ${relation} cascade` : `truncate ${relation}` }];
    });
  }

  /** It was rolled back: the server has undone all of that. */
  forget(): void {
    this.locals.clear();
    this.cursors.clear();
    this.dropped.clear();
  }
}

const TABLES = qualified(`select relname, 'pg_temp.' || pg_catalog.quote_ident(relname) from pg_catalog.pg_class
  where relnamespace = pg_catalog.pg_my_temp_schema() and relkind = any ('{r,p}')
    and relname = any (select pg_catalog.json_array_elements_text($1::json))`);

async function closing(line: Line, names: readonly string[]): Promise<BatchItem[]> {
  const text = qualified(`select pg_catalog.quote_ident(name) from pg_catalog.pg_cursors
    where not is_holdable and name = any (select pg_catalog.json_array_elements_text($1::json))`);
  const [open] = await line.batch([{ text, values: [JSON.stringify(names)], keep: true }]);
  return (open?.rows ?? []).map(([name]) => ({ text: `close ${name}` }));
}

/** The names of settings that a statement sets for its transaction only. */
function localSettings(sql: string, command: string): string[] {
  const names: string[] = [];
  if (command.startsWith('SET') && /^\s*set\s+local\b/i.test(sql)) names.push(settingAt(sql, 2));
  const calls = /\bset_config\s*\(\s*'([\w.]+)'\s*,[^,]+,\s*(?:true|'t|'true|'on|'1)/gi;
  if (/set_config/i.test(sql)) for (const [, name] of sql.matchAll(calls)) if (name) names.push(name.toLowerCase());
  return names;
}

/** The setting whose name stands at a place in SET or RESET; some have words of their own. */
function settingAt(sql: string, at: number): string {
  const tokens = tokenize(sql.slice(0, 400));
  const [first, second] = [tokens[at], tokens[at + 1]];
  if (first?.word === 'TIME' && second?.word === 'ZONE') return 'timezone';
  if (first?.word === 'SESSION' && second?.word === 'AUTHORIZATION') return 'session_authorization';
  if (first?.word === 'NAMES') return 'client_encoding';
  if (first?.word === 'SCHEMA') return 'search_path';
  let name = unquoted(sql, at);
  for (let dot = at + 1; tokens[dot]?.word === '.'; dot += 2) name += `.${unquoted(sql, dot + 1)}`;
  return name.toLowerCase();
}

function unquoted(sql: string, at: number): string {
  const token = tokenize(sql.slice(0, 400))[at];
  return token ? unquoteName(sql.slice(token.start, token.end)) : '';
}

/** CREATE TEMPORARY TABLE, with or without AS: its name without a schema. */
function createdTable(sql: string): string | null {
  const tokens = tokenize(sql.slice(0, 1_000));
  let at = tokens.findIndex(({ word }) => word === 'TABLE') + 1;
  if (at === 0) return null;
  if (tokens[at]?.word === 'IF') at += 3;
  while (tokens[at + 1]?.word === '.') at += 2;
  const token = tokens[at];
  return token ? unquoteName(sql.slice(token.start, token.end)) : null;
}
