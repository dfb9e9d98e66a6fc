import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DECODERS, parseManifest } from '#packages/model-package';

const page = readFileSync(path.join(import.meta.dirname, '../../docs/models.md'), 'utf8');
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(
  ([, text]) => JSON.parse(text ?? '') as { name: string; output: { decoder: string } },
);

describe('docs/models.md', () => {
  it.each(examples.map((example) => [example.name, example] as const))(
    'shows a valid model.json of %s',
    (_name, example) => {
      expect(() => parseManifest(example)).not.toThrow();
    },
  );

  it('shows one for every decoder', () => {
    expect(new Set(examples.map(({ output }) => output.decoder))).toEqual(new Set(DECODERS));
  });
});
