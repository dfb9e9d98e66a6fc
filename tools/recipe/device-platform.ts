import { machine } from 'node:os';

/** Attributes that manifests are matched against, e.g. `{ os: 'linux', architecture: 'amd64' }`. */
export type DevicePlatform = Readonly<Record<string, string>>;

export interface PlatformSource {
  readonly platform: string;
  readonly arch: string;
  /** What `uname -m` says. */
  readonly machine: string;
}

export const LITE_RUNTIME = 'aws_nucleus_lite';

/**
 * The attributes of this machine as the nucleus names them, with overrides on top.
 * `strictLite` adds the attribute `runtime`, which the Java nucleus does not have.
 */
export function devicePlatform(
  options: {
    readonly override?: Readonly<Record<string, string>>;
    readonly strictLite?: boolean;
    readonly source?: PlatformSource;
  } = {},
): DevicePlatform {
  const source = options.source ?? { platform: process.platform, arch: process.arch, machine: machine() };
  const architecture = ARCHITECTURES[source.arch] ?? 'unknown';
  const detail = source.machine.toLowerCase();
  const onArm = architecture === 'arm' || architecture === 'aarch64';
  return {
    os: SYSTEMS[source.platform] ?? 'unknown',
    architecture,
    ...(onArm && ARM_DETAILS.has(detail) ? { 'architecture.detail': detail } : {}),
    ...(options.strictLite ? { runtime: LITE_RUNTIME } : {}),
    ...options.override,
  };
}

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'aarch64', arm: 'arm', ia32: 'x86' };
const ARM_DETAILS: ReadonlySet<string> = new Set(['armv6l', 'armv7l', 'armv8l', 'armv6b', 'armv7b', 'armv8b']);
