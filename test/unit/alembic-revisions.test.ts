import { describe, expect, test } from 'vitest';
import { parseHistory, planRevisions, type Revision } from '../../src/engines/alembic/revisions.ts';

/** Printed by Alembic 1.20.1; 1.8.1 and one of each minor version between them print the same, but for the order of labels. */
const RECORDED = `Rev: e5f0 (head)
Parent: 0777
Also depends on: search
Branch names: billing, search
Path: /app/alembic/versions/08.py

    Revision ID: e5f0

Rev: 0777
Parent: f6f6f6f6f6f6
Branch names: billing, search
Path: /app/alembic/versions/07_nodoc.py



Rev: f6f6f6f6f6f6 (mergepoint)
Merges: d4d4d4d4d4d4, e5e5e5e5e5e5
Branch names: billing, search
Path: /app/alembic/versions/f6f6f6f6f6f6_x.py

    billing joins
    
    Revision ID: f6f6f6f6f6f6
    Revises: ('d4d4d4d4d4d4', 'e5e5e5e5e5e5')
    Create Date: 2024-03-06 10:11:12.131415

Rev: d4d4d4d4d4d4 (mergepoint)
Merges: b2b2b2b2b2b2, c3c3c3c3c3c3
Branch names: search
Path: /app/alembic/versions/d4d4d4d4d4d4_x.py

    merge b2 and c3
    
    Revision ID: d4d4d4d4d4d4
    Revises: ('b2b2b2b2b2b2', 'c3c3c3c3c3c3')
    Create Date: 2024-03-04 10:11:12.131415

Rev: b2b2b2b2b2b2
Parent: a1a1a1a1a1a1
Path: /app/alembic/versions/b2b2b2b2b2b2_x.py

    add orders
    
    Rev: ffff (head)
    Parent: <base>
    Path: /nowhere
    
    Revision ID: b2b2b2b2b2b2
    Revises: 'a1a1a1a1a1a1'
    Create Date: 2024-03-02 10:11:12.131415

Rev: c3c3c3c3c3c3
Parent: a1a1a1a1a1a1
Branch names: search
Path: /app/alembic/versions/c3c3c3c3c3c3_x.py

    left, for the
    search
    
    Revision ID: c3c3c3c3c3c3
    Revises: 'a1a1a1a1a1a1'
    Create Date: 2024-03-03 10:11:12.131415

Rev: a1a1a1a1a1a1 (branchpoint)
Parent: <base>
Branches into: b2b2b2b2b2b2, c3c3c3c3c3c3
Path: /app/alembic/versions/a1a1a1a1a1a1_x.py

    create accounts
    
    Revision ID: a1a1a1a1a1a1
    Revises: None
    Create Date: 2024-03-01 10:11:12.131415

Rev: e5e5e5e5e5e5
Parent: <base>
Branch names: billing
Path: /app/alembic/versions/e5e5e5e5e5e5_x.py

    billing starts
    
    Revision ID: e5e5e5e5e5e5
    Revises: None
    Create Date: 2024-03-05 10:11:12.131415
`;

function parsed(text: string): Revision[] {
  const found = parseHistory(text);
  if (!Array.isArray(found)) throw new Error(JSON.stringify(found));
  return found;
}

