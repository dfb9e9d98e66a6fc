import * as z from 'zod';

import type { LocalMessage } from '../../pubsub/local-pubsub.ts';
import { countObjects } from '#packages/ipc';
import { Fault } from '../fault.ts';
import { LITE_MAX_EVENT_OBJECTS } from '../lite.ts';
import { operation } from '../operation.ts';

const request = z.object({
  topic: z.string(),
  receiveMode: z.enum(['RECEIVE_ALL_MESSAGES', 'RECEIVE_MESSAGES_FROM_OTHERS']).nullish(),
});

/**
 * Lite ignores the receive mode: a component gets its own messages back. A message with too many objects ends the subscription there,
 * and neither side is told.
 */
export const subscribeToTopic = operation<z.infer<typeof request>>({
  name: 'SubscribeToTopic',
  request,
  events: 'SubscriptionResponseMessage',
  onLite: true,
  handle({ topic, receiveMode }, call) {
    call.authorize('aws.greengrass.ipc.pubsub', topic);
    if (topic === '') throw new Fault('InvalidArgumentsError', 'Subscribe topic must not be empty');
    const receive = call.lite ? 'RECEIVE_ALL_MESSAGES' : receiveMode;
    let lost = false;
    const unsubscribe = call.pubsub.subscribe({
      filter: topic,
      subscriber: call.component,
      ...(receive ? { receive } : {}),
      deliver: (message) => {
        lost ||= call.lite && !fitsLite(message);
        if (lost) call.log.debug({ topic: message.topic }, 'ipc.lite-message-lost');
        else call.stream.send(eventPayload(message));
      },
    });
    call.stream.onClose(unsubscribe);
    return {};
  },
});

function fitsLite({ body }: LocalMessage): boolean {
  if (body.kind === 'binary') return true;
  const most = Array.isArray(body.value) ? LITE_MAX_EVENT_OBJECTS.list : LITE_MAX_EVENT_OBJECTS.map;
  return countObjects(body.value) <= most;
}

/** Made once per message, however many subscribers get it. */
function eventPayload(message: LocalMessage): Uint8Array {
  const known = payloads.get(message);
  if (known) return known;
  const context = { topic: message.topic };
  const event =
    message.body.kind === 'json'
      ? { jsonMessage: { message: message.body.value, context } }
      : { binaryMessage: { message: message.body.base64, context } };
  const payload = Buffer.from(JSON.stringify(event));
  payloads.set(message, payload);
  return payload;
}

const payloads = new WeakMap<LocalMessage, Uint8Array>();
