export { createAgentClient } from './agent-client.ts';
export type { ActivateDone, AgentClient, FrameInvokeOptions, InvokeOptions } from './agent-client.ts';
export { answerReader } from './answers.ts';
export { DEADLINE_HEADER } from './api/agent-api.ts';
export type {
  ActivateProgress,
  ActivateRequest,
  ErrorBody,
  HealthStatus,
  InvokeResult,
  IpcInvokeReply,
  IpcResult,
  ModelIdentity,
  DriftFacts,
  DriftFinding,
  ModelRole,
  ModelStatus,
  ServiceDrift,
  NotKept,
  ResultMessage,
  TensorJson,
  TensorMessage,
} from './api/agent-api.ts';
export type {
  DescribedTensor,
  InferenceOutput,
  InferenceResponse,
  ModelMetadata,
  OpenInferenceError,
  RepositoryModel,
  ServerMetadata,
} from './api/open-inference-api.ts';
export type { ChallengerReport, Comparison, FrameDifference } from './api/challenger-api.ts';
export type { GalleryName, GalleryStatus } from './api/gallery-api.ts';
export { RING_LEASE_PATH } from './api/frame-api.ts';
export { MAX_MESSAGE_HEAD_BYTES, MAX_MESSAGES_IN_FLIGHT, MESSAGES_PATH, MESSAGES_PROTOCOL } from './api/message-api.ts';
export type { MessageAnswer } from './api/message-api.ts';
export type { LeasedRing } from './api/frame-api.ts';
export { ALWAYS_HEADER, MAX_FEEDBACK_HEADER_BYTES, METADATA_HEADER, PREDICTION_HEADER } from './api/feedback-api.ts';
export type { FeedbackAnswer, FeedbackHealth } from './api/feedback-api.ts';
export type { ComponentHealth, ComponentStatus } from './api/health-api.ts';
export type {
  ClipRequested,
  KeepRequest,
  PicturesHead,
  RecentResults,
  ResultRate,
  ShownPicture,
  SourceReport,
  SourcesReport,
} from './api/watch-api.ts';
export type { GoldenAnswer, GoldenPicture, PackageReport } from './api/package-api.ts';
export { authorizerFor } from './authorization.ts';
export type { Authorizer, HttpLogin } from './authorization.ts';
export type { ConfigurationAnswer } from './api/configuration-api.ts';
export type { TryAnswer, TryReport, TryServed } from './api/try-api.ts';
export type { SampleReport, SpoolReport, WaitingSample } from './api/spool-api.ts';
export { httpErrors } from './errors.ts';
export { createFeedbackClient } from './feedback-client.ts';
export type { FeedbackClient, FeedbackSample } from './feedback-client.ts';
export type { FeedbackLoss } from './feedback/feedback-loss.ts';
export { SampleQueue } from './feedback/sample-queue.ts';
export type { SampleOffer } from './feedback/sample-queue.ts';
export { healthSocketOf, readHealth } from './health-client.ts';
export { createHttpClient } from './http-client.ts';
export type { HttpAnswer, HttpClient } from './http-client.ts';
export type { HeldLease } from './lease-ring.ts';
export { outputsForMessage } from './outputs-for-message.ts';
export { AGENT, APPLICATION, FEEDBACK_UPLOADER } from './peer.ts';
export type { Peer } from './peer.ts';
export { KEEP_ALIVE_MS, UNREAD_MS } from './server/connections/connection-guard.ts';
export type { ConnectionBounds, GuardReason } from './server/connections/connection-guard.ts';
export { GRACE_MS } from './server/connections/watched-connection.ts';
export { cameBySecondPath, startPortServer, startSocketServer } from './server/http-server.ts';
export type { PortAddress, PortServer, SocketServer } from './server/http-server.ts';
export { configurationRoutes } from './server/configuration-routes.ts';
export { listenOnPort } from './server/listen-on-port.ts';
export { listenOnSocket } from './server/listen-on-socket.ts';
export { letGroupEnter } from './server/let-group-enter.ts';
export { openSocketFolder } from './server/open-socket-folder.ts';
export type { OtherProtocol } from './server/other-protocol.ts';
export { readBody } from './server/read-body.ts';
export { openApiRoute } from './server/open-api-route.ts';
export { jsonAnswer } from './server/route-description.ts';
export type { BodyDescription, ContentDescription, RouteDescription } from './server/route-description.ts';
export { createRouter } from './server/router.ts';
export type { Route, RouteErrors } from './server/router.ts';
export { errorAnswer, retryAfterSeconds, send, sendError, sendJson } from './server/send.ts';
export { socketAnswers } from './server/socket-answers.ts';
export { METRICS_TYPE, watchRoutes } from './server/watch-routes.ts';
export { CONSOLE_SOCKET, consoleSocketBeside, fitsSocket, socketPathOf } from './socket-path.ts';
