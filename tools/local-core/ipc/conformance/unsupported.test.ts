import { afterEach, describe, expect, it } from 'vitest';

import { serviceErrorOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

let rig: IpcRig;
afterEach(() => rig.close());

const calls: [string, (client: Client) => Promise<unknown>][] = [
  ['CreateDebugPassword', (client) => client.createDebugPassword({})],
  ['GetThingShadow', (client) => client.getThingShadow({ thingName: 't' })],
  ['UpdateThingShadow', (client) => client.updateThingShadow({ thingName: 't', payload: '{}' })],
  ['DeleteThingShadow', (client) => client.deleteThingShadow({ thingName: 't' })],
  ['ListNamedShadowsForThing', (client) => client.listNamedShadowsForThing({ thingName: 't' })],
  ['ValidateAuthorizationToken', (client) => client.validateAuthorizationToken({ token: 't' })],
  ['GetClientDeviceAuthToken', (client) => client.getClientDeviceAuthToken({ credential: { mqttCredential: {} } })],
  [
    'VerifyClientDeviceIdentity',
    (client) => client.verifyClientDeviceIdentity({ credential: { clientDeviceCertificate: '' } }),
  ],
];

describe('operations of components that are not installed', () => {
  it.each(calls)('%s is answered with a ServiceError that says so', async (name, call) => {
    rig = await ipcRig({ app: {} });
    const client = await rig.connect('app');

    expect(await serviceErrorOf(call(client))).toMatchObject({
      _errorCode: 'ServiceError',
      _message: `Operation aws.greengrass#${name} is not supported by Greengrass`,
    });
  });
});
