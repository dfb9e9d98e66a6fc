import { describe, expect, it } from 'vitest';

import { topicFilter } from './topic-filter.ts';

describe('local topic filters', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/', true],
    ['a/b', 'a/c', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['+/+', 'a/b', true],
    ['+', '/a', false],
    ['a/#', 'a/b', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', false],
    ['#', 'a/b', true],
    ['#', '$aws/x', true],
    ['a/#/c', 'a/b/c', true],
    ['a/#/c', 'a/b/b/c', false],
    ['a+', 'ab', false],
    ['a+', 'a+', true],
  ])('%s and %s: %s', (filter, topic, expected) => {
    expect(topicFilter(filter).matches(topic)).toBe(expected);
  });

  it.each([
    ['a/b', false],
    ['a+/b', false],
    ['a/#/b', false],
    ['a/+/b', true],
    ['a/#', true],
    ['#', true],
  ])('%s has wildcards: %s', (filter, expected) => {
    expect(topicFilter(filter).wildcard).toBe(expected);
  });
});
