import * as z from 'zod';

import { encryptionSchema } from './encryption/encryption-schema.ts';
import { packageErrors } from './errors.ts';
import { inputOverrideSchema, inputSchema } from './schema-input.ts';
import { outputSchema } from './schema-output.ts';
import { tensorInputsSchema } from './schema-tensors.ts';
import type { OutputSpec } from './schema-output.ts';
import { wholeSpecs } from './whole-specs.ts';
import type { VariantSpecs } from './whole-specs.ts';

export type * from './schema-input.ts';
export type * from './schema-output.ts';
export type * from './schema-steps.ts';
export type * from './schema-tensors.ts';

export const PROVIDERS = ['cpu', 'webgpu', 'cuda', 'tensorrt', 'openvino', 'qnn', 'wasm', 'hailo', 'rknn'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Runtimes that run the file of a variant. All but ONNX Runtime take files that were compiled for one chip, and are providers of their own. */
const BACKENDS = ['onnxruntime', 'hailo', 'rknn'] as const satisfies readonly (Provider | 'onnxruntime')[];

const TASKS = [
  'image-classification',
  'object-detection',
  'pose',
  'oriented-detection',
  'instance-segmentation',
  'semantic-segmentation',
  'anomaly',
  'embedding',
  'text-recognition',
  'tensor',
] as const;
export type Task = (typeof TASKS)[number];

/** A path inside the package: relative, `/` between parts, never upwards. */
const packagePath = z
  .string()
  .min(1)
  .max(512)
  .refine(
    (path) => !/^([/\\]|[A-Za-z]:)|\\|\0/.test(path) && path.split('/').every((part) => part !== '..' && part !== ''),
    'must be a relative path inside the package, with "/" between its parts and no ".."',
  );

const variantSchema = z.strictObject({
  file: packagePath,
  precision: z.enum(['fp32', 'fp16', 'int8']).default('fp32'),
  /** Runtime that runs the file. Default: onnxruntime. */
  backend: z.enum(BACKENDS).optional(),
  /** Chip that the file was compiled for, e.g. hailo8 or rk3588; only for backends that take compiled files. */
  target: z
    .string()
    .regex(/^[a-z0-9](?:[-a-z0-9]{0,30}[a-z0-9])?$/, 'lower-case letters, digits and "-", 32 at most, e.g. "hailo8"')
    .optional(),
  /** Providers that this file is meant for; default: all of its backend. */
  providers: z.array(z.enum(PROVIDERS)).min(1).optional(),
  /** Keys of `input` that differ for this file, e.g. a uint8 NHWC build of the model. */
  input: inputOverrideSchema.optional(),
  /** Keys of `output` that differ for this file, e.g. the scale of a quantized output. */
  output: z.record(z.string(), z.unknown()).optional(),
});

const goldenSchema = z.strictObject({
  /** An image, or tensors as .npz (a member for each input) or .npy (the only input). */
  input: packagePath,
  /** JSON array of predictions as `edgeml predict --json` prints them; of a model that gives tensors .npz (outputs by name) or .npy (the only one). */
  expect: packagePath,
  /** Tensors: largest difference of an element, beside `relativeTolerance`; by default 0.001 for fractions, 0 for whole numbers. */
  tolerance: z.number().min(0).optional(),
  /** Tensors: as a fraction of the element that is expected; the same defaults. */
  relativeTolerance: z.number().min(0).max(1).optional(),
  /** Largest difference of a score; twice as much of a cell of a heat map. */
  scoreTolerance: z.number().min(0).max(1).default(0.05),
  /** Smallest overlap of a box, upright or turned, or of a mask with the one expected. */
  iou: z.number().min(0).max(1).default(0.9),
  /** Largest distance of a key point from the one expected, as a fraction of the longer side of its box. */
  pointTolerance: z.number().min(0).max(1).default(0.05),
  /** Largest difference of the angle of a turned box, in radians. */
  angleTolerance: z
    .number()
    .min(0)
    .max(Math.PI / 4)
    .default(0.1),
  /** Upper bound on the fastest of the warm runs, in milliseconds, decode included; none by default. */
  maxLatencyMs: z.number().positive().optional(),
});

/** Bounds that the model has to keep before it goes to devices. The twin holds it against them (`edgeml twin`); devices do not. */
const acceptanceSchema = z.strictObject({
  /** Of whole requests over the agent's socket, in milliseconds. */
  maxP95Ms: z.number().positive().optional(),
  /** Of all components together at their peak, in MB. */
  maxMemoryMb: z.number().positive().optional(),
  /** On the held-back set, 0 to 1: top-1 of a classifier, mAP@0.5 of a detector. */
  minAccuracy: z.number().min(0).max(1).optional(),
});

/** `model.json`, version 1. */
export const manifestSchema = z
  .strictObject({
    $schema: z.string().optional(),
    schemaVersion: z.literal(1),
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9](?:[-_.]*[A-Za-z0-9]){0,127}$/,
        'letters and digits, with "-", "_" or "." between them, 128 at most',
      ),
    version: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/, 'letters, digits, ".", "_", "+" and "-", 64 at most, e.g. "1.2.0"'),
    description: z.string().max(4096).optional(),
    task: z.enum(TASKS),
    /** The image; may be left out by models of the `tensor` decoder, which then take tensors only. */
    input: inputSchema.optional(),
    /** Inputs besides the image: shapes of free axes, constants, state. */
    tensors: tensorInputsSchema.default({}),
    output: outputSchema,
    labels: packagePath.optional(),
    variants: z.tuple([variantSchema], variantSchema),
    golden: z.array(goldenSchema).max(64).default([]),
    /** Bounds for the twin. Default: none of its own. */
    acceptance: acceptanceSchema.optional(),
    /** Sketches of pictures and answers when all is well, written by `edgeml package --baseline`; devices find drift by it. */
    baseline: packagePath.optional(),
    /** The encrypted files, and their key for each recipient; written by `edgeml package --encrypt`. */
    encryption: encryptionSchema(packagePath).optional(),
    /** Where the model comes from: training data, code, license. Free form, carried along. */
    provenance: z.record(z.string(), z.unknown()).default({}),
  })
  .superRefine((manifest, context) => {
    const fits = TASK_OF_DECODER[manifest.output.decoder];
    if (manifest.task !== fits && manifest.output.decoder !== 'tensor') {
      context.addIssue({
        code: 'custom',
        path: ['task'],
        message: `the decoder "${manifest.output.decoder}" does ${fits}, not ${manifest.task}`,
      });
    }
    if (manifest.input === undefined && manifest.output.decoder !== 'tensor') {
      const message = `is missing: the decoder "${manifest.output.decoder}" needs to know what becomes of the image`;
      context.addIssue({ code: 'custom', path: ['input'], message });
    }
    const names = NAMES_OF_ANSWERS[manifest.output.decoder];
    if (names !== undefined && manifest.labels !== undefined) {
      const message = `is not read: the answers of the decoder "${manifest.output.decoder}" are called ${names}; leave it out`;
      context.addIssue({ code: 'custom', path: ['labels'], message });
    }
    manifest.variants.forEach((variant, index) => {
      const { backend = 'onnxruntime', target, providers } = variant;
      const wrong = (key: string, message: string): void =>
        void context.addIssue({ code: 'custom', path: ['variants', index, key], message });
      if (backend === 'onnxruntime') {
        if (target !== undefined) wrong('target', 'belongs to a backend that takes compiled files; add "backend"');
      } else {
        if (target === undefined)
          wrong('target', `is missing: a file for ${backend} was compiled for one chip, e.g. "hailo8"`);
        if (providers)
          wrong('providers', `has no meaning for ${backend}, which is a provider of its own; leave it out`);
      }
    });
    const files = manifest.variants.map((variant) => variant.file);
    files.forEach((file, index) => {
      if (files.indexOf(file) === index) return;
      context.addIssue({ code: 'custom', path: ['variants', index, 'file'], message: `"${file}" is listed twice` });
    });
  });

