import { readFile } from 'node:fs/promises';
import type { Incident } from '#packages/foundation';
import { brokerFile, isBrokerState } from '../../local-core/mqtt/broker-state.ts';
import type { BrokerState } from '../../local-core/mqtt/broker-state.ts';

/** The incident of a broker that the local core below a root cannot reach; undefined if it can, or if no local core runs there. */
export async function brokerIncident(root: string): Promise<Incident | undefined> {
  const state = await brokerState(root);
  return state && !state.online ? incidentOf(state) : undefined;
}

/** Address of that broker, credentials masked. */
export async function brokerUrl(root: string): Promise<string | undefined> {
  return (await brokerState(root))?.url;
}

async function brokerState(root: string): Promise<BrokerState | undefined> {
  try {
    const state: unknown = JSON.parse(await readFile(brokerFile(root), 'utf8'));
    return isBrokerState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

/** The incident of a broker that cannot be reached. */
export function incidentOf({ url, since }: BrokerState): Incident {
  return {
    code: 'mqtt.offline',
    subject: 'broker',
    severity: 'error',
    message: `the MQTT broker ${url} cannot be reached`,
    todo: 'Start the broker, or give `npm start` another one with --mqtt. Messages of quality 1 wait and are sent later.',
    since,
  };
}
