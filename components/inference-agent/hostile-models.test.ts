import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvokeResult } from '#packages/http';
import { startAgentProcess } from '../../testing/agent/agent-process.ts';
import type { AgentProcess } from '../../testing/agent/agent-process.ts';
import { temporaryFolder, writeFiles } from '../../testing/agent/package-folder.ts';
import { SAMPLE_PACKAGE, sampleImages } from '../../testing/agent/sample-package.ts';
import { isAlive, openFilesOf } from '../../testing/process/process-facts.ts';
import { processTable } from '../../tools/local-core/lifecycle/process-table.ts';
import { dividesBrightPictures, fillsMemory, neverEnds } from '../../testing/vision/hostile-models.ts';
import { meanColorModel } from '../../testing/vision/onnx-builder.ts';

/** Models that bring down, fill or stop whatever runs them, in the bundled agent with real processes. */

const INNOCENT = 'PartsClassifier';
const jpeg = { contentType: 'image/jpeg' };
const png = { contentType: 'image/png' };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let agent: AgentProcess;
const pictures: Record<'dark' | 'bright', Buffer> = { dark: Buffer.alloc(0), bright: Buffer.alloc(0) };

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const [name, value] of [
    ['dark', 40],
    ['bright', 255],
  ] as const) {
    const create = { width: 8, height: 8, channels: 3, background: { r: value, g: value, b: value } } as const;
    pictures[name] = await sharp({ create }).png().toBuffer();
  }
  agent = await startAgentProcess(join(folder.path, 'work'), {
    // The model beside a hostile one may be slow on a busy machine.
    LocalInferenceServiceTimeoutSeconds: 60,
    Services: {
      Hungry: { LocalInferenceServiceMemoryLimitKB: 300_000 },
      Runaway: { LocalInferenceServiceTimeoutSeconds: 3 },
    },
  });
  await agent.client.activate({ path: SAMPLE_PACKAGE });
});
afterAll(async () => {
  agent.client.close();
  await agent.process.end();
  await folder.remove();
});

async function packageOf(name: string, version: string, model: Uint8Array): Promise<string> {
  const dir = join(folder.path, `${name}-${version}`);
  const manifest = {
    schemaVersion: 1,
    name,
    version,
    task: 'image-classification',
    input: { name: 'image', width: 8, height: 8 },
    output: { decoder: 'classification', output: 'probs' },
    labels: 'labels.txt',
    variants: [{ file: 'model.onnx' }],
  };
  await writeFiles(dir, {
    'model.json': JSON.stringify(manifest),
    'labels.txt': 'red\ngreen\nblue\n',
    'model.onnx': model,
  });
  return dir;
}

const ask = (service: string, picture: keyof typeof pictures): Promise<InvokeResult> =>
  agent.client.invoke(service, pictures[picture], png);

const versionOf = async (alias: string): Promise<string | undefined> =>
  (await agent.client.models()).find((model) => model.alias === alias)?.version;

/** Asks the model beside it all the time; resolves to how many answers there were, and rejects with the first that failed. */
function keepAsking(until: AbortSignal): Promise<number> {
  return (async () => {
    const [image] = await sampleImages();
    let answers = 0;
    do {
      await agent.client.invoke(INNOCENT, image!.bytes, jpeg);
      answers++;
    } while (!until.aborted);
    return answers;
  })();
}

/** Does something while the model beside it is asked, which must not notice. */
async function besideOthers(work: () => Promise<void>): Promise<void> {
  const done = new AbortController();
  const answers = keepAsking(done.signal);
  try {
    await work();
  } finally {
    done.abort();
  }
  expect(await answers).toBeGreaterThan(0);
  expect(agent.process.lines.filter((line) => line.includes('"event":"agent.ready"'))).toHaveLength(1);
}

