import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../components/inference-app/read-configuration.ts';

const examplesOf = (name: string): readonly string[] => {
  const page = readFileSync(path.join(import.meta.dirname, '../../docs', name), 'utf8');
  return [...page.matchAll(/^```json\n([^`]+)^```$/gm)].map(([, text = '']) => text);
};

describe.each([
  ['sources.md', 10],
  ['migrating-v2-components.md', 3],
])('docs/%s', (name, least) => {
  const examples = examplesOf(name);

  it('has examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(least);
  });

  it.each(examples)('this example is taken, and every setting in it is known: %s', (text) => {
    const unknown: unknown[] = [];

    readConfiguration(JSON.parse(text), { platform: 'linux', arch: 'x64', sampleImages: '/samples' }, (found) =>
      unknown.push(...found),
    );
    expect(unknown).toEqual([]);
  });
});
