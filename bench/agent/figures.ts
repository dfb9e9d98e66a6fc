import type { BenchReport } from './run-bench.ts';

/** Rows for people: what, measured, goal. */
export function figuresOf({ overhead, bareHttp, swap, startUp, memory }: BenchReport): readonly (readonly string[])[] {
  return [
    ...overhead.flatMap((one) => [
      [`${one.service}: overhead p50`, ms(one.overheadP50Ms), '< 0.6 ms'],
      [`${one.service}: overhead p99`, ms(one.overheadP99Ms), ''],
      [`${one.service}: decode to predictions p50`, ms(one.modelP50Ms), ''],
      [`${one.service}: client p50 / p99`, `${ms(one.clientP50Ms)} / ${ms(one.clientP99Ms)}`, ''],
    ]),
    ['the same bytes to a bare HTTP server p50', ms(bareHttp.p50Ms), ''],
    ['the same with a busy worker thread p50', ms(bareHttp.withWorkerP50Ms), ''],
    [`swap gap p50 / max of ${swap.swaps}`, `${ms(swap.gapP50Ms)} / ${ms(swap.gapMaxMs)}`, 'below one request'],
    ['longest pause between answers', ms(swap.longestPauseMs), ''],
    [`lost of ${swap.requests} requests in swaps`, String(swap.lost), '0'],
    [
      `agent start to first prediction p50 / max of ${startUp.starts}`,
      `${ms(startUp.firstPredictionP50Ms)} / ${ms(startUp.firstPredictionMaxMs)}`,
      '',
    ],
    ['memory of the agent, both models', `${memory.agentMB} MB`, '< 250 MB'],
    ['memory of the application', `${memory.appMB} MB`, ''],
  ];
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 3 : 1)} ms`;
}
