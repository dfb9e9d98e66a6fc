import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { Sketch } from '#packages/drift';
import { parseHeartbeat } from '#packages/heartbeat';
import type { ModelStatus } from '#packages/http';
import { localTopics, mqttTopics } from '#packages/ipc';
import { PackageFiles, parseManifest } from '#packages/model-package';
import { loadModel } from '#packages/vision';
import { FakeClock } from '../clock/fake-clock.ts';
import { MemoryNucleus } from '../ipc/memory-nucleus.ts';
import type { Predecessor } from '../../components/inference-agent/handover/predecessor.ts';
import { COMPONENT } from '../../components/inference-agent/settings/live-configuration.ts';
import { startInProcess } from './in-process-agent.ts';
import type { InProcessAgent } from './in-process-agent.ts';
import { MemoryInstances } from './memory-instance.ts';
import { memoryLoaded } from './memory-loaded.ts';
import { temporaryFolder, writeFiles } from './package-folder.ts';

const MINUTE_MS = 60_000;

export interface DriftScene {
  /** Of the service, which its one model answers. */
  readonly service: string;
  /** Writes the package, whose model.json names `baseline.json`. */
  readonly writePackage: (dir: string) => Promise<unknown>;
  /** The pictures that the baseline is made of. */
  readonly baseline: { readonly images: number; readonly picture: () => Promise<Buffer> };
  /** More of the agent's configuration. */
  readonly settings?: object;
}

/** The whole agent with a real model before a camera, on a clock that the test moves. */
export class DriftRig {
  readonly nucleus = new MemoryNucleus();
  readonly clock = new FakeClock();
  readonly work: string;
  readonly #service: string;
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>;
  readonly #models = memoryLoaded();
  #running: InProcessAgent | undefined;

  private constructor(service: string, folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    this.#service = service;
    this.#folder = folder;
    this.work = join(folder.path, 'work');
  }

  static async open({ service, writePackage, baseline, settings }: DriftScene): Promise<DriftRig> {
    const rig = new DriftRig(service, await temporaryFolder());
    await mkdir(rig.work);
    const own = { MinFreeDiskMB: 0, HeartbeatPeriodSeconds: 600, SignaturePolicy: 'off' };
    rig.nucleus.configuration.set(COMPONENT, [], { ...own, ...settings });
    const path = join(rig.#folder.path, service);
    await writePackage(path);
    await writeBaseline(path, baseline);
    const { client } = await rig.start();
    await client.activate({ path, alias: service });
    return rig;
  }

  /** The agent that was started last. */
  get running(): InProcessAgent {
    if (!this.#running) throw new Error('no agent was started');
    return this.#running;
  }

  /** Starts an agent, which restores what the one before has left. */
  async start(predecessor?: Predecessor): Promise<InProcessAgent> {
    const { open } = new MemoryInstances(this.#models);
    this.#running = await startInProcess(this.work, this.nucleus, this.clock, open, predecessor);
    await this.#running.agent.restored;
    return this.#running;
  }

  /** The camera sends a picture a minute. */
  async watch(minutes: number, picture: () => Promise<Buffer>): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await this.running.client.invoke(this.#service, await picture(), { contentType: 'image/png' });
      await this.pass();
    }
  }

  /** A minute without a picture. */
  pass(): Promise<void> {
    return this.clock.advance(MINUTE_MS);
  }

  /** Events about drift, of all agents. */
  get events(): readonly Readonly<Record<string, unknown>>[] {
    return this.nucleus.localMessages
      .filter(({ topic }) => topic === localTopics.events)
      .map(({ message }) => message as Readonly<Record<string, unknown>>)
      .filter(({ event }) => String(event).includes('drift'));
  }

  /** As the list of models shows it. */
  async status(): Promise<NonNullable<ModelStatus['drift']>[number] | undefined> {
    const [model] = await this.running.client.models();
    return model?.drift?.[0];
  }

  /** As the last heartbeat tells it. */
  inHeartbeat(): unknown {
    const heartbeat = this.nucleus.iotMessages.filter(({ topic }) => topic === mqttTopics.heartbeat('belt-7')).at(-1);
    return heartbeat && parseHeartbeat(heartbeat.payload).Models[0]?.Drift;
  }

  async close(): Promise<void> {
    await this.#running?.close();
    await this.#models.close();
    await this.#folder.remove();
  }
}

async function writeBaseline(dir: string, { images, picture }: DriftScene['baseline']): Promise<void> {
  const { baseline: _isToCome, ...rest } = JSON.parse(await readFile(join(dir, 'model.json'), 'utf8')) as {
    readonly baseline: string;
  };
  const manifest = parseManifest(rest);
  const model = await loadModel(new PackageFiles(dir), manifest, [], {
    variant: manifest.variants[0],
    providers: ['cpu'],
    intraOpThreads: 1,
    spinning: false,
    measurePictures: true,
  });
  const sketch = new Sketch();
  for (let at = 0; at < images; at++) sketch.add(await model.infer(await picture()));
  await model.close();
  await writeFiles(dir, { 'baseline.json': JSON.stringify({ schemaVersion: 1, sketch }) });
}

/** A square picture with a light and a dark half. @param pixel value of a channel; 0 red, 1 green, 2 blue */
export function twoHalves(side: number, pixel: (isLight: boolean, channel: number) => number): Promise<Buffer> {
  const data = Uint8Array.from({ length: side * side * 3 }, (_, at) =>
    pixel(Math.floor(at / 3) % side < side / 2, at % 3),
  );
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}
