import path from 'node:path';
import sharp from 'sharp';

import { VISION_DATA } from '../outside-data/vision-data.ts';
import { expectedResults, photo } from '../vision/shared-data.ts';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';

const MODEL = 'mobilenet_v2_fp32_nchw';
const SIDE = 224;
/** Photos that another filter than the reference's does not make another class of. */
const SURE = 0.8;

/** MobileNet v2 as Edge Manager would have it: a folder with the model and `sagemaker_edge_manifest`. */
export async function mobilenetFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await copyFile(path.join(VISION_DATA, 'models', `${MODEL}.onnx`), path.join(folder, `${MODEL}.onnx`));
  const manifest = { metadata: { model_name: 'mobilenet-v2', model_version: '1.0' } };
  await writeFile(path.join(folder, 'sagemaker_edge_manifest'), JSON.stringify(manifest));
  return folder;
}

export interface ExpectedClass {
  readonly photo: string;
  readonly index: number;
  readonly label: string;
}

/** Photos whose class the reference pipeline is sure of. */
export function surePhotos(): readonly ExpectedClass[] {
  return Object.entries(expectedResults()).flatMap(([name, byModel]) => {
    const [best] = byModel[MODEL] ?? [];
    const [index, label, probability] = best ?? [];
    const sure = typeof index === 'number' && typeof label === 'string' && Number(probability) >= SURE;
    return sure ? [{ photo: name, index, label }] : [];
  });
}

/** 1 × 3 × 224 × 224 floats of x / 128 - 1, RGB, as an application makes them with an image library. */
export async function photoTensor(name: string): Promise<Float32Array> {
  const image = sharp(photo(name)).removeAlpha().toColourspace('srgb').resize(SIDE, SIDE, { fit: 'fill' });
  const pixels = await image.raw().toBuffer();
  const plane = SIDE * SIDE;
  const tensor = new Float32Array(3 * plane);
  for (let at = 0; at < plane; at++) {
    for (let channel = 0; channel < 3; channel++) {
      tensor[channel * plane + at] = pixels[3 * at + channel]! / 128 - 1;
    }
  }
  return tensor;
}
