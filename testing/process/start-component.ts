import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT } from '../../tools/bundle/project.ts';
import { bundleFile } from './bundle-file.ts';
import { Child } from './child.ts';
import type { ChildOptions } from './child.ts';

/** Bundles of each component: the program that runs, then what it looks for beside itself. */
const BUNDLES = {
  'inference-agent': ['agent', 'instance-worker', 'instance/serve-model'],
  'feedback-uploader': ['uploader', 'redactor'],
  'inference-app': ['app'],
} as const;

export interface ComponentOptions extends Omit<ChildOptions, 'cwd'> {
  /** Its working directory; made if it is missing. */
  readonly workFolder: string;
  /** Given in a file with `--configuration`. */
  readonly configuration?: object;
  /** More words of the command line. */
  readonly words?: readonly string[];
  /** Where its bundles are or are made. Default: a folder of the tests' run. */
  readonly bundleFolder?: string;
}

/** Starts a component's bundled program in its own process, as a nucleus would. */
export async function startComponent(component: keyof typeof BUNDLES, options: ComponentOptions): Promise<Child> {
  const { workFolder, configuration, words = [], bundleFolder = component, ...rest } = options;
  const [program = ''] = await Promise.all(
    BUNDLES[component].map((name) => componentBundle(component, name, bundleFolder)),
  );
  await mkdir(workFolder, { recursive: true });
  const file = path.join(workFolder, 'configuration.json');
  if (configuration) await writeFile(file, JSON.stringify(configuration));
  return startBundle(program, [...(configuration ? ['--configuration', file] : []), ...words], {
    ...rest,
    cwd: workFolder,
    environment: { EDGEML_PROVIDERS: 'cpu', ...rest.environment },
  });
}

/** Path of one of a component's bundles, e.g. `model` of `inference-agent`. */
export function componentBundle(component: string, name: string, folder = component): Promise<string> {
  return bundleFile(folder, `${path.basename(name)}.js`, `components/${component}/${name}.ts`);
}

/** Path of the program that runs a model; what it loads lies beside it. */
export async function instanceWorkerBundle(): Promise<string> {
  const bundles = BUNDLES['inference-agent'].slice(1).map((name) => componentBundle('inference-agent', name));
  const [program = ''] = await Promise.all(bundles);
  return program;
}

/** Runs a bundle with the packages that edgeml.Runtime has on a device. */
export function startBundle(file: string, words: readonly string[], options: ChildOptions = {}): Child {
  const environment = { NODE_PATH: path.join(PROJECT, 'node_modules'), ...options.environment };
  return new Child(process.execPath, [file, ...words], { ...options, environment });
}

/** Runs a TypeScript file of the project as it is. */
export function startScript(file: string, words: readonly string[], options: ChildOptions = {}): Child {
  return new Child(process.execPath, ['--import', import.meta.resolve('tsx'), file, ...words], options);
}
