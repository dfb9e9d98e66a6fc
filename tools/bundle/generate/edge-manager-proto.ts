import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { format } from 'prettier';
import protobuf from 'protobufjs';

import { PROJECT } from '../project.ts';
import type { GeneratedFile } from './generated-file.ts';

const SOURCE = 'components/inference-agent/edge-manager/agent.proto';

/** The gRPC interface of Edge Manager's clients as a descriptor, so that bundles need no file beside them. */
export async function edgeManagerProto(): Promise<GeneratedFile> {
  const { root } = protobuf.parse(await readFile(path.join(PROJECT, SOURCE), 'utf8'), { keepCase: true });
  const content = [
    `/** ${SOURCE}, parsed by \`npm run generate\`. */`,
    `export const AGENT_PROTO = ${JSON.stringify(root.toJSON())};`,
  ];
  const options = { parser: 'typescript', singleQuote: true, printWidth: 120 };
  return { path: SOURCE.replace(/\.proto$/, '-proto.gen.ts'), content: await format(content.join('\n'), options) };
}
