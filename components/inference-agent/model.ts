import { isEdgeError, messageOf, readEnvironment, systemClock } from '#packages/foundation';
import { createAgentClient } from '#packages/http';

import { agentErrors } from './errors.ts';
import { parseArguments } from './model-command/parse-arguments.ts';
import { runModelCommand } from './model-command/run-model-command.ts';

/** Beside the work folder of the component that runs this. */
const DEFAULT_SOCKET = '../edgeml.InferenceAgent/agent.sock';

/** Entry point of the bundle `model.js`: the scripts of model components. */
async function main(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  const client = createAgentClient({ socketPath: readEnvironment().agentSocket ?? DEFAULT_SOCKET });
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
