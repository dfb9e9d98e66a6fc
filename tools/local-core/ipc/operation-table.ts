import { qualifiedOperation } from '../authorization/services.ts';
import { Fault } from './fault.ts';
import { getConfiguration } from './operations/get-configuration.ts';
import { publishToTopic } from './operations/publish-to-topic.ts';
import { subscribeToTopic } from './operations/subscribe-to-topic.ts';
import type { Operation } from './operation.ts';

/** All operations that this core has. */
export const operations: readonly Operation[] = [publishToTopic, subscribeToTopic, getConfiguration];

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

/** The request's payload is no JSON. */
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
export function notSupported(qualifiedName: string): Fault {
  return new Fault('ServiceError', `Operation ${qualifiedName} is not supported by Greengrass`);
}
