import { execFile } from 'node:child_process';
import path from 'node:path';
import { PROJECT } from '../../tools/bundle/project.ts';

/** Runs the `edgeml` command as a process of its own and waits for its end. */
export function edgeml(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve, reject) => {
    const command = [path.join(PROJECT, 'tools/edgeml.mjs'), ...words];
    execFile(process.execPath, command, { maxBuffer: 1e8 }, (error, out) => {
      const code = error ? error.code : 0;
      if (typeof code === 'number') resolve({ code, out });
      else reject(new Error(`edgeml ${words.join(' ')} did not end by itself`, { cause: error }));
    });
  });
}
