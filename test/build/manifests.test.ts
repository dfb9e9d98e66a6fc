import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMPONENTS } from '../../tools/bundle/components.ts';
import { projectPaths } from '../../tools/bundle/project.ts';
import { devicePlatform } from '../../tools/recipe/device-platform.ts';
import type { DevicePlatform, PlatformSource } from '../../tools/recipe/device-platform.ts';
import { parseLifecycle } from '../../tools/recipe/lifecycle.ts';
import { matchManifest } from '../../tools/recipe/manifest-match.ts';
import { countRecipeObjects, isLiteRange, LITE_MAX_OBJECTS } from '../../tools/recipe/lite-limits.ts';
import { parseRecipeFile } from '../../tools/recipe/read-recipe.ts';
import type { Manifest, Recipe } from '../../tools/recipe/recipe.ts';

const AMD64: PlatformSource = { platform: 'linux', arch: 'x64', machine: 'x86_64' };
const AARCH64: PlatformSource = { platform: 'linux', arch: 'arm64', machine: 'aarch64' };
const ARMV7L: PlatformSource = { platform: 'linux', arch: 'arm', machine: 'armv7l' };
const WINDOWS: PlatformSource = { platform: 'win32', arch: 'x64', machine: 'x86_64' };
const MAC: PlatformSource = { platform: 'darwin', arch: 'arm64', machine: 'arm64' };

const lite = { strictLite: true };

/** Device, its runtime zip, its manifest of the agent, the ladder that it sets, its manifest of models. */
const DEVICES: readonly (readonly [string, DevicePlatform, string, string, string, string])[] = [
  ['linux amd64', devicePlatform({ source: AMD64 }), 'linux-x64', 'posix', 'cpu', 'linux'],
  ...['cuda', 'webgpu', 'openvino'].map((name) => accelerated('linux amd64', AMD64, 'linux-x64', name)),
  ...['cuda', 'webgpu', 'qnn'].map((name) => accelerated('linux aarch64', AARCH64, 'linux-arm64', name)),
  ['linux amd64, unknown accelerator', withAttribute(AMD64, 'npu'), 'linux-x64', 'posix', 'cpu', 'linux'],
  ["linux amd64 with another architecture's", withAttribute(AMD64, 'qnn'), 'linux-x64', 'posix', 'cpu', 'linux'],
  ['linux aarch64', devicePlatform({ source: AARCH64 }), 'linux-arm64', 'posix', 'cpu', 'linux'],
  ['linux armv7l', devicePlatform({ source: ARMV7L }), 'linux-armv7l', 'posix', 'cpu', 'linux'],
  ['linux armv7l with an accelerator', withAttribute(ARMV7L, 'cuda'), 'linux-armv7l', 'posix', 'cpu', 'linux'],
  ['windows amd64', devicePlatform({ source: WINDOWS }), 'windows-x64', 'windows', 'cpu', 'windows'],
  ['darwin aarch64', devicePlatform({ source: MAC }), 'darwin-arm64', 'posix', 'cpu', 'darwin'],
  ['nucleus lite on amd64', devicePlatform({ source: AMD64, ...lite }), 'linux-x64', 'posix', 'cpu', 'lite'],
  ['nucleus lite on aarch64', devicePlatform({ source: AARCH64, ...lite }), 'linux-arm64', 'posix', 'cpu', 'lite'],
  ['nucleus lite on armv7l', devicePlatform({ source: ARMV7L, ...lite }), 'linux-armv7l', 'posix', 'cpu', 'lite'],
];

function withAttribute(source: PlatformSource, accelerator: string): DevicePlatform {
  return devicePlatform({ source, override: { accelerator } });
}

function accelerated(device: string, source: PlatformSource, runtime: string, name: string) {
  const row = [withAttribute(source, name), runtime, `linux-${name}`, `${name},cpu`, 'linux'] as const;
  return [`${device} with ${name}`, ...row] as const;
}

