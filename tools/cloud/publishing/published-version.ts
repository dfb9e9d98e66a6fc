import { DescribeComponentCommand, GetComponentCommand, ListComponentsCommand } from '@aws-sdk/client-greengrassv2';
import type { CloudComponentState } from '@aws-sdk/client-greengrassv2';
import { awsCall, awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { allPages, collect } from '../pages.ts';
import type { ComponentPlan } from './publish-plan.ts';
import { CONTENT_TAG, RECIPE_TAG } from './publish-plan.ts';
import { cloudErrors } from '../errors.ts';

export interface PublishedVersion {
  readonly arn: string;
  readonly state: CloudComponentState;
  readonly message: string;
  readonly errors: Readonly<Record<string, string>>;
}

/** ARNs of the account's own components by name. */
export async function componentArns(
  { greengrass }: CloudClients,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const pages = allPages(async (nextToken) => {
    const command = new ListComponentsCommand({ scope: 'PRIVATE', maxResults: 100, nextToken });
    const { components, nextToken: next } = await awsCall(
      'ListComponents',
      greengrass.send(command, { abortSignal: signal }),
    );
    return { items: components, nextToken: next };
  });
  const known = await collect(pages);
  return new Map(known.map(({ componentName, arn }) => [componentName ?? '', arn ?? '']));
}

export async function findVersion(
  { greengrass }: CloudClients,
  arn: string,
  signal: AbortSignal,
): Promise<PublishedVersion | undefined> {
  const command = new DescribeComponentCommand({ arn });
  const found = await awsFind(`DescribeComponent ${arn}`, greengrass.send(command, { abortSignal: signal }));
  if (!found) return undefined;
  const { componentState = 'REQUESTED', message = '', errors = {} } = found.status ?? {};
  return { arn, state: componentState, message, errors };
}

/**
 * A version that exists must hold what would be sent: the same artifacts by hash, the same recipe.
 *
 * @throws EdgeError `publish.version-taken`, with both digests
 */
export async function checkSameContent(
  { greengrass }: CloudClients,
  arn: string,
  { component, recipeSha256, contentSha256 }: ComponentPlan,
  signal: AbortSignal,
): Promise<void> {
  const command = new GetComponentCommand({ arn, recipeOutputFormat: 'JSON' });
  const { recipe, tags } = await awsCall(`GetComponent ${arn}`, greengrass.send(command, { abortSignal: signal }));
  const published = JSON.parse(Buffer.from(recipe ?? []).toString()) as PublishedRecipe;
  const digests = new Map(
    (published.Manifests ?? [])
      .flatMap(({ Artifacts }) => Artifacts ?? [])
      .map(({ Uri, URI, Digest }) => [fileOf(Uri ?? URI ?? ''), Digest]),
  );
  const version = `${component.name} ${component.version}`;
  // Signed again: the same files in a zip of other bytes. The published zip is used.
  const isSameContent = contentSha256 !== undefined && tags?.[CONTENT_TAG] === contentSha256;
  for (const { fileName, digest } of component.artifacts) {
    const there = digests.get(fileName);
    if (there === digest.base64 || isSameContent) continue;
    const hex = there === undefined ? 'no such artifact' : `sha256 ${Buffer.from(there, 'base64').toString('hex')}`;
    const message = `${version} is published with another ${fileName}: published ${hex}, built sha256 ${digest.hex}`;
    throw cloudErrors.error('publish.version-taken', message, { facts: { published: there, built: digest.base64 } });
  }
  const tag = tags?.[RECIPE_TAG];
  if (tag === undefined || tag === recipeSha256) return;
  const message = `${version} is published with another recipe: published sha256 ${tag}, built sha256 ${recipeSha256}`;
  throw cloudErrors.error('publish.version-taken', message, { facts: { published: tag, built: recipeSha256 } });
}

interface PublishedRecipe {
  readonly Manifests?: readonly {
    readonly Artifacts?: readonly { readonly Uri?: string; readonly URI?: string; readonly Digest?: string }[];
  }[];
}

function fileOf(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1);
}
