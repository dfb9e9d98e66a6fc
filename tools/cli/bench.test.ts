import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { Child } from '../../testing/process/child.ts';
import type { ChildOptions } from '../../testing/process/child.ts';
import { runCommand } from '../../testing/process/run-command.ts';
import { PROJECT } from '../bundle/project.ts';

const start = (words: readonly string[], options: ChildOptions = {}): Child =>
  new Child(process.execPath, [path.join(PROJECT, 'tools/edgeml.mjs'), 'bench', ...words], options);

describe('edgeml bench', () => {
  it('lists the benchmarks', async () => {
    const { code, stdout } = await runCommand(['bench'], {});
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}edge-manager \[options\] {2,}\S/m);
  });

  it('hands words on as they are, from any folder, and ends with the code of the benchmark', async () => {
    const child = start(['captures', '--seconds', 'x', '--json'], { cwd: tmpdir() });
    expect(await child.exit).toBe(2);
    expect(JSON.parse(child.err)).toMatchObject({ error: { code: 'cli.usage' } });
  });

  it.skipIf(process.platform === 'win32')('stops the benchmark when it is told to stop', async () => {
    const child = start(['captures', '--seconds', '600'], { environment: process.env });
    await vi.waitUntil(() => child.err.includes('Disk, inline …'), { timeout: PATIENCE_MS, interval: 20 });
    expect(await child.end('SIGTERM')).toBe(1);
    expect(child.err).toContain('Stopped.');
  });
});
