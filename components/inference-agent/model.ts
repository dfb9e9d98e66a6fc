import { isEdgeError, messageOf, readEnvironment, systemClock } from '#packages/foundation';
import { createAgentClient } from '#packages/http';

import { agentErrors } from './errors.ts';
import { parseArguments } from './model-command/parse-arguments.ts';
import { runModelCommand } from './model-command/run-model-command.ts';

/** In the work folder beside that of the component that runs this. */
const DEFAULT_SOCKET = '../edgeml.InferenceAgent/agent.sock';

/** Entry point of the bundle `model.js`: the scripts of model components. */
async function main(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  const { agentSocket, adminSocket } = readEnvironment();
  // Recipes made before there were two sockets name the first one only: the other lies beside it.
  const client = createAgentClient({ socketPath: agentSocket ?? DEFAULT_SOCKET, adminSocketPath: adminSocket });
  // A process that only waits for a signal would end by itself.
  const alive = setInterval(() => undefined, 60_000);
  try {
    const command = parseArguments(process.argv.slice(2));
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    await runModelCommand({ client, clock: systemClock, print, stop: stop.signal }, command);
  } catch (error) {
    // The nucleus shows the last line that a component wrote as the reason of its failure: one line, reason first.
    const advice = isEdgeError(error) ? ` [${error.code}] ${error.todo}` : '';
    process.stderr.write(`${messageOf(error).replaceAll('\n', ' ')}${advice}\n`);
    process.exitCode = agentErrors.is(error, 'model-command.usage') ? 2 : 1;
  } finally {
    clearInterval(alive);
    client.close();
  }
}

void main();
