import type { Authorizer } from '../authorization/authorizer.ts';
import { Fault } from './fault.ts';
import type { EventStream } from './event-stream.ts';
import type { Call, IpcContext, Operation } from './operation.ts';

const CLI_COMPONENT = 'aws.greengrass.Cli';
const CLI_CLIENT_PREFIX = 'greengrass-cli#';

/** The command line of the core itself, not a component. */
export function isCliClient(component: string): boolean {
  return component === CLI_COMPONENT || component.startsWith(CLI_CLIENT_PREFIX);
}

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
      // As in the nucleus: whoever comes through the Cli component may do all that it offers.
      if (service === CLI_COMPONENT && isCliClient(component)) return;
      const denial = authorizer.denial({ component, service, operation: operation.name, resource });
      if (denial === undefined) return;
      context.log.warn({ component, denial }, 'ipc.denied');
      if (context.lite) throw new Fault('UnauthorizedError', 'IPC Operation not authorized.');
      throw new Fault('UnauthorizedError', style === 'terse' ? 'Not Authorized' : denial);
    },
  };
}
