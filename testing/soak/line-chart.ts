/** One line of a chart. */
export interface ChartLine {
  readonly name: string;
  /** In the order of time; a gap of more than three usual steps is left open. */
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly ChartLine[];
  /** Moments at which something was broken on purpose. */
  readonly marks: readonly { readonly seconds: number; readonly name: string }[];
  readonly seconds: number;
}

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [940, 220, 56, 30, 26] as const;
const COLORS = ['#2563eb', '#dc2626', '#059669', '#9333ea'];
/** Points of one line that are drawn at most: what a long run has more is the largest of each step. */
const MAX_POINTS = 900;

/** An SVG with time to the right, in minutes, and zero at the bottom. */
export function lineChart({ title, unit, lines, marks, seconds }: Chart): string {
  const top = niceTop(Math.max(0, ...lines.flatMap(({ points }) => points.map(([, value]) => value))));
  const x = (at: number): number => round(LEFT + (at / seconds) * (WIDTH - LEFT - 10));
  const y = (value: number): number => round(HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM));
  const grid = [0, 0.5, 1].map((share) => {
    const value = share * top;
    return `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${y(value)}" y2="${y(value)}" class="grid"/><text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${round(value)}</text>`;
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<text x="${x(share * seconds)}" y="${HEIGHT - 8}" text-anchor="${share === 1 ? 'end' : 'middle'}">${round((share * seconds) / 60)} min</text>`,
  );
  const faults = marks.map(
    ({ seconds: at, name }) =>
      `<line x1="${x(at)}" x2="${x(at)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" class="fault"><title>${round(at)} s: ${escapeHtml(name)}</title></line>`,
  );
  const drawn = lines.map(
    ({ points }, index) => `<path d="${pathOf(thinned(points), x, y)}" stroke="${COLORS[index % COLORS.length]}"/>`,
  );
  const legend = lines.map(({ name }, index) => {
    const at = LEFT + 340 + index * 120;
    return `<rect x="${at}" y="9" width="12" height="12" fill="${COLORS[index % COLORS.length]}"/><text x="${at + 17}" y="19">${escapeHtml(name)}</text>`;
  });
  const parts = [...grid, ...ticks, ...faults, ...drawn, ...legend].join('\n');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}"><text x="${LEFT}" y="19" class="title">${escapeHtml(`${title} (${unit})`)}</text>\n${parts}</svg>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function pathOf(points: ChartLine['points'], x: (at: number) => number, y: (value: number) => number): string {
  const steps = points.slice(1).map(([at], index) => at - points[index]![0]);
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? Infinity;
  return points
    .map(([at, value], index) => `${index > 0 && (steps[index - 1] ?? 0) <= 3 * usual ? 'L' : 'M'}${x(at)} ${y(value)}`)
    .join('');
}

function thinned(points: ChartLine['points']): ChartLine['points'] {
  const step = Math.ceil(points.length / MAX_POINTS);
  if (step <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / step) }, (_, index) =>
    points.slice(index * step, (index + 1) * step).reduce((most, one) => (one[1] > most[1] ? one : most)),
  );
}

/** The next of 1, 2, 5, 10, 20, … */
function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  return ([1, 2, 5, 10].find((step) => step * power >= Math.max(most, 1)) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
