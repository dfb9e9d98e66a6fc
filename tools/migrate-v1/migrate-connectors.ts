import { isEdgeError, messageOf, parseConfiguration } from '#packages/foundation';

import { readUploaderConfiguration } from '../../components/feedback-uploader/config.ts';
import { agentConfiguration } from '../../components/inference-agent/config.ts';
import { parameterProblems, rulesOf } from './connector-parameters.ts';
import { migrationErrors } from './errors.ts';
import type { Connector } from './read-definition.ts';

export interface Migration {
  /** For `componentToConfiguration` of a local deployment, `--update-config` of greengrass-cli, `edgeml local deploy --config`. */
  readonly configuration: Readonly<Record<string, { readonly MERGE: Readonly<Record<string, unknown>> }>>;
  /** Remaining work, in sentences. */
  readonly notes: readonly string[];
}

const AGENT = 'edgeml.InferenceAgent';
const UPLOADER = 'edgeml.FeedbackUploader';

/**
 * The configuration of our components that does what the connectors did.
 *
 * @param models alias of the model that answers a service, by the service's name; default: the service's name
 * @throws EdgeError `migrate.invalid` with every problem at once
 */
export function migrateConnectors(
  connectors: readonly Connector[],
  models: Readonly<Record<string, string>> = {},
): Migration {
  const inference = connectors.filter(({ kind }) => kind === 'object-detection' || kind === 'image-classification');
  const feedback = connectors.filter(({ kind }) => kind === 'feedback');
  const problems = [...connectors.flatMap(problemsOf), ...duplicates(inference), ...unknownModels(inference, models)];
  if (feedback.length > 1) problems.push(`a group has one feedback connector, here are ${feedback.length}`);
  if (problems.length > 0) throw invalid(problems);

  const configuration = {
    ...merge(AGENT, 'Services', Object.fromEntries(inference.map((one) => serviceOf(one, models)))),
    ...Object.fromEntries(feedback.map(({ parameters }) => [UPLOADER, { MERGE: parameters }])),
  };
  checkOurs(configuration, inference);
  return { configuration, notes: connectors.flatMap((one) => notesOf(one, models)) };
}

function problemsOf({ id, kind, hasGpu, parameters }: Connector): readonly string[] {
  return kind === undefined ? [] : parameterProblems(rulesOf(kind, hasGpu), parameters).map((one) => `${id}: ${one}`);
}

function duplicates(inference: readonly Connector[]): readonly string[] {
  const names = inference.map(nameOf);
  return [...new Set(names.filter((name, at) => name !== '' && names.indexOf(name) !== at))].map(
    (name) => `LocalInferenceServiceName: more than one connector is called "${name}"`,
  );
}

function unknownModels(inference: readonly Connector[], models: Readonly<Record<string, string>>): readonly string[] {
  const names = inference.map(nameOf);
  return Object.keys(models)
    .filter((name) => !names.includes(name))
    .map((name) => `no connector has the service "${name}", for which a model is given`);
}

function serviceOf(connector: Connector, models: Readonly<Record<string, string>>): readonly [string, object] {
  const name = nameOf(connector);
  const { LocalInferenceServiceTimeoutSeconds, LocalInferenceServiceMemoryLimitKB, GPUAcceleration } =
    connector.parameters;
  const model = models[name];
  return [
    name,
    {
      ...(model === undefined ? {} : { Model: model }),
      LocalInferenceServiceTimeoutSeconds: Number(LocalInferenceServiceTimeoutSeconds),
      LocalInferenceServiceMemoryLimitKB: Number(LocalInferenceServiceMemoryLimitKB),
      ...feedbackOf(connector),
      ...(connector.hasGpu ? { Providers: GPUAcceleration === 'GPU' ? ['cuda', 'cpu'] : ['cpu'] } : {}),
    },
  ];
}

/** Empty if the connector gave nothing to feedback. */
function feedbackOf({ parameters }: Connector): { readonly MLFeedbackConnectorConfigId?: string } {
  const id = parameters['MLFeedbackConnectorConfigId'];
  return typeof id === 'string' && id !== '' ? { MLFeedbackConnectorConfigId: id } : {};
}

function merge(component: string, key: string, value: object): Migration['configuration'] {
  return Object.keys(value).length === 0 ? {} : { [component]: { MERGE: { [key]: value } } };
}

/** Settings that the components themselves would refuse, e.g. a strategy without its threshold or an unknown ConfigId. */
function checkOurs(configuration: Migration['configuration'], inference: readonly Connector[]): void {
  const problems: string[] = [];
  const check = (read: () => unknown): void => {
    try {
      read();
    } catch (thrown) {
      if (!isEdgeError(thrown)) throw thrown;
      problems.push(messageOf(thrown));
    }
  };
  check(() => parseConfiguration(agentConfiguration, configuration[AGENT]?.MERGE, { component: AGENT }));
  const uploader = configuration[UPLOADER]?.MERGE;
  check(() => {
    const known = Object.keys(readUploaderConfiguration(uploader).FeedbackConfigurationMap);
    for (const connector of inference) {
      const { MLFeedbackConnectorConfigId: id } = feedbackOf(connector);
      if (uploader && id !== undefined && !known.includes(id))
        problems.push(
          `MLFeedbackConnectorConfigId: the service "${nameOf(connector)}" names "${id}"; FeedbackConfigurationMap has ${known.join(', ')}`,
        );
    }
  });
  if (problems.length > 0) throw invalid(problems);
}

function notesOf(connector: Connector, models: Readonly<Record<string, string>>): readonly string[] {
  const { id, arn, kind, parameters } = connector;
  if (kind === undefined) return [`${id}: ${arn} has nothing to do with machine learning and is left out.`];
  if (kind === 'feedback') return [`${id}: the role of the token exchange service needs s3:PutObject on the buckets.`];
  const name = nameOf(connector);
  const source = parameters['MLModelSageMakerJobArn'] ?? parameters['MLModelResourceId'];
  return [
    `${id}: make a model package of ${String(source)} as ONNX (docs/models.md) and deploy it under the alias ${models[name] ?? name}.`,
    ...(feedbackOf(connector).MLFeedbackConnectorConfigId === undefined
      ? []
      : [
          `${id}: what programs ask ${name} for becomes feedback, too; for images that edgeml.InferenceApp reads itself, set MLFeedbackConnectorConfigId there.`,
        ]),
  ];
}

function nameOf({ parameters }: Connector): string {
  const name = parameters['LocalInferenceServiceName'];
  return typeof name === 'string' ? name : '';
}

function invalid(problems: readonly string[]) {
  const message = `the connectors cannot be taken over:\n${problems.map((one) => `- ${one}`).join('\n')}`;
  return migrationErrors.error('migrate.invalid', message, { facts: { problems } });
}
