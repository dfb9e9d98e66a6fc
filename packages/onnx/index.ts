/** The description that an ONNX file carries, read without running it. */
export { externalFiles } from './external-files.ts';
export { asBytes, asFloat, asNumber, asNumbers, asText, readMessage, viewOf } from './protobuf.ts';
export type { FieldValue } from './protobuf.ts';
