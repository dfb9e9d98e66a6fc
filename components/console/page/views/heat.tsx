import type { Prediction } from '#packages/model-package';
import { HeatCells, outlinesOf } from '#packages/shapes';
import type { OutlineProps } from './outline.tsx';

const STEPS = 5;
/** Amber near to an anomaly, red from its threshold on. */
const [AMBER, RED] = ['#ffb000', '#e61428'] as const;
/** Share of the threshold from which a cell is colored. */
const WARM = 0.8;

/** How anomalous each part of the picture is, in layers: the hotter, the more of them lie on each other. */
export function Heat({ prediction, width, height }: Pick<OutlineProps, 'prediction' | 'width' | 'height'>) {
  const cells = prediction.heatMap && HeatCells.read(prediction.heatMap);
  if (!cells) return null;
  return (
    <g fill-rule="evenodd" fill-opacity="0.16">
      {levelsOf(prediction).map(({ level, color }, at) => (
        <path key={at} d={pathOf(cells, level, width, height)} fill={color} />
      ))}
    </g>
  );
}

function levelsOf({ threshold = 0.5 }: Prediction) {
  const part = (from: number, to: number, step: number): number => from + ((to - from) * step) / STEPS;
  const steps = Array.from({ length: STEPS }, (_, step) => step);
  return [
    ...steps.map((step) => ({ level: part(WARM * threshold, threshold, step), color: AMBER })),
    ...steps.map((step) => ({ level: part(threshold, 1, step), color: RED })),
  ];
}

function pathOf(cells: HeatCells, level: number, width: number, height: number): string {
  const { rows, columns } = cells;
  const hot = Uint8Array.from({ length: rows * columns }, (_, at) =>
    cells.cell(Math.floor(at / columns), at % columns) > level ? 1 : 0,
  );
  return outlinesOf(hot, columns)
    .map(({ points }) => {
      const corners = Array.from({ length: points.length / 2 }, (_, at) => {
        const [x = 0, y = 0] = points.slice(2 * at, 2 * at + 2);
        return `${((x / columns) * width).toFixed(1)} ${((y / rows) * height).toFixed(1)}`;
      });
      return `M${corners.join('L')}Z`;
    })
    .join('');
}
