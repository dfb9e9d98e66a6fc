import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTree, encodeTree } from './tree-json.ts';
import {
  changedPaths,
  EMPTY_TREE,
  exactCase,
  fillGaps,
  ignoreCase,
  mergeAt,
  modifiedAt,
  nodeAt,
  removeAt,
  toPlain,
} from './tree.ts';
import type { ConfigBranch, ConfigNode } from './tree.ts';

function tree(value: unknown, at = 10): ConfigBranch {
  return mergeAt(EMPTY_TREE, [], value, at, ignoreCase) as ConfigBranch;
}

function merged(node: ConfigNode, value: unknown, at: number, path: string[] = []): unknown {
  return toPlain(mergeAt(node, path, value, at, ignoreCase));
}

describe('mergeAt', () => {
  it('merges objects key by key and replaces everything else', () => {
    const before = tree({ a: { x: 1, y: [1, 2] }, b: 'old' });

    expect(merged(before, { a: { y: [3], z: null }, b: { c: 1 } }, 20)).toEqual({
      a: { x: 1, y: [3], z: null },
      b: { c: 1 },
    });
  });

  it('takes no change where a newer value stands, leaf by leaf', () => {
    const before = mergeAt(tree({ old: 1, new: 1 }, 10), ['new'], 2, 30, ignoreCase);

    expect(merged(before, { old: 9, new: 9 }, 20)).toEqual({ old: 9, new: 2 });
    expect(merged(before, { old: 9, new: 9 }, 30)).toEqual({ old: 9, new: 9 });
  });

  it('keeps a newer leaf from becoming an object, and a newer object from becoming a leaf', () => {
    expect(merged(tree({ a: 1 }, 10), { a: { b: 1 } }, 5)).toEqual({ a: 1 });
    expect(merged(tree({ a: { b: 1 } }, 10), { a: 1 }, 5)).toEqual({ a: { b: 1 } });
    expect(merged(tree({ a: { b: 1 } }, 10), { a: 1 }, 15)).toEqual({ a: 1 });
  });

  it('does not make an equal value newer', () => {
    const node = mergeAt(tree({ a: 1 }, 10), ['a'], 1, 50, ignoreCase);

    expect(modifiedAt(node)).toBe(10);
  });

  it('reads keys in any case and keeps the case in which they were first written', () => {
    const node = mergeAt(tree({ Rate: 1 }, 10), [], { rATE: 2, other: { A: 1 } }, 20, ignoreCase);

    expect(toPlain(node)).toEqual({ Rate: 2, other: { A: 1 } });
    expect(nodeAt(node, ['OTHER', 'a'], ignoreCase)).toMatchObject({ value: 1 });
    const exact = mergeAt(EMPTY_TREE, [], { Rate: 1 }, 10, exactCase);
    expect(toPlain(mergeAt(exact, [], { rate: 2 }, 20, exactCase))).toEqual({ Rate: 1, rate: 2 });
  });

  it('creates what is missing on the way', () => {
    expect(merged(EMPTY_TREE, 5, 10, ['a', 'b'])).toEqual({ a: { b: 5 } });
    expect(merged(tree({ a: {} }), {}, 20, ['c'])).toEqual({ a: {}, c: {} });
  });
});

const json = fc.letrec((tie) => ({
  leaf: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.integer(), { maxLength: 3 })),
  object: fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('object')),
    {
      maxKeys: 4,
    },
  ),
}));
const object = json.object;

