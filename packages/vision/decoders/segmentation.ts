import type { Prediction, SegmentationOutput } from '#packages/model-package';
import { RunCollector } from '#packages/shapes';
import type { Tensor } from '../loaded-model.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { imageIn, maskOf } from './mask-form.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import { PixelClasses } from './pixel-classes.ts';

/**
 * One prediction for each class that has a pixel of the image: its mask, its share of the image's pixels, and as score the mean score of
 * these pixels (1 if the graph gives classes). A mask has the pixels of the image in the output.
 * Source: Long, Shelhamer and Darrell, "Fully convolutional networks for semantic segmentation", 2015: the class of a pixel is that of its highest score.
 */
export function segmentationDecoder(spec: SegmentationOutput, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const pixels = new PixelClasses(spec);
  return {
    fetches: [name],
    decode(outputs, placement) {
      const { classes, height, width } = sidesOf(spec, name, outputTensor(outputs, name));
      const image = imageIn(placement, width, height);
      const found = new Map<number, Found>();
      const { ids, scores } = pixels.of(numbersOf(outputTensor(outputs, name)), classes, width * height);
      const [left, right] = [Math.max(0, image.left), Math.min(width, image.left + image.width)];
      const [top, bottom] = [Math.max(0, image.top), Math.min(height, image.top + image.height)];
      for (let x = left; x < right; x++) {
        const start = (x - image.left) * image.height - image.top;
        for (let y = top, from = top; y < bottom; from = y) {
          const id = ids[y * width + x] as number;
          let sum = 0;
          for (; y < bottom && ids[y * width + x] === id; y++) sum += scores ? (scores[y * width + x] as number) : 1;
          if (id < 0 || id === spec.backgroundClass) continue;
          let one = found.get(id);
          if (!one) found.set(id, (one = { runs: new RunCollector(), sum: 0 }));
          one.runs.add(start + from, y - from);
          one.sum += sum;
        }
      }
      const area = image.width * image.height;
      return [...found]
        .filter(([, { runs }]) => runs.area >= spec.leastShare * area)
        .map(([classId, { runs, sum }]): Prediction => ({
          classId,
          label: context.labels[classId] ?? String(classId),
          score: sum / runs.area,
          share: runs.area / area,
          mask: maskOf(runs.finish(area), image, spec.masks),
        }))
        .sort((a, b) => b.score - a.score || a.classId - b.classId);
    },
  };
}

interface Found {
  readonly runs: RunCollector;
  /** Of the scores of its pixels. */
  sum: number;
}

function sidesOf({ values, layout }: SegmentationOutput, name: string, { shape }: Tensor) {
  if (values === 'classes') {
    const [height = 0, width = 0] = shape.slice(-2);
    if (shape.length < 2 || shape.slice(0, -2).some((side) => side !== 1))
      throw unexpectedShape(name, shape, '[1, H, W]');
    return { classes: 0, height, width };
  }
  const [batch, first = 0, second = 0, third = 0] = shape;
  if (shape.length !== 4 || batch !== 1)
    throw unexpectedShape(name, shape, layout === 'NCHW' ? '[1, C, H, W]' : '[1, H, W, C]');
  return layout === 'NCHW'
    ? { classes: first, height: second, width: third }
    : { classes: third, height: first, width: second };
}
