import { expect, it } from 'vitest';
import type { Executor, ExecutorOptions } from './executor.ts';
import { ExecutorQuota } from './executor-quota.ts';

const options = {} as ExecutorOptions;

/** An executor that ends when it is told to. */
function opener() {
  const ends: (() => void)[] = [];
  const open = async (): Promise<Executor> => {
    const exited = new Promise<void>((resolve) => ends.push(resolve));
    return { exited } as Executor;
  };
  return { open, end: () => ends.shift()?.() };
}

it('refuses one more than there may be, whatever kind it is, until one has really ended', async () => {
  const most = { value: 2 };
  const quota = new ExecutorQuota(() => most.value);
  const [processes, threads] = [opener(), opener()];
  const [openProcess, openThread] = [quota.over(processes.open), quota.over(threads.open)];
  await openProcess(options);
  await openThread(options);
  await expect(openThread(options)).rejects.toMatchObject({
    code: 'instance.too-many',
    facts: { running: 2, most: 2 },
  });
  processes.end();
  await Promise.resolve();
  await openThread(options);
  await expect(openProcess(options)).rejects.toMatchObject({ code: 'instance.too-many' });
  most.value = 3;
  await openProcess(options);
});

it('gives the place of one back that did not start', async () => {
  const quota = new ExecutorQuota(() => 1);
  const refused = quota.over(() => Promise.reject(new Error('damaged')));
  await expect(refused(options)).rejects.toThrow('damaged');
  await expect(refused(options)).rejects.toThrow('damaged');
});
