import { execFileSync } from 'node:child_process';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { blocks } from './pages.ts';

const named = (language: string): readonly (readonly [string, string])[] =>
  blocks(language).map(({ page, text }) => [`${page}: ${text.slice(0, 50).replaceAll(/\s+/g, ' ')}`, text]);

const COMPILE = 'import json, sys\nfor name, text in json.load(sys.stdin): compile(text, name, "exec")';

describe('code in docs/', () => {
  it('compiles as Python', () => {
    const samples = named('python');
    expect(samples.length).toBeGreaterThan(0);
    execFileSync('python3', ['-c', COMPILE], { input: JSON.stringify(samples), encoding: 'utf8' });
  });

  it.each([...named('js'), ...named('ts')])('is JavaScript or TypeScript: %s', (_name, text) => {
    expect(() => transformSync(text, { loader: 'ts' })).not.toThrow();
  });
});
