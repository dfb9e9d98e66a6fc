import { TOPIC_TEMPLATES } from '#packages/ipc';

/** An old component's defaults. */
export interface Predecessor {
  readonly inferenceType: InferenceType;
  readonly publishResultsOnTopic: string;
  readonly imageName: string;
  readonly modelResourceKey: Readonly<Record<string, string>>;
  /** How it wrote the corners of a box. */
  readonly boundaries: BoundariesFormat;
  /** How it wrote a score: as a float32 of numpy, or as a number of Python. */
  readonly scores: ScoreFormat;
}

export type ScoreFormat = 'float32' | 'python';

export type InferenceType = 'image-classification' | 'object-detection';

/**
 * `numpy-512`: x y x y in pixels of the 512×512 input, separated by spaces. `numpy-yxyx`: y x y x in fractions of the image, as numpy
 * prints an array of float32. `list`: a Python list of fractions, x y x y, as the sample of Edge Manager wrote it.
 */
export type BoundariesFormat = 'numpy-512' | 'numpy-yxyx' | 'list';

export const PREDECESSOR_NAMES = [
  'aws.greengrass.DLRImageClassification',
  'aws.greengrass.DLRObjectDetection',
  'aws.greengrass.TensorFlowLiteImageClassification',
  'aws.greengrass.TensorFlowLiteObjectDetection',
] as const;
export type PredecessorName = (typeof PREDECESSOR_NAMES)[number];

/** Defaults of the four machine-learning components of Greengrass v2, versions 2.1.x (developer guide, "Configuration" of each). */
export const PREDECESSORS: Readonly<Record<PredecessorName, Predecessor>> = {
  'aws.greengrass.DLRImageClassification': {
    inferenceType: 'image-classification',
    publishResultsOnTopic: TOPIC_TEMPLATES.dlrImageClassification,
    imageName: 'cat.jpeg',
    modelResourceKey: {
      armv7l: 'DLR-resnet50-armv7l-cpu-ImageClassification',
      aarch64: 'DLR-resnet50-aarch64-cpu-ImageClassification',
      x86_64: 'DLR-resnet50-x86_64-cpu-ImageClassification',
      windows: 'DLR-resnet50-win-cpu-ImageClassification',
    },
    boundaries: 'numpy-512',
    scores: 'float32',
  },
  'aws.greengrass.DLRObjectDetection': {
    inferenceType: 'object-detection',
    publishResultsOnTopic: TOPIC_TEMPLATES.dlrObjectDetection,
    imageName: 'objects.jpg',
    modelResourceKey: {
      armv7l: 'DLR-yolo3-armv7l-cpu-ObjectDetection',
      aarch64: 'DLR-yolo3-aarch64-gpu-ObjectDetection',
      x86_64: 'DLR-yolo3-x86_64-cpu-ObjectDetection',
      windows: 'DLR-resnet50-win-cpu-ObjectDetection',
    },
    boundaries: 'numpy-512',
    scores: 'float32',
  },
  'aws.greengrass.TensorFlowLiteImageClassification': {
    inferenceType: 'image-classification',
    publishResultsOnTopic: TOPIC_TEMPLATES.tfliteImageClassification,
    imageName: 'cat.jpeg',
    modelResourceKey: { model: 'TensorFlowLite-Mobilenet' },
    boundaries: 'list',
    scores: 'python',
  },
  'aws.greengrass.TensorFlowLiteObjectDetection': {
    inferenceType: 'object-detection',
    publishResultsOnTopic: TOPIC_TEMPLATES.tfliteObjectDetection,
    imageName: 'objects.jpg',
    modelResourceKey: { model: 'TensorFlowLite-SSD' },
    boundaries: 'numpy-yxyx',
    scores: 'python',
  },
};

export const DEFAULT_INTERVAL_SECONDS = 3_600;
