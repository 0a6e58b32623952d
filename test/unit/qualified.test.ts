/** Our own questions under somebody else's search_path. */
import { describe, expect, it } from 'vitest';
import { qualified } from '../../src/postgres/qualified.ts';

const O = (operator: string) => `operator(pg_catalog.${operator})`;

describe('operators and types are named with their schema', () => {
  it.each([
    ["select 1 where a = b and c <> 'x = y'", `select 1 where a ${O('=')} b and c ${O('<>')} 'x = y'`],
    [
      'select "a = b", a::text, b::int, c::"char", d::oid[]',
      `select "a = b", a::pg_catalog.text, b::int, c::pg_catalog."char", d::pg_catalog.oid[]`,
    ],
    ['a::pg_catalog.xid8::text', 'a::pg_catalog.xid8::pg_catalog.text'],
    ['select count(*), r.* from r', 'select count(*), r.* from r'],
    ["make_interval(secs => 10), x !~ '^pg_'", `make_interval(secs => 10), x ${O('!~')} '^pg_'`],
    ['((a << 32) | b) = $1', `((a ${O('<<')} 32) ${O('|')} b) ${O('=')} $1`],
    ['a - b - c > 0', `a ${O('-')} b ${O('-')} c ${O('>')} 0`],
    ['a -- = b\n= c', `a -- = b\n${O('=')} c`],
    ["to_json(i)->>'x'", `to_json(i)${O('->>')}'x'`],
    ["k = any ('{r,p}')", `k ${O('=')} any ('{r,p}')`],
    ['case when a = 1 then b * 2 else c + 1 end', `case when a ${O('=')} 1 then b ${O('*')} 2 else c ${O('+')} 1 end`],
  ])('%s', (sql, as) => {
    expect(qualified(sql)).toBe(as);
    expect(qualified(as)).toBe(as);
  });

  it.each([
    'a in (1, 2)',
    "a like 'x%'",
    'a between 1 and 2',
    'nullif(a, b)',
    'a is distinct from b',
    'a is not distinct from b',
    'case a when 1 then 2 end',
    'a join b using (c)',
    'a natural join b',
  ])('cannot be said so: %s', (sql) => expect(() => qualified(sql)).toThrow('takes no schema'));

  it.each(['a - b * c', 'a = b + 1', 'a = b || c', 'a > (b) % 2', "x <> y ->> 'z'"])('would be another: %s', (sql) =>
    expect(() => qualified(sql)).toThrow('needs parentheses'),
  );
});
