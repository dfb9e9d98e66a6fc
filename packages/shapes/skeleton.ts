/** Below this score a key point is more likely hidden than seen. */
const SEEN_FROM = 0.25;

/** Pairs of the 17 key points of a person, counted from 0. Source: COCO's annotations, category "person", key "skeleton". */
const PERSON: readonly (readonly [number, number])[] = [
  [15, 13],
  [13, 11],
  [16, 14],
  [14, 12],
  [11, 12],
  [5, 11],
  [6, 12],
  [5, 6],
  [5, 7],
  [6, 8],
  [7, 9],
  [8, 10],
  [1, 2],
  [0, 1],
  [0, 2],
  [1, 3],
  [2, 4],
  [3, 5],
  [4, 6],
];

type Point = readonly [x: number, y: number, score?: number];

/** Key points that are seen, and lines between those that belong together: limbs of a person for COCO's 17, none for others. */
export function skeletonOf(keypoints: readonly Point[]) {
  const isSeen = (point: Point | undefined): point is Point => point !== undefined && (point[2] ?? 1) >= SEEN_FROM;
  const limbs = (keypoints.length === 17 ? PERSON : []).flatMap(([from, to]) => {
    const ends = [keypoints[from], keypoints[to]] as const;
    return isSeen(ends[0]) && isSeen(ends[1]) ? [[ends[0], ends[1]] as const] : [];
  });
  return { points: keypoints.filter(isSeen), limbs };
}
