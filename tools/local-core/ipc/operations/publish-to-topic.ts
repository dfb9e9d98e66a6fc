import * as z from 'zod';

import type { MessageBody } from '../../pubsub/local-pubsub.ts';
import { countObjects } from '#packages/ipc';
import { Fault } from '../fault.ts';
import { LITE_MAX_PUBLISHED_OBJECTS } from '../lite.ts';
import { operation } from '../operation.ts';

const PUBSUB = 'aws.greengrass.ipc.pubsub';

const request = z.object({
  topic: z.string(),
  publishMessage: z.object({
    jsonMessage: z.object({ message: z.unknown().optional() }).nullish(),
    binaryMessage: z.object({ message: z.string() }).nullish(),
  }),
});

/** Success with no subscriber too; exactly one of json and binary message. Lite accepts wildcards in the topic. */
export const publishToTopic = operation<z.infer<typeof request>>({
  name: 'PublishToTopic',
  request,
  onLite: true,
  handle({ topic, publishMessage }, call) {
    call.authorize(PUBSUB, topic);
    if (!call.lite && /[+#*]/.test(topic)) {
      throw new Fault('InvalidArgumentsError', 'Publish topic must not contain a wildcard.');
    }
    const body = bodyOf(publishMessage);
    if (call.lite && body.kind === 'json' && countObjects(body.value) > LITE_MAX_PUBLISHED_OBJECTS)
      throw new Fault('ServiceError', '');
    call.pubsub.publish({ topic, body, publisher: call.component });
    return {};
  },
});

function bodyOf({ jsonMessage, binaryMessage }: z.infer<typeof request>['publishMessage']): MessageBody {
  if (jsonMessage && binaryMessage) {
    throw new Fault('InvalidArgumentsError', 'publishMessage has both jsonMessage and binaryMessage; give one');
  }
  if (jsonMessage) return { kind: 'json', value: jsonMessage.message ?? null };
  if (binaryMessage) return { kind: 'binary', base64: binaryMessage.message };
  throw new Fault('InvalidArgumentsError', 'publishMessage has neither jsonMessage nor binaryMessage; give one');
}
