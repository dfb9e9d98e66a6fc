import type { Authorizer } from '../authorization/authorizer.ts';
import { Fault } from './fault.ts';
import type { Call, EventStream, IpcContext, Operation } from './operation.ts';

/** The nucleus' own command line: clients of the Cli component may do all that it offers. */
export const CLI_COMPONENT = 'aws.greengrass.Cli';
const CLI_CLIENT_PREFIX = 'greengrass-cli#';

/** Binds what an operation can reach to the component that asked. */
export function callOf(
  context: IpcContext,
  authorizer: Authorizer,
  component: string,
  operation: Operation,
  stream: EventStream,
): Call {
  return {
    ...context,
    component,
    stream,
    authorize(service, resource, style = 'full') {
      if (service === CLI_COMPONENT && (component === CLI_COMPONENT || component.startsWith(CLI_CLIENT_PREFIX))) return;
      const denial = authorizer.denial({ component, service, operation: operation.name, resource });
      if (denial === undefined) return;
      context.log.warn({ component, denial }, 'ipc.denied');
      if (context.lite) throw new Fault('UnauthorizedError', 'IPC Operation not authorized.');
      throw new Fault('UnauthorizedError', style === 'terse' ? 'Not Authorized' : denial);
    },
  };
}
