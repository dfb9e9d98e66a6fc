import { isPlainObject } from '../../recipe/recipe.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { listOf } from './policy.ts';
import type { Policy } from './policy.ts';

/** Name of a device, if a policy does not tell one. */
const SOME_THING = 'gateway-7';

/** The thing that a policy of AWS IoT is for: the client that may connect. */
export function thingOf(policy: Policy): string {
  const clients = resourcesOf(policy, 'iot:Connect').flatMap((arn) => /:client\/([^*?$#]+)$/.exec(arn)?.[1] ?? []);
  return clients[0] ?? SOME_THING;
}

/**
 * Buckets of artifacts: those that recipes name, as published ones do, else those from which the role may get objects. Buckets of samples: those that
 * default configurations name, else any.
 */
export function bucketsOf(
  policy: Policy,
  recipes: readonly Recipe[],
): { readonly artifactBuckets: readonly string[]; readonly sampleBuckets: readonly string[] } {
  const uris = recipes.flatMap(({ manifests }) =>
    manifests.flatMap(({ artifacts }) => artifacts.map(({ uri }) => uri)),
  );
  const named = uris.flatMap((uri) => /^s3:\/\/([a-z0-9][a-z0-9.-]+)\//.exec(uri)?.[1] ?? []);
  const readable = resourcesOf(policy, 's3:GetObject').flatMap(
    (arn) => /^arn:[^:]*:s3:::([^/*?]+)\//.exec(arn)?.[1] ?? [],
  );
  const samples = recipes.flatMap(({ defaultConfiguration }) => namedBuckets(defaultConfiguration));
  const artifacts = [...new Set(named.length > 0 ? named : readable)];
  return {
    artifactBuckets: artifacts.length > 0 ? artifacts : ['*'],
    sampleBuckets: samples.length > 0 ? samples : ['*'],
  };
}

function resourcesOf({ Statement }: Policy, action: string): readonly string[] {
  return Statement.filter(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).includes(action)).flatMap(
    ({ Resource }) => listOf(Resource),
  );
}

function namedBuckets(value: unknown): readonly string[] {
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    ['Bucket', 'BucketName'].includes(key) && typeof one === 'string' && one !== '' ? [one] : namedBuckets(one),
  );
}
