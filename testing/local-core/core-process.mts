import { LocalCore } from '../../tools/local-core/local-core.ts';
import type { LocalDeploymentRequest } from '../../tools/local-core/ports.ts';

/**
 * A core as a process of its own, for tests that kill it: `test-core.mts <root> <deployment as JSON>`.
 * Prints `ready` once the deployment has ended (or at once without one), then lives until it is killed or its input ends.
 */
const [root = '', deployment] = process.argv.slice(2);
const core = await LocalCore.start({ root, mqtt: false });
process.stdout.write('started\n');
if (deployment !== undefined) {
  const outcome = await core.deploy(JSON.parse(deployment) as LocalDeploymentRequest);
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
process.stdout.write('ready\n');
process.stdin.on('end', () => void core.stop().then(() => process.stdout.write('stopped\n')));
process.stdin.resume();
