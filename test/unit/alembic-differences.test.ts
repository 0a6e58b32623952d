import { describe, expect, it } from 'vitest';
import { differencesIn } from '../../src/engines/alembic/differences.ts';

const OURS = ['migration_history', 'schema_migrations'];
const said = (items: string) => `INFO [x] y\nFAILED: New upgrade operations detected: [${items}]\n`;
const COLUMN = `('add_column', None, 'people', Column('nick', Text(), table=<people>, comment='a, b] (c'))`;
const TABLE = `('remove_table', Table('migration_history', MetaData(), Column('id', UUID(), table=<migration_history>), schema=None))`;

describe('what alembic check found', () => {
  it.each([
    ['nothing', 'No new upgrade operations detected.\n', []],
    ['one', said(COLUMN), [COLUMN]],
    ['only what is ours', said(TABLE), []],
    ['ours beside others', said(`${TABLE}, ${COLUMN}`), [COLUMN]],
    [
      'changes of one column, in a list',
      said(`[('modify_nullable', None, 'people', 'id', {'existing_type': INTEGER()}, True, False)], ${COLUMN}`),
      [`[('modify_nullable', None, 'people', 'id', {'existing_type': INTEGER()}, True, False)]`, COLUMN],
    ],
    ['a column of ours, in a schema', said(`('remove_column', 'ops', 'migration_history', Column('x', TEXT()))`), []],
    ['a constraint of ours', said(`[('modify_type', None, 'schema_migrations', 'x', {}, A(), B())]`), []],
    [
      'a quote within',
      said(`('add_table_comment', Table("it's", MetaData(), comment='it\\'s, so'), None)`),
      [`('add_table_comment', Table("it's", MetaData(), comment='it\\'s, so'), None)`],
    ],
    ['a list that was cut off', `New upgrade operations detected: [${COLUMN}, ('add_index`, [COLUMN]],
  ])('%s', (_, output, expected) => {
    expect(differencesIn(output, OURS)).toEqual(expected);
  });
});
