import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import type { ComponentSummary } from '../../ports.ts';
import { Fault } from '../fault.ts';
import { operation } from '../operation.ts';
import type { Call } from '../operation.ts';

const CLI = 'aws.greengrass.Cli';
const named = z.object({ componentName: z.string().nullish() });
type Named = z.infer<typeof named>;

export const listComponents = operation({
  name: 'ListComponents',
  request: z.unknown(),
  onLite: false,
  handle(_request, call) {
    call.authorize(CLI, '*');
    return { components: call.nucleus.components().map(detailsOf) };
  },
});

export const getComponentDetails = operation<Named>({
  name: 'GetComponentDetails',
  request: named,
  onLite: false,
  handle: (request, call) => ({ componentDetails: detailsOf(locate(request, call)) }),
});

/** Success means that the restart was triggered; a component may restart itself. */
export const restartComponent = operation<Named>({
  name: 'RestartComponent',
  request: named,
  onLite: true,
  async handle(request, call) {
    const { componentName } = locate(request, call);
    try {
      await call.nucleus.restart(componentName);
      return { restartStatus: 'SUCCEEDED' };
    } catch (error) {
      return { restartStatus: 'FAILED', message: messageOf(error) };
    }
  },
});

/** Success means that the stop was triggered. */
export const stopComponent = operation<Named>({
  name: 'StopComponent',
  request: named,
  onLite: false,
  async handle(request, call) {
    const { componentName } = locate(request, call);
    try {
      await call.nucleus.stop(componentName);
      return { stopStatus: 'SUCCEEDED' };
    } catch (error) {
      return { stopStatus: 'FAILED', message: messageOf(error) };
    }
  },
});

/** Freezing processes is not offered here; the nucleus gives this answer if the platform cannot do it. */
export const pauseComponent = unsupportedHere('PauseComponent');
export const resumeComponent = unsupportedHere('ResumeComponent');

function unsupportedHere(name: string) {
  return operation({
    name,
    request: z.unknown(),
    onLite: false,
    handle: () => {
      throw new Fault('ServiceError', 'Pause/resume component not supported on this platform.');
    },
  });
}

function locate({ componentName }: Named, call: Call): ComponentSummary {
  if (!componentName) throw new Fault('InvalidArgumentsError', 'Component name cannot be empty');
  call.authorize(CLI, componentName);
  const component = call.nucleus.components().find((each) => each.componentName === componentName);
  if (component) return component;
  throw new Fault('ResourceNotFoundError', `Component with name ${componentName} not found in Greengrass`);
}

function detailsOf({ componentName, version, state, configuration }: ComponentSummary): object {
  return { componentName, version, state, configuration };
}