type Written = Readonly<z.infer<typeof manifestSchema>>;
type WrittenVariant = Written['variants'][number];

/** A file of the model; `input` and `output` are complete if the file has keys of its own. */
export type Variant = Readonly<Omit<WrittenVariant, 'input' | 'output'>> & VariantSpecs;

export type ModelManifest = Omit<Written, 'variants'> & { readonly variants: readonly [Variant, ...Variant[]] };
export type GoldenCase = ModelManifest['golden'][number];

/**
 * Checks what was read from `model.json` and fills the defaults.
 * @throws EdgeError `model.manifest-invalid` naming every problem by its JSON pointer.
 */
export function parseManifest(value: unknown, source = 'model.json'): ModelManifest {
  const parsed = manifestSchema.safeParse(value);
  const { specs, issues } = wholeSpecs(value);
  if (parsed.success && issues.length === 0) return deepFreeze(withSpecs(parsed.data, specs));
  const problems = [...(parsed.error?.issues ?? []), ...issues].map((issue) => ({
    pointer: pointerOf(issue.path),
    message: issue.message,
  }));
  const shown = problems.slice(0, 20).map(({ pointer, message }) => `${pointer}: ${message}`);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  throw packageErrors.error('model.manifest-invalid', `${source} is not valid: ${[...shown, ...more].join('; ')}`, {
    facts: { source, problems },
  });
}

function withSpecs(written: Written, specs: readonly VariantSpecs[]): ModelManifest {
  const whole = (variant: WrittenVariant, index: number): Variant => {
    const { input: _keysOfInput, output: _keysOfOutput, ...rest } = variant;
    return { ...rest, ...specs[index] };
  };
  const [first, ...others] = written.variants;
  return { ...written, variants: [whole(first, 0), ...others.map((variant, index) => whole(variant, index + 1))] };
}

/** One label per line; blank lines at the end do not count. Line number from 0 is the class id. */
export function parseLabels(text: string): readonly string[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim());
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  return lines;
}

/** Decoders whose answers do not take their names from `labels`. */
const NAMES_OF_ANSWERS: Partial<Readonly<Record<OutputSpec['decoder'], string>>> = {
  anomaly: '"normal" and "anomaly"',
  embedding: 'as the gallery says',
};

const TASK_OF_DECODER: Readonly<Record<OutputSpec['decoder'], Task>> = {
  classification: 'image-classification',
  ssd: 'object-detection',
  yolov3: 'object-detection',
  yolov5: 'object-detection',
  yolov8: 'object-detection',
  'yolov8-pose': 'pose',
  'yolov8-obb': 'oriented-detection',
  'yolov8-seg': 'instance-segmentation',
  segmentation: 'semantic-segmentation',
  anomaly: 'anomaly',
  embedding: 'embedding',
  yolox: 'object-detection',
  gfl: 'object-detection',
  efficientdet: 'object-detection',
  yunet: 'pose',
  scrfd: 'pose',
  ctc: 'text-recognition',
  db: 'oriented-detection',
  tensor: 'tensor',
};

/** RFC 6901. */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.length === 0
    ? '/'
    : path.map((key) => `/${String(key).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
