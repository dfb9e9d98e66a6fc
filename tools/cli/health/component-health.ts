import path from 'node:path';
import { messageOf } from '#packages/foundation';
import type { Incident } from '#packages/foundation';
import { readHealth, socketPathOf } from '#packages/http';
import type { ComponentHealth } from '#packages/http';
import type { NucleusClient } from '../local/nucleus-client.ts';

/** Default of the setting `Socket`, which every component that can be asked has. */
const SOCKETS: Readonly<Record<string, string>> = {
  'edgeml.Console': 'console.sock',
  'edgeml.FeedbackUploader': 'feedback.sock',
  'edgeml.InferenceAgent': 'agent.sock',
  'edgeml.InferenceApp': 'app.sock',
};

/** Health of a running component, as it says itself; one that does not answer has an incident that says so. Undefined if it has no socket. */
export async function componentHealth(
  client: NucleusClient,
  root: string,
  component: string,
): Promise<ComponentHealth | undefined> {
  const fallback = SOCKETS[component];
  if (fallback === undefined) return undefined;
  const socket = socketPathOf(path.join(root, 'work', component), (await socketSetting(client, component)) ?? fallback);
  try {
    return await readHealth(socket, component);
  } catch (thrown) {
    return { status: 'degraded', incidents: [silent(component, thrown)] };
  }
}

async function socketSetting({ sdk }: NucleusClient, componentName: string): Promise<string | undefined> {
  try {
    const answer = (await sdk.getConfiguration({ componentName, keyPath: ['Socket'] })) as { value?: unknown };
    const setting = (answer.value as { Socket?: unknown } | undefined)?.Socket;
    return typeof setting === 'string' ? setting : undefined;
  } catch {
    // Not set, or a nucleus that does not tell command-line clients.
    return undefined;
  }
}

function silent(component: string, thrown: unknown): Incident {
  return {
    code: 'health.no-answer',
    subject: component,
    severity: 'error',
    message: `${component} does not say how it is: ${messageOf(thrown)}`,
    todo: `Read its log: \`edgeml local logs ${component}\`; run this as the user of the component, or as root.`,
    since: new Date().toISOString(),
  };
}
