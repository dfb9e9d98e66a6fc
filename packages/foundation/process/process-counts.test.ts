import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Child } from '../../../testing/process/child.ts';
import { processCounts } from './process-counts.ts';

describe.runIf(process.platform === 'linux')('processCounts', () => {
  it('counts what is opened and started, until it is closed and ends', async () => {
    const before = processCounts()!;
    expect(before.threads).toBeGreaterThan(0);
    const file = openSync('/dev/null', 'r');
    expect(processCounts()!.descriptors).toBe(before.descriptors + 1);
    closeSync(file);
    const child = new Child('sleep', ['600']);
    await expect.poll(() => processCounts()!.children).toBe(before.children + 1);
    await child.end('SIGKILL');
    expect(processCounts()!.children).toBe(before.children);
  });
});
