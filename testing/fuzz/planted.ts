/** A parser with a fault that only a certain word leads to: no blind change of bytes finds it in a sensible time. */
export function parsePlanted(bytes: Uint8Array): number {
  if (bytes[0] !== 0x45) return 0;
  if (bytes[1] !== 0x4d) return 1;
  if (bytes[2] !== 0x4c) return 2;
  if (bytes[3] !== 0x21) return 3;
  throw new RangeError('the planted fault');
}
