import { writeFile } from 'node:fs/promises';
import { systemClock } from '#packages/foundation';
import { cloudOptions, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import type { Output } from './frame/output.ts';
import { table } from './frame/table.ts';
import type { CloudClients } from '../cloud/clients.ts';
import type { Target } from '../cloud/deployments/target.ts';
import type { FleetDevice } from '../cloud/fleet/fleet-devices.ts';
import type { FleetFilter } from '../cloud/fleet/fleet-filter.ts';
import type { FleetReport } from '../cloud/fleet/fleet-report.ts';
import type { FleetIndex } from '../cloud/fleet/index/fleet-index.ts';

interface FleetOptions extends CloudCommandOptions {
  readonly group?: string;
  readonly heartbeats?: string;
  readonly connected?: boolean;
  readonly offline?: boolean;
  readonly model?: string;
  readonly heartbeatAfter?: string;
  readonly heartbeatBefore?: string;
  readonly nameContains?: string;
  readonly report?: boolean;
  readonly html?: string;
  readonly limit: string;
}

export const fleetCommand: CommandSpec<FleetOptions> = {
  usage: 'fleet [devices...]',
  summary: 'list devices with their last heartbeat, models and versions; make a fleet report',
  options: (command) =>
    cloudOptions(command)
      .option('--group <name>', 'devices of this thing group (default: all core devices)')
      .option(
        '--heartbeats <s3-uri>',
        'where the heartbeat rule writes, as s3://bucket/prefix (default: query the fleet index, if the account has it)',
      )
      .option('--connected', 'only devices whose heartbeats arrive')
      .option('--offline', 'only devices whose heartbeats do not arrive')
      .option('--model <name[=version]>', 'only devices with this model')
      .option(
        '--heartbeat-after <time>',
        'only devices with a heartbeat after this time, e.g. 2026-01-31T08:00Z, or 2h for the last two hours',
      )
      .option('--heartbeat-before <time>', 'only devices whose last heartbeat was before this time')
      .option('--name-contains <text>', 'only devices with this in their name')
      .option('--report', 'counts instead of devices: connected, agent versions, and each model by device')
      .option('--html <file>', 'write the report as one HTML page')
      .option('--limit <n>', 'number of devices listed from the fleet index', '100'),
  help: `
Without --heartbeats, the command queries the fleet index (edgeml fleet-index turns it on): "connected" is the connection to AWS IoT,
"active" means within the last hour, and the number of requests does not depend on the number of devices. With --heartbeats,
connected: the last heartbeat is at most two and a half periods old. offline: any other device. active: connected, and the
model answered a request in the last two periods before the heartbeat. sampling: the same for captured data. With --json,
there is one device per line, or the report with the fields of GetDeviceFleetReport.

Examples:
  npm run -s edgeml -- fleet --report
  npm run -s edgeml -- fleet --heartbeats s3://edgeml-fleet/heartbeats --offline
  npm run -s edgeml -- fleet --heartbeats s3://edgeml-fleet/heartbeats --group press-shop --html fleet.html
  npm run -s edgeml -- fleet gateway-7 --heartbeats s3://edgeml-fleet/heartbeats --json`,
  run: async ({ args, options, out, signal }) => {
    const now = systemClock.now();
    const filter = filterOf(options, now);
    const { findTarget } = await import('../cloud/deployments/target.ts');
    const { findFleetIndex } = await import('../cloud/fleet/index/fleet-index.ts');
    await withCloud(options, async (clients) => {
      const { group: name } = options;
      const group = name === undefined ? undefined : await findTarget(clients, { kind: 'group', name }, signal);
      const index = options.heartbeats === undefined ? await findFleetIndex(clients, signal) : undefined;
      const request = { args, options, out, filter, now, ...(group ? { group } : {}) };
      await (index ? fromIndex(index, request) : fromHeartbeats(clients, request, signal));
    });
  },
};

interface FleetRequest {
  readonly args: readonly string[];
  readonly options: FleetOptions;
  readonly out: Output;
  readonly filter: FleetFilter;
  readonly group?: Target;
  readonly now: number;
}

async function fromHeartbeats(
  clients: CloudClients,
  { args, options, out, filter, group, now }: FleetRequest,
  signal: AbortSignal,
): Promise<void> {
  const { fleetDevices } = await import('../cloud/fleet/fleet-devices.ts');
  const { filterDevices } = await import('../cloud/fleet/fleet-filter.ts');
  const { fleetPage } = await import('../cloud/fleet/fleet-page.ts');
  const { fleetReport } = await import('../cloud/fleet/fleet-report.ts');
  const { heartbeatPlace } = await import('../cloud/fleet/heartbeat-store.ts');
  const heartbeats = options.heartbeats === undefined ? {} : { heartbeats: heartbeatPlace(options.heartbeats) };
  const all = await fleetDevices(clients, { ...(group ? { group } : {}), ...heartbeats, now, signal });
  const missing = args.find((name) => !all.some(({ thing }) => thing === name));
  if (missing !== undefined) throw await unknownDevice(missing);
  const devices = filterDevices(all, filter).filter(({ thing }) => args.length === 0 || args.includes(thing));
  const subject = { name: options.group ?? 'all devices', ...(group ? { arn: group.arn } : {}), now };
  const place = options.heartbeats === undefined ? {} : { heartbeats: options.heartbeats };
  const report = fleetReport(devices, { ...subject, ...place });
  if (options.html !== undefined) await writeFile(options.html, fleetPage(report, devices, now));
  if (options.report) showReport(out, report);
  else {
    await showDevices(out, devices, now);
    if (!out.isJson)
      out.line(`${devices.length} devices, ${devices.filter(({ connected }) => connected).length} connected`);
  }
  if (options.html !== undefined) out.note(`Wrote ${options.html}`);
  if (options.heartbeats === undefined) out.note('Without --heartbeats nothing is known of models and presence.');
}

async function fromIndex(index: FleetIndex, { args, options, out, filter, group, now }: FleetRequest): Promise<void> {
  const { filterQuery, fleetDeviceOf, membersQuery } = await import('../cloud/fleet/index/index-devices.ts');
  const { indexReport } = await import('../cloud/fleet/index/index-report.ts');
  const { indexPage } = await import('../cloud/fleet/index/index-page.ts');
  const { all, is, textOf } = await import('../cloud/fleet/index/query.ts');
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1)
    throw cliErrors.error('cli.usage', `--limit is ${options.limit}; give a whole number above 0`);
  const members = all(membersQuery(options.group), filterQuery(filter));
  const subject = { name: options.group ?? 'all devices', ...(group ? { arn: group.arn } : {}), now };
  if (args.length > 0) {
    const found = await Promise.all(
      args.map((name) => index.first(textOf(all(is('thingName', name), filterQuery(filter))), 1)),
    );
    const missing = args.find((_, at) => found[at]?.length === 0);
    if (missing !== undefined) throw await unknownDevice(missing);
    return showDevices(out, found.flat().map(fleetDeviceOf), now);
  }
  const isReport = options.report === true || options.html !== undefined;
  const found = isReport ? await indexReport(index, members, subject) : undefined;
  if (found && options.html !== undefined) await writeFile(options.html, await indexPage(index, members, found, now));
  if (found && options.report) {
    showReport(out, found.report);
    const { states, uncounted } = found;
    if (!out.isJson) out.line(states.map(({ value, count }) => `${count} ${value.toLowerCase()}`).join(', '));
    if (uncounted > 0)
      out.note(`The index does not tell the models of ${uncounted} devices: there are too many combinations.`);
  } else {
    const query = textOf(members);
    const listed = await index.first(query, limit);
    await showDevices(out, listed.map(fleetDeviceOf), now);
    const total = listed.length < limit ? listed.length : await index.count(query);
    if (!out.isJson) out.line(`${total} devices`);
    if (total > listed.length) out.note(`The first ${listed.length} are listed; --limit lists more, filters fewer.`);
  }
  if (options.html !== undefined) out.note(`Wrote ${options.html}`);
}

