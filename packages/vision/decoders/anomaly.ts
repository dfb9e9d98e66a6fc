import { judgeAnomaly } from '#packages/model-package';
import type { AnomalyOutput, HeatMap } from '#packages/model-package';
import { visionErrors } from '../errors.ts';
import type { Tensor } from '../loaded-model.ts';
import type { Placement } from '../resize/geometry.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';

/** Training's own threshold; services that want another judge again. */
const SENSITIVITY = 0.5;
/** Cells of a side of a heat map: 1,024 bytes are 1.4 kB of a message, which holds 4. */
const MAX_CELLS = 32;

/**
 * One prediction: how anomalous the image is, and a heat map of it.
 * Source: anomalib 2.7, post_processing/post_processor.py, and 1.2, utils/normalization/min_max.py, read as specifications.
 */
export function anomalyDecoder(spec: AnomalyOutput, context: DecoderContext): OutputDecoder {
  const named = (name: string | undefined, key: string) => name && outputName(name, context.outputs, key);
  const [scoreName, mapName] = [named(spec.score, 'score'), named(spec.map, 'map')];
  const image = normalizer(spec.image);
  const pixel = normalizer(spec.pixel ?? spec.image);
  return {
    fetches: [scoreName, mapName].filter((name) => name !== undefined),
    decode(outputs, placement) {
      const map = mapName === undefined ? undefined : mapOf(mapName, outputTensor(outputs, mapName));
      const raw =
        scoreName === undefined ? highest(map?.values ?? []) : scoreOf(scoreName, outputTensor(outputs, scoreName));
      // An inspection that breaks down must not call a part normal.
      if (Number.isNaN(raw))
        throw visionErrors.error('model.output-unexpected', 'the score of the image is not a number', {
          facts: { output: scoreName ?? mapName ?? '' },
        });
      const heatMap = map && heatMapOf(map, placement, pixel);
      return [judgeAnomaly({ score: image(raw), ...(heatMap ? { heatMap } : {}) }, SENSITIVITY)];
    },
  };
}

function normalizer(range: AnomalyOutput['image']): (raw: number) => number {
  if (!range) return (raw) => raw;
  const { threshold, min, max } = range;
  return (raw) => Math.min(1, Math.max(0, (raw - threshold) / (max - min) + 0.5));
}

interface Scores {
  readonly values: Numbers;
  readonly height: number;
  readonly width: number;
}

function mapOf(name: string, tensor: Tensor): Scores {
  const [height = 0, width = 0] = tensor.shape.slice(-2);
  const values = numbersOf(tensor);
  if (tensor.shape.length < 2 || values.length === 0 || values.length !== height * width)
    throw unexpectedShape(name, tensor.shape, '[1, 1, H, W]');
  return { values, height, width };
}

function scoreOf(name: string, tensor: Tensor): number {
  const values = numbersOf(tensor);
  if (values.length !== 1) throw unexpectedShape(name, tensor.shape, '[1]');
  return values[0] as number;
}

/** NaN if one of them is. */
function highest(values: ArrayLike<number>): number {
  let most = -Infinity;
  for (let at = 0; at < values.length; at++) most = Math.max(most, values[at] as number);
  return most;
}

/** Each cell has the highest score of the map's pixels that it touches, so that what is small is not lost; 0 if the model does not see it. */
function heatMapOf({ values, height, width }: Scores, placement: Placement, pixel: (raw: number) => number): HeatMap {
  const { scaleX, scaleY, offsetX, offsetY } = placement;
  const columns = spans(width, scaleX, offsetX);
  const rows = spans(height, scaleY, offsetY);
  const cells = Buffer.alloc(rows.length * columns.length);
  rows.forEach(([top, bottom], row) =>
    columns.forEach(([left, right], column) => {
      let most = -Infinity;
      for (let y = top; y < bottom; y++) {
        for (let x = left, at = y * width + left; x < right; x++, at++) {
          const value = values[at] as number;
          if (value > most) most = value;
        }
      }
      const byte = most === -Infinity ? 0 : Math.round(255 * pixel(most));
      cells[row * columns.length + column] = Math.min(255, Math.max(0, byte));
    }),
  );
  return { size: [rows.length, columns.length], values: cells.toString('base64') };
}

/** The pixels of the map that each cell of the image touches, end excluded. The image has as many cells as pixels of the map, within bounds. */
function spans(pixels: number, scale: number, offset: number): readonly (readonly [from: number, to: number])[] {
  const cells = Math.min(MAX_CELLS, Math.max(1, Math.round(pixels / scale)));
  const at = (cell: number): number => ((cell / cells - offset) / scale) * pixels;
  return Array.from({ length: cells }, (_, cell) => [
    // Rounding must not make a cell touch its neighbor.
    Math.max(0, Math.floor(at(cell) + 1e-6)),
    Math.min(pixels, Math.ceil(at(cell + 1) - 1e-6)),
  ]);
}
