import { open, watch } from 'node:fs/promises';
import path from 'node:path';

/** Calls back with every line appended to a file after `from` bytes, until aborted. Survives rotation: a new, shorter file is read from its start. */
export async function followFile(
  file: string,
  from: number,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let position = from;
  let rest = '';
  const drain = async (): Promise<void> => {
    const handle = await open(file).catch(() => undefined);
    if (!handle) return;
    try {
      const { size } = await handle.stat();
      if (size < position) position = 0;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - position), 0, size - position, position);
      position += bytesRead;
      const lines = (rest + buffer.subarray(0, bytesRead).toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(onLine);
    } finally {
      await handle.close();
    }
  };
  try {
    const changes = watch(path.dirname(file), { signal });
    await drain();
    for await (const change of changes) if (change.filename === path.basename(file)) await drain();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
