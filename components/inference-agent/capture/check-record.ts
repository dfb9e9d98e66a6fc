import { ELEMENT_BYTES } from './capture.ts';
import type { CapturedTensor, CaptureRecord } from './capture.ts';
import { agentErrors } from '../errors.ts';

/** Becomes part of file names and keys. */
const ID = /^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._:+@=-]{0,127}$/;
/** Clients that round to seconds are up to one ahead. */
const CLOCK_TOLERANCE_MS = 1_000;
/** ECMA-262, "Time Values and Time Range". */
const LAST_TIME_MS = 8.64e15;

/**
 * Checks that need nothing but the capture itself.
 *
 * @throws EdgeError `capture.unsafe-id`, `capture.future-timestamp`, `capture.invalid-timestamp`, `capture.invalid-tensor`
 */
export function checkRecord(record: CaptureRecord, now: number): void {
  checkId(record.captureId);
  checkTime(record, now);
  for (const tensor of [...record.inputs, ...record.outputs]) checkTensor(tensor, record.captureId);
}

function checkId(id: string): void {
  if (ID.test(id)) return;
  throw agentErrors.error('capture.unsafe-id', `the capture_id ${JSON.stringify(id.slice(0, 200))} cannot be used`, {
    facts: { captureId: id.slice(0, 200) },
  });
}

function checkTime({ captureId, inferenceTimestamp: time }: CaptureRecord, now: number): void {
  if (time === undefined || (time >= 0 && time <= now + CLOCK_TOLERANCE_MS)) return;
  if (!(time >= 0 && time <= LAST_TIME_MS)) {
    const message = `the inference_timestamp of capture ${captureId} is not a time: ${time} ms since 1970`;
    throw agentErrors.error('capture.invalid-timestamp', message, { facts: { captureId } });
  }
  throw agentErrors.error(
    'capture.future-timestamp',
    `the inference_timestamp ${new Date(time).toISOString()} of capture ${captureId} is later than now, ${new Date(now).toISOString()}`,
    { facts: { captureId, inferenceTimestamp: time, now } },
  );
}

function checkTensor({ name, dataType, shape, data }: CapturedTensor, captureId: string): void {
  const wrong = (why: string) =>
    agentErrors.error('capture.invalid-tensor', `tensor "${name}" of capture ${captureId}: ${why}`, {
      facts: { captureId, tensor: name },
    });
  if (shape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw wrong(`its shape [${shape.join(', ')}] has a size that is not a number of elements`);
  }
  const expected = shape.reduce((product, size) => product * size, 1) * ELEMENT_BYTES[dataType];
  if (data.byteLength !== expected) {
    throw wrong(`${dataType} [${shape.join(', ')}] has ${expected} bytes, ${data.byteLength} came`);
  }
}
