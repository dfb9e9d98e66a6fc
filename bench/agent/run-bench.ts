import { copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createAgentClient } from '#packages/http';
import { buildForThisMachine } from '../../tools/bundle/host-build.ts';
import { makeInbox } from '../../tools/cli/start/collection.ts';
import type { Inbox } from '../../tools/cli/start/collection.ts';
import { onResults } from '../../tools/cli/start/result-stream.ts';
import { LocalCore } from '../../tools/local-core/local-core.ts';
import { AGENT, agentSocket, APP, deviceFolder, firstDeployment } from '../../testing/device/collection.ts';
import { detectorVersion } from '../../testing/device/model-version.ts';
import { pidsIn, memoryOfFamily } from '../../testing/process/process-facts.ts';
import { sample, SAMPLES } from '../../testing/device/samples.ts';
import { measureOverhead } from './overhead.ts';
import type { OverheadFigures } from './overhead.ts';
import { photoOf } from './photo.ts';
import { measureStartUp } from './start-up.ts';
import type { StartUpFigures } from './start-up.ts';
import { measureSwaps } from './swap.ts';
import type { SwapFigures } from './swap.ts';

export interface BenchOptions {
  /** Per service. */
  readonly requests: number;
  readonly swaps: number;
  readonly starts: number;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string) => void;
}

export interface BenchReport {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly overhead: readonly OverheadFigures[];
  readonly swap: SwapFigures;
  readonly startUp: StartUpFigures;
  /** Memory in MB (1e6 bytes), model processes included and shared pages counted once, both sample models active, all sample images answered. */
  readonly memory: { readonly agentMB: number; readonly appMB: number };
}

const DETECTOR = 'PartsDetector';
const CLASSIFIER = 'PartsClassifier';
const PHOTO_BYTES = 200_000;
const SAMPLES_TIMEOUT_MS = 120_000;

/** The collection in its own local core, each component its own process, measured from outside. */
export async function runBench({ requests, swaps, starts, signal, onProgress }: BenchOptions): Promise<BenchReport> {
  const folder = await deviceFolder();
  const root = path.join(folder, 'core');
  onProgress('Building and deploying the collection …');
  const inbox = await makeInbox(path.join(folder, 'inbox'));
  await buildForThisMachine();
  const request = await firstDeployment(inbox, { agent: { ImageFolders: [folder, inbox.scenes] } });
  const core = await LocalCore.start({ root });
  const agent = createAgentClient({ socketPath: agentSocket(root), timeoutMs: 60_000 });
  const messages = createAgentClient({ socketPath: agentSocket(root), timeoutMs: 60_000, messages: true });
  try {
    const outcome = await core.deploy(request, signal);
    signal.throwIfAborted();
    if (outcome.status !== 'SUCCEEDED') throw new Error(`the deployment ended ${outcome.status}: ${outcome.error}`);

    onProgress('Answering the sample images …');
    await answerSamples(core, inbox, signal);
    const memory = { agentMB: memoryMB(root, AGENT), appMB: memoryMB(root, APP) };

    const photo = await photoOf(sample('belt-17.jpg'), PHOTO_BYTES);
    const file = path.join(folder, 'photo.jpg');
    await writeFile(file, photo);
    const agents = { messages, http: agent };
    const overhead: OverheadFigures[] = [];
    for (const service of [DETECTOR, CLASSIFIER]) {
      onProgress(`Asking ${service} ${requests} times …`);
      overhead.push(await measureOverhead({ agents, service, file, image: photo, requests, folder, signal }));
    }

    onProgress(`Starting the agent ${starts} times …`);
    const startUp = await measureStartUp(root, path.join(folder, 'agent'), DETECTOR, photo, starts, signal);

    onProgress(`Swapping a model ${swaps} times under load …`);
    const packages = ['1.1.0', '1.2.0'].map((version) => path.join(folder, version));
    for (const target of packages) await detectorVersion(target, path.basename(target));
    const paths = packages.map((target) => path.join(target, 'package'));
    const swap = await measureSwaps(agent, DETECTOR, photo, paths, swaps, signal);
    const cpu = cpus()[0]?.model ?? 'unknown';
    return {
      machine: { cpu, cores: availableParallelism(), node: process.version },
      overhead,
      swap,
      startUp,
      memory,
    };
  } finally {
    agent.close();
    messages.close();
    await core.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function answerSamples(core: LocalCore, inbox: Inbox, signal: AbortSignal): Promise<void> {
  const names = (await readdir(SAMPLES)).filter((name) => /\.(jpg|png)$/.test(name));
  const open = new Set(names);
  const answered = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no result for ${[...open].join(', ')}`)), SAMPLES_TIMEOUT_MS);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    const stop = onResults(core, ({ image }) => {
      open.delete(image);
      if (open.size > 0) return;
      clearTimeout(late);
      stop();
      resolve();
    });
  });
  for (const name of names) {
    await copyFile(sample(name), path.join(name.startsWith('part-') ? inbox.closeups : inbox.scenes, name));
  }
  await answered;
}

function memoryMB(root: string, component: string): number {
  const bytes = pidsIn(path.join(root, 'work', component)).map(memoryOfFamily);
  return Math.round(bytes.reduce((sum, one) => sum + one, 0) / 1e5) / 10;
}
