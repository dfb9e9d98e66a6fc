import * as z from 'zod';

import { operation } from '../operation.ts';

export const subscribeToComponentUpdates = operation({
  name: 'SubscribeToComponentUpdates',
  request: z.unknown(),
  events: 'ComponentUpdatePolicyEvents',
  onLite: false,
  handle(_request, call) {
    call.updates.subscribe(call.component, call.stream);
    return {};
  },
});

const deferral = z.object({
  deploymentId: z.string().optional(),
  message: z.string().optional(),
  recheckAfterMs: z.number().optional(),
});

/** `recheckAfterMs` 0 lets the update go on; without it the answer counts for nothing. */
export const deferComponentUpdate = operation<z.infer<typeof deferral>>({
  name: 'DeferComponentUpdate',
  request: deferral,
  onLite: false,
  handle(request, call) {
    call.updates.defer(call.component, request);
    return {};
  },
});
