import type { DatasetFormat, FormatName } from '../dataset.ts';
import { coco } from './coco.ts';
import { cvat } from './cvat.ts';
import { groundTruth } from './ground-truth.ts';
import { labelStudio } from './label-studio.ts';
import { yolo } from './yolo.ts';

/** By the names of `--to` and `--labels-format`. */
export const FORMATS: Readonly<Record<FormatName, DatasetFormat>> = {
  coco,
  yolo,
  'label-studio': labelStudio,
  cvat,
  'ground-truth': groundTruth,
};
