import type { IncomingMessage } from 'node:http';
import { consoleErrors } from '../errors.ts';

/** @throws EdgeError `console.too-large` */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw consoleErrors.error('console.too-large', `the request has more than ${maxBytes} bytes`, {
        facts: { maxBytes },
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
