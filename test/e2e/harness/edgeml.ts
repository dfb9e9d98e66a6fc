import { execFile } from 'node:child_process';
import path from 'node:path';
import { PROJECT } from '../../../tools/build/project.ts';

/** Runs the `edgeml` command as a process of its own and waits for its end. */
export function edgeml(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve, reject) => {
    const command = [path.join(PROJECT, 'tools/edgeml.mjs'), ...words];
    execFile(process.execPath, command, { maxBuffer: 1e8 }, (error, out) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, out });
    });
  });
}
