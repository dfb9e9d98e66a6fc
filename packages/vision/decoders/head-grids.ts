import type { NamedTensors } from '../loaded-model.ts';
import type { Size } from '../resize/geometry.ts';
import { numbersOf, outputTensor, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';

/** Columns and rows of the cells of a stride; a cell that the input does not fill counts. */
export function gridOf(stride: number, { width, height }: Size): { readonly columns: number; readonly rows: number } {
  return { columns: Math.ceil(width / stride), rows: Math.ceil(height / stride) };
}

/** The numbers of one head, `perRow` for each of `rows`. @throws EdgeError `model.output-unexpected` */
export function headNumbers(outputs: NamedTensors, name: string, rows: number, perRow: number): Numbers {
  const tensor = outputTensor(outputs, name);
  const numbers = numbersOf(tensor);
  if (numbers.length !== rows * perRow || (tensor.shape.at(-1) !== perRow && perRow > 1))
    throw unexpectedShape(name, tensor.shape, `[1, ${rows}, ${perRow}] by the size of the input and the stride`);
  return numbers;
}
