import type { Signer } from '#packages/model-package';
import type { FingerprintPart } from './store/fingerprint.ts';
import type { FetchOptions } from './runtime/fetch-package.ts';

/** One file below `artifacts/<Name>/<Version>/`. */
export interface Artifact {
  readonly name: string;
  /** The build fails above this size; absent for the runtime. */
  readonly maxBytes?: number;
  /** All that the content depends on. */
  readonly inputs: readonly FingerprintPart[];
  /** Whether the build's key signs it. Default: no. */
  readonly isSigned?: boolean;
  make(file: string, context: MakeContext): Promise<void>;
}

export interface MakeContext extends FetchOptions {
  /** Folder for things that may be fetched or made again. */
  readonly cache: string;
  /** Component that the artifact belongs to, and its version. */
  readonly component: string;
  readonly version: string;
  /** Signs the list of native files. Default: nobody does. */
  readonly signer?: Signer | undefined;
}
