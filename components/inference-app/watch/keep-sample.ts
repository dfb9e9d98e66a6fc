import type { FeedbackAnswer, FeedbackClient, KeepRequest } from '#packages/http';
import { appErrors } from '../errors.ts';
import { MAX_NAME } from '../feedback/feedback-sample.ts';
import type { LivePicture, LivePictures } from './live-pictures.ts';

export interface KeepPorts {
  readonly pictures: Pick<LivePictures, 'find'>;
  readonly client: Pick<FeedbackClient, 'publish' | 'health'> | undefined;
  /** ConfigId that the service's settings name; empty: none. */
  readonly configIdOf: (service: string) => string;
}

/**
 * Keeps a frame that somebody sees in the console as a sample, without asking the sampling strategy.
 *
 * @throws EdgeError `app.frame-gone`, `app.no-feedback-socket`, `app.no-feedback-config`, those of the feedback uploader
 */
export async function keepSample(ports: KeepPorts, source: string, request: KeepRequest): Promise<FeedbackAnswer> {
  const { pictures, client } = ports;
  const shown = pictures.find(source, request.frame);
  if (!shown) {
    const message = `frame ${request.frame} of source ${source} is not in memory any more`;
    throw appErrors.error('app.frame-gone', message, { facts: { source, frame: request.frame } });
  }
  if (!client)
    throw appErrors.error('app.no-feedback-socket', 'EDGEML_FEEDBACK_SOCKET is not set: the uploader cannot be found');
  const configId = ports.configIdOf(request.service) || (await onlyConfigId(client, request.service));
  return client.publish(configId, {
    input: shown.picture.bytes,
    prediction: shown.answers.get(request.service)?.predictions ?? [],
    metadata: metadataOf(shown, request),
    always: true,
  });
}

/** The uploader's, if it has one and no more. */
async function onlyConfigId(client: Pick<FeedbackClient, 'health'>, service: string): Promise<string> {
  const { configurations } = await client.health();
  const [first] = configurations;
  if (first !== undefined && configurations.length === 1) return first;
  const known = configurations.join(', ') || 'none';
  const message = `samples of service ${service} have nowhere to go: its settings do not name a ConfigId, and the uploader does not have exactly one (${known})`;
  throw appErrors.error('app.no-feedback-config', message, { facts: { service, known: configurations } });
}

function metadataOf({ source, image, takenAt, answers }: LivePicture, { service, label }: KeepRequest) {
  const model = answers.get(service)?.model;
  return {
    service,
    ...(model ? { model: `${model.name} ${model.version}` } : {}),
    source,
    image: image.slice(-MAX_NAME),
    'taken-at': new Date(takenAt).toISOString(),
    'kept-by': 'console',
    ...(label === undefined ? {} : { 'should-be': label }),
  };
}
