import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryIo } from '../cli/frame/io.ts';
import { runProgram } from '../cli/program.ts';
import { migrateConnectors } from './migrate-connectors.ts';
import { readDefinition } from './read-definition.ts';

const JOB = 'arn:aws:sagemaker:eu-central-1:123456789012:training-job/parts-2019';

const detection = {
  MLModelDestinationPath: '/path-to-model',
  MLModelResourceId: 'my-ml-resource',
  LocalInferenceServiceName: 'objectDetection',
  LocalInferenceServiceTimeoutSeconds: '10',
  LocalInferenceServiceMemoryLimitKB: '500000',
};
const classification = { ...detection, LocalInferenceServiceName: 'imageClassification', MLModelSageMakerJobArn: JOB };
const feedback = {
  FeedbackConfigurationMap: JSON.stringify({
    Parts: {
      's3-bucket-name': 'samples',
      'content-type': 'image/jpeg',
      'sampling-strategy': { 'strategy-name': 'LEAST_CONFIDENCE', threshold: 0.6 },
    },
  }),
  RequestLimit: '10',
};

const connector = (name: string, parameters: object) => ({
  Id: name,
  ConnectorArn: `arn:aws:greengrass:eu-central-1::/connectors/${name}/versions/1`,
  Parameters: parameters,
});
const migrate = (...connectors: readonly object[]) => migrateConnectors(readDefinition({ Connectors: connectors }));
const problemsOf = (...connectors: readonly object[]): readonly string[] => {
  try {
    migrate(...connectors);
  } catch (thrown) {
    return (thrown as { facts: { problems: readonly string[] } }).facts.problems;
  }
  return [];
};

