import { describe, expect, it } from 'vitest';
import { MemoryIo } from '../tools/cli/frame/io.ts';
import { runBenchmark } from './benchmarks.ts';

const BENCHMARKS = [
  'agent',
  'challenger',
  'vision',
  'camera',
  'edge-manager',
  'uploader',
  'feedback',
  'captures',
  'decoders',
  'drift',
  'fleet',
  'accelerators',
];

async function bench(...words: readonly string[]) {
  const io = new MemoryIo();
  const code = await runBenchmark(words, io, new AbortController().signal);
  return { code, out: io.out, err: io.err };
}

describe('runBenchmark', () => {
  it('lists the benchmarks when none is named', async () => {
    const { code, out } = await bench();
    expect(code).toBe(0);
    const listed = [...out.matchAll(/^ {2}(\S+) \[options\]/gm)].map(([, name]) => name);
    expect(listed).toEqual(BENCHMARKS);
  });

  it.each(BENCHMARKS)('tells the options of %s and their defaults', async (name) => {
    const { code, out } = await bench(name, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: edgeml bench ${name} [options]`);
    expect(out).toMatch(/--(requests|rounds|samples|images|seconds|devices) <number>.*\(default:\s+"\d+"\)/s);
  });

  it('has a word for one that is not there', async () => {
    const { code, err } = await bench('visoin');
    expect(code).toBe(2);
    expect(err).toMatch(/unknown command 'visoin'.*Did you mean vision\?/s);
  });

  it.each([
    ['agent', '--requests', 'many'],
    ['agent', '--swaps', '0'],
    ['vision', '--rounds', '0'],
    ['vision', '--model', 'none'],
    ['camera', '--rounds', '0'],
    ['camera', '--frames', 'all'],
    ['edge-manager', '--requests', '1.5'],
    ['uploader', '--samples', '19'],
    ['feedback', '--images', '-1'],
    ['captures', '--seconds', ''],
    ['drift', '--images', '0'],
    ['accelerators', '--rounds', '0'],
  ])('refuses %s %s "%s" before it measures anything', async (...words) => {
    const { code, err } = await bench(...words);
    expect(code).toBe(2);
    expect(err).toContain(`${words[1]} is "${words[2]}"`);
  });
});
