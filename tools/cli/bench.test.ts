import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgeml } from '../../testing/device/edgeml.ts';
import { PROJECT } from '../bundle/project.ts';

const COMMAND = path.join(PROJECT, 'tools/edgeml.mjs');

describe('edgeml bench', () => {
  it('lists the benchmarks', async () => {
    const { code, out } = await edgeml('bench');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}edge-manager \[options\] {2,}\S/m);
  });

  it('hands words on as they are, from any folder, and ends with the code of the benchmark', async () => {
    const child = spawn(process.execPath, [COMMAND, 'bench', 'captures', '--seconds', 'x', '--json'], {
      cwd: tmpdir(),
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(JSON.parse(said)).toMatchObject({ error: { code: 'cli.usage' } });
  });

  it.skipIf(process.platform === 'win32')('stops the benchmark when it is told to stop', async () => {
    const child = spawn(process.execPath, [COMMAND, 'bench', 'captures', '--seconds', '600']);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      if (!said.includes('Disk, inline …') && (said += chunk.toString()).includes('Disk, inline …'))
        child.kill('SIGTERM');
      else said += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(said).toContain('Stopped.');
  });
});
