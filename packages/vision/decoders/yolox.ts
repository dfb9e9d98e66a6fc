import type { YoloxOutput } from '#packages/model-package';

import type { Size } from '../resize/geometry.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import { rowsOf } from './rows.ts';

/**
 * YOLOX exports [1, N, 5 + C], one row per cell of each stride's grid, strides in turn: center offset and log size in strides,
 * then objectness and classes, which have been through their sigmoid. x = (tx + column) · stride, w = exp(tw) · stride.
 * Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", 2.2, and its demo_postprocess, read as a specification.
 */
export function yoloxDecoder(spec: YoloxOutput, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const candidates = new Candidates();
  /** Of the tensor's size that came last. */
  let grid: Grid | undefined;
  const expected = context.labels.length > 0 ? 5 + context.labels.length : undefined;
  return {
    fetches: [name],
    decode(outputs, placement) {
      const { width: inputWidth, height: inputHeight } = placement;
      const fits = grid?.width === inputWidth && grid.height === inputHeight;
      const cells = fits ? (grid as Grid) : gridOf(spec.strides, placement);
      grid = cells;
      const tensor = outputTensor(outputs, name);
      const rows = rowsOf(tensor.shape, expected, 'rows-first');
      if (!rows || rows.width < 6 || rows.count !== cells.length) {
        throw unexpectedShape(
          name,
          tensor.shape,
          `[1, ${cells.length}, ${expected ?? '5 + classes'}] for the strides ${spec.strides.join(', ')}`,
        );
      }
      const values = numbersOf(tensor);
      candidates.clear();
      for (let row = 0; row < rows.count; row++) {
        const at = row * rows.rowStep;
        const objectness = values[at + 4 * rows.step] as number;
        if (!(objectness >= spec.scoreThreshold)) continue;
        let best = -Infinity;
        let classId = 0;
        for (let column = 5; column < rows.width; column++) {
          const score = values[at + column * rows.step] as number;
          if (score > best) {
            best = score;
            classId = column - 5;
          }
        }
        const score = objectness * best;
        if (!(score >= spec.scoreThreshold)) continue;
        const stride = cells.strides[row] as number;
        const x = (((values[at] as number) + (cells.columns[row] as number)) * stride) / inputWidth;
        const y = (((values[at + rows.step] as number) + (cells.rows[row] as number)) * stride) / inputHeight;
        const halfWidth = (Math.exp(values[at + 2 * rows.step] as number) * stride) / inputWidth / 2;
        const halfHeight = (Math.exp(values[at + 3 * rows.step] as number) * stride) / inputHeight / 2;
        candidates.add(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId);
      }
      return toDetections(candidates, spec, placement, context);
    },
  };
}

/** Column, row and stride of each row of the output. */
interface Grid extends Size {
  readonly length: number;
  readonly columns: Int32Array;
  readonly rows: Int32Array;
  readonly strides: Int32Array;
}

function gridOf(strides: readonly number[], input: Size): Grid {
  const columns: number[] = [];
  const rows: number[] = [];
  const strideOf: number[] = [];
  for (const stride of strides) {
    for (let y = 0; y < Math.floor(input.height / stride); y++) {
      for (let x = 0; x < Math.floor(input.width / stride); x++) {
        columns.push(x);
        rows.push(y);
        strideOf.push(stride);
      }
    }
  }
  return {
    width: input.width,
    height: input.height,
    length: columns.length,
    columns: Int32Array.from(columns),
    rows: Int32Array.from(rows),
    strides: Int32Array.from(strideOf),
  };
}
