import { qualifiedOperation } from '../../recipe/access-control/services.ts';
import { Fault } from './fault.ts';
import type { Operation } from './operation.ts';
import { deferComponentUpdate, subscribeToComponentUpdates } from './operations/component-updates.ts';
import {
  getComponentDetails,
  listComponents,
  pauseComponent,
  restartComponent,
  resumeComponent,
  stopComponent,
} from './operations/components.ts';
import {
  sendConfigurationValidityReport,
  subscribeToValidateConfigurationUpdates,
} from './operations/configuration-validity.ts';
import { createLocalDeployment } from './operations/create-local-deployment.ts';
import { getConfiguration } from './operations/get-configuration.ts';
import { getSecretValue } from './operations/get-secret-value.ts';
import {
  cancelLocalDeployment,
  getLocalDeploymentStatus,
  listLocalDeployments,
} from './operations/local-deployments.ts';
import { publishToIotCore } from './operations/publish-to-iot-core.ts';
import { publishToTopic } from './operations/publish-to-topic.ts';
import { putComponentMetric } from './operations/put-component-metric.ts';
import { subscribeToConfigurationUpdate } from './operations/subscribe-to-configuration-update.ts';
import { subscribeToIotCore } from './operations/subscribe-to-iot-core.ts';
import { subscribeToTopic } from './operations/subscribe-to-topic.ts';
import { updateConfiguration } from './operations/update-configuration.ts';
import { updateState } from './operations/update-state.ts';

/** All operations that this core has. */
const operations: readonly Operation[] = [
  publishToTopic,
  subscribeToTopic,
  publishToIotCore,
  subscribeToIotCore,
  getConfiguration,
  updateConfiguration,
  subscribeToConfigurationUpdate,
  subscribeToValidateConfigurationUpdates,
  sendConfigurationValidityReport,
  updateState,
  subscribeToComponentUpdates,
  deferComponentUpdate,
  getSecretValue,
  putComponentMetric,
  listComponents,
  getComponentDetails,
  restartComponent,
  stopComponent,
  pauseComponent,
  resumeComponent,
  createLocalDeployment,
  cancelLocalDeployment,
  getLocalDeploymentStatus,
  listLocalDeployments,
];

/** Part of the IPC model, provided by components that are not part of this core. */
const unsupported = new Set(
  [
    'AuthorizeClientDeviceAction',
    'CreateDebugPassword',
    'DeleteThingShadow',
    'GetClientDeviceAuthToken',
    'GetThingShadow',
    'ListNamedShadowsForThing',
    'SubscribeToCertificateUpdates',
    'UpdateThingShadow',
    'ValidateAuthorizationToken',
    'VerifyClientDeviceIdentity',
  ].map(qualifiedOperation),
);

/** The operation is not part of the IPC model. */
export class UnknownOperation extends Error {}

/** The request's payload is not JSON. */
export class UnreadableRequest extends Error {}

const byName = new Map(operations.map((operation) => [qualifiedOperation(operation.name), operation]));

/** By its name on the wire. Throws `Fault` for what is known but not supported, `UnknownOperation` for the rest. */
export function findOperation(name: string, lite: boolean): Operation {
  const operation = byName.get(name);
  if (lite && !operation?.onLite) throw new Fault('ServiceError', '');
  if (operation) return operation;
  if (unsupported.has(name)) throw notSupported(name);
  throw new UnknownOperation(name);
}

/** The nucleus' answer for an operation whose plugin is not installed. */
function notSupported(qualifiedName: string): Fault {
  return new Fault('ServiceError', `Operation ${qualifiedName} is not supported by Greengrass`);
}
