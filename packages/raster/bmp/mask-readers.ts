import { corrupt } from '../raster.ts';

/** Reads the bits of a pixel that a mask covers, stretched to 0..255. */
export function maskReaders(masks: readonly number[]): readonly ((pixel: number) => number)[] {
  return masks.map((mask) => {
    const shift = Math.clz32(mask & -mask) ^ 31;
    const most = mask >>> shift;
    const isRun = mask !== 0 && (most & (most + 1)) === 0;
    if (!isRun) throw corrupt(`the mask 0x${mask.toString(16)} of a color is not a run of bits`);
    return (pixel) => Math.round(((pixel & mask) >>> shift) * (255 / most));
  });
}
