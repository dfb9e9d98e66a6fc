import * as z from 'zod';

import { notFound } from '../fault.ts';
import { operation } from '../operation.ts';

const request = z.object({ state: z.enum(['RUNNING', 'ERRORED']) });

/** A transition that is not allowed is the nucleus' to ignore; the answer is a success all the same. */
export const updateState = operation<z.infer<typeof request>>({
  name: 'UpdateState',
  request,
  onLite: true,
  handle({ state }, call) {
    const known = call.nucleus.components().some(({ componentName }) => componentName === call.component);
    if (!known) throw notFound('Component', call.component, 'Component with given name not found');
    call.nucleus.reportState(call.component, state);
    return {};
  },
});
