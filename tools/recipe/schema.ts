import * as z from 'zod';
import { nameProblem, requirementProblem, versionProblem } from './names.ts';
import type { Artifact, Manifest, Recipe } from './recipe.ts';

/** Recipe format 2020-01-25 (AWS IoT Greengrass component recipe reference), after keys are canonical. */
const checked = (problem: (value: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const message = problem(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const upper = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z
    .string()
    .transform((value) => value.toUpperCase())
    .pipe(z.enum(values));

const plainObject = z.record(z.string(), z.unknown());
const scope = upper(['NONE', 'OWNER', 'ALL']);

const artifactSchema = z
  .object({
    Uri: checked(uriProblem),
    Unarchive: upper(['NONE', 'ZIP']).nullish(),
    Permission: z.object({ Read: scope.nullish(), Execute: scope.nullish() }).nullish(),
    Digest: z.string().nullish(),
    Algorithm: z.string().nullish(),
  })
  .transform((artifact): Artifact => ({
    uri: artifact.Uri,
    fileName: artifact.Uri.slice(artifact.Uri.lastIndexOf('/') + 1),
    unarchive: artifact.Unarchive ?? 'NONE',
    permission: { read: artifact.Permission?.Read ?? 'OWNER', execute: artifact.Permission?.Execute ?? 'NONE' },
    ...(artifact.Digest ? { digest: artifact.Digest } : {}),
    ...(artifact.Algorithm ? { algorithm: artifact.Algorithm } : {}),
  }));

/** Platform attributes are strings; a number or boolean that YAML made of one is read back as text. */
const attribute = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const manifestSchema = z
  .object({
    Name: z.string().nullish(),
    Platform: z.record(z.string(), attribute.nullable()).nullish(),
    Lifecycle: plainObject.nullish(),
    Selections: z.array(z.string()).nullish(),
    Artifacts: z.array(artifactSchema).nullish(),
  })
  .transform((manifest): Manifest => ({
    ...(manifest.Name ? { name: manifest.Name } : {}),
    platform: Object.fromEntries(
      Object.entries(manifest.Platform ?? {}).map(([key, value]) => [key, value ?? '*'] as const),
    ),
    lifecycle: manifest.Lifecycle ?? {},
    selections: manifest.Selections ?? [],
    artifacts: manifest.Artifacts ?? [],
  }));

const dependencySchema = z
  .object({
    VersionRequirement: checked(requirementProblem).nullish(),
    DependencyType: upper(['HARD', 'SOFT']).nullish(),
  })
  .nullable()
  .transform((dependency) => ({
    versionRequirement: dependency?.VersionRequirement ?? '*',
    type: dependency?.DependencyType ?? ('HARD' as const),
  }));

export const recipeSchema = z
  .object({
    RecipeFormatVersion: z.literal('2020-01-25'),
    ComponentName: checked(nameProblem),
    ComponentVersion: checked(versionProblem),
    ComponentType: z.string().nullish(),
    ComponentDescription: z.string().nullish(),
    ComponentPublisher: z.string().nullish(),
    ComponentConfiguration: z.object({ DefaultConfiguration: plainObject.nullish() }).nullish(),
    ComponentDependencies: z.record(checked(nameProblem), dependencySchema).nullish(),
    Manifests: z.array(manifestSchema).min(1, 'holds no manifest'),
    Lifecycle: plainObject.nullish(),
  })
  .transform((recipe): Recipe => ({
    name: recipe.ComponentName,
    version: recipe.ComponentVersion,
    type: recipe.ComponentType ?? 'aws.greengrass.generic',
    ...(recipe.ComponentDescription ? { description: recipe.ComponentDescription } : {}),
    ...(recipe.ComponentPublisher ? { publisher: recipe.ComponentPublisher } : {}),
    defaultConfiguration: recipe.ComponentConfiguration?.DefaultConfiguration ?? {},
    dependencies: recipe.ComponentDependencies ?? {},
    manifests: recipe.Manifests,
    lifecycle: recipe.Lifecycle ?? {},
  }));

function uriProblem(uri: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === 'docker') return `"${uri}" is a container image, which the local core cannot run`;
  if (scheme !== 's3' && scheme !== 'greengrass') return `"${uri}" is neither an s3:// nor a greengrass: URI`;
  if (uri.endsWith('/')) return `"${uri}" does not end with a file name`;
  return undefined;
}
