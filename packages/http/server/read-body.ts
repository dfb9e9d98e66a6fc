import type { IncomingMessage } from 'node:http';

/**
 * The body of a request, all of it in memory.
 *
 * @param tooLarge makes the error for a body of more than `maxBytes`
 */
export async function readBody(request: IncomingMessage, maxBytes: number, tooLarge: () => Error): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      // Nobody takes the rest: it is read and dropped, so that the client gets to its answer.
      request.resume();
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
