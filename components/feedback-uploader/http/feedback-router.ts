import type { RequestListener } from 'node:http';
import type { Incident, Logger } from '#packages/foundation';
import { ALWAYS_HEADER, createRouter, METADATA_HEADER, PREDICTION_HEADER, sendJson, watchRoutes } from '#packages/http';
import type { ComponentStatus, FeedbackHealth, Route, RouteErrors } from '#packages/http';
import { uploaderErrors } from '../errors.ts';
import type { FeedbackIntake } from '../intake/feedback-intake.ts';
import { jsonHeader } from './json-header.ts';
import type { InputReader } from './read-input.ts';
import { spoolRoutes } from './spool-routes.ts';
import type { SpoolRoutePorts } from './spool-routes.ts';

export interface FeedbackRouterPorts extends SpoolRoutePorts {
  /** Undefined while the component starts or stops. */
  readonly intake: () => FeedbackIntake | undefined;
  readonly reader: InputReader;
  readonly health: () => Omit<FeedbackHealth, 'status' | 'incidents'> & {
    readonly status: Exclude<ComponentStatus, 'degraded'>;
  };
  /** Everything that is wrong now. */
  readonly incidents: () => readonly Incident[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: Logger;
}

/** The uploader's HTTP API. */
export function feedbackRouter(ports: FeedbackRouterPorts): RequestListener {
  return createRouter([feedbackRoute(ports), ...watchRoutes(ports)], { errors: ROUTE_ERRORS, log: ports.log });
}

/** Routes for the console: samples themselves are for the component's own user only. */
export function consoleRouter(ports: FeedbackRouterPorts): RequestListener {
  return createRouter([...spoolRoutes(ports), ...watchRoutes(ports)], { errors: ROUTE_ERRORS, log: ports.log });
}

/** The body is the model input; prediction and metadata are in headers, so that a sample may be dropped without its body. */
function feedbackRoute({ intake, reader }: FeedbackRouterPorts): Route {
  return {
    method: 'POST',
    path: '/v1/feedback/{configId}',
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
            return body.input;
          },
        });
        sendJson(response, answer.status === 'accepted' ? 202 : 200, answer);
      } finally {
        release();
      }
    },
  };
}

const ROUTE_ERRORS: RouteErrors = {
  noRoute: (message, facts) => uploaderErrors.error('feedback.no-route', message, { facts }),
  methodNotAllowed: (message, facts) => uploaderErrors.error('feedback.method-not-allowed', message, { facts }),
  // What is not percent-encoded UTF-8 is no ConfigId either.
  badPath: (message, configId) => uploaderErrors.error('feedback.unknown-config', message, { facts: { configId } }),
};
