import { skippedIn } from '../app/app-statistics.ts';
import { escapeHtml, lineChart } from './line-chart.ts';
import type { ChartLine } from './line-chart.ts';
import { memoryFigures } from './memory.ts';
import type { DeviceSoakReport } from './run-device-soak.ts';
import { ROLES } from './series.ts';
import type { SoakSample } from './series.ts';

/** The report as one page of HTML that needs nothing else: verdict, books, faults, curves. */
export function soakPage(report: DeviceSoakReport, wrong: readonly string[], takenAt: Date): string {
  const { seconds, seed, leftOut } = report;
  const title = `Soak of ${hours(seconds)}, seed ${seed}`;
  const verdict =
    wrong.length === 0
      ? '<p class="good">All books balance, everything came back.</p>'
      : `<ul class="bad">${wrong.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join('')}</ul>`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
<p>${escapeHtml(takenAt.toISOString())}; ${report.faults.length} faults${leftOut.length > 0 ? `; left out: ${escapeHtml(leftOut.join('; '))}` : ''}</p>
${verdict}
<h2>Books</h2>
${table(['', 'in', 'out', 'difference'], booksOf(report))}
<h2>Memory</h2>
${table(['', 'first quarter', 'last quarter', 'most', 'slope of the second half'], memoryRows(report.samples))}
${chartsOf(report)}
<h2>Faults</h2>
${table(['fault', 'times', 'outcomes'], faultRows(report))}
</html>
`;
}

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#111}
table{border-collapse:collapse}td,th{padding:.25em .8em;border-bottom:1px solid #ddd;text-align:left}
.good{color:#047857;font-weight:600}.bad{color:#b91c1c;font-weight:600}
svg{width:100%;font:11px system-ui,sans-serif;margin-top:1em}path{fill:none;stroke-width:1.5}
.grid{stroke:#ddd}.fault{stroke:#f59e0b;stroke-opacity:.35}.title{font-size:13px;font-weight:600}`;

function booksOf({ counts, books, stored, results, lostInSwaps }: DeviceSoakReport): readonly (readonly string[])[] {
  const row = (name: string, into: number, out: number, words: string): readonly string[] => [
    name,
    String(into),
    words,
    String(into - out),
  ];
  const skipped = skippedIn(counts);
  return [
    row(
      'frames of the last application',
      counts.frames,
      counts.answered + skipped,
      `${counts.answered} answered + ${skipped} skipped`,
    ),
    ...(books
      ? [
          row(
            'feedback samples',
            books.accepted,
            books.uploaded + books.evicted + books.waiting,
            `${books.uploaded} uploaded + ${books.evicted} evicted + ${books.waiting} waiting`,
          ),
          ['objects in the store', String(stored.objects), `${stored.twice} written twice`, ''],
        ]
      : []),
    ['results on the local topic', String(results), `${lostInSwaps} requests lost in swaps`, ''],
  ];
}

function memoryRows(samples: readonly SoakSample[]): readonly (readonly string[])[] {
  return ROLES.map((role) => {
    const points = samples.flatMap(({ seconds, memoryMB }) => {
      const value = memoryMB[role];
      return value === undefined ? [] : [{ seconds, bytes: value * 1e6 }];
    });
    const { firstMB, lastMB, maxMB, slopeMBPerHour } = memoryFigures(points);
    return [role, `${firstMB} MB`, `${lastMB} MB`, `${maxMB} MB`, `${slopeMBPerHour} MB an hour`];
  });
}

function chartsOf({ samples, faults, seconds }: DeviceSoakReport): string {
  const perRole = (key: 'memoryMB' | 'liveHeapMB' | 'descriptors' | 'threads'): readonly ChartLine[] =>
    ROLES.map((role) => line(role, samples, (sample) => sample[key][role]));
  const charts = [
    { title: 'Memory, models with the agent', unit: 'MB', lines: perRole('memoryMB') },
    { title: 'JavaScript that survives a collection', unit: 'MB', lines: perRole('liveHeapMB') },
    { title: 'Open descriptors', unit: 'number', lines: perRole('descriptors') },
    { title: 'Threads', unit: 'number', lines: perRole('threads') },
    {
      title: 'Latency of answers',
      unit: 'ms',
      lines: [
        line('p50', samples, ({ latencyMs }) => latencyMs?.p50),
        line('p95', samples, ({ latencyMs }) => latencyMs?.p95),
      ],
    },
    {
      title: 'Results',
      unit: 'a second',
      lines: [line('all cameras', samples, ({ resultsPerSecond }) => resultsPerSecond)],
    },
    {
      title: 'Samples that wait for the store',
      unit: 'number',
      lines: [line('waiting', samples, ({ waiting }) => waiting)],
    },
  ];
  return charts.map((chart) => lineChart({ ...chart, marks: faults, seconds })).join('\n');
}

function line(
  name: string,
  samples: readonly SoakSample[],
  valueOf: (sample: SoakSample) => number | undefined,
): ChartLine {
  return {
    name,
    points: samples.flatMap((sample) => {
      const value = valueOf(sample);
      return value === undefined ? [] : [[sample.seconds, value] as const];
    }),
  };
}

function faultRows({ faults }: DeviceSoakReport): readonly (readonly string[])[] {
  const names = [...new Set(faults.map(({ name }) => name))].sort();
  return names.map((name) => {
    const these = faults.filter((fault) => fault.name === name);
    const outcomes = new Map<string, number>();
    for (const { outcome } of these) if (outcome) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    return [name, String(these.length), [...outcomes].map(([outcome, times]) => `${outcome} ${times}`).join(', ')];
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells('th', head)}${rows.map((row) => cells('td', row)).join('')}</table>`;
}

function hours(seconds: number): string {
  return seconds < 3_600 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 360) / 10} hours`;
}
