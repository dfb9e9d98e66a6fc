import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { needs } from '../../testing/outside-data/needs.ts';
import { HADOLINT, hadolint } from '../../testing/outside-data/python.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

const RECIPE = path.join(PROJECT, 'container/Containerfile');

describe('container/Containerfile', () => {
  it('copies files that exist, and runs as an ordinary user', () => {
    const lines = readFileSync(RECIPE, 'utf8').split('\n');
    const copied = lines.flatMap((line) => /^COPY (?:--\S+ )*(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? []);

    expect(copied.length).toBeGreaterThan(2);
    for (const file of copied) expect(existsSync(path.join(PROJECT, file)), file).toBe(true);
    expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER 1000:1000']);
  });
});

describe('hadolint', await needs(hadolint), () => {
  it('finds nothing in the recipe', () => {
    expect(execFileSync(HADOLINT, [RECIPE], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });
});
