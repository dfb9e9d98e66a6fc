/** A parameter of a connector. Every value is a text. */
export interface ParameterRule {
  readonly name: string;
  readonly required: boolean;
  readonly pattern: RegExp;
  /** Said after the value that does not fit. */
  readonly meaning: string;
  /** The remedy for a value that people often lack. */
  readonly hint?: (value: string) => string | undefined;
}

/** The connectors that EdgeML takes the place of. */
export const CONNECTOR_KINDS = {
  ObjectDetection: 'object-detection',
  ImageClassification: 'image-classification',
  MLFeedback: 'feedback',
} as const;
export type ConnectorKind = (typeof CONNECTOR_KINDS)[keyof typeof CONNECTOR_KINDS];

const SERVICE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9-]{1,62}$/;
const CONFIG_ID = /^$|^[a-zA-Z0-9][a-zA-Z0-9-]{1,62}$/;
const POSITIVE = /^[1-9][0-9]*$/;
const NAME_MEANING = '2 to 63 letters, digits and "-", and no "-" first';

const inference: readonly ParameterRule[] = [
  { name: 'MLModelDestinationPath', required: true, pattern: /^.+$/, meaning: 'a path' },
  {
    name: 'MLModelResourceId',
    required: true,
    pattern: /^[a-zA-Z0-9:_-]{1,128}$/,
    meaning: '128 letters, digits, ":", "_" and "-" at most',
  },
  { name: 'LocalInferenceServiceName', required: true, pattern: SERVICE_NAME, meaning: NAME_MEANING },
  { name: 'LocalInferenceServiceTimeoutSeconds', required: true, pattern: POSITIVE, meaning: 'a whole number from 1' },
  { name: 'LocalInferenceServiceMemoryLimitKB', required: true, pattern: POSITIVE, meaning: 'a whole number from 1' },
  { name: 'MLFeedbackConnectorConfigId', required: false, pattern: CONFIG_ID, meaning: NAME_MEANING },
];

const trainingJob: ParameterRule = {
  name: 'MLModelSageMakerJobArn',
  required: true,
  pattern: /^arn:aws:sagemaker:[a-zA-Z0-9-]+:[0-9]+:training-job\/[a-zA-Z0-9][a-zA-Z0-9-]+$/,
  meaning: 'the ARN of a training job',
  hint: (value) => (value.includes(':training-job:') ? 'write training-job/NAME, not training-job:NAME' : undefined),
};

const gpu: ParameterRule = { name: 'GPUAcceleration', required: true, pattern: /^(CPU|GPU)$/, meaning: 'CPU or GPU' };

const feedback: readonly ParameterRule[] = [
  { name: 'FeedbackConfigurationMap', required: true, pattern: /^[^]+$/, meaning: 'a JSON object as text' },
  {
    name: 'RequestLimit',
    required: false,
    pattern: /^$|^[0-9]{1,3}$/,
    meaning: 'a number from 0 to 999 as text, or ""',
  },
];

/**
 * The parameters of a connector. Only the build for the Jetson TX2 had an accelerator to choose.
 * Source: AWS IoT Greengrass V1 developer guide, the pages of the three connectors.
 */
export function rulesOf(kind: ConnectorKind, hasGpu: boolean): readonly ParameterRule[] {
  if (kind === 'feedback') return feedback;
  return [...inference, ...(kind === 'image-classification' ? [trainingJob] : []), ...(hasGpu ? [gpu] : [])];
}

/** The problems of the parameters, each with the name of its parameter. */
export function parameterProblems(
  rules: readonly ParameterRule[],
  given: Readonly<Record<string, unknown>>,
): readonly string[] {
  const known = rules.map(({ name }) => name);
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  return [
    ...rules.flatMap((rule) => problemOf(rule, given[rule.name]) ?? []),
    ...unknown.map((name) => `${name}: this connector has no such parameter; it has ${known.join(', ')}`),
  ];
}

function problemOf({ name, required, pattern, meaning, hint }: ParameterRule, value: unknown): string | undefined {
  if (value === undefined) return required ? `${name}: is required` : undefined;
  if (typeof value !== 'string')
    return `${name}: must be a text, as all values of a connector are, got ${JSON.stringify(value)}`;
  if (pattern.test(value)) return undefined;
  const more = hint?.(value);
  return `${name}: must be ${meaning}, got ${JSON.stringify(value.slice(0, 200))}${more ? `; ${more}` : ''}`;
}
