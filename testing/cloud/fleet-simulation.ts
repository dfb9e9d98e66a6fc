import { randomUUID } from 'node:crypto';
import { notFound, ServiceFault } from './service-fault.ts';

type Json = Record<string, unknown>;

/** A device's outcome for a deployment. Offline devices leave it queued. */
export type DeviceOutcome =
  | { readonly status: 'SUCCEEDED' }
  | { readonly status: 'OFFLINE' }
  | {
      readonly status: 'FAILED';
      readonly component: string;
      readonly reason: string;
      readonly errors?: readonly string[];
    };

interface Deployment {
  readonly id: string;
  readonly targetArn: string;
  readonly name: string;
  readonly input: Json;
  readonly created: number;
  readonly jobId: string;
  readonly parentTargetArn?: string;
  readonly devices: Map<string, { status: string; readsLeft: number; outcome: DeviceOutcome }>;
  /** By the clock of the rollout, milliseconds. */
  readonly begun: number;
  status: string;
}

/** Things, groups and what deployments do to them; shared by the IoT and the Greengrass side. Time is counted in reads. */
export class FleetSimulation {
  readonly things = new Map<string, { attributes: Record<string, string>; core: boolean; healthy: boolean }>();
  readonly groups = new Map<string, Set<string>>();
  readonly deployments: Deployment[] = [];
  /** Each device's outcome for a deployment; default: all succeed. */
  outcome: (thing: string, components: Record<string, { componentVersion: string }>) => DeviceOutcome = () => ({
    status: 'SUCCEEDED',
  });
  /** The clock by which a job tells its devices at its rate, milliseconds. Default: all are told at once. */
  rolloutClock: (() => number) | undefined;
  /** Reads of a job's executions until its devices are done. */
  readsUntilDone = 1;
  readonly #account: string;
  readonly #region: string;
  readonly #tokens = new Map<string, Json>();

  constructor(account: string, region: string) {
    this.#account = account;
    this.#region = region;
  }

  /** An account in which nothing was ever deployed. */
  reset(): void {
    this.deployments.length = 0;
    this.#tokens.clear();
    this.things.clear();
    this.groups.clear();
    this.outcome = () => ({ status: 'SUCCEEDED' });
    this.rolloutClock = undefined;
  }

  addThing(name: string, ...groups: readonly string[]): void {
    this.things.set(name, { attributes: {}, core: true, healthy: true });
    for (const group of groups) this.addToGroup(group, name);
  }

  addToGroup(group: string, thing: string): void {
    const members = this.groups.get(group) ?? new Set();
    this.groups.set(group, members.add(thing));
  }

  /** Jobs of thing groups are continuous: whoever joins a group gets its deployment. */
  joinGroup(group: string, thing: string): void {
    this.addToGroup(group, thing);
    const active = this.deployments.filter(
      ({ targetArn, status }) =>
        targetArn === this.arn('thinggroup', group) && ['ACTIVE', 'COMPLETED'].includes(status),
    );
    for (const { devices, input } of active) {
      const outcome = this.outcome(thing, (input['components'] ?? {}) as Record<string, { componentVersion: string }>);
      if (!devices.has(thing)) devices.set(thing, { status: 'QUEUED', readsLeft: this.readsUntilDone, outcome });
    }
  }

  arn(kind: 'thing' | 'thinggroup', name: string): string {
    return `arn:aws:iot:${this.#region}:${this.#account}:${kind}/${name}`;
  }

