/** The messages of `open-inference.proto` as they are decoded: every field is there, 64-bit numbers as text. */

/** One of the fields is set, and `parameter_choice` names it. */
interface ParameterMessage {
  readonly parameter_choice?: string;
  readonly [value: string]: unknown;
}

export type ParametersMessage = Readonly<Record<string, ParameterMessage>>;

export interface ContentsMessage {
  readonly bool_contents: readonly boolean[];
  readonly int_contents: readonly number[];
  readonly int64_contents: readonly string[];
  readonly uint_contents: readonly number[];
  readonly uint64_contents: readonly string[];
  readonly fp32_contents: readonly number[];
  readonly fp64_contents: readonly number[];
  readonly bytes_contents: readonly Uint8Array[];
}

export interface InferMessage {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: ParametersMessage;
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly string[];
    readonly contents: ContentsMessage | null;
  }[];
  readonly outputs: readonly { readonly name: string }[];
  readonly raw_input_contents: readonly Uint8Array[];
}
