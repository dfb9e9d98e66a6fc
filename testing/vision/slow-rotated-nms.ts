import type { Yolov8ObbOutput } from '#packages/model-package';
import type { Placement } from '#packages/vision';
import type { PlainBox } from './slow-decoders.ts';

/** A turned box in pixels of the model's input. */
export interface PlainTurned {
  readonly turned: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly angle: number;
  };
}

/** Fast NMS as its paper has it: the whole matrix of overlaps, and everything goes that any better one overlaps too much. */
export function slowFastNms<One extends PlainBox & PlainTurned>(
  boxes: readonly One[],
  output: Yolov8ObbOutput,
  placement: Omit<Placement, 'width' | 'height'>,
): readonly One[] {
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  const sorted = boxes
    .filter(({ score, box: [x0, y0, x1, y1] }) => {
      const across = clip(x1 * placement.scaleX + placement.offsetX) - clip(x0 * placement.scaleX + placement.offsetX);
      const down = clip(y1 * placement.scaleY + placement.offsetY) - clip(y0 * placement.scaleY + placement.offsetY);
      return score >= output.scoreThreshold && across > 0 && down > 0;
    })
    .map((one, order) => ({ one, order }))
    .sort((a, b) => b.one.score - a.one.score || a.order - b.order)
    .map(({ one }) => one);
  if (output.nms === 'none') return sorted;
  return sorted.filter((one, at) =>
    sorted
      .slice(0, at)
      .every(
        (better) =>
          (output.nms === 'class' && better.classId !== one.classId) ||
          probIou(better.turned, one.turned) <= output.iouThreshold,
      ),
  );
}

type Turned = PlainTurned['turned'];

/** One less the Hellinger distance of two normal distributions, by their matrices. */
function probIou(one: Turned, other: Turned): number {
  const [first, second] = [covariance(one), covariance(other)];
  const mean = first.map((value, at) => (value + (second[at] as number)) / 2) as unknown as Matrix;
  const [a, b, c] = mean;
  const [dx, dy] = [one.x - other.x, one.y - other.y];
  const inverse = [b / det(mean), a / det(mean), -c / det(mean)] as const;
  const mahalanobis = inverse[0] * dx * dx + 2 * inverse[2] * dx * dy + inverse[1] * dy * dy;
  const distance = mahalanobis / 8 + Math.log(det(mean) / Math.sqrt(det(first) * det(second))) / 2;
  return 1 - Math.sqrt(1 - Math.exp(-distance));
}

/** xx, yy and xy of a symmetric matrix. */
type Matrix = readonly [number, number, number];

function covariance({ width, height, angle }: Turned): Matrix {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [along, across] = [width ** 2 / 12, height ** 2 / 12];
  return [along * cos ** 2 + across * sin ** 2, along * sin ** 2 + across * cos ** 2, (along - across) * cos * sin];
}

function det([a, b, c]: Matrix): number {
  return a * b - c * c;
}
