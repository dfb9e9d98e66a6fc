import { isEdgeError, messageOf } from '#packages/foundation';

import { visionErrors } from '../errors.ts';

/** Whether the fault is the model's own, so that no other provider will do better. */
export function isBrokenModel(error: unknown): boolean {
  return BROKEN.test(messageOf(error));
}

const BROKEN =
  /protobuf parsing failed|does not have a graph|ModelProto|Unsupported model IR version|invalid model|Type Error:|Load model .* failed:.*(graph|node|opset)/i;

/** Why a provider was not taken, with the remedy if it is known. */
export function providerReason(error: unknown): string {
  const raw = messageOf(error);
  const known = PROVIDER_MESSAGES.find(([pattern]) => pattern.test(raw))?.[1];
  return known ?? tidy(raw);
}

const PROVIDER_MESSAGES: readonly (readonly [RegExp, string])[] = [
  [
    /Failed to get a WebGPU adapter/i,
    'no GPU was found. On Linux install the Vulkan driver of the GPU and libvulkan1, and put the user of the service into the groups "video" and "render"',
  ],
  [
    /CUDA driver version is insufficient|no CUDA-capable device/i,
    'no NVIDIA GPU was found, or its driver is too old for this CUDA',
  ],
];

/** What ONNX Runtime threw while loading, in a sentence that says what to do about it. */
export function loadError(file: string, error: unknown): Error {
  const raw = messageOf(error);
  const known = LOAD_MESSAGES.find(([pattern]) => pattern.test(raw))?.[1];
  return visionErrors.error('model.unreadable', `"${file}" cannot be loaded: ${known ?? tidy(raw)}`, {
    cause: error,
    facts: { file, reason: tidy(raw) },
  });
}

const LOAD_MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/protobuf parsing failed/i, 'it is not an ONNX file, or it is cut short'],
  [/does not have a graph/i, 'it is an ONNX file without a graph'],
];

/** What ONNX Runtime threw while running. */
export function runError(error: unknown): Error {
  if (isEdgeError(error)) return error;
  const raw = messageOf(error);
  const isInput =
    /invalid dimensions for input|unexpected input data type|is missing in 'feeds'|invalid input name|invalid rank for input|not enough space: expected|does not match data length/i.test(
      raw,
    );
  return visionErrors.error(
    isInput ? 'model.input-invalid' : 'model.run-failed',
    `the model did not run: ${tidy(raw)}`,
    { cause: error },
  );
}

/** One line, without the file names and line numbers of the runtime's own code. */
function tidy(message: string): string {
  return message
    .replace(/\S*\/\S+\.(?:cc|h|cpp):\d+\s+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 600);
}
