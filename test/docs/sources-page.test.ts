import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../components/inference-app/read-configuration.ts';

const page = readFileSync(path.join(import.meta.dirname, '../../docs/sources.md'), 'utf8');
const examples = [...page.matchAll(/^```json\n([^`]+)^```$/gm)].map(([, text = '']) => text);

describe('docs/sources.md', () => {
  it('has examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(10);
  });

  it.each(examples)('this example is taken, and every setting in it is known: %s', (text) => {
    const unknown: unknown[] = [];

    readConfiguration(JSON.parse(text), { platform: 'linux', arch: 'x64' }, (found) => unknown.push(...found));
    expect(unknown).toEqual([]);
  });
});
