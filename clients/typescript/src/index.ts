/**
 * Inference and feedback for applications on the device, with the surface of the AWS IoT Greengrass Machine Learning SDK.
 *
 * @example
 * const { Body } = await client('inference').invokeInferenceService({
 *   AlgoType: 'image-classification',
 *   ServiceName: 'PartsClassifier',
 *   ContentType: 'image/jpeg',
 *   Body: await readFile('part.jpg'),
 * });
 * const probabilities = JSON.parse(Body.text()) as number[];
 */
export { Agent } from './agent.ts';
export type { CallOptions, CallSignal, InferOptions } from './agent.ts';
export { AgentError } from './agent-types.ts';
export type {
  AgentModel,
  AgentPrediction,
  AgentResult,
  AgentTensor,
  AgentTensorInfo,
  TensorData,
} from './agent-types.ts';
export { client } from './client.ts';
export type { ClientOptions } from './client-options.ts';
export {
  EdgeMLException,
  GreengrassDependencyException,
  GreengrassFeedbackException,
  GreengrassInferenceException,
  ValueError,
} from './exceptions.ts';
export type { FeedbackClient, PublishRequest } from './feedback-client.ts';
export type { InferenceClient, InvokeRequest, InvokeResponse } from './inference-client.ts';
export { StreamingBody } from './streaming-body.ts';
