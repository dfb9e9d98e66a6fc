import type { IncomingMessage, ServerResponse } from 'node:http';
import { send, sendJson } from '#packages/http';
import type { InvokeOutcome } from '../invoke/invoke-service.ts';
import { agentErrors } from '../errors.ts';
import { v1Body } from './v1-body.ts';

/** The form of an invocation's answer: our own JSON, or the text that the connectors of Greengrass V1 answered with. */
export type AnswerForm =
  | { readonly format: 'json'; readonly placement: boolean }
  | { readonly format: 'v1'; readonly algoType: string | undefined };

/**
 * The form that the request's query asks for: `?format=v1&algoType=object-detection`. The algorithm may be left out. `?placement=true`: where the
 * image lies in the model's input.
 * @throws EdgeError `http.bad-request`
 */
export function answerForm(request: IncomingMessage): AnswerForm {
  const query = request.url?.split('?', 2)[1];
  if (!query) return JSON_FORM;
  const asked = new URLSearchParams(query);
  const format = asked.get('format') ?? 'json';
  if (format === 'json') return { format, placement: asked.get('placement') === 'true' };
  if (format === 'v1') return { format, algoType: asked.get('algoType') ?? undefined };
  throw agentErrors.error('http.bad-request', `there is no format "${format.slice(0, 80)}"; there are json and v1`);
}

/**
 * @returns the text of an answer in the form of V1
 * @throws EdgeError `http.no-v1-form`, `http.algo-type`
 */
export function sendAnswer(response: ServerResponse, form: AnswerForm, outcome: InvokeOutcome): string | undefined {
  if (form.format === 'json') {
    const { result, placement } = outcome;
    sendJson(response, 200, form.placement && placement ? { ...result, placement } : result);
    return undefined;
  }
  const body = v1Body(outcome, form.algoType);
  response.setHeader('x-request-id', outcome.result.id);
  send(response, 200, 'application/json', body);
  return body;
}

const JSON_FORM: AnswerForm = { format: 'json', placement: false };
