import { z } from 'zod';

import { notFound } from '../fault.ts';
import { operation } from '../operation.ts';

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
    if (value === undefined || (leafName === undefined && !isContainer(value))) {
      throw notFound(
        'Configuration',
        [componentName, ...keyPath].join('/'),
        call.lite ? 'Key not found.' : 'Key not found',
      );
    }
    return { componentName, value: leafName === undefined || isContainer(value) ? value : { [leafName]: value } };
  },
});

/** Lists are values, as in the nucleus. */
export function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