describe('the tree', () => {
  it('gives back what was merged into nothing', () => {
    fc.assert(
      fc.property(object, (value) => {
        expect(toPlain(tree(value))).toEqual(value);
      }),
    );
  });

  it('keeps every newer leaf, whatever is merged with an older time', () => {
    fc.assert(
      fc.property(object, object, (newer, older) => {
        const after = mergeAt(tree(newer, 20), [], older, 10, ignoreCase);

        expect(mergeAt(after, [], newer, 20, ignoreCase)).toEqual(after);
      }),
    );
  });

  it('does not care in which order two changes of different times to the same shape arrive', () => {
    const flat = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer());
    fc.assert(
      fc.property(flat, flat, flat, (start, one, two) => {
        const before = tree(start, 1);
        const forward = mergeAt(mergeAt(before, [], one, 10, ignoreCase), [], two, 20, ignoreCase);
        const backward = mergeAt(mergeAt(before, [], two, 20, ignoreCase), [], one, 10, ignoreCase);

        // A value that equals the one below it stays as old as that; such leaves may differ.
        const steady = Object.keys({ ...one, ...two }).filter(
          (key) => two[key] === undefined || start[key] !== two[key],
        );
        for (const key of steady) {
          expect(nodeAt(backward, [key], ignoreCase)).toMatchObject({
            value: (nodeAt(forward, [key], ignoreCase) as { value: unknown }).value,
          });
        }
      }),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(object, object, (start, change) => {
        const once = mergeAt(tree(start), [], change, 20, ignoreCase);

        expect(mergeAt(once, [], change, 20, ignoreCase)).toBe(once);
      }),
    );
  });

  it('comes back from disk as it was', () => {
    fc.assert(
      fc.property(object, (value) => {
        const node = tree(value, 7);

        expect(decodeTree(JSON.parse(JSON.stringify(encodeTree(node))), ignoreCase)).toEqual(node);
      }),
    );
  });

  it('removes what a path names and nothing else', () => {
    fc.assert(
      fc.property(object, fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }), (value, path) => {
        const node = tree(value);
        const after = removeAt(node, path, ignoreCase);

        expect(nodeAt(after, path, ignoreCase)).toBeUndefined();
        const touched = changedPaths(node, after);
        expect(touched.every((one) => path.every((key, index) => one[index] === key))).toBe(true);
      }),
    );
  });
});

describe('fillGaps', () => {
  it('adds what is missing, deep down too, and touches nothing else', () => {
    const before = tree({ a: { x: 1 }, b: 1 }, 10);

    const after = fillGaps(before, { A: { x: 2, y: 2 }, b: { c: 1 }, d: { e: [1] } }, 20, ignoreCase);

    expect(toPlain(after)).toEqual({ a: { x: 1, y: 2 }, b: 1, d: { e: [1] } });
    expect(modifiedAt(nodeAt(after, ['a', 'x'], ignoreCase) as ConfigNode)).toBe(10);
    expect(modifiedAt(nodeAt(after, ['a', 'y'], ignoreCase) as ConfigNode)).toBe(20);
  });

  it('never changes a value that is there', () => {
    fc.assert(
      fc.property(object, object, (there, defaults) => {
        const before = tree(there, 1);
        const after = fillGaps(before, defaults, 99, ignoreCase);

        for (const path of changedPaths(before, after)) {
          const old = nodeAt(before, path, ignoreCase);
          expect(old === undefined || (old.kind === 'branch' && old.children.size === 0)).toBe(true);
        }
      }),
    );
  });
});

describe('changedPaths', () => {
  it('names leaves that were added, changed or removed', () => {
    const before = tree({ same: 1, changed: 1, gone: { x: 1 }, deep: { a: 1, b: 2 } });
    const after = mergeAt(
      removeAt(before, ['gone'], ignoreCase),
      [],
      { changed: 2, deep: { b: 3 }, added: { y: [1] } },
      20,
      ignoreCase,
    );

    expect(changedPaths(before, after)).toEqual([['changed'], ['gone', 'x'], ['deep', 'b'], ['added', 'y']]);
  });

  it('names both where a leaf becomes an object', () => {
    const before = tree({ a: 1 });

    expect(changedPaths(before, mergeAt(before, [], { a: { b: 1 } }, 20, ignoreCase))).toEqual([['a'], ['a', 'b']]);
  });

  it('names an empty object that came or went', () => {
    expect(changedPaths(tree({}), tree({ a: {} }))).toEqual([['a']]);
  });
});
