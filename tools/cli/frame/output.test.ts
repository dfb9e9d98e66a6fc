import { describe, expect, it, vi } from 'vitest';
import { MemoryIo } from './io.ts';
import { Output } from './output.ts';

class Terminal extends MemoryIo {
  override readonly color = true;
  override readonly interactive = true;
}

describe('Output', () => {
  it('keeps stdout for answers, and for JSON alone when JSON is asked for', () => {
    const [people, programs] = [new MemoryIo(), new MemoryIo()];
    for (const [io, json] of [[people, false] as const, [programs, true] as const]) {
      const out = new Output(io, json);
      out.line('answer');
      out.json({ answer: 1 });
      out.note('note');
      out.progress('working');
    }
    expect(people).toMatchObject({ out: 'answer\n', err: 'note\nworking\n' });
    expect(programs).toMatchObject({ out: '{"answer":1}\n', err: 'answer\nnote\nworking\n' });
  });

  it('writes progress over itself on a terminal, counts seconds, and clears it before anything else', () => {
    vi.useFakeTimers();
    try {
      const io = new Terminal();
      const out = new Output(io, false);
      out.progress('Building …');
      vi.advanceTimersByTime(3000);
      out.line('done');
      vi.advanceTimersByTime(3000);
      expect(io.err.split('\r\x1b[K')).toEqual([
        '',
        'Building …',
        'Building …',
        'Building … 2 s',
        'Building … 3 s',
        '',
      ]);
      expect(io.out).toBe('done\n');
    } finally {
      vi.useRealTimers();
    }
  });

  it('colors on a terminal only, and never JSON', () => {
    expect(new Output(new Terminal(), false).paint('red', 'x')).toBe('\x1b[31mx\x1b[0m');
    expect(new Output(new Terminal(), true).paint('red', 'x')).toBe('x');
    expect(new Output(new MemoryIo(), false).paint('red', 'x')).toBe('x');
  });
});
