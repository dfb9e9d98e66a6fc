import type { InvokeResult } from '#packages/http';

/** What is counted of a request that was answered, whatever it brought. */
export type ObservedRun = Pick<InvokeResult, 'model' | 'timings'>;
