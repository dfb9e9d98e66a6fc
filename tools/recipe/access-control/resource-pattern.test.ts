import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { resourcePattern } from './resource-pattern.ts';
import type { PatternStyle } from './resource-pattern.ts';

/** The rules as a recursion that tries every run, straight from the developer guide; slow, and plain to see. */
function slowMatch(pattern: string, resource: string, style: PatternStyle, before = '/'): boolean {
  if (pattern === '') return resource === '';
  const levelStart = before === '/';
  if (pattern.startsWith('${')) {
    return resource[0] === pattern[2] && slowMatch(pattern.slice(4), resource.slice(1), style, pattern[2]);
  }
  if (pattern.startsWith('*')) {
    const rest = pattern.slice(1);
    return prefixesOf(resource).some((taken) => slowMatch(rest, resource.slice(taken.length), style, '*'));
  }
  if (style === 'mqtt' && pattern === '/#' && resource === '') return true;
  if (style === 'mqtt' && levelStart && pattern === '#') return true;
  if (style === 'mqtt' && levelStart && /^\+(\/|$)/.test(pattern)) {
    const level = prefixesOf(resource).filter((taken) => !taken.includes('/'));
    return level.some((taken) => slowMatch(pattern.slice(1), resource.slice(taken.length), style, '+'));
  }
  return resource[0] === pattern[0] && slowMatch(pattern.slice(1), resource.slice(1), style, pattern[0]);
}

function prefixesOf(text: string): string[] {
  return Array.from({ length: text.length + 1 }, (_, length) => text.slice(0, length));
}

const piece = fc.constantFrom('a', 'b', '/', '*', '+', '#', '${*}', '${?}', '${$}', '$', '/+/', '/#', '/+');
const pattern = fc.array(piece, { minLength: 1, maxLength: 7 }).map((pieces) => pieces.join(''));
const resource = fc
  .array(fc.constantFrom('a', 'b', '/', '*', '?', '$', '+', '#'), { maxLength: 8 })
  .map((characters) => characters.join(''));

describe('resource patterns', () => {
  it.each([
    ['plain', '*', 'any/thing', true],
    ['plain', 'edgeml/*/stop', 'edgeml/a/b/stop', true],
    ['plain', 'edgeml/*', 'edgeml/', true],
    ['plain', 'edgeml/*', 'edgeml', false],
    ['plain', 'a/+/b', 'a/x/b', false],
    ['plain', 'a/+/b', 'a/+/b', true],
    ['plain', 'a/#', 'a/b', false],
    ['plain', 'a/#', 'a/#', true],
    ['plain', 'what${?}', 'what?', true],
    ['plain', '${*}', '*', true],
    ['plain', '${*}', 'x', false],
    ['plain', 'cost$5', 'cost$5', true],
    ['mqtt', 'a/+/b', 'a/x/b', true],
    ['mqtt', 'a/+/b', 'a/x/y/b', false],
    ['mqtt', 'a/+', 'a/', true],
    ['mqtt', 'a/#', 'a/b/c', true],
    ['mqtt', 'a/#', 'a', true],
    ['mqtt', '#', 'a/b', true],
    ['mqtt', '+/b', 'a/b', true],
    ['mqtt', 'a+', 'ab', false],
    ['mqtt', 'a#', 'a#', true],
    ['mqtt', 'a/#/b', 'a/#/b', true],
    ['mqtt', 'a/#/b', 'a/x/b', false],
    ['mqtt', 'abc/*xy/#', 'abc/12xy', true],
  ] as const)('%s %s and %s: %s', (style, text, asked, expected) => {
    expect(resourcePattern(text, style).matches(asked)).toBe(expected);
  });

  it.each([
    ['', 'it is empty'],
    ['what?', 'is not a wildcard'],
    ['${x}', 'is not an escape'],
    ['${*', 'is not an escape'],
    ['a${', 'is not an escape'],
    ['${*bc}', 'is not an escape'],
  ])('refuses "%s"', (text, reason) => {
    expect(() => resourcePattern(text, 'plain')).toThrow(reason);
  });

  it.each(['plain', 'mqtt'] as const)('match in %s style as a plain recursion does', (style) => {
    fc.assert(
      fc.property(pattern, resource, (text, asked) => {
        expect(resourcePattern(text, style).matches(asked)).toBe(slowMatch(text, asked, style));
      }),
      { numRuns: 5000 },
    );
  });

  it('answer at once for patterns that make a recursion explode', () => {
    const wild = resourcePattern(`${'*a'.repeat(60)}b`, 'plain');

    expect(wild.matches('a'.repeat(2000))).toBe(false);
    expect(wild.matches(`${'a'.repeat(2000)}b`)).toBe(true);
  });
});
