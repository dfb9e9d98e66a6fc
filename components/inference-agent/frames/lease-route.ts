import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import type { RingLease } from '#packages/frames';
import { RING_LEASE_PATH } from '#packages/http';
import type { LeasedRing, Route } from '#packages/http';
import { agentErrors } from '../errors.ts';
import { readJson } from '../http/body.ts';
import type { FrameMemory } from './frame-memory.ts';

/** Answers with one line, the ring, and then with nothing more: the ring lives as long as the connection. */
export function leaseRoute(memory: FrameMemory, leases: OpenLeases): Route {
  return {
    method: 'POST',
    path: RING_LEASE_PATH,
    api: {
      summary: 'Leases a ring of frames in shared memory, for as long as the connection lasts.',
      body: { content: { 'application/json': { schema: requestSchema } } },
      answers: { 200: { is: 'One line: the ring.', content: { 'application/x-ndjson': { type: 'LeasedRing' } } } },
    },
    async handle(request, response) {
      const { rings } = memory;
      const asked = requestSchema.safeParse(await readJson(request));
      if (!asked.success) throw agentErrors.error('http.bad-request', `the body is not valid: ${asked.error.message}`);
      const lease = await rings.lease(asked.data);
      leases.hold(lease, response);
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write(`${JSON.stringify(lease.ring satisfies LeasedRing)}\n`);
    },
  };
}

/** The leases whose connections are open. */
export class OpenLeases {
  readonly #open = new Set<ServerResponse>();

  hold(lease: RingLease, response: ServerResponse): void {
    this.#open.add(response);
    const end = (): void => {
      this.#open.delete(response);
      lease.end();
    };
    response.once('close', end);
    if (response.closed || response.destroyed) end();
  }

  /** Ends them, so that the server need not wait for their connections. */
  close(): void {
    for (const response of this.#open) response.destroy();
  }
}

/** 16K video as RGB takes 400 MB: what is larger is a mistake. */
const MAX_SLOT_BYTES = 512 * 1024 * 1024;

const requestSchema = z.strictObject({
  slotBytes: z.int().min(1).max(MAX_SLOT_BYTES),
  slots: z.int().min(1).max(256),
});
