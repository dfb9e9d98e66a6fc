import { indexQuery, valuesOf } from './index-query.ts';
import type { IndexedThing } from './index-query.ts';
import { page, ServiceFault } from './service-fault.ts';

type Json = Record<string, unknown>;

interface IndexInput {
  readonly queryString: string;
  readonly aggregationField?: string;
  readonly bucketsAggregationType?: { readonly termsAggregation?: { readonly maxBuckets?: number } };
  readonly maxResults?: number;
  readonly nextToken?: string;
  readonly thingIndexingConfiguration?: Json;
}

/** The fleet index of AWS IoT over things of a test. Off until it is turned on, as in a new account. */
export class IndexStandIn {
  readonly things = new Map<string, IndexedThing>();
  configuration: Json = { thingIndexingMode: 'OFF' };
  thingGroups: Json = { thingGroupIndexingMode: 'OFF' };

  reset(): void {
    this.things.clear();
    this.configuration = { thingIndexingMode: 'OFF' };
  }

  readonly handlers: Readonly<Record<string, (input: never) => Json>> = {
    GetIndexingConfiguration: () => ({
      thingIndexingConfiguration: this.configuration,
      thingGroupIndexingConfiguration: this.thingGroups,
    }),
    UpdateIndexingConfiguration: ({ thingIndexingConfiguration }: IndexInput) => {
      if (thingIndexingConfiguration) this.configuration = thingIndexingConfiguration;
      return {};
    },
    SearchIndex: ({ queryString, maxResults = 100, nextToken }: IndexInput) => {
      if (maxResults > 100) throw new ServiceFault('InvalidRequestException', 400, 'at most 100 results');
      const { items, ...rest } = page([...this.#found(queryString)], maxResults, nextToken);
      return { things: items.map(documentOf), ...rest };
    },
    GetStatistics: ({ queryString }: IndexInput) => {
      let count = 0;
      for (const _thing of this.#found(queryString)) count++;
      return { statistics: { count } };
    },
    GetBucketsAggregation: ({ queryString, aggregationField = '', bucketsAggregationType }: IndexInput) => {
      this.#needField(aggregationField);
      const counts = new Map<string, number>();
      let totalCount = 0;
      for (const thing of this.#found(queryString)) {
        totalCount++;
        for (const value of valuesOf(thing, aggregationField))
          counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
      }
      const most = [...counts].sort(([, a], [, b]) => b - a);
      const { maxBuckets = 10 } = bucketsAggregationType?.termsAggregation ?? {};
      return { totalCount, buckets: most.slice(0, maxBuckets).map(([keyValue, count]) => ({ keyValue, count })) };
    },
  };

  *#found(queryString: string): Generator<IndexedThing> {
    if (this.configuration['thingIndexingMode'] === 'OFF')
      throw new ServiceFault('IndexNotReadyException', 400, 'there is no index AWS_Things');
    const matches = queryOf(queryString);
    for (const thing of this.things.values()) if (matches(thing)) yield thing;
  }

  /** Only fields that the configuration names can be counted. */
  #needField(name: string): void {
    const fields = (this.configuration['customFields'] ?? []) as readonly { readonly name: string }[];
    if (!fields.some((field) => field.name === name))
      throw new ServiceFault('InvalidAggregationException', 400, `${name} is not a field of the index`);
  }
}

function queryOf(text: string) {
  try {
    return indexQuery(text);
  } catch (error) {
    throw new ServiceFault('InvalidQueryException', 400, (error as Error).message);
  }
}

function documentOf({ thingName, thingGroupNames, shadow, connectivity }: IndexedThing): Json {
  return {
    thingName,
    ...(thingGroupNames === undefined ? {} : { thingGroupNames }),
    ...(shadow === undefined ? {} : { shadow: JSON.stringify(shadow) }),
    ...(connectivity === undefined ? {} : { connectivity }),
  };
}
