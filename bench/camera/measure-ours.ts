import { PATIENCE_MS } from '../../testing/patience.ts';
import { AGENT, APP } from '../../testing/device/collection.ts';
import type { Device } from '../../testing/device/device.ts';
import { memoryOfFamily } from '../../testing/process/process-facts.ts';
import { onResults } from '../../tools/cli/start/result-stream.ts';
import type { CameraFigures, CameraRun } from './camera-run.ts';
import { cpuOfDescendants } from './cpu-of-descendants.ts';

export interface OurFigures extends CameraFigures {
  /** Of application, agent and models, shared pages counted once, in MB of 1,000,000 bytes. */
  readonly memoryMb: number;
}

let runs = 0;

/**
 * The collection through its public door: a source of its own plays the video as fast as its frames are answered, none skipped.
 * The measurement begins with the result of the last warm-up frame and ends with that of the last one.
 */
export async function measureOurs(device: Device, task: CameraRun, signal: AbortSignal): Promise<OurFigures> {
  const source = `camera-${++runs}`;
  const last = task.warmUp + task.frames;
  let count = 0;
  let begin: { cpu: number; at: number } | undefined;
  let stop = (): void => undefined;
  const cpu = (): number => cpuOfDescendants(device.pids(AGENT));
  const measured = new Promise<OurFigures>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${source} had ${count} of ${last} results`)), RUN_TIMEOUT_MS);
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    const unsubscribe = onResults(device.core, (result) => {
      if (result.source !== source) return;
      if (result.error) return reject(new Error(`${source} had an error: ${JSON.stringify(result.error)}`));
      count++;
      if (count === task.warmUp) begin = { cpu: cpu(), at: performance.now() };
      if (count !== last || !begin) return;
      resolve({
        frames: task.frames,
        cpuMsPerFrame: (cpu() - begin.cpu) / task.frames,
        seconds: (performance.now() - begin.at) / 1_000,
        memoryMb:
          [APP, AGENT].flatMap((name) => device.pids(name)).reduce((sum, pid) => sum + memoryOfFamily(pid), 0) / 1e6,
      });
    });
    stop = () => {
      clearTimeout(late);
      unsubscribe();
      signal.removeEventListener('abort', onAbort);
    };
  });
  measured.catch(() => undefined);
  try {
    const camera = { Type: 'stream', Url: task.video, Mode: 'once', Services: [task.model.service] };
    const annotate = { Enabled: task.folder !== undefined, Keep: 'always', MaxMB: 4_000 };
    await configure(device, { Sources: { [source]: camera }, Annotate: annotate });
    return await measured;
  } finally {
    stop();
    await configure(device, { Sources: { [source]: { Enabled: false } } });
  }
}

const RUN_TIMEOUT_MS = Math.max(600_000, PATIENCE_MS);

async function configure(device: Device, settings: object): Promise<void> {
  const { status, error } = await device.deploy({ componentToConfiguration: { [APP]: { MERGE: settings } } });
  if (status !== 'SUCCEEDED') throw new Error(`the settings were not deployed: ${error}`);
}
