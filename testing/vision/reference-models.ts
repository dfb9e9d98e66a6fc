import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PackageFiles, parseLabels, parseManifest } from '#packages/model-package';
import type { ModelManifest, Provider } from '#packages/model-package';
import { loadModel } from '#packages/vision';
import type { LoadedModel, LoadOptions } from '#packages/vision';
import { VISION_DATA } from '../outside-data/vision-data.ts';

const MOBILENET = {
  task: 'image-classification',
  input: { name: 'input', width: 224, height: 224, mean: 128, std: 128 },
  output: { decoder: 'classification', output: 'probs' },
  labels: 'imagenet1001_bg.txt',
};

const SSD = {
  task: 'object-detection',
  input: { name: 'image', width: 300, height: 300, mean: 128, std: 128 },
  output: {
    decoder: 'ssd',
    boxes: 'detection_boxes',
    boxFormat: 'yxyx',
    scores: 'detection_scores',
    classes: 'detection_classes',
    count: 'num_detections',
    classOffset: 1,
    scoreThreshold: 0.5,
  },
  labels: 'coco90_bg.txt',
};

const RAW_BYTES = { dtype: 'uint8', layout: 'NHWC', mean: 0, std: 1 };

/** model.json of each real model, by the name of its file. */
const MODELS: Readonly<
  Record<string, { readonly task: string; readonly input: object; readonly output: object; readonly labels: string }>
> = {
  mobilenet_v2_fp32_nchw: MOBILENET,
  mobilenet_v2_int8: MOBILENET,
  mobilenet_v2_qdq_u8nhwc: {
    ...MOBILENET,
    input: { width: 224, height: 224, ...RAW_BYTES },
    output: { decoder: 'classification', scale: 1 / 256 },
  },
  squeezenet1_0_fp32: {
    task: 'image-classification',
    input: { name: 'data_0', width: 224, height: 224, color: 'BGR', mean: [104, 117, 123] },
    output: { decoder: 'classification', output: 'softmaxout_1' },
    labels: 'imagenet1000.txt',
  },
  ssd_mobilenet_v1_coco_fp32_nchw: SSD,
  ssd_mobilenet_v1_coco_qdq_u8nhwc: { ...SSD, input: { name: 'image_tensor', width: 300, height: 300, ...RAW_BYTES } },
  'yolo-fastest-1.1-xl': {
    task: 'object-detection',
    input: { name: 'images', width: 320, height: 320, std: 255 },
    output: {
      decoder: 'yolov3',
      scoreThreshold: 0.35,
      iouThreshold: 0.45,
      heads: [
        {
          output: 'head_s32',
          stride: 32,
          anchors: [
            [115, 73],
            [119, 199],
            [242, 238],
          ],
        },
        {
          output: 'head_s16',
          stride: 16,
          anchors: [
            [12, 18],
            [37, 49],
            [52, 132],
          ],
        },
      ],
    },
    labels: 'coco80.names',
  },
  ultraface_rfb_320: {
    task: 'object-detection',
    input: { name: 'input', width: 320, height: 240, mean: 127, std: 128 },
    output: {
      decoder: 'ssd',
      boxes: 'boxes',
      boxFormat: 'xyxy',
      scores: 'scores',
      backgroundClass: 0,
      scoreThreshold: 0.7,
      iouThreshold: 0.3,
    },
    labels: 'face',
  },
};

export const MODEL_NAMES = Object.keys(MODELS);

export interface ReferenceModel {
  readonly dir: string;
  readonly manifest: ModelManifest;
  readonly labels: readonly string[];
}

export function referenceModel(
  name: string,
  changes: { readonly input?: object; readonly output?: object } = {},
): ReferenceModel {
  const { task, input, output, labels } = MODELS[name] as (typeof MODELS)[string];
  const manifest = parseManifest({
    schemaVersion: 1,
    name,
    version: '1.0.0',
    task,
    input: { ...input, ...changes.input },
    output: { ...output, ...changes.output },
    variants: [{ file: `${name}.onnx` }],
  });
  return { dir: path.join(VISION_DATA, 'models'), manifest, labels: readLabels(labels) };
}

/** On the CPU with one thread, unless the options say something else. */
export function loadReference(model: ReferenceModel, options: Partial<LoadOptions> = {}): Promise<LoadedModel> {
  const [variant] = model.manifest.variants;
  return loadModel(new PackageFiles(model.dir), model.manifest, model.labels, {
    variant: variant,
    providers: ['cpu'] satisfies Provider[],
    intraOpThreads: 1,
    spinning: false,
    ...options,
  });
}

function readLabels(name: string): readonly string[] {
  if (name === 'face') return ['face'];
  return parseLabels(readFileSync(path.join(VISION_DATA, 'labels', name), 'utf8'));
}
