import { describe, expect, it } from 'vitest';
import type { DeploymentStatus } from '../../cloud/deployments/device-status.ts';
import { requireSucceeded } from './require-succeeded.ts';

const statusOf = (...states: readonly string[]): DeploymentStatus => ({
  deployment: {
    id: 'd1',
    name: 'hall',
    targetArn: 'arn:aws:iot:eu-west-1:1:thinggroup/hall',
    status: 'ACTIVE',
    jobId: 'j1',
    createdAt: 0,
    isLatest: true,
    components: {},
    deploymentPolicies: undefined,
    iotJobConfiguration: undefined,
    tags: {},
  },
  devices: states.map((status, at) => ({ thing: `gateway-${at + 1}`, status })),
  counts: {},
  isSettled: states.every((status) => !['QUEUED', 'IN_PROGRESS'].includes(status)),
});

describe('requireSucceeded', () => {
  it('takes a deployment that every device has, and one of a group without devices', () => {
    expect(() => requireSucceeded(statusOf('SUCCEEDED', 'SUCCEEDED'))).not.toThrow();
    expect(() => requireSucceeded(statusOf())).not.toThrow();
  });

  it.each(['FAILED', 'TIMED_OUT', 'REJECTED', 'CANCELED'])(
    'names the devices that are %s, before those that wait',
    (state) => {
      expect(() => requireSucceeded(statusOf('QUEUED', state, 'SUCCEEDED'))).toThrow(
        expect.objectContaining({
          code: 'deploy.failed-devices',
          message: `1 of 3 devices did not take the deployment d1: gateway-2 (${state})`,
          facts: { deploymentId: 'd1', devices: ['gateway-2'] },
        }) as Error,
      );
    },
  );

  it('names the devices that are not done', () => {
    expect(() => requireSucceeded(statusOf('QUEUED', 'IN_PROGRESS', 'SUCCEEDED'))).toThrow(
      expect.objectContaining({
        code: 'deploy.timeout',
        message: '2 of 3 devices are not done with the deployment d1: gateway-1 (QUEUED), gateway-2 (IN_PROGRESS)',
      }) as Error,
    );
  });

  it('names ten devices of many', () => {
    expect(() => requireSucceeded(statusOf(...Array.from({ length: 40 }, () => 'FAILED')))).toThrow(
      /gateway-10 \(FAILED\), …$/,
    );
  });
});
