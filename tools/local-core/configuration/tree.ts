import { isDeepStrictEqual } from 'node:util';
import { isPlainObject } from '../../recipe/recipe.ts';

/**
 * Configuration of one component as an immutable tree. Scalars and lists are leaves with the time of their last change;
 * a change is taken only if no newer value stands. Every operation returns a tree that shares what did not change.
 */
export type ConfigNode = ConfigLeaf | ConfigBranch;

interface ConfigLeaf {
  readonly kind: 'leaf';
  readonly value: unknown;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface ConfigBranch {
  readonly kind: 'branch';
  /** By folded key; the name keeps the case in which it was first written. */
  readonly children: ReadonlyMap<string, { readonly name: string; readonly node: ConfigNode }>;
  /** Time at which it was made; counts while it is empty. */
  readonly at: number;
}

/** How keys compare: the Java nucleus ignores case, nucleus lite does not. */
export type FoldKey = (key: string) => string;
export const ignoreCase: FoldKey = (key) => key.toLowerCase();
export const exactCase: FoldKey = (key) => key;

export const EMPTY_TREE: ConfigBranch = { kind: 'branch', children: new Map(), at: 0 };

/** Merges a value at a path with the timestamp rule. Objects merge key by key, everything else replaces. */
export function mergeAt(
  node: ConfigNode | undefined,
  path: readonly string[],
  value: unknown,
  at: number,
  fold: FoldKey,
): ConfigNode {
  const [key, ...rest] = path;
  if (key === undefined) return mergeValue(node, value, at, fold);
  if (node?.kind === 'leaf' && node.at > at) return node;
  const branch = node?.kind === 'branch' ? node : { ...EMPTY_TREE, at };
  const child = branch.children.get(fold(key));
  const merged = mergeAt(child?.node, rest, value, at, fold);
  return merged === child?.node && branch === node ? branch : withChild(branch, key, merged, fold);
}

/** Adds what is missing and touches nothing that is there. */
export function fillGaps(node: ConfigNode | undefined, value: unknown, at: number, fold: FoldKey): ConfigNode {
  if (node === undefined) return mergeValue(undefined, value, at, fold);
  if (node.kind === 'leaf' || !isPlainObject(value)) return node;
  let branch = node;
  for (const [key, item] of Object.entries(value)) {
    const child = branch.children.get(fold(key));
    const filled = item === undefined ? child?.node : fillGaps(child?.node, item, at, fold);
    if (filled && filled !== child?.node) branch = withChild(branch, key, filled, fold);
  }
  return branch;
}

/** Removes what a path names; the empty path empties the tree. */
export function removeAt(node: ConfigBranch, path: readonly string[], fold: FoldKey): ConfigBranch {
  const [key, ...rest] = path;
  if (key === undefined) return EMPTY_TREE;
  const child = node.children.get(fold(key));
  if (!child) return node;
  const children = new Map(node.children);
  if (rest.length === 0) children.delete(fold(key));
  else if (child.node.kind === 'branch') {
    const removed = removeAt(child.node, rest, fold);
    if (removed === child.node) return node;
    children.set(fold(key), { name: child.name, node: removed });
  } else return node;
  return { ...node, children };
}

export function nodeAt(node: ConfigNode | undefined, path: readonly string[], fold: FoldKey): ConfigNode | undefined {
  let current = node;
  for (const key of path) {
    if (current?.kind !== 'branch') return undefined;
    current = current.children.get(fold(key))?.node;
  }
  return current;
}

export function toPlain(node: ConfigNode): unknown {
  if (node.kind === 'leaf') return structuredClone(node.value);
  return Object.fromEntries([...node.children.values()].map(({ name, node: child }) => [name, toPlain(child)]));
}

/** The same tree with other values; times stay. */
export function mapLeaves(node: ConfigNode, change: (value: unknown) => unknown): ConfigNode {
  if (node.kind === 'leaf') {
    const value = change(node.value);
    return isDeepStrictEqual(value, node.value) ? node : { ...node, value };
  }
  const children = [...node.children].map(
    ([key, { name, node: child }]) => [key, { name, node: mapLeaves(child, change) }] as const,
  );
  return children.every(([key, { node: child }]) => node.children.get(key)?.node === child)
    ? node
    : { ...node, children: new Map(children) };
}

/** Time of the newest change in the subtree. */
export function modifiedAt(node: ConfigNode): number {
  if (node.kind === 'leaf') return node.at;
  let newest = node.children.size === 0 ? node.at : 0;
  for (const { node: child } of node.children.values()) newest = Math.max(newest, modifiedAt(child));
  return newest;
}

/** Paths of leaves that were added, changed or removed between two trees. */
export function changedPaths(
  before: ConfigNode | undefined,
  after: ConfigNode | undefined,
  path: readonly string[] = [],
): (readonly string[])[] {
  if (before === after) return [];
  if (before?.kind === 'leaf' && after?.kind === 'leaf') {
    return isDeepStrictEqual(before.value, after.value) ? [] : [path];
  }
  const own = before?.kind === 'leaf' || after?.kind === 'leaf' ? [path] : [];
  const old = before?.kind === 'branch' ? before.children : new Map<string, never>();
  const now = after?.kind === 'branch' ? after.children : new Map<string, never>();
  if (old.size === 0 && now.size === 0)
    return own.length > 0 || before === undefined || after === undefined ? [path] : [];
  const below = [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => {
    const name = (now.get(key) ?? old.get(key))?.name ?? key;
    return changedPaths(old.get(key)?.node, now.get(key)?.node, [...path, name]);
  });
  return [...own, ...below];
}

function mergeValue(node: ConfigNode | undefined, value: unknown, at: number, fold: FoldKey): ConfigNode {
  if (isPlainObject(value)) {
    if (node?.kind === 'leaf' && node.at > at) return node;
    let branch: ConfigBranch = node?.kind === 'branch' ? node : { ...EMPTY_TREE, at };
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const child = branch.children.get(fold(key));
      const merged = mergeValue(child?.node, item, at, fold);
      if (merged !== child?.node) branch = withChild(branch, key, merged, fold);
    }
    return branch;
  }
  if (node && modifiedAt(node) > at) return node;
  if (node?.kind === 'leaf' && isDeepStrictEqual(node.value, value)) return node;
  return { kind: 'leaf', value: structuredClone(value), at };
}

function withChild(branch: ConfigBranch, key: string, node: ConfigNode, fold: FoldKey): ConfigBranch {
  const children = new Map(branch.children);
  children.set(fold(key), { name: children.get(fold(key))?.name ?? key, node });
  return { ...branch, children };
}
