import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PATIENCE_MS } from '../patience.ts';
import { APP, collectionDeployment } from '../../tools/cli/start/collection.ts';
import type { Inbox } from '../../tools/cli/start/collection.ts';
import type { LocalDeploymentRequest } from '../../tools/local-core/ports.ts';

export const AGENT = 'edgeml.InferenceAgent';
export const DETECTOR = 'edgeml.model.PartsDetector';
/** Two models are enough for what these tests tell; each further one costs each of them a second. */
const LEFT_OUT = ['edgeml.model.GearInspector', 'edgeml.model.PartsSegmenter'];
export { APP };

/** A fresh folder with a short path: sockets below it must fit into 107 bytes. */
export function deviceFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'edgeml-e2e-'));
}

export function agentSocket(root: string): string {
  return path.join(root, 'work', AGENT, 'agent.sock');
}

/** The deployment of the collection, but for two of its models, as it lies built in greengrass-build, with a watched inbox. */
export async function firstDeployment(
  inbox: Inbox,
  settings: { readonly app?: AppSettings | undefined; readonly agent?: object | undefined } = {},
): Promise<LocalDeploymentRequest> {
  const request = await collectionDeployment([], inbox);
  const components = Object.entries(request.rootComponentVersionsToAdd ?? {});
  const roots = Object.fromEntries(components.filter(([name]) => !LEFT_OUT.includes(name)));
  // Merged as the nucleus does it, maps key by key.
  const { Sources: watched = {} } = request.componentToConfiguration?.[APP]?.MERGE as AppSettings;
  const sources = { ...watched, ...mapValues(settings.app?.Sources, (name, more) => ({ ...watched[name], ...more })) };
  return {
    ...request,
    rootComponentVersionsToAdd: roots,
    componentToConfiguration: {
      ...request.componentToConfiguration,
      // Deadlines that only a hang exceeds.
      [APP]: { MERGE: { TimeoutSeconds: PATIENCE_MS / 1_000, ...settings.app, Sources: sources } },
      [AGENT]: {
        MERGE: {
          ...(request.componentToConfiguration?.[AGENT]?.MERGE as object),
          LocalInferenceServiceTimeoutSeconds: PATIENCE_MS / 1_000,
          ...settings.agent,
        },
      },
    },
  };
}

export interface AppSettings extends Readonly<Record<string, unknown>> {
  readonly Sources?: Readonly<Record<string, object>>;
}

function mapValues<Value, To>(
  record: Readonly<Record<string, Value>> | undefined,
  to: (key: string, value: Value) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record ?? {}).map(([key, value]) => [key, to(key, value)]));
}
