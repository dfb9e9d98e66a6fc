import { open } from 'node:fs/promises';

import type { PutObject } from './object-store.ts';

/** Bytes of an object, a piece at a time. */
export interface ObjectBody {
  readonly bytes: number;
  read(from: number, to: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export async function openBody(body: PutObject['body']): Promise<ObjectBody> {
  if (body instanceof Uint8Array) {
    return {
      bytes: body.byteLength,
      read: async (from, to) => body.subarray(from, to),
      close: async () => undefined,
    };
  }
  const handle = await open(body.file, 'r');
  return {
    bytes: body.bytes,
    read: async (from, to) => {
      const piece = Buffer.alloc(to - from);
      for (let done = 0; done < piece.length;) {
        const { bytesRead } = await handle.read(piece, done, piece.length - done, from + done);
        if (bytesRead === 0) throw new Error(`${body.file} has fewer than ${body.bytes} bytes`);
        done += bytesRead;
      }
      return piece;
    },
    close: () => handle.close(),
  };
}
