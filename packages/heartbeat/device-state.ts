import * as z from 'zod';

/** Name of the shadow of AWS IoT that holds the state of a device. */
export const STATE_SHADOW = 'edgeml';

/**
 * The state of a device, as the reported document of its shadow has it: small, and the same for as long as nothing changes, since each
 * update is paid for and indexed. Times are seconds since the epoch by the clock of the device. Names of models are keys, so that a query of
 * the fleet index asks for one of them; texts hold no list, because the index counts the values of a field as a whole.
 */
export type DeviceState = z.output<typeof deviceStateSchema>;
export type ModelState = DeviceState['models'][string];
export type ChallengerState = DeviceState['challengers'][string];

/** So many starts and crashes are remembered with their time. */
export const REMEMBERED_TIMES = 6;

const count = z.number().nonnegative();

/** A version's use above that of something else. Negative: less. Absent: not known. */
const growth = {
  p95GrowthPercent: z.number().optional(),
  memoryGrowthPercent: z.number().optional(),
};

/** A model and its challenger, from the day on that they run side by side. */
const compared = {
  /** Pictures that both have answered, rounded down like `requests`. */
  frames: count.optional(),
  /** Of these, on which both found the same. */
  agreedPercent: count.optional(),
};

const modelStateSchema = z.object({
  alias: z.string(),
  version: z.string(),
  provider: z.string().optional(),
  golden: z.string().optional(),
  /** When the version began to serve. */
  since: count,
  /** Requests since then, answered or failed, rounded down to 1, 2 or 5 times a power of ten. */
  requests: count,
  /** Of the last 512 requests. */
  failurePercent: count,
  p95Ms: count.optional(),
  memoryMb: count.optional(),
  /** Since when the world is another one than that of its baseline. Absent: it is not. */
  driftSince: count.optional(),
  /** Of the version that served before, as it last was. */
  formerP95Ms: count.optional(),
  formerMemoryMb: count.optional(),
  /** Above these. */
  ...growth,
  /** With its challenger, if it has one. */
  ...compared,
});

const challengerStateSchema = z.object({
  alias: z.string(),
  version: z.string(),
  /** Name and version of the model that serves. */
  champion: z.string(),
  championVersion: z.string(),
  since: count,
  ...compared,
  /** Pictures that it answered or failed on, rounded down like `requests`, and those that it failed on. */
  requests: count,
  failurePercent: count,
  p95Ms: count.optional(),
  memoryMb: count.optional(),
  /** Above the model that serves. */
  ...growth,
});

const deviceStateSchema = z.object({
  /** When it was said. The only field whose change is not a reason to say it again. */
  at: count,
  agent: z.string(),
  /** The worst that is known of any model: `FAILING`: 20 % of its last requests or more. */
  state: z.enum(['OK', 'REFUSED', 'DRIFTING', 'FAILING']),
  /** Each model as `name=version`, `+active` if it answered in the last hour, `+sampling` if it gave a sample, with blanks between, by name. */
  serves: z.string(),
  nucleus: z.string().optional(),
  platform: z.string().optional(),
  architecture: z.string().optional(),
  /** Ladder of execution providers, with blanks between. */
  providers: z.string().optional(),
  diskFreeMb: count.optional(),
  memoryFreeMb: count.optional(),
  /** Starts and crashes of the agent in its life; older agents do not tell the first. */
  starts: count.optional(),
  crashes: count.default(0),
  /**
   * When the agent last started and last started after a crash: `n1` is the last time, `n2` the one before, up to `n6`. So a query for
   * `n3` after a time finds the devices on which it happened three times since. Absent: not in the life of this shadow.
   */
  startTimes: z.record(z.string(), count).default({}),
  crashTimes: z.record(z.string(), count).default({}),
  /** Of the agent's own process; processor time as a share of one core. */
  agentMemoryMb: count.optional(),
  agentCpuPercent: count.optional(),
  /** Its memory before the last change of a version, and what it takes above that. */
  formerAgentMemoryMb: count.optional(),
  agentMemoryGrowthPercent: z.number().optional(),
  models: z.record(z.string(), modelStateSchema).default({}),
  challengers: z.record(z.string(), challengerStateSchema).default({}),
});

/** A reported document as the state that it holds; undefined if it holds none. */
export function readDeviceState(reported: unknown): DeviceState | undefined {
  return deviceStateSchema.safeParse(reported).data;
}

export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly active: boolean;
  readonly sampling: boolean;
}

/** `serves` of a state as the models in it. */
export function readServes(serves: string): readonly ServedModel[] {
  return serves.split(' ').flatMap((word) => {
    const [identity = '', ...marks] = word.split('+');
    const [name = '', version = ''] = identity.split('=');
    return name === ''
      ? []
      : [{ name, version, active: marks.includes('active'), sampling: marks.includes('sampling') }];
  });
}

export function servesOf(models: readonly ServedModel[]): string {
  const words = models.map(
    ({ name, version, active, sampling }) =>
      `${name}=${version}${active ? '+active' : ''}${sampling ? '+sampling' : ''}`,
  );
  return [...new Set(words)].sort().join(' ');
}

/** 1, 2 or 5 times a power of ten, at most `value`; 0 for less than 1. */
export function roundedDown(value: number): number {
  if (value < 1) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([5, 2, 1].find((step) => step * power <= value) ?? 1);
}
