/** Opacity, 0 to 1, as a factor that makes of a coverage, 0 to 255, parts of 65,535. */
export function strengthOf(opacity: number): number {
  return Math.round(opacity * 257);
}

/** One value laid over another; `parts` of 65,535. */
export function mix(under: number, over: number, parts: number): number {
  return under + (((over - under) * (parts + (parts >> 15)) + 32_768) >> 16);
}
