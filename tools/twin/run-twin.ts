import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, tmpdir } from 'node:os';
import path from 'node:path';
import { createAgentClient } from '#packages/http';
import type { DeviceKey } from '#packages/model-package';
import { BUILTINS } from '../local-core/builtins.ts';
import { LocalCore } from '../local-core/local-core.ts';
import { corePaths } from '../local-core/paths.ts';
import type { DeploymentOutcome, LocalDeploymentRequest } from '../local-core/ports.ts';
import type { HeldBackSet } from './accuracy/held-back-set.ts';
import { checksOf } from './checks.ts';
import { deployedPackages } from './deployed-packages.ts';
import { driveModel } from './drive-model.ts';
import { twinErrors } from './errors.ts';
import { memoryOf } from './process-memory.ts';
import { withDeviceKeys } from './device-keys.ts';
import type {
  Bounds,
  ComponentReport,
  DeploymentReport,
  MemoryReport,
  ModelReport,
  TwinReport,
} from './report/twin-report.ts';

export interface TwinOptions {
  readonly name: string;
  /** With the folders of recipes and artifacts. */
  readonly request: LocalDeploymentRequest;
  readonly images: readonly string[];
  /** Private keys of the device, for packages that are encrypted. */
  readonly keys?: readonly DeviceKey[];
  /** Measured requests per model. */
  readonly requests: number;
  readonly heldBack?: HeldBackSet;
  readonly bounds: Bounds;
  /** Longest wait for the deployment, and for one answer, milliseconds. */
  readonly timeoutMs: number;
  readonly lite: boolean;
  readonly thingName?: string;
  readonly onProgress?: (what: string) => void;
  readonly signal: AbortSignal;
}

const AGENT = 'edgeml.InferenceAgent';
const LINES_KEPT = 15;

