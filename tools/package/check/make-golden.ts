import path from 'node:path';
import type { ModelManifest, Prediction } from '#packages/model-package';
import { isEdgeError } from '#packages/foundation';
import { packagingErrors } from '../errors.ts';
import { readGiven, writeInto } from '../files.ts';
import { withModel } from './run-model.ts';

/** One golden case as model.json holds it. */
export interface GoldenEntry {
  readonly input: string;
  readonly expect: string;
}

/**
 * Copies images into `golden/` and writes beside each what the first variant gives for it. Scores keep 4 decimals and
 * boxes 5, well inside the tolerances of the comparison.
 * @throws EdgeError `packaging.golden-input`, `packaging.nothing-found`, and those of loading the model
 */
export async function makeGolden(
  dir: string,
  manifest: ModelManifest,
  images: readonly string[],
  signal: AbortSignal,
): Promise<readonly GoldenEntry[]> {
  const entries = images.map(entryOf);
  requireDistinct(entries);
  await withModel(dir, manifest, manifest.variants[0], async (model) => {
    for (const [index, image] of images.entries()) {
      const bytes = await readGiven(image);
      const { predictions } = await model.infer(new Uint8Array(bytes), undefined, signal).catch((cause: unknown) => {
        if (!isEdgeError(cause) || !cause.code.startsWith('image.')) throw cause;
        throw packagingErrors.error('packaging.golden-input', `${image}: ${cause.message}`, { cause });
      });
      if (predictions.length === 0) throw nothingFound(image, manifest);
      const { input, expect } = entries[index]!;
      await writeInto(dir, input, bytes);
      await writeInto(dir, expect, linesOf(predictions));
    }
  });
  return entries;
}

function entryOf(image: string): GoldenEntry {
  const { base, name } = path.parse(image);
  if (/^[\w][\w .@+-]{0,120}$/.test(base)) return { input: `golden/${base}`, expect: `golden/${name}.json` };
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

function nothingFound(image: string, { output }: ModelManifest): Error {
  const why =
    output.decoder === 'tensor'
      ? 'the decoder "tensor" gives no predictions, so there is nothing to compare'
      : `the model finds nothing in it (decoder ${output.decoder})`;
  return packagingErrors.error('packaging.nothing-found', `${image} cannot be a golden image: ${why}`);
}

/** One prediction a line, so that a difference between versions can be read. */
function linesOf(predictions: readonly Prediction[]): string {
  const lines = predictions.map(({ classId, label, score, box }) =>
    JSON.stringify({
      classId,
      label,
      score: rounded(score, 4),
      ...(box ? { box: box.map((side) => rounded(side, 5)) } : {}),
    }),
  );
  return `[\n  ${lines.join(',\n  ')}\n]\n`;
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
