import { z } from 'zod';

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
    const leafName = keyPath.at(-1);
    if (isContainer(value)) return { componentName, value };
    if (value === undefined || leafName === undefined) throw keyNotFound(componentName, keyPath);
    return { componentName, value: { [leafName]: value } };
  },
});
