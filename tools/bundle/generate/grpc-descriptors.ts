import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { format } from 'prettier';
import protobuf from 'protobufjs';

import { PROJECT } from '../project.ts';
import type { GeneratedFile } from './generated-file.ts';

/** Where each interface is written, and the name of its descriptor. */
const SOURCES = [
  ['components/inference-agent/edge-manager/agent.proto', 'AGENT_PROTO'],
  ['components/inference-agent/lookout/edge-agent.proto', 'LOOKOUT_PROTO'],
  ['components/inference-agent/open-inference/grpc/open-inference.proto', 'OPEN_INFERENCE_PROTO'],
] as const;

/** The gRPC interfaces as descriptors, so that bundles need no file beside them. */
export function grpcDescriptors(): Promise<readonly GeneratedFile[]> {
  return Promise.all(SOURCES.map(([source, name]) => descriptorOf(source, name)));
}

async function descriptorOf(source: string, name: string): Promise<GeneratedFile> {
  const { root } = protobuf.parse(await readFile(path.join(PROJECT, source), 'utf8'), { keepCase: true });
  const content = [
    `/** ${source}, parsed by \`npm run generate\`. */`,
    `export const ${name} = ${JSON.stringify(root.toJSON())};`,
  ];
  const options = { parser: 'typescript', singleQuote: true, printWidth: 120 };
  return { path: source.replace(/\.proto$/, '-proto.gen.ts'), content: await format(content.join('\n'), options) };
}