describe('manifests', () => {
  const recipes = new Map<string, Recipe>();
  const manifestOf = (component: string, device: DevicePlatform): Manifest => {
    const recipe = recipes.get(component);
    if (!recipe) throw new Error(`no recipe of ${component}`);
    return matchManifest(recipe, device);
  };

  beforeAll(async () => {
    for (const { name } of COMPONENTS) {
      const parsed = await parseRecipeFile(path.join(projectPaths.recipes, `${name}.yaml`));
      expect(parsed.issues).toEqual([]);
      if (parsed.recipe) recipes.set(name, parsed.recipe);
    }
  });

  it.each(DEVICES)('gives %s the right ones', (_, device, runtime, agent, ladder, model) => {
    expect(manifestOf('edgeml.Runtime', device).artifacts.map(({ fileName }) => fileName)).toEqual([
      `edgeml-runtime-${runtime}.zip`,
    ]);
    expect(manifestOf('edgeml.InferenceAgent', device).name).toBe(agent);
    expect(lifecycleOf(manifestOf('edgeml.InferenceAgent', device)).steps.run?.script).toMatch(
      new RegExp(`run\\.(sh|cmd)" "\\{kernel:rootPath\\}" ${ladder}$`),
    );
    for (const name of ['PartsDetector', 'PartsClassifier', 'PartsSegmenter', 'GearInspector'])
      expect(manifestOf(`edgeml.model.${name}`, device).name).toBe(model);
    expect(manifestOf('edgeml.InferenceApp', device).artifacts).toHaveLength(1);
    const uploader = environmentOf(manifestOf('edgeml.FeedbackUploader', device));
    expect(uploader['EDGEML_MAX_MESSAGE_BYTES']).toBe(model === 'lite' ? '7000' : undefined);
  });

  it.each([
    ['linux x86', devicePlatform({ source: { platform: 'linux', arch: 'ia32', machine: 'i686' } })],
    ['windows on arm', devicePlatform({ source: { platform: 'win32', arch: 'arm64', machine: 'arm64' } })],
    ['an Intel Mac', devicePlatform({ source: { platform: 'darwin', arch: 'x64', machine: 'x86_64' } })],
  ])('refuses %s, for which there is no runtime', (_, device) => {
    expect(() => manifestOf('edgeml.Runtime', device)).toThrow(
      expect.objectContaining({ code: 'recipe.no-manifest' }) as Error,
    );
  });

  it('keeps manifests with attributes that nucleus lite does not know away from it', () => {
    // aws-greengrass-lite 2.6 looks at runtime, os and architecture only (modules/ggl-recipe/src/recipe.c):
    // a manifest with `runtime` and a further attribute would match on every lite device.
    const known = new Set(['runtime', 'os', 'architecture']);
    for (const recipe of recipes.values())
      for (const { name, platform } of recipe.manifests)
        if (Object.keys(platform).some((attribute) => !known.has(attribute)))
          expect(platform, `${recipe.name} ${name}`).not.toHaveProperty('runtime');
  });

  it('activates models where the nucleus can see them fail, and retires them where it has a shutdown', () => {
    const onJava = lifecycleOf(manifestOf('edgeml.model.PartsDetector', devicePlatform({ source: AMD64 })));
    const onLite = lifecycleOf(manifestOf('edgeml.model.PartsDetector', devicePlatform({ source: AMD64, ...lite })));

    expect(Object.keys(onJava.steps)).toEqual(['startup', 'shutdown']);
    expect(onJava.steps.startup?.script).toMatch(/model\.js" activate /);
    expect(onJava.steps.startup?.timeoutSeconds).toBeGreaterThanOrEqual(300);
    expect(onJava.steps.shutdown?.script).toMatch(
      /model\.js" retire PartsDetector "\{artifacts:decompressedPath\}\/PartsDetector"$/,
    );
    expect(Object.keys(onLite.steps)).toEqual(['startup']);
    expect(onLite.steps.startup?.script).toMatch(/model\.js" activate .* && systemd-notify --ready && exit 0; exit 1$/);
    expect(onLite.steps.startup?.timeoutSeconds).toBeGreaterThanOrEqual(300);
  });

  it('fit nucleus lite with room for a few settings more, digests of the cloud included', async () => {
    for (const { name } of COMPONENTS) {
      const { raw } = await parseRecipeFile(path.join(projectPaths.recipes, `${name}.yaml`));
      expect(countRecipeObjects(raw), name).toBeLessThanOrEqual(LITE_MAX_OBJECTS - 8);
    }
  });

  it('has versions that both nuclei read', () => {
    for (const { name, dependencies } of recipes.values())
      for (const { versionRequirement } of Object.values(dependencies))
        expect(isLiteRange(versionRequirement), `${name}: ${versionRequirement}`).toBe(true);
  });

  it('lets an application outlive the agent, and installs nothing of the cloud along with it', () => {
    const { dependencies } = recipes.get('edgeml.InferenceApp') as Recipe;
    expect(Object.entries(dependencies).map(([name, { type }]) => [name, type])).toEqual([
      ['edgeml.Runtime', 'HARD'],
      ['edgeml.InferenceAgent', 'SOFT'],
    ]);
    const needed = new Set(['edgeml.InferenceApp']);
    for (const name of needed) for (const next of Object.keys(recipes.get(name)?.dependencies ?? {})) needed.add(next);
    expect([...needed]).toEqual(['edgeml.InferenceApp', 'edgeml.Runtime', 'edgeml.InferenceAgent']);
  });

  it('makes a unit on nucleus lite of every component that others depend on, without a process that does nothing', () => {
    for (const [component, recipe] of recipes) {
      const { steps } = lifecycleOf(matchManifest(recipe, devicePlatform({ source: AMD64, ...lite })));
      expect([steps.run, steps.startup].filter(Boolean), component).toHaveLength(1);
      expect(JSON.stringify(recipe.manifests), component).not.toMatch(/\btail\b|\bsleep\b/);
    }
  });

  it('never asks for privileges, and hands its process to the nucleus with exec', () => {
    for (const recipe of recipes.values())
      for (const manifest of recipe.manifests) {
        const { steps } = lifecycleOf(manifest);
        for (const step of Object.values(steps)) expect(step.requiresPrivilege).toBe(false);
        const lasting = [steps.run, steps.startup, steps.shutdown].flatMap((step) => step?.script ?? []);
        const first =
          manifest.platform['os'] === 'windows'
            ? /^call "/
            : /^(ulimit -n \d+ 2>\/dev\/null \|\| true; )?(sh [^;&]+ && )?exec /;
        // The command that tells systemd that it is ready has to return.
        for (const script of lasting.filter((one) => !one.includes('systemd-notify'))) expect(script).toMatch(first);
      }
  });

  it('makes Node.js executable, because zips do not carry that bit over', () => {
    for (const manifest of recipes.get('edgeml.Runtime')?.manifests ?? [])
      expect(manifest.artifacts[0]?.permission).toEqual({ read: 'ALL', execute: 'ALL' });
  });

  it('lets no model restart the agent or the application', () => {
    const dependents = [...recipes.values()].filter(({ dependencies }) =>
      Object.keys(dependencies).some((name) => name.startsWith('edgeml.model.')),
    );
    expect(dependents).toEqual([]);
  });
});

function lifecycleOf(manifest: Manifest) {
  return parseLifecycle('test', manifest.lifecycle);
}

function environmentOf(manifest: Manifest): Readonly<Record<string, string>> {
  return lifecycleOf(manifest).environment;
}
