import { barChart, latencyChart } from './charts.ts';
import { STYLE } from './style.ts';
import type { Bounds, Check, ComponentReport, GoldenReport, ModelReport, TwinReport } from './twin-report.ts';
import { escaped } from './xml.ts';

/** The report as one page without anything outside of it. */
export function reportHtml(report: TwinReport): string {
  const { name, passed, checks, models, memory, bounds } = report;
  const failed = checks.filter((check) => !check.passed);
  const body = [
    header(report),
    tiles(report),
    failed.length > 0 ? section('Problems', checkTable(failed)) : '',
    section('Components', componentTable(report.deployment.components)),
    ...models.map((model) => modelSection(model, bounds)),
    memory.length > 0 ? section('Memory', memoryChart(report)) : '',
    section('All checks', checkTable(checks)),
  ];
  const title = `${passed ? 'Passed' : 'Failed'}: ${name}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main>
${body.filter((part) => part !== '').join('\n')}
</main></body></html>
`;
}

function header({ passed, name, startedAt, machine, nucleus, seconds }: TwinReport): string {
  const verdict = passed ? 'Fit for devices' : 'Not fit for devices';
  const place = `${machine.os} ${machine.architecture}, ${machine.cores} cores${machine.cpu === '' ? '' : ` (${machine.cpu})`}`;
  return `<header class="${passed ? 'good' : 'bad'}"><p class="verdict">${verdict}</p><h1>${escaped(name)}</h1>
<p>Digital twin run of ${escaped(startedAt.slice(0, 16).replace('T', ' '))} UTC, ${seconds} s, local core as ${nucleus === 'lite' ? 'nucleus lite' : 'the Java nucleus'}, ${escaped(place)}</p></header>`;
}

function tiles({ checks, models, memory, deployment }: TwinReport): string {
  const passed = checks.filter((check) => check.passed).length;
  const golden = models.flatMap((model) => model.golden);
  const slowest = Math.max(...models.map(({ latency }) => latency?.p95 ?? NaN).filter((p95) => !Number.isNaN(p95)));
  const bytes = memory.reduce((sum, { peakBytes }) => sum + peakBytes, 0);
  const facts: readonly (readonly [string, string])[] = [
    ['checks passed', `${passed} of ${checks.length}`],
    ['deployed in', `${deployment.seconds} s`],
    ['golden cases', `${golden.filter((one) => one.passed).length} of ${golden.length}`],
    ['slowest p95', Number.isFinite(slowest) ? `${slowest.toFixed(1)} ms` : '–'],
    ['peak memory', bytes === 0 ? '–' : `${(bytes / 1e6).toFixed(0)} MB`],
  ];
  return `<div class="tiles">${facts.map(([label, value]) => `<div><b>${escaped(value)}</b><span>${label}</span></div>`).join('')}</div>`;
}

function modelSection(model: ModelReport, bounds: Bounds): string {
  const { alias, version, provider, variant, hash, golden, latency } = model;
  const about = `<p class="facts">${escaped(`${variant} on ${provider}, package ${hash.slice(0, 12)}`)}</p>`;
  const marks = latency
    ? [
        { label: 'p50', ms: latency.p50, className: 'p50' },
        { label: 'p95', ms: latency.p95, className: 'p95' },
        ...(bounds.maxP95Ms === undefined ? [] : [{ label: 'p95 allowed', ms: bounds.maxP95Ms, className: 'bound' }]),
      ]
    : [];
  const chart = latency && latency.samples.length > 0 ? latencyChart(latency.samples, marks) : '';
  const cards = golden.map(goldenCard).join('');
  return section(`${alias} ${version}`, `${about}${chart}<div class="cards">${cards}</div>`);
}

function goldenCard({ input, passed, differences, predictions, ms, picture }: GoldenReport): string {
  const image = picture === undefined ? '' : `<img alt="${escaped(input)}" src="data:image/jpeg;base64,${picture}">`;
  const found = predictions.slice(0, 4).map(({ label, score }) => `${label} ${score.toFixed(2)}`);
  const text = passed ? (found.length > 0 ? found.join(', ') : 'nothing, as expected') : differences.join('; ');
  return `<figure class="${passed ? 'good' : 'bad'}">${image}<figcaption><b>${mark(passed)} ${escaped(input)}</b> <span>${ms.toFixed(1)} ms</span><br>${escaped(text)}</figcaption></figure>`;
}

function memoryChart({ memory, bounds }: TwinReport): string {
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const rows = memory.map(({ component, peakBytes }) => ({
    name: component,
    value: peakBytes,
    text: megabytes(peakBytes),
  }));
  const limit = bounds.maxMemoryMb === undefined ? '' : `; ${bounds.maxMemoryMb} MB allowed together`;
  return `<p class="facts">Largest resident set of each component's processes${limit}</p>${barChart([...rows].sort((a, b) => b.value - a.value))}`;
}

function componentTable(components: readonly ComponentReport[]): string {
  const rows = components.map(({ name, version, state, reason, lastLines }) => {
    const good = state === 'RUNNING' || state === 'FINISHED';
    const log = lastLines === undefined ? '' : `<pre>${escaped(lastLines.join('\n'))}</pre>`;
    const why = reason === undefined || good ? '' : escaped(reason);
    return `<tr><td>${mark(good)}</td><td>${escaped(name)}</td><td>${escaped(version)}</td><td>${state}</td><td>${why}${log}</td></tr>`;
  });
  return `<div class="scroll"><table><tr><th></th><th>Component</th><th>Version</th><th>State</th><th></th></tr>${rows.join('')}</table></div>`;
}

function checkTable(checks: readonly Check[]): string {
  const rows = checks.map(
    ({ suite, name, passed, message }) =>
      `<tr><td>${mark(passed)}</td><td>${suite}</td><td>${escaped(name)}</td><td>${escaped(message)}</td></tr>`,
  );
  return `<div class="scroll"><table><tr><th></th><th>Of</th><th>Check</th><th>Found</th></tr>${rows.join('')}</table></div>`;
}

function mark(good: boolean): string {
  return good ? '<span class="mark-good">✓</span>' : '<span class="mark-bad">✗</span>';
}

function section(title: string, content: string): string {
  return `<section><h2>${escaped(title)}</h2>${content}</section>`;
}
