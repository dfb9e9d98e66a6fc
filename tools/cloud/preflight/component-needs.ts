import { GetComponentCommand } from '@aws-sdk/client-greengrassv2';
import { parseRecipe } from '../../recipe/read-recipe.ts';
import { awsCall } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { componentArns } from '../publishing/published-version.ts';
import type { DeploymentSpecification } from '../deployments/specification.ts';
import { artifactSize } from './artifact-size.ts';
import type { ArtifactSize } from './artifact-size.ts';

/** The needs of one component version, manifest by manifest, in the order in which a nucleus looks at them. */
export interface ComponentNeeds {
  readonly component: string;
  readonly version: string;
  readonly manifests: readonly ManifestNeeds[];
}

export interface ManifestNeeds {
  readonly platform: Readonly<Record<string, string>>;
  /** All artifacts together; undefined if one of them could not be measured. */
  readonly size: ArtifactSize | undefined;
}

/**
 * The needs of the account's own components among `components`, from their recipes and the tables of contents of their zips. Components of
 * AWS and dependencies that a deployment does not name are left out: Greengrass chooses their versions for each device.
 */
export async function componentNeeds(
  clients: CloudClients,
  components: DeploymentSpecification['components'],
  signal: AbortSignal,
): Promise<readonly ComponentNeeds[]> {
  const arns = await componentArns(clients, signal);
  const needs: ComponentNeeds[] = [];
  const sizes = new Map<string, Promise<ArtifactSize | undefined>>();
  for (const [component, { componentVersion: version }] of Object.entries(components)) {
    const arn = arns.get(component);
    if (arn === undefined) continue;
    const command = new GetComponentCommand({ arn: `${arn}:versions:${version}`, recipeOutputFormat: 'JSON' });
    const what = `GetComponent ${component} ${version}`;
    const { recipe } = await awsCall(what, clients.greengrass.send(command, { abortSignal: signal }));
    const parsed = parseRecipe(Buffer.from(recipe ?? []).toString(), `${component}-${version}.json`);
    const manifests: ManifestNeeds[] = [];
    for (const { platform, artifacts } of parsed.recipe?.manifests ?? []) {
      const measured = artifacts.map((artifact) => {
        const known = sizes.get(artifact.uri) ?? artifactSize(clients, artifact, signal);
        sizes.set(artifact.uri, known);
        return known;
      });
      manifests.push({ platform, size: sumOf(await Promise.all(measured)) });
    }
    needs.push({ component, version, manifests });
  }
  return needs;
}

function sumOf(sizes: readonly (ArtifactSize | undefined)[]): ArtifactSize | undefined {
  const known = sizes.filter((size) => size !== undefined);
  if (known.length < sizes.length) return undefined;
  return {
    bytes: known.reduce((sum, { bytes }) => sum + bytes, 0),
    unpackedBytes: known.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0),
    largestModelBytes: Math.max(0, ...known.map(({ largestModelBytes }) => largestModelBytes)),
  };
}
