import { describe, expect, it } from 'vitest';

import { BufferPool } from './buffer-pool.ts';

describe('BufferPool', () => {
  it('gives views of the length that was asked for, in memory that can be moved', () => {
    const view = new BufferPool().take(200_000);
    expect(view.length).toBe(200_000);
    const moved = structuredClone(view, { transfer: [view.buffer] });
    expect([view.length, moved.length]).toEqual([0, 200_000]);
  });

  it('uses the memory of one image for the next of about its size', () => {
    const pool = new BufferPool();
    const { buffer } = pool.take(200_000);
    pool.give(buffer);
    expect(pool.take(180_000).buffer).toBe(buffer);
    expect(pool.take(180_000).buffer).not.toBe(buffer);
  });

  it('does not give large memory to small images, nor small memory to large ones', () => {
    const pool = new BufferPool();
    const { buffer } = pool.take(1_000_000);
    pool.give(buffer);
    expect(pool.take(70_000).buffer).not.toBe(buffer);
    expect(pool.take(3_000_000).buffer).not.toBe(buffer);
    expect(pool.take(900_000).buffer).toBe(buffer);
  });

  it('keeps a bounded amount, and nothing that was moved away', () => {
    const pool = new BufferPool();
    for (let count = 0; count < 100; count++) pool.give(new ArrayBuffer(1024 * 1024));
    expect(pool.freeBytes).toBe(8 * 1024 * 1024);
    const gone = new ArrayBuffer(128 * 1024);
    structuredClone(gone, { transfer: [gone] });
    const other = new BufferPool();
    other.give(gone);
    expect(other.freeBytes).toBe(0);
  });
});
