import path from 'node:path';
import { parseLabels, shortened } from '#packages/model-package';
import type { ModelManifest, Prediction } from '#packages/model-package';
import { isEdgeError } from '#packages/foundation';
import { holdsTensors, npyOfTensor, readTensorFeeds } from '#packages/vision';
import type { Inference, LoadedModel, NamedTensors } from '#packages/vision';
import { writeZip } from '../../bundle/zip/write-zip.ts';
import { packagingErrors } from '../errors.ts';
import { readGiven, writeInto } from '../files.ts';
import { withModel } from './run-model.ts';
import { whyShifted } from './shifted-labels.ts';

/** An image and what was found on it, before that is recorded. */
export interface GoldenCase {
  /** Of the image that was given. */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly image: { readonly width: number; readonly height: number };
  readonly predictions: readonly Prediction[];
}

export interface GoldenOptions {
  /** Shows a case to the person who packages; resolves with its place, e.g. the path of a picture. */
  readonly show?: ((shown: GoldenCase) => Promise<string>) | undefined;
  /** A person has looked at the cases: labels that look shifted are taken. */
  readonly isSeen: boolean;
  /** Leave out images in which the model finds nothing, as long as it finds something in one. Default: they are refused. */
  readonly mayFindNothing?: boolean;
  readonly signal: AbortSignal;
}

/** One golden case as model.json holds it. */
interface GoldenEntry {
  readonly input: string;
  readonly expect: string;
}

export interface MadeGolden {
  readonly entries: readonly GoldenEntry[];
  /** Doubts about the answers. */
  readonly doubts: readonly string[];
  /** Notes on images that were left out. */
  readonly leftOut: readonly string[];
}

/**
 * Copies inputs into `golden/` and writes beside each what the first variant gives for it: predictions, whose scores keep 4 decimals
 * and boxes 5, well inside the tolerances of the comparison, or tensors as they are.
 * @throws EdgeError `packaging.golden-input`, `packaging.nothing-found`, `packaging.labels-shifted`, and those of loading the model
 */
export async function makeGolden(
  dir: string,
  manifest: ModelManifest,
  inputs: readonly string[],
  { show, isSeen, mayFindNothing = false, signal }: GoldenOptions,
): Promise<MadeGolden> {
  const givesTensors = manifest.output.decoder === 'tensor';
  const entries = inputs.map((input) => entryOf(input, givesTensors));
  requireDistinct(entries);
  const found: Prediction[] = [];
  const shown: string[] = [];
  const cases: GoldenEntry[] = [];
  const leftOut: string[] = [];
  const made = await withModel(dir, manifest, manifest.variants[0], async (model, doubts) => {
    for (const [index, file] of inputs.entries()) {
      const bytes = new Uint8Array(await readGiven(file));
      const entry = entries[index]!;
      const { input, expect } = entry;
      const answer = await answerOf(model, manifest, file, bytes, signal).catch((cause: unknown) => {
        if (!isEdgeError(cause) || !/^(image|tensor)\.|^model\.input-invalid$/.test(cause.code)) throw cause;
        throw packagingErrors.error('packaging.golden-input', `${file}: ${cause.message}`, { cause });
      });
      if (givesTensors) {
        await writeInto(dir, input, bytes);
        cases.push(entry);
        await writeNpz(path.join(dir, expect), answer.outputs ?? {}, signal);
        continue;
      }
      if (answer.predictions.length === 0) {
        const isLast = index === inputs.length - 1;
        if (!mayFindNothing || (isLast && cases.length === 0)) throw nothingFound(file, manifest, doubts.all);
        leftOut.push(`${path.basename(file)} is not a golden case: the model finds nothing in it`);
        continue;
      }
      await writeInto(dir, input, bytes);
      cases.push(entry);
      const { image, predictions } = answer;
      if (show && image) shown.push(await show({ file, bytes, image, predictions }));
      found.push(...predictions);
      doubts.answered(bytes, predictions);
      await writeInto(dir, expect, linesOf(answer.predictions));
    }
    return { entries: cases, doubts: doubts.all, leftOut };
  });
  if (!isSeen) requireUnshifted(manifest, await labelsOf(dir, manifest), found, shown);
  return made;
}

async function labelsOf(dir: string, { labels }: ModelManifest): Promise<readonly string[]> {
  return labels === undefined ? [] : parseLabels((await readGiven(path.join(dir, labels))).toString('utf8'));
}

/** Every device must give the recorded answers later, wrong ones included. */
function requireUnshifted(
  manifest: ModelManifest,
  labels: readonly string[],
  found: readonly Prediction[],
  shown: readonly string[],
): void {
  const why = whyShifted(manifest, labels, found);
  if (why === undefined) return;
  const where = shown.length === 0 ? '' : `; see ${shown.join(', ')}`;
  throw packagingErrors.error('packaging.labels-shifted', `the labels look shifted: ${why}${where}`, {
    facts: { pictures: shown, reason: why },
  });
}

async function answerOf(
  model: LoadedModel,
  manifest: ModelManifest,
  file: string,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Pick<Inference, 'predictions' | 'outputs'> & Partial<Pick<Inference, 'image'>>> {
  if (!holdsTensors(file, manifest)) return model.infer(new Uint8Array(bytes), undefined, signal);
  const feeds = await readTensorFeeds(bytes, path.basename(file), model.inputs, manifest.tensors);
  return { predictions: [], outputs: await model.inferTensors(feeds, signal) };
}

/** One file for each output, by its name, as `numpy.savez` has them. */
async function writeNpz(file: string, tensors: NamedTensors, signal: AbortSignal): Promise<void> {
  const entries = Object.entries(tensors).map(([name, tensor]) => ({
    path: `${name}.npy`,
    content: Buffer.from(npyOfTensor(tensor)),
  }));
  await writeZip(file, entries, signal);
}

function entryOf(input: string, givesTensors: boolean): GoldenEntry {
  const { base, name } = path.parse(input);
  const ending = givesTensors ? 'expected.npz' : 'json';
  if (/^[\w][\w .@+-]{0,120}$/.test(base)) return { input: `golden/${base}`, expect: `golden/${name}.${ending}` };
  throw packagingErrors.error(
    'packaging.golden-input',
    `"${base}" cannot be a file of the package: letters, digits, space and . _ @ + - only, 120 at most`,
  );
}

function requireDistinct(entries: readonly GoldenEntry[]): void {
  const names = entries.map(({ expect }) => expect.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw packagingErrors.error('packaging.golden-input', `two golden images would both be described by ${twice}`);
}

function nothingFound(image: string, { output }: ModelManifest, doubts: readonly string[]): Error {
  const message = `${image} cannot be a golden image: the model finds nothing in it (decoder ${output.decoder})`;
  return packagingErrors.error('packaging.nothing-found', [message, ...doubts].join('. '));
}

/** One prediction a line, so that a difference between versions can be read. */
function linesOf(predictions: readonly Prediction[]): string {
  const lines = predictions.map((one) => JSON.stringify(shortened(one, { score: 4, place: 5 })));
  return `[\n  ${lines.join(',\n  ')}\n]\n`;
}
