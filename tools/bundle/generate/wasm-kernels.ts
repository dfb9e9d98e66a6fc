import { readFile } from 'node:fs/promises';
import path from 'node:path';
import wabt from 'wabt';

import { PROJECT } from '../project.ts';
import type { GeneratedFile } from './generated-file.ts';

const SOURCE = 'packages/vision/resize/kernels.wat';

/** The resize kernels, assembled and written as text, so that bundles need no file beside them. */
export async function wasmKernels(): Promise<GeneratedFile> {
  const assembler = await wabt();
  const module = assembler.parseWat(SOURCE, await readFile(path.join(PROJECT, SOURCE)), { simd: true });
  try {
    module.validate();
    const { buffer } = module.toBinary({});
    const content = [
      `/** ${SOURCE}, assembled by \`npm run generate\`: a WebAssembly module in base64. */`,
      `export const KERNELS = '${Buffer.from(buffer).toString('base64')}';`,
      '',
    ];
    return { path: SOURCE.replace(/\.wat$/, '.gen.ts'), content: content.join('\n') };
  } finally {
    module.destroy();
  }
}
