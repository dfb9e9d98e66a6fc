import { isDictionary, parsePythonLiteral } from './python-literal.ts';
import type { PythonValue } from './python-literal.ts';
import type { OnnxModel } from './read-onnx.ts';

/** Metadata that an exporter wrote into the file beside the graph. Only their form is checked. */
export interface ExporterFacts {
  /** Ultralytics wrote the file, or YOLOv5's and v7's own scripts, which write less of the same. */
  readonly isUltralytics: boolean;
  /** Name of the model in training, e.g. `Ultralytics YOLO11n model trained on coco8.yaml`. */
  readonly description: string;
  /** Ultralytics' task: `detect`, `classify`, `segment`, `pose`, `obb`. `text-recognition` for characters and a sequence of their scores. */
  readonly task: string | undefined;
  /** Characters of a recognizer in the order of its columns, without blank and space; a character may be white space. */
  readonly dictionary: readonly string[] | undefined;
  /** In the order of the classes. */
  readonly labels: readonly string[] | undefined;
  /** Height and width in pixels. */
  readonly size: readonly [height: number, width: number] | undefined;
  /** The graph ends in finished rows, without suppression or with suppression in it. */
  readonly isFinished: boolean;
  /** Key points and numbers of each. */
  readonly keyPoints: readonly [count: number, numbers: number] | undefined;
  readonly channels: number | undefined;
  /** Largest stride of the model, if it was exported to take pictures of any multiple of it (`dynamic=True`). */
  readonly dynamicStride: number | undefined;
  /** Raw heads of Darknet, as converters describe them. */
  readonly heads: readonly HeadFacts[] | undefined;
  /** Order of the colors and range of the numbers by ONNX' own convention for images. */
  readonly pixelFormat: string | undefined;
  readonly pixelRange: string | undefined;
}

interface HeadFacts {
  readonly stride: number;
  readonly anchors: readonly (readonly [width: number, height: number])[];
  readonly scaleXY: number;
}

const LABEL_KEYS = ['names', 'labels', 'classes', 'class_names', 'id2label'];

/**
 * Sources of the keys: Ultralytics, engine/exporter.py (metadata); ONNX, docs/MetadataProps.md (`Image.…`); RapidOCR's models
 * (`character`, which holds the characters of a recognizer, and the classes of other models). Read as specifications.
 */
export function exporterFacts({ metadata, outputs }: Pick<OnnxModel, 'metadata' | 'outputs'>): ExporterFacts {
  const literal = (key: string): PythonValue | undefined => {
    const text = metadata[key];
    return text === undefined ? undefined : parsePythonLiteral(text);
  };
  const args = literal('args');
  const characters = metadata['character']?.replace(/\r?\n$/, '').split(/\r?\n/);
  const isRecognizer = characters !== undefined && outputs.length === 1 && outputs[0]?.shape.length === 3;
  const isUltralytics = /ultralytics/i.test(metadata['author'] ?? '') || ('stride' in metadata && 'names' in metadata);
  return {
    isUltralytics,
    description: metadata['description'] ?? '',
    task: isUltralytics ? metadata['task'] : isRecognizer ? 'text-recognition' : undefined,
    dictionary: isRecognizer ? characters : undefined,
    labels:
      LABEL_KEYS.map((key) => labelsOf(literal(key))).find((labels) => labels !== undefined) ??
      (isRecognizer ? undefined : characters?.map(oneLine)),
    size: sizeOf(literal('imgsz')),
    isFinished: literal('end2end') === true || (isDictionary(args) && args.get('nms') === true),
    keyPoints: pairOf(literal('kpt_shape')),
    channels: countOf(literal('channels')),
    dynamicStride: isDictionary(args) && args.get('dynamic') === true ? countOf(literal('stride')) : undefined,
    heads: headsOf(metadata['yolo']),
    pixelFormat: metadata['Image.BitmapPixelFormat'],
    pixelRange: metadata['Image.NominalPixelRange'],
  };
}

/** A list of texts, or a dictionary from 0, 1, 2, … to texts. */
function labelsOf(value: PythonValue | undefined): readonly string[] | undefined {
  if (isDictionary(value)) {
    const labels = Array.from({ length: value.size }, (_, id) => value.get(id) ?? value.get(String(id)));
    return labelsOf(labels.map((label) => label ?? null));
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const list = value as readonly PythonValue[];
  return list.every((label) => typeof label === 'string') ? list.map(oneLine) : undefined;
}

/** labels.txt has one label a line. */
function oneLine(label: string): string {
  return label.replace(/\s+/g, ' ').trim();
}

function sizeOf(value: PythonValue | undefined): readonly [number, number] | undefined {
  const side = countOf(value);
  return side === undefined ? pairOf(value) : [side, side];
}

function pairOf(value: PythonValue | undefined): readonly [number, number] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [first, second] = (value as readonly PythonValue[]).map(countOf);
  return first === undefined || second === undefined ? undefined : [first, second];
}

function countOf(value: PythonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 16_384 ? value : undefined;
}

function headsOf(text: string | undefined): readonly HeadFacts[] | undefined {
  const value = text === undefined ? undefined : parsePythonLiteral(text);
  if (!Array.isArray(value)) return undefined;
  const heads = (value as readonly PythonValue[]).map(headOf);
  return heads.every((head) => head !== undefined) ? heads : undefined;
}

function headOf(value: PythonValue): HeadFacts | undefined {
  if (!isDictionary(value)) return undefined;
  const [stride, anchors, scale] = [value.get('stride'), value.get('anchors'), value.get('scale_x_y') ?? 1];
  if (typeof stride !== 'number' || typeof scale !== 'number' || !Array.isArray(anchors)) return undefined;
  const pairs = (anchors as readonly PythonValue[]).filter(
    (anchor): anchor is [number, number] =>
      Array.isArray(anchor) && anchor.length === 2 && anchor.every((side) => typeof side === 'number' && side > 0),
  );
  return pairs.length === anchors.length && pairs.length > 0 ? { stride, anchors: pairs, scaleXY: scale } : undefined;
}
