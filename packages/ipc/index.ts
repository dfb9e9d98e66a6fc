export { connectIpc } from './connect-ipc.ts';
export { ipcErrors } from './errors.ts';
export { encodeFrame, FRAME_FLAG, FRAME_TYPE, MAX_FRAME_BYTES, PROTOCOL_VERSION } from './event-stream/frame.ts';
export type { Frame, FrameToSend } from './event-stream/frame.ts';
export { FrameReader } from './event-stream/frame-reader.ts';
export { offlineIpc } from './offline-ipc.ts';
export type { IpcSession, LocalMessage, Subscription } from './session.ts';
export { isMissing } from './session/fault-to-error.ts';
export { countObjects } from './session/lite-objects.ts';
export { backgroundSubscriber } from './session/background-subscriber.ts';
export { decodeLocal, plainMessage } from './session/local-messages.ts';
export type { IpcOptions } from './session/options.ts';
export { accessControlFor } from './topics/access-control.ts';
export { topicMatches } from './topics/topic-syntax.ts';
export { incidentNews, readIncidentMessage } from './topics/incident-news.ts';
export type { IncidentMessage } from './topics/incident-news.ts';
export { fillTopic, isReplyTopic, localTopics, mqttTopics, TOPIC_TEMPLATES } from './topics/topics.ts';
export { activateStream } from './transport/activate-stream.ts';
export type { crtTransport } from './transport/crt-transport.ts';
export { NucleusFault } from './transport/nucleus-transport.ts';
export type {
  CallOperation,
  NucleusConnection,
  NucleusStream,
  NucleusTransport,
  StreamEvents,
  StreamOperation,
} from './transport/nucleus-transport.ts';
export { untilAnswered } from './until-answered.ts';
