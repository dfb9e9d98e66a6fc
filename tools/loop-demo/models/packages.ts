import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectPaths } from '../../bundle/project.ts';
import { CHAMPION, MODEL } from '../settings.ts';
import { edgeml } from './edgeml.ts';

/** A model that has been trained: `model.onnx` and `labels.txt`. */
export interface Trained {
  readonly model: string;
  readonly labels: string;
}

export interface PackageRequest {
  readonly version: string;
  readonly trained: Trained;
  /** Pictures that a device must answer as this model does; its answers are taken as they are. */
  readonly golden: readonly string[];
  /** Pictures of what it will see. */
  readonly baseline: readonly string[];
  /** Builds the component of a challenger besides. */
  readonly asChallenger: boolean;
}

/** Makes packages of the demo's versions with `edgeml package`, each in a build folder of its own. */
export class Packages {
  readonly #folder: string;
  readonly #signal: AbortSignal;

  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#signal = signal;
  }

  /** Recipes and artifacts of a version. */
  buildOf(version: string): string {
    return path.join(this.#folder, version);
  }

  folderOf(version: string): string {
    return path.join(this.buildOf(version), 'packages', `${MODEL}-${version}`);
  }

  /** The sample detector with a baseline. Only its fp32 variant: what is learned later has no other. */
  async champion(baseline: readonly string[]): Promise<void> {
    const packaged = path.join(projectPaths.models, MODEL);
    const source = await this.#source(CHAMPION, {
      model: path.join(packaged, 'model.onnx'),
      labels: path.join(packaged, 'labels.txt'),
    });
    await cp(path.join(packaged, 'golden'), path.join(source, 'golden'), { recursive: true });
    await this.#change(source, ({ golden }) => ({ golden }));
    await this.#package(CHAMPION, source, [...(await this.#baseline(CHAMPION, baseline))]);
  }

  async make({ version, trained, golden, baseline, asChallenger }: PackageRequest): Promise<void> {
    const source = await this.#source(version, trained);
    await this.#change(source, () => ({
      golden: [],
      provenance: { data: 'samples of the demo', training: 'loop.fine_tune' },
    }));
    const words = ['--golden', ...golden, '--golden-seen', ...(await this.#baseline(version, baseline))];
    await this.#package(version, source, words);
    if (asChallenger) await this.#package(version, source, [...words, '--challenger']);
  }

  async #source(version: string, { model, labels }: Trained): Promise<string> {
    const source = path.join(this.#folder, `${version}-source`);
    await rm(source, { recursive: true, force: true });
    await mkdir(source, { recursive: true });
    await cp(model, path.join(source, 'model.onnx'));
    await cp(labels, path.join(source, 'labels.txt'));
    return source;
  }

  /** model.json of the sample detector, with one variant and some changes. */
  async #change(source: string, change: (manifest: Record<string, unknown>) => object): Promise<void> {
    const text = await readFile(path.join(projectPaths.models, MODEL, 'model.json'), 'utf8');
    const manifest = JSON.parse(text) as Record<string, unknown>;
    const variants = [{ file: 'model.onnx', precision: 'fp32' }];
    await writeFile(path.join(source, 'model.json'), JSON.stringify({ ...manifest, variants, ...change(manifest) }));
  }

  async #baseline(version: string, pictures: readonly string[]): Promise<readonly string[]> {
    const list = path.join(this.#folder, `${version}-baseline.txt`);
    await writeFile(list, `${pictures.join('\n')}\n`);
    return ['--baseline', list];
  }

  async #package(version: string, source: string, words: readonly string[]): Promise<void> {
    const named = ['--source', source, '--name', MODEL, '--version', version, '--output', this.buildOf(version)];
    await edgeml(['package', ...named, ...words], this.#signal);
  }
}
