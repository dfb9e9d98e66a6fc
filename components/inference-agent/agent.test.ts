import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EdgeError } from '#packages/foundation';
import type { InvokeResult } from '#packages/http';
import { startAgentProcess } from '../../testing/agent/agent-process.ts';
import type { AgentProcess } from '../../testing/agent/agent-process.ts';
import { colorPackage, plainPicture } from '../../testing/agent/color-package.ts';
import type { Child } from '../../testing/process/child.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { componentBundle, startBundle, startComponent } from '../../testing/process/start-component.ts';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { SAMPLE_PACKAGE, sampleImages, samplePackage } from '../../testing/agent/sample-package.ts';
import type { SampleImage } from '../../testing/agent/sample-package.ts';
import { neverEnds } from '../../testing/vision/hostile-models.ts';

/** The bundled agent in its own process, over its socket, with a real model. */

const ALIAS = 'PartsClassifier';
const jpeg = { contentType: 'image/jpeg' };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let images: readonly SampleImage[];
let versions: Readonly<Record<'1.0.0' | '2.0.0' | '3.0.0' | '4.0.0', string>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  images = await sampleImages();
  const make = (version: string) => samplePackage(join(folder.path, `Parts-${version}`), version);
  versions = {
    '1.0.0': await make('1.0.0'),
    '2.0.0': await make('2.0.0'),
    '3.0.0': await make('3.0.0'),
    '4.0.0': await make('4.0.0'),
  };
});
afterAll(() => folder.remove());

/** An answer is right when the class is and when its labels are those of the model that it names. */
function isRight(result: InvokeResult, image: SampleImage): boolean {
  const [best] = result.predictions;
  const [wanted] = image.expected;
  return (
    best?.classId === wanted?.classId &&
    Math.abs((best?.score ?? 0) - (wanted?.score ?? 0)) < 0.05 &&
    result.predictions.every(({ label }) => label.endsWith(`@${result.model.version}`))
  );
}