/** Runs a deployment on its own local core, asks its models, measures, and takes everything down again. */
export async function runTwin(options: TwinOptions): Promise<TwinReport> {
  const { lite, signal, thingName } = options;
  const started = new Date();
  // Sockets below it must fit into 107 bytes.
  const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-twin-'));
  const core = await LocalCore.start({
    root: path.join(folder, 'core'),
    strictLite: lite,
    ...(thingName === undefined ? {} : { thingName }),
  });
  try {
    const request = await withDeviceKeys(options.request, options.keys ?? [], path.join(folder, 'keys'));
    const deployment = await deploy(core, { ...options, request });
    signal.throwIfAborted();
    if (deployment.status !== 'SUCCEEDED') return reportOf(options, started, deployment, [], []);
    if (!core.components().some(({ componentName }) => componentName === AGENT))
      throw twinErrors.error('twin.no-agent', 'the deployment runs, but it has no edgeml.InferenceAgent');
    const models = await driveModels(core.root, options);
    const names = core.components().map(({ componentName }) => componentName);
    return reportOf(options, started, deployment, models, memoryReports(core.root, names));
  } finally {
    await core.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

export interface NucleusOptions extends Omit<TwinOptions, 'request' | 'thingName'> {
  /** Root of the nucleus, e.g. /greengrass/v2. */
  readonly root: string;
  /** Alias of the model to judge. Default: all that the agent has. */
  readonly model?: string;
}

/**
 * Holds the models that a nucleus on this machine runs against their bounds; deploys nothing and changes nothing. Memory is that of
 * all its components.
 * @throws EdgeError `twin.no-agent`, `twin.no-model`
 */
export async function judgeNucleus(options: NucleusOptions): Promise<TwinReport> {
  const { root, model } = options;
  const started = new Date();
  const names: readonly string[] = await readdir(path.dirname(corePaths(root).work(AGENT))).catch(() => []);
  if (!names.includes(AGENT))
    throw twinErrors.error('twin.no-agent', `the nucleus at ${root} does not have edgeml.InferenceAgent`);
  const models = await driveModels(root, options, model);
  if (models.length === 0) {
    const message = `the agent of the nucleus at ${root} does not have the model ${model ?? ''}`;
    throw twinErrors.error('twin.no-model', message, { facts: { model: model ?? '' } });
  }
  const deployment = { status: 'SUCCEEDED', detail: `what the nucleus at ${root} runs`, seconds: 0, components: [] };
  return reportOf(options, started, deployment, models, memoryReports(root, names));
}

function reportOf(
  { name, lite, bounds }: Pick<TwinOptions, 'name' | 'lite' | 'bounds'>,
  started: Date,
  deployment: DeploymentReport,
  models: readonly ModelReport[],
  memory: readonly MemoryReport[] | undefined,
): TwinReport {
  const checks = checksOf(deployment, models, memory, bounds);
  return {
    schemaVersion: 1,
    passed: checks.every(({ passed }) => passed),
    name,
    startedAt: started.toISOString(),
    seconds: round((Date.now() - started.getTime()) / 1000),
    machine: {
      os: platform(),
      architecture: arch(),
      cores: availableParallelism(),
      cpu: cpus()[0]?.model.trim() ?? '',
    },
    nucleus: lite ? 'lite' : 'java',
    deployment,
    models,
    memory: memory ?? [],
    bounds,
    checks,
  };
}

async function deploy(
  core: LocalCore,
  { request, timeoutMs, signal, onProgress }: TwinOptions,
): Promise<DeploymentReport> {
  const lines = new Map<string, string[]>();
  const trouble = new Map<string, ComponentReport>();
  const ends = [
    core.onLine(({ component, text }) =>
      lines.set(component, [...(lines.get(component) ?? []), text].slice(-LINES_KEPT)),
    ),
    core.onState(({ component, to, statusReason }) => {
      if (component in BUILTINS) return;
      onProgress?.(`${component} ${to.toLowerCase()} …`);
      if (to !== 'BROKEN' && to !== 'ERRORED') return;
      // A rollback removes what failed: it is kept for the report.
      const version = core.components().find(({ componentName }) => componentName === component)?.version ?? '';
      trouble.set(component, {
        name: component,
        version,
        state: to,
        ...(statusReason ? { reason: statusReason } : {}),
      });
    }),
  ];
  const since = performance.now();
  const late = AbortSignal.timeout(timeoutMs);
  onProgress?.('Deploying …');
  const outcome = await core.deploy(request, AbortSignal.any([signal, late]));
  for (const end of ends) end();
  const now = core.components().filter(({ componentName }) => !(componentName in BUILTINS));
  const shown = now.map(({ componentName: name, version, state, statusReason }): ComponentReport => {
    const failed = outcome.status === 'SUCCEEDED' ? undefined : trouble.get(name);
    if (failed) return failed;
    return { name, version, state, ...(statusReason === undefined ? {} : { reason: statusReason }) };
  });
  const gone =
    outcome.status === 'SUCCEEDED'
      ? []
      : [...trouble.values()].filter(({ name }) => !now.some((one) => one.componentName === name));
  const components = [...shown, ...gone].map((one) =>
    trouble.has(one.name) ? { ...one, lastLines: lines.get(one.name) ?? [] } : one,
  );
  return {
    ...statusOf(outcome, late.aborted, timeoutMs),
    seconds: round((performance.now() - since) / 1000),
    components,
  };
}

function statusOf({ status, detailedStatus, error }: DeploymentOutcome, late: boolean, timeoutMs: number) {
  const reason = late ? `not done after ${timeoutMs / 1000} s` : error;
  return {
    status,
    ...(detailedStatus === undefined ? {} : { detail: detailedStatus }),
    ...(reason === undefined ? {} : { error: reason }),
  };
}

type DriveOptions = Pick<TwinOptions, 'signal' | 'timeoutMs' | 'images' | 'requests' | 'heldBack' | 'onProgress'>;

async function driveModels(root: string, options: DriveOptions, only?: string): Promise<readonly ModelReport[]> {
  const { signal, timeoutMs, onProgress, ...drive } = options;
  const agent = createAgentClient({ socketPath: path.join(corePaths(root).work(AGENT), 'agent.sock'), timeoutMs });
  try {
    const packages = await deployedPackages(root, signal);
    const reports: ModelReport[] = [];
    for (const status of await agent.models({ signal })) {
      if (only !== undefined && status.alias !== only) continue;
      onProgress?.(`Asking ${status.alias} ${status.version} …`);
      reports.push(await driveModel(status, packages.get(status.hash), { ...drive, agent, timeoutMs, signal }));
    }
    return reports;
  } finally {
    agent.close();
  }
}

function memoryReports(root: string, names: readonly string[]): readonly MemoryReport[] | undefined {
  const paths = corePaths(root);
  const all = names.map((component) => ({ component, memory: memoryOf(paths.work(component)) }));
  if (all.every(({ memory }) => memory === undefined)) return undefined;
  return all.flatMap(({ component, memory }) => (memory && memory.processes > 0 ? [{ component, ...memory }] : []));
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
