import { bytes, number } from './caller.ts';
import type { Call } from './caller.ts';

/** Calls that end before anything is asked, by row of docs/compatibility.md, and the words that they end with. */
export interface ArgumentCase {
  readonly row: string;
  readonly what: string;
  readonly call: Call;
  readonly message: string | RegExp;
}

const PATTERN = '^[a-zA-Z0-9][a-zA-Z0-9-]{1,62}$';
const INVOKE = 'Inference.Client.invoke_inference_service is a required argument but was not provided';
const PUBLISH = 'Feedback.Client.publish is a required argument but was not provided';
const NOT_NAMES = ['a', 'a'.repeat(64), '-ab', 'a_b', 'a b', '', 'ab\n', 'ä-b'];

const invoke = { AlgoType: 'image-classification', ServiceName: 'parts', Body: bytes(Buffer.from('x')) };
const publish = { ConfigId: 'Parts', ModelInput: bytes(Buffer.from('x')), ModelPrediction: [0.5, 0.5] };

function without(given: object, ...names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)));
}

const inference = (row: string, what: string, args: object, message: ArgumentCase['message']): ArgumentCase => ({
  row,
  what,
  call: { client: 'inference', arguments: { ...args } },
  message,
});

const feedback = (row: string, what: string, args: object, message: ArgumentCase['message']): ArgumentCase => ({
  row,
  what,
  call: { client: 'feedback', arguments: { ...args } },
  message,
});

export const ARGUMENT_CASES: readonly ArgumentCase[] = [
  ...['vision', '', 'Inference'].map((client) => ({
    row: 'row 58',
    what: `there is no client "${client}"`,
    call: { client, arguments: {} },
    message: `unknown client '${client}': there are inference and feedback`,
  })),

  ...['ServiceName', 'Body', 'AlgoType'].map((name) =>
    inference('row 59', `${name} is missing`, without(invoke, name), `${name} argument of ${INVOKE}`),
  ),
  inference(
    'row 59',
    'the first of two that are missing is named',
    without(invoke, 'AlgoType', 'Body'),
    `Body argument of ${INVOKE}`,
  ),
  ...NOT_NAMES.flatMap((name) => [
    inference(
      'row 59',
      `AlgoType is ${JSON.stringify(name)}`,
      { ...invoke, AlgoType: name },
      `field algo_type must match the regex ${PATTERN}`,
    ),
    inference(
      'row 3',
      `ServiceName is ${JSON.stringify(name)}`,
      { ...invoke, ServiceName: name },
      `field service_name must match the regex ${PATTERN}`,
    ),
  ]),
  inference(
    'row 59',
    'AlgoType is not text',
    { ...invoke, AlgoType: 5 },
    `field algo_type must match the regex ${PATTERN}`,
  ),
  inference('row 59', 'Body is a text', { ...invoke, Body: 'x' }, /^Argument Body must be of type /),
  inference(
    'row 60',
    'ContentType would begin another header',
    { ...invoke, ContentType: 'image/png\r\nx: y' },
    'Argument ContentType must be a media type, e.g. image/jpeg',
  ),
  inference(
    'row 60',
    'Accept is not text',
    { ...invoke, Accept: 5 },
    'Argument Accept must be a media type, e.g. image/jpeg',
  ),

  ...['ConfigId', 'ModelInput', 'ModelPrediction'].map((name) =>
    feedback('row 63', `${name} is missing`, without(publish, name), `${name} argument of ${PUBLISH}`),
  ),
  ...NOT_NAMES.map((name) =>
    feedback(
      'row 63',
      `ConfigId is ${JSON.stringify(name)}`,
      { ...publish, ConfigId: name },
      `Parameter ConfigId must match: ${PATTERN}`,
    ),
  ),
  ...['[0.5]', 0.5, true, null].map((prediction) =>
    feedback(
      'row 63',
      `ModelPrediction is ${JSON.stringify(prediction)}`,
      { ...publish, ModelPrediction: prediction },
      'Argument ModelPrediction must be of type dict or list',
    ),
  ),
  ...['text', ['a'], null, 5].map((metadata) =>
    feedback(
      'row 63',
      `Metadata is ${JSON.stringify(metadata)}`,
      { ...publish, Metadata: metadata },
      'Argument Metadata must be of type dict',
    ),
  ),
  feedback(
    'row 63',
    'ModelPrediction has a number that JSON does not have',
    { ...publish, ModelPrediction: [number('NaN')] },
    /^Argument ModelPrediction cannot be written as JSON: /,
  ),
  feedback(
    'row 63',
    'ModelPrediction is larger than the uploader takes',
    { ...publish, ModelPrediction: ['ä'.repeat(90_000)] },
    /^ModelPrediction and Metadata have \d+ bytes as JSON, 520192 are allowed$/,
  ),
  feedback('row 63', 'ModelInput is a text', { ...publish, ModelInput: 'x' }, /^Argument ModelInput must be of type /),
];
