import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

function lines(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const splitter = new LineSplitter((line) => seen.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return seen;
}

describe('LineSplitter', () => {
  it('cuts at line ends, trims, drops empty lines, keeps the last line', () => {
    expect(lines([Buffer.from('a\r\n\n  b  \nc')])).toEqual(['a', 'b', 'c']);
  });

  it('cuts a line without end', () => {
    const cut = lines([Buffer.from('x'.repeat(150_000))]);

    expect(cut.map((line) => line.length)).toEqual([65_536, 65_536, 150_000 - 131_072]);
  });

  it('gives the same lines however the bytes arrive', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(200)), (text, cuts) => {
        const bytes = Buffer.from(text);
        const places = [0, ...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));

        expect(lines(chunks)).toEqual(lines([bytes]));
      }),
    );
  });
});
