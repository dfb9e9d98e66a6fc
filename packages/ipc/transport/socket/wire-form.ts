/**
 * A request as the nucleus reads it: JSON with blobs in base64 and times in seconds (Smithy's restJson1 forms).
 * `payload` of PublishToIoTCore is a blob even when it is given as text.
 */
export function encodeRequest(request: object): Buffer {
  return Buffer.from(JSON.stringify(wireValue(request)));
}

/** An answer or event, blobs as bytes again. */
export function decodeAnswer(payload: Uint8Array): unknown {
  if (payload.length === 0) return {};
  const answer = JSON.parse(Buffer.from(payload).toString('utf8')) as Answer;
  if (answer.binaryMessage)
    return { ...answer, binaryMessage: { ...answer.binaryMessage, message: bytesOf(answer.binaryMessage.message) } };
  if (typeof answer.message === 'object' && answer.message?.payload !== undefined)
    return { ...answer, message: { ...answer.message, payload: bytesOf(answer.message.payload) } };
  return answer;
}

interface Answer {
  readonly binaryMessage?: { readonly message?: string };
  readonly message?: { readonly payload?: string };
}

function wireValue(value: unknown, key = ''): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (key === 'payload' && typeof value === 'string') return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map((item) => wireValue(item));
  // The data that a component publishes or configures is its own, whatever its keys are called.
  if (key === 'jsonMessage' || key === 'valueToMerge') return value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, wireValue(item, name)]));
}

function bytesOf(base64: string | undefined): Uint8Array {
  return Buffer.from(base64 ?? '', 'base64');
}