describe('the bundled agent', () => {
  let agent: AgentProcess;
  const image = (): SampleImage => images[0]!;
  const ask = () => agent.client.invoke(ALIAS, image().bytes, jpeg);

  beforeAll(async () => {
    agent = await startAgentProcess(join(folder.path, 'work'), {
      QueueLength: 600,
      ImageFolders: [folder.path],
      LocalInferenceServiceTimeoutSeconds: 60,
      Services: { 'line-3': { Model: ALIAS, QueueLength: 1 } },
    });
    await agent.client.activate({ path: versions['1.0.0'] });
  });
  afterAll(async () => {
    agent.client.close();
    await agent.process.end();
  });
  afterEach(async () => {
    expect(isRight(await ask(), image()), 'the service goes on').toBe(true);
  });

  it('gives the same answer for an image file that is named', async () => {
    const path = join(folder.path, 'named.jpg');
    await writeFile(path, image().bytes);
    const [named, sent] = [await agent.client.invokeFile(ALIAS, path), await ask()];
    expect(named.predictions).toEqual(sent.predictions);
    expect(named.image).toEqual(sent.image);
  });

  it('answers with predictions, model, provider and where the time went', async () => {
    const result = await ask();
    expect(result).toMatchObject({
      service: ALIAS,
      model: { alias: ALIAS, name: ALIAS, version: '1.0.0' },
      provider: 'cpu',
      image: { width: expect.any(Number) as number, height: expect.any(Number) as number },
    });
    expect(result.timings.totalMs).toBeGreaterThan(0);
    expect(Object.keys(result.timings).sort()).toEqual(
      ['decodeMs', 'postprocessMs', 'preprocessMs', 'queueMs', 'runMs', 'totalMs'].sort(),
    );
  });

  it('answers for a service that names the model as its own', async () => {
    expect(await agent.client.invoke('line-3', image().bytes, jpeg)).toMatchObject({
      service: 'line-3',
      model: { alias: ALIAS },
    });
  });

  it('shows its socket to its group only', async () => {
    expect((await stat(agent.socketPath)).mode & 0o777).toBe(0o660);
  });

  it('loses and mixes up none of 500 requests in flight at any time across three swaps', async () => {
    const answers: { readonly result: InvokeResult; readonly image: SampleImage }[] = [];
    let swapping = true;
    const askers = Array.from({ length: 500 }, async (_, index) => {
      const one = images[index % images.length]!;
      do answers.push({ result: await agent.client.invoke(ALIAS, one.bytes, jpeg), image: one });
      while (swapping);
    });
    const done = [];
    for (const version of ['2.0.0', '3.0.0', '1.0.0'] as const) {
      done.push(await agent.client.activate({ path: versions[version] }));
    }
    swapping = false;
    await Promise.all(askers);
    expect(answers.filter(({ result, image: one }) => !isRight(result, one))).toEqual([]);
    expect(done.map(({ requestsLost }) => requestsLost)).toEqual([0, 0, 0]);
    const answered = new Set(answers.map(({ result }) => result.model.version));
    expect([...answered].sort()).toEqual(['1.0.0', '2.0.0', '3.0.0']);
    // The switch itself is one statement: no gap is as long as a request, whatever the machine is busy with.
    const longest = Math.max(...answers.map(({ result: { timings } }) => timings.totalMs));
    expect(Math.max(...done.map(({ swapGapMs }) => swapGapMs))).toBeLessThan(longest);
  });

  it('keeps the old model and says why when the golden test of a new one fails', async () => {
    const broken = await samplePackage(join(folder.path, 'Parts-broken'), '9.0.0');
    const { golden } = JSON.parse(await readFile(join(SAMPLE_PACKAGE, 'model.json'), 'utf8')) as {
      golden: { expect: string }[];
    };
    await writeFile(join(broken, golden[0]!.expect), JSON.stringify([{ classId: 3, label: 'x', score: 0.99 }]));
    await expect(agent.client.activate({ path: broken })).rejects.toMatchObject({
      code: 'model.no-variant',
      status: 422,
    });
    expect(agent.process.lines.some((line) => line.includes('"event":"model.rejected"'))).toBe(true);
    expect((await ask()).model.version).toBe('1.0.0');
  });

  it('refuses a model whose file is not ONNX, by name', async () => {
    const broken = await samplePackage(join(folder.path, 'Parts-text'), '9.0.1', () => ({
      variants: [{ file: 'model.onnx' }],
    }));
    await writeFile(join(broken, 'model.onnx'), 'not a model');
    await expect(agent.client.activate({ path: broken })).rejects.toMatchObject({
      code: 'model.no-variant',
      message: expect.stringContaining('model.onnx') as unknown,
    });
  });

  it('refuses a model that is slower than the bound', async () => {
    const slow = await samplePackage(join(folder.path, 'Parts-slow'), '9.0.2', ({ golden }) => ({
      golden: (golden as object[]).map((one) => ({ ...one, maxLatencyMs: 0.001 })),
    }));
    await expect(agent.client.activate({ path: slow })).rejects.toMatchObject({
      message: expect.stringContaining('0.001 ms are allowed') as unknown,
    });
  });

  it('rolls back and forth', async () => {
    expect(await agent.client.rollback(ALIAS)).toMatchObject({ version: '3.0.0', state: 'active' });
    expect((await ask()).model.version).toBe('3.0.0');
    expect(await agent.client.rollback(ALIAS)).toMatchObject({ version: '1.0.0' });
  });

  it.each([
    ['60 MB', () => Buffer.alloc(60 * 1024 * 1024, 0xff), 'http.body-too-large', 413],
    ['a truncated JPEG', () => image().bytes.subarray(0, image().bytes.length / 2), 'image.corrupt', 422],
    ['text that calls itself JPEG', () => Buffer.from('this is not an image at all'), 'image.unrecognised', 415],
    ['zero bytes', () => Buffer.alloc(0), 'image.empty', 400],
  ] as const)('answers %s with a clear error', async (_what, bytes, code, status) => {
    await expect(agent.client.invoke(ALIAS, bytes(), jpeg)).rejects.toMatchObject({ code, status });
  });

  it('names the services that there are when asked for another', async () => {
    await expect(agent.client.invoke('Nothing', image().bytes, jpeg)).rejects.toMatchObject({
      code: 'model.not-found',
      status: 404,
      facts: { active: [ALIAS] },
    });
  });

  it('answers at once when the queue is full, and says when to come back', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 40 }, () => agent.client.invoke('line-3', image().bytes, jpeg)),
    );
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    expect(refused.length).toBeGreaterThan(0);
    for (const reason of refused) {
      expect(reason).toMatchObject({ code: 'admission.queue-full', status: 503, facts: { retryAfterMs: 1_000 } });
    }
  });

  it('gives up at the deadline of a request', async () => {
    const waiting = Array.from({ length: 60 }, () => agent.client.invoke(ALIAS, image().bytes, jpeg));
    // The agent is to say so, however late, and not the client.
    const late = agent.client.invoke(ALIAS, image().bytes, { ...jpeg, deadlineMs: 1, timeoutMs: PATIENCE_MS });
    await expect(late).rejects.toMatchObject({
      code: 'admission.deadline',
      status: 504,
    });
    await Promise.all(waiting);
  });

  it('counts it all', async () => {
    const text = await agent.client.metrics();
    expect(text).toMatch(/edgeml_requests_answered_total\{service="PartsClassifier"\} \d{3,}/);
    expect(text).toMatch(/edgeml_predictions_total\{service="PartsClassifier",kind="class"\} \d{3,}/);
    expect(text).toContain('edgeml_requests_rejected_total{service="line-3",reason="queue-full"}');
    expect(text).toContain('edgeml_requests_rejected_total{service="other",reason="no-model"} 1');
    expect(text).toContain('edgeml_requests_failed_total{service="PartsClassifier",code="image.empty"} 1');
    expect(text).toMatch(
      /edgeml_model_info\{alias="PartsClassifier",version="1.0.0",provider="cpu",variant="[^"]+",state="active"\} 1/,
    );
    expect(text).toMatch(/edgeml_swap_requests_lost_total\{alias="PartsClassifier"\} 0/);
    expect(text).toMatch(/edgeml_stage_seconds_count\{service="PartsClassifier",stage="run"\} \d+/);
  });
});

