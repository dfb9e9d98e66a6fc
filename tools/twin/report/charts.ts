import { escaped } from './xml.ts';

const WIDTH = 640;
const BINS = 32;
const PLOT_HEIGHT = 120;
const AXIS_HEIGHT = 38;

/** Histogram of latencies as SVG, with p50, p95 and, if there is one, the bound. */
export function latencyChart(
  samples: readonly number[],
  marks: readonly { readonly label: string; readonly ms: number; readonly className: string }[],
): string {
  const highest = Math.max(...samples, ...marks.map(({ ms }) => ms), 0.001) * 1.05;
  const counts = new Array<number>(BINS).fill(0);
  for (const ms of samples) counts[Math.min(BINS - 1, Math.floor((ms / highest) * BINS))]! += 1;
  const most = Math.max(...counts, 1);
  const x = (ms: number): number => (ms / highest) * WIDTH;
  const width = WIDTH / BINS;
  const bars = counts.map((count, bin) => {
    const height = (count / most) * PLOT_HEIGHT;
    return count === 0
      ? ''
      : `<rect class="bar" x="${fixed(bin * width + 1)}" y="${fixed(PLOT_HEIGHT - height)}" width="${fixed(width - 2)}" height="${fixed(height)}"><title>${count} of ${samples.length}</title></rect>`;
  });
  const lines = marks.map(({ label, ms, className }, index) => {
    const text = `${label} ${ms} ms`;
    // Labels take turns, so that near ones do not lie on each other; those at the right end end at their line.
    const atEnd = x(ms) > WIDTH * 0.75;
    const y = 12 + index * 15;
    return `<line class="mark ${className}" x1="${fixed(x(ms))}" x2="${fixed(x(ms))}" y1="0" y2="${PLOT_HEIGHT}"/><text class="label ${className}" x="${fixed(x(ms) + (atEnd ? -5 : 5))}" y="${y}" text-anchor="${atEnd ? 'end' : 'start'}">${escaped(text)}</text>`;
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle';
    return `<text class="tick" x="${fixed(share * WIDTH)}" y="${PLOT_HEIGHT + 16}" text-anchor="${anchor}">${rounded(share * highest)}</text>`;
  });
  const axis = `<line class="axis" x1="0" x2="${WIDTH}" y1="${PLOT_HEIGHT}" y2="${PLOT_HEIGHT}"/><text class="tick" x="${WIDTH / 2}" y="${PLOT_HEIGHT + 32}" text-anchor="middle">milliseconds per request, ${samples.length} requests</text>`;
  return svg(PLOT_HEIGHT + AXIS_HEIGHT, [...bars, axis, ...lines, ...ticks].join(''), 'Latency of requests');
}

const ROW = 30;
const NAME_WIDTH = 210;
const VALUE_WIDTH = 80;

/** Horizontal bars with names on the left and values on the right. */
export function barChart(
  rows: readonly { readonly name: string; readonly value: number; readonly text: string }[],
): string {
  const most = Math.max(...rows.map(({ value }) => value), 1);
  const space = WIDTH - NAME_WIDTH - VALUE_WIDTH;
  const content = rows.map(({ name, value, text }, index) => {
    const y = index * ROW;
    const width = (value / most) * space;
    return `<text class="name" x="0" y="${y + 19}">${escaped(name)}</text><rect class="bar" x="${NAME_WIDTH}" y="${y + 6}" width="${fixed(width)}" height="18" rx="2"/><text class="tick" x="${fixed(NAME_WIDTH + width + 8)}" y="${y + 20}">${escaped(text)}</text>`;
  });
  return svg(rows.length * ROW, content.join(''), 'Memory of components');
}

function svg(height: number, content: string, title: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">${content}</svg>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
