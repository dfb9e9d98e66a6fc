import { fromOldAgentFile } from '../../components/inference-agent/settings/old-agent-file.ts';

/** The settings of edgeml.InferenceAgent that do what the file did; the agent takes the file itself, too. */
export function migrateAgentFile(file: object) {
  const { configuration, notTaken } = fromOldAgentFile(file);
  return {
    result: configuration,
    notes: notTaken.map(({ key, instead }) => `${key} has no effect. In its place: ${instead}.`),
  };
}
