import type { PromotionState } from '../../cloud/promotion/promotion-state.ts';
import { escaped } from '../../twin/report/xml.ts';
import { megabytes } from '../goals.ts';
import type { Goal } from '../goals.ts';
import type { DemoResult } from '../result.ts';
import { NEW_SHARE, PICTURE_EVERY_MS, REAL_DEVICES, WINDOW_HOURS } from '../settings.ts';
import { barPlot, linePlot } from './plots.ts';
import { STYLE } from './style.ts';

const SCENES = { known: 'as it was', light: 'a lamp fails', part: 'lamp repaired, new part' } as const;

/** The report as one HTML file that needs nothing else. */
export function reportPage(result: DemoResult, goals: readonly Goal[], at: Date): string {
  const missed = goals.filter(({ isReached }) => !isReached).length;
  const verdict = missed === 0 ? `All ${goals.length} goals reached` : `${missed} of ${goals.length} goals missed`;
  const { devices, pictures, minutes, seed } = result;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>The loop: ${verdict}</title><style>${STYLE}</style></head><body><main>
<header class="${missed === 0 ? '' : 'bad'}"><h1>The loop</h1><p><b>${verdict}</b></p>
<p class="quiet">${devices.all} devices, ${devices.real} of them whole agents that looked at ${pictures} pictures in ${hoursOf(minutes.all)} simulated hours. Seed ${seed}, ${escaped(at.toISOString())}</p></header>
${section('Goals', goalTable(goals))}
${section('What was done', honestly(result))}
${section('Drift', driftPart(result))}
${section('Samples', samplesPart(result))}
${section('Before and after', accuracyPart(result))}
${section('The bad model', promotionPart(result.bad.state))}
${section('The good model', promotionPart(result.challenger) + (result.good ? promotionPart(result.good) : ''))}
${section('Time that each step took', stepTable(result))}
</main></body></html>
`;
}

function section(title: string, content: string): string {
  return `<section><h2>${escaped(title)}</h2>${content}</section>`;
}

function goalTable(goals: readonly Goal[]): string {
  const rows = goals.map(({ name, goal, measured, isReached }) => [
    isReached ? '<span class="good">reached</span>' : '<span class="missed">missed</span>',
    ...[name, goal, measured].map(escaped),
  ]);
  return table(['', 'Goal', 'Wanted', 'Measured'], rows);
}

function honestly({ devices }: DemoResult): string {
  const real = REAL_DEVICES.map(({ thing }) => thing).join(', ');
  return [
    `Pictures are rendered: a belt with machine parts. On the changing line a lamp fails, then it is repaired and ${NEW_SHARE * 100} of 100 parts are of a class that the model does not know. The steady line stays as it is until the new model serves.`,
    `${devices.real} devices (${real}) are the agent and the feedback uploader as they are shipped, with a process for each model; their nucleus and the bucket are stand-ins in memory. The other ${devices.all - devices.real} replay the heartbeats of these, moved to their own name and time.`,
    'The baseline of the first model is made of other pictures than those that the cameras show; the one of the new model of the same 240 pictures of the line with the new part.',
    `Devices take a picture every ${PICTURE_EVERY_MS / 1_000} seconds. Their clocks are simulated: they stand still while models work, and during the training. The window of drift is ${WINDOW_HOURS} hours long instead of 24; every other setting of drift is the default.`,
    'Packages, the data set and the twin are made by the commands of edgeml, and promote runs as it is against a stand-in for AWS. Labels come from the renderer in place of people. The bad model is the new one with its labels in the order of the alphabet; its golden results were made with it and pass.',
  ]
    .map((sentence) => `<p>${escaped(sentence)}</p>`)
    .join('');
}

function driftPart({ points, scenes, alarms, minutes, falseAlarms }: DemoResult): string {
  const lines = REAL_DEVICES.map(({ thing }) => ({
    name: thing,
    points: points.filter((point) => point.thing === thing).map((point) => [point.minutes / 60, point.ratio] as const),
  }));
  const nameOf = (scene: keyof typeof SCENES, at: number): string =>
    at > minutes.observed ? 'new model, new part on every line' : SCENES[scene];
  const marks = scenes.map(({ scene, minutes: at }) => ({ hours: at / 60, name: nameOf(scene, at) }));
  const plot = linePlot({ title: 'Distance from the baseline', lines, marks, bound: 1, hours: minutes.all / 60 });
  const rows = alarms.map(({ thing, scene, cause, reason, feature, value, threshold, minutes: after, pictures }) => [
    ...[thing, SCENES[scene], `${cause}: ${reason}`, `${feature} ${value} (threshold ${threshold})`].map(escaped),
    after.toFixed(0),
    String(pictures),
  ]);
  const { streams, deviceYears, alarms: wrong, perYear } = falseAlarms;
  return `<p>The feature that is nearest to its threshold, as heartbeats tell it. From 1 on a service drifts.</p>${plot}
${table(['Device', 'Scene', 'Told', 'By', 'Minutes since the change', 'Pictures since'], rows)}
<p class="quiet">False alarms cannot be estimated from one day. The campaign drift-streams had ${wrong} in ${deviceYears} device years of ${streams} simulated streams: ${perYear} for each device and year.</p>`;
}

function samplesPart({ samples }: DemoResult): string {
  const rows = [
    ...Object.entries(samples.byThing).map(([name, count]) => ['Device', name, count] as const),
    ...Object.entries(samples.byReason).map(([name, count]) => ['Reason', name, count] as const),
  ];
  return `<p>${samples.count} samples, ${megabytes(samples.bytes)} MB. First the strategy was DRIFT: pictures unlike the baseline. Each picture of the new part alone looks usual; only their mix has changed. So after the alarm a change of the configuration chose LEAST_CONFIDENCE on the changing line.</p>
${table(
  ['', '', 'Samples'],
  rows.map(([kind, name, count]) => [kind, escaped(name), String(count)]),
)}`;
}

function accuracyPart({ accuracy: { before, after }, training }: DemoResult): string {
  const tests = ['known', 'light', 'part'] as const;
  const names = { known: 'The factory as it was', light: 'With a failed lamp', part: 'With the new part' } as const;
  const overall = tests.map((test) => ({ name: names[test], values: [before[test].map, after[test].map] }));
  const classes = Object.keys(after.part.classes).map((name) => ({
    name,
    values: [before.part.classes[name] ?? 0, after.part.classes[name] ?? 0],
  }));
  return `<p>Mean average precision at an overlap of 0.5, on pictures that no training has seen. The training took ${training.steps} steps over ${training.pictures} pictures.</p>
${barPlot('mAP before and after', ['before', 'after'], overall)}
<p>The same with the new part, class by class:</p>${barPlot('Average precision of each class', ['before', 'after'], classes)}`;
}

function promotionPart({ name, status, stages }: PromotionState): string {
  const rows = stages.map(({ group, status: stage, report }) => [
    escaped(group),
    escaped(stage),
    report ? `${report.healthy} healthy, ${report.unhealthy} not, ${report.offline} offline` : '',
    escaped(
      [
        report?.reason ?? '',
        ...(report?.findings ?? []).slice(0, 3).map((one) => `${one.thing}: ${one.reason ?? ''}`),
      ].join(' – '),
    ),
  ]);
  return `<p><b>${escaped(name)}</b>: ${escaped(status)}</p>${table(['Ring', 'Stage', 'Devices', 'Gate'], rows)}`;
}

function stepTable({ steps }: DemoResult): string {
  const all = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  const rows = [...steps, { name: 'All together', seconds: all }].map(({ name, seconds }) => [
    escaped(name),
    seconds.toFixed(0),
  ]);
  return table(['Step', 'Seconds on this machine'], rows);
}

/** Cells are HTML. Numbers stand right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string =>
    /^[\d.]+$/.test(text) && head.at(-1) !== 'Measured' ? `<td class="number">${text}</td>` : `<td>${text}</td>`;
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<div class="scroll"><table><thead><tr>${head.map((text) => `<th>${escaped(text)}</th>`).join('')}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function hoursOf(minutes: number): string {
  return (minutes / 60).toFixed(1);
}