async function unknownDevice(name: string): Promise<Error> {
  const { cloudErrors } = await import('../cloud/errors.ts');
  return cloudErrors.error('fleet.unknown-device', `there is no device "${name}"`);
}

function filterOf(options: FleetOptions, now: number): FleetFilter {
  if (options.connected && options.offline)
    throw cliErrors.error('cli.usage', 'give --connected or --offline, not both');
  const [model, modelVersion] = options.model?.split('=') ?? [];
  return {
    ...(options.connected
      ? { presence: 'connected' as const }
      : options.offline
        ? { presence: 'offline' as const }
        : {}),
    ...(model ? { model } : {}),
    ...(modelVersion ? { modelVersion } : {}),
    ...(options.heartbeatAfter === undefined ? {} : { heartbeatAfter: timeOf(options.heartbeatAfter, now) }),
    ...(options.heartbeatBefore === undefined ? {} : { heartbeatBefore: timeOf(options.heartbeatBefore, now) }),
    ...(options.nameContains === undefined ? {} : { nameContains: options.nameContains }),
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function timeOf(text: string, now: number): number {
  const span = /^(\d+)([mhd])$/.exec(text);
  const time = span ? now - Number(span[1]) * (UNIT_MS[span[2] ?? ''] ?? 0) : Date.parse(text);
  if (Number.isNaN(time))
    throw cliErrors.error('cli.usage', `"${text}" is neither a time nor a span such as 90m, 2h or 7d`);
  return time;
}

async function showDevices(out: Output, devices: readonly FleetDevice[], now: number): Promise<void> {
  const { ago } = await import('../cloud/fleet/fleet-page.ts');
  for (const device of devices) out.json(device);
  if (out.isJson) return;
  const rows = devices.map(({ thing, connected, health = '', lastHeartbeat, agentVersion = '', models }) => [
    thing,
    connected ? 'connected' : 'offline',
    health.toLowerCase(),
    lastHeartbeat === undefined ? 'never' : ago(now - lastHeartbeat),
    agentVersion,
    models.map(({ name, version, active }) => `${name} ${version}${active ? '' : ' (idle)'}`).join(', '),
  ]);
  for (const line of table(['device', 'state', 'health', 'heartbeat', 'agent', 'models'], rows)) out.line(line);
}

function showReport(out: Output, report: FleetReport): void {
  out.json(report);
  if (out.isJson) return;
  const { ConnectedDeviceCount: connected, RegisteredDeviceCount: registered } = report.DeviceStats;
  out.line(`${out.paint('bold', report.DeviceFleetName)}: ${registered} devices, ${connected} connected`);
  for (const { Version, AgentCount } of report.AgentVersions) out.line(`  agent ${Version}: ${AgentCount} devices`);
  const rows = report.ModelStats.map((stat) => [
    stat.ModelName,
    stat.ModelVersion,
    ...[stat.OfflineDeviceCount, stat.ConnectedDeviceCount, stat.ActiveDeviceCount, stat.SamplingDeviceCount].map(
      String,
    ),
  ]);
  for (const line of table(['model', 'version', 'offline', 'connected', 'active', 'sampling'], rows)) out.line(line);
}
