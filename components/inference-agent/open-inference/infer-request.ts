/** One inference as either transport brings it. */
export interface InferRequest {
  readonly id: string;
  readonly parameters: Parameters;
  readonly inputs: readonly GivenTensor[];
  /** Names of the outputs that are wanted; empty for all. */
  readonly outputs: readonly string[];
}

export type Parameters = Readonly<Record<string, boolean | number | string | bigint>>;

export interface GivenTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: TensorContent;
}

/** Elements as numbers and texts, or as they lie in memory: little-endian, row-major, each string behind its length. */
export type TensorContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'elements'; readonly elements: readonly (number | string | boolean)[] };
