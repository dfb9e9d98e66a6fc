import type { Asked, Overhead } from './overhead.ts';
import type { BenchReport } from './run-bench.ts';

/** Rows for people: what, measured, goal. */
export function figuresOf({ overhead, swap, startUp, memory }: BenchReport): readonly (readonly string[])[] {
  return [
    ...overhead.flatMap((one) => [
      ...overheadRows(`${one.service}, image sent`, one.sent, '0.6 ms'),
      ...overheadRows(`${one.service}, image named`, one.named, '1.3 times the bare server'),
    ]),
    [`swap gap p50 / max of ${swap.swaps}`, `${ms(swap.gapP50Ms)} / ${ms(swap.gapMaxMs)}`, 'below one request'],
    ['longest pause between answers', ms(swap.longestPauseMs), ''],
    [`lost of ${swap.requests} requests in swaps`, String(swap.lost), '0'],
    [
      `agent start to first prediction p50 / max of ${startUp.starts}`,
      `${ms(startUp.firstPredictionP50Ms)} / ${ms(startUp.firstPredictionMaxMs)}`,
      '',
    ],
    ['memory of the agent, both models', `${memory.agentMB} MB`, '190 MB'],
    ['memory of the application', `${memory.appMB} MB`, ''],
  ];
}

function overheadRows(what: string, one: Overhead, goal: string): readonly (readonly string[])[] {
  const bare = `${ms(one.bareP25Ms)} / ${ms(one.bareP50Ms)}`;
  return [
    ...askedRows(`${what}, by messages`, one.messages, goal),
    ...askedRows(`${what}, by HTTP`, one.http, ''),
    [`${what}: the same to a bare server and its process, p25 / p50`, bare, ''],
  ];
}

function askedRows(what: string, one: Asked, goal: string): readonly (readonly string[])[] {
  return [
    [`${what}: overhead p25 / p50`, `${ms(one.overheadP25Ms)} / ${ms(one.overheadP50Ms)}`, goal],
    [`${what}: overhead p99`, ms(one.overheadP99Ms), ''],
    [`${what}: decode to predictions p50`, ms(one.modelP50Ms), ''],
    [`${what}: client p50 / p99`, `${ms(one.clientP50Ms)} / ${ms(one.clientP99Ms)}`, ''],
  ];
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 3 : 1)} ms`;
}
