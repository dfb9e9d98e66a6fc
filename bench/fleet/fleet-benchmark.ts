import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { table } from '../../tools/cli/frame/table.ts';
import { wholeNumber } from '../whole-number.ts';

export const fleetBenchmark: CommandSpec<{ readonly devices: string }> = {
  usage: 'fleet',
  summary:
    'requests, memory and time of a report and of a promotion by the fleet index, for a thousand devices and for many',
  options: (command) => command.option('--devices <number>', 'devices of the large fleet', '100000'),
  help: `
Plays AWS on this machine; the commands are processes of their own. The fleet index counts in this process, so that its time is in the time of the
commands. Needs the service models of AWS, which are fetched once from the Python package index.`,
  run: async ({ options, out, signal }) => {
    const { measureFleet } = await import('./measure-fleet.ts');
    const sizes = [
      ...new Set([Math.min(1_000, wholeNumber('devices', options.devices)), wholeNumber('devices', options.devices)]),
    ];
    const report = await measureFleet(sizes, signal);
    out.json(report);
    if (out.isJson) return;
    const rows = report.map(({ what, devices, requests, peakMb, seconds }) => [
      what,
      devices.toLocaleString('en-US'),
      String(requests),
      `${peakMb} MB`,
      `${seconds} s`,
    ]);
    for (const line of table(['COMMAND', 'DEVICES', 'REQUESTS', 'PEAK MEMORY', 'TIME'], rows)) out.line(line);
  },
};
