import type { z } from 'zod';
import type { Clock, Logger } from '#packages/foundation';
import type { AccessControlService } from '../../recipe/access-control/services.ts';
import type { IotCore } from '../mqtt/iot-core.ts';
import type { NucleusPort } from '../ports.ts';
import type { LocalPubSub } from '../pubsub/local-pubsub.ts';
import type { ComponentUpdates } from './component-updates.ts';
import type { ConfigurationValidation } from './configuration-validation.ts';
import type { EventStream } from './event-stream.ts';
import type { SecretSource } from './secrets.ts';

/** One operation of the Greengrass IPC model: how its request looks and what it does. */
export interface Operation<Request = unknown> {
  /** Without the prefix `aws.greengrass#`. */
  readonly name: string;
  readonly request: z.ZodType<Request>;
  /** Model name of the events on its stream; only subscriptions have one. */
  readonly events?: string;
  /** Whether nucleus lite has it; in strict lite mode the others answer an empty ServiceError. */
  readonly onLite: boolean;
  /** Returns the response's payload. Throws `Fault` for modeled errors. */
  handle(request: Request, call: Call): object | Promise<object>;
}

/** The services that every operation can use. */
export interface IpcContext {
  readonly nucleus: NucleusPort;
  readonly pubsub: LocalPubSub;
  /** Undefined if the device is configured to run offline. */
  readonly iotCore: IotCore | undefined;
  /** Undefined if no secret manager is installed. */
  readonly secrets: SecretSource | undefined;
  readonly updates: ComponentUpdates;
  readonly validation: ConfigurationValidation;
  /** Behave as nucleus lite does. */
  readonly lite: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One request of one component. */
export interface Call extends IpcContext {
  readonly component: string;
  /** Open for subscriptions; events sent before the response wait for it. */
  readonly stream: EventStream;
  /** Throws UnauthorizedError unless the component's accessControl allows it. */
  authorize(service: AccessControlService, resource: string, style?: DenialStyle): void;
}

/** `terse`: the MQTT proxy tells nothing but "Not Authorized". */
type DenialStyle = 'full' | 'terse';

/** Keeps an operation's types together; the table holds them with their requests forgotten. */
export function operation<Request>(definition: Operation<Request>): Operation {
  return definition;
}