describe('the life of the agent', () => {
  it('serves again after SIGKILL under load, before any model component has spoken', async () => {
    const work = join(folder.path, 'killed');
    const first = await startAgentProcess(work);
    await first.client.activate({ path: versions['1.0.0'] });
    await first.client.activate({ path: versions['2.0.0'] });
    const load = Promise.allSettled(
      Array.from({ length: 32 }, () => first.client.invoke(ALIAS, images[0]!.bytes, jpeg)),
    );
    // Dies in the middle of an activation, too.
    const activation = first.client.activate(
      { path: versions['3.0.0'] },
      { onProgress: () => void first.process.end('SIGKILL') },
    );
    await expect(activation).rejects.toMatchObject({ code: 'agent.connection-lost' });
    await load;
    await first.process.exit;
    first.client.close();

    const second = await startAgentProcess(work);
    const result = await second.client.invoke(ALIAS, images[0]!.bytes, jpeg);
    expect(result.model.version).toBe('2.0.0');
    expect(isRight(result, images[0]!)).toBe(true);
    expect(await second.client.activate({ path: versions['2.0.0'] })).toMatchObject({ unchanged: true });
    expect(await second.client.activate({ path: versions['3.0.0'] })).toMatchObject({ unchanged: false });
    second.client.close();
    expect(await second.process.end()).toBe(0);
  });

  it('answers what runs on SIGTERM, removes its socket and exits with 0', async () => {
    const agent = await startAgentProcess(join(folder.path, 'ended'));
    await agent.client.activate({ path: versions['1.0.0'] });
    const answers: InvokeResult[] = [];
    const askers = Array.from({ length: 16 }, async () => {
      try {
        for (;;) answers.push(await agent.client.invoke(ALIAS, images[0]!.bytes, jpeg));
      } catch (error) {
        return (error as EdgeError).code;
      }
    });
    await expect.poll(() => answers.length).toBeGreaterThan(50);
    expect(await agent.process.end()).toBe(0);
    // Clients that were let in are answered; the others are told that it ends, or find it gone. No answer breaks off.
    const codes = await Promise.all(askers);
    expect(codes.filter((code) => code !== 'admission.stopping' && code !== 'agent.unreachable')).toEqual([]);
    expect(answers.every((answer) => isRight(answer, images[0]!))).toBe(true);
    await expect(stat(agent.socketPath)).rejects.toMatchObject({ code: 'ENOENT' });
    agent.client.close();
  });

  it('exits with 0 on SIGTERM in the middle of an activation', async () => {
    const agent = await startAgentProcess(join(folder.path, 'interrupted'));
    // Its golden test would take longer than the agent lets it: it cannot be done before the signal comes.
    const endless = await colorPackage(
      join(folder.path, 'Endless'),
      { golden: [{ input: 'golden/white.png', expect: 'golden/red.json' }] },
      { 'model.onnx': neverEnds(), 'golden/white.png': await plainPicture(255, 255, 255) },
    );
    const activation = agent.client.activate(
      { path: endless },
      { onProgress: ({ phase }) => void (phase === 'load' && agent.process.end()) },
    );
    await expect(activation).rejects.toMatchObject({ code: 'model.superseded' });
    expect(await agent.process.exit).toBe(0);
    agent.client.close();
  });

  it('lives on when those who activate hang up, wherever the model is just then', async () => {
    const agent = await startAgentProcess(join(folder.path, 'hung-up'));
    await agent.client.activate({ path: versions['1.0.0'] });
    for (const phase of ['verify', 'load', 'warm-up', 'golden', 'load', 'warm-up']) {
      const abort = new AbortController();
      const reason = new Error('the component was stopped');
      const activation = agent.client.activate(
        { path: versions['2.0.0'] },
        { signal: abort.signal, onProgress: (step) => void (step.phase === phase && abort.abort(reason)) },
      );
      await expect(activation).rejects.toBe(reason);
      const result = await agent.client.invoke(ALIAS, images[0]!.bytes, jpeg);
      expect(isRight(result, images[0]!)).toBe(true);
      // A client that hung up late finds the new model active; the next round shall have something to do.
      if (result.model.version === '2.0.0') await agent.client.activate({ path: versions['1.0.0'] });
    }
    agent.client.close();
    expect(await agent.process.end()).toBe(0);
  });

  it('does not take the socket of an agent that lives', async () => {
    const work = join(folder.path, 'twice');
    const agent = await startAgentProcess(work);
    const second = await startComponent('inference-agent', { workFolder: work });
    expect(await second.exit).toBe(1);
    expect(second.lines.at(-1)).toContain('socket.in-use');
    expect(await agent.client.health()).toMatchObject({ status: 'ok', services: [] });
    agent.client.close();
    await agent.process.end();
  });

  it('stops at start over a configuration that is wrong, naming all of it', async () => {
    const work = join(folder.path, 'wrong');
    await expect(startAgentProcess(work, { QueueLength: 'many', SignaturePolicy: 'perhaps' })).rejects.toThrow(
      /QueueLength.*SignaturePolicy/,
    );
  });
});

