import * as z from 'zod';
import { messageOf, wireErrorOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import type { InvokeResult, IpcInvokeReply } from '#packages/http';
import { isReplyTopic, localTopics } from '#packages/ipc';
import type { IpcSession, LocalMessage, Subscription } from '#packages/ipc';
import { bodyTooLarge } from '../http/body.ts';
import type { Picture } from '../picture/picture.ts';
import type { ArrayService } from '../invoke/array-service.ts';
import type { InvokeService } from '../invoke/invoke-service.ts';
import { agentErrors } from '../errors.ts';
import { fitReply } from './fit-reply.ts';

export interface InvokeOverIpcPorts {
  readonly ipc: Pick<IpcSession, 'subscribeLocal' | 'publishLocal'>;
  readonly invoker: InvokeService;
  readonly arrays: ArrayService;
  readonly log: Logger;
}

/** Answers requests that any component publishes on `edgeml/invoke/<service>`, on the reply topic that it names. */
export function invokeOverIpc(ports: InvokeOverIpcPorts): Promise<Subscription> {
  return ports.ipc.subscribeLocal(localTopics.invokeFilter, (message) => void answer(ports, message));
}

async function answer(ports: InvokeOverIpcPorts, { topic, message }: LocalMessage): Promise<void> {
  const { ipc, log } = ports;
  const service = topic.slice(topic.lastIndexOf('/') + 1);
  const envelope = envelopeSchema.safeParse(message);
  if (!envelope.success) {
    // Without id and reply topic there is nobody to tell but the log.
    log.warn({ topic, problems: z.prettifyError(envelope.error).replaceAll('\n', ' ') }, 'invoke.unanswerable');
    return;
  }
  const { id, replyTo } = envelope.data;
  let reply: IpcInvokeReply;
  try {
    reply = { id, result: fitReply(await run(ports, service, id, message)) };
  } catch (thrown) {
    reply = { id, error: wireErrorOf(thrown) };
  }
  try {
    await ipc.publishLocal(replyTo, reply);
  } catch (thrown) {
    log.warn({ id, replyTo, reason: messageOf(thrown) }, 'invoke.reply-lost');
  }
}

async function run(
  { invoker, arrays }: InvokeOverIpcPorts,
  service: string,
  id: string,
  message: unknown,
): Promise<InvokeResult> {
  const parsed = requestSchema.safeParse(message);
  if (!parsed.success) {
    const problems = z.prettifyError(parsed.error).replaceAll('\n', ' ');
    throw agentErrors.error('invoke.bad-request', `the request is not valid: ${problems}`);
  }
  const { path, body, contentType, sequence } = parsed.data;
  const max = invoker.maxImageBytes;
  const bytes = Buffer.byteLength(body ?? '', 'base64');
  if (bytes > max) throw bodyTooLarge(bytes, max);
  const open = () =>
    path === undefined ? new Uint8Array(Buffer.from(body ?? '', 'base64')) : invoker.openImage(path, 'ipc');
  if (sequence && arrays.hasState(service)) {
    const call = arrays.begin(service, { announcedBytes: bytes });
    call.arrived(bytes);
    return arrays.run(call, service, id, open, { step: { ...sequence, mayBegin: true } });
  }
  const call = invoker.begin(service, { announcedBytes: bytes });
  call.arrived(bytes);
  const picture = await call.reading<Picture>(open);
  return call.run(id, picture, contentType);
}

const envelopeSchema = z.looseObject({
  id: z.string().min(1).max(200),
  replyTo: z
    .string()
    .refine(isReplyTopic, 'must be a topic below edgeml/reply/, the only ones that may be answered on'),
});

const requestSchema = z
  .looseObject({
    contentType: z.string().optional(),
    path: z.string().min(1).optional(),
    body: z.base64().optional(),
    /** Of a caller: a model that hands a state on continues with the one that the call before has left. */
    sequence: z
      .strictObject({
        id: z.string().min(1).max(200),
        start: z.boolean().default(false),
        end: z.boolean().default(false),
      })
      .optional(),
  })
  .refine(({ path, body }) => (path === undefined) !== (body === undefined), 'give either "path" or "body"');
