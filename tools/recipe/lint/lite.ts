import { LITE_RUNTIME } from '../device-platform.ts';
import type { Finding } from '../issue.ts';
import { manifestMatches } from '../manifest-match.ts';
import { isPlainObject } from '../recipe.ts';
import type { Manifest, Recipe } from '../recipe.ts';
import { selectLifecycle } from '../select-lifecycle.ts';
import { lifecyclePointer, textsOf } from './lifecycles.ts';

/** Longest script that nucleus lite takes, bytes. */
const SCRIPT_BYTES = 10_000;
const UNSUPPORTED = ['shutdown', 'recover', 'bootstrap'];
const CROSS_COMPONENT = /(?<!\$)\{[.\w-]+:(?:artifacts|work|kernel|iot|configuration):[^:}]*\}/;

/** Features in the manifests for nucleus lite that it does not support (its RECIPE_SUPPORT_CHANGES.md). */
export function lintForLite(recipe: Recipe): Finding[] {
  const reachable = recipe.manifests.flatMap((manifest, index) =>
    isReachable(recipe, index) ? [{ manifest, index }] : [],
  );
  if (reachable.length === 0) return [noManifest()];
  return [
    ...reachable.flatMap(({ manifest, index }) => lintManifest(recipe, manifest, index)),
    ...recipe.manifests.flatMap(lintPatterns),
  ];
}

/** Whether a nucleus lite device exists that gets this manifest: one with just the attributes that it names. */
function isReachable(recipe: Recipe, index: number): boolean {
  const manifest = recipe.manifests[index];
  const os = manifest?.platform.os ?? '*';
  if (!manifest || !['linux', '*', 'all', 'any'].includes(os)) return false;
  const literal = Object.entries(manifest.platform).filter(([, value]) => !['*', 'all', 'any'].includes(value));
  const device = { architecture: 'amd64', ...Object.fromEntries(literal), os: 'linux', runtime: LITE_RUNTIME };
  return recipe.manifests.findIndex((one) => manifestMatches(one, device)) === index;
}

function lintManifest(recipe: Recipe, manifest: Manifest, index: number): Finding[] {
  const base = lifecyclePointer(manifest, index);
  const lifecycle = selectLifecycle(recipe, manifest);
  const findings: Finding[] = [];
  const add = (
    code: string,
    pointer: string,
    message: string,
    fix: string,
    severity: Finding['severity'] = 'error',
  ): void => {
    findings.push({ severity, nucleus: 'lite', code, pointer, message, fix });
  };
  for (const [section, value] of Object.entries(lifecycle)) {
    const pointer = `${base}/${section}`;
    if (UNSUPPORTED.includes(section)) {
      add(
        'lite.section',
        pointer,
        `nucleus lite does not run ${section}.`,
        'give nucleus lite a manifest of its own.',
        'warning',
      );
    }
    if (section === 'startup' && !tellsThatItIsReady(isPlainObject(value) ? value.Script : value)) {
      add(
        'lite.startup',
        pointer,
        'a unit of nucleus lite has started when it says so, and the end of the script is the end of the unit there.',
        'end the script with "&& systemd-notify --ready && exit 0; exit 1".',
        'warning',
      );
    }
    if (isPlainObject(value) && value.Skipif !== undefined) {
      add('lite.skipif', `${pointer}/Skipif`, 'nucleus lite does not know Skipif.', 'test in the script.');
    }
  }
  for (const { pointer, text } of textsOf(lifecycle, base)) {
    if (CROSS_COMPONENT.test(text)) {
      const fix = 'reach the other component through {kernel:rootPath}/work/<component>.';
      add('lite.cross-component', pointer, "nucleus lite does not resolve other components' variables.", fix);
    }
    if (Buffer.byteLength(text) > SCRIPT_BYTES) {
      const message = `the script has ${Buffer.byteLength(text)} bytes; nucleus lite takes ${SCRIPT_BYTES}.`;
      add('lite.script-length', pointer, message, 'move it into an artifact.');
    }
  }
  if (base === '/Lifecycle' && Object.keys(recipe.lifecycle).length > 0 && !isPlainObject(recipe.lifecycle.all)) {
    const message = 'nucleus lite reads a global lifecycle only below the key "all".';
    add('lite.global-lifecycle', '/Lifecycle', message, 'put the sections below "all", or into the manifest.');
  }
  return findings;
}

/** Lite goes on after the script with a command that systemd 252 refuses: it has to exit before. */
function tellsThatItIsReady(script: unknown): boolean {
  return typeof script === 'string' && /systemd-notify --ready\b.*\bexit 0\b/s.test(script);
}

function lintPatterns(manifest: Manifest, index: number): Finding[] {
  return Object.entries(manifest.platform).flatMap(([attribute, value]): Finding[] =>
    value.length > 1 && value.startsWith('/') && value.endsWith('/') && manifest.platform.runtime !== undefined
      ? [
          {
            severity: 'warning',
            nucleus: 'lite',
            code: 'lite.pattern',
            pointer: `/Manifests/${index}/Platform/${attribute}`,
            message: `nucleus lite does not know regular expressions; ${value} fits no device.`,
            fix: 'write one manifest per value.',
          },
        ]
      : [],
  );
}

function noManifest(): Finding {
  return {
    severity: 'warning',
    nucleus: 'lite',
    code: 'lite.no-manifest',
    pointer: '/Manifests',
    message: 'no manifest fits nucleus lite, which takes only those with the platform attribute runtime.',
    fix: `add "runtime: '*'" to a Linux manifest, or one with "runtime: ${LITE_RUNTIME}".`,
  };
}

/** Nucleus lite makes a text of every scalar in a YAML recipe; components have to read "0.5" as 0.5. */
export function lintScalars(recipe: Recipe): Finding[] {
  const at = firstScalar(recipe.defaultConfiguration, '/ComponentConfiguration/DefaultConfiguration');
  if (at === undefined) return [];
  return [
    {
      severity: 'info',
      nucleus: 'lite',
      code: 'lite.scalars',
      pointer: at,
      message: 'nucleus lite reads numbers and booleans of a YAML recipe as text.',
      fix: 'read configuration leniently, or publish the recipe as JSON.',
    },
  ];
}

function firstScalar(value: unknown, pointer: string): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return pointer;
  const entries = Array.isArray(value) ? value.entries() : isPlainObject(value) ? Object.entries(value) : [];
  for (const [key, item] of entries) {
    const found = firstScalar(item, `${pointer}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
