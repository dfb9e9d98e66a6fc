import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { SUPPORTED_NODE } from '#packages/foundation';
import type { CommandSpec } from './frame/command.ts';

export const versionCommand: CommandSpec = {
  usage: 'version',
  summary: 'print the versions of edgeml, Node.js and this platform',
  run: async ({ out }) => {
    const facts = {
      edgeml: await ownVersion(),
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      supportedNode: SUPPORTED_NODE,
    };
    out.json(facts);
    if (out.isJson) return;
    out.line(`edgeml ${facts.edgeml}, Node.js ${facts.node}, ${facts.platform}`);
    const { oldest, tested } = SUPPORTED_NODE;
    out.line(
      `Supported: Node.js ${oldest} and newer, tested with ${tested.join(', ')}. Support of the AWS SDK for Node.js 20 ends in 2027.`,
    );
  },
};

/** Of this checkout. */
export async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
