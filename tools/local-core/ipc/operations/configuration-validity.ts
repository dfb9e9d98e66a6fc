import * as z from 'zod';

import { operation } from '../operation.ts';

export const subscribeToValidateConfigurationUpdates = operation({
  name: 'SubscribeToValidateConfigurationUpdates',
  request: z.unknown(),
  events: 'ValidateConfigurationUpdateEvents',
  onLite: false,
  handle(_request, call) {
    call.validation.subscribe(call.component, call.stream);
    return {};
  },
});

const report = z.object({
  configurationValidityReport: z.object({
    status: z.enum(['ACCEPTED', 'REJECTED']),
    deploymentId: z.string().optional(),
    message: z.string().optional(),
  }),
});

export const sendConfigurationValidityReport = operation<z.infer<typeof report>>({
  name: 'SendConfigurationValidityReport',
  request: report,
  onLite: false,
  handle({ configurationValidityReport }, call) {
    call.validation.report(call.component, configurationValidityReport);
    return {};
  },
});
