import type { EditableConfiguration, Incident, Logger } from '#packages/foundation';
import { isFrameBody, readFrameBody } from '#packages/frames';
import {
  ALWAYS_HEADER,
  configurationRoutes,
  jsonAnswer,
  METADATA_HEADER,
  PREDICTION_HEADER,
  sendJson,
  watchRoutes,
} from '#packages/http';
import type { ComponentStatus, FeedbackHealth, Route } from '#packages/http';
import { encodeFrame } from '#packages/jpeg';
import { uploaderErrors } from '../errors.ts';
import type { FeedbackIntake } from '../intake/feedback-intake.ts';
import { jsonHeader } from './json-header.ts';
import type { InputReader } from './read-input.ts';
import { spoolRoutes } from './spool-routes.ts';
import type { SpoolRoutePorts } from './spool-routes.ts';

export interface FeedbackRoutePorts extends SpoolRoutePorts {
  /** Undefined while the component starts or stops. */
  readonly intake: () => FeedbackIntake | undefined;
  readonly reader: InputReader;
  readonly health: () => Omit<FeedbackHealth, 'status' | 'incidents'> & {
    readonly status: Exclude<ComponentStatus, 'degraded'>;
  };
  /** Everything that is wrong now. */
  readonly incidents: () => readonly Incident[];
  readonly configuration: EditableConfiguration;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: Logger;
}

/** Routes that anybody may call: take a sample, and tell how things are. */
export function feedbackRoutes(ports: FeedbackRoutePorts): readonly Route[] {
  return [feedbackRoute(ports), ...watchRoutes(ports, 'FeedbackHealth')];
}

/** Routes for the console: samples themselves are for the component's own user only. */
export function consoleRoutes(ports: FeedbackRoutePorts): readonly Route[] {
  return [...spoolRoutes(ports), ...configurationRoutes(ports.configuration), ...watchRoutes(ports, 'FeedbackHealth')];
}

/** Of frames that come as they are, which the agent cannot encode. */
const JPEG = { quality: 90 };

/** The body is the model input; prediction and metadata are in headers, so that a sample may be dropped without its body. */
function feedbackRoute({ intake, reader }: FeedbackRoutePorts): Route {
  return {
    method: 'POST',
    path: '/v1/feedback/{configId}',
    api: {
      summary:
        'Offers a sample: the body is the input of the model. The strategy of the configuration decides whether it is kept.',
      headers: {
        [PREDICTION_HEADER]: 'The prediction as JSON: a list, or an object.',
        [METADATA_HEADER]: 'Metadata as JSON: an object of texts, numbers and booleans.',
        [ALWAYS_HEADER]: '`true`: a person chose the sample, so that no strategy and no quota decides about it.',
      },
      body: { content: { '*/*': 'bytes' } },
      answers: {
        200: jsonAnswer('The sample was not wanted.', { type: 'FeedbackAnswer' }),
        202: jsonAnswer('The sample is on the disk and will be uploaded.', { type: 'FeedbackAnswer' }),
      },
    },
    async handle(request, response, configId: string) {
      const open = intake();
      if (!open) throw uploaderErrors.error('feedback.not-ready', 'the uploader takes no samples now');
      const gone = new AbortController();
      response.once('close', () => gone.abort(new Error('the client hung up')));
      let release: () => void = () => undefined;
      try {
        const answer = await open.handle({
          configId,
          prediction: jsonHeader(request, PREDICTION_HEADER),
          metadata: jsonHeader(request, METADATA_HEADER),
          always: request.headers[ALWAYS_HEADER] === 'true',
          readInput: async (maxBytes) => {
            const body = await reader.read(request, maxBytes, gone.signal);
            release = body.release;
            return isFrameBody(body.input) ? encodeFrame(readFrameBody(body.input), JPEG) : body.input;
          },
        });
        sendJson(response, answer.status === 'accepted' ? 202 : 200, answer);
      } finally {
        release();
      }
    },
  };
}
