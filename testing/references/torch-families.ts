import type { ReferenceFamily } from './families.ts';

/** Families whose models have random weights: PyTorch writes them, and is too large to be installed for each comparison. */

const IMAGENET = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };
/** Over 100 boxes of one photo score 1 up to their last digits, which decide which box is the hundredth. */
const TIED = 0.98;
const LABELS = ['a', 'b', 'c', 'd', 'e'];
const transformers = { exporter: 'PyTorch 2.15', reference: 'Transformers 5.24', labels: LABELS };

function ultralytics(folder: string, name: string, settings: ReferenceFamily['settings'] = {}): ReferenceFamily {
  return { folder, name, exporter: 'Ultralytics 8.4.190', reference: 'Ultralytics', settings };
}

function torchvision(model: string, name: string, rest: Pick<ReferenceFamily, 'settings' | 'labels'>): ReferenceFamily {
  const [exporter, reference] = ['PyTorch 2.15', 'torchvision 0.29'];
  return { folder: `torchvision-${model}`, name: `${name} of torchvision`, exporter, reference, ...rest };
}

const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, id) => `class ${id}`);
const CLASSIFIER = {
  settings: {
    input: {
      steps: [
        { step: 'resize', shortSide: 256, rounding: 'floor', filter: 'area' },
        { step: 'crop', width: 224, height: 224 },
        { step: 'normalize', ...IMAGENET },
      ],
    },
    output: { activation: 'softmax', topK: 40 },
  },
  labels: numbered(40),
};
const DETECTOR = {
  settings: { input: { mean: 0, std: 255, filter: 'area' }, output: { scoreThreshold: 0.15 } },
  labels: numbered(6),
};

const anomalib = { exporter: 'anomalib 2.7', reference: 'its inferencer', settings: {} };

/** Written by anomalib_references.py. */
export const ANOMALIB_FAMILIES: readonly ReferenceFamily[] = [
  { ...anomalib, folder: 'anomalib-padim', name: 'PaDiM' },
  {
    ...anomalib,
    folder: 'anomalib-padim-raw',
    name: 'PaDiM without its post-processor: threshold and range in the package',
  },
  { ...anomalib, folder: 'anomalib-patchcore', name: 'PatchCore' },
  {
    ...anomalib,
    folder: 'anomalib-patchcore-raw',
    name: 'PatchCore without its post-processor: threshold and range in the package',
  },
];

/** Written by make_query_detectors_reference.py (Transformers) and torch_references.py (the others). */
export const TORCH_FAMILIES: readonly ReferenceFamily[] = [
  {
    ...transformers,
    folder: 'detr',
    name: 'DETR',
    settings: { input: IMAGENET, output: { activation: 'softmax', scoreThreshold: 0.15 } },
  },
  {
    ...transformers,
    folder: 'rt-detr',
    name: 'RT-DETR',
    settings: { input: { std: 255, mean: 0 }, output: { scoreThreshold: 0.15, maxDetections: 24 } },
  },
  {
    ...transformers,
    folder: 'd-fine',
    name: 'D-FINE',
    settings: { input: { std: 255, mean: 0 }, output: { scoreThreshold: 0.15, maxDetections: 24 } },
  },
  ultralytics('yolov5nu', 'YOLOv5n, head of v8'),
  ultralytics('yolov8s', 'YOLOv8s'),
  ultralytics('yolov9t', 'YOLOv9t'),
  ultralytics('yolov10n', 'YOLOv10n'),
  ultralytics('yolo11n', 'YOLO11n'),
  ultralytics('yolo11s-rectangular', 'YOLO11s, 256 × 416'),
  ultralytics('yolo11n-dynamic', 'YOLO11n, `dynamic=True`, `imgsz=160`'),
  ultralytics('yolo11n-nms', 'YOLO11n, `nms=True`'),
  { ...ultralytics('yolo12n', 'YOLO12n'), atLeast: TIED },
  ultralytics('yolo26n', 'YOLO26n'),
  ultralytics('yolo26s-finished', 'YOLO26s, `nms=False`'),
  ultralytics('yolov8n-seg', 'YOLOv8n, masks'),
  { ...ultralytics('yolo26n-seg', 'YOLO26n, masks'), atLeast: TIED },
  ultralytics('yolo26n-sem', 'YOLO26n, a class for each pixel'),
  ultralytics('yolov8n-pose', 'YOLOv8n, poses'),
  ultralytics('yolo11n-pose-dynamic', 'YOLO11n, poses, `dynamic=True`'),
  ultralytics('yolo26n-pose', 'YOLO26n, poses'),
  ultralytics('yolo11n-obb', 'YOLO11n, turned boxes'),
  ultralytics('yolo26n-obb', 'YOLO26n, turned boxes'),
  ultralytics('yolov8n-cls', 'YOLOv8n, classes'),
  ultralytics('yolo11n-cls', 'YOLO11n, classes'),
  ultralytics('rtdetr-l', 'RT-DETR-l of Ultralytics'),
  torchvision('resnet18', 'ResNet-18', CLASSIFIER),
  torchvision('mobilenet_v3_small', 'MobileNet v3', CLASSIFIER),
  torchvision('ssdlite320_mobilenet_v3_large', 'SSDLite', DETECTOR),
  torchvision('fasterrcnn_mobilenet_v3_large_320_fpn', 'Faster R-CNN', DETECTOR),
];
