import { quantile } from '#packages/foundation';
import type { AgentClient } from '#packages/http';

export interface SwapFigures {
  readonly swaps: number;
  /** For how long no generation took requests. */
  readonly gapP50Ms: number;
  readonly gapMaxMs: number;
  /** Longest time between two answers while models were swapped, as the clients together see it. */
  readonly longestPauseMs: number;
  /** Answered while models were swapped. */
  readonly requests: number;
  /** Requests that got no answer, counted by the clients and by the agent. */
  readonly lost: number;
}

const CLIENTS = 8;

/** Activates the packages in turn while clients ask without a break. */
export async function measureSwaps(
  agent: AgentClient,
  service: string,
  image: Buffer,
  packages: readonly string[],
  swaps: number,
  signal: AbortSignal,
): Promise<SwapFigures> {
  const gaps: number[] = [];
  const answers: number[] = [];
  let [isOver, lost] = [false, 0];
  const client = async (): Promise<void> => {
    while (!isOver) {
      try {
        await agent.invoke(service, image, { contentType: 'image/jpeg', signal });
        answers.push(performance.now());
      } catch {
        signal.throwIfAborted();
        lost++;
      }
    }
  };
  const load = Promise.all(Array.from({ length: CLIENTS }, client));
  try {
    for (let n = 0; n < swaps; n++) {
      const done = await agent.activate({ path: packages[n % packages.length] ?? '' }, { signal });
      gaps.push(done.swapGapMs);
      lost += done.requestsLost;
    }
  } finally {
    isOver = true;
    await load;
  }
  const pauses = answers.slice(1).map((at, index) => at - (answers[index] ?? at));
  return {
    swaps,
    gapP50Ms: quantile(gaps, 0.5),
    gapMaxMs: Math.max(...gaps),
    longestPauseMs: Math.max(...pauses),
    requests: answers.length,
    lost,
  };
}
