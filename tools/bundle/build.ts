import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { isPartial, readTextIfAny, writeAtomically } from '#packages/foundation';
import { RUNTIME_PLATFORMS } from '../../components/runtime/platforms.ts';
import type { RuntimePlatform } from '../../components/runtime/platforms.ts';
import { ACCELERATOR_COMPONENTS } from './accelerators/accelerator-components.ts';
import type { Artifact } from './artifact.ts';
import { COMPONENTS } from './components.ts';
import type { ComponentBuild } from './components.ts';
import { buildErrors } from './errors.ts';
import { productionRecipe } from './production-recipe.ts';
import { projectPaths } from './project.ts';
import { strippedRecipe, readRecipe } from './recipe-source.ts';
import type { Signer } from '#packages/model-package';
import type { FetchOptions } from './runtime/fetch-package.ts';
import { ArtifactStore, place } from './store/artifact-store.ts';
import { fingerprint } from './store/fingerprint.ts';

export interface BuildOptions extends FetchOptions {
  /** Default: all but the accelerators, which download much. */
  readonly components?: readonly string[];
  /** Runtimes to build. Default: all. */
  readonly platforms?: readonly RuntimePlatform[];
  /** Leaves out of the runtimes for Linux what a small device can do without. Default: false. */
  readonly slim?: boolean;
  /** Default: greengrass-build. */
  readonly output?: string;
  readonly cache?: string;
  /** Signs the native files of the runtimes. Default: they are listed, and nobody signs the list. */
  readonly signer?: Signer;
  /** Also write `recipes/<Name>.yaml`, the file that `gdk component publish` reads, for this component. */
  readonly gdkFor?: string;
  /** Called before an artifact is made and after each artifact, made or not. */
  readonly onProgress?: (step: BuildStep) => void;
}

type Buildable = Omit<ComponentBuild, 'folder'>;

export interface BuildStep {
  readonly component: string;
  readonly version: string;
  readonly artifact: string;
  /** Absent while it is being made. */
  readonly done?: { readonly bytes: number; readonly built: boolean };
}

/** Builds components into the folder layout of gdk and greengrass-cli; returns one step per artifact. */
export async function buildComponents(options: BuildOptions = {}): Promise<readonly BuildStep[]> {
  const output = options.output ?? projectPaths.output;
  const cache = options.cache ?? projectPaths.cache;
  const store = new ArtifactStore(path.join(cache, 'artifacts'));
  await mkdir(cache, { recursive: true });
  const digestOf = fingerprints();
  const steps: BuildStep[] = [];
  for (const component of selected(options.components)) {
    const version = await writeRecipe(component, output, options.gdkFor === component.name);
    const artifacts = component.artifacts(options.platforms ?? RUNTIME_PLATFORMS, options.slim ?? false);
    const folder = path.join(output, 'artifacts', component.name, version);
    // Artifacts that are left of other platforms would be copied to the device, too.
    await removeFrom(folder, (file) => !isPartial(file) && artifacts.every(({ name }) => name !== file));
    for (const artifact of artifacts) {
      options.signal?.throwIfAborted();
      const step = { component: component.name, version, artifact: artifact.name };
      const inputs = await fingerprint([
        { text: await digestOf(artifact.inputs) },
        { text: `${component.name} ${version}` },
        ...(artifact.isSigned && options.signer ? [{ text: options.signer.keyId }] : []),
      ]);
      const made = await store.get(artifact.name, inputs, (file) => {
        options.onProgress?.(step);
        return artifact.make(file, { ...options, cache, component: component.name, version });
      });
      checkSize(artifact, made.bytes);
      await place(made.file, path.join(folder, artifact.name));
      const done = { ...step, done: { bytes: made.bytes, built: made.built } };
      options.onProgress?.(done);
      steps.push(done);
    }
  }
  return steps;
}

/** Artifacts that are made from the same inputs share one list of them, and every source is read once. */
function fingerprints(): (inputs: Artifact['inputs']) => Promise<string> {
  const known = new Map<Artifact['inputs'], Promise<string>>();
  return (inputs) => {
    const found = known.get(inputs) ?? fingerprint(inputs);
    known.set(inputs, found);
    return found;
  };
}

function selected(names: readonly string[] | undefined): readonly Buildable[] {
  if (names === undefined) return COMPONENTS;
  const all = [...COMPONENTS, ...ACCELERATOR_COMPONENTS];
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw buildErrors.error(
      'build.unknown-component',
      `there is no component "${unknown}"; there are ${known.join(', ')}`,
    );
  return all.filter(({ name }) => names.includes(name));
}

/** Writes the delivered recipe and removes what an earlier version of the component left. Returns the version. */
async function writeRecipe(component: Buildable, output: string, forGdk: boolean): Promise<string> {
  const recipe = await readRecipe(component.name);
  const recipes = path.join(output, 'recipes');
  const artifacts = path.join(output, 'artifacts', component.name);
  await Promise.all([mkdir(recipes, { recursive: true }), mkdir(artifacts, { recursive: true })]);
  const names = [`${recipe.name}-${recipe.version}.yaml`, ...(forGdk ? [`${recipe.name}.yaml`] : [])];
  const isOld = (file: string): boolean =>
    !names.includes(file) &&
    (file === `${recipe.name}.yaml` || new RegExp(`^${recipe.name.replaceAll('.', '\\.')}-\\d.*\\.yaml$`).test(file));
  await removeFrom(recipes, isOld);
  await removeFrom(artifacts, (folder) => folder !== recipe.version);
  const text = strippedRecipe(forGdk ? productionText(recipe.name, recipe.text) : recipe.text);
  await Promise.all(names.map((name) => writeIfChanged(path.join(recipes, name), text)));
  return recipe.version;
}

/** A local core or another build may read the recipe, or list the folder, meanwhile. */
async function writeIfChanged(file: string, text: string): Promise<void> {
  if ((await readTextIfAny(file)) !== text) await writeAtomically(file, text, { fsync: 'none' });
}

/** gdk publishes with the same defaults as `edgeml publish`. */
function productionText(component: string, text: string): string {
  const document = parseDocument(text);
  const { ComponentConfiguration } = productionRecipe(component, document.toJS() as Record<string, unknown>);
  if (ComponentConfiguration !== undefined)
    document.set('ComponentConfiguration', document.createNode(ComponentConfiguration));
  return document.toString({ lineWidth: 0 });
}

async function removeFrom(folder: string, isOld: (name: string) => boolean): Promise<void> {
  const old = (await readdir(folder).catch(() => [])).filter(isOld);
  await Promise.all(old.map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}

function checkSize(artifact: Artifact, bytes: number): void {
  if (artifact.maxBytes === undefined || bytes <= artifact.maxBytes) return;
  const message = `${artifact.name} has ${bytes} bytes; it may have ${artifact.maxBytes}`;
  throw buildErrors.error('build.too-large', message, { facts: { artifact: artifact.name, bytes } });
}
