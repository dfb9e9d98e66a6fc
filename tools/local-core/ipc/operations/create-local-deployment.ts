import * as z from 'zod';

import type { LocalDeploymentRequest } from '../../ports.ts';
import { Fault } from '../fault.ts';
import { operation } from '../operation.ts';

const request = z.object({
  groupName: z.string().nullish(),
  rootComponentVersionsToAdd: z.record(z.string(), z.string()).nullish(),
  rootComponentsToRemove: z.array(z.string()).nullish(),
  componentToConfiguration: z
    .record(z.string(), z.object({ MERGE: z.unknown().optional(), RESET: z.array(z.string()).nullish() }))
    .nullish(),
  componentToRunWithInfo: z.record(z.string(), z.unknown()).nullish(),
  recipeDirectoryPath: z.string().nullish(),
  artifactsDirectoryPath: z.string().nullish(),
  failureHandlingPolicy: z.enum(['ROLLBACK', 'DO_NOTHING']).nullish(),
});

type Request = z.infer<typeof request>;

export const createLocalDeployment = operation<Request>({
  name: 'CreateLocalDeployment',
  request,
  onLite: true,
  handle(asked, call) {
    call.authorize('aws.greengrass.Cli', '*');
    if (asked.groupName?.includes(':')) {
      throw new Fault('InvalidArgumentsError', 'Thing group name cannot contain colon characters');
    }
    if (Object.keys(asked.componentToRunWithInfo ?? {}).length > 0) {
      const message = 'componentToRunWithInfo is not supported here: components run as the user who started the core';
      throw new Fault('InvalidArgumentsError', message);
    }
    return { deploymentId: call.nucleus.createLocalDeployment(toNucleus(asked)) };
  },
});

/** Leaves out what the client left out or sent as null. */
function toNucleus(asked: Request): LocalDeploymentRequest {
  return {
    ...(asked.groupName ? { groupName: asked.groupName } : {}),
    ...(asked.recipeDirectoryPath ? { recipeDirectoryPath: asked.recipeDirectoryPath } : {}),
    ...(asked.artifactsDirectoryPath ? { artifactsDirectoryPath: asked.artifactsDirectoryPath } : {}),
    ...(asked.rootComponentVersionsToAdd ? { rootComponentVersionsToAdd: asked.rootComponentVersionsToAdd } : {}),
    ...(asked.rootComponentsToRemove ? { rootComponentsToRemove: asked.rootComponentsToRemove } : {}),
    ...(asked.failureHandlingPolicy ? { failureHandlingPolicy: asked.failureHandlingPolicy } : {}),
    ...(asked.componentToConfiguration ? { componentToConfiguration: changesOf(asked.componentToConfiguration) } : {}),
  };
}

function changesOf(
  changes: NonNullable<Request['componentToConfiguration']>,
): NonNullable<LocalDeploymentRequest['componentToConfiguration']> {
  const entries = Object.entries(changes).map(([component, { MERGE, RESET }]) => [
    component,
    { ...(MERGE === undefined || MERGE === null ? {} : { MERGE }), ...(RESET ? { RESET } : {}) },
  ]);
  return Object.fromEntries(entries) as NonNullable<LocalDeploymentRequest['componentToConfiguration']>;
}
