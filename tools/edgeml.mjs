#!/usr/bin/env node
/** Starts the `edgeml` command from a bare checkout: checks Node, installs what is missing, then runs tools/cli/main.ts in this process. */
import process from 'node:process';
import { installIfNeeded } from './install-if-needed.mjs';

const OLDEST_NODE = { major: 20, minor: 19 };

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE.major || (major === OLDEST_NODE.major && minor < OLDEST_NODE.minor)) {
  process.stderr.write(
    `edgeml needs Node.js ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      'What to do: install a current LTS release of Node.js and run the command again.\n',
  );
  process.exit(1);
}

try {
  await installIfNeeded();
} catch (error) {
  process.stderr.write(`Cannot install the dependencies: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

const { register } = await import('tsx/esm/api');
register();
const { main } = await import('./cli/main.ts');
await main(process.argv);
