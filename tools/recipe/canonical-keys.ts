import { pointerTo } from './issue.ts';
import type { Finding } from './issue.ts';
import { isPlainObject } from './recipe.ts';

/**
 * Rewrites keys of any case to the canonical one and reports each that differs: the Java nucleus reads keys of any case,
 * nucleus lite only the canonical ones. Keys of free sections (configuration, platform attributes, environment) stay as they are.
 */
export function canonicalise(raw: unknown): { readonly value: unknown; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const value = rewrite(raw, RECIPE, '', findings);
  return { value, findings };
}

/** The same for one lifecycle, e.g. after its variables were resolved. */
export function canonicalLifecycle(raw: unknown): unknown {
  return rewrite(raw, LIFECYCLE, '', []);
}

interface Shape {
  /** Canonical keys; `free` values are left alone. */
  readonly keys?: Readonly<Record<string, Shape>>;
  /** Values under any other key. */
  readonly each?: Shape;
  readonly items?: Shape;
  /** Keys that the table does not name are fine here. */
  readonly open?: boolean;
}

export const LIFECYCLE_SECTIONS = [
  'bootstrap',
  'install',
  'startup',
  'run',
  'shutdown',
  'recover',
  'uninstall',
] as const;
export type LifecycleSection = (typeof LIFECYCLE_SECTIONS)[number];

const FREE: Shape = { open: true };
const SECTION: Shape = {
  keys: { Script: FREE, RequiresPrivilege: FREE, Skipif: FREE, Timeout: FREE, Setenv: FREE },
  open: true,
};
const SECTIONS: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(LIFECYCLE_SECTIONS.map((section) => [section, SECTION])),
  Setenv: FREE,
  errorResetTime: FREE,
};
/** A global lifecycle may hold a level of selections above the sections, and one below each section. */
const LIFECYCLE: Shape = { keys: SECTIONS, each: { keys: SECTIONS, each: SECTION, open: true }, open: true };

const RECIPE: Shape = {
  keys: {
    RecipeFormatVersion: FREE,
    ComponentName: FREE,
    ComponentVersion: FREE,
    ComponentType: FREE,
    ComponentDescription: FREE,
    ComponentPublisher: FREE,
    ComponentSource: FREE,
    ComponentConfiguration: { keys: { DefaultConfiguration: FREE } },
    ComponentDependencies: {
      each: { keys: { VersionRequirement: FREE, DependencyType: FREE } },
      open: true,
    },
    Manifests: {
      items: {
        keys: {
          Name: FREE,
          Platform: FREE,
          Lifecycle: LIFECYCLE,
          Selections: FREE,
          Artifacts: {
            items: {
              keys: {
                Uri: FREE,
                Unarchive: FREE,
                Permission: { keys: { Read: FREE, Execute: FREE } },
                Digest: FREE,
                Algorithm: FREE,
              },
            },
          },
        },
      },
    },
    Lifecycle: LIFECYCLE,
  },
};

function rewrite(raw: unknown, shape: Shape, pointer: string, findings: Finding[]): unknown {
  if (Array.isArray(raw)) {
    const items = shape.items;
    if (!items) return raw;
    return raw.map((item: unknown, index) => rewrite(item, items, pointerTo(pointer, index), findings));
  }
  if (!isPlainObject(raw) || (!shape.keys && !shape.each)) return raw;
  const canonicalOf = new Map(Object.keys(shape.keys ?? {}).map((key) => [key.toLowerCase(), key]));
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(raw)) {
    const here = pointerTo(pointer, key);
    const canonical = canonicalOf.get(key.toLowerCase());
    if (canonical === undefined) {
      if (!shape.open) findings.push(unknownKey(here, key, [...canonicalOf.values()]));
      result[key] = shape.each ? rewrite(value, shape.each, here, findings) : value;
      continue;
    }
    if (canonical !== key) findings.push(wrongCase(here, key, canonical));
    if (Object.hasOwn(result, canonical)) findings.push(twice(here, canonical));
    result[canonical] = rewrite(value, shape.keys?.[canonical] ?? FREE, here, findings);
  }
  return result;
}

function wrongCase(pointer: string, key: string, canonical: string): Finding {
  return {
    severity: 'error',
    nucleus: 'lite',
    code: 'key.case',
    pointer,
    message: `the key "${key}" is read by the Java nucleus only; nucleus lite wants "${canonical}".`,
    fix: `write "${canonical}".`,
  };
}

function unknownKey(pointer: string, key: string, known: readonly string[]): Finding {
  return {
    severity: 'warning',
    nucleus: 'any',
    code: 'key.unknown',
    pointer,
    message: `the key "${key}" means nothing here and is ignored.`,
    fix: `remove it or use one of ${known.join(', ')}.`,
  };
}

function twice(pointer: string, canonical: string): Finding {
  return {
    severity: 'error',
    nucleus: 'any',
    code: 'key.twice',
    pointer,
    message: `the key "${canonical}" is given twice in different case.`,
    fix: 'keep one of them.',
  };
}