describe.runIf(process.platform === 'linux')('a hostile model', () => {
  it('that ends its process on one picture is replaced by the version before it', async () => {
    await agent.client.activate({ path: await packageOf('Divider', '1.0.0', meanColorModel(8)) });
    await agent.client.activate({ path: await packageOf('Divider', '2.0.0', dividesBrightPictures()) });
    expect((await ask('Divider', 'dark')).model.version).toBe('2.0.0');
    await besideOthers(async () => {
      await expect(ask('Divider', 'bright')).rejects.toMatchObject({
        code: 'instance.worker-crashed',
        message: expect.stringContaining('SIGFPE') as unknown,
      });
      await expect
        .poll(() => ask('Divider', 'bright').catch(({ code }: { code: string }) => code))
        .toMatchObject({
          model: { version: '1.0.0' },
        });
    });
    expect(await versionOf('Divider')).toBe('1.0.0');
    // The former version answers before the one in quarantine has drained.
    const event = await agent.process.line(/"event":"model.quarantined"/);
    expect(JSON.parse(event)).toMatchObject({ model: { version: '2.0.0' }, former: { version: '1.0.0' } });
  });

  it('that wants more memory than its service allows gets none of it, and a clear error', async () => {
    const others = children();
    await agent.client.activate({ path: await packageOf('Hungry', '1.0.0', fillsMemory(40_000)) });
    const limits = children()
      .filter((pid) => !others.includes(pid))
      .map((pid) => readFileSync(`/proc/${pid}/limits`, 'utf8'));
    // The kernel's bound, though a confined process cannot read what it has.
    expect(limits.length).toBeGreaterThan(0);
    for (const text of limits) expect(text).toMatch(/^Max data size +\d+ +\d+ +bytes/m);
    expect((await ask('Hungry', 'dark')).model.version).toBe('1.0.0');
    await besideOthers(async () => {
      const refused = await ask('Hungry', 'bright').catch((thrown: { code: string }) => thrown);
      expect(refused).toMatchObject({
        code: expect.stringMatching(/^(instance\.memory-exceeded|model\.run-failed)$/) as unknown,
      });
    });
    await expect
      .poll(() =>
        ask('Hungry', 'dark').then(
          () => 'answered',
          () => undefined,
        ),
      )
      .toBe('answered');
  });

  it('that ends its process on one picture is not asked about it a third time, and answers the others', async () => {
    await agent.client.activate({ path: await packageOf('Picky', '1.0.0', dividesBrightPictures()) });
    await besideOthers(async () => {
      for (let death = 1; death <= 2; death++) {
        await expect.poll(() => ask('Picky', 'dark').then(() => 'answered')).toBe('answered');
        await expect(ask('Picky', 'bright')).rejects.toMatchObject({ code: 'instance.worker-crashed' });
      }
      await expect.poll(() => ask('Picky', 'dark').then(() => 'answered')).toBe('answered');
      await expect(ask('Picky', 'bright')).rejects.toMatchObject({ code: 'input.kills-model', status: 422 });
    });
    const status = (await agent.client.models()).find(({ alias }) => alias === 'Picky');
    const bytes = pictures.bright.length;
    expect(status?.killerInputs).toMatchObject([{ bytes, deaths: 2, kept: true }]);
    const kept = join(folder.path, 'work', 'killer-inputs', status?.killerInputs?.[0]?.sha256 ?? '');
    expect(await readFile(kept)).toEqual(pictures.bright);
  });

  it('that never ends is ended, and its processor time with it', async () => {
    await agent.client.activate({ path: await packageOf('Runaway', '1.0.0', neverEnds()) });
    await besideOthers(async () => {
      await expect(ask('Runaway', 'bright')).rejects.toMatchObject({
        code: expect.stringMatching(/^(admission\.deadline|instance\.worker-stuck)$/) as unknown,
      });
      await agent.process.line(/"reason":"stuck"/);
    });
    await expect
      .poll(() =>
        ask('Runaway', 'dark').then(
          () => 'answered',
          () => undefined,
        ),
      )
      .toBe('answered');
  });

  it('is confined to its package, as far as the kernel can', async () => {
    const held = (await agent.client.models()).map(({ confinement }) => confinement);
    expect(held.length).toBeGreaterThan(1);
    for (const words of held) expect(words).toMatch(/^(full|partly: )/);
    const limits = (await agent.client.models()).map(({ limits: words }) => words);
    for (const words of limits) expect(words).toMatch(/priority: \S/);
  });

  // Last: it ends the agent.
  it('ends with the agent, also while it is stuck in native code', async () => {
    const stuck = ask('Runaway', 'bright').catch(() => undefined);
    await expect.poll(() => processorTime(children())).toBeGreaterThan(0);
    const before = children();
    expect(before.length).toBeGreaterThan(1);
    await agent.process.end('SIGKILL');
    await stuck;
    await expect.poll(() => before.filter(isAlive)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('a hostile model in a thread', () => {
  it('that ends the agent on one picture is not asked about it a third time, however large it is, and answers the others', async () => {
    // Decoders ignore bytes after the end of a PNG.
    const bright = Buffer.concat([pictures.bright, Buffer.alloc(2.5 * 1024 ** 2)]);
    const work = join(folder.path, 'in-thread');
    const start = () => startAgentProcess(work, { Isolation: 'thread' });
    let own = await start();
    await own.client.activate({ path: await packageOf('Threaded', '1.0.0', dividesBrightPictures()) });
    for (let death = 1; death <= 2; death++) {
      expect(await own.client.invoke('Threaded', pictures.dark, png)).toMatchObject({ service: 'Threaded' });
      // The client asks once more if the connection that it kept is lost, and finds nobody.
      await expect(own.client.invoke('Threaded', bright, png)).rejects.toMatchObject({
        code: expect.stringMatching(/^agent\.(connection-lost|unreachable)$/) as string,
      });
      expect(await own.process.exit).toBe('SIGFPE');
      own.client.close();
      own = await start();
    }
    await expect(own.client.invoke('Threaded', bright, png)).rejects.toMatchObject({
      code: 'input.kills-model',
      facts: { bytes: bright.length, deaths: 2 },
    });
    expect(await own.client.invoke('Threaded', pictures.dark, png)).toMatchObject({ service: 'Threaded' });
    const noted = openFilesOf(own.process.pid).filter((file) => file.startsWith('/dev/shm/edgeml-at-work-'));
    expect(noted.filter((file) => existsSync(file))).not.toEqual([]);
    own.client.close();
    expect(await own.process.end()).toBe(0);
    expect(noted.filter((file) => existsSync(dirname(file)))).toEqual([]);
  });
});

function children(): readonly number[] {
  return processTable()
    .filter(({ parent }) => parent === agent.process.pid)
    .map(({ pid }) => pid);
}

/** Ticks that these processes have computed (proc(5), utime). */
function processorTime(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[13]), 0);
}
