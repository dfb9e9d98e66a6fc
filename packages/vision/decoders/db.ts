import type { DbOutput, Prediction, Quad } from '#packages/model-package';

import type { Placement } from '../resize/geometry.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { clip } from './detections.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';
import { cornersOf, eachRegion, meanInside, smallestRectangle } from './text-regions.ts';
import type { Rectangle, Region } from './text-regions.ts';

/** Regions whose shorter side is less, before and after they grow, are noise. */
const [LEAST_CORE, LEAST_SIDE] = [3, 5] as const;

/**
 * Lines of text, turned as they lie, from a map of probabilities [1, 1, H, W] or [1, H, W] of the model's input: PP-OCR's detectors.
 * Sources: Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", 2020, section 3.5; PaddleOCR,
 * ppocr/postprocess/db_postprocess.py (fast scores), read as a specification. A rectangle that grows by rounded corners is a
 * rectangle again, so no polygons need to be clipped here.
 */
export function dbDecoder(spec: DbOutput, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const [label = 'text'] = context.labels;
  return {
    fetches: [name],
    decode(outputs, placement) {
      const tensor = outputTensor(outputs, name);
      const [height = 0, width = 0] = tensor.shape.slice(-2);
      if (tensor.shape.length < 2 || tensor.shape.slice(0, -2).some((side) => side !== 1))
        throw unexpectedShape(name, tensor.shape, '[1, 1, height, width]');
      const values = numbersOf(tensor);
      const found: Region[] = [];
      eachRegion(bitmapOf(values, width, height, spec), width, height, (hull) => {
        const core = smallestRectangle(hull);
        if (Math.min(core.width, core.height) < LEAST_CORE) return;
        const score = meanInside(values, width, height, core);
        const grown = grow(core, spec.unclipRatio);
        if (score >= spec.scoreThreshold && Math.min(grown.width, grown.height) >= LEAST_SIDE)
          found.push({ ...grown, score });
      });
      context.onCandidates?.(found.length, 0);
      const predictions = found.map((region) => predictionOf(region, { width, height }, placement, label));
      // Sorting is stable: equal scores from top to bottom.
      return predictions.sort((a, b) => b.score - a.score).slice(0, spec.maxDetections);
    },
  };
}

function bitmapOf(values: Numbers, width: number, height: number, { pixelThreshold, dilate }: DbOutput): Uint8Array {
  const bitmap = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (!((values[at] as number) > pixelThreshold)) continue;
      bitmap[at] = 1;
      if (!dilate) continue;
      const [hasRight, hasBelow] = [x + 1 < width, y + 1 < height];
      if (hasRight) bitmap[at + 1] = 1;
      if (hasBelow) bitmap[at + width] = 1;
      if (hasRight && hasBelow) bitmap[at + width + 1] = 1;
    }
  }
  return bitmap;
}

function grow(core: Rectangle, ratio: number): Rectangle {
  const by = (core.width * core.height * ratio) / (core.width + core.height);
  return { ...core, width: core.width + by, height: core.height + by };
}

function predictionOf(
  region: Region,
  map: { readonly width: number; readonly height: number },
  placement: Placement,
  label: string,
): Prediction {
  const corners = cornersOf(region).map(
    ([x, y]) =>
      [
        clip((x / map.width) * placement.scaleX + placement.offsetX),
        clip((y / map.height) * placement.scaleY + placement.offsetY),
      ] as const,
  ) as unknown as Quad;
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
  const angle = region.angle + (region.height > region.width ? Math.PI / 2 : 0);
  return { classId: 0, label, score: region.score, box, corners, angle: ((angle % Math.PI) + Math.PI) % Math.PI };
}
