import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DeviceKey } from '#packages/model-package';
import type { LocalDeploymentRequest } from '../local-core/ports.ts';

const AGENT = 'edgeml.InferenceAgent';

/** The same deployment for a device that has these private keys: in `folder`, beside what the TrustedKeysFolder of the deployment holds. */
export async function withDeviceKeys(
  request: LocalDeploymentRequest,
  keys: readonly DeviceKey[],
  folder: string,
): Promise<LocalDeploymentRequest> {
  if (keys.length === 0) return request;
  await mkdir(folder, { mode: 0o700 });
  const update = request.componentToConfiguration?.[AGENT];
  const merge = (update?.MERGE ?? {}) as Readonly<Record<string, unknown>>;
  const before = merge['TrustedKeysFolder'];
  // One of a device that this machine does not have holds nothing here.
  if (typeof before === 'string' && before !== '') await cp(before, folder, { recursive: true }).catch(() => undefined);
  for (const { keyId, text } of keys) await writeFile(path.join(folder, `${keyId}.key`), text, { mode: 0o400 });
  const merged = { ...update, MERGE: { ...merge, TrustedKeysFolder: folder } };
  return { ...request, componentToConfiguration: { ...request.componentToConfiguration, [AGENT]: merged } };
}
