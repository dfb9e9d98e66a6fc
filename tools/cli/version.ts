import { readFile } from 'node:fs/promises';
import process from 'node:process';
import type { CommandSpec } from './frame/command.ts';

export const versionCommand: CommandSpec = {
  usage: 'version',
  summary: 'print the versions of edgeml, Node.js and this platform',
  run: async ({ out }) => {
    const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    const facts = {
      edgeml: manifest.version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
    };
    out.json(facts);
    if (!out.isJson) out.line(`edgeml ${facts.edgeml}, Node.js ${facts.node}, ${facts.platform}`);
  },
};
