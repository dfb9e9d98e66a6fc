import path from 'node:path';
import { keyIdOf, parsePublicKey } from '#packages/model-package';
import type { Trust } from '#packages/model-package';
import { parseConfiguration } from '#packages/foundation';
import { agentConfiguration } from '../../../components/inference-agent/config.ts';
import { parseDraft } from '../assemble/make-manifest.ts';
import { readGiven } from '../files.ts';

export interface TrustChoice {
  readonly key?: readonly string[];
  readonly trustedKeys?: string;
  /** Configuration of the agent. */
  readonly config?: string;
}

/** The trust of a device with these keys, policy `require`; nobody if none is given. @throws EdgeError `signature.bad-key`, `config.invalid` */
export async function trustOf({ key = [], trustedKeys, config }: TrustChoice): Promise<Trust> {
  const configured = config === undefined ? undefined : await configurationOf(config);
  const keys: Record<string, string> = { ...configured?.TrustedKeys };
  for (const file of key) {
    const text = (await readGiven(file)).toString('utf8').trim();
    keys[keyIdOf(parsePublicKey(text, file))] = text;
    keys[path.parse(file).name] = text;
  }
  const folder = trustedKeys ?? (configured?.TrustedKeysFolder || undefined);
  const revoked = configured?.RevokedKeys ?? [];
  return { policy: 'require', keys, revoked, ...(folder === undefined ? {} : { folder }) };
}

async function configurationOf(file: string) {
  const raw = parseDraft((await readGiven(file)).toString('utf8'), file);
  return parseConfiguration(agentConfiguration, raw, { component: 'edgeml.InferenceAgent' });
}
