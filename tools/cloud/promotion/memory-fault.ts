const MB = 1_000_000;

export interface MemoryBounds {
  readonly maxMemoryMb: number | undefined;
  readonly maxMemoryGrowthPercent: number;
}

/**
 * Why a model takes too much memory; undefined if it does not, or if nobody knows.
 *
 * @param nowBytes of the model's processes
 * @param wasBytes what it is compared with; undefined: nothing
 * @param when what that is, e.g. `before`
 */
export function memoryFault(
  nowBytes: number | undefined,
  wasBytes: number | undefined,
  when: string,
  { maxMemoryMb, maxMemoryGrowthPercent }: MemoryBounds,
): string | undefined {
  if (nowBytes === undefined) return undefined;
  const now = megabytes(nowBytes);
  if (maxMemoryMb !== undefined && nowBytes > maxMemoryMb * MB)
    return `its processes take ${now}, at most ${maxMemoryMb} MB allowed`;
  if (wasBytes !== undefined && wasBytes > 0 && nowBytes > wasBytes * (1 + maxMemoryGrowthPercent / 100))
    return `its processes take ${now}, ${megabytes(wasBytes)} ${when}; ${maxMemoryGrowthPercent} % more are allowed`;
  return undefined;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MB)} MB`;
}
