import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DEADLINE_HEADER, sendError } from '#packages/http';
import type { Route } from '#packages/http';
import type { V1Feedback } from '../feedback/v1-feedback.ts';
import type { InvokeService } from '../invoke/invoke-service.ts';
import { announcedLength, bodyTooLarge, readBody } from './body.ts';
import { agentErrors } from '../errors.ts';
import { answerForm, sendAnswer } from './answer-form.ts';

/** The body is the image. */
export function invokeRoute(invoker: InvokeService, feedback: V1Feedback): Route {
  return {
    method: 'POST',
    path: '/v1/services/{service}/invoke',
    handle: (request, response, service: string) => invoke(invoker, feedback, service, request, response),
  };
}

async function invoke(
  invoker: InvokeService,
  feedback: V1Feedback,
  service: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const maxBytes = invoker.maxImageBytes;
  const length = announcedLength(request);
  const contentType = imageType(request);
  const deadlineMs = deadlineOf(request);
  const form = answerForm(request);
  if ((length ?? 0) > maxBytes) throw bodyTooLarge(length ?? 0, maxBytes);

  const call = invoker.begin(service, { bytes: length ?? maxBytes, ...(deadlineMs ? { deadlineMs } : {}) });
  response.once('close', () => {
    if (!response.writableFinished) call.cancel();
  });
  let image: Uint8Array<ArrayBuffer>;
  try {
    image = await readBody(request, invoker.buffers, maxBytes, call);
  } catch (thrown) {
    call.fail(thrown);
    throw thrown;
  }
  // The bytes of the request are moved to the model's thread.
  const copy = form.format === 'v1' && feedback.wants(service) ? image.slice() : undefined;
  try {
    const outcome = await call.runWhole(requestId(request), image, contentType);
    const body = sendAnswer(response, form, outcome);
    const { name, version } = outcome.result.model;
    if (copy && body !== undefined) feedback.offer(service, copy, body, `${name} ${version}`);
  } catch (thrown) {
    sendError(response, thrown);
  }
}

const IMAGE_TYPE = /^(image\/(jpe?g|png|webp|x-npy)|application\/(octet-stream|x-npy))$/;

/** Undefined where the request does not say: the bytes decide what the image is in any case. */
function imageType(request: IncomingMessage): string | undefined {
  const header = request.headers['content-type'];
  const type = header?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === undefined || type === '' || IMAGE_TYPE.test(type)) return type || undefined;
  const message = `Content-Type is "${header}"; images come as image/jpeg, image/png or image/webp`;
  throw agentErrors.error('http.content-type', message, { facts: { contentType: header } });
}

function deadlineOf(request: IncomingMessage): number | undefined {
  const header = request.headers[DEADLINE_HEADER];
  if (header === undefined) return undefined;
  const deadlineMs = Number(header);
  if (Number.isFinite(deadlineMs) && deadlineMs > 0) return deadlineMs;
  const message = `${DEADLINE_HEADER} must be a positive number of milliseconds, got "${String(header)}"`;
  throw agentErrors.error('http.bad-request', message);
}

/** The caller's id where it gave one of a sensible form, so that its log and ours can be brought together. */
function requestId(request: IncomingMessage): string {
  const header = request.headers['x-request-id'];
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID();
}
