import { mkdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { needs } from '../../testing/outside-data/needs.ts';
import { python } from '../../testing/outside-data/python.ts';
import { readRecipe } from '../../tools/bundle/recipe-source.ts';
import { sample } from '../../testing/device/samples.ts';
import { ARGUMENT_CASES } from '../../testing/clients/argument-cases.ts';
import { bytes } from '../../testing/clients/caller.ts';
import type { Call, Caller, Outcome } from '../../testing/clients/caller.ts';
import { oddServer } from '../../testing/clients/odd-server.ts';
import { pythonCaller } from '../../testing/clients/python-caller.ts';
import { CLASSIFICATION, DETECTION, KEPT, MISDIRECTED, startServices } from '../../testing/clients/services.ts';
import type { Services } from '../../testing/clients/services.ts';
import { typescriptCaller } from '../../testing/clients/typescript-caller.ts';

/** Both clients, one table, against the bundled agent and the bundled uploader as processes of their own. */

let services: Services;
let part: Buffer;
let belt: Buffer;

beforeAll(async () => {
  [services, part, belt] = await Promise.all([
    startServices(),
    readFile(sample('part-gear.jpg')),
    readFile(sample('belt-01.jpg')),
  ]);
});
afterAll(() => services.close());

const agentSocket = (): string => services.agent.socketPath;

function invoke(over: object, more: Partial<Call> = {}): Call {
  return {
    client: 'inference',
    options: { socketPath: agentSocket() },
    arguments: { AlgoType: 'image-classification', ServiceName: CLASSIFICATION, Body: bytes(part), ...over },
    ...more,
  };
}

function publish(over: object): Call {
  return {
    client: 'feedback',
    options: { socketPath: services.uploader.socketPath },
    arguments: { ConfigId: 'Parts', ModelInput: bytes(part), ModelPrediction: [0.5, 0.5], ...over },
  };
}

const text = (outcome: Outcome): string => ('reads' in outcome ? outcome.reads.join('') : JSON.stringify(outcome));
const detect = (over: object = {}): Call =>
  invoke({
    AlgoType: 'object-detection',
    ServiceName: DETECTION,
    Body: bytes(belt),
    ContentType: 'image/jpeg',
    ...over,
  });

/** As `curl --unix-socket` asks. */
function post(target: string, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath: agentSocket(), method: 'POST', path: target }, (response) => {
      const chunks: Buffer[] = [];
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    request.on('error', reject).end(body);
  });
}

describe('the services behind the clients', () => {
  it('row 21: the agent takes nothing from MQTT', async () => {
    const { text: recipe } = await readRecipe('edgeml.InferenceAgent');
    expect(recipe).toContain('aws.greengrass#PublishToIoTCore');
    expect(recipe).not.toContain('SubscribeToIoTCore');
  });

  it('row 22: the log names the model that could not be taken, and why', async () => {
    const folder = path.join(services.folder, 'Broken');
    await mkdir(folder);
    await writeFile(path.join(folder, 'model.json'), '{"schemaVersion": 1}');
    await expect(services.agent.client.activate({ path: folder, alias: 'Broken' })).rejects.toThrow('model.json');
    const line = await services.agent.process.line(/"event":"model\.rejected"/);
    expect(line).toContain('"Broken"');
    expect(line).toContain('model.json');
  });
});

