import { rm } from 'node:fs/promises';
import path from 'node:path';
import { maskCredentials, Serial } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { writeCoreFile } from '../files/json-file.ts';
import type { StartedIotCore } from './start-iot-core.ts';

/** Whether the broker that stands in for AWS IoT Core can be reached, for commands beside the core. */
export interface BrokerState {
  /** Credentials masked. */
  readonly url: string;
  readonly online: boolean;
  /** ISO 8601. */
  readonly since: string;
}

export function brokerFile(root: string): string {
  return path.join(root, 'broker.json');
}

export function isBrokerState(value: unknown): value is BrokerState {
  const candidate = value as Partial<BrokerState> | null;
  return typeof candidate?.url === 'string' && typeof candidate.online === 'boolean';
}

/** Tells `onChange` of each state of the broker, the present one first, and keeps it in a file below the root. Returns what ends that. */
export function followBroker(
  root: string,
  { iotCore, url }: StartedIotCore,
  clock: Pick<Clock, 'now'>,
  onChange: (state: BrokerState) => void,
): () => Promise<void> {
  if (!iotCore || url === undefined) return async () => undefined;
  const writes = new Serial();
  const file = brokerFile(root);
  const end = iotCore.onOnline((online) => {
    const state: BrokerState = { url: maskCredentials(url), online, since: new Date(clock.now()).toISOString() };
    writes.run(() => writeCoreFile(file, JSON.stringify(state))).catch(() => undefined);
    onChange(state);
  });
  return async () => {
    end();
    await writes.idle();
    await rm(file, { force: true });
  };
}