describe('the connectors of Greengrass V1', () => {
  it('rows 1, 2: are taken with all of their parameters as texts', () => {
    const { configuration, notes } = migrate(
      connector('ObjectDetectionx86-64', detection),
      connector('ImageClassificationARMv7', { ...classification, MLFeedbackConnectorConfigId: 'Parts' }),
      connector('MLFeedback', feedback),
      connector('CloudWatchMetrics', { PublishInterval: '10' }),
    );
    const settings = { LocalInferenceServiceTimeoutSeconds: 10, LocalInferenceServiceMemoryLimitKB: 500_000 };
    expect(configuration).toEqual({
      'edgeml.InferenceAgent': {
        MERGE: {
          Services: {
            objectDetection: settings,
            imageClassification: { ...settings, MLFeedbackConnectorConfigId: 'Parts' },
          },
        },
      },
      'edgeml.FeedbackUploader': { MERGE: feedback },
    });
    expect(notes.join('\n')).toContain(JOB);
    expect(notes.join('\n')).toContain('CloudWatchMetrics');
  });

  it.each([
    ['LocalInferenceServiceTimeoutSeconds', '0'],
    ['LocalInferenceServiceTimeoutSeconds', '1.5'],
    ['LocalInferenceServiceTimeoutSeconds', ''],
    ['LocalInferenceServiceTimeoutSeconds', 10],
    ['LocalInferenceServiceMemoryLimitKB', '0'],
    ['LocalInferenceServiceMemoryLimitKB', 'much'],
    ['MLModelDestinationPath', ''],
    ['MLModelResourceId', 'a b'],
    ['MLModelResourceId', 'a'.repeat(129)],
    ['MLFeedbackConnectorConfigId', '-a'],
    ['GPUAcceleration', 'TPU'],
    ['NoSuchParameter', 'x'],
  ])('row 1: %s must not be %j, by name', (name, value) => {
    const problems = problemsOf(
      connector('ObjectDetectionAarch64JTX2', { ...detection, GPUAcceleration: 'CPU', [name]: value }),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${name}: `);
  });

  it('row 1: all that is missing is named at once, and what has a default is not', () => {
    const problems = problemsOf(connector('ObjectDetectionAarch64JTX2', {}));
    expect(problems.map((one) => one.split(': ')[1]).sort()).toEqual(
      [...Object.keys(detection), 'GPUAcceleration'].sort(),
    );
  });

  it('row 2: an ARN in the form of the old examples gets a hint', () => {
    const arn = JOB.replace('training-job/', 'training-job:');
    expect(
      problemsOf(connector('ImageClassificationx86-64', { ...classification, MLModelSageMakerJobArn: arn })),
    ).toEqual([expect.stringContaining('write training-job/NAME, not training-job:NAME')]);
    expect(problemsOf(connector('ImageClassificationx86-64', detection))).toEqual([
      'ImageClassificationx86-64: MLModelSageMakerJobArn: is required',
    ]);
  });

  it.each([
    ['a', false],
    ['ab', true],
    ['a'.repeat(63), true],
    ['a'.repeat(64), false],
  ])('row 3: the name of a service has 2 to 63 characters: %s', (name, isName) => {
    const problems = problemsOf(connector('ObjectDetectionx86-64', { ...detection, LocalInferenceServiceName: name }));
    expect(problems.length === 0).toBe(isName);
  });

  it('row 6: an accelerator becomes a ladder of execution providers', () => {
    const providersFor = (GPUAcceleration: string) =>
      migrate(connector('ObjectDetectionAarch64JTX2', { ...detection, GPUAcceleration })).configuration[
        'edgeml.InferenceAgent'
      ]?.MERGE;
    expect(providersFor('GPU')).toMatchObject({ Services: { objectDetection: { Providers: ['cuda', 'cpu'] } } });
    expect(providersFor('CPU')).toMatchObject({ Services: { objectDetection: { Providers: ['cpu'] } } });
  });

  it('row 7: two services have two names', () => {
    expect(
      problemsOf(connector('ObjectDetectionx86-64', detection), connector('ObjectDetectionARMv7', detection)),
    ).toEqual(['LocalInferenceServiceName: more than one connector is called "objectDetection"']);
  });

  it('row 20: an unknown ConfigId is found before anything is deployed', () => {
    const asking = connector('ObjectDetectionx86-64', { ...detection, MLFeedbackConnectorConfigId: 'Other' });
    expect(problemsOf(asking, connector('MLFeedback', feedback))).toEqual([
      'MLFeedbackConnectorConfigId: the service "objectDetection" names "Other"; FeedbackConfigurationMap has Parts',
    ]);
  });

  it('row 35: a map that is not JSON, or has a strategy without its threshold, is refused with the reason', () => {
    for (const [map, reason] of [
      ['{"Parts"', 'FeedbackConfigurationMap'],
      [feedback.FeedbackConfigurationMap.replace('"threshold":0.6', '"rate":1'), 'threshold'],
    ] as const)
      expect(problemsOf(connector('MLFeedback', { FeedbackConfigurationMap: map }))).toEqual([
        expect.stringContaining(reason),
      ]);
  });

  it.each([
    null,
    [],
    {},
    { Connectors: {} },
    { Connectors: [{ ConnectorArn: 'arn:aws:lambda:x' }] },
    { Definition: 5 },
  ])('a definition that is none is refused: %j', (value) => {
    expect(() => readDefinition(value)).toThrow(expect.objectContaining({ code: 'migrate.unreadable' }));
  });
});

describe('edgeml migrate-v1', () => {
  let folder: string | undefined;
  afterEach(() => (folder ? rm(folder, { recursive: true }) : undefined));
  const run = async (definition: string, ...words: readonly string[]) => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-migrate-'));
    const file = path.join(folder, 'connectors.json');
    await writeFile(file, definition);
    const io = new MemoryIo();
    return { code: await runProgram(['migrate-v1', file, ...words], io, new AbortController().signal), io };
  };

  it('prints the configuration alone, and what is left to do beside it', async () => {
    const definition = { Definition: { Connectors: [connector('ImageClassificationx86-64', classification)] } };
    const { code, io } = await run(JSON.stringify(definition), '--model', 'imageClassification=PartsClassifier');
    expect(code).toBe(0);
    expect(JSON.parse(io.out)).toMatchObject({
      'edgeml.InferenceAgent': { MERGE: { Services: { imageClassification: { Model: 'PartsClassifier' } } } },
    });
    expect(io.err).toContain('under the alias PartsClassifier');
  });

  it.each([
    ['no JSON', [], 'migrate.unreadable', 1],
    [
      JSON.stringify({ Connectors: [] }),
      ['--model', 'other=PartsClassifier'],
      'no connector has the service "other"',
      1,
    ],
    [JSON.stringify({ Connectors: [] }), ['--model', 'other'], 'service=alias', 2],
  ])('says what is wrong: %s %j', async (definition, words, message, expected) => {
    const { code, io } = await run(definition, ...words);
    expect(code).toBe(expected);
    expect(io.err).toContain(message);
    expect(io.out).toBe('');
  });
});
