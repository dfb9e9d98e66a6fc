import { messageOf } from '#packages/foundation';
import type { Incident } from '#packages/foundation';
import { healthSocketOf, readHealth } from '#packages/http';
import type { ComponentHealth } from '#packages/http';

/** Health of a running component, in its own words, or an incident if it does not answer. Undefined if it cannot be asked. */
export async function componentHealth(root: string, component: string): Promise<ComponentHealth | undefined> {
  const socket = healthSocketOf(root, component);
  if (socket === undefined) return undefined;
  try {
    return await readHealth(socket, component);
  } catch (thrown) {
    return { status: 'degraded', incidents: [silent(component, thrown)] };
  }
}

function silent(component: string, thrown: unknown): Incident {
  return {
    code: 'health.no-answer',
    subject: component,
    severity: 'error',
    message: `${component} does not report its health: ${messageOf(thrown)}`,
    todo: `Read its log: \`edgeml local logs ${component}\`; run this as the user of the component, or as root.`,
    since: new Date().toISOString(),
  };
}
