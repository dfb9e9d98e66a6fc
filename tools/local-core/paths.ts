import path from 'node:path';

/** Where everything lies below the core's root, as on a device. */
export interface CorePaths {
  readonly root: string;
  readonly recipes: string;
  readonly artifacts: string;
  readonly unarchived: string;
  readonly logs: string;
  /** Configuration, deployed set, history of deployments. */
  readonly config: string;
  readonly cliInfo: string;
  /** Working directory of a component. */
  work(component: string): string;
}

export function corePaths(root: string): CorePaths {
  const absolute = path.resolve(root);
  const packages = path.join(absolute, 'packages');
  return {
    root: absolute,
    recipes: path.join(packages, 'recipes'),
    artifacts: path.join(packages, 'artifacts'),
    unarchived: path.join(packages, 'artifacts-unarchived'),
    logs: path.join(absolute, 'logs'),
    config: path.join(absolute, 'config'),
    cliInfo: path.join(absolute, 'cli_ipc_info'),
    work: (component) => path.join(absolute, 'work', component),
  };
}
