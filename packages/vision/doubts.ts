import { crc32 } from 'node:zlib';
import { inputOf, outputOf, preparationOf } from '#packages/model-package';
import type { ModelManifest, OutputSpec, Prediction, Preparation, Variant } from '#packages/model-package';
import type { NamedTensors, RawRun } from './loaded-model.ts';
import { elementsOf } from './tensor/allocate.ts';
import { fromFloat16Bits } from './tensor/float16.ts';

/** Different images that must be answered alike before that is odd, if the model's own numbers differ a little. */
const ALIKE = 3;
const BACKGROUND = /^(?:__|<)?(?:background|bg)(?:__|>)?$|^(?:n\/a|\?\?\?|unlabeled)$/i;

/**
 * Notices signs of a wrong description of a model. A sign is not a proof: each doubt is a sentence for a person that says what to
 * look at.
 */
export class Doubts {
  readonly #input: Preparation | undefined;
  readonly #output: OutputSpec;
  readonly #labels: readonly string[];
  readonly #found = new Map<string, string>();
  readonly #answers = new Map<number, { readonly raw: number; readonly predictions: string }>();
  #lastRun: RawRun | undefined;

  constructor(manifest: ModelManifest, variant: Variant, labels: readonly string[]) {
    const input = inputOf(manifest, variant);
    this.#input = input && preparationOf(input);
    this.#output = outputOf(manifest, variant);
    this.#labels = labels;
    this.#doubtNormalization();
  }

  /** For `LoadOptions.onRun`. */
  readonly onRun = (run: RawRun): void => {
    this.#lastRun = run;
    this.#doubtNumbers(run.outputs);
    this.#doubtClasses(run.outputs);
    if (run.candidates > 0 && run.noArea === run.candidates) {
      this.#say(
        'area',
        `all ${run.candidates} boxes that score high enough have no area inside the image: look at output.boxFormat, output.coordinates and input.width, input.height`,
      );
    }
  };

  /** To be called with the predictions for each image. */
  answered(image: Uint8Array, predictions: readonly Prediction[]): void {
    const top = predictions.reduce((most, { score }) => Math.max(most, score), 0);
    if (top > 1.0001) {
      this.#say(
        'scores',
        `scores go up to ${top.toPrecision(4)}: they are not probabilities; look at output.activation and output.scale`,
      );
    }
    const outside = predictions.find(({ classId }) => this.#labels.length > 0 && classId >= this.#labels.length);
    if (outside) {
      this.#say(
        'labels',
        `class ${outside.classId} was found, and labels.txt has ${this.#labels.length} lines: labels are missing, or output.classOffset is wrong`,
      );
    }
    const background = predictions.find(({ label }) => BACKGROUND.test(label));
    if (background) {
      this.#say(
        'background',
        `"${background.label}" was found as if it were an object: the labels are off by a row; look at output.classOffset and output.backgroundClass`,
      );
    }
    const raw = Object.values(this.#lastRun?.outputs ?? {}).reduce(
      (sum, { data }) => crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum),
      0,
    );
    this.#answers.set(crc32(image), { raw, predictions: JSON.stringify(predictions.map(rounded)) });
  }

  /** In the order in which they were noticed. */
  get all(): readonly string[] {
    return [...this.#found.values(), ...this.#alike()];
  }

  #alike(): readonly string[] {
    const answers = [...this.#answers.values()];
    const isSame = (key: 'raw' | 'predictions'): boolean => answers.every((one) => one[key] === answers[0]?.[key]);
    const count = answers.length;
    if (count < 2) return [];
    const same = isSame('raw') || (count >= ALIKE && isSame('predictions') && answers[0]?.predictions !== '[]');
    return same
      ? [`${count} different images get the same answer: look at input.mean, input.std, input.dtype and input.layout`]
      : [];
  }

  #doubtNormalization(): void {
    if (!this.#input || this.#input.dtype === 'uint8' || this.#input.dtype === 'int8') return;
    const { mean, std } = this.#input;
    const isSmall = mean.every((value) => Math.abs(value) <= 1) && std.every((value) => Math.abs(value) <= 1);
    if (!isSmall || std.every((value) => value === 1)) return;
    this.#say(
      'normalization',
      `input.mean ${JSON.stringify(mean)} and input.std ${JSON.stringify(std)} look as if they were for pixels of 0..1; pixels are 0..255 here: multiply both by 255`,
    );
  }

  #doubtNumbers(outputs: NamedTensors): void {
    for (const [name, { type, data }] of Object.entries(outputs)) {
      const isNaN =
        type === 'float16'
          ? (data as Uint16Array).some((bits) => Number.isNaN(fromFloat16Bits(bits)))
          : (type === 'float32' || type === 'float64') && (data as Float32Array).some(Number.isNaN);
      if (isNaN)
        this.#say(
          'nan',
          `output "${name}" holds NaN: look at input.mean and input.std, and at the precision of this variant`,
        );
    }
  }

  /** Raw heads of Darknet fit any labels; other decoders refuse what does not fit. */
  #doubtClasses(outputs: NamedTensors): void {
    const [output, input] = [this.#output, this.#input];
    if (output.decoder !== 'yolov3' || input?.width === undefined || input.height === undefined) return;
    if (this.#labels.length === 0) return;
    for (const { output: name, stride, anchors } of output.heads) {
      const cells = Math.floor(input.width / stride) * Math.floor(input.height / stride);
      const classes = elementsOf(outputs[name]?.shape ?? [0]) / cells / anchors.length - 5;
      if (!Number.isInteger(classes) || classes <= 0 || classes === this.#labels.length) continue;
      this.#say('labels', `the model has ${classes} classes, and labels.txt has ${this.#labels.length} lines`);
    }
  }

  #say(what: string, doubt: string): void {
    if (!this.#found.has(what)) this.#found.set(what, doubt);
  }
}

function rounded({ classId, score, box }: Prediction): readonly number[] {
  return [classId, ...[score, ...(box ?? [])].map((value) => Math.round(value * 1000))];
}
