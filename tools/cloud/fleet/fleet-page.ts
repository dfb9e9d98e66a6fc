import type { FleetDevice } from './fleet-devices.ts';
import type { FleetReport, ModelStat } from './fleet-report.ts';

const DAY_MS = 86_400_000;

/** A page that shows some of the devices of its report. */
export interface PagePart {
  readonly unhealthy: number;
  /** Which devices it shows, for the reader. */
  readonly note: string;
}

/**
 * The report as one HTML file that needs nothing else: no script, no font, no image from elsewhere.
 * @param part if `devices` are not all devices of the report
 */
export function fleetPage(report: FleetReport, devices: readonly FleetDevice[], now: number, part?: PagePart): string {
  const { ConnectedDeviceCount: connected, RegisteredDeviceCount: registered } = report.DeviceStats;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(report.DeviceFleetName)} – fleet report</title><style>${STYLE}</style></head><body>
<h1>${text(report.DeviceFleetName)}</h1>
<p class="when">Report of ${text(report.ReportGenerated.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))}</p>
<div class="tiles">
${tile('Devices', registered)}${tile('Connected', connected, 'ok')}${tile('Offline', registered - connected, registered > connected ? 'bad' : '')}${tile('Unhealthy', part?.unhealthy ?? devices.filter(({ health }) => health === 'UNHEALTHY').length, 'warn')}
</div>
<h2>Models</h2>
${report.ModelStats.length > 0 ? modelChart(report.ModelStats) : '<p>No heartbeat names a model.</p>'}
${part ? '' : `<h2>Last heartbeat</h2>\n${bars(ages(devices, now))}`}
<h2>Agent versions</h2>
${bars(report.AgentVersions.map(({ Version, AgentCount }) => [Version, AgentCount] as const))}
<h2>Devices</h2>
${part ? `<p>${text(part.note)}</p>` : ''}
<table><thead><tr><th>Device</th><th>State</th><th>Last heartbeat</th><th>Agent</th><th>Models</th></tr></thead><tbody>
${devices.map((device) => deviceRow(device, now)).join('\n')}
</tbody></table></body></html>
`;
}

function tile(label: string, value: number, kind = ''): string {
  return `<div class="tile ${value > 0 ? kind : ''}"><b>${value}</b>${label}</div>`;
}

/** One bar for each model version: active, sampling and the rest of the connected devices, offline ones at the end. */
function modelChart(stats: readonly ModelStat[]): string {
  const widest = Math.max(...stats.map((stat) => stat.ConnectedDeviceCount + stat.OfflineDeviceCount), 1);
  const rows = stats.map((stat) => {
    const { ActiveDeviceCount: active, ConnectedDeviceCount: connected, OfflineDeviceCount: offline } = stat;
    const parts = [
      ['active', active],
      ['idle', connected - active],
      ['offline', offline],
    ] as const;
    const bar = parts
      .filter(([, count]) => count > 0)
      .map(
        ([kind, count]) => `<i class="${kind}" style="width:${percent(count, widest)}" title="${count} ${kind}"></i>`,
      );
    const counts = `${active} active, ${connected - active} idle, ${offline} offline, ${stat.SamplingDeviceCount} sampling`;
    return `<div class="row"><span>${text(stat.ModelName)} ${text(stat.ModelVersion)}</span><div class="bar">${bar.join('')}</div><em>${counts}</em></div>`;
  });
  const legend =
    '<p class="legend"><i class="active"></i>active <i class="idle"></i>connected, idle <i class="offline"></i>offline</p>';
  return `${legend}${rows.join('\n')}`;
}

function bars(values: readonly (readonly [label: string, count: number])[]): string {
  const widest = Math.max(...values.map(([, count]) => count), 1);
  return values
    .map(
      ([label, count]) =>
        `<div class="row"><span>${text(label)}</span><div class="bar"><i class="plain" style="width:${percent(count, widest)}"></i></div><em>${count}</em></div>`,
    )
    .join('\n');
}

function ages(devices: readonly FleetDevice[], now: number): readonly (readonly [string, number])[] {
  const limits = [
    ['last 15 minutes', 900_000],
    ['last hour', 3_600_000],
    ['last day', DAY_MS],
    ['last week', 7 * DAY_MS],
    ['longer ago', Infinity],
  ] as const;
  const counts = new Map<string, number>(limits.map(([label]) => [label, 0]));
  let never = 0;
  for (const { lastHeartbeat } of devices) {
    const label =
      lastHeartbeat === undefined ? undefined : limits.find(([, limit]) => now - lastHeartbeat <= limit)?.[0];
    if (label === undefined) never++;
    else counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts, ['never', never]];
}

function deviceRow(
  { thing, connected, lastHeartbeat, agentVersion = '', models, health }: FleetDevice,
  now: number,
): string {
  const isUnhealthy = health === 'UNHEALTHY' || health === 'FAILING';
  const state = isUnhealthy ? 'unhealthy' : connected ? 'connected' : 'offline';
  const list = models.map(({ name, version, active }) => `${text(name)} ${text(version)}${active ? '' : ' (idle)'}`);
  return `<tr><td>${text(thing)}</td><td class="${state}">${state}</td><td>${lastHeartbeat === undefined ? 'never' : ago(now - lastHeartbeat)}</td><td>${text(agentVersion)}</td><td>${list.join(', ')}</td></tr>`;
}

/** A time span in the largest unit that gives a whole number. */
export function ago(ms: number): string {
  const units = [
    [DAY_MS, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const;
  const [size, unit] = units.find(([limit]) => ms >= limit) ?? [1_000, 's'];
  return `${Math.max(0, Math.floor(ms / size))} ${unit} ago`;
}

function percent(count: number, of: number): string {
  return `${((100 * count) / of).toFixed(2)}%`;
}

/** Names come from devices: none may become markup. */
function text(value: string): string {
  return value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const STYLE = `
:root{color-scheme:light dark;--ok:#2e7d4f;--bad:#b3402e;--warn:#a86a00;--idle:#8fb9a2;--line:#8884}
body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem}
h1{margin:0;font-size:1.6rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}.when,.legend{margin:0 0 .7rem;opacity:.75}
.tiles{display:flex;gap:1rem;flex-wrap:wrap;margin-top:1rem}.tile{border:1px solid var(--line);border-radius:6px;padding:.5rem 1.2rem;min-width:6rem}
.tile b{display:block;font-size:1.7rem;line-height:1.2}.tile.ok b{color:var(--ok)}.tile.bad b{color:var(--bad)}.tile.warn b{color:var(--warn)}
.row{display:grid;grid-template-columns:13rem 1fr 21rem;gap:.8rem;align-items:center;margin:.25rem 0}
.row em{font-style:normal;opacity:.8}.row span{overflow-wrap:anywhere}
.bar{display:flex;height:1.1rem;background:#8882;border-radius:3px;overflow:hidden}.bar i,.legend i{display:inline-block}
.legend i{width:.8rem;height:.8rem;border-radius:2px;margin:0 .2rem 0 .8rem}.legend i:first-child{margin-left:0}
.active,.plain{background:var(--ok)}.plain{background:#4a6fa5}.idle{background:var(--idle)}.bar .offline,.legend .offline{background:var(--bad)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line)}
td.connected{color:var(--ok)}td.offline{color:var(--bad)}td.unhealthy{color:var(--warn)}
@media(max-width:700px){.row{grid-template-columns:1fr}}`;
