import { isPlainObject } from '../../recipe/recipe.ts';
import type { ConfigBranch, ConfigNode, FoldKey } from './tree.ts';

/** A tree on disk: leaves `{v, t}`, branches `{c, t}`. */
export function encodeTree(node: ConfigNode): unknown {
  if (node.kind === 'leaf') return { v: node.value, t: node.at };
  const children = [...node.children.values()].map(({ name, node: child }) => [name, encodeTree(child)] as const);
  return { c: Object.fromEntries(children), t: node.at };
}

/** @throws TypeError if the stored form is not a tree */
export function decodeTree(stored: unknown, fold: FoldKey): ConfigNode {
  if (!isPlainObject(stored) || typeof stored.t !== 'number') throw new TypeError('not a configuration tree');
  if ('v' in stored) return { kind: 'leaf', value: stored.v, at: stored.t };
  if (!isPlainObject(stored.c)) throw new TypeError('not a configuration tree');
  const children = Object.entries(stored.c).map(
    ([name, child]) => [fold(name), { name, node: decodeTree(child, fold) }] as const,
  );
  return { kind: 'branch', children: new Map(children), at: stored.t };
}

export function decodeBranch(stored: unknown, fold: FoldKey): ConfigBranch {
  const node = decodeTree(stored, fold);
  if (node.kind !== 'branch') throw new TypeError('not a configuration tree');
  return node;
}
