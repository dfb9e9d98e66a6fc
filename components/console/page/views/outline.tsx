import type { Prediction } from '#packages/model-package';
import { outlinesOf, paintMask, skeletonOf } from '#packages/shapes';
import { classColor } from '../state/class-color.ts';

export interface OutlineProps {
  readonly prediction: Prediction;
  /** Of the picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** One pixel of the screen, in pixels of the picture. */
  readonly px: number;
}

/** Everything of a prediction but its label: its pixels, the box, upright or turned, and the key points, on darker edges. */
export function Outline({ prediction, width, height, px }: OutlineProps) {
  const { classId, box = [0, 0, 0, 0], corners, keypoints = [] } = prediction;
  const color = classColor(classId);
  const [x0, y0, x1, y1] = box;
  const frame = corners ?? ([[x0, y0], [x1, y0], [x1, y1], [x0, y1]] as const); // prettier-ignore
  const path = `${pathOf(frame, width, height)}Z`;
  const { points, limbs } = skeletonOf(keypoints);
  const bones = limbs.map((limb) => pathOf(limb, width, height)).join('');
  return (
    <>
      <MaskFill prediction={prediction} width={width} height={height} />
      {[path, bones].map(
        (line, at) =>
          line !== '' && (
            <g key={at} fill="none" stroke-linejoin="round" stroke-linecap="round">
              <path d={line} stroke="#000a" stroke-width={4 * px} />
              <path d={line} stroke={color} stroke-width={2 * px} />
            </g>
          ),
      )}
      {points.map(([x, y], at) => (
        <circle
          key={at}
          cx={x * width}
          cy={y * height}
          r={2.5 * px}
          fill="#fff"
          stroke="#000c"
          stroke-width={1.5 * px}
        />
      ))}
    </>
  );
}

/** The pixels of a prediction, or nothing. */
export function MaskFill({ prediction, width, height }: Pick<OutlineProps, 'prediction' | 'width' | 'height'>) {
  const { classId, mask, box = [0, 0, 1, 1] } = prediction;
  if (!mask) return null;
  const path = maskPath(mask, box, width, height);
  return <path d={path} fill={classColor(classId)} fill-opacity="0.4" fill-rule="evenodd" />;
}

/** Cells of the longer side: more cannot be seen in a picture of the page. */
const MASK_CELLS = 240;

function maskPath(
  mask: NonNullable<Prediction['mask']>,
  box: readonly [number, number, number, number],
  width: number,
  height: number,
) {
  const [x0, y0, x1, y1] = box;
  const [wide, tall] = [(x1 - x0) * width, (y1 - y0) * height];
  const cell = Math.max(1, wide / MASK_CELLS, tall / MASK_CELLS);
  const [columns, rows] = [Math.max(1, Math.round(wide / cell)), Math.max(1, Math.round(tall / cell))];
  const point = (x: number, y: number): string =>
    `${(x0 * width + (x / columns) * wide).toFixed(1)} ${(y0 * height + (y / rows) * tall).toFixed(1)}`;
  return outlinesOf(paintMask(mask, box, columns, rows), columns)
    .map(
      ({ points }) =>
        `M${pairs(points)
          .map(([x, y]) => point(x, y))
          .join('L')}Z`,
    )
    .join('');
}

function pairs(points: readonly number[]): readonly (readonly [number, number])[] {
  return Array.from({ length: points.length / 2 }, (_, at) => [points[2 * at] ?? 0, points[2 * at + 1] ?? 0] as const);
}

function pathOf(points: readonly (readonly [number, number, number?])[], width: number, height: number): string {
  return points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x * width} ${y * height}`).join('');
}
