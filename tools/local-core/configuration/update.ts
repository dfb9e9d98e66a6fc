import type { Logger } from '#packages/foundation';

import type { PlainObject } from '../../recipe/recipe.ts';
import { parsePointer } from '../../recipe/json-pointer.ts';
import { EMPTY_TREE, fillGaps, mapLeaves, mergeAt, removeAt } from './tree.ts';
import type { ConfigBranch, FoldKey } from './tree.ts';

/** A deployment's change to one component's configuration. */
export interface ConfigurationUpdate {
  /** Defaults of the recipe: fill gaps, never replace. */
  readonly defaults: PlainObject;
  /** JSON pointers; the empty one resets everything. */
  readonly reset: readonly string[];
  readonly merge: unknown;
  /** Time of the deployment, epoch milliseconds. */
  readonly timestampMs: number;
  /** Nucleus lite, on a change of version: defaults replace what stands. */
  readonly defaultsReplace: boolean;
  /** Applied to every leaf at the end: variables in values, if the nucleus is told to resolve them. */
  readonly rewrite?: (value: unknown) => unknown;
}

/** Running configuration, less what RESET names, then the recipe's defaults for missing keys, then MERGE. */
export function applyUpdate(
  running: ConfigBranch | undefined,
  update: ConfigurationUpdate,
  fold: FoldKey,
  log: Logger,
): ConfigBranch {
  let tree = running ?? EMPTY_TREE;
  for (const pointer of update.reset) {
    const path = parsePointer(pointer);
    if (!path) log.error({ pointer, reason: 'not a JSON pointer' }, 'configuration.reset-ignored');
    else if (path.some((key) => /^(0|[1-9]\d*)$/.test(key))) {
      log.error({ pointer, reason: 'elements of a list cannot be reset' }, 'configuration.reset-ignored');
    } else tree = removeAt(tree, path, fold);
  }
  const setDefaults = update.defaultsReplace ? mergeDefaults : fillGaps;
  tree = asBranch(setDefaults(tree, update.defaults, update.timestampMs, fold));
  if (update.merge !== undefined && update.merge !== null) {
    tree = asBranch(mergeAt(tree, [], update.merge, update.timestampMs, fold));
  }
  return update.rewrite ? asBranch(mapLeaves(tree, update.rewrite)) : tree;
}

const mergeDefaults: typeof fillGaps = (node, value, at, fold) => mergeAt(node, [], value, at, fold);

function asBranch(node: ReturnType<typeof mergeAt>): ConfigBranch {
  return node.kind === 'branch' ? node : EMPTY_TREE;
}
