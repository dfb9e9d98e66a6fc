import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFrameBody } from '#packages/frames';
import type { Prediction } from '#packages/model-package';
import { needs } from '../../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../../testing/outside-data/programs.ts';
import { greengrassV2Message } from '../results/greengrass-v2-message.ts';
import { pythonFloat } from '../results/python-float.ts';
import { readConfiguration } from '../read-configuration.ts';
import { AppRig, eventually } from '../../../testing/app/app-rig.ts';
import { TEST_PICTURE } from '../../../testing/app/ffmpeg.ts';
import { testNpy, writeTestImage } from '../../../testing/app/test-image.ts';
import { PREDECESSOR_NAMES } from './predecessors.ts';
import type { PredecessorName } from './predecessors.ts';

const camera = await needs(ffmpeg);
const MACHINE = { platform: 'linux', arch: 'x64' } as const;
const DLR_IC = 'aws.greengrass.DLRImageClassification';
const DLR_OD = 'aws.greengrass.DLRObjectDetection';
const TOPIC = 'ml/dlr/image-classification';
const configured = (raw: object, machine = MACHINE as { platform: string; arch: string }) =>
  readConfiguration(raw, { ...machine, sampleImages: '/artifact/sample_images' });
/** The source of the only component that is stood in for. */
const sourceOf = (raw: object, machine?: { platform: string; arch: string }) =>
  Object.values(configured(raw, machine).Sources)[0];
const cats: readonly Prediction[] = [
  { classId: 283, label: 'Persian cat', score: 0.5882352941176471 },
  { classId: 281, label: 'tabby', score: 0.3 },
  { classId: 282, label: 'tiger cat', score: 0.29 },
];

let rig: AppRig;
beforeEach(async () => {
  rig = await AppRig.open();
  rig.agent.active = ['Cats', 'Parts'];
  rig.agent.tasks.set('Cats', 'image-classification');
  rig.agent.answer = () => cats;
});
afterEach(() => rig.close());

