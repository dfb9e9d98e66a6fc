import * as z from 'zod';

import { qualifiedOperation } from '../../../recipe/access-control/services.ts';
import { Fault } from '../fault.ts';
import { operation } from '../operation.ts';

const SERVICE = 'aws.greengrass.ipc.componentmetric';
const MAX_NAME_BYTES = 32;
const units = ['BYTES', 'BYTES_PER_SECOND', 'COUNT', 'COUNT_PER_SECOND', 'MEGABYTES', 'SECONDS'];

const request = z.object({
  metrics: z.array(z.object({ name: z.string(), unit: z.string(), value: z.number() })).nullish(),
});

/** Only for components whose name starts with `aws.`. Here the numbers go to the log. */
export const putComponentMetric = operation<z.infer<typeof request>>({
  name: 'PutComponentMetric',
  request,
  onLite: false,
  handle({ metrics }, call) {
    if (!call.component.startsWith('aws.')) {
      const target = `${SERVICE}:${qualifiedOperation('PutComponentMetric')}`;
      throw new Fault('UnauthorizedError', `Principal ${call.component} is not authorized to perform ${target}`);
    }
    if (!metrics || metrics.length === 0)
      throw invalid('Null or Empty list of metrics found in PutComponentMetricRequest');
    for (const { name, unit, value } of metrics) {
      if (name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES)
        throw invalid(`metric name "${name}" has not 1 to ${MAX_NAME_BYTES} bytes`);
      if (value < 0) throw invalid(`metric "${name}" has the negative value ${value}`);
      if (!units.includes(unit.toUpperCase())) throw invalid(`metric "${name}" has the unknown unit "${unit}"`);
      call.authorize(SERVICE, name);
    }
    call.log.info({ component: call.component, metrics }, 'component.metrics');
    return {};
  },
});

function invalid(message: string): Fault {
  return new Fault('InvalidArgumentsError', message);
}
