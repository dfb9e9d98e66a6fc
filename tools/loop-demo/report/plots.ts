import { escaped } from '../../twin/report/xml.ts';

const WIDTH = 880;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 12, 26, 24];
const HEIGHT = 230;
/** Names of marks stand in rows, so that those of near ones do not lie on each other. */
const [MARK_ROW, MARK_ROWS] = [14, 3];
/** Points of one line that are drawn at most; the largest of each step stays. */
const MOST_POINTS = 400;
/** Classes of report/style.ts that color lines and bars. */
const COLORS = ['one', 'two', 'three', 'four', 'five'] as const;

interface Line {
  readonly name: string;
  /** In the order of time. */
  readonly points: readonly (readonly [hours: number, value: number])[];
}

export interface LinePlot {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Moments with a name, in hours. */
  readonly marks: readonly { readonly hours: number; readonly name: string }[];
  /** A value that a line across the plot shows. */
  readonly bound: number;
  readonly hours: number;
}

/** Lines over simulated time, zero at the bottom. */
export function linePlot({ title, lines, marks, bound, hours }: LinePlot): string {
  const most = Math.max(bound * 1.5, ...lines.flatMap(({ points }) => points.map(([, value]) => value)));
  const x = (at: number): string => fixed(LEFT + (at / Math.max(hours, 1e-9)) * (WIDTH - LEFT - RIGHT));
  const y = (value: number): string => fixed(HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM));
  const ticks = Array.from({ length: Math.floor(hours / 2) + 1 }, (_, at) => 2 * at);
  const parts = [
    ...ticks.map((at) => `<text x="${x(at)}" y="${HEIGHT - 6}" text-anchor="middle">${at} h</text>`),
    ...[0, bound, most].map(
      (value) => `<text x="${LEFT - 6}" y="${Number(y(value)) + 4}" text-anchor="end">${value.toFixed(1)}</text>`,
    ),
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(0)}" y2="${y(0)}"/>`,
    `<line class="bound" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(bound)}" y2="${y(bound)}"/>`,
    ...marks.map(
      ({ hours: at, name }, row) =>
        `<line class="mark" x1="${x(at)}" x2="${x(at)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text x="${Number(x(at)) + 4}" y="${TOP + 10 + MARK_ROW * (row % MARK_ROWS)}">${escaped(name)}</text>`,
    ),
    ...lines.map(({ points }, at) => {
      const path = thinned(points).map(([hour, value], index) => `${index === 0 ? 'M' : 'L'}${x(hour)} ${y(value)}`);
      return `<path class="${COLORS[at % COLORS.length]}" d="${path.join('')}"/>`;
    }),
    ...lines.map(({ name }, at) => legend(name, at, LEFT + at * 110)),
  ];
  return svg(HEIGHT, title, parts);
}

const GROUP_HEIGHT = 58;
const NAME_WIDTH = 190;

/** Values from 0 to 1, some for each name. */
export function barPlot(
  title: string,
  series: readonly string[],
  groups: readonly { readonly name: string; readonly values: readonly number[] }[],
): string {
  const space = WIDTH - NAME_WIDTH - 60;
  const each = (GROUP_HEIGHT - 18) / Math.max(1, series.length);
  const bars = groups.flatMap(({ name, values }, group) => {
    const top = TOP + group * GROUP_HEIGHT;
    return [
      `<text class="name" x="0" y="${top + 24}">${escaped(name)}</text>`,
      ...values.map((value, at) => {
        const y = top + 4 + at * each;
        const width = Math.max(0, value) * space;
        return `<rect class="${COLORS[at % COLORS.length]}" x="${NAME_WIDTH}" y="${fixed(y)}" width="${fixed(width)}" height="${fixed(each - 3)}"/><text x="${fixed(NAME_WIDTH + width + 6)}" y="${fixed(y + each / 2 + 3)}">${value.toFixed(3)}</text>`;
      }),
    ];
  });
  return svg(TOP + groups.length * GROUP_HEIGHT, title, [
    ...series.map((name, at) => legend(name, at, NAME_WIDTH + at * 110)),
    ...bars,
  ]);
}

function legend(name: string, at: number, x: number): string {
  return `<rect class="${COLORS[at % COLORS.length]}" x="${x}" y="4" width="12" height="12"/><text x="${x + 17}" y="14">${escaped(name)}</text>`;
}

function svg(height: number, title: string, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">${parts.join('')}</svg>`;
}

function thinned(points: Line['points']): Line['points'] {
  const step = Math.ceil(points.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(points.length / Math.max(1, step)) }, (_, at) =>
    points.slice(at * step, (at + 1) * step).reduce((most, one) => (one[1] > most[1] ? one : most)),
  );
}

function fixed(value: number): string {
  return (Math.round(value * 10) / 10).toString();
}
