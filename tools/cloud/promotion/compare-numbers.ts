import type { DeviceNumbers, ModelNumbers } from './observations.ts';
import type { GateSettings } from './promotion-plan.ts';

/** One number of a stage, now and before. */
export interface Comparison {
  /** E.g. `StreetDetector: p95 of the median device, ms`. */
  readonly what: string;
  readonly now?: number;
  readonly before?: number;
}

/** Numbers of a device, as far as they are known. */
export type KnownNumbers = Omit<DeviceNumbers, 'models'> & {
  readonly models: Readonly<Record<string, Partial<ModelNumbers>>>;
};

/** The numbers for the approver of a promotion: those of all judged devices, beside those of the version before. */
export function compareNumbers(
  { models }: GateSettings,
  things: readonly string[],
  observations: { get(thing: string): KnownNumbers | undefined },
  before: Readonly<Record<string, KnownNumbers>>,
): readonly Comparison[] {
  const now = things.flatMap((thing) => observations.get(thing) ?? []);
  const was = things.flatMap((thing) => before[thing] ?? []);
  const compare = (what: string, join: Join, of: (numbers: KnownNumbers) => number | undefined): Comparison => ({
    what,
    ...joined('now', now, join, of),
    ...joined('before', was, join, of),
  });
  /** Only if a challenger of the name, or beside it, has been compared. */
  const challengerRows = (name: string): readonly Comparison[] => {
    const of = (key: 'frames' | 'agreed') => (numbers: KnownNumbers) =>
      numbers.challengers?.find((one) => one.name === name || one.championName === name)?.[key];
    return [
      compare(`${name}: pictures compared with a challenger`, sum, of('frames')),
      compare(`${name}: of these, both found the same on`, sum, of('agreed')),
    ].filter((row) => row.now !== undefined);
  };
  return [
    ...models.flatMap(({ name }) => {
      const of = (key: 'inferences' | 'failures' | 'p95Ms' | 'memoryBytes') => (numbers: KnownNumbers) =>
        numbers.models[name]?.[key];
      return [
        compare(`${name}: answered requests`, sum, of('inferences')),
        compare(`${name}: failed requests`, sum, of('failures')),
        compare(`${name}: p95 of the median device, ms`, median, of('p95Ms')),
        compare(`${name}: p95 of the slowest device, ms`, largest, of('p95Ms')),
        compare(`${name}: memory of the median device, MB`, median, (numbers) => inMb(of('memoryBytes')(numbers))),
        ...challengerRows(name),
      ];
    }),
    compare('agent: memory of the median device, MB', median, ({ memoryBytes }) => inMb(memoryBytes)),
    compare('agent: CPU of the median device, % of a core', median, ({ cpuPercent }) => cpuPercent),
    compare('agent: starts, all devices', sum, ({ starts }) => starts),
    compare('agent: crashes, all devices', sum, ({ crashes }) => crashes),
  ];
}

function inMb(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : Math.round(bytes / 1e6);
}

type Join = (values: readonly number[]) => number;

function joined(
  name: 'now' | 'before',
  devices: readonly KnownNumbers[],
  join: Join,
  of: (numbers: KnownNumbers) => number | undefined,
): Partial<Comparison> {
  const values = devices.flatMap((numbers) => of(numbers) ?? []);
  return values.length === 0 ? {} : { [name]: join(values) };
}

const sum: Join = (values) => values.reduce((total, value) => total + value, 0);
const largest: Join = (values) => Math.max(...values);
const median: Join = (values) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
