import { join } from 'node:path';
import { readTextIfAny, silentLogger, writeAtomically } from '#packages/foundation';
import type { Clock, IncidentFacts, Incidents, Logger } from '#packages/foundation';
import type { DeploymentResult, DeviceState } from '#packages/heartbeat';
import type { ChallengerReport, ServiceDrift } from '#packages/http';
import { mqttTopics } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import type { ObjectStore } from '#packages/object-store';
import type { CaptureUpload } from '../capture/upload/capture-upload.ts';
import type { ChallengerNews } from '../challenger/challengers.ts';
import type { AgentConfiguration } from '../config.ts';
import type { AgentEventName, AgentEvents } from '../events/agent-event.ts';
import { CpuMeter } from '../fleet/cpu-meter.ts';
import { CloudCheck } from '../fleet/cloud-check.ts';
import { awsProvider } from '../fleet/aws-provider.ts';
import type { StorePlace } from '../fleet/aws-provider.ts';
import { customProvider } from '../fleet/custom-provider.ts';
import { deviceNames } from '../fleet/device-name.ts';
import { agentErrors } from '../errors.ts';
import { deviceFacts } from '../fleet/device-facts.ts';
import { DeviceShadow } from '../fleet/device-shadow.ts';
import { deviceStateOf } from '../fleet/device-state.ts';
import type { StateChallengerFacts, StateModelFacts } from '../fleet/device-state.ts';
import { heartbeatOf } from '../fleet/heartbeat-facts.ts';
import type { ModelFacts } from '../fleet/heartbeat-facts.ts';
import { Heartbeats } from '../fleet/heartbeats.ts';
import { changeOf } from '../fleet/last-change.ts';
import { LifeRecord } from '../fleet/life-record.ts';
import { UsageBook } from '../fleet/model-usage.ts';
import { noneProvider } from '../fleet/none-provider.ts';
import type { Provider, ProviderSettings } from '../fleet/provider.ts';
import { RegistrationCache } from '../fleet/registration-cache.ts';
import { ladderOf } from '../settings/instance-settings.ts';
import type { Platform } from '../settings/instance-settings.ts';
import type { ServingModel } from '../registry/serving-model.ts';

export interface FleetLinkPorts {
  readonly workFolder: string;
  readonly configuration: () => AgentConfiguration;
  readonly ipc: Pick<IpcSession, 'publishIot'>;
  readonly thing: string;
  readonly regionOfDevice: string | undefined;
  readonly platform: Pick<Platform, 'providers' | 'nucleus'>;
  readonly openStore: (place: StorePlace) => ObjectStore;
  readonly serving: () => readonly ServingModel[];
  /** Services of an alias beside their baseline. */
  readonly driftsOf: (alias: string) => readonly ServiceDrift[];
  /** Results of an alias's challenger since the last call. */
  readonly challengerOf: (alias: string) => ChallengerNews | undefined;
  /** All challengers, with what came of them since they run. */
  readonly challengers: () => readonly ChallengerReport[];
  /** The device goes by another name than its thing. */
  readonly onMismatch: (names: { readonly deviceName: string; readonly thing: string }) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
  readonly log: Logger;
}

const DEFAULT_REGION = 'us-east-1';
/** The state of the device tells of processor time over at least this long. */
const STATE_CPU_MS = 600_000;

/** The agent's ties to its fleet: the provider of the cloud, registration, heartbeats and what they tell. */
export class FleetLink {
  readonly usage: UsageBook;
  readonly #ports: FleetLinkPorts;
  readonly #provider: Provider;
  readonly #registration: RegistrationCache;
  readonly #life: LifeRecord;
  readonly #heartbeats: Heartbeats;
  #closing: Promise<void> | undefined;
  readonly #check: CloudCheck;
  readonly #shadow: DeviceShadow;
  readonly #startedAt: number;
  readonly #heartbeatCpu: CpuMeter;
  readonly #stateCpu: CpuMeter;
  #lastChange: DeploymentResult | undefined;
  #period: number;
  #checkPeriod: number;
  #statePeriod: number;
  #mismatch: string | undefined;

