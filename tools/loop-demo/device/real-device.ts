import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { silentLogger, sleep, systemClock } from '#packages/foundation';
import { parseHeartbeat } from '#packages/heartbeat';
import type { HeartbeatMessage } from '#packages/heartbeat';
import { createAgentClient, createFeedbackClient } from '#packages/http';
import type { AgentClient, FeedbackClient } from '#packages/http';
import { connectIpc, localTopics, mqttTopics } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import { startUploader } from '../../../components/feedback-uploader/assembly/start-uploader.ts';
import type { RunningUploader } from '../../../components/feedback-uploader/assembly/start-uploader.ts';
import { COMPONENT as UPLOADER } from '../../../components/feedback-uploader/config.ts';
import { hashPicture } from '../../../components/feedback-uploader/duplicates/picture-hash.ts';
import { redactImage } from '../../../components/feedback-uploader/redaction/redact-image.ts';
import { sampleOf } from '../../../components/inference-app/feedback/feedback-sample.ts';
import type { Frame } from '../../../components/inference-app/frame/frame.ts';
import type { Agent } from '../../../components/inference-agent/assembly/agent.ts';
import { startAgent } from '../../../components/inference-agent/assembly/start-agent.ts';
import { FrameMemory } from '../../../components/inference-agent/frames/frame-memory.ts';
import { EdgeManagerOverlay } from '../../../components/inference-agent/settings/edge-manager-overlay.ts';
import {
  COMPONENT as AGENT,
  LiveConfiguration,
} from '../../../components/inference-agent/settings/live-configuration.ts';
import { NO_KEYS } from '../../../testing/agent/registry-rig.ts';
import type { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import type { MemoryObjectStore } from '../../../testing/object-store/memory-object-store.ts';
import { MODEL } from '../settings.ts';
import type { RealDeviceSpec } from '../settings.ts';
import type { Picture } from '../world/world.ts';
import { AGENT_SETTINGS, OFFERED, uploaderSettings } from './device-settings.ts';
import type { SampleStrategy } from './device-settings.ts';
import { deviceInstances } from './instances.ts';

const POLL_MS = 3;
const JPEG = 'image/jpeg';

/** An event of the agent, e.g. `model.drifting`. */
export type DeviceEvent = Readonly<Record<string, unknown>> & { readonly event: string };

export interface RealDeviceOptions {
  readonly spec: RealDeviceSpec;
  /** Work folders of the components lie below it. */
  readonly folder: string;
  /** The bundled program of a model's process. */
  readonly worker: string;
  readonly store: MemoryObjectStore;
  readonly clock: FakeClock;
  readonly random: () => number;
}

/** A whole agent and a whole uploader with their sockets, a model in a process of its own, and a nucleus in memory. */
export class RealDevice {
  readonly spec: RealDeviceSpec;
  readonly client: AgentClient;
  /** Pictures that were shown. */
  pictures = 0;
  hasChallenger = false;
  readonly #nucleus: MemoryNucleus;
  readonly #clock: FakeClock;
  readonly #agent: Agent;
  readonly #uploader: RunningUploader;
  readonly #feedback: FeedbackClient;
  readonly #sessions: readonly IpcSession[];

  private constructor(
    { spec, clock }: RealDeviceOptions,
    nucleus: MemoryNucleus,
    agent: Agent,
    uploader: RunningUploader,
    sessions: readonly IpcSession[],
  ) {
    this.spec = spec;
    this.#clock = clock;
    this.#nucleus = nucleus;
    this.#agent = agent;
    this.#uploader = uploader;
    this.#sessions = sessions;
    this.client = createAgentClient({ socketPath: agent.socketPath, timeoutMs: PATIENCE_MS });
    this.#feedback = createFeedbackClient({ socketPath: uploader.socketPath, timeoutMs: PATIENCE_MS });
  }

  static async start(options: RealDeviceOptions): Promise<RealDevice> {
    const { spec, folder, worker, store, clock, random } = options;
    const { thing } = spec;
    const nucleus = new MemoryNucleus({ clock });
    const work = { agent: path.join(folder, AGENT), uploader: path.join(folder, UPLOADER) };
    for (const each of Object.values(work)) await mkdir(each, { recursive: true });
    nucleus.configuration.set(AGENT, [], AGENT_SETTINGS);
    nucleus.configuration.set(UPLOADER, [], uploaderSettings(thing, 'unusual'));
    const sessions = [AGENT, UPLOADER].map((component) =>
      connectIpc({
        component,
        environment: { ipcToken: undefined, ipcSocket: undefined, nucleus: 'java' },
        transport: nucleus.transport(component),
      }),
    );
    const [ipc, uploaderIpc] = sessions as [IpcSession, IpcSession];
    await Promise.all(sessions.map((session) => session.ready()));
    const common = { thing, clock, random, log: silentLogger, setLogLevel: () => undefined };
    const uploader = await startUploader({
      ...common,
      workFolder: work.uploader,
      configuration: await uploaderIpc.getConfiguration([]),
      ipc: uploaderIpc,
      regionOfDevice: 'eu-west-1',
      redact: redactImage,
      hash: hashPicture,
      openStore: () => store,
    });
    const agent = await startAgent({
      ...common,
      ...(await deviceInstances(worker, work.agent, clock)),
      workFolder: work.agent,
      configuration: new LiveConfiguration(await ipc.getConfiguration([]), silentLogger),
      overlay: new EdgeManagerOverlay(ipc),
      ipc,
      regionOfDevice: 'eu-west-1',
      openStore: () => store,
      platform: { cores: 1, providers: ['cpu'], nucleus: 'java' },
      frames: new FrameMemory({ budgetMB: () => 0, clock: systemClock, log: silentLogger }),
      keys: NO_KEYS,
    });
    return new RealDevice(options, nucleus, agent, uploader, sessions);
  }

  /** Has the model look at a picture and offers it to the uploader, as edgeml.InferenceApp does. */
  async show(picture: Picture): Promise<void> {
    const before = await this.#compared();
    const answer = await this.client.invoke(MODEL, picture.bytes, { contentType: JPEG });
    this.pictures++;
    const [takenAt, takenAtMonotonic] = [this.#clock.now(), this.#clock.monotonic()];
    const withImage: Frame['withImage'] = (use) => use({ bytes: picture.bytes, contentType: JPEG });
    const frame = { image: picture.name, source: this.spec.thing, takenAt, takenAtMonotonic, withImage };
    const sample = sampleOf(frame, picture.bytes, answer);
    if (sample.metadata?.['deviation'] !== undefined) await this.#feedback.publish(OFFERED, sample);
    // The clock must not go on while the challenger is at work: that would be taken for a hang.
    while (before !== undefined && (await this.#compared()) === before) await sleep(systemClock, POLL_MS);
  }

  /** Pictures that the challenger has answered or left out; undefined without one. */
  async #compared(): Promise<number | undefined> {
    const [report] = this.hasChallenger ? await this.client.challengers() : [];
    if (report?.state !== 'comparing') return undefined;
    const { frames, failed, skipped } = report.comparison;
    return frames + failed + Object.values(skipped).reduce((sum, count) => sum + count, 0);
  }

  /** Gives the uploader another strategy, as a deployment does. */
  sample(strategy: SampleStrategy): void {
    this.#nucleus.configure(UPLOADER, [], uploaderSettings(this.spec.thing, strategy));
  }

  /** Samples that the uploader has accepted and that wait for their upload. */
  async waiting(): Promise<number> {
    return (await this.#feedback.health()).spool?.samples ?? 0;
  }

  /** Activates the packages of a deployment and ends what it does not have. */
  async apply(packages: { readonly champion: string; readonly challenger?: string | undefined }): Promise<void> {
    if (this.hasChallenger && packages.challenger === undefined) await this.client.stopChallenger(MODEL);
    await this.client.activate({ path: packages.champion });
    if (packages.challenger !== undefined)
      await this.client.activate({ path: packages.challenger, role: 'challenger' });
    this.hasChallenger = packages.challenger !== undefined;
  }

  /** Messages that the agent has published since the last call. */
  takeMessages(): { readonly heartbeats: readonly HeartbeatMessage[]; readonly events: readonly DeviceEvent[] } {
    const heartbeat = mqttTopics.heartbeat(this.spec.thing);
    const sent = this.#nucleus.iotMessages.splice(0).filter(({ topic }) => topic === heartbeat);
    const local = this.#nucleus.localMessages.splice(0).filter(({ topic }) => topic === localTopics.events);
    return {
      heartbeats: sent.map(({ payload }) => parseHeartbeat(payload)),
      events: local.map(({ message }) => message as DeviceEvent),
    };
  }

  async close(): Promise<void> {
    this.client.close();
    this.#feedback.close();
    await Promise.all([this.#agent.close(1_000), this.#uploader.close(1_000)]);
    for (const session of this.#sessions) await session.close();
  }
}
