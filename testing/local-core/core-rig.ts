import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger, systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { Wake } from '../../tools/local-core/lifecycle/wake.ts';
import { Nucleus } from '../../tools/local-core/nucleus.ts';
import type { NucleusOptions } from '../../tools/local-core/nucleus.ts';
import { corePaths } from '../../tools/local-core/paths.ts';
import type { CorePaths } from '../../tools/local-core/paths.ts';
import type {
  ComponentNotifier,
  ComponentSummary,
  DeploymentOutcome,
  LocalDeploymentRequest,
} from '../../tools/local-core/ports.ts';
import type { PlainObject } from '../../tools/recipe/recipe.ts';

/** Parts of a recipe; the rest is filled in. */
interface TestRecipe {
  readonly lifecycle?: PlainObject;
  readonly configuration?: PlainObject;
  readonly dependencies?: Readonly<Record<string, PlainObject>>;
  readonly more?: PlainObject;
  readonly manifest?: PlainObject;
}

/** A folder of recipes and artifacts, and nuclei that run them, for tests. */
export interface CoreRig {
  readonly folder: string;
  readonly paths: CorePaths;
  readonly recipes: string;
  readonly artifacts: string;
  /** `name STATE`, over all nuclei of the rig. */
  readonly history: readonly string[];
  /** `name text`. */
  readonly lines: readonly string[];
  open(options?: Partial<NucleusOptions>): Promise<Nucleus>;
  recipe(name: string, version: string, recipe: TestRecipe): Promise<void>;
  deploy(
    nucleus: Nucleus,
    roots: Readonly<Record<string, string>>,
    more?: LocalDeploymentRequest,
  ): Promise<DeploymentOutcome>;
  component(nucleus: Nucleus, name: string): ComponentSummary | undefined;
  line(text: string, times?: number): Promise<void>;
  close(): Promise<void>;
}

const agreeing: ComponentNotifier = {
  beforeUpdate: async () => undefined,
  afterUpdate: () => undefined,
  validate: async () => undefined,
};

/** Waits a fifth of what is asked: deployments look for success once a second. */
const quickClock: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms / 5, callback) };

export async function coreRig(): Promise<CoreRig> {
  const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-core-'));
  const paths = corePaths(path.join(folder, 'root'));
  const recipes = path.join(folder, 'recipes');
  const artifacts = path.join(folder, 'artifacts');
  for (const one of [recipes, artifacts]) await mkdir(one, { recursive: true });
  const history: string[] = [];
  const lines: string[] = [];
  const wake = new Wake();
  const nuclei: Nucleus[] = [];
  return {
    folder,
    paths,
    recipes,
    artifacts,
    history,
    lines,
    async open(options = {}) {
      const nucleus = await Nucleus.open({
        paths,
        clock: quickClock,
        log: silentLogger,
        strictLite: false,
        thingName: 'thing',
        platformOverride: {},
        environment: (token) => ({ PATH: process.env.PATH ?? '', SVCUID: token }),
        notifier: () => agreeing,
        onGuardian: async () => undefined,
        onState: ({ name, state }) => {
          history.push(`${name} ${state}`);
          wake.now();
        },
        onLine: ({ component, text }) => {
          lines.push(`${component} ${text}`);
          wake.now();
        },
        ...options,
      });
      nuclei.push(nucleus);
      return nucleus;
    },
    async recipe(name, version, { lifecycle, configuration, dependencies, more, manifest }) {
      const content = {
        RecipeFormatVersion: '2020-01-25',
        ComponentName: name,
        ComponentVersion: version,
        ...(configuration ? { ComponentConfiguration: { DefaultConfiguration: configuration } } : {}),
        ...(dependencies ? { ComponentDependencies: dependencies } : {}),
        Manifests: [{ Platform: { os: '*', runtime: '*' }, Lifecycle: lifecycle ?? {}, ...manifest }],
        ...more,
      };
      await writeFile(path.join(recipes, `${name}-${version}.json`), JSON.stringify(content));
    },
    async deploy(nucleus, roots, more = {}) {
      const id = nucleus.createLocalDeployment({
        recipeDirectoryPath: recipes,
        artifactsDirectoryPath: artifacts,
        rootComponentVersionsToAdd: roots,
        ...more,
      });
      const record = await nucleus.deploymentEnded(id);
      if (!record) throw new Error('the deployment is gone');
      return record;
    },
    component: (nucleus, name) => nucleus.components().find(({ componentName }) => componentName === name),
    async line(text, times = 1) {
      await wake.until(() => (lines.filter((line) => line === text).length >= times ? true : undefined));
    },
    async close() {
      for (const nucleus of nuclei) await nucleus.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