  private constructor(ports: FleetLinkPorts, provider: Provider) {
    const { workFolder, clock, incidents, log, random } = ports;
    this.#ports = ports;
    this.#provider = provider;
    this.usage = new UsageBook(clock);
    this.#registration = new RegistrationCache({ file: join(workFolder, 'registration.json'), provider, clock, log });
    this.#life = new LifeRecord(join(workFolder, 'life.json'));
    this.#startedAt = clock.monotonic();
    this.#heartbeatCpu = new CpuMeter(clock);
    this.#stateCpu = new CpuMeter(clock, STATE_CPU_MS);
    this.#period = ports.configuration().HeartbeatPeriodSeconds;
    this.#checkPeriod = ports.configuration().CloudCheckSeconds;
    this.#statePeriod = ports.configuration().StatePeriodSeconds;
    this.#check = new CloudCheck({
      periodSeconds: () => this.#checkPeriod,
      isWanted: () => this.#hasAws(),
      publish: () => {
        const message = { event: 'cloud.check', timestamp: new Date(clock.now()).toISOString(), thing: ports.thing };
        return ports.ipc.publishIot(mqttTopics.events(ports.thing), JSON.stringify(message), { qos: 0 });
      },
      clock,
      random,
      incidents,
    });
    const stateFile = join(workFolder, 'device-state.json');
    this.#shadow = new DeviceShadow({
      memory: { read: () => readTextIfAny(stateFile), keep: (text) => writeAtomically(stateFile, text) },
      periodSeconds: () => this.#statePeriod,
      isWanted: () => this.#hasAws(),
      compose: (before) => this.#state(before),
      publish: (update) => ports.ipc.publishIot(mqttTopics.state(ports.thing), update, { qos: 1 }),
      clock,
      random,
      log,
    });
    this.#heartbeats = new Heartbeats({
      periodSeconds: () => this.#period,
      isRegistered: () => this.#registration.isActive(),
      compose: (periodSeconds) => this.#compose(periodSeconds),
      send: (heartbeat) => provider.sendHeartbeat(heartbeat),
      clock,
      random,
      incidents,
      log,
    });
  }

  /** @throws EdgeError `cloud-provider.*` */
  static async open(ports: FleetLinkPorts): Promise<FleetLink> {
    const link = new FleetLink(ports, await providerOf(ports));
    await link.#open();
    return link;
  }

  /** Way to the bucket; undefined if there is no cloud. */
  get upload(): CaptureUpload | undefined {
    if (this.#ports.configuration().CloudProvider === 'None') return undefined;
    return {
      uploadSampleData: async (object, signal) => {
        if (!(await this.#registration.isActive())) throw notRegistered(object.key);
        await this.#provider.uploadSampleData(object, signal);
      },
      networkStatus: () => this.#provider.networkStatus(),
    };
  }

  get deviceName(): string {
    return deviceNames(this.#ports.configuration().DeviceName, this.#ports.thing).name;
  }

  /** From now on heartbeats go out. */
  start(): void {
    this.#heartbeats.start();
    this.#check.start();
    this.#shadow.start();
  }

  observe<Name extends AgentEventName>(event: Name, facts: AgentEvents[Name]): void {
    this.#lastChange = changeOf(event, facts, this.#ports.clock.now()) ?? this.#lastChange;
    // The requests of a version are counted from its first on.
    for (const { identity } of this.#ports.serving()) this.usage.lifeOf(identity.alias, identity.version);
  }

  /** Follows a change of the configuration. */
  async configure(): Promise<void> {
    this.checkName();
    const configuration = this.#ports.configuration();
    const { HeartbeatPeriodSeconds: period, CloudCheckSeconds: checkPeriod } = configuration;
    if (period !== this.#period) {
      this.#period = period;
      this.#heartbeats.reschedule();
    }
    if (checkPeriod !== this.#checkPeriod) {
      this.#checkPeriod = checkPeriod;
      this.#check.start();
    }
    if (configuration.StatePeriodSeconds !== this.#statePeriod) {
      this.#statePeriod = configuration.StatePeriodSeconds;
      this.#shadow.start();
    }
    await this.#provider
      .configure(this.#settings())
      .catch((error: unknown) => this.#ports.log.error({ error }, 'cloud-provider.not-configured'));
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { log } = this.#ports;
    this.#heartbeats.stop();
    this.#check.stop();
    this.#shadow.stop();
    await this.#provider.shutdown().catch((error: unknown) => log.warn({ error }, 'cloud-provider.not-shut-down'));
    await this.#life.end().catch((error: unknown) => log.warn({ error }, 'agent.life-not-kept'));
  }

  async #open(): Promise<void> {
    const { log } = this.#ports;
    await this.#life.begin().catch((error: unknown) => log.warn({ error }, 'agent.life-not-kept'));
    await this.#registration.open();
    await this.#provider.init();
    await this.#provider.configure(this.#settings());
    await this.#provider.openCloudClient();
  }

  /** Whether the device goes by the name of its thing; tells each difference once. */
  checkName(): void {
    const { mismatch } = deviceNames(this.#ports.configuration().DeviceName, this.#ports.thing);
    const { incidents, onMismatch } = this.#ports;
    if (mismatch && mismatch.deviceName !== this.#mismatch) onMismatch(mismatch);
    // The event is in the log already.
    incidents.replace(
      'device.name-mismatch',
      new Map(mismatch ? [['device', mismatchFacts(mismatch)]] : []),
      silentLogger,
    );
    this.#mismatch = mismatch?.deviceName;
  }

  #settings(): ProviderSettings {
    const configuration = this.#ports.configuration();
    return {
      deviceName: this.deviceName,
      deviceFleetName: configuration.DeviceFleetName,
      thingName: this.#ports.thing,
      bucketName: configuration.BucketName,
      region: configuration.S3Region || (this.#ports.regionOfDevice ?? DEFAULT_REGION),
      s3Endpoint: configuration.S3Endpoint,
      s3ForcePathStyle: configuration.S3ForcePathStyle,
    };
  }

  async #hasAws(): Promise<boolean> {
    return this.#ports.configuration().CloudProvider === 'Aws' && (await this.#registration.isActive());
  }

  #device() {
    const { configuration, platform, workFolder } = this.#ports;
    const providers = ladderOf(configuration().Providers, platform.providers);
    return deviceFacts({ workFolder, nucleus: platform.nucleus, providers });
  }

  async #state(before: DeviceState | undefined): Promise<DeviceState> {
    const { clock, serving, challengers } = this.#ports;
    const reports = challengers();
    const models = serving().map((model) => this.#stateFactsOf(model, reports));
    return deviceStateOf({
      now: clock.now(),
      before,
      life: this.#life.life,
      device: await this.#device(),
      agent: { memoryBytes: process.memoryUsage.rss(), cpuPercent: this.#stateCpu.percent },
      models,
    });
  }

  #stateFactsOf(
    { identity, spec, standing, instance: { facts, memoryBytes } }: ServingModel,
    reports: readonly ChallengerReport[],
  ): StateModelFacts {
    const { alias, name, version } = identity;
    const challenger = reports.find((one) => one.alias === alias);
    return {
      alias,
      name,
      version,
      provider: facts.provider,
      golden: goldenOf(spec),
      isRefused: standing.refusal !== undefined,
      drifts: this.#ports.driftsOf(alias),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      life: this.usage.lifeOf(alias, version),
      latest: this.usage.latest(alias),
      ...(challenger ? { challenger: stateChallengerOf(challenger) } : {}),
    };
  }

  async #compose(periodSeconds: number) {
    const { clock, thing, serving, configuration } = this.#ports;
    const device = await this.#device();
    const models = serving().map((model) => this.#factsOf(model));
    this.usage.keepOnly(models.map(({ alias }) => alias));
    return heartbeatOf({
      deviceName: this.deviceName,
      fleet: configuration().DeviceFleetName,
      thing,
      now: clock.now(),
      periodSeconds,
      life: this.#life.life,
      uptimeSeconds: (clock.monotonic() - this.#startedAt) / 1_000,
      cpuPercent: this.#heartbeatCpu.percent,
      memoryBytes: process.memoryUsage.rss(),
      device,
      models,
      lastChange: this.#lastChange,
    });
  }

  #factsOf({ identity, spec, standing, instance: { facts, memoryBytes } }: ServingModel): ModelFacts {
    const { alias, name, version } = identity;
    const challenger = this.#ports.challengerOf(alias);
    return {
      alias,
      name,
      version,
      provider: facts.provider,
      variant: facts.variant,
      golden: goldenOf(spec),
      ...(standing.refusal ? { refusal: standing.refusal.code } : {}),
      drifts: this.#ports.driftsOf(alias),
      ...(challenger ? { challenger } : {}),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      usage: this.usage.take(alias),
    };
  }
}

function providerOf(ports: FleetLinkPorts): Promise<Provider> {
  const { CloudProvider: kind, CloudProviderPath: path } = ports.configuration();
  switch (kind) {
    case 'Aws':
      return Promise.resolve(awsProvider(ports));
    case 'Custom':
      return customProvider(path);
    case 'None':
      return Promise.resolve(noneProvider());
  }
}

function stateChallengerOf({ challenger, comparison }: ChallengerReport): StateChallengerFacts {
  const { frames, agreed, failed, latency, memoryBytes } = comparison;
  return {
    name: challenger.name,
    version: challenger.version,
    frames,
    agreed,
    failed,
    ...(latency ? { latency } : {}),
    ...(memoryBytes?.challenger === undefined ? {} : { memoryBytes: memoryBytes.challenger }),
  };
}

function goldenOf({ manifest, settings }: ServingModel['spec']): 'PASSED' | 'NONE' | 'OFF' {
  if (settings.golden === 'off') return 'OFF';
  return (manifest.golden ?? []).length > 0 ? 'PASSED' : 'NONE';
}

function mismatchFacts({ deviceName, thing }: { readonly deviceName: string; readonly thing: string }): IncidentFacts {
  const message = `DeviceName is ${deviceName}, and the thing is ${thing}: heartbeats and captured data carry the first`;
  return { message, todo: 'Leave DeviceName empty, or set it to the name of the thing.' };
}

function notRegistered(key: string) {
  return agentErrors.error('device.not-registered', `${key} is not uploaded: the device is not registered any more`);
}
