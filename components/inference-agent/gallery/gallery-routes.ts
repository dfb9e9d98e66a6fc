import { randomUUID } from 'node:crypto';
import { jsonAnswer, sendJson } from '#packages/http';
import type { Route } from '#packages/http';
import { agentErrors } from '../errors.ts';
import { announcedLength, readBody, readJson } from '../http/body.ts';
import { nothingSchema, parsed } from '../http/model-routes.ts';
import type { InvokeService } from '../invoke/invoke-service.ts';
import { imageTypeOf } from '../invoke/request-words.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import type { GalleryBook } from './gallery-book.ts';

export interface GalleryRoutePorts {
  readonly gallery: Pick<GalleryBook, 'enroll' | 'forget' | 'status'>;
  readonly invoker: InvokeService;
  readonly serving: (alias: string) => ServingModel | undefined;
}

const MAX_NAME = 128;
const ANSWER = { 200: jsonAnswer('The gallery.', { type: 'GalleryStatus' }) };

/** Which pictures a model of the task `embedding` knows by name: it changes answers, and names may be those of people. */
export function galleryRoutes({ gallery, invoker, serving }: GalleryRoutePorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/models/{alias}/gallery',
      api: { summary: 'Lists what is enrolled on this device for a model of the task `embedding`.', answers: ANSWER },
      handle: (_request, response, alias: string) => sendJson(response, 200, gallery.status(alias)),
    },
    {
      method: 'POST',
      path: '/v1/models/{alias}/gallery/{name}',
      api: {
        summary: 'Enrolls a picture under a name. Several pictures of a name are kept, and the nearest counts.',
        body: { content: { 'image/jpeg': 'bytes', 'image/png': 'bytes', 'image/webp': 'bytes', 'image/bmp': 'bytes' } },
        answers: ANSWER,
      },
      async handle(request, response, alias: string, name: string) {
        checkName(name);
        const type = imageTypeOf(request.headers['content-type']);
        const announcedBytes = announcedLength(request);
        const call = invoker.begin(alias, announcedBytes === undefined ? {} : { announcedBytes });
        response.once('close', () => {
          if (!response.writableFinished) call.cancel();
        });
        const picture = await call.reading(() => readBody(request, invoker.buffers, invoker.maxImageBytes, call));
        const { model, predictions } = await call.run(randomUUID(), picture, type);
        const target = serving(model.alias);
        if (target?.identity.hash !== model.hash) {
          const message = `another model took over "${alias}" while the picture was looked at`;
          throw agentErrors.error('gallery.model-changed', message, { facts: { alias } });
        }
        sendJson(response, 200, await gallery.enroll(target, model.alias, name, predictions));
      },
    },
    {
      method: 'POST',
      path: '/v1/models/{alias}/gallery/{name}/delete',
      api: {
        summary: 'Deletes everything that is enrolled under a name.',
        body: { content: { 'application/json': { schema: nothingSchema } } },
        answers: ANSWER,
      },
      async handle(request, response, alias: string, name: string) {
        parsed(nothingSchema, await readJson(request));
        sendJson(response, 200, await gallery.forget(alias, name));
      },
    },
  ];
}

function checkName(name: string): void {
  if (name.length <= MAX_NAME && !/[\p{Cc}\p{Cs}]/u.test(name) && name.trim() === name && name !== 'unknown') return;
  const message = `a name has 1 to ${MAX_NAME} characters, none of them a control character, no spaces around it, and is not "unknown"; got ${JSON.stringify(name.slice(0, MAX_NAME))}`;
  throw agentErrors.error('http.bad-request', message);
}
