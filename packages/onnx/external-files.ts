import { asBytes, asNumber, asText, readMessage } from './protobuf.ts';

/** `TensorProto.DataLocation.EXTERNAL` of onnx.proto3. */
const EXTERNAL = 1;

/**
 * Locations of the files that hold the model's weights, as the model spells them: relative to the folder of the model. Empty for a
 * model that holds its weights itself. Source of the field numbers: onnx.proto3 (ModelProto.graph, GraphProto.initializer,
 * TensorProto.external_data and data_location).
 *
 * @throws Error that says what is wrong with the bytes
 */
export function externalFiles(model: Uint8Array): readonly string[] {
  const files = new Set<string>();
  readMessage(model, {
    7: (graph) =>
      readMessage(graph, {
        5: (weight) => {
          const file = locationOf(asBytes(weight));
          if (file !== undefined) files.add(file);
        },
      }),
  });
  return [...files];
}

function locationOf(weight: Uint8Array): string | undefined {
  let location: string | undefined;
  let isExternal = false;
  readMessage(weight, {
    13: (pair) => {
      let key = '';
      let value = '';
      readMessage(pair, { 1: (text) => (key = asText(text)), 2: (text) => (value = asText(text)) });
      if (key === 'location') location = value;
    },
    14: (place) => (isExternal = asNumber(place) === EXTERNAL),
  });
  return isExternal ? location : undefined;
}
