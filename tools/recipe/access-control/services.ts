import type { PatternStyle } from './resource-pattern.ts';

/** The IPC services that accessControl can name, with their operations and the way in which their resources match. */
export const accessControlServices = {
  'aws.greengrass.ipc.pubsub': { style: 'plain', operations: ['PublishToTopic', 'SubscribeToTopic'] },
  'aws.greengrass.ipc.mqttproxy': { style: 'mqtt', operations: ['PublishToIoTCore', 'SubscribeToIoTCore'] },
  'aws.greengrass.SecretManager': { style: 'plain', operations: ['GetSecretValue'] },
  'aws.greengrass.ShadowManager': {
    style: 'plain',
    operations: ['GetThingShadow', 'UpdateThingShadow', 'DeleteThingShadow', 'ListNamedShadowsForThing'],
  },
  'aws.greengrass.ipc.lifecycle': { style: 'plain', operations: ['PauseComponent', 'ResumeComponent'] },
  'aws.greengrass.ipc.componentmetric': { style: 'plain', operations: ['PutComponentMetric'] },
  'aws.greengrass.clientdevices.Auth': {
    style: 'plain',
    operations: [
      'SubscribeToCertificateUpdates',
      'VerifyClientDeviceIdentity',
      'GetClientDeviceAuthToken',
      'AuthorizeClientDeviceAction',
    ],
  },
  'aws.greengrass.Cli': {
    style: 'plain',
    operations: [
      'GetComponentDetails',
      'ListComponents',
      'RestartComponent',
      'StopComponent',
      'CreateLocalDeployment',
      'CancelLocalDeployment',
      'GetLocalDeploymentStatus',
      'ListLocalDeployments',
      'CreateDebugPassword',
    ],
  },
} as const satisfies Record<string, { readonly style: PatternStyle; readonly operations: readonly string[] }>;

export type AccessControlService = keyof typeof accessControlServices;

export function isAccessControlService(name: string): name is AccessControlService {
  return Object.hasOwn(accessControlServices, name);
}

/** Operations are written `aws.greengrass#PublishToTopic` in policies and on the wire. */
export function qualifiedOperation(operation: string): string {
  return `aws.greengrass#${operation}`;
}
