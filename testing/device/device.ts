import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceAtomically } from '#packages/foundation';
import { createAgentClient } from '#packages/http';
import type { AgentClient } from '#packages/http';
import { PATIENCE_MS } from '../patience.ts';
import { makeInbox } from '../../tools/cli/start/collection.ts';
import type { Inbox } from '../../tools/cli/start/collection.ts';
import { LocalCore } from '../../tools/local-core/local-core.ts';
import type { LocalCoreOptions } from '../../tools/local-core/core-options.ts';
import type { DeploymentOutcome, LocalDeploymentRequest } from '../../tools/local-core/ports.ts';
import { providedRuntime } from './built-collection.ts';
import { agentSocket, deviceFolder, firstDeployment } from './collection.ts';
import type { AppSettings } from './collection.ts';
import { Inboxed } from './inboxed.ts';
import { pidsIn } from '../process/process-facts.ts';

export interface DeviceOptions extends Partial<Omit<LocalCoreOptions, 'root'>> {
  /** Merged into the application's configuration, over the watched inbox. */
  readonly app?: AppSettings;
  /** Merged into the agent's configuration. */
  readonly agent?: Readonly<Record<string, unknown>>;
}

/**
 * A local core with the whole collection deployed from greengrass-build, every component its own process, and a watched
 * folder: `inbox.scenes` goes to the detector, `inbox.closeups` to the classifier.
 */
export class Device {
  readonly core: LocalCore;
  readonly inbox: Inbox;
  /** Results on the local topics. */
  readonly results: Inboxed;
  /** Events of the agent on the local topic. */
  readonly events: Inboxed;
  readonly agent: AgentClient;
  readonly #folder: string;

  private constructor(core: LocalCore, inbox: Inbox, folder: string) {
    this.core = core;
    this.inbox = inbox;
    this.#folder = folder;
    this.results = new Inboxed(core.pubsub, 'edgeml/results/#');
    this.events = new Inboxed(core.pubsub, 'edgeml/events');
    this.agent = createAgentClient({ socketPath: agentSocket(core.root), maxConnections: 600, timeoutMs: PATIENCE_MS });
  }

  /** Builds what is not built, starts the core and deploys; throws with the reason when the deployment fails. */
  static async start(options: DeviceOptions = {}): Promise<Device> {
    const { app, agent, ...coreOptions } = options;
    const folder = await deviceFolder();
    const root = path.join(folder, 'core');
    await providedRuntime(root);
    const core = await LocalCore.start({ root, ...coreOptions });
    const inbox = await makeInbox(path.join(folder, 'inbox'));
    const device = new Device(core, inbox, folder);
    try {
      const outcome = await core.deploy(await firstDeployment(inbox, { app, agent }));
      if (outcome.status !== 'SUCCEEDED')
        throw new Error(`the collection was not deployed: ${JSON.stringify(outcome)}`);
      return device;
    } catch (error) {
      await device.stop();
      throw error;
    }
  }

  get root(): string {
    return this.core.root;
  }

  /** A folder for what a test makes; removed with the device. */
  folder(name: string): string {
    return path.join(this.#folder, name);
  }

  deploy(request: LocalDeploymentRequest): Promise<DeploymentOutcome> {
    return this.core.deploy({ failureHandlingPolicy: 'ROLLBACK', origin: 'cloud', ...request });
  }

  /** Process id of a component that runs; throws if it is not exactly one. */
  pid(component: string): number {
    const pids = this.pids(component);
    if (pids.length !== 1) throw new Error(`${component} has ${pids.length} processes: ${pids.join(', ')}`);
    return pids[0]!;
  }

  pids(component: string): readonly number[] {
    return pidsIn(path.join(this.root, 'work', component));
  }

  state(component: string): string | undefined {
    return this.core.components().find(({ componentName }) => componentName === component)?.state;
  }

  version(component: string): string | undefined {
    return this.core.components().find(({ componentName }) => componentName === component)?.version;
  }

  log(component: string): Promise<string> {
    return readFile(path.join(this.root, 'logs', `${component}.log`), 'utf8');
  }

  /** Puts an image under a name into the detector's watched folder, whole at once, as a camera does; resolves when it is there. */
  async drop(content: string | Buffer, name: string): Promise<void> {
    const target = path.join(this.inbox.scenes, name);
    const partial = `${this.#folder}/${path.basename(name)}.partial`;
    await mkdir(path.dirname(target), { recursive: true });
    const put = (to: string): Promise<void> =>
      typeof content === 'string' ? copyFile(content, to) : writeFile(to, content);
    await replaceAtomically(target, put, { fsync: 'none', partial });
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.agent.close();
    await this.core.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
