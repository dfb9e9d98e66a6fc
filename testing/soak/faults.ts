import { rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fillFile } from '../agent/small-disk.ts';
import { AGENT, APP } from '../device/collection.ts';
import { detectorVersion, readManifest } from '../device/model-version.ts';
import type { ProxyFault } from '../object-store/fault-proxy.ts';
import { childrenOf, nameOf, pidsNamed } from '../process/process-facts.ts';
import { mutateBytes } from '../vision/fuzz/mutate.ts';
import type { Random } from '../vision/fuzz/random.ts';
import { CAMERAS, UPLOADER } from './soak-rig.ts';
import type { SoakRig } from './soak-rig.ts';

export interface Fault {
  readonly name: string;
  /** At most so many an hour. Default: any number. */
  readonly perHour?: number;
  /** Resolves when what was broken is whole again; to a word on how it went, if that is worth one. */
  cause(random: Random, pause: Pause): Promise<string | void> | void;
}

/** Waits, or less if the run ends. */
type Pause = (ms: number) => Promise<void>;

/** A component is BROKEN with its third error within an hour. */
const KILLS_PER_HOUR = 2;
/** Each waits for the golden tests of a version, and for the processes that it replaces. */
const DEPLOYMENTS_PER_HOUR = 40;
const STORE_FAULTS: readonly ProxyFault[] = [
  'hang-up',
  'lose-answer',
  'silent',
  'slow-down',
  'internal-error',
  'access-denied',
  'captive-portal',
  'foreign-not-found',
  'foreign-precondition',
];
const CLOCK_JUMPS_S = [-86_400, -3_600, -5, 5, 3_600, 86_400];

export function appPid({ device }: SoakRig): number | undefined {
  return device.pids(APP).find((pid) => !['sh', 'ffmpeg'].includes(nameOf(pid)));
}

/** All that can go wrong on this machine, by chance. */
export function faultsFor(rig: SoakRig): readonly Fault[] {
  const { device, cameras, store, broker, ballast } = rig;
  const agent = (): number | undefined => device.pids(AGENT)[0];
  const players = (): readonly number[] => pidsNamed('ffmpeg', appPid(rig) ?? -1);
  const camera = (random: Random) => cameras.get(random.pick(CAMERAS))!;
  let version = 1;
  const deploy = async (change?: (folder: string) => Promise<void>): Promise<string> => {
    const number = version++;
    const request = await detectorVersion(device.folder(`detector-${number}`), `1.1.${number}`, change);
    const { status } = await device.deploy(request);
    rmSync(device.folder(`detector-${number}`), { recursive: true, force: true });
    return status;
  };
  return [
    { name: 'application killed', perHour: KILLS_PER_HOUR, cause: () => kill(appPid(rig)) },
    { name: 'agent killed', perHour: KILLS_PER_HOUR, cause: () => kill(agent()) },
    // It was started once more for its own small file system.
    { name: 'uploader killed', perHour: KILLS_PER_HOUR - 1, cause: () => kill(device.pids(UPLOADER)[0]) },
    { name: "model's process killed", cause: () => kill(childrenOf(agent() ?? -1).at(-1)) },
    { name: 'ffmpeg killed', cause: (random) => kill(pickOne(random, players())) },
    { name: 'ffmpeg stopped', cause: (random) => kill(pickOne(random, players()), 'SIGSTOP') },
    { name: 'camera stalled', cause: (random) => camera(random).stall() },
    { name: 'camera hung up', cause: (random) => camera(random).drop() },
    { name: 'size changed', cause: (random) => camera(random).changeSize() },
    {
      name: 'store broken',
      async cause(random, pause) {
        store.fault = random.pick(STORE_FAULTS);
        const what = store.fault;
        await pause(10_000 + random.below(20_000));
        store.fault = 'none';
        return what;
      },
    },
    {
      name: 'broker away',
      async cause(random, pause) {
        await broker.stop();
        await pause(5_000 + random.below(20_000));
        await broker.start();
      },
    },
    ...(ballast === undefined ? [] : [diskFull(ballast)]),
    clockJump((seconds) => rig.shiftClock(seconds)),
    { name: 'model swapped', perHour: DEPLOYMENTS_PER_HOUR, cause: () => deploy() },
    {
      name: 'bad model deployed',
      perHour: DEPLOYMENTS_PER_HOUR,
      cause: (random) => deploy((folder) => damage(folder, random)),
    },
  ];
}

function diskFull(ballast: string): Fault {
  return {
    name: 'disk full',
    async cause(random, pause) {
      fillFile(ballast);
      await pause(10_000 + random.below(15_000));
      rmSync(ballast, { force: true });
    },
  };
}

function clockJump(shiftClock: (seconds: number) => void): Fault {
  return {
    name: 'clock jumped',
    async cause(random, pause) {
      const seconds = random.pick(CLOCK_JUMPS_S);
      shiftClock(seconds);
      await pause(15_000);
      shiftClock(0);
      return `${seconds} s`;
    },
  };
}

/** Every file of the model, so that none is left that the agent could take instead. */
async function damage(folder: string, random: Random): Promise<void> {
  for (const { file } of (await readManifest(folder)).variants) {
    const bytes = new Uint8Array(await readFile(path.join(folder, file)));
    const cut = bytes.subarray(0, Math.floor(bytes.length * (0.5 + random.next() / 2)));
    await writeFile(path.join(folder, file), mutateBytes(cut, random, [bytes]));
  }
}

function pickOne<T>(random: Random, from: readonly T[]): T | undefined {
  return from.length === 0 ? undefined : random.pick(from);
}

/** A process that is gone does not need a signal. */
function kill(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    if (pid !== undefined && pid > 0) process.kill(pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}
