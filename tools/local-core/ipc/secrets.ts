import { readFile } from 'node:fs/promises';

import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import { coreErrors } from '../errors.ts';

/** Where GetSecretValue finds secrets. */
export interface SecretSource {
  /** By ARN or by name; undefined if there is none. */
  find(secretId: string): Promise<Secret | undefined>;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly versions: readonly SecretVersion[];
}

export interface SecretVersion {
  readonly versionId: string;
  readonly stages: readonly string[];
  /** Base64 in `secretBinary`. */
  readonly value: { readonly secretString: string } | { readonly secretBinary: string };
}

export const CURRENT_STAGE = 'AWSCURRENT';

/**
 * Secrets of a local YAML or JSON file, read again at each request. Either names with texts (`camera: s3cret`), or a
 * list: `secrets: [{ name, arn?, versions: [{ versionId?, stages?, secretString | secretBinary }] }]`.
 * Throws `ipc-server.secrets-file`.
 */
export function secretsFromFile(path: string): SecretSource {
  return { find: async (secretId) => (await readSecrets(path)).find((secret) => isCalled(secret, secretId)) };
}

const isCalled = (secret: Secret, id: string): boolean => secret.name === id || secret.arn === id;

async function readSecrets(path: string): Promise<readonly Secret[]> {
  try {
    const document: unknown = parse(await readFile(path, 'utf8')) ?? {};
    const listed = listSchema.safeParse(document);
    if (listed.success) return listed.data.secrets.map(listedSecret);
    if (z.object({ secrets: z.array(z.unknown()) }).safeParse(document).success) throw listed.error;
    return Object.entries(plainSchema.parse(document)).map(([name, text]) => plainSecret(name, text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw coreErrors.error('ipc-server.secrets-file', `the secrets file ${path} cannot be read: ${reason}`, {
      cause: error,
    });
  }
}

const plainSchema = z.record(z.string(), z.string());

const versionSchema = z.union([
  z.object({ versionId: z.string().optional(), stages: z.array(z.string()).optional(), secretString: z.string() }),
  z.object({ versionId: z.string().optional(), stages: z.array(z.string()).optional(), secretBinary: z.base64() }),
]);

const listSchema = z.object({
  secrets: z.array(
    z.object({ name: z.string().min(1), arn: z.string().optional(), versions: z.array(versionSchema).min(1) }),
  ),
});

function listedSecret(entry: z.infer<typeof listSchema>['secrets'][number]): Secret {
  return {
    name: entry.name,
    arn: entry.arn ?? localArn(entry.name),
    versions: entry.versions.map((version, at) => ({
      versionId: version.versionId ?? `local-${at + 1}`,
      stages: version.stages ?? (at === 0 ? [CURRENT_STAGE] : []),
      value:
        'secretString' in version ? { secretString: version.secretString } : { secretBinary: version.secretBinary },
    })),
  };
}

function plainSecret(name: string, text: string): Secret {
  return {
    name,
    arn: localArn(name),
    versions: [{ versionId: 'local-1', stages: [CURRENT_STAGE], value: { secretString: text } }],
  };
}

/** Looks like a real one, so that policies written for it (`…:secret:camera-*`) hold here too. */
function localArn(name: string): string {
  return `arn:aws:secretsmanager:local:000000000000:secret:${name}-LOCAL0`;
}
