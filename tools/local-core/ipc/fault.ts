import { messageOf } from '#packages/foundation';

/** Errors of the Greengrass IPC model that this server can answer. */
export type FaultModel =
  | 'ComponentNotFoundError'
  | 'FailedUpdateConditionCheckError'
  | 'InvalidArgumentsError'
  | 'InvalidArtifactsDirectoryPathError'
  | 'InvalidRecipeDirectoryPathError'
  | 'ResourceNotFoundError'
  | 'ServiceError'
  | 'UnauthorizedError';

/** A modeled error: what a component's client sees as `error.serviceError`. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly model: FaultModel;
  /** Further members of the error shape, e.g. `resourceType`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(model: FaultModel, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.model = model;
    this.members = members;
  }

  /** `_message` and `_errorCode` are the members' names on the wire. */
  toPayload(): Record<string, unknown> {
    return { ...this.members, _message: this.message, _errorCode: this.model };
  }
}

/** Anything thrown by an operation as the fault that the nucleus would answer: unknown failures become ServiceErrors. */
export function toFault(thrown: unknown): Fault {
  return thrown instanceof Fault ? thrown : new Fault('ServiceError', messageOf(thrown));
}

export function notFound(resourceType: string, resourceName: string, message: string): Fault {
  return new Fault('ResourceNotFoundError', message, { resourceType, resourceName });
}
