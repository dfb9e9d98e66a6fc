/** Numbers in [0, 1), the same ones for the same seed: the generator of Park and Miller (https://doi.org/10.1145/63039.63042). */
export function seededRandom(seed: number): () => number {
  // The first numbers of neighboring seeds would be neighbors, too.
  let state = ((seed * 2_654_435_761) % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