describe('parseHistory', () => {
  test('what alembic printed', () => {
    const found = parsed(RECORDED);
    const short = found.map((one) => [one.revision, one.parents.join(), one.dependsOn.join(), one.message, one.date]);
    expect(short).toEqual([
      ['e5f0', '0777', 'c3c3c3c3c3c3', '', null],
      ['0777', 'f6f6f6f6f6f6', '', '', null],
      ['f6f6f6f6f6f6', 'd4d4d4d4d4d4,e5e5e5e5e5e5', '', 'billing joins', '2024-03-06 10:11:12.131415'],
      ['d4d4d4d4d4d4', 'b2b2b2b2b2b2,c3c3c3c3c3c3', '', 'merge b2 and c3', '2024-03-04 10:11:12.131415'],
      ['b2b2b2b2b2b2', 'a1a1a1a1a1a1', '', 'add orders', '2024-03-02 10:11:12.131415'],
      ['c3c3c3c3c3c3', 'a1a1a1a1a1a1', '', 'left, for the search', '2024-03-03 10:11:12.131415'],
      ['a1a1a1a1a1a1', '', '', 'create accounts', '2024-03-01 10:11:12.131415'],
      ['e5e5e5e5e5e5', '', '', 'billing starts', '2024-03-05 10:11:12.131415'],
    ]);
    expect(found.filter(({ isHead }) => isHead).map(({ revision }) => revision)).toEqual(['e5f0']);
    expect(found.filter(({ isMerge }) => isMerge).map(({ revision }) => revision)).toEqual([
      'f6f6f6f6f6f6',
      'd4d4d4d4d4d4',
    ]);
    expect(found[2]?.branchLabels).toEqual(['billing', 'search']);
    expect(found[4]?.path).toBe('/app/alembic/versions/b2b2b2b2b2b2_x.py');
  });

  test('other line ends, and what files print when they are loaded', () => {
    expect(parsed(`loading settings\n${RECORDED}`.replaceAll('\n', '\r\n'))).toEqual(parsed(RECORDED));
  });

  test('markers of every kind', () => {
    const text = 'Rev: a (head) (branchpoint) (mergepoint) (current)\nMerges: b, c\nPath: /x.py\n\n    m\n\n';
    const rest = ['b', 'c']
      .map((id) => `Rev: ${id} (effective head)\nParent: <base>\nPath: /${id} (head).py\n\n`)
      .join('');
    expect(parsed(text + rest)).toMatchObject([
      { revision: 'a', parents: ['b', 'c'], isHead: true, isMerge: true },
      { revision: 'b', isHead: true, path: '/b (head).py' },
      { revision: 'c' },
    ]);
  });

  test.each([
    ['nothing at all', '', []],
    ['a new line', '\n', []],
  ])('%s is a project without revisions', (_name, text, expected) => {
    expect(parseHistory(text)).toEqual(expected);
  });

  test.each([
    ['something else', 'usage: alembic', 'it holds no revision'],
    ['cut off within an entry', RECORDED.slice(0, 30), 'cut off'],
    [
      'cut off between entries',
      RECORDED.slice(0, RECORDED.indexOf('Rev: a1a1')),
      '"e5e5e5e5e5e5", which is not listed below',
    ],
    ['an unknown field', RECORDED.replace('Branch names', 'Colour'), 'Colour'],
    ['an unknown dependency', RECORDED.replace('depends on: search', 'depends on: nobody'), '"nobody"'],
  ])('%s is a problem', (_name, text, message) => {
    expect(parseHistory(text)).toMatchObject({ message: expect.stringContaining(message) });
  });
});

