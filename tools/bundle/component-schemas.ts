import type { z } from 'zod';
import { consoleConfiguration } from '../../components/console/config.ts';
import { uploaderConfiguration } from '../../components/feedback-uploader/config.ts';
import { agentConfiguration } from '../../components/inference-agent/config.ts';
import { edgeManagerConfiguration } from '../../components/inference-agent/settings/edge-manager-keys.ts';
import { appConfiguration } from '../../components/inference-app/config.ts';

/** Schema of each component's configuration; recipes and reference are generated from them, and lint checks by them. */
export const COMPONENT_SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['edgeml.InferenceAgent', agentConfiguration],
  ['edgeml.EdgeManager', edgeManagerConfiguration],
  ['edgeml.InferenceApp', appConfiguration],
  ['edgeml.FeedbackUploader', uploaderConfiguration],
  ['edgeml.Console', consoleConfiguration],
]);