describe('configuration of the components of Greengrass v2', () => {
  it.each<[PredecessorName, string, string, string, string]>([
    [DLR_IC, 'DLRImageClassification', 'ml/dlr/image-classification', 'cat.jpeg', '+image-classification'],
    [DLR_OD, 'DLRObjectDetection', 'ml/dlr/object-detection', 'objects.jpg', '+object-detection'],
    [
      'aws.greengrass.TensorFlowLiteImageClassification',
      'TensorFlowLiteImageClassification',
      'ml/tflite/image-classification',
      'cat.jpeg',
      '+image-classification',
    ],
    [
      'aws.greengrass.TensorFlowLiteObjectDetection',
      'TensorFlowLiteObjectDetection',
      'ml/tflite/object-detection',
      'objects.jpg',
      '+object-detection',
    ],
  ])('row 124: %s has its defaults', (Replaces, name, topic, image, service) => {
    const { Sources, standIns, GreengrassV2 } = configured({ Replaces });

    expect(Object.keys(Sources)).toEqual([name]);
    expect(Sources[name]).toMatchObject({
      Type: 'folder',
      Path: '/artifact/sample_images',
      ImageName: image,
      Mode: 'interval',
      InferenceInterval: 3_600,
      Services: [service],
    });
    expect(standIns[name]).toMatchObject({ topic, accelerator: 'cpu' });
    expect(GreengrassV2).toEqual({ MaxResults: 5, ScoreThreshold: 0.3 });
  });

  it('row 124: takes every key under its old name', () => {
    const { Sources, standIns } = configured({
      Replaces: DLR_OD,
      accessControl: {},
      PublishResultsOnTopic: 'site/objects',
      Accelerator: 'GPU',
      ImageDirectory: '/data/line',
      ImageName: 'belt.NPY',
      InferenceInterval: 5,
      UseCamera: 'false',
      ModelResourceKey: { model: 'PartsDetector' },
    });

    expect(standIns['DLRObjectDetection']).toMatchObject({ topic: 'site/objects', accelerator: 'gpu' });
    expect(Sources['DLRObjectDetection']).toMatchObject({
      Path: '/data/line',
      ImageName: 'belt.NPY',
      InferenceInterval: 5,
      Services: ['PartsDetector'],
    });
  });

  it.each([
    ['a list', [DLR_IC, DLR_OD]],
    ['text', `${DLR_IC}, ${DLR_OD}`],
    ['JSON text', JSON.stringify([DLR_IC, DLR_OD, DLR_IC])],
  ])('takes several side by side (%s), each with its own settings over the common ones', (_form, Replaces) => {
    const { Sources, standIns } = configured({
      Replaces,
      InferenceInterval: '10',
      ReplacedComponents: {
        [DLR_OD]: { ImageName: 'line.png', PublishResultsOnTopic: 'site/objects', InferenceInterval: '5' },
      },
    });

    expect(Object.keys(Sources)).toEqual(['DLRImageClassification', 'DLRObjectDetection']);
    expect(Sources['DLRImageClassification']).toMatchObject({ ImageName: 'cat.jpeg', InferenceInterval: 10 });
    expect(Sources['DLRObjectDetection']).toMatchObject({ ImageName: 'line.png', InferenceInterval: 5 });
    expect(Object.values(standIns).map(({ topic }) => topic)).toEqual([TOPIC, 'site/objects']);
  });

  it('refuses settings of a component that is not replaced, and names it', () => {
    const raw = { Replaces: DLR_IC, ReplacedComponents: { [DLR_OD]: {} } };
    expect(() => configured(raw)).toThrow(`/ReplacedComponents/${DLR_OD}: is not in Replaces`);
    expect(() => configured({ ReplacedComponents: { 'aws.greengrass.Other': {} } })).toThrow('expected one of');
    const key = { ModelResourceKey: { aarch64: 'ForArm' } };
    expect(() => configured({ Replaces: DLR_IC, ReplacedComponents: { [DLR_IC]: key } })).toThrow(
      `/ReplacedComponents/${DLR_IC}/ModelResourceKey: has no entry`,
    );
  });

  it('says which component is meant where old keys stand alone', () => {
    expect(() => configured({ PublishResultsOnTopic: TOPIC, UseCamera: 'true' })).toThrow(
      /PublishResultsOnTopic, UseCamera are settings.*set Replaces/,
    );
  });

  it.each([
    ['10', 10],
    [10, 10],
    ['3600', 3_600],
    ['0.5', 0.5],
  ])('row 125: takes the interval %j', (InferenceInterval, seconds) => {
    expect(sourceOf({ Replaces: DLR_IC, InferenceInterval })?.InferenceInterval).toBe(seconds);
  });

  it.each(['soon', '', 0, '-1'])('row 125: refuses the interval %j with its name', (InferenceInterval) => {
    expect(() => configured({ Replaces: DLR_IC, InferenceInterval })).toThrow('/InferenceInterval');
  });

  it.each(['a.jpeg', 'a.jpg', 'a.PNG', 'a.Npy'])('row 130: takes the image %s', (ImageName) => {
    expect(sourceOf({ Replaces: DLR_IC, ImageName })?.ImageName).toBe(ImageName);
  });

  it('row 130: refuses an image of another kind with its name', () => {
    expect(() => configured({ Replaces: DLR_IC, ImageName: 'cat.gif' })).toThrow('/ImageName');
  });

  it.each(['true', 'True', true])('row 131: UseCamera %j takes the camera in place of the image', (UseCamera) => {
    const camera = sourceOf({ Replaces: DLR_IC, UseCamera, ImageName: 'cat.jpeg', InferenceInterval: 60 });

    expect(camera).toMatchObject({
      Type: 'stream',
      Url: '/dev/video0',
      Mode: 'interval',
      InferenceInterval: 60,
    });
  });

  it.each([
    ['x64', 'linux', 'ForPc'],
    ['arm64', 'linux', 'ForArm'],
    ['arm', 'linux', 'ForPi'],
    ['x64', 'win32', 'ForWindows'],
  ])('row 132: looks up the model for %s on %s', (arch, platform, service) => {
    const ModelResourceKey = { x86_64: 'ForPc', aarch64: 'ForArm', armv7l: 'ForPi', windows: 'ForWindows' };
    const source = sourceOf({ Replaces: DLR_OD, ModelResourceKey }, { platform, arch });

    expect(source?.Services).toEqual([service]);
  });

  it('row 132: the models of the old defaults are the first active model of the kind; a missing architecture is an error', () => {
    const old = { Replaces: DLR_OD, ModelResourceKey: { x86_64: 'DLR-yolo3-x86_64-cpu-ObjectDetection' } };
    expect(sourceOf(old)?.Services).toEqual(['+object-detection']);

    const other = { Replaces: DLR_OD, ModelResourceKey: JSON.stringify({ aarch64: 'ForArm' }) };
    expect(() => configured(other)).toThrow('/ModelResourceKey: has no entry for this machine, x86_64');
  });
});

