import { expect, it } from 'vitest';
import { probeProvider } from './probe-provider.ts';

it('runs a model on the CPU', async () => {
  expect(await probeProvider('cpu')).toMatchObject({ provider: 'cpu', works: true, reason: '' });
});

it('says why a provider does not work here', async () => {
  const { works, reason } = await probeProvider('coreml' as never);
  expect(works).toBe(false);
  expect(reason).toMatch(/comes without it/);
});
