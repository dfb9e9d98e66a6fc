import { expect, it } from 'vitest';
import { readEnvironment } from './env.ts';

it('reads what the nucleus and the manifests set', () => {
  expect(
    readEnvironment({
      SVCUID: 'ABCDEF0123456789',
      AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: '../../ipc.socket',
      AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH: '/greengrass/v2/ipc.socket',
      EDGEML_IPC_TRANSPORT: 'sdk',
      AWS_IOT_THING_NAME: 'gate-7',
      GGC_VERSION: '2.18.0',
      AWS_DEFAULT_REGION: 'eu-west-1',
      EDGEML_PROVIDERS: 'CUDA, cpu,',
      EDGEML_AGENT_SOCKET: '/x/agent.sock',
      EDGEML_ADMIN_SOCKET: '/x/admin.sock',
      EDGEML_FEEDBACK_SOCKET: '/x/feedback.sock',
      EDGEML_MAX_MESSAGE_BYTES: '7000',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://localhost:8090/2016-11-01/credentialprovider/',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'ABCDEF0123456789',
    }),
  ).toEqual({
    ipcToken: 'ABCDEF0123456789',
    ipcSocket: '../../ipc.socket',
    nucleus: 'java',
    ipcTransport: 'sdk',
    thingName: 'gate-7',
    nucleusVersion: '2.18.0',
    region: 'eu-west-1',
    providers: ['cuda', 'cpu'],
    agentSocket: '/x/agent.sock',
    adminSocket: '/x/admin.sock',
    feedbackSocket: '/x/feedback.sock',
    maxMessageBytes: 7_000,
    crashes: 0,
    credentialsUri: 'http://localhost:8090/2016-11-01/credentialprovider/',
    credentialsToken: 'ABCDEF0123456789',
  });
});

it('treats empty variables as unset and names a thing without a nucleus "local"', () => {
  expect(readEnvironment({ SVCUID: '', AWS_IOT_THING_NAME: '  ' })).toMatchObject({
    ipcToken: undefined,
    thingName: 'local',
    providers: [],
  });
});

it('knows nucleus lite by the path that it does not set', () => {
  const lite = { AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: '/var/lib/greengrass/gg-ipc.socket' };
  expect(readEnvironment(lite).nucleus).toBe('lite');
  expect(readEnvironment({}).nucleus).toBeUndefined();
});
