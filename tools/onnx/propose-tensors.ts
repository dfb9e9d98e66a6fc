import type { Findings } from './findings.ts';
import type { OnnxModel, OnnxValue } from './read-onnx.ts';

/**
 * The `tensors` of a model that takes tensors, as far as the file shows them: a state is told by its name and the output's (`state` and `stateN`,
 * `h` and `hn`), and callers need not send it; of the others the free axes are asked for.
 */
export function proposeTensors(model: OnnxModel, findings: Findings): Readonly<Record<string, unknown>> {
  const tensors: Record<string, unknown> = {};
  for (const input of model.inputs) {
    const source = model.outputs.find((output) => isNextOf(output, input));
    const free = input.shape.filter((side) => typeof side !== 'number' || side < 0).length;
    if (source) {
      // A batch of one is all that one caller's state can be.
      const shape = input.shape.map((side) => (typeof side === 'number' && side >= 0 ? side : 1));
      tensors[input.name] = { shape, from: source.name };
      findings.note(
        `tensors.${input.name}: taken for a state that "${source.name}" hands on; leave it out if callers send it`,
      );
    } else if (free > 1 || (free === 1 && typeof input.shape[0] === 'number')) {
      findings.note(
        `tensors.${input.name}.shape: the model leaves sizes free, [${input.shape.join(', ')}]; give one that it works with, ` +
          'so that it can be warmed up',
      );
    } else if (input.shape.length === 0) {
      findings.note(`tensors.${input.name}.value: give it if it is always the same, and callers may leave it out`);
    }
  }
  return tensors;
}

function isNextOf(output: OnnxValue, input: OnnxValue): boolean {
  const names = [
    `${input.name}N`,
    `${input.name}n`,
    `${input.name}_n`,
    `${input.name}_out`,
    `${input.name}_next`,
    `new_${input.name}`,
  ];
  return output.type === input.type && output.shape.length === input.shape.length && names.includes(output.name);
}
