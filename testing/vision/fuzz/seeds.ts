import sharp from 'sharp';

import { npy, pattern } from '../images.ts';
import { bmp, tiff } from '../rasters.ts';
import { constantModel, meanColorModel, smallNetwork } from '../onnx-builder.ts';

/** Small images of every kind that is taken. */
export async function imageSeeds(): Promise<readonly Uint8Array[]> {
  const picture = () => pattern(48, 32);
  const jpeg = await picture().jpeg({ quality: 85 }).toBuffer();
  const arrays = [npy('|u1', [4, 5, 3], new Uint8Array(60).fill(7)), npy('<f4', [4, 5], new Uint8Array(80))];
  const pictures = await Promise.all([
    picture().jpeg({ progressive: true }).toBuffer(),
    picture().jpeg({ chromaSubsampling: '4:4:4', quality: 98 }).toBuffer(),
    picture().toColourspace('b-w').jpeg().toBuffer(),
    picture().toColourspace('cmyk').jpeg().toBuffer(),
    sharp(jpeg).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    picture().png().toBuffer(),
    picture().png({ palette: true }).toBuffer(),
    picture().ensureAlpha(0.5).png().toBuffer(),
    picture().toColourspace('rgb16').png().toBuffer(),
    picture().webp().toBuffer(),
    picture().webp({ lossless: true }).toBuffer(),
    picture().ensureAlpha(0.5).webp().toBuffer(),
  ]);
  const rasters = [
    bmp({ bits: 8 }),
    bmp({ bits: 24 }),
    tiff({ bits: 16, rowsPerStrip: 1 }),
    tiff({ bits: 8, samples: 3, isPlanar: true }),
  ];
  return [jpeg, ...pictures, ...arrays, ...rasters];
}

export interface PackageSeed {
  readonly onnx: Uint8Array;
  /** Contents of model.json. */
  readonly json: object;
}

/** Packages that work, one per family of detectors and classifiers. */
export function packageSeeds(): readonly PackageSeed[] {
  const image = { name: 'image', shape: [1, 3, 8, 8] };
  const boxes = { name: 'boxes', shape: [1, 2, 4], values: [0.1, 0.1, 0.9, 0.9, 0.2, 0.2, 0.5, 0.5] };
  const scores = { name: 'scores', shape: [1, 2, 3], values: [0.1, 0.8, 0.1, 0.2, 0.1, 0.7] };
  const table = (name: string, ...shape: number[]) => {
    const length = shape.reduce((product, side) => product * side, 1);
    return constantModel(image, [{ name, shape, values: Array.from({ length }, (_, index) => (index % 7) / 7) }]);
  };
  const ssd = { decoder: 'ssd', boxes: 'boxes', boxFormat: 'xyxy', scores: 'scores', backgroundClass: 0 };
  const priors = [
    [0.5, 0.5, 1, 1],
    [0.5, 0.5, 0.2, 0.2],
  ];
  return [
    { onnx: meanColorModel(8), json: manifestOf({ decoder: 'classification', topK: 3 }) },
    { onnx: smallNetwork(8), json: manifestOf({ decoder: 'classification', activation: 'softmax' }) },
    { onnx: constantModel(image, [boxes, scores]), json: manifestOf(ssd) },
    { onnx: constantModel(image, [boxes, scores]), json: manifestOf({ ...ssd, priors, variances: [0.1, 0.2] }) },
    { onnx: table('rows', 1, 3, 6), json: manifestOf({ decoder: 'ssd', output: 'rows' }) },
    {
      onnx: table('head', 1, 14, 1, 1),
      json: manifestOf({
        decoder: 'yolov3',
        heads: [
          {
            output: 'head',
            stride: 8,
            anchors: [
              [8, 8],
              [4, 6],
            ],
            scaleXY: 1.05,
          },
        ],
      }),
    },
    { onnx: table('output0', 1, 20, 8), json: manifestOf({ decoder: 'yolov5' }) },
    { onnx: table('output0', 1, 7, 20), json: manifestOf({ decoder: 'yolov8' }) },
    { onnx: table('output', 1, 5, 7), json: manifestOf({ decoder: 'yolox', strides: [4, 8] }) },
    { onnx: table('embedding', 1, 16), json: manifestOf({ decoder: 'tensor' }) },
  ];
}

function manifestOf(output: { readonly decoder: string; readonly [key: string]: unknown }): object {
  const task = { classification: 'image-classification', tensor: 'tensor' }[output.decoder] ?? 'object-detection';
  return {
    schemaVersion: 1,
    name: 'Fuzz',
    version: '1.0.0',
    task,
    input: { width: 8, height: 8, resize: 'letterbox', mean: [1, 2, 3], std: 255 },
    output,
    variants: [{ file: 'model.onnx' }],
  };
}
