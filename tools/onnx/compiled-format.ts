/** Which maker's compiler wrote a file. */
type CompiledFormat = 'hailo' | 'rknn';

/** First bytes of a file: Hailo's HEF has the big-endian number 0x01484546, Rockchip's RKNN its name. */
const BEGINNINGS: readonly (readonly [CompiledFormat, readonly number[]])[] = [
  ['hailo', [0x01, 0x48, 0x45, 0x46]],
  ['rknn', [0x52, 0x4b, 0x4e, 0x4e]],
];

/** The backend that a compiled model is for; undefined if it is none that is known. */
export function compiledFormat(bytes: Uint8Array): CompiledFormat | undefined {
  return BEGINNINGS.find(([, beginning]) => beginning.every((byte, index) => bytes[index] === byte))?.[0];
}
