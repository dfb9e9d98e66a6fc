import type { Yolov3Output } from '#packages/model-package';

import type { Size } from '../resize/geometry.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';

type Head = Yolov3Output['heads'][number];

/**
 * Raw heads of the YOLOv3 family: per cell and anchor tx, ty, tw, th, objectness and classes.
 * x = (σ(tx)·s - (s - 1)/2 + column) / columns, w = anchor · exp(tw) / input; score = σ(objectness) · σ(class).
 * The best class of each box counts; a head without classes scores by its objectness.
 * Sources: Redmon and Farhadi, "YOLOv3: An Incremental Improvement", 2018, 2.1; scale_x_y: Bochkovskiy et al., "YOLOv4", 2020, 3.3
 * ("Eliminate grid sensitivity").
 */
export function yolov3Decoder(spec: Yolov3Output, context: DecoderContext): OutputDecoder {
  const candidates = new Candidates();
  const names = spec.heads.map((head, index) => outputName(head.output, context.outputs, `heads/${index}/output`));
  const activate = spec.activation === 'sigmoid' ? sigmoid : identity;
  // Comparing before the sigmoid spares nearly all of them.
  const objectnessFloor = spec.activation === 'sigmoid' ? logit(spec.scoreThreshold) : spec.scoreThreshold;
  return {
    fetches: names,
    decode(outputs, placement) {
      candidates.clear();
      spec.heads.forEach((head, index) => {
        const tensor = outputTensor(outputs, names[index] as string);
        const layout = layoutOf(tensor.shape, head, placement);
        if (!layout) throw unexpectedShape(names[index] as string, tensor.shape, describeNeed(head, placement));
        readHead(numbersOf(tensor), head, layout, placement);
      });
      return toDetections(candidates, spec, placement, context);
    },
  };

  function readHead(values: Numbers, head: Head, layout: Layout, input: Size): void {
    const { columns, rows, anchorStep, cellStep, step, classes } = layout;
    head.anchors.forEach(([anchorWidth, anchorHeight], anchor) => {
      for (let cell = 0; cell < columns * rows; cell++) {
        const at = anchor * anchorStep + cell * cellStep;
        const raw = values[at + 4 * step] as number;
        if (!(raw >= objectnessFloor)) continue;
        const objectness = activate(raw);
        let best = -Infinity;
        let classId = 0;
        for (let other = 0; other < classes; other++) {
          const value = values[at + (5 + other) * step] as number;
          if (value > best) {
            best = value;
            classId = other;
          }
        }
        const score = classes === 0 ? objectness : objectness * activate(best);
        if (!(score >= spec.scoreThreshold)) continue;
        const x = (scaled(activate(values[at] as number), head.scaleXY) + (cell % columns)) / columns;
        const y = (scaled(activate(values[at + step] as number), head.scaleXY) + Math.floor(cell / columns)) / rows;
        const halfWidth = (anchorWidth * Math.exp(values[at + 2 * step] as number)) / input.width / 2;
        const halfHeight = (anchorHeight * Math.exp(values[at + 3 * step] as number)) / input.height / 2;
        candidates.add(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId);
      }
    });
  }
}

/** How the numbers lie: attribute k of anchor a in a cell = a·anchorStep + cell·cellStep + k·step. */
interface Layout {
  readonly columns: number;
  readonly rows: number;
  readonly classes: number;
  readonly anchorStep: number;
  readonly cellStep: number;
  readonly step: number;
}

/** [1, A·(5+C), H, W] of Darknet, [1, H, W, A·(5+C)] of TensorFlow, [1, A, H, W, 5+C] or [1, H, W, A, 5+C] of others. */
function layoutOf(shape: readonly number[], head: Head, input: Size): Layout | undefined {
  const columns = Math.ceil(input.width / head.stride);
  const rows = Math.ceil(input.height / head.stride);
  const anchors = head.anchors.length;
  const cells = columns * rows;
  const [batch, a, b, c, d] = shape;
  if (batch !== 1) return undefined;
  if (shape.length === 4 && b === rows && c === columns && (a as number) % anchors === 0) {
    const width = (a as number) / anchors;
    return width < 5
      ? undefined
      : { columns, rows, classes: width - 5, anchorStep: width * cells, cellStep: 1, step: cells };
  }
  if (shape.length === 4 && a === rows && b === columns && (c as number) % anchors === 0) {
    const width = (c as number) / anchors;
    return width < 5
      ? undefined
      : { columns, rows, classes: width - 5, anchorStep: width, cellStep: width * anchors, step: 1 };
  }
  if (shape.length !== 5 || (d as number) < 5) return undefined;
  const width = d as number;
  if (a === anchors && b === rows && c === columns) {
    return { columns, rows, classes: width - 5, anchorStep: width * cells, cellStep: width, step: 1 };
  }
  if (a === rows && b === columns && c === anchors) {
    return { columns, rows, classes: width - 5, anchorStep: width, cellStep: width * anchors, step: 1 };
  }
  return undefined;
}

function describeNeed(head: Head, input: Size): string {
  const columns = Math.ceil(input.width / head.stride);
  const rows = Math.ceil(input.height / head.stride);
  return `[1, ${head.anchors.length}·(5 + classes), ${rows}, ${columns}] for stride ${head.stride} and ${head.anchors.length} anchors`;
}

function scaled(value: number, scale: number): number {
  return value * scale - (scale - 1) / 2;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function identity(value: number): number {
  return value;
}

function logit(probability: number): number {
  return probability <= 0 ? -Infinity : probability >= 1 ? Infinity : Math.log(probability / (1 - probability)) - 1e-9;
}
