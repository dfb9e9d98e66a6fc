const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** Bits of the nearest binary16, ties to even. Source: IEEE 754-2019, 3.6 and 4.3.1. */
export function toFloat16Bits(value: number): number {
  single[0] = value;
  const float = bits[0] as number;
  const sign = (float >>> 16) & 0x8000;
  const exponent = ((float >>> 23) & 0xff) - 127 + 15;
  const mantissa = float & 0x7fffff;
  if (exponent >= 31) {
    const isNaN = ((float >>> 23) & 0xff) === 0xff && mantissa !== 0;
    return sign | 0x7c00 | (isNaN ? 0x200 : 0);
  }
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    return sign | roundShift(mantissa | 0x800000, 14 - exponent);
  }
  // A carry out of the mantissa rightly raises the exponent, up to infinity.
  return sign | ((exponent << 10) + roundShift(mantissa, 13));
}

export function fromFloat16Bits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

let ofHalves: Float32Array | undefined;

/** The number of each of the 65,536 halves, computed once, for loops over many. */
export function numbersOfHalves(): Float32Array {
  return (ofHalves ??= Float32Array.from({ length: 65_536 }, (_, half) => fromFloat16Bits(half)));
}

function roundShift(value: number, shift: number): number {
  const floor = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (floor & 1) === 1) ? floor + 1 : floor;
}