const testsOf = (language: string, start: () => Promise<Caller>) => (): void => {
  let caller: Caller;
  const outcomeOf = (call: Call): Promise<Outcome> => caller.call(call);
  beforeAll(async () => void (caller = await start()));
  afterAll(() => caller.close());

  it.each(ARGUMENT_CASES)('$row: $what', async ({ call, message }) => {
    const outcome = await outcomeOf(call);
    expect(outcome).toMatchObject({ error: 'ValueError' });
    if (typeof message === 'string') expect(outcome).toMatchObject({ message });
    else expect('message' in outcome ? outcome.message : '').toMatch(message);
  });

  it.each(['ab', 'a'.repeat(63)])('row 3: the name %s is taken, and not known', async (ServiceName) => {
    expect(await outcomeOf(invoke({ ServiceName }))).toMatchObject({
      error: 'GreengrassDependencyException',
      code: 'model.not-found',
    });
  });

  it('row 8: takes a JPEG image; row 12: of a classifier comes a flat list of all classes', async () => {
    const probabilities = text(await outcomeOf(invoke({ ContentType: 'image/jpeg' })));
    expect(probabilities).toMatch(/^\[[0-9.e,-]+\]$/);
    const numbers = probabilities.slice(1, -1).split(',').map(Number);
    expect(numbers).toHaveLength(8);
    expect(numbers.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 2);
    const { predictions } = await services.agent.client.invoke(CLASSIFICATION, part, { contentType: 'image/jpeg' });
    for (const { classId, score } of predictions) expect(numbers[classId]).toBeCloseTo(score, 6);
  });

  it('row 9: takes a PNG image, a gray one, and one with an alpha channel', async () => {
    const colors = await readFile(sample('part-gear.png'));
    const { default: sharp } = await import('sharp');
    const gray = await sharp(part).toColourspace('b-w').png().toBuffer();
    const alpha = await sharp(part).ensureAlpha(0.5).png().toBuffer();
    for (const image of [colors, gray, alpha])
      expect(text(await outcomeOf(invoke({ ContentType: 'image/png', Body: bytes(image) })))).toMatch(/^\[[^[\]]+\]$/);
  });

  it('row 13: of a detector come rows of class, score and corners in 0..1, best first', async () => {
    const { prediction } = JSON.parse(text(await outcomeOf(detect()))) as { prediction: number[][] };
    const { predictions } = await services.agent.client.invoke(DETECTION, belt, { contentType: 'image/jpeg' });
    expect(prediction.length).toBeGreaterThan(1);
    expect(prediction.map((row) => row.length)).toEqual(predictions.map(() => 6));
    expect(prediction.map(([number]) => number)).toEqual(predictions.map(({ classId }) => classId));
    prediction.forEach(([, score, ...corners], at) => {
      expect(score).toBeCloseTo(predictions[at]!.score, 6);
      corners.forEach((corner, side) => expect(corner).toBeCloseTo(predictions[at]!.box![side]!, 6));
      expect(corners.every((corner) => corner >= 0 && corner <= 1)).toBe(true);
    });
    const scores = prediction.map(([, score]) => score!);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it('rows 13, 14: gets byte for byte what curl gets', async () => {
    expect(text(await outcomeOf(invoke({})))).toBe(await post(`/v1/services/${CLASSIFICATION}/invoke?format=v1`, part));
    expect(text(await outcomeOf(detect()))).toBe(await post(`/v1/services/${DETECTION}/invoke?format=v1`, belt));
  });

  it('row 7: has two services side by side', async () => {
    const calls = Array.from({ length: 6 }, (_, n) => outcomeOf(n % 2 ? detect() : invoke({})));
    const texts = (await Promise.all(calls)).map(text);
    expect(texts.map((one) => one[0])).toEqual(['[', '{', '[', '{', '[', '{']);
    expect(new Set(texts).size).toBe(2);
  });

  it.each([
    ['no ContentType', {}],
    ['ContentType', { ContentType: 'image/jpeg' }],
    ['Accept', { Accept: 'application/json' }],
    ['Accept of what the service has not', { ContentType: 'image/jpeg', Accept: 'text/csv' }],
  ])('row 60: ContentType and Accept may be left out: %s', async (_what, over) => {
    expect(await outcomeOf(invoke(over))).toMatchObject({ contentType: 'application/json' });
  });

  it('row 61: the body is read in pieces, ends, and is closed', async () => {
    const whole = text(await outcomeOf(invoke({})));
    const outcome = await outcomeOf(invoke({}, { reads: [1, 4, 0, null, null, 3] }));
    expect(outcome).toEqual({
      contentType: 'application/json',
      reads: [whole.slice(0, 1), whole.slice(1, 5), '', whole.slice(5), '', ''],
      closed: true,
    });
  });

  it.each([
    ['rows 10, 62', 'another type of content', { ContentType: 'text/plain' }, 'http.content-type'],
    ['rows 11, 62', 'what is not an image', { Body: bytes(Buffer.from('no image at all')) }, 'image.unrecognised'],
    ['rows 11, 62', 'an empty body', { Body: bytes(Buffer.alloc(0)) }, ''],
  ])('%s: %s is an inference exception, and the service goes on', async (_row, _what, over, code) => {
    expect(await outcomeOf(invoke(over))).toMatchObject({
      error: 'GreengrassInferenceException',
      code: expect.stringContaining(code) as string,
    });
    expect(await outcomeOf(invoke({}))).toHaveProperty('reads');
  });

  it('row 11: the beginning of an image is an inference exception, and the service goes on', async () => {
    const beginning = bytes(part.subarray(0, Math.floor(part.length / 8)));
    const outcome = await outcomeOf(invoke({ Body: beginning }));
    expect(outcome).toMatchObject({ error: 'GreengrassInferenceException' });
    expect(await outcomeOf(invoke({}))).toHaveProperty('reads');
  });

  it('row 4: a request past its time is an inference exception, and the service is told how long it has', async () => {
    const socketPath = path.join(services.folder, `late-${language}.sock`);
    const server = await oddServer(socketPath, 'past-deadline');
    expect(await outcomeOf(invoke({}, { options: { socketPath, timeoutMs: 60_000 } }))).toMatchObject({
      error: 'GreengrassInferenceException',
      code: 'admission.deadline',
    });
    const [, told] = /x-edgeml-deadline-ms: (\d+)/.exec(server.head.toLowerCase()) ?? [];
    expect(Number(told)).toBeGreaterThan(30_000);
    expect(Number(told)).toBeLessThanOrEqual(60_000);
    await server.close();
  });

  it.each([
    ['a service that is not deployed', { ServiceName: 'no-such-service' }, 'model.not-found'],
    ['a service for something else', { AlgoType: 'object-detection' }, 'http.algo-type'],
  ])('row 62: %s is a dependency exception', async (_what, over, code) => {
    expect(await outcomeOf(invoke(over))).toMatchObject({ error: 'GreengrassDependencyException', code });
  });

  it('row 62: no socket, and nobody on it, are dependency exceptions that say what to do', async () => {
    for (const [call, component, code] of [
      [invoke({}), 'edgeml.InferenceAgent', 'agent.unreachable'],
      [publish({}), 'edgeml.FeedbackUploader', 'feedback.unreachable'],
    ] as const) {
      const socketPath = path.join(services.folder, `${component}-${language}.sock`);
      // The last of its attempts has 700 ms, so that this error comes and not that of the time-out.
      const outcome = await outcomeOf({ ...call, options: { socketPath, timeoutMs: 1_400 } });
      expect(outcome).toMatchObject({ error: 'GreengrassDependencyException', code });
      expect(outcome).toHaveProperty('message', expect.stringContaining(socketPath));
    }
  });

  it.each([
    ['cut', 'agent.connection-lost'],
    ['not-http', 'agent.connection-lost'],
    ['bare-error', 'agent.bad-answer'],
    ['silent', 'agent.timeout'],
  ] as const)('row 62: a server that is %s is a dependency exception', async (oddity, code) => {
    const socketPath = path.join(services.folder, `${oddity}-${language}.sock`);
    const server = await oddServer(socketPath, oddity);
    const options = { socketPath, timeoutMs: 50 };
    expect(await outcomeOf(invoke({}, { options: oddity === 'silent' ? options : { socketPath } }))).toMatchObject({
      error: 'GreengrassDependencyException',
      code,
    });
    await server.close();
  });

  it('row 62: a refusal that comes before the body was taken is heard', async () => {
    const socketPath = path.join(services.folder, `early-${language}.sock`);
    const server = await oddServer(socketPath, 'early-refusal');
    const Body = bytes(Buffer.alloc(8_000_000));
    expect(await outcomeOf(invoke({ Body }, { options: { socketPath } }))).toMatchObject({
      error: 'GreengrassInferenceException',
      code: 'http.body-too-large',
    });
    await server.close();
  });

  it.each([
    ['an unknown configuration', { ConfigId: 'NoSuchConfig' }, 'feedback.unknown-config'],
    ['no input', { ModelInput: bytes(Buffer.alloc(0)) }, 'feedback.bad-sample'],
    ['metadata of metadata', { Metadata: { a: { b: 1 } } }, 'feedback.bad-sample'],
  ])('row 62: %s is a feedback exception', async (_what, over, code) => {
    expect(await outcomeOf(publish(over))).toMatchObject({ error: 'GreengrassFeedbackException', code });
  });

  it('row 63: publishes a list, a dictionary, with metadata and without, as bytes that arrive whole', async () => {
    const before = uploads('parts');
    const dictionary = JSON.parse(text(await outcomeOf(detect()))) as object;
    const calls = [
      publish({}),
      publish({ Metadata: {} }),
      publish({ ModelPrediction: dictionary, Metadata: { camera: 'Linie 3 – süd', number: 3, wet: false } }),
      publish({ ModelInput: bytes(Buffer.from([0, 255, 10, 13])) }),
    ];
    for (const call of calls) expect(await outcomeOf(call)).toEqual({ nothing: true });
    await expect.poll(() => uploads('parts') - before).toBe(calls.length);
  });

  it('row 63: a sample that its strategy does not want is not an error', async () => {
    const before = uploads('unsure');
    expect(await outcomeOf(publish({ ConfigId: 'Unsure', ModelPrediction: [0.9, 0.1] }))).toEqual({ nothing: true });
    expect(await outcomeOf(publish({ ConfigId: 'Unsure', ModelPrediction: [0.6, 0.4] }))).toEqual({ nothing: true });
    await expect.poll(() => uploads('unsure') - before).toBe(1);
  });

  it('row 19: inferences of a service with a ConfigId are feedback, and those of others are not', async () => {
    const before = [uploads('kept'), uploads('parts')];
    expect(text(await outcomeOf(detect({ ServiceName: KEPT })))).toBe(text(await outcomeOf(detect())));
    await services.agent.client.invoke(KEPT, belt, { contentType: 'image/jpeg' });
    await expect.poll(() => uploads('kept') - before[0]!).toBe(1);
    // Had the others been offered, they would have come before this one.
    expect(text(await outcomeOf(detect({ ServiceName: KEPT })))).toContain('prediction');
    await expect.poll(() => uploads('kept') - before[0]!).toBe(2);
    expect(uploads('parts')).toBe(before[1]);
  });

  it('row 20: an unknown ConfigId is in the log, and the service answers', async () => {
    expect(text(await outcomeOf(invoke({ ServiceName: MISDIRECTED })))).toMatch(/^\[/);
    const line = await services.agent.process.line(/"event":"feedback\.lost"/);
    for (const word of [MISDIRECTED, 'NoSuchConfig', 'feedback.unknown-config']) expect(line).toContain(word);
  });

  it('rows 12, 63: what a classifier said is what feedback takes', async () => {
    const before = uploads('parts');
    const probabilities = JSON.parse(text(await outcomeOf(invoke({})))) as readonly number[];
    expect(await outcomeOf(publish({ ModelPrediction: probabilities }))).toEqual({ nothing: true });
    await expect.poll(() => uploads('parts') - before).toBe(1);
  });
};

const inTypeScript = testsOf('TypeScript', () => typescriptCaller(path.join(inject('runFolder'), 'edgeml-sdk')));
describe('the TypeScript client', inTypeScript);
describe(
  'the Python client',
  await needs(python),
  testsOf('Python', async () => pythonCaller()),
);

function uploads(prefix: string): number {
  return [...services.stored.keys()].filter((key) => key.startsWith(`/samples/${prefix}/`) && !key.endsWith('.json'))
    .length;
}
