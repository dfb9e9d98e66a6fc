import { stat } from 'node:fs/promises';
import path from 'node:path';
import { inputOf, outputOf } from '#packages/model-package';
import type { Provider } from '#packages/model-package';
import { systemClock } from '#packages/foundation';
import { createDecoder } from './decoders/create-decoder.ts';
import { visionErrors } from './errors.ts';
import { DEFAULT_MAX_PIXELS } from './image/max-pixels.ts';
import { emptyFeeds, imageModel } from './image-model.ts';
import { ImagePreparer } from './image-preparer.ts';
import type { PreparerOptions } from './image-preparer.ts';
import { checkInput } from './input-check.ts';
import type { LoadModel, LoadOptions, LoadedModel } from './loaded-model.ts';
import { modelSource } from './session/model-source.ts';
import { openOnLadder } from './session/provider-ladder.ts';
import { providerShares } from './session/provider-shares.ts';
import type { Runtime, RunTimes, Session } from './session/session.ts';
import { PictureReader } from './statistics/picture-reader.ts';
import { checkTensorInputs } from './session/tensor-inputs.ts';

/** Loads one variant of a package on the best provider of the ladder; see `LoadModel`. */
export const loadModel: LoadModel = (...words) => loadModelBy(undefined, ...words);

/** As `loadModel`. @param runtimeOf the way to each provider; undefined: those of this release */
export async function loadModelBy(
  runtimeOf: ((provider: Provider) => Runtime) | undefined,
  ...[files, manifest, labels, options]: Parameters<LoadModel>
): Promise<LoadedModel> {
  const input = inputOf(manifest, options.variant);
  await requireFile(files.dir, options);
  const source = modelSource(files, options.variant.file);
  const preparer = input && new ImagePreparer(input, preparerOptions(options));
  const imageInput = ({ inputs }: Session): string | undefined =>
    input && checkInput(inputs, input, manifest.output.decoder, manifest.tensors);
  let times: RunTimes | undefined;
  const probe = async (session: Session, provider: Provider): Promise<void> => {
    const name = imageInput(session);
    checkTensorInputs(manifest.tensors, session.inputs, session.outputs);
    // A driver can load a model and then fail to run it.
    if (provider === 'cpu' || provider === 'wasm') return;
    const feeds = emptyFeeds(session.inputs, manifest.tensors, name, preparer);
    if (!feeds) return;
    const fetches = session.outputs.map((output) => output.name);
    await session.run(feeds, fetches);
    if (profileIn === undefined || !session.endProfile) return;
    // The first run compiles kernels: what counts is the second.
    await session.run(feeds, fetches);
    times = await session.endProfile();
  };
  const profileIn = options.profileIn ?? options.cache?.scratch;
  const ladder = { ...options, ...(profileIn === undefined ? {} : { profileIn }) };
  const opened = await openOnLadder(source, options.variant, ladder, probe, runtimeOf);
  try {
    const { session } = opened;
    let boxes = { candidates: 0, noArea: 0 };
    const watch = options.onRun && {
      onCandidates: (candidates: number, noArea: number) => (boxes = { candidates, noArea }),
    };
    const context = { outputs: session.outputs, labels, ...watch };
    const decoder = await createDecoder(outputOf(manifest, options.variant), context, files);
    const shares = providerShares(session, opened.provider, times);
    return imageModel({
      ...opened,
      ...(shares ? { shares } : {}),
      decoder,
      preparer,
      inputName: imageInput(session),
      tensorInputs: manifest.tensors,
      returnOutputs: manifest.output.decoder === 'tensor',
      // As much as an image of three channels may take as floating-point numbers.
      maxTensorBytes: 12 * (options.maxPixels ?? DEFAULT_MAX_PIXELS),
      clock: options.clock ?? systemClock,
      reader: options.measurePictures === true && input ? new PictureReader(input) : undefined,
      ...(options.onRun ? { onDecoded: (outputs) => options.onRun?.({ outputs, ...boxes }) } : {}),
    });
  } catch (error) {
    await opened.session.close();
    throw error;
  }
}

/** How images are prepared for a model that was loaded with these options, on whatever thread. */
export function preparerOptions(options: Pick<LoadOptions, 'maxPixels' | 'reducedDecode'>): PreparerOptions {
  return {
    clock: systemClock,
    maxPixels: options.maxPixels ?? DEFAULT_MAX_PIXELS,
    reducedDecode: options.reducedDecode ?? false,
  };
}

async function requireFile(packageDir: string, options: LoadOptions): Promise<void> {
  const file = path.join(packageDir, options.variant.file);
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile()) return;
  throw visionErrors.error('model.file-missing', `the package ${packageDir} has no file "${options.variant.file}"`);
}
