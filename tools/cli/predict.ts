import { readFile } from 'node:fs/promises';
import { messageOf } from '#packages/foundation';
import type { Prediction } from '#packages/model-package';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import { decryptionKeyOption } from './frame/decryption-key.ts';
import type { Output } from './frame/output.ts';
import { rootOption } from './local/core-root.ts';
import type { Answer, Predictor, PredictorOptions } from './predict-source.ts';

interface PredictOptions extends PredictorOptions {
  readonly image: readonly string[];
  readonly annotate?: string;
}

export const predictCommand: CommandSpec<PredictOptions> = {
  usage: 'predict',
  summary: 'run a model package on images, without components',
  options: (command) =>
    decryptionKeyOption(rootOption(command))
      .option('--package <folder>', 'folder with model.json')
      .option('--service <name>', 'ask this service of the agent of a running core instead of loading a package')
      .requiredOption(
        '--image <file...>',
        'JPEG, PNG, WebP, BMP, TIFF or npy files; npz or npy files for a model that takes tensors',
      )
      .option('--variant <file>', 'file of the variant to run (default: the first that the providers can run)')
      .option(
        '--provider <list>',
        'execution providers to try in turn: cpu, webgpu, cuda, tensorrt, openvino, qnn, wasm, hailo, rknn',
        'cpu',
      )
      .option('--require-provider', 'fail if the first provider of the list cannot be used')
      .option('--threads <number>', 'threads of one operator; 0 lets ONNX Runtime decide', '0')
      .option('--sequence', 'the files are a sequence: a model with a state keeps it from one file to the next')
      .option('--golden', "run the package's golden test first, and fail if it fails")
      .option('--annotate <folder>', 'write the images with their predictions drawn on into this folder'),
  help: `
With --json each image is one line of stdout: image, predictions (classId, label, score, box as fractions x0, y0, x1, y1),
timings in milliseconds; a model that gives tensors has outputs (type, shape, data) by name. An image that cannot be
read has an error instead, and the exit code is 1.

Example: edgeml predict --package artifacts/models/PartsDetector --image artifacts/samples/*.jpg --annotate out`,
  run: async ({ options, out, signal }) => {
    const { openPredictor } = await import('./predict-source.ts');
    const predictor = await openPredictor(options, out, signal);
    let failures = 0;
    try {
      for (const image of options.image) {
        if (signal.aborted) break;
        failures += (await predictOne(predictor, image, options, out, signal)) ? 0 : 1;
      }
      for (const doubt of predictor.doubts) out.note(`${out.paint('yellow', 'doubt')} ${doubt}`);
    } finally {
      await predictor.close();
    }
    return failures > 0 ? 1 : 0;
  },
};

/** Returns whether the image was answered. */
async function predictOne(
  predictor: Predictor,
  image: string,
  options: PredictOptions,
  out: Output,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const bytes = await readImage(image);
    const answer = await predictor.predict(bytes, signal);
    out.json({ image, ...answer });
    if (!out.isJson) showAnswer(image, answer, out);
    if (options.annotate !== undefined && answer.width > 0) await annotate(options.annotate, image, bytes, answer, out);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    out.json({ image, error });
    if (!out.isJson) out.line(`${out.paint('bold', image)}  ${out.paint('red', messageOf(error))}`);
    return false;
  }
}

async function readImage(image: string): Promise<Uint8Array> {
  try {
    return await readFile(image);
  } catch (cause) {
    throw cliErrors.error('cli.image-unreadable', `cannot read "${image}": ${messageOf(cause)}`, { cause });
  }
}

export function showAnswer(image: string, answer: Answer, out: Output): void {
  const { decodeMs, preprocessMs, runMs, totalMs } = answer.timings;
  const times = `${totalMs.toFixed(1)} ms (decode ${decodeMs.toFixed(1)}, resize ${preprocessMs.toFixed(1)}, run ${runMs.toFixed(1)})`;
  const size = answer.width > 0 ? `${answer.width}×${answer.height}  ` : '';
  out.line(`${out.paint('bold', image)}  ${size}${out.paint('dim', times)}`);
  for (const prediction of answer.predictions) out.line(`  ${predictionLine(prediction, out)}`);
  for (const [name, { type, shape, data }] of Object.entries(answer.outputs ?? {}))
    out.line(`  ${name}: ${type} [${shape.join(', ')}]${shownValues(data)}`);
  if (answer.predictions.length === 0 && answer.outputs === undefined) out.line(out.paint('dim', '  nothing found'));
}

/** As many as a line has room for. */
const SHOWN_VALUES = 8;

function shownValues(values: readonly (number | string | boolean)[]): string {
  if (values.length === 0 || values.length > SHOWN_VALUES) return '';
  return ` ${values.map((value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : JSON.stringify(value))).join(', ')}`;
}

function predictionLine({ label, score, box, text }: Prediction, out: Output): string {
  const corners = box ? `  [${box.map((part) => part.toFixed(3)).join(', ')}]` : '';
  return `${out.paint('green', (text ?? label).padEnd(24))} ${score.toFixed(4)}${corners}`;
}

async function annotate(folder: string, image: string, bytes: Uint8Array, answer: Answer, out: Output): Promise<void> {
  const { writeAnnotated } = await import('./predict-annotate.ts');
  out.note(`  drawn in ${await writeAnnotated(folder, image, bytes, answer)}`);
}
