import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#packages/foundation';
import { createAgentClient } from '#packages/http';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../../testing/agent/memory-instance.ts';
import { memoryScripted } from '../../../testing/agent/memory-scripted.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';

/** A connection each, so that it reaches whoever has the socket now. */
async function ask(socketPath: string): Promise<unknown> {
  const client = createAgentClient({ socketPath });
  try {
    const { predictions } = await client.invoke('Parts', Buffer.from('hello'), { contentType: 'image/png' });
    return predictions[0]?.label;
  } finally {
    client.close();
  }
}

it('leaves callers to its predecessor until its models answer, and only then has it end', async () => {
  const folder = await temporaryFolder();
  onTestFinished(() => folder.remove());
  const work = join(folder.path, 'work');
  await mkdir(work);
  const old = await startInProcess(work, new MemoryNucleus());
  onTestFinished(() => old.close());
  await old.client.activate({ path: await writePackage(join(folder.path, 'Parts'), { version: '1.0.0' }) });
  await old.agent.standBy(1_000);

  const story: string[] = [];
  let loaded: () => void = () => undefined;
  const loading = new Promise<void>((resolve) => (loaded = resolve));
  const instances = new MemoryInstances({
    ...memoryScripted,
    open: (spec, progress) => loading.then(() => memoryScripted.open(spec, progress)),
  });
  const starting = startInProcess(work, new MemoryNucleus(), systemClock, instances.open, {
    pid: process.pid,
    memoryBytes: 0,
    end: async () => void story.push('the predecessor ends'),
  });
  await expect.poll(() => instances.started).toEqual(['Parts']);
  for (let count = 0; count < 20; count++) expect(await ask(old.agent.socketPath)).toBe('Parts 1.0.0: hello');
  expect(old.instances.opened[0]?.closed).toBe(false);
  story.push('the models are there');
  loaded();

  const started = await starting;
  onTestFinished(() => started.close());
  expect(story).toEqual(['the models are there', 'the predecessor ends']);
  await old.agent.close(1_000);
  expect(await ask(started.agent.socketPath)).toBe('Parts 1.0.0: hello');
});