  createDeployment(input: Json): Json {
    const token = input['clientToken'] as string | undefined;
    const known = token === undefined ? undefined : this.#tokens.get(token);
    if (known) return known;
    const targetArn = input['targetArn'] as string;
    const members = this.#members(targetArn);
    const components = (input['components'] ?? {}) as Record<string, { componentVersion: string }>;
    for (const [name, { configurationUpdate }] of Object.entries(
      components as Record<string, { configurationUpdate?: { merge?: string } }>,
    ))
      if (configurationUpdate?.merge !== undefined) checkJson(name, configurationUpdate.merge);
    for (const older of this.deployments)
      if (older.targetArn === targetArn && older.status === 'ACTIVE') older.status = 'INACTIVE';
    const id = randomUUID();
    const outcomes = members.map((thing) => {
      const outcome = this.outcome(thing, components);
      return [thing, { status: 'QUEUED', readsLeft: this.readsUntilDone, outcome }] as const;
    });
    this.deployments.push({
      id,
      targetArn,
      name: (input['deploymentName'] as string | undefined) ?? '',
      input,
      created: Date.now() / 1000 + this.deployments.length / 1000,
      jobId: `job-${id}`,
      devices: new Map(outcomes),
      begun: this.rolloutClock?.() ?? 0,
      status: 'ACTIVE',
    });
    const answer = { deploymentId: id, iotJobId: `job-${id}`, iotJobArn: this.#jobArn(`job-${id}`) };
    if (token !== undefined) this.#tokens.set(token, answer);
    return answer;
  }

  deployment(id: string): Json {
    const { input, ...found } = this.#find(id);
    return {
      ...this.#listed({ input, ...found }),
      iotJobId: found.jobId,
      iotJobArn: this.#jobArn(found.jobId),
      ...pick(input, 'components', 'deploymentPolicies', 'iotJobConfiguration', 'tags'),
    };
  }

  deploymentsOf(targetArn: string | undefined, latestOnly: boolean): readonly Json[] {
    const newest = [...this.deployments].reverse().filter((one) => !targetArn || one.targetArn === targetArn);
    return newest.map((one) => this.#listed(one)).filter((one) => !latestOnly || one['isLatestForTarget'] === true);
  }

  cancel(id: string): void {
    this.#find(id).status = 'CANCELED';
  }

  coreDevices(
    groupArn?: string,
  ): readonly { coreDeviceThingName: string; status: string; lastStatusUpdateTimestamp: number }[] {
    const names = groupArn ? this.#members(groupArn) : [...this.things.keys()];
    return names
      .filter((name) => this.things.get(name)?.core)
      .map((name) => ({
        coreDeviceThingName: name,
        status: this.things.get(name)?.healthy ? 'HEALTHY' : 'UNHEALTHY',
        lastStatusUpdateTimestamp: 1_767_225_600,
      }));
  }

  removeCoreDevice(name: string): boolean {
    const thing = this.things.get(name);
    if (!thing?.core) return false;
    thing.core = false;
    return true;
  }

  /** Every read moves the devices of the job on. */
  jobExecutions(jobId: string): readonly { thing: string; status: string }[] {
    const deployment = this.deployments.find((one) => one.jobId === jobId);
    if (!deployment) throw notFound('job', jobId);
    return this.#moveOn(deployment).map(([thing, { status }]) => ({ thing, status }));
  }

  /** Moves the devices of all jobs on, for callers that do not read their executions. */
  moveOn(): void {
    for (const deployment of this.deployments) this.#moveOn(deployment);
  }

  #moveOn(deployment: Deployment) {
    const told = [...deployment.devices].slice(0, this.#toldBy(deployment));
    for (const [, device] of told) {
      if (device.outcome.status === 'OFFLINE' || deployment.status === 'CANCELED') continue;
      if (device.readsLeft-- > 0) device.status = 'IN_PROGRESS';
      else device.status = device.outcome.status;
    }
    const states = [...deployment.devices.values()].map(({ status }) => status);
    const isRolledOut = told.length === deployment.devices.size;
    if (
      isRolledOut &&
      deployment.status === 'ACTIVE' &&
      states.every((status) => ['SUCCEEDED', 'FAILED'].includes(status))
    )
      deployment.status =
        states.includes('FAILED') && deployment.targetArn.includes(':thing/') ? 'FAILED' : 'COMPLETED';
    return told;
  }

  /** Jobs of thing groups are continuous: they end with the next deployment, or when they are canceled. */
  job(jobId: string): Json {
    const deployment = this.deployments.find((one) => one.jobId === jobId);
    if (!deployment) throw notFound('job', jobId);
    const isOver = ['CANCELED', 'INACTIVE'].includes(deployment.status);
    const told = this.#toldBy(deployment);
    return {
      jobId,
      jobArn: this.#jobArn(jobId),
      status: isOver ? 'CANCELED' : 'IN_PROGRESS',
      targets: [deployment.targetArn],
      jobProcessDetails: {
        ...(told < deployment.devices.size ? { processingTargets: [deployment.targetArn] } : {}),
        ...countsOf([...deployment.devices.values()].slice(0, told).map(({ status }) => status)),
      },
    };
  }

  #toldBy({ devices, begun, input }: Deployment): number {
    const configuration = input['iotJobConfiguration'] as
      { jobExecutionsRolloutConfig?: { maximumPerMinute?: number } } | undefined;
    const rate = configuration?.jobExecutionsRolloutConfig?.maximumPerMinute;
    if (!this.rolloutClock || rate === undefined) return devices.size;
    return Math.min(devices.size, rate * (1 + Math.floor((this.rolloutClock() - begun) / 60_000)));
  }

  effectiveDeployments(thing: string): readonly Json[] {
    return [...this.deployments]
      .reverse()
      .filter(({ devices }) => devices.has(thing))
      .map((deployment) => {
        const device = deployment.devices.get(thing);
        const failed = device?.status === 'FAILED' && device.outcome.status === 'FAILED' ? device.outcome : undefined;
        return {
          deploymentId: deployment.id,
          deploymentName: deployment.name || 'deployment',
          iotJobId: deployment.jobId,
          targetArn: deployment.targetArn,
          coreDeviceExecutionStatus: device?.status ?? 'QUEUED',
          creationTimestamp: deployment.created,
          modifiedTimestamp: deployment.created,
          ...(failed
            ? {
                reason: `FAILED_ROLLBACK_COMPLETE: ${failed.reason}`,
                statusDetails: {
                  errorStack: failed.errors ?? ['DEPLOYMENT_FAILURE', 'COMPONENT_BROKEN'],
                  errorTypes: ['USER_COMPONENT_ERROR'],
                },
              }
            : {}),
        };
      });
  }

  installedComponents(thing: string): readonly Json[] {
    const installed = new Map<string, Json>();
    for (const { devices, input } of this.deployments) {
      const device = devices.get(thing);
      if (!device || device.outcome.status === 'OFFLINE') continue;
      for (const [name, spec] of Object.entries((input['components'] ?? {}) as Record<string, Json>)) {
        const broken = device.outcome.status === 'FAILED' && device.outcome.component === name;
        installed.set(name, {
          componentName: name,
          componentVersion: spec['componentVersion'],
          lifecycleState: broken ? 'BROKEN' : 'RUNNING',
          isRoot: true,
          ...(broken && device.outcome.status === 'FAILED'
            ? { lifecycleStateDetails: device.outcome.reason, lifecycleStatusCodes: ['STARTUP_ERROR'] }
            : {}),
        });
      }
    }
    return [...installed.values()];
  }

  #listed(one: Deployment): Json {
    const latest = [...this.deployments].reverse().find(({ targetArn }) => targetArn === one.targetArn);
    return {
      targetArn: one.targetArn,
      revisionId: String(
        this.deployments.filter(({ targetArn }) => targetArn === one.targetArn).findIndex(({ id }) => id === one.id) +
          1,
      ),
      deploymentId: one.id,
      ...(one.name ? { deploymentName: one.name } : {}),
      creationTimestamp: one.created,
      deploymentStatus: one.status,
      isLatestForTarget: latest?.id === one.id,
    };
  }

