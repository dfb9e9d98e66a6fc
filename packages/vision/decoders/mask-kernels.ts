import { instantiateKernels, plainMemory } from '#packages/kernels';
import type { KernelMemory } from '#packages/kernels';
import { KERNELS } from './mask-kernels.gen.ts';

/** The exports of mask-kernels.wat; all numbers but `part` are byte addresses and sizes of `memory`. */
export interface MaskKernels {
  readonly memory: KernelMemory;
  mix(
    values: number,
    rowBytes: number,
    planeBytes: number,
    coefficients: number,
    coefficientsEnd: number,
    columns: number,
    rows: number,
    out: number,
    columnBytes: number,
  ): void;
  blend(first: number, second: number, part: number, bytes: number, out: number, signs: number): void;
}

/** In WebAssembly SIMD, else in plain JavaScript: the same numbers. */
export function maskKernels(): MaskKernels {
  return instantiateKernels<MaskKernels>(KERNELS) ?? plainMaskKernels();
}

export function plainMaskKernels(): MaskKernels {
  const memory = plainMemory();
  const { fround } = Math;
  return {
    memory,
    mix(values, rowBytes, planeBytes, coefficients, coefficientsEnd, columns, rows, out, columnBytes) {
      const floats = new Float32Array(memory.buffer);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let at = (values + row * rowBytes) / 4 + column;
          let sum = 0;
          for (let k = coefficients / 4; k < coefficientsEnd / 4; k++, at += planeBytes / 4)
            sum = fround(sum + fround((floats[k] as number) * (floats[at] as number)));
          floats[(out + column * columnBytes) / 4 + row] = sum;
        }
      }
    },
    blend(first, second, part, bytes, out, signs) {
      const [floats, words] = [new Float32Array(memory.buffer), new Int32Array(memory.buffer)];
      for (let at = 0; at < bytes / 4; at++) {
        const from = floats[first / 4 + at] as number;
        const step = fround(fround(part) * fround((floats[second / 4 + at] as number) - from));
        const value = (floats[out / 4 + at] = fround(from + step));
        const word = signs / 4 + (at >> 5);
        const before = at % 32 === 0 ? 0 : (words[word] as number);
        words[word] = before | ((value > 0 ? 1 : 0) << (at % 32));
      }
    },
  };
}
