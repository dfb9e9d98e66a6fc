import type { IncomingMessage, ServerResponse } from 'node:http';
import { cameBySecondPath, DEADLINE_HEADER, jsonAnswer, sendError, sendJson } from '#packages/http';
import type { Route, RouteDescription } from '#packages/http';
import { readFrameReference } from '#packages/frames';
import type { FrameReference } from '#packages/frames';
import type { V1Feedback } from '../feedback/v1-feedback.ts';
import type { FrameMemory } from '../frames/frame-memory.ts';
import type { ArrayService } from '../invoke/array-service.ts';
import type { InvokeCall, InvokeService } from '../invoke/invoke-service.ts';
import { deadlineOf, imageTypeOf, requestIdOf } from '../invoke/request-words.ts';
import { isFrame } from '../picture/picture.ts';
import type { Picture } from '../picture/picture.ts';
import { announcedLength, bodyTooLarge, readBody, readJson } from './body.ts';
import { agentErrors } from '../errors.ts';
import { answerForm, sendAnswer } from './answer-form.ts';
import { arrayQuery } from './array-query.ts';

/** The body is the image (of models that take tensors: arrays), or, as JSON, says where it is: `{"path": "/absolute/path"}`, or `{"frame": …}` in a leased ring. */
export function invokeRoute(ports: InvokePorts): Route {
  return {
    method: 'POST',
    path: '/v1/services/{service}/invoke',
    api: DESCRIPTION,
    handle: (request, response, service: string) => invoke(ports, service, request, response),
  };
}

const DESCRIPTION: RouteDescription = {
  summary: 'Runs the model of a service on a picture, or on arrays (npz, npy) if it takes tensors.',
  query: {
    format: '`json` (the default), or `v1`: the text that the connectors of Greengrass V1 answered with.',
    placement: "`true`: the answer says where the image lies in the model's input (`placement`); not with `format=v1`.",
    input:
      'The body is the elements of this input, little-endian and row-major, as `dtype` and `shape` say; may be left out if the model takes one.',
    dtype: 'Type of the elements: `float32`, `int64`, …',
    shape: 'Sides of the array, with commas between them: `1,512`.',
    sequence:
      'Id of a caller: a model that hands a state on goes on with the one that the call before has left, or begins with zeros (`sequence` of the answer).',
    sequence_start: '`true`: the sequence begins again.',
    sequence_end: '`true`: its state is forgotten after this call.',
    algoType: 'With `format=v1`: `image-classification` or `object-detection`; another kind of model is then an error.',
  },
  headers: {
    [DEADLINE_HEADER]: 'Milliseconds that the answer may take; the time-out of the service is the upper bound.',
    'x-request-id': 'Id of the request in answers, results and logs; letters, digits and `_.:-`, 128 at most.',
  },
  body: {
    content: {
      'image/jpeg': 'bytes',
      'image/png': 'bytes',
      'image/webp': 'bytes',
      'image/bmp': 'bytes',
      'image/tiff': 'bytes',
      'application/x-npz': 'bytes',
      'application/x-npy': 'bytes',
      'application/json': { type: 'PictureInvocation' },
    },
  },
  answers: {
    200: jsonAnswer('The predictions; with `format=v1` a list or an object of that form.', { type: 'InvokeResult' }),
  },
};

export interface InvokePorts {
  readonly invoker: InvokeService;
  readonly arrays: ArrayService;
  readonly feedback: V1Feedback;
  readonly frames: FrameMemory;
}

async function invoke(
  { invoker, arrays, feedback, frames }: InvokePorts,
  service: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const maxBytes = invoker.maxImageBytes;
  const length = announcedLength(request);
  const named = isJson(request) ? await namedPicture(request) : undefined;
  const contentType = named === undefined ? imageTypeOf(request.headers['content-type']) : undefined;
  const deadlineMs = deadlineOf(request.headers[DEADLINE_HEADER], DEADLINE_HEADER);
  const form = answerForm(request);
  const { raw, step } = arrayQuery(request.url);
  if (named === undefined && (length ?? 0) > maxBytes) throw bodyTooLarge(length ?? 0, maxBytes);

  // A frame is named by who holds it: whether it is still there is known before anything waits.
  const frame = named && 'ring' in named ? frames.rings.find(named) : undefined;
  const announcedBytes = named === undefined ? length : 0;
  const admission = { announcedBytes, ...(deadlineMs ? { deadlineMs } : {}) };
  const door = cameBySecondPath(request) ? 'SocketFolder' : 'agent.sock';
  const open = (call: Pick<InvokeCall, 'arrived' | 'onEnded'>) =>
    named && 'path' in named ? invoker.openImage(named.path, door) : readBody(request, invoker.buffers, maxBytes, call);
  if (raw || (step && arrays.hasState(service))) {
    if (frame || form.format === 'v1')
      throw agentErrors.error(
        'http.bad-request',
        'a frame is not an array, and arrays do not have answers in the form of V1',
      );
    const call = cancelled(response, arrays.begin(service, admission));
    const result = await arrays.run(call, service, requestIdOf(request.headers['x-request-id']), () => open(call), {
      raw,
      step,
    });
    return sendJson(response, 200, result);
  }
  const call = cancelled(response, invoker.begin(service, admission));
  const wanted = form.format === 'v1' && !frame && feedback.wants(service);
  const { picture, copy } = await call.reading(async () => {
    const read: Picture = frame ?? (await open(call));
    if (!wanted || isFrame(read)) return { picture: read };
    // The bytes of a request are moved to the model, and a file may be another one after the answer.
    return { picture: read, copy: read instanceof Uint8Array ? read.slice() : await read.read() };
  });
  try {
    const outcome = await call.runWhole(requestIdOf(request.headers['x-request-id']), picture, contentType);
    const body = sendAnswer(response, form, outcome);
    const { name, version } = outcome.result.model;
    if (copy && body !== undefined) feedback.offer(service, copy, body, `${name} ${version}`);
  } catch (thrown) {
    sendError(response, thrown);
  }
}

/** Ends a call whose client hangs up. */
function cancelled<Call extends { cancel(): void }>(response: ServerResponse, call: Call): Call {
  response.once('close', () => {
    if (!response.writableFinished) call.cancel();
  });
  return call;
}

function isJson(request: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '');
}

async function namedPicture(request: IncomingMessage): Promise<{ readonly path: string } | FrameReference> {
  const { path, frame } = (await readJson(request)) as { readonly path?: unknown; readonly frame?: unknown };
  if (typeof path === 'string') return { path };
  if (frame !== undefined) return readFrameReference(frame);
  throw agentErrors.error('http.bad-request', 'a JSON body names the image: {"path": "/absolute/path/of/image.jpg"}');
}