describe('planRevisions', () => {
  const revisions = parsed(RECORDED);
  const REST = ['d4d4d4d4d4d4', 'f6f6f6f6f6f6', '0777', 'e5f0'];

  // The orders are those of `upgrade` in Alembic 1.8.1 and 1.20.1.
  test.each<[current: string[], target: string | null, pending: string[]]>([
    [[], null, ['e5e5e5e5e5e5', 'a1a1a1a1a1a1', 'c3c3c3c3c3c3', 'b2b2b2b2b2b2', ...REST]],
    [['a1a1a1a1a1a1'], 'head', ['e5e5e5e5e5e5', 'c3c3c3c3c3c3', 'b2b2b2b2b2b2', ...REST]],
    [['c3c3c3c3c3c3'], 'head', ['e5e5e5e5e5e5', 'b2b2b2b2b2b2', ...REST]],
    [['c3c3c3c3c3c3', 'e5e5e5e5e5e5'], 'e5f0', ['b2b2b2b2b2b2', ...REST]],
    [['b2b2b2b2b2b2'], 'd4d4d4d4d4d4', ['c3c3c3c3c3c3', 'd4d4d4d4d4d4']],
    [[], 'e5e5', ['e5e5e5e5e5e5']],
    [['e5f0'], 'head', []],
    [['d4d4d4d4d4d4'], 'd4d4', []],
  ])('from %j to %s', (current, target, pending) => {
    const plan = planRevisions(revisions, current, target);
    expect(plan.pending.map(({ revision }) => revision)).toEqual(pending);
    expect(plan.problems).toEqual([]);
    expect(plan.applied).toHaveLength(revisions.filter((one) => isUnder(one.revision, current)).length);
  });

  function isUnder(id: string, current: readonly string[]): boolean {
    const all = current.map((one) => revisions.find(({ revision }) => revision === one));
    return all.some(
      (one) => one !== undefined && (one.revision === id || isUnder(id, [...one.parents, ...one.dependsOn])),
    );
  }

  test('a project without revisions', () => {
    expect(planRevisions([], [], null)).toMatchObject({ heads: [], target: null, pending: [], problems: [] });
  });

  test('several heads', () => {
    const heads = [
      revision('aa11', ['base0'], 'add teams'),
      revision('bb22', ['base0'], 'add `roles`'),
      { ...revision('base0', [], 'users'), isHead: false },
    ];
    const plan = planRevisions(heads, ['base0'], null);
    expect(plan.problems).toEqual([
      {
        kind: 'several-heads',
        version: 'aa11, bb22',
        file: '/app/versions/aa11.py',
        message: "the project has 2 heads: aa11 (add teams), bb22 (add 'roles')",
        next: 'Run `alembic merge -m "merge heads" aa11 bb22` and commit the file that it writes, then run again.',
      },
    ]);
    expect(plan.target).toBeNull();
    expect(plan.pending.map((one) => one.revision).sort()).toEqual(['aa11', 'bb22']);
    // With a target there is nothing to choose.
    const chosen = planRevisions(heads, ['base0'], 'bb22');
    expect(chosen).toMatchObject({ problems: [], target: { revision: 'bb22' }, pending: [{ revision: 'bb22' }] });
  });

  test.each<[string, string[], string | null, string, string, string]>([
    [
      'a revision that the project lacks',
      ['dead`beef'],
      null,
      'unknown-revision',
      "at revision dead'beef",
      "-S 'deadbeef'",
    ],
    [
      'no such target',
      [],
      'zzzz',
      'unknown-target',
      'target-version "zzzz": there is no such revision',
      'the last is e5f0',
    ],
    ['a step', [], '+1', 'unknown-target', '"+1"', 'to `head`'],
    ['every head', [], 'heads', 'unknown-target', '"heads"', 'to `head`'],
    [
      'too short',
      [],
      'e5',
      'unknown-target',
      'beginning of several revisions: e5f0, e5e5e5e5e5e5 (billing starts)',
      '',
    ],
    ['behind', ['d4d4d4d4d4d4'], 'b2b2', 'target-behind', 'b2b2b2b2b2b2 (add orders) is applied already', ''],
    [
      'one on the other',
      ['b2b2b2b2b2b2', 'a1a1a1a1a1a1'],
      null,
      'overlapping',
      'holds a1a1a1a1a1a1 beside b2b2b2b2b2b2',
      '',
    ],
  ])('%s', (_name, current, target, kind, message, next) => {
    const { problems, pending } = planRevisions(revisions, current, target);
    const expected = { kind, message: expect.stringContaining(message), next: expect.stringContaining(next) };
    expect(problems).toEqual([expect.objectContaining(expected)]);
    if (kind !== 'overlapping') expect(pending).toEqual([]);
  });

  test('ten thousand in a line, and a fork at each tenth', () => {
    const many: Revision[] = [];
    for (let n = 0; n < 10_000; n++) {
      const parents =
        n === 0
          ? []
          : n % 10 === 0 && n > 1
            ? [`r${n - 1}`, `r${n - 2}`]
            : n % 10 === 9
              ? [`r${n - 2}`]
              : [`r${n - 1}`];
      many.unshift({ ...revision(`r${n}`, parents, ''), isHead: n === 9_999 });
    }
    const { pending } = planRevisions(many, [], 'r9990');
    expect(new Set(pending).size).toBe(9_991);
    const place = new Map(pending.map((one, index) => [one.revision, index]));
    const early = pending.filter((one, index) => one.parents.some((parent) => (place.get(parent) ?? index) >= index));
    expect(early).toEqual([]);
  });
});

function revision(id: string, parents: readonly string[], message: string): Revision {
  const path = `/app/versions/${id}.py`;
  return {
    revision: id,
    parents,
    message,
    path,
    dependsOn: [],
    branchLabels: [],
    date: null,
    isHead: true,
    isMerge: parents.length > 1,
  };
}
