import * as z from 'zod';

import { countObjects } from '#packages/ipc';
import { LITE_MAX_OBJECTS } from '../../../recipe/lite-limits.ts';
import { Fault } from '../fault.ts';
import { operation } from '../operation.ts';
import { isContainer, keyNotFound } from './configuration-key.ts';

const request = z.object({ componentName: z.string().nullish(), keyPath: z.array(z.string()).nullish() });

/** Any component may read any other's configuration. A single value comes wrapped under its own name. */
export const getConfiguration = operation<z.infer<typeof request>>({
  name: 'GetConfiguration',
  request,
  onLite: true,
  handle(asked, call) {
    const componentName = asked.componentName ?? call.component;
    const keyPath = asked.keyPath ?? [];
    const value = call.nucleus.configuration.get(componentName, keyPath);
    // Measured: the answer has neither a reason nor the configuration.
    if (call.lite && countObjects(value) > LITE_MAX_OBJECTS) throw new Fault('ServiceError', '');
    const leafName = keyPath.at(-1);
    if (isContainer(value)) return { componentName, value };
    if (value === undefined || leafName === undefined) throw keyNotFound(componentName, keyPath);
    return { componentName, value: { [leafName]: value } };
  },
});
