import path from 'node:path';
import { healthSocketOf } from '#packages/http';
import { checkAccelerators } from './checks/accelerators.ts';
import { checkAccess } from './checks/access.ts';
import { checkClock } from './checks/clock.ts';
import { checkDisk } from './checks/disk.ts';
import { checkFfmpeg } from './checks/ffmpeg.ts';
import { checkInstalled, installedComponents } from './checks/installed.ts';
import { checkProviders } from './checks/providers.ts';
import type { ProbeCommand } from './checks/providers.ts';
import { checkReachability } from './checks/reachability.ts';
import { checkVersions } from './checks/versions.ts';
import { readConfigurations } from './configuration.ts';
import type { Configurations } from './configuration.ts';
import type { Finding } from './finding.ts';
import { configuredTargets } from './targets.ts';
import type { Target } from './targets.ts';

export interface ExamineOptions {
  /** Of a nucleus or local core; undefined: only the machine is looked at. */
  readonly root: string | undefined;
  readonly edgeml: string | undefined;
  readonly probe: ProbeCommand;
  /** Other addresses that must be reachable, e.g. the broker of a local core. */
  readonly more?: readonly Target[];
  readonly now: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (what: string) => void;
}

export interface Examination {
  readonly findings: readonly Finding[];
  readonly configurations: Configurations;
  /** Path of the socket of each component that can be asked. */
  readonly sockets: ReadonlyMap<string, string>;
}

/** Looks at everything that the collection needs; changes nothing. Never rejects for what it finds. */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const { root, edgeml, probe, more = [], now, signal, onProgress = () => undefined } = options;
  const configurations = root === undefined ? new Map<string, never>() : await readConfigurations(root);
  const setting = (component: string, name: string): unknown => configurations.get(component)?.[name];
  const installed = root === undefined ? [] : await installedComponents(root);
  const findings: Finding[] = [...(await checkVersions(edgeml))];
  if (root !== undefined) {
    onProgress('Asking the components …');
    findings.push(...(await checkInstalled(root, installed)));
  }
  findings.push(...checkAccelerators(root));
  onProgress('Trying the execution providers …');
  findings.push(...(await checkProviders(probe, words(setting(AGENT, 'Providers')), root, signal)));
  findings.push(...(await checkAccess(root)), ...(await checkClock(now, signal)), ...(await checkDisk(root)));
  onProgress('Asking ffmpeg …');
  for (const [command, isNeeded] of ffmpegCommands(configurations))
    findings.push(...(await checkFfmpeg(command, isNeeded, signal)));
  onProgress('Reaching what is configured …');
  const targets =
    root === undefined
      ? []
      : configuredTargets(configurations, path.join(root, 'work', APP), (folder, relative) =>
          path.resolve(folder, relative),
        );
  findings.push(...(await checkReachability([...targets, ...more], signal)));
  signal.throwIfAborted();
  const sockets = new Map(
    installed.flatMap(({ name }) => {
      const socket = root === undefined ? undefined : healthSocketOf(root, name);
      return socket === undefined ? [] : [[name, socket] as const];
    }),
  );
  return { findings, configurations, sockets };
}

const AGENT = 'edgeml.InferenceAgent';
const APP = 'edgeml.InferenceApp';

function words(setting: unknown): readonly string[] {
  const list = Array.isArray(setting) ? setting.map(String) : typeof setting === 'string' ? setting.split(',') : [];
  return list.map((word) => word.trim().toLowerCase()).filter((word) => word !== '');
}

/** Commands of the streams that are configured; `ffmpeg` in any case. */
function ffmpegCommands(configurations: Configurations): ReadonlyMap<string, boolean> {
  const sources = Object.values((configurations.get(APP)?.['Sources'] ?? {}) as Readonly<Record<string, Source>>);
  const streams = sources.filter(({ Type, Enabled }) => Type === 'stream' && String(Enabled) !== 'false');
  const needed = streams.map(({ FfmpegPath }) =>
    typeof FfmpegPath === 'string' && FfmpegPath !== '' ? FfmpegPath : 'ffmpeg',
  );
  return new Map([
    ['ffmpeg', needed.includes('ffmpeg')] as const,
    ...needed.map((command) => [command, true] as const),
  ]);
}

interface Source {
  readonly Type?: unknown;
  readonly Enabled?: unknown;
  readonly FfmpegPath?: unknown;
}