  #find(id: string): Deployment {
    const found = this.deployments.find((one) => one.id === id);
    if (!found) throw notFound('deployment', id);
    return found;
  }

  #members(targetArn: string): readonly string[] {
    const [kind, name = ''] = targetArn.slice(targetArn.lastIndexOf(':') + 1).split('/');
    if (kind === 'thing') {
      if (!this.things.has(name)) throw notFound('thing', name);
      return [name];
    }
    const group = this.groups.get(name);
    if (!group) throw notFound('thingGroup', name);
    return [...group];
  }

  #jobArn(jobId: string): string {
    return `arn:aws:iot:${this.#region}:${this.#account}:job/${jobId}`;
  }
}

const COUNTED: Readonly<Record<string, string>> = {
  QUEUED: 'numberOfQueuedThings',
  IN_PROGRESS: 'numberOfInProgressThings',
  SUCCEEDED: 'numberOfSucceededThings',
  FAILED: 'numberOfFailedThings',
};

function countsOf(states: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const state of states) {
    const name = COUNTED[state] ?? state;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function pick(from: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

function checkJson(component: string, merge: string): void {
  try {
    JSON.parse(merge);
  } catch {
    throw new ServiceFault('ValidationException', 400, `the merge of ${component} is not JSON`);
  }
}
