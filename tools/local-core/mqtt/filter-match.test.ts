import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { filterCovers, filterMatches } from './filter-match.ts';

const level = fc.constantFrom('a', 'b', '', '$x');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 0, maxLength: 4 }), fc.boolean())
  .map(([levels, open]) => (open ? [...levels, '#'] : levels).join('/'))
  .filter((text) => text !== '');

/** The specification's words as a recursion over levels. */
function slowMatch(filterLevels: readonly string[], topicLevels: readonly string[]): boolean {
  const [first, ...rest] = filterLevels;
  if (first === '#') return true;
  if (first === undefined) return topicLevels.length === 0;
  const [topicFirst, ...topicRest] = topicLevels;
  if (topicFirst === undefined) return false;
  return (first === '+' || first === topicFirst) && slowMatch(rest, topicRest);
}

describe('MQTT filters', () => {
  it.each([
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['#', 'a/b', true],
    ['+/b', 'a/b', true],
    ['+', '/a', false],
    ['a/+', 'a', false],
    ['#', '$SYS/uptime', false],
    ['+/uptime', '$SYS/uptime', false],
    ['$SYS/#', '$SYS/uptime', true],
    ['$share/group/a/+', 'a/b', true],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(filterMatches(pattern, name)).toBe(expected);
  });

  it('match as the specification says', () => {
    fc.assert(
      fc.property(filter, topic, (pattern, name) => {
        const hidden = name.startsWith('$') && /^[+#]/.test(pattern);
        expect(filterMatches(pattern, name)).toBe(!hidden && slowMatch(pattern.split('/'), name.split('/')));
      }),
    );
  });

  it('cover another filter only if they match all its topics', () => {
    fc.assert(
      fc.property(filter, filter, topic, (wide, narrow, name) => {
        if (filterCovers(wide, narrow) && filterMatches(narrow, name)) expect(filterMatches(wide, name)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
