import { readFile } from 'node:fs/promises';
import path from 'node:path';
import wabt from 'wabt';

import { PROJECT } from '../project.ts';
import type { GeneratedFile } from './generated-file.ts';

const SOURCES = [
  'packages/vision/resize/kernels.wat',
  'packages/vision/decoders/class-kernels.wat',
  'packages/vision/decoders/mask-kernels.wat',
  'packages/jpeg/kernels.wat',
];

/** Kernels in WebAssembly, assembled and written as text, so that bundles need no file beside them. */
export async function wasmKernels(): Promise<readonly GeneratedFile[]> {
  const assembler = await wabt();
  return Promise.all(SOURCES.map((source) => assemble(source, assembler)));
}

async function assemble(source: string, assembler: Awaited<ReturnType<typeof wabt>>): Promise<GeneratedFile> {
  const module = assembler.parseWat(source, await readFile(path.join(PROJECT, source)), { simd: true });
  try {
    module.validate();
    const { buffer } = module.toBinary({});
    const content = [
      `/** ${source}, assembled by \`npm run generate\`: a WebAssembly module in base64. */`,
      `export const KERNELS = '${Buffer.from(buffer).toString('base64')}';`,
      '',
    ];
    return { path: source.replace(/\.wat$/, '.gen.ts'), content: content.join('\n') };
  } finally {
    module.destroy();
  }
}
