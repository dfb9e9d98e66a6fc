import * as z from 'zod';

import { operation } from '../operation.ts';
import { keyNotFound } from './configuration-key.ts';

const request = z.object({ componentName: z.string().nullish(), keyPath: z.array(z.string()).nullish() });

/** The key has to exist. An event carries the changed path only; the subscriber reads the value again. */
export const subscribeToConfigurationUpdate = operation<z.infer<typeof request>>({
  name: 'SubscribeToConfigurationUpdate',
  request,
  events: 'ConfigurationUpdateEvents',
  onLite: true,
  handle(asked, call) {
    const componentName = asked.componentName ?? call.component;
    const keyPath = asked.keyPath ?? [];
    const { configuration } = call.nucleus;
    if (configuration.get(componentName, keyPath) === undefined) throw keyNotFound(componentName, keyPath);
    const unsubscribe = configuration.subscribe(componentName, keyPath, (changedPath) => {
      call.stream.send({ configurationUpdateEvent: { componentName, keyPath: changedPath } });
    });
    call.stream.onClose(unsubscribe);
    return {};
  },
});
