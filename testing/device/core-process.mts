import { LocalCore } from '../../tools/local-core/local-core.ts';
import type { LocalDeploymentRequest } from '../../tools/local-core/ports.ts';

/**
 * A core with the collection as a process of its own, for tests that kill it: `core-process.mts <root> [<deployment as JSON>]`.
 * Prints one JSON document per line: `{ready, outcome?}`, then `{result}` for every result on the local topics.
 * Stops cleanly when its input ends.
 */
const [root = '', deployment] = process.argv.slice(2);
const tell = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const core = await LocalCore.start({ root });
core.pubsub.subscribe({
  filter: 'edgeml/results/#',
  subscriber: 'test',
  deliver: ({ body }) => (body.kind === 'json' ? tell({ result: body.value }) : undefined),
});
const outcome = deployment === undefined ? {} : await core.deploy(JSON.parse(deployment) as LocalDeploymentRequest);
tell({ ready: true, outcome });
process.stdin.on('end', () => void core.stop());
process.stdin.resume();
