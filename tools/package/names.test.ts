import { describe, expect, it } from 'vitest';
import { asModelName, requireComponentName, requireModelName, requireVersion } from './names.ts';

const code = (value: string) => expect.objectContaining({ code: value }) as Error;

describe('names', () => {
  it.each(['a', 'A1', 'a-b', 'a--b', 'x'.repeat(63)])('row 109: takes the model name %s', (name) => {
    expect(requireModelName(name)).toBe(name);
  });

  it.each(['', '-a', 'a-', 'a_b', 'a.b', 'x'.repeat(64)])('row 109: refuses the model name %j', (name) => {
    expect(() => requireModelName(name)).toThrow(code('packaging.name'));
  });

  it.each(['1.0.0', '10.20.30', '1.0.0-rc.1'])('row 109: takes the version %s', (version) => {
    expect(requireVersion(version)).toBe(version);
  });

  it.each(['', '1', '1.0', 'v1.0.0', '1.0.0 ', '01.0.0', `1.0.0-${'a'.repeat(25)}`])(
    'row 109: refuses the version %j',
    (version) => {
      expect(() => requireVersion(version)).toThrow(code('packaging.version'));
    },
  );

  it('row 29: bounds the name under which Greengrass knows the model to 128 characters of its own set', () => {
    expect(requireComponentName('x'.repeat(128))).toHaveLength(128);
    for (const name of ['', 'x'.repeat(129), 'a/b', 'a b', 'ä'])
      expect(() => requireComponentName(name)).toThrow(code('packaging.component-name'));
  });

  it.each([
    ['my model_v2', 'my-model-v2'],
    ['--street--', 'street'],
    ['a'.repeat(70), 'a'.repeat(63)],
    ['___', undefined],
  ])('makes a model name of %j', (text, name) => {
    expect(asModelName(text)).toBe(name);
  });
});
