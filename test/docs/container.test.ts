import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { needs } from '../../testing/outside-data/needs.ts';
import type { OutsideData } from '../../testing/outside-data/needs.ts';
import { HADOLINT, hadolint } from '../../testing/outside-data/python.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

const FOLDER = path.join(PROJECT, 'container');
const RECIPE = path.join(FOLDER, 'Containerfile');
const PREFIXES = ['health ', 'answer ', 'exit '] as const;

const imageBuild: OutsideData = {
  what: 'the build of the container image, which takes about 8 minutes and 5 GB of disk',
  how: 'as root: apt-get install debootstrap buildah iproute2, and set EDGEML_TRY_IMAGE',
  whyNot: () => {
    if (process.env['EDGEML_TRY_IMAGE'] === undefined) return 'not asked for';
    const missing = ['debootstrap', 'buildah', 'ip'].find((name) => spawnSync('which', [name]).status !== 0);
    return missing === undefined ? undefined : `${missing} is not installed`;
  },
  isInCi: false,
};

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

describe('the image', await needs(imageBuild), () => {
  it('starts without a network, answers a picture, is healthy, and ends on SIGTERM', { timeout: 1_800_000 }, () => {
    const printed = execFileSync(path.join(FOLDER, 'try-image.sh'), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = printed.split('\n');
    const [health = '', answer = '', code] = PREFIXES.map((prefix) =>
      lines.find((line) => line.startsWith(prefix))?.slice(prefix.length),
    );

    expect(JSON.parse(health)).toMatchObject({ status: 'ok', incidents: [] });
    const { predictions } = JSON.parse(answer) as { predictions: unknown[] };
    expect(predictions[0]).toMatchObject({ label: expect.any(String) as string });
    expect(code).toBe('0');
  });
});
