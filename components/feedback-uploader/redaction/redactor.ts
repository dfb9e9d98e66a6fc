import type { DeepReadonly } from '#packages/foundation';

import type { RedactionSettings } from '../settings/redaction-schema.ts';
import type { RedactionRecord } from '../spool/stored-sample.ts';

interface RedactedImage {
  readonly image: Uint8Array;
  readonly record: RedactionRecord;
}

/** Hides what is to be hidden in an image, as a port: in this process, or in one of its own. */
export type Redact = (
  image: Uint8Array,
  settings: DeepReadonly<RedactionSettings>,
  prediction: unknown,
) => Promise<RedactedImage>;
