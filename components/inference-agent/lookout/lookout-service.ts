import { fromJSON } from '@grpc/proto-loader';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { LOOKOUT_PROTO } from './edge-agent-proto.gen.ts';

/** Messages are decoded to what `messages.ts` says. */
const DECODING = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true } as const;

/** Paths and codecs of the five calls. */
export function lookoutService(): ServiceDefinition {
  return fromJSON(LOOKOUT_PROTO as never, DECODING)['AWS.LookoutVision.EdgeAgent'] as ServiceDefinition;
}
