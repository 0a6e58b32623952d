/**
 * A schema of look-alikes: of each operator, function and type of the server's that can have one, and of its catalogs. Whoever
 * calls one of them is told `shadowed`, and so is the server's log.
 */
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import type { Server } from './postgres.ts';

/** What cannot be imitated (pseudo-types, operators that only C functions have) is left out. */
const SHADOWS = `
set search_path = pg_catalog;
create schema shadow;
grant usage on schema shadow to public;
create function shadow.caught() returns boolean language plpgsql as $$ begin raise exception 'shadowed type'; end $$;
do $$
declare one record; made int; body text;
begin
  for one in select p.oid, p.proname, pg_get_function_identity_arguments(p.oid) as args, pg_get_function_result(p.oid) as result
    from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f'
  loop
    body := format('begin raise exception %L; end', 'shadowed ' || one.proname || '(' || replace(one.args, '%', '') || ')');
    begin
      execute format('create function shadow.%I(%s) returns %s language plpgsql as %L', one.proname, one.args, one.result, body);
    exception when others then null;
    end;
  end loop;
  for one in select o.oid, o.oprname, case when o.oprleft <> 0 then format_type(o.oprleft, null) end as l, format_type(o.oprright, null) as r,
      format_type(o.oprresult, null) as result from pg_operator o where o.oprnamespace = 'pg_catalog'::regnamespace
  loop
    body := format('begin raise exception %L; end', 'shadowed ' || concat_ws(' ', one.l, replace(one.oprname, '%', '%%'), one.r));
    begin
      execute format('create function shadow.%I(%s) returns %s language plpgsql as %L', 'operator ' || one.oid, concat_ws(', ', one.l, one.r), one.result, body);
      execute format('create operator shadow.%s (%s rightarg = %s, function = shadow.%I)', one.oprname,
        case when one.l is null then '' else 'leftarg = ' || one.l || ',' end, one.r, 'operator ' || one.oid);
    exception when others then null;
    end;
  end loop;
  -- These stand there for no two types of the server's, and fit better than what it would take.
  for one in select l, r from unnest(array['varchar', 'text', 'name', 'int4', 'int8', 'oid', 'regclass', 'int2']) l,
      unnest(array['varchar', 'text', 'name', 'int4', 'int8', 'oid', 'regclass', 'int2']) r
    where not exists (select from pg_operator where oprname = '=' and oprleft = l::regtype and oprright = r::regtype)
  loop
    execute format('create function shadow.%I(%s, %s) returns bool language plpgsql as %L', 'equal', one.l, one.r,
      format('begin raise exception %L; end', 'shadowed ' || one.l || ' = ' || one.r));
    execute format('create operator shadow.= (leftarg = %s, rightarg = %s, function = shadow.equal)', one.l, one.r);
    execute format('create operator shadow.<> (leftarg = %s, rightarg = %s, function = shadow.equal)', one.l, one.r);
  end loop;
  for one in select t.oid, t.typname from pg_type t where t.typnamespace = 'pg_catalog'::regnamespace and t.typtype = 'b' and t.typelem = 0
  loop
    begin
      execute format('create domain shadow.%I as %s check (shadow.caught())', one.typname, format_type(one.oid, null));
    exception when others then null;
    end;
  end loop;
  for one in select c.relname from pg_class c where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind in ('r', 'v')
  loop
    execute format('create table shadow.%I (nothing int)', one.relname);
  end loop;
end $$;
reset search_path`;

export async function castShadows(client: pg.Client): Promise<void> {
  await client.query(SHADOWS);
}

/** What was caught since the server was started, with the statement it was caught in. */
export async function shadowed(server: Server): Promise<string[]> {
  const log = await readFile(server.logFile, 'utf8');
  const lines = log.split('\n');
  return lines.flatMap((line, at) => {
    if (!line.includes('shadowed')) return [];
    const end = lines.findIndex((one, index) => index > at && /\b(?:ERROR|LOG|WARNING|FATAL):/.test(one));
    return [
      lines
        .slice(at, end < 0 ? at + 12 : end)
        .join('\n')
        .slice(0, 1_500),
    ];
  });
}
