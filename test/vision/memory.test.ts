import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../../testing/patience.ts';

/** Far below the size of the model, which every load would add if unloading kept it. */
const GROWTH_MB = 24;

describe('loading and unloading', () => {
  it.skipIf(process.platform !== 'linux')('gives the memory back, generation after generation', async () => {
    const script = path.join(import.meta.dirname, '../../testing/vision/load-and-unload.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', script, '12'], {
      cwd: path.join(import.meta.dirname, '../..'),
      timeout: PATIENCE_MS,
    });
    const residentMb = JSON.parse(stdout) as readonly number[];
    const settled = residentMb[3] as number;
    expect((residentMb.at(-1) as number) - settled, `MB after each unload: ${residentMb.join(', ')}`).toBeLessThan(
      GROWTH_MB,
    );
  });
});
