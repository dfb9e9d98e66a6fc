import * as z from 'zod';

import { qualifiedOperation } from '../../../recipe/access-control/services.ts';
import { Fault, notFound } from '../fault.ts';
import { operation } from '../operation.ts';
import { CURRENT_STAGE } from '../secrets.ts';
import type { Secret, SecretVersion } from '../secrets.ts';

const request = z.object({
  secretId: z.string().nullish(),
  versionId: z.string().nullish(),
  versionStage: z.string().nullish(),
  refresh: z.boolean().nullish(),
});

type Request = z.infer<typeof request>;

/** The secret is named by ARN or name; its ARN is what the policy has to grant. */
export const getSecretValue = operation<Request>({
  name: 'GetSecretValue',
  request,
  onLite: false,
  async handle(asked, call) {
    if (!call.secrets) {
      throw new Fault(
        'ServiceError',
        `Operation ${qualifiedOperation('GetSecretValue')} is not supported by Greengrass`,
      );
    }
    if (!asked.secretId) throw new Fault('ServiceError', 'SecretId absent in the request');
    const secret = await call.secrets.find(asked.secretId);
    if (!secret) throw notFound('secret', asked.secretId, `Secret not configured ${asked.secretId}`);
    call.authorize('aws.greengrass.SecretManager', secret.arn);
    const version = pickVersion(secret, asked);
    return {
      secretId: secret.arn,
      versionId: version.versionId,
      versionStage: version.stages,
      secretValue: version.value,
    };
  },
});

function pickVersion(secret: Secret, { versionId, versionStage }: Request): SecretVersion {
  if (versionId && versionStage) {
    throw new Fault('ServiceError', 'Both versionId and Stage are set in the request');
  }
  const stage = versionStage ? versionStage : CURRENT_STAGE;
  const version = secret.versions.find((each) =>
    versionId ? each.versionId === versionId : each.stages.includes(stage),
  );
  if (version) return version;
  const missing = versionId ? `Version Id ${versionId}` : `Version stage ${stage}`;
  throw notFound('secret', secret.arn, `${missing} not found for secret ${secret.name}`);
}