describe('model.js', () => {
  let agent: AgentProcess;
  const run = (...words: string[]) => startModelProgram(words, agent.socketPath);

  beforeAll(async () => {
    agent = await startAgentProcess(join(folder.path, 'models-work'));
  });
  afterAll(async () => {
    agent.client.close();
    await agent.process.end();
  });

  it('activates, says what goes on, and is done', async () => {
    const activation = await run('activate', versions['1.0.0']);
    expect(await activation.exit).toBe(0);
    expect(activation.lines[0]).toBe(`verify: reading ${versions['1.0.0']}`);
    expect(activation.lines.at(-1)).toMatch(/^PartsClassifier 1\.0\.0 serves as "PartsClassifier" on cpu \(model/);
  });

  it('fails with the reason, in one last line', async () => {
    const gone = await run('activate', join(folder.path, 'nowhere'));
    expect(await gone.exit).toBe(1);
    expect(gone.lines.at(-1)).toMatch(
      /^there is no model package at .*nowhere.*\[package\.not-found\] Give the absolute path/,
    );
  });

  it('retires what it names, and finds nothing wrong with having nothing to retire', async () => {
    const retirement = await run('retire', ALIAS);
    expect(await retirement.exit).toBe(0);
    expect(retirement.lines.at(-1)).toContain('is retiring');
    expect(await agent.client.models()).toMatchObject([{ state: 'retiring' }]);
    const nothing = await run('retire', 'Nothing');
    expect(await nothing.exit).toBe(0);
    expect(nothing.lines.at(-1)).toContain('nothing to retire');
  });

  it('serves until it is told to stop, and then retires its own version only', async () => {
    const old = await run('serve', versions['1.0.0']);
    await old.line(/^serving until/);
    const newer = await run('serve', versions['2.0.0']);
    await newer.line(/^serving until/);
    expect(await old.end()).toBe(0);
    expect(await agent.client.models()).toMatchObject([{ version: '2.0.0', state: 'active' }]);
    expect(await newer.end()).toBe(0);
    expect(await agent.client.models()).toMatchObject([{ version: '2.0.0', state: 'retiring' }]);
  });

  it('explains itself when it does not understand', async () => {
    const confused = await run('activate');
    expect(await confused.exit).toBe(2);
    expect(confused.lines.at(-1)).toContain('model.js activate <package>');
  });

  it('waits for an agent that is not there yet', async () => {
    const work = join(folder.path, 'late-work');
    const activation = await startModelProgram(['activate', versions['1.0.0']], join(work, 'agent.sock'));
    await activation.line(/^waiting for the agent/);
    const late = await startAgentProcess(work);
    expect(await activation.exit).toBe(0);
    late.client.close();
    await late.process.end();
    await rm(work, { recursive: true });
  });
});

async function startModelProgram(words: readonly string[], socketPath: string): Promise<Child> {
  const program = await componentBundle('inference-agent', 'model');
  return startBundle(program, words, { cwd: folder.path, environment: { EDGEML_AGENT_SOCKET: socketPath } });
}
