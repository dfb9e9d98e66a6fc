import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { disableOnnxTelemetry, isEdgeError, messageOf } from '#packages/foundation';
import { checkRuntime } from './check-runtime.ts';

/** Entry point `check.js`, run by the install script: says what the runtime is, or why it cannot work here. */
disableOnnxTelemetry();
const folder = path.dirname(path.resolve(process.argv[1] ?? ''));

checkRuntime(folder, createRequire(path.join(folder, 'check.js'))).then(
  ({ platform, packages }) =>
    process.stdout.write(`EdgeML runtime for ${platform}: Node.js ${process.versions.node}, ${list(packages)}\n`),
  (error: unknown) => {
    const todo = isEdgeError(error) ? `\nWhat to do: ${error.todo} (${error.code})` : '';
    process.stderr.write(`The EdgeML runtime does not work on this machine: ${messageOf(error)}${todo}\n`);
    process.exit(1);
  },
);

function list(packages: Readonly<Record<string, string>>): string {
  return Object.entries(packages)
    .filter(([name]) => !name.startsWith('node-'))
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
