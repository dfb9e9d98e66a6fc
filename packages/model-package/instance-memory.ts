/** A worker without its model: heap, runtime library, image codecs. */
const WORKER_BYTES = 32 * 1024 ** 2;
/** Weights lie in memory as they are in the file and once more, packed for the CPU's kernels. */
const WEIGHT_COPIES = 2;
/** A decoded 12-megapixel photo, its tensor and the activations. */
const WORKING_BYTES = 48 * 1024 ** 2;

/** Memory that one worker with a model of this size takes at least, in bytes: an estimate by which the agent refuses models. */
export function leastInstanceMemory(largestVariantBytes: number): number {
  return WORKER_BYTES + WORKING_BYTES + WEIGHT_COPIES * largestVariantBytes;
}
