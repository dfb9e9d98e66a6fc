import { randomUUID } from 'node:crypto';

import { afterEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { allowAll, serviceErrorOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import { payloadOf, requestFrame } from '../../../../testing/local-core/raw-client.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

let rig: IpcRig;
afterEach(() => rig.close());

const accessControl = allowAll('aws.greengrass.Cli');

async function operator(): Promise<Client> {
  rig = await ipcRig(
    {
      operator: { configuration: { accessControl } },
      model: { version: '2.1.0', state: 'ERRORED', configuration: { a: 1 } },
      broken: { state: 'BROKEN' },
      limited: {
        configuration: {
          accessControl: {
            'aws.greengrass.Cli': {
              'limited:1': {
                operations: ['aws.greengrass#RestartComponent', 'aws.greengrass#GetComponentDetails'],
                resources: ['model'],
              },
            },
          },
        },
      },
      'aws.greengrass.Cli': {},
    },
    { clock: new FakeClock(Date.UTC(2026, 6, 22, 13, 45, 12)) },
  );
  return rig.connect('operator');
}

describe('components', () => {
  const model = { componentName: 'model', version: '2.1.0', state: 'ERRORED', configuration: { a: 1 } };

  it('are listed', async () => {
    const client = await operator();

    const { components } = await client.listComponents({});

    expect(components).toHaveLength(5);
    expect(components).toContainEqual(model);
  });

  it('are described', async () => {
    const client = await operator();

    expect(await client.getComponentDetails({ componentName: 'model' })).toEqual({ componentDetails: model });
  });

  it('are restarted and stopped', async () => {
    const client = await operator();

    expect(await client.restartComponent({ componentName: 'model' })).toEqual({ restartStatus: 'SUCCEEDED' });
    expect(await client.stopComponent({ componentName: 'model' })).toEqual({ stopStatus: 'SUCCEEDED' });
    expect(rig.nucleus.actions).toEqual(['restart model', 'stop model']);
  });

  it('say why they cannot be restarted', async () => {
    const client = await operator();

    expect(await client.restartComponent({ componentName: 'broken' })).toEqual({
      restartStatus: 'FAILED',
      message: 'broken is BROKEN',
    });
  });

  it('are asked for by a name that is not empty', async () => {
    const client = await operator();

    expect(await serviceErrorOf(client.getComponentDetails({ componentName: '' }))).toMatchObject({
      _errorCode: 'InvalidArgumentsError',
      _message: 'Component name cannot be empty',
    });
  });

  it('are not found if there is none', async () => {
    const client = await operator();

    expect(await serviceErrorOf(client.getComponentDetails({ componentName: 'ghost' }))).toMatchObject({
      _errorCode: 'ResourceNotFoundError',
      _message: 'Component with name ghost not found in Greengrass',
    });
  });

  it('are in reach of whom a policy names, for what it names', async () => {
    await operator();
    const limited = await rig.connect('limited');

    await limited.restartComponent({ componentName: 'model' });
    await limited.restartComponent({ componentName: 'operator' }).catch(() => undefined);
    await limited.stopComponent({ componentName: 'model' }).catch(() => undefined);

    expect(rig.nucleus.actions).toEqual(['restart model']);
  });

  it('are hidden from whom no policy names', async () => {
    await operator();
    const model = await rig.connectRaw('model');

    model.send(requestFrame(1, 'aws.greengrass#GetComponentDetails', { componentName: 'operator' }));

    // UnauthorizedError is not among the operation's modeled errors, so the official client cannot show it.
    expect(payloadOf(await model.frame(2))).toMatchObject({
      _errorCode: 'UnauthorizedError',
      _message:
        'Principal model is not authorized to perform aws.greengrass.Cli:aws.greengrass#GetComponentDetails on resource operator',
    });
  });

  it('are all in reach of the command line', async () => {
    await operator();
    const commandLine = await rig.connect('aws.greengrass.Cli');

    await expect(commandLine.restartComponent({ componentName: 'model' })).resolves.toEqual({
      restartStatus: 'SUCCEEDED',
    });
  });

  it('cannot be paused here', async () => {
    const client = await operator();
    const message = 'Pause/resume component not supported on this platform.';

    for (const call of [
      client.pauseComponent({ componentName: 'model' }),
      client.resumeComponent({ componentName: 'model' }),
    ]) {
      expect(await serviceErrorOf(call)).toMatchObject({ _errorCode: 'ServiceError', _message: message });
    }
  });
});

describe('UpdateState', () => {
  it.each(['RUNNING', 'ERRORED'] as const)('reports %s to the nucleus', async (state) => {
    const client = await operator();

    await client.updateState({ state: state as Parameters<Client['updateState']>[0]['state'] });

    expect(rig.nucleus.actions).toEqual([`operator reports ${state}`]);
  });
});

describe('local deployments', () => {
  it('pass on all that the client asked for', async () => {
    const client = await operator();
    const request = {
      groupName: 'line-1',
      recipeDirectoryPath: '/r',
      artifactsDirectoryPath: '/a',
      rootComponentsToRemove: ['old'],
      failureHandlingPolicy: 'ROLLBACK' as Parameters<Client['createLocalDeployment']>[0]['failureHandlingPolicy'] &
        string,
    };

    const { deploymentId } = await client.createLocalDeployment({
      ...request,
      rootComponentVersionsToAdd: new Map([['model', '2.0.0']]),
      componentToConfiguration: new Map<string, unknown>([
        ['model', { MERGE: { a: 2 }, RESET: ['/b'] }],
        ['operator', { RESET: [''] }],
      ]),
    });

    expect(deploymentId).toMatch(/^[0-9a-f-]{36}$/);
    expect(rig.nucleus.deploymentRequests).toEqual([
      {
        ...request,
        rootComponentVersionsToAdd: { model: '2.0.0' },
        componentToConfiguration: { model: { MERGE: { a: 2 }, RESET: ['/b'] }, operator: { RESET: [''] } },
      },
    ]);
  });

  it('may be empty', async () => {
    const client = await operator();

    await client.createLocalDeployment({});

    expect(rig.nucleus.deploymentRequests).toEqual([{}]);
  });

  it('are refused with a colon in the group or with another user to run as', async () => {
    const client = await operator();

    expect(await serviceErrorOf(client.createLocalDeployment({ groupName: 'a:b' }))).toMatchObject({
      _errorCode: 'InvalidArgumentsError',
      _message: 'Thing group name cannot contain colon characters',
    });
    const runWith = new Map([['model', { posixUser: 'root' }]]);
    expect(
      (await serviceErrorOf(client.createLocalDeployment({ componentToRunWithInfo: runWith })))._message,
    ).toContain('not supported here');
    expect(rig.nucleus.deploymentRequests).toEqual([]);
  });

  it('have a status, with the detail and the cause of a failure', async () => {
    const client = await operator();
    const { deploymentId = '' } = await client.createLocalDeployment({});
    rig.nucleus.setDeployment({
      deploymentId,
      status: 'FAILED',
      detailedStatus: 'FAILED_ROLLBACK_COMPLETE',
      error: 'model is BROKEN',
    });

    expect(await client.getLocalDeploymentStatus({ deploymentId })).toEqual({
      deployment: {
        deploymentId,
        status: 'FAILED',
        createdOn: '22-07-2026 13:45:12 UTC',
        deploymentStatusDetails: {
          detailedDeploymentStatus: 'FAILED_ROLLBACK_COMPLETE',
          deploymentFailureCause: 'model is BROKEN',
        },
      },
    });
  });

  it('leave out details that the model does not know or that are not there yet', async () => {
    const client = await operator();
    const { deploymentId = '' } = await client.createLocalDeployment({});
    expect((await client.getLocalDeploymentStatus({ deploymentId })).deployment).not.toHaveProperty(
      'deploymentStatusDetails',
    );

    rig.nucleus.setDeployment({
      deploymentId,
      status: 'FAILED',
      detailedStatus: 'FAILED_UNABLE_TO_ROLLBACK',
      error: 'x',
    });

    expect((await client.getLocalDeploymentStatus({ deploymentId })).deployment.deploymentStatusDetails).toEqual({
      deploymentFailureCause: 'x',
    });
  });

  it('are listed', async () => {
    const client = await operator();
    const { deploymentId } = await client.createLocalDeployment({});

    expect(await client.listLocalDeployments({})).toEqual({
      localDeployments: [{ deploymentId, status: 'QUEUED', createdOn: '22-07-2026 13:45:12 UTC' }],
    });
  });

  it('can be cancelled until they are over', async () => {
    const client = await operator();
    const { deploymentId = '' } = await client.createLocalDeployment({});

    expect(await client.cancelLocalDeployment({ deploymentId })).toEqual({
      message: `Cancel request submitted. Deployment ID: ${deploymentId}`,
    });
    expect((await client.cancelLocalDeployment({ deploymentId })).message).toContain('already finished');
  });

  it('are found by a UUID that exists only', async () => {
    const client = await operator();

    expect(await serviceErrorOf(client.getLocalDeploymentStatus({ deploymentId: randomUUID() }))).toMatchObject({
      _errorCode: 'ResourceNotFoundError',
      resourceType: 'LocalDeployment',
    });
    expect(await serviceErrorOf(client.cancelLocalDeployment({ deploymentId: 'x' }))).toMatchObject({
      _errorCode: 'InvalidArgumentsError',
    });
  });
});
