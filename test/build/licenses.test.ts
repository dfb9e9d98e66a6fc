import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagesOf } from '../../components/runtime/platforms.ts';
import { bundle } from '../../tools/bundle/bundle.ts';
import type { BuildStep } from '../../tools/bundle/build.ts';
import { buildForThisMachine, thisPlatform } from '../../tools/bundle/host-build.ts';
import { PROJECT, projectPaths } from '../../tools/bundle/project.ts';
import { pinOf } from '../../tools/bundle/runtime/pins.ts';
import { withRuntimeEntries } from '../../tools/bundle/runtime/runtime-entries.ts';
import { unzip } from '../../tools/local-core/store/unzip.ts';

interface Software {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly licenses: readonly object[];
  readonly components?: readonly Software[];
}

/** Bundles of each zip of code. */
const BUNDLES = {
  'edgeml-agent.zip': [
    'inference-agent/agent.ts',
    'inference-agent/doctor.ts',
    'inference-agent/instance-worker.ts',
    'inference-agent/instance/serve-model.ts',
    'inference-agent/model.ts',
  ],
  'edgeml-app.zip': ['inference-app/app.ts'],
  'edgeml-feedback.zip': ['feedback-uploader/uploader.ts', 'feedback-uploader/redactor.ts'],
};

let folder: string;
let steps: readonly BuildStep[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-licenses-'));
  steps = await buildForThisMachine({ output: path.join(folder, 'build') });
  for (const { component, version, artifact } of steps)
    await unzip(path.join(folder, 'build/artifacts', component, version, artifact), path.join(folder, artifact));
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (artifact: string, name: string) => readFile(path.join(folder, artifact, name), 'utf8');
const softwareOf = async (artifact: string) =>
  (JSON.parse(await read(artifact, 'sbom.cdx.json')) as { components: readonly Software[] }).components;
const titleOf = ({ group, name, version }: Software) => `${group === undefined ? '' : `${group}/`}${name} ${version}`;

describe('every zip', () => {
  it('carries our license, those of others and a bill of materials that holds to CycloneDX 1.6', async () => {
    const own = await readFile(path.join(PROJECT, 'LICENSE'), 'utf8');
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    for (const { component, version, artifact } of steps) {
      expect(await read(artifact, 'LICENSE'), artifact).toBe(own);
      expect(await read(artifact, 'THIRD-PARTY-LICENSES')).toContain(`${artifact} of ${component} ${version} is`);
      const text = await read(artifact, 'sbom.cdx.json');
      expect(await validator.validate(text), artifact).toBeNull();
      expect(JSON.parse(text)).toMatchObject({ metadata: { component: { name: component, version } } });
    }
    expect(steps.length).toBeGreaterThan(5);
  });

  it('lists the same software in both, each with a license', async () => {
    for (const { artifact } of steps) {
      const licenses = await read(artifact, 'THIRD-PARTY-LICENSES');
      for (const software of await softwareOf(artifact)) {
        expect(licenses, artifact).toContain(`\n${titleOf(software)}: `);
        expect(licenses, `text for ${titleOf(software)}`).toContain(`\n${titleOf(software)} (`);
        expect(software.licenses, titleOf(software)).toHaveLength(1);
      }
    }
  });
});

describe('a zip of code', () => {
  it.each(Object.entries(BUNDLES))('%s names every npm package that esbuild took in', async (artifact, entries) => {
    const bundles = await Promise.all(entries.map((entry) => bundle(path.join(projectPaths.components, entry))));
    const folders = [...new Set(bundles.flatMap(({ imports }) => [...imports.keys()]))].filter((name) => name !== '');
    const packages = await Promise.all(
      folders.map(async (name) => {
        const manifest = await readFile(path.join(PROJECT, name, 'package.json'), 'utf8');
        return JSON.parse(manifest) as { name: string; version: string };
      }),
    );

    const found = (await softwareOf(artifact)).map(titleOf);
    expect(found.sort()).toEqual([...new Set(packages.map(({ name, version }) => `${name} ${version}`))].sort());
    expect(found).toEqual(
      expect.arrayContaining([expect.stringMatching(/^pino \d/), expect.stringMatching(/^zod \d/)]),
    );
  });

  it('keeps the copyright comments that esbuild takes out of the code', async () => {
    expect(await read('edgeml-agent.zip', 'THIRD-PARTY-LICENSES')).toContain(
      'Copyright 2009 The Closure Library Authors',
    );
    expect(await read('edgeml-agent.zip', 'agent.js')).not.toContain('Closure Library Authors');
  });
});

describe('the runtime', () => {
  const artifact = `edgeml-runtime-${thisPlatform()}.zip`;

  it('names every package that it is made of', async () => {
    const found = (await softwareOf(artifact)).map(titleOf);
    expect(found.sort()).toEqual(
      packagesOf(thisPlatform())
        .map(({ name }) => `${name} ${pinOf(name).version}`)
        .sort(),
    );
  });

  it('names the libraries inside, with what their licenses ask for', async () => {
    const inside = (await softwareOf(artifact)).flatMap(({ components = [] }) => components).map(({ name }) => name);
    expect(inside).toEqual(expect.arrayContaining(['Node.js', 'ONNX Runtime', 'libvips', 'libjpeg-turbo']));
    const licenses = await read(artifact, 'THIRD-PARTY-LICENSES');
    for (const words of [
      'GNU LESSER GENERAL PUBLIC LICENSE',
      'GNU GENERAL PUBLIC LICENSE',
      'https://github.com/lovell/sharp-libvips/tree/v',
      'in part on the work of the Independent JPEG Group',
      'Node.js is licensed for use as follows',
      'THIRD PARTY SOFTWARE NOTICES AND INFORMATION',
      'Licensed under the Apache License, Version 2.0',
    ])
      expect(licenses).toContain(words);
  });

  it('says the same when it is made again', async () => {
    const archive = { component: 'edgeml.Runtime', version: '1.0.0', name: artifact, kind: 'application' } as const;
    await withRuntimeEntries({ ...archive, platform: thisPlatform() }, projectPaths.cache, {}, async (entries) => {
      for (const name of ['THIRD-PARTY-LICENSES', 'sbom.cdx.json']) {
        const content = entries.find((entry) => entry.path === name)?.content as Buffer;
        expect(sha256(content), name).toBe(sha256(await readFile(path.join(folder, artifact, name))));
      }
    });
  }, 120_000);
});

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
