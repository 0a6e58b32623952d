import { describe, expect, it } from 'vitest';
import { formOf, lineWithoutValues, withoutValues } from '../../src/report/values.ts';

describe('a statement without its values', () => {
  it.each([
    ["INSERT INTO users (id, name) VALUES (7, 'Ada')", 'INSERT INTO users (id, name) VALUES (?, ?)'],
    ["UPDATE t2 SET a = 'it''s' WHERE id = 4.5", 'UPDATE t2 SET a = ? WHERE id = ?'],
    ["  -- a note\nDELETE FROM t WHERE mail = 'a@b.c'", '  -- a note\nDELETE FROM t WHERE mail = ?'],
    ["SELECT set_config('x', 'secret', true)", 'SELECT set_config(?, ?, true)'],
    ['INSERT INTO t (a) VALUES ($1)', 'INSERT INTO t (a) VALUES ($1)'],
  ])('%s', (sql, shown) => {
    expect(withoutValues(sql)).toBe(shown);
  });

  it.each(["ALTER TABLE t ADD COLUMN a text DEFAULT 'none'", 'CREATE TABLE t (a varchar(40))'])(
    'keeps the schema: %s',
    (sql) => {
      expect(withoutValues(sql)).toBe(sql);
    },
  );

  it('is of one form with another one about other rows', () => {
    expect(formOf("UPDATE t SET a = 'x' WHERE id = 1")).toBe(formOf("UPDATE t SET a = 'yy' WHERE id = 22"));
    expect(formOf('UPDATE t SET a = 1')).not.toBe(formOf('UPDATE t SET b = 1'));
  });

  it('is cut where it is very long', () => {
    expect(withoutValues(`INSERT INTO t VALUES ${"('Ada'),".repeat(5_000)}`)).not.toContain('Ada');
  });
});

describe('a line of a tool without rows', () => {
  it.each([
    ['DETAIL:  Key (email)=(ada@example.org) already exists.', 'ada@'],
    ["  detail: 'Key (email)=(ada@example.org) already exists.',", 'ada@'],
    ['Failing row contains (1, Ada, null).', 'Ada'],
    ["[parameters: {'name': 'Ada'}]", 'Ada'],
    ['psycopg2.errors.InvalidTextRepresentation: invalid input syntax for type integer: "Ada"', 'Ada'],
  ])('%s', (line, row) => {
    expect(lineWithoutValues(line)).not.toContain(row);
  });

  it('leaves what says what happened', () => {
    const line = 'psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint "users_email_key"';
    expect(lineWithoutValues(line)).toBe(line);
  });
});
