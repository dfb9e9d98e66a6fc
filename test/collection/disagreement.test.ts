import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';
import { FRAME_BODY_HEADER, writeFrameBodyHeader } from '#packages/frames';
import { createFeedbackClient } from '#packages/http';
import { hashPicture } from '../../components/feedback-uploader/duplicates/picture-hash.ts';
import { redactImage } from '../../components/feedback-uploader/redaction/redact-image.ts';
import { startUploader } from '../../components/feedback-uploader/assembly/start-uploader.ts';
import type { RunningUploader } from '../../components/feedback-uploader/assembly/start-uploader.ts';
import { COMPONENT } from '../../components/inference-agent/settings/live-configuration.ts';
import { startInProcess } from '../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../testing/agent/in-process-agent.ts';
import { temporaryFolder, writePackage } from '../../testing/agent/package-folder.ts';
import { layoutOf, patternOf } from '../../testing/frames/frame-pattern.ts';
import { MemoryNucleus } from '../../testing/ipc/memory-nucleus.ts';
import { MemoryObjectStore } from '../../testing/object-store/memory-object-store.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { recordingIpc } from '../../testing/uploader/recording-ipc.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let store: MemoryObjectStore;
let agent: InProcessAgent;
let uploader: RunningUploader;

beforeEach(async () => {
  folder = await temporaryFolder();
  store = new MemoryObjectStore('samples');
  const configuration = {
    FeedbackConfigurationMap: {
      Differences: {
        's3-bucket-name': 'samples',
        'content-type': 'image/jpeg',
        'file-ext': 'jpg',
        'sampling-strategy': { 'strategy-name': 'DISAGREEMENT', quota: { 'per-day': 2 } },
      },
    },
  };
  const workFolder = join(folder.path, 'edgeml.FeedbackUploader');
  await mkdir(workFolder);
  uploader = await startUploader({
    workFolder,
    configuration,
    ipc: recordingIpc(configuration),
    thing: 'belt-7',
    regionOfDevice: 'eu-west-1',
    redact: redactImage,
    hash: hashPicture,
    openStore: () => store,
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger,
    setLogLevel: () => undefined,
  });
  await uploader.ready;
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], {
    ChallengerShare: 100,
    ChallengerCpuShare: 6_400,
    Services: { Parts: { ChallengerFeedbackConfigId: 'Differences' } },
  });
  const work = join(folder.path, 'edgeml.InferenceAgent');
  await mkdir(work);
  agent = await startInProcess(work, nucleus);
  // The scripted models name themselves in their labels, so that two of them never agree.
  for (const [version, role] of [
    ['1.0.0', 'champion'],
    ['2.0.0', 'challenger'],
  ] as const)
    await agent.client.activate({ path: await writePackage(join(folder.path, version), { version }), role });
});
afterEach(async () => {
  await agent.close();
  await uploader.close(1_000);
  await folder.remove();
});

const pictures = () =>
  store.keys('samples').flatMap((key) => (key.endsWith('.jpg') ? [store.object('samples', key)] : []));

it('keeps a picture on which champion and challenger differ, within the quota, and says why', async () => {
  await expect
    .poll(async () => {
      await agent.client.invoke('Parts', Buffer.from('a picture'), { contentType: 'image/png' });
      return agent.client.metrics();
    })
    .toMatch(/edgeml_feedback_samples_total\{service="Parts",outcome="not-wanted"\} [1-9]/);
  await expect.poll(() => pictures().length).toBe(2);
  const [object] = pictures();
  expect(object?.body.toString()).toBe('a picture');
  expect(object?.metadata).toMatchObject({
    service: 'Parts',
    model: 'Parts 1.0.0',
    challenger: 'Parts 2.0.0',
    disagreement: 'Parts 1.0.0: a picture (1) became Parts 2.0.0: a picture (1)',
  });
});

it('keeps a frame that comes as its pixels as a JPEG', async () => {
  const layout = layoutOf(64, 48);
  const body = Buffer.concat([Buffer.alloc(FRAME_BODY_HEADER), patternOf(layout, 1)]);
  writeFrameBodyHeader(body, layout);
  const client = createFeedbackClient({ socketPath: uploader.socketPath });
  const sample = { input: body, prediction: [], metadata: { disagreement: 'bolt (0.9) is missing' } };
  expect(await client.publish('Differences', sample)).toMatchObject({ status: 'accepted' });
  expect(await client.publish('Differences', { ...sample, metadata: {} })).toMatchObject({
    reason: 'nobody says that a challenger differs',
  });
  client.close();
  await expect.poll(() => pictures().length).toBe(1);
  expect(await sharp(pictures()[0]?.body).metadata()).toMatchObject({ format: 'jpeg', width: 64, height: 48 });
});
