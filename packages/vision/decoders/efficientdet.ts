import type { EfficientDetOutput } from '#packages/model-package';

import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { gridOf } from './head-grids.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';

type Head = EfficientDetOutput['heads'][number];

/**
 * EfficientDet: for each anchor of each cell a raw score per class, and a box as offsets from the anchor in the order y, x, height, width.
 * Anchors stand in the middle of their cells: each octave with each ratio. Every class over the threshold counts.
 * Sources: Tan et al., "EfficientDet", 2020, section 5.1; effdet 0.4.1, effdet/anchors.py and bench.py, read as specifications.
 */
export function efficientDetDecoder(spec: EfficientDetOutput, context: DecoderContext): OutputDecoder {
  const candidates = new Candidates();
  for (const name of namesOf(spec.heads)) outputName(name, context.outputs, 'heads');
  const sizes = anchorSizes(spec);
  // The cheaper test of raw scores: the sigmoid grows with its argument.
  const { scoreThreshold, activation } = spec;
  const isRaw = activation === 'sigmoid';
  const least = isRaw ? Math.log(scoreThreshold / (1 - scoreThreshold)) : scoreThreshold;
  return {
    fetches: namesOf(spec.heads),
    decode(outputs, placement) {
      candidates.clear();
      for (const head of spec.heads) {
        const { columns, rows } = gridOf(head.stride, placement);
        const cells = columns * rows;
        const numbers = (name: string, perAnchor?: number) => {
          const tensor = outputTensor(outputs, name);
          const [channels, ...sides] = layOut(tensor.shape, spec.layout);
          const anchored = channels / sizes.length;
          if (sides[0] !== rows || sides[1] !== columns || anchored !== (perAnchor ?? Math.trunc(anchored)))
            throw unexpectedShape(name, tensor.shape, needed(spec, rows, columns, perAnchor));
          return { values: numbersOf(tensor), channels };
        };
        const { values: scores, channels } = numbers(head.scores);
        const boxes = numbers(head.boxes, 4).values;
        const classes = channels / sizes.length;
        const [sideX, sideY] = [head.stride / placement.width, head.stride / placement.height];
        for (let at = 0; at < scores.length; at++) {
          const value = scores[at] as number;
          if (!(value >= least)) continue;
          const [channel, cell] =
            spec.layout === 'NCHW' ? [Math.trunc(at / cells), at % cells] : [at % channels, Math.trunc(at / channels)];
          const anchor = Math.trunc(channel / classes);
          const [width, height] = sizes[anchor] as readonly [number, number];
          const offset = (side: number): number => offsetAt(boxes, spec, 4 * anchor + side, cell, cells, sizes.length);
          const x = ((cell % columns) + 0.5 + offset(1) * width) * sideX;
          const y = (Math.trunc(cell / columns) + 0.5 + offset(0) * height) * sideY;
          const halfWidth = (Math.exp(offset(3)) * width * sideX) / 2;
          const halfHeight = (Math.exp(offset(2)) * height * sideY) / 2;
          const score = isRaw ? 1 / (1 + Math.exp(-value)) : value;
          candidates.add(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, channel % classes);
        }
      }
      return toDetections(candidates, spec, placement, context);
    },
  };
}

/** Width and height of a cell's anchors, in strides. */
function anchorSizes({ anchorScale, octaves, ratios }: EfficientDetOutput): readonly (readonly [number, number])[] {
  return Array.from({ length: octaves }, (_, octave) => anchorScale * 2 ** (octave / octaves)).flatMap((side) =>
    ratios.map(([width, height]) => [side * width, side * height] as const),
  );
}

/** Channels, rows and columns. */
function layOut(shape: readonly number[], layout: EfficientDetOutput['layout']): readonly [number, number, number] {
  const [batch = 0, first = 0, second = 0, third = 0] = shape;
  if (shape.length !== 4 || batch !== 1) return [0, 0, 0];
  return layout === 'NCHW' ? [first, second, third] : [third, first, second];
}

function needed({ layout, octaves, ratios }: EfficientDetOutput, rows: number, columns: number, perAnchor?: number) {
  const channels = `${octaves * ratios.length} · ${perAnchor ?? 'classes'}`;
  const sides = layout === 'NCHW' ? [channels, rows, columns] : [rows, columns, channels];
  return `[1, ${sides.join(', ')}] by the size of the input, the stride and the anchors`;
}

function offsetAt(
  boxes: Numbers,
  { layout }: EfficientDetOutput,
  channel: number,
  cell: number,
  cells: number,
  anchors: number,
): number {
  return boxes[layout === 'NCHW' ? channel * cells + cell : cell * 4 * anchors + channel] as number;
}

function namesOf(heads: readonly Head[]): string[] {
  return heads.flatMap(({ scores, boxes }) => [scores, boxes]);
}
