import { describe, expect, it } from 'vitest';
import {
  changedGroups,
  compareDefinitions,
  type Definitions,
  diffDefinitions,
  type Fingerprints,
  groupsToDefine,
  groupsToProve,
  othersGroups,
  type SchemaObject,
} from '../../src/plan/schema-diff.ts';

const fingerprints = (groups: Record<string, string>): Fingerprints => ({
  groups: new Map(Object.entries(groups)),
  relations: new Map(),
});

const definitions = (...objects: readonly (readonly [SchemaObject['kind'], string, string])[]): Definitions =>
  new Map(objects.map(([kind, name, definition]) => [`${kind} ${name}`, { kind, name, definition }]));

describe('groups', () => {
  const changes = changedGroups(
    fingerprints({ 'relation:1': '5', 'relation:2': '6', 'relation:3': '7', 'type:1': '5' }),
    fingerprints({ 'relation:1': '5', 'relation:3': '8', 'type:1': '5', 'type:9': '1', 'function:1': '5' }),
  );

  it('are added, removed, changed, each sorted', () => {
    expect(changes).toEqual({
      added: ['function:1', 'type:9'],
      removed: ['relation:2'],
      changed: ['relation:3'],
    });
  });

  it('are defined where they exist: the new inside, the lost outside, the changed on both sides', () => {
    expect(groupsToDefine(changes)).toEqual({
      inside: ['function:1', 'relation:3', 'type:9'],
      outside: ['relation:2', 'relation:3'],
    });
  });

  it('are somebody else’s where they are so after the rollback too', () => {
    const before = fingerprints({ a: '1', b: '1', c: '1', d: '1', e: '1' });
    const inside = fingerprints({ b: '2', c: '2', d: '1', ours: '1', theirs: '1' });
    const rolledBack = fingerprints({ a: '1', b: '1', c: '2', d: '1', theirs: '1' });
    expect([...othersGroups(before, inside, rolledBack, new Set())].sort()).toEqual(['c', 'e', 'theirs']);
  });

  it.each([
    ['that we have altered: ours too, whatever else became of it', 'relation:1', ['relation:1'], []],
    ['that we have not: they have gone on', 'relation:1', ['relation:2'], ['relation:1']],
    ['of no relation: no lock tells, and what may be ours is proved', 'function:1', [], []],
  ])('where it is neither as before nor as inside: one %s', (_, key, altered, theirs) => {
    const [before, inside, rolledBack] = ['1', '2', '3'].map((value) => fingerprints({ [key]: value }));
    if (!before || !inside || !rolledBack) throw new Error('three readings');
    expect([...othersGroups(before, inside, rolledBack, new Set(altered))]).toEqual(theirs);
  });

  it('are proved where either the rehearsal or apply touched them; what a rehearsal added is gone with it', () => {
    const applied = { added: ['function:7'], removed: [], changed: ['type:1', 'relation:3'] };
    expect(groupsToProve(changes, applied)).toEqual(['function:7', 'relation:2', 'relation:3', 'type:1']);
  });
});

describe('definitions', () => {
  it.each<[what: string, before: Definitions, after: Definitions, expected: readonly string[]]>([
    ['nothing', definitions(), definitions(), []],
    ['the same', definitions(['table', 'a.t', 'x']), definitions(['table', 'a.t', 'x']), []],
    ['a change', definitions(['table', 'a.t', 'x']), definitions(['table', 'a.t', 'y']), ['changed table a.t: x -> y']],
    ['an addition', definitions(), definitions(['index', 'a.i', 'x']), ['added index a.i: null -> x']],
    ['a removal', definitions(['view', 'a.v', '']), definitions(), ['removed view a.v:  -> null']],
    [
      'another kind under the same name',
      definitions(['table', 'a.t', 'x']),
      definitions(['view', 'a.t', 'x']),
      ['removed table a.t: x -> null', 'added view a.t: null -> x'],
    ],
    [
      'a table before its parts, its parts before the next table, whatever order they came in',
      definitions(),
      definitions(
        ['index', 'a.t_pkey', 'i'],
        ['grant', 'a.t', 'g'],
        ['column', 'a.t.id', 'c'],
        ['table', 'a.u', 'u'],
        ['table', 'a.t', 't'],
        ['constraint', 'a.t.t_pkey', 'k'],
      ),
      [
        'added table a.t: null -> t',
        'added grant a.t: null -> g',
        'added column a.t.id: null -> c',
        'added constraint a.t.t_pkey: null -> k',
        'added index a.t_pkey: null -> i',
        'added table a.u: null -> u',
      ],
    ],
  ])('%s', (_what, before, after, expected) => {
    const seen = diffDefinitions(before, after).map(
      (c) => `${c.change} ${c.kind} ${c.name}: ${c.before} -> ${c.after}`,
    );
    expect(seen).toEqual(expected);
  });

  it('a prediction that did not come true is `removed`, what nobody predicted is `added`', () => {
    const predicted = definitions(['index', 'a.i', 'valid'], ['table', 'a.t', 'x']);
    const actual = definitions(['table', 'a.t', 'x'], ['table', 'a.old', 'still here']);
    expect(compareDefinitions(predicted, actual)).toEqual([
      { change: 'removed', kind: 'index', name: 'a.i', before: 'valid', after: null },
      { change: 'added', kind: 'table', name: 'a.old', before: null, after: 'still here' },
    ]);
  });
});