describe('result message of the components of Greengrass v2', () => {
  const options = { boundaries: 'numpy-512', maxResults: 5, scoreThreshold: 0.3, maxBytes: 4_000 } as const;
  const message = (predictions: readonly Prediction[], more: object = {}) =>
    greengrassV2Message('2021-01-01T00:00:00.000Z', predictions, { ...options, ...more });

  it('row 126: has exactly these keys, scores as text, and a description that ends in a blank', () => {
    expect(JSON.stringify(message(cats))).toBe(
      '{"timestamp":"2021-01-01 00:00:00.000000","inference-type":"image-classification",' +
        '"inference-description":"Top 5 predictions with score 0.3 or above ",' +
        '"inference-results":[{"Label":"Persian cat","Score":"0.5882352941176471"},{"Label":"tabby","Score":"0.3"}]}',
    );
  });

  it('row 126: has the best five from 0.3 on, or what the settings say', () => {
    const many = Array.from({ length: 9 }, (_, n) => ({ classId: n, label: `l${n}`, score: 1 - n / 10 }));

    expect(message(many)['inference-results'].map(({ Score }) => Score)).toEqual(['1.0', '0.9', '0.8', '0.7', '0.6']);
    const other = message(many, { maxResults: 8, scoreThreshold: 0.5 });
    expect(other['inference-results']).toHaveLength(6);
    expect(other['inference-description']).toBe('Top 8 predictions with score 0.5 or above ');
  });

  it('row 127: has the boundaries of detections, as text', () => {
    const [car] = [{ classId: 1, label: 'car', score: 0.5, box: [0.25, 0, 0.5, 1] }] as const;

    expect(message([car])).toMatchObject({
      'inference-type': 'object-detection',
      'inference-results': [{ Label: 'car', Score: '0.5', Boundaries: '[128 0 256 512]' }],
    });
    const tuned = { ...car, box: [0.1797941, 0.2044397, 0.7432698, 0.75527745] as const };
    expect(message([tuned], { boundaries: 'numpy-yxyx' })['inference-results'][0]?.Boundaries).toBe(
      '[0.2044397  0.1797941  0.75527745 0.7432698 ]',
    );
    expect(message([car], { boundaries: 'list' })['inference-results'][0]?.Boundaries).toBe('[0.25, 0.0, 0.5, 1.0]');
    expect(message([])['inference-type']).toBe('object-detection');
    expect(message([], { inferenceType: 'image-classification' })['inference-type']).toBe('image-classification');
  });

  it('stays within the bound', () => {
    const long = Array.from({ length: 5 }, (_, n) => ({ classId: n, label: 'x'.repeat(300), score: 0.9 }));

    const small = message(long, { maxBytes: 1_000 });
    expect(Buffer.byteLength(JSON.stringify(small))).toBeLessThanOrEqual(1_000);
    expect(small['inference-results']).toHaveLength(2);
  });

  it.each([
    [0.5882352941176471, '0.5882352941176471'],
    [9.598218, '9.598218'],
    [1, '1.0'],
    [0, '0.0'],
    [-0, '-0.0'],
    [0.0001, '0.0001'],
    [0.00001234, '1.234e-05'],
    [5e-324, '5e-324'],
    [1e16, '1e+16'],
    [123456789012345, '123456789012345.0'],
    [-2.5, '-2.5'],
    [NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ])('writes %j as Python does', (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });
});

describe('in place of a component of Greengrass v2', () => {
  const image = () => ({ Replaces: DLR_IC, ImageDirectory: rig.images, ImageName: 'cat.jpeg' });

  it('row 126: publishes on the old topic, to IoT Core alone, what the active model of the kind says', async () => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    await writeTestImage(join(rig.images, 'dog.jpeg'));
    await rig.start(image());
    await eventually(() => rig.payloads(TOPIC).length > 0);

    expect(rig.agent.invocations.map(({ service }) => service)).toEqual(['Cats']);
    const [payload] = rig.payloads(TOPIC) as [string];
    expect(payload).toMatch(
      /^\{"timestamp":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}","inference-type":"image-classification",/,
    );
    expect(payload).toContain('{"Label":"Persian cat","Score":"0.5882353"},{"Label":"tabby","Score":"0.3"}]}');
    expect(rig.nucleus.iotMessages).toMatchObject([{ topic: TOPIC, qos: '1' }]);
    expect(rig.nucleus.localMessages.filter(({ topic }) => topic.startsWith('edgeml/results'))).toEqual([]);
  });

  it.each(['', ' '])('row 128: only logs if the topic is %j', async (PublishResultsOnTopic) => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    await rig.start({ ...image(), PublishResultsOnTopic });
    await eventually(() => rig.of('app.result').length > 0);

    expect(rig.of('app.result')[0]).toMatchObject({
      level: 'info',
      facts: { 'inference-type': 'image-classification' },
    });
    expect(rig.nucleus.iotMessages).toEqual([]);
  });

  it('row 129: says clearly which policy a topic of its own needs', async () => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    rig.nucleus.deny('edgeml.InferenceApp', 'PublishToIoTCore', 'site/cats');
    await rig.start({ ...image(), PublishResultsOnTopic: 'site/cats' });
    await eventually(() => rig.of('app.publish-failed').length > 0);

    const { level, facts } = rig.of('app.publish-failed')[0]!;
    expect([level, facts['code']]).toEqual(['error', 'ipc.unauthorized']);
    const { message } = facts['error'] as Error;
    for (const part of ['aws.greengrass.ipc.mqttproxy', 'aws.greengrass#PublishToIoTCore', "resources: ['site/cats']"])
      expect(message).toContain(part);
  });

  it.each(['cat.JPEG', 'cat.jpg', 'cat.Png', 'cat.npy'])('row 130: looks at %s', async (ImageName) => {
    const file = join(rig.images, ImageName);
    if (ImageName.endsWith('npy')) await writeFile(file, testNpy());
    else await writeTestImage(file);
    await rig.start({ ...image(), ImageName });

    await eventually(() => rig.payloads(TOPIC).length > 0);
  });

  it('row 130: says which file is missing, and goes on', async () => {
    await rig.start({ ...image(), ImageName: 'gone.png', InferenceInterval: '0.1' });
    await eventually(() => rig.of('app.image-failed').length > 0);
    const { error } = rig.of('app.image-failed')[0]!.facts as { error: Error };
    expect(error).toMatchObject({ code: 'source.file-gone', message: expect.stringContaining('gone.png') as string });
    expect(rig.nucleus.iotMessages).toEqual([]);

    await writeTestImage(join(rig.images, 'gone.png'));
    await eventually(() => rig.payloads(TOPIC).length > 0);
  });

  it('row 131: takes one frame of the camera per interval, in place of the image', camera, async () => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    const picture = { Type: 'stream', Url: TEST_PICTURE, Format: 'lavfi' };
    await rig.start({ ...image(), UseCamera: 'true', InferenceInterval: '0.1', Sources: { camera: picture } });
    await eventually(() => rig.payloads(TOPIC).length >= 2);

    // A frame is not a file of 64×48, and each is another one.
    const bodies = rig.agent.invocations.map(({ body }) => body.toString('base64'));
    expect(new Set(bodies).size).toBeGreaterThanOrEqual(1);
    expect(rig.agent.invocations.every(({ body }) => isFrameBody(body))).toBe(true);
    expect(rig.of('source.started')[0]?.facts).toMatchObject({ type: 'stream', mode: 'interval' });
  });

  it('row 132: asks the model that ModelResourceKey names for this machine', async () => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    const architectures = ['armv7l', 'aarch64', 'x86_64', 'windows'];
    const ModelResourceKey = Object.fromEntries(architectures.map((name) => [name, 'Parts']));
    await rig.start({ ...image(), ModelResourceKey });
    await eventually(() => rig.payloads(TOPIC).length > 0);

    expect(rig.agent.invocations[0]?.service).toBe('Parts');
  });

  it('row 133: a change of the configuration begins the loop again, without a restart', async () => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    const app = await rig.start(image());
    await eventually(() => rig.payloads(TOPIC).length === 1);

    // The next inference would come in an hour.
    rig.change('InferenceInterval', '0.1');
    await eventually(() => rig.payloads(TOPIC).length >= 3);
    rig.change('PublishResultsOnTopic', 'site/cats');
    await eventually(() => rig.payloads('site/cats').length > 0);

    expect(rig.events().filter((event) => event === 'source.started').length).toBeGreaterThanOrEqual(2);
    expect(rig.events()).not.toContain('app.ended');
    expect(app.counts.answered).toBeGreaterThanOrEqual(4);
  });

  it('infers at once after every change that is accepted, whatever it is about', async () => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    await rig.start(image());
    await eventually(() => rig.payloads(TOPIC).length === 1);
    rig.change('LogLevel', 'debug');
    await eventually(() => rig.payloads(TOPIC).length === 2);
    rig.change('PublishResultsOnTopic', 'site/cats');
    await eventually(() => rig.payloads('site/cats').length === 1);
    expect(rig.payloads(TOPIC)).toHaveLength(2);
  });

  it('needs no setting but Replaces: the image is the sample of the artifact', async () => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    await writeTestImage(join(rig.images, 'objects.jpg'));
    await rig.start({ Replaces: [DLR_IC, DLR_OD] });
    await eventually(() => rig.payloads(TOPIC).length > 0 && rig.payloads('ml/dlr/object-detection').length > 0);

    const asked = rig.agent.invocations.map(({ service }) => service);
    expect(asked.sort()).toEqual(['Cats', 'Parts']);
    expect(rig.payloads(TOPIC)[0]).toContain('"inference-type":"image-classification"');
    expect(rig.payloads('ml/dlr/object-detection')[0]).toContain('"inference-type":"object-detection"');
  });

  it('asks one of several models of its kind, always the same, and names the others', async () => {
    rig.agent.active = ['Cats', 'Dogs'];
    rig.agent.tasks.set('Dogs', 'image-classification');
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    const app = await rig.start({ ...image(), InferenceInterval: '0.1' });
    await eventually(() => rig.payloads(TOPIC).length >= 2);
    rig.agent.active = ['Another', 'Cats', 'Dogs'];
    rig.agent.tasks.set('Another', 'image-classification');
    await eventually(() =>
      rig.of('app.several-models').some(({ facts }) => String(facts['message']).includes('Another')),
    );

    expect(new Set(rig.agent.invocations.map(({ service }) => service))).toEqual(new Set(['Cats']));
    expect(rig.of('app.several-models')[0]).toMatchObject({
      level: 'warn',
      facts: { service: 'Cats', others: ['Dogs'], message: expect.stringContaining('ModelResourceKey') as string },
    });
    await app.stop();
  });

  it('warns, once, if the model itself leaves out what the messages promise', async () => {
    rig.agent.bounds.set('Cats', { scoreThreshold: 0.5, maxPredictions: 3 });
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    await rig.start({ ...image(), InferenceInterval: '0.1' });
    await eventually(() => rig.of('app.model-cuts').length > 0 && rig.payloads(TOPIC).length >= 3);

    expect(rig.of('app.model-cuts')).toHaveLength(1);
    expect(rig.of('app.model-cuts')[0]?.facts['message']).toBe(
      'messages say "Top 5 predictions with score 0.3 or above", but the model of Cats itself leaves out scores below 0.5 (scoreThreshold) and gives 3 predictions at most (topK or maxDetections)',
    );
    rig.agent.bounds.set('Cats', { scoreThreshold: 0.1, maxPredictions: 100 });
    rig.change('GreengrassV2', { MaxResults: 5, ScoreThreshold: 0.2 });
    const before = rig.payloads(TOPIC).length;
    await eventually(() => rig.payloads(TOPIC).length > before + 2);
    expect(rig.of('app.model-cuts')).toHaveLength(1);
  });

  it('refuses a change that is wrong, and goes on as before', async () => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    await rig.start({ ...image(), InferenceInterval: '0.1' });
    await eventually(() => rig.payloads(TOPIC).length >= 1);
    rig.change('InferenceInterval', 'soon');
    await eventually(() => rig.of('app.configuration-rejected').length === 1);
    const before = rig.payloads(TOPIC).length;

    await eventually(() => rig.payloads(TOPIC).length > before);
  });

  it('warns, once, if a GPU is asked for and the model runs on the CPU', async () => {
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    await rig.start({ ...image(), Accelerator: 'gpu', InferenceInterval: '0.1' });
    await eventually(() => rig.payloads(TOPIC).length >= 3);
    expect(rig.of('app.not-accelerated')).toHaveLength(1);
    rig.agent.provider = 'cuda';

    await eventually(() => rig.of('app.accelerated-again').length === 1);
  });

  it.each(PREDECESSOR_NAMES)('%s waits for a model of its kind, and says so', async (Replaces) => {
    rig.agent.active = [];
    await rig.start({ ...image(), Replaces });
    await writeTestImage(join(rig.images, 'cat.jpeg'));
    await eventually(() => rig.of('service.no-model').length === 1);

    const kind = Replaces.endsWith('Classification') ? 'image-classification' : 'object-detection';
    expect(rig.of('service.no-model')[0]?.facts['message']).toContain(`an active model for ${kind}`);
    const example = kind === 'image-classification' ? 'PartsClassifier' : 'PartsDetector';
    expect(rig.of('service.no-model')[0]?.facts['message']).toContain(`edgeml.model.${example}`);
  });
});

describe('ResultFormat', () => {
  it('is that of Greengrass v2 for our own sources too', async () => {
    await writeTestImage(join(rig.images, 'a.jpg'));
    const Sources = { line: { Path: 'images', Mode: 'once', Services: 'Cats' } };
    await (
      await rig.start({ Sources, ResultFormat: 'greengrass-v2' })
    ).finished;

    expect(rig.nucleus.localMessages.find(({ topic }) => topic === 'edgeml/results/Cats')?.message).toMatchObject({
      'inference-type': 'image-classification',
      'inference-results': [
        { Label: 'Persian cat', Score: '0.5882352941176471' },
        { Label: 'tabby', Score: '0.3' },
      ],
    });
  });
});

it('knows the machine that it runs on', () => {
  const { platform, arch } = process;
  const known = ['armv7l', 'aarch64', 'x86_64', 'windows'].map((name) => [name, 'Parts'] as const);
  const source = sourceOf({ Replaces: DLR_IC, ModelResourceKey: Object.fromEntries(known) }, { platform, arch });

  expect(source?.Services).toEqual(['Parts']);
});
