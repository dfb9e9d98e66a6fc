import { pointerTo } from '../issue.ts';
import type { Finding } from '../issue.ts';
import type { Manifest, Recipe } from '../recipe.ts';

const VALUES: Readonly<Record<string, readonly string[]>> = {
  os: ['linux', 'darwin', 'windows', 'all', 'any', '*'],
  architecture: ['amd64', 'arm', 'aarch64', 'x86', 'riscv64', 'all', 'any', '*'],
  'architecture.detail': ['armv6l', 'armv7l', 'armv8l', 'armv6b', 'armv7b', 'armv8b', '*'],
  runtime: ['aws_nucleus_lite', '*'],
};

/** Platform attributes that match nothing, and manifests that no device can get. */
export function lintManifests(recipe: Recipe): Finding[] {
  const findings = recipe.manifests.flatMap((manifest, index) =>
    lintPlatform(manifest, `/Manifests/${index}/Platform`),
  );
  const catchAll = recipe.manifests.findIndex(matchesEverything);
  for (let index = catchAll + 1; catchAll >= 0 && index < recipe.manifests.length; index++) {
    findings.push({
      severity: 'warning',
      nucleus: 'any',
      code: 'manifest.unreachable',
      pointer: `/Manifests/${index}`,
      message: `manifest ${nameOf(recipe.manifests[index], index)} is never used: manifest ${nameOf(recipe.manifests[catchAll], catchAll)} before it fits every device.`,
      fix: 'put the general manifest last.',
    });
  }
  return findings;
}

function lintPlatform(manifest: Manifest, pointer: string): Finding[] {
  return Object.entries(manifest.platform).flatMap(([attribute, value]): Finding[] => {
    const here = pointerTo(pointer, attribute);
    if (value.length >= 2 && value.startsWith('/') && value.endsWith('/')) {
      const problem = regexProblem(value.slice(1, -1));
      return problem === undefined ? [] : [patternFinding(here, value, problem)];
    }
    const known = VALUES[attribute];
    if (known?.includes(value) ?? true) return [];
    const message = `${attribute}: "${value}" fits no device that the nucleus knows.`;
    const fix = `write one of ${known?.join(', ')}.`;
    return [{ severity: 'warning', nucleus: 'any', code: 'platform.value', pointer: here, message, fix }];
  });
}

function patternFinding(pointer: string, value: string, problem: string): Finding {
  return {
    severity: 'error',
    nucleus: 'any',
    code: 'platform.pattern',
    pointer,
    message: `${value} is not a regular expression: ${problem}.`,
    fix: 'correct the pattern between the slashes.',
  };
}

function regexProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function matchesEverything({ platform }: Manifest): boolean {
  return Object.entries(platform).every(
    ([name, value]) => value === '*' || ((name === 'os' || name === 'architecture') && ['all', 'any'].includes(value)),
  );
}

function nameOf(manifest: Manifest | undefined, index: number): string {
  return manifest?.name === undefined ? String(index) : `"${manifest.name}"`;
}
