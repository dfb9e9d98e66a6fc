import { resolve } from 'node:path';
import { isEdgeError, messageOf, sleep } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { ActivateDone, ActivateProgress, AgentClient, ModelIdentity, ModelRole, NotKept } from '#packages/http';
import { agentErrors } from '../errors.ts';
import type { ModelCommand } from './parse-arguments.ts';

export interface ModelCommandPorts {
  readonly client: Pick<AgentClient, 'activate' | 'retire'>;
  readonly clock: Clock;
  /** One line for people. */
  readonly print: (line: string) => void;
  /** Aborted when the nucleus stops the component. */
  readonly stop: AbortSignal;
}

/** How often the agent's socket is tried while it is not there. */
const RETRY_MS = 500;

/** The work of a model component: its start-up, its end, and on nucleus lite both in one. @throws EdgeError why it failed */
export async function runModelCommand(ports: ModelCommandPorts, command: ModelCommand): Promise<void> {
  if (command.verb === 'retire') return retire(ports, command.alias, command);
  const done = await activate(ports, command);
  if (command.verb === 'activate') return;
  ports.print(`serving until told to stop`);
  await stopped(ports);
  await retire({ ...ports, stop: new AbortController().signal }, done.model.alias, command);
}

async function activate(
  ports: ModelCommandPorts,
  command: Extract<ModelCommand, { verb: 'activate' | 'serve' }>,
): Promise<ActivateDone> {
  const { client, clock, print, stop } = ports;
  const request = {
    path: resolve(command.path),
    ...(command.alias ? { alias: command.alias } : {}),
    ...(command.role ? { role: command.role } : {}),
  };
  const until = clock.monotonic() + command.timeoutMs;
  let waiting = false;
  for (;;) {
    const timeoutMs = until - clock.monotonic();
    try {
      const done = await client.activate(request, { timeoutMs, signal: stop, onProgress: (step) => tell(print, step) });
      print(doneLine(done, command.role));
      return done;
    } catch (error) {
      // Activation is idempotent: an agent that was restarted meanwhile is asked again.
      if (!isAway(error)) throw error;
      if (clock.monotonic() + RETRY_MS >= until) throw absent(command.timeoutMs, error);
      if (!waiting) print(`waiting for the agent: ${messageOf(error)}`);
      waiting = true;
      await sleep(clock, RETRY_MS, stop);
    }
  }
}

/** Without an agent or such a model, nothing is left to retire. */
async function retire(
  { client, print, stop }: ModelCommandPorts,
  alias: string,
  { path, role }: Pick<ModelCommand, 'path' | 'role'>,
): Promise<void> {
  try {
    const about = { ...(path ? { path: resolve(path) } : {}), ...(role ? { role } : {}) };
    const model = await client.retire(alias, { signal: stop, ...about });
    print(
      model.state === 'retiring'
        ? `${alias} ${model.version} is retiring; it serves on until a successor does or its component is removed`
        : `${alias} is served from another package by now (${model.version}); nothing to retire`,
    );
  } catch (error) {
    if (!isAway(error) && !(isEdgeError(error) && error.code === 'model.not-active')) throw error;
    print(`nothing to retire: ${messageOf(error)}`);
  }
}

function stopped({ stop }: ModelCommandPorts): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
}

function isAway(error: unknown): boolean {
  return isEdgeError(error) && (error.code === 'agent.unreachable' || error.code === 'agent.connection-lost');
}

function absent(timeoutMs: number, cause: unknown) {
  const message = `the agent could not be reached within ${timeoutMs / 1000} s: ${messageOf(cause)}`;
  return agentErrors.error('model-command.agent-absent', message, { cause });
}

function tell(print: (line: string) => void, step: ActivateProgress): void {
  if (step.phase !== 'done' && step.phase !== 'failed') print(`${step.phase}: ${step.message}`);
}

function doneLine(
  { model, unchanged, provider, variant, swapGapMs, requestsLost, notKept }: ActivateDone,
  role: ModelRole | undefined,
): string {
  const does = role === 'challenger' ? 'runs as challenger beside' : 'serves as';
  const what = `${model.name} ${model.version} ${does} "${model.alias}" on ${provider} (${variant})`;
  if (role === 'challenger') return unchanged ? `${what}; it did already` : `${what}; it answers nobody`;
  const how = unchanged ? 'it was active already' : `swap gap ${swapGapMs} ms, ${requestsLost} requests lost`;
  return `${what}; ${how}${notKept ? `; warning: ${notKeptWords(model, notKept)}` : ''}`;
}

function notKeptWords({ name, version }: ModelIdentity, { error, restores }: NotKept): string {
  const why = `(${error.message})`;
  if (restores?.version === version && restores.name === name) {
    return `the agent does not hold a copy of it, so that a restart needs its folder ${why}`;
  }
  const instead = restores ? `${restores.name} ${restores.version}` : 'nothing';
  return `until the agent's disk takes it, a restart would bring back ${instead} ${why}`;
}
