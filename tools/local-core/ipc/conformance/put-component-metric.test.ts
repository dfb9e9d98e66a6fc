import type { greengrasscoreipc } from 'aws-iot-device-sdk-v2';
import { afterEach, describe, expect, it } from 'vitest';

import { allowAll, serviceErrorOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

const configuration = { accessControl: allowAll('aws.greengrass.ipc.componentmetric') };
const metric = (name: string, value = 1, unit = 'COUNT') => ({
  metrics: [{ name, value, unit: unit as greengrasscoreipc.model.MetricUnitType }],
});

let rig: IpcRig;
afterEach(() => rig.close());

async function client(component: string): Promise<Client> {
  rig = await ipcRig({ 'aws.greengrass.Thing': { configuration }, 'edgeml.App': { configuration } });
  return rig.connect(component);
}

describe('PutComponentMetric', () => {
  it('takes metrics of components of AWS', async () => {
    await expect((await client('aws.greengrass.Thing')).putComponentMetric(metric('frames'))).resolves.toEqual({});
  });

  it('denies those of anybody else, whatever the policy', async () => {
    expect(await serviceErrorOf((await client('edgeml.App')).putComponentMetric(metric('frames')))).toMatchObject({
      _errorCode: 'UnauthorizedError',
    });
  });

  it.each([
    ['no metrics', { metrics: [] }, 'Empty list'],
    ['a name above 32 bytes', metric('x'.repeat(33)), '1 to 32 bytes'],
    ['a negative value', metric('frames', -1), 'negative value -1'],
    ['an unknown unit', metric('frames', 1, 'PARSEC'), 'unknown unit "PARSEC"'],
  ])('refuses %s', async (_case, request, reason) => {
    const asked = (await client('aws.greengrass.Thing')).putComponentMetric(request);

    expect(await serviceErrorOf(asked)).toMatchObject({
      _errorCode: 'InvalidArgumentsError',
      _message: expect.stringContaining(reason) as string,
    });
  });
});
