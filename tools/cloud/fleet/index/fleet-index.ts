import {
  GetBucketsAggregationCommand,
  GetIndexingConfigurationCommand,
  GetStatisticsCommand,
  SearchIndexCommand,
} from '@aws-sdk/client-iot';
import type { ThingDocument, ThingIndexingConfiguration } from '@aws-sdk/client-iot';
import { isEdgeError } from '#packages/foundation';
import { readDeviceState, STATE_SHADOW } from '#packages/heartbeat';
import type { DeviceState } from '#packages/heartbeat';
import { awsCall } from '../../aws-call.ts';
import type { CloudClients } from '../../clients.ts';
import { cloudErrors } from '../../errors.ts';
import { allPages } from '../../pages.ts';
import { AGENT_FIELD, SERVES_FIELD } from './query.ts';

/** A device as the index has it. */
export interface IndexedDevice {
  readonly thing: string;
  readonly connected: boolean;
  /** When it connected or disconnected last, milliseconds since the epoch. */
  readonly connectivityAt?: number;
  /** Absent: it has never reported one. */
  readonly state?: DeviceState;
}

/** A value of a field, and how many devices have it. */
export interface Bucket {
  readonly value: string;
  readonly count: number;
}

/** The index of things; policies name it. */
const INDEX = 'AWS_Things';
const PAGE = 100;
/** The most that AWS IoT returns. */
const MAX_BUCKETS = 10_000;

/** Questions to the fleet index of AWS IoT. Each is one request, whatever the size of the fleet; only `search` has pages, of 100 devices each. */
export class FleetIndex {
  readonly #clients: Pick<CloudClients, 'iot'>;
  readonly #signal: AbortSignal;

  constructor(clients: Pick<CloudClients, 'iot'>, signal: AbortSignal) {
    this.#clients = clients;
    this.#signal = signal;
  }

  async count(queryString: string): Promise<number> {
    const command = new GetStatisticsCommand({ indexName: INDEX, queryString });
    const sent = this.#clients.iot.send(command, { abortSignal: this.#signal });
    return (await awsCall('GetStatistics', sent)).statistics?.count ?? 0;
  }

  /** Devices without the field are in `total` only. */
  async buckets(
    queryString: string,
    aggregationField: string,
  ): Promise<{ readonly total: number; readonly buckets: readonly Bucket[] }> {
    const command = new GetBucketsAggregationCommand({
      indexName: INDEX,
      queryString,
      aggregationField,
      bucketsAggregationType: { termsAggregation: { maxBuckets: MAX_BUCKETS } },
    });
    const sent = this.#clients.iot.send(command, { abortSignal: this.#signal });
    const { totalCount = 0, buckets = [] } = await awsCall('GetBucketsAggregation', sent);
    return { total: totalCount, buckets: buckets.map(({ keyValue = '', count = 0 }) => ({ value: keyValue, count })) };
  }

  /** Devices that a query finds, page by page as they are taken. */
  search(queryString: string): AsyncGenerator<IndexedDevice, void, undefined> {
    return allPages(async (nextToken) => {
      const command = new SearchIndexCommand({ indexName: INDEX, queryString, maxResults: PAGE, nextToken });
      const sent = this.#clients.iot.send(command, { abortSignal: this.#signal });
      const { things, nextToken: next } = await awsCall('SearchIndex', sent);
      return { items: things?.map(indexedDevice), nextToken: next };
    });
  }

  /** The first devices that a query finds. */
  async first(queryString: string, limit: number): Promise<readonly IndexedDevice[]> {
    const found: IndexedDevice[] = [];
    if (limit <= 0) return found;
    for await (const device of this.search(queryString)) {
      found.push(device);
      if (found.length === limit) break;
    }
    return found;
  }
}

/** The index of the account; undefined if it is off, does not have the shadow of this project, or the caller may not ask. */
export async function findFleetIndex(
  clients: Pick<CloudClients, 'iot'>,
  signal: AbortSignal,
): Promise<FleetIndex | undefined> {
  try {
    const sent = clients.iot.send(new GetIndexingConfigurationCommand({}), { abortSignal: signal });
    const { thingIndexingConfiguration: found } = await awsCall('GetIndexingConfiguration', sent);
    return found && hasAll(found) ? new FleetIndex(clients, signal) : undefined;
  } catch (error) {
    if (isEdgeError(error) && error.code === 'cloud.access-denied') return undefined;
    throw error;
  }
}

/** @throws EdgeError `fleet.no-index` */
export async function needFleetIndex(clients: Pick<CloudClients, 'iot'>, signal: AbortSignal): Promise<FleetIndex> {
  const index = await findFleetIndex(clients, signal);
  if (index) return index;
  const message = 'nothing is known of the devices: the account does not have a fleet index with their state';
  throw cloudErrors.error('fleet.no-index', message);
}

function hasAll(found: ThingIndexingConfiguration): boolean {
  const fields = new Set(found.customFields?.map(({ name }) => name));
  return (
    found.thingIndexingMode === 'REGISTRY_AND_SHADOW' &&
    found.thingConnectivityIndexingMode === 'STATUS' &&
    found.namedShadowIndexingMode === 'ON' &&
    (found.filter?.namedShadowNames ?? []).includes(STATE_SHADOW) &&
    fields.has(SERVES_FIELD) &&
    fields.has(AGENT_FIELD)
  );
}

function indexedDevice({ thingName = '', connectivity, shadow }: ThingDocument): IndexedDevice {
  const { connected = false, timestamp } = connectivity ?? {};
  const state = readDeviceState(reportedIn(shadow));
  return {
    thing: thingName,
    connected,
    ...(timestamp === undefined ? {} : { connectivityAt: Number(timestamp) }),
    ...(state ? { state } : {}),
  };
}

function reportedIn(shadow: string | undefined): unknown {
  try {
    const document = JSON.parse(shadow ?? '{}') as { name?: Record<string, { reported?: unknown }> };
    return document.name?.[STATE_SHADOW]?.reported;
  } catch {
    return undefined;
  }
}
