import path from 'node:path';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';

interface OptimizeOptions {
  readonly package: string;
  readonly image?: readonly string[];
  readonly kind: readonly string[];
  readonly minAgreement: string;
  readonly python: string;
}

export const optimizeCommand: CommandSpec<OptimizeOptions> = {
  usage: 'optimize',
  summary: 'make int8 and fp16 variants of a model package, and keep those that agree with the fp32 variant',
  options: (command) =>
    command
      .requiredOption('--package <folder>', 'folder with model.json; variants are written into it')
      .option('--image <file...>', 'pictures to calibrate and measure on, besides the golden ones')
      .option('--kind <kind...>', 'int8, fp16 or both', ['int8', 'fp16'])
      .option('--min-agreement <fraction>', 'lowest mean agreement with the fp32 variant', '0.98')
      .option('--python <program>', "Python that makes the environment for ONNX Runtime's tools", 'python3'),
  help: `
Needs Python 3.10 or newer; the first run installs ONNX Runtime's own tools into an environment below .edgeml (network). Agreement on
a picture: the same best class of a classifier; of a detector twice the boxes matched (same class, IoU 0.5) by the boxes of both. A variant
that agrees too little or fails the golden cases is removed. The hash of the package changes: sign it again. The agent chooses the
variant on each device.

Example: edgeml optimize --package my-model --image photos/*.jpg`,
  run: async ({ options, out, signal }) => {
    const { KINDS, optimizePackage } = await import('../optimize/optimize-package.ts');
    const { pythonEnvironment } = await import('../optimize/python-environment.ts');
    const { PROJECT } = await import('../bundle/project.ts');
    const kinds = KINDS.filter((kind) => options.kind.includes(kind));
    const minAgreement = Number(options.minAgreement);
    if (kinds.length !== options.kind.length)
      throw cliErrors.error('cli.usage', `--kind takes int8 and fp16, not "${options.kind.join(' ')}"`);
    if (!(minAgreement >= 0 && minAgreement <= 1))
      throw cliErrors.error('cli.usage', `--min-agreement is a fraction of 0 to 1, not "${options.minAgreement}"`);
    const python = await pythonEnvironment(options.python, path.join(PROJECT, '.edgeml/optimize'), undefined, signal);
    const request = { dir: options.package, kinds, images: options.image ?? [], minAgreement, python };
    const outcomes = await optimizePackage(request, signal);
    out.json(outcomes);
    if (out.isJson) return;
    for (const { file, bytes, agreement, pictures, kept, because } of outcomes) {
      const numbers = `agrees ${agreement.toFixed(3)} on ${pictures} pictures  ${(bytes / 1000).toFixed(0)} kB`;
      out.line(`${out.paint(kept ? 'green' : 'yellow', kept ? 'kept' : 'left out')}  ${file}  ${numbers}  ${because}`);
    }
  },
};
