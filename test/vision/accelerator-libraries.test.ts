import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../testing/outside-data/needs.ts';
import type { OutsideData } from '../../testing/outside-data/needs.ts';
import { readelf } from '../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { elfFacts, isWithin } from '../../testing/vision/elf-facts.ts';
import { unpackWheel } from '../../tools/bundle/accelerators/fetch-wheel.ts';
import { ACCELERATOR_SOURCES } from '../../tools/bundle/accelerators/wheels.ts';
import type { AcceleratorSource, Wheel } from '../../tools/bundle/accelerators/wheels.ts';
import { projectPaths } from '../../tools/bundle/project.ts';

const MACHINES: Readonly<Record<string, string>> = {
  'linux-x64': 'Advanced Micro Devices X86-64',
  'linux-arm64': 'AArch64',
};
/** Libraries of glibc and the compiler's runtime: on every Debian that has a C++ program. */
const SYSTEM = /^(lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s)|ld-linux-(x86-64|aarch64))\.so\.\d+$/;
/** Runs on Qualcomm's signal processor, not under Linux. */
const DSP = /Skel\.so$/;

function fetched({ name, version, tag }: Wheel): OutsideData {
  const file = path.join(projectPaths.cache, 'wheels', `${name}-${version}-${tag}.whl`);
  return {
    what: `the wheel of ${name} ${version} for ${tag}`,
    how: 'npm run build -- --component edgeml.accelerator.… --platform …',
    whyNot: () => (existsSync(file) ? undefined : 'not in the cache'),
    isInCi: false,
  };
}

const wheels = await Promise.all(
  ACCELERATOR_SOURCES.flatMap((source) =>
    Object.entries(source.wheels).map(
      async ([platform, wheel]) => [source, platform, wheel, await needs(readelf, fetched(wheel))] as const,
    ),
  ),
);

describe('the libraries of an accelerator', () => {
  for (const [source, platform, wheel, condition] of wheels) {
    const name = `load on their platform: ${source.component} for ${platform}`;
    it(name, { ...condition, timeout: PATIENCE_MS }, () => expectLoadable(source, platform, wheel));
  }
});

async function expectLoadable(source: AcceleratorSource, platform: string, wheel: Wheel): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'edgeml-libraries-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(projectPaths.cache, 'wheels', `${wheel.name}-${wheel.version}-${wheel.tag}.whl`);
  const taken = (await unpackWheel(file, folder)).filter((one) => source.files.test(path.basename(one)));
  const libraries = taken.filter((one) => /\.so(\.[\d.]+)?$/.test(one) && !DSP.test(one));
  const names = taken.map((one) => path.basename(one));
  expect(names).toContain(source.library);
  const facts = await Promise.all(libraries.map(async (one) => [path.basename(one), await elfFacts(one)] as const));
  const defined = new Set(facts.flatMap(([, { definedSymbols }]) => definedSymbols));
  const floor = /_(\d+)_(\d+)_/.exec(wheel.tag)?.slice(1).join('.') ?? '';
  const ofDevice = [...(source.needs ?? []), ...(source.driverLibraries ?? [])];
  for (const [name, { machine, needed, glibc, undefinedSymbols }] of facts) {
    expect(machine, name).toBe(MACHINES[platform]);
    expect(isWithin(glibc, floor), `${name} asks for glibc ${glibc}, the wheel promises ${floor}`).toBe(true);
    const foreign = needed.filter((one) => !SYSTEM.test(one) && !names.includes(one));
    expect(ofDevice, `${name} needs libraries that nobody tells of`).toEqual(expect.arrayContaining(foreign));
    // Symbols of a driver cannot be known here. Threads are in every process of Node.js, whether or not a library is linked with them.
    const lost = undefinedSymbols.filter((symbol) => !defined.has(symbol) && !symbol.startsWith('pthread_'));
    if (foreign.length === 0) expect(lost, name).toEqual([]);
  }
}
