import { isPlainObject } from '../../recipe/recipe.ts';
import { readRecipe } from '../../bundle/recipe-source.ts';
import type { LocalDeploymentRequest } from '../../local-core/ports.ts';
import { cliErrors } from '../errors.ts';
import { APP } from './collection.ts';

const UPLOADER = 'edgeml.FeedbackUploader';
const CONFIG_ID = 'Start';

/** Where the pictures of a start and their predictions go. */
export interface FeedbackPlace {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** Another store than Amazon S3. */
  readonly endpoint?: string;
}

/** Reads `s3://bucket/prefix`. @throws EdgeError `cli.usage` */
export function feedbackPlace(text: string, endpoint: string | undefined): FeedbackPlace {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? [];
  if (bucket === undefined)
    throw cliErrors.error('cli.usage', `--feedback is "${text}"; give s3://bucket or s3://bucket/prefix`);
  return { bucket, prefix: prefix.replace(/^\/+|\/+$/g, ''), ...(endpoint === undefined ? {} : { endpoint }) };
}

/** The same deployment, with everything that the application's services see given to the uploader, and by it to the bucket. */
export async function withFeedback(
  request: LocalDeploymentRequest,
  { bucket, prefix, endpoint }: FeedbackPlace,
): Promise<LocalDeploymentRequest> {
  const configuration = request.componentToConfiguration ?? {};
  const mergeOf = (name: string): Record<string, unknown> => objectIn(configuration[name], 'MERGE');
  const sources = Object.values(objectIn(mergeOf(APP), 'Sources'));
  const services = sources.flatMap((source) =>
    isPlainObject(source) ? ([source['Services'] ?? []].flat() as string[]) : [],
  );
  const feedback = {
    's3-bucket-name': bucket,
    ...(prefix === '' ? {} : { 's3-prefix': prefix }),
    'content-type': 'image/jpeg',
    'file-ext': 'jpg',
  };
  const store = endpoint === undefined ? {} : { S3Endpoint: endpoint, S3ForcePathStyle: true };
  const given = objectIn(mergeOf(APP), 'Services');
  const asked = [...new Set(services)].map((name) => {
    return [name, { ...objectIn(given, name), MLFeedbackConnectorConfigId: CONFIG_ID }] as const;
  });
  return {
    ...request,
    rootComponentVersionsToAdd: {
      [UPLOADER]: (await readRecipe(UPLOADER)).version,
      ...request.rootComponentVersionsToAdd,
    },
    componentToConfiguration: {
      ...configuration,
      [APP]: {
        ...configuration[APP],
        MERGE: { ...mergeOf(APP), Services: { ...given, ...Object.fromEntries(asked) } },
      },
      [UPLOADER]: {
        ...configuration[UPLOADER],
        MERGE: { ...mergeOf(UPLOADER), ...store, FeedbackConfigurationMap: { [CONFIG_ID]: feedback } },
      },
    },
  };
}

function objectIn(value: unknown, key: string): Record<string, unknown> {
  const found = isPlainObject(value) ? value[key] : undefined;
  return isPlainObject(found) ? found : {};
}
